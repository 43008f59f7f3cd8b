/* SPDX-License-Identifier: BSD-3-Clause
 *
 * One device: a socket, its rings, the device model behind them, and what a front end
 * has sent so far.  device.c knows when rings run; vhost_user/ knows messages and is the only
 * caller.
 *
 * A ring runs while: the memory table is known, a kick descriptor came for it, it is enabled
 * (or the front end is one that never enables rings), it is not being set up anew, the
 * driver has set DRIVER_OK, where the front end passes the status on, and broke no rule; that of
 * the administration queue only where ADMIN_VQ was agreed to.  No ring waits for another one.
 *
 * Threads: everything here is called from the one thread that handles messages, or
 * while that thread and the workers are gone.  needs_reset and counters: from any.
 * The control queue has a worker of its own, so that a session does not wait for the data
 * queues: a batch of RSA can take seconds, which a driver does not wait for.  It serves the
 * administration queue, too, and alone waits for a data queue's turn to end, where what that turn
 * may use is destroyed.
 */
#ifndef VCRYPTOD_DEVICE_H
#define VCRYPTOD_DEVICE_H

#include "req_vhost_user.h"
#include "worker.h"

#define VCRYPTOD_MAX_QUEUES	127	/* data queues; then control, then administration */

struct vcryptod_ring {
	struct vcryptod_vring vring;
	struct vcryptod_worker *worker;
	bool enabled;		/* by the front end; kept until the connection ends */
	bool kicked;		/* a kick descriptor came */
	bool setting;		/* given a new size or position, and no kick since */
	bool unusable;		/* cannot run as it was set up; logged */
};

struct vcryptod_device {
	const char *path;
	void *owner;			/* its front end; for ring_get and ring_put */
	struct vcryptod_model model;
	/* The data queues, the control queue and, where the model has commands of that kind, the
	 * administration queue: in this order.
	 */
	unsigned int nb_rings;
	struct vcryptod_ring *ring;
	struct vcryptod_worker control;	/* of the rings behind data; started by the caller */
	enum req_vhu_layout layout;	/* of session messages, as configured */
	/* Fills in a ring's areas, size, bases and descriptors; areas may be anything. */
	int (*ring_get)(struct vcryptod_device *dev, unsigned int index,
			struct vcryptod_vring_setup *s);
	/* Keeps a stopped ring's bases; NULL: none goes on from there. */
	void (*ring_put)(struct vcryptod_device *dev, unsigned int index, uint16_t avail,
			uint16_t used);

	/* of the connection */
	bool connected;
	uint64_t connections;			/* so far; of the process */
	bool features_known;		/* the front end has agreed to some, or to none */
	uint64_t features, protocol;
	struct vcryptod_memory memory;
	bool memory_ok;
	bool enables;			/* the front end has sent an enable message */
	bool status_known;		/* the front end passes the device status on */
	uint8_t status;			/* as last written */
	enum req_vhu_layout logged_layout;	/* of session messages, as last logged */
};

/* 0 or -errno, unwound.  The caller sets ring_get and ring_put, and the workers of the data
 * queues.
 */
int vcryptod_device_init(struct vcryptod_device *dev, const char *path,
		const struct vcryptod_model_config *cfg, enum req_vhu_layout layout,
		uint64_t shuffle, int attention_fd);
void vcryptod_device_fini(struct vcryptod_device *dev);

/* What has changed of connection, memory, sessions and queues is in the figures. */
void vcryptod_device_publish(struct vcryptod_device *dev);

/* A connection begins or ends: the state of the last one is cleared. */
void vcryptod_device_forget(struct vcryptod_device *dev);
/* Virtio's reset: rings end, sessions are gone. */
void vcryptod_device_reset(struct vcryptod_device *dev);

void vcryptod_device_stop(struct vcryptod_device *dev, unsigned int index);
void vcryptod_device_stop_all(struct vcryptod_device *dev);
/* The driver of a ring, if that runs, is called by fd from now on (-1: by none), which stays the
 * caller's; the ring goes on.
 */
void vcryptod_device_set_call(struct vcryptod_device *dev, unsigned int index, int fd);
/* Start whatever may run and does not, stop what may no longer. */
void vcryptod_device_update(struct vcryptod_device *dev);
/* Memory went away, which dev->memory does not have any more: [p, p + len) in this process.  When
 * this returns nothing uses it.  Rings go on, but for those that lay in it themselves: they stop
 * and are unusable until the front end sets them up anew.  Waits for the turns at hand, and for
 * requests of AKCIPHER of that memory, as a stop does (vring.h, slow.h).
 */
void vcryptod_device_lose(struct vcryptod_device *dev, const void *p, uint64_t len);
/* The front end sets this ring up anew: it is not broken any more. */
void vcryptod_device_forgive(struct vcryptod_device *dev, unsigned int index);

/* False for the administration queue where ADMIN_VQ was not agreed to. */
bool vcryptod_device_has_ring(const struct vcryptod_device *dev, unsigned int index);

/* Did the driver break a ring? */
bool vcryptod_device_needs_reset(const struct vcryptod_device *dev);

#endif
