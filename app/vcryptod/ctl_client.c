/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The command line of `vcryptod ctl`; see ctl_client.h.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ctl_client.h"
#include "ctl_print.h"
#include "ctl_top.h"

#define CTL_INTERVAL_MS		1000
#define CTL_INTERVAL_MAX	3600	/* seconds */

static const char ctl_help[] =
"Usage: vcryptod ctl [--json | --prometheus | --top] [--interval SECONDS] PATH\n"
"\n"
"Shows live figures of the daemon that was started with --ctl PATH: of each device and\n"
"queue requests, bytes, status, algorithms and latency, sessions, security associations\n"
"and memory.  They count from the start of each device's process.\n"
"\n"
"  --json                one JSON document\n"
"  --prometheus          Prometheus' text exposition format; has no rates\n"
"  --top                 a screen that refreshes; q ends it, n and p choose the device\n"
"  --interval SECONDS    time that rates are measured for, and between two screens, to\n"
"                        3600; 0: no rates, at once (1)\n"
"  --help\n"
"\n"
"Exit status: 0, 1 if there are no figures, 2 for a wrong command line.\n";

enum { CTL_JSON = 1, CTL_PROMETHEUS, CTL_TOP, CTL_INTERVAL, CTL_HELP };

static const struct option ctl_options[] = {
	{ "json", no_argument, NULL, CTL_JSON },
	{ "prometheus", no_argument, NULL, CTL_PROMETHEUS },
	{ "top", no_argument, NULL, CTL_TOP },
	{ "interval", required_argument, NULL, CTL_INTERVAL },
	{ "help", no_argument, NULL, CTL_HELP },
	{ NULL, 0, NULL, 0 },
};

struct ctl_wish {
	const char *path;
	int form;			/* 0: text */
	unsigned int interval_ms;
};

static int
ctl_wrong(const char *what)
{
	fprintf(stderr, "vcryptod: ctl: %s; see vcryptod ctl --help\n", what);
	return -EINVAL;
}

static int
ctl_parse_interval(struct ctl_wish *w, const char *arg)
{
	char *end;
	double s = strtod(arg, &end);

	/* Not "0x1", "inf" or " 1". */
	if (*arg < '0' || *arg > '9' || *end != '\0' || strspn(arg, "0123456789.") != strlen(arg) ||
			s > CTL_INTERVAL_MAX)
		return ctl_wrong("--interval is no number of 0 to 3600");
	w->interval_ms = (unsigned int)(s * 1000);
	return 0;
}

/* 0; 1: done; -EINVAL: said. */
static int
ctl_parse(struct ctl_wish *w, int argc, char **argv)
{
	int opt;

	optind = 1;
	opterr = 0;
	while ((opt = getopt_long(argc, argv, ":h", ctl_options, NULL)) != -1) {
		if (opt == CTL_HELP || opt == 'h') {
			fputs(ctl_help, stdout);
			return 1;
		}
		if (opt == CTL_INTERVAL) {
			if (ctl_parse_interval(w, optarg) != 0)
				return -EINVAL;
		} else if (opt != CTL_JSON && opt != CTL_PROMETHEUS && opt != CTL_TOP) {
			return ctl_wrong(opt == ':' ? "--interval needs a number of seconds" :
					"there is no such option");
		} else if (w->form != 0 && w->form != opt) {
			return ctl_wrong("--json, --prometheus and --top exclude each other");
		} else {
			w->form = opt;
		}
	}
	if (optind + 1 != argc)
		return ctl_wrong("it needs one PATH, that of the daemon's --ctl");
	if (w->form == CTL_TOP && w->interval_ms == 0)
		return ctl_wrong("--top needs an --interval of more than 0");
	w->path = argv[optind];
	return 0;
}

static int
ctl_fetch(struct vcryptod_view *v, const struct ctl_wish *w)
{
	const char *why = "";
	int rc = vcryptod_view_fetch(v, w->path, &why);

	if (rc != 0)
		fprintf(stderr, "vcryptod: ctl: %s: %s\n", w->path, why);
	return rc;
}

static void
ctl_print(const struct ctl_wish *w, const struct vcryptod_view *now,
		const struct vcryptod_view *before)
{
	unsigned int i;

	if (w->form == CTL_JSON)
		vcryptod_print_json(stdout, now, before);
	else if (w->form == CTL_PROMETHEUS)
		vcryptod_print_prometheus(stdout, now);
	for (i = 0; i < now->nb_devices && w->form == 0; i++)
		vcryptod_print_text(stdout, &now->device[i], before);
}

static int
ctl_show(const struct ctl_wish *w)
{
	const struct timespec wait = { .tv_sec = w->interval_ms / 1000,
		.tv_nsec = (long)(w->interval_ms % 1000) * 1000000 };
	struct vcryptod_view now = { .nb_devices = 0 }, before = { .nb_devices = 0 };
	int rc = 0;

	if (w->form != CTL_PROMETHEUS && w->interval_ms != 0) {
		rc = ctl_fetch(&before, w);
		if (rc == 0)
			(void)nanosleep(&wait, NULL);
	}
	if (rc == 0)
		rc = ctl_fetch(&now, w);
	if (rc == 0)
		ctl_print(w, &now, &before);
	vcryptod_view_fini(&now);
	vcryptod_view_fini(&before);
	if (rc == 0 && (fflush(stdout) != 0 || ferror(stdout))) {
		fprintf(stderr, "vcryptod: ctl: the figures cannot be written: %s\n",
				strerror(errno));
		return 1;
	}
	return rc == 0 ? 0 : 1;
}

int
vcryptod_ctl_run(int argc, char **argv)
{
	struct ctl_wish w = { .interval_ms = CTL_INTERVAL_MS };
	int rc = ctl_parse(&w, argc, argv);

	if (rc != 0)
		return rc < 0 ? 2 : 0;
	return w.form == CTL_TOP ? vcryptod_top_run(w.path, w.interval_ms) : ctl_show(&w);
}
