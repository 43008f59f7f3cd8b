/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Each op comes back, within bounds that have a name, and before its queue pair is released:
 * from a device that is stopped, whose start fails, or that never comes back.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "fake_pci_regs.h"
#include "loss.h"
#include "reference.h"

#define KEY	0x42
#define NB	12	/* of each queue pair: half of them out of place */
#define SHORT_MS	20	/* recover_timeout_ms where it has to run out */

/* ---- stopped ---- */

/* A stopped device is polled on through everything that may happen to it: a configure that
 * fails, one that works, which free rte_cryptodev's lists of callbacks, a start that fails,
 * the release of queue pairs, close.
 */
static void
stopped_and_polled_on(void **state)
{
	struct rig_conf conf = { .features = rig_kinds[0].features, .nb_data = 3 };
	struct rig *r = rig_up(&conf, 3, 64);
	void *s = rig_cbc_session(r, KEY, RTE_CRYPTO_CIPHER_OP_ENCRYPT);
	struct rte_crypto_op *op[4], *got;
	unsigned int i;

	(void)state;
	for (i = 0; i < 4; i++)
		op[i] = rig_op(s, 64);
	r->m.data_silent = true;
	assert_int_equal(rig_enqueue(r, 0, op, 4), 4);
	rte_cryptodev_stop(r->id);
	assert_int_equal(rig_configure(r, 4), -EINVAL);
	assert_int_equal(rte_cryptodev_dequeue_burst(r->id, 0, &got, 1), 1);
	assert_int_equal(rig_configure(r, 2), 0);
	assert_int_equal(rte_cryptodev_dequeue_burst(r->id, 0, &got, 1), 1);
	assert_int_equal(rte_cryptodev_dequeue_burst(r->id, 2, &got, 1), 0);
	r->f->enable_stuck = true;
	assert_int_equal(rig_setup(r, 1, 32), 0);	/* has to be enabled */
	assert_int_equal(rte_cryptodev_start(r->id), -EIO);
	r->f->enable_stuck = false;
	assert_int_equal(rig_enqueue(r, 0, op, 1), 0);
	assert_int_equal(rte_cryptodev_dequeue_burst(r->id, 0, &got, 1), 1);
	assert_int_equal(rte_cryptodev_dequeue_burst(r->id, 0, &got, 1), 1);
	assert_int_equal(rte_cryptodev_dequeue_burst(r->id, 0, &got, 1), 0);
	for (i = 0; i < 4; i++) {
		assert_int_equal(op[i]->status, RTE_CRYPTO_OP_STATUS_ERROR);
		rig_op_free(op[i]);
	}
	rig_session_free(r, s);
	assert_int_equal(rte_cryptodev_close(r->id), 0);
	assert_int_equal(rte_cryptodev_dequeue_burst(r->id, 0, &got, 1), 0);
	assert_int_equal(log_capture_warnings(), 0);
	log_capture_start();
	rig_close(r);
}

/* ---- lost, with recover=1 ---- */

enum hopeless {
	RESET_REFUSED,
	FEATURES_REFUSED,
	NOT_READY,
	COMMANDS_UNANSWERED,	/* comes back, and may be lost again */
	NB_HOPELESS
};

static struct rig *
up(const struct rig_variant *v, const char *devargs)
{
	struct rig_conf conf = { .features = v->features, .devargs = devargs,
		.mode = MODEL_INLINE };

	return loss_up(&conf);
}

static void
down(struct rig *r, void *session)
{
	rig_session_free(r, session);
	loss_forget(r);
	rte_cryptodev_stop(r->id);
	rig_remove(r);
	log_capture_start();
	rig_close(r);
}

/* NB ops in flight on a queue pair of a silent device; the odd ones can be sent again. */
static void
send(struct rig *r, void *session, uint16_t q, struct rte_crypto_op **op)
{
	struct ops_buffers b;
	unsigned int i;

	r->m.data_silent = true;
	for (i = 0; i < NB; i++) {
		op[i] = ops_bare(session);
		ops_buffers(op[i], &b, i % 2 ? OPS_OUT_OF_PLACE : OPS_IN_PLACE, 1, 0, 64, i);
		op[i]->sym->cipher.data.offset = 0;
		op[i]->sym->cipher.data.length = 64;
	}
	assert_int_equal(rig_enqueue(r, q, op, NB), NB);
}

/* One dequeue returns nb ops that all have the same status, each one of op, where they are
 * marked as taken.
 */
static void
take(struct rig *r, uint16_t q, struct rte_crypto_op **op, unsigned int nb, uint8_t status)
{
	struct rte_crypto_op *got[NB + 1];
	unsigned int i, k;

	assert_int_equal(rte_cryptodev_dequeue_burst(r->id, q, got, NB + 1), nb);
	for (i = 0; i < nb; i++) {
		for (k = 0; k < NB && op[k] != got[i]; k++)
			;
		assert_in_range(k, 0, NB - 1);
		op[k] = NULL;
		assert_int_equal(got[i]->status, status);
		ops_free(got[i]);
	}
}

/* A few dequeues return nb ops, with any status. */
static void
take_any(struct rig *r, uint16_t q, unsigned int nb)
{
	struct rte_crypto_op *got[2 * NB];
	unsigned int i, n = 0;

	for (i = 0; i < 3; i++)
		n += rte_cryptodev_dequeue_burst(r->id, q, got + n, (uint16_t)(2 * NB - n));
	assert_int_equal(n, nb);
	for (i = 0; i < nb; i++) {
		assert_int_not_equal(got[i]->status, RTE_CRYPTO_OP_STATUS_NOT_PROCESSED);
		ops_free(got[i]);
	}
}

/* The device is lost and both queue pairs are parked: half of the ops came back. */
static void
lose(struct rig *r, struct rte_crypto_op *op[2][NB], enum hopeless how)
{
	unsigned int q;

	if (how == NOT_READY)
		loss_set_ready(r, false);
	else
		fake_pci_break(r->f);
	if (how == RESET_REFUSED)
		r->f->reset_us = FAKE_PCI_NEVER;
	if (how == FEATURES_REFUSED)
		r->f->refused_features = VIRTIO_F_VERSION_1;
	if (how == COMMANDS_UNANSWERED)
		r->m.ctrl_silent = true;
	rig_tick();
	for (q = 0; q < 2; q++)
		take(r, (uint16_t)q, op[q], NB / 2, RTE_CRYPTO_OP_STATUS_ERROR);
}

static void
forgive(struct rig *r)
{
	loss_set_ready(r, true);
	r->f->reset_us = 0;
	r->f->resetting = false;
	r->f->refused_features = 0;
	r->m.ctrl_silent = r->m.data_silent = false;
}

/* A device that never comes back: what is kept comes back after recover_timeout_ms, with
 * nothing but dequeue being called.
 */
static void
kept_until_the_bound(const struct rig_variant *v, enum hopeless how)
{
	struct rig *r = up(v, "recover=1,ctrl_timeout_ms=5,recover_timeout_ms="
			RTE_STR(SHORT_MS));
	void *s = rig_cbc_session(r, KEY, RTE_CRYPTO_CIPHER_OP_ENCRYPT);
	struct rte_crypto_op *op[2][NB];
	unsigned int q, i;

	for (q = 0; q < 2; q++)
		send(r, s, (uint16_t)q, op[q]);
	lose(r, op, how);
	for (i = 0; i < 3; i++)
		rig_tick();
	if (how != COMMANDS_UNANSWERED)
		assert_int_equal(log_capture_count("the device is back"), 0);
	usleep(2000 * SHORT_MS);
	if (how == COMMANDS_UNANSWERED) {
		/* Sent again, INVALID_SESSION; or lost once more, and late. */
		for (q = 0; q < 2; q++)
			take_any(r, (uint16_t)q, NB / 2);
	} else {
		for (q = 0; q < 2; q++)
			take(r, (uint16_t)q, op[q], NB / 2, RTE_CRYPTO_OP_STATUS_ERROR);
	}
	rte_cryptodev_stop(r->id);
	forgive(r);
	log_capture_start();
	assert_int_equal(rte_cryptodev_start(r->id), 0);
	down(r, s);
}

static void
ops_are_kept_until_the_bound(void **state)
{
	unsigned int k, how;

	(void)state;
	for (k = 0; k < RTE_DIM(rig_kinds); k++)
		for (how = 0; how < NB_HOPELESS; how++)
			kept_until_the_bound(&rig_kinds[k], how);
}

/* Long before the bound the program gives up: the stopped device hands out what was kept,
 * before or after a start that fails.
 */
static void
kept_until_stop(const struct rig_variant *v, enum hopeless how, bool start)
{
	struct rig *r = up(v, "recover=1,ctrl_timeout_ms=5,recover_timeout_ms=60000");
	void *s = rig_cbc_session(r, KEY, RTE_CRYPTO_CIPHER_OP_ENCRYPT);
	struct rte_crypto_op *op[2][NB];
	unsigned int q;

	for (q = 0; q < 2; q++)
		send(r, s, (uint16_t)q, op[q]);
	lose(r, op, how);
	rig_tick();
	for (q = 0; q < 2; q++)		/* kept */
		take(r, (uint16_t)q, op[q], 0, 0);
	rte_cryptodev_stop(r->id);
	if (start)
		assert_int_not_equal(rte_cryptodev_start(r->id), 0);
	for (q = 0; q < 2; q++)
		take(r, (uint16_t)q, op[q], NB / 2, RTE_CRYPTO_OP_STATUS_ERROR);
	assert_int_equal(log_capture_count("not dequeued"), 0);
	forgive(r);
	log_capture_start();
	assert_int_equal(rte_cryptodev_start(r->id), 0);
	down(r, s);
}

static void
ops_are_kept_until_stop(void **state)
{
	unsigned int k, how, start;

	(void)state;
	for (k = 0; k < RTE_DIM(rig_kinds); k++)
		for (how = 0; how < COMMANDS_UNANSWERED; how++)
			for (start = 0; start < 2; start++)
				kept_until_stop(&rig_kinds[k], how, start);
}

/* ---- gone ---- */

/* A function that is unplugged takes nothing with it: with recover=1 too, its ops come back
 * at once, nobody tries to bring it back, and no line says that anybody could.
 */
static void
gone(const struct rig_variant *v, bool recover, bool plain)
{
	struct rig *r = up(v, recover ? "recover=1,recover_timeout_ms=60000" : NULL);
	void *s = rig_cbc_session(r, KEY, RTE_CRYPTO_CIPHER_OP_ENCRYPT);
	struct rte_crypto_op *op[2][NB], *none;
	unsigned int q;

	for (q = 0; q < 2; q++)
		send(r, s, (uint16_t)q, op[q]);
	if (plain)
		fake_pci_remap(r->f);
	else
		fake_pci_remove(r->f);
	rig_tick();
	assert_int_equal(loss_events, 1);
	for (q = 0; q < 2; q++)
		take(r, (uint16_t)q, op[q], NB, RTE_CRYPTO_OP_STATUS_ERROR);
	assert_int_equal(rig_tick(), 0);	/* nothing is tried */
	assert_int_equal(rte_cryptodev_dequeue_burst(r->id, 0, &none, 1), 0);
	assert_int_equal(log_capture_errors(), 2);	/* what was seen, what follows */
	assert_int_equal(log_capture_count("close and remove it"), 2);
	assert_int_equal(log_capture_count("recover"), 0);
	assert_int_equal(log_capture_count("start"), 0);
	assert_int_equal(log_capture_count("reset"), 0);
	assert_int_equal(log_capture_count("legacy"), 0);
	assert_int_equal(log_capture_warnings(), 0);
	log_capture_start();
	rte_cryptodev_stop(r->id);
	assert_int_equal(rte_cryptodev_start(r->id), -ENODEV);
	assert_int_equal(log_capture_count("legacy"), 0);
	down(r, s);
}

static void
gone_is_for_good(void **state)
{
	unsigned int k, how;

	(void)state;
	for (k = 0; k < RTE_DIM(rig_kinds); k++)
		for (how = 0; how < 4; how++)
			gone(&rig_kinds[k], how & 1, how & 2);
}

/* Lost in another way, it leaves while recovery tries. */
static void
gone_while_it_is_recovered(void **state)
{
	unsigned int k, q, plain;

	(void)state;
	for (k = 0; k < RTE_DIM(rig_kinds); k++)
		for (plain = 0; plain < 2; plain++) {
			struct rig *r = up(&rig_kinds[k], "recover=1,recover_timeout_ms=60000");
			void *s = rig_cbc_session(r, KEY, RTE_CRYPTO_CIPHER_OP_ENCRYPT);
			struct rte_crypto_op *op[2][NB];

			for (q = 0; q < 2; q++)
				send(r, s, (uint16_t)q, op[q]);
			lose(r, op, FEATURES_REFUSED);
			rig_tick();
			for (q = 0; q < 2; q++)
				take(r, (uint16_t)q, op[q], 0, 0);
			log_capture_start();
			if (plain)
				fake_pci_remap(r->f);
			else
				fake_pci_remove(r->f);
			rig_tick();
			assert_int_equal(log_capture_count("recovery ends"), 1);
			assert_int_equal(log_capture_count("legacy"), 0);
			for (q = 0; q < 2; q++)
				take(r, (uint16_t)q, op[q], NB / 2, RTE_CRYPTO_OP_STATUS_ERROR);
			assert_int_equal(rig_tick(), 0);
			log_capture_start();
			down(r, s);
		}
}

/* ---- lost again and again ---- */

/* An op that was sent again is in flight when the device is lost once more: its time began
 * with the first loss, that of an op which was sent since begins now.
 */
static void
sent_again_and_lost(const struct rig_variant *v)
{
	struct rig *r = up(v, "recover=1,recover_timeout_ms=" RTE_STR(SHORT_MS));
	void *s = rig_cbc_session(r, KEY, RTE_CRYPTO_CIPHER_OP_ENCRYPT);
	struct rte_crypto_op *op[2][NB], *more[NB], *got[2 * NB];
	unsigned int q, i, nb_ok = 0;

	for (q = 0; q < 2; q++)
		send(r, s, (uint16_t)q, op[q]);
	lose(r, op, NB_HOPELESS);
	rig_tick();
	assert_int_equal(log_capture_count("the device is back"), 1);
	for (q = 0; q < 2; q++)
		take(r, (uint16_t)q, op[q], 0, 0);
	usleep(2000 * SHORT_MS);
	/* In flight on both queue pairs, which is no loss; now it is one. */
	take(r, 0, op[0], 0, 0);
	send(r, s, 0, more);
	fake_pci_break(r->f);
	rig_tick();
	take(r, 1, op[1], NB / 2, RTE_CRYPTO_OP_STATUS_ERROR);
	assert_int_equal(rte_cryptodev_dequeue_burst(r->id, 0, got, 2 * NB), NB);
	r->m.data_silent = false;
	rig_tick();
	assert_int_equal(log_capture_count("the device is back"), 2);
	assert_int_equal(rte_cryptodev_dequeue_burst(r->id, 0, got + NB, NB), 0);
	assert_int_equal(rte_cryptodev_dequeue_burst(r->id, 0, got + NB, NB), NB / 2);
	for (i = 0; i < NB + NB / 2; i++) {
		if (got[i]->status == RTE_CRYPTO_OP_STATUS_SUCCESS)
			nb_ok++;
		else
			assert_int_equal(got[i]->status, RTE_CRYPTO_OP_STATUS_ERROR);
		ops_free(got[i]);
	}
	assert_int_equal(nb_ok, NB / 2);
	log_capture_start();
	down(r, s);
}

static void
sent_again_within_the_bound(void **state)
{
	unsigned int k;

	(void)state;
	for (k = 0; k < RTE_DIM(rig_kinds); k++)
		sent_again_and_lost(&rig_kinds[k]);
}

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
	struct rig *r = up(v, "recover=1,recover_timeout_ms=60000");
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
	down(r, s.cbc);
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
	struct rig *r = up(v, recover ? "recover=1,recover_timeout_ms=60000" : NULL);
	void *s = rig_cbc_session(r, KEY, RTE_CRYPTO_CIPHER_OP_ENCRYPT);
	struct rte_crypto_op *op[NB], *got[NB + 1];
	unsigned int i, n;

	send(r, s, 0, op);
	assert_int_equal(model_take(&r->m, 0, NB), NB);
	for (i = 0; i < NB / 2; i++)
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
	n = rte_cryptodev_dequeue_burst(r->id, 0, got, NB + 1);
	/* What is out of place and not complete is kept. */
	assert_int_equal(n, recover && !stop ? NB - NB / 4 : NB);
	for (i = 0; i < n; i++)
		if (i < NB / 2) {
			assert_ptr_equal(got[i], op[i]);
			assert_int_equal(got[i]->status, RTE_CRYPTO_OP_STATUS_SUCCESS);
		} else {
			assert_int_equal(got[i]->status, RTE_CRYPTO_OP_STATUS_ERROR);
		}
	assert_int_equal(log_capture_count("breaks the rules of the ring"), spoilt && !stop);
	if (!stop)
		rte_cryptodev_stop(r->id);
	n += rte_cryptodev_dequeue_burst(r->id, 0, got + n, (uint16_t)(NB + 1 - n));
	assert_int_equal(n, NB);
	for (i = 0; i < NB; i++)
		ops_free(op[i]);
	/* The device wrote what it may not. */
	r->m.violation[0] = '\0';
	r->f->gone_at = FAKE_PCI_NEVER;
	forgive(r);
	log_capture_start();
	assert_int_equal(rte_cryptodev_start(r->id), 0);
	down(r, s);
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
		struct rig *r = up(&rig_kinds[k], "recover=1");
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
		down(r, s);
	}
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stopped_and_polled_on),
		cmocka_unit_test(ops_are_kept_until_the_bound),
		cmocka_unit_test(ops_are_kept_until_stop),
		cmocka_unit_test(gone_is_for_good),
		cmocka_unit_test(gone_while_it_is_recovered),
		cmocka_unit_test(sent_again_within_the_bound),
		cmocka_unit_test(sent_again_only_if_safe),
		cmocka_unit_test(completed_before_the_loss),
		cmocka_unit_test(completed_with_errors),
	};

	(void)argc;
	rig_init(argv[0]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
