#pragma once

#include "journal/record/record.h"
#include "projections/rows/store.h"

namespace actuary::projections::rows {

/// The changes of one batch over the rows of the store: later records see what earlier ones wrote.
class RowWriter {
 public:
  explicit RowWriter(const Store& store) : store_(store) {}

  [[nodiscard]] Result<std::optional<Bytes>> get(BytesView key) const;
  /// A key gets its first value.
  void insert(const Bytes& key, const Bytes& sealed);
  /// `before` is what the key holds now.
  void replace(const Bytes& key, const Bytes& before, const Bytes& sealed);
  void erase(const Bytes& key, const Bytes& before);

  [[nodiscard]] const Changes& changes() const { return changes_; }
  /// What the changes do to the fingerprint of all rows.
  [[nodiscard]] const Fingerprint& difference() const { return difference_; }

 private:
  const Store& store_;
  Changes changes_;
  Fingerprint difference_;
};

/// Folds records into rows. It has no state of its own and decides nothing.
class ReadModel {
 public:
  virtual ~ReadModel() = default;

  /// errors: kCorrupt, a row that cannot be read or an event without its row; nothing of the batch
  /// is kept then
  [[nodiscard]] virtual Status apply(const Record& record, RowWriter& writer) const = 0;
};

}  // namespace actuary::projections::rows
