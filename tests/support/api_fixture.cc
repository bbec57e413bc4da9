#include "tests/support/api_fixture.h"

#include <csignal>
#include <future>

#include "adapters/http/api/api.h"
#include "adapters/http/api/guard.h"
#include "adapters/http/api/live.h"
#include "adapters/http/json.h"
#include "tests/http/server_fixture.h"

namespace actuary::tests::support {

using adapters::http::Client;

void HandRuntime::start(Spec spec, Done<void> done) {
  const Key key = spec.key;
  live_.try_emplace(key, std::move(spec));
  loop_.post([done = std::move(done)] { done({}); });
}

void HandRuntime::kill(const Key& key, Done<void> done) {
  end(key, {.exit_code = 137, .signal = 9});
  loop_.post([done = std::move(done)] { done({}); });
}

void HandRuntime::announce(const Key& key, engine::ports::Announcement announcement,
                           Done<void> done) {
  announced[key] = announcement;
  loop_.post([done = std::move(done)] { done({}); });
}

std::optional<engine::ports::ContainerUsage> HandRuntime::usage(const Key& key) const {
  return live_.contains(key) ? sampled : std::nullopt;
}

std::optional<engine::ports::WebServer> HandRuntime::web_server(const Key& key) const {
  return live_.contains(key) ? listening : std::nullopt;
}

void HandRuntime::remove(const Key& key, Done<void> done) {
  live_.erase(key);
  loop_.post([done = std::move(done)] { done({}); });
}

void HandRuntime::inspect(const Key& key, Done<View> done) {
  const auto state = live_.contains(key) ? engine::ports::ContainerState::kRunning
                                         : engine::ports::ContainerState::kMissing;
  loop_.post([done = std::move(done), key, state] { done(View{key, state, std::nullopt}); });
}

void HandRuntime::list(Done<std::vector<View>> done) {
  std::vector<View> views;
  for (const auto& [key, spec] : live_) {
    views.push_back({key, engine::ports::ContainerState::kRunning, std::nullopt});
  }
  loop_.post([done = std::move(done), views] { done(views); });
}

void HandRuntime::end(const Key& key, Exit exit) {
  if (live_.erase(key) == 0) return;
  loop_.post([this, key, exit = std::move(exit)] { listener_(key, exit); });
}

std::optional<HandRuntime::Spec> HandRuntime::find(const RunId& run) const {
  std::optional<Spec> newest;
  for (const auto& [key, spec] : live_) {
    if (key.run_id == run) newest = spec;
  }
  return newest;
}

void HandBuilder::build(engine::ports::BuildSpec spec, Done done) {
  (void)logs_.append(spec.build_id.view(), Timestamp{Seconds{1'700'000'000}}, "building");
  if (mode == Mode::kHangs) {
    hanging_[spec.build_id] = std::move(done);
    return;
  }
  Result<engine::ports::BuildProduct> product =
      fail(Code::kInvalidArgument, "there is no Dockerfile");
  if (mode == Mode::kSucceeds) {
    product = engine::ports::BuildProduct{
        {"sha256:abc", "{}", 4096}, R"({"actorSpecification":1})", input_schema, "# Read me"};
  }
  loop_.post([done = std::move(done), product] { done(product); });
}

void HandBuilder::cancel(const BuildId& build_id, std::function<void(Status)> done) {
  const auto found = hanging_.find(build_id);
  if (found != hanging_.end()) {
    found->second(fail(Code::kUnavailable, "cancelled"));
    hanging_.erase(found);
  }
  loop_.post([done = std::move(done)] { done({}); });
}

void HandBuilder::remove_image(const events::Image&, std::function<void(Status)> done) {
  loop_.post([done = std::move(done)] { done({}); });
}

std::string ApiSecrets::run_token(const engine::ports::ContainerKey& key, const UserId& user_id) {
  return inner_.run_token(key, user_id);
}

/// `run:ID:EPOCH:USER`.
std::optional<engine::ports::RunToken> ApiSecrets::read_run_token(std::string_view token) {
  if (!token.starts_with("run:")) return std::nullopt;
  const auto run = RunId::parse(token.substr(4, kIdLength));
  const auto rest = token.substr(4 + kIdLength + 1);
  const auto user = UserId::parse(rest.substr(rest.find(':') + 1));
  return engine::ports::RunToken{{*run, std::stoull(std::string(rest))}, *user};
}

ApiFixture::Json ApiFixture::Reply::json() const {
  auto parsed = adapters::http::parse_json(text);
  EXPECT_TRUE(parsed) << text;
  return parsed ? *parsed : Json();
}

std::string ApiFixture::Reply::error() const {
  const Json document = json();
  if (!document.is_object() || !document.contains("error")) return "no error: " + text;
  return document["error"]["type"].get<std::string>();
}

ApiFixture::ApiFixture() {
  // A client that goes away must not end the process: every program that serves does this.
  std::signal(SIGPIPE, SIG_IGN);
  std::string pattern = (std::filesystem::temp_directory_path() / "actuary-api-XXXXXX").string();
  folder_ = ::mkdtemp(pattern.data());
  loop = adapters::reactor::UvLoop::own().value();
  user = ids.next<UserId>();
  open_parts();
  wire_engine();
  std::promise<void> ready;
  EXPECT_TRUE(executor->start({.nonce = 1, .pid = 1, .program = "test"}, [&] {
    performer->set_term(executor->term());
    ready.set_value();
  }));
  thread_ = std::thread([this] { loop->run(); });
  ready.get_future().wait();
  EXPECT_TRUE(submit(engine::account::Command{engine::account::CreateUser{user, "tester"}}));
  EXPECT_TRUE(submit(engine::account::Command{engine::account::CreateToken{
      user, ids.next<TokenId>(), "test", secrets.token_hash(token_)}}));
}

void ApiFixture::open_parts() {
  views = projections::runner::Views::open((folder_ / "views").string()).value();
  EXPECT_TRUE(views->catch_up(journal));
  feed = std::make_unique<journal::Feed>(journal);
  storages = std::make_unique<MemoryStorages>(*loop, clock);
  logs = adapters::logs::FileLogs::open(folder_ / "logs", *loop).value();
  blobs = std::make_unique<adapters::blobs::FileBlobs>(folder_ / "blobs");
  runtime = std::make_unique<HandRuntime>(*loop);
  builder = std::make_unique<HandBuilder>(*loop, *logs);
  watch = std::make_unique<adapters::http::api::Watch>(loop->raw());
}

void ApiFixture::wire_engine() {
  executor = std::make_unique<engine::executor::Executor>(
      engine::executor::Executor::Outside{
          .journal = journal,
          .loop = *loop,
          .clock = clock,
          .ids = ids,
          .perform = [this](const auto& effect,
                            Position cause) { performer->perform(effect, cause); },
          .on_durable =
              [this](std::span<const Record> batch) {
                for (const Record& record : batch) secrets.destroy_keys(record.event);
                const Status applied = views->apply(batch);
                EXPECT_TRUE(applied);
                if (applied) watch->notify(batch);
                if (applied) feed->advance(batch.back().position);
                return applied;
              },
          .on_fatal = [](const Error&) {}},
      engine::decision::Settings{.capacity = {8192, 65536}});
  performer = std::make_unique<engine::executor::Performer>(
      engine::executor::Performer::Outside{
          *runtime, *builder, *storages, *logs, secrets,
          [this](engine::executor::Command report, Position cause) {
            executor->submit({std::move(report), Principal{}, CommandId{}, cause, nullptr});
          }},
      engine::executor::Performer::Host{"http://in", "http://out", "http://both"},
      executor->directory());
  const adapters::http::api::Services services{
      *executor,
      *views,
      journal,
      *storages,
      *logs,
      *blobs,
      secrets,
      *loop,
      clock,
      ids,
      *watch,
      user,
      "http://127.0.0.1:8010",
      nullptr,
      nullptr,
      nullptr,
      [this](const engine::ports::ContainerKey& key) { return runtime->usage(key); },
      [this](const engine::ports::ContainerKey& key) { return runtime->web_server(key); },
      "http://127.0.0.1:8010",
      "isolation: none"};
  router = std::make_unique<adapters::http::Router>(
      adapters::http::api::routes(services, *feed), adapters::http::api::make_guard(services),
      [services](const adapters::http::Request& request) {
        return adapters::http::api::plan_live(services, request);
      });
  server = adapters::http::Server::open(loop->raw(), {}, *router).value();
  port_ = server->listen_tcp("127.0.0.1", 0).value();
  EXPECT_TRUE(server->listen_unix((folder_ / "engine.sock").string()));
}

ApiFixture::~ApiFixture() {
  on_loop([this] {
    executor->stop();
    feed->close();
    watch->close();
    server->close(adapters::http::Server::CloseMode::kNow, [this] { loop->stop(); });
  });
  thread_.join();
  server.reset();
  router.reset();
  watch.reset();
  loop->close();
  logs.reset();
  std::filesystem::remove_all(folder_);
}

void ApiFixture::on_loop(const std::function<void()>& work) {
  std::promise<void> done;
  loop->post([&] {
    work();
    done.set_value();
  });
  done.get_future().wait();
}

Status ApiFixture::submit(engine::executor::Command command, Principal principal) {
  std::promise<Status> done;
  executor->submit({std::move(command), principal, CommandId{}, 0, [&](Result<Position> result) {
                      done.set_value(result ? Status{} : tl::make_unexpected(result.error()));
                    }});
  return done.get_future().get();
}

namespace {

ApiFixture::Reply ask(Client client, std::string_view token, std::string_view method,
                      std::string_view path, std::string_view body, std::string_view fields) {
  std::string request = std::string(method) + " " + std::string(path) + " HTTP/1.1\r\nHost: x\r\n";
  if (!token.empty()) request += "Authorization: Bearer " + std::string(token) + "\r\n";
  request += fields;
  if (!body.empty()) request += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  request += "\r\n" + std::string(body);
  EXPECT_TRUE(client.send(request));
  auto answer = client.receive(method == "HEAD");
  return {answer.status, std::move(answer.head), std::move(answer.body)};
}

}  // namespace

ApiFixture::Reply ApiFixture::call(std::string_view method, std::string_view path,
                                   std::string_view body, std::string_view fields) {
  return call_as(token_, method, path, body, fields);
}

ApiFixture::Reply ApiFixture::call_as(std::string_view token, std::string_view method,
                                      std::string_view path, std::string_view body,
                                      std::string_view fields) {
  return ask(Client::tcp(port_), token, method, path, body, fields);
}

ApiFixture::Reply ApiFixture::call_unix(std::string_view method, std::string_view path,
                                        std::string_view body) {
  return ask(Client::unix_socket((folder_ / "engine.sock").string()), {}, method, path, body, {});
}

std::string ApiFixture::make_actor(const std::string& name, const std::string& more) {
  Json body = adapters::http::parse_json(more).value();
  body["name"] = name;
  body["versions"] = {
      {{"versionNumber", "0.1"},
       {"sourceType", "SOURCE_FILES"},
       {"buildTag", "latest"},
       {"sourceFiles",
        {{{"name", "Dockerfile"}, {"format", "TEXT"}, {"content", "FROM scratch"}}}}}};
  const Reply reply = call("POST", "/v2/actors", body.dump());
  EXPECT_EQ(reply.status, 201) << reply.text;
  return reply.data().value("id", "");
}

ApiFixture::Json ApiFixture::make_build(const std::string& actor_id) {
  const Reply reply =
      call("POST", "/v2/actors/" + actor_id + "/builds?version=0.1&waitForFinish=10");
  EXPECT_EQ(reply.status, 201) << reply.text;
  return reply.data();
}

std::string ApiFixture::make_built_actor(const std::string& name) {
  const std::string id = make_actor(name);
  EXPECT_EQ(make_build(id).value("status", ""), "SUCCEEDED");
  return id;
}

ApiFixture::Json ApiFixture::make_run(const std::string& actor_id, std::string_view input) {
  const Reply reply = call("POST", "/v2/actors/" + actor_id + "/runs", input);
  EXPECT_EQ(reply.status, 201) << reply.text;
  const Json run = reply.data();
  wait_until_running(run.value("id", ""));
  return run;
}

void ApiFixture::wait_until_running(const std::string& run_id) {
  EXPECT_TRUE(adapters::http::eventually([&] {
    const auto status = call("GET", "/v2/actor-runs/" + run_id).data().value("status", "");
    return status == "RUNNING";
  }));
}

void ApiFixture::end_run(const std::string& run_id, int exit_code) {
  on_loop([&] {
    const auto spec = runtime->find(RunId::parse(run_id).value());
    ASSERT_TRUE(spec);
    runtime->end(spec->key, {.exit_code = exit_code});
  });
  const Reply reply = call("GET", "/v2/actor-runs/" + run_id + "?waitForFinish=10");
  EXPECT_EQ(reply.status, 200) << reply.text;
}

void ApiFixture::write_log(const std::string& job_id, const std::string& text) {
  on_loop([&] { EXPECT_TRUE(logs->append(job_id, clock.now().utc, text)); });
}

std::string ApiFixture::run_token(const std::string& run_id) {
  std::string token;
  on_loop([&] {
    const auto spec = runtime->find(RunId::parse(run_id).value());
    ASSERT_TRUE(spec);
    token = secrets.run_token(spec->key, user);
  });
  return token;
}

}  // namespace actuary::tests::support
