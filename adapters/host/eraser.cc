#include "adapters/host/eraser.h"

#include <algorithm>
#include <charconv>

#include "journal/base/whole_file.h"

namespace actuary::adapters::host {
namespace {

namespace base = journal::base;

constexpr std::size_t kFileBytesMax = 32;

/// What cannot be read is 0: too much is carried out again, never too little.
Result<Position> read_position(const std::string& file) {
  const auto text = base::read_whole_file(file, kFileBytesMax);
  if (!text && text.error().code == Code::kStorageFailed) {
    return tl::make_unexpected(text.error());
  }
  Position position = 0;
  if (text) std::from_chars(text->data(), text->data() + text->size(), position);
  return position;
}

}  // namespace

Eraser::Eraser(Keys& keys, const std::filesystem::path& folder)
    : keys_(keys), file_((folder / "erased").string()) {}

Status Eraser::catch_up(const journal::Reader& journal) {
  const Position head = journal.head().position;
  TRY(position, read_position(file_));
  if (!keys_.has_personal()) return remember(head);
  // A backup's keys are younger than its journal: what they saw may never have been.
  done_ = std::min(position, head);
  Status erased;
  TRY_VOID(journal
               .scan(done_ + 1,
                     [&](const Record& record) {
                       erased = erase(record);
                       return erased.has_value();
                     })
               .map_error([&](Error error) {
                 error.detail = "the personal keys are as of position " + std::to_string(done_) +
                                ", and what was erased since must be erased again: " + error.detail;
                 return error;
               }));
  TRY_VOID(erased);
  remembered_ = position;
  done_ = head;
  const bool near = position <= head && head - position < kRememberEvery;
  return near ? Status{} : remember(head);
}

Status Eraser::on_durable(std::span<const Record> batch) {
  for (const Record& record : batch) TRY_VOID(erase(record));
  // Without room for it the next start has more to do, and that is all.
  if (done_ >= remembered_ + kRememberEvery && !remember(done_)) remembered_ = done_;
  return {};
}

void Eraser::close() {
  if (done_ != remembered_) (void)remember(done_);
}

Status Eraser::erase(const Record& record) {
  const auto keys = events::keys_destroyed_by(record.event);
  if (!keys.empty()) TRY_VOID(keys_.destroy_personal(keys).map([](std::size_t) {}));
  done_ = record.position;
  return {};
}

Status Eraser::remember(Position position) {
  TRY_VOID(base::write_whole_file(file_, std::to_string(position) + "\n", 0600));
  done_ = remembered_ = position;
  return {};
}

}  // namespace actuary::adapters::host
