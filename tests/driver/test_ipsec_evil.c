/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Ops of security associations on devices that fail, lie or go away, and in bursts: each comes
 * back exactly once, and changes its buffer only if it succeeded.
 */
#include <string.h>

#include "ipsec_ops.h"

#define KEY		0x5a

/* ---- devices ---- */

static void
failed(struct rig *r, unsigned int which, unsigned int nb, uint64_t *counter)
{
	uint64_t before = *counter, sent = r->m.nb_data, errors = ipsec_sa(which)->errors;
	struct rte_mbuf *src = ipsec_packet(100, nb, false);
	struct rte_crypto_op *op = ipsec_op(which, src, NULL);
	struct ipsec_shot shot;

	ipsec_shoot(&shot, src);
	assert_int_equal(rig_run(r, op), RTE_CRYPTO_OP_STATUS_ERROR);
	assert_int_equal(r->m.nb_data, sent + 1);
	ipsec_assert_unchanged(&shot, src);
	assert_int_equal(*counter, before + 1);
	assert_int_equal(ipsec_sa(which)->errors, errors + ipsec_sa(which)->counts);
	assert_int_equal(op->aux_flags, 0);
	rte_pktmbuf_free(src);
	rte_crypto_op_free(op);
}

static void
statuses(void **state)
{
	static const uint8_t bad[] = { 1, 2, 3, 4, 5, 6, 8, 200, 255 };
	unsigned int kind, i;

	(void)state;
	for (kind = 0; kind < RTE_DIM(rig_kinds); kind++) {
		struct rig *r = ipsec_up(kind, NULL, MODEL_INLINE);
		struct rte_crypto_op *op = ipsec_op(OUT, ipsec_packet(64, 1, false), NULL);

		for (i = 0; i < RTE_DIM(bad); i++) {
			r->m.ipsec.status = bad[i];
			failed(r, OUT, 1 + i % 2 * 2,
				&ipsec_qp(r)->stats.errors[RTE_MIN(bad[i], VCRYPTO_NB_ERRORS - 1)]);
		}
		/* Corrupt inbound packets: the model finds out. */
		r->m.ipsec.status = 0;
		failed(r, IN, 1, &ipsec_qp(r)->stats.errors[VIRTIO_CRYPTO_BADMSG]);
		r->m.ipsec.status = VIRTIO_CRYPTO_IPSEC_SA_SOFT_EXPIRY;
		assert_int_equal(rig_run(r, op), RTE_CRYPTO_OP_STATUS_SUCCESS);
		assert_int_equal(op->aux_flags, RTE_CRYPTO_OP_AUX_FLAGS_IPSEC_SOFT_EXPIRY);
		assert_int_equal(op->sym->m_src->pkt_len, 20 + 64 + GROWS(64));
		assert_int_equal(ipsec_qp(r)->stats.errors[7], 1);
		/* The same op again, when there is nothing to say. */
		r->m.ipsec.status = 0;
		assert_int_equal(rig_run(r, op), RTE_CRYPTO_OP_STATUS_SUCCESS);
		assert_int_equal(op->aux_flags, 0);
		assert_int_equal(ipsec_sa(OUT)->packets, 2);
		assert_int_equal(ipsec_sa(OUT)->bytes, 2 * (20 + 64 + GROWS(64)) + 20 +
				GROWS(20 + 64 + GROWS(64)));
		rig_op_free(op);
		rig_close(r);
	}
}

/* Success that is none. */
static void
lies_about_results(void **state)
{
	struct rig *r = ipsec_up(0, NULL, MODEL_INLINE);
	uint64_t *other = &ipsec_qp(r)->stats.errors[VCRYPTO_NB_ERRORS - 1];
	uint32_t esp = 20 + 100 + GROWS(100);
	static const int64_t used[] = { 0, 1, 19, 20, 64 };
	unsigned int i;

	(void)state;
	for (i = 0; i < RTE_DIM(used); i++) {
		ipsec_sa(OUT)->counts = i == 4;
		r->m.used_len = used[i];
		failed(r, OUT, 1 + i % 2 * 2, other);
	}
	r->m.used_len = esp;		/* one byte less than all, and the status */
	failed(r, OUT, 1, other);
	r->m.used_len = MODEL_NONE;
	for (i = 0; i < 2; i++) {
		ipsec_sa(OUT)->counts = i;
		r->m.ipsec.says = esp - 1 + i * 2;	/* outbound lengths are known */
		failed(r, OUT, 1, other);
	}
	r->m.ipsec.says = 65535;
	failed(r, OUT, 3, other);
	r->m.ipsec.says = 0;
	r->m.ipsec.garbage = true;
	failed(r, OUT, 1, other);
	r->m.ipsec.garbage = false;
	/* Bounce memory has an older packet's result: it is not taken for this one's. */
	rte_pktmbuf_free(ipsec_run(r, OUT, ipsec_packet(100, 1, false), &ipsec_lies[0], 0));
	r->m.ipsec.idle = true;
	for (i = 0; i < 64 + 1; i++)
		failed(r, OUT, 1, other);
	rig_close(r);
}

/* Inbound the inner header decides, within what was written. */
static void
lies_about_inner_lengths(void **state)
{
	struct rig *r = ipsec_up(0, NULL, MODEL_INLINE);
	uint32_t says;

	(void)state;
	for (says = 18; says < 110; says++) {
		struct rte_mbuf *m = ipsec_run(r, OUT, ipsec_packet(100, 1, false), &ipsec_lies[0],
				0);
		struct rte_crypto_op *op = ipsec_op(IN, m, NULL);
		struct ipsec_shot shot;
		bool fits = says >= 20 && says <= r->m.ipsec.last.src_len + 2;

		ipsec_shoot(&shot, m);
		r->m.ipsec.says = says;
		assert_int_equal(rig_run(r, op), fits ? RTE_CRYPTO_OP_STATUS_SUCCESS :
				RTE_CRYPTO_OP_STATUS_ERROR);
		if (fits)
			assert_int_equal(m->pkt_len, says);
		else
			ipsec_assert_unchanged(&shot, m);
		r->m.ipsec.says = 0;
		rig_op_free(op);
	}
	rig_close(r);
}

/* ---- bursts ---- */

static void
free_all(struct rte_crypto_op **ops, unsigned int nb)
{
	unsigned int i;

	for (i = 0; i < nb; i++) {
		rte_pktmbuf_free(ops[i]->sym->m_src);
		rte_pktmbuf_free(ops[i]->sym->m_dst);
		rte_crypto_op_free(ops[i]);
	}
}

/* Ops of associations among others, good ones and bad ones, in one burst that is published
 * once.
 */
static void
mixed_bursts(void **state)
{
	unsigned int kind, i;

	(void)state;
	for (kind = 0; kind < RTE_DIM(rig_kinds); kind++) {
		struct rig *r = ipsec_up(kind, NULL, MODEL_PUMPED);
		void *cbc;
		struct rte_crypto_op *ops[40], *got[40];
		uint64_t publishes;
		unsigned int good = 0, bad = 0;

		r->m.mode = MODEL_INLINE;
		cbc = rig_cbc_session(r, KEY, RTE_CRYPTO_CIPHER_OP_ENCRYPT);
		r->m.mode = MODEL_PUMPED;
		for (i = 0; i < 40; i++) {
			ops[i] = i % 5 == 4 ? rig_op_seeded(cbc, 64, i) :
				ipsec_op(OUT, ipsec_packet(100 + i, i % 7 == 0 ? 3 : 1, false),
					i % 3 == 0 ? ipsec_packet(100, 1, false) : NULL);
			if (i % 10 == 7)
				rte_pktmbuf_mtod(ops[i]->sym->m_src, uint8_t *)[0] = 0;
		}
		publishes = ipsec_qp(r)->stats.publishes;
		assert_int_equal(rig_enqueue(r, 0, ops, 40), 40);
		assert_int_equal(ipsec_qp(r)->stats.publishes, publishes + 1);
		assert_int_equal(ipsec_qp(r)->lens_in_flight, 28);
		assert_int_equal(rig_dequeue(r, 0, got, 40), 40);
		for (i = 0; i < 40; i++) {
			good += ops[i]->status == RTE_CRYPTO_OP_STATUS_SUCCESS;
			bad += ops[i]->status == RTE_CRYPTO_OP_STATUS_INVALID_ARGS;
			assert_true(i % 5 != 4 || rig_cbc_right(ops[i], KEY));
		}
		assert_int_equal(good, 36);
		assert_int_equal(bad, 4);
		assert_int_equal(r->m.ipsec.seq, 28);
		free_all(ops, 40);
		r->m.mode = MODEL_INLINE;
		rig_session_free(r, cbc);
		rig_close(r);
	}
}

/* A queue that is full takes the rest later, and every op comes back once. */
static void
full_queue(void **state)
{
	unsigned int kind, i;

	(void)state;
	for (kind = 0; kind < RTE_DIM(rig_kinds); kind++) {
		struct rig *r = ipsec_up(kind, NULL, MODEL_PUMPED);
		struct rte_crypto_op *ops[100], *got[100];

		for (i = 0; i < 100; i++)
			ops[i] = ipsec_op(OUT, ipsec_packet(64 + i, 1, false), NULL);
		assert_int_equal(rig_enqueue(r, 0, ops, 100), 64);
		assert_int_equal(rig_enqueue(r, 0, ops + 64, 36), 0);
		assert_int_equal(ipsec_qp(r)->lens_in_flight, 64);
		assert_int_equal(rig_dequeue(r, 0, got, 64), 64);
		assert_int_equal(rig_enqueue(r, 0, ops + 64, 36), 36);
		assert_int_equal(rig_dequeue(r, 0, got + 64, 36), 36);
		for (i = 0; i < 100; i++) {
			assert_ptr_equal(got[i], ops[i]);
			assert_int_equal(ops[i]->status, RTE_CRYPTO_OP_STATUS_SUCCESS);
			assert_int_equal(ops[i]->sym->m_src->pkt_len,
					20 + 64 + i + GROWS(64 + i));
		}
		free_all(ops, 100);
		r->m.mode = MODEL_INLINE;
		rig_close(r);
	}
}

/* Stop, and the loss of the device: every op comes back once, with its buffer as it was. */
static void
given_back(void **state)
{
	struct ipsec_shot shot[12];
	unsigned int kind, lost, i;	/* lost: 0: stopped, 2: to be recovered */

	(void)state;
	for (kind = 0; kind < RTE_DIM(rig_kinds); kind++)
		for (lost = 0; lost < 3; lost++) {
			struct rig *r = ipsec_up(kind, lost == 2 ? "recover=1" : NULL,
					MODEL_PUMPED);
			struct rte_crypto_op *ops[12], *got[13];

			r->m.data_silent = true;
			for (i = 0; i < 12; i++) {
				ops[i] = ipsec_op(OUT, ipsec_packet(80, 1 + i % 2 * 2, false),
						NULL);
				ipsec_shoot(&shot[i], ops[i]->sym->m_src);
			}
			assert_int_equal(rig_enqueue(r, 0, ops, 12), 12);
			assert_int_equal(ipsec_qp(r)->lens_in_flight, 12);
			r->m.mode = MODEL_INLINE;
			if (lost != 0) {
				fake_pci_break(r->f);
				assert_int_not_equal(rig_tick(), 0);
				assert_int_equal(log_capture_count("requests in flight"), 1);
			} else {
				rte_cryptodev_stop(r->id);
			}
			log_capture_start();
			assert_int_equal(rte_cryptodev_dequeue_burst(r->id, 0, got, 13), 12);
			for (i = 0; i < 12; i++) {
				assert_int_equal(ops[i]->status, RTE_CRYPTO_OP_STATUS_ERROR);
				ipsec_assert_unchanged(&shot[i], ops[i]->sym->m_src);
			}
			assert_int_equal(ipsec_qp(r)->lens_in_flight, 0);
			assert_int_equal(ipsec_qp(r)->nb_resend, 0);
			assert_int_equal(ipsec_sa(OUT)->errors, 12);
			free_all(ops, 12);
			rig_close(r);
		}
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(statuses),
		cmocka_unit_test(lies_about_results),
		cmocka_unit_test(lies_about_inner_lengths),
		cmocka_unit_test(mixed_bursts),
		cmocka_unit_test(full_queue),
		cmocka_unit_test(given_back),
	};

	(void)argc;
	rig_init(argv[0]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
