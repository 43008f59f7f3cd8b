/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Sessions created by vhost-user messages (VHU_CREATE_CRYPTO_SESSION): from the three
 * layouts in the field to the parameters of a control request.  Pure functions.
 */
#ifndef VCRYPTOD_VHOST_SESSION_H
#define VCRYPTOD_VHOST_SESSION_H

#include <stddef.h>
#include <stdint.h>

#include "request.h"
#include "vhost_user.h"

enum vcryptod_layout {
	VCRYPTOD_LAYOUT_AUTO,
	VCRYPTOD_LAYOUT_OPCODE,	/* struct vhu_session_opcode: QEMU to 7.0, DPDK to 24.11 */
	VCRYPTOD_LAYOUT_PLAIN,	/* struct vhu_session_plain: QEMU 7.1 to 8.0 */
	VCRYPTOD_LAYOUT_UNION,	/* struct vhu_session_union: QEMU from 8.1, DPDK from 25.03 */
};

/* *want AUTO becomes what the message is; by its size, and between the two of one size by
 * where operation and direction make sense.  p's keys point into msg.
 * 0; -EBADMSG: a message of another size or layout; -ENOTSUP: an operation that messages
 * can't carry.
 */
int vcryptod_session_msg_parse(struct req_session *p, enum vcryptod_layout *want,
		const uint8_t *msg, size_t len);
/* Where the answer's session id belongs in a message of this layout. */
size_t vcryptod_session_msg_id(enum vcryptod_layout layout);

#endif
