#include "adapters/http/api/user_names.h"

#include <utility>

#include "engine/account/decider.h"

namespace actuary::adapters::http::api {

std::optional<UserId> UserNames::find(const Services& services, std::string_view name) {
  const auto& directory = services.executor.directory();
  if (events::personal_key(name)) return std::nullopt;
  if (const auto plain = directory.find_user(name)) return plain;
  // There never are fewer users than before, and nobody gets another name.
  if (directory.tables().users.size() != known_) read_all(services);
  const auto found = by_name_.find(name);
  return found != by_name_.end() ? std::optional(found->second) : std::nullopt;
}

void UserNames::read_all(const Services& services) {
  forget();
  const auto& users = services.executor.directory().tables().users;
  for (const auto& [id, stored] : users) {
    if (!events::personal_key(stored)) continue;
    if (auto name = services.secrets.open_personal(stored)) {
      by_name_.emplace(std::move(*name), id);
    }
  }
  known_ = users.size();
}

void UserNames::forget() {
  by_name_.clear();
  known_ = 0;
}

std::optional<UserId> find_user(const Services& services, std::string_view name) {
  return services.names->find(services, name);
}

std::string username_of(const Services& services, const UserId& id) {
  return engine::ports::shown_name(services.secrets, services.executor.directory().username_of(id),
                                   id);
}

void create_user(const Services& services, const std::string& name, const Asker& asker,
                 const Responder& responder, std::function<void(const UserId&)> done) {
  if (const auto valid = wire(engine::account::check_username(name)); !valid) {
    return responder.fail(valid.error());
  }
  const auto sealed = wire(services.secrets.seal_personal({name}, std::nullopt));
  if (!sealed) return responder.fail(sealed.error());
  if (!services.names->claim(name)) {
    return responder.fail(wire_error(
        {Code::kVersionConflict, "a user of this name is being made just now; send it again"}));
  }
  const auto id = services.ids.next<UserId>();
  engine::executor::Submission submission;
  submission.command = engine::account::Command{engine::account::CreateUser{id, sealed->front()}};
  submission.principal = asker.principal;
  submission.command_id = asker.command_id;
  submission.reply = [names = services.names, name, id, responder,
                      done = std::move(done)](const Result<Position>& position) {
    names->release(name);
    if (!position) return responder.fail(wire_error(position.error()));
    done(id);
  };
  services.executor.submit(std::move(submission));
}

}  // namespace actuary::adapters::http::api
