/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The command line; see options.h.
 */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include "device.h"
#include "feature.h"
#include "ipsec_sa.h"
#include "options.h"
#include "options_help.h"
#include "req_alg.h"

#define DEFAULT_MAX_SIZE	(UINT64_C(1) << 20)
#define DEFAULT_SESSIONS	1024
#define DEFAULT_WINDOW		4096	/* numbers: Linux has no longer window */
#define DEFAULT_MODE		0600
#define DEFAULT_WATCHDOG	10	/* seconds */
#define DEFAULT_LEVEL		6	/* info */
#define WATCHDOG_MAX		86400

enum {
	OPT_SOCKET = 1, OPT_QUEUES, OPT_ENGINE, OPT_SERVICES, OPT_ALGOS, OPT_FEATURES,
	OPT_MAX_SIZE, OPT_SESSIONS, OPT_CPU, OPT_OUT_OF_ORDER, OPT_LAYOUT,
	OPT_RSA_BITS, OPT_SOCKET_MODE, OPT_SOCKET_GROUP, OPT_WATCHDOG, OPT_DEVICE_PROCESS,
	OPT_USER, OPT_CAGE, OPT_SAS, OPT_IPSEC_WINDOW, OPT_VFIO_USER, OPT_SOCKET_PATH,
	OPT_FD, OPT_LOG, OPT_LOG_FORM, OPT_LOG_FILE, OPT_PRINT_CAPABILITIES, OPT_CONFIG, OPT_CTL,
	OPT_VERSION, OPT_HELP,
};

static const struct option long_options[] = {
	{ "socket", required_argument, NULL, OPT_SOCKET },
	{ "socket-path", required_argument, NULL, OPT_SOCKET_PATH },
	{ "fd", required_argument, NULL, OPT_FD },
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
	{ "ctl", required_argument, NULL, OPT_CTL },
	{ "device-process", required_argument, NULL, OPT_DEVICE_PROCESS },
	{ "config", required_argument, NULL, OPT_CONFIG },
	{ "log", required_argument, NULL, OPT_LOG },
	{ "log-form", required_argument, NULL, OPT_LOG_FORM },
	{ "log-file", required_argument, NULL, OPT_LOG_FILE },
	{ "print-capabilities", no_argument, NULL, OPT_PRINT_CAPABILITIES },
	{ "version", no_argument, NULL, OPT_VERSION },
	{ "help", no_argument, NULL, OPT_HELP },
	{ NULL, 0, NULL, 0 },
};

/* Of a file, while one of its lines is looked at; only the start of the process does that. */
static const char *option_place = "";

static int
option_error(const char *option, const char *value, const char *want)
{
	fprintf(stderr, "vcryptod: %s--%s %s: %s; see --help\n", option_place, option, value, want);
	return -EINVAL;
}

/* A name of a list that is none; remedy is what to do. */
static int
option_unknown(const char *option, const char *name, size_t len, const char *remedy)
{
	fprintf(stderr, "vcryptod: %s--%s: \"%.*s\" is unknown: %s\n", option_place, option,
			(int)len, name, remedy);
	return -EINVAL;
}

/* How far a unit shifts; 0: s is none. */
static unsigned int
option_unit(const char *s)
{
	static const char units[] = "kKmMgG";
	const char *unit = *s != '\0' ? strchr(units, *s) : NULL;

	return unit != NULL && s[1] == '\0' ? 10 * (unsigned int)((unit - units) / 2 + 1) : 0;
}

/* A decimal number in [min, max], k, M or G allowed where units is set. */
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
	if (units)
		shift = option_unit(end);
	if ((*end != '\0' && shift == 0) || *n > UINT64_MAX >> shift)
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
			return option_unknown("services", name, len,
					"name some of cipher, hash, mac, aead, akcipher");
		o->services |= 1u << i;
	}
	return o->services != 0 ? 0 : option_error("services", arg,
			"names no service: name some of cipher, hash, mac, aead, akcipher");
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
	memset(o->algos, 0, sizeof(o->algos));
	while ((name = option_next_name(&list, &len)) != NULL) {
		alg = req_alg_by_name(name, len);
		if (alg == NULL)
			return option_unknown("algos", name, len,
					"`--algos list` prints the names");
		o->algos[alg->service] |= VIRTIO_BIT(alg->number);
	}
	return *arg != '\0' ? 0 : option_error("algos", arg, "names no algorithm: `--algos "
			"list` prints the names");
}

static void
option_all_features(struct vcryptod_options *o)
{
	vcryptod_feature_all(&o->features, &o->protocol);
}

static int
option_parse_features(struct vcryptod_options *o, const char *arg)
{
	const char *list = arg, *name;
	uint64_t features, protocol;
	size_t len;
	bool minus;

	if (*arg == '\0')
		return option_error("features", arg, "names no feature: `split` offers none but "
				"what is always there");
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
		if (!vcryptod_feature_find(&features, &protocol, name, len))
			return option_unknown("features", name, len, "--help has the names");
		o->features = minus ? o->features & ~features : o->features | features;
		o->protocol = minus ? o->protocol & ~protocol : o->protocol | protocol;
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
option_parse_fd(struct vcryptod_options *o, const char *arg)
{
	uint64_t n;

	if (option_number(&n, arg, STDERR_FILENO + 1, INT_MAX, false) != 0)
		return option_error("fd", arg, "not a descriptor, a number of 3 or more");
	if (o->fd >= 0)
		return option_error("fd", arg, "more than one: start a daemon for each");
	o->fd = (int)n;
	(void)snprintf(o->fd_name, sizeof(o->fd_name), "fd %d", o->fd);
	return option_parse_socket(o, VCRYPTOD_VHOST_USER, o->fd_name);
}

/* The place of arg in a list of words; want is what to say if it has none. */
static int
option_word(const char *name, const char *arg, const char *const *words, int nb, const char *want)
{
	int i;

	for (i = 0; i < nb; i++)
		if (strcmp(arg, words[i]) == 0)
			return i;
	return option_error(name, arg, want);
}

static int
option_parse_log(struct vcryptod_options *o, const char *arg)
{
	static const char *const word[] = { "err", "warning", "info" };
	static const int level[] = { 3, 4, 6 };		/* of syslog */
	int i = option_word("log", arg, word, 3, "not err, warning or info");

	if (i >= 0)
		o->log_level = level[i];
	return i >= 0 ? 0 : i;
}

static int
option_parse_log_form(struct vcryptod_options *o, const char *arg)
{
	static const char *const word[] = {
		[VCRYPTOD_RELAY_PLAIN] = "plain", [VCRYPTOD_RELAY_TIME] = "time",
		[VCRYPTOD_RELAY_JOURNAL] = "journal",
	};
	int i = option_word("log-form", arg, word, 3, "not plain, time or journal");

	if (i >= 0)
		o->log_form = (enum vcryptod_relay_form)i;
	return i >= 0 ? 0 : i;
}

static int
option_parse_log_file(struct vcryptod_options *o, const char *arg)
{
	o->log_file = arg;
	return *arg != '\0' ? 0 : option_error("log-file", arg, "names no file");
}

static int
option_parse_config(struct vcryptod_options *o, const char *arg)
{
	o->config = arg;
	return *arg != '\0' ? 0 : option_error("config", arg, "names no file");
}

static int
option_parse_ctl(struct vcryptod_options *o, const char *arg)
{
	size_t len = strlen(arg), room = sizeof(((struct sockaddr_un *)0)->sun_path);

	o->ctl = arg;
	return len > 0 && len < room ? 0 : option_error("ctl", arg, "not 1 to 107 bytes");
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

/* INDEX,LISTEN_FD,WATCH_FD[,FIGURES_FD], of a supervisor that is this program. */
static int
option_parse_device_process(struct vcryptod_options *o, const char *arg)
{
	unsigned long n[4] = { 0 };
	const char *s = arg;
	bool more = true;
	unsigned int i;
	char *end;

	for (i = 0; i < 4 && more && *s >= '0' && *s <= '9'; i++) {
		n[i] = strtoul(s, &end, 10);
		if (n[i] > INT_MAX || (*end != ',' && *end != '\0'))
			break;
		more = *end == ',';
		s = end + more;
	}
	if (i < 3 || more || *s != '\0' || n[1] <= STDERR_FILENO || n[2] <= STDERR_FILENO ||
			n[1] == n[2])
		return option_error("device-process", arg,
				"only the daemon itself uses this option");
	o->device_process = true;
	o->index = (unsigned int)n[0];
	o->listen_fd = (int)n[1];
	o->watch_fd = (int)n[2];
	o->figures_fd = i > 3 && n[3] > STDERR_FILENO ? (int)n[3] : -1;
	return 0;
}

static int
option_parse_engine(struct vcryptod_options *o, const char *arg)
{
	char want[128] = "there is no such engine; this build has ";
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
option_parse_vhost_user(struct vcryptod_options *o, const char *arg)
{
	return option_parse_socket(o, VCRYPTOD_VHOST_USER, arg);
}

static int
option_parse_vfio_user(struct vcryptod_options *o, const char *arg)
{
	return option_parse_socket(o, VCRYPTOD_VFIO_USER, arg);
}

static int
option_parse_group(struct vcryptod_options *o, const char *arg)
{
	o->socket_group = arg;
	return *arg != '\0' ? 0 : option_error("socket-group", arg, "names no group");
}

static int
option_parse_user(struct vcryptod_options *o, const char *arg)
{
	return option_told("user", arg, vcryptod_cage_parse_user(&o->cage, arg));
}

static int
option_parse_cage(struct vcryptod_options *o, const char *arg)
{
	return option_told("cage", arg, vcryptod_cage_parse(&o->cage, arg));
}

static int
option_print_version(struct vcryptod_options *o, const char *arg)
{
	(void)o;
	(void)arg;
	printf("vcryptod %s\n", VCRYPTOD_VERSION);
	return 1;
}

/* As VHostUserBackendCapabilities of QEMU's vhost-user.json; crypto has no features there. */
static int
option_print_capabilities(struct vcryptod_options *o, const char *arg)
{
	(void)o;
	(void)arg;
	puts("{\n  \"type\": \"crypto\"\n}");
	return 1;
}

static int
option_print_help(struct vcryptod_options *o, const char *arg)
{
	(void)o;
	(void)arg;
	fputs(vcryptod_options_help, stdout);
	return 1;
}

/* What takes the argument of each option; NULL: its argument is a number (option_ranges).  0;
 * 1: printed, done; -EINVAL, logged.
 */
static int (*const option_take[])(struct vcryptod_options *o, const char *arg) = {
	[OPT_SOCKET] = option_parse_vhost_user,
	[OPT_SOCKET_PATH] = option_parse_vhost_user,
	[OPT_VFIO_USER] = option_parse_vfio_user,
	[OPT_FD] = option_parse_fd,
	[OPT_CONFIG] = option_parse_config,
	[OPT_CTL] = option_parse_ctl,
	[OPT_LOG] = option_parse_log,
	[OPT_LOG_FORM] = option_parse_log_form,
	[OPT_LOG_FILE] = option_parse_log_file,
	[OPT_PRINT_CAPABILITIES] = option_print_capabilities,
	[OPT_ENGINE] = option_parse_engine,
	[OPT_SERVICES] = option_parse_services,
	[OPT_ALGOS] = option_parse_algos,
	[OPT_FEATURES] = option_parse_features,
	[OPT_CPU] = option_parse_cpus,
	[OPT_LAYOUT] = option_parse_layout,
	[OPT_SOCKET_MODE] = option_parse_mode,
	[OPT_SOCKET_GROUP] = option_parse_group,
	[OPT_USER] = option_parse_user,
	[OPT_CAGE] = option_parse_cage,
	[OPT_DEVICE_PROCESS] = option_parse_device_process,
	[OPT_VERSION] = option_print_version,
	[OPT_HELP] = option_print_help,
};

static int
option_parse_one(struct vcryptod_options *o, int opt, const char *arg)
{
	if (option_take[opt] != NULL)
		return option_take[opt](o, arg);
	return option_parse_number(o, opt, arg);
}

static const struct option *
option_find(const char *name)
{
	const struct option *l = long_options;

	while (l->name != NULL && strcmp(l->name, name) != 0)
		l++;
	return l->name != NULL ? l : NULL;
}

enum vcryptod_option_scope
vcryptod_options_scope(const char *name)
{
	const struct option *l = option_find(name);

	if (l == NULL)
		return VCRYPTOD_OPTION_UNKNOWN;
	switch (l->val) {
	case OPT_SOCKET:
	case OPT_SOCKET_PATH:
	case OPT_VFIO_USER:
		return VCRYPTOD_OPTION_SOCKET;
	case OPT_FD:
	case OPT_CONFIG:
	case OPT_DEVICE_PROCESS:
		return VCRYPTOD_OPTION_LINE;
	case OPT_SOCKET_MODE:
	case OPT_SOCKET_GROUP:
	case OPT_CPU:
	case OPT_WATCHDOG:
	case OPT_CTL:
	case OPT_LOG:
	case OPT_LOG_FORM:
	case OPT_LOG_FILE:
		return VCRYPTOD_OPTION_DAEMON;
	default:
		return l->has_arg == no_argument ? VCRYPTOD_OPTION_LINE : VCRYPTOD_OPTION_DEVICE;
	}
}

int
vcryptod_options_set(struct vcryptod_options *o, const char *place, const char *name,
		const char *value)
{
	const struct option *l = option_find(name);
	int rc;

	if (l == NULL || l->has_arg == no_argument)
		return -EINVAL;		/* the caller has looked at the scope */
	option_place = place;
	rc = option_parse_one(o, l->val, value);
	option_place = "";
	return rc;
}

/* getopt_long says '?' or ':', and optind is behind the word that it means. */
static int
option_refuse_word(int opt, const char *word)
{
	const char letter[] = { '-', (char)optopt, '\0' };

	/* Of letters in one word, each has a turn; no OPT_ is as high as one of them. */
	fprintf(stderr, "vcryptod: %s: %s; see --help\n", optopt > OPT_HELP ? letter : word,
			opt == ':' ? "an argument is missing" : "there is no such option, or it "
			"takes no argument");
	return -EINVAL;
}

static void
option_set_defaults(struct vcryptod_options *o)
{
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
	o->fd = -1;
	o->log_level = DEFAULT_LEVEL;
	o->figures_fd = -1;
	option_all_features(o);
	vcryptod_cage_init(&o->cage);
	/* The leak check of a sanitizer makes calls at the end that the list does not have. */
	if (vcryptod_cage_is_sanitized())
		o->cage.parts &= ~VCRYPTOD_CAGE_BIT(VCRYPTOD_CAGE_SECCOMP);
}

/* What the options mean together. */
static int
option_check_all(struct vcryptod_options *o)
{
	if (o->nb_sockets == 0 && o->config == NULL) {
		fprintf(stderr, "vcryptod: --socket PATH, --vfio-user PATH or --fd FD is missing; "
				"see --help\n");
		return -EINVAL;
	}
	if (o->fd >= 0 && o->nb_sockets != 1)
		return option_error("fd", o->fd_name, "there are other sockets: give one or the "
				"other");
	if (o->sas != 0)
		o->features |= VIRTIO_F_ADMIN_VQ;
	if (o->device_process && o->index >= o->nb_sockets)
		return option_error("device-process", "", "there is no such socket");
	return 0;
}

int
vcryptod_options_parse(struct vcryptod_options *o, int argc, char **argv)
{
	int opt, rc, i;

	option_set_defaults(o);
	for (i = 1; i < argc; i++)
		if (strcmp(argv[i], "--print-capabilities") == 0)
			return option_print_capabilities(o, NULL);
	optind = 0;		/* glibc: from the beginning, whatever was parsed before */
	opterr = 0;
	while ((opt = getopt_long(argc, argv, ":hV", long_options, NULL)) != -1) {
		if (opt == '?' || opt == ':')
			return option_refuse_word(opt, argv[optind - 1]);
		if (opt == 'h' || opt == 'V')
			opt = opt == 'h' ? OPT_HELP : OPT_VERSION;
		rc = option_parse_one(o, opt, optarg);
		if (rc != 0)
			return rc;
	}
	if (optind < argc) {
		fprintf(stderr, "vcryptod: %s: options begin with --; see --help\n", argv[optind]);
		return -EINVAL;
	}
	return option_check_all(o);
}
