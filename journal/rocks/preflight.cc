#include "journal/rocks/preflight.h"

#include "journal/journal.h"
#include "journal/rocks/store.h"

namespace actuary::journal::rocks {

std::string witness_path(const std::string& directory) { return directory + "/witness"; }

witness::Place place_of(const std::string& directory) {
  return {.directory = directory,
          .store = directory + "/store",
          .witness = witness_path(directory),
          .records = "records",
          .format = kFormat,
          .format_without_witness = kFormatWithoutWitness};
}

Result<witness::Plan> preflight(const std::string& directory) {
  const witness::Place place = place_of(directory);
  TRY(evidence, witness::read(place.witness));
  TRY(store, Store::open_read_only(directory).map_error([&](Error error) {
    return witness::with_what_was_seen(std::move(error), place, evidence);
  }));
  TRY_VOID(store->check_writers());
  return witness::compare_with_witness(place, evidence, *store);
}

}  // namespace actuary::journal::rocks
