// Appends what only a newer program knows, as that program would: append_newer JOURNAL [revoke]
#include <cstdio>
#include <future>

#include "journal/rocks/rocks_journal.h"
#include "tests/journal/stored_as.h"

namespace {

using namespace actuary;  // NOLINT(google-build-using-namespace): a program of one file

/// An event of a number that no schema has yet; everything else as this program writes it.
Result<Bytes> encode(const Record& record) {
  const bool newer = std::holds_alternative<events::CommandNoted>(record.event);
  return tests::stored_as(
      newer ? tests::with_event_type(record, 200) : journal::codec::encode_table(record),
      journal::codec::kSchema + 1);
}

Result<Position> append(journal::Journal& journal, Record record) {
  record.position = journal.head().position + 1;
  record.version = journal.version_of(record.stream) + 1;
  std::promise<Result<Position>> answer;
  journal.append({std::move(record)},
                 [&](Result<Position> done) { answer.set_value(std::move(done)); });
  return answer.get_future().get();
}

/// The tokens that there are, revoked by records that today's program would understand.
Status revoke_all(journal::Journal& journal, std::uint64_t term) {
  std::vector<Record> created;
  TRY_VOID(journal.scan(1, [&](const Record& record) {
    if (std::holds_alternative<events::TokenCreated>(record.event)) created.push_back(record);
    return record.term < term;
  }));
  for (Record& record : created) {
    record.term = term;
    record.event = events::TokenRevoked{std::get<events::TokenCreated>(record.event).token_id};
    TRY_VOID(append(journal, record).map([](Position) {}));
  }
  return {};
}

Result<Position> append_newer(const std::string& path, bool revokes) {
  TRY(journal, journal::rocks::RocksJournal::open({.path = path, .encode = encode}));
  Record claim;
  claim.term = journal->head().term + 1;
  claim.event = events::TermClaimed{.term = claim.term, .program = "actuary of tomorrow"};
  TRY_VOID(append(*journal, claim).map([](Position) {}));
  Record news;
  news.term = claim.term;
  news.stream = stream_of(RunId::parse("RunOfTomorrow0001").value());
  news.event = events::CommandNoted{"news"};
  TRY(last, append(*journal, news));
  if (revokes) TRY_VOID(revoke_all(*journal, claim.term));
  return last;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return std::fputs("usage: append_newer JOURNAL [revoke]\n", stderr), 64;
  const auto appended = append_newer(argv[1], argc > 2);
  if (!appended) std::fprintf(stderr, "%s\n", appended.error().detail.c_str());
  return appended ? 0 : 1;
}
