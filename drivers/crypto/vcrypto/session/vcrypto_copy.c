/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Owns the copies of symmetric sessions: their memory, creation and destruction.
 *
 * May call vcrypto_session.c, vcrypto_record.c and vcrypto_ctrlq.c.  Must not wait under the
 * lock of a session's copies.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

#include <rte_cycles.h>

#include "device/vcrypto_log.h"
#include "device/vcrypto_mem.h"
#include "device/vcrypto_registry.h"
#include "session/vcrypto_copy.h"
#include "session/vcrypto_record.h"

#define COPY_POLL_US	20

/* ---- memory ---- */

/* Two threads may need the session's first copy at the same time. */
static struct vcrypto_copies *
copies_of(struct vcrypto_session *s)
{
	struct vcrypto_copies *all = __atomic_load_n(&s->copies, __ATOMIC_ACQUIRE), *mine;

	if (all != NULL)
		return all;
	mine = calloc(1, sizeof(*mine));
	if (mine == NULL)
		return NULL;
	rte_spinlock_init(&mine->lock);
	if (__atomic_compare_exchange_n(&s->copies, &all, mine, false, __ATOMIC_ACQ_REL,
			__ATOMIC_ACQUIRE))
		return mine;
	free(mine);
	return all;
}

/* Under the lock: the copy of a device, empty if it has none yet. */
static struct vcrypto_copy *
copy_at(struct vcrypto_copies *all, unsigned int dev_id)
{
	struct vcrypto_copy *c = all->of[dev_id];

	if (c != NULL)
		return c;
	c = calloc(1, sizeof(*c));
	if (c != NULL)
		__atomic_store_n(&all->of[dev_id], c, __ATOMIC_RELEASE);
	return c;
}

/* ---- creation; under the lock ---- */

static int
copy_fail(struct vcrypto_copy *c, int rc)
{
	c->state = VCRYPTO_COPY_FAILED;
	c->error = rc;
	c->retry_at = rte_get_timer_cycles() +
		VCRYPTO_COPY_RETRY_MS * rte_get_timer_hz() / 1000;
	return rc;
}

/* Takes the answer if it has arrived, and lets bursts find the copy. */
static int
copy_advance(struct vcrypto_copy *c, struct vcrypto_dev *dev)
{
	uint64_t id;
	int rc = vcrypto_ctrl_create_poll(dev, &c->call, &id);

	if (rc == -EINPROGRESS)
		return rc;
	if (rc == 0) {
		rc = vcrypto_session_adopt(dev, &c->s, &c->req, id, c->cookie);
		if (rc != 0)
			(void)vcrypto_ctrl_destroy_unheard(dev, c->req.kind, id, c->cookie);
	}
	if (rc != 0)
		return copy_fail(c, rc);
	c->state = VCRYPTO_COPY_READY;
	__atomic_store_n(&c->ready, c->cookie, __ATOMIC_RELEASE);
	return 0;
}

/* The copy is of no generation that is current, so no burst reads it; its device's reset, in
 * vcrypto_ctrlq_abort(), has ended the command that was in flight.
 */
static int
copy_begin(struct vcrypto_copy *c, struct vcrypto_dev *dev,
		const struct rte_crypto_sym_xform *xform, uint64_t cookie)
{
	uint8_t expanded[VCRYPTO_KEY_ROOM];
	struct req_session req;
	int rc;

	c->state = VCRYPTO_COPY_EMPTY;
	c->cookie = cookie;
	rc = vcrypto_session_params(&c->s, &req, dev, xform, expanded);
	c->req = req;
	c->req.key = c->req.auth_key = NULL;
	if (rc == 0)
		rc = vcrypto_ctrl_create_begin(dev, &c->call, &req, cookie, false);
	vcrypto_mem_wipe(expanded, sizeof(expanded));
	if (rc == -EBUSY)
		return rc;
	if (rc != 0)
		return copy_fail(c, rc);
	c->state = VCRYPTO_COPY_CREATING;
	return copy_advance(c, dev);
}

static int
copy_step(struct vcrypto_copy *c, struct vcrypto_dev *dev,
		const struct rte_crypto_sym_xform *xform, uint64_t cookie)
{
	/* A caller of an earlier generation must not overwrite what a later one uses. */
	if (c->cookie != cookie || c->state == VCRYPTO_COPY_EMPTY)
		return cookie == vcrypto_cookie(dev) ? copy_begin(c, dev, xform, cookie) : -EAGAIN;
	switch (c->state) {
	case VCRYPTO_COPY_READY:
		return 0;
	case VCRYPTO_COPY_CREATING:
		return copy_advance(c, dev);
	default:
		return rte_get_timer_cycles() < c->retry_at ? c->error :
			copy_begin(c, dev, xform, cookie);
	}
}

int
vcrypto_copy_get(const struct vcrypto_session **copy, struct vcrypto_dev *dev,
		struct vcrypto_session *s, uint64_t cookie)
{
	const struct rte_crypto_sym_xform *xform;
	struct vcrypto_copies *all;
	struct vcrypto_copy *c;
	int rc;

	xform = vcrypto_record_xform(s, dev->data->dev_id);
	if (xform == NULL)
		return -ENOENT;
	all = copies_of(s);
	if (all == NULL)
		return -ENOMEM;
	rte_spinlock_lock(&all->lock);
	c = copy_at(all, dev->data->dev_id);
	rc = c != NULL ? copy_step(c, dev, xform, cookie) : -ENOMEM;
	rte_spinlock_unlock(&all->lock);
	*copy = rc == 0 ? &c->s : NULL;
	return rc;
}

int
vcrypto_copy_wait(const struct vcrypto_session **copy, struct vcrypto_dev *dev,
		struct vcrypto_session *s, uint64_t cookie)
{
	int rc;

	/* Bounded: a command ends, and a queue without a free slot becomes -ETIMEDOUT. */
	while ((rc = vcrypto_copy_get(copy, dev, s, cookie)) == -EINPROGRESS || rc == -EBUSY)
		usleep(COPY_POLL_US);
	return rc;
}

/* ---- destruction: no thread uses the session any more ---- */

/* Sends the destroy command.  True if its answer is to be waited for.  If not, the control
 * queue does not know c->call any more.
 */
static bool
copy_destroy_begin(struct vcrypto_copy *c, struct vcrypto_dev *dev)
{
	return (c->state == VCRYPTO_COPY_CREATING || c->state == VCRYPTO_COPY_READY) &&
		vcrypto_ctrl_drop_begin(dev, &c->call, c->req.kind,
			c->state == VCRYPTO_COPY_CREATING, &c->s.id, c->cookie);
}

static void
copy_destroy_end(struct vcrypto_copy *c, struct vcrypto_dev *dev)
{
	int rc = vcrypto_ctrl_destroy_end(dev, &c->call);

	if (rc != 0 && rc != -EAGAIN)
		VCRYPTO_WARN("%s: the device did not destroy session %" PRIu64 " (%d): the next "
			"reset ends it", dev->name, c->s.id, rc);
}

void
vcrypto_copy_destroy_all(struct vcrypto_session *s)
{
	struct vcrypto_dev *dev[RTE_CRYPTO_MAX_DEVS];
	struct vcrypto_copies *all = s->copies;
	bool sent[RTE_CRYPTO_MAX_DEVS];
	unsigned int i;

	if (all == NULL)
		return;
	for (i = 0; i < RTE_DIM(dev); i++) {
		dev[i] = all->of[i] != NULL ? vcrypto_registry_hold(i) : NULL;
		sent[i] = dev[i] != NULL && copy_destroy_begin(all->of[i], dev[i]);
	}
	for (i = 0; i < RTE_DIM(dev); i++) {
		if (sent[i])
			copy_destroy_end(all->of[i], dev[i]);
		if (dev[i] != NULL)
			vcrypto_registry_release(dev[i]);
		free(all->of[i]);
	}
	free(all);
	s->copies = NULL;
}
