#pragma once

#include <filesystem>
#include <memory>

#include "adapters/host/personal_keys.h"
#include "engine/ports/secrets.h"
#include "journal/base/bytes.h"

namespace actuary::adapters::host {

/// The installation's one master key, in a file of mode 0600, and what is derived from it: the
/// pepper of token hashes, the signature of run tokens, the seal of secret values, the wrapping of
/// the keys that can be destroyed.
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
  [[nodiscard]] Result<std::vector<std::string>> seal_personal(
      const std::vector<std::string>& plain, std::optional<std::uint64_t> under) override;
  [[nodiscard]] Result<std::string> open_personal(std::string_view sealed) override;
  /// As `PersonalKeys::destroy`.
  [[nodiscard]] Result<std::size_t> destroy_personal(std::span<const std::uint64_t> keys);
  /// Whether a personal key was ever made here.
  [[nodiscard]] bool has_personal() const { return !personal_->untouched(); }

 private:
  Keys(BytesView master, const Bytes& era, std::unique_ptr<PersonalKeys> personal, IdSource& ids);

  Bytes pepper_;
  Bytes signing_key_;
  Bytes sealing_key_;
  std::unique_ptr<PersonalKeys> personal_;
  IdSource& ids_;
};

/// Below the folder of keys.
inline constexpr const char* kPersonalFolder = "personal";

}  // namespace actuary::adapters::host
