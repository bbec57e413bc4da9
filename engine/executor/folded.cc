#include "engine/executor/folded.h"

#include <initializer_list>

namespace actuary::engine::executor {
namespace {

/// After one of these nothing of the stream is asked for any more, so that it needs no history.
bool ends_for_ever(const events::Event& event) {
  return std::holds_alternative<events::RunDeleted>(event) ||
         std::holds_alternative<events::StorageDeleted>(event) ||
         std::holds_alternative<events::BuildDeleted>(event) ||
         std::holds_alternative<events::ActorDeleted>(event);
}

const run::Finished* finished_run(const Aggregates& aggregates, const run::Command& command) {
  const auto* wish = std::get_if<run::Delete>(&command);
  return wish ? std::get_if<run::Finished>(&aggregates.run(wish->run_id)) : nullptr;
}

}  // namespace

Folded::Folded(Image image)
    : rule_(image.rule), aggregates_(std::move(image.slots)), directory_(std::move(image.tables)) {
  for (const auto& [stream, slot] : aggregates_.slots()) {
    if (const auto at = leaves_at(slot)) leaving_.emplace(*at, stream);
  }
}

void Folded::apply(const Record& record) {
  if (const Slot* before = aggregates_.find(record.stream)) {
    if (const auto at = leaves_at(*before)) leaving_.erase({*at, record.stream});
  }
  aggregates_.evolve(record);
  directory_.apply(record);
  if (const auto at = leaves_at(*aggregates_.find(record.stream))) {
    leaving_.emplace(*at, record.stream);
  }
}

void Folded::settle(Position durable, const std::set<StreamId>& pinned) {
  for (auto each = leaving_.begin(); each != leaving_.end() && each->first <= durable;) {
    const StreamId stream = each->second;
    if (pinned.contains(stream)) {
      ++each;
      continue;
    }
    each = leaving_.erase(each);
    leave(stream);
  }
}

Status Folded::replay(const Record& record, const journal::Reader& history) {
  const bool left = record.version > 1 && !holds(record.stream);
  if (left && ends_for_ever(record.event)) {
    directory_.apply(record);
  } else {
    if (left) {
      TRY(slot, read_slot(history, record.stream, record.position));
      recall(record.stream, std::move(slot));
    }
    apply(record);
  }
  settle(record.position);
  return {};
}

std::vector<StreamId> Folded::missing(const Command& command) const {
  std::vector<StreamId> streams;
  if (is_about_the_present(command)) return streams;
  const auto want = [&](const StreamId& stream) {
    if (!holds(stream)) streams.push_back(stream);
  };
  const auto want_storages = [&](std::initializer_list<StorageId> ids) {
    for (const StorageId& id : ids) {
      if (!id.nil()) want(stream_of(id));
    }
  };
  want(target_of(command));
  if (const auto* of_run = std::get_if<run::Command>(&command)) {
    if (const auto* start = std::get_if<run::Start>(of_run)) {
      want_storages({start->key_value_store_id, start->dataset_id, start->request_queue_id});
    } else if (const auto* run = finished_run(aggregates_, *of_run)) {
      want_storages(
          {run->facts.key_value_store_id, run->facts.dataset_id, run->facts.request_queue_id});
    }
  }
  return streams;
}

void Folded::recall(const StreamId& stream, Slot slot) {
  if (holds(stream)) return;
  if (const auto* state = std::get_if<storage::State>(&slot.state)) {
    if (const auto* present = std::get_if<storage::Present>(state)) {
      directory_.recall(present->created.storage_id,
                        {present->created.user_id, present->created.kind, present->name});
    }
  }
  if (const auto at = leaves_at(slot)) leaving_.emplace(*at, stream);
  aggregates_.put(stream, std::move(slot));
}

Folded::Image Folded::image(Position at) const {
  Image image{rule_, at, {}, directory_.tables()};
  for (const auto& [stream, slot] : aggregates_.slots()) {
    const auto leaves = leaves_at(slot);
    if (!leaves || *leaves > at) {
      image.slots.emplace_hint(image.slots.end(), stream, slot);
    } else if (stream.kind == StreamKind::kStorage) {
      image.tables.storages.erase(StorageId::parse(stream.id.view()).value());
    }
  }
  return image;
}

std::optional<Position> Folded::leaves_at(const Slot& slot) const {
  switch (rest_of(slot.state)) {
    case Rest::kAwake:
      return std::nullopt;
    case Rest::kOver:
      return slot.last + rule_.linger;
    case Rest::kGone:
      return slot.last;
  }
  return std::nullopt;
}

void Folded::leave(const StreamId& stream) {
  aggregates_.forget(stream);
  if (stream.kind == StreamKind::kStorage) {
    directory_.forget(StorageId::parse(stream.id.view()).value());
  }
}

bool is_about_the_present(const Command& command) {
  if (const auto* of_run = std::get_if<run::Command>(&command)) {
    return std::holds_alternative<run::ReportFenced>(*of_run) ||
           std::holds_alternative<run::ReportStarted>(*of_run) ||
           std::holds_alternative<run::ReportStartFailed>(*of_run) ||
           std::holds_alternative<run::ReportExited>(*of_run) ||
           std::holds_alternative<run::DeadlineReached>(*of_run);
  }
  const auto* of_build = std::get_if<build::Command>(&command);
  return of_build != nullptr && (std::holds_alternative<build::ReportBuilt>(*of_build) ||
                                 std::holds_alternative<build::ReportFailed>(*of_build) ||
                                 std::holds_alternative<build::DeadlineReached>(*of_build));
}

Result<Slot> read_slot(const journal::Reader& journal, const StreamId& stream, Position before) {
  TRY(records, journal.read_stream(stream));
  Slot slot = absent_slot(stream.kind);
  for (const Record& record : records) {
    if (record.position >= before) break;
    evolve(slot, record);
  }
  return slot;
}

}  // namespace actuary::engine::executor
