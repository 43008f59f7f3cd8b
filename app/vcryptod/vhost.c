/* SPDX-License-Identifier: BSD-3-Clause
 *
 * vhost-user by DPDK's vhost library: see vhost.h.
 *
 * Of the library's events only vring_state_changed, new_connection and
 * destroy_connection have an effect.  new_device comes only when every ring up to the
 * highest one touched is ready, so it always fails, and to the library the device never
 * runs: rings that a message concerns stop before the library sees it
 * (vhost_before_message), and start again when it is done (vhost_after_message).  So a
 * memory table may come at any time, and GET_VRING_BASE finds the base that was kept.
 *
 * The front end is trusted no more than the driver behind it: indices and lengths are
 * checked here before the library uses them.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_version.h>
#include <rte_vhost.h>

/* The kernel's header, which the library includes, has bit numbers under the names that
 * are bits in lib/wire.
 */
#undef VIRTIO_F_VERSION_1
#undef VIRTIO_F_ACCESS_PLATFORM
#undef VIRTIO_F_RING_PACKED
#undef VIRTIO_F_IN_ORDER
#undef VIRTIO_F_ORDER_PLATFORM
#undef VIRTIO_F_SR_IOV
#undef VIRTIO_F_RING_RESET

#include "vhost.h"

#if RTE_VERSION >= RTE_VERSION_NUM(25, 3, 0, 0)
#define LIB_PAYLOAD	sizeof(struct vhu_session_union)
#else
#define LIB_PAYLOAD	sizeof(struct vhu_session_opcode)
#endif
#if RTE_VERSION >= RTE_VERSION_NUM(23, 3, 0, 0)
#define config_change	rte_vhost_backend_config_change
#else
#define config_change	rte_vhost_slave_config_change
#endif
#define LIB_FDS		8

#define ANNOUNCE_MAX	16	/* messages: a front end that reads none must not block */

/* What the library hands to a message handler. */
struct message {
	struct vhu_header hdr;
	uint8_t payload[LIB_PAYLOAD];
	int fds[LIB_FDS];
	int nb_fds;
} __attribute__((packed));

static struct vcryptod_device *vhost_device_of[RTE_MAX_VHOST_DEVICE];
static struct vcryptod_device *vhost_started[RTE_MAX_VHOST_DEVICE];
static unsigned int vhost_nb_started;

/* ---- messages that are answered here ---- */

/* The library does not see this message: its descriptors are closed here. */
static void
vhost_close_fds(struct message *m)
{
	int i;

	for (i = 0; i < m->nb_fds && i < LIB_FDS; i++)
		if (m->fds[i] >= 0)
			close(m->fds[i]);
	m->nb_fds = 0;
}

static int
vhost_reply_u64(struct message *m, uint64_t value)
{
	memcpy(m->payload, &value, sizeof(value));
	m->hdr.size = sizeof(value);
	return RTE_VHOST_MSG_RESULT_REPLY;
}

/* Refuses a message, which ends the connection unless the front end requested an
 * acknowledgement.
 */
static int
vhost_refuse(const struct vcryptod_device *dev, const struct message *m, const char *error)
{
	fprintf(stderr, "vcryptod: %s: message %u refused: %s\n", dev->path, m->hdr.request, error);
	return RTE_VHOST_MSG_RESULT_ERR;
}

static int
vhost_get_config(struct vcryptod_device *dev, struct message *m)
{
	struct vhu_config c;

	memset(&c, 0, sizeof(c));
	if (m->hdr.size < sizeof(c.hdr) || m->hdr.size > sizeof(c))
		return vhost_refuse(dev, m, "wrong length");
	memcpy(&c.hdr, m->payload, sizeof(c.hdr));
	if (c.hdr.size > m->hdr.size - sizeof(c.hdr) || c.hdr.offset > VHU_CONFIG_SPACE_MAX ||
			c.hdr.size > VHU_CONFIG_SPACE_MAX - c.hdr.offset)
		return vhost_refuse(dev, m, "range outside of the configuration space");
	vcryptod_model_config_read(&dev->model, c.hdr.offset, c.space, c.hdr.size);
	memcpy(m->payload, &c, m->hdr.size);
	return RTE_VHOST_MSG_RESULT_REPLY;
}

static int
vhost_session_create(struct vcryptod_device *dev, struct message *m)
{
	enum req_vhu_layout layout = dev->layout;
	enum virtio_crypto_status status;
	struct req_session p;
	uint64_t id = 0;
	int64_t answer;
	int rc;

	rc = req_vhu_session_parse(&p, &layout, m->payload, m->hdr.size);
	if (rc == -EBADMSG)
		return vhost_refuse(dev, m, "not a session message of a known or allowed "
				"layout (--session-layout)");
	if (layout != dev->logged_layout) {
		dev->logged_layout = layout;
		fprintf(stderr, "vcryptod: %s: session messages have the layout %s\n", dev->path,
				req_vhu_layout_name(layout));
	}
	status = rc != 0 ? vcryptod_status(rc) : vcryptod_model_create(&dev->model, &id, &p);
	answer = status == VIRTIO_CRYPTO_OK ? (int64_t)id : -(int64_t)status;
	/* Cannot fail: the parser accepted this length for this layout. */
	(void)req_vhu_answer_build(m->payload, m->hdr.size, layout, answer);
	return RTE_VHOST_MSG_RESULT_REPLY;
}

static int
vhost_session_close(struct vcryptod_device *dev, struct message *m)
{
	uint64_t id;

	if (m->hdr.size < sizeof(id))
		return vhost_refuse(dev, m, "wrong length");
	memcpy(&id, m->payload, sizeof(id));
	if (vcryptod_model_destroy(&dev->model, id) == VIRTIO_CRYPTO_OK)
		return RTE_VHOST_MSG_RESULT_OK;
	/* An unknown session does not end the connection: the acknowledgement, if one was
	 * requested, reports the failure.
	 */
	return (m->hdr.flags & VHU_FLAG_NEED_REPLY) != 0 ? RTE_VHOST_MSG_RESULT_ERR :
			RTE_VHOST_MSG_RESULT_OK;
}

static int
vhost_get_status(struct vcryptod_device *dev, struct message *m)
{
	if (!vcryptod_device_needs_reset(dev))
		return RTE_VHOST_MSG_RESULT_NOT_HANDLED;
	return vhost_reply_u64(m, dev->status | VIRTIO_S_NEEDS_RESET);
}

/* ---- what must happen before and after the library handles a message ---- */

/* The ring that a message names; -1 if the device has no such ring. */
static int
vhost_ring_index(const struct vcryptod_device *dev, const struct message *m)
{
	uint32_t index = 0;
	uint64_t word;

	switch (m->hdr.request) {
	case VHU_SET_VRING_KICK:
	case VHU_SET_VRING_CALL:
	case VHU_SET_VRING_ERR:
		if (m->hdr.size < sizeof(word))
			return -1;
		memcpy(&word, m->payload, sizeof(word));
		index = (uint32_t)(word & VHU_VRING_INDEX_MASK);
		break;
	default:
		if (m->hdr.size < sizeof(struct vhu_vring_state))
			return -1;
		memcpy(&index, m->payload, sizeof(index));
		break;
	}
	return index < dev->nb_rings ? (int)index : -1;
}

/* The library acknowledges first, and reports the disabled ring afterwards. */
static void
vhost_before_enable(struct vcryptod_device *dev, unsigned int index, const struct message *m)
{
	struct vhu_vring_state state;

	memcpy(&state, m->payload, sizeof(state));
	dev->enables = true;
	if (state.num == 0) {
		dev->ring[index].ready = false;
		vcryptod_device_stop(dev, index);
	}
}

static int
vhost_before_vring(struct vcryptod_device *dev, struct message *m)
{
	int index = vhost_ring_index(dev, m);

	if (index < 0)
		return vhost_refuse(dev, m, "no such queue (--queues)");
	switch (m->hdr.request) {
	case VHU_SET_VRING_ENABLE:
		vhost_before_enable(dev, (unsigned int)index, m);
		break;
	case VHU_GET_VRING_BASE:
		vcryptod_device_stop(dev, (unsigned int)index);
		dev->ring[index].ready = dev->ring[index].kicked = false;
		break;
	case VHU_SET_VRING_ERR:
		break;
	case VHU_SET_VRING_NUM:
	case VHU_SET_VRING_BASE:
		/* The ring is set up anew without having been stopped: until new addresses
		 * come, it still has the old ones.
		 */
		dev->ring[index].setting = true;
		vcryptod_device_stop(dev, (unsigned int)index);
		break;
	default:
		vcryptod_device_stop(dev, (unsigned int)index);
		break;
	}
	dev->ring[index].unusable = false;
	if (m->hdr.request == VHU_GET_VRING_BASE || m->hdr.request == VHU_SET_VRING_BASE)
		vcryptod_device_forgive(dev, (unsigned int)index);
	return RTE_VHOST_MSG_RESULT_NOT_HANDLED;
}

static int
vhost_before_status(struct vcryptod_device *dev, struct message *m)
{
	uint64_t status;

	if (m->hdr.size < sizeof(status))
		return vhost_refuse(dev, m, "wrong length");
	memcpy(&status, m->payload, sizeof(status));
	if (status > UINT8_MAX)
		return vhost_refuse(dev, m, "device status of more than one byte");
	dev->status_known = true;
	dev->status = (uint8_t)status;
	if (status == VIRTIO_S_RESET)
		vcryptod_device_reset(dev);
	return RTE_VHOST_MSG_RESULT_NOT_HANDLED;
}

static int
vhost_before_channel(struct vcryptod_device *dev)
{
	pthread_mutex_lock(&dev->channel_lock);
	dev->channel = false;
	pthread_mutex_unlock(&dev->channel_lock);
	return RTE_VHOST_MSG_RESULT_NOT_HANDLED;
}

static int
vhost_before_library(struct vcryptod_device *dev, struct message *m)
{
	switch (m->hdr.request) {
	case VHU_SET_FEATURES:
		vcryptod_device_stop_all(dev);
		return RTE_VHOST_MSG_RESULT_NOT_HANDLED;
	case VHU_SET_MEM_TABLE:
		vcryptod_device_stop_all(dev);
		dev->memory_ok = false;
		return RTE_VHOST_MSG_RESULT_NOT_HANDLED;
	case VHU_RESET_OWNER:
		vcryptod_device_forget(dev);
		return RTE_VHOST_MSG_RESULT_NOT_HANDLED;
	case VHU_SET_VRING_NUM:
	case VHU_SET_VRING_ADDR:
	case VHU_SET_VRING_BASE:
	case VHU_GET_VRING_BASE:
	case VHU_SET_VRING_KICK:
	case VHU_SET_VRING_CALL:
	case VHU_SET_VRING_ERR:
	case VHU_SET_VRING_ENABLE:
		return vhost_before_vring(dev, m);
	case VHU_SET_STATUS:
		return vhost_before_status(dev, m);
	case VHU_SET_BACKEND_REQ_FD:
		return vhost_before_channel(dev);
	case VHU_GET_FEATURES:
	case VHU_SET_OWNER:
	case VHU_GET_PROTOCOL_FEATURES:
	case VHU_SET_PROTOCOL_FEATURES:
	case VHU_GET_STATUS:
		return RTE_VHOST_MSG_RESULT_NOT_HANDLED;
	default:
		/* The library has handlers for features that were not offered (log, in-flight
		 * memory, postcopy): no front end reaches them.
		 */
		return vhost_refuse(dev, m, "it belongs to no protocol feature that was offered");
	}
}

/* RESET_OWNER forgets the connection's number, too; it is still this one. */
static int
vhost_before_message(int vid, void *msg)
{
	struct vcryptod_device *dev = vhost_device_of[vid];
	struct message *m = msg;
	int rc;

	if (dev->vid != vid) {
		/* Came while the last connection had not been seen to end. */
		if (dev->vid >= 0)
			return vhost_refuse(dev, m, "another front end is connected");
		dev->vid = vid;
		dev->next_vid = -1;
	}
	switch (m->hdr.request) {
	case VHU_GET_QUEUE_NUM:
		rc = vhost_reply_u64(m, dev->nb_rings);
		break;
	case VHU_GET_CONFIG:
		rc = vhost_get_config(dev, m);
		break;
	case VHU_SET_CONFIG:
		rc = vhost_refuse(dev, m, "the configuration space is read-only");
		break;
	case VHU_CREATE_CRYPTO_SESSION:
		rc = vhost_session_create(dev, m);
		break;
	case VHU_CLOSE_CRYPTO_SESSION:
		rc = vhost_session_close(dev, m);
		break;
	case VHU_GET_STATUS:
		rc = vhost_get_status(dev, m);
		if (rc == RTE_VHOST_MSG_RESULT_NOT_HANDLED)
			rc = vhost_before_library(dev, m);
		break;
	default:
		rc = vhost_before_library(dev, m);
		dev->vid = vid;
		break;
	}
	if (rc != RTE_VHOST_MSG_RESULT_NOT_HANDLED)
		vhost_close_fds(m);
	return rc;
}

static void
vhost_read_memory(struct vcryptod_device *dev, int vid)
{
	struct rte_vhost_memory *mem = NULL;
	uint64_t file_len;
	unsigned int i;
	int rc = 0;

	if (rte_vhost_get_mem_table(vid, &mem) != 0)
		return;
	dev->memory.nb = 0;
	for (i = 0; i < dev->nb_rings; i++)
		dev->ring[i].unusable = false;
	for (i = 0; i < mem->nregions && rc == 0; i++) {
		/* Bytes of the file up to the region's end. */
		file_len = mem->regions[i].host_user_addr + mem->regions[i].size -
				(uint64_t)(uintptr_t)mem->regions[i].mmap_addr;
		rc = vcryptod_memory_add(&dev->memory, mem->regions[i].guest_phys_addr,
				mem->regions[i].size,
				(void *)(uintptr_t)mem->regions[i].host_user_addr,
				mem->regions[i].fd, file_len);
	}
	free(mem);
	dev->memory_ok = rc == 0;
	if (rc != 0)
		fprintf(stderr, "vcryptod: %s: memory region %u wraps or is longer than its file: "
				"no queue can run\n", dev->path, i - 1);
}

static int
vhost_after_message(int vid, void *msg)
{
	struct vcryptod_device *dev = vhost_device_of[vid];
	struct message *m = msg;
	uint64_t word = 0;
	unsigned int i;
	int index;

	memcpy(&word, m->payload, sizeof(word));
	switch (m->hdr.request) {
	case VHU_SET_FEATURES:
		for (i = 0; i < dev->nb_rings; i++)
			dev->ring[i].unusable = false;
		dev->features = word;
		vcryptod_model_features(&dev->model, word);
		break;
	case VHU_SET_PROTOCOL_FEATURES:
		dev->protocol = word;
		break;
	case VHU_SET_MEM_TABLE:
		vhost_read_memory(dev, vid);
		break;
	case VHU_SET_VRING_KICK:
		index = vhost_ring_index(dev, m);
		if (index >= 0) {
			dev->ring[index].kicked = true;
			dev->ring[index].setting = false;
		}
		break;
	case VHU_SET_BACKEND_REQ_FD:
		pthread_mutex_lock(&dev->channel_lock);
		dev->channel = true;
		pthread_mutex_unlock(&dev->channel_lock);
		break;
	default:
		break;
	}
	vcryptod_device_update(dev);
	return RTE_VHOST_MSG_RESULT_NOT_HANDLED;
}

/* ---- events of the library ---- */

static int
vhost_new_connection(int vid)
{
	static const struct rte_vhost_user_extern_ops ops = {
		.pre_msg_handle = vhost_before_message,
		.post_msg_handle = vhost_after_message,
	};
	struct vcryptod_device *dev = NULL;
	char path[PATH_MAX];
	unsigned int i;

	if (vid < 0 || vid >= RTE_MAX_VHOST_DEVICE ||
			rte_vhost_get_ifname(vid, path, sizeof(path)) != 0)
		return -1;
	for (i = 0; i < vhost_nb_started && dev == NULL; i++)
		if (strcmp(vhost_started[i]->path, path) == 0)
			dev = vhost_started[i];
	if (dev == NULL)
		return -1;
	/* One front end at a time.  A second one may wait for its first message: by then
	 * the library has seen the end of a connection that ended before it came.
	 */
	if (dev->vid >= 0 && dev->next_vid >= 0) {
		fprintf(stderr, "vcryptod: %s: another front end is connected\n", path);
		return -1;
	}
	if (rte_vhost_extern_callback_register(vid, &ops, NULL) != 0)
		return -1;
	vhost_device_of[vid] = dev;
	if (dev->vid >= 0)
		dev->next_vid = vid;
	else
		dev->vid = vid;
	return 0;
}

static void
vhost_destroy_connection(int vid)
{
	struct vcryptod_device *dev = vhost_device_of[vid];

	if (dev == NULL)
		return;
	vhost_device_of[vid] = NULL;
	if (dev->next_vid == vid)
		dev->next_vid = -1;
	if (dev->vid == vid)
		vcryptod_device_forget(dev);
}

static int
vhost_new_device(int vid)
{
	(void)vid;
	return -1;
}

static int
vhost_vring_state_changed(int vid, uint16_t index, int enable)
{
	struct vcryptod_device *dev = vhost_device_of[vid];

	if (dev == NULL || dev->vid != vid || index >= dev->nb_rings)
		return 0;
	dev->ring[index].ready = enable != 0;
	if (enable)
		dev->ring[index].setting = false;
	vcryptod_device_update(dev);
	return 0;
}

/* ---- where a ring lies ---- */

static int
vhost_ring_get(struct vcryptod_device *dev, unsigned int index, struct vcryptod_vring_setup *s)
{
	struct rte_vhost_vring v;

	memset(&v, 0, sizeof(v));
	if (rte_vhost_get_vhost_vring(dev->vid, (uint16_t)index, &v) != 0 ||
			rte_vhost_get_vring_base(dev->vid, (uint16_t)index, &s->avail_base,
			&s->used_base) != 0)
		return -EAGAIN;
	/* Not all has come yet. */
	if (v.desc == NULL || v.avail == NULL || v.used == NULL)
		return -EAGAIN;
	s->size = v.size;
	s->desc = v.desc;
	s->driver = v.avail;
	s->device = v.used;
	s->kick_fd = v.kickfd;
	s->call_fd = v.callfd;
	return 0;
}

static void
vhost_ring_put(struct vcryptod_device *dev, unsigned int index, uint16_t avail, uint16_t used)
{
	if (dev->vid >= 0)
		rte_vhost_set_vring_base(dev->vid, (uint16_t)index, avail, used);
}

/* ---- start and end ---- */

int
vcryptod_vhost_start(struct vcryptod_device *dev, uint64_t features, uint64_t protocol)
{
	static const struct rte_vhost_device_ops ops = {
		.new_device = vhost_new_device,
		.vring_state_changed = vhost_vring_state_changed,
		.new_connection = vhost_new_connection,
		.destroy_connection = vhost_destroy_connection,
	};

	if (vhost_nb_started == RTE_MAX_VHOST_DEVICE)
		return -ENOSPC;
	dev->ring_get = vhost_ring_get;
	dev->ring_put = vhost_ring_put;
	if (rte_vhost_driver_register(dev->path, 0) != 0) {
		fprintf(stderr, "vcryptod: %s: the vhost library does not accept this path: "
				"is it given twice?\n", dev->path);
		return -EEXIST;
	}
	vhost_started[vhost_nb_started++] = dev;
	if (rte_vhost_driver_set_features(dev->path, features | VHU_F_PROTOCOL_FEATURES) == 0 &&
			rte_vhost_driver_set_protocol_features(dev->path, protocol) == 0 &&
			rte_vhost_driver_callback_register(dev->path, &ops) == 0 &&
			rte_vhost_driver_start(dev->path) == 0)
		return 0;
	fprintf(stderr, "vcryptod: %s: cannot listen there: check the folder and its permissions\n",
			dev->path);
	vcryptod_vhost_stop(dev);
	return -EIO;
}

void
vcryptod_vhost_stop(struct vcryptod_device *dev)
{
	unsigned int i;

	for (i = 0; i < vhost_nb_started; i++)
		if (vhost_started[i] == dev)
			break;
	if (i == vhost_nb_started)
		return;
	/* Ends connections without calling vhost_destroy_connection. */
	rte_vhost_driver_unregister(dev->path);
	vhost_started[i] = vhost_started[--vhost_nb_started];
	for (i = 0; i < RTE_MAX_VHOST_DEVICE; i++)
		if (vhost_device_of[i] == dev)
			vhost_device_of[i] = NULL;
	dev->vid = -1;
}

void
vcryptod_vhost_announce(struct vcryptod_device *dev)
{
	pthread_mutex_lock(&dev->channel_lock);
	if (dev->channel && dev->announced < ANNOUNCE_MAX && vcryptod_device_needs_reset(dev)) {
		dev->announced++;
		config_change(dev->vid, false);
	}
	pthread_mutex_unlock(&dev->channel_lock);
}
