#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "adapters/http/api/services.h"
#include "adapters/http/api/watch.h"
#include "adapters/http/server.h"
#include "adapters/reactor/system.h"
#include "adapters/reactor/uv_loop.h"
#include "tests/http/server_fixture.h"
#include "tests/projections/world.h"
#include "tests/support/fake_logs.h"
#include "tests/support/fake_secrets.h"
#include "tests/support/memory_storages.h"

namespace actuary::tests::api_storages {

using adapters::http::Answer;
using Json = nlohmann::ordered_json;

inline constexpr int kAlice = 1;
inline constexpr int kBob = 2;

/// Blobs are no part of this.
class NoBlobs final : public engine::ports::Blobs {
 public:
  Result<std::string> put(BytesView) override { return fail(Code::kUnavailable, "no blobs"); }
  Result<Bytes> get(std::string_view) override { return fail(Code::kNotFound, "no blobs"); }
};

/// One request. `as` is `alice`, `bob`, or `run:EPOCH` for run 1, which is Alice's.
struct Ask {
  std::string method = "GET";
  std::string path;
  std::string body;
  std::string fields;  ///< further header lines, each with its CRLF
  std::string as = "alice";
};

/// The routes of the storages behind a real server, with a real executor and views. Alice has Actor
/// 1 with run 1 (storages 11, 12 and 13), Bob has nothing.
class World {
 public:
  World();
  ~World();
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  Answer ask(const Ask& ask);
  /// The answer's `data`; the test fails when the status is another one.
  Json data(const Ask& ask, int status = 200);
  /// `STATUS type`, as clients branch on it.
  std::string error(const Ask& ask);
  /// Makes one and answers its id.
  std::string make(const std::string& collection, const std::string& name = {});

  /// From now on only `epoch` may write as run 1.
  void fence(Position epoch);

 private:
  void on_loop(const std::function<void()>& work);
  void open();
  void close(const std::function<void()>& done);

  Folder folder_;
  Chronicle chronicle_;
  adapters::reactor::SystemClock clock_;
  adapters::reactor::SystemIds ids_;
  support::FakeSecrets secrets_;
  support::FakeLogs logs_;
  NoBlobs blobs_;
  std::unique_ptr<adapters::reactor::UvLoop> loop_;
  std::unique_ptr<Views> views_;
  std::unique_ptr<support::MemoryStorages> storages_;
  std::unique_ptr<engine::executor::Executor> executor_;
  std::unique_ptr<adapters::http::api::Watch> watch_;
  std::optional<adapters::http::api::Services> services_;
  std::unique_ptr<adapters::http::Router> router_;
  std::unique_ptr<adapters::http::Server> server_;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

/// A header of an answer, or nothing.
std::string header(const Answer& answer, const std::string& name);

}  // namespace actuary::tests::api_storages
