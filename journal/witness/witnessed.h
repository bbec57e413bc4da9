#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "journal/witness/slot.h"

namespace actuary::journal::witness {

/// A store as its witness sees it: its end, and batches that come back.
class Witnessed {
 public:
  Witnessed() = default;
  Witnessed(const Witnessed&) = delete;
  Witnessed& operator=(const Witnessed&) = delete;
  virtual ~Witnessed() = default;

  /// Empty in a store from before there were witnesses.
  [[nodiscard]] virtual const std::string& id() const = 0;
  [[nodiscard]] virtual std::uint32_t format() const = 0;
  /// The last batch, without its bytes; `first` is 0 when nobody noted it.
  [[nodiscard]] virtual Testimony end() const = 0;
  /// Why what it says of its end cannot be believed.
  [[nodiscard]] virtual Status sound() const = 0;
  /// Adds the bytes of the batch, or says kBytesUnknown.
  [[nodiscard]] virtual Status read_batch(Testimony& end) const = 0;
  /// Whether these batches, one after another, continue the store. Changes nothing.
  ///
  /// errors: kCorrupt
  [[nodiscard]] virtual Status check_adoption(const std::vector<Testimony>& batches) const = 0;
  /// Writes a batch again, byte for byte.
  [[nodiscard]] virtual Status adopt(const Testimony& batch) = 0;
  /// Says for good that there is a witness, as that of a store with this id.
  [[nodiscard]] virtual Status set_format(std::uint32_t format, const std::string& id) = 0;
};

/// Where a store and its witness are, and the words for them.
struct Place {
  std::string directory;  ///< that of the store; `aside-E-S` is made beside
  std::string store;
  std::string witness;
  std::string records;  ///< what is counted: "records"
  std::uint32_t format = 0;
  std::uint32_t format_without_witness = 0;  ///< the newest
};

}  // namespace actuary::journal::witness
