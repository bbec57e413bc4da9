#include "adapters/client/run_folder.h"

#include "adapters/client/folder.h"

namespace actuary::adapters::client {
namespace {

using Step = RunFailure::Step;

bool finished(const Json& job) {
  const std::string status = text_at(job, {"status"});
  return status == "SUCCEEDED" || status == "FAILED" || status == "TIMED-OUT" ||
         status == "ABORTED";
}

template <class T>
void tell(const std::function<void(T)>& listener, const std::decay_t<T>& what) {
  if (listener) listener(what);
}

/// Follows the job's log to its end, then reads the job until it has finished.
Result<Json> follow(const Client& client, const std::string& path, const std::string& id,
                    const Progress& progress) {
  const auto on_bytes = [&](std::string_view bytes) {
    if (progress.log) progress.log(bytes);
  };
  TRY_VOID(client.stream("/v2/logs/" + id + "?stream=1&raw=1", on_bytes));
  while (true) {
    TRY(job, client.data("GET", path + id + "?waitForFinish=60"));
    if (finished(job)) return job;
  }
}

Json version_of(const Folder& folder) {
  return {{"versionNumber", folder.version},
          {"sourceType", "SOURCE_FILES"},
          {"buildTag", "latest"},
          {"sourceFiles", Json::parse(folder.source_files, nullptr, false)}};
}

/// Makes the Actor, or gives the one of that name this source.
Result<std::string> upload(const Client& client, const Folder& folder) {
  const std::string version = version_of(folder).dump();
  auto known = client.data("GET", "/v2/actors/~" + folder.name);
  if (!known && known.error().code != Code::kNotFound) return tl::make_unexpected(known.error());
  if (known) {
    const std::string id = text_at(*known, {"id"});
    TRY_VOID(client.data("PUT", "/v2/actors/" + id + "/versions/" + folder.version, version));
    return id;
  }
  const Json actor{{"name", folder.name},
                   {"title", folder.title},
                   {"versions", Json::array({version_of(folder)})}};
  TRY(created, client.data("POST", "/v2/actors", actor.dump()));
  return text_at(created, {"id"});
}

Result<Json> build(const Client& client, const std::string& actor, const Folder& folder,
                   const Progress& progress) {
  TRY(started, client.data("POST", "/v2/actors/" + actor +
                                       "/builds?useCache=1&tag=latest&version=" + folder.version));
  const std::string id = text_at(started, {"id"});
  tell(progress.note, "building " + folder.name + " " + text_at(started, {"buildNumber"}));
  tell(progress.build, id);
  TRY(ended, follow(client, "/v2/actor-builds/", id, progress));
  if (const std::string status = text_at(ended, {"status"}); status != "SUCCEEDED") {
    return fail(Code::kInvalidArgument,
                "build " + text_at(ended, {"buildNumber"}) + " ended " + status);
  }
  return ended;
}

Result<RunReport> run(const Client& client, const std::string& actor, const Json& built,
                      const RunFolder& wanted, const Progress& progress) {
  std::string path = "/v2/actors/" + actor + "/runs?build=" + text_at(built, {"buildNumber"});
  if (wanted.memory_mbytes) path += "&memory=" + std::to_string(*wanted.memory_mbytes);
  if (wanted.timeout_secs) path += "&timeout=" + std::to_string(*wanted.timeout_secs);
  TRY(started, client.data("POST", path, wanted.input));
  const std::string id = text_at(started, {"id"});
  tell(progress.note, "running " + id);
  tell(progress.run, id);
  TRY(ended, follow(client, "/v2/actor-runs/", id, progress));
  TRY(items, client.call("GET", "/v2/datasets/" + text_at(ended, {"defaultDatasetId"}) +
                                    "/items?format=jsonl"));
  return RunReport{ended, items.status == 200 ? items.body : std::string()};
}

}  // namespace

tl::expected<RunReport, RunFailure> run_folder(const Client& client, const RunFolder& wanted,
                                               const Progress& progress) {
  const auto failure = [](Step step, const Error& error) {
    return tl::make_unexpected(RunFailure{step, error});
  };
  const auto folder = read_folder(wanted.folder);
  if (!folder) return failure(Step::kFolder, folder.error());
  const auto actor = upload(client, *folder);
  if (!actor) return failure(Step::kFolder, actor.error());
  const auto built = build(client, *actor, *folder, progress);
  if (!built) return failure(Step::kBuild, built.error());
  auto report = run(client, *actor, *built, wanted, progress);
  if (!report) return failure(Step::kRun, report.error());
  return *report;
}

}  // namespace actuary::adapters::client
