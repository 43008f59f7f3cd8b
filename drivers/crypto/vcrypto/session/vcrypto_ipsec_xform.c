/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Owns what an IPsec session of rte_security means, and the line that says why one is refused.
 *
 * May call vcrypto_ipsec_map.c and lib/request.  Must not access the device, and must not copy
 * keys.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <rte_common.h>

#include "device/vcrypto_ipsec_map.h"
#include "device/vcrypto_log.h"
#include "session/vcrypto_ipsec_xform.h"

/* Bits of an IP header's fields. */
#define XFORM_MAX_DSCP	63u
#define XFORM_MAX_FLOW_LABEL	0xfffffu

/* What is being translated. */
struct xform_job {
	struct req_ipsec_sa *out;
	const struct vcrypto_dev *dev;
	bool egress;
};

static int xform_refuse(const struct xform_job *j, int rc, const char *fmt, ...)
	__rte_format_printf(3, 4);

/* The one line of a refusal; returns rc. */
static int
xform_refuse(const struct xform_job *j, int rc, const char *fmt, ...)
{
	char text[160];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	VCRYPTO_ERR("%s: no IPsec session: %s", j->dev->name, text);
	return rc;
}

/* ---- options ---- */

/* The name of an option that is asked for and cannot be had; NULL if there is none. */
static const char *
xform_refused_option(const struct rte_security_ipsec_sa_options *o, bool egress)
{
	/* Ingress takes the IV from the packet anyway. */
	if (o->iv_gen_disable && egress)
		return "iv_gen_disable";
	if (o->copy_flabel)
		return "copy_flabel";
	if (o->tunnel_hdr_verify)
		return "tunnel_hdr_verify";
	if (o->udp_ports_verify)
		return "udp_ports_verify";
	if (o->ip_csum_enable)
		return "ip_csum_enable";
	if (o->l4_csum_enable)
		return "l4_csum_enable";
	if (o->ip_reassembly_en)
		return "ip_reassembly_en";
	if (o->VCRYPTO_IPSEC_LAST_OPTION)
		return RTE_STR(VCRYPTO_IPSEC_LAST_OPTION);
	return NULL;
}

static uint32_t
xform_options(const struct rte_security_ipsec_xform *x)
{
	const struct rte_security_ipsec_sa_options *o = &x->options;
	const struct rte_security_ipsec_lifetime *l = &x->life;

	return (o->esn ? VIRTIO_CRYPTO_IPSEC_ESN : 0) |
		(o->udp_encap ? VIRTIO_CRYPTO_IPSEC_UDP_ENCAP : 0) |
		(o->copy_dscp ? VIRTIO_CRYPTO_IPSEC_COPY_DSCP : 0) |
		(o->dec_ttl ? VIRTIO_CRYPTO_IPSEC_DEC_TTL : 0) |
		(o->copy_df ? VIRTIO_CRYPTO_IPSEC_COPY_DF : 0) |
		(o->ecn ? VIRTIO_CRYPTO_IPSEC_ECN : 0) |
		((l->packets_soft_limit | l->bytes_soft_limit | l->packets_hard_limit |
		l->bytes_hard_limit) != 0 ? VIRTIO_CRYPTO_IPSEC_SA_LIFETIME : 0);
}

/* ---- the protocol's part ---- */

static int
xform_mode(struct xform_job *j, const struct rte_security_ipsec_xform *x)
{
	bool esp = x->proto == RTE_SECURITY_IPSEC_SA_PROTO_ESP;
	bool tunnel = x->mode == RTE_SECURITY_IPSEC_SA_MODE_TUNNEL;

	if ((!esp && x->proto != RTE_SECURITY_IPSEC_SA_PROTO_AH) ||
			(!tunnel && x->mode != RTE_SECURITY_IPSEC_SA_MODE_TRANSPORT))
		return xform_refuse(j, -ENOTSUP, "proto %d, mode %d: neither ESP nor AH, or "
			"neither tunnel nor transport", x->proto, x->mode);
	j->out->mode = (uint8_t)(esp ?
		(tunnel ? VIRTIO_CRYPTO_IPSEC_MODE_ESP_TUNNEL :
			VIRTIO_CRYPTO_IPSEC_MODE_ESP_TRANSPORT) :
		(tunnel ? VIRTIO_CRYPTO_IPSEC_MODE_AH_TUNNEL :
			VIRTIO_CRYPTO_IPSEC_MODE_AH_TRANSPORT));
	return 0;
}

/* The headers that an egress tunnel adds. */
static int
xform_tunnel(struct xform_job *j, const struct rte_security_ipsec_tunnel_param *from)
{
	struct req_ipsec_tunnel *t = &j->out->tunnel;

	if (!j->egress || !req_ipsec_is_tunnel(j->out->mode))
		return 0;
	if (from->type == RTE_SECURITY_IPSEC_TUNNEL_IPV4) {
		memcpy(t->src, &from->ipv4.src_ip, 4);
		memcpy(t->dst, &from->ipv4.dst_ip, 4);
		t->dscp = from->ipv4.dscp;
		t->df = from->ipv4.df != 0;
		t->ttl = from->ipv4.ttl;
	} else if (from->type == RTE_SECURITY_IPSEC_TUNNEL_IPV6) {
		t->ipv6 = true;
		memcpy(t->src, &from->ipv6.src_addr, sizeof(t->src));
		memcpy(t->dst, &from->ipv6.dst_addr, sizeof(t->dst));
		t->dscp = from->ipv6.dscp;
		t->flow_label = from->ipv6.flabel;
		t->ttl = from->ipv6.hlimit;
	} else {
		return xform_refuse(j, -EINVAL, "tunnel.type %d is neither IPv4 nor IPv6",
			from->type);
	}
	if (t->dscp > XFORM_MAX_DSCP)
		return xform_refuse(j, -EINVAL, "the tunnel's dscp is %u: it has 6 bits", t->dscp);
	if (t->flow_label > XFORM_MAX_FLOW_LABEL)
		return xform_refuse(j, -EINVAL, "the tunnel's flabel is %u: it has 20 bits",
			t->flow_label);
	return 0;
}

static int
xform_ipsec(struct xform_job *j, const struct rte_security_ipsec_xform *x)
{
	const char *option = xform_refused_option(&x->options, j->egress);
	struct req_ipsec_sa *out = j->out;
	int rc;

	if (option != NULL)
		return xform_refuse(j, -ENOTSUP, "the option %s cannot be had", option);
	/* 0: not said; else the first number. */
	if (x->esn.value > 1)
		return xform_refuse(j, -ENOTSUP, "esn.value must be 0 or 1: sequence numbers begin "
			"with 1");
	if (x->spi == 0)
		return xform_refuse(j, -EINVAL, "spi is 0, which names no SA");
	rc = xform_mode(j, x);
	if (rc == 0 && req_ipsec_is_ah(j->out->mode) && x->options.udp_encap)
		return xform_refuse(j, -EINVAL, "udp_encap is for ESP: AH does not have it");
	if (rc == 0)
		rc = xform_tunnel(j, &x->tunnel);
	if (rc != 0)
		return rc;
	out->inbound = !j->egress;
	out->spi = x->spi;
	memcpy(out->salt, &x->salt, sizeof(out->salt));
	out->options = xform_options(x);
	out->udp_sport = x->udp.sport;
	out->udp_dport = x->udp.dport;
	out->replay_win_sz = j->egress ? 0 : x->replay_win_sz;
	out->life = (struct req_ipsec_life){
		.packets_soft_limit = x->life.packets_soft_limit,
		.bytes_soft_limit = x->life.bytes_soft_limit,
		.packets_hard_limit = x->life.packets_hard_limit,
		.bytes_hard_limit = x->life.bytes_hard_limit,
	};
	return 0;
}

/* ---- algorithms and keys ---- */

static const char *
xform_alg_name(const struct vcrypto_map *m)
{
	const struct req_alg *alg = req_alg_find(m->service, m->number);

	return alg != NULL ? alg->name : "null";
}

static int
xform_take_key(struct xform_job *j, const struct vcrypto_map *m, const uint8_t **key,
		uint16_t *key_len, const uint8_t *data, uint16_t len)
{
	const struct req_alg *alg = req_alg_find(m->service, m->number);

	if (len > VIRTIO_CRYPTO_IPSEC_KEY_MAX)
		return xform_refuse(j, -EMSGSIZE, "the key for %s has %u bytes: the standard has "
			"room for %u", xform_alg_name(m), len, VIRTIO_CRYPTO_IPSEC_KEY_MAX);
	if (alg != NULL && !req_range_has(&alg->key, len))
		return xform_refuse(j, -EINVAL, "the key for %s has %u bytes: give %u to %u in "
			"steps of %u", alg->name, len, alg->key.min,
			RTE_MIN(alg->key.max, VIRTIO_CRYPTO_IPSEC_KEY_MAX), alg->key.inc);
	if (len != 0 && data == NULL)
		return xform_refuse(j, -EINVAL, "the key for %s is NULL", xform_alg_name(m));
	*key = data;
	*key_len = len;
	return 0;
}

/* An ICV has the length that the algorithm's RFC says. */
static int
xform_check_icv(const struct xform_job *j, const struct vcrypto_map *m, uint16_t len)
{
	const struct req_ipsec_alg *alg = req_ipsec_alg_find(m->service, m->number);

	if (alg == NULL || len == alg->icv_len)
		return 0;
	return xform_refuse(j, -ENOTSUP, "digest_length %u: %s has %u bytes in IPsec", len,
		xform_alg_name(m), alg->icv_len);
}

static int
xform_unknown(const struct xform_job *j, const char *what, int algo)
{
	return xform_refuse(j, -ENOTSUP, "%s algorithm %d has no number in the standard", what,
		algo);
}

static int
xform_op(const struct xform_job *j)
{
	return xform_refuse(j, -EINVAL, "the op of each transform must be %s", j->egress ?
		"ENCRYPT or GENERATE (egress)" : "DECRYPT or VERIFY (ingress)");
}

static int
xform_aead(struct xform_job *j, const struct rte_crypto_aead_xform *x)
{
	const struct vcrypto_map *m = vcrypto_ipsec_map_find(RTE_CRYPTO_SYM_XFORM_AEAD, x->algo);
	int rc;

	if (m == NULL)
		return xform_unknown(j, "AEAD", x->algo);
	if ((x->op == RTE_CRYPTO_AEAD_OP_ENCRYPT) != j->egress)
		return xform_op(j);
	if (req_ipsec_is_ah(j->out->mode))
		return xform_refuse(j, -EINVAL, "AH encrypts nothing: give one transform for "
			"authentication");
	j->out->aead = m->number;
	rc = xform_check_icv(j, m, x->digest_length);
	return rc != 0 ? rc : xform_take_key(j, m, &j->out->key, &j->out->key_len, x->key.data,
		x->key.length);
}

static int
xform_cipher(struct xform_job *j, const struct rte_crypto_cipher_xform *x)
{
	const struct vcrypto_map *m = vcrypto_ipsec_map_find(RTE_CRYPTO_SYM_XFORM_CIPHER, x->algo);

	if (m == NULL)
		return xform_unknown(j, "cipher", x->algo);
	if ((x->op == RTE_CRYPTO_CIPHER_OP_ENCRYPT) != j->egress)
		return xform_op(j);
	j->out->cipher = m->number;
	if (m->number == VIRTIO_CRYPTO_NO_CIPHER)
		return 0;	/* whatever its key may be */
	if (req_ipsec_is_ah(j->out->mode))
		return xform_refuse(j, -EINVAL, "AH encrypts nothing: leave out the cipher, or "
			"give NULL");
	return xform_take_key(j, m, &j->out->key, &j->out->key_len, x->key.data, x->key.length);
}

static int
xform_auth(struct xform_job *j, const struct rte_crypto_auth_xform *x)
{
	const struct vcrypto_map *m = vcrypto_ipsec_map_find(RTE_CRYPTO_SYM_XFORM_AUTH, x->algo);
	int rc;

	if (x->algo == RTE_CRYPTO_AUTH_NULL)
		return xform_refuse(j, -ENOTSUP, "encryption without integrity cannot be had");
	if (m == NULL)
		return xform_unknown(j, "auth", x->algo);
	if ((x->op == RTE_CRYPTO_AUTH_OP_GENERATE) != j->egress)
		return xform_op(j);
	j->out->auth = m->number;
	rc = xform_check_icv(j, m, x->digest_length);
	return rc != 0 ? rc : xform_take_key(j, m, &j->out->auth_key, &j->out->auth_key_len,
		x->key.data, x->key.length);
}

/* AEAD alone; authentication alone; or cipher and authentication in the order in which their
 * direction works.
 */
static int
xform_crypto(struct xform_job *j, const struct rte_crypto_sym_xform *x)
{
	const struct rte_crypto_sym_xform *cipher = NULL, *auth = x, *second = NULL;
	int rc = 0;

	if (x != NULL && x->type == RTE_CRYPTO_SYM_XFORM_AEAD && x->next == NULL)
		return xform_aead(j, &x->aead);
	if (x != NULL && x->next != NULL) {
		second = x->next;
		cipher = j->egress ? x : second;
		auth = j->egress ? second : x;
	}
	if (x == NULL || (second != NULL && second->next != NULL) ||
			auth->type != RTE_CRYPTO_SYM_XFORM_AUTH ||
			(cipher != NULL && cipher->type != RTE_CRYPTO_SYM_XFORM_CIPHER))
		return xform_refuse(j, -ENOTSUP, "give one transform for AEAD, one for "
			"authentication, or %s", j->egress ?
			"cipher and then authentication (egress)" :
			"authentication and then cipher (ingress)");
	if (cipher != NULL)
		rc = xform_cipher(j, &cipher->cipher);
	return rc != 0 ? rc : xform_auth(j, &auth->auth);
}

/* ---- all of it ---- */

/* The first of the options in bits. */
static const char *
xform_option_name(uint32_t bits)
{
	static const struct {
		uint32_t bit;
		const char *name;
	} options[] = {
		{ VIRTIO_CRYPTO_IPSEC_ESN, "esn" },
		{ VIRTIO_CRYPTO_IPSEC_UDP_ENCAP, "udp_encap" },
		{ VIRTIO_CRYPTO_IPSEC_COPY_DSCP, "copy_dscp" },
		{ VIRTIO_CRYPTO_IPSEC_DEC_TTL, "dec_ttl" },
		{ VIRTIO_CRYPTO_IPSEC_COPY_DF, "copy_df" },
		{ VIRTIO_CRYPTO_IPSEC_ECN, "ecn" },
	};
	unsigned int i;

	for (i = 0; i < RTE_DIM(options); i++)
		if ((bits & options[i].bit) != 0)
			return options[i].name;
	return "life (limits of packets and bytes)";
}

/* What it is that the device does not offer; returns rc. */
static int
xform_not_offered(const struct xform_job *j, int rc)
{
	const struct req_ipsec_mode_cap *c = &j->dev->ipsec.caps.mode[j->out->mode - 1];
	uint32_t lacks = j->out->options & ~c->options;

	if (!c->offered)
		return xform_refuse(j, rc, "the device does not offer this proto and mode");
	if (lacks != 0)
		return xform_refuse(j, rc, "the device does not offer the option %s",
			xform_option_name(lacks));
	if (j->out->replay_win_sz > c->max_replay_win_sz)
		return xform_refuse(j, rc, "the device does not offer a replay_win_sz of %u: its "
			"largest is %u", j->out->replay_win_sz, c->max_replay_win_sz);
	return xform_refuse(j, rc, "the device does not offer its algorithms with keys of these "
		"lengths: see rte_security_capabilities_get()");
}

static int
xform_check(const struct xform_job *j)
{
	const struct req_ipsec_limits *l = &j->dev->ipsec.limits;
	int rc = req_ipsec_sa_check(j->out);

	if (rc == -ENOTSUP)
		return xform_refuse(j, rc, "these algorithms do not go together");
	if (rc != 0)
		return xform_refuse(j, rc, "it contradicts itself");	/* none is known */
	if ((j->egress ? l->outbound : l->inbound) == 0)
		return xform_refuse(j, -ENOTSUP, "the device takes none of this direction");
	rc = req_ipsec_caps_allow(&j->dev->ipsec.caps, j->out);
	return rc == 0 ? 0 : xform_not_offered(j, rc);
}

int
vcrypto_ipsec_params(struct req_ipsec_sa *out, const struct vcrypto_dev *dev,
		const struct rte_security_session_conf *conf)
{
	struct xform_job j = { .out = out, .dev = dev };
	int rc;

	memset(out, 0, sizeof(*out));
	if (conf->action_type != RTE_SECURITY_ACTION_TYPE_LOOKASIDE_PROTOCOL ||
			conf->protocol != RTE_SECURITY_PROTOCOL_IPSEC)
		return xform_refuse(&j, -ENOTSUP, "only lookaside protocol IPsec is offered");
	j.egress = conf->ipsec.direction == RTE_SECURITY_IPSEC_SA_DIR_EGRESS;
	if (!j.egress && conf->ipsec.direction != RTE_SECURITY_IPSEC_SA_DIR_INGRESS)
		return xform_refuse(&j, -EINVAL, "direction %d is neither egress nor ingress",
			conf->ipsec.direction);
	rc = xform_ipsec(&j, &conf->ipsec);
	if (rc == 0)
		rc = xform_crypto(&j, conf->crypto_xform);
	return rc != 0 ? rc : xform_check(&j);
}
