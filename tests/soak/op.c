/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Symmetric ops: buffers of every shape, the bytes in them, and what they must hold when
 * the op is back, by OpenSSL (reference.h).  Bytes come from the mark's seed, so nothing
 * has to be kept meanwhile.
 */
#include <string.h>

#include "reference.h"
#include "soak.h"

#define SEGS_MAX	6
/* One op in so many has known bytes, where it need not have them. */
#define CHECK_ONE_IN	3
/* One digest in so many is forged. */
#define FORGE_ONE_IN	6

/* ---- buffers ---- */

static bool
add_segment(struct soak_unit *u, struct rte_mbuf **head, struct rte_mbuf **last, uint32_t len)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(len > SOAK_BUF ? u->bigs : u->mbufs);

	if (m == NULL)
		return false;
	m->data_len = (uint16_t)len;
	if (*head == NULL) {
		*head = m;
		m->pkt_len = len;
	} else {
		(*last)->next = m;
		(*head)->pkt_len += len;
		(*head)->nb_segs++;
	}
	*last = m;
	return true;
}

/* total bytes in nb segments of random sizes. */
static struct rte_mbuf *
chain(struct soak_unit *u, uint32_t total, unsigned int nb, struct rng *rng)
{
	struct rte_mbuf *head = NULL, *last = NULL;

	while (nb-- > 0) {
		uint32_t part = nb == 0 ? total : rng_below(rng, total + 1);

		if (!add_segment(u, &head, &last, part)) {
			rte_pktmbuf_free(head);
			return NULL;
		}
		total -= part;
	}
	return head;
}

static void
copy_in(struct rte_mbuf *m, const uint8_t *from)
{
	for (; m != NULL; from += m->data_len, m = m->next)
		memcpy(rte_pktmbuf_mtod(m, uint8_t *), from, m->data_len);
}

static void
copy_out(const struct rte_mbuf *m, uint8_t *to)
{
	for (; m != NULL; to += m->data_len, m = m->next)
		memcpy(to, rte_pktmbuf_mtod(m, const uint8_t *), m->data_len);
}

static uint32_t
random_len(const struct soak_session *s, struct rng *rng)
{
	static const uint32_t top[] = { 64, 256, 2048, SOAK_LEN };
	uint32_t block = s->cipher != NULL ? s->cipher->block : 1, least = 1, len;

	if (s->auth != NULL)
		block = RTE_MAX(block, (uint32_t)s->auth->block);
	if (s->cipher != NULL)
		least = RTE_MAX(least, (uint32_t)s->cipher->min_len);
	len = least + rng_below(rng, top[rng_below(rng, RTE_DIM(top))]);
	len -= len % block;
	return RTE_MIN(RTE_MAX(len, RTE_MAX(least, block)), (uint32_t)SOAK_LEN);
}

static uint32_t
total_of(const struct soak_mark *mark)
{
	return mark->head + mark->len + SOAK_GUARD;
}

/* Both buffers.  A hash or a MAC writes none. */
static bool
give_buffers(struct soak_worker *w, struct rte_crypto_op *op)
{
	struct soak_mark *mark = mark_of(op);
	bool apart = mark->s->family != SOAK_DIGEST && rng_one_in(&w->rng, 2);
	bool segments = w->dev->segments && rng_one_in(&w->rng, 4);
	unsigned int nb = segments ? 2 + rng_below(&w->rng, SEGS_MAX - 1) : 1;

	op->sym->m_dst = NULL;
	op->sym->m_src = chain(w->u, total_of(mark), nb, &w->rng);
	if (op->sym->m_src == NULL || !apart)
		return op->sym->m_src != NULL;
	nb = segments && rng_one_in(&w->rng, 2) ? 2 + rng_below(&w->rng, SEGS_MAX - 1) : 1;
	op->sym->m_dst = chain(w->u, total_of(mark), nb, &w->rng);
	if (op->sym->m_dst != NULL)
		return true;
	rte_pktmbuf_free(op->sym->m_src);
	return false;
}

/* ---- what OpenSSL says ---- */

static struct ref_key
cipher_key(const struct soak_session *s, const struct soak_mark *mark)
{
	return (struct ref_key){ s->key, s->key_len, mark->iv, s->iv_len };
}

/* Where the nonce and the AAD are: DPDK's CCM leaves room in front of both. */
static bool
is_ccm(const struct soak_session *s)
{
	return s->auth->number == VIRTIO_CRYPTO_AEAD_CCM;
}

/* The tag goes to out + len on encryption.  False: the one in tag does not fit. */
static bool
aead(const struct soak_session *s, const struct soak_mark *mark, bool encrypt, uint8_t *tag,
		uint8_t *out, const uint8_t *in)
{
	struct ref_aead a = {
		.k = { s->key, s->key_len, mark->iv + is_ccm(s), s->iv_len },
		.aad = mark->aad + (is_ccm(s) ? 18 : 0),
		.aad_len = s->aad_len,
		.tag = tag,
		.tag_len = s->digest_len,
	};

	return ref_aead(s->auth->number, encrypt, &a, out, in, mark->len);
}

static void
digest(const struct soak_session *s, const struct soak_mark *mark, uint8_t *out, const uint8_t *in,
		size_t len)
{
	if (s->gmac) {
		struct ref_aead a = { .k = { s->auth_key, s->auth_key_len, mark->iv, 12 },
			.aad = in, .aad_len = len, .tag = out, .tag_len = s->digest_len };
		uint8_t none[1] = { 0 };

		ref_aead(VIRTIO_CRYPTO_AEAD_GCM, true, &a, none, none, 0);
	} else if (s->auth_key_len != 0) {
		ref_mac(s->auth->number, s->auth_key, s->auth_key_len, out, in, len);
	} else {
		ref_hash(s->auth->number, out, in, len);
	}
}

/* What head + len bytes become: in out, and the digest where there is one. */
static void
reference(const struct soak_mark *mark, uint8_t *out, uint8_t *tag, const uint8_t *in)
{
	const struct soak_session *s = mark->s;
	struct ref_key k = cipher_key(s, mark);
	uint32_t head = mark->head, all = mark->head + mark->len;

	memcpy(out, in, total_of(mark));
	if (s->family == SOAK_AEAD) {
		aead(s, mark, true, tag, out + head, in + head);
		return;
	}
	if (s->family == SOAK_DIGEST) {
		digest(s, mark, tag, in + head, mark->len);
		return;
	}
	ref_cipher(s->cipher->number, s->encrypt, &k, out + head, in + head, mark->len);
	if (s->family == SOAK_CHAIN)
		digest(s, mark, tag, s->encrypt && !s->mac_first ? out : in, all);
}

/* ---- building ---- */

static void
set_ranges(struct rte_crypto_op *op)
{
	struct soak_mark *mark = mark_of(op);
	const struct soak_session *s = mark->s;
	struct rte_crypto_sym_op *sym = op->sym;
	rte_iova_t digest_at = rte_crypto_op_ctophys_offset(op,
			SOAK_SYM_MARK + offsetof(struct soak_mark, digest));

	if (s->family == SOAK_AEAD) {
		sym->aead.data.offset = mark->head;
		sym->aead.data.length = mark->len;
		sym->aead.digest.data = mark->digest;
		sym->aead.digest.phys_addr = digest_at;
		sym->aead.aad.data = mark->aad;
		sym->aead.aad.phys_addr = rte_crypto_op_ctophys_offset(op,
				SOAK_SYM_MARK + offsetof(struct soak_mark, aad));
		return;
	}
	sym->cipher.data.offset = mark->head;
	sym->cipher.data.length = mark->len;
	/* A chain's MAC covers the head as well. */
	sym->auth.data.offset = s->family == SOAK_CHAIN ? 0 : mark->head;
	sym->auth.data.length = mark->len + (s->family == SOAK_CHAIN ? mark->head : 0);
	sym->auth.digest.data = mark->digest;
	sym->auth.digest.phys_addr = digest_at;
}

/* The bytes of an op whose result will be looked at. */
static void
fill(struct soak_worker *w, struct rte_crypto_op *op)
{
	struct soak_mark *mark = mark_of(op);
	const struct soak_session *s = mark->s;
	uint8_t tag[64] = { 0 };

	rng_fill(w->in, total_of(mark), mark->seed);
	reference(mark, w->want, tag, w->in);
	/* AEAD's plain text is known, its cipher text is sent. */
	copy_in(op->sym->m_src, s->family == SOAK_AEAD && !s->encrypt ? w->want : w->in);
	if (op->sym->m_dst != NULL) {
		memset(w->got, 0xd5, total_of(mark));
		copy_in(op->sym->m_dst, w->got);
	}
	memset(mark->digest, 0x3c, sizeof(mark->digest));
	if (s->encrypt || s->digest_len == 0)
		return;
	memcpy(mark->digest, tag, s->digest_len);
	mark->forged = rng_one_in(&w->rng, FORGE_ONE_IN);
	if (mark->forged)
		mark->digest[rng_below(&w->rng, s->digest_len)] ^= (uint8_t)
			(1u << rng_below(&w->rng, 8));
}

struct rte_crypto_op *
op_build(struct soak_worker *w, struct soak_session *s)
{
	struct rte_crypto_op *op = rte_crypto_op_alloc(w->u->ops, RTE_CRYPTO_OP_TYPE_SYMMETRIC);
	struct soak_mark *mark;

	if (op == NULL)
		return NULL;
	mark = mark_of(op);
	mark->w = w;
	mark->s = s;
	mark->seed = rng_next(&w->rng);
	mark->head = s->family == SOAK_CIPHER ? 0 : 4 * rng_below(&w->rng, SOAK_HEAD / 4);
	mark->len = random_len(s, &w->rng);
	mark->forged = false;
	/* What is verified must be right to begin with. */
	mark->checked = (!s->encrypt && s->digest_len != 0) || rng_one_in(&w->rng, CHECK_ONE_IN);
	if (!give_buffers(w, op)) {
		rte_crypto_op_free(op);
		return NULL;
	}
	rng_fill(mark->iv, sizeof(mark->iv), mark->seed + 1);
	rng_fill(mark->aad, sizeof(mark->aad), mark->seed + 2);
	if (s->handle != NULL) {
		rte_crypto_op_attach_sym_session(op, s->handle);
	} else {
		op->sess_type = RTE_CRYPTO_OP_SESSIONLESS;
		op->sym->xform = s->x;
	}
	set_ranges(op);
	if (mark->checked)
		fill(w, op);
	return op;
}

void
op_free(struct rte_crypto_op *op)
{
	mark_of(op)->state = MARK_FREE;
	if (op->type == RTE_CRYPTO_OP_TYPE_SYMMETRIC) {
		rte_pktmbuf_free(op->sym->m_src);
		rte_pktmbuf_free(op->sym->m_dst);
	}
	rte_crypto_op_free(op);
}

/* ---- looking ---- */

/* Out of place, the bytes beside the range are nobody's: a chain's head may be copied. */
static const char *
wrong_payload(struct soak_worker *w, const struct rte_crypto_op *op, const struct soak_mark *mark)
{
	uint32_t total = total_of(mark), head = mark->head, end = mark->head + mark->len;
	bool apart = op->sym->m_dst != NULL;
	const uint8_t *sent = w->in;

	copy_out(apart ? op->sym->m_dst : op->sym->m_src, w->got);
	if (memcmp(w->got + head, w->want + head, mark->len) != 0)
		return "the result is wrong";
	if (!apart)
		return memcmp(w->got, w->want, head) != 0 ||
			memcmp(w->got + end, w->want + end, total - end) != 0 ?
			"bytes beside the range have changed" : NULL;
	if (w->got[end] != 0xd5 || memcmp(w->got + end, w->got + end + 1, SOAK_GUARD - 1) != 0)
		return "bytes behind the result have changed";
	if (mark->s->family == SOAK_AEAD && !mark->s->encrypt)
		return NULL;
	copy_out(op->sym->m_src, w->got);
	return memcmp(w->got, sent, total) != 0 ? "the source has changed" : NULL;
}

const char *
op_wrong(struct soak_worker *w, struct rte_crypto_op *op)
{
	struct soak_mark *mark = mark_of(op);
	const struct soak_session *s = mark->s;
	uint8_t tag[64];
	const char *why;

	rng_fill(w->in, total_of(mark), mark->seed);
	if (s->family == SOAK_AEAD && !s->encrypt)
		memcpy(w->want, w->in, total_of(mark));
	else
		reference(mark, w->want, tag, w->in);
	/* Behind AEAD's plain text the guard is the one that was sent. */
	why = wrong_payload(w, op, mark);
	if (why == NULL && s->encrypt && s->digest_len != 0 &&
			memcmp(mark->digest, tag, s->digest_len) != 0)
		why = "the digest is wrong";
	return why;
}
