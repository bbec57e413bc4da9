#pragma once

#include <chrono>
#include <cstddef>

namespace actuary::adapters::http {

inline constexpr std::size_t kConnectionsMax = 4096;
/// All request bodies in memory together.
inline constexpr std::size_t kBufferedBytesMax = 512UL * 1024 * 1024;

struct Options {
  using Milliseconds = std::chrono::milliseconds;

  std::size_t connections_max = kConnectionsMax;
  std::size_t buffered_bytes_max = kBufferedBytesMax;
  Milliseconds head_deadline{
      10'000};  ///< from a request's first byte (or the accept) to its head's last one
  Milliseconds body_deadline{
      30'000};  ///< within it a body is complete or has grown by `body_progress_bytes`
  Milliseconds idle_deadline{65'000};     ///< between requests
  Milliseconds write_deadline{30'000};    ///< without a byte taken by the client
  Milliseconds tunnel_deadline{600'000};  ///< without a byte either way to or from a container
  Milliseconds linger_deadline{2'000};    ///< how long a refused client may go on sending
  std::size_t body_progress_bytes = 16UL * 1024;
  std::size_t linger_bytes_max = 16UL * 1024 * 1024;
  std::size_t write_high_water = 256UL * 1024;  ///< a stream is told to wait above it
  std::size_t pipelined_bytes_max = 64UL * 1024;
};

}  // namespace actuary::adapters::http
