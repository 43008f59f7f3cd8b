/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Owns the comparison of what an op's request reads with what it writes, as ranges of
 * addresses: source, AAD, iv, digest and the op itself on one side, destination and digest
 * on the other.  Buffers that are two mbufs may be the same bytes (rte_pktmbuf_attach), or
 * overlap in part, and so may a digest.
 */
#include <rte_memory.h>

#include "data/vcrypto_build.h"
#include "data/vcrypto_resend.h"

/* Ranges on one side.  An op that has more is not sent again: each range is compared with
 * each, for every op in flight.
 */
#define RESEND_RANGES	128

struct resend_range {
	uint64_t va, addr;	/* this process's address, the device's; 0: none */
	uint64_t len;		/* bytes, not 0 */
};

struct resend_side {
	struct resend_range range[RESEND_RANGES];
	unsigned int nb;
	bool doubt;		/* not all of it is known */
};

static void
resend_add(struct resend_side *side, const void *va, uint64_t addr, uint64_t len)
{
	if (len == 0)
		return;
	if (side->nb == RESEND_RANGES || va == NULL) {
		side->doubt = true;
		return;
	}
	side->range[side->nb++] = (struct resend_range){ (uintptr_t)va, addr, len };
}

/* [off, off + len) of a buffer, a range for each segment. */
static void
resend_add_buffer(struct resend_side *side, const struct vcrypto_session *s,
		const struct rte_mbuf *m, uint64_t off, uint64_t len)
{
	for (; len != 0 && m != NULL; m = m->next) {
		uint64_t part;

		if (off >= m->data_len) {
			off -= m->data_len;
			continue;
		}
		part = RTE_MIN(len, m->data_len - off);
		resend_add(side, rte_pktmbuf_mtod_offset(m, const uint8_t *, off),
				vcrypto_build_data_addr(s, m, off), part);
		len -= part;
		off = 0;
	}
	side->doubt |= len != 0;
}

static bool
resend_overlap(uint64_t a, uint64_t a_len, uint64_t b, uint64_t b_len)
{
	return a != 0 && b != 0 && a < b + b_len && b < a + a_len;
}

/* The same memory may be mapped twice, so the device's addresses count too. */
static bool
resend_sides_overlap(const struct resend_side *read, const struct resend_side *write)
{
	unsigned int i, k;

	for (i = 0; i < write->nb; i++)
		for (k = 0; k < read->nb; k++) {
			const struct resend_range *w = &write->range[i], *r = &read->range[k];

			if (resend_overlap(w->va, w->len, r->va, r->len) ||
					resend_overlap(w->addr, w->len, r->addr, r->len))
				return true;
		}
	return false;
}

/* A digest that the device or the driver compares is read; any other is written. */
static void
resend_add_digest(struct resend_side *read, struct resend_side *write,
		const struct vcrypto_session *s, const uint8_t *data, rte_iova_t iova)
{
	bool compared = s->kind == VCRYPTO_SESS_AEAD ? s->decrypt : s->verify;

	resend_add(compared ? read : write, data, vcrypto_build_buf_addr(s, data, iova),
			s->digest_len);
}

static void
resend_add_aead(struct resend_side *read, struct resend_side *write,
		const struct vcrypto_session *s, const struct rte_crypto_sym_op *sym)
{
	uint64_t aad = vcrypto_build_buf_addr(s, sym->aead.aad.data, sym->aead.aad.phys_addr);

	if (s->aad_len != 0)
		resend_add(read, sym->aead.aad.data + s->aad_off,
				aad != 0 ? aad + s->aad_off : 0, s->aad_len);
	resend_add_digest(read, write, s, sym->aead.digest.data, sym->aead.digest.phys_addr);
}

static void
resend_add_payload(struct resend_side *read, struct resend_side *write,
		const struct vcrypto_session *s, const struct rte_crypto_sym_op *sym)
{
	struct vcrypto_build_span span;
	bool has_dst = true;

	switch (s->kind) {
	case VCRYPTO_SESS_CIPHER:
		span.off = sym->cipher.data.offset >> s->len_shift;
		span.end = span.off + (sym->cipher.data.length >> s->len_shift);
		break;
	case VCRYPTO_SESS_CHAIN:
		span = vcrypto_build_chain_span(sym);
		break;
	case VCRYPTO_SESS_AEAD:
		span.off = sym->aead.data.offset;
		span.end = span.off + sym->aead.data.length;
		break;
	default:
		span.off = sym->auth.data.offset >> s->len_shift;
		span.end = span.off + (sym->auth.data.length >> s->len_shift);
		/* The driver itself copies for a NULL cipher, each time that it builds. */
		has_dst = s->null_cipher && sym->m_dst != NULL;
		if (has_dst)
			span = vcrypto_build_chain_span(sym);
		break;
	}
	resend_add_buffer(read, s, sym->m_src, span.off, span.end - span.off);
	if (has_dst)
		resend_add_buffer(write, s, sym->m_dst != NULL ? sym->m_dst : sym->m_src,
				span.off, span.end - span.off);
}

/* What the device reads and writes.  NULL for an op that is not a symmetric one with a
 * session, else the session.
 */
static const struct vcrypto_session *
resend_collect(struct resend_side *read, struct resend_side *write, const struct rte_crypto_op *op)
{
	const struct rte_crypto_sym_op *sym = op->sym;
	const struct vcrypto_session *s;

	if (op->type != RTE_CRYPTO_OP_TYPE_SYMMETRIC || op->sess_type != RTE_CRYPTO_OP_WITH_SESSION)
		return NULL;
	s = CRYPTODEV_GET_SYM_SESS_PRIV(sym->session);
	resend_add_payload(read, write, s, sym);
	if (s->kind == VCRYPTO_SESS_AEAD)
		resend_add_aead(read, write, s, sym);
	else if (s->kind != VCRYPTO_SESS_CIPHER)
		resend_add_digest(read, write, s, sym->auth.digest.data,
				sym->auth.digest.phys_addr);
	return s;
}

bool
vcrypto_resend_is_safe(const struct rte_crypto_op *op)
{
	struct resend_side read = { .nb = 0 }, write = { .nb = 0 };
	const struct vcrypto_session *s = resend_collect(&read, &write, op);
	uint64_t at;

	if (s == NULL)
		return false;
	at = vcrypto_build_buf_addr(s, op, op->phys_addr);
	resend_add(&read, op, at, sizeof(*op) + sizeof(*op->sym));
	resend_add(&read, (const uint8_t *)op + s->iv_off,
			at != 0 ? at + s->iv_off : 0, s->iv_len);
	return !read.doubt && !write.doubt && !resend_sides_overlap(&read, &write);
}

/* Is the byte at va in memory that a back end has: DPDK's own? */
static bool
resend_byte_is_shared(uint64_t va)
{
	const struct rte_memseg_list *list =
		rte_mem_virt2memseg_list((const void *)(uintptr_t)va);

	return list != NULL && !list->external;
}

/* A range whose address is 0 is copied, and not given to the device. */
static bool
resend_side_in_reach(const struct resend_side *side)
{
	unsigned int i;

	for (i = 0; i < side->nb; i++) {
		const struct resend_range *r = &side->range[i];

		if (r->addr != 0 && (!resend_byte_is_shared(r->va) ||
				!resend_byte_is_shared(r->va + r->len - 1)))
			return false;
	}
	return true;
}

bool
vcrypto_resend_in_reach(const struct vcrypto_dev *dev, const struct rte_crypto_op *op)
{
	struct resend_side read = { .nb = 0 }, write = { .nb = 0 };

	/* Bus addresses are the application's: it may have mapped memory that is not DPDK's. */
	if (!dev->traits.addr_is_va || resend_collect(&read, &write, op) == NULL)
		return true;
	return resend_side_in_reach(&read) && resend_side_in_reach(&write);
}
