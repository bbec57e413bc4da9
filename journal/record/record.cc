#include "journal/record/record.h"

namespace actuary::journal::record {

std::string_view to_string(StreamKind kind) {
  switch (kind) {
    case StreamKind::kSystem:
      return "system";
    case StreamKind::kAccount:
      return "account";
    case StreamKind::kActor:
      return "actor";
    case StreamKind::kBuild:
      return "build";
    case StreamKind::kRun:
      return "run";
    case StreamKind::kStorage:
      return "storage";
  }
  return kNoSuchEnumerator;
}

std::string_view to_string(PrincipalKind kind) {
  switch (kind) {
    case PrincipalKind::kSystem:
      return "system";
    case PrincipalKind::kUser:
      return "user";
    case PrincipalKind::kRun:
      return "run";
  }
  return kNoSuchEnumerator;
}

std::string describe(const StreamId& stream) {
  std::string text(to_string(stream.kind));
  if (!stream.id.nil()) text.append("/").append(stream.id.view());
  return text;
}

}  // namespace actuary::journal::record
