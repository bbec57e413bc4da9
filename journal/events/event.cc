#include "journal/events/event.h"

namespace actuary::journal::events {

std::string_view name_of(const Event& event) {
  return std::visit([]<class E>(const E&) { return type_name<E>(); }, event);
}

}  // namespace actuary::journal::events
