/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The discovery of IPSEC against devices that lack something, refuse something, or offer less
 * than before.  The device is in place of vcrypto_adminq.c: it has parsed commands.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "drivers/crypto/vcrypto/device/vcrypto_log.h"
#include "drivers/crypto/vcrypto/session/vcrypto_adminq.h"
#include "drivers/crypto/vcrypto/session/vcrypto_ipsec_dev.h"
#include "drivers/crypto/vcrypto/session/vcrypto_ipsec_id.h"
#include "log_capture.h"

RTE_LOG_REGISTER(vcrypto_logtype, pmd.crypto.vcrypto, NOTICE)

#define MAX_COMMANDS	16

/* A list of commands has one word; none of these bits is beyond. */

static struct {
	struct vcrypto_dev dev;
	struct rte_cryptodev_data data;
	/* the device */
	uint64_t commands;
	uint16_t ids[2];
	size_t nb_ids;
	struct req_ipsec_limits limits;
	struct req_ipsec_caps caps;
	unsigned int dialect;
	uint16_t fail_opcode, fail_status;	/* status OK: no command fails by a status */
	int fail_rc;				/* not 0: no answer to that command */
	unsigned int cancel_at;			/* the work is cancelled after so many */
	/* what it was sent */
	uint16_t opcode[MAX_COMMANDS];
	unsigned int nb;
	uint64_t used;
	struct req_ipsec_limits set_limits;
	struct req_ipsec_caps set_caps;
} w;

/* ---- the device ---- */

/* The result of a command that succeeds, and its length. */
static size_t
device_result(uint8_t *out, size_t size, const struct req_admin *c)
{
	le64 commands = cpu_to_le64(w.commands);
	int n = 0;

	switch (c->opcode) {
	case VIRTIO_ADMIN_CMD_LIST_QUERY:
		assert_true(size >= sizeof(commands));
		memcpy(out, &commands, sizeof(commands));
		n = sizeof(commands);
		break;
	case VIRTIO_ADMIN_CMD_LIST_USE:
		w.used = c->opcodes;
		break;
	case VIRTIO_ADMIN_CMD_CAP_ID_LIST_QUERY:
		n = req_admin_list_build(out, size, w.ids, w.nb_ids);
		break;
	case VIRTIO_ADMIN_CMD_DEVICE_CAP_GET:
		n = c->cap_id == VIRTIO_CRYPTO_IPSEC_RESOURCE_CAP ?
			req_ipsec_limits_build(out, size, &w.limits) :
			req_ipsec_caps_build(out, size, &w.caps, w.dialect);
		break;
	case VIRTIO_ADMIN_CMD_DRIVER_CAP_SET:
		if (c->cap_id == VIRTIO_CRYPTO_IPSEC_RESOURCE_CAP)
			req_ipsec_limits_parse(&w.set_limits, c->data, c->data_len);
		else
			req_ipsec_caps_parse(&w.set_caps, c->data, c->data_len, w.dialect);
		break;
	default:
		fail_msg("opcode %u", c->opcode);
	}
	assert_true(n >= 0);
	return (size_t)n;
}

int
vcrypto_admin_call(struct vcrypto_dev *dev, struct req_admin_result *r, uint8_t *answer,
		size_t size, const struct req_admin *c, const struct vcrypto_admin_fill *fill,
		uint64_t cookie)
{
	struct req_admin_status s = { 0, 0 };
	uint8_t result[VCRYPTO_ADMIN_ANSWER_MAX];
	size_t len = 0, n;

	assert_ptr_equal(dev, &w.dev);
	assert_null(fill);
	assert_true(cookie == vcrypto_cookie(dev));
	assert_true(size <= VCRYPTO_ADMIN_ANSWER_MAX && size % VIRTIO_ADMIN_ALIGN == 0);
	assert_true(w.nb < MAX_COMMANDS);
	w.opcode[w.nb++] = c->opcode;
	if (w.nb == w.cancel_at)
		w.dev.work.cancelled = true;
	*r = (struct req_admin_result){ .len = 0 };
	if (w.fail_rc != 0 && c->opcode == w.fail_opcode)
		return w.fail_rc;
	if (w.fail_status != VIRTIO_ADMIN_STATUS_OK && c->opcode == w.fail_opcode) {
		s.status = w.fail_status;
		s.qualifier = VIRTIO_ADMIN_STATUS_Q_NORESOURCE;
	} else {
		len = device_result(result, sizeof(result), c);
	}
	n = req_admin_result_build(answer, size, &s, result, len);
	return req_admin_result_parse(r, answer, size, n);
}

static int
setup(void **state)
{
	struct req_ipsec_mode_cap mode = {
		.offered = true, .max_replay_win_sz = 64, .aeads = 1u << VIRTIO_CRYPTO_AEAD_GCM,
		.max_key_len = 32,
	};

	(void)state;
	vcrypto_ipsec_fini(&w.dev);
	memset(&w, 0, sizeof(w));
	w.dev.data = &w.data;
	w.dev.features = VIRTIO_F_ADMIN_VQ;
	w.commands = REQ_ADMIN_ALL;
	w.ids[0] = VIRTIO_CRYPTO_IPSEC_RESOURCE_CAP;
	w.ids[1] = VIRTIO_CRYPTO_IPSEC_SA_CAP;
	w.nb_ids = 2;
	w.limits = (struct req_ipsec_limits){ 10, 20 };
	w.caps.mode[0] = w.caps.mode[1] = mode;
	log_capture_start();
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	vcrypto_ipsec_fini(&w.dev);
	log_capture_stop();
	return 0;
}

static void
expect_sent(const uint16_t *opcode, unsigned int nb)
{
	assert_int_equal(w.nb, nb);
	assert_memory_equal(w.opcode, opcode, nb * sizeof(opcode[0]));
	w.nb = 0;
}

/* ---- what is found ---- */

static void
found_and_agreed_on(void **state)
{
	static const uint16_t find[] = {
		VIRTIO_ADMIN_CMD_LIST_QUERY, VIRTIO_ADMIN_CMD_LIST_USE,
		VIRTIO_ADMIN_CMD_CAP_ID_LIST_QUERY, VIRTIO_ADMIN_CMD_DEVICE_CAP_GET,
		VIRTIO_ADMIN_CMD_DEVICE_CAP_GET,
		VIRTIO_ADMIN_CMD_DRIVER_CAP_SET, VIRTIO_ADMIN_CMD_DRIVER_CAP_SET,
	};

	(void)state;
	assert_int_equal(vcrypto_ipsec_agree(&w.dev), 0);	/* nothing was found */
	assert_int_equal(w.nb, 0);
	assert_int_equal(vcrypto_ipsec_find(&w.dev), 0);
	expect_sent(find, 5);
	assert_true(w.used == REQ_ADMIN_OBJECTS);
	assert_true(w.dev.ipsec.offered);
	assert_false(w.dev.ipsec.ready);
	assert_int_equal(w.dev.ipsec.dialect, 0);
	assert_int_equal(w.dev.ipsec.limits.inbound, 10);
	assert_int_equal(w.dev.ipsec.limits.outbound, 20);
	assert_true(w.dev.ipsec.caps.mode[0].offered);
	assert_false(w.dev.ipsec.caps.mode[2].offered);
	/* More than before is no news. */
	w.limits.inbound = 1000;
	w.caps.mode[3] = w.caps.mode[0];
	assert_int_equal(vcrypto_ipsec_agree(&w.dev), 0);
	expect_sent(find, 7);
	assert_true(w.dev.ipsec.ready);
	assert_int_equal(w.set_limits.inbound, 10);
	assert_int_equal(w.set_limits.outbound, 20);
	assert_true(w.set_caps.mode[1].offered);
	assert_false(w.set_caps.mode[3].offered);
	assert_int_equal(log_capture_errors(), 0);
}

static void
limits_are_clamped(void **state)
{
	(void)state;
	w.limits = (struct req_ipsec_limits){ UINT32_MAX, 0 };
	assert_int_equal(vcrypto_ipsec_find(&w.dev), 0);
	assert_int_equal(w.dev.ipsec.limits.inbound, VCRYPTO_IPSEC_MAX_SAS);
	assert_int_equal(w.dev.ipsec.limits.outbound, 0);
	assert_int_equal(vcrypto_ipsec_agree(&w.dev), 0);
	assert_int_equal(w.set_limits.inbound, VCRYPTO_IPSEC_MAX_SAS);
}

/* The length tells the layout where it can; the arguments tell the rest. */
static void
layouts(void **state)
{
	(void)state;
	w.dialect = REQ_IPSEC_ALIGNED;
	assert_int_equal(vcrypto_ipsec_find(&w.dev), 0);
	assert_int_equal(w.dev.ipsec.dialect, REQ_IPSEC_ALIGNED);
	w.dialect = 0;
	w.dev.args.ipsec_dialect = REQ_IPSEC_ALIGNED | REQ_IPSEC_ADDR_BYTES;
	assert_int_equal(vcrypto_ipsec_find(&w.dev), 0);
	assert_int_equal(w.dev.ipsec.dialect, REQ_IPSEC_ADDR_BYTES);
	/* One mode has as many bytes either way. */
	memset(&w.caps.mode[1], 0, sizeof(w.caps.mode[1]));
	w.dialect = REQ_IPSEC_ALIGNED;
	assert_int_equal(vcrypto_ipsec_find(&w.dev), 0);
	assert_int_equal(w.dev.ipsec.dialect, REQ_IPSEC_ALIGNED | REQ_IPSEC_ADDR_BYTES);
	assert_int_equal(w.dev.ipsec.caps.mode[0].max_key_len, 32);
	assert_int_equal(log_capture_errors(), 0);
}

/* What rte_security has no name for is not used, and a mode without integrity is none. */
static void
algorithms_are_cut(void **state)
{
	struct req_ipsec_mode_cap *c = w.caps.mode;
	const struct req_ipsec_mode_cap *found = w.dev.ipsec.caps.mode;

	(void)state;
	c[0].ciphers = UINT64_MAX;
	c[0].macs = UINT64_MAX;
	c[0].aeads = UINT32_MAX;
	c[1].aeads = 0;				/* integrity, but NULL encryption neither */
	c[1].macs = UINT64_C(1) << VIRTIO_CRYPTO_MAC_HMAC_SHA1;
	c[2] = c[0];
	c[2].macs = 0;				/* AH by a cipher */
	assert_int_equal(vcrypto_ipsec_find(&w.dev), 0);
	assert_true(found[0].offered);
	assert_true(found[0].ciphers == (1u << VIRTIO_CRYPTO_NO_CIPHER |
		1u << VIRTIO_CRYPTO_CIPHER_AES_CBC | 1u << VIRTIO_CRYPTO_CIPHER_AES_CTR |
		1u << VIRTIO_CRYPTO_CIPHER_DES_CBC | 1u << VIRTIO_CRYPTO_CIPHER_3DES_CBC));
	assert_true(found[0].aeads == (1u << VIRTIO_CRYPTO_AEAD_GCM |
		1u << VIRTIO_CRYPTO_AEAD_CCM | 1u << VIRTIO_CRYPTO_AEAD_CHACHA20_POLY1305));
	assert_true(found[0].macs == req_ipsec_alg_mask(VIRTIO_CRYPTO_SERVICE_MAC));
	assert_false(found[1].offered);
	assert_false(found[2].offered);
	c[0].offered = false;
	assert_int_equal(vcrypto_ipsec_find(&w.dev), -ENOTSUP);
	assert_int_equal(log_capture_count("no mode of IPSEC"), 1);
}

/* ---- generations ---- */

/* Ids are for the limits found at probe; a reset frees them, a close their memory. */
static void
ids_of_a_generation(void **state)
{
	struct vcrypto_ipsec_ids *ids = w.dev.ipsec_ids;
	uint32_t id;

	(void)state;
	assert_int_equal(vcrypto_ipsec_find(&w.dev), 0);
	assert_int_equal(vcrypto_ipsec_ids_take(&ids[true], &id), -ENOSPC);
	assert_int_equal(vcrypto_ipsec_agree(&w.dev), 0);
	assert_int_equal(ids[true].limit, 10);
	assert_int_equal(ids[false].limit, 20);
	assert_int_equal(vcrypto_ipsec_ids_take(&ids[true], &id), 0);
	assert_int_equal(vcrypto_ipsec_ids_take(&ids[false], &id), 0);
	assert_int_equal(vcrypto_ipsec_ids_take(&ids[false], &id), 0);
	vcrypto_ipsec_ids_lose(&ids[false], id);
	assert_int_equal(vcrypto_ipsec_end(&w.dev), 2);		/* the lost one is none */
	assert_false(w.dev.ipsec.ready);
	assert_int_equal(vcrypto_ipsec_end(&w.dev), 0);
	w.nb = 0;
	assert_int_equal(vcrypto_ipsec_agree(&w.dev), 0);
	assert_true(w.dev.ipsec.ready);
	assert_int_equal(ids[true].nb_taken, 0);
	assert_int_equal(ids[true].next, 1);	/* the old id is not the next one */
	(void)vcrypto_ipsec_end(&w.dev);
	vcrypto_ipsec_fini(&w.dev);
	assert_null(ids[true].taken);
	w.nb = 0;
	assert_int_equal(vcrypto_ipsec_agree(&w.dev), 0);
	assert_non_null(ids[true].taken);
}

/* A stop waits for the command under way and for no other. */
static void
cancelled_between_commands(void **state)
{
	unsigned int i;

	for (i = 0; i < 7; i++) {
		(void)setup(state);
		assert_int_equal(vcrypto_ipsec_find(&w.dev), 0);
		w.nb = 0;
		w.cancel_at = i;
		w.dev.work.cancelled = i == 0;
		assert_int_equal(vcrypto_ipsec_agree(&w.dev), -ECANCELED);
		assert_int_equal(w.nb, i);
		assert_false(w.dev.ipsec.ready);
		assert_int_equal(log_capture_errors(), 0);
	}
}

/* ---- what is not ---- */

static void
expect_none(int rc, const char *text)
{
	w.nb = 0;
	w.dev.ipsec.offered = w.dev.ipsec.ready = true;
	assert_int_equal(vcrypto_ipsec_find(&w.dev), rc);
	assert_false(w.dev.ipsec.offered);
	assert_false(w.dev.ipsec.ready);
	assert_int_equal(log_capture_count(text), 1);
	log_capture_start();
}

static void
devices_that_lack_something(void **state)
{
	unsigned int i;

	for (i = 0; i < 64; i++) {
		if ((REQ_ADMIN_OBJECTS >> i & 1) == 0)
			continue;
		w.commands = REQ_ADMIN_ALL & ~REQ_ADMIN_BIT(i);
		expect_none(-ENOTSUP, "no commands for capabilities");
		assert_int_equal(w.nb, 1);
	}
	w.commands = REQ_ADMIN_ALL;
	w.nb_ids = 1;
	expect_none(-ENOTSUP, "no capabilities of IPSEC");
	w.ids[0] = VIRTIO_CRYPTO_IPSEC_SA_CAP;
	expect_none(-ENOTSUP, "no capabilities of IPSEC");
	(void)setup(state);
	w.limits = (struct req_ipsec_limits){ 0, 0 };
	expect_none(-ENOTSUP, "no room for a security association");
	(void)setup(state);
	memset(&w.caps, 0, sizeof(w.caps));
	expect_none(-ENOTSUP, "no mode of IPSEC");
}

static void
commands_that_fail(void **state)
{
	static const uint16_t opcodes[] = {
		VIRTIO_ADMIN_CMD_LIST_QUERY, VIRTIO_ADMIN_CMD_LIST_USE,
		VIRTIO_ADMIN_CMD_CAP_ID_LIST_QUERY, VIRTIO_ADMIN_CMD_DEVICE_CAP_GET,
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(opcodes) / sizeof(opcodes[0]); i++) {
		w.fail_opcode = opcodes[i];
		w.fail_status = VIRTIO_ADMIN_STATUS_ENOSPC;
		expect_none(-ENOSPC, "with ENOSPC");
		w.fail_rc = -EBADMSG;
		expect_none(-EBADMSG, "IPSEC is not used");
		w.fail_rc = -ETIMEDOUT;		/* logged where it happened */
		w.nb = 0;
		assert_int_equal(vcrypto_ipsec_find(&w.dev), -ETIMEDOUT);
		assert_int_equal(log_capture_errors(), 0);
		w.fail_rc = 0;
	}
}

/* What the application was told at probe stays true, or there is no service. */
static void
devices_that_shrink(void **state)
{
	unsigned int i;

	for (i = 0; i < 5; i++) {
		(void)setup(state);
		assert_int_equal(vcrypto_ipsec_find(&w.dev), 0);
		assert_int_equal(vcrypto_ipsec_agree(&w.dev), 0);
		w.nb = 0;
		switch (i) {
		case 0: w.limits.inbound--; break;
		case 1: w.limits.outbound--; break;
		case 2: w.caps.mode[1].offered = false; break;
		case 3: w.caps.mode[0].max_replay_win_sz--; break;
		case 4: w.dialect = REQ_IPSEC_ALIGNED; break;
		}
		assert_int_equal(vcrypto_ipsec_agree(&w.dev), -ERANGE);
		assert_false(w.dev.ipsec.ready);
		assert_true(w.dev.ipsec.offered);
		assert_int_equal(w.nb, 5);	/* nothing was set */
		assert_int_equal(log_capture_count("offers less than it did"), 1);
	}
	/* It has no queue any more. */
	(void)setup(state);
	assert_int_equal(vcrypto_ipsec_find(&w.dev), 0);
	w.nb = 0;
	w.dev.features = 0;
	assert_int_equal(vcrypto_ipsec_agree(&w.dev), -ERANGE);
	assert_int_equal(w.nb, 0);
	(void)setup(state);
	assert_int_equal(vcrypto_ipsec_find(&w.dev), 0);
	w.fail_opcode = VIRTIO_ADMIN_CMD_DRIVER_CAP_SET;
	w.fail_status = VIRTIO_ADMIN_STATUS_EINVAL;
	assert_int_equal(vcrypto_ipsec_agree(&w.dev), -EINVAL);
	assert_false(w.dev.ipsec.ready);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(found_and_agreed_on, setup, teardown),
		cmocka_unit_test_setup_teardown(limits_are_clamped, setup, teardown),
		cmocka_unit_test_setup_teardown(layouts, setup, teardown),
		cmocka_unit_test_setup_teardown(algorithms_are_cut, setup, teardown),
		cmocka_unit_test_setup_teardown(ids_of_a_generation, setup, teardown),
		cmocka_unit_test_setup_teardown(cancelled_between_commands, setup, teardown),
		cmocka_unit_test_setup_teardown(devices_that_lack_something, setup, teardown),
		cmocka_unit_test_setup_teardown(commands_that_fail, setup, teardown),
		cmocka_unit_test_setup_teardown(devices_that_shrink, setup, teardown),
	};

	return cmocka_run_group_tests_name("ipsec_dev", tests, NULL, NULL);
}
