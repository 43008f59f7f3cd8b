/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Control requests: create and destroy session (virtio 1.4, 5.9.9.2), built by
 * the driver and parsed by the device.
 */
#ifndef REQ_CTRL_H
#define REQ_CTRL_H

#include "request.h"

/* Bytes of the device-readable part without keys, the most of any kind. */
#define REQ_CTRL_FIXED_MAX \
	(sizeof(struct virtio_crypto_ctrl_header) + VIRTIO_CRYPTO_CTRL_FLF_LEGACY)

/* Writes the device-readable part of a create request: header, fixed part, keys,
 * in turn; all padding zero.  Returns its length (bytes), -EINVAL for parameters
 * that contradict each other, -ENOSPC if it does not fit into size bytes.
 */
int req_create_build(uint8_t *buf, size_t size, const struct req_session *s,
		unsigned int flags);
/* The same for destroy; no variable part. */
int req_destroy_build(uint8_t *buf, size_t size, enum req_kind kind,
		uint64_t session_id, unsigned int flags);

/* Device side: the parameters of a control request.  Every length is checked against len;
 * keys point into buf.
 */
struct req_ctrl {
	uint32_t opcode;
	bool create;			/* else destroy */
	struct req_session session;	/* create; for destroy only .kind */
	uint64_t session_id;		/* destroy */
};
/* 0; -ENOTSUP for an opcode or kind that the standard does not define; -EBADMSG
 * for a request that is too short or contradicts itself.
 */
int req_ctrl_parse(struct req_ctrl *out, const uint8_t *buf, size_t len,
		const unsigned int flags_by_service[VIRTIO_CRYPTO_NB_SERVICES]);

#endif
