/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Owns the queue registers of the common configuration structure (virtio 1.4, 4.1.4.3)
 * and the choice of each queue's notification address (4.1.4.4).
 *
 * Calls pci_io (every register access) and pci_state.  Must not decide which queues are
 * enabled, nor when.  The device is not trusted: a register is read once and checked
 * before use, and no loop depends on the device to end.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>

#include "lib/wire/virtio_crypto.h"
#include "lib/wire/virtio_pci.h"
#include "lib/wire/virtio_ring.h"
#include "device/pci_io.h"
#include "device/vcrypto_log.h"
#include "transport/pci/pci_queue.h"
#include "transport/pci/pci_state.h"

/* A 64-bit register is written as two 32-bit ones, the low half first (4.1.3). */
static void
pci_queue_write64(volatile uint8_t *reg, uint64_t value)
{
	vcrypto_pci_write32(reg, (uint32_t)value);
	vcrypto_pci_write32(reg + 4, (uint32_t)(value >> 32));
}

uint16_t
vcrypto_pci_queue_count(struct vcrypto_transport *t)
{
	return vcrypto_pci_of(t)->nb_queues;
}

/* The administration queues are those from admin_queue_index on, admin_queue_num of them, which
 * may be none; none of the device's other queues is among them (4.1.4.3.1).
 */
uint16_t
vcrypto_pci_queue_admin(struct vcrypto_transport *t)
{
	struct vcrypto_pci *p = vcrypto_pci_of(t);
	uint16_t index, nb;

	p->admin_index = 0;
	if ((p->features & VIRTIO_F_ADMIN_VQ) == 0)
		return 0;
	index = vcrypto_pci_read16(VCRYPTO_PCI_REG(p, admin_queue_index));
	nb = vcrypto_pci_read16(VCRYPTO_PCI_REG(p, admin_queue_num));
	if (nb == 0)
		return 0;
	if (index < p->nb_queues || (uint32_t)index + nb > UINT16_MAX + 1u) {
		if (vcrypto_pci_check_gone(p) == 0)
			VCRYPTO_ERR("%s: the device has %u administration queues from number %u "
				"on, beside %u others: it is broken, and they are not used",
				t->name, nb, index, p->nb_queues);
		return 0;
	}
	p->admin_index = index;
	return index;
}

/* What is recorded of a queue; NULL if the device has no such queue. */
static struct vcrypto_pci_queue *
pci_queue_at(struct vcrypto_pci *p, uint16_t index)
{
	if (index < p->nb_queues)
		return &p->queue[index];
	return p->admin_index != 0 && index == p->admin_index ? &p->queue[p->nb_queues] : NULL;
}

/* Selects a queue; *size is its largest size in entries, 0 if it does not exist.  That of an
 * enabled queue was recorded, since its register reads the size that was set.
 */
static int
pci_queue_read_size(struct vcrypto_pci *p, uint16_t *size, uint16_t index)
{
	const struct vcrypto_pci_queue *known = pci_queue_at(p, index);

	*size = 0;
	if (known == NULL)
		return 0;
	vcrypto_pci_write16(VCRYPTO_PCI_REG(p, queue_select), index);
	if (known->notify.how != VCRYPTO_NOTIFY_OFF) {
		*size = known->size_limit;
		return 0;
	}
	*size = vcrypto_pci_read16(VCRYPTO_PCI_REG(p, queue_size));
	if (*size <= VIRTQ_MAX_SIZE)
		return 0;
	if (vcrypto_pci_check_gone(p) != 0)
		return -ENODEV;
	VCRYPTO_ERR("%s: queue %u has an illegal size of %u (at most %u); the device is broken",
		p->base.name, index, *size, VIRTQ_MAX_SIZE);
	return -EINVAL;
}

uint16_t
vcrypto_pci_queue_size(struct vcrypto_transport *t, uint16_t index)
{
	uint16_t size;

	return pci_queue_read_size(vcrypto_pci_of(t), &size, index) == 0 ? size : 0;
}

/* Is the size legal for the layout (2.7, 2.8.10.1), and not above the device's limit
 * (4.1.4.3.2)?  Leaves the queue selected.
 */
static int
pci_queue_check_size(struct vcrypto_pci *p, struct vcrypto_pci_queue *found,
		const struct vcrypto_queue_desc *q)
{
	bool packed = (p->features & VIRTIO_F_RING_PACKED) != 0;
	uint16_t limit;
	int rc;

	rc = pci_queue_read_size(p, &limit, q->index);
	if (rc != 0)
		return rc;
	if (limit == 0) {
		VCRYPTO_ERR("%s: the device has no queue %u", p->base.name, q->index);
		return -ENXIO;
	}
	if (q->packed != packed) {
		VCRYPTO_ERR("%s: queue %u: a %s ring was negotiated", p->base.name, q->index,
			packed ? "packed" : "split");
		return -EINVAL;
	}
	if (q->size == 0 || q->size > limit || (!packed && (q->size & (q->size - 1)) != 0)) {
		VCRYPTO_ERR("%s: queue %u cannot have %u entries; the device allows up to %u%s",
			p->base.name, q->index, q->size, limit,
			packed ? "" : ", powers of two only");
		return -EINVAL;
	}
	if (vcrypto_pci_read16(VCRYPTO_PCI_REG(p, queue_enable)) != 0) {
		if (vcrypto_pci_check_gone(p) != 0)
			return -ENODEV;
		VCRYPTO_ERR("%s: queue %u is enabled already; reset the device first",
			p->base.name, q->index);
		return -EBUSY;
	}
	found->size_limit = limit;
	return 0;
}

/* Computes the address and the value that notify the selected queue (4.1.4.4, 4.1.5.2). */
static int
pci_queue_find_notify(struct vcrypto_pci *p, struct vcrypto_pci_queue *found, uint16_t index)
{
	const struct vcrypto_pci_region *r = &p->caps.region[VCRYPTO_PCI_NOTIFY];
	uint16_t notify_off = vcrypto_pci_read16(VCRYPTO_PCI_REG(p, queue_notify_off));
	/* Cannot overflow: 16 bits times 32 bits. */
	uint64_t at = (uint64_t)notify_off * p->caps.notify_multiplier;
	bool data = (p->features & VIRTIO_F_NOTIFICATION_DATA) != 0;
	uint32_t len = data ? VIRTIO_PCI_NOTIFY_DATA_LEN : VIRTIO_PCI_NOTIFY_LEN;

	if (at + len > r->len) {
		if (vcrypto_pci_check_gone(p) != 0)
			return -ENODEV;
		VCRYPTO_ERR("%s: queue %u would be notified at byte %" PRIu64 " of a notification "
			"area of %" PRIu32 "; the device is broken",
			p->base.name, index, at, r->len);
		return -EINVAL;
	}
	found->notify = (struct vcrypto_notify){
		.reg = r->addr + at,
		.how = data ? VCRYPTO_NOTIFY_REG32 : VCRYPTO_NOTIFY_REG16,
		.fd = -1,
		.value = index,
	};
	if (p->features & VIRTIO_F_NOTIF_CONFIG_DATA)
		found->notify.value = vcrypto_pci_read16(VCRYPTO_PCI_REG(p,
				queue_notif_config_data));
	return 0;
}

/* The device must accept the size, or it would access memory beyond the ring. */
static int
pci_queue_set_size(struct vcrypto_pci *p, const struct vcrypto_queue_desc *q)
{
	uint16_t size;

	vcrypto_pci_write16(VCRYPTO_PCI_REG(p, queue_size), q->size);
	size = vcrypto_pci_read16(VCRYPTO_PCI_REG(p, queue_size));
	if (size == q->size)
		return 0;
	if (vcrypto_pci_check_gone(p) != 0)
		return -ENODEV;
	VCRYPTO_ERR("%s: queue %u: the device keeps %u entries instead of %u; set the queue pair "
		"up with %u descriptors", p->base.name, q->index, size, q->size, size);
	return -EIO;
}

/* All other registers are written before queue_enable, which is never written with 0
 * (4.1.4.3.2).
 */
int
vcrypto_pci_queue_enable(struct vcrypto_transport *t, const struct vcrypto_queue_desc *q)
{
	struct vcrypto_pci *p = vcrypto_pci_of(t);
	struct vcrypto_pci_queue found;
	int rc;

	rc = pci_queue_check_size(p, &found, q);
	if (rc == 0)
		rc = pci_queue_find_notify(p, &found, q->index);
	if (rc == 0)
		rc = pci_queue_set_size(p, q);
	if (rc != 0)
		return rc;

	/* Queues are polled.  NO_VECTOR need not be read back: only assigning a vector can
	 * fail (4.1.5.1.2).
	 */
	vcrypto_pci_write16(VCRYPTO_PCI_REG(p, queue_msix_vector), VIRTIO_PCI_MSI_NO_VECTOR);
	pci_queue_write64(VCRYPTO_PCI_REG(p, queue_desc), q->desc);
	pci_queue_write64(VCRYPTO_PCI_REG(p, queue_driver), q->driver);
	pci_queue_write64(VCRYPTO_PCI_REG(p, queue_device), q->device);
	vcrypto_pci_write16(VCRYPTO_PCI_REG(p, queue_enable), 1);
	if (vcrypto_pci_read16(VCRYPTO_PCI_REG(p, queue_enable)) != 1) {
		if (vcrypto_pci_check_gone(p) != 0)
			return -ENODEV;
		VCRYPTO_ERR("%s: the device did not enable queue %u; reset it", t->name, q->index);
		return -EIO;
	}
	/* Not NULL: the queue's size was found. */
	*pci_queue_at(p, q->index) = found;
	return 0;
}

/* A queue that is not enabled needs no reset: the device does not use it. */
int
vcrypto_pci_queue_reset(struct vcrypto_transport *t, uint16_t index)
{
	struct vcrypto_pci *p = vcrypto_pci_of(t);
	struct vcrypto_pci_queue *known = pci_queue_at(p, index);
	unsigned int polls = 0;

	if (!(p->features & VIRTIO_F_RING_RESET))
		return -ENOTSUP;
	if (known == NULL || known->notify.how == VCRYPTO_NOTIFY_OFF)
		return 0;
	vcrypto_notify_off(&known->notify);
	vcrypto_pci_write16(VCRYPTO_PCI_REG(p, queue_select), index);
	vcrypto_pci_write16(VCRYPTO_PCI_REG(p, queue_reset), 1);
	while (vcrypto_pci_poll_again(&polls)) {
		/* Both registers read 0 once the reset is complete (4.1.4.3.1). */
		if (vcrypto_pci_read16(VCRYPTO_PCI_REG(p, queue_reset)) == 0 &&
				vcrypto_pci_read16(VCRYPTO_PCI_REG(p, queue_enable)) == 0)
			return 0;
		if (vcrypto_pci_check_gone(p) != 0)
			return -ENODEV;
	}
	VCRYPTO_ERR("%s: queue %u was not reset within %u ms; it may still use its memory: reset "
		"the device", t->name, index, VCRYPTO_PCI_RESET_MS);
	return -ETIMEDOUT;
}

void
vcrypto_pci_queue_notify(struct vcrypto_transport *t, uint16_t index, struct vcrypto_notify *n)
{
	const struct vcrypto_pci_queue *known = pci_queue_at(vcrypto_pci_of(t), index);

	*n = known != NULL ? known->notify : (struct vcrypto_notify){ .fd = -1 };
}
