/// Values that must not be seen in a log.
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum {
  kSecretBytesMin = 4,  ///< shorter ones would mask half the log, and protect nothing
  kSecretBytesMax = 16 * 1024,
  kSecretsMax = 1024,
};

/// The lines of all secret values: a key of several lines is printed line by line.
struct secrets {
  struct secret {
    const char* bytes;
    size_t size;
  } parts[kSecretsMax];  ///< the longest first
  size_t count;
};

/// Reads a file of values, each ended by a NUL. False: it holds more than can be masked. A file
/// that is not there holds none.
bool secrets_load(struct secrets* secrets, const char* path);

/// Replaces every secret in `bytes` by three stars; answers the new, never greater, size.
size_t secrets_mask(const struct secrets* secrets, char* bytes, size_t size);

/// How many bytes at the end of a text may be the beginning of a secret that goes on after it.
size_t secrets_carry(const struct secrets* secrets);
