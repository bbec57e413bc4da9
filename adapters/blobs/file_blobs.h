#pragma once

#include <filesystem>

#include "engine/ports/blobs.h"
#include "engine/ports/room.h"

namespace actuary::adapters::blobs {

inline constexpr std::size_t kBlobBytesMax = std::size_t{512} << 20U;

/// One file per content, `FOLDER/ab/<sha256>`: identical bytes are stored once. Blocks.
class FileBlobs final : public engine::ports::Blobs {
 public:
  /// `room` is asked before a new one is written. Empty: there is always room.
  explicit FileBlobs(std::filesystem::path folder, engine::ports::Room room = nullptr)
      : folder_(std::move(folder)), room_(std::move(room)) {}

  /// Durable when it answers.
  ///
  /// errors: kTooLarge; kUnavailable: the disk is full; kStorageFailed
  [[nodiscard]] Result<std::string> put(BytesView bytes) override;
  [[nodiscard]] Result<Bytes> get(std::string_view digest) override;

 private:
  const std::filesystem::path folder_;
  const engine::ports::Room room_;
};

}  // namespace actuary::adapters::blobs
