/* SPDX-License-Identifier: BSD-3-Clause
 *
 * IPsec sessions of rte_security: what is offered, what each field becomes, what is refused.
 */
#include <string.h>

#include <cryptodev_pmd.h>

#include "drivers/crypto/vcrypto/device/vcrypto_device.h"
#include "sa.h"

static struct vcrypto_dev *
device(struct rig *r)
{
	return vcrypto_dev_of(rte_cryptodev_pmd_get_dev(r->id));
}

/* ---- what is offered ---- */

static const struct rte_security_capability *
row(struct rig *r, enum rte_security_ipsec_sa_protocol proto, enum rte_security_ipsec_sa_mode mode,
		enum rte_security_ipsec_sa_direction direction)
{
	struct rte_security_capability_idx idx = {
		.action = RTE_SECURITY_ACTION_TYPE_LOOKASIDE_PROTOCOL,
		.protocol = RTE_SECURITY_PROTOCOL_IPSEC,
		.ipsec = { .proto = proto, .mode = mode, .direction = direction },
	};

	return rte_security_capability_get(sa_context(r), &idx);
}

/* The entry of an algorithm in a row, NULL if there is none. */
static const struct rte_cryptodev_symmetric_capability *
alg_of(const struct rte_security_capability *cap, enum rte_crypto_sym_xform_type type,
		unsigned int algo)
{
	const struct rte_cryptodev_capabilities *c = cap->crypto_capabilities;

	for (; c->op != RTE_CRYPTO_OP_TYPE_UNDEFINED; c++) {
		unsigned int has = type == RTE_CRYPTO_SYM_XFORM_AEAD ?
			(unsigned int)c->sym.aead.algo : type == RTE_CRYPTO_SYM_XFORM_AUTH ?
			(unsigned int)c->sym.auth.algo : (unsigned int)c->sym.cipher.algo;

		if (c->sym.xform_type == type && has == algo)
			return &c->sym;
	}
	return NULL;
}

/* Each algorithm that the device offers for ESP in tunnel mode has an entry, and one only. */
static void
algs_are_the_devices(struct rig *r, const struct rte_security_capability *cap)
{
	const struct req_ipsec_mode_cap *dev = &r->m.admin.caps.mode[0];
	const struct rte_cryptodev_capabilities *c = cap->crypto_capabilities;
	int nb = 0;

	/* The premise: it offers all that there are. */
	assert_true(dev->ciphers == req_ipsec_alg_mask(VIRTIO_CRYPTO_SERVICE_CIPHER));
	assert_true(dev->macs == req_ipsec_alg_mask(VIRTIO_CRYPTO_SERVICE_MAC));
	assert_true(dev->aeads == req_ipsec_alg_mask(VIRTIO_CRYPTO_SERVICE_AEAD));
	for (; c->op != RTE_CRYPTO_OP_TYPE_UNDEFINED; c++)
		nb++;
	assert_int_equal(nb, __builtin_popcountll(dev->ciphers) +
		__builtin_popcountll(dev->macs) + __builtin_popcountll(dev->aeads));
}

static void
rows_of_all_modes(struct rig *r)
{
	const struct rte_security_capability *in, *out;
	unsigned int proto, mode;

	for (proto = 0; proto < 2; proto++)
		for (mode = 0; mode < 2; mode++) {
			bool esp = proto == 0;

			out = row(r, esp ? RTE_SECURITY_IPSEC_SA_PROTO_ESP :
				RTE_SECURITY_IPSEC_SA_PROTO_AH, mode == 0 ?
				RTE_SECURITY_IPSEC_SA_MODE_TUNNEL :
				RTE_SECURITY_IPSEC_SA_MODE_TRANSPORT,
				RTE_SECURITY_IPSEC_SA_DIR_EGRESS);
			assert_non_null(out);
			in = row(r, out->ipsec.proto, out->ipsec.mode,
				RTE_SECURITY_IPSEC_SA_DIR_INGRESS);
			assert_non_null(in);
			assert_int_equal(out->ipsec.replay_win_sz_max, 0);
			assert_int_equal(in->ipsec.replay_win_sz_max, 1024);
			assert_int_equal(in->ipsec.options.udp_encap, esp);
			assert_int_equal(in->ipsec.options.esn, 1);
			assert_int_equal(in->ipsec.options.stats, 1);
			assert_int_equal(in->ipsec.options.iv_gen_disable, 0);
			assert_int_equal(in->ipsec.options.tunnel_hdr_verify, 0);
			assert_int_equal(alg_of(in, RTE_CRYPTO_SYM_XFORM_AEAD,
				RTE_CRYPTO_AEAD_AES_GCM) != NULL, esp);
			assert_int_equal(alg_of(in, RTE_CRYPTO_SYM_XFORM_CIPHER,
				RTE_CRYPTO_CIPHER_AES_CBC) != NULL, esp);
			assert_non_null(alg_of(in, RTE_CRYPTO_SYM_XFORM_CIPHER,
				RTE_CRYPTO_CIPHER_NULL));
			assert_non_null(alg_of(in, RTE_CRYPTO_SYM_XFORM_AUTH,
				RTE_CRYPTO_AUTH_AES_XCBC_MAC));
		}
}

static void
sizes_of_algorithms(struct rig *r)
{
	const struct rte_security_capability *cap = row(r, RTE_SECURITY_IPSEC_SA_PROTO_ESP,
		RTE_SECURITY_IPSEC_SA_MODE_TUNNEL, RTE_SECURITY_IPSEC_SA_DIR_EGRESS);
	const struct rte_cryptodev_symmetric_capability *c;

	algs_are_the_devices(r, cap);
	c = alg_of(cap, RTE_CRYPTO_SYM_XFORM_AEAD, RTE_CRYPTO_AEAD_AES_GCM);
	assert_int_equal(rte_cryptodev_sym_capability_check_aead(c, 16, 16, 8, 12), 0);
	assert_int_equal(rte_cryptodev_sym_capability_check_aead(c, 32, 16, 12, 12), 0);
	assert_int_not_equal(rte_cryptodev_sym_capability_check_aead(c, 16, 8, 8, 12), 0);
	c = alg_of(cap, RTE_CRYPTO_SYM_XFORM_AEAD, RTE_CRYPTO_AEAD_AES_CCM);
	assert_int_equal(rte_cryptodev_sym_capability_check_aead(c, 32, 16, 12, 11), 0);
	c = alg_of(cap, RTE_CRYPTO_SYM_XFORM_CIPHER, RTE_CRYPTO_CIPHER_AES_CTR);
	assert_int_equal(rte_cryptodev_sym_capability_check_cipher(c, 24, 16), 0);
	c = alg_of(cap, RTE_CRYPTO_SYM_XFORM_CIPHER, RTE_CRYPTO_CIPHER_3DES_CBC);
	assert_int_equal(rte_cryptodev_sym_capability_check_cipher(c, 24, 8), 0);
	c = alg_of(cap, RTE_CRYPTO_SYM_XFORM_CIPHER, RTE_CRYPTO_CIPHER_NULL);
	assert_int_equal(rte_cryptodev_sym_capability_check_cipher(c, 0, 0), 0);
	c = alg_of(cap, RTE_CRYPTO_SYM_XFORM_AUTH, RTE_CRYPTO_AUTH_SHA256_HMAC);
	assert_int_equal(rte_cryptodev_sym_capability_check_auth(c, 32, 16, 0), 0);
	assert_int_not_equal(rte_cryptodev_sym_capability_check_auth(c, 32, 32, 0), 0);
	/* The standard's field, not the device's 64 bytes. */
	c = alg_of(cap, RTE_CRYPTO_SYM_XFORM_AUTH, RTE_CRYPTO_AUTH_SHA512_HMAC);
	assert_int_not_equal(rte_cryptodev_sym_capability_check_auth(c, 64, 32, 0), 0);
	c = alg_of(cap, RTE_CRYPTO_SYM_XFORM_AUTH, RTE_CRYPTO_AUTH_AES_GMAC);
	assert_int_equal(rte_cryptodev_sym_capability_check_auth(c, 16, 16, 12), 0);
}

static void
capabilities(void **state)
{
	struct rte_cryptodev_info info;
	struct rig *r = sa_open(0, NULL);

	(void)state;
	assert_int_equal(rig_probe(r), 0);
	rte_cryptodev_info_get(r->id, &info);
	assert_true((info.feature_flags & RTE_CRYPTODEV_FF_SECURITY) != 0);
	assert_in_range(info.min_mbuf_headroom_req, 40 + 8 + 8 + 16, RTE_PKTMBUF_HEADROOM);
	assert_in_range(info.min_mbuf_tailroom_req, 16 + 32, UINT16_MAX);
	assert_non_null(sa_context(r));
	rows_of_all_modes(r);
	sizes_of_algorithms(r);
	rig_close(r);
}

/* A device bounds keys, directions and modes. */
static void
capabilities_are_the_devices(void **state)
{
	const struct rte_cryptodev_symmetric_capability *c;
	const struct rte_security_capability *cap;
	struct rig *r = sa_open(0, NULL);

	(void)state;
	r->m.admin.caps.mode[0].max_key_len = 24;
	r->m.admin.caps.mode[0].options = VIRTIO_CRYPTO_IPSEC_ESN;
	r->m.admin.caps.mode[2].offered = false;
	r->m.admin.limits.inbound = 0;
	assert_int_equal(rig_probe(r), 0);
	cap = row(r, RTE_SECURITY_IPSEC_SA_PROTO_ESP, RTE_SECURITY_IPSEC_SA_MODE_TUNNEL,
		RTE_SECURITY_IPSEC_SA_DIR_EGRESS);
	assert_non_null(cap);
	assert_int_equal(cap->ipsec.options.esn, 1);
	assert_int_equal(cap->ipsec.options.ecn, 0);
	c = alg_of(cap, RTE_CRYPTO_SYM_XFORM_AEAD, RTE_CRYPTO_AEAD_AES_GCM);
	assert_int_equal(c->aead.key_size.max, 24);
	assert_null(alg_of(cap, RTE_CRYPTO_SYM_XFORM_AEAD, RTE_CRYPTO_AEAD_CHACHA20_POLY1305));
	assert_null(row(r, RTE_SECURITY_IPSEC_SA_PROTO_ESP, RTE_SECURITY_IPSEC_SA_MODE_TUNNEL,
		RTE_SECURITY_IPSEC_SA_DIR_INGRESS));
	assert_null(row(r, RTE_SECURITY_IPSEC_SA_PROTO_AH, RTE_SECURITY_IPSEC_SA_MODE_TUNNEL,
		RTE_SECURITY_IPSEC_SA_DIR_EGRESS));
	rig_close(r);
}

static void
nothing_without_ipsec(void **state)
{
	struct rte_cryptodev_config cfg = { .socket_id = SOCKET_ID_ANY, .nb_queue_pairs = 1,
		.ff_disable = RTE_CRYPTODEV_FF_SECURITY };
	struct rte_cryptodev_info info;
	struct rig *r = sa_open(0, "ipsec=0");

	(void)state;
	assert_int_equal(rig_probe(r), 0);
	rte_cryptodev_info_get(r->id, &info);
	assert_true((info.feature_flags & RTE_CRYPTODEV_FF_SECURITY) == 0);
	assert_int_equal(info.min_mbuf_headroom_req, 0);
	assert_int_equal(info.min_mbuf_tailroom_req, 0);
	assert_null(sa_context(r));
	rig_close(r);
	/* The application does without, and later with it. */
	r = sa_open(0, NULL);
	assert_int_equal(rig_probe(r), 0);
	assert_int_equal(rte_cryptodev_configure(r->id, &cfg), 0);
	assert_null(sa_context(r));
	/* It is told what the device can do all the same. */
	rte_cryptodev_info_get(r->id, &info);
	assert_true((info.feature_flags & RTE_CRYPTODEV_FF_SECURITY) != 0);
	assert_int_equal(rig_configure(r, 1), 0);
	assert_non_null(sa_context(r));
	rig_close(r);
}

/* ---- what a session becomes ---- */

static void *
created(struct rig *r, struct sa_conf *c, bool egress)
{
	void *s = sa_create(r, c);

	assert_non_null(s);
	assert_int_equal(r->m.admin.nb_sas, 1);
	assert_int_equal(r->m.admin.last_sa.inbound, !egress);
	assert_int_equal(r->m.admin.last_sa.spi, 0x11223344);
	assert_memory_equal(r->m.admin.last_sa.salt, "\xa1\xa2\xa3\xa4", 4);
	assert_int_equal(r->m.admin.last_sa.replay_win_sz, egress ? 0 : 64);
	return s;
}

static void
gcm_tunnel(struct rig *r, bool egress)
{
	const struct req_ipsec_sa *sa = &r->m.admin.last_sa;
	struct sa_conf c;
	void *s;

	sa_gcm(&c, egress);
	c.conf.ipsec.options.esn = c.conf.ipsec.options.udp_encap = 1;
	c.conf.ipsec.options.ecn = c.conf.ipsec.options.copy_df = 1;
	c.conf.ipsec.udp.sport = 1234;
	c.conf.ipsec.life.packets_soft_limit = 7;
	c.conf.ipsec.life.bytes_hard_limit = 9;
	s = created(r, &c, egress);
	assert_int_equal(sa->mode, VIRTIO_CRYPTO_IPSEC_MODE_ESP_TUNNEL);
	assert_int_equal(sa->aead, VIRTIO_CRYPTO_AEAD_GCM);
	assert_int_equal(sa->key_len, 16);
	assert_memory_equal(sa->key, c.key, 16);
	assert_int_equal(sa->options, VIRTIO_CRYPTO_IPSEC_ESN | VIRTIO_CRYPTO_IPSEC_UDP_ENCAP |
		VIRTIO_CRYPTO_IPSEC_ECN | VIRTIO_CRYPTO_IPSEC_COPY_DF |
		VIRTIO_CRYPTO_IPSEC_SA_LIFETIME);
	assert_int_equal(sa->udp_sport, 1234);
	assert_int_equal(sa->udp_dport, 4500);
	assert_true(sa->life.packets_soft_limit == 7 && sa->life.bytes_hard_limit == 9);
	if (egress) {
		assert_memory_equal(sa->tunnel.src, "\xc0\x00\x02\x01", 4);
		assert_memory_equal(sa->tunnel.dst, "\xc6\x33\x64\x01", 4);
		assert_int_equal(sa->tunnel.dscp, 9);
		assert_int_equal(sa->tunnel.df, 1);
		assert_int_equal(sa->tunnel.ttl, 33);
	}
	sa_destroy(r, s);
}

static void
cbc_transport(struct rig *r, bool egress)
{
	const struct req_ipsec_sa *sa = &r->m.admin.last_sa;
	struct sa_conf c;
	void *s;

	sa_cbc(&c, egress);
	s = created(r, &c, egress);
	assert_int_equal(sa->mode, VIRTIO_CRYPTO_IPSEC_MODE_ESP_TRANSPORT);
	assert_int_equal(sa->cipher, VIRTIO_CRYPTO_CIPHER_AES_CBC);
	assert_int_equal(sa->auth, VIRTIO_CRYPTO_MAC_HMAC_SHA_256);
	assert_int_equal(sa->key_len, 32);
	assert_int_equal(sa->auth_key_len, 32);
	assert_memory_equal(sa->key, c.key, 32);
	assert_memory_equal(sa->auth_key, c.auth_key, 32);
	assert_int_equal(sa->options, 0);
	sa_destroy(r, s);
}

static void
ah_tunnel(struct rig *r, bool egress)
{
	const struct req_ipsec_sa *sa = &r->m.admin.last_sa;
	struct sa_conf c;
	void *s;

	sa_ah(&c, egress);
	s = created(r, &c, egress);
	assert_int_equal(sa->mode, VIRTIO_CRYPTO_IPSEC_MODE_AH_TUNNEL);
	assert_int_equal(sa->cipher, 0);
	assert_int_equal(sa->auth, VIRTIO_CRYPTO_MAC_HMAC_SHA1);
	if (egress) {
		const struct rte_security_ipsec_tunnel_param *t = &c.conf.ipsec.tunnel;

		assert_true(sa->tunnel.ipv6);
		assert_memory_equal(sa->tunnel.src, &t->ipv6.src_addr, 16);
		assert_memory_equal(sa->tunnel.dst, &t->ipv6.dst_addr, 16);
		assert_int_equal(sa->tunnel.dscp, 10);
		assert_int_equal(sa->tunnel.flow_label, 0xabcde);
		assert_int_equal(sa->tunnel.ttl, 44);
	}
	sa_destroy(r, s);
}

/* In every layout, both directions; no key stays in memory that the device can read. */
static void
sessions(void **state)
{
	unsigned int i, n;

	(void)state;
	for (i = 0; i < RTE_DIM(rig_kinds); i++) {
		struct rig *r = sa_up(i, NULL);
		const struct vcrypto_cmdq *cq = &device(r)->adminq;
		struct sa_conf c;

		for (n = 0; n < 2; n++) {
			gcm_tunnel(r, n == 0);
			cbc_transport(r, n == 0);
			ah_tunnel(r, n == 0);
		}
		assert_int_equal(r->m.admin.nb_objects, 6);
		assert_int_equal(r->m.admin.nb_sas, 0);
		sa_gcm(&c, true);
		assert_null(memmem(cq->mz->addr, cq->mz->len, c.key, 16));
		assert_null(memmem(cq->mz->addr, cq->mz->len, c.auth_key, 16));
		rig_close(r);
	}
}

/* The other dialect of the standard. */
static void
an_aligned_device(void **state)
{
	struct rig *r = sa_open(0, "ipsec_addr=bytes");
	struct sa_conf c;
	void *s;

	(void)state;
	r->m.admin.dialect = REQ_IPSEC_ALIGNED | REQ_IPSEC_ADDR_BYTES;
	assert_int_equal(rig_probe(r), 0);
	rig_start(r, 1, 16);
	gcm_tunnel(r, true);
	cbc_transport(r, false);
	sa_gcm(&c, true);
	s = sa_create(r, &c);
	assert_non_null(s);
	sa_destroy(r, s);
	rig_close(r);
}

/* ESP without encryption: said by a NULL cipher, or by no cipher. */
static void
null_encryption(void **state)
{
	const struct req_ipsec_sa *sa;
	struct rig *r = sa_up(0, NULL);
	struct sa_conf c;
	void *s;

	(void)state;
	sa = &r->m.admin.last_sa;
	sa_cbc(&c, true);
	c.first.cipher.algo = RTE_CRYPTO_CIPHER_NULL;
	s = created(r, &c, true);
	assert_int_equal(sa->cipher, 0);
	assert_int_equal(sa->key_len, 0);
	sa_destroy(r, s);
	sa_cbc(&c, true);
	c.conf.crypto_xform = &c.second;
	s = created(r, &c, true);
	assert_int_equal(sa->cipher, 0);
	assert_int_equal(sa->auth, VIRTIO_CRYPTO_MAC_HMAC_SHA_256);
	sa_destroy(r, s);
	/* AH, with a NULL cipher. */
	sa_cbc(&c, false);
	c.conf.ipsec.proto = RTE_SECURITY_IPSEC_SA_PROTO_AH;
	c.second.cipher.algo = RTE_CRYPTO_CIPHER_NULL;
	s = created(r, &c, false);
	sa_destroy(r, s);
	/* The IV is in the packet: who should make it does not matter. */
	sa_gcm(&c, false);
	c.conf.ipsec.options.iv_gen_disable = 1;
	s = created(r, &c, false);
	sa_destroy(r, s);
	rig_close(r);
}

/* An application that clears each option, but not the bits that belong to none (where a release
 * of DPDK has such).
 */
static void
bits_of_no_option(void **state)
{
	struct rig *r = sa_up(0, NULL);
	struct rte_security_ipsec_sa_options *o;
	struct sa_conf c;

	(void)state;
	sa_gcm(&c, true);
	o = &c.conf.ipsec.options;
	memset(o, 0xff, sizeof(*o));
	o->esn = o->udp_encap = o->copy_dscp = o->copy_flabel = o->copy_df = o->dec_ttl = 0;
	o->ecn = o->stats = o->iv_gen_disable = o->tunnel_hdr_verify = o->udp_ports_verify = 0;
	o->ip_csum_enable = o->l4_csum_enable = o->ip_reassembly_en = 0;
	o->VCRYPTO_IPSEC_LAST_OPTION = 0;
	sa_destroy(r, created(r, &c, true));
	assert_int_equal(r->m.admin.last_sa.options, 0);
	rig_close(r);
}

/* ---- what is refused ---- */

static void
refuse(struct rig *r, struct sa_conf *c, const char *text)
{
	unsigned int before = r->m.admin.nb_commands;

	assert_null(sa_create(r, c));
	rig_expect_errors(1, text);
	assert_int_equal(r->m.admin.nb_commands, before);
	assert_int_equal(device(r)->ipsec_ids[false].nb_taken, 0);
	assert_int_equal(device(r)->ipsec_ids[true].nb_taken, 0);
}

#define REFUSED_OPTION(r, egress, field, value) do { \
	struct sa_conf c_; \
	sa_gcm(&c_, egress); \
	c_.conf.ipsec.options.field = value; \
	refuse(r, &c_, RTE_STR(field)); \
} while (0)

static void
refused_options(void **state)
{
	struct rig *r = sa_up(0, NULL);
	struct sa_conf c;

	(void)state;
	REFUSED_OPTION(r, true, iv_gen_disable, 1);
	REFUSED_OPTION(r, true, copy_flabel, 1);
	REFUSED_OPTION(r, false, tunnel_hdr_verify, 1);
	REFUSED_OPTION(r, false, tunnel_hdr_verify, 2);
	REFUSED_OPTION(r, false, udp_ports_verify, 1);
	REFUSED_OPTION(r, true, ip_csum_enable, 1);
	REFUSED_OPTION(r, true, l4_csum_enable, 1);
	REFUSED_OPTION(r, false, ip_reassembly_en, 1);
	REFUSED_OPTION(r, false, VCRYPTO_IPSEC_LAST_OPTION, 1);
	sa_gcm(&c, true);
	c.conf.ipsec.esn.value = 2;
	refuse(r, &c, "esn.value must be 0 or 1");
	sa_gcm(&c, true);
	c.conf.action_type = RTE_SECURITY_ACTION_TYPE_INLINE_PROTOCOL;
	refuse(r, &c, "only lookaside protocol IPsec");
	sa_gcm(&c, true);
	c.conf.protocol = RTE_SECURITY_PROTOCOL_PDCP;
	refuse(r, &c, "only lookaside protocol IPsec");
	sa_gcm(&c, true);
	c.conf.ipsec.direction = 2;
	refuse(r, &c, "neither egress nor ingress");
	sa_gcm(&c, true);
	c.conf.ipsec.mode = 0;
	refuse(r, &c, "neither ESP nor AH");
	sa_gcm(&c, true);
	c.conf.ipsec.proto = 0;
	refuse(r, &c, "neither ESP nor AH");
	sa_gcm(&c, true);
	c.conf.ipsec.tunnel.type = 7;
	refuse(r, &c, "neither IPv4 nor IPv6");
	sa_gcm(&c, true);
	c.conf.ipsec.spi = 0;
	refuse(r, &c, "spi is 0");
	sa_gcm(&c, true);
	c.conf.ipsec.tunnel.ipv4.dscp = 64;
	refuse(r, &c, "dscp is 64: it has 6 bits");
	sa_ah(&c, true);
	c.conf.ipsec.tunnel.ipv6.flabel = 1 << 20;
	refuse(r, &c, "flabel is 1048576: it has 20 bits");
	sa_ah(&c, true);
	c.conf.ipsec.options.udp_encap = 1;
	refuse(r, &c, "AH does not have it");
	rig_close(r);
}

static void
refused_transforms(void **state)
{
	struct rig *r = sa_up(0, NULL);
	struct sa_conf c;

	(void)state;
	sa_gcm(&c, true);
	c.conf.crypto_xform = NULL;
	refuse(r, &c, "give one transform");
	sa_gcm(&c, true);
	c.first.next = &c.second;
	refuse(r, &c, "give one transform");
	sa_cbc(&c, true);
	c.second.next = &c.second;
	refuse(r, &c, "give one transform");
	sa_cbc(&c, true);
	c.first.next = NULL;	/* a cipher alone */
	refuse(r, &c, "give one transform");
	sa_cbc(&c, false);
	c.conf.crypto_xform = &c.second;
	c.second.next = &c.first;
	c.first.next = NULL;	/* the other direction's order */
	refuse(r, &c, "authentication and then cipher");
	sa_gcm(&c, true);
	c.first.aead.op = RTE_CRYPTO_AEAD_OP_DECRYPT;
	refuse(r, &c, "ENCRYPT or GENERATE");
	sa_cbc(&c, false);
	c.second.cipher.op = RTE_CRYPTO_CIPHER_OP_ENCRYPT;
	refuse(r, &c, "DECRYPT or VERIFY");
	sa_cbc(&c, true);
	c.second.auth.op = RTE_CRYPTO_AUTH_OP_VERIFY;
	refuse(r, &c, "ENCRYPT or GENERATE");
	sa_cbc(&c, true);
	c.first.cipher.algo = RTE_CRYPTO_CIPHER_AES_XTS;
	refuse(r, &c, "no number in the standard");
	sa_cbc(&c, true);
	c.second.auth.algo = RTE_CRYPTO_AUTH_SHA256;
	refuse(r, &c, "no number in the standard");
	sa_cbc(&c, true);
	c.second.auth.algo = RTE_CRYPTO_AUTH_NULL;
	refuse(r, &c, "without integrity");
	sa_cbc(&c, true);
	c.second.auth.algo = RTE_CRYPTO_AUTH_AES_GMAC;
	c.second.auth.key.length = 16;
	refuse(r, &c, "do not go together");
	sa_ah(&c, true);
	c.conf.crypto_xform = &c.second;
	c.second.type = RTE_CRYPTO_SYM_XFORM_AEAD;
	c.second.aead.algo = RTE_CRYPTO_AEAD_AES_GCM;
	c.second.aead.key.data = c.key;
	c.second.aead.key.length = 16;
	c.second.aead.digest_length = 16;
	refuse(r, &c, "AH encrypts nothing");
	sa_cbc(&c, true);
	c.conf.ipsec.proto = RTE_SECURITY_IPSEC_SA_PROTO_AH;
	refuse(r, &c, "AH encrypts nothing: leave out the cipher");
	rig_close(r);
}

static void
refused_sizes(void **state)
{
	struct rig *r = sa_open(0, NULL);
	struct sa_conf c;
	unsigned int i;

	(void)state;
	for (i = 0; i < VIRTIO_CRYPTO_NB_IPSEC_MODES; i++) {
		r->m.admin.caps.mode[i].max_key_len = 16;
		r->m.admin.caps.mode[i].options = 0;
	}
	r->m.admin.caps.mode[VIRTIO_CRYPTO_IPSEC_MODE_AH_TUNNEL - 1].offered = false;
	assert_int_equal(rig_probe(r), 0);
	rig_start(r, 1, 16);
	sa_cbc(&c, true);
	c.second.auth.algo = RTE_CRYPTO_AUTH_SHA512_HMAC;
	c.second.auth.key.length = 64;
	c.second.auth.digest_length = 32;
	refuse(r, &c, "the key for hmac-sha2-512 has 64 bytes: the standard has room for 32");
	sa_gcm(&c, true);
	c.first.aead.key.length = 15;
	refuse(r, &c, "the key for aes-gcm has 15 bytes: give 16 to 32 in steps of 8");
	sa_gcm(&c, true);
	c.first.aead.key.length = 0;
	refuse(r, &c, "the key for aes-gcm has 0 bytes");
	sa_gcm(&c, true);
	c.first.aead.key.data = NULL;
	refuse(r, &c, "is NULL");
	sa_gcm(&c, true);
	c.first.aead.digest_length = 12;
	refuse(r, &c, "digest_length 12: aes-gcm has 16");
	sa_gcm(&c, true);
	c.first.aead.key.length = 32;	/* more than the device takes */
	refuse(r, &c, "does not offer its algorithms");
	sa_gcm(&c, true);
	c.conf.ipsec.options.ecn = c.conf.ipsec.options.esn = 1;
	refuse(r, &c, "does not offer the option esn");
	sa_gcm(&c, true);
	c.conf.ipsec.life.packets_hard_limit = 1;
	refuse(r, &c, "does not offer the option life");
	sa_gcm(&c, false);
	c.conf.ipsec.replay_win_sz = 1025;
	refuse(r, &c, "does not offer a replay_win_sz of 1025: its largest is 1024");
	sa_ah(&c, true);
	refuse(r, &c, "does not offer this proto and mode");
	rig_close(r);
}

static void
refused_direction(void **state)
{
	struct rig *r = sa_open(0, NULL);
	struct sa_conf c;

	(void)state;
	r->m.admin.limits.outbound = 0;
	assert_int_equal(rig_probe(r), 0);
	rig_start(r, 1, 16);
	sa_gcm(&c, true);
	refuse(r, &c, "none of this direction");
	rig_close(r);
}

/* ---- the other calls ---- */

static void
other_calls(void **state)
{
	struct rig *r = sa_up(0, NULL), *other = sa_up(0, NULL);
	struct rte_security_stats stats;
	struct sa_conf c;
	void *s;

	(void)state;
	sa_gcm(&c, true);
	s = sa_create(r, &c);
	assert_non_null(s);
	assert_int_equal(rte_security_session_update(sa_context(r), s, &c.conf), -ENOTSUP);
	assert_int_equal(rte_security_session_stats_get(sa_context(r), s, &stats), -EINVAL);
	rig_expect_errors(1, "with the option stats");
	assert_int_equal(rte_security_session_stats_get(sa_context(r), NULL, &stats), -EINVAL);
	rig_expect_errors(1, "no statistics");
	assert_int_equal(rte_security_session_destroy(sa_context(other), s), -EINVAL);
	rig_expect_errors(1, "not of this device");
	assert_int_equal(other->m.admin.nb_sas, 0);
	assert_int_equal(r->m.admin.nb_sas, 1);
	sa_destroy(r, s);
	assert_int_equal(rte_security_session_destroy(sa_context(r), s), -EINVAL);
	rig_expect_errors(1, "or has been destroyed");
	c.conf.ipsec.options.stats = 1;
	s = sa_create(r, &c);
	assert_non_null(s);
	memset(&stats, 0xff, sizeof(stats));
	assert_int_equal(rte_security_session_stats_get(sa_context(r), s, &stats), 0);
	assert_int_equal(stats.protocol, RTE_SECURITY_PROTOCOL_IPSEC);
	assert_true(stats.ipsec.opackets == 0 && stats.ipsec.ierrors == 0);
	sa_destroy(r, s);
	rig_close(other);
	rig_close(r);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(capabilities),
		cmocka_unit_test(capabilities_are_the_devices),
		cmocka_unit_test(nothing_without_ipsec),
		cmocka_unit_test(sessions),
		cmocka_unit_test(an_aligned_device),
		cmocka_unit_test(null_encryption),
		cmocka_unit_test(bits_of_no_option),
		cmocka_unit_test(refused_options),
		cmocka_unit_test(refused_transforms),
		cmocka_unit_test(refused_sizes),
		cmocka_unit_test(refused_direction),
		cmocka_unit_test(other_calls),
	};

	(void)argc;
	rig_init(argv[0]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
