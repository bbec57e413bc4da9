#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "journal/base/bytes.h"

/// The bytes of a witness file.
///
/// source: journal/FORMAT.md, "Witness"
namespace actuary::journal::witness {

/// A hash over everything up to a position: the Merkle root, or a chain of commits. All zeros: not
/// known, compared with nothing.
using Root = std::array<unsigned char, 32>;

/// Who writes: the only process whose appends count. A restored copy has another nonce.
struct Owner {
  std::string id;  ///< of the store, 32 characters
  std::uint64_t term = 0;
  std::uint64_t nonce = 0;

  friend bool operator==(const Owner&, const Owner&) = default;
};

/// Of a batch that is witnessed by its roots alone, and whose size nobody noted.
inline constexpr std::uint64_t kBytesUnknown = ~std::uint64_t{0};

/// What a slot says of one batch.
struct Testimony {
  std::uint64_t first = 1;  ///< its first position; of an empty store 1, with `last` 0
  std::uint64_t last = 0;
  std::uint64_t term = 0;  ///< of the record at `last`
  Root before{};           ///< up to `first` - 1
  Root after{};            ///< up to `last`
  std::uint64_t batch_bytes = 0;
  Bytes batch;  ///< empty when `batch_bytes` is more than kWitnessBytesMax; kBytesUnknown is, too

  /// Whether the batch can be written again from here.
  [[nodiscard]] bool whole() const { return batch.size() == batch_bytes; }
  friend bool operator==(const Testimony&, const Testimony&) = default;
};

/// A larger batch is witnessed by its roots alone.
inline constexpr std::size_t kWitnessBytesMax = std::size_t{4} << 20U;
inline constexpr std::size_t kHeaderBytes = 4096;
inline constexpr std::size_t kSlotHeaderBytes = 112;
inline constexpr std::size_t kSlotBytesMax = kSlotHeaderBytes + kWitnessBytesMax;
/// Stripe j of slot i is stripe 2 j + i behind the header: a slot grows at the end of the file, and
/// nothing moves.
inline constexpr std::size_t kStripeBytes = std::size_t{64} << 10U;
inline constexpr std::size_t kIdBytes = 32;

/// The first block of the file, kHeaderBytes of them.
[[nodiscard]] Bytes header_bytes(const Owner& owner);
/// errors: kCorrupt: not a witness, or damaged; kNewerVersion
[[nodiscard]] Result<Owner> parse_header(BytesView bytes);

/// The slot of a batch that is given in pieces; `testimony.batch` is not looked at. Without pieces
/// it is witnessed by its roots alone.
[[nodiscard]] Bytes slot_bytes(const Testimony& testimony, const std::vector<BytesView>& batch);
/// errors: kCorrupt: torn, or never written
[[nodiscard]] Result<Testimony> parse_slot(BytesView bytes);

/// Where stripe `stripe` of a slot begins in the file.
[[nodiscard]] constexpr std::size_t stripe_at(std::size_t slot, std::size_t stripe) {
  return kHeaderBytes + (2 * stripe + slot) * kStripeBytes;
}

}  // namespace actuary::journal::witness
