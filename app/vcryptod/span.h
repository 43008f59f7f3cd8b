/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Stretches of a request's bytes over scattered memory.
 *
 * Owns no memory: segments point into memory that the driver shares with the
 * device and may change at any time, so what decides anything is copied out first
 * (vcryptod_span_read) and looked at afterwards.  The caller guarantees that a
 * span's segments hold its bytes; nothing here reads or writes beyond them.
 */
#ifndef VCRYPTOD_SPAN_H
#define VCRYPTOD_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "vq_device.h"

/* len bytes that start off bytes into seg[0] (off < seg[0].len unless len is 0) and go
 * on in seg[1], seg[2] ...
 */
struct vcryptod_span {
	const struct vqd_seg *seg;
	uint32_t off;
	uint32_t len;
};

/* Copy a whole span out of scattered memory. */
void vcryptod_span_read(void *to, const struct vcryptod_span *s);

/* The next contiguous piece: moves the span past it.  *len is 0 at the end. */
static inline uint8_t *
vcryptod_span_next(struct vcryptod_span *s, uint32_t *len)
{
	uint8_t *p;
	uint32_t n;

	/* vqd has no empty segments, but callers of other kinds may. */
	while (s->len != 0 && s->off == s->seg->len) {
		s->seg++;
		s->off = 0;
	}
	if (s->len == 0) {
		*len = 0;
		return NULL;
	}
	n = s->seg->len - s->off;
	if (n > s->len)
		n = s->len;
	p = s->seg->ptr + s->off;
	s->off += n;
	s->len -= n;
	*len = n;
	return p;
}

/* The first len bytes, which it has; s moves past them. */
struct vcryptod_span vcryptod_span_cut_far(struct vcryptod_span *s, uint32_t len);

static inline struct vcryptod_span
vcryptod_span_cut(struct vcryptod_span *s, uint32_t len)
{
	struct vcryptod_span t;

	/* At a segment's end: what comes next begins in another. */
	while (len != 0 && s->off == s->seg->len) {
		s->seg++;
		s->off = 0;
	}
	t = (struct vcryptod_span){ s->seg, s->off, len };
	if (len == 0)
		return t;
	if (len > s->seg->len - s->off)
		return vcryptod_span_cut_far(s, len);
	s->off += len;
	s->len -= len;
	return t;
}

/* Where the span lies, if in one piece; else (or if empty) NULL. */
static inline uint8_t *
vcryptod_span_linear(const struct vcryptod_span *s)
{
	struct vcryptod_span t = *s;
	uint32_t n;
	uint8_t *p;

	/* Mostly it does not begin at a segment's end. */
	if (s->len != 0 && s->off != s->seg->len)
		return s->len <= s->seg->len - s->off ? s->seg->ptr + s->off : NULL;
	p = vcryptod_span_next(&t, &n);
	return n == s->len ? p : NULL;
}

/* Copy out a span of up to 32 bytes, at once where it lies in one piece. */
static inline void
vcryptod_span_read_short(void *to, const struct vcryptod_span *s)
{
	const uint8_t *p = vcryptod_span_linear(s);

	if (p != NULL && s->len == 16)
		memcpy(to, p, 16);
	else if (p != NULL && s->len == 12)
		memcpy(to, p, 12);
	else
		vcryptod_span_read(to, s);
}

#define VCRYPTOD_LINE	64u	/* bytes of a cache line */

/* Fetches a cache line for writing, though it may only be read: the driver writes it again for
 * its next request, and gets it back sooner from one owner than from two sharers
 * (doc/bench/end-to-end.md).  Any address will do.
 */
static inline void
vcryptod_fetch_line(const void *p)
{
#if defined(__x86_64__)
	__asm__ volatile("prefetchw %0" : : "m"(*(const char *)p));
#else
	__builtin_prefetch(p, 1);
#endif
}

/* Bring in the first cache lines of a span, max bytes at most. */
static inline void
vcryptod_span_fetch(const struct vcryptod_span *s, uint32_t max)
{
	uint32_t len = s->len < max ? s->len : max, i;
	const uint8_t *p = len != 0 ? vcryptod_span_linear(s) : NULL;

	if (p == NULL)
		return;
	vcryptod_fetch_line(p);
	for (i = VCRYPTOD_LINE; i < len; i += VCRYPTOD_LINE)
		vcryptod_fetch_line(p + i);
}

/* The part of s from off on, len bytes; off + len is within s. */
struct vcryptod_span vcryptod_span_sub(const struct vcryptod_span *s, uint32_t off,
		uint32_t len);
/* Bytes of the segments. */
static inline uint64_t
vcryptod_seg_total(const struct vqd_seg *seg, unsigned int nb)
{
	uint64_t total = 0;
	unsigned int i;

	for (i = 0; i < nb; i++)
		total += seg[i].len;
	return total;
}

/* Copy a whole span into scattered memory. */
void vcryptod_span_write(const struct vcryptod_span *s, const void *from);
/* The same for one of up to 64 bytes. */
static inline void
vcryptod_span_write_short(const struct vcryptod_span *s, const void *from)
{
	uint8_t *p = vcryptod_span_linear(s);

	if (p != NULL && s->len == 16)
		memcpy(p, from, 16);
	else if (p != NULL)
		memcpy(p, from, s->len);
	else
		vcryptod_span_write(s, from);
}

void vcryptod_span_zero(const struct vcryptod_span *s);
/* Copy between spans of one length; nothing is copied where both are the same memory. */
void vcryptod_span_copy(const struct vcryptod_span *to, const struct vcryptod_span *from);

/*
 * Memory of one thread for requests whose data must lie in one piece: a stack of
 * pieces, all released at once.  Not zeroed, not shared between threads; in no core file.
 */
struct vcryptod_scratch {
	uint8_t *base;
	size_t size, used;	/* bytes */
	size_t high;		/* of used, since it was wiped */
};

/* 0, or -ENOMEM.  Pages are allocated when they are first written. */
int vcryptod_scratch_init(struct vcryptod_scratch *s, size_t size);
void vcryptod_scratch_fini(struct vcryptod_scratch *s);
/* Zeroes what was handed out since the last time; nothing of it is in use any more. */
void vcryptod_scratch_wipe(struct vcryptod_scratch *s);
/* 64-byte aligned; NULL if fewer than len bytes are free. */
uint8_t *vcryptod_scratch_get(struct vcryptod_scratch *s, size_t len);

static inline void
vcryptod_scratch_reset(struct vcryptod_scratch *s)
{
	s->used = 0;
}

/* The span's bytes in one piece: where they lie, or a copy in scratch; never NULL
 * for an empty span.  NULL if scratch is full.
 */
uint8_t *vcryptod_span_gather(const struct vcryptod_span *s, struct vcryptod_scratch *scratch);

#endif
