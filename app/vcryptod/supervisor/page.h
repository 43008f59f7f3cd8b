/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The page of figures of one device process: memory that the process writes and the supervisor
 * only reads.  It is made for each process anew, so that no process finds what another one left.
 *
 * The process is not trusted.  It has the page writable and may put anything there at any time;
 * what is read are words, which decide nothing here.  The page cannot become shorter
 * (F_SEAL_SHRINK), so that no reading of it can fail.
 *
 * Threads: one.
 */
#ifndef VCRYPTOD_PAGE_H
#define VCRYPTOD_PAGE_H

#include <stddef.h>
#include <stdint.h>

struct vcryptod_page {
	size_t size;			/* bytes, a multiple of 8; 0: there is none */
	const uint64_t *word;		/* NULL: no process had one yet */
};

/* A new page of p->size bytes, zeroed, in place of the one before.  Its descriptor, which is
 * the caller's, for the process; -errno, and the one before stays.
 */
int vcryptod_page_renew(struct vcryptod_page *p);
/* Copies all of it, or zeros where there is none. */
void vcryptod_page_read(const struct vcryptod_page *p, uint64_t *to);
void vcryptod_page_fini(struct vcryptod_page *p);

#endif
