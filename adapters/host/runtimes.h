#pragma once

#include <memory>

#include "adapters/containers/builder.h"
#include "adapters/containers/runtime.h"
#include "adapters/host/options.h"

namespace actuary::adapters::host {

/// What builds images and what runs them, made for each other.
struct Runtimes {
  std::unique_ptr<containers::Builder> builder;
  std::unique_ptr<containers::Runtime> runtime;
};

struct RuntimesInputs {
  reactor::UvLoop& loop;
  engine::ports::Blobs& blobs;
  Clock& clock;
  containers::Options containers;
  RuntimeKind wanted = RuntimeKind::kAuto;
  std::string docker_socket = {};
};

/// Opens the runtime that is wanted and notes it in DATA/runtime-kind: containers are found again
/// where they were started. Blocking.
///
/// errors: kNoRuntime: what is missing, for each runtime that was tried; or there are containers of
/// the other one
[[nodiscard]] Result<Runtimes> open_runtimes(const RuntimesInputs& inputs);

}  // namespace actuary::adapters::host
