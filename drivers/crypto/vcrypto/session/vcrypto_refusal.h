/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The log line of a session that a device refused: its status, the algorithm, and what to
 * do.  Threads: any.
 */
#ifndef VCRYPTO_REFUSAL_H
#define VCRYPTO_REFUSAL_H

#include "device/vcrypto_device.h"
#include "session/vcrypto_ctrl_call.h"

/* Logs that the device answered call with status, which is not OK: once per service for
 * NOTSUPP, else at most one line in VCRYPTO_REFUSAL_LOG_MS, which counts what it leaves out.
 */
#define VCRYPTO_REFUSAL_LOG_MS	1000
void vcrypto_refusal_log(struct vcrypto_dev *dev, const struct vcrypto_ctrl_call *call,
		uint32_t status);
/* True if a line is due; *unsaid is how many refusals had none since the last. */
bool vcrypto_refusal_is_due(struct vcrypto_ctrlq *cq, unsigned int *unsaid);

#endif
