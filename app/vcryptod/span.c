/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Copies to and from scattered memory, and the scratch memory for data that an
 * engine wants in one piece.  Trusts the spans it is given; see span.h.
 */
#include <errno.h>
#include <string.h>

#include "secret.h"
#include "span.h"

#define SCRATCH_ALIGN	((size_t)VCRYPTOD_SECRET_ALIGN)	/* the engines' widest vector register */

struct vcryptod_span
vcryptod_span_sub(const struct vcryptod_span *s, uint32_t off, uint32_t len)
{
	struct vcryptod_span t = *s;
	uint32_t n;

	t.len = off;
	while (t.len != 0)
		vcryptod_span_next(&t, &n);
	t.len = len;
	return t;
}

struct vcryptod_span
vcryptod_span_cut_far(struct vcryptod_span *s, uint32_t len)
{
	struct vcryptod_span t = { s->seg, s->off, len };

	*s = vcryptod_span_sub(s, len, s->len - len);
	return t;
}

void
vcryptod_span_read(void *to, const struct vcryptod_span *s)
{
	struct vcryptod_span t = *s;
	uint8_t *at = to, *p;
	uint32_t n;

	for (p = vcryptod_span_next(&t, &n); n != 0; p = vcryptod_span_next(&t, &n)) {
		memcpy(at, p, n);
		at += n;
	}
}

void
vcryptod_span_write(const struct vcryptod_span *s, const void *from)
{
	struct vcryptod_span t = *s;
	const uint8_t *at = from;
	uint32_t n;
	uint8_t *p;

	for (p = vcryptod_span_next(&t, &n); n != 0; p = vcryptod_span_next(&t, &n)) {
		memcpy(p, at, n);
		at += n;
	}
}

void
vcryptod_span_zero(const struct vcryptod_span *s)
{
	struct vcryptod_span t = *s;
	uint32_t n;
	uint8_t *p;

	for (p = vcryptod_span_next(&t, &n); n != 0; p = vcryptod_span_next(&t, &n))
		memset(p, 0, n);
}

void
vcryptod_span_copy(const struct vcryptod_span *to, const struct vcryptod_span *from)
{
	struct vcryptod_span d = *to, s = *from;
	uint32_t dn = 0, sn = 0, n;
	uint8_t *dp = NULL, *sp = NULL;

	for (;;) {
		if (dn == 0)
			dp = vcryptod_span_next(&d, &dn);
		if (sn == 0)
			sp = vcryptod_span_next(&s, &sn);
		n = dn < sn ? dn : sn;
		if (n == 0)
			return;
		if (dp != sp)
			memmove(dp, sp, n);
		dp += n;
		sp += n;
		dn -= n;
		sn -= n;
	}
}

int
vcryptod_scratch_init(struct vcryptod_scratch *s, size_t size)
{
	memset(s, 0, sizeof(*s));
	/* One vector more, for engines that read past an end. */
	s->base = vcryptod_secret_alloc_data((size + 2 * SCRATCH_ALIGN - 1) & ~(SCRATCH_ALIGN - 1));
	if (s->base == NULL)
		return -ENOMEM;
	s->size = size;
	return 0;
}

void
vcryptod_scratch_fini(struct vcryptod_scratch *s)
{
	vcryptod_secret_free(s->base);
	memset(s, 0, sizeof(*s));
}

void
vcryptod_scratch_wipe(struct vcryptod_scratch *s)
{
	if (s->high != 0)
		explicit_bzero(s->base, s->high);
	s->used = s->high = 0;
}

uint8_t *
vcryptod_scratch_get(struct vcryptod_scratch *s, size_t len)
{
	size_t at = (s->used + SCRATCH_ALIGN - 1) & ~(SCRATCH_ALIGN - 1);

	if (at > s->size || len > s->size - at)
		return NULL;
	s->used = at + len;
	if (s->high < s->used)
		s->high = s->used;
	return s->base + at;
}

uint8_t *
vcryptod_span_gather(const struct vcryptod_span *s, struct vcryptod_scratch *scratch)
{
	uint8_t *p = vcryptod_span_linear(s);

	if (p != NULL)
		return p;
	p = vcryptod_scratch_get(scratch, s->len);
	if (p != NULL)
		vcryptod_span_read(p, s);
	return p;
}
