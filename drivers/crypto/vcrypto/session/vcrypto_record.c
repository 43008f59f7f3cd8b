/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Owns the records: copies of the parameters of live sessions, from which other devices get
 * the session, and recovery creates it again.
 *
 * May call vcrypto_ctrlq.c, and vcrypto_session.c for the session's new id.  Must not hold
 * the spinlock across a command.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "device/vcrypto_log.h"
#include "device/vcrypto_map.h"
#include "device/vcrypto_mem.h"
#include "device/vcrypto_registry.h"
#include "session/vcrypto_ctrlq.h"
#include "session/vcrypto_record.h"

#define RECORD_XFORMS	2	/* the longest chain that makes a session */

struct vcrypto_record {
	LIST_ENTRY(vcrypto_record) link;	/* in vcrypto_dev.records, or in orphans */
	struct vcrypto_session *s;	/* the application's; NULL: it was freed while busy */
	uint64_t stamp;			/* s->stamp; differs after a secondary process has
					 * freed the session
					 */
	uint32_t tried;			/* last generation in which it was tried */
	bool busy;			/* a command for it is in flight */
	bool orphan;			/* the device that made the session was removed; atomic */
	bool wiped;			/* the keys are gone: no device was left; atomic */
	struct req_session req;		/* keys point into bytes */
	struct rte_crypto_sym_xform xform[RECORD_XFORMS];	/* the same */
	size_t nb_bytes;
	uint8_t bytes[];
};

rte_spinlock_t vcrypto_record_lock = RTE_SPINLOCK_INITIALIZER;

/* Of devices that were removed: others may have their sessions still. */
static LIST_HEAD(, vcrypto_record) orphans = LIST_HEAD_INITIALIZER(orphans);

/* ---- what a record holds ---- */

/* Bytes of an algorithm's key.  Plain hashes and NULL, which has no row in the table, have
 * none, and a program need not set these fields of their xforms.
 */
static uint16_t
record_key_len(enum rte_crypto_sym_xform_type type, int algo, uint16_t len)
{
	const struct vcrypto_map *m = vcrypto_map_find(type, algo);

	return m == NULL || m->service == VIRTIO_CRYPTO_SERVICE_HASH ? 0 : len;
}

/* The key of an xform; NULL for a type that has none. */
static const uint8_t **
record_key_of(struct rte_crypto_sym_xform *x, uint16_t *len)
{
	switch (x->type) {
	case RTE_CRYPTO_SYM_XFORM_CIPHER:
		*len = record_key_len(x->type, x->cipher.algo, x->cipher.key.length);
		return &x->cipher.key.data;
	case RTE_CRYPTO_SYM_XFORM_AUTH:
		*len = record_key_len(x->type, x->auth.algo, x->auth.key.length);
		return &x->auth.key.data;
	case RTE_CRYPTO_SYM_XFORM_AEAD:
		*len = record_key_len(x->type, x->aead.algo, x->aead.key.length);
		return &x->aead.key.data;
	default:
		return NULL;
	}
}

/* Copies len bytes of key to *at, which it moves on; where the copy is. */
static const uint8_t *
record_put_key(uint8_t **at, const uint8_t *key, size_t len)
{
	const uint8_t *copy = *at;

	if (key == NULL || len == 0)
		return NULL;
	memcpy(*at, key, len);
	*at += len;
	return copy;
}

/* Copies the xforms of a chain that vcrypto_session_params() took. */
static void
record_put_xforms(struct vcrypto_record *r, uint8_t **at, const struct rte_crypto_sym_xform *x)
{
	const uint8_t **key;
	unsigned int i;
	uint16_t len;

	for (i = 0; x != NULL && i < RECORD_XFORMS; i++, x = x->next) {
		r->xform[i] = *x;
		r->xform[i].next = NULL;
		if (i != 0)
			r->xform[i - 1].next = &r->xform[i];
		key = record_key_of(&r->xform[i], &len);
		if (key != NULL)
			*key = record_put_key(at, *key, len);
	}
}

/* Bytes of all keys. */
static size_t
record_nb_bytes(const struct req_session *req, const struct rte_crypto_sym_xform *x)
{
	size_t n = (size_t)req->key_len + req->auth_key_len;
	struct rte_crypto_sym_xform one;
	uint16_t len;

	for (; x != NULL; x = x->next) {
		one = *x;
		if (record_key_of(&one, &len) != NULL)
			n += len;
	}
	return n;
}

int
vcrypto_record_add(struct vcrypto_dev *dev, struct vcrypto_session *s,
		const struct req_session *req, const struct rte_crypto_sym_xform *xform)
{
	size_t nb_bytes = record_nb_bytes(req, xform);
	struct vcrypto_record *r = calloc(1, sizeof(*r) + nb_bytes);
	uint8_t *at;

	if (r == NULL) {
		VCRYPTO_ERR("%s: no %zu bytes to keep the parameters of a session: the system is "
			"out of memory", dev->name, sizeof(*r) + nb_bytes);
		return -ENOMEM;
	}
	at = r->bytes;
	r->s = s;
	r->stamp = s->stamp;
	r->tried = (uint32_t)s->cookie;	/* its generation; a reset may have followed */
	r->nb_bytes = nb_bytes;
	r->req = *req;
	r->req.key = record_put_key(&at, req->key, req->key_len);
	r->req.auth_key = record_put_key(&at, req->auth_key, req->auth_key_len);
	record_put_xforms(r, &at, xform);
	rte_spinlock_lock(&vcrypto_record_lock);
	LIST_INSERT_HEAD(&dev->records, r, link);
	s->record = r;
	rte_spinlock_unlock(&vcrypto_record_lock);
	return 0;
}

const struct rte_crypto_sym_xform *
vcrypto_record_xform(const struct vcrypto_session *s, unsigned int dev_id)
{
	const struct vcrypto_record *r = s->record;

	/* On the device that made it the session has ended with a reset. */
	if (r == NULL || __atomic_load_n(&r->wiped, __ATOMIC_RELAXED))
		return NULL;
	if (!__atomic_load_n(&r->orphan, __ATOMIC_RELAXED) &&
			vcrypto_cookie_dev(__atomic_load_n(&s->cookie, __ATOMIC_RELAXED)) == dev_id)
		return NULL;
	return r->xform;
}

static void
record_free(struct vcrypto_record *r)
{
	if (r == NULL)
		return;
	vcrypto_mem_wipe(r, sizeof(*r) + r->nb_bytes);
	free(r);
}

void
vcrypto_record_remove(struct vcrypto_session *s)
{
	struct vcrypto_record *r;

	rte_spinlock_lock(&vcrypto_record_lock);
	r = s->record;
	s->record = NULL;
	if (r != NULL && r->busy) {
		r->s = NULL;	/* record_settle() frees it */
		r = NULL;
	} else if (r != NULL) {
		LIST_REMOVE(r, link);
	}
	rte_spinlock_unlock(&vcrypto_record_lock);
	record_free(r);
}

void
vcrypto_record_orphan(struct vcrypto_dev *dev)
{
	struct vcrypto_record *r;

	rte_spinlock_lock(&vcrypto_record_lock);
	while ((r = LIST_FIRST(&dev->records)) != NULL) {
		LIST_REMOVE(r, link);
		__atomic_store_n(&r->orphan, true, __ATOMIC_RELAXED);
		LIST_INSERT_HEAD(&orphans, r, link);
	}
	/* Asked under the lock: of devices that go together the one that comes last wipes the
	 * keys of all.
	 */
	if (vcrypto_registry_is_empty())
		LIST_FOREACH(r, &orphans, link) {
			__atomic_store_n(&r->wiped, true, __ATOMIC_RELAXED);
			vcrypto_mem_wipe(r->bytes, r->nb_bytes);
		}
	rte_spinlock_unlock(&vcrypto_record_lock);
}

/* ---- creating sessions again ---- */

/* A record and the command that creates its session. */
struct record_retry {
	struct vcrypto_record *r;
	struct vcrypto_ctrl_call call;
	int rc;
};

/* Picks up to max records that were not tried in this generation, and marks them busy.
 * Skips a session that was created since the device came back, and one that a secondary
 * process has freed.  Returns the number of records picked.
 */
static unsigned int
record_pick(struct vcrypto_dev *dev, struct record_retry *retry, unsigned int max)
{
	struct vcrypto_record *r;
	unsigned int n = 0;

	rte_spinlock_lock(&vcrypto_record_lock);
	LIST_FOREACH(r, &dev->records, link) {
		if (n == max)
			break;
		if (r->tried == dev->generation)
			continue;
		r->tried = dev->generation;
		if (r->s->cookie == vcrypto_cookie(dev) || r->s->stamp != r->stamp)
			continue;
		r->busy = true;
		retry[n++].r = r;
	}
	rte_spinlock_unlock(&vcrypto_record_lock);
	return n;
}

/* Takes the result of the command for retry->r: retry->rc, and id if that is 0.  Returns 0
 * if the session has its new id or was freed, else -errno.
 */
static int
record_settle(struct vcrypto_dev *dev, struct record_retry *retry, uint64_t id, uint64_t cookie)
{
	struct vcrypto_record *r = retry->r, *gone = NULL;
	enum req_kind kind = r->req.kind;	/* r may be freed once the lock is released */
	bool unwanted = false;
	int rc = retry->rc;

	rte_spinlock_lock(&vcrypto_record_lock);
	r->busy = false;
	if (r->s == NULL) {
		gone = r;
		LIST_REMOVE(r, link);
		unwanted = rc == 0;
		rc = 0;
	} else if (rc == 0 && r->s->stamp != r->stamp) {
		unwanted = true;	/* freed by a secondary process, perhaps in use again */
	} else if (rc == 0) {
		rc = vcrypto_session_adopt(dev, r->s, &r->req, id, cookie);
		unwanted = rc != 0;
		r->stamp = r->s->stamp;
	}
	rte_spinlock_unlock(&vcrypto_record_lock);
	if (unwanted)
		(void)vcrypto_ctrl_destroy(dev, kind, id, cookie);
	record_free(gone);
	return rc;
}

/* The answer to one command of a batch.  Each has its full time, since the device may serve
 * one after the other; from a silent device only what has arrived is taken.
 */
static int
record_await(struct vcrypto_dev *dev, struct vcrypto_ctrl_call *call, uint64_t *id, bool silent)
{
	int rc;

	if (!silent) {
		vcrypto_ctrl_renew(dev, call);
		return vcrypto_ctrl_create_end(dev, call, id);
	}
	rc = vcrypto_ctrl_create_poll(dev, call, id);
	if (rc != -EINPROGRESS)
		return rc;
	vcrypto_ctrl_cancel(dev, call);
	return -ETIMEDOUT;
}

/* Sends the commands of a batch, then takes their answers.  Returns how many of the n
 * sessions could not be created.  Sets *silent if the device does not answer, or if
 * nobody waits for the sessions any more; once it is set, nothing more is sent, and each
 * session counts as not created.
 */
static unsigned int
record_retry_all(struct vcrypto_dev *dev, struct record_retry *retry, unsigned int n,
		bool *silent)
{
	uint64_t cookie = vcrypto_cookie(dev), id = 0;
	unsigned int i, lost = 0;

	for (i = 0; i < n; i++) {
		*silent |= vcrypto_cancelled(dev);
		retry[i].rc = *silent ? -ETIMEDOUT : vcrypto_ctrl_create_begin(dev,
				&retry[i].call, &retry[i].r->req, cookie, true);
		*silent |= retry[i].rc == -ETIMEDOUT || retry[i].rc == -ENODEV;
	}
	for (i = 0; i < n; i++) {
		*silent |= vcrypto_cancelled(dev);
		if (retry[i].rc == 0)
			retry[i].rc = record_await(dev, &retry[i].call, &id, *silent);
		*silent |= retry[i].rc == -ETIMEDOUT || retry[i].rc == -ENODEV;
		if (record_settle(dev, &retry[i], id, cookie) != 0)
			lost++;
	}
	return lost;
}

unsigned int
vcrypto_record_restore(struct vcrypto_dev *dev)
{
	struct record_retry retry[VCRYPTO_CTRLQ_SIZE];
	unsigned int lost = 0, n;
	bool silent = false;

	do {
		n = record_pick(dev, retry, RTE_DIM(retry));
		lost += record_retry_all(dev, retry, n, &silent);
	} while (n != 0);
	return lost;
}
