#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "journal/record/record.h"

/// Old events become what today's program means by them, on read: nobody behind the decoder knows
/// that they were ever different. Stored bytes never change, and every hash is over stored bytes.
///
/// source: journal/FORMAT.md, "Versions"
namespace actuary::journal::upcast {

/// One change of meaning that the bytes do not show. A member that was added needs none: where it
/// is absent it has its default.
struct Upcaster {
  std::size_t type = 0;              ///< alternative of events::Event, after the raise too
  std::uint16_t below = 0;           ///< records of schemas before this one are raised
  void (*raise)(Record&) = nullptr;  ///< pure; sees what earlier ones made of it
  std::string_view why;
};

/// Every change that there was, oldest first.
///
/// shape:  `below` does not fall; at most today's schema
[[nodiscard]] std::span<const Upcaster> upcasters();

/// Applies those of `table` that are newer than what the record was written in.
void raise(std::span<const Upcaster> table, std::uint16_t schema, Record& record);

}  // namespace actuary::journal::upcast
