/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Owns the connection to the back end: opening it, negotiating protocol features, sending
 * messages, and the log lines of failures.  Calls vhu_socket and lib/vhost_user.  Must
 * not depend on rings or shared memory.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/wire/virtio_crypto.h"
#include "device/vcrypto_log.h"
#include "transport/vhost_user/vhu_link.h"
#include "transport/vhost_user/vhu_socket.h"

/* Bound of one message and its answer: a back end on a busy core may take a second; one
 * that is silent for much longer hangs.
 */
#define LINK_MESSAGE_TIMEOUT_MS	5000
/* Connections tried if the back end closes one in the handshake: it may be ending, with a
 * new back end about to listen.
 */
#define LINK_OPEN_TRIES		3
#define LINK_OPEN_PAUSE_MS	100
/* How long a back end may take to close its side after this one was shut down. */
#define LINK_HANG_UP_TIMEOUT_MS	2000
#define LINK_HANG_UP_POLL_MS		100

/* Size of a GET_CONFIG probe and of its answer: although the status word alone is needed,
 * it asks for the whole configuration, since some back ends serve nothing less.
 */
#define LINK_PROBE_SIZE \
	(sizeof(struct vhu_config_header) + sizeof(struct virtio_crypto_config))

#define LINK_PROTO_FEATURES \
	(VHU_PROTO_F_MQ | VHU_PROTO_F_REPLY_ACK | VHU_PROTO_F_CONFIG | \
	 VHU_PROTO_F_CRYPTO_SESSION | VHU_PROTO_F_STATUS | VHU_PROTO_F_RESET_DEVICE | \
	 VHU_PROTO_F_CONFIGURE_MEM_SLOTS | VHU_PROTO_F_BACKEND_REQ)

/* Other threads read it without the lock (vcrypto_vhu_link_gone), hence the atomic store. */
static void
link_set_broken(struct vcrypto_vhu_link *l, bool broken)
{
	__atomic_store_n(&l->conn.broken, broken, __ATOMIC_RELAXED);
}

/* True for the first caller since the connection was opened: it logs the loss. */
static bool
link_first_to_log(struct vcrypto_vhu_link *l)
{
	return !__atomic_exchange_n(&l->logged_lost, true, __ATOMIC_RELAXED);
}

/* Logs the error of a message, that of a failed link once, and returns it as vhu_link.h
 * defines it.
 */
static int
link_error(struct vcrypto_vhu_link *l, uint32_t request, int rc)
{
	if (rc == 0)
		return 0;
	if (l->opening)
		l->failed_request = request;
	else if (rc == -EREMOTEIO)
		VCRYPTO_ERR("%s: the back end at path=%s refused %s; its log says why",
			l->args->name, l->args->path, vhu_request_name(request));
	else if (link_first_to_log(l))
		VCRYPTO_ERR("%s: %s to path=%s: %s; stop the device, see to the back end, start "
			"the device", l->args->name, vhu_request_name(request), l->args->path,
			vhu_error_text(rc));
	switch (rc) {
	case -ECONNRESET:
		return -ENODEV;
	case -EREMOTEIO:
		return -EIO;
	default:
		return rc;
	}
}

int
vcrypto_vhu_link_lost(struct vcrypto_vhu_link *l)
{
	if (link_first_to_log(l))
		VCRYPTO_ERR("%s: the back end at path=%s is gone; stop the device, start the back "
			"end again, start the device", l->args->name, l->args->path);
	return -ENODEV;
}

/* Reads the answer to the open probe. */
static int
link_take_answer(struct vcrypto_vhu_link *l, uint32_t *v)
{
	uint64_t deadline = vhu_conn_deadline(&l->conn), status;
	uint32_t request = l->probing;
	struct vhu_config c;
	le32 word;
	int rc;

	l->probing = 0;
	if (request == VHU_GET_STATUS) {
		rc = vhu_reply(&l->conn, request, &status, sizeof(status), sizeof(status), NULL,
				deadline);
		*v = (uint8_t)status;
	} else {
		rc = vhu_reply(&l->conn, request, &c, LINK_PROBE_SIZE, LINK_PROBE_SIZE, NULL,
				deadline);
		memcpy(&word, c.space, sizeof(word));	/* status is the first field */
		*v = le32_to_cpu(word);
	}
	return rc;
}

/* Reads the answer to an open probe, if there is one: it precedes the reply to the next
 * message.
 */
static int
link_finish_probe(struct vcrypto_vhu_link *l)
{
	uint32_t v;

	return l->probing != 0 ? link_take_answer(l, &v) : 0;
}

int
vcrypto_vhu_link_command(struct vcrypto_vhu_link *l, const struct vhu_out *out)
{
	int rc = link_finish_probe(l);

	if (rc == 0)
		rc = vhu_command(&l->conn, out);
	return link_error(l, out->request, rc);
}

int
vcrypto_vhu_link_call(struct vcrypto_vhu_link *l, const struct vhu_out *out, void *reply,
		size_t len)
{
	int rc = link_finish_probe(l);

	if (rc == 0)
		rc = vhu_call(&l->conn, out, reply, len, len, NULL);
	return link_error(l, out->request, rc);
}

int
vcrypto_vhu_link_set_u64(struct vcrypto_vhu_link *l, uint32_t request, uint64_t v)
{
	struct vhu_out out = { .request = request, .payload = &v, .size = sizeof(v) };

	return vcrypto_vhu_link_command(l, &out);
}

int
vcrypto_vhu_link_get_u64(struct vcrypto_vhu_link *l, uint32_t request, uint64_t *v)
{
	struct vhu_out out = { .request = request };

	return vcrypto_vhu_link_call(l, &out, v, sizeof(*v));
}

int
vcrypto_vhu_link_set_vring(struct vcrypto_vhu_link *l, uint32_t request, uint32_t index,
		uint32_t num)
{
	struct vhu_vring_state s = { .index = index, .num = num };
	struct vhu_out out = { .request = request, .payload = &s, .size = sizeof(s) };

	return vcrypto_vhu_link_command(l, &out);
}

/* Checks the answer to GET_CONFIG.  0; -ERANGE the back end does not serve these bytes: its
 * answer is empty or, since REPLY_ACK was set, an acknowledgment of failure; -EPROTO
 * anything else, and the link is broken.
 */
static int
link_check_config(struct vcrypto_vhu_link *l, const struct vhu_config *c, size_t got, uint32_t size)
{
	uint64_t ack;

	if (got == sizeof(c->hdr) + size && c->hdr.offset == 0 && c->hdr.size == size)
		return 0;
	if (got == 0)
		return -ERANGE;
	memcpy(&ack, c, sizeof(ack));
	if (l->conn.reply_ack && got == sizeof(ack) && ack != 0)
		return -ERANGE;
	link_set_broken(l, true);
	return -EPROTO;
}

int
vcrypto_vhu_link_config(struct vcrypto_vhu_link *l, uint32_t off, void *buf, uint32_t len)
{
	/* Always from 0: some back ends ignore the offset. */
	uint32_t size = off + len;
	struct vhu_config c = { .hdr = { .offset = 0, .size = size } };
	struct vhu_out out = {
		.request = VHU_GET_CONFIG, .payload = &c,
		.size = (uint32_t)sizeof(c.hdr) + size, .may_refuse = true,
	};
	size_t got = 0;
	int rc = link_finish_probe(l);

	if (rc == 0)
		rc = vhu_call(&l->conn, &out, &c, 0, out.size, &got);
	if (rc == 0)
		rc = link_check_config(l, &c, got, size);
	if (rc == -ERANGE)
		return rc;
	if (rc == 0)
		memcpy(buf, c.space + off, len);
	return link_error(l, VHU_GET_CONFIG, rc);
}

int
vcrypto_vhu_link_barrier(struct vcrypto_vhu_link *l)
{
	uint64_t v;

	return l->conn.reply_ack ? 0 : vcrypto_vhu_link_get_u64(l, VHU_GET_FEATURES, &v);
}

/* Reads the answer to the open probe if it has arrived; breaks the link once the probe's time
 * is over.  Returns the probe's request with its value in *v, or 0.
 */
static uint32_t
link_poll_answer(struct vcrypto_vhu_link *l, uint32_t *v)
{
	uint32_t request = l->probing;

	if (vhu_readable(&l->conn))
		return link_error(l, request, link_take_answer(l, v)) == 0 ? request : 0;
	if (vhu_deadline(0) >= l->probe_end) {
		(void)link_error(l, request, -ETIMEDOUT);
		link_set_broken(l, true);
	}
	return 0;
}

void
vcrypto_vhu_link_begin(struct vcrypto_vhu_link *l, uint32_t extra_ms)
{
	l->conn.end = vhu_deadline(l->conn.timeout_ms) + extra_ms;
}

void
vcrypto_vhu_link_end(struct vcrypto_vhu_link *l)
{
	l->conn.end = 0;
}

uint32_t
vcrypto_vhu_link_probe(struct vcrypto_vhu_link *l, uint32_t ask, uint32_t *v)
{
	struct vhu_config_header c = { .size = sizeof(struct virtio_crypto_config) };
	uint8_t body[LINK_PROBE_SIZE] = { 0 };
	struct vhu_out out = { .request = ask, .payload = body };

	if (l->conn.broken)
		return 0;
	if (l->probing != 0)
		return link_poll_answer(l, v);
	if (ask == VHU_GET_CONFIG) {
		memcpy(body, &c, sizeof(c));
		out.size = sizeof(body);
	}
	if (ask != 0 && link_error(l, ask, vhu_post(&l->conn, &out,
			vhu_deadline(l->conn.timeout_ms))) == 0) {
		l->probing = ask;
		l->probe_end = vhu_deadline(l->conn.timeout_ms);
	}
	return 0;
}

/* ---- opening ---- */

/* Reads the number of vrings that the back end has. */
static int
link_read_queues(struct vcrypto_vhu_link *l)
{
	uint64_t v;
	int rc;

	l->nb_vrings = 0;
	if ((l->proto & VHU_PROTO_F_MQ) == 0)
		return 0;
	rc = vcrypto_vhu_link_get_u64(l, VHU_GET_QUEUE_NUM, &v);
	if (rc != 0)
		return rc;
	if (v == 0) {
		VCRYPTO_ERR("%s: the back end at path=%s says it has no queues", l->args->name,
			l->args->path);
		return -EPROTO;
	}
	l->nb_vrings = v < VHU_MAX_VRINGS ? (uint16_t)v : VHU_MAX_VRINGS;
	return 0;
}

static int
link_read_mem_slots(struct vcrypto_vhu_link *l)
{
	uint64_t v;
	int rc;

	l->mem_slots = VHU_MEM_TABLE_REGIONS;
	if ((l->proto & VHU_PROTO_F_CONFIGURE_MEM_SLOTS) == 0)
		return 0;
	rc = vcrypto_vhu_link_get_u64(l, VHU_GET_MAX_MEM_SLOTS, &v);
	if (rc == 0)
		l->mem_slots = v < UINT32_MAX ? (uint32_t)v : UINT32_MAX;
	return rc;
}

static int
link_read_config(struct vcrypto_vhu_link *l)
{
	struct virtio_crypto_config cfg;
	int rc = -ERANGE;

	if (l->proto & VHU_PROTO_F_CONFIG)
		rc = vcrypto_vhu_link_config(l, 0, &cfg, sizeof(cfg));
	l->has_config = rc == 0;
	l->max_dataqueues = rc == 0 ? le32_to_cpu(cfg.max_dataqueues) : 0;
	return rc == -ERANGE ? 0 : rc;
}

static int
link_agree_protocol(struct vcrypto_vhu_link *l)
{
	uint64_t v;
	int rc = vcrypto_vhu_link_get_u64(l, VHU_GET_PROTOCOL_FEATURES, &v);

	if (rc != 0)
		return rc;
	l->proto = v & LINK_PROTO_FEATURES;
	rc = vcrypto_vhu_link_set_u64(l, VHU_SET_PROTOCOL_FEATURES, l->proto);
	/* Acknowledgements begin with the message after this one. */
	l->conn.reply_ack = (l->proto & VHU_PROTO_F_REPLY_ACK) != 0;
	return rc;
}

static void
link_close_channel(struct vcrypto_vhu_link *l)
{
	if (l->channel >= 0)
		close(l->channel);
	l->channel = -1;
}

/* Gives the back end its end of a channel of its own.  Without one the device is polled. */
static int
link_give_channel(struct vcrypto_vhu_link *l)
{
	int pair[2], rc;
	struct vhu_out out = {
		.request = VHU_SET_BACKEND_REQ_FD, .fds = &pair[1], .nb_fds = 1,
	};

	if ((l->proto & VHU_PROTO_F_BACKEND_REQ) == 0)
		return 0;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) != 0) {
		VCRYPTO_INFO("%s: no channel for the back end's changes (%s): it is polled",
			l->args->name, strerror(errno));
		return 0;
	}
	rc = vcrypto_vhu_link_command(l, &out);
	close(pair[1]);
	l->channel = pair[0];
	if (rc != 0)
		link_close_channel(l);
	return rc == -EIO ? 0 : rc;	/* refused: polled */
}

static int
link_handshake(struct vcrypto_vhu_link *l)
{
	struct vhu_out owner = { .request = VHU_SET_OWNER };
	uint64_t offered;
	int rc = vcrypto_vhu_link_get_u64(l, VHU_GET_FEATURES, &offered);

	if (rc != 0)
		return rc;
	if ((offered & VHU_F_PROTOCOL_FEATURES) == 0) {
		VCRYPTO_ERR("%s: the back end at path=%s has no protocol features, so it can serve "
			"neither configuration nor sessions: it is no crypto device", l->args->name,
			l->args->path);
		return -ENOTSUP;
	}
	rc = link_agree_protocol(l);
	if (rc == 0)
		rc = link_read_queues(l);
	if (rc == 0)
		rc = vcrypto_vhu_link_command(l, &owner);
	if (rc == 0)
		rc = link_read_mem_slots(l);
	if (rc == 0)
		rc = link_read_config(l);
	return rc == 0 ? link_give_channel(l) : rc;
}

/* Connects a new socket, under the link's socket number if it has one. */
static int
link_connect(struct vcrypto_vhu_link *l, bool wait)
{
	int sock, rc;

	if (l->args->server)
		rc = vcrypto_vhu_socket_accept(&sock, l->listener, l->args, wait);
	else
		rc = vcrypto_vhu_socket_connect(&sock, l->args, wait);
	if (rc != 0)
		return rc;
	if (l->conn.sock < 0) {
		l->conn.sock = sock;
	} else {
		/* Other threads may poll that number meanwhile: dup3 replaces it atomically. */
		if (dup3(sock, l->conn.sock, O_CLOEXEC) < 0) {
			rc = -errno;
			VCRYPTO_ERR("%s: cannot take the new connection: %s", l->args->name,
				strerror(-rc));
		}
		close(sock);
	}
	l->conn.reply_ack = false;
	l->probing = 0;
	if (rc == 0) {
		link_set_broken(l, false);
		__atomic_store_n(&l->logged_lost, false, __ATOMIC_RELAXED);
	}
	return rc;
}

/* Logs the one line of a failed handshake; a failure without a request was logged where it
 * was found.
 */
static void
link_log_handshake(const struct vcrypto_vhu_link *l, int rc)
{
	int error = rc == -ENODEV ? -ECONNRESET : rc == -EIO ? -EREMOTEIO : rc;

	/* Closed before a word was said: so does a back end that has a front end already. */
	if (rc == -ENODEV && l->failed_request == VHU_GET_FEATURES)
		VCRYPTO_ERR("%s: no agreement with the back end at path=%s: GET_FEATURES: it "
			"closes the connection at once: perhaps it serves another program, and "
			"takes one at a time; its log says why", l->args->name, l->args->path);
	else if (l->failed_request != 0)
		VCRYPTO_ERR("%s: no agreement with the back end at path=%s: %s: %s; is it a "
			"vhost-user crypto device?", l->args->name, l->args->path,
			vhu_request_name(l->failed_request), vhu_error_text(error));
}

int
vcrypto_vhu_link_reopen(struct vcrypto_vhu_link *l, bool wait)
{
	uint32_t ms = l->args->timeout_ms;
	useconds_t pause_ms = ms != 0 && ms < LINK_OPEN_PAUSE_MS ? ms : LINK_OPEN_PAUSE_MS;
	unsigned int tries;
	int rc;

	for (tries = 1; ; tries++) {
		link_close_channel(l);
		rc = link_connect(l, wait);
		if (rc != 0)
			return rc;
		l->opening = true;
		l->failed_request = 0;
		vcrypto_vhu_link_begin(l, 0);
		rc = link_handshake(l);
		vcrypto_vhu_link_end(l);
		l->opening = false;
		if (rc != -ENODEV || tries == LINK_OPEN_TRIES)
			break;
		usleep(pause_ms * 1000);
	}
	if (rc != 0) {
		link_log_handshake(l, rc);
		link_set_broken(l, true);
	}
	return rc;
}

int
vcrypto_vhu_link_create(struct vcrypto_vhu_link *l, const struct vcrypto_vhu_args *args)
{
	int rc;

	memset(l, 0, sizeof(*l));
	l->args = args;
	l->listener = -1;
	l->channel = -1;
	l->conn.sock = -1;
	l->conn.timeout_ms = args->timeout_ms != 0 ? args->timeout_ms : LINK_MESSAGE_TIMEOUT_MS;
	if (args->server) {
		rc = vcrypto_vhu_socket_listen(&l->listener, args);
		if (rc != 0)
			return rc;
	}
	rc = vcrypto_vhu_link_reopen(l, true);
	if (rc != 0)
		vcrypto_vhu_link_destroy(l);
	return rc;
}

/* ---- closing ---- */

void
vcrypto_vhu_link_destroy(struct vcrypto_vhu_link *l)
{
	link_close_channel(l);
	if (l->conn.sock >= 0)
		close(l->conn.sock);
	if (l->listener >= 0) {
		close(l->listener);
		unlink(l->args->path);
	}
	l->conn.sock = -1;
	l->listener = -1;
}

bool
vcrypto_vhu_link_gone(const struct vcrypto_vhu_link *l)
{
	return vhu_gone(&l->conn);
}

bool
vcrypto_vhu_link_hang_up(struct vcrypto_vhu_link *l)
{
	struct pollfd p = { .fd = l->conn.sock, .events = POLLRDHUP };
	uint32_t ms = l->args->timeout_ms != 0 ? l->args->timeout_ms : LINK_HANG_UP_TIMEOUT_MS;
	uint64_t deadline = vhu_deadline(ms);

	link_set_broken(l, true);
	shutdown(l->conn.sock, SHUT_WR);
	while (!vhu_hung_up(&l->conn) && vhu_deadline(0) < deadline)
		poll(&p, 1, LINK_HANG_UP_POLL_MS);
	return vhu_hung_up(&l->conn);
}
