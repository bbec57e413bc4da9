#pragma once

#include <functional>

namespace CLI {
class App;
}  // namespace CLI

/// What the command line can say. One function per command: it adds its options, and when the
/// command was given it sets `choice` to what does it. CLI11 is slow to compile, so each topic is
/// one `command_line_*.cc`.
namespace actuary::tools {

struct AdmissionArguments;
struct RetentionArguments;

/// Does what was asked; returns the exit code.
using Choice = std::function<int()>;

inline constexpr const char* kDataHelp = "Data folder (else $ACTUARY_DATA, else ~/.actuary)";

void add_run(CLI::App& app, Choice& choice);
void add_serve(CLI::App& app, Choice& choice);
void add_history(CLI::App& app, Choice& choice);
void add_token(CLI::App& app, Choice& choice);
void add_erase(CLI::App& app, Choice& choice);
void add_audit(CLI::App& app, Choice& choice);
void add_journal(CLI::App& app, Choice& choice);
/// `journal backup` and `journal restore`.
void add_journal_backup(CLI::App& journal, Choice& choice);
void add_backup(CLI::App& app, Choice& choice);
void add_retention(CLI::App& app, Choice& choice);
/// `--delete-runs-after`, `--keep-runs`, `--delete-builds-after`, `--delete-storages-after`.
void add_retention_policy(CLI::App& command, RetentionArguments& policy);
void add_replay(CLI::App& app, Choice& choice);
void add_state(CLI::App& app, Choice& choice);
void add_fleet(CLI::App& app, Choice& choice);
void add_diff(CLI::App& app, Choice& choice);
void add_explain(CLI::App& app, Choice& choice);
void add_migrate(CLI::App& app, Choice& choice);
void add_drain(CLI::App& app, Choice& choice);
void add_hold(CLI::App& app, Choice& choice);
void add_limits(CLI::App& app, Choice& choice);
/// `--account-memory`, `--account-runs`, `--over-limit`, `--queue-timeout`.
void add_admission_policy(CLI::App& command, AdmissionArguments& policy);

}  // namespace actuary::tools
