/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The connection to one back end: the socket, what was agreed on over it, and the
 * one place that logs what went wrong with a message.
 *
 * A link that fails stays failed, silently, until it is opened again.  Errors of
 * all calls: -ENODEV the other side is gone (or has been before); -ETIMEDOUT;
 * -EPROTO; -EIO the back end refused the request, and the link goes on; others as
 * the system says.  Each is logged once, here.
 *
 * Threads: one at a time, under the transport's lock; vcrypto_vhu_link_gone by any.
 */
#ifndef VCRYPTO_VHU_LINK_H
#define VCRYPTO_VHU_LINK_H

#include <stdbool.h>
#include <stdint.h>

#include "transport/vhost_user/vhu_args.h"
#include "vhu.h"

struct vcrypto_vhu_link {
	/* read-only after creation */
	const struct vcrypto_vhu_args *args;
	int listener;		/* server: kept for the next connection; else -1 */

	struct vhu_conn conn;	/* sock is one number from creation to destruction */
	uint64_t proto;		/* protocol features, negotiated */
	uint16_t nb_vrings;	/* 0: the back end does not say */
	uint32_t mem_slots;	/* memory regions that it takes */
	bool has_config;	/* it serves its configuration space, */
	uint32_t max_dataqueues;	/* which says this, or 0 */
	bool opening;		/* in the handshake: its one log line comes at its end */
	uint32_t failed_request;	/* and names this request, or none: 0 */
	bool said_lost;		/* the line about the lost connection is out */

	/* GET_STATUS or GET_CONFIG whose answer nobody has read yet; 0: none. */
	uint32_t probing;
	uint64_t probe_end;	/* when it is given up, and the link with it */
};

/* Opens the socket and agrees on the protocol.  args must outlive the link. */
int vcrypto_vhu_link_create(struct vcrypto_vhu_link *l, const struct vcrypto_vhu_args *args);
/* The same again after the link failed, under the same socket number. */
int vcrypto_vhu_link_reopen(struct vcrypto_vhu_link *l);
void vcrypto_vhu_link_destroy(struct vcrypto_vhu_link *l);

/* Has the back end closed the connection, or is the link unusable? */
bool vcrypto_vhu_link_gone(const struct vcrypto_vhu_link *l);
/* Says so, once; returns -ENODEV.  Any thread. */
int vcrypto_vhu_link_lost(struct vcrypto_vhu_link *l);
/* Ends the conversation and waits (bounded) for the back end to hang up, so that
 * it has had its chance to let go of our memory.  Did it?
 */
bool vcrypto_vhu_link_hang_up(struct vcrypto_vhu_link *l);

/* A message without, or with, a reply of its own (vhu_command, vhu_call). */
int vcrypto_vhu_link_command(struct vcrypto_vhu_link *l, const struct vhu_out *out);
int vcrypto_vhu_link_call(struct vcrypto_vhu_link *l, const struct vhu_out *out, void *reply,
		size_t len);
int vcrypto_vhu_link_set_u64(struct vcrypto_vhu_link *l, uint32_t request, uint64_t v);
int vcrypto_vhu_link_get_u64(struct vcrypto_vhu_link *l, uint32_t request, uint64_t *v);
/* A message about one vring: index and a number. */
int vcrypto_vhu_link_set_vring(struct vcrypto_vhu_link *l, uint32_t request, uint32_t index,
		uint32_t num);

/* len bytes of the configuration space from off, off + len <= VHU_CONFIG_SPACE_MAX.
 * -ERANGE, not logged: the back end has none, or not so much.
 */
int vcrypto_vhu_link_config(struct vcrypto_vhu_link *l, uint32_t off, void *buf, uint32_t len);

/* Returns once the back end has dealt with all that was sent. */
int vcrypto_vhu_link_barrier(struct vcrypto_vhu_link *l);

/* Ask without waiting for the device status (VHU_GET_STATUS), or for the status word
 * of its configuration (VHU_GET_CONFIG); ask 0 puts no question.  Returns which of
 * the two an earlier question was and its answer in *v, or 0.  A question that is open
 * for as long as a message may take ends the link: the back end hangs.
 */
uint32_t vcrypto_vhu_link_probe(struct vcrypto_vhu_link *l, uint32_t ask, uint32_t *v);

#endif
