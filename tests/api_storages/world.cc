#include "tests/api_storages/world.h"

#include <future>

#include "adapters/http/api/datasets.h"
#include "adapters/http/api/key_value_stores.h"
#include "adapters/http/api/request_queues.h"
#include "adapters/http/api/user_names.h"

namespace actuary::tests::api_storages {
namespace {

namespace http = adapters::http;

void tell_story(Chronicle& chronicle) {
  events::ActorProfile profile;
  profile.name = "hello";
  events::RunCreated created;
  created.run_id = run(1);
  created.actor_id = actor(1);
  created.user_id = user(kAlice);
  created.build_id = build(1);
  created.options.memory_mbytes = 128;
  created.key_value_store_id = storage(11);
  created.dataset_id = storage(12);
  created.request_queue_id = storage(13);
  using events::StorageKind;
  const auto bound = [](int number, StorageKind kind) -> Happening {
    return {stream_of(storage(number)),
            events::StorageCreated{storage(number), kind, user(kAlice), "", "", run(1), actor(1)}};
  };
  chronicle.happens(1,
                    {{stream_of(user(kAlice)), events::UserCreated{user(kAlice), "alice"}},
                     {stream_of(user(kBob)), events::UserCreated{user(kBob), "bob"}},
                     {stream_of(actor(1)), events::ActorCreated{actor(1), user(kAlice), profile}},
                     {stream_of(run(1)), created},
                     bound(11, StorageKind::kKeyValueStore),
                     bound(12, StorageKind::kDataset),
                     bound(13, StorageKind::kRequestQueue)});
}

std::optional<http::WireError> guard(http::Request& request, http::AuthMode) {
  const std::string token(request.headers.get("Authorization"));
  Principal principal;
  principal.kind = PrincipalKind::kUser;
  principal.user_id = user(token == "Bearer bob" ? kBob : kAlice);
  constexpr std::string_view kRunToken = "Bearer run:";
  if (token.starts_with(kRunToken)) {
    principal.kind = PrincipalKind::kRun;
    principal.run_id = run(1);
    principal.epoch = std::stoull(token.substr(kRunToken.size()));
  }
  request.principal = principal;
  return std::nullopt;
}

}  // namespace

World::World() {
  tell_story(chronicle_);
  loop_ = adapters::reactor::UvLoop::own().value();
  thread_ = std::thread([this] { loop_->run(); });
  on_loop([this] { open(); });
}

World::~World() {
  std::promise<void> closed;
  loop_->post([&] { close([&] { closed.set_value(); }); });
  closed.get_future().wait();
  loop_->stop();
  thread_.join();
  // `close` has let go of all others; the loop asserts that no handle is left.
  loop_->close();
}

void World::open() {
  views_ = Views::open(folder_.views()).value();
  ASSERT_TRUE(views_->catch_up(chronicle_.journal));
  storages_ = std::make_unique<support::MemoryStorages>(*loop_, clock_);
  watch_ = std::make_unique<http::api::Watch>(loop_->raw());
  engine::executor::Executor::Outside outside{
      chronicle_.journal,
      *loop_,
      clock_,
      ids_,
      [](const auto&, Position) {},
      [this](std::span<const Record> batch) { return views_->apply(batch); },
      [](const Error& error) { ADD_FAILURE() << error.detail; }};
  executor_ = std::make_unique<engine::executor::Executor>(outside, engine::decision::Settings{});
  ASSERT_TRUE(executor_->start({1, 1, "test"}, [] {}));
  services_.emplace(http::api::Services{*executor_, *views_, chronicle_.journal, *storages_, logs_,
                                        blobs_, secrets_, *loop_, clock_, ids_, *watch_,
                                        user(kAlice), "http://here"});
  services_->names = std::make_shared<http::api::UserNames>();
  std::vector<http::Route> routes;
  http::api::add_key_value_store_routes(routes, *services_);
  http::api::add_dataset_routes(routes, *services_);
  http::api::add_request_queue_routes(routes, *services_);
  router_ = std::make_unique<http::Router>(std::move(routes), guard);
  server_ = http::Server::open(loop_->raw(), {}, *router_).value();
  port_ = server_->listen_tcp("127.0.0.1", 0).value();
}

void World::close(const std::function<void()>& done) {
  executor_->stop();
  watch_->close();
  server_->close(http::Server::CloseMode::kNow, [this, done] {
    loop_->post([this, done] {
      server_.reset();
      watch_.reset();
      done();
    });
  });
}

void World::on_loop(const std::function<void()>& work) {
  std::promise<void> finished;
  loop_->post([&] {
    work();
    finished.set_value();
  });
  finished.get_future().wait();
}

Answer World::ask(const Ask& ask) {
  auto client = http::Client::tcp(port_);
  std::string text = ask.method + " " + ask.path + " HTTP/1.1\r\nHost: here\r\n";
  text += "Authorization: Bearer " + ask.as + "\r\n" + ask.fields;
  if (!ask.body.empty()) text += "Content-Length: " + std::to_string(ask.body.size()) + "\r\n";
  return client.ask(text + "\r\n" + ask.body);
}

Json World::data(const Ask& question, int status) {
  const auto answer = ask(question);
  EXPECT_EQ(answer.status, status) << question.method << " " << question.path << answer.body;
  const auto document = Json::parse(answer.body, nullptr, false);
  EXPECT_TRUE(document.is_object() && document.contains("data")) << answer.body;
  return document.is_object() ? document.value("data", Json()) : Json();
}

std::string World::error(const Ask& question) {
  const auto answer = ask(question);
  const auto document = Json::parse(answer.body, nullptr, false);
  if (!document.is_object() || !document.contains("error")) return answer.body;
  return std::to_string(answer.status) + " " + document["error"]["type"].get<std::string>();
}

std::string World::make(const std::string& collection, const std::string& name) {
  const std::string query = name.empty() ? "" : "?name=" + name;
  return data({"POST", "/v2/" + collection + query}, 201).value("id", "");
}

void World::fence(Position epoch) {
  std::promise<void> fenced;
  loop_->post([&] {
    storages_->fence(run(1), epoch, [&](const Result<std::uint64_t>& done) {
      EXPECT_TRUE(done.has_value());
      fenced.set_value();
    });
  });
  fenced.get_future().wait();
}

std::string header(const Answer& answer, const std::string& name) {
  const auto at = answer.head.find("\r\n" + name + ": ");
  if (at == std::string::npos) return {};
  const auto begin = at + name.size() + 4;
  return answer.head.substr(begin, answer.head.find("\r\n", begin) - begin);
}

}  // namespace actuary::tests::api_storages
