#pragma once

#include <atomic>
#include <chrono>
#include <filesystem>
#include <mutex>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "adapters/containers/patch_level.h"
#include "journal/base/result.h"

namespace actuary::adapters::docker {

struct Request {
  std::string method = "GET";
  std::string path = {};              ///< below the version, with its query
  std::string body = {};              ///< JSON
  std::filesystem::path upload = {};  ///< a tar, instead of `body`
  std::chrono::milliseconds timeout{5'000};
  /// How long a daemon that does not listen, as while it restarts, is waited for.
  std::chrono::milliseconds patience{0};
};

struct Answer {
  long status = 0;
  std::string body;

  [[nodiscard]] nlohmann::json json() const;
  /// What the daemon says is wrong.
  [[nodiscard]] std::string message() const;
};

/// The Docker Engine API over its unix socket. Blocking; from any worker.
///
/// source: https://docs.docker.com/engine/api/v1.41/
class Api {
 public:
  /// Containers get nothing of this host but what is below `data`.
  Api(std::string socket, std::filesystem::path data);
  ~Api();
  Api(const Api&) = delete;
  Api& operator=(const Api&) = delete;

  /// Learns the version.
  ///
  /// errors: kNoRuntime: nobody answers, or one that is too old, and what to do
  [[nodiscard]] Status open();

  /// Every answer of the daemon is a success here, whatever its status.
  ///
  /// errors: kNoRuntime: nobody was asked; kUnknown: asked, and not answered in time; kForbidden:
  /// this engine never asks for that
  [[nodiscard]] Result<Answer> call(const Request& request);

  /// For the operator: `Docker 20.10.24`, or `Podman 4.3.1`.
  [[nodiscard]] const std::string& daemon() const { return daemon_; }
  [[nodiscard]] const std::string& socket() const { return socket_; }
  /// It speaks the same, with some answers of its own.
  [[nodiscard]] bool is_podman() const { return daemon_.starts_with("Podman"); }
  /// The daemon and what it starts containers with, as it says.
  [[nodiscard]] const std::vector<containers::Program>& programs() const { return programs_; }

 private:
  [[nodiscard]] Result<Answer> call_once(const Request& request);
  [[nodiscard]] void* take_handle();
  void give_back(void* handle);
  [[nodiscard]] Error unreachable(const std::string& why) const;

  std::string socket_;
  std::string version_;  ///< `/v1.41`; empty: not yet known
  std::filesystem::path data_;
  std::string daemon_;
  std::vector<containers::Program> programs_;
  std::mutex mutex_;
  std::vector<void*> idle_;  ///< curl handles, each with its connection
  std::atomic<std::int64_t> silent_until_millis_{0};
};

/// Where Docker listens: DOCKER_HOST if that is a unix socket, else the usual place.
[[nodiscard]] std::string default_socket();

}  // namespace actuary::adapters::docker
