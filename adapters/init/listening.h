/// Whether somebody in this network namespace takes TCP connections from outside at a port.
#pragma once

#include <stdbool.h>

/// False for port 0. Asks the kernel for what listens (some ten microseconds): reading
/// `/proc/net/tcp`, which is what is left where it does not answer, walks every connection of the
/// host (milliseconds), and each container looks once a second.
bool is_listening(unsigned port);
