#include "journal/upcast/upcast.h"

namespace actuary::journal::upcast {

/// No member has changed its meaning without showing it: a personal text that was sealed says so
/// itself. The first that does stands here, with its golden journal.
std::span<const Upcaster> upcasters() { return {}; }

void raise(std::span<const Upcaster> table, std::uint16_t schema, Record& record) {
  for (const Upcaster& each : table) {
    if (schema < each.below && record.event.index() == each.type) each.raise(record);
  }
}

}  // namespace actuary::journal::upcast
