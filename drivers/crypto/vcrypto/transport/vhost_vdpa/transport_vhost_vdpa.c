/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The vhost-vdpa transport: a device behind a character device of the kernel.  Owns what is
 * asked of it when; calls vdpa_chr (requests), vdpa_iotlb (memory), vdpa_rings (virtqueues)
 * and vdpa_events (configuration interrupt).  Must not decide when to reset or recover.
 *
 * Memory is mapped and all rings are announced when DRIVER_OK is set, and a reset removes
 * every mapping.  In between, memory that DPDK adds or returns is mapped and unmapped from
 * its memory event callback while the rings run: other mappings are not touched.
 *
 * Lock order: DPDK's memory lock, then v->lock; so nothing here allocates under v->lock.
 * check only tries the lock.
 */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <rte_eal_memconfig.h>
#include <rte_errno.h>
#include <rte_memory.h>

#include "device/vcrypto_log.h"
#include "lib/wire/virtio.h"
#include "lib/wire/virtio_crypto.h"
#include "transport/vhost_vdpa/transport_vhost_vdpa.h"
#include "transport/vhost_vdpa/vdpa_chr.h"
#include "transport/vhost_vdpa/vdpa_events.h"
#include "transport/vhost_vdpa/vdpa_iotlb.h"
#include "transport/vhost_vdpa/vdpa_rings.h"

/* How often status 0 is asked for after it was written, and the pause between two
 * questions: one second.
 */
#define VDPA_RESET_POLLS	1000
#define VDPA_RESET_POLL_US	1000
/* check() asks for the status at most once in so long, unless the device has given a hint. */
#define VDPA_CHECK_MS		10
/* What a function that was unplugged reads as. */
#define VDPA_STATUS_GONE	0xff

#define VDPA_NAME		"vcrypto_vhost_vdpa"	/* of the memory event callback */

#define VDPA_FEATURES \
	(VIRTIO_F_VERSION_1 | VIRTIO_F_ACCESS_PLATFORM | VIRTIO_F_ORDER_PLATFORM | \
	 VIRTIO_F_INDIRECT_DESC | VIRTIO_F_EVENT_IDX | VIRTIO_F_RING_PACKED | \
	 VIRTIO_F_IN_ORDER | VIRTIO_CRYPTO_F_REVISION_1 | VIRTIO_CRYPTO_F_STATELESS_MODES)

struct vdpa_transport {
	struct vcrypto_transport base;

	/* read-only after creation */
	struct vcrypto_vdpa_args args;
	char path[PATH_MAX];
	bool memory_callback;	/* vdpa_memory_event is registered */

	struct vcrypto_vdpa_chr chr;
	/* Life-cycle calls alone. */
	struct vcrypto_vdpa_events events;
	bool (*changed)(void *arg);
	void *changed_arg;
	bool urgent;		/* a hint came: the next check asks at once; atomic */

	pthread_mutex_t lock;	/* protects everything below */
	struct vcrypto_vdpa_rings rings;
	bool mapped;		/* DPDK's memory is mapped, and changes of it follow */
	uint64_t features;	/* as last set */
	uint8_t status;		/* as last written */
	uint64_t next_check_ms;
	bool needs_reset;	/* written under the lock, read by check() without it */

	struct vcrypto_vdpa_ring ring[];	/* data queues, control queue */
};

static struct vdpa_transport *
vdpa_of(struct vcrypto_transport *t)
{
	return (struct vdpa_transport *)t;	/* base is its first member */
}

static uint64_t
vdpa_now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

static void
vdpa_set_needs_reset(struct vdpa_transport *v, bool on)
{
	__atomic_store_n(&v->needs_reset, on, __ATOMIC_RELAXED);
}

/* ---- memory ---- */

/* DPDK holds its memory lock: the segments do not change, and allocating is forbidden.  On
 * ALLOC the new segments are in DPDK's list already; on FREE the old ones still are.
 */
static void
vdpa_memory_event(enum rte_mem_event event, const void *addr, size_t len, void *arg)
{
	struct vdpa_transport *v = arg;
	int rc = 0;

	pthread_mutex_lock(&v->lock);
	if (v->mapped && len != 0)
		rc = event == RTE_MEM_EVENT_ALLOC ? vcrypto_vdpa_iotlb_add(&v->chr, addr, len) :
			vcrypto_vdpa_iotlb_remove(&v->chr, addr, len);
	if (rc != 0 && rc != -ENODEV) {
		VCRYPTO_ERR("%s: the device cannot follow a change of DPDK's memory: requests "
			"there fail; stop and start the device", v->args.name);
		vdpa_set_needs_reset(v, true);
	}
	pthread_mutex_unlock(&v->lock);
}

/* Registers the callback before it looks, so that no change is missed in between. */
static int
vdpa_follow_memory(struct vdpa_transport *v)
{
	int rc;

	if (rte_mem_event_callback_register(VDPA_NAME, vdpa_memory_event, v) == 0) {
		v->memory_callback = true;
	} else if (rte_errno != ENOTSUP) {	/* ENOTSUP: memory does not change */
		VCRYPTO_ERR("%s: cannot follow changes of DPDK's memory: %s", v->args.name,
			rte_strerror(rte_errno));
		return rte_errno > 0 ? -rte_errno : -ENOMEM;
	}
	rte_mcfg_mem_read_lock();
	rc = vcrypto_vdpa_iotlb_check(&v->chr);
	rte_mcfg_mem_read_unlock();
	return rc;
}

static int
vdpa_map_memory(struct vdpa_transport *v)
{
	int rc;

	rte_mcfg_mem_read_lock();
	pthread_mutex_lock(&v->lock);
	rc = vcrypto_vdpa_iotlb_map_all(&v->chr);
	/* After an error some of it may be mapped: the reset that follows removes it. */
	v->mapped = true;
	pthread_mutex_unlock(&v->lock);
	rte_mcfg_mem_read_unlock();
	return rc;
}

/* ---- vcrypto_transport_ops: device ---- */

static int
vdpa_ask_status(struct vdpa_transport *v, uint8_t *status)
{
	int rc = vcrypto_vdpa_chr_ioctl(&v->chr, VDPA_GET_STATUS, status, "to say its status");

	if (rc == 0 && *status == VDPA_STATUS_GONE)
		rc = vcrypto_vdpa_chr_gone(&v->chr);
	return rc;
}

static int
vdpa_write_status(struct vdpa_transport *v, uint8_t status)
{
	return vcrypto_vdpa_chr_ioctl(&v->chr, VDPA_SET_STATUS, &status,
		status == VIRTIO_S_RESET ? "a reset" : "its new status");
}

static int
vdpa_reset_status(struct vdpa_transport *v)
{
	uint8_t status = 0;
	unsigned int i;
	int rc = vdpa_write_status(v, VIRTIO_S_RESET);

	for (i = 0; i < VDPA_RESET_POLLS && rc == 0; i++) {
		rc = vdpa_ask_status(v, &status);
		if (rc != 0 || status == 0)
			return rc;
		usleep(VDPA_RESET_POLL_US);
	}
	if (rc != 0)
		return rc;
	VCRYPTO_ERR("%s: the device at path=%s did not finish a reset within %u ms",
		v->args.name, v->path, VDPA_RESET_POLLS * VDPA_RESET_POLL_US / 1000);
	return -ETIMEDOUT;
}

static int
vdpa_reset(struct vcrypto_transport *t)
{
	struct vdpa_transport *v = vdpa_of(t);
	int rc;

	pthread_mutex_lock(&v->lock);
	rc = vdpa_reset_status(v);
	/* The device, or the kernel on its behalf, reaches no memory after this; if it stays
	 * mapped the next start maps it anew.
	 */
	if (v->mapped)
		(void)vcrypto_vdpa_iotlb_revoke(&v->chr);
	v->mapped = false;
	if (rc == 0 || rc == -ENODEV) {
		vcrypto_vdpa_rings_forget(&v->rings);
		v->features = 0;
		v->status = 0;
		vdpa_set_needs_reset(v, false);
	} else {
		rc = -ETIMEDOUT;	/* it may go on */
	}
	pthread_mutex_unlock(&v->lock);
	return rc;
}

static uint8_t
vdpa_get_status(struct vcrypto_transport *t)
{
	struct vdpa_transport *v = vdpa_of(t);
	uint8_t status = 0;

	pthread_mutex_lock(&v->lock);
	if (vdpa_ask_status(v, &status) != 0)
		status = VIRTIO_S_NEEDS_RESET;
	if (v->needs_reset)
		status |= VIRTIO_S_NEEDS_RESET;
	pthread_mutex_unlock(&v->lock);
	return status;
}

/* The kernel's driver may leave DRIVER_OK unset without an error: a virtio function that
 * has no interrupt vector, for example.
 */
static int
vdpa_check_started(struct vdpa_transport *v)
{
	uint8_t status = 0;
	int rc = vdpa_ask_status(v, &status);

	if (rc != 0 || (status & VIRTIO_S_DRIVER_OK) != 0)
		return rc;
	VCRYPTO_ERR("%s: the device at path=%s does not start (status 0x%02x): its kernel driver "
		"may need more interrupt vectors, an old one (before 6.10) one more than "
		"virtqueues; see the kernel's log",
		v->args.name, v->path, status);
	return -EIO;
}

static int
vdpa_start(struct vdpa_transport *v, uint8_t status)
{
	int rc = vdpa_map_memory(v);

	if (rc != 0)
		return rc;
	pthread_mutex_lock(&v->lock);
	rc = vcrypto_vdpa_rings_announce(&v->rings);
	if (rc == 0)
		vcrypto_vdpa_events_aim(&v->events);
	if (rc == 0)
		rc = vdpa_write_status(v, status);
	if (rc == 0)
		rc = vdpa_check_started(v);
	if (rc == 0)
		v->status = status;
	pthread_mutex_unlock(&v->lock);
	return rc;
}

static int
vdpa_set_status(struct vcrypto_transport *t, uint8_t status)
{
	struct vdpa_transport *v = vdpa_of(t);
	int rc;

	if (status == VIRTIO_S_RESET) {
		VCRYPTO_ERR("%s: status 0 is written by reset only", v->args.name);
		return -EINVAL;
	}
	/* v->status is written by life-cycle calls alone, of which this is one. */
	if ((status & VIRTIO_S_DRIVER_OK) != 0 && (v->status & VIRTIO_S_DRIVER_OK) == 0)
		return vdpa_start(v, status);
	pthread_mutex_lock(&v->lock);
	rc = vdpa_write_status(v, status);
	if (rc == 0)
		v->status = status;
	pthread_mutex_unlock(&v->lock);
	return rc;
}

static int
vdpa_get_features(struct vcrypto_transport *t, uint64_t *features)
{
	struct vdpa_transport *v = vdpa_of(t);

	*features = 0;
	return vcrypto_vdpa_chr_ioctl(&v->chr, VDPA_GET_FEATURES, features, "to say its features");
}

static int
vdpa_set_features(struct vcrypto_transport *t, uint64_t features)
{
	struct vdpa_transport *v = vdpa_of(t);
	int rc;

	if (features & ~t->traits.features_allowed) {
		VCRYPTO_ERR("%s: vhost-vdpa cannot carry features 0x%" PRIx64, v->args.name,
			features & ~t->traits.features_allowed);
		return -EINVAL;
	}
	if ((features & VIRTIO_F_ACCESS_PLATFORM) == 0) {
		VCRYPTO_ERR("%s: the device at path=%s does not offer ACCESS_PLATFORM, so it "
			"would take this program's virtual addresses for physical ones: it is not "
			"used (QEMU: iommu_platform=on)", v->args.name, v->path);
		return -ENOTSUP;
	}
	pthread_mutex_lock(&v->lock);
	v->features = features;
	rc = vcrypto_vdpa_chr_ioctl(&v->chr, VDPA_SET_FEATURES, &features,
			(features & VIRTIO_F_RING_PACKED) != 0 ? "the features that the driver "
			"accepts" : "the features that the driver accepts (some devices need "
			"packed_vq=1)");
	pthread_mutex_unlock(&v->lock);
	return rc;
}

/* max_dataqueues becomes queues=: to the driver the device has that many data queues, and its
 * control queue follows them.
 */
static int
vdpa_read_config(struct vcrypto_transport *t, size_t off, void *buf, size_t len)
{
	struct vdpa_transport *v = vdpa_of(t);
	const size_t at = offsetof(struct virtio_crypto_config, max_dataqueues);
	le32 max;
	int rc = vcrypto_vdpa_chr_config(&v->chr, off, buf, len);

	if (rc == -ERANGE)
		VCRYPTO_ERR("%s: bytes %zu + %zu are not in the device's configuration of %" PRIu32
			" bytes", v->args.name, off, len, v->chr.config_size);
	if (rc != 0 || off > at || off + len < at + sizeof(max))
		return rc;
	memcpy(&max, (uint8_t *)buf + (at - off), sizeof(max));
	if (le32_to_cpu(max) != v->chr.ctrl_vring) {
		VCRYPTO_ERR("%s: the device had %u data queues and now has %" PRIu32 ": remove it "
			"and create it again", v->args.name, v->chr.ctrl_vring, le32_to_cpu(max));
		return -EPROTO;
	}
	max = cpu_to_le32(v->args.queues);
	memcpy((uint8_t *)buf + (at - off), &max, sizeof(max));
	return 0;
}

/* ---- vcrypto_transport_ops: queues ---- */

static uint16_t
vdpa_nb_queues(struct vcrypto_transport *t)
{
	return (uint16_t)(vdpa_of(t)->args.queues + 1);
}

static uint16_t
vdpa_queue_max_size(struct vcrypto_transport *t, uint16_t index)
{
	struct vdpa_transport *v = vdpa_of(t);

	if (index >= vdpa_nb_queues(t))
		return 0;
	return v->chr.max_size < v->args.queue_size ? v->chr.max_size : v->args.queue_size;
}

/* The kernel takes powers of two only, of packed rings too. */
static int
vdpa_check_queue(struct vdpa_transport *v, const struct vcrypto_queue_desc *q)
{
	bool packed = (v->features & VIRTIO_F_RING_PACKED) != 0;
	uint16_t max = vdpa_queue_max_size(&v->base, q->index);

	if (q->size != 0 && q->size <= max && q->packed == packed &&
			(q->size & (q->size - 1)) == 0)
		return 0;
	VCRYPTO_ERR("%s: queue %u, %s, of %u entries is illegal: the device has %u %s queues of up "
		"to %u entries", v->args.name, q->index, q->packed ? "packed" : "split", q->size,
		vdpa_nb_queues(&v->base), packed ? "packed" : "split", max);
	return -EINVAL;
}

/* The ring is only recorded: all are announced at DRIVER_OK.  Nothing can be enabled after
 * that, since no queue can be reset by itself.
 */
static int
vdpa_queue_enable(struct vcrypto_transport *t, const struct vcrypto_queue_desc *q)
{
	struct vdpa_transport *v = vdpa_of(t);
	int rc;

	pthread_mutex_lock(&v->lock);
	rc = vdpa_check_queue(v, q);
	if (rc == 0 && (v->status & VIRTIO_S_DRIVER_OK) != 0) {
		VCRYPTO_ERR("%s: queue %u cannot be enabled while the device runs: stop and start "
			"it", v->args.name, q->index);
		rc = -EBUSY;
	}
	if (rc == 0)
		rc = vcrypto_vdpa_rings_set(&v->rings, q);
	pthread_mutex_unlock(&v->lock);
	return rc;
}

static void
vdpa_queue_notify(struct vcrypto_transport *t, uint16_t index, struct vcrypto_notify *n)
{
	struct vdpa_transport *v = vdpa_of(t);

	pthread_mutex_lock(&v->lock);
	vcrypto_vdpa_rings_notify(&v->rings, index,
		(v->features & VIRTIO_F_NOTIFICATION_DATA) != 0, n);
	pthread_mutex_unlock(&v->lock);
}

/* ---- vcrypto_transport_ops: the state of the device ---- */

/* A device that has lost its status was reset by somebody else: the kernel's driver, or the
 * process that implements it.
 */
static void
vdpa_heed(struct vdpa_transport *v, uint8_t status)
{
	const char *reason = NULL;

	if ((status & VIRTIO_S_NEEDS_RESET) != 0)
		reason = "has met an error and needs a reset";
	else if ((v->status & ~status & VIRTIO_S_DRIVER_OK) != 0)
		reason = "has stopped by itself";
	if (reason == NULL || v->needs_reset)
		return;
	VCRYPTO_ERR("%s: the device at path=%s %s; stop and start the device", v->args.name,
		v->path, reason);
	vdpa_set_needs_reset(v, true);
}

/* Does not wait for the lock: whoever has it speaks to the device. */
static void
vdpa_look(struct vdpa_transport *v)
{
	bool now = __atomic_load_n(&v->urgent, __ATOMIC_RELAXED);
	uint8_t status = 0;
	int rc;

	if (pthread_mutex_trylock(&v->lock) != 0)
		return;
	if (v->status != 0 && (now || vdpa_now_ms() >= v->next_check_ms)) {
		__atomic_store_n(&v->urgent, false, __ATOMIC_RELAXED);
		v->next_check_ms = vdpa_now_ms() + VDPA_CHECK_MS;
		rc = vcrypto_vdpa_chr_leaving(&v->chr);
		if (rc == 0)
			rc = vdpa_ask_status(v, &status);
		if (rc == 0)
			vdpa_heed(v, status);
		else if (rc != -ENODEV)
			vdpa_set_needs_reset(v, true);
	}
	pthread_mutex_unlock(&v->lock);
}

static int
vdpa_check(struct vcrypto_transport *t)
{
	struct vdpa_transport *v = vdpa_of(t);

	if (!vcrypto_vdpa_chr_is_gone(&v->chr) &&
			!__atomic_load_n(&v->needs_reset, __ATOMIC_RELAXED))
		vdpa_look(v);
	if (vcrypto_vdpa_chr_is_gone(&v->chr))
		return -ENODEV;
	return __atomic_load_n(&v->needs_reset, __ATOMIC_RELAXED) ? -EIO : 0;
}

/* A hint of the device, in EAL's interrupt thread. */
static bool
vdpa_hint(void *arg)
{
	struct vdpa_transport *v = arg;

	__atomic_store_n(&v->urgent, true, __ATOMIC_RELAXED);
	return v->changed(v->changed_arg);
}

static void
vdpa_listen(struct vcrypto_transport *t, bool (*changed)(void *arg), void *arg)
{
	struct vdpa_transport *v = vdpa_of(t);

	v->changed = changed;
	v->changed_arg = arg;
	vcrypto_vdpa_events_on(&v->events, &v->chr, vdpa_hint, v);
	if ((v->status & VIRTIO_S_DRIVER_OK) != 0)
		vcrypto_vdpa_events_aim(&v->events);
}

static void
vdpa_unlisten(struct vcrypto_transport *t)
{
	struct vdpa_transport *v = vdpa_of(t);

	vcrypto_vdpa_events_off(&v->events);
	v->changed = NULL;
}

/* ---- creation and destruction ---- */

static void
vdpa_destroy(struct vcrypto_transport *t)
{
	struct vdpa_transport *v = vdpa_of(t);

	/* No callback runs after it is unregistered. */
	if (v->memory_callback)
		rte_mem_event_callback_unregister(VDPA_NAME, v);
	vcrypto_vdpa_events_off(&v->events);
	vcrypto_vdpa_rings_fini(&v->rings);
	vcrypto_vdpa_chr_close(&v->chr);	/* the kernel resets the device and unmaps all */
	pthread_mutex_destroy(&v->lock);
	free(v);
}

static const struct vcrypto_transport_ops vdpa_ops = {
	.name = "vhost-vdpa",
	.reset = vdpa_reset,
	.get_status = vdpa_get_status,
	.set_status = vdpa_set_status,
	.get_features = vdpa_get_features,
	.set_features = vdpa_set_features,
	.read_config = vdpa_read_config,
	.nb_queues = vdpa_nb_queues,
	.queue_max_size = vdpa_queue_max_size,
	.queue_enable = vdpa_queue_enable,
	.queue_notify = vdpa_queue_notify,
	.check = vdpa_check,
	.listen = vdpa_listen,
	.unlisten = vdpa_unlisten,
	.destroy = vdpa_destroy,
};

static struct vdpa_transport *
vdpa_alloc(const struct vcrypto_vdpa_args *args)
{
	struct vdpa_transport *v = calloc(1, sizeof(*v) + (args->queues + 1u) * sizeof(v->ring[0]));

	if (v == NULL)
		return NULL;
	v->base.ops = &vdpa_ops;
	v->base.traits.numa_node = args->numa_node;
	v->base.traits.addr_is_va = true;
	v->base.traits.has_ctrlq = true;
	v->base.traits.cheap_config = true;
	v->base.traits.features_allowed = VDPA_FEATURES;
	(void)snprintf(v->base.name, sizeof(v->base.name), "%s", args->name);
	(void)snprintf(v->path, sizeof(v->path), "%s", args->path);
	v->args = *args;
	v->args.name = v->base.name;
	v->args.path = v->path;
	v->chr.fd = -1;
	pthread_mutex_init(&v->lock, NULL);
	return v;
}

static int
vdpa_check_args(const struct vcrypto_vdpa_args *args)
{
	if (args->queues == 0 || args->queue_size == 0 ||
			(args->queue_size & (args->queue_size - 1)) != 0) {
		VCRYPTO_ERR("%s: %u queues of %u entries are illegal: give at least one, and a "
			"power of two", args->name, args->queues, args->queue_size);
		return -EINVAL;
	}
	if (strlen(args->path) < PATH_MAX)
		return 0;
	VCRYPTO_ERR("%s: path= is longer than the %d bytes of a path", args->name, PATH_MAX - 1);
	return -ENAMETOOLONG;
}

/* Without pages for notifications every process can notify, by event descriptors, but the
 * kernel's notification carries no data.
 */
static int
vdpa_adopt(struct vdpa_transport *v)
{
	int rc = vcrypto_vdpa_rings_init(&v->rings, &v->chr, v->ring,
			(uint16_t)(v->args.queues + 1));

	if (rc != 0)
		return rc;
	v->base.traits.event_kicks = !v->rings.areas;
	v->base.traits.own_registers = v->rings.areas;
	if (v->rings.areas)
		v->base.traits.features_allowed |= VIRTIO_F_NOTIFICATION_DATA;
	VCRYPTO_INFO("%s: path=%s: %u of %u data queues, notified by %s, back-end features 0x%"
		PRIx64, v->args.name, v->path, v->args.queues, v->chr.ctrl_vring,
		v->rings.areas ? "mapped pages" : "event descriptors", v->chr.backend);
	return 0;
}

int
vcrypto_transport_vhost_vdpa_create(struct vcrypto_transport **t,
		const struct vcrypto_vdpa_args *args)
{
	struct vdpa_transport *v;
	int rc = vdpa_check_args(args);

	if (rc != 0)
		return rc;
	v = vdpa_alloc(args);
	if (v == NULL) {
		VCRYPTO_ERR("%s: no memory for the transport's state", args->name);
		return -ENOMEM;
	}
	rc = vcrypto_vdpa_chr_open(&v->chr, &v->args);
	if (rc == 0)
		rc = vdpa_adopt(v);
	if (rc == 0)
		rc = vdpa_follow_memory(v);
	if (rc != 0) {
		vdpa_destroy(&v->base);
		return rc;
	}
	*t = &v->base;
	return 0;
}
