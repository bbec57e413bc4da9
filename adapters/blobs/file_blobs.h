#pragma once

#include <filesystem>

#include "engine/ports/blobs.h"

namespace actuary::adapters::blobs {

inline constexpr std::size_t kBlobBytesMax = std::size_t{512} << 20U;

/// One file per content, `FOLDER/ab/<sha256>`: identical bytes are stored once. Blocks.
class FileBlobs final : public engine::ports::Blobs {
 public:
  explicit FileBlobs(std::filesystem::path folder) : folder_(std::move(folder)) {}

  /// Durable when it answers.
  ///
  /// errors: kTooLarge; kStorageFailed
  [[nodiscard]] Result<std::string> put(BytesView bytes) override;
  [[nodiscard]] Result<Bytes> get(std::string_view digest) override;

 private:
  const std::filesystem::path folder_;
};

}  // namespace actuary::adapters::blobs
