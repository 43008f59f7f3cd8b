/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The driver and vcryptod agree on IPSEC over vhost-user, in every ring layout, make and destroy
 * security associations, and leave each other alone where the daemon was not asked for it.  The
 * program's argument is vcryptod.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <cryptodev_pmd.h>
#include <rte_security.h>

#include "daemon.h"
#include "drivers/crypto/vcrypto/device/vcrypto_device.h"
#include "vdev.h"

#define SAS	"64"	/* of each direction */
#define NB_SAS	64u
#define WAIT_MS	60000	/* only what has failed waits so long */
/* On a busy machine the daemon takes longer to answer than the driver waits by default. */
#define PATIENT	",ctrl_timeout_ms=60000"

static struct rte_mempool *sessions;
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

/* AES-128-GCM, ESP tunnel over IPv4. */
static void *
sa_create(bool egress)
{
	static const uint8_t key[16] = { 7 };
	struct rte_crypto_sym_xform x = { .type = RTE_CRYPTO_SYM_XFORM_AEAD, .aead = {
		.op = egress ? RTE_CRYPTO_AEAD_OP_ENCRYPT : RTE_CRYPTO_AEAD_OP_DECRYPT,
		.algo = RTE_CRYPTO_AEAD_AES_GCM, .key = { key, sizeof(key) },
		.digest_length = 16, .iv = { .length = 12 }, .aad_length = 8 } };
	struct rte_security_session_conf c = {
		.action_type = RTE_SECURITY_ACTION_TYPE_LOOKASIDE_PROTOCOL,
		.protocol = RTE_SECURITY_PROTOCOL_IPSEC, .crypto_xform = &x };
	struct rte_security_ipsec_xform *p = &c.ipsec;

	p->spi = 0x11223344;
	p->salt = 0xa4a3a2a1;
	p->direction = egress ? RTE_SECURITY_IPSEC_SA_DIR_EGRESS :
		RTE_SECURITY_IPSEC_SA_DIR_INGRESS;
	p->proto = RTE_SECURITY_IPSEC_SA_PROTO_ESP;
	p->mode = RTE_SECURITY_IPSEC_SA_MODE_TUNNEL;
	p->tunnel.type = RTE_SECURITY_IPSEC_TUNNEL_IPV4;
	p->tunnel.ipv4.src_ip.s_addr = RTE_BE32(0xc0000201);
	p->tunnel.ipv4.dst_ip.s_addr = RTE_BE32(0xc6336401);
	p->tunnel.ipv4.ttl = 64;
	return rte_security_session_create(rte_cryptodev_get_sec_ctx(VDEV_ID), &c, sessions);
}

/* Up to the daemon's limit, twice: what is destroyed can be made again. */
static void
all_associations(void)
{
	void *ctx = rte_cryptodev_get_sec_ctx(VDEV_ID), *s[2 * NB_SAS];
	unsigned int n, i;

	assert_non_null(ctx);
	for (n = 0; n < 2; n++) {
		for (i = 0; i < RTE_DIM(s); i++) {
			s[i] = sa_create(i % 2 == 0);
			assert_non_null(s[i]);
		}
		assert_null(sa_create(true));
		assert_null(sa_create(false));
		for (i = 0; i < RTE_DIM(s); i++)
			assert_int_equal(rte_security_session_destroy(ctx, s[i]), 0);
	}
}

/* Its counters say so, for the nth time. */
static void
daemon_has(const char *what, unsigned int nth)
{
	unsigned int ms, nb = 0;
	char line[1024];
	FILE *f;

	assert_int_equal(kill(vcryptod.pid, SIGUSR1), 0);
	for (ms = 0; nb < nth; ms += 10) {
		assert_true(ms < WAIT_MS);
		usleep(10000);
		f = fopen(vcryptod.log, "r");
		assert_non_null(f);
		for (nb = 0; fgets(line, sizeof(line), f) != NULL;)
			nb += strstr(line, what) != NULL;
		fclose(f);
	}
}

/* Over a stop: the device is not reset. */
static void
one_that_stays(const char *what)
{
	void *s = sa_create(true);

	assert_non_null(s);
	rte_cryptodev_stop(VDEV_ID);
	daemon_has(what, 1);
	assert_int_equal(rte_cryptodev_start(VDEV_ID), 0);
	daemon_has(what, 2);
	assert_int_equal(rte_security_session_destroy(rte_cryptodev_get_sec_ctx(VDEV_ID), s), 0);
}

static void
agreed_in_every_layout(void **state)
{
	static const char * const layout[] = { PATIENT, PATIENT ",packed_vq=1",
		PATIENT ",in_order=0", PATIENT ",packed_vq=1,in_order=0" };
	const char *more[] = { "--sas", SAS, NULL };
	unsigned int i, mode;
	char what[64];

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
		all_associations();
		snprintf(what, sizeof(what), " sas 1 sas_created %u ",
				(2 * i + 1) * 4 * NB_SAS + i + 1);
		one_that_stays(what);
		assert_true(ipsec()->ready);
		all_associations();
		rte_cryptodev_stop(VDEV_ID);
		vdev_unplug();
	}
}

static void
not_where_not_offered(void **state)
{
	(void)state;
	start_daemon(NULL);
	assert_int_equal(vdev_up(1, 64, PATIENT), 0);
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
	assert_int_equal(vdev_up(1, 64, PATIENT ",ipsec=0"), 0);
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
	sessions = rte_cryptodev_sym_session_pool_create("sessions", 2 * NB_SAS + 2, 1024, 0, 0,
			SOCKET_ID_ANY);
	if (sessions == NULL)
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	unlink(vcryptod.log);
	unlink(vcryptod.socket);
	rmdir(folder);
	return failed;
}
