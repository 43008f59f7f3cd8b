/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The common configuration structure (virtio 1.4, 4.1.4.3); see registers.h.
 */
#include <string.h>

#include "registers.h"

#define R(field)	offsetof(struct virtio_pci_common_cfg, field)

/* What a driver may set; SUSPEND has a feature that is not offered. */
#define COMMON_STATUS	(VIRTIO_S_ACKNOWLEDGE | VIRTIO_S_DRIVER | VIRTIO_S_DRIVER_OK | \
	VIRTIO_S_FEATURES_OK | VIRTIO_S_FAILED)

static void
common_reset_queue(struct vcryptod_pci *p, struct vcryptod_pci_queue *q)
{
	*q = (struct vcryptod_pci_queue){
		.size = p->cfg.queue_size, .vector = VIRTIO_PCI_MSI_NO_VECTOR,
	};
}

void
vcryptod_pci_common_reset(struct vcryptod_pci *p)
{
	unsigned int i;

	p->device_select = p->driver_select = 0;
	p->features = 0;
	p->config_vector = VIRTIO_PCI_MSI_NO_VECTOR;
	p->queue_select = 0;
	p->status = p->isr = 0;
	for (i = 0; i < p->nb_rings; i++)
		common_reset_queue(p, &p->queue[i]);
}

/* ---- read ---- */

static uint32_t
common_half(uint64_t v, uint32_t select)
{
	return select > 1 ? 0 : (uint32_t)(v >> 32 * select);
}

static struct vcryptod_pci_queue *
common_selected(struct vcryptod_pci *p)
{
	return p->queue_select < p->nb_rings ? &p->queue[p->queue_select] : NULL;
}

/* Of a queue that there is not all reads 0, its size above all (4.1.4.3.1). */
static void
common_image_queue(const struct vcryptod_pci *p, struct virtio_pci_common_cfg *c)
{
	const struct vcryptod_pci_queue *q;

	if (p->queue_select >= p->nb_rings)
		return;
	q = &p->queue[p->queue_select];
	c->queue_size = cpu_to_le16(q->size);
	c->queue_msix_vector = cpu_to_le16(q->vector);
	c->queue_enable = cpu_to_le16(q->enabled);
	c->queue_notify_off = cpu_to_le16(p->queue_select);
	c->queue_desc = cpu_to_le64(q->desc);
	c->queue_driver = cpu_to_le64(q->driver);
	c->queue_device = cpu_to_le64(q->device);
	c->queue_notif_config_data = cpu_to_le16(p->queue_select);
}

void
vcryptod_pci_common_image(const struct vcryptod_pci *p, struct virtio_pci_common_cfg *c)
{
	/* config_generation stays 0: the device configuration never changes. */
	memset(c, 0, sizeof(*c));
	c->device_feature_select = cpu_to_le32(p->device_select);
	c->device_feature = cpu_to_le32(common_half(p->cfg.features, p->device_select));
	c->driver_feature_select = cpu_to_le32(p->driver_select);
	c->driver_feature = cpu_to_le32(common_half(p->features, p->driver_select));
	c->config_msix_vector = cpu_to_le16(p->config_vector);
	c->num_queues = cpu_to_le16((uint16_t)p->cfg.nb_queues);
	c->device_status = p->status;
	c->queue_select = cpu_to_le16(p->queue_select);
	common_image_queue(p, c);
	if (p->cfg.admin) {
		c->admin_queue_index = cpu_to_le16((uint16_t)p->cfg.nb_queues);
		c->admin_queue_num = cpu_to_le16(1);
	}
}

/* ---- write ---- */

/* 4.1.5.1.2.1: a vector that there is not reads as none. */
static uint16_t
common_vector(const struct vcryptod_pci *p, uint64_t v)
{
	return v < p->cfg.nb_vectors ? (uint16_t)v : VIRTIO_PCI_MSI_NO_VECTOR;
}

static void
common_write_driver_feature(struct vcryptod_pci *p, uint64_t v)
{
	uint32_t shift = 32 * p->driver_select;

	if (p->driver_select > 1 || (p->status & VIRTIO_S_FEATURES_OK) != 0)
		return;
	p->features &= ~((uint64_t)UINT32_MAX << shift);
	p->features |= v << shift;
}

static bool
common_agrees(const struct vcryptod_pci *p)
{
	return (p->features & ~p->cfg.features) == 0 && (p->features & VIRTIO_F_VERSION_1) != 0;
}

/* Bits that are set stay until a reset (3.1.1); DRIVER_OK comes after FEATURES_OK. */
static void
common_write_status(struct vcryptod_pci *p, uint8_t v)
{
	uint8_t set = v & (uint8_t)~p->status & COMMON_STATUS;

	if (v == 0) {
		p->cfg.ops->reset(p->cfg.ctx);
		vcryptod_pci_common_reset(p);
		return;
	}
	if ((set & VIRTIO_S_FEATURES_OK) != 0 && !common_agrees(p))
		set &= (uint8_t)~VIRTIO_S_FEATURES_OK;
	if (((p->status | set) & VIRTIO_S_FEATURES_OK) == 0)
		set &= (uint8_t)~VIRTIO_S_DRIVER_OK;
	if (set == 0)
		return;
	if ((set & VIRTIO_S_FEATURES_OK) != 0)
		p->cfg.ops->features(p->cfg.ctx, p->features);
	p->status |= set;
	p->cfg.ops->status(p->cfg.ctx, p->status);
}

static void
common_write_size(struct vcryptod_pci *p, struct vcryptod_pci_queue *q, uint64_t v)
{
	bool packed = (p->features & VIRTIO_F_RING_PACKED) != 0;

	if (v != 0 && v <= p->cfg.queue_size && (packed || (v & (v - 1)) == 0))
		q->size = (uint16_t)v;
}

static void
common_write_vector(struct vcryptod_pci *p, struct vcryptod_pci_queue *q, uint64_t v)
{
	uint16_t vector = common_vector(p, v);

	if (vector == q->vector)
		return;
	q->vector = vector;
	p->cfg.ops->vector(p->cfg.ctx, p->queue_select);
}

static void
common_write_enable(struct vcryptod_pci *p, struct vcryptod_pci_queue *q, uint64_t v)
{
	bool is_admin = p->queue_select >= p->cfg.nb_queues;

	if (v != 1 || q->enabled || (p->status & VIRTIO_S_FEATURES_OK) == 0 ||
			(is_admin && (p->features & VIRTIO_F_ADMIN_VQ) == 0))
		return;
	q->enabled = true;
	p->cfg.ops->enable(p->cfg.ctx, p->queue_select);
}

static void
common_write_reset(struct vcryptod_pci *p, struct vcryptod_pci_queue *q, uint64_t v)
{
	if (v != 1 || (p->features & VIRTIO_F_RING_RESET) == 0 ||
			(p->status & VIRTIO_S_FEATURES_OK) == 0)
		return;
	p->cfg.ops->queue_reset(p->cfg.ctx, p->queue_select);
	common_reset_queue(p, q);
}

/* 64-bit fields come in two halves (4.1.3.1), low at off and high behind it. */
static void
common_write_half(uint64_t *field, uint64_t off, uint64_t v)
{
	if (off % sizeof(*field) == 0)
		*field = (*field & ~(uint64_t)UINT32_MAX) | v;
	else
		*field = (*field & UINT32_MAX) | v << 32;
}

static void
common_write_queue(struct vcryptod_pci *p, uint64_t off, uint64_t v)
{
	struct vcryptod_pci_queue *q = common_selected(p);

	if (q == NULL)
		return;
	if (off == R(queue_msix_vector)) {
		common_write_vector(p, q, v);
	} else if (off == R(queue_reset)) {
		common_write_reset(p, q, v);
	} else if (q->enabled) {
		return;		/* the rest is fixed until it is reset (4.1.4.3.2) */
	} else if (off == R(queue_size)) {
		common_write_size(p, q, v);
	} else if (off == R(queue_enable)) {
		common_write_enable(p, q, v);
	} else {
		common_write_half(off < R(queue_driver) ? &q->desc : off < R(queue_device) ?
				&q->driver : &q->device, off, v);
	}
}

/* The width (bytes) of the register at off that can be written; 0: there is none. */
static uint32_t
common_width(uint64_t off)
{
	switch (off) {
	case R(device_feature_select):
	case R(driver_feature_select):
	case R(driver_feature):
	case R(queue_desc): case R(queue_desc) + 4:
	case R(queue_driver): case R(queue_driver) + 4:
	case R(queue_device): case R(queue_device) + 4:
		return 4;
	case R(config_msix_vector):
	case R(queue_select):
	case R(queue_size):
	case R(queue_msix_vector):
	case R(queue_enable):
	case R(queue_reset):
		return 2;
	case R(device_status):
		return 1;
	default:
		return 0;
	}
}

void
vcryptod_pci_common_write(struct vcryptod_pci *p, uint64_t off, uint32_t width, uint64_t v)
{
	/* An address in one access, which the standard does not have: its halves. */
	if (width == 8 && off % 8 == 0 && off >= R(queue_desc) && off <= R(queue_device)) {
		vcryptod_pci_common_write(p, off, 4, v & UINT32_MAX);
		vcryptod_pci_common_write(p, off + 4, 4, v >> 32);
		return;
	}
	if (width == 0 || width != common_width(off))
		return;
	switch (off) {
	case R(device_feature_select):
		p->device_select = (uint32_t)v;
		break;
	case R(driver_feature_select):
		p->driver_select = (uint32_t)v;
		break;
	case R(driver_feature):
		common_write_driver_feature(p, v);
		break;
	case R(config_msix_vector):
		p->config_vector = common_vector(p, v);
		break;
	case R(device_status):
		common_write_status(p, (uint8_t)v);
		break;
	case R(queue_select):
		p->queue_select = (uint16_t)v;
		break;
	default:
		common_write_queue(p, off, v);
		break;
	}
}
