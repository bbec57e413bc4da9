#pragma once

#include <string_view>

#include "journal/base/result.h"

namespace actuary::journal::base {

/// One member of an aggregate, by name. A codec walks these; the order is the order of the
/// FlatBuffers ids.
template <class T, class M>
struct Field {
  std::string_view name;
  M T::*member;
};

template <class T, class M>
constexpr Field<T, M> field(std::string_view name, M T::*member) {
  return {name, member};
}

/// The name of a type without its namespaces, as its schema spells it.
template <class T>
constexpr std::string_view type_name() {
  const std::string_view text = __PRETTY_FUNCTION__;
  const std::size_t begin = text.find("T = ") + 4;
  const std::string_view full = text.substr(begin, text.find_first_of(";]", begin) - begin);
  const std::size_t colon = full.rfind(':');
  return colon == std::string_view::npos ? full : full.substr(colon + 1);
}

template <class T>
concept Described = requires {
  T::fields();
};

template <Described T, class Visit>
constexpr void for_each_field(Visit&& visit) {
  T::fields()([&](const auto&... each) { (visit(each), ...); });
}

}  // namespace actuary::journal::base

#define ACTUARY_PARENS_ ()
#define ACTUARY_EXPAND_(...) ACTUARY_EXPAND3_(ACTUARY_EXPAND3_(ACTUARY_EXPAND3_(__VA_ARGS__)))
#define ACTUARY_EXPAND3_(...) ACTUARY_EXPAND2_(ACTUARY_EXPAND2_(ACTUARY_EXPAND2_(__VA_ARGS__)))
#define ACTUARY_EXPAND2_(...) ACTUARY_EXPAND1_(ACTUARY_EXPAND1_(ACTUARY_EXPAND1_(__VA_ARGS__)))
#define ACTUARY_EXPAND1_(...) __VA_ARGS__
#define ACTUARY_EACH_(Type, name, ...)                \
  ::actuary::journal::base::field(#name, &Type::name) \
      __VA_OPT__(, ACTUARY_EACH_AGAIN_ ACTUARY_PARENS_(Type, __VA_ARGS__))
#define ACTUARY_EACH_AGAIN_() ACTUARY_EACH_

/// Inside an aggregate, after its members: their names once more, so that codecs, tests and the
/// JSON export can walk them: `Type::fields()(take)` calls `take(field, …)` with all of them, which
/// compiles much faster than a tuple. The reflection test fails when schema and struct disagree.
#define ACTUARY_FIELDS(Type, ...)                                                 \
  static constexpr auto fields() {                                                \
    return [](auto&& take) {                                                      \
      return take(__VA_OPT__(ACTUARY_EXPAND_(ACTUARY_EACH_(Type, __VA_ARGS__)))); \
    };                                                                            \
  }                                                                               \
  friend bool operator==(const Type&, const Type&) = default
