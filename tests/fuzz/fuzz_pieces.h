/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Pieces of memory for requests, of exactly their bytes: what assembly does there is seen,
 * too, which no sanitizer instruments.  Around a piece on the heap lie guard bytes, which are
 * checked when it is freed and poisoned for ASan until then; a piece at the end of a page has
 * none behind it but an inaccessible page, so that a read beyond it is seen as well.
 */
#ifndef FUZZ_PIECES_H
#define FUZZ_PIECES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FUZZ_PIECE_GUARD	64u	/* bytes on each side; a vector of AVX-512 */
#define FUZZ_PIECE_MAX		8000u	/* bytes of one at the end of a page */

/* The bytes are not set.  at_page: at the end of a page, if one is left and len is at most
 * FUZZ_PIECE_MAX.
 */
uint8_t *fuzz_piece(size_t len, bool at_page);
/* With the length that it was made for; ends the program if a guard byte has changed. */
void fuzz_piece_free(uint8_t *p, size_t len);

#endif
