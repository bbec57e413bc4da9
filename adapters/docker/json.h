#pragma once

#include <cstdint>
#include <initializer_list>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

namespace actuary::adapters::docker {

/// The value at the end of the path; empty or 0 when it is not there, or of another type.
[[nodiscard]] std::string text_in(const nlohmann::json& json,
                                  std::initializer_list<const char*> path);
[[nodiscard]] std::int64_t number_in(const nlohmann::json& json,
                                     std::initializer_list<const char*> path);

[[nodiscard]] std::string url_encoded(std::string_view text);

}  // namespace actuary::adapters::docker
