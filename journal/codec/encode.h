#pragma once

#include <flatbuffers/flatbuffers.h>

#include <array>

#include "journal/base/assert.h"
#include "journal/base/bytes.h"
#include "journal/codec/traits.h"

namespace actuary::journal::codec {

using Builder = flatbuffers::FlatBufferBuilder;
/// Where something already written lies; 0: absent.
using Offset = flatbuffers::uoffset_t;

constexpr flatbuffers::voffset_t field_offset(std::uint16_t slot) {
  return static_cast<flatbuffers::voffset_t>((slot + 2) * sizeof(flatbuffers::voffset_t));
}

template <AnyTable T>
Offset write_table(Builder& builder, const T& value);

inline Offset write_text(Builder& builder, std::string_view text) {
  return builder.CreateString(text.data(), text.size()).o;
}

template <class T>
Offset write_vector(Builder& builder, const std::vector<T>& values) {
  if constexpr (AnyScalar<T>) {
    std::vector<Wire<T>> numbers;
    numbers.reserve(values.size());
    for (const T value : values) numbers.push_back(to_wire(value));
    return builder.CreateVector(numbers).o;
  } else {
    std::vector<flatbuffers::Offset<void>> offsets;
    offsets.reserve(values.size());
    for (const T& value : values) {
      if constexpr (AnyTable<T>) {
        offsets.emplace_back(write_table(builder, value));
      } else if constexpr (AnyIdType<T>) {
        offsets.emplace_back(write_text(builder, value.view()));
      } else {
        offsets.emplace_back(write_text(builder, value));
      }
    }
    return builder.CreateVector(offsets).o;
  }
}

/// Writes what a table refers to, which FlatBuffers wants before the table itself. Absent, nil and
/// empty take no bytes.
template <class M>
Offset write_referred(Builder& builder, const M& value) {
  if constexpr (AnyOptional<M>) {
    using Inner = typename M::value_type;
    if constexpr (std::is_same_v<Inner, std::string>) {
      return value ? write_text(builder, *value) : 0;  // present and empty differs from absent
    } else {
      return value ? write_referred(builder, *value) : 0;
    }
  } else if constexpr (AnyTable<M>) {
    return write_table(builder, value);
  } else if constexpr (AnyVariant<M>) {
    return std::visit([&](const auto& event) { return write_table(builder, event); }, value);
  } else if constexpr (AnyVector<M>) {
    return value.empty() ? 0 : write_vector(builder, value);
  } else if constexpr (AnyIdType<M>) {
    return value.nil() ? 0 : write_text(builder, value.view());
  } else if constexpr (std::is_same_v<M, std::string>) {
    return value.empty() ? 0 : write_text(builder, value);
  } else {
    static_assert(AnyScalar<M>, "a described member is a scalar, text, table, vector or variant");
    return 0;
  }
}

template <class M>
void write_member(Builder& builder, std::uint16_t slot, const M& value, Offset referred) {
  if constexpr (AnyScalar<M>) {
    builder.AddElement(field_offset(slot), to_wire(value), Wire<M>{});
  } else if constexpr (AnyOptional<M>) {
    if (!value) return;
    if constexpr (AnyScalar<typename M::value_type>) {
      builder.AddElement(field_offset(slot), to_wire(*value));
    } else {
      builder.AddOffset(field_offset(slot), flatbuffers::Offset<void>(referred));
    }
  } else if constexpr (AnyVariant<M>) {
    builder.AddElement(field_offset(slot), static_cast<std::uint8_t>(value.index() + 1),
                       std::uint8_t{0});
    builder.AddOffset(field_offset(slot + 1), flatbuffers::Offset<void>(referred));
  } else {
    builder.AddOffset(field_offset(slot), flatbuffers::Offset<void>(referred));
  }
}

template <AnyTable T>
Offset write_table(Builder& builder, const T& value) {
  std::array<Offset, slots_of<T>() + 1> referred{};
  all_fields<T>([&](std::uint16_t slot, const auto& each) {
    referred[slot] = write_referred(builder, value.*each.member);
    return true;
  });
  const Offset start = builder.StartTable();
  all_fields<T>([&](std::uint16_t slot, const auto& each) {
    write_member(builder, slot, value.*each.member, referred[slot]);
    return true;
  });
  return builder.EndTable(start);
}

/// The bytes of any described value: a FlatBuffers table whose slots are its fields. The same value
/// gives the same bytes on every machine.
template <Described T>
[[nodiscard]] Bytes encode_table(const T& value) {
  Builder builder(512);
  builder.Finish(flatbuffers::Offset<void>(write_table(builder, value)));
  return {reinterpret_cast<const char*>(builder.GetBufferPointer()), builder.GetSize()};
}

}  // namespace actuary::journal::codec
