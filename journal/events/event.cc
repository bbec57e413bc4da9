#include "journal/events/event.h"

namespace actuary::journal::events {

Event::Event() = default;
Event::Event(const Event&) = default;
Event::Event(Event&&) noexcept = default;
Event& Event::operator=(const Event&) = default;
Event& Event::operator=(Event&&) noexcept = default;
Event::~Event() = default;

bool Event::operator==(const Event& other) const {
  return static_cast<const AnyEvent&>(*this) == static_cast<const AnyEvent&>(other);
}

std::string_view name_of(const Event& event) {
  return std::visit([]<class E>(const E&) { return type_name<E>(); }, event);
}

std::string_view to_string(WhenOverLimit what) {
  switch (what) {
    case WhenOverLimit::kRefuse:
      return "refuse";
    case WhenOverLimit::kWait:
      return "wait";
  }
  return kNoSuchEnumerator;
}

std::span<const std::uint64_t> keys_destroyed_by(const Event& event) {
  return std::visit(
      [](const auto& each) -> std::span<const std::uint64_t> {
        if constexpr (requires { each.keys; }) return each.keys;
        return {};
      },
      event);
}

}  // namespace actuary::journal::events
