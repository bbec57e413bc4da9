#include "projections/runner/views.h"

#include "journal/base/assert.h"

namespace actuary::projections::runner {

Views::Views(std::unique_ptr<rows::Store> store)
    : store_(std::move(store)),
      runs_(*store_),
      builds_(*store_),
      actors_(*store_),
      storages_(*store_),
      accounts_(*store_),
      deadlines_(*store_) {
  models_.push_back(std::make_unique<accounts::AccountModel>());
  models_.push_back(std::make_unique<builds::BuildModel>());
  models_.push_back(std::make_unique<actors::ActorModel>());
  models_.push_back(std::make_unique<runs::RunModel>());
  models_.push_back(std::make_unique<storages::StorageModel>());
  models_.push_back(std::make_unique<deadlines::DeadlineModel>());
}

Result<std::unique_ptr<Views>> Views::open(const std::string& path) {
  TRY(store, rows::Store::open(path));
  return std::unique_ptr<Views>(new Views(std::move(store)));
}

Result<std::unique_ptr<Views>> Views::open_read_only(const std::string& path) {
  TRY(store, rows::Store::open_read_only(path));
  TRY(found, store->checkpoint());
  if (!found) return fail(Code::kCorrupt, "views: " + path + " does not say what it was made from");
  if (found->schema_version != kRowsSchemaVersion) {
    return fail(Code::kCorrupt,
                "views: the rows are of version " + std::to_string(found->schema_version) +
                    ", this program makes version " + std::to_string(kRowsSchemaVersion) +
                    "; the next start of the engine makes them anew");
  }
  std::unique_ptr<Views> views(new Views(std::move(store)));
  views->checkpoint_ = *found;
  views->applied_.store(found->position, std::memory_order_release);
  return views;
}

Status Views::catch_up(const journal::Reader& journal) {
  const journal::Head head = journal.head();
  TRY(found, store_->checkpoint());
  const bool usable =
      found && found->journal_id == head.id && found->journal_format == head.format &&
      found->schema_version == kRowsSchemaVersion && found->position <= head.position;
  if (!usable) return rebuild(journal);
  checkpoint_ = *found;
  applied_.store(checkpoint_.position, std::memory_order_release);
  const Status folded = fold_from_checkpoint(journal);
  // A corrupt row heals when it is folded again; a corrupt journal fails the second time too, and
  // says where.
  if (!folded && folded.error().code == Code::kCorrupt) return rebuild(journal);
  return folded;
}

Status Views::rebuild(const journal::Reader& journal) {
  TRY_VOID(start_over(journal.head()));
  return fold_from_checkpoint(journal);
}

Status Views::apply(std::span<const Record> batch) {
  ACTUARY_ASSERT(!checkpoint_.journal_id.empty());
  if (batch.empty()) return {};
  rows::RowWriter writer(*store_);
  Position next = checkpoint_.position;
  for (const Record& record : batch) {
    ACTUARY_ASSERT(record.position == next + 1);
    next = record.position;
    TRY_VOID(fold(record, writer));
  }
  return commit(writer, next);
}

Result<std::string> Views::measured_fingerprint() const {
  TRY(measured, store_->fingerprint());
  return measured.hex();
}

Status Views::start_over(const journal::Head& head) {
  const rows::Checkpoint fresh{head.id, head.format, kRowsSchemaVersion, 0, {}};
  TRY_VOID(store_->clear(fresh));
  checkpoint_ = fresh;
  applied_.store(0, std::memory_order_release);
  return {};
}

Status Views::fold_from_checkpoint(const journal::Reader& journal) {
  std::vector<Record> slice;
  Status problem;
  const auto visit = [&](const Record& record) {
    slice.push_back(record);
    if (slice.size() < kSliceRecordsMax) return true;
    problem = apply(slice);
    slice.clear();
    return problem.has_value();
  };
  TRY_VOID(journal.scan(checkpoint_.position + 1, visit));
  TRY_VOID(problem);
  return apply(slice);
}

Status Views::fold(const Record& record, rows::RowWriter& writer) const {
  for (const auto& model : models_) TRY_VOID(model->apply(record, writer));
  return {};
}

Status Views::commit(const rows::RowWriter& writer, Position position) {
  rows::Checkpoint next = checkpoint_;
  next.position = position;
  next.fingerprint.add(writer.difference());
  TRY_VOID(store_->commit(writer.changes(), next));
  checkpoint_ = next;
  applied_.store(position, std::memory_order_release);
  return {};
}

}  // namespace actuary::projections::runner
