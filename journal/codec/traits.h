#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "journal/base/enumerators.h"
#include "journal/base/fields.h"
#include "journal/base/id.h"
#include "journal/base/one_of.h"
#include "journal/base/time.h"

/// What a member of a described struct can be, as types. Encoder, decoder, JSON and the reflection
/// test all branch on these, and on nothing else.
namespace actuary::journal::codec {

template <class T>
struct IsOptional : std::false_type {};
template <class T>
struct IsOptional<std::optional<T>> : std::true_type {};

template <class T>
struct IsVector : std::false_type {};
template <class T>
struct IsVector<std::vector<T>> : std::true_type {};

template <class T>
struct IsId : std::false_type {};
template <class Tag>
struct IsId<Id<Tag>> : std::true_type {};

template <class T>
struct IsDuration : std::false_type {};
template <class Number, class Period>
struct IsDuration<std::chrono::duration<Number, Period>> : std::true_type {};

template <class T>
concept AnyIdType = IsId<T>::value;
template <class T>
concept AnyOptional = IsOptional<T>::value;
template <class T>
concept AnyVector = IsVector<T>::value;
/// Becomes a union: a type number (index + 1) and a table.
template <class T>
concept AnyVariant = base::AnyVariant<T>;
template <class T>
concept AnyTable = Described<T> || std::is_same_v<T, Instant>;
template <class T>
concept AnyText = std::is_same_v<T, std::string> || AnyIdType<T>;
template <class T>
concept AnyNumber = std::is_arithmetic_v<T>;
/// Written as its count of ticks, respectively of microseconds since 1970.
template <class T>
concept AnyTime = IsDuration<T>::value || std::is_same_v<T, Timestamp>;
/// Stored inline in a table; its default on disk is zero, whatever the struct's initializer says.
template <class T>
concept AnyScalar = AnyNumber<T> || Enumeration<T> || AnyTime<T>;

/// The number that a scalar is on disk.
template <AnyScalar T>
constexpr auto to_wire(T value) {
  if constexpr (Enumeration<T>) {
    static_assert(sizeof(T) == 1, "enumerations are ubyte on disk");
    return static_cast<std::uint8_t>(value);
  } else if constexpr (std::is_same_v<T, Timestamp>) {
    return static_cast<std::int64_t>(value.time_since_epoch().count());
  } else if constexpr (AnyTime<T>) {
    return static_cast<std::int64_t>(value.count());
  } else if constexpr (std::is_same_v<T, bool>) {
    return static_cast<std::uint8_t>(value ? 1 : 0);
  } else {
    return value;
  }
}

template <AnyScalar T>
using Wire = decltype(to_wire(std::declval<T>()));

template <AnyScalar T>
constexpr T from_wire(Wire<T> number) {
  if constexpr (std::is_same_v<T, Timestamp>) {
    return Timestamp{Microseconds{number}};
  } else if constexpr (std::is_same_v<T, bool>) {
    return number != 0;
  } else {
    return static_cast<T>(number);
  }
}

/// Instant lives below `fields.h`; here is its description.
template <AnyTable T>
constexpr auto fields_of() {
  if constexpr (std::is_same_v<T, Instant>) {
    return [](auto&& take) {
      return take(field("utc_us", &Instant::utc), field("boot_us", &Instant::boot),
                  field("boot_id", &Instant::boot_id));
    };
  } else {
    return T::fields();
  }
}

/// Field slots that a member takes in its table: a union has its type number before its table.
template <class Member>
inline constexpr std::uint16_t kSlots = AnyVariant<Member> ? 2 : 1;

template <AnyTable T>
constexpr std::uint16_t slots_of() {
  return fields_of<T>()([]<class... M>(const Field<T, M>&...) {
    return static_cast<std::uint16_t>((0 + ... + kSlots<M>));
  });
}

/// Calls `visit(slot, field)` in order; `visit` returns false to stop, and so does this.
template <AnyTable T, class Visit>
constexpr bool all_fields(Visit&& visit) {
  std::uint16_t slot = 0;
  const auto one = [&]<class M>(const Field<T, M>& each) {
    const std::uint16_t mine = slot;
    slot = static_cast<std::uint16_t>(slot + kSlots<M>);
    return visit(mine, each);
  };
  return fields_of<T>()([&](const auto&... each) { return (one(each) && ... && true); });
}

/// Bounds of what a decoder follows, whatever its bytes say.
inline constexpr std::size_t kTableDepthMax = 16;
inline constexpr std::size_t kTablesMax = 100'000;
/// Of one encoded table; a command's or an event's.
inline constexpr std::size_t kTableBytesMax = std::size_t{16} << 20U;

}  // namespace actuary::journal::codec
