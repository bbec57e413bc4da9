#include "adapters/blobs/file_blobs.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "tests/storages/folder.h"

namespace actuary::tests::logs {
namespace {

using adapters::blobs::FileBlobs;

class FileBlobsTest : public testing::Test {
 protected:
  std::size_t files() {
    std::size_t count = 0;
    for (const auto& each : std::filesystem::recursive_directory_iterator(folder_.path())) {
      count += each.is_regular_file() ? 1 : 0;
    }
    return count;
  }

  storages::Folder folder_;
  FileBlobs blobs_{folder_.path() / "blobs"};
};

TEST_F(FileBlobsTest, IdenticalBytesAreOneFile) {
  const std::string source(100'000, 's');
  const auto digest = blobs_.put(source);
  ASSERT_TRUE(digest);
  EXPECT_EQ(*digest, sha256_hex(source));
  EXPECT_EQ(blobs_.put(source), digest);
  EXPECT_EQ(files(), 1U);
  EXPECT_EQ(blobs_.get(*digest), source);
  const auto empty = blobs_.put("");
  ASSERT_TRUE(empty);
  EXPECT_EQ(blobs_.get(*empty), "");
  EXPECT_EQ(files(), 2U);
}

TEST_F(FileBlobsTest, WhatIsNotThereIsNotFound) {
  EXPECT_EQ(blobs_.get(sha256_hex("x")).error().code, Code::kNotFound);
  EXPECT_EQ(blobs_.get("../../secret").error().code, Code::kNotFound);
  EXPECT_EQ(blobs_.get("").error().code, Code::kNotFound);
}

TEST_F(FileBlobsTest, DamageIsNoticedAndWrittenOver) {
  const auto digest = blobs_.put("source").value();
  const auto path = folder_.path() / "blobs" / digest.substr(0, 2) / digest;
  for (const char* damage : {"sourcf", "sour", ""}) {
    std::ofstream(path, std::ios::trunc) << damage;
    EXPECT_EQ(blobs_.get(digest).error().code, Code::kCorrupt);
  }
  ASSERT_EQ(blobs_.put("source"), digest);
  EXPECT_EQ(blobs_.get(digest), "source");
  EXPECT_EQ(files(), 1U);
}

}  // namespace
}  // namespace actuary::tests::logs
