#include "adapters/http/api/limits.h"

#include <algorithm>
#include <memory>

#include "adapters/http/api/admin.h"
#include "adapters/http/api/fields.h"
#include "adapters/http/api/user_names.h"
#include "engine/policy/account_limits.h"

namespace actuary::adapters::http::api {
namespace {

Json gbytes(std::uint64_t mbytes) { return number(static_cast<double>(mbytes) / 1024); }

/// What holds for the account; where it has no limit, what the host gives to all of them.
engine::decision::AccountLimits effective(const Services& services, const UserId& user) {
  const auto& executor = services.executor;
  const auto& settings = executor.settings();
  auto limits = engine::policy::limits_of(executor.directory(), settings, user);
  if (limits.memory_mbytes == 0) limits.memory_mbytes = settings.capacity.memory_mbytes;
  if (limits.runs == 0) limits.runs = settings.concurrent_runs_max;
  return limits;
}

struct Month {
  Timestamp begin{};
  Timestamp end{};
};
Month month_of(Timestamp now) {
  const std::chrono::sys_time<Microseconds> time{now.time_since_epoch()};
  const std::chrono::year_month_day day{std::chrono::floor<std::chrono::days>(time)};
  const auto first = day.year() / day.month();
  const auto start = [](std::chrono::year_month month) {
    return Timestamp{std::chrono::sys_days{month / 1}.time_since_epoch()};
  };
  return {start(first), start(first + std::chrono::months{1})};
}

/// Of the runs that began within the month.
Result<double> compute_units(const projections::runner::Views& views, const UserId& user,
                             Timestamp since, const Instant& now) {
  double units = 0;
  projections::runs::RunFilter filter;
  filter.started_after = since;
  Paging paging;
  for (;;) {
    TRY(page, views.runs().list_of_user(user, filter, paging));
    for (const auto& run : page.rows) units += projections::runs::compute_units(run, now);
    paging.offset += page.rows.size();
    if (page.rows.empty() || paging.offset >= page.total) return units;
  }
}

/// 0 where there is no such limit, as in the plan of `/v2/users/me`.
Json limits_json(const Services& services, const UserId& user) {
  const auto limits = effective(services, user);
  const auto& kept = services.executor.settings().retention.runs;
  return {{"maxMonthlyUsageUsd", 0},
          {"maxMonthlyActorComputeUnits", 0},
          {"maxMonthlyExternalDataTransferGbytes", 0},
          {"maxMonthlyProxySerps", 0},
          {"maxMonthlyResidentialProxyGbytes", 0},
          {"maxActorMemoryGbytes", gbytes(limits.memory_mbytes)},
          {"maxActorCount", 500},
          {"maxActorTaskCount", 5000},
          {"maxConcurrentActorJobs", limits.runs},
          {"maxTeamAccountSeatCount", 1},
          {"dataRetentionDays",
           kept ? std::chrono::ceil<std::chrono::days>(*kept).count() : std::int64_t{0}}};
}

Json current_json(const Services& services, const UserId& user, double units) {
  const auto& directory = services.executor.directory();
  const auto& account = directory.account_of(user);
  const auto& actors = directory.tables().actors;
  const auto owned = std::count_if(actors.begin(), actors.end(),
                                   [&](const auto& each) { return each.second.user_id == user; });
  return {{"monthlyUsageUsd", 0},
          {"monthlyActorComputeUnits", number(units)},
          {"monthlyExternalDataTransferGbytes", 0},
          {"monthlyProxySerps", 0},
          {"monthlyResidentialProxyGbytes", 0},
          {"actorMemoryGbytes", gbytes(engine::policy::share_of(account).memory_mbytes)},
          {"actorCount", owned},
          {"actorTaskCount", 0},
          {"activeActorJobCount", account.runs_admitted},
          {"teamAccountSeatCount", 1}};
}

void my_limits(const Services& services, const Request& request, const Responder& responder) {
  const UserId user = caller_of(request).user_id;
  const Instant now = services.clock.now();
  const Month month = month_of(now.utc);
  const auto found = std::make_shared<Result<double>>(0.0);
  const auto work = [&views = services.views, user, month, now, found] {
    *found = compute_units(views, user, month.begin, now);
  };
  const auto done = [&services, user, month, found, responder] {
    if (!*found) return responder.fail(wire_error(found->error()));
    responder.send(data_response(Json{
        {"monthlyUsageCycle", {{"startAt", to_iso(month.begin)}, {"endAt", to_iso(month.end)}}},
        {"limits", limits_json(services, user)},
        {"current", current_json(services, user, **found)}}));
  };
  if (!services.aside) {
    work();
    return done();
  }
  if (const Status begun = services.aside(work, done); !begun) {
    responder.fail(WireError{503, "service-unavailable", begun.error().detail, {}});
  }
}

Answer<UserId> user_of(const Services& services, const Request& request) {
  const auto& text = request.parameter("userId");
  if (const auto by_name = find_user(services, text)) return *by_name;
  if (const auto id = UserId::parse(text)) {
    TRY(by_id, wire(services.views.accounts().get(*id)));
    if (by_id) return by_id->id;
  }
  return missing("User");
}

template <class T>
Json or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

/// The account's own limits (null: the host's for each), what holds, and what it holds now.
Json account_json(const Services& services, const UserId& user) {
  const auto& directory = services.executor.directory();
  const auto& settings = services.executor.settings();
  const auto* own = directory.find_limits(user);
  const auto& account = directory.account_of(user);
  const auto limits = engine::policy::limits_of(directory, settings, user);
  return {{"userId", user.view()},
          {"username", username_of(services, user)},
          {"own",
           {{"memoryMbytes", or_null(own ? own->memory_mbytes : std::nullopt)},
            {"runs", or_null(own ? own->runs : std::nullopt)}}},
          {"limits", {{"memoryMbytes", limits.memory_mbytes}, {"runs", limits.runs}}},
          {"whenOverLimit", events::to_string(settings.when_over_limit)},
          {"current",
           {{"memoryMbytes", engine::policy::share_of(account).memory_mbytes},
            {"runs", account.runs_admitted},
            {"runsWaiting", account.waiting.size()}}}};
}

Answer<Response> show_account(const Services& services, const Request& request) {
  TRY(user, user_of(services, request));
  return data_response(account_json(services, user));
}

/// A member that is missing or null: the host's limit for each account.
Answer<engine::account::SetLimits> limits_wish(const Request& request, const UserId& user) {
  TRY(body, body_of(request));
  TRY(memory, whole_field(body, "memoryMbytes"));
  TRY(runs, whole_field(body, "runs"));
  TRY(reason, text_field(body, "reason"));
  return engine::account::SetLimits{user, memory, runs, reason.value_or(std::string{})};
}

void change_limits(const Services& services, const Request& request, const Responder& responder) {
  const auto user = user_of(services, request);
  if (!user) return responder.fail(user.error());
  auto wish = limits_wish(request, *user);
  if (!wish) return responder.fail(wish.error());
  const Asker asker{{PrincipalKind::kUser, services.local_user, TokenId{}, RunId{}, 0},
                    request.command_id};
  submit(services, engine::account::Command{std::move(*wish)}, asker, responder,
         [&services, id = *user, responder] {
           responder.send(data_response(account_json(services, id)));
         });
}

}  // namespace

void add_limit_routes(std::vector<Route>& routes, const Services& services) {
  const auto later = [&](void (*act)(const Services&, const Request&, const Responder&)) {
    return [&services, act](const Request& request, const Responder& responder) {
      act(services, request, responder);
    };
  };
  routes.push_back({"GET", "/v2/users/me/limits", later(my_limits)});
  const auto shown =
      at_once([&services](const Request& request) { return show_account(services, request); });
  routes.push_back(local_only("GET", "/actuary/v1/users/{userId}/limits", shown));
  routes.push_back(local_only("PUT", "/actuary/v1/users/{userId}/limits", later(change_limits)));
}

}  // namespace actuary::adapters::http::api
