/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Figures in Prometheus' text exposition format; see ctl_print.h.  Counters begin anew with a
 * device's process, as that format's readers expect of counters.
 */
#include <inttypes.h>
#include <string.h>

#include "ctl_print.h"
#include "request.h"

static void
prom_head(FILE *to, const char *name, const char *type, const char *help)
{
	fprintf(to, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

/* NAME{device="PATH" and what follows is the caller's. */
static void
prom_begin(FILE *to, const char *name, const struct vcryptod_view_device *d)
{
	fprintf(to, "%s{device=", name);
	vcryptod_print_quoted(to, d->path);
}

/* ---- of devices ---- */

/* Where a number of a device lies: in its page, or in what the supervisor says of it. */
struct prom_gauge {
	const char *name, *type, *help;
	size_t off;
	bool about;
};

#define PAGE(field)	offsetof(struct vcryptod_figures, field), false
#define ABOUT(field)	offsetof(struct vcryptod_ctl_device, field), true

static const struct prom_gauge prom_gauges[] = {
	{ "vcryptod_ready", "gauge", "Whether the device serves its socket.", ABOUT(ready) },
	{ "vcryptod_starts_total", "counter", "Device processes so far.", ABOUT(starts) },
	{ "vcryptod_resident_bytes", "gauge", "Memory of the device process, shared included.",
		ABOUT(resident) },
	{ "vcryptod_shared_bytes", "gauge", "Of that: shared with the guest and files.",
		ABOUT(shared) },
	{ "vcryptod_connected", "gauge", "Whether a front end is connected.", PAGE(connected) },
	{ "vcryptod_connections_total", "counter", "Front ends that came.", PAGE(connections) },
	{ "vcryptod_guest_bytes", "gauge", "The front end's memory, as mapped.",
		PAGE(guest_bytes) },
	{ "vcryptod_secret_bytes", "gauge", "Memory for keys, sessions and all of OpenSSL's.",
		PAGE(secret_bytes) },
	{ "vcryptod_unlocked_bytes_total", "counter", "Of that: what the kernel did not lock.",
		PAGE(unlocked_bytes) },
	{ "vcryptod_sessions", "gauge", "Sessions.", PAGE(sessions) },
	{ "vcryptod_sessions_max", "gauge", "Sessions that there may be.", PAGE(sessions_max) },
	{ "vcryptod_sessions_created_total", "counter", "Sessions created.",
		PAGE(sessions_created) },
	{ "vcryptod_sessions_refused_total", "counter", "Sessions refused.",
		PAGE(sessions_refused) },
	{ "vcryptod_security_associations", "gauge", "IPsec security associations.", PAGE(sas) },
	{ "vcryptod_security_associations_max", "gauge", "Those that there may be.",
		PAGE(sas_max) },
	{ "vcryptod_security_associations_created_total", "counter", "Those created.",
		PAGE(sas_created) },
	{ "vcryptod_security_associations_refused_total", "counter", "Those refused.",
		PAGE(sas_refused) },
};

static void
prom_print_gauge(FILE *to, const struct vcryptod_view *v, const struct prom_gauge *g)
{
	const struct vcryptod_view_device *d;
	const uint8_t *from;
	uint64_t n;

	prom_head(to, g->name, g->type, g->help);
	for (d = v->device; d < v->device + v->nb_devices; d++) {
		from = g->about ? (const uint8_t *)&d->about : (const uint8_t *)d->page;
		memcpy(&n, from + g->off, sizeof(n));
		prom_begin(to, g->name, d);
		fprintf(to, "} %" PRIu64 "\n", n);
	}
}

/* ---- of queues ---- */

typedef void prom_queue(FILE *to, const char *name, const struct vcryptod_view_device *d,
		unsigned int queue);

static void
prom_state(FILE *to, const char *name, const struct vcryptod_view_device *d, unsigned int queue)
{
	prom_begin(to, name, d);
	fprintf(to, ",queue=\"%u\",state=\"%s\"} 1\n", queue, d->queue[queue].state);
}

static void
prom_requests(FILE *to, const char *name, const struct vcryptod_view_device *d,
		unsigned int queue)
{
	unsigned int i;

	for (i = 0; i < VCRYPTOD_NB_STATUS; i++) {
		prom_begin(to, name, d);
		fprintf(to, ",queue=\"%u\",status=\"%s\"} %" PRIu64 "\n", queue,
				req_status_name(i), d->queue[queue].sum.status[i]);
	}
}

static void
prom_bytes(FILE *to, const char *name, const struct vcryptod_view_device *d, unsigned int queue)
{
	prom_begin(to, name, d);
	fprintf(to, ",queue=\"%u\"} %" PRIu64 "\n", queue, d->queue[queue].sum.bytes);
}

static void
prom_turns(FILE *to, const char *name, const struct vcryptod_view_device *d, unsigned int queue)
{
	prom_begin(to, name, d);
	fprintf(to, ",queue=\"%u\"} %" PRIu64 "\n", queue, d->queue[queue].sum.turns);
}

/* At powers of two alone, at which every second class ends. */
static void
prom_times(FILE *to, const char *name, const struct vcryptod_view_device *d, unsigned int queue)
{
	const struct vcryptod_counters *c = &d->queue[queue].sum;
	char series[64];
	uint64_t n = 0;
	unsigned int i;

	(void)snprintf(series, sizeof(series), "%s_bucket", name);
	for (i = 0; i < VCRYPTOD_FIGURES_TIMES; i++) {
		n += c->time[i];
		if (i % 2 != 0)
			continue;
		prom_begin(to, series, d);
		fprintf(to, ",queue=\"%u\",le=\"%.9g\"} %" PRIu64 "\n", queue,
				(double)vcryptod_figures_class_end(i) / 1e9, n);
	}
	prom_begin(to, series, d);
	fprintf(to, ",queue=\"%u\",le=\"+Inf\"} %" PRIu64 "\n", queue, n);
	(void)snprintf(series, sizeof(series), "%s_sum", name);
	prom_begin(to, series, d);
	fprintf(to, ",queue=\"%u\"} %.9f\n", queue, (double)c->time_ns / 1e9);
	(void)snprintf(series, sizeof(series), "%s_count", name);
	prom_begin(to, series, d);
	fprintf(to, ",queue=\"%u\"} %" PRIu64 "\n", queue, n);
}

/* A series has one line for each set of labels: rows that a page calls the same are one. */
static void
prom_rows(FILE *to, const char *name, const struct vcryptod_view_device *d, unsigned int queue,
		size_t off)
{
	const struct vcryptod_row *row = d->queue[queue].sum.row;
	bool told[VCRYPTOD_FIGURES_ROWS] = { false };
	unsigned int i, k;
	uint64_t n, sum;

	for (i = 0; i < VCRYPTOD_FIGURES_ROWS; i++) {
		if (told[i] || d->row[i].kind == NULL)
			continue;
		for (k = i, sum = 0; k < VCRYPTOD_FIGURES_ROWS; k++) {
			if (d->row[k].kind == NULL || strcmp(d->row[k].kind, d->row[i].kind) != 0 ||
					strcmp(d->row[k].alg, d->row[i].alg) != 0)
				continue;
			memcpy(&n, (const uint8_t *)&row[k] + off, sizeof(n));
			sum += n;
			told[k] = true;
		}
		prom_begin(to, name, d);
		fprintf(to, ",queue=\"%u\",service=\"%s\",algorithm=\"%s\"} %" PRIu64 "\n", queue,
				d->row[i].kind, d->row[i].alg, sum);
	}
}

static void
prom_row_requests(FILE *to, const char *name, const struct vcryptod_view_device *d,
		unsigned int queue)
{
	prom_rows(to, name, d, queue, offsetof(struct vcryptod_row, requests));
}

static void
prom_row_failed(FILE *to, const char *name, const struct vcryptod_view_device *d,
		unsigned int queue)
{
	prom_rows(to, name, d, queue, offsetof(struct vcryptod_row, failed));
}

static void
prom_row_bytes(FILE *to, const char *name, const struct vcryptod_view_device *d,
		unsigned int queue)
{
	prom_rows(to, name, d, queue, offsetof(struct vcryptod_row, bytes));
}

static const struct {
	const char *name, *type, *help;
	prom_queue *print;
} prom_queues[] = {
	{ "vcryptod_queue_state", "gauge", "1 for the state that a queue has.", prom_state },
	{ "vcryptod_requests_total", "counter", "Data requests answered, by status.",
		prom_requests },
	{ "vcryptod_bytes_total", "counter", "Their source data.", prom_bytes },
	{ "vcryptod_turns_total", "counter", "Batches in which they were computed.", prom_turns },
	{ "vcryptod_algorithm_requests_total", "counter", "Data requests answered, by algorithm.",
		prom_row_requests },
	{ "vcryptod_algorithm_failed_total", "counter", "Of those: without a result.",
		prom_row_failed },
	{ "vcryptod_algorithm_bytes_total", "counter", "Source data of the others.",
		prom_row_bytes },
	{ "vcryptod_request_seconds", "histogram",
		"From a request's being taken out of the ring until its result is there.",
		prom_times },
};

void
vcryptod_print_prometheus(FILE *to, const struct vcryptod_view *now)
{
	unsigned int d, i, k;

	for (i = 0; i < sizeof(prom_gauges) / sizeof(prom_gauges[0]); i++)
		prom_print_gauge(to, now, &prom_gauges[i]);
	for (i = 0; i < sizeof(prom_queues) / sizeof(prom_queues[0]); i++) {
		prom_head(to, prom_queues[i].name, prom_queues[i].type, prom_queues[i].help);
		for (d = 0; d < now->nb_devices; d++)
			for (k = 0; k < now->device[d].nb_queues; k++)
				prom_queues[i].print(to, prom_queues[i].name, &now->device[d], k);
	}
}
