/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Sequence numbers of a security association (RFC 4302 and 4303): numbers of outbound packets,
 * and the window of those inbound packets whose numbers were seen, with and without extended
 * sequence numbers (ESN).
 *
 * Numbers have 64 bits here; without ESN the upper half is 0.  Memory is the caller's.
 *
 * Threads: nothing here locks.  The owner of the association orders the calls, and may let go
 * between vcryptod_ipsec_window_check() and vcryptod_ipsec_window_update(): the latter decides.
 */
#ifndef VCRYPTOD_IPSEC_SEQ_H
#define VCRYPTOD_IPSEC_SEQ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- outbound ---- */

struct vcryptod_ipsec_counter {
	uint64_t last;		/* the number that was handed out last; 0: none */
	bool esn;
};

/* The first number is 1. */
static inline void
vcryptod_ipsec_counter_init(struct vcryptod_ipsec_counter *c, bool esn)
{
	c->last = 0;
	c->esn = esn;
}

/* The next number; 0: they have come to an end, as none is used twice (RFC 4303, 3.3.3). */
static inline uint64_t
vcryptod_ipsec_counter_take(struct vcryptod_ipsec_counter *c)
{
	return c->last < (c->esn ? UINT64_MAX : UINT32_MAX) ? ++c->last : 0;
}

/* ---- inbound ---- */

/* Numbers of the largest window, whose words take 256 KiB. */
#define VCRYPTOD_IPSEC_WINDOW_MAX	(1u << 20)

/* The numbers [top - size + 1, top], each with a bit.  bits is a ring of words: number n is bit
 * n % 64 of word n / 64 % nb_words.  There is one word more than the window spans at most, as
 * it begins and ends anywhere in a word.
 */
struct vcryptod_ipsec_window {
	uint64_t top;		/* the greatest number that was seen; 0: none */
	uint32_t size;		/* numbers; 0: replayed packets are accepted */
	uint32_t nb_words;	/* a power of two; 0 if size is */
	bool esn;
	uint64_t *bits;
};

/* Words of 64 bits that the caller provides for a window, VCRYPTOD_IPSEC_WINDOW_MAX at most. */
uint32_t vcryptod_ipsec_window_words(uint32_t size);
/* bits has vcryptod_ipsec_window_words(size) words, which need not be zero. */
void vcryptod_ipsec_window_init(struct vcryptod_ipsec_window *w, uint64_t *bits, uint32_t size,
		bool esn);

/* The number of a packet that carries low.  With ESN the upper half is recovered as RFC 4303
 * has it in A2: low names the one number of the 2^32 from the window's bottom on.  The ICV
 * tells whether it was the right one.
 */
uint64_t vcryptod_ipsec_window_recover(const struct vcryptod_ipsec_window *w, uint32_t low);

/* Before a packet's ICV is verified: 0; -EALREADY: a packet of this number was seen; -ESTALE:
 * it lies below the window; -EINVAL: no packet has this number.
 */
int vcryptod_ipsec_window_check(const struct vcryptod_ipsec_window *w, uint64_t number);
/* Once its ICV proved right: checks again and marks the number as seen.  Nothing changes if it
 * returns anything but 0.
 */
int vcryptod_ipsec_window_update(struct vcryptod_ipsec_window *w, uint64_t number);

#endif
