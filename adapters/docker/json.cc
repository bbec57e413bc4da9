#include "adapters/docker/json.h"

#include <cctype>
#include <nlohmann/json.hpp>

namespace actuary::adapters::docker {
namespace {

using Json = nlohmann::json;

const Json* find_in(const Json& json, std::initializer_list<const char*> path) {
  const Json* at = &json;
  for (const char* name : path) {
    if (!at->is_object()) return nullptr;
    const auto found = at->find(name);
    if (found == at->end()) return nullptr;
    at = &*found;
  }
  return at;
}

}  // namespace

std::string text_in(const Json& json, std::initializer_list<const char*> path) {
  const Json* found = find_in(json, path);
  return found != nullptr && found->is_string() ? found->get<std::string>() : std::string();
}

std::int64_t number_in(const Json& json, std::initializer_list<const char*> path) {
  const Json* found = find_in(json, path);
  return found != nullptr && found->is_number_integer() ? found->get<std::int64_t>() : 0;
}

std::string url_encoded(std::string_view text) {
  constexpr const char* kDigits = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0) {
      encoded += c;
    } else {
      encoded += {'%', kDigits[byte >> 4U], kDigits[byte & 15U]};
    }
  }
  return encoded;
}

}  // namespace actuary::adapters::docker
