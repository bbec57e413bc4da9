#include "journal/verify/acknowledged.h"

#include "journal/rocks/preflight.h"

namespace actuary::journal::verify {
namespace {

using witness::Evidence;
using witness::Relation;

std::string range(Position from, Position to) {
  return from == to ? std::to_string(from) : std::to_string(from) + ".." + std::to_string(to);
}

/// Whether somebody has written since `before` was read: then the store may be ahead of it.
bool goes_on(const std::string& witness, const Evidence& before) {
  const auto now = witness::read(witness);
  return now && *now && (*now)->slots.front().last > before.slots.front().last;
}

std::optional<Fault> missing(const witness::Plan& plan) {
  if (plan.relation != Relation::kLost) return std::nullopt;
  const Position last = plan.adopt.back().last;
  return Fault{plan.end + 1, "records " + range(plan.end + 1, last) +
                                 " are missing from the store, and at least the first of them was "
                                 "acknowledged; the witness has them, and the next start of the "
                                 "engine puts them back"};
}

}  // namespace

Result<Acknowledged> open_beside_witness(const std::string& path) {
  const witness::Place place = rocks::place_of(path);
  Acknowledged found;
  auto evidence = witness::read(place.witness);
  if (!evidence && evidence.error().code != Code::kCorrupt) {
    return tl::make_unexpected(evidence.error());
  }
  auto journal = rocks::RocksReader::open(path);
  if (!evidence) {
    if (journal) found.journal = std::move(*journal);
    found.fault = Fault{0, evidence.error().detail};
    return found;
  }
  if (*evidence) found.witnessed = (*evidence)->slots.front().last;
  if (!journal && journal.error().code != Code::kCorrupt) {
    return tl::make_unexpected(journal.error());
  }
  if (!journal) {
    found.fault = Fault{0, witness::with_what_was_seen(journal.error(), place, *evidence).detail};
    return found;
  }
  found.journal = std::move(*journal);
  const Position end = found.journal->head().position;
  const auto plan = found.journal->compare(path, *evidence);
  if (plan) {
    found.fault = missing(*plan);
  } else if (plan.error().code != Code::kCorrupt) {
    return tl::make_unexpected(plan.error());
  } else if (!*evidence || end <= found.witnessed || !goes_on(place.witness, **evidence)) {
    found.fault = Fault{std::min(end, found.witnessed) + 1, plan.error().detail};
  }
  return found;
}

}  // namespace actuary::journal::verify
