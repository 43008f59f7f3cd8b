/* SPDX-License-Identifier: BSD-3-Clause
 *
 * vfu_request.h: each command as a client sends it, and with one thing wrong; each reply.
 */
#include "test_vfio_user.h"

static struct vfu_inbox in;
static struct vfu_outbox out;
static struct vfu_request r;

static int
request_parse(uint16_t command, const void *payload, size_t len, unsigned int nb_fds)
{
	const char *why = NULL;
	int rc;

	memset(&in, 0, sizeof(in));
	in.hdr = (struct vfu_header){ .id = 1, .command = command,
		.size = (uint32_t)(sizeof(in.hdr) + len) };
	if (len != 0)
		memcpy(in.payload, payload, len);
	in.nb_fds = nb_fds;
	rc = vfu_request_parse(&r, &in, &why);
	assert_true(rc == 0 || why != NULL);
	if (rc != -EOPNOTSUPP)
		assert_int_equal(r.command, command);
	return rc;
}

#define PARSE(command, s, nb_fds)	request_parse(command, &(s), sizeof(s), nb_fds)

/* What is one byte short is refused, whatever the command. */
static void
request_too_short(void **state)
{
	static const struct {
		uint16_t command;
		size_t size;
	} all[] = {
		{ VFU_VERSION, 4 }, { VFU_DMA_MAP, 32 }, { VFU_DMA_UNMAP, 24 },
		{ VFU_DEVICE_GET_INFO, 16 }, { VFU_DEVICE_GET_REGION_INFO, 32 },
		{ VFU_DEVICE_GET_IRQ_INFO, 16 }, { VFU_DEVICE_SET_IRQS, 20 },
		{ VFU_REGION_READ, 16 }, { VFU_REGION_WRITE, 16 },
	};
	const uint8_t payload[32] = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		assert_int_equal(request_parse(all[i].command, payload, all[i].size - 1, 0),
				-EINVAL);
		/* Bytes beyond the command are ignored; so is a descriptor too much refused. */
		(void)request_parse(all[i].command, payload, sizeof(payload), 0);
		if (all[i].command != VFU_DEVICE_SET_IRQS)
			assert_int_equal(request_parse(all[i].command, payload, sizeof(payload),
					2), -EINVAL);
	}
}

static void
request_unknown(void **state)
{
	static const uint16_t none[] = { 0, VFU_DEVICE_GET_REGION_IO_FDS, VFU_DMA_READ,
		VFU_DMA_WRITE, VFU_DIRTY_PAGES, VFU_REGION_WRITE_MULTI, VFU_DEVICE_FEATURE,
		VFU_MIG_DATA_WRITE, UINT16_MAX };
	const uint8_t payload[32] = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		assert_int_equal(request_parse(none[i], payload, sizeof(payload), 0), -EOPNOTSUPP);
	assert_int_equal(request_parse(VFU_DEVICE_RESET, NULL, 0, 0), 0);
	assert_int_equal(request_parse(VFU_DEVICE_RESET, NULL, 0, 1), -EINVAL);
}

static void
request_version_text(void **state)
{
	static const uint16_t version[] = { VFU_MAJOR, VFU_MINOR };
	uint8_t payload[] = { 0, 0, 0, 0, '{', '}', 0 };

	(void)state;
	memcpy(payload, version, sizeof(version));
	assert_int_equal(PARSE(VFU_VERSION, payload, 0), 0);
	assert_int_equal(r.u.version.major, VFU_MAJOR);
	assert_int_equal(r.u.version.minor, VFU_MINOR);
	assert_int_equal(r.u.version.len, 3);
	assert_string_equal(r.u.version.text, "{}");
	assert_int_equal(request_parse(VFU_VERSION, payload, 4, 0), 0);
	assert_int_equal(r.u.version.len, 0);
}

static void
request_dma(void **state)
{
	struct vfu_dma_map m = { .argsz = 32, .flags = 3, .offset = 0x1000, .addr = 0x100000000,
		.size = 0x200000 };
	struct vfu_dma_unmap u = { .argsz = 24, .addr = 0x1000, .size = 0x1000 };

	(void)state;
	assert_int_equal(PARSE(VFU_DMA_MAP, m, 1), 0);
	assert_true(r.u.map.has_fd && r.u.map.readable && r.u.map.writable);
	assert_true(r.u.map.addr == m.addr && r.u.map.size == m.size);
	assert_true(r.u.map.offset == m.offset);
	m.flags = VFU_DMA_READABLE;
	assert_int_equal(PARSE(VFU_DMA_MAP, m, 0), 0);
	assert_false(r.u.map.has_fd || r.u.map.writable);
	m.flags = 4;
	assert_int_equal(PARSE(VFU_DMA_MAP, m, 1), -EINVAL);
	m.flags = 3;
	m.size = 0;
	assert_int_equal(PARSE(VFU_DMA_MAP, m, 1), -EINVAL);
	m.size = UINT64_MAX - m.addr + 1;	/* up to the last byte of all */
	assert_int_equal(PARSE(VFU_DMA_MAP, m, 1), 0);
	m.size++;
	assert_int_equal(PARSE(VFU_DMA_MAP, m, 1), -EINVAL);
	m.size = 0x1000;
	m.offset = UINT64_MAX - 0xffe;
	assert_int_equal(PARSE(VFU_DMA_MAP, m, 1), -EINVAL);

	assert_int_equal(PARSE(VFU_DMA_UNMAP, u, 0), 0);
	assert_false(r.u.unmap.all);
	assert_int_equal(r.u.unmap.addr, 0x1000);
	assert_int_equal(r.u.unmap.size, 0x1000);
	u.flags = VFU_UNMAP_ALL;
	assert_int_equal(PARSE(VFU_DMA_UNMAP, u, 0), -EINVAL);
	u.addr = u.size = 0;
	assert_int_equal(PARSE(VFU_DMA_UNMAP, u, 0), 0);
	assert_true(r.u.unmap.all);
	u.flags = 0;
	assert_int_equal(PARSE(VFU_DMA_UNMAP, u, 0), -EINVAL);
	u.size = 1;
	u.flags = VFU_UNMAP_DIRTY_BITMAP;
	assert_int_equal(PARSE(VFU_DMA_UNMAP, u, 0), -EINVAL);
	u.flags = 0;
	u.addr = UINT64_MAX;
	assert_int_equal(PARSE(VFU_DMA_UNMAP, u, 0), 0);
	u.size = 2;
	assert_int_equal(PARSE(VFU_DMA_UNMAP, u, 0), -EINVAL);
}

static void
request_infos(void **state)
{
	struct vfu_device_info d = { .argsz = 16 };
	struct vfu_region_info g = { .argsz = 32, .index = VFU_REGION_VGA };
	struct vfu_irq_info q = { .argsz = 16, .index = VFU_IRQ_REQ };

	(void)state;
	assert_int_equal(PARSE(VFU_DEVICE_GET_INFO, d, 0), 0);
	d.argsz = 15;
	assert_int_equal(PARSE(VFU_DEVICE_GET_INFO, d, 0), -EINVAL);
	assert_int_equal(PARSE(VFU_DEVICE_GET_REGION_INFO, g, 0), 0);
	assert_int_equal(r.u.index, VFU_REGION_VGA);
	g.index = VFU_NB_REGIONS;
	assert_int_equal(PARSE(VFU_DEVICE_GET_REGION_INFO, g, 0), -EINVAL);
	g.index = 0;
	g.argsz = 31;
	assert_int_equal(PARSE(VFU_DEVICE_GET_REGION_INFO, g, 0), -EINVAL);
	assert_int_equal(PARSE(VFU_DEVICE_GET_IRQ_INFO, q, 0), 0);
	assert_int_equal(r.u.index, VFU_IRQ_REQ);
	q.index = VFU_NB_IRQS;
	assert_int_equal(PARSE(VFU_DEVICE_GET_IRQ_INFO, q, 0), -EINVAL);
	q.index = 0;
	q.argsz = 0;
	assert_int_equal(PARSE(VFU_DEVICE_GET_IRQ_INFO, q, 0), -EINVAL);
}

static void
request_irq_changes(void **state)
{
	struct {
		struct vfu_irq_set s;
		uint8_t bools[3];
	} m = { .s = { .argsz = 20, .flags = VFU_IRQ_DATA_EVENTFD | VFU_IRQ_ACTION_TRIGGER,
		.index = VFU_IRQ_MSIX, .start = 1, .count = 2 }, .bools = { 1, 0, 1 } };
	uint32_t flags, taken = 0;

	(void)state;
	assert_int_equal(PARSE(VFU_DEVICE_SET_IRQS, m, 2), 0);
	assert_true(r.u.irqs.has_fds && r.u.irqs.bools == NULL);
	assert_int_equal(r.u.irqs.start, 1);
	assert_int_equal(r.u.irqs.count, 2);
	assert_int_equal(r.u.irqs.action, VFU_IRQ_ACTION_TRIGGER);
	/* Without descriptors they are taken back. */
	assert_int_equal(PARSE(VFU_DEVICE_SET_IRQS, m, 0), 0);
	assert_false(r.u.irqs.has_fds);
	assert_int_equal(PARSE(VFU_DEVICE_SET_IRQS, m, 1), -EINVAL);
	assert_int_equal(PARSE(VFU_DEVICE_SET_IRQS, m, 3), -EINVAL);
	m.s.flags = VFU_IRQ_DATA_NONE | VFU_IRQ_ACTION_TRIGGER;
	assert_int_equal(PARSE(VFU_DEVICE_SET_IRQS, m, 2), -EINVAL);
	m.s.start = m.s.count = 0;
	assert_int_equal(PARSE(VFU_DEVICE_SET_IRQS, m, 0), 0);
	m.s.flags = VFU_IRQ_DATA_BOOL | VFU_IRQ_ACTION_MASK;
	m.s.count = 3;
	assert_int_equal(request_parse(VFU_DEVICE_SET_IRQS, &m, 23, 0), 0);
	assert_memory_equal(r.u.irqs.bools, m.bools, 3);
	assert_int_equal(request_parse(VFU_DEVICE_SET_IRQS, &m, 22, 0), -EINVAL);
	m.s.count = UINT32_MAX;
	assert_int_equal(PARSE(VFU_DEVICE_SET_IRQS, m, 0), -EINVAL);
	m.s.flags = VFU_IRQ_DATA_NONE | VFU_IRQ_ACTION_TRIGGER;
	m.s.start = 1;
	assert_int_equal(PARSE(VFU_DEVICE_SET_IRQS, m, 0), -EINVAL);
	m.s.start = m.s.count = 0;
	m.s.index = VFU_NB_IRQS;
	assert_int_equal(PARSE(VFU_DEVICE_SET_IRQS, m, 0), -EINVAL);
	m.s.index = 0;
	/* Of all flags, three kinds of data with three actions. */
	for (flags = 0; flags < 256; flags++) {
		m.s.flags = flags;
		taken += PARSE(VFU_DEVICE_SET_IRQS, m, 0) == 0;
	}
	assert_int_equal(taken, 9);
}

static void
request_accesses(void **state)
{
	struct {
		struct vfu_region_access x;
		uint8_t data[8];
	} m = { .x = { .offset = 0x10, .region = VFU_REGION_CONFIG, .count = 4 },
		.data = { 1, 2, 3, 4 } };

	(void)state;
	assert_int_equal(request_parse(VFU_REGION_READ, &m, sizeof(m.x), 0), 0);
	assert_int_equal(r.u.access.offset, 0x10);
	assert_int_equal(r.u.access.region, VFU_REGION_CONFIG);
	assert_null(r.u.access.data);
	assert_int_equal(PARSE(VFU_REGION_WRITE, m, 0), 0);
	assert_memory_equal(r.u.access.data, m.data, 4);
	assert_int_equal(request_parse(VFU_REGION_WRITE, &m, sizeof(m.x) + 3, 0), -EINVAL);
	m.x.offset = UINT64_MAX - 4;
	assert_int_equal(PARSE(VFU_REGION_READ, m, 0), 0);
	m.x.offset++;
	assert_int_equal(PARSE(VFU_REGION_READ, m, 0), -EINVAL);
	m.x.offset = 0;
	m.x.count = VFU_MAX_DATA;
	assert_int_equal(PARSE(VFU_REGION_READ, m, 0), 0);
	m.x.count++;
	assert_int_equal(PARSE(VFU_REGION_READ, m, 0), -EINVAL);
	m.x.count = 1;
	m.x.region = VFU_NB_REGIONS;
	assert_int_equal(PARSE(VFU_REGION_READ, m, 0), -EINVAL);
}

/* The reply in the outbox, which is then empty. */
static const void *
request_reply(uint16_t command, size_t size)
{
	assert_int_equal(out.hdr.command, command);
	assert_int_equal(out.hdr.flags, VFU_TYPE_REPLY);
	assert_int_equal(out.hdr.size, sizeof(out.hdr) + size);
	out.len = 0;
	return out.payload;
}

static void
request_replies(void **state)
{
	const struct vfu_region_access x = { .offset = 8, .region = 2, .count = 4 };
	const struct vfu_device_info *d;
	const struct vfu_region_info *g;
	const struct vfu_irq_info *q;
	const uint8_t *b;

	(void)state;
	assert_int_equal(PARSE(VFU_REGION_READ, x, 0), 0);
	memcpy(vfu_reply_read(&out, &in.hdr, &r), "abcd", 4);
	b = request_reply(VFU_REGION_READ, 20);
	assert_memory_equal(b, &x, sizeof(x));
	assert_memory_equal(b + 16, "abcd", 4);
	in.hdr.command = VFU_REGION_WRITE;
	vfu_reply_echo(&out, &in);
	assert_memory_equal(request_reply(VFU_REGION_WRITE, 16), &x, sizeof(x));
	in.hdr.command = VFU_DMA_UNMAP;
	vfu_reply_echo(&out, &in);
	assert_memory_equal(request_reply(VFU_DMA_UNMAP, 24), &x, sizeof(x));
	vfu_reply_device_info(&out, &in.hdr, 3, 9, 5);
	d = request_reply(VFU_DMA_UNMAP, 16);
	assert_true(d->argsz == 16 && d->flags == 3 && d->nb_regions == 9 && d->nb_irqs == 5);
	vfu_reply_region_info(&out, &in.hdr, 4, 3, 0x4000);
	g = request_reply(VFU_DMA_UNMAP, 32);
	assert_true(g->argsz == 32 && g->flags == 3 && g->index == 4 && g->cap_offset == 0);
	assert_true(g->size == 0x4000 && g->offset == 0);
	vfu_reply_irq_info(&out, &in.hdr, 2, 9, 4);
	q = request_reply(VFU_DMA_UNMAP, 16);
	assert_true(q->argsz == 16 && q->flags == 9 && q->index == 2 && q->count == 4);
	vfu_reply_empty(&out, &in.hdr);
	(void)request_reply(VFU_DMA_UNMAP, 0);
	in.hdr.command = VFU_VERSION;
	vfu_reply_version(&out, &in.hdr, 0, "{}", 3);
	assert_memory_equal(request_reply(VFU_VERSION, 7), "\0\0\0\0{}", 7);
}

const struct CMUnitTest vfu_request_tests[] = {
	cmocka_unit_test(request_too_short), cmocka_unit_test(request_unknown),
	cmocka_unit_test(request_version_text), cmocka_unit_test(request_dma),
	cmocka_unit_test(request_infos), cmocka_unit_test(request_irq_changes),
	cmocka_unit_test(request_accesses), cmocka_unit_test(request_replies),
};
const size_t nb_vfu_request_tests = sizeof(vfu_request_tests) / sizeof(vfu_request_tests[0]);
