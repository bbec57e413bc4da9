#include "adapters/http/api/fields.h"

namespace actuary::adapters::http::api {
namespace {

tl::unexpected<WireError> wrong(std::string_view name, std::string_view wanted) {
  return refuse(400, "invalid-value", std::string(name) + " must be " + std::string(wanted));
}

}  // namespace

const Json* find_field(const Json& body, std::string_view name) {
  const auto found = body.find(std::string(name));
  return found == body.end() || found->is_null() ? nullptr : &*found;
}

Answer<std::optional<std::string>> text_field(const Json& body, std::string_view name) {
  const auto found = body.find(std::string(name));
  if (found == body.end()) return std::nullopt;
  if (found->is_null()) return std::string{};
  if (!found->is_string()) return wrong(name, "a string");
  return found->get<std::string>();
}

Answer<std::optional<bool>> boolean_field(const Json& body, std::string_view name) {
  const Json* found = find_field(body, name);
  if (found == nullptr) return std::nullopt;
  if (!found->is_boolean()) return wrong(name, "a boolean");
  return found->get<bool>();
}

Answer<std::optional<double>> number_field(const Json& body, std::string_view name) {
  const Json* found = find_field(body, name);
  if (found == nullptr) return std::nullopt;
  if (!found->is_number()) return wrong(name, "a number");
  return found->get<double>();
}

Answer<std::optional<std::uint32_t>> whole_field(const Json& body, std::string_view name) {
  TRY(value, number_field(body, name));
  if (!value) return std::nullopt;
  if (*value < 0 || *value > UINT32_MAX || !api::number(*value).is_number_integer()) {
    return wrong(name, "a whole number that is not negative");
  }
  return static_cast<std::uint32_t>(*value);
}

}  // namespace actuary::adapters::http::api
