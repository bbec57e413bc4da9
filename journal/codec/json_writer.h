#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace actuary::journal::codec {

/// Writes JSON in the order it is told, without a tree and without exceptions.
class JsonWriter {
 public:
  void open(char bracket);   ///< '{' or '['
  void close(char bracket);  ///< '}' or ']'
  void key(std::string_view name);
  /// Bytes that are not UTF-8 become U+FFFD, so that the output always is.
  void text(std::string_view value);
  void boolean(bool value);
  void integer(std::int64_t value);
  void unsigned_integer(std::uint64_t value);
  /// The shortest spelling that reads back as the same number; null where JSON has none.
  void real(double value);
  void null();

  [[nodiscard]] std::string take() && { return std::move(out_); }

 private:
  void separate();

  std::string out_;
  bool first_ = true;  ///< nothing stands before the next element
};

}  // namespace actuary::journal::codec
