/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Figures as a JSON document; see ctl_print.h.  Strings are printable ASCII.
 */
#include <inttypes.h>

#include "ctl_print.h"
#include "request.h"

void
vcryptod_print_quoted(FILE *to, const char *s)
{
	putc('"', to);
	for (; *s != '\0'; s++) {
		if (*s == '"' || *s == '\\')
			putc('\\', to);
		putc(*s, to);
	}
	putc('"', to);
}

static void
json_number(FILE *to, const char *name, uint64_t n)
{
	fprintf(to, "\"%s\": %" PRIu64, name, n);
}

/* For each second; null: not known. */
static void
json_rate(FILE *to, const char *name, uint64_t n, uint64_t ns)
{
	if (ns == 0)
		fprintf(to, "\"%s\": null", name);
	else
		fprintf(to, "\"%s\": %.1f", name, (double)n * 1e9 / (double)ns);
}

/* Those that are not 0, each with the time that it ends at; null: none. */
static void
json_times(FILE *to, const struct vcryptod_counters *c)
{
	const char *between = "";
	unsigned int i;

	fprintf(to, "\"latency\": [");
	for (i = 0; i < VCRYPTOD_FIGURES_TIMES; i++) {
		if (c->time[i] == 0)
			continue;
		if (i == VCRYPTOD_FIGURES_TIMES - 1)
			fprintf(to, "%s{\"below_ns\": null, ", between);
		else
			fprintf(to, "%s{\"below_ns\": %" PRIu64 ", ", between,
					vcryptod_figures_class_end(i));
		json_number(to, "requests", c->time[i]);
		fprintf(to, "}");
		between = ", ";
	}
	fprintf(to, "], ");
	json_number(to, "latency_sum_ns", c->time_ns);
}

static void
json_algs(FILE *to, const struct vcryptod_view_device *d, const struct vcryptod_counters *c,
		const struct vcryptod_counters *since, uint64_t ns)
{
	const char *between = "";
	unsigned int i;

	fprintf(to, "\"algorithms\": [");
	for (i = 0; i < VCRYPTOD_FIGURES_ROWS; i++) {
		if (c->row[i].requests == 0 || d->row[i].kind == NULL)
			continue;
		fprintf(to, "%s{\"service\": \"%s\", \"algorithm\": \"%s\", ", between,
				d->row[i].kind, d->row[i].alg);
		json_number(to, "requests", c->row[i].requests);
		fprintf(to, ", ");
		json_number(to, "failed", c->row[i].failed);
		fprintf(to, ", ");
		json_number(to, "bytes", c->row[i].bytes);
		fprintf(to, ", ");
		json_rate(to, "requests_per_s", since->row[i].requests, ns);
		fprintf(to, ", ");
		json_rate(to, "bytes_per_s", since->row[i].bytes, ns);
		fprintf(to, "}");
		between = ", ";
	}
	fprintf(to, "]");
}

static void
json_queue(FILE *to, const struct vcryptod_view_device *d, unsigned int index,
		const struct vcryptod_view_device *before)
{
	const struct vcryptod_counters *c = &d->queue[index].sum;
	struct vcryptod_counters since;
	uint64_t ns = before != NULL ? vcryptod_view_elapsed(d, before) : 0;
	unsigned int i;

	(void)vcryptod_view_since(&since, c, before != NULL ? &before->queue[index].sum : NULL);
	fprintf(to, "\n      {\"queue\": %u, \"state\": \"%s\", ", index, d->queue[index].state);
	json_number(to, "requests", c->requests);
	fprintf(to, ", ");
	json_number(to, "bytes", c->bytes);
	fprintf(to, ", ");
	json_number(to, "turns", c->turns);
	fprintf(to, ", ");
	json_rate(to, "requests_per_s", since.requests, ns);
	fprintf(to, ", ");
	json_rate(to, "bytes_per_s", since.bytes, ns);
	fprintf(to, ",\n       \"status\": {");
	for (i = 0; i < VCRYPTOD_NB_STATUS; i++) {
		fprintf(to, "%s", i == 0 ? "" : ", ");
		json_number(to, req_status_name(i), c->status[i]);
	}
	fprintf(to, "},\n       ");
	json_times(to, c);
	fprintf(to, ",\n       ");
	json_algs(to, d, c, &since, ns);
	fprintf(to, "}");
}

static void
json_objects(FILE *to, const char *name, const uint64_t *of)
{
	static const char * const field[] = { "now", "max", "created", "destroyed", "refused" };
	unsigned int i;

	fprintf(to, ",\n     \"%s\": {", name);
	for (i = 0; i < sizeof(field) / sizeof(field[0]); i++) {
		fprintf(to, "%s", i == 0 ? "" : ", ");
		json_number(to, field[i], of[i]);
	}
	fprintf(to, "}");
}

static void
json_device(FILE *to, const struct vcryptod_view_device *d,
		const struct vcryptod_view_device *before)
{
	const struct vcryptod_figures *f = d->page;
	const uint64_t sessions[] = { f->sessions, f->sessions_max, f->sessions_created,
		f->sessions_destroyed, f->sessions_refused };
	const uint64_t sas[] = { f->sas, f->sas_max, f->sas_created, f->sas_destroyed,
		f->sas_refused };
	unsigned int i;

	fprintf(to, "\n    {\"socket\": ");
	vcryptod_print_quoted(to, d->path);
	fprintf(to, ", \"pid\": %" PRIu64 ", \"ready\": %s, \"starts\": %" PRIu64 ", \"up_ms\": %"
			PRIu64, d->about.pid, d->about.ready ? "true" : "false", d->about.starts,
			d->about.age_ms);
	fprintf(to, ",\n     \"front_end\": {\"connected\": %s, \"connections\": %" PRIu64
			", \"features\": %" PRIu64 "}", f->connected ? "true" : "false",
			f->connections, f->features);
	fprintf(to, ",\n     \"memory\": {\"resident\": %" PRIu64 ", \"shared\": %" PRIu64
			", \"guest\": %" PRIu64 ", \"secrets\": %" PRIu64 ", \"unlocked\": %"
			PRIu64 "}", d->about.resident, d->about.shared, f->guest_bytes,
			f->secret_bytes, f->unlocked_bytes);
	json_objects(to, "sessions", sessions);
	json_objects(to, "security_associations", sas);
	fprintf(to, ",\n     \"queues\": [");
	for (i = 0; i < d->nb_queues; i++) {
		fprintf(to, "%s", i == 0 ? "" : ",");
		json_queue(to, d, i, before);
	}
	fprintf(to, "]}");
}

void
vcryptod_print_json(FILE *to, const struct vcryptod_view *now, const struct vcryptod_view *before)
{
	unsigned int i;

	fprintf(to, "{\"version\": \"%s\",\n \"devices\": [", VCRYPTOD_VERSION);
	for (i = 0; i < now->nb_devices; i++) {
		fprintf(to, "%s", i == 0 ? "" : ",");
		json_device(to, &now->device[i],
				vcryptod_view_same(before, &now->device[i]));
	}
	fprintf(to, "]}\n");
}
