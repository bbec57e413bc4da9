#include <gtest/gtest.h>
#include <rocksdb/db.h>

#include <fstream>
#include <functional>

#include "journal/memory/memory_journal.h"
#include "journal/rocks/layout.h"
#include "journal/rocks/rocks_journal.h"
#include "journal/rocks/rocks_reader.h"
#include "journal/rocks/store_options.h"
#include "tests/contract/journal_contract.h"
#include "tests/journal/folder.h"
#include "tests/merkle/naive.h"

namespace actuary::tests {
namespace {

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(JournalContract);

namespace merkle = journal::merkle;
namespace rocks = journal::rocks;
using rocks::Family;

void grow(Journal& journal, std::size_t batches, std::size_t each) {
  const Scribe scribe(journal);
  if (journal.head().position == 0) {
    ASSERT_TRUE(append(journal, scribe.fit({scribe.claim(1)})));
  }
  for (std::size_t i = 0; i < batches; ++i) {
    const std::vector<Record> batch(each, scribe.note(stream_named('a'), std::to_string(i)));
    ASSERT_TRUE(append(journal, scribe.fit(batch)));
  }
}

std::vector<Bytes> stored_of(const journal::Reader& journal) {
  std::vector<Bytes> all;
  EXPECT_TRUE(journal.scan_stored(1, [&](Position, BytesView stored) {
    all.emplace_back(stored);
    return true;
  }));
  return all;
}

/// Every tile that the standard gives a tree of this size is there and holds the right hashes.
void expect_whole_tree(const journal::Reader& journal) {
  const auto records = stored_of(journal);
  EXPECT_EQ(journal.head().root, naive_root(records));
  for (unsigned level = 0; level < 3; ++level) {
    const std::size_t span = std::size_t{1} << (8 * level);
    Bytes wanted;
    for (std::size_t at = 0; at + span <= records.size(); at += span) {
      wanted.append(merkle::view(naive_root(records, at, at + span)));
    }
    for (std::uint64_t index = 0; index * merkle::kTileBytes < wanted.size(); ++index) {
      const auto tile = journal.tile({level, index});
      ASSERT_TRUE(tile) << tile.error().detail;
      EXPECT_EQ(*tile, wanted.substr(index * merkle::kTileBytes, merkle::kTileBytes))
          << level << "/" << index;
    }
    const auto beyond = journal.tile({level, wanted.size() / merkle::kTileBytes + 1});
    ASSERT_FALSE(beyond);
    EXPECT_EQ(beyond.error().code, Code::kNotFound);
  }
}

std::unique_ptr<rocks::RocksJournal> open(const std::string& path) {
  auto opened = rocks::RocksJournal::open({.path = path});
  EXPECT_TRUE(opened) << opened.error().detail;
  return std::move(*opened);
}

/// Works on the store below, as damage or an older program would.
void with_store(const std::string& path,
                const std::function<void(rocksdb::DB&, rocksdb::ColumnFamilyHandle*,
                                         rocksdb::ColumnFamilyHandle*)>& act) {
  std::vector<rocksdb::ColumnFamilyDescriptor> families;
  for (const auto name : rocks::kFamilyNames) {
    families.emplace_back(std::string(name), rocks::family_options());
  }
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* raw = nullptr;
  ASSERT_TRUE(
      rocksdb::DB::Open(rocks::database_options(), path + "/store", families, &handles, &raw).ok());
  const std::unique_ptr<rocksdb::DB> database(raw);
  act(*database, handles[static_cast<std::size_t>(Family::kTree)],
      handles[static_cast<std::size_t>(Family::kMeta)]);
  for (auto* handle : handles) database->DestroyColumnFamilyHandle(handle);
}

/// What a program without a tree left behind.
void forget_tree(const std::string& path) {
  with_store(path, [](rocksdb::DB& database, auto* tree, auto* meta) {
    const std::unique_ptr<rocksdb::Iterator> each(database.NewIterator({}, tree));
    for (each->SeekToFirst(); each->Valid(); each->Next()) {
      ASSERT_TRUE(database.Delete(rocks::write_options(), tree, each->key()).ok());
    }
    std::string head;
    ASSERT_TRUE(database.Get({}, meta, "head", &head).ok());
    ASSERT_TRUE(database.Put(rocks::write_options(), meta, "head", head.substr(0, 16)).ok());
  });
}

TEST(StoredTree, TheWorkedExampleOfTheDocumentIsComputedAgain) {
  const auto a = merkle::leaf_hash("a");
  const auto b = merkle::leaf_hash("b");
  const auto c = merkle::leaf_hash("c");
  merkle::CompactTree tree;
  for (const auto& leaf : {a, b, c}) tree.push(leaf);
  const auto line = [](const std::string& name, const merkle::Hash& hash) {
    return name + to_hex(merkle::view(hash)) + "\n";
  };
  const std::string example =
      line("leaf a      ", a) + line("leaf b      ", b) + line("leaf c      ", c) +
      line("node a b    ", merkle::node_hash(a, b)) + line("root        ", tree.root());
  std::ifstream file(JOURNAL_FORMAT_MD);
  const std::string document((std::istreambuf_iterator<char>(file)), {});
  EXPECT_NE(document.find("```\n" + example + "```"), std::string::npos) << example;
}

TEST(StoredTree, EveryAppendLeavesTheRootAndTilesOfItsRecords) {
  const Folder folder;
  const auto journal = open(folder.path());
  EXPECT_EQ(journal->head().root, merkle::empty_root());
  for (int i = 0; i < 5; ++i) {
    grow(*journal, 3, 57);
    expect_whole_tree(*journal);
    expect_whole_tree(*rocks::RocksReader::open(folder.path()).value());
  }
}

TEST(StoredTree, TheInMemoryTwinHasTheSameTree) {
  journal::memory::MemoryJournal journal;
  grow(journal, 4, 200);
  expect_whole_tree(journal);
}

TEST(StoredTree, ReopeningGoesOnWithTheSameTree) {
  const Folder folder;
  for (int i = 0; i < 6; ++i) {
    const auto journal = open(folder.path());
    expect_whole_tree(*journal);
    grow(*journal, 1, 131);
  }
  expect_whole_tree(*open(folder.path()));
}

TEST(StoredTree, AJournalFromBeforeGetsItsTreeWhenOpenedForWriting) {
  const Folder folder;
  grow(*open(folder.path()), 3, 300);
  forget_tree(folder.path());
  expect_whole_tree(*rocks::RocksReader::open(folder.path()).value());
  grow(*open(folder.path()), 1, 10);
  expect_whole_tree(*open(folder.path()));
  with_store(folder.path(), [](rocksdb::DB& database, auto* tree, auto* meta) {
    std::string value;
    EXPECT_TRUE(database.Get({}, tree, rocks::tile_key({0, 2}), &value).ok());
    EXPECT_TRUE(database.Get({}, meta, "head", &value).ok());
    EXPECT_EQ(value.size(), rocks::kHeadBytes);
  });
}

void expect_refused(const std::string& path, std::string_view named) {
  const auto opened = rocks::RocksJournal::open({.path = path});
  ASSERT_FALSE(opened);
  EXPECT_EQ(to_string(opened.error().code), to_string(Code::kCorrupt));
  EXPECT_NE(opened.error().detail.find(named), std::string::npos) << opened.error().detail;
  const auto reader = rocks::RocksReader::open(path);
  ASSERT_TRUE(reader) << "a tool must be able to look at the damage";
  EXPECT_FALSE((*reader)->tile({0, 0}));
}

TEST(StoredTree, AChangedTileIsRefused) {
  const Folder folder;
  grow(*open(folder.path()), 1, 300);
  with_store(folder.path(), [](rocksdb::DB& database, auto* tree, auto*) {
    std::string tile;
    ASSERT_TRUE(database.Get({}, tree, rocks::tile_key({0, 0}), &tile).ok());
    tile[4000] = static_cast<char>(tile[4000] ^ 1);
    ASSERT_TRUE(database.Put(rocks::write_options(), tree, rocks::tile_key({0, 0}), tile).ok());
  });
  expect_refused(folder.path(), "Merkle tree's root");
}

TEST(StoredTree, AMissingTileIsRefusedByName) {
  const Folder folder;
  grow(*open(folder.path()), 1, 300);
  with_store(folder.path(), [](rocksdb::DB& database, auto* tree, auto*) {
    ASSERT_TRUE(database.Delete(rocks::write_options(), tree, rocks::tile_key({0, 0})).ok());
  });
  expect_refused(folder.path(), "tile 0 of level 0");
}

TEST(StoredTree, AHeadWithAnotherRootIsRefused) {
  const Folder folder;
  grow(*open(folder.path()), 1, 5);
  with_store(folder.path(), [](rocksdb::DB& database, auto*, auto* meta) {
    std::string head;
    ASSERT_TRUE(database.Get({}, meta, "head", &head).ok());
    head[16] = static_cast<char>(head[16] ^ 1);
    ASSERT_TRUE(database.Put(rocks::write_options(), meta, "head", head).ok());
  });
  expect_refused(folder.path(), "Merkle tree's root");
}

}  // namespace
}  // namespace actuary::tests
