#pragma once

#include <type_traits>
#include <variant>

namespace actuary::journal::base {

namespace detail {
template <class T, class Variant>
inline constexpr bool kOneOf = false;
template <class T, class... Ts>
inline constexpr bool kOneOf<T, std::variant<Ts...>> = (std::is_same_v<T, Ts> || ...);
template <class... Ts>
std::variant<Ts...> under(const std::variant<Ts...>*);
void under(const void*);
}  // namespace detail

/// The `std::variant` that `T` is or derives from; void if none.
template <class T>
using VariantOf = decltype(detail::under(static_cast<const T*>(nullptr)));
template <class T>
concept AnyVariant = !std::is_void_v<VariantOf<T>>;

/// `T` is one of the variant's alternatives, exactly.
template <class T, class Variant>
concept OneOf = detail::kOneOf<T, Variant>;

}  // namespace actuary::journal::base
