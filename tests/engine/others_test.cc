#include "tests/engine/given.h"

namespace actuary::tests {
namespace {

namespace build = engine::build;
namespace actor = engine::actor;
namespace account = engine::account;
namespace storage = engine::storage;
using engine::executor::Command;

Command create_build(const BuildId& id = kBuild) {
  build::Create create;
  create.build_id = id;
  create.actor_id = kActor;
  create.user_id = kUser;
  create.version_number = "0.1";
  return build::Command{create};
}
Command built() { return build::Command{build::ReportBuilt{kBuild, image("new"), "", "", ""}}; }
Command build_failed() { return build::Command{build::ReportFailed{kBuild, "killed"}}; }
Command abort_build() { return build::Command{build::Abort{kBuild}}; }
Command build_deadline() { return build::Command{build::DeadlineReached{kBuild}}; }
Command delete_build(const BuildId& id = kBuild) {
  return build::Command{build::Delete{id, "by its user"}};
}
engine::Proposed on_build(events::Event event) { return {stream_of(kBuild), std::move(event)}; }

Given a_running_build() {
  return Given{an_actor(), a_build(), {{stream_of(kBuild), events::BuildStarted{at(1800)}}}};
}

TEST(Build, DrawsNumbersThatAreNeverReused) {
  auto created = std::get<events::BuildCreated>(a_build()[1].event);
  Given given{an_actor()};
  given.when(create_build())
      .then({{stream_of(kActor), events::BuildNumberDrawn{"0.1", 1}}, on_build(created)});
  given.happens(a_success(kBuild, 1)).happens(a_success(id_of<BuildId>("second"), 2));
  given.then_happens(delete_build(), 5);
  const auto next = given.when(create_build(id_of<BuildId>("third")));
  next.then_names({"BuildNumberDrawn", "BuildCreated"});
  EXPECT_EQ(std::get<events::BuildCreated>((*next.decision())[1].event).build_number, "0.1.3");
  given.happens({{stream_of(kActor), events::BuildNumberDrawn{"0.1", 99999}}});
  given.when(create_build(id_of<BuildId>("last")))
      .then_fails(Code::kInvalidArgument, "used up its build numbers");
}

TEST(Build, NeedsAnActorAndAVersion) {
  Given{}.when(create_build()).then_fails(Code::kNotFound);
  Given given{an_actor()};
  given.happens({{stream_of(kActor), events::VersionDeleted{"0.1"}}});
  given.when(create_build()).then_fails(Code::kInvalidArgument, "no version");
}

TEST(Build, IsASnapshotOfItsVersion) {
  Given given{an_actor()};
  given.then_happens(create_build(), 1);
  given.happens({{stream_of(kActor), events::VersionPut{version("0.1", "beta")}}});
  given.then_happens(build::Command{build::Admit{kBuild}}, 2);
  const auto names = given.when(built(), 3);
  EXPECT_EQ(std::get<events::TagMoved>((*names.decision())[1].event).tag, "latest");
}

TEST(Build, MovesItsTagInTheSameBatchAsItsSuccess) {
  a_running_build()
      .when(built(), 9)
      .then({on_build(events::BuildSucceeded{image("new"), "", "", ""}),
             {stream_of(kActor), events::TagMoved{"latest", kBuild, "0.1.1"}}});
}

TEST(Build, OfADeletedActorMovesNoTag) {
  Given given = a_running_build();
  given.happens({{stream_of(kActor), events::ActorDeleted{""}}});
  given.when(built(), 9).then({on_build(events::BuildSucceeded{image("new"), "", "", ""})});
}

TEST(Build, FailsWithItsReason) {
  a_running_build().when(build_failed(), 9).then({on_build(events::BuildFailed{"killed"})});
}

TEST(Build, AbortedWhileReadyNeedsNoBuilder) {
  Given{an_actor(), a_build()}
      .when(abort_build())
      .then({on_build(events::BuildAborted{"aborted before it began"})});
}

TEST(Build, AbortedWhileRunningEndsOnTheBuildersWordOrIsDeclared) {
  Given given = a_running_build();
  given.when(abort_build(), 9).then({on_build(events::BuildAbortRequested{at(39)})});
  given.then_happens(abort_build(), 9);
  given.when(built(), 10).then_names({"BuildAborted"});
  given.when(build_failed(), 10).then_names({"BuildAborted"});
  given.when(abort_build(), 10).then({on_build(events::CommandNoted{"Abort"})});
  given.when(build_deadline(), 38).then_nothing();
  given.when(build_deadline(), 39).then_names({"BuildAborted"});
}

TEST(Build, TimesOut) {
  Given given = a_running_build();
  given.when(build_deadline(), 1799).then_nothing();
  given.when(build_deadline(), 1800).then({on_build(events::BuildTimeoutReached{at(1830)})});
  given.then_happens(build_deadline(), 1800);
  given.when(built(), 1801).then_names({"BuildTimedOut"});
  given.when(abort_build(), 1801).then({on_build(events::BuildAbortRequested{at(1831)})});
  given.when(build_deadline(), 1830).then_names({"BuildTimedOut"});
}

TEST(Build, ReportsThatComeTooLateChangeNothing) {
  const Given given{an_actor(), a_success()};
  given.when(built(), 9).then_nothing();
  given.when(build_failed(), 9).then_nothing();
  given.when(build::Command{build::Admit{kBuild}}, 9).then_nothing();
}

TEST(Build, TheDefaultOneStaysAndOthersTakeTheirTagsAlong) {
  Given given{an_actor(), a_success()};
  given.when(delete_build()).then_fails(Code::kDefaultBuild);
  given.happens({{stream_of(kActor), events::TagMoved{"beta", kBuild, "0.1.1"}}});
  given.happens(a_success(id_of<BuildId>("second"), 2));
  const Principal user{PrincipalKind::kUser, kUser, TokenId{}, RunId{}, 0};
  const engine::Context context{at(0), user, given.directory, given.settings};
  tests::Outcome(given.aggregates.decide(delete_build(), context))
      .then({on_build(events::BuildDeleted{"by its user"}),
             {stream_of(kActor), events::TagRemoved{"beta"}}});
  a_running_build().when(delete_build()).then_fails(Code::kCannotRemoveRunning);
}

Command create_actor(std::string_view name, std::string_view id = "other") {
  actor::Create create;
  create.actor_id = id_of<ActorId>(id);
  create.user_id = kUser;
  create.profile.name = name;
  return actor::Command{create};
}

TEST(Actor, NamesAreUniqueForTheirOwner) {
  Given given{an_actor()};
  given.when(create_actor("ledger")).then_fails(Code::kNotUnique);
  given.when(create_actor("scribe")).then_names({"ActorCreated"});
  given.happens({{stream_of(kActor), events::ActorDeleted{""}}});
  given.when(create_actor("ledger")).then_names({"ActorCreated"});
}

TEST(Actor, RefusesBadNamesAndVersions) {
  for (const char* bad : {"ab", "-abc", "abc-", "a b c", ""}) {
    Given{}.when(create_actor(bad)).then_fails(Code::kInvalidArgument);
  }
  for (const char* bad : {"1", "1.", "01.1", "1.100", "a.b", "1.2.3"}) {
    Given{an_actor()}
        .when(actor::Command{actor::PutVersion{kActor, version(bad)}})
        .then_fails(Code::kInvalidArgument);
  }
}

TEST(Actor, AVersionIsPutOrRefused) {
  const Given given{an_actor()};
  actor::PutVersion put{kActor, version("0.1"), actor::IfExists::kRefuse};
  given.when(actor::Command{put}).then_fails(Code::kNotUnique);
  put.if_exists = actor::IfExists::kReplace;
  given.when(actor::Command{put}).then_names({"VersionPut"});
  given.when(actor::Command{actor::DeleteVersion{kActor, "0.9"}}).then_fails(Code::kNotFound);
  given.when(actor::Command{actor::DeleteVersion{kActor, "0.1"}}).then_names({"VersionDeleted"});
}

TEST(Actor, HasABoundedNumberOfVersionsHoweverTheyCome) {
  Given given{an_actor()};
  actor::Change change{kActor, {}, {}, {}};
  change.profile.name = "ledger";
  for (int i = 0; i < 100; ++i) change.versions.push_back(version("1." + std::to_string(i)));
  given.when(actor::Command{change}).then_fails(Code::kLimitExceeded);
  change.versions.pop_back();
  change.versions.push_back(version("0.1"));  // there already
  EXPECT_TRUE(given.when(actor::Command{change}).decision());
}

TEST(Actor, TagsOnlySuccessfulBuildsOfItsOwn) {
  Given given{an_actor(), a_build()};
  actor::Change change{kActor, {}, {}, {{"beta", kBuild}}};
  change.profile.name = "ledger";
  given.when(actor::Command{change}).then_fails(Code::kBuildNotFinished);
  Given{an_actor()}.when(actor::Command{change}).then_fails(Code::kNotFound);
  Given done{an_actor(), a_success()};
  done.when(actor::Command{change})
      .then({{stream_of(kActor), events::TagMoved{"beta", kBuild, "0.1.1"}}});
  change.tags = {{"latest", BuildId{}}};
  done.when(actor::Command{change}).then({{stream_of(kActor), events::TagRemoved{"latest"}}});
  change.tags.clear();
  done.when(actor::Command{change}).then({{stream_of(kActor), events::CommandNoted{"Change"}}});
}

TEST(Account, UsernamesAreUniqueAndPlain) {
  const UserId other = id_of<UserId>("other");
  Given{an_actor()}
      .when(account::Command{account::CreateUser{other, "clerk"}})
      .then_fails(Code::kNotUnique);
  Given{}
      .when(account::Command{account::CreateUser{other, "No"}})
      .then_fails(Code::kInvalidArgument);
  Given{}.when(account::Command{account::CreateUser{other, "scribe"}}).then_names({"UserCreated"});
}

TEST(Account, ATokenIsFoundByItsHashUntilItIsRevoked) {
  Given given{an_actor()};
  const TokenId token = id_of<TokenId>("token");
  given.then_happens(account::Command{account::CreateToken{kUser, token, "cli", "hash"}}, 1);
  ASSERT_NE(given.directory.find_token("hash"), nullptr);
  EXPECT_EQ(given.directory.find_token("hash")->user_id, kUser);
  EXPECT_EQ(given.directory.find_token("other"), nullptr);
  given.then_happens(account::Command{account::RevokeToken{kUser, token}}, 2);
  EXPECT_EQ(given.directory.find_token("hash"), nullptr);
  given.when(account::Command{account::RevokeToken{kUser, token}}).then_fails(Code::kNotFound);
}

Command create_storage(std::string_view id, std::string_view name) {
  storage::Create create;
  create.storage_id = id_of<StorageId>(id);
  create.user_id = kUser;
  create.name = name;
  return storage::Command{create};
}

TEST(Storage, NamesAreUniquePerKindAndCanBeTakenAway) {
  Given given{an_actor()};
  given.then_happens(create_storage("one", "books"), 1);
  given.when(create_storage("two", "books")).then_fails(Code::kNotUnique);
  given.when(create_storage("one", "more")).then_fails(Code::kNotUnique);
  given.when(create_storage("two", "b ooks")).then_fails(Code::kInvalidArgument);
  storage::Change change{id_of<StorageId>("one"), "", std::nullopt, std::nullopt};
  given.then_happens(storage::Command{change}, 2);
  given.when(create_storage("two", "books")).then_names({"StorageCreated"});
}

TEST(Storage, ThatIsDeletedIsDropped) {
  Given given{an_actor()};
  given.then_happens(create_storage("one", ""), 1);
  given.then_happens(storage::Command{storage::Delete{id_of<StorageId>("one"), ""}}, 2);
  ASSERT_EQ(given.effects.size(), 1U);
  EXPECT_TRUE(std::holds_alternative<engine::decision::DropStorage>(given.effects[0]));
  given.when(storage::Command{storage::Delete{id_of<StorageId>("one"), ""}})
      .then_fails(Code::kNotFound);
}

}  // namespace
}  // namespace actuary::tests
