#pragma once

#include <string_view>
#include <vector>

#include "adapters/http/api/dataset_formats/options.h"

namespace actuary::adapters::http::api::dataset_formats {

/// More items than this one stored item cannot become by unwinding.
inline constexpr std::size_t kUnwoundItemsMax = 100'000;
/// Nor more bytes: every one of them repeats what was beside the unwound field.
inline constexpr std::size_t kUnwoundBytesMax = 64UL * 1024 * 1024;

/// What one stored item is shown as: no item, one, or several after unwinding.
///
/// errors: kLimitExceeded, unwinding makes more than `kUnwoundItemsMax` or `kUnwoundBytesMax`
[[nodiscard]] Result<std::vector<Json>> transform(const Transformation& asked, Json item);

/// A field by its name, or by a path of names between dots or slashes; null when there is none.
[[nodiscard]] const Json* find_field(const Json& item, std::string_view path);

}  // namespace actuary::adapters::http::api::dataset_formats
