/* SPDX-License-Identifier: BSD-3-Clause
 *
 * How the driver reaches a device: one table of operations, which each transport
 * implements in a room of its own (pci/, vhost_user/, vhost_vdpa/; tests add a fake).
 * Private state lies behind struct vcrypto_transport, inside that room.
 *
 * vcrypto_init.c calls these in the standard's order (3.1.1); a transport decides
 * nothing.  Every wait inside is bounded.  Operations return 0 or -errno; the transport
 * logs each error once, with what to do about it.
 *
 * Threads: life-cycle operations are called by one thread at a time: the application's
 * or, while the device is started, the one of vcrypto_work.h.  EAL's alarm thread calls
 * check, and read_config where the traits say that it is cheap, while neither runs.
 * session_create and session_destroy are called by one thread at a time, any, and never
 * while a reset runs.  check may be called by any thread at any time.
 */
#ifndef VCRYPTO_TRANSPORT_H
#define VCRYPTO_TRANSPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "device/vcrypto_notify.h"
#include "device/vcrypto_traits.h"

struct req_session;
struct vcrypto_transport;

/* One virtqueue as the device must know it. */
struct vcrypto_queue_desc {
	uint16_t index;		/* virtqueue number */
	uint16_t size;		/* entries */
	bool packed;
	uint64_t desc, driver, device;	/* ring areas: addresses in the device's terms
					 * (vcrypto_traits.addr_is_va)
					 */
};

struct vcrypto_transport_ops {
	const char *name;	/* "pci", "vhost-user", "vhost-vdpa" */

	/* Writes status 0 and waits (bounded) until it reads 0 (4.1.4.3.2).
	 * -ETIMEDOUT: the device may still use its memory; -ENODEV: it is gone.
	 */
	int (*reset)(struct vcrypto_transport *t);
	uint8_t (*get_status)(struct vcrypto_transport *t);
	/* Writes status exactly as given; the caller preserves bits already set.
	 * 0 or -errno.
	 */
	int (*set_status)(struct vcrypto_transport *t, uint8_t status);

	int (*get_features)(struct vcrypto_transport *t, uint64_t *features);
	int (*set_features)(struct vcrypto_transport *t, uint64_t features);

	/* Reads a consistent snapshot of len bytes of the device configuration from off,
	 * both multiples of 4, in field-width reads: again (bounded) until
	 * config_generation is the same before and after (2.5.1, 4.1.3).
	 * -EAGAIN: it changed during each attempt; -ERANGE: the configuration space is
	 * too small.
	 */
	int (*read_config)(struct vcrypto_transport *t, size_t off, void *buf, size_t len);

	/* The number of virtqueues that the device has, without administration queues. */
	uint16_t (*nb_queues)(struct vcrypto_transport *t);
	/* The number of the first administration queue (2.12.2), at least nb_queues: asked
	 * for after ADMIN_VQ was negotiated, and to be used until the next reset by the
	 * operations on queues.  0: there is none, or the device's range of them is illegal,
	 * which is logged.  NULL if the transport knows no such queues.
	 */
	uint16_t (*admin_queue)(struct vcrypto_transport *t);
	/* The largest size of a queue in entries, enabled or not; 0: the queue does not
	 * exist.  Need not be a power of two: a hostile device may report any number.
	 */
	uint16_t (*queue_max_size)(struct vcrypto_transport *t, uint16_t index);
	/* Configures a queue and enables it: between FEATURES_OK and DRIVER_OK, or after
	 * queue_reset.
	 */
	int (*queue_enable)(struct vcrypto_transport *t, const struct vcrypto_queue_desc *q);
	/* Queue reset (RING_RESET, 2.6.1): on 0 the device does not use the queue any
	 * more.  -ETIMEDOUT: it does not answer; -ENOTSUP: RING_RESET was not
	 * negotiated.  NULL if the transport cannot reset a queue.
	 */
	int (*queue_reset)(struct vcrypto_transport *t, uint16_t index);

	/* *n is how an enabled queue is notified, valid until the queue or the device is
	 * reset: the caller switches its copy off before it calls for either.  OFF for
	 * a queue that is not enabled.
	 */
	void (*queue_notify)(struct vcrypto_transport *t, uint16_t index,
			struct vcrypto_notify *n);

	/* The state of the device: 0 well; -ENODEV gone; -EIO it must be reset.  Cheap
	 * enough to be called in bounded waits.
	 */
	int (*check)(struct vcrypto_transport *t);

	/* Asks for calls of changed(arg) when the device reports by itself that its state
	 * or configuration has changed: a reason to check() and to read_config().  EAL's
	 * interrupt thread makes the calls, from the next DRIVER_OK on (at once if that
	 * is set already) and across resets, until changed returns false or unlisten is
	 * called.  A transport that cannot do this makes no calls, or has NULL for both:
	 * the periodic health check does not depend on them.
	 */
	void (*listen)(struct vcrypto_transport *t, bool (*changed)(void *arg), void *arg);
	/* Ends the calls: changed does not run after the return.  Must not be called from
	 * within changed.
	 */
	void (*unlisten)(struct vcrypto_transport *t);

	/* Sessions by messages of the transport, used where traits.has_ctrlq is false;
	 * else NULL is allowed.  0: *status is the device's (VIRTIO_CRYPTO_*), and
	 * *session_id is set if that is OK; keys are not kept.  -EMSGSIZE: a message has
	 * no room for the keys.
	 */
	int (*session_create)(struct vcrypto_transport *t, uint64_t *session_id,
			uint32_t *status, const struct req_session *s);
	int (*session_destroy)(struct vcrypto_transport *t, uint64_t session_id,
			uint32_t *status);

	/* Releases everything, t included.  The device was reset before, or is gone. */
	void (*destroy)(struct vcrypto_transport *t);
};

/* First member of every transport's private state. */
struct vcrypto_transport {
	const struct vcrypto_transport_ops *ops;
	char name[64];		/* device name for messages */
	bool no_wait;		/* recovery calls, and tries again: a life-cycle operation does
				 * not wait for a device that is not there
				 */
	struct vcrypto_traits traits;
};

#endif
