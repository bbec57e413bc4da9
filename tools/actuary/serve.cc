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

/// The administrator's token: made on the first start, kept where only root reads, made again when
/// it was revoked.
Result<std::string> admin_token(const Client& client, const std::filesystem::path& data) {
  const std::filesystem::path file = data / "keys" / "admin.token";
  std::string token;
  std::ifstream(file) >> token;
  if (!token.empty()) {
    TRY(me, client.call("GET", "/v2/users/me?token=" + token));
    if (me.status == 200) return token;
  }
  TRY(made, client.data("POST", "/actuary/v1/tokens", R"({"name":"serve"})"));
  token = text_at(made, {"token"});
  const mode_t before = ::umask(0177);
  std::ofstream(file, std::ios::trunc) << token << '\n';
  ::umask(before);
  return token;
}

void print_directions(const std::string& url, const std::string& token) {
  console::out("export APIFY_TOKEN=" + token + "\nexport APIFY_CLIENT_BASE_URL=" + url +
               "\nexport APIFY_API_BASE_URL=" + url + "\n");
  console::note("The lines above aim the CLI and the SDK here. In JavaScript:");
  console::note("  new ApifyClient({ baseUrl: '" + url + "', token: '" + token + "' })");
  console::note("Serving at " + url + ". Ctrl-C stops the engine; runs go on and are found again.");
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
