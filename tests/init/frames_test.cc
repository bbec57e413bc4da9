#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "tests/init/client_frames.h"

extern "C" {
#include "adapters/init/websocket.h"
}

namespace actuary::tests::init {
namespace {

struct Taken {
  frame_event event = kFrameNone;
  int code = 0;
  std::string control;
};

/// Feeds `bytes` in pieces of `step` and answers the first thing that wants an answer.
Taken take(const std::string& bytes, std::size_t step) {
  frames parser{};
  std::size_t at = 0;
  while (at < bytes.size()) {
    std::size_t used = 0;
    const std::size_t size = std::min(step, bytes.size() - at);
    const frame_event event = frames_take(
        &parser, reinterpret_cast<const unsigned char*>(bytes.data()) + at, size, &used);
    at += used;
    if (event == kFrameNone) continue;
    return {
        event, parser.code, {reinterpret_cast<const char*>(parser.control), parser.control_size}};
  }
  return {};
}

std::string fragments(unsigned opcode, const std::vector<std::string>& parts) {
  std::string all;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    all += client_frame(i == 0 ? opcode : unsigned{kContinuation}, parts[i],
                        {.final = i + 1 == parts.size()});
  }
  return all;
}

TEST(ClientFrames, WhatIsInOrderIsDroppedWithoutAnAnswer) {
  const std::vector<std::string> fine = {
      client_frame(kText, "hello"),
      client_frame(kText, ""),
      client_frame(kBinary, std::string(65536, '\xff')),
      client_frame(kText, std::string(126, 'x')),
      client_frame(kPong, "nobody asked"),
      fragments(kText, {"\xe2", "\x82", "\xac"}),
      fragments(kText, {"", "", ""}),
      client_frame(kText, "a", {.final = false}) + client_frame(kPong, "between") +
          client_frame(kContinuation, "b"),
  };
  for (const std::string& bytes : fine) {
    for (const std::size_t step : {std::size_t{1}, std::size_t{7}, bytes.size()}) {
      EXPECT_EQ(take(bytes, step).event, kFrameNone) << testing::PrintToString(bytes.substr(0, 40));
    }
  }
}

TEST(ClientFrames, PingsAndClosesAreAnswered) {
  const Taken ping = take(client_frame(kPing, "are you there"), 3);
  EXPECT_EQ(ping.event, kFramePing);
  EXPECT_EQ(ping.control, "are you there");
  for (const unsigned code : {1000U, 1001U, 1003U, 1011U, 3000U, 4999U}) {
    const Taken closed = take(client_frame(kClose, close_payload(code, "bye")), 2);
    EXPECT_EQ(closed.event, kFrameClose);
    EXPECT_EQ(closed.code, static_cast<int>(code));
  }
  EXPECT_EQ(take(client_frame(kClose, ""), 1).code, kCloseNone);
}

TEST(ClientFrames, HostileOnesAreRefusedWithTheirCode) {
  struct Case {
    const char* what;
    std::string bytes;
    int code;
  };
  const std::vector<Case> cases = {
      {"unmasked", client_frame(kText, "x", {.masked = false}), kCloseProtocol},
      {"reserved bit", client_frame(kText, "x", {.reserved = 4}), kCloseProtocol},
      {"unknown opcode", client_frame(3, "x"), kCloseProtocol},
      {"unknown control opcode", client_frame(11, "x"), kCloseProtocol},
      {"fragmented ping", client_frame(kPing, "x", {.final = false}), kCloseProtocol},
      {"long ping", client_frame(kPing, std::string(126, 'x')), kCloseProtocol},
      {"continuation of nothing", client_frame(kContinuation, "x"), kCloseProtocol},
      {"message inside a message",
       client_frame(kText, "x", {.final = false}) + client_frame(kText, "x"), kCloseProtocol},
      {"length in too many bytes", client_frame(kText, "x", {.length_bytes = 2}), kCloseProtocol},
      {"length in far too many", client_frame(kText, std::string(200, 'x'), {.length_bytes = 8}),
       kCloseProtocol},
      {"negative length", client_frame(kText, "", {.length_bytes = 8, .length = 1ULL << 63U}),
       kCloseProtocol},
      {"huge", client_frame(kBinary, "", {.length_bytes = 8, .length = 1ULL << 40U}),
       kCloseTooLarge},
      {"huge in pieces",
       client_frame(kBinary, std::string(65000, 'x'), {.final = false}) +
           client_frame(kContinuation, std::string(600, 'x')),
       kCloseTooLarge},
      {"not UTF-8", client_frame(kText, "\xc0\x80"), kCloseBadText},
      {"surrogate", client_frame(kText, "\xed\xa0\x80"), kCloseBadText},
      {"beyond Unicode", client_frame(kText, "\xf4\x90\x80\x80"), kCloseBadText},
      {"cut UTF-8", fragments(kText, {"\xe2", "\x82"}), kCloseBadText},
      {"close of one byte", client_frame(kClose, "x"), kCloseProtocol},
      {"close with no code", client_frame(kClose, close_payload(1005)), kCloseProtocol},
      {"close as if cut off", client_frame(kClose, close_payload(1006)), kCloseProtocol},
      {"close below all codes", client_frame(kClose, close_payload(999)), kCloseProtocol},
      {"close above all codes", client_frame(kClose, close_payload(5000)), kCloseProtocol},
      {"close with bytes", client_frame(kClose, close_payload(1000, "\xff")), kCloseBadText},
  };
  for (const Case& each : cases) {
    for (const std::size_t step : {std::size_t{1}, each.bytes.size()}) {
      const Taken taken = take(each.bytes, step);
      EXPECT_EQ(taken.event, kFrameBroken) << each.what;
      EXPECT_EQ(taken.code, each.code) << each.what;
    }
  }
}

TEST(ClientFrames, RandomBytesNeverLeaveTheParsersBounds) {
  std::mt19937 random(7);
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes(random() % 300, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random());
    // Most begin as a frame should, so that the rest is looked at.
    if (bytes.size() > 2 && round % 4 != 0) {
      bytes[0] = static_cast<char>(0x80U | std::array{0U, 1U, 2U, 8U, 9U, 10U}[random() % 6]);
      bytes[1] = static_cast<char>(static_cast<unsigned char>(bytes[1]) | 0x80U);
    }
    frames parser{};
    std::size_t at = 0;
    frame_event event = kFrameNone;
    while (at < bytes.size() && event != kFrameBroken && event != kFrameClose) {
      std::size_t used = 0;
      event = frames_take(&parser, reinterpret_cast<const unsigned char*>(bytes.data()) + at,
                          bytes.size() - at, &used);
      ASSERT_GT(used, 0U);
      at += used;
      ASSERT_LE(parser.header_size, sizeof parser.header);
      ASSERT_LE(parser.control_size, sizeof parser.control);
      ASSERT_LE(parser.message_bytes, std::uint64_t{kMessageBytesMax});
    }
  }
}

std::string handshake(const std::string& more, const std::string& line = "GET /x HTTP/1.1") {
  return line + "\r\nHost: a\r\n" + more + "\r\n";
}
const std::string kKey = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
const std::string kRest =
    "Upgrade: websocket\r\nConnection: keep-alive, Upgrade\r\nSec-WebSocket-Version: 13\r\n";

TEST(Handshake, IsAnsweredAsInTheRfcsExample) {
  upgrade_answer answer{};
  const std::string head = handshake(kRest + kKey, "GET /RuNiD HTTP/1.1") + "more";
  ASSERT_EQ(read_upgrade(head.data(), head.size(), &answer), kUpgradeAccepted) << answer.text;
  EXPECT_NE(std::string(answer.text).find("Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"),
            std::string::npos);
  EXPECT_STREQ(answer.path, "/RuNiD");
  EXPECT_EQ(answer.head_bytes, head.size() - 4);
  for (std::size_t size = 0; size + 4 < head.size(); ++size) {
    ASSERT_EQ(read_upgrade(head.data(), size, &answer), kUpgradeIncomplete) << size;
  }
}

TEST(Handshake, AnythingElseIsRefusedWithAStatus) {
  const std::string nul = std::string("X: a") + '\0' + "b\r\n";
  const std::vector<std::pair<std::string, std::string>> cases = {
      {handshake(kRest), "400"},
      {handshake(kRest + kKey + kKey), "400"},
      {handshake(kRest + "Sec-WebSocket-Key: short\r\n"), "400"},
      {handshake(kRest + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZ===\r\n"), "400"},
      {handshake(kKey), "426"},
      {handshake(kKey + "Upgrade: h2c\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"),
       "426"},
      {handshake(kKey + "Upgrade: websocket\r\nConnection: Upgrade\r\n"
                        "Sec-WebSocket-Version: 8\r\n"),
       "426"},
      {handshake(kRest + kKey, "POST /x HTTP/1.1"), "400"},
      {handshake(kRest + kKey, "GET /x HTTP/1.0"), "400"},
      {handshake(kRest + kKey, "GET  HTTP/1.1 HTTP/1.1"), "400"},
      {handshake(kRest + kKey, "GET /" + std::string(300, 'x') + " HTTP/1.1"), "400"},
      {handshake(kRest + kKey + "no colon\r\n"), "400"},
      {handshake(kRest + kKey + " folded: x\r\n"), "400"},
      {handshake(kRest + kKey + "Space : x\r\n"), "400"},
      {handshake(kRest + kKey + "X: bare\nY: feed\r\n"), "400"},
      {handshake(kRest + kKey + nul), "400"},
      {std::string(kHeadBytesMax, 'x'), "431"},
  };
  for (const auto& [head, status] : cases) {
    upgrade_answer answer{};
    EXPECT_EQ(read_upgrade(head.data(), head.size(), &answer), kUpgradeRefused)
        << testing::PrintToString(head.substr(0, 200));
    EXPECT_EQ(std::string(answer.text).substr(9, 3), status) << testing::PrintToString(head);
  }
}

}  // namespace
}  // namespace actuary::tests::init
