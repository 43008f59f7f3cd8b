/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What is done with any device: bursts out and in, each op judged when it is back,
 * sessions made and destroyed meanwhile.  Knows nothing of what happens to the device
 * but that an odd count of shocks is a fault.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_errno.h>
#include <rte_malloc.h>
#include <cryptodev_pmd.h>

#include "soak.h"
#include "usage.h"
#include "vcrypto_dev.h"
#include "session/vcrypto_session.h"

/* For some time the driver does not ask a device that did not answer for an op's session: 1 s,
 * and 1 s for each session that was asked for meanwhile.  The rest is for a busy machine.
 */
#define REFUSE_S	5
/* Ops of a worker at most: the pools hold those of all workers. */
#define IN_FLIGHT_MAX	256
#define SESSION_SIZE	1024	/* private bytes, more than a session of the driver has */

/* ---- pools ---- */

static struct rte_mempool *
op_pool(const struct soak_unit *u, enum rte_crypto_op_type type, unsigned int nb)
{
	char name[RTE_MEMPOOL_NAMESIZE];

	snprintf(name, sizeof(name), "%s_ops%d", u->name, type);
	return rte_crypto_op_pool_create(name, type, nb, 0, sizeof(struct soak_mark),
			SOCKET_ID_ANY);
}

static struct rte_mempool *
buf_pool(const struct soak_unit *u, const char *what, unsigned int nb, uint16_t room)
{
	char name[RTE_MEMPOOL_NAMESIZE];

	snprintf(name, sizeof(name), "%s_%s", u->name, what);
	return rte_pktmbuf_pool_create(name, nb, 0, 0, (uint16_t)(room + RTE_PKTMBUF_HEADROOM),
			SOCKET_ID_ANY);
}

int
unit_init(struct soak_unit *u, const char *name, uint16_t nb_devs, uint64_t seed)
{
	pthread_rwlockattr_t attr;
	unsigned int i;

	memset(u, 0, sizeof(*u));
	u->name = name;
	u->nb_devs = nb_devs;
	u->rng.x = seed;
	/* Stop and start must not wait for workers that come again and again. */
	pthread_rwlockattr_init(&attr);
	pthread_rwlockattr_setkind_np(&attr, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
	pthread_rwlock_init(&u->gate, &attr);
	pthread_mutex_init(&u->lock, NULL);
	u->ops = op_pool(u, RTE_CRYPTO_OP_TYPE_SYMMETRIC, SOAK_NB_OPS);
	u->asym_ops = op_pool(u, RTE_CRYPTO_OP_TYPE_ASYMMETRIC, SOAK_NB_OPS / 4);
	u->mbufs = buf_pool(u, "mbufs", SOAK_NB_MBUFS, SOAK_BUF);
	u->bigs = buf_pool(u, "bigs", SOAK_NB_BIGS, SOAK_BIG);
	u->sess = rte_cryptodev_sym_session_pool_create(name, SOAK_SESSIONS, SESSION_SIZE, 0, 0,
			SOCKET_ID_ANY);
	if (u->ops == NULL || u->asym_ops == NULL || u->mbufs == NULL || u->bigs == NULL ||
			u->sess == NULL) {
		fprintf(stderr, "soak: no memory for pools: give EAL more (-m 384)\n");
		return -1;
	}
	for (i = 0; i < SOAK_WORKERS; i++) {
		struct soak_worker *w = &u->worker[i];

		*w = (struct soak_worker){ .u = u, .dev = &u->dev[i / SOAK_QPS],
			.qp = (uint16_t)(i % SOAK_QPS), .rng = { seed + 1 + i },
			.in = malloc(SOAK_ROOM), .want = malloc(SOAK_ROOM),
			.got = malloc(SOAK_ROOM) };
		if (w->in == NULL || w->want == NULL || w->got == NULL)
			return -1;
	}
	return 0;
}

void
unit_fini(struct soak_unit *u)
{
	unsigned int i;

	for (i = 0; i < SOAK_WORKERS; i++) {
		free(u->worker[i].in);
		free(u->worker[i].want);
		free(u->worker[i].got);
	}
	rte_mempool_free(u->ops);
	rte_mempool_free(u->asym_ops);
	rte_mempool_free(u->mbufs);
	rte_mempool_free(u->bigs);
	rte_mempool_free(u->sess);
	rte_mempool_free(u->asym_sess);
}

static void
check_pool(const struct soak_unit *u, const struct rte_mempool *mp)
{
	if (mp != NULL && rte_mempool_in_use_count(mp) != 0)
		soak_problem(u, "%u objects are missing in pool %s", rte_mempool_in_use_count(mp),
			mp->name);
}

void
unit_check_pools(const struct soak_unit *u)
{
	check_pool(u, u->ops);
	check_pool(u, u->asym_ops);
	check_pool(u, u->mbufs);
	check_pool(u, u->bigs);
	check_pool(u, u->sess);
	check_pool(u, u->asym_sess);
}

struct soak_tally
unit_tally(const struct soak_unit *u)
{
	struct soak_tally sum = { 0 };
	unsigned int i, k;

	/* Sixty-four bit counters all; written by their workers, read while they run. */
	for (i = 0; i < SOAK_WORKERS; i++)
		for (k = 0; k < sizeof(sum) / sizeof(uint64_t); k++)
			((uint64_t *)&sum)[k] += __atomic_load_n(
				&((const uint64_t *)&u->worker[i].t)[k], __ATOMIC_RELAXED);
	return sum;
}

/* ---- the device ---- */

int
dev_configure(struct soak_unit *u, struct soak_dev *dev, uint32_t nb_desc)
{
	struct rte_cryptodev_config conf = { .socket_id = SOCKET_ID_ANY,
		.nb_queue_pairs = dev->nb_qps };
	struct rte_cryptodev_qp_conf qp = { .nb_descriptors = nb_desc, .mp_session = u->sess };
	struct rte_cryptodev_info info = { 0 };
	uint16_t i;
	int rc = rte_cryptodev_configure(dev->id, &conf);

	rte_cryptodev_info_get(dev->id, &info);
	dev->segments = (info.feature_flags & RTE_CRYPTODEV_FF_OOP_SGL_IN_SGL_OUT) != 0;
	dev->stateless = (info.feature_flags & RTE_CRYPTODEV_FF_SYM_SESSIONLESS) != 0;
	for (i = 0; i < dev->nb_qps && rc == 0; i++)
		rc = rte_cryptodev_queue_pair_setup(dev->id, i, &qp, SOCKET_ID_ANY);
	return rc;
}

static void
on_event(uint8_t id, enum rte_cryptodev_event_type type, void *arg)
{
	struct soak_unit *u = arg;

	(void)id;
	(void)type;
	__atomic_add_fetch(&u->ev.told, 1, __ATOMIC_RELAXED);
}

void
dev_listen(struct soak_unit *u, const struct soak_dev *dev)
{
	int rc = rte_cryptodev_callback_register(dev->id, RTE_CRYPTODEV_EVENT_ERROR, on_event, u);

	if (rc != 0)
		soak_problem(u, "no callback is registered: %s", rte_strerror(-rc));
}

void
dev_forget_callbacks(struct soak_unit *u, const struct soak_dev *dev)
{
	rte_cryptodev_callback_unregister(dev->id, RTE_CRYPTODEV_EVENT_ERROR, on_event, u);
	usage_free_callbacks(dev->id);
}

/* ---- sessions ---- */

/* May the worker's device have it?  A session may be any device's; an op without one needs
 * a device that takes such ops.
 */
static bool
session_fits(const struct soak_session *s, const struct soak_worker *w)
{
	return s->used && !s->busy && !s->stale && (s->handle != NULL || w->dev->stateless);
}

/* Takes one for an op.  NULL: there is none. */
static struct soak_session *
session_hold(struct soak_worker *w)
{
	struct soak_unit *u = w->u;
	unsigned int first = rng_below(&w->rng, SOAK_SESSIONS), i;
	struct soak_session *s = NULL;

	pthread_mutex_lock(&u->lock);
	for (i = 0; i < SOAK_SESSIONS; i++) {
		s = &u->session[(first + i) % SOAK_SESSIONS];
		if (session_fits(s, w))
			break;
	}
	if (i == SOAK_SESSIONS)
		s = NULL;
	else
		s->refs++;
	pthread_mutex_unlock(&u->lock);
	return s;
}

static void
session_drop(struct soak_unit *u, struct soak_session *s, bool stale)
{
	pthread_mutex_lock(&u->lock);
	s->refs--;
	s->stale = s->stale || stale;
	pthread_mutex_unlock(&u->lock);
}

static bool
is_asym(const struct soak_session *s)
{
	return s->family == SOAK_RSA || s->family == SOAK_ECDSA;
}

/* What may be refused at any time: time-outs of a busy machine, chains that the device
 * has not.  What else: only around a fault.
 */
static bool
may_be_refused(const struct soak_session *s, int err)
{
	return err == ENOTSUP || err == ETIMEDOUT || (s->home_shocks & 1) != 0 ||
		dev_shocks(s->home) != s->home_shocks;
}

static bool
session_make(struct soak_unit *u, struct soak_session *s)
{
	int err = 0;

	if (is_asym(s))
		err = -rte_cryptodev_asym_session_create(s->home->id, &s->ax, u->asym_sess,
			&s->handle);
	else if ((s->handle = rte_cryptodev_sym_session_create(s->home->id, s->x,
			u->sess)) == NULL)
		err = rte_errno;
	if (err == 0) {
		u->ev.sessions++;
		return true;
	}
	u->ev.refused++;
	if (!may_be_refused(s, err))
		soak_problem(u, "a session of %s%s%s is refused: %s",
			s->cipher != NULL ? s->cipher->name : "",
			s->cipher != NULL && s->auth != NULL ? " and " : "",
			s->auth != NULL ? s->auth->name : "", rte_strerror(err));
	return false;
}

static void
session_create(struct soak_unit *u, struct soak_session *s, struct soak_dev *dev, struct rng *rng)
{
	bool asym = u->asym && s < u->session + SOAK_ASYM, made;

	s->cipher = s->auth = NULL;
	s->handle = NULL;
	s->gmac = s->mac_first = false;
	s->key_len = s->auth_key_len = s->digest_len = s->aad_len = s->iv_len = 0;
	memset(s->x, 0, sizeof(s->x));
	s->home = dev;
	s->home_shocks = dev_shocks(dev);
	s->shocks = unit_shocks(u);
	made = asym ? asym_choose(s, rng) : session_choose(s, rng);
	/* Sessionless: the parameters alone. */
	if (made && !(dev->stateless && !asym && rng_one_in(rng, 6)))
		made = session_make(u, s);
	pthread_mutex_lock(&u->lock);
	s->used = made;
	s->stale = false;
	s->refs = 0;
	s->busy = false;
	pthread_mutex_unlock(&u->lock);
}

static void
session_destroy(struct soak_unit *u, struct soak_session *s, const struct soak_dev *dev)
{
	int rc = 0;

	if (s->handle != NULL && is_asym(s))
		rc = rte_cryptodev_asym_session_free(dev->id, s->handle);
	else if (s->handle != NULL)
		rc = rte_cryptodev_sym_session_free(dev->id, s->handle);
	if (rc != 0)
		soak_problem(u, "a session is not freed: %s", rte_strerror(-rc));
	u->ev.destroyed += s->handle != NULL;
	u->ev.freed_elsewhere += s->handle != NULL && s->home != dev;
	pthread_mutex_lock(&u->lock);
	s->used = s->busy = false;
	pthread_mutex_unlock(&u->lock);
}

/* True: it is ours now, to be made or destroyed. */
static bool
session_claim(struct soak_unit *u, struct soak_session *s, bool *used)
{
	bool mine;

	pthread_mutex_lock(&u->lock);
	*used = s->used;
	if (s->used && s->refs != 0)
		s->stale = true;	/* once its ops are back */
	mine = !s->busy && (!s->used || s->refs == 0);
	if (mine)
		s->busy = true;
	pthread_mutex_unlock(&u->lock);
	return mine;
}

void
unit_session_step(struct soak_unit *u, struct soak_dev *dev, struct rng *rng)
{
	struct soak_session *s = &u->session[rng_below(rng, SOAK_SESSIONS)];
	bool used;

	if (!session_claim(u, s, &used))
		return;
	if (used)
		session_destroy(u, s, dev);
	else
		session_create(u, s, dev, rng);
}

unsigned int
unit_sessions_end(struct soak_unit *u)
{
	const struct soak_dev *dev;
	unsigned int i, left = 0;
	bool used;

	for (i = 0; i < SOAK_SESSIONS; i++) {
		struct soak_session *s = &u->session[i];

		dev = &u->dev[rng_below(&u->rng, u->nb_devs)];
		if (!session_claim(u, s, &used))
			left++;
		else if (used)
			session_destroy(u, s, dev);
		else
			s->busy = false;
	}
	return left;
}

/* ---- bursts ---- */

/* Session commands that the device did not answer in time. */
static uint64_t
timeouts(const struct soak_dev *dev)
{
	return __atomic_load_n(&vcrypto_dev_of(
			rte_cryptodev_pmd_get_dev(dev->id))->ctrlq.timed_out, __ATOMIC_RELAXED);
}

static void
look_at_timeouts(struct soak_worker *w)
{
	uint64_t nb = timeouts(w->dev);

	if (nb == w->timeouts)
		return;
	w->timeouts = nb;
	w->timed_out = rte_get_timer_cycles();
}

static bool
timed_out_lately(const struct soak_worker *w)
{
	return w->timed_out != 0 && rte_get_timer_cycles() - w->timed_out <
		REFUSE_S * rte_get_timer_hz();
}

/* Counters are read by others meanwhile. */
static inline void
add(uint64_t *counter, uint64_t n)
{
	__atomic_store_n(counter, *counter + n, __ATOMIC_RELAXED);
}

static void
give_up(struct soak_worker *w, struct rte_crypto_op *op)
{
	session_drop(w->u, mark_of(op)->s, false);
	op_free(op);
}

static unsigned int
build(struct soak_worker *w, struct rte_crypto_op **ops, unsigned int nb)
{
	unsigned int n;

	look_at_timeouts(w);
	for (n = 0; n < nb; n++) {
		struct soak_session *s = session_hold(w);

		if (s == NULL)
			break;
		ops[n] = is_asym(s) ? asym_build(w, s) : op_build(w, s);
		if (ops[n] == NULL) {
			session_drop(w->u, s, false);
			break;
		}
		mark_of(ops[n])->dev_shocks = dev_shocks(w->dev);
		mark_of(ops[n])->shocks = unit_shocks(w->u);
		mark_of(ops[n])->timeouts = w->timeouts;
		mark_of(ops[n])->refusing = timed_out_lately(w);
		mark_of(ops[n])->state = MARK_IN_FLIGHT;
	}
	return n;
}

/* Is the device's session made when an op needs it?  That of a key is, and a copy of a session
 * that is not of the device as it is now: of another device, of one that was replaced, or one
 * that could not be made again.  If the control queue is full, the op is not taken.
 */
static bool
is_made_later(const struct soak_worker *w, const struct soak_session *s)
{
	const struct vcrypto_dev *dev =
		vcrypto_dev_of(rte_cryptodev_pmd_get_dev(w->dev->id));
	const struct vcrypto_session *mine;

	if (is_asym(s) || s->handle == NULL)
		return is_asym(s);
	mine = CRYPTODEV_GET_SYM_SESS_PRIV(s->handle);
	return __atomic_load_n(&mine->cookie, __ATOMIC_RELAXED) != vcrypto_cookie(dev);
}

static unsigned int
unit_send(struct soak_worker *w)
{
	struct rte_crypto_op *ops[SOAK_BURST];
	uint32_t shocks = dev_shocks(w->dev);
	unsigned int nb, i, room = IN_FLIGHT_MAX - w->in_flight;
	uint16_t sent;

	nb = build(w, ops, RTE_MIN(room, 1 + rng_below(&w->rng, SOAK_BURST)));
	if (nb == 0)
		return 0;
	for (i = 0; i < nb; i++)
		add(&w->t.bytes, mark_of(ops[i])->len);
	sent = rte_cryptodev_enqueue_burst(w->dev->id, (uint8_t)w->qp, ops, (uint16_t)nb);
	if (sent == 0 && w->in_flight == 0 && !is_made_later(w, mark_of(ops[0])->s) &&
			(shocks & 1) == 0 && dev_shocks(w->dev) == shocks && w->took == shocks)
		soak_problem(w->u, "an empty queue pair takes no op (%s, %u bytes, status %u)",
			mark_of(ops[0])->s->auth != NULL ? mark_of(ops[0])->s->auth->name :
			"a cipher", mark_of(ops[0])->len, ops[0]->status);
	add(&w->t.submitted, sent);
	__atomic_store_n(&w->in_flight, w->in_flight + sent, __ATOMIC_RELAXED);
	for (i = sent; i < nb; i++)
		give_up(w, ops[i]);
	return sent;
}

/* Was there one between the op's way out and now? */
static bool
saw_fault(const struct soak_worker *w, const struct soak_mark *mark)
{
	return (mark->dev_shocks & 1) != 0 || mark->dev_shocks != dev_shocks(w->dev);
}

/* The driver compares hashes and MACs itself; all else is the device's word. */
static bool
mac_is_ours(const struct soak_session *s)
{
	return (s->family == SOAK_DIGEST && !s->gmac) || s->family == SOAK_CHAIN;
}

static const char *
judge_success(struct soak_worker *w, struct rte_crypto_op *op, bool fault)
{
	struct soak_mark *mark = mark_of(op);
	const char *why = NULL;

	add(&w->t.ok, 1);
	__atomic_store_n(&w->ok_shocks, mark->dev_shocks, __ATOMIC_RELAXED);
	add(&w->t.family[mark->s->family], 1);
	add(&w->t.shared, mark->s->handle != NULL && mark->s->home != w->dev);
	if (mark->forged && !(w->u->hostile && fault && !mac_is_ours(mark->s)))
		return "a forged digest is taken";
	if (!mark->checked || (w->u->hostile && fault))
		return NULL;
	if (mark->s->family < SOAK_RSA && op->sym->m_src->nb_segs == 1 &&
			op->sym->m_dst == NULL && soak_plant(PLANT_WRONG))
		*rte_pktmbuf_mtod_offset(op->sym->m_src, uint8_t *, mark->head) ^= 1;
	why = is_asym(mark->s) ? asym_wrong(op) : op_wrong(w, op);
	add(&w->t.right, why == NULL);
	return why;
}

/* What is wrong with an op that came back; NULL: nothing. */
static const char *
judge(struct soak_worker *w, struct rte_crypto_op *op)
{
	struct soak_mark *mark = mark_of(op);
	bool fault = saw_fault(w, mark);

	switch (op->status) {
	case RTE_CRYPTO_OP_STATUS_SUCCESS:
		return judge_success(w, op, fault);
	case RTE_CRYPTO_OP_STATUS_AUTH_FAILED:
		add(&w->t.forged, 1);
		return mark->forged || (w->u->hostile && fault) ? NULL :
			"a right digest is refused";
	case RTE_CRYPTO_OP_STATUS_INVALID_SESSION:
		add(&w->t.no_session, 1);
		/* Its session may have gone with a fault of long ago. */
		return fault || mark->s->shocks != mark->shocks ? NULL :
			"INVALID_SESSION without a fault";
	case RTE_CRYPTO_OP_STATUS_ERROR:
		/* RSA and ECDSA have no other word for a signature that is wrong. */
		if (mark->forged && is_asym(mark->s)) {
			add(&w->t.forged, 1);
			return NULL;
		}
		add(&w->t.lost, 1);
		fault = fault || (is_made_later(w, mark->s) && (mark->refusing ||
			mark->timeouts != timeouts(w->dev)));
		return fault ? NULL : "ERROR without a fault";
	default:
		return "an op comes back with a status of one that was not taken";
	}
}

static void
take_one(struct soak_worker *w, struct rte_crypto_op *op)
{
	struct soak_mark *mark = mark_of(op);
	const struct soak_session *s = mark->s;
	const char *why;

	add(&w->t.returned, 1);
	if (mark->state != MARK_IN_FLIGHT || mark->w != w) {
		soak_problem(w->u, "queue pair %u gives an op that it does not have", w->qp);
		return;
	}
	__atomic_store_n(&w->in_flight, w->in_flight - 1, __ATOMIC_RELAXED);
	why = judge(w, op);
	if (why != NULL)
		soak_problem(w->u, "%s: device %u, session of %u, %s%s%s%s, %s, %u + %u bytes, %s, "
			"digest %u, status %u", why, (unsigned int)(w->dev - w->u->dev),
			(unsigned int)(s->home - w->u->dev),
			s->handle == NULL ? "sessionless " : "",
			s->cipher != NULL ? s->cipher->name : "",
			s->cipher != NULL && s->auth != NULL ? " and " : "",
			s->auth != NULL ? s->auth->name : "", s->encrypt ? "encrypt" : "decrypt",
			mark->head, mark->len, op->type == RTE_CRYPTO_OP_TYPE_SYMMETRIC &&
			op->sym->m_dst != NULL ? "out of place" : "in place", s->digest_len,
			op->status);
	session_drop(w->u, mark->s, op->status == RTE_CRYPTO_OP_STATUS_INVALID_SESSION);
	if (op->type == RTE_CRYPTO_OP_TYPE_SYMMETRIC && soak_plant(PLANT_LEAK))
		op->sym->m_src = NULL;
	op_free(op);
}

static unsigned int
take(struct soak_worker *w)
{
	struct rte_crypto_op *ops[SOAK_BURST];
	uint32_t shocks = dev_shocks(w->dev);
	uint16_t n, i;

	n = rte_cryptodev_dequeue_burst(w->dev->id, (uint8_t)w->qp, ops,
			(uint16_t)(1 + rng_below(&w->rng, SOAK_BURST)));
	w->took = shocks;
	for (i = 0; i < n; i++) {
		if (soak_plant(PLANT_LOST))
			continue;
		if (soak_plant(PLANT_TWICE))
			add(&w->t.returned, 1);
		take_one(w, ops[i]);
	}
	return n;
}

unsigned int
worker_step(struct soak_worker *w)
{
	unsigned int moved = 0;

	if (!dev_is_quiet(w->dev) && w->in_flight < IN_FLIGHT_MAX &&
			!rng_one_in(&w->rng, 4))
		moved += unit_send(w);
	return moved + take(w);
}
