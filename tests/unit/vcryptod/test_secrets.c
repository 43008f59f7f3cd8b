/* SPDX-License-Identifier: BSD-3-Clause
 *
 * No key and no data outlive their session: while it lives, its keys are in the memory of
 * secret.h and nowhere else; when it has ended, been reset or been refused, nothing of them is
 * found anywhere in this process, nor of the data of requests that succeeded or failed.  Every
 * engine, every algorithm.  The test wipes what it holds itself before it searches.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fixture.h"
#include "scan.h"
#include "secret.h"
#include "wipe.h"
#include "worker.h"

#define KEY_MAX		256	/* bytes that are tried */
#define DATA_LEN	96	/* bytes: whole blocks of every algorithm */
#define AAD_LEN		16
#define PIECE		40	/* bytes of a segment: engines have to gather */
#define MASK		0x5a

/* What a session and its requests are made of; own is wiped before each search. */
struct shape {
	struct req_session s;
	const struct req_alg *alg;
	uint8_t masked[2][KEY_MAX];	/* key, auth_key */
	struct {
		uint8_t key[2][KEY_MAX], src[DATA_LEN + 64], dst[DATA_LEN + 64];
		uint8_t digest[VCRYPTOD_DIGEST_MAX];
	} own;
};

static struct fx fx;
static struct shape shape;
static const uint8_t iv[VCRYPTOD_IV_MAX] = { 1, 2, 3 };
static const uint8_t aad[AAD_LEN] = { 4, 5, 6 };
static unsigned int nb_checked;

static void
random_bytes(uint8_t *p, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		p[i] = (uint8_t)(rand() >> 7);
}

/* ---- keys ---- */

static void
keys_take(struct shape *h)
{
	unsigned int k, i;

	for (k = 0; k < 2; k++)
		for (i = 0; i < KEY_MAX; i++)
			h->own.key[k][i] = h->masked[k][i] ^ MASK;
	h->s.key = h->own.key[0];
	h->s.auth_key = h->own.key[1];
}

static void
own_wipe(struct shape *h)
{
	explicit_bzero(&h->own, sizeof(h->own));
}

static void
keys_new(struct shape *h)
{
	const char *name = h->alg->name;

	random_bytes(h->masked[0], KEY_MAX);
	random_bytes(h->masked[1], KEY_MAX);
	keys_take(h);
	scan_forget();
	scan_add_key(name, h->own.key[0], h->s.key_len);
	scan_add_key(name, h->own.key[1], h->s.auth_key_len);
	own_wipe(h);
}

static uint32_t
create(struct shape *h, uint64_t *id)
{
	uint32_t status;

	keys_take(h);
	status = fx_create(&fx, id, &h->s);
	own_wipe(h);
	return status;
}

/* ---- requests ---- */

static uint32_t
run(struct shape *h, uint64_t id, uint32_t src_len, uint32_t digest_len)
{
	bool auth_only = h->s.kind == REQ_MAC || h->s.kind == REQ_HASH;
	bool aead = h->s.kind == REQ_AEAD;
	struct fx_op op = {
		.s = &h->s, .id = id, .iv = { iv, h->alg->iv.min }, .src = { h->own.src, src_len },
		.dst_len = auth_only ? 0 : src_len, .digest_len = digest_len, .piece = PIECE,
	};

	if (aead) {
		op.aad = (struct fx_bytes){ aad, AAD_LEN };
		if (h->s.op == VIRTIO_CRYPTO_OP_ENCRYPT)
			op.dst_len += digest_len;
		else
			op.dst_len -= digest_len;
	}
	if (h->s.kind == REQ_CHAIN) {
		op.range.cipher_len = src_len;
		op.range.hash_len = src_len;
	}
	keys_take(h);
	return fx_run(&fx, &op, h->own.dst, h->own.digest);
}

/* The data of a request is looked for: what it reads, and what it writes where that is the
 * plaintext.
 */
static uint32_t
run_new(struct shape *h, uint64_t id)
{
	bool decrypt = h->s.op == VIRTIO_CRYPTO_OP_DECRYPT;
	uint32_t status;

	random_bytes(h->own.src, DATA_LEN);
	if (!decrypt)
		scan_add_words(SCAN_DATA, h->alg->name, h->own.src, DATA_LEN);
	status = run(h, id, DATA_LEN, h->s.digest_len);
	if (decrypt && status == VIRTIO_CRYPTO_OK && h->s.kind != REQ_AEAD)
		scan_add_words(SCAN_DATA, h->alg->name, h->own.dst, DATA_LEN);
	own_wipe(h);
	return status;
}

/* ---- what is found ---- */

static bool
is_null(void)
{
	return fx.model.cfg.engine == &vcryptod_engine_null;
}

static void
check_gone(const struct shape *h, const char *when)
{
	struct scan_found f = scan_memory(SCAN_TELL_ALL);
	unsigned int i, sum = 0;

	for (i = 0; i < SCAN_NB_KINDS; i++)
		sum += f.inside[i] + f.outside[i];
	if (sum != 0)
		fail_msg("%s: kind %d, %s, op %u, key of %u bytes, hash %u: found %u times %s",
				fx.model.cfg.engine->name, (int)h->s.kind, h->alg->name, h->s.op,
				h->s.key_len, h->s.auth_algo, sum, when);
	nb_checked++;
}

/* Its keys are where they should be.  Two algorithms of ipsec-mb turn a key into another form
 * when they get it.
 */
static void
check_alive(const struct shape *h)
{
	bool keyed = h->s.key_len + h->s.auth_key_len != 0 && !is_null() &&
			strncmp(h->alg->name, "kasumi", 6) != 0 &&
			strncmp(h->alg->name, "snow3g", 6) != 0;
	struct scan_found f = scan_memory(SCAN_TELL_OUTSIDE);

	if (f.outside[SCAN_KEY] != 0)
		fail_msg("%s: %s: the key of a session is outside of the memory for keys",
				fx.model.cfg.engine->name, h->alg->name);
	if (keyed && f.inside[SCAN_KEY] == 0)
		fail_msg("%s: %s: the key of a session is not found: the search is wrong",
				fx.model.cfg.engine->name, h->alg->name);
}

/* ---- ends ---- */

static void
ends_by_destroy(struct shape *h)
{
	uint64_t id;

	keys_new(h);
	assert_int_equal(create(h, &id), VIRTIO_CRYPTO_OK);
	check_alive(h);
	assert_int_equal(run_new(h, id), h->s.kind == REQ_AEAD &&
			h->s.op == VIRTIO_CRYPTO_OP_DECRYPT && !is_null() ?
			VIRTIO_CRYPTO_BADMSG : VIRTIO_CRYPTO_OK);
	vcryptod_wipe_lane(&fx.lane[0], fx.model.cfg.engine);
	check_alive(h);
	/* Lengths that are refused; a stream cipher has none. */
	random_bytes(h->own.src, DATA_LEN);
	scan_add_words(SCAN_DATA, h->alg->name, h->own.src, DATA_LEN);
	if (run(h, id, DATA_LEN - 1, VCRYPTOD_DIGEST_MAX + 1) == VIRTIO_CRYPTO_OK)
		assert_true(h->s.kind == REQ_CIPHER && (h->alg->block == 1 || is_null()));
	own_wipe(h);
	assert_int_equal(fx_destroy(&fx, h->s.kind, id), VIRTIO_CRYPTO_OK);
	vcryptod_wipe_lane_if_ended(&fx.lane[0], fx.model.cfg.engine);
	check_gone(h, "after it was destroyed");
}

static void
ends_by_reset(struct shape *h)
{
	uint64_t id;

	keys_new(h);
	assert_int_equal(create(h, &id), VIRTIO_CRYPTO_OK);
	(void)run_new(h, id);
	fx_layout(&fx, fx.layout);
	vcryptod_wipe_lane_if_ended(&fx.lane[0], fx.model.cfg.engine);
	check_gone(h, "after a reset");
}

/* No request follows: the thread that handles messages wipes for itself. */
static void
is_refused(struct shape *h)
{
	static const uint8_t other[64];
	struct req_session s = { .kind = REQ_HASH, .algo = VIRTIO_CRYPTO_HASH_SHA_256,
		.digest_len = 32, .key = other };
	uint64_t id;
	unsigned int i;

	keys_new(h);
	keys_take(h);
	h->s.key_len++;
	(void)vcryptod_model_create(&fx.model, &id, &h->s);
	h->s.key_len--;
	fx_layout(&fx, fx.layout);
	for (i = 0; i < FX_SESSIONS; i++)
		assert_int_equal(fx_create(&fx, &id, &s), VIRTIO_CRYPTO_OK);
	assert_int_not_equal(vcryptod_model_create(&fx.model, &id, &h->s), VIRTIO_CRYPTO_OK);
	own_wipe(h);
	assert_int_not_equal(create(h, &id), VIRTIO_CRYPTO_OK);
	fx_layout(&fx, fx.layout);
	check_gone(h, "after it was refused");
}

static void
has_no_session(struct shape *h)
{
	enum fx_layout before = fx.layout;

	fx_layout(&fx, FX_STATELESS);
	keys_new(h);
	(void)run_new(h, 0);
	vcryptod_wipe_lane_if_ended(&fx.lane[0], fx.model.cfg.engine);
	check_gone(h, "after a stateless request");
	fx_layout(&fx, before);
}

static void
one_shape(struct shape *h)
{
	ends_by_destroy(h);
	ends_by_reset(h);
	is_refused(h);
	has_no_session(h);
}

/* ---- shapes ---- */

static void
with_key_lengths(struct shape *h)
{
	uint32_t max = h->alg->key.max < KEY_MAX ? h->alg->key.max : KEY_MAX;

	h->s.key_len = h->alg->key.min;
	if (h->s.key_len < 8 && max != 0)
		h->s.key_len = 16;	/* a shorter one would be found anywhere */
	one_shape(h);
	if (max == h->s.key_len || h->s.kind == REQ_CHAIN)
		return;
	h->s.key_len = max;
	one_shape(h);
}

static bool
offered(const struct req_alg *alg)
{
	return (fx.caps.mask[alg->service] & VIRTIO_BIT(alg->number)) != 0;
}

/* With every hash and MAC, in both orders in turn. */
static void
chains(const struct req_alg *cipher)
{
	const struct req_alg *table, *a;
	unsigned int nb, i;
	bool mac;

	table = req_alg_table(&nb);
	for (i = 0; i < nb; i++) {
		a = &table[i];
		mac = a->service == VIRTIO_CRYPTO_SERVICE_MAC;
		if (!offered(a) || (!mac && a->service != VIRTIO_CRYPTO_SERVICE_HASH))
			continue;
		memset(&shape, 0, sizeof(shape));
		shape.alg = cipher;
		shape.s = (struct req_session){
			.kind = REQ_CHAIN, .algo = cipher->number, .op = 1 + i / 2 % 2,
			.chain_order = 1 + i % 2, .auth_algo = a->number,
			.hash_mode = mac ? VIRTIO_CRYPTO_SYM_HASH_MODE_AUTH :
				VIRTIO_CRYPTO_SYM_HASH_MODE_PLAIN,
			.auth_key_len = !mac ? 0 : a->key.min >= 16 ? a->key.min : 32,
			.digest_len = a->digest.min,
		};
		with_key_lengths(&shape);
	}
}

static void
alone(const struct req_alg *alg)
{
	static const enum req_kind kind[] = {
		[VIRTIO_CRYPTO_SERVICE_CIPHER] = REQ_CIPHER,
		[VIRTIO_CRYPTO_SERVICE_HASH] = REQ_HASH,
		[VIRTIO_CRYPTO_SERVICE_MAC] = REQ_MAC,
		[VIRTIO_CRYPTO_SERVICE_AEAD] = REQ_AEAD,
	};
	uint32_t op;

	for (op = VIRTIO_CRYPTO_OP_ENCRYPT; op <= VIRTIO_CRYPTO_OP_DECRYPT; op++) {
		memset(&shape, 0, sizeof(shape));
		shape.alg = alg;
		shape.s.kind = kind[alg->service];
		shape.s.algo = alg->number;
		shape.s.op = op;
		if (alg->service != VIRTIO_CRYPTO_SERVICE_CIPHER)
			shape.s.digest_len = alg->digest.max < 32 ? alg->digest.max : 32;
		if (!req_range_has(&alg->digest, shape.s.digest_len))
			shape.s.digest_len = alg->digest.max;
		if (shape.s.kind == REQ_CIPHER)
			shape.s.digest_len = 0;
		if (shape.s.kind == REQ_HASH || shape.s.kind == REQ_MAC) {
			shape.s.op = 0;
			op = VIRTIO_CRYPTO_OP_DECRYPT;
		}
		shape.s.aad_len = shape.s.kind == REQ_AEAD ? AAD_LEN : 0;
		with_key_lengths(&shape);
	}
}

static void
every_algorithm(void **state)
{
	const struct req_alg *table;
	const char *engine = *state;
	unsigned int nb, i;

	if (!scan_is_possible())
		skip();
	if (!fx_init(&fx, engine)) {
		print_message("engine %s is not of this build\n", engine);
		skip();
	}
	fx_layout(&fx, FX_REVISION_1);
	table = req_alg_table(&nb);
	nb_checked = 0;
	for (i = 0; i < nb; i++) {
		if (!offered(&table[i]) || table[i].service == VIRTIO_CRYPTO_SERVICE_AKCIPHER)
			continue;
		alone(&table[i]);
		if (table[i].service == VIRTIO_CRYPTO_SERVICE_CIPHER &&
				table[i].number == VIRTIO_CRYPTO_CIPHER_AES_CBC)
			chains(&table[i]);
	}
	fx_fini(&fx);
	print_message("%s: searched %u times\n", engine, nb_checked);
	assert_true(nb_checked > 100);
}

/* The search finds what is there, on the heap and among static data. */
static void
a_copy_is_found(void **state)
{
	static uint8_t planted[32];
	uint8_t *heap = malloc(32);
	struct scan_found f;

	(void)state;
	if (!scan_is_possible()) {
		free(heap);
		skip();
	}
	assert_non_null(heap);
	random_bytes(planted, sizeof(planted));
	scan_forget();
	scan_add(SCAN_DATA, "planted", planted, 32);
	f = scan_memory(SCAN_SILENT);
	assert_int_equal(f.outside[SCAN_DATA], 2);
	memcpy(heap, planted, 32);
	f = scan_memory(SCAN_SILENT);
	assert_int_equal(f.outside[SCAN_DATA], 4);
	assert_int_equal(f.inside[SCAN_DATA], 0);
	explicit_bzero(planted, sizeof(planted));
	explicit_bzero(heap, 32);
	free(heap);
	f = scan_memory(SCAN_TELL_ALL);
	assert_int_equal(f.outside[SCAN_DATA], 0);
}

/* A worker leaves nothing in its lane when it ends; before it sleeps it does the same.  So does its
 * second thread.
 */
static void
a_worker_wipes(void **state)
{
	struct vcryptod_worker w;
	uint8_t data[DATA_LEN];
	struct scan_found f;

	(void)state;
	if (!scan_is_possible())
		skip();
	assert_int_equal(vcryptod_worker_init(&w, &vcryptod_engine_null, 0, -1, 4096, 1), 0);
	random_bytes(data, sizeof(data));
	scan_forget();
	scan_add(SCAN_DATA, "gathered", data, sizeof(data));
	memcpy(vcryptod_scratch_get(&w.lane.scratch, sizeof(data)), data, sizeof(data));
	memcpy(vcryptod_scratch_get(&w.slow.lane.scratch, sizeof(data)), data, sizeof(data));
	explicit_bzero(data, sizeof(data));
	w.lane.dirty = w.slow.lane.dirty = true;
	f = scan_memory(SCAN_TELL_OUTSIDE);
	assert_int_equal(f.inside[SCAN_DATA], 4);
	assert_int_equal(f.outside[SCAN_DATA], 0);
	assert_int_equal(vcryptod_worker_start_slow(&w), 0);
	assert_int_equal(vcryptod_worker_start(&w), 0);
	vcryptod_worker_stop(&w);
	vcryptod_slow_stop(&w.slow, vcryptod_vring_patience_ms);
	f = scan_memory(SCAN_TELL_ALL);
	assert_int_equal(f.inside[SCAN_DATA] + f.outside[SCAN_DATA], 0);
	vcryptod_worker_fini(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_copy_is_found),
		{ "openssl", every_algorithm, NULL, NULL, (char[]){ "openssl" } },
		{ "ipsec_mb", every_algorithm, NULL, NULL, (char[]){ "ipsec-mb" } },
		{ "auto", every_algorithm, NULL, NULL, (char[]){ "auto" } },
		{ "null", every_algorithm, NULL, NULL, (char[]){ "null" } },
		/* Last: each search from here on goes through the stacks of its threads, too. */
		cmocka_unit_test(a_worker_wipes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
