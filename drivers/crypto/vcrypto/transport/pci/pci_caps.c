/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Owns the search of a function's capability list (virtio 1.4, 4.1.4).  The device wrote
 * every byte that is read here: each is read once and checked before it is used.
 *
 * Calls rte_pci_read_config, and reads the addresses and lengths of the BARs that the
 * bus mapped.  Must not write (4.1.4: the capabilities are read-only), access a BAR, or
 * read pci_cfg_data (4.1.4.9: that would access the device).
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

/* Capabilities are at least 4 bytes each: a list with more entries than this loops. */
#define PCI_CAPS_MAX_STEPS	((PCI_CFG_SIZE - PCI_CFG_CAP_FIRST) / 4)

/* What the driver requires of each structure; all lengths in bytes. */
static const struct caps_wanted {
	uint8_t type;		/* VIRTIO_PCI_CAP_* */
	uint8_t cap_len;	/* shortest accepted capability */
	uint8_t align;		/* of the offset in the BAR (4.1.4.3 to 4.1.4.6) */
	uint8_t len;		/* shortest accepted structure */
	const char *title;	/* for messages */
} caps_wanted[VCRYPTO_PCI_NB_STRUCTURES] = {
	[VCRYPTO_PCI_COMMON] = { VIRTIO_PCI_CAP_COMMON_CFG, sizeof(struct virtio_pci_cap), 4,
		VIRTIO_PCI_COMMON_LEN, "common configuration" },
	[VCRYPTO_PCI_NOTIFY] = { VIRTIO_PCI_CAP_NOTIFY_CFG, sizeof(struct virtio_pci_notify_cap),
		2, VIRTIO_PCI_NOTIFY_LEN, "notification" },
	[VCRYPTO_PCI_DEVICE] = { VIRTIO_PCI_CAP_DEVICE_CFG, sizeof(struct virtio_pci_cap), 4,
		sizeof(struct virtio_crypto_config), "device configuration" },
};

struct caps_walk {
	struct vcrypto_pci_caps *caps;
	const struct rte_pci_device *dev;
	const char *name;
	/* The first unusable capability of each type, for the log line. */
	struct {
		const char *reason;	/* NULL: none was refused */
		uint8_t pos;
	} refused[VCRYPTO_PCI_NB_STRUCTURES];
};

static int
pci_caps_cfg_read(const struct caps_walk *w, void *buf, size_t len, unsigned int off)
{
	if (rte_pci_read_config(w->dev, buf, len, off) == (int)len)
		return 0;
	VCRYPTO_ERR("%s: cannot read PCI configuration space at 0x%02x; is the device still "
		"bound to its kernel driver?", w->name, off);
	return -EIO;
}

/* *len is the length of bar in bytes if it is memory that the bus mapped; else *reason says
 * why it is unusable.  0, or -EIO if configuration space cannot be read.
 */
static int
pci_caps_check_bar(const struct caps_walk *w, uint64_t *len, const char **reason, uint8_t bar)
{
	le32 reg;
	int rc;

	*len = 0;
	if (bar >= PCI_NB_BARS) {
		*reason = "it names a reserved BAR";
		return 0;
	}
	rc = pci_caps_cfg_read(w, &reg, sizeof(reg), PCI_CFG_BAR(bar));
	if (rc != 0)
		return rc;
	if (le32_to_cpu(reg) & PCI_CFG_BAR_IO)
		*reason = "its BAR is I/O space, not memory";
	else if (w->dev->mem_resource[bar].addr == NULL)
		*reason = "its BAR is not mapped";
	else
		*len = w->dev->mem_resource[bar].len;
	return 0;
}

/* The reason why the structure that cap describes is unusable, or NULL. */
static const char *
pci_caps_check_structure(const struct caps_wanted *row, const struct virtio_pci_notify_cap *cap,
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
	/* 4.1.4.4: the multiplier is 0 or an even power of two. */
	if (row->type == VIRTIO_PCI_CAP_NOTIFY_CFG && multiplier != 0 &&
			(multiplier == 1 || (multiplier & (multiplier - 1)) != 0))
		return "its notify multiplier is neither 0 nor an even power of two";
	return NULL;
}

/* Records the structure that the capability at pos describes, if it is usable, as the one
 * of row s.  0, or -EIO if configuration space cannot be read.
 */
static int
pci_caps_take(struct caps_walk *w, unsigned int s, uint8_t pos, uint8_t cap_len)
{
	struct vcrypto_pci_region *r = &w->caps->region[s];
	struct virtio_pci_notify_cap cap = { 0 };
	const char *reason = NULL;
	uint64_t bar_len;
	int rc;

	if (cap_len < caps_wanted[s].cap_len || pos + caps_wanted[s].cap_len > PCI_CFG_SIZE) {
		reason = "the capability is too short";
		goto refuse;
	}
	rc = pci_caps_cfg_read(w, &cap, caps_wanted[s].cap_len, pos);
	if (rc == 0)
		rc = pci_caps_check_bar(w, &bar_len, &reason, cap.cap.bar);
	if (rc != 0)
		return rc;
	if (reason == NULL)
		reason = pci_caps_check_structure(&caps_wanted[s], &cap, bar_len);
	if (reason != NULL)
		goto refuse;

	r->addr = (volatile uint8_t *)w->dev->mem_resource[cap.cap.bar].addr +
		le32_to_cpu(cap.cap.offset);
	r->len = le32_to_cpu(cap.cap.length);
	if (s == VCRYPTO_PCI_NOTIFY)
		w->caps->notify_multiplier = le32_to_cpu(cap.notify_off_multiplier);
	return 0;

refuse:
	VCRYPTO_DBG("%s: the %s capability at 0x%02x is skipped: %s", w->name, caps_wanted[s].title,
		pos, reason);
	if (w->refused[s].reason == NULL) {
		w->refused[s].reason = reason;
		w->refused[s].pos = pos;
	}
	return 0;
}

/* Handles one capability: the first usable one of each wanted type is taken; capabilities of
 * other vendors and of reserved types match no row and are ignored (4.1.4).
 */
static int
pci_caps_visit(struct caps_walk *w, uint8_t pos, const uint8_t *head)
{
	uint8_t cap_len = head[offsetof(struct virtio_pci_cap, cap_len)];
	uint8_t type = head[offsetof(struct virtio_pci_cap, cfg_type)];
	unsigned int s;

	if (head[0] != PCI_CAP_VENDOR)
		return 0;
	for (s = 0; s < VCRYPTO_PCI_NB_STRUCTURES; s++)
		if (caps_wanted[s].type == type && w->caps->region[s].addr == NULL)
			return pci_caps_take(w, s, pos, cap_len);
	return 0;
}

static int
pci_caps_walk_list(struct caps_walk *w)
{
	uint8_t head[4] = { 0 }, pos;	/* id, next; in a vendor's: length, type */
	unsigned int steps;
	int rc;

	rc = pci_caps_cfg_read(w, &pos, sizeof(pos), PCI_CFG_CAP_PTR);
	for (steps = 0; rc == 0; steps++) {
		pos &= PCI_CFG_CAP_PTR_MASK;
		if (pos == 0)
			return 0;
		if (pos < PCI_CFG_CAP_FIRST || steps == PCI_CAPS_MAX_STEPS) {
			VCRYPTO_ERR("%s: malformed PCI capability list: %s; the device is "
				"refused", w->name, steps == PCI_CAPS_MAX_STEPS ? "it loops" :
				"it points into the header");
			return -EINVAL;
		}
		/* In bounds: pos is a multiple of 4 and below 256. */
		rc = pci_caps_cfg_read(w, head, sizeof(head), pos);
		if (rc == 0)
			rc = pci_caps_visit(w, pos, head);
		pos = head[offsetof(struct pci_cap_header, next)];
	}
	return rc;
}

/* Was every structure found?  0; else -ENOTSUP or -EINVAL with one line. */
static int
pci_caps_check_complete(const struct caps_walk *w)
{
	unsigned int s;

	for (s = 0; s < VCRYPTO_PCI_NB_STRUCTURES; s++) {
		if (w->caps->region[s].addr != NULL)
			continue;
		if (w->refused[s].reason != NULL) {
			VCRYPTO_ERR("%s: no usable %s structure: capability at 0x%02x: %s",
				w->name, caps_wanted[s].title, w->refused[s].pos,
				w->refused[s].reason);
			return -EINVAL;
		}
		if (s == VCRYPTO_PCI_COMMON) {
			VCRYPTO_ERR("%s: legacy-only virtio device: a modern one is needed (QEMU: "
				"disable-legacy=on,disable-modern=off)", w->name);
			return -ENOTSUP;
		}
		VCRYPTO_ERR("%s: the device has no %s capability; it is not a usable virtio "
			"device", w->name, caps_wanted[s].title);
		return -EINVAL;
	}
	return 0;
}

int
vcrypto_pci_caps_read(struct vcrypto_pci_caps *caps, const struct rte_pci_device *dev,
		const char *name)
{
	struct caps_walk w = { .caps = caps, .dev = dev, .name = name };
	le16 reg;
	int rc;

	memset(caps, 0, sizeof(*caps));
	rc = pci_caps_cfg_read(&w, &reg, sizeof(reg), PCI_CFG_VENDOR);
	if (rc != 0)
		return rc;
	if (le16_to_cpu(reg) == UINT16_MAX) {
		VCRYPTO_ERR("%s: the device is gone: PCI configuration space reads all ones", name);
		return -ENODEV;
	}
	rc = pci_caps_cfg_read(&w, &reg, sizeof(reg), PCI_CFG_STATUS);
	if (rc == 0 && (le16_to_cpu(reg) & PCI_CFG_STATUS_CAP_LIST))
		rc = pci_caps_walk_list(&w);
	return rc != 0 ? rc : pci_caps_check_complete(&w);
}
