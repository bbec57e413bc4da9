#pragma once

#include <variant>

#include "journal/events/build.h"

namespace actuary::engine::build {

struct Create {
  BuildId build_id;
  ActorId actor_id;
  UserId user_id;
  std::string version_number;
  std::optional<std::string> tag;  ///< absent: the version's own tag
  bool use_cache = false;
  events::Meta meta;
  ACTUARY_FIELDS(Create, build_id, actor_id, user_id, version_number, tag, use_cache, meta);
};

struct Admit {
  BuildId build_id;
  ACTUARY_FIELDS(Admit, build_id);
};

struct Abort {
  BuildId build_id;
  ACTUARY_FIELDS(Abort, build_id);
};

struct Delete {
  BuildId build_id;
  std::string reason;
  ACTUARY_FIELDS(Delete, build_id, reason);
};

struct ReportBuilt {
  BuildId build_id;
  events::Image image;
  std::string actor_definition;
  std::string input_schema;
  std::string readme;
  ACTUARY_FIELDS(ReportBuilt, build_id, image, actor_definition, input_schema, readme);
};

/// It failed, or it was killed: then the status says why.
struct ReportFailed {
  BuildId build_id;
  std::string reason;
  ACTUARY_FIELDS(ReportFailed, build_id, reason);
};

struct DeadlineReached {
  BuildId build_id;
  ACTUARY_FIELDS(DeadlineReached, build_id);
};

/// Nobody shall read any more from where it was asked for.
struct ErasePersonal {
  BuildId build_id;
  std::string reason;
  ACTUARY_FIELDS(ErasePersonal, build_id, reason);
};

using Command = std::variant<Create, Admit, Abort, Delete, ReportBuilt, ReportFailed,
                             DeadlineReached, ErasePersonal>;

}  // namespace actuary::engine::build
