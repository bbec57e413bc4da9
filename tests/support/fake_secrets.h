#pragma once

#include <string>

#include "engine/ports/secrets.h"

namespace actuary::tests::support {

/// Secrets that hide nothing: `sealed:` in front is the seal.
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
};

}  // namespace actuary::tests::support
