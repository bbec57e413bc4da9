#pragma once

#include <nlohmann/json.hpp>
#include <string_view>

#include "journal/base/result.h"

namespace actuary::adapters::http {

inline constexpr std::size_t kJsonDepthMax = 64;
/// Of one object. It is a list of members, so whoever looks many of them up takes quadratic time.
inline constexpr std::size_t kJsonKeysMax = 10'000;

/// Parses one JSON document; of a key that comes twice the last one counts, as in JavaScript.
///
/// shape:  UTF-8; at most `kJsonDepthMax` arrays and objects inside one another,
///         and at most `kJsonKeysMax` keys in each object
/// errors: kInvalidArgument, with the byte where it went wrong
[[nodiscard]] Result<nlohmann::ordered_json> parse_json(std::string_view text);

/// As `parse_json`, but only an object will do: `POST data must be a JSON object`.
[[nodiscard]] Result<nlohmann::ordered_json> parse_json_object(std::string_view text);

}  // namespace actuary::adapters::http
