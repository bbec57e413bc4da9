#include "journal/record/batch.h"

#include "journal/journal.h"

namespace actuary::journal::record {
namespace {

Status fit_term(const Record& record, std::uint64_t& term) {
  const auto* claim = std::get_if<events::TermClaimed>(&record.event);
  if (claim == nullptr) {
    if (record.term == term && term != 0) return {};
    if (term == 0) {
      return fail(Code::kVersionConflict, "the first record of a journal claims a term");
    }
    return fail(Code::kVersionConflict, "term " + std::to_string(record.term) +
                                            " writes, but the last claimed term is " +
                                            std::to_string(term));
  }
  if (record.stream != system_stream() || record.term != claim->term) {
    return fail(Code::kInvalidArgument, "a term is claimed on the system stream, in its own name");
  }
  if (claim->term <= term) {
    return fail(Code::kVersionConflict, "term " + std::to_string(claim->term) +
                                            " is not above the last claimed term " +
                                            std::to_string(term));
  }
  term = claim->term;
  return {};
}

Status fit_version(const Record& record, std::map<StreamId, Version>& versions,
                   const VersionOf& version_of) {
  auto known = versions.find(record.stream);
  if (known == versions.end()) {
    TRY(last, version_of(record.stream));
    known = versions.emplace(record.stream, last).first;
  }
  if (record.version != known->second + 1) {
    return fail(Code::kVersionConflict, describe(record.stream) + " is at version " +
                                            std::to_string(known->second) + ", so version " +
                                            std::to_string(record.version) + " does not follow");
  }
  known->second = record.version;
  return {};
}

}  // namespace

Result<Fitted> fit_batch(const Frontier& frontier, const std::vector<Record>& batch,
                         const VersionOf& version_of) {
  if (batch.empty()) return fail(Code::kInvalidArgument, "a batch has at least one record");
  if (batch.size() > kBatchRecordsMax) {
    return fail(Code::kTooLarge, "a batch of " + std::to_string(batch.size()) +
                                     " records; at most " + std::to_string(kBatchRecordsMax));
  }
  Fitted fitted{frontier, {}};
  for (const Record& record : batch) {
    if (record.position != fitted.frontier.position + 1) {
      return fail(Code::kVersionConflict, "position " + std::to_string(record.position) +
                                              " does not follow position " +
                                              std::to_string(fitted.frontier.position));
    }
    fitted.frontier.position = record.position;
    TRY_VOID(fit_term(record, fitted.frontier.term));
    TRY_VOID(fit_version(record, fitted.versions, version_of));
  }
  return fitted;
}

}  // namespace actuary::journal::record
