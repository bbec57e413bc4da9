#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "adapters/oci/oci_builder.h"
#include "adapters/oci/oci_runtime.h"
#include "adapters/reactor/process.h"
#include "adapters/reactor/system.h"
#include "journal/base/assert.h"
#include "tests/contract/runtime_contract.h"

// CMakeLists.txt says where they are; the header alone compiles without.
#ifndef ACTUARY_INIT
#define ACTUARY_INIT "actuary-init"
#define ACTUARY_BASE_IMAGE "tools/base-image"
#endif

namespace actuary::tests::oci {

namespace fs = std::filesystem;

/// Build sources in memory.
class MemoryBlobs final : public engine::ports::Blobs {
 public:
  Result<std::string> put(BytesView bytes) override {
    std::string digest = sha256_hex(bytes);
    blobs_[digest] = Bytes(bytes);
    return digest;
  }
  Result<Bytes> get(std::string_view digest) override {
    const auto found = blobs_.find(std::string(digest));
    if (found == blobs_.end()) return fail(Code::kNotFound, "no such blob");
    return found->second;
  }

 private:
  std::map<std::string, Bytes> blobs_;
};

/// One installation in a temporary folder, shared by the tests of this program: the base image is
/// built once.
struct Installation {
  Installation() {
    std::string pattern = fs::temp_directory_path() / "actuary-oci-XXXXXX";
    root = mkdtemp(pattern.data());
    options = {.data = root / "data",
               .installation = ids.next_text(8),
               .init_binary = ACTUARY_INIT,
               .api_port = 18010,
               .term = 1,
               .base_archive = root / "base.tar"};
    for (char& c : options.installation) c = "0123456789abcdef"[static_cast<unsigned>(c) % 16];
    reactor_ok({ACTUARY_BASE_IMAGE, options.base_archive});
  }
  static void reactor_ok(std::vector<std::string> argv) {
    const auto done = adapters::reactor::run_ok({.argv = std::move(argv)});
    ASSERT_TRUE(done) << done.error().detail;
  }

  adapters::reactor::SystemIds ids;
  adapters::reactor::SystemClock clock;
  MemoryBlobs blobs;
  fs::path root;
  adapters::oci::Options options;
  std::map<std::string, events::Image> images;
};

Installation& installation();

/// Real containers on a loop that the test turns; images by buildah.
class ContainerWorld : public contract::RuntimeWorld {
 public:
  contract::ContainerRuntime& runtime() override { return *runtime_; }
  adapters::containers::Runtime& containers() { return *runtime_; }

  void replace_runtime() override {
    runtime_.reset();
    runtime_ = open_runtime();
    ACTUARY_ASSERT(runtime_ != nullptr);
  }

  contract::ContainerSpec shell(const std::string& script) override {
    return shell_as("actor", script);
  }
  /// The image's user is `user`.
  contract::ContainerSpec shell_as(const std::string& user, const std::string& script) {
    events::Image image = base();
    auto config = nlohmann::json::parse(image.config);
    config["config"]["User"] = user;
    config["config"]["Cmd"] = {"sh", "-c", script};
    image.config = config.dump();
    return {.key = {installation().ids.next<RunId>(), ++epoch_},
            .term = 1,
            .image = std::move(image),
            .env = {{"SECRET", "from the spec"}},
            .memory_mbytes = 256,
            .disk_mbytes = 512,
            .pids_max = 128};
  }
  std::string log(const contract::ContainerKey& key) override { return log_of(key.run_id.str()); }
  static std::string log_of(const std::string& id) {
    std::ifstream file(installation().options.data / "logs" / (id + ".log"));
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
  }
  bool turn_until(const std::function<bool()>& done) override {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (!done()) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      loop_->arm(Microseconds{5000}, [] {});
      uv_run(loop_->raw(), UV_RUN_ONCE);
    }
    return true;
  }

  Result<engine::ports::BuildProduct> build(const nlohmann::json& files, BuildId id) {
    auto builder = open_builder();
    std::optional<Result<engine::ports::BuildProduct>> product;
    builder->build(spec(files, id), [&](auto answer) { product = std::move(answer); });
    EXPECT_TRUE(turn_until([&] { return product.has_value(); }));
    return std::move(*product);
  }
  std::unique_ptr<adapters::oci::OciBuilder> open_builder() {
    Installation& here = installation();
    return adapters::oci::OciBuilder::open(*loop_, here.blobs, here.clock, here.options).value();
  }
  static engine::ports::BuildSpec spec(const nlohmann::json& files, BuildId id) {
    events::ActorVersion version;
    version.number = "0.1";
    version.source_digest = installation().blobs.put(files.dump()).value();
    return {.build_id = id,
            .actor_id = {},
            .build_number = "0.1.1",
            .version = version,
            .use_cache = true,
            .memory_mbytes = 1024};
  }

 protected:
  /// Nothing, and why on stderr, when there is none.
  virtual std::unique_ptr<adapters::containers::Runtime> open_runtime() = 0;

  events::Image base() {
    events::Image& image = installation().images["base"];
    if (!image.id.empty()) return image;
    auto product = build(
        nlohmann::json::array({{{"name", "Dockerfile"},
                                {"format", "TEXT"},
                                {"content", "FROM localhost/actuary/base\nCMD [\"true\"]\n"}}}),
        installation().ids.next<BuildId>());
    ACTUARY_ASSERT(product ||
                   (std::fprintf(stderr, "%s\n", product.error().detail.c_str()), false));
    image = product->image;
    return image;
  }

  std::unique_ptr<adapters::reactor::UvLoop> loop_ = adapters::reactor::UvLoop::own().value();
  std::unique_ptr<adapters::containers::Runtime> runtime_;

 private:
  Position epoch_ = 0;
};

class OciWorld final : public ContainerWorld {
 public:
  OciWorld() { replace_runtime(); }
  ~OciWorld() override { runtime_.reset(); }

  adapters::containers::Runtime& oci() { return *runtime_; }

 private:
  std::unique_ptr<adapters::containers::Runtime> open_runtime() override {
    auto opened = adapters::oci::OciRuntime::open(*loop_, installation().options);
    if (!opened) std::fprintf(stderr, "%s\n", opened.error().detail.c_str());
    return opened ? std::move(*opened) : nullptr;
  }
};

}  // namespace actuary::tests::oci
