/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A device's back end against a front end that breaks every rule: messages that do not end,
 * answers that nobody reads, memory that is not there, descriptors that are not what they should
 * be.  Each case ends with no descriptor and no mapping left behind, and with a back end that
 * serves the next front end.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "fds.h"
#include "log.h"
#include "vhost_user/front.h"

#define QUEUES		2
#define MEM		65536u
#define GUEST		UINT64_C(0x40000000)
#define USER		UINT64_C(0x7f0000000000)
#define PROTOCOL	(VHU_PROTO_F_REPLY_ACK | VHU_PROTO_F_CONFIG | VHU_PROTO_F_STATUS | \
	VHU_PROTO_F_BACKEND_REQ | VHU_PROTO_F_CRYPTO_SESSION | VHU_PROTO_F_CONFIGURE_MEM_SLOTS)

static struct vcryptod_device dev;
static struct vcryptod_front front;
static struct vcryptod_figures *figures;
static struct vcryptod_worker worker;
static const struct vcryptod_engine *engine;
static struct sockaddr_un address;
static socklen_t address_len;
static unsigned int fds_before;

/* ---- the back end ---- */

static int
set_up(void **state)
{
	struct vcryptod_model_config cfg = { .max_dataqueues = QUEUES, .max_size = 65536,
		.max_sessions = 16, .nb_lanes = 1 };
	unsigned int i;
	int fd;

	(void)state;
	fds_before = fds_open();
	engine = vcryptod_engine_find("null");
	cfg.engine = engine;
	assert_int_equal(engine->init(&cfg.caps), 0);
	figures = cfg.figures = vcryptod_figures_open(-1, QUEUES);
	assert_non_null(cfg.figures);
	assert_int_equal(vcryptod_device_init(&dev, "test", &cfg, REQ_VHU_LAYOUT_AUTO, 0, -1), 0);
	/* Never started: the rings of these tests do not move. */
	assert_int_equal(vcryptod_worker_init(&worker, engine, 0, -1,
			vcryptod_model_scratch(cfg.max_size), QUEUES), 0);
	for (i = 0; i < QUEUES; i++)
		dev.ring[i].worker = &worker;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	/* A name that the kernel chooses, bound to no file. */
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(sa_family_t)), 0);
	address_len = sizeof(address);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &address_len), 0);
	assert_int_equal(listen(fd, 16), 0);
	assert_int_equal(vcryptod_front_init(&front, &dev, fd, VIRTIO_F_VERSION_1, PROTOCOL), 0);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	vcryptod_link_fini(&front.link);
	vcryptod_link_fini(&front.link);
	vcryptod_device_fini(&dev);
	vcryptod_figures_close(figures, QUEUES);
	vcryptod_worker_fini(&worker);
	engine->fini();
	assert_int_equal(fds_open(), fds_before);
	return 0;
}

/* What a turn of the main loop does, without a wait. */
static void
turn(void)
{
	struct pollfd fds[VCRYPTOD_LINK_FDS];
	unsigned int nb = vcryptod_link_fds(&front.link, fds);

	assert_true(poll(fds, nb, 0) >= 0);
	vcryptod_link_handle(&front.link, fds, nb);
}

/* ---- the front end ---- */

static int
join(void)
{
	int sock = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(connect(sock, (struct sockaddr *)&address, address_len), 0);
	turn();
	return sock;
}

static void
say(int sock, uint32_t request, uint32_t flags, const void *payload, uint32_t size,
		const int *fds, unsigned int nb_fds)
{
	struct vhu_header hdr = { request, VHU_VERSION | flags, size };

	assert_int_equal(vhu_send(sock, &hdr, payload, fds, nb_fds, vhu_deadline(20000)), 0);
	turn();
}

static bool
closed(int sock)
{
	char c;

	return recv(sock, &c, 1, MSG_DONTWAIT | MSG_PEEK) == 0;
}

/* The acknowledgement, 0 or 1; 2: the connection ended. */
static unsigned int
acknowledged(int sock)
{
	struct vhu_header hdr;
	unsigned int nb = 0;
	uint64_t ack;

	if (vhu_recv(sock, &hdr, &ack, sizeof(ack), NULL, &nb, vhu_deadline(20000)) != 0)
		return 2;
	assert_int_equal(hdr.size, sizeof(ack));
	return (unsigned int)ack;
}

static unsigned int
ask(int sock, uint32_t request, const void *payload, uint32_t size, const int *fds,
		unsigned int nb_fds)
{
	say(sock, request, VHU_FLAG_NEED_REPLY, payload, size, fds, nb_fds);
	return acknowledged(sock);
}

static void
leave(int sock)
{
	close(sock);
	turn();
	assert_int_equal(front.link.sock, -1);
	assert_int_equal(front.map.nb, 0);
}

/* A connection is let in, and answered. */
static void
still_serves(void)
{
	uint64_t features = VIRTIO_F_VERSION_1 | VHU_F_PROTOCOL_FEATURES;
	int sock = join();

	assert_int_equal(ask(sock, VHU_SET_FEATURES, &features, sizeof(features), NULL, 0), 0);
	leave(sock);
}

/* ---- messages ---- */

static void
half_a_message(void **state)
{
	static const struct vhu_header hdr = { VHU_SET_FEATURES, VHU_VERSION, 8 };
	int sock, second;
	size_t len;

	(void)state;
	for (len = 1; len <= sizeof(hdr); len += sizeof(hdr) - 1) {
		sock = join();
		assert_int_equal(vcryptod_link_timeout_ms(&front.link), -1);
		assert_int_equal(write(sock, &hdr, len), len);
		turn();
		assert_in_range(vcryptod_link_timeout_ms(&front.link), 1, VCRYPTOD_LINK_WAIT_MS);
		/* Meanwhile others are told at once. */
		second = join();
		assert_true(closed(second));
		close(second);
		assert_false(closed(sock));
		front.link.deadline = 1;	/* as if the time had passed */
		turn();
		assert_true(closed(sock));
		close(sock);
		still_serves();
	}
}

static void
answers_unread(void **state)
{
	static const struct vhu_header hdr = { VHU_GET_FEATURES, VHU_VERSION, 0 };
	struct pollfd fds[VCRYPTOD_LINK_FDS];
	unsigned int i, taken = 0;
	int sock = join();

	(void)state;
	assert_int_equal(fcntl(sock, F_SETFL, O_NONBLOCK), 0);
	for (i = 0; i < 100000 && vhu_outbox_is_empty(&front.out); i++) {
		taken += write(sock, &hdr, sizeof(hdr)) == sizeof(hdr);
		turn();
	}
	assert_true(taken > 32);
	assert_false(vhu_outbox_is_empty(&front.out));
	/* No further message is read, and an answer waits for a bounded time. */
	assert_int_equal(vcryptod_link_fds(&front.link, fds), 2);
	assert_int_equal(fds[1].events, POLLOUT);
	assert_in_range(vcryptod_link_timeout_ms(&front.link), 1, VCRYPTOD_LINK_WAIT_MS);
	front.link.deadline = 1;
	turn();
	assert_int_equal(front.link.sock, -1);
	close(sock);
	still_serves();
}

/* One that reads late goes on where it was. */
static void
answers_read_late(void **state)
{
	static const struct vhu_header hdr = { VHU_GET_FEATURES, VHU_VERSION, 0 };
	unsigned int i, got, asked = 0;
	uint8_t answer[20];
	int sock = join();

	(void)state;
	while (vhu_outbox_is_empty(&front.out)) {
		assert_int_equal(write(sock, &hdr, sizeof(hdr)), sizeof(hdr));
		asked++;
		turn();
	}
	for (i = 0; i < asked; i++) {
		for (got = 0; got < sizeof(answer); turn()) {
			ssize_t n = recv(sock, answer + got, sizeof(answer) - got, MSG_DONTWAIT);

			assert_true(n > 0 || errno == EAGAIN);
			got += n > 0 ? (unsigned int)n : 0;
		}
	}
	assert_true(vhu_outbox_is_empty(&front.out));
	assert_int_equal(front.link.deadline, 0);
	leave(sock);
}

static void
too_many_refusals(void **state)
{
	unsigned int i;
	int sock;

	(void)state;
	/* A refusal that nobody asked to be told ends the connection at once. */
	sock = join();
	say(sock, VHU_SET_LOG_BASE, 0, NULL, 0, NULL, 0);
	assert_true(closed(sock));
	close(sock);
	sock = join();
	for (i = 0; i < VCRYPTOD_LINK_REFUSALS - 1; i++)
		assert_int_equal(ask(sock, VHU_SET_LOG_BASE, NULL, 0, NULL, 0), 1);
	assert_int_equal(ask(sock, VHU_SET_LOG_BASE, NULL, 0, NULL, 0), 2);
	close(sock);
	still_serves();
}

/* A front end that gives its own end away as the channel would never be seen to leave. */
static void
channel_to_itself(void **state)
{
	int sock = join(), pair[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	assert_int_equal(ask(sock, VHU_SET_BACKEND_REQ_FD, NULL, 0, &pair[1], 1), 0);
	assert_int_equal(ask(sock, VHU_SET_BACKEND_REQ_FD, NULL, 0, &sock, 1), 2);
	assert_int_equal(front.link.sock, -1);
	close(sock);
	close(pair[0]);
	close(pair[1]);
	still_serves();
}

/* Each is refused and closed, with nothing done to it: what is sent to it still arrives. */
static void
channels_of_other_kinds(void **state)
{
	int sock = join(), good[2], datagram[2], packet[2], ends[2], fd[8], i;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, good), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, datagram), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, packet), 0);
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	fd[0] = datagram[0];
	fd[1] = packet[0];
	fd[2] = ends[0];
	fd[3] = ends[1];
	fd[4] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	fd[5] = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	fd[6] = eventfd(0, EFD_CLOEXEC);
	fd[7] = open("/", O_PATH | O_CLOEXEC);
	assert_int_equal(ask(sock, VHU_SET_BACKEND_REQ_FD, NULL, 0, &good[1], 1), 0);
	assert_true(front.channel_fd >= 0);
	for (i = 0; i < 8; i++) {
		unsigned int were = fds_open();
		int channel = front.channel_fd;

		assert_true(fd[i] >= 0);
		assert_int_equal(ask(sock, VHU_SET_BACKEND_REQ_FD, NULL, 0, &fd[i], 1), 1);
		assert_int_equal(front.channel_fd, channel);
		assert_int_equal(fds_open(), were);
	}
	assert_int_equal(send(datagram[1], "a", 1, MSG_NOSIGNAL | MSG_DONTWAIT), 1);
	assert_int_equal(send(packet[1], "a", 1, MSG_NOSIGNAL | MSG_DONTWAIT), 1);
	/* The premise: what is taken is shut for reading. */
	assert_int_equal(send(good[0], "a", 1, MSG_NOSIGNAL | MSG_DONTWAIT), -1);
	leave(sock);
	for (i = 0; i < 8; i++)
		close(fd[i]);
	close(datagram[1]);
	close(packet[1]);
	close(good[0]);
	close(good[1]);
	still_serves();
}

/* Every number, with every length, each once as it is and once with a descriptor. */
static void
every_message(void **state)
{
	uint8_t payload[VHU_MAX_PAYLOAD];
	uint32_t request, size;
	int sock = join(), event = eventfd(0, EFD_CLOEXEC);

	(void)state;
	memset(payload, 0xff, sizeof(payload));
	for (request = 0; request < 70; request++) {
		for (size = 0; size <= sizeof(payload); size += size < 48 ? 4 : 205) {
			front.refused = 0;
			say(sock, request, VHU_FLAG_NEED_REPLY, payload, size, NULL, 0);
			say(sock, request, VHU_FLAG_NEED_REPLY, payload, size, &event, 1);
			assert_false(closed(sock));
			while (recv(sock, payload, sizeof(payload), MSG_DONTWAIT) > 0)
				;
			memset(payload, 0xff, sizeof(payload));
		}
	}
	assert_int_equal(front.map.nb, 0);
	close(event);
	leave(sock);
	still_serves();
}

/* ---- connections ---- */

static void
others_are_sent_away(void **state)
{
	unsigned int i, were;
	int sock = join(), second;

	(void)state;
	were = fds_open();
	for (i = 0; i < 300; i++) {
		second = join();
		assert_true(closed(second));
		close(second);
	}
	assert_int_equal(fds_open(), were);
	assert_int_equal(ask(sock, VHU_SET_OWNER, NULL, 0, NULL, 0), 0);
	/* The next one is let in even if this one's end was not seen yet. */
	close(sock);
	second = join();
	assert_int_equal(ask(second, VHU_SET_OWNER, NULL, 0, NULL, 0), 0);
	leave(second);
}

/* Without a descriptor left nobody is let in, and the loop does not spin. */
static void
no_descriptors_left(void **state)
{
	struct pollfd fds[VCRYPTOD_LINK_FDS];
	int sock = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct rlimit old, none;

	(void)state;
	assert_int_equal(connect(sock, (struct sockaddr *)&address, address_len), 0);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
	none = (struct rlimit){ .rlim_cur = 0, .rlim_max = old.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	front.link.pause_until = 0;
	fds[0] = (struct pollfd){ .fd = front.link.listen_fd, .revents = POLLIN };
	vcryptod_link_handle(&front.link, fds, 1);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
	assert_int_equal(front.link.sock, -1);
	assert_int_equal(vcryptod_link_fds(&front.link, fds), 0);
	assert_in_range(vcryptod_link_timeout_ms(&front.link), 0, 1000);
	front.link.pause_until = 1;
	turn();
	turn();
	assert_int_equal(ask(sock, VHU_SET_OWNER, NULL, 0, NULL, 0), 0);
	leave(sock);
}

/* ---- memory ---- */

static int
file_of(size_t len, int seals)
{
	int fd = memfd_create("guest", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, (off_t)len), 0);
	if (seals != 0)
		assert_int_equal(fcntl(fd, F_ADD_SEALS, seals), 0);
	return fd;
}

static unsigned int
set_table(int sock, const struct vhu_mem_region *r, unsigned int nb, const int *fds,
		unsigned int nb_fds)
{
	struct vhu_mem_table t = { .nb_regions = nb };

	memcpy(t.regions, r, nb * sizeof(*r));
	return ask(sock, VHU_SET_MEM_TABLE, &t, (uint32_t)(offsetof(struct vhu_mem_table, regions) +
			nb * sizeof(*r)), fds, nb_fds);
}

static void
bad_regions(void **state)
{
	static const struct vhu_mem_region bad[] = {
		{ GUEST, 0, USER, 0 },
		{ GUEST, MEM + 1, USER, 0 },		/* longer than its file */
		{ GUEST, MEM, USER, 4096 },
		{ GUEST, MEM, USER, UINT64_MAX - 4095 },
		{ GUEST, MEM, USER, INT64_MAX - 4095 },
		{ GUEST, UINT64_MAX, USER, 0 },
		{ UINT64_MAX - 4095, 8192, USER, 0 },	/* wraps */
		{ GUEST, 8192, UINT64_MAX - 4095, 0 },
	};
	static const struct vhu_mem_region good = { GUEST, MEM, USER, 0 };
	struct vhu_mem_region two[2] = { good, good };
	int fd = file_of(MEM, 0), both[2] = { fd, fd }, sock = join();
	unsigned int i, were = fds_open();

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(set_table(sock, &bad[i], 1, &fd, 1), 1);
		assert_int_equal(front.map.nb, 0);
		assert_false(dev.memory_ok);
	}
	/* Overlaps, by either address. */
	two[1].user_addr += MEM;
	two[1].guest_addr += MEM - 1;
	assert_int_equal(set_table(sock, two, 2, both, 2), 1);
	two[1].guest_addr = GUEST + MEM;
	two[1].user_addr = USER + MEM - 4096;
	assert_int_equal(set_table(sock, two, 2, both, 2), 1);
	/* Regions and descriptors do not agree. */
	assert_int_equal(set_table(sock, &good, 1, both, 2), 1);
	assert_int_equal(set_table(sock, &good, 1, NULL, 0), 1);
	two[1].user_addr = USER + MEM;
	assert_int_equal(set_table(sock, two, 2, both, 2), 0);
	assert_int_equal(front.map.nb, 2);
	assert_int_equal(set_table(sock, &good, 1, &fd, 1), 0);
	assert_int_equal(front.map.nb, 1);
	assert_true(dev.memory_ok);
	assert_int_equal(fds_open(), were);
	close(fd);
	leave(sock);
}

/* What is no file of memory, or cannot be mapped, again and again: nothing is kept. */
static void
bad_files(void **state)
{
	static const struct vhu_mem_region r = { GUEST, 4096, USER, 0 };
	int bad[8], pair[2], sock = join(), fd;
	unsigned int i, k, nb = 0, were;

	(void)state;
	assert_int_equal(pipe2(pair, O_CLOEXEC), 0);
	bad[nb++] = pair[0];
	bad[nb++] = pair[1];
	bad[nb++] = eventfd(0, EFD_CLOEXEC);
	bad[nb++] = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bad[nb++] = open("/dev/zero", O_RDWR | O_CLOEXEC);
	bad[nb++] = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bad[nb++] = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);	/* read-only */
	fd = file_of(4096, F_SEAL_FUTURE_WRITE);
	bad[nb++] = fd;
	were = fds_open();
	for (k = 0; k < 200; k++) {
		front.refused = 0;
		for (i = 0; i < nb; i++)
			assert_int_equal(set_table(sock, &r, 1, &bad[i], 1), 1);
	}
	assert_int_equal(fds_open(), were);
	for (i = 0; i < nb; i++)
		close(bad[i]);
	leave(sock);
}

static void
memory_slots(void **state)
{
	struct vhu_mem_one one = { .region = { GUEST, 4096, USER, 0 } };
	int fd = file_of(4096, F_SEAL_SHRINK), sock = join();
	unsigned int i;

	(void)state;
	for (i = 0; i < VCRYPTOD_REGIONS; i++) {
		one.region.guest_addr = GUEST + i * UINT64_C(8192);
		one.region.user_addr = USER + i * UINT64_C(8192);
		assert_int_equal(ask(sock, VHU_ADD_MEM_REG, &one, sizeof(one), &fd, 1), 0);
		assert_true(front.map.region[i].mapping->sealed);
	}
	one.region.guest_addr += 8192;
	one.region.user_addr += 8192;
	assert_int_equal(ask(sock, VHU_ADD_MEM_REG, &one, sizeof(one), &fd, 1), 1);
	assert_int_equal(ask(sock, VHU_REM_MEM_REG, &one, sizeof(one), NULL, 0), 1);
	one.region.guest_addr = GUEST;
	one.region.user_addr = USER;
	assert_int_equal(ask(sock, VHU_REM_MEM_REG, &one, sizeof(one), NULL, 0), 0);
	assert_int_equal(ask(sock, VHU_REM_MEM_REG, &one, sizeof(one), NULL, 0), 1);
	assert_int_equal(dev.memory.nb, VCRYPTOD_REGIONS - 1);
	assert_int_equal(ask(sock, VHU_ADD_MEM_REG, &one, sizeof(one), NULL, 0), 1);
	close(fd);
	leave(sock);
}

/* ---- rings ---- */

static void
bad_events(void **state)
{
	uint64_t index = 0, none = VHU_VRING_NO_FD;
	int bad[6], pair[2], sock = join(), good = eventfd(0, EFD_CLOEXEC);
	unsigned int i, nb = 0, were;

	(void)state;
	assert_int_equal(pipe2(pair, O_CLOEXEC), 0);
	close(pair[1]);
	bad[nb++] = pair[0];	/* nobody writes into this pipe any more */
	bad[nb++] = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bad[nb++] = file_of(8, 0);
	bad[nb++] = open("/dev/null", O_RDWR | O_CLOEXEC);
	were = fds_open();
	for (i = 0; i < nb; i++) {
		assert_int_equal(ask(sock, VHU_SET_VRING_KICK, &index, 8, &bad[i], 1), 1);
		assert_int_equal(ask(sock, VHU_SET_VRING_CALL, &index, 8, &bad[i], 1), 1);
		assert_false(dev.ring[0].kicked);
	}
	assert_int_equal(ask(sock, VHU_SET_VRING_KICK, &index, 8, NULL, 0), 1);
	assert_int_equal(ask(sock, VHU_SET_VRING_KICK, &none, 8, &good, 1), 1);
	assert_int_equal(fds_open(), were);
	assert_int_equal(ask(sock, VHU_SET_VRING_KICK, &none, 8, NULL, 0), 0);
	assert_true(dev.ring[0].kicked);
	for (i = 0; i < 100; i++) {
		assert_int_equal(ask(sock, VHU_SET_VRING_KICK, &index, 8, &good, 1), 0);
		assert_int_equal(ask(sock, VHU_SET_VRING_CALL, &index, 8, &good, 1), 0);
	}
	assert_int_equal(fds_open(), were + 2);
	index = QUEUES + 1;
	assert_int_equal(ask(sock, VHU_SET_VRING_KICK, &index, 8, &good, 1), 1);
	for (i = 0; i < nb; i++)
		close(bad[i]);
	close(good);
	leave(sock);
}

/* A ring that is described wrongly does not run; described rightly, it does, and goes on. */
static void
ring_areas(void **state)
{
	static const struct vhu_mem_region r = { GUEST, MEM, USER, 0 };
	static const uint64_t bad[] = { 0, USER - 1, USER + MEM, USER + MEM - 16, UINT64_MAX };
	struct vhu_vring_state size = { 0, 16 }, base = { 0, 0 };
	struct vhu_vring_addr a = { .index = 0 };
	uint64_t features = VIRTIO_F_VERSION_1, kick = 0, none = VHU_VRING_NO_FD;
	int fd = file_of(MEM, 0), event = eventfd(0, EFD_CLOEXEC), sock = join();
	unsigned int i;

	(void)state;
	assert_int_equal(ask(sock, VHU_SET_FEATURES, &features, 8, NULL, 0), 0);
	assert_int_equal(set_table(sock, &r, 1, &fd, 1), 0);
	for (i = 0; i <= sizeof(bad) / sizeof(bad[0]); i++) {
		uint64_t at = i < sizeof(bad) / sizeof(bad[0]) ? bad[i] : USER;

		assert_int_equal(ask(sock, VHU_SET_VRING_NUM, &size, 8, NULL, 0), 0);
		assert_int_equal(ask(sock, VHU_SET_VRING_BASE, &base, 8, NULL, 0), 0);
		a.desc = at;
		a.avail = USER + 1024;
		a.used = USER + 2048;
		assert_int_equal(ask(sock, VHU_SET_VRING_ADDR, &a, sizeof(a), NULL, 0), 0);
		assert_false(vcryptod_vring_is_active(&dev.ring[0].vring));
		assert_int_equal(ask(sock, VHU_SET_VRING_KICK, &kick, 8, &event, 1), 0);
		assert_int_equal(vcryptod_vring_is_active(&dev.ring[0].vring), at == USER);
	}
	/* Another call does not stop it, which would put its base. */
	front.ring[0].avail_base = 1;
	assert_int_equal(ask(sock, VHU_SET_VRING_CALL, &kick, 8, &event, 1), 0);
	assert_int_equal(ask(sock, VHU_SET_VRING_CALL, &none, 8, NULL, 0), 0);
	assert_true(vcryptod_vring_is_active(&dev.ring[0].vring));
	assert_int_equal(front.ring[0].avail_base, 1);
	size.num = 0;
	assert_int_equal(ask(sock, VHU_SET_VRING_NUM, &size, 8, NULL, 0), 1);
	size.num = 32769;
	assert_int_equal(ask(sock, VHU_SET_VRING_NUM, &size, 8, NULL, 0), 1);
	/* Its memory goes away: it stops. */
	assert_int_equal(set_table(sock, &r, 0, NULL, 0), 0);
	assert_false(vcryptod_vring_is_active(&dev.ring[0].vring));
	close(fd);
	close(event);
	leave(sock);
}

/* ---- memory that is cut ---- */

/* In a child, which has the parent's mapping: it must not map memory of its own, since keys are
 * not inherited and a sanitizer does not know that their place is free.
 */
static void
read_what_was_cut(int fd, int err)
{
	volatile uint8_t *at = vcryptod_map_user(&front.map, USER + MEM - 1);

	(void)dup2(err, STDERR_FILENO);
	if (vcryptod_mapping_catch_sigbus("test") == 0 && ftruncate(fd, 4096) == 0)
		(void)*at;
	_exit(98);
}

static void
cut_memory(void **state)
{
	static const struct vhu_mem_region r = { GUEST, MEM, USER, 0 };
	int status, pair[2], fd = file_of(MEM, 0), sock = join();
	char line[256] = { 0 };
	pid_t pid;

	(void)state;
	assert_int_equal(set_table(sock, &r, 1, &fd, 1), 0);
	assert_int_equal(pipe2(pair, O_CLOEXEC), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		read_what_was_cut(fd, pair[1]);
	close(pair[1]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), VCRYPTOD_EXIT_AGAIN);
	assert_true(read(pair[0], line, sizeof(line) - 1) > 0);
	assert_non_null(strstr(line, "test: a front end cut the file of its memory at guest "
			"address 0x0000000040000000"));
	close(pair[0]);
	close(fd);
	leave(sock);
}

#define T(f)	cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(half_a_message), T(answers_unread), T(answers_read_late), T(too_many_refusals),
		T(channel_to_itself), T(channels_of_other_kinds), T(every_message),
		T(others_are_sent_away), T(no_descriptors_left), T(bad_regions), T(bad_files),
		T(memory_slots), T(bad_events), T(ring_areas), T(cut_memory),
	};

	return cmocka_run_group_tests_name("vcryptod_front", tests, NULL, NULL);
}
