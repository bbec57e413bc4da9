#include "adapters/http/api/dataset_formats/split.h"

#include <simdjson.h>

#include "adapters/http/json.h"
#include "journal/base/assert.h"

namespace actuary::adapters::http::api::dataset_formats {
namespace {

/// simdjson first; what it refuses and JavaScript takes (integers of 65 bits and more) the tolerant
/// parser decides, which also says where the text is wrong.
Status check_json(std::string_view text) {
  simdjson::dom::parser parser;
  // The document's own scalars count as a level in simdjson.
  const bool fits = parser.allocate(text.size(), kJsonDepthMax + 1) == simdjson::SUCCESS;
  if (fits && parser.parse(text.data(), text.size()).error() == simdjson::SUCCESS) return {};
  TRY(document, parse_json(text));
  (void)document;
  return {};
}

std::string without_blanks(std::string_view text) {
  std::string dense(text.size() + simdjson::SIMDJSON_PADDING, '\0');
  std::size_t size = 0;
  const auto result = simdjson::minify(text.data(), text.size(), dense.data(), size);
  ACTUARY_ASSERT(result == simdjson::SUCCESS);
  dense.resize(size);
  return dense;
}

/// Where the value that begins at `at` ends. The text is valid JSON without blanks.
std::size_t end_of_value(std::string_view text, std::size_t at) {
  std::size_t depth = 0;
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '"') {
      for (++at; text[at] != '"'; ++at) {
        if (text[at] == '\\') ++at;
      }
    } else if (c == '{' || c == '[') {
      ++depth;
    } else if (c == '}' || c == ']') {
      if (depth == 0) return at;
      --depth;
    } else if (c == ',' && depth == 0) {
      return at;
    }
  }
  return at;
}

Result<std::vector<std::string>> split_array(std::string_view text) {
  std::vector<std::string> items;
  std::size_t at = 1;
  while (text[at] != ']') {
    const std::size_t end = end_of_value(text, at);
    if (text[at] != '{') {
      return fail(Code::kInvalidArgument, "Item " + std::to_string(items.size()) +
                                              " of the pushed array is not a JSON object.");
    }
    items.emplace_back(text.substr(at, end - at));
    at = text[end] == ',' ? end + 1 : end;
  }
  return items;
}

Result<std::vector<std::string>> split_checked(std::string_view text) {
  TRY_VOID(check_json(text));
  std::string dense = without_blanks(text);
  if (dense.starts_with('[')) return split_array(dense);
  if (dense.starts_with('{')) return std::vector<std::string>{std::move(dense)};
  return fail(Code::kInvalidArgument,
              "The pushed data must be a JSON object or an array of JSON objects.");
}

}  // namespace

Result<std::vector<std::string>> split_items(std::string_view body) {
  const auto first = body.find_first_not_of(" \t\r\n");
  if (first != std::string_view::npos && body[first] == '"') {
    TRY(document, parse_json(body));
    return split_checked(document.get_ref<const std::string&>());
  }
  return split_checked(body);
}

}  // namespace actuary::adapters::http::api::dataset_formats
