#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "journal/codec/record_codec.h"

namespace actuary::tests {
namespace {

/// The record of journal/FORMAT.md's worked example.
Record example() {
  Record record;
  record.position = 2;
  record.recorded_at = {Timestamp{Microseconds{1'795'392'000'000'000}}, Microseconds{90'000'000},
                        7};
  record.stream = stream_of(RunId::parse("HG7ML7M8z78YcAPEB").value());
  record.version = 1;
  record.term = 1;
  record.command_id = CommandId::parse("00000000000000001").value();
  record.principal.kind = PrincipalKind::kUser;
  record.principal.user_id = UserId::parse("wRsJZtadYvn4mBZmm").value();
  record.command_name = "Start";
  record.event = events::RunHeld{"memory"};
  return record;
}

std::string dump(BytesView bytes) {
  std::string text;
  for (std::size_t at = 0; at < bytes.size(); at += 16) {
    std::array<char, 24> offset{};
    std::snprintf(offset.data(), offset.size(), "%04zx ", at);
    text += offset.data();
    for (const char byte : bytes.substr(at, 16)) text += " " + to_hex({&byte, 1});
    text += "\n";
  }
  return text;
}

TEST(Format, TheWorkedExampleOfTheDocumentIsStillWhatIsWritten) {
  std::ifstream file(JOURNAL_FORMAT_MD);
  std::stringstream document;
  document << file.rdbuf();
  const Bytes stored = journal::codec::encode_record(example()).value();
  EXPECT_NE(document.str().find("```\n" + dump(stored) + "```"), std::string::npos)
      << "journal/FORMAT.md should show:\n"
      << dump(stored);
  EXPECT_EQ(journal::codec::decode_record(stored, 2).value(), example());
}

}  // namespace
}  // namespace actuary::tests
