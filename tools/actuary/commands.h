#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

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

struct ReplayArguments {
  std::string data;
  bool check = false;
  std::string until;  ///< position or time; empty: the head
  bool json = false;
};
[[nodiscard]] int replay_command(const ReplayArguments& arguments);

/// Questions about the past, answered from the journal of a folder.
struct PastArguments {
  std::string run;
  std::string other_run;  ///< of `diff`
  std::string at;         ///< position or time; empty: now
  std::vector<std::string> statuses;
  std::string data;
  bool json = false;
};
[[nodiscard]] int state_command(const PastArguments& arguments);
[[nodiscard]] int fleet_command(const PastArguments& arguments);
[[nodiscard]] int diff_command(const PastArguments& arguments);
[[nodiscard]] int explain_command(const PastArguments& arguments);

}  // namespace actuary::tools
