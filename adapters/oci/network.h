#pragma once

#include <deque>
#include <filesystem>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "adapters/containers/fence.h"
#include "adapters/oci/options.h"
#include "journal/base/result.h"

namespace actuary::adapters::oci {

/// One network namespace, used by one container at a time.
struct NetworkSlot {
  unsigned number = 0;
  std::filesystem::path path = {};
  std::string address = {};
};

/// The bridge of this installation, its firewall, and network namespaces kept ready: making one
/// takes longer than all the rest of a start. From any thread.
///
/// Containers reach the gateway on the API's port, the world through NAT, and nothing else of this
/// host.
class Network {
 public:
  static constexpr unsigned kSlotsMax = 250;  ///< of the 253 that a /24 has beside the bridge

  explicit Network(const Options& options);

  /// Bridge, address, rules. Repeating it changes nothing; it picks a free 10.x.y.0/24 the first
  /// time.
  ///
  /// shape: `in_use`: slots that live containers hold
  /// errors: kNoRuntime: a missing program, by name; kUnavailable
  [[nodiscard]] Status open(const std::set<unsigned>& in_use);
  [[nodiscard]] std::string gateway() const { return prefix_ + ".1"; }

  /// errors: kUnavailable: all slots are taken
  [[nodiscard]] Result<NetworkSlot> take();
  [[nodiscard]] NetworkSlot slot(unsigned number) const;
  void give_back(unsigned number);
  /// Makes spare slots, as many as are missing.
  void refill();
  /// Removes bridge, rules and namespaces; for tests and uninstalling.
  void tear_down();

 private:
  [[nodiscard]] containers::Fence fence() const;
  [[nodiscard]] std::vector<std::string> masquerade(const char* action) const;
  [[nodiscard]] Status make_bridge();
  [[nodiscard]] Status make_rules();
  [[nodiscard]] Status make_slot(unsigned number) const;
  [[nodiscard]] bool is_busy(unsigned number) const;
  [[nodiscard]] std::string bridge_address() const;
  [[nodiscard]] std::filesystem::path folder() const;

  Options options_;
  std::string bridge_;
  std::string prefix_;  ///< `10.x.y`
  std::mutex mutex_;
  std::deque<unsigned> ready_;
  std::set<unsigned> used_;  ///< taken or being made
};

}  // namespace actuary::adapters::oci
