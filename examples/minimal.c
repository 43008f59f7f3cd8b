/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The program to read first: seals a message with AES-128-GCM, opens it again, and hashes
 * it with SHA-256, one operation at a time.  doc/guide.md walks through it.
 */
#include <err.h>
#include <stdio.h>
#include <string.h>
#include <rte_cryptodev.h>
#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_hexdump.h>

/* Behind an operation, in the room that the pool was told to leave: its iv, then its AAD. */
#define IV_OFFSET (sizeof(struct rte_crypto_op) + sizeof(struct rte_crypto_sym_op))
#define AAD_OFFSET (IV_OFFSET + 16)
#define WAIT_S 10	/* longest wait for the device, seconds */
#define must(holds, otherwise) ((holds) ? (void)0 : errx(1, "%s", otherwise))

/* One message, one nonce: a second message that is sealed with the same nonce under the same key
 * gives away both, and the key of the tags.  A real program never repeats a nonce: it counts.
 */
static const char message[] = "the quick brown fox jumps over the lazy dog";
static const uint8_t key[16] = "a key of 16 byte", iv[12] = "used by once", aad[8] = "a header";
static uint8_t dev;
static struct rte_mempool *sessions, *ops, *mbufs;

static void
start(void)
{
	struct rte_cryptodev_config config = { .nb_queue_pairs = 1 };
	struct rte_cryptodev_qp_conf qp = { .nb_descriptors = 64 };

	must(rte_cryptodev_devices_get("crypto_virtio", &dev, 1) == 1, "no device: give EAL "
		"-d PLUGIN, and -a FUNCTION or --vdev crypto_virtio_user0,path=SOCKET");
	qp.mp_session = sessions = rte_cryptodev_sym_session_pool_create("sessions", 1,
		rte_cryptodev_sym_get_private_session_size(dev), 0, 0, SOCKET_ID_ANY);
	ops = rte_crypto_op_pool_create("ops", RTE_CRYPTO_OP_TYPE_SYMMETRIC, 1, 0, 32,
		SOCKET_ID_ANY);
	mbufs = rte_pktmbuf_pool_create("mbufs", 1, 0, 0, 512, SOCKET_ID_ANY);
	must(sessions && ops && mbufs, "no memory for the pools");
	must(rte_cryptodev_configure(dev, &config) == 0 &&
		rte_cryptodev_queue_pair_setup(dev, 0, &qp, SOCKET_ID_ANY) == 0 &&
		rte_cryptodev_start(dev) == 0, "the device does not start (its log says why)");
}

/* Runs op in a session of its own, and frees both. */
static void
run(struct rte_crypto_op *op, struct rte_mbuf *m, struct rte_crypto_sym_xform *xform)
{
	void *session = rte_cryptodev_sym_session_create(dev, xform, sessions);
	uint64_t end = rte_get_timer_cycles() + WAIT_S * rte_get_timer_hz();

	must(session && rte_crypto_op_attach_sym_session(op, session) == 0, "no session");
	op->sym->m_src = m;
	must(rte_cryptodev_enqueue_burst(dev, 0, &op, 1) == 1, "the device took no operation");
	while (rte_cryptodev_dequeue_burst(dev, 0, &op, 1) == 0)
		must(rte_get_timer_cycles() < end, "the device did not answer within 10 s");
	must(op->status == RTE_CRYPTO_OP_STATUS_SUCCESS, "the device failed the operation");
	rte_crypto_op_free(op);
	rte_cryptodev_sym_session_free(dev, session);
}

/* Seals or opens the message in m, in place; the tag lies behind it. */
static void
gcm(struct rte_mbuf *m, enum rte_crypto_aead_operation direction)
{
	struct rte_crypto_sym_xform xform = { .type = RTE_CRYPTO_SYM_XFORM_AEAD, .aead = {
		.op = direction, .algo = RTE_CRYPTO_AEAD_AES_GCM, .key = { key, sizeof(key) },
		.iv = { IV_OFFSET, sizeof(iv) }, .digest_length = 16, .aad_length = sizeof(aad) } };
	struct rte_crypto_op *op = rte_crypto_op_alloc(ops, RTE_CRYPTO_OP_TYPE_SYMMETRIC);

	must(op != NULL, "no operation is left in the pool");
	memcpy(rte_crypto_op_ctod_offset(op, char *, IV_OFFSET), iv, sizeof(iv));
	memcpy(rte_crypto_op_ctod_offset(op, char *, AAD_OFFSET), aad, sizeof(aad));
	op->sym->aead.data.length = sizeof(message);
	op->sym->aead.aad.data = rte_crypto_op_ctod_offset(op, uint8_t *, AAD_OFFSET);
	op->sym->aead.aad.phys_addr = rte_crypto_op_ctophys_offset(op, AAD_OFFSET);
	op->sym->aead.digest.data = rte_pktmbuf_mtod_offset(m, uint8_t *, sizeof(message));
	op->sym->aead.digest.phys_addr = rte_pktmbuf_iova_offset(m, sizeof(message));
	run(op, m, &xform);
}

/* Hashes the message in m; the hash is put behind it. */
static void
sha256(struct rte_mbuf *m)
{
	struct rte_crypto_sym_xform xform = { .type = RTE_CRYPTO_SYM_XFORM_AUTH, .auth = {
		.op = RTE_CRYPTO_AUTH_OP_GENERATE, .algo = RTE_CRYPTO_AUTH_SHA256,
		.digest_length = 32 } };
	struct rte_crypto_op *op = rte_crypto_op_alloc(ops, RTE_CRYPTO_OP_TYPE_SYMMETRIC);

	must(op != NULL, "no operation is left in the pool");
	op->sym->auth.data.length = sizeof(message);
	op->sym->auth.digest.data = rte_pktmbuf_mtod_offset(m, uint8_t *, sizeof(message));
	op->sym->auth.digest.phys_addr = rte_pktmbuf_iova_offset(m, sizeof(message));
	run(op, m, &xform);
}

int
main(int argc, char **argv)
{
	struct rte_mbuf *m;
	char *text;

	must(rte_eal_init(argc, argv) >= 0, "EAL does not start: it has said why");
	start();
	m = rte_pktmbuf_alloc(mbufs);
	text = m != NULL ? rte_pktmbuf_append(m, sizeof(message) + 32) : NULL;
	must(text != NULL, "no buffer with room for the message");
	memcpy(text, message, sizeof(message));
	gcm(m, RTE_CRYPTO_AEAD_OP_ENCRYPT);
	rte_hexdump(stdout, "sealed", text, sizeof(message) + 16);
	gcm(m, RTE_CRYPTO_AEAD_OP_DECRYPT);
	printf("opened: %s\n", text);
	sha256(m);
	rte_hexdump(stdout, "sha256", text + sizeof(message), 32);
	rte_cryptodev_stop(dev);
	return rte_cryptodev_close(dev) | rte_eal_cleanup();
}
