#include "adapters/containers/sources.h"

#include "adapters/containers/source_tree.h"
#include "tests/oci/oci_world.h"

namespace actuary::tests::oci {
namespace {

using adapters::containers::Source;

std::string nested(std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); }

class SourceTest : public ::testing::Test {
 protected:
  SourceTest() : source_(make()) {
    put("Dockerfile", "FROM scratch\n");
    put("../secret", "{}");
  }
  ~SourceTest() override {
    std::error_code ignored;
    fs::remove_all(source_.parent_path(), ignored);
  }
  static fs::path make() {
    std::string pattern = fs::temp_directory_path() / "actuary-source-XXXXXX";
    const fs::path source = fs::path(mkdtemp(pattern.data())) / "source";
    fs::create_directories(source / ".actor");
    return source;
  }
  void put(const std::string& name, const std::string& text) const {
    std::ofstream(source_ / name) << text;
  }
  void link(const std::string& name, const fs::path& target) const {
    fs::remove(source_ / name);
    fs::create_symlink(target, source_ / name);
  }
  [[nodiscard]] Result<Source> understand() const {
    return adapters::containers::understand_source(source_);
  }
  /// Why the source is refused.
  [[nodiscard]] std::string refusal() const {
    const auto source = understand();
    return source ? "accepted" : source.error().detail;
  }
  [[nodiscard]] std::string unpack_refusal(const events::ActorVersion& version) {
    const Status unpacked =
        adapters::containers::unpack_source(version, blobs_, source_ / "clone", [](pid_t) {});
    return unpacked ? "accepted" : unpacked.error().detail;
  }

  MemoryBlobs blobs_;
  fs::path source_;
};

TEST_F(SourceTest, AnOverlongNameIsNoDockerfile) {
  put(".actor/actor.json", R"({"dockerfile":")" + std::string(5000, 'x') + "\"}");
  EXPECT_EQ(refusal().find("No Dockerfile found"), 0u);
}

TEST_F(SourceTest, ALoopOfLinksIsNoDockerfile) {
  link("Dockerfile", "Dockerfile");
  EXPECT_EQ(refusal().find("No Dockerfile found"), 0u);
}

TEST_F(SourceTest, DeepNestingIsRefusedBeforeItIsWalked) {
  put(".actor/actor.json", R"({"input":{"a":)" + nested(300'000) + "}}");
  EXPECT_NE(refusal().find("nested deeper than 64"), std::string::npos);
  put(".actor/actor.json", R"({"input":"schema.json"})");
  put(".actor/schema.json", R"({"a":)" + nested(300'000) + "}");
  EXPECT_NE(refusal().find("nested deeper than 64"), std::string::npos);
  put(".actor/schema.json", R"({"a":)" + nested(60) + R"(,"b":"[[\"[["})");
  EXPECT_EQ(refusal(), "accepted");
  events::ActorVersion version;
  version.source_digest = blobs_.put(nested(300'000)).value();
  EXPECT_EQ(unpack_refusal(version), "sourceFiles is not a JSON array");
}

TEST_F(SourceTest, ALinkInTheSourceReadsNoFileOfTheHost) {
  for (const char* name : {"README.md", "INPUT_SCHEMA.json", ".actor/actor.json"}) {
    link(name, source_.parent_path() / "secret");
  }
  const auto source = understand();
  ASSERT_TRUE(source) << source.error().detail;
  EXPECT_EQ(source->readme + source->input_schema + source->definition, "");
  fs::remove(source_ / ".actor/actor.json");
  link("above", "..");
  put(".actor/actor.json", R"({"input":"../above/secret"})");
  EXPECT_NE(refusal().find("No input schema found"), std::string::npos);
  fs::remove(source_ / ".actor/actor.json");
  link("Dockerfile", source_.parent_path() / "secret");
  EXPECT_EQ(refusal().find("No Dockerfile found"), 0u);
}

TEST_F(SourceTest, PathsOfTheDefinitionStartInItsFolder) {
  put("schema.json", R"({"title":"in"})");
  put(".actor/actor.json", R"({"input":"../schema.json"})");
  const auto source = understand();
  ASSERT_TRUE(source) << source.error().detail;
  EXPECT_EQ(source->input_schema, R"({"title":"in"})");
  EXPECT_EQ(source->definition, R"({"input":{"title":"in"}})");
  put(".actor/actor.json", R"({"input":"../../secret"})");
  EXPECT_EQ(refusal(), "actor.json: the input schema leaves the source: ../../secret");
  put(".actor/actor.json", R"({"input":"missing.json"})");
  EXPECT_EQ(refusal().find("No input schema found: actor.json names missing.json"), 0u);
}

TEST_F(SourceTest, TheDefinitionHoldsSchemasInPlaceOfTheirPaths) {
  put(".actor/actor.json",
      R"({"output":"./out.json","storages":{"dataset":"./set.json","keyValueStore":"./no.json"}})");
  put(".actor/out.json", R"({"o":1})");
  put(".actor/set.json", R"({"s":1})");
  const auto source = understand();
  ASSERT_TRUE(source) << source.error().detail;
  EXPECT_EQ(source->definition, R"({"output":{"o":1},"storages":{"dataset":{"s":1}}})");
}

TEST_F(SourceTest, TheReadmeIsUtf8) {
  put("README.md",
      "a\xff\xfe"
      "b");
  const auto source = understand();
  ASSERT_TRUE(source) << source.error().detail;
  EXPECT_EQ(source->readme, "ab");
}

TEST_F(SourceTest, OnlyNetworkAddressesAreCloned) {
  for (const char* url : {"/etc", "file:///etc", "ext::sh -c id", "../x", "-u@h:p", "u@-h:p",
                          "fd::17", "u@h::p", "x/u@h:p", "", "local:path"}) {
    events::ActorVersion version;
    version.source_type = events::SourceType::kGitRepo;
    version.source_url = url;
    EXPECT_EQ(unpack_refusal(version).find("not a Git address"), 0u) << url;
  }
}

}  // namespace
}  // namespace actuary::tests::oci
