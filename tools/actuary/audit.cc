#include <optional>

#include "adapters/host/auditor.h"
#include "journal/base/whole_file.h"
#include "journal/codec/to_json.h"
#include "journal/merkle/log_state.h"
#include "journal/merkle/proof_file.h"
#include "journal/merkle/static_tiles.h"
#include "journal/rocks/rocks_reader.h"
#include "tools/actuary/commands.h"
#include "tools/actuary/console.h"
#include "tools/actuary/engine_access.h"
#include "tools/actuary/exit_codes.h"

namespace actuary::tools {
namespace {

namespace fs = std::filesystem;
namespace merkle = journal::merkle;
using adapters::client::Client;
using adapters::client::Json;
using journal::rocks::RocksReader;

int refuse(const Error& error) {
  console::error(error.detail);
  return exit_code_of(error);
}

Result<merkle::SigningKey> signing_key(const fs::path& data) {
  return adapters::host::read_audit_key(data / "keys").map_error([&](Error error) {
    if (error.code == Code::kNotFound) {
      error.detail = data.string() + " has no audit key yet; start the engine once, which makes it";
    }
    return error;
  });
}

/// The newest signed checkpoint: of the engine that runs there, else the last one of the last.
Result<Bytes> newest_checkpoint(const fs::path& data) {
  const Client client((data / "engine.sock").string());
  if (client.alive()) {
    TRY(answer, client.call("GET", "/actuary/v1/audit/checkpoint"));
    if (answer.status == 200) return std::move(answer.body);
    return fail(Code::kUnavailable,
                "the engine of " + data.string() + " gives no checkpoint: " + answer.body);
  }
  TRY(stored, merkle::read_checkpoint((data / "journal").string()));
  if (stored) return std::move(*stored);
  return fail(Code::kNotFound,
              data.string() + " has no checkpoint yet; start the engine once, which signs one");
}

Result<Bytes> checkpoint_file(const std::string& path) {
  return read_whole_file(path, merkle::kCheckpointBytesMax);
}

/// `--key`: the key itself, or a file with it.
Result<merkle::VerifierKey> key_given(const std::string& text) {
  std::error_code ignored;
  if (!fs::is_regular_file(text, ignored)) return merkle::VerifierKey::parse(text);
  TRY(bytes, read_whole_file(text, merkle::kCheckpointBytesMax));
  while (bytes.ends_with('\n')) bytes.pop_back();
  return merkle::VerifierKey::parse(bytes);
}

Result<StreamId> stream_named(const RocksReader& journal, const std::string& text) {
  const auto id = journal::record::AnyId::parse(text);
  if (!id) return fail(Code::kInvalidArgument, id.error().detail);
  for (const StreamKind kind : {StreamKind::kRun, StreamKind::kBuild, StreamKind::kActor,
                                StreamKind::kStorage, StreamKind::kAccount}) {
    if (journal.version_of({kind, *id}) > 0) return StreamId{kind, *id};
  }
  return fail(Code::kNotFound, "nothing in the journal is called " + text);
}

struct Written {
  Bytes file;
  merkle::Checkpoint checkpoint;
};

/// The checkpoint comes first, so that the journal, opened after it, has all its records.
Result<Written> prove(const AuditArguments& arguments, const fs::path& data) {
  TRY(key, signing_key(data));
  TRY(note, newest_checkpoint(data));
  TRY(checkpoint, merkle::open_checkpoint(note, key.verifier()));
  TRY(journal, RocksReader::open((data / "journal").string()));
  TRY(stream, stream_named(*journal, arguments.run));
  merkle::ProofRequest request{stream, std::move(note), {}};
  if (!arguments.checkpoint.empty()) {
    TRY(earlier, checkpoint_file(arguments.checkpoint));
    TRY(since, merkle::open_checkpoint(earlier, key.verifier()));
    request.since = since;
  }
  TRY(file, merkle::make_proof_file(*journal, request, key));
  return Written{std::move(file), checkpoint};
}

Result<merkle::Comparison> compare(const AuditArguments& arguments, const fs::path& data) {
  TRY(journal, RocksReader::open((data / "journal").string()));
  std::error_code ignored;
  if (fs::is_directory(arguments.old, ignored)) {
    TRY(other, RocksReader::open((fs::path(arguments.old) / "journal").string()));
    if (other->head().id != journal->head().id) {
      return fail(Code::kInvalidArgument,
                  "two different journals: " + journal->head().id + " and " + other->head().id);
    }
    return merkle::compare(*journal, *other);
  }
  TRY(note, checkpoint_file(arguments.old));
  const auto key = !arguments.key.empty()
                       ? key_given(arguments.key)
                       : signing_key(data).map([](const auto& mine) { return mine.verifier(); });
  if (!key) return tl::make_unexpected(key.error());
  TRY(earlier, merkle::open_checkpoint(note, *key).map_error([](const Error& error) {
    return Error{Code::kInvalidArgument, error.detail};  // the file's fault, not the journal's
  }));
  if (earlier.origin != merkle::origin_of(journal->head().id)) {
    return fail(Code::kInvalidArgument, "the checkpoint is of " + earlier.origin +
                                            ", this journal is " +
                                            merkle::origin_of(journal->head().id));
  }
  return merkle::compare(*journal, earlier.root);
}

std::string_view word_of(merkle::Relation relation) {
  switch (relation) {
    case merkle::Relation::kSame:
      return "same";
    case merkle::Relation::kExtends:
      return "extends";
    case merkle::Relation::kOlder:
      return "older";
    case merkle::Relation::kForked:
      return "forked";
  }
  return "";
}

Json json_of(const merkle::Verified& verified) {
  Json records = Json::array();
  for (const Record& record : verified.records) {
    records.push_back(Json::parse(journal::codec::to_json(record), nullptr, false));
  }
  return {{"verified", true},
          {"key", verified.key.text()},
          {"stream", verified.stream},
          {"origin", verified.checkpoint.origin},
          {"size", verified.checkpoint.root.size},
          {"rootHash", to_hex(merkle::view(verified.checkpoint.root.hash))},
          {"since", verified.since ? Json(*verified.since) : Json()},
          {"records", records}};
}

void print(const merkle::Verified& verified, bool key_known) {
  for (const Record& record : verified.records) {
    const Json whole = Json::parse(journal::codec::to_json(record), nullptr, false);
    console::out(std::to_string(record.position) + "  " + to_iso(record.recorded_at.utc) + "  " +
                 whole["event"].dump() + "\n");
  }
  console::note("proven: " + std::to_string(verified.records.size()) + " records of " +
                verified.stream + " are in the journal of " +
                std::to_string(verified.checkpoint.root.size) + " records that " +
                verified.checkpoint.origin + " signed");
  if (verified.since) {
    console::note("it extends the earlier checkpoint of " + std::to_string(*verified.since) +
                  " records");
  }
  console::note(key_known ? "the key is the given one"
                          : "the key is the file's own word, compare it with the one you know: " +
                                verified.key.text());
}

}  // namespace

int audit_key_command(const AuditArguments& arguments) {
  const auto key = signing_key(data_folder(arguments.data));
  if (!key) return refuse(key.error());
  console::out(key->verifier().text() + "\n");
  return kSucceeded;
}

int audit_checkpoint_command(const AuditArguments& arguments) {
  const auto note = newest_checkpoint(data_folder(arguments.data));
  if (!note) return refuse(note.error());
  if (arguments.out.empty()) {
    console::out(*note);
    return kSucceeded;
  }
  if (const Status written = write_whole_file(arguments.out, *note); !written) {
    console::error(written.error().detail);
    return kFailed;
  }
  console::note("checkpoint written to " + arguments.out);
  return kSucceeded;
}

int audit_prove_command(const AuditArguments& arguments) {
  const auto made = prove(arguments, data_folder(arguments.data));
  if (!made) return refuse(made.error());
  if (const Status written = write_whole_file(arguments.out, made->file); !written) {
    console::error(written.error().detail);
    return kFailed;
  }
  console::note("proof written to " + arguments.out + ", under the checkpoint of " +
                std::to_string(made->checkpoint.root.size) + " records");
  return kSucceeded;
}

int audit_verify_command(const AuditArguments& arguments) {
  merkle::Trust trust;
  if (!arguments.key.empty()) {
    const auto key = key_given(arguments.key);
    if (!key) return refuse(key.error());
    trust.key = *key;
  }
  if (!arguments.checkpoint.empty()) {
    auto earlier = checkpoint_file(arguments.checkpoint);
    if (!earlier) return refuse(earlier.error());
    trust.earlier = std::move(*earlier);
  }
  const auto file = read_whole_file(arguments.file, merkle::kProofFileBytesMax);
  if (!file) return refuse(file.error());
  const auto verified = merkle::verify_proof_file(*file, trust);
  if (!verified) {
    if (arguments.json) {
      console::out(Json{{"verified", false}, {"reason", verified.error().detail}}.dump(2) + "\n");
    }
    console::error("NOT PROVEN: " + verified.error().detail);
    return kFailed;
  }
  if (arguments.json) {
    console::out(json_of(*verified).dump(2) + "\n");
  } else {
    print(*verified, trust.key.has_value());
  }
  return kSucceeded;
}

int audit_compare_command(const AuditArguments& arguments) {
  const auto comparison = compare(arguments, data_folder(arguments.data));
  if (!comparison) return refuse(comparison.error());
  if (arguments.json) {
    console::out(
        Json{{"relation", word_of(comparison->relation)},
             {"records", comparison->records},
             {"compared", comparison->compared},
             {"firstDifference", comparison->differs != 0 ? Json(comparison->differs) : Json()}}
            .dump(2) +
        "\n");
  }
  const bool fine = comparison->relation == merkle::Relation::kSame ||
                    comparison->relation == merkle::Relation::kExtends;
  const std::string says = "the journal " + merkle::describe(*comparison, arguments.old);
  fine ? console::note(says) : console::error(says);
  return fine ? kSucceeded : kFailed;
}

int audit_tiles_command(const AuditArguments& arguments) {
  const fs::path data = data_folder(arguments.data);
  const auto key = signing_key(data);
  if (!key) return refuse(key.error());
  const auto note = newest_checkpoint(data);
  if (!note) return refuse(note.error());
  const auto checkpoint = merkle::open_checkpoint(*note, key->verifier());
  if (!checkpoint) return refuse(checkpoint.error());
  const auto journal = RocksReader::open((data / "journal").string());
  if (!journal) return refuse(journal.error());
  const auto exported = merkle::export_tiles(
      **journal, *checkpoint, *note, arguments.out,
      arguments.entries ? merkle::Entries::kWritten : merkle::Entries::kLeftOut);
  if (!exported) return refuse(exported.error());
  console::note(std::to_string(exported->written) + " files written to " + arguments.out + ", " +
                std::to_string(exported->present) + " were there");
  return kSucceeded;
}

}  // namespace actuary::tools
