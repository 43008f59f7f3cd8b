/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A client and the server that it talks to; see client_rig.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "client_rig.h"
#include "fds.h"

#define GOOD_TEXT	"{\"capabilities\":{\"max_msg_fds\":8}}"

struct cl_rig cl;

static struct sockaddr_un address;
static socklen_t address_len;

/* ---- the server ---- */

int
cl_set_up(void **state)
{
	int fd;

	memset(&cl, 0, sizeof(cl));
	cl.sock = -1;
	cl.fds_before = fds_open();
	tr_shared = true;
	assert_int_equal(tr_set_up(state), 0);
	tr_be_quiet();
	vcryptod_device_forget(tr_rig.dev);
	tr_rig.dev->connected = false;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	/* A name that the kernel chooses, bound to no file. */
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(sa_family_t)), 0);
	address_len = sizeof(address);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &address_len), 0);
	assert_int_equal(listen(fd, 16), 0);
	assert_int_equal(vcryptod_client_init(&cl.server, tr_rig.dev, fd, CL_FEATURES), 0);
	tr_start();
	return 0;
}

int
cl_tear_down(void **state)
{
	vcryptod_worker_stop(&tr_rig.worker);
	if (cl.sock >= 0)
		close(cl.sock);
	vcryptod_link_fini(&cl.server.link);
	vcryptod_link_fini(&cl.server.link);
	assert_int_equal(tr_rig.dev->memory.nb, 0);
	assert_int_equal(tr_tear_down(state), 0);
	assert_int_equal(fds_open(), cl.fds_before);
	return 0;
}

void
cl_turn(void)
{
	struct pollfd fds[VCRYPTOD_LINK_FDS];
	unsigned int nb = vcryptod_link_fds(&cl.server.link, fds);

	assert_true(poll(fds, nb, 0) >= 0);
	vcryptod_link_handle(&cl.server.link, fds, nb);
}

/* ---- messages ---- */

int
cl_connect(void)
{
	int sock = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(connect(sock, (struct sockaddr *)&address, address_len), 0);
	cl_turn();
	return sock;
}

bool
cl_is_closed(int sock)
{
	char c;

	return recv(sock, &c, 1, MSG_DONTWAIT | MSG_PEEK) == 0;
}

static void
send_command(uint16_t command, uint32_t flags, const void *payload, uint32_t len, const int *fds,
		unsigned int nb)
{
	uint8_t bytes[sizeof(struct vfu_header) + VFU_MAX_PAYLOAD];
	const struct vfu_header hdr = { .id = ++cl.id, .command = command,
		.size = (uint32_t)sizeof(hdr) + len, .flags = VFU_TYPE_COMMAND | flags };

	assert_true(len <= VFU_MAX_PAYLOAD);
	memcpy(bytes, &hdr, sizeof(hdr));
	if (len != 0)
		memcpy(bytes + sizeof(hdr), payload, len);
	assert_int_equal(fds_send(cl.sock, bytes, hdr.size, fds, nb), hdr.size);
	cl_turn();
}

void
cl_say(uint16_t command, uint32_t flags, const void *payload, uint32_t len)
{
	send_command(command, flags, payload, len, NULL, 0);
}

/* The server has taken its turn: what there is comes without a wait. */
static void
receive(void *to, size_t len)
{
	size_t got = 0;
	ssize_t n;

	while (got < len) {
		n = recv(cl.sock, (uint8_t *)to + got, len - got, MSG_DONTWAIT);
		assert_true(n > 0);
		got += (size_t)n;
		cl_turn();
	}
}

int
cl_ask(uint16_t command, const void *payload, uint32_t len, const int *fds, unsigned int nb)
{
	struct vfu_header hdr;

	send_command(command, 0, payload, len, fds, nb);
	if (cl_is_closed(cl.sock))
		return CL_CLOSED;
	receive(&hdr, sizeof(hdr));
	assert_int_equal(hdr.id, cl.id);
	assert_int_equal(hdr.command, command);
	assert_int_equal(hdr.flags & VFU_TYPE_MASK, VFU_TYPE_REPLY);
	cl.reply_len = hdr.size - (uint32_t)sizeof(hdr);
	assert_true(cl.reply_len <= sizeof(cl.reply));
	receive(cl.reply, cl.reply_len);
	if ((hdr.flags & VFU_FLAG_ERROR) == 0)
		return 0;
	assert_true(hdr.error > 0 && cl.reply_len == 0);
	return (int)hdr.error;
}

int
cl_version(uint16_t major, uint16_t minor, const char *text)
{
	const struct vfu_version v = { .major = major, .minor = minor };
	uint8_t payload[512];
	size_t len = strlen(text) + 1;

	assert_true(sizeof(v) + len <= sizeof(payload));
	memcpy(payload, &v, sizeof(v));
	memcpy(payload + sizeof(v), text, len);
	return cl_ask(VFU_VERSION, payload, (uint32_t)(sizeof(v) + len), NULL, 0);
}

void
cl_join(void)
{
	cl.sock = cl_connect();
	assert_int_equal(cl_version(VFU_MAJOR, VFU_MINOR, GOOD_TEXT), 0);
}

void
cl_leave(void)
{
	close(cl.sock);
	cl.sock = -1;
	cl_turn();
	assert_int_equal(cl.server.link.sock, -1);
	assert_int_equal(tr_rig.dev->memory.nb, 0);
}

int
cl_map(uint64_t addr, uint64_t size, uint64_t offset, int fd)
{
	const struct vfu_dma_map m = { .argsz = sizeof(m), .addr = addr, .size = size,
		.flags = VFU_DMA_READABLE | VFU_DMA_WRITABLE, .offset = offset };

	return cl_ask(VFU_DMA_MAP, &m, sizeof(m), &fd, fd >= 0);
}

int
cl_unmap(uint64_t addr, uint64_t size, uint32_t flags)
{
	const struct vfu_dma_unmap u = { .argsz = sizeof(u), .flags = flags, .addr = addr,
		.size = size };
	int rc = cl_ask(VFU_DMA_UNMAP, &u, sizeof(u), NULL, 0);

	if (rc == 0) {
		assert_int_equal(cl.reply_len, sizeof(u));
		assert_memory_equal(cl.reply, &u, sizeof(u));
	}
	return rc;
}

int
cl_irqs(uint32_t flags, uint32_t index, uint32_t start, uint32_t count, const int *fds)
{
	const struct vfu_irq_set s = { .argsz = sizeof(s), .flags = flags, .index = index,
		.start = start, .count = count };

	return cl_ask(VFU_DEVICE_SET_IRQS, &s, sizeof(s), fds, fds != NULL ? count : 0);
}

/* ---- registers ---- */

uint64_t
cl_read(uint32_t region, uint64_t offset, uint32_t width)
{
	const struct vfu_region_access a = { .offset = offset, .region = region, .count = width };
	le64 value = { 0 };

	assert_int_equal(cl_ask(VFU_REGION_READ, &a, sizeof(a), NULL, 0), 0);
	assert_int_equal(cl.reply_len, sizeof(a) + width);
	assert_memory_equal(cl.reply, &a, sizeof(a));
	memcpy(&value, cl.reply + sizeof(a), width);
	return le64_to_cpu(value);
}

void
cl_write(uint32_t region, uint64_t offset, uint64_t value, uint32_t width)
{
	struct {
		struct vfu_region_access a;
		le64 value;
	} w = { { .offset = offset, .region = region, .count = width }, cpu_to_le64(value) };

	assert_int_equal(cl_ask(VFU_REGION_WRITE, &w, (uint32_t)sizeof(w.a) + width, NULL, 0), 0);
	assert_int_equal(cl.reply_len, sizeof(w.a));
	assert_memory_equal(cl.reply, &w.a, sizeof(w.a));
}

/* Where a capability's message control is, found as a driver finds it. */
static uint64_t
msix_control(void)
{
	uint64_t at = cl_read(VFU_REGION_CONFIG, PCI_CFG_CAP_PTR, 1);

	while (cl_read(VFU_REGION_CONFIG, at, 1) != PCI_CAP_MSIX) {
		at = cl_read(VFU_REGION_CONFIG, at + 1, 1);
		assert_int_not_equal(at, 0);
	}
	return at + offsetof(struct pci_msix_cap, control);
}

void
cl_msix(bool on)
{
	cl_write(VFU_REGION_CONFIG, msix_control(), on ? PCI_MSIX_ENABLE : 0, 2);
}

/* ---- the driver ---- */

void
cl_agree(uint64_t features)
{
	CL_PUT(device_status, VIRTIO_S_ACKNOWLEDGE | VIRTIO_S_DRIVER);
	CL_PUT(driver_feature_select, 0);
	CL_PUT(driver_feature, features & UINT32_MAX);
	CL_PUT(driver_feature_select, 1);
	CL_PUT(driver_feature, features >> 32);
	CL_PUT(device_status, VIRTIO_S_ACKNOWLEDGE | VIRTIO_S_DRIVER | VIRTIO_S_FEATURES_OK);
	assert_true(CL_GET(device_status) & VIRTIO_S_FEATURES_OK);
	/* Not through the control queue: test_driver in other suites does that. */
	assert_int_equal(vcryptod_model_create(&tr_rig.dev->model, &tr_rig.rsa, &fx_rsa),
			VIRTIO_CRYPTO_OK);
	assert_int_equal(vcryptod_model_create(&tr_rig.dev->model, &tr_rig.cbc, &tr_cbc),
			VIRTIO_CRYPTO_OK);
}

static void
put_address(uint64_t offset, const void *p)
{
	uint64_t addr = tr_address(p);

	cl_write(VFU_REGION_BAR0, offset, addr & UINT32_MAX, 4);
	cl_write(VFU_REGION_BAR0, offset + 4, addr >> 32, 4);
}

void
cl_enable(unsigned int q)
{
	CL_PUT(queue_select, q);
	CL_PUT(queue_size, SIZE);
	CL_PUT(queue_msix_vector, q);
	assert_int_equal(CL_GET(queue_msix_vector), q);
	put_address(CL_COMMON(queue_desc), tr_guest->q[q].desc);
	put_address(CL_COMMON(queue_driver), tr_guest->q[q].avail);
	put_address(CL_COMMON(queue_device), tr_guest->q[q].used);
	CL_PUT(queue_enable, 1);
	assert_int_equal(CL_GET(queue_enable), 1);
}

void
cl_driver_ok(void)
{
	CL_PUT(device_status, CL_GET(device_status) | VIRTIO_S_DRIVER_OK);
}

void
cl_bring_up(uint64_t features)
{
	unsigned int q;

	if (tr_rig.dev->memory.nb == 0)
		assert_int_equal(cl_map(GUEST, sizeof(*tr_guest), 0, tr_rig.memory_fd), 0);
	cl_agree(features);
	CL_PUT(config_msix_vector, CL_VECTORS - 1);
	for (q = 0; q <= QUEUES; q++) {
		cl_clear_ring(q);
		cl_enable(q);
	}
	cl_driver_ok();
	assert_int_equal(CL_GET(device_status), VIRTIO_S_ACKNOWLEDGE | VIRTIO_S_DRIVER |
			VIRTIO_S_FEATURES_OK | VIRTIO_S_DRIVER_OK);
}

void
cl_clear_ring(unsigned int q)
{
	memset(&tr_guest->q[q], 0, sizeof(tr_guest->q[q]));
	tr_rig.offered[q] = 0;
}

void
cl_notify(unsigned int q)
{
	cl_write(VFU_REGION_BAR0, VCRYPTOD_PCI_NOTIFY + q * VCRYPTOD_PCI_NOTIFY_STEP, q,
			VIRTIO_PCI_NOTIFY_LEN);
}

/* ---- interrupts ---- */

uint64_t
cl_count(int fd)
{
	uint64_t n = 0;

	return read(fd, &n, sizeof(n)) == sizeof(n) ? n : 0;
}

bool
cl_is_told(int fd)
{
	unsigned int ms;

	for (ms = 0; ms < FX_WAIT_MS; ms++) {
		cl_turn();
		if (cl_count(fd) != 0)
			return true;
		usleep(1000);
	}
	return false;
}
