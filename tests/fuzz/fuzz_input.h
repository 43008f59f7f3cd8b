/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A fuzz target's input: bytes that are taken from the front (or from the back, for what
 * answers), zeros once they are used up, and the one way to say that the code under test
 * did wrong.  No allocation.
 */
#ifndef FUZZ_INPUT_H
#define FUZZ_INPUT_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct fuzz_input {
	const uint8_t *p;
	size_t left;		/* bytes */
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

static inline void
fuzz_take(struct fuzz_input *in, void *to, size_t len)
{
	size_t n = len < in->left ? len : in->left;

	if (len == 0)
		return;
	memset(to, 0, len);
	if (n != 0)
		memcpy(to, in->p, n);
	in->p += n;
	in->left -= n;
}

static inline uint8_t
fuzz_u8(struct fuzz_input *in)
{
	uint8_t v;

	fuzz_take(in, &v, sizeof(v));
	return v;
}

/* From the other end: a second stream that calls of the first do not shift. */
static inline uint8_t
fuzz_back_u8(struct fuzz_input *in)
{
	return in->left != 0 ? in->p[--in->left] : 0;
}

static inline void
fuzz_back(struct fuzz_input *in, void *to, size_t len)
{
	uint8_t *p = to;

	for (; len != 0; len--)
		*p++ = fuzz_back_u8(in);
}

static inline uint16_t
fuzz_u16(struct fuzz_input *in)
{
	uint16_t v;

	fuzz_take(in, &v, sizeof(v));
	return v;
}

static inline uint32_t
fuzz_u32(struct fuzz_input *in)
{
	uint32_t v;

	fuzz_take(in, &v, sizeof(v));
	return v;
}

static inline uint64_t
fuzz_u64(struct fuzz_input *in)
{
	uint64_t v;

	fuzz_take(in, &v, sizeof(v));
	return v;
}

/* The rest's first bytes, at most max, without a copy. */
static inline const uint8_t *
fuzz_bytes(struct fuzz_input *in, size_t *len, size_t max)
{
	const uint8_t *p = in->p;

	*len = in->left < max ? in->left : max;
	in->p += *len;
	in->left -= *len;
	return p;
}

/* A copy on the heap of exactly its bytes, so that ASan sees a step beyond it. */
static inline uint8_t *
fuzz_copy(const uint8_t *from, size_t len)
{
	uint8_t *p = malloc(len != 0 ? len : 1);

	if (p == NULL)
		abort();
	if (len != 0)
		memcpy(p, from, len);
	return p;
}

#define FUZZ_CHECK(condition) \
	do { \
		if (!(condition)) { \
			dprintf(2, "%s:%d: violated: %s\n", __FILE__, __LINE__, #condition); \
			abort(); \
		} \
	} while (0)

#endif
