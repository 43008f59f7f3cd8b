/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Bursts: more than fits, every size, completion in any order the device likes, two
 * queue pairs at once with the device in a thread, mixed good and bad ops, statistics,
 * notifications.
 */
#include <errno.h>
#include <sched.h>
#include <string.h>

#include "data/vcrypto_burst.h"
#include "ops.h"

#define KEY	0x3a
#define MAX	300

static void
make(struct rte_crypto_op **op, unsigned int nb, void *session)
{
	unsigned int i;

	for (i = 0; i < nb; i++)
		op[i] = rig_op(session, 16 + 16 * (i % 3));
}

/* All of got are of op, each once, with the status. */
static void
check_and_free(struct rte_crypto_op **op, struct rte_crypto_op **got, unsigned int nb,
		uint8_t status)
{
	unsigned int i, k;

	for (i = 0; i < nb; i++) {
		for (k = 0; k < nb && op[k] != got[i]; k++)
			;
		assert_in_range(k, 0, nb - 1);
		assert_int_equal(got[i]->status, status);
		op[k] = NULL;
	}
	for (i = 0; i < nb; i++)
		rig_op_free(got[i]);
}

/* What was not taken is the caller's, untouched, and fits once there is room. */
static void
more_than_fits(void **state)
{
	unsigned int k, round;

	(void)state;
	for (k = 0; k < rig_nb_variants; k++) {
		bool direct = !(rig_variants[k].features & VIRTIO_F_INDIRECT_DESC);
		struct rig_conf conf = { .features = rig_variants[k].features };
		struct rig *r = rig_up(&conf, 1, 128);
		void *s = rig_cbc_session(r, KEY, RTE_CRYPTO_CIPHER_OP_ENCRYPT);
		/* Chains of 4 in 128 descriptors; room is kept for the largest shape. */
		unsigned int most = direct ? 32 : 128;

		r->m.mode = MODEL_PUMPED;
		for (round = 0; round < 5; round++) {
			struct rte_crypto_op *op[MAX], *got[MAX];
			unsigned int sent = 0, n, i;

			make(op, MAX, s);
			for (i = 0; i < MAX; i++)
				op[i]->status = 77;
			do {
				n = rig_enqueue(r, 0, op + sent, (uint16_t)(MAX - sent));
				sent += n;
			} while (n != 0);
			assert_in_range(sent, direct ? most / 2 : most, most);
			for (i = sent; i < MAX; i++)
				assert_int_equal(op[i]->status, 77);
			assert_int_equal(rig_dequeue(r, 0, got, MAX), sent);
			for (i = 0; i < sent; i++)
				assert_ptr_equal(got[i], op[i]);	/* in order */
			check_and_free(op, got, sent, RTE_CRYPTO_OP_STATUS_SUCCESS);
			for (i = sent; i < MAX; i++)
				rig_op_free(op[i]);
		}
		r->m.mode = MODEL_INLINE;
		rig_session_free(r, s);
		rig_close(r);
	}
}

static void
every_burst_size(void **state)
{
	unsigned int k, nb, piece;

	(void)state;
	for (k = 0; k < rig_nb_variants; k++) {
		struct rig_conf conf = { .features = rig_variants[k].features, .size = 1024 };
		struct rig *r = rig_up(&conf, 1, 1024);
		void *s = rig_cbc_session(r, KEY, RTE_CRYPTO_CIPHER_OP_ENCRYPT);

		for (nb = 1; nb <= 64; nb++) {
			struct rte_crypto_op *op[64], *got[64];
			unsigned int n = 0;

			make(op, nb, s);
			r->m.mode = nb % 2 ? MODEL_INLINE : MODEL_PUMPED;
			assert_int_equal(rig_enqueue(r, 0, op, (uint16_t)nb), nb);
			/* Dequeued in pieces of another size. */
			for (piece = 1 + nb % 7; n < nb; n += piece) {
				piece = RTE_MIN(piece, nb - n);
				assert_int_equal(rig_dequeue(r, 0, got + n, (uint16_t)piece),
						piece);
			}
			check_and_free(op, got, nb, RTE_CRYPTO_OP_STATUS_SUCCESS);
		}
		r->m.mode = MODEL_INLINE;
		rig_session_free(r, s);
		rig_close(r);
	}
}

/* Long enough that every index of 16 bits goes round. */
static void
indices_wrap(void **state)
{
	unsigned int k, n;

	(void)state;
	for (k = 0; k < RTE_DIM(rig_kinds); k++) {
		struct rig_conf conf = { .features = rig_kinds[k].features };
		struct rig *r = rig_up(&conf, 1, 64);
		void *s = rig_cbc_session(r, KEY, RTE_CRYPTO_CIPHER_OP_ENCRYPT);
		struct rte_crypto_op *op[60], *got[60];

		make(op, 60, s);
		r->m.data_status = VIRTIO_CRYPTO_OK;
		for (n = 0; n < 66000; n += 60) {
			assert_int_equal(rig_enqueue(r, 0, op, 60), 60);
			assert_int_equal(rig_dequeue(r, 0, got, 60), 60);
			assert_memory_equal(op, got, sizeof(op));
		}
		r->m.data_status = MODEL_NONE;
		check_and_free(op, got, 60, RTE_CRYPTO_OP_STATUS_SUCCESS);
		rig_traffic(r, 0, KEY, s, 70);
		rig_session_free(r, s);
		rig_close(r);
	}
}

/* Not IN_ORDER: the device may complete in any order; ops come as it completes them. */
static void
completed_out_of_order(void **state)
{
	unsigned int k, round, i, nb_moved = 0;

	(void)state;
	for (k = 0; k < rig_nb_variants; k++) {
		struct rig_conf conf = { .features = rig_variants[k].features };
		struct rig *r;
		void *s;

		if (conf.features & VIRTIO_F_IN_ORDER)
			continue;
		r = rig_up(&conf, 1, 256);
		s = rig_cbc_session(r, KEY, RTE_CRYPTO_CIPHER_OP_ENCRYPT);
		r->m.mode = MODEL_PUMPED;
		r->m.shuffle = k + 1;
		for (round = 0; round < 30; round++) {
			struct rte_crypto_op *op[32], *got[32];

			make(op, 32, s);
			assert_int_equal(rig_enqueue(r, 0, op, 32), 32);
			assert_int_equal(rig_dequeue(r, 0, got, 32), 32);
			for (i = 0; i < 32; i++)
				nb_moved += got[i] != op[i];
			check_and_free(op, got, 32, RTE_CRYPTO_OP_STATUS_SUCCESS);
		}
		rig_traffic(r, 0, KEY, s, 100);
		r->m.mode = MODEL_INLINE;
		rig_session_free(r, s);
		rig_close(r);
	}
	assert_in_range(nb_moved, 1000, UINT32_MAX);
}

/* Some of a batch, then some more. */
static void
completed_bit_by_bit(void **state)
{
	unsigned int k, i;

	(void)state;
	for (k = 0; k < rig_nb_variants; k++) {
		struct rig_conf conf = { .features = rig_variants[k].features };
		struct rig *r = rig_up(&conf, 1, 256);
		void *s = rig_cbc_session(r, KEY, RTE_CRYPTO_CIPHER_OP_ENCRYPT);
		struct rte_crypto_op *op[20], *got[20], *none;

		r->m.mode = MODEL_PUMPED;
		make(op, 20, s);
		assert_int_equal(rig_enqueue(r, 0, op, 20), 20);
		assert_int_equal(model_take(&r->m, 0, 20), 20);
		for (i = 0; i < 20; i++) {
			model_complete(&r->m, 0, 0);
			/* Not shown yet. */
			assert_int_equal(rte_cryptodev_dequeue_burst(r->id, 0, &none, 1), 0);
			if (i % 5 != 4)
				continue;
			model_publish(&r->m, 0);
			assert_int_equal(rte_cryptodev_dequeue_burst(r->id, 0, got + i - 4, 20),
					5);
		}
		check_and_free(op, got, 20, RTE_CRYPTO_OP_STATUS_SUCCESS);
		r->m.mode = MODEL_INLINE;
		rig_session_free(r, s);
		rig_close(r);
	}
}

/* The functions that a secondary calls, which asks the queue pair and not this process's
 * cryptodev what its queue is like.
 */
static void
bursts_of_a_secondary(void **state)
{
	unsigned int k, i, round;

	(void)state;
	for (k = 0; k < rig_nb_variants; k++) {
		struct rig_conf conf = { .features = rig_variants[k].features };
		struct rig *r = rig_up(&conf, 1, 64);
		void *s = rig_cbc_session(r, KEY, RTE_CRYPTO_CIPHER_OP_ENCRYPT);
		struct vcrypto_qp *qp = rte_cryptodev_pmd_get_dev(r->id)->data->queue_pairs[0];

		for (round = 0; round < 20; round++) {
			struct rte_crypto_op *op[8], *got[8];

			make(op, 8, s);
			assert_int_equal(vcrypto_burst_enqueue(qp, op, 8), 8);
			for (i = 0; i < 8; i += 4)
				assert_int_equal(vcrypto_burst_dequeue(qp, got + i, 4), 4);
			check_and_free(op, got, 8, RTE_CRYPTO_OP_STATUS_SUCCESS);
		}
		rig_session_free(r, s);
		rig_close(r);
	}
}

/* Illegal ops among legal ones: each comes back with its own status, once. */
static void
good_and_bad_ops(void **state)
{
	unsigned int k, i, bad, round;

	(void)state;
	for (k = 0; k < rig_nb_variants; k++) {
		struct rig_conf conf = { .features = rig_variants[k].features };
		struct rig *r = rig_up(&conf, 1, 256);
		void *s = rig_cbc_session(r, KEY, RTE_CRYPTO_CIPHER_OP_ENCRYPT);

		for (round = 0; round < 20; round++) {
			struct rte_crypto_op *op[24], *got[24];

			make(op, 24, s);
			for (i = 0; i < 24; i++)
				if ((i * 7 + round) % 5 < 2)
					op[i]->sym->cipher.data.length = 13;
			assert_int_equal(rig_enqueue(r, 0, op, 24), 24);
			assert_int_equal(rig_dequeue(r, 0, got, 24), 24);
			for (i = bad = 0; i < 24; i++) {
				bool is_bad = got[i]->sym->cipher.data.length == 13;

				assert_int_equal(got[i]->status, is_bad ?
						RTE_CRYPTO_OP_STATUS_INVALID_ARGS :
						RTE_CRYPTO_OP_STATUS_SUCCESS);
				bad += is_bad;
				rig_op_free(got[i]);
			}
			assert_in_range(bad, 8, 11);
		}
		rig_session_free(r, s);
		rig_close(r);
	}
}

/* Only illegal ops, and nobody dequeues: at some point they stay with the caller. */
static void
refusals_are_bounded(void **state)
{
	unsigned int k;

	(void)state;
	for (k = 0; k < RTE_DIM(rig_kinds); k++) {
		struct rig_conf conf = { .features = rig_kinds[k].features };
		struct rig *r = rig_up(&conf, 1, 64);
		void *s = rig_cbc_session(r, KEY, RTE_CRYPTO_CIPHER_OP_ENCRYPT);
		struct rte_crypto_op *op[MAX], *got[MAX];
		unsigned int i;

		make(op, MAX, s);
		for (i = 0; i < MAX; i++)
			op[i]->sym->cipher.data.length = 13;
		assert_int_equal(rig_enqueue(r, 0, op, MAX), 64);
		assert_int_equal(rig_enqueue(r, 0, op + 64, MAX - 64), 0);
		/* Legal ones still go. */
		for (i = 64; i < 128; i++)
			op[i]->sym->cipher.data.length = 16;
		assert_int_equal(rig_enqueue(r, 0, op + 64, 64), 64);
		assert_int_equal(r->m.nb_data, 64);
		assert_int_equal(rig_dequeue(r, 0, got, MAX), 128);
		for (i = 0; i < MAX; i++)
			rig_op_free(op[i]);
		rig_session_free(r, s);
		rig_close(r);
	}
}

static void
statistics(void **state)
{
	unsigned int k, i;

	(void)state;
	for (k = 0; k < RTE_DIM(rig_kinds); k++) {
		struct rig_conf conf = { .features = rig_kinds[k].features };
		struct rig *r = rig_up(&conf, 2, 64);
		void *s = rig_cbc_session(r, KEY, RTE_CRYPTO_CIPHER_OP_ENCRYPT);
		struct rte_crypto_op *op[100], *got[100];
		struct rte_cryptodev_stats st;

		assert_int_equal(rte_cryptodev_stats_get(r->id, &st), 0);
		assert_int_equal(st.enqueued_count + st.dequeued_count + st.enqueue_err_count +
				st.dequeue_err_count, 0);
		make(op, 100, s);
		r->m.mode = MODEL_PUMPED;
		assert_int_equal(rig_enqueue(r, 0, op, 100), 64);
		assert_int_equal(rig_enqueue(r, 1, op + 64, 10), 10);
		for (i = 64; i < 74; i += 5)
			op[i]->status = 0;
		r->m.fail_at = 3;
		r->m.fail_status = VIRTIO_CRYPTO_ERR;
		assert_int_equal(rig_dequeue(r, 1, got, 10), 10);
		assert_int_equal(rig_dequeue(r, 0, got, 60), 60);
		op[74]->sym->cipher.data.length = 1;
		assert_int_equal(rig_enqueue(r, 1, op + 74, 1), 1);
		assert_int_equal(rig_dequeue(r, 1, got, 1), 1);
		assert_int_equal(rte_cryptodev_stats_get(r->id, &st), 0);
		assert_int_equal(st.enqueued_count, 75);
		assert_int_equal(st.dequeued_count, 71);
		/* The illegal op, not those that found the queue full. */
		assert_int_equal(st.enqueue_err_count, 1);
		assert_int_equal(st.dequeue_err_count, 2);
		rte_cryptodev_stats_reset(r->id);
		assert_int_equal(rig_dequeue(r, 0, got, 10), 4);
		assert_int_equal(rte_cryptodev_stats_get(r->id, &st), 0);
		assert_int_equal(st.enqueued_count, 0);
		assert_int_equal(st.dequeued_count, 4);
		for (i = 0; i < 100; i++)
			rig_op_free(op[i]);
		r->m.mode = MODEL_INLINE;
		rig_session_free(r, s);
		rig_close(r);
	}
}

/* One notification per burst where the device asks for one, none where it does not. */
static void
notifications(void **state)
{
	unsigned int k, i;

	(void)state;
	for (k = 0; k < rig_nb_variants; k++) {
		struct rig_conf conf = { .features = rig_variants[k].features };
		struct rig *r = rig_up(&conf, 1, 256);
		void *s = rig_cbc_session(r, KEY, RTE_CRYPTO_CIPHER_OP_ENCRYPT);
		struct rte_crypto_op *op[30], *got[30];
		unsigned int kicks = r->f->queue[0].nb_kicks;

		make(op, 30, s);
		for (i = 0; i < 5; i++) {
			assert_int_equal(rig_enqueue(r, 0, op, 30), 30);
			assert_int_equal(r->f->queue[0].nb_kicks, ++kicks);
			assert_int_equal(rig_dequeue(r, 0, got, 30), 30);
		}
		r->m.mode = MODEL_PUMPED;
		vqd_notify_off(&r->m.queue[0].d);
		assert_int_equal(rig_enqueue(r, 0, op, 10), 10);
		assert_int_equal(rig_enqueue(r, 0, op + 10, 1), 1);
		assert_int_equal(rig_enqueue(r, 0, op + 11, 0), 0);
		assert_int_equal(r->f->queue[0].nb_kicks, kicks);
		assert_int_equal(rig_dequeue(r, 0, got, 11), 11);
		for (i = 0; i < 30; i++)
			rig_op_free(op[i]);
		r->m.mode = MODEL_INLINE;
		rig_session_free(r, s);
		rig_close(r);
	}
}

/* Enqueues ops for a device that asks for no notification, and asks for one when the driver has
 * looked: as if it fell asleep at that moment.
 */
static void
miss_notification(struct rig *r, struct rte_crypto_op **op, unsigned int nb)
{
	unsigned int kicks = r->f->queue[0].nb_kicks;

	r->m.mode = MODEL_PUMPED;
	vqd_notify_off(&r->m.queue[0].d);
	assert_int_equal(rig_enqueue(r, 0, op, nb), nb);
	assert_int_equal(r->f->queue[0].nb_kicks, kicks);
	(void)vqd_notify_on(&r->m.queue[0].d);
}

/* Polls send the notification, once; tries to enqueue into a full queue do, too. */
static void
missed_notification(void **state)
{
	unsigned int k, i, full;

	(void)state;
	for (k = 0; k < rig_nb_variants; k++)
		for (full = 0; full < 2; full++) {
			struct rig_conf conf = { .features = rig_variants[k].features };
			bool direct = !(conf.features & VIRTIO_F_INDIRECT_DESC);
			unsigned int nb = direct ? 8 : 64, kicks;
			struct rte_crypto_op *op[65], *got[65];
			struct rig *r;
			void *s;

			/* Chains differ in length, so that there is no number that fills it. */
			if (direct && full)
				continue;
			r = rig_up(&conf, 1, 64);
			s = rig_cbc_session(r, KEY, RTE_CRYPTO_CIPHER_OP_ENCRYPT);
			make(op, nb + 1, s);
			kicks = r->f->queue[0].nb_kicks;
			miss_notification(r, op, nb);
			for (i = 0; i < 3 * VQ_KICK_POLLS; i++)
				assert_int_equal(full ? rte_cryptodev_enqueue_burst(r->id, 0,
					op + nb, 1) : rte_cryptodev_dequeue_burst(r->id, 0, got,
					(uint16_t)(1 + i % 2)), 0);
			assert_int_equal(r->f->queue[0].nb_kicks, kicks + 1);
			assert_int_equal(rig_dequeue(r, 0, got, nb), nb);
			/* Nothing is in flight: nothing to notify of. */
			(void)vqd_notify_on(&r->m.queue[0].d);
			for (i = 0; i < 3 * VQ_KICK_POLLS; i++)
				assert_int_equal(rte_cryptodev_dequeue_burst(r->id, 0, got, 1), 0);
			assert_int_equal(r->f->queue[0].nb_kicks, kicks + 1);
			rig_op_free(op[nb]);
			check_and_free(op, got, nb, RTE_CRYPTO_OP_STATUS_SUCCESS);
			r->m.mode = MODEL_INLINE;
			rig_session_free(r, s);
			rig_close(r);
		}
}

/* A stop waits for what is in flight, and polls meanwhile. */
static void
missed_notification_at_stop(void **state)
{
	unsigned int k;

	(void)state;
	for (k = 0; k < rig_nb_variants; k++) {
		struct rig_conf conf = { .features = rig_variants[k].features };
		struct rig *r = rig_up(&conf, 1, 64);
		void *s = rig_cbc_session(r, KEY, RTE_CRYPTO_CIPHER_OP_ENCRYPT);
		struct rte_crypto_op *op[8], *got[8];

		make(op, 8, s);
		miss_notification(r, op, 8);
		r->m.mode = MODEL_INLINE;
		rte_cryptodev_stop(r->id);
		assert_int_equal(rte_cryptodev_dequeue_burst(r->id, 0, got, 8), 8);
		check_and_free(op, got, 8, RTE_CRYPTO_OP_STATUS_SUCCESS);
		assert_int_equal(rte_cryptodev_start(r->id), 0);
		rig_session_free(r, s);
		rig_close(r);
	}
}

/* Two queue pairs, the device on another core. */
static void
two_queue_pairs_and_a_thread(void **state)
{
	unsigned int k, i, n;

	(void)state;
	for (k = 0; k < RTE_DIM(rig_kinds); k++) {
		struct rig_conf conf = { .features = rig_kinds[k].features,
			.mode = MODEL_THREAD };
		struct rig *r = rig_up(&conf, 2, 64);
		void *s = rig_cbc_session(r, KEY, RTE_CRYPTO_CIPHER_OP_ENCRYPT);
		struct rte_crypto_op *op[2][40], *got[2][40];

		for (n = 0; n < 30; n++) {
			for (i = 0; i < 2; i++) {
				make(op[i], 40, s);
				assert_int_equal(rig_enqueue(r, (uint16_t)i, op[i], 40), 40);
			}
			for (i = 0; i < 2; i++) {
				assert_int_equal(rig_dequeue(r, (uint16_t)i, got[i], 40), 40);
				check_and_free(op[i], got[i], 40, RTE_CRYPTO_OP_STATUS_SUCCESS);
			}
		}
		rig_traffic(r, 0, KEY, s, 200);
		rig_session_free(r, s);
		rig_close(r);
	}
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(more_than_fits),
		cmocka_unit_test(every_burst_size),
		cmocka_unit_test(indices_wrap),
		cmocka_unit_test(completed_out_of_order),
		cmocka_unit_test(completed_bit_by_bit),
		cmocka_unit_test(bursts_of_a_secondary),
		cmocka_unit_test(good_and_bad_ops),
		cmocka_unit_test(refusals_are_bounded),
		cmocka_unit_test(statistics),
		cmocka_unit_test(notifications),
		cmocka_unit_test(missed_notification),
		cmocka_unit_test(missed_notification_at_stop),
		cmocka_unit_test(two_queue_pairs_and_a_thread),
	};

	(void)argc;
	rig_init(argv[0]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
