#include "adapters/storages/commit.h"

#include <algorithm>

#include "journal/base/assert.h"

namespace actuary::adapters::storages {
namespace {

/// A fence looks at no more storages than this; those behind it keep no versions for the new
/// attempt.
constexpr std::size_t kTouchesMax = 10'000;

}  // namespace

Result<std::uint64_t> Commit::apply(const Write& write) {
  return std::visit([this](const auto& each) { return this->write(each); }, write);
}

Status Commit::finish() {
  for (const auto& [id, contents] : contents_) {
    if (contents.stats_changed) {
      batch_.Put(store_.family(Family::kStorages), stats_key(id), encode(contents.stats));
    }
    if (contents.items_changed) {
      batch_.Put(store_.family(Family::kStorages), items_key(id), encode(contents.items));
    }
    if (contents.boundaries_changed) {
      batch_.Put(store_.family(Family::kStorages), boundaries_key(id), encode(contents.boundaries));
    }
  }
  if (batch_.Count() == 0) return {};
  batch_.Put(store_.family(Family::kMeta), slice(kSequenceKey), encode(sequence_));
  return store_.write(batch_);
}

Result<std::uint64_t> Commit::write(const WriteFence& fence) {
  TRY(current, fence_of(fence.run_id));
  if (current && fence.epoch < current->epoch) {
    return fail(Code::kFenced, "the run is already at epoch " + std::to_string(current->epoch));
  }
  if (current && fence.epoch == current->epoch) return current->sequence;

  const FenceRow next{fence.epoch, ++sequence_};
  fences_[fence.run_id] = next;
  batch_.Put(store_.family(Family::kFences), slice(fence.run_id.view()), encode(next));

  // Touches of this very batch are in `touches_` and not yet on disk.
  std::vector<StorageId> touched;
  for (const auto& [key, yes] : touches_) {
    if (yes && key.starts_with(fence.run_id.view())) {
      touched.push_back(StorageId::parse(key.substr(kIdLength)).value());
    }
  }
  const auto rows = store_.scan(Family::kTouches);
  for (rows->Seek(slice(fence.run_id.view()));
       rows->Valid() && rows->key().starts_with(slice(fence.run_id.view())); rows->Next()) {
    if (touched.size() == kTouchesMax) break;
    TRY(id, StorageId::parse(rows->key().ToStringView().substr(kIdLength)));
    touched.push_back(id);
  }
  TRY_VOID(to_status(rows->status()));
  std::sort(touched.begin(), touched.end());
  touched.erase(std::unique(touched.begin(), touched.end()), touched.end());
  for (const StorageId& id : touched) {
    TRY(contents, this->contents(id));
    if (!contents->exists) {  // dropped since
      batch_.Delete(store_.family(Family::kTouches), touch_key(fence.run_id, id));
      touches_[touch_key(fence.run_id, id)] = false;
      continue;
    }
    contents->boundaries.add({next.sequence, next.sequence});
    contents->boundaries_changed = true;
  }
  return next.sequence;
}

Result<std::uint64_t> Commit::write(const WriteRecord& write) {
  TRY(contents, this->contents(write.id));
  TRY(versions, this->versions(write.id, write.key));
  TRY_VOID(admit(write.id, *contents, write.writer));

  const std::uint64_t sequence = ++sequence_;
  const std::string& value = write.record.value;
  const RecordRow row{RecordKind::kValue, value.size(), write.record.content_type,
                      write.record.content_encoding};
  batch_.Put(store_.family(Family::kRecords), record_key(write.id, write.key, sequence),
             encode(row));
  for (std::uint32_t number = 0; number < chunk_count(value.size()); ++number) {
    const auto chunk = std::string_view(value).substr(number * kChunkBytes, kChunkBytes);
    const std::string key = chunk_key(write.id, write.key, sequence, number);
    batch_.Put(store_.family(Family::kChunks), key, slice(chunk));
  }
  engine::ports::StorageStats& stats = contents->stats;
  if (!versions->empty() && versions->front().kind == RecordKind::kValue) {
    --stats.item_count;
    stats.bytes -= versions->front().bytes;
  }
  ++stats.item_count;
  stats.bytes += value.size();
  ++stats.write_count;
  stats.modified_at = write.at;
  contents->stats_changed = contents->exists = true;
  supersede(write.id, write.key, *contents, *versions,
            {sequence, RecordKind::kValue, value.size()});
  return sequence;
}

Result<std::uint64_t> Commit::write(const WriteDeletion& write) {
  TRY(contents, this->contents(write.id));
  TRY(versions, this->versions(write.id, write.key));
  TRY_VOID(admit(write.id, *contents, write.writer));
  if (versions->empty() || versions->front().kind == RecordKind::kDeleted) return sequence_;

  const std::uint64_t sequence = ++sequence_;
  engine::ports::StorageStats& stats = contents->stats;
  --stats.item_count;
  stats.bytes -= versions->front().bytes;
  ++stats.delete_count;
  stats.modified_at = write.at;
  contents->stats_changed = true;
  batch_.Put(
      store_.family(Family::kRecords), record_key(write.id, write.key, sequence),
      encode(RecordRow{
          .kind = RecordKind::kDeleted, .bytes = 0, .content_type = {}, .content_encoding = {}}));
  supersede(write.id, write.key, *contents, *versions, {sequence, RecordKind::kDeleted, 0});
  return sequence;
}

Result<std::uint64_t> Commit::write(const WriteItems& write) {
  TRY(contents, this->contents(write.id));
  TRY_VOID(admit(write.id, *contents, write.writer));

  const std::uint64_t sequence = ++sequence_;
  engine::ports::StorageStats& stats = contents->stats;
  for (const std::string& item : write.items) {
    batch_.Put(store_.family(Family::kItems), item_key(write.id, contents->items++),
               encode(ItemRow{sequence, item}));
    ++stats.item_count;
    stats.bytes += item.size();
  }
  ++stats.write_count;
  stats.modified_at = write.at;
  contents->stats_changed = contents->items_changed = contents->exists = true;
  return sequence;
}

Result<std::uint64_t> Commit::write(const WriteReadCounts& counts) {
  TRY(contents, this->contents(counts.id));
  if (!contents->exists) return sequence_;  // reads of what is not there leave no row
  contents->stats.read_count += counts.read_count;
  contents->stats.list_count += counts.list_count;
  contents->stats_changed = true;
  return sequence_;
}

// The touches of runs stay; the next fence of such a run finds no storage there and removes them.
Result<std::uint64_t> Commit::write(const WriteDrop& drop) {
  ACTUARY_ASSERT(batch_.Count() == 0 && contents_.empty());
  for (const Family family :
       {Family::kStorages, Family::kRecords, Family::kChunks, Family::kItems}) {
    batch_.DeleteRange(store_.family(family), slice(drop.id.view()), storage_end(drop.id));
  }
  return ++sequence_;
}

Result<Commit::Contents*> Commit::contents(const StorageId& id) {
  if (const auto found = contents_.find(id); found != contents_.end()) return &found->second;
  Contents contents;
  TRY(stats, store_.get(Family::kStorages, stats_key(id)));
  if (stats) {
    TRY(decoded, decode_stats(*stats));
    contents.stats = decoded;
    contents.exists = true;
    TRY(items, store_.get(Family::kStorages, items_key(id)));
    if (items) {
      TRY(count, decode_u64(*items));
      contents.items = count;
    }
    TRY(boundaries, store_.get(Family::kStorages, boundaries_key(id)));
    if (boundaries) {
      TRY(all, decode_boundaries(*boundaries));
      contents.boundaries = std::move(all);
    }
  }
  return &contents_.emplace(id, std::move(contents)).first->second;
}

Result<Commit::KeyVersions*> Commit::versions(const StorageId& id, std::string_view key) {
  const std::string prefix = record_prefix(id, key);
  if (const auto found = versions_.find(prefix); found != versions_.end()) return &found->second;
  KeyVersions versions;
  const auto rows = store_.scan(Family::kRecords);
  for (rows->Seek(prefix); rows->Valid() && rows->key().starts_with(prefix); rows->Next()) {
    TRY(row_key, parse_record_key(rows->key().ToStringView()));
    TRY(row, decode_record(rows->value().ToStringView()));
    versions.push_back({row_key.sequence, row.kind, row.bytes});
  }
  TRY_VOID(to_status(rows->status()));
  return &versions_.emplace(prefix, std::move(versions)).first->second;
}

Result<std::optional<FenceRow>> Commit::fence_of(const RunId& run_id) {
  const auto found = fences_.find(run_id);
  if (found != fences_.end()) return std::optional<FenceRow>(found->second);
  TRY(row, store_.get(Family::kFences, run_id.view()));
  if (!row) return std::optional<FenceRow>{};
  TRY(fence, decode_fence(*row));
  fences_.emplace(run_id, fence);
  return std::optional<FenceRow>(fence);
}

Status Commit::admit(const StorageId& id, Contents& contents, const std::optional<Writer>& writer) {
  if (!writer) return {};
  TRY(fence, fence_of(writer->run_id));
  if (fence && fence->epoch == writer->epoch) return touch(id, contents, writer->run_id, *fence);
  ++contents.stats.fenced_count;
  contents.stats_changed = contents.exists = true;
  return fail(Code::kFenced, "the attempt with epoch " + std::to_string(writer->epoch) +
                                 " of run " + writer->run_id.str() + " is over");
}

Status Commit::touch(const StorageId& id, Contents& contents, const RunId& run_id,
                     const FenceRow& fence) {
  const std::string key = touch_key(run_id, id);
  const auto found = touches_.find(key);
  bool touched = found != touches_.end() && found->second;
  if (found == touches_.end()) {
    TRY(row, store_.get(Family::kTouches, key));
    touched = row.has_value();
  }
  touches_[key] = true;
  // A storage that was dropped and made again has lost its boundaries, though not the touch.
  if (touched && contents.exists) return {};
  batch_.Put(store_.family(Family::kTouches), key, rocksdb::Slice());
  contents.boundaries.add({.fence = fence.sequence, .cut = sequence_});
  contents.boundaries_changed = true;
  return {};
}

void Commit::supersede(const StorageId& id, const std::string& key, const Contents& contents,
                       KeyVersions& versions, KeyVersion next) {
  ACTUARY_ASSERT(versions.empty() || versions.front().sequence < next.sequence);
  KeyVersions kept = {next};
  std::uint64_t superseded = next.sequence;
  for (const KeyVersion& version : versions) {
    if (contents.boundaries.refer_to(version.sequence, superseded)) {
      kept.push_back(version);
    } else {
      erase(id, key, version);
    }
    superseded = version.sequence;
  }
  // A deletion with nothing older below it says what its absence says.
  while (!kept.empty() && kept.back().kind == RecordKind::kDeleted) {
    erase(id, key, kept.back());
    kept.pop_back();
  }
  versions = std::move(kept);
}

void Commit::erase(const StorageId& id, const std::string& key, const KeyVersion& version) {
  batch_.Delete(store_.family(Family::kRecords), record_key(id, key, version.sequence));
  for (std::uint32_t number = 0; number < chunk_count(version.bytes); ++number) {
    const std::string row_key = chunk_key(id, key, version.sequence, number);
    batch_.Delete(store_.family(Family::kChunks), row_key);
  }
}

}  // namespace actuary::adapters::storages
