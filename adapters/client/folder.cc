#include "adapters/client/folder.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <sstream>
#include <system_error>

#include "adapters/client/client.h"

namespace actuary::adapters::client {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 4> kLeftOut = {".git", "node_modules", "storage",
                                                      "apify_storage"};
constexpr std::size_t kNameMax = 63;

Result<std::string> read_file(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream bytes;
  bytes << in.rdbuf();
  if (!in) return fail(Code::kNotFound, "cannot read " + file.string());
  return bytes.str();
}

/// Text is what comes back unchanged from JSON: UTF-8, and no NUL.
bool is_text(const std::string& bytes) {
  if (bytes.find('\0') != std::string::npos) return false;
  const std::string json = Json(bytes).dump(-1, ' ', false, Json::error_handler_t::ignore);
  return Json::parse(json, nullptr, false) == bytes;
}

std::string to_base64(std::string_view bytes) {
  std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');
  const int length = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                                     reinterpret_cast<const unsigned char*>(bytes.data()),
                                     static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(length));
  return text;
}

/// `My Actor!` becomes `my-actor`.
std::string fit_name(std::string_view wanted) {
  std::string name;
  for (const char c : wanted) {
    const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z');
    const bool upper = c >= 'A' && c <= 'Z';
    if (plain || upper)
      name.push_back(upper ? static_cast<char>(c - 'A' + 'a') : c);
    else if (!name.empty() && name.back() != '-')
      name.push_back('-');
  }
  name = name.substr(0, kNameMax);
  while (!name.empty() && name.back() == '-') name.pop_back();
  while (name.size() < 3) name += "-actor";
  return name.front() == '-' ? "actor" + name : name;
}

/// `0.1.2` and `0.1` both mean version 0.1.
std::string fit_version(const std::string& wanted) {
  const auto first = wanted.find('.');
  if (first == std::string::npos) return wanted.empty() ? "0.1" : wanted + ".0";
  return wanted.substr(0, wanted.find('.', first + 1));
}

Status read_definition(const fs::path& root, Folder& folder, std::string& dockerfile) {
  const fs::path file = root / ".actor" / "actor.json";
  std::error_code error;
  if (!fs::exists(file, error)) return {};
  TRY(text, read_file(file));
  const Json json = Json::parse(text, nullptr, false);
  if (!json.is_object())
    return fail(Code::kInvalidArgument, file.string() + " is not a JSON object");
  if (const std::string name = text_at(json, {"name"}); !name.empty()) folder.name = fit_name(name);
  folder.title = text_at(json, {"title"});
  folder.version = fit_version(text_at(json, {"version"}));
  dockerfile = text_at(json, {"dockerfile"});
  return {};
}

Status check_dockerfile(const fs::path& root, const std::string& named) {
  std::error_code error;
  std::vector<fs::path> places = {root / ".actor" / "Dockerfile", root / "Dockerfile"};
  if (!named.empty()) places = {root / ".actor" / named};
  const bool found = std::any_of(places.begin(), places.end(), [&](const fs::path& place) {
    return fs::is_regular_file(place, error);
  });
  if (found) return {};
  return fail(Code::kNotFound,
              "No Dockerfile in " + root.string() +
                  ": put one there, or into .actor/, or name it as \"dockerfile\" in "
                  ".actor/actor.json");
}

bool is_left_out(const fs::path& name) {
  return std::find(kLeftOut.begin(), kLeftOut.end(), name.string()) != kLeftOut.end();
}

Result<Json> source_file(const fs::path& file, const std::string& name) {
  if (!is_text(name)) {
    return fail(Code::kInvalidArgument,
                "the name of a file is not UTF-8: " +
                    Json(name).dump(-1, ' ', true, Json::error_handler_t::replace));
  }
  TRY(bytes, read_file(file));
  const bool text = is_text(bytes);
  Json entry{{"name", name},
             {"format", text ? "TEXT" : "BASE64"},
             {"content", text ? bytes : to_base64(bytes)}};
  return entry;
}

Status collect(const fs::path& root, Json& files, std::size_t& total) {
  std::error_code error;
  fs::recursive_directory_iterator walk(root, error);
  for (const auto end = fs::recursive_directory_iterator(); !error && walk != end;
       walk.increment(error)) {
    if (is_left_out(walk->path().filename())) {
      walk.disable_recursion_pending();
      continue;
    }
    if (!walk->is_regular_file(error)) continue;
    total += walk->file_size(error);
    if (total > kFolderBytesMax) {
      return fail(Code::kTooLarge, root.string() + " holds more than " +
                                       std::to_string(kFolderBytesMax) +
                                       " bytes; move what the build does not need out of it");
    }
    TRY(entry, source_file(walk->path(), fs::relative(walk->path(), root, error).generic_string()));
    files.push_back(std::move(entry));
  }
  if (error) return fail(Code::kNotFound, root.string() + ": " + error.message());
  return {};
}

}  // namespace

Result<Folder> read_folder(const fs::path& folder) {
  std::error_code error;
  const fs::path root = fs::canonical(folder, error);
  if (error || !fs::is_directory(root, error))
    return fail(Code::kNotFound, folder.string() + " is not a folder");
  Folder result{fit_name(root.filename().string()), "0.1", {}, {}};
  std::string dockerfile;
  TRY_VOID(read_definition(root, result, dockerfile));
  TRY_VOID(check_dockerfile(root, dockerfile));
  Json files = Json::array();
  std::size_t total = 0;
  TRY_VOID(collect(root, files, total));
  result.source_files = files.dump();
  return result;
}

}  // namespace actuary::adapters::client
