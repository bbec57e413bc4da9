// Actuary inside somebody else's program, on somebody else's libuv loop: host DATA FOLDER
#include <adapters/host/control_plane.h>

#include <cstdio>

int main(int argc, char** argv) {
  if (argc != 3) return std::fputs("usage: host DATA FOLDER\n", stderr), 64;
  std::unique_ptr<actuary::ControlPlane> plane;
  const auto run = [&] {
    plane->run_folder({.folder = argv[2]}, [&](const actuary::ControlPlane::RunEnd& end) {
      std::puts(end ? end->items_jsonl.c_str() : end.error().error.detail.c_str());
      plane->close();  // the loop ends when nothing is left on it
    });
  };
  actuary::ControlPlaneOptions options{.data = argv[1], .init_binary = ACTUARY_INIT_BINARY};
  auto opened = actuary::ControlPlane::open(options, uv_default_loop(), run);
  if (!opened) return std::fprintf(stderr, "%s\n", opened.error().detail.c_str()), 1;
  plane = std::move(*opened);
  return uv_run(uv_default_loop(), UV_RUN_DEFAULT);
}
