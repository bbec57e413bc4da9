#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "journal/journal.h"
#include "tests/support/sim_random.h"

/// Long histories that nobody has to live through: records as the engine writes them, without
/// deciding anything.
namespace actuary::tests::support {

struct SyntheticOptions {
  std::uint64_t archived = 1000;  ///< runs that succeeded: 9 records each, with their storages'
  std::uint64_t active = 10;      ///< runs that are live, spread evenly between the others: 7 each
  std::uint64_t seed = 1;
  std::size_t image_config_bytes = 200;
};

/// Makes the records of a term, a user, an Actor, its build and its runs, in order.
class Synthetic {
 public:
  explicit Synthetic(SyntheticOptions options);

  /// The next whole runs, at least `count` records unless the end comes first; empty at the end.
  [[nodiscard]] std::vector<Record> next(std::size_t count);

  /// The same ids in every history of one seed.
  [[nodiscard]] RunId archived_run(std::uint64_t index) const;
  [[nodiscard]] RunId active_run(std::uint64_t index) const;

 private:
  void found();
  void archived(std::uint64_t index);
  void active(std::uint64_t index);
  Position begin_run(const RunId& id, std::uint64_t number);
  Position add(const StreamId& stream, events::Event event);
  template <class AnyIdType>
  [[nodiscard]] AnyIdType id_of(char kind, std::uint64_t index) const;

  SyntheticOptions options_;
  std::uint64_t next_archived_ = 0;
  std::uint64_t next_active_ = 0;
  Position position_ = 0;
  Instant now_{Timestamp{Seconds{1'767'225'600}}, Seconds{1000}, 1};
  std::vector<Record> records_;
  UserId user_id_;
  ActorId actor_id_;
  BuildId build_id_;
  std::uint64_t command_ = 0;
  Version run_version_ = 0;
  Version actor_version_ = 0;
  Version build_version_ = 0;
};

/// Appends all of it, a few batches in flight; `progress` is told the position now and then.
[[nodiscard]] Status write_synthetic(journal::Journal& journal, const SyntheticOptions& options,
                                     const std::function<void(Position)>& progress = {});

}  // namespace actuary::tests::support
