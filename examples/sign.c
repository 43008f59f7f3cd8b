/* SPDX-License-Identifier: BSD-3-Clause
 *
 * ECDSA with P-256: signs a digest, verifies the signature and the one that is published
 * for this key, and sees that neither fits another digest.  minimal.c is to be read before.
 *
 * A session has the curve.  The key is in the operation until DPDK 23.07, in the transform
 * of the session since 23.11.  k, the secret number of a signature, is the device's to make.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_cryptodev.h>
#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_version.h>

#define KEY_IN_TRANSFORM (RTE_VERSION >= RTE_VERSION_NUM(23, 11, 0, 0))
#define LEN 32		/* bytes of each number of this curve */
#define WAIT_S 10	/* longest wait for the device, seconds */

/* RFC 6979, A.2.5: the private key, the public point, SHA-256 of "sample", its signature. */
static uint8_t key[LEN] = {
	0xc9, 0xaf, 0xa9, 0xd8, 0x45, 0xba, 0x75, 0x16,
	0x6b, 0x5c, 0x21, 0x57, 0x67, 0xb1, 0xd6, 0x93,
	0x4e, 0x50, 0xc3, 0xdb, 0x36, 0xe8, 0x9b, 0x12,
	0x7b, 0x8a, 0x62, 0x2b, 0x12, 0x0f, 0x67, 0x21,
};
static uint8_t point_x[LEN] = {
	0x60, 0xfe, 0xd4, 0xba, 0x25, 0x5a, 0x9d, 0x31,
	0xc9, 0x61, 0xeb, 0x74, 0xc6, 0x35, 0x6d, 0x68,
	0xc0, 0x49, 0xb8, 0x92, 0x3b, 0x61, 0xfa, 0x6c,
	0xe6, 0x69, 0x62, 0x2e, 0x60, 0xf2, 0x9f, 0xb6,
};
static uint8_t point_y[LEN] = {
	0x79, 0x03, 0xfe, 0x10, 0x08, 0xb8, 0xbc, 0x99,
	0xa4, 0x1a, 0xe9, 0xe9, 0x56, 0x28, 0xbc, 0x64,
	0xf2, 0xf1, 0xb2, 0x0c, 0x2d, 0x7e, 0x9f, 0x51,
	0x77, 0xa3, 0xc2, 0x94, 0xd4, 0x46, 0x22, 0x99,
};
static uint8_t digest[LEN] = {
	0xaf, 0x2b, 0xdb, 0xe1, 0xaa, 0x9b, 0x6e, 0xc1,
	0xe2, 0xad, 0xe1, 0xd6, 0x94, 0xf4, 0x1f, 0xc7,
	0x1a, 0x83, 0x1d, 0x02, 0x68, 0xe9, 0x89, 0x15,
	0x62, 0x11, 0x3d, 0x8a, 0x62, 0xad, 0xd1, 0xbf,
};
static uint8_t published_r[LEN] = {
	0xef, 0xd4, 0x8b, 0x2a, 0xac, 0xb6, 0xa8, 0xfd,
	0x11, 0x40, 0xdd, 0x9c, 0xd4, 0x5e, 0x81, 0xd6,
	0x9d, 0x2c, 0x87, 0x7b, 0x56, 0xaa, 0xf9, 0x91,
	0xc3, 0x4d, 0x0e, 0xa8, 0x4e, 0xaf, 0x37, 0x16,
};
static uint8_t published_s[LEN] = {
	0xf7, 0xcb, 0x1c, 0x94, 0x2d, 0x65, 0x7c, 0x41,
	0xd4, 0x36, 0xc7, 0xa1, 0xb6, 0xe2, 0x9f, 0x65,
	0xf3, 0xe9, 0x00, 0xdb, 0xb9, 0xaf, 0xf4, 0x06,
	0x4d, 0xc4, 0xab, 0x2f, 0x84, 0x3a, 0xcd, 0xa8,
};

static uint8_t dev;
static void *session;
static struct rte_mempool *sessions, *ops;

static void
must(int holds, const char *otherwise)
{
	if (!holds)
		errx(EXIT_FAILURE, "%s", otherwise);
}

static rte_crypto_param
number(uint8_t *data)
{
	return (rte_crypto_param){ .data = data, .length = LEN };
}

static void
start(void)
{
	struct rte_cryptodev_config config = { .nb_queue_pairs = 1 };
	struct rte_cryptodev_qp_conf qp = { .nb_descriptors = 64 };
	struct rte_cryptodev_asym_capability_idx ecdsa = { .type = RTE_CRYPTO_ASYM_XFORM_ECDSA };

	must(rte_cryptodev_devices_get("crypto_virtio", &dev, 1) == 1, "no device: give EAL "
		"-d PLUGIN, and -a FUNCTION or --vdev crypto_virtio_user0,path=SOCKET");
	must(rte_cryptodev_asym_capability_get(dev, &ecdsa) != NULL, "the device has no ECDSA");
	sessions = rte_cryptodev_asym_session_pool_create("sessions", 1, 0, 0, SOCKET_ID_ANY);
	ops = rte_crypto_op_pool_create("ops", RTE_CRYPTO_OP_TYPE_ASYMMETRIC, 1, 0, 0,
		SOCKET_ID_ANY);
	must(sessions != NULL && ops != NULL, "no memory for the pools");
	must(rte_cryptodev_configure(dev, &config) == 0 &&
		rte_cryptodev_queue_pair_setup(dev, 0, &qp, SOCKET_ID_ANY) == 0 &&
		rte_cryptodev_start(dev) == 0, "the device does not start (its log says why)");
}

static void
make_session(void)
{
	struct rte_crypto_asym_xform transform = {
		.xform_type = RTE_CRYPTO_ASYM_XFORM_ECDSA,
		.ec.curve_id = RTE_CRYPTO_EC_GROUP_SECP256R1,
	};

#if KEY_IN_TRANSFORM
	transform.ec.pkey = number(key);
	transform.ec.q.x = number(point_x);
	transform.ec.q.y = number(point_y);
#endif
	must(rte_cryptodev_asym_session_create(dev, &transform, sessions, &session) == 0,
		"the device refused the session");
}

/* Signs message, then r and s are written, or verifies r and s.  Returns the verdict. */
static enum rte_crypto_op_status
run(enum rte_crypto_asym_op_type type, uint8_t *message, uint8_t *r, uint8_t *s)
{
	struct rte_crypto_op *op = rte_crypto_op_alloc(ops, RTE_CRYPTO_OP_TYPE_ASYMMETRIC);
	uint64_t end = rte_get_timer_cycles() + WAIT_S * rte_get_timer_hz();
	struct rte_crypto_ecdsa_op_param *ecdsa = &op->asym->ecdsa;
	enum rte_crypto_op_status status;

	ecdsa->op_type = type;
	ecdsa->message = number(message);
	ecdsa->r = number(r);
	ecdsa->s = number(s);
#if !KEY_IN_TRANSFORM
	ecdsa->pkey = number(key);
	ecdsa->q.x = number(point_x);
	ecdsa->q.y = number(point_y);
#endif
	rte_crypto_op_attach_asym_session(op, session);
	must(rte_cryptodev_enqueue_burst(dev, 0, &op, 1) == 1, "the device took no operation");
	while (rte_cryptodev_dequeue_burst(dev, 0, &op, 1) == 0)
		must(rte_get_timer_cycles() < end, "the device did not answer within 10 s");
	status = op->status;
	rte_crypto_op_free(op);
	return status;
}

static void
judge(uint8_t *r, uint8_t *s)
{
	uint8_t other[LEN];

	must(run(RTE_CRYPTO_ASYM_OP_VERIFY, digest, r, s) == RTE_CRYPTO_OP_STATUS_SUCCESS,
		"a right signature was refused");
	memcpy(other, digest, LEN);
	other[0] ^= 1;
	must(run(RTE_CRYPTO_ASYM_OP_VERIFY, other, r, s) != RTE_CRYPTO_OP_STATUS_SUCCESS,
		"a signature was accepted for another digest");
}

static void
show(const char *name, const uint8_t *data)
{
	printf("%s ", name);
	for (int i = 0; i < LEN; i++)
		printf("%02x", data[i]);
	printf("\n");
}

int
main(int argc, char **argv)
{
	uint8_t r[LEN], s[LEN];

	must(rte_eal_init(argc, argv) >= 0, "EAL does not start: it has said why");
	start();
	make_session();
	must(run(RTE_CRYPTO_ASYM_OP_SIGN, digest, r, s) == RTE_CRYPTO_OP_STATUS_SUCCESS,
		"the device did not sign");
	show("r", r);
	show("s", s);
	judge(r, s);
	judge(published_r, published_s);
	printf("both signatures fit their digest, and no other\n");
	rte_cryptodev_asym_session_free(dev, session);
	rte_cryptodev_stop(dev);
	rte_cryptodev_close(dev);
	return rte_eal_cleanup() == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
