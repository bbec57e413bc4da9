#include "adapters/oci/layers.h"

#include <nlohmann/json.hpp>

#include "adapters/oci/options.h"

namespace actuary::adapters::oci {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kLayersMax = 127;

std::string text_at(const Json& json, const char* name) {
  const auto found = json.find(name);
  return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
}

/// `field` of the row whose `id` is `id`, in one of containers-storage's lists.
std::string look_up(const std::filesystem::path& list, const std::string& id, const char* field) {
  const Json rows = Json::parse(read_file(list).value_or(std::string()), nullptr, false);
  if (!rows.is_array()) return {};
  for (const Json& row : rows) {
    if (row.is_object() && text_at(row, "id") == id) return text_at(row, field);
  }
  return {};
}

}  // namespace

Layers::Layers(std::filesystem::path storage) : storage_(std::move(storage)) {}

Result<std::vector<std::filesystem::path>> Layers::of(const std::string& image_id) {
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = remembered_.find(image_id); found != remembered_.end()) {
      return found->second;
    }
  }
  TRY(layers, read(image_id));
  const std::lock_guard lock(mutex_);
  if (remembered_.size() >= kRememberedMax) remembered_.clear();
  remembered_[image_id] = layers;
  return layers;
}

void Layers::forget(const std::string& image_id) {
  const std::lock_guard lock(mutex_);
  remembered_.erase(image_id);
}

Result<std::vector<std::filesystem::path>> Layers::read(const std::string& image_id) const {
  std::string layer = look_up(storage_ / "overlay-images/images.json", image_id, "layer");
  if (layer.empty()) return fail(Code::kNotFound, "no image " + image_id + " on this machine");
  const std::filesystem::path list = storage_ / "overlay-layers/layers.json";
  std::vector<std::filesystem::path> layers;
  while (!layer.empty() && layers.size() < kLayersMax) {
    layers.push_back(storage_ / "overlay" / layer / "diff");
    layer = look_up(list, layer, "parent");
  }
  return layers;
}

}  // namespace actuary::adapters::oci
