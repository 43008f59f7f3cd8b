/* SPDX-License-Identifier: BSD-3-Clause
 *
 * On a PCI function: in probe, configure, queue-pair set-up, start, session creation and
 * recovery the nth call fails, for every n until the operation meets no fault.  The
 * operation fails with a negative code (or does without what failed), nothing is left
 * behind, and the same operation without a fault works and carries ops.
 */
#include <errno.h>
#include <stdio.h>

#include <rte_errno.h>

#include "fault.h"
#include "rig.h"

#define KEY	0x3b
#define NB_DESC	32

/* ---- operations: up to just before one, it, and the life after it ---- */

struct operation {
	const char *name;
	unsigned int least, fatal;	/* calls that are known to be made */
	int (*before)(struct rig *r);
	int (*run)(struct rig *r);
	int (*after)(struct rig *r);	/* what is missing until sessions can be had */
};

static void *session;

static int
nothing(struct rig *r)
{
	(void)r;
	return 0;
}

static int
configure(struct rig *r)
{
	return rig_configure(r, 2);
}

static int
setup(struct rig *r)
{
	int rc = rig_setup(r, 0, NB_DESC);

	return rc != 0 ? rc : rig_setup(r, 1, NB_DESC);
}

static int
start(struct rig *r)
{
	return rte_cryptodev_start(r->id);
}

static int
to_configured(struct rig *r)
{
	int rc = rig_probe(r);

	return rc != 0 ? rc : configure(r);
}

static int
to_set_up(struct rig *r)
{
	int rc = to_configured(r);

	return rc != 0 ? rc : setup(r);
}

static int
to_started(struct rig *r)
{
	int rc = to_set_up(r);

	return rc != 0 ? rc : start(r);
}

static int
set_up_and_start(struct rig *r)
{
	int rc = setup(r);

	return rc != 0 ? rc : start(r);
}

static int
configure_and_start(struct rig *r)
{
	int rc = configure(r);

	return rc != 0 ? rc : set_up_and_start(r);
}

static int
create_session(struct rig *r)
{
	session = rig_cbc_session(r, KEY, RTE_CRYPTO_CIPHER_OP_ENCRYPT);
	return session != NULL ? 0 : -rte_errno;
}

/* With a session that is to be created again. */
static int
to_lost(struct rig *r)
{
	int rc = to_started(r);

	if (rc == 0)
		rc = create_session(r);
	fake_pci_break(r->f);
	return rc;
}

/* The watch notices, takes the device down, and brings it back once each queue pair
 * was seen by its owner: 0 if ops can be sent again.
 */
static int
recover(struct rig *r)
{
	struct rte_crypto_op *op;
	unsigned int i;
	uint16_t q, sent;

	for (i = 0; i < 4; i++) {
		rig_tick();
		for (q = 0; q < 2; q++)
			(void)rte_cryptodev_dequeue_burst(r->id, q, &op, 1);
	}
	op = rig_op(session, 16);
	sent = rig_enqueue(r, 0, &op, 1);
	if (sent == 1)
		assert_int_equal(rig_dequeue(r, 0, &op, 1), 1);
	rig_op_free(op);
	return sent == 1 ? 0 : -EIO;
}

/* Recovery that failed is tried again by the watch; one that lost its alarm needs the
 * application: stop and start.
 */
static int
revive(struct rig *r)
{
	int rc = recover(r);

	if (rc == 0)
		return 0;
	rte_cryptodev_stop(r->id);
	rc = start(r);
	/* Sessions of the life before are void, and others can be had. */
	rig_session_free(r, session);
	session = NULL;
	return rc;
}

static const struct operation operations[] = {
	{ "probe", 8, 8, nothing, rig_probe, configure_and_start },
	{ "configure", 0, 0, rig_probe, configure, set_up_and_start },
	{ "set-up", 4, 2, to_configured, setup, start },
	{ "start", 3, 1, to_set_up, start, nothing },
	{ "session", 1, 1, to_started, create_session, nothing },
	{ "recovery", 1, 1, to_lost, recover, nothing },
};

/* ---- every call of one ---- */

static int
again(struct rig *r, const struct operation *op)
{
	return op->run == recover ? revive(r) : op->run(r);
}

/* One life with the nth call failing; what failed, NULL if nothing did. */
static const char *
life(const struct operation *op, const struct rig_variant *v, unsigned int n, bool lasting,
		unsigned int *failed)
{
	struct rig_conf conf = {
		.features = v->features,
		.devargs = "recover=1,ctrl_timeout_ms=9",
	};
	struct rig *r = rig_open(&conf);
	const char *struck;
	int rc;

	session = NULL;
	assert_int_equal(op->before(r), 0);
	log_capture_start();
	fault_arm(n, ENOMEM, lasting);
	rc = op->run(r);
	struck = fault_disarm();
	fault_judge(op->name, n, struck, rc);
	if (rc != 0) {
		++*failed;
		rc = again(r, op);
		if (rc != 0)
			fail_msg("%s after call %u (%s) failed: %d, %s", op->name, n, struck, rc,
				log_capture_last());
	}
	assert_int_equal(op->after(r), 0);
	if (session == NULL)
		assert_int_equal(create_session(r), 0);
	rig_traffic(r, 0, KEY, session, 40);
	rig_session_free(r, session);
	rte_cryptodev_stop(r->id);
	log_capture_start();	/* what failed was said */
	rig_close(r);		/* memory, memzones, mappings, rules */
	return struck;
}

static void
each_call(const struct operation *op, const struct rig_variant *v, bool lasting)
{
	unsigned int n, failed = 0;

	for (n = 1; life(op, v, n, lasting, &failed) != NULL; n++)
		assert_true(n < FAULT_MAX);
	printf("# %s, %s%s: %u calls, %u of them fatal\n", op->name, v->name,
		lasting ? ", lasting" : "", n - 1, failed);
	assert_true(n - 1 >= op->least);
	assert_true(failed >= op->fatal);
}

static void
test_operation(void **state)
{
	static const unsigned int kinds[] = { 0, 3 };
	unsigned int i;

	for (i = 0; i < 2 * RTE_DIM(kinds); i++)
		each_call(*state, &rig_kinds[kinds[i / 2]], i % 2 != 0);
}

int
main(void)
{
	struct CMUnitTest tests[RTE_DIM(operations)];
	unsigned int i;

	rig_init("test_fault_pci");
	for (i = 0; i < RTE_DIM(operations); i++)
		tests[i] = (struct CMUnitTest){ operations[i].name, test_operation, NULL, NULL,
			(void *)(uintptr_t)&operations[i] };
	return cmocka_run_group_tests_name("fault_pci", tests, NULL, NULL);
}
