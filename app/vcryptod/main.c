/* SPDX-License-Identifier: BSD-3-Clause
 *
 * vcryptod: a virtio crypto device in software.  One program, three roles: the supervisor,
 * which the user starts, the device process of each socket, which the supervisor starts, and
 * `vcryptod ctl`, which shows the supervisor's figures.
 */
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "ctl_client.h"
#include "figures.h"
#include "options.h"
#include "process.h"
#include "supervisor/activate.h"
#include "supervisor/supervisor.h"

/* A group's number by its name, or the number itself; (gid_t)-1, logged: there is none. */
static gid_t
main_find_group(const char *name)
{
	const struct group *g = getgrnam(name);
	unsigned long n;
	char *end;

	if (g != NULL)
		return g->gr_gid;
	n = strtoul(name, &end, 10);
	if (*name >= '0' && *name <= '9' && *end == '\0' && n < (gid_t)-1)
		return (gid_t)n;
	fprintf(stderr, "vcryptod: --socket-group %s: there is no such group; see --help\n", name);
	return (gid_t)-1;
}

/* Who asks for counters or for a new log file must not end a daemon that is still starting. */
static void
main_hold_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGHUP);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
}

static int
main_supervise(const struct vcryptod_options *o, char *const *const *argv)
{
	static int given[VCRYPTOD_MAX_SOCKETS];
	unsigned int i;
	struct vcryptod_supervisor_config cfg = {
		.program = "/proc/self/exe",	/* this one, also when its file was replaced */
		.argv = argv,
		.socket = o->socket,
		.given = given,
		.nb_sockets = o->nb_sockets,
		.mode = o->socket_mode,
		.gid = (gid_t)-1,
		.watchdog = o->watchdog,
		.ctl = o->ctl,
		.layout = VCRYPTOD_FIGURES_LAYOUT,
		.nb_queues = o->queues,
		.page_size = vcryptod_figures_size(o->queues),
		.log_level = o->log_level,
		.log_form = o->log_form,
		.log_file = o->log_file,
	};

	for (i = 0; i < o->nb_sockets; i++)
		given[i] = o->fd;
	if (vcryptod_activate(given, o->socket, o->nb_sockets) != 0)
		return 2;
	if (o->socket_group != NULL) {
		cfg.gid = main_find_group(o->socket_group);
		if (cfg.gid == (gid_t)-1)
			return 2;
	}
	return vcryptod_supervise(&cfg);
}

/* The command line of each device process: that of this one, or what a file makes of it.  The
 * options of all devices are looked at once, so that a mistake is said before anything is made.
 * o is then what the daemon goes by.  0 or -errno, logged.
 */
static int
main_expand(struct vcryptod_options *o, char *const **each, int argc, char **argv)
{
	static struct vcryptod_config c;	/* as long as the process */
	static struct vcryptod_options one;
	unsigned int queues = 0, i;
	int rc = 0;

	for (i = 0; i < VCRYPTOD_MAX_SOCKETS; i++)
		each[i] = argv;
	if (o->config == NULL)
		return 0;
	rc = vcryptod_config_read(&c, o->config, argc, argv);
	for (i = 0; i < c.nb && rc == 0; i++) {
		rc = vcryptod_options_parse(&one, c.argc[i], c.argv[i]);
		queues = one.queues > queues ? one.queues : queues;
	}
	if (rc == 0)
		rc = vcryptod_options_parse(o, c.argc[c.nb], c.argv[c.nb]);
	/* Pages of figures have room for those of any device. */
	o->queues = queues > o->queues ? queues : o->queues;
	for (i = 0; i < VCRYPTOD_MAX_SOCKETS && rc == 0; i++)
		each[i] = c.argv[i < c.nb ? i : c.nb];
	return rc;
}

int
main(int argc, char **argv)
{
	static struct vcryptod_options o;
	static char *const *each[VCRYPTOD_MAX_SOCKETS];
	int rc;

	if (argc > 1 && strcmp(argv[1], "ctl") == 0)
		return vcryptod_ctl_run(argc - 1, argv + 1);
	main_hold_signals();
	rc = vcryptod_options_parse(&o, argc, argv);
	if (rc != 0)
		return rc < 0 ? 2 : 0;
	if (o.device_process)
		return vcryptod_process_run(&o);
	if (main_expand(&o, each, argc, argv) != 0 || vcryptod_options_check_cpus(&o) != 0)
		return 2;
	return main_supervise(&o, each);
}
