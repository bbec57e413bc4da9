#include "journal/merkle/proof_file.h"

#include "journal/codec/record_codec.h"
#include "journal/codec/to_json.h"
#include "journal/merkle/base64.h"
#include "journal/merkle/proof_text.h"
#include "journal/merkle/verify_tree.h"

namespace actuary::journal::merkle {
namespace {

/// The stored bytes of one record.
Result<Bytes> stored_at(const Reader& journal, Position position) {
  Bytes bytes;
  TRY_VOID(journal.scan_stored(position, [&](Position, BytesView stored) {
    bytes = stored;
    return false;
  }));
  return bytes;
}

/// errors: kInvalidArgument: the journal is shorter than the checkpoint, or another one
Status belongs(Prover& prover, const Checkpoint& checkpoint, const std::string& origin) {
  if (checkpoint.origin != origin) {
    return fail(Code::kInvalidArgument,
                "the checkpoint is of " + checkpoint.origin + ", this journal is " + origin);
  }
  TRY(root, prover.root(checkpoint.root.size));
  if (root == checkpoint.root.hash) return {};
  return fail(Code::kInvalidArgument, "the journal's first " +
                                          std::to_string(checkpoint.root.size) +
                                          " records are not those of the checkpoint");
}

}  // namespace

Result<Bytes> make_proof_file(const Reader& journal, const ProofRequest& request,
                              const SigningKey& key) {
  TRY(checkpoint, open_checkpoint(request.checkpoint, key.verifier()));
  const std::string origin = origin_of(journal.head().id);
  Prover prover = prover_of(journal);
  TRY_VOID(belongs(prover, checkpoint, origin));
  ProofText text{.key = key.verifier().text(),
                 .stream = record::describe(request.stream),
                 .checkpoint = request.checkpoint};
  if (request.since) {
    TRY_VOID(belongs(prover, *request.since, origin));
    text.since = request.since->root.size;
    TRY(consistency, prover.consistency(text.since, checkpoint.root.size));
    text.consistency = std::move(consistency);
  }
  TRY(records, journal.read_stream(request.stream));
  if (records.empty()) {
    return fail(Code::kNotFound, "the journal has no " + record::describe(request.stream));
  }
  std::size_t bytes = 0;
  for (const Record& record : records) {
    if (record.position > checkpoint.root.size) {
      return fail(Code::kUnavailable,
                  "record " + std::to_string(record.position) +
                      " is newer than the checkpoint of " + std::to_string(checkpoint.root.size) +
                      " records; start the engine, which signs the next one, and repeat");
    }
    TRY(stored, stored_at(journal, record.position));
    TRY(proof, prover.inclusion(record.position - 1, checkpoint.root.size));
    text.records.push_back(
        {record.position, codec::to_json(record), std::move(stored), std::move(proof)});
    bytes += text.records.back().json.size() + 2 * text.records.back().stored.size();
    if (bytes > kProofFileBytesMax / 2 || text.records.size() > kProofRecordsMax) {
      return fail(Code::kTooLarge, "the run's history does not fit a proof file");
    }
  }
  return key.sign(write_proof_text(text));
}

namespace {

Status verify_since(const ProofText& text, const Checkpoint& checkpoint,
                    const Checkpoint& earlier) {
  if (earlier.root.size > checkpoint.root.size) {
    return fail(Code::kCorrupt, "the file's checkpoint is older than the earlier one by " +
                                    std::to_string(earlier.root.size - checkpoint.root.size) +
                                    " records");
  }
  const bool same = earlier.root.size == checkpoint.root.size;
  if (!same && text.since != earlier.root.size) {
    return fail(Code::kCorrupt,
                "the file does not prove that it extends the earlier checkpoint of " +
                    std::to_string(earlier.root.size) + " records; ask for one made with --since");
  }
  const auto& proof = same ? std::vector<Hash>{} : text.consistency;
  if (verify_consistency(earlier.root, checkpoint.root, proof)) return {};
  return fail(Code::kCorrupt, "the log does not extend the earlier checkpoint of " +
                                  std::to_string(earlier.root.size) + " records: a fork");
}

Status verify_record(const ProofText& text, std::size_t at, const Checkpoint& checkpoint,
                     Verified& verified) {
  const ProofText::Entry& entry = text.records[at];
  const std::string name = "record " + std::to_string(entry.position);
  if (entry.position == 0 ||
      !verify_inclusion(leaf_hash(entry.stored), entry.position - 1, checkpoint.root.size,
                        entry.proof, checkpoint.root.hash)) {
    return fail(Code::kCorrupt, name + " is not in the tree of the checkpoint");
  }
  TRY(record, codec::decode_record(entry.stored, entry.position));
  if (record::describe(record.stream) != text.stream) {
    return fail(Code::kCorrupt, name + " belongs to " + record::describe(record.stream));
  }
  if (record.version != at + 1) {
    return fail(Code::kCorrupt, name + " is version " + std::to_string(record.version) + " of " +
                                    text.stream + ", not " + std::to_string(at + 1) +
                                    ": records are missing or out of order");
  }
  if (!shows(codec::to_json(record), entry.json)) {
    return fail(Code::kCorrupt, name + ": its readable line is not what its bytes say");
  }
  verified.records.push_back(std::move(record));
  verified.lines.push_back(entry.json);
  return {};
}

}  // namespace

Result<Verified> verify_proof_file(BytesView file, const Trust& trust) {
  if (file.size() > kProofFileBytesMax) return fail(Code::kTooLarge, "larger than a proof file is");
  TRY(note, parse_note(file));
  if (note.signatures.size() != 1) {
    return fail(Code::kInvalidArgument, "a proof file has one signature");
  }
  TRY(text, parse_proof_text(note.text));
  TRY(named, VerifierKey::parse(text.key));
  const VerifierKey& key = trust.key.value_or(named);
  if (key != named) {
    return fail(Code::kCorrupt, "the file was signed with another key: " + text.key);
  }
  TRY_VOID(open_note(file, key).map([](const Bytes&) {}));
  TRY(checkpoint, open_checkpoint(text.checkpoint, key));
  Verified verified{key, text.stream, checkpoint, {}, {}, {}};
  if (trust.earlier) {
    TRY(earlier, open_checkpoint(*trust.earlier, key));
    TRY_VOID(verify_since(text, checkpoint, earlier));
    verified.since = earlier.root.size;
  }
  for (std::size_t at = 0; at < text.records.size(); ++at) {
    TRY_VOID(verify_record(text, at, checkpoint, verified));
  }
  return verified;
}

}  // namespace actuary::journal::merkle
