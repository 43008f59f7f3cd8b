/* SPDX-License-Identifier: BSD-3-Clause
 *
 * One span made of several stretches of memory: what an ICV covers, or where a result goes that
 * is longer than the driver's memory.  The segments are the caller's; the bytes that they point
 * at stay where they are.
 */
#ifndef VCRYPTOD_IPSEC_LIST_H
#define VCRYPTOD_IPSEC_LIST_H

#include "span.h"

struct vcryptod_ipsec_list {
	struct vqd_seg *seg;		/* max of them */
	unsigned int nb, max;
	uint32_t len;			/* bytes */
};

static inline void
vcryptod_ipsec_list_init(struct vcryptod_ipsec_list *l, struct vqd_seg *seg, unsigned int max)
{
	*l = (struct vcryptod_ipsec_list){ .seg = seg, .max = max };
}

/* False if there is no segment left; nothing is added then.  No bytes need none. */
static inline bool
vcryptod_ipsec_list_add(struct vcryptod_ipsec_list *l, void *p, uint32_t len)
{
	if (len == 0)
		return true;
	if (l->nb == l->max)
		return false;
	l->seg[l->nb++] = (struct vqd_seg){ .ptr = p, .len = len };
	/* Cannot overflow: a packet and less than a thousand bytes. */
	l->len += len;
	return true;
}

/* The bytes of s from off on, len of them, which it has.  False: some of them may be added. */
bool vcryptod_ipsec_list_add_span(struct vcryptod_ipsec_list *l, const struct vcryptod_span *s,
		uint32_t off, uint32_t len);

static inline struct vcryptod_span
vcryptod_ipsec_list_span(const struct vcryptod_ipsec_list *l)
{
	return (struct vcryptod_span){ l->seg, 0, l->len };
}

#endif
