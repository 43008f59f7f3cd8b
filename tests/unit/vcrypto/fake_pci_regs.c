/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The registers of the fake PCI function: what a read answers, what a write does
 * (virtio 1.4, 4.1.4.3 - 4.1.4.6), and what the driver must not do.
 */
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "fake_pci.h"
#include "fake_pci_regs.h"

#define R(field)	offsetof(struct virtio_pci_common_cfg, field)
#define NO_VECTOR	VIRTIO_PCI_MSI_NO_VECTOR

/* The common configuration's accesses; a 64-bit field is two registers. */
static const struct reg {
	uint8_t off, width;	/* bytes */
	bool ro;
	bool queue;		/* of the selected queue, fixed once that is enabled */
	uint64_t feature;	/* exists only if this was negotiated */
	const char *name;
} regs[] = {
	{ R(device_feature_select), 4, false, false, 0, "device_feature_select" },
	{ R(device_feature), 4, true, false, 0, "device_feature" },
	{ R(driver_feature_select), 4, false, false, 0, "driver_feature_select" },
	{ R(driver_feature), 4, false, false, 0, "driver_feature" },
	{ R(config_msix_vector), 2, false, false, 0, "config_msix_vector" },
	{ R(num_queues), 2, true, false, 0, "num_queues" },
	{ R(device_status), 1, false, false, 0, "device_status" },
	{ R(config_generation), 1, true, false, 0, "config_generation" },
	{ R(queue_select), 2, false, false, 0, "queue_select" },
	{ R(queue_size), 2, false, true, 0, "queue_size" },
	{ R(queue_msix_vector), 2, false, true, 0, "queue_msix_vector" },
	{ R(queue_enable), 2, false, true, 0, "queue_enable" },
	{ R(queue_notify_off), 2, true, false, 0, "queue_notify_off" },
	{ R(queue_desc), 4, false, true, 0, "queue_desc" },
	{ R(queue_desc) + 4, 4, false, true, 0, "queue_desc" },
	{ R(queue_driver), 4, false, true, 0, "queue_driver" },
	{ R(queue_driver) + 4, 4, false, true, 0, "queue_driver" },
	{ R(queue_device), 4, false, true, 0, "queue_device" },
	{ R(queue_device) + 4, 4, false, true, 0, "queue_device" },
	{ R(queue_notif_config_data), 2, true, false, VIRTIO_F_NOTIF_CONFIG_DATA,
		"queue_notif_config_data" },
	{ R(queue_reset), 2, false, false, VIRTIO_F_RING_RESET, "queue_reset" },
};

/* ---- time and state ---- */

bool
fake_pci_regs_gone(const struct fake_pci *f)
{
	return __atomic_load_n(&f->nb_mmio, __ATOMIC_RELAXED) > f->gone_at;
}

void
fake_pci_remove(struct fake_pci *f)
{
	f->gone_at = 0;
	__atomic_add_fetch(&f->nb_mmio, 1, __ATOMIC_RELAXED);
}

void
fake_pci_config_changed(struct fake_pci *f)
{
	f->generation++;
}

void
fake_pci_break(struct fake_pci *f)
{
	f->status |= VIRTIO_S_NEEDS_RESET;
}

static uint64_t
end_of(uint64_t us)
{
	return us == FAKE_PCI_NEVER ? FAKE_PCI_NEVER : fake_pci_now_us() + us;
}

static void
reset_queue(struct fake_pci_queue *q)
{
	q->size = q->max_size;
	q->msix_vector = NO_VECTOR;
	q->enable = 0;
	q->resetting = false;
	q->desc = q->driver = q->device = 0;
}

void
fake_pci_regs_reset(struct fake_pci *f)
{
	uint16_t i;

	f->status = 0;
	f->resetting = false;
	f->driver_features = 0;
	f->config_msix_vector = NO_VECTOR;
	for (i = 0; i < f->nb_queues; i++)
		reset_queue(&f->queue[i]);
}

/* Complete what virtual time has completed. */
static void
advance(struct fake_pci *f, struct fake_pci_queue *q)
{
	uint64_t now = fake_pci_now_us();

	if (f->resetting && now >= f->reset_end) {
		fake_pci_regs_reset(f);
		f->nb_resets++;
		if (f->hooks.status != NULL)
			f->hooks.status(f, f->hooks.arg, 0);
	}
	if (q != NULL && q->resetting && now >= q->reset_end) {
		reset_queue(q);
		q->nb_resets++;
		if (f->hooks.queue != NULL)
			f->hooks.queue(f, f->hooks.arg, (uint16_t)(q - f->queue), false);
	}
}

/* The test may take a queue away; one in use stays what it is until it was reset. */
static bool
exists(const struct fake_pci_queue *q)
{
	return q->max_size != 0 || q->enable || q->resetting;
}

static struct fake_pci_queue *
selected(struct fake_pci *f)
{
	return f->queue_select < f->nb_queues ? &f->queue[f->queue_select] : NULL;
}

/* ---- common configuration ---- */

static const struct reg *
find_reg(struct fake_pci *f, uint64_t off, unsigned int width, bool write)
{
	const char *how = write ? "written" : "read";
	const struct reg *r;

	for (r = regs; r < &regs[sizeof(regs) / sizeof(regs[0])]; r++)
		if (off >= r->off && off < (uint64_t)r->off + r->width)
			break;
	if (r == &regs[sizeof(regs) / sizeof(regs[0])]) {
		fake_pci_violate(f, "common configuration byte %u is %s", (unsigned int)off, how);
		return NULL;
	}
	if (off != r->off || width != r->width)
		fake_pci_violate(f, "%s is %s with %u bytes at byte %u", r->name, how, width,
			(unsigned int)off);
	else if (write && r->ro)
		fake_pci_violate(f, "%s is read-only and is written", r->name);
	else if (r->feature & ~f->driver_features)
		fake_pci_violate(f, "%s is %s without its feature", r->name, how);
	else
		return r;
	return NULL;
}

static uint32_t
half(uint64_t v, uint32_t select)
{
	return select > 1 ? 0 : (uint32_t)(v >> (32 * select));
}

/* The two halves of a 64-bit register lie at off and off + 4. */
static uint64_t *
address_reg(struct fake_pci_queue *q, uint64_t off)
{
	return off < R(queue_driver) ? &q->desc : off < R(queue_device) ? &q->driver : &q->device;
}

static uint32_t
read_queue(struct fake_pci *f, struct fake_pci_queue *q, uint64_t off)
{
	if (q == NULL || !exists(q))
		return 0;	/* 4.1.4.3.1: queue_size 0 if the queue is unavailable */
	switch (off) {
	case R(queue_size):
		return q->size;
	case R(queue_msix_vector):
		return q->msix_vector;
	case R(queue_enable):
		return q->enable && !(q->resetting && f->queue_enable_early);
	case R(queue_notify_off):
		return q->notify_off;
	case R(queue_notif_config_data):
		return q->notif_config_data;
	case R(queue_reset):
		return q->resetting && !f->queue_reset_early;
	default:
		return half(*address_reg(q, off), off % 8 != 0);
	}
}

static uint32_t
read_common(struct fake_pci *f, uint64_t off, unsigned int width)
{
	const struct reg *r = find_reg(f, off, width, false);
	struct fake_pci_queue *q = selected(f);

	if (r == NULL)
		return 0;
	advance(f, q);
	switch (r->off) {
	case R(device_feature_select):
		return f->device_feature_select;
	case R(device_feature):
		return half(f->device_features, f->device_feature_select);
	case R(driver_feature_select):
		return f->driver_feature_select;
	case R(driver_feature):
		return half(f->driver_features, f->driver_feature_select);
	case R(config_msix_vector):
		return f->config_msix_vector;
	case R(num_queues):
		return f->nb_queues;
	case R(device_status):
		/* a reset in progress shows, also where it was 0 already */
		return f->resetting && f->status == 0 ? VIRTIO_S_ACKNOWLEDGE : f->status;
	case R(config_generation):
		return f->generation;
	case R(queue_select):
		return f->queue_select;
	default:
		return read_queue(f, q, r->off);
	}
}

static void
write_status(struct fake_pci *f, uint8_t v)
{
	if (v == 0) {
		f->resetting = true;
		f->reset_end = end_of(f->reset_us);
		advance(f, NULL);
		return;
	}
	if (f->resetting)
		fake_pci_violate(f, "status 0x%02x is written before the reset is complete", v);
	if (f->status & ~v & ~VIRTIO_S_NEEDS_RESET)
		fake_pci_violate(f, "status 0x%02x clears bits of 0x%02x", v, f->status);
	/* 2.2.2: the device may refuse the features */
	if ((v & ~f->status & VIRTIO_S_FEATURES_OK) &&
			(f->driver_features & (f->refused_features | ~f->device_features)))
		v &= (uint8_t)~VIRTIO_S_FEATURES_OK;
	f->status = v | (f->status & VIRTIO_S_NEEDS_RESET);
	if (f->hooks.status != NULL)
		f->hooks.status(f, f->hooks.arg, f->status);
}

static void
write_driver_feature(struct fake_pci *f, uint32_t v)
{
	uint32_t shift = 32 * (f->driver_feature_select & 1);

	if (f->status & VIRTIO_S_FEATURES_OK)
		fake_pci_violate(f, "features are written after FEATURES_OK");
	if (f->driver_feature_select > 1) {
		fake_pci_violate(f, "feature word %u is written", f->driver_feature_select);
		return;
	}
	f->driver_features &= ~((uint64_t)UINT32_MAX << shift);
	f->driver_features |= (uint64_t)v << shift;
	if (f->driver_features & ~f->device_features)
		fake_pci_violate(f, "features 0x%llx were not offered",
			(unsigned long long)(f->driver_features & ~f->device_features));
}

static void
write_queue_size(struct fake_pci *f, struct fake_pci_queue *q, uint16_t v)
{
	bool packed = f->driver_features & VIRTIO_F_RING_PACKED;

	if (v == 0 || v > q->max_size || (!packed && (v & (v - 1)) != 0))
		fake_pci_violate(f, "queue_size %u of a %s queue of %u", v,
			packed ? "packed" : "split", q->max_size);
	else if (!f->size_stuck)
		q->size = v;
}

static void
write_queue_enable(struct fake_pci *f, struct fake_pci_queue *q, uint16_t v)
{
	if (v != 1)
		fake_pci_violate(f, "%u is written to queue_enable", v);
	else if (!(f->status & VIRTIO_S_FEATURES_OK))
		fake_pci_violate(f, "a queue is enabled before FEATURES_OK");
	else if ((f->status & VIRTIO_S_DRIVER_OK) && q->nb_resets == 0)
		fake_pci_violate(f, "a queue is enabled after DRIVER_OK");
	else if (q->desc == 0 || q->driver == 0 || q->device == 0)
		fake_pci_violate(f, "a queue is enabled before its addresses are set");
	else if (!f->enable_stuck) {
		q->enable = 1;
		q->enabled_notify_off = q->notify_off;
		q->enabled_notif_config_data = q->notif_config_data;
		q->nb_enables++;
		if (f->hooks.queue != NULL)
			f->hooks.queue(f, f->hooks.arg, f->queue_select, true);
	}
}

static void
write_queue(struct fake_pci *f, struct fake_pci_queue *q, const struct reg *r, uint32_t v)
{
	uint64_t *a;

	if (q->enable && r->queue) {
		fake_pci_violate(f, "%s of an enabled queue is written", r->name);
		return;
	}
	if (q->resetting) {
		fake_pci_violate(f, "%s is written before the queue's reset is complete", r->name);
		return;
	}
	switch (r->off) {
	case R(queue_size):
		write_queue_size(f, q, (uint16_t)v);
		break;
	case R(queue_msix_vector):
		q->msix_vector = (uint16_t)v;
		break;
	case R(queue_enable):
		write_queue_enable(f, q, (uint16_t)v);
		break;
	case R(queue_reset):
		if (v != 1)
			fake_pci_violate(f, "%u is written to queue_reset", v);
		q->resetting = true;
		q->reset_end = end_of(f->queue_reset_us);
		advance(f, q);
		break;
	default:
		a = address_reg(q, r->off);
		*a = r->off % 8 == 0 ? (*a & ~(uint64_t)UINT32_MAX) | v :
			(*a & UINT32_MAX) | (uint64_t)v << 32;
	}
}

/* A vector of which nobody is told helps nobody. */
static void
write_vector(struct fake_pci *f, uint16_t v)
{
	if (v != NO_VECTOR && !f->irq_enabled)
		fake_pci_violate(f, "vector %u is mapped while MSI-X is off", v);
	f->config_msix_vector = f->no_vector_left ? NO_VECTOR : v;
}

static void
write_common(struct fake_pci *f, uint64_t off, unsigned int width, uint32_t v)
{
	const struct reg *r = find_reg(f, off, width, true);
	struct fake_pci_queue *q = selected(f);

	if (r == NULL)
		return;
	advance(f, q);
	if (f->resetting && r->off != R(device_status))
		fake_pci_violate(f, "%s is written before the reset is complete", r->name);
	switch (r->off) {
	case R(device_feature_select):
		f->device_feature_select = v;
		break;
	case R(driver_feature_select):
		f->driver_feature_select = v;
		break;
	case R(driver_feature):
		write_driver_feature(f, v);
		break;
	case R(config_msix_vector):
		write_vector(f, (uint16_t)v);
		break;
	case R(device_status):
		write_status(f, (uint8_t)v);
		break;
	case R(queue_select):
		f->queue_select = (uint16_t)v;
		break;
	default:
		if (q == NULL || !exists(q))
			fake_pci_violate(f, "%s of queue %u, which does not exist, is written",
				r->name, f->queue_select);
		else
			write_queue(f, q, r, v);
	}
}

/* ---- device configuration and notifications ---- */

static uint32_t
read_device(struct fake_pci *f, uint64_t off, unsigned int width)
{
	le32 word;

	/* 4.1.3: 32-bit accesses for 32- and 64-bit fields; there are no others */
	if (width != 4 || off % 4 != 0 || off + 4 > sizeof(f->device_cfg)) {
		fake_pci_violate(f, "%u bytes of the device configuration are read at %u", width,
			(unsigned int)off);
		return 0;
	}
	if (f->hooks.config_read != NULL)
		f->hooks.config_read(f, f->hooks.arg, (uint32_t)off);
	if (f->config_flaps != 0) {
		if (f->config_flaps != FAKE_PCI_NEVER)
			f->config_flaps--;
		fake_pci_config_changed(f);
	}
	memcpy(&word, (const uint8_t *)&f->device_cfg + off, sizeof(word));
	return le32_to_cpu(word);
}

/* The queue that a notification names, by its value and its address; NULL: none. */
static struct fake_pci_queue *
notified(struct fake_pci *f, uint64_t off, uint16_t value)
{
	bool data = f->driver_features & VIRTIO_F_NOTIF_CONFIG_DATA;
	struct fake_pci_queue *q;
	uint16_t i, notify_off, notif_config_data;

	for (i = 0; i < f->nb_queues; i++) {
		q = &f->queue[i];
		notify_off = q->enable ? q->enabled_notify_off : q->notify_off;
		notif_config_data = q->enable ? q->enabled_notif_config_data :
			q->notif_config_data;
		if (exists(q) && value == (data ? notif_config_data : i) &&
				off == (uint64_t)notify_off * f->multiplier)
			return q;
	}
	return NULL;
}

static void
write_notify(struct fake_pci *f, uint64_t off, unsigned int width, uint32_t v)
{
	unsigned int right = f->driver_features & VIRTIO_F_NOTIFICATION_DATA ? 4 : 2;
	struct fake_pci_queue *q = notified(f, off, (uint16_t)v);

	if (width != right)
		fake_pci_violate(f, "a notification of %u bytes", width);
	else if (q == NULL)
		fake_pci_violate(f, "a notification of 0x%x at %u names no queue", v,
			(unsigned int)off);
	else if (!(f->status & VIRTIO_S_DRIVER_OK))
		fake_pci_violate(f, "a notification before DRIVER_OK");
	else if (!q->enable)
		fake_pci_violate(f, "a notification of a queue that is not enabled");
	else {
		q->nb_kicks++;
		q->last_kick = v;
		if (f->hooks.kick != NULL)
			f->hooks.kick(f, f->hooks.arg, (uint16_t)(q - f->queue), v);
	}
}

/* ---- dispatch ---- */

/* Counts an access; false: the device is not there to answer it. */
static bool
accessed(struct fake_pci *f)
{
	uint64_t n = __atomic_add_fetch(&f->nb_mmio, 1, __ATOMIC_RELAXED);

	if (f->nb_mapped <= 0)
		fake_pci_violate(f, "a register is accessed while the BARs are not mapped");
	return n <= f->gone_at;
}

uint32_t
fake_pci_regs_read(struct fake_pci *f, unsigned int bar, uint64_t off, unsigned int width)
{
	if (!accessed(f))
		return UINT32_MAX >> (32 - 8 * width);
	if (bar == FAKE_PCI_BAR && off < FAKE_PCI_ISR)
		return read_common(f, off - FAKE_PCI_COMMON, width);
	if (bar == FAKE_PCI_BAR && off >= FAKE_PCI_DEVICE && off < FAKE_PCI_NOTIFY)
		return read_device(f, off - FAKE_PCI_DEVICE, width);
	fake_pci_violate(f, "BAR %u is read at 0x%llx", bar, (unsigned long long)off);
	return 0;
}

void
fake_pci_regs_write(struct fake_pci *f, unsigned int bar, uint64_t off, unsigned int width,
		uint32_t value)
{
	if (!accessed(f))
		return;
	if (bar == FAKE_PCI_BAR && off < FAKE_PCI_ISR)
		write_common(f, off - FAKE_PCI_COMMON, width, value);
	else if (bar == FAKE_PCI_BAR && off >= FAKE_PCI_NOTIFY)
		write_notify(f, off - FAKE_PCI_NOTIFY, width, value);
	else
		fake_pci_violate(f, "BAR %u is written at 0x%llx", bar, (unsigned long long)off);
}
