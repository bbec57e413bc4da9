#define _GNU_SOURCE
#include "adapters/init/redact.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { kFileBytesMax = 1024 * 1024 };

static bool add(struct secrets* secrets, const char* bytes, size_t size) {
  if (size < kSecretBytesMin) return true;
  if (secrets->count == kSecretsMax) return false;
  if (size > kSecretBytesMax) size = kSecretBytesMax;  // its beginning is masked
  secrets->parts[secrets->count++] = (struct secret){bytes, size};
  return true;
}

static int longest_first(const void* left, const void* right) {
  size_t a = ((const struct secret*)left)->size;
  size_t b = ((const struct secret*)right)->size;
  return (a < b) - (a > b);
}

// As the log will show it: line by line, without what a line of it never holds.
static bool add_lines(struct secrets* secrets, char* at, const char* end) {
  while (at < end) {
    size_t size = strcspn(at, "\n");
    char* stop = at + size;
    size_t kept = 0;
    for (char* from = at; from < stop; ++from) {
      if (*from != '\r') at[kept++] = *from;
    }
    if (!add(secrets, at, kept)) return false;
    at = stop + 1;
  }
  return true;
}

bool secrets_load(struct secrets* secrets, const char* path) {
  static char text[kFileBytesMax + 1];
  secrets->count = 0;
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return errno == ENOENT;
  size_t size = 0;
  for (ssize_t part; (part = read(fd, text + size, sizeof text - size)) > 0;) size += (size_t)part;
  close(fd);
  if (size > kFileBytesMax) return false;
  text[size] = '\0';
  for (char* value = text; value < text + size;) {
    char* end = value + strlen(value);
    if (!add_lines(secrets, value, end)) return false;
    value = end + 1;
  }
  qsort(secrets->parts, secrets->count, sizeof secrets->parts[0], longest_first);
  return true;
}

size_t secrets_mask(const struct secrets* secrets, char* bytes, size_t size) {
  static const char kStars[] = "***";
  enum { kStarsSize = sizeof kStars - 1 };
  for (size_t i = 0; i < secrets->count; ++i) {
    const struct secret* secret = &secrets->parts[i];
    for (char* at = bytes;;) {
      at = memmem(at, size - (size_t)(at - bytes), secret->bytes, secret->size);
      if (at == NULL) break;
      char* rest = at + secret->size;
      memcpy(at, kStars, kStarsSize);
      at += kStarsSize;
      memmove(at, rest, (size_t)(bytes + size - rest));
      size -= secret->size - kStarsSize;
    }
  }
  return size;
}

size_t secrets_carry(const struct secrets* secrets) {
  return secrets->count == 0 ? 0 : secrets->parts[0].size - 1;
}
