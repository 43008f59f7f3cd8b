/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Owns the exchange of vhost-user messages: what a reply must look like, and the
 * error if it does not.  vhu_io.c moves the bytes.
 */
#include <errno.h>
#include <poll.h>
#include <string.h>

#include "vhu.h"

bool
vhu_readable(const struct vhu_conn *c)
{
	struct pollfd p = { .fd = c->sock, .events = POLLIN };

	return poll(&p, 1, 0) > 0;
}

bool
vhu_sock_hung_up(int sock)
{
	struct pollfd p = { .fd = sock, .events = POLLRDHUP };

	return poll(&p, 1, 0) > 0 && (p.revents & (POLLRDHUP | POLLHUP | POLLERR | POLLNVAL)) != 0;
}

bool
vhu_hung_up(const struct vhu_conn *c)
{
	return vhu_sock_hung_up(c->sock);
}

bool
vhu_gone(const struct vhu_conn *c)
{
	return __atomic_load_n(&c->broken, __ATOMIC_RELAXED) || vhu_hung_up(c);
}

uint64_t
vhu_conn_deadline(const struct vhu_conn *c)
{
	uint64_t deadline = vhu_deadline(c->timeout_ms);

	return c->end != 0 && c->end < deadline ? c->end : deadline;
}

/* Read by vhu_gone from other threads, hence a single store. */
static int
vhu_note_error(struct vhu_conn *c, int rc)
{
	if (rc != 0 && rc != -EREMOTEIO && rc != -EINVAL)
		__atomic_store_n(&c->broken, true, __ATOMIC_RELAXED);
	return rc;
}

static int
vhu_send_request(struct vhu_conn *c, const struct vhu_out *out, bool ack, uint64_t deadline)
{
	struct vhu_header hdr = {
		.request = out->request,
		.flags = VHU_VERSION | (ack && c->reply_ack ? VHU_FLAG_NEED_REPLY : 0),
		.size = out->size,
	};

	if (c->broken)
		return -ECONNRESET;
	/* Past the end nothing begins, however fast the other side may be now. */
	if (vhu_deadline(0) >= deadline)
		return vhu_note_error(c, -ETIMEDOUT);
	return vhu_note_error(c, vhu_send(c->sock, &hdr, out->payload, out->fds, out->nb_fds,
			deadline));
}

int
vhu_post(struct vhu_conn *c, const struct vhu_out *out, uint64_t deadline)
{
	return vhu_send_request(c, out, out->may_refuse, deadline);
}

/* What came instead of a reply: is it the acknowledgment of a failure? */
static int
vhu_is_refusal(const struct vhu_conn *c, const struct vhu_header *hdr, const void *payload)
{
	uint64_t ack;

	if (!c->reply_ack || hdr->size != sizeof(ack))
		return -EPROTO;
	memcpy(&ack, payload, sizeof(ack));
	return ack != 0 ? -EREMOTEIO : -EPROTO;
}

/* What a whole message must be to answer request. */
static int
vhu_check_reply(struct vhu_conn *c, uint32_t request, const struct vhu_header *hdr,
		const void *payload, size_t min, size_t max)
{
	/* Nothing else may be answered meanwhile, so a wrong number is no late reply. */
	if (hdr->request != request || hdr->flags != (VHU_VERSION | VHU_FLAG_REPLY))
		return -EPROTO;
	if (hdr->size < min || hdr->size > max)
		return vhu_is_refusal(c, hdr, payload);
	return 0;
}

int
vhu_reply(struct vhu_conn *c, uint32_t request, void *reply, size_t min, size_t max,
		size_t *len, uint64_t deadline)
{
	/* Room for an acknowledgment where a shorter reply is expected. */
	uint8_t buf[VHU_MAX_PAYLOAD];
	unsigned int nb_fds = 0;
	struct vhu_header hdr;
	int rc;

	if (max > sizeof(buf) || min > max || (len == NULL && min != max))
		return -EINVAL;
	if (c->broken)
		return -ECONNRESET;
	rc = vhu_recv(c->sock, &hdr, buf, sizeof(buf), NULL, &nb_fds, deadline);
	if (rc == 0)
		rc = vhu_check_reply(c, request, &hdr, buf, min, max);
	if (rc == 0 && hdr.size != 0)
		memcpy(reply, buf, hdr.size);
	if (rc == 0 && len != NULL)
		*len = hdr.size;
	/* Session messages come back with their keys. */
	explicit_bzero(buf, sizeof(buf));
	return vhu_note_error(c, rc);
}

int
vhu_call(struct vhu_conn *c, const struct vhu_out *out, void *reply, size_t min, size_t max,
		size_t *len)
{
	uint64_t deadline = vhu_conn_deadline(c);
	int rc = vhu_post(c, out, deadline);

	if (rc != 0)
		return rc;
	return vhu_reply(c, out->request, reply, min, max, len, deadline);
}

int
vhu_command(struct vhu_conn *c, const struct vhu_out *out)
{
	uint64_t deadline = vhu_conn_deadline(c), ack;
	int rc = vhu_send_request(c, out, true, deadline);

	if (rc != 0 || !c->reply_ack)
		return rc;
	rc = vhu_reply(c, out->request, &ack, sizeof(ack), sizeof(ack), NULL, deadline);
	if (rc != 0)
		return rc;
	return ack == 0 ? 0 : -EREMOTEIO;
}
