#include "adapters/http/api/render_history.h"

#include <chrono>

#include "adapters/http/api/render.h"

namespace actuary::adapters::http::api {
namespace {

using projections::runs::AttemptRow;

Json instant_or_null(const std::optional<Instant>& at) {
  return at ? Json(to_iso(at->utc)) : Json();
}

std::int64_t active_millis(const AttemptRow& attempt, const Instant& now) {
  Microseconds active{attempt.active_micros};
  if (!attempt.ended_at) {
    active = attempt.started_at ? elapsed(*attempt.started_at, now) : Microseconds{0};
  }
  return std::chrono::duration_cast<std::chrono::milliseconds>(active).count();
}

Json attempt_at(const AttemptRow& attempt, const Instant& now) {
  Json exit_code;
  if (attempt.exit_code) exit_code = *attempt.exit_code;
  Json evidence;
  if (attempt.evidence) evidence = events::to_string(*attempt.evidence);
  return {{"number", attempt.number},
          {"epoch", attempt.epoch},
          {"cause", events::to_string(attempt.cause)},
          {"beganAt", to_iso(attempt.began_at.utc)},
          {"startedAt", instant_or_null(attempt.started_at)},
          {"endedAt", instant_or_null(attempt.ended_at)},
          {"activeMillis", active_millis(attempt, now)},
          {"memoryMbytes", attempt.memory_mbytes},
          {"exitCode", std::move(exit_code)},
          {"signal", attempt.signal},
          {"outOfMemory", attempt.out_of_memory},
          {"evidence", std::move(evidence)},
          {"detail", text_or_null(attempt.detail)}};
}

}  // namespace

Json render_run_at(const projections::history::RunAt& was, const std::string& container_url) {
  const projections::runs::RunRow& run = was.run;
  Json shown = render_run(run, was.moment.at, container_url);
  shown["asOf"] = {{"position", was.moment.position}, {"at", to_iso(was.moment.at.utc)}};
  shown["positions"] = {{"first", was.first_position}, {"last", was.last_position}};
  shown["heldReason"] = text_or_null(run.held_reason);
  const auto wall = projections::runs::wall_clock_span(run, was.moment.at.utc);
  shown["stats"]["wallClockMillis"] =
      std::chrono::duration_cast<std::chrono::milliseconds>(wall).count();
  shown["attempts"] = Json::array();
  for (const AttemptRow& attempt : run.attempts) {
    shown["attempts"].push_back(attempt_at(attempt, was.moment.at));
  }
  if (run.deleted) {
    shown["deletedAt"] = to_iso(run.deleted->deleted_at);
    shown["deletionReason"] = run.deleted->reason;
  }
  return shown;
}

}  // namespace actuary::adapters::http::api
