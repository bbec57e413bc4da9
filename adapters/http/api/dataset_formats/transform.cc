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

/// Appends what `item` becomes when `field` is unwound.
void unwind_one(Json item, std::string_view field, std::vector<Json>& unwound) {
  const Json* found = find_field(item, field);
  if (found == nullptr || !found->is_structured()) {
    unwound.push_back(std::move(item));
    return;
  }
  const Json value = *found;
  erase_field(item, field);
  if (value.is_object()) {
    merge(item, value);
    unwound.push_back(std::move(item));
    return;
  }
  for (const auto& element : value) {
    Json each = item;
    if (element.is_object()) {
      merge(each, element);
    } else {
      each[std::string(field)] = element;
    }
    unwound.push_back(std::move(each));
    if (unwound.size() > kUnwoundItemsMax) return;
  }
}

Result<std::vector<Json>> unwind(std::vector<Json> items, const std::vector<std::string>& fields) {
  for (const auto& field : fields) {
    std::vector<Json> unwound;
    for (auto& item : items) {
      unwind_one(std::move(item), field, unwound);
      if (unwound.size() <= kUnwoundItemsMax) continue;
      return fail(Code::kLimitExceeded, "Unwinding \"" + field + "\" makes too many items.");
    }
    items = std::move(unwound);
  }
  return items;
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
  TRY(items, unwind({std::move(item)}, unwound_fields));
  std::vector<Json> shown;
  for (auto& each : items) {
    Json reshaped = reshape(asked, std::move(each));
    if (!asked.skip_empty || !reshaped.empty()) shown.push_back(std::move(reshaped));
  }
  return shown;
}

}  // namespace actuary::adapters::http::api::dataset_formats
