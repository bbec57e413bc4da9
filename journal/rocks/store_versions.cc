#include "journal/codec/record_codec.h"
#include "journal/rocks/store.h"

/// Who wrote before, and whether this program understands it.
namespace actuary::journal::rocks {

/// The last record is of the last writer, and its header says what that one knew.
Result<bool> Store::is_of_newer_writer() const {
  if (head_.position == 0) return false;
  TRY(stored, read_stored(head_.position));
  return codec::schema_of(stored) > codec::kSchema;
}

/// The last writer says who may read; an earlier one said no more, or the last one would not have
/// been let in. Damage is left to whoever needs what is damaged.
Status Store::check_last_claim() const {
  TRY(newer, is_of_newer_writer());
  if (!newer) return {};
  const StreamId system = record::system_stream();
  const auto last = last_version(system);
  for (Version version = last.value_or(0); version > 0; --version) {
    const auto position = indexed(system, version);
    if (!position || *position == 0) continue;
    const auto stored = read_stored(*position);
    if (!stored && stored.error().code == Code::kUnavailable) {
      return tl::make_unexpected(stored.error());
    }
    const auto outline = codec::decode_outline(stored.value_or(Bytes{}), *position);
    if (!outline || !outline->is_claim()) continue;
    const auto claim = codec::decode_record(*stored, *position);
    if (claim || claim.error().code != Code::kNewerVersion) return {};
    return tl::make_unexpected(claim.error());
  }
  return {};
}

Status Store::check_writers() const {
  TRY(newer, is_of_newer_writer());
  if (!newer) return {};
  const StreamId system = record::system_stream();
  Position from = first();
  TRY(last, last_version(system));
  for (Version version = last; version > 0; --version) {
    TRY(position, indexed(system, version));
    if (position < from) break;
    TRY(stored, read_stored(position));
    if (codec::schema_of(stored) > codec::kSchema) continue;
    from = position;
    break;
  }
  Status problem;
  TRY_VOID(scan_stored(from, head_.position, [&](Position position, BytesView stored) {
    if (codec::schema_of(stored) <= codec::kSchema) return true;
    problem = codec::decode_record(stored, position).map([](const Record&) {});
    return problem.has_value();
  }));
  return problem.map_error([](Error error) {
    error.detail = "the journal can be looked at and not written: " + error.detail;
    return error;
  });
}

}  // namespace actuary::journal::rocks
