/* SPDX-License-Identifier: BSD-3-Clause
 *
 * vhu_send and vhu_recv over a socket pair: whole, in pieces, malformed, cut off,
 * late, interrupted, with the wrong number of descriptors.
 */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <sys/time.h>

#include "test_vhu.h"

#define HDR(req, sz)	((struct vhu_header){ (req), VHU_VERSION, (sz) })

struct wire {
	struct vhu_header hdr;
	uint8_t payload[2 * VHU_MAX_PAYLOAD];
};

static int
recv_in(struct pair *p, struct vhu_header *hdr, void *buf, size_t size, uint32_t ms)
{
	unsigned int nb = 0;

	return vhu_recv(p->near, hdr, buf, size, NULL, &nb, vhu_deadline(ms));
}

static void
fill(uint8_t *buf, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		buf[i] = (uint8_t)(i * 7 + 1);
}

static void
test_round_trip(void **state)
{
	static const uint32_t sizes[] = { 0, 1, 8, 264, VHU_MAX_PAYLOAD };
	struct pair *p = *state;
	uint8_t out[VHU_MAX_PAYLOAD], in[VHU_MAX_PAYLOAD];
	size_t i;

	fill(out, sizeof(out));
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct vhu_header h = HDR(VHU_SET_FEATURES, sizes[i]), got;

		memset(in, 0xee, sizeof(in));
		assert_int_equal(vhu_send(p->far, &h, out, NULL, 0, vhu_deadline(FAR)), 0);
		assert_int_equal(recv_in(p, &got, in, sizeof(in), FAR), 0);
		assert_memory_equal(&got, &h, sizeof(h));
		assert_memory_equal(in, out, sizes[i]);
		if (sizes[i] < sizeof(in))
			assert_int_equal(in[sizes[i]], 0xee);
	}
}

static void
test_fds_arrive(void **state)
{
	struct pair *p = *state;
	struct vhu_header h = HDR(VHU_SET_MEM_TABLE, 4), got;
	int out[VHU_MAX_FDS], in[VHU_MAX_FDS];
	unsigned int i, nb = VHU_MAX_FDS;
	uint32_t v = 7, w = 0;

	for (i = 0; i < VHU_MAX_FDS; i++) {
		out[i] = eventfd(i, EFD_NONBLOCK);
		assert_true(out[i] >= 0);
	}
	assert_int_equal(vhu_send(p->far, &h, &v, out, VHU_MAX_FDS, vhu_deadline(FAR)), 0);
	assert_int_equal(vhu_recv(p->near, &got, &w, sizeof(w), in, &nb, vhu_deadline(FAR)), 0);
	assert_int_equal(nb, VHU_MAX_FDS);
	assert_int_equal(w, 7);
	for (i = 0; i < VHU_MAX_FDS; i++) {
		uint64_t count = 0;

		/* The same object under a new number, not inherited over exec. */
		assert_int_not_equal(in[i], out[i]);
		assert_true((fcntl(in[i], F_GETFD) & FD_CLOEXEC) != 0);
		if (i > 0)
			assert_int_equal(read(in[i], &count, sizeof(count)), sizeof(count));
		assert_int_equal(count, i);
		close(in[i]);
		close(out[i]);
	}
}

/* nb descriptors come with a message whose reader takes room of them. */
static void
wrong_fds(struct pair *p, unsigned int nb, unsigned int room)
{
	struct wire w = { .hdr = HDR(VHU_GET_FEATURES, 8) };
	unsigned int before = fds_open(), got = room;
	struct vhu_header hdr;
	int out[64], in[VHU_MAX_FDS];
	uint64_t v;
	unsigned int i;

	for (i = 0; i < nb; i++)
		out[i] = dup(STDIN_FILENO);
	test_send_raw(p->far, &w, sizeof(w.hdr) + 8, out, nb);
	for (i = 0; i < nb; i++)
		close(out[i]);
	assert_int_equal(vhu_recv(p->near, &hdr, &v, sizeof(v), in, &got, vhu_deadline(FAR)),
			-EPROTO);
	assert_int_equal(got, 0);
	assert_int_equal(fds_open(), before);
}

static void
test_unexpected_fd(void **state)
{
	wrong_fds(*state, 1, 0);
}

static void
test_one_fd_too_many(void **state)
{
	wrong_fds(*state, 2, 1);
}

static void
test_more_fds_than_a_message_has(void **state)
{
	wrong_fds(*state, VHU_MAX_FDS + 1, VHU_MAX_FDS);
}

static void
test_a_flood_of_fds(void **state)
{
	wrong_fds(*state, 64, VHU_MAX_FDS);
}

/* Descriptors in two pieces of one message: all are seen, all are closed. */
static void
test_fds_with_the_payload(void **state)
{
	struct pair *p = *state;
	struct vhu_header h = HDR(VHU_GET_FEATURES, 8), got;
	unsigned int before = fds_open(), nb = 1, i;
	uint64_t v = 1;
	int fds[VHU_MAX_FDS];

	for (i = 0; i < VHU_MAX_FDS; i++)
		fds[i] = dup(STDIN_FILENO);
	test_send_raw(p->far, &h, sizeof(h), fds, VHU_MAX_FDS);
	test_send_raw(p->far, &v, sizeof(v), fds, VHU_MAX_FDS);
	for (i = 0; i < VHU_MAX_FDS; i++)
		close(fds[i]);
	assert_int_equal(vhu_recv(p->near, &got, &v, sizeof(v), fds, &nb, vhu_deadline(FAR)),
			-EPROTO);
	assert_int_equal(nb, 0);
	assert_int_equal(fds_open(), before);
}

/* ---- in pieces ---- */

struct dribble {
	int sock;
	const uint8_t *bytes;
	size_t len;
};

static void *
dribble(void *arg)
{
	struct dribble *d = arg;
	size_t i;

	for (i = 0; i < d->len; i++) {
		if (send(d->sock, d->bytes + i, 1, MSG_NOSIGNAL) != 1)
			break;
		if (i % 5 == 0)
			usleep(200);
	}
	return NULL;
}

static void
test_one_byte_at_a_time(void **state)
{
	struct pair *p = *state;
	struct wire w = { .hdr = HDR(VHU_GET_CONFIG, 100) };
	struct dribble d = { p->far, (const uint8_t *)&w, sizeof(w.hdr) + 100 };
	struct vhu_header got;
	uint8_t in[100];
	pthread_t t;

	fill(w.payload, 100);
	assert_int_equal(pthread_create(&t, NULL, dribble, &d), 0);
	assert_int_equal(recv_in(p, &got, in, sizeof(in), FAR), 0);
	pthread_join(t, NULL);
	assert_memory_equal(in, w.payload, 100);
}

static void
test_two_messages_in_one_read(void **state)
{
	struct pair *p = *state;
	uint8_t buf[2 * sizeof(struct vhu_header) + 8];
	struct vhu_header a = HDR(VHU_GET_FEATURES, 8), b = HDR(VHU_GET_QUEUE_NUM, 0), got;
	uint64_t v = 0x1122334455667788u, in = 0;

	memcpy(buf, &a, sizeof(a));
	memcpy(buf + sizeof(a), &v, 8);
	memcpy(buf + sizeof(a) + 8, &b, sizeof(b));
	test_send_raw(p->far, buf, sizeof(buf), NULL, 0);
	assert_int_equal(recv_in(p, &got, &in, sizeof(in), FAR), 0);
	assert_int_equal(got.request, VHU_GET_FEATURES);
	assert_int_equal(in, v);
	assert_int_equal(recv_in(p, &got, &in, sizeof(in), FAR), 0);
	assert_int_equal(got.request, VHU_GET_QUEUE_NUM);
}

static void *
drain(void *arg)
{
	struct pair *p = arg;
	struct vhu_header h;
	uint8_t buf[VHU_MAX_PAYLOAD];
	unsigned int nb;
	uintptr_t n = 0;

	do {
		nb = 0;
		if (vhu_recv(p->far, &h, buf, sizeof(buf), NULL, &nb, vhu_deadline(FAR)) != 0)
			return (void *)(uintptr_t)0;
		n++;
	} while (h.request != VHU_SET_OWNER);
	return (void *)n;
}

/* The far end does not read: the sender waits no longer than it may, and goes on
 * where it stopped once there is room.
 */
static void
test_send_waits_for_room(void **state)
{
	struct pair *p = *state;
	struct vhu_header h = HDR(VHU_SET_CONFIG, VHU_MAX_PAYLOAD), last = HDR(VHU_SET_OWNER, 0);
	uint8_t buf[VHU_MAX_PAYLOAD];
	int small = 1, rc;
	uintptr_t sent = 0;
	void *seen;
	pthread_t t;

	fill(buf, sizeof(buf));
	setsockopt(p->near, SOL_SOCKET, SO_SNDBUF, &small, sizeof(small));
	/* As many as fit; a datagram-like split is possible at the end, so start the
	 * reader before the buffer is full, with what is known to be whole.
	 */
	do {
		rc = vhu_send(p->near, &h, buf, NULL, 0, vhu_deadline(NEAR));
		sent += rc == 0;
		assert_true(sent < 100000);
	} while (rc == 0);
	assert_int_equal(rc, -ETIMEDOUT);
	assert_true(sent > 0);
	assert_int_equal(pthread_create(&t, NULL, drain, p), 0);
	/* An unsent message left no bytes behind, or these would be out of step. */
	while (sent < 200 && vhu_send(p->near, &h, buf, NULL, 0, vhu_deadline(FAR)) == 0)
		sent++;
	assert_int_equal(vhu_send(p->near, &last, NULL, NULL, 0, vhu_deadline(FAR)), 0);
	pthread_join(t, &seen);
	assert_int_equal((uintptr_t)seen, sent + 1);
}

/* The linker sends every sendmsg through here (--wrap): while torn is set, a call
 * sends one byte, and every other one is interrupted.
 */
static bool torn;
static unsigned int torn_calls;

ssize_t __real_sendmsg(int sock, const struct msghdr *msg, int flags);
ssize_t __wrap_sendmsg(int sock, const struct msghdr *msg, int flags);

ssize_t
__wrap_sendmsg(int sock, const struct msghdr *msg, int flags)
{
	struct iovec one = { .iov_len = 1 };
	struct msghdr m = *msg;

	if (!torn)
		return __real_sendmsg(sock, msg, flags);
	if (++torn_calls % 2 == 0) {
		errno = EINTR;
		return -1;
	}
	one.iov_base = msg->msg_iov[0].iov_base;
	m.msg_iov = &one;
	m.msg_iovlen = 1;
	return __real_sendmsg(sock, &m, flags);
}

static void
test_send_in_pieces(void **state)
{
	struct pair *p = *state;
	struct vhu_header h = HDR(VHU_SET_CONFIG, 50), got;
	uint8_t out[50], in[50];
	int fd = eventfd(5, EFD_NONBLOCK), there = -1;
	unsigned int nb = 1;
	uint64_t v = 0;

	fill(out, sizeof(out));
	torn = true;
	torn_calls = 0;
	assert_int_equal(vhu_send(p->far, &h, out, &fd, 1, vhu_deadline(FAR)), 0);
	torn = false;
	assert_true(torn_calls >= sizeof(h) + sizeof(out));
	assert_int_equal(vhu_recv(p->near, &got, in, sizeof(in), &there, &nb,
			vhu_deadline(FAR)), 0);
	assert_memory_equal(&got, &h, sizeof(h));
	assert_memory_equal(in, out, sizeof(in));
	/* One descriptor, though there were many calls. */
	assert_int_equal(nb, 1);
	assert_int_equal(read(there, &v, sizeof(v)), sizeof(v));
	assert_int_equal(v, 5);
	close(there);
	close(fd);
}

/* ---- malformed ---- */

static void
test_wrong_version(void **state)
{
	static const uint32_t flags[] = { 0, 2, 3, VHU_FLAG_REPLY };
	struct pair *p = *state;
	struct vhu_header got;
	uint64_t v;
	size_t i;

	for (i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		struct vhu_header h = { VHU_GET_FEATURES, flags[i], 0 };

		test_send_raw(p->far, &h, sizeof(h), NULL, 0);
		assert_int_equal(recv_in(p, &got, &v, sizeof(v), FAR), -EPROTO);
	}
}

static void
test_payload_too_long(void **state)
{
	static const uint32_t sizes[] = { 9, 4096, 0x7fffffff, 0xffffffff };
	struct pair *p = *state;
	struct vhu_header got;
	uint8_t in[9];
	size_t i;

	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct vhu_header h = HDR(VHU_GET_FEATURES, sizes[i]);

		test_send_raw(p->far, &h, sizeof(h), NULL, 0);
		in[8] = 0xee;
		assert_int_equal(recv_in(p, &got, in, 8, FAR), -EPROTO);
		assert_int_equal(in[8], 0xee);
	}
}

static void
test_arguments(void **state)
{
	struct pair *p = *state;
	struct vhu_header h = HDR(VHU_SET_MEM_TABLE, VHU_MAX_PAYLOAD + 1);
	int fds[VHU_MAX_FDS + 1] = { 0 };
	char c;

	assert_int_equal(vhu_send(p->near, &h, fds, NULL, 0, vhu_deadline(FAR)), -EINVAL);
	h.size = 4;
	assert_int_equal(vhu_send(p->near, &h, fds, fds, VHU_MAX_FDS + 1, vhu_deadline(FAR)),
			-EINVAL);
	assert_int_equal(recv(p->far, &c, 1, MSG_DONTWAIT), -1);
}

/* ---- cut off, late, interrupted ---- */

static void
test_closed_anywhere(void **state)
{
	struct wire w = { .hdr = HDR(VHU_GET_FEATURES, 8) };
	struct pair *p = *state;
	size_t cut;

	for (cut = 0; cut < sizeof(w.hdr) + 8; cut++) {
		struct vhu_header got;
		uint64_t v;
		int sv[2];
		unsigned int nb = 0;

		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, sv), 0);
		if (cut > 0)
			test_send_raw(sv[1], &w, cut, NULL, 0);
		close(sv[1]);
		assert_int_equal(vhu_recv(sv[0], &got, &v, sizeof(v), NULL, &nb,
				vhu_deadline(FAR)), -ECONNRESET);
		close(sv[0]);
	}
	(void)p;
}

static void
test_fds_then_closed(void **state)
{
	struct pair *p = *state;
	struct vhu_header h = HDR(VHU_GET_FEATURES, 8), got;
	unsigned int before = fds_open(), nb = 1;
	int fd = dup(STDIN_FILENO), in;
	uint64_t v;

	test_send_raw(p->far, &h, sizeof(h), &fd, 1);
	close(fd);
	test_close_far(p);
	assert_int_equal(vhu_recv(p->near, &got, &v, sizeof(v), &in, &nb, vhu_deadline(FAR)),
			-ECONNRESET);
	assert_int_equal(nb, 0);
	assert_int_equal(fds_open(), before - 1);
}

static void
test_send_to_nobody(void **state)
{
	struct pair *p = *state;
	struct vhu_header h = HDR(VHU_SET_OWNER, 0);

	test_close_far(p);
	assert_int_equal(vhu_send(p->near, &h, NULL, NULL, 0, vhu_deadline(FAR)), -ECONNRESET);
}

static void
test_silence(void **state)
{
	struct wire w = { .hdr = HDR(VHU_GET_FEATURES, 8) };
	struct pair *p = *state;
	struct vhu_header got;
	uint64_t v;

	assert_int_equal(recv_in(p, &got, &v, sizeof(v), NEAR), -ETIMEDOUT);
	assert_int_equal(recv_in(p, &got, &v, sizeof(v), 0), -ETIMEDOUT);
	/* Half of a header, then half of a payload. */
	test_send_raw(p->far, &w, 5, NULL, 0);
	assert_int_equal(recv_in(p, &got, &v, sizeof(v), NEAR), -ETIMEDOUT);
	test_send_raw(p->far, &w, sizeof(w.hdr) + 4, NULL, 0);
	assert_int_equal(recv_in(p, &got, &v, sizeof(v), NEAR), -ETIMEDOUT);
}

static int ticks;	/* atomic */

static void
tick(int sig)
{
	(void)sig;
	__atomic_fetch_add(&ticks, 1, __ATOMIC_RELAXED);
}

static void *
send_late(void *arg)
{
	struct pair *p = arg;
	struct wire w = { .hdr = HDR(VHU_GET_FEATURES, 8) };
	sigset_t all;

	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, NULL);
	while (__atomic_load_n(&ticks, __ATOMIC_RELAXED) < 20)
		usleep(1000);
	test_send_raw(p->far, &w, 10, NULL, 0);
	while (__atomic_load_n(&ticks, __ATOMIC_RELAXED) < 30)
		usleep(1000);
	test_send_raw(p->far, (uint8_t *)&w + 10, sizeof(w.hdr) + 8 - 10, NULL, 0);
	return NULL;
}

/* A signal every millisecond, to a handler without SA_RESTART. */
static void
test_interrupted(void **state)
{
	const struct itimerval on = { { 0, 1000 }, { 0, 1000 } }, off = { { 0, 0 }, { 0, 0 } };
	struct sigaction sa = { .sa_handler = tick }, old;
	struct pair *p = *state;
	struct vhu_header got;
	uint64_t v;
	pthread_t t;
	int rc;

	__atomic_store_n(&ticks, 0, __ATOMIC_RELAXED);
	sigaction(SIGALRM, &sa, &old);
	assert_int_equal(pthread_create(&t, NULL, send_late, p), 0);
	setitimer(ITIMER_REAL, &on, NULL);
	rc = recv_in(p, &got, &v, sizeof(v), FAR);
	setitimer(ITIMER_REAL, &off, NULL);
	pthread_join(t, NULL);
	sigaction(SIGALRM, &old, NULL);
	assert_int_equal(rc, 0);
	assert_true(__atomic_load_n(&ticks, __ATOMIC_RELAXED) >= 30);
}

const struct CMUnitTest vhu_io_tests[] = {
	T(test_round_trip), T(test_fds_arrive), T(test_unexpected_fd), T(test_one_fd_too_many),
	T(test_more_fds_than_a_message_has), T(test_a_flood_of_fds),
	T(test_fds_with_the_payload), T(test_one_byte_at_a_time),
	T(test_two_messages_in_one_read), T(test_send_in_pieces),
	T(test_send_waits_for_room), T(test_wrong_version),
	T(test_payload_too_long), T(test_arguments), T(test_closed_anywhere),
	T(test_fds_then_closed), T(test_send_to_nobody), T(test_silence), T(test_interrupted),
};
const size_t nb_vhu_io_tests = sizeof(vhu_io_tests) / sizeof(vhu_io_tests[0]);
