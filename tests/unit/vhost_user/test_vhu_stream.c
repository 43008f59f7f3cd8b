/* SPDX-License-Identifier: BSD-3-Clause
 *
 * vhu_stream.h over a socket pair: messages that come byte by byte, end to end, with
 * descriptors in any piece, and that break the protocol; answers that nobody reads.
 */
#include <sys/eventfd.h>
#include <sys/stat.h>

#include "test_vhu.h"
#include "vhu_stream.h"

static void
stream_in_pieces(void **state)
{
	struct pair *p = *state;
	struct vhu_inbox in = { .got = 0 };
	struct {
		struct vhu_header hdr;
		uint8_t payload[40];
	} m = { { VHU_SET_VRING_ADDR, VHU_VERSION, 40 }, { 0 } };
	size_t i;

	for (i = 0; i < sizeof(m.payload); i++)
		m.payload[i] = (uint8_t)(i + 1);
	assert_true(vhu_inbox_is_empty(&in));
	for (i = 0; i < sizeof(m); i++) {
		assert_int_equal(vhu_inbox_receive(&in, p->near), -EAGAIN);
		assert_int_equal(in.got, i);
		assert_int_equal(write(p->far, (uint8_t *)&m + i, 1), 1);
	}
	assert_int_equal(vhu_inbox_receive(&in, p->near), 0);
	assert_memory_equal(&in.hdr, &m.hdr, sizeof(m.hdr));
	assert_memory_equal(in.p.bytes, m.payload, sizeof(m.payload));
	assert_int_equal(in.p.bytes[sizeof(m.payload)], 0);
	assert_int_equal(vhu_inbox_receive(&in, p->near), 0);	/* still the same */
	vhu_inbox_clear(&in);
	assert_true(vhu_inbox_is_empty(&in));
	assert_int_equal(in.p.bytes[0], 0);
	assert_int_equal(vhu_inbox_receive(&in, p->near), -EAGAIN);
}

/* Two messages in one write: the second stays in the socket, with its descriptor. */
static void
stream_one_after_the_other(void **state)
{
	struct pair *p = *state;
	struct vhu_inbox in = { .got = 0 };
	struct vhu_header two[2] = {
		{ VHU_GET_FEATURES, VHU_VERSION, 0 }, { VHU_SET_OWNER, VHU_VERSION, 0 },
	};
	int fd = eventfd(0, EFD_CLOEXEC);

	assert_int_equal(write(p->far, two, sizeof(two)), sizeof(two));
	test_send_raw(p->far, &two[0], sizeof(two[0]), &fd, 1);
	assert_int_equal(vhu_inbox_receive(&in, p->near), 0);
	assert_int_equal(in.hdr.request, VHU_GET_FEATURES);
	vhu_inbox_clear(&in);
	assert_int_equal(vhu_inbox_receive(&in, p->near), 0);
	assert_int_equal(in.hdr.request, VHU_SET_OWNER);
	assert_int_equal(in.nb_fds, 0);
	vhu_inbox_clear(&in);
	assert_int_equal(vhu_inbox_receive(&in, p->near), 0);
	assert_int_equal(in.nb_fds, 1);
	vhu_inbox_clear(&in);
	close(fd);
	test_close_far(p);
	assert_int_equal(vhu_inbox_receive(&in, p->near), -ECONNRESET);
}

/* Descriptors that are taken are the caller's; all others are closed (the teardown counts). */
static void
stream_descriptors(void **state)
{
	struct pair *p = *state;
	struct vhu_inbox in = { .got = 0 };
	struct vhu_header hdr = { VHU_SET_MEM_TABLE, VHU_VERSION, 8 };
	int fd[VHU_MAX_FDS + 1], taken;
	struct stat a, b;
	unsigned int i;

	for (i = 0; i < VHU_MAX_FDS + 1; i++)
		fd[i] = eventfd(0, EFD_CLOEXEC);
	test_send_raw(p->far, &hdr, 5, fd, 2);
	assert_int_equal(vhu_inbox_receive(&in, p->near), -EAGAIN);
	test_send_raw(p->far, (uint8_t *)&hdr + 5, 7, fd + 2, VHU_MAX_FDS - 3);
	test_send_raw(p->far, "payload", 8, &p->far, 1);
	assert_int_equal(vhu_inbox_receive(&in, p->near), 0);
	assert_int_equal(in.nb_fds, VHU_MAX_FDS);
	taken = vhu_inbox_take_fd(&in, VHU_MAX_FDS - 1);
	vhu_inbox_clear(&in);
	assert_int_equal(fstat(taken, &a), 0);
	assert_int_equal(fstat(p->far, &b), 0);
	assert_int_equal(a.st_ino, b.st_ino);
	close(taken);
	/* One more than a message may have, in one piece and in two. */
	hdr.size = 0;
	test_send_raw(p->far, &hdr, sizeof(hdr), fd, VHU_MAX_FDS + 1);
	assert_int_equal(vhu_inbox_receive(&in, p->near), -EPROTO);
	vhu_inbox_clear(&in);
	for (i = 0; i < VHU_MAX_FDS + 1; i++)
		close(fd[i]);
}

static void
stream_too_many_in_pieces(void **state)
{
	struct pair *p = *state;
	struct vhu_inbox in = { .got = 0 };
	struct vhu_header hdr = { VHU_SET_MEM_TABLE, VHU_VERSION, 0 };
	int fd[VHU_MAX_FDS];
	unsigned int i;

	for (i = 0; i < VHU_MAX_FDS; i++)
		fd[i] = eventfd(0, EFD_CLOEXEC);
	test_send_raw(p->far, &hdr, 4, fd, VHU_MAX_FDS);
	test_send_raw(p->far, (uint8_t *)&hdr + 4, 8, fd, 1);
	assert_int_equal(vhu_inbox_receive(&in, p->near), -EPROTO);
	vhu_inbox_clear(&in);
	for (i = 0; i < VHU_MAX_FDS; i++)
		close(fd[i]);
}

static void
stream_malformed(void **state)
{
	static const struct vhu_header bad[] = {
		{ VHU_SET_FEATURES, 0, 8 }, { VHU_SET_FEATURES, 2, 8 },
		{ VHU_SET_FEATURES, VHU_VERSION, VHU_MAX_PAYLOAD + 1 },
		{ VHU_SET_FEATURES, VHU_VERSION, UINT32_MAX },
	};
	struct pair *p = *state;
	struct vhu_inbox in = { .got = 0 };
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(write(p->far, &bad[i], sizeof(bad[i])), sizeof(bad[i]));
		assert_int_equal(vhu_inbox_receive(&in, p->near), -EPROTO);
		vhu_inbox_clear(&in);
	}
}

/* An answer that does not fit into the socket is sent on when there is room. */
static void
stream_unread_answers(void **state)
{
	struct pair *p = *state;
	struct vhu_outbox out = { .len = 0 };
	uint8_t payload[VHU_MAX_PAYLOAD], got[VHU_MAX_PAYLOAD];
	unsigned int sent = 0, read_nb, i, nb_fds = 0;
	struct vhu_header hdr;

	memset(payload, 0x5a, sizeof(payload));
	assert_int_equal(vhu_outbox_send(&out, p->near), 0);	/* nothing to send */
	do {
		vhu_outbox_put(&out, VHU_GET_CONFIG, payload, sizeof(payload));
		sent++;
		assert_true(sent < 100000);
	} while (vhu_outbox_send(&out, p->near) == 0);
	assert_false(vhu_outbox_is_empty(&out));
	assert_int_equal(vhu_outbox_send(&out, p->near), -EAGAIN);
	for (read_nb = 0; read_nb < sent; read_nb++) {
		assert_int_equal(vhu_recv(p->far, &hdr, got, sizeof(got), NULL, &nb_fds,
				vhu_deadline(FAR)), 0);
		assert_int_equal(hdr.flags, VHU_VERSION | VHU_FLAG_REPLY);
		for (i = 0; i < sizeof(got); i++)
			assert_int_equal(got[i], 0x5a);
		(void)vhu_outbox_send(&out, p->near);
	}
	assert_true(vhu_outbox_is_empty(&out));
	vhu_outbox_put(&out, VHU_GET_CONFIG, payload, sizeof(payload));
	test_close_far(p);
	assert_int_equal(vhu_outbox_send(&out, p->near), -ECONNRESET);
}

const struct CMUnitTest vhu_stream_tests[] = {
	T(stream_in_pieces), T(stream_one_after_the_other), T(stream_descriptors),
	T(stream_too_many_in_pieces), T(stream_malformed), T(stream_unread_answers),
};
const size_t nb_vhu_stream_tests = sizeof(vhu_stream_tests) / sizeof(vhu_stream_tests[0]);
