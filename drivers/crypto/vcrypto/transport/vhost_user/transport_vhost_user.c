/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The vhost-user transport: the front end of a crypto device in another process.
 * Owns the device status, what the back end is, and when it is told what; calls
 * vhu_link (messages), vhu_rings (vrings), vhu_mem (shared memory) and vhu_session
 * (sessions by messages).  No policy.
 *
 * Rings are told to the back end when DRIVER_OK is set, all at once: back ends count
 * vrings as they come, and begin when those that have come so far are ready.
 *
 * Memory that comes or goes while rings run is announced from DPDK's memory event
 * callback, with the rings disabled around it.  The data path is not stopped
 * meanwhile: it may add requests and kick, and the back end finds them once its ring
 * is enabled again.
 *
 * Locks: DPDK's memory lock, then t->lock; so nothing here allocates DPDK memory or
 * walks it under t->lock.  check tries it and goes on without.
 */
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include <rte_eal_memconfig.h>
#include <rte_errno.h>
#include <rte_memory.h>

#include "transport/vhost_user/transport_vhost_user.h"
#include "device/vcrypto_log.h"
#include "transport/vhost_user/vhu_link.h"
#include "transport/vhost_user/vhu_mem.h"
#include "transport/vhost_user/vhu_rings.h"
#include "transport/vhost_user/vhu_session.h"

/* Waiting for status 0 after it was written. */
#define RESET_POLLS		1000
#define RESET_POLL_US		1000
/* How often check() asks how the back end is: each of two questions within the second,
 * and no more, since back ends log the messages that they get.
 */
#define PROBE_EVERY_MS		250

#define VHU_FEATURES \
	(VIRTIO_F_VERSION_1 | VIRTIO_F_ORDER_PLATFORM | VIRTIO_F_INDIRECT_DESC | \
	 VIRTIO_F_EVENT_IDX | VIRTIO_F_RING_PACKED | VIRTIO_F_IN_ORDER | VIRTIO_F_RING_RESET | \
	 VIRTIO_CRYPTO_F_REVISION_1 | VIRTIO_CRYPTO_F_STATELESS_MODES)

struct vhu_transport {
	struct vcrypto_transport base;

	/* read-only after creation */
	struct vcrypto_vhu_args args;
	char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
	uint16_t ctrl_vring;	/* the control queue's number for the back end */
	bool watching;		/* the memory callback is registered */

	pthread_mutex_t lock;	/* everything below */
	struct vcrypto_vhu_link link;
	struct vcrypto_vhu_rings rings;
	struct vcrypto_vhu_mem mem;	/* as it is */
	struct vcrypto_vhu_mem told;	/* as the back end knows it; nb 0: not at all */
	struct vcrypto_vhu_mem scratch;	/* of the memory callback */
	uint64_t features;	/* as last set */
	uint8_t status;		/* as last written */
	enum req_vhu_layout layout;
	uint64_t next_probe;	/* ms, vhu_deadline's clock */
	bool probe_config;	/* what was asked last */
	bool needs_reset;	/* the back end said so, or lost sight of our memory, or
				 * is not ready; written under the lock, read by
				 * check() without it
				 */

	struct vcrypto_vhu_ring ring[];	/* data queues, then the control queue */
};

static struct vhu_transport *
vhu_of(struct vcrypto_transport *t)
{
	return (struct vhu_transport *)t;	/* its first member */
}

static void
set_needs_reset(struct vhu_transport *v, bool on)
{
	__atomic_store_n(&v->needs_reset, on, __ATOMIC_RELAXED);
}

/* ---- memory that comes and goes ---- */

/* Tell the back end the new table, its rings disabled meanwhile. */
static void
retell_memory(struct vhu_transport *v)
{
	int rc = vcrypto_vhu_mem_check(&v->mem, &v->link);

	if (rc == 0)
		rc = vcrypto_vhu_rings_pause(&v->rings);
	if (rc == 0)
		rc = vcrypto_vhu_mem_announce(&v->link, &v->told, &v->mem);
	if (rc == 0)
		rc = vcrypto_vhu_rings_resume(&v->rings);
	if (rc == 0 || rc == -ENODEV)
		return;
	VCRYPTO_ERR("%s: the back end does not know of memory that came or went: requests there "
		"fail; stop and start the device", v->args.name);
	set_needs_reset(v, true);
}

/* DPDK holds its memory lock: the segments stand still, and allocating is forbidden.
 * On ALLOC they are in the list already, on FREE they still are.
 */
static void
memory_event(enum rte_mem_event event, const void *addr, size_t len, void *arg)
{
	struct vhu_transport *v = arg;
	int rc;

	pthread_mutex_lock(&v->lock);
	rc = vcrypto_vhu_mem_collect(&v->scratch, v->args.name, addr,
			event == RTE_MEM_EVENT_FREE ? len : 0);
	if (rc == 0 && !vcrypto_vhu_mem_equal(&v->scratch, &v->mem)) {
		v->mem = v->scratch;
		if (v->told.nb != 0 && !vcrypto_vhu_link_gone(&v->link))
			retell_memory(v);
	}
	pthread_mutex_unlock(&v->lock);
}

/* Register first, then look: nothing is missed in between. */
static int
watch_memory(struct vhu_transport *v)
{
	int rc;

	if (rte_mem_event_callback_register("vcrypto_vhost_user", memory_event, v) == 0) {
		v->watching = true;
	} else if (rte_errno != ENOTSUP) {	/* ENOTSUP: memory never changes */
		VCRYPTO_ERR("%s: cannot watch DPDK's memory: %s", v->args.name,
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

/* ---- what the back end is ---- */

/* How sessions go, and where.  Fixed over reconnections. */
struct facts {
	bool has_ctrlq;
	uint16_t ctrl_vring;
};

static int
refuse(const struct vhu_transport *v, const char *why)
{
	VCRYPTO_ERR("%s: the back end at path=%s %s", v->args.name, v->args.path, why);
	return -ENOTSUP;
}

/* The control queue is vring max_dataqueues, however few data queues are used. */
static int
facts_ctrlq(struct vhu_transport *v, struct facts *f)
{
	uint32_t max = v->link.max_dataqueues;

	if (!v->link.has_config)
		return refuse(v, "does not serve the configuration space (GET_CONFIG): it has no "
			"control queue; use sessions=message");
	if (max == 0 || max >= VHU_MAX_VRINGS)
		return refuse(v, "has a max_dataqueues of 0, or of more than can be counted");
	if (v->link.nb_vrings != 0 && v->link.nb_vrings <= max)
		return -ERANGE;		/* the caller knows whether that is an error */
	if (v->args.queues > max) {
		VCRYPTO_ERR("%s: queues=%u: the back end at path=%s has %" PRIu32, v->args.name,
			v->args.queues, v->args.path, max);
		return -ENOTSUP;
	}
	*f = (struct facts){ .has_ctrlq = true, .ctrl_vring = (uint16_t)max };
	return 0;
}

static int
facts_message(struct vhu_transport *v, struct facts *f)
{
	uint16_t have = v->link.nb_vrings;

	if ((v->link.proto & VHU_PROTO_F_CRYPTO_SESSION) == 0)
		return refuse(v, "takes no session messages (CRYPTO_SESSION), and has no control "
			"queue that may be used: no sessions, no crypto device");
	if (have != 0 && v->args.queues > have) {
		VCRYPTO_ERR("%s: queues=%u: the back end at path=%s has %u", v->args.name,
			v->args.queues, v->args.path, have);
		return -ENOTSUP;
	}
	*f = (struct facts){ .has_ctrlq = false };
	return 0;
}

/* A control queue takes every session, messages only ciphers, chains and RSA: so it
 * is preferred where there is one.
 */
static int
find_facts(struct vhu_transport *v, struct facts *f)
{
	int rc;

	if (v->args.sessions == VCRYPTO_VHU_SESSIONS_MESSAGE ||
			(v->args.sessions == VCRYPTO_VHU_SESSIONS_AUTO && !v->link.has_config))
		return facts_message(v, f);
	rc = facts_ctrlq(v, f);
	if (rc != -ERANGE)
		return rc;
	if (v->args.sessions == VCRYPTO_VHU_SESSIONS_AUTO)
		return facts_message(v, f);
	return refuse(v, "has no vring for a control queue; use sessions=message");
}

/* A new connection, after the old one was lost; what was fixed must still be so. */
static int
reconnect(struct vhu_transport *v)
{
	struct facts f;
	int rc = vcrypto_vhu_link_reopen(&v->link);

	if (rc == 0)
		rc = find_facts(v, &f);
	if (rc != 0)
		return rc;
	if (f.has_ctrlq != v->base.traits.has_ctrlq || f.ctrl_vring != v->ctrl_vring ||
			v->base.traits.strict_framing == v->link.has_config) {
		vcrypto_vhu_link_hang_up(&v->link);
		return refuse(v, "is another one than before: remove the device and create it "
			"again");
	}
	v->told.nb = 0;
	v->layout = v->args.layout;
	return 0;
}

/* ---- vcrypto_transport_ops: device ---- */

/* What this side remembers of a device that was reset. */
static void
forget(struct vhu_transport *v)
{
	vcrypto_vhu_rings_forget(&v->rings);
	v->features = 0;
	v->status = 0;
	set_needs_reset(v, false);
}

static int
reset_status(struct vhu_transport *v)
{
	int rc = vcrypto_vhu_link_set_u64(&v->link, VHU_SET_STATUS, VIRTIO_S_RESET);
	unsigned int polls;
	uint64_t status;

	for (polls = 0; rc == 0 && polls < RESET_POLLS; polls++) {
		rc = vcrypto_vhu_link_get_u64(&v->link, VHU_GET_STATUS, &status);
		if (rc != 0 || (uint8_t)status == 0)
			return rc;
		usleep(RESET_POLL_US);
	}
	if (rc == 0) {
		VCRYPTO_ERR("%s: the back end did not finish a reset within %u ms", v->args.name,
			RESET_POLLS * RESET_POLL_US / 1000);
		rc = -ETIMEDOUT;
	}
	return rc;
}

/* Stopping each ring is what every back end knows; the rest of its state goes by the
 * best message that it offers, or else with the next SET_FEATURES.
 */
static int
reset_by_messages(struct vhu_transport *v)
{
	struct vhu_out out = { .request = VHU_RESET_DEVICE };
	int rc = vcrypto_vhu_rings_stop(&v->rings);

	if (rc != 0)
		return rc;
	if (v->link.proto & VHU_PROTO_F_STATUS)
		return reset_status(v);
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
	if (!vcrypto_vhu_link_gone(&v->link))
		rc = reset_by_messages(v);
	/* A process that is gone, or has hung up, uses no memory of ours; one that is
	 * neither may.
	 */
	if (rc != 0 || v->link.conn.broken)
		rc = vcrypto_vhu_link_hang_up(&v->link) ? 0 : -ETIMEDOUT;
	if (rc == 0)
		forget(v);
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
	/* Between a reset and the first write to it the status is 0, whoever is there. */
	if (status != 0 && (v->link.proto & VHU_PROTO_F_STATUS) != 0 &&
			vcrypto_vhu_link_get_u64(&v->link, VHU_GET_STATUS, &status) != 0)
		status = VIRTIO_S_NEEDS_RESET;
	if (v->needs_reset)
		status |= VIRTIO_S_NEEDS_RESET;
	pthread_mutex_unlock(&v->lock);
	return (uint8_t)status;
}

/* Shared memory, then rings in it.  Where a back end has rings already, it has been
 * told of all changes of memory as they came.
 */
static int
tell_rings(struct vhu_transport *v)
{
	int rc = 0;

	if (!vcrypto_vhu_rings_any(&v->rings))
		rc = vcrypto_vhu_mem_announce(&v->link, &v->told, &v->mem);
	return rc == 0 ? vcrypto_vhu_rings_tell(&v->rings) : rc;
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
	/* The first write after a reset is where a new back end may take over. */
	if (vcrypto_vhu_link_gone(&v->link))
		rc = v->status == 0 && (status & VIRTIO_S_FAILED) == 0 ? reconnect(v) :
			vcrypto_vhu_link_lost(&v->link);
	if (rc == 0 && (status & VIRTIO_S_DRIVER_OK) && (v->status & VIRTIO_S_DRIVER_OK) == 0)
		rc = tell_rings(v);
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
	/* The handshake found that bit: with it rings wait to be enabled. */
	rc = vcrypto_vhu_link_set_u64(&v->link, VHU_SET_FEATURES,
			features | VHU_F_PROTOCOL_FEATURES);
	pthread_mutex_unlock(&v->lock);
	return rc;
}

/* The first len bytes of the configuration, with as many data queues as queues= says:
 * the driver has a device of just those, and its control queue behind them.
 */
static int
config_head(struct vhu_transport *v, uint8_t *space, uint32_t len)
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
		rc = config_head(v, space, (uint32_t)(off + len));
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
	return vhu_of(t)->rings.nb;
}

static uint16_t
vhu_queue_max_size(struct vcrypto_transport *t, uint16_t index)
{
	struct vhu_transport *v = vhu_of(t);

	return index < v->rings.nb ? v->args.queue_size : 0;
}

static int
check_queue(const struct vhu_transport *v, const struct vcrypto_queue_desc *q)
{
	bool packed = (v->features & VIRTIO_F_RING_PACKED) != 0;

	if (q->index < v->rings.nb && q->size != 0 && q->size <= v->args.queue_size &&
			q->packed == packed && (packed || (q->size & (q->size - 1)) == 0))
		return 0;
	VCRYPTO_ERR("%s: queue %u of %u entries, %s: there are %u of up to %u, %s",
		v->args.name, q->index, q->size, q->packed ? "packed" : "split",
		v->rings.nb, v->args.queue_size, packed ? "packed" : "split");
	return -EINVAL;
}

static int
vhu_queue_enable(struct vcrypto_transport *t, const struct vcrypto_queue_desc *q)
{
	struct vhu_transport *v = vhu_of(t);
	int rc;

	pthread_mutex_lock(&v->lock);
	rc = check_queue(v, q);
	if (rc == 0)
		rc = vcrypto_vhu_rings_set(&v->rings, q, q->index < v->args.queues ? q->index :
				v->ctrl_vring);
	/* Else it waits for the others and DRIVER_OK. */
	if (rc == 0 && (v->status & VIRTIO_S_DRIVER_OK) != 0)
		rc = tell_rings(v);
	pthread_mutex_unlock(&v->lock);
	return rc;
}

/* RING_RESET (2.6.1) over vhost-user is the stopping of the vring. */
static int
vhu_queue_reset(struct vcrypto_transport *t, uint16_t index)
{
	struct vhu_transport *v = vhu_of(t);
	int rc = 0;

	if (index >= v->rings.nb)
		return -EINVAL;
	if ((v->features & VIRTIO_F_RING_RESET) == 0)
		return -ENOTSUP;
	pthread_mutex_lock(&v->lock);
	if (!vcrypto_vhu_link_gone(&v->link))
		rc = vcrypto_vhu_rings_stop_one(&v->rings, index);
	pthread_mutex_unlock(&v->lock);
	return rc;
}

/* The descriptor stays open as long as the transport lives. */
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

/* What to ask next: the device status and that of the configuration in turn, where
 * the back end keeps them.
 */
static uint32_t
next_question(struct vhu_transport *v)
{
	bool status = (v->link.proto & VHU_PROTO_F_STATUS) != 0;

	v->probe_config = !v->probe_config;
	if (v->link.has_config && (v->probe_config || !status))
		return VHU_GET_CONFIG;
	return status ? VHU_GET_STATUS : 0;
}

/* The back end's health: asked for now and then, the answer read when it is there.
 * Neither waits for the back end nor for the lock.
 */
static void
probe(struct vhu_transport *v)
{
	const char *why = NULL;
	uint32_t ask = 0, value;

	if (pthread_mutex_trylock(&v->lock) != 0)
		return;
	if (v->link.probing == 0 && vhu_deadline(0) >= v->next_probe) {
		ask = next_question(v);
		v->next_probe = vhu_deadline(PROBE_EVERY_MS);
	}
	switch (vcrypto_vhu_link_probe(&v->link, ask, &value)) {
	case VHU_GET_STATUS:
		if (value & VIRTIO_S_NEEDS_RESET)
			why = "has met an error and needs a reset";
		break;
	case VHU_GET_CONFIG:
		if ((value & VIRTIO_CRYPTO_S_HW_READY) == 0)
			why = "is not ready any more (HW_READY is clear)";
		break;
	default:
		break;
	}
	if (why != NULL && !v->needs_reset) {
		VCRYPTO_ERR("%s: the back end at path=%s %s; stop and start the device",
			v->args.name, v->args.path, why);
		set_needs_reset(v, true);
	}
	pthread_mutex_unlock(&v->lock);
}

static int
vhu_check(struct vcrypto_transport *t)
{
	struct vhu_transport *v = vhu_of(t);

	if (vcrypto_vhu_link_gone(&v->link))
		return vcrypto_vhu_link_lost(&v->link);
	probe(v);
	return __atomic_load_n(&v->needs_reset, __ATOMIC_RELAXED) ? -EIO : 0;
}

/* ---- vcrypto_transport_ops: sessions, the end ---- */

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

	/* Once this returns no callback runs or will. */
	if (v->watching)
		rte_mem_event_callback_unregister("vcrypto_vhost_user", v);
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
	.queue_max_size = vhu_queue_max_size,
	.queue_enable = vhu_queue_enable,
	.queue_reset = vhu_queue_reset,
	.queue_notify = vhu_queue_notify,
	.check = vhu_check,
	.session_create = vhu_session_create,
	.session_destroy = vhu_session_destroy,
	.destroy = vhu_destroy,
};

/* ---- creation ---- */

static struct vhu_transport *
alloc(const struct vcrypto_vhu_args *args)
{
	size_t nb = args->queues + 1u;	/* and the control queue, if there is one */
	struct vhu_transport *v = calloc(1, sizeof(*v) + nb * sizeof(v->ring[0]));

	if (v == NULL)
		return NULL;
	v->base.ops = &vhu_ops;
	v->base.traits.numa_node = args->numa_node;
	v->base.traits.addr_is_va = true;
	v->base.traits.event_kicks = true;
	v->base.traits.features_allowed = VHU_FEATURES;
	snprintf(v->base.name, sizeof(v->base.name), "%s", args->name);
	snprintf(v->path, sizeof(v->path), "%s", args->path);
	v->args = *args;
	v->args.name = v->base.name;
	v->args.path = v->path;
	v->layout = args->layout;
	v->link.conn.sock = v->link.listener = -1;
	pthread_mutex_init(&v->lock, NULL);
	return v;
}

static int
take_facts(struct vhu_transport *v)
{
	struct facts f;
	int rc = find_facts(v, &f);

	if (rc != 0)
		return rc;
	v->ctrl_vring = f.ctrl_vring;
	v->base.traits.has_ctrlq = f.has_ctrlq;
	v->base.traits.strict_framing = !v->link.has_config;
	VCRYPTO_INFO("%s: path=%s: %u data queues, sessions by %s, protocol features 0x%" PRIx64,
		v->args.name, v->path, v->args.queues, f.has_ctrlq ? "control queue" : "messages",
		v->link.proto);
	return vcrypto_vhu_rings_init(&v->rings, &v->link, v->ring,
			(uint16_t)(v->args.queues + (f.has_ctrlq ? 1 : 0)));
}

static int
check_args(const struct vcrypto_vhu_args *args)
{
	if (strlen(args->path) >= sizeof(((struct sockaddr_un *)0)->sun_path)) {
		VCRYPTO_ERR("%s: path=%s: longer than a socket's path can be (%zu bytes)",
			args->name, args->path, sizeof(((struct sockaddr_un *)0)->sun_path) - 1);
		return -ENAMETOOLONG;
	}
	if (args->queues == 0 || args->queues >= VHU_MAX_VRINGS || args->queue_size == 0) {
		VCRYPTO_ERR("%s: %u queues of %u entries: vhost-user counts 1 to %u queues",
			args->name, args->queues, args->queue_size, VHU_MAX_VRINGS - 1);
		return -EINVAL;
	}
	return 0;
}

int
vcrypto_transport_vhost_user_create(struct vcrypto_transport **t,
		const struct vcrypto_vhu_args *args)
{
	struct vhu_transport *v;
	int rc = check_args(args);

	if (rc != 0)
		return rc;
	v = alloc(args);
	if (v == NULL) {
		VCRYPTO_ERR("%s: out of memory", args->name);
		return -ENOMEM;
	}
	rc = vcrypto_vhu_link_create(&v->link, &v->args);
	if (rc == 0)
		rc = take_facts(v);
	if (rc == 0)
		rc = watch_memory(v);
	if (rc != 0) {
		vhu_destroy(&v->base);
		return rc;
	}
	*t = &v->base;
	return 0;
}
