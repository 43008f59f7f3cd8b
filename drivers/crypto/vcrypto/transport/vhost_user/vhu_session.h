/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Sessions by vhost-user messages, and the configuration space of a back end that
 * has none: what DPDK's vhost_crypto and QEMU's cryptodev-vhost-user speak.
 */
#ifndef VCRYPTO_VHU_SESSION_H
#define VCRYPTO_VHU_SESSION_H

#include <stddef.h>
#include <stdint.h>

#include "lib/wire/virtio_crypto.h"
#include "req_vhost_user.h"
#include "transport/vhost_user/vhu_link.h"

/*
 * Create a session by a message in *layout; AUTO becomes the layout that the back end
 * turned out to speak.  0 with *status (NOTSUPP without a message if this layout cannot
 * carry the session), and *session_id if that is OK; -EINVAL parameters that contradict
 * each other; -EMSGSIZE a key is longer than the message has room for; else the link's
 * errors.
 */
int vcrypto_vhu_session_create(struct vcrypto_vhu_link *l, enum req_vhu_layout *layout,
		uint64_t *session_id, uint32_t *status, const struct req_session *s);
int vcrypto_vhu_session_destroy(struct vcrypto_vhu_link *l, uint64_t session_id,
		uint32_t *status);

/* What can be assumed of a back end that does not say: the algorithms of DPDK's
 * vhost_crypto that its software drivers do, within lengths that it never rejects,
 * since a rejected request stops its queue for good.
 */
void vcrypto_vhu_session_config(struct virtio_crypto_config *cfg, uint16_t queues);

/* Takes out of a back end's configuration what messages of this layout cannot say.  HASH
 * and MAC stay, as halves of chains.
 */
void vcrypto_vhu_session_limit(struct virtio_crypto_config *cfg, enum req_vhu_layout layout);

#endif
