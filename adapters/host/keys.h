#pragma once

#include <filesystem>
#include <memory>

#include "engine/ports/secrets.h"
#include "journal/base/bytes.h"

namespace actuary::adapters::host {

/// The installation's one master key, in a file of mode 0600, and what is derived from it: the
/// pepper of token hashes, the signature of run tokens, the seal of secret values.
class Keys final : public engine::ports::Secrets {
 public:
  /// Makes the key on the first start.
  ///
  /// errors: kStorageFailed; kCorrupt: the file is not a key
  [[nodiscard]] static Result<std::unique_ptr<Keys>> open(const std::filesystem::path& folder,
                                                          IdSource& ids);

  /// For a folder that was restored: no run token of before is one from now on, because what the
  /// lost future began may have the same run and the same epoch as what comes now.
  ///
  /// errors: kStorageFailed
  [[nodiscard]] static Status disown_run_tokens(const std::filesystem::path& folder);

  [[nodiscard]] std::string run_token(const engine::ports::ContainerKey& key,
                                      const UserId& user_id) override;
  [[nodiscard]] std::optional<engine::ports::RunToken> read_run_token(
      std::string_view token) override;
  [[nodiscard]] std::string new_token() override;
  [[nodiscard]] std::string token_hash(std::string_view token) override;
  [[nodiscard]] std::string seal(std::string_view plain) override;
  [[nodiscard]] Result<std::string> open(std::string_view sealed) override;

 private:
  Keys(Bytes master, const Bytes& era, IdSource& ids);

  Bytes pepper_;
  Bytes signing_key_;
  Bytes sealing_key_;
  IdSource& ids_;
};

}  // namespace actuary::adapters::host
