#pragma once

#include <memory>
#include <vector>

#include "adapters/oci/bundle.h"
#include "adapters/oci/cgroup.h"
#include "adapters/oci/layers.h"
#include "adapters/oci/network.h"
#include "adapters/oci/options.h"
#include "adapters/oci/shim.h"

namespace actuary::adapters::oci {

using engine::ports::ContainerSpec;
using engine::ports::ContainerView;

/// The containers of one installation, from their folders. Blocking, and at most one call per
/// container at a time: OciRuntime sees to both.
class Containers {
 public:
  explicit Containers(const Options& options);

  /// errors: kNoRuntime: what is missing, by name
  [[nodiscard]] Status open();

  [[nodiscard]] Status start(const ContainerSpec& spec);
  [[nodiscard]] Status announce(const ContainerKey& key,
                                const engine::ports::Announcement& announcement);
  [[nodiscard]] Status kill(const ContainerKey& key);
  [[nodiscard]] Status remove(const ContainerKey& key);
  [[nodiscard]] ContainerView look(const ContainerKey& key) const;
  [[nodiscard]] std::vector<ContainerKey> keys() const;
  [[nodiscard]] std::optional<engine::ports::ContainerUsage> usage(const ContainerKey& key) const;
  [[nodiscard]] std::optional<engine::ports::WebServer> web_server(const ContainerKey& key) const;

  [[nodiscard]] Network& network() { return network_; }
  [[nodiscard]] const Shim& shim() const { return shim_; }

 private:
  [[nodiscard]] Bundle bundle(const ContainerKey& key) const;
  [[nodiscard]] std::string cgroup_path(const Bundle& bundle) const;
  [[nodiscard]] Status prepare(const ContainerSpec& spec, const Bundle& bundle);
  [[nodiscard]] Status prepare_control(const ContainerSpec& spec, const Bundle& bundle) const;
  [[nodiscard]] Status prepare_files(const Bundle& bundle, const NetworkSlot& slot) const;
  [[nodiscard]] Status launch(const ContainerSpec& spec, const Bundle& bundle);
  [[nodiscard]] Status stop_privileged(const Bundle& bundle, const ProcessMark& process) const;
  [[nodiscard]] Status install_init() const;
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
