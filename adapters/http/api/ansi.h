#pragma once

#include <string>
#include <string_view>

namespace actuary::adapters::http::api {

/// Takes terminal escape sequences out of a text that comes in pieces, wherever it was cut.
/// A sequence that never ends is given up at its line's end.
class AnsiStripper {
 public:
  [[nodiscard]] std::string strip(std::string_view piece);

 private:
  enum class State {
    kText,
    kEscape,        ///< after ESC
    kIntermediate,  ///< `ESC ( B`: one more byte ends it
    kControl,       ///< `ESC [ … letter`
    kString,        ///< `ESC ] … BEL` or `ESC \`
    kStringEscape,  ///< ESC within a string
  };

  [[nodiscard]] State after_escape(char c) const;
  [[nodiscard]] State next(char c) const;

  State state_ = State::kText;
};

}  // namespace actuary::adapters::http::api
