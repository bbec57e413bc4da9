#include "tests/api_storages/world.h"

namespace actuary::tests::api_storages {
namespace {

struct Kind {
  std::string collection;
  std::string alias;
  std::string missing;
  StorageId of_run;
  std::vector<std::string> required;
};

const std::vector<Kind>& kinds() {
  static const std::vector<Kind> kKinds{
      {"key-value-stores",
       "key-value-store",
       "Key-value store was not found",
       storage(11),
       {"id", "name", "userId", "createdAt", "modifiedAt", "accessedAt", "actId", "actRunId",
        "stats", "consoleUrl", "keysPublicUrl", "generalAccess"}},
      {"datasets",
       "dataset",
       "Dataset was not found",
       storage(12),
       {"id", "userId", "createdAt", "modifiedAt", "accessedAt", "itemCount", "cleanItemCount",
        "consoleUrl", "itemsPublicUrl", "stats", "fields", "generalAccess"}},
      {"request-queues",
       "request-queue",
       "Request queue was not found",
       storage(13),
       {"id", "userId", "createdAt", "modifiedAt", "accessedAt", "totalRequestCount",
        "handledRequestCount", "pendingRequestCount", "hadMultipleClients", "consoleUrl",
        "stats"}}};
  return kKinds;
}

TEST(StorageMetadata, PostMakesANameOnceAndFindsItAfterwards) {
  World world;
  for (const auto& kind : kinds()) {
    const auto made = world.ask({"POST", "/v2/" + kind.collection + "?name=mine"});
    EXPECT_EQ(made.status, 201);
    const auto data = Json::parse(made.body)["data"];
    const auto id = data["id"].get<std::string>();
    EXPECT_EQ(header(made, "Location"), "http://here/v2/" + kind.collection + "/" + id);
    for (const auto& field : kind.required) EXPECT_TRUE(data.contains(field)) << field;
    EXPECT_EQ(data["generalAccess"], "FOLLOW_USER_SETTING");
    EXPECT_EQ(data["actRunId"], nullptr);
    EXPECT_EQ(world.data({"POST", "/v2/" + kind.collection + "?name=mine"})["id"], id);
    for (const std::string& address :
         {id, std::string("~mine"), std::string("alice~mine"), std::string("alice%7Emine")}) {
      EXPECT_EQ(world.data({"GET", "/v2/" + kind.collection + "/" + address})["id"], id) << address;
    }
    EXPECT_NE(world.make(kind.collection), world.make(kind.collection));
  }
}

TEST(StorageMetadata, WhatIsNotTheCallersIsNotThere) {
  World world;
  for (const auto& kind : kinds()) {
    const auto id = world.make(kind.collection, "mine");
    for (const std::string& address :
         {id, std::string("alice~mine"), std::string("~mine"), std::string("nobody~mine"),
          std::string("short"), std::string("AAAAAAAAAAAAAAAAA")}) {
      const auto answer =
          world.ask({"GET", "/v2/" + kind.collection + "/" + address, {}, {}, "bob"});
      EXPECT_EQ(answer.status, 404) << address;
      const auto error = Json::parse(answer.body)["error"];
      EXPECT_EQ(error["type"], "record-not-found");
      EXPECT_EQ(error["message"], kind.missing);
    }
    // Another kind's id is not there either.
    const std::string other = kind.alias == "dataset" ? "request-queues" : "datasets";
    EXPECT_EQ(world.error({"GET", "/v2/" + other + "/" + id}), "404 record-not-found");
    EXPECT_EQ(world.error({"DELETE", "/v2/" + kind.collection + "/" + id, {}, {}, "bob"}),
              "404 record-not-found");
  }
}

TEST(StorageMetadata, PutRenamesAndTakesTheNameAway) {
  World world;
  const auto id = world.make("datasets", "first");
  world.make("datasets", "second");
  const std::string path = "/v2/datasets/" + id;
  const auto changed =
      world.data({"PUT", path, R"({"name":"third","title":"T","generalAccess":"RESTRICTED"})"});
  EXPECT_EQ(changed["name"], "third");
  EXPECT_EQ(changed["title"], "T");
  EXPECT_EQ(changed["generalAccess"], "RESTRICTED");
  EXPECT_EQ(world.error({"PUT", path, R"({"name":"second"})"}), "409 name-not-unique");
  EXPECT_EQ(world.error({"PUT", path, R"({"name":"-bad-"})"}), "400 invalid-value");
  EXPECT_EQ(world.error({"PUT", path, R"({"name":7})"}), "400 invalid-value");
  EXPECT_EQ(world.error({"PUT", path, R"({"generalAccess":"ALL"})"}), "400 param-not-one-of");
  EXPECT_EQ(world.error({"PUT", path, R"([1])"}), "400 invalid-request");
  EXPECT_EQ(world.error({"PUT", path, R"({"name":)"}), "400 invalid-request");
  EXPECT_EQ(world.data({"GET", path})["name"], "third");
  EXPECT_EQ(world.data({"PUT", path, R"({"name":null})"})["name"], nullptr);
  EXPECT_EQ(world.error({"GET", "/v2/datasets/~third"}), "404 record-not-found");
  EXPECT_EQ(world.data({"GET", path})["title"], "T");
}

TEST(StorageMetadata, ADeletedStorageIsGoneAndItsNameIsFree) {
  World world;
  for (const auto& kind : kinds()) {
    const auto id = world.make(kind.collection, "brief");
    EXPECT_EQ(world.ask({"DELETE", "/v2/" + kind.collection + "/" + id}).status, 204);
    EXPECT_EQ(world.error({"GET", "/v2/" + kind.collection + "/" + id}), "404 record-not-found");
    EXPECT_EQ(world.error({"DELETE", "/v2/" + kind.collection + "/" + id}), "404 record-not-found");
    EXPECT_NE(world.make(kind.collection, "brief"), id);
  }
}

TEST(StorageMetadata, ListsShowNamedOnesUnlessAskedForAll) {
  World world;
  for (const auto& kind : kinds()) {
    const std::string path = "/v2/" + kind.collection;
    const auto first = world.make(kind.collection, "a");
    const auto second = world.make(kind.collection, "b");
    const auto unnamed = world.make(kind.collection);
    const auto named = world.data({"GET", path});
    EXPECT_EQ(named["total"], 2);
    EXPECT_EQ(named["count"], 2);
    EXPECT_EQ(named["offset"], 0);
    EXPECT_EQ(named["limit"], 1000);
    EXPECT_EQ(named["desc"], false);
    EXPECT_EQ(named["items"][0]["id"], first);
    for (const auto& field : kind.required) EXPECT_TRUE(named["items"][0].contains(field)) << field;
    // With the run's own and the unnamed one.
    EXPECT_EQ(world.data({"GET", path + "?unnamed=1"})["total"], 4);
    // Clients want a text for a name in lists of datasets and of queues, though not beside them.
    for (const auto& item : world.data({"GET", path + "?unnamed=1"})["items"]) {
      if (item["id"] != unnamed) continue;
      const bool may_lack_it = kind.collection == "key-value-stores";
      EXPECT_EQ(item["name"], may_lack_it ? Json() : Json(unnamed));
    }
    EXPECT_EQ(world.data({"GET", path + "/" + unnamed})["name"], nullptr);
    const auto page = world.data({"GET", path + "?desc=true&limit=1&offset=0"});
    EXPECT_EQ(page["total"], 2);
    EXPECT_EQ(page["items"][0]["id"], second);
    EXPECT_EQ(world.data({"GET", path, {}, {}, "bob"})["total"], 0);
    EXPECT_EQ(world.data({"GET", path + "?ownership=sharedWithMe"})["total"], 0);
    EXPECT_EQ(world.error({"GET", path + "?offset=-1"}), "400 invalid-value");
  }
}

TEST(StorageMetadata, ARunsDefaultsAreReachedThroughItAndAsTheLastRun) {
  World world;
  for (const auto& kind : kinds()) {
    const std::string of_run = "/v2/actor-runs/" + run(1).str() + "/" + kind.alias;
    const auto data = world.data({"GET", of_run});
    EXPECT_EQ(data["id"], kind.of_run.str());
    EXPECT_EQ(data["actRunId"], run(1).str());
    EXPECT_EQ(data["actId"], actor(1).str());
    for (const std::string& address :
         {actor(1).str(), std::string("~hello"), std::string("alice~hello")}) {
      const std::string last = "/v2/acts/" + address + "/runs/last/" + kind.alias;
      EXPECT_EQ(world.data({"GET", last})["id"], kind.of_run.str()) << address;
      EXPECT_EQ(world.data({"GET", last + "?status=READY"})["id"], kind.of_run.str());
      EXPECT_EQ(world.error({"GET", last + "?status=FAILED"}), "404 record-not-found");
      EXPECT_EQ(world.error({"GET", last + "?origin=SCHEDULER"}), "404 record-not-found");
    }
    EXPECT_EQ(world.error({"GET", of_run, {}, {}, "bob"}), "404 record-not-found");
    EXPECT_EQ(world.error({"GET", "/v2/actor-runs/" + run(9).str() + "/" + kind.alias}),
              "404 record-not-found");
  }
}

}  // namespace
}  // namespace actuary::tests::api_storages
