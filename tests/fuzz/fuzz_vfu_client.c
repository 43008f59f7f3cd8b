/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A device as a PCI function, under a vfio-user client and a driver that send anything: commands
 * that are nearly right, messages of any bytes and in pieces, memory that is mapped and unmapped
 * while rings lie in it, real descriptors of every kind, shared memory that changes at any time,
 * hang-ups in any state.
 *
 * Input: pairs of a call and a parameter, with what the call needs.  A ring that runs lies in
 * memory that is mapped, a file is mapped as long as it has ranges, and whatever comes, a
 * connection leaves nothing: no descriptor, range, mapping, running ring, session or association.
 */
#include <stddef.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "fuzz_fds.h"
#include "fuzz_link.h"
#include "vfio_user/client.h"

#define MAX_CALLS	200u
#define RINGS		(FUZZ_LINK_QUEUES + 2)
#define PAGE		4096u
#define MEM		FUZZ_LINK_MEM
#define GUEST		FUZZ_LINK_GUEST

static struct {
	struct fuzz_link l;
	struct vcryptod_client client;
	uint16_t id;
	unsigned int unserved;		/* messages since the last turn */
} f;

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	fuzz_link_init(&f.l);
	/* An interrupt's eventfd, and a file that is larger than the memory. */
	close(f.l.file[4]);
	f.l.file[4] = eventfd(0, EFD_NONBLOCK);
	FUZZ_CHECK(ftruncate(f.l.file[7], 2 * MEM) == 0);
	FUZZ_CHECK(vcryptod_client_init(&f.client, &f.l.dev, -1, FUZZ_LINK_FEATURES) == 0);
	FUZZ_CHECK(f.l.dev.nb_rings == RINGS);
	f.l.link = &f.client.link;
	return 0;
}

/* ---- what must hold ---- */

static void
check_memory(void)
{
	const struct vcryptod_dma *d = &f.client.dma;
	const struct vcryptod_memory *m = &f.l.dev.memory;
	unsigned int i, users = 0, reached = 0;

	for (i = 0; i < m->nb; i++) {
		reached += m->region[i].host != NULL;
		FUZZ_CHECK(i == 0 || m->region[i - 1].guest + (m->region[i - 1].size - 1) <
				m->region[i].guest);
	}
	for (i = 0; i < d->nb_files; i++) {
		users += d->file[i].users;
		FUZZ_CHECK(d->file[i].users == 0 || d->file[i].mapping->start != NULL);
	}
	FUZZ_CHECK(users == reached);
}

static void
check_rings(void)
{
	const struct vcryptod_vring *v;
	unsigned int i, k;

	for (i = 0; i < RINGS; i++) {
		v = &f.l.dev.ring[i].vring;
		for (k = 0; k < VCRYPTOD_AREAS && v->segs != NULL; k++)
			FUZZ_CHECK(v->area[k].len == 0 || vcryptod_memory_holds(&f.l.dev.memory,
					v->area[k].ptr, v->area[k].len, v->area[k].write));
	}
}

/* ---- the connection ---- */

static void
turn(void)
{
	f.unserved = 0;
	fuzz_link_turn(&f.l);
	check_memory();
	check_rings();
}

static void
hang_up(void)
{
	unsigned int i;

	fuzz_link_hang_up(&f.l, turn);
	FUZZ_CHECK(f.client.dma.nb_files == 0 && f.client.in.nb_fds == 0);
	for (i = 0; i < RINGS; i++)
		FUZZ_CHECK(f.l.dev.ring[i].vring.segs == NULL);
	for (i = 0; i < f.client.device.irqs.nb_vectors; i++)
		FUZZ_CHECK(f.client.device.irqs.vector_fd[i] < 0);
	FUZZ_CHECK(f.client.device.irqs.intx_fd < 0 && !f.client.greeted);
}

static void
say(uint16_t command, const void *payload, uint32_t size, const int *fds, unsigned int nb_fds)
{
	struct {
		struct vfu_header hdr;
		uint8_t payload[VFU_MAX_PAYLOAD];
	} m = { .hdr = { .id = f.id++, .command = command,
		.size = (uint32_t)sizeof(m.hdr) + size } };

	memcpy(m.payload, payload, size);
	fuzz_link_send(&f.l, &m, m.hdr.size, fds, nb_fds);
	/* A turn takes more than these. */
	if (++f.unserved >= 16)
		turn();
}

static void
say_version(struct fuzz_input *in, uint8_t how)
{
	static const char *const texts[] = { "{}", "{\"capabilities\":{\"max_msg_fds\":8}}",
		"{\"capabilities\":{\"pgsizes\":4096,\"migration\":{\"pgsize\":4096}}}",
		"{\"capabilities\":3}" };
	struct {
		struct vfu_version v;
		char text[128];
	} m = { .v = { VFU_MAJOR, VFU_MINOR } };

	if (how & 4)
		m.v.minor = fuzz_u8(in);
	if (how & 8)
		m.v.major = fuzz_u8(in) & 1;
	strcpy(m.text, texts[how & 3]);
	say(VFU_VERSION, &m, (uint32_t)(sizeof(m.v) + strlen(m.text) + 1), NULL, 0);
}

static void
join(struct fuzz_input *in, uint8_t how)
{
	if (fuzz_link_join(&f.l) && (how & 0x80) == 0)
		say_version(in, how & 0x40 ? how : 2);
}

/* ---- memory ---- */

/* All of it, a page, a few pages at the place of others, or anywhere. */
static void
choose_range(struct fuzz_input *in, uint8_t how, uint64_t *addr, uint64_t *size)
{
	uint8_t at = how & 3 ? fuzz_u8(in) : 0;

	*addr = GUEST;
	*size = MEM;
	switch (how & 3) {
	case 1:
		*addr = GUEST + (at & 15) * PAGE;
		*size = PAGE;
		break;
	case 2:
		*addr = GUEST + (at & 15) * PAGE;
		*size = (1 + (at >> 4)) * PAGE;
		break;
	case 3:
		*addr = at & 1 ? fuzz_u64(in) : GUEST + fuzz_u16(in);
		*size = at & 2 ? fuzz_u64(in) : fuzz_u16(in);
		break;
	}
}

static void
say_map(struct fuzz_input *in, uint8_t how)
{
	struct vfu_dma_map m = { .argsz = sizeof(m), .flags = 3 };
	unsigned int nb = 1, which = 0;
	uint8_t more;

	choose_range(in, how, &m.addr, &m.size);
	m.offset = (m.addr - GUEST) % MEM;
	if (how & 4) {
		more = fuzz_u8(in);
		m.flags = more & 3;
		which = more >> 2 & 7;
		nb = more & 0x20 ? 0 : 1;
		m.offset = more & 0x40 ? fuzz_u16(in) : nb == 0 ? 0 : m.offset;
	}
	say(VFU_DMA_MAP, &m, sizeof(m), &f.l.file[which], nb);
}

static void
say_unmap(struct fuzz_input *in, uint8_t how)
{
	struct vfu_dma_unmap u = { .argsz = sizeof(u) };

	if ((how & 0x1c) == 0x1c)
		u.flags = VFU_UNMAP_ALL;
	else
		choose_range(in, how, &u.addr, &u.size);
	if ((how & 0xe0) == 0xe0)
		u.flags = fuzz_u8(in);
	say(VFU_DMA_UNMAP, &u, sizeof(u), NULL, 0);
}

/* ---- registers ---- */

static void
write_region(uint32_t region, uint64_t offset, const void *from, uint32_t count)
{
	struct {
		struct vfu_region_access a;
		uint8_t data[64];
	} m = { .a = { offset, region, count } };

	memcpy(m.data, from, count);
	say(VFU_REGION_WRITE, &m, (uint32_t)sizeof(m.a) + count, NULL, 0);
}

static void
write_register(uint64_t offset, uint32_t width, uint64_t value)
{
	uint8_t bytes[8];
	uint32_t i;

	for (i = 0; i < 8; i++)
		bytes[i] = (uint8_t)(value >> 8 * i);
	write_region(VFU_REGION_BAR0 + VCRYPTOD_PCI_BAR, VCRYPTOD_PCI_COMMON + offset, bytes,
			width);
}

#define WRITE(field, value) \
	write_register(offsetof(struct virtio_pci_common_cfg, field), \
			sizeof(((struct virtio_pci_common_cfg *)0)->field), value)
/* In two halves, as drivers do it (4.1.3.1). */
#define WRITE_64(field, value) \
	do { \
		write_register(offsetof(struct virtio_pci_common_cfg, field), 4, value); \
		write_register(offsetof(struct virtio_pci_common_cfg, field) + 4, 4, \
				(value) >> 32); \
	} while (0)

static void
write_features(uint64_t features)
{
	WRITE(driver_feature_select, 0);
	WRITE(driver_feature, features & UINT32_MAX);
	WRITE(driver_feature_select, 1);
	WRITE(driver_feature, features >> 32);
}

/* Everything that a ring needs; bits of how leave out one thing, or make it wrong. */
static void
write_ring(struct fuzz_input *in, uint8_t how)
{
	unsigned int q = how & 3;
	uint64_t at = GUEST + q * FUZZ_LINK_RING, used = at + FUZZ_LINK_USED;

	WRITE(queue_select, how & 4 ? fuzz_u8(in) : q);
	WRITE(queue_size, how & 8 ? fuzz_u16(in) : 8u << (how >> 6));
	if (how & 16)
		used = GUEST + fuzz_u16(in);
	WRITE_64(queue_desc, at);
	WRITE_64(queue_driver, at + FUZZ_LINK_AVAIL);
	WRITE_64(queue_device, used);
	WRITE(queue_msix_vector, how & 32 ? fuzz_u8(in) : q);
	WRITE(queue_enable, 1);
}

static void
write_life(struct fuzz_input *in, uint8_t how)
{
	uint64_t features = FUZZ_LINK_FEATURES | VCRYPTOD_PCI_FEATURES;
	unsigned int q;

	WRITE(device_status, 0);
	WRITE(device_status, VIRTIO_S_ACKNOWLEDGE | VIRTIO_S_DRIVER);
	if ((how & 1) == 0)
		features &= ~VIRTIO_F_RING_PACKED;
	if ((how & 2) == 0)
		features &= ~VIRTIO_F_IN_ORDER;
	if ((how & 4) == 0)
		features &= ~VIRTIO_F_EVENT_IDX;
	write_features(how & 8 ? fuzz_u64(in) : features);
	WRITE(device_status, VIRTIO_S_ACKNOWLEDGE | VIRTIO_S_DRIVER | VIRTIO_S_FEATURES_OK);
	for (q = 0; q < RINGS; q++)
		write_ring(in, (uint8_t)(0x80 | q));
	WRITE(device_status, VIRTIO_S_ACKNOWLEDGE | VIRTIO_S_DRIVER | VIRTIO_S_FEATURES_OK |
			VIRTIO_S_DRIVER_OK);
}

static void
write_one(struct fuzz_input *in, uint8_t how)
{
	static const uint8_t widths[] = { 1, 2, 4, 8 };

	write_register(how & 0x3f, widths[how >> 6], fuzz_u64(in));
}

static void
reset_something(uint8_t how)
{
	switch (how & 3) {
	case 0: say(VFU_DEVICE_RESET, "", 0, NULL, 0); break;
	case 1: WRITE(device_status, 0); break;
	default:
		WRITE(queue_select, how >> 2 & 3);
		WRITE(queue_reset, 1);
		break;
	}
}

static void
access_anything(struct fuzz_input *in, uint8_t how)
{
	struct vfu_region_access a = { fuzz_u16(in), how >> 1 & 15, fuzz_u8(in) & 63 };
	uint8_t data[64];

	if (how & 0x20)
		a.offset = fuzz_u64(in);
	if (how & 1) {
		say(VFU_REGION_READ, &a, sizeof(a), NULL, 0);
		return;
	}
	fuzz_take(in, data, a.count);
	write_region(a.region, a.offset, data, a.count);
}

static void
notify(uint8_t how)
{
	write_region(VFU_REGION_BAR0 + VCRYPTOD_PCI_BAR,
			VCRYPTOD_PCI_NOTIFY + (how & 3) * VCRYPTOD_PCI_NOTIFY_STEP,
			"\0\0\0\0", how & 4 ? 4 : 2);
}

/* ---- interrupts ---- */

static void
switch_msix(bool on)
{
	uint8_t control[2] = { 0, on ? PCI_MSIX_ENABLE >> 8 : 0 };
	unsigned int at;

	for (at = PCI_CFG_CAP_FIRST; at < PCI_CFG_SIZE - 4; at += 4)
		if (f.client.device.pci.space[at] == PCI_CAP_MSIX)
			write_region(VFU_REGION_CONFIG, at + 2, control, 2);
}

static void
say_irqs(struct fuzz_input *in, uint8_t how)
{
	struct vfu_irq_set s = { .argsz = sizeof(s), .index = VFU_IRQ_MSIX,
		.flags = VFU_IRQ_ACTION_TRIGGER | VFU_IRQ_DATA_EVENTFD, .count = RINGS + 1 };
	struct {
		struct vfu_irq_set s;
		uint8_t bools[VFU_MAX_FDS];
	} m;
	int fds[VFU_MAX_FDS];
	unsigned int i, nb;

	if (how & 1)
		s.index = fuzz_u8(in) % (VFU_NB_IRQS + 1);
	if (how & 2)
		s.flags = fuzz_u8(in);
	if (how & 4)
		s.start = fuzz_u8(in) & 7;
	if (how & 8)
		s.count = fuzz_u8(in) & 15;
	nb = s.flags & VFU_IRQ_DATA_EVENTFD ? s.count : 0;
	if (how & 16)
		nb = 0;
	for (i = 0; i < nb; i++)
		fds[i] = how & 32 ? f.l.file[fuzz_u8(in) & 7] : f.l.file[i & 1 ? 2 : 4];
	m.s = s;
	memset(m.bools, 1, sizeof(m.bools));
	say(VFU_DEVICE_SET_IRQS, &m, (uint32_t)sizeof(s) +
			(s.flags & VFU_IRQ_DATA_BOOL ? s.count : 0), fds, nb);
	if (how & 64)
		switch_msix((how & 128) != 0);
}

/* ---- anything ---- */

static void
say_info(uint8_t how)
{
	struct vfu_region_info info = { .argsz = sizeof(info), .index = how >> 2 };

	if ((how & 3) == 0)
		say(VFU_DEVICE_GET_INFO, &info, sizeof(struct vfu_device_info), NULL, 0);
	else if ((how & 3) == 1)
		say(VFU_DEVICE_GET_IRQ_INFO, &info, sizeof(struct vfu_irq_info), NULL, 0);
	else
		say(VFU_DEVICE_GET_REGION_INFO, &info, sizeof(info), NULL, 0);
}

static void
say_anything(struct fuzz_input *in, uint8_t how)
{
	struct {
		struct vfu_header hdr;
		uint8_t payload[128];
	} m = { .hdr = { .id = f.id, .command = fuzz_u8(in) & 31, .size = sizeof(m.hdr) } };
	unsigned int nb = how >> 4 & 7, i;
	size_t len = fuzz_u8(in) % (sizeof(m.payload) + 1);
	int fds[8];

	fuzz_take(in, m.payload, len);
	m.hdr.size += (uint32_t)len;
	len = m.hdr.size;
	if (how & 1)
		m.hdr.flags |= VFU_FLAG_NO_REPLY;
	if (how & 2)
		m.hdr.flags = fuzz_u8(in);
	if (how & 4)
		m.hdr.size = fuzz_u32(in);
	for (i = 0; i < nb; i++)
		fds[i] = f.l.file[fuzz_u8(in) & 7];
	fuzz_link_send(&f.l, &m, how & 8 ? len / 2 : len, fds, nb);
}

static void
call(struct fuzz_input *in)
{
	uint8_t what = fuzz_u8(in), how = fuzz_u8(in);

	switch (what % 16) {
	case 0: write_life(in, how); break;
	case 1: say_map(in, how); break;
	case 2: say_unmap(in, how); break;
	case 3: write_ring(in, how); break;
	case 4: write_one(in, how); break;
	case 5: reset_something(how); break;
	case 6: access_anything(in, how); break;
	case 7: notify(how); break;
	case 8: say_irqs(in, how); break;
	case 9: say_info(how); break;
	case 10: say_anything(in, how); break;
	case 11: case 12: fuzz_link_change_memory(&f.l, in, how); break;
	case 13: case 14: fuzz_link_serve(&f.l); break;
	default:
		if ((how & 3) == 0)
			hang_up();
		else if ((how & 3) == 1)
			say_version(in, how >> 2);
		join(in, how);
		break;
	}
	turn();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = { data, size };
	unsigned int calls = 0, open_fds = fuzz_fds_open();

	memset(f.l.mem, 0, MEM);
	join(&in, 0);
	while (in.left > 0 && calls++ < MAX_CALLS)
		call(&in);
	hang_up();
	FUZZ_CHECK(fuzz_fds_open() == open_fds);
	return 0;
}
