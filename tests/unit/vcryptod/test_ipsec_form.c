/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Packets of ESP and AH: published ones, made and taken apart with OpenSSL's algorithms; out and
 * in again for every algorithm, mode, version of IP and option; lengths that lie.  Every packet
 * lies at the end of its own memory, so that a sanitizer sees a byte too many.
 *
 * The published packets are facts of dpdk-test's vectors (22.11).
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "ipsec_bytes.h"
#include "ipsec_proto.h"
#include "ipsec_published.h"
#include "ipsec_rig.h"

#define ROOM		2048u
#define HEAD_MAX	VCRYPTOD_IPSEC_HEAD_MAX
#define ESN		VIRTIO_CRYPTO_IPSEC_ESN
#define UDP		VIRTIO_CRYPTO_IPSEC_UDP_ENCAP
#define DEC_TTL		VIRTIO_CRYPTO_IPSEC_DEC_TTL
#define MODE(m)		VIRTIO_CRYPTO_IPSEC_MODE_##m

static const uint8_t zeros[64];

/* ---- a device in small: it moves bytes as the header of ipsec_form.h says ---- */

static size_t
head_of(uint8_t head[HEAD_MAX], const uint8_t *p, uint32_t len)
{
	size_t n = len < HEAD_MAX ? len : HEAD_MAX;

	memcpy(head, p, n);
	return n;
}

/* Outbound, not encrypted, with an ICV of 0.  0 or -errno; *len: of the result. */
static int
go_out(uint8_t *to, uint32_t *len, struct vcryptod_ipsec_out *o, struct vcryptod_ipsec_auth *a,
		const struct vcryptod_ipsec_form *f, const uint8_t *p, uint32_t p_len,
		uint64_t number, const uint8_t *iv)
{
	uint8_t head[HEAD_MAX], front[VCRYPTOD_IPSEC_FRONT_MAX];
	uint8_t trailer[VCRYPTOD_IPSEC_TRAILER_MAX];
	size_t n = head_of(head, p, p_len);
	int rc;

	rc = vcryptod_ipsec_out_plan(o, f, head, n, p_len, ROOM);
	if (rc != 0)
		return rc;
	assert_true(o->front <= sizeof(front) && o->trailer <= sizeof(trailer));
	assert_true(o->kept + o->payload == o->ip.len && o->len <= ROOM);
	vcryptod_ipsec_out_write(front, trailer, o, f, head, number, iv);
	memcpy(to, front, o->front);
	memcpy(to + o->front, head + o->kept, o->copied);
	memcpy(to + o->front + o->copied, p + o->kept + o->copied, o->payload - o->copied);
	memcpy(to + o->front + o->payload, trailer, o->trailer);
	if (!f->ah)
		memset(to + o->icv_at, 0, f->auth->icv_len);
	*len = o->len;
	return vcryptod_ipsec_out_auth(a, o, f, front, number);
}

/* Inbound, what was not encrypted or is decrypted already. */
static int
go_in(uint8_t *to, uint32_t *len, struct vcryptod_ipsec_in *in, struct vcryptod_ipsec_auth *a,
		const struct vcryptod_ipsec_form *f, const uint8_t *p, uint32_t p_len,
		uint64_t number)
{
	uint8_t head[HEAD_MAX], inner[HEAD_MAX], next;
	struct vcryptod_ipsec_result r;
	uint32_t payload, tail;
	size_t n = head_of(head, p, p_len);
	int rc = vcryptod_ipsec_in_plan(in, f, head, n, p_len);

	if (rc != 0)
		return rc;
	assert_true(in->payload_at + in->payload <= in->ip.len && in->ip.len <= p_len);
	assert_true(in->icv_at + f->auth->icv_len <= in->ip.len);
	rc = vcryptod_ipsec_in_auth(a, in, f, head, number);
	if (rc != 0)
		return rc;
	assert_true(a->at + a->len <= in->ip.len);
	payload = in->payload;
	next = in->next;
	if (!f->ah) {
		tail = payload < VCRYPTOD_IPSEC_TAIL_MAX ? payload : VCRYPTOD_IPSEC_TAIL_MAX;
		rc = vcryptod_ipsec_esp_in_trailer(&next, &payload, in,
				p + in->payload_at + payload - tail, tail);
		if (rc != 0)
			return rc;
	}
	rc = vcryptod_ipsec_in_result(&r, in, f, head, inner,
			head_of(inner, p + in->payload_at, payload), next, payload);
	if (rc != 0)
		return rc;
	assert_true(r.from <= payload && r.len - r.front_len <= payload - r.from);
	memcpy(to, r.front, r.front_len);
	memcpy(to + r.front_len, p + in->payload_at + r.from, r.len - r.front_len);
	*len = r.len;
	return 0;
}

static void
form_of(struct vcryptod_ipsec_form *out, struct vcryptod_ipsec_form *in,
		const struct req_ipsec_sa *sa)
{
	struct req_ipsec_sa other = *sa;

	assert_int_equal(req_ipsec_sa_check(sa), 0);
	vcryptod_ipsec_form_init(out, sa);
	other.inbound = true;
	memset(&other.tunnel, 0, sizeof(other.tunnel));
	assert_int_equal(req_ipsec_sa_check(&other), 0);
	vcryptod_ipsec_form_init(in, &other);
}

/* ---- published packets ---- */

/* In place; tag is written when encrypting, else verified. */
static bool
gcm(const uint8_t *key, const uint8_t *nonce, const struct vcryptod_ipsec_auth *a, uint8_t *text,
		uint8_t *tag, bool enc)
{
	EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	int n;
	bool ok;

	assert_non_null(c);
	ok = EVP_CipherInit_ex(c, EVP_aes_128_gcm(), NULL, key, nonce, enc) == 1 &&
		EVP_CipherUpdate(c, NULL, &n, a->first, (int)a->first_len) == 1 &&
		EVP_CipherUpdate(c, text, &n, text, (int)a->len) == 1;
	if (ok && !enc)
		ok = EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_TAG, 16, tag) == 1;
	ok = ok && EVP_CipherFinal_ex(c, text + a->len, &n) == 1;
	if (ok && enc)
		ok = EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_GET_TAG, 16, tag) == 1;
	EVP_CIPHER_CTX_free(c);
	return ok;
}

static void
published_esp_gcm(void **state)
{
	const struct req_ipsec_sa sa = { .mode = MODE(ESP_TUNNEL), .spi = 0xa5f8,
		.aead = VIRTIO_CRYPTO_AEAD_GCM, .key_len = 16,
		.salt = { 0xca, 0xfe, 0xba, 0xbe },
		.tunnel = { .src = { 192, 168, 1, 2 }, .dst = { 192, 168, 1, 1 } } };
	uint8_t p[ROOM], q[ROOM], nonce[VCRYPTOD_IPSEC_NONCE_MAX];
	struct vcryptod_ipsec_form out, in;
	struct vcryptod_ipsec_auth a;
	struct vcryptod_ipsec_out o;
	struct vcryptod_ipsec_in i;
	uint32_t len;

	(void)state;
	form_of(&out, &in, &sa);
	assert_int_equal(go_out(p, &len, &o, &a, &out, gcm_in, 62, 1, gcm_out + 28), 0);
	assert_int_equal(len, 116);
	assert_int_equal(vcryptod_ipsec_nonce(nonce, &out, p + o.iv_at), 12);
	assert_true(gcm(gcm_key, nonce, &a, p + a.at, p + o.icv_at, true));
	assert_memory_equal(p + 20, gcm_out + 20, 96);

	memcpy(p, gcm_out, 116);
	assert_int_equal(vcryptod_ipsec_esp_in_plan(&i, &in, p, 116, 116), 0);
	assert_int_equal(i.low, 1);
	assert_int_equal(vcryptod_ipsec_nonce(nonce, &in, p + i.iv_at), 12);
	vcryptod_ipsec_esp_in_auth(&a, &i, &in, 1);
	assert_true(gcm(gcm_key, nonce, &a, p + a.at, p + i.icv_at, false));
	assert_int_equal(go_in(q, &len, &i, &a, &in, p, 116, 1), 0);
	assert_int_equal(len, 62);
	assert_memory_equal(q, gcm_in, 62);
}

static void
published_ah_sha256_tunnel(void **state)
{
	const struct req_ipsec_sa sa = { .mode = MODE(AH_TUNNEL), .spi = 0x7b,
		.auth = VIRTIO_CRYPTO_MAC_HMAC_SHA_256, .auth_key_len = 32,
		.tunnel = { .src = { 10, 0, 111, 2 }, .dst = { 10, 0, 222, 2 } } };
	uint8_t icmp[128], p[ROOM], q[ROOM], all[ROOM], key[32], icv[32];
	struct vcryptod_ipsec_form out, in;
	struct vcryptod_ipsec_auth a;
	struct vcryptod_ipsec_out o;
	struct vcryptod_ipsec_in i;
	uint32_t len;

	(void)state;
	icmp_packet(icmp);
	memset(key, 0x5a, sizeof(key));
	form_of(&out, &in, &sa);
	assert_int_equal(go_out(p, &len, &o, &a, &out, icmp, 128, 1, zeros), 0);
	assert_int_equal(len, 176);
	assert_true(a.at == 48 && a.len == 128 && a.first_len == 48 && a.last_len == 0);
	memcpy(all, a.first, 48);
	memcpy(all + 48, p + 48, 128);
	assert_non_null(HMAC(EVP_sha256(), key, 32, all, 176, icv, NULL));
	assert_memory_equal(icv, ah_sha256_icv, 16);
	memcpy(p + o.icv_at, icv, 16);
	assert_int_equal(go_in(q, &len, &i, &a, &in, p, 176, 1), 0);
	assert_int_equal(len, 128);
	assert_memory_equal(q, icmp, 128);
	assert_memory_equal(a.first, all, 48);
}

/* The IV is part of AH, in its ICV field; the tag alone is 0 when it is computed. */
static void
published_ah_gmac_transport(void **state)
{
	const struct req_ipsec_sa sa = { .mode = MODE(AH_TRANSPORT), .spi = 0x7b,
		.auth = VIRTIO_CRYPTO_MAC_GMAC_AES, .auth_key_len = 16,
		.salt = { 0xca, 0xfe, 0xba, 0xbe } };
	uint8_t icmp[128], p[ROOM], q[ROOM], key[16], nonce[VCRYPTOD_IPSEC_NONCE_MAX];
	struct vcryptod_ipsec_form out, in;
	struct vcryptod_ipsec_auth a, whole;
	struct vcryptod_ipsec_out o;
	struct vcryptod_ipsec_in i;
	uint32_t len;

	(void)state;
	icmp_packet(icmp);
	memset(key, 0xa5, sizeof(key));
	form_of(&out, &in, &sa);
	assert_int_equal(go_out(p, &len, &o, &a, &out, icmp, 128, 1, ah_gmac + 12), 0);
	assert_int_equal(len, 164);
	assert_int_equal(vcryptod_get16(p + 10), 0xabd1);
	assert_int_equal(vcryptod_ipsec_nonce(nonce, &out, p + o.iv_at), 12);
	whole = a;
	memcpy(whole.first + a.first_len, p + a.at, a.len);
	whole.first_len += a.len;
	whole.len = 0;
	assert_true(gcm(key, nonce, &whole, q, p + o.icv_at, true));
	assert_memory_equal(p + 20, ah_gmac, 36);
	assert_int_equal(go_in(q, &len, &i, &a, &in, p, 164, 1), 0);
	assert_int_equal(len, 128);
	assert_memory_equal(q, icmp, 128);
	assert_memory_equal(a.first, whole.first, a.first_len);
}

/* ---- every form ---- */

/* An IP packet of len bytes, with options or extension headers if they fit. */
static void
any_packet(uint8_t *p, uint32_t len, bool v6)
{
	uint32_t i, sum = 0;

	for (i = 0; i < len; i++)
		p[i] = (uint8_t)(i * 7 + 3);
	if (v6) {
		vcryptod_put32(p, 0x60000000);
		vcryptod_put16(p + 4, (uint16_t)(len - 40));
		p[6] = 17;
		p[7] = 64;
		if (len >= 64) {
			/* Hop-by-hop, and destination options for the end. */
			p[6] = 0;
			memcpy(p + 40, "\x3c\x00\x01\x04\x00\x00\x00\x00", 8);
			memcpy(p + 48, "\x11\x00\x01\x04\x00\x00\x00\x00", 8);
		}
		return;
	}
	memset(p, 0, 20);
	p[0] = 0x45;
	vcryptod_put16(p + 2, (uint16_t)len);
	p[8] = 64;
	p[9] = 17;
	if (len >= 24) {
		p[0] = 0x46;
		memset(p + 20, 1, 4);
	}
	for (i = 0; i < p[0] % 16 * 4u; i += 2) {
		sum += vcryptod_get16(p + i);
		sum = (sum & 0xffff) + (sum >> 16);
	}
	vcryptod_put16(p + 10, (uint16_t)~sum);
}

/* Both sides cover the same bytes. */
static void
same_auth(const struct vcryptod_ipsec_auth *a, const struct vcryptod_ipsec_auth *b)
{
	assert_int_equal(a->first_len, b->first_len);
	assert_memory_equal(a->first, b->first, a->first_len);
	assert_true(a->at == b->at && a->len == b->len && a->last_len == b->last_len);
	assert_memory_equal(a->last, b->last, a->last_len);
}

static void
there_and_back(const struct req_ipsec_sa *sa, uint32_t len, bool v6)
{
	const uint64_t number = UINT64_C(0x1122334455667788);
	uint8_t *packet = malloc(len), p[ROOM], q[ROOM], iv[VCRYPTOD_IPSEC_IV_MAX];
	struct vcryptod_ipsec_auth a, b;
	struct vcryptod_ipsec_form out, in;
	struct vcryptod_ipsec_out o;
	struct vcryptod_ipsec_in i;
	uint32_t p_len, q_len;
	uint8_t *exact;

	assert_non_null(packet);
	any_packet(packet, len, v6);
	form_of(&out, &in, sa);
	vcryptod_ipsec_iv(iv, &out, number, (const uint8_t *)"unpredictable...");
	assert_int_equal(go_out(p, &p_len, &o, &a, &out, packet, len, number, iv), 0);
	assert_int_equal(p_len, req_ipsec_outbound_len(&out.shape, len, o.kept, v6));
	assert_int_equal(req_ipsec_packet_len(p, p_len), p_len);
	/* AH covers all; ESP from the SPI to the ICV. */
	assert_int_equal(a.at + a.len, sa->mode >= MODE(AH_TUNNEL) ? p_len : o.icv_at);
	assert_true((a.last_len != 0) == (out.esn && sa->aead == 0 &&
			(out.ah || sa->auth != VIRTIO_CRYPTO_MAC_GMAC_AES)));
	exact = malloc(p_len);
	assert_non_null(exact);
	memcpy(exact, p, p_len);
	assert_int_equal(go_in(q, &q_len, &i, &b, &in, exact, p_len, number), 0);
	assert_int_equal(i.low, (uint32_t)number);
	assert_int_equal(q_len, len);
	assert_true(q_len <= req_ipsec_inbound_max(&in.shape, p_len, i.kept, i.ip.v6));
	if (sa->options & DEC_TTL)
		assert_int_equal(q[v6 ? 7 : 8], 63);
	else
		assert_memory_equal(q, packet, len);
	same_auth(&a, &b);
	free(exact);
	free(packet);
}

static void
all_lengths(struct req_ipsec_sa *sa)
{
	static const uint32_t options[] = { 0, ESN, UDP, ESN | UDP, DEC_TTL };
	uint32_t len;
	size_t i;

	for (i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		sa->options = options[i];
		if ((sa->options & UDP) && req_ipsec_is_ah(sa->mode))
			continue;
		if ((sa->options & DEC_TTL) && !req_ipsec_is_tunnel(sa->mode))
			continue;
		for (len = 20; len < 90; len++) {
			there_and_back(sa, len, false);
			if (len >= 40)
				there_and_back(sa, len, true);
		}
		there_and_back(sa, 1420, false);
		there_and_back(sa, 1420, true);
	}
}

static unsigned int
every_alg(uint8_t mode, bool outer_v6)
{
	struct req_ipsec_sa sa;
	unsigned int nb = 0, n, service;
	uint64_t mask;

	for (service = 0; service < VIRTIO_CRYPTO_NB_SERVICES; service++) {
		mask = req_ipsec_alg_mask(service);
		for (n = 0; n < 64; n++) {
			if (!(mask >> n & 1))
				continue;
			memset(&sa, 0, sizeof(sa));
			sa.mode = mode;
			sa.spi = 0x12345678;
			sa.tunnel.ipv6 = outer_v6;
			sa.tunnel.src[0] = 10;
			sa.tunnel.dst[15] = sa.tunnel.dst[3] = 9;
			if (service == VIRTIO_CRYPTO_SERVICE_AEAD) {
				sa.aead = n;
				sa.key_len = ix_key_len(service, n);
			} else if (service == VIRTIO_CRYPTO_SERVICE_CIPHER) {
				sa.cipher = n;
				sa.key_len = ix_key_len(service, n);
				sa.auth = VIRTIO_CRYPTO_MAC_HMAC_SHA1;
				sa.auth_key_len = 20;
			} else {
				sa.auth = n;
				sa.auth_key_len = ix_key_len(service, n);
			}
			if (req_ipsec_is_ah(mode) && service != VIRTIO_CRYPTO_SERVICE_MAC)
				continue;
			all_lengths(&sa);
			nb++;
		}
	}
	return nb;
}

static void
every_form_there_and_back(void **state)
{
	(void)state;
	assert_int_equal(every_alg(MODE(ESP_TUNNEL), false), 17);
	assert_int_equal(every_alg(MODE(ESP_TUNNEL), true), 17);
	assert_int_equal(every_alg(MODE(ESP_TRANSPORT), false), 17);
	assert_int_equal(every_alg(MODE(AH_TUNNEL), false), 9);
	assert_int_equal(every_alg(MODE(AH_TUNNEL), true), 9);
	assert_int_equal(every_alg(MODE(AH_TRANSPORT), false), 9);
}

/* ---- IVs ---- */

static void
ivs_and_nonces(void **state)
{
	const uint64_t number = UINT64_C(0x0102030405060708);
	static const uint8_t iv[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };
	static const uint8_t ctr[16] = { 9, 10, 11, 12, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 1 };
	static const uint8_t ccm[11] = { 9, 10, 11, 1, 2, 3, 4, 5, 6, 7, 8 };
	struct req_ipsec_sa sa = { .mode = MODE(ESP_TUNNEL), .spi = 1, .key_len = 16,
		.cipher = VIRTIO_CRYPTO_CIPHER_AES_CTR, .auth = VIRTIO_CRYPTO_MAC_HMAC_SHA1,
		.auth_key_len = 20, .salt = { 9, 10, 11, 12 } };
	uint8_t got[16], nonce[VCRYPTOD_IPSEC_NONCE_MAX];
	struct vcryptod_ipsec_form f;

	(void)state;
	vcryptod_ipsec_form_init(&f, &sa);
	assert_false(vcryptod_ipsec_iv_is_random(&f));
	vcryptod_ipsec_iv(got, &f, number, NULL);
	assert_memory_equal(got, iv, 8);
	assert_int_equal(vcryptod_ipsec_nonce(nonce, &f, got), 16);
	assert_memory_equal(nonce, ctr, 16);

	sa.cipher = VIRTIO_CRYPTO_CIPHER_AES_CBC;
	vcryptod_ipsec_form_init(&f, &sa);
	assert_true(vcryptod_ipsec_iv_is_random(&f));
	vcryptod_ipsec_iv(got, &f, number, ctr);
	assert_int_equal(vcryptod_ipsec_nonce(nonce, &f, got), 16);
	assert_memory_equal(nonce, ctr, 16);

	sa.cipher = sa.auth = sa.auth_key_len = 0;
	sa.aead = VIRTIO_CRYPTO_AEAD_CCM;
	vcryptod_ipsec_form_init(&f, &sa);
	vcryptod_ipsec_iv(got, &f, number, NULL);
	assert_int_equal(vcryptod_ipsec_nonce(nonce, &f, got), 11);
	assert_memory_equal(nonce, ccm, 11);

	sa.aead = sa.key_len = 0;
	sa.auth = VIRTIO_CRYPTO_MAC_HMAC_SHA1;
	sa.auth_key_len = 20;
	vcryptod_ipsec_form_init(&f, &sa);
	assert_false(vcryptod_ipsec_iv_is_random(&f));
	assert_int_equal(vcryptod_ipsec_nonce(nonce, &f, got), 0);
}

/* ---- what is refused ---- */

static const struct req_ipsec_sa esp_sa = { .mode = MODE(ESP_TUNNEL), .spi = 0x0a0b0c0d,
	.auth = VIRTIO_CRYPTO_MAC_XCBC_AES, .auth_key_len = 16, .options = UDP,
	.udp_sport = 4500, .udp_dport = 4500 };

static void
outbound_refuses(void **state)
{
	struct req_ipsec_sa sa = esp_sa;
	struct vcryptod_ipsec_form f, in;
	struct vcryptod_ipsec_out o;
	uint8_t p[HEAD_MAX] = { 0x45, 0, 0xff, 0xff };

	(void)state;
	form_of(&f, &in, &sa);
	assert_int_equal(vcryptod_ipsec_esp_out_plan(&o, &f, p, HEAD_MAX, 65535, UINT32_MAX),
			-EMSGSIZE);
	vcryptod_put16(p + 2, 100);
	assert_int_equal(vcryptod_ipsec_esp_out_plan(&o, &f, p, 100, 100, 200), 0);
	assert_int_equal(vcryptod_ipsec_esp_out_plan(&o, &f, p, 100, 100, o.len), 0);
	assert_int_equal(vcryptod_ipsec_esp_out_plan(&o, &f, p, 100, 100, o.len - 1), -EMSGSIZE);
	assert_int_equal(vcryptod_ipsec_esp_out_plan(&o, &f, p, 100, 99, 200), -EBADMSG);
	/* A tunnel takes a fragment, a transport mode does not. */
	p[6] = 0x20;
	assert_int_equal(vcryptod_ipsec_esp_out_plan(&o, &f, p, 100, 100, 200), 0);
	sa.mode = MODE(ESP_TRANSPORT);
	form_of(&f, &in, &sa);
	assert_int_equal(vcryptod_ipsec_esp_out_plan(&o, &f, p, 100, 100, 200), -EBADMSG);
	/* No hop is left. */
	sa.mode = MODE(ESP_TUNNEL);
	sa.options |= DEC_TTL;
	form_of(&f, &in, &sa);
	p[8] = 1;
	assert_int_equal(vcryptod_ipsec_esp_out_plan(&o, &f, p, 100, 100, 200), -EBADMSG);
	p[8] = 2;
	assert_int_equal(vcryptod_ipsec_esp_out_plan(&o, &f, p, 100, 100, 200), 0);
	assert_int_equal(p[8], 1);
}

/* Every cut, and every byte wrong: an error, or a packet within its bounds (go_in asserts). */
static void
cut_anywhere(const struct vcryptod_ipsec_form *in, const uint8_t *p, uint32_t len, bool v6)
{
	struct vcryptod_ipsec_auth a;
	struct vcryptod_ipsec_in i;
	uint8_t q[ROOM], *exact;
	uint32_t cut, q_len;

	for (cut = 0; cut < len; cut++) {
		exact = malloc(cut != 0 ? cut : 1);
		assert_non_null(exact);
		memcpy(exact, p, cut);
		assert_int_equal(go_in(q, &q_len, &i, &a, in, exact, cut, 5), -EBADMSG);
		/* And one whose IP header knows. */
		if (cut >= (v6 ? 40u : 20u)) {
			vcryptod_put16(exact + (v6 ? 4 : 2), (uint16_t)(cut - (v6 ? 40 : 0)));
			go_in(q, &q_len, &i, &a, in, exact, cut, 5);
		}
		free(exact);
	}
}

static void
wrong_anywhere(const struct vcryptod_ipsec_form *in, const uint8_t *p, uint32_t len)
{
	struct vcryptod_ipsec_auth a;
	struct vcryptod_ipsec_in i;
	uint8_t q[ROOM], *exact = malloc(len);
	uint32_t at, q_len;
	unsigned int b;

	assert_non_null(exact);
	for (at = 0; at < len; at++)
		for (b = 0; b < 256; b++) {
			memcpy(exact, p, len);
			exact[at] = (uint8_t)b;
			go_in(q, &q_len, &i, &a, in, exact, len, 5);
		}
	memcpy(exact, p, len);
	assert_int_equal(go_in(q, &q_len, &i, &a, in, exact, len, 5), 0);
	/* Another SPI. */
	exact[i.proto_at + (in->ah ? 7 : 3)] ^= 1;
	assert_int_equal(go_in(q, &q_len, &i, &a, in, exact, len, 5), -EBADMSG);
	free(exact);
}

static void
inbound_bytes_that_lie(void **state)
{
	struct req_ipsec_sa sas[2] = { esp_sa, { .mode = MODE(AH_TRANSPORT), .spi = 77,
		.auth = VIRTIO_CRYPTO_MAC_GMAC_AES, .auth_key_len = 16 } };
	struct vcryptod_ipsec_form out, in;
	uint8_t packet[80], p[ROOM];
	struct vcryptod_ipsec_auth a;
	struct vcryptod_ipsec_out o;
	unsigned int s;
	uint32_t len;
	bool v6;

	(void)state;
	for (s = 0; s < 4; s++) {
		v6 = (s & 1) != 0;
		sas[s / 2].tunnel.ipv6 = v6;
		any_packet(packet, 80, v6);
		form_of(&out, &in, &sas[s / 2]);
		assert_int_equal(go_out(p, &len, &o, &a, &out, packet, 80, 5, zeros), 0);
		cut_anywhere(&in, p, len, v6);
		wrong_anywhere(&in, p, len);
	}
}

static void
padding_and_next_headers(void **state)
{
	struct vcryptod_ipsec_in i = { .payload = 300 };
	uint8_t tail[VCRYPTOD_IPSEC_TAIL_MAX], next;
	struct vcryptod_ipsec_form out, in;
	struct vcryptod_ipsec_result r;
	uint8_t head[HEAD_MAX] = { 0x45 }, inner[HEAD_MAX] = { 0x45, 0, 0, 40 };
	uint32_t payload, k;

	(void)state;
	for (k = 0; k < 255; k++)
		tail[k] = (uint8_t)(k + 1);
	tail[255] = 255;
	tail[256] = 4;
	assert_int_equal(vcryptod_ipsec_esp_in_trailer(&next, &payload, &i, tail, 257), 0);
	assert_true(next == 4 && payload == 43);
	/* Longer than what there is. */
	i.payload = 256;
	assert_int_equal(vcryptod_ipsec_esp_in_trailer(&next, &payload, &i, tail + 1, 256),
			-EBADMSG);
	i.payload = 2;
	assert_int_equal(vcryptod_ipsec_esp_in_trailer(&next, &payload, &i, tail + 255, 2),
			-EBADMSG);
	tail[100] ^= 1;
	i.payload = 300;
	assert_int_equal(vcryptod_ipsec_esp_in_trailer(&next, &payload, &i, tail, 257), -EBADMSG);

	form_of(&out, &in, &esp_sa);
	assert_int_equal(vcryptod_ipsec_in_result(&r, &i, &in, head, inner, 50, 4, 50), 0);
	assert_true(r.len == 40 && r.front_len == 20 && r.from == 20);
	/* Shorter than it says, a dummy, IPv6 that is not, something else. */
	assert_int_equal(vcryptod_ipsec_in_result(&r, &i, &in, head, inner, 39, 4, 39), -EBADMSG);
	assert_int_equal(vcryptod_ipsec_in_result(&r, &i, &in, head, inner, 50, 59, 50), -EBADMSG);
	assert_int_equal(vcryptod_ipsec_in_result(&r, &i, &in, head, inner, 50, 41, 50), -EBADMSG);
	assert_int_equal(vcryptod_ipsec_in_result(&r, &i, &in, head, inner, 50, 17, 50), -EBADMSG);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(published_esp_gcm),
		cmocka_unit_test(published_ah_sha256_tunnel),
		cmocka_unit_test(published_ah_gmac_transport),
		cmocka_unit_test(every_form_there_and_back),
		cmocka_unit_test(ivs_and_nonces),
		cmocka_unit_test(outbound_refuses),
		cmocka_unit_test(inbound_bytes_that_lie),
		cmocka_unit_test(padding_and_next_headers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
