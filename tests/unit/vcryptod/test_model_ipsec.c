/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Packets through the device model: out and in again for every mode, version of IP, algorithm and
 * option, in memory of any shape, by every engine; published packets; and what went out, taken
 * apart by plain calls of OpenSSL.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "ipsec_bytes.h"
#include "ipsec_published.h"
#include "ipsec_rig.h"

#define MODE(m)		VIRTIO_CRYPTO_IPSEC_MODE_##m
#define ESN		VIRTIO_CRYPTO_IPSEC_ESN
#define UDP		VIRTIO_CRYPTO_IPSEC_UDP_ENCAP

/* ---- there and back ---- */

static const uint32_t sizes[] = { 20, 21, 40, 41, 47, 48, 60, 61, 64, 127, 128, 255, 256, 257,
	511, 576, 1023, 1280, 1419, 1420, 1500 };
#define NB_SIZES	(sizeof(sizes) / sizeof(sizes[0]))

struct trip {
	struct ix *ix;
	const struct ix_sa *s;
	uint8_t *packet[VCRYPTOD_BATCH];
	struct ix_packet out[VCRYPTOD_BATCH], in[VCRYPTOD_BATCH];
	unsigned int n;
};

static void
trip_add(struct trip *t, uint32_t len, bool v6, uint32_t piece_out, uint32_t piece_in)
{
	unsigned int n = t->n++;

	t->packet[n] = malloc(len);
	assert_non_null(t->packet[n]);
	ix_ip(t->packet[n], len, v6, len + n);
	t->out[n] = (struct ix_packet){ .src = t->packet[n], .src_len = len,
		.dst_len = ix_out_len(t->s, t->packet[n], len), .piece = piece_out };
	/* More room than needed, to tell the used length from that of dst. */
	t->in[n] = (struct ix_packet){ .inbound = true, .dst_len = len + n % 3,
		.piece = piece_in };
}

static void
trip_go(struct trip *t)
{
	unsigned int i;

	ix_turn(t->ix, 0, t->out, t->n);
	for (i = 0; i < t->n; i++) {
		assert_int_equal(t->out[i].status, VIRTIO_CRYPTO_OK);
		assert_int_equal(t->out[i].len, t->out[i].dst_len);
		assert_int_equal(req_ipsec_packet_len(t->out[i].dst, t->out[i].len),
				t->out[i].len);
		t->in[i].src = t->out[i].dst;
		t->in[i].src_len = t->out[i].len;
	}
	ix_turn(t->ix, 1, t->in, t->n);
	for (i = 0; i < t->n; i++) {
		assert_int_equal(t->in[i].status, VIRTIO_CRYPTO_OK);
		assert_int_equal(t->in[i].len, t->out[i].src_len);
		assert_memory_equal(t->in[i].dst, t->packet[i], t->in[i].len);
		free(t->in[i].dst);
		free(t->out[i].dst);
		free(t->packet[i]);
	}
	t->n = 0;
}

static void
trips_of_sa(struct ix *ix, const struct ix_sa *s, bool v6)
{
	static const uint32_t pieces[] = { 0, 1, 7, 33, 700 };
	struct trip t = { .ix = ix, .s = s };
	unsigned int i;

	for (i = 0; i < NB_SIZES; i++)
		if (sizes[i] >= (v6 ? 40u : 20u))
			trip_add(&t, sizes[i], v6, 0, 0);
	trip_go(&t);
	for (i = 0; i < NB_SIZES; i++)
		if (sizes[i] >= (v6 ? 40u : 20u))
			trip_add(&t, sizes[i], v6, pieces[i % 5], pieces[(i + 1) % 5]);
	trip_go(&t);
	/* Alone in a turn. */
	trip_add(&t, 1420, v6, 0, 0);
	trip_go(&t);
}

/* False: not of this engine. */
static bool
trips_by(struct ix *ix, struct ix_sa *s)
{
	static const uint32_t options[] = { 0, ESN, UDP, ESN | UDP };
	unsigned int i, v6;

	for (i = 0; i < 4; i++) {
		s->p.options = options[i];
		if ((options[i] & UDP) && req_ipsec_is_ah(s->p.mode))
			continue;
		if (ix_open(ix, s, false, 0) != 0)
			return false;
		assert_int_equal(ix_open(ix, s, true, 0), 0);
		for (v6 = 0; v6 < 2; v6++)
			trips_of_sa(ix, s, v6 != 0);
		ix_close(ix, false, 0);
		ix_close(ix, true, 0);
	}
	return true;
}

/* How many algorithms there were; do_sa: what is done with each, false: not of this engine. */
static unsigned int
trips_of_mode(struct ix *ix, uint8_t mode, bool outer_v6,
		bool (*do_sa)(struct ix *ix, struct ix_sa *s))
{
	unsigned int nb = 0, n, service;
	struct ix_sa s;

	for (service = 0; service < VIRTIO_CRYPTO_NB_SERVICES; service++)
		for (n = 0; n < 64; n++) {
			if (!(req_ipsec_alg_mask(service) >> n & 1))
				continue;
			if (req_ipsec_is_ah(mode) && service != VIRTIO_CRYPTO_SERVICE_MAC)
				continue;
			if (service == VIRTIO_CRYPTO_SERVICE_AEAD)
				ix_sa_aead(&s, mode, n);
			else if (service == VIRTIO_CRYPTO_SERVICE_CIPHER)
				ix_sa_two(&s, mode, n, VIRTIO_CRYPTO_MAC_HMAC_SHA1);
			else
				ix_sa_two(&s, mode, 0, n);
			s.p.tunnel.ipv6 = outer_v6;
			nb += do_sa(ix, &s);
		}
	return nb;
}

/* Every cipher with every MAC but GMAC. */
static void
trips_of_pairs(struct ix *ix, uint8_t mode)
{
	uint64_t ciphers = req_ipsec_alg_mask(VIRTIO_CRYPTO_SERVICE_CIPHER);
	uint64_t macs = req_ipsec_alg_mask(VIRTIO_CRYPTO_SERVICE_MAC);
	unsigned int c, a;
	struct ix_sa s;

	macs &= ~VIRTIO_BIT(VIRTIO_CRYPTO_MAC_GMAC_AES);
	for (c = 0; c < 64; c++)
		for (a = 0; a < 64; a++)
			if ((ciphers >> c & 1) && (macs >> a & 1)) {
				ix_sa_two(&s, mode, c, a);
				trips_by(ix, &s);
			}
}

static void
every_form_there_and_back(struct ix *ix)
{
	unsigned int esp = trips_of_mode(ix, MODE(ESP_TUNNEL), false, trips_by);
	unsigned int ah = trips_of_mode(ix, MODE(AH_TUNNEL), false, trips_by);

	/* Every engine has all of them, but for what a library was built without. */
	assert_true(esp >= 15 && ah == 9);
	assert_int_equal(trips_of_mode(ix, MODE(ESP_TUNNEL), true, trips_by), esp);
	assert_int_equal(trips_of_mode(ix, MODE(ESP_TRANSPORT), false, trips_by), esp);
	assert_int_equal(trips_of_mode(ix, MODE(AH_TUNNEL), true, trips_by), ah);
	assert_int_equal(trips_of_mode(ix, MODE(AH_TRANSPORT), false, trips_by), ah);
	trips_of_pairs(ix, MODE(ESP_TUNNEL));
}

/* As long as a packet can be: as many as scratch has room for at a time. */
static void
longest_packets(struct ix *ix)
{
	static const uint32_t big[] = { 16384, 40000, 65000, 65456 };
	unsigned int i, k;
	struct ix_sa s[3];
	struct trip t;

	ix_sa_aead(&s[0], MODE(ESP_TUNNEL), VIRTIO_CRYPTO_AEAD_GCM);
	ix_sa_two(&s[1], MODE(ESP_TUNNEL), VIRTIO_CRYPTO_CIPHER_AES_CBC,
			VIRTIO_CRYPTO_MAC_HMAC_SHA_256);
	ix_sa_two(&s[2], MODE(AH_TRANSPORT), 0, VIRTIO_CRYPTO_MAC_GMAC_AES);
	for (k = 0; k < 3; k++) {
		assert_int_equal(ix_open(ix, &s[k], false, k), 0);
		assert_int_equal(ix_open(ix, &s[k], true, k), 0);
		t = (struct trip){ .ix = ix, .s = &s[k] };
		for (i = 0; i < 12; i++) {
			trip_add(&t, big[i % 4], i >= 6, i % 2 ? 4096 : 0, i % 3 ? 1400 : 0);
			t.out[i].id = t.in[i].id = k;
		}
		trip_go(&t);
	}
}

/* The longest packet whose result IP can express, and one byte more, which uses up no number. */
static void
longest_of_sa(struct ix *ix, const struct ix_sa *s, bool v6)
{
	bool outer_v6 = req_ipsec_is_tunnel(s->p.mode) ? s->p.tunnel.ipv6 : v6;
	uint32_t max = outer_v6 ? REQ_IPSEC_PACKET_MAX : UINT16_MAX;
	uint32_t len = v6 ? REQ_IPSEC_PACKET_MAX : UINT16_MAX;
	uint8_t *packet = malloc(len);
	struct ix_packet p = { .src = packet, .dst_len = REQ_IPSEC_PACKET_MAX + 64 };
	uint64_t last = ix_find(ix, false, 0)->counter.last;
	struct trip t = { .ix = ix, .s = s };

	assert_non_null(packet);
	ix_ip(packet, 64, v6, 0);
	while (ix_out_len(s, packet, len) > max)
		len--;
	p.src_len = len + 1;
	ix_ip(packet, p.src_len, v6, 1);
	assert_int_equal(ix_one(ix, &p), VIRTIO_CRYPTO_ERR);
	assert_int_equal(ix_find(ix, false, 0)->counter.last, last);
	free(p.dst);
	free(packet);
	trip_add(&t, len, v6, 0, 0);
	trip_add(&t, len, v6, 1400, 0);
	trip_add(&t, len, v6, 0, 1400);
	trip_go(&t);
}

static bool
longest_by(struct ix *ix, struct ix_sa *s)
{
	s->p.options = ESN;
	if (ix_open(ix, s, false, 0) != 0)
		return false;
	assert_int_equal(ix_open(ix, s, true, 0), 0);
	longest_of_sa(ix, s, false);
	longest_of_sa(ix, s, true);
	ix_close(ix, false, 0);
	ix_close(ix, true, 0);
	return true;
}

static void
longest_of_every_form(struct ix *ix)
{
	unsigned int nb = trips_of_mode(ix, MODE(ESP_TRANSPORT), false, longest_by);

	nb += trips_of_mode(ix, MODE(AH_TRANSPORT), false, longest_by);
	nb += trips_of_mode(ix, MODE(ESP_TUNNEL), false, longest_by);
	nb += trips_of_mode(ix, MODE(ESP_TUNNEL), true, longest_by);
	nb += trips_of_mode(ix, MODE(AH_TUNNEL), true, longest_by);
	assert_true(nb >= 63);
}

/* ---- published packets ---- */

static void
published_esp_gcm(struct ix *ix)
{
	struct ix_packet p = { .inbound = true, .src = gcm_out, .src_len = sizeof(gcm_out),
		.dst_len = sizeof(gcm_in) };
	struct ix_sa s;

	ix_sa_aead(&s, MODE(ESP_TUNNEL), VIRTIO_CRYPTO_AEAD_GCM);
	s.p.spi = 0xa5f8;
	memcpy(s.p.salt, "\xca\xfe\xba\xbe", 4);
	memcpy(s.key, gcm_key, sizeof(gcm_key));
	assert_int_equal(ix_open(ix, &s, true, 0), 0);
	for (p.piece = 0; p.piece < 20; p.piece += 3) {
		assert_int_equal(ix_one(ix, &p), p.piece == 0 ? VIRTIO_CRYPTO_OK :
				VIRTIO_CRYPTO_ERR);
		if (p.piece == 0) {
			assert_int_equal(p.len, sizeof(gcm_in));
			assert_memory_equal(p.dst, gcm_in, sizeof(gcm_in));
		}
		free(p.dst);
	}
	ix_close(ix, true, 0);
}

static void
published_ah_sha256(struct ix *ix)
{
	struct ix_packet p = { .dst_len = 176, .src_len = 128 }, q = { .inbound = true,
		.src_len = 176, .dst_len = 128 };
	uint8_t icmp[128];
	struct ix_sa s;

	icmp_packet(icmp);
	ix_sa_two(&s, MODE(AH_TUNNEL), 0, VIRTIO_CRYPTO_MAC_HMAC_SHA_256);
	s.p.spi = 0x7b;
	s.p.auth_key_len = 32;
	memset(s.auth_key, 0x5a, sizeof(s.auth_key));
	memcpy(s.p.tunnel.src, "\x0a\x00\x6f\x02", 4);
	memcpy(s.p.tunnel.dst, "\x0a\x00\xde\x02", 4);
	assert_int_equal(ix_open(ix, &s, false, 0), 0);
	assert_int_equal(ix_open(ix, &s, true, 0), 0);
	p.src = icmp;
	assert_int_equal(ix_one(ix, &p), VIRTIO_CRYPTO_OK);
	assert_int_equal(p.len, 176);
	assert_memory_equal(p.dst + 32, ah_sha256_icv, sizeof(ah_sha256_icv));
	q.src = p.dst;
	assert_int_equal(ix_one(ix, &q), VIRTIO_CRYPTO_OK);
	assert_memory_equal(q.dst, icmp, 128);
	free(p.dst);
	free(q.dst);
	ix_close(ix, false, 0);
	ix_close(ix, true, 0);
}

static void
published_ah_gmac(struct ix *ix)
{
	struct ix_packet p = { .inbound = true, .src_len = 164, .dst_len = 132 };
	uint8_t icmp[128], packet[164];
	struct ix_sa s;

	icmp_packet(icmp);
	ix_sa_two(&s, MODE(AH_TRANSPORT), 0, VIRTIO_CRYPTO_MAC_GMAC_AES);
	s.p.spi = 0x7b;
	memset(s.auth_key, 0xa5, sizeof(s.auth_key));
	memcpy(s.p.salt, "\xca\xfe\xba\xbe", 4);
	memcpy(packet, icmp, 20);
	packet[3] = 164;
	packet[9] = 51;
	vcryptod_put16(packet + 10, 0xabd1);
	memcpy(packet + 20, ah_gmac, sizeof(ah_gmac));
	memcpy(packet + 56, icmp + 20, 108);
	assert_int_equal(ix_open(ix, &s, true, 0), 0);
	p.src = packet;
	assert_int_equal(ix_one(ix, &p), VIRTIO_CRYPTO_OK);
	assert_int_equal(p.len, 128);
	assert_memory_equal(p.dst, icmp, 128);
	free(p.dst);
	ix_close(ix, true, 0);
}

static void
published_packets(struct ix *ix)
{
	published_esp_gcm(ix);
	published_ah_sha256(ix);
	published_ah_gmac(ix);
}

/* ---- what went out, by plain calls of OpenSSL ---- */

static void
by_gcm(const struct ix_sa *s, const uint8_t *p, uint32_t len, const uint8_t *want, uint32_t n,
		uint64_t number)
{
	uint8_t nonce[12], text[2048], aad[12];
	bool esn = (s->p.options & ESN) != 0;
	EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	uint32_t text_len = len - 20 - 16 - 16;
	int outl;

	assert_int_equal(p[9], 50);
	assert_int_equal(vcryptod_get32(p + 20), s->p.spi);
	assert_int_equal(vcryptod_get32(p + 24), (uint32_t)number);
	vcryptod_put32(aad, s->p.spi);
	if (esn)
		vcryptod_put64(aad + 4, number);
	else
		vcryptod_put32(aad + 4, (uint32_t)number);
	memcpy(nonce, s->p.salt, 4);
	memcpy(nonce + 4, p + 28, 8);
	assert_int_equal(EVP_DecryptInit_ex(c, EVP_aes_128_gcm(), NULL, s->key, nonce), 1);
	assert_int_equal(EVP_DecryptUpdate(c, NULL, &outl, aad, esn ? 12 : 8), 1);
	assert_int_equal(EVP_DecryptUpdate(c, text, &outl, p + 36, (int)text_len), 1);
	assert_int_equal(EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_TAG, 16,
			(void *)(uintptr_t)(p + len - 16)), 1);
	assert_int_equal(EVP_DecryptFinal_ex(c, text + text_len, &outl), 1);
	EVP_CIPHER_CTX_free(c);
	assert_memory_equal(text, want, n);
	assert_int_equal(text[text_len - 1], 4);
	assert_int_equal(text[text_len - 2], text_len - 2 - n);
}

/* Of len bytes at p and, with ESN, of the upper half of number. */
static void
hmac_with_number(uint8_t icv[32], const struct ix_sa *s, const uint8_t *p, uint32_t len,
		uint64_t number)
{
	uint8_t all[2048];

	memcpy(all, p, len);
	if (s->p.options & ESN) {
		vcryptod_put32(all + len, (uint32_t)(number >> 32));
		len += 4;
	}
	assert_non_null(HMAC(EVP_sha256(), s->auth_key, s->p.auth_key_len, all, len, icv, NULL));
}

static void
by_cbc_sha256(const struct ix_sa *s, const uint8_t *p, uint32_t len, const uint8_t *want,
		uint32_t n, uint64_t number)
{
	uint32_t text_len = len - 40 - 8 - 16 - 16;
	uint8_t icv[32], text[2048];
	EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	int outl;

	/* The IP header stays but for length and next header. */
	assert_int_equal(p[6], 50);
	assert_int_equal(vcryptod_get16(p + 4), len - 40);
	assert_memory_equal(p + 8, want + 8, 32);
	hmac_with_number(icv, s, p + 40, len - 40 - 16, number);
	assert_memory_equal(icv, p + len - 16, 16);
	assert_int_equal(EVP_DecryptInit_ex(c, EVP_aes_128_cbc(), NULL, s->key, p + 48), 1);
	EVP_CIPHER_CTX_set_padding(c, 0);
	assert_int_equal(EVP_DecryptUpdate(c, text, &outl, p + 64, (int)text_len), 1);
	EVP_CIPHER_CTX_free(c);
	assert_memory_equal(text, want + 40, n - 40);
	assert_int_equal(text[text_len - 1], 17);
	assert_int_equal(text[text_len - 2], text_len - 2 - (n - 40));
}

static void
by_ah_sha256(const struct ix_sa *s, const uint8_t *p, uint32_t len, const uint8_t *want,
		uint32_t n, uint64_t number)
{
	uint8_t all[2048], icv[32];

	assert_int_equal(p[9], 51);
	assert_int_equal(len, n + 28);
	assert_memory_equal(p + 48, want + 20, n - 20);
	memcpy(all, p, len);
	all[1] = all[6] = all[7] = all[8] = all[10] = all[11] = 0;
	memset(all + 32, 0, 16);
	hmac_with_number(icv, s, all, len, number);
	assert_memory_equal(icv, p + 32, 16);
}

static void
judged(struct ix *ix, uint32_t piece, uint64_t before)
{
	struct ix_packet p = { .piece = piece };
	uint8_t packet[1500];
	struct ix_sa s[3];
	unsigned int i, k;
	uint64_t number;

	ix_sa_aead(&s[0], MODE(ESP_TUNNEL), VIRTIO_CRYPTO_AEAD_GCM);
	ix_sa_two(&s[1], MODE(ESP_TRANSPORT), VIRTIO_CRYPTO_CIPHER_AES_CBC,
			VIRTIO_CRYPTO_MAC_HMAC_SHA_256);
	s[1].p.auth_key_len = 32;
	ix_sa_two(&s[2], MODE(AH_TRANSPORT), 0, VIRTIO_CRYPTO_MAC_HMAC_SHA_256);
	p.src = packet;
	for (k = 0; k < 3; k++) {
		s[k].p.options = before != 0 ? ESN : 0;
		assert_int_equal(ix_open(ix, &s[k], false, k), 0);
		ix_find(ix, false, k)->counter.last = before;
	}
	for (i = 0; i < 3 * NB_SIZES; i++) {
		k = i % 3;
		number = before + 1 + i / 3;
		p.src_len = sizes[i / 3];
		if (p.src_len < 40)
			p.src_len += 40;
		ix_ip(packet, p.src_len, k == 1, i);
		p.id = k;
		p.dst_len = ix_out_len(&s[k], packet, p.src_len);
		assert_int_equal(ix_one(ix, &p), VIRTIO_CRYPTO_OK);
		if (k == 0)
			by_gcm(&s[k], p.dst, p.len, packet, p.src_len, number);
		else if (k == 1)
			by_cbc_sha256(&s[k], p.dst, p.len, packet, p.src_len, number);
		else
			by_ah_sha256(&s[k], p.dst, p.len, packet, p.src_len, number);
		free(p.dst);
	}
	for (k = 0; k < 3; k++)
		ix_close(ix, false, k);
}

static void
openssl_takes_packets_apart(struct ix *ix)
{
	judged(ix, 0, 0);
	judged(ix, 13, 0);
	/* Numbers of 64 bits, across 2^32. */
	judged(ix, 0, UINT32_MAX - 5);
	judged(ix, 9, UINT64_C(0x1122334455667788));
}

/* CBC's IVs differ from each other and from numbers. */
static void
ivs_are_not_foreseen(void **state)
{
	uint8_t packet[64], seen[200][16];
	struct ix_packet p[VCRYPTOD_BATCH];
	unsigned int i, k, nb = 0;
	struct ix_sa s;
	struct ix ix;

	(void)state;
	assert_true(ix_init(&ix, "openssl"));
	ix_sa_two(&s, MODE(ESP_TUNNEL), VIRTIO_CRYPTO_CIPHER_AES_CBC, VIRTIO_CRYPTO_MAC_HMAC_SHA1);
	assert_int_equal(ix_open(&ix, &s, false, 0), 0);
	ix_ip(packet, sizeof(packet), false, 0);
	while (nb < 200) {
		for (i = 0; i < 50; i++)
			p[i] = (struct ix_packet){ .src = packet, .src_len = sizeof(packet),
				.dst_len = ix_out_len(&s, packet, sizeof(packet)) };
		ix_turn(&ix, 0, p, 50);
		for (i = 0; i < 50; i++, nb++) {
			memcpy(seen[nb], p[i].dst + 28, 16);
			free(p[i].dst);
			for (k = 0; k < nb; k++)
				assert_memory_not_equal(seen[nb], seen[k], 8);
		}
	}
	ix_fini(&ix);
}

/* ---- cases by every engine of this build ---- */

struct engine_case {
	void (*body)(struct ix *ix);
};

static void
by_each_engine(void **state)
{
	static const char * const engines[] = { "openssl", "ipsec-mb", "auto" };
	const struct engine_case *c = *state;
	unsigned int e, nb = 0;
	struct ix ix;

	for (e = 0; e < sizeof(engines) / sizeof(engines[0]); e++) {
		if (!ix_init(&ix, engines[e]))
			continue;
		c->body(&ix);
		ix_fini(&ix);
		nb++;
	}
	assert_true(nb != 0);
}

#define ENGINE_CASE(f)	{ #f, by_each_engine, NULL, NULL, &(struct engine_case){ f } }

int
main(void)
{
	const struct CMUnitTest tests[] = {
		ENGINE_CASE(every_form_there_and_back),
		ENGINE_CASE(longest_packets),
		ENGINE_CASE(longest_of_every_form),
		ENGINE_CASE(published_packets),
		ENGINE_CASE(openssl_takes_packets_apart),
		cmocka_unit_test(ivs_are_not_foreseen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
