/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The connection to one back end: the socket, the protocol features negotiated over
 * it, and the only place that logs the failure of a message.
 *
 * A failed link stays failed until it is opened again; its later errors are not logged.
 * Errors of all calls: -ENODEV the other side is gone, now or before; -ETIMEDOUT;
 * -EPROTO; -EIO the back end refused the request, and the link stays usable; others are
 * the system's.  Each is logged once, here.
 *
 * Threads: one at a time, under the transport's lock; vcrypto_vhu_link_gone and
 * vcrypto_vhu_link_lost by any.
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
	int listener;		/* server: kept for reconnections; else -1 */

	/* This side of the back end's own channel (BACKEND_REQ), or -1.  Another one for each
	 * connection: it is closed when the link is opened again.
	 */
	int channel;

	struct vhu_conn conn;	/* sock stays one number from creation to destruction */
	uint64_t proto;		/* negotiated protocol features */
	uint16_t nb_vrings;	/* 0: unknown */
	uint32_t mem_slots;	/* memory regions that the back end accepts */
	bool has_config;	/* it serves its configuration space (GET_CONFIG) */
	uint32_t max_dataqueues;	/* from there, or 0 */
	bool opening;		/* in the handshake, which logs one line at its end */
	uint32_t failed_request;	/* request that failed in the handshake; 0: none */
	bool logged_lost;	/* the lost connection was logged; atomic */

	/* The probe (GET_STATUS or GET_CONFIG) whose answer has not been read; 0: none. */
	uint32_t probing;
	uint64_t probe_end;	/* ms, vhu_deadline: an unanswered probe ends the link */
};

/* Opens the socket and negotiates the protocol features.  args must outlive the link. */
int vcrypto_vhu_link_create(struct vcrypto_vhu_link *l, const struct vcrypto_vhu_args *args);
/* Opens a failed link again, under the same socket number.  wait: as a server, for a back end
 * that has not connected yet.
 */
int vcrypto_vhu_link_reopen(struct vcrypto_vhu_link *l, bool wait);
/* Closes the socket, and the listener with its file.  May be called twice. */
void vcrypto_vhu_link_destroy(struct vcrypto_vhu_link *l);

/* Has the back end closed the connection, or is the link unusable? */
bool vcrypto_vhu_link_gone(const struct vcrypto_vhu_link *l);
/* Logs once per connection that the back end is gone; returns -ENODEV.  Any thread. */
int vcrypto_vhu_link_lost(struct vcrypto_vhu_link *l);
/* Shuts the link down and waits (bounded) until the back end closes its side, and so no
 * longer uses our memory.  True if it did.
 */
bool vcrypto_vhu_link_hang_up(struct vcrypto_vhu_link *l);

/* Sends a message that has no reply of its own (vhu_command), or one that has a reply of len
 * bytes (vhu_call).
 */
int vcrypto_vhu_link_command(struct vcrypto_vhu_link *l, const struct vhu_out *out);
int vcrypto_vhu_link_call(struct vcrypto_vhu_link *l, const struct vhu_out *out, void *reply,
		size_t len);
int vcrypto_vhu_link_set_u64(struct vcrypto_vhu_link *l, uint32_t request, uint64_t v);
int vcrypto_vhu_link_get_u64(struct vcrypto_vhu_link *l, uint32_t request, uint64_t *v);
/* Sends a message about one vring, with its index and a number. */
int vcrypto_vhu_link_set_vring(struct vcrypto_vhu_link *l, uint32_t request, uint32_t index,
		uint32_t num);

/* Between begin and end all messages together take at most a message's bound and extra_ms:
 * for an operation of several messages, each of which might come at the last moment.
 */
void vcrypto_vhu_link_begin(struct vcrypto_vhu_link *l, uint32_t extra_ms);
void vcrypto_vhu_link_end(struct vcrypto_vhu_link *l);

/* Reads len bytes of the configuration space from off; off + len must not exceed
 * VHU_CONFIG_SPACE_MAX.  -ERANGE, not logged: the back end serves less, or nothing.
 */
int vcrypto_vhu_link_config(struct vcrypto_vhu_link *l, uint32_t off, void *buf, uint32_t len);

/* Waits (bounded) until the back end has processed every message sent before. */
int vcrypto_vhu_link_barrier(struct vcrypto_vhu_link *l);

/* Probes the back end without waiting.  ask is VHU_GET_STATUS (the device status),
 * VHU_GET_CONFIG (the status word of the configuration) or 0 (send nothing); one probe is
 * open at a time, and while one is, ask is ignored.  Returns the request of the open probe
 * if its answer has arrived, with the value in *v, else 0.  A probe that is not answered
 * within a message's bound ends the link: the back end hangs.
 */
uint32_t vcrypto_vhu_link_probe(struct vcrypto_vhu_link *l, uint32_t ask, uint32_t *v);

#endif
