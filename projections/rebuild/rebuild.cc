#include "projections/rebuild/rebuild.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "journal/codec/to_json.h"
#include "projections/rows/codec.h"

namespace actuary::projections::rebuild {
namespace {

constexpr Position kProgressEvery = 4096;
constexpr std::size_t kRowsAtOnce = 4096;

using Rows = std::vector<std::pair<Bytes, Bytes>>;

Result<Rows> some_rows(const rows::Store& store, const Bytes& from) {
  Rows rows;
  TRY_VOID(store.scan_rows(from, [&](BytesView key, BytesView value) {
    rows.emplace_back(key, value);
    return rows.size() < kRowsAtOnce;
  }));
  return rows;
}

/// Feeds one pass over the journal to the views and to the decisions.
class Pass {
 public:
  Pass(const journal::Reader& journal, const Wish& wish, runner::Views& views)
      : journal_(journal), wish_(wish), views_(views) {}

  [[nodiscard]] Status run(Position until) {
    Status problem;
    TRY_VOID(journal_.scan(1, [&](const Record& record) {
      if (record.position > until) return false;
      problem = take(record, until);
      return problem.has_value() && !replayer_.divergence() && record.position < until;
    }));
    TRY_VOID(problem);
    if (wish_.decide_again) replayer_.finish();
    return views_.apply(std::exchange(slice_, {}));
  }

  [[nodiscard]] const engine::replay::Replayer& replayer() const { return replayer_; }
  [[nodiscard]] std::optional<Comparison>& comparison() { return comparison_; }

 private:
  [[nodiscard]] Status take(const Record& record, Position until) {
    if (wish_.decide_again) {
      TRY_VOID(replayer_.take(record));
      if (replayer_.divergence()) return {};
    }
    slice_.push_back(record);
    const bool meets = wish_.stored != nullptr && record.position == wish_.stored->applied();
    if (meets || slice_.size() >= runner::kSliceRecordsMax) {
      TRY_VOID(views_.apply(slice_));
      slice_.clear();
    }
    if (meets) TRY_VOID(compare(record.position));
    if (!wish_.progress || (record.position % kProgressEvery != 0 && record.position != until)) {
      return {};
    }
    if (wish_.progress(record.position, until)) return {};
    return fail(Code::kInvalidArgument, "given up at position " + std::to_string(record.position));
  }

  [[nodiscard]] Status compare(Position position) {
    TRY(stored, wish_.stored->digest());
    TRY(rebuilt, views_.digest());
    comparison_ = Comparison{position, stored, rebuilt, std::nullopt};
    if (stored == rebuilt) return {};
    TRY(difference, first_difference(wish_.stored->rows(), views_.rows()));
    comparison_->difference = difference;
    return {};
  }

  const journal::Reader& journal_;
  const Wish& wish_;
  runner::Views& views_;
  engine::replay::Replayer replayer_;
  std::vector<Record> slice_;
  std::optional<Comparison> comparison_;
};

Status check_stored(const runner::Views& stored, const journal::Head& head, Position until) {
  const rows::Checkpoint& found = stored.checkpoint();
  if (found.journal_id != head.id) {
    return fail(Code::kInvalidArgument, "the stored views are of journal " + found.journal_id +
                                            ", this is journal " + head.id);
  }
  if (found.position > until) {
    return fail(Code::kInvalidArgument,
                "the stored views are at position " + std::to_string(found.position) +
                    ", the replay ends at " + std::to_string(until) + ": nothing to compare");
  }
  return {};
}

}  // namespace

Result<std::optional<RowDifference>> first_difference(const rows::Store& stored,
                                                      const rows::Store& rebuilt) {
  using Row = Rows::value_type;
  const auto differs = [](const Row* left, const Row* right) {
    const Bytes& key = left != nullptr ? left->first : right->first;
    const auto value = [](const Row* row) {
      return row != nullptr ? to_hex(row->second) : std::string("missing");
    };
    return std::optional(RowDifference{rows::printable(key), value(left), value(right)});
  };
  Bytes from(1, '\0');
  while (true) {
    TRY(left, some_rows(stored, from));
    TRY(right, some_rows(rebuilt, from));
    const std::size_t both = std::min(left.size(), right.size());
    for (std::size_t i = 0; i < both; ++i) {
      if (left[i] == right[i]) continue;
      if (left[i].first < right[i].first) return differs(&left[i], nullptr);
      if (right[i].first < left[i].first) return differs(nullptr, &right[i]);
      return differs(&left[i], &right[i]);
    }
    if (left.size() > both) return differs(&left[both], nullptr);
    if (right.size() > both) return differs(nullptr, &right[both]);
    if (both < kRowsAtOnce) return std::optional<RowDifference>{};
    from = left.back().first + '\0';
  }
}

Result<Report> replay(const journal::Reader& journal, const Wish& wish) {
  const journal::Head head = journal.head();
  const Position until = wish.until == 0 ? head.position : wish.until;
  if (until > head.position) {
    return fail(Code::kInvalidArgument, "there is no position " + std::to_string(until) +
                                            ": the journal ends at " +
                                            std::to_string(head.position));
  }
  if (wish.stored != nullptr) TRY_VOID(check_stored(*wish.stored, head, until));
  TRY(views, runner::Views::open(wish.scratch));
  TRY_VOID(views->begin(head));
  Pass pass(journal, wish, *views);
  TRY_VOID(pass.run(until));
  Report report;
  report.journal_id = head.id;
  report.position = views->applied();
  TRY(digest, views->digest());
  report.digest = std::move(digest);
  report.counts = pass.replayer().counts();
  report.divergence = pass.replayer().divergence();
  report.comparison = std::move(pass.comparison());
  return report;
}

}  // namespace actuary::projections::rebuild
