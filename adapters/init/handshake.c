#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "adapters/init/websocket.h"

enum { kKeyBytes = 24 };

struct request {
  bool upgrades;
  bool connects;
  bool is_version_13;
  int keys;
  char key[kKeyBytes + 1];
};

static const char kBase64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static void encode_base64(const unsigned char digest[20], char out[29]) {
  for (int i = 0; i < 7; ++i) {
    unsigned char third = i < 6 ? digest[i * 3 + 2] : 0;
    unsigned bits = (unsigned)digest[i * 3] << 16 | (unsigned)digest[i * 3 + 1] << 8 | third;
    for (int digit = 0; digit < 4; ++digit) {
      out[i * 4 + digit] = kBase64[bits >> (18 - digit * 6) & 63];
    }
  }
  out[27] = '=';
  out[28] = '\0';
}

// 16 bytes in base64: 22 digits and two equals signs.
static bool is_key(const char* value, size_t size) {
  if (size != kKeyBytes || memcmp(value + 22, "==", 2) != 0) return false;
  for (int i = 0; i < 22; ++i) {
    if (value[i] == '\0' || strchr(kBase64, value[i]) == NULL) return false;
  }
  return true;
}

// `word` as one element of a list with commas.
static bool lists(const char* value, size_t size, const char* word) {
  size_t length = strlen(word);
  const char* end = value + size;
  while (value < end) {
    while (value < end && (*value == ' ' || *value == '\t' || *value == ',')) ++value;
    const char* stop = value;
    while (stop < end && *stop != ',') ++stop;
    const char* last = stop;
    while (last > value && (last[-1] == ' ' || last[-1] == '\t')) --last;
    if ((size_t)(last - value) == length && strncasecmp(value, word, length) == 0) return true;
    value = stop;
  }
  return false;
}

static bool is_name(const char* line, size_t size, const char* name) {
  return size == strlen(name) && strncasecmp(line, name, size) == 0;
}

static bool take_header(const char* line, size_t size, struct request* request) {
  const char* colon = memchr(line, ':', size);
  if (colon == NULL || colon == line || colon[-1] == ' ' || line[0] == ' ' || line[0] == '\t') {
    return false;
  }
  size_t name = (size_t)(colon - line);
  const char* value = colon + 1;
  const char* end = line + size;
  while (value < end && (*value == ' ' || *value == '\t')) ++value;
  while (end > value && (end[-1] == ' ' || end[-1] == '\t')) --end;
  size_t length = (size_t)(end - value);
  if (is_name(line, name, "Upgrade")) request->upgrades |= lists(value, length, "websocket");
  if (is_name(line, name, "Connection")) request->connects |= lists(value, length, "upgrade");
  if (is_name(line, name, "Sec-WebSocket-Version")) {
    request->is_version_13 = length == 2 && memcmp(value, "13", 2) == 0;
  }
  if (is_name(line, name, "Sec-WebSocket-Key")) {
    if (!is_key(value, length)) return false;
    memcpy(request->key, value, kKeyBytes);
    ++request->keys;
  }
  return true;
}

static bool take_request_line(const char* line, size_t size, struct upgrade_answer* answer) {
  static const char kMethod[] = "GET ";
  static const char kVersion[] = " HTTP/1.1";
  size_t around = sizeof kMethod - 1 + sizeof kVersion - 1;
  if (size <= around || memcmp(line, kMethod, sizeof kMethod - 1) != 0) return false;
  size_t length = size - around;
  const char* path = line + sizeof kMethod - 1;
  if (memcmp(path + length, kVersion, sizeof kVersion - 1) != 0) return false;
  if (length >= sizeof answer->path || memchr(path, ' ', length) != NULL) return false;
  memcpy(answer->path, path, length);
  answer->path[length] = '\0';
  return true;
}

static bool take_lines(const char* head, size_t size, struct request* request,
                       struct upgrade_answer* answer) {
  bool first = true;
  while (size > 0) {
    const char* end = memmem(head, size, "\r\n", 2);
    if (end == NULL) return false;
    size_t length = (size_t)(end - head);
    for (size_t i = 0; i < length; ++i) {
      if ((unsigned char)head[i] < 0x20 && head[i] != '\t') return false;
    }
    if (!(first ? take_request_line(head, length, answer) : take_header(head, length, request))) {
      return false;
    }
    first = false;
    head += length + 2;
    size -= length + 2;
  }
  return !first;
}

static enum upgrade refuse(struct upgrade_answer* answer, const char* status) {
  snprintf(answer->text, sizeof answer->text,
           "HTTP/1.1 %s\r\nSec-WebSocket-Version: 13\r\nConnection: close\r\n"
           "Content-Length: 0\r\n\r\n",
           status);
  return kUpgradeRefused;
}

enum upgrade read_upgrade(const char* head, size_t size, struct upgrade_answer* answer) {
  const char* end = memmem(head, size, "\r\n\r\n", 4);
  if (end == NULL) {
    return size < kHeadBytesMax ? kUpgradeIncomplete
                                : refuse(answer, "431 Request Header Fields Too Large");
  }
  answer->head_bytes = (size_t)(end - head) + 4;
  struct request request = {0};
  if (!take_lines(head, answer->head_bytes - 2, &request, answer)) {
    return refuse(answer, "400 Bad Request");
  }
  if (!request.upgrades || !request.connects || !request.is_version_13) {
    return refuse(answer, "426 Upgrade Required");
  }
  if (request.keys != 1) return refuse(answer, "400 Bad Request");
  char text[kKeyBytes + 37];
  snprintf(text, sizeof text, "%s258EAFA5-E914-47DA-95CA-C5AB0DC85B11", request.key);
  unsigned char digest[20];
  sha1(text, strlen(text), digest);
  char accept[29];
  encode_base64(digest, accept);
  snprintf(answer->text, sizeof answer->text,
           "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
           "Sec-WebSocket-Accept: %s\r\n\r\n",
           accept);
  return kUpgradeAccepted;
}
