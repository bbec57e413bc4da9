// A host that links Actuary as a library. So far it shows that the package is found and its headers work.
#include <cstdio>

#include "journal/base/result.h"

int main() {
  const actuary::Error error{actuary::Code::kNotFound, "nothing runs yet"};
  std::puts(error.detail.c_str());
}
