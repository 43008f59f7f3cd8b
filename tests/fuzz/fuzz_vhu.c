/* SPDX-License-Identifier: BSD-3-Clause
 *
 * One vhost-user connection whose other side sends any bytes and descriptors.
 *
 * Input: calls that receive or exchange a message, after pieces of a byte stream (some
 * with descriptors) were put into the socket.  No call takes more than it has room for,
 * and no descriptor is left open.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fds.h"
#include "fuzz_fds.h"
#include "fuzz_input.h"
#include "vhu.h"

#define MAX_CALLS	16u
#define MAX_PIECE	1400u
#define MS		1u	/* until a peer that says nothing is given up */

static int peer, null_fd;

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	null_fd = open("/dev/null", O_RDONLY);
	FUZZ_CHECK(null_fd >= 0);
	return 0;
}

/* What the other side sends: a plausible header or none, bytes, descriptors. */
static void
feed(struct fuzz_input *in, uint32_t request)
{
	uint8_t how = fuzz_u8(in), nb_fds = how & 16 ? fuzz_u8(in) % (VHU_MAX_FDS + 3) : 0, i;
	struct vhu_header hdr = { request, VHU_VERSION | VHU_FLAG_REPLY, fuzz_u16(in) % 1200 };
	uint8_t bytes[sizeof(hdr) + MAX_PIECE];
	size_t len = hdr.size;
	int fds[VHU_MAX_FDS + 3];

	if (how & 1)
		hdr.request = fuzz_u8(in);
	if (how & 2)
		hdr.flags = fuzz_u8(in);
	if (how & 4)
		hdr.size = fuzz_u32(in);
	if (how & 8)
		len = len > 4 ? len - 4 : 0;
	memcpy(bytes, &hdr, sizeof(hdr));
	fuzz_take(in, bytes + sizeof(hdr), len);
	for (i = 0; i < nb_fds; i++)
		fds[i] = null_fd;
	if (fds_send(peer, bytes, how & 32 ? 1 + len % sizeof(hdr) : sizeof(hdr) + len, fds,
			nb_fds) < 0)
		FUZZ_CHECK(errno == EAGAIN || errno == EPIPE);
	if (how & 64)
		shutdown(peer, SHUT_WR);
}

static void
drain_peer(void)
{
	uint8_t bytes[4096];

	while (recv(peer, bytes, sizeof(bytes), MSG_DONTWAIT) > 0)
		;
}

static void
receive(struct vhu_conn *c, struct fuzz_input *in)
{
	unsigned int nb_fds = fuzz_u8(in) % (VHU_MAX_FDS + 1), room = nb_fds, i;
	size_t size = fuzz_u16(in) % 1100;
	uint8_t *payload = malloc(size + 1);
	int fd[VHU_MAX_FDS];
	struct vhu_header hdr;
	int rc;

	rc = vhu_recv(c->sock, &hdr, payload, size, fd, &nb_fds, vhu_deadline(MS));
	FUZZ_CHECK(rc <= 0);
	FUZZ_CHECK(rc == 0 ? nb_fds <= room && hdr.size <= size : nb_fds == 0);
	for (i = 0; i < nb_fds; i++)
		FUZZ_CHECK(close(fd[i]) == 0);
	free(payload);
}

static void
exchange(struct vhu_conn *c, struct fuzz_input *in, uint32_t request)
{
	uint8_t how = fuzz_u8(in), payload[64] = { 0 };
	size_t max = fuzz_u16(in) % 1072, min = how & 1 ? max : max / 2, len = 0;
	struct vhu_out out = { request, how & 63, payload, &null_fd, how >> 6 & 1,
		(how & 2) != 0 };
	uint8_t *reply = malloc(max + 1);
	int rc;

	if (how & 4)
		rc = vhu_command(c, &out);
	else
		rc = vhu_call(c, &out, reply, min, max, &len);
	FUZZ_CHECK(rc <= 0);
	FUZZ_CHECK(rc != 0 || (how & 4) != 0 || (len >= min && len <= max));
	(void)vhu_gone(c);
	(void)vhu_readable(c);
	(void)vhu_request_name(request);
	FUZZ_CHECK(vhu_error_text(rc) != NULL);
	free(reply);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = { data, size };
	struct vhu_conn c = { .timeout_ms = MS };
	unsigned int calls = 0;
	unsigned int open_fds = fuzz_fds_open();
	int pair[2];
	uint8_t how = fuzz_u8(&in), op;

	FUZZ_CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair) == 0);
	c.sock = pair[0];
	peer = pair[1];
	c.reply_ack = how & 1;
	while (in.left > 0 && calls++ < MAX_CALLS && !c.broken) {
		op = fuzz_u8(&in);
		feed(&in, op & 63);
		if (op & 64)
			receive(&c, &in);
		else
			exchange(&c, &in, op & 63);
		drain_peer();
	}
	close(pair[0]);
	close(pair[1]);
	FUZZ_CHECK(fuzz_fds_open() == open_fds);
	return 0;
}
