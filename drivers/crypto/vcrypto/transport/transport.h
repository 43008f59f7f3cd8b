/* SPDX-License-Identifier: BSD-3-Clause
 *
 * How the driver reaches a device: one table of operations, one file per
 * transport (transport_pci.c, transport_vhost_user.c; tests add a fake).  Private
 * state lives behind struct vcrypto_transport, inside the transport's file.
 *
 * The life cycle (vcrypto_dev.c) calls these in the standard's order; a transport
 * holds no policy.  Every wait inside is bounded.  Errors are 0 or -errno, each
 * logged once, by the transport, with what to do about it.
 *
 * Threads: life-cycle operations come from one thread at a time, the application's
 * or, while the device is started, EAL's alarm thread (the watch and recovery);
 * sessions by messages come under the control lock; check may come from any thread
 * at any time.
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
	const char *name;	/* "pci", "vhost-user" */

	/* Write status 0 and wait (bounded) until it reads 0 (4.1.4.3.2).
	 * -ETIMEDOUT: the device still may use its memory; -ENODEV: it is gone.
	 */
	int (*reset)(struct vcrypto_transport *t);
	uint8_t (*get_status)(struct vcrypto_transport *t);
	/* Writes status exactly as given; the caller preserves bits already set.
	 * 0 or -errno.
	 */
	int (*set_status)(struct vcrypto_transport *t, uint8_t status);

	int (*get_features)(struct vcrypto_transport *t, uint64_t *features);
	int (*set_features)(struct vcrypto_transport *t, uint64_t features);

	/* A consistent snapshot of len bytes of the device configuration from off,
	 * both multiples of 4: repeated (bounded) until config_generation holds still;
	 * field-width reads.
	 * -EAGAIN: it never held still; -ERANGE: the device's area is too small.
	 */
	int (*read_config)(struct vcrypto_transport *t, size_t off, void *buf, size_t len);

	/* Virtqueues that the device has. */
	uint16_t (*nb_queues)(struct vcrypto_transport *t);
	/* Largest size of a queue (entries), whether enabled or not; 0: the queue does
	 * not exist.  Need not be a power of two: a hostile device may say anything.
	 */
	uint16_t (*queue_max_size)(struct vcrypto_transport *t, uint16_t index);
	/* Configure and enable.  After FEATURES_OK, before DRIVER_OK, or after
	 * queue_reset.
	 */
	int (*queue_enable)(struct vcrypto_transport *t, const struct vcrypto_queue_desc *q);
	/* RING_RESET (2.6.1): afterwards the device uses the queue no more.
	 * -ETIMEDOUT if it does not answer; -ENOTSUP if RING_RESET was not negotiated;
	 * NULL if the transport has none.
	 */
	int (*queue_reset)(struct vcrypto_transport *t, uint16_t index);

	/* How a queue that was enabled is notified, until it or the device is reset:
	 * the caller switches its copy off before it asks for either.  OFF for
	 * others.
	 */
	void (*queue_notify)(struct vcrypto_transport *t, uint16_t index,
			struct vcrypto_notify *n);

	/* Is the device still there, and does it want no reset?  0; -ENODEV gone;
	 * -EIO NEEDS_RESET.  Cheap enough for bounded waits.
	 */
	int (*check)(struct vcrypto_transport *t);

	/* Have changed(arg) called when the device says by itself that something about it
	 * has: a reason to check() and to read the configuration.  It runs in EAL's
	 * interrupt thread, from the next DRIVER_OK on (at once where that is set), over
	 * resets, until it returns false or unlisten.  A transport that cannot do this
	 * leaves it out silently, or has NULL for both: the device is looked at anyway.
	 */
	void (*listen)(struct vcrypto_transport *t, bool (*changed)(void *arg), void *arg);
	/* Once it returns changed does not run.  Not from within changed. */
	void (*unlisten)(struct vcrypto_transport *t);

	/* Sessions by messages instead of a control queue; NULL or has_ctrlq false.
	 * 0 with the device's *status, and *session_id if that is OK; keys are not
	 * kept.  -EMSGSIZE: a message has no room for the keys.
	 */
	int (*session_create)(struct vcrypto_transport *t, uint64_t *session_id,
			uint32_t *status, const struct req_session *s);
	int (*session_destroy)(struct vcrypto_transport *t, uint64_t session_id,
			uint32_t *status);

	/* Release everything; t is gone.  The device was reset before, or is gone. */
	void (*destroy)(struct vcrypto_transport *t);
};

/* First member of every transport's private state. */
struct vcrypto_transport {
	const struct vcrypto_transport_ops *ops;
	char name[64];		/* device name for messages */
	struct vcrypto_traits traits;
};

#endif
