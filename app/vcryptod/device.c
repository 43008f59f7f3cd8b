/* SPDX-License-Identifier: BSD-3-Clause
 *
 * When the rings of a device run; see device.h.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "device.h"
#include "log.h"

static enum vcryptod_vring_kind
device_kind_of(const struct vcryptod_device *dev, unsigned int index)
{
	unsigned int control = dev->model.cfg.max_dataqueues;

	if (index < control)
		return VCRYPTOD_VRING_DATA;
	return index == control ? VCRYPTOD_VRING_CONTROL : VCRYPTOD_VRING_ADMIN;
}

/* The rings behind those of data queues share a worker. */
static int
device_init_control(struct vcryptod_device *dev)
{
	unsigned int i = dev->model.cfg.max_dataqueues;
	int rc;

	rc = vcryptod_worker_init(&dev->control, dev->model.cfg.engine, 0, -1, 0,
			dev->nb_rings - i);
	for (; i < dev->nb_rings && rc == 0; i++) {
		dev->ring[i].worker = &dev->control;
		vcryptod_worker_add(&dev->control, &dev->ring[i].vring);
	}
	return rc;
}

int
vcryptod_device_init(struct vcryptod_device *dev, const char *path,
		const struct vcryptod_model_config *cfg, enum req_vhu_layout layout,
		uint64_t shuffle, int attention_fd)
{
	struct vcryptod_model_config model_cfg = *cfg;
	size_t size;
	unsigned int i;
	int rc;

	memset(dev, 0, sizeof(*dev));
	model_cfg.name = path;
	dev->path = path;
	dev->layout = layout;
	rc = vcryptod_model_init(&dev->model, &model_cfg);
	if (rc != 0)
		return rc;
	rc = -ENOMEM;
	dev->nb_rings = cfg->max_dataqueues + 1 + (dev->model.admin != NULL);
	size = dev->nb_rings * sizeof(dev->ring[0]);
	dev->ring = aligned_alloc(alignof(struct vcryptod_ring), size);
	if (dev->ring == NULL)
		goto fini_model;
	memset(dev->ring, 0, size);
	for (i = 0; i < dev->nb_rings; i++) {
		rc = vcryptod_vring_init(&dev->ring[i].vring, &dev->model, path, (uint16_t)i,
				device_kind_of(dev, i), shuffle, attention_fd);
		if (rc != 0)
			goto fini_rings;
	}
	rc = device_init_control(dev);
	if (rc == 0)
		return 0;

fini_rings:
	while (i-- > 0)
		vcryptod_vring_fini(&dev->ring[i].vring);
	free(dev->ring);
fini_model:
	vcryptod_model_fini(&dev->model);
	memset(dev, 0, sizeof(*dev));
	return rc;
}

static enum vcryptod_queue_state
device_queue_state(const struct vcryptod_vring *v)
{
	if (vcryptod_vring_is_broken(v))
		return VCRYPTOD_QUEUE_BROKEN;
	return vcryptod_vring_is_active(v) ? VCRYPTOD_QUEUE_RUNS : VCRYPTOD_QUEUE_OFF;
}

void
vcryptod_device_publish(struct vcryptod_device *dev)
{
	struct vcryptod_figures *f = dev->model.cfg.figures;
	uint64_t bytes = 0;
	unsigned int i;

	for (i = 0; i < dev->memory.nb; i++)
		bytes += dev->memory.region[i].size;
	vcryptod_figures_set(&f->connected, dev->connected);
	vcryptod_figures_set(&f->connections, dev->connections);
	vcryptod_figures_set(&f->features, dev->features);
	vcryptod_figures_set(&f->guest_bytes, bytes);
	for (i = 0; i < dev->model.cfg.max_dataqueues; i++)
		vcryptod_figures_set(&f->queue[i].state, device_queue_state(&dev->ring[i].vring));
	vcryptod_model_publish(&dev->model);
}

void
vcryptod_device_fini(struct vcryptod_device *dev)
{
	unsigned int i;

	if (dev->path == NULL)
		return;
	vcryptod_worker_fini(&dev->control);
	for (i = 0; i < dev->nb_rings; i++)
		vcryptod_vring_fini(&dev->ring[i].vring);
	free(dev->ring);
	vcryptod_model_fini(&dev->model);
	memset(dev, 0, sizeof(*dev));
}

/* ---- may a ring run, and where does it lie ---- */

/* QEMU's crypto back end agrees to VHU_F_PROTOCOL_FEATURES, which says that rings wait to be
 * enabled, and then never enables them.  It is known by its session messages; once a front end
 * has enabled a ring, its enable messages count.
 */
static bool
device_never_enables(const struct vcryptod_device *dev)
{
	return !dev->enables && (dev->protocol & VHU_PROTO_F_CRYPTO_SESSION) != 0;
}

/* The same peer writes the status FEATURES_OK alone, whatever the driver's status is: a driver
 * never has that status (3.1.1).
 */
static bool
device_driver_ok(const struct vcryptod_device *dev)
{
	if (!dev->status_known || (dev->status & VIRTIO_S_DRIVER_OK) != 0)
		return true;
	return device_never_enables(dev) && dev->status == VIRTIO_S_FEATURES_OK;
}

bool
vcryptod_device_has_ring(const struct vcryptod_device *dev, unsigned int index)
{
	return device_kind_of(dev, index) != VCRYPTOD_VRING_ADMIN ||
			(dev->features & VIRTIO_F_ADMIN_VQ) != 0;
}

static bool
device_may_run(const struct vcryptod_device *dev, unsigned int index)
{
	const struct vcryptod_ring *r = &dev->ring[index];

	if (!dev->connected || !dev->memory_ok || r->unusable || r->setting ||
			vcryptod_vring_is_broken(&r->vring) || !device_driver_ok(dev) ||
			!vcryptod_device_has_ring(dev, index))
		return false;
	/* Without protocol features rings start enabled. */
	return r->kicked && (r->enabled || device_never_enables(dev) ||
			(dev->features & VHU_F_PROTOCOL_FEATURES) == 0);
}

/* A front end that agrees to no ring feature at all, VERSION_1 included, does not pass on
 * what the driver agreed to with it (QEMU's crypto back end again): nothing can be
 * concluded from the bits that are missing.
 */
static bool
device_features_unknown(const struct vcryptod_device *dev)
{
	return (dev->features & ~VHU_F_PROTOCOL_FEATURES) == 0 && device_never_enables(dev);
}

/* Each area begins in a region; does it end there, too? */
static int
device_check_areas(const struct vcryptod_device *dev, const struct vcryptod_vring_setup *s)
{
	struct vcryptod_area area[VCRYPTOD_AREAS];
	unsigned int i;

	vcryptod_vring_areas(area, s);
	for (i = 0; i < VCRYPTOD_AREAS; i++)
		if (area[i].len != 0 && !vcryptod_memory_holds(&dev->memory, area[i].ptr,
				area[i].len, area[i].write))
			return -EFAULT;
	return s->size != 0 ? 0 : -EFAULT;
}

static void
device_start_ring(struct vcryptod_device *dev, unsigned int index)
{
	struct vcryptod_vring_setup s = {
		.packed = (dev->features & VIRTIO_F_RING_PACKED) != 0,
		.indirect = (dev->features & VIRTIO_F_INDIRECT_DESC) != 0,
		.event_idx = (dev->features & VIRTIO_F_EVENT_IDX) != 0,
		.in_order = (dev->features & VIRTIO_F_IN_ORDER) != 0,
		.blind = device_features_unknown(dev),
		.memory = &dev->memory,
		.kick_fd = -1, .call_fd = -1,
	};
	struct vcryptod_ring *r = &dev->ring[index];
	int rc;

	rc = dev->ring_get(dev, index, &s);
	if (rc == 0)
		rc = device_check_areas(dev, &s);
	if (rc == 0)
		rc = vcryptod_vring_start(&r->vring, &s);
	if (rc == 0) {
		vcryptod_worker_wake(r->worker);
	} else if (rc != -EAGAIN) {
		r->unusable = true;
		vcryptod_log(VCRYPTOD_LOG_BROKEN, dev->path, "queue %u cannot run: the front end "
				"gave %u entries at impossible addresses or positions (%s)",
				index, s.size, strerror(-rc));
	}
}

void
vcryptod_device_update(struct vcryptod_device *dev)
{
	unsigned int i;

	for (i = 0; i < dev->nb_rings; i++) {
		if (!device_may_run(dev, i))
			vcryptod_device_stop(dev, i);
		else if (!vcryptod_vring_is_active(&dev->ring[i].vring))
			device_start_ring(dev, i);
	}
}

void
vcryptod_device_stop(struct vcryptod_device *dev, unsigned int index)
{
	uint16_t avail, used;

	if (vcryptod_vring_stop(&dev->ring[index].vring, &avail, &used) && dev->ring_put != NULL)
		dev->ring_put(dev, index, avail, used);
}

void
vcryptod_device_set_call(struct vcryptod_device *dev, unsigned int index, int fd)
{
	int rc = vcryptod_vring_set_call(&dev->ring[index].vring, fd);

	if (rc == 0)
		return;
	vcryptod_device_stop(dev, index);
	dev->ring[index].unusable = true;
	vcryptod_log(VCRYPTOD_LOG_BROKEN, dev->path, "queue %u stopped: its call descriptor "
			"cannot be kept (%s); reset the queue or the device", index,
			strerror(-rc));
}

void
vcryptod_device_stop_all(struct vcryptod_device *dev)
{
	unsigned int i;

	/* All at once: else the worker would begin a turn of the next ring while one stops. */
	for (i = 0; i < dev->nb_rings; i++)
		vcryptod_vring_hold(&dev->ring[i].vring);
	for (i = 0; i < dev->nb_rings; i++)
		vcryptod_device_stop(dev, i);
}

void
vcryptod_device_lose(struct vcryptod_device *dev, const void *p, uint64_t len)
{
	struct vcryptod_ring *r, *end = dev->ring + dev->nb_rings;

	for (r = dev->ring; r < end; r++)
		vcryptod_vring_pause(&r->vring);
	for (r = dev->ring; r < end; r++) {
		if (vcryptod_vring_lose(&r->vring, p, len))
			continue;
		r->unusable = true;
		vcryptod_log(VCRYPTOD_LOG_BROKEN, dev->path, "queue %u stopped: the memory of its "
				"ring was unmapped; reset the queue or the device",
				r->vring.index);
	}
	/* What waits for more than a turn comes when the others go on. */
	for (r = dev->ring; r < end; r++) {
		if (r->unusable)
			vcryptod_device_stop(dev, r->vring.index);
		else
			vcryptod_vring_settle(&r->vring, p, len);
	}
}

void
vcryptod_device_forgive(struct vcryptod_device *dev, unsigned int index)
{
	__atomic_store_n(&dev->ring[index].vring.broken, false, __ATOMIC_RELEASE);
}

void
vcryptod_device_reset(struct vcryptod_device *dev)
{
	unsigned int i;

	vcryptod_device_stop_all(dev);
	vcryptod_model_reset(&dev->model);
	/* The front end sets up again what the driver uses then; a ring that it leaves out
	 * must not run with its old addresses.
	 */
	for (i = 0; i < dev->nb_rings; i++) {
		dev->ring[i].kicked = false;
		dev->ring[i].setting = dev->ring[i].unusable = false;
		vcryptod_device_forgive(dev, i);
	}
}

void
vcryptod_device_forget(struct vcryptod_device *dev)
{
	unsigned int i;

	vcryptod_device_reset(dev);
	for (i = 0; i < dev->nb_rings; i++)
		dev->ring[i].enabled = false;
	dev->features = dev->protocol = 0;
	dev->memory.nb = 0;
	dev->memory_ok = dev->enables = dev->status_known = dev->features_known = false;
	dev->status = 0;
	dev->logged_layout = REQ_VHU_LAYOUT_AUTO;
}

bool
vcryptod_device_needs_reset(const struct vcryptod_device *dev)
{
	unsigned int i;

	for (i = 0; i < dev->nb_rings; i++)
		if (vcryptod_vring_is_broken(&dev->ring[i].vring))
			return true;
	return false;
}
