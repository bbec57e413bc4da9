#include <sys/stat.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <thread>

#include "adapters/containers/mounts.h"
#include "adapters/oci/layers.h"
#include "adapters/oci/oci_builder.h"
#include "adapters/oci/oci_runtime.h"
#include "adapters/reactor/process.h"
#include "adapters/reactor/system.h"
#include "bench/containers/docker_reference.h"
#include "bench/support/ratio.h"
#include "journal/base/assert.h"

/// Container starts a second, one after the other: ours (disk image, overlay, network, shim, PID 1
/// that claims the start durably) beside the bare runtime with the same configuration, limits,
/// image and network namespace.
namespace actuary::bench {
namespace {

namespace fs = std::filesystem;
namespace oci = adapters::oci;

constexpr int kMemoryMbytes = 256;
constexpr int kPidsMax = 128;
constexpr int kAtOnce = 8;
using Json = nlohmann::json;

/// What the last start and removal left to do is done, in the kernel too: it moves a process to its
/// control group faster for as long as the last such move is not quite over, so a tight loop of
/// nothing but these shows a time that no single start has.
void rest() { std::this_thread::sleep_for(std::chrono::milliseconds(100)); }

class MemoryBlobs final : public engine::ports::Blobs {
 public:
  Result<std::string> put(BytesView bytes) override {
    bytes_ = Bytes(bytes);
    return sha256_hex(bytes);
  }
  Result<Bytes> get(std::string_view) override { return bytes_; }

 private:
  Bytes bytes_;
};

class Installation {
 public:
  Installation() {
    std::string pattern = fs::temp_directory_path() / "actuary-bench-XXXXXX";
    data_ = ::mkdtemp(pattern.data());
    options_ = {
        .data = data_, .installation = "be7c4be7", .init_binary = ACTUARY_INIT, .api_port = 18999};
    loop_ = adapters::reactor::UvLoop::own().value();
    runtime_ = oci::OciRuntime::open(*loop_, options_).value();
    image_ = build();
  }
  ~Installation() {
    for (const auto& key : started_) remove(key);
    runtime_->close();
    runtime_.reset();
    for (const auto& rootfs : mounted_) adapters::containers::unmount(rootfs);
    std::error_code ignored;
    fs::remove_all(data_, ignored);
  }
  Installation(const Installation&) = delete;
  Installation& operator=(const Installation&) = delete;

  /// Starts `count` containers of ours; removing them is not timed.
  double ours(int count) {
    std::chrono::duration<double> took{};
    for (int i = 0; i < count; ++i) {
      const engine::ports::ContainerSpec spec = next_spec();
      rest();
      const auto begin = std::chrono::steady_clock::now();
      const bool done = wait([&](auto answer) { runtime_->start(spec, answer); });
      took += std::chrono::steady_clock::now() - begin;
      ACTUARY_ASSERT(done);
      started_.push_back(spec.key);
      if (fs::path model = data_ / "model.json"; !fs::exists(model))
        keep_as_model(spec.key, model);
      else
        remove_last();
    }
    return count / took.count();
  }

  /// Starts `count` containers of ours at once.
  double ours_at_once(int count) {
    int answered = 0;
    std::vector<engine::ports::ContainerSpec> specs;
    for (int i = 0; i < count; ++i) specs.push_back(next_spec());
    rest();
    const auto begin = std::chrono::steady_clock::now();
    for (const auto& spec : specs) {
      runtime_->start(spec, [&](const Status& status) {
        ACTUARY_ASSERT(status.has_value());
        ++answered;
      });
    }
    while (answered < count) uv_run(loop_->raw(), UV_RUN_ONCE);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    for (const auto& spec : specs) remove(spec.key);
    return count / took.count();
  }

  /// Starts `count` containers with the runtime alone, from a bundle like ours.
  double bare(int count) {
    prepare_all();
    std::chrono::duration<double> took{};
    for (int i = 0; i < count; ++i) {
      rest();
      const auto begin = std::chrono::steady_clock::now();
      start_bare("bare-0");
      took += std::chrono::steady_clock::now() - begin;
      crun("delete --force bare-0");
    }
    return count / took.count();
  }
  double bare_at_once(int count) {
    prepare_all();
    const auto names = bare_names(count);
    rest();
    const auto begin = std::chrono::steady_clock::now();
    std::vector<std::thread> threads;
    for (const auto& name : names) threads.emplace_back([&] { start_bare(name); });
    for (auto& thread : threads) thread.join();
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    for (const auto& name : names) crun("delete --force " + name);
    return count / took.count();
  }

  [[nodiscard]] const fs::path& base_archive() const { return options_.base_archive; }

 private:
  engine::ports::ContainerSpec next_spec() {
    return {.key = {ids_.next<RunId>(), ++epoch_},
            .term = 1,
            .image = image_,
            .memory_mbytes = kMemoryMbytes,
            .disk_mbytes = 512,
            .pids_max = kPidsMax};
  }

  events::Image build() {
    const Json files = {{{"name", "Dockerfile"},
                         {"format", "TEXT"},
                         {"content", "FROM localhost/actuary/base\nCMD [\"sleep\", \"600\"]\n"}}};
    MemoryBlobs blobs;
    adapters::reactor::SystemClock clock;
    auto builder = oci::OciBuilder::open(*loop_, blobs, clock, options_).value();
    events::ActorVersion version{.number = "0.1", .source_digest = blobs.put(files.dump()).value()};
    Result<engine::ports::BuildProduct> product = fail(Code::kUnknown, "");
    const bool built = wait([&](auto answer) {
      builder->build({.build_id = ids_.next<BuildId>(), .version = version},
                     [&, answer](auto made) {
                       product = std::move(made);
                       answer(Status{});
                     });
    });
    ACTUARY_ASSERT(built && product.has_value());
    return product->image;
  }

  /// The loop turns until the answer is there.
  template <class Ask>
  bool wait(Ask ask) {
    std::optional<bool> ok;
    ask([&](const Status& status) { ok = status.has_value(); });
    while (!ok) uv_run(loop_->raw(), UV_RUN_ONCE);
    return *ok;
  }

  void remove(const engine::ports::ContainerKey& key) {
    wait([&](auto answer) { runtime_->remove(key, answer); });
  }
  void remove_last() {
    remove(started_.back());
    started_.pop_back();
  }

  /// The first container stays: its network namespace is the bare runtime's too.
  void keep_as_model(const engine::ports::ContainerKey& key, const fs::path& model) const {
    for (const auto& entry : fs::directory_iterator(data_ / "runtime/containers")) {
      if (entry.path().filename().string().starts_with(key.run_id.str())) {
        fs::copy_file(entry.path() / "config.json", model);
      }
    }
  }

  void start_bare(const std::string& name) const {
    crun("create --bundle " + (data_ / "bare" / name).string() + " " + name);
    crun("start " + name);
  }

  static std::vector<std::string> bare_names(int count) {
    std::vector<std::string> names;
    for (int i = 0; i < count; ++i) names.push_back("bare-" + std::to_string(i));
    return names;
  }

  /// All before the namespace is made that the runtime lives in: it sees no later mount.
  void prepare_all() {
    if (!mounted_.empty()) return;
    for (const auto& name : bare_names(kAtOnce)) prepare_bare(name);
    namespace_ = adapters::containers::namespace_without_hybrid_cgroup().value_or(-1);
  }

  void prepare_bare(const std::string& name) {
    const fs::path bundle = data_ / "bare" / name;
    for (const char* folder : {"rootfs", "upper", "work"}) fs::create_directories(bundle / folder);
    const auto layers = oci::Layers(data_ / "images/storage").of(image_.id).value();
    ACTUARY_ASSERT(adapters::containers::mount_overlay(layers, bundle / "upper", bundle / "work",
                                                       bundle / "rootfs"));
    std::ifstream in(data_ / "model.json");
    Json config = Json::parse(in);
    config["root"]["path"] = (bundle / "rootfs").string();
    config["process"]["args"] = {"sleep", "600"};
    config["linux"]["cgroupsPath"] = "/actuary-bench-" + name;
    auto& mounts = config["mounts"];
    mounts.erase(
        std::remove_if(mounts.begin(), mounts.end(),
                       [](const Json& mount) {
                         return mount["destination"].get<std::string>().starts_with("/.actuary");
                       }),
        mounts.end());
    std::ofstream(bundle / "config.json") << config.dump();
    mounted_.push_back(bundle / "rootfs");
  }

  void crun(const std::string& words) const {
    const std::string line = "exec crun --root " + (data_ / "bare/state").string() + " " + words +
                             " </dev/null >/dev/null 2>>" + (data_ / "bare/errors").string();
    const auto done =
        adapters::reactor::run({.argv = {"sh", "-c", line}, .mount_namespace = namespace_});
    if (!done || done->exit_code != 0) {
      std::fprintf(stderr, "crun %s failed, see %s\n", words.c_str(),
                   (data_ / "bare/errors").c_str());
      std::abort();
    }
  }

  fs::path data_;
  oci::Options options_;
  adapters::reactor::SystemIds ids_;
  std::unique_ptr<adapters::reactor::UvLoop> loop_;
  std::unique_ptr<oci::OciRuntime> runtime_;
  events::Image image_;
  std::vector<engine::ports::ContainerKey> started_;
  Position epoch_ = 0;
  int namespace_ = -1;
  std::vector<fs::path> mounted_;
};

bool has_docker() { return !adapters::reactor::find_program("dockerd").empty(); }

}  // namespace
}  // namespace actuary::bench

int main(int argc, char** argv) {
  using namespace actuary::bench;
  const Settings settings = settings_from(argc, argv);
  Installation installation;
  const int count = settings.quick ? 3 : 20;
  installation.ours(1);
  std::optional<DockerReference> docker;
  if (has_docker()) docker.emplace(installation.base_archive(), kMemoryMbytes, kPidsMax);
  std::vector<Comparison> rows = {{.name = "container start, one at a time",
                                   .unit = "starts/s",
                                   .ours = [&] { return installation.ours(count); },
                                   .reference = [&] { return installation.bare(count); },
                                   .bar = 0.8},
                                  {.name = "container start, eight at once",
                                   .unit = "starts/s",
                                   .ours = [&] { return installation.ours_at_once(kAtOnce); },
                                   .reference = [&] { return installation.bare_at_once(kAtOnce); },
                                   .bar = 0.85}};
  if (docker) {
    rows.push_back({.name = "container start, beside Docker's",
                    .unit = "starts/s",
                    .ours = [&] { return installation.ours(count); },
                    .reference = [&] { return docker->start(count); },
                    .bar = 2.0});
  } else {
    std::fprintf(stderr, "no dockerd here: no row beside Docker's\n");
  }
  return report(rows, settings);
}
