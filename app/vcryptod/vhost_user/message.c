/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What each message of a front end does; see message.h.
 *
 * A ring that a message concerns stops before the message takes effect, and starts again when
 * it has: so a memory table may come at any time.  Indices, lengths, addresses and descriptors
 * are checked here before they are used or kept.
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../log.h"
#include "message.h"

#define MESSAGE_RING_MAX	32768u	/* entries of a ring (2.7, 2.8) */

/* What a handler returns besides 0 (obeyed) and -EPROTO (refused, in words in *why). */
#define MESSAGE_ANSWERED	1

/* ---- answers ---- */

static int
message_answer(struct vcryptod_front *f, const void *payload, uint32_t size)
{
	vhu_outbox_put(&f->out, f->in.hdr.request, payload, size);
	return MESSAGE_ANSWERED;
}

static int
message_answer_u64(struct vcryptod_front *f, uint64_t value)
{
	return message_answer(f, &value, sizeof(value));
}

static int
message_refuse(const char **why, const char *reason)
{
	*why = reason;
	return -EPROTO;
}

/* ---- features, owner, status ---- */

static int
message_get_features(struct vcryptod_front *f, const char **why)
{
	(void)why;
	return message_answer_u64(f, f->features);
}

static int
message_set_features(struct vcryptod_front *f, const char **why)
{
	struct vcryptod_device *dev = f->dev;
	unsigned int i;

	if ((f->in.p.u64 & ~f->features) != 0)
		return message_refuse(why, "it has feature bits that were not offered");
	vcryptod_device_stop_all(dev);
	for (i = 0; i < dev->nb_rings; i++)
		dev->ring[i].unusable = false;
	dev->features = f->in.p.u64;
	dev->features_known = true;
	vcryptod_model_features(&dev->model, dev->features);
	return 0;
}

static int
message_get_protocol(struct vcryptod_front *f, const char **why)
{
	(void)why;
	return message_answer_u64(f, f->protocol);
}

static int
message_set_protocol(struct vcryptod_front *f, const char **why)
{
	if ((f->in.p.u64 & ~f->protocol) != 0)
		return message_refuse(why, "it has protocol feature bits that were not offered");
	f->dev->protocol = f->in.p.u64;
	return 0;
}

static int
message_set_owner(struct vcryptod_front *f, const char **why)
{
	(void)f;
	(void)why;
	return 0;
}

static int
message_reset_owner(struct vcryptod_front *f, const char **why)
{
	(void)why;
	vcryptod_message_forget(f);
	return 0;
}

static int
message_get_queue_num(struct vcryptod_front *f, const char **why)
{
	(void)why;
	return message_answer_u64(f, f->dev->nb_rings);
}

static int
message_set_status(struct vcryptod_front *f, const char **why)
{
	if (f->in.p.u64 > UINT8_MAX)
		return message_refuse(why, "a device status has one byte");
	f->dev->status_known = true;
	f->dev->status = (uint8_t)f->in.p.u64;
	if (f->dev->status == VIRTIO_S_RESET)
		vcryptod_device_reset(f->dev);
	return 0;
}

static int
message_get_status(struct vcryptod_front *f, const char **why)
{
	(void)why;
	return message_answer_u64(f, f->dev->status |
			(vcryptod_device_needs_reset(f->dev) ? VIRTIO_S_NEEDS_RESET : 0));
}

static int
message_get_config(struct vcryptod_front *f, const char **why)
{
	struct vhu_config *c = &f->in.p.config;
	uint32_t size = f->in.hdr.size - (uint32_t)sizeof(c->hdr);

	if (f->in.hdr.size > sizeof(*c) || c->hdr.size > size ||
			c->hdr.offset > VHU_CONFIG_SPACE_MAX ||
			c->hdr.size > VHU_CONFIG_SPACE_MAX - c->hdr.offset)
		return message_refuse(why, "it asks for more than the configuration space");
	memset(c->space, 0, sizeof(c->space));
	vcryptod_model_config_read(&f->dev->model, c->hdr.offset, c->space, c->hdr.size);
	return message_answer(f, c, (uint32_t)sizeof(c->hdr) + size);
}

static int
message_set_config(struct vcryptod_front *f, const char **why)
{
	(void)f;
	return message_refuse(why, "the configuration space is read-only");
}

/* ---- sessions ---- */

static int
message_create_session(struct vcryptod_front *f, const char **why)
{
	struct vcryptod_device *dev = f->dev;
	enum req_vhu_layout layout = dev->layout;
	uint32_t size = f->in.hdr.size;
	enum virtio_crypto_status status;
	struct req_session p;
	uint64_t id = 0;
	int64_t answer;
	int rc;

	rc = req_vhu_session_parse(&p, &layout, f->in.p.bytes, size);
	if (rc == -EBADMSG)
		return message_refuse(why, "it has no known or allowed layout (--session-layout)");
	if (layout != dev->logged_layout) {
		dev->logged_layout = layout;
		vcryptod_log(VCRYPTOD_LOG_GENERAL, dev->path,
				"session messages have the layout %s", req_vhu_layout_name(layout));
	}
	status = rc != 0 ? vcryptod_status(rc) : vcryptod_model_create(&dev->model, &id, &p);
	answer = status == VIRTIO_CRYPTO_OK ? (int64_t)id : -(int64_t)status;
	/* Cannot fail: the parser accepted this length for this layout. */
	(void)req_vhu_answer_build(f->in.p.bytes, size, layout, answer);
	return message_answer(f, f->in.p.bytes, size);
}

/* An unknown session does not end the connection: the acknowledgement, if one was asked for,
 * tells the failure.
 */
static int
message_close_session(struct vcryptod_front *f, const char **why)
{
	(void)why;
	if (vcryptod_model_destroy(&f->dev->model, f->in.p.u64) != VIRTIO_CRYPTO_OK &&
			(f->in.hdr.flags & VHU_FLAG_NEED_REPLY) != 0)
		return message_answer_u64(f, 1);
	return 0;
}

/* ---- memory ---- */

static void
message_say_memory(const struct vcryptod_front *f, const char *why)
{
	vcryptod_log(VCRYPTOD_LOG_MEMORY, f->dev->path, "%s: no queue can run", why);
}

/* While the regions change no ring runs. */
static void
message_begin_memory(struct vcryptod_front *f)
{
	vcryptod_device_stop_all(f->dev);
	f->dev->memory_ok = false;
	f->dev->memory.nb = 0;
}

static void
message_end_memory(struct vcryptod_front *f)
{
	unsigned int i;

	vcryptod_map_to_memory(&f->map, &f->dev->memory);
	f->dev->memory_ok = true;
	for (i = 0; i < f->dev->nb_rings; i++)
		f->dev->ring[i].unusable = false;
}

static int
message_set_mem_table(struct vcryptod_front *f, const char **why)
{
	struct vhu_mem_table *t = &f->in.p.table;
	uint32_t i;
	int rc = 0;

	if (t->nb_regions > VHU_MEM_TABLE_REGIONS || t->nb_regions != f->in.nb_fds ||
			f->in.hdr.size < offsetof(struct vhu_mem_table, regions) +
			t->nb_regions * sizeof(t->regions[0]))
		return message_refuse(why, "regions, length and descriptors do not agree");
	message_begin_memory(f);
	vcryptod_map_clear(&f->map);
	for (i = 0; i < t->nb_regions && rc == 0; i++)
		rc = vcryptod_map_add(&f->map, &t->regions[i], f->in.fd[i], why);
	if (rc != 0) {
		vcryptod_map_clear(&f->map);
		message_say_memory(f, *why);
		return -EPROTO;
	}
	message_end_memory(f);
	return 0;
}

static int
message_add_mem_reg(struct vcryptod_front *f, const char **why)
{
	if (f->in.nb_fds != 1)
		return message_refuse(why, "a region comes with one descriptor");
	message_begin_memory(f);
	if (vcryptod_map_add(&f->map, &f->in.p.one.region, f->in.fd[0], why) != 0) {
		message_end_memory(f);
		return -EPROTO;
	}
	message_end_memory(f);
	return 0;
}

static int
message_rem_mem_reg(struct vcryptod_front *f, const char **why)
{
	int rc;

	message_begin_memory(f);
	rc = vcryptod_map_remove(&f->map, &f->in.p.one.region);
	message_end_memory(f);
	return rc == 0 ? 0 : message_refuse(why, "there is no such region");
}

static int
message_get_mem_slots(struct vcryptod_front *f, const char **why)
{
	(void)why;
	return message_answer_u64(f, VCRYPTOD_REGIONS);
}

/* ---- rings ---- */

/* Messages of one ring begin with its index, in 32 bits or, with a descriptor, in 8. */
static int
message_ring(const struct vcryptod_front *f, bool has_fd, unsigned int *index, const char **why)
{
	*index = has_fd ? (unsigned int)(f->in.p.u64 & VHU_VRING_INDEX_MASK) : f->in.p.state.index;
	if (*index >= f->dev->nb_rings)
		return message_refuse(why, "there is no such queue (--queues)");
	/* QEMU gives descriptors for all of GET_QUEUE_NUM before it agrees to features. */
	if (f->dev->features_known && !vcryptod_device_has_ring(f->dev, *index))
		return message_refuse(why, "it is of the administration queue, and ADMIN_VQ was "
				"not agreed to");
	return 0;
}

/* The ring's description changes: it stops, and may be usable again. */
static void
message_change_ring(struct vcryptod_front *f, unsigned int index)
{
	vcryptod_device_stop(f->dev, index);
	f->dev->ring[index].unusable = false;
}

static int
message_set_vring_num(struct vcryptod_front *f, const char **why)
{
	unsigned int index;

	if (message_ring(f, false, &index, why) != 0)
		return -EPROTO;
	if (f->in.p.state.num == 0 || f->in.p.state.num > MESSAGE_RING_MAX)
		return message_refuse(why, "a ring has 1 to 32768 entries");
	message_change_ring(f, index);
	/* The ring is set up anew without having been stopped: until a kick descriptor comes, its
	 * addresses are the old ones.
	 */
	f->dev->ring[index].setting = true;
	f->ring[index].size = f->in.p.state.num;
	return 0;
}

static int
message_set_vring_base(struct vcryptod_front *f, const char **why)
{
	struct vcryptod_front_ring *r;
	unsigned int index;

	if (message_ring(f, false, &index, why) != 0)
		return -EPROTO;
	message_change_ring(f, index);
	f->dev->ring[index].setting = true;
	vcryptod_device_forgive(f->dev, index);
	r = &f->ring[index];
	r->avail_base = (uint16_t)f->in.p.state.num;
	r->used_base = (f->dev->features & VIRTIO_F_RING_PACKED) != 0 ?
		(uint16_t)(f->in.p.state.num >> VHU_BASE_PACKED_USED_SHIFT) : r->avail_base;
	return 0;
}

static int
message_set_vring_addr(struct vcryptod_front *f, const char **why)
{
	const struct vhu_vring_addr *a = &f->in.p.addr;
	struct vcryptod_front_ring *r;
	unsigned int index;

	if (message_ring(f, false, &index, why) != 0)
		return -EPROTO;
	message_change_ring(f, index);
	r = &f->ring[index];
	r->desc = a->desc;
	r->driver = a->avail;
	r->device = a->used;
	r->has_addr = true;
	return 0;
}

static void
message_close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static int
message_get_vring_base(struct vcryptod_front *f, const char **why)
{
	struct vcryptod_front_ring *r;
	struct vhu_vring_state state;
	unsigned int index;

	if (message_ring(f, false, &index, why) != 0)
		return -EPROTO;
	message_change_ring(f, index);
	vcryptod_device_forgive(f->dev, index);
	f->dev->ring[index].kicked = false;
	r = &f->ring[index];
	message_close_fd(&r->kick_fd);
	message_close_fd(&r->call_fd);
	state = (struct vhu_vring_state){ .index = index, .num = r->avail_base };
	if ((f->dev->features & VIRTIO_F_RING_PACKED) != 0)
		state.num |= (uint32_t)r->used_base << VHU_BASE_PACKED_USED_SHIFT;
	return message_answer(f, &state, sizeof(state));
}

static int
message_set_vring_enable(struct vcryptod_front *f, const char **why)
{
	struct vcryptod_ring *r;
	unsigned int index;

	if (message_ring(f, false, &index, why) != 0)
		return -EPROTO;
	if (f->in.p.state.num > 1)
		return message_refuse(why, "a ring is enabled by 1 and disabled by 0");
	r = &f->dev->ring[index];
	f->dev->enables = true;
	r->enabled = f->in.p.state.num == 1;
	r->unusable = false;
	if (r->enabled)
		r->setting = false;
	return 0;
}

/* The descriptor of a message of one ring: -1 if the message says that there is none. */
static int
message_take_event(struct vcryptod_front *f, int *fd, const char **why)
{
	bool none = (f->in.p.u64 & VHU_VRING_NO_FD) != 0;

	if (f->in.nb_fds != (none ? 0 : 1))
		return message_refuse(why, "it has one descriptor, or says that it has none");
	*fd = -1;
	if (none)
		return 0;
	if (!vcryptod_event_is_eventfd(f->link.links_fd, f->in.fd[0]))
		return message_refuse(why, "its descriptor is no eventfd");
	*fd = vhu_inbox_take_fd(&f->in, 0);
	return 0;
}

static int
message_set_vring_kick(struct vcryptod_front *f, const char **why)
{
	unsigned int index;
	int fd;

	if (message_ring(f, true, &index, why) != 0 || message_take_event(f, &fd, why) != 0)
		return -EPROTO;
	message_change_ring(f, index);
	message_close_fd(&f->ring[index].kick_fd);
	f->ring[index].kick_fd = fd;
	f->dev->ring[index].kicked = true;
	f->dev->ring[index].setting = false;
	return 0;
}

static int
message_set_vring_call(struct vcryptod_front *f, const char **why)
{
	unsigned int index;
	int fd;

	if (message_ring(f, true, &index, why) != 0 || message_take_event(f, &fd, why) != 0)
		return -EPROTO;
	f->dev->ring[index].unusable = false;
	vcryptod_device_set_call(f->dev, index, fd);
	message_close_fd(&f->ring[index].call_fd);
	f->ring[index].call_fd = fd;
	return 0;
}

/* An error of a ring is told by NEEDS_RESET and the back channel alone. */
static int
message_set_vring_err(struct vcryptod_front *f, const char **why)
{
	unsigned int index;

	return message_ring(f, true, &index, why);
}

/* Nothing is read from the channel.  If it is the front end's own end of this connection, this
 * connection can now send no more: it would never be seen to end, since we hold both ends.
 */
static bool
message_is_own_end(const struct vcryptod_front *f, int fd)
{
	return shutdown(fd, SHUT_RD) == 0 &&
		send(f->link.sock, "", 0, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 && errno == EPIPE;
}

/* No other socket: what is done with one of TCP waits while somebody keeps it locked, MSG_DONTWAIT
 * or not.  SOL_SOCKET's options lock nothing, and no file's server is asked.
 */
static bool
message_is_unix_stream(int fd)
{
	int domain = -1, type = -1;
	socklen_t len = sizeof(domain);

	if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len) != 0)
		return false;
	len = sizeof(type);
	return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) == 0 && domain == AF_UNIX &&
		type == SOCK_STREAM;
}

static int
message_set_channel(struct vcryptod_front *f, const char **why)
{
	if (f->in.nb_fds != 1 || !message_is_unix_stream(f->in.fd[0]))
		return message_refuse(why, "it comes with one unix stream socket");
	if (message_is_own_end(f, f->in.fd[0]))
		return message_refuse(why, "the channel is this connection itself");
	message_close_fd(&f->channel_fd);
	f->channel_fd = vhu_inbox_take_fd(&f->in, 0);
	return 0;
}

/* ---- which message is which ---- */

struct message_kind {
	int (*handle)(struct vcryptod_front *f, const char **why);
	size_t size;			/* bytes of payload at least */
	uint64_t protocol;		/* protocol feature that must be offered; 0: none */
};

#define STATE	sizeof(struct vhu_vring_state)
#define U64	sizeof(uint64_t)

static const struct message_kind message_kinds[] = {
	[VHU_GET_FEATURES] = { message_get_features, 0, 0 },
	[VHU_SET_FEATURES] = { message_set_features, U64, 0 },
	[VHU_SET_OWNER] = { message_set_owner, 0, 0 },
	[VHU_RESET_OWNER] = { message_reset_owner, 0, 0 },
	[VHU_SET_MEM_TABLE] = { message_set_mem_table, offsetof(struct vhu_mem_table, regions), 0 },
	[VHU_SET_VRING_NUM] = { message_set_vring_num, STATE, 0 },
	[VHU_SET_VRING_ADDR] = { message_set_vring_addr, sizeof(struct vhu_vring_addr), 0 },
	[VHU_SET_VRING_BASE] = { message_set_vring_base, STATE, 0 },
	[VHU_GET_VRING_BASE] = { message_get_vring_base, STATE, 0 },
	[VHU_SET_VRING_KICK] = { message_set_vring_kick, U64, 0 },
	[VHU_SET_VRING_CALL] = { message_set_vring_call, U64, 0 },
	[VHU_SET_VRING_ERR] = { message_set_vring_err, U64, 0 },
	[VHU_GET_PROTOCOL_FEATURES] = { message_get_protocol, 0, 0 },
	[VHU_SET_PROTOCOL_FEATURES] = { message_set_protocol, U64, 0 },
	[VHU_GET_QUEUE_NUM] = { message_get_queue_num, 0, 0 },
	[VHU_SET_VRING_ENABLE] = { message_set_vring_enable, STATE, 0 },
	[VHU_SET_BACKEND_REQ_FD] = { message_set_channel, 0, VHU_PROTO_F_BACKEND_REQ },
	[VHU_GET_CONFIG] = { message_get_config, sizeof(struct vhu_config_header),
		VHU_PROTO_F_CONFIG },
	[VHU_SET_CONFIG] = { message_set_config, 0, VHU_PROTO_F_CONFIG },
	[VHU_CREATE_CRYPTO_SESSION] = { message_create_session, U64,
		VHU_PROTO_F_CRYPTO_SESSION },
	[VHU_CLOSE_CRYPTO_SESSION] = { message_close_session, U64,
		VHU_PROTO_F_CRYPTO_SESSION },
	[VHU_GET_MAX_MEM_SLOTS] = { message_get_mem_slots, 0, VHU_PROTO_F_CONFIGURE_MEM_SLOTS },
	[VHU_ADD_MEM_REG] = { message_add_mem_reg, sizeof(struct vhu_mem_one),
		VHU_PROTO_F_CONFIGURE_MEM_SLOTS },
	[VHU_REM_MEM_REG] = { message_rem_mem_reg, sizeof(struct vhu_mem_one),
		VHU_PROTO_F_CONFIGURE_MEM_SLOTS },
	[VHU_SET_STATUS] = { message_set_status, U64, VHU_PROTO_F_STATUS },
	[VHU_GET_STATUS] = { message_get_status, 0, VHU_PROTO_F_STATUS },
};

/* Descriptors that a message does not use are closed with it. */
static int
message_obey(struct vcryptod_front *f, const char **why)
{
	uint32_t request = f->in.hdr.request;
	const struct message_kind *k;

	if (request >= sizeof(message_kinds) / sizeof(message_kinds[0]))
		return message_refuse(why, "there is no such message");
	k = &message_kinds[request];
	if (k->handle == NULL || (k->protocol != 0 && (f->protocol & k->protocol) == 0))
		return message_refuse(why, "it belongs to no protocol feature that was offered");
	if (f->in.hdr.size < k->size)
		return message_refuse(why, "it is too short");
	return k->handle(f, why);
}

int
vcryptod_message_handle(struct vcryptod_front *f)
{
	bool tell = (f->in.hdr.flags & VHU_FLAG_NEED_REPLY) != 0;
	const char *why = "";
	int rc;

	rc = message_obey(f, &why);
	if (rc == -EPROTO) {
		vcryptod_log(VCRYPTOD_LOG_REFUSED, f->dev->path,
				"message %u (%s) refused: %s", f->in.hdr.request,
				vhu_request_name(f->in.hdr.request), why);
		if (!tell || ++f->refused >= VCRYPTOD_LINK_REFUSALS)
			return -EPROTO;
	}
	vcryptod_device_update(f->dev);
	if (rc != MESSAGE_ANSWERED && tell)
		(void)message_answer_u64(f, rc == 0 ? 0 : 1);
	return 0;
}

/* ---- for the device ---- */

void
vcryptod_message_forget(struct vcryptod_front *f)
{
	unsigned int i;

	vcryptod_device_forget(f->dev);
	for (i = 0; i < f->dev->nb_rings; i++) {
		message_close_fd(&f->ring[i].kick_fd);
		message_close_fd(&f->ring[i].call_fd);
		f->ring[i] = (struct vcryptod_front_ring){ .kick_fd = -1, .call_fd = -1 };
	}
	vcryptod_map_clear(&f->map);
}

int
vcryptod_message_ring_get(struct vcryptod_device *dev, unsigned int index,
		struct vcryptod_vring_setup *s)
{
	const struct vcryptod_front *f = dev->owner;
	const struct vcryptod_front_ring *r = &f->ring[index];

	/* Not all has come yet. */
	if (r->size == 0 || !r->has_addr)
		return -EAGAIN;
	s->size = (uint16_t)r->size;
	s->avail_base = r->avail_base;
	s->used_base = r->used_base;
	s->kick_fd = r->kick_fd;
	s->call_fd = r->call_fd;
	s->desc = vcryptod_map_user(&f->map, r->desc);
	s->driver = vcryptod_map_user(&f->map, r->driver);
	s->device = vcryptod_map_user(&f->map, r->device);
	return s->desc != NULL && s->driver != NULL && s->device != NULL ? 0 : -EFAULT;
}

void
vcryptod_message_ring_put(struct vcryptod_device *dev, unsigned int index, uint16_t avail,
		uint16_t used)
{
	struct vcryptod_front *f = dev->owner;

	f->ring[index].avail_base = avail;
	f->ring[index].used_base = used;
}
