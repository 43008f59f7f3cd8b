/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The crypto device itself (virtio 1.4, 5.9): configuration space, control requests,
 * data requests.  Knows neither rings nor vhost-user: a request comes as the memory
 * that its descriptors name, translated and bounds-checked, readable part first.
 *
 * The driver is not trusted.  Whatever decides anything is copied before it is looked
 * at; every length is checked against the memory that came with the request and
 * against the algorithm.  A request is answered, or found malformed: no byte for a
 * status.  The caller then stops the queue.
 *
 * Threads: data from several threads, each with a lane of its own; control and session
 * calls from any thread; features, reset and fini while no other call is under way.
 */
#ifndef VCRYPTOD_MODEL_H
#define VCRYPTOD_MODEL_H

#include <errno.h>
#include <stdbool.h>

#include "engine.h"
#include "figures.h"
#include "model_admin.h"
#include "req_ctrl.h"
#include "req_data.h"
#include "req_ipsec.h"
#include "session.h"

/* Feature bits of the crypto device that the model knows. */
#define VCRYPTOD_FEATURES	(VIRTIO_CRYPTO_F_REVISION_1 | VIRTIO_CRYPTO_F_STATELESS_MODES)

struct vcryptod_model_config {
	const char *name;		/* of the socket, for messages; NULL: none are printed */
	const struct vcryptod_engine *engine;
	struct vcryptod_caps caps;	/* the engine's, restricted by the user */
	uint32_t max_dataqueues;
	uint64_t max_size;		/* bytes, at most VCRYPTOD_MAX_SIZE */
	uint32_t max_sessions;
	unsigned int nb_lanes;		/* of workers; each has one more (vcryptod_model_slow) */
	uint32_t max_sas;		/* as in struct vcryptod_admin_config; 0: no IPSEC */
	uint32_t max_window;
	struct vcryptod_figures *figures;	/* its owner's, zeroed; kept until fini */
};

#define VCRYPTOD_MAX_SIZE	(UINT64_C(256) << 20)

struct vcryptod_model {
	struct vcryptod_model_config cfg;
	uint64_t features;
	unsigned int layout[VIRTIO_CRYPTO_NB_SERVICES];	/* REQ_F_* */
	bool short_headers;		/* no header is longer than REQ_DATA_HDR_SESSION */
	struct vcryptod_sessions sessions;
	struct vcryptod_admin *admin;		/* NULL: no administration commands, no IPSEC */
	/* Atomic: control requests come from any thread. */
	uint64_t created, destroyed, refused;	/* sessions */
};

/* One data request.  The caller fills in the memory, the model the rest. */
struct vcryptod_request {
	const struct vqd_seg *readable, *writable;
	unsigned int nb_readable, nb_writable;

	bool malformed;		/* out: it has no room for a status */
	bool exact;		/* out: only the used ring says how long the result is */
	uint32_t written;	/* out: bytes, for the used ring */

	/* private to the model */
	uint8_t *status;
	uint32_t result_len;		/* bytes of a good result and its status */
	uint32_t src_len;		/* bytes, for the counters, */
	unsigned int row;		/* one of which is this */
	struct vcryptod_op op;
	struct vcryptod_span iv;	/* where the op's iv was read */
	union {
		struct req_data d;	/* unless it is alike another one of its turn */
		struct req_ipsec_data ipsec;
	};
	struct vcryptod_session *session;
	struct vcryptod_session *own;	/* stateless: made for this request */
};

/* Bytes of scratch that a lane needs for requests of max_size. */
size_t vcryptod_model_scratch(uint64_t max_size);

/* 0, -ENOMEM, -EINVAL. */
int vcryptod_model_init(struct vcryptod_model *m, const struct vcryptod_model_config *cfg);
void vcryptod_model_fini(struct vcryptod_model *m);

/* Negotiated feature bits; they decide the layout of requests. */
void vcryptod_model_features(struct vcryptod_model *m, uint64_t features);
/* What has changed of sessions, security associations and memory for keys is in the figures. */
void vcryptod_model_publish(struct vcryptod_model *m);
/* Device reset: no sessions, no security associations, no features. */
void vcryptod_model_reset(struct vcryptod_model *m);
/* The configuration space from off on; zeros beyond its end. */
void vcryptod_model_config_read(const struct vcryptod_model *m, uint32_t off, void *to,
		uint32_t len);

/* Does those of n (1 .. VCRYPTOD_BATCH) requests that come before the first one of AKCIPHER, in
 * order.  Returns how many: the rest is as before, but for that first one, which
 * vcryptod_model_slow does.
 */
unsigned int vcryptod_model_turn(struct vcryptod_model *m, struct vcryptod_lane *lane,
		struct vcryptod_request **reqs, unsigned int n);

/* Does one request of any kind that takes long, whose session can be destroyed meanwhile; sets
 * lane->spent.
 */
void vcryptod_model_long(struct vcryptod_model *m, struct vcryptod_lane *lane,
		struct vcryptod_request *r);

/* Does the first one of AKCIPHER that a turn left, in any thread, with any lane of its own.  late:
 * it ends with ERR.
 */
void vcryptod_model_slow(struct vcryptod_model *m, struct vcryptod_lane *lane,
		struct vcryptod_request *r, bool late);

static inline unsigned int
vcryptod_model_nb_lanes(const struct vcryptod_model *m)
{
	return 2 * m->cfg.nb_lanes;
}

/* The second lane of the worker that has lane idx. */
static inline unsigned int
vcryptod_model_slow_lane(const struct vcryptod_model *m, unsigned int idx)
{
	return m->cfg.nb_lanes + idx;
}

/* One control request; *written is for the used ring.  0, or -EBADMSG: malformed. */
int vcryptod_model_ctrl(struct vcryptod_model *m, uint32_t *written,
		const struct vqd_seg *readable, unsigned int nb_readable,
		const struct vqd_seg *writable, unsigned int nb_writable);

/* The verbs of control requests, also used by session messages: the status.  p's keys
 * are borrowed for the call.
 */
enum virtio_crypto_status vcryptod_model_create(struct vcryptod_model *m, uint64_t *id,
		const struct req_session *p);
enum virtio_crypto_status vcryptod_model_destroy(struct vcryptod_model *m, uint64_t id);

/* model_session.c: *s is ready for requests and in no table.  0 or -errno. */
int vcryptod_session_open(struct vcryptod_session **s, struct vcryptod_model *m,
		const struct req_session *p);
void vcryptod_session_close(struct vcryptod_model *m, struct vcryptod_session *s);
/* 0, or -EBADMSG: the request's memory is less than the lengths of its header call for, header and
 * status included, or what they call for besides is more than max_size (5.9.5).
 */
static inline int
vcryptod_request_check(const struct vcryptod_request *r, const struct vcryptod_model *m,
		uint32_t header_len, uint64_t readable, uint64_t writable)
{
	if (readable > vcryptod_seg_total(r->readable, r->nb_readable) ||
			writable > vcryptod_seg_total(r->writable, r->nb_writable))
		return -EBADMSG;
	return readable - header_len + writable - sizeof(struct virtio_crypto_inhdr) <=
			m->cfg.max_size ? 0 : -EBADMSG;
}

/* The status that reports a result of 0 or -errno. */
enum virtio_crypto_status vcryptod_status(int rc);

#endif
