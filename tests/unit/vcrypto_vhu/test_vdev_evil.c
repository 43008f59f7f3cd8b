/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The virtual device with operations in flight, and a back end that breaks the rules of
 * its rings, answers nothing or hangs up: split and packed.  Each op comes back once,
 * with an error; stop, start and removal need nothing of the back end.
 *
 * The back end is in this process: its rings are where the front end said.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include <rte_bus_vdev.h>
#include <rte_cryptodev.h>
#include <rte_eal.h>
#include <rte_mbuf.h>

#include "lib/wire/virtio_ring.h"
#include "log_capture.h"
#include "vdev.h"

#define NB	8	/* ops in flight */
#define SIZE	64	/* entries */
#define POLLS	200000	/* of 500 us at least; only what has failed takes so many */
#define USED	(VIRTQ_DESC_F_AVAIL | VIRTQ_DESC_F_USED)	/* in a ring's first lap */

static struct rte_mempool *sessions, *op_pool, *mbuf_pool;
static struct rte_crypto_op *op[NB];
static void *session;
static struct rte_crypto_op *outside;	/* its buffer is in memory that is not DPDK's; or NULL */

/* ---- the device ---- */

static void
create_session(void)
{
	if (sessions == NULL)
		sessions = rte_cryptodev_sym_session_pool_create("sessions", 4,
			rte_cryptodev_sym_get_private_session_size(0), 0, 0, SOCKET_ID_ANY);
	assert_non_null(sessions);
	session = vdev_session(sessions);
	assert_non_null(session);
}

static void
up(bool packed)
{
	assert_int_equal(vdev_up(1, SIZE, packed ? ",sessions=message,in_order=0,packed_vq=1" :
			",sessions=message,in_order=0,packed_vq=0"), 0);
	create_session();
}

static void
down(void)
{
	rte_cryptodev_sym_session_free(0, session);
	assert_int_equal(rte_vdev_uninit(VDEV_NAME), 0);
}

/* ---- operations ---- */

static void
make_ops(void)
{
	unsigned int i;

	for (i = 0; i < NB; i++) {
		op[i] = rte_crypto_op_alloc(op_pool, RTE_CRYPTO_OP_TYPE_SYMMETRIC);
		assert_non_null(op[i]);
		op[i]->sym->m_src = rte_pktmbuf_alloc(mbuf_pool);
		assert_non_null(rte_pktmbuf_append(op[i]->sym->m_src, 32));
		op[i]->sym->cipher.data.offset = 0;
		op[i]->sym->cipher.data.length = 32;
		rte_crypto_op_attach_sym_session(op[i], session);
	}
}

static void
send(void)
{
	make_ops();
	assert_int_equal(rte_cryptodev_enqueue_burst(0, 0, op, NB), NB);
}

/* One of them has its data in memory of this program. */
static void
send_one_outside(void)
{
	make_ops();
	outside = op[NB / 2];
	vdev_move_outside(outside->sym->m_src, 32);
	assert_int_equal(rte_cryptodev_enqueue_burst(0, 0, op, NB), NB);
}

/* All of them, once each, with an error; a bounded wait. */
static void
all_come_back(void)
{
	struct rte_crypto_op *got[NB + 1];
	unsigned int polls, i, k, n = 0;

	for (polls = 0; polls < POLLS && n < NB; polls++) {
		n += rte_cryptodev_dequeue_burst(0, 0, got + n, (uint16_t)(NB + 1 - n));
		if (n < NB)
			usleep(500);
	}
	assert_int_equal(n, NB);
	assert_int_equal(rte_cryptodev_dequeue_burst(0, 0, got + n, 1), 0);
	for (i = 0; i < NB; i++) {
		for (k = 0; k < NB && op[k] != got[i]; k++)
			;
		assert_in_range(k, 0, NB - 1);
		op[k] = NULL;
		assert_int_equal(got[i]->status, got[i] == outside ?
				RTE_CRYPTO_OP_STATUS_INVALID_ARGS : RTE_CRYPTO_OP_STATUS_ERROR);
		rte_pktmbuf_free(got[i]->sym->m_src);
		rte_crypto_op_free(got[i]);
	}
}

/* Nothing is taken; stopped and started it is. */
static void
check_lost_and_again(void)
{
	struct rte_crypto_op *none = rte_crypto_op_alloc(op_pool, RTE_CRYPTO_OP_TYPE_SYMMETRIC);

	rte_crypto_op_attach_sym_session(none, session);
	assert_int_equal(rte_cryptodev_enqueue_burst(0, 0, &none, 1), 0);
	rte_crypto_op_free(none);
	rte_cryptodev_stop(0);
	log_capture_start();
	assert_int_equal(rte_cryptodev_start(0), 0);
	assert_int_equal(log_capture_errors(), 0);
	rte_cryptodev_sym_session_free(0, session);
	create_session();
	send();
	rte_cryptodev_stop(0);
	all_come_back();		/* from a stopped device */
	assert_int_equal(rte_cryptodev_start(0), 0);
}

/* ---- the back end's hand in the rings ---- */

static void
use_split(uint16_t at, uint32_t id)
{
	struct virtq_used *u = (struct virtq_used *)(uintptr_t)vdev_fb.vring[0].addr.used;

	u->ring[at].id = cpu_to_le32(id);
	u->ring[at].len = cpu_to_le32(33);
	u->idx = cpu_to_le16((uint16_t)(at + 1));
}

static void
use_packed(uint16_t at, uint16_t id, uint16_t flags)
{
	struct pvirtq_desc *d = (struct pvirtq_desc *)(uintptr_t)vdev_fb.vring[0].addr.desc;

	d[at].id = cpu_to_le16(id);
	d[at].flags = cpu_to_le16(flags);
}

/* The nth request's id, as the driver made it available. */
static uint16_t
id_of(bool packed, uint16_t n)
{
	const struct pvirtq_desc *d = (struct pvirtq_desc *)(uintptr_t)vdev_fb.vring[0].addr.desc;
	const struct virtq_avail *a = (struct virtq_avail *)(uintptr_t)vdev_fb.vring[0].addr.avail;

	return packed ? le16_to_cpu(d[n].id) : le16_to_cpu(a->ring[n]);
}

static void
use(bool packed, uint16_t at, uint32_t id)
{
	if (packed)
		use_packed(at, (uint16_t)id, USED);
	else
		use_split(at, id);
}

static void
id_out_of_range(bool packed)
{
	use(packed, 0, SIZE * 4);
}

static void
id_far_out_of_range(bool packed)
{
	use(packed, 0, packed ? UINT16_MAX : UINT32_MAX);
}

static void
id_not_in_flight(bool packed)
{
	uint16_t id = 0, n;

	for (n = 0; n < NB; n++)
		if (id_of(packed, n) == id) {
			id++;
			n = UINT16_MAX;		/* once more, from 0 */
		}
	use(packed, 0, id);
}

/* Both unwritten in their status: the first is an error, the second one too many. */
static void
id_twice(bool packed)
{
	uint16_t id = id_of(packed, 0);

	use(packed, 0, id);
	use(packed, 1, id);
}

static void
index_too_far(bool packed)
{
	if (packed)
		id_out_of_range(packed);	/* there is no index */
	else
		use_split(NB, 0);
}

static void
rules(void **state)
{
	static void (*const act[])(bool packed) = { id_out_of_range, id_far_out_of_range,
		id_not_in_flight, id_twice, index_too_far };
	unsigned int i;

	(void)state;
	for (i = 0; i < 2 * RTE_DIM(act); i++) {
		bool packed = i % 2;

		up(packed);
		send();
		log_capture_start();
		act[i / 2](packed);
		all_come_back();
		assert_int_equal(log_capture_errors(), 1);
		assert_int_equal(log_capture_count("queue pair 0 is broken"), 1);
		check_lost_and_again();
		down();
	}
}

/* Used well, but nobody wrote a status; and flags that say nothing. */
static void
no_status(void **state)
{
	unsigned int packed;
	struct rte_crypto_op *none;
	uint16_t n, ids[NB];

	(void)state;
	for (packed = 0; packed < 2; packed++) {
		up(packed);
		send();
		log_capture_start();
		for (n = 0; n < NB; n++)
			ids[n] = id_of(packed, n);
		if (packed) {
			use_packed(0, ids[0], VIRTQ_DESC_F_USED);
			assert_int_equal(rte_cryptodev_dequeue_burst(0, 0, &none, 1), 0);
		}
		for (n = 0; n < NB; n++)
			use(packed, n, ids[n]);
		all_come_back();
		assert_int_equal(log_capture_errors(), 0);
		down();
	}
}

/* In mid-burst: by the watch, in EAL's own thread. */
static void
hangs_up(void **state)
{
	unsigned int packed;

	(void)state;
	for (packed = 0; packed < 2; packed++) {
		up(packed);
		send();
		log_capture_start();
		backend_hang_up(&vdev_fb);
		all_come_back();
		check_lost_and_again();
		down();
	}
}

static void
needs_a_reset(void **state)
{
	unsigned int packed;

	(void)state;
	for (packed = 0; packed < 2; packed++) {
		up(packed);
		send();
		log_capture_start();
		backend_set_needs_reset(&vdev_fb);
		all_come_back();
		assert_int_equal(log_capture_count("needs a reset"), 1);
		check_lost_and_again();
		down();
	}
}

/* The back end cannot reach what an op points to, and gives up: that op is told from the
 * others, whether the device is lost or is stopped.
 */
static void
memory_that_is_not_dpdks(void **state)
{
	unsigned int how;

	(void)state;
	for (how = 0; how < 4; how++) {
		up(how & 1);
		send_one_outside();
		log_capture_start();
		if (how & 2) {
			backend_hang_up(&vdev_fb);
			all_come_back();
			outside = NULL;
			check_lost_and_again();
		} else {
			rte_cryptodev_stop(0);
			all_come_back();
		}
		outside = NULL;
		down();
	}
}

#define T(f)	cmocka_unit_test_setup_teardown(f, vdev_backend_start, vdev_backend_stop)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(rules), T(no_status), T(hangs_up), T(needs_a_reset),
		T(memory_that_is_not_dpdks),
	};
	int rc;

	if (vdev_eal() != 0)
		return 1;
	op_pool = rte_crypto_op_pool_create("ops", RTE_CRYPTO_OP_TYPE_SYMMETRIC, 63, 0, 16,
		SOCKET_ID_ANY);
	mbuf_pool = rte_pktmbuf_pool_create("mbufs", 63, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE,
		SOCKET_ID_ANY);
	if (op_pool == NULL || mbuf_pool == NULL)
		return 1;
	rc = cmocka_run_group_tests_name("vdev_evil", tests, NULL, NULL);
	rte_eal_cleanup();
	return rc;
}
