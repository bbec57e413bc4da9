#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/uio.h>
#include <unistd.h>

#include "adapters/init/init.h"

enum { kStampBytes = 25 };

static void stamp(char out[kStampBytes + 1]) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  struct tm utc;
  gmtime_r(&now.tv_sec, &utc);
  size_t size = strftime(out, kStampBytes + 1, "%Y-%m-%dT%H:%M:%S", &utc);
  snprintf(out + size, kStampBytes + 1 - size, ".%03ldZ ", now.tv_nsec / 1000000);
}

// One write per line: the engine appends to the same file, and O_APPEND keeps whole writes apart.
static size_t write_line(struct log* log, const char* text, size_t size) {
  char line[kStampBytes + kLineBytesMax + 1];
  stamp(line);
  memcpy(line + kStampBytes, text, size);
  line[kStampBytes + size] = '\n';
  size_t total = kStampBytes + size + 1;
  ssize_t written;
  do {
    written = write(log->fd, line, total);
  } while (written < 0 && errno == EINTR);
  return total;
}

void log_platform(struct log* log, const char* text) {
  char line[1024];
  int size = snprintf(line, sizeof line, "ACTOR: %s", text);
  if (size >= (int)sizeof line) size = (int)sizeof line - 1;
  log->written += write_line(log, line, (size_t)size);
}

// The log shares its disk with the journal, which must be able to say how this run ended.
static bool disk_has_room(struct log* log) {
  struct statvfs disk;
  if (log->disk_free_min == 0 || fstatvfs(log->fd, &disk) != 0) return true;
  bool has_room = (uint64_t)disk.f_bfree * disk.f_frsize >= log->disk_free_min;
  if (has_room == log->disk_full) {
    log->disk_full = !has_room;
    log_platform(log, has_room ? "The disk has room again, output is stored."
                               : "The disk is full, output is not stored until there is room.");
  }
  return has_room;
}

// All but the last `carry` bytes, which begin the next line.
static void flush_line(struct log* log, struct lines* lines, size_t carry) {
  if (!log->full) lines->size = secrets_mask(&log->secrets, lines->bytes, lines->size);
  if (carry > lines->size) carry = lines->size;
  lines->size -= carry;
  size_t total = kStampBytes + lines->size + 1;
  if (!log->full && log->written + total > log->bytes_max) {
    log->full = true;
    log_platform(log, "The log has reached its size limit, further output is not stored.");
  }
  if (!log->full && disk_has_room(log)) {
    log->written += write_line(log, lines->bytes, lines->size);
  } else {
    log->dropped += lines->size;
  }
  memmove(lines->bytes, lines->bytes + lines->size, carry);
  lines->size = carry;
}

static void add_byte(struct log* log, struct lines* lines, unsigned char byte) {
  static const char digits[] = "0123456789abcdef";
  bool control = (byte < 0x20 && byte != '\t' && byte != 0x1b) || byte == 0x7f;
  if (lines->size + 4 > kLineBytesMax) flush_line(log, lines, secrets_carry(&log->secrets));
  if (!control) {
    lines->bytes[lines->size++] = (char)byte;
    return;
  }
  lines->bytes[lines->size++] = '\\';
  lines->bytes[lines->size++] = 'x';
  lines->bytes[lines->size++] = digits[byte >> 4];
  lines->bytes[lines->size++] = digits[byte & 15];
}

void log_bytes(struct log* log, struct lines* lines, const char* bytes, size_t size) {
  if (log->full) {
    log->dropped += size;
    return;
  }
  for (size_t i = 0; i < size; ++i) {
    if (bytes[i] == '\n') {
      flush_line(log, lines, 0);
    } else if (bytes[i] == '\r') {
      // Windows line ends and progress bars: the next line feed ends the line anyway.
      continue;
    } else {
      add_byte(log, lines, (unsigned char)bytes[i]);
    }
  }
}

void log_dropped(struct log* log) {
  if (log->dropped == 0) return;
  char text[64];
  snprintf(text, sizeof text, "%llu bytes of output were not stored.",
           (unsigned long long)log->dropped);
  log_platform(log, text);
}

void log_rest(struct log* log, struct lines* lines) {
  if (lines->size > 0) flush_line(log, lines, 0);
}
