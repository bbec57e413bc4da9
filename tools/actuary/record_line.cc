#include "tools/actuary/record_line.h"

#include <algorithm>

namespace actuary::tools {
namespace {

using adapters::client::at;
using adapters::client::Json;
using adapters::client::text_at;

constexpr std::size_t kShownBytesMax = 80;

std::string stream_of_record(const Json& record) {
  const std::string id = text_at(record, {"stream", "id"});
  return text_at(record, {"stream", "kind"}) + (id.empty() ? "" : "/" + id);
}

std::string line(const Json& record, const std::string& before_event) {
  const Json* position = at(record, {"position"});
  std::string line = position != nullptr ? position->dump() : "?";
  line.resize(std::max<std::size_t>(line.size() + 2, 8), ' ');
  line += text_at(record, {"recorded_at", "utc"}) + "  " + before_event;
  const Json* event = at(record, {"event"});
  if (event == nullptr) return line;
  line += text_at(*event, {"type"});
  for (const auto& [key, value] : event->items()) {
    const auto* text = value.get_ptr<const Json::string_t*>();
    const bool shown =
        key != "type" && (value.is_number() || value.is_boolean() ||
                          (text != nullptr && text->size() < kShownBytesMax && !text->empty()));
    if (shown) line += "  " + key + "=" + (text != nullptr ? *text : value.dump());
  }
  return line;
}

}  // namespace

std::string line_of(const Json& record) { return line(record, ""); }

std::string line_with_stream(const Json& record) {
  std::string stream = stream_of_record(record);
  stream.resize(std::max<std::size_t>(stream.size() + 2, 27), ' ');
  return line(record, stream);
}

}  // namespace actuary::tools
