#include <sys/stat.h>
#include <unistd.h>

#include <charconv>
#include <condition_variable>
#include <fstream>
#include <mutex>

#include "tools/actuary/commands.h"
#include "tools/actuary/console.h"
#include "tools/actuary/engine_access.h"
#include "tools/actuary/exit_codes.h"
#include "tools/actuary/interrupts.h"
#include "tools/actuary/retention.h"

namespace actuary::tools {
namespace {

using adapters::client::Client;
using adapters::client::text_at;

Status set_listen(const std::string& flag, ControlPlaneOptions& options) {
  if (flag.empty()) return {};
  const auto colon = flag.rfind(':');
  std::uint16_t port = 0;
  const char* begin = flag.data() + (colon == std::string::npos ? flag.size() : colon + 1);
  const char* end = flag.data() + flag.size();
  const auto [parsed, error] = std::from_chars(begin, end, port);
  if (begin == end || error != std::errc{} || parsed != end) {
    return fail(Code::kInvalidArgument,
                "--listen wants ADDR:PORT, such as 127.0.0.1:8010, not \"" + flag + "\"");
  }
  options.listen_address = flag.substr(0, colon);
  options.listen_port = port;
  return {};
}

void set_admission(const AdmissionArguments& arguments, ControlPlaneOptions& options) {
  options.account_limits = {arguments.account_memory_mbytes.value_or(0),
                            arguments.account_runs.value_or(0)};
  if (arguments.over_limit == "wait") options.when_over_limit = events::WhenOverLimit::kWait;
  options.waiting_secs_max = arguments.queue_timeout_secs.value_or(options.waiting_secs_max);
}

constexpr const char* kTokenFile = "keys/admin.token";

/// The administrator's token that was kept, while it is one.
Result<std::optional<std::string>> known_token(const Client& client,
                                               const std::filesystem::path& data) {
  std::string token;
  std::ifstream(data / kTokenFile) >> token;
  if (token.empty()) return std::optional<std::string>{};
  TRY(me, client.call("GET", "/v2/users/me?token=" + token));
  return me.status == 200 ? std::optional(token) : std::nullopt;
}

/// The administrator's token: made on the first start, kept where only root reads, made again when
/// it was revoked.
Result<std::string> admin_token(const Client& client, const std::filesystem::path& data) {
  TRY(known, known_token(client, data));
  if (known) return *known;
  TRY(made, client.data("POST", "/actuary/v1/tokens", R"({"name":"serve"})"));
  const std::string token = text_at(made, {"token"});
  const mode_t before = ::umask(0177);
  std::ofstream(data / kTokenFile, std::ios::trunc) << token << '\n';
  ::umask(before);
  return token;
}

void print_exports(const std::string& url, const std::string& token) {
  console::out("export APIFY_TOKEN=" + token + "\nexport APIFY_CLIENT_BASE_URL=" + url +
               "\nexport APIFY_API_BASE_URL=" + url + "\n");
}

void print_directions(const std::string& url, const std::string& token) {
  print_exports(url, token);
  console::note("The lines above aim the CLI and the SDK here. In JavaScript:");
  console::note("  new ApifyClient({ baseUrl: '" + url + "', token: '" + token + "' })");
  console::note("Serving at " + url + ". Ctrl-C stops the engine; runs go on and are found again.");
}

/// What is said of a journal that a newer program went on with.
void print_read_only(const ControlPlane& plane, const std::optional<std::string>& token) {
  console::error(plane.read_only());
  if (token) print_exports(plane.api_url(), *token);
  console::note("Serving at " + plane.api_url() +
                ", to look only: nothing is taken, started, stopped or deleted. Ctrl-C ends it.");
}

/// Hears the first interrupt from the moment it is made, so that none ends the process half-way
/// through a start.
class Stop {
 public:
  void wait() {
    std::unique_lock lock(mutex_);
    wake_.wait(lock, [this] { return wanted_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable wake_;
  bool wanted_ = false;
  const Interrupts interrupts_{[this](int) {
    const std::lock_guard lock(mutex_);
    wanted_ = true;
    wake_.notify_one();
  }};
};

}  // namespace

int serve_command(const ServeArguments& arguments) {
  ControlPlaneOptions options;
  options.data = data_folder(arguments.data);
  options.runtime = runtime_of(arguments.runtime);
  options.on_fatal = exit_when_refused;
  options.on_note = [](const std::string& text) { console::note(text); };
  if (arguments.disk_reserve_mbytes) {
    options.disk_reserve_bytes = *arguments.disk_reserve_mbytes * (std::uint64_t{1} << 20U);
  }
  options.read_only_root = arguments.read_only_root;
  options.retention = retention_of(arguments.retention, {});
  options.newer_journal = adapters::host::NewerJournal::kShow;
  set_admission(arguments.admission, options);
  options.clock_vouched = arguments.clock_is_right;
  if (const Status set = set_listen(arguments.listen, options); !set) {
    console::error(set.error().detail);
    return kUsage;
  }
  const std::filesystem::path data = options.data;
  Stop stop;
  auto plane = ControlPlane::open(std::move(options));
  if (!plane) {
    console::error(plane.error().detail);
    return exit_code_of(plane.error());
  }
  const Client client((*plane)->socket_path());
  if (!(*plane)->read_only().empty()) {
    print_read_only(**plane, known_token(client, data).value_or(std::nullopt));
    stop.wait();
    (*plane)->close();
    return kJournalRefused;
  }
  const auto token = admin_token(client, data);
  if (!token) {
    console::error(token.error().detail);
    return kFailed;
  }
  print_directions((*plane)->api_url(), *token);
  stop.wait();
  (*plane)->close();
  return kSucceeded;
}

}  // namespace actuary::tools
