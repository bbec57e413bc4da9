#include "journal/witness/compare.h"

#include <algorithm>

namespace actuary::journal::witness {
namespace {

/// An unknown root agrees with every other.
bool agree(const Root& one, const Root& other) {
  const Root unknown{};
  return one == other || one == unknown || other == unknown;
}

std::string range(std::uint64_t from, std::uint64_t to) {
  return from == to ? std::to_string(from) : std::to_string(from) + ".." + std::to_string(to);
}

}  // namespace

// From the top: the first row that fits.
Comparison compare(const Testimony& end, const Evidence& evidence) {
  const Testimony& newest = evidence.slots.front();
  const Testimony* const older = evidence.slots.size() > 1 ? &evidence.slots[1] : nullptr;
  const bool follow = older != nullptr && older->last + 1 == newest.first &&
                      agree(older->after, newest.before) && older->whole() && newest.whole();

  const bool same_place = end.last == newest.last;
  const bool next_place = end.last > newest.last && end.first == newest.last + 1;
  const bool before_newest = end.last + 1 == newest.first;
  const bool before_both = older != nullptr && end.last + 1 == older->first;

  if (same_place && agree(end.after, newest.after)) return {Relation::kEqual, {}};
  if (same_place) return {Relation::kOther, {}};
  if (next_place && agree(end.before, newest.after)) return {Relation::kStoreAhead, {}};
  if (next_place) return {Relation::kOther, {}};
  if (end.last > newest.last) return {Relation::kStale, {}};
  if (before_newest && !agree(end.after, newest.before)) return {Relation::kOther, {}};
  if (before_newest && newest.whole()) return {Relation::kBehind, {newest}};
  if (before_both && !agree(end.after, older->before)) return {Relation::kOther, {}};
  if (before_both && follow) return {Relation::kLost, {*older, newest}};
  return {Relation::kGone, {}};
}

Error refusal(Relation relation, const Testimony& end, const Evidence& evidence,
              const std::string& records) {
  const Testimony& newest = evidence.slots.front();
  const std::string here = std::to_string(end.last);
  const std::string seen = std::to_string(newest.last) + " of term " + std::to_string(newest.term);
  switch (relation) {
    case Relation::kEqual:
    case Relation::kStoreAhead:
    case Relation::kBehind:
    case Relation::kLost:
      break;
    case Relation::kGone:
      return {Code::kCorrupt, records + " " + range(end.last + 1, newest.last) +
                                  " are missing: the store ends at " + here + ", the witness saw " +
                                  seen + "; nothing was changed. Restore a backup that has them"};
    case Relation::kOther:
      return {Code::kCorrupt, records + " up to " +
                                  std::to_string(std::min(end.last, newest.last)) +
                                  " are not those that were acknowledged: their hash is not the "
                                  "one that the witness saw with " +
                                  seen + "; nothing was changed. Restore a backup"};
    case Relation::kStale:
      return {Code::kCorrupt, "the witness ends at " + std::to_string(newest.last) +
                                  ", more than one batch before the store, which has " + here +
                                  " " + records +
                                  ": it is an older copy and proves nothing; nothing was "
                                  "changed. Put back the witness that belongs to this store"};
  }
  return {Code::kCorrupt, "the witness does not belong to this store"};
}

}  // namespace actuary::journal::witness
