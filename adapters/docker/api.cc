#include "adapters/docker/api.h"

#include <curl/curl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <nlohmann/json.hpp>

#include "adapters/docker/allowed.h"
#include "adapters/docker/json.h"

namespace actuary::adapters::docker {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kAnswerBytesMax = std::size_t{64} << 20U;
constexpr std::size_t kIdleMax = 8;
constexpr int kConnectMillisMax = 2'000;
/// A daemon that let a call time out is left alone for so long: every caller would wait as long.
constexpr std::int64_t kSilentMillis = 3'000;

std::int64_t now_millis() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

std::size_t collect(char* bytes, std::size_t size, std::size_t count, void* to) {
  auto* body = static_cast<std::string*>(to);
  if (body->size() + size * count > kAnswerBytesMax) return 0;
  body->append(bytes, size * count);
  return size * count;
}

void set_up(CURL* curl, const Request& request, const std::string& socket, const std::string& url,
            curl_slist* headers, std::FILE* file, std::string* body) {
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, socket.c_str());
  curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(kConnectMillisMax));
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, static_cast<long>(request.timeout.count()));
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, &collect);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, body);
  if (file != nullptr) {
    curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(curl, CURLOPT_READDATA, file);
  } else if (request.method != "GET") {
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, static_cast<long>(request.body.size()));
    curl_easy_setopt(curl, CURLOPT_COPYPOSTFIELDS, request.body.c_str());
  }
  curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, request.method.c_str());
}

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

}  // namespace

Json Answer::json() const { return Json::parse(body, nullptr, false); }

std::string Answer::message() const {
  const Json answer = json();
  const auto text = answer.is_object() ? answer.find("message") : answer.end();
  if (text != answer.end() && text->is_string()) return text->get<std::string>();
  return "status " + std::to_string(status) + " " +
         body.substr(0, std::min<std::size_t>(body.size(), 500));
}

std::string default_socket() {
  const char* named = std::getenv("DOCKER_HOST");
  const std::string host = named != nullptr ? named : "";
  return host.starts_with("unix://") ? host.substr(7) : "/var/run/docker.sock";
}

Api::Api(std::string socket, std::filesystem::path data)
    : socket_(std::move(socket)), data_(std::move(data)) {
  static const CURLcode once = curl_global_init(CURL_GLOBAL_DEFAULT);
  (void)once;
}

Api::~Api() {
  for (void* handle : idle_) curl_easy_cleanup(static_cast<CURL*>(handle));
}

Status Api::open() {
  constexpr std::chrono::milliseconds kPatience{10'000};
  const bool listens = access(socket_.c_str(), F_OK) == 0;
  const auto asked =
      call({.path = "/version", .patience = listens ? kPatience : std::chrono::milliseconds{0}});
  if (!asked) return fail(Code::kNoRuntime, asked.error().detail);
  const Json answer = asked->json();
  if (asked->status != 200 || !answer.is_object() || !answer.contains("ApiVersion")) {
    return fail(Code::kNoRuntime, socket_ + " is not a Docker Engine: " + asked->message());
  }
  // 1.41 brought cgroup namespaces; daemons of 2025 refuse anything below 1.44.
  const auto parse = [](const std::string& text) {
    const std::size_t dot = text.find('.');
    return dot == std::string::npos ? 0 : std::atoi(text.c_str() + dot + 1);
  };
  const std::string version = text_in(answer, {"ApiVersion"});
  const int offered = parse(version);
  if (offered < 41) {
    return fail(Code::kNoRuntime, "Docker at " + socket_ + " is too old: its API is " + version +
                                      ", 1.41 is needed (Docker 20.10)");
  }
  version_ = "/v1." + std::to_string(std::min(offered, 44));
  const bool is_podman = asked->body.find("Podman Engine") != std::string::npos;
  daemon_ = (is_podman ? "Podman " : "Docker ") + text_in(answer, {"Version"});
  programs_ = {{is_podman ? "Podman" : "Docker", text_in(answer, {"Version"})}};
  const Json parts = answer.value("Components", Json::array());
  for (const Json& part : parts.is_array() ? parts : Json::array()) {
    const std::string name = text_in(part, {"Name"});
    if (name != "runc" && name != "crun") continue;
    // Debian's revision is only in what it takes for the commit.
    programs_.push_back(
        {name, text_in(part, {"Version"}) + " " + text_in(part, {"Details", "GitCommit"})});
  }
  return {};
}

Error Api::unreachable(const std::string& why) const {
  return {Code::kNoRuntime,
          "Docker does not answer at " + socket_ + " (" + why +
              "): start it with `systemctl start docker`, or name its socket in DOCKER_HOST"};
}

void* Api::take_handle() {
  const std::lock_guard lock(mutex_);
  if (idle_.empty()) return curl_easy_init();
  void* handle = idle_.back();
  idle_.pop_back();
  return handle;
}

void Api::give_back(void* handle) {
  // Its connection stays open.
  curl_easy_reset(static_cast<CURL*>(handle));
  const std::lock_guard lock(mutex_);
  if (idle_.size() < kIdleMax) return idle_.push_back(handle);
  curl_easy_cleanup(static_cast<CURL*>(handle));
}

Result<Answer> Api::call(const Request& request) {
  TRY_VOID(check_allowed(request, data_));
  constexpr useconds_t kRetryMicros = 100'000;
  const std::int64_t until = now_millis() + request.patience.count();
  while (true) {
    auto answer = call_once(request);
    if (answer || answer.error().code != Code::kNoRuntime || now_millis() >= until) return answer;
    usleep(kRetryMicros);
  }
}

Result<Answer> Api::call_once(const Request& request) {
  if (now_millis() < silent_until_millis_.load()) {
    return tl::make_unexpected(unreachable("it let the last call time out"));
  }
  std::unique_ptr<std::FILE, CloseFile> file;
  if (!request.upload.empty()) {
    file.reset(std::fopen(request.upload.c_str(), "rbe"));
    if (!file) return fail(Code::kUnavailable, "cannot read " + request.upload.string());
  }
  auto* curl = static_cast<CURL*>(take_handle());
  if (curl == nullptr) return fail(Code::kUnavailable, "no memory for a call to Docker");
  curl_slist* headers = curl_slist_append(nullptr, "Expect:");
  headers = curl_slist_append(
      headers, file ? "Content-Type: application/x-tar" : "Content-Type: application/json");
  if (file) headers = curl_slist_append(headers, "Transfer-Encoding: chunked");
  Answer answer;
  const std::string url = "http://docker" + version_ + request.path;
  set_up(curl, request, socket_, url, headers, file.get(), &answer.body);
  const CURLcode code = curl_easy_perform(curl);
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &answer.status);
  curl_slist_free_all(headers);
  give_back(curl);
  if (code == CURLE_OK) return answer;
  if (code == CURLE_COULDNT_CONNECT)
    return tl::make_unexpected(unreachable("nobody listens there"));
  if (code == CURLE_OPERATION_TIMEDOUT) silent_until_millis_ = now_millis() + kSilentMillis;
  return fail(Code::kUnknown, "Docker did not answer " + request.method + " " + request.path +
                                  ": " + curl_easy_strerror(code));
}

}  // namespace actuary::adapters::docker
