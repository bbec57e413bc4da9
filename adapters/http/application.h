#pragma once

#include "adapters/http/message.h"
#include "adapters/http/responder.h"

namespace actuary::adapters::http {

/// What a server serves; `Router` is one. All on the loop's thread.
class Application {
 public:
  virtual ~Application() = default;

  /// Asked when a request's head is there: what to do with its body. May note things in the
  /// request.
  [[nodiscard]] virtual BodyPlan plan(Request& request) = 0;

  /// Asked when the body is there too, unless it was refused. Answers now or later.
  virtual void handle(Request request, Responder responder) = 0;
};

}  // namespace actuary::adapters::http
