#include "adapters/host/purge.h"

#include <algorithm>

#include "projections/retention/plan.h"

namespace actuary::adapters::host {

using engine::executor::Command;
using engine::policy::ClockTrust;
using engine::policy::Expiry;

namespace {

const char* meaning_of(ClockTrust trust) {
  switch (trust) {
    case ClockTrust::kBelieved:
      return "retention: the clock is believed, what is due is deleted";
    case ClockTrust::kLeapt:
      return "retention: the wall clock jumped, so nothing is deleted; start the engine again if "
             "it "
             "is right now";
    case ClockTrust::kUnproven:
      return "retention: the clock says that the last record is more than a week old, so nothing "
             "is "
             "deleted for a day; if it is right, start with --clock-is-right";
  }
  return "";
}

Result<std::vector<Expiry>> plan_of(const projections::runner::Views& views,
                                    const journal::Reader& journal,
                                    const engine::policy::Retention& policy) {
  TRY(uses_since, projections::retention::uses_recorded_since(journal));
  return projections::retention::plan(views, policy, uses_since);
}

/// What was used or named since the plan is refused by the storage itself.
Command deletion_of(const Expiry& expiry) {
  const std::string_view id = expiry.stream.id.view();
  const std::string reason = "retention: " + expiry.reason;
  if (expiry.stream.kind == StreamKind::kRun)
    return engine::run::Command{engine::run::Delete{RunId::parse(id).value(), reason}};
  if (expiry.stream.kind == StreamKind::kBuild)
    return engine::build::Command{engine::build::Delete{BuildId::parse(id).value(), reason}};
  return engine::storage::Command{
      engine::storage::Delete{StorageId::parse(id).value(), reason, expiry.finished_at}};
}

}  // namespace

/// What a worker finds; the loop reads it when the worker is done.
struct Purge::Plan {
  Result<std::vector<Expiry>> expiries;
};

Purge::Purge(Outside outside, engine::policy::Retention policy, engine::policy::ClockEvidence clock)
    : outside_(std::move(outside)),
      policy_(policy),
      evidence_(clock),
      self_(std::make_shared<Purge*>(this)) {}

Purge::~Purge() { *self_ = nullptr; }

void Purge::start(uv_loop_t* loop, std::chrono::milliseconds first,
                  std::chrono::milliseconds every) {
  timer_ = new uv_timer_t;
  uv_timer_init(loop, timer_);
  timer_->data = this;
  uv_timer_start(
      timer_, [](uv_timer_t* timer) { static_cast<Purge*>(timer->data)->look(); },
      static_cast<std::uint64_t>(first.count()), static_cast<std::uint64_t>(every.count()));
}

void Purge::close() {
  *self_ = nullptr;
  due_.clear();
  if (timer_ == nullptr) return;
  uv_close(reinterpret_cast<uv_handle_t*>(std::exchange(timer_, nullptr)),
           [](uv_handle_t* handle) { delete reinterpret_cast<uv_timer_t*>(handle); });
}

/// A wall clock that leaps must not delete what is young; each change of mind is said once.
bool Purge::clock_believed(const Instant& now) {
  const ClockTrust before = std::exchange(trust_, engine::policy::clock_trust(evidence_, now));
  if (trust_ != before && !policy_.keeps_everything() && outside_.on_note)
    outside_.on_note(meaning_of(trust_));
  return trust_ == ClockTrust::kBelieved;
}

void Purge::look() {
  const Instant now = outside_.clock.now();
  if (planning_ || !due_.empty() || !clock_believed(now)) return;
  outside_.on_believed(now.utc);
  if (policy_.keeps_everything()) return;
  planned_at_ = now.utc;
  const auto plan = std::make_shared<Plan>();
  const Status submitted = outside_.readers.submit(
      [plan, &views = outside_.views, &journal = outside_.journal, policy = policy_] {
        plan->expiries = plan_of(views, journal, policy);
      },
      [self = self_, plan] {
        if (*self != nullptr) (*self)->work_off(plan);
      });
  planning_ = submitted.has_value();
}

void Purge::work_off(const std::shared_ptr<Plan>& plan) {
  planning_ = false;
  if (!plan->expiries) {
    if (outside_.on_note) outside_.on_note("retention: " + plan->expiries.error().detail);
    return;
  }
  const Timestamp now = outside_.clock.now().utc;
  for (Expiry& each : *plan->expiries) {
    if (each.due <= now) due_.push_back(std::move(each));
  }
  deleted_ = 0;
  for (std::size_t i = 0; i < kPurgeSlice; ++i) delete_next();
}

/// Resurrected or deleted meanwhile: it is not what the plan was made for.
bool Purge::still_wanted(const Expiry& expiry) const {
  if (expiry.stream.kind == StreamKind::kRun) {
    const auto run = outside_.views.runs().get(RunId::parse(expiry.stream.id.view()).value());
    return run && *run && !(*run)->deleted && (*run)->finished_at == expiry.finished_at;
  }
  if (expiry.stream.kind == StreamKind::kStorage) {
    const auto id = StorageId::parse(expiry.stream.id.view()).value();
    const auto storage = outside_.views.storages().get(id);
    return storage && *storage && (*storage)->name.empty() &&
           (*storage)->used_at <= expiry.finished_at;
  }
  const auto build = outside_.views.builds().get(BuildId::parse(expiry.stream.id.view()).value());
  return build && *build && !(*build)->deleted && still_unused(**build);
}

/// A tag that came to it, or a run of its Actor that began, since the plan was read.
bool Purge::still_unused(const projections::builds::BuildRow& build) const {
  const auto actor = outside_.views.actors().get(build.actor_id);
  if (!actor) return false;
  if (!*actor) return true;  // deleted: nothing can name its builds any more
  const bool tagged = std::any_of((*actor)->tags.begin(), (*actor)->tags.end(),
                                  [&](const auto& tag) { return tag.second.build_id == build.id; });
  const auto& last_run = (*actor)->last_run_started_at;
  return !tagged && !(last_run && *last_run >= planned_at_);
}

/// One more when one is done: a slice is on its way, never all of them.
void Purge::delete_next() {
  while (!due_.empty()) {
    const Expiry each = std::move(due_.front());
    due_.pop_front();
    if (!still_wanted(each)) continue;
    outside_.executor.submit({deletion_of(each), Principal{}, CommandId{}, 0,
                              [self = self_](const Result<Position>& done) {
                                if (*self == nullptr) return;
                                (*self)->deleted_ += done ? 1U : 0U;
                                (*self)->delete_next();
                              }});
    return;
  }
  if (deleted_ > 0 && outside_.on_note) {
    outside_.on_note("retention: " + std::to_string(std::exchange(deleted_, 0)) + " deleted");
  }
}

}  // namespace actuary::adapters::host
