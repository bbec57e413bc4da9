#include <chrono>
#include <memory>

#include "adapters/http/api/render_history.h"
#include "journal/codec/to_json.h"
#include "journal/rocks/rocks_reader.h"
#include "projections/history/history.h"
#include "tools/actuary/commands.h"
#include "tools/actuary/console.h"
#include "tools/actuary/engine_access.h"
#include "tools/actuary/exit_codes.h"
#include "tools/actuary/progress.h"

namespace actuary::tools {
namespace {

namespace history = projections::history;
using history::History;
using history::Moment;

int refused(const Error& error) {
  console::error(error.detail);
  return error.code == Code::kNotFound ? kFailed : exit_code_of(error);
}

Result<std::unique_ptr<journal::rocks::RocksReader>> open_journal(const PastArguments& arguments) {
  auto opened =
      journal::rocks::RocksReader::open((data_folder(arguments.data) / "journal").string());
  if (opened || opened.error().code != Code::kNotFound) return opened;
  return fail(Code::kInvalidArgument, opened.error().detail + "; give the folder with --data");
}

Result<Moment> moment_of(const History& past, const std::string& at) {
  if (at.empty()) return past.now();
  const auto now = std::chrono::time_point_cast<Microseconds>(std::chrono::system_clock::now());
  TRY(when, history::parse_when(at, now));
  return past.find(when);
}

Result<RunId> run_of(const std::string& text) {
  const auto id = RunId::parse(text);
  if (id) return *id;
  return fail(Code::kInvalidArgument,
              "\"" + text + "\" is no run: an id has 17 letters and digits");
}

void line(const std::string& name, const std::string& value) {
  if (value.empty()) return;
  std::string padded = name;
  padded.resize(std::max<std::size_t>(14, name.size() + 2), ' ');
  console::out("  " + padded + value + "\n");
}

std::string millis(Microseconds span) {
  return console::seconds(static_cast<double>(span.count()) / 1e6);
}

std::string moment_text(const Moment& moment) {
  return to_iso(moment.at.utc) + ", position " + std::to_string(moment.position);
}

std::string positions_text(const std::vector<Position>& positions) {
  std::string text;
  for (const Position position : positions) {
    text += (text.empty() ? " [" : " ") + std::to_string(position);
  }
  return text.empty() ? text : text + "]";
}

void print_attempt(const projections::runs::AttemptRow& attempt, const Instant& now) {
  std::string text = std::string(events::to_string(attempt.cause)) + " began " +
                     to_iso(attempt.began_at.utc) + " [" + std::to_string(attempt.epoch) + "]";
  if (attempt.started_at) text += ", ran from " + to_iso(attempt.started_at->utc);
  if (attempt.ended_at) {
    text += " to " + to_iso(attempt.ended_at->utc) + " (" +
            millis(Microseconds{attempt.active_micros}) + ")";
  } else if (attempt.started_at) {
    text += " on (" + millis(elapsed(*attempt.started_at, now)) + ")";
  }
  if (attempt.exit_code) text += ", exit code " + std::to_string(*attempt.exit_code);
  if (attempt.signal != 0) text += ", signal " + std::to_string(attempt.signal);
  if (attempt.out_of_memory) text += ", out of memory";
  line("attempt " + std::to_string(attempt.number), text);
}

void print_state(const history::RunAt& was) {
  const auto& run = was.run;
  console::out(run.id.str() + " was " + run.status + " at " + moment_text(was.moment) + "\n");
  line("message", run.status_message);
  line("waiting for", run.held_reason);
  line("Actor", run.actor_id.str());
  line("build", run.build_number + " (" + run.build_id.str() + ")");
  line("started", to_iso(run.started_at));
  if (run.finished_at) line("finished", to_iso(*run.finished_at));
  if (run.exit_code) line("exit code", std::to_string(*run.exit_code));
  if (!run.deleted) {
    line("options",
         std::to_string(run.options.memory_mbytes) + " MB memory, " +
             std::to_string(run.options.disk_mbytes) + " MB disk, timeout " +
             (run.options.timeout_secs == 0 ? std::string("none")
                                            : std::to_string(run.options.timeout_secs) + " s"));
    line("active", millis(active_duration(run, was.moment.at)));
    line("wall clock", millis(wall_clock_span(run, was.moment.at.utc)));
    line("storages", "key-value store " + run.key_value_store_id.str() + ", dataset " +
                         run.dataset_id.str() + ", request queue " + run.request_queue_id.str());
  } else {
    line("deleted", to_iso(run.deleted->deleted_at) + " " + run.deleted->reason);
  }
  for (const auto& attempt : run.attempts) print_attempt(attempt, was.moment.at);
  line("events", std::to_string(was.version) + ", positions " + std::to_string(was.first_position) +
                     " to " + std::to_string(was.last_position));
}

void print_fleet(const history::Fleet& fleet) {
  console::out("Runs at " + moment_text(fleet.moment) + "\n");
  for (const auto& count : fleet.counts) line(count.status, std::to_string(count.runs));
  for (const auto& run : fleet.runs) {
    console::out(run.id.str() + "  " + run.status + "  " + run.started_at + "  build " +
                 run.build_number + "  " + std::to_string(run.memory_mbytes) + " MB  [" +
                 std::to_string(run.position) + "]" +
                 (run.held_reason.empty() ? "" : "  " + run.held_reason) + "\n");
  }
  if (fleet.total > fleet.runs.size()) {
    console::note(std::to_string(fleet.total - fleet.runs.size()) + " more are not shown");
  }
}

std::string column(Position position, const std::optional<std::int64_t>& after) {
  std::string text;
  if (position != 0) text = "[" + std::to_string(position) + "] +";
  if (after) text += console::seconds(static_cast<double>(*after) / 1000);
  text.resize(std::max<std::size_t>(24, text.size() + 2), ' ');
  return text;
}

void print_diff(const history::RunDiff& diff) {
  console::out("  " + column(0, {}).replace(0, 17, diff.left.str()) +
               column(0, {}).replace(0, 17, diff.right.str()) + "\n");
  for (std::size_t i = 0; i < diff.lines.size(); ++i) {
    const auto& each = diff.lines[i];
    console::out(each.mark + " " + column(each.left_position, each.left_millis) +
                 column(each.right_position, each.right_millis) + each.event +
                 (diff.first_divergence == i ? "   <- first divergence" : "") + "\n");
  }
  if (!diff.first_divergence) console::out("The histories are the same.\n");
  for (const auto& each : diff.options) {
    line(each.name, each.left + "  ->  " + each.right);
  }
  for (const auto& each : diff.durations) {
    line(each.name, each.left + "  ->  " + each.right + (each.name == "attempts" ? "" : "  ms"));
  }
}

void print_explanation(const history::Explanation& explanation) {
  console::out(explanation.id.str() + " is " + explanation.status + " (" +
               moment_text(explanation.moment) + ")\n");
  for (const auto& sentence : explanation.sentences) {
    line(sentence.topic, sentence.text + positions_text(sentence.positions));
  }
}

/// Opens the journal, finds the moment and lets `answer` do the rest.
template <class Answer>
int with_past(const PastArguments& arguments, const Answer& answer) {
  const auto reader = open_journal(arguments);
  if (!reader) return refused(reader.error());
  const History past(**reader);
  const auto moment = moment_of(past, arguments.at);
  if (!moment) return refused(moment.error());
  const Status answered = answer(past, *moment);
  return answered ? kSucceeded : refused(answered.error());
}

template <class T, class Print>
void show(const PastArguments& arguments, const T& value, const Print& print) {
  if (!arguments.json) return print(value);
  console::out(journal::codec::to_json(value) + "\n");
}

}  // namespace

int state_command(const PastArguments& arguments) {
  return with_past(arguments, [&](const History& past, const Moment& moment) -> Status {
    TRY(id, run_of(arguments.run));
    TRY(was, past.run(id, moment));
    if (arguments.json) {
      console::out(adapters::http::api::render_run_at(was, {}).dump(2) + "\n");
    } else {
      print_state(was);
    }
    return {};
  });
}

int fleet_command(const PastArguments& arguments) {
  return with_past(arguments, [&](const History& past, const Moment& moment) -> Status {
    history::FleetWish wish;
    wish.statuses = arguments.statuses;
    Progress progress("events");
    wish.progress = [&](Position done) {
      progress.at(done, moment.position);
      return true;
    };
    TRY(fleet, past.fleet(moment, wish));
    show(arguments, fleet, print_fleet);
    return {};
  });
}

int diff_command(const PastArguments& arguments) {
  return with_past(arguments, [&](const History& past, const Moment&) -> Status {
    TRY(left, run_of(arguments.run));
    TRY(right, run_of(arguments.other_run));
    TRY(diff, past.diff(left, right));
    show(arguments, diff, print_diff);
    return {};
  });
}

int explain_command(const PastArguments& arguments) {
  return with_past(arguments, [&](const History& past, const Moment& moment) -> Status {
    TRY(id, run_of(arguments.run));
    TRY(explanation, past.explain(id, moment));
    show(arguments, explanation, print_explanation);
    return {};
  });
}

}  // namespace actuary::tools
