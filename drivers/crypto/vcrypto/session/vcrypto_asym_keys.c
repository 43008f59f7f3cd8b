/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Owns asymmetric sessions: the keys of an xform, encoded in DER in private memory, and
 * the device sessions that are created from them when an op needs one.
 *
 * May call vcrypto_ctrlq.c for commands and vcrypto_rsa_key.c for private keys.  Must not
 * touch queue pairs, and must not wait for the device while it holds a keys lock.
 */
#include <errno.h>
#include <string.h>

#include <rte_malloc.h>

#include "req_der.h"
#include "device/vcrypto_digest.h"
#include "device/vcrypto_log.h"
#include "device/vcrypto_mem.h"
#include "device/vcrypto_registry.h"
#include "session/vcrypto_asym_keys.h"
#include "session/vcrypto_ctrlq.h"
#include "session/vcrypto_rsa_key.h"

static uint32_t
asym_curve_of(int rte_curve)
{
	switch (rte_curve) {
	case RTE_CRYPTO_EC_GROUP_SECP192R1:
		return VIRTIO_CRYPTO_CURVE_NIST_P192;
	case RTE_CRYPTO_EC_GROUP_SECP224R1:
		return VIRTIO_CRYPTO_CURVE_NIST_P224;
	case RTE_CRYPTO_EC_GROUP_SECP256R1:
		return VIRTIO_CRYPTO_CURVE_NIST_P256;
	case RTE_CRYPTO_EC_GROUP_SECP384R1:
		return VIRTIO_CRYPTO_CURVE_NIST_P384;
	case RTE_CRYPTO_EC_GROUP_SECP521R1:
		return VIRTIO_CRYPTO_CURVE_NIST_P521;
	default:
		return VIRTIO_CRYPTO_CURVE_UNKNOWN;
	}
}

/* ---- keys ---- */

static void
asym_key_clear(struct vcrypto_asym_key *key)
{
	if (key->der != NULL)
		vcrypto_mem_wipe(key->der, key->len);
	rte_free(key->der);
	key->der = NULL;
}

/* An ECDSA entry holds its key. */
static void
entries_free(struct vcrypto_asym_entry *entries)
{
	vcrypto_mem_wipe(entries, VCRYPTO_ASYM_ENTRIES * sizeof(*entries));
	rte_free(entries);
}

void
vcrypto_asym_keys_free(struct vcrypto_asym_keys *keys)
{
	unsigned int i;

	if (keys == NULL)
		return;
	asym_key_clear(&keys->pub);
	asym_key_clear(&keys->priv);
	for (i = 0; i < RTE_DIM(keys->entries); i++)
		if (keys->entries[i] != NULL)
			entries_free(keys->entries[i]);
	vcrypto_mem_wipe(keys, sizeof(*keys));
	rte_free(keys);
}

static int
asym_key_set(struct vcrypto_asym_key *key, const uint8_t *der, int len)
{
	if (len < 0)
		return len == -ENOSPC ? -EINVAL : len;
	key->der = rte_malloc("vcrypto_key", (size_t)len, 0);
	if (key->der == NULL)
		return -ENOMEM;
	memcpy(key->der, der, (size_t)len);
	key->len = (uint32_t)len;
	return 0;
}

static struct req_num
asym_num(const rte_crypto_uint *v)
{
	return (struct req_num){ v->data, v->length };
}

/* Number of significant bytes of v: leading zeros do not count. */
static uint32_t
asym_num_len(const rte_crypto_uint *v)
{
	size_t i = 0;

	while (i < v->length && v->data[i] == 0)
		i++;
	return (uint32_t)(v->length - i);
}

static bool
asym_has_private(const struct rte_crypto_rsa_xform *x)
{
	if (x->key_type == RTE_RSA_KEY_TYPE_QT)
		return x->qt.p.data != NULL && x->qt.p.length != 0;
	return x->d.data != NULL && x->d.length != 0;	/* an empty d: a public key */
}

/* The longest public exponent, bytes: longer ones only cost time, and devices refuse them,
 * but not before an op needs the key.
 */
#define ASYM_RSA_E_MAX	8

/* Checks the rules of PKCS #1, 3.1 that need no arithmetic: n and e are odd, and e lies
 * between 3 and n - 1.
 */
static int
asym_rsa_check(const struct vcrypto_dev *dev, const struct rte_crypto_rsa_xform *x)
{
	uint32_t n_len, e_len;

	if ((x->key_type != RTE_RSA_KEY_TYPE_EXP && x->key_type != RTE_RSA_KEY_TYPE_QT) ||
			x->n.data == NULL || x->e.data == NULL)
		return -EINVAL;
	n_len = asym_num_len(&x->n);
	e_len = asym_num_len(&x->e);
	if (n_len == 0 || e_len == 0 || (x->n.data[x->n.length - 1] & 1) == 0 ||
			(x->e.data[x->e.length - 1] & 1) == 0 || e_len > n_len ||
			(e_len == 1 && x->e.data[x->e.length - 1] == 1))
		return -EINVAL;
	if (e_len > ASYM_RSA_E_MAX) {
		VCRYPTO_ERR("%s: RSA: the public exponent has %u bytes, at most %u are supported: "
			"use a key with a small one, such as 65537", dev->name, e_len,
			ASYM_RSA_E_MAX);
		return -ENOTSUP;
	}
#if VCRYPTO_RSA_PADDING_IN_XFORM
	if (x->padding.type != RTE_CRYPTO_RSA_PADDING_NONE &&
			x->padding.type != RTE_CRYPTO_RSA_PADDING_PKCS1_5)
		return -ENOTSUP;
#endif
	return n_len < VCRYPTO_RSA_MIN || n_len > VCRYPTO_RSA_MAX ? -ENOTSUP : 0;
}

static int
asym_rsa_keys(const struct vcrypto_dev *dev, struct vcrypto_asym_keys *keys,
		const struct rte_crypto_rsa_xform *x, unsigned int want)
{
	uint8_t der[VCRYPTO_RSA_DER_MAX];
	struct req_rsa_public pub = { asym_num(&x->n), asym_num(&x->e) };
	int rc = asym_rsa_check(dev, x);

	if (rc != 0)
		return rc;
#if VCRYPTO_RSA_PADDING_IN_XFORM
	keys->padding = x->padding;
#endif
	rc = asym_key_set(&keys->pub, der, req_der_rsa_public(der, sizeof(der), &pub));
	if (rc == 0 && req_der_rsa_public_parse(&pub, keys->pub.der, keys->pub.len) == 0) {
		keys->n = pub.n.data;
		keys->n_len = (uint32_t)pub.n.len;
	}
	if (rc == 0 && (want & VCRYPTO_ASYM_PRIVATE) != 0 && asym_has_private(x))
		rc = asym_key_set(&keys->priv, der, vcrypto_rsa_private_der(der, x));
	vcrypto_mem_wipe(der, sizeof(der));
	return rc;
}

#if VCRYPTO_EC_KEY_IN_XFORM
static int
asym_ec_number(struct req_num *n, uint8_t *to, const rte_crypto_uint *v)
{
	uint32_t len;

	if (v->data == NULL || v->length == 0)
		return 0;
	len = asym_num_len(v);
	if (len == 0 || len > REQ_EC_MAX)
		return -EINVAL;
	memcpy(to, v->data + v->length - len, len);
	*n = (struct req_num){ to, len };
	return 0;
}
#endif

static int
asym_ec_keys(struct vcrypto_asym_keys *keys, const struct rte_crypto_ec_xform *x)
{
	keys->curve = asym_curve_of(x->curve_id);
	if (keys->curve == VIRTIO_CRYPTO_CURVE_UNKNOWN)
		return -ENOTSUP;
#if VCRYPTO_EC_KEY_IN_XFORM
	if (asym_ec_number(&keys->ec.d, keys->ec_bytes[0], &x->pkey) != 0 ||
			asym_ec_number(&keys->ec.q.x, keys->ec_bytes[1], &x->q.x) != 0 ||
			asym_ec_number(&keys->ec.q.y, keys->ec_bytes[2], &x->q.y) != 0)
		return -EINVAL;
#endif
	return 0;
}

int
vcrypto_asym_keys_create(struct vcrypto_asym_keys **out, struct rte_cryptodev *cdev,
		const struct rte_crypto_asym_xform *xform, unsigned int want)
{
	const struct vcrypto_limits *lim = &vcrypto_dev_of(cdev)->lim;
	struct vcrypto_asym_keys *keys;
	int rc = -ENOTSUP;

	keys = rte_zmalloc("vcrypto_asym", sizeof(*keys), 0);
	if (keys == NULL)
		return -ENOMEM;
	rte_spinlock_init(&keys->lock);
	if (xform->xform_type == RTE_CRYPTO_ASYM_XFORM_RSA) {
		keys->algo = VIRTIO_CRYPTO_AKCIPHER_RSA;
		if (vcrypto_limits_has(lim, VIRTIO_CRYPTO_SERVICE_AKCIPHER, keys->algo))
			rc = asym_rsa_keys(vcrypto_dev_of(cdev), keys, &xform->rsa, want);
	} else if (xform->xform_type == RTE_CRYPTO_ASYM_XFORM_ECDSA) {
		keys->algo = VIRTIO_CRYPTO_AKCIPHER_ECDSA;
		if (vcrypto_limits_has(lim, VIRTIO_CRYPTO_SERVICE_AKCIPHER, keys->algo))
			rc = asym_ec_keys(keys, &xform->ec);
	}
	if (rc != 0) {
		if (rc == -EINVAL)
			VCRYPTO_ERR("%s: invalid key: n and e must be odd, and d (or the CRT "
				"values) must match them", vcrypto_dev_of(cdev)->name);
		vcrypto_asym_keys_free(keys);
		return rc;
	}
	*out = keys;
	return 0;
}

/* ---- the device's sessions ---- */

static bool
entry_matches(const struct vcrypto_asym_entry *e, const struct req_session *req, uint64_t cookie)
{
	if (e->state == VCRYPTO_ASYM_EMPTY || e->state == VCRYPTO_ASYM_FAILED ||
			e->cookie != cookie || e->key_type != req->key_type)
		return false;
	if (req->algo == VIRTIO_CRYPTO_AKCIPHER_RSA)
		return e->padding == req->rsa_padding && e->hash == req->rsa_hash;
	return e->der_len == req->key_len &&
		vcrypto_digest_equal(e->der, req->key, req->key_len);
}

static struct vcrypto_asym_entry *
entry_find(struct vcrypto_asym_entry *entries, const struct req_session *req, uint64_t cookie)
{
	unsigned int i;

	for (i = 0; i < VCRYPTO_ASYM_ENTRIES; i++)
		if (entry_matches(&entries[i], req, cookie))
			return &entries[i];
	return NULL;
}

/* Polls the entry's command and records its result.  The caller holds the lock; it may be
 * any thread that uses the entry.  0 if the session exists, -EINPROGRESS, or the error.
 */
static int
entry_advance(struct vcrypto_asym_entry *e, struct vcrypto_dev *dev)
{
	int rc;

	switch (e->state) {
	case VCRYPTO_ASYM_READY:
		return 0;
	case VCRYPTO_ASYM_FAILED:
		return e->error;
	case VCRYPTO_ASYM_CREATING:
		rc = vcrypto_ctrl_create_poll(dev, &e->call, &e->id);
		if (rc == -EINPROGRESS)
			return rc;
		e->error = rc;
		e->state = rc == 0 ? VCRYPTO_ASYM_READY : VCRYPTO_ASYM_FAILED;
		return rc;
	default:
		return -EINPROGRESS;
	}
}

/* Returns an entry for a new session: one that is empty or of an earlier generation, else
 * the one that has been idle longest.  NULL if all are in use.
 */
static struct vcrypto_asym_entry *
entry_pick(struct vcrypto_asym_entry *entries, struct vcrypto_dev *dev, uint64_t cookie)
{
	struct vcrypto_asym_entry *idle = NULL;
	unsigned int i;

	for (i = 0; i < VCRYPTO_ASYM_ENTRIES; i++) {
		struct vcrypto_asym_entry *e = &entries[i];

		if (__atomic_load_n(&e->refs, __ATOMIC_ACQUIRE) != 0)
			continue;
		/* Its ops are gone, its command is not: the control queue knows e->call. */
		if (e->state == VCRYPTO_ASYM_CREATING && entry_advance(e, dev) == -EINPROGRESS)
			continue;
		if (e->state != VCRYPTO_ASYM_READY || e->cookie != cookie)
			return e;
		if (idle == NULL || e->used < idle->used)
			idle = e;
	}
	return idle;
}

static void
entry_init(struct vcrypto_asym_entry *e, const struct req_session *req, uint64_t cookie)
{
	vcrypto_mem_wipe(e, sizeof(*e));
	e->cookie = cookie;
	e->key_type = (uint8_t)req->key_type;
	e->padding = (uint8_t)req->rsa_padding;
	e->hash = (uint8_t)req->rsa_hash;
	if (req->algo == VIRTIO_CRYPTO_AKCIPHER_ECDSA) {
		e->der_len = (uint16_t)req->key_len;
		memcpy(e->der, req->key, req->key_len);
	}
}

/* Destroys the idle device session that an entry still holds.  -EBUSY or -ETIMEDOUT: the
 * control queue has no free slot, and the entry keeps its session.
 */
static int
entry_evict(struct vcrypto_asym_entry *e, struct vcrypto_dev *dev, uint64_t cookie)
{
	int rc = 0;

	if (e->state == VCRYPTO_ASYM_READY && e->cookie == cookie)
		rc = vcrypto_ctrl_destroy_unheard(dev, REQ_AKCIPHER, e->id, e->cookie);
	if (rc == -EBUSY || rc == -ETIMEDOUT)
		return rc;
	e->state = VCRYPTO_ASYM_EMPTY;
	return 0;
}

/* Starts the creation of a device session.  The caller holds the lock, so this must not
 * wait.
 */
static int
entry_begin(struct vcrypto_asym_entry *e, struct vcrypto_dev *dev, const struct req_session *req,
		uint64_t cookie)
{
	int rc = entry_evict(e, dev, cookie);

	if (rc != 0)
		return rc;
	entry_init(e, req, cookie);
	rc = vcrypto_ctrl_create_begin(dev, &e->call, req, cookie, false);
	if (rc != 0)
		return rc;
	e->state = VCRYPTO_ASYM_CREATING;
	return entry_advance(e, dev);
}

/* The entries of a device; NULL if there is no memory.  Called without the lock, since the
 * allocation takes others.  They lie in DPDK's memory: a queue pair that was handed over to
 * a secondary process releases references there.
 */
static struct vcrypto_asym_entry *
entries_of(struct vcrypto_asym_keys *keys, const struct vcrypto_dev *dev)
{
	struct vcrypto_asym_entry **at = &keys->entries[dev->data->dev_id], *now, *made;

	now = __atomic_load_n(at, __ATOMIC_ACQUIRE);
	if (now != NULL)
		return now;
	made = rte_zmalloc("vcrypto_asym", VCRYPTO_ASYM_ENTRIES * sizeof(*made), 0);
	if (made == NULL || __atomic_compare_exchange_n(at, &now, made, false, __ATOMIC_ACQ_REL,
			__ATOMIC_ACQUIRE))
		return made;
	rte_free(made);		/* another thread was first */
	return now;
}

/* Under the lock: the entry for these parameters, and how far it is. */
static int
entry_look(struct vcrypto_asym_entry **entry, struct vcrypto_dev *dev,
		struct vcrypto_asym_entry *entries, const struct req_session *req)
{
	uint64_t cookie = vcrypto_cookie(dev);

	*entry = entry_find(entries, req, cookie);
	if (*entry != NULL)
		return entry_advance(*entry, dev);
	*entry = entry_pick(entries, dev, cookie);
	return *entry != NULL ? entry_begin(*entry, dev, req, cookie) : -EBUSY;
}

int
vcrypto_asym_entry_get(struct vcrypto_asym_entry **entry, struct rte_cryptodev *cdev,
		struct vcrypto_asym_keys *keys, const struct req_session *req)
{
	struct vcrypto_dev *dev = vcrypto_dev_of(cdev);
	struct vcrypto_asym_entry *e = NULL, *entries;
	int rc;

	if (req->algo == VIRTIO_CRYPTO_AKCIPHER_ECDSA && req->key_len > VCRYPTO_EC_DER_MAX)
		return -EINVAL;
	/* The device that the session was created on has it, but this may be another one. */
	if (!vcrypto_limits_has(&dev->lim, VIRTIO_CRYPTO_SERVICE_AKCIPHER, req->algo))
		return -ENXIO;
	entries = entries_of(keys, dev);
	if (entries == NULL)
		return -ENOMEM;
	rte_spinlock_lock(&keys->lock);
	rc = entry_look(&e, dev, entries, req);
	if (rc == 0 || rc == -EINPROGRESS) {
		__atomic_add_fetch(&e->refs, 1, __ATOMIC_RELAXED);
		e->used = ++keys->uses;
		*entry = e;
	}
	rte_spinlock_unlock(&keys->lock);
	return rc;
}

int
vcrypto_asym_entry_poll(struct vcrypto_asym_entry *e, struct vcrypto_dev *dev,
		struct vcrypto_asym_keys *keys)
{
	int rc;

	rte_spinlock_lock(&keys->lock);
	rc = entry_advance(e, dev);
	rte_spinlock_unlock(&keys->lock);
	return rc;
}

void
vcrypto_asym_entry_put(struct vcrypto_asym_entry *entry)
{
	__atomic_sub_fetch(&entry->refs, 1, __ATOMIC_RELEASE);
}

/* No op uses the entry any more: rte_cryptodev requires that of a session that is freed.
 * Sends the destroy command; true if its answer is to be waited for.
 */
static bool
entry_destroy_begin(struct vcrypto_asym_entry *e, struct vcrypto_dev *dev)
{
	return (e->state == VCRYPTO_ASYM_CREATING || e->state == VCRYPTO_ASYM_READY) &&
		vcrypto_ctrl_drop_begin(dev, &e->call, REQ_AKCIPHER,
			e->state == VCRYPTO_ASYM_CREATING, &e->id, e->cookie);
}

/* Destroys all of a device: the commands are in flight together. */
static void
entries_destroy(struct vcrypto_asym_entry *entries, struct vcrypto_dev *dev)
{
	bool sent[VCRYPTO_ASYM_ENTRIES];
	unsigned int i;

	for (i = 0; i < VCRYPTO_ASYM_ENTRIES; i++)
		sent[i] = entry_destroy_begin(&entries[i], dev);
	for (i = 0; i < VCRYPTO_ASYM_ENTRIES; i++)
		if (sent[i])
			(void)vcrypto_ctrl_destroy_end(dev, &entries[i].call);
}

/* ---- rte_cryptodev_ops ---- */

unsigned int
vcrypto_asym_session_size(struct rte_cryptodev *cdev)
{
	(void)cdev;
	return sizeof(struct vcrypto_asym_session);
}

int
vcrypto_asym_session_configure(struct rte_cryptodev *cdev, struct rte_crypto_asym_xform *xform,
		struct rte_cryptodev_asym_session *sess)
{
	struct vcrypto_asym_session s = { .valid = 1 };
	int rc = vcrypto_asym_keys_create(&s.keys, cdev, xform, VCRYPTO_ASYM_PRIVATE);

	if (rc == 0)	/* the private data may be unaligned */
		memcpy(CRYPTODEV_GET_ASYM_SESS_PRIV(sess), &s, sizeof(s));
	return rc;
}

/* cdev is any device of the driver: the session ends on all. */
void
vcrypto_asym_session_clear(struct rte_cryptodev *cdev, struct rte_cryptodev_asym_session *sess)
{
	struct vcrypto_asym_session s;
	struct vcrypto_dev *dev;
	unsigned int i;

	(void)cdev;
	memcpy(&s, CRYPTODEV_GET_ASYM_SESS_PRIV(sess), sizeof(s));
	if (s.keys == NULL)
		return;
	for (i = 0; i < RTE_DIM(s.keys->entries); i++) {
		dev = s.keys->entries[i] != NULL ? vcrypto_registry_hold(i) : NULL;
		if (dev == NULL)
			continue;
		entries_destroy(s.keys->entries[i], dev);
		vcrypto_registry_release(dev);
	}
	vcrypto_asym_keys_free(s.keys);
	memset(CRYPTODEV_GET_ASYM_SESS_PRIV(sess), 0, sizeof(s));
}
