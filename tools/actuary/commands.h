#pragma once

#include <cstdint>
#include <optional>
#include <string>

/// What `actuary` can do. Each command returns its exit code.
namespace actuary::tools {

struct RunArguments {
  std::string folder;
  std::string input;  ///< JSON, `@FILE`, or `-` for stdin
  std::optional<std::uint32_t> memory_mbytes;
  std::optional<std::uint32_t> timeout_secs;
  std::string data;
  bool json = false;
};
[[nodiscard]] int run_command(const RunArguments& arguments);

struct ServeArguments {
  std::string data;
  std::string listen;  ///< `ADDR:PORT`; empty: as last time
  std::optional<std::uint64_t> disk_reserve_mbytes;
};
[[nodiscard]] int serve_command(const ServeArguments& arguments);

struct HistoryArguments {
  std::string job;
  std::string data;
  bool json = false;
};
[[nodiscard]] int history_command(const HistoryArguments& arguments);

struct TokenArguments {
  std::string user;
  std::string token;  ///< id, for `revoke`
  std::string data;
  bool json = false;
};
[[nodiscard]] int token_create_command(const TokenArguments& arguments);
[[nodiscard]] int token_list_command(const TokenArguments& arguments);
[[nodiscard]] int token_revoke_command(const TokenArguments& arguments);

}  // namespace actuary::tools
