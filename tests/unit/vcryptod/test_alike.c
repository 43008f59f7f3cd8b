/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Requests that are alike, of which the model prepares the first of a turn alone: the results
 * of a turn are those of its requests one by one.  Headers, framing, sessions, all mostly
 * the same and sometimes not, over both layouts of session mode.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fixture.h"

#define TURNS		3000u
#define SESSIONS	4
#define READABLE	320u	/* bytes of a request, and what it may write */
#define WRITABLE	256u
#define PIECES		6u
#define GAP		3u	/* segments between readable and writable ones */
#define LENS		5u	/* of the source: so many times 16 bytes, at most */

static const uint8_t key[32] = { 9 };

static const struct req_session session[SESSIONS] = {
	{ .kind = REQ_CIPHER, .algo = VIRTIO_CRYPTO_CIPHER_AES_CBC,
		.op = VIRTIO_CRYPTO_OP_ENCRYPT, .key = key, .key_len = 16 },
	{ .kind = REQ_AEAD, .algo = VIRTIO_CRYPTO_AEAD_GCM, .op = VIRTIO_CRYPTO_OP_DECRYPT,
		.key = key, .key_len = 16, .digest_len = 16, .aad_len = 20 },
	{ .kind = REQ_AEAD, .algo = VIRTIO_CRYPTO_AEAD_GCM, .op = VIRTIO_CRYPTO_OP_ENCRYPT,
		.key = key, .key_len = 16, .digest_len = 16, .aad_len = 20 },
	{ .kind = REQ_CHAIN, .algo = VIRTIO_CRYPTO_CIPHER_AES_CBC,
		.op = VIRTIO_CRYPTO_OP_ENCRYPT, .key = key, .key_len = 16,
		.chain_order = VIRTIO_CRYPTO_SYM_ALG_CHAIN_ORDER_CIPHER_THEN_HASH,
		.hash_mode = VIRTIO_CRYPTO_SYM_HASH_MODE_AUTH,
		.auth_algo = VIRTIO_CRYPTO_MAC_HMAC_SHA1, .auth_key = key, .auth_key_len = 20,
		.digest_len = 20, .aad_len = 0 },
};

/* A request twice: for its turn and for one of its own. */
struct twin {
	uint8_t readable[READABLE], writable[2][WRITABLE];
	struct vqd_seg seg[2][2 * PIECES + GAP];
	struct vcryptod_request r[2];
	unsigned int which;
};

struct rig {
	struct fx fx;
	uint64_t id[SESSIONS];
	/* Zeros, encrypted with an iv and AAD of zeros, and the tag. */
	uint8_t sealed[LENS + 1][16 * LENS + 16];
	unsigned int ok[SESSIONS];
	struct twin twin[VCRYPTOD_BATCH];
};

/* Cuts len bytes at the places of last time, or at others. */
static unsigned int
cut(struct vqd_seg seg[2][2 * PIECES + GAP], unsigned int at, uint8_t *a, uint8_t *b, uint32_t len,
		const uint32_t where[PIECES])
{
	unsigned int i, n = 0;
	uint32_t done = 0;

	for (i = 0; i <= PIECES - 1 && done < len; i++) {
		uint32_t end = i < PIECES - 1 && where[i] < len ? where[i] : len;

		if (end < done)
			continue;
		seg[0][at + n] = (struct vqd_seg){ a + done, end - done };
		seg[1][at + n] = (struct vqd_seg){ b + done, end - done };
		done = end;
		n++;
	}
	return n;
}

static uint32_t
fill_header(struct rig *r, uint8_t *hdr, unsigned int which, uint32_t len)
{
	const struct req_session *s = &session[which];
	int n = req_data_header(hdr, REQ_DATA_HDR_MAX, s, r->id[which], s->kind == REQ_AEAD ?
			12 : 16, 0, fx_flags(&r->fx), false);

	assert_true(n > 0);
	if (s->kind == REQ_CIPHER)
		req_set_cipher(hdr, len, len);
	else if (s->kind == REQ_CHAIN)
		req_set_chain(hdr, len, len, 0, len, 0, len);
	else if (s->op == VIRTIO_CRYPTO_OP_ENCRYPT)
		req_set_aead(hdr, 20, len, len + 16);
	else
		req_set_aead(hdr, 20, len + 16, len);
	return (uint32_t)n;
}

/* What the requests of a turn have in common, mostly. */
struct usual {
	unsigned int which;
	uint32_t len, readable, writable;
	uint32_t cut_read[PIECES], cut_write[PIECES];
};

static void
choose(struct usual *u)
{
	unsigned int i;

	u->which = (unsigned int)rand() % SESSIONS;
	u->len = 16 * (1 + (uint32_t)rand() % LENS);
	u->readable = READABLE - (uint32_t)rand() % 4;
	u->writable = WRITABLE - (uint32_t)rand() % 4;
	for (i = 0; i < PIECES; i++) {
		u->cut_read[i] = 60 + 20 * i + (uint32_t)rand() % 60;
		u->cut_write[i] = 20 * i + (uint32_t)rand() % 40;
	}
	/* The usual header lies in one piece. */
	if (rand() % 2)
		u->cut_read[0] = 88 + (uint32_t)rand() % 20;
}

static void
make(struct rig *r, struct twin *t, const struct usual *u)
{
	unsigned int k, nb_readable, nb_writable, i, at;
	uint32_t hdr_len;

	for (k = 0; k < READABLE; k++)
		t->readable[k] = (uint8_t)rand();
	t->which = u->which;
	hdr_len = fill_header(r, t->readable, u->which, u->len);
	if (session[u->which].op == VIRTIO_CRYPTO_OP_DECRYPT && rand() % 4 != 0) {
		memset(t->readable + hdr_len, 0, 12 + u->len + 16 + 20);
		memcpy(t->readable + hdr_len + 12, r->sealed[u->len / 16], u->len + 16);
	}
	if (rand() % 8 == 0)
		t->readable[(unsigned int)rand() % 72] = (uint8_t)(rand() % 3 ? rand() : 1);
	memset(t->writable, 0xee, sizeof(t->writable));
	nb_readable = cut(t->seg, 0, t->readable, t->readable, u->readable, u->cut_read);
	at = nb_readable + (unsigned int)rand() % GAP;
	nb_writable = cut(t->seg, at, t->writable[0], t->writable[1], u->writable,
			u->cut_write);
	if (rand() % 16 == 0)
		nb_readable--;
	else if (rand() % 16 == 0 && nb_writable != 0)
		nb_writable--;
	for (i = 0; i < 2; i++) {
		memset(&t->r[i], rand() % 2 ? 0x5a : 0, sizeof(t->r[i]));
		t->r[i].readable = t->seg[i];
		t->r[i].nb_readable = nb_readable;
		t->r[i].writable = t->seg[i] + at;
		t->r[i].nb_writable = nb_writable;
	}
}

static void
compare(const struct twin *t)
{
	assert_int_equal(t->r[0].malformed, t->r[1].malformed);
	assert_int_equal(t->r[0].exact, t->r[1].exact);
	assert_int_equal(t->r[0].written, t->r[1].written);
	assert_memory_equal(t->writable[0], t->writable[1], WRITABLE);
}

static void
run_turn(struct rig *r, unsigned int n)
{
	struct vcryptod_request *p[VCRYPTOD_BATCH], *one;
	const struct vcryptod_counters *whole, *single;
	unsigned int i;

	for (i = 0; i < n; i++)
		p[i] = &r->twin[i].r[0];
	fx_serve(&r->fx.model, &r->fx.lane[0], p, n);
	for (i = 0; i < n; i++) {
		one = &r->twin[i].r[1];
		fx_serve(&r->fx.model, &r->fx.lane[1], &one, 1);
		compare(&r->twin[i]);
		r->ok[r->twin[i].which] += one->written > 1;
	}
	whole = &r->fx.model.cfg.figures->queue[0].by[VCRYPTOD_BY_WORKER];
	single = &r->fx.model.cfg.figures->queue[1].by[VCRYPTOD_BY_WORKER];
	assert_int_equal(whole->requests, single->requests);
	assert_int_equal(whole->bytes, single->bytes);
	assert_memory_equal(whole->status, single->status, sizeof(whole->status));
	assert_memory_equal(whole->row, single->row, sizeof(whole->row));
}

static void
seal(struct rig *r, unsigned int k)
{
	static const uint8_t zeros[16 * LENS];
	uint8_t digest[1];
	struct fx_op op = {
		.s = &session[2], .id = r->id[2], .iv = { zeros, 12 }, .aad = { zeros, 20 },
		.src = { zeros, 16 * k }, .dst_len = 16 * k + 16, .digest_len = 16,
	};

	assert_int_equal(fx_run(&r->fx, &op, r->sealed[k], digest), VIRTIO_CRYPTO_OK);
}

static void
one_by_one(enum fx_layout layout)
{
	struct rig *r = aligned_alloc(64, (sizeof(*r) + 63) & ~63ul);
	unsigned int turn, i, all = 0, good = 0;
	struct usual u, other;

	assert_non_null(r);
	memset(r, 0, sizeof(*r));
	assert_true(fx_init(&r->fx, "openssl"));
	fx_layout(&r->fx, layout);
	for (i = 0; i < SESSIONS; i++)
		assert_int_equal(fx_create(&r->fx, &r->id[i], &session[i]), VIRTIO_CRYPTO_OK);
	for (i = 1; i <= LENS; i++)
		seal(r, i);
	memset(r->fx.model.cfg.figures->queue, 0,
			FX_LANES * sizeof(r->fx.model.cfg.figures->queue[0]));
	for (turn = 0; turn < TURNS; turn++) {
		unsigned int n = 1 + (unsigned int)rand() % 16;

		choose(&u);
		for (i = 0; i < n; i++) {
			other = u;
			if (rand() % 6 == 0)
				choose(&other);
			else if (rand() % 8 == 0)
				other.cut_read[rand() % PIECES] += 1;
			else if (rand() % 8 == 0)
				other.writable = (uint32_t)rand() % 100;
			make(r, &r->twin[i], &other);
		}
		run_turn(r, n);
		all += n;
	}
	for (i = 0; i < SESSIONS; i++) {
		print_message("session %u: %u of about %u requests are good\n", i, r->ok[i],
				all / SESSIONS);
		assert_true(r->ok[i] > all / SESSIONS / 4);
		good += r->ok[i];
	}
	assert_true(good < all * 9 / 10);
	fx_fini(&r->fx);
	free(r);
}

static void
one_by_one_padded(void **state)
{
	(void)state;
	one_by_one(FX_PADDED);
}

static void
one_by_one_revision_1(void **state)
{
	(void)state;
	one_by_one(FX_REVISION_1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_by_one_padded),
		cmocka_unit_test(one_by_one_revision_1),
	};

	srand(4);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
