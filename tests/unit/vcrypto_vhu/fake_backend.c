/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The thread of fake_backend.h: sockets, and messages as a back end takes them.
 * Its lock is held while a message is dealt with, never while one is awaited.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "fake_backend.h"

#define PATIENCE	100000u	/* ms; only what has failed waits so long */

static __thread bool real_time;

struct in {
	struct vhu_header hdr;
	union {
		uint64_t u64;
		struct vhu_vring_state state;
		struct vhu_vring_addr addr;
		struct vhu_mem_table table;
		struct vhu_mem_one one;
		struct vhu_config config;
		struct vhu_session_opcode opcode;
		struct vhu_session_plain plain;
		struct vhu_session_union both;
		uint8_t bytes[VHU_MAX_PAYLOAD];
	} p;
	int fd[VHU_MAX_FDS];
	unsigned int nb_fds;
};

static void
object(struct fake_backend *fb, const char *why)
{
	if (fb->objection == NULL)
		fb->objection = why;
}

static void
close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* ---- what comes in ---- */

static bool
any_enabled(const struct fake_backend *fb)
{
	unsigned int i;

	for (i = 0; i < VHU_MAX_VRINGS; i++)
		if (fb->vring[i].enabled && fb->vring[i].kick_fd >= 0)
			return true;
	return false;
}

static void
drop_region(struct fake_backend *fb, unsigned int i)
{
	close_fd(&fb->region[i].fd);
	fb->region[i] = fb->region[--fb->nb_regions];
}

static void
add_region(struct fake_backend *fb, const struct vhu_mem_region *r, int fd)
{
	unsigned int i;

	for (i = 0; i < fb->nb_regions; i++)
		if (fb->region[i].r.guest_addr < r->guest_addr + r->size &&
				r->guest_addr < fb->region[i].r.guest_addr + fb->region[i].r.size)
			object(fb, "memory regions overlap");
	if (fb->nb_regions == FAKE_MAX_REGIONS || fb->nb_regions == fb->mem_slots) {
		object(fb, "more memory regions than slots");
		close(fd);
		return;
	}
	fb->region[fb->nb_regions++] = (struct fake_region){ *r, fd };
}

static void
set_mem_table(struct fake_backend *fb, struct in *m)
{
	uint32_t i, nb = m->p.table.nb_regions;

	if (any_enabled(fb))
		object(fb, "SET_MEM_TABLE while a ring is enabled");
	if (nb > VHU_MEM_TABLE_REGIONS || nb != m->nb_fds || m->hdr.size !=
			offsetof(struct vhu_mem_table, regions) +
			nb * sizeof(m->p.table.regions[0])) {
		object(fb, "SET_MEM_TABLE: size, regions and descriptors do not agree");
		return;
	}
	while (fb->nb_regions > 0)
		drop_region(fb, 0);
	for (i = 0; i < nb; i++)
		add_region(fb, &m->p.table.regions[i], m->fd[i]);
	m->nb_fds = 0;
}

static void
change_region(struct fake_backend *fb, struct in *m)
{
	bool adds = m->hdr.request == VHU_ADD_MEM_REG;
	unsigned int i;

	if (any_enabled(fb))
		object(fb, "memory changes while a ring is enabled");
	if (m->hdr.size != sizeof(m->p.one) || m->nb_fds != (adds ? 1u : 0u)) {
		object(fb, "ADD_MEM_REG or REM_MEM_REG: size or descriptors");
		return;
	}
	if (adds) {
		add_region(fb, &m->p.one.region, m->fd[0]);
		m->nb_fds = 0;
		return;
	}
	for (i = 0; i < fb->nb_regions; i++) {
		if (fb->region[i].r.guest_addr == m->p.one.region.guest_addr &&
				fb->region[i].r.size == m->p.one.region.size) {
			drop_region(fb, i);
			return;
		}
	}
	object(fb, "REM_MEM_REG of a region that is not there");
}

static bool
mapped(const struct fake_backend *fb, uint64_t addr)
{
	unsigned int i;

	for (i = 0; i < fb->nb_regions; i++)
		if (addr - fb->region[i].r.user_addr < fb->region[i].r.size)
			return true;
	return false;
}

static void
set_vring_addr(struct fake_backend *fb, struct fake_vring *v, const struct vhu_vring_addr *a)
{
	if (!mapped(fb, a->desc) || !mapped(fb, a->used) || !mapped(fb, a->avail))
		object(fb, "SET_VRING_ADDR outside of the memory table");
	if (v->num == 0)
		object(fb, "SET_VRING_ADDR before SET_VRING_NUM");
	v->addr = *a;
	v->has_addr = true;
}

/* A ring may start now: every ring that the front end will ever use must have been
 * named by then, or rte_vhost takes the device for ready too early.
 */
static void
check_start(struct fake_backend *fb)
{
	unsigned int i;

	for (i = 0; i < VHU_MAX_VRINGS; i++)
		if (fb->vring[i].call_fd >= 0 && !fb->vring[i].has_addr)
			object(fb, "a ring is enabled before all are set up");
	if (fb->status & VIRTIO_S_DRIVER_OK)
		return;
	if ((fb->proto_set & VHU_PROTO_F_STATUS) != 0 && (fb->status & VIRTIO_S_FEATURES_OK) == 0)
		object(fb, "a ring is enabled before FEATURES_OK");
}

static void
set_vring_fd(struct fake_backend *fb, struct in *m)
{
	struct fake_vring *v = &fb->vring[m->p.u64 & VHU_VRING_INDEX_MASK];
	bool kick = m->hdr.request == VHU_SET_VRING_KICK;
	int *fd = kick ? &v->kick_fd : &v->call_fd;

	if ((m->p.u64 & ~VHU_VRING_INDEX_MASK) != 0 || m->nb_fds != 1) {
		object(fb, "SET_VRING_KICK or _CALL: flags or descriptors");
		return;
	}
	if (kick && (!v->has_addr || v->call_fd < 0))
		object(fb, "SET_VRING_KICK before address and call descriptor");
	close_fd(fd);
	*fd = m->fd[0];
	m->nb_fds = 0;
}

static void
set_vring(struct fake_backend *fb, const struct in *m)
{
	struct fake_vring *v = &fb->vring[m->p.state.index % VHU_MAX_VRINGS];

	if (m->p.state.index >= fb->nb_vrings)
		object(fb, "a vring that is not there");
	switch (m->hdr.request) {
	case VHU_SET_VRING_NUM:
		v->num = m->p.state.num;
		break;
	case VHU_SET_VRING_BASE:
		v->base = m->p.state.num;
		break;
	default:
		if (v->kick_fd < 0)
			object(fb, "SET_VRING_ENABLE before SET_VRING_KICK");
		if (m->p.state.num != 0)
			check_start(fb);
		v->enabled = m->p.state.num != 0;
		break;
	}
}

static void
stop_vring(struct fake_vring *v)
{
	close_fd(&v->kick_fd);
	close_fd(&v->call_fd);
	v->has_addr = v->enabled = false;
	v->num = 0;
}

/* ---- sessions ---- */

static void
create_session(struct fake_backend *fb, struct in *m)
{
	bool both = fb->layout == FAKE_LAYOUT_UNION;
	int64_t id = fb->session_answer;

	memset(&fb->session, 0, sizeof(fb->session));
	if (fb->layout == FAKE_LAYOUT_OPCODE) {
		fb->session.op_code = m->p.opcode.op_code;
		fb->session.sym = m->p.opcode.sym;
		memcpy(fb->session.cipher_key, m->p.opcode.cipher_key,
			sizeof(m->p.opcode.cipher_key));
		memcpy(fb->session.auth_key, m->p.opcode.auth_key, sizeof(m->p.opcode.auth_key));
	} else if (fb->layout == FAKE_LAYOUT_PLAIN) {
		fb->session.sym = m->p.plain.sym;
		memcpy(fb->session.cipher_key, m->p.plain.cipher_key,
			sizeof(m->p.plain.cipher_key));
		memcpy(fb->session.auth_key, m->p.plain.auth_key, sizeof(m->p.plain.auth_key));
	} else {
		fb->session.op_code = m->p.both.op_code;
		fb->session.sym = m->p.both.u.sym.sym;
		fb->session.asym = m->p.both.u.asym;
		memcpy(fb->session.cipher_key, m->p.both.u.sym.cipher_key,
			sizeof(m->p.both.u.sym.cipher_key));
	}
	/* A message of the other size says nothing in this layout. */
	if (m->hdr.size != (both ? sizeof(m->p.both) : sizeof(m->p.opcode)) && id >= 0)
		id = -VIRTIO_CRYPTO_BADMSG;
	if (both)
		m->p.both.session_id = id;	/* past the end of 632 bytes, and lost */
	else
		m->p.opcode.session_id = id;
}

/* ---- dispatch ---- */

static void
set_status(struct fake_backend *fb, uint8_t status)
{
	unsigned int i;

	if (status == 0) {
		fb->status_looks = 0;
		for (i = 0; i < VHU_MAX_VRINGS; i++)
			if (fb->vring[i].kick_fd >= 0)
				object(fb, "a reset while rings run");
	}
	fb->status = status;
	fb->needs_reset = fb->needs_reset && status != 0;
}

static uint64_t
get_status(struct fake_backend *fb)
{
	fb->status_looks++;
	if (fb->status == 0 && (fb->no_reset || (fb->slow_reset && fb->status_looks < 3)))
		return VIRTIO_S_ACKNOWLEDGE;
	return fb->status | (fb->needs_reset ? VIRTIO_S_NEEDS_RESET : 0);
}

/* Deals with a message; its answer, if it has one of its own, replaces the payload
 * and its size is returned; -1: none.  *ok says what an acknowledgement would.
 */
static int
dispatch(struct fake_backend *fb, struct in *m, bool *ok)
{
	uint32_t size;

	*ok = true;
	switch (m->hdr.request) {
	case VHU_GET_FEATURES:
		m->p.u64 = fb->features;
		return 8;
	case VHU_GET_PROTOCOL_FEATURES:
		m->p.u64 = fb->proto;
		return 8;
	case VHU_GET_QUEUE_NUM:
		m->p.u64 = fb->nb_vrings;
		return 8;
	case VHU_GET_MAX_MEM_SLOTS:
		m->p.u64 = fb->mem_slots;
		return 8;
	case VHU_GET_STATUS:
		m->p.u64 = get_status(fb);
		return 8;
	case VHU_GET_VRING_BASE:
		stop_vring(&fb->vring[m->p.state.index % VHU_MAX_VRINGS]);
		m->p.state.num = 0;
		return 8;
	case VHU_GET_CONFIG:
		size = m->p.config.hdr.size;
		*ok = fb->serves_config;
		if (!fb->serves_config)
			return -1;
		if (size > VHU_CONFIG_SPACE_MAX || m->hdr.size != sizeof(m->p.config.hdr) + size) {
			object(fb, "GET_CONFIG: sizes do not agree");
			return 0;
		}
		memset(m->p.config.space, 0, size);
		memcpy(m->p.config.space, &fb->config,
			size < sizeof(fb->config) ? size : sizeof(fb->config));
		return (int)m->hdr.size;
	case VHU_CREATE_CRYPTO_SESSION:
		create_session(fb, m);
		return (int)m->hdr.size;
	case VHU_CLOSE_CRYPTO_SESSION:
		fb->closed_session = m->p.u64;
		break;
	case VHU_SET_FEATURES:
		*ok = (m->p.u64 & ~fb->features) == 0;
		fb->driver_features = m->p.u64;
		break;
	case VHU_SET_PROTOCOL_FEATURES:
		if ((m->p.u64 & ~fb->proto) != 0)
			object(fb, "protocol features that were not offered");
		fb->proto_set = m->p.u64;
		break;
	case VHU_SET_STATUS:
		set_status(fb, (uint8_t)m->p.u64);
		break;
	case VHU_RESET_DEVICE:
	case VHU_SET_OWNER:
		break;
	case VHU_SET_MEM_TABLE:
		set_mem_table(fb, m);
		break;
	case VHU_ADD_MEM_REG:
	case VHU_REM_MEM_REG:
		change_region(fb, m);
		break;
	case VHU_SET_VRING_ADDR:
		set_vring_addr(fb, &fb->vring[m->p.addr.index % VHU_MAX_VRINGS], &m->p.addr);
		break;
	case VHU_SET_VRING_KICK:
	case VHU_SET_VRING_CALL:
		set_vring_fd(fb, m);
		break;
	case VHU_SET_VRING_NUM:
	case VHU_SET_VRING_BASE:
	case VHU_SET_VRING_ENABLE:
		set_vring(fb, m);
		break;
	default:
		object(fb, "a request that was not expected");
		*ok = false;
		break;
	}
	return -1;
}

/* ---- what goes out ---- */

static void
send_bytes(int sock, const void *buf, size_t len, unsigned int nb_fds)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int) * 64)];
	} box = { .bytes = { 0 } };
	struct iovec iov = { .iov_base = (void *)(uintptr_t)buf, .iov_len = len };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	int fd = STDERR_FILENO;
	unsigned int i;

	if (nb_fds > 0) {
		struct cmsghdr *c;

		msg.msg_control = box.bytes;
		msg.msg_controllen = CMSG_SPACE(sizeof(int) * nb_fds);
		c = CMSG_FIRSTHDR(&msg);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int) * nb_fds);
		for (i = 0; i < nb_fds; i++)
			memcpy(CMSG_DATA(c) + i * sizeof(fd), &fd, sizeof(fd));
	}
	/* The other side may have gone: that is the test's to notice. */
	if (sendmsg(sock, &msg, MSG_NOSIGNAL) < 0)
		return;
}

/* The answer, distorted by act.  False: hang up. */
static bool
reply(int sock, const struct in *m, uint32_t size, enum fake_act act)
{
	struct {
		struct vhu_header hdr;
		uint8_t payload[VHU_MAX_PAYLOAD + 4];
	} out = { .hdr = { m->hdr.request, VHU_VERSION | VHU_FLAG_REPLY, size } };
	size_t len;

	memcpy(out.payload, &m->p, size);
	switch (act) {
	case FAKE_CLOSE:
		return false;
	case FAKE_SILENT:
		return true;
	case FAKE_SHORT:
		out.hdr.size = size >= 4 ? size - 4 : size;
		break;
	case FAKE_LONG:
		out.hdr.size = size + 4;
		break;
	case FAKE_EMPTY:
		out.hdr.size = 0;
		break;
	case FAKE_OTHER_REQUEST:
		out.hdr.request = VHU_SET_LOG_BASE;
		break;
	case FAKE_NO_REPLY_FLAG:
		out.hdr.flags = VHU_VERSION;
		break;
	case FAKE_OTHER_VALUE:
		out.payload[0] ^= 1;
		break;
	case FAKE_BAD_VERSION:
		out.hdr.flags = VHU_FLAG_REPLY | 2;
		break;
	default:
		break;
	}
	len = sizeof(out.hdr) + out.hdr.size;
	if (act == FAKE_HUGE)
		out.hdr.size = UINT32_MAX;
	if (act == FAKE_CLOSE_MID)
		len = sizeof(out.hdr) + size / 2;
	send_bytes(sock, &out, len, act == FAKE_ONE_FD ? 1 : act == FAKE_MANY_FDS ? 60 : 0);
	return act != FAKE_CLOSE_MID;
}

static enum fake_act
act_for(const struct fake_backend *fb, uint32_t request)
{
	if (fb->fault.act == FAKE_OBEY || fb->fault.request != request)
		return FAKE_OBEY;
	if (fb->fault.nth != 0 && fb->fault.nth != fb->count[request % 64])
		return FAKE_OBEY;
	return fb->fault.act;
}

static bool
deal_with(struct fake_backend *fb, struct in *m)
{
	bool asks = (m->hdr.flags & VHU_FLAG_NEED_REPLY) != 0, ok, stay = true;
	enum fake_act act;
	int size;

	if (fb->nb_messages < FAKE_MAX_MESSAGES)
		fb->message[fb->nb_messages] = m->hdr.request;
	fb->nb_messages++;
	fb->count[m->hdr.request % 64]++;
	if (asks && (fb->proto_set & VHU_PROTO_F_REPLY_ACK) == 0)
		object(fb, "NEED_REPLY without REPLY_ACK");
	act = act_for(fb, m->hdr.request);
	if (act == FAKE_CLOSE)
		return false;
	size = dispatch(fb, m, &ok);
	if (act == FAKE_REFUSE) {
		ok = false;
		size = -1;
	}
	if (size >= 0) {
		stay = reply(fb->conn, m, (uint32_t)size, act);
	} else if (asks) {
		m->p.u64 = !ok;
		stay = reply(fb->conn, m, sizeof(m->p.u64), act);
	} else if (!ok) {
		stay = false;
	}
	return stay;
}

/* ---- the thread ---- */

static void
forget_connection(struct fake_backend *fb)
{
	unsigned int i;

	for (i = 0; i < VHU_MAX_VRINGS; i++)
		stop_vring(&fb->vring[i]);
	while (fb->nb_regions > 0)
		drop_region(fb, 0);
	close_fd(&fb->conn);
	fb->proto_set = 0;
	fb->status = 0;
	fb->needs_reset = false;
}

/* Waits for the socket or the end; false at the end. */
static bool
wait_input(struct fake_backend *fb, int fd)
{
	struct pollfd p[2] = {
		{ .fd = fb->stop_fd, .events = POLLIN }, { .fd = fd, .events = POLLIN },
	};

	pthread_mutex_lock(&fb->lock);
	fb->waiting_fd = fd;
	fb->waiting = true;
	pthread_mutex_unlock(&fb->lock);
	while (poll(p, 2, -1) < 0 && errno == EINTR)
		;
	/* Before anything is read: fake_is_silent() looks at both. */
	pthread_mutex_lock(&fb->lock);
	fb->waiting = false;
	pthread_mutex_unlock(&fb->lock);
	return (p[0].revents & POLLIN) == 0;
}

static void
serve(struct fake_backend *fb, int conn)
{
	struct in m;
	bool stay = true;
	unsigned int i;

	while (stay && wait_input(fb, conn)) {
		memset(&m, 0, sizeof(m));
		m.nb_fds = VHU_MAX_FDS;
		if (vhu_recv(conn, &m.hdr, &m.p, sizeof(m.p), m.fd, &m.nb_fds,
				vhu_deadline(PATIENCE)) != 0)
			break;
		pthread_mutex_lock(&fb->lock);
		stay = deal_with(fb, &m);
		for (i = 0; i < m.nb_fds; i++)
			close(m.fd[i]);
		pthread_cond_broadcast(&fb->changed);
		pthread_mutex_unlock(&fb->lock);
	}
	if (fb->lingers)
		wait_input(fb, -1);
}

static int
next_connection(struct fake_backend *fb)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	int fd;

	if (!fb->client)
		return wait_input(fb, fb->listener) ? accept(fb->listener, NULL, NULL) : -1;
	memcpy(un.sun_path, fb->path, sizeof(fb->path));
	for (;;) {
		struct pollfd p = { .fd = fb->stop_fd, .events = POLLIN };

		fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (connect(fd, (struct sockaddr *)&un, sizeof(un)) == 0)
			return fd;
		close(fd);
		if (poll(&p, 1, 5) > 0)
			return -1;
	}
}

static void *
run(void *arg)
{
	struct fake_backend *fb = arg;
	int conn;

	real_time = true;
	while ((conn = next_connection(fb)) >= 0) {
		pthread_mutex_lock(&fb->lock);
		fb->conn = conn;
		fb->nb_connections++;
		pthread_mutex_unlock(&fb->lock);
		serve(fb, conn);
		pthread_mutex_lock(&fb->lock);
		forget_connection(fb);
		pthread_cond_broadcast(&fb->changed);
		pthread_mutex_unlock(&fb->lock);
	}
	return NULL;
}

/* ---- the test's side ---- */

void
fake_init(struct fake_backend *fb)
{
	static unsigned int seq;
	unsigned int i;

	memset(fb, 0, sizeof(*fb));
	snprintf(fb->path, sizeof(fb->path), "%s/vcrypto-fake-%d-%u",
		getenv("TMPDIR") != NULL ? getenv("TMPDIR") : "/tmp", (int)getpid(), seq++);
	fb->features = VIRTIO_F_VERSION_1 | VIRTIO_F_INDIRECT_DESC | VIRTIO_F_EVENT_IDX |
		VIRTIO_F_RING_PACKED | VIRTIO_F_IN_ORDER | VHU_F_PROTOCOL_FEATURES;
	fb->proto = VHU_PROTO_F_MQ | VHU_PROTO_F_REPLY_ACK | VHU_PROTO_F_CRYPTO_SESSION |
		VHU_PROTO_F_CONFIG | VHU_PROTO_F_STATUS | VHU_PROTO_F_RESET_DEVICE |
		VIRTIO_BIT(1) | VIRTIO_BIT(2) | VIRTIO_BIT(63);
	fb->nb_vrings = 5;
	fb->mem_slots = VHU_MEM_TABLE_REGIONS;
	fb->serves_config = true;
	fb->config = (struct virtio_crypto_config){
		.status = cpu_to_le32(VIRTIO_CRYPTO_S_HW_READY),
		.max_dataqueues = cpu_to_le32(4),
		.crypto_services = cpu_to_le32(1u << VIRTIO_CRYPTO_SERVICE_CIPHER),
		.cipher_algo_l = cpu_to_le32(1u << VIRTIO_CRYPTO_CIPHER_AES_CBC),
		.max_cipher_key_len = cpu_to_le32(64),
		.max_size = cpu_to_le64(65536),
	};
	for (i = 0; i < VHU_MAX_VRINGS; i++)
		fb->vring[i].kick_fd = fb->vring[i].call_fd = -1;
	fb->conn = fb->listener = -1;
	fb->session_answer = 7;
}

void
fake_start(struct fake_backend *fb)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	pthread_condattr_t attr;

	pthread_mutex_init(&fb->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&fb->changed, &attr);
	pthread_condattr_destroy(&attr);
	fb->stop_fd = eventfd(0, EFD_CLOEXEC);
	memcpy(un.sun_path, fb->path, sizeof(fb->path));
	if (!fb->client) {
		fb->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (bind(fb->listener, (struct sockaddr *)&un, sizeof(un)) != 0 ||
				listen(fb->listener, 8) != 0)
			abort();
	}
	fb->running = pthread_create(&fb->thread, NULL, run, fb) == 0;
	if (!fb->running)
		abort();
}

void
fake_lock(struct fake_backend *fb)
{
	pthread_mutex_lock(&fb->lock);
	fb->held = true;
}

void
fake_unlock(struct fake_backend *fb)
{
	fb->held = false;
	pthread_mutex_unlock(&fb->lock);
}

void
fake_stop(struct fake_backend *fb)
{
	uint64_t one = 1;

	if (!fb->running)
		return;
	fb->running = false;
	if (fb->held)
		fake_unlock(fb);
	if (write(fb->stop_fd, &one, sizeof(one)) != sizeof(one))
		abort();
	pthread_join(fb->thread, NULL);
	close_fd(&fb->listener);
	close_fd(&fb->stop_fd);
	if (!fb->client)
		unlink(fb->path);
	pthread_cond_destroy(&fb->changed);
	pthread_mutex_destroy(&fb->lock);
}

void
fake_hang_up(struct fake_backend *fb)
{
	fake_lock(fb);
	if (fb->conn >= 0)
		shutdown(fb->conn, SHUT_RDWR);
	fake_unlock(fb);
	/* Until the thread has closed it: what was shared is let go of. */
	fake_wait_idle(fb);
}

bool
fake_wait(struct fake_backend *fb, uint32_t request, unsigned int nth)
{
	struct timespec until;
	bool there;

	real_time = true;
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += PATIENCE / 1000;
	fake_lock(fb);
	while (fb->count[request % 64] < nth &&
			pthread_cond_timedwait(&fb->changed, &fb->lock, &until) == 0)
		;
	there = fb->count[request % 64] >= nth;
	fake_unlock(fb);
	real_time = false;
	return there;
}

bool
fake_wait_idle(struct fake_backend *fb)
{
	struct timespec until;
	bool idle;

	real_time = true;
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += PATIENCE / 1000;
	fake_lock(fb);
	while (fb->conn >= 0 &&
			pthread_cond_timedwait(&fb->changed, &fb->lock, &until) == 0)
		;
	idle = fb->conn < 0;
	fake_unlock(fb);
	real_time = false;
	return idle;
}

bool
fake_is_silent(struct fake_backend *fb)
{
	struct pollfd p = { .events = POLLIN };
	bool silent;

	if (!fb->running || fb->held)
		return true;
	pthread_mutex_lock(&fb->lock);
	p.fd = fb->waiting_fd;
	silent = fb->waiting && poll(&p, 1, 0) == 0;
	pthread_mutex_unlock(&fb->lock);
	return silent;
}

bool
fake_has_real_time(void)
{
	return real_time;
}

unsigned int
fake_count(struct fake_backend *fb, uint32_t request)
{
	unsigned int n;

	fake_lock(fb);
	n = fb->count[request % 64];
	fake_unlock(fb);
	return n;
}

void
fake_set_needs_reset(struct fake_backend *fb)
{
	fake_lock(fb);
	fb->needs_reset = true;
	fake_unlock(fb);
}
