#include "journal/witness/preflight.h"

#include <openssl/rand.h>

#include <algorithm>
#include <array>

#include "journal/witness/aside.h"

namespace actuary::journal::witness {
namespace {

/// Before there were witnesses: nothing to compare with, or one that an upgrade left when it did
/// not finish and that the old program, which knows of none, has outrun.
bool unwitnessed(const Place& place, const Witnessed& store,
                 const std::optional<Evidence>& evidence) {
  if (store.format() > place.format_without_witness) return false;
  return !evidence || evidence->slots.front().last < store.end().last;
}

Result<Testimony> testify(const Witnessed& store) {
  Testimony end = store.end();
  if (end.first == 0) end.first = std::max<std::uint64_t>(end.last, 1);
  TRY_VOID(store.read_batch(end));
  return end;
}

Result<std::uint64_t> new_nonce() {
  std::uint64_t nonce = 0;
  if (RAND_bytes(reinterpret_cast<unsigned char*>(&nonce), sizeof(nonce)) != 1) {
    return fail(Code::kUnavailable, "no random bytes for the writer's term");
  }
  return nonce;
}

Status compare_ids(const Place& place, const Evidence& evidence, const Witnessed& store) {
  // An upgrade that did not finish may have left a witness before the store knew its id.
  const bool upgrading = store.id().empty() && store.format() <= place.format_without_witness;
  if (upgrading || evidence.owner.id == store.id()) return {};
  return fail(Code::kCorrupt, place.witness + " is the witness of store " + evidence.owner.id +
                                  ", but " + place.store + " is store " + store.id() +
                                  "; nothing was changed. Put back what belongs together");
}

Status compare_ends(const Place& place, const Evidence& evidence, const Witnessed& store,
                    Plan& plan) {
  TRY_VOID(compare_ids(place, evidence, store));
  const auto [relation, adopt] = compare(store.end(), evidence);
  plan.relation = relation;
  plan.adopt = adopt;
  plan.carried = evidence.slots;
  switch (relation) {
    case Relation::kGone:
    case Relation::kOther:
    case Relation::kStale:
      return tl::make_unexpected(refusal(relation, store.end(), evidence, place.records));
    case Relation::kStoreAhead: {
      TRY(newest, testify(store));
      plan.carried = {std::move(newest), evidence.slots.front()};
      return {};
    }
    case Relation::kBehind:
    case Relation::kLost:
      return store.check_adoption(adopt);
    case Relation::kEqual:
      return {};
  }
  return {};
}

}  // namespace

Result<Plan> compare_with_witness(const Place& place, const std::optional<Evidence>& evidence,
                                  const Witnessed& store) {
  Plan plan{.format = store.format(), .end = store.end().last};
  if (unwitnessed(place, store, evidence)) {
    TRY(end, testify(store));
    plan.carried = {std::move(end)};
  } else if (!evidence) {
    return fail(Code::kCorrupt, place.directory + " has lost its witness: " + place.records +
                                    " after " + std::to_string(plan.end) +
                                    " may be missing; nothing was changed. Put the file witness "
                                    "back, or restore a backup");
  } else {
    TRY_VOID(store.sound().map_error(
        [&](Error error) { return with_what_was_seen(std::move(error), place, evidence); }));
    TRY_VOID(compare_ends(place, *evidence, store, plan));
  }
  TRY(nonce, new_nonce());
  TRY(fresh_id, new_store_id());
  const std::string& known_id = evidence && store.id().empty() ? evidence->owner.id : store.id();
  const std::string& id = known_id.empty() ? fresh_id : known_id;
  const std::uint64_t before = evidence ? evidence->owner.term : 0;
  plan.owner = {id, std::max(before, store.end().term) + 1, nonce};
  return plan;
}

Error with_what_was_seen(Error error, const Place& place, const std::optional<Evidence>& evidence) {
  if (evidence && error.code == Code::kCorrupt) {
    const Testimony& newest = evidence->slots.front();
    error.detail += "; the witness saw " + place.records + " up to " + std::to_string(newest.last) +
                    " of term " + std::to_string(newest.term) + "; nothing was changed";
  }
  return error;
}

Status keep_as_found(const Plan& plan, const Place& place) {
  if (plan.relation != Relation::kLost) return {};
  const std::string to = place.directory + "/aside-" + std::to_string(plan.end) + "-" +
                         std::to_string(plan.carried.front().last);
  return copy_aside(place.store, place.witness, to);
}

Result<std::unique_ptr<Witness>> carry_out(const Plan& plan, const Place& place, Witnessed& store) {
  for (const Testimony& batch : plan.adopt) TRY_VOID(store.adopt(batch));
  TRY(witness, Witness::claim(place.witness, plan.owner, plan.carried));
  if (plan.format < place.format) TRY_VOID(store.set_format(place.format, plan.owner.id));
  return witness;
}

Result<std::string> new_store_id() {
  std::array<unsigned char, 16> random{};
  if (RAND_bytes(random.data(), static_cast<int>(random.size())) != 1) {
    return fail(Code::kUnavailable, "no random bytes for the store's id");
  }
  return to_hex({reinterpret_cast<const char*>(random.data()), random.size()});
}

}  // namespace actuary::journal::witness
