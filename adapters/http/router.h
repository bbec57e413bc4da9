#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/http/application.h"
#include "adapters/http/errors.h"

namespace actuary::adapters::http {

using Handler = std::function<void(Request, Responder)>;

enum class AuthMode : std::uint8_t {
  kRequired,  ///< a valid token
  kOptional,  ///< a token is checked when there is one; the handler decides what is shown without
  kNone,
};

/// One row of the table of routes.
struct Route {
  std::string_view method;
  std::string_view pattern;  ///< `/v2/actors/{actorId}/runs`; a `{name}` takes one whole segment
  Handler handler;
  BodyMode body_mode = BodyMode::kDecoded;
  AuthMode auth = AuthMode::kRequired;
  std::size_t body_bytes_max = kBodyBytesMax;
};

/// Finds a request's handler in a table. Of two patterns that fit, the one with the earlier literal
/// wins, whatever their order. HEAD is served by GET's handler where there is no row of its own;
/// OPTIONS always answers.
class Router final : public Application {
 public:
  /// Who asks? Sets `request.principal`, or says what is wrong. Called with the head alone.
  using Guard = std::function<std::optional<WireError>(Request& request, AuthMode mode)>;

  /// Is it somebody else's to answer? Asked first, with the head alone.
  using Elsewhere = std::function<std::optional<BodyPlan>(const Request& request)>;

  explicit Router(std::vector<Route> routes, Guard guard = {}, Elsewhere elsewhere = {});

  [[nodiscard]] BodyPlan plan(Request& request) override;
  void handle(Request request, Responder responder) override;

 private:
  struct Entry {
    Route route;
    std::vector<std::string> segments;
  };

  /// The best entry of that method (any method when empty) for the path.
  [[nodiscard]] const Entry* find(const std::vector<std::string>& path,
                                  std::string_view method) const;
  [[nodiscard]] const Entry* find_for(const Request& request) const;
  [[nodiscard]] std::string allowed_methods(const std::vector<std::string>& path) const;
  [[nodiscard]] std::optional<Response> refusal(const Request& request) const;

  std::vector<Entry> entries_;
  Guard guard_;
  Elsewhere elsewhere_;
};

}  // namespace actuary::adapters::http
