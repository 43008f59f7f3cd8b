/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The registers of vcryptod's PCI function, accessed in any way.
 *
 * Input: accesses to both BARs and to configuration space, at the places of registers or
 * anywhere, of any width; and what the device says in between.  Every callback comes in a state
 * that allows it, what is read lies within its room, capabilities stay as they are, and after a
 * reset the function is as it was at first.
 */
#include <stdbool.h>

#include "fuzz_input.h"
#include "virtio_pci/function.h"

#define MAX_CALLS	200u
#define MAX_BYTES	300u

static struct vcryptod_pci pci, fresh;
static bool intx, msix_on;

static void
on_features(void *ctx, uint64_t features)
{
	(void)ctx;
	FUZZ_CHECK((features & ~pci.cfg.features) == 0 && (features & VIRTIO_F_VERSION_1) != 0);
}

static void
on_status(void *ctx, uint8_t status)
{
	(void)ctx;
	FUZZ_CHECK(status != 0 && ((status & VIRTIO_S_DRIVER_OK) == 0 ||
			(status & VIRTIO_S_FEATURES_OK) != 0));
}

static void
on_reset(void *ctx)
{
	(void)ctx;
}

static void
check_queue(unsigned int queue)
{
	FUZZ_CHECK(queue < pci.nb_rings);
	FUZZ_CHECK(queue < pci.cfg.nb_queues || pci.cfg.admin);
}

static void
on_enable(void *ctx, unsigned int queue)
{
	const struct vcryptod_pci_queue *q = &pci.queue[queue];

	(void)ctx;
	check_queue(queue);
	FUZZ_CHECK(q->enabled && q->size != 0 && q->size <= pci.cfg.queue_size);
	FUZZ_CHECK((pci.features & VIRTIO_F_RING_PACKED) != 0 || (q->size & (q->size - 1)) == 0);
	FUZZ_CHECK((pci.status & VIRTIO_S_FEATURES_OK) != 0);
	FUZZ_CHECK(queue < pci.cfg.nb_queues || (pci.features & VIRTIO_F_ADMIN_VQ) != 0);
}

static void
on_queue_reset(void *ctx, unsigned int queue)
{
	(void)ctx;
	check_queue(queue);
	FUZZ_CHECK((pci.features & VIRTIO_F_RING_RESET) != 0);
}

static void
on_notify(void *ctx, unsigned int queue, uint32_t value)
{
	(void)ctx;
	(void)value;
	check_queue(queue);
	FUZZ_CHECK(pci.queue[queue].enabled && (pci.status & VIRTIO_S_DRIVER_OK) != 0);
}

static void
on_vector(void *ctx, unsigned int queue)
{
	uint16_t v = pci.queue[queue].vector;

	(void)ctx;
	check_queue(queue);
	FUZZ_CHECK(v < pci.cfg.nb_vectors || v == VIRTIO_PCI_MSI_NO_VECTOR);
}

static void
on_msix(void *ctx, bool on)
{
	(void)ctx;
	FUZZ_CHECK(on != msix_on);
	msix_on = on;
}

static void
on_config(void *ctx, struct virtio_crypto_config *cfg)
{
	(void)ctx;
	memset(cfg, 0x5a, sizeof(*cfg));
}

static void
on_interrupt(void *ctx, unsigned int vector)
{
	(void)ctx;
	FUZZ_CHECK(vector < pci.cfg.nb_vectors && msix_on);
}

static void
on_intx(void *ctx, bool on)
{
	(void)ctx;
	FUZZ_CHECK(on != intx && pci.cfg.intx && (!on || !msix_on));
	intx = on;
}

static const struct vcryptod_pci_ops ops = {
	.features = on_features, .status = on_status, .reset = on_reset, .enable = on_enable,
	.queue_reset = on_queue_reset, .notify = on_notify, .vector = on_vector, .msix = on_msix,
	.config = on_config, .interrupt = on_interrupt, .intx = on_intx,
};

/* A place of a structure, or anywhere. */
static uint64_t
place(struct fuzz_input *in, uint8_t how)
{
	static const uint16_t start[] = { VCRYPTOD_PCI_COMMON, VCRYPTOD_PCI_COMMON,
		VCRYPTOD_PCI_ISR, VCRYPTOD_PCI_DEVICE, VCRYPTOD_PCI_NOTIFY };

	how &= 7;
	return how < 5 ? (uint64_t)start[how] + fuzz_u8(in) % 64 :
		how < 7 ? fuzz_u16(in) : fuzz_u64(in);
}

/* Into, or from, memory of exactly as many bytes. */
static void
access_one(struct fuzz_input *in, bool write, bool space)
{
	uint8_t how = fuzz_u8(in), bar = how >> 3 & 1, *bytes;
	uint64_t at = space ? fuzz_u16(in) % 300 : place(in, how);
	uint32_t count = how & 128 ? fuzz_u16(in) % MAX_BYTES : 1u << (how >> 5 & 3);
	uint64_t len = space ? PCI_CFG_SIZE : vcryptod_pci_bar_len(bar);
	int rc;

	bytes = calloc(1, count != 0 ? count : 1);
	FUZZ_CHECK(bytes != NULL);
	if (write)
		fuzz_take(in, bytes, count);
	if (space)
		rc = write ? vcryptod_pci_space_write(&pci, at, bytes, count) :
			vcryptod_pci_space_read(&pci, at, bytes, count);
	else
		rc = write ? vcryptod_pci_bar_write(&pci, bar, at, bytes, count) :
			vcryptod_pci_bar_read(&pci, bar, at, bytes, count);
	FUZZ_CHECK((rc == 0) == (at <= len && count <= len - at));
	free(bytes);
}

/* The driver's way to DRIVER_OK with one queue enabled, so that all is soon reached. */
static void
access_life(struct fuzz_input *in)
{
	static const uint8_t step[][3] = { { 20, 1, 0 }, { 8, 4, 1 }, { 12, 4, 0 }, { 20, 1, 11 },
		{ 22, 2, 0 }, { 28, 2, 1 }, { 20, 1, 15 } };
	uint8_t queue = fuzz_u8(in), v[4];
	size_t i;

	for (i = 0; i < sizeof(step) / sizeof(step[0]); i++) {
		memset(v, 0, sizeof(v));
		v[0] = step[i][2];
		if (i == 2) {
			v[0] = 1;		/* VERSION_1, and any others */
			v[1] = queue & 0x40 ? 3 : 0;
		} else if (i == 4) {
			v[0] = queue & 7;
		}
		(void)vcryptod_pci_bar_write(&pci, 0, step[i][0], v, step[i][1]);
	}
}

static void
call(struct fuzz_input *in)
{
	uint8_t what = fuzz_u8(in);

	switch (what % 12) {
	case 0:
		access_life(in);
		break;
	case 1:
	case 2:
		vcryptod_pci_break(&pci);
		break;
	case 3:
		vcryptod_pci_queue_intx(&pci);
		break;
	case 4:
		vcryptod_pci_reset(&pci);
		break;
	default:
		access_one(in, what % 2 != 0, (what % 12) > 9);
		break;
	}
	FUZZ_CHECK(vcryptod_pci_msix_is_on(&pci) == msix_on && pci.intx_on == intx);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = { data, size };
	uint8_t how = fuzz_u8(&in);
	const struct vcryptod_pci_config cfg = { .ops = &ops, .features = VIRTIO_F_VERSION_1 |
			VIRTIO_F_RING_PACKED | VIRTIO_F_RING_RESET | VIRTIO_F_ADMIN_VQ,
		.nb_queues = 1 + (how & 3), .admin = how >> 2 & 1, .intx = how >> 3 & 1,
		.queue_size = 64, .nb_vectors = 1 + (how >> 4) };
	unsigned int calls = 0;

	intx = msix_on = false;
	FUZZ_CHECK(vcryptod_pci_init(&pci, &cfg) == 0);
	fresh = pci;
	while (in.left > 0 && calls++ < MAX_CALLS)
		call(&in);
	vcryptod_pci_reset(&pci);
	FUZZ_CHECK(!intx && !msix_on);
	FUZZ_CHECK(memcmp(pci.space, fresh.space, sizeof(pci.space)) == 0);
	FUZZ_CHECK(memcmp(pci.table, fresh.table, sizeof(pci.table)) == 0);
	FUZZ_CHECK(pci.status == 0 && pci.features == 0 && pci.isr == 0);
	return 0;
}
