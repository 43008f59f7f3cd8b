/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The command line; see options.h.
 */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include "device.h"
#include "ipsec_sa.h"
#include "options.h"
#include "req_alg.h"

#define DEFAULT_MAX_SIZE	(UINT64_C(1) << 20)
#define DEFAULT_SESSIONS	1024
#define DEFAULT_WINDOW		4096	/* numbers: Linux has no longer window */
#define DEFAULT_MODE		0600
#define DEFAULT_WATCHDOG	10	/* seconds */
#define WATCHDOG_MAX		86400

static const char option_help[] =
"Usage: vcryptod --socket PATH | --vfio-user PATH [options]\n"
"\n"
"A virtio crypto device in software, for a vhost-user front end: a virtual machine\n"
"monitor, or a DPDK program with --vdev crypto_virtio_user0,path=PATH; or a whole PCI\n"
"function, for a virtual machine monitor with vfio-user.  Needs neither root nor huge\n"
"pages.\n"
"\n"
"  --socket PATH         listen here for a vhost-user front end; one device, in a process\n"
"                        of its own, for each --socket and --vfio-user (up to 64)\n"
"  --vfio-user PATH      listen here for a vfio-user client (QEMU 10.1 or later), to which\n"
"                        the device is a PCI function\n"
"  --queues N            data queues of each device, 1 to 127 (1)\n"
"  --engine NAME         auto, for each algorithm the fastest that has it; openssl or\n"
"                        ipsec-mb alone; null, which completes requests without\n"
"                        touching data, to measure drivers; `list` prints which\n"
"                        engine has and serves which algorithm (auto)\n"
"  --services LIST       of cipher, hash, mac, aead, akcipher (all)\n"
"  --algos LIST          of algorithm names as in `--algos list` (all)\n"
"  --features LIST       of version-1, split, packed, indirect, event-idx, in-order,\n"
"                        revision-1, stateless, config, status, back-channel,\n"
"                        session-messages, all; a leading minus takes one away, from\n"
"                        all if the list begins so (all)\n"
"  --max-size N[k|M]     longest variable part of a request, bytes (1M)\n"
"  --sessions N          sessions of each device (1024)\n"
"  --sas N               offer the IPSEC service, with N security associations of each\n"
"                        direction, up to 1048576, and the administration queue; a\n"
"                        front end has to know that queue (not offered)\n"
"  --ipsec-window N      longest anti-replay window of an association, 1 to 1048576\n"
"                        numbers (4096)\n"
"  --max-rsa-bits N      longest RSA key, 512 to 8192 bits (4096)\n"
"  --cpu LIST            the CPUs that devices share, e.g. 2,4-6.  With one or more for\n"
"                        each device, each has its own part of them and a polling\n"
"                        thread on each (for each queue at most); with fewer, devices\n"
"                        share a CPU and sleep when there is nothing to do.  Without it\n"
"                        one thread for each device on any CPU, which sleeps, too\n"
"  --out-of-order SEED   complete requests in another order than they came (not where\n"
"                        IN_ORDER is negotiated); the same SEED, the same order\n"
"  --session-layout L    layout of session messages: opcode (QEMU to 7.0, DPDK to\n"
"                        24.11), plain (QEMU 7.1 to 8.0), union (QEMU from 8.1, DPDK\n"
"                        from 25.03), auto (auto)\n"
"  --socket-mode OCTAL   permissions of each socket, from its first moment on (0600)\n"
"  --socket-group NAME   group of each socket, a name or a number; with mode 0660 its\n"
"                        members may connect\n"
"  --user NAME[:GROUP]   whom device processes become; they keep no privilege in any case\n"
"  --cage LIST           what device processes give up, of limits, dumps, namespaces, root,\n"
"                        capabilities, no-new-privs, seccomp, all, none; -NAME takes\n"
"                        one away; `tell` adds a line for a refused system call (all)\n"
"  --watchdog SECONDS    kill and start again a device process that has not answered for\n"
"                        so long, 0 (never) to 86400 (10)\n"
"  --version\n"
"  --help\n"
"\n"
"One line for each socket says what is offered and that the device is ready.\n"
"SIGUSR1 prints counters, SIGTERM and SIGINT end the daemon within 2 s and remove its\n"
"sockets.  A device process that dies is started again.\n"
"Exit status: 0 after a signal, 1 on failure, 2 for a wrong command line.\n";

enum {
	OPT_SOCKET = 1, OPT_QUEUES, OPT_ENGINE, OPT_SERVICES, OPT_ALGOS, OPT_FEATURES,
	OPT_MAX_SIZE, OPT_SESSIONS, OPT_CPU, OPT_OUT_OF_ORDER, OPT_LAYOUT,
	OPT_RSA_BITS, OPT_SOCKET_MODE, OPT_SOCKET_GROUP, OPT_WATCHDOG, OPT_DEVICE_PROCESS,
	OPT_USER, OPT_CAGE, OPT_SAS, OPT_IPSEC_WINDOW, OPT_VFIO_USER,
	OPT_VERSION, OPT_HELP,
};

static const struct option long_options[] = {
	{ "socket", required_argument, NULL, OPT_SOCKET },
	{ "vfio-user", required_argument, NULL, OPT_VFIO_USER },
	{ "queues", required_argument, NULL, OPT_QUEUES },
	{ "engine", required_argument, NULL, OPT_ENGINE },
	{ "services", required_argument, NULL, OPT_SERVICES },
	{ "algos", required_argument, NULL, OPT_ALGOS },
	{ "features", required_argument, NULL, OPT_FEATURES },
	{ "max-size", required_argument, NULL, OPT_MAX_SIZE },
	{ "sessions", required_argument, NULL, OPT_SESSIONS },
	{ "sas", required_argument, NULL, OPT_SAS },
	{ "ipsec-window", required_argument, NULL, OPT_IPSEC_WINDOW },
	{ "max-rsa-bits", required_argument, NULL, OPT_RSA_BITS },
	{ "cpu", required_argument, NULL, OPT_CPU },
	{ "out-of-order", required_argument, NULL, OPT_OUT_OF_ORDER },
	{ "session-layout", required_argument, NULL, OPT_LAYOUT },
	{ "socket-mode", required_argument, NULL, OPT_SOCKET_MODE },
	{ "socket-group", required_argument, NULL, OPT_SOCKET_GROUP },
	{ "user", required_argument, NULL, OPT_USER },
	{ "cage", required_argument, NULL, OPT_CAGE },
	{ "watchdog", required_argument, NULL, OPT_WATCHDOG },
	{ "device-process", required_argument, NULL, OPT_DEVICE_PROCESS },
	{ "version", no_argument, NULL, OPT_VERSION },
	{ "help", no_argument, NULL, OPT_HELP },
	{ NULL, 0, NULL, 0 },
};

/* split has no bit: it is there in any case. */
static const struct {
	const char *name;
	uint64_t features, protocol;
} option_feature[] = {
	{ "version-1", VIRTIO_F_VERSION_1, 0 },
	{ "split", 0, 0 },
	{ "packed", VIRTIO_F_RING_PACKED, 0 },
	{ "indirect", VIRTIO_F_INDIRECT_DESC, 0 },
	{ "event-idx", VIRTIO_F_EVENT_IDX, 0 },
	{ "in-order", VIRTIO_F_IN_ORDER, 0 },
	{ "revision-1", VIRTIO_CRYPTO_F_REVISION_1, 0 },
	{ "stateless", VIRTIO_CRYPTO_F_STATELESS_MODES, 0 },
	{ "config", 0, VHU_PROTO_F_CONFIG },
	{ "status", 0, VHU_PROTO_F_STATUS },
	{ "back-channel", 0, VHU_PROTO_F_BACKEND_REQ },
	{ "session-messages", 0, VHU_PROTO_F_CRYPTO_SESSION },
};

#define NB_FEATURES	(sizeof(option_feature) / sizeof(option_feature[0]))

static int
option_error(const char *option, const char *value, const char *want)
{
	fprintf(stderr, "vcryptod: --%s %s: %s; see --help\n", option, value, want);
	return -EINVAL;
}

/* A decimal number in [min, max], k or M allowed where units is set. */
static int
option_number(uint64_t *n, const char *s, uint64_t min, uint64_t max, bool units)
{
	unsigned int shift = 0;
	char *end;

	if (*s < '0' || *s > '9')
		return -EINVAL;
	errno = 0;
	*n = strtoull(s, &end, 10);
	if (errno != 0)
		return -EINVAL;
	if (units && (*end == 'k' || *end == 'M')) {
		shift = *end == 'k' ? 10 : 20;
		end++;
	}
	if (*end != '\0' || *n > UINT64_MAX >> shift)
		return -EINVAL;
	*n <<= shift;
	return *n >= min && *n <= max ? 0 : -EINVAL;
}

/* The next name of a comma list; NULL at its end. */
static const char *
option_next_name(const char **list, size_t *len)
{
	const char *name = *list;

	if (*name == '\0')
		return NULL;
	*len = strcspn(name, ",");
	*list = name + *len + (name[*len] == ',');
	return name;
}

static bool
option_name_is(const char *name, size_t len, const char *what)
{
	return strlen(what) == len && memcmp(name, what, len) == 0;
}

static int
option_parse_services(struct vcryptod_options *o, const char *arg)
{
	const char *list = arg, *name;
	unsigned int i;
	size_t len;

	o->services = 0;
	while ((name = option_next_name(&list, &len)) != NULL) {
		for (i = 0; i < VIRTIO_CRYPTO_SERVICE_IPSEC; i++)
			if (option_name_is(name, len, req_service_name(i)))
				break;
		if (i == VIRTIO_CRYPTO_SERVICE_IPSEC)
			return option_error("services", arg,
					"not cipher, hash, mac, aead or akcipher");
		o->services |= 1u << i;
	}
	return o->services != 0 ? 0 : option_error("services", arg, "names no service");
}

static int
option_print_algos(void)
{
	const struct req_alg *alg;
	unsigned int nb, i;

	alg = req_alg_table(&nb);
	for (i = 0; i < nb; i++)
		printf("%-10s %s\n", req_service_name(alg[i].service), alg[i].name);
	return 1;
}

static int
option_parse_algos(struct vcryptod_options *o, const char *arg)
{
	const char *list = arg, *name;
	const struct req_alg *alg;
	size_t len;

	if (strcmp(arg, "list") == 0)
		return option_print_algos();
	o->algos_given = true;
	while ((name = option_next_name(&list, &len)) != NULL) {
		alg = req_alg_by_name(name, len);
		if (alg == NULL)
			return option_error("algos", arg,
					"unknown algorithm; see --algos list");
		o->algos[alg->service] |= VIRTIO_BIT(alg->number);
	}
	return 0;
}

static void
option_all_features(struct vcryptod_options *o)
{
	unsigned int i;

	for (i = 0; i < NB_FEATURES; i++) {
		o->features |= option_feature[i].features;
		o->protocol |= option_feature[i].protocol;
	}
}

static int
option_parse_features(struct vcryptod_options *o, const char *arg)
{
	const char *list = arg, *name;
	unsigned int i;
	size_t len;
	bool minus;

	o->features = VIRTIO_F_VERSION_1;
	o->protocol = 0;
	if (*arg == '-')
		option_all_features(o);
	while ((name = option_next_name(&list, &len)) != NULL) {
		minus = *name == '-';
		name += minus;
		len -= minus;
		if (option_name_is(name, len, "all") && !minus) {
			option_all_features(o);
			continue;
		}
		for (i = 0; i < NB_FEATURES; i++)
			if (option_name_is(name, len, option_feature[i].name))
				break;
		if (i == NB_FEATURES)
			return option_error("features", arg, "unknown feature");
		o->features = minus ? o->features & ~option_feature[i].features :
				o->features | option_feature[i].features;
		o->protocol = minus ? o->protocol & ~option_feature[i].protocol :
				o->protocol | option_feature[i].protocol;
	}
	/* Stateless modes build on revision 1 (5.9.3.1). */
	if (!(o->features & VIRTIO_CRYPTO_F_REVISION_1))
		o->features &= ~VIRTIO_CRYPTO_F_STATELESS_MODES;
	return 0;
}

static int
option_parse_cpus(struct vcryptod_options *o, const char *arg)
{
	unsigned long first, last;
	const char *s = arg;
	char *end;

	o->nb_cpus = 0;
	do {
		if (*s < '0' || *s > '9')
			return option_error("cpu", arg, "not a list as 2,4-6");
		first = last = strtoul(s, &end, 10);
		if (*end == '-')
			last = strtoul(end + 1, &end, 10);
		if ((*end != '\0' && *end != ',') || last < first || last >= CPU_SETSIZE)
			return option_error("cpu", arg, "not a list as 2,4-6");
		for (; first <= last; first++) {
			if (o->nb_cpus == VCRYPTOD_MAX_CPUS)
				return option_error("cpu", arg,
						"more CPUs than there can be threads");
			o->cpu[o->nb_cpus++] = (int)first;
		}
		s = end + 1;
	} while (*end == ',');
	return 0;
}

static int
option_parse_layout(struct vcryptod_options *o, const char *arg)
{
	enum req_vhu_layout l;

	for (l = REQ_VHU_LAYOUT_AUTO; l < REQ_VHU_NB_LAYOUTS; l++) {
		if (strcmp(arg, req_vhu_layout_name(l)) == 0) {
			o->layout = l;
			return 0;
		}
	}
	return option_error("session-layout", arg, "not auto, opcode, plain or union");
}

static int
option_parse_socket(struct vcryptod_options *o, enum vcryptod_protocol shown, const char *arg)
{
	const char *name = shown == VCRYPTOD_VFIO_USER ? "vfio-user" : "socket";
	unsigned int i;

	if (strlen(arg) >= sizeof(((struct sockaddr_un *)0)->sun_path) || *arg == '\0')
		return option_error(name, arg, "a path of 1 to 107 bytes is needed");
	if (o->nb_sockets == VCRYPTOD_MAX_SOCKETS)
		return option_error(name, arg, "more than 64 sockets");
	for (i = 0; i < o->nb_sockets; i++)
		if (strcmp(o->socket[i], arg) == 0)
			return option_error(name, arg, "this path is given twice");
	o->shown[o->nb_sockets] = shown;
	o->socket[o->nb_sockets++] = arg;
	return 0;
}

static int
option_parse_mode(struct vcryptod_options *o, const char *arg)
{
	unsigned long mode;
	char *end;

	mode = strtoul(arg, &end, 8);
	if (*arg < '0' || *arg > '7' || *end != '\0' || mode > 0777)
		return option_error("socket-mode", arg, "not an octal number of 0 to 777");
	o->socket_mode = (mode_t)mode;
	return 0;
}

/* INDEX,LISTEN_FD,WATCH_FD, of a supervisor that is this program. */
static int
option_parse_device_process(struct vcryptod_options *o, const char *arg)
{
	unsigned long n[3] = { 0 };
	const char *s = arg;
	unsigned int i;
	char *end;

	for (i = 0; i < 3 && *s >= '0' && *s <= '9'; i++) {
		n[i] = strtoul(s, &end, 10);
		if (*end != (i < 2 ? ',' : '\0') || n[i] > INT_MAX)
			break;
		s = end + 1;
	}
	if (i < 3 || n[1] <= STDERR_FILENO || n[2] <= STDERR_FILENO || n[1] == n[2])
		return option_error("device-process", arg,
				"only the daemon itself uses this option");
	o->device_process = true;
	o->index = (unsigned int)n[0];
	o->listen_fd = (int)n[1];
	o->watch_fd = (int)n[2];
	return 0;
}

static int
option_parse_engine(struct vcryptod_options *o, const char *arg)
{
	char want[128] = "not one of this build: ";
	size_t len = strlen(want);

	if (strcmp(arg, "list") == 0) {
		vcryptod_engine_print(stdout);
		return 1;
	}
	o->engine = vcryptod_engine_find(arg);
	if (o->engine != NULL)
		return 0;
	vcryptod_engine_names(want + len, sizeof(want) - len);
	return option_error("engine", arg, want);
}

/* Options whose argument is a number. */
static const struct option_range {
	int opt;
	bool units;
	uint64_t min, max;
	const char *name, *want;
} option_ranges[] = {
	{ OPT_QUEUES, false, 1, VCRYPTOD_MAX_QUEUES, "queues", "not 1 to 127" },
	{ OPT_MAX_SIZE, true, 1024, VCRYPTOD_MAX_SIZE, "max-size", "not 1k to 256M" },
	{ OPT_SESSIONS, false, 1, VCRYPTOD_SESSIONS_MAX, "sessions", "not 1 to 1048576" },
	{ OPT_SAS, false, 1, VCRYPTOD_IPSEC_SAS_MAX, "sas", "not 1 to 1048576" },
	{ OPT_IPSEC_WINDOW, false, 1, VCRYPTOD_IPSEC_WINDOW_MAX, "ipsec-window",
		"not 1 to 1048576" },
	{ OPT_RSA_BITS, false, VCRYPTOD_RSA_BITS_MIN, VCRYPTOD_RSA_BITS_MAX, "max-rsa-bits",
		"not 512 to 8192" },
	{ OPT_WATCHDOG, false, 0, WATCHDOG_MAX, "watchdog", "not 0 to 86400" },
	{ OPT_OUT_OF_ORDER, false, 1, UINT64_MAX, "out-of-order", "not a number of 1 or more" },
};

static void
option_set_number(struct vcryptod_options *o, int opt, uint64_t n)
{
	switch (opt) {
	case OPT_QUEUES:
		o->queues = (unsigned int)n;
		break;
	case OPT_MAX_SIZE:
		o->max_size = n;
		break;
	case OPT_SESSIONS:
		o->sessions = (uint32_t)n;
		break;
	case OPT_SAS:
		o->sas = (uint32_t)n;
		break;
	case OPT_IPSEC_WINDOW:
		o->ipsec_window = (uint32_t)n;
		break;
	case OPT_RSA_BITS:
		o->max_rsa_bits = (unsigned int)n;
		break;
	case OPT_WATCHDOG:
		o->watchdog = (unsigned int)n;
		break;
	default:
		o->shuffle = n;
		break;
	}
}

static int
option_parse_number(struct vcryptod_options *o, int opt, const char *arg)
{
	const struct option_range *r = option_ranges;
	uint64_t n;

	/* There is one of each option that comes here. */
	while (r->opt != opt)
		r++;
	if (option_number(&n, arg, r->min, r->max, r->units) != 0)
		return option_error(r->name, arg, r->want);
	option_set_number(o, opt, n);
	return 0;
}

/* why: NULL if the cage takes it. */
static int
option_told(const char *name, const char *arg, const char *why)
{
	return why == NULL ? 0 : option_error(name, arg, why);
}

static int
option_parse_one(struct vcryptod_options *o, int opt, const char *arg)
{
	switch (opt) {
	case OPT_SOCKET:
		return option_parse_socket(o, VCRYPTOD_VHOST_USER, arg);
	case OPT_VFIO_USER:
		return option_parse_socket(o, VCRYPTOD_VFIO_USER, arg);
	case OPT_ENGINE:
		return option_parse_engine(o, arg);
	case OPT_SERVICES:
		return option_parse_services(o, arg);
	case OPT_ALGOS:
		return option_parse_algos(o, arg);
	case OPT_FEATURES:
		return option_parse_features(o, arg);
	case OPT_CPU:
		return option_parse_cpus(o, arg);
	case OPT_LAYOUT:
		return option_parse_layout(o, arg);
	case OPT_QUEUES:
	case OPT_MAX_SIZE:
	case OPT_SESSIONS:
	case OPT_SAS:
	case OPT_IPSEC_WINDOW:
	case OPT_OUT_OF_ORDER:
	case OPT_WATCHDOG:
	case OPT_RSA_BITS:
		return option_parse_number(o, opt, arg);
	case OPT_SOCKET_MODE:
		return option_parse_mode(o, arg);
	case OPT_SOCKET_GROUP:
		o->socket_group = arg;
		return *arg != '\0' ? 0 : option_error("socket-group", arg, "names no group");
	case OPT_USER:
		return option_told("user", arg, vcryptod_cage_parse_user(&o->cage, arg));
	case OPT_CAGE:
		return option_told("cage", arg, vcryptod_cage_parse(&o->cage, arg));
	case OPT_DEVICE_PROCESS:
		return option_parse_device_process(o, arg);
	case OPT_VERSION:
		printf("vcryptod %s\n", VCRYPTOD_VERSION);
		return 1;
	case OPT_HELP:
		fputs(option_help, stdout);
		return 1;
	default:
		fprintf(stderr, "vcryptod: see --help\n");
		return -EINVAL;
	}
}

int
vcryptod_options_parse(struct vcryptod_options *o, int argc, char **argv)
{
	int opt, rc;

	memset(o, 0, sizeof(*o));
	o->queues = 1;
	o->engine = &vcryptod_engine_auto;
	o->services = UINT32_MAX;
	o->max_size = DEFAULT_MAX_SIZE;
	o->sessions = DEFAULT_SESSIONS;
	o->ipsec_window = DEFAULT_WINDOW;
	o->max_rsa_bits = VCRYPTOD_RSA_BITS_DEFAULT;
	o->socket_mode = DEFAULT_MODE;
	o->watchdog = DEFAULT_WATCHDOG;
	option_all_features(o);
	vcryptod_cage_init(&o->cage);
	/* The leak check of a sanitizer makes calls at the end that the list does not have. */
	if (vcryptod_cage_is_sanitized())
		o->cage.parts &= ~VCRYPTOD_CAGE_BIT(VCRYPTOD_CAGE_SECCOMP);
	optind = 1;
	while ((opt = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
		rc = option_parse_one(o, opt, optarg);
		if (rc != 0)
			return rc;
	}
	if (optind < argc)
		return option_error("socket", argv[optind], "unexpected argument");
	if (o->nb_sockets == 0) {
		fprintf(stderr, "vcryptod: --socket PATH or --vfio-user PATH is missing; see "
				"--help\n");
		return -EINVAL;
	}
	if (o->sas != 0)
		o->features |= VIRTIO_F_ADMIN_VQ;
	if (o->device_process && o->index >= o->nb_sockets)
		return option_error("device-process", "", "there is no such socket");
	return 0;
}

struct vcryptod_cpu_share
vcryptod_options_cpus(const struct vcryptod_options *o, unsigned int index)
{
	unsigned int each = o->nb_cpus / o->nb_sockets, more = o->nb_cpus % o->nb_sockets;

	if (o->nb_cpus == 0)
		return (struct vcryptod_cpu_share){ .nb = 0 };
	if (each == 0)
		return (struct vcryptod_cpu_share){ .first = index % o->nb_cpus, .nb = 1 };
	return (struct vcryptod_cpu_share){
		.first = index * each + (index < more ? index : more),
		.nb = each + (index < more),
		.polls = true,
	};
}

static int
option_check_ipsec(const struct vcryptod_caps *caps, const struct vcryptod_options *o)
{
	struct req_ipsec_caps ipsec;
	unsigned int i;

	if (o->sas == 0)
		return 0;
	vcryptod_ipsec_caps(&ipsec, caps, o->ipsec_window);
	for (i = 0; i < VIRTIO_CRYPTO_NB_IPSEC_MODES; i++)
		if (ipsec.mode[i].offered)
			return 0;
	fprintf(stderr, "vcryptod: --sas %u: engine %s has no MAC and no AEAD algorithm of IPSEC "
			"that --services and --algos allow\n", o->sas, o->engine->name);
	return -EINVAL;
}

int
vcryptod_options_restrict(struct vcryptod_caps *caps, const struct vcryptod_options *o)
{
	uint64_t any = 0;
	unsigned int i;

	for (i = 0; i < VIRTIO_CRYPTO_NB_SERVICES; i++) {
		if (!(o->services & 1u << i))
			caps->mask[i] = 0;
		if (o->algos_given)
			caps->mask[i] &= o->algos[i];
		any |= caps->mask[i];
	}
	if (any != 0)
		return option_check_ipsec(caps, o);
	fprintf(stderr, "vcryptod: engine %s has none of the services and algorithms that "
			"--services and --algos allow\n", o->engine->name);
	return -EINVAL;
}
