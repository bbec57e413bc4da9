#include "journal/merkle/tree.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>

#include "tests/merkle/naive.h"

namespace actuary::tests {
namespace {

namespace merkle = journal::merkle;

/// The entries and roots that every implementation of RFC 6962 is checked with
/// (github.com/transparency-dev/merkle, testonly/constants.go).
const std::vector<Bytes> kEntries = {
    Bytes(),
    Bytes("\x00", 1),
    Bytes("\x10"),
    Bytes("\x20\x21"),
    Bytes("\x30\x31"),
    Bytes("\x40\x41\x42\x43"),
    Bytes("\x50\x51\x52\x53\x54\x55\x56\x57"),
    Bytes("\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f"),
};
const std::vector<std::string> kRoots = {
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
};

TEST(MerkleHash, LeavesAndNodesAreThoseOfTheKnownAnswers) {
  EXPECT_EQ(to_hex(merkle::view(merkle::leaf_hash(""))),
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
  EXPECT_EQ(to_hex(merkle::view(merkle::leaf_hash("L123456"))),
            "395aa064aa4c29f7010acfe3f25db9485bbd4b91897b6ad7ad547639252b4d56");
  EXPECT_EQ(merkle::node_hash(merkle::hash_at(Bytes(32, 'a')), merkle::hash_at(Bytes(32, 'b'))),
            merkle::hash_at(sha256("\x01" + Bytes(32, 'a') + Bytes(32, 'b'))));
}

TEST(MerkleTree, RootsOfEverySizeAreThoseOfTheKnownAnswers) {
  merkle::CompactTree tree;
  EXPECT_EQ(to_hex(merkle::view(tree.root())), kRoots[0]);
  for (std::size_t i = 0; i < kEntries.size(); ++i) {
    tree.push(merkle::leaf_hash(kEntries[i]));
    EXPECT_EQ(to_hex(merkle::view(tree.root())), kRoots[i + 1]) << i + 1 << " leaves";
  }
}

RC_GTEST_PROP(MerkleTree, TheCompactRootIsTheDefinitions, (const std::vector<Bytes>& entries)) {
  merkle::CompactTree tree;
  for (const Bytes& entry : entries) tree.push(merkle::leaf_hash(entry));
  RC_ASSERT(tree.size() == entries.size());
  RC_ASSERT(tree.root() == naive_root(entries));
}

/// A tree of `size` leaves whose full tiles are kept.
struct Grown {
  explicit Grown(std::uint64_t size) {
    std::vector<merkle::Tile> full;
    for (std::uint64_t i = 0; i < size; ++i) {
      leaves.push_back(merkle::leaf_hash(std::to_string(i)));
      edge.push(leaves.back(), full);
    }
    for (auto& tile : full) tiles[tile.id] = tile.hashes;
  }
  [[nodiscard]] Bytes last_leaves() const {
    Bytes hashes;
    for (std::size_t i = leaves.size() / 256 * 256; i < leaves.size(); ++i) {
      hashes.append(merkle::view(leaves[i]));
    }
    return hashes;
  }

  std::vector<merkle::Hash> leaves;
  merkle::Edge edge;
  std::map<merkle::TileId, Bytes> tiles;
};

TEST(MerkleEdge, SeventyThousandLeavesHaveTheTilesOfTheStandard) {
  const Grown grown(70'000);  // the example of C2SP tlog-tiles
  std::map<unsigned, std::size_t> full;
  for (const auto& [id, hashes] : grown.tiles) {
    EXPECT_EQ(hashes.size(), merkle::kTileBytes);
    EXPECT_EQ(id.index, full[id.level]++);
  }
  EXPECT_EQ(full, (std::map<unsigned, std::size_t>{{0, 273}, {1, 1}}));
  EXPECT_EQ(grown.edge.partial(0).size(), 112 * merkle::kHashBytes);
  EXPECT_EQ(grown.edge.partial(1).size(), 17 * merkle::kHashBytes);
  EXPECT_EQ(grown.edge.partial(2).size(), 1 * merkle::kHashBytes);
  EXPECT_EQ(merkle::tile_width({0, 272}, 70'000), 256U);
  EXPECT_EQ(merkle::tile_width({0, 273}, 70'000), 112U);
  EXPECT_EQ(merkle::tile_width({0, 274}, 70'000), 0U);
  EXPECT_EQ(merkle::tile_width({2, 0}, 70'000), 1U);
  EXPECT_EQ(merkle::tile_width({3, 0}, 70'000), 0U);
  EXPECT_EQ(merkle::tile_width({64, 0}, 70'000), 0U);
}

TEST(MerkleEdge, EveryHashOfATileIsTheRootOfTheTileBelow) {
  const Grown grown(65'536 + 300);
  const Bytes& above = grown.tiles.at({1, 0});
  for (std::uint64_t i = 0; i < 256; ++i) {
    EXPECT_EQ(merkle::hash_at(above, i), merkle::perfect_root(grown.tiles.at({0, i})));
  }
}

TEST(MerkleEdge, ARestoredEdgeGrowsAsTheOldOneWouldHave) {
  for (const std::uint64_t size : {0U, 1U, 255U, 256U, 257U, 511U, 512U, 1000U, 65'535U, 65'536U,
                                   65'537U, 66'000U, 131'072U}) {
    Grown grown(size);
    std::size_t reads = 0;
    auto restored =
        merkle::Edge::restore(size, grown.last_leaves(), [&](merkle::TileId id) -> Result<Bytes> {
          ++reads;
          return grown.tiles.at(id);
        });
    ASSERT_TRUE(restored) << size;
    EXPECT_LE(reads, 2 * 255U) << "opening must not cost a scan";
    EXPECT_EQ(restored->size(), size);
    std::vector<merkle::Tile> before;
    std::vector<merkle::Tile> after;
    for (int i = 0; i < 300; ++i) {
      EXPECT_EQ(restored->root(), grown.edge.root()) << size << " + " << i;
      const auto leaf = merkle::leaf_hash("more" + std::to_string(i));
      grown.edge.push(leaf, before);
      restored->push(leaf, after);
    }
    ASSERT_EQ(before.size(), after.size());
    for (std::size_t i = 0; i < before.size(); ++i) EXPECT_EQ(before[i].hashes, after[i].hashes);
  }
}

TEST(MerkleEdge, ATileOfAnotherLengthIsDamage) {
  const auto restored = merkle::Edge::restore(
      256, {}, [](merkle::TileId) -> Result<Bytes> { return Bytes(merkle::kTileBytes - 1, 'x'); });
  ASSERT_FALSE(restored);
  EXPECT_EQ(restored.error().code, Code::kCorrupt);
}

}  // namespace
}  // namespace actuary::tests
