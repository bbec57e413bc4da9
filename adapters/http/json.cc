#include "adapters/http/json.h"

#include <string>
#include <unordered_map>
#include <vector>

namespace actuary::adapters::http {
namespace {

using Json = nlohmann::ordered_json;

/// Builds the document from nlohmann's events. Its own builder has no depth limit and reports by
/// throwing.
class Builder final : public nlohmann::json_sax<Json> {
 public:
  bool null() override { return add(nullptr); }
  bool boolean(bool value) override { return add(value); }
  bool number_integer(number_integer_t value) override { return add(value); }
  bool number_unsigned(number_unsigned_t value) override { return add(value); }
  bool number_float(number_float_t value, const string_t&) override { return add(value); }
  bool string(string_t& value) override { return add(std::move(value)); }
  bool binary(binary_t&) override { return false; }
  bool key(string_t& name) override {
    slot_ = open_.back().slot(name);
    if (slot_ == nullptr) {
      reason_ = "more than " + std::to_string(kJsonKeysMax) + " keys in one object";
    }
    return slot_ != nullptr;
  }
  bool start_object(std::size_t) override { return start(Json::object()); }
  bool start_array(std::size_t) override { return start(Json::array()); }
  bool end_object() override { return end(); }
  bool end_array() override { return end(); }
  bool parse_error(std::size_t position, const std::string&,
                   const nlohmann::detail::exception& error) override {
    // The library's text is `[json.exception.parse_error.101] parse error at ...: reason`.
    const std::string_view text = error.what();
    const auto reason = text.find("] ");
    reason_ = reason == std::string_view::npos ? text : text.substr(reason + 2);
    reason_ += " (byte " + std::to_string(position) + ")";
    return false;
  }

  [[nodiscard]] const std::string& reason() const { return reason_; }
  [[nodiscard]] Json take() { return std::move(root_); }

 private:
  /// Looking a key up in a small object is faster than hashing it.
  static constexpr std::size_t kIndexedKeysMin = 32;

  /// An array or object that is being filled.
  struct Open {
    Json* value = nullptr;
    std::unordered_map<std::string, std::size_t> index;  ///< of its keys, once there are many

    /// Where the key's value belongs; null when there are too many keys.
    Json* slot(const std::string& name) {
      auto& members = value->get_ref<Json::object_t&>();
      if (members.size() < kIndexedKeysMin) return &members[name];
      if (index.empty()) {
        for (const auto& [known, member] : members) index.emplace(known, index.size());
      }
      const auto [found, is_new] = index.try_emplace(name, members.size());
      if (!is_new) return &members.data()[found->second].second;
      if (members.size() == kJsonKeysMax) return nullptr;
      return &members.emplace_back(name, nullptr).second;
    }
  };

  template <class Value>
  bool add(Value&& value) {
    place(Json(std::forward<Value>(value)));
    return true;
  }

  Json* place(Json value) {
    if (open_.empty()) {
      root_ = std::move(value);
      return &root_;
    }
    Json& holder = *open_.back().value;
    if (holder.is_array()) {
      holder.push_back(std::move(value));
      return &holder.back();
    }
    *slot_ = std::move(value);
    return slot_;
  }

  bool start(Json container) {
    if (open_.size() == kJsonDepthMax) {
      reason_ = "more than " + std::to_string(kJsonDepthMax) + " levels of nesting";
      return false;
    }
    open_.push_back({place(std::move(container)), {}});
    return true;
  }

  bool end() {
    open_.pop_back();
    return true;
  }

  Json root_;
  std::vector<Open> open_;
  Json* slot_ = nullptr;
  std::string reason_;
};

}  // namespace

Result<Json> parse_json(std::string_view text) {
  Builder builder;
  if (!Json::sax_parse(text.begin(), text.end(), &builder)) {
    return fail(Code::kInvalidArgument, "The text is not valid JSON: " + builder.reason());
  }
  return builder.take();
}

Result<Json> parse_json_object(std::string_view text) {
  TRY(document, parse_json(text));
  if (!document.is_object()) {
    return fail(Code::kInvalidArgument, "POST data must be a JSON object");
  }
  return document;
}

}  // namespace actuary::adapters::http
