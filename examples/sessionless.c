/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Operations without a session: each brings its key along, which is what a program wants
 * that has a new key for each message.  One burst of three, AES-CTR with keys of 128, 192
 * and 256 bits.  minimal.c is to be read before.
 *
 * The driver's device argument stateless=1 is needed, and a device that has these modes.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_cryptodev.h>
#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_hexdump.h>

#define IV_OFFSET (sizeof(struct rte_crypto_op) + sizeof(struct rte_crypto_sym_op))
#define NB_OPS 3
#define WAIT_S 10	/* longest wait for the device, seconds */

static const char message[] = "the quick brown fox jumps over the lazy dog";
static const uint8_t counter[16] = "counter begins: ";
static const uint8_t key_128[16] = "a key of 16 byte";
static const uint8_t key_192[24] = "this is one of 24 bytes.";
static const uint8_t key_256[32] = "and this, the longest, is of 32.";

/* A transform is all that an operation has in place of a session. */
#define CTR(key_) { .type = RTE_CRYPTO_SYM_XFORM_CIPHER, .cipher = { \
	.op = RTE_CRYPTO_CIPHER_OP_ENCRYPT, .algo = RTE_CRYPTO_CIPHER_AES_CTR, \
	.key = { key_, sizeof(key_) }, .iv = { IV_OFFSET, sizeof(counter) } } }
static struct rte_crypto_sym_xform transforms[NB_OPS] = {
	CTR(key_128), CTR(key_192), CTR(key_256),
};

static uint8_t dev;
static struct rte_mempool *pool, *mbufs;

static void
must(int holds, const char *otherwise)
{
	if (!holds)
		errx(EXIT_FAILURE, "%s", otherwise);
}

static void
start(void)
{
	struct rte_cryptodev_config config = { .nb_queue_pairs = 1 };
	struct rte_cryptodev_qp_conf qp = { .nb_descriptors = 64 };
	struct rte_cryptodev_info info;

	must(rte_cryptodev_devices_get("crypto_virtio", &dev, 1) == 1, "no device: give EAL "
		"-d PLUGIN, and -a FUNCTION,stateless=1 or "
		"--vdev crypto_virtio_user0,path=SOCKET,stateless=1");
	rte_cryptodev_info_get(dev, &info);
	must((info.feature_flags & RTE_CRYPTODEV_FF_SYM_SESSIONLESS) != 0, "the device takes no "
		"operation without a session: stateless=1 behind its name, if it has the modes");
	pool = rte_crypto_op_pool_create("ops", RTE_CRYPTO_OP_TYPE_SYMMETRIC, NB_OPS, 0,
		sizeof(counter), SOCKET_ID_ANY);
	mbufs = rte_pktmbuf_pool_create("mbufs", NB_OPS, 0, 0, 512, SOCKET_ID_ANY);
	must(pool != NULL && mbufs != NULL, "no memory for the pools");
	must(rte_cryptodev_configure(dev, &config) == 0 &&
		rte_cryptodev_queue_pair_setup(dev, 0, &qp, SOCKET_ID_ANY) == 0 &&
		rte_cryptodev_start(dev) == 0, "the device does not start (its log says why)");
}

/* The message, to be encrypted in place as the transform says. */
static void
fill(struct rte_crypto_op *op, struct rte_mbuf *m, struct rte_crypto_sym_xform *transform)
{
	memcpy(rte_pktmbuf_append(m, sizeof(message)), message, sizeof(message));
	memcpy(rte_crypto_op_ctod_offset(op, uint8_t *, IV_OFFSET), counter, sizeof(counter));
	op->sess_type = RTE_CRYPTO_OP_SESSIONLESS;
	op->sym->xform = transform;
	op->sym->m_src = m;
	op->sym->cipher.data.length = sizeof(message);
}

/* Sends all and waits for all: a burst may be taken, and come back, in parts. */
static void
run(struct rte_crypto_op **ops)
{
	uint64_t end = rte_get_timer_cycles() + WAIT_S * rte_get_timer_hz();
	struct rte_crypto_op *done[NB_OPS];
	uint16_t sent = 0, back = 0;

	while (back < NB_OPS) {
		sent += rte_cryptodev_enqueue_burst(dev, 0, &ops[sent], NB_OPS - sent);
		back += rte_cryptodev_dequeue_burst(dev, 0, &done[back], NB_OPS - back);
		must(rte_get_timer_cycles() < end, "the device did not answer within 10 s");
	}
	for (int i = 0; i < NB_OPS; i++)
		must(done[i]->status == RTE_CRYPTO_OP_STATUS_SUCCESS, "an operation has failed");
}

int
main(int argc, char **argv)
{
	struct rte_crypto_op *ops[NB_OPS];
	struct rte_mbuf *m[NB_OPS];

	must(rte_eal_init(argc, argv) >= 0, "EAL does not start: it has said why");
	start();
	must(rte_crypto_op_bulk_alloc(pool, RTE_CRYPTO_OP_TYPE_SYMMETRIC, ops, NB_OPS) == NB_OPS &&
		rte_pktmbuf_alloc_bulk(mbufs, m, NB_OPS) == 0, "a pool is empty");
	for (int i = 0; i < NB_OPS; i++)
		fill(ops[i], m[i], &transforms[i]);
	run(ops);
	for (int i = 0; i < NB_OPS; i++)
		rte_hexdump(stdout, "encrypted", rte_pktmbuf_mtod(m[i], void *), sizeof(message));
	rte_cryptodev_stop(dev);
	rte_cryptodev_close(dev);
	return rte_eal_cleanup() == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
