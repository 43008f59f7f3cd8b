/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What ESP and AH share: forms, IVs and nonces, the IP header outside, the packet inside.
 */
#include <errno.h>
#include <string.h>

#include "ipsec_bytes.h"
#include "ipsec_form.h"

#define PACKET_COUNTER_LEN	4u	/* AES-CTR: the block counter (RFC 3686) */

/* ---- forms ---- */

static void
form_algs(struct vcryptod_ipsec_form *f, const struct req_ipsec_sa *sa)
{
	if (sa->aead != 0) {
		f->auth = req_ipsec_alg_find(VIRTIO_CRYPTO_SERVICE_AEAD, sa->aead);
		f->iv_len = f->auth->iv_len;
		return;
	}
	f->auth = req_ipsec_alg_find(VIRTIO_CRYPTO_SERVICE_MAC, sa->auth);
	f->iv_len = f->auth->iv_len;
	if (f->ah)
		return;
	f->cipher = req_ipsec_alg_find(VIRTIO_CRYPTO_SERVICE_CIPHER, sa->cipher);
	/* One of both is 0: GMAC is taken with NULL encryption alone. */
	f->iv_len = (uint8_t)(f->iv_len + f->cipher->iv_len);
}

void
vcryptod_ipsec_form_init(struct vcryptod_ipsec_form *out, const struct req_ipsec_sa *sa)
{
	memset(out, 0, sizeof(*out));
	out->inbound = sa->inbound;
	out->tunnel = req_ipsec_is_tunnel(sa->mode);
	out->ah = req_ipsec_is_ah(sa->mode);
	out->options = sa->options;
	out->esn = (sa->options & VIRTIO_CRYPTO_IPSEC_ESN) != 0;
	out->udp = (sa->options & VIRTIO_CRYPTO_IPSEC_UDP_ENCAP) != 0;
	out->spi = sa->spi;
	memcpy(out->salt, sa->salt, sizeof(out->salt));
	out->udp_sport = sa->udp_sport;
	out->udp_dport = sa->udp_dport;
	out->t = sa->tunnel;
	form_algs(out, sa);
	req_ipsec_shape_of(&out->shape, sa);
}

/* ---- IVs ---- */

const struct req_ipsec_alg *
vcryptod_ipsec_iv_alg(const struct vcryptod_ipsec_form *f)
{
	return f->cipher != NULL && f->cipher->iv_len != 0 ? f->cipher : f->auth;
}

/* CBC: an algorithm with an IV and without a salt. */
bool
vcryptod_ipsec_iv_is_random(const struct vcryptod_ipsec_form *f)
{
	return f->iv_len != 0 && vcryptod_ipsec_iv_alg(f)->salt_len == 0;
}

void
vcryptod_ipsec_iv(uint8_t *iv, const struct vcryptod_ipsec_form *f, uint64_t number,
		const uint8_t *random)
{
	if (f->iv_len == 0)
		return;
	if (vcryptod_ipsec_iv_is_random(f))
		memcpy(iv, random, f->iv_len);
	else
		vcryptod_put64(iv, number);
}

uint32_t
vcryptod_ipsec_nonce(uint8_t nonce[VCRYPTOD_IPSEC_NONCE_MAX],
		const struct vcryptod_ipsec_form *f, const uint8_t *iv)
{
	const struct req_ipsec_alg *alg = vcryptod_ipsec_iv_alg(f);
	uint32_t len = alg->salt_len;

	if (f->iv_len == 0)
		return 0;
	/* Cannot overflow: CBC's IV has 16 bytes, others have 8, behind 4 of salt. */
	memcpy(nonce, f->salt, len);
	memcpy(nonce + len, iv, f->iv_len);
	len += f->iv_len;
	if (alg->service == VIRTIO_CRYPTO_SERVICE_CIPHER && alg->salt_len != 0) {
		vcryptod_put32(nonce + len, 1);
		len += PACKET_COUNTER_LEN;
	}
	return len;
}

/* ---- outbound ---- */

static int
out_begin_transport(struct vcryptod_ipsec_out *out, const uint8_t *head, size_t head_len)
{
	struct vcryptod_ipsec_chain chain;
	int rc = vcryptod_ipsec_ip_chain(&chain, &out->ip, head, head_len);

	if (rc != 0)
		return rc;
	/* RFC 4303, 3.3.4 */
	if (chain.fragment)
		return -EBADMSG;
	out->kept = chain.kept;
	out->kept_at = chain.kept_at;
	out->next = chain.kept_proto;
	out->payload = out->ip.len - out->kept;
	return 0;
}

int
vcryptod_ipsec_out_begin(struct vcryptod_ipsec_out *out, const struct vcryptod_ipsec_form *f,
		uint8_t *head, size_t head_len, uint32_t packet_len)
{
	int rc;

	memset(out, 0, sizeof(*out));
	rc = vcryptod_ipsec_ip_parse(&out->ip, head, head_len, packet_len);
	if (rc != 0)
		return rc;
	if (!f->tunnel)
		return out_begin_transport(out, head, head_len);
	out->next = out->ip.v6 ? VCRYPTOD_IPSEC_PROTO_IPV6 : VCRYPTOD_IPSEC_PROTO_IPV4;
	out->payload = out->ip.len;
	out->copied = out->ip.header_len;
	if (f->options & VIRTIO_CRYPTO_IPSEC_DEC_TTL)
		return vcryptod_ipsec_ip_dec_ttl(head, &out->ip);
	return 0;
}

int
vcryptod_ipsec_out_ip(uint8_t *to, const struct vcryptod_ipsec_out *o,
		const struct vcryptod_ipsec_form *f, const uint8_t *head, uint8_t proto,
		uint64_t number)
{
	int rc;

	if (f->tunnel)
		return vcryptod_ipsec_ip_outer(to, &f->t, f->options, &o->ip, proto, o->len,
				(uint16_t)number);
	memcpy(to, head, o->kept);
	rc = vcryptod_ipsec_ip_set_next(to, &o->ip, o->kept_at, proto, o->len);
	return rc != 0 ? rc : o->kept;
}

/* ---- inbound ---- */

int
vcryptod_ipsec_in_begin(struct vcryptod_ipsec_in *out, struct vcryptod_ipsec_chain *chain,
		const uint8_t *head, size_t head_len, uint32_t packet_len, uint8_t upper)
{
	int rc;

	memset(out, 0, sizeof(*out));
	rc = vcryptod_ipsec_ip_parse(&out->ip, head, head_len, packet_len);
	if (rc == 0)
		rc = vcryptod_ipsec_ip_chain(chain, &out->ip, head, head_len);
	if (rc != 0)
		return rc;
	if (chain->fragment || chain->upper_proto != upper)
		return -EBADMSG;
	out->kept = chain->upper;
	out->kept_at = chain->upper_at;
	out->proto_at = chain->upper;
	return 0;
}

static int
result_tunnel(struct vcryptod_ipsec_result *out, const struct vcryptod_ipsec_in *in,
		const struct vcryptod_ipsec_form *f, uint8_t *inner, size_t inner_len,
		uint8_t next, uint32_t payload)
{
	struct vcryptod_ipsec_ip ip;
	uint8_t tos;
	int rc = vcryptod_ipsec_ip_parse(&ip, inner, inner_len, payload);

	if (rc != 0)
		return rc;
	if (next != (ip.v6 ? VCRYPTOD_IPSEC_PROTO_IPV6 : VCRYPTOD_IPSEC_PROTO_IPV4))
		return -EBADMSG;
	tos = vcryptod_ipsec_tos_inbound(f->options, in->ip.tos, ip.tos);
	if (tos != ip.tos)
		vcryptod_ipsec_ip_set_tos(inner, &ip, tos);
	/* Bytes behind the inner packet hide its length (RFC 4303, 2.7). */
	*out = (struct vcryptod_ipsec_result){ inner, ip.header_len, ip.header_len, ip.len };
	return 0;
}

int
vcryptod_ipsec_in_result(struct vcryptod_ipsec_result *out, const struct vcryptod_ipsec_in *in,
		const struct vcryptod_ipsec_form *f, uint8_t *head, uint8_t *inner,
		size_t inner_len, uint8_t next, uint32_t payload)
{
	/* Sent to hide how much is (RFC 4303, 2.6). */
	if (next == VCRYPTOD_IPSEC_PROTO_NONE && !f->ah)
		return -EBADMSG;
	if (f->tunnel)
		return result_tunnel(out, in, f, inner, inner_len, next, payload);
	*out = (struct vcryptod_ipsec_result){ head, in->kept, 0, in->kept + payload };
	return vcryptod_ipsec_ip_set_next(head, &in->ip, in->kept_at, next, out->len);
}
