/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A device and the peer of its front end; see fuzz_link.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fds.h"
#include "fuzz_link.h"
#include "log.h"

static uint64_t
stopped_clock(void)
{
	return 1;
}

static void
open_files(struct fuzz_link *l)
{
	int pair[2];

	l->file[0] = memfd_create("guest", 0);
	l->file[1] = memfd_create("short", MFD_ALLOW_SEALING);
	l->file[2] = eventfd(0, 0);
	FUZZ_CHECK(pipe(pair) == 0);
	l->file[3] = pair[0];
	l->file[4] = pair[1];
	l->file[5] = open("/dev/zero", O_RDWR);
	FUZZ_CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
	l->file[6] = pair[0];
	l->file[7] = memfd_create("other", 0);
	FUZZ_CHECK(ftruncate(l->file[0], FUZZ_LINK_MEM) == 0 && ftruncate(l->file[1], 5000) == 0);
	l->mem = mmap(NULL, FUZZ_LINK_MEM, PROT_READ | PROT_WRITE, MAP_SHARED, l->file[0], 0);
	FUZZ_CHECK(l->mem != MAP_FAILED);
}

void
fuzz_link_init(struct fuzz_link *l)
{
	struct vcryptod_model_config cfg = { .max_dataqueues = FUZZ_LINK_QUEUES,
		.max_size = 4096, .max_sessions = 4, .nb_lanes = 1, .max_sas = 2,
		.max_window = 64, .engine = vcryptod_engine_find("null") };
	unsigned int i;

	vcryptod_log_redirect(open("/dev/null", O_WRONLY), stopped_clock);
	FUZZ_CHECK(cfg.engine->init(&cfg.caps) == 0);
	cfg.figures = vcryptod_figures_open(-1, FUZZ_LINK_QUEUES);
	FUZZ_CHECK(cfg.figures != NULL);
	FUZZ_CHECK(vcryptod_device_init(&l->dev, "fuzz", &cfg, REQ_VHU_LAYOUT_AUTO, 0, -1) == 0);
	FUZZ_CHECK(vcryptod_worker_init(&l->worker, cfg.engine, 0, -1,
			vcryptod_model_scratch(cfg.max_size), FUZZ_LINK_QUEUES) == 0);
	for (i = 0; i < FUZZ_LINK_QUEUES; i++) {
		l->dev.ring[i].worker = &l->worker;
		vcryptod_worker_add(&l->worker, &l->dev.ring[i].vring);
	}
	open_files(l);
	l->peer = -1;
}

bool
fuzz_link_join(struct fuzz_link *l)
{
	int pair[2];

	if (l->link->sock >= 0)
		return false;
	if (l->peer >= 0)
		close(l->peer);
	FUZZ_CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair) == 0);
	l->link->sock = pair[0];
	l->peer = pair[1];
	l->dev.connected = true;
	return true;
}

void
fuzz_link_send(struct fuzz_link *l, const void *bytes, size_t len, const int *fds,
		unsigned int nb_fds)
{
	if (l->peer < 0 || len == 0)
		return;
	if (fds_send(l->peer, bytes, len, fds, nb_fds) < 0)
		FUZZ_CHECK(errno == EAGAIN || errno == EPIPE || errno == ECONNRESET);
}

void
fuzz_link_turn(struct fuzz_link *l)
{
	struct pollfd fds[VCRYPTOD_LINK_FDS];
	unsigned int nb = vcryptod_link_fds(l->link, fds);
	uint8_t bytes[8192];

	FUZZ_CHECK(poll(fds, nb, 0) >= 0);
	vcryptod_link_handle(l->link, fds, nb);
	while (l->peer >= 0 && recv(l->peer, bytes, sizeof(bytes), MSG_DONTWAIT) > 0)
		;
}

void
fuzz_link_hang_up(struct fuzz_link *l, void (*turn)(void))
{
	unsigned int i;

	if (l->peer >= 0)
		close(l->peer);
	l->peer = -1;
	turn();
	turn();		/* 32 messages a turn, and fewer than 64 fit into a call's pieces */
	turn();
	/* A message that is not whole may have brought the peer's own end, which keeps the
	 * connection open until the time for the rest of it is over.
	 */
	if (l->link->sock >= 0) {
		FUZZ_CHECK(l->link->deadline != 0);
		l->link->deadline = 1;
		turn();
	}
	FUZZ_CHECK(l->link->sock < 0 && l->dev.memory.nb == 0 && l->dev.model.sessions.nb == 0);
	FUZZ_CHECK(vcryptod_ipsec_sas_count(&l->dev.model.admin->sas) == 0);
	for (i = 0; i < l->dev.nb_rings; i++)
		FUZZ_CHECK(!vcryptod_vring_is_active(&l->dev.ring[i].vring));
}

void
fuzz_link_change_memory(struct fuzz_link *l, struct fuzz_input *in, uint8_t how)
{
	uint32_t at = fuzz_u16(in) % (FUZZ_LINK_MEM - 64);

	if (how & 1)	/* a descriptor of a chain, and an index that shows it */
		at = (how >> 1 & 3) * FUZZ_LINK_RING +
				(how & 8 ? FUZZ_LINK_AVAIL : how & 16 ? FUZZ_LINK_USED : 0) +
				(at & 0x7f);
	fuzz_take(in, l->mem + at, how & 32 ? 64 : 16);
}

void
fuzz_link_serve(struct fuzz_link *l)
{
	unsigned int i;

	l->worker.lane.spent = false;
	for (i = 0; i < l->dev.nb_rings; i++)
		(void)vcryptod_vring_serve(&l->dev.ring[i].vring, &l->worker.lane);
	l->link->ops->announce(l->link->ctx);
}
