#include "projections/history/explain.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <map>
#include <optional>

#include "engine/decision/settings.h"
#include "engine/executor/command.h"
#include "engine/policy/charging.h"
#include "projections/history/run_at.h"

namespace actuary::projections::history {
namespace {

std::string seconds(Microseconds span) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.3f s", static_cast<double>(span.count()) / 1e6);
  return text.data();
}

/// `0.2 USD`: exact, without zeros at the end.
std::string usd(std::int64_t nano_usd) {
  constexpr std::int64_t kNano = 1'000'000'000;
  std::array<char, 48> text{};
  std::snprintf(text.data(), text.size(), "%lld.%09lld", static_cast<long long>(nano_usd / kNano),
                static_cast<long long>(nano_usd % kNano));
  std::string shown = text.data();
  shown.erase(shown.find_last_not_of('0') + 1);
  if (shown.back() == '.') shown.pop_back();
  return shown + " USD";
}

/// Tells one run's story from its records, looking up elsewhere what they refer to.
class Teller {
 public:
  Teller(const journal::Reader& journal, const std::vector<Record>& records, const RunAt& run,
         const NameOf& name_of)
      : journal_(journal), records_(records), run_(run), name_of_(name_of) {}

  Status tell() {
    for (const Record& record : records_) {
      if (record.position > run_.moment.position) break;
      const Status told =
          std::visit([&](const auto& event) { return this->on(event, record); }, record.event);
      TRY_VOID(told);
    }
    tell_waiting();
    tell_charges();
    return tell_future();
  }

  std::vector<Sentence> sentences() && { return std::move(sentences_); }

 private:
  void say(std::string_view topic, std::string text, std::vector<Position> positions) {
    sentences_.push_back({std::string(topic), std::move(text), std::move(positions)});
  }

  std::string who(const Principal& principal) const {
    if (principal.kind == PrincipalKind::kSystem) return "the engine";
    if (principal.kind == PrincipalKind::kRun) return "run " + principal.run_id.str();
    if (principal.user_id.nil()) return "a user without an id";
    const auto account = journal_.read_stream(stream_of(principal.user_id));
    std::string name = "user " + principal.user_id.str();
    if (account && !account->empty()) {
      if (const auto* user = std::get_if<events::UserCreated>(&account->front().event)) {
        name = "user " + name_of(*user);
      }
    }
    if (!principal.token_id.nil()) name += " (token " + principal.token_id.str() + ")";
    return name;
  }

  std::string name_of(const events::UserCreated& user) const {
    if (name_of_) return name_of_(user.user_id, user.username);
    return events::personal_key(user.username) ? user.user_id.str() : user.username;
  }

  Status on(const events::RunCreated& e, const Record& record) {
    waiting_since_ = Moment{record.position, record.recorded_at};
    limit_ = engine::policy::charge_limit(e.options);
    say("created",
        "Created at " + to_iso(record.recorded_at.utc) + " by " + who(record.principal) +
            " for Actor " + e.actor_id.str() + ".",
        {record.position});
    return tell_build(record, e.actor_id, e.build_id, e.build_number, e.options.build);
  }

  Status on(const events::RunResurrected& e, const Record& record) {
    waiting_since_ = Moment{record.position, record.recorded_at};
    held_.clear();
    limit_ = engine::policy::charge_limit(e.options);
    if (nano_usd_ < limit_) spent_.reset();
    say("created",
        "Resurrected at " + to_iso(record.recorded_at.utc) + " by " + who(record.principal) + ".",
        {record.position});
    const auto command = engine::executor::decode(record.command_name, record.command);
    if (!command || !asked_build(*command)) {
      say("build",
          "Build " + e.build_number + " (" + e.build_id.str() +
              ") again: a resurrection keeps the exact build unless another is asked for.",
          {record.position});
      return {};
    }
    return tell_build(record, run_.run.actor_id, e.build_id, e.build_number, e.options.build);
  }

  /// What the caller said; nothing when the command left it to the defaults.
  static std::optional<std::string> asked_build(const engine::executor::Command& command) {
    const auto* run = std::get_if<engine::run::Command>(&command);
    if (run == nullptr) return std::nullopt;
    if (const auto* start = std::get_if<engine::run::Start>(run)) return start->options.build;
    if (const auto* again = std::get_if<engine::run::Resurrect>(run)) return again->options.build;
    return std::nullopt;
  }

  Status tell_build(const Record& record, const ActorId& actor, const BuildId& build,
                    const std::string& number, const std::string& wish) {
    const auto command = engine::executor::decode(record.command_name, record.command);
    std::string text = "Build " + number + " (" + build.str() + ") because ";
    if (!command) {
      text += "\"" + wish + "\" was wanted";
    } else if (asked_build(*command)) {
      text += "the caller asked for \"" + wish + "\"";
    } else {
      text += "nothing else was asked for and the default was \"" + wish + "\"";
    }
    std::vector<Position> positions{record.position};
    if (std::ranges::count(wish, '.') == 2) {
      say("build", text + ", a build's own number.", std::move(positions));
      return {};
    }
    TRY(history, journal_.read_stream(stream_of(actor)));
    const Record* moved = nullptr;
    for (const Record& each : history) {
      if (each.position >= record.position) break;
      const auto* tag = std::get_if<events::TagMoved>(&each.event);
      if (tag != nullptr && tag->tag == wish) moved = &each;
    }
    if (moved != nullptr) {
      text += ", a tag that has pointed to it since " + to_iso(moved->recorded_at.utc);
      positions.push_back(moved->position);
    }
    say("build", text + ".", std::move(positions));
    return {};
  }

  Status on(const events::RunHeld& e, const Record& record) {
    held_.push_back({record.position, e.reason});
    return {};
  }

  Status on(const events::AttemptBegan& e, const Record& record) {
    if (waiting_since_) {
      const Microseconds waited = elapsed(waiting_since_->at, record.recorded_at);
      std::vector<Position> positions{waiting_since_->position};
      std::string text = "Waited " + seconds(waited);
      for (const auto& [position, reason] : held_) positions.push_back(position);
      text += held_.empty() ? ": there was room at once." : ". Last reason: " + held_.back().reason;
      positions.push_back(record.position);
      say("waiting", std::move(text), std::move(positions));
    }
    waiting_since_.reset();
    held_.clear();
    say("attempt",
        "Attempt " + std::to_string(e.number) + " began (" +
            std::string(events::to_string(e.cause)) + "), epoch " +
            std::to_string(record.position) + ".",
        {record.position});
    return {};
  }

  Status on(const events::AttemptStarted& e, const Record& record) {
    for (const auto& [position, reason] : held_) say("waiting", reason, {position});
    held_.clear();
    std::string text = "Its container ran from " + to_iso(e.started_at.utc);
    text += e.timeout_at ? ", to be stopped at " + to_iso(e.timeout_at->utc) + "."
                         : ", without a timeout.";
    say("attempt", std::move(text), {e.epoch, record.position});
    return {};
  }

  Status on(const events::RunMetamorphed& e, const Record& record) {
    say("build",
        "It became Actor " + e.actor_id.str() + ", build " + e.build_number + " (" +
            e.build_id.str() + "), with the input " + e.input_key + ", as " +
            who(record.principal) + " asked for.",
        {record.position});
    return {};
  }

  Status on(const events::MigrationRequested& e, const Record& record) {
    say("attempt",
        "It was told at " + to_iso(record.recorded_at.utc) +
            " that its container has to go, and "
            "to save until " +
            to_iso(e.stop_at.utc) + ", as " + who(record.principal) + " asked for.",
        {record.position});
    return {};
  }

  Status on(const events::ReplacementQueued&, const Record& record) {
    waiting_since_ = Moment{record.position, record.recorded_at};
    held_.clear();
    say("attempt", "Its host was being drained: it gave its place back and waited for another one.",
        {record.position});
    return {};
  }

  Status on(const events::RetentionHoldPlaced& e, const Record& record) {
    say("deletion",
        "On hold since " + to_iso(record.recorded_at.utc) + " by " + who(record.principal) + ": " +
            e.reason + ". Nothing deletes it.",
        {record.position});
    return {};
  }

  Status on(const events::RetentionHoldLifted& e, const Record& record) {
    say("deletion",
        "The hold was lifted at " + to_iso(record.recorded_at.utc) + " by " +
            who(record.principal) + ": " + e.reason + ".",
        {record.position});
    return {};
  }

  Status on(const events::ReplacementRequested& e, const Record& record) {
    say("attempt",
        "Another container (" + std::string(events::to_string(e.cause)) + ") was asked for by " +
            who(record.principal) + " at " + to_iso(record.recorded_at.utc) + ".",
        {record.position});
    return {};
  }

  Status on(const events::RunCharged& e, const Record& record) {
    Charged& charged = charged_[e.event_name];
    charged.count += e.count;
    charged.nano_usd += static_cast<std::int64_t>(e.count) * e.nano_usd_each;
    if (charged.first.position == 0) charged.first = {record.position, record.recorded_at};
    charged.last = {record.position, record.recorded_at};
    const std::int64_t before = nano_usd_;
    nano_usd_ += static_cast<std::int64_t>(e.count) * e.nano_usd_each;
    if (before < limit_ && nano_usd_ >= limit_) spent_ = charged.last;
    return {};
  }

  Status on(const events::AbortRequested& e, const Record& record) {
    stop_.push_back(record.position);
    say("stop",
        "An abort (" + std::string(events::to_string(e.mode)) + ") was asked for by " +
            who(record.principal) + " at " + to_iso(record.recorded_at.utc) + ".",
        {record.position});
    return {};
  }

  Status on(const events::TimeoutReached&, const Record& record) {
    stop_.push_back(record.position);
    say("stop", "Its time was over at " + to_iso(record.recorded_at.utc) + ".", {record.position});
    return {};
  }

  Status on(const events::StopEscalated& e, const Record& record) {
    stop_.push_back(record.position);
    say("stop",
        "That did not work in time, so the next step was \"" +
            std::string(events::to_string(e.step)) + "\".",
        {record.position});
    return {};
  }

  Status on(const events::AttemptEnded& e, const Record& record) {
    ended_ = record.position;
    std::string text = "The attempt ended after " + seconds(Microseconds{e.active_micros}) +
                       " of running, known by " + std::string(events::to_string(e.evidence));
    if (e.exit_code) text += ", exit code " + std::to_string(*e.exit_code);
    if (e.signal != 0) text += ", signal " + std::to_string(e.signal);
    if (e.out_of_memory) text += ", out of memory";
    if (!e.detail.empty()) text += ": " + e.detail;
    say("attempt", text + ".", {e.epoch, record.position});
    return {};
  }

  Status on(const events::RunFinished& e, const Record& record) {
    std::vector<Position> positions = stop_;
    if (ended_ != 0) positions.push_back(ended_);
    positions.push_back(record.position);
    std::string text =
        "It is " + std::string(events::to_string(e.outcome)) + " because: " + e.reason + ".";
    if (ended_ == 0 && stop_.empty()) text += " By " + who(record.principal) + ", before it began.";
    say("end", std::move(text), std::move(positions));
    waiting_since_.reset();
    held_.clear();
    stop_.clear();
    ended_ = 0;
    return {};
  }

  Status on(const events::RunDeleted& e, const Record& record) {
    say("deletion",
        "Deleted at " + to_iso(record.recorded_at.utc) + " by " + who(record.principal) +
            (e.reason.empty() ? "." : ": " + e.reason + "."),
        {record.position});
    return {};
  }

  template <class Other>
  Status on(const Other&, const Record&) {
    return {};
  }

  void tell_waiting() {
    if (!waiting_since_) return;
    const Microseconds waited = elapsed(waiting_since_->at, run_.moment.at);
    std::vector<Position> positions{waiting_since_->position};
    std::string text =
        "Waits since " + to_iso(waiting_since_->at.utc) + " (" + seconds(waited) + ")";
    for (const auto& [position, reason] : held_) positions.push_back(position);
    text += held_.empty() ? ": nobody has looked yet whether there is room."
                          : ": " + held_.back().reason;
    say("waiting", std::move(text), std::move(positions));
  }

  /// One sentence for each event that is paid for, and one about the limit.
  void tell_charges() {
    for (const auto& [name, charged] : charged_) {
      std::string text = "Charged " + std::to_string(charged.count) + " x \"" + name + "\", " +
                         usd(charged.nano_usd) + ", at " + to_iso(charged.first.at.utc);
      std::vector<Position> positions{charged.first.position};
      if (charged.last.position != charged.first.position) {
        text += " for the first and at " + to_iso(charged.last.at.utc) + " for the last time";
        positions.push_back(charged.last.position);
      }
      say("charges", text + ".", std::move(positions));
    }
    if (spent_) {
      say("charges",
          "Its limit of " + usd(limit_) + " was reached at " + to_iso(spent_->at.utc) + ", with " +
              usd(nano_usd_) + " in all.",
          {spent_->position});
    } else if (!charged_.empty() && limit_ < engine::policy::kChargedNanoUsdMax) {
      say("charges", usd(nano_usd_) + " of at most " + usd(limit_) + " were charged in all.",
          {charged_.rbegin()->second.last.position});
    }
  }

  Status tell_future() {
    if (run_.run.deleted) return {};
    if (!runs::is_terminal(run_.run.status)) {
      say("deletion", "Nothing deletes a run that has not finished.", {run_.last_position});
      return {};
    }
    const std::string by_hand =
        " Its owner can, with DELETE /v2/actor-runs/" + run_.run.id.str() + ".";
    TRY(policy, retention());
    if (!policy.second.runs || !run_.run.finished_at) {
      say("deletion",
          "Nothing will delete it by itself: there is no retention policy here." + by_hand,
          {run_.last_position});
      return {};
    }
    say("deletion",
        "Retention deletes it from " + to_iso(*run_.run.finished_at + *policy.second.runs) +
            " on, unless it is on hold or one of its user's " +
            std::to_string(policy.second.keep_runs) + " newest." + by_hand,
        {policy.first, run_.last_position});
    return {};
  }

  /// What was decided by at that moment, and where that was recorded.
  Result<std::pair<Position, engine::policy::Retention>> retention() const {
    TRY(records, journal_.read_stream(journal::record::system_stream()));
    std::pair<Position, engine::policy::Retention> found;
    for (const Record& record : records) {
      if (record.position > run_.moment.position) break;
      if (const auto* adopted = std::get_if<events::SettingsAdopted>(&record.event))
        found = {record.position, engine::decision::settings_of(*adopted).retention};
    }
    return found;
  }

  struct Held {
    Position position;
    std::string reason;
  };
  struct Charged {
    std::uint64_t count = 0;
    std::int64_t nano_usd = 0;
    Moment first;
    Moment last;
  };

  const journal::Reader& journal_;
  const std::vector<Record>& records_;
  const RunAt& run_;
  const NameOf& name_of_;
  std::vector<Sentence> sentences_;
  std::optional<Moment> waiting_since_;
  std::vector<Held> held_;
  std::vector<Position> stop_;
  Position ended_ = 0;
  std::map<std::string, Charged> charged_;
  std::int64_t nano_usd_ = 0;
  std::int64_t limit_ = 0;
  std::optional<Moment> spent_;  ///< when the limit was reached
};

}  // namespace

Result<Explanation> explain_run(const journal::Reader& journal, const RunId& id,
                                const Moment& moment, const NameOf& name_of) {
  TRY(run, run_at(journal, id, moment));
  TRY(records, journal.read_stream(stream_of(id)));
  Teller teller(journal, records, run, name_of);
  TRY_VOID(teller.tell());
  return Explanation{id, run.run.status, moment, std::move(teller).sentences()};
}

}  // namespace actuary::projections::history
