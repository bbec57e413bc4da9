#include "journal/merkle/proof_file.h"

#include <gtest/gtest.h>

#include <fstream>

#include "journal/base/whole_file.h"
#include "journal/codec/record_codec.h"
#include "journal/memory/memory_journal.h"
#include "journal/merkle/base64.h"
#include "journal/merkle/log_state.h"
#include "journal/merkle/proof_text.h"
#include "journal/merkle/static_tiles.h"
#include "journal/merkle/verify_tree.h"
#include "tests/contract/journal_contract.h"
#include "tests/journal/folder.h"

namespace actuary::tests {
namespace {

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(JournalContract);

namespace merkle = journal::merkle;
using journal::memory::MemoryJournal;
using merkle::SigningKey;

const std::string kId(32, '5');
const StreamId kStream = stream_named('a');

/// A journal with a few records of the stream among `others` of another one.
struct Log {
  explicit Log(int others, const std::string& word = "note") {
    const Scribe scribe(*journal);
    EXPECT_TRUE(append(*journal, scribe.fit({scribe.claim(1)})));
    for (int i = 0; i < 4; ++i) {
      add(scribe, others / 4, stream_named('b'), "other");
      add(scribe, 1, kStream, word + std::to_string(i));
    }
  }
  void add(const Scribe& scribe, int count, const StreamId& stream, const std::string& text) {
    const std::vector<Record> batch(static_cast<std::size_t>(count), scribe.note(stream, text));
    if (count == 0) return;
    EXPECT_TRUE(append(*journal, scribe.fit(batch)));
  }
  [[nodiscard]] Bytes checkpoint(const SigningKey& key) const {
    const auto head = journal->head();
    return merkle::sign_checkpoint({head.position, head.root}, key);
  }
  std::optional<MemoryJournal> journal{std::in_place, MemoryJournal::Completion::kImmediate, kId};
};

SigningKey make_key() { return SigningKey::generate(merkle::origin_of(kId)).value(); }

Bytes prove(const Log& log, const SigningKey& key, std::optional<merkle::Checkpoint> since = {}) {
  const auto file = merkle::make_proof_file(
      *log.journal, {.stream = kStream, .checkpoint = log.checkpoint(key), .since = since}, key);
  EXPECT_TRUE(file) << file.error().detail;
  return *file;
}

bool proven(const Bytes& file, const SigningKey& key) {
  return merkle::verify_proof_file(file, {.key = key.verifier()}).has_value();
}

/// The text that `file` signs, changed and signed again: what a dishonest owner of the key can do.
Bytes forge(const Bytes& file, const SigningKey& key,
            const std::function<void(merkle::ProofText&)>& change) {
  auto text = merkle::parse_proof_text(merkle::parse_note(file).value().text).value();
  change(text);
  return key.sign(merkle::write_proof_text(text));
}

TEST(ProofFile, ShowsEveryRecordOfTheStream) {
  const Log log(600);
  const auto key = make_key();
  const auto verified = merkle::verify_proof_file(prove(log, key), {.key = key.verifier()});
  ASSERT_TRUE(verified) << verified.error().detail;
  EXPECT_EQ(verified->stream, journal::record::describe(kStream));
  EXPECT_EQ(verified->records, log.journal->read_stream(kStream).value());
  EXPECT_EQ(verified->checkpoint.root.size, log.journal->head().position);
}

TEST(ProofFile, AnotherKeyProvesNothing) {
  const Log log(20);
  const auto key = make_key();
  const auto other = make_key();
  EXPECT_FALSE(merkle::verify_proof_file(prove(log, key), {.key = other.verifier()}));
  EXPECT_TRUE(merkle::verify_proof_file(prove(log, key), {})) << "by the key that it names";
}

TEST(ProofFile, EveryChangedByteIsFound) {
  const Log log(20);
  const auto key = make_key();
  const Bytes file = prove(log, key);
  for (std::size_t at = 0; at < file.size(); ++at) {
    Bytes damaged = file;
    damaged[at] = static_cast<char>(damaged[at] ^ (1 << at % 8));
    EXPECT_FALSE(proven(damaged, key)) << "byte " << at;
    if (at % 5 == 0) {
      EXPECT_FALSE(merkle::verify_proof_file(damaged, {})) << "byte " << at << ", its own key";
    }
  }
}

TEST(ProofFile, EvenTheOwnerOfTheKeyCannotForgeARecord) {
  const Log log(40);
  const auto key = make_key();
  const Bytes file = prove(log, key);
  using Text = merkle::ProofText;
  const std::vector<std::function<void(Text&)>> forgeries = {
      [](Text& text) { text.records.erase(text.records.begin() + 1); },
      [](Text& text) { text.records.erase(text.records.begin()); },
      [](Text& text) { std::swap(text.records[0], text.records[2]); },
      [](Text& text) { text.records.push_back(text.records[3]); },
      [](Text& text) { ++text.records[1].position; },
      [](Text& text) { text.records[1].stored[40] ^= 1; },
      [](Text& text) { text.records[1].proof.pop_back(); },
      [](Text& text) { text.records[1].proof[0][0] ^= 1U; },
      [](Text& text) {
        text.records[1].json.replace(text.records[1].json.find("note1"), 5, "nope1");
      },
      [](Text& text) { text.records[1].json = "{\"invented\":1}"; },
      [](Text& text) { text.stream = journal::record::describe(stream_named('b')); },
      [](Text& text) { text.checkpoint[text.checkpoint.find('\n') + 1] ^= 1; },
  };
  EXPECT_TRUE(proven(forge(file, key, [](Text&) {}), key));
  for (std::size_t i = 0; i < forgeries.size(); ++i) {
    EXPECT_FALSE(proven(forge(file, key, forgeries[i]), key)) << "forgery " << i;
  }
}

TEST(ProofFile, OlderReadableTextWithFewerMembersIsStillTheRecords) {
  EXPECT_TRUE(merkle::shows(R"({"a":1,"b":{"c":[1,2],"d":3}})", R"({"b":{"c":[1,2]}})"));
  EXPECT_FALSE(merkle::shows(R"({"a":1,"b":{"c":[1,2]}})", R"({"b":{"c":[1]}})"));
  EXPECT_FALSE(merkle::shows(R"({"a":1})", R"({"a":2})"));
  EXPECT_FALSE(merkle::shows(R"({"a":1})", R"({"a":"1"})"));
  EXPECT_FALSE(merkle::shows(R"({"a":1})", "not json"));
  const std::string deep(100'000, '[');
  EXPECT_FALSE(merkle::shows("{}", deep + std::string(100'000, ']')));
}

TEST(ProofFile, ARewrittenJournalDoesNotExtendTheCheckpointThatWasExported) {
  const auto key = make_key();
  const Log honest(20);
  const Bytes exported = honest.checkpoint(key);
  const auto since = merkle::open_checkpoint(exported, key.verifier()).value();
  Log grown(20);
  grown.add(Scribe(*grown.journal), 50, stream_named('b'), "more");
  const merkle::Trust trust{.key = key.verifier(), .earlier = exported};
  const auto verified = merkle::verify_proof_file(prove(grown, key, since), trust);
  ASSERT_TRUE(verified) << verified.error().detail;
  EXPECT_EQ(verified->since, since.root.size);
  EXPECT_FALSE(merkle::verify_proof_file(prove(grown, key), trust)) << "nothing was shown";

  Log rewritten(20, "changed");
  rewritten.add(Scribe(*rewritten.journal), 50, stream_named('b'), "more");
  EXPECT_FALSE(merkle::make_proof_file(
      *rewritten.journal,
      {.stream = kStream, .checkpoint = rewritten.checkpoint(key), .since = since}, key));
  const auto lie = merkle::Checkpoint{
      since.origin,
      {since.root.size, merkle::prover_of(*rewritten.journal).root(since.root.size).value()}};
  const Bytes file = prove(rewritten, key, lie);
  EXPECT_TRUE(proven(file, key)) << "alone it looks well";
  EXPECT_FALSE(merkle::verify_proof_file(file, trust)) << "beside the exported one it does not";
  EXPECT_FALSE(merkle::verify_proof_file(prove(Log(4), key), trust)) << "older";
}

TEST(ProofFile, ARecordThatNoCheckpointCoversIsRefused) {
  Log log(20);
  const auto key = make_key();
  const Bytes checkpoint = log.checkpoint(key);
  log.add(Scribe(*log.journal), 1, kStream, "late");
  const auto file =
      merkle::make_proof_file(*log.journal, {.stream = kStream, .checkpoint = checkpoint}, key);
  ASSERT_FALSE(file);
  EXPECT_EQ(file.error().code, Code::kUnavailable);
}

/// Mutations as a fuzzer makes them, from a fixed seed: none is proven, none crashes.
TEST(ProofFile, MutatedFilesAreRefusedAndHarmNothing) {
  const Log log(20);
  const auto key = make_key();
  const Bytes file = prove(log, key);
  std::uint64_t state = 1;
  const auto random = [&](std::size_t below) {
    state = state * 6364136223846793005U + 1442695040888963407U;
    return static_cast<std::size_t>(state >> 33U) % below;
  };
  const std::vector<std::string> words = {
      "\n",         "\n\n",    " ",   "=", "+", "\xE2\x80\x94 ", "0", "18446744073709551615",
      "record 1\n", "proof\n", "[[[["};
  for (int round = 0; round < 3'000; ++round) {
    Bytes mutated = file;
    for (std::size_t edits = 1 + random(4); edits > 0; --edits) {
      const std::size_t at = random(mutated.size());
      const std::size_t count = random(std::min<std::size_t>(mutated.size() - at, 200)) + 1;
      switch (random(4)) {
        case 0:
          mutated[at] = static_cast<char>(random(256));
          break;
        case 1:
          mutated.erase(at, count);
          break;
        case 2:
          mutated.insert(at, words[random(words.size())]);
          break;
        default:
          mutated.insert(random(mutated.size()), mutated.substr(at, count));
      }
      if (mutated.empty()) mutated = "\n";
    }
    const auto text = merkle::parse_note(mutated);
    if (text) (void)merkle::parse_proof_text(text->text);
    EXPECT_EQ(proven(mutated, key), mutated == file) << round;
  }
}

/// The verifier in another language, written from the document, must say the same of every file.
TEST(ProofFile, TheSecondVerifierGivesTheSameVerdicts) {
  const auto key = make_key();
  const Log honest(20);
  const Bytes exported = honest.checkpoint(key);
  const auto since = merkle::open_checkpoint(exported, key.verifier()).value();
  Log grown(20);
  grown.add(Scribe(*grown.journal), 300, stream_named('b'), "more");
  Log rewritten(20, "changed");
  rewritten.add(Scribe(*rewritten.journal), 300, stream_named('b'), "more");
  const auto lie = merkle::Checkpoint{
      since.origin,
      {since.root.size, merkle::prover_of(*rewritten.journal).root(since.root.size).value()}};
  const Bytes good = prove(grown, key, since);
  std::vector<Bytes> files{
      good,          prove(grown, key), prove(rewritten, key, lie), prove(honest, key), Bytes(),
      Bytes("\n\n"), exported};
  using Text = merkle::ProofText;
  files.push_back(forge(good, key, [](Text& text) { text.records.pop_back(); }));
  files.push_back(forge(good, key, [](Text& t) { std::swap(t.records[0], t.records[2]); }));
  files.push_back(forge(good, key, [](Text& t) { t.records[1].stored[40] ^= 1; }));
  files.push_back(forge(good, key, [](Text& t) { t.records[1].proof.pop_back(); }));
  files.push_back(forge(good, key, [](Text& t) { t.consistency[0][0] ^= 1U; }));
  files.push_back(forge(good, key, [](Text& t) { t.since += 1; }));
  for (std::size_t at = 0; at < good.size(); at += 61) {
    files.push_back(good);
    files.back()[at] = static_cast<char>(good[at] ^ 1);
  }
  const Folder folder;
  std::filesystem::create_directories(folder.path("files"));
  ASSERT_TRUE(write_whole_file(folder.path("exported"), exported));
  std::string verdicts;
  for (std::size_t i = 0; i < files.size(); ++i) {
    ASSERT_TRUE(write_whole_file(folder.path("files/" + std::to_string(i)), files[i]));
    const bool alone = proven(files[i], key);
    const bool beside =
        merkle::verify_proof_file(files[i], {.key = key.verifier(), .earlier = exported})
            .has_value();
    verdicts +=
        std::to_string(i) + (alone ? " proven" : " not") + (beside ? " proven\n" : " not\n");
  }
  EXPECT_TRUE(
      verdicts.starts_with("0 proven proven\n1 proven not\n2 proven not\n3 proven proven\n"))
      << verdicts;
  const std::string command = "python3 -B " SECOND_VERDICTS " " AUDIT_VERIFY " " +
                              folder.path("files") + " '" + key.verifier().text() + "' " +
                              folder.path("exported") + " > " + folder.path("verdicts");
  ASSERT_EQ(std::system(command.c_str()), 0);
  EXPECT_EQ(read_whole_file(folder.path("verdicts"), 1U << 20U).value(), verdicts);
}

TEST(LogState, ARollbackAndAForkAreFound) {
  const Log log(40);
  Log longer(40);
  longer.add(Scribe(*longer.journal), 7, stream_named('b'), "more");
  const Log other(40, "changed");
  const auto root = [](const Log& of) {
    return merkle::Root{of.journal->head().position, of.journal->head().root};
  };
  using merkle::Relation;
  EXPECT_EQ(merkle::compare(*log.journal, root(log)).value().relation, Relation::kSame);
  const auto extends = merkle::compare(*longer.journal, root(log)).value();
  EXPECT_EQ(extends.relation, Relation::kExtends);
  EXPECT_EQ(extends.records, 7U);
  const auto older = merkle::compare(*log.journal, root(longer)).value();
  EXPECT_EQ(older.relation, Relation::kOlder);
  EXPECT_EQ(older.records, 7U);
  EXPECT_EQ(merkle::compare(*other.journal, root(log)).value().relation, Relation::kForked);
  const auto forked = merkle::compare(*other.journal, *longer.journal).value();
  EXPECT_EQ(forked.relation, Relation::kForked);
  EXPECT_EQ(forked.differs, 12U) << "the claim, ten others, then the first changed note";
}

TEST(VerifyTree, HashesEveryRecordAndNamesTheFirstThatWasChanged) {
  const Log log(700);
  EXPECT_TRUE(merkle::verify_tree(*log.journal));
  /// The same journal, one of whose records was changed below the tree.
  struct Changed final : journal::Reader {
    explicit Changed(const journal::Reader& inner) : inner_(inner) {}
    [[nodiscard]] journal::Head head() const override { return inner_.head(); }
    [[nodiscard]] Version version_of(const StreamId& id) const override {
      return inner_.version_of(id);
    }
    [[nodiscard]] Status scan(Position from, const Visit& visit) const override {
      return inner_.scan(from, visit);
    }
    [[nodiscard]] Status scan_stored(Position from, const VisitStored& visit) const override {
      return inner_.scan_stored(from, [&](Position position, BytesView stored) {
        return visit(position, position == 300 ? BytesView("changed") : stored);
      });
    }
    [[nodiscard]] Result<Record> read(Position at) const override { return inner_.read(at); }
    [[nodiscard]] Result<std::vector<Record>> read_stream(const StreamId& id) const override {
      return inner_.read_stream(id);
    }
    [[nodiscard]] Result<Bytes> tile(merkle::TileId id) const override { return inner_.tile(id); }
    const journal::Reader& inner_;
  };
  const auto verified = merkle::verify_tree(Changed(*log.journal));
  ASSERT_FALSE(verified);
  EXPECT_EQ(verified.error().code, Code::kCorrupt);
  EXPECT_NE(verified.error().detail.find("record 300 "), std::string::npos)
      << verified.error().detail;
}

TEST(StaticTiles, PathsAreThoseOfTheStandard) {
  EXPECT_EQ(merkle::tile_path("0", 1'234'067, 256), "tile/0/x001/x234/067");
  EXPECT_EQ(merkle::tile_path("1", 0, 17), "tile/1/000.p/17");
  EXPECT_EQ(merkle::tile_path("entries", 1000, 256), "tile/entries/x001/000");
}

TEST(StaticTiles, AnExportIsWhatItsCheckpointNeedsAndGrows) {
  Log log(600);
  const auto key = make_key();
  const Folder folder;
  const auto write = [&] {
    const Bytes note = log.checkpoint(key);
    return merkle::export_tiles(*log.journal, merkle::open_checkpoint(note, key.verifier()).value(),
                                note, folder.path("log"), merkle::Entries::kWritten);
  };
  const auto first = write();
  ASSERT_TRUE(first) << first.error().detail;
  EXPECT_EQ(first->written, 3U + 3U + 1U + 1U) << "three tiles, three bundles, level 1, checkpoint";
  EXPECT_EQ(read_whole_file(folder.path("log/tile/0/000"), 9000).value(),
            log.journal->tile({0, 0}).value());
  const Bytes bundle = read_whole_file(folder.path("log/tile/entries/000"), 1U << 20U).value();
  Bytes hashes;
  for (std::size_t at = 0; at + 2 <= bundle.size();) {
    const std::size_t length =
        static_cast<unsigned char>(bundle[at]) * 256U + static_cast<unsigned char>(bundle[at + 1]);
    hashes.append(merkle::view(merkle::leaf_hash(bundle.substr(at + 2, length))));
    at += 2 + length;
  }
  EXPECT_EQ(hashes, log.journal->tile({0, 0}).value());
  log.add(Scribe(*log.journal), 300, stream_named('b'), "more");
  const auto second = write();
  ASSERT_TRUE(second) << second.error().detail;
  EXPECT_EQ(second->present, 4U) << "two full tiles and their bundles never change";
}

}  // namespace
}  // namespace actuary::tests
