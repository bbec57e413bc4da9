#include "engine/replay/replayer.h"

#include <algorithm>
#include <utility>

#include "engine/decision/settings.h"
#include "journal/codec/to_json.h"

namespace actuary::engine::replay {
namespace {

using executor::Command;

constexpr std::string_view kSystemCommands = "system.";

std::string json_of(const Proposed& proposed) {
  journal::codec::JsonWriter out;
  out.open('{');
  out.key("stream");
  out.text(describe(proposed.stream));
  out.key("event");
  journal::codec::write_json_value(out, proposed.event);
  out.close('}');
  return std::move(out).take();
}

std::string json_of(const Record& record) { return json_of(Proposed{record.stream, record.event}); }

std::string json_of(const Command& command) {
  journal::codec::JsonWriter out;
  out.open('{');
  out.key("command");
  out.text(executor::name_of(command));
  out.key("value");
  std::visit([&](const auto& family) { journal::codec::write_json_value(out, family); }, command);
  out.close('}');
  return std::move(out).take();
}

/// Whether the answer depends on what the host gives.
bool needs_settings(const Command& command) {
  if (const auto* build = std::get_if<build::Command>(&command)) {
    return std::holds_alternative<build::Create>(*build);
  }
  if (const auto* storage = std::get_if<storage::Command>(&command)) {
    return std::holds_alternative<storage::Use>(*storage);
  }
  const auto* run = std::get_if<run::Command>(&command);
  return run != nullptr &&
         (std::holds_alternative<run::Start>(*run) || std::holds_alternative<run::Resurrect>(*run));
}

bool is_admission(const Command& command) {
  if (const auto* build = std::get_if<build::Command>(&command)) {
    return std::holds_alternative<build::Admit>(*build);
  }
  const auto* run = std::get_if<run::Command>(&command);
  return run != nullptr &&
         (std::holds_alternative<run::Admit>(*run) || std::holds_alternative<run::Hold>(*run));
}

/// In the order in which the executor gives them.
std::deque<Command> commands_of(const policy::Admission& admission) {
  std::deque<Command> commands;
  for (const RunId& id : admission.runs) commands.emplace_back(run::Command{run::Admit{id}});
  for (const auto& [id, reason] : admission.held) {
    commands.emplace_back(run::Command{run::Hold{id, reason}});
  }
  for (const BuildId& id : admission.builds) {
    commands.emplace_back(build::Command{build::Admit{id}});
  }
  return commands;
}

}  // namespace

Replayer::Replayer(Rules rules) : rules_(std::move(rules)) {}

Status Replayer::take(const Record& record) {
  if (divergence_) return {};
  const bool begins = !open_ || open_->id != record.command_id || record.command_id.nil() ||
                      !record.command_name.empty();
  if (begins) {
    close_command();
    if (divergence_) return {};
    TRY_VOID(begin(record));
    if (divergence_) return {};
  }
  compare(record);
  if (divergence_) return {};
  ++counts_.events;
  aggregates_.evolve(record);
  directory_.apply(record);
  if (const auto* adopted = std::get_if<events::SettingsAdopted>(&record.event)) {
    adopted_ = *adopted;
    settings_ = decision::settings_of(*adopted);
  }
  // A term that recorded no settings decided by nobody knows which.
  if (std::holds_alternative<events::TermClaimed>(record.event)) adopted_.reset();
  return {};
}

void Replayer::finish() {
  if (divergence_) return;
  close_command();
}

Status Replayer::begin(const Record& record) {
  open_ = Open{record.command_id, record.position, record.command_name, std::nullopt, 0, false};
  if (record.command_name.empty()) {
    ++counts_.untold;
    return {};
  }
  ++counts_.commands;
  if (record.command_name.starts_with(kSystemCommands)) {
    // A new writer: what the last one had chosen and not made durable is forgotten.
    if (std::holds_alternative<events::TermClaimed>(record.event)) admissions_.clear();
    ++counts_.system;
    return {};
  }
  auto command = executor::decode(record.command_name, record.command);
  if (!command) {
    return fail(command.error().code, "record " + std::to_string(record.position) + ", command " +
                                          record.command_name + ": " + command.error().detail);
  }
  if (is_admission(*command)) {
    check_admission(record, *command);
  } else {
    drop_admissions_without_events(record);
    if (!admissions_.empty()) {
      diverge(record.position, json_of(*command), json_of(admissions_.front()),
              "the admission policy chose more than the journal has");
    }
  }
  open_->by_older_rules = is_by_older_rules(*command);
  if (!divergence_ && can_decide(*command)) decide(record, *command);
  return {};
}

bool Replayer::is_by_older_rules(const Command& command) const {
  const std::uint32_t version = adopted_ ? adopted_->lifecycle_rules : 0;
  return std::any_of(rules_.changes.begin(), rules_.changes.end(), [&](const RuleChange& change) {
    return version < change.since && change.concerns(command, aggregates_);
  });
}

bool Replayer::excused() {
  if (!open_->by_older_rules) return false;
  ++counts_.other_rules;
  open_->decided.reset();
  return true;
}

/// Settings that nobody recorded, or a policy of another version: then the events are taken as
/// they are.
bool Replayer::can_decide(const Command& command) {
  if (!needs_settings(command)) return true;
  if (!adopted_) {
    ++counts_.without_settings;
    return false;
  }
  if (adopted_->options_policy == rules_.options_policy) return true;
  ++counts_.other_policy;
  return false;
}

void Replayer::decide(const Record& record, const Command& command) {
  const Context context{record.recorded_at, record.principal, directory_, settings_};
  Decision decision = rules_.decide(aggregates_, command, context);
  ++counts_.decided_again;
  if (!decision) {
    if (excused()) return;
    return diverge(record.position, json_of(record), "refused: " + decision.error().detail,
                   "the journal has accepted what is refused now");
  }
  open_->decided = std::move(*decision);
}

void Replayer::check_admission(const Record& record, const Command& command) {
  if (!adopted_) {
    ++counts_.without_settings;
    return;
  }
  const bool alike = record.policy_version >= rules_.admission_alike_since &&
                     record.policy_version <= rules_.admission_policy;
  if (!alike) {
    ++counts_.other_policy;
    return;
  }
  ++counts_.admissions;
  drop_admissions_without_events(record);
  if (admissions_.empty()) {
    admissions_ = commands_of(rules_.admit(directory_, settings_));
    drop_admissions_without_events(record);
  }
  if (admissions_.empty() || admissions_.front() != command) {
    return diverge(record.position, json_of(command),
                   admissions_.empty() ? "nothing" : json_of(admissions_.front()),
                   "the admission policy chooses otherwise");
  }
  admissions_.pop_front();
}

/// What is chosen and changes nothing, or is refused, leaves no trace in a journal.
void Replayer::drop_admissions_without_events(const Record& next) {
  const Principal system;
  const Context context{next.recorded_at, system, directory_, settings_};
  while (!admissions_.empty()) {
    const Decision decision = rules_.decide(aggregates_, admissions_.front(), context);
    if (decision && !decision->empty()) return;
    admissions_.pop_front();
  }
}

void Replayer::compare(const Record& record) {
  const std::size_t index = open_->seen++;
  if (!open_->decided) return;
  if (index >= open_->decided->size()) {
    if (excused()) return;
    return diverge(record.position, json_of(record), "nothing",
                   "the command has more events in the journal");
  }
  const Proposed& proposed = (*open_->decided)[index];
  if (proposed.stream == record.stream && proposed.event == record.event) return;
  if (excused()) return;
  diverge(record.position, json_of(record), json_of(proposed), "the command gives another event");
}

void Replayer::close_command() {
  if (!open_) return;
  const bool fewer = open_->decided && open_->seen < open_->decided->size();
  if (fewer && !excused()) {
    diverge(open_->position + open_->seen, "nothing", json_of((*open_->decided)[open_->seen]),
            "the command has fewer events in the journal");
  }
  open_.reset();
}

void Replayer::diverge(Position position, std::string expected, std::string got, std::string why) {
  divergence_ = Divergence{position,
                           open_ ? open_->position : position,
                           open_ ? open_->name : "",
                           std::move(expected),
                           std::move(got),
                           std::move(why)};
}

}  // namespace actuary::engine::replay
