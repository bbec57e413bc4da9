// Records of older and of newer programs, as they lie in a journal.

#include <gtest/gtest.h>

#include <array>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <limits>
#include <map>

#include "journal/codec/decode.h"
#include "journal/merkle/proof.h"
#include "journal/rocks/readable_prefix.h"
#include "journal/rocks/rocks_journal.h"
#include "journal/rocks/rocks_reader.h"
#include "journal/verify/stats.h"
#include "journal/verify/verify.h"
#include "tests/contract/journal_contract.h"
#include "tests/journal/any_value.h"
#include "tests/journal/folder.h"
#include "tests/journal/stored_as.h"

namespace actuary::tests {
namespace {

namespace rocks = journal::rocks;
namespace upcast = journal::upcast;

/// A described value that a later schema gave one more member.
struct NewerMeta {
  events::Origin origin = events::Origin::kApi;
  std::string client_ip;
  std::string user_agent;
  std::string city;
  ACTUARY_FIELDS(NewerMeta, origin, client_ip, user_agent, city);
};

Record note(std::string text) {
  Record record;
  record.position = 5;
  record.term = 1;
  record.stream = stream_named('a');
  record.version = 3;
  record.event = events::CommandNoted{std::move(text)};
  return record;
}

TEST(Versions, ANewerSchemaIsReadWhereItSaysNothingUnknown) {
  const Record record = note("x");
  const auto read = decode_record(stored_as(encode_table(record), kSchema + 1), 5);
  ASSERT_TRUE(read) << read.error().detail;
  EXPECT_EQ(*read, record);
}

TEST(Versions, FieldsThatAreNewToUsArePassedOver) {
  const NewerMeta newer{events::Origin::kCli, "192.0.2.7", "agent", "Rome"};
  const auto read = journal::codec::decode_table<events::Meta>(encode_table(newer));
  ASSERT_TRUE(read) << read.error().detail;
  EXPECT_EQ(*read, (events::Meta{events::Origin::kCli, "192.0.2.7", "agent"}));
}

TEST(Versions, FieldsThatAreAbsentHaveTheirDefaults) {
  const events::Meta older{events::Origin::kCli, "192.0.2.7", "agent"};
  const auto read = journal::codec::decode_table<NewerMeta>(encode_table(older));
  ASSERT_TRUE(read) << read.error().detail;
  EXPECT_EQ(read->city, "");
  EXPECT_EQ(read->user_agent, "agent");
}

TEST(Versions, AnUnknownEventIsNamedByPositionTypeAndSchemasAndSaysTheCure) {
  const auto read = decode_record(stored_as(with_event_type(note("x"), 200), kSchema + 7), 5);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, Code::kNewerVersion);
  EXPECT_EQ(read.error().detail,
            "record 5: event is of type 200, which nothing here knows (its schema is " +
                std::to_string(kSchema + 7) + ", this program knows " + std::to_string(kSchema) +
                "): use the program that wrote it or a newer one, or restore a backup from before");
}

TEST(Versions, WhatIsKnownAboutAnUnknownEventCanBeShown) {
  const Record record = note("x");
  const Bytes stored = stored_as(with_event_type(record, 200), kSchema + 7);
  const auto outline = decode_outline(stored, 5);
  ASSERT_TRUE(outline) << outline.error().detail;
  EXPECT_EQ(outline->type, 200);
  EXPECT_EQ(outline->schema, kSchema + 7);
  EXPECT_EQ(outline->record.stream, record.stream);
  EXPECT_EQ(outline->record.version, 3U);
  EXPECT_EQ(outline->record.term, 1U);
  const auto shown = to_json(*outline, stored);
  EXPECT_NE(shown.find(R"("event":{"type":"unknown","number":200,"schema":)"), std::string::npos);
  EXPECT_NE(shown.find(R"("stored":")" + to_hex(stored) + "\"}"), std::string::npos)
      << "not a byte is lost";
}

TEST(Versions, AnOutlineOfDamagedBytesIsRefusedAndNeverCrashes) {
  const Bytes stored = stored_as(with_event_type(note("x"), 200), kSchema + 7);
  for (std::size_t length = 0; length < stored.size(); ++length) {
    EXPECT_FALSE(decode_outline(BytesView(stored).substr(0, length), 5));
  }
  std::mt19937_64 random(11);
  for (int i = 0; i < 50'000; ++i) {
    Bytes table = encode_table(note("x"));
    for (int flip = 0; flip < 3; ++flip)
      table[random() % table.size()] = static_cast<char>(random());
    const auto outline = decode_outline(stored_as(table, kSchema), 5);
    if (outline) {
      EXPECT_EQ(outline->record.position, 5U);
    }
  }
}

TEST(Versions, ANewerFormatIsRefusedWithBothNamed) {
  const auto read = decode_record(stored_as(encode_table(note("x")), kSchema, 9), 5);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, Code::kNewerVersion);
  EXPECT_NE(read.error().detail.find("format 9"), std::string::npos);
  EXPECT_NE(read.error().detail.find("knows format"), std::string::npos);
}

// The upcasters of a program in which a note once was called by a number.
constexpr std::size_t kNote = 1;
void spell_out(Record& record) {
  auto& text = std::get<events::CommandNoted>(record.event).command;
  if (text == "1") text = "Abort";
}
void shout(Record& record) {
  auto& text = std::get<events::CommandNoted>(record.event).command;
  for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
}
constexpr std::array<upcast::Upcaster, 2> kTable{
    {{kNote, 2, spell_out, "notes had numbers"}, {kNote, 4, shout, "notes were not loud"}}};

std::string read_note(std::uint16_t schema, std::string text) {
  const Bytes stored = stored_as(encode_table(note(std::move(text))), schema);
  const auto read = decode_record(stored, 5, kTable);
  EXPECT_TRUE(read) << read.error().detail;
  return read ? std::get<events::CommandNoted>(read->event).command : "";
}

/// What is in the folder, byte by byte.
std::map<std::string, std::string> everything_in(const std::string& path) {
  std::map<std::string, std::string> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(path)) {
    if (!entry.is_regular_file() || entry.path().filename() == "LOCK") continue;
    std::ifstream file(entry.path(), std::ios::binary);
    files[entry.path()] = {std::istreambuf_iterator<char>(file), {}};
  }
  return files;
}

/// A journal that a program wrote whose schema is `schema`, which knows events that we do not:
/// those noted as "newer".
void write_as_newer(const std::string& path, std::uint16_t schema, std::vector<std::string> notes,
                    std::uint16_t min_reader = 0) {
  const auto encode = [&](const Record& record) -> Result<Bytes> {
    const auto* noted = std::get_if<events::CommandNoted>(&record.event);
    const bool newer = noted != nullptr && noted->command == "newer";
    return stored_as(newer ? with_event_type(record, 200) : encode_table(record), schema);
  };
  const auto opened = rocks::RocksJournal::open({.path = path, .encode = encode});
  ASSERT_TRUE(opened) << opened.error().detail;
  const Scribe scribe(**opened);
  Record claim = scribe.claim((*opened)->head().term + 1);
  std::get<events::TermClaimed>(claim.event).min_reader = min_reader;
  ASSERT_TRUE(append(**opened, scribe.fit({claim})));
  for (auto& each : notes) {
    ASSERT_TRUE(append(**opened, scribe.fit({scribe.note(stream_named('a'), each)})));
  }
}

void expect_says(const Error& error, const std::vector<std::string>& words) {
  EXPECT_EQ(to_string(error.code), to_string(Code::kNewerVersion)) << error.detail;
  for (const auto& word : words) {
    EXPECT_NE(error.detail.find(word), std::string::npos) << word << " in: " << error.detail;
  }
}

TEST(NewerJournal, WithAnUnknownEventIsReadAndNeverWritten) {
  const Folder folder;
  write_as_newer(folder.path(), kSchema, {"old"});
  write_as_newer(folder.path(), kSchema + 7, {"old", "newer"});
  const auto before = everything_in(folder.path());
  const auto opened = rocks::RocksJournal::open({.path = folder.path()});
  ASSERT_FALSE(opened);
  expect_says(opened.error(), {"record 5", "type 200", "looked at and not written",
                               "use the program that wrote it or a newer one"});
  EXPECT_EQ(everything_in(folder.path()), before) << "a refusal changes nothing";

  const auto reader = rocks::RocksReader::open(folder.path());
  ASSERT_TRUE(reader) << reader.error().detail;
  EXPECT_EQ((*reader)->head().position, 5U);
  EXPECT_TRUE((*reader)->read(4));
  expect_says((*reader)->read(5).error(), {"record 5", "type 200"});
  expect_says((*reader)->read_stream(stream_named('a')).error(), {"record 5"});
}

TEST(NewerJournal, IsVerifiedAndCountedPastWhatIsNotUnderstood) {
  const Folder folder;
  write_as_newer(folder.path(), kSchema + 7, {"newer", "old", "newer"});
  const auto reader = std::move(rocks::RocksReader::open(folder.path()).value());
  const auto report = journal::verify::verify(*reader, {});
  ASSERT_TRUE(report) << report.error().detail;
  EXPECT_FALSE(report->fault) << report->fault->what;
  EXPECT_EQ(report->records, 4U);
  EXPECT_EQ(report->unknown, 2U);
  EXPECT_EQ(report->first_unknown, 2U);
  EXPECT_NE(report->why_unknown.find("type 200"), std::string::npos);
  const auto stats = journal::verify::count(*reader, {});
  ASSERT_TRUE(stats) << stats.error().detail;
  EXPECT_EQ(stats->by_event.at("unknown").records, 2U);
  EXPECT_EQ(stats->by_event.at("CommandNoted").records, 1U);
}

TEST(NewerJournal, ThatSaysNothingUnknownIsWrittenOn) {
  const Folder folder;
  write_as_newer(folder.path(), kSchema + 7, {"old"});
  write_as_newer(folder.path(), kSchema, {"old"});
  EXPECT_EQ(std::move(rocks::RocksReader::open(folder.path()).value())->head().position, 4U);
}

TEST(NewerJournal, WhoseWriterAsksForANewerReaderIsRefusedByName) {
  const Folder folder;
  write_as_newer(folder.path(), kSchema + 7, {"old"}, kSchema + 5);
  const std::string wanted = "must know schema " + std::to_string(kSchema + 5);
  const auto opened = rocks::RocksJournal::open({.path = folder.path()});
  ASSERT_FALSE(opened);
  expect_says(opened.error(), {"record 1", "term 1 (test)", wanted, "use the program"});
  const auto reader = rocks::RocksReader::open(folder.path());
  ASSERT_FALSE(reader);
  expect_says(reader.error(), {wanted});
}

TEST(NewerJournal, WhoseWriterAsksForThisReaderIsRead) {
  const Folder folder;
  write_as_newer(folder.path(), kSchema + 7, {"old"}, kSchema);
  EXPECT_TRUE(rocks::RocksJournal::open({.path = folder.path()}));
}

std::unique_ptr<rocks::ReadablePrefix> readable(const Folder& folder) {
  auto prefix = rocks::ReadablePrefix::open(folder.path());
  EXPECT_TRUE(prefix) << prefix.error().detail;
  return prefix ? std::move(*prefix) : nullptr;
}

TEST(NewerJournal, IsShownAsItWasBeforeTheFirstRecordThatIsNotUnderstood) {
  const Folder folder;
  write_as_newer(folder.path(), kSchema, {"old"});
  write_as_newer(folder.path(), kSchema + 7, {"old"});
  const auto then = std::move(rocks::RocksReader::open(folder.path()).value())->head();
  ASSERT_EQ(then.position, 4U);
  write_as_newer(folder.path(), kSchema + 7, {"newer", "old"});
  // The term's claim is understood; what follows it is not.
  const auto before = everything_in(folder.path());
  const auto prefix = readable(folder);
  ASSERT_TRUE(prefix);
  EXPECT_EQ(prefix->head().position, 5U);
  EXPECT_EQ(prefix->head().term, 3U);
  for (const char* word : {"record 6", "type 200", "use the program that wrote it", "by test"}) {
    EXPECT_NE(prefix->why().find(word), std::string::npos) << word << " in: " << prefix->why();
  }
  std::vector<Position> seen;
  const auto visit = [&](const Record& record) { return seen.push_back(record.position), true; };
  ASSERT_TRUE(prefix->scan(1, visit));
  EXPECT_EQ(seen, (std::vector<Position>{1, 2, 3, 4, 5}));
  seen.clear();
  ASSERT_TRUE(prefix->scan_beyond(visit));
  EXPECT_EQ(seen, (std::vector<Position>{7}));
  EXPECT_EQ(prefix->version_of(stream_named('a')), 2U);
  EXPECT_EQ(prefix->read_stream(stream_named('a')).value().size(), 2U);
  EXPECT_EQ(prefix->read(6).error().code, Code::kNotFound);
  journal::merkle::Prover prover(5, [&](auto id) { return prefix->tile(id); });
  EXPECT_EQ(prover.root(5).value(), prefix->head().root);
  EXPECT_EQ(prover.root(4).value(), then.root) << "the tree is the one that was signed then";
  EXPECT_EQ(prefix->tile({0, 0}).value().size(), 5 * journal::merkle::kHashBytes);
  EXPECT_EQ(append(*prefix, {note("x")}).error().code, Code::kUnavailable);
  EXPECT_EQ(everything_in(folder.path()), before) << "a look changes nothing";
}

TEST(NewerJournal, WhoseWriterAsksForANewerReaderIsShownAsItWasBeforeThatWriter) {
  const Folder folder;
  write_as_newer(folder.path(), kSchema, {"old"});
  write_as_newer(folder.path(), kSchema + 7, {"old", "old"}, kSchema + 5);
  const auto prefix = readable(folder);
  ASSERT_TRUE(prefix);
  EXPECT_EQ(prefix->head().position, 2U);
  EXPECT_NE(prefix->why().find("record 3: whoever wrote term 2 (test) says that a reader must"),
            std::string::npos)
      << prefix->why();
}

TEST(NewerJournal, OfWhichNothingOrAllIsUnderstoodHasNoPartToShow) {
  const Folder nothing;
  write_as_newer(nothing.path(), kSchema + 7, {"old"}, kSchema + 5);
  const auto none = rocks::ReadablePrefix::open(nothing.path());
  ASSERT_FALSE(none);
  expect_says(none.error(), {"record 1", "must know schema"});
  const Folder all;
  write_as_newer(all.path(), kSchema + 7, {"old"});
  const auto whole = rocks::ReadablePrefix::open(all.path());
  ASSERT_FALSE(whole);
  EXPECT_EQ(whole.error().code, Code::kInvalidArgument);
}

TEST(NewerJournal, ThatLostWhatWasAcknowledgedIsNotShownEither) {
  const Folder folder;
  write_as_newer(folder.path(), kSchema, {"old"});
  const Folder older;
  std::filesystem::create_directories(older.path());
  std::filesystem::copy(folder.path() + "/store", older.path() + "/store",
                        std::filesystem::copy_options::recursive);
  write_as_newer(folder.path(), kSchema + 7, {"newer", "old", "old", "old"});
  std::filesystem::remove_all(folder.path() + "/store");
  std::filesystem::rename(older.path() + "/store", folder.path() + "/store");
  const auto shown = rocks::ReadablePrefix::open(folder.path());
  ASSERT_FALSE(shown);
  EXPECT_EQ(shown.error().code, Code::kCorrupt) << shown.error().detail;
}

TEST(Upcast, RaisesWhatIsOlderStepByStepAndLeavesTheRest) {
  EXPECT_EQ(read_note(1, "1"), "ABORT") << "both steps, in order";
  EXPECT_EQ(read_note(2, "1"), "1") << "only the second one";
  EXPECT_EQ(read_note(3, "abort"), "ABORT");
  EXPECT_EQ(read_note(4, "abort"), "abort");
}

TEST(Upcast, LeavesOtherEventsAlone) {
  Record record = note("x");
  record.event = events::RunHeld{"1"};
  EXPECT_EQ(decode_record(stored_as(encode_table(record), 1), 5, kTable).value(), record);
}

TEST(Upcast, TheTableIsInOrderAndNotAheadOfTheSchema) {
  std::uint16_t before = 0;
  for (const upcast::Upcaster& each : upcast::upcasters()) {
    EXPECT_GE(each.below, before);
    EXPECT_LE(each.below, kSchema);
    EXPECT_LT(each.type, std::variant_size_v<events::AnyEvent>);
    EXPECT_NE(each.raise, nullptr);
    EXPECT_FALSE(each.why.empty());
    before = each.below;
  }
}

TEST(Edges, NumbersAtTheirEdgesComeBack) {
  constexpr auto kMost = std::numeric_limits<std::uint64_t>::max();
  for (const std::uint64_t number : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{1} << 63U,
                                     (std::uint64_t{1} << 63U) - 1, kMost}) {
    Record record = note("x");
    record.position = record.version = record.term = record.cause = number;
    record.event = events::AttemptFenced{number, number};
    const auto back = decode_record(encode_record(record).value(), number);
    ASSERT_TRUE(back) << number << ": " << back.error().detail;
    EXPECT_EQ(*back, record);
  }
}

TEST(Edges, TimesBefore1970AfterTheYear2038AndAtTheEndsComeBack) {
  for (const std::int64_t micros :
       {std::int64_t{0}, std::int64_t{-1}, (std::int64_t{1} << 31U) * 1'000'000,
        std::numeric_limits<std::int64_t>::max(), std::numeric_limits<std::int64_t>::min()}) {
    Record record = note("x");
    record.recorded_at = {Timestamp{Microseconds{micros}}, Microseconds{micros}, 1};
    record.event = events::BuildStarted{record.recorded_at};
    EXPECT_EQ(decode_record(encode_record(record).value(), 5).value(), record) << micros;
  }
}

TEST(Edges, TextsOfAnyBytesComeBackAsTheyWere) {
  for (const std::string& text :
       {std::string(), std::string(1, '\0'), std::string("a\0b", 3), std::string("\xff\xfe"),
        std::string("\xc0\xaf"), std::string("\xed\xa0\x80"), std::string("\xf4\x90\x80\x80"),
        std::string(1'000'000, '\x80')}) {
    const Record record = note(text);
    EXPECT_EQ(decode_record(encode_record(record).value(), 5).value(), record);
  }
}

}  // namespace
}  // namespace actuary::tests
