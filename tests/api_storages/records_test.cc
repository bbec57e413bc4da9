#include "tests/api_storages/world.h"

namespace actuary::tests::api_storages {
namespace {

using adapters::http::gunzip;
using adapters::http::gzip;

const std::string kOfRun = "/v2/actor-runs/" + run(1).str() + "/key-value-store";

TEST(Records, ComeBackAsTheyWereSent) {
  World world;
  const std::string path =
      "/v2/key-value-stores/" + world.make("key-value-stores") + "/records/OUT";
  const std::string bytes("\x00\xff{not json", 11);
  const auto put = world.ask({"PUT", path, bytes, "Content-Type: image/x; a=b\r\n"});
  EXPECT_EQ(put.status, 201);
  EXPECT_EQ(put.body, "{}");
  EXPECT_EQ(header(put, "Location"), "http://here" + path);
  const auto got = world.ask({"GET", path});
  EXPECT_EQ(got.status, 200);
  EXPECT_EQ(got.body, bytes);
  EXPECT_EQ(header(got, "Content-Type"), "image/x; a=b");
  EXPECT_EQ(header(got, "X-Content-Type-Options"), "nosniff");
  EXPECT_EQ(header(got, "Content-Security-Policy"), "sandbox");
  EXPECT_EQ(header(got, "Content-Disposition"), "");
  EXPECT_EQ(header(world.ask({"GET", path + "?attachment=1"}), "Content-Disposition"),
            "attachment; filename=\"OUT\"");
  EXPECT_EQ(world.ask({"HEAD", path}).status, 200);
  EXPECT_EQ(world.ask({"POST", path, "x"}).status, 201);
  EXPECT_EQ(world.ask({"GET", path}).body, "x");
  EXPECT_EQ(header(world.ask({"GET", path}), "Content-Type"), "application/octet-stream");
}

TEST(Records, AreMissingUntilPutAndAfterDelete) {
  World world;
  const std::string path = "/v2/key-value-stores/" + world.make("key-value-stores") + "/records/k";
  EXPECT_EQ(world.error({"GET", path}), "404 record-not-found");
  EXPECT_EQ(world.ask({"HEAD", path}).status, 404);
  EXPECT_EQ(world.ask({"DELETE", path}).status, 204);
  EXPECT_EQ(world.ask({"PUT", path, "v"}).status, 201);
  EXPECT_EQ(world.ask({"DELETE", path}).status, 204);
  EXPECT_EQ(world.error({"GET", path}), "404 record-not-found");
  EXPECT_EQ(world.error({"GET", path, {}, {}, "bob"}), "404 record-not-found");
}

TEST(Records, KeysAreChecked) {
  World world;
  const std::string store = "/v2/key-value-stores/" + world.make("key-value-stores") + "/records/";
  for (const std::string& key :
       {std::string("a%20b"), std::string("a%2Fb"), std::string("%C3%A9"), std::string(257, 'a')}) {
    for (const std::string method : {"GET", "PUT", "DELETE"}) {
      EXPECT_EQ(world.error({method, store + key, method == "PUT" ? "v" : ""}),
                "400 invalid-record-key")
          << method << key;
    }
  }
  for (const std::string& key : {std::string("aZ09!-_.'()"), std::string(256, 'a')}) {
    EXPECT_EQ(world.ask({"PUT", store + key, "v"}).status, 201) << key;
    EXPECT_EQ(world.ask({"GET", store + key}).body, "v") << key;
  }
}

TEST(Records, StayEncodedForClientsThatTakeTheEncoding) {
  World world;
  const std::string path = "/v2/key-value-stores/" + world.make("key-value-stores") + "/records/k";
  const std::string text(5000, 't');
  const std::string type = "Content-Type: text/plain\r\n";
  ASSERT_EQ(world.ask({"PUT", path, gzip(text), type + "Content-Encoding: gzip\r\n"}).status, 201);
  const auto decoded = world.ask({"GET", path});
  EXPECT_EQ(decoded.body, text);
  EXPECT_EQ(header(decoded, "Content-Encoding"), "");
  EXPECT_EQ(world.ask({"GET", path, {}, "Accept-Encoding: br;q=0, gzip;q=0\r\n"}).body, text);
  const auto stored = world.ask({"GET", path, {}, "Accept-Encoding: deflate, gzip;q=0.5\r\n"});
  EXPECT_EQ(header(stored, "Content-Encoding"), "gzip");
  EXPECT_EQ(stored.body, gzip(text));
  EXPECT_EQ(world.error({"PUT", path, "x", "Content-Encoding: bla\r\n"}),
            "415 unsupported-content-encoding");
  EXPECT_EQ(world.ask({"GET", path}).body, text);
  // Who sends what is not gzip gets back what it sent.
  ASSERT_EQ(world.ask({"PUT", path, "junk", "Content-Encoding: gzip\r\n"}).status, 201);
  EXPECT_EQ(world.ask({"GET", path}).body, "junk");
}

TEST(Records, AreNotDecodedWhereThatMakesTooMuch) {
  World world;
  const std::string path = "/v2/key-value-stores/" + world.make("key-value-stores") + "/records/k";
  const auto packed = gzip(std::string((32UL << 20U) + 1, 'a'));
  ASSERT_EQ(world.ask({"PUT", path, packed, "Content-Encoding: gzip\r\n"}).status, 201);
  const auto got = world.ask({"GET", path});
  EXPECT_EQ(got.status, 200);
  EXPECT_EQ(header(got, "Content-Encoding"), "gzip");
  EXPECT_TRUE(got.body == packed);
}

TEST(Records, AreRefusedAboveTheLimitBeforeTheyAreSent) {
  World world;
  const std::string path = "/v2/key-value-stores/" + world.make("key-value-stores") + "/records/k";
  const auto answer = world.ask({"PUT", path, {}, "Content-Length: 268435457\r\n"});
  EXPECT_EQ(answer.status, 413);
}

TEST(Records, AreWrittenByTheRunsPresentAttemptOnly) {
  World world;
  world.fence(5);
  const std::string path = kOfRun + "/records/k";
  EXPECT_EQ(world.ask({"PUT", path, "five", {}, "run:5"}).status, 201);
  world.fence(9);
  EXPECT_EQ(world.error({"PUT", path, "late", {}, "run:5"}), "403 insufficient-permissions");
  EXPECT_EQ(world.error({"DELETE", path, {}, {}, "run:5"}), "403 insufficient-permissions");
  EXPECT_EQ(world.ask({"GET", path, {}, {}, "run:9"}).body, "five");
  EXPECT_EQ(world.ask({"PUT", path, "nine", {}, "run:9"}).status, 201);
  EXPECT_EQ(world.ask({"PUT", path, "alice"}).status, 201);
  EXPECT_EQ(world.ask({"GET", path}).body, "alice");
  // Also where the store is reached by its id.
  const std::string direct = "/v2/key-value-stores/" + storage(11).str() + "/records/k";
  EXPECT_EQ(world.error({"PUT", direct, "late", {}, "run:5"}), "403 insufficient-permissions");
}

TEST(Keys, ComeInPagesAndTheLastOneEndsWithNull) {
  World world;
  const std::string store = "/v2/key-value-stores/" + world.make("key-value-stores");
  for (const std::string key : {"b2", "a1", "b1", "c"}) {
    ASSERT_EQ(world.ask({"PUT", store + "/records/" + key, "12345"}).status, 201);
  }
  const auto all = world.data({"GET", store + "/keys"});
  EXPECT_EQ(all["count"], 4);
  EXPECT_EQ(all["limit"], 1000);
  EXPECT_EQ(all["isTruncated"], false);
  EXPECT_EQ(all["exclusiveStartKey"], nullptr);
  ASSERT_TRUE(all.contains("nextExclusiveStartKey"));
  EXPECT_EQ(all["nextExclusiveStartKey"], nullptr);
  EXPECT_EQ(all["items"][0], Json::parse(R"({"key":"a1","size":5,"recordPublicUrl":"http://here)" +
                                         store + R"(/records/a1"})"));
  const auto first = world.data({"GET", store + "/keys?limit=2"});
  EXPECT_EQ(first["isTruncated"], true);
  EXPECT_EQ(first["nextExclusiveStartKey"], "b1");
  const auto second = world.data({"GET", store + "/keys?limit=2&exclusiveStartKey=b1"});
  EXPECT_EQ(second["exclusiveStartKey"], "b1");
  EXPECT_EQ(second["items"][0]["key"], "b2");
  EXPECT_EQ(second["nextExclusiveStartKey"], nullptr);
  EXPECT_EQ(world.data({"GET", store + "/keys?prefix=b"})["count"], 2);
  EXPECT_EQ(world.data({"GET", store + "/keys?limit=999999"})["limit"], 1000);
  EXPECT_EQ(world.error({"GET", store + "/keys?limit=x"}), "400 invalid-value");
  EXPECT_EQ(world.error({"GET", store + "/keys?collection=x"}), "400 invalid-collection");
  const auto shown = world.data({"GET", store});
  EXPECT_EQ(shown["stats"]["writeCount"], 4);
  EXPECT_EQ(shown["stats"]["storageBytes"], 20);
}

}  // namespace
}  // namespace actuary::tests::api_storages
