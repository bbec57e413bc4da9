#pragma once

#include <rocksdb/options.h>

/// Every option of the journal's store, with its reason. The benchmark's reference uses the same
/// ones.
namespace actuary::journal::rocks {

[[nodiscard]] rocksdb::DBOptions database_options();
[[nodiscard]] rocksdb::ColumnFamilyOptions family_options();
/// Of `streams`, which is asked about every new stream.
[[nodiscard]] rocksdb::ColumnFamilyOptions stream_family_options();
[[nodiscard]] rocksdb::WriteOptions write_options();
[[nodiscard]] rocksdb::ReadOptions read_options();

/// Per key of a WriteBatch: damage in memory is noticed before it is written.
inline constexpr std::size_t kProtectionBytes = 8;

}  // namespace actuary::journal::rocks
