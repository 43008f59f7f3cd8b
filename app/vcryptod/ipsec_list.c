/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Spans put together.
 */
#include "ipsec_list.h"

bool
vcryptod_ipsec_list_add_span(struct vcryptod_ipsec_list *l, const struct vcryptod_span *s,
		uint32_t off, uint32_t len)
{
	struct vcryptod_span t = vcryptod_span_sub(s, off, len);
	uint32_t n;
	uint8_t *p;

	for (p = vcryptod_span_next(&t, &n); n != 0; p = vcryptod_span_next(&t, &n))
		if (!vcryptod_ipsec_list_add(l, p, n))
			return false;
	return true;
}
