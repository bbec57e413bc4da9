#pragma once

#include "journal/base/bytes.h"
#include "journal/codec/json_writer.h"
#include "journal/codec/traits.h"
#include "journal/record/record.h"

namespace actuary::journal::codec {

/// Members that hold bytes and not text: written as hex, `[ubyte]` in the schema.
template <AnyTable T>
constexpr bool is_blob(std::string_view member) {
  return std::is_same_v<T, Record> && member == "command";
}

template <AnyTable T>
void write_json(JsonWriter& out, const T& value);
template <AnyTable T>
void write_json_members(JsonWriter& out, const T& value);

template <class M>
void write_json_value(JsonWriter& out, const M& value) {
  if constexpr (AnyOptional<M>) {
    value ? write_json_value(out, *value) : out.null();
  } else if constexpr (AnyVector<M>) {
    out.open('[');
    for (const auto& each : value) write_json_value(out, each);
    out.close(']');
  } else if constexpr (AnyVariant<M>) {
    out.open('{');
    std::visit(
        [&]<class E>(const E& event) {
          out.key("type");
          out.text(type_name<E>());
          write_json_members(out, event);
        },
        value);
    out.close('}');
  } else if constexpr (AnyTable<M>) {
    write_json(out, value);
  } else if constexpr (AnyIdType<M>) {
    value.nil() ? out.null() : out.text(value.view());
  } else if constexpr (std::is_same_v<M, std::string>) {
    out.text(value);
  } else if constexpr (Enumeration<M>) {
    out.text(to_string(value));
  } else if constexpr (std::is_same_v<M, bool>) {
    out.boolean(value);
  } else if constexpr (std::is_floating_point_v<M>) {
    out.real(value);
  } else if constexpr (std::is_unsigned_v<M>) {
    out.unsigned_integer(value);
  } else {
    out.integer(to_wire(value));
  }
}

template <AnyTable T>
void write_json_members(JsonWriter& out, const T& value) {
  if constexpr (std::is_same_v<T, Instant>) {
    out.key("utc");
    out.text(to_iso(value.utc));
  }
  all_fields<T>([&](std::uint16_t, const auto& each) {
    out.key(each.name);
    if (is_blob<T>(each.name)) {
      if constexpr (std::is_same_v<std::decay_t<decltype(value.*each.member)>, std::string>) {
        out.text(to_hex(value.*each.member));
      }
    } else {
      write_json_value(out, value.*each.member);
    }
    return true;
  });
}

template <AnyTable T>
void write_json(JsonWriter& out, const T& value) {
  out.open('{');
  write_json_members(out, value);
  out.close('}');
}

/// One line of JSON, members in the order of the schema, spelled as there. Nil ids and absent
/// values are null; a union says its `type` first; integers are exact, so read them with 64 bits.
template <Described T>
[[nodiscard]] std::string to_json(const T& value) {
  JsonWriter out;
  write_json(out, value);
  return std::move(out).take();
}

// What everybody writes is compiled once, in to_json.cc.
extern template void write_json_value<events::Event>(JsonWriter& out, const events::Event& value);
extern template std::string to_json<Record>(const Record& value);

}  // namespace actuary::journal::codec
