#pragma once

#include <memory>
#include <vector>

#include "adapters/containers/backend.h"
#include "adapters/containers/cgroup.h"
#include "adapters/oci/layers.h"
#include "adapters/oci/network.h"
#include "adapters/oci/shim.h"

namespace actuary::adapters::oci {

using containers::ContainerExit;
using containers::ContainerKey;
using containers::ContainerSpec;
using containers::ContainerView;

/// The containers of one installation, from their folders.
class OciContainers final : public containers::Backend {
 public:
  explicit OciContainers(const Options& options);

  /// errors: kNoRuntime: what is missing, by name
  [[nodiscard]] Status open();

  [[nodiscard]] Status start(const ContainerSpec& spec) override;
  [[nodiscard]] Status kill(const ContainerKey& key) override;
  [[nodiscard]] Status remove(const ContainerKey& key) override;
  [[nodiscard]] Result<ContainerView> look(const ContainerKey& key) const override;
  [[nodiscard]] Result<std::vector<ContainerKey>> keys() const override;
  [[nodiscard]] std::optional<engine::ports::WebServer> web_server(
      const ContainerKey& key) const override;
  [[nodiscard]] Bundle bundle(const ContainerKey& key) const override;
  [[nodiscard]] std::filesystem::path exits() const override { return shim_.exits(); }
  [[nodiscard]] std::string gateway() const override { return network_.gateway(); }
  [[nodiscard]] std::string isolation() const override;
  void replenish() override { network_.refill(); }
  void tear_down() override;

 private:
  /// Of all containers of the installation.
  [[nodiscard]] std::string cgroup_parent() const;
  [[nodiscard]] std::string cgroup_path(const Bundle& bundle) const;
  [[nodiscard]] Status prepare(const ContainerSpec& spec, const Bundle& bundle);
  [[nodiscard]] Status prepare_files(const Bundle& bundle, const NetworkSlot& slot) const;
  [[nodiscard]] Status launch(const ContainerSpec& spec, const Bundle& bundle);
  [[nodiscard]] Status stop_privileged(const Bundle& bundle,
                                       const containers::ProcessMark& process) const;
  [[nodiscard]] bool await_started(const Bundle& bundle) const;
  [[nodiscard]] bool has_ended(const Bundle& bundle) const;
  void tear_down(const Bundle& bundle);
  void await_shim(const Bundle& bundle) const;
  [[nodiscard]] std::optional<ContainerExit> exit_of(const Bundle& bundle) const;

  Options options_;
  Shim shim_;
  Network network_;
  Layers layers_;
};

}  // namespace actuary::adapters::oci
