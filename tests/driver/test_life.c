/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The life cycle: every legal edge, the illegal ones, sizes, what happens to sessions
 * and to ops in flight, and that nothing is left behind.
 */
#include <errno.h>
#include <string.h>

#include <rte_errno.h>

#include "rig.h"

#define KEY	0x42

/* One op through each queue pair, on a session of its own. */
static void
prove(struct rig *r, uint16_t nb_qps)
{
	void *s = rig_cbc_session(r, KEY, RTE_CRYPTO_CIPHER_OP_ENCRYPT);
	uint16_t i;

	assert_non_null(s);
	for (i = 0; i < nb_qps; i++)
		rig_traffic(r, i, KEY, s, 40);
	rig_session_free(r, s);
}

static void
check_status(struct rig *r, uint8_t status)
{
	assert_int_equal(r->f->status, status);
}

#define UP	(VIRTIO_S_ACKNOWLEDGE | VIRTIO_S_DRIVER | VIRTIO_S_FEATURES_OK)

/* ---- legal edges ---- */

static void
whole_life(const struct rig_variant *v, enum model_mode mode)
{
	struct rig_conf conf = { .features = v->features, .nb_data = 3, .mode = mode };
	struct rig *r = rig_open(&conf);

	assert_int_equal(rig_probe(r), 0);
	check_status(r, UP);
	rig_start(r, 2, 64);
	check_status(r, UP | VIRTIO_S_DRIVER_OK);
	prove(r, 2);
	rte_cryptodev_stop(r->id);
	assert_int_equal(rte_cryptodev_start(r->id), 0);
	prove(r, 2);
	rte_cryptodev_stop(r->id);
	rig_start(r, 3, 16);
	prove(r, 3);
	rte_cryptodev_stop(r->id);
	rig_start(r, 1, 256);
	prove(r, 1);
	rte_cryptodev_stop(r->id);
	assert_int_equal(rte_cryptodev_close(r->id), 0);
	check_status(r, 0);
	rig_start(r, 2, 64);
	prove(r, 2);
	rte_cryptodev_stop(r->id);
	assert_int_equal(rte_cryptodev_close(r->id), 0);
	assert_int_equal(rte_cryptodev_close(r->id), 0);
	rig_close(r);
}

static void
life_of_every_variant(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < rig_nb_variants; i++)
		whole_life(&rig_variants[i], MODEL_INLINE);
}

static void
life_with_a_device_in_a_thread(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < RTE_DIM(rig_kinds); i++)
		whole_life(&rig_kinds[i], MODEL_THREAD);
}

/* Removal from every state; rig_close removes. */
static void
remove_from_every_state(void **state)
{
	struct rig_conf conf = { .features = rig_kinds[0].features };
	struct rig *r;

	(void)state;
	r = rig_open(&conf);
	rig_close(r);			/* never probed */
	r = rig_open(&conf);
	assert_int_equal(rig_probe(r), 0);
	rig_close(r);
	r = rig_open(&conf);
	assert_int_equal(rig_probe(r), 0);
	assert_int_equal(rig_configure(r, 2), 0);
	assert_int_equal(rig_setup(r, 1, 64), 0);
	rig_close(r);
	r = rig_up(&conf, 2, 64);
	rte_cryptodev_stop(r->id);
	rig_close(r);
	r = rig_up(&conf, 2, 64);
	rte_cryptodev_stop(r->id);
	assert_int_equal(rte_cryptodev_close(r->id), 0);
	rig_close(r);
}

static void
remove_while_started(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < RTE_DIM(rig_kinds); i++) {
		struct rig_conf conf = { .features = rig_kinds[i].features };
		struct rig *r = rig_up(&conf, 2, 64);

		prove(r, 2);
		rig_close(r);
	}
}

/* ---- illegal edges: refused, and the device goes on ---- */

static void
illegal_edges(void **state)
{
	struct rig_conf conf = { .features = rig_kinds[0].features };
	struct rig *r = rig_open(&conf);

	(void)state;
	assert_int_equal(rig_probe(r), 0);
	assert_int_equal(rte_cryptodev_start(r->id), -EBUSY);
	rig_expect_driver_errors(1, "cannot become started");
	rte_cryptodev_stop(r->id);		/* refused by the library */
	assert_int_equal(rig_configure(r, 2), 0);
	rig_start(r, 2, 64);
	assert_int_equal(rig_configure(r, 1), -EBUSY);
	assert_int_equal(rig_setup(r, 0, 32), -EBUSY);
	assert_int_equal(rte_cryptodev_close(r->id), -EBUSY);
	assert_int_equal(rte_cryptodev_start(r->id), 0);	/* started already */
	rig_expect_driver_errors(0, "");
	prove(r, 2);
	rte_cryptodev_stop(r->id);
	assert_int_equal(rte_cryptodev_close(r->id), 0);
	assert_int_equal(rte_cryptodev_start(r->id), -EBUSY);
	rig_expect_driver_errors(1, "cannot become started");
	rig_close(r);
}

static void
queue_pair_not_set_up(void **state)
{
	struct rig_conf conf = { .features = rig_kinds[0].features };
	struct rig *r = rig_open(&conf);

	(void)state;
	assert_int_equal(rig_probe(r), 0);
	assert_int_equal(rig_configure(r, 2), 0);
	assert_int_equal(rig_setup(r, 0, 64), 0);
	assert_int_equal(rte_cryptodev_start(r->id), -EINVAL);
	rig_expect_driver_errors(1, "queue pair 1 is not set up");
	assert_int_equal(rig_setup(r, 1, 64), 0);
	assert_int_equal(rte_cryptodev_start(r->id), 0);
	prove(r, 2);
	rig_close(r);
}

static void
sessions_need_a_started_device(void **state)
{
	struct rig_conf conf = { .features = rig_kinds[0].features };
	struct rig *r = rig_open(&conf);

	(void)state;
	assert_int_equal(rig_probe(r), 0);
	assert_null(rig_cbc_session(r, KEY, RTE_CRYPTO_CIPHER_OP_ENCRYPT));
	assert_int_equal(rte_errno, EAGAIN);
	rig_expect_driver_errors(1, "start the device");
	assert_int_equal(r->m.nb_ctrl, 0);
	rig_close(r);
}

/* ---- numbers of queue pairs and descriptors ---- */

static void
more_queue_pairs_than_there_are(void **state)
{
	struct rig_conf conf = { .features = rig_kinds[0].features, .nb_data = 3 };
	struct rte_cryptodev_info info;
	struct rig *r = rig_open(&conf);

	(void)state;
	assert_int_equal(rig_probe(r), 0);
	rte_cryptodev_info_get(r->id, &info);
	assert_int_equal(info.max_nb_queue_pairs, 3);
	assert_int_equal(rig_configure(r, 4), -EINVAL);
	assert_int_equal(rig_configure(r, 0), -EINVAL);
	rig_expect_driver_errors(0, "");
	rig_start(r, 3, 64);
	prove(r, 3);
	rig_close(r);
}

static void
depth_is(const struct rig_variant *v, uint16_t device, uint32_t asked, uint16_t got)
{
	struct rig_conf conf = { .features = v->features, .size = device };
	struct rig *r = rig_up(&conf, 1, asked);

	assert_int_equal(r->f->queue[0].size, got);
	prove(r, 1);
	rig_close(r);
}

static void
depths(void **state)
{
	static const uint32_t asked[] = { 1, 8, 64, 100, 128, 2048, 4096, 100000, UINT32_MAX };
	static const uint16_t got[] = { 8, 8, 64, 128, 128, 1024, 1024, 1024, 1024 };
	unsigned int i, k;

	(void)state;
	for (k = 0; k < RTE_DIM(rig_kinds); k++) {
		for (i = 0; i < RTE_DIM(asked); i++)
			depth_is(&rig_kinds[k], 1024, asked[i], got[i]);
		depth_is(&rig_kinds[k], 8, 64, 8);
		depth_is(&rig_kinds[k], 4096, 4096, 4096);
	}
	/* A packed queue need not be a power of two. */
	depth_is(&rig_kinds[2], 1000, 4096, 512);
	depth_is(&rig_kinds[3], 1000, 100, 128);
}

static void
depths_that_are_refused(void **state)
{
	struct rig_conf conf = { .features = rig_kinds[0].features };
	struct rig *r = rig_open(&conf);

	(void)state;
	assert_int_equal(rig_probe(r), 0);
	assert_int_equal(rig_configure(r, 1), 0);
	assert_int_equal(rig_setup(r, 0, 0), -EINVAL);
	rig_expect_driver_errors(1, "descriptors");
	r->f->queue[0].max_size = r->f->queue[0].size = 4;
	assert_int_equal(rig_setup(r, 0, 64), -EINVAL);
	rig_expect_driver_errors(1, "descriptors");
	assert_int_equal(rig_setup(r, 1, 64), -EINVAL);		/* by the library */
	rig_expect_driver_errors(0, "");
	rig_close(r);
}

/* Fewer descriptors than were asked for are said, at level info; as many, or more, are not. */
static void
fewer_descriptors_are_said(void **state)
{
	struct rig_conf conf = { .features = rig_kinds[0].features, .size = 256 };
	struct rig *r = rig_open(&conf);

	(void)state;
	assert_int_equal(rig_probe(r), 0);
	assert_int_equal(rig_configure(r, 1), 0);
	assert_int_equal(rte_log_set_level_pattern("pmd.crypto.vcrypto", RTE_LOG_INFO), 0);
	assert_int_equal(rig_setup(r, 0, 256), 0);
	assert_int_equal(rig_setup(r, 0, 100), 0);
	assert_int_equal(log_capture_count("descriptors"), 0);
	assert_int_equal(rig_setup(r, 0, 1024), 0);
	assert_int_equal(rte_log_set_level_pattern("pmd.crypto.vcrypto", RTE_LOG_NOTICE), 0);
	assert_int_equal(log_capture_errors(), 0);
	rig_expect_driver_errors(1, "has 256 descriptors, not 1024");
	rig_close(r);
}

/* Other sizes at each set-up, the last one counts; the same again costs nothing. */
static void
set_up_again(void **state)
{
	static const uint32_t sizes[] = { 16, 256, 64, 64, 8, 128 };
	unsigned int i, k;

	(void)state;
	for (k = 0; k < RTE_DIM(rig_kinds); k++) {
		struct rig_conf conf = { .features = rig_kinds[k].features };
		struct rig *r = rig_up(&conf, 1, 32);

		for (i = 0; i < RTE_DIM(sizes); i++) {
			rte_cryptodev_stop(r->id);
			assert_int_equal(rig_setup(r, 0, sizes[i]), 0);
			assert_int_equal(rte_cryptodev_start(r->id), 0);
			assert_int_equal(r->f->queue[0].size, sizes[i]);
			prove(r, 1);
		}
		rig_close(r);
	}
}

/* ---- sessions across stop and start ---- */

static void
sessions_survive_a_restart(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < rig_nb_variants; i++) {
		struct rig_conf conf = { .features = rig_variants[i].features };
		struct rig *r = rig_up(&conf, 2, 64);
		void *s = rig_cbc_session(r, KEY, RTE_CRYPTO_CIPHER_OP_ENCRYPT);
		unsigned int n;

		for (n = 0; n < 5; n++) {
			rig_traffic(r, n % 2, KEY, s, 20);
			rte_cryptodev_stop(r->id);
			assert_int_equal(r->m.nb_sessions, 1);
			assert_int_equal(rte_cryptodev_start(r->id), 0);
		}
		rig_session_free(r, s);
		assert_int_equal(r->m.nb_creates, 1);
		assert_int_equal(r->m.nb_destroys, 1);
		rig_close(r);
	}
}

static void
stale_sessions_are_refused(void **state)
{
	struct rig_conf conf = { .features = rig_kinds[0].features };
	struct rig *r = rig_up(&conf, 1, 64);
	void *s = rig_cbc_session(r, KEY, RTE_CRYPTO_CIPHER_OP_ENCRYPT), *fresh;
	struct rte_crypto_op *op = rig_op(s, 64);
	uint64_t served;

	(void)state;
	rte_cryptodev_stop(r->id);
	assert_int_equal(rte_cryptodev_close(r->id), 0);
	rig_start(r, 1, 64);
	served = r->m.nb_data;
	assert_int_equal(rig_run(r, op), RTE_CRYPTO_OP_STATUS_INVALID_SESSION);
	assert_int_equal(r->m.nb_data, served);
	fresh = rig_cbc_session(r, KEY, RTE_CRYPTO_CIPHER_OP_ENCRYPT);
	rte_crypto_op_attach_sym_session(op, fresh);
	assert_int_equal(rig_run(r, op), RTE_CRYPTO_OP_STATUS_SUCCESS);
	/* The device has forgotten s: freeing it must not destroy the other one's id. */
	rig_session_free(r, s);
	assert_int_equal(r->m.nb_sessions, 1);
	assert_int_equal(rig_run(r, op), RTE_CRYPTO_OP_STATUS_SUCCESS);
	rig_session_free(r, fresh);
	rig_op_free(op);
	rig_close(r);
}

/* What is left in a session's memory after it was freed is no session. */
static void
freed_sessions_are_refused(void **state)
{
	unsigned int restart;

	(void)state;
	for (restart = 0; restart < 2; restart++) {
		struct rig_conf conf = { .features = rig_kinds[0].features };
		struct rig *r = rig_up(&conf, 1, 64);
		void *s = rig_cbc_session(r, KEY, RTE_CRYPTO_CIPHER_OP_ENCRYPT);
		struct rte_crypto_op *op = rig_op(s, 64);

		rig_session_free(r, s);
		if (restart) {
			rte_cryptodev_stop(r->id);
			assert_int_equal(rte_cryptodev_start(r->id), 0);
		}
		assert_int_equal(rig_run(r, op), RTE_CRYPTO_OP_STATUS_INVALID_SESSION);
		op->sym->session = NULL;
		assert_int_equal(rig_run(r, op), RTE_CRYPTO_OP_STATUS_INVALID_SESSION);
		assert_int_equal(r->m.nb_data, 0);
		rig_op_free(op);
		rig_close(r);
	}
}

/* A session that outlives its device is not one of the device that comes after it. */
static void
sessions_of_a_removed_device(void **state)
{
	struct rig_conf conf = { .features = rig_kinds[0].features };
	struct rig *a = rig_up(&conf, 1, 64), *b;
	void *s = rig_cbc_session(a, KEY, RTE_CRYPTO_CIPHER_OP_ENCRYPT);
	struct rte_crypto_op *op = rig_op(s, 64);
	uint8_t id = a->id;

	(void)state;
	rig_remove(a);
	b = rig_up(&conf, 1, 64);
	assert_int_equal(b->id, id);
	assert_int_equal(rig_run(b, op), RTE_CRYPTO_OP_STATUS_INVALID_SESSION);
	assert_int_equal(b->m.nb_data, 0);
	rig_op_free(op);
	rig_session_free(b, s);
	assert_int_equal(b->m.nb_ctrl, 0);
	/* Each looked at memory while the other one's was in use. */
	rig_remove(b);
	b->before = a->before;
	rig_close(a);
	log_capture_start();
	rig_close(b);
}

/* ---- ops in flight ---- */

/* The device is silent; all ops come back once, with an error: from the stopped device, or
 * after the next start.
 */
static void
stop_in_flight(uint64_t features, unsigned int nb_qps, bool stopped)
{
	struct rig_conf conf = { .features = features, .mode = MODEL_PUMPED };
	struct rig *r = rig_open(&conf);
	/* Without tables a ring of 64 holds 8 requests of the largest shape. */
	const unsigned int nb = features & VIRTIO_F_INDIRECT_DESC ? 16 : 8;
	struct rte_crypto_op *ops[2][16], *got[20];
	unsigned int q, i, k;
	void *s;

	assert_int_equal(rig_probe(r), 0);
	r->m.mode = MODEL_INLINE;
	rig_start(r, 2, 64);
	s = rig_cbc_session(r, KEY, RTE_CRYPTO_CIPHER_OP_ENCRYPT);
	r->m.data_silent = true;
	for (q = 0; q < nb_qps; q++) {
		for (i = 0; i < nb; i++)
			ops[q][i] = rig_op(s, 64);
		assert_int_equal(rig_enqueue(r, (uint16_t)q, ops[q], (uint16_t)nb), nb);
	}
	rte_cryptodev_stop(r->id);
	r->m.data_silent = false;
	if (!stopped)
		assert_int_equal(rte_cryptodev_start(r->id), 0);
	for (q = 0; q < nb_qps; q++) {
		assert_int_equal(rig_dequeue(r, (uint16_t)q, got, 20), nb);
		for (i = 0; i < nb; i++) {
			for (k = 0; k < nb && got[i] != ops[q][k]; k++)
				;
			assert_in_range(k, 0, nb - 1);
			ops[q][k] = NULL;	/* once */
			assert_int_equal(got[i]->status, RTE_CRYPTO_OP_STATUS_ERROR);
			rig_op_free(got[i]);
		}
	}
	if (stopped)
		assert_int_equal(rte_cryptodev_start(r->id), 0);
	/* With RING_RESET the session is still there. */
	assert_int_equal(r->m.nb_sessions, features & VIRTIO_F_RING_RESET ? 1 : 0);
	if (r->m.nb_sessions == 1)
		for (q = 0; q < 2; q++)
			rig_traffic(r, (uint16_t)q, KEY, s, 70);
	rig_session_free(r, s);
	prove(r, 2);
	assert_int_equal(r->m.nb_sessions, 0);
	rig_close(r);
}

static void
stop_with_ops_in_flight(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < RTE_DIM(rig_kinds); i++) {
		stop_in_flight(rig_kinds[i].features, 1 + i % 2, false);
		stop_in_flight(rig_kinds[i].features, 2, true);
		stop_in_flight(rig_kinds[i].features & ~VIRTIO_F_RING_RESET, 2 - i % 2, true);
		stop_in_flight(rig_kinds[i].features & ~VIRTIO_F_INDIRECT_DESC, 1, false);
	}
}

/* Closed with ops in the done ring: one line says how many, and what to do before. */
static void
ops_not_dequeued(void **state)
{
	struct rig_conf conf = { .features = rig_kinds[0].features };
	struct rig *r = rig_up(&conf, 1, 64);
	void *s = rig_cbc_session(r, KEY, RTE_CRYPTO_CIPHER_OP_ENCRYPT);
	struct rte_crypto_op *op = rig_op(s, 64);

	(void)state;
	assert_int_equal(rig_enqueue(r, 0, &op, 1), 1);
	rte_cryptodev_stop(r->id);
	assert_int_equal(log_capture_warnings(), 0);
	assert_int_equal(rte_cryptodev_close(r->id), 0);
	assert_int_equal(log_capture_warnings(), 1);
	assert_int_equal(log_capture_count("released with 1 ops not dequeued"), 1);
	rig_op_free(op);
	rig_session_free(r, s);
	rig_close(r);
}

/* What the device completed before stop is dequeued after stop, as what it is, and before
 * the queue pair is released; a start in between changes nothing.
 */
static void
completed_when_stopped(const struct rig_variant *v, bool start)
{
	struct rig_conf conf = { .features = v->features, .mode = MODEL_INLINE };
	struct rig *r = rig_up(&conf, 1, 64);
	void *s = rig_cbc_session(r, KEY, RTE_CRYPTO_CIPHER_OP_ENCRYPT);
	struct rte_crypto_op *op[3], *got[4];
	unsigned int i;

	for (i = 0; i < 3; i++)
		op[i] = rig_op(s, 64);
	assert_int_equal(rig_enqueue(r, 0, op, 3), 3);
	rte_cryptodev_stop(r->id);
	assert_int_equal(rig_enqueue(r, 0, op, 3), 0);
	if (start)
		assert_int_equal(rte_cryptodev_start(r->id), 0);
	assert_int_equal(rte_cryptodev_dequeue_burst(r->id, 0, got, 1), 1);
	assert_int_equal(rte_cryptodev_dequeue_burst(r->id, 0, got + 1, 3), 2);
	assert_int_equal(rte_cryptodev_dequeue_burst(r->id, 0, got, 4), 0);
	for (i = 0; i < 3; i++) {
		assert_ptr_equal(got[i], op[i]);
		assert_int_equal(got[i]->status, RTE_CRYPTO_OP_STATUS_SUCCESS);
		rig_op_free(got[i]);
	}
	rig_session_free(r, s);
	if (start)
		rte_cryptodev_stop(r->id);
	assert_int_equal(rte_cryptodev_close(r->id), 0);
	assert_int_equal(log_capture_warnings(), 0);
	rig_close(r);
}

static void
completed_before_stop(void **state)
{
	unsigned int k;

	(void)state;
	for (k = 0; k < RTE_DIM(rig_kinds); k++) {
		completed_when_stopped(&rig_kinds[k], false);
		completed_when_stopped(&rig_kinds[k], true);
	}
}

/* ---- a device that changes ---- */

static void
set_max_dataqueues(struct rig *r, uint32_t nb)
{
	r->f->device_cfg.max_dataqueues = cpu_to_le32(nb);
	fake_pci_config_changed(r->f);
}

static void
configuration_changes_after_probe(void **state)
{
	struct rig_conf conf = { .features = rig_kinds[0].features, .nb_data = 3 };
	struct rte_cryptodev_sym_capability_idx gcm = { .type = RTE_CRYPTO_SYM_XFORM_AEAD,
		.algo.aead = RTE_CRYPTO_AEAD_AES_GCM };
	struct rig *r = rig_open(&conf);

	(void)state;
	assert_int_equal(rig_probe(r), 0);
	assert_non_null(rte_cryptodev_sym_capability_get(r->id, &gcm));
	r->f->device_cfg.aead_algo = cpu_to_le32(0);
	set_max_dataqueues(r, 3);
	assert_int_equal(rig_configure(r, 1), 0);
	assert_null(rte_cryptodev_sym_capability_get(r->id, &gcm));
	r->f->device_cfg.status = cpu_to_le32(0);
	set_max_dataqueues(r, 3);
	assert_int_equal(rig_configure(r, 1), -EIO);
	rig_expect_driver_errors(1, "HW_READY");
	r->f->device_cfg.status = cpu_to_le32(VIRTIO_CRYPTO_S_HW_READY);
	set_max_dataqueues(r, 0);
	assert_int_equal(rig_configure(r, 1), -ERANGE);
	rig_expect_driver_errors(1, "max_dataqueues");
	set_max_dataqueues(r, 3);
	rig_start(r, 2, 64);
	prove(r, 2);
	rig_close(r);
}

static void
fewer_queues_than_configured(void **state)
{
	struct rig_conf conf = { .features = rig_kinds[0].features, .nb_data = 3 };
	struct rig *r = rig_open(&conf);
	uint16_t i;

	(void)state;
	assert_int_equal(rig_probe(r), 0);
	assert_int_equal(rig_configure(r, 3), 0);
	for (i = 0; i < 3; i++)
		assert_int_equal(rig_setup(r, i, 64), 0);
	set_max_dataqueues(r, 2);
	assert_int_equal(rte_cryptodev_start(r->id), -EINVAL);
	rig_expect_driver_errors(1, "configure again");
	set_max_dataqueues(r, 3);
	assert_int_equal(rte_cryptodev_start(r->id), 0);
	prove(r, 3);
	rig_close(r);
}

/* The device comes back from a reset with another ring layout on offer. */
static void
features_change_between_starts(uint64_t first, uint64_t then)
{
	struct rig_conf conf = { .features = first, .size = 1024 };
	struct rig *r = rig_up(&conf, 2, 1024);
	int rc;

	prove(r, 2);
	rte_cryptodev_stop(r->id);
	assert_int_equal(rte_cryptodev_close(r->id), 0);
	rig_start(r, 2, 1024);
	rte_cryptodev_stop(r->id);
	/* Something makes the next start a reset. */
	r->f->device_features = VIRTIO_F_VERSION_1 | VIRTIO_F_ACCESS_PLATFORM | then;
	assert_int_equal(rig_setup(r, 0, 512), 0);
	assert_int_equal(rig_setup(r, 0, 1024), 0);
	fake_pci_break(r->f);
	rc = rte_cryptodev_start(r->id);
	log_capture_start();
	if (rc != 0) {
		rig_start(r, 2, 512);
		rte_cryptodev_stop(r->id);
		rig_start(r, 2, 1024);
	}
	prove(r, 2);
	rig_close(r);
}

static void
another_layout_after_a_reset(void **state)
{
	unsigned int i, k;

	(void)state;
	for (i = 0; i < RTE_DIM(rig_kinds); i++)
		for (k = 0; k < RTE_DIM(rig_kinds); k++)
			features_change_between_starts(rig_kinds[i].features,
					rig_kinds[k].features);
}

/* The control queue's memory is kept across starts, its size need not be. */
static void
control_queue_grows(void **state)
{
	static const uint16_t sizes[] = { 2, 4, 16, 2, 256, 8 };
	struct rig_conf conf = { .features = rig_kinds[0].features & ~VIRTIO_F_RING_RESET };
	struct rig *r = rig_open(&conf);
	unsigned int i;

	(void)state;
	assert_int_equal(rig_probe(r), 0);
	for (i = 0; i < RTE_DIM(sizes); i++) {
		struct fake_pci_queue *q = &r->f->queue[2];

		q->max_size = sizes[i];
		rig_start(r, 1, i % 2 != 0 ? 64 : 32);	/* another size: a reset */
		assert_int_equal(q->size, RTE_MIN(sizes[i], 16));
		prove(r, 1);
		rte_cryptodev_stop(r->id);
	}
	rig_close(r);
}

static void
a_start_that_fails_can_be_repeated(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < RTE_DIM(rig_kinds); i++) {
		struct rig_conf conf = { .features = rig_kinds[i].features };
		struct rig *r = rig_open(&conf);

		assert_int_equal(rig_probe(r), 0);
		assert_int_equal(rig_configure(r, 1), 0);
		assert_int_equal(rig_setup(r, 0, 64), 0);
		r->f->enable_stuck = true;
		assert_int_equal(rte_cryptodev_start(r->id), -EIO);
		rig_expect_errors(1, "did not enable queue 0");
		assert_int_equal(r->f->status, 0);
		r->f->enable_stuck = false;
		assert_int_equal(rte_cryptodev_start(r->id), 0);
		prove(r, 1);
		rig_close(r);
	}
}

/* ---- nothing is left behind ---- */

static void
one_hundred_times(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < 100; i++) {
		const struct rig_variant *v = &rig_variants[i % rig_nb_variants];
		struct rig_conf conf = { .features = v->features };
		struct rig *r = rig_up(&conf, 1 + i % 2, 8u << i % 6);

		prove(r, 1);
		if (i % 3 != 0) {
			rte_cryptodev_stop(r->id);
			rig_start(r, 2 - i % 2, 64);
			prove(r, 1);
		}
		rig_close(r);
	}
}

/* The same without removal in between, for who stops and starts for each of its jobs. */
static void
restart_one_hundred_times(void **state)
{
	struct rig_conf conf = { .features = rig_kinds[2].features };
	struct rig *r = rig_up(&conf, 2, 128);
	struct rig_usage before, after;
	unsigned int i;

	(void)state;
	for (i = 0; i <= 100; i++) {
		/* The heap may round a block up by a line where it first finds room for it. */
		if (i == 1)
			rig_usage_now(&before);
		prove(r, 2);
		rte_cryptodev_stop(r->id);
		rig_start(r, 2, 128);
	}
	rig_usage_now(&after);
	assert_memory_equal(&before, &after, sizeof(before));
	rig_close(r);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(life_of_every_variant),
		cmocka_unit_test(life_with_a_device_in_a_thread),
		cmocka_unit_test(remove_from_every_state),
		cmocka_unit_test(remove_while_started),
		cmocka_unit_test(illegal_edges),
		cmocka_unit_test(queue_pair_not_set_up),
		cmocka_unit_test(sessions_need_a_started_device),
		cmocka_unit_test(more_queue_pairs_than_there_are),
		cmocka_unit_test(depths),
		cmocka_unit_test(depths_that_are_refused),
		cmocka_unit_test(fewer_descriptors_are_said),
		cmocka_unit_test(set_up_again),
		cmocka_unit_test(sessions_survive_a_restart),
		cmocka_unit_test(stale_sessions_are_refused),
		cmocka_unit_test(freed_sessions_are_refused),
		cmocka_unit_test(sessions_of_a_removed_device),
		cmocka_unit_test(stop_with_ops_in_flight),
		cmocka_unit_test(ops_not_dequeued),
		cmocka_unit_test(completed_before_stop),
		cmocka_unit_test(configuration_changes_after_probe),
		cmocka_unit_test(fewer_queues_than_configured),
		cmocka_unit_test(another_layout_after_a_reset),
		cmocka_unit_test(control_queue_grows),
		cmocka_unit_test(a_start_that_fails_can_be_repeated),
		cmocka_unit_test(one_hundred_times),
		cmocka_unit_test(restart_one_hundred_times),
	};

	(void)argc;
	rig_init(argv[0]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
