/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Owns the connection to the back end: opening it, agreeing on protocol features,
 * sending messages, and the log lines for what fails.  Calls vhu_socket and
 * lib/vhost_user; knows no rings and no memory.
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

/* Bound of one message and its answer: a back end with one core to share with many
 * may take a second; one that is silent for longer hangs.
 */
#define MESSAGE_TIMEOUT_MS	5000
/* Connections tried when the back end drops one in the handshake: its listener may
 * be one that is going away.
 */
#define OPEN_TRIES		3
#define OPEN_PAUSE_MS		100
/* How long a back end may take to hang up after we did. */
#define HANG_UP_TIMEOUT_MS	2000
#define HANG_UP_POLL_MS		100

/* What is asked of GET_CONFIG, and what answers it, for the status word alone: all of
 * the configuration, since back ends exist that serve nothing less.
 */
#define PROBE_CONFIG_SIZE \
	(sizeof(struct vhu_config_header) + sizeof(struct virtio_crypto_config))

#define WANTED_PROTO \
	(VHU_PROTO_F_MQ | VHU_PROTO_F_REPLY_ACK | VHU_PROTO_F_CONFIG | \
	 VHU_PROTO_F_CRYPTO_SESSION | VHU_PROTO_F_STATUS | VHU_PROTO_F_RESET_DEVICE | \
	 VHU_PROTO_F_CONFIGURE_MEM_SLOTS)

/* Read by other threads (vcrypto_vhu_link_gone), hence a single store. */
static void
set_broken(struct vcrypto_vhu_link *l, bool broken)
{
	__atomic_store_n(&l->conn.broken, broken, __ATOMIC_RELAXED);
}

/* Is this the first to say that the connection is lost, since it was opened? */
static bool
first_to_say(struct vcrypto_vhu_link *l)
{
	return !__atomic_exchange_n(&l->said_lost, true, __ATOMIC_RELAXED);
}

/* A message's error for the caller, logged here; a lost connection once. */
static int
failed(struct vcrypto_vhu_link *l, uint32_t request, int rc)
{
	if (rc == 0)
		return 0;
	if (l->opening)
		l->failed_request = request;
	else if (rc == -EREMOTEIO)
		VCRYPTO_ERR("%s: the back end at path=%s refused %s; its log says why",
			l->args->name, l->args->path, vhu_request_name(request));
	else if (first_to_say(l))
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
	if (first_to_say(l))
		VCRYPTO_ERR("%s: the back end at path=%s is gone; stop the device, start the back "
			"end again, start the device", l->args->name, l->args->path);
	return -ENODEV;
}

/* Take the answer to an open question. */
static int
take_probe(struct vcrypto_vhu_link *l, uint32_t *v)
{
	uint64_t deadline = vhu_deadline(l->conn.timeout_ms), status;
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
		rc = vhu_reply(&l->conn, request, &c, PROBE_CONFIG_SIZE, PROBE_CONFIG_SIZE, NULL,
				deadline);
		memcpy(&word, c.space, sizeof(word));	/* the configuration's first */
		*v = le32_to_cpu(word);
	}
	return rc;
}

/* The answer to an open question comes before any other. */
static int
settle(struct vcrypto_vhu_link *l)
{
	uint32_t v;

	return l->probing != 0 ? take_probe(l, &v) : 0;
}

int
vcrypto_vhu_link_command(struct vcrypto_vhu_link *l, const struct vhu_out *out)
{
	int rc = settle(l);

	if (rc == 0)
		rc = vhu_command(&l->conn, out);
	return failed(l, out->request, rc);
}

int
vcrypto_vhu_link_call(struct vcrypto_vhu_link *l, const struct vhu_out *out, void *reply,
		size_t len)
{
	int rc = settle(l);

	if (rc == 0)
		rc = vhu_call(&l->conn, out, reply, len, len, NULL);
	return failed(l, out->request, rc);
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

/* What GET_CONFIG's answer is: 0; -ERANGE the back end has nothing to say, be it by
 * an empty answer or, as it was asked for one, by an acknowledgement of failure.
 */
static int
check_config(struct vcrypto_vhu_link *l, const struct vhu_config *c, size_t got, uint32_t size)
{
	uint64_t ack;

	if (got == sizeof(c->hdr) + size && c->hdr.offset == 0 && c->hdr.size == size)
		return 0;
	if (got == 0)
		return -ERANGE;
	memcpy(&ack, c, sizeof(ack));
	if (l->conn.reply_ack && got == sizeof(ack) && ack != 0)
		return -ERANGE;
	set_broken(l, true);
	return -EPROTO;
}

int
vcrypto_vhu_link_config(struct vcrypto_vhu_link *l, uint32_t off, void *buf, uint32_t len)
{
	/* From 0 always: back ends exist that ignore the offset. */
	uint32_t size = off + len;
	struct vhu_config c = { .hdr = { .offset = 0, .size = size } };
	struct vhu_out out = {
		.request = VHU_GET_CONFIG, .payload = &c,
		.size = (uint32_t)sizeof(c.hdr) + size, .may_refuse = true,
	};
	size_t got = 0;
	int rc = settle(l);

	if (rc == 0)
		rc = vhu_call(&l->conn, &out, &c, 0, out.size, &got);
	if (rc == 0)
		rc = check_config(l, &c, got, size);
	if (rc == -ERANGE)
		return rc;
	if (rc == 0)
		memcpy(buf, c.space + off, len);
	return failed(l, VHU_GET_CONFIG, rc);
}

int
vcrypto_vhu_link_barrier(struct vcrypto_vhu_link *l)
{
	uint64_t v;

	return l->conn.reply_ack ? 0 : vcrypto_vhu_link_get_u64(l, VHU_GET_FEATURES, &v);
}

/* The answer to an open question, if it is there; nobody waits for it for ever. */
static uint32_t
answer(struct vcrypto_vhu_link *l, uint32_t *v)
{
	uint32_t request = l->probing;

	if (vhu_readable(&l->conn))
		return failed(l, request, take_probe(l, v)) == 0 ? request : 0;
	if (vhu_deadline(0) >= l->probe_end) {
		(void)failed(l, request, -ETIMEDOUT);
		set_broken(l, true);
	}
	return 0;
}

uint32_t
vcrypto_vhu_link_probe(struct vcrypto_vhu_link *l, uint32_t ask, uint32_t *v)
{
	struct vhu_config_header c = { .size = sizeof(struct virtio_crypto_config) };
	uint8_t body[PROBE_CONFIG_SIZE] = { 0 };
	struct vhu_out out = { .request = ask, .payload = body };

	if (l->conn.broken)
		return 0;
	if (l->probing != 0)
		return answer(l, v);
	if (ask == VHU_GET_CONFIG) {
		memcpy(body, &c, sizeof(c));
		out.size = sizeof(body);
	}
	if (ask != 0 && failed(l, ask, vhu_post(&l->conn, &out,
			vhu_deadline(l->conn.timeout_ms))) == 0) {
		l->probing = ask;
		l->probe_end = vhu_deadline(l->conn.timeout_ms);
	}
	return 0;
}

/* ---- opening ---- */

/* Vrings that the back end says it has. */
static int
ask_queues(struct vcrypto_vhu_link *l)
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
ask_mem_slots(struct vcrypto_vhu_link *l)
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
ask_config(struct vcrypto_vhu_link *l)
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
agree_protocol(struct vcrypto_vhu_link *l)
{
	uint64_t v;
	int rc = vcrypto_vhu_link_get_u64(l, VHU_GET_PROTOCOL_FEATURES, &v);

	if (rc != 0)
		return rc;
	l->proto = v & WANTED_PROTO;
	rc = vcrypto_vhu_link_set_u64(l, VHU_SET_PROTOCOL_FEATURES, l->proto);
	/* In force from the next message on. */
	l->conn.reply_ack = (l->proto & VHU_PROTO_F_REPLY_ACK) != 0;
	return rc;
}

static int
handshake(struct vcrypto_vhu_link *l)
{
	struct vhu_out owner = { .request = VHU_SET_OWNER };
	uint64_t offered;
	int rc = vcrypto_vhu_link_get_u64(l, VHU_GET_FEATURES, &offered);

	if (rc != 0)
		return rc;
	if ((offered & VHU_F_PROTOCOL_FEATURES) == 0) {
		VCRYPTO_ERR("%s: the back end at path=%s has no protocol features, so neither "
			"configuration nor sessions: this is no crypto device", l->args->name,
			l->args->path);
		return -ENOTSUP;
	}
	rc = agree_protocol(l);
	if (rc == 0)
		rc = ask_queues(l);
	if (rc == 0)
		rc = vcrypto_vhu_link_command(l, &owner);
	if (rc == 0)
		rc = ask_mem_slots(l);
	return rc == 0 ? ask_config(l) : rc;
}

/* A connected socket, under the link's number if it has one. */
static int
connect_again(struct vcrypto_vhu_link *l)
{
	int sock, rc;

	if (l->args->server)
		rc = vcrypto_vhu_socket_accept(&sock, l->listener, l->args);
	else
		rc = vcrypto_vhu_socket_connect(&sock, l->args);
	if (rc != 0)
		return rc;
	if (l->conn.sock < 0) {
		l->conn.sock = sock;
	} else {
		/* Other threads may be polling that number: it must stay a socket. */
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
		set_broken(l, false);
		__atomic_store_n(&l->said_lost, false, __ATOMIC_RELAXED);
	}
	return rc;
}

/* The handshake's one line; what has no request was logged where it was found. */
static void
say_handshake(const struct vcrypto_vhu_link *l, int rc)
{
	int why = rc == -ENODEV ? -ECONNRESET : rc == -EIO ? -EREMOTEIO : rc;

	if (l->failed_request != 0)
		VCRYPTO_ERR("%s: no agreement with path=%s: %s: %s; is a vhost-user crypto back "
			"end listening there?", l->args->name, l->args->path,
			vhu_request_name(l->failed_request), vhu_error_text(why));
}

int
vcrypto_vhu_link_reopen(struct vcrypto_vhu_link *l)
{
	uint32_t ms = l->args->timeout_ms;
	useconds_t pause_ms = ms != 0 && ms < OPEN_PAUSE_MS ? ms : OPEN_PAUSE_MS;
	unsigned int tries;
	int rc;

	for (tries = 1; ; tries++) {
		rc = connect_again(l);
		if (rc != 0)
			return rc;
		l->opening = true;
		l->failed_request = 0;
		rc = handshake(l);
		l->opening = false;
		if (rc != -ENODEV || tries == OPEN_TRIES)
			break;
		usleep(pause_ms * 1000);
	}
	if (rc != 0) {
		say_handshake(l, rc);
		set_broken(l, true);
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
	l->conn.sock = -1;
	l->conn.timeout_ms = args->timeout_ms != 0 ? args->timeout_ms : MESSAGE_TIMEOUT_MS;
	if (args->server) {
		rc = vcrypto_vhu_socket_listen(&l->listener, args);
		if (rc != 0)
			return rc;
	}
	rc = vcrypto_vhu_link_reopen(l);
	if (rc != 0)
		vcrypto_vhu_link_destroy(l);
	return rc;
}

/* ---- the end ---- */

void
vcrypto_vhu_link_destroy(struct vcrypto_vhu_link *l)
{
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
	uint32_t ms = l->args->timeout_ms != 0 ? l->args->timeout_ms : HANG_UP_TIMEOUT_MS;
	uint64_t deadline = vhu_deadline(ms);

	set_broken(l, true);
	shutdown(l->conn.sock, SHUT_WR);
	while (!vhu_hung_up(&l->conn) && vhu_deadline(0) < deadline)
		poll(&p, 1, HANG_UP_POLL_MS);
	return vhu_hung_up(&l->conn);
}
