#include "engine/executor/inbox.h"

#include <algorithm>
#include <iterator>
#include <type_traits>
#include <utility>

namespace actuary::engine::executor {
namespace {

template <class T, class... Some>
constexpr bool kIsOneOf = (std::is_same_v<T, Some> || ...);

/// What ends a job or deletes something: refused last, because it gives space back, or because a
/// person asked for it.
template <class T>
constexpr bool kGivesBack =
    kIsOneOf<T, account::RevokeToken, account::ErasePersonal, actor::DeleteVersion, actor::Delete,
             build::Abort, build::Delete, build::ErasePersonal, run::Abort, run::Delete,
             run::ErasePersonal, storage::Delete, host::Drain>;

}  // namespace

ports::Need need_of(const Submission& submission) {
  if (submission.principal.kind == PrincipalKind::kSystem) return ports::Need::kReport;
  const bool gives_back = std::visit(
      [](const auto& family) {
        return std::visit([](const auto& each) { return kGivesBack<std::decay_t<decltype(each)>>; },
                          family);
      },
      submission.command);
  return gives_back ? ports::Need::kLess : ports::Need::kMore;
}

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
