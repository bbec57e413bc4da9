#pragma once

#include <functional>
#include <mutex>
#include <vector>

#include "engine/executor/command.h"
#include "engine/ports/room.h"

namespace actuary::engine::executor {

/// Answers once the command is durable: the position up to which the caller now has to read, or the
/// error.
using Reply = std::function<void(Result<Position>)>;

struct Submission {
  Command command;
  Principal principal;
  CommandId command_id;  ///< nil: one is drawn; keyed: may be given again
  Position cause = 0;
  Reply reply;  ///< empty: nobody waits
};

/// Reports and what the engine tells itself are written in any case; what people want is not.
[[nodiscard]] ports::Need need_of(const Submission& submission);

/// Where commands wait for the next tick. Any thread puts, the loop's thread takes.
class Inbox {
 public:
  enum class Put { kFirst, kBehindOthers, kFull };

  /// `kFirst` asks the caller to wake the executor; after `kFull` the submission is still the
  /// caller's. Reports from the runtime always fit: refusing them would lose facts.
  Put put(Submission& submission);
  /// At most `count`, in the order in which they came.
  [[nodiscard]] std::vector<Submission> take(std::size_t count);
  [[nodiscard]] bool empty() const;

 private:
  mutable std::mutex mutex_;
  std::vector<Submission> waiting_;
};

inline constexpr std::size_t kInboxMax = 4096;

}  // namespace actuary::engine::executor
