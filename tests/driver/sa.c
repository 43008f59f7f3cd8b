/* SPDX-License-Identifier: BSD-3-Clause
 *
 * IPsec sessions for tests; see the header.
 */
#include <string.h>

#include "sa.h"

#define SA_ADMIN_INDEX	40
#define SA_SPI		0x11223344u
#define SA_SALT		0xa4a3a2a1u	/* its bytes: a1 a2 a3 a4 */

struct rig *
sa_open(unsigned int kind, const char *devargs)
{
	struct rig_conf conf = { .features = rig_kinds[kind].features, .devargs = devargs };
	struct rig *r = rig_open(&conf);
	struct req_ipsec_mode_cap all = {
		.offered = true, .max_replay_win_sz = 1024,
		.options = VIRTIO_CRYPTO_IPSEC_OPTIONS,
		.ciphers = req_ipsec_alg_mask(VIRTIO_CRYPTO_SERVICE_CIPHER),
		.macs = req_ipsec_alg_mask(VIRTIO_CRYPTO_SERVICE_MAC),
		.aeads = (uint32_t)req_ipsec_alg_mask(VIRTIO_CRYPTO_SERVICE_AEAD),
		.max_key_len = 32, .max_auth_key_len = 64,
	};
	unsigned int i;

	model_admin_offer(&r->m, SA_ADMIN_INDEX);
	for (i = 0; i < VIRTIO_CRYPTO_NB_IPSEC_MODES; i++)
		r->m.admin.caps.mode[i] = all;
	return r;
}

struct rig *
sa_up(unsigned int kind, const char *devargs)
{
	struct rig *r = sa_open(kind, devargs);

	assert_int_equal(rig_probe(r), 0);
	rig_start(r, 1, 16);
	return r;
}

static void
sa_begin(struct sa_conf *c, bool egress)
{
	struct rte_security_ipsec_xform *x = &c->conf.ipsec;

	memset(c, 0, sizeof(*c));
	rig_pattern(c->key, sizeof(c->key), 0x4b);
	rig_pattern(c->auth_key, sizeof(c->auth_key), 0xa7);
	c->conf.action_type = RTE_SECURITY_ACTION_TYPE_LOOKASIDE_PROTOCOL;
	c->conf.protocol = RTE_SECURITY_PROTOCOL_IPSEC;
	c->conf.crypto_xform = &c->first;
	x->spi = SA_SPI;
	x->salt = SA_SALT;
	x->direction = egress ? RTE_SECURITY_IPSEC_SA_DIR_EGRESS :
		RTE_SECURITY_IPSEC_SA_DIR_INGRESS;
	x->proto = RTE_SECURITY_IPSEC_SA_PROTO_ESP;
	x->mode = RTE_SECURITY_IPSEC_SA_MODE_TUNNEL;
	x->replay_win_sz = 64;
	x->tunnel.type = RTE_SECURITY_IPSEC_TUNNEL_IPV4;
	x->tunnel.ipv4.src_ip.s_addr = RTE_BE32(0xc0000201);
	x->tunnel.ipv4.dst_ip.s_addr = RTE_BE32(0xc6336401);
	x->tunnel.ipv4.dscp = 9;
	x->tunnel.ipv4.df = 1;
	x->tunnel.ipv4.ttl = 33;
}

void
sa_gcm(struct sa_conf *c, bool egress)
{
	struct rte_crypto_aead_xform *x = &c->first.aead;

	sa_begin(c, egress);
	c->first.type = RTE_CRYPTO_SYM_XFORM_AEAD;
	x->op = egress ? RTE_CRYPTO_AEAD_OP_ENCRYPT : RTE_CRYPTO_AEAD_OP_DECRYPT;
	x->algo = RTE_CRYPTO_AEAD_AES_GCM;
	x->key.data = c->key;
	x->key.length = 16;
	x->digest_length = 16;
	x->iv.length = 12;
	x->aad_length = 8;
}

static void
sa_auth(struct sa_conf *c, struct rte_crypto_sym_xform *to, bool egress,
		enum rte_crypto_auth_algorithm algo, uint16_t key_len, uint16_t icv)
{
	struct rte_crypto_auth_xform *x = &to->auth;

	to->type = RTE_CRYPTO_SYM_XFORM_AUTH;
	x->op = egress ? RTE_CRYPTO_AUTH_OP_GENERATE : RTE_CRYPTO_AUTH_OP_VERIFY;
	x->algo = algo;
	x->key.data = c->auth_key;
	x->key.length = key_len;
	x->digest_length = icv;
}

void
sa_cbc(struct sa_conf *c, bool egress)
{
	struct rte_crypto_sym_xform *cipher = egress ? &c->first : &c->second;

	sa_begin(c, egress);
	c->conf.ipsec.mode = RTE_SECURITY_IPSEC_SA_MODE_TRANSPORT;
	c->first.next = &c->second;
	cipher->type = RTE_CRYPTO_SYM_XFORM_CIPHER;
	cipher->cipher.op = egress ? RTE_CRYPTO_CIPHER_OP_ENCRYPT : RTE_CRYPTO_CIPHER_OP_DECRYPT;
	cipher->cipher.algo = RTE_CRYPTO_CIPHER_AES_CBC;
	cipher->cipher.key.data = c->key;
	cipher->cipher.key.length = 32;
	cipher->cipher.iv.length = 16;
	sa_auth(c, egress ? &c->second : &c->first, egress, RTE_CRYPTO_AUTH_SHA256_HMAC, 32, 16);
}

void
sa_ah(struct sa_conf *c, bool egress)
{
	struct rte_security_ipsec_tunnel_param *t = &c->conf.ipsec.tunnel;

	sa_begin(c, egress);
	c->conf.ipsec.proto = RTE_SECURITY_IPSEC_SA_PROTO_AH;
	memset(t, 0, sizeof(*t));
	t->type = RTE_SECURITY_IPSEC_TUNNEL_IPV6;
	rig_pattern((uint8_t *)&t->ipv6.src_addr, 16, 1);
	rig_pattern((uint8_t *)&t->ipv6.dst_addr, 16, 2);
	t->ipv6.dscp = 10;
	t->ipv6.flabel = 0xabcde;
	t->ipv6.hlimit = 44;
	sa_auth(c, &c->first, egress, RTE_CRYPTO_AUTH_SHA1_HMAC, 20, 12);
}

void *
sa_context(struct rig *r)
{
	return rte_cryptodev_get_sec_ctx(r->id);
}

void *
sa_create(struct rig *r, struct sa_conf *c)
{
	return rte_security_session_create(sa_context(r), &c->conf, rig_sessions);
}

void
sa_destroy(struct rig *r, void *sess)
{
	assert_int_equal(rte_security_session_destroy(sa_context(r), sess), 0);
}
