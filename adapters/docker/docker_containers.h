#pragma once

#include <memory>
#include <nlohmann/json_fwd.hpp>

#include "adapters/containers/backend.h"
#include "adapters/containers/cgroup.h"
#include "adapters/docker/api.h"
#include "adapters/docker/docker_network.h"

namespace actuary::adapters::docker {

using containers::ContainerExit;
using containers::ContainerKey;
using containers::ContainerSpec;
using containers::ContainerView;

/// Docker's exit code, unless it is the 255 that it gives a container whose end it has lost, as it
/// may when it is restarted just then: init's record knows better.
[[nodiscard]] std::optional<std::int32_t> believed(
    std::int32_t in_docker, const std::optional<containers::ExitRecord>& record);

/// The containers of one installation in a Docker Engine on this machine. What Docker says is
/// checked against the kernel, and what init wrote counts before either: a daemon that is down or
/// wrong loses nothing.
class DockerContainers final : public containers::Backend {
 public:
  explicit DockerContainers(Options options);

  /// errors: kNoRuntime: what is missing, by name
  [[nodiscard]] Status open();

  /// From any thread.
  [[nodiscard]] Status keep_image(const events::Image& image,
                                  const std::filesystem::path& folder) const;
  [[nodiscard]] Status forget_image(const events::Image& image) const;

  [[nodiscard]] Status start(const ContainerSpec& spec) override;
  [[nodiscard]] Status kill(const ContainerKey& key) override;
  [[nodiscard]] Status remove(const ContainerKey& key) override;
  [[nodiscard]] Result<ContainerView> look(const ContainerKey& key) const override;
  [[nodiscard]] Result<std::vector<ContainerKey>> keys() const override;
  [[nodiscard]] std::optional<engine::ports::WebServer> web_server(
      const ContainerKey& key) const override;
  [[nodiscard]] Bundle bundle(const ContainerKey& key) const override;
  [[nodiscard]] std::filesystem::path exits() const override { return {}; }
  [[nodiscard]] std::string gateway() const override { return network_.gateway(); }
  [[nodiscard]] std::string isolation() const override;
  void tear_down() override;

 private:
  /// Nothing: Docker knows no such container.
  using Inspected = std::optional<nlohmann::json>;

  [[nodiscard]] bool has_cgroup_namespaces() const;
  [[nodiscard]] std::string name_of(const Bundle& bundle) const;
  [[nodiscard]] Status prepare(const ContainerSpec& spec, const Bundle& bundle) const;
  /// Leaves no bundle where it certainly started nothing.
  [[nodiscard]] Status start_once(const ContainerSpec& spec, const Bundle& bundle);
  [[nodiscard]] Status begin(const ContainerSpec& spec, const Bundle& bundle);
  [[nodiscard]] Status create(const ContainerSpec& spec, const Bundle& bundle);
  [[nodiscard]] Status let_docker_start(const Bundle& bundle);
  [[nodiscard]] Status check(const ContainerSpec& spec, const Bundle& bundle);
  [[nodiscard]] Status let_go(const Bundle& bundle) const;
  /// Waits for a daemon that restarts only where nothing else can be done.
  [[nodiscard]] Result<Inspected> inspect(
      const Bundle& bundle,
      std::chrono::milliseconds patience = std::chrono::milliseconds{0}) const;
  [[nodiscard]] Result<std::int32_t> exit_code_in_docker(const Bundle& bundle) const;
  [[nodiscard]] Result<ContainerExit> exit_of(const Bundle& bundle) const;
  [[nodiscard]] Status stop_paused(const Bundle& bundle) const;
  [[nodiscard]] Status forget(const Bundle& bundle) const;
  [[nodiscard]] std::optional<containers::Cgroup> cgroup_of(const Bundle& bundle) const;

  Options options_;
  mutable Api api_;
  DockerNetwork network_;
};

}  // namespace actuary::adapters::docker
