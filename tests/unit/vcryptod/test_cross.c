/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The engines against each other: batches of random requests of all symmetric kinds,
 * the same for both, byte for byte the same results.  All data lies against pages that
 * can't be touched, on the right or on the left, so that an engine that reads or writes
 * one byte beyond ends the program.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "fixture.h"

#define BATCHES		200
#define SOME_SIZES	1500	/* bytes of most requests */
#define LARGE_SIZE	66000	/* of a few: beyond 16 bits */
#define ROOM		69632	/* bytes of one buffer, whole pages */
#define BEHIND		128	/* bytes behind dst that must not change */
#define UNSET		0x5a

enum { SRC, DST, REST, AAD, NB_BUFFERS };

struct buffer {
	uint8_t *room;		/* ROOM bytes between two guard pages */
};

struct request {
	struct req_session s;
	uint8_t key[64], auth_key[200], iv[16], aad[64];
	uint32_t iv_len, aad_len, src_len, dst_len, digest_len;
	struct vcryptod_op range;
	bool left;		/* at the left end of its rooms */
	uint8_t *src;		/* ROOM bytes: the data, kept */
};

/* What an engine made of a request. */
struct result {
	uint32_t status;
	uint8_t *dst;
	uint8_t digest[VCRYPTOD_DIGEST_MAX];
};

static struct fx fx[2];
static uint64_t seed = 0x853c49e6748fea9bu;
static struct buffer buffer[VCRYPTOD_BATCH][NB_BUFFERS];

static uint32_t
draw(uint32_t below)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return below == 0 ? 0 : (uint32_t)((seed >> 16) % below);
}

static void
fill(uint8_t *p, uint32_t len)
{
	uint32_t i;

	for (i = 0; i < len; i++)
		p[i] = (uint8_t)draw(256);
}

static void
buffers_create(void)
{
	long page = sysconf(_SC_PAGESIZE);
	unsigned int i, k;
	uint8_t *p;

	for (i = 0; i < VCRYPTOD_BATCH; i++) {
		for (k = 0; k < NB_BUFFERS; k++) {
			p = mmap(NULL, (size_t)(ROOM + 2 * page), PROT_NONE,
					MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
			assert_true(p != MAP_FAILED);
			assert_int_equal(mprotect(p + page, ROOM, PROT_READ | PROT_WRITE), 0);
			buffer[i][k].room = p + page;
		}
	}
}

static uint8_t *
place(unsigned int i, unsigned int k, uint32_t len, bool left)
{
	return left ? buffer[i][k].room : buffer[i][k].room + ROOM - len;
}

static uint32_t
draw_range(const struct req_range *r, uint32_t most)
{
	uint32_t max = r->max < most ? r->max : most;
	uint32_t steps = r->inc != 0 ? (max - r->min) / r->inc : 0;

	return r->min + draw(steps + 1) * r->inc;
}

/* An algorithm of both engines. */
static const struct req_alg *
draw_alg(enum virtio_crypto_service service)
{
	const struct req_alg *table, *alg;
	unsigned int nb;

	table = req_alg_table(&nb);
	for (;;) {
		alg = &table[draw(nb)];
		if (alg->service == service && (fx[0].caps.mask[service] &
				fx[1].caps.mask[service] & VIRTIO_BIT(alg->number)))
			return alg;
	}
}

static void
draw_auth(struct request *r)
{
	bool plain = draw(3) == 0;
	const struct req_alg *auth = draw_alg(plain ? VIRTIO_CRYPTO_SERVICE_HASH :
			VIRTIO_CRYPTO_SERVICE_MAC);

	r->s.hash_mode = plain ? VIRTIO_CRYPTO_SYM_HASH_MODE_PLAIN :
			VIRTIO_CRYPTO_SYM_HASH_MODE_AUTH;
	r->s.auth_algo = auth->number;
	r->s.auth_key_len = plain ? 0 : draw_range(&auth->key, sizeof(r->auth_key));
	r->s.auth_key = r->auth_key;
	r->s.digest_len = r->digest_len = draw_range(&auth->digest, VCRYPTOD_DIGEST_MAX);
	r->s.chain_order = 1 + draw(2);
	r->aad_len = draw(8) == 0 ? draw(sizeof(r->aad)) : 0;
}

static void
draw_lengths(struct request *r, const struct req_alg *alg)
{
	uint32_t len = draw(draw(40) == 0 ? LARGE_SIZE : SOME_SIZES), block = alg->block;

	if (draw(20) == 0)
		len = 0;
	if (len < alg->min_len)
		len = alg->min_len;
	r->range.cipher_len = len / block * block;
	r->range.cipher_off = r->s.kind == REQ_CHAIN ? draw(40) : 0;
	r->src_len = r->range.cipher_off + r->range.cipher_len;
	if (r->s.kind == REQ_CHAIN)
		r->src_len += draw(40);
	r->range.hash_off = draw(r->src_len + 1);
	if (draw(2) == 0)
		r->range.hash_off = 0;
	r->range.hash_len = draw(2) == 0 ? r->src_len - r->range.hash_off :
			draw(r->src_len - r->range.hash_off + 1);
	r->dst_len = r->s.kind == REQ_HASH || r->s.kind == REQ_MAC ? 0 : r->src_len;
	if (r->s.kind == REQ_CHAIN && draw(10) == 0)
		r->dst_len = r->range.cipher_off + r->range.cipher_len;
}

static void
draw_request(struct request *r)
{
	static const enum req_kind kinds[] = {
		REQ_CIPHER, REQ_CHAIN, REQ_HASH, REQ_MAC, REQ_AEAD,
	};
	uint8_t *src = r->src;
	const struct req_alg *alg;

	memset(r, 0, sizeof(*r));
	r->src = src;
	r->s.kind = kinds[draw(5)];
	alg = draw_alg(req_kind_service(r->s.kind));
	r->s.algo = alg->number;
	r->s.op = 1 + draw(2);
	if (r->s.kind == REQ_HASH || r->s.kind == REQ_MAC)
		r->s.op = 0;
	r->s.key = r->key;
	r->s.key_len = r->s.kind == REQ_HASH ? 0 : draw_range(&alg->key, sizeof(r->key));
	r->iv_len = draw_range(&alg->iv, sizeof(r->iv));
	if (r->s.kind != REQ_CIPHER && r->s.kind != REQ_CHAIN)
		r->s.digest_len = r->digest_len = draw_range(&alg->digest, VCRYPTOD_DIGEST_MAX);
	if (r->s.kind == REQ_CHAIN)
		draw_auth(r);
	draw_lengths(r, alg);
	if (r->s.kind == REQ_AEAD) {
		r->aad_len = draw(sizeof(r->aad));
		if (r->s.op == VIRTIO_CRYPTO_OP_ENCRYPT)
			r->dst_len += r->digest_len;
		else
			r->src_len += r->digest_len;
	}
	r->s.aad_len = r->aad_len;
	r->left = draw(4) == 0;
	fill(r->key, sizeof(r->key));
	fill(r->auth_key, sizeof(r->auth_key));
	fill(r->iv, sizeof(r->iv));
	fill(r->aad, sizeof(r->aad));
	fill(r->src, r->src_len);
}

/* Chains of some pairs are of no engine; both must say so. */
static void
draw_accepted(struct request *r)
{
	uint32_t status[2];
	unsigned int k;
	uint64_t id;

	do {
		draw_request(r);
		for (k = 0; k < 2; k++) {
			status[k] = vcryptod_model_create(&fx[k].model, &id, &r->s);
			if (status[k] == VIRTIO_CRYPTO_OK)
				assert_int_equal(vcryptod_model_destroy(&fx[k].model, id),
						VIRTIO_CRYPTO_OK);
		}
		assert_int_equal(status[0], status[1]);
		assert_true(status[0] == VIRTIO_CRYPTO_OK || (r->s.kind == REQ_CHAIN &&
				status[0] == VIRTIO_CRYPTO_NOTSUPP));
	} while (status[0] != VIRTIO_CRYPTO_OK);
}

static void
set_lengths(uint8_t *hdr, const struct request *r)
{
	const struct vcryptod_op *g = &r->range;

	if (r->s.kind == REQ_CIPHER)
		req_set_cipher(hdr, r->src_len, r->dst_len);
	else if (r->s.kind == REQ_CHAIN)
		req_set_chain(hdr, r->src_len, r->dst_len, g->cipher_off, g->cipher_len,
				g->hash_off, g->hash_len);
	else if (r->s.kind == REQ_AEAD)
		req_set_aead(hdr, r->aad_len, r->src_len, r->dst_len);
	else
		req_set_hash(hdr, r->src_len);
}

/* The parts of request i: header, iv (and aad), src, aad of an AEAD; dst, digest, status. */
struct parts {
	alignas(8) uint8_t hdr[REQ_DATA_HDR_MAX + 16 + 64];
	struct vqd_seg readable[3], writable[2];
	uint8_t *rest;
};

static void
lay_out(struct parts *p, struct vcryptod_request *q, const struct request *r, unsigned int i,
		uint64_t id)
{
	uint32_t tail = r->s.kind == REQ_AEAD ? 0 : r->digest_len;
	struct req_session s = r->s;
	int len;

	len = req_data_header(p->hdr, sizeof(p->hdr), &s, id, r->iv_len, 0, 0, 0);
	assert_true(len > 0);
	set_lengths(p->hdr, r);
	memcpy(p->hdr + len, r->iv, r->iv_len);
	len += (int)r->iv_len;
	if (s.kind != REQ_AEAD) {
		memcpy(p->hdr + len, r->aad, r->aad_len);
		len += (int)r->aad_len;
	}
	memset(q, 0, sizeof(*q));
	q->readable = p->readable;
	q->writable = p->writable;
	p->readable[q->nb_readable++] = (struct vqd_seg){ p->hdr, (uint32_t)len };
	if (r->src_len != 0)
		p->readable[q->nb_readable++] = (struct vqd_seg){
			place(i, SRC, r->src_len, r->left), r->src_len };
	if (s.kind == REQ_AEAD && r->aad_len != 0)
		p->readable[q->nb_readable++] = (struct vqd_seg){
			memcpy(place(i, AAD, r->aad_len, r->left), r->aad, r->aad_len),
			r->aad_len };
	memcpy(place(i, SRC, r->src_len, r->left), r->src, r->src_len);
	if (r->dst_len != 0)
		p->writable[q->nb_writable++] = (struct vqd_seg){
			place(i, DST, r->dst_len, r->left), r->dst_len };
	memset(place(i, DST, r->dst_len, r->left), UNSET, r->dst_len + (r->left ? BEHIND : 0));
	p->rest = place(i, REST, tail + 1, r->left);
	p->writable[q->nb_writable++] = (struct vqd_seg){ p->rest, tail + 1 };
}

static void
check_behind(const struct request *r, unsigned int i)
{
	uint32_t k;

	for (k = 0; r->left && k < BEHIND; k++)
		assert_int_equal(place(i, DST, r->dst_len, true)[r->dst_len + k], UNSET);
}

static void
run(struct fx *f, const struct request *r, struct result *out, unsigned int n)
{
	static struct parts parts[VCRYPTOD_BATCH];
	static struct vcryptod_request q[VCRYPTOD_BATCH];
	struct vcryptod_request *qp[VCRYPTOD_BATCH];
	uint32_t tail;
	uint64_t id;
	unsigned int i;

	for (i = 0; i < n; i++) {
		assert_int_equal(vcryptod_model_create(&f->model, &id, &r[i].s), VIRTIO_CRYPTO_OK);
		lay_out(&parts[i], &q[i], &r[i], i, id);
		qp[i] = &q[i];
	}
	fx_serve(&f->model, &f->lane[1], qp, n);
	for (i = 0; i < n; i++) {
		tail = r[i].s.kind == REQ_AEAD ? 0 : r[i].digest_len;
		assert_false(q[i].malformed);
		out[i].status = parts[i].rest[tail];
		memcpy(out[i].dst, place(i, DST, r[i].dst_len, r[i].left), r[i].dst_len);
		memcpy(out[i].digest, parts[i].rest, tail);
		check_behind(&r[i], i);
		if (out[i].status == VIRTIO_CRYPTO_OK)
			assert_int_equal(q[i].written, r[i].dst_len + tail + 1);
	}
	vcryptod_model_reset(&f->model);
	vcryptod_model_features(&f->model, 0);
}

static void
compare(const struct request *r, const struct result *a, const struct result *b)
{
	uint32_t tail = r->s.kind == REQ_AEAD ? 0 : r->digest_len;

	if (a->status == b->status && memcmp(a->dst, b->dst, r->dst_len) == 0 &&
			memcmp(a->digest, b->digest, tail) == 0)
		return;
	fail_msg("kind %d algo %u op %u key %u auth %u (mode %u, order %u, key %u) src %u dst %u "
			"cipher %u+%u hash %u+%u aad %u digest %u: status %u and %u",
			(int)r->s.kind, r->s.algo, r->s.op, r->s.key_len, r->s.auth_algo,
			r->s.hash_mode, r->s.chain_order, r->s.auth_key_len, r->src_len, r->dst_len,
			r->range.cipher_off, r->range.cipher_len, r->range.hash_off,
			r->range.hash_len, r->aad_len, r->digest_len, a->status, b->status);
}

static void
same_results(const char *one, const char *other)
{
	static struct request r[VCRYPTOD_BATCH];
	static struct result out[2][VCRYPTOD_BATCH];
	unsigned int batch, i, n, ok = 0, bad = 0;

	if (!fx_init(&fx[0], one) || !fx_init(&fx[1], other)) {
		print_message("engine ipsec-mb is not of this build\n");
		skip();
	}
	for (i = 0; i < VCRYPTOD_BATCH; i++) {
		r[i].src = malloc(ROOM);
		out[0][i].dst = malloc(ROOM);
		out[1][i].dst = malloc(ROOM);
	}
	for (batch = 0; batch < BATCHES; batch++) {
		n = 1 + draw(FX_SESSIONS);
		for (i = 0; i < n; i++)
			draw_accepted(&r[i]);
		run(&fx[0], r, out[0], n);
		run(&fx[1], r, out[1], n);
		for (i = 0; i < n; i++) {
			compare(&r[i], &out[0][i], &out[1][i]);
			ok += out[0][i].status == VIRTIO_CRYPTO_OK;
			bad += out[0][i].status == VIRTIO_CRYPTO_BADMSG;
		}
	}
	print_message("%s and %s: %u results the same, %u of them wrong tags\n", one, other,
			ok + bad, bad);
	assert_true(ok > BATCHES && bad > 10);
	for (i = 0; i < VCRYPTOD_BATCH; i++) {
		free(r[i].src);
		free(out[0][i].dst);
		free(out[1][i].dst);
	}
	fx_fini(&fx[0]);
	fx_fini(&fx[1]);
}

static void
openssl_and_ipsec_mb(void **state)
{
	(void)state;
	same_results("openssl", "ipsec-mb");
}

/* Requests of both in one batch; all that OpenSSL has. */
static void
openssl_and_auto(void **state)
{
	(void)state;
	same_results("openssl", "auto");
}

/* All that ipsec-mb has. */
static void
ipsec_mb_and_auto(void **state)
{
	(void)state;
	same_results("ipsec-mb", "auto");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(openssl_and_ipsec_mb),
		cmocka_unit_test(openssl_and_auto),
		cmocka_unit_test(ipsec_mb_and_auto),
	};

	buffers_create();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
