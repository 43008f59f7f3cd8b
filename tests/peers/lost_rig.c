/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The device and its operations; see lost.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_bus_vdev.h>
#include <rte_crypto.h>
#include <rte_cryptodev.h>
#include <rte_cycles.h>
#include <rte_mbuf.h>

#include "block.h"
#include "lost.h"

#define VDEV		"crypto_virtio_user0"
#define POLL_US		200

struct daemon vcryptod;

static uint8_t dev_id;
static unsigned int events;
static struct block_pools pools;
static void *session;
static struct rte_crypto_op *ops[NB_QPS][NB_OPS];
static struct rte_mbuf *dst[NB_QPS][NB_OPS];
static bool in_flight[NB_QPS][NB_OPS];

uint64_t
now_ms(void)
{
	return rte_get_timer_cycles() * 1000 / rte_get_timer_hz();
}

/* ---- the device ---- */

static void
count_event(uint8_t id, enum rte_cryptodev_event_type type, void *arg)
{
	(void)id;
	(void)type;
	(void)arg;
	__atomic_fetch_add(&events, 1, __ATOMIC_RELAXED);
}

unsigned int
device_events(void)
{
	return __atomic_load_n(&events, __ATOMIC_RELAXED);
}

bool
device_create(const char *path, const char *more)
{
	char args[256];

	snprintf(args, sizeof(args), "path=%s,queues=%u%s", path, NB_QPS, more);
	if (rte_vdev_init(VDEV, args) != 0)
		return false;
	__atomic_store_n(&events, 0, __ATOMIC_RELAXED);
	dev_id = (uint8_t)rte_cryptodev_get_dev_id(VDEV);
	return rte_cryptodev_callback_register(dev_id, RTE_CRYPTODEV_EVENT_ERROR, count_event,
			NULL) == 0;
}

bool
device_remove(void)
{
	rte_cryptodev_callback_unregister(dev_id, RTE_CRYPTODEV_EVENT_ERROR, count_event, NULL);
	return rte_vdev_uninit(VDEV) == 0 && rte_cryptodev_get_dev_id(VDEV) < 0;
}

static bool
create_op(struct rte_crypto_op **op, struct rte_mbuf **to)
{
	*op = rte_crypto_op_alloc(pools.ops, RTE_CRYPTO_OP_TYPE_SYMMETRIC);
	*to = rte_pktmbuf_alloc(pools.mbufs);
	if (*op == NULL || *to == NULL)
		return false;
	(*op)->sym->m_src = rte_pktmbuf_alloc(pools.mbufs);
	return (*op)->sym->m_src != NULL && rte_pktmbuf_append((*op)->sym->m_src, BLOCK) != NULL &&
		rte_pktmbuf_append(*to, BLOCK) != NULL;
}

static bool
create_ops(void)
{
	unsigned int q, i;

	for (q = 0; q < NB_QPS; q++)
		for (i = 0; i < NB_OPS; i++)
			if (!create_op(&ops[q][i], &dst[q][i]))
				return false;
	return true;
}

bool
device_configure(void)
{
	/* The first device says how large a session is. */
	if (pools.sessions == NULL && !(block_pools(&pools, dev_id, 127) && create_ops()))
		return false;
	return block_configure(&pools, dev_id, NB_QPS, 64);
}

bool
device_start(void)
{
	return rte_cryptodev_start(dev_id) == 0;
}

void
device_stop(void)
{
	rte_cryptodev_stop(dev_id);
}

bool
device_close(void)
{
	return rte_cryptodev_close(dev_id) == 0;
}

bool
session_create(void)
{
	session = block_session(&pools, dev_id);
	return session != NULL;
}

void
session_free(void)
{
	if (session != NULL)
		rte_cryptodev_sym_session_free(dev_id, session);
	session = NULL;
}

/* ---- operations ---- */

static void
prepare(unsigned int q, unsigned int i, bool out_of_place)
{
	struct rte_crypto_op *op = ops[q][i];

	block_op(op, session, BLOCK);
	op->sym->m_dst = out_of_place ? dst[q][i] : NULL;
	memcpy(rte_pktmbuf_mtod(op->sym->m_src, uint8_t *), block_plain, BLOCK);
	memset(rte_pktmbuf_mtod(dst[q][i], uint8_t *), 0, BLOCK);
}

unsigned int
ops_send(bool out_of_place)
{
	unsigned int q, i, sent = 0;

	for (q = 0; q < NB_QPS; q++) {
		uint16_t n;

		for (i = 0; i < NB_OPS; i++)
			prepare(q, i, out_of_place);
		n = rte_cryptodev_enqueue_burst(dev_id, (uint8_t)q, ops[q], NB_OPS);
		for (i = 0; i < NB_OPS; i++)
			in_flight[q][i] = i < n;
		sent += n;
	}
	return sent;
}

static void
judge(struct tally *t, unsigned int q, const struct rte_crypto_op *op)
{
	const struct rte_mbuf *out = op->sym->m_dst != NULL ? op->sym->m_dst : op->sym->m_src;
	unsigned int i = 0;

	while (i < NB_OPS && ops[q][i] != op)
		i++;
	t->back++;
	if (i == NB_OPS || !in_flight[q][i]) {
		t->twice = true;
		return;
	}
	in_flight[q][i] = false;
	t->right += op->status == RTE_CRYPTO_OP_STATUS_SUCCESS &&
		memcmp(rte_pktmbuf_mtod(out, uint8_t *), block_result, BLOCK) == 0;
	t->failed += op->status == RTE_CRYPTO_OP_STATUS_ERROR;
	t->invalid_session += op->status == RTE_CRYPTO_OP_STATUS_INVALID_SESSION;
}

static void
take(struct tally *t)
{
	struct rte_crypto_op *done[NB_OPS];
	unsigned int q;
	uint16_t i, n;

	for (q = 0; q < NB_QPS; q++) {
		n = rte_cryptodev_dequeue_burst(dev_id, (uint8_t)q, done, NB_OPS);
		for (i = 0; i < n; i++)
			judge(t, q, done[i]);
	}
}

struct tally
ops_collect(unsigned int sent)
{
	uint64_t began = now_ms();
	struct tally t = { 0 };

	while (t.back < sent && now_ms() < began + WAIT_MS) {
		take(&t);
		usleep(POLL_US);
	}
	t.ms = (unsigned int)(now_ms() - began);
	take(&t);	/* nothing more may come */
	return t;
}

void
ops_poll(void)
{
	struct tally t = { 0 };

	take(&t);
	usleep(POLL_US);
}

bool
all_right(const struct tally *t, unsigned int sent)
{
	return sent > 0 && t->back == sent && t->right == sent && !t->twice;
}

bool
ops_encrypt(void)
{
	unsigned int sent = ops_send(false);
	struct tally t = ops_collect(sent);

	return sent == NB_QPS * NB_OPS && all_right(&t, sent);
}
