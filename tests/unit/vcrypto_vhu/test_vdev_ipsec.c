/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The driver and vcryptod agree on IPSEC over vhost-user, in every ring layout, and leave each
 * other alone where the daemon was not asked for it.  The program's argument is vcryptod.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include <cryptodev_pmd.h>

#include "daemon.h"
#include "drivers/crypto/vcrypto/device/vcrypto_device.h"
#include "vdev.h"

#define SAS	"64"

static struct daemon vcryptod;
static const char *program;
static char folder[] = "/tmp/vdev_ipsec_XXXXXX";

static const struct vcrypto_dev *
dev(void)
{
	return vcrypto_dev_of(rte_cryptodev_pmd_get_dev(VDEV_ID));
}

static const struct vcrypto_ipsec *
ipsec(void)
{
	return &dev()->ipsec;
}

static void
start_daemon(const char *const *more)
{
	char path[sizeof(folder) + 8];

	snprintf(path, sizeof(path), "%s/sock", folder);
	daemon_init(&vcryptod, program, path, folder);
	assert_true(daemon_start(&vcryptod, more));
	/* vdev_up() starts no back end: the device is on the daemon. */
	snprintf(vdev_fb.path, sizeof(vdev_fb.path), "%s", path);
}

static int
end_daemon(void **state)
{
	(void)state;
	daemon_kill(&vcryptod);
	return 0;
}

static void
agreed_in_every_layout(void **state)
{
	static const char * const layout[] = { "", ",packed_vq=1", ",in_order=0",
		",packed_vq=1,in_order=0" };
	const char *more[] = { "--sas", SAS, NULL };
	unsigned int i, mode;

	(void)state;
	start_daemon(more);
	for (i = 0; i < RTE_DIM(layout); i++) {
		assert_int_equal(vdev_up(1, 64, layout[i]), 0);
		assert_int_equal((dev()->features & VIRTIO_F_RING_PACKED) != 0, i % 2);
		assert_int_equal((dev()->features & VIRTIO_F_IN_ORDER) != 0, i < 2);
		assert_true(ipsec()->offered);
		assert_true(ipsec()->ready);
		assert_int_equal(ipsec()->limits.outbound, atoi(SAS));
		assert_int_equal(ipsec()->limits.inbound, atoi(SAS));
		for (mode = 0; mode < VIRTIO_CRYPTO_NB_IPSEC_MODES; mode++)
			assert_true(ipsec()->caps.mode[mode].offered);
		/* Again after a stop, on the same connection. */
		rte_cryptodev_stop(VDEV_ID);
		assert_int_equal(rte_cryptodev_start(VDEV_ID), 0);
		assert_true(ipsec()->ready);
		rte_cryptodev_stop(VDEV_ID);
		vdev_unplug();
	}
}

static void
not_where_not_offered(void **state)
{
	(void)state;
	start_daemon(NULL);
	assert_int_equal(vdev_up(1, 64, ""), 0);
	assert_false(ipsec()->offered);
	assert_false(ipsec()->ready);
	rte_cryptodev_stop(VDEV_ID);
	vdev_unplug();
}

static void
not_where_not_wanted(void **state)
{
	const char *more[] = { "--sas", SAS, NULL };

	(void)state;
	start_daemon(more);
	assert_int_equal(vdev_up(1, 64, ",ipsec=0"), 0);
	assert_false(ipsec()->ready);
	rte_cryptodev_stop(VDEV_ID);
	vdev_unplug();
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(agreed_in_every_layout, end_daemon),
		cmocka_unit_test_teardown(not_where_not_offered, end_daemon),
		cmocka_unit_test_teardown(not_where_not_wanted, end_daemon),
	};
	int failed;

	if (argc != 2 || vdev_eal() != 0 || mkdtemp(folder) == NULL)
		return 1;
	program = argv[1];
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	unlink(vcryptod.log);
	unlink(vcryptod.socket);
	rmdir(folder);
	return failed;
}
