#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <string>

namespace actuary::tests::recovery {

/// A process that may die, and that says what it has to say through a pipe.
///
/// Forked without exec, so the process that makes it must never have opened a RocksDB itself: its
/// threads do not survive a fork. A child dies with its parent.
class Child {
 public:
  /// Gets the descriptor to write to; its answer is the exit code.
  using Work = std::function<int(int out)>;

  explicit Child(const Work& work);
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child();

  [[nodiscard]] pid_t pid() const { return pid_; }
  /// What it says within `patience`; less if it ends before.
  std::string listen(std::chrono::microseconds patience);
  void kill();
  /// What it still had to say, until it ends.
  std::string rest();
  /// Its exit code, or minus the signal that ended it.
  int wait();
  /// As `wait` for somebody else who has seen it end.
  void has_ended(int status);

 private:
  bool read_some(std::string& text) const;

  pid_t pid_ = -1;
  int pipe_ = -1;
  int status_ = 0;
};

/// What is left of one that came to its end.
struct Ended {
  std::string said;
  int code = 0;  ///< minus the signal, if one ended it
};
[[nodiscard]] Ended run_to_end(const Child::Work& work);

/// All of it, or the process ends: nobody is left to listen.
void say(int out, const void* bytes, std::size_t size);
inline void say(int out, const std::string& text) { say(out, text.data(), text.size()); }

}  // namespace actuary::tests::recovery
