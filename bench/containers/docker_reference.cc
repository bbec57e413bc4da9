#include "bench/containers/docker_reference.h"

#include <curl/curl.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "adapters/reactor/process.h"
#include "journal/base/assert.h"

namespace actuary::bench {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

std::size_t collect(char* bytes, std::size_t size, std::size_t count, void* text) {
  static_cast<std::string*>(text)->append(bytes, size * count);
  return size * count;
}

std::string dockerd(const char* what, const fs::path& folder) {
  const auto done = adapters::reactor::run(
      {.argv = {ACTUARY_BENCH_DOCKERD, what, folder}, .timeout = std::chrono::minutes(2)});
  ACTUARY_ASSERT(done && done->exit_code == 0);
  return done->output;
}

}  // namespace

DockerReference::DockerReference(const fs::path& rootfs_tar, int memory_mbytes, int pids_max) {
  std::string pattern = fs::temp_directory_path() / "actuary-bench-docker-XXXXXX";
  folder_ = ::mkdtemp(pattern.data());
  dockerd("start", folder_);
  socket_ = folder_ / "docker.sock";
  curl_ = curl_easy_init();
  call("POST", "/images/create?fromSrc=-&repo=actuary-bench&tag=base", {}, rootfs_tar);
  const std::int64_t bytes = std::int64_t{memory_mbytes} << 20;
  create_body_ = Json({{"Image", "actuary-bench:base"},
                       {"Cmd", {"/bin/sleep", "600"}},
                       {"HostConfig",
                        {{"Memory", bytes},
                         {"MemorySwap", bytes},
                         {"NanoCpus", 1'000'000'000LL * memory_mbytes / 4096},
                         {"PidsLimit", pids_max},
                         {"CapDrop", {"ALL"}},
                         {"SecurityOpt", {"no-new-privileges"}},
                         {"NetworkMode", "bridge"}}}})
                     .dump();
}

DockerReference::~DockerReference() {
  curl_easy_cleanup(curl_);
  dockerd("stop", folder_);
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

double DockerReference::start(int count) {
  std::chrono::duration<double> took{};
  for (int i = 0; i < count; ++i) {
    const auto begin = std::chrono::steady_clock::now();
    const Json made = Json::parse(call("POST", "/containers/create", create_body_));
    const std::string id = made.at("Id").get<std::string>();
    call("POST", "/containers/" + id + "/start", {});
    took += std::chrono::steady_clock::now() - begin;
    call("DELETE", "/containers/" + id + "?force=1", {});
  }
  return count / took.count();
}

std::string DockerReference::call(const std::string& method, const std::string& path,
                                  const std::string& body, const fs::path& upload) {
  std::string answer;
  curl_easy_reset(curl_);
  curl_easy_setopt(curl_, CURLOPT_UNIX_SOCKET_PATH, socket_.c_str());
  curl_easy_setopt(curl_, CURLOPT_URL, ("http://docker/v1.41" + path).c_str());
  curl_easy_setopt(curl_, CURLOPT_CUSTOMREQUEST, method.c_str());
  curl_easy_setopt(curl_, CURLOPT_WRITEFUNCTION, collect);
  curl_easy_setopt(curl_, CURLOPT_WRITEDATA, &answer);
  const char* type =
      upload.empty() ? "Content-Type: application/json" : "Content-Type: application/x-tar";
  curl_slist* headers = curl_slist_append(nullptr, type);
  headers = curl_slist_append(headers, "Expect:");
  curl_easy_setopt(curl_, CURLOPT_HTTPHEADER, headers);
  std::FILE* file = upload.empty() ? nullptr : std::fopen(upload.c_str(), "rb");
  if (file != nullptr) {
    curl_easy_setopt(curl_, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(curl_, CURLOPT_CUSTOMREQUEST, method.c_str());
    curl_easy_setopt(curl_, CURLOPT_READDATA, file);
  } else if (method == "POST") {
    curl_easy_setopt(curl_, CURLOPT_POSTFIELDSIZE, static_cast<long>(body.size()));
    curl_easy_setopt(curl_, CURLOPT_POSTFIELDS, body.c_str());
  }
  const CURLcode code = curl_easy_perform(curl_);
  long status = 0;
  curl_easy_getinfo(curl_, CURLINFO_RESPONSE_CODE, &status);
  curl_slist_free_all(headers);
  if (file != nullptr) std::fclose(file);
  if (code != CURLE_OK || status >= 300) {
    std::fprintf(stderr, "docker %s %s: %s %ld %s\n", method.c_str(), path.c_str(),
                 curl_easy_strerror(code), status, answer.c_str());
    std::abort();
  }
  return answer;
}

}  // namespace actuary::bench
