/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Owns the records of inbound security associations.
 *
 * May call vcrypto_ipsec_sa.c.  Must not hold the spinlock across a command, and must not
 * follow a session's pointer to a record that may be gone: vcrypto_dev.ipsec_records_since
 * says that.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "device/vcrypto_log.h"
#include "device/vcrypto_mem.h"
#include "session/vcrypto_ipsec_record.h"

struct vcrypto_ipsec_record {
	TAILQ_ENTRY(vcrypto_ipsec_record) link;
	struct vcrypto_ipsec_sa *sa;	/* the application's; NULL: destroyed while busy */
	uint32_t tried;			/* last generation in which it was made, or tried */
	bool busy;			/* a command for it is in flight */
	struct req_ipsec_sa req;	/* keys point into key */
	uint8_t key[2][VIRTIO_CRYPTO_IPSEC_KEY_MAX];	/* cipher or AEAD, authentication */
};

/* Those that were tried last are last in each list. */
static rte_spinlock_t ipsec_record_lock = RTE_SPINLOCK_INITIALIZER;

static void
ipsec_record_free(struct vcrypto_ipsec_record *r)
{
	if (r == NULL)
		return;
	vcrypto_mem_wipe(r, sizeof(*r));
	free(r);
}

/* The generation of an SA. */
static uint32_t
ipsec_record_gen(const struct vcrypto_ipsec_sa *sa)
{
	return (uint32_t)vcrypto_ipsec_cookie_of(__atomic_load_n(&sa->cookie, __ATOMIC_RELAXED));
}

/* Under the lock: sa is not of a generation whose records were dropped. */
static bool
ipsec_record_is_kept(const struct vcrypto_dev *dev, const struct vcrypto_ipsec_sa *sa)
{
	return (int32_t)(ipsec_record_gen(sa) - dev->ipsec_records_since) >= 0;
}

void
vcrypto_ipsec_record_init(struct vcrypto_dev *dev)
{
	TAILQ_INIT(&dev->ipsec_records);
	dev->ipsec_records_since = dev->generation;
}

/* ---- what is kept ---- */

static const uint8_t *
ipsec_record_put_key(uint8_t to[VIRTIO_CRYPTO_IPSEC_KEY_MAX], const uint8_t *key, uint16_t len)
{
	/* No longer than the room: req_ipsec_sa_check(). */
	if (key != NULL && len != 0)
		memcpy(to, key, len);
	return to;
}

int
vcrypto_ipsec_record_add(struct vcrypto_dev *dev, struct vcrypto_ipsec_sa *sa,
		const struct req_ipsec_sa *req)
{
	struct vcrypto_ipsec_record *r;

	if (!dev->args.ipsec_recover || !req->inbound)
		return 0;
	r = calloc(1, sizeof(*r));
	if (r == NULL) {
		VCRYPTO_ERR("%s: no %zu bytes to keep the parameters of a security association: "
			"the system is out of memory", dev->name, sizeof(*r));
		return -ENOMEM;
	}
	r->sa = sa;
	r->req = *req;
	r->req.key = ipsec_record_put_key(r->key[0], req->key, req->key_len);
	r->req.auth_key = ipsec_record_put_key(r->key[1], req->auth_key, req->auth_key_len);
	r->tried = ipsec_record_gen(sa);
	rte_spinlock_lock(&ipsec_record_lock);
	/* Other threads may have reset the device, or closed it, since the SA was made. */
	if (ipsec_record_is_kept(dev, sa)) {
		if (r->tried == (uint32_t)vcrypto_cookie(dev))
			TAILQ_INSERT_TAIL(&dev->ipsec_records, r, link);
		else
			TAILQ_INSERT_HEAD(&dev->ipsec_records, r, link);
		sa->record = r;
		r = NULL;
	}
	rte_spinlock_unlock(&ipsec_record_lock);
	ipsec_record_free(r);
	return 0;
}

void
vcrypto_ipsec_record_remove(struct vcrypto_dev *dev, struct vcrypto_ipsec_sa *sa)
{
	struct vcrypto_ipsec_record *r = NULL;

	rte_spinlock_lock(&ipsec_record_lock);
	if (ipsec_record_is_kept(dev, sa))
		r = sa->record;
	sa->record = NULL;
	if (r != NULL && r->busy) {
		r->sa = NULL;	/* ipsec_record_settle() frees it */
		r = NULL;
	} else if (r != NULL) {
		TAILQ_REMOVE(&dev->ipsec_records, r, link);
	}
	rte_spinlock_unlock(&ipsec_record_lock);
	ipsec_record_free(r);
}

void
vcrypto_ipsec_record_drop(struct vcrypto_dev *dev)
{
	struct vcrypto_ipsec_record *r;

	rte_spinlock_lock(&ipsec_record_lock);
	dev->ipsec_records_since = (uint32_t)vcrypto_cookie(dev);
	while ((r = TAILQ_FIRST(&dev->ipsec_records)) != NULL) {
		TAILQ_REMOVE(&dev->ipsec_records, r, link);
		ipsec_record_free(r);
	}
	rte_spinlock_unlock(&ipsec_record_lock);
}

/* ---- making SAs again ---- */

/* A record that was not tried in this generation, and whose SA was not made in it; busy from
 * now on.  NULL if there is none left.
 */
static struct vcrypto_ipsec_record *
ipsec_record_pick(struct vcrypto_dev *dev)
{
	uint32_t gen = (uint32_t)vcrypto_cookie(dev);
	struct vcrypto_ipsec_record *r;

	rte_spinlock_lock(&ipsec_record_lock);
	while ((r = TAILQ_FIRST(&dev->ipsec_records)) != NULL && r->tried != gen) {
		r->tried = gen;
		TAILQ_REMOVE(&dev->ipsec_records, r, link);
		TAILQ_INSERT_TAIL(&dev->ipsec_records, r, link);
		r->busy = ipsec_record_gen(r->sa) != gen;
		if (r->busy)
			break;
	}
	if (r != NULL && !r->busy)
		r = NULL;
	rte_spinlock_unlock(&ipsec_record_lock);
	return r;
}

/* An object that nobody wants any more. */
static void
ipsec_record_unmake(struct vcrypto_dev *dev, uint32_t id, uint64_t cookie)
{
	struct vcrypto_ipsec_sa sa = {
		.cookie = vcrypto_ipsec_cookie_of(cookie), .inbound = true, .id = id,
	};

	vcrypto_ipsec_sa_destroy(dev, &sa);
}

/* rc: what became of the command for r, and cookie, if it is 0.  r ends if its session did, or
 * if the device refused.  True if there is a session, which has not got its object.
 */
static bool
ipsec_record_settle(struct vcrypto_dev *dev, struct vcrypto_ipsec_record *r, int rc,
		uint64_t cookie, bool refused)
{
	uint32_t id = r->req.obj_id;
	bool wanted;

	rte_spinlock_lock(&ipsec_record_lock);
	r->busy = false;
	wanted = r->sa != NULL;
	if (wanted && rc == 0)
		vcrypto_ipsec_sa_adopt(r->sa, &r->req, cookie);
	else if (wanted && refused)
		r->sa->record = NULL;
	if (!wanted || refused)
		TAILQ_REMOVE(&dev->ipsec_records, r, link);
	else
		r = NULL;
	rte_spinlock_unlock(&ipsec_record_lock);
	ipsec_record_free(r);
	if (!wanted && rc == 0)
		ipsec_record_unmake(dev, id, cookie);
	return wanted && rc != 0;
}

unsigned int
vcrypto_ipsec_record_restore(struct vcrypto_dev *dev, unsigned int *made)
{
	struct vcrypto_ipsec_record *r;
	unsigned int lost = 0;
	bool silent = false;

	*made = 0;
	while ((r = ipsec_record_pick(dev)) != NULL) {
		uint64_t cookie = 0;
		bool refused = false;
		int rc = -ECANCELED;

		silent |= vcrypto_cancelled(dev);
		if (!silent)
			rc = vcrypto_ipsec_sa_again(dev, &r->req, &cookie, &refused);
		silent |= rc != 0 && !refused;
		if (ipsec_record_settle(dev, r, rc, cookie, refused))
			lost++;
		else if (rc == 0)
			++*made;
	}
	return lost;
}
