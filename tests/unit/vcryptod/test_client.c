/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The vfio-user server against clients that keep the protocol and clients that break every rule
 * of it: what it says of itself, what it refuses without any change, what ends a connection, and
 * that nothing of a client is left when it is gone.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "client_rig.h"
#include "fds.h"

#define PAGE	UINT64_C(4096)
#define HIGH	UINT64_C(0x7000000000)	/* nothing of the guest's is near */

#define SET_FDS		(VFU_IRQ_ACTION_TRIGGER | VFU_IRQ_DATA_EVENTFD)
#define SET_NONE	(VFU_IRQ_ACTION_TRIGGER | VFU_IRQ_DATA_NONE)

/* A connection is let in, and answered. */
static void
still_serves(void)
{
	cl_join();
	assert_int_equal(cl_read(VFU_REGION_CONFIG, PCI_CFG_VENDOR, 2), VIRTIO_PCI_VENDOR_ID);
	cl_leave();
}

static void
forget_socket(void)
{
	close(cl.sock);
	cl.sock = -1;
}

/* The connection that is there has ended; the next one is served. */
static void
has_ended(void)
{
	assert_true(cl_is_closed(cl.sock));
	assert_int_equal(cl.server.link.sock, -1);
	forget_socket();
	still_serves();
}

/* ---- VERSION ---- */

static void
versions(void **state)
{
	struct vfu_version v;
	uint16_t minor;

	(void)state;
	for (minor = 0; minor < 3; minor++) {
		cl.sock = cl_connect();
		assert_int_equal(cl_version(VFU_MAJOR, minor, "{}"), 0);
		memcpy(&v, cl.reply, sizeof(v));
		assert_int_equal(v.major, VFU_MAJOR);
		assert_int_equal(v.minor, minor < VFU_MINOR ? minor : VFU_MINOR);
		assert_int_equal(cl.reply[cl.reply_len - 1], 0);
		assert_non_null(strstr((char *)cl.reply + sizeof(v), "\"max_msg_fds\":16"));
		assert_non_null(strstr((char *)cl.reply + sizeof(v), "\"max_dma_maps\":4096"));
		cl_leave();
	}
}

static void
bad_beginnings(void **state)
{
	static const char *const text[] = {
		"{", "[]", "{\"capabilities\":{\"max_msg_fds\":\"a\"}}",
	};
	const struct vfu_device_info info = { .argsz = sizeof(info) };
	unsigned int i;

	(void)state;
	for (i = 0; i < 3; i++) {
		cl.sock = cl_connect();
		assert_int_equal(cl_version(VFU_MAJOR, VFU_MINOR, text[i]), CL_CLOSED);
		has_ended();
	}
	cl.sock = cl_connect();
	assert_int_equal(cl_version(VFU_MAJOR + 1, 0, "{}"), CL_CLOSED);
	has_ended();
	cl.sock = cl_connect();
	assert_int_equal(cl_ask(VFU_DEVICE_GET_INFO, &info, sizeof(info), NULL, 0), CL_CLOSED);
	has_ended();
	cl_join();
	assert_int_equal(cl_version(VFU_MAJOR, VFU_MINOR, "{}"), CL_CLOSED);
	has_ended();
}

/* ---- what the server says of itself ---- */

static void
device_info(void **state)
{
	const struct vfu_device_info ask = { .argsz = sizeof(ask) };
	struct vfu_device_info info;

	(void)state;
	cl_join();
	assert_int_equal(cl_ask(VFU_DEVICE_GET_INFO, &ask, sizeof(ask), NULL, 0), 0);
	assert_int_equal(cl.reply_len, sizeof(info));
	memcpy(&info, cl.reply, sizeof(info));
	assert_int_equal(info.flags, VFU_DEVICE_RESETS | VFU_DEVICE_PCI);
	assert_int_equal(info.nb_regions, VFU_NB_REGIONS);
	assert_int_equal(info.nb_irqs, VFU_NB_IRQS);
	cl_leave();
}

static void
region_info(void **state)
{
	static const uint64_t size[VFU_NB_REGIONS] = {
		[VFU_REGION_BAR0] = VCRYPTOD_PCI_BAR_LEN,
		[VCRYPTOD_PCI_MSIX_BAR] = VCRYPTOD_PCI_MSIX_LEN,
		[VFU_REGION_CONFIG] = PCI_CFG_SIZE,
	};
	struct vfu_region_info info = { .argsz = sizeof(info) };
	uint32_t i;

	(void)state;
	cl_join();
	for (i = 0; i < VFU_NB_REGIONS; i++) {
		info = (struct vfu_region_info){ .argsz = sizeof(info), .index = i };
		assert_int_equal(cl_ask(VFU_DEVICE_GET_REGION_INFO, &info, sizeof(info), NULL, 0),
				0);
		memcpy(&info, cl.reply, sizeof(info));
		assert_int_equal(info.size, size[i]);
		assert_int_equal(info.flags, size[i] == 0 ? 0 :
				VFU_REGION_READABLE | VFU_REGION_WRITABLE);
	}
	cl_leave();
}

static void
irq_info(void **state)
{
	static const uint32_t count[VFU_NB_IRQS] = {
		[VFU_IRQ_INTX] = 1, [VFU_IRQ_MSIX] = CL_VECTORS, [VFU_IRQ_ERR] = 1,
	};
	struct vfu_irq_info info;
	uint32_t i;

	(void)state;
	cl_join();
	for (i = 0; i < VFU_NB_IRQS; i++) {
		info = (struct vfu_irq_info){ .argsz = sizeof(info), .index = i };
		assert_int_equal(cl_ask(VFU_DEVICE_GET_IRQ_INFO, &info, sizeof(info), NULL, 0), 0);
		memcpy(&info, cl.reply, sizeof(info));
		assert_int_equal(info.count, count[i]);
		assert_int_equal((info.flags & VFU_IRQ_EVENTFD) != 0, count[i] != 0);
	}
	cl_leave();
}

/* What the user chose, and what the transport has. */
static void
features_offered(void **state)
{
	uint64_t low, high;

	(void)state;
	cl_join();
	CL_PUT(device_feature_select, 0);
	low = CL_GET(device_feature);
	CL_PUT(device_feature_select, 1);
	high = CL_GET(device_feature);
	assert_int_equal(low | high << 32, CL_FEATURES | VIRTIO_F_ACCESS_PLATFORM |
			VIRTIO_F_NOTIFICATION_DATA | VIRTIO_F_NOTIF_CONFIG_DATA |
			VIRTIO_F_RING_RESET);
	assert_int_equal(CL_GET(num_queues), QUEUES + 1);
	cl_leave();
}

/* ---- refusals ---- */

static void
refused_accesses(void **state)
{
	static const struct vfu_region_access bad[] = {
		{ 0, VFU_NB_REGIONS, 4 }, { 0, UINT32_MAX, 4 }, { 0, 2, 4 },
		{ 0, VFU_REGION_ROM, 4 }, { 0, VFU_REGION_VGA, 1 },
		{ VCRYPTOD_PCI_BAR_LEN, VFU_REGION_BAR0, 1 },
		{ VCRYPTOD_PCI_BAR_LEN - 2, VFU_REGION_BAR0, 4 },
		{ UINT64_MAX, VFU_REGION_BAR0, 2 }, { PCI_CFG_SIZE - 3, VFU_REGION_CONFIG, 4 },
		{ 0, VFU_REGION_BAR0, VFU_MAX_DATA + 1 }, { 0, VFU_REGION_BAR0, UINT32_MAX },
	};
	struct {
		struct vfu_region_access a;
		uint64_t value;
	} w;
	unsigned int i;

	(void)state;
	cl_join();
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		w.a = bad[i];
		w.value = UINT64_MAX;
		assert_int_equal(cl_ask(VFU_REGION_READ, &w.a, sizeof(w.a), NULL, 0), EINVAL);
		assert_int_equal(cl_ask(VFU_REGION_WRITE, &w, sizeof(w), NULL, 0), EINVAL);
	}
	/* Any width at any place is allowed, and has no effect where there is no register. */
	cl_write(VFU_REGION_BAR0, 1, 0xff, 3);
	cl_write(VFU_REGION_CONFIG, 0, UINT64_MAX, 8);
	assert_int_equal(CL_GET(device_status), 0);
	assert_int_equal(cl_read(VFU_REGION_CONFIG, 0, 4),
			VIRTIO_PCI_VENDOR_ID | VIRTIO_PCI_DEVICE_ID_CRYPTO << 16);
	cl_leave();
}

/* Each command that there is not; each other one, too short or with a descriptor too many. */
static void
refused_commands(void **state)
{
	static const uint8_t zeros[64];
	int fd = eventfd(0, EFD_CLOEXEC);
	unsigned int were;
	uint16_t command;

	(void)state;
	cl_join();
	were = fds_open();
	for (command = 0; command < 32; command++) {
		if (command == VFU_VERSION)
			continue;
		cl.server.refused = 0;
		if (command < VFU_DMA_MAP || command > VFU_DEVICE_RESET ||
				command == VFU_DEVICE_GET_REGION_IO_FDS ||
				command == VFU_DMA_READ || command == VFU_DMA_WRITE)
			assert_int_equal(cl_ask(command, zeros, sizeof(zeros), NULL, 0),
					EOPNOTSUPP);
		else if (command != VFU_DEVICE_RESET)
			assert_int_equal(cl_ask(command, zeros, 3, NULL, 0), EINVAL);
		else
			assert_int_equal(cl_ask(command, NULL, 0, &fd, 1), EINVAL);
		assert_int_equal(fds_open(), were);
	}
	close(fd);
	cl_leave();
}

static void
too_many_refusals(void **state)
{
	unsigned int i;

	(void)state;
	cl_join();
	for (i = 0; i < VCRYPTOD_LINK_REFUSALS - 1; i++)
		assert_int_equal(cl_ask(VFU_DIRTY_PAGES, NULL, 0, NULL, 0), EOPNOTSUPP);
	assert_int_equal(cl_ask(VFU_DIRTY_PAGES, NULL, 0, NULL, 0), CL_CLOSED);
	has_ended();
}

/* Neither a reply nor an error comes, and the command has its effect. */
static void
without_reply(void **state)
{
	struct {
		struct vfu_region_access a;
		le64 value;
	} w = { { CL_COMMON(device_status), VFU_REGION_BAR0, 1 },
		cpu_to_le64(VIRTIO_S_ACKNOWLEDGE) };

	(void)state;
	cl_join();
	cl_say(VFU_REGION_WRITE, VFU_FLAG_NO_REPLY, &w, sizeof(w.a) + 1);
	cl_say(VFU_DIRTY_PAGES, VFU_FLAG_NO_REPLY, NULL, 0);
	assert_int_equal(cl.server.refused, 1);
	assert_int_equal(CL_GET(device_status), VIRTIO_S_ACKNOWLEDGE);
	cl_leave();
}

static void
broken_headers(void **state)
{
	static const struct vfu_header bad[] = {
		{ .command = VFU_DEVICE_RESET, .size = 15 },
		{ .command = VFU_REGION_READ,
			.size = sizeof(struct vfu_header) + VFU_MAX_PAYLOAD + 1 },
		{ .command = VFU_DEVICE_RESET, .size = 16, .flags = VFU_TYPE_REPLY },
		{ .command = VFU_DEVICE_RESET, .size = 16, .flags = VFU_FLAG_ERROR },
		{ .command = VFU_DEVICE_RESET, .size = 16, .flags = 1u << 31 },
	};
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		cl_join();
		assert_int_equal(write(cl.sock, &bad[i], sizeof(bad[i])), sizeof(bad[i]));
		cl_turn();
		has_ended();
	}
}

/* ---- time ---- */

static void
half_a_message(void **state)
{
	static const struct vfu_header hdr = { .command = VFU_REGION_READ, .size = 32 };
	int second;
	size_t len;

	(void)state;
	for (len = 1; len <= sizeof(hdr); len += sizeof(hdr) - 1) {
		cl_join();
		assert_int_equal(vcryptod_link_timeout_ms(&cl.server.link), -1);
		assert_int_equal(write(cl.sock, &hdr, len), len);
		cl_turn();
		assert_in_range(vcryptod_link_timeout_ms(&cl.server.link), 1,
				VCRYPTOD_LINK_WAIT_MS);
		/* Meanwhile others are told at once. */
		second = cl_connect();
		assert_true(cl_is_closed(second));
		close(second);
		assert_false(cl_is_closed(cl.sock));
		cl.server.link.deadline = 1;	/* as if the time had passed */
		cl_turn();
		has_ended();
	}
}

static void
replies_unread(void **state)
{
	struct {
		struct vfu_header hdr;
		struct vfu_region_access a;
	} ask = { { .command = VFU_REGION_READ, .size = sizeof(ask) },
		{ .region = VFU_REGION_BAR0, .count = VFU_MAX_DATA } };
	struct pollfd fds[VCRYPTOD_LINK_FDS];
	unsigned int i;

	(void)state;
	cl_join();
	assert_int_equal(fcntl(cl.sock, F_SETFL, O_NONBLOCK), 0);
	for (i = 0; i < 100000 && vfu_outbox_is_empty(&cl.server.out); i++) {
		(void)!write(cl.sock, &ask, sizeof(ask));
		cl_turn();
	}
	assert_false(vfu_outbox_is_empty(&cl.server.out));
	/* No further message is read, and a reply waits for a bounded time. */
	assert_int_equal(vcryptod_link_fds(&cl.server.link, fds), 3);
	assert_int_equal(fds[1].events, POLLOUT);
	assert_in_range(vcryptod_link_timeout_ms(&cl.server.link), 1, VCRYPTOD_LINK_WAIT_MS);
	cl.server.link.deadline = 1;
	cl_turn();
	assert_int_equal(cl.server.link.sock, -1);
	forget_socket();
	still_serves();
}

/* ---- interrupts ---- */

static void
refused_interrupts(void **state)
{
	static const struct {
		uint32_t flags, index, start, count;
	} bad[] = {
		{ SET_NONE, VFU_IRQ_MSIX, CL_VECTORS, 1 }, { SET_NONE, VFU_IRQ_MSIX, 0, 99 },
		{ SET_NONE, VFU_IRQ_MSIX, UINT32_MAX, 1 },
		{ SET_NONE, VFU_IRQ_MSIX, 1, UINT32_MAX },
		{ SET_NONE, VFU_IRQ_MSI, 0, 1 }, { SET_NONE, VFU_IRQ_REQ, 0, 1 },
		{ SET_NONE, VFU_NB_IRQS, 0, 0 }, { SET_NONE, VFU_IRQ_INTX, 0, 2 },
		{ SET_NONE | VFU_IRQ_DATA_BOOL, VFU_IRQ_MSIX, 0, 1 },
		{ VFU_IRQ_DATA_NONE, VFU_IRQ_MSIX, 0, 1 },
		{ SET_NONE | VFU_IRQ_ACTION_MASK, VFU_IRQ_INTX, 0, 1 },
		{ VFU_IRQ_ACTION_MASK | VFU_IRQ_DATA_NONE, VFU_IRQ_MSIX, 0, 1 },
		{ VFU_IRQ_ACTION_UNMASK | VFU_IRQ_DATA_EVENTFD, VFU_IRQ_INTX, 0, 1 },
		{ VFU_IRQ_ACTION_TRIGGER | VFU_IRQ_DATA_BOOL, VFU_IRQ_MSIX, 0, 1 },
	};
	unsigned int i;

	(void)state;
	cl_join();
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(cl_irqs(bad[i].flags, bad[i].index, bad[i].start, bad[i].count,
				NULL), EINVAL);
	cl_leave();
}

/* One that is no eventfd among others: none of them is taken. */
static void
no_eventfds(void **state)
{
	int good = eventfd(0, EFD_CLOEXEC), fd[2] = { good, -1 }, bad[5], pair[2];
	unsigned int i, were;

	(void)state;
	assert_int_equal(pipe2(pair, O_CLOEXEC), 0);
	bad[0] = pair[0];
	bad[1] = pair[1];
	bad[2] = tr_rig.memory_fd;
	bad[3] = open("/dev/null", O_RDWR | O_CLOEXEC);
	bad[4] = open("/", O_PATH | O_CLOEXEC);
	cl_join();
	were = fds_open();
	for (i = 0; i < 5; i++) {
		fd[1] = bad[i];
		assert_int_equal(cl_irqs(SET_FDS, VFU_IRQ_MSIX, 0, 2, fd), EINVAL);
		assert_int_equal(fds_open(), were);
		assert_int_equal(cl.server.device.irqs.vector_fd[0], -1);
	}
	fd[1] = good;
	assert_int_equal(cl_irqs(SET_FDS, VFU_IRQ_MSIX, 0, 2, fd), 0);
	assert_int_equal(fds_open(), were + 2);
	assert_true(fcntl(good, F_GETFL) & O_NONBLOCK);
	cl_leave();
	assert_int_equal(fds_open(), were - 2);
	close(good);
	for (i = 0; i < 5; i++)
		if (bad[i] != tr_rig.memory_fd)
			close(bad[i]);
}

/* Given, asked for by the client itself, taken back in part and as a whole. */
static void
interrupts(void **state)
{
	struct {
		struct vfu_irq_set s;
		uint8_t on[2];
	} bools = { { .argsz = sizeof(bools), .index = VFU_IRQ_MSIX, .start = 1, .count = 2,
		.flags = VFU_IRQ_ACTION_TRIGGER | VFU_IRQ_DATA_BOOL }, { 0, 1 } };
	int fd[3], i, other = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	unsigned int were;

	(void)state;
	for (i = 0; i < 3; i++)
		fd[i] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	cl_join();
	were = fds_open();
	assert_int_equal(cl_irqs(SET_FDS, VFU_IRQ_MSIX, 0, 3, fd), 0);
	assert_int_equal(cl_irqs(SET_NONE, VFU_IRQ_MSIX, 1, 1, NULL), 0);
	assert_true(cl_count(fd[0]) == 0 && cl_count(fd[1]) == 1 && cl_count(fd[2]) == 0);
	assert_int_equal(cl_ask(VFU_DEVICE_SET_IRQS, &bools, sizeof(bools.s) + 2, NULL, 0), 0);
	assert_true(cl_count(fd[0]) == 0 && cl_count(fd[1]) == 0 && cl_count(fd[2]) == 1);
	/* Another one in the place of the second, then none there. */
	assert_int_equal(cl_irqs(SET_FDS, VFU_IRQ_MSIX, 1, 1, &other), 0);
	assert_int_equal(cl_irqs(SET_NONE, VFU_IRQ_MSIX, 0, 3, NULL), 0);
	assert_true(cl_count(fd[0]) == 1 && cl_count(fd[1]) == 0 && cl_count(other) == 1);
	assert_int_equal(fds_open(), were + 3);
	assert_int_equal(cl_irqs(SET_FDS, VFU_IRQ_MSIX, 1, 1, NULL), 0);
	assert_int_equal(fds_open(), were + 2);
	assert_int_equal(cl_irqs(SET_FDS, VFU_IRQ_ERR, 0, 1, &other), 0);
	assert_int_equal(cl_irqs(SET_NONE, VFU_IRQ_MSIX, 0, 0, NULL), 0);
	assert_int_equal(fds_open(), were + 1);
	assert_int_equal(cl_irqs(SET_NONE, VFU_IRQ_MSIX, 0, 3, NULL), 0);
	/* Of no kind that there is, nothing is switched off. */
	assert_int_equal(cl_irqs(SET_NONE, VFU_IRQ_REQ, 0, 0, NULL), 0);
	cl_leave();
	for (i = 0; i < 3; i++)
		close(fd[i]);
	close(other);
}

/* ---- memory ---- */

static void
memory(void **state)
{
	int fd = memfd_create("client", MFD_CLOEXEC);
	unsigned int i;

	(void)state;
	assert_int_equal(ftruncate(fd, 8 * (off_t)PAGE), 0);
	cl_join();
	for (i = 0; i < 8; i++)
		assert_int_equal(cl_map(HIGH + i * PAGE, PAGE, i * PAGE, fd), 0);
	assert_int_equal(cl_map(HIGH + PAGE, PAGE, 0, fd), EEXIST);
	assert_int_equal(cl_map(HIGH - PAGE, 2 * PAGE, 0, fd), EEXIST);
	assert_int_equal(cl_map(0, PAGE, 8 * PAGE, fd), EINVAL);
	assert_int_equal(cl_map(0, 0, 0, fd), EINVAL);
	assert_int_equal(cl_map(UINT64_MAX, 2, 0, fd), EINVAL);
	/* Memory that has no file is no error, or there would be no guest. */
	assert_int_equal(cl_map(0, PAGE, 0, -1), 0);
	assert_int_equal(tr_rig.dev->memory.nb, 9);
	/* In part: nothing changes.  What lies in a range goes, be it all of it or nothing. */
	assert_int_equal(cl_unmap(HIGH, PAGE - 1, 0), EINVAL);
	assert_int_equal(cl_unmap(HIGH + 1, PAGE - 1, 0), EINVAL);
	assert_int_equal(cl_unmap(HIGH + 1, 2 * PAGE, 0), EINVAL);
	assert_int_equal(cl_unmap(HIGH - PAGE, PAGE + 1, 0), EINVAL);
	assert_int_equal(cl_unmap(HIGH + 7 * PAGE + 1, UINT64_MAX - HIGH - 7 * PAGE, 0), EINVAL);
	assert_int_equal(cl_unmap(HIGH, 0, 0), EINVAL);
	assert_int_equal(cl_unmap(HIGH, 1, VFU_UNMAP_ALL), EINVAL);
	assert_int_equal(cl_unmap(HIGH, PAGE, VFU_UNMAP_DIRTY_BITMAP), EINVAL);
	assert_int_equal(tr_rig.dev->memory.nb, 9);
	assert_int_equal(cl_unmap(HIGH + PAGE, PAGE, 0), 0);
	assert_int_equal(cl_unmap(HIGH + PAGE, PAGE, 0), 0);
	assert_int_equal(cl_unmap(HIGH - PAGE, PAGE, 0), 0);
	assert_int_equal(cl_unmap(UINT64_MAX, 1, 0), 0);
	assert_int_equal(tr_rig.dev->memory.nb, 8);
	assert_int_equal(cl_unmap(HIGH - PAGE, 5 * PAGE, 0), 0);
	assert_int_equal(tr_rig.dev->memory.nb, 5);
	assert_int_equal(cl_unmap(1, UINT64_MAX, 0), EINVAL);
	assert_int_equal(cl_unmap(0, 0, VFU_UNMAP_ALL), 0);
	assert_int_equal(tr_rig.dev->memory.nb, 0);
	assert_int_equal(cl_unmap(0, UINT64_MAX, 0), 0);
	close(fd);
	cl_leave();
}

/* ---- one after the other ---- */

static void
one_client_at_a_time(void **state)
{
	unsigned int i, were = fds_open();
	int fd = eventfd(0, EFD_CLOEXEC), second;

	(void)state;
	for (i = 0; i < 3; i++) {
		cl_join();
		assert_int_equal(cl_map(GUEST, sizeof(*tr_guest), 0, tr_rig.memory_fd), 0);
		assert_int_equal(cl_irqs(SET_FDS, VFU_IRQ_MSIX, i, 1, &fd), 0);
		assert_int_equal(cl_irqs(SET_FDS, VFU_IRQ_INTX, 0, 1, &fd), 0);
		CL_PUT(device_status, VIRTIO_S_ACKNOWLEDGE);
		cl_write(VFU_REGION_CONFIG, PCI_CFG_COMMAND, PCI_CFG_COMMAND_MASTER, 2);
		second = cl_connect();
		assert_true(cl_is_closed(second));
		close(second);
		cl_leave();
		/* The next one finds a function as after power-on. */
		cl_join();
		assert_int_equal(CL_GET(device_status), 0);
		assert_int_equal(cl_read(VFU_REGION_CONFIG, PCI_CFG_COMMAND, 2), 0);
		cl_leave();
	}
	close(fd);
	assert_int_equal(fds_open(), were);
}

/* A client that has commands under way when the server ends sees an end, not a reset. */
static void
end_with_commands(void **state)
{
	const struct vfu_header reset = {
		.command = VFU_DEVICE_RESET, .size = sizeof(reset), .flags = VFU_TYPE_COMMAND,
	};
	char c;

	(void)state;
	cl_join();
	assert_int_equal(send(cl.sock, &reset, sizeof(reset), 0), sizeof(reset));
	vcryptod_link_fini(&cl.server.link);
	assert_int_equal(recv(cl.sock, &c, 1, MSG_DONTWAIT), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define CLIENT_TEST(f)	cmocka_unit_test_setup_teardown(f, cl_set_up, cl_tear_down)
		CLIENT_TEST(versions),
		CLIENT_TEST(bad_beginnings),
		CLIENT_TEST(device_info),
		CLIENT_TEST(region_info),
		CLIENT_TEST(irq_info),
		CLIENT_TEST(features_offered),
		CLIENT_TEST(refused_accesses),
		CLIENT_TEST(refused_commands),
		CLIENT_TEST(too_many_refusals),
		CLIENT_TEST(without_reply),
		CLIENT_TEST(broken_headers),
		CLIENT_TEST(half_a_message),
		CLIENT_TEST(replies_unread),
		CLIENT_TEST(refused_interrupts),
		CLIENT_TEST(no_eventfds),
		CLIENT_TEST(interrupts),
		CLIENT_TEST(memory),
		CLIENT_TEST(one_client_at_a_time),
		CLIENT_TEST(end_with_commands),
	};

	return cmocka_run_group_tests_name("client", tests, NULL, NULL);
}
