/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Spans put together: every part of a scattered packet between bytes of one's own, read and
 * written; segments that run out.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fixture.h"
#include "ipsec_list.h"

#define LEN	37u

static void
parts_of_a_span(void **state)
{
	uint8_t bytes[LEN], first[3] = { 201, 202, 203 }, last[2] = { 204, 205 }, got[LEN + 5];
	struct vqd_seg *seg, mine[LEN + 2];
	struct vcryptod_ipsec_list l;
	struct vcryptod_span s, all;
	uint32_t piece, off, len;
	unsigned int nb, i;

	(void)state;
	for (i = 0; i < LEN; i++)
		bytes[i] = (uint8_t)i;
	for (piece = 1; piece <= LEN; piece++) {
		seg = fx_segs(&nb, bytes, LEN, piece);
		s = (struct vcryptod_span){ seg, 0, LEN };
		for (off = 0; off < LEN; off++)
			for (len = 0; len <= LEN - off; len++) {
				vcryptod_ipsec_list_init(&l, mine, LEN + 2);
				assert_true(vcryptod_ipsec_list_add(&l, first, 3));
				assert_true(vcryptod_ipsec_list_add_span(&l, &s, off, len));
				assert_true(vcryptod_ipsec_list_add(&l, last, 2));
				assert_true(vcryptod_ipsec_list_add(&l, last, 0));
				assert_int_equal(l.len, len + 5);
				assert_true(l.nb <= nb + 2);
				all = vcryptod_ipsec_list_span(&l);
				vcryptod_span_read(got, &all);
				assert_memory_equal(got, first, 3);
				assert_memory_equal(got + 3, bytes + off, len);
				assert_memory_equal(got + 3 + len, last, 2);
			}
		fx_segs_free(NULL, seg, nb);
	}
}

static void
segments_run_out(void **state)
{
	uint8_t bytes[8] = { 0 };
	struct vqd_seg *seg, mine[3];
	struct vcryptod_ipsec_list l;
	struct vcryptod_span s;
	unsigned int nb;

	(void)state;
	seg = fx_segs(&nb, bytes, 8, 2);
	s = (struct vcryptod_span){ seg, 0, 8 };
	vcryptod_ipsec_list_init(&l, mine, 3);
	assert_false(vcryptod_ipsec_list_add_span(&l, &s, 0, 8));
	assert_true(l.nb == 3 && l.len == 6);
	assert_false(vcryptod_ipsec_list_add(&l, bytes, 1));
	assert_true(l.nb == 3 && l.len == 6);
	vcryptod_ipsec_list_init(&l, mine, 3);
	assert_true(vcryptod_ipsec_list_add_span(&l, &s, 1, 5));
	fx_segs_free(NULL, seg, nb);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parts_of_a_span),
		cmocka_unit_test(segments_run_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
