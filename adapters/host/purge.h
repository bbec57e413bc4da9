#pragma once

#include <uv.h>

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "adapters/reactor/workers.h"
#include "engine/executor/executor.h"
#include "engine/policy/clock_trust.h"
#include "engine/policy/retention.h"
#include "journal/reader.h"
#include "projections/runner/views.h"

namespace actuary::adapters::host {

/// Deletes what the retention policy no longer keeps, as commands like any other: each deletion is
/// an event with its reason. Looks every `every`, and works off what is due in slices, so that it
/// never stands in the way of other commands. Lives on the loop's thread.
class Purge {
 public:
  struct Outside {
    engine::executor::Executor& executor;
    const projections::runner::Views& views;
    const journal::Reader& journal;
    reactor::Workers& readers;  ///< plans there: it reads every row
    Clock& clock;
    /// One line for the operator. May be empty.
    std::function<void(const std::string&)> on_note;
    /// Whenever it looks: a wall clock that is believed.
    std::function<void(Timestamp)> on_believed;
  };

  Purge(Outside outside, engine::policy::Retention policy, engine::policy::ClockEvidence clock);
  ~Purge();
  Purge(const Purge&) = delete;
  Purge& operator=(const Purge&) = delete;

  void start(uv_loop_t* loop, std::chrono::milliseconds first, std::chrono::milliseconds every);
  void close();

 private:
  struct Plan;

  void look();
  void work_off(const std::shared_ptr<Plan>& plan);
  void delete_next();
  [[nodiscard]] bool still_wanted(const engine::policy::Expiry& expiry) const;
  [[nodiscard]] bool still_unused(const projections::builds::BuildRow& build) const;
  [[nodiscard]] bool clock_believed(const Instant& now);

  Outside outside_;
  const engine::policy::Retention policy_;
  const engine::policy::ClockEvidence evidence_;
  std::deque<engine::policy::Expiry> due_;
  Timestamp planned_at_{};  ///< when the plan in `due_` began to be read
  std::size_t deleted_ = 0;
  bool planning_ = false;
  engine::policy::ClockTrust trust_ = engine::policy::ClockTrust::kBelieved;
  uv_timer_t* timer_ = nullptr;
  std::shared_ptr<Purge*> self_;  ///< null in what is called after the end
};

/// Deletions that are on their way at once: what other commands may have to wait for.
inline constexpr std::size_t kPurgeSlice = 32;

}  // namespace actuary::adapters::host
