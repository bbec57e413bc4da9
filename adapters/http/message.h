#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "adapters/http/query.h"
#include "adapters/http/tunnel.h"
#include "journal/record/record.h"

namespace actuary::adapters::http {

/// What a request body may hold once it is decoded.
inline constexpr std::size_t kBodyBytesMax = 9'437'184;
/// A request without a body may still carry a little of one; a route that takes none ignores it.
inline constexpr std::size_t kHeadBytesMax = std::size_t{64} * 1024;
inline constexpr std::size_t kTargetBytesMax = std::size_t{16} * 1024;
inline constexpr std::size_t kHeadersMax = 100;

/// Header fields in the order in which they came; names compare without case.
class Headers {
 public:
  using Field = std::pair<std::string, std::string>;

  Headers() = default;
  Headers(std::initializer_list<Field> fields) : fields_(fields) {}

  void add(std::string name, std::string value) {
    fields_.emplace_back(std::move(name), std::move(value));
  }
  /// Replaces every field of that name.
  void set(std::string name, std::string value);
  /// The first field of that name, or nothing.
  [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const;
  /// As `find`, but an absent field is the empty text.
  [[nodiscard]] std::string_view get(std::string_view name) const {
    return find(name).value_or(std::string_view{});
  }
  [[nodiscard]] std::size_t count(std::string_view name) const;
  /// Whether a comma list under `name` has `token`, without case.
  [[nodiscard]] bool has_token(std::string_view name, std::string_view token) const;

  [[nodiscard]] const std::vector<Field>& fields() const { return fields_; }

 private:
  std::vector<Field> fields_;
};

[[nodiscard]] bool equal_without_case(std::string_view left, std::string_view right);
[[nodiscard]] std::string_view trim(std::string_view text);

struct Request {
  std::string method;  ///< after `?method=` was applied
  std::string target;  ///< as sent
  std::string path;    ///< before `?`, still encoded, `/v2/acts` already written `/v2/actors`
  std::vector<std::string> segments;     ///< the path, split and decoded
  std::vector<Query::Field> parameters;  ///< what the route's `{name}`s matched, decoded
  Query query;
  Headers headers;
  std::string peer;  ///< `127.0.0.1:54321`, or `unix`
  bool over_unix_socket = false;
  bool http_1_1 = true;
  bool body_expected = false;
  std::optional<std::uint64_t> content_length;
  std::optional<journal::record::Principal> principal;  ///< who; set by the router's guard
  CommandId command_id;      ///< of a request with an idempotency key; see api/command_key.h
  std::string command_seed;  ///< what its ids are drawn from
  std::string body;          ///< decoded, or as sent where the route asked for `BodyMode::kAsSent`

  /// A path parameter by name. It exists, or the route's pattern is wrong.
  [[nodiscard]] const std::string& parameter(std::string_view name) const;
};

struct Response {
  int status = 200;
  Headers headers;
  std::string body;
};

enum class BodyMode : std::uint8_t {
  kDecoded,  ///< gzip, deflate and brotli undone; the limit counts decoded bytes
  kAsSent,   ///< the bytes as they came; `Content-Encoding` stays for the handler to keep
};

/// What the server does with a request's body, decided when its head is there.
struct BodyPlan {
  BodyMode mode = BodyMode::kDecoded;
  std::size_t bytes_max = kBodyBytesMax;
  std::optional<Response> refusal;        ///< answered at once, the body is not read
  std::optional<Upstream> upstream = {};  ///< who answers in our place, the body goes there as sent
};

}  // namespace actuary::adapters::http
