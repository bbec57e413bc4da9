#include "adapters/http/errors.h"

#include <array>

#include "journal/base/assert.h"

namespace actuary::adapters::http {
namespace {

struct Row {
  Code code;
  int status;
  std::string_view type;
};

constexpr std::array kTable{
    Row{Code::kInvalidArgument, 400, "invalid-value"},
    Row{Code::kInvalidTransition, 400, "job-finished"},
    Row{Code::kNotFound, 404, "record-not-found"},
    Row{Code::kNotUnique, 409, "name-not-unique"},
    Row{Code::kVersionConflict, 409, "concurrent-update-detected"},
    Row{Code::kUnauthenticated, 401, "user-or-token-not-found"},
    Row{Code::kForbidden, 403, "insufficient-permissions"},
    Row{Code::kFenced, 403, "insufficient-permissions"},
    Row{Code::kLimitExceeded, 402, "limit-reached"},
    Row{Code::kTooManyRuns, 402, "concurrent-runs-limit-exceeded"},
    Row{Code::kTooLarge, 413, "request-too-large"},
    Row{Code::kUnknownBuildTag, 404, "unknown-build-tag"},
    Row{Code::kBuildNotFinished, 400, "deleting-unfinished-build"},
    Row{Code::kRunNotFinished, 400, "invalid-request"},
    Row{Code::kJobFinished, 400, "job-finished"},
    Row{Code::kCannotRemoveRunning, 400, "cannot-remove-running-run"},
    Row{Code::kDefaultBuild, 400, "deleting-default-build"},
    Row{Code::kUnavailable, 503, "service-unavailable"},
    Row{Code::kUnknown, 500, "internal-server-error"},
    Row{Code::kStorageFailed, 503, "service-unavailable"},
    Row{Code::kCorrupt, 500, "internal-server-error"},
    Row{Code::kNewerVersion, 500, "internal-server-error"},
    Row{Code::kInUse, 503, "service-unavailable"},
    Row{Code::kNoRuntime, 503, "service-unavailable"},
};

}  // namespace

WireError wire_error(const Error& error) {
  for (const auto& row : kTable) {
    if (row.code == error.code) return {row.status, std::string(row.type), error.detail, {}};
  }
  // A code that the table does not know yet is our fault, not the caller's.
  return {500, "internal-server-error", error.detail, {}};
}

WireError request_too_large(std::size_t bytes_max, std::uint64_t actual) {
  return {413,
          "request-too-large",
          "The POST payload is too large (limit: " + std::to_string(bytes_max) +
              " bytes, actual length: " + std::to_string(actual) + " bytes).",
          {}};
}

WireError unsupported_content_encoding(std::string_view encoding) {
  return {415,
          "unsupported-content-encoding",
          "Content-Encoding \"" + std::string(encoding) + "\" is not supported.",
          {}};
}

WireError page_not_found() {
  return {404,
          "page-not-found",
          "We have bad news: there is no API endpoint at this URL. Did you specify it correctly?",
          {}};
}

WireError record_not_found(std::string_view what) {
  return {404, "record-not-found", std::string(what) + " was not found", {}};
}

Response to_response(const WireError& error) {
  ACTUARY_ASSERT(error.status >= 400 && error.status < 600);
  nlohmann::ordered_json inner{{"type", error.type}, {"message", error.message}};
  if (error.data) inner["data"] = *error.data;
  nlohmann::ordered_json envelope;
  envelope["error"] = std::move(inner);
  return json_response(envelope, error.status);
}

Response data_response(const nlohmann::ordered_json& data, int status) {
  nlohmann::ordered_json envelope;
  envelope["data"] = data;
  return json_response(envelope, status);
}

Response json_response(const nlohmann::ordered_json& document, int status) {
  // `replace` keeps a stray byte in somebody's text from ending the process: dump throws on it
  // otherwise.
  constexpr auto kReplace = nlohmann::ordered_json::error_handler_t::replace;
  return {status,
          {{"Content-Type", "application/json; charset=utf-8"}},
          document.dump(-1, ' ', false, kReplace)};
}

}  // namespace actuary::adapters::http
