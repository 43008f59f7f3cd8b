/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What a connected back end offers, matched against the transport's arguments: how
 * sessions are made, and which vring is the control queue.
 *
 * Threads: under the transport's lock.
 */
#ifndef VCRYPTO_VHU_OFFER_H
#define VCRYPTO_VHU_OFFER_H

#include <stdbool.h>
#include <stdint.h>

#include "transport/vhost_user/vhu_args.h"
#include "transport/vhost_user/vhu_link.h"

/* Must be the same after each reconnection, but for has_admin. */
struct vcrypto_vhu_offer {
	bool has_ctrlq;		/* sessions by control queue; else by messages */
	uint16_t ctrl_vring;	/* the control queue's number for the back end */
	/* There is a vring behind the control queue's.  It is the administration queue, if the
	 * back end offers ADMIN_VQ too: a rule of this driver and vcryptod, since vhost-user
	 * has none.
	 */
	bool has_admin;
};

/* Whether args can be met by any back end.  0; -ENAMETOOLONG or -EINVAL with one line. */
int vcrypto_vhu_offer_check(const struct vcrypto_vhu_args *args);

/* Chooses how sessions are made, from what the handshake found (l) and args.  0, or
 * -ENOTSUP with one line if the back end lacks what args ask for.
 */
int vcrypto_vhu_offer_find(struct vcrypto_vhu_offer *offer, const struct vcrypto_vhu_args *args,
		const struct vcrypto_vhu_link *l);

/* Logs that the back end is refused for reason, which completes "the back end at PATH";
 * returns -ENOTSUP.
 */
int vcrypto_vhu_offer_refuse(const struct vcrypto_vhu_args *args, const char *reason);

#endif
