/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What the tests of lib/request share: bytes written out in hex, and buffers of
 * exactly the wanted size, so that a sanitizer sees the first byte read too many.
 * Include after <cmocka.h>.
 */
#ifndef REQ_TEST_H
#define REQ_TEST_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REQ_TEST_MAX	1024	/* bytes of the longest layout here */
#define DIM(a)		(sizeof(a) / sizeof((a)[0]))

/* Hex digits in pairs; blanks between pairs; "00*40" stands for 40 such bytes. */
static inline size_t
hex(uint8_t *out, const char *s)
{
	unsigned int byte, rep;
	size_t n = 0;
	int used;

	for (; *s != '\0'; s += used) {
		if (*s == ' ') {
			used = 1;
			continue;
		}
		if (sscanf(s, "%2x*%u%n", &byte, &rep, &used) != 2) {
			assert_int_equal(sscanf(s, "%2x%n", &byte, &used), 1);
			assert_int_equal(used, 2);
			rep = 1;
		}
		assert_true(n + rep <= REQ_TEST_MAX);
		memset(out + n, (int)byte, rep);
		n += rep;
	}
	return n;
}

/* A heap copy of exactly n bytes. */
static inline uint8_t *
exact(const uint8_t *from, size_t n)
{
	uint8_t *p = malloc(n);	/* n 0: any read is one too many */

	assert_true(p != NULL || n == 0);
	if (n != 0)
		memcpy(p, from, n);
	return p;
}

/* A small generator: the same numbers on every machine. */
static inline uint32_t
prng(uint64_t *state)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(*state >> 33);
}

#endif
