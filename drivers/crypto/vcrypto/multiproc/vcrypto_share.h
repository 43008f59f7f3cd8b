/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A device shared with secondary processes.
 *
 * The primary process owns the device: it alone touches registers, messages, the
 * control queue, and everything of the life cycle.  A secondary process attaches to
 * what lies in shared memory and enqueues and dequeues on queue pairs that nobody
 * else uses meanwhile; it reads information and statistics.  Control calls from there
 * are refused.
 *
 * Who may run bursts is one word per queue pair, vcrypto_qp.holder, taken by a
 * secondary for each burst and by the primary for as long as the device is stopped.
 * The primary's own bursts take nothing: to agree on who uses which queue pair is the
 * application's.  Every wait is bounded, since a process may die anywhere.
 */
#ifndef VCRYPTO_SHARE_H
#define VCRYPTO_SHARE_H

#include <stdbool.h>
#include <stdint.h>

#include <dev_driver.h>

struct vcrypto_dev;
struct vcrypto_qp;

/* How long the primary waits for a secondary's burst to end. */
#define VCRYPTO_SHARE_WAIT_MS	1000
/* Looks of the watch at a lost device until a burst that never ends is taken for that
 * of a dead process.
 */
#define VCRYPTO_SHARE_CHECKS	10

/* vcrypto_qp.holder: 0 nobody, a secondary's process id, or the primary. */
#define VCRYPTO_HELD	UINT32_MAX

/* ---- the primary's side ---- */

/* What tells a secondary that it was built from the same sources as the primary. */
uint64_t vcrypto_share_build(void);
/* Let secondaries run bursts; after everything else of a start. */
void vcrypto_share_open(struct vcrypto_dev *dev);
/* From here on their bursts return 0; before everything else of a stop.  A queue pair
 * whose user does not come back in time is broken, and so set up anew.
 */
void vcrypto_share_close(struct vcrypto_dev *dev);
/* Once a look, while the device is lost: give back what the queue pairs of
 * secondaries hold, in the place of processes that may not live any more.
 */
void vcrypto_share_park(struct vcrypto_dev *dev);

/* ---- a secondary's side: probe and remove ---- */

/* Attach to the primary's device name, -errno and one line if it is not there or not
 * of this kind.  Detach forgets it and leaves the device alone; -ENODEV if unknown.
 */
int vcrypto_share_attach(struct rte_device *rte_dev, const char *name);
int vcrypto_share_detach(const char *name);

#endif
