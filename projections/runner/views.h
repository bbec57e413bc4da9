#pragma once

#include <atomic>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "journal/journal.h"
#include "projections/accounts/accounts.h"
#include "projections/actors/actors.h"
#include "projections/builds/builds.h"
#include "projections/deadlines/deadlines.h"
#include "projections/rows/store.h"
#include "projections/runs/runs.h"
#include "projections/storages/storages.h"

namespace actuary::projections::runner {

/// Of all rows together. Raise it with every change of a row, a key or a fold: the views are then
/// rebuilt.
inline constexpr std::uint32_t kRowsSchemaVersion = 8;
/// Records folded before the rows are written, while catching up.
inline constexpr std::size_t kSliceRecordsMax = 1024;

/// All read models over one store, as far as a journal was applied to them.
///
/// One thread opens, catches up and applies; queries may come from any thread and see whole batches
/// only row by row: a list reads its index as it was when the query began.
class Views {
 public:
  /// errors: kInUse; kStorageFailed
  [[nodiscard]] static Result<std::unique_ptr<Views>> open(const std::string& path);

  /// The rows as they are now, beside the engine that writes them; for queries and comparisons
  /// only.
  ///
  /// errors: kNotFound; kCorrupt: no rows of this version; kStorageFailed
  [[nodiscard]] static Result<std::unique_ptr<Views>> open_read_only(const std::string& path);

  /// Folds what the journal has and the rows have not, once before the first `apply`. Rows of
  /// another journal, another format or schema, from beyond the journal's head, or with a wrong
  /// checksum are dropped and rebuilt.
  ///
  /// errors: those of Journal::scan; kCorrupt, the journal has an event without its row;
  /// kStorageFailed
  [[nodiscard]] Status catch_up(const journal::Reader& journal);

  /// Drops every row: `apply` is next, from position 1 on.
  [[nodiscard]] Status begin(const journal::Head& head) { return start_over(head); }

  /// Drops every row and folds the journal from its beginning.
  [[nodiscard]] Status rebuild(const journal::Reader& journal);

  /// Folds a durable batch; rows and checkpoint in one write, or nothing.
  ///
  /// shape:  positions follow `applied()` without a gap; `catch_up` came first
  /// errors: kCorrupt, a row does not match its checksum: `rebuild`; kStorageFailed
  [[nodiscard]] Status apply(std::span<const Record> batch);

  /// The position that queries have seen at least; HTTP waits for a reply's position here.
  [[nodiscard]] Position applied() const { return applied_.load(std::memory_order_acquire); }

  /// Over sorted rows, see Store::digest: the same journal gives the same digest on any machine.
  [[nodiscard]] Result<std::string> digest() const { return store_->digest(); }

  /// Of all rows, kept up to date by every `apply`: equal for equal rows, and at hand without
  /// reading them. What `digest` is to an auditor, this is to a test at every position.
  [[nodiscard]] std::string fingerprint() const { return checkpoint_.fingerprint.hex(); }
  /// The same of the rows as they are stored, read one by one; another one means that the rows are
  /// not what was applied.
  [[nodiscard]] Result<std::string> measured_fingerprint() const;

  /// Which journal the rows were folded from, and how far.
  [[nodiscard]] const rows::Checkpoint& checkpoint() const { return checkpoint_; }
  [[nodiscard]] const rows::Store& rows() const { return *store_; }

  [[nodiscard]] const runs::Runs& runs() const { return runs_; }
  [[nodiscard]] const builds::Builds& builds() const { return builds_; }
  [[nodiscard]] const actors::Actors& actors() const { return actors_; }
  [[nodiscard]] const storages::Storages& storages() const { return storages_; }
  [[nodiscard]] const accounts::Accounts& accounts() const { return accounts_; }
  [[nodiscard]] const deadlines::Deadlines& deadlines() const { return deadlines_; }

 private:
  explicit Views(std::unique_ptr<rows::Store> store);

  [[nodiscard]] Status start_over(const journal::Head& head);
  [[nodiscard]] Status fold_from_checkpoint(const journal::Reader& journal);
  [[nodiscard]] Status fold(const Record& record, rows::RowWriter& writer) const;
  [[nodiscard]] Status commit(const rows::RowWriter& writer, Position position);

  std::unique_ptr<rows::Store> store_;
  std::vector<std::unique_ptr<rows::ReadModel>> models_;
  rows::Checkpoint checkpoint_;  ///< no journal id: `catch_up` has not been called
  std::atomic<Position> applied_{0};
  runs::Runs runs_;
  builds::Builds builds_;
  actors::Actors actors_;
  storages::Storages storages_;
  accounts::Accounts accounts_;
  deadlines::Deadlines deadlines_;
};

}  // namespace actuary::projections::runner
