#include "adapters/http/api/ansi.h"

namespace actuary::adapters::http::api {
namespace {

constexpr char kEscapeByte = '\x1b';
constexpr char kBell = '\x07';

}  // namespace

AnsiStripper::State AnsiStripper::after_escape(char c) const {
  if (c == '[') return State::kControl;
  if (c == ']' || c == 'P' || c == '^' || c == '_' || c == 'X') return State::kString;
  if (c == kEscapeByte) return State::kEscape;
  return c >= ' ' && c <= '/' ? State::kIntermediate : State::kText;
}

AnsiStripper::State AnsiStripper::next(char c) const {
  switch (state_) {
    case State::kText:
      return c == kEscapeByte ? State::kEscape : State::kText;
    case State::kEscape:
      return after_escape(c);
    case State::kIntermediate:
      return c >= ' ' && c <= '/' ? State::kIntermediate : State::kText;
    case State::kControl:
      return c >= '@' && c <= '~' ? State::kText : State::kControl;
    case State::kString:
      if (c == kEscapeByte) return State::kStringEscape;
      return c == kBell ? State::kText : State::kString;
    case State::kStringEscape:
      return c == '\\' ? State::kText : State::kString;
  }
  return State::kText;
}

std::string AnsiStripper::strip(std::string_view piece) {
  std::string text;
  text.reserve(piece.size());
  for (const char c : piece) {
    if (c == '\n') {
      state_ = State::kText;
      text.push_back(c);
      continue;
    }
    const State before = state_;
    state_ = next(c);
    if (before == State::kText && state_ == State::kText) text.push_back(c);
  }
  return text;
}

}  // namespace actuary::adapters::http::api
