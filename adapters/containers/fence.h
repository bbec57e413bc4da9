#pragma once

#include <filesystem>
#include <string>

#include "journal/base/result.h"

/// The network that a runtime's containers share, and what of this host they reach through it.
namespace actuary::adapters::containers {

/// The first three numbers of a free 10.x.y.0/24, chosen once and kept in `file`: live containers
/// hold the address of the API in it.
///
/// errors: kUnavailable: none is free
[[nodiscard]] Result<std::string> choose_prefix(const std::filesystem::path& file,
                                                const std::string& installation,
                                                const std::string& bridge);

struct Fence {
  std::string installation = {};  ///< in the names of the chains
  std::string bridge = {};
  std::string gateway = {};
  std::uint16_t api_port = 0;
  /// The chain that decides first about what is forwarded, and what it does with what is allowed.
  std::string forward_chain = "FORWARD";
  std::string allowed = "ACCEPT";
};

/// Containers reach the gateway on the API's port, the world, and nothing else of this host.
/// Applied at once and as a whole; repeating it changes nothing.
[[nodiscard]] Status raise_fence(const Fence& fence);
/// Nothing there is success.
void drop_fence(const Fence& fence);

/// Containers do not reach each other: an isolated port speaks to the bridge itself only.
void isolate_port(const std::string& port);

}  // namespace actuary::adapters::containers
