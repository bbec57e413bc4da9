#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "adapters/client/client.h"
#include "adapters/host/control_plane.h"

namespace actuary::tools {

/// `--data`, else $ACTUARY_DATA, else ~/.actuary.
[[nodiscard]] std::filesystem::path data_folder(const std::string& flag);

/// The engine of a DATA folder: the one that runs there, or one of our own for as long as this
/// lives.
class EngineAccess {
 public:
  /// errors: those of ControlPlane::open
  [[nodiscard]] static Result<EngineAccess> open(
      const std::filesystem::path& data,
      adapters::host::RuntimeKind runtime = adapters::host::RuntimeKind::kAuto);

  [[nodiscard]] const adapters::client::Client& client() const { return client_; }
  [[nodiscard]] bool is_ours() const { return plane_ != nullptr; }

 private:
  EngineAccess(std::unique_ptr<ControlPlane> plane, adapters::client::Client client)
      : plane_(std::move(plane)), client_(std::move(client)) {}

  std::unique_ptr<ControlPlane> plane_;
  adapters::client::Client client_;
};

/// `auto`, `oci` or `docker`; anything else is `auto`.
[[nodiscard]] adapters::host::RuntimeKind runtime_of(const std::string& flag);

/// What does not print as JSON is no text.
[[nodiscard]] bool is_utf8(const std::string& text);

/// Ends the process when the journal refuses to go on: nothing that we would still say could be
/// trusted.
void exit_when_refused(const Error& error);

}  // namespace actuary::tools
