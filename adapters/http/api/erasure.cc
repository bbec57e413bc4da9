#include "adapters/http/api/erasure.h"

#include <array>

#include "adapters/http/api/fields.h"
#include "adapters/http/api/user_names.h"
#include "journal/events/personal.h"

namespace actuary::adapters::http::api {
namespace {

using engine::executor::Command;

std::optional<Command> command_for(const StreamId& stream, const std::string& reason) {
  const std::string_view id = stream.id.view();
  if (stream.kind == StreamKind::kRun) {
    return engine::run::Command{engine::run::ErasePersonal{RunId::parse(id).value(), reason}};
  }
  if (stream.kind == StreamKind::kBuild) {
    return engine::build::Command{engine::build::ErasePersonal{BuildId::parse(id).value(), reason}};
  }
  if (stream.kind == StreamKind::kAccount) {
    return engine::account::Command{
        engine::account::ErasePersonal{UserId::parse(id).value(), reason}};
  }
  return std::nullopt;
}

struct Texts {
  std::size_t sealed = 0;
  std::size_t plain = 0;
};

Answer<Texts> texts_of(const Services& services, const StreamId& stream) {
  TRY(records, wire(services.journal.read_stream(stream)));
  Texts texts;
  for (const Record& record : records) {
    // What the engine calls its first user says nothing about a person.
    const auto* user = std::get_if<events::UserCreated>(&record.event);
    if (user != nullptr && user->user_id == services.local_user) continue;
    for (const std::string_view text : events::personal_texts_of(record.event)) {
      if (!text.empty()) ++(events::personal_key(text) ? texts.sealed : texts.plain);
    }
  }
  return texts;
}

}  // namespace

std::optional<StreamId> find_stream(const Services& services, std::string_view text) {
  constexpr std::array kKinds{StreamKind::kRun, StreamKind::kBuild, StreamKind::kActor,
                              StreamKind::kStorage, StreamKind::kAccount};
  const auto id = journal::record::AnyId::parse(text);
  if (!id) return std::nullopt;
  for (const auto kind : kKinds) {
    const StreamId stream{kind, *id};
    if (services.journal.version_of(stream) > 0) return stream;
  }
  return std::nullopt;
}

void erase_personal(const Services& services, const Request& request, const Asker& asker,
                    const Responder& responder) {
  const auto stream = find_stream(services, request.parameter("id"));
  if (!stream) return responder.fail(record_not_found("Run, build or user"));
  const auto body = body_of(request);
  if (!body) return responder.fail(body.error());
  const auto reason = text_field(*body, "reason");
  if (!reason) return responder.fail(reason.error());
  auto command = command_for(*stream, reason->value_or("asked for by an administrator"));
  if (!command) return responder.fail(record_not_found("Run, build or user"));
  const auto texts = texts_of(services, *stream);
  if (!texts) return responder.fail(texts.error());
  const Json shown{{"id", stream->id.view()},
                   {"kind", journal::record::to_string(stream->kind)},
                   {"texts", texts->sealed},
                   {"plainTexts", texts->plain}};
  submit(services, std::move(*command), asker, responder,
         [responder, shown, names = services.names] {
           names->forget();
           responder.send(data_response(shown));
         });
}

}  // namespace actuary::adapters::http::api
