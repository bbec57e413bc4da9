/// The server's side of RFC 6455, as far as a sender of events needs it: what clients send is
/// checked and dropped. Nothing here waits, allocates or touches a descriptor.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
  kHeadBytesMax = 4096,
  kMessageBytesMax = 64 * 1024,  ///< of a client, over all its fragments
  kControlBytesMax = 125,
  kFrameBytesMax = 2048,  ///< of ours, header included
  kAnswerBytesMax = 256,
};

enum close_code {
  kCloseNone = 1005,  ///< never sent: a close frame without a code
  kCloseGoingAway = 1001,
  kCloseProtocol = 1002,
  kCloseBadText = 1007,
  kClosePolicy = 1008,
  kCloseTooLarge = 1009,
};

enum opcode { kContinuation = 0, kText = 1, kBinary = 2, kClose = 8, kPing = 9, kPong = 10 };

enum upgrade { kUpgradeIncomplete, kUpgradeAccepted, kUpgradeRefused };

struct upgrade_answer {
  size_t head_bytes;  ///< what follows them belongs to the websocket already
  char path[256];
  char text[kAnswerBytesMax];  ///< a whole HTTP response
};

/// Reads a client's opening handshake.
///
/// source: RFC 6455 section 4.2
enum upgrade read_upgrade(const char* head, size_t size, struct upgrade_answer* answer);

/// Incremental, as in the WHATWG decoder: what may come next.
struct utf8 {
  unsigned char needed;
  unsigned char lower;
  unsigned char upper;
};
bool utf8_take(struct utf8* state, const unsigned char* bytes, size_t size);

/// What a client sends, byte by byte. Zeroed is the beginning.
struct frames {
  unsigned char header[14];
  size_t header_size;
  size_t header_wanted;
  uint64_t left;  ///< of the present frame's payload
  size_t mask_at;
  bool in_message;  ///< fragments are still to come
  bool is_text;
  uint64_t message_bytes;
  struct utf8 utf8;
  unsigned char control[kControlBytesMax];
  size_t control_size;
  enum close_code code;  ///< of kFrameClose and kFrameBroken
};

enum frame_event { kFrameNone, kFramePing, kFrameClose, kFrameBroken };

/// Takes bytes until something must be answered; `used` of them are done with.
///
/// source: RFC 6455 sections 5.2 to 5.5, 7.4, 8.1
enum frame_event frames_take(struct frames* frames, const unsigned char* bytes, size_t size,
                             size_t* used);

/// One unmasked frame. Answers its length, or 0 when it does not fit.
size_t write_frame(enum opcode opcode, const void* payload, size_t size, unsigned char* out,
                   size_t room);
size_t write_close(enum close_code code, unsigned char* out, size_t room);

/// At most 119 bytes are hashed: what a handshake needs.
void sha1(const void* bytes, size_t size, unsigned char digest[20]);
