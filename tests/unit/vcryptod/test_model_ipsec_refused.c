/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What the device model refuses of the IPSEC service: requests, packets of both directions that
 * lie, that were changed, or that are genuine and malformed all the same.  Each has its status,
 * leaves dst as it was (ipsec_rig.h looks), and uses up nothing.
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
#include "ipsec_rig.h"

#define MODE(m)		VIRTIO_CRYPTO_IPSEC_MODE_##m
#define OK		VIRTIO_CRYPTO_OK
#define ERR		VIRTIO_CRYPTO_ERR
#define BADMSG		VIRTIO_CRYPTO_BADMSG
#define INVSESS		VIRTIO_CRYPTO_INVSESS
#define NOTSUPP		VIRTIO_CRYPTO_NOTSUPP

/* ---- requests ---- */

struct raw {
	uint32_t opcode, flag;
	uint64_t id;
	uint32_t src_len, dst_len;	/* as the header says */
	uint32_t readable, writable;	/* bytes of memory */
	bool is_long;
};

/* A packet of 64 bytes for whoever takes it. */
static uint8_t
send_raw(struct ix *ix, const struct raw *w)
{
	uint8_t hdr[REQ_IPSEC_HDR_LEN + 200] = { 0 }, dst[400];
	struct vqd_seg readable = { .ptr = hdr, .len = w->readable };
	struct vqd_seg writable = { .ptr = dst, .len = w->writable };
	struct vcryptod_request r = { .readable = &readable, .nb_readable = w->readable != 0,
		.writable = &writable, .nb_writable = 1 }, *rp = &r;
	struct virtio_crypto_op_header h = { .opcode = cpu_to_le32(w->opcode),
		.session_id = cpu_to_le64(w->id), .flag = cpu_to_le32(w->flag) };

	memcpy(hdr, &h, sizeof(h));
	req_set_ipsec(hdr, w->src_len, w->dst_len);
	ix_ip(hdr + REQ_IPSEC_HDR_LEN, 64, false, 1);
	memset(dst, IX_UNSET, sizeof(dst));
	if (w->is_long)
		vcryptod_model_long(&ix->fx.model, &ix->fx.lane[0], rp);
	else
		assert_int_equal(vcryptod_model_turn(&ix->fx.model, &ix->fx.lane[0], &rp, 1), 1);
	assert_false(r.malformed);
	assert_int_equal(r.written > 1, dst[w->writable - 1] == OK);
	return dst[w->writable - 1];
}

static const struct raw good = { .opcode = VIRTIO_CRYPTO_IPSEC_OUTBOUND,
	.flag = VIRTIO_CRYPTO_FLAG_SESSION_MODE, .id = 1, .src_len = 64, .dst_len = 120,
	.readable = REQ_IPSEC_HDR_LEN + 64, .writable = 121 };

#define REFUSED(ix, s, ...) do { \
	struct raw raw_ = good; \
	__VA_ARGS__; \
	assert_int_equal(send_raw(ix, &raw_), s); \
	raw_.is_long = true; \
	assert_int_equal(send_raw(ix, &raw_), s); \
} while (0)

static void
requests_that_are_wrong(void **state)
{
	struct ix *ix = *state;
	struct vcryptod_admin *admin = ix->fx.model.admin;
	struct ix_sa s;

	ix_sa_aead(&s, MODE(ESP_TUNNEL), VIRTIO_CRYPTO_AEAD_GCM);
	assert_int_equal(ix_open(ix, &s, false, 1), 0);
	assert_int_equal(ix_open(ix, &s, true, 2), 0);
	REFUSED(ix, OK, (void)raw_);
	REFUSED(ix, INVSESS, raw_.id = 0);
	REFUSED(ix, INVSESS, raw_.id = 2);
	REFUSED(ix, INVSESS, raw_.id = UINT32_MAX);
	REFUSED(ix, INVSESS, raw_.id = UINT64_C(1) << 32 | 1);
	/* The other direction has other objects. */
	REFUSED(ix, INVSESS, raw_.opcode = VIRTIO_CRYPTO_IPSEC_INBOUND);
	REFUSED(ix, NOTSUPP, raw_.opcode = VIRTIO_CRYPTO_IPSEC_INBOUND + 1);
	REFUSED(ix, NOTSUPP, raw_.flag = 0);
	REFUSED(ix, ERR, raw_.flag = 2);
	REFUSED(ix, ERR, raw_.src_len = 19);
	REFUSED(ix, ERR, raw_.src_len = 0);
	REFUSED(ix, ERR, raw_.src_len = 65);
	REFUSED(ix, ERR, raw_.src_len = UINT32_MAX);
	REFUSED(ix, ERR, raw_.dst_len = 121);
	REFUSED(ix, ERR, raw_.dst_len = UINT32_MAX);
	REFUSED(ix, ERR, raw_.dst_len = 0);
	REFUSED(ix, ERR, raw_.readable = REQ_IPSEC_HDR_LEN);
	REFUSED(ix, ERR, raw_.readable = 31);
	REFUSED(ix, ERR, raw_.readable = 8);
	REFUSED(ix, ERR, raw_.readable = 4);
	REFUSED(ix, ERR, raw_.readable = 3);
	REFUSED(ix, ERR, raw_.readable = 0);
	REFUSED(ix, ERR, raw_.writable = 120);
	REFUSED(ix, ERR, raw_.writable = 1);
	/* Longer memory than needed is none of its business. */
	REFUSED(ix, OK, raw_.readable = REQ_IPSEC_HDR_LEN + 100, raw_.writable = 300);
	/* Only what was processed took numbers. */
	assert_int_equal(ix_find(ix, false, 1)->counter.last, 4);

	ix->fx.model.cfg.max_size = 64 + 119;
	REFUSED(ix, ERR, (void)raw_);
	ix->fx.model.cfg.max_size++;
	REFUSED(ix, OK, (void)raw_);
	ix->fx.model.admin = NULL;
	REFUSED(ix, NOTSUPP, (void)raw_);
	ix->fx.model.admin = admin;
}

/* Without REVISION_1 the flag is not looked at, and the header is as long. */
static void
requests_without_revision_1(void **state)
{
	struct ix *ix = *state;
	struct ix_sa s;

	fx_layout(&ix->fx, FX_PADDED);
	ix_sa_aead(&s, MODE(ESP_TUNNEL), VIRTIO_CRYPTO_AEAD_GCM);
	assert_int_equal(ix_open(ix, &s, false, 1), 0);
	REFUSED(ix, OK, raw_.flag = 0);
	REFUSED(ix, OK, raw_.flag = 2);
	/* Stateless layouts read their headers another way; a reset has ended the association. */
	fx_layout(&ix->fx, FX_STATELESS_BIT);
	REFUSED(ix, INVSESS, (void)raw_);
	assert_int_equal(ix_open(ix, &s, false, 1), 0);
	REFUSED(ix, OK, (void)raw_);
	REFUSED(ix, INVSESS, raw_.id = 3);
}

/* ---- outbound ---- */

static uint8_t
out_of(struct ix *ix, uint32_t id, const uint8_t *p, uint32_t len, uint32_t room)
{
	struct ix_packet q = { .id = id, .src = p, .src_len = len, .dst_len = room };
	uint8_t status = ix_one(ix, &q);

	free(q.dst);
	return status;
}

static void
outbound_packets_that_lie(void **state)
{
	static uint8_t big[65535];
	struct ix *ix = *state;
	struct ix_sa s[3];
	uint8_t p[200], q[200];
	unsigned int k;

	ix_sa_aead(&s[0], MODE(ESP_TUNNEL), VIRTIO_CRYPTO_AEAD_GCM);
	s[0].p.options = VIRTIO_CRYPTO_IPSEC_DEC_TTL;
	ix_sa_two(&s[1], MODE(ESP_TRANSPORT), VIRTIO_CRYPTO_CIPHER_AES_CBC,
			VIRTIO_CRYPTO_MAC_HMAC_SHA1);
	ix_sa_two(&s[2], MODE(AH_TRANSPORT), 0, VIRTIO_CRYPTO_MAC_HMAC_SHA_256);
	for (k = 0; k < 3; k++)
		assert_int_equal(ix_open(ix, &s[k], false, k), 0);
	ix_ip(p, 200, false, 1);
	ix_ip(big, sizeof(big), false, 1);
	for (k = 0; k < 3; k++) {
		memcpy(q, p, 200);
		/* Too little room by one byte. */
		assert_int_equal(out_of(ix, k, p, 200, ix_out_len(&s[k], p, 200) - 1), ERR);
		assert_int_equal(out_of(ix, k, p, 200, 0), ERR);
		/* Longer than what was lent, and than what a header can say. */
		assert_int_equal(out_of(ix, k, p, 199, 400), ERR);
		assert_int_equal(out_of(ix, k, big, sizeof(big), 66000), ERR);
		/* No packet of IP. */
		q[0] = 0x55;
		assert_int_equal(out_of(ix, k, q, 200, 400), ERR);
		q[0] = 0x44;
		assert_int_equal(out_of(ix, k, q, 200, 400), ERR);
		q[0] = 0x4f;
		vcryptod_put16(q + 2, 59);
		assert_int_equal(out_of(ix, k, q, 200, 400), ERR);
		q[0] = 0x60;
		assert_int_equal(out_of(ix, k, q, 39, 400), ERR);
		assert_int_equal(ix_find(ix, false, k)->counter.last, 0);
	}
	/* No hop left; a fragment. */
	memcpy(q, p, 200);
	q[8] = 1;
	assert_int_equal(out_of(ix, 0, q, 200, 400), ERR);
	q[8] = 64;
	q[6] = 0x20;
	assert_int_equal(out_of(ix, 0, q, 200, 400), OK);
	assert_int_equal(out_of(ix, 1, q, 200, 400), ERR);
	assert_int_equal(out_of(ix, 2, q, 200, 400), ERR);
	/* AH covers no source route. */
	ix_ip(q, 200, false, 1);
	q[0] = 0x46;
	memcpy(q + 20, "\x83\x03\x04\x00", 4);
	assert_int_equal(out_of(ix, 1, q, 200, 400), OK);
	assert_int_equal(out_of(ix, 2, q, 200, 400), ERR);
	assert_int_equal(ix_find(ix, false, 2)->counter.last, 0);
}

/* ---- inbound ---- */

/* Opens both ends without a window; p: what goes out of a packet of len bytes.  *n: its bytes. */
static uint8_t *
sealed(struct ix *ix, struct ix_sa *s, const uint8_t *packet, uint32_t len, uint32_t *n)
{
	struct ix_packet p = { .src = packet, .src_len = len };

	s->p.replay_win_sz = 0;
	p.dst_len = ix_out_len(s, packet, len);
	assert_int_equal(ix_open(ix, s, false, 0), 0);
	assert_int_equal(ix_open(ix, s, true, 0), 0);
	assert_int_equal(ix_one(ix, &p), OK);
	*n = p.len;
	return p.dst;
}

static uint8_t
in_of(struct ix *ix, const uint8_t *p, uint32_t len, uint32_t room, uint8_t *to)
{
	struct ix_packet q = { .inbound = true, .src = p, .src_len = len, .dst_len = room };
	uint8_t status = ix_one(ix, &q);

	if (to != NULL && status == OK)
		memcpy(to, q.dst, q.len);
	free(q.dst);
	return status;
}

/* Where a change may pass: what no ICV covers. */
static bool
may_change(const struct ix_sa *s, uint32_t at)
{
	if (req_ipsec_is_ah(s->p.mode))
		return at == 1 || (at >= 6 && at <= 8) || at == 10 || at == 11;
	/* Of UDP, ports and checksum. */
	if ((s->p.options & VIRTIO_CRYPTO_IPSEC_UDP_ENCAP) && at < 28)
		return at != 24 && at != 25;
	return at < 20;
}

/* Byte by byte, changed and cut.  The ICV alone is BADMSG. */
static void
changed_anywhere(struct ix *ix, struct ix_sa *s)
{
	uint8_t packet[100], got[200], *p;
	uint32_t n, at, nb_bad = 0;
	uint8_t status;

	ix_ip(packet, sizeof(packet), false, 3);
	p = sealed(ix, s, packet, sizeof(packet), &n);
	for (at = 0; at < n; at++) {
		p[at] ^= 0x10;
		status = in_of(ix, p, n, sizeof(packet), got);
		p[at] ^= 0x10;
		assert_true(status == ERR || status == BADMSG || may_change(s, at));
		nb_bad += status == BADMSG;
		/* Behind SPI and number all is covered, and nothing is read before. */
		if (at >= 28 && !req_ipsec_is_ah(s->p.mode) && !(s->p.options &
				VIRTIO_CRYPTO_IPSEC_UDP_ENCAP))
			assert_int_equal(status, BADMSG);
	}
	assert_true(nb_bad > 60);
	for (at = 20; at < n; at++) {
		assert_int_equal(in_of(ix, p, at, sizeof(packet), NULL), ERR);
		vcryptod_put16(p + 2, (uint16_t)at);
		status = in_of(ix, p, at, sizeof(packet), NULL);
		assert_true(status == ERR || status == BADMSG);
		vcryptod_put16(p + 2, (uint16_t)n);
	}
	/* Too little room; and with enough of it, the same packet. */
	assert_int_equal(in_of(ix, p, n, sizeof(packet) - 1, NULL), ERR);
	assert_int_equal(in_of(ix, p, n, 0, NULL), ERR);
	assert_int_equal(in_of(ix, p, n, sizeof(packet), got), OK);
	assert_memory_equal(got, packet, sizeof(packet));
	free(p);
	ix_close(ix, false, 0);
	ix_close(ix, true, 0);
}

static void
inbound_packets_changed_anywhere(void **state)
{
	static const uint8_t modes[] = { MODE(ESP_TUNNEL), MODE(ESP_TRANSPORT) };
	struct ix *ix = *state;
	unsigned int i, esn;
	struct ix_sa s;

	for (esn = 0; esn < 2; esn++) {
		for (i = 0; i < 2; i++) {
			ix_sa_aead(&s, modes[i], VIRTIO_CRYPTO_AEAD_GCM);
			s.p.options = esn;
			changed_anywhere(ix, &s);
			ix_sa_aead(&s, modes[i], VIRTIO_CRYPTO_AEAD_CCM);
			s.p.options = esn;
			changed_anywhere(ix, &s);
			ix_sa_two(&s, modes[i], VIRTIO_CRYPTO_CIPHER_AES_CTR,
					VIRTIO_CRYPTO_MAC_HMAC_SHA_256);
			s.p.options = esn;
			changed_anywhere(ix, &s);
			ix_sa_two(&s, modes[i], 0, VIRTIO_CRYPTO_MAC_GMAC_AES);
			s.p.options = esn;
			changed_anywhere(ix, &s);
		}
		ix_sa_two(&s, MODE(AH_TUNNEL), 0, VIRTIO_CRYPTO_MAC_HMAC_SHA_256);
		s.p.options = esn;
		changed_anywhere(ix, &s);
		ix_sa_two(&s, MODE(AH_TRANSPORT), 0, VIRTIO_CRYPTO_MAC_GMAC_AES);
		s.p.options = esn;
		changed_anywhere(ix, &s);
	}
	ix_sa_aead(&s, MODE(ESP_TUNNEL), VIRTIO_CRYPTO_AEAD_CHACHA20_POLY1305);
	s.p.options = VIRTIO_CRYPTO_IPSEC_UDP_ENCAP;
	changed_anywhere(ix, &s);
}

/* ---- genuine, and malformed ---- */

/* ESP with NULL encryption: the trailer can be written, and the ICV again. */
static void
seal_again(const struct ix_sa *s, uint8_t *p, uint32_t n)
{
	uint8_t icv[32];

	assert_non_null(HMAC(EVP_sha256(), s->auth_key, s->p.auth_key_len, p + 20, n - 20 - 16, icv,
			NULL));
	memcpy(p + n - 16, icv, 16);
}

static void
genuine_and_malformed(void **state)
{
	struct ix *ix = *state;
	uint8_t packet[97], got[200], *p, *same;
	struct ix_sa s;
	uint32_t n, end;

	ix_sa_two(&s, MODE(ESP_TUNNEL), 0, VIRTIO_CRYPTO_MAC_HMAC_SHA_256);
	ix_ip(packet, sizeof(packet), false, 3);
	p = sealed(ix, &s, packet, sizeof(packet), &n);
	ix_close(ix, true, 0);
	s.p.replay_win_sz = 64;
	assert_int_equal(ix_open(ix, &s, true, 0), 0);
	same = malloc(n);
	assert_non_null(same);
	memcpy(same, p, n);
	end = n - 16;
	assert_int_equal(p[end - 2], 1);
#define MALFORMED(...) do { \
	__VA_ARGS__; \
	seal_again(&s, p, n); \
	assert_int_equal(in_of(ix, p, n, 200, NULL), ERR); \
	memcpy(p, same, n); \
} while (0)
	/* Padding: its bytes, its length. */
	MALFORMED(p[end - 3] = 2);
	MALFORMED(p[end - 2] = 2);
	MALFORMED(p[end - 2] = 100);
	MALFORMED(p[end - 2] = 255);
	/* A dummy, another version, no IP at all. */
	MALFORMED(p[end - 1] = 59);
	MALFORMED(p[end - 1] = 41);
	MALFORMED(p[end - 1] = 17);
	/* An inner packet that is longer than what is there, or none. */
	MALFORMED(vcryptod_put16(p + 28 + 2, 98));
	MALFORMED(vcryptod_put16(p + 28 + 2, 19));
	MALFORMED(p[28] = 0x4f, vcryptod_put16(p + 28 + 2, 40));
	MALFORMED(p[28] = 0);
	/* A number that no packet has. */
	MALFORMED(p[27] = 0);
#undef MALFORMED
	/* None of them was marked as seen, or counted. */
	assert_int_equal(ix_find(ix, true, 0)->packets, 0);
	assert_int_equal(in_of(ix, p, n, sizeof(packet), got), OK);
	assert_memory_equal(got, packet, sizeof(packet));
	assert_int_equal(in_of(ix, p, n, sizeof(packet), got), ERR);
	free(same);
	free(p);
}

/* A shorter inner packet hides how long it is. */
static void
bytes_behind_the_inner_packet(void **state)
{
	struct ix *ix = *state;
	uint8_t packet[97], got[200], *p;
	struct ix_sa s;
	uint32_t n;

	ix_sa_two(&s, MODE(ESP_TUNNEL), 0, VIRTIO_CRYPTO_MAC_HMAC_SHA_256);
	ix_ip(packet, sizeof(packet), false, 3);
	p = sealed(ix, &s, packet, sizeof(packet), &n);
	vcryptod_put16(p + 28 + 2, 90);
	seal_again(&s, p, n);
	assert_int_equal(in_of(ix, p, n, 89, got), ERR);
	assert_int_equal(in_of(ix, p, n, 90, got), OK);
	assert_memory_equal(got + 4, packet + 4, 86);
	free(p);
}

/* ---- memory that changes while it is looked at ---- */

#define CHANGING	16u		/* requests of a turn: outbound and inbound by turns */
#define CHANGING_TURNS	150u
#define CHANGING_TURNS_MAX	200000u	/* only what has failed takes so many */
#define CHANGING_LEN	(REQ_IPSEC_HDR_LEN + 1500u)
#define CHANGING_DST	1600u		/* bytes, with the status */
#define CHANGING_PAUSE	40u

/* Each part in a heap block of its own, for the sanitizer. */
struct changing {
	uint8_t *src[CHANGING], *dst[CHANGING];
	uint8_t *good[2];		/* requests of both directions, as they should be */
	uint32_t len[2];
	bool stop;			/* atomic */
	unsigned int nb_changes;	/* atomic */
};

/* Headers, lengths, packets and results: any byte, all the time. */
static void *
change_all_the_time(void *arg)
{
	struct changing *c = arg;
	unsigned int seed = 1, i;
	uint8_t *at;

	while (!__atomic_load_n(&c->stop, __ATOMIC_RELAXED)) {
		seed = seed * 1103515245u + 12345u;
		i = (seed >> 8) % (2 * CHANGING);
		at = i < CHANGING ? c->src[i] + (seed >> 13) % c->len[i % 2] :
				c->dst[i - CHANGING] + (seed >> 13) % CHANGING_DST;
		__atomic_store_n(at, (uint8_t)(seed >> 24), __ATOMIC_RELAXED);
		__atomic_store_n(&c->nb_changes, c->nb_changes + 1, __ATOMIC_RELAXED);
		for (i = 0; i < CHANGING_PAUSE; i++)
			__asm__ volatile("" ::: "memory");
	}
	return NULL;
}

/* A request for packet, len bytes. */
static void
changing_good(struct changing *c, bool inbound, const uint8_t *packet, uint32_t len)
{
	c->len[inbound] = (uint32_t)REQ_IPSEC_HDR_LEN + len;
	c->good[inbound] = malloc(c->len[inbound]);
	assert_non_null(c->good[inbound]);
	assert_int_equal(req_ipsec_header(c->good[inbound], REQ_IPSEC_HDR_LEN, inbound, 0),
			REQ_IPSEC_HDR_LEN);
	req_set_ipsec(c->good[inbound], len, CHANGING_DST - 1);
	memcpy(c->good[inbound] + REQ_IPSEC_HDR_LEN, packet, len);
}

/* nb: by status. */
static void
changing_turn(struct ix *ix, struct changing *c, unsigned int nb[VCRYPTOD_NB_STATUS])
{
	struct vcryptod_request r[CHANGING], *reqs[CHANGING];
	struct vqd_seg readable[CHANGING], writable[CHANGING];
	unsigned int i, done;

	for (i = 0; i < CHANGING; i++) {
		memcpy(c->src[i], c->good[i % 2], c->len[i % 2]);
		readable[i] = (struct vqd_seg){ .ptr = c->src[i], .len = c->len[i % 2] };
		writable[i] = (struct vqd_seg){ .ptr = c->dst[i], .len = CHANGING_DST };
		r[i] = (struct vcryptod_request){ .readable = &readable[i], .nb_readable = 1,
			.writable = &writable[i], .nb_writable = 1 };
		reqs[i] = &r[i];
	}
	/* A header may become one of AKCIPHER, which ends a turn: the rest is left out. */
	done = vcryptod_model_turn(&ix->fx.model, &ix->fx.lane[0], reqs, CHANGING);
	assert_true(done <= CHANGING);
	for (i = 0; i < done; i++) {
		assert_true(r[i].op.status < VCRYPTOD_NB_STATUS);
		assert_true(r[i].written <= CHANGING_DST);
		nb[r[i].op.status]++;
	}
}

static unsigned int
changes_of(const struct changing *c)
{
	return __atomic_load_n(&c->nb_changes, __ATOMIC_RELAXED);
}

static void
changing_sa(struct ix *ix, struct ix_sa *s, unsigned int nb[VCRYPTOD_NB_STATUS])
{
	uint8_t packet[1400], *p;
	struct changing c = { .stop = false };
	pthread_t thread;
	unsigned int i;
	uint32_t n;

	ix_ip(packet, sizeof(packet), false, 5);
	p = sealed(ix, s, packet, sizeof(packet), &n);
	changing_good(&c, false, packet, sizeof(packet));
	changing_good(&c, true, p, n);
	for (i = 0; i < CHANGING; i++) {
		c.src[i] = malloc(c.len[i % 2]);
		c.dst[i] = calloc(1, CHANGING_DST);
		assert_true(c.src[i] != NULL && c.dst[i] != NULL);
	}
	assert_int_equal(pthread_create(&thread, NULL, change_all_the_time, &c), 0);
	/* More of them where the other thread has not had its time yet. */
	for (i = 0; i < CHANGING_TURNS || changes_of(&c) < CHANGING_TURNS; i++) {
		assert_true(i < CHANGING_TURNS_MAX);
		changing_turn(ix, &c, nb);
	}
	__atomic_store_n(&c.stop, true, __ATOMIC_RELAXED);
	assert_int_equal(pthread_join(thread, NULL), 0);
	for (i = 0; i < CHANGING; i++) {
		free(c.src[i]);
		free(c.dst[i]);
	}
	free(c.good[0]);
	free(c.good[1]);
	free(p);
	ix_close(ix, false, 0);
	ix_close(ix, true, 0);
}

/* Nothing is read or written beyond a request's memory, and some of it goes well. */
static void
memory_that_changes(void **state)
{
	static const char * const engines[] = { "openssl", "ipsec-mb" };
	unsigned int nb[VCRYPTOD_NB_STATUS] = { 0 }, e, k;
	struct ix_sa s[5];
	struct ix ix;

	(void)state;
	ix_sa_aead(&s[0], MODE(ESP_TUNNEL), VIRTIO_CRYPTO_AEAD_GCM);
	ix_sa_aead(&s[1], MODE(ESP_TRANSPORT), VIRTIO_CRYPTO_AEAD_CHACHA20_POLY1305);
	ix_sa_two(&s[2], MODE(ESP_TUNNEL), VIRTIO_CRYPTO_CIPHER_AES_CBC,
			VIRTIO_CRYPTO_MAC_HMAC_SHA_256);
	s[2].p.options = VIRTIO_CRYPTO_IPSEC_ESN | VIRTIO_CRYPTO_IPSEC_UDP_ENCAP;
	ix_sa_two(&s[3], MODE(ESP_TRANSPORT), VIRTIO_CRYPTO_CIPHER_AES_CTR,
			VIRTIO_CRYPTO_MAC_XCBC_AES);
	ix_sa_two(&s[4], MODE(AH_TRANSPORT), 0, VIRTIO_CRYPTO_MAC_HMAC_SHA1);
	for (e = 0; e < 2; e++) {
		if (!ix_init(&ix, engines[e]))
			continue;
		for (k = 0; k < 5; k++)
			changing_sa(&ix, &s[k], nb);
		ix_fini(&ix);
	}
	print_message("%u OK, %u ERR, %u BADMSG\n", nb[OK], nb[ERR], nb[BADMSG]);
	assert_true(nb[OK] != 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		IX_CASE(requests_that_are_wrong),
		IX_CASE(requests_without_revision_1),
		IX_CASE(outbound_packets_that_lie),
		IX_CASE(inbound_packets_changed_anywhere),
		IX_CASE(genuine_and_malformed),
		IX_CASE(bytes_behind_the_inner_packet),
		cmocka_unit_test(memory_that_changes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
