#include "journal/archive/records.h"

#include <algorithm>
#include <filesystem>
#include <future>

#include "journal/archive/files.h"
#include "journal/codec/record_codec.h"
#include "journal/codec/traits.h"
#include "journal/journal.h"
#include "journal/rocks/rocks_journal.h"

namespace actuary::journal::archive {
namespace {

using rocks::RocksJournal;

constexpr std::size_t kBatchBytes = std::size_t{8} << 20U;

/// The next stored record; empty at the end.
Result<Bytes> next_stored(TarReader& backup) {
  TRY(stored, backup.read(codec::kRecordHeaderBytes));
  if (stored.empty()) return stored;
  std::size_t length = 0;
  for (std::size_t i = 0; i < 4 && stored.size() == codec::kRecordHeaderBytes; ++i) {
    length |= static_cast<std::size_t>(static_cast<unsigned char>(stored[8 + i])) << (8 * i);
  }
  if (stored.size() != codec::kRecordHeaderBytes || length > codec::kTableBytesMax) {
    return fail(Code::kCorrupt, "the backup is damaged: a record's header");
  }
  TRY(payload, backup.read(length));
  return stored + payload;
}

/// Appends what a backup holds, and stores the bytes that it holds: another program's encoder may
/// have written them.
class Refill {
 public:
  explicit Refill(const Manifest& manifest) : manifest_(manifest), next_(manifest.first) {}

  Status open(const std::string& path) {
    TRY(journal, RocksJournal::open({.path = path,
                                     .id = manifest_.journal_id,
                                     .encode = [this](const Record& record) -> Result<Bytes> {
                                       return stored_[record.position - first_];
                                     }}));
    journal_ = std::move(journal);
    return {};
  }

  Status add(Bytes stored) {
    TRY(record, codec::decode_record(stored, next_).map_error([](Error error) {
      error.detail = "the backup is damaged: " + error.detail;
      return error;
    }));
    if (stored_.size() == kBatchRecordsMax || bytes_ + stored.size() > kBatchBytes) {
      TRY_VOID(flush());
    }
    ++next_;
    bytes_ += stored.size();
    stored_.push_back(std::move(stored));
    batch_.push_back(std::move(record));
    return {};
  }

  Status flush() {
    if (batch_.empty()) return {};
    first_ = batch_.front().position;
    std::promise<Result<Position>> answer;
    journal_->append(std::exchange(batch_, {}),
                     [&](Result<Position> done) { answer.set_value(std::move(done)); });
    const auto done = answer.get_future().get();
    stored_.clear();
    bytes_ = 0;
    return done.map([](Position) {});
  }

  [[nodiscard]] Head head() const { return journal_->head(); }

 private:
  const Manifest& manifest_;
  Position next_;       ///< of the record that comes next
  Position first_ = 0;  ///< of the batch that is being appended
  std::vector<Record> batch_;
  std::vector<Bytes> stored_;
  std::size_t bytes_ = 0;
  std::unique_ptr<RocksJournal> journal_;
};

Result<Bytes> read_all(TarReader& backup, std::uint64_t bytes) {
  if (bytes > kManifestBytesMax) return fail(Code::kCorrupt, "the backup's manifest is too large");
  return backup.read(static_cast<std::size_t>(bytes));
}

/// The last two entries: the manifest, and the digest that covers it.
Result<Manifest> read_manifest(TarReader& backup, std::uint64_t bytes) {
  TRY(text, read_all(backup, bytes));
  TRY_VOID(backup.skip_rest());
  const std::string wanted = backup.entry().sha256 + "\n";
  TRY(entry, backup.next());
  const bool named = entry && entry->name == kDigestName && entry->bytes == wanted.size();
  if (!named) return fail(Code::kCorrupt, "the backup is cut short after its manifest");
  TRY(digest, backup.read(wanted.size()));
  if (digest != wanted) return fail(Code::kCorrupt, "the backup's manifest is damaged");
  return parse_manifest(text);
}

}  // namespace

Manifest describe_journal(const Reader& journal, Position to, std::string kind, Timestamp now) {
  const Head head = journal.head();
  return {.kind = std::move(kind),
          .format = kBackupFormat,
          .journal_id = head.id,
          .journal_format = head.format,
          .first = 1,
          .position = to,
          .term = 0,
          .created_at = to_iso(now),
          .entries = {}};
}

Status write_records(const Reader& journal, Manifest& manifest, TarWriter& backup,
                     const Progress& progress) {
  TRY_VOID(backup.begin(std::string(kRecordsName)));
  Status problem;
  TRY_VOID(journal.scan_stored(manifest.first, [&](Position at, BytesView stored) {
    if (at > manifest.position) return false;
    const auto record = codec::decode_record(stored, at);
    problem = record ? backup.write(stored) : tl::make_unexpected(record.error());
    if (!problem) return false;
    manifest.term = record->term;
    if (progress && at % kBatchRecordsMax == 0) progress("records", at, manifest.position);
    return at < manifest.position;
  }));
  TRY_VOID(problem);
  return backup.end();
}

Result<Head> restore_records(const Manifest& manifest, TarReader& backup, const std::string& path,
                             const Progress& progress) {
  if (manifest.first != 1) {
    return fail(Code::kInvalidArgument, "the backup begins at record " +
                                            std::to_string(manifest.first) +
                                            "; what is before it was archived");
  }
  Refill refill(manifest);
  TRY_VOID(refill.open(path));
  for (Position done = 1;; ++done) {
    TRY(stored, next_stored(backup));
    if (stored.empty()) break;
    TRY_VOID(refill.add(std::move(stored)));
    if (progress && done % kBatchRecordsMax == 0) progress("records", done, manifest.position);
  }
  TRY_VOID(refill.flush());
  return refill.head();
}

Status check_restored(const Manifest& manifest, const std::optional<Head>& restored) {
  if (!restored) return fail(Code::kCorrupt, "the backup is damaged: it holds no journal");
  const bool same = restored->id == manifest.journal_id && restored->term == manifest.term &&
                    restored->position == manifest.position;
  if (same) return {};
  return fail(Code::kCorrupt,
              "the backup is damaged: its records end at " + std::to_string(restored->position) +
                  " of term " + std::to_string(restored->term) + ", not at " +
                  std::to_string(manifest.position) + " of term " + std::to_string(manifest.term));
}

Result<Manifest> back_up_journal(const Reader& journal, const std::string& file, Timestamp now,
                                 const Progress& progress) {
  TRY(backup, TarWriter::create(file));
  Manifest manifest = describe_journal(journal, journal.head().position, "journal", now);
  TRY_VOID(backup->add(std::string(kHeadName), to_json(manifest)));
  TRY_VOID(write_records(journal, manifest, *backup, progress));
  TRY_VOID(finish_backup(*backup, manifest));
  return manifest;
}

Status finish_backup(TarWriter& backup, Manifest& manifest) {
  manifest.entries = backup.entries();
  TRY_VOID(backup.add(std::string(kManifestName), to_json(manifest)));
  TRY_VOID(backup.add(std::string(kDigestName), backup.entries().back().sha256 + "\n"));
  return backup.finish();
}

Result<Manifest> read_backup(const std::string& file, const TakeEntry& take) {
  TRY(backup, TarReader::open(file));
  Manifest head;
  std::vector<Entry> seen;
  for (;;) {
    TRY(entry, backup->next());
    if (!entry) return fail(Code::kCorrupt, file + " is cut short: it has no manifest");
    if (seen.empty() != (entry->name == kHeadName)) {
      return fail(Code::kCorrupt, file + " is not a backup of ours");
    }
    if (entry->name == kManifestName) {
      TRY(manifest, read_manifest(*backup, entry->bytes));
      TRY_VOID(compare(manifest.entries, seen));
      return manifest;
    }
    if (entry->name == kHeadName) {
      TRY(text, read_all(*backup, entry->bytes));
      TRY(parsed, parse_manifest(text));
      head = std::move(parsed);
    } else {
      TRY_VOID(take(head, *entry, *backup));
    }
    TRY_VOID(backup->skip_rest());
    seen.push_back(backup->entry());
  }
}

Result<Manifest> restore_journal(const std::string& file, const std::string& folder,
                                 const Progress& progress) {
  TRY(made, NewFolder::create(folder));
  std::optional<Head> restored;
  TRY(manifest,
      read_backup(file, [&](const Manifest& head, const Entry& entry, TarReader& backup) -> Status {
        if (entry.name != kRecordsName) return Status{};
        TRY(journal, restore_records(head, backup, made.workshop() + "/journal", progress));
        restored = journal;
        return Status{};
      }));
  TRY_VOID(check_restored(manifest, restored));
  TRY_VOID(made.finish());
  return manifest;
}

}  // namespace actuary::journal::archive
