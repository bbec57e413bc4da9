#include "adapters/docker/images.h"

#include "adapters/docker/create_request.h"

namespace actuary::adapters::docker {

Status load_image(Api& api, const Options& options, const events::Image& image,
                  const std::filesystem::path& folder) {
  constexpr std::chrono::minutes kLoadMax{10};
  const std::filesystem::path file = folder / "image.tar";
  TRY_VOID(make_directory(folder));
  std::error_code ignored;
  std::filesystem::remove(file, ignored);
  TRY_VOID(options.export_image(image, image_name(image), file));
  const auto loaded = api.call(
      {.method = "POST", .path = "/images/load?quiet=1", .upload = file, .timeout = kLoadMax});
  std::filesystem::remove(file, ignored);
  if (!loaded) return tl::make_unexpected(loaded.error());
  if (loaded->status == 200 && loaded->body.find("\"errorDetail\"") == std::string::npos) return {};
  return fail(Code::kUnavailable, "Docker does not take the image: " + loaded->message());
}

Status unload_image(Api& api, const events::Image& image) {
  TRY(gone, api.call({.method = "DELETE", .path = "/images/" + image_name(image)}));
  if (gone.status == 200 || gone.status == 404) return {};
  return fail(Code::kUnavailable, "Docker does not forget the image: " + gone.message());
}

}  // namespace actuary::adapters::docker
