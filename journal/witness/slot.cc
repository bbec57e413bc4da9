#include "journal/witness/slot.h"

#include <xxhash.h>

#include <algorithm>

#include "journal/base/assert.h"
#include "journal/base/numbers.h"

namespace actuary::journal::witness {
namespace {

constexpr BytesView kMagic = "actuary witness\n";
constexpr std::uint64_t kVersion = 1;
constexpr std::size_t kHeaderUsed = 72;  ///< magic, version, term, nonce, id
constexpr std::size_t kChecksumBytes = 8;

std::uint64_t checksum(BytesView bytes) { return XXH3_64bits(bytes.data(), bytes.size()); }

void put(Bytes& bytes, std::size_t at, std::uint64_t number) {
  bytes.replace(at, 8, number_bytes(number));
}

std::uint64_t get(BytesView bytes, std::size_t at) { return bytes_number(bytes.substr(at, 8)); }

BytesView view(const Root& root) {
  return {reinterpret_cast<const char*>(root.data()), root.size()};
}

Root root_at(BytesView bytes, std::size_t at) {
  Root root;
  std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(at), root.size(), root.begin());
  return root;
}

}  // namespace

Bytes header_bytes(const Owner& owner) {
  ACTUARY_ASSERT(owner.id.size() == kIdBytes);
  Bytes bytes(kMagic);
  bytes += number_bytes(kVersion) + number_bytes(owner.term) + number_bytes(owner.nonce) + owner.id;
  ACTUARY_ASSERT(bytes.size() == kHeaderUsed);
  bytes += number_bytes(checksum(bytes));
  bytes.resize(kHeaderBytes, '\0');
  return bytes;
}

Result<Owner> parse_header(BytesView bytes) {
  if (bytes.size() < kHeaderUsed + kChecksumBytes || !bytes.starts_with(kMagic)) {
    return fail(Code::kCorrupt, "its header is not one of a witness");
  }
  if (checksum(bytes.substr(0, kHeaderUsed)) != get(bytes, kHeaderUsed)) {
    return fail(Code::kCorrupt, "the checksum of its header does not match");
  }
  if (const auto version = get(bytes, 16); version != kVersion) {
    return fail(Code::kNewerVersion, "it is a witness of version " + std::to_string(version) +
                                         "; this program knows " + std::to_string(kVersion));
  }
  return Owner{Bytes(bytes.substr(40, kIdBytes)), get(bytes, 24), get(bytes, 32)};
}

Bytes slot_bytes(const Testimony& testimony, const std::vector<BytesView>& batch) {
  std::uint64_t total = batch.empty() ? testimony.batch_bytes : 0;
  for (const BytesView piece : batch) total += piece.size();
  const std::uint64_t kept = total > kWitnessBytesMax || batch.empty() ? 0 : total;
  Bytes bytes;
  bytes.reserve(kSlotHeaderBytes + kept);
  bytes.resize(kChecksumBytes);
  for (const std::uint64_t number :
       {testimony.first, testimony.last, testimony.term, total, kept}) {
    bytes += number_bytes(number);
  }
  bytes.append(view(testimony.before)).append(view(testimony.after));
  ACTUARY_ASSERT(bytes.size() == kSlotHeaderBytes);
  if (kept != 0) {
    for (const BytesView piece : batch) bytes.append(piece);
  }
  put(bytes, 0, checksum(BytesView(bytes).substr(kChecksumBytes)));
  return bytes;
}

Result<Testimony> parse_slot(BytesView bytes) {
  const auto torn = [] { return fail(Code::kCorrupt, "a slot is torn"); };
  if (bytes.size() < kSlotHeaderBytes) return torn();
  const std::uint64_t kept = get(bytes, 40);
  if (kept > bytes.size() - kSlotHeaderBytes) return torn();
  const BytesView slot = bytes.substr(0, kSlotHeaderBytes + kept);
  if (checksum(slot.substr(kChecksumBytes)) != get(slot, 0)) return torn();
  Testimony testimony{.first = get(slot, 8),
                      .last = get(slot, 16),
                      .term = get(slot, 24),
                      .before = root_at(slot, 48),
                      .after = root_at(slot, 80),
                      .batch_bytes = get(slot, 32),
                      .batch = Bytes(slot.substr(kSlotHeaderBytes))};
  const bool sound = testimony.first != 0 && testimony.last + 1 >= testimony.first &&
                     (kept == testimony.batch_bytes || kept == 0);
  if (!sound) return torn();
  return testimony;
}

}  // namespace actuary::journal::witness
