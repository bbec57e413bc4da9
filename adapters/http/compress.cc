#include "adapters/http/compress.h"

#include <brotli/encode.h>
#include <zlib.h>

#include <array>
#include <optional>
#include <string>

namespace actuary::adapters::http {
namespace {

// The cheap levels: brotli 1 makes 500 MB/s and is as small as gzip 6, which makes 86.
constexpr int kBrotliQuality = 1;
constexpr int kGzipLevel = 1;

/// Whether a list like `gzip;q=0.5, br` lets `coding` in.
bool accepts(std::string_view accept_encoding, std::string_view coding) {
  for (const auto& item : split_list(accept_encoding)) {
    const std::string_view text = item;
    const auto semicolon = text.find(';');
    if (!equal_without_case(trim(text.substr(0, semicolon)), coding)) continue;
    if (semicolon == std::string_view::npos) return true;
    const auto weight = trim(text.substr(semicolon + 1));
    return weight.find_first_of("123456789", 2) != std::string_view::npos;
  }
  return false;
}

bool compressible(std::string_view content_type) {
  constexpr std::array<std::string_view, 4> kKinds{"text/", "application/json", "xml",
                                                   "javascript"};
  for (const auto kind : kKinds) {
    if (content_type.find(kind) != std::string_view::npos) return true;
  }
  return false;
}

std::optional<std::string> gzip(std::string_view body) {
  constexpr int kGzipWindow = 15 + 16;
  constexpr int kMemoryLevel = 8;
  z_stream stream{};
  if (deflateInit2(&stream, kGzipLevel, Z_DEFLATED, kGzipWindow, kMemoryLevel,
                   Z_DEFAULT_STRATEGY) != Z_OK) {
    return std::nullopt;
  }
  std::string packed(deflateBound(&stream, body.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(body.data()));
  stream.avail_in = static_cast<uInt>(body.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  const int result = deflate(&stream, Z_FINISH);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  if (result != Z_STREAM_END) return std::nullopt;
  return packed;
}

std::optional<std::string> brotli(std::string_view body) {
  std::size_t size = BrotliEncoderMaxCompressedSize(body.size());
  std::string packed(size, '\0');
  const auto fine =
      BrotliEncoderCompress(kBrotliQuality, BROTLI_DEFAULT_WINDOW, BROTLI_MODE_TEXT, body.size(),
                            reinterpret_cast<const std::uint8_t*>(body.data()), &size,
                            reinterpret_cast<std::uint8_t*>(packed.data()));
  if (fine == BROTLI_FALSE) return std::nullopt;
  packed.resize(size);
  return packed;
}

}  // namespace

void compress_response(std::string_view accept_encoding, Response& response) {
  if (response.body.size() < kCompressBytesMin || response.body.size() > kCompressBytesMax) return;
  if (response.headers.find("Content-Encoding")) return;
  if (!compressible(response.headers.get("Content-Type"))) return;
  response.headers.add("Vary", "Accept-Encoding");

  std::optional<std::string> packed;
  std::string_view coding = "br";
  if (accepts(accept_encoding, "br")) {
    packed = brotli(response.body);
  } else if (accepts(accept_encoding, "gzip")) {
    coding = "gzip";
    packed = gzip(response.body);
  }
  if (!packed || packed->size() >= response.body.size()) return;
  response.body = std::move(*packed);
  response.headers.add("Content-Encoding", std::string(coding));
}

}  // namespace actuary::adapters::http
