#include "tools/actuary/retention.h"

#include "adapters/client/client.h"
#include "engine/decision/settings.h"
#include "journal/rocks/rocks_reader.h"
#include "projections/retention/plan.h"
#include "tools/actuary/console.h"
#include "tools/actuary/engine_access.h"
#include "tools/actuary/exit_codes.h"

namespace actuary::tools {
namespace {

using adapters::client::Json;
using engine::policy::Expiry;
using engine::policy::Retention;

Microseconds days(double count) {
  return std::chrono::duration_cast<Microseconds>(std::chrono::duration<double>(count * 86'400));
}

/// What the newest engine of this folder decided by.
Result<Retention> recorded(const journal::Reader& journal) {
  TRY(records, journal.read_stream(journal::record::system_stream()));
  Retention policy;
  for (const Record& record : records) {
    if (const auto* adopted = std::get_if<events::SettingsAdopted>(&record.event)) {
      policy = engine::decision::settings_of(*adopted).retention;
    }
  }
  return policy;
}

struct Planned {
  Retention policy;
  std::vector<Expiry> expiries;
  Position position = 0;
  Position head = 0;
};

Result<Planned> plan_of(const RetentionPlanArguments& arguments) {
  const std::filesystem::path data = data_folder(arguments.data);
  TRY(journal, journal::rocks::RocksReader::open((data / "journal").string()));
  TRY(policy, recorded(*journal));
  Planned planned{retention_of(arguments.policy, policy), {}, 0, journal->head().position};
  TRY(views, projections::runner::Views::open_read_only((data / "views").string()));
  planned.position = views->checkpoint().position;
  TRY(uses_since, projections::retention::uses_recorded_since(*journal));
  TRY(expiries, projections::retention::plan(*views, planned.policy, uses_since));
  planned.expiries = std::move(expiries);
  return planned;
}

std::string_view kind_of(const Expiry& expiry) {
  if (expiry.stream.kind == StreamKind::kStorage) return "storage";
  return expiry.stream.kind == StreamKind::kRun ? "run" : "build";
}

Json to_document(const Planned& planned) {
  Json items = Json::array();
  for (const Expiry& each : planned.expiries) {
    items.push_back({{"kind", kind_of(each)},
                     {"id", each.stream.id.str()},
                     {"due", to_iso(each.due)},
                     {"reason", each.reason}});
  }
  return {{"position", planned.position}, {"items", std::move(items)}};
}

void print(const Planned& planned) {
  if (planned.policy.keeps_everything()) {
    console::note(
        "Everything is kept. To delete what is old: actuary serve --delete-runs-after 30");
  }
  for (const Expiry& each : planned.expiries) {
    console::out(to_iso(each.due) + "  " + std::string(kind_of(each)) + " " + each.stream.id.str() +
                 "  " + each.reason + "\n");
  }
  if (planned.position != planned.head) {
    console::note("as of position " + std::to_string(planned.position) + " of " +
                  std::to_string(planned.head) + ": the engine has not caught up with its journal");
  }
}

}  // namespace

Retention retention_of(const RetentionArguments& arguments, Retention policy) {
  if (arguments.runs_after_days) policy.runs = days(*arguments.runs_after_days);
  if (arguments.keep_runs) policy.keep_runs = *arguments.keep_runs;
  if (arguments.builds_after_days) policy.builds = days(*arguments.builds_after_days);
  if (arguments.storages_after_days) policy.storages = days(*arguments.storages_after_days);
  return policy;
}

int retention_plan_command(const RetentionPlanArguments& arguments) {
  const auto planned = plan_of(arguments);
  if (!planned) {
    console::error(planned.error().detail);
    return exit_code_of(planned.error());
  }
  if (arguments.json) {
    console::out(to_document(*planned).dump(2) + "\n");
  } else {
    print(*planned);
  }
  return kSucceeded;
}

}  // namespace actuary::tools
