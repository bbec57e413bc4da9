#include "adapters/host/auditor.h"

#include <utility>

#include "journal/base/whole_file.h"
#include "journal/merkle/log_state.h"

namespace actuary::adapters::host {

namespace merkle = journal::merkle;
using merkle::SigningKey;

namespace {

constexpr std::size_t kKeyFileBytesMax = 4096;

std::string file_of(const std::filesystem::path& keys) { return (keys / "audit").string(); }

Result<SigningKey> open_key(const std::filesystem::path& keys, const std::string& origin) {
  auto key = read_audit_key(keys);
  if (!key && key.error().code == Code::kNotFound) {
    TRY(made, SigningKey::generate(origin));
    TRY_VOID(write_whole_file(file_of(keys), made.text() + "\n", 0600));
    return made;
  }
  if (key && key->verifier().name() != origin) {
    return fail(Code::kCorrupt, file_of(keys) + " signs for " + key->verifier().name() +
                                    ", but this journal is " + origin +
                                    "; restore the journal's own key, or move this one away");
  }
  return key;
}

}  // namespace

Result<SigningKey> read_audit_key(const std::filesystem::path& keys) {
  TRY(text, read_whole_file(file_of(keys), kKeyFileBytesMax));
  if (text.ends_with('\n')) text.pop_back();
  return SigningKey::parse(text).map_error([&](const Error& error) {
    return Error{Code::kCorrupt, file_of(keys) + ": " + error.detail};
  });
}

Result<std::unique_ptr<Auditor>> Auditor::open(const Outside& outside) {
  TRY(key, open_key(outside.keys, merkle::origin_of(outside.journal.head().id)));
  std::unique_ptr<Auditor> auditor(new Auditor(outside, std::move(key)));
  if (Status verified = auditor->verify_last(); !verified) {
    auditor->signed_ = outside.journal.head().position;  // nothing is signed over what was said
    auditor->stored_ = true;
    auditor->close();
    return tl::make_unexpected(std::move(verified).error());
  }
  return auditor;
}

Auditor::Auditor(const Outside& outside, SigningKey key)
    : outside_(outside), key_(std::move(key)), timer_(new uv_timer_t), workers_(outside.loop, 1) {
  uv_timer_init(outside_.loop.raw(), timer_);
  timer_->data = this;
}

Auditor::~Auditor() {
  close();
  workers_.shutdown();
  sign();
}

/// A log never signs what contradicts what it signed before. A checkpoint that cannot be read is
/// signed again: all of it is in the journal.
Status Auditor::verify_last() {
  TRY(note, merkle::read_checkpoint(outside_.journal_folder.string()));
  if (!note) return {};
  const auto last = merkle::open_checkpoint(*note, key_.verifier());
  if (!last) return {};
  TRY(comparison, merkle::compare(outside_.journal, last->root));
  if (comparison.relation == merkle::Relation::kSame ||
      comparison.relation == merkle::Relation::kExtends) {
    return {};
  }
  const std::string file = (outside_.journal_folder / "checkpoint").string();
  return fail(Code::kCorrupt,
              "the journal " +
                  merkle::describe(comparison, "the checkpoint that was signed for " +
                                                   std::to_string(last->root.size) + " records") +
                  ". Restore the newer one; to go on with this one and lose the difference, move " +
                  file + " away");
}

void Auditor::on_durable() {
  if (timer_ == nullptr || waiting_) return;
  waiting_ = true;
  uv_timer_start(
      timer_,
      [](uv_timer_t* timer) {
        auto* self = static_cast<Auditor*>(timer->data);
        self->waiting_ = false;
        // A queue that is full is served: the next second signs what this one did not.
        (void)self->workers_.submit([self] { self->sign(); }, [] {});
      },
      static_cast<std::uint64_t>(kCheckpointEvery.count()), 0);
}

Bytes Auditor::checkpoint() const {
  const journal::Head head = outside_.journal.head();
  return merkle::sign_checkpoint({head.position, head.root}, key_);
}

/// Where the disk refuses, the older checkpoint stays; the next activity tries again.
void Auditor::sign() {
  const std::lock_guard guard(signing_);
  const journal::Head head = outside_.journal.head();
  if (stored_ && head.position == signed_) return;
  const Bytes note = merkle::sign_checkpoint({head.position, head.root}, key_);
  stored_ = merkle::write_checkpoint(outside_.journal_folder.string(), note).has_value();
  signed_ = head.position;
}

void Auditor::close() {
  if (timer_ == nullptr) return;
  uv_close(reinterpret_cast<uv_handle_t*>(std::exchange(timer_, nullptr)),
           [](uv_handle_t* handle) { delete reinterpret_cast<uv_timer_t*>(handle); });
}

}  // namespace actuary::adapters::host
