#pragma once

#include <openssl/evp.h>

#include <memory>
#include <string>
#include <vector>

#include "journal/base/bytes.h"

/// Text signed with Ed25519, in the form that transparency logs and their witnesses speak.
///
/// source: C2SP signed-note; journal/merkle/AUDIT.md
namespace actuary::journal::merkle {

/// Who may have signed: `NAME+HASH+BASE64`.
class VerifierKey {
 public:
  /// errors: kInvalidArgument: not a key, or not of the name and hash that it says
  [[nodiscard]] static Result<VerifierKey> parse(std::string_view text);

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] std::string text() const;
  /// SHA-256(name || 0x0A || 0x01 || public key), the first four bytes.
  [[nodiscard]] Bytes id() const;
  [[nodiscard]] bool verifies(BytesView text, BytesView signature) const;

  friend bool operator==(const VerifierKey&, const VerifierKey&) = default;

 private:
  friend class SigningKey;
  VerifierKey(std::string name, Bytes key) : name_(std::move(name)), key_(std::move(key)) {}

  std::string name_;
  Bytes key_;  ///< 32 bytes, RFC 8032
};

/// Who signs: `PRIVATE+KEY+NAME+HASH+BASE64`, as other tools for signed notes write it.
class SigningKey {
 public:
  /// shape:  a name is of printable ASCII without blanks and without `+`
  /// errors: kInvalidArgument; kUnavailable: no random bytes
  [[nodiscard]] static Result<SigningKey> generate(const std::string& name);
  [[nodiscard]] static Result<SigningKey> parse(std::string_view text);

  [[nodiscard]] const VerifierKey& verifier() const { return verifier_; }
  /// The secret itself.
  [[nodiscard]] std::string text() const;
  /// `text`, which ends in a newline, with its signature below.
  [[nodiscard]] Bytes sign(BytesView text) const;

 private:
  using Secret = std::shared_ptr<EVP_PKEY>;
  SigningKey(VerifierKey verifier, Secret secret)
      : verifier_(std::move(verifier)), secret_(std::move(secret)) {}
  [[nodiscard]] static Result<SigningKey> of_seed(const std::string& name, BytesView seed);

  VerifierKey verifier_;
  Secret secret_;
};

struct Note {
  Bytes text;  ///< with its last newline
  struct Signature {
    std::string name;
    Bytes bytes;  ///< the key's id, 4 bytes, and the signature
  };
  std::vector<Signature> signatures;
};
inline constexpr std::size_t kNoteSignaturesMax = 16;

/// Takes a note apart; nothing is verified yet.
///
/// errors: kInvalidArgument
[[nodiscard]] Result<Note> parse_note(BytesView note);
/// The text of a note that `key` has signed; signatures by others are passed over.
///
/// errors: kInvalidArgument: not a note; kCorrupt: not signed by this key, or changed since
[[nodiscard]] Result<Bytes> open_note(BytesView note, const VerifierKey& key);

}  // namespace actuary::journal::merkle
