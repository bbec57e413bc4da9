#pragma once

#include <functional>
#include <list>
#include <map>
#include <set>
#include <vector>

#include "engine/executor/inbox.h"

namespace actuary::engine::executor {

/// Commands whose streams are being read. Those of one stream keep their order: while one waits,
/// later ones wait behind it.
class Parking {
 public:
  [[nodiscard]] bool full() const { return waiting_.size() >= kParkedMax; }
  [[nodiscard]] bool empty() const { return waiting_.empty(); }
  [[nodiscard]] bool holds(const StreamId& stream) const { return pinned_.contains(stream); }
  /// Streams that must stay in memory until their commands were decided.
  [[nodiscard]] const std::set<StreamId>& pinned() const { return pinned_; }

  void put(Submission submission);
  /// Offers every command that is the first of its stream; `decide` says whether it took it.
  void offer(const std::function<bool(Submission&)>& decide);
  /// Takes every command that `matches`.
  [[nodiscard]] std::vector<Submission> take_if(
      const std::function<bool(const Submission&)>& matches);
  /// What the commands that are first of their streams miss, at most about `count`.
  [[nodiscard]] std::vector<StreamId> wanted(
      const std::function<std::vector<StreamId>(const Command&)>& missing, std::size_t count) const;

  /// Past it commands of people are refused; reports never wait here. As many as the inbox takes:
  /// what creates something waits here too.
  static constexpr std::size_t kParkedMax = kInboxMax;

 private:
  struct Parked {
    StreamId target;
    Submission submission;
  };
  void unpin(const StreamId& target);

  std::list<Parked> waiting_;
  std::map<StreamId, std::size_t> counts_;
  std::set<StreamId> pinned_;  ///< the keys of `counts_`
};

}  // namespace actuary::engine::executor
