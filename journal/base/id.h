#pragma once

#include <algorithm>
#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "journal/base/result.h"

namespace actuary::journal::base {

inline constexpr std::size_t kIdLength = 17;

/// An id of 17 characters from `a-zA-Z0-9` (101 bits), typed by what it names. Default-constructed
/// it is nil.
///
/// source: the platform's ids; its clients assert the length
template <class Tag>
class Id {
 public:
  Id() = default;

  [[nodiscard]] static Result<Id> parse(std::string_view text) {
    const bool ok =
        text.size() == kIdLength && std::all_of(text.begin(), text.end(), [](char c) {
          return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        });
    if (!ok)
      return fail(Code::kNotFound, "not an id of 17 letters and digits: " + std::string(text));
    Id id;
    std::copy(text.begin(), text.end(), id.text_.begin());
    return id;
  }

  [[nodiscard]] bool nil() const { return text_[0] == '\0'; }
  [[nodiscard]] std::string_view view() const {
    return nil() ? std::string_view{} : std::string_view(text_.data(), text_.size());
  }
  [[nodiscard]] std::string str() const { return std::string(view()); }

  friend auto operator<=>(const Id&, const Id&) = default;

 private:
  std::array<char, kIdLength> text_{};
};

using UserId = Id<struct UserTag>;
using TokenId = Id<struct TokenTag>;
using ActorId = Id<struct ActorTag>;
using BuildId = Id<struct BuildTag>;
using RunId = Id<struct RunTag>;
using StorageId = Id<struct StorageTag>;  ///< a key-value store, a dataset or a request queue
using CommandId = Id<struct CommandTag>;

/// Index in the journal; the first record is 1, 0 is "before everything".
using Position = std::uint64_t;
/// Index in one stream; the first event is 1, 0 is "no such stream yet".
using Version = std::uint64_t;

/// Where ids come from. The engine draws all of a command's ids before it decides, so they arrive
/// as values.
class IdSource {
 public:
  virtual ~IdSource() = default;
  virtual void fill(std::span<std::byte> random) = 0;

  template <class AnyId>
  [[nodiscard]] AnyId next() {
    return AnyId::parse(next_text(kIdLength)).value();
  }
  /// `length` characters of base 62, without bias.
  [[nodiscard]] std::string next_text(std::size_t length);
};

}  // namespace actuary::journal::base

template <class Tag>
struct std::hash<actuary::journal::base::Id<Tag>> {
  std::size_t operator()(const actuary::journal::base::Id<Tag>& id) const noexcept {
    return std::hash<std::string_view>{}(id.view());
  }
};
