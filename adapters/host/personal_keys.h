#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "journal/base/bytes.h"
#include "journal/base/id.h"
#include "journal/base/result.h"

namespace actuary::adapters::host {

/// Random keys that can be destroyed, one for each run, build or token whose personal texts are
/// sealed. They lie in slots of a few files, wrapped by the master key; destroying one writes zeros
/// over its slot. Slots are filled and synced some hundred at once, before the first of them is
/// used, so that hardly any run waits for the disk. Any thread.
///
/// shape:  KEYS/personal/N.keys of mode 0600; a slot is 12 bytes of nonce, the wrapped key, a tag
///         of 16 and zeros up to kSlotBytes; a slot of zeros is a key that was destroyed
/// limits: a copy of the files from before, as in a backup, still has the key; so may a disk or a
///         file system that never writes in place
/// source: journal/FORMAT.md, "Personal texts"
class PersonalKeys {
 public:
  /// errors: kStorageFailed
  [[nodiscard]] static Result<std::unique_ptr<PersonalKeys>> open(
      const std::filesystem::path& folder, Bytes wrapping_key, IdSource& ids);

  /// Seals under the key `under` if it is still there, else under a new one, which is on disk when
  /// this returns.
  ///
  /// shape:  `personal:v1:KEY:HEX`; an empty text stays empty
  /// errors: kStorageFailed
  [[nodiscard]] Result<std::vector<std::string>> seal(const std::vector<std::string>& plain,
                                                      std::optional<std::uint64_t> under);
  /// errors: kNotFound: the key was destroyed; kCorrupt: damaged, or sealed under a key that had
  ///         the same number in a history that was lost
  [[nodiscard]] Result<std::string> open_text(std::string_view sealed) const;
  /// Durable when this returns; of keys that are gone too. How many there were is answered.
  ///
  /// errors: kStorageFailed
  [[nodiscard]] Result<std::size_t> destroy(std::span<const std::uint64_t> keys);
  /// Whether no key was ever made here.
  [[nodiscard]] bool untouched() const;

 private:
  PersonalKeys(std::filesystem::path folder, Bytes wrapping_key, IdSource& ids, std::uint64_t next);

  [[nodiscard]] Result<Bytes> key_of(std::uint64_t number) const;
  [[nodiscard]] Result<Bytes> read_slot(std::uint64_t number) const;
  [[nodiscard]] Status write(std::uint64_t first, BytesView bytes) const;
  [[nodiscard]] Result<std::uint64_t> fresh_slot();
  [[nodiscard]] Status fill();
  [[nodiscard]] std::string file_of(std::uint64_t number) const;
  [[nodiscard]] Bytes wrapping_key(std::uint64_t number) const;
  [[nodiscard]] Bytes random_bytes(std::size_t count) const;

  const std::filesystem::path folder_;
  const Bytes wrapping_key_;
  IdSource& ids_;
  mutable std::mutex mutex_;                      ///< guards what follows, and the files
  std::uint64_t next_ = 0;                        ///< never handed out
  std::uint64_t filled_ = 0;                      ///< on disk up to here
  mutable std::map<std::uint64_t, Bytes> known_;  ///< so that a list of runs reads each key once
};

inline constexpr std::size_t kKnownKeysMax = 4096;
inline constexpr std::size_t kSlotBytes = 64;
/// Filled with one sync.
inline constexpr std::size_t kSlotsPerFill = 256;
/// 4 MiB each.
inline constexpr std::size_t kSlotsPerFile = 65'536;

}  // namespace actuary::adapters::host
