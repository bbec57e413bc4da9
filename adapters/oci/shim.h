#pragma once

#include <string>

#include "adapters/containers/bundle.h"
#include "adapters/oci/options.h"
#include "adapters/reactor/process.h"

namespace actuary::adapters::oci {

/// conmon and the OCI runtime below it. Blocking; from any worker.
class Shim {
 public:
  explicit Shim(const Options& options);

  /// Finds the programs and proves that the runtime works here.
  ///
  /// errors: kNoRuntime: what is missing and how to install it
  [[nodiscard]] Status open();
  [[nodiscard]] const std::string& runtime() const { return runtime_; }

  /// The container exists afterwards, its init has not been executed. The shim lives in a session
  /// of its own.
  [[nodiscard]] Result<pid_t> create(const Bundle& bundle) const;
  [[nodiscard]] Status start(const Bundle& bundle) const;
  /// Kills it if it is there and forgets it.
  void discard(const Bundle& bundle) const;
  /// Where exit codes appear, as files named like their container.
  [[nodiscard]] std::filesystem::path exits() const { return options_.data / "runtime/exits"; }

 private:
  [[nodiscard]] reactor::Command invoke(std::vector<std::string> arguments) const;

  Options options_;
  std::string runtime_;  ///< a path
  std::string conmon_;
  int mount_namespace_ = -1;
};

}  // namespace actuary::adapters::oci
