/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Uses cryptodevs in the way of VPP's plugin for DPDK's cryptodevs: every queue pair of every
 * device with 1024 descriptors, each session created on the first device and used on all,
 * frames of 64 elements, at most 1023 in flight, by ops or by the raw data path.  There frames
 * come back in parts, and some are given up in the middle.  Every element is judged.
 *
 * usage: vpp_shape [EAL options] -- op|raw FRAMES
 *
 * Each queue pair has a thread while there are lcores for it, else the main one; FRAMES is
 * the number for each.  Exits with 0 if all elements are right.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_cryptodev.h>
#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_launch.h>
#include <rte_malloc.h>
#include <rte_random.h>

#include "vpp_elt.h"

enum {
	FRAME = 64,
	DESCRIPTORS = 1024,
	MAX_IN_FLIGHT = DESCRIPTORS - 1,
	RING = DESCRIPTORS / FRAME,	/* frames under way */
	MAX_WORKERS = 16,
	MAX_GIVEN_UP = 16,		/* frames of a worker */
	WAIT_S = 300,			/* for the device, in which it does nothing */
};

#define IV_OFFSET (sizeof(struct rte_crypto_op) + sizeof(struct rte_crypto_sym_op))
#define ELT_OFFSET (IV_OFFSET + 16)

struct frame {
	struct elt elt[FRAME];
	uint16_t back;	/* elements that came back */
};

/* One queue pair. */
struct worker {
	uint8_t dev;
	uint16_t qp;
	bool raw;
	unsigned int nb_frames;
	uint32_t seed;
	struct frame *ring[RING], *given_up[MAX_GIVEN_UP];
	unsigned int head, tail, nb_given_up;	/* head and tail run freely */
	uint16_t in_flight;
	struct rte_crypto_raw_dp_ctx *ctx;
	struct rte_mempool *ops, *mbufs;
	unsigned int nb_right, nb_forged, nb_wrong;
};

static void *sessions[ELT_NB_KINDS][2];
static struct rte_mempool *session_pool;
static struct worker workers[MAX_WORKERS];
static unsigned int nb_workers;

static void
must(bool holds, const char *otherwise)
{
	if (!holds) {
		printf("FAIL %s\n", otherwise);
		exit(EXIT_FAILURE);
	}
}

/* ---- verdicts ---- */

static void
judge(struct worker *w, struct frame *f)
{
	for (unsigned int i = 0; i < FRAME; i++) {
		const struct elt *e = &f->elt[i];
		const char *wrong = elt_judge(e);

		if (wrong == NULL) {
			w->nb_right++;
			w->nb_forged += e->forged && e->done;
		} else if (w->nb_wrong++ < 5) {
			printf("FAIL device %u, queue pair %u: kind %d, %s, %u bytes in %u: %s\n",
				w->dev, w->qp, e->kind, e->decrypt ? "in" : "out", e->len,
				e->nb_segs, wrong);
		}
	}
}

static void
retire(struct worker *w, struct frame *f)
{
	if (f->back < FRAME)
		return;
	judge(w, f);
	w->tail++;
}

static struct frame *
new_frame(void)
{
	struct frame *f = rte_zmalloc(NULL, sizeof(*f), 64);

	must(f != NULL, "no memory for a frame");
	return f;
}

/* ---- the raw data path ---- */

static int
raw_configure(struct worker *w, void *session, bool update)
{
	union rte_cryptodev_session_ctx ctx = { .crypto_sess = session };

	return rte_cryptodev_configure_raw_dp_ctx(w->dev, w->qp, w->ctx,
		RTE_CRYPTO_OP_WITH_SESSION, ctx, update);
}

static struct rte_crypto_va_iova_ptr
raw_ptr(void *p)
{
	return (struct rte_crypto_va_iova_ptr){ p, rte_mem_virt2iova(p) };
}

/* One element; broken: with ranges that no driver may take. */
static int
raw_add(struct worker *w, struct frame *f, struct elt *e, bool broken)
{
	struct rte_crypto_va_iova_ptr iv = raw_ptr(e->iv), aad = raw_ptr(e->aad);
	struct rte_crypto_va_iova_ptr tag = raw_ptr(e->tag);
	union rte_crypto_sym_ofs ofs = elt_ofs(e);
	struct rte_crypto_vec vec[ELT_SEGS];

	for (uint16_t i = 0; i < e->nb_segs; i++)
		vec[i] = (struct rte_crypto_vec){ .base = e->seg[i].at, .len = e->seg[i].len,
			.iova = rte_mem_virt2iova(e->seg[i].at) };
	if (broken)
		ofs.ofs.cipher.head = ofs.ofs.auth.head = ELT_MAX + 1;
	return rte_cryptodev_raw_enqueue(w->ctx, vec, e->nb_segs, ofs, &iv, &tag,
		e->kind == ELT_GMAC ? &iv : &aad, f);
}

/* Gives up all of the frame, as VPP does where an element is refused: what is in the
 * context and not published must be forgotten.
 */
static void
raw_give_up(struct worker *w, struct frame *f)
{
	must(raw_configure(w, sessions[0][0], false) == 0, "a context cannot be reset");
	for (unsigned int i = 0; i < FRAME; i++)
		f->elt[i].discarded = true;
	/* judged at the end: the place in the ring gets other memory */
	w->given_up[w->nb_given_up++] = f;
	w->ring[w->head % RING] = new_frame();
}

/* A frame, or with break_at below FRAME a part of one that is given up. */
static void
raw_enqueue(struct worker *w, struct frame *f, unsigned int break_at)
{
	void *last = NULL;

	for (unsigned int i = 0; i < FRAME; i++) {
		struct elt *e = &f->elt[i];
		void *session = sessions[e->kind][e->decrypt];
		int rc;

		if (session != last)
			must(raw_configure(w, session, last != NULL) == 0,
				"a session cannot be taken by a context");
		last = session;
		rc = raw_add(w, f, e, i == break_at);
		if (i == break_at) {
			must(rc < 0, "a range beyond the element is taken");
			raw_give_up(w, f);
			return;
		}
		must(rc == 0, "an element is refused though there is room");
	}
	must(rte_cryptodev_raw_enqueue_done(w->ctx, FRAME) == 0, "enqueue_done fails");
	w->in_flight += FRAME;
	w->head++;
}

static void
raw_post(void *frame, uint32_t index, uint8_t good)
{
	struct frame *f = frame;
	struct elt *e = &f->elt[f->back + index];

	must(f->back + index < FRAME && !e->done, "an element comes back twice");
	e->done = true;
	e->good = good;
}

/* At most a part of the oldest frame. */
static unsigned int
raw_dequeue(struct worker *w)
{
	struct frame *f = w->ring[w->tail % RING];
	uint32_t part = 1 + rte_rand_max(FRAME);
	uint32_t max = RTE_MIN(part, (uint32_t)(FRAME - f->back)), good;
	void *user;
	int status;
	uint32_t nb = rte_cryptodev_raw_dequeue_burst(w->ctx, NULL, max, raw_post, &user, 0,
		&good, &status);

	if (nb == 0)
		return 0;
	must(nb <= max && user == f, "another frame comes back than the oldest");
	must(rte_cryptodev_raw_dequeue_done(w->ctx, nb) == 0, "dequeue_done fails");
	f->back += nb;
	w->in_flight -= nb;
	retire(w, f);
	return nb;
}

/* ---- ops ---- */

/* The element's segments as a chain of mbufs. */
static struct rte_mbuf *
op_chain(struct worker *w, const struct elt *e)
{
	struct rte_mbuf *m[ELT_SEGS];

	must(rte_pktmbuf_alloc_bulk(w->mbufs, m, e->nb_segs) == 0, "mbufs were lost");
	for (uint16_t i = 0; i < e->nb_segs; i++) {
		memcpy(rte_pktmbuf_append(m[i], e->seg[i].len), e->seg[i].at, e->seg[i].len);
		if (i != 0)
			must(rte_pktmbuf_chain(m[0], m[i]) == 0, "a chain is too long");
	}
	return m[0];
}

static void
op_fill(struct rte_crypto_op *op, struct elt *e, struct rte_mbuf *m)
{
	union rte_crypto_sym_ofs ofs = elt_ofs(e);
	struct rte_crypto_sym_op *sym = op->sym;

	sym->m_src = m;
	memcpy(rte_crypto_op_ctod_offset(op, void *, IV_OFFSET), e->iv, sizeof(e->iv));
	*rte_crypto_op_ctod_offset(op, struct elt **, ELT_OFFSET) = e;
	rte_crypto_op_attach_sym_session(op, sessions[e->kind][e->decrypt]);
	if (e->kind == ELT_GCM_8 || e->kind == ELT_GCM_12 || e->kind == ELT_GCM_EMPTY) {
		sym->aead.data.length = e->len - ofs.ofs.cipher.tail;
		sym->aead.aad.data = e->aad;
		sym->aead.aad.phys_addr = rte_mem_virt2iova(e->aad);
		sym->aead.digest.data = e->tag;
		sym->aead.digest.phys_addr = rte_mem_virt2iova(e->tag);
		return;
	}
	sym->cipher.data.offset = ofs.ofs.cipher.head;
	sym->cipher.data.length = e->len - ofs.ofs.cipher.head;
	sym->auth.data.length = e->len;
	sym->auth.digest.data = e->tag;
	sym->auth.digest.phys_addr = rte_mem_virt2iova(e->tag);
}

/* All of a frame, which has to be taken at once. */
static void
op_enqueue(struct worker *w, struct frame *f)
{
	struct rte_crypto_op *ops[FRAME];

	must(rte_crypto_op_bulk_alloc(w->ops, RTE_CRYPTO_OP_TYPE_SYMMETRIC, ops, FRAME) == FRAME,
		"ops were lost");
	for (unsigned int i = 0; i < FRAME; i++)
		op_fill(ops[i], &f->elt[i], op_chain(w, &f->elt[i]));
	must(rte_cryptodev_enqueue_burst(w->dev, w->qp, ops, FRAME) == FRAME,
		"a burst is not taken whole, though there is room");
	w->in_flight += FRAME;
	w->head++;
}

static void
op_take(struct rte_crypto_op *op)
{
	struct elt *e = *rte_crypto_op_ctod_offset(op, struct elt **, ELT_OFFSET);
	uint32_t off = 0;

	must(!e->done, "an element comes back twice");
	e->done = true;
	e->good = op->status == RTE_CRYPTO_OP_STATUS_SUCCESS;
	for (uint16_t i = 0; i < e->nb_segs; i++) {
		memcpy(e->seg[i].at, rte_pktmbuf_read(op->sym->m_src, off, e->seg[i].len,
			e->seg[i].at), e->seg[i].len);
		off += e->seg[i].len;
	}
	rte_pktmbuf_free(op->sym->m_src);
	rte_crypto_op_free(op);
}

static unsigned int
op_dequeue(struct worker *w)
{
	struct frame *f = w->ring[w->tail % RING];
	struct rte_crypto_op *ops[FRAME];
	uint16_t nb = rte_cryptodev_dequeue_burst(w->dev, w->qp, ops, FRAME - f->back);

	for (uint16_t i = 0; i < nb; i++)
		op_take(ops[i]);
	w->in_flight -= nb;
	f->back += nb;	/* in order */
	retire(w, f);
	return nb;
}

/* ---- a queue pair's work ---- */

static void
work_dequeue(struct worker *w)
{
	uint64_t end = rte_get_timer_cycles() + WAIT_S * rte_get_timer_hz();

	while ((w->raw ? raw_dequeue(w) : op_dequeue(w)) == 0)
		must(rte_get_timer_cycles() < end, "the device does not answer");
}

static int
work(void *arg)
{
	struct worker *w = arg;

	for (unsigned int i = 0; i < w->nb_frames; i++) {
		struct frame *f = w->ring[w->head % RING];

		/* the slot of a frame is free again before the queue pair is full */
		while (w->in_flight + FRAME > MAX_IN_FLIGHT || w->head - w->tail == RING)
			work_dequeue(w);
		for (unsigned int j = 0; j < FRAME; j++)
			elt_fill(&f->elt[j], &w->seed);
		f->back = 0;
		if (!w->raw)
			op_enqueue(w, f);
		else if (i % 7 == 3 && w->nb_given_up < MAX_GIVEN_UP)
			raw_enqueue(w, f, i % FRAME);
		else
			raw_enqueue(w, f, FRAME);
		if (i % 3 == 0 && w->in_flight != 0)
			work_dequeue(w);
	}
	while (w->in_flight != 0)
		work_dequeue(w);
	for (unsigned int i = 0; i < w->nb_given_up; i++)
		judge(w, w->given_up[i]);
	return 0;
}

/* ---- set-up ---- */

static void
add_worker(uint8_t dev, uint16_t qp, bool raw, unsigned int nb_frames)
{
	struct worker *w = &workers[nb_workers];
	char name[2][RTE_MEMPOOL_NAMESIZE];

	must(nb_workers < MAX_WORKERS, "too many queue pairs");
	*w = (struct worker){ .dev = dev, .qp = qp, .raw = raw, .nb_frames = nb_frames,
		.seed = ++nb_workers };
	for (unsigned int i = 0; i < RING; i++)
		w->ring[i] = new_frame();
	if (raw) {
		w->ctx = rte_zmalloc(NULL, (size_t)rte_cryptodev_get_raw_dp_ctx_size(dev), 64);
		must(w->ctx != NULL, "no memory for a context");
		return;
	}
	snprintf(name[0], sizeof(name[0]), "ops%u", nb_workers);
	snprintf(name[1], sizeof(name[1]), "mbufs%u", nb_workers);
	w->ops = rte_crypto_op_pool_create(name[0], RTE_CRYPTO_OP_TYPE_SYMMETRIC, DESCRIPTORS, 0,
		16 + sizeof(struct elt *), SOCKET_ID_ANY);
	w->mbufs = rte_pktmbuf_pool_create(name[1], DESCRIPTORS * ELT_SEGS, 0, 0, ELT_MAX +
		RTE_PKTMBUF_HEADROOM, SOCKET_ID_ANY);
	must(w->ops != NULL && w->mbufs != NULL, "no memory for the pools");
}

static void
start_device(uint8_t dev, bool raw, unsigned int nb_frames)
{
	struct rte_cryptodev_qp_conf qp = { .nb_descriptors = DESCRIPTORS,
		.mp_session = session_pool };
	struct rte_cryptodev_config config = { 0 };
	struct rte_cryptodev_info info;

	rte_cryptodev_info_get(dev, &info);
	config.nb_queue_pairs = (uint16_t)info.max_nb_queue_pairs;
	must(rte_cryptodev_configure(dev, &config) == 0, "a device cannot be configured");
	for (uint16_t i = 0; i < config.nb_queue_pairs; i++) {
		must(rte_cryptodev_queue_pair_setup(dev, i, &qp, SOCKET_ID_ANY) == 0,
			"a queue pair cannot be set up");
		add_worker(dev, i, raw, nb_frames);
	}
	must(rte_cryptodev_start(dev) == 0, "a device cannot be started");
}

static void
make_sessions(uint8_t dev)
{
	for (unsigned int kind = 0; kind < ELT_NB_KINDS; kind++)
		for (unsigned int in = 0; in < 2; in++) {
			struct rte_crypto_sym_xform *x = elt_xform(kind, in != 0, IV_OFFSET);

			sessions[kind][in] = rte_cryptodev_sym_session_create(dev, x, session_pool);
			must(sessions[kind][in] != NULL, "a session is refused");
		}
}

static void
run_all(void)
{
	unsigned int next = 0, lcore;

	while (next < nb_workers) {
		RTE_LCORE_FOREACH_WORKER(lcore)
			if (next < nb_workers)
				rte_eal_remote_launch(work, &workers[next++], lcore);
		if (rte_lcore_count() == 1)
			work(&workers[next++]);
		rte_eal_mp_wait_lcore();
	}
}

static int
report(void)
{
	unsigned int right = 0, wrong = 0, forged = 0, given_up = 0;

	for (unsigned int i = 0; i < nb_workers; i++) {
		right += workers[i].nb_right;
		wrong += workers[i].nb_wrong;
		forged += workers[i].nb_forged;
		given_up += workers[i].nb_given_up * FRAME;
	}
	printf("%u queue pairs: %u elements right, %u of them forged and refused, %u given up, "
		"%u wrong\n", nb_workers, right, forged, given_up, wrong);
	return wrong == 0 && right == nb_workers * workers[0].nb_frames * FRAME && forged != 0 ?
		EXIT_SUCCESS : EXIT_FAILURE;
}

int
main(int argc, char **argv)
{
	int nb_args = rte_eal_init(argc, argv), code;
	uint8_t devs[RTE_CRYPTO_MAX_DEVS], nb;

	must(nb_args >= 0 && argc - nb_args == 3,
		"usage: vpp_shape [EAL options] -- op|raw FRAMES");
	nb = rte_cryptodev_devices_get("crypto_virtio", devs, RTE_DIM(devs));
	must(nb != 0, "no crypto_virtio device");
	session_pool = rte_cryptodev_sym_session_pool_create("sessions", 2 * ELT_NB_KINDS,
		rte_cryptodev_sym_get_private_session_size(devs[0]), 0, 0, SOCKET_ID_ANY);
	must(session_pool != NULL, "no memory for the sessions");
	for (uint8_t i = 0; i < nb; i++)
		start_device(devs[i], strcmp(argv[nb_args + 1], "raw") == 0,
			(unsigned int)atoi(argv[nb_args + 2]));
	make_sessions(devs[0]);
	run_all();
	code = report();
	for (unsigned int i = 0; i < 2 * ELT_NB_KINDS; i++)
		must(rte_cryptodev_sym_session_free(devs[0], sessions[i / 2][i % 2]) == 0,
			"a session cannot be freed");
	for (uint8_t i = 0; i < nb; i++) {
		rte_cryptodev_stop(devs[i]);
		rte_cryptodev_close(devs[i]);
	}
	rte_eal_cleanup();
	return code;
}
