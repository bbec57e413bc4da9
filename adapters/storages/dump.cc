#include "adapters/storages/dump.h"

#include <algorithm>
#include <system_error>
#include <vector>

#include "adapters/storages/look_options.h"
#include "adapters/storages/store.h"

namespace actuary::adapters::storages {
namespace {

constexpr std::size_t kPieceBytes = std::size_t{256} << 10U;
constexpr std::size_t kBatchBytes = std::size_t{8} << 20U;
constexpr std::size_t kRowHeaderBytes = 9;
constexpr std::size_t kRowBytesMax = std::size_t{64} << 20U;

std::string_view view(const rocksdb::Slice& slice) { return {slice.data(), slice.size()}; }

Status check_dumped_format(std::string_view key, std::string_view value) {
  if (key != kFormatKey) return {};
  TRY(format, decode_u32(value));
  if (format <= kFormat) return {};
  return fail(Code::kNewerVersion, "the dump of the storages is of format " +
                                       std::to_string(format) + ", this program knows " +
                                       std::to_string(kFormat));
}

}  // namespace

struct ContentsReader::Open {
  std::unique_ptr<rocksdb::DB> db;  ///< none: there is no store
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  std::vector<std::uint8_t> families;  ///< what each handle is, numbered as in layout.h

  ~Open() {
    if (!db) return;
    for (auto* handle : handles) db->DestroyColumnFamilyHandle(handle);
    db->Close();
  }

  [[nodiscard]] std::unique_ptr<rocksdb::Iterator> rows(std::size_t handle) const {
    rocksdb::ReadOptions options;
    options.verify_checksums = true;
    options.fill_cache = false;
    return std::unique_ptr<rocksdb::Iterator>(db->NewIterator(options, handles[handle]));
  }
};

ContentsReader::ContentsReader(std::unique_ptr<Open> open) : open_(std::move(open)) {}
ContentsReader::~ContentsReader() = default;

Result<std::unique_ptr<ContentsReader>> ContentsReader::open(const std::filesystem::path& folder) {
  auto open = std::make_unique<Open>();
  std::error_code error;
  if (!std::filesystem::exists(folder / "CURRENT", error)) {
    return std::unique_ptr<ContentsReader>(new ContentsReader(std::move(open)));
  }
  std::vector<std::string> names;
  TRY_VOID(to_status(rocksdb::DB::ListColumnFamilies({}, folder, &names)));
  std::vector<rocksdb::ColumnFamilyDescriptor> descriptors;
  for (const std::string& name : names) {
    const auto* known = std::find(kFamilyNames.begin(), kFamilyNames.end(), name);
    if (known == kFamilyNames.end()) {
      return fail(Code::kNewerVersion, folder.string() + ": unknown column family " + name);
    }
    descriptors.emplace_back(name, rocksdb::ColumnFamilyOptions());
    open->families.push_back(static_cast<std::uint8_t>(known - kFamilyNames.begin()));
  }
  rocksdb::DB* db = nullptr;
  TRY_VOID(to_status(
      rocksdb::DB::OpenForReadOnly(look_options(), folder, descriptors, &open->handles, &db)));
  open->db.reset(db);
  return std::unique_ptr<ContentsReader>(new ContentsReader(std::move(open)));
}

Result<Position> ContentsReader::newest_epoch() const {
  Position newest = 0;
  for (std::size_t i = 0; i < open_->handles.size(); ++i) {
    if (open_->families[i] != static_cast<std::uint8_t>(Family::kFences)) continue;
    const auto rows = open_->rows(i);
    for (rows->SeekToFirst(); rows->Valid(); rows->Next()) {
      TRY(fence, decode_fence(view(rows->value())));
      newest = std::max(newest, fence.epoch);
    }
    TRY_VOID(to_status(rows->status()));
  }
  return newest;
}

Status ContentsReader::dump(const std::function<Status(BytesView)>& sink) const {
  std::string piece;
  for (std::size_t i = 0; i < open_->handles.size(); ++i) {
    const auto rows = open_->rows(i);
    for (rows->SeekToFirst(); rows->Valid(); rows->Next()) {
      piece.push_back(static_cast<char>(open_->families[i]));
      piece += encode(static_cast<std::uint32_t>(rows->key().size()));
      piece += encode(static_cast<std::uint32_t>(rows->value().size()));
      piece.append(view(rows->key())).append(view(rows->value()));
      if (piece.size() < kPieceBytes) continue;
      TRY_VOID(sink(piece));
      piece.clear();
    }
    TRY_VOID(to_status(rows->status()));
  }
  return sink(piece);
}

Status restore_contents(const std::filesystem::path& folder,
                        const std::function<Result<Bytes>(std::size_t)>& source) {
  TRY(store, Store::open(folder));
  rocksdb::WriteBatch batch;
  for (;;) {
    TRY(header, source(kRowHeaderBytes));
    if (header.empty()) break;
    const auto family = static_cast<unsigned char>(header[0]);
    if (header.size() != kRowHeaderBytes || family >= kFamilyNames.size()) {
      return fail(Code::kCorrupt, "the dump of the storages is damaged");
    }
    TRY(key_bytes, decode_u32(std::string_view(header).substr(1, 4)));
    TRY(value_bytes, decode_u32(std::string_view(header).substr(5, 4)));
    const std::size_t bytes = std::size_t{key_bytes} + value_bytes;
    if (bytes > kRowBytesMax) return fail(Code::kCorrupt, "the dump of the storages is damaged");
    TRY(row, source(bytes));
    if (row.size() != bytes) return fail(Code::kCorrupt, "the dump of the storages is cut short");
    const std::string_view key = std::string_view(row).substr(0, key_bytes);
    const std::string_view value = std::string_view(row).substr(key_bytes);
    if (static_cast<Family>(family) == Family::kMeta) {
      TRY_VOID(check_dumped_format(key, value));
      if (key != kSequenceKey) continue;  // the new store counts its own commits
    }
    batch.Put(store->family(static_cast<Family>(family)), slice(key), slice(value));
    if (batch.GetDataSize() < kBatchBytes) continue;
    TRY_VOID(store->write(batch));
    batch.Clear();
  }
  return store->write(batch);
}

}  // namespace actuary::adapters::storages
