// Records that anybody may have written: refused, or decoded, shown, written again and read the
// same.

#include <gtest/gtest.h>

#include <cstring>

#include "journal/codec/record_codec.h"
#include "journal/codec/to_json.h"
#include "tests/fuzz/mutator.h"
#include "tests/journal/any_value.h"
#include "tests/journal/stored_as.h"

namespace actuary::tests::fuzz {
namespace {

namespace codec = journal::codec;

constexpr std::size_t kPositionBytes = sizeof(Position);

/// The position, then the table: the header is always made right, or its checksum would keep all
/// else from being tried.
Bytes input_of(const Record& record) {
  Bytes input(kPositionBytes, '\0');
  std::memcpy(input.data(), &record.position, kPositionBytes);
  return input + codec::encode_table(record);
}

std::string attempt(BytesView input) {
  if (input.size() < kPositionBytes) return {};
  Position position = 0;
  std::memcpy(&position, input.data(), kPositionBytes);
  const Bytes stored = stored_as(input.substr(kPositionBytes), codec::kSchema);
  const auto outline = codec::decode_outline(stored, position);
  const auto record = codec::decode_record(stored, position);
  if (!record) {
    return record.error().detail.empty() ? "an error without a word" : "";
  }
  if (!outline) return "read, but its outline is not: " + outline.error().detail;
  if (outline->record.stream != record->stream) return "another outline";
  if (codec::to_json(*record).empty() || codec::to_json(*outline, stored).empty())
    return "not shown";
  const auto again = codec::encode_record(*record);
  if (!again) return "not written again: " + again.error().detail;
  const auto same = codec::decode_record(*again, position);
  if (!same) return "not read again: " + same.error().detail;
  // Not the values: a NaN is not equal to itself.
  return codec::encode_record(*same) == again ? "" : "another record after it was written again";
}

TEST(HostileBytes, ARecordIsRefusedOrReadTheSameForEver) {
  std::vector<Bytes> good;
  for (const Record& record : AnyValue(7).one_of_each()) good.push_back(input_of(record));
  try_many(good, 60'000, attempt);
}

}  // namespace
}  // namespace actuary::tests::fuzz
