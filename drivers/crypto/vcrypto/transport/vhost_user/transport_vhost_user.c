/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The vhost-user transport: the front end of a crypto device in another process.
 * Owns the device status, and which message is sent when; calls vhu_link (messages),
 * vhu_events (hints of the back end), vhu_offer (what the back end has), vhu_rings (vrings),
 * vhu_mem (shared memory) and vhu_session (sessions by messages).  Must not decide when to
 * reset or recover.
 *
 * All rings are announced when DRIVER_OK is set: a back end starts the device once the
 * vrings announced so far are ready.  Memory that DPDK adds or frees while rings run is
 * announced from its memory event callback, with the rings disabled meanwhile; the data
 * path may add requests and kick, and the back end finds them once its ring is enabled.
 *
 * Lock order: DPDK's memory lock, then v->lock; so nothing here allocates or walks DPDK
 * memory under v->lock.  check only tries the lock.
 */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include <rte_eal_memconfig.h>
#include <rte_errno.h>
#include <rte_memory.h>

#include "device/vcrypto_log.h"
#include "transport/vhost_user/transport_vhost_user.h"
#include "transport/vhost_user/vhu_events.h"
#include "transport/vhost_user/vhu_link.h"
#include "transport/vhost_user/vhu_mem.h"
#include "transport/vhost_user/vhu_offer.h"
#include "transport/vhost_user/vhu_rings.h"
#include "transport/vhost_user/vhu_session.h"

/* How long status 0 is asked for after it was written, and the pause between two questions.
 * All messages of a reset together have the bound of one message besides.
 */
#define VHU_RESET_MS		1000
#define VHU_RESET_POLL_US	1000
/* What the messages of a ring may add to the bound of the operation that announces them. */
#define VHU_RING_MS		100
/* Pause between the probes of check(): each of the two kinds is sent within a second, but
 * not more often, since back ends log the messages that they receive.
 */
#define VHU_PROBE_MS		250
/* How long a check that a hint of the back end has caused waits for the answers. */
#define VHU_URGENT_MS		8

#define VHU_FEATURES \
	(VIRTIO_F_VERSION_1 | VIRTIO_F_ORDER_PLATFORM | VIRTIO_F_INDIRECT_DESC | \
	 VIRTIO_F_EVENT_IDX | VIRTIO_F_RING_PACKED | VIRTIO_F_IN_ORDER | VIRTIO_F_RING_RESET | \
	 VIRTIO_F_ADMIN_VQ | VIRTIO_CRYPTO_F_REVISION_1 | VIRTIO_CRYPTO_F_STATELESS_MODES)

struct vhu_transport {
	struct vcrypto_transport base;

	/* read-only after creation */
	struct vcrypto_vhu_args args;
	char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
	uint16_t ctrl_vring;	/* the control queue's number for the back end; the
				 * administration queue's follows
				 */
	bool memory_callback;	/* vhu_memory_event is registered */

	/* Life-cycle calls alone; changed is NULL while nobody listens. */
	struct vcrypto_vhu_events events;
	bool (*changed)(void *arg);
	void *changed_arg;
	bool urgent;		/* a hint came: the next check asks at once; atomic */

	pthread_mutex_t lock;	/* protects everything below */
	struct vcrypto_vhu_link link;
	struct vcrypto_vhu_rings rings;
	struct vcrypto_vhu_mem mem;	/* the regions that exist */
	struct vcrypto_vhu_mem announced;	/* the back end's table; nb 0: it has none */
	struct vcrypto_vhu_mem scratch;	/* for vhu_memory_event */
	uint64_t features;	/* as last set */
	uint8_t status;		/* as last written */
	bool has_admin;		/* the back end's vrings include the administration queue */
	enum req_vhu_layout layout;	/* of session messages */
	uint64_t next_probe_ms;	/* vhu_deadline's clock */
	bool probe_config;	/* the last probe was GET_CONFIG */
	bool needs_reset;	/* NEEDS_RESET is set, HW_READY is clear, or the memory table
				 * is outdated; written under the lock, read by check()
				 * without it
				 */

	struct vcrypto_vhu_ring ring[];	/* data queues, control and administration queue */
};

static struct vhu_transport *
vhu_of(struct vcrypto_transport *t)
{
	return (struct vhu_transport *)t;	/* base is its first member */
}

static void
vhu_set_needs_reset(struct vhu_transport *v, bool on)
{
	__atomic_store_n(&v->needs_reset, on, __ATOMIC_RELAXED);
}

/* ---- changes of DPDK's memory ---- */

/* Sends the new memory table, with the rings disabled meanwhile. */
static void
vhu_announce_memory(struct vhu_transport *v)
{
	int rc = vcrypto_vhu_mem_check(&v->mem, &v->link);

	vcrypto_vhu_link_begin(&v->link, v->rings.nb * VHU_RING_MS);
	if (rc == 0)
		rc = vcrypto_vhu_rings_pause(&v->rings);
	if (rc == 0)
		rc = vcrypto_vhu_mem_announce(&v->link, &v->announced, &v->mem);
	if (rc == 0)
		rc = vcrypto_vhu_rings_resume(&v->rings);
	vcrypto_vhu_link_end(&v->link);
	if (rc == 0 || rc == -ENODEV)
		return;
	VCRYPTO_ERR("%s: the back end does not know of memory that DPDK added or freed: requests "
		"there fail; stop and start the device", v->args.name);
	vhu_set_needs_reset(v, true);
}

/* DPDK holds its memory lock: the segments do not change, and allocating is forbidden.  On
 * ALLOC the new segments are in DPDK's list already; on FREE the old ones still are.
 */
static void
vhu_memory_event(enum rte_mem_event event, const void *addr, size_t len, void *arg)
{
	struct vhu_transport *v = arg;
	int rc;

	pthread_mutex_lock(&v->lock);
	rc = vcrypto_vhu_mem_collect(&v->scratch, v->args.name, addr,
			event == RTE_MEM_EVENT_FREE ? len : 0);
	if (rc == 0 && !vcrypto_vhu_mem_equal(&v->scratch, &v->mem)) {
		v->mem = v->scratch;
		if (v->announced.nb != 0 && !vcrypto_vhu_link_gone(&v->link))
			vhu_announce_memory(v);
	}
	pthread_mutex_unlock(&v->lock);
}

/* Registers the callback before it collects, so that no change is missed in between. */
static int
vhu_follow_memory(struct vhu_transport *v)
{
	int rc;

	if (rte_mem_event_callback_register("vcrypto_vhost_user", vhu_memory_event, v) == 0) {
		v->memory_callback = true;
	} else if (rte_errno != ENOTSUP) {	/* ENOTSUP: memory does not change */
		VCRYPTO_ERR("%s: cannot follow changes of DPDK's memory: %s", v->args.name,
			rte_strerror(rte_errno));
		return rte_errno > 0 ? -rte_errno : -ENOMEM;
	}
	rte_mcfg_mem_read_lock();
	pthread_mutex_lock(&v->lock);
	rc = vcrypto_vhu_mem_collect(&v->mem, v->args.name, NULL, 0);
	if (rc == 0)
		rc = vcrypto_vhu_mem_check(&v->mem, &v->link);
	pthread_mutex_unlock(&v->lock);
	rte_mcfg_mem_read_unlock();
	return rc;
}

/* ---- connecting again ---- */

/* A hint of the back end, in EAL's interrupt thread. */
static bool
vhu_hint(void *arg)
{
	struct vhu_transport *v = arg;

	__atomic_store_n(&v->urgent, true, __ATOMIC_RELAXED);
	return v->changed(v->changed_arg);
}

static void
vhu_hear(struct vhu_transport *v)
{
	if (v->changed != NULL)
		vcrypto_vhu_events_on(&v->events, v->link.channel, vhu_hint, v);
}

/* Opens a new connection after the old one was lost; the new back end must offer the same. */
static int
vhu_reconnect(struct vhu_transport *v)
{
	struct vcrypto_vhu_offer offer;
	int rc;

	vcrypto_vhu_events_off(&v->events);
	rc = vcrypto_vhu_link_reopen(&v->link, !v->base.no_wait);
	if (rc == 0)
		vhu_hear(v);
	if (rc == 0)
		rc = vcrypto_vhu_offer_find(&offer, &v->args, &v->link);
	if (rc != 0)
		return rc;
	if (offer.has_ctrlq != v->base.traits.has_ctrlq || offer.ctrl_vring != v->ctrl_vring ||
			v->base.traits.strict_framing == v->link.has_config) {
		vcrypto_vhu_link_hang_up(&v->link);
		return vcrypto_vhu_offer_refuse(&v->args, "is another one than before: remove "
			"the device and create it again");
	}
	v->has_admin = offer.has_admin;
	v->announced.nb = 0;
	v->layout = v->args.layout;
	return 0;
}

/* ---- vcrypto_transport_ops: device ---- */

/* Drops what this side recorded of a device that was reset. */
static void
vhu_forget(struct vhu_transport *v)
{
	vcrypto_vhu_rings_forget(&v->rings);
	v->features = 0;
	v->status = 0;
	vhu_set_needs_reset(v, false);
}

static int
vhu_reset_status(struct vhu_transport *v)
{
	int rc = vcrypto_vhu_link_set_u64(&v->link, VHU_SET_STATUS, VIRTIO_S_RESET);
	uint64_t status, end = vhu_deadline(VHU_RESET_MS);

	while (rc == 0 && vhu_deadline(0) < end) {
		rc = vcrypto_vhu_link_get_u64(&v->link, VHU_GET_STATUS, &status);
		if (rc != 0 || (uint8_t)status == 0)
			return rc;
		usleep(VHU_RESET_POLL_US);
	}
	if (rc == 0) {
		VCRYPTO_ERR("%s: the back end did not finish a reset within %u ms", v->args.name,
			VHU_RESET_MS);
		rc = -ETIMEDOUT;
	}
	return rc;
}

/* Every back end can stop a ring.  The rest of its state is reset by the best message that
 * it offers, or else by the next SET_FEATURES.
 */
static int
vhu_reset_by_messages(struct vhu_transport *v)
{
	struct vhu_out out = { .request = VHU_RESET_DEVICE };
	int rc = vcrypto_vhu_rings_stop(&v->rings);

	if (rc != 0)
		return rc;
	if (v->link.proto & VHU_PROTO_F_STATUS)
		return vhu_reset_status(v);
	if (v->link.proto & VHU_PROTO_F_RESET_DEVICE)
		rc = vcrypto_vhu_link_command(&v->link, &out);
	return rc == 0 ? vcrypto_vhu_link_barrier(&v->link) : rc;
}

static int
vhu_reset(struct vcrypto_transport *t)
{
	struct vhu_transport *v = vhu_of(t);
	int rc = 0;

	pthread_mutex_lock(&v->lock);
	if (!vcrypto_vhu_link_gone(&v->link)) {
		vcrypto_vhu_link_begin(&v->link, 0);
		rc = vhu_reset_by_messages(v);
		vcrypto_vhu_link_end(&v->link);
	}
	/* A back end that is gone, or has closed the connection, does not use our memory;
	 * any other may.
	 */
	if (rc != 0 || v->link.conn.broken)
		rc = vcrypto_vhu_link_hang_up(&v->link) ? 0 : -ETIMEDOUT;
	if (rc == 0)
		vhu_forget(v);
	else
		VCRYPTO_ERR("%s: the back end at path=%s does not stop: its memory is kept; end "
			"that process", v->args.name, v->args.path);
	pthread_mutex_unlock(&v->lock);
	return rc;
}

static uint8_t
vhu_get_status(struct vcrypto_transport *t)
{
	struct vhu_transport *v = vhu_of(t);
	uint64_t status;

	pthread_mutex_lock(&v->lock);
	status = v->status;
	/* Between a reset and the first write the status is 0, with or without a back end. */
	if (status != 0 && (v->link.proto & VHU_PROTO_F_STATUS) != 0 &&
			vcrypto_vhu_link_get_u64(&v->link, VHU_GET_STATUS, &status) != 0)
		status = VIRTIO_S_NEEDS_RESET;
	if (v->needs_reset)
		status |= VIRTIO_S_NEEDS_RESET;
	pthread_mutex_unlock(&v->lock);
	return (uint8_t)status;
}

/* Announces shared memory, then the rings in it.  A back end that has rings already has
 * received every change of memory from vhu_memory_event().
 */
static int
vhu_announce_rings(struct vhu_transport *v)
{
	int rc = 0;

	vcrypto_vhu_link_begin(&v->link, v->rings.nb * VHU_RING_MS);
	if (!vcrypto_vhu_rings_any(&v->rings))
		rc = vcrypto_vhu_mem_announce(&v->link, &v->announced, &v->mem);
	if (rc == 0)
		rc = vcrypto_vhu_rings_announce(&v->rings);
	vcrypto_vhu_link_end(&v->link);
	return rc;
}

static int
vhu_set_status(struct vcrypto_transport *t, uint8_t status)
{
	struct vhu_transport *v = vhu_of(t);
	int rc = 0;

	if (status == VIRTIO_S_RESET) {
		VCRYPTO_ERR("%s: status 0 is written by reset only", v->args.name);
		return -EINVAL;
	}
	pthread_mutex_lock(&v->lock);
	/* A new back end may take over at the first write after a reset. */
	if (vcrypto_vhu_link_gone(&v->link))
		rc = v->status == 0 && (status & VIRTIO_S_FAILED) == 0 ? vhu_reconnect(v) :
			vcrypto_vhu_link_lost(&v->link);
	if (rc == 0 && (status & VIRTIO_S_DRIVER_OK) && (v->status & VIRTIO_S_DRIVER_OK) == 0)
		rc = vhu_announce_rings(v);
	if (rc == 0 && (v->link.proto & VHU_PROTO_F_STATUS) != 0)
		rc = vcrypto_vhu_link_set_u64(&v->link, VHU_SET_STATUS, status);
	if (rc == 0)
		v->status = status;
	pthread_mutex_unlock(&v->lock);
	return rc;
}

static int
vhu_get_features(struct vcrypto_transport *t, uint64_t *features)
{
	struct vhu_transport *v = vhu_of(t);
	uint64_t offered = 0;
	int rc;

	pthread_mutex_lock(&v->lock);
	rc = vcrypto_vhu_link_get_u64(&v->link, VHU_GET_FEATURES, &offered);
	if (!v->has_admin)
		offered &= ~VIRTIO_F_ADMIN_VQ;
	pthread_mutex_unlock(&v->lock);
	*features = offered & ~VHU_F_PROTOCOL_FEATURES;
	return rc;
}

static int
vhu_set_features(struct vcrypto_transport *t, uint64_t features)
{
	struct vhu_transport *v = vhu_of(t);
	int rc;

	if (features & ~t->traits.features_allowed) {
		VCRYPTO_ERR("%s: vhost-user cannot carry features 0x%" PRIx64, v->args.name,
			features & ~t->traits.features_allowed);
		return -EINVAL;
	}
	pthread_mutex_lock(&v->lock);
	v->features = features;
	/* The handshake found PROTOCOL_FEATURES offered; once it is accepted, rings start
	 * disabled.
	 */
	rc = vcrypto_vhu_link_set_u64(&v->link, VHU_SET_FEATURES,
			features | VHU_F_PROTOCOL_FEATURES);
	pthread_mutex_unlock(&v->lock);
	return rc;
}

/* Reads the first len bytes of the configuration, and replaces max_dataqueues by queues=: to
 * the driver the device has that many data queues, and its control queue follows them.
 */
static int
vhu_config_head(struct vhu_transport *v, uint8_t *space, uint32_t len)
{
	const size_t at = offsetof(struct virtio_crypto_config, max_dataqueues);
	le32 max;
	int rc;

	if (v->base.traits.strict_framing) {
		if (len > sizeof(struct virtio_crypto_config))
			return -ERANGE;
		vcrypto_vhu_session_config((struct virtio_crypto_config *)space, v->args.queues);
		return 0;
	}
	rc = vcrypto_vhu_link_config(&v->link, 0, space, len);
	if (rc != 0 || len < at + sizeof(max))
		return rc;
	memcpy(&max, space + at, sizeof(max));
	if (v->base.traits.has_ctrlq && le32_to_cpu(max) != v->ctrl_vring) {
		VCRYPTO_ERR("%s: the back end had %u data queues and now has %" PRIu32 ": remove "
			"the device and create it again", v->args.name, v->ctrl_vring,
			le32_to_cpu(max));
		return -EPROTO;
	}
	max = cpu_to_le32(v->args.queues);
	memcpy(space + at, &max, sizeof(max));
	if (!v->base.traits.has_ctrlq && len >= sizeof(struct virtio_crypto_config))
		vcrypto_vhu_session_limit((struct virtio_crypto_config *)space, v->layout);
	return 0;
}

static int
vhu_read_config(struct vcrypto_transport *t, size_t off, void *buf, size_t len)
{
	struct vhu_transport *v = vhu_of(t);
	_Alignas(struct virtio_crypto_config) uint8_t space[VHU_CONFIG_SPACE_MAX];
	int rc = -ERANGE;

	if (off <= sizeof(space) && len <= sizeof(space) - off) {
		pthread_mutex_lock(&v->lock);
		rc = vhu_config_head(v, space, (uint32_t)(off + len));
		pthread_mutex_unlock(&v->lock);
	}
	if (rc == 0)
		memcpy(buf, space + off, len);
	else if (rc == -ERANGE)
		VCRYPTO_ERR("%s: bytes %zu + %zu are not in the configuration that the back end "
			"serves", v->args.name, off, len);
	return rc;
}

/* ---- vcrypto_transport_ops: queues ---- */

static uint16_t
vhu_nb_queues(struct vcrypto_transport *t)
{
	return (uint16_t)(vhu_of(t)->args.queues + t->traits.has_ctrlq);
}

/* It follows the control queue, in the driver's numbers as in the back end's. */
static uint16_t
vhu_admin_queue(struct vcrypto_transport *t)
{
	return (vhu_of(t)->features & VIRTIO_F_ADMIN_VQ) != 0 ? vhu_nb_queues(t) : 0;
}

/* The number of virtqueues that can be enabled: with ADMIN_VQ it includes that queue. */
static uint16_t
vhu_nb_usable(struct vhu_transport *v)
{
	return (uint16_t)(vhu_nb_queues(&v->base) + (vhu_admin_queue(&v->base) != 0));
}

static uint16_t
vhu_queue_max_size(struct vcrypto_transport *t, uint16_t index)
{
	struct vhu_transport *v = vhu_of(t);

	return index < vhu_nb_usable(v) ? v->args.queue_size : 0;
}

static int
vhu_check_queue(struct vhu_transport *v, const struct vcrypto_queue_desc *q)
{
	bool packed = (v->features & VIRTIO_F_RING_PACKED) != 0;

	if (q->index < vhu_nb_usable(v) && q->size != 0 && q->size <= v->args.queue_size &&
			q->packed == packed && (packed || (q->size & (q->size - 1)) == 0))
		return 0;
	VCRYPTO_ERR("%s: queue %u, %s, of %u entries is illegal: the device has %u %s queues of up "
		"to %u entries", v->args.name, q->index, q->packed ? "packed" : "split", q->size,
		vhu_nb_usable(v), packed ? "packed" : "split", v->args.queue_size);
	return -EINVAL;
}

static int
vhu_queue_enable(struct vcrypto_transport *t, const struct vcrypto_queue_desc *q)
{
	struct vhu_transport *v = vhu_of(t);
	int rc;

	pthread_mutex_lock(&v->lock);
	rc = vhu_check_queue(v, q);
	if (rc == 0)
		rc = vcrypto_vhu_rings_set(&v->rings, q, q->index < v->args.queues ? q->index :
				(uint16_t)(v->ctrl_vring + q->index - v->args.queues));
	/* Before DRIVER_OK the ring is only recorded: all are announced then. */
	if (rc == 0 && (v->status & VIRTIO_S_DRIVER_OK) != 0)
		rc = vhu_announce_rings(v);
	pthread_mutex_unlock(&v->lock);
	return rc;
}

/* Over vhost-user a queue reset (RING_RESET, 2.6.1) stops the vring. */
static int
vhu_queue_reset(struct vcrypto_transport *t, uint16_t index)
{
	struct vhu_transport *v = vhu_of(t);
	int rc = 0;

	if (index >= vhu_nb_usable(v))
		return -EINVAL;
	if ((v->features & VIRTIO_F_RING_RESET) == 0)
		return -ENOTSUP;
	pthread_mutex_lock(&v->lock);
	if (!vcrypto_vhu_link_gone(&v->link)) {
		vcrypto_vhu_link_begin(&v->link, 0);
		rc = vcrypto_vhu_rings_stop_one(&v->rings, index);
		vcrypto_vhu_link_end(&v->link);
	}
	pthread_mutex_unlock(&v->lock);
	return rc;
}

/* The descriptor stays open until the transport is destroyed. */
static void
vhu_queue_notify(struct vcrypto_transport *t, uint16_t index, struct vcrypto_notify *n)
{
	struct vhu_transport *v = vhu_of(t);

	pthread_mutex_lock(&v->lock);
	*n = (struct vcrypto_notify){ .fd = v->rings.ring[index].kick_fd };
	if (v->rings.ring[index].state != VCRYPTO_VHU_RING_NONE)
		n->how = VCRYPTO_NOTIFY_EVENT;
	pthread_mutex_unlock(&v->lock);
}

/* The next probe: the device status and the configuration's status in turn, as far as the
 * back end serves them; 0: neither.
 */
static uint32_t
vhu_next_probe(struct vhu_transport *v)
{
	bool status = (v->link.proto & VHU_PROTO_F_STATUS) != 0;

	v->probe_config = !v->probe_config;
	if (v->link.has_config && (v->probe_config || !status))
		return VHU_GET_CONFIG;
	return status ? VHU_GET_STATUS : 0;
}

static void
vhu_heed(struct vhu_transport *v, uint32_t answered, uint32_t value)
{
	const char *reason = NULL;

	if (answered == VHU_GET_STATUS && (value & VIRTIO_S_NEEDS_RESET) != 0)
		reason = "has met an error and needs a reset";
	if (answered == VHU_GET_CONFIG && (value & VIRTIO_CRYPTO_S_HW_READY) == 0)
		reason = "is not ready any more (HW_READY is clear)";
	if (reason == NULL || v->needs_reset)
		return;
	VCRYPTO_ERR("%s: the back end at path=%s %s; stop and start the device", v->args.name,
		v->args.path, reason);
	vhu_set_needs_reset(v, true);
}

/* Sends a probe if none is open and one is due, or now is set; else reads the answer if it
 * has arrived.  True if it has.
 */
static bool
vhu_probe_step(struct vhu_transport *v, bool now)
{
	uint32_t ask = 0, value, answered;

	if (v->link.probing == 0 && (now || vhu_deadline(0) >= v->next_probe_ms)) {
		ask = vhu_next_probe(v);
		v->next_probe_ms = vhu_deadline(VHU_PROBE_MS);
	}
	answered = vcrypto_vhu_link_probe(&v->link, ask, &value);
	vhu_heed(v, answered, value);
	return answered != 0;
}

/* Asks for both kinds of state, and waits for the answers for a moment: what does not come
 * by then is read by a later check.
 */
static void
vhu_probe_now(struct vhu_transport *v)
{
	struct pollfd p = { .fd = v->link.conn.sock, .events = POLLIN };
	unsigned int left = 2 + (v->link.probing != 0);	/* that one may be of before */
	uint64_t end = vhu_deadline(VHU_URGENT_MS);

	while (left != 0 && !v->needs_reset && vhu_deadline(0) < end &&
			!vcrypto_vhu_link_gone(&v->link)) {
		if (vhu_probe_step(v, true)) {
			left--;
			continue;
		}
		if (v->link.probing == 0)
			return;		/* the back end serves neither */
		(void)poll(&p, 1, 1);
	}
}

/* Waits neither for the lock nor, unless the back end has given a hint, for the back end. */
static void
vhu_probe(struct vhu_transport *v)
{
	if (pthread_mutex_trylock(&v->lock) != 0)
		return;
	if (__atomic_exchange_n(&v->urgent, false, __ATOMIC_RELAXED))
		vhu_probe_now(v);
	else
		(void)vhu_probe_step(v, false);
	pthread_mutex_unlock(&v->lock);
}

static int
vhu_check(struct vcrypto_transport *t)
{
	struct vhu_transport *v = vhu_of(t);

	if (vcrypto_vhu_link_gone(&v->link))
		return vcrypto_vhu_link_lost(&v->link);
	vhu_probe(v);
	return __atomic_load_n(&v->needs_reset, __ATOMIC_RELAXED) ? -EIO : 0;
}

static void
vhu_listen(struct vcrypto_transport *t, bool (*changed)(void *arg), void *arg)
{
	struct vhu_transport *v = vhu_of(t);

	v->changed = changed;
	v->changed_arg = arg;
	vhu_hear(v);
}

static void
vhu_unlisten(struct vcrypto_transport *t)
{
	struct vhu_transport *v = vhu_of(t);

	vcrypto_vhu_events_off(&v->events);
	v->changed = NULL;
}

/* ---- vcrypto_transport_ops: sessions, destruction ---- */

static int
vhu_session_create(struct vcrypto_transport *t, uint64_t *session_id, uint32_t *status,
		const struct req_session *s)
{
	struct vhu_transport *v = vhu_of(t);
	int rc;

	pthread_mutex_lock(&v->lock);
	rc = vcrypto_vhu_session_create(&v->link, &v->layout, session_id, status, s);
	pthread_mutex_unlock(&v->lock);
	return rc;
}

static int
vhu_session_destroy(struct vcrypto_transport *t, uint64_t session_id, uint32_t *status)
{
	struct vhu_transport *v = vhu_of(t);
	int rc;

	pthread_mutex_lock(&v->lock);
	rc = vcrypto_vhu_session_destroy(&v->link, session_id, status);
	pthread_mutex_unlock(&v->lock);
	return rc;
}

static void
vhu_destroy(struct vcrypto_transport *t)
{
	struct vhu_transport *v = vhu_of(t);

	/* No callback runs after it is unregistered. */
	if (v->memory_callback)
		rte_mem_event_callback_unregister("vcrypto_vhost_user", v);
	vcrypto_vhu_events_off(&v->events);
	vcrypto_vhu_rings_fini(&v->rings);
	vcrypto_vhu_link_destroy(&v->link);
	pthread_mutex_destroy(&v->lock);
	free(v);
}

static const struct vcrypto_transport_ops vhu_ops = {
	.name = "vhost-user",
	.reset = vhu_reset,
	.get_status = vhu_get_status,
	.set_status = vhu_set_status,
	.get_features = vhu_get_features,
	.set_features = vhu_set_features,
	.read_config = vhu_read_config,
	.nb_queues = vhu_nb_queues,
	.admin_queue = vhu_admin_queue,
	.queue_max_size = vhu_queue_max_size,
	.queue_enable = vhu_queue_enable,
	.queue_reset = vhu_queue_reset,
	.queue_notify = vhu_queue_notify,
	.check = vhu_check,
	.listen = vhu_listen,
	.unlisten = vhu_unlisten,
	.session_create = vhu_session_create,
	.session_destroy = vhu_session_destroy,
	.destroy = vhu_destroy,
};

/* ---- creation ---- */

static struct vhu_transport *
vhu_alloc(const struct vcrypto_vhu_args *args)
{
	size_t nb = args->queues + 2u;	/* room for control and administration queue */
	struct vhu_transport *v = calloc(1, sizeof(*v) + nb * sizeof(v->ring[0]));

	if (v == NULL)
		return NULL;
	v->base.ops = &vhu_ops;
	v->base.traits.numa_node = args->numa_node;
	v->base.traits.addr_is_va = true;
	v->base.traits.event_kicks = true;
	v->base.traits.may_return = true;
	v->base.traits.features_allowed = VHU_FEATURES;
	(void)snprintf(v->base.name, sizeof(v->base.name), "%s", args->name);
	(void)snprintf(v->path, sizeof(v->path), "%s", args->path);
	v->args = *args;
	v->args.name = v->base.name;
	v->args.path = v->path;
	v->events.name = v->base.name;
	v->layout = args->layout;
	v->link.conn.sock = v->link.listener = v->link.channel = -1;
	pthread_mutex_init(&v->lock, NULL);
	return v;
}

static int
vhu_adopt_offer(struct vhu_transport *v)
{
	struct vcrypto_vhu_offer offer;
	int rc = vcrypto_vhu_offer_find(&offer, &v->args, &v->link);

	if (rc != 0)
		return rc;
	v->ctrl_vring = offer.ctrl_vring;
	v->has_admin = offer.has_admin;
	v->base.traits.has_ctrlq = offer.has_ctrlq;
	v->base.traits.strict_framing = !v->link.has_config;
	VCRYPTO_INFO("%s: path=%s: %u data queues, sessions by %s, protocol features 0x%" PRIx64,
		v->args.name, v->path, v->args.queues,
		offer.has_ctrlq ? "control queue" : "messages", v->link.proto);
	return vcrypto_vhu_rings_init(&v->rings, &v->link, v->ring,
			(uint16_t)(v->args.queues + (offer.has_ctrlq ? 2 : 0)));
}

int
vcrypto_transport_vhost_user_create(struct vcrypto_transport **t,
		const struct vcrypto_vhu_args *args)
{
	struct vhu_transport *v;
	int rc = vcrypto_vhu_offer_check(args);

	if (rc != 0)
		return rc;
	v = vhu_alloc(args);
	if (v == NULL) {
		VCRYPTO_ERR("%s: no memory for the transport's state", args->name);
		return -ENOMEM;
	}
	rc = vcrypto_vhu_link_create(&v->link, &v->args);
	if (rc == 0)
		rc = vhu_adopt_offer(v);
	if (rc == 0)
		rc = vhu_follow_memory(v);
	if (rc != 0) {
		vhu_destroy(&v->base);
		return rc;
	}
	*t = &v->base;
	return 0;
}
