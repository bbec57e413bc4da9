#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <random>

#include "journal/codec/decode.h"
#include "journal/codec/record_codec.h"
#include "journal/codec/to_json.h"
#include "record_generated.h"
#include "tests/journal/any_value.h"

namespace actuary::tests {
namespace {

struct Everything {
  std::optional<std::string> text;
  std::optional<events::Meta> meta;
  std::vector<std::string> texts;
  std::vector<std::uint32_t> numbers;
  std::vector<RunId> ids;
  Microseconds span{};
  Timestamp at{};
  events::Outcome outcome = events::Outcome::kFailed;
  ACTUARY_FIELDS(Everything, text, meta, texts, numbers, ids, span, at, outcome);
};

TEST(Codec, EveryEventComesBackAsItWas) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    for (const Record& record : AnyValue(seed).one_of_each()) {
      const auto stored = encode_record(record).value();
      const auto back = decode_record(stored, record.position);
      ASSERT_TRUE(back) << name_of(record.event) << ": " << back.error().detail;
      EXPECT_EQ(*back, record) << name_of(record.event);
      EXPECT_EQ(encode_record(*back).value(), stored);
    }
  }
}

TEST(Codec, DefaultsComeBackEvenWhereTheyAreNotZero) {
  Record record;
  record.position = 1;
  record.event = events::RunFinished{};
  EXPECT_EQ(decode_record(encode_record(record).value(), 1).value(), record);
  record.event = events::RunFinished{.outcome = events::Outcome::kSucceeded};
  EXPECT_EQ(decode_record(encode_record(record).value(), 1).value(), record);
}

TEST(Codec, EmptyAndAbsentStayApart) {
  Everything value;
  AnyValue(3).fill(value);
  EXPECT_EQ(decode_table<Everything>(encode_table(value)).value(), value);
  value = {};
  EXPECT_EQ(decode_table<Everything>(encode_table(value)).value(), value);
  value.text = "";
  value.meta.emplace();
  EXPECT_EQ(decode_table<Everything>(encode_table(value)).value(), value);
}

TEST(Codec, BytesAtAnOddAddressAreRead) {
  Everything value;
  AnyValue(4).fill(value);
  const Bytes shifted = "x" + encode_table(value);
  EXPECT_EQ(decode_table<Everything>(BytesView(shifted).substr(1)).value(), value);
}

TEST(Codec, GeneratedVerifierAcceptsWhatIsWritten) {
  for (const Record& record : AnyValue(5).one_of_each()) {
    const Bytes bytes = encode_table(record);
    flatbuffers::Verifier verifier(reinterpret_cast<const std::uint8_t*>(bytes.data()),
                                   bytes.size());
    EXPECT_TRUE(journal::schema::VerifyRecordBuffer(verifier)) << name_of(record.event);
    const auto* root = journal::schema::GetRecord(bytes.data());
    EXPECT_EQ(static_cast<std::size_t>(root->event_type()), record.event.index() + 1);
  }
}

TEST(Codec, DamagedBytesNeverCrashAndWhatIsReadTheGeneratedVerifierAcceptsToo) {
  std::mt19937_64 random(42);
  const auto records = AnyValue(6).one_of_each();
  std::vector<Bytes> originals;
  for (const Record& record : records) originals.push_back(encode_table(record));
  std::size_t refused = 0;
  for (int i = 0; i < 100'000; ++i) {
    Bytes bytes = originals[random() % originals.size()];
    const std::size_t flips = 1 + random() % 4;
    for (std::size_t flip = 0; flip < flips; ++flip) {
      bytes[random() % bytes.size()] = static_cast<char>(random());
    }
    if (random() % 8 == 0) bytes.resize(random() % bytes.size());
    const auto* data = reinterpret_cast<const std::uint8_t*>(bytes.data());
    const auto decoded = decode_table<Record>(bytes);
    if (decoded) {
      flatbuffers::Verifier generated(data, bytes.size());
      EXPECT_TRUE(journal::schema::VerifyRecordBuffer(generated));
      continue;
    }
    ++refused;
    EXPECT_TRUE(decoded.error().code == Code::kCorrupt ||
                decoded.error().code == Code::kNewerVersion);
  }
  EXPECT_GT(refused, 10'000U);
}

TEST(Codec, RandomBytesNeverCrash) {
  std::mt19937_64 random(43);
  for (int i = 0; i < 20'000; ++i) {
    Bytes bytes(random() % 200, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random() % 3 == 0 ? random() % 24 : random());
    (void)decode_table<Record>(bytes);
    (void)decode_record(bytes, 1);
  }
}

TEST(Codec, EveryFlippedBitOfAStoredRecordIsNoticed) {
  Record record = AnyValue(7).one_of_each().front();
  const Bytes stored = encode_record(record).value();
  for (std::size_t bit = 0; bit < stored.size() * 8; ++bit) {
    Bytes damaged = stored;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << (bit % 8)));
    const auto back = decode_record(damaged, record.position);
    ASSERT_FALSE(back) << "bit " << bit;
    EXPECT_EQ(back.error().code, Code::kCorrupt);
    EXPECT_NE(back.error().detail.find(std::to_string(record.position)), std::string::npos);
  }
  for (std::size_t length = 0; length < stored.size(); ++length) {
    EXPECT_FALSE(decode_record(BytesView(stored).substr(0, length), record.position));
  }
}

TEST(Codec, ARecordUnderAnotherPositionIsCorrupt) {
  Record record;
  record.position = 5;
  EXPECT_EQ(decode_record(encode_record(record).value(), 6).error().code, Code::kCorrupt);
}

TEST(Codec, AnUnknownEnumeratorOrEventIsANewerProgram) {
  Everything value;
  value.outcome = static_cast<events::Outcome>(200);
  EXPECT_EQ(decode_table<Everything>(encode_table(value)).error().code, Code::kNewerVersion);

  Record record;
  record.event = events::CommandNoted{"x"};
  Bytes bytes = encode_table(record);
  const auto* root = journal::schema::GetRecord(bytes.data());
  const auto* type = reinterpret_cast<const flatbuffers::Table*>(root)->GetAddressOf(
      journal::schema::Record::VT_EVENT_TYPE);
  bytes[static_cast<std::size_t>(reinterpret_cast<const char*>(type) - bytes.data())] = '\x7f';
  EXPECT_EQ(decode_table<Record>(bytes).error().code, Code::kNewerVersion);
}

TEST(Codec, ATableBeyondItsBoundIsRefused) {
  Record record;
  record.command.assign(kTableBytesMax, 'x');
  EXPECT_EQ(encode_record(record).error().code, Code::kTooLarge);
}

TEST(Json, IsOrderedParsesAndKeepsWhatARecordHolds) {
  for (const Record& record : AnyValue(8).one_of_each()) {
    const auto json = nlohmann::ordered_json::parse(to_json(record));
    EXPECT_EQ(json.begin().key(), "position");
    EXPECT_EQ(json["position"].get<std::uint64_t>(), record.position);
    EXPECT_EQ(json["event"]["type"], std::string(name_of(record.event)));
    EXPECT_EQ(json["command"], to_hex(record.command));
    EXPECT_EQ(json["recorded_at"]["utc_us"], record.recorded_at.utc.time_since_epoch().count());
  }
}

TEST(Json, TextThatIsNotUtf8IsReplacedAndControlsAreEscaped) {
  events::CommandNoted note{
      std::string("a\"\\\n\x01\0b\xff\xc0\xaf\xed\xa0\x80 \xc3\xa9 \xf0\x9f\x98\x80", 20)};
  const auto json = nlohmann::ordered_json::parse(to_json(note));
  const auto text = json["command"].get<std::string>();
  EXPECT_EQ(text.substr(0, 5), "a\"\\\n\x01");
  EXPECT_NE(text.find("\xEF\xBF\xBD"), std::string::npos);
  EXPECT_NE(text.find("\xc3\xa9"), std::string::npos);
}

TEST(Json, AbsentValuesAreNull) {
  EXPECT_EQ(to_json(events::RunFinished{.outcome = events::Outcome::kAborted}),
            R"({"outcome":"ABORTED","exit_code":null,"reason":""})");
}

}  // namespace
}  // namespace actuary::tests
