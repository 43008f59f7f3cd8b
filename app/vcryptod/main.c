/* SPDX-License-Identifier: BSD-3-Clause
 *
 * vcryptod: a virtio crypto device in software.  Starts engine, devices, workers and
 * sockets in this order, waits for signals, and takes it all down in reverse.
 */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "options.h"
#include "vhost_user/front.h"

#define DAEMON_BACKLOG	16	/* connections that wait to be accepted */

struct daemon {
	struct vcryptod_options o;
	struct vcryptod_caps caps;
	struct vcryptod_worker *worker;
	unsigned int nb_workers;
	struct vcryptod_device *dev;	/* nb_sockets */
	struct vcryptod_front *front;	/* nb_sockets */
	unsigned int nb_listening;
	int signal_fd, attention_fd;
	bool engine_up;
};

/* ---- start ---- */

static int
daemon_start_signals(struct daemon *d)
{
	sigset_t set;

	/* Before any thread: each inherits the mask, and the signals come here alone. */
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGUSR1);
	if (pthread_sigmask(SIG_BLOCK, &set, NULL) != 0)
		return -EINVAL;
	if (signal(SIGPIPE, SIG_IGN) == SIG_ERR)
		return -errno;
	d->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	d->attention_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return d->signal_fd >= 0 && d->attention_fd >= 0 ? 0 : -errno;
}

/* Removes the socket of a daemon that was killed, and nothing else. */
static int
daemon_clear_path(const char *path)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	struct stat st;
	int fd, rc;

	if (lstat(path, &st) != 0)
		return 0;
	if (!S_ISSOCK(st.st_mode)) {
		fprintf(stderr, "vcryptod: %s exists and is not a socket: "
				"choose another path\n", path);
		return -EEXIST;
	}
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	memcpy(un.sun_path, path, strlen(path));
	rc = connect(fd, (struct sockaddr *)&un, sizeof(un)) == 0 ? 0 : -errno;
	close(fd);
	if (rc == -ECONNREFUSED)
		return unlink(path) == 0 ? 0 : -errno;
	fprintf(stderr, "vcryptod: %s: another process listens there: choose another path\n", path);
	return -EADDRINUSE;
}

static int
daemon_start_devices(struct daemon *d)
{
	const struct vcryptod_model_config cfg = {
		.engine = d->o.engine,
		.caps = d->caps,
		.max_dataqueues = d->o.queues,
		.max_size = d->o.max_size,
		.max_sessions = d->o.sessions,
		.nb_lanes = d->nb_workers,
	};
	size_t size = d->o.nb_sockets * sizeof(d->dev[0]);
	unsigned int i;
	int rc;

	d->dev = aligned_alloc(alignof(struct vcryptod_reader), (size + 63) & ~(size_t)63);
	if (d->dev == NULL)
		return -ENOMEM;
	memset(d->dev, 0, size);
	for (i = 0; i < d->o.nb_sockets; i++) {
		rc = daemon_clear_path(d->o.socket[i]);
		if (rc != 0)
			return rc;
		rc = vcryptod_device_init(&d->dev[i], d->o.socket[i], &cfg, d->o.layout,
				d->o.shuffle, d->attention_fd);
		if (rc != 0)
			return rc;
	}
	return 0;
}

/* One worker for the data queues of each device; or one for each CPU given, with those of all
 * devices distributed over them in turn.  A control queue has its device's own.
 */
static int
daemon_start_workers(struct daemon *d)
{
	unsigned int i, q, next = 0;
	struct vcryptod_ring *ring;
	int rc;

	d->worker = calloc(d->nb_workers, sizeof(d->worker[0]));
	if (d->worker == NULL)
		return -ENOMEM;
	for (i = 0; i < d->nb_workers; i++) {
		rc = vcryptod_worker_init(&d->worker[i], d->o.engine, i,
				d->o.nb_cpus != 0 ? d->o.cpu[i] : -1,
				vcryptod_model_scratch(d->o.max_size),
				d->o.queues * d->o.nb_sockets);
		if (rc != 0)
			return rc;
	}
	for (i = 0; i < d->o.nb_sockets; i++) {
		for (q = 0; q < d->o.queues; q++) {
			ring = &d->dev[i].ring[q];
			ring->worker = &d->worker[d->o.nb_cpus != 0 ?
					next++ % d->nb_workers : i];
			vcryptod_worker_add(ring->worker, &ring->vring);
		}
	}
	for (rc = 0, i = 0; i < d->nb_workers && rc == 0; i++)
		rc = vcryptod_worker_start(&d->worker[i]);
	for (i = 0; i < d->o.nb_sockets && rc == 0; i++)
		rc = vcryptod_worker_start(&d->dev[i].control);
	return rc;
}

static void
daemon_print_ready(const struct daemon *d, const char *path)
{
	static const char * const kind[] = { "ciphers", "hashes", "macs", "aeads", "akciphers" };
	unsigned int i;

	printf("vcryptod: %s: ready: %u queue%s, engine %s, services", path, d->o.queues,
			d->o.queues == 1 ? "" : "s", d->o.engine->name);
	for (i = 0; i < sizeof(kind) / sizeof(kind[0]); i++)
		if (d->caps.mask[i] != 0)
			printf(" %s", req_service_name(i));
	for (i = 0; i < sizeof(kind) / sizeof(kind[0]); i++)
		if (d->caps.mask[i] != 0)
			printf(", %d %s", __builtin_popcountll(d->caps.mask[i]), kind[i]);
	printf(", %s%s%ssplit%s rings, max size %" PRIu64 ", %u sessions\n",
			d->o.features & VIRTIO_CRYPTO_F_REVISION_1 ? "revision 1, " : "",
			d->o.features & VIRTIO_CRYPTO_F_CIPHER_STATELESS_MODE ? "stateless, " : "",
			d->o.features & VIRTIO_F_IN_ORDER ? "in-order, " : "",
			d->o.features & VIRTIO_F_RING_PACKED ? " and packed" : "",
			d->o.max_size, d->o.sessions);
}

static int
daemon_open_socket(const char *path)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	int fd, rc;

	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	memcpy(un.sun_path, path, strlen(path));
	if (bind(fd, (struct sockaddr *)&un, sizeof(un)) == 0 &&
			listen(fd, DAEMON_BACKLOG) == 0)
		return fd;
	rc = -errno;
	fprintf(stderr, "vcryptod: %s: cannot listen there (%s): check the folder and its "
			"permissions\n", path, strerror(-rc));
	close(fd);
	return rc;
}

static int
daemon_listen(struct daemon *d)
{
	uint64_t protocol = d->o.protocol | VHU_PROTO_F_MQ | VHU_PROTO_F_REPLY_ACK |
		VHU_PROTO_F_CONFIGURE_MEM_SLOTS;
	unsigned int i;
	int rc;

	d->front = calloc(d->o.nb_sockets, sizeof(d->front[0]));
	if (d->front == NULL)
		return -ENOMEM;
	for (i = 0; i < d->o.nb_sockets; i++) {
		rc = daemon_open_socket(d->o.socket[i]);
		if (rc >= 0)
			rc = vcryptod_front_init(&d->front[i], &d->dev[i], rc, d->o.features,
					protocol);
		if (rc != 0)
			return rc;
		d->nb_listening++;
	}
	for (i = 0; i < d->o.nb_sockets; i++)
		daemon_print_ready(d, d->o.socket[i]);
	fflush(stdout);
	return 0;
}

/* ---- run ---- */

static void
daemon_print_counters(const struct vcryptod_device *dev, unsigned int nb_lanes)
{
	const struct vcryptod_model *m = &dev->model;
	uint64_t requests = 0, bytes = 0, status[VCRYPTOD_NB_STATUS] = { 0 };
	unsigned int i, s, active = 0, broken = 0;

	for (i = 0; i < nb_lanes; i++) {
		requests += __atomic_load_n(&m->lane[i].requests, __ATOMIC_RELAXED);
		bytes += __atomic_load_n(&m->lane[i].bytes, __ATOMIC_RELAXED);
		for (s = 0; s < VCRYPTOD_NB_STATUS; s++)
			status[s] += __atomic_load_n(&m->lane[i].status[s], __ATOMIC_RELAXED);
	}
	for (i = 0; i < dev->nb_rings; i++) {
		active += vcryptod_vring_is_active(&dev->ring[i].vring);
		broken += vcryptod_vring_is_broken(&dev->ring[i].vring);
	}
	printf("vcryptod: %s: requests %" PRIu64 " bytes %" PRIu64, dev->path, requests, bytes);
	for (s = 0; s < VCRYPTOD_NB_STATUS; s++)
		printf(" %s %" PRIu64, req_status_name(s), status[s]);
	printf(" sessions %u created %" PRIu64 " destroyed %" PRIu64 " refused %" PRIu64
			" queues %u stopped %u\n",
			__atomic_load_n(&m->sessions.nb, __ATOMIC_RELAXED),
			__atomic_load_n(&m->created, __ATOMIC_RELAXED),
			__atomic_load_n(&m->destroyed, __ATOMIC_RELAXED),
			__atomic_load_n(&m->refused, __ATOMIC_RELAXED), active, broken);
}

/* false on SIGTERM or SIGINT. */
static bool
daemon_handle_signals(struct daemon *d)
{
	struct signalfd_siginfo info;
	unsigned int i;

	while (read(d->signal_fd, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo != SIGUSR1)
			return false;
		for (i = 0; i < d->o.nb_sockets; i++)
			daemon_print_counters(&d->dev[i], d->nb_workers);
		fflush(stdout);
	}
	return true;
}

static void
daemon_run(struct daemon *d)
{
	struct pollfd fds[2 + VCRYPTOD_MAX_SOCKETS * VCRYPTOD_FRONT_FDS];
	unsigned int i, nb, first[VCRYPTOD_MAX_SOCKETS + 1];
	uint64_t events;
	int timeout, ms;

	do {
		fds[0] = (struct pollfd){ .fd = d->signal_fd, .events = POLLIN };
		fds[1] = (struct pollfd){ .fd = d->attention_fd, .events = POLLIN };
		for (timeout = -1, nb = 2, i = 0; i < d->o.nb_sockets; i++) {
			first[i] = nb;
			nb += vcryptod_front_fds(&d->front[i], &fds[nb]);
			ms = vcryptod_front_timeout_ms(&d->front[i]);
			if (ms >= 0 && (timeout < 0 || ms < timeout))
				timeout = ms;
		}
		first[i] = nb;
		if (poll(fds, nb, timeout) < 0) {
			if (errno != EINTR)
				return;
			continue;
		}
		for (i = 0; i < d->o.nb_sockets; i++)
			vcryptod_front_handle(&d->front[i], &fds[first[i]],
					first[i + 1] - first[i]);
		if (read(d->attention_fd, &events, sizeof(events)) > 0)
			for (i = 0; i < d->o.nb_sockets; i++)
				vcryptod_front_announce(&d->front[i]);
	} while (daemon_handle_signals(d));
}

/* ---- end ---- */

static void
daemon_stop(struct daemon *d)
{
	unsigned int i;

	for (i = 0; i < d->nb_workers && d->worker != NULL; i++)
		vcryptod_worker_stop(&d->worker[i]);
	for (i = 0; i < d->o.nb_sockets && d->dev != NULL; i++)
		vcryptod_worker_stop(&d->dev[i].control);
	while (d->nb_listening > 0) {
		vcryptod_front_fini(&d->front[--d->nb_listening]);
		unlink(d->o.socket[d->nb_listening]);
	}
	free(d->front);
	for (i = 0; i < d->nb_workers && d->worker != NULL; i++)
		vcryptod_worker_fini(&d->worker[i]);
	free(d->worker);
	for (i = 0; i < d->o.nb_sockets && d->dev != NULL; i++)
		vcryptod_device_fini(&d->dev[i]);
	free(d->dev);
	if (d->engine_up)
		d->o.engine->fini();
	if (d->signal_fd >= 0)
		close(d->signal_fd);
	if (d->attention_fd >= 0)
		close(d->attention_fd);
}

static int
daemon_start(struct daemon *d)
{
	int rc;

	rc = d->o.engine->init(&d->caps);
	if (rc != 0)
		return rc;
	d->engine_up = true;
	rc = vcryptod_options_restrict(&d->caps, &d->o);
	if (rc == 0)
		rc = daemon_start_signals(d);
	if (rc == 0)
		rc = daemon_start_devices(d);
	if (rc == 0)
		rc = daemon_start_workers(d);
	if (rc == 0)
		rc = daemon_listen(d);
	return rc;
}

int
main(int argc, char **argv)
{
	struct daemon d = { .signal_fd = -1, .attention_fd = -1 };
	int rc;

	rc = vcryptod_options_parse(&d.o, argc, argv);
	if (rc != 0)
		return rc < 0 ? 2 : 0;
	d.nb_workers = d.o.nb_cpus != 0 ? d.o.nb_cpus : d.o.nb_sockets;
	rc = daemon_start(&d);
	if (rc == 0)
		daemon_run(&d);
	else
		fprintf(stderr, "vcryptod: the daemon does not start: %s\n", strerror(-rc));
	daemon_stop(&d);
	return rc == 0 ? 0 : 1;
}
