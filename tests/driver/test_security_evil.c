/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Devices that refuse IPsec sessions, answer them late, in part or wrongly: no id is used twice,
 * no key stays, and other sessions go on.
 */
#include <string.h>

#include <cryptodev_pmd.h>

#include "drivers/crypto/vcrypto/device/vcrypto_device.h"
#include "sa.h"

static struct vcrypto_dev *
device(struct rig *r)
{
	return vcrypto_dev_of(rte_cryptodev_pmd_get_dev(r->id));
}

static struct vcrypto_ipsec_ids *
ids(struct rig *r, bool inbound)
{
	return &device(r)->ipsec_ids[inbound];
}

/* One more can be had, and ends. */
static void
works(struct rig *r)
{
	unsigned int before = r->m.admin.nb_sas;
	struct sa_conf c;
	void *s;

	sa_gcm(&c, true);
	s = sa_create(r, &c);
	assert_non_null(s);
	assert_int_equal(r->m.admin.nb_sas, before + 1);
	sa_destroy(r, s);
	assert_int_equal(r->m.admin.nb_sas, before);
}

static void
expect_no_key(struct rig *r)
{
	const struct vcrypto_cmdq *cq = &device(r)->adminq;
	struct sa_conf c;

	sa_gcm(&c, true);
	assert_null(memmem(cq->mz->addr, cq->mz->len, c.key, 16));
}

static void
refused(struct rig *r, uint16_t status, bool lost)
{
	uint32_t nb_lost = ids(r, true)->nb_lost;
	struct sa_conf c;

	sa_gcm(&c, false);
	r->m.admin.fail_opcode = VIRTIO_ADMIN_CMD_RESOURCE_OBJ_CREATE;
	r->m.admin.fail_status = status;
	device(r)->ctrlq.logged_refusal = 0;	/* a second later */
	assert_null(sa_create(r, &c));
	assert_int_equal(log_capture_count("the device refused a security association"), 1);
	r->m.admin.fail_status = VIRTIO_ADMIN_STATUS_OK;
	assert_int_equal(ids(r, true)->nb_lost, nb_lost + lost);
	assert_int_equal(ids(r, true)->nb_taken, nb_lost + lost);
	expect_no_key(r);
	log_capture_start();
	works(r);
}

static void
statuses_of_create(void **state)
{
	static const uint16_t statuses[] = {
		VIRTIO_ADMIN_STATUS_ENXIO, VIRTIO_ADMIN_STATUS_EAGAIN, VIRTIO_ADMIN_STATUS_ENOMEM,
		VIRTIO_ADMIN_STATUS_EBUSY, VIRTIO_ADMIN_STATUS_EINVAL, VIRTIO_ADMIN_STATUS_ENOSPC,
		5, 0xfffe,
	};
	struct rig *r = sa_up(0, NULL);
	unsigned int i;

	(void)state;
	for (i = 0; i < RTE_DIM(statuses); i++)
		refused(r, statuses[i], false);
	/* Somebody has this id: it is not tried again. */
	refused(r, VIRTIO_ADMIN_STATUS_EEXIST, true);
	rig_close(r);
}

/* Busy for now. */
static void
tries_again(void **state)
{
	struct rig *r = sa_up(0, NULL);
	unsigned int before = r->m.admin.nb_commands;
	struct sa_conf c;
	void *s;

	(void)state;
	r->m.admin.fail_opcode = VIRTIO_ADMIN_CMD_RESOURCE_OBJ_CREATE;
	r->m.admin.fail_status = VIRTIO_ADMIN_STATUS_EAGAIN;
	r->m.admin.nb_fail = 3;
	sa_gcm(&c, true);
	s = sa_create(r, &c);
	assert_non_null(s);
	assert_int_equal(r->m.admin.nb_commands, before + 4);
	sa_destroy(r, s);
	rig_close(r);
}

/* The object may be there: its id stays taken until a reset. */
static void
answers_without_a_status(void **state)
{
	static const int64_t lens[] = { 0, 1, 3 };
	struct rig *r = sa_up(0, NULL);
	struct sa_conf c;
	unsigned int i;

	(void)state;
	for (i = 0; i < RTE_DIM(lens); i++) {
		sa_gcm(&c, true);
		r->m.admin.used_len = lens[i];
		device(r)->ctrlq.logged_refusal = 0;
		assert_null(sa_create(r, &c));
		rig_expect_errors(1, "RESOURCE_OBJ_CREATE failed");
		r->m.admin.used_len = MODEL_NONE;
		assert_int_equal(r->m.admin.nb_sas, i + 1);
		assert_int_equal(ids(r, false)->nb_lost, i + 1);
		works(r);
	}
	/* More than there is room for says nothing else. */
	r->m.admin.used_len = UINT32_MAX;
	works(r);
	r->m.admin.used_len = MODEL_NONE;
	expect_no_key(r);
	rig_close(r);
}

static void
answers_that_are_late(void **state)
{
	struct rig *r = sa_up(0, "ctrl_timeout_ms=20");
	struct sa_conf c;
	void *s;

	(void)state;
	sa_gcm(&c, true);
	s = sa_create(r, &c);
	assert_non_null(s);
	r->m.admin.silent = true;
	assert_null(sa_create(r, &c));
	rig_expect_errors(1, "no answer on the administration queue");
	assert_int_equal(ids(r, false)->nb_lost, 1);
	assert_int_equal(r->m.admin.nb_sas, 1);
	/* It is destroyed later, or not: nobody knows. */
	sa_destroy(r, s);
	rig_expect_errors(1, "holds its keys until its next reset");
	assert_int_equal(ids(r, false)->nb_lost, 2);
	r->m.admin.silent = false;
	(void)model_work(&r->m);
	assert_int_equal(r->m.admin.nb_objects, 2);	/* the late one exists */
	assert_int_equal(r->m.admin.nb_sas, 1);
	works(r);
	assert_int_equal(ids(r, false)->nb_lost, 2);
	expect_no_key(r);
	rig_close(r);
}

static void
statuses_of_destroy(void **state)
{
	struct rig *r = sa_up(0, NULL);
	struct sa_conf c;
	void *s;

	(void)state;
	sa_gcm(&c, false);
	r->m.admin.fail_opcode = VIRTIO_ADMIN_CMD_RESOURCE_OBJ_DESTROY;
	/* It says that there is none: the id is free. */
	s = sa_create(r, &c);
	assert_non_null(s);
	r->m.admin.fail_status = VIRTIO_ADMIN_STATUS_ENXIO;
	sa_destroy(r, s);
	assert_int_equal(log_capture_count("it had none of this id"), 1);
	assert_int_equal(ids(r, true)->nb_taken, 0);
	model_forget_sas(&r->m);
	/* Anything else: it may be there. */
	r->m.admin.fail_status = VIRTIO_ADMIN_STATUS_OK;
	s = sa_create(r, &c);
	assert_non_null(s);
	r->m.admin.fail_status = VIRTIO_ADMIN_STATUS_EINVAL;
	sa_destroy(r, s);
	assert_int_equal(log_capture_count("holds its keys until its next reset"), 1);
	assert_int_equal(ids(r, true)->nb_lost, 1);
	r->m.admin.fail_status = VIRTIO_ADMIN_STATUS_OK;
	works(r);
	rig_close(r);
}

/* All ids of a direction are in use; the other one goes on. */
static void
no_room(void **state)
{
	struct rig *r = sa_up(0, NULL);
	struct sa_conf c, in;
	void *s[32], *other;
	unsigned int i;

	(void)state;
	sa_gcm(&c, true);
	sa_gcm(&in, false);
	for (i = 0; i < RTE_DIM(s); i++) {
		s[i] = sa_create(r, &c);
		assert_non_null(s[i]);
	}
	assert_null(sa_create(r, &c));
	rig_expect_errors(1, "all 32 outbound security associations");
	other = sa_create(r, &in);
	assert_non_null(other);
	sa_destroy(r, s[7]);
	s[7] = sa_create(r, &c);
	assert_non_null(s[7]);
	for (i = 0; i < RTE_DIM(s); i++)
		sa_destroy(r, s[i]);
	sa_destroy(r, other);
	assert_int_equal(r->m.admin.nb_sas, 0);
	works(r);
	rig_close(r);
}

/* What was promised at probe is not there at start: no session, with a line that says why. */
static void
less_than_promised(void **state)
{
	struct rig *r = sa_open(0, NULL);
	struct sa_conf c;

	(void)state;
	assert_int_equal(rig_probe(r), 0);
	sa_gcm(&c, true);
	assert_null(sa_create(r, &c));
	rig_expect_errors(1, "start the device before creating sessions");
	r->m.admin.caps.mode[0].aeads = 0;
	rig_start(r, 1, 16);
	rig_expect_errors(1, "offers less than it did");
	assert_null(sa_create(r, &c));
	rig_expect_errors(1, "did not agree on IPSEC at the last start");
	rig_close(r);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(statuses_of_create),
		cmocka_unit_test(tries_again),
		cmocka_unit_test(answers_without_a_status),
		cmocka_unit_test(answers_that_are_late),
		cmocka_unit_test(statuses_of_destroy),
		cmocka_unit_test(no_room),
		cmocka_unit_test(less_than_promised),
	};

	(void)argc;
	rig_init(argv[0]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
