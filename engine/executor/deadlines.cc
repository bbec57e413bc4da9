#include "engine/executor/deadlines.h"

namespace actuary::engine::executor {
namespace {

/// A deadline from another boot keeps its distance in UTC.
Microseconds on_this_boot(const Instant& due, const Instant& now) {
  if (due.boot_id == now.boot_id) return due.boot;
  return now.boot + (due.utc - now.utc);
}

}  // namespace

void Deadlines::set(const StreamId& stream, const std::optional<Instant>& due, const Instant& now) {
  if (const auto known = due_.find(stream); known != due_.end()) {
    order_.erase({known->second, stream});
    due_.erase(known);
  }
  if (!due) return;
  const Microseconds key = on_this_boot(*due, now);
  order_.emplace(key, stream);
  due_.emplace(stream, key);
}

std::vector<StreamId> Deadlines::take_due(const Instant& now, std::size_t most) {
  std::vector<StreamId> streams;
  while (streams.size() < most && !order_.empty() && order_.begin()->first <= now.boot) {
    streams.push_back(order_.begin()->second);
    due_.erase(order_.begin()->second);
    order_.erase(order_.begin());
  }
  return streams;
}

std::optional<Microseconds> Deadlines::next_in(const Instant& now) const {
  if (order_.empty()) return std::nullopt;
  return std::max(Microseconds{0}, order_.begin()->first - now.boot);
}

}  // namespace actuary::engine::executor
