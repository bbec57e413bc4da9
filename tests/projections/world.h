#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "journal/memory/memory_journal.h"
#include "projections/runner/views.h"

namespace actuary::tests {

using journal::memory::MemoryJournal;
using projections::runner::Views;

template <class AnyId>
AnyId id_of(char letter, int number) {
  std::string text = std::to_string(number);
  text.insert(0, kIdLength - 1 - text.size(), '0');
  return AnyId::parse(letter + text).value();
}
inline UserId user(int number) { return id_of<UserId>('u', number); }
inline TokenId token(int number) { return id_of<TokenId>('t', number); }
inline ActorId actor(int number) { return id_of<ActorId>('a', number); }
inline BuildId build(int number) { return id_of<BuildId>('b', number); }
inline RunId run(int number) { return id_of<RunId>('r', number); }
inline StorageId storage(int number) { return id_of<StorageId>('s', number); }

inline Instant at(std::int64_t seconds) {
  return {Timestamp(Seconds(1'700'000'000 + seconds)), Seconds(seconds), 7};
}

/// A folder that goes away with the test.
class Folder {
 public:
  Folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "views-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  [[nodiscard]] std::string views() const { return path_ + "/views"; }

 private:
  std::string path_;
};

using Happening = std::pair<StreamId, events::Event>;

/// Appends what happens to a journal.
class Chronicle {
 public:
  explicit Chronicle(const std::string& id = "journal-1")
      : journal(MemoryJournal::Completion::kImmediate, id) {
    happens(0, {{system_stream(), events::TermClaimed{1, 2, 3, "test"}}});
  }

  /// One batch.
  std::vector<Record> happens(std::int64_t seconds, const std::vector<Happening>& happenings,
                              PrincipalKind by = PrincipalKind::kUser) {
    std::vector<Record> batch;
    std::map<StreamId, Version> versions;
    for (const auto& [stream, event] : happenings) {
      if (!versions.contains(stream)) versions[stream] = journal.version_of(stream);
      Record record;
      record.position = journal.head().position + batch.size() + 1;
      record.recorded_at = at(seconds);
      record.stream = stream;
      record.version = ++versions[stream];
      record.term = 1;
      record.principal.kind = by;
      record.event = event;
      batch.push_back(std::move(record));
    }
    journal.append(batch, [](const Result<Position>& done) {
      ASSERT_TRUE(done.has_value()) << done.error().detail;
    });
    return batch;
  }

  static StreamId system_stream() { return journal::record::system_stream(); }

  MemoryJournal journal;
};

/// A chronicle and the views of it, applied as it happens.
class World {
 public:
  World() : views(Views::open(folder.views()).value()) {
    EXPECT_TRUE(views->catch_up(chronicle.journal).has_value());
  }

  void happens(std::int64_t seconds, const std::vector<Happening>& happenings,
               PrincipalKind by = PrincipalKind::kUser) {
    const Status applied = views->apply(chronicle.happens(seconds, happenings, by));
    EXPECT_TRUE(applied.has_value()) << applied.error().detail;
  }

  [[nodiscard]] projections::runs::RunRow run_row(int number) const {
    return views->runs().get(run(number)).value().value();
  }

  Folder folder;
  Chronicle chronicle;
  std::unique_ptr<Views> views;
};

inline events::RunCreated run_created(int number, int actor_number = 1, int user_number = 1) {
  events::RunCreated event;
  event.run_id = run(number);
  event.actor_id = actor(actor_number);
  event.user_id = user(user_number);
  event.build_id = build(1);
  event.build_number = "0.1.1";
  event.image.id = "cafe";
  event.options.build = "latest";
  event.options.memory_mbytes = 1024;
  event.options.max_items = 5;
  event.key_value_store_id = storage(number * 10);
  event.dataset_id = storage(number * 10 + 1);
  event.request_queue_id = storage(number * 10 + 2);
  event.input_key = "INPUT";
  event.input_bytes = 17;
  event.meta.client_ip = "10.0.0.1";
  return event;
}

inline Happening on_run(int number, events::Event event) {
  return {stream_of(run(number)), std::move(event)};
}
inline Happening on_build(int number, events::Event event) {
  return {stream_of(build(number)), std::move(event)};
}
inline Happening on_actor(int number, events::Event event) {
  return {stream_of(actor(number)), std::move(event)};
}
inline Happening on_storage(int number, events::Event event) {
  return {stream_of(storage(number)), std::move(event)};
}
inline Happening on_account(int number, events::Event event) {
  return {stream_of(user(number)), std::move(event)};
}

}  // namespace actuary::tests
