#pragma once

#include <variant>

#include "journal/events/build.h"
#include "journal/events/run.h"
#include "journal/record/record.h"

namespace actuary::engine::build {

struct Facts {
  events::BuildCreated created;  ///< the snapshot that is being built
  ACTUARY_FIELDS(Facts, created);
};

struct Absent {
  ACTUARY_FIELDS(Absent);
};
struct Ready {
  Facts facts;
  ACTUARY_FIELDS(Ready, facts);
};
struct Running {
  Facts facts;
  Instant timeout_at;
  ACTUARY_FIELDS(Running, facts, timeout_at);
};
struct TimingOut {
  Facts facts;
  Instant declare_at;
  ACTUARY_FIELDS(TimingOut, facts, declare_at);
};
struct Aborting {
  Facts facts;
  Instant declare_at;
  ACTUARY_FIELDS(Aborting, facts, declare_at);
};
struct Finished {
  Facts facts;
  events::Outcome outcome = events::Outcome::kFailed;
  std::optional<events::Image> image;
  ACTUARY_FIELDS(Finished, facts, outcome, image);
};
struct Expired {
  Facts facts;
  ACTUARY_FIELDS(Expired, facts);
};

using State = std::variant<Absent, Ready, Running, TimingOut, Aborting, Finished, Expired>;

[[nodiscard]] std::string_view status_of(const State& state);
[[nodiscard]] const Facts* facts_of(const State& state);

}  // namespace actuary::engine::build
