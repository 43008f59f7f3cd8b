/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A device process; see process.h.  It starts engine, device, back end and workers in this
 * order, serves, and takes all of it down: workers first, which use all the others.
 *
 * stdout is a pipe to the supervisor that never blocks, as stderr is (log.h): a line that
 * finds it full is lost.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "log.h"
#include "mapping.h"
#include "process.h"
#include "supervisor/child.h"
#include "vfio_user/client.h"
#include "vhost_user/front.h"

/* Steps of nice of the message thread and the control queue's: a third of a data worker's weight.
 * 10 steps, a tenth, would make a stop beside full queues wait for several of their turns.
 */
#define PROCESS_NICER	5

#define PROCESS_MESSAGE_FDS	(VHU_MAX_FDS > VFU_MAX_FDS ? VHU_MAX_FDS : VFU_MAX_FDS)

/* The least time between two writings of the device's figures by the main thread: each notification
 * of a PCI function wakes it, and some figures are sums.
 */
#define PROCESS_PUBLISH_US	10000

#define PROCESS_SLICE_NS	100000	/* the least that the kernel takes */

struct process {
	const struct vcryptod_options *o;
	const char *path;
	struct vcryptod_caps caps;
	struct vcryptod_cpu_share share;
	struct vcryptod_cage cage;
	struct vcryptod_worker *worker;
	unsigned int nb_workers;
	struct vcryptod_device dev;
	union {
		struct vcryptod_front vhost_user;
		struct vcryptod_client vfio_user;
	} front;
	struct vcryptod_link *link;	/* of the one of those two that there is */
	int signal_fd, attention_fd;
	struct vcryptod_figures *figures;
	uint64_t published_us;		/* when those were written */
	bool unpublished;		/* they may have changed since */
	bool engine_up;
	bool told;			/* a line has said why the device does not start */
};

static struct process process;	/* large, and aligned as its parts ask */

/* ---- start ---- */

static int
process_start_signals(struct process *p)
{
	sigset_t set;

	/* Before any thread: each inherits the mask, and the signals come here alone. */
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGUSR1);
	if (pthread_sigmask(SIG_BLOCK, &set, NULL) != 0)
		return -EINVAL;
	/* A terminal sends SIGINT to all processes of the daemon: the supervisor decides. */
	if (signal(SIGPIPE, SIG_IGN) == SIG_ERR || signal(SIGINT, SIG_IGN) == SIG_ERR)
		return -errno;
	p->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	p->attention_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return p->signal_fd >= 0 && p->attention_fd >= 0 ? 0 : -errno;
}

/* A CPU that is shared with other devices holds all threads of this one. */
static void
process_take_cpus(struct process *p)
{
	const struct vcryptod_options *o = p->o;
	cpu_set_t set;

	p->share = vcryptod_options_cpus(o, o->index);
	p->nb_workers = 1;
	if (p->share.polls)
		p->nb_workers = o->queues < p->share.nb ? o->queues : p->share.nb;
	if (p->share.nb == 0 || p->share.polls)
		return;
	CPU_ZERO(&set);
	CPU_SET(o->cpu[p->share.first], &set);
	if (sched_setaffinity(0, sizeof(set), &set) != 0)
		vcryptod_log(VCRYPTOD_LOG_GENERAL, p->path, "CPU %d cannot be used (--cpu): the "
				"device runs on any CPU", o->cpu[p->share.first]);
}

static int
process_start_device(struct process *p)
{
	const struct vcryptod_options *o = p->o;
	const struct vcryptod_model_config cfg = {
		.engine = o->engine,
		.caps = p->caps,
		.max_dataqueues = o->queues,
		.max_size = o->max_size,
		.max_sessions = o->sessions,
		.nb_lanes = p->nb_workers,
		.max_sas = o->sas,
		.max_window = o->ipsec_window,
		.figures = p->figures,
	};

	return vcryptod_device_init(&p->dev, p->path, &cfg, o->layout, o->shuffle,
			p->attention_fd);
}

/* The data queues are dealt to the workers in turn; the control queue has its device's own. */
static int
process_init_workers(struct process *p)
{
	const struct vcryptod_options *o = p->o;
	struct vcryptod_ring *ring;
	unsigned int i;
	int rc = 0;

	p->worker = calloc(p->nb_workers, sizeof(p->worker[0]));
	if (p->worker == NULL)
		return -ENOMEM;
	for (i = 0; i < p->nb_workers && rc == 0; i++)
		rc = vcryptod_worker_init(&p->worker[i], o->engine, i,
				p->share.polls ? o->cpu[p->share.first + i] : -1,
				vcryptod_model_scratch(o->max_size), o->queues);
	for (i = 0; i < o->queues && rc == 0; i++) {
		ring = &p->dev.ring[i];
		ring->worker = &p->worker[i % p->nb_workers];
		vcryptod_worker_add(ring->worker, &ring->vring);
	}
	return rc;
}

/* The calling thread, and each that it starts from now on. */
static void
process_yield_to_data(const struct process *p)
{
	errno = 0;
	if (setpriority(PRIO_PROCESS, 0, getpriority(PRIO_PROCESS, 0) + PROCESS_NICER) != 0 ||
			errno != 0)
		vcryptod_log(VCRYPTOD_LOG_GENERAL, p->path, "messages and sessions have the "
				"priority of data queues: %s", strerror(errno));
}

/* The calling thread, and each that it starts from now on: it runs for ns at a time where others
 * want its CPU (0: as the kernel likes), and one with a shorter time need not wait for the end of
 * another's.  Linux has that from 6.12 on; before, it does nothing.
 */
static void
process_set_slice(uint64_t ns)
{
	struct {
		uint32_t size, policy;
		uint64_t flags;
		int32_t nice;
		uint32_t priority;
		uint64_t runtime, deadline, period;
	} attr = { .size = sizeof(attr), .policy = SCHED_OTHER, .runtime = ns };

	attr.nice = getpriority(PRIO_PROCESS, 0);
	(void)syscall(SYS_sched_setattr, 0, &attr, 0);
}

/* What a tenant gets of a shared CPU is what its data queues get: messages, session commands and
 * AKCIPHER have threads of their own beside them, which could be as busy.
 */
static int
process_start_workers(struct process *p)
{
	unsigned int i;
	int rc = 0;

	process_set_slice(PROCESS_SLICE_NS);
	for (i = 0; i < p->nb_workers && rc == 0; i++)
		rc = vcryptod_worker_start(&p->worker[i]);
	process_set_slice(0);
	if (rc != 0)
		return rc;
	process_yield_to_data(p);
	for (i = 0; i < p->nb_workers && rc == 0; i++)
		rc = vcryptod_worker_start_slow(&p->worker[i]);
	return rc == 0 ? vcryptod_worker_start(&p->dev.control) : rc;
}

static const char *
process_plural(unsigned int n)
{
	return n == 1 ? "" : "s";
}

static void
process_print_ready(const struct process *p)
{
	static const char * const kind[] = { "cipher", "hash", "mac", "aead", "akcipher" };
	static const char * const kinds[] = { "ciphers", "hashes", "macs", "aeads", "akciphers" };
	const struct vcryptod_options *o = p->o;
	unsigned int i, n;

	printf("vcryptod: %s: ready: %u queue%s, engine %s, services", p->path, o->queues,
			process_plural(o->queues), o->engine->name);
	for (i = 0; i < sizeof(kind) / sizeof(kind[0]); i++)
		if (p->caps.mask[i] != 0)
			printf(" %s", req_service_name(i));
	if (o->sas != 0)
		printf(" %s", req_service_name(VIRTIO_CRYPTO_SERVICE_IPSEC));
	for (i = 0; i < sizeof(kind) / sizeof(kind[0]); i++) {
		n = (unsigned int)__builtin_popcountll(p->caps.mask[i]);
		if (n != 0)
			printf(", %u %s", n, n == 1 ? kind[i] : kinds[i]);
	}
	printf(", %s%s%ssplit%s rings, max size %" PRIu64 ", %u session%s",
			o->features & VIRTIO_CRYPTO_F_REVISION_1 ? "revision 1, " : "",
			o->features & VIRTIO_CRYPTO_F_CIPHER_STATELESS_MODE ? "stateless, " : "",
			o->features & VIRTIO_F_IN_ORDER ? "in-order, " : "",
			o->features & VIRTIO_F_RING_PACKED ? " and packed" : "",
			o->max_size, o->sessions, process_plural(o->sessions));
	if (o->sas != 0)
		printf(", %u security association%s of each direction", o->sas,
				process_plural(o->sas));
	if (o->shown[o->index] == VCRYPTOD_VFIO_USER)
		printf(", a PCI function by vfio-user");
	printf("\n");
	fflush(stdout);
}

static int
process_tell_ready(struct process *p)
{
	const char ready = VCRYPTOD_WATCH_READY;

	process_print_ready(p);
	return send(p->o->watch_fd, &ready, sizeof(ready), MSG_DONTWAIT | MSG_NOSIGNAL) ==
			sizeof(ready) ? 0 : -errno;
}

/* What the process has at the most: for each ring two descriptors, of the front end or for it,
 * which the ring duplicates, and for each PCI function one more interrupt; two for each worker;
 * those of a message; and a few of its own.
 */
static unsigned int
process_count_fds(const struct process *p)
{
	return 4 * (p->o->queues + 2) + 2 * (p->nb_workers + 1) + PROCESS_MESSAGE_FDS + 40;
}

static int
process_start_vhost_user(struct process *p)
{
	const struct vcryptod_options *o = p->o;
	struct vcryptod_front *f = &p->front.vhost_user;

	p->link = &f->link;
	return vcryptod_front_init(f, &p->dev, o->listen_fd, o->features,
			o->protocol | VHU_PROTO_F_MQ | VHU_PROTO_F_REPLY_ACK |
			VHU_PROTO_F_CONFIGURE_MEM_SLOTS);
}

static int
process_start_front(struct process *p)
{
	struct vcryptod_client *c = &p->front.vfio_user;

	if (p->o->shown[p->o->index] == VCRYPTOD_VHOST_USER)
		return process_start_vhost_user(p);
	p->link = &c->link;
	return vcryptod_client_init(c, &p->dev, p->o->listen_fd, p->o->features);
}

/* Everything that opens files or makes descriptors, but for those of front ends. */
static int
process_open(struct process *p)
{
	const struct vcryptod_options *o = p->o;
	int rc;

	if (fcntl(o->listen_fd, F_SETFD, FD_CLOEXEC) != 0 ||
			fcntl(o->watch_fd, F_SETFD, FD_CLOEXEC) != 0)
		return -errno;
	p->figures = vcryptod_figures_open(o->figures_fd, o->queues);
	if (p->figures == NULL)
		return -errno;
	vcryptod_ticks_init();
	process_take_cpus(p);
	rc = vcryptod_cage_begin(&p->cage, p->path, process_count_fds(p));
	if (rc == 0)
		rc = o->engine->init(&p->caps);
	p->engine_up = rc == 0;
	vcryptod_engine_limit_rsa(o->max_rsa_bits);
	if (rc == 0)
		rc = vcryptod_options_restrict(&p->caps, o);
	p->told = rc != 0;
	if (rc == 0)
		rc = process_start_signals(p);
	if (rc == 0)
		rc = process_start_device(p);
	if (rc == 0)
		rc = process_start_front(p);
	if (rc == 0)
		rc = vcryptod_mapping_catch_sigbus(p->path);
	return rc == 0 ? process_init_workers(p) : rc;
}

/* Threads come last: until then, the process can still change what it is as a whole. */
static int
process_start(struct process *p)
{
	char line[VCRYPTOD_CAGE_LINE];
	int rc;

	rc = process_open(p);
	/* A supervisor that is gone is noticed by its end of the watch; the kernel is told, too
	 * (by vcryptod_cage_enter), for a main thread that hangs.
	 */
	if (rc == 0) {
		rc = vcryptod_cage_enter(&p->cage, p->path, p->link->links_fd);
		p->told = rc != 0;
	}
	if (rc == 0)
		rc = process_start_workers(p);
	if (rc == 0) {
		rc = vcryptod_cage_shut(&p->cage, p->path);
		p->told = rc != 0;
	}
	if (rc != 0)
		return rc;
	vcryptod_cage_line(&p->cage, line, sizeof(line));
	vcryptod_log(VCRYPTOD_LOG_ONCE, p->path, "%s", line);
	return process_tell_ready(p);
}

/* ---- run ---- */

static void
process_print_sas(const struct vcryptod_admin *a)
{
	printf(" sas %u sas_created %" PRIu64 " sas_destroyed %" PRIu64 " sas_refused %" PRIu64,
			vcryptod_ipsec_sas_count(&a->sas),
			__atomic_load_n(&a->created, __ATOMIC_RELAXED),
			__atomic_load_n(&a->destroyed, __ATOMIC_RELAXED),
			__atomic_load_n(&a->refused, __ATOMIC_RELAXED));
}

/* Those of all threads. */
static void
process_sum_counters(struct vcryptod_counters *sum, const struct process *p)
{
	const struct vcryptod_counters *c;
	unsigned int i, s;

	memset(sum, 0, sizeof(*sum));
	for (i = 0; i < p->o->queues * VCRYPTOD_NB_COUNTERS; i++) {
		c = &p->figures->queue[i / VCRYPTOD_NB_COUNTERS].by[i % VCRYPTOD_NB_COUNTERS];
		sum->requests += __atomic_load_n(&c->requests, __ATOMIC_RELAXED);
		sum->bytes += __atomic_load_n(&c->bytes, __ATOMIC_RELAXED);
		for (s = 0; s < VCRYPTOD_NB_STATUS; s++)
			sum->status[s] += __atomic_load_n(&c->status[s], __ATOMIC_RELAXED);
	}
}

static void
process_print_counters(const struct process *p)
{
	const struct vcryptod_device *dev = &p->dev;
	const struct vcryptod_model *m = &dev->model;
	unsigned int i, s, active = 0, broken = 0;
	struct vcryptod_counters sum;

	process_sum_counters(&sum, p);
	for (i = 0; i < dev->nb_rings; i++) {
		active += vcryptod_vring_is_active(&dev->ring[i].vring);
		broken += vcryptod_vring_is_broken(&dev->ring[i].vring);
	}
	printf("vcryptod: %s: requests %" PRIu64 " bytes %" PRIu64, dev->path,
			sum.requests, sum.bytes);
	for (s = 0; s < VCRYPTOD_NB_STATUS; s++)
		printf(" %s %" PRIu64, req_status_name(s), sum.status[s]);
	printf(" sessions %u created %" PRIu64 " destroyed %" PRIu64 " refused %" PRIu64
			" queues %u stopped %u",
			__atomic_load_n(&m->sessions.nb, __ATOMIC_RELAXED),
			__atomic_load_n(&m->created, __ATOMIC_RELAXED),
			__atomic_load_n(&m->destroyed, __ATOMIC_RELAXED),
			__atomic_load_n(&m->refused, __ATOMIC_RELAXED), active, broken);
	if (m->admin != NULL)
		process_print_sas(m->admin);
	printf("\n");
	fflush(stdout);
}

/* false on SIGTERM. */
static bool
process_handle_signals(struct process *p)
{
	struct signalfd_siginfo info;

	while (read(p->signal_fd, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo != SIGUSR1)
			return false;
		process_print_counters(p);
	}
	return true;
}

/* Answers the supervisor; false: it is gone. */
static bool
process_answer_watch(struct process *p)
{
	char what;
	ssize_t n;

	n = recv(p->o->watch_fd, &what, sizeof(what), MSG_DONTWAIT);
	if (n == 1)
		(void)send(p->o->watch_fd, &what, sizeof(what), MSG_DONTWAIT | MSG_NOSIGNAL);
	return n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR));
}

/* As soon as it may be. */
static void
process_publish(struct process *p)
{
	uint64_t now = vcryptod_now_us();

	p->unpublished = now - p->published_us < PROCESS_PUBLISH_US;
	if (p->unpublished)
		return;
	vcryptod_device_publish(&p->dev);
	p->published_us = now;
}

static int
process_timeout_ms(const struct process *p)
{
	int ms = vcryptod_link_timeout_ms(p->link);

	if (p->unpublished && (ms < 0 || ms > PROCESS_PUBLISH_US / 1000))
		ms = PROCESS_PUBLISH_US / 1000;
	return ms;
}

static void
process_serve(struct process *p)
{
	struct pollfd fds[3 + VCRYPTOD_LINK_FDS];
	unsigned int nb;
	uint64_t events;

	do {
		fds[0] = (struct pollfd){ .fd = p->signal_fd, .events = POLLIN };
		fds[1] = (struct pollfd){ .fd = p->attention_fd, .events = POLLIN };
		fds[2] = (struct pollfd){ .fd = p->o->watch_fd, .events = POLLIN };
		nb = vcryptod_link_fds(p->link, &fds[3]);
		if (poll(fds, 3 + nb, process_timeout_ms(p)) < 0)
			continue;	/* EINTR alone: the arguments are right */
		vcryptod_link_handle(p->link, &fds[3], nb);
		if (read(p->attention_fd, &events, sizeof(events)) > 0)
			p->link->ops->announce(p->link->ctx);
		process_publish(p);
	} while (process_answer_watch(p) && process_handle_signals(p) &&
			!vcryptod_link_is_over(p->link));
	vcryptod_device_publish(&p->dev);
}

/* ---- end ---- */

static void
process_stop(struct process *p)
{
	unsigned int i;

	for (i = 0; i < p->nb_workers && p->worker != NULL; i++)
		vcryptod_worker_stop(&p->worker[i]);
	vcryptod_worker_stop(&p->dev.control);
	if (p->link != NULL)
		vcryptod_link_fini(p->link);
	for (i = 0; i < p->nb_workers && p->worker != NULL; i++)
		vcryptod_worker_fini(&p->worker[i]);
	free(p->worker);
	vcryptod_device_fini(&p->dev);
	if (p->engine_up)
		p->o->engine->fini();
	vcryptod_figures_close(p->figures, p->o->queues);
	if (p->signal_fd >= 0)
		close(p->signal_fd);
	if (p->attention_fd >= 0)
		close(p->attention_fd);
}

int
vcryptod_process_run(const struct vcryptod_options *o)
{
	int rc;

	process.o = o;
	process.cage = o->cage;
	process.path = o->socket[o->index];
	process.signal_fd = process.attention_fd = -1;
	vcryptod_log_show_levels();
	(void)prctl(PR_SET_NAME, "vcryptod-device");	/* of /proc/self/exe it would be "exe" */
	rc = process_start(&process);
	if (rc == 0)
		process_serve(&process);
	else if (!process.told)
		vcryptod_log(VCRYPTOD_LOG_FAILED, process.path, "the device does not start: %s",
				strerror(-rc));
	process_stop(&process);
	vcryptod_log_rest(process.path);
	return rc == 0 ? 0 : 1;
}
