/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What a device had done when it was lost: an op that it computed is sent again only if the
 * first time left what the second one reads, and one that it completed comes back with its
 * result.
 */
#include <string.h>

#include "fake_pci_regs.h"
#include "loss.h"
#include "reference.h"

#define KEY	0x42

/* ---- what may be sent again: the device computed, and died before it said so ---- */

enum overlap {
	APART,			/* safe */
	SAME_BYTES,		/* m_dst attached to m_src */
	SHIFTED,		/* the same, 16 bytes further on */
	NEXT_TO,		/* the same, right behind: safe */
	SECOND_SEGMENT,		/* of the destination, over the source's first */
	DIGEST_BEHIND,		/* of a MAC, behind what is hashed: safe */
	DIGEST_WITHIN,		/* of a MAC, over what is hashed */
	DIGEST_ON_TAIL,		/* its first byte over the last one that is hashed */
	TAG_ON_AAD,
	TAG_IN_SOURCE,
	TAG_ON_IV,
	CHAIN_APART,		/* safe */
	CHAIN_DIGEST_IN_SOURCE,
	NB_OVERLAPS
};

static bool
is_safe(enum overlap o)
{
	return o == APART || o == NEXT_TO || o == DIGEST_BEHIND || o == CHAIN_APART;
}

#define LEN	64u	/* bytes of payload */

struct overlap_sessions {
	void *cbc, *mac, *gcm, *chain;
};

static void
overlap_sessions(struct overlap_sessions *s, struct rig *r)
{
	static uint8_t key[16] = { 5 };
	struct rte_crypto_sym_xform mac = { .type = RTE_CRYPTO_SYM_XFORM_AUTH,
		.auth = { .op = RTE_CRYPTO_AUTH_OP_GENERATE, .key = { key, 16 },
			.algo = RTE_CRYPTO_AUTH_SHA1_HMAC, .digest_length = 20 } };
	struct rte_crypto_sym_xform gcm = { .type = RTE_CRYPTO_SYM_XFORM_AEAD,
		.aead = { .op = RTE_CRYPTO_AEAD_OP_ENCRYPT, .key = { key, 16 },
			.algo = RTE_CRYPTO_AEAD_AES_GCM, .iv = { RIG_IV, 12 },
			.digest_length = 16, .aad_length = 16 } };
	struct rte_crypto_sym_xform cipher = { .type = RTE_CRYPTO_SYM_XFORM_CIPHER,
		.cipher = { .op = RTE_CRYPTO_CIPHER_OP_ENCRYPT, .key = { key, 16 },
			.algo = RTE_CRYPTO_CIPHER_AES_CBC, .iv = { RIG_IV, 16 } } };

	s->cbc = rig_cbc_session(r, KEY, RTE_CRYPTO_CIPHER_OP_ENCRYPT);
	s->mac = rig_session(r, &mac);
	s->gcm = rig_session(r, &gcm);
	cipher.next = &mac;
	s->chain = rig_session(r, &cipher);
	assert_true(s->cbc != NULL && s->mac != NULL && s->gcm != NULL && s->chain != NULL);
}

/* A source of two times LEN bytes and a destination that may be some of them. */
static struct rte_mbuf *
overlap_dst(struct rte_mbuf *src, enum overlap o)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(rig_mbufs), *first;

	assert_non_null(m);
	switch (o) {
	case SAME_BYTES:
	case SHIFTED:
	case NEXT_TO:
		rte_pktmbuf_attach(m, src);
		if (o != SAME_BYTES)
			assert_non_null(rte_pktmbuf_adj(m, o == SHIFTED ? 16 : LEN));
		return m;
	case SECOND_SEGMENT:
		first = rte_pktmbuf_alloc(rig_mbufs);
		assert_non_null(first);
		assert_non_null(rte_pktmbuf_append(first, LEN / 2));
		rte_pktmbuf_attach(m, src);
		assert_int_equal(rte_pktmbuf_chain(first, m), 0);
		return first;
	default:
		assert_non_null(rte_pktmbuf_append(m, 2 * LEN));
		return m;
	}
}

static void
overlap_digest(struct rte_crypto_op *op, uint8_t **data, rte_iova_t *iova, enum overlap o)
{
	struct rte_mbuf *m = op->sym->m_src;
	size_t off = o == DIGEST_BEHIND ? LEN : o == DIGEST_ON_TAIL ? LEN - 1 :
		o == TAG_IN_SOURCE ? 8 : LEN / 2;

	*data = rte_pktmbuf_mtod_offset(m, uint8_t *, off);
	*iova = rte_pktmbuf_iova_offset(m, off);
	if (o == TAG_ON_AAD || o == TAG_ON_IV || o == CHAIN_APART) {
		off = o == TAG_ON_AAD ? RIG_AAD + 15 : o == TAG_ON_IV ? RIG_IV : RIG_DIGEST;
		*data = rte_crypto_op_ctod_offset(op, uint8_t *, off);
		*iova = ops_iova(op, off);
	}
}

static struct rte_crypto_op *
overlap_op(struct overlap_sessions *s, enum overlap o)
{
	bool mac = o >= DIGEST_BEHIND && o <= DIGEST_ON_TAIL;
	bool gcm = o >= TAG_ON_AAD && o <= TAG_ON_IV;
	struct rte_crypto_op *op = ops_bare(o >= CHAIN_APART ? s->chain : gcm ? s->gcm :
			mac ? s->mac : s->cbc);
	struct rte_crypto_sym_op *sym = op->sym;

	sym->m_src = rte_pktmbuf_alloc(rig_mbufs);
	assert_non_null(sym->m_src);
	rig_pattern((uint8_t *)rte_pktmbuf_append(sym->m_src, 2 * LEN), 2 * LEN, o);
	rig_pattern(rig_iv(op), 16, o);
	if (!mac)
		sym->m_dst = overlap_dst(sym->m_src, o);
	if (gcm) {
		sym->aead.data.offset = 0;
		sym->aead.data.length = LEN;
		sym->aead.aad.data = rte_crypto_op_ctod_offset(op, uint8_t *, RIG_AAD);
		sym->aead.aad.phys_addr = ops_iova(op, RIG_AAD);
		overlap_digest(op, &sym->aead.digest.data, &sym->aead.digest.phys_addr, o);
		return op;
	}
	sym->cipher.data.offset = sym->auth.data.offset = 0;
	sym->cipher.data.length = sym->auth.data.length = LEN;
	if (o >= DIGEST_BEHIND)
		overlap_digest(op, &sym->auth.digest.data, &sym->auth.digest.phys_addr, o);
	return op;
}

/* The ciphertext or digest, as the bytes that were sent give it. */
static void
overlap_check(struct rte_crypto_op *op, enum overlap o)
{
	uint8_t key[16], in[2 * LEN], want[LEN];
	struct ref_key k = { key, sizeof(key), rig_iv(op), 16 };

	rig_pattern(in, sizeof(in), o);
	if (o == DIGEST_BEHIND) {
		memset(key, 0, sizeof(key));
		key[0] = 5;
		ref_mac(VIRTIO_CRYPTO_MAC_HMAC_SHA1, key, 16, want, in, LEN);
		assert_memory_equal(op->sym->auth.digest.data, want, 20);
		return;
	}
	memset(key, o == CHAIN_APART ? 0 : KEY, sizeof(key));
	if (o == CHAIN_APART)
		key[0] = 5;
	ref_cipher(VIRTIO_CRYPTO_CIPHER_AES_CBC, true, &k, want, in, LEN);
	assert_memory_equal(rte_pktmbuf_mtod(op->sym->m_dst, uint8_t *), want, LEN);
}

static void
computed_and_lost(const struct rig_variant *v)
{
	struct rig *r = loss_open(v, "recover=1,recover_timeout_ms=60000");
	struct rte_crypto_op *op[NB_OVERLAPS], *got[NB_OVERLAPS + 1];
	struct overlap_sessions s;
	unsigned int i, n, nb_safe = 0;

	overlap_sessions(&s, r);
	for (i = 0; i < NB_OVERLAPS; i++) {
		op[i] = overlap_op(&s, i);
		nb_safe += is_safe(i);
	}
	r->m.data_silent = true;
	memcpy(got, op, sizeof(op));
	assert_int_equal(rig_enqueue(r, 0, got, NB_OVERLAPS), NB_OVERLAPS);
	/* Everything is computed, in the order in which it came. */
	assert_int_equal(model_take(&r->m, 0, NB_OVERLAPS), NB_OVERLAPS);
	for (i = 0; i < NB_OVERLAPS; i++)
		model_complete(&r->m, 0, 0);
	assert_int_equal(r->m.nb_data, NB_OVERLAPS);
	fake_pci_break(r->f);
	rig_tick();
	n = rte_cryptodev_dequeue_burst(r->id, 0, got, NB_OVERLAPS + 1);
	assert_int_equal(n, NB_OVERLAPS - nb_safe);
	assert_int_equal(rte_cryptodev_dequeue_burst(r->id, 1, got + n, 1), 0);
	r->m.data_silent = false;
	rig_tick();
	assert_int_equal(log_capture_count("the device is back"), 1);
	n += rte_cryptodev_dequeue_burst(r->id, 0, got + n, 1);		/* sends */
	n += rte_cryptodev_dequeue_burst(r->id, 0, got + n, (uint16_t)(NB_OVERLAPS + 1 - n));
	assert_int_equal(n, NB_OVERLAPS);
	for (i = 0; i < NB_OVERLAPS; i++) {
		assert_int_equal(op[i]->status, is_safe(i) ? RTE_CRYPTO_OP_STATUS_SUCCESS :
				RTE_CRYPTO_OP_STATUS_ERROR);
		if (is_safe(i))
			overlap_check(op[i], i);
		ops_free(op[i]);
	}
	rig_session_free(r, s.mac);
	rig_session_free(r, s.gcm);
	rig_session_free(r, s.chain);
	log_capture_start();
	loss_end(r, s.cbc);
}

static void
sent_again_only_if_safe(void **state)
{
	unsigned int k;

	(void)state;
	for (k = 0; k < RTE_DIM(rig_kinds); k++)
		computed_and_lost(&rig_kinds[k]);
}

/* ---- completed, not dequeued, and lost ---- */

/* Half of the ops are complete in the ring when the device is lost: they come back with
 * their results, however the loss is noticed.  spoilt: the device breaks a rule of the ring
 * behind them.
 */
static void
completed_and_lost(const struct rig_variant *v, bool recover, bool stop, bool spoilt)
{
	struct rig *r = loss_open(v, recover ? "recover=1,recover_timeout_ms=60000" : NULL);
	void *s = rig_cbc_session(r, KEY, RTE_CRYPTO_CIPHER_OP_ENCRYPT);
	struct rte_crypto_op *op[LOSS_NB], *got[LOSS_NB + 1];
	unsigned int i, n;

	loss_send(r, s, 0, op);
	assert_int_equal(model_take(&r->m, 0, LOSS_NB), LOSS_NB);
	for (i = 0; i < LOSS_NB / 2; i++)
		model_complete(&r->m, 0, 0);
	model_publish(&r->m, 0);
	if (spoilt)
		model_push_raw(&r->m, 0, UINT16_MAX, 1);
	if (stop) {
		r->f->gone_at = 0;		/* so that stop does not wait for the others */
		rte_cryptodev_stop(r->id);
	} else {
		fake_pci_break(r->f);
		rig_tick();
	}
	n = rte_cryptodev_dequeue_burst(r->id, 0, got, LOSS_NB + 1);
	/* What is out of place and not complete is kept. */
	assert_int_equal(n, recover && !stop ? LOSS_NB - LOSS_NB / 4 : LOSS_NB);
	for (i = 0; i < n; i++)
		if (i < LOSS_NB / 2) {
			assert_ptr_equal(got[i], op[i]);
			assert_int_equal(got[i]->status, RTE_CRYPTO_OP_STATUS_SUCCESS);
		} else {
			assert_int_equal(got[i]->status, RTE_CRYPTO_OP_STATUS_ERROR);
		}
	assert_int_equal(log_capture_count("breaks the rules of the ring"), spoilt && !stop);
	if (!stop)
		rte_cryptodev_stop(r->id);
	n += rte_cryptodev_dequeue_burst(r->id, 0, got + n, (uint16_t)(LOSS_NB + 1 - n));
	assert_int_equal(n, LOSS_NB);
	for (i = 0; i < LOSS_NB; i++)
		ops_free(op[i]);
	/* The device wrote what it may not. */
	r->m.violation[0] = '\0';
	r->f->gone_at = FAKE_PCI_NEVER;
	loss_forgive(r);
	log_capture_start();
	assert_int_equal(rte_cryptodev_start(r->id), 0);
	loss_end(r, s);
}

static void
completed_before_the_loss(void **state)
{
	unsigned int k, how;

	(void)state;
	for (k = 0; k < RTE_DIM(rig_kinds); k++)
		for (how = 0; how < 8; how++)
			completed_and_lost(&rig_kinds[k], how & 1, how & 2, how & 4);
}

/* A forged tag that was verified is still one; the device's error is no success. */
static void
completed_with_errors(void **state)
{
	static const uint8_t status[] = { VIRTIO_CRYPTO_BADMSG, VIRTIO_CRYPTO_ERR,
		VIRTIO_CRYPTO_INVSESS };
	static const uint8_t want[] = { RTE_CRYPTO_OP_STATUS_AUTH_FAILED,
		RTE_CRYPTO_OP_STATUS_ERROR, RTE_CRYPTO_OP_STATUS_INVALID_SESSION };
	unsigned int k, i;

	(void)state;
	for (k = 0; k < RTE_DIM(rig_kinds); k++) {
		struct rig *r = loss_open(&rig_kinds[k], "recover=1");
		void *s = rig_cbc_session(r, KEY, RTE_CRYPTO_CIPHER_OP_ENCRYPT);
		struct rte_crypto_op *op[RTE_DIM(want)], *got[RTE_DIM(want) + 1];

		for (i = 0; i < RTE_DIM(want); i++) {
			op[i] = rig_op(s, 64);
			r->m.data_status = status[i];
			assert_int_equal(rig_enqueue(r, 0, &op[i], 1), 1);
		}
		r->m.data_status = MODEL_NONE;
		assert_int_equal(r->m.nb_data, RTE_DIM(want));
		fake_pci_break(r->f);
		rig_tick();
		assert_int_equal(rte_cryptodev_dequeue_burst(r->id, 0, got, RTE_DIM(want) + 1),
				RTE_DIM(want));
		for (i = 0; i < RTE_DIM(want); i++) {
			assert_ptr_equal(got[i], op[i]);
			assert_int_equal(got[i]->status, want[i]);
			rig_op_free(got[i]);
		}
		log_capture_start();
		loss_end(r, s);
	}
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sent_again_only_if_safe),
		cmocka_unit_test(completed_before_the_loss),
		cmocka_unit_test(completed_with_errors),
	};

	(void)argc;
	rig_init(argv[0]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
