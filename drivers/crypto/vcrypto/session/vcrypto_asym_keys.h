/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Asymmetric service: RSA and ECDSA over AKCIPHER (virtio 1.4, 5.9.9.8).
 *
 * On the wire key type, padding and hash belong to the session, in rte_crypto
 * (until 24.11) padding belongs to the op, and ECDSA keys too (until 23.11).  So an
 * rte session holds encoded keys, in private memory, and makes the device's sessions
 * when an op first needs them.  The op waits for the command, bounded by
 * ctrl_timeout_ms, and the queue goes on with others.  Device sessions that a reset
 * took are made again the same way.
 * */
#ifndef VCRYPTO_ASYM_KEYS_H
#define VCRYPTO_ASYM_KEYS_H

#include <rte_spinlock.h>

#include "req_data.h"
#include "req_der.h"
#include "session/vcrypto_ctrlq.h"

#define VCRYPTO_EC_DER_MAX	256	/* bytes: ECPrivateKey on P-521 takes 223 */

/* A key as the device takes it. */
struct vcrypto_asym_key {
	uint8_t *der;		/* NULL: this half of the key is not known */
	uint32_t len;		/* bytes */
};

/* An ECDSA key as numbers; empty ones are not known. */
struct vcrypto_ec_key {
	struct req_num d;
	struct req_ec_point q;
};

enum vcrypto_asym_state {
	VCRYPTO_ASYM_EMPTY,
	VCRYPTO_ASYM_SENDING,	/* a message for it is on its way, in some thread */
	VCRYPTO_ASYM_CREATING,	/* its command is on its way */
	VCRYPTO_ASYM_READY,	/* the device has it, if cookie is of today */
	VCRYPTO_ASYM_FAILED,
};

/* One of the device's sessions. */
struct vcrypto_asym_entry {
	enum vcrypto_asym_state state;
	int error;		/* -errno, where state is FAILED */
	uint64_t cookie;	/* vcrypto_cookie() that it is for */
	uint64_t id;
	uint64_t used;		/* vcrypto_asym_keys.uses of its last request */
	uint32_t refs;		/* requests in flight, ops that wait for it; atomic */
	uint8_t key_type, padding, hash;
	uint16_t der_len;	/* ECDSA: its key, to recognise it */
	uint8_t der[VCRYPTO_EC_DER_MAX];
	struct vcrypto_ctrl_call call;
};

#define VCRYPTO_ASYM_ENTRIES	8

/* What an rte session points to; on the heap, private, wiped when freed. */
struct vcrypto_asym_keys {
	rte_spinlock_t lock;	/* entries, uses; taken before ctrlq.lock */
	const struct vcrypto_dev *dev;	/* whose session it is */
	uint32_t algo;		/* enum virtio_crypto_akcipher */
	uint32_t curve;		/* ECDSA: enum virtio_crypto_curve */
	const uint8_t *n;	/* RSA: the modulus, within pub */
	uint32_t n_len;		/* RSA: its bytes, no leading zeros */
	struct rte_crypto_rsa_padding padding;	/* RSA: of the xform, where it is there */
	struct vcrypto_asym_key pub, priv;	/* RSA */
	struct vcrypto_ec_key ec;	/* ECDSA: of the xform, where it is there */
	uint8_t ec_bytes[3][REQ_EC_MAX];	/* what ec points to */
	uint64_t uses;
	struct vcrypto_asym_entry entry[VCRYPTO_ASYM_ENTRIES];
};

struct vcrypto_asym_session {
	uint64_t valid;		/* not 0: rte_cryptodev looks at the first byte */
	struct vcrypto_asym_keys *keys;
};

/* Keys and sessions: rte_cryptodev_ops. */
unsigned int vcrypto_asym_session_size(struct rte_cryptodev *cdev);
int vcrypto_asym_session_configure(struct rte_cryptodev *cdev,
		struct rte_crypto_asym_xform *xform, struct rte_cryptodev_asym_session *sess);
void vcrypto_asym_session_clear(struct rte_cryptodev *cdev,
		struct rte_cryptodev_asym_session *sess);

/* xform -> keys; of RSA keys only the halves that are wanted (VCRYPTO_ASYM_*), for
 * completing a private one costs.  0; -ENOTSUP: curve, size, padding or device;
 * -EINVAL: numbers that are no key; -ENOMEM.  vcrypto_asym_keys_free wipes.
 */
#define VCRYPTO_ASYM_PUBLIC	0u	/* always */
#define VCRYPTO_ASYM_PRIVATE	1u	/* if the xform has it */
int vcrypto_asym_keys_create(struct vcrypto_asym_keys **keys, struct rte_cryptodev *cdev,
		const struct rte_crypto_asym_xform *xform, unsigned int want);
void vcrypto_asym_keys_free(struct vcrypto_asym_keys *keys);

/* The device's session for these parameters, with a reference to it.  0: it is there.
 * -EINPROGRESS: the command that makes it is on its way, poll it.  -EBUSY and no
 * reference: all entries are in use, or the control queue is full.  Other errors of
 * vcrypto_ctrl_create(), and no reference.  Waits only where sessions are messages.
 * Thread-safe.
 */
int vcrypto_asym_entry_get(struct vcrypto_asym_entry **entry, struct rte_cryptodev *cdev,
		struct vcrypto_asym_keys *keys, const struct req_session *req);
/* 0: the session is there; -EINPROGRESS: not yet; or why it could not be made.  The
 * reference stays the caller's.  Thread-safe.
 */
int vcrypto_asym_entry_poll(struct vcrypto_asym_entry *entry, struct vcrypto_dev *dev,
		struct vcrypto_asym_keys *keys);
void vcrypto_asym_entry_put(struct vcrypto_asym_entry *entry);

#endif
