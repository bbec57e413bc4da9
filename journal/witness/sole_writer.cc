#include "journal/witness/sole_writer.h"

#include <utility>

namespace actuary::journal::witness {

// Verified before: nothing of a former writer gets in. And after: another may have taken over
// meanwhile, and then nothing is acknowledged.
Status SoleWriter::write(const Testimony& testimony, std::vector<BytesView> batch,
                         const Write& store) {
  TRY_VOID(verify());
  witness_->begin(testimony, std::move(batch));
  const Status stored = store();
  const Status witnessed = witness_->finish();  // in any case: it reads what the caller owns
  TRY_VOID(Status(stored));
  TRY_VOID(Status(witnessed));
  return verify();
}

Status SoleWriter::write_unwitnessed(const Write& store) {
  TRY_VOID(verify());
  TRY_VOID(store());
  return verify();
}

Status SoleWriter::verify() {
  Status sole = lock_.verify();
  if (sole) sole = witness_->verify();
  if (!sole) lost_();
  return sole;
}

}  // namespace actuary::journal::witness
