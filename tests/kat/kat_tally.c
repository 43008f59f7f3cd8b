/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Counts and prints results; knows nothing of what was tested.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kat_tally.h"

#define SHOWN_MAX	100
#define DIM(a)		(sizeof(a) / sizeof((a)[0]))

struct kat_line *
kat_line(struct kat_tally *t, const char *prefix, const char *name)
{
	char label[sizeof(t->line[0].label)];
	unsigned int i;

	snprintf(label, sizeof(label), "%s%s", prefix, name);
	for (i = 0; i < t->nb; i++)
		if (strcmp(t->line[i].label, label) == 0)
			return &t->line[i];
	if (t->nb == DIM(t->line)) {
		fprintf(stderr, "more than %zu algorithms\n", DIM(t->line));
		exit(1);
	}
	strcpy(t->line[t->nb].label, label);
	return &t->line[t->nb++];
}

void
kat_skip(struct kat_line *l, const char *why)
{
	unsigned int i;

	l->skipped++;
	for (i = 0; i + 1 < DIM(l->reason); i++)
		if (l->reason[i].why == NULL || strcmp(l->reason[i].why, why) == 0)
			break;
	if (i + 1 == DIM(l->reason))
		why = "other reasons";
	l->reason[i].why = why;
	l->reason[i].nb++;
}

void
kat_fail(struct kat_tally *t, struct kat_line *l, const char *fmt, ...)
{
	va_list ap;

	l->failed++;
	if (t->shown++ >= SHOWN_MAX)
		return;
	va_start(ap, fmt);
	printf(t->expect_failed != 0 ? "noticed " : "FAIL ");
	vprintf(fmt, ap);
	printf("\n");
	va_end(ap);
	if (t->shown == SHOWN_MAX)
		printf("more failures are counted, not shown\n");
}

static void
print_line(const struct kat_line *l)
{
	const char *sep = " (";
	unsigned int i;

	printf("%-37s %6u passed (%u negative), %u failed, %u skipped", l->label, l->passed,
			l->negative, l->failed, l->skipped);
	for (i = 0; i < DIM(l->reason) && l->reason[i].why != NULL; i++) {
		printf("%s%u: %s", sep, l->reason[i].nb, l->reason[i].why);
		sep = "; ";
	}
	printf("%s\n", i != 0 ? ")" : "");
}

int
kat_report(const struct kat_tally *t)
{
	unsigned int passed = 0, failed = 0, skipped = 0, i;

	for (i = 0; i < t->nb; i++) {
		print_line(&t->line[i]);
		passed += t->line[i].passed;
		failed += t->line[i].failed;
		skipped += t->line[i].skipped;
	}
	if (passed == 0)
		printf("nothing was checked\n");
	printf("%u passed, %u failed, %u skipped\n", passed, failed, skipped);
	return passed > 0 && failed == t->expect_failed ? 0 : 1;
}
