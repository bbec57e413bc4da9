#include "journal/merkle/checkpoint.h"

#include <charconv>

#include "journal/merkle/base64.h"

namespace actuary::journal::merkle {

std::string origin_of(std::string_view journal_id) { return "actuary/" + std::string(journal_id); }

Bytes checkpoint_text(const Checkpoint& checkpoint) {
  return checkpoint.origin + "\n" + std::to_string(checkpoint.root.size) + "\n" +
         to_base64(view(checkpoint.root.hash)) + "\n";
}

Result<Checkpoint> parse_checkpoint(BytesView text) {
  const auto malformed = [] {
    return fail(Code::kInvalidArgument, "not a checkpoint: origin, size and root, a line each");
  };
  std::vector<BytesView> lines;
  for (BytesView rest = text; !rest.empty() && lines.size() < 3;) {
    const std::size_t end = rest.find('\n');
    if (end == rest.npos || end == 0) return malformed();
    lines.push_back(rest.substr(0, end));
    rest.remove_prefix(end + 1);
  }
  if (lines.size() != 3) return malformed();
  Checkpoint checkpoint{std::string(lines[0]), {}};
  const char* const end = lines[1].data() + lines[1].size();
  const auto [stop, error] = std::from_chars(lines[1].data(), end, checkpoint.root.size);
  const auto root = from_base64(lines[2]);
  if (error != std::errc{} || stop != end || (lines[1].size() > 1 && lines[1][0] == '0') || !root ||
      root->size() != kHashBytes) {
    return malformed();
  }
  checkpoint.root.hash = hash_at(*root);
  return checkpoint;
}

Bytes sign_checkpoint(const Root& root, const SigningKey& key) {
  return key.sign(checkpoint_text({key.verifier().name(), root}));
}

Result<Checkpoint> open_checkpoint(BytesView note, const VerifierKey& key) {
  if (note.size() > kCheckpointBytesMax) return fail(Code::kInvalidArgument, "not a checkpoint");
  TRY(text, open_note(note, key));
  TRY(checkpoint, parse_checkpoint(text));
  if (checkpoint.origin == key.name()) return checkpoint;
  return fail(Code::kInvalidArgument,
              "the checkpoint is of " + checkpoint.origin + ", the key of " + key.name());
}

}  // namespace actuary::journal::merkle
