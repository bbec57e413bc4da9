# `cmake --install`: headers, libraries, the program and a package for find_package(actuary).
