#include "journal/merkle/proof.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "tests/merkle/naive.h"

namespace actuary::tests {
namespace {

namespace merkle = journal::merkle;
using merkle::Hash;
using merkle::Prover;
using merkle::Root;

/// A tree of which everything is known: what a prover must agree with.
struct Known {
  explicit Known(std::size_t size, std::size_t differs_from = ~std::size_t{0}) {
    std::vector<merkle::Tile> full;
    for (std::size_t i = 0; i < size; ++i) {
      entries.push_back((i >= differs_from ? "other" : "entry") + std::to_string(i));
      edge.push(merkle::leaf_hash(entries.back()), full);
    }
    for (auto& tile : full) tiles[tile.id] = tile.hashes;
  }
  [[nodiscard]] Prover prover() const {
    return {entries.size(), [this](merkle::TileId id) -> Result<Bytes> {
              const std::size_t width = merkle::tile_width(id, entries.size());
              if (width == 0) return fail(Code::kNotFound, "no tile");
              return width == merkle::kTileWidth ? tiles.at(id) : Bytes(edge.partial(id.level));
            }};
  }
  [[nodiscard]] Root root(std::size_t size) const { return {size, naive_root(entries, 0, size)}; }
  [[nodiscard]] Hash leaf(std::size_t at) const { return merkle::leaf_hash(entries[at]); }

  std::vector<Bytes> entries;
  merkle::Edge edge;
  std::map<merkle::TileId, Bytes> tiles;
};

const Known& known() {
  static const Known kKnown(70'000);
  return kKnown;
}

std::vector<Hash> hashes_of(std::initializer_list<const char*> hex) {
  std::vector<Hash> hashes;
  for (const std::string_view text : hex) {
    Hash hash{};
    for (std::size_t i = 0; i < hash.size(); ++i) {
      hash[i] =
          static_cast<unsigned char>(std::stoi(std::string(text.substr(2 * i, 2)), nullptr, 16));
    }
    hashes.push_back(hash);
  }
  return hashes;
}

/// Known answers of github.com/transparency-dev/merkle (proof/verify_test.go): the eight entries of
/// RFC 6962's reference implementation.
TEST(MerkleProof, KnownAnswersAreAccepted) {
  const auto root8 =
      hashes_of({"5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"})[0];
  const auto root3 =
      hashes_of({"aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"})[0];
  EXPECT_TRUE(merkle::verify_inclusion(
      merkle::leaf_hash(""), 0, 8,
      hashes_of({"96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                 "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                 "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"}),
      root8));
  EXPECT_TRUE(merkle::verify_inclusion(
      merkle::leaf_hash("\x10"), 2, 3,
      hashes_of({"fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"}), root3));
  EXPECT_TRUE(merkle::verify_consistency(
      {1, merkle::leaf_hash("")}, {8, root8},
      hashes_of({"96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                 "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                 "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"})));
}

RC_GTEST_PROP(MerkleProof, EveryLeafIsShownToBeWhereItIsAndNowhereElse, ()) {
  const auto size = *rc::gen::inRange<std::size_t>(1, 70'001);
  const auto at = *rc::gen::inRange<std::size_t>(0, size);
  auto prover = known().prover();
  const auto proof = prover.inclusion(at, size).value();
  const Hash root = prover.root(size).value();
  RC_ASSERT(merkle::verify_inclusion(known().leaf(at), at, size, proof, root));
  const auto elsewhere = *rc::gen::inRange<std::size_t>(0, size + 2);
  RC_ASSERT(elsewhere == at ||
            !merkle::verify_inclusion(known().leaf(at), elsewhere, size, proof, root));
  RC_ASSERT(!merkle::verify_inclusion(merkle::leaf_hash("x"), at, size, proof, root));
  auto longer = proof;
  longer.push_back(root);
  RC_ASSERT(!merkle::verify_inclusion(known().leaf(at), at, size, longer, root));
  if (!proof.empty()) {
    auto other = proof;
    other[*rc::gen::inRange<std::size_t>(0, proof.size())][7] ^= 1U;
    RC_ASSERT(!merkle::verify_inclusion(known().leaf(at), at, size, other, root));
    other = proof;
    other.pop_back();
    RC_ASSERT(!merkle::verify_inclusion(known().leaf(at), at, size, other, root));
  }
}

RC_GTEST_PROP(MerkleProof, EverySizeIsShownToBeginTheLaterOnes, ()) {
  const auto size = *rc::gen::inRange<std::size_t>(0, 70'001);
  const auto old_size = *rc::gen::inRange<std::size_t>(0, size + 1);
  auto prover = known().prover();
  const auto proof = prover.consistency(old_size, size).value();
  const Root earlier{old_size, prover.root(old_size).value()};
  const Root later{size, prover.root(size).value()};
  RC_ASSERT(merkle::verify_consistency(earlier, later, proof));
  Root other = earlier;
  other.hash[3] ^= 1U;
  RC_ASSERT(!merkle::verify_consistency(other, later, proof));
  other = later;
  other.hash[3] ^= 1U;
  RC_ASSERT(old_size == 0 || !merkle::verify_consistency(earlier, other, proof));
  RC_ASSERT(old_size == size || !merkle::verify_consistency(later, earlier, proof));
}

TEST(MerkleProof, RootsOfEarlierSizesAreTheDefinitions) {
  auto prover = known().prover();
  for (const std::size_t size : {0U, 1U, 2U, 255U, 256U, 257U, 511U, 1000U, 65'536U, 69'999U}) {
    EXPECT_EQ(prover.root(size).value(), known().root(size).hash) << size;
  }
}

TEST(MerkleProof, BeyondTheTreeNothingIsProven) {
  auto prover = known().prover();
  EXPECT_FALSE(prover.root(70'001));
  EXPECT_FALSE(prover.inclusion(0, 70'001));
  EXPECT_FALSE(prover.inclusion(5, 5));
  EXPECT_FALSE(prover.inclusion(~std::uint64_t{0}, 5));
  EXPECT_FALSE(prover.consistency(6, 5));
}

TEST(MerkleProof, AProofReadsTilesOnlyAlongItsPath) {
  std::size_t reads = 0;
  Prover prover(70'000, [&](merkle::TileId id) -> Result<Bytes> {
    ++reads;
    const std::size_t width = merkle::tile_width(id, 70'000);
    return width == merkle::kTileWidth ? known().tiles.at(id)
                                       : Bytes(known().edge.partial(id.level));
  });
  ASSERT_TRUE(prover.inclusion(12'345, 70'000));
  EXPECT_LE(reads, 5U);
}

TEST(MerkleProof, TheCommonPrefixOfTwoTreesIsFoundToTheRecord) {
  for (const std::size_t size : {1U, 300U, 1000U}) {
    for (const std::size_t differs : {0U, 1U, 255U, 256U, 257U, 299U, 300U, 777U, 5000U}) {
      const Known other(size, differs);
      auto ours = known().prover();
      auto theirs = other.prover();
      EXPECT_EQ(merkle::common_prefix(ours, 70'000, theirs, size).value(), std::min(size, differs));
      EXPECT_EQ(merkle::common_prefix(theirs, size, ours, 70'000).value(), std::min(size, differs));
    }
  }
}

TEST(MerkleProof, ATileThatIsTooShortIsDamage) {
  Prover prover(300, [](merkle::TileId) -> Result<Bytes> { return Bytes(64, 'x'); });
  const auto root = prover.root(300);
  ASSERT_FALSE(root);
  EXPECT_EQ(root.error().code, Code::kCorrupt);
}

}  // namespace
}  // namespace actuary::tests
