/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Owns the copies of session parameters for recovery.
 */
#include <errno.h>
#include <string.h>

#include <rte_malloc.h>
#include <rte_spinlock.h>

#include "device/vcrypto_log.h"
#include "device/vcrypto_mem.h"
#include "session/vcrypto_record.h"

struct vcrypto_record {
	struct vcrypto_record *next;
	struct vcrypto_session *s;	/* the application's; goes before we do, or else
					 * has another stamp
					 */
	uint64_t stamp;
	struct req_session req;		/* keys point into bytes */
	size_t size;			/* of this, bytes */
	uint8_t bytes[];
};

int
vcrypto_record_add(struct vcrypto_dev *dev, struct vcrypto_session *s,
		const struct req_session *req)
{
	struct vcrypto_record *r;
	size_t size;

	if (!dev->args.recover)
		return 0;
	size = sizeof(*r) + req->key_len + req->auth_key_len;
	r = rte_malloc("vcrypto_record", size, 0);
	if (r == NULL) {
		VCRYPTO_ERR("%s: no %zu bytes to keep a session for recovery: give EAL more "
			"memory, "
			"or leave out recover=1", dev->name, size);
		return -ENOMEM;
	}
	r->s = s;
	r->stamp = s->stamp;
	r->req = *req;
	r->size = size;
	if (req->key_len != 0)
		memcpy(r->bytes, req->key, req->key_len);
	if (req->auth_key_len != 0)
		memcpy(r->bytes + req->key_len, req->auth_key, req->auth_key_len);
	r->req.key = r->bytes;
	r->req.auth_key = r->bytes + req->key_len;
	rte_spinlock_lock(&dev->records_lock);
	r->next = dev->records;
	dev->records = r;
	rte_spinlock_unlock(&dev->records_lock);
	return 0;
}

static void
record_free(struct vcrypto_record *r)
{
	if (r == NULL)
		return;
	vcrypto_mem_wipe(r, r->size);
	rte_free(r);
}

void
vcrypto_record_remove(struct vcrypto_dev *dev, const struct vcrypto_session *s)
{
	struct vcrypto_record **at, *r;

	rte_spinlock_lock(&dev->records_lock);
	for (at = &dev->records; *at != NULL && (*at)->s != s; at = &(*at)->next)
		;
	r = *at;
	if (r != NULL)
		*at = r->next;
	rte_spinlock_unlock(&dev->records_lock);
	record_free(r);
}

void
vcrypto_record_clear(struct vcrypto_dev *dev)
{
	struct vcrypto_record *r;

	while ((r = dev->records) != NULL) {
		dev->records = r->next;
		record_free(r);
	}
}

unsigned int
vcrypto_record_restore(struct vcrypto_dev *dev)
{
	struct vcrypto_record *r;
	unsigned int lost = 0;

	rte_spinlock_lock(&dev->records_lock);
	for (r = dev->records; r != NULL; r = r->next) {
		/* One that was made since the device came back needs no making, nor does
		 * one that a secondary process freed.
		 */
		if (r->s->cookie == vcrypto_cookie(dev) || r->s->stamp != r->stamp)
			continue;
		if (vcrypto_session_create(dev, r->s, &r->req) != 0)
			lost++;
		r->stamp = r->s->stamp;
	}
	rte_spinlock_unlock(&dev->records_lock);
	return lost;
}
