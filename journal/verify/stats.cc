#include "journal/verify/stats.h"

#include <algorithm>

#include "journal/codec/record_codec.h"

namespace actuary::journal::verify {
namespace {

constexpr std::uint64_t kTellEvery = 65'536;

void add(Share& share, std::size_t bytes) {
  ++share.records;
  share.bytes += bytes;
}

void add(Stats& stats, const Record& record, std::string_view event, std::size_t bytes) {
  const Timestamp at = record.recorded_at.utc;
  if (stats.all.records == 0) stats.earliest = stats.latest = at;
  stats.earliest = std::min(stats.earliest, at);
  stats.latest = std::max(stats.latest, at);
  add(stats.all, bytes);
  add(stats.by_event[event], bytes);
  add(stats.by_stream[to_string(record.stream.kind)], bytes);
  if (record.version == 1) ++stats.streams;
  if (std::holds_alternative<events::TermClaimed>(record.event)) ++stats.terms;
  if (!record.command.empty()) ++stats.commands;
}

}  // namespace

Result<Stats> count(const Reader& journal, const std::function<void(std::uint64_t)>& progress) {
  const Head head = journal.head();
  Stats stats;
  Status damage;
  TRY_VOID(journal.scan_stored(1, [&](Position at, BytesView stored) {
    if (at > head.position) return false;
    const auto record = codec::decode_record(stored, at);
    const bool newer = !record && record.error().code == Code::kNewerVersion;
    const auto outline = newer ? codec::decode_outline(stored, at) : Result<codec::Outline>();
    if (!record && (!newer || !outline)) {
      damage = tl::make_unexpected(record.error());
      return false;
    }
    newer ? add(stats, outline->record, "unknown", stored.size())
          : add(stats, *record, events::name_of(record->event), stored.size());
    if (progress && stats.all.records % kTellEvery == 0) progress(stats.all.records);
    return true;
  }));
  TRY_VOID(damage);
  return stats;
}

}  // namespace actuary::journal::verify
