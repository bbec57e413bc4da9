#pragma once

#include <functional>
#include <string>
#include <vector>

#include "projections/history/moment.h"

namespace actuary::projections::history {

/// One claim and the records that it rests on.
struct Sentence {
  std::string topic;  ///< created, build, waiting, attempt, stop, end, message, deletion
  std::string text;
  std::vector<Position> positions;
  ACTUARY_FIELDS(Sentence, topic, text, positions);
};

struct Explanation {
  RunId id;
  std::string status;
  Moment moment;
  std::vector<Sentence> sentences;
  ACTUARY_FIELDS(Explanation, id, status, moment, sentences);
};

/// What a user is shown as, from the name in the journal, which may be sealed.
using NameOf = std::function<std::string(const UserId& id, const std::string& stored)>;

/// Why a run is as it is: who wanted it, why this build, why it waits or waited, how each attempt
/// went, why it ended, and what will become of it.
///
/// Without `name_of` a user whose name is sealed is shown by the id.
///
/// errors: kNotFound: no such run, or not yet; kCorrupt, kNewerVersion: from the journal
[[nodiscard]] Result<Explanation> explain_run(const journal::Reader& journal, const RunId& id,
                                              const Moment& moment, const NameOf& name_of = {});

}  // namespace actuary::projections::history
