#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>
#include <variant>
#include <vector>

#include "journal/base/fields.h"
#include "journal/base/one_of.h"

namespace actuary::journal::base {

/// About how many bytes a value takes when it is stored: texts by their length, the rest by its
/// size in memory. For bounds, not for layouts.
template <class T>
[[nodiscard]] std::size_t size_of(const T& value);

namespace detail {
template <class T>
struct SizeOf {
  static std::size_t of(const T& value) {
    if constexpr (Described<T>) {
      std::size_t bytes = 0;
      for_each_field<T>([&](const auto& each) { bytes += size_of(value.*each.member); });
      return bytes;
    } else if constexpr (AnyVariant<T>) {
      return std::visit([](const auto& each) { return size_of(each); }, value);
    } else {
      return sizeof(value);
    }
  }
};
template <>
struct SizeOf<std::string> {
  static std::size_t of(const std::string& text) { return text.size() + sizeof(std::uint64_t); }
};
template <class T>
struct SizeOf<std::optional<T>> {
  static std::size_t of(const std::optional<T>& value) { return value ? size_of(*value) : 1; }
};
template <class T>
struct SizeOf<std::vector<T>> {
  static std::size_t of(const std::vector<T>& values) {
    std::size_t bytes = sizeof(std::uint64_t);
    for (const T& value : values) bytes += size_of(value);
    return bytes;
  }
};
}  // namespace detail

template <class T>
std::size_t size_of(const T& value) {
  return detail::SizeOf<T>::of(value);
}

}  // namespace actuary::journal::base
