/* SPDX-License-Identifier: BSD-3-Clause
 *
 * ipsec_rate: how fast one core makes ESP packets (tunnel of IPv4 in IPv4), with a device of
 * cryptodev: as one op of a security session, where the device has those, or else with
 * librte_ipsec around ops of crypto.  The same packets and the same loop in both, so that the
 * figures compare.
 *
 *	ipsec_rate EAL-ARGUMENTS -- DEVICE gcm|cbc-sha256 [PACKETS]
 *
 * For each size (bytes of the inner packet) it prints size, packets per second and Gbit/s of
 * inner packets, the median of its rounds.  It ends with an error if one packet fails, or does
 * not have the length that ESP asks for.
 */
#include <inttypes.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_cryptodev.h>
#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_ip.h>
#include <rte_ipsec.h>
#include <rte_malloc.h>
#include <rte_security.h>

#define BURST		32u
#define IN_FLIGHT	256u	/* packets: as many as the ring of a device has entries */
#define HEADROOM	256u	/* bytes */
#define ROOM		2048u	/* bytes, of a packet with all that ESP adds */
#define ROUNDS		11u
#define MEDIAN		(ROUNDS / 2)
#define IDLE_SECONDS	10u	/* without a packet: the device has lost one */

static const uint16_t sizes[] = { 64, 512, 1420 };

/* What a run has: exactly one of ss (librte_ipsec) and security is used. */
struct rate {
	uint8_t dev;
	bool gcm;
	struct rte_mempool *ops, *packets, *sessions;
	void *security;
	struct rte_ipsec_session ss;
	struct rte_ipsec_sa *sa;
	struct rte_mbuf *idle[IN_FLIGHT];
	unsigned int nb_idle;
	uint64_t done, failed;
	uint16_t size, expected;
};

static const uint8_t key[64] = { 1, 2, 3 };

static const struct rte_ipv4_hdr tunnel = {
	.version_ihl = 0x45, .time_to_live = 64, .next_proto_id = IPPROTO_ESP,
	.src_addr = RTE_BE32(0x0a000001), .dst_addr = RTE_BE32(0x0a000002),
};

static void __attribute__((noreturn))
rate_die(const char *what, int rc)
{
	rte_exit(EXIT_FAILURE, "ipsec_rate: %s: %s\n", what, strerror(abs(rc)));
}

/* ---- association ---- */

/* Two transforms of which GCM uses the first alone. */
static void
rate_crypto(struct rte_crypto_sym_xform x[2], bool gcm)
{
	memset(x, 0, 2 * sizeof(x[0]));
	if (gcm) {
		x[0].type = RTE_CRYPTO_SYM_XFORM_AEAD;
		x[0].aead.op = RTE_CRYPTO_AEAD_OP_ENCRYPT;
		x[0].aead.algo = RTE_CRYPTO_AEAD_AES_GCM;
		x[0].aead.key.data = key;
		x[0].aead.key.length = 16;
		x[0].aead.iv.offset = (uint16_t)(sizeof(struct rte_crypto_op) +
				sizeof(struct rte_crypto_sym_op));
		x[0].aead.iv.length = 12;
		x[0].aead.digest_length = 16;
		x[0].aead.aad_length = 8;
		return;
	}
	x[0].type = RTE_CRYPTO_SYM_XFORM_CIPHER;
	x[0].next = &x[1];
	x[0].cipher.op = RTE_CRYPTO_CIPHER_OP_ENCRYPT;
	x[0].cipher.algo = RTE_CRYPTO_CIPHER_AES_CBC;
	x[0].cipher.key.data = key;
	x[0].cipher.key.length = 16;
	x[0].cipher.iv.offset = (uint16_t)(sizeof(struct rte_crypto_op) +
			sizeof(struct rte_crypto_sym_op));
	x[0].cipher.iv.length = 16;
	x[1].type = RTE_CRYPTO_SYM_XFORM_AUTH;
	x[1].auth.op = RTE_CRYPTO_AUTH_OP_GENERATE;
	x[1].auth.algo = RTE_CRYPTO_AUTH_SHA256_HMAC;
	x[1].auth.key.data = key;
	x[1].auth.key.length = 32;
	x[1].auth.digest_length = 16;
}

static struct rte_security_ipsec_xform
rate_ipsec(void)
{
	struct rte_security_ipsec_xform x = {
		.spi = 0x1000,
		.salt = 0x01020304,
		.direction = RTE_SECURITY_IPSEC_SA_DIR_EGRESS,
		.proto = RTE_SECURITY_IPSEC_SA_PROTO_ESP,
		.mode = RTE_SECURITY_IPSEC_SA_MODE_TUNNEL,
	};

	x.tunnel.type = RTE_SECURITY_IPSEC_TUNNEL_IPV4;
	memcpy(&x.tunnel.ipv4.src_ip, &tunnel.src_addr, sizeof(tunnel.src_addr));
	memcpy(&x.tunnel.ipv4.dst_ip, &tunnel.dst_addr, sizeof(tunnel.dst_addr));
	x.tunnel.ipv4.ttl = 64;
	return x;
}

static void
rate_open_security(struct rate *r, struct rte_security_ctx *ctx)
{
	struct rte_crypto_sym_xform crypto[2];
	struct rte_security_session_conf conf = {
		.action_type = RTE_SECURITY_ACTION_TYPE_LOOKASIDE_PROTOCOL,
		.protocol = RTE_SECURITY_PROTOCOL_IPSEC,
		.ipsec = rate_ipsec(),
		.crypto_xform = crypto,
	};

	rate_crypto(crypto, r->gcm);
	r->sessions = rte_mempool_create("sa", 4, (unsigned int)sizeof(uint64_t) * 4 +
			rte_security_session_get_size(ctx), 0, 0, NULL, NULL, NULL, NULL, 0, 0);
	if (r->sessions != NULL)
		r->security = rte_security_session_create(ctx, &conf, r->sessions);
	if (r->security == NULL)
		rate_die("no security session", ENOTSUP);
}

static void
rate_open_software(struct rate *r)
{
	struct rte_crypto_sym_xform crypto[2];
	struct rte_ipsec_sa_prm prm = {
		.ipsec_xform = rate_ipsec(),
		.crypto_xform = crypto,
		.tun = { .hdr_len = sizeof(tunnel), .next_proto = IPPROTO_IPIP, .hdr = &tunnel },
	};
	int size, rc;

	rate_crypto(crypto, r->gcm);
	size = rte_ipsec_sa_size(&prm);
	r->sa = size > 0 ? rte_zmalloc(NULL, (size_t)size, RTE_CACHE_LINE_SIZE) : NULL;
	rc = r->sa != NULL ? rte_ipsec_sa_init(r->sa, &prm, (uint32_t)size) : -ENOMEM;
	if (rc < 0)
		rate_die("no association", rc);
	r->sessions = rte_cryptodev_sym_session_pool_create("ses", 4,
			rte_cryptodev_sym_get_private_session_size(r->dev), 0, 0, SOCKET_ID_ANY);
	r->ss.sa = r->sa;
	r->ss.type = RTE_SECURITY_ACTION_TYPE_NONE;
	r->ss.crypto.dev_id = r->dev;
	if (r->sessions != NULL)
		r->ss.crypto.ses = rte_cryptodev_sym_session_create(r->dev, crypto, r->sessions);
	rc = r->ss.crypto.ses != NULL ? rte_ipsec_session_prepare(&r->ss) : -ENOTSUP;
	if (rc != 0)
		rate_die("no session", rc);
}

/* NULL: the device has no security sessions for ESP. */
static struct rte_security_ctx *
rate_security_of(uint8_t dev)
{
	struct rte_security_capability_idx idx = {
		.action = RTE_SECURITY_ACTION_TYPE_LOOKASIDE_PROTOCOL,
		.protocol = RTE_SECURITY_PROTOCOL_IPSEC,
		.ipsec = {
			.proto = RTE_SECURITY_IPSEC_SA_PROTO_ESP,
			.mode = RTE_SECURITY_IPSEC_SA_MODE_TUNNEL,
			.direction = RTE_SECURITY_IPSEC_SA_DIR_EGRESS,
		},
	};
	struct rte_security_ctx *ctx = rte_cryptodev_get_sec_ctx(dev);

	return ctx != NULL && rte_security_capability_get(ctx, &idx) != NULL ? ctx : NULL;
}

static void
rate_open(struct rate *r, const char *name)
{
	struct rte_cryptodev_config conf = { .nb_queue_pairs = 1 };
	struct rte_cryptodev_qp_conf qp = { .nb_descriptors = IN_FLIGHT };
	int dev = rte_cryptodev_get_dev_id(name), rc;
	struct rte_security_ctx *ctx;

	if (dev < 0)
		rate_die("no such device", ENODEV);
	r->dev = (uint8_t)dev;
	ctx = rate_security_of(r->dev);
	if (ctx == NULL)
		conf.ff_disable = RTE_CRYPTODEV_FF_SECURITY;
	rc = rte_cryptodev_configure(r->dev, &conf);
	if (rc == 0)
		rc = rte_cryptodev_queue_pair_setup(r->dev, 0, &qp, SOCKET_ID_ANY);
	if (rc == 0)
		rc = rte_cryptodev_start(r->dev);
	r->ops = rte_crypto_op_pool_create("ops", RTE_CRYPTO_OP_TYPE_SYMMETRIC, 2 * IN_FLIGHT - 1,
			0, 64, SOCKET_ID_ANY);
	r->packets = rte_pktmbuf_pool_create("packets", 2 * IN_FLIGHT - 1, 0, 0, ROOM + HEADROOM,
			SOCKET_ID_ANY);
	if (rc != 0 || r->ops == NULL || r->packets == NULL)
		rate_die("the device does not start", rc);
	if (ctx != NULL)
		rate_open_security(r, ctx);
	else
		rate_open_software(r);
}

/* ---- packets ---- */

/* Makes it the plain packet again. */
static void
rate_fill(const struct rate *r, struct rte_mbuf *m)
{
	struct rte_ipv4_hdr *ip;

	m->data_off = HEADROOM;
	m->data_len = r->size;
	m->pkt_len = r->size;
	m->l2_len = 0;
	m->l3_len = sizeof(*ip);
	ip = rte_pktmbuf_mtod(m, struct rte_ipv4_hdr *);
	ip->version_ihl = 0x45;
	ip->total_length = rte_cpu_to_be_16(r->size);
	ip->time_to_live = 64;
	ip->fragment_offset = 0;
	ip->next_proto_id = IPPROTO_UDP;
}

/* Bytes of the result: outer header, ESP, IV, padded payload with its trailer, ICV. */
static uint16_t
rate_expected(const struct rate *r)
{
	unsigned int iv = r->gcm ? 8 : 16, block = r->gcm ? 4 : 16;

	return (uint16_t)(sizeof(tunnel) + 8 + iv + RTE_ALIGN_CEIL(r->size + 2u, block) + 16);
}

static void
rate_send(struct rate *r)
{
	struct rte_crypto_op *op[BURST];
	struct rte_mbuf *m[BURST];
	unsigned int n = RTE_MIN(r->nb_idle, BURST), i;

	if (n == 0 || rte_crypto_op_bulk_alloc(r->ops, RTE_CRYPTO_OP_TYPE_SYMMETRIC, op,
			(uint16_t)n) != n)
		return;
	r->nb_idle -= n;
	for (i = 0; i < n; i++) {
		m[i] = r->idle[r->nb_idle + i];
		rate_fill(r, m[i]);
	}
	if (r->security == NULL) {
		if (rte_ipsec_pkt_crypto_prepare(&r->ss, m, op, (uint16_t)n) != n)
			rate_die("librte_ipsec refuses a packet", rte_errno);
	} else {
		for (i = 0; i < n; i++) {
			op[i]->sess_type = RTE_CRYPTO_OP_SECURITY_SESSION;
			op[i]->sym->session = r->security;
			op[i]->sym->m_src = m[i];
			op[i]->sym->m_dst = NULL;
		}
	}
	for (i = 0; i < n;)
		i += rte_cryptodev_enqueue_burst(r->dev, 0, op + i, (uint16_t)(n - i));
}

static unsigned int
rate_take(struct rate *r)
{
	struct rte_crypto_op *op[BURST];
	struct rte_mbuf *m[BURST];
	uint16_t n = rte_cryptodev_dequeue_burst(r->dev, 0, op, BURST), i, good = 0;

	for (i = 0; i < n; i++) {
		m[i] = op[i]->sym->m_src;
		good += op[i]->status == RTE_CRYPTO_OP_STATUS_SUCCESS;
	}
	if (n == 0)
		return 0;
	rte_mempool_put_bulk(r->ops, (void **)op, n);
	if (r->security == NULL)
		good = rte_ipsec_pkt_process(&r->ss, m, n);
	for (i = 0; i < n; i++) {
		r->failed += m[i]->pkt_len != r->expected;
		r->idle[r->nb_idle++] = m[i];
	}
	r->failed += n - good;
	r->done += n;
	return n;
}

/* Sends and takes until all that were sent are back; the TSC cycles of it. */
static uint64_t
rate_round(struct rate *r, uint64_t nb)
{
	uint64_t sent = 0, end = r->done + nb, begin = rte_rdtsc(), last = begin;

	while (r->done < end) {
		unsigned int idle = r->nb_idle;

		if (sent < nb) {
			rate_send(r);
			sent += idle - r->nb_idle;
		}
		if (rate_take(r) != 0)
			last = rte_rdtsc();
		else if (rte_rdtsc() - last > IDLE_SECONDS * rte_get_tsc_hz())
			rate_die("a packet did not come back", ETIMEDOUT);
	}
	return rte_rdtsc() - begin;
}

static int
rate_order(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static void
rate_measure(struct rate *r, uint16_t size, uint64_t nb)
{
	uint64_t cycles[ROUNDS], done;
	unsigned int i;
	double rate;

	r->size = size;
	r->expected = rate_expected(r);
	for (i = 0; i < ROUNDS; i++) {
		done = r->done;
		cycles[i] = rate_round(r, nb);
		cycles[i] = cycles[i] * nb / (r->done - done);
	}
	if (r->failed != 0)
		rate_die("packets failed, or have a wrong length", EBADMSG);
	qsort(cycles, ROUNDS, sizeof(cycles[0]), rate_order);
	rate = (double)nb * (double)rte_get_tsc_hz() / (double)cycles[MEDIAN];
	printf("%u,%.0f,%.3f\n", size, rate, rate * size * 8 / 1e9);
	(void)fflush(stdout);
}

static void
rate_close(struct rate *r)
{
	if (r->security != NULL)
		(void)rte_security_session_destroy(rate_security_of(r->dev), r->security);
	else
		(void)rte_cryptodev_sym_session_free(r->dev, r->ss.crypto.ses);
	rte_cryptodev_stop(r->dev);
	(void)rte_cryptodev_close(r->dev);
}

int
main(int argc, char **argv)
{
	static struct rate r;
	unsigned int i;
	int n = rte_eal_init(argc, argv);
	uint64_t nb;

	if (n < 0)
		return EXIT_FAILURE;
	argc -= n;
	argv += n;
	if (argc < 3 || (strcmp(argv[2], "gcm") != 0 && strcmp(argv[2], "cbc-sha256") != 0)) {
		(void)fprintf(stderr, "usage: %s EAL-ARGUMENTS -- DEVICE gcm|cbc-sha256 "
				"[PACKETS]\n", argv[0]);
		return EXIT_FAILURE;
	}
	r.gcm = strcmp(argv[2], "gcm") == 0;
	nb = argc > 3 ? strtoull(argv[3], NULL, 10) : 100000;
	rate_open(&r, argv[1]);
	if (rte_pktmbuf_alloc_bulk(r.packets, r.idle, IN_FLIGHT) != 0)
		rate_die("no packets", ENOMEM);
	r.nb_idle = IN_FLIGHT;
	printf("# %s\n", r.security != NULL ? "a security session" : "librte_ipsec");
	for (i = 0; i < RTE_DIM(sizes); i++)
		rate_measure(&r, sizes[i], RTE_MAX(nb, (uint64_t)IN_FLIGHT));
	rate_close(&r);
	return rte_eal_cleanup() == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
