#include "projections/rows/read_model.h"

namespace actuary::projections::rows {

Result<std::optional<Bytes>> RowWriter::get(BytesView key) const {
  const auto changed = changes_.find(key);
  if (changed != changes_.end()) return changed->second;
  return store_.get(key);
}

}  // namespace actuary::projections::rows
