#include "adapters/host/keeper.h"

#include <memory>
#include <utility>

#include "projections/snapshot/snapshot.h"

namespace actuary::adapters::host {

using engine::executor::Folded;
using engine::executor::Slot;

namespace snapshot = projections::snapshot;

Keeper::Keeper(engine::ports::Loop& loop, const journal::Reader& journal,
               std::filesystem::path file, std::function<void(const std::string&)> note)
    : journal_(journal), file_(std::move(file)), note_(std::move(note)), workers_(loop, 2) {}

void Keeper::read(std::vector<StreamId> streams, Done done) {
  const auto slots = std::make_shared<std::vector<Result<Slot>>>();
  const auto work = [this, slots, streams] {
    for (const StreamId& stream : streams) {
      slots->push_back(engine::executor::read_slot(journal_, stream));
    }
  };
  const auto answer = [slots, done] { done(std::move(*slots)); };
  // Never full: one read and one snapshot at a time. While shutting down nobody waits any more.
  (void)workers_.submit(work, answer);
}

std::optional<Folded::Image> Keeper::load(engine::executor::Residency rule) {
  snapshot::Loaded loaded = snapshot::load(file_, journal_, rule);
  if (!loaded.note.empty() && note_) note_(loaded.note);
  const Position from = loaded.image ? loaded.image->position : 0;
  records_ = journal_.head().position - from;  // a long tail is worth a snapshot soon
  return std::move(loaded.image);
}

void Keeper::on_durable(engine::executor::Executor& executor, std::size_t records) {
  records_ += records;
  if (records_ < kSnapshotRecords || writing_) return;
  writing_ = true;
  records_ = 0;
  executor.when_quiet([this, &executor] {
    auto image = executor.image();
    if (image) return write(std::move(*image));
    writing_ = false;
  });
}

void Keeper::write(Folded::Image image) {
  const auto outcome = std::make_shared<Status>();
  const auto work = [this, outcome, image = std::move(image)] { *outcome = save(image); };
  const auto done = [this, outcome] {
    writing_ = false;
    if (!*outcome && note_) note_("No snapshot was written: " + outcome->error().detail);
  };
  if (!workers_.submit(work, done)) writing_ = false;
}

void Keeper::close(const engine::executor::Executor& executor) {
  workers_.shutdown();
  if (records_ == 0) return;
  const auto image = executor.image();
  if (!image) return;
  if (const Status saved = save(*image); !saved && note_) {
    note_("No snapshot was written: " + saved.error().detail);
  }
}

Status Keeper::save(const Folded::Image& image) const {
  TRY(bytes, snapshot::make(image, journal_));
  return snapshot::write(file_, bytes);
}

}  // namespace actuary::adapters::host
