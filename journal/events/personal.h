#pragma once

#include <string_view>
#include <vector>

#include "journal/events/event.h"

namespace actuary::journal::events {

/// The texts about a person that an event holds, sealed or, of an older program, plain; perhaps
/// empty. They live as long as the event.
///
/// source: journal/FORMAT.md, "Personal texts"
[[nodiscard]] std::vector<std::string_view> personal_texts_of(const Event& event);

}  // namespace actuary::journal::events
