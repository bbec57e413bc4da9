#pragma once

#include <string>
#include <string_view>

/// What people read goes to stderr, what programs read to stdout.
namespace actuary::tools::console {

/// A step that was taken; coloured only on a terminal.
void note(std::string_view line);
/// `actuary: …`, what is wrong and what to do.
void error(std::string_view line);
/// Log bytes as they are.
void log(std::string_view bytes);
void out(std::string_view text);

/// `1.234 s`
[[nodiscard]] std::string seconds(double value);

}  // namespace actuary::tools::console
