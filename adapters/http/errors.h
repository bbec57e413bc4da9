#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "adapters/http/message.h"
#include "journal/base/result.h"

namespace actuary::adapters::http {

/// An error as clients see it: `{"error":{"type","message","data"?}}`.
struct WireError {
  int status = 500;
  std::string type;     ///< kebab-case; clients branch on some of them
  std::string message;  ///< for people
  std::optional<nlohmann::ordered_json> data;
};

/// The wire's spelling of an error of ours: one table.
[[nodiscard]] WireError wire_error(const Error& error);

[[nodiscard]] WireError request_too_large(std::size_t bytes_max, std::uint64_t actual);
[[nodiscard]] WireError unsupported_content_encoding(std::string_view encoding);
[[nodiscard]] WireError page_not_found();
[[nodiscard]] WireError record_not_found(std::string_view what);

[[nodiscard]] Response to_response(const WireError& error);
/// `{"data": data}`.
[[nodiscard]] Response data_response(const nlohmann::ordered_json& data, int status = 200);
/// A bare document.
[[nodiscard]] Response json_response(const nlohmann::ordered_json& document, int status = 200);

}  // namespace actuary::adapters::http
