/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The window of inbound sequence numbers.  Pure functions over the caller's memory.
 */
#include <errno.h>
#include <string.h>

#include "ipsec_seq.h"

#define SEQ_WORD	64u		/* bits */
/* Without a window ESN still needs one to recover upper halves: the widest that RFC 4303
 * allows for in A2.
 */
#define SEQ_ESN_SPAN	(UINT32_C(1) << 31)

uint32_t
vcryptod_ipsec_window_words(uint32_t size)
{
	uint32_t need, nb;

	if (size == 0)
		return 0;
	/* Cannot overflow: size is VCRYPTOD_IPSEC_WINDOW_MAX at most. */
	need = (size + SEQ_WORD - 2) / SEQ_WORD + 1;
	for (nb = 1; nb < need; nb *= 2)
		;
	return nb;
}

void
vcryptod_ipsec_window_init(struct vcryptod_ipsec_window *w, uint64_t *bits, uint32_t size,
		bool esn)
{
	w->top = 0;
	w->size = size;
	w->esn = esn;
	w->nb_words = vcryptod_ipsec_window_words(size);
	w->bits = bits;
	if (w->nb_words != 0)
		memset(bits, 0, w->nb_words * sizeof(*bits));
}

uint64_t
vcryptod_ipsec_window_recover(const struct vcryptod_ipsec_window *w, uint32_t low)
{
	uint32_t span = w->size != 0 ? w->size : SEQ_ESN_SPAN;
	uint64_t bottom;

	if (!w->esn)
		return low;
	/* No number is below 0, so that the first packets have an upper half of 0. */
	bottom = w->top >= span - 1 ? w->top - (span - 1) : 0;
	/* May wrap next to 2^64: to a number below the window, which check refuses. */
	return bottom + (uint32_t)(low - (uint32_t)bottom);
}

static uint64_t *
seq_word(const struct vcryptod_ipsec_window *w, uint64_t number)
{
	return &w->bits[number / SEQ_WORD & (w->nb_words - 1)];
}

static uint64_t
seq_bit(uint64_t number)
{
	return UINT64_C(1) << number % SEQ_WORD;
}

int
vcryptod_ipsec_window_check(const struct vcryptod_ipsec_window *w, uint64_t number)
{
	/* Whoever does not check for replays has its peer begin again with 0 (RFC 4303, 3.3.3);
	 * extended numbers do not come to an end.
	 */
	if (w->size == 0)
		return w->esn && number == 0 ? -EINVAL : 0;
	if (number == 0)
		return -EINVAL;
	if (number > w->top)
		return 0;
	if (w->top - number >= w->size)
		return -ESTALE;
	return (*seq_word(w, number) & seq_bit(number)) != 0 ? -EALREADY : 0;
}

/* The words between that of top and that of number, the latter included, are new. */
static void
seq_advance(struct vcryptod_ipsec_window *w, uint64_t number)
{
	uint64_t nb = number / SEQ_WORD - w->top / SEQ_WORD, i;

	if (nb > w->nb_words)
		nb = w->nb_words;
	for (i = 0; i < nb; i++)
		*seq_word(w, number - i * SEQ_WORD) = 0;
	w->top = number;
}

int
vcryptod_ipsec_window_update(struct vcryptod_ipsec_window *w, uint64_t number)
{
	int rc = vcryptod_ipsec_window_check(w, number);

	if (rc != 0)
		return rc;
	if (w->size == 0) {
		if (number > w->top)
			w->top = number;
		return 0;
	}
	if (number > w->top)
		seq_advance(w, number);
	*seq_word(w, number) |= seq_bit(number);
	return 0;
}
