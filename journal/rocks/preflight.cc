#include "journal/rocks/preflight.h"

#include <openssl/rand.h>

#include <algorithm>

#include "journal/journal.h"
#include "journal/rocks/store.h"
#include "journal/witness/aside.h"

namespace actuary::journal::rocks {
namespace {

using witness::Evidence;
using witness::Relation;
using witness::Testimony;

/// Before there were witnesses: nothing to compare with, or one that an upgrade left when it did
/// not finish and that the old program, which knows of none, has outrun.
bool unwitnessed(const Store& store, const std::optional<Evidence>& evidence) {
  if (store.format() > kFormatWithoutWitness) return false;
  return !evidence || evidence->slots.front().last < store.head().position;
}

Result<Testimony> testify(const Store& store) {
  Testimony end = store.end();
  if (end.first == 0) end.first = std::max<Position>(end.last, 1);
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

Status compare_with(const Evidence& evidence, const Store& store, Plan& plan) {
  if (evidence.owner.id != store.id()) {
    return fail(Code::kCorrupt, "the witness is of journal " + evidence.owner.id +
                                    ", the store is journal " + store.id() +
                                    "; nothing was changed. Put back what belongs together");
  }
  const auto [relation, adopt] = witness::compare(store.end(), evidence);
  plan.relation = relation;
  plan.adopt = adopt;
  plan.carried = evidence.slots;
  switch (relation) {
    case Relation::kGone:
    case Relation::kOther:
    case Relation::kStale:
      return tl::make_unexpected(witness::refusal(relation, store.end(), evidence, "records"));
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

/// So that the loss is named even when the store cannot be read at all.
Error with_what_was_seen(Error error, const std::optional<Evidence>& evidence) {
  if (evidence && error.code == Code::kCorrupt) {
    const Testimony& newest = evidence->slots.front();
    error.detail += "; the witness saw record " + std::to_string(newest.last) + " of term " +
                    std::to_string(newest.term) + "; nothing was changed";
  }
  return error;
}

}  // namespace

std::string witness_path(const std::string& directory) { return directory + "/witness"; }

Result<Plan> preflight(const std::string& directory) {
  TRY(evidence, witness::read(witness_path(directory)));
  TRY(store, Store::open_read_only(directory).map_error(
                 [&](Error error) { return with_what_was_seen(std::move(error), evidence); }));
  Plan plan{.format = store->format(), .end = store->head().position};
  if (unwitnessed(*store, evidence)) {
    TRY(end, testify(*store));
    plan.carried = {std::move(end)};
  } else if (!evidence) {
    return fail(Code::kCorrupt, directory + " has lost its witness: records after " +
                                    std::to_string(plan.end) +
                                    " may be missing; nothing was changed. Put the file witness "
                                    "back, or restore a backup");
  } else {
    TRY_VOID(store->tree_status().map_error(
        [&](Error error) { return with_what_was_seen(std::move(error), evidence); }));
    TRY_VOID(compare_with(*evidence, *store, plan));
  }
  TRY(nonce, new_nonce());
  const std::uint64_t before = evidence ? evidence->owner.term : 0;
  plan.owner = {store->id(), std::max(before, store->head().term) + 1, nonce};
  return plan;
}

Status keep_as_found(const Plan& plan, const std::string& directory) {
  const std::string to = directory + "/aside-" + std::to_string(plan.end) + "-" +
                         std::to_string(plan.carried.front().last);
  return witness::copy_aside(directory + "/store", witness_path(directory), to);
}

Result<std::unique_ptr<witness::Witness>> carry_out(const Plan& plan, const std::string& directory,
                                                    Store& store) {
  for (const Testimony& batch : plan.adopt) TRY_VOID(store.adopt(batch));
  TRY(witness, witness::Witness::claim(witness_path(directory), plan.owner, plan.carried));
  if (plan.format < kFormat) TRY_VOID(store.set_format(kFormat));
  return witness;
}

}  // namespace actuary::journal::rocks
