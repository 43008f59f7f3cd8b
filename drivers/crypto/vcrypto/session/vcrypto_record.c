/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Owns the records: copies of the parameters of live sessions, from which recovery creates
 * the sessions again.
 *
 * May call vcrypto_ctrlq.c, and vcrypto_session.c for the session's new id.  Must not hold
 * the spinlock across a command.
 */
#include <errno.h>
#include <string.h>

#include <rte_malloc.h>
#include <rte_spinlock.h>

#include "device/vcrypto_log.h"
#include "device/vcrypto_mem.h"
#include "session/vcrypto_ctrlq.h"
#include "session/vcrypto_record.h"

struct vcrypto_record {
	LIST_ENTRY(vcrypto_record) link;	/* in vcrypto_dev.records */
	struct vcrypto_session *s;	/* the application's; NULL: it was freed while busy */
	uint64_t stamp;			/* s->stamp; differs after a secondary process has
					 * freed the session
					 */
	uint32_t tried;			/* last generation in which it was tried */
	bool busy;			/* a command for it is in flight */
	struct req_session req;		/* keys point into bytes */
	size_t size;			/* bytes of this struct with its keys */
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
			"memory, or leave out recover=1", dev->name, size);
		return -ENOMEM;
	}
	r->s = s;
	r->stamp = s->stamp;
	r->tried = (uint32_t)s->cookie;	/* its generation; a reset may have followed */
	r->busy = false;
	r->req = *req;
	r->size = size;
	if (req->key_len != 0)
		memcpy(r->bytes, req->key, req->key_len);
	if (req->auth_key_len != 0)
		memcpy(r->bytes + req->key_len, req->auth_key, req->auth_key_len);
	r->req.key = r->bytes;
	r->req.auth_key = r->bytes + req->key_len;
	rte_spinlock_lock(&dev->records_lock);
	LIST_INSERT_HEAD(&dev->records, r, link);
	s->record = r;
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
vcrypto_record_remove(struct vcrypto_dev *dev, struct vcrypto_session *s)
{
	struct vcrypto_record *r;

	rte_spinlock_lock(&dev->records_lock);
	r = s->record;
	s->record = NULL;
	if (r != NULL && r->busy) {
		r->s = NULL;	/* record_settle() frees it */
		r = NULL;
	} else if (r != NULL) {
		LIST_REMOVE(r, link);
	}
	rte_spinlock_unlock(&dev->records_lock);
	record_free(r);
}

void
vcrypto_record_clear(struct vcrypto_dev *dev)
{
	struct vcrypto_record *r;

	while ((r = LIST_FIRST(&dev->records)) != NULL) {
		LIST_REMOVE(r, link);
		record_free(r);
	}
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

	rte_spinlock_lock(&dev->records_lock);
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
	rte_spinlock_unlock(&dev->records_lock);
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

	rte_spinlock_lock(&dev->records_lock);
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
	rte_spinlock_unlock(&dev->records_lock);
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
 * sessions could not be created.  Sets *silent if the device does not answer; once it is
 * set, nothing more is sent, and each session counts as not created.
 */
static unsigned int
record_retry_all(struct vcrypto_dev *dev, struct record_retry *retry, unsigned int n,
		bool *silent)
{
	uint64_t cookie = vcrypto_cookie(dev), id = 0;
	unsigned int i, lost = 0;

	for (i = 0; i < n; i++) {
		retry[i].rc = *silent ? -ETIMEDOUT : vcrypto_ctrl_create_begin(dev,
				&retry[i].call, &retry[i].r->req, cookie, true);
		*silent |= retry[i].rc == -ETIMEDOUT || retry[i].rc == -ENODEV;
	}
	for (i = 0; i < n; i++) {
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
