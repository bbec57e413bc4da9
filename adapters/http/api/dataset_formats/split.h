#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "journal/base/result.h"

namespace actuary::adapters::http::api::dataset_formats {

/// The items of a pushed body as JSON texts: what was sent, without the blanks between its tokens,
/// so that each is one line. Numbers and escapes stay as they were written.
///
/// shape:  an object, an array of objects, or a JSON string with one of these in it
/// errors: kInvalidArgument, with the byte or the item where it went wrong
[[nodiscard]] Result<std::vector<std::string>> split_items(std::string_view body);

}  // namespace actuary::adapters::http::api::dataset_formats
