/* SPDX-License-Identifier: BSD-3-Clause
 *
 * One vfio-user connection whose client sends any bytes and descriptors.
 *
 * Input: pieces of a byte stream (some with descriptors) that are put into the socket; each whole
 * message is taken apart and answered.  What is taken lies within its message and does not wrap,
 * no reply is longer than its room, no descriptor is left open; a text of VERSION that was taken
 * is the same when built and parsed again.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fds.h"
#include "fuzz_fds.h"
#include "fuzz_input.h"
#include "vfu_request.h"
#include "vfu_version.h"

#define MAX_CALLS	16u
#define MAX_PIECE	400u

static int null_fd;

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	null_fd = open("/dev/null", O_RDONLY);
	FUZZ_CHECK(null_fd >= 0);
	return 0;
}

/* A plausible message, or one with something wrong, with as many bytes as the input says. */
static void
feed(struct fuzz_input *in, int sock)
{
	uint8_t how = fuzz_u8(in), nb_fds = how & 16 ? fuzz_u8(in) % (VFU_MAX_FDS + 3) : 0, i;
	size_t len = fuzz_u16(in) % MAX_PIECE;
	struct vfu_header hdr = { .id = 3, .command = fuzz_u8(in) % 20,
		.size = (uint32_t)(sizeof(hdr) + len) };
	uint8_t bytes[sizeof(hdr) + MAX_PIECE];
	int fds[VFU_MAX_FDS + 3];

	if (how & 1)
		hdr.flags = fuzz_u8(in);
	if (how & 2)
		hdr.size = fuzz_u32(in) >> (how & 4 ? 18 : 0);
	memcpy(bytes, &hdr, sizeof(hdr));
	fuzz_take(in, bytes + sizeof(hdr), len);
	for (i = 0; i < nb_fds; i++)
		fds[i] = null_fd;
	if (fds_send(sock, bytes, how & 32 ? 1 + len % sizeof(hdr) : sizeof(hdr) + len, fds,
			nb_fds) < 0)
		FUZZ_CHECK(errno == EAGAIN || errno == EPIPE);
	if (how & 64)
		shutdown(sock, SHUT_WR);
}

static void
check_version(struct vfu_outbox *out, const struct vfu_inbox *in, const struct vfu_request *r)
{
	/* Of exactly its bytes, so that a step beyond them is seen. */
	char *copy = (char *)fuzz_copy((const uint8_t *)r->u.version.text, r->u.version.len);
	char text[VFU_VERSION_TEXT];
	struct vfu_caps caps, again;
	size_t len;

	if (vfu_version_parse(&caps, copy, r->u.version.len) != 0) {
		vfu_outbox_refuse(out, &in->hdr, EPROTO);
	} else {
		caps.twin_socket = false;
		len = vfu_version_build(text, sizeof(text), &caps);
		FUZZ_CHECK(len != 0 && vfu_version_parse(&again, text, len) == 0);
		FUZZ_CHECK(again.max_msg_fds == caps.max_msg_fds &&
				again.max_data_xfer_size == caps.max_data_xfer_size &&
				again.max_dma_maps == caps.max_dma_maps &&
				again.pgsizes == caps.pgsizes &&
				again.write_multiple == caps.write_multiple);
		vfu_reply_version(out, &in->hdr, 1, text, len);
	}
	free(copy);
}

static void
check_bytes(const struct vfu_inbox *in, const uint8_t *p, uint32_t count)
{
	const uint8_t *end = in->payload + vfu_inbox_len(in);

	FUZZ_CHECK(p >= in->payload && p <= end && count <= (size_t)(end - p));
}

static void
check_irqs(const struct vfu_inbox *in, const struct vfu_irq_change *c)
{
	FUZZ_CHECK(c->index < VFU_NB_IRQS && c->count <= UINT32_MAX - c->start);
	FUZZ_CHECK(!c->has_fds || c->count == in->nb_fds);
	FUZZ_CHECK((c->bools != NULL) == (c->data == VFU_IRQ_DATA_BOOL));
	if (c->bools != NULL)
		check_bytes(in, c->bools, c->count);
}

static void
check_access(struct vfu_outbox *out, const struct vfu_inbox *in, const struct vfu_request *r)
{
	const struct vfu_access *a = &r->u.access;

	FUZZ_CHECK(a->region < VFU_NB_REGIONS && a->count <= VFU_MAX_DATA);
	FUZZ_CHECK(a->count <= UINT64_MAX - a->offset);
	if (r->command == VFU_REGION_WRITE) {
		check_bytes(in, a->data, a->count);
		vfu_reply_echo(out, in);
	} else {
		memset(vfu_reply_read(out, &in->hdr, r), 0x5a, a->count);
	}
}

static void
answer(struct vfu_outbox *out, const struct vfu_inbox *in, const struct vfu_request *r)
{
	switch (r->command) {
	case VFU_VERSION:
		check_version(out, in, r);
		break;
	case VFU_DMA_MAP:
		FUZZ_CHECK(r->u.map.size != 0 && r->u.map.size - 1 <= UINT64_MAX - r->u.map.addr);
		FUZZ_CHECK(in->nb_fds == r->u.map.has_fd);
		vfu_reply_empty(out, &in->hdr);
		break;
	case VFU_DMA_UNMAP:
		FUZZ_CHECK(r->u.unmap.all == (r->u.unmap.size == 0));
		vfu_reply_echo(out, in);
		break;
	case VFU_DEVICE_GET_INFO:
		vfu_reply_device_info(out, &in->hdr, 3, VFU_NB_REGIONS, VFU_NB_IRQS);
		break;
	case VFU_DEVICE_GET_REGION_INFO:
		FUZZ_CHECK(r->u.index < VFU_NB_REGIONS);
		vfu_reply_region_info(out, &in->hdr, r->u.index, 3, 0x4000);
		break;
	case VFU_DEVICE_GET_IRQ_INFO:
		FUZZ_CHECK(r->u.index < VFU_NB_IRQS);
		vfu_reply_irq_info(out, &in->hdr, r->u.index, 9, 3);
		break;
	case VFU_DEVICE_SET_IRQS:
		check_irqs(in, &r->u.irqs);
		vfu_reply_empty(out, &in->hdr);
		break;
	case VFU_REGION_READ:
	case VFU_REGION_WRITE:
		check_access(out, in, r);
		break;
	default:
		FUZZ_CHECK(r->command == VFU_DEVICE_RESET);
		vfu_reply_empty(out, &in->hdr);
		break;
	}
}

/* One message; false where the connection would end. */
static bool
serve(struct vfu_inbox *in, struct vfu_outbox *out, int sock)
{
	struct vfu_request r;
	const char *why = NULL;
	int rc = vfu_inbox_receive(in, sock);

	FUZZ_CHECK(in->nb_fds <= VFU_MAX_FDS && in->got <= sizeof(in->hdr) + VFU_MAX_PAYLOAD);
	if (rc != 0)
		return rc == -EAGAIN;
	(void)vfu_command_name(in->hdr.command);
	rc = vfu_request_parse(&r, in, &why);
	if (rc != 0) {
		FUZZ_CHECK(why != NULL && (rc == -EINVAL || rc == -EOPNOTSUPP));
		vfu_outbox_refuse(out, &in->hdr, (uint32_t)-rc);
	} else {
		answer(out, in, &r);
	}
	FUZZ_CHECK(out->hdr.id == in->hdr.id && out->len <= sizeof(out->hdr) + VFU_MAX_PAYLOAD);
	if (in->nb_fds != 0 && (in->hdr.id & 1) != 0)
		FUZZ_CHECK(close(vfu_inbox_take_fd(in, in->nb_fds - 1)) == 0);
	vfu_inbox_clear(in);
	rc = vfu_outbox_send(out, sock);
	FUZZ_CHECK(rc <= 0);
	return rc == 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct vfu_inbox inbox;
	static struct vfu_outbox outbox;
	struct fuzz_input in = { data, size };
	unsigned int calls = 0, open_fds = fuzz_fds_open();
	uint8_t bytes[4096];
	bool goes_on = true;
	int pair[2];

	FUZZ_CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair) == 0);
	while (in.left > 0 && calls++ < MAX_CALLS && goes_on) {
		feed(&in, pair[1]);
		goes_on = serve(&inbox, &outbox, pair[0]);
		while (recv(pair[1], bytes, sizeof(bytes), MSG_DONTWAIT) > 0)
			;
	}
	vfu_inbox_clear(&inbox);
	memset(&outbox, 0, sizeof(outbox));
	close(pair[0]);
	close(pair[1]);
	FUZZ_CHECK(fuzz_fds_open() == open_fds);
	return 0;
}
