#include "adapters/http/body_decoder.h"

#include <brotli/decode.h>
#include <zlib.h>

#include <array>

#include "adapters/http/message.h"
#include "journal/base/assert.h"

namespace actuary::adapters::http {
namespace {

constexpr std::size_t kStepBytes = 32 * 1024;
using Step = std::array<char, kStepBytes>;

class Identity final : public BodyDecoder {
 public:
  Outcome feed(BytesView bytes, std::size_t bytes_max, std::string& out) override {
    out.append(bytes);
    return out.size() > bytes_max ? Outcome::kTooLarge : Outcome::kFine;
  }
  [[nodiscard]] bool complete() const override { return true; }
};

/// gzip (several members are one body), zlib, and the bare deflate that some clients send under the
/// same name.
class Inflate final : public BodyDecoder {
 public:
  explicit Inflate(bool gzip) : gzip_(gzip) {}
  Inflate(const Inflate&) = delete;
  Inflate& operator=(const Inflate&) = delete;
  ~Inflate() override {
    if (started_) inflateEnd(&stream_);
  }

  Outcome feed(BytesView bytes, std::size_t bytes_max, std::string& out) override {
    if (bytes.empty()) return Outcome::kFine;
    any_ = true;
    if (!started_) start(bytes.front());
    // zlib's interface predates const; it does not write to its input.
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream_.avail_in = static_cast<uInt>(bytes.size());
    while (true) {
      if (ended_ && stream_.avail_in > 0) {
        if (!gzip_ || inflateReset(&stream_) != Z_OK) return Outcome::kCorrupt;
        ended_ = false;
      }
      Step step;
      stream_.next_out = reinterpret_cast<Bytef*>(step.data());
      stream_.avail_out = kStepBytes;
      const int result = ended_ ? Z_STREAM_END : inflate(&stream_, Z_NO_FLUSH);
      out.append(step.data(), kStepBytes - stream_.avail_out);
      if (out.size() > bytes_max) return Outcome::kTooLarge;
      if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR) {
        return Outcome::kCorrupt;
      }
      ended_ = result == Z_STREAM_END;
      if (stream_.avail_in == 0 && (stream_.avail_out > 0 || ended_)) return Outcome::kFine;
    }
  }

  [[nodiscard]] bool complete() const override { return ended_ || !any_; }

 private:
  void start(char first) {
    constexpr int kGzipWindow = 15 + 16;
    constexpr int kZlibWindow = 15;
    constexpr int kBareWindow = -15;
    // A zlib header begins with method 8 and a window of at most 32 KiB; a first block of bare
    // deflate does not.
    const auto byte = static_cast<unsigned char>(first);
    const bool zlib = (byte & 0x0fU) == 8 && (byte >> 4U) <= 7;
    const int window = gzip_ ? kGzipWindow : (zlib ? kZlibWindow : kBareWindow);
    ACTUARY_ASSERT(inflateInit2(&stream_, window) == Z_OK);
    started_ = true;
  }

  const bool gzip_;
  bool started_ = false;
  bool ended_ = false;
  bool any_ = false;
  z_stream stream_{};
};

class Brotli final : public BodyDecoder {
 public:
  Brotli() : state_(BrotliDecoderCreateInstance(nullptr, nullptr, nullptr)) {
    ACTUARY_ASSERT(state_ != nullptr);
  }
  Brotli(const Brotli&) = delete;
  Brotli& operator=(const Brotli&) = delete;
  ~Brotli() override { BrotliDecoderDestroyInstance(state_); }

  Outcome feed(BytesView bytes, std::size_t bytes_max, std::string& out) override {
    if (bytes.empty()) return Outcome::kFine;
    any_ = true;
    if (ended_) return Outcome::kCorrupt;
    const auto* in = reinterpret_cast<const std::uint8_t*>(bytes.data());
    std::size_t in_size = bytes.size();
    while (true) {
      Step step;
      auto* to = reinterpret_cast<std::uint8_t*>(step.data());
      std::size_t room = kStepBytes;
      const auto result = BrotliDecoderDecompressStream(state_, &in_size, &in, &room, &to, nullptr);
      out.append(step.data(), kStepBytes - room);
      if (out.size() > bytes_max) return Outcome::kTooLarge;
      if (result == BROTLI_DECODER_RESULT_ERROR) return Outcome::kCorrupt;
      if (result == BROTLI_DECODER_RESULT_NEEDS_MORE_INPUT) return Outcome::kFine;
      if (result == BROTLI_DECODER_RESULT_SUCCESS) {
        ended_ = true;
        return in_size == 0 ? Outcome::kFine : Outcome::kCorrupt;
      }
    }
  }

  [[nodiscard]] bool complete() const override { return ended_ || !any_; }

 private:
  BrotliDecoderState* state_;
  bool ended_ = false;
  bool any_ = false;
};

}  // namespace

std::unique_ptr<BodyDecoder> BodyDecoder::make(std::string_view encoding) {
  if (encoding.empty() || equal_without_case(encoding, "identity")) {
    return std::make_unique<Identity>();
  }
  if (equal_without_case(encoding, "gzip") || equal_without_case(encoding, "x-gzip")) {
    return std::make_unique<Inflate>(true);
  }
  if (equal_without_case(encoding, "deflate")) return std::make_unique<Inflate>(false);
  if (equal_without_case(encoding, "br")) return std::make_unique<Brotli>();
  return nullptr;
}

}  // namespace actuary::adapters::http
