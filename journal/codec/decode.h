#pragma once

#include <flatbuffers/flatbuffers.h>

#include <array>
#include <cstring>
#include <utility>

#include "journal/base/bytes.h"
#include "journal/codec/encode.h"
#include "journal/codec/traits.h"

namespace actuary::journal::codec {

using Table = flatbuffers::Table;
using Text = flatbuffers::String;
template <class T>
using WireVector = flatbuffers::Vector<T>;

template <AnyTable T>
bool verify_table(flatbuffers::Verifier& verifier, const Table& table);

template <AnyTable T>
bool verify_pointer(flatbuffers::Verifier& verifier, const Table* table) {
  return table == nullptr || verify_table<T>(verifier, *table);
}

template <class T>
bool verify_vector(flatbuffers::Verifier& verifier, const Table& table,
                   flatbuffers::voffset_t field) {
  if constexpr (AnyScalar<T>) {
    return verifier.VerifyVector(table.GetPointer<const WireVector<Wire<T>>*>(field));
  } else if constexpr (AnyText<T>) {
    const auto* texts = table.GetPointer<const WireVector<flatbuffers::Offset<Text>>*>(field);
    return verifier.VerifyVector(texts) && verifier.VerifyVectorOfStrings(texts);
  } else {
    const auto* tables = table.GetPointer<const WireVector<flatbuffers::Offset<Table>>*>(field);
    if (!verifier.VerifyVector(tables)) return false;
    if (tables == nullptr) return true;
    for (flatbuffers::uoffset_t i = 0; i < tables->size(); ++i) {
      if (!verify_pointer<T>(verifier, tables->Get(i))) return false;
    }
    return true;
  }
}

template <AnyVariant V, std::size_t... I>
bool verify_union(flatbuffers::Verifier& verifier, const Table* table, std::uint8_t number,
                  std::index_sequence<I...>) {
  bool ok = true;  // an unknown number cannot be followed; the decoder refuses it as newer
  ((number == I + 1
        ? (ok = verify_pointer<std::variant_alternative_t<I, base::VariantOf<V>>>(verifier, table),
           true)
        : false) ||
   ...);
  return ok;
}

template <class M>
bool verify_member(flatbuffers::Verifier& verifier, const Table& table, std::uint16_t slot) {
  const flatbuffers::voffset_t field = field_offset(slot);
  if constexpr (AnyScalar<M>) {
    return table.VerifyField<Wire<M>>(verifier, field, sizeof(Wire<M>));
  } else if constexpr (AnyOptional<M>) {
    return verify_member<typename M::value_type>(verifier, table, slot);
  } else if constexpr (AnyVariant<M>) {
    const flatbuffers::voffset_t body = field_offset(slot + 1);
    return table.VerifyField<std::uint8_t>(verifier, field, 1) &&
           table.VerifyOffset(verifier, body) &&
           verify_union<M>(verifier, table.GetPointer<const Table*>(body),
                           table.GetField<std::uint8_t>(field, 0),
                           std::make_index_sequence<std::variant_size_v<base::VariantOf<M>>>());
  } else {
    if (!table.VerifyOffset(verifier, field)) return false;
    if constexpr (AnyText<M>) {
      return verifier.VerifyString(table.GetPointer<const Text*>(field));
    } else if constexpr (AnyVector<M>) {
      return verify_vector<typename M::value_type>(verifier, table, field);
    } else {
      return verify_pointer<M>(verifier, table.GetPointer<const Table*>(field));
    }
  }
}

/// Proves that following every offset that the decoder will follow stays inside the bytes.
template <AnyTable T>
bool verify_table(flatbuffers::Verifier& verifier, const Table& table) {
  return table.VerifyTableStart(verifier) &&
         all_fields<T>([&]<class M>(std::uint16_t slot, const Field<T, M>&) {
           return verify_member<M>(verifier, table, slot);
         }) &&
         verifier.EndTable();
}

template <AnyTable T>
Status read_table(const Table& table, T& value);

inline Status read_text(const Text* text, std::string& value) {
  text == nullptr ? value.clear() : (void)value.assign(text->c_str(), text->size());
  return {};
}

template <class Tag>
Status read_text(const Text* text, Id<Tag>& value) {
  if (text == nullptr || text->size() == 0) {
    value = {};
    return {};
  }
  auto id = Id<Tag>::parse({text->c_str(), text->size()});
  if (!id) return fail(Code::kCorrupt, "a text that is no id stands where an id belongs");
  value = *id;
  return {};
}

template <AnyScalar M>
Status read_scalar(Wire<M> number, M& value, std::string_view name) {
  value = from_wire<M>(number);
  if constexpr (Enumeration<M>) {
    if (!is_enumerator(value)) {
      return fail(Code::kNewerVersion, std::string(name) + " is " + std::to_string(number) +
                                           ", which nothing here knows");
    }
  }
  return {};
}

template <class T>
Status read_vector(const Table& table, flatbuffers::voffset_t field, std::vector<T>& values,
                   std::string_view name) {
  const auto each = [&](const auto* elements, auto&& read) -> Status {
    values.clear();
    if (elements == nullptr) return {};
    values.reserve(elements->size());
    for (flatbuffers::uoffset_t i = 0; i < elements->size(); ++i) {
      T value{};
      TRY_VOID(read(elements->Get(i), value));
      values.push_back(std::move(value));
    }
    return {};
  };
  if constexpr (AnyScalar<T>) {
    return each(table.GetPointer<const WireVector<Wire<T>>*>(field),
                [&](Wire<T> number, T& value) { return read_scalar<T>(number, value, name); });
  } else if constexpr (AnyText<T>) {
    return each(table.GetPointer<const WireVector<flatbuffers::Offset<Text>>*>(field),
                [](const Text* text, T& value) { return read_text(text, value); });
  } else {
    return each(table.GetPointer<const WireVector<flatbuffers::Offset<Table>>*>(field),
                [](const Table* inner, T& value) { return read_table(*inner, value); });
  }
}

template <AnyVariant V, std::size_t... I>
Status read_union(const Table* table, std::uint8_t number, V& value, std::string_view name,
                  std::index_sequence<I...>) {
  if (number > sizeof...(I)) {
    return fail(Code::kNewerVersion, std::string(name) + " is of type " + std::to_string(number) +
                                         ", which nothing here knows");
  }
  if (number == 0 || table == nullptr)
    return fail(Code::kCorrupt, std::string(name) + " is missing");
  Status status;
  const auto one = [&]<std::size_t Index>() {
    status = read_table(*table, value.template emplace<Index>());
    return true;
  };
  ((number == I + 1 ? one.template operator()<I>() : false) || ...);
  return status;
}

template <class M>
Status read_member(const Table& table, std::uint16_t slot, M& value, std::string_view name) {
  const flatbuffers::voffset_t field = field_offset(slot);
  if constexpr (AnyScalar<M>) {
    return read_scalar<M>(table.GetField<Wire<M>>(field, Wire<M>{}), value, name);
  } else if constexpr (AnyOptional<M>) {
    value.reset();
    if (!table.CheckField(field)) return {};
    return read_member(table, slot, value.emplace(), name);
  } else if constexpr (AnyVariant<M>) {
    return read_union(table.GetPointer<const Table*>(field_offset(slot + 1)),
                      table.GetField<std::uint8_t>(field, 0), value, name,
                      std::make_index_sequence<std::variant_size_v<base::VariantOf<M>>>());
  } else if constexpr (AnyText<M>) {
    return read_text(table.GetPointer<const Text*>(field), value);
  } else if constexpr (AnyVector<M>) {
    return read_vector(table, field, value, name);
  } else {
    const auto* inner = table.GetPointer<const Table*>(field);
    if (inner != nullptr) return read_table(*inner, value);
    value = M{};  // written before the field existed
    return {};
  }
}

template <AnyTable T>
Status read_table(const Table& table, T& value) {
  Status status;
  all_fields<T>([&](std::uint16_t slot, const auto& each) {
    status = read_member(table, slot, value.*each.member, each.name);
    return status.has_value();
  });
  return status;
}

/// What `flatbuffers::Verifier::VerifyBuffer` wants: a type that verifies itself.
template <AnyTable T>
struct Root {
  bool Verify(flatbuffers::Verifier& verifier) const {  // NOLINT: the library's spelling
    return verify_table<T>(verifier, *reinterpret_cast<const Table*>(this));
  }
};

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
  flatbuffers::Verifier::Options limits;
  limits.max_depth = kTableDepthMax;
  limits.max_tables = kTablesMax;
  flatbuffers::Verifier verifier(aligned.data(), aligned.size(), limits);
  if (!verifier.VerifyBuffer<Root<T>>(nullptr)) {
    return fail(Code::kCorrupt, "not a table of " + std::string(type_name<T>()));
  }
  return read_table(*flatbuffers::GetRoot<Table>(aligned.data()), value);
}

/// Reads what `encode_table` wrote. Safe on any bytes: everything is verified before it is
/// followed.
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
