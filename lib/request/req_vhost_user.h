/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The session message of vhost-user, CREATE_CRYPTO_SESSION: the parameters of a session
 * in one of the three layouts of lib/wire/vhost_user.h, built by a front end and parsed
 * by a back end, and its answer, parsed and built the other way round.
 *
 * A message can carry CIPHER and CHAIN sessions; the union layout RSA as well.
 */
#ifndef REQ_VHOST_USER_H
#define REQ_VHOST_USER_H

#include "request.h"
#include "../wire/vhost_user.h"

enum req_vhu_layout {
	REQ_VHU_LAYOUT_AUTO,	/* not known yet; no message has it */
	REQ_VHU_LAYOUT_OPCODE,	/* struct vhu_session_opcode: QEMU to 7.0, DPDK to 24.11 */
	REQ_VHU_LAYOUT_PLAIN,	/* struct vhu_session_plain: QEMU 7.1 to 8.0 */
	REQ_VHU_LAYOUT_UNION,	/* struct vhu_session_union: QEMU from 8.1, DPDK from 25.03 */
	REQ_VHU_NB_LAYOUTS
};

/* Bytes of the longest layout. */
#define REQ_VHU_SESSION_MAX	sizeof(struct vhu_session_union)

/* The session id of a message that is not answered.  A back end that writes its answer
 * in another layout leaves it as it is.
 */
#define REQ_VHU_ID_UNANSWERED	INT64_MIN

/* "auto", "opcode", "plain", "union"; NULL for any other value. */
const char *req_vhu_layout_name(enum req_vhu_layout layout);

/* Writes a message with the id REQ_VHU_ID_UNANSWERED; all padding is zero.  Returns its
 * length (bytes); -EINVAL: parameters that contradict each other, or a layout that no
 * message has; -ENOTSUP: the layout has no room for this kind of session; -EMSGSIZE: a
 * key is longer than its field; -ENOSPC: it does not fit into size bytes.  Nothing is
 * written on error.  The caller wipes msg, which holds the keys.
 */
int req_vhu_session_build(uint8_t *msg, size_t size, enum req_vhu_layout layout,
		const struct req_session *s);

/* *layout AUTO becomes the layout of the message: by its size, and between the two of
 * one size by where operation and direction make sense.  Keys of s point into msg.
 * 0; -EBADMSG: the length is not this layout's, or a key is longer than its field;
 * -ENOTSUP: an operation or an algorithm that messages cannot carry; -EINVAL: *layout is
 * not one of the above.  Not checked: what req_session_check does, and lengths against
 * the algorithm.
 */
int req_vhu_session_parse(struct req_session *s, enum req_vhu_layout *layout,
		const uint8_t *msg, size_t len);

/* The answer is the message with a session id (negative: the negative of a status, or of
 * any number).  Building it wipes all else, keys included.  0; -EBADMSG: len is not this
 * layout's length.
 */
int req_vhu_answer_build(uint8_t *msg, size_t len, enum req_vhu_layout layout, int64_t id);
int req_vhu_answer_parse(int64_t *id, enum req_vhu_layout layout, const uint8_t *msg,
		size_t len);

#endif
