#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "adapters/containers/bundle.h"

namespace actuary::adapters::containers {

using engine::ports::ContainerSpec;
using engine::ports::ContainerView;

/// The containers of one installation as one kind of runtime keeps them. Blocking, and at most one
/// call per container at a time: Runtime sees to both.
class Backend {
 public:
  virtual ~Backend() = default;

  /// errors: kUnavailable: certainly not started; kNoRuntime: nor was anybody asked; kUnknown:
  /// perhaps
  [[nodiscard]] virtual Status start(const ContainerSpec& spec) = 0;
  [[nodiscard]] virtual Status kill(const ContainerKey& key) = 0;
  [[nodiscard]] virtual Status remove(const ContainerKey& key) = 0;
  /// errors: kUnknown: it cannot be told now; ask again
  [[nodiscard]] virtual Result<ContainerView> look(const ContainerKey& key) const = 0;
  /// Of every container that is there. errors: as `look`
  [[nodiscard]] virtual Result<std::vector<ContainerKey>> keys() const = 0;
  [[nodiscard]] virtual std::optional<engine::ports::WebServer> web_server(
      const ContainerKey& key) const = 0;
  [[nodiscard]] virtual Bundle bundle(const ContainerKey& key) const = 0;

  /// Where a file named like its container appears when that has ended. Empty: there is none, and
  /// the end is seen by its process alone.
  [[nodiscard]] virtual std::filesystem::path exits() const = 0;
  /// The host's address as containers see it.
  [[nodiscard]] virtual std::string gateway() const = 0;
  /// What keeps containers apart here, in one line for the operator.
  [[nodiscard]] virtual std::string isolation() const = 0;

  /// Makes ready what the next start needs.
  virtual void replenish() {}
  /// Nothing runs, and nobody is there any more: leaves the host as it was before us.
  virtual void tear_down() = 0;
};

}  // namespace actuary::adapters::containers
