/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Counts per algorithm: checks passed, failed, and vectors skipped with the reason.
 * A small table, no locks.
 */
#ifndef KAT_TALLY_H
#define KAT_TALLY_H

/* Result lines; labels and reasons are kept, not copied: string constants, or of the
 * vector set.
 */
struct kat_tally {
	unsigned int nb;
	struct kat_line {
		char label[80];
		unsigned int passed, negative, failed, skipped;
		struct {
			const char *why;
			unsigned int nb;
		} reason[4];
	} line[128];
	unsigned int shown;	/* failures printed so far */
	unsigned long expect_failed;	/* checks that are to fail; 0 in earnest */
};

struct kat_line *kat_line(struct kat_tally *t, const char *prefix, const char *name);
void kat_skip(struct kat_line *l, const char *why);
/* Prints a failure (the first hundred of a run) and counts it.  Where failures are
 * expected, the line says "noticed", so that nobody counts it as a case that failed.
 */
__attribute__((format(printf, 3, 4)))
void kat_fail(struct kat_tally *t, struct kat_line *l, const char *fmt, ...);

/* One line per algorithm, and the closing line; the exit code: 0 if something passed and
 * expect_failed checks failed, none in earnest.
 */
int kat_report(const struct kat_tally *t);

#endif
