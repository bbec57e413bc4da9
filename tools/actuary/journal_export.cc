#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <memory>
#include <system_error>

#include "tools/actuary/commands.h"
#include "tools/actuary/console.h"
#include "tools/actuary/engine_access.h"
#include "tools/actuary/exit_codes.h"
#include "tools/actuary/journal_access.h"

namespace actuary::tools {
namespace {

using adapters::client::Json;
using journal::rocks::RocksReader;

using File = std::unique_ptr<std::FILE, decltype(&std::fclose)>;

Error system_error(const std::string& what) {
  return {Code::kUnavailable, what + ": " + std::generic_category().message(errno)};
}

/// The file's last whole line, and where it ends; what an interruption left after it is dropped.
struct Resumed {
  std::string line;
  off_t end = 0;
};

Result<Resumed> last_whole_line(std::FILE& file, const std::string& name) {
  constexpr off_t kLineBytesMax = off_t{64} << 20U;
  if (::fseeko(&file, 0, SEEK_END) != 0) return tl::make_unexpected(system_error(name));
  const off_t size = ::ftello(&file);
  const off_t start = std::max<off_t>(0, size - kLineBytesMax);
  std::string tail(static_cast<std::size_t>(size - start), '\0');
  if (::fseeko(&file, start, SEEK_SET) != 0 ||
      std::fread(tail.data(), 1, tail.size(), &file) != tail.size()) {
    return tl::make_unexpected(system_error(name));
  }
  const std::size_t end = tail.rfind('\n');
  if (end == std::string::npos && start == 0) return Resumed{};
  const std::size_t begin =
      end == std::string::npos || end == 0 ? std::string::npos : tail.rfind('\n', end - 1);
  if (end == std::string::npos || (begin == std::string::npos && start != 0)) {
    return fail(Code::kInvalidArgument, name + " is not an export of a journal");
  }
  const std::size_t first = begin == std::string::npos ? 0 : begin + 1;
  return Resumed{tail.substr(first, end - first), start + static_cast<off_t>(end) + 1};
}

/// Opens FILE to continue it; answers the position that comes next.
Result<std::pair<File, Position>> open_output(const JournalArguments& arguments,
                                              const RocksReader& journal, Position from) {
  const std::string& name = arguments.output;
  const int descriptor = ::open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (descriptor < 0) return tl::make_unexpected(system_error(name));
  File file(::fdopen(descriptor, "r+"), std::fclose);
  TRY(resumed, last_whole_line(*file, name));
  Position next = from;
  if (!resumed.line.empty()) {
    const Json record = Json::parse(resumed.line, nullptr, false);
    const Json* position = adapters::client::at(record, {"position"});
    const Position last =
        position != nullptr && position->is_number_unsigned() ? position->get<Position>() : 0;
    bool same = false;
    const Status read = scan_json(journal, last, [&](Position, const std::string& known) {
      same = known == resumed.line;
      return false;
    });
    if (last == 0 || !read || !same) {
      return fail(Code::kInvalidArgument,
                  name + " was not exported from this journal; give another file");
    }
    next = last + 1;
  }
  if (::ftruncate(descriptor, resumed.end) != 0 ||
      ::fseeko(file.get(), resumed.end, SEEK_SET) != 0) {
    return tl::make_unexpected(system_error(name));
  }
  return std::make_pair(std::move(file), next);
}

Status write_records(const RocksReader& journal, std::FILE& file, const std::string& name,
                     Position from, Position to) {
  ProgressLine line("exported");
  bool written = true;
  if (from > to) return {};
  TRY_VOID(scan_json(journal, from, [&](Position at, const std::string& json) {
    written = std::fwrite(json.data(), 1, json.size(), &file) == json.size() &&
              std::fputc('\n', &file) != EOF;
    line(at - from + 1, to - from + 1);
    return written && at < to;
  }));
  if (!written || std::fflush(&file) != 0) return tl::make_unexpected(system_error(name));
  return {};
}

}  // namespace

int journal_export_command(const JournalArguments& arguments) {
  const auto journal = open_journal(arguments);
  if (!journal) return report_error(journal.error());
  const auto head = (*journal)->head();
  const Position from = std::max(arguments.from.value_or(1), Position{1});
  const Position to = std::min(arguments.to.value_or(head.position), head.position);
  if (arguments.output.empty()) {
    const Status written = write_records(**journal, *stdout, "stdout", from, to);
    return written ? kSucceeded : report_error(written.error());
  }
  auto output = open_output(arguments, **journal, from);
  if (!output) return report_error(output.error());
  std::FILE& file = *output->first;
  const Status written = write_records(**journal, file, arguments.output, output->second, to);
  if (!written) return report_error(written.error());
  if (::fsync(::fileno(&file)) != 0) return report_error(system_error(arguments.output));
  console::note("exported to position " + std::to_string(to) + " into " + arguments.output);
  return kSucceeded;
}

}  // namespace actuary::tools
