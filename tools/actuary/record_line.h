#pragma once

#include <string>

#include "adapters/client/client.h"

namespace actuary::tools {

/// `12  2026-11-22T10:11:12.345Z  RunCreated`, with what the event says; from a record as JSON.
[[nodiscard]] std::string line_of(const adapters::client::Json& record);
/// The same with the stream, `run/HG7ML7M8z78YcAPEB`, before the event's name.
[[nodiscard]] std::string line_with_stream(const adapters::client::Json& record);

}  // namespace actuary::tools
