#pragma once

#include <cstdint>
#include <string>

namespace actuary::tests::init {

struct FrameOptions {
  bool masked = true;
  bool final = true;
  unsigned reserved = 0;     ///< the three bits
  int length_bytes = -1;     ///< 0, 2 or 8 of extended length; -1: as few as possible
  std::uint64_t length = 0;  ///< to claim, when it is not the payload's; 0: the payload's
};

/// One frame as a client sends it, or as an enemy would.
inline std::string client_frame(unsigned opcode, const std::string& payload,
                                const FrameOptions& options = {}) {
  const std::uint64_t length = options.length != 0 ? options.length : payload.size();
  int extended = options.length_bytes;
  if (extended < 0) extended = length < 126 ? 0 : length < 65536 ? 2 : 8;
  std::string frame;
  frame += static_cast<char>((options.final ? 0x80U : 0U) | options.reserved << 4U | opcode);
  const unsigned mask_bit = options.masked ? 0x80U : 0U;
  const unsigned short_length = extended == 0   ? static_cast<unsigned>(length)
                                : extended == 2 ? 126U
                                                : 127U;
  frame += static_cast<char>(mask_bit | short_length);
  for (int i = extended - 1; i >= 0; --i) {
    frame += static_cast<char>(length >> static_cast<unsigned>(i) * 8U);
  }
  const std::string mask = options.masked ? "\x11\x22\x33\x44" : "";
  frame += mask;
  for (std::size_t i = 0; i < payload.size(); ++i) {
    frame += options.masked ? static_cast<char>(payload[i] ^ mask[i % 4]) : payload[i];
  }
  return frame;
}

inline std::string close_payload(unsigned code, const std::string& reason = "") {
  return {std::string{static_cast<char>(code >> 8U), static_cast<char>(code)} + reason};
}

}  // namespace actuary::tests::init
