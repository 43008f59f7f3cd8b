/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The walk over a function's capabilities (virtio 1.4, 4.1.4).  The device wrote
 * every byte that is read here: each is read once, checked, and only then used.
 *
 * Calls rte_pci_read_config and looks at the mapped BARs' addresses and lengths.
 * Never writes (4.1.4: the capabilities are read-only), never touches a BAR, and
 * never reads pci_cfg_data (4.1.4.9: that would access the device).
 */
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include <bus_pci_driver.h>

#include "lib/wire/virtio_crypto.h"
#include "lib/wire/virtio_pci.h"
#include "transport/pci/pci_caps.h"
#include "device/vcrypto_log.h"

/* Capabilities are at least 4 bytes each: whoever takes more steps runs in circles. */
#define MAX_STEPS	((PCI_CFG_SIZE - PCI_CFG_CAP_FIRST) / 4)

/* What the driver asks of each structure; all lengths in bytes. */
static const struct wanted {
	uint8_t type;		/* VIRTIO_PCI_CAP_* */
	uint8_t cap_len;	/* of the capability, at least (longer ones are accepted) */
	uint8_t align;		/* of the offset in the BAR (4.1.4.3 - 4.1.4.6) */
	uint8_t len;		/* of the structure, at least */
	const char *what;
} wanted[VCRYPTO_PCI_NB_STRUCTURES] = {
	[VCRYPTO_PCI_COMMON] = { VIRTIO_PCI_CAP_COMMON_CFG, sizeof(struct virtio_pci_cap), 4,
		VIRTIO_PCI_COMMON_LEN, "common configuration" },
	[VCRYPTO_PCI_NOTIFY] = { VIRTIO_PCI_CAP_NOTIFY_CFG, sizeof(struct virtio_pci_notify_cap),
		2, VIRTIO_PCI_NOTIFY_LEN, "notification" },
	[VCRYPTO_PCI_DEVICE] = { VIRTIO_PCI_CAP_DEVICE_CFG, sizeof(struct virtio_pci_cap), 4,
		sizeof(struct virtio_crypto_config), "device configuration" },
};

struct walk {
	struct vcrypto_pci_caps *caps;
	const struct rte_pci_device *dev;
	const char *name;
	/* The first unusable capability of each type, for the message. */
	struct {
		const char *why;	/* NULL: there was none */
		uint8_t pos;
	} refused[VCRYPTO_PCI_NB_STRUCTURES];
};

static int
cfg_read(const struct walk *w, void *buf, size_t len, unsigned int off)
{
	if (rte_pci_read_config(w->dev, buf, len, off) == (int)len)
		return 0;
	VCRYPTO_ERR("%s: cannot read PCI configuration space at 0x%02x; is the device still "
		"bound to its kernel driver?", w->name, off);
	return -EIO;
}

/* Does bar map memory that the bus has mapped for us?  Its length comes out. */
static int
check_bar(const struct walk *w, uint64_t *len, const char **why, uint8_t bar)
{
	le32 reg;
	int ret;

	*len = 0;
	if (bar >= PCI_NB_BARS) {
		*why = "it names a reserved BAR";
		return 0;
	}
	ret = cfg_read(w, &reg, sizeof(reg), PCI_CFG_BAR(bar));
	if (ret != 0)
		return ret;
	if (le32_to_cpu(reg) & PCI_CFG_BAR_IO)
		*why = "its BAR is I/O space, not memory";
	else if (w->dev->mem_resource[bar].addr == NULL)
		*why = "its BAR is not mapped";
	else
		*len = w->dev->mem_resource[bar].len;
	return 0;
}

/* Why the structure that cap describes cannot be used; NULL if it can. */
static const char *
check_structure(const struct wanted *row, const struct virtio_pci_notify_cap *cap,
		uint64_t bar_len)
{
	uint32_t offset = le32_to_cpu(cap->cap.offset);
	uint32_t length = le32_to_cpu(cap->cap.length);
	uint32_t multiplier = le32_to_cpu(cap->notify_off_multiplier);

	if (offset % row->align != 0)
		return "its offset is not aligned";
	if (length < row->len)
		return "the structure is too short";
	if ((uint64_t)offset + length > bar_len)
		return "it reaches beyond its BAR";
	/* 4.1.4.4: 0, or a power of two that is even. */
	if (row->type == VIRTIO_PCI_CAP_NOTIFY_CFG && multiplier != 0 &&
			(multiplier == 1 || (multiplier & (multiplier - 1)) != 0))
		return "its notify multiplier is neither 0 nor an even power of two";
	return NULL;
}

/* Take the structure of row s that the capability at pos describes, if it is usable. */
static int
take(struct walk *w, unsigned int s, uint8_t pos, uint8_t cap_len)
{
	struct vcrypto_pci_region *r = &w->caps->region[s];
	struct virtio_pci_notify_cap cap = { 0 };
	const char *why = NULL;
	uint64_t bar_len;
	int ret;

	if (cap_len < wanted[s].cap_len || pos + wanted[s].cap_len > PCI_CFG_SIZE) {
		why = "the capability is too short";
		goto refuse;
	}
	ret = cfg_read(w, &cap, wanted[s].cap_len, pos);
	if (ret == 0)
		ret = check_bar(w, &bar_len, &why, cap.cap.bar);
	if (ret != 0)
		return ret;
	if (why == NULL)
		why = check_structure(&wanted[s], &cap, bar_len);
	if (why != NULL)
		goto refuse;

	r->addr = (volatile uint8_t *)w->dev->mem_resource[cap.cap.bar].addr +
		le32_to_cpu(cap.cap.offset);
	r->len = le32_to_cpu(cap.cap.length);
	if (s == VCRYPTO_PCI_NOTIFY)
		w->caps->notify_multiplier = le32_to_cpu(cap.notify_off_multiplier);
	return 0;

refuse:
	VCRYPTO_DBG("%s: %s capability at 0x%02x skipped: %s", w->name, wanted[s].what, pos, why);
	if (w->refused[s].why == NULL) {
		w->refused[s].why = why;
		w->refused[s].pos = pos;
	}
	return 0;
}

/* A vendor capability: the first usable one of each wanted type is taken; reserved
 * types match no row and are ignored (4.1.4).
 */
static int
look_at(struct walk *w, uint8_t pos, const uint8_t *head)
{
	uint8_t cap_len = head[offsetof(struct virtio_pci_cap, cap_len)];
	uint8_t type = head[offsetof(struct virtio_pci_cap, cfg_type)];
	unsigned int s;

	if (head[0] != PCI_CAP_VENDOR)
		return 0;
	for (s = 0; s < VCRYPTO_PCI_NB_STRUCTURES; s++)
		if (wanted[s].type == type && w->caps->region[s].addr == NULL)
			return take(w, s, pos, cap_len);
	return 0;
}

static int
walk_list(struct walk *w)
{
	uint8_t head[4] = { 0 }, pos;	/* id, next, and if a vendor's: length, type */
	unsigned int steps;
	int ret;

	ret = cfg_read(w, &pos, sizeof(pos), PCI_CFG_CAP_PTR);
	for (steps = 0; ret == 0; steps++) {
		pos &= PCI_CFG_CAP_PTR_MASK;
		if (pos == 0)
			return 0;
		if (pos < PCI_CFG_CAP_FIRST || steps == MAX_STEPS) {
			VCRYPTO_ERR("%s: malformed PCI capability list: %s; the device is "
				"refused", w->name, steps == MAX_STEPS ? "it loops" :
				"it points into the header");
			return -EINVAL;
		}
		/* aligned and below 256: four bytes always fit */
		ret = cfg_read(w, head, sizeof(head), pos);
		if (ret == 0)
			ret = look_at(w, pos, head);
		pos = head[offsetof(struct pci_cap_header, next)];
	}
	return ret;
}

static int
verdict(const struct walk *w)
{
	unsigned int s;

	for (s = 0; s < VCRYPTO_PCI_NB_STRUCTURES; s++) {
		if (w->caps->region[s].addr != NULL)
			continue;
		if (w->refused[s].why != NULL) {
			VCRYPTO_ERR("%s: no usable %s structure: capability at 0x%02x: %s",
				w->name, wanted[s].what, w->refused[s].pos, w->refused[s].why);
			return -EINVAL;
		}
		if (s == VCRYPTO_PCI_COMMON) {
			VCRYPTO_ERR("%s: legacy-only virtio device: a modern one is needed (QEMU: "
				"disable-legacy=on,disable-modern=off)", w->name);
			return -ENOTSUP;
		}
		VCRYPTO_ERR("%s: the device has no %s capability; it is not a usable virtio "
			"device", w->name, wanted[s].what);
		return -EINVAL;
	}
	return 0;
}

int
vcrypto_pci_caps_read(struct vcrypto_pci_caps *caps, const struct rte_pci_device *dev,
		const char *name)
{
	struct walk w = { .caps = caps, .dev = dev, .name = name };
	le16 reg;
	int ret;

	memset(caps, 0, sizeof(*caps));
	ret = cfg_read(&w, &reg, sizeof(reg), PCI_CFG_VENDOR);
	if (ret != 0)
		return ret;
	if (le16_to_cpu(reg) == UINT16_MAX) {
		VCRYPTO_ERR("%s: the device is gone: PCI configuration space reads all ones", name);
		return -ENODEV;
	}
	ret = cfg_read(&w, &reg, sizeof(reg), PCI_CFG_STATUS);
	if (ret == 0 && (le16_to_cpu(reg) & PCI_CFG_STATUS_CAP_LIST))
		ret = walk_list(&w);
	return ret != 0 ? ret : verdict(&w);
}
