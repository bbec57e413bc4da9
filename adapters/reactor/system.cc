#include "adapters/reactor/system.h"

#include <openssl/rand.h>
#include <time.h>

#include <cstring>
#include <fstream>
#include <string>

#include "journal/base/assert.h"
#include "journal/base/bytes.h"

namespace actuary::adapters::reactor {
namespace {

Microseconds read_clock(clockid_t which) {
  timespec at{};
  ACTUARY_ASSERT(clock_gettime(which, &at) == 0);
  return std::chrono::duration_cast<Microseconds>(Seconds{at.tv_sec} +
                                                  std::chrono::nanoseconds{at.tv_nsec});
}

std::uint64_t read_boot_id() {
  std::ifstream file("/proc/sys/kernel/random/boot_id");
  std::string text;
  std::getline(file, text);
  const Bytes digest = sha256(text);
  std::uint64_t id = 0;
  std::memcpy(&id, digest.data(), sizeof id);
  return id;
}

}  // namespace

SystemClock::SystemClock() : boot_id_(read_boot_id()) {}

Instant SystemClock::now() {
  return {Timestamp{read_clock(CLOCK_REALTIME)}, read_clock(CLOCK_BOOTTIME), boot_id_};
}

void SystemIds::fill(std::span<std::byte> random) {
  auto* bytes = reinterpret_cast<unsigned char*>(random.data());
  ACTUARY_ASSERT(RAND_bytes(bytes, static_cast<int>(random.size())) == 1);
}

}  // namespace actuary::adapters::reactor
