#include "projections/history/run_at.h"

#include "projections/runs/runs.h"

namespace actuary::projections::history {

Result<RunAt> run_at(const journal::Reader& journal, const RunId& id, const Moment& moment) {
  TRY(records, journal.read_stream(stream_of(id)));
  if (records.empty()) {
    return fail(Code::kNotFound, "no run in this journal is called " + id.str());
  }
  std::optional<runs::RunRow> run;
  RunAt result;
  for (const Record& record : records) {
    if (record.position > moment.position) break;
    TRY_VOID(runs::fold_record(run, record));
    result.version = record.version;
    result.last_position = record.position;
  }
  if (!run) {
    return fail(Code::kNotFound, "run " + id.str() + " did not exist yet at position " +
                                     std::to_string(moment.position) + ": it was created at " +
                                     std::to_string(records.front().position) + ", " +
                                     to_iso(records.front().recorded_at.utc));
  }
  result.run = std::move(*run);
  result.moment = moment;
  result.first_position = records.front().position;
  return result;
}

}  // namespace actuary::projections::history
