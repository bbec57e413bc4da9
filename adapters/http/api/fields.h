#pragma once

#include <optional>
#include <string>

#include "adapters/http/api/common.h"

/// Reading single members of a JSON body. `null` and absent are told apart only where it matters.
namespace actuary::adapters::http::api {

/// Nothing when the member is absent; `null` is the empty text.
///
/// errors: `invalid-value`, naming the member
[[nodiscard]] Answer<std::optional<std::string>> text_field(const Json& body,
                                                            std::string_view name);
/// Nothing when the member is absent or null.
[[nodiscard]] Answer<std::optional<bool>> boolean_field(const Json& body, std::string_view name);
[[nodiscard]] Answer<std::optional<std::uint32_t>> whole_field(const Json& body,
                                                               std::string_view name);
[[nodiscard]] Answer<std::optional<double>> number_field(const Json& body, std::string_view name);
/// The member when it is there and not null.
[[nodiscard]] const Json* find_field(const Json& body, std::string_view name);

}  // namespace actuary::adapters::http::api
