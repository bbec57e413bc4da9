#include "adapters/http/query.h"

#include <algorithm>
#include <charconv>

#include "adapters/http/message.h"

namespace actuary::adapters::http {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string form_decode(std::string_view text) {
  std::string spaced(text);
  std::replace(spaced.begin(), spaced.end(), '+', ' ');
  return percent_decode(spaced);
}

std::optional<std::int64_t> whole_number(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

std::string percent_decode(std::string_view text) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int high = text[i] == '%' && i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
    const int low = high >= 0 ? hex_digit(text[i + 2]) : -1;
    if (low < 0) {
      decoded.push_back(text[i]);
      continue;
    }
    decoded.push_back(static_cast<char>(high * 16 + low));
    i += 2;
  }
  return decoded;
}

std::vector<std::string> split_list(std::string_view text) {
  std::vector<std::string> items;
  while (!text.empty()) {
    const auto comma = text.find(',');
    const auto item = trim(text.substr(0, comma));
    if (!item.empty()) items.emplace_back(item);
    if (comma == std::string_view::npos) break;
    text.remove_prefix(comma + 1);
  }
  return items;
}

Result<Query> Query::parse(std::string_view text) {
  Query query;
  while (!text.empty()) {
    const auto end = text.find('&');
    const auto field = text.substr(0, end);
    if (!field.empty()) {
      if (query.fields_.size() == kQueryFieldsMax) {
        return fail(Code::kInvalidArgument, "The query has too many parameters.");
      }
      const auto equals = field.find('=');
      const auto value = equals == std::string_view::npos ? "" : field.substr(equals + 1);
      query.fields_.emplace_back(form_decode(field.substr(0, equals)), form_decode(value));
    }
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return query;
}

std::optional<std::string_view> Query::find(std::string_view name) const {
  for (const auto& [field_name, value] : fields_) {
    if (field_name == name) return value;
  }
  return std::nullopt;
}

Result<std::optional<bool>> Query::boolean(std::string_view name) const {
  const auto text = find(name).value_or("");
  if (text.empty()) return std::nullopt;
  if (text == "1" || equal_without_case(text, "true")) return true;
  if (text == "0" || equal_without_case(text, "false")) return false;
  return fail(Code::kInvalidArgument,
              "Parameter \"" + std::string(name) + "\" must be one of 1, 0, true, false.");
}

Result<bool> Query::boolean_or(std::string_view name, bool otherwise) const {
  TRY(value, boolean(name));
  return value.value_or(otherwise);
}

Result<std::optional<std::int64_t>> Query::integer(std::string_view name, std::int64_t low,
                                                   std::int64_t high) const {
  const auto text = find(name).value_or("");
  if (text.empty()) return std::nullopt;
  const auto value = whole_number(text);
  if (!value || *value < low || *value > high) {
    return fail(Code::kInvalidArgument,
                "Parameter \"" + std::string(name) + "\" must be a whole number from " +
                    std::to_string(low) + " to " + std::to_string(high) + ".");
  }
  return value;
}

std::vector<std::string> Query::list(std::string_view name) const {
  return split_list(find(name).value_or(""));
}

std::chrono::seconds Query::wait_for_finish() const {
  const auto text = find("waitForFinish").value_or("");
  const auto digits = text.substr(0, text.find('.'));
  const bool all_digits = !digits.empty() && std::all_of(digits.begin(), digits.end(), [](char c) {
    return c >= '0' && c <= '9';
  });
  if (!all_digits) return std::chrono::seconds{0};
  // A number too long for the type is only larger still.
  const auto value = whole_number(digits).value_or(kWaitForFinishMax.count());
  return std::min(std::chrono::seconds{value}, kWaitForFinishMax);
}

}  // namespace actuary::adapters::http
