#include "adapters/http/api/input.h"

#include <algorithm>

#include "adapters/http/json.h"

namespace actuary::adapters::http::api {
namespace {

constexpr std::string_view kJsonType = "application/json; charset=utf-8";

bool is_json(std::string_view content_type) {
  const auto media = trim(content_type.substr(0, content_type.find(';')));
  constexpr std::string_view kSuffix = "+json";
  return equal_without_case(media, "application/json") ||
         (media.size() > kSuffix.size() &&
          equal_without_case(media.substr(media.size() - kSuffix.size()), kSuffix));
}

bool is_of(const Json& value, std::string_view type) {
  if (type == "string") return value.is_string();
  if (type == "integer") {
    return value.is_number_integer() ||
           (value.is_number_float() && number(value.get<double>()).is_number_integer());
  }
  if (type == "number") return value.is_number();
  if (type == "boolean") return value.is_boolean();
  if (type == "array") return value.is_array();
  if (type == "object") return value.is_object();
  if (type == "null") return value.is_null();
  return true;  // a type of another schema language: not ours to judge
}

/// `type` is one word or a list of them.
bool fits_type(const Json& value, const Json& property) {
  const auto type = property.find("type");
  if (type == property.end()) return true;
  if (type->is_string()) return is_of(value, type->get_ref<const std::string&>());
  if (!type->is_array()) return true;
  return std::any_of(type->begin(), type->end(), [&](const Json& each) {
    return each.is_string() && is_of(value, each.get_ref<const std::string&>());
  });
}

bool is_nullable(const Json& property) {
  const auto nullable = property.find("nullable");
  return nullable != property.end() && nullable->is_boolean() && nullable->get<bool>();
}

tl::unexpected<WireError> invalid(const std::string& field, const std::string& problem) {
  return refuse(400, "invalid-input", "Input is not valid: Field input." + field + " " + problem);
}

Answer<void> check_fields(const Json& input, const Json& properties) {
  for (const auto& [name, property] : properties.items()) {
    const auto value = input.find(name);
    if (!property.is_object() || value == input.end()) continue;
    if (value->is_null() && is_nullable(property)) continue;
    if (!fits_type(*value, property)) return invalid(name, "must be " + property["type"].dump());
    const auto allowed = property.find("enum");
    if (allowed == property.end() || !allowed->is_array()) continue;
    if (std::find(allowed->begin(), allowed->end(), *value) == allowed->end()) {
      return invalid(name, "must be one of " + allowed->dump());
    }
  }
  return {};
}

/// True when something was filled in.
bool fill_defaults(Json& input, const Json& properties) {
  bool filled = false;
  for (const auto& [name, property] : properties.items()) {
    if (!property.is_object() || input.contains(name)) continue;
    const auto value = property.find("default");
    if (value == property.end()) continue;
    input[name] = *value;
    filled = true;
  }
  return filled;
}

Answer<void> check_required(const Json& input, const Json& schema) {
  const auto required = schema.find("required");
  if (required == schema.end() || !required->is_array()) return {};
  for (const auto& name : *required) {
    if (name.is_string() && !input.contains(name.get_ref<const std::string&>())) {
      return invalid(name.get<std::string>(), "is required");
    }
  }
  return {};
}

}  // namespace

Answer<RunInput> read_input(std::string_view content_type, std::string body,
                            std::string_view input_schema) {
  const bool empty = body.empty();
  if (!empty && !is_json(content_type)) {
    const auto type = content_type.empty() ? "application/octet-stream" : content_type;
    return RunInput{std::string(type), std::move(body)};
  }
  Json input = Json::object();
  if (!empty) {
    auto parsed = parse_json(body);
    if (!parsed) return refuse(400, "run-input-body-not-valid-json", parsed.error().detail);
    input = std::move(*parsed);
  }
  RunInput result{empty ? std::string(kJsonType) : std::string(content_type), std::move(body)};
  const auto schema = input_schema.empty() ? Result<Json>(Json()) : parse_json(input_schema);
  // A build with a schema that is no JSON object constrains nothing.
  if (!schema || !schema->is_object()) return result;
  if (!input.is_object()) {
    return refuse(400, "input-json-not-object", "The input JSON must be an object.");
  }
  const auto properties = schema->find("properties");
  if (properties != schema->end() && properties->is_object()) {
    if (fill_defaults(input, *properties)) result.body = input.dump();
    TRY_VOID(check_fields(input, *properties));
  }
  TRY_VOID(check_required(input, *schema));
  return result;
}

}  // namespace actuary::adapters::http::api
