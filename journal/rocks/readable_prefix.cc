#include "journal/rocks/readable_prefix.h"

#include <algorithm>

#include "journal/codec/record_codec.h"
#include "journal/merkle/proof.h"
#include "journal/rocks/preflight.h"
#include "journal/rocks/store.h"

namespace actuary::journal::rocks {

Result<std::unique_ptr<ReadablePrefix>> ReadablePrefix::open(const std::string& path) {
  const witness::Place place = place_of(path);
  TRY(evidence, witness::read(place.witness));
  TRY(store, Store::open_read_only(path, Store::Writers::kAny).map_error([&](Error error) {
    return witness::with_what_was_seen(std::move(error), place, evidence);
  }));
  TRY_VOID(witness::compare_with_witness(place, evidence, *store).map([](const auto&) {}));
  std::unique_ptr<ReadablePrefix> prefix(new ReadablePrefix(std::move(store)));
  TRY_VOID(prefix->find_end());
  return prefix;
}

ReadablePrefix::ReadablePrefix(std::unique_ptr<Store> store) : store_(std::move(store)) {}
ReadablePrefix::~ReadablePrefix() = default;

/// What this program could have written it understands, so only what is newer is decoded.
Status ReadablePrefix::find_end() {
  Status problem;
  Position end = 0;
  TRY_VOID(store_->scan_stored(1, store_->head().position, [&](Position at, BytesView stored) {
    if (codec::schema_of(stored) > codec::kSchema) {
      problem = codec::decode_record(stored, at).map([](const Record&) {});
    }
    if (problem) end = at;
    return problem.has_value();
  }));
  if (problem) return fail(Code::kInvalidArgument, "all of the journal can be read");
  if (end == 0 || problem.error().code != Code::kNewerVersion) return problem;
  TRY(last, store_->read_within(end, end));
  merkle::Prover prover(store_->head().position,
                        [this](merkle::TileId id) { return store_->tile(id, store_->edge()); });
  TRY(root, prover.root(end));
  head_ = {end, last.term, store_->id(), store_->format(), root, store_->first()};
  why_ = problem.error().detail;
  const std::string writer = writer_of(end + 1);
  if (!writer.empty()) why_ += ". It was written by " + writer;
  return {};
}

std::string ReadablePrefix::writer_of(Position position) const {
  const StreamId system = record::system_stream();
  for (Version version = store_->last_version(system).value_or(0); version > 0; --version) {
    const Position at = store_->indexed(system, version).value_or(0);
    if (at == 0 || at > position) continue;
    const auto record = store_->read_within(at, at);
    if (!record) continue;
    if (const auto* claim = std::get_if<events::TermClaimed>(&record->event)) return claim->program;
  }
  return {};
}

Status ReadablePrefix::scan_beyond(const Visit& visit) const {
  const auto scanned = [&](Position at, BytesView stored) {
    const auto record = codec::decode_record(stored, at);
    return !record || visit(*record);
  };
  return store_->scan_stored(head_.position + 1, store_->head().position, scanned);
}

void ReadablePrefix::append(std::vector<Record> /*batch*/, Done done) {
  done(fail(Code::kUnavailable, "nothing is appended: " + why_));
}

Version ReadablePrefix::version_of(const StreamId& stream) const {
  Version below = 0;
  Version last = store_->last_version(stream).value_or(0);
  while (below < last) {
    const Version middle = below + (last - below + 1) / 2;
    const Position at = store_->indexed(stream, middle).value_or(0);
    if (at != 0 && at <= head_.position) {
      below = middle;
    } else {
      last = middle - 1;
    }
  }
  return below;
}

/// The store refuses to end before its own end, so it is left at ours.
Status ReadablePrefix::scan(Position from, const Visit& visit) const {
  if (from > head_.position) return {};
  return store_->scan(from, store_->head().position, [&](const Record& record) {
    return visit(record) && record.position < head_.position;
  });
}

Status ReadablePrefix::scan_stored(Position from, const VisitStored& visit) const {
  if (from > head_.position) return {};
  return store_->scan_stored(from, store_->head().position, [&](Position at, BytesView stored) {
    return visit(at, stored) && at < head_.position;
  });
}

Result<Record> ReadablePrefix::read(Position position) const {
  return store_->read_within(position, head_.position);
}

Result<std::vector<Record>> ReadablePrefix::read_stream(const StreamId& stream) const {
  std::vector<Record> records;
  const Version last = version_of(stream);
  while (records.size() < last) {
    TRY(at, store_->indexed(stream, records.size() + 1));
    TRY(record, read(at));
    records.push_back(std::move(record));
  }
  return records;
}

/// The tree of a prefix has the same hashes, and fewer of them.
Result<Bytes> ReadablePrefix::tile(merkle::TileId id) const {
  const std::size_t width = merkle::tile_width(id, head_.position);
  if (width == 0) return fail(Code::kNotFound, "the tree has no such tile");
  TRY(whole, store_->tile(id, store_->edge()));
  whole.resize(std::min(whole.size(), width * merkle::kHashBytes));
  return whole;
}

}  // namespace actuary::journal::rocks
