#include <charconv>
#include <thread>

#include "tools/actuary/commands.h"
#include "tools/actuary/console.h"
#include "tools/actuary/engine_access.h"
#include "tools/actuary/exit_codes.h"
#include "tools/actuary/journal_access.h"
#include "tools/actuary/record_line.h"

namespace actuary::tools {
namespace {

using adapters::client::Client;
using adapters::client::Json;
using adapters::client::text_at;
using journal::rocks::RocksReader;

struct Range {
  Position from = 0;
  Position to = 0;
};

std::optional<Position> parse_position(std::string_view text) {
  Position position = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), position);
  if (error != std::errc{} || end != text.data() + text.size() || position == 0) {
    return std::nullopt;
  }
  return position;
}

Result<Range> parse_range(const std::string& text) {
  const std::size_t dots = text.find("..");
  const auto from = parse_position(std::string_view(text).substr(0, dots));
  const auto to =
      dots == std::string::npos ? from : parse_position(std::string_view(text).substr(dots + 2));
  if (from && to && *from <= *to) return Range{*from, *to};
  return fail(Code::kInvalidArgument, "\"" + text + "\" is neither a position nor a range 12..20");
}

/// Shows records as the arguments say; remembers where it is.
class Printer {
 public:
  explicit Printer(const JournalArguments& arguments) : arguments_(arguments) {}

  void show(Position position, const std::string& json) {
    next_ = position + 1;
    if (arguments_.json && arguments_.run.empty()) return console::out(json + "\n");
    const Json record = Json::parse(json, nullptr, false);
    const bool wanted = arguments_.run.empty() ||
                        text_at(record, {"stream", "id"}) == arguments_.run ||
                        text_at(record, {"principal", "run_id"}) == arguments_.run;
    if (wanted) console::out((arguments_.json ? json : line_with_stream(record)) + "\n");
  }

  /// Everything from where it is to the end of what `journal` sees.
  Status catch_up(const RocksReader& journal) {
    const Position head = journal.head().position;
    if (next_ > head) return {};
    return scan_json(journal, next_, [&](Position at, const std::string& json) {
      if (at > head) return false;
      show(at, json);
      return at < head;
    });
  }

  [[nodiscard]] Position next() const { return next_; }
  void start_at(Position position) { next_ = position; }

 private:
  const JournalArguments& arguments_;
  Position next_ = 1;
};

/// Server-sent events, as they arrive in pieces, into records.
class EventParser {
 public:
  explicit EventParser(Printer& printer) : printer_(printer) {}

  void take(std::string_view bytes) {
    text_.append(bytes);
    std::size_t start = 0;
    for (std::size_t end = 0; (end = text_.find("\n\n", start)) != std::string::npos;
         start = end + 2) {
      take_event(std::string_view(text_).substr(start, end - start));
    }
    text_.erase(0, start);
  }

 private:
  void take_event(std::string_view event) {
    std::string_view id;
    std::string_view type;
    std::string_view data;
    while (!event.empty()) {
      const std::string_view line = event.substr(0, event.find('\n'));
      event.remove_prefix(std::min(event.size(), line.size() + 1));
      if (line.starts_with("id: ")) id = line.substr(4);
      if (line.starts_with("event: ")) type = line.substr(7);
      if (line.starts_with("data: ")) data = line.substr(6);
    }
    if (data.empty()) return;
    if (type == "fault" || type == "gap")
      console::error(std::string(type) + " " + std::string(data));
    if (const auto position = parse_position(id)) {
      if (type == "gap") return printer_.start_at(*position + 1);
      printer_.show(*position, std::string(data));
    }
  }

  Printer& printer_;
  std::string text_;
};

/// From the engine while one runs, else from the folder, looked at anew.
int follow(const JournalArguments& arguments, Printer& printer) {
  constexpr std::chrono::milliseconds kLookEvery{500};
  const Client client((data_folder(arguments.data) / "engine.sock").string());
  for (;;) {
    if (client.alive()) {
      EventParser parser(printer);
      // However it ends, what comes next is asked for again.
      (void)client.stream("/actuary/v1/journal/events?from=" + std::to_string(printer.next()),
                          [&](std::string_view bytes) { parser.take(bytes); });
    }
    const auto journal = open_journal(arguments);
    if (!journal) return report_error(journal.error());
    if ((*journal)->head().position + 1 < printer.next()) {
      return report_error({Code::kCorrupt, "the journal ends before position " +
                                               std::to_string(printer.next()) +
                                               ", which it had reached; was a backup restored?"});
    }
    if (const Status shown = printer.catch_up(**journal); !shown)
      return report_error(shown.error());
    std::this_thread::sleep_for(kLookEvery);
  }
}

}  // namespace

int journal_tail_command(const JournalArguments& arguments) {
  const auto journal = open_journal(arguments);
  if (!journal) return report_error(journal.error());
  const auto head = (*journal)->head();
  Printer printer(arguments);
  const Position last = head.position + 1;
  const Position newest = last > arguments.lines ? last - arguments.lines : 1;
  printer.start_at(std::max<Position>(arguments.from.value_or(newest), 1));
  if (const Status shown = printer.catch_up(**journal); !shown) return report_error(shown.error());
  return arguments.follow ? follow(arguments, printer) : kSucceeded;
}

int journal_show_command(const JournalArguments& arguments) {
  const auto range = parse_range(arguments.range);
  if (!range) return report_error(range.error());
  const auto journal = open_journal(arguments);
  if (!journal) return report_error(journal.error());
  if (range->from > (*journal)->head().position) {
    const auto beyond = (*journal)->read(range->from);  // says where the journal ends
    return report_error(beyond.error());
  }
  const Status shown = scan_json(**journal, range->from, [&](Position at, const std::string& json) {
    console::out((arguments.json ? json : Json::parse(json, nullptr, false).dump(2)) + "\n");
    return at < range->to;
  });
  return shown ? kSucceeded : report_error(shown.error());
}

}  // namespace actuary::tools
