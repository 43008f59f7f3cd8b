/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A virtio crypto device in software behind the fake PCI function: its virtqueues by
 * the device half of lib/virtqueue, its sessions, and real results by OpenSSL
 * (reference.h).  It works while the driver's notification is being delivered, or
 * when the test says so, or in a thread of its own.
 *
 * It watches the driver as fake_pci does: a chain that breaks the ring's rules, a
 * buffer outside of DPDK's memory, a request that contradicts itself or whose buffers
 * do not add up to what its header says, are violations; a test ends with
 * assert_null(model_violation(m)).
 *
 * Faults are fields that a test sets.  Threads: every function takes the model's lock
 * but model_init and model_fini; fields may be written while no thread works.
 */
#ifndef MODEL_H
#define MODEL_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "fake_pci.h"
#include "lib/request/req_ctrl.h"
#include "lib/request/req_data.h"
#include "lib/virtqueue/vq_device.h"

#define MODEL_SEGS	160		/* pieces of one request, at most */
#define MODEL_SESSIONS	512
#define MODEL_KEY_MAX	1024		/* bytes */
#define MODEL_NONE	-1

enum model_mode {
	MODEL_INLINE,	/* work when notified, in the driver's thread */
	MODEL_PUMPED,	/* work when the test calls model_work and others */
	MODEL_THREAD,	/* work in a thread, from model_thread_start on */
};

struct model_req {
	struct vqd_req r;
	struct vqd_seg seg[MODEL_SEGS];
};

struct model_queue {
	bool enabled;
	uint16_t size;			/* entries */
	struct vqd d;
	struct model_req *held;		/* popped and not completed, in that order; size */
	uint16_t nb_held;
	uint64_t nb_popped;
};

struct model_session {
	bool used;
	uint64_t id;
	struct req_session par;		/* its keys point to those below */
	uint8_t key[MODEL_KEY_MAX], auth_key[MODEL_KEY_MAX];
};

struct model {
	struct fake_pci *f;
	enum model_mode mode;
	pthread_mutex_t lock;
	pthread_t thread;
	bool stop;			/* the thread */
	struct model_queue *queue;	/* as many as f has; the last is the control queue */
	struct model_session *session;	/* MODEL_SESSIONS */

	/* behaviour, set by the test */
	uint64_t next_id, id_step;	/* session ids that are given out */
	unsigned int shuffle;		/* seed: complete out of order; 0: in order */
	bool ctrl_silent, data_silent;	/* leave requests in the ring */
	int ctrl_status;		/* answer this and do nothing; MODEL_NONE */
	int data_status;		/* the same; only the byte given is written */
	bool data_no_status;		/* complete without writing anything */
	int64_t used_len;		/* say this many bytes; MODEL_NONE: the truth */
	bool break_at_start;		/* ask for a reset once DRIVER_OK is set */
	/* The n-th data request from now on gets fail_status instead of a result. */
	uint64_t fail_at;
	uint8_t fail_status;
	/* AKCIPHER: the result (as much of it as there is room for) of every request. */
	const uint8_t *ak_result;
	uint32_t ak_len;		/* bytes; what is left of the room is zeroed */
	uint8_t ak_status;

	/* what happened */
	uint64_t nb_data, nb_ctrl;	/* requests served */
	uint64_t nb_creates, nb_destroys;	/* that succeeded */
	unsigned int nb_failed;		/* times that the driver has set FAILED */
	unsigned int nb_sessions;	/* that live */
	struct req_data last;		/* the last data request */
	uint8_t last_hdr[256];		/* its first bytes, and how many */
	size_t last_hdr_len;
	unsigned int last_read, last_write;	/* its segments */
	char violation[256];		/* the first; "" if there is none */
};

/* Becomes f's hooks.  f has its queues already. */
void model_init(struct model *m, struct fake_pci *f, enum model_mode mode);
/* Ends the thread too. */
void model_fini(struct model *m);
/* The configuration space of a device that can do all that the model can. */
void model_config(struct virtio_crypto_config *c, uint32_t nb_data);

void model_thread_start(struct model *m);
void model_thread_stop(struct model *m);

/* Serve what is available in every queue (or in one), in one burst; how many. */
unsigned int model_work(struct model *m);
unsigned int model_work_queue(struct model *m, uint16_t queue);

/* In steps: take up to max requests and hold them (how many were taken); serve the
 * i-th that is held and push it; show what was pushed.
 */
unsigned int model_take(struct model *m, uint16_t queue, unsigned int max);
void model_complete(struct model *m, uint16_t queue, unsigned int i);
void model_publish(struct model *m, uint16_t queue);
/* Put a used element into the ring that says whatever the test likes. */
void model_push_raw(struct model *m, uint16_t queue, uint16_t id, uint32_t len);

const char *model_violation(const struct model *m);
void model_violate(struct model *m, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* model_serve.c: one request; returns the bytes written.  Under the lock. */
uint32_t model_serve_ctrl(struct model *m, struct model_req *q);
uint32_t model_serve_data(struct model *m, struct model_req *q);
void model_forget_sessions(struct model *m);

#endif
