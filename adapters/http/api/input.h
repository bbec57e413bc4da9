#pragma once

#include <string>
#include <string_view>

#include "adapters/http/api/common.h"

namespace actuary::adapters::http::api {

/// A run's input as it will be stored; nothing to store when `body` is empty.
struct RunInput {
  std::string content_type;
  std::string body;
};

/// Checks what was sent and fills in what the build's input schema has as defaults. Only JSON is
/// looked at; other types are stored as they came.
///
/// errors: `run-input-body-not-valid-json`; with a schema also `input-json-not-object` and
/// `invalid-input`, which names the field
[[nodiscard]] Answer<RunInput> read_input(std::string_view content_type, std::string body,
                                          std::string_view input_schema);

}  // namespace actuary::adapters::http::api
