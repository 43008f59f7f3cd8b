/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What VPP gives to a cryptodev, one element of a frame at a time: its kinds of sessions, its
 * buffers in up to 8 segments, and what must come of each, by OpenSSL.
 */
#ifndef VPP_ELT_H
#define VPP_ELT_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_crypto.h>

enum elt_kind {
	ELT_CBC_SHA1,	/* linked algorithms: an ESP header, an iv, then what is encrypted */
	ELT_CTR_SHA256,
	ELT_GCM_8,	/* AAD of 8 bytes, of 12 with ESN */
	ELT_GCM_12,
	ELT_GCM_EMPTY,	/* no payload: one byte that head and tail leave out */
	ELT_HMAC,
	ELT_GMAC,	/* the AAD is the first segment */
	ELT_NB_KINDS,
};

enum {
	ELT_SEGS = 8,
	ELT_MAX = 1416,		/* bytes of an element */
	ELT_GAP = 32,		/* bytes behind each segment: none of the element's, but a tag */
};

struct elt_seg {
	uint8_t *at;
	uint16_t len;
};

/* Lies in memory that the device reaches. */
struct elt {
	enum elt_kind kind;
	bool decrypt;
	bool forged;		/* the tag does not fit */
	bool discarded;		/* was given up before the device saw it */
	bool done, good;	/* it came back; with success */
	uint16_t nb_segs;
	struct elt_seg seg[ELT_SEGS];
	uint16_t len, tag_len;	/* bytes of all segments, and of the tag */
	uint8_t *tag;		/* own_tag, or behind the last segment */
	uint8_t iv[16], aad[16], own_tag[32];
	uint8_t room[ELT_MAX + ELT_SEGS * ELT_GAP];
	uint8_t in[ELT_MAX], want[ELT_MAX], want_tag[64];
	uint8_t sent_iv[16], sent_aad[16];	/* what iv and aad have to be ever after */
};

/* A transform, perhaps of two, that lives as long as the program; iv_offset is that of ops. */
struct rte_crypto_sym_xform *elt_xform(enum elt_kind kind, bool decrypt, uint16_t iv_offset);
/* The next element of the sequence that *seed stands for. */
void elt_fill(struct elt *e, uint32_t *seed);
/* Which parts of the segments cipher and hash leave out. */
union rte_crypto_sym_ofs elt_ofs(const struct elt *e);
/* The bytes of the segments one behind the other. */
void elt_gather(const struct elt *e, uint8_t *out);
/* NULL, or what is wrong with an element that is done or discarded: bytes of it, or some that
 * must not change.
 */
const char *elt_judge(const struct elt *e);

#endif
