#include <string.h>

#include "adapters/init/websocket.h"

static bool utf8_lead(struct utf8* state, unsigned char byte) {
  *state = (struct utf8){0, 0x80, 0xbf};
  if (byte < 0x80) return true;
  if (byte >= 0xc2 && byte <= 0xdf) {
    state->needed = 1;
  } else if (byte >= 0xe0 && byte <= 0xef) {
    state->needed = 2;
    if (byte == 0xe0) state->lower = 0xa0;
    if (byte == 0xed) state->upper = 0x9f;  // no surrogates
  } else if (byte >= 0xf0 && byte <= 0xf4) {
    state->needed = 3;
    if (byte == 0xf0) state->lower = 0x90;
    if (byte == 0xf4) state->upper = 0x8f;
  } else {
    return false;
  }
  return true;
}

bool utf8_take(struct utf8* state, const unsigned char* bytes, size_t size) {
  for (size_t i = 0; i < size; ++i) {
    if (state->needed == 0) {
      if (!utf8_lead(state, bytes[i])) return false;
      continue;
    }
    if (bytes[i] < state->lower || bytes[i] > state->upper) return false;
    *state = (struct utf8){(unsigned char)(state->needed - 1), 0x80, 0xbf};
  }
  return true;
}

static enum frame_event broken(struct frames* frames, enum close_code code) {
  frames->code = code;
  return kFrameBroken;
}

static bool is_control(const struct frames* frames) { return (frames->header[0] & 8) != 0; }
static bool is_final(const struct frames* frames) { return (frames->header[0] & 0x80) != 0; }

// The first two bytes say nearly everything that can be wrong.
static bool start_is_valid(const struct frames* frames) {
  unsigned opcode = frames->header[0] & 15;
  bool reserved = (frames->header[0] & 0x70) != 0;
  bool masked = (frames->header[1] & 0x80) != 0;
  if (reserved || !masked) return false;
  if (is_control(frames)) {
    return opcode <= kPong && is_final(frames) && (frames->header[1] & 127) <= kControlBytesMax;
  }
  return opcode <= kBinary && (opcode == kContinuation) == frames->in_message;
}

// Lengths in as few bytes as possible, and none beyond what we take.
static enum close_code begin_payload(struct frames* frames) {
  size_t length_bytes = frames->header_wanted - 6;
  uint64_t length = frames->header[1] & 127;
  if (length_bytes > 0) {
    length = 0;
    for (size_t i = 0; i < length_bytes; ++i) length = length << 8 | frames->header[2 + i];
    if (length < (length_bytes == 2 ? 126 : 65536)) return kCloseProtocol;
    if (length_bytes == 8 && (frames->header[2] & 0x80) != 0) return kCloseProtocol;
  }
  frames->left = length;
  frames->mask_at = 0;
  frames->control_size = 0;
  if (is_control(frames)) return 0;
  if ((frames->header[0] & 15) != kContinuation) {
    frames->is_text = (frames->header[0] & 15) == kText;
    frames->message_bytes = 0;
    frames->utf8 = (struct utf8){0};
  }
  frames->in_message = !is_final(frames);
  if (length > kMessageBytesMax - frames->message_bytes) return kCloseTooLarge;
  frames->message_bytes += length;
  return 0;
}

static bool may_be_sent(unsigned code) {
  return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) ||
         (code >= 3000 && code <= 4999);
}

static enum frame_event end_close(struct frames* frames) {
  frames->code = kCloseNone;
  if (frames->control_size == 0) return kFrameClose;
  if (frames->control_size == 1) return broken(frames, kCloseProtocol);
  unsigned code = (unsigned)frames->control[0] << 8 | frames->control[1];
  if (!may_be_sent(code)) return broken(frames, kCloseProtocol);
  struct utf8 reason = {0};
  if (!utf8_take(&reason, frames->control + 2, frames->control_size - 2) || reason.needed != 0) {
    return broken(frames, kCloseBadText);
  }
  frames->code = (enum close_code)code;
  return kFrameClose;
}

static enum frame_event end_frame(struct frames* frames) {
  frames->header_size = 0;
  unsigned opcode = frames->header[0] & 15;
  if (opcode == kClose) return end_close(frames);
  if (opcode == kPing) return kFramePing;
  if (!is_control(frames) && frames->is_text && is_final(frames) && frames->utf8.needed != 0) {
    return broken(frames, kCloseBadText);
  }
  return kFrameNone;
}

static enum frame_event take_header_byte(struct frames* frames, unsigned char byte) {
  frames->header[frames->header_size++] = byte;
  if (frames->header_size < 2) return kFrameNone;
  if (frames->header_size == 2) {
    if (!start_is_valid(frames)) return broken(frames, kCloseProtocol);
    unsigned length = byte & 127;
    frames->header_wanted = 6u + (length == 126 ? 2u : length == 127 ? 8u : 0u);
  }
  if (frames->header_size < frames->header_wanted) return kFrameNone;
  enum close_code wrong = begin_payload(frames);
  if (wrong != 0) return broken(frames, wrong);
  return frames->left == 0 ? end_frame(frames) : kFrameNone;
}

static bool in_header(const struct frames* frames) {
  return frames->header_size < 2 || frames->header_size < frames->header_wanted;
}

static enum frame_event take_payload_byte(struct frames* frames, unsigned char byte) {
  const unsigned char* mask = frames->header + frames->header_wanted - 4;
  byte ^= mask[frames->mask_at++ & 3];
  --frames->left;
  if (is_control(frames)) {
    frames->control[frames->control_size++] = byte;
  } else if (frames->is_text && !utf8_take(&frames->utf8, &byte, 1)) {
    return broken(frames, kCloseBadText);
  }
  return frames->left == 0 ? end_frame(frames) : kFrameNone;
}

enum frame_event frames_take(struct frames* frames, const unsigned char* bytes, size_t size,
                             size_t* used) {
  enum frame_event event = kFrameNone;
  for (*used = 0; *used < size && event == kFrameNone; ++*used) {
    event = in_header(frames) ? take_header_byte(frames, bytes[*used])
                              : take_payload_byte(frames, bytes[*used]);
  }
  return event;
}

size_t write_frame(enum opcode opcode, const void* payload, size_t size, unsigned char* out,
                   size_t room) {
  size_t header = size < 126 ? 2 : 4;
  if (size > 65535 || header + size > room) return 0;
  out[0] = (unsigned char)(0x80 | opcode);
  out[1] = (unsigned char)(size < 126 ? size : 126);
  if (header == 4) {
    out[2] = (unsigned char)(size >> 8);
    out[3] = (unsigned char)size;
  }
  if (size > 0) memcpy(out + header, payload, size);
  return header + size;
}

size_t write_close(enum close_code code, unsigned char* out, size_t room) {
  unsigned char payload[2] = {(unsigned char)((unsigned)code >> 8), (unsigned char)code};
  return write_frame(kClose, payload, code == kCloseNone ? 0 : sizeof payload, out, room);
}
