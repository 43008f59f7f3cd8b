/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Lays buffers out and reads them back.  Everything around the data is GUARD, what
 * an operation is to write is BLANK beforehand, so that bytes written too far or
 * not at all show.
 */
#include <errno.h>
#include <string.h>

#include <rte_malloc.h>
#include <rte_mbuf.h>

#include "kat_op.h"

#define GUARD		0xa5
#define BLANK		0x3c
#define TAIL		24	/* guard bytes after the data */
#define CCM_AAD_LEAD	18	/* DPDK: the AAD of CCM starts here */

int
kat_layout_fits(const struct kat_layout *l, const struct kat_params *p,
		const struct kat_work *w)
{
	int digest_only = p->service == KAT_HASH || p->service == KAT_MAC;

	if (l->oop && digest_only)		/* nothing to put elsewhere */
		return 0;
	if (l->digest_in_buf && p->digest_len == 0)
		return 0;
	if ((l->src_segs > 1 || l->dst_segs > 1) && w->in.len < 8)
		return 0;
	if (l->gcm_j0 && (p->service != KAT_AEAD || strcmp(p->alg->name, "aes-gcm") != 0 ||
			w->iv.len != 12))
		return 0;
	return 1;
}

/* A chain of segs mbufs with total bytes, all GUARD.  The first body bytes are cut into
 * equal parts; what follows, a digest above all, stays whole in the last segment.
 */
static struct rte_mbuf *
make_mbuf(struct rte_mempool *pool, uint32_t total, uint32_t body, unsigned int segs)
{
	struct rte_mbuf *head = NULL, *m;
	uint32_t part = body / segs, n;
	unsigned int i;

	for (i = 0; i < segs; i++) {
		n = i + 1 < segs ? part : total - part * (segs - 1);
		m = rte_pktmbuf_alloc(pool);
		if (m == NULL || n > rte_pktmbuf_tailroom(m)) {
			rte_pktmbuf_free(m);
			rte_pktmbuf_free(head);
			return NULL;
		}
		memset(rte_pktmbuf_mtod(m, void *), GUARD, n);
		m->data_len = (uint16_t)n;
		m->pkt_len = n;
		if (head == NULL) {
			head = m;
		} else if (rte_pktmbuf_chain(head, m) != 0) {
			rte_pktmbuf_free(m);
			rte_pktmbuf_free(head);
			return NULL;
		}
	}
	return head;
}

/* Copies [off, off + len) of a chain, one way or the other. */
static void
copy(struct rte_mbuf *m, uint32_t off, uint8_t *bytes, uint32_t len, int to_mbuf)
{
	uint8_t *at;
	uint32_t n;

	for (; m != NULL && len > 0; m = m->next) {
		if (off >= m->data_len) {
			off -= m->data_len;
			continue;
		}
		n = RTE_MIN(len, m->data_len - off);
		at = rte_pktmbuf_mtod_offset(m, uint8_t *, off);
		memcpy(to_mbuf ? at : bytes, to_mbuf ? bytes : at, n);
		bytes += n;
		len -= n;
		off = 0;
	}
}

static void
put(struct rte_mbuf *m, uint32_t off, const uint8_t *bytes, uint32_t len)
{
	copy(m, off, (uint8_t *)(uintptr_t)bytes, len, 1);
}

static void
get(struct rte_mbuf *m, uint32_t off, uint8_t *bytes, uint32_t len)
{
	copy(m, off, bytes, len, 0);
}

static void
fill(struct rte_mbuf *m, uint32_t off, uint8_t value, uint32_t len)
{
	while (len-- > 0)
		put(m, off++, &value, 1);
}

/* The byte at a place in a chain: address and bus address. */
static uint8_t *
locate(struct rte_mbuf *m, uint32_t off, rte_iova_t *iova)
{
	while (m->next != NULL && off >= m->data_len) {
		off -= m->data_len;
		m = m->next;
	}
	*iova = rte_pktmbuf_iova_offset(m, off);
	return rte_pktmbuf_mtod_offset(m, uint8_t *, off);
}

static int
make_buffers(struct kat_op *k, const struct kat_pools *pools, const struct kat_work *w)
{
	const struct kat_layout *l = k->l;
	uint32_t body = l->head + w->in.len;

	k->src = make_mbuf(pools->mbufs, k->total, body, l->src_segs);
	if (k->src == NULL)
		return -ENOMEM;
	put(k->src, l->head, w->in.data, w->in.len);
	if (!l->oop)
		return 0;
	k->dst = make_mbuf(pools->mbufs, k->total, body, l->dst_segs);
	if (k->dst == NULL)
		return -ENOMEM;
	/* What the cipher does not write is there already: whether a chain's MAC is
	 * read from the source or from the destination is the driver's choice.
	 */
	put(k->dst, l->head, w->in.data, w->in.len);
	fill(k->dst, l->head + w->cipher.off, BLANK, w->cipher.len);
	return 0;
}

static struct rte_mbuf *
result_mbuf(const struct kat_op *k)
{
	return k->dst != NULL ? k->dst : k->src;
}

/* Where the digest lies: after the data of the mbuf that is written, or apart. */
static int
make_digest(struct kat_op *k, const struct kat_params *p, const struct kat_work *w,
		uint8_t **data, rte_iova_t *iova)
{
	uint32_t off = k->l->head + k->data_len;
	struct rte_mbuf *m = result_mbuf(k);

	/* on decryption the digest came with the source */
	if (!p->encrypt)
		m = k->src;
	if (k->l->digest_in_buf) {
		*data = locate(m, off, iova);
		fill(m, off, BLANK, p->digest_len);
	} else {
		k->digest = rte_zmalloc(NULL, p->digest_len + TAIL, 16);
		if (k->digest == NULL)
			return -ENOMEM;
		memset(k->digest, GUARD, p->digest_len + TAIL);
		memset(k->digest, BLANK, p->digest_len);
		*data = k->digest;
		*iova = rte_malloc_virt2iova(k->digest);
	}
	if (!p->encrypt)
		memcpy(*data, w->digest.data, p->digest_len);
	return 0;
}

static int
set_aead(struct kat_op *k, const struct kat_params *p, const struct kat_work *w)
{
	uint32_t lead = strcmp(p->alg->name, "aes-ccm") == 0 ? CCM_AAD_LEAD : 0;
	struct rte_crypto_sym_op *sym = k->op->sym;

	/* 16 more: CCM pads the AAD there to whole blocks */
	k->aad = rte_zmalloc(NULL, lead + w->aad.len + 32, 16);
	if (k->aad == NULL)
		return -ENOMEM;
	if (w->aad.len != 0)
		memcpy(k->aad + lead, w->aad.data, w->aad.len);
	sym->aead.aad.data = k->aad;
	sym->aead.aad.phys_addr = rte_malloc_virt2iova(k->aad);
	sym->aead.data.offset = k->l->head;
	sym->aead.data.length = k->data_len;
	return make_digest(k, p, w, &sym->aead.digest.data, &sym->aead.digest.phys_addr);
}

static void
set_cipher(struct kat_op *k, const struct kat_params *p, const struct kat_work *w)
{
	uint32_t unit = p->alg->bits ? 8 : 1;

	k->op->sym->cipher.data.offset = (k->l->head + w->cipher.off) * unit;
	k->op->sym->cipher.data.length = w->cipher.len * unit;
}

static int
set_auth(struct kat_op *k, const struct kat_params *p, const struct kat_work *w)
{
	const struct kat_alg *alg = p->service == KAT_CHAIN ? p->auth_alg : p->alg;
	struct rte_crypto_sym_op *sym = k->op->sym;
	uint32_t unit = alg->bits ? 8 : 1;

	sym->auth.data.offset = (k->l->head + w->auth.off) * unit;
	sym->auth.data.length = w->auth.len * unit;
	return make_digest(k, p, w, &sym->auth.digest.data, &sym->auth.digest.phys_addr);
}

static void
set_iv(struct kat_op *k, const struct kat_params *p, const struct kat_work *w)
{
	uint8_t *iv = rte_crypto_op_ctod_offset(k->op, uint8_t *, KAT_IV_OFFSET);

	memset(iv, 0, KAT_IV_MAX);
	if (w->iv.len == 0)
		return;
	/* DPDK: the nonce of CCM follows a byte for the flags */
	if (p->service == KAT_AEAD && strcmp(p->alg->name, "aes-ccm") == 0)
		iv++;
	memcpy(iv, w->iv.data, w->iv.len);
	if (k->l->gcm_j0)
		iv[15] = 1;	/* SP 800-38D, 7.1: a 12 byte iv, then 1 */
}

int
kat_op_make(struct kat_op *k, const struct kat_pools *pools, void *session,
		const struct kat_params *p, const struct kat_work *w,
		const struct kat_layout *l)
{
	int ret;

	memset(k, 0, sizeof(*k));
	k->l = l;
	k->data_len = w->in.len;
	k->digest_len = p->digest_len;
	k->cipher = w->cipher;
	k->total = l->head + w->in.len + (l->digest_in_buf ? p->digest_len : 0) + TAIL;
	k->op = rte_crypto_op_alloc(pools->ops, RTE_CRYPTO_OP_TYPE_SYMMETRIC);
	if (k->op == NULL)
		return -ENOMEM;
	ret = make_buffers(k, pools, w);
	if (ret == 0 && p->service == KAT_AEAD)
		ret = set_aead(k, p, w);
	else if (ret == 0 && p->service != KAT_CIPHER)
		ret = set_auth(k, p, w);
	if (ret != 0) {
		kat_op_free(k);
		return ret;
	}
	if (p->service == KAT_CIPHER || p->service == KAT_CHAIN)
		set_cipher(k, p, w);
	set_iv(k, p, w);
	k->op->sym->m_src = k->src;
	k->op->sym->m_dst = k->dst;
	rte_crypto_op_attach_sym_session(k->op, session);
	return 0;
}

void
kat_op_free(struct kat_op *k)
{
	rte_pktmbuf_free(k->src);
	rte_pktmbuf_free(k->dst);
	rte_free(k->digest);
	rte_free(k->aad);
	rte_crypto_op_free(k->op);
	memset(k, 0, sizeof(*k));
}

void
kat_op_result(const struct kat_op *k, uint8_t *data, uint8_t *digest)
{
	get(result_mbuf(k), k->l->head, data, k->data_len);
	if (k->digest_len == 0)
		return;
	if (k->digest != NULL)
		memcpy(digest, k->digest, k->digest_len);
	else
		get(result_mbuf(k), k->l->head + k->data_len, digest, k->digest_len);
}

/* Whether len bytes at off of a chain are all GUARD. */
static int
guarded(struct rte_mbuf *m, uint32_t off, uint32_t len)
{
	uint8_t byte;

	for (; len > 0; len--) {
		get(m, off++, &byte, 1);
		if (byte != GUARD)
			return 0;
	}
	return 1;
}

static int
same(struct rte_mbuf *m, uint32_t off, const uint8_t *want, uint32_t len)
{
	uint8_t byte;
	uint32_t i;

	for (i = 0; i < len; i++) {
		get(m, off + i, &byte, 1);
		if (byte != want[i])
			return 0;
	}
	return 1;
}

const char *
kat_op_damage(const struct kat_op *k, const struct kat_work *w)
{
	struct rte_mbuf *m = result_mbuf(k);
	uint32_t i, head = k->l->head;

	if (!guarded(m, 0, head) || !guarded(k->src, 0, head))
		return "bytes before the data were written";
	if (!guarded(m, k->total - TAIL, TAIL) || !guarded(k->src, k->total - TAIL, TAIL))
		return "bytes after the data were written";
	if (k->dst != NULL && !same(k->src, head, w->in.data, w->in.len))
		return "the source was written, out of place";
	for (i = 0; k->digest != NULL && i < TAIL; i++)
		if (k->digest[k->digest_len + i] != GUARD)
			return "bytes after the digest were written";
	return NULL;
}
