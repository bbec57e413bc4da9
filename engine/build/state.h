#pragma once

#include <variant>

#include "journal/events/build.h"
#include "journal/events/run.h"
#include "journal/record/record.h"

namespace actuary::engine::build {

struct Facts {
  events::BuildCreated created;  ///< the snapshot that is being built

  friend bool operator==(const Facts&, const Facts&) = default;
};

struct Absent {
  friend bool operator==(const Absent&, const Absent&) = default;
};
struct Ready {
  Facts facts;
  friend bool operator==(const Ready&, const Ready&) = default;
};
struct Running {
  Facts facts;
  Instant timeout_at;
  friend bool operator==(const Running&, const Running&) = default;
};
struct TimingOut {
  Facts facts;
  Instant declare_at;
  friend bool operator==(const TimingOut&, const TimingOut&) = default;
};
struct Aborting {
  Facts facts;
  Instant declare_at;
  friend bool operator==(const Aborting&, const Aborting&) = default;
};
struct Finished {
  Facts facts;
  events::Outcome outcome = events::Outcome::kFailed;
  std::optional<events::Image> image;
  friend bool operator==(const Finished&, const Finished&) = default;
};
struct Expired {
  Facts facts;
  friend bool operator==(const Expired&, const Expired&) = default;
};

using State = std::variant<Absent, Ready, Running, TimingOut, Aborting, Finished, Expired>;

[[nodiscard]] std::string_view status_of(const State& state);
[[nodiscard]] const Facts* facts_of(const State& state);

}  // namespace actuary::engine::build
