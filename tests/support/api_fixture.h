#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>

#include "adapters/blobs/file_blobs.h"
#include "adapters/http/api/services.h"
#include "adapters/http/api/watch.h"
#include "adapters/http/router.h"
#include "adapters/http/server.h"
#include "adapters/logs/file_logs.h"
#include "adapters/reactor/system.h"
#include "adapters/reactor/uv_loop.h"
#include "engine/executor/performer.h"
#include "journal/feed/feed.h"
#include "journal/memory/memory_journal.h"
#include "tests/support/fake_secrets.h"
#include "tests/support/memory_storages.h"

namespace actuary::tests::support {

/// Containers that live until the test ends them, or until they are killed. On the loop's thread.
class HandRuntime final : public engine::ports::ContainerRuntime {
 public:
  using Key = engine::ports::ContainerKey;
  using Spec = engine::ports::ContainerSpec;
  using Exit = engine::ports::ContainerExit;
  using View = engine::ports::ContainerView;

  explicit HandRuntime(engine::ports::Loop& loop) : loop_(loop) {}

  void on_exit(OnExit listener) override { listener_ = std::move(listener); }
  void start(Spec spec, Done<void> done) override;
  void kill(const Key& key, Done<void> done) override;
  void announce(const Key& key, engine::ports::Announcement announcement, Done<void> done) override;
  [[nodiscard]] std::optional<engine::ports::ContainerUsage> usage(const Key& key) const override;
  [[nodiscard]] std::optional<engine::ports::WebServer> web_server(const Key& key) const override;
  void remove(const Key& key, Done<void> done) override;
  void inspect(const Key& key, Done<View> done) override;
  void list(Done<std::vector<View>> done) override;

  void end(const Key& key, Exit exit);
  /// What `usage` says of every live container from now on.
  std::optional<engine::ports::ContainerUsage> sampled;
  std::map<Key, engine::ports::Announcement> announced;
  std::optional<engine::ports::WebServer> listening;  ///< every live container's web server
  /// The newest container of that run.
  [[nodiscard]] std::optional<Spec> find(const RunId& run) const;

 private:
  engine::ports::Loop& loop_;
  OnExit listener_;
  std::map<Key, Spec> live_;
};

/// Builds at once, or fails with what the test says, or waits until it is cancelled.
class HandBuilder final : public engine::ports::ImageBuilder {
 public:
  enum class Mode : std::uint8_t { kSucceeds, kFails, kHangs };

  HandBuilder(engine::ports::Loop& loop, engine::ports::Logs& logs) : loop_(loop), logs_(logs) {}

  void build(engine::ports::BuildSpec spec, Done done) override;
  void cancel(const BuildId& build_id, std::function<void(Status)> done) override;
  void remove_image(const events::Image& image, std::function<void(Status)> done) override;

  Mode mode = Mode::kSucceeds;
  std::string input_schema;

 private:
  engine::ports::Loop& loop_;
  engine::ports::Logs& logs_;
  std::map<BuildId, Done> hanging_;
};

/// `FakeSecrets` whose run tokens can be read, and whose tokens differ.
class ApiSecrets final : public engine::ports::Secrets {
 public:
  std::string run_token(const engine::ports::ContainerKey& key, const UserId& user_id) override;
  std::optional<engine::ports::RunToken> read_run_token(std::string_view token) override;
  std::string new_token() override { return "token-" + std::to_string(++count_); }
  std::string token_hash(std::string_view token) override { return inner_.token_hash(token); }
  std::string seal(std::string_view plain) override { return inner_.seal(plain); }
  Result<std::string> open(std::string_view sealed) override { return inner_.open(sealed); }
  Result<std::vector<std::string>> seal_personal(const std::vector<std::string>& plain,
                                                 std::optional<std::uint64_t> under) override {
    return inner_.seal_personal(plain, under);
  }
  Result<std::string> open_personal(std::string_view sealed) override {
    return inner_.open_personal(sealed);
  }
  /// As a host does once the event is durable.
  void destroy_keys(const events::Event& event) {
    for (const auto key : events::keys_destroyed_by(event)) inner_.erased.insert(key);
  }
  [[nodiscard]] bool is_destroyed(std::uint64_t key) const { return inner_.erased.contains(key); }

 private:
  FakeSecrets inner_;
  int count_ = 0;
};

/// The whole API over a real engine, views, logs and server; memory stands in for disks, the test
/// for containers. A user `tester` with a token is there.
class ApiFixture : public testing::Test {
 public:
  using Json = nlohmann::ordered_json;
  struct Reply {
    int status = 0;
    std::string head;
    std::string text;
    [[nodiscard]] Json json() const;
    [[nodiscard]] Json data() const { return json().value("data", Json()); }
    [[nodiscard]] std::string error() const;
  };

  ApiFixture();
  ~ApiFixture() override;

  /// Asks as `tester`; `fields` are further header lines, each with its end.
  Reply call(std::string_view method, std::string_view path, std::string_view body = {},
             std::string_view fields = "Content-Type: application/json\r\n");
  Reply call_as(std::string_view token, std::string_view method, std::string_view path,
                std::string_view body = {},
                std::string_view fields = "Content-Type: application/json\r\n");
  Reply call_unix(std::string_view method, std::string_view path, std::string_view body = {});

  /// Runs on the loop's thread; waits for it.
  void on_loop(const std::function<void()>& work);
  /// Submits and waits for the answer.
  Status submit(engine::executor::Command command, Principal principal = {});

  /// An Actor with one version `0.1` of one file; answers its id.
  std::string make_actor(const std::string& name, const std::string& more = "{}");
  /// Builds `0.1` and waits; answers the build.
  Json make_build(const std::string& actor_id);
  /// An Actor that is built.
  std::string make_built_actor(const std::string& name);
  /// Starts it and waits until its container runs; answers the run.
  Json make_run(const std::string& actor_id, std::string_view input = R"({"a":1})");
  void wait_until_running(const std::string& run_id);
  /// Ends the run's container, and waits until the run has finished.
  void end_run(const std::string& run_id, int exit_code = 0);
  void write_log(const std::string& job_id, const std::string& text);
  /// The token that the run's container was given.
  std::string run_token(const std::string& run_id);

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] const std::string& token() const { return token_; }
  [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }

  // In the order in which they are made.
  std::filesystem::path folder_;
  std::unique_ptr<adapters::reactor::UvLoop> loop;
  adapters::reactor::SystemClock clock;
  adapters::reactor::SystemIds ids;
  ApiSecrets secrets;
  journal::memory::MemoryJournal journal;
  std::unique_ptr<journal::Feed> feed;
  std::unique_ptr<projections::runner::Views> views;
  std::unique_ptr<MemoryStorages> storages;
  std::unique_ptr<adapters::logs::FileLogs> logs;
  std::unique_ptr<adapters::blobs::FileBlobs> blobs;
  std::unique_ptr<HandRuntime> runtime;
  std::unique_ptr<HandBuilder> builder;
  std::unique_ptr<engine::executor::Executor> executor;
  std::unique_ptr<engine::executor::Performer> performer;
  std::unique_ptr<adapters::http::api::Watch> watch;
  std::unique_ptr<adapters::http::Router> router;
  std::unique_ptr<adapters::http::Server> server;
  UserId user;

 private:
  void open_parts();
  void wire_engine();

  std::uint16_t port_ = 0;
  std::string token_ = "token-of-tester";
  std::thread thread_;
};

}  // namespace actuary::tests::support
