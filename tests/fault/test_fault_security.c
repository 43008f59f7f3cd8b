/* SPDX-License-Identifier: BSD-3-Clause
 *
 * On a function with IPSEC: in probe and start the nth call fails, for every n until the
 * operation meets no fault.  It fails with a negative code, or the device does without IPSEC;
 * nothing is left behind, and security associations can be had afterwards.  The same for what
 * can fail with ipsec_recover_inbound=1: creation of an inbound one, and recovery, which allocates
 * nothing; a device whose alarm was lost comes back by stop and start.
 */
#include <errno.h>
#include <stdio.h>

#include <cryptodev_pmd.h>

#include "drivers/crypto/vcrypto/device/vcrypto_device.h"
#include "fault.h"
#include "sa.h"

#define NB_DESC	32

struct operation {
	const char *name;
	unsigned int least;		/* calls that are known to be made */
	int (*before)(struct rig *r);
	int (*run)(struct rig *r);
};

static void *sa;

static int
nothing(struct rig *r)
{
	(void)r;
	return 0;
}

static int
to_set_up(struct rig *r)
{
	int rc = rig_probe(r);

	if (rc == 0)
		rc = rig_configure(r, 1);
	return rc != 0 ? rc : rig_setup(r, 0, NB_DESC);
}

static int
start(struct rig *r)
{
	return rte_cryptodev_start(r->id);
}

/* -1: DPDK says no more than that. */
static int
create(struct rig *r)
{
	struct sa_conf c;

	sa_gcm(&c, true);
	sa = sa_create(r, &c);
	return sa != NULL ? 0 : -1;
}

/* ---- inbound SAs that are made again ---- */

static int
to_started(struct rig *r)
{
	int rc = to_set_up(r);

	return rc != 0 ? rc : start(r);
}

static int
create_inbound(struct rig *r)
{
	struct sa_conf c;

	sa_gcm(&c, false);
	sa = sa_create(r, &c);
	return sa != NULL ? 0 : -1;
}

static int
to_lost(struct rig *r)
{
	int rc = to_started(r);

	if (rc == 0)
		rc = create_inbound(r);
	fake_pci_break(r->f);
	return rc;
}

static bool
is_back(void)
{
	return log_capture_count("the device is back") != 0;
}

/* -1: it is not back yet. */
static int
recover(struct rig *r)
{
	struct rte_crypto_op *op;
	unsigned int i;

	for (i = 0; i < 8 && !is_back(); i++) {
		(void)rig_tick();
		(void)rte_cryptodev_dequeue_burst(r->id, 0, &op, 1);
	}
	return is_back() ? 0 : -1;
}

static const struct operation operations[] = {
	{ "probe", 8, nothing, rig_probe },
	{ "start", 5, to_set_up, start },
	{ "create", 1, to_started, create_inbound },
	{ "recovery", 2, to_lost, recover },
};

/* Recovery goes on once the fault is over, unless its alarm was lost: then a restart helps. */
static void
end_recovery(struct rig *r)
{
	const struct vcrypto_dev *dev = vcrypto_dev_of(rte_cryptodev_pmd_get_dev(r->id));

	if (!is_back() && recover(r) != 0) {
		rte_cryptodev_stop(r->id);
		assert_int_equal(start(r), 0);
	}
	assert_true(dev->live);
}

/* From where it is until an SA was had, unless the device does without. */
static void
use(struct rig *r)
{
	const struct vcrypto_dev *dev = vcrypto_dev_of(rte_cryptodev_pmd_get_dev(r->id));

	if (dev->state != VCRYPTO_STARTED) {
		if (dev->state == VCRYPTO_PROBED)
			assert_int_equal(rig_configure(r, 1), 0);
		assert_int_equal(rig_setup(r, 0, NB_DESC), 0);
		assert_int_equal(start(r), 0);
	}
	if (dev->ipsec.ready && sa == NULL)
		assert_int_equal(create(r), 0);
	assert_true(sa != NULL || !dev->ipsec.ready);
	if (sa != NULL)
		sa_destroy(r, sa);
	assert_int_equal(dev->ipsec_ids[false].nb_taken, dev->ipsec_ids[false].nb_lost);
	assert_int_equal(dev->ipsec_ids[true].nb_taken, dev->ipsec_ids[true].nb_lost);
	assert_true(TAILQ_EMPTY(&dev->ipsec_records));
}

/* One life with the nth call failing; what failed, NULL if nothing did. */
static const char *
life(const struct operation *op, unsigned int kind, unsigned int n, bool lasting)
{
	struct rig *r = sa_open(kind, "ctrl_timeout_ms=9,recover=1,ipsec_recover_inbound=1");
	const char *struck;
	int rc;

	sa = NULL;
	assert_int_equal(op->before(r), 0);
	log_capture_start();
	fault_arm(n, ENOMEM, lasting);
	rc = op->run(r);
	struck = fault_disarm();
	fault_judge(op->name, n, struck, rc);
	if (rc != 0 && !r->probed)
		assert_int_equal(rig_probe(r), 0);
	if (op->run == recover)
		end_recovery(r);
	use(r);
	rte_cryptodev_stop(r->id);
	log_capture_start();	/* what failed was said */
	rig_close(r);		/* memory, memzones, mappings, rules */
	return struck;
}

static void
test_operation(void **state)
{
	static const unsigned int kinds[] = { 0, 3 };
	const struct operation *op = *state;
	unsigned int i, n;

	for (i = 0; i < 2 * RTE_DIM(kinds); i++) {
		for (n = 1; life(op, kinds[i / 2], n, i % 2 != 0) != NULL; n++)
			assert_true(n < FAULT_MAX);
		printf("# %s, %s%s: %u calls\n", op->name, rig_kinds[kinds[i / 2]].name,
			i % 2 != 0 ? ", lasting" : "", n - 1);
		assert_true(n - 1 >= op->least);
	}
}

int
main(void)
{
	struct CMUnitTest tests[RTE_DIM(operations)];
	unsigned int i;

	rig_init("test_fault_security");
	for (i = 0; i < RTE_DIM(operations); i++)
		tests[i] = (struct CMUnitTest){ operations[i].name, test_operation, NULL, NULL,
			(void *)(uintptr_t)&operations[i] };
	return cmocka_run_group_tests_name("fault_security", tests, NULL, NULL);
}
