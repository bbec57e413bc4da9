#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "journal/base/bytes.h"

/// One file of many, in the tar format that everything can list: what backups and archives are.
///
/// source: POSIX.1-2001, "ustar Interchange Format"; sizes past 8 GiB in base 256, as GNU tar
namespace actuary::journal::archive {

struct Entry {
  std::string name;
  std::uint64_t bytes = 0;
  std::string sha256;  ///< of the content, hex
  friend bool operator==(const Entry&, const Entry&) = default;
};

/// Writes FILE.partial, and renames it to FILE once everything is on disk: a crash leaves no FILE.
class TarWriter {
 public:
  /// errors: kInvalidArgument: there is a FILE already; kUnavailable, with the system's reason
  [[nodiscard]] static Result<std::unique_ptr<TarWriter>> create(std::string path);
  /// Removes what is not finished.
  ~TarWriter();
  TarWriter(const TarWriter&) = delete;
  TarWriter& operator=(const TarWriter&) = delete;

  /// One entry after the other, each written in pieces; how many bytes it has is found out.
  ///
  /// shape:  a name has at most kNameBytesMax bytes
  [[nodiscard]] Status begin(const std::string& name);
  [[nodiscard]] Status write(BytesView piece);
  [[nodiscard]] Status end();
  /// A whole entry.
  [[nodiscard]] Status add(const std::string& name, BytesView content);

  [[nodiscard]] const std::vector<Entry>& entries() const { return entries_; }
  [[nodiscard]] std::uint64_t bytes() const { return offset_; }
  /// Ends the file, syncs it, and gives it its name.
  [[nodiscard]] Status finish();

 private:
  TarWriter(std::string path, int file);
  [[nodiscard]] Status put(BytesView bytes);

  struct Hash;
  const std::string path_;
  int file_;
  std::uint64_t offset_ = 0;
  std::uint64_t header_at_ = 0;
  std::unique_ptr<Hash> hash_;
  std::vector<Entry> entries_;
};

/// Reads a file that anybody may have made.
class TarReader {
 public:
  /// errors: kNotFound; kUnavailable
  [[nodiscard]] static Result<std::unique_ptr<TarReader>> open(const std::string& path);
  ~TarReader();
  TarReader(const TarReader&) = delete;
  TarReader& operator=(const TarReader&) = delete;

  /// The next entry's name and size, or nothing at the end. What was not read of the last one is
  /// read now.
  ///
  /// errors: kCorrupt: not a tar file of ours, or cut short
  [[nodiscard]] Result<std::optional<Entry>> next();
  /// The next piece of the entry, at most kPieceBytes; empty at its end.
  [[nodiscard]] Result<Bytes> read();
  /// Up to `bytes` bytes; less only at the entry's end.
  [[nodiscard]] Result<Bytes> read(std::size_t bytes);
  /// Reads what is left of the entry, for its digest.
  [[nodiscard]] Status skip_rest();
  /// The present entry once it was read to its end, with its digest.
  [[nodiscard]] const Entry& entry() const { return entry_; }

 private:
  explicit TarReader(int file);
  [[nodiscard]] Status fill(char* target, std::size_t bytes);

  struct Hash;
  int file_;
  std::uint64_t left_ = 0;
  std::uint64_t padding_ = 0;
  bool open_ = false;
  std::unique_ptr<Hash> hash_;
  Entry entry_;
};

struct Located {
  std::string name;
  std::uint64_t at = 0;  ///< of the content, in the file
  std::uint64_t bytes = 0;
};
/// Where the entries are, at most kLocatedMax, from the headers alone.
///
/// errors: kCorrupt: not a tar file of ours
[[nodiscard]] Result<std::vector<Located>> locate_entries(int file);

inline constexpr std::size_t kLocatedMax = 16;
inline constexpr std::size_t kNameBytesMax = 99;
inline constexpr std::size_t kPieceBytes = std::size_t{256} << 10U;

}  // namespace actuary::journal::archive
