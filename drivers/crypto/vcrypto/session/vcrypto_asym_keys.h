/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Sessions of the asymmetric service: RSA and ECDSA over AKCIPHER (virtio 1.4, 5.9.9.8).
 *
 * In virtio, key type, padding and hash belong to the session.  In rte_crypto the padding
 * belongs to the op before 24.11, and so does an ECDSA key before 23.11.  Therefore an
 * rte session holds encoded keys in private memory, and the driver creates device sessions
 * when an op first needs them, on the device that the op came to.  That op waits for the
 * command, at most ctrl_timeout_ms, while other ops of the queue pair proceed.  Device
 * sessions that a reset ended are created again in the same way.
 */
#ifndef VCRYPTO_ASYM_KEYS_H
#define VCRYPTO_ASYM_KEYS_H

#include <rte_spinlock.h>

#include "req_data.h"
#include "req_der.h"
#include "session/vcrypto_ctrlq.h"

#define VCRYPTO_EC_DER_MAX	256	/* bytes: ECPrivateKey on P-521 takes 223 */

/* A key in the encoding that the device takes. */
struct vcrypto_asym_key {
	uint8_t *der;		/* NULL: the xform does not have this half of the key */
	uint32_t len;		/* bytes */
};

/* An ECDSA key as numbers; a number that the xform does not have is empty. */
struct vcrypto_ec_key {
	struct req_num d;
	struct req_ec_point q;
};

enum vcrypto_asym_state {
	VCRYPTO_ASYM_EMPTY,
	VCRYPTO_ASYM_CREATING,	/* its command is in flight */
	VCRYPTO_ASYM_READY,	/* created; the device has it if cookie is vcrypto_cookie() */
	VCRYPTO_ASYM_FAILED,
};

/* One device session. */
struct vcrypto_asym_entry {
	enum vcrypto_asym_state state;
	int error;		/* -errno, where state is FAILED */
	uint64_t cookie;	/* vcrypto_cookie() when it was created */
	uint64_t id;		/* the device's */
	uint64_t used;		/* vcrypto_asym_keys.uses at its last request */
	uint32_t refs;		/* requests in flight and ops that wait; atomic */
	uint8_t key_type, padding, hash;
	uint16_t der_len;	/* ECDSA: length of the key in der, compared to find it */
	uint8_t der[VCRYPTO_EC_DER_MAX];
	struct vcrypto_ctrl_call call;
};

#define VCRYPTO_ASYM_ENTRIES	8	/* of an rte session on one device */

/* What an rte session points to.  On DPDK's heap; the device gets no address of it; wiped
 * when freed.
 */
struct vcrypto_asym_keys {
	rte_spinlock_t lock;	/* of what entries have, and of uses; taken before ctrlq.lock */
	uint32_t algo;		/* enum virtio_crypto_akcipher */
	uint32_t curve;		/* ECDSA: enum virtio_crypto_curve */
	const uint8_t *n;	/* RSA: the modulus, within pub */
	uint32_t n_len;		/* RSA: bytes of n without leading zeros */
	struct rte_crypto_rsa_padding padding;	/* RSA: the xform's, from 24.11 on */
	struct vcrypto_asym_key pub, priv;	/* RSA */
	struct vcrypto_ec_key ec;	/* ECDSA: the xform's, from 23.11 on */
	uint8_t ec_bytes[3][REQ_EC_MAX];	/* what ec points to */
	uint64_t uses;		/* requests so far: the clock of entry.used */
	/* By dev_id, since an rte session belongs to the driver: VCRYPTO_ASYM_ENTRIES of a
	 * device that an op came to, in DPDK's memory; NULL: none; atomic.
	 */
	struct vcrypto_asym_entry *entries[RTE_CRYPTO_MAX_DEVS];
};

struct vcrypto_asym_session {
	uint64_t valid;		/* never 0: rte_cryptodev tests the first byte */
	struct vcrypto_asym_keys *keys;
};

/* rte_cryptodev_ops of asymmetric sessions. */
unsigned int vcrypto_asym_session_size(struct rte_cryptodev *cdev);
int vcrypto_asym_session_configure(struct rte_cryptodev *cdev,
		struct rte_crypto_asym_xform *xform, struct rte_cryptodev_asym_session *sess);
void vcrypto_asym_session_clear(struct rte_cryptodev *cdev,
		struct rte_cryptodev_asym_session *sess);

/* Encodes the keys of an xform.  want (VCRYPTO_ASYM_*) names the halves of an RSA key,
 * because completing a private one takes long.  0; -ENOTSUP: the driver or the device does
 * not support the curve, size or padding; -EINVAL: the numbers are no key; -ENOMEM.
 * vcrypto_asym_keys_free wipes the keys and frees them.
 */
#define VCRYPTO_ASYM_PUBLIC	0u	/* the public half alone */
#define VCRYPTO_ASYM_PRIVATE	1u	/* the private half too, if the xform has it */
int vcrypto_asym_keys_create(struct vcrypto_asym_keys **keys, struct rte_cryptodev *cdev,
		const struct rte_crypto_asym_xform *xform, unsigned int want);
void vcrypto_asym_keys_free(struct vcrypto_asym_keys *keys);

/* Finds the device session for these parameters, or starts its creation, and takes a
 * reference.  0: the session exists.  -EINPROGRESS: the command that creates it is in
 * flight; poll the entry.  -EBUSY: all entries are in use, or the control queue is full.
 * -ENXIO: the device does not have the algorithm.  Otherwise an error of
 * vcrypto_ctrl_create().  No reference is taken on an error other than -EINPROGRESS.  Does
 * not wait for the device.  Thread-safe.
 */
int vcrypto_asym_entry_get(struct vcrypto_asym_entry **entry, struct rte_cryptodev *cdev,
		struct vcrypto_asym_keys *keys, const struct req_session *req);
/* 0: the session exists; -EINPROGRESS: not yet; or the error that ended its creation.  The
 * caller keeps its reference.  Thread-safe.
 */
int vcrypto_asym_entry_poll(struct vcrypto_asym_entry *entry, struct vcrypto_dev *dev,
		struct vcrypto_asym_keys *keys);
/* Releases a reference.  Thread-safe. */
void vcrypto_asym_entry_put(struct vcrypto_asym_entry *entry);

#endif
