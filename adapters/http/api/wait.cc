#include "adapters/http/api/wait.h"

#include "adapters/http/api/watch.h"

namespace actuary::adapters::http::api {
namespace {

struct Wait : std::enable_shared_from_this<Wait> {
  const Services* services = nullptr;
  StreamId job;
  Instant due;
  std::function<bool()> is_terminal;
  std::function<void()> answer;
  Watch::Id id = 0;

  void look() {
    const Instant now = services->clock.now();
    if (is_terminal() || reached(now, due)) return answer();
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(elapsed(now, due));
    id = services->watch.once(job, left, [self = shared_from_this()](bool changed) {
      changed ? self->look() : self->answer();
    });
  }
};

}  // namespace

void when_terminal(const Services& services, const StreamId& job, std::chrono::seconds patience,
                   const Responder& responder, std::function<bool()> is_terminal,
                   std::function<void()> answer) {
  if (patience.count() == 0) return answer();
  const auto wait = std::make_shared<Wait>();
  wait->services = &services;
  wait->job = job;
  wait->due = services.clock.now() + patience;
  wait->is_terminal = std::move(is_terminal);
  wait->answer = std::move(answer);
  // Weak: the waiting itself holds the answer, so that nothing keeps it alive once it was given.
  responder.on_closed([&services, weak = std::weak_ptr(wait)] {
    if (const auto self = weak.lock()) services.watch.cancel(self->id);
  });
  wait->look();
}

}  // namespace actuary::adapters::http::api
