/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What a device finds in a slot while a request is in flight: nothing of the op that had
 * the slot before is in what the request describes, nor beside its header; an expected
 * digest is nowhere, and neither is a key.  Looked at from the device's side, after it
 * took the request.
 */
#include <string.h>

#include <rte_memory.h>

#include "drivers/crypto/vcrypto/data/vcrypto_qp.h"
#include "ops.h"

#define SIZE	8	/* entries: slots come round soon */
#define ROUNDS	120
#define PIECE	8	/* bytes: what is looked for, at any offset */
#define AAD	28	/* bytes */

enum sort {
	CBC,			/* iv of 16 bytes */
	TRIPLE_DES,		/* of 8 */
	CHAIN,
	GCM,			/* AAD and tag in slot memory */
	GCM_DECRYPT,
	VERIFY,			/* with an expected digest */
	GMAC,
	NB_SORTS
};

/* What an op has that another one must not show. */
struct traces {
	uint8_t iv[16], aad[AAD], digest[32], result[32];
	size_t iv_len, aad_len, digest_len;
	bool known;		/* there was such an op */
};

struct slots {
	struct rig *r;
	uint8_t key[NB_SORTS][32], auth_key[32];
	void *session[NB_SORTS];
	struct traces last[SIZE];	/* by slot */
	const uint8_t *area;
	size_t area_len;
	uint8_t far_aad[AAD];		/* not in DMA memory */
	uint8_t far_digest[32];
};

/* ---- sessions ---- */

static struct rte_crypto_sym_xform
cipher_x(struct slots *s, enum sort sort)
{
	bool des = sort == TRIPLE_DES;

	return (struct rte_crypto_sym_xform){
		.type = RTE_CRYPTO_SYM_XFORM_CIPHER,
		.cipher = {
			.op = RTE_CRYPTO_CIPHER_OP_ENCRYPT,
			.algo = des ? RTE_CRYPTO_CIPHER_3DES_CBC : RTE_CRYPTO_CIPHER_AES_CBC,
			.key = { s->key[sort], des ? 24 : 32 },
			.iv = { RIG_IV, des ? 8 : 16 } },
	};
}

static struct rte_crypto_sym_xform
auth_x(struct slots *s, enum sort sort)
{
	struct rte_crypto_sym_xform x = {
		.type = RTE_CRYPTO_SYM_XFORM_AUTH,
		.auth = {
			.op = sort == VERIFY ? RTE_CRYPTO_AUTH_OP_VERIFY :
				RTE_CRYPTO_AUTH_OP_GENERATE,
			.algo = RTE_CRYPTO_AUTH_SHA256_HMAC, .digest_length = 32,
			.key = { s->auth_key, 32 } },
	};

	if (sort == GMAC) {
		x.auth.algo = RTE_CRYPTO_AUTH_AES_GMAC;
		x.auth.key.data = s->key[GMAC];
		x.auth.digest_length = 16;
		x.auth.iv = (__typeof__(x.auth.iv)){ RIG_IV, 12 };
	}
	return x;
}

static struct rte_crypto_sym_xform
gcm_x(struct slots *s, enum sort sort)
{
	return (struct rte_crypto_sym_xform){
		.type = RTE_CRYPTO_SYM_XFORM_AEAD,
		.aead = {
			.op = sort == GCM ? RTE_CRYPTO_AEAD_OP_ENCRYPT : RTE_CRYPTO_AEAD_OP_DECRYPT,
			.algo = RTE_CRYPTO_AEAD_AES_GCM, .key = { s->key[sort], 32 },
			.iv = { RIG_IV, 12 }, .digest_length = 16, .aad_length = AAD },
	};
}

static void *
session_of(struct slots *s, enum sort sort)
{
	struct rte_crypto_sym_xform auth = auth_x(s, sort), x;

	ops_key(s->key[sort], 32, 50 + sort);
	switch (sort) {
	case VERIFY:
	case GMAC:
		return rig_session(s->r, &auth);
	case GCM:
	case GCM_DECRYPT:
		x = gcm_x(s, sort);
		return rig_session(s->r, &x);
	default:
		x = cipher_x(s, sort);
		x.next = sort == CHAIN ? &auth : NULL;
		return rig_session(s->r, &x);
	}
}

/* ---- memory ---- */

static void
find_area(const struct rte_memzone *mz, void *arg)
{
	struct slots *s = arg;

	if (strncmp(mz->name, "vcrypto", 7) == 0 && strstr(mz->name, "_q0_") != NULL) {
		s->area = mz->addr;
		s->area_len = mz->len;
	}
}

/* Any PIECE of what in mem? */
static bool
shows(const uint8_t *mem, size_t len, const uint8_t *what, size_t what_len)
{
	size_t i;

	for (i = 0; i + PIECE <= what_len; i++)
		if (memmem(mem, len, what + i, PIECE) != NULL)
			return true;
	return false;
}

static bool
shows_any(const uint8_t *mem, size_t len, const struct traces *t)
{
	return t->known && (shows(mem, len, t->iv, t->iv_len) ||
		shows(mem, len, t->aad, t->aad_len) ||
		shows(mem, len, t->digest, t->digest_len) ||
		shows(mem, len, t->result, t->digest_len));
}

/* The slot is where the header is. */
static unsigned int
slot_of(const struct slots *s, const struct model_req *h, const uint8_t **base)
{
	const struct rte_cryptodev_data *data = rte_cryptodev_pmd_get_dev(s->r->id)->data;
	const struct vcrypto_qp *qp = data->queue_pairs[0];
	unsigned int i;

	for (i = 0; i < SIZE; i++) {
		*base = vcrypto_slot(qp, i);
		if (h->seg[0].ptr >= *base && h->seg[0].ptr < *base + VCRYPTO_SLOT_SIZE)
			return i;
	}
	fail_msg("the header is in no slot");
	return 0;
}

static void
look(struct slots *s, enum sort sort, const struct traces *now, unsigned int *slot)
{
	const struct model_req *h = &s->r->m.queue[0].held[0];
	const struct traces *before;
	const uint8_t *base;
	unsigned int i;

	*slot = slot_of(s, h, &base);
	before = &s->last[*slot];
	for (i = 0; i < h->r.nb_read; i++)
		if (shows_any(h->seg[i].ptr, h->seg[i].len, before))
			fail_msg("sort %d: element %u of a request shows the op before", sort, i);
	if (shows_any(base, VCRYPTO_SLOT_TABLE, before))
		fail_msg("sort %d: the op before is beside the header", sort);
	/* The look works: what belongs to this op is there. */
	if (now->iv_len != 0)
		assert_true(shows(base, VCRYPTO_SLOT_TABLE, now->iv, now->iv_len));
	if (now->aad_len != 0)
		assert_true(shows(base, VCRYPTO_SLOT_SIZE, now->aad, now->aad_len));
	if (sort == GCM_DECRYPT)
		assert_true(shows(base, VCRYPTO_SLOT_SIZE, now->digest, now->digest_len));
	if (sort == VERIFY)
		assert_false(shows(s->area, s->area_len, now->digest, now->digest_len));
	for (i = 0; i < NB_SORTS; i++)
		assert_false(shows(s->area, s->area_len, s->key[i], 24));
	assert_false(shows(s->area, s->area_len, s->auth_key, 32));
}

/* ---- ops ---- */

/* Two segments: the other way to build a request. */
static void
split(struct rte_mbuf *m)
{
	struct rte_mbuf *rest = rte_pktmbuf_alloc(rig_mbufs);

	assert_non_null(rest);
	assert_int_equal(rte_pktmbuf_trim(m, 32), 0);
	memset(rte_pktmbuf_append(rest, 32), 0x66, 32);
	assert_int_equal(rte_pktmbuf_chain(m, rest), 0);
}

static struct rte_crypto_op *
make(struct slots *s, enum sort sort, struct traces *t, uint32_t seed)
{
	struct rte_crypto_op *op = rig_op(s->session[sort], 64);
	struct rte_crypto_sym_op *sym = op->sym;

	*t = (struct traces){ .iv_len = sort == VERIFY ? 0 : sort == TRIPLE_DES ? 8 :
		sort == CBC || sort == CHAIN ? 16 : 12, .known = true };
	rig_pattern(rig_iv(op), 16, 3 * seed);
	memcpy(t->iv, rig_iv(op), 16);
	if (seed % 3 == 0)
		split(sym->m_src);
	rig_pattern(s->far_digest, 32, 3 * seed + 1);
	memcpy(t->digest, s->far_digest, 32);
	if (sort == GCM || sort == GCM_DECRYPT) {
		rig_pattern(s->far_aad, AAD, 3 * seed + 2);
		memcpy(t->aad, s->far_aad, AAD);
		t->aad_len = AAD;
		t->digest_len = 16;
		sym->aead.data.offset = 0;
		sym->aead.data.length = 64;
		sym->aead.aad.data = s->far_aad;
		sym->aead.aad.phys_addr = 0;
		sym->aead.digest.data = s->far_digest;
		sym->aead.digest.phys_addr = 0;
	} else if (sort != CBC && sort != TRIPLE_DES) {
		t->digest_len = sort == GMAC ? 16 : 32;
		sym->auth.data.offset = 0;
		sym->auth.data.length = 64;
		sym->auth.digest.data = s->far_digest;
		sym->auth.digest.phys_addr = 0;
	}
	return op;
}

static void
one(struct slots *s, enum sort sort, uint32_t seed)
{
	struct traces t;
	struct rte_crypto_op *op = make(s, sort, &t, seed), *got = NULL;
	unsigned int slot;

	assert_int_equal(rig_enqueue(s->r, 0, &op, 1), 1);
	assert_int_equal(model_take(&s->r->m, 0, 1), 1);
	look(s, sort, &t, &slot);
	model_complete(&s->r->m, 0, 0);
	model_publish(&s->r->m, 0);
	assert_int_equal(rig_dequeue(s->r, 0, &got, 1), 1);
	assert_ptr_equal(got, op);
	memcpy(t.result, s->far_digest, 32);
	s->last[slot] = t;
	rig_op_free(op);
}

static void
nothing_of_the_op_before(void **state)
{
	static struct slots s;
	unsigned int k, i;
	uint32_t x = 12345;

	(void)state;
	for (k = 0; k < RTE_DIM(rig_kinds); k++) {
		struct rig_conf conf = { .features = rig_kinds[k].features, .size = 16 };

		memset(&s, 0, sizeof(s));
		s.r = rig_up(&conf, 1, SIZE);
		ops_key(s.auth_key, 32, 99);
		for (i = 0; i < NB_SORTS; i++) {
			s.session[i] = session_of(&s, i);
			assert_non_null(s.session[i]);
		}
		rte_memzone_walk(find_area, &s);
		assert_non_null(s.area);
		s.r->m.mode = MODEL_PUMPED;
		for (i = 0; i < ROUNDS * NB_SORTS; i++) {
			x = x * 1103515245 + 12345;
			one(&s, (x >> 16) % NB_SORTS, 1000 * (k + 1) + i);
		}
		s.r->m.mode = MODEL_INLINE;
		for (i = 0; i < NB_SORTS; i++)
			rig_session_free(s.r, s.session[i]);
		rig_close(s.r);
	}
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_of_the_op_before),
	};

	(void)argc;
	rig_init(argv[0]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
