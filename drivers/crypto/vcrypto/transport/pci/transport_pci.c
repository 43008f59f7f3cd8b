/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The modern PCI transport (virtio 1.4, 4.1) over rte_bus_pci: vfio-pci,
 * uio_pci_generic, igb_uio.  Owns the mapping of the BARs, the registers of the
 * common configuration structure and the notify addresses.
 *
 * Calls pci_caps (where the structures are), pci_io (every register access) and
 * the bus.  No policy: what to negotiate and when to reset is vcrypto_dev's.
 *
 * The device is not trusted: a register is read once and checked before use, and
 * no loop needs the device to end.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bus_pci_driver.h>

#include "lib/wire/virtio_crypto.h"
#include "lib/wire/virtio_pci.h"
#include "lib/wire/virtio_ring.h"
#include "transport/pci/pci_caps.h"
#include "transport/pci/pci_events.h"
#include "device/pci_io.h"
#include "transport/pci/transport_pci.h"
#include "device/vcrypto_log.h"

/* Waiting for a reset, of the device or of a queue: a device that answers at once
 * costs no sleep; one that never does costs POLLS sleeps of POLL_US, 1 s in all.
 */
#define RESET_SPINS		16
#define RESET_POLLS		1000
#define RESET_POLL_US		1000

/* Attempts at a consistent snapshot of the configuration. */
#define CONFIG_TRIES		100

/* What a register of a removed device reads: all ones, at any width.  As a
 * device_status it cannot be: two of its bits are reserved.
 */
#define STATUS_GONE		0xff

#define PCI_FEATURES \
	(VIRTIO_F_VERSION_1 | VIRTIO_F_ACCESS_PLATFORM | VIRTIO_F_ORDER_PLATFORM | \
	 VIRTIO_F_INDIRECT_DESC | VIRTIO_F_EVENT_IDX | VIRTIO_F_RING_PACKED | \
	 VIRTIO_F_IN_ORDER | VIRTIO_F_RING_RESET | VIRTIO_F_NOTIFICATION_DATA | \
	 VIRTIO_F_NOTIF_CONFIG_DATA | VIRTIO_CRYPTO_F_REVISION_1 | \
	 VIRTIO_CRYPTO_F_STATELESS_MODES)

struct pci_queue {
	struct vcrypto_notify notify;	/* OFF: not enabled */
	uint16_t max_size;	/* entries; what the register read before it was written */
};

struct pci_transport {
	struct vcrypto_transport base;

	/* read-only after creation */
	struct rte_pci_device *dev;
	struct vcrypto_pci_caps caps;
	bool mastering;		/* we switched bus mastering on */
	uint16_t nb_queues;

	/* control */
	uint64_t features;	/* as last set; 0 after a reset */
	bool told;		/* check() has said what is wrong, since the last reset */
	bool told_leaving;	/* the same of its removal, for good */
	bool driver_ok;		/* DRIVER_OK was set; check() reads it in any thread */
	struct vcrypto_pci_events events;

	struct pci_queue queue[];	/* nb_queues of them */
};

/* Address of a field of the common configuration structure. */
#define REG(p, field) ((p)->caps.region[VCRYPTO_PCI_COMMON].addr + \
	offsetof(struct virtio_pci_common_cfg, field))

static struct pci_transport *
pci_of(struct vcrypto_transport *t)
{
	return (struct pci_transport *)t;	/* its first member */
}

/* 64-bit registers are two 32-bit ones, the low half first (4.1.3). */
static void
write64(volatile uint8_t *reg, uint64_t value)
{
	vcrypto_pci_write32(reg, (uint32_t)value);
	vcrypto_pci_write32(reg + 4, (uint32_t)(value >> 32));
}

/* -ENODEV if the device has been removed, else 0.  Logs that once per reset. */
static int
check_gone(struct pci_transport *p)
{
	if (vcrypto_pci_read8(REG(p, device_status)) != STATUS_GONE)
		return 0;
	if (!p->told)
		VCRYPTO_ERR("%s: the device is gone: its registers read all ones; close it and "
			"plug it in again", p->base.name);
	p->told = true;
	return -ENODEV;
}

/* May a bounded wait poll once more?  Sleeps first, but for the first polls. */
static bool
poll_again(unsigned int *polls)
{
	if (*polls == RESET_SPINS + RESET_POLLS)
		return false;
	if (*polls >= RESET_SPINS)
		vcrypto_pci_delay_us(RESET_POLL_US);
	(*polls)++;
	return true;
}

/* ---- device ---- */

static int
pci_reset(struct vcrypto_transport *t)
{
	struct pci_transport *p = pci_of(t);
	unsigned int polls = 0;
	uint16_t i;
	uint8_t status = 0;

	p->features = 0;
	__atomic_store_n(&p->driver_ok, false, __ATOMIC_RELEASE);
	for (i = 0; i < p->nb_queues; i++)
		vcrypto_notify_off(&p->queue[i].notify);

	vcrypto_pci_write8(REG(p, device_status), VIRTIO_S_RESET);
	while (poll_again(&polls)) {
		status = vcrypto_pci_read8(REG(p, device_status));
		if (status == VIRTIO_S_RESET) {
			p->told = false;
			/* as a reset leaves it; with DRIVER_OK it may get one */
			vcrypto_pci_write16(REG(p, config_msix_vector),
				VIRTIO_PCI_MSI_NO_VECTOR);
			return 0;
		}
		if (status == STATUS_GONE)
			return check_gone(p);
	}
	VCRYPTO_ERR("%s: the device did not finish a reset within %u ms (status 0x%02x); it may "
		"still use its memory: reset it from outside", p->base.name,
		RESET_POLLS * RESET_POLL_US / 1000, status);
	return -ETIMEDOUT;
}

static uint8_t
pci_get_status(struct vcrypto_transport *t)
{
	return vcrypto_pci_read8(REG(pci_of(t), device_status));
}

static int
pci_set_status(struct vcrypto_transport *t, uint8_t status)
{
	struct pci_transport *p = pci_of(t);

	if (status == VIRTIO_S_RESET) {
		/* a caller's mistake: a reset has to be waited for (4.1.4.3.2) */
		VCRYPTO_ERR("%s: status 0 is written by reset only", p->base.name);
		return -EINVAL;
	}
	if ((status & VIRTIO_S_DRIVER_OK) != 0 && !p->driver_ok)
		vcrypto_pci_events_aim(&p->events);
	vcrypto_pci_write8(REG(p, device_status), status);
	if ((status & VIRTIO_S_DRIVER_OK) != 0)
		__atomic_store_n(&p->driver_ok, true, __ATOMIC_RELEASE);
	return 0;
}

static int
pci_get_features(struct vcrypto_transport *t, uint64_t *features)
{
	struct pci_transport *p = pci_of(t);
	uint32_t low, high;

	vcrypto_pci_write32(REG(p, device_feature_select), 0);
	low = vcrypto_pci_read32(REG(p, device_feature));
	vcrypto_pci_write32(REG(p, device_feature_select), 1);
	high = vcrypto_pci_read32(REG(p, device_feature));
	*features = (uint64_t)high << 32 | low;
	return *features == UINT64_MAX ? check_gone(p) : 0;
}

static int
pci_set_features(struct vcrypto_transport *t, uint64_t features)
{
	struct pci_transport *p = pci_of(t);

	if (features & ~t->traits.features_allowed) {
		VCRYPTO_ERR("%s: the PCI transport cannot carry features 0x%" PRIx64, t->name,
			features & ~t->traits.features_allowed);
		return -EINVAL;
	}
	vcrypto_pci_write32(REG(p, driver_feature_select), 0);
	vcrypto_pci_write32(REG(p, driver_feature), (uint32_t)features);
	vcrypto_pci_write32(REG(p, driver_feature_select), 1);
	vcrypto_pci_write32(REG(p, driver_feature), (uint32_t)(features >> 32));
	p->features = features;
	return 0;
}

/* The crypto device's configuration has 32- and 64-bit fields only: 32-bit reads
 * are field-width for all of it (4.1.3), and off and len are multiples of 4.
 */
static int
pci_read_config(struct vcrypto_transport *t, size_t off, void *buf, size_t len)
{
	struct pci_transport *p = pci_of(t);
	const struct vcrypto_pci_region *r = &p->caps.region[VCRYPTO_PCI_DEVICE];
	uint8_t before, after;
	unsigned int i;
	size_t at;
	le32 word;

	if (off > r->len || len > r->len - off || off % 4 != 0 || len % 4 != 0) {
		VCRYPTO_ERR("%s: bytes %zu + %zu are not in the device configuration (%" PRIu32
			" bytes)", t->name, off, len, r->len);
		return -ERANGE;
	}
	for (i = 0; i < CONFIG_TRIES; i++) {
		before = vcrypto_pci_read8(REG(p, config_generation));
		for (at = 0; at < len; at += 4) {
			word = cpu_to_le32(vcrypto_pci_read32(r->addr + off + at));
			memcpy((uint8_t *)buf + at, &word, sizeof(word));
		}
		after = vcrypto_pci_read8(REG(p, config_generation));
		if (before == after)
			return after == UINT8_MAX ? check_gone(p) : 0;
	}
	VCRYPTO_ERR("%s: the device's configuration changed during each of %u reads; reset or "
		"replace the device", t->name, CONFIG_TRIES);
	return -EAGAIN;
}

/* What a status says is wrong; NULL if nothing.  The status was read first: a reset of
 * our own takes driver_ok away before it clears the register.
 */
static const char *
wrong(const struct pci_transport *p, uint8_t status)
{
	if (status & VIRTIO_S_NEEDS_RESET)
		return "has met an error and needs a reset";
	if (__atomic_load_n(&p->driver_ok, __ATOMIC_ACQUIRE) && !(status & VIRTIO_S_DRIVER_OK))
		return "was reset, and not by this driver";
	return NULL;
}

/* Removal was asked for: the kernel waits, or has unmapped the function already. */
static int
check_leaving(struct pci_transport *p)
{
	if (!__atomic_load_n(&p->events.leaving, __ATOMIC_ACQUIRE))
		return 0;
	if (!p->told_leaving)
		VCRYPTO_ERR("%s: the device is being removed from the machine: close and remove "
			"it (rte_dev_remove)", p->base.name);
	p->told_leaving = true;
	return -ENODEV;
}

static int
pci_check(struct vcrypto_transport *t)
{
	struct pci_transport *p = pci_of(t);
	uint8_t status = vcrypto_pci_read8(REG(p, device_status));
	const char *why;

	if (check_leaving(p) != 0)
		return -ENODEV;
	if (status == STATUS_GONE)
		return check_gone(p);
	why = wrong(p, status);
	if (why == NULL)
		return 0;
	if (!p->told)
		VCRYPTO_ERR("%s: the device %s (status 0x%02x); stop and start it again", t->name,
			why, status);
	p->told = true;
	return -EIO;
}

static void
pci_listen(struct vcrypto_transport *t, bool (*changed)(void *arg), void *arg)
{
	struct pci_transport *p = pci_of(t);

	vcrypto_pci_events_on(&p->events, changed, arg);
	if (p->driver_ok)
		vcrypto_pci_events_aim(&p->events);
}

static void
pci_unlisten(struct vcrypto_transport *t)
{
	vcrypto_pci_events_off(&pci_of(t)->events);
}

/* ---- queues ---- */

static uint16_t
pci_nb_queues(struct vcrypto_transport *t)
{
	return pci_of(t)->nb_queues;
}

/* The largest size of a queue, which is selected then; 0: no such queue.  Once a
 * queue is enabled its register reads the size that was set.
 */
static int
read_size(struct pci_transport *p, uint16_t *size, uint16_t index)
{
	*size = 0;
	if (index >= p->nb_queues)
		return 0;
	vcrypto_pci_write16(REG(p, queue_select), index);
	if (p->queue[index].notify.how != VCRYPTO_NOTIFY_OFF) {
		*size = p->queue[index].max_size;
		return 0;
	}
	*size = vcrypto_pci_read16(REG(p, queue_size));
	if (*size <= VIRTQ_MAX_SIZE)
		return 0;
	if (check_gone(p) != 0)
		return -ENODEV;
	VCRYPTO_ERR("%s: queue %u has an illegal size of %u (at most %u); the device is broken",
		p->base.name, index, *size, VIRTQ_MAX_SIZE);
	return -EINVAL;
}

static uint16_t
pci_queue_max_size(struct vcrypto_transport *t, uint16_t index)
{
	uint16_t size;

	return read_size(pci_of(t), &size, index) == 0 ? size : 0;
}

/* Is the size legal for the layout (2.7, 2.8.10.1), and not above what the device
 * said (4.1.4.3.2)?  Leaves the queue selected.
 */
static int
check_size(struct pci_transport *p, struct pci_queue *found, const struct vcrypto_queue_desc *q)
{
	bool packed = (p->features & VIRTIO_F_RING_PACKED) != 0;
	uint16_t max;
	int ret;

	ret = read_size(p, &max, q->index);
	if (ret != 0)
		return ret;
	if (max == 0) {
		VCRYPTO_ERR("%s: the device has no queue %u", p->base.name, q->index);
		return -ENXIO;
	}
	if (q->packed != packed) {
		VCRYPTO_ERR("%s: queue %u: a %s ring was negotiated", p->base.name, q->index,
			packed ? "packed" : "split");
		return -EINVAL;
	}
	if (q->size == 0 || q->size > max || (!packed && (q->size & (q->size - 1)) != 0)) {
		VCRYPTO_ERR("%s: queue %u cannot have %u entries; the device allows up to %u%s",
			p->base.name, q->index, q->size, max,
			packed ? "" : ", powers of two only");
		return -EINVAL;
	}
	if (vcrypto_pci_read16(REG(p, queue_enable)) != 0) {
		if (check_gone(p) != 0)
			return -ENODEV;
		VCRYPTO_ERR("%s: queue %u is enabled already; reset the device first",
			p->base.name, q->index);
		return -EBUSY;
	}
	found->max_size = max;
	return 0;
}

/* Where and with what the selected queue is notified (4.1.4.4, 4.1.5.2). */
static int
find_notify(struct pci_transport *p, struct pci_queue *found, uint16_t index)
{
	const struct vcrypto_pci_region *r = &p->caps.region[VCRYPTO_PCI_NOTIFY];
	uint16_t notify_off = vcrypto_pci_read16(REG(p, queue_notify_off));
	/* cannot overflow: 16 bits times 32 bits */
	uint64_t at = (uint64_t)notify_off * p->caps.notify_multiplier;
	bool data = (p->features & VIRTIO_F_NOTIFICATION_DATA) != 0;
	uint32_t len = data ? VIRTIO_PCI_NOTIFY_DATA_LEN : VIRTIO_PCI_NOTIFY_LEN;

	if (at + len > r->len) {
		if (check_gone(p) != 0)
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
		found->notify.value = vcrypto_pci_read16(REG(p, queue_notif_config_data));
	return 0;
}

/* The device must take the size, or it would walk beyond the ring's memory. */
static int
set_size(struct pci_transport *p, const struct vcrypto_queue_desc *q)
{
	uint16_t size;

	vcrypto_pci_write16(REG(p, queue_size), q->size);
	size = vcrypto_pci_read16(REG(p, queue_size));
	if (size == q->size)
		return 0;
	if (check_gone(p) != 0)
		return -ENODEV;
	VCRYPTO_ERR("%s: queue %u: the device keeps %u entries instead of %u; set the queue pair "
		"up with %u descriptors", p->base.name, q->index, size, q->size, size);
	return -EIO;
}

/* Everything is written before queue_enable, and 0 never is to it (4.1.4.3.2). */
static int
pci_queue_enable(struct vcrypto_transport *t, const struct vcrypto_queue_desc *q)
{
	struct pci_transport *p = pci_of(t);
	struct pci_queue found;
	int ret;

	ret = check_size(p, &found, q);
	if (ret == 0)
		ret = find_notify(p, &found, q->index);
	if (ret == 0)
		ret = set_size(p, q);
	if (ret != 0)
		return ret;

	/* Polled: no interrupt.  Only mapping a vector can fail (4.1.5.1.2). */
	vcrypto_pci_write16(REG(p, queue_msix_vector), VIRTIO_PCI_MSI_NO_VECTOR);
	write64(REG(p, queue_desc), q->desc);
	write64(REG(p, queue_driver), q->driver);
	write64(REG(p, queue_device), q->device);
	vcrypto_pci_write16(REG(p, queue_enable), 1);
	if (vcrypto_pci_read16(REG(p, queue_enable)) != 1) {
		if (check_gone(p) != 0)
			return -ENODEV;
		VCRYPTO_ERR("%s: the device did not enable queue %u; reset it", t->name, q->index);
		return -EIO;
	}
	p->queue[q->index] = found;
	return 0;
}

/* A queue that was not enabled is not used by the device: nothing to do. */
static int
pci_queue_reset(struct vcrypto_transport *t, uint16_t index)
{
	struct pci_transport *p = pci_of(t);
	unsigned int polls = 0;

	if (!(p->features & VIRTIO_F_RING_RESET))
		return -ENOTSUP;
	if (index >= p->nb_queues || p->queue[index].notify.how == VCRYPTO_NOTIFY_OFF)
		return 0;
	vcrypto_notify_off(&p->queue[index].notify);
	vcrypto_pci_write16(REG(p, queue_select), index);
	vcrypto_pci_write16(REG(p, queue_reset), 1);
	while (poll_again(&polls)) {
		/* 0 in both says that it is complete (4.1.4.3.1) */
		if (vcrypto_pci_read16(REG(p, queue_reset)) == 0 &&
				vcrypto_pci_read16(REG(p, queue_enable)) == 0)
			return 0;
		if (check_gone(p) != 0)
			return -ENODEV;
	}
	VCRYPTO_ERR("%s: queue %u was not reset within %u ms; it may still use its memory: reset "
		"the device", t->name, index, RESET_POLLS * RESET_POLL_US / 1000);
	return -ETIMEDOUT;
}

static void
pci_queue_notify(struct vcrypto_transport *t, uint16_t index, struct vcrypto_notify *n)
{
	*n = pci_of(t)->queue[index].notify;
}

/* ---- creation and destruction ---- */

/* Bus mastering on or off; was: what it had been.  The bus does this for vfio-pci,
 * and with some kernel drivers only.
 */
static int
set_mastering(const struct rte_pci_device *dev, bool *was, bool on)
{
	le16 reg;
	uint16_t command;

	if (rte_pci_read_config(dev, &reg, sizeof(reg), PCI_CFG_COMMAND) != sizeof(reg))
		return -EIO;
	command = le16_to_cpu(reg);
	*was = (command & PCI_CFG_COMMAND_MASTER) != 0;
	if (*was == on)
		return 0;
	reg = cpu_to_le16((uint16_t)(command ^ PCI_CFG_COMMAND_MASTER));
	if (rte_pci_write_config(dev, &reg, sizeof(reg), PCI_CFG_COMMAND) != sizeof(reg))
		return -EIO;
	return 0;
}

static void
pci_destroy(struct vcrypto_transport *t)
{
	struct pci_transport *p = pci_of(t);
	bool was;

	if (p->mastering)
		set_mastering(p->dev, &was, false);	/* it may be gone: nothing to do then */
	rte_pci_unmap_device(p->dev);
	free(p);
}

static const struct vcrypto_transport_ops pci_ops = {
	.name = "pci",
	.reset = pci_reset,
	.get_status = pci_get_status,
	.set_status = pci_set_status,
	.get_features = pci_get_features,
	.set_features = pci_set_features,
	.read_config = pci_read_config,
	.nb_queues = pci_nb_queues,
	.queue_max_size = pci_queue_max_size,
	.queue_enable = pci_queue_enable,
	.queue_reset = pci_queue_reset,
	.queue_notify = pci_queue_notify,
	.check = pci_check,
	.listen = pci_listen,
	.unlisten = pci_unlisten,
	.destroy = pci_destroy,
};

/* Feature bits that need more of the device's structures than the rest does. */
static uint64_t
carried_features(const struct vcrypto_pci_caps *caps)
{
	const struct vcrypto_pci_region *notify = &caps->region[VCRYPTO_PCI_NOTIFY];
	uint32_t len = caps->region[VCRYPTO_PCI_COMMON].len;
	uint64_t features = PCI_FEATURES;

	if (len < VIRTIO_PCI_COMMON_LEN_NOTIF_CONFIG_DATA)
		features &= ~VIRTIO_F_NOTIF_CONFIG_DATA;
	if (len < VIRTIO_PCI_COMMON_LEN_RING_RESET)
		features &= ~VIRTIO_F_RING_RESET;
	/* 4.1.4.4: 32-bit notifications at aligned addresses */
	if (notify->len < VIRTIO_PCI_NOTIFY_DATA_LEN || caps->notify_multiplier % 4 != 0 ||
			(uintptr_t)notify->addr % 4 != 0)
		features &= ~VIRTIO_F_NOTIFICATION_DATA;
	return features;
}

int
vcrypto_transport_pci_map(struct rte_pci_device *dev)
{
	int ret = rte_pci_map_device(dev);

	if (ret == 0)
		return 0;
	if (ret > 0) {
		VCRYPTO_INFO("%s: skipped: bind it to vfio-pci, uio_pci_generic or igb_uio to use "
			"it here", dev->name);
		return -ENXIO;
	}
	VCRYPTO_ERR("%s: cannot map the device's BARs; see the PCI bus's messages above",
		dev->name);
	return -EIO;
}

/* The number of queues does not change with features, so the table of queues can
 * be laid out here.
 */
static int
alloc(struct pci_transport **out, const struct vcrypto_pci_caps *caps, const char *name)
{
	const volatile uint8_t *common = caps->region[VCRYPTO_PCI_COMMON].addr;
	struct pci_transport *p;
	uint16_t nb;

	if (vcrypto_pci_read8(common + offsetof(struct virtio_pci_common_cfg, device_status)) ==
			STATUS_GONE) {
		VCRYPTO_ERR("%s: the device is gone: its registers read all ones", name);
		return -ENODEV;
	}
	nb = vcrypto_pci_read16(common + offsetof(struct virtio_pci_common_cfg, num_queues));
	if (nb == 0) {
		VCRYPTO_ERR("%s: the device has no queues; it is not a usable crypto device", name);
		return -EINVAL;
	}
	/* Not in DPDK's memory: nothing here is shared with the device or a process. */
	p = calloc(1, sizeof(*p) + nb * sizeof(p->queue[0]));
	if (p == NULL) {
		VCRYPTO_ERR("%s: no memory for the state of %u queues", name, nb);
		return -ENOMEM;
	}
	p->caps = *caps;
	p->nb_queues = nb;
	*out = p;
	return 0;
}

int
vcrypto_transport_pci_create(struct vcrypto_transport **t, struct rte_pci_device *dev)
{
	struct vcrypto_pci_caps caps;
	struct pci_transport *p;
	bool was_mastering;
	int ret;

	ret = vcrypto_transport_pci_map(dev);
	if (ret != 0)
		return ret;
	ret = vcrypto_pci_caps_read(&caps, dev, dev->name);
	if (ret == 0)
		ret = alloc(&p, &caps, dev->name);
	if (ret != 0)
		goto unmap;
	ret = set_mastering(dev, &was_mastering, true);
	if (ret != 0) {
		VCRYPTO_ERR("%s: cannot let the device master the bus: its PCI command register "
			"does not answer", dev->name);
		goto release;
	}
	p->mastering = !was_mastering;
	p->dev = p->events.dev = dev;
	p->events.reg = REG(p, config_msix_vector);
	p->base.ops = &pci_ops;
	snprintf(p->base.name, sizeof(p->base.name), "%s", dev->name);
	p->base.traits.numa_node = dev->device.numa_node;
	p->base.traits.has_ctrlq = true;
	p->base.traits.cheap_config = true;
	p->base.traits.features_allowed = carried_features(&caps);
	*t = &p->base;
	return 0;

release:
	free(p);
unmap:
	rte_pci_unmap_device(dev);
	return ret;
}
