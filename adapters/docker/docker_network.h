#pragma once

#include <string>

#include "adapters/containers/fence.h"
#include "adapters/docker/api.h"
#include "adapters/docker/options.h"

namespace actuary::adapters::docker {

/// The network of this installation in Docker, with the same fence as on the OCI runtime: its
/// containers reach the API at the gateway, and the world.
class DockerNetwork {
 public:
  DockerNetwork(Api& api, const Options& options);

  /// Repeating it changes nothing.
  ///
  /// errors: kNoRuntime: a missing program, by name; kUnavailable
  [[nodiscard]] Status open();
  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] std::string gateway() const { return prefix_ + ".1"; }
  /// Containers do not reach each other, from now on.
  ///
  /// errors: kUnavailable: there is none on the bridge that the fence is around
  [[nodiscard]] Status isolate() const;
  void tear_down();

 private:
  [[nodiscard]] Status make();
  [[nodiscard]] containers::Fence fence() const;

  Api& api_;
  const Options& options_;
  std::string name_;
  std::string bridge_;
  std::string prefix_;  ///< `10.x.y`
};

}  // namespace actuary::adapters::docker
