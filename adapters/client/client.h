#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "journal/base/result.h"

namespace actuary::adapters::client {

using Json = nlohmann::ordered_json;

struct Answer {
  int status = 0;
  std::string body;
};

/// The engine's HTTP API over DATA/engine.sock. Blocking; every call has a connection of its own,
/// so that one client serves several threads. Whoever may open the socket speaks for the local
/// user.
class Client {
 public:
  explicit Client(std::string socket_path) : socket_path_(std::move(socket_path)) {}

  /// Whether an engine answers there.
  [[nodiscard]] bool alive() const;

  /// errors: kUnavailable: nobody answered, or the connection broke
  [[nodiscard]] Result<Answer> call(std::string_view method, const std::string& path,
                                    std::string_view body = {},
                                    std::string_view content_type = "application/json") const;

  /// The `data` of a JSON answer.
  ///
  /// errors: those of `call`; with the API's message kNotFound: 404; kTooLarge: 413;
  /// kLimitExceeded: 402, 429; kUnavailable: 5xx; kInvalidArgument: another refusal
  [[nodiscard]] Result<Json> data(std::string_view method, const std::string& path,
                                  std::string_view body = {},
                                  std::string_view content_type = "application/json") const;

  /// Hands over the body as it arrives, until the server ends it.
  [[nodiscard]] Status stream(const std::string& path,
                              const std::function<void(std::string_view)>& on_bytes) const;

 private:
  std::string socket_path_;
};

/// The text, number or flag under a path of keys, or nothing where the answer has no such thing.
[[nodiscard]] const Json* at(const Json& json, std::initializer_list<std::string_view> keys);
[[nodiscard]] std::string text_at(const Json& json, std::initializer_list<std::string_view> keys);

/// As a path segment or a query value.
[[nodiscard]] std::string percent_encode(std::string_view text);

}  // namespace actuary::adapters::client
