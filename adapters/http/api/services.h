#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/executor/executor.h"
#include "engine/ports/blobs.h"
#include "engine/ports/logs.h"
#include "engine/ports/secrets.h"
#include "engine/ports/storages.h"
#include "journal/journal.h"
#include "projections/runner/views.h"

namespace actuary::adapters::http::api {

class UserNames;
class Watch;

/// The journal goes on with what this program does not know: it is shown as it was before that, and
/// nothing is taken.
struct ReadOnly {
  std::string why;                     ///< for whoever wants something done, with the cure
  std::vector<TokenId> revoked_since;  ///< by records that are not shown
};

/// What handlers speak to: commands go to the executor, answers are read from the views, contents
/// from the ports. All borrowed, all on the loop's thread.
struct Services {
  engine::executor::Executor& executor;
  const projections::runner::Views& views;
  const journal::Reader& journal;  ///< for histories, and for what was
  engine::ports::Storages& storages;
  engine::ports::Logs& logs;
  engine::ports::Blobs& blobs;
  engine::ports::Secrets& secrets;
  engine::ports::Loop& loop;
  Clock& clock;
  IdSource& ids;
  Watch& watch;                       ///< who waits for a run or a build to change
  UserId local_user;                  ///< for whom the unix socket speaks
  std::string public_base_url;        ///< `http://127.0.0.1:8010`
  std::function<Bytes()> checkpoint;  ///< a signed one, of all that is durable
  /// Runs work that reads for long off the loop, then `done` on it. Empty: here and now.
  ///
  /// errors: kLimitExceeded, kUnavailable: neither runs
  std::function<Status(std::function<void()> work, std::function<void()> done)> aside;
  /// True once whoever works aside must give up.
  std::function<bool()> closing;
  /// What a live container uses, as it was sampled last. Empty: nobody samples.
  std::function<std::optional<engine::ports::ContainerUsage>(const engine::ports::ContainerKey&)>
      usage;
  /// Where a live container's web server is, whether it listens or not. Empty: nowhere.
  std::function<std::optional<engine::ports::WebServer>(const engine::ports::ContainerKey&)>
      web_server;
  std::string live_base_url;  ///< of runs' web servers, for people and for containers
  std::string isolation;      ///< what keeps containers apart here, for the operator
  /// Not null: only GET and HEAD are answered.
  const ReadOnly* read_only = nullptr;
  std::shared_ptr<UserNames> names;  ///< null: `routes` makes one
};

}  // namespace actuary::adapters::http::api
