#include "engine/executor/parking.h"

#include <utility>

namespace actuary::engine::executor {

void Parking::put(Submission submission) {
  const StreamId target = target_of(submission.command);
  ++counts_[target];
  pinned_.insert(target);
  waiting_.push_back({target, std::move(submission)});
}

void Parking::offer(const std::function<bool(Submission&)>& decide) {
  std::set<StreamId> blocked;
  for (auto each = waiting_.begin(); each != waiting_.end();) {
    if (blocked.contains(each->target) || !decide(each->submission)) {
      blocked.insert(each->target);
      ++each;
      continue;
    }
    unpin(each->target);
    each = waiting_.erase(each);
  }
}

std::vector<Submission> Parking::take_if(const std::function<bool(const Submission&)>& matches) {
  std::vector<Submission> taken;
  for (auto each = waiting_.begin(); each != waiting_.end();) {
    if (!matches(each->submission)) {
      ++each;
      continue;
    }
    unpin(each->target);
    taken.push_back(std::move(each->submission));
    each = waiting_.erase(each);
  }
  return taken;
}

std::vector<StreamId> Parking::wanted(
    const std::function<std::vector<StreamId>(const Command&)>& missing, std::size_t count) const {
  std::set<StreamId> targets;
  std::set<StreamId> streams;
  for (const Parked& each : waiting_) {
    if (streams.size() >= count) break;
    if (!targets.insert(each.target).second) continue;
    for (const StreamId& stream : missing(each.submission.command)) streams.insert(stream);
  }
  return {streams.begin(), streams.end()};
}

void Parking::unpin(const StreamId& target) {
  const auto count = counts_.find(target);
  if (--count->second > 0) return;
  counts_.erase(count);
  pinned_.erase(target);
}

}  // namespace actuary::engine::executor
