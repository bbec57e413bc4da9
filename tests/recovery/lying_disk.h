#pragma once

#ifdef __cplusplus
extern "C" {
#endif

/// From now on nothing that this program writes is synced, and every sync says that it was: what is
/// then lost shows that a harness can see.
void make_the_disk_lie(void);

#ifdef __cplusplus
}
#endif
