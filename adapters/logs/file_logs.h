#pragma once

#include <filesystem>
#include <memory>
#include <string_view>

#include "adapters/logs/growth_watcher.h"
#include "engine/ports/logs.h"
#include "engine/ports/loop.h"
#include "journal/base/id.h"

namespace actuary::adapters::logs {

/// One append of the platform has at most this many bytes.
inline constexpr std::size_t kTextBytesMax = std::size_t{64} << 10U;

/// One file per job, `FOLDER/<job id>.log`. The engine appends platform lines; containers and
/// builds append to the same file by themselves, so what is there is always asked of the file.
class FileLogs final : public engine::ports::Logs {
 public:
  /// `loop` outlives it.
  ///
  /// errors: kStorageFailed: no such folder can be made; kUnavailable: it cannot be watched
  [[nodiscard]] static Result<std::unique_ptr<FileLogs>> open(std::filesystem::path folder,
                                                              engine::ports::Loop& loop);

  /// Makes the file, mode 0600; one that is there stays as it is.
  ///
  /// errors: kInvalidArgument: not a job's id; kStorageFailed
  [[nodiscard]] Result<std::filesystem::path> create(std::string_view job_id);
  [[nodiscard]] Result<std::filesystem::path> path_of(std::string_view job_id) const;

  /// Every line of `text` gets the stamp; one write(2) holds them all.
  ///
  /// errors: kInvalidArgument, kTooLarge, kStorageFailed
  Status append(std::string_view job_id, Timestamp at, std::string_view text) override;
  [[nodiscard]] Result<Bytes> read(std::string_view job_id, std::uint64_t offset,
                                   std::size_t bytes_max) override;
  [[nodiscard]] Result<std::uint64_t> size(std::string_view job_id) override;
  Status remove(std::string_view job_id) override;
  [[nodiscard]] Subscription subscribe(std::string_view job_id,
                                       std::function<void()> grown) override;
  void unsubscribe(Subscription subscription) override;

 private:
  FileLogs(std::filesystem::path folder, engine::ports::Loop& loop);

  const std::filesystem::path folder_;
  GrowthWatcher watcher_;
};

}  // namespace actuary::adapters::logs
