/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Between the registers of a function and the rings of a device; see pci_device.h.
 *
 * A ring is set up by registers alone, which do not change while it is enabled: the address of
 * each area is looked up in the client's memory when the ring starts.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "../event.h"
#include "pci_device.h"

#define PACKED_BASE	0x8000		/* index 0, wrap counter 1 (2.8.1) */

/* ---- rings ---- */

/* The eventfd of its vector, which may be none; -1: none. */
static int
pci_device_call_of(const struct vcryptod_pci_device *d, unsigned int index)
{
	uint16_t vector = d->pci.queue[index].vector;

	if (!vcryptod_pci_msix_is_on(&d->pci))
		return d->call_fd;
	return vector < d->irqs.nb_vectors ? d->irqs.vector_fd[vector] : -1;
}

static void *
pci_device_translate(struct vcryptod_device *dev, uint64_t addr, bool write)
{
	uint64_t len = 1;

	return vcryptod_memory_translate(&dev->memory, addr, &len, write);
}

static int
pci_device_ring_get(struct vcryptod_device *dev, unsigned int index,
		struct vcryptod_vring_setup *s)
{
	const struct vcryptod_pci_device *d = dev->owner;
	const struct vcryptod_pci_queue *q = &d->pci.queue[index];

	/* A ring that has stopped does not go on: it is enabled once more first. */
	s->avail_base = s->used_base = s->packed ? PACKED_BASE : 0;
	s->size = q->size;
	s->kick_fd = d->ring[index].kick_fd;
	s->call_fd = pci_device_call_of(d, index);
	s->desc = pci_device_translate(dev, q->desc, s->packed);
	s->driver = pci_device_translate(dev, q->driver, false);
	s->device = pci_device_translate(dev, q->device, true);
	return s->desc != NULL && s->driver != NULL && s->device != NULL ? 0 : -EFAULT;
}

/* Rings start and stop; one that cannot run is for the driver to know. */
static void
pci_device_update_rings(struct vcryptod_pci_device *d)
{
	unsigned int i;

	vcryptod_device_update(d->dev);
	for (i = 0; i < d->dev->nb_rings; i++)
		d->failed |= d->dev->ring[i].unusable;
}

/* Not within a callback: it changes registers. */
static void
pci_device_tell_failure(struct vcryptod_pci_device *d)
{
	if (d->failed)
		vcryptod_pci_break(&d->pci);
	d->failed = false;
}

/* The call descriptor of a ring may be another one now.  Drivers change it while the ring runs, to
 * move interrupts to another CPU: requests go on.
 */
static void
pci_device_renew_call(struct vcryptod_pci_device *d, unsigned int index)
{
	vcryptod_device_set_call(d->dev, index, pci_device_call_of(d, index));
	d->failed |= d->dev->ring[index].unusable;
}

static void
pci_device_renew_all_calls(struct vcryptod_pci_device *d)
{
	unsigned int i;

	/* All at once: else the worker would begin a turn of the next ring while one pauses. */
	for (i = 0; i < d->dev->nb_rings; i++)
		vcryptod_vring_pause(&d->dev->ring[i].vring);
	for (i = 0; i < d->dev->nb_rings; i++)
		pci_device_renew_call(d, i);
}

/* ---- what the driver asks for ---- */

static void
pci_device_features(void *ctx, uint64_t features)
{
	struct vcryptod_pci_device *d = ctx;

	d->dev->features = features;
	d->dev->features_known = true;
	vcryptod_model_features(&d->dev->model, features);
}

static void
pci_device_status(void *ctx, uint8_t status)
{
	struct vcryptod_pci_device *d = ctx;

	d->dev->status = status;
	d->dev->status_known = true;
	pci_device_update_rings(d);
}

static uint64_t
pci_device_take_calls(struct vcryptod_pci_device *d)
{
	uint64_t events;

	return read(d->call_fd, &events, sizeof(events)) == sizeof(events) ? events : 0;
}

static void
pci_device_reset_rings(void *ctx)
{
	struct vcryptod_pci_device *d = ctx;

	vcryptod_device_reset(d->dev);
	/* A call from before the reset is no interrupt behind it. */
	(void)pci_device_take_calls(d);
	d->dev->features = 0;
	d->dev->features_known = false;
	d->dev->status = 0;
	d->failed = false;
}

static void
pci_device_enable(void *ctx, unsigned int queue)
{
	struct vcryptod_pci_device *d = ctx;

	d->dev->ring[queue].kicked = true;
	d->dev->ring[queue].unusable = false;
	pci_device_update_rings(d);
}

static void
pci_device_reset_queue(void *ctx, unsigned int queue)
{
	struct vcryptod_pci_device *d = ctx;

	vcryptod_device_stop(d->dev, queue);
	vcryptod_device_forgive(d->dev, queue);
	d->dev->ring[queue].kicked = d->dev->ring[queue].unusable = false;
}

/* The ring says what is available: the value is not needed. */
static void
pci_device_notify(void *ctx, unsigned int queue, uint32_t value)
{
	struct vcryptod_pci_device *d = ctx;

	(void)value;
	vcryptod_event_set(d->ring[queue].kick_fd);
}

static void
pci_device_vector(void *ctx, unsigned int queue)
{
	pci_device_renew_call(ctx, queue);
}

static void
pci_device_msix(void *ctx, bool on)
{
	(void)on;
	pci_device_renew_all_calls(ctx);
}

static void
pci_device_config(void *ctx, struct virtio_crypto_config *cfg)
{
	struct vcryptod_pci_device *d = ctx;

	vcryptod_model_config_read(&d->dev->model, 0, cfg, sizeof(*cfg));
}

static void
pci_device_interrupt(void *ctx, unsigned int vector)
{
	struct vcryptod_pci_device *d = ctx;

	vcryptod_irqs_tell(&d->irqs, vector);
}

static void
pci_device_intx(void *ctx, bool on)
{
	struct vcryptod_pci_device *d = ctx;

	if (on)
		vcryptod_irqs_tell_intx(&d->irqs);
}

static const struct vcryptod_pci_ops pci_device_ops = {
	.features = pci_device_features,
	.status = pci_device_status,
	.reset = pci_device_reset_rings,
	.enable = pci_device_enable,
	.queue_reset = pci_device_reset_queue,
	.notify = pci_device_notify,
	.vector = pci_device_vector,
	.msix = pci_device_msix,
	.config = pci_device_config,
	.interrupt = pci_device_interrupt,
	.intx = pci_device_intx,
};

/* ---- what the client asks for ---- */

uint64_t
vcryptod_pci_device_region(unsigned int region)
{
	if (region == VFU_REGION_CONFIG)
		return PCI_CFG_SIZE;
	return region < PCI_NB_BARS ? vcryptod_pci_bar_len(region) : 0;
}

int
vcryptod_pci_device_read(struct vcryptod_pci_device *d, const struct vfu_access *a, void *to)
{
	if (a->region == VFU_REGION_CONFIG)
		return vcryptod_pci_space_read(&d->pci, a->offset, to, a->count);
	return vcryptod_pci_bar_read(&d->pci, a->region, a->offset, to, a->count);
}

int
vcryptod_pci_device_write(struct vcryptod_pci_device *d, const struct vfu_access *a)
{
	int rc;

	if (a->region == VFU_REGION_CONFIG)
		rc = vcryptod_pci_space_write(&d->pci, a->offset, a->data, a->count);
	else
		rc = vcryptod_pci_bar_write(&d->pci, a->region, a->offset, a->data, a->count);
	pci_device_tell_failure(d);
	return rc;
}

/* Eventfds of MSI-X are others now, or none; rings have duplicates of those before. */
static void
pci_device_renew_vectors(struct vcryptod_pci_device *d, const struct vfu_irq_change *c)
{
	unsigned int i, vector;

	if (c->count == 0) {
		pci_device_renew_all_calls(d);
		return;
	}
	for (i = 0; i < d->dev->nb_rings; i++) {
		vector = d->pci.queue[i].vector;
		if (vector >= c->start && vector - c->start < c->count)
			pci_device_renew_call(d, i);
	}
}

int
vcryptod_pci_device_irqs(struct vcryptod_pci_device *d, const struct vfu_irq_change *c, int *fd,
		int links_fd, const char **why)
{
	int rc = vcryptod_irqs_change(&d->irqs, c, fd, links_fd, why);

	if (rc == 0 && c->index == VFU_IRQ_MSIX)
		pci_device_renew_vectors(d, c);
	pci_device_tell_failure(d);
	if (d->pci.intx_on)
		vcryptod_irqs_tell_intx(&d->irqs);
	return rc;
}

void
vcryptod_pci_device_update(struct vcryptod_pci_device *d)
{
	pci_device_update_rings(d);
	pci_device_tell_failure(d);
}

void
vcryptod_pci_device_call(struct vcryptod_pci_device *d)
{
	if (pci_device_take_calls(d) != 0)
		vcryptod_pci_queue_intx(&d->pci);
}

void
vcryptod_pci_device_announce(struct vcryptod_pci_device *d)
{
	if (vcryptod_device_needs_reset(d->dev))
		vcryptod_pci_break(&d->pci);
}

/* ---- start, reset, end ---- */

void
vcryptod_pci_device_reset(struct vcryptod_pci_device *d)
{
	vcryptod_pci_reset(&d->pci);
}

void
vcryptod_pci_device_forget(struct vcryptod_pci_device *d)
{
	vcryptod_pci_reset(&d->pci);
	vcryptod_device_forget(d->dev);
	vcryptod_irqs_clear(&d->irqs);
}

static int
pci_device_open_eventfds(struct vcryptod_pci_device *d)
{
	unsigned int i;

	d->call_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (d->call_fd < 0)
		return -errno;
	for (i = 0; i < d->dev->nb_rings; i++) {
		d->ring[i].kick_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		if (d->ring[i].kick_fd < 0)
			return -errno;
	}
	return 0;
}

int
vcryptod_pci_device_init(struct vcryptod_pci_device *d, struct vcryptod_device *dev,
		uint64_t features)
{
	const struct vcryptod_pci_config cfg = {
		.ops = &pci_device_ops, .ctx = d,
		.features = features | VCRYPTOD_PCI_FEATURES,
		.nb_queues = dev->model.cfg.max_dataqueues + 1,
		.admin = dev->model.admin != NULL,
		.queue_size = VCRYPTOD_PCI_QUEUE_SIZE,
		.nb_vectors = dev->nb_rings + 1,	/* one for the configuration */
		.intx = true,
	};
	unsigned int i;
	int rc;

	memset(d, 0, sizeof(*d));
	d->call_fd = -1;
	d->ring = calloc(dev->nb_rings, sizeof(d->ring[0]));
	if (d->ring == NULL)
		return -ENOMEM;
	d->dev = dev;
	for (i = 0; i < dev->nb_rings; i++)
		d->ring[i].kick_fd = -1;
	vcryptod_irqs_init(&d->irqs, cfg.nb_vectors);
	rc = vcryptod_pci_init(&d->pci, &cfg);
	if (rc == 0)
		rc = pci_device_open_eventfds(d);
	if (rc != 0) {
		vcryptod_pci_device_fini(d);
		return rc;
	}
	dev->owner = d;
	dev->ring_get = pci_device_ring_get;
	dev->ring_put = NULL;
	return 0;
}

void
vcryptod_pci_device_fini(struct vcryptod_pci_device *d)
{
	unsigned int i;

	if (d->dev == NULL)
		return;
	vcryptod_irqs_clear(&d->irqs);
	for (i = 0; i < d->dev->nb_rings; i++)
		if (d->ring[i].kick_fd >= 0)
			close(d->ring[i].kick_fd);
	if (d->call_fd >= 0)
		close(d->call_fd);
	free(d->ring);
	d->dev->owner = NULL;
	memset(d, 0, sizeof(*d));
}
