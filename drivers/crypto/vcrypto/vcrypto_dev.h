/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The device as the driver holds it, and its life cycle: negotiate, configure,
 * start, stop, close, written once for every transport.
 *
 * A device is "live" between DRIVER_OK and its next reset.  Stop leaves it live
 * when every request came back, so that sessions survive stop and start; a reset
 * ends a generation, and with it every session of that generation.
 *
 * Threads: life-cycle calls come from one thread at a time (rte_cryptodev's rule);
 * sessions may be created and destroyed by any thread meanwhile (vcrypto_ctrlq).
 */
#ifndef VCRYPTO_DEV_H
#define VCRYPTO_DEV_H

#include <stdbool.h>
#include <stdint.h>

#include "device/vcrypto_args.h"
#include "device/vcrypto_compat.h"
#include "session/vcrypto_ctrlq.h"
#include "device/vcrypto_limits.h"
#include "virtqueue.h"
#include "transport/transport.h"

/* One driver id, "crypto_virtio", for every transport. */
extern uint8_t vcrypto_driver_id;

/* Every service's STATELESS_MODE bit. */
#define VCRYPTO_F_STATELESS \
	(VIRTIO_CRYPTO_F_CIPHER_STATELESS_MODE | VIRTIO_CRYPTO_F_HASH_STATELESS_MODE | \
	VIRTIO_CRYPTO_F_MAC_STATELESS_MODE | VIRTIO_CRYPTO_F_AEAD_STATELESS_MODE | \
	VIRTIO_CRYPTO_F_AKCIPHER_STATELESS_MODE)

/* How long stop waits for requests in flight before it takes the queues away. */
#define VCRYPTO_STOP_DRAIN_MS	200

struct vcrypto_qp;

enum vcrypto_state {
	VCRYPTO_PROBED,		/* negotiated once; no queue pair */
	VCRYPTO_CONFIGURED,	/* also: stopped */
	VCRYPTO_STARTED,
	VCRYPTO_CLOSED,
	VCRYPTO_NB_STATES
};

struct vcrypto_dev {
	/* Shared with secondary processes (vcrypto_share.h), like all of this: pointers
	 * are to shared memory, but for the first two.
	 */
	struct vcrypto_transport *t;	/* owned; of the primary alone */
	struct rte_cryptodev *cdev;	/* of the primary alone */
	struct rte_cryptodev_data *data;
	uint64_t build;			/* vcrypto_share_build(); 0: not probed yet */
	uint8_t driver_id;		/* the primary's */
	bool strict_framing, use_va;	/* the transport's */
	char transport[16];		/* its name */
	struct vcrypto_args args;
	char name[64];

	enum vcrypto_state state;
	bool live;			/* DRIVER_OK is set and nothing was reset since */
	uint64_t features;		/* negotiated */
	enum vq_kind kind;		/* of every virtqueue */
	uint32_t generation;		/* another after each reset; part of every
					 * session's cookie
					 */

	uint64_t resets;		/* of this device, since probe */
	struct vcrypto_limits lim;	/* what the device's configuration says */
	struct rte_cryptodev_capabilities *caps;	/* ends with an UNDEFINED entry */
	uint64_t feature_flags;		/* RTE_CRYPTODEV_FF_* */
	uint16_t max_nb_qps;		/* fixed at probe: sizes rte_cryptodev's array */
	uint16_t nb_qps;		/* as configured */

	/* Written by the watch (vcrypto_health.c) while the device is started. */
	uint32_t lost;			/* enum vcrypto_lost */
	unsigned int recover_ms;	/* until the next try */
	bool watched;			/* the watch sets itself anew */
	bool hinted;			/* a look out of turn is on its way */
	unsigned int hints;		/* since the last look in turn */

	rte_spinlock_t records_lock;
	struct vcrypto_record *records;	/* recover=1: live sessions */

	struct vcrypto_ctrlq ctrlq;
	uint32_t warned_services;	/* services whose refusal was logged already */
};

static inline struct vcrypto_dev *
vcrypto_dev_of(const struct rte_cryptodev *cdev)
{
	return cdev->data->dev_private;
}

/* NULL: not set up. */
static inline struct vcrypto_qp *
vcrypto_qp_at(const struct vcrypto_dev *dev, uint16_t i)
{
	return dev->data->queue_pairs[i];
}

/* Layout flags of a service's requests, from the negotiated features. */
unsigned int vcrypto_req_flags(const struct vcrypto_dev *dev,
		enum virtio_crypto_service service);
/* The value that a session of this device must carry to be used now. */
static inline uint64_t
vcrypto_cookie(const struct vcrypto_dev *dev)
{
	return (uint64_t)dev->data->dev_id << 32 | dev->generation;
}

/*
 * Probe: negotiate over t, read the configuration, register a cryptodev called
 * name.  Owns t from the call on if it returns 0; else the caller still does.
 */
int vcrypto_dev_create(struct rte_device *rte_dev, const char *name,
		struct vcrypto_transport *t, const struct vcrypto_args *args);
/* Remove: stop, close and forget the cryptodev called name.  -ENODEV if none. */
int vcrypto_dev_destroy(const char *name);

/* rte_cryptodev_ops of the life cycle. */
int vcrypto_dev_configure(struct rte_cryptodev *cdev, struct rte_cryptodev_config *cfg);
int vcrypto_dev_start(struct rte_cryptodev *cdev);
void vcrypto_dev_stop(struct rte_cryptodev *cdev);
int vcrypto_dev_close(struct rte_cryptodev *cdev);

/* The standard's sequence from a reset to DRIVER_OK (3.1.1), with every queue pair
 * that is set up.  0 or -errno, and then the device is reset.
 */
int vcrypto_dev_bring_up(struct vcrypto_dev *dev);
/* Reset the device: not live any more, every session of this generation is void.
 * 0, or -errno if the device did not confirm; its memory must then be kept.
 */
int vcrypto_dev_reset(struct vcrypto_dev *dev);

/* In vcrypto_ops.c */
extern struct rte_cryptodev_ops vcrypto_ops;

#endif
