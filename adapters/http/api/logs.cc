#include "adapters/http/api/logs.h"

#include "adapters/http/api/ansi.h"
#include "adapters/http/api/log_stream.h"
#include "adapters/http/api/lookup.h"

namespace actuary::adapters::http::api {
namespace {

/// What a log belongs to.
struct Job {
  std::string id;
  StreamId stream;
  std::function<bool()> is_terminal;
};

using FindJob = Answer<Job> (*)(const Services&, const Request&);

Job job_of(const Services& services, const RunId& id) {
  return {id.str(), stream_of(id), [&services, id] {
            const auto run = services.views.runs().get(id);
            return !run || !*run || (*run)->deleted ||
                   projections::runs::is_terminal((*run)->status);
          }};
}

Job job_of(const Services& services, const BuildId& id) {
  return {id.str(), stream_of(id), [&services, id] {
            const auto build = services.views.builds().get(id);
            return !build || !*build || (*build)->deleted ||
                   projections::runs::is_terminal((*build)->status);
          }};
}

Answer<Job> of_run(const Services& services, const Request& request) {
  TRY(run, find_run(services, caller_of(request), request.parameter("runId")));
  return job_of(services, run.id);
}

Answer<Job> of_build(const Services& services, const Request& request) {
  TRY(build, find_build(services, caller_of(request), request.parameter("buildId")));
  return job_of(services, build.id);
}

Answer<Job> of_last_run(const Services& services, const Request& request) {
  TRY(run, find_last_run(services, request));
  return job_of(services, run.id);
}

Answer<Job> of_either(const Services& services, const Request& request) {
  const auto& id = request.parameter("jobId");
  if (const auto run = find_run(services, caller_of(request), id)) {
    return job_of(services, run->id);
  }
  if (const auto build = find_build(services, caller_of(request), id)) {
    return job_of(services, build->id);
  }
  return missing("Actor run or build");
}

/// The log so far; of a very long one its end, from a line's beginning on.
Result<Bytes> read_all(const Services& services, const std::string& id) {
  const auto size = services.logs.size(id);
  if (!size && size.error().code == Code::kNotFound) return Bytes{};
  TRY(bytes, size);
  const std::uint64_t from = bytes > kLogBytesMax ? bytes - kLogBytesMax : 0;
  TRY(text, services.logs.read(id, from, kLogBytesMax));
  if (from != 0) text.erase(0, text.find('\n') + 1);
  return text;
}

struct Wishes {
  bool stream = false;
  bool download = false;
  bool raw = false;
};

Answer<Wishes> wishes_of(const Query& query) {
  TRY(stream, wire(query.boolean_or("stream", false)));
  TRY(download, wire(query.boolean_or("download", false)));
  TRY(raw, wire(query.boolean_or("raw", false)));
  return Wishes{stream, download, raw};
}

void get(const Services& services, FindJob find, const Request& request,
         const Responder& responder) {
  auto job = find(services, request);
  if (!job) return responder.fail(job.error());
  const auto wishes = wishes_of(request.query);
  if (!wishes) return responder.fail(wishes.error());
  Headers headers{{"Content-Type", "text/plain; charset=utf-8"}};
  if (wishes->download) {
    headers.add("Content-Disposition", "attachment; filename=\"" + job->id + ".log\"");
  }
  if (wishes->stream && request.method != "HEAD") {
    const auto escapes = wishes->raw ? Escapes::kKept : Escapes::kStripped;
    return stream_log(services, {job->id, job->stream, std::move(job->is_terminal), escapes},
                      responder, std::move(headers));
  }
  auto text = read_all(services, job->id);
  if (!text) return responder.fail(text.error());
  if (!wishes->raw) *text = AnsiStripper().strip(*text);
  responder.send({200, std::move(headers), std::move(*text)});
}

}  // namespace

void add_log_routes(std::vector<Route>& routes, const Services& services) {
  const auto log_of = [&](FindJob find) -> Handler {
    return [&services, find](const Request& request, const Responder& responder) {
      get(services, find, request, responder);
    };
  };
  routes.push_back({"GET", "/v2/logs/{jobId}", log_of(of_either)});
  routes.push_back({"GET", "/v2/actor-runs/{runId}/log", log_of(of_run)});
  routes.push_back({"GET", "/v2/actor-builds/{buildId}/log", log_of(of_build)});
  routes.push_back({"GET", "/v2/actors/{actorId}/runs/last/log", log_of(of_last_run)});
}

}  // namespace actuary::adapters::http::api
