/* SPDX-License-Identifier: BSD-3-Clause
 *
 * IPSEC at probe and start: who is asked for it, what is agreed on, and that everything else
 * works whatever comes of it.
 */
#include <cryptodev_pmd.h>

#include "drivers/crypto/vcrypto/device/vcrypto_device.h"
#include "rig.h"

#define ADMIN_INDEX	40
#define KEY		0x5a

static void
traffic(struct rig *r)
{
	void *s = rig_cbc_session(r, KEY, RTE_CRYPTO_CIPHER_OP_ENCRYPT);

	assert_non_null(s);
	rig_traffic(r, 0, KEY, s, 20);
	rig_session_free(r, s);
}

static const struct vcrypto_ipsec *
ipsec_of(const struct rig *r)
{
	return &vcrypto_dev_of(rte_cryptodev_pmd_get_dev(r->id))->ipsec;
}

/* Opened, and with IPSEC. */
static struct rig *
ipsec_open(unsigned int kind, const char *devargs)
{
	struct rig_conf conf = { .features = rig_kinds[kind].features, .devargs = devargs };
	struct rig *r = rig_open(&conf);

	model_admin_offer(&r->m, ADMIN_INDEX);
	return r;
}

static void
agreed_on_in_every_layout(void **state)
{
	unsigned int i, before;

	(void)state;
	for (i = 0; i < RTE_DIM(rig_kinds); i++) {
		struct rig *r = ipsec_open(i, NULL);

		assert_int_equal(rig_probe(r), 0);
		assert_true(ipsec_of(r)->offered);
		assert_false(ipsec_of(r)->ready);
		assert_int_equal(ipsec_of(r)->limits.outbound, 32);
		assert_int_equal(r->m.admin.nb_sets, 0);
		assert_int_equal(r->f->status, 0);
		before = r->m.admin.nb_commands;
		rig_start(r, 1, 16);
		assert_true(ipsec_of(r)->ready);
		assert_true((r->f->driver_features & VIRTIO_F_ADMIN_VQ) != 0);
		assert_int_equal(r->m.admin.nb_commands, before + 7);
		assert_int_equal(r->m.admin.nb_sets, 2);
		assert_int_equal(r->m.admin.set_limits.inbound, 16);
		assert_true(r->m.admin.set_caps.mode[1].offered);
		traffic(r);
		rig_close(r);
	}
}

/* The device shows its layout, and says nothing of addresses. */
static void
dialects(void **state)
{
	struct rig *r = ipsec_open(0, "ipsec_layout=aligned,ipsec_addr=bytes");

	(void)state;
	assert_int_equal(rig_probe(r), 0);
	assert_int_equal(ipsec_of(r)->dialect, REQ_IPSEC_ADDR_BYTES);
	rig_close(r);
	r = ipsec_open(0, "ipsec_layout=text,ipsec_addr=number,ipsec=1");
	assert_int_equal(rig_probe(r), 0);
	assert_int_equal(ipsec_of(r)->dialect, 0);
	rig_close(r);
}

/* Devices without it, and those that may not be asked, pay nothing. */
static void
not_asked(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < 3; i++) {
		struct rig *r = ipsec_open(0, i == 0 ? "ipsec=0" : NULL);

		if (i == 1)
			r->f->device_features &= ~VIRTIO_F_ADMIN_VQ;
		if (i == 2)
			r->f->device_cfg.crypto_services = cpu_to_le32(
				~(1u << VIRTIO_CRYPTO_SERVICE_IPSEC) &
				le32_to_cpu(r->f->device_cfg.crypto_services));
		assert_int_equal(rig_probe(r), 0);
		assert_false(ipsec_of(r)->offered);
		rig_start(r, 1, 16);
		assert_true((r->f->driver_features & VIRTIO_F_ADMIN_VQ) == 0);
		assert_int_equal(r->m.admin.nb_commands, 0);
		traffic(r);
		rig_close(r);
	}
}

/* Probe says nb lines, the last of them this; then everything works but IPSEC. */
static void
does_without(struct rig *r, unsigned int nb, const char *line)
{
	assert_int_equal(rig_probe(r), 0);
	rig_expect_errors(nb, line);
	assert_false(ipsec_of(r)->offered);
	rig_start(r, 1, 16);
	traffic(r);
	rig_close(r);
}

/* Lies and refusals cost the service alone. */
static void
refused(void **state)
{
	struct rig *r;

	(void)state;
	r = ipsec_open(0, NULL);
	r->m.admin.fail_opcode = VIRTIO_ADMIN_CMD_DEVICE_CAP_GET;
	r->m.admin.fail_status = VIRTIO_ADMIN_STATUS_EINVAL;
	does_without(r, 1, "DEVICE_CAP_GET");

	r = ipsec_open(0, NULL);
	r->f->admin_index = 0;	/* a data queue's */
	does_without(r, 2, "no usable administration queue");

	r = ipsec_open(0, "ctrl_timeout_ms=20");
	r->m.admin.silent = true;
	does_without(r, 1, "no answer on the administration queue");
}

/* What was found at probe is not there at start. */
static void
less_than_before(void **state)
{
	struct rig *r;

	(void)state;
	r = ipsec_open(0, NULL);
	assert_int_equal(rig_probe(r), 0);
	r->m.admin.limits.inbound--;
	rig_start(r, 1, 16);
	rig_expect_errors(1, "offers less than it did");
	assert_true(ipsec_of(r)->offered);
	assert_false(ipsec_of(r)->ready);
	traffic(r);
	rig_close(r);

	/* Not there any more, after it was. */
	r = ipsec_open(0, NULL);
	assert_int_equal(rig_probe(r), 0);
	rig_start(r, 1, 16);
	assert_true(ipsec_of(r)->ready);
	rte_cryptodev_stop(r->id);
	fake_pci_break(r->f);
	r->f->device_features &= ~VIRTIO_F_ADMIN_VQ;
	assert_int_equal(rte_cryptodev_start(r->id), 0);
	assert_false(ipsec_of(r)->ready);
	rig_expect_errors(2, "offers less than it did");	/* the break is told, too */
	traffic(r);
	rig_close(r);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(agreed_on_in_every_layout),
		cmocka_unit_test(dialects),
		cmocka_unit_test(not_asked),
		cmocka_unit_test(refused),
		cmocka_unit_test(less_than_before),
	};

	(void)argc;
	rig_init(argv[0]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
