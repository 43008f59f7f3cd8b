/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A device process: engine, device, workers and back end of one socket.  Its main thread
 * handles messages, signals and the supervisor's questions; it ends when told, or when
 * the supervisor is gone.
 */
#ifndef VCRYPTOD_PROCESS_H
#define VCRYPTOD_PROCESS_H

#include "options.h"

/* Serves o->socket[o->index] on o->listen_fd.  Returns what the process exits with: 0 when it
 * was told to end or is alone, 1 if it did not start, logged.
 */
int vcryptod_process_run(const struct vcryptod_options *o);

#endif
