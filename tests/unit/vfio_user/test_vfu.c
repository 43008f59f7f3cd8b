/* SPDX-License-Identifier: BSD-3-Clause
 *
 * vfu.h over a socket pair: messages that come byte by byte, end to end, with descriptors in any
 * piece, and that break the protocol; replies with a descriptor, and replies that nobody reads.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "test_vfio_user.h"

struct pair {
	int near, far;		/* the server's; the client's */
	unsigned int fds_before;
	struct vfu_inbox in;
	struct vfu_outbox out;
};

static int
vfu_setup(void **state)
{
	struct pair *p = calloc(1, sizeof(*p));
	int sv[2];

	if (p == NULL)
		return -1;
	p->fds_before = fds_open();
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv) != 0) {
		free(p);
		return -1;
	}
	p->near = sv[0];
	p->far = sv[1];
	*state = p;
	return 0;
}

/* Fails if the test left a descriptor open. */
static int
vfu_teardown(void **state)
{
	struct pair *p = *state;
	unsigned int before = p->fds_before;

	close(p->near);
	if (p->far >= 0)
		close(p->far);
	free(p);
	return fds_open() == before ? 0 : -1;
}

static struct vfu_header
vfu_header_of(uint16_t command, uint32_t payload)
{
	return (struct vfu_header){ .id = 7, .command = command,
		.size = (uint32_t)sizeof(struct vfu_header) + payload };
}

static void
vfu_put(const struct pair *p, const void *bytes, size_t len, const int *fds, unsigned int nb)
{
	assert_int_equal(fds_send(p->far, bytes, len, fds, nb), len);
}

static void
vfu_in_pieces(void **state)
{
	struct pair *p = *state;
	struct {
		struct vfu_header hdr;
		uint8_t payload[40];
	} m = { vfu_header_of(VFU_REGION_WRITE, 40), { 0 } };
	size_t i;

	for (i = 0; i < sizeof(m.payload); i++)
		m.payload[i] = (uint8_t)(i + 1);
	assert_true(vfu_inbox_is_empty(&p->in));
	for (i = 0; i < sizeof(m); i++) {
		assert_int_equal(vfu_inbox_receive(&p->in, p->near), -EAGAIN);
		assert_int_equal(p->in.got, i);
		vfu_put(p, (uint8_t *)&m + i, 1, NULL, 0);
	}
	assert_int_equal(vfu_inbox_receive(&p->in, p->near), 0);
	assert_memory_equal(&p->in.hdr, &m.hdr, sizeof(m.hdr));
	assert_int_equal(vfu_inbox_len(&p->in), sizeof(m.payload));
	assert_memory_equal(p->in.payload, m.payload, sizeof(m.payload));
	assert_int_equal(p->in.payload[sizeof(m.payload)], 0);
	assert_int_equal(vfu_inbox_receive(&p->in, p->near), 0);	/* still the same */
	vfu_inbox_clear(&p->in);
	assert_true(vfu_inbox_is_empty(&p->in));
	assert_int_equal(p->in.payload[0], 0);
	assert_int_equal(vfu_inbox_receive(&p->in, p->near), -EAGAIN);
}

/* Two messages in one write, then the end: nothing of the second is taken with the first. */
static void
vfu_one_after_the_other(void **state)
{
	struct pair *p = *state;
	const struct vfu_header two[2] = {
		vfu_header_of(VFU_DEVICE_RESET, 0), vfu_header_of(VFU_DIRTY_PAGES, 0),
	};

	vfu_put(p, two, sizeof(two), NULL, 0);
	assert_int_equal(vfu_inbox_receive(&p->in, p->near), 0);
	assert_int_equal(p->in.hdr.command, VFU_DEVICE_RESET);
	vfu_inbox_clear(&p->in);
	assert_int_equal(vfu_inbox_receive(&p->in, p->near), 0);
	assert_int_equal(p->in.hdr.command, VFU_DIRTY_PAGES);
	vfu_inbox_clear(&p->in);
	vfu_put(p, two, 3, NULL, 0);
	close(p->far);
	p->far = -1;
	assert_int_equal(vfu_inbox_receive(&p->in, p->near), -ECONNRESET);
	vfu_inbox_clear(&p->in);
}

static void
vfu_descriptors(void **state)
{
	struct pair *p = *state;
	struct vfu_header hdr = vfu_header_of(VFU_DEVICE_SET_IRQS, 8);
	int fd[VFU_MAX_FDS + 1], taken;
	struct stat a, b;
	unsigned int i;

	for (i = 0; i < VFU_MAX_FDS + 1; i++)
		fd[i] = p->far;
	vfu_put(p, &hdr, 5, fd, 2);
	assert_int_equal(vfu_inbox_receive(&p->in, p->near), -EAGAIN);
	vfu_put(p, (uint8_t *)&hdr + 5, 11, fd, VFU_MAX_FDS - 3);
	vfu_put(p, "payload", 8, fd, 1);
	assert_int_equal(vfu_inbox_receive(&p->in, p->near), 0);
	assert_int_equal(p->in.nb_fds, VFU_MAX_FDS);
	taken = vfu_inbox_take_fd(&p->in, VFU_MAX_FDS - 1);
	vfu_inbox_clear(&p->in);
	assert_int_equal(fstat(taken, &a), 0);
	assert_int_equal(fstat(p->far, &b), 0);
	assert_int_equal(a.st_ino, b.st_ino);
	assert_true((fcntl(taken, F_GETFD) & FD_CLOEXEC) != 0);
	close(taken);
	/* One more than a message may have: in one piece, and in two. */
	vfu_put(p, &hdr, sizeof(hdr), fd, VFU_MAX_FDS + 1);
	assert_int_equal(vfu_inbox_receive(&p->in, p->near), -EPROTO);
	vfu_inbox_clear(&p->in);
	vfu_put(p, &hdr, 4, fd, VFU_MAX_FDS);
	assert_int_equal(vfu_inbox_receive(&p->in, p->near), -EAGAIN);
	vfu_put(p, (uint8_t *)&hdr + 4, 12, fd, 1);
	assert_int_equal(vfu_inbox_receive(&p->in, p->near), -EPROTO);
	vfu_inbox_clear(&p->in);
}

static void
vfu_malformed_headers(void **state)
{
	struct pair *p = *state;
	struct vfu_header bad[] = {
		vfu_header_of(VFU_VERSION, 0), vfu_header_of(VFU_VERSION, 0),
		vfu_header_of(VFU_REGION_WRITE, VFU_MAX_PAYLOAD + 1),
		vfu_header_of(VFU_REGION_WRITE, 0), vfu_header_of(VFU_DMA_READ, 16),
		vfu_header_of(VFU_VERSION, 4), vfu_header_of(VFU_VERSION, 4),
	};
	size_t i;

	bad[0].size = 0;
	bad[1].size = sizeof(struct vfu_header) - 1;
	bad[3].size = UINT32_MAX;
	bad[4].flags = VFU_TYPE_REPLY;
	bad[5].flags = VFU_FLAG_ERROR;
	bad[6].flags = UINT32_C(1) << 31;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		vfu_put(p, &bad[i], sizeof(bad[i]), NULL, 0);
		assert_int_equal(vfu_inbox_receive(&p->in, p->near), -EPROTO);
		vfu_inbox_clear(&p->in);
	}
	bad[5].flags = VFU_FLAG_NO_REPLY;
	bad[5].size = sizeof(struct vfu_header);
	vfu_put(p, &bad[5], sizeof(bad[5]), NULL, 0);
	assert_int_equal(vfu_inbox_receive(&p->in, p->near), 0);
	vfu_inbox_clear(&p->in);
}

/* What the client gets. */
static void
vfu_get(const struct pair *p, struct vfu_header *hdr, void *payload, size_t len)
{
	uint8_t got[64];

	assert_int_equal(recv(p->far, got, sizeof(got), MSG_DONTWAIT), sizeof(*hdr) + len);
	memcpy(hdr, got, sizeof(*hdr));
	memcpy(payload, got + sizeof(*hdr), len);
	assert_int_equal(hdr->size, sizeof(*hdr) + len);
	assert_int_equal(hdr->id, 7);
}

static void
vfu_replies(void **state)
{
	struct pair *p = *state;
	struct vfu_header command = vfu_header_of(VFU_DEVICE_RESET, 0), hdr;
	uint8_t got[8];

	assert_int_equal(vfu_outbox_send(&p->out, p->near), 0);	/* nothing */
	memset(p->out.payload, 0xa5, sizeof(p->out.payload));
	vfu_outbox_reply(&p->out, &command, sizeof(got))[1] = 3;
	assert_false(vfu_outbox_is_empty(&p->out));
	assert_int_equal(vfu_outbox_send(&p->out, p->near), 0);
	assert_true(vfu_outbox_is_empty(&p->out));
	vfu_get(p, &hdr, got, sizeof(got));
	assert_int_equal(hdr.flags, VFU_TYPE_REPLY);
	assert_int_equal(hdr.command, VFU_DEVICE_RESET);
	assert_memory_equal(got, "\0\3\0\0\0\0\0", sizeof(got));
	/* The next has no payload of the last. */
	vfu_outbox_refuse(&p->out, &command, EEXIST);
	assert_int_equal(vfu_outbox_send(&p->out, p->near), 0);
	vfu_get(p, &hdr, got, 0);
	assert_int_equal(hdr.flags, VFU_TYPE_REPLY | VFU_FLAG_ERROR);
	assert_int_equal(hdr.error, EEXIST);
}

/* A reply that does not fit into the socket is sent on when there is room. */
static void
vfu_unread_replies(void **state)
{
	struct pair *p = *state;
	struct vfu_header command = vfu_header_of(VFU_REGION_READ, 0);
	static uint8_t got[sizeof(struct vfu_header) + VFU_MAX_PAYLOAD];
	size_t sent = 0, bytes = 0, turns;
	ssize_t n;

	do {
		vfu_outbox_reply(&p->out, &command, VFU_MAX_PAYLOAD);
		sent++;
	} while (vfu_outbox_send(&p->out, p->near) == 0);
	assert_int_equal(vfu_outbox_send(&p->out, p->near), -EAGAIN);
	for (turns = 0; turns < 100000; turns++) {
		n = recv(p->far, got, sizeof(got), MSG_DONTWAIT);
		if (n > 0)
			bytes += (size_t)n;
		else if (vfu_outbox_is_empty(&p->out))
			break;
		if (!vfu_outbox_is_empty(&p->out))
			(void)vfu_outbox_send(&p->out, p->near);
	}
	assert_int_equal(bytes, sent * sizeof(got));
	close(p->far);
	p->far = -1;
	vfu_outbox_reply(&p->out, &command, 0);
	assert_int_equal(vfu_outbox_send(&p->out, p->near), -ECONNRESET);
}

static void
vfu_names(void **state)
{
	(void)state;
	assert_string_equal(vfu_command_name(VFU_DMA_MAP), "DMA_MAP");
	assert_string_equal(vfu_command_name(0), "unknown command");
	assert_string_equal(vfu_command_name(UINT32_MAX), "unknown command");
}

#define T(f)	cmocka_unit_test_setup_teardown(f, vfu_setup, vfu_teardown)

const struct CMUnitTest vfu_tests[] = {
	T(vfu_in_pieces), T(vfu_one_after_the_other), T(vfu_descriptors),
	T(vfu_malformed_headers), T(vfu_replies), T(vfu_unread_replies), T(vfu_names),
};
const size_t nb_vfu_tests = sizeof(vfu_tests) / sizeof(vfu_tests[0]);
