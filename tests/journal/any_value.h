#pragma once

#include <random>
#include <string>
#include <utility>

#include "journal/codec/traits.h"
#include "journal/record/record.h"

namespace actuary::tests {

using namespace journal::codec;  // NOLINT(google-build-using-namespace): the traits are this file's
                                 // words

/// Fills any described value with values that differ from every default, from a seed.
class AnyValue {
 public:
  explicit AnyValue(std::uint64_t seed) : random_(seed) {}

  template <class M>
  void fill(M& value) {
    if constexpr (AnyOptional<M>) {
      fill(value.emplace());
    } else if constexpr (AnyVector<M>) {
      value.resize(2);
      for (auto& each : value) fill(each);
    } else if constexpr (journal::codec::AnyVariant<M>) {
      fill_alternative(
          value, random_() % std::variant_size_v<journal::base::VariantOf<M>>,
          std::make_index_sequence<std::variant_size_v<journal::base::VariantOf<M>>>());
    } else if constexpr (AnyTable<M>) {
      all_fields<M>([&](std::uint16_t, const auto& each) {
        fill(value.*each.member);
        return true;
      });
    } else if constexpr (AnyIdType<M>) {
      value = M::parse(text(kIdLength)).value();
    } else if constexpr (std::is_same_v<M, std::string>) {
      value = text(1 + random_() % 40);
    } else if constexpr (Enumeration<M>) {
      std::uint8_t count = 0;
      while (is_enumerator(static_cast<M>(count))) ++count;
      value = static_cast<M>(random_() % count);
    } else if constexpr (std::is_same_v<M, bool>) {
      value = true;
    } else if constexpr (std::is_floating_point_v<M>) {
      value = static_cast<M>(random_() >> 12U) / 1024;
    } else {
      value = from_wire<M>(static_cast<Wire<M>>(random_() | 1U));
    }
  }

  /// One event of every kind, in the union's order.
  [[nodiscard]] std::vector<Record> one_of_each() {
    std::vector<Record> records;
    constexpr std::size_t kEvents = std::variant_size_v<events::AnyEvent>;
    for (std::size_t i = 0; i < kEvents; ++i) {
      Record record;
      fill(record);
      fill_alternative(record.event, i, std::make_index_sequence<kEvents>());
      // Of any other writer this program would not read.
      if (auto* claim = std::get_if<events::TermClaimed>(&record.event)) {
        claim->min_reader = static_cast<std::uint16_t>(1 + claim->min_reader % 3);
      }
      records.push_back(std::move(record));
    }
    return records;
  }

 private:
  template <class V, std::size_t... I>
  void fill_alternative(V& value, std::size_t index, std::index_sequence<I...>) {
    ((index == I ? fill(value.template emplace<I>()) : void()), ...);
  }

  std::string text(std::size_t length) {
    static constexpr std::string_view kLetters =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    std::string letters;
    while (letters.size() < length) letters.push_back(kLetters[random_() % kLetters.size()]);
    return letters;
  }

  std::mt19937_64 random_;
};

}  // namespace actuary::tests
