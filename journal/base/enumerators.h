#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <string_view>
#include <type_traits>

#include "journal/base/result.h"

namespace actuary::journal::base {

/// What every `to_string(enum)` answers for a value that is none of its enumerators. It is how
/// bytes from a disk are told from enumerators without a second list of them.
inline constexpr std::string_view kNoSuchEnumerator = "?";

/// An enumeration with a `to_string` beside it, its enumerators numbered from 0 without a gap.
template <class E>
concept Enumeration = std::is_enum_v<E> && requires(E value) {
  { to_string(value) } -> std::same_as<std::string_view>;
};

template <Enumeration E>
[[nodiscard]] constexpr bool is_enumerator(E value) {
  return to_string(value) != kNoSuchEnumerator;
}

/// The enumerator that `to_string` spells like this.
template <Enumeration E>
[[nodiscard]] std::optional<E> parse_enumerator(std::string_view text) {
  using Number = std::underlying_type_t<E>;
  for (Number number = 0; is_enumerator(static_cast<E>(number)); ++number) {
    if (to_string(static_cast<E>(number)) == text) return static_cast<E>(number);
  }
  return std::nullopt;
}

}  // namespace actuary::journal::base
