#include "adapters/http/api/dataset_formats/renderer.h"

#include "adapters/http/api/dataset_formats/table.h"
#include "adapters/http/api/dataset_formats/transform.h"
#include "adapters/http/json.h"

namespace actuary::adapters::http::api::dataset_formats {
namespace {

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

/// A JSON array, or JSON lines: the two differ in what stands around the items.
class Texts final : public Renderer {
 public:
  explicit Texts(Options options)
      : Renderer(std::move(options)), array_(this->options().format == Format::kJson) {}

  void begin(std::string& out) override {
    Renderer::begin(out);
    if (array_) out.push_back('[');
  }
  Status append(std::string_view item, std::string& out) override {
    if (options().transformation.none()) {
      add(item, out);
      return {};
    }
    TRY(items, shown(item));
    constexpr auto kReplace = Json::error_handler_t::replace;
    for (const auto& each : items) add(each.dump(-1, ' ', false, kReplace), out);
    return {};
  }
  void end(std::string& out) override { out.append(array_ ? "]" : ""); }

 private:
  void add(std::string_view text, std::string& out) {
    if (array_ && any_) out.append(",\n");
    any_ = true;
    out.append(text);
    if (!array_) out.push_back('\n');
  }

  const bool array_;
  bool any_ = false;
};

class Csv final : public Renderer {
 public:
  explicit Csv(Options options)
      : Renderer(std::move(options)),
        columns_(this->options().transformation.output_fields.empty()
                     ? this->options().transformation.fields
                     : this->options().transformation.output_fields) {}

  [[nodiscard]] bool wants_columns() const override { return true; }
  Status collect(std::string_view item) override {
    TRY(items, shown(item));
    for (const auto& each : items) TRY_VOID(columns_.add(to_row(each)));
    return {};
  }
  void begin(std::string& out) override {
    Renderer::begin(out);
    columns_.settle();
    if (options().header_row && !columns_.names().empty()) {
      append_csv_line(columns_.names(), options().delimiter, out);
    }
  }
  Status append(std::string_view item, std::string& out) override {
    TRY(items, shown(item));
    for (const auto& each : items) {
      append_csv_line(columns_.cells(to_row(each)), options().delimiter, out);
    }
    return {};
  }

 private:
  Columns columns_;
};

}  // namespace

std::unique_ptr<Renderer> Renderer::make(Options options) {
  if (options.format == Format::kCsv) return std::make_unique<Csv>(std::move(options));
  return std::make_unique<Texts>(std::move(options));
}

Status Renderer::collect(std::string_view) { return {}; }

void Renderer::begin(std::string& out) {
  if (options_.byte_order_mark) out.append(kByteOrderMark);
}

void Renderer::end(std::string&) {}

Result<std::vector<Json>> Renderer::shown(std::string_view item) const {
  auto parsed = parse_json(item);
  // It was valid when it was pushed: now it is too much to be taken apart.
  if (!parsed) return fail(Code::kLimitExceeded, "A stored item: " + parsed.error().detail);
  if (!parsed->is_object()) return fail(Code::kCorrupt, "A stored item is not a JSON object.");
  return transform(options_.transformation, std::move(*parsed));
}

}  // namespace actuary::adapters::http::api::dataset_formats
