#include "adapters/http/api/dataset_formats/transform.h"

#include <algorithm>
#include <array>

namespace actuary::adapters::http::api::dataset_formats {
namespace {

constexpr std::string_view kSeparators = "./";

/// `const Json` or `Json`: the object that holds the field, and the field's name in it.
template <class Value>
struct Place {
  Value* holder = nullptr;
  std::string name;
};

/// A name with a dot in it wins over a path through that dot.
template <class Value>
Place<Value> find_place(Value& item, std::string_view path) {
  Value* holder = &item;
  while (holder->is_object()) {
    if (holder->contains(path)) return {holder, std::string(path)};
    const auto separator = path.find_first_of(kSeparators);
    if (separator == std::string_view::npos) break;
    const auto child = holder->find(path.substr(0, separator));
    if (child == holder->end()) break;
    holder = &*child;
    path.remove_prefix(separator + 1);
  }
  return {};
}

void erase_field(Json& item, std::string_view path) {
  const auto place = find_place(item, path);
  if (place.holder != nullptr) place.holder->erase(place.name);
}

/// Puts a found field where it was: nested fields stay nested.
void pick(const Json& from, std::string_view path, Json& to) {
  const Json* source = &from;
  Json* target = &to;
  while (source->is_object() && target->is_object()) {
    if (const auto found = source->find(path); found != source->end()) {
      (*target)[std::string(path)] = *found;
      return;
    }
    const auto separator = path.find_first_of(kSeparators);
    if (separator == std::string_view::npos) return;
    const auto child = source->find(path.substr(0, separator));
    if (child == source->end()) return;
    Json& made = (*target)[child.key()];
    if (made.is_null()) made = Json::object();
    source = &*child;
    target = &made;
    path.remove_prefix(separator + 1);
  }
}

Json pick_all(const Json& item, const std::vector<std::string>& fields) {
  Json picked = Json::object();
  for (const auto& field : fields) {
    if (find_field(item, field) != nullptr) pick(item, field, picked);
  }
  return picked;
}

void merge(Json& item, const Json& part) {
  for (const auto& [name, value] : part.items()) item[name] = value;
}

/// About what the value takes in memory.
std::size_t bytes_of(const Json& value) {
  std::size_t bytes = sizeof(Json);
  if (value.is_string()) bytes += value.get_ref<const std::string&>().size();
  if (!value.is_structured()) return bytes;
  for (const auto& [name, below] : value.items()) {
    bytes += bytes_of(below);
    if (value.is_object()) bytes += sizeof(std::string) + name.size();
  }
  return bytes;
}

/// What unwinding one item has made so far.
struct Unwound {
  std::vector<Json> items;
  std::size_t bytes = 0;

  [[nodiscard]] bool too_much() const {
    return items.size() > kUnwoundItemsMax || bytes > kUnwoundBytesMax;
  }
};

/// Appends what `item` becomes when `field` is unwound; stops where it is too much.
void unwind_one(Json item, std::string_view field, Unwound& unwound) {
  const Json* found = find_field(item, field);
  if (found == nullptr || !found->is_structured()) {
    unwound.items.push_back(std::move(item));
    return;
  }
  const Json value = *found;
  erase_field(item, field);
  if (value.is_object()) {
    merge(item, value);
    unwound.items.push_back(std::move(item));
    return;
  }
  const std::size_t repeated = bytes_of(item);
  for (const auto& element : value) {
    unwound.bytes += repeated + bytes_of(element);
    if (unwound.too_much()) return;
    Json each = item;
    if (element.is_object()) {
      merge(each, element);
    } else {
      each[std::string(field)] = element;
    }
    unwound.items.push_back(std::move(each));
  }
}

Result<std::vector<Json>> unwind(std::vector<Json> items, const std::vector<std::string>& fields) {
  for (const auto& field : fields) {
    Unwound unwound;
    for (auto& item : items) {
      unwind_one(std::move(item), field, unwound);
      if (!unwound.too_much()) continue;
      return fail(Code::kLimitExceeded, "Unwinding \"" + field + "\" makes more than " +
                                            std::to_string(kUnwoundItemsMax) + " items or " +
                                            std::to_string(kUnwoundBytesMax) +
                                            " bytes out of one.");
    }
    items = std::move(unwound.items);
  }
  return items;
}

/// Whether one of the paths leads to the member or into it.
bool any_leads_to(const std::vector<std::string>& paths, std::string_view member) {
  return std::any_of(paths.begin(), paths.end(), [&](std::string_view path) {
    return path == member || path.substr(0, path.find_first_of(kSeparators)) == member;
  });
}

/// Without the members that neither is unwound nor shown, so that they are not repeated.
Json without_unwanted(Json item, const std::vector<std::string>& unwound_fields,
                      const std::vector<std::string>& fields) {
  if (unwound_fields.empty() || fields.empty() || !item.is_object()) return item;
  Json narrow = Json::object();
  auto& members = narrow.get_ref<Json::object_t&>();
  for (auto& [name, value] : item.get_ref<Json::object_t&>()) {
    const bool wanted = any_leads_to(unwound_fields, name) || any_leads_to(fields, name);
    if (wanted) members.emplace_back(name, std::move(value));
  }
  return narrow;
}

Json rename(const Json& item, const Transformation& asked) {
  Json renamed = Json::object();
  for (std::size_t i = 0; i < asked.fields.size(); ++i) {
    const Json* value = find_field(item, asked.fields[i]);
    if (value != nullptr) renamed[asked.output_fields[i]] = *value;
  }
  return renamed;
}

void add_flat(const std::string& name, const Json& value, Json& to) {
  if (!value.is_object() || value.empty()) {
    to[name] = value;
    return;
  }
  for (const auto& [child, below] : value.items()) add_flat(name + "." + child, below, to);
}

Json flatten(const Json& item, const std::vector<std::string>& fields) {
  Json flat = Json::object();
  for (const auto& [name, value] : item.items()) {
    const bool listed = std::find(fields.begin(), fields.end(), name) != fields.end();
    if (listed) {
      add_flat(name, value, flat);
    } else {
      flat[name] = value;
    }
  }
  return flat;
}

Json without_hidden(const Json& item) {
  Json shown = Json::object();
  for (const auto& [name, value] : item.items()) {
    if (!name.starts_with('#')) shown[name] = value;
  }
  return shown;
}

Json reshape(const Transformation& asked, Json item) {
  if (!asked.fields.empty()) item = pick_all(item, asked.fields);
  for (const auto& field : asked.omit) erase_field(item, field);
  if (!asked.output_fields.empty()) item = rename(item, asked);
  if (!asked.flatten.empty()) item = flatten(item, asked.flatten);
  if (asked.skip_hidden) item = without_hidden(item);
  return item;
}

}  // namespace

const Json* find_field(const Json& item, std::string_view path) {
  const auto place = find_place(item, path);
  return place.holder == nullptr ? nullptr : &*place.holder->find(place.name);
}

Result<std::vector<Json>> transform(const Transformation& asked, Json item) {
  if (asked.skip_failed_pages && item.contains("errorInfo")) return std::vector<Json>{};
  auto unwound_fields = asked.unwind;
  if (asked.simplified) {
    // Narrowed before it is unwound: afterwards the page's own fields are all that is wanted.
    item = pick_all(item, {"url", "pageFunctionResult", "errorInfo"});
    unwound_fields.emplace_back("pageFunctionResult");
  }
  std::vector<Json> whole;
  whole.push_back(without_unwanted(std::move(item), unwound_fields, asked.fields));
  TRY(items, unwind(std::move(whole), unwound_fields));
  std::vector<Json> shown;
  for (auto& each : items) {
    Json reshaped = reshape(asked, std::move(each));
    if (!asked.skip_empty || !reshaped.empty()) shown.push_back(std::move(reshaped));
  }
  return shown;
}

}  // namespace actuary::adapters::http::api::dataset_formats
