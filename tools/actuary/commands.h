#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// What `actuary` can do. Each command returns its exit code.
namespace actuary::tools {

struct RunArguments {
  std::string folder;
  std::string runtime;  ///< auto, oci or docker; empty: auto
  std::string input;    ///< JSON, `@FILE`, or `-` for stdin
  std::optional<std::uint32_t> memory_mbytes;
  std::optional<std::uint32_t> timeout_secs;
  std::string data;
  bool json = false;
};
[[nodiscard]] int run_command(const RunArguments& arguments);

/// Days; a part of one counts too.
struct RetentionArguments {
  std::optional<double> runs_after_days;
  std::optional<std::uint32_t> keep_runs;
  std::optional<double> builds_after_days;
  std::optional<double> storages_after_days;
};

struct RetentionPlanArguments {
  std::string data;
  RetentionArguments policy;  ///< none given: what the engine decides by
  bool json = false;
};
[[nodiscard]] int retention_plan_command(const RetentionPlanArguments& arguments);

/// Who may start when.
struct AdmissionArguments {
  std::optional<std::uint64_t> account_memory_mbytes;
  std::optional<std::uint32_t> account_runs;
  std::string over_limit;  ///< refuse or wait; empty: refuse
  std::optional<std::uint32_t> queue_timeout_secs;
};

struct LimitsArguments {
  std::string user;
  std::string memory;  ///< MB, `none` or `default`; empty: as it is
  std::string runs;    ///< the same
  std::string reason;
  std::string data;
  bool json = false;
};
[[nodiscard]] int limits_command(const LimitsArguments& arguments);

struct ServeArguments {
  std::string data;
  std::string runtime;  ///< auto, oci or docker; empty: auto
  std::string listen;   ///< `ADDR:PORT`; empty: as last time
  std::optional<std::uint64_t> disk_reserve_mbytes;
  bool read_only_root = false;
  RetentionArguments retention;
  AdmissionArguments admission;
  bool clock_is_right = false;
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

struct EraseArguments {
  std::string id;
  std::string reason;
  std::string data;
  bool json = false;
};
[[nodiscard]] int erase_command(const EraseArguments& arguments);

struct AuditArguments {
  std::string data;
  std::string run;         ///< id of the run, build or Actor to prove
  std::string file;        ///< to verify
  std::string old;         ///< an earlier checkpoint's file, or another data folder
  std::string out;         ///< file or folder; empty: stdout
  std::string key;         ///< as `audit key` prints it, or a file with it
  std::string checkpoint;  ///< file with an earlier checkpoint
  bool entries = false;
  bool json = false;
};
[[nodiscard]] int audit_key_command(const AuditArguments& arguments);
[[nodiscard]] int audit_checkpoint_command(const AuditArguments& arguments);
[[nodiscard]] int audit_prove_command(const AuditArguments& arguments);
[[nodiscard]] int audit_verify_command(const AuditArguments& arguments);
[[nodiscard]] int audit_compare_command(const AuditArguments& arguments);
[[nodiscard]] int audit_tiles_command(const AuditArguments& arguments);
struct JournalArguments {
  std::string data;
  std::string run;     ///< tail: only what is about this run, build, Actor or storage
  std::string range;   ///< show: `12` or `12..20`
  std::string output;  ///< export: FILE; empty: stdout
  std::optional<std::uint64_t> from;
  std::optional<std::uint64_t> to;
  std::uint64_t lines = 10;  ///< tail without `from`: the last so many
  bool follow = false;
  bool json = false;
};
[[nodiscard]] int journal_tail_command(const JournalArguments& arguments);
[[nodiscard]] int journal_show_command(const JournalArguments& arguments);
[[nodiscard]] int journal_export_command(const JournalArguments& arguments);
[[nodiscard]] int journal_stats_command(const JournalArguments& arguments);
[[nodiscard]] int journal_verify_command(const JournalArguments& arguments);

struct ArchiveArguments {
  std::string data;
  std::string before;  ///< position or time
  std::string file;    ///< empty: one in DATA/journal/archive
  bool json = false;
};
[[nodiscard]] int journal_archive_command(const ArchiveArguments& arguments);

struct BackupArguments {
  std::string file;  ///< the backup, or a folder that one goes into
  std::string data;
  std::string erasures;  ///< of a restore: a list of what was erased since; empty: none
  bool json = false;
};
[[nodiscard]] int backup_command(const BackupArguments& arguments);
[[nodiscard]] int restore_command(const BackupArguments& arguments);
/// `file` is the list, which is replaced.
[[nodiscard]] int erasures_command(const BackupArguments& arguments);
[[nodiscard]] int journal_backup_command(const BackupArguments& arguments);
[[nodiscard]] int journal_restore_command(const BackupArguments& arguments);

struct ReplayArguments {
  std::string data;
  bool check = false;
  std::string until;  ///< position or time; empty: the head
  bool json = false;
};
[[nodiscard]] int replay_command(const ReplayArguments& arguments);

struct MigrateArguments {
  std::string run;
  std::uint32_t window_secs = 60;
  std::string data;
  bool json = false;
};
[[nodiscard]] int migrate_command(const MigrateArguments& arguments);

struct DrainArguments {
  std::uint32_t window_secs = 60;
  std::string reason;
  std::string data;
  bool end = false;     ///< what waits may start again
  bool status = false;  ///< look only
  bool json = false;
};
[[nodiscard]] int drain_command(const DrainArguments& arguments);

struct HoldArguments {
  std::string run;
  std::string reason;
  std::string data;
  bool lift = false;
  bool json = false;
};
[[nodiscard]] int hold_command(const HoldArguments& arguments);

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
