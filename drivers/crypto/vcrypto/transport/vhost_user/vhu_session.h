/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Sessions by vhost-user messages, and a substitute for the configuration space of a back
 * end that serves none: the protocol of DPDK's vhost_crypto and of QEMU's
 * cryptodev-vhost-user.
 *
 * Threads: under the transport's lock.
 */
#ifndef VCRYPTO_VHU_SESSION_H
#define VCRYPTO_VHU_SESSION_H

#include <stddef.h>
#include <stdint.h>

#include "lib/wire/virtio_crypto.h"
#include "req_vhost_user.h"
#include "transport/vhost_user/vhu_link.h"

/*
 * Creates a session by a message in *layout; AUTO becomes the layout that the back end
 * answered in.  0: *status is VIRTIO_CRYPTO_*, and *session_id is set if that is OK; it is
 * NOTSUPP, without a message, if the layout cannot carry the session.  -EINVAL: the
 * session's parameters contradict each other; -EMSGSIZE: a key is longer than the message
 * has room for; else the link's errors.
 */
int vcrypto_vhu_session_create(struct vcrypto_vhu_link *l, enum req_vhu_layout *layout,
		uint64_t *session_id, uint32_t *status, const struct req_session *s);
/* Destroys a session.  0 with *status, VIRTIO_CRYPTO_*; else the link's errors. */
int vcrypto_vhu_session_destroy(struct vcrypto_vhu_link *l, uint64_t session_id,
		uint32_t *status);

/* Fills cfg for a back end that serves no configuration: the algorithms that DPDK's
 * vhost_crypto has with DPDK's software drivers, and lengths that it never rejects, since
 * a rejected request stops its queue for good.
 */
void vcrypto_vhu_session_config(struct virtio_crypto_config *cfg, uint16_t queues);

/* Removes from a back end's configuration what messages in layout cannot express.  HASH
 * and MAC stay, as halves of chains.
 */
void vcrypto_vhu_session_limit(struct virtio_crypto_config *cfg, enum req_vhu_layout layout);

#endif
