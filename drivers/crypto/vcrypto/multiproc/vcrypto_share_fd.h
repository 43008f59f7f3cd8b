/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Event descriptors for secondary processes: those that the primary notifies a vhost-user
 * back end with.  EAL's messages pass them to the secondary, one by one when a queue pair is
 * first used.  A descriptor is valid as long as the primary's device exists.
 *
 * Threads: offer, withdraw, attach and detach are for probe and remove; ready is for the
 * thread that uses the queue pair.
 */
#ifndef VCRYPTO_SHARE_FD_H
#define VCRYPTO_SHARE_FD_H

#include <stdbool.h>
#include <stdint.h>

struct vcrypto_dev;
struct vcrypto_qp;

/* How long a burst waits for the primary's answer, and after how long a later burst asks
 * again if there was none.
 */
#define VCRYPTO_SHARE_FD_WAIT_MS	500
#define VCRYPTO_SHARE_FD_RETRY_MS	1000

/* In the primary: offer has queries for this device answered, withdraw ends that before it
 * returns.  A process without EAL's messages (--in-memory, --no-shconf) has no secondaries.
 */
void vcrypto_share_fd_offer(struct vcrypto_dev *dev);
void vcrypto_share_fd_withdraw(struct vcrypto_dev *dev);

/* In a secondary: attach makes the device's table of descriptors, 0 or -ENOMEM with one
 * line; detach closes them and frees it.
 */
int vcrypto_share_fd_attach(const struct vcrypto_dev *dev);
void vcrypto_share_fd_detach(uint8_t dev_id);
/* Can this process notify the device of requests on the queue pair?  Asks the primary if it
 * has no descriptor yet, and then waits VCRYPTO_SHARE_FD_WAIT_MS at most.
 */
bool vcrypto_share_fd_ready(const struct vcrypto_qp *qp);

#endif
