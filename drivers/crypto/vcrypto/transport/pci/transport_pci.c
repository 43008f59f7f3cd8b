/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The modern PCI transport (virtio 1.4, 4.1) over rte_bus_pci, for functions bound to
 * vfio-pci, uio_pci_generic or igb_uio.  Owns the mapping of the BARs, bus mastering, and
 * the status, feature and configuration registers.
 *
 * Calls pci_caps (where the structures are), pci_queue (queue registers), pci_events,
 * pci_io (every register access) and the bus.  Must not decide what to negotiate or when
 * to reset: vcrypto_dev and vcrypto_init do.  The device is not trusted: a register is
 * read once and checked before use, and no loop depends on the device to end.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bus_pci_driver.h>

#include "lib/wire/virtio_crypto.h"
#include "lib/wire/virtio_pci.h"
#include "device/pci_io.h"
#include "device/vcrypto_log.h"
#include "transport/pci/pci_caps.h"
#include "transport/pci/pci_events.h"
#include "transport/pci/pci_queue.h"
#include "transport/pci/pci_state.h"
#include "transport/pci/transport_pci.h"

/* Bound of the attempts to read a consistent snapshot of the configuration. */
#define PCI_CONFIG_TRIES	100

#define PCI_FEATURES \
	(VIRTIO_F_VERSION_1 | VIRTIO_F_ACCESS_PLATFORM | VIRTIO_F_ORDER_PLATFORM | \
	 VIRTIO_F_INDIRECT_DESC | VIRTIO_F_EVENT_IDX | VIRTIO_F_RING_PACKED | \
	 VIRTIO_F_IN_ORDER | VIRTIO_F_RING_RESET | VIRTIO_F_NOTIFICATION_DATA | \
	 VIRTIO_F_NOTIF_CONFIG_DATA | VIRTIO_F_ADMIN_VQ | VIRTIO_CRYPTO_F_REVISION_1 | \
	 VIRTIO_CRYPTO_F_STATELESS_MODES)

/* ---- device ---- */

static int
pci_reset(struct vcrypto_transport *t)
{
	struct vcrypto_pci *p = vcrypto_pci_of(t);
	unsigned int polls = 0;
	uint32_t i;
	uint8_t status = 0;

	p->features = 0;
	p->admin_index = 0;
	__atomic_store_n(&p->driver_ok, false, __ATOMIC_RELEASE);
	for (i = 0; i <= p->nb_queues; i++)
		vcrypto_notify_off(&p->queue[i].notify);

	vcrypto_pci_write8(VCRYPTO_PCI_REG(p, device_status), VIRTIO_S_RESET);
	while (vcrypto_pci_poll_again(&polls)) {
		status = vcrypto_pci_read8(VCRYPTO_PCI_REG(p, device_status));
		if (status == VIRTIO_S_RESET) {
			p->logged_failure = false;
			/* The state after a reset; DRIVER_OK may assign a vector again. */
			vcrypto_pci_write16(VCRYPTO_PCI_REG(p, config_msix_vector),
				VIRTIO_PCI_MSI_NO_VECTOR);
			return 0;
		}
		if (status == VCRYPTO_PCI_STATUS_GONE)
			return vcrypto_pci_check_gone(p);
	}
	VCRYPTO_ERR("%s: the device did not finish a reset within %u ms (status 0x%02x); it may "
		"still use its memory: remove the device", p->base.name, VCRYPTO_PCI_RESET_MS,
		status);
	return -ETIMEDOUT;
}

static uint8_t
pci_get_status(struct vcrypto_transport *t)
{
	return vcrypto_pci_read8(VCRYPTO_PCI_REG(vcrypto_pci_of(t), device_status));
}

static int
pci_set_status(struct vcrypto_transport *t, uint8_t status)
{
	struct vcrypto_pci *p = vcrypto_pci_of(t);

	if (status == VIRTIO_S_RESET) {
		/* The caller's mistake: a reset must be waited for (4.1.4.3.2). */
		VCRYPTO_ERR("%s: status 0 is written by reset only", p->base.name);
		return -EINVAL;
	}
	if ((status & VIRTIO_S_DRIVER_OK) != 0 && !p->driver_ok)
		vcrypto_pci_events_aim(&p->events);
	vcrypto_pci_write8(VCRYPTO_PCI_REG(p, device_status), status);
	if ((status & VIRTIO_S_DRIVER_OK) != 0)
		__atomic_store_n(&p->driver_ok, true, __ATOMIC_RELEASE);
	return 0;
}

static int
pci_get_features(struct vcrypto_transport *t, uint64_t *features)
{
	struct vcrypto_pci *p = vcrypto_pci_of(t);
	uint32_t low, high;

	vcrypto_pci_write32(VCRYPTO_PCI_REG(p, device_feature_select), 0);
	low = vcrypto_pci_read32(VCRYPTO_PCI_REG(p, device_feature));
	vcrypto_pci_write32(VCRYPTO_PCI_REG(p, device_feature_select), 1);
	high = vcrypto_pci_read32(VCRYPTO_PCI_REG(p, device_feature));
	*features = (uint64_t)high << 32 | low;
	/* Either is what a function that is gone reads as. */
	return *features == UINT64_MAX || *features == 0 ? vcrypto_pci_check_gone(p) : 0;
}

static int
pci_set_features(struct vcrypto_transport *t, uint64_t features)
{
	struct vcrypto_pci *p = vcrypto_pci_of(t);

	if (features & ~t->traits.features_allowed) {
		VCRYPTO_ERR("%s: the PCI transport cannot carry features 0x%" PRIx64, t->name,
			features & ~t->traits.features_allowed);
		return -EINVAL;
	}
	vcrypto_pci_write32(VCRYPTO_PCI_REG(p, driver_feature_select), 0);
	vcrypto_pci_write32(VCRYPTO_PCI_REG(p, driver_feature), (uint32_t)features);
	vcrypto_pci_write32(VCRYPTO_PCI_REG(p, driver_feature_select), 1);
	vcrypto_pci_write32(VCRYPTO_PCI_REG(p, driver_feature), (uint32_t)(features >> 32));
	p->features = features;
	return 0;
}

/* The crypto device's configuration has 32-bit and 64-bit fields only: 32-bit reads are
 * field-width for all of it (4.1.3).
 */
static int
pci_read_config(struct vcrypto_transport *t, size_t off, void *buf, size_t len)
{
	struct vcrypto_pci *p = vcrypto_pci_of(t);
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
	for (i = 0; i < PCI_CONFIG_TRIES; i++) {
		before = vcrypto_pci_read8(VCRYPTO_PCI_REG(p, config_generation));
		for (at = 0; at < len; at += 4) {
			word = cpu_to_le32(vcrypto_pci_read32(r->addr + off + at));
			memcpy((uint8_t *)buf + at, &word, sizeof(word));
		}
		after = vcrypto_pci_read8(VCRYPTO_PCI_REG(p, config_generation));
		if (before == after)
			return after == UINT8_MAX ? vcrypto_pci_check_gone(p) : 0;
	}
	VCRYPTO_ERR("%s: the device's configuration changed during each of %u reads; reset or "
		"replace the device", t->name, PCI_CONFIG_TRIES);
	return -EAGAIN;
}

/* The failure that a status shows, or NULL.  The caller reads status before this reads
 * driver_ok: pci_reset() clears driver_ok before it clears the register, so that its own
 * reset is not taken for a foreign one.
 */
static const char *
pci_status_reason(const struct vcrypto_pci *p, uint8_t status)
{
	if (status & VIRTIO_S_NEEDS_RESET)
		return "has met an error and needs a reset";
	if (__atomic_load_n(&p->driver_ok, __ATOMIC_ACQUIRE) && !(status & VIRTIO_S_DRIVER_OK))
		return "was reset, and not by this driver";
	return NULL;
}

/* -ENODEV if removal was requested: the kernel waits for this process to release the
 * function, or has taken it away already.
 */
static int
pci_check_leaving(struct vcrypto_pci *p)
{
	if (!__atomic_load_n(&p->events.leaving, __ATOMIC_ACQUIRE))
		return 0;
	if (!p->logged_leaving)
		VCRYPTO_ERR("%s: the device is being removed from the machine: close and remove "
			"it (rte_dev_remove)", p->base.name);
	p->logged_leaving = true;
	return -ENODEV;
}

/* Does the kernel take the function away?  Before a function that is bound to uio leaves,
 * the kernel switches its bus mastering off, and QEMU's device drops DRIVER_OK then: it was
 * reset by nobody.  A device that cannot master the bus is of no use before it is probed
 * again, whoever did that.
 */
static bool
pci_taken_away(const struct vcrypto_pci *p)
{
	le16 reg;

	return rte_pci_read_config(p->dev, &reg, sizeof(reg), PCI_CFG_COMMAND) != sizeof(reg) ||
		(le16_to_cpu(reg) & PCI_CFG_COMMAND_MASTER) == 0;
}

/* The end of pci_check() for a device that is there and failed. */
static int
pci_check_failed(struct vcrypto_pci *p, const char *reason, uint8_t status)
{
	bool taken = (status & VIRTIO_S_NEEDS_RESET) == 0 && pci_taken_away(p);

	if (!p->logged_failure && taken)
		VCRYPTO_ERR("%s: the device is being taken away: its bus mastering is off; close "
			"and remove it (rte_dev_remove)", p->base.name);
	else if (!p->logged_failure)
		VCRYPTO_ERR("%s: the device %s (status 0x%02x); stop and start it again",
			p->base.name, reason, status);
	p->logged_failure = true;
	return taken ? -ENODEV : -EIO;
}

static int
pci_check(struct vcrypto_transport *t)
{
	struct vcrypto_pci *p = vcrypto_pci_of(t);
	uint8_t status = vcrypto_pci_read8(VCRYPTO_PCI_REG(p, device_status));
	const char *reason;
	int rc;

	if (pci_check_leaving(p) != 0)
		return -ENODEV;
	if (status == VCRYPTO_PCI_STATUS_GONE)
		return vcrypto_pci_check_gone(p);
	reason = pci_status_reason(p, status);
	if (reason == NULL && (status & VIRTIO_S_DRIVER_OK) != 0)
		return 0;
	/* Any other status may be one of plain memory in the device's place. */
	rc = vcrypto_pci_check_gone(p);
	if (rc != 0 || reason == NULL)
		return rc;
	return pci_check_failed(p, reason, status);
}

static void
pci_listen(struct vcrypto_transport *t, bool (*changed)(void *arg), void *arg)
{
	struct vcrypto_pci *p = vcrypto_pci_of(t);

	vcrypto_pci_events_on(&p->events, changed, arg);
	if (p->driver_ok)
		vcrypto_pci_events_aim(&p->events);
}

static void
pci_unlisten(struct vcrypto_transport *t)
{
	vcrypto_pci_events_off(&vcrypto_pci_of(t)->events);
}

/* ---- creation and destruction ---- */

/* Switches bus mastering on or off; *was is its state before.  0, or -EIO if PCI
 * configuration space cannot be accessed.  With vfio-pci the bus enables it itself, with
 * other kernel drivers not always.
 */
static int
pci_set_mastering(const struct rte_pci_device *dev, bool *was, bool on)
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
	struct vcrypto_pci *p = vcrypto_pci_of(t);
	bool was;

	if (p->mastering)
		/* Fails if the device is gone: then there is nothing to disable. */
		(void)pci_set_mastering(p->dev, &was, false);
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
	.nb_queues = vcrypto_pci_queue_count,
	.admin_queue = vcrypto_pci_queue_admin,
	.queue_max_size = vcrypto_pci_queue_size,
	.queue_enable = vcrypto_pci_queue_enable,
	.queue_reset = vcrypto_pci_queue_reset,
	.queue_notify = vcrypto_pci_queue_notify,
	.check = pci_check,
	.listen = pci_listen,
	.unlisten = pci_unlisten,
	.destroy = pci_destroy,
};

/* The feature bits that this device's structures can carry: some need longer structures than
 * the others.
 */
static uint64_t
pci_carried_features(const struct vcrypto_pci_caps *caps)
{
	const struct vcrypto_pci_region *notify = &caps->region[VCRYPTO_PCI_NOTIFY];
	uint32_t len = caps->region[VCRYPTO_PCI_COMMON].len;
	uint64_t features = PCI_FEATURES;

	if (len < VIRTIO_PCI_COMMON_LEN_NOTIF_CONFIG_DATA)
		features &= ~VIRTIO_F_NOTIF_CONFIG_DATA;
	if (len < VIRTIO_PCI_COMMON_LEN_RING_RESET)
		features &= ~VIRTIO_F_RING_RESET;
	if (len < VIRTIO_PCI_COMMON_LEN_ADMIN_VQ)
		features &= ~VIRTIO_F_ADMIN_VQ;
	/* 4.1.4.4: 32-bit notifications need aligned addresses. */
	if (notify->len < VIRTIO_PCI_NOTIFY_DATA_LEN || caps->notify_multiplier % 4 != 0 ||
			(uintptr_t)notify->addr % 4 != 0)
		features &= ~VIRTIO_F_NOTIFICATION_DATA;
	return features;
}

int
vcrypto_transport_pci_map(struct rte_pci_device *dev)
{
	int rc = rte_pci_map_device(dev);

	if (rc == 0)
		return 0;
	if (rc > 0)
		return -ENXIO;
	VCRYPTO_ERR("%s: cannot map the device's BARs; see the PCI bus's messages above",
		dev->name);
	return -EIO;
}

/* Allocates the state with its table of queues: num_queues does not depend on the features
 * negotiated, and does not count the administration queue.  0, -ENODEV, -EINVAL or -ENOMEM
 * with one line.
 */
static int
pci_alloc(struct vcrypto_pci **out, const struct vcrypto_pci_caps *caps, const char *name)
{
	const volatile uint8_t *common = caps->region[VCRYPTO_PCI_COMMON].addr;
	struct vcrypto_pci *p;
	uint16_t nb;

	if (vcrypto_pci_read8(common + offsetof(struct virtio_pci_common_cfg, device_status)) ==
			VCRYPTO_PCI_STATUS_GONE) {
		VCRYPTO_ERR("%s: the device is gone: its registers read all ones", name);
		return -ENODEV;
	}
	nb = vcrypto_pci_read16(common + offsetof(struct virtio_pci_common_cfg, num_queues));
	if (nb == 0) {
		VCRYPTO_ERR("%s: the device has no queues; it is not a usable crypto device", name);
		return -EINVAL;
	}
	/* Plain heap: the state is not shared with the device or another process. */
	p = calloc(1, sizeof(*p) + (nb + 1u) * sizeof(p->queue[0]));
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
	struct vcrypto_pci *p;
	bool was_mastering;
	int rc;

	rc = vcrypto_transport_pci_map(dev);
	if (rc != 0)
		return rc;
	rc = vcrypto_pci_caps_read(&caps, dev, dev->name);
	if (rc == 0)
		rc = pci_alloc(&p, &caps, dev->name);
	if (rc != 0)
		goto unmap;
	rc = pci_set_mastering(dev, &was_mastering, true);
	if (rc != 0) {
		VCRYPTO_ERR("%s: cannot let the device master the bus: its PCI command register "
			"does not answer", dev->name);
		goto release;
	}
	p->mastering = !was_mastering;
	p->dev = p->events.dev = dev;
	p->events.reg = VCRYPTO_PCI_REG(p, config_msix_vector);
	p->base.ops = &pci_ops;
	(void)snprintf(p->base.name, sizeof(p->base.name), "%s", dev->name);
	p->base.traits.numa_node = dev->device.numa_node;
	p->base.traits.has_ctrlq = true;
	p->base.traits.cheap_config = true;
	p->base.traits.features_allowed = pci_carried_features(&caps);
	*t = &p->base;
	return 0;

release:
	free(p);
unmap:
	rte_pci_unmap_device(dev);
	return rc;
}
