// What comes from outside or from a broken disk besides records: witnesses, notes, proofs, backups
// and archives. Refused, or what it was.

#include <gtest/gtest.h>

#include <cstring>
#include <fstream>

#include "journal/archive/records.h"
#include "journal/archive/seal.h"
#include "journal/archive/segment.h"
#include "journal/archive/tar.h"
#include "journal/base/whole_file.h"
#include "journal/memory/memory_journal.h"
#include "journal/merkle/checkpoint.h"
#include "journal/merkle/proof_file.h"
#include "journal/witness/slot.h"
#include "tests/contract/journal_contract.h"
#include "tests/fuzz/mutator.h"
#include "tests/journal/folder.h"

namespace actuary::tests {

// Of its header only the scribe is used here.
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(JournalContract);

namespace fuzz {
namespace {

namespace archive = journal::archive;
namespace merkle = journal::merkle;
namespace witness = journal::witness;
using journal::memory::MemoryJournal;

constexpr std::size_t kFileBytesMax = std::size_t{1} << 20U;

/// A journal of a few records and the key that signs for it.
struct Log {
  Log() {
    const Scribe scribe(journal);
    EXPECT_TRUE(append(journal, scribe.fit({scribe.claim(1)})));
    for (const char stream : {'a', 'b', 'a', 'b', 'a'}) {
      EXPECT_TRUE(append(journal, scribe.fit({scribe.note(stream_named(stream), "note")})));
    }
  }
  [[nodiscard]] Bytes checkpoint() const {
    const auto head = journal.head();
    return merkle::sign_checkpoint({head.position, head.root}, key);
  }
  const std::string id = std::string(32, '5');
  const merkle::SigningKey key = merkle::SigningKey::generate(merkle::origin_of(id)).value();
  MemoryJournal journal{MemoryJournal::Completion::kImmediate, id};
};

TEST(HostileBytes, AWitnesssSlotIsRefusedOrWrittenTheSameAgain) {
  witness::Testimony testimony{.first = 7, .last = 9, .term = 2};
  const Bytes batch = "a batch of three records, or something that takes its place";
  const std::vector<Bytes> good{
      witness::slot_bytes(testimony, {batch}), witness::slot_bytes(testimony, {}),
      witness::header_bytes({std::string(witness::kIdBytes, '5'), 2, 77})};
  try_many(good, 40'000, [](BytesView bytes) -> std::string {
    const auto header = witness::parse_header(bytes);
    if (header) {
      const auto same = witness::parse_header(witness::header_bytes(*header));
      if (!same || *same != *header) return "another header";
    }
    const auto slot = witness::parse_slot(bytes);
    if (!slot) return {};
    const auto again = witness::parse_slot(witness::slot_bytes(*slot, {slot->batch}));
    return !slot->whole() || (again && *again == *slot) ? "" : "another slot";
  });
}

/// With a right checksum, so that what is behind it is tried too.
TEST(HostileBytes, AWitnesssSlotOfAnyNumbersSaysThem) {
  const std::vector<Bytes> good{Bytes(24, '\1') + "batch", Bytes(24, '\0'), Bytes(24, '\xff')};
  try_many(good, 40'000, [](BytesView bytes) -> std::string {
    if (bytes.size() < 24) return {};
    witness::Testimony testimony;
    std::memcpy(&testimony.first, bytes.data(), 8);
    std::memcpy(&testimony.last, bytes.data() + 8, 8);
    std::memcpy(&testimony.term, bytes.data() + 16, 8);
    const BytesView batch = bytes.substr(24);
    const auto slot = witness::parse_slot(witness::slot_bytes(testimony, {batch}));
    if (!slot) return {};
    const bool same = slot->first == testimony.first && slot->last == testimony.last &&
                      slot->term == testimony.term && slot->batch == batch;
    return same ? "" : "another slot";
  });
}

TEST(HostileBytes, ANoteThatTheKeySignedSaysWhatWasSigned) {
  const Log log;
  const Bytes signed_note = log.checkpoint();
  const auto said = merkle::open_checkpoint(signed_note, log.key.verifier()).value();
  const auto other = merkle::SigningKey::generate(merkle::origin_of(log.id)).value();
  const std::vector<Bytes> good{signed_note, merkle::sign_checkpoint({3, said.root.hash}, other)};
  try_many(good, 4'000, [&](BytesView note) -> std::string {
    (void)merkle::parse_note(note);
    (void)merkle::VerifierKey::parse(note);
    (void)merkle::SigningKey::parse(note);
    const auto opened = merkle::open_checkpoint(note, log.key.verifier());
    return !opened || *opened == said ? "" : "opened, and says something else";
  });
}

TEST(HostileBytes, AProofThatVerifiesProvesWhatTheJournalHas) {
  const Log log;
  const Bytes proof =
      merkle::make_proof_file(
          log.journal, {.stream = stream_named('a'), .checkpoint = log.checkpoint(), .since = {}},
          log.key)
          .value();
  const merkle::Trust trust{.key = log.key.verifier(), .earlier = {}};
  const auto shown = merkle::verify_proof_file(proof, trust).value();
  try_many({proof, log.checkpoint()}, 2'000, [&](BytesView file) -> std::string {
    (void)merkle::verify_proof_file(file, {});
    const auto verified = merkle::verify_proof_file(file, trust);
    return !verified || verified->lines == shown.lines ? "" : "verified, and shows something else";
  });
}

TEST(HostileBytes, AManifestIsRefusedOrReadTheSameForEver) {
  const Log log;
  auto manifest = archive::describe_journal(log.journal, 3, "data", Timestamp{});
  const Bytes head = archive::to_json(manifest);
  manifest.entries = {{"logs/x.log", 17, std::string(64, 'a')}, {"keys/audit", 0, ""}};
  try_many({head, archive::to_json(manifest)}, 10'000, [](BytesView json) -> std::string {
    const auto read = archive::parse_manifest(json);
    if (!read) return {};
    const auto again = archive::parse_manifest(archive::to_json(*read));
    return again && again->entries == read->entries && again->position == read->position
               ? ""
               : "another manifest";
  });
}

/// A file on the disk, because backups are read from one.
class HostileFile : public testing::Test {
 protected:
  [[nodiscard]] Bytes made_backup() const {
    EXPECT_TRUE(archive::back_up_journal(log_.journal, made_, Timestamp{}, {}));
    return journal::base::read_whole_file(made_, kFileBytesMax).value();
  }
  void put(BytesView bytes) const { std::ofstream(file_, std::ios::binary) << bytes; }
  /// What the backup holds, once its manifest was compared; nothing: refused.
  [[nodiscard]] std::optional<Bytes> contents() const {
    Bytes all;
    const auto take = [&](const archive::Manifest&, const archive::Entry& entry,
                          archive::TarReader& backup) -> Status {
      all += entry.name;
      while (true) {
        TRY(piece, backup.read());
        if (piece.empty()) return {};
        all += piece;
      }
    };
    const auto read = archive::read_backup(file_, take);
    return read ? std::optional(all) : std::nullopt;
  }

  const Log log_;
  const Folder folder_;
  const std::string made_ = folder_.path("made.tar");
  const std::string file_ = folder_.path("changed.tar");
};

TEST_F(HostileFile, ABackupThatIsReadToItsEndHoldsWhatWasPutIntoIt) {
  const Bytes good = made_backup();
  put(good);
  const auto wanted = contents();
  ASSERT_TRUE(wanted);
  try_many({good}, 400, [&](BytesView bytes) -> std::string {
    put(bytes);
    const auto read = contents();
    return !read || *read == *wanted ? "" : "read, and holds something else";
  });
}

TEST_F(HostileFile, AnArchiveIsRefusedOrReadWithinItsBounds) {
  const auto open = [&] {
    return std::move(journal::rocks::RocksJournal::open({.path = folder_.path("journal")}).value());
  };
  auto journal = open();
  const Scribe scribe(*journal);
  ASSERT_TRUE(append(*journal, scribe.fit({scribe.claim(1)})));
  const std::vector<Record> notes(merkle::kTileWidth, scribe.note(stream_named('a'), "note"));
  ASSERT_TRUE(append(*journal, scribe.fit(notes)));
  ASSERT_TRUE(append(*journal, scribe.fit({notes.front()})));
  journal.reset();
  journal = open();  // the last batch of an open is what stays
  const Position last = merkle::kTileWidth;
  const auto moved = archive::move_to_archive(*journal, last, made_, Timestamp{}, {});
  ASSERT_TRUE(moved) << moved.error().detail;
  const Bytes good = journal::base::read_whole_file(made_, kFileBytesMax).value();
  const std::string id = journal->head().id;
  put(good);
  ASSERT_TRUE(archive::Segment::open(file_, id, 1, last).value()->read(last));
  try_many({good}, 400, [&](BytesView bytes) -> std::string {
    put(bytes);
    const auto segment = archive::Segment::open(file_, id, 1, last);
    if (!segment) return {};
    for (Position position = 1; position <= last; position += 15) {
      const auto record = (*segment)->read(position);
      if (record && record->size() > bytes.size()) return "more than the file has";
    }
    return {};
  });
}

}  // namespace
}  // namespace fuzz
}  // namespace actuary::tests
