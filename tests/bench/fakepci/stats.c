/* SPDX-License-Identifier: BSD-3-Clause
 *
 * stats: samples, medians and rows of the report.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_cycles.h>

#include "bench.h"

double tsc_cost;
double trim_share = 0.03;

static FILE *csv;

static int
cmp_double(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static int
cmp_u32(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

void
stat_add(struct stat *s, double v)
{
	if (s->n < MAX_REPS)
		s->v[s->n++] = v;
}

void
stat_done(struct stat *s)
{
	double t[MAX_REPS];

	memcpy(t, s->v, sizeof(t));
	qsort(t, s->n, sizeof(double), cmp_double);
	s->min = t[0];
	s->max = t[s->n - 1];
	s->med = t[s->n / 2];
	s->q1 = t[s->n / 4];
	s->q3 = t[(3 * s->n) / 4];
}

double
trimmed(uint32_t *v, unsigned int n)
{
	unsigned int i, m = n - (unsigned int)(n * trim_share);
	double t = 0;

	qsort(v, n, sizeof(*v), cmp_u32);
	for (i = 0; i < m; i++)
		t += v[i];
	return t / m;
}

/* What the timer itself costs, and how fast the core is beside the TSC. */
void
calibrate(void)
{
	double best[51], ratio[21];
	unsigned int i, j;
	uint64_t t, a, x = 0;

	for (i = 0; i < RTE_DIM(best); i++) {
		t = 0;
		for (j = 0; j < 1000; j++) {
			a = tsc_begin();
			t += tsc_end() - a;
		}
		best[i] = t / 1000.0;
	}
	qsort(best, RTE_DIM(best), sizeof(double), cmp_double);
	tsc_cost = best[RTE_DIM(best) / 2];
	for (i = 0; i < RTE_DIM(ratio); i++) {
		t = tsc_begin();
		for (j = 0; j < 1000000; j++)
			__asm__ volatile("add $1, %0" : "+r"(x));
		ratio[i] = 1000000.0 / (tsc_end() - t);
	}
	qsort(ratio, RTE_DIM(ratio), sizeof(double), cmp_double);
	printf("TSC %.1f MHz, timer overhead %.1f cycles (subtracted), "
		"core clock / TSC %.3f (max %.3f)\n",
		rte_get_tsc_hz() / 1e6, tsc_cost, ratio[RTE_DIM(ratio) / 2],
		ratio[RTE_DIM(ratio) - 1]);
	csv_meta("tsc_mhz", "%.1f", rte_get_tsc_hz() / 1e6);
	csv_meta("core_clock_per_tsc", "%.3f", ratio[RTE_DIM(ratio) / 2]);
}

int
csv_open(const char *path)
{
	csv = fopen(path, "w");
	if (csv == NULL) {
		perror(path);
		return -1;
	}
	fprintf(csv, "run,device,algo,size,burst,metric,median,min,q1,q3,max,n\n");
	return 0;
}

void
csv_close(void)
{
	if (csv != NULL)
		fclose(csv);
	csv = NULL;
}

void
csv_meta(const char *key, const char *fmt, ...)
{
	va_list ap;

	if (csv == NULL)
		return;
	fprintf(csv, "#%s,", key);
	va_start(ap, fmt);
	vfprintf(csv, fmt, ap);
	va_end(ap);
	fputc('\n', csv);
}

void
row_header(void)
{
	printf("%-10s %-31s %-11s %5s %5s  %-12s %10s %10s %10s %10s %10s %4s\n", "run",
		"device", "algo", "bytes", "burst", "metric", "median", "min",
		"q1", "q3", "max", "n");
}

void
row(const char *run, const struct bdev *b, unsigned int burst, const char *metric,
		struct stat *s)
{
	stat_done(s);
	printf("%-10s %-31s %-11s %5u %5u  %-12s %10.2f %10.2f %10.2f %10.2f %10.2f %4u\n",
		run, b->name, algo_name[b->algo], b->size, burst, metric,
		s->med, s->min, s->q1, s->q3, s->max, s->n);
	fflush(stdout);
	if (csv != NULL)
		fprintf(csv, "%s,%s,%s,%u,%u,%s,%.2f,%.2f,%.2f,%.2f,%.2f,%u\n",
			run, b->name, algo_name[b->algo], b->size, burst, metric,
			s->med, s->min, s->q1, s->q3, s->max, s->n);
}
