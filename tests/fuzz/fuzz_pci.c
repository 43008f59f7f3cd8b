/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The PCI transport on a function whose configuration space, capabilities, registers
 * and device configuration are anybody's.
 *
 * Input: changes of the fake function, then calls of the transport in any order that its
 * contract allows, with more changes between them.  No access may leave the mapped BARs
 * (the fake aborts), none break a rule of a register, every mapping must be undone.
 */
#include <errno.h>

#include "drivers/crypto/vcrypto/transport/pci/transport_pci.h"
#include "fake_pci.h"
#include "fuzz_input.h"
#include "fuzz_log.h"

#define MAX_CALLS	64u
#define UP	(VIRTIO_S_ACKNOWLEDGE | VIRTIO_S_DRIVER | VIRTIO_S_FEATURES_OK)

int vcrypto_logtype = RTE_LOGTYPE_USER1;

/* Once capabilities say that registers are where they are not, accesses to the wrong
 * ones are no fault of the driver's; only memory counts.
 */
static bool lied;

/* ---- the device ---- */

static void
change_caps(struct fake_pci *f, struct fuzz_input *in)
{
	uint8_t at = fuzz_u8(in), value = fuzz_u8(in);

	lied = true;
	switch (at & 3) {
	case 0:		/* any byte of the list, or of the pointer to it */
		f->config[0x34 + (at >> 2) * 3u] = value;
		break;
	case 1:
		f->config[0x40 + value % 0xc0] = fuzz_u8(in);
		break;
	case 2:
		fake_pci_add_struct(f, 0xb8, value & 7, fuzz_u8(in) & 7, fuzz_u32(in),
			fuzz_u32(in), 20, fuzz_u32(in));
		break;
	case 3:
		*(&f->config[FAKE_PCI_CAP_COMMON] + value % 0x60) ^= fuzz_u8(in);
		break;
	}
}

static void
change(struct fake_pci *f, struct fuzz_input *in)
{
	struct fake_pci_queue *q = &f->queue[fuzz_u8(in) % 3];
	uint8_t what = fuzz_u8(in), value = fuzz_u8(in);

	switch (what % 16) {
	case 0: case 1: change_caps(f, in); break;
	case 2: f->device_features = fuzz_u64(in); break;
	case 3: f->refused_features = fuzz_u64(in); break;
	case 4:
		fuzz_take(in, (uint8_t *)&f->device_cfg + value % sizeof(f->device_cfg), 1);
		fake_pci_config_changed(f);
		break;
	case 5:
		q->max_size = fuzz_u16(in);
		if (!q->enable)
			q->size = q->max_size;	/* what the register says next */
		break;
	case 6: q->notify_off = fuzz_u16(in); break;
	case 7:
		/* A function that came back would have lost what was written meanwhile. */
		if (f->nb_mmio <= f->gone_at)
			f->gone_at = f->nb_mmio + value;
		break;
	case 8: f->reset_us = value & 128 ? FAKE_PCI_NEVER : value; break;
	case 9: f->queue_reset_us = value & 128 ? FAKE_PCI_NEVER : value; break;
	case 10: f->size_stuck = value & 1; f->enable_stuck = (value & 2) != 0; break;
	case 11: f->config_flaps = value & 128 ? FAKE_PCI_NEVER : value; break;
	case 12: f->cfg_fail_at = value; f->cfg_short = value & 1; break;
	case 13: fake_pci_break(f); break;
	case 14:
		if (f->nb_mapped == 0)
			fake_pci_resize_bar(f, FAKE_PCI_BAR, 0x1000u * (1u + (value & 15)));
		break;
	case 15: q->notif_config_data = fuzz_u16(in); break;
	}
}

/* ---- the driver ---- */

struct driver {
	struct vcrypto_transport *t;
	uint64_t features;
	uint8_t status;
	unsigned int enabled;		/* bit per queue */
	bool stuck;			/* a reset did not end: nothing but another may follow */
};

/* As vcrypto_dev does it: stop at the first error. */
static void
negotiate(struct driver *d, uint64_t wanted)
{
	const struct vcrypto_transport_ops *ops = d->t->ops;
	uint64_t offered = 0;

	d->status = 0;
	d->enabled = 0;
	d->stuck = ops->reset(d->t) != 0;
	if (d->stuck || ops->set_status(d->t, VIRTIO_S_ACKNOWLEDGE) != 0 ||
			ops->set_status(d->t, VIRTIO_S_ACKNOWLEDGE | VIRTIO_S_DRIVER) != 0 ||
			ops->get_features(d->t, &offered) != 0)
		return;
	d->features = offered & wanted & d->t->traits.features_allowed;
	if ((d->features & VIRTIO_F_VERSION_1) == 0 ||
			ops->set_features(d->t, d->features) != 0 ||
			ops->set_status(d->t, UP) != 0 || ops->get_status(d->t) != UP)
		return;
	d->status = UP;
}

static void
enable(struct driver *d, uint16_t index)
{
	struct vcrypto_queue_desc q = {
		.index = index, .desc = 0x10000, .driver = 0x20000, .device = 0x30000,
		.packed = (d->features & VIRTIO_F_RING_PACKED) != 0,
	};
	uint16_t max = d->t->ops->queue_max_size(d->t, index);

	if (d->status != UP || max == 0 || index >= 32 || (d->enabled & 1u << index) != 0)
		return;
	for (q.size = 1; q.size <= max / 2 && q.size < 32768; q.size = (uint16_t)(q.size * 2))
		;
	if (d->t->ops->queue_enable(d->t, &q) == 0)
		d->enabled |= 1u << index;
	else
		d->status = 0;
}

static void
queue_reset(struct driver *d, uint16_t index)
{
	if (index >= 32 || (d->enabled & 1u << index) == 0 ||
			(d->features & VIRTIO_F_RING_RESET) == 0 || (d->status & 4) == 0)
		return;
	d->stuck = d->t->ops->queue_reset(d->t, index) != 0;
	d->enabled &= ~(1u << index);
}

static void
kick(struct driver *d, uint16_t index, uint32_t data)
{
	struct vcrypto_notify n;

	d->t->ops->queue_notify(d->t, index, &n);
	vcrypto_notify(&n, data);
}

/* Afterwards the queue behind the others may be the administration queue. */
static void
ask_admin(struct driver *d)
{
	uint16_t index = d->t->ops->admin_queue(d->t);

	FUZZ_CHECK(index == 0 || index >= d->t->ops->nb_queues(d->t));
}

/* The capability of the device configuration says a page, which the device has not. */
static void
read_config(struct driver *d, uint8_t arg)
{
	size_t off = arg / 16 * 4u, len = arg % 16 * 4u;
	uint8_t config[sizeof(struct virtio_crypto_config)];

	if (off + len <= sizeof(config))
		FUZZ_CHECK(d->t->ops->read_config(d->t, off, config, len) <= 0);
}

static void
call(struct driver *d, struct fake_pci *f, struct fuzz_input *in)
{
	uint8_t op = fuzz_u8(in), arg = fuzz_u8(in);
	int rc;

	if (d->stuck)
		op = op & 1 ? 0 : 8;
	switch (op % 9) {
	case 0: negotiate(d, VIRTIO_F_VERSION_1 | fuzz_u64(in)); break;
	case 1: case 2: enable(d, arg % 4); break;
	case 3:
		if (d->status == UP && d->t->ops->set_status(d->t, UP | VIRTIO_S_DRIVER_OK) == 0)
			d->status = UP | VIRTIO_S_DRIVER_OK;
		break;
	case 4:
		if ((d->status & VIRTIO_S_DRIVER_OK) != 0 && (d->enabled & 1u << arg % 3) != 0)
			kick(d, arg % 3, fuzz_u32(in));
		break;
	case 5: queue_reset(d, arg % 4); break;
	case 6:
		read_config(d, arg);
		break;
	case 7:
		rc = d->t->ops->check(d->t);
		FUZZ_CHECK(rc == 0 || rc == -EIO || rc == -ENODEV);
		(void)d->t->ops->nb_queues(d->t);
		ask_admin(d);
		(void)d->t->ops->queue_max_size(d->t, (uint16_t)(arg << 8 | arg));
		break;
	case 8: change(f, in); break;
	}
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	fuzz_log_nowhere();
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = { data, size };
	struct fake_pci *f = fake_pci_create(3, 256);
	struct driver d = { 0 };
	unsigned int n = fuzz_u8(&in) % 16, calls = 0;
	int rc;

	lied = false;
	f->admin_index = 3;
	f->admin_num = 1;
	f->admin.max_size = f->admin.size = 64;
	while (n-- > 0)
		change(f, &in);
	rc = vcrypto_transport_pci_create(&d.t, &f->dev);
	FUZZ_CHECK(rc <= 0);
	if (rc == 0) {
		while (in.left > 0 && calls++ < MAX_CALLS)
			call(&d, f, &in);
		d.t->ops->destroy(d.t);
	}
	FUZZ_CHECK(f->nb_mapped == 0);
	if (fake_pci_violation(f) != NULL && !lied) {
		dprintf(2, "violated: %s\n", fake_pci_violation(f));
		abort();
	}
	fake_pci_destroy(f);
	return 0;
}
