#include "projections/rows/read_model.h"

namespace actuary::projections::rows {

Result<std::optional<Bytes>> RowWriter::get(BytesView key) const {
  const auto changed = changes_.find(key);
  if (changed != changes_.end()) return changed->second;
  return store_.get(key);
}

void RowWriter::insert(const Bytes& key, const Bytes& sealed) {
  difference_.add(key, sealed);
  changes_[key] = sealed;
}

void RowWriter::replace(const Bytes& key, const Bytes& before, const Bytes& sealed) {
  difference_.remove(key, before);
  insert(key, sealed);
}

void RowWriter::erase(const Bytes& key, const Bytes& before) {
  difference_.remove(key, before);
  changes_[key] = std::nullopt;
}

}  // namespace actuary::projections::rows
