/* SPDX-License-Identifier: BSD-3-Clause
 *
 * esp: security associations of rte_security, ESP with AES-GCM in tunnel mode, and their ops.
 * The device does no crypto: a packet goes in, and what comes out begins as a packet does.
 */
#include <stdio.h>
#include <string.h>

#include <rte_errno.h>
#include <rte_mbuf.h>
#include <rte_security.h>

#include "bench.h"

#define SA_ROOM		128	/* bytes that DPDK's versions put before a driver's */
#define ESP_ADDS	56	/* bytes: outer header, ESP with IV, trailer and ICV */

static struct rte_mempool *sa_pool;
static struct rte_mbuf *dsts[MAX_OPS];

/* Nothing is made unless a device has security associations. */
int
esp_pools(unsigned int nb_ops, uint32_t max_size)
{
	unsigned int i, size = 0;
	struct rte_mempool *mp;
	void *ctx;

	for (i = 0; i < nb_bdevs; i++) {
		ctx = rte_cryptodev_get_sec_ctx(bdevs[i].id);
		if (ctx != NULL)
			size = RTE_MAX(size, rte_security_session_get_size(ctx));
	}
	if (size == 0)
		return 0;
	sa_pool = rte_mempool_create("sa", 64, size + SA_ROOM, 0, 0, NULL, NULL, NULL, NULL, 0, 0);
	mp = rte_pktmbuf_pool_create("dsts", nb_ops, 0, 0,
		RTE_ALIGN(max_size + 128, 64) + RTE_PKTMBUF_HEADROOM, 0);
	for (i = 0; mp != NULL && i < nb_ops; i++)
		dsts[i] = rte_pktmbuf_alloc(mp);
	if (sa_pool == NULL || mp == NULL || dsts[nb_ops - 1] == NULL) {
		fprintf(stderr, "pools of security associations: %s\n", rte_strerror(rte_errno));
		return -1;
	}
	return 0;
}

void *
esp_session_create(struct bdev *b, enum algo a)
{
	static const uint8_t key[16] = { 1, 2, 3, 4, 5, 6, 7, 8 };
	void *ctx = b->fd != NULL ? rte_cryptodev_get_sec_ctx(b->id) : NULL;
	bool in = a == ALGO_ESP_IN;
	struct rte_crypto_sym_xform aead = {
		.type = RTE_CRYPTO_SYM_XFORM_AEAD,
		.aead = {
			.op = in ? RTE_CRYPTO_AEAD_OP_DECRYPT : RTE_CRYPTO_AEAD_OP_ENCRYPT,
			.algo = RTE_CRYPTO_AEAD_AES_GCM,
			.key = { .data = key, .length = sizeof(key) },
			.digest_length = 16,
		},
	};
	struct rte_security_session_conf conf = {
		.action_type = RTE_SECURITY_ACTION_TYPE_LOOKASIDE_PROTOCOL,
		.protocol = RTE_SECURITY_PROTOCOL_IPSEC,
		.ipsec = {
			.spi = 0x1000,
			.direction = in ? RTE_SECURITY_IPSEC_SA_DIR_INGRESS :
				RTE_SECURITY_IPSEC_SA_DIR_EGRESS,
			.proto = RTE_SECURITY_IPSEC_SA_PROTO_ESP,
			.mode = RTE_SECURITY_IPSEC_SA_MODE_TUNNEL,
			.tunnel = { .type = RTE_SECURITY_IPSEC_TUNNEL_IPV4 },
		},
		.crypto_xform = &aead,
	};

	conf.ipsec.tunnel.ipv4.ttl = 64;
	return ctx == NULL ? NULL : (void *)rte_security_session_create(ctx, &conf, sa_pool);
}

int
esp_session_end(struct bdev *b, void *session)
{
	return rte_security_session_destroy(rte_cryptodev_get_sec_ctx(b->id), session);
}

/* size bytes that begin as an IPv4 packet of that length. */
static void
esp_packet(struct rte_mbuf *m, uint32_t size)
{
	uint8_t head[20] = { 0x45, 0, size >> 8, size & 0xff, [8] = 64, 50 };

	m->data_off = RTE_PKTMBUF_HEADROOM;
	m->data_len = size;
	m->pkt_len = size;
	memcpy(rte_pktmbuf_mtod(m, uint8_t *), head, sizeof(head));
}

void
esp_refill(const struct bdev *b, struct rte_crypto_op *op, uint32_t size)
{
	op->status = RTE_CRYPTO_OP_STATUS_NOT_PROCESSED;
	esp_packet(op->sym->m_src, size + (b->algo == ALGO_ESP_IN ? ESP_ADDS : 0));
}

void
esp_bind(struct bdev *b, struct rte_crypto_op *op, unsigned int i)
{
	op->sym->m_dst = b->algo == ALGO_ESP_OUT_DST ? dsts[i] : NULL;
	op->sess_type = RTE_CRYPTO_OP_SECURITY_SESSION;
	op->sym->session = b->sess;
	esp_refill(b, op, b->size);
}
