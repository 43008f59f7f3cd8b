/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Each op comes back, within bounds that have a name, and before its queue pair is released:
 * from a device that is stopped, whose start fails, or that never comes back.
 */
#include <errno.h>

#include "loss.h"

#define KEY	0x42

/* ---- stopped ---- */

/* A stopped device is polled on through everything that may happen to it: a configure that
 * fails, one that works, which free rte_cryptodev's lists of callbacks, a start that fails,
 * the release of queue pairs, close.
 */
static void
stopped_and_polled_on(void **state)
{
	struct rig_conf conf = { .features = rig_kinds[0].features, .nb_data = 3 };
	struct rig *r = rig_up(&conf, 3, 64);
	void *s = rig_cbc_session(r, KEY, RTE_CRYPTO_CIPHER_OP_ENCRYPT);
	struct rte_crypto_op *op[4], *got;
	unsigned int i;

	(void)state;
	for (i = 0; i < 4; i++)
		op[i] = rig_op(s, 64);
	r->m.data_silent = true;
	assert_int_equal(rig_enqueue(r, 0, op, 4), 4);
	rte_cryptodev_stop(r->id);
	assert_int_equal(rig_configure(r, 4), -EINVAL);
	assert_int_equal(rte_cryptodev_dequeue_burst(r->id, 0, &got, 1), 1);
	assert_int_equal(rig_configure(r, 2), 0);
	assert_int_equal(rte_cryptodev_dequeue_burst(r->id, 0, &got, 1), 1);
	assert_int_equal(rte_cryptodev_dequeue_burst(r->id, 2, &got, 1), 0);
	r->f->enable_stuck = true;
	assert_int_equal(rig_setup(r, 1, 32), 0);	/* has to be enabled */
	assert_int_equal(rte_cryptodev_start(r->id), -EIO);
	r->f->enable_stuck = false;
	assert_int_equal(rig_enqueue(r, 0, op, 1), 0);
	assert_int_equal(rte_cryptodev_dequeue_burst(r->id, 0, &got, 1), 1);
	assert_int_equal(rte_cryptodev_dequeue_burst(r->id, 0, &got, 1), 1);
	assert_int_equal(rte_cryptodev_dequeue_burst(r->id, 0, &got, 1), 0);
	for (i = 0; i < 4; i++) {
		assert_int_equal(op[i]->status, RTE_CRYPTO_OP_STATUS_ERROR);
		rig_op_free(op[i]);
	}
	rig_session_free(r, s);
	assert_int_equal(rte_cryptodev_close(r->id), 0);
	assert_int_equal(rte_cryptodev_dequeue_burst(r->id, 0, &got, 1), 0);
	assert_int_equal(log_capture_warnings(), 0);
	log_capture_start();
	rig_close(r);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stopped_and_polled_on),
	};

	(void)argc;
	rig_init(argv[0]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
