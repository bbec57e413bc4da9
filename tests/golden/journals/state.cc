#include <set>
#include <sstream>

#include "journal/base/bytes.h"
#include "journal/codec/to_json.h"
#include "tests/golden/journals/story.h"

namespace actuary::tests::golden {
namespace {

using engine::directory::Directory;

template <class T>
std::string json(const T& value) {
  journal::codec::JsonWriter out;
  journal::codec::write_json_value(out, value);
  return std::move(out).take();
}

std::string iso(const std::optional<Instant>& at) { return at ? to_iso(at->utc) : "none"; }

class Describer {
 public:
  Describer(const engine::executor::Aggregates& aggregates, const Directory& directory)
      : aggregates_(aggregates), directory_(directory) {}

  std::string describe_all() {
    aggregates_.for_each_stream([this](const StreamId& stream) {
      out_ << describe(stream) << " version " << aggregates_.version_of(stream) << " deadline "
           << iso(aggregates_.deadline(stream));
      describe_state(stream);
      out_ << "\n";
    });
    out_ << "in use: " << directory_.memory_in_use_mbytes() << " MB memory, "
         << directory_.disk_in_use_mbytes() << " MB disk, " << directory_.runs_admitted()
         << " runs, " << directory_.builds_running() << " builds\n";
    for (const auto& [since, id] : directory_.waiting_runs()) {
      out_ << "waits since " << since << ": run/" << id.view() << "\n";
    }
    return out_.str();
  }

 private:
  void describe_state(const StreamId& stream) {
    switch (stream.kind) {
      case StreamKind::kSystem:
        return;
      case StreamKind::kAccount:
        out_ << " name " << directory_.username_of(UserId::parse(stream.id.view()).value());
        return;
      case StreamKind::kActor:
        return describe_actor(directory_.find_actor(ActorId::parse(stream.id.view()).value()));
      case StreamKind::kBuild:
        return describe_build(directory_.find_build(BuildId::parse(stream.id.view()).value()));
      case StreamKind::kRun:
        return describe_run(aggregates_.run(RunId::parse(stream.id.view()).value()));
      case StreamKind::kStorage:
        return describe_storage(
            directory_.find_storage(StorageId::parse(stream.id.view()).value()));
    }
  }

  void describe_actor(const engine::directory::ActorFacts* actor) {
    if (actor == nullptr) return void(out_ << " gone");
    out_ << " " << actor->name << " options " << json(actor->default_options);
    for (const auto& [number, version] : actor->versions) out_ << "\n  version " << json(version);
    for (const auto& [tag, id] : actor->tags) out_ << "\n  tag " << tag << " " << id.view();
    for (const auto& [number, last] : actor->last_build) out_ << "\n  " << number << "." << last;
  }

  void describe_build(const engine::directory::BuildFacts* build) {
    if (build == nullptr) return void(out_ << " gone");
    out_ << " " << build->number << " of " << build->actor_id.view() << " memory "
         << build->memory_mbytes << (build->running ? " running" : "")
         << (build->finished ? " finished" : "") << " image " << json(build->image) << " env "
         << json(build->env_vars);
  }

  void describe_run(const engine::run::State& state) {
    out_ << " " << engine::run::status_of(state);
    const auto* facts = engine::run::facts_of(state);
    if (facts == nullptr) return;
    out_ << " of " << facts->actor_id.view() << " by " << facts->user_id.view() << " build "
         << facts->build_number << " options " << json(facts->options) << " attempts "
         << facts->attempts << " created " << to_iso(facts->created_at.utc) << " timeout "
         << iso(facts->timeout_at) << " env " << json(facts->env_vars);
    const auto* attempt = engine::run::attempt_of(state);
    if (attempt == nullptr) return;
    out_ << " attempt " << attempt->number << " epoch " << attempt->epoch << " started "
         << iso(attempt->started_at);
  }

  void describe_storage(const engine::directory::StorageFacts* storage) {
    if (storage == nullptr) return void(out_ << " gone");
    out_ << " " << to_string(storage->kind) << " of " << storage->user_id.view() << " \""
         << storage->name << "\"";
  }

  const engine::executor::Aggregates& aggregates_;
  const Directory& directory_;
  std::ostringstream out_;
};

template <std::size_t... I>
std::set<std::string> all_names(std::index_sequence<I...>) {
  using journal::base::type_name;
  return {std::string(type_name<std::variant_alternative_t<I, events::AnyEvent>>())...};
}

}  // namespace

std::string untold_events(const journal::Reader& journal) {
  auto untold = all_names(std::make_index_sequence<std::variant_size_v<events::AnyEvent>>());
  const Status scanned = journal.scan(1, [&](const Record& record) {
    untold.erase(std::string(events::name_of(record.event)));
    return true;
  });
  if (!scanned) return scanned.error().detail;
  std::string names;
  for (const auto& name : untold) names += name + " ";
  return names;
}

std::string folded_state(const journal::Reader& journal) {
  engine::executor::Aggregates aggregates;
  Directory directory;
  const Status scanned = journal.scan(1, [&](const Record& record) {
    aggregates.evolve(record);
    directory.apply(record);
    return true;
  });
  return scanned ? Describer(aggregates, directory).describe_all() : scanned.error().detail;
}

std::string stored_digest(const journal::Reader& journal) {
  Bytes all;
  const Status scanned = journal.scan_stored(1, [&](Position, BytesView stored) {
    all += std::to_string(stored.size()) + ":";
    all += stored;
    return true;
  });
  return scanned ? sha256_hex(all) : scanned.error().detail;
}

}  // namespace actuary::tests::golden
