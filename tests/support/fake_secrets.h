#pragma once

#include <set>
#include <string>
#include <vector>

#include "engine/ports/secrets.h"
#include "journal/base/bytes.h"
#include "journal/events/common.h"

namespace actuary::tests::support {

/// Secrets that hide nothing: `sealed:` in front is the seal; a personal text is spelled in hex.
class FakeSecrets final : public engine::ports::Secrets {
 public:
  std::string run_token(const engine::ports::ContainerKey& key, const UserId& user_id) override {
    return "run:" + key.run_id.str() + ":" + std::to_string(key.epoch) + ":" + user_id.str();
  }
  std::optional<engine::ports::RunToken> read_run_token(std::string_view) override {
    return std::nullopt;
  }
  std::string new_token() override { return "token"; }
  std::string token_hash(std::string_view token) override { return "hash:" + std::string(token); }
  std::string seal(std::string_view plain) override { return "sealed:" + std::string(plain); }
  Result<std::string> open(std::string_view sealed) override {
    if (!sealed.starts_with("sealed:")) return fail(Code::kCorrupt, "sealed under another key");
    return std::string(sealed.substr(7));
  }

  Result<std::vector<std::string>> seal_personal(const std::vector<std::string>& plain,
                                                 std::optional<std::uint64_t> under) override {
    const std::uint64_t key = under && !erased.contains(*under) ? *under : ++personal_keys_;
    std::vector<std::string> sealed;
    for (const auto& text : plain) {
      sealed.push_back(text.empty() ? ""
                                    : std::string(events::kPersonalPrefix) + std::to_string(key) +
                                          ":" + to_hex(text));
    }
    return sealed;
  }
  Result<std::string> open_personal(std::string_view sealed) override {
    const auto key = events::personal_key(sealed);
    if (!key) return fail(Code::kCorrupt, "never sealed here");
    if (erased.contains(*key)) return fail(Code::kNotFound, "its key was destroyed");
    sealed.remove_prefix(sealed.rfind(':') + 1);
    std::string plain;
    for (; sealed.size() > 1; sealed.remove_prefix(2)) {
      plain.push_back(static_cast<char>(std::stoi(std::string(sealed.substr(0, 2)), nullptr, 16)));
    }
    return plain;
  }

  std::set<std::uint64_t> erased;

 private:
  std::uint64_t personal_keys_ = 0;
};

}  // namespace actuary::tests::support
