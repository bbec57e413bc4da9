#include "engine/executor/inbox.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace actuary::engine::executor {

Inbox::Put Inbox::put(Submission& submission) {
  const std::lock_guard lock(mutex_);
  const bool from_outside = submission.principal.kind != PrincipalKind::kSystem;
  if (from_outside && waiting_.size() >= kInboxMax) return Put::kFull;
  waiting_.push_back(std::move(submission));
  return waiting_.size() == 1 ? Put::kFirst : Put::kBehindOthers;
}

std::vector<Submission> Inbox::take(std::size_t count) {
  const std::lock_guard lock(mutex_);
  if (count >= waiting_.size()) return std::exchange(waiting_, {});
  const auto end = waiting_.begin() + static_cast<std::ptrdiff_t>(count);
  std::vector<Submission> taken(std::make_move_iterator(waiting_.begin()),
                                std::make_move_iterator(end));
  waiting_.erase(waiting_.begin(), end);
  return taken;
}

bool Inbox::empty() const {
  const std::lock_guard lock(mutex_);
  return waiting_.empty();
}

}  // namespace actuary::engine::executor
