#pragma once

#include <fcntl.h>
#include <rocksdb/slice.h>
#include <rocksdb/status.h>
#include <unistd.h>

#include <string>

#include "journal/base/bytes.h"

/// RocksDB's words in ours.
namespace actuary::journal::rocks {

[[nodiscard]] inline rocksdb::Slice slice(BytesView bytes) { return {bytes.data(), bytes.size()}; }
[[nodiscard]] inline BytesView view(const rocksdb::Slice& slice) {
  return {slice.data(), slice.size()};
}

[[nodiscard]] inline Status checked(const rocksdb::Status& status) {
  if (status.ok()) return {};
  const bool damaged = status.IsCorruption() || status.IsNotFound();
  return fail(damaged ? Code::kCorrupt : Code::kStorageFailed, status.ToString());
}

/// A rename is durable when its directory is.
[[nodiscard]] inline Status sync_directory(const std::string& path) {
  const int directory = open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool synced = directory >= 0 && fsync(directory) == 0;
  if (directory >= 0) close(directory);
  if (!synced) return fail(Code::kStorageFailed, path + " cannot be synced");
  return {};
}

}  // namespace actuary::journal::rocks
