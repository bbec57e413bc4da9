#include <string.h>

#include "adapters/init/websocket.h"

static uint32_t rotate(uint32_t value, unsigned bits) {
  return value << bits | value >> (32 - bits);
}

static uint32_t load(const unsigned char* at) {
  return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static void mix(uint32_t state[5], const unsigned char block[64]) {
  uint32_t w[80];
  for (int i = 0; i < 16; ++i) w[i] = load(block + (size_t)i * 4);
  for (int i = 16; i < 80; ++i) w[i] = rotate(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
  uint32_t a = state[0], b = state[1], c = state[2], d = state[3], e = state[4];
  for (int i = 0; i < 80; ++i) {
    uint32_t f;
    if (i < 20) {
      f = ((b & c) | (~b & d)) + 0x5a827999;
    } else if (i < 40) {
      f = (b ^ c ^ d) + 0x6ed9eba1;
    } else if (i < 60) {
      f = ((b & c) | (b & d) | (c & d)) + 0x8f1bbcdc;
    } else {
      f = (b ^ c ^ d) + 0xca62c1d6;
    }
    uint32_t next = rotate(a, 5) + f + e + w[i];
    e = d;
    d = c;
    c = rotate(b, 30);
    b = a;
    a = next;
  }
  uint32_t mixed[5] = {a, b, c, d, e};
  for (int i = 0; i < 5; ++i) state[i] += mixed[i];
}

void sha1(const void* bytes, size_t size, unsigned char digest[20]) {
  unsigned char blocks[128] = {0};
  if (size > 119) size = 119;
  size_t total = size < 56 ? 64 : 128;
  memcpy(blocks, bytes, size);
  blocks[size] = 0x80;
  blocks[total - 2] = (unsigned char)(size * 8 >> 8);
  blocks[total - 1] = (unsigned char)(size * 8);
  uint32_t state[5] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
  for (size_t at = 0; at < total; at += 64) mix(state, blocks + at);
  for (int i = 0; i < 20; ++i) digest[i] = (unsigned char)(state[i / 4] >> (24 - i % 4 * 8));
}
