/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A device shared with secondary processes.
 *
 * The primary process owns the device: it alone uses registers, messages and the control
 * queue, and makes life-cycle calls.  A secondary process attaches to the state in shared
 * memory, reads information and statistics, and enqueues and dequeues on queue pairs that
 * no other process uses meanwhile.  Control calls from a secondary are refused.
 *
 * One word per queue pair, vcrypto_qp.holder, says who may run bursts: a secondary takes it
 * for each burst, the primary for as long as the device is stopped.  The primary's own
 * bursts do not take it: the application decides which process uses which queue pair.
 * Every wait is bounded, since a process may die anywhere.
 */
#ifndef VCRYPTO_SHARE_H
#define VCRYPTO_SHARE_H

#include <stdbool.h>
#include <stdint.h>

#include <dev_driver.h>

struct vcrypto_dev;
struct vcrypto_qp;

/* How long the primary waits, in all, for bursts of secondaries to end. */
#define VCRYPTO_SHARE_WAIT_MS	1000
/* Health checks of a lost device after which a burst that has not ended is taken for one of
 * a dead process.
 */
#define VCRYPTO_SHARE_CHECKS	10

/* vcrypto_qp.holder is 0 (nobody), the process id of a secondary, or this: the primary. */
#define VCRYPTO_HELD	UINT32_MAX

/* ---- the primary's side: life-cycle calls and the health check ---- */

/* A number that differs between builds whose shared structures or DPDK differ. */
uint64_t vcrypto_share_build(void);
/* Lets secondaries run bursts: the last step of a start. */
void vcrypto_share_open(struct vcrypto_dev *dev);
/* The first step of a stop: from here on bursts of secondaries return 0.  Waits for those
 * that run, VCRYPTO_SHARE_WAIT_MS at most; a queue pair whose burst does not end in time is
 * marked broken, and so set up anew by the next start.
 */
void vcrypto_share_close(struct vcrypto_dev *dev);
/* For each health check while the device is lost: parks the queue pairs that secondaries
 * used, since their processes may be dead.
 */
void vcrypto_share_park(struct vcrypto_dev *dev);

/* ---- a secondary's side: probe and remove ---- */

/* Attaches to the primary's device of this name.  0, or -errno with one line: -ENODEV if
 * there is none, -ENOTSUP for another driver or build, -ENOMEM.  detach forgets the device
 * in this process and leaves it alone; -ENODEV if it is unknown.
 */
int vcrypto_share_attach(struct rte_device *rte_dev, const char *name);
int vcrypto_share_detach(const char *name);

#endif
