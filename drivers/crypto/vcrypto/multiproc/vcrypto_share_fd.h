/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Event descriptors for secondary processes: those that the primary notifies a
 * vhost-user back end with, passed over EAL's channel between processes, one by one as
 * queue pairs are used.  A descriptor is good as long as the primary's device lives.
 *
 * Threads: offer, withdraw, attach and detach as probe and remove; ready by the
 * queue's thread.
 */
#ifndef VCRYPTO_SHARE_FD_H
#define VCRYPTO_SHARE_FD_H

#include <stdbool.h>
#include <stdint.h>

struct vcrypto_dev;
struct vcrypto_qp;

/* How long a burst waits for the primary's answer, the first time, and how soon it may
 * ask again after none came.
 */
#define VCRYPTO_SHARE_FD_WAIT_MS	500
#define VCRYPTO_SHARE_FD_RETRY_MS	1000

/* In the primary: answer for this device, and no more once withdraw returns.  A
 * process without a channel (--in-memory, --no-shconf) has no secondaries either.
 */
void vcrypto_share_fd_offer(struct vcrypto_dev *dev);
void vcrypto_share_fd_withdraw(struct vcrypto_dev *dev);

/* In a secondary: 0 or -ENOMEM; detach closes all. */
int vcrypto_share_fd_attach(const struct vcrypto_dev *dev);
void vcrypto_share_fd_detach(uint8_t dev_id);
/* Can this process notify for the queue pair?  Asks the primary if need be: bounded,
 * once for each queue pair.
 */
bool vcrypto_share_fd_ready(const struct vcrypto_qp *qp);

#endif
