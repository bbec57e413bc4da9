#pragma once

#include <flatbuffers/flatbuffers.h>

#include <array>
#include <cstring>
#include <optional>
#include <utility>
#include <variant>

#include "journal/base/bytes.h"
#include "journal/codec/encode.h"
#include "journal/codec/traits.h"

namespace actuary::journal::codec {

using Table = flatbuffers::Table;
using Text = flatbuffers::String;
template <class T>
using WireVector = flatbuffers::Vector<T>;

/// What reads: FlatBuffers' own checks, and why a value could not be used if they all hold. One
/// pass proves that an offset stays inside the bytes and then follows it.
struct Reading {
  Reading(const std::uint8_t* bytes, std::size_t size) : verifier(bytes, size, limits()) {}

  /// For `return`: always false.
  bool refuse(Code code, std::string detail) {
    refusal = Error{code, std::move(detail)};
    return false;
  }

  flatbuffers::Verifier verifier;
  std::optional<Error> refusal;  ///< none: the bytes are not what they should be

 private:
  static flatbuffers::Verifier::Options limits() {
    flatbuffers::Verifier::Options options;
    options.max_depth = kTableDepthMax;
    options.max_tables = kTablesMax;
    return options;
  }
};

template <AnyTable T>
bool read_table(Reading& in, const Table& table, T& value);

inline bool read_text(Reading& in, const Text* text, std::string& value) {
  if (!in.verifier.VerifyString(text)) return false;
  text == nullptr ? value.clear() : (void)value.assign(text->c_str(), text->size());
  return true;
}

template <class Tag>
bool read_text(Reading& in, const Text* text, Id<Tag>& value) {
  if (!in.verifier.VerifyString(text)) return false;
  if (text == nullptr || text->size() == 0) {
    value = {};
    return true;
  }
  auto id = Id<Tag>::parse({text->c_str(), text->size()});
  if (!id) return in.refuse(Code::kCorrupt, "a text that is no id stands where an id belongs");
  value = *id;
  return true;
}

template <AnyScalar M>
bool read_scalar(Reading& in, Wire<M> number, M& value, std::string_view name) {
  value = from_wire<M>(number);
  if constexpr (Enumeration<M>) {
    if (!is_enumerator(value)) {
      return in.refuse(Code::kNewerVersion, std::string(name) + " is " + std::to_string(number) +
                                                ", which nothing here knows");
    }
  }
  return true;
}

template <class T>
bool read_vector(Reading& in, const Table& table, flatbuffers::voffset_t field,
                 std::vector<T>& values, std::string_view name) {
  const auto each = [&](const auto* elements, auto&& read) {
    values.clear();
    if (!in.verifier.VerifyVector(elements)) return false;
    if (elements == nullptr) return true;
    values.reserve(elements->size());
    for (flatbuffers::uoffset_t i = 0; i < elements->size(); ++i) {
      T value{};
      if (!read(elements->Get(i), value)) return false;
      values.push_back(std::move(value));
    }
    return true;
  };
  if constexpr (AnyScalar<T>) {
    return each(table.GetPointer<const WireVector<Wire<T>>*>(field),
                [&](Wire<T> number, T& value) { return read_scalar<T>(in, number, value, name); });
  } else if constexpr (AnyText<T>) {
    return each(table.GetPointer<const WireVector<flatbuffers::Offset<Text>>*>(field),
                [&](const Text* text, T& value) { return read_text(in, text, value); });
  } else {
    return each(table.GetPointer<const WireVector<flatbuffers::Offset<Table>>*>(field),
                [&](const Table* inner, T& value) { return read_table(in, *inner, value); });
  }
}

template <AnyVariant V, std::size_t... I>
bool read_union(Reading& in, const Table* table, std::uint8_t number, V& value,
                std::string_view name, std::index_sequence<I...>) {
  if (number > sizeof...(I)) {
    return in.refuse(
        Code::kNewerVersion,
        std::string(name) + " is of type " + std::to_string(number) + ", which nothing here knows");
  }
  if (number == 0 || table == nullptr)
    return in.refuse(Code::kCorrupt, std::string(name) + " is missing");
  bool read = false;
  const auto one = [&]<std::size_t Index>() {
    using Each = std::variant_alternative_t<Index, base::VariantOf<V>>;
    auto* same = std::get_if<Index>(&value);  // whose strings keep their room
    read = read_table<Each>(in, *table, same ? *same : value.template emplace<Index>());
    return true;
  };
  ((number == I + 1 ? one.template operator()<I>() : false) || ...);
  return read;
}

template <class M>
bool read_member(Reading& in, const Table& table, std::uint16_t slot, M& value,
                 std::string_view name) {
  const flatbuffers::voffset_t field = field_offset(slot);
  if constexpr (AnyScalar<M>) {
    return table.VerifyField<Wire<M>>(in.verifier, field, sizeof(Wire<M>)) &&
           read_scalar<M>(in, table.GetField<Wire<M>>(field, Wire<M>{}), value, name);
  } else if constexpr (AnyOptional<M>) {
    value.reset();
    return !table.CheckField(field) || read_member(in, table, slot, value.emplace(), name);
  } else if constexpr (AnyVariant<M>) {
    const flatbuffers::voffset_t body = field_offset(slot + 1);
    return table.VerifyField<std::uint8_t>(in.verifier, field, 1) &&
           table.VerifyOffset(in.verifier, body) &&
           read_union(in, table.GetPointer<const Table*>(body),
                      table.GetField<std::uint8_t>(field, 0), value, name,
                      std::make_index_sequence<std::variant_size_v<base::VariantOf<M>>>());
  } else {
    if (!table.VerifyOffset(in.verifier, field)) return false;
    if constexpr (AnyText<M>) {
      return read_text(in, table.GetPointer<const Text*>(field), value);
    } else if constexpr (AnyVector<M>) {
      return read_vector(in, table, field, value, name);
    } else {
      const auto* inner = table.GetPointer<const Table*>(field);
      if (inner != nullptr) return read_table(in, *inner, value);
      value = M{};  // written before the field existed
      return true;
    }
  }
}

template <AnyTable T>
bool read_table(Reading& in, const Table& table, T& value) {
  return table.VerifyTableStart(in.verifier) &&
         all_fields<T>([&](std::uint16_t slot, const auto& each) {
           return read_member(in, table, slot, value.*each.member, each.name);
         }) &&
         in.verifier.EndTable();
}

/// The bytes at an address that scalars of eight bytes may be read from; copies them only when
/// needed, and to the heap only when there are many.
class AlignedBytes {
 public:
  explicit AlignedBytes(BytesView bytes) : data_(bytes.data()), size_(bytes.size()) {
    if (reinterpret_cast<std::uintptr_t>(data_) % alignof(std::uint64_t) == 0) return;
    char* copy = few_.data();
    if (size_ > few_.size()) {
      many_.resize(size_ / sizeof(std::uint64_t) + 1);
      copy = reinterpret_cast<char*>(many_.data());
    }
    std::memcpy(copy, data_, size_);
    data_ = copy;
  }
  AlignedBytes(const AlignedBytes&) = delete;
  AlignedBytes& operator=(const AlignedBytes&) = delete;

  [[nodiscard]] const std::uint8_t* data() const {
    return reinterpret_cast<const std::uint8_t*>(data_);
  }
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  alignas(std::uint64_t) std::array<char, 512> few_{};
  std::vector<std::uint64_t> many_;
  const char* data_;
  std::size_t size_;
};

/// Reads what `encode_table` wrote over `value`, whose strings keep their room: a scan needs no
/// memory of its own for each record. After an error it holds anything.
template <Described T>
[[nodiscard]] Status decode_table_into(BytesView bytes, T& value) {
  if (bytes.size() > kTableBytesMax) return fail(Code::kCorrupt, "longer than any table may be");
  const AlignedBytes aligned(bytes);
  Reading in(aligned.data(), aligned.size());
  const flatbuffers::uoffset_t root = in.verifier.VerifyOffset(0);
  if (root != 0 && read_table(in, *reinterpret_cast<const Table*>(aligned.data() + root), value)) {
    return {};
  }
  if (in.refusal) return tl::make_unexpected(*std::move(in.refusal));
  return fail(Code::kCorrupt, "not a table of " + std::string(type_name<T>()));
}

/// Reads what `encode_table` wrote. Safe on any bytes: nothing is followed before it is verified.
///
/// errors: kCorrupt; kNewerVersion for an enumerator or a union's type that nothing here knows
template <Described T>
[[nodiscard]] Result<T> decode_table(BytesView bytes) {
  Result<T> value;
  if (Status read = decode_table_into(bytes, *value); !read) {
    return tl::make_unexpected(std::move(read).error());
  }
  return value;
}

}  // namespace actuary::journal::codec
