#include "journal/rocks/rocks_reader.h"

#include "journal/journal.h"
#include "journal/rocks/preflight.h"
#include "journal/rocks/store.h"

namespace actuary::journal::rocks {

Result<std::unique_ptr<RocksReader>> RocksReader::open(const std::string& path) {
  TRY(store, Store::open_read_only(path));
  return std::unique_ptr<RocksReader>(new RocksReader(std::move(store)));
}

RocksReader::RocksReader(std::unique_ptr<Store> store) : store_(std::move(store)) {}
RocksReader::~RocksReader() = default;

Head RocksReader::head() const {
  const StoredHead& head = store_->head();
  return {head.position, head.term, store_->id(), store_->format(), head.root, store_->first()};
}

const std::vector<Archived>& RocksReader::archives() const { return store_->archives(); }

Position RocksReader::first_readable() const { return store_->first_readable(); }

Result<witness::Plan> RocksReader::compare(const std::string& path,
                                           const std::optional<witness::Evidence>& evidence) const {
  return witness::compare_with_witness(place_of(path), evidence, *store_);
}

Version RocksReader::version_of(const StreamId& stream) const {
  return store_->last_version(stream).value_or(0);
}

Status RocksReader::scan(Position from, const Visit& visit) const {
  return store_->scan(from, store_->head().position, visit);
}

Status RocksReader::scan_stored(Position from, const VisitStored& visit) const {
  return store_->scan_stored(from, store_->head().position, visit);
}

Result<Record> RocksReader::read(Position position) const {
  return store_->read_within(position, store_->head().position);
}

Result<std::vector<Record>> RocksReader::read_stream(const StreamId& stream) const {
  return store_->read_stream(stream);
}

Status RocksReader::scan_index(const VisitIndex& visit) const { return store_->scan_index(visit); }

Result<Position> RocksReader::indexed(const StreamId& stream, Version version) const {
  return store_->indexed(stream, version);
}

Result<Bytes> RocksReader::tile(merkle::TileId id) const {
  return store_->tile(id, store_->edge());
}

}  // namespace actuary::journal::rocks
