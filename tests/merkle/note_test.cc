#include "journal/merkle/note.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <fstream>

#include "journal/merkle/base64.h"
#include "journal/merkle/checkpoint.h"

namespace actuary::tests {
namespace {

namespace merkle = journal::merkle;
using merkle::SigningKey;
using merkle::VerifierKey;

/// The example of golang.org/x/mod/sumdb/note, which defined the format: key, text, signed note.
constexpr std::string_view kGoSigner =
    "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
constexpr std::string_view kGoVerifier =
    "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
const Bytes kGoText =
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n";
const Bytes kGoNote = kGoText +
                      "\n\xE2\x80\x94 PeterNeumann "
                      "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngot"
                      "pRZb6KE6RyyBwJnAM=\n";

TEST(SignedNote, IsByteForByteTheReferencesNote) {
  const auto key = SigningKey::parse(kGoSigner);
  ASSERT_TRUE(key) << key.error().detail;
  EXPECT_EQ(key->text(), kGoSigner);
  EXPECT_EQ(key->verifier().text(), kGoVerifier);
  EXPECT_EQ(key->sign(kGoText), kGoNote);
  EXPECT_EQ(merkle::open_note(kGoNote, VerifierKey::parse(kGoVerifier).value()).value(), kGoText);
}

TEST(SignedNote, IgnoresSignaturesByOthersAndRefusesNotesWithoutOurs) {
  const auto key = SigningKey::parse(kGoSigner).value();
  const auto other = SigningKey::generate("other.example/log").value();
  const Bytes by_other = other.sign(kGoText);
  const Bytes both = kGoNote + by_other.substr(kGoText.size() + 1);
  EXPECT_TRUE(merkle::open_note(both, key.verifier()));
  EXPECT_TRUE(merkle::open_note(both, other.verifier()));
  const auto refused = merkle::open_note(by_other, key.verifier());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::kCorrupt);
}

TEST(SignedNote, AnotherKeyOfTheSameNameIsAnotherKey) {
  const auto impostor = SigningKey::generate("PeterNeumann").value();
  EXPECT_FALSE(merkle::open_note(impostor.sign(kGoText), VerifierKey::parse(kGoVerifier).value()));
}

TEST(SignedNote, EveryFlippedBitIsFound) {
  const auto key = VerifierKey::parse(kGoVerifier).value();
  for (std::size_t at = 0; at < kGoNote.size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      Bytes damaged = kGoNote;
      damaged[at] = static_cast<char>(damaged[at] ^ (1 << bit));
      EXPECT_FALSE(merkle::open_note(damaged, key)) << "byte " << at << ", bit " << bit;
    }
  }
}

TEST(SignedNote, RefusesWhatIsNoNote) {
  const auto key = VerifierKey::parse(kGoVerifier).value();
  for (const Bytes& text :
       {Bytes(), Bytes("\n"), Bytes("\n\n"), kGoText, kGoText + "\n", kGoNote + "\n",
        kGoNote.substr(0, kGoNote.size() - 1), "\n" + kGoNote + "x", kGoNote + kGoNote,
        Bytes("a\tb\n") + kGoNote, kGoText + "\n\xE2\x80\x94 x\n",
        kGoText + "\n\xE2\x80\x94  AAAAAAAA\n"}) {
    EXPECT_FALSE(merkle::open_note(text, key)) << text;
  }
  Bytes many = kGoNote;
  for (int i = 0; i < 16; ++i) many += "\xE2\x80\x94 x AAAAAAAA\n";
  EXPECT_FALSE(merkle::open_note(many, key));
}

TEST(SignedNote, KeysThatWereCopiedWronglyAreRefused) {
  for (std::size_t at = 0; at < kGoVerifier.size(); ++at) {
    std::string damaged(kGoVerifier);
    damaged[at] = damaged[at] == 'x' ? 'y' : 'x';
    EXPECT_FALSE(VerifierKey::parse(damaged)) << damaged;
  }
  EXPECT_FALSE(VerifierKey::parse(""));
  EXPECT_FALSE(VerifierKey::parse("a+b"));
  EXPECT_FALSE(SigningKey::parse(kGoVerifier));
  EXPECT_FALSE(SigningKey::generate("with blank"));
  EXPECT_FALSE(SigningKey::generate(""));
}

RC_GTEST_PROP(Base64, ReadsBackWhatItWritesAndNothingElse,
              (const Bytes& bytes, const std::string& any)) {
  RC_ASSERT(merkle::from_base64(merkle::to_base64(bytes)).value() == bytes);
  if (const auto read = merkle::from_base64(any)) RC_ASSERT(merkle::to_base64(*read) == any);
}

TEST(Base64, HasOneSpellingForEachValue) {
  EXPECT_EQ(merkle::to_base64("\xff\xfe"), "//4=");
  for (const char* text : {"//5=", "//4", "//4==", "/", "//4=\n", " //4=", "____", "=", "//=4"}) {
    EXPECT_FALSE(merkle::from_base64(text)) << text;
  }
}

TEST(Checkpoint, IsReadBackAsItWasSigned) {
  const auto key = SigningKey::generate(merkle::origin_of(std::string(32, '7'))).value();
  const merkle::Root root{20'852'163, merkle::leaf_hash("x")};
  const Bytes note = merkle::sign_checkpoint(root, key);
  const auto read = merkle::open_checkpoint(note, key.verifier());
  ASSERT_TRUE(read) << read.error().detail;
  EXPECT_EQ(read->root, root);
  EXPECT_EQ(read->origin, "actuary/" + std::string(32, '7'));
}

TEST(Checkpoint, TheWorkedExampleOfTheDocumentIsSignedAgain) {
  Bytes seed;
  for (char byte = 0; byte < 32; ++byte) seed.push_back(byte);
  merkle::CompactTree tree;
  for (const char* record : {"a", "b", "c"}) tree.push(merkle::leaf_hash(record));
  std::ifstream file(AUDIT_MD);
  const std::string document((std::istreambuf_iterator<char>(file)), {});
  const std::size_t at = document.find("PRIVATE+KEY+actuary/");
  ASSERT_NE(at, std::string::npos);
  const auto key = SigningKey::parse(document.substr(at, document.find('\n', at) - at));
  ASSERT_TRUE(key) << key.error().detail;
  EXPECT_TRUE(key->text().ends_with(merkle::to_base64("\x01" + seed)));
  EXPECT_NE(document.find("\n" + key->verifier().text() + "\n"), std::string::npos);
  const Bytes note = merkle::sign_checkpoint({tree.size(), tree.root()}, *key);
  EXPECT_NE(document.find("```\n" + note + "```"), std::string::npos) << note;
}

TEST(Checkpoint, RefusesWhatTheStandardDoesNotAllow) {
  const std::string root = merkle::to_base64(Bytes(32, 'r'));
  EXPECT_TRUE(merkle::parse_checkpoint("o\n0\n" + root + "\n"));
  EXPECT_TRUE(merkle::parse_checkpoint("o\n5\n" + root + "\nextension\n"));
  for (const std::string& text :
       {std::string(), "o\n5\n" + root, "\n5\n" + root + "\n", "o\n05\n" + root + "\n",
        "o\n-5\n" + root + "\n", "o\n5 \n" + root + "\n", "o\n\n" + root + "\n",
        "o\n18446744073709551616\n" + root + "\n", std::string("o\n5\nAAAA\n"),
        std::string("o\n5\n")}) {
    EXPECT_FALSE(merkle::parse_checkpoint(text)) << text;
  }
}

TEST(Checkpoint, OfAnotherLogIsRefusedEvenWhenTheKeySignedIt) {
  const auto key = SigningKey::generate("actuary/a").value();
  const Bytes note = key.sign(merkle::checkpoint_text({"actuary/b", {1, merkle::leaf_hash("")}}));
  EXPECT_FALSE(merkle::open_checkpoint(note, key.verifier()));
}

}  // namespace
}  // namespace actuary::tests
