#include <gtest/gtest.h>

#include "journal/events/event.h"
#include "journal/record/record.h"

namespace actuary::tests {
namespace {

TEST(Enumerators, AreParsedAsTheyAreSpelled) {
  for (const auto* text : {"API", "WEB", "CLI", "CI", "DEVELOPMENT", "SCHEDULER", "TEST", "WEBHOOK",
                           "ACTOR", "STANDBY", "MCP"}) {
    ASSERT_TRUE(events::parse_origin(text)) << text;
    EXPECT_EQ(to_string(*events::parse_origin(text)), text);
  }
  EXPECT_EQ(events::parse_source_type("GIT_REPO"), events::SourceType::kGitRepo);
  EXPECT_EQ(to_string(events::Outcome::kTimedOut), "TIMED-OUT");
}

TEST(Enumerators, ThatDoNotExistAreNotParsed) {
  EXPECT_FALSE(events::parse_origin("?"));
  EXPECT_FALSE(events::parse_origin("api"));
  EXPECT_FALSE(events::parse_source_type(""));
  EXPECT_FALSE(is_enumerator(static_cast<events::Origin>(11)));
}

TEST(Events, AreNamedAsTheSchemaNamesThem) {
  EXPECT_EQ(name_of(events::RunCreated{}), "RunCreated");
  EXPECT_EQ(name_of(events::StorageDeleted{}), "StorageDeleted");
}

TEST(Streams, AreDescribedByKindAndId) {
  EXPECT_EQ(describe(journal::record::system_stream()), "system");
  EXPECT_EQ(describe(stream_of(RunId::parse("aaaaaaaaaaaaaaaaa").value())),
            "run/aaaaaaaaaaaaaaaaa");
}

}  // namespace
}  // namespace actuary::tests
