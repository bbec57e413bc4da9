#include "adapters/host/surroundings.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <fstream>
#include <sstream>
#include <system_error>
#include <vector>

#include "journal/base/bytes.h"

namespace actuary::adapters::host {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMebibyte = 1024ULL * 1024;
constexpr std::uint64_t kReservedMemoryMbytes = 1024;

std::string read_small(const fs::path& file) {
  std::ifstream in(file);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

/// Small facts of DATA are replaced in one step, so that a crash leaves the old or the new one.
Status write_small(const fs::path& file, const std::string& text) {
  const fs::path draft = file.string() + ".new";
  {
    std::ofstream out(draft, std::ios::trunc);
    out << text;
    out.flush();
    if (!out) return fail(Code::kStorageFailed, "cannot write " + draft.string());
  }
  std::error_code error;
  fs::rename(draft, file, error);
  if (error) return fail(Code::kStorageFailed, file.string() + ": " + error.message());
  return {};
}

/// The port that the system gives for `wanted`, or nothing when it is taken.
std::optional<std::uint16_t> try_port(const std::string& host, std::uint16_t wanted) {
  const int probe = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (probe < 0) return std::nullopt;
  const int reuse = 1;
  ::setsockopt(probe, SOL_SOCKET, SO_REUSEADDR, &reuse, sizeof reuse);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(wanted);
  ::inet_pton(AF_INET, host.c_str(), &address.sin_addr);
  socklen_t length = sizeof address;
  const bool bound = ::bind(probe, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 &&
                     ::listen(probe, 1) == 0 &&
                     ::getsockname(probe, reinterpret_cast<sockaddr*>(&address), &length) == 0;
  ::close(probe);
  return bound ? std::optional(ntohs(address.sin_port)) : std::nullopt;
}

Result<std::optional<Address>> recorded_address(const fs::path& data) {
  const std::string text = read_small(data / "address");
  if (text.empty()) return std::optional<Address>{};
  const auto colon = text.rfind(':');
  Address address{text.substr(0, colon), 0};
  const char* begin = text.data() + (colon == std::string::npos ? text.size() : colon + 1);
  const auto [end, error] = std::from_chars(begin, text.data() + text.size(), address.port);
  if (error != std::errc{} || address.port == 0) {
    return fail(Code::kInvalidArgument,
                (data / "address").string() + " is damaged: \"" + text +
                    "\"; it should say ADDRESS:PORT. Give --listen to replace it");
  }
  return std::optional(address);
}

}  // namespace

Result<Folders> make_folders(const fs::path& data) {
  const fs::path root = fs::absolute(data);
  const Folders folders{
      root,           root / "journal", root / "views", root / "storages", root / "logs",
      root / "blobs", root / "images",  root / "keys",  root / "runtime",  root / "engine.sock"};
  std::error_code error;
  for (const fs::path& folder : {folders.data, folders.journal, folders.storages, folders.logs,
                                 folders.blobs, folders.images, folders.keys, folders.runtime}) {
    const bool fresh = fs::create_directories(folder, error);
    if (error) return fail(Code::kStorageFailed, folder.string() + ": " + error.message());
    if (fresh) ::chmod(folder.c_str(), 0700);
  }
  return folders;
}

Result<Address> choose_address(const Options& options) {
  TRY(recorded, recorded_address(options.data));
  Address address = recorded.value_or(Address{kAddressDefault, kPortDefault});
  if (options.listen_address) address.host = *options.listen_address;
  if (options.listen_port) address.port = *options.listen_port;
  in_addr parsed{};
  if (::inet_pton(AF_INET, address.host.c_str(), &parsed) != 1) {
    return fail(Code::kInvalidArgument,
                "\"" + address.host + "\" is not an IPv4 address (--listen ADDR:PORT)");
  }
  const bool may_move =
      options.port_taken == PortTaken::kTakeAny && !recorded && !options.listen_port;
  const bool wants_any = address.port == 0 || (may_move && !try_port(address.host, address.port));
  if (!wants_any) return address;
  const auto port = try_port(address.host, 0);
  if (!port) return fail(Code::kUnavailable, "no free port on " + address.host);
  address.port = *port;
  return address;
}

Status record_address(const fs::path& data, const Address& address) {
  return write_small(data / "address", address.host + ":" + std::to_string(address.port));
}

Result<std::optional<Timestamp>> believed_clock(const fs::path& data,
                                                const journal::Journal& journal) {
  if (const auto believed = parse_iso(read_small(data / "clock"))) return std::optional(*believed);
  const Position last = journal.head().position;
  if (last == 0) return std::optional<Timestamp>{};
  TRY(record, journal.read(last));
  return std::optional(record.recorded_at.utc);
}

Status record_clock(const fs::path& data, Timestamp at) {
  return write_small(data / "clock", to_iso(at));
}

engine::ports::Capacity capacity_of(const Options& options) {
  if (options.capacity) return *options.capacity;
  engine::ports::Capacity capacity;
  struct sysinfo memory {};
  if (::sysinfo(&memory) == 0) {
    const std::uint64_t all = memory.totalram * memory.mem_unit / kMebibyte;
    capacity.memory_mbytes =
        all > 2 * kReservedMemoryMbytes ? all - kReservedMemoryMbytes : all / 2;
  }
  struct statvfs disk {};
  if (::statvfs(options.data.c_str(), &disk) == 0) {
    capacity.disk_mbytes =
        static_cast<std::uint64_t>(disk.f_blocks) * disk.f_frsize / kMebibyte / 10 * 9;
  }
  return capacity;
}

Result<fs::path> find_init(const Options& options) {
  std::vector<fs::path> places;
  if (!options.init_binary.empty()) {
    places = {options.init_binary};
  } else {
    std::error_code error;
    const fs::path beside = fs::read_symlink("/proc/self/exe", error).parent_path();
    places = {beside / "actuary-init", beside / "../libexec/actuary/actuary-init",
              beside / "../bin/actuary-init", "/usr/local/bin/actuary-init",
              "/usr/bin/actuary-init"};
    if (const char* named = std::getenv("ACTUARY_INIT")) places.insert(places.begin(), named);
  }
  std::string looked;
  for (const fs::path& place : places) {
    std::error_code error;
    const fs::path whole = fs::canonical(place, error);
    if (!error && ::access(whole.c_str(), X_OK) == 0) return whole;
    looked += " " + place.string();
  }
  return fail(Code::kNoRuntime,
              "actuary-init was not found; looked at" + looked + ". Set ACTUARY_INIT to its path");
}

Result<std::string> installation_of(const fs::path& data, IdSource& ids) {
  const fs::path file = data / "installation";
  std::string text = read_small(file);
  if (text.size() == 8 && text.find_first_not_of("0123456789abcdef") == std::string::npos)
    return text;
  std::array<std::byte, 4> random{};
  ids.fill(random);
  text = to_hex({reinterpret_cast<const char*>(random.data()), random.size()});
  TRY_VOID(write_small(file, text));
  return text;
}

}  // namespace actuary::adapters::host
