/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Numbers of the IPSEC service through the device model: the window against replayed packets,
 * with and without ESN and across 2^32; lifetimes; one association on two lanes at once; packets
 * among other requests, and results that lie on their sources.
 */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ipsec_bytes.h"
#include "ipsec_rig.h"

#define MODE(m)		VIRTIO_CRYPTO_IPSEC_MODE_##m
#define OK		VIRTIO_CRYPTO_OK
#define ERR		VIRTIO_CRYPTO_ERR
#define BADMSG		VIRTIO_CRYPTO_BADMSG
#define SOFT		VIRTIO_CRYPTO_IPSEC_SA_SOFT_EXPIRY
#define ESN		VIRTIO_CRYPTO_IPSEC_ESN
#define LEN		64u	/* bytes of packets here */
#define WRAP		(UINT64_C(1) << 32)

/* ---- the window ---- */

#define NB_NUMBERS	700u

struct stream {
	struct ix *ix;
	uint64_t first;		/* number of packet 0 */
	uint32_t len;		/* of each sealed packet */
	uint8_t *packet[NB_NUMBERS];
	/* What the window must be. */
	bool seen[NB_NUMBERS], esn;
	int64_t top;		/* index; -1: none */
	uint32_t size;
};

static void
stream_make(struct stream *t, struct ix *ix, struct ix_sa *s, uint32_t size, uint64_t first)
{
	struct ix_packet p[50];
	uint8_t packet[LEN];
	unsigned int i, k;

	memset(t, 0, sizeof(*t));
	t->ix = ix;
	t->size = size;
	t->top = -1;
	t->first = first;
	t->esn = (s->p.options & ESN) != 0;
	s->p.replay_win_sz = size;
	ix_ip(packet, LEN, false, 1);
	t->len = ix_out_len(s, packet, LEN);
	assert_int_equal(ix_open(ix, s, false, 0), 0);
	assert_int_equal(ix_open(ix, s, true, 0), 0);
	ix_find(ix, false, 0)->counter.last = first - 1;
	/* Where a window is when it has come so far. */
	if (first > 1)
		assert_int_equal(vcryptod_ipsec_window_update(&ix_find(ix, true, 0)->window,
				first - 1), 0);
	for (i = 0; i < NB_NUMBERS; i += 50) {
		for (k = 0; k < 50; k++)
			p[k] = (struct ix_packet){ .src = packet, .src_len = LEN,
				.dst_len = t->len };
		ix_turn(ix, 0, p, 50);
		for (k = 0; k < 50; k++) {
			assert_int_equal(p[k].status, OK);
			t->packet[i + k] = p[k].dst;
		}
	}
}

static void
stream_end(struct stream *t)
{
	unsigned int i;

	for (i = 0; i < NB_NUMBERS; i++)
		free(t->packet[i]);
	ix_close(t->ix, false, 0);
	ix_close(t->ix, true, 0);
}

/* Up to 32 of them in one turn, any of them more than once: each status is as it must be. */
static unsigned int
stream_deliver(struct stream *t, const unsigned int *which, unsigned int n)
{
	struct ix_packet p[32];
	unsigned int i, nb_ok = 0;
	const int64_t before = t->top - (int64_t)t->size;
	bool old, want;

	for (i = 0; i < n; i++)
		p[i] = (struct ix_packet){ .inbound = true, .src = t->packet[which[i]],
			.src_len = t->len, .dst_len = LEN, .piece = which[i] % 5 * 11 };
	ix_turn(t->ix, n % 2, p, n);
	for (i = 0; i < n; i++) {
		old = t->size != 0 && (int64_t)which[i] <= t->top - (int64_t)t->size;
		want = t->size == 0 || (!t->seen[which[i]] && !old);
		/* One that was below the window when the turn began has a number above it with
		 * ESN, and a wrong ICV then.
		 */
		assert_int_equal(p[i].status, want ? OK : t->esn && t->size != 0 &&
				(int64_t)which[i] <= before ? BADMSG : ERR);
		nb_ok += want;
		free(p[i].dst);
		if (!want)
			continue;
		t->seen[which[i]] = true;
		if ((int64_t)which[i] > t->top)
			t->top = which[i];
	}
	return nb_ok;
}

static void
stream_edges(struct stream *t)
{
	unsigned int n = t->size, w[6];

	if (n == 0 || n + 10 > NB_NUMBERS)
		return;
	/* The top; its window's bottom; what is below that; the next one; all again. */
	w[0] = n + 5;
	w[1] = n + 5;
	assert_int_equal(stream_deliver(t, w, 2), 1);
	w[0] = 6;
	w[1] = 5;
	w[2] = 6;
	assert_int_equal(stream_deliver(t, w, 3), n > 1 ? 1 : 0);
	w[0] = n + 6;
	w[1] = 6;
	w[2] = 7;
	assert_int_equal(stream_deliver(t, w, 3), n > 2 ? 2 : 1);
}

static void
stream_random(struct stream *t)
{
	unsigned int w[32], i, at = 0, n, nb_ok = 0, nb = 0;

	while (at < NB_NUMBERS) {
		n = 1 + (unsigned int)rand() % 32;
		for (i = 0; i < n; i++) {
			w[i] = at + (unsigned int)rand() % 24;
			if (rand() % 4 == 0)
				w[i] -= (unsigned int)rand() % (at < 90 ? at + 1 : 90);
			if (w[i] >= NB_NUMBERS)
				w[i] = NB_NUMBERS - 1;
		}
		at += (unsigned int)rand() % 12;
		nb_ok += stream_deliver(t, w, n);
		nb += n;
	}
	assert_true(nb_ok > 100 && (t->size == 0 || nb_ok < nb));
}

static void
windows(struct ix *ix, uint64_t first, uint32_t options)
{
	static const uint32_t sizes[] = { 0, 1, 2, 31, 32, 33, 63, 64, 65, 100, 128, 512 };
	struct stream t;
	struct ix_sa s[2];
	unsigned int i;

	srand(7);
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		/* One whose number is in a nonce, and one whose number is only covered. */
		ix_sa_aead(&s[0], MODE(ESP_TUNNEL), VIRTIO_CRYPTO_AEAD_GCM);
		ix_sa_two(&s[1], i % 4 == 3 ? MODE(AH_TRANSPORT) : MODE(ESP_TRANSPORT), 0,
				VIRTIO_CRYPTO_MAC_HMAC_SHA1);
		s[i % 2].p.options = options;
		stream_make(&t, ix, &s[i % 2], sizes[i], first);
		stream_edges(&t);
		stream_random(&t);
		stream_end(&t);
	}
}

static void
replayed_packets(void **state)
{
	windows(*state, 1, 0);
	windows(*state, 1, ESN);
	windows(*state, WRAP - 1000, 0);
}

static void
replayed_packets_across_2_32(void **state)
{
	windows(*state, WRAP - 350, ESN);
	windows(*state, WRAP - 1, ESN);
	windows(*state, 3 * WRAP - 20, ESN);
}

/* Without ESN numbers come to an end, and then no packet goes out. */
static void
numbers_come_to_an_end(void **state)
{
	struct ix *ix = *state;
	struct ix_packet p[4];
	uint8_t packet[LEN];
	unsigned int i, esn;
	struct ix_sa s;

	ix_ip(packet, LEN, false, 1);
	for (esn = 0; esn < 2; esn++) {
		ix_sa_aead(&s, MODE(ESP_TUNNEL), VIRTIO_CRYPTO_AEAD_GCM);
		s.p.options = esn != 0 ? ESN : 0;
		assert_int_equal(ix_open(ix, &s, false, 0), 0);
		ix_find(ix, false, 0)->counter.last = esn != 0 ? UINT64_MAX - 2 : UINT32_MAX - 2;
		for (i = 0; i < 4; i++)
			p[i] = (struct ix_packet){ .src = packet, .src_len = LEN,
				.dst_len = ix_out_len(&s, packet, LEN) };
		ix_turn(ix, 0, p, 4);
		for (i = 0; i < 4; i++) {
			assert_int_equal(p[i].status, i < 2 ? OK : ERR);
			if (i < 2)
				assert_int_equal(vcryptod_get32(p[i].dst + 24),
						UINT32_MAX - 1 + i);
			free(p[i].dst);
		}
		ix_close(ix, false, 0);
	}
}

/* ---- lifetimes ---- */

static void
lifetimes(void **state)
{
	struct ix *ix = *state;
	struct ix_packet p[12], q[12];
	const struct vcryptod_counters *c;
	uint8_t packet[LEN];
	unsigned int i, bytes;
	uint64_t failed = 0;
	struct ix_sa s;

	ix_ip(packet, LEN, false, 1);
	for (bytes = 0; bytes < 2; bytes++) {
		ix_sa_aead(&s, MODE(ESP_TUNNEL), VIRTIO_CRYPTO_AEAD_GCM);
		s.p.options = VIRTIO_CRYPTO_IPSEC_SA_LIFETIME;
		if (bytes != 0) {
			s.p.life.bytes_soft_limit = 5 * LEN;
			s.p.life.bytes_hard_limit = 9 * LEN + 10;
		} else {
			s.p.life.packets_soft_limit = 5;
			s.p.life.packets_hard_limit = 9;
		}
		assert_int_equal(ix_open(ix, &s, false, 0), 0);
		/* Inbound a packet is longer. */
		s.p.life.bytes_soft_limit = bytes * 5 * ix_out_len(&s, packet, LEN);
		s.p.life.bytes_hard_limit = bytes * (9 * ix_out_len(&s, packet, LEN) + 10);
		assert_int_equal(ix_open(ix, &s, true, 0), 0);
		for (i = 0; i < 12; i++)
			p[i] = (struct ix_packet){ .src = packet, .src_len = LEN,
				.dst_len = ix_out_len(&s, packet, LEN) };
		ix_turn(ix, 0, p, 12);
		for (i = 0; i < 12; i++) {
			assert_int_equal(p[i].status, i < 4 ? OK : i < 9 ? SOFT : ERR);
			assert_int_equal(p[i].len, i < 9 ? p[i].dst_len : 0);
			/* Those that did not go out: one that did, again. */
			q[i] = (struct ix_packet){ .inbound = true, .src = p[i < 9 ? i : 0].dst,
				.src_len = p[0].len, .dst_len = LEN };
		}
		/* What does not prove right is not counted. */
		q[3].id = 1;
		ix_turn(ix, 0, q, 12);
		for (i = 0; i < 12; i++)
			free(q[i].dst);
		assert_int_equal(q[3].status, VIRTIO_CRYPTO_INVSESS);
		assert_true(q[4].status == OK && q[5].status == SOFT && q[8].status == SOFT);
		assert_true(q[9].status == ERR && q[11].status == ERR);
		q[3].id = 0;
		q[3].piece = 10;
		assert_int_equal(ix_one(ix, &q[3]), SOFT);
		assert_memory_equal(q[3].dst, packet, LEN);
		free(q[3].dst);
		/* The ninth was it: now the limit is told, before all else. */
		assert_int_equal(ix_find(ix, true, 0)->packets, 9);
		for (i = 0; i < 12; i++)
			free(p[i].dst);
		ix_close(ix, false, 0);
		ix_close(ix, true, 0);
	}
	/* Counted as what they are: a request over the soft limit has its result. */
	c = &ix->fx.model.cfg.figures->queue[0].by[VCRYPTOD_BY_WORKER];
	assert_int_equal(c->status[SOFT], 2 * (5 + 5));
	for (i = 0; i < VCRYPTOD_FIGURES_ROWS; i++)
		failed += c->row[i].failed;
	assert_int_equal(failed, c->requests - c->status[OK] - c->status[SOFT]);
}

/* ---- two lanes ---- */

#define TURNS	60u
#define PER	20u	/* packets of a turn */
#define ALL	(2 * TURNS * PER)

struct side {
	struct ix *ix;
	unsigned int lane;
	pthread_barrier_t *start;
	uint32_t len;
	uint8_t *out[TURNS * PER];
	uint8_t * const *in;		/* ALL packets */
	uint8_t status[ALL];
};

static void *
side_out(void *arg)
{
	struct side *t = arg;
	struct ix_packet p[PER];
	uint8_t packet[LEN];
	unsigned int i, k;

	ix_ip(packet, LEN, false, 1);
	pthread_barrier_wait(t->start);
	for (k = 0; k < TURNS; k++) {
		for (i = 0; i < PER; i++)
			p[i] = (struct ix_packet){ .src = packet, .src_len = LEN,
				.dst_len = t->len };
		ix_turn(t->ix, t->lane, p, PER);
		for (i = 0; i < PER; i++)
			t->out[k * PER + i] = p[i].status == OK ? p[i].dst : NULL;
	}
	return NULL;
}

static void *
side_in(void *arg)
{
	struct side *t = arg;
	struct ix_packet p[PER];
	unsigned int i, k;

	pthread_barrier_wait(t->start);
	for (k = 0; k < ALL; k += PER) {
		for (i = 0; i < PER; i++)
			p[i] = (struct ix_packet){ .inbound = true, .src = t->in[k + i],
				.src_len = t->len, .dst_len = LEN };
		ix_turn(t->ix, t->lane, p, PER);
		for (i = 0; i < PER; i++) {
			t->status[k + i] = p[i].status;
			free(p[i].dst);
		}
	}
	return NULL;
}

static void
both_at_once(struct side side[2], void *(*what)(void *))
{
	pthread_barrier_t start;
	pthread_t thread[2];
	unsigned int i;

	assert_int_equal(pthread_barrier_init(&start, NULL, 2), 0);
	for (i = 0; i < 2; i++) {
		side[i].start = &start;
		assert_int_equal(pthread_create(&thread[i], NULL, what, &side[i]), 0);
	}
	for (i = 0; i < 2; i++)
		assert_int_equal(pthread_join(thread[i], NULL), 0);
	pthread_barrier_destroy(&start);
}

static void
one_association_on_two_lanes(void **state)
{
	struct side *side = calloc(2, sizeof(*side));
	uint8_t *by_number[ALL + 1] = { NULL };
	uint32_t number, last;
	unsigned int i, k;
	struct ix_sa s;
	uint8_t packet[LEN];

	assert_non_null(side);
	ix_ip(packet, LEN, false, 1);
	ix_sa_aead(&s, MODE(ESP_TUNNEL), VIRTIO_CRYPTO_AEAD_GCM);
	/* So that no packet is too old, however the threads run. */
	s.p.replay_win_sz = IX_WINDOW;
	for (i = 0; i < 2; i++) {
		assert_int_equal(ix_open(*state, &s, i != 0, 0), 0);
		side[i].ix = *state;
		side[i].lane = i;
		side[i].len = ix_out_len(&s, packet, LEN);
		side[i].in = by_number + 1;
	}
	both_at_once(side, side_out);
	for (i = 0; i < 2; i++)
		for (k = 0, last = 0; k < TURNS * PER; k++, last = number) {
			assert_non_null(side[i].out[k]);
			number = vcryptod_get32(side[i].out[k] + 24);
			/* In order on each, and none twice. */
			assert_true(number > last && number <= ALL);
			assert_null(by_number[number]);
			by_number[number] = side[i].out[k];
		}
	both_at_once(side, side_in);
	for (k = 0; k < ALL; k++) {
		/* Each of them once, by one or the other. */
		assert_int_equal((side[0].status[k] == OK) + (side[1].status[k] == OK), 1);
		assert_int_equal((side[0].status[k] == ERR) + (side[1].status[k] == ERR), 1);
		free(by_number[k + 1]);
	}
	free(side);
}

/* ---- beside and upon others ---- */

/* dst begins shift bytes before src, or behind it. */
static void
shifted(struct ix *ix, bool inbound, const uint8_t *src, uint32_t len, const uint8_t *want,
		uint32_t want_len, int shift)
{
	uint8_t memory[1024], hdr[REQ_IPSEC_HDR_LEN], status = 0xff, *from = memory + 400;
	struct vqd_seg readable[2] = { { .ptr = hdr, .len = sizeof(hdr) },
		{ .ptr = from, .len = len } };
	struct vqd_seg writable[2] = { { .ptr = from + shift, .len = want_len },
		{ .ptr = &status, .len = 1 } };
	struct vcryptod_request r = { .readable = readable, .nb_readable = 2,
		.writable = writable, .nb_writable = 2 }, *rp = &r;

	assert_int_equal(req_ipsec_header(hdr, sizeof(hdr), inbound, 0), sizeof(hdr));
	req_set_ipsec(hdr, len, want_len);
	memcpy(from, src, len);
	assert_int_equal(vcryptod_model_turn(&ix->fx.model, &ix->fx.lane[0], &rp, 1), 1);
	assert_int_equal(status, OK);
	assert_int_equal(r.written, want_len + 1);
	assert_memory_equal(from + shift, want, want_len);
}

static void
results_upon_sources(void **state)
{
	struct ix *ix = *state;
	struct ix_packet p = { .src_len = LEN };
	struct vcryptod_ipsec_sa *sa;
	uint8_t packet[LEN];
	struct ix_sa s[3];
	unsigned int i;
	int shift;

	ix_sa_aead(&s[0], MODE(ESP_TUNNEL), VIRTIO_CRYPTO_AEAD_GCM);
	ix_sa_two(&s[1], MODE(ESP_TRANSPORT), VIRTIO_CRYPTO_CIPHER_AES_CTR,
			VIRTIO_CRYPTO_MAC_HMAC_SHA_256);
	ix_sa_two(&s[2], MODE(AH_TUNNEL), 0, VIRTIO_CRYPTO_MAC_XCBC_AES);
	ix_ip(packet, LEN, false, 9);
	p.src = packet;
	for (i = 0; i < 3; i++) {
		s[i].p.replay_win_sz = 0;
		p.dst_len = ix_out_len(&s[i], packet, LEN);
		assert_int_equal(ix_open(ix, &s[i], false, 0), 0);
		assert_int_equal(ix_open(ix, &s[i], true, 0), 0);
		sa = ix_find(ix, false, 0);
		assert_int_equal(ix_one(ix, &p), OK);
		for (shift = -100; shift <= 100; shift++) {
			sa->counter.last = 0;
			shifted(ix, false, packet, LEN, p.dst, p.len, shift);
			shifted(ix, true, p.dst, p.len, packet, LEN, shift);
		}
		free(p.dst);
		ix_close(ix, false, 0);
		ix_close(ix, true, 0);
	}
}

/* Those of other services in the same turn, on both sides of it. */
static void
among_other_requests(void **state)
{
	static const uint8_t key[16] = { 9 };
	const struct req_session cbc = { .kind = REQ_CIPHER, .op = VIRTIO_CRYPTO_OP_ENCRYPT,
		.algo = VIRTIO_CRYPTO_CIPHER_AES_CBC, .key = key, .key_len = 16 };
	struct ix *ix = *state;
	struct ix_sa s;
	uint64_t id = 0;
	uint8_t req[3][160] = { { 0 } }, dst[3][160], want[32], none[1];
	struct fx_op op = { .s = &cbc, .iv = { key, 16 }, .src = { key, 16 }, .dst_len = 16 };
	struct vqd_seg readable[3], writable[3];
	struct vcryptod_request r[3], *rp[3] = { &r[0], &r[1], &r[2] };
	unsigned int i;
	int n;

	assert_int_equal(fx_create(&ix->fx, &id, &cbc), OK);
	op.id = id;
	assert_int_equal(fx_run(&ix->fx, &op, want, none), OK);
	ix_sa_aead(&s, MODE(ESP_TUNNEL), VIRTIO_CRYPTO_AEAD_GCM);
	assert_int_equal(ix_open(ix, &s, false, 0), 0);
	for (i = 0; i < 3; i++) {
		if (i != 1) {
			n = req_data_header(req[i], sizeof(req[i]), &cbc, id, 16, 0,
					fx_flags(&ix->fx), false);
			req_set_cipher(req[i], 16, 16);
			memcpy(req[i] + n, key, 16);
			memcpy(req[i] + n + 16, key, 16);
			n += 32;
		} else {
			n = req_ipsec_header(req[i], sizeof(req[i]), false, 0);
			req_set_ipsec(req[i], LEN, 120);
			ix_ip(req[i] + n, LEN, false, 3);
			n += (int)LEN;
		}
		readable[i] = (struct vqd_seg){ .ptr = req[i], .len = (uint32_t)n };
		writable[i] = (struct vqd_seg){ .ptr = dst[i], .len = i != 1 ? 17 : 121 };
		r[i] = (struct vcryptod_request){ .readable = &readable[i], .nb_readable = 1,
			.writable = &writable[i], .nb_writable = 1 };
	}
	assert_int_equal(vcryptod_model_turn(&ix->fx.model, &ix->fx.lane[0], rp, 3), 3);
	assert_true(dst[0][16] == OK && dst[1][120] == OK && dst[2][16] == OK);
	assert_memory_equal(dst[0], want, 16);
	assert_memory_equal(dst[2], want, 16);
	assert_int_equal(vcryptod_get32(dst[1] + 24), 1);
	assert_true(!r[0].exact && r[1].exact && r[1].written == 1 + 120 && r[2].written == 17);
}

/* ---- options ---- */

static void
options_of_tunnels(void **state)
{
	struct ix *ix = *state;
	struct ix_packet p = { .src_len = LEN }, q = { .inbound = true, .dst_len = LEN };
	uint8_t packet[LEN];
	struct ix_sa s;

	ix_sa_aead(&s, MODE(ESP_TUNNEL), VIRTIO_CRYPTO_AEAD_GCM);
	s.p.options = VIRTIO_CRYPTO_IPSEC_COPY_DSCP | VIRTIO_CRYPTO_IPSEC_COPY_DF |
			VIRTIO_CRYPTO_IPSEC_ECN | VIRTIO_CRYPTO_IPSEC_DEC_TTL;
	s.p.tunnel.dscp = 1;
	s.p.tunnel.ttl = 33;
	assert_int_equal(ix_open(ix, &s, false, 0), 0);
	assert_int_equal(ix_open(ix, &s, true, 0), 0);
	ix_ip(packet, LEN, false, 9);
	packet[1] = 46 << 2 | 2;
	packet[6] = 0x40;
	p.src = packet;
	p.dst_len = ix_out_len(&s, packet, LEN);
	assert_int_equal(ix_one(ix, &p), OK);
	assert_int_equal(p.dst[1], 46 << 2 | 2);
	assert_int_equal(p.dst[6] & 0x40, 0x40);
	assert_int_equal(p.dst[8], 33);
	/* A router on the way saw congestion. */
	p.dst[1] |= 3;
	q.src = p.dst;
	q.src_len = p.len;
	assert_int_equal(ix_one(ix, &q), OK);
	assert_int_equal(q.dst[1], 46 << 2 | 3);
	assert_int_equal(q.dst[8], 63);
	assert_memory_equal(q.dst + 12, packet + 12, LEN - 12);
	free(p.dst);
	free(q.dst);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		IX_CASE(replayed_packets),
		IX_CASE(replayed_packets_across_2_32),
		IX_CASE(numbers_come_to_an_end),
		IX_CASE(lifetimes),
		IX_CASE(one_association_on_two_lanes),
		IX_CASE(results_upon_sources),
		IX_CASE(among_other_requests),
		IX_CASE(options_of_tunnels),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
