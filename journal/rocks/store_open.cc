#include <rocksdb/env.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "journal/codec/record_codec.h"
#include "journal/journal.h"
#include "journal/rocks/preflight.h"
#include "journal/rocks/store.h"
#include "journal/rocks/store_options.h"
#include "journal/rocks/store_status.h"

namespace actuary::journal::rocks {
namespace {

namespace fs = std::filesystem;

class SilentLogger final : public rocksdb::Logger {
 public:
  using rocksdb::Logger::Logv;
  void Logv(const char* /*format*/, va_list /*arguments*/) override {}
};

std::string place(const std::string& directory) { return directory + "/store"; }
std::string workshop(const std::string& directory) { return directory + "/store.new"; }

std::vector<rocksdb::ColumnFamilyDescriptor> all_families() {
  std::vector<rocksdb::ColumnFamilyDescriptor> families;
  for (const std::string_view name : kFamilyNames) {
    const bool of_streams = name == kFamilyNames[static_cast<std::size_t>(Family::kStreams)];
    families.emplace_back(std::string(name),
                          of_streams ? stream_family_options() : family_options());
  }
  return families;
}

Status close_handles(rocksdb::DB& database, std::vector<rocksdb::ColumnFamilyHandle*>& handles) {
  for (auto* handle : handles) database.DestroyColumnFamilyHandle(handle);
  handles.clear();
  return checked(database.Close());
}

Status fill_new(const std::string& path, const std::string& id) {
  rocksdb::Options options(database_options(), family_options());
  options.create_if_missing = true;
  options.create_missing_column_families = true;
  options.error_if_exists = true;
  rocksdb::DB* raw = nullptr;
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  TRY_VOID(checked(rocksdb::DB::Open(options, path, all_families(), &handles, &raw)));
  const std::unique_ptr<rocksdb::DB> database(raw);
  auto* meta = handles[static_cast<std::size_t>(Family::kMeta)];
  rocksdb::WriteBatch batch;
  batch.Put(meta, slice(kMetaId), id);
  batch.Put(meta, slice(kMetaFormat), number_bytes(kFormat));
  batch.Put(meta, slice(kMetaHead), head_bytes({}));
  const auto written = checked(database->Write(write_options(), &batch));
  TRY_VOID(close_handles(*database, handles));
  return written;
}

/// As `database_options`, for a look that leaves no trace: RocksDB's text log would be a file of
/// its own, and tables are opened at once, because a writer beside us may remove them later.
rocksdb::DBOptions look_options() {
  rocksdb::DBOptions options = database_options();
  options.info_log = std::make_shared<SilentLogger>();
  options.max_open_files = -1;
  return options;
}

/// Reads what the folder says it is without changing a byte of it.
Status check_format(const std::string& path) {
  std::vector<std::string> present;
  const auto listed = rocksdb::DB::ListColumnFamilies(rocksdb::DBOptions(), path, &present);
  if (!listed.ok()) {
    return fail(Code::kCorrupt, path + " holds no readable journal: " + listed.ToString());
  }
  if (std::find(present.begin(), present.end(), "meta") == present.end()) {
    return fail(Code::kCorrupt, path + " holds a store that no journal of ours wrote");
  }
  rocksdb::DB* raw = nullptr;
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  TRY_VOID(checked(rocksdb::DB::OpenForReadOnly(
      look_options(), path, {{"default", family_options()}, {"meta", family_options()}}, &handles,
      &raw)));
  const std::unique_ptr<rocksdb::DB> database(raw);
  std::string format;
  const auto read = database->Get(read_options(), handles[1], slice(kMetaFormat), &format);
  TRY_VOID(close_handles(*database, handles));
  if (!read.ok() || format.size() != 8) {
    return fail(Code::kCorrupt, path + " does not say which format it is in");
  }
  if (const auto number = bytes_number(format); number < kFormatOldest || number > kFormat) {
    return fail(number > kFormat ? Code::kNewerVersion : Code::kCorrupt,
                path + " is in format " + std::to_string(number) + "; this program knows formats " +
                    std::to_string(kFormatOldest) + " to " + std::to_string(kFormat));
  }
  const bool complete = std::all_of(kFamilyNames.begin(), kFamilyNames.end(), [&](auto name) {
    return std::find(present.begin(), present.end(), name) != present.end();
  });
  if (!complete || present.size() != kFamilyNames.size()) {
    return fail(Code::kCorrupt, path + " does not have the column families of its format");
  }
  return {};
}

}  // namespace

bool Store::exists(const std::string& directory) {
  std::error_code ignored;
  return fs::exists(place(directory), ignored);
}

Status Store::create(const std::string& directory, const std::string& wanted_id) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(directory, error)) {
    const std::string name = entry.path().filename();
    if (name == "LOCK" || name == "store.new" || name.starts_with("witness")) continue;
    return fail(Code::kCorrupt, directory + " holds " + name +
                                    " but no journal; give a folder of its own, or restore store/");
  }
  TRY(witnessed, witness::read(witness_path(directory)));
  if (witnessed && witnessed->slots.front().last != 0) {
    return tl::make_unexpected(
        witness::refusal(witness::Relation::kGone, {}, *witnessed, "records"));
  }
  fs::remove_all(workshop(directory), error);  // left by a creation that did not finish
  TRY(random_id, witness::new_store_id());
  const std::string id = wanted_id.empty() ? random_id : wanted_id;
  TRY_VOID(fill_new(workshop(directory), id));
  witness::Testimony nothing{.before = merkle::empty_root(), .after = merkle::empty_root()};
  TRY_VOID(witness::Witness::claim(witness_path(directory), {id, 0, 0}, {std::move(nothing)})
               .map([](const auto&) {}));
  fs::rename(workshop(directory), place(directory), error);
  if (error) return fail(Code::kStorageFailed, place(directory) + ": " + error.message());
  return sync_directory(directory);
}

Result<std::unique_ptr<Store>> Store::open(const std::string& directory) {
  std::unique_ptr<Store> store(new Store());
  rocksdb::DB* raw = nullptr;
  const auto opened = rocksdb::DB::Open(database_options(), place(directory), all_families(),
                                        &store->families_, &raw);
  if (!opened.ok()) {
    const bool damaged = opened.IsCorruption();
    return fail(damaged ? Code::kCorrupt : Code::kStorageFailed,
                place(directory) + ": " + opened.ToString());
  }
  store->database_.reset(raw);
  TRY_VOID(store->load_meta());
  TRY_VOID(store->load_archives(directory));
  TRY_VOID(store->verify_head(Writers::kUnderstood));
  store->writable_ = true;
  TRY_VOID(store->load_tree());
  return store;
}

Result<std::unique_ptr<Store>> Store::open_read_only(const std::string& directory,
                                                     Writers writers) {
  if (!exists(directory)) return fail(Code::kNotFound, directory + " holds no journal");
  TRY_VOID(check_format(place(directory)));
  std::unique_ptr<Store> store(new Store());
  rocksdb::DB* raw = nullptr;
  TRY_VOID(checked(rocksdb::DB::OpenForReadOnly(look_options(), place(directory), all_families(),
                                                &store->families_, &raw)));
  store->database_.reset(raw);
  TRY_VOID(store->load_meta());
  TRY_VOID(store->load_archives(directory));
  TRY_VOID(store->verify_head(writers));
  // Tools must be able to look at a damaged journal, so this is said when a tile is asked for.
  store->tree_problem_ = store->load_tree();
  return store;
}

Store::~Store() {
  if (database_ != nullptr) (void)close_handles(*database_, families_);
}

Status Store::load_meta() {
  std::string head;
  std::string format;
  auto* meta = family(Family::kMeta);
  TRY_VOID(checked(database_->Get(read_options(), meta, slice(kMetaId), &id_)));
  TRY_VOID(checked(database_->Get(read_options(), meta, slice(kMetaHead), &head)));
  TRY_VOID(checked(database_->Get(read_options(), meta, slice(kMetaFormat), &format)));
  has_tree_ = head.size() == kHeadBytes || head.size() == kHeadBytesWithoutBatch;
  if (id_.size() != 32 || format.size() != 8 ||
      (!has_tree_ && head.size() != kHeadBytesWithoutTree)) {
    return fail(Code::kCorrupt, "the journal's meta entries are damaged");
  }
  const BytesView bytes = head;
  format_ = static_cast<std::uint32_t>(bytes_number(format));
  head_ = {bytes_number(bytes), bytes_number(bytes.substr(8)), {}, 0, {}};
  if (bytes.size() == kHeadBytes) {
    head_.first = bytes_number(bytes.substr(48));
    head_.before = merkle::hash_at(bytes.substr(56));
  }
  if (has_tree_) head_.root = merkle::hash_at(BytesView(head).substr(kHeadBytesWithoutTree));
  return {};
}

Status Store::verify_head(Writers writers) const {
  const std::unique_ptr<rocksdb::Iterator> last(
      database_->NewIterator(read_options(), family(Family::kLog)));
  last->SeekToLast();
  TRY_VOID(checked(last->status()));
  const bool any = last->Valid() && last->key().size() == 8;
  const Position position = any ? bytes_number(view(last->key())) : 0;
  if (position != head_.position) {
    return fail(Code::kCorrupt, "the log ends at record " + std::to_string(position) +
                                    ", the head says " + std::to_string(head_.position));
  }
  if (position == 0) return {};
  TRY(stored, read_stored(position));
  TRY(outline, codec::decode_outline(stored, position));
  if (outline.record.term != head_.term) {
    return fail(Code::kCorrupt, "record " + std::to_string(position) + " is of term " +
                                    std::to_string(outline.record.term) + ", the head says " +
                                    std::to_string(head_.term));
  }
  return writers == Writers::kAny ? Status{} : check_last_claim();
}

}  // namespace actuary::journal::rocks
