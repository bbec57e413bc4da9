#pragma once

#include <filesystem>
#include <memory>
#include <mutex>

#include "adapters/reactor/uv_loop.h"
#include "adapters/reactor/workers.h"
#include "journal/merkle/checkpoint.h"
#include "journal/reader.h"

namespace actuary::adapters::host {

/// DATA/keys/audit, mode 0600, in the spelling of other tools for signed notes.
///
/// errors: kNotFound: the first start makes it; kCorrupt
[[nodiscard]] Result<journal::merkle::SigningKey> read_audit_key(const std::filesystem::path& keys);

/// Signs what the journal has made durable: a checkpoint for every second in which something
/// happened and one at the end, kept in DATA/journal/checkpoint. Lives on the loop's thread; the
/// disk is waited for on a thread of its own.
class Auditor {
 public:
  struct Outside {
    const journal::Reader& journal;  ///< its head is durable
    reactor::UvLoop& loop;
    std::filesystem::path journal_folder;
    std::filesystem::path keys;
  };

  /// Makes the key on the first start.
  ///
  /// errors: kCorrupt: the key is damaged or of another journal, or the journal is older than the
  ///         last checkpoint, or a fork of it; kStorageFailed
  [[nodiscard]] static Result<std::unique_ptr<Auditor>> open(const Outside& outside);
  /// Signs once more.
  ~Auditor();
  Auditor(const Auditor&) = delete;
  Auditor& operator=(const Auditor&) = delete;

  /// Something became durable: within a second it is signed.
  void on_durable();
  /// A checkpoint of all that is durable now, for whoever wants to keep it elsewhere.
  [[nodiscard]] Bytes checkpoint() const;
  /// Lets go of the loop.
  void close();

 private:
  Auditor(const Outside& outside, journal::merkle::SigningKey key);

  [[nodiscard]] Status verify_last();
  void sign();

  const Outside outside_;
  const journal::merkle::SigningKey key_;
  uv_timer_t* timer_;
  bool waiting_ = false;  ///< the timer runs
  std::mutex signing_;    ///< guards what follows: the worker's, and the destructor's
  std::uint64_t signed_ = 0;
  bool stored_ = false;
  reactor::Workers workers_;
};

inline constexpr std::chrono::milliseconds kCheckpointEvery{1000};

}  // namespace actuary::adapters::host
