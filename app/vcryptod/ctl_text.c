/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Figures for people; see ctl_print.h.
 */
#include <inttypes.h>
#include <string.h>

#include "ctl_print.h"
#include "request.h"

#define TEXT_WIDTH	80	/* columns of a line at most */
#define TEXT_COLUMN	16	/* bytes of a number's text */
#define TEXT_STATUS	64	/* bytes of a status and its number */

/* Of what is shown: all figures, and what came since the view before. */
struct text_counters {
	const struct vcryptod_counters *all;
	struct vcryptod_counters since;
	uint64_t ns;			/* 0: there is no view before */
};

static void
text_begin(struct text_counters *t, const struct vcryptod_counters *now,
		const struct vcryptod_counters *before, uint64_t ns)
{
	t->all = now;
	t->ns = vcryptod_view_since(&t->since, now, before) ? ns : 0;
}

/* n in ns nanoseconds, for each second; "-": not known. */
static const char *
text_rate(char *to, uint64_t n, uint64_t ns, double unit)
{
	double rate = ns != 0 ? (double)n * 1e9 / (double)ns / unit : 0;

	if (ns == 0)
		return "-";
	(void)snprintf(to, TEXT_COLUMN, unit > 1 ? "%.1f" : "%.0f", rate);
	return to;
}

/* With three digits: 12.3M. */
static const char *
text_short(char *to, double n, double step, const char *units)
{
	while (n >= 999.5 && units[1] != '\0') {
		n /= step;
		units++;
	}
	(void)snprintf(to, TEXT_COLUMN, n < 10 && *units != ' ' ? "%.1f%c" : "%.0f%c", n, *units);
	if (*units == ' ')
		to[strlen(to) - 1] = '\0';
	return to;
}

static const char *
text_count(char *to, uint64_t n)
{
	if (n < 100000) {
		(void)snprintf(to, TEXT_COLUMN, "%u", (unsigned int)n);
		return to;
	}
	return text_short(to, (double)n, 1000, " kMGTPE");
}

/* KiB and so on. */
static const char *
text_bytes(char *to, uint64_t n)
{
	return text_short(to, (double)n, 1024, " KMGTPE");
}

static const char *
text_us(char *to, const struct vcryptod_counters *c, unsigned int per_mille)
{
	uint64_t ns = vcryptod_view_quantile(c, per_mille);

	if (ns == 0)
		return "-";
	(void)snprintf(to, TEXT_COLUMN, ns < 100000 ? "%.1f" : "%.0f", (double)ns / 1000);
	return to;
}

static void
text_print_queue(FILE *to, const char *name, const char *state, const struct text_counters *t)
{
	char ops[TEXT_COLUMN], mb[TEXT_COLUMN], p50[TEXT_COLUMN], p99[TEXT_COLUMN],
		requests[TEXT_COLUMN], failed[TEXT_COLUMN], batch[TEXT_COLUMN] = "-";
	/* Of an idle queue, those of its life. */
	const struct vcryptod_counters *c = t->ns != 0 && t->since.requests != 0 ? &t->since :
			t->all;

	if (c->turns != 0)
		(void)snprintf(batch, sizeof(batch), "%.1f",
				(double)c->requests / (double)c->turns);
	fprintf(to, "  %-5.5s %-7.7s %9.9s %8.8s %7.7s %8.8s %8.8s %8.8s %6.6s\n", name, state,
			text_rate(ops, t->since.requests, t->ns, 1),
			text_rate(mb, t->since.bytes, t->ns, 1e6), batch,
			text_us(p50, c, 500), text_us(p99, c, 990),
			text_count(requests, t->all->requests),
			text_count(failed, vcryptod_view_failed(t->all)));
}

static void
text_print_queues(FILE *to, const struct vcryptod_view_device *d,
		const struct vcryptod_view_device *before, uint64_t ns)
{
	struct text_counters t;
	char name[TEXT_COLUMN];
	unsigned int i;

	fprintf(to, "  %-5s %-7s %9s %8s %7s %8s %8s %8s %6s\n", "queue", "state", "ops/s", "MB/s",
			"batch", "p50 us", "p99 us", "requests", "failed");
	for (i = 0; i < d->nb_queues; i++) {
		text_begin(&t, &d->queue[i].sum, before != NULL ? &before->queue[i].sum : NULL,
				ns);
		(void)snprintf(name, sizeof(name), "%u", i);
		text_print_queue(to, name, d->queue[i].state, &t);
	}
	if (d->nb_queues == 1)
		return;
	text_begin(&t, &d->sum, before != NULL ? &before->sum : NULL, ns);
	text_print_queue(to, "all", "", &t);
}

static void
text_print_algs(FILE *to, const struct vcryptod_view_device *d,
		const struct vcryptod_view_device *before, uint64_t ns)
{
	char ops[TEXT_COLUMN], mb[TEXT_COLUMN], requests[TEXT_COLUMN], failed[TEXT_COLUMN];
	const struct vcryptod_row *row;
	struct text_counters t;
	unsigned int i;

	text_begin(&t, &d->sum, before != NULL ? &before->sum : NULL, ns);
	fprintf(to, "  %-9s %-26s %9s %8s %8s %6s\n", "service", "algorithm", "ops/s", "MB/s",
			"requests", "failed");
	for (i = 0; i < VCRYPTOD_FIGURES_ROWS; i++) {
		row = &d->sum.row[i];
		if (row->requests == 0 || d->row[i].kind == NULL)
			continue;
		fprintf(to, "  %-9.9s %-26.26s %9.9s %8.8s %8.8s %6.6s\n", d->row[i].kind,
				d->row[i].alg, text_rate(ops, t.since.row[i].requests, t.ns, 1),
				text_rate(mb, t.since.row[i].bytes, t.ns, 1e6),
				text_count(requests, row->requests),
				text_count(failed, row->failed));
	}
}

static void
text_print_status(FILE *to, const struct vcryptod_view_device *d)
{
	static const char first[] = "  status  ", next[] = "\n          ";
	char n[TEXT_COLUMN], one[TEXT_STATUS];
	int column = (int)strlen(first), len;
	unsigned int i;

	fputs(first, to);
	for (i = 0; i < VCRYPTOD_NB_STATUS; i++) {
		if (d->sum.status[i] == 0 && i != VIRTIO_CRYPTO_OK)
			continue;
		len = snprintf(one, sizeof(one), " %s %s", req_status_name(i),
				text_count(n, d->sum.status[i]));
		if (column + len > TEXT_WIDTH) {
			fputs(next, to);
			column = (int)strlen(next) - 1;
		}
		fputs(one, to);
		column += len;
	}
	fprintf(to, "\n");
}

static void
text_print_objects(FILE *to, const struct vcryptod_figures *f)
{
	char nb[TEXT_COLUMN], max[TEXT_COLUMN], made[TEXT_COLUMN], no[TEXT_COLUMN];

	fprintf(to, "  sessions %s of %s, created %s, refused %s\n", text_count(nb, f->sessions),
			text_count(max, f->sessions_max), text_count(made, f->sessions_created),
			text_count(no, f->sessions_refused));
	if (f->sas_max != 0)
		fprintf(to, "  SAs      %s of %s, created %s, refused %s\n",
				text_count(nb, f->sas), text_count(max, f->sas_max),
				text_count(made, f->sas_created), text_count(no, f->sas_refused));
}

static void
text_print_about(FILE *to, const struct vcryptod_view_device *d)
{
	char resident[TEXT_COLUMN], shared[TEXT_COLUMN], guest[TEXT_COLUMN], keys[TEXT_COLUMN];
	uint64_t s = d->about.age_ms / 1000;

	fprintf(to, "device %.72s\n", d->path);
	if (d->about.pid == 0)
		fprintf(to, "  no process; the figures are those of the last one\n");
	else
		fprintf(to, "  pid %" PRIu64 ", %s, up %" PRIu64 ":%02u:%02u, started %" PRIu64
				" time%s\n", d->about.pid,
				d->about.ready ? "serves" : "is not ready", s / 3600,
				(unsigned int)(s / 60 % 60), (unsigned int)(s % 60),
				d->about.starts, d->about.starts == 1 ? "" : "s");
	fprintf(to, "  memory   %s in use, %s of them shared; guest %s, secrets %s\n",
			text_bytes(resident, d->about.resident),
			text_bytes(shared, d->about.shared),
			text_bytes(guest, d->page->guest_bytes),
			text_bytes(keys, d->page->secret_bytes));
	fprintf(to, "  front end %s, features 0x%" PRIx64 "\n",
			d->page->connected ? "connected" : "none", d->page->features);
}

void
vcryptod_print_text(FILE *to, const struct vcryptod_view_device *d,
		const struct vcryptod_view *before)
{
	const struct vcryptod_view_device *b = vcryptod_view_same(before, d);
	uint64_t ns = b != NULL ? vcryptod_view_elapsed(d, b) : 0;

	text_print_about(to, d);
	text_print_objects(to, d->page);
	text_print_status(to, d);
	text_print_queues(to, d, b, ns);
	text_print_algs(to, d, b, ns);
}
