#include "adapters/containers/fence.h"

#include <arpa/inet.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>
#include <vector>

#include "adapters/containers/files.h"
#include "adapters/reactor/process.h"

namespace actuary::adapters::containers {
namespace {

using Json = nlohmann::json;
using reactor::run_ok;

struct Range {
  std::uint32_t first = 0;
  std::uint32_t last = 0;
};

/// `10.1.2.0/24` or an address; nothing for words such as `default`.
std::optional<Range> parse_range(const std::string& text) {
  const std::size_t slash = text.find('/');
  in_addr address{};
  if (inet_pton(AF_INET, text.substr(0, slash).c_str(), &address) != 1) return std::nullopt;
  unsigned bits = 32;
  if (slash != std::string::npos) {
    std::from_chars(text.data() + slash + 1, text.data() + text.size(), bits);
  }
  const std::uint32_t mask = bits == 0 ? 0 : ~std::uint32_t{0} << (32 - bits);
  const std::uint32_t first = ntohl(address.s_addr) & mask;
  return Range{first, first | ~mask};
}

Result<std::vector<Range>> routed_ranges() {
  TRY(routes, run_ok({.argv = {"ip", "-4", "route", "show", "table", "all"}}));
  std::istringstream rows(routes);
  std::vector<Range> ranges;
  for (std::string row; std::getline(rows, row);) {
    std::istringstream words(row);
    std::string word;
    words >> word;
    if (word == "local" || word == "broadcast" || word == "unreachable") words >> word;
    if (const auto range = parse_range(word); range && range->first != 0) ranges.push_back(*range);
  }
  return ranges;
}

std::string input_chain(const Fence& fence) { return "ACTUARY-I-" + fence.installation; }
std::string forward_chain(const Fence& fence) { return "ACTUARY-F-" + fence.installation; }

/// Where the chains are entered, with the rule's beginning left out: `-I` or `-D` and the chain.
std::vector<std::vector<std::string>> jumps(const Fence& fence) {
  return {{"INPUT", "-i", fence.bridge, "-j", input_chain(fence)},
          {fence.forward_chain, "-i", fence.bridge, "-j", forward_chain(fence)},
          {fence.forward_chain, "-o", fence.bridge, "-j", forward_chain(fence)}};
}

std::vector<std::string> iptables(const char* action, const std::vector<std::string>& rule) {
  std::vector<std::string> argv = {"iptables", "-w", action};
  argv.insert(argv.end(), rule.begin(), rule.end());
  return argv;
}

}  // namespace

Result<std::string> choose_prefix(const std::filesystem::path& file,
                                  const std::string& installation, const std::string& bridge) {
  const Json known = Json::parse(read_file(file).value_or(std::string()), nullptr, false);
  if (known.is_object() && known.contains("prefix") && known["prefix"].is_string()) {
    return known["prefix"].get<std::string>();
  }
  TRY(taken, routed_ranges());
  std::uint32_t seed = 0;
  std::from_chars(installation.data(), installation.data() + installation.size(), seed, 16);
  constexpr std::uint32_t kCandidates = 64 * 256;  // 10.64.0.0 to 10.127.255.0
  for (std::uint32_t i = 0; i < kCandidates; ++i) {
    const std::uint32_t pick = (seed + i) % kCandidates;
    const std::uint32_t first = (10u << 24) | ((64u << 16) + (pick << 8));
    const bool is_free = std::none_of(taken.begin(), taken.end(), [&](const Range& range) {
      return range.first <= first + 255 && first <= range.last;
    });
    if (!is_free) continue;
    const std::string prefix =
        "10." + std::to_string(64 + pick / 256) + "." + std::to_string(pick % 256);
    TRY_VOID(write_file(file, Json{{"bridge", bridge}, {"prefix", prefix}}.dump()));
    return prefix;
  }
  return fail(Code::kUnavailable, "no free 10.x.y.0/24 for the containers' network");
}

Status raise_fence(const Fence& fence) {
  const std::string input = input_chain(fence);
  const std::string forward = forward_chain(fence);
  const std::string known = " -m conntrack --ctstate ESTABLISHED,RELATED -j ";
  // Naming a chain empties it, and the whole is applied at once: no rule piles up, no moment is
  // without them.
  const std::string rules = "*filter\n:" + input + " - [0:0]\n:" + forward + " - [0:0]\n-A " +
                            input + known + "ACCEPT\n-A " + input + " -d " + fence.gateway +
                            " -p tcp --dport " + std::to_string(fence.api_port) +
                            " -j ACCEPT\n-A " + input + " -j DROP\n-A " + forward + " -i " +
                            fence.bridge + " -d 169.254.0.0/16 -j DROP\n-A " + forward + " -i " +
                            fence.bridge + " -j " + fence.allowed + "\n-A " + forward + known +
                            fence.allowed + "\n-A " + forward + " -j DROP\nCOMMIT\n";
  TRY_VOID(run_ok({.argv = {"iptables-restore", "-w", "--noflush"}, .input = rules}));
  for (const std::vector<std::string>& jump : jumps(fence)) {
    TRY(present, reactor::run({.argv = iptables("-C", jump)}));
    if (present.exit_code != 0) TRY_VOID(run_ok({.argv = iptables("-I", jump)}));
  }
  return {};
}

void drop_fence(const Fence& fence) {
  for (const std::vector<std::string>& jump : jumps(fence)) {
    (void)reactor::run({.argv = iptables("-D", jump)});
  }
  for (const std::string& chain : {input_chain(fence), forward_chain(fence)}) {
    (void)reactor::run({.argv = iptables("-F", {chain})});
    (void)reactor::run({.argv = iptables("-X", {chain})});
  }
}

void isolate_port(const std::string& port) {
  std::ofstream("/sys/class/net/" + port + "/brport/isolated") << "1";
}

}  // namespace actuary::adapters::containers
