/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Commands and replies; see vfu_request.h.
 */
#include <errno.h>
#include <string.h>

#include "../wire/attributes.h"
#include "vfu_request.h"

static int
request_refuse(const char **why, const char *text)
{
	*why = text;
	return -EINVAL;
}

/* ---- one command each; the payload has the bytes that request_kinds names ---- */

static int
request_version(struct vfu_request *r, const struct vfu_inbox *in, const char **why)
{
	struct vfu_version v;

	(void)why;
	memcpy(&v, in->payload, sizeof(v));
	r->u.version.major = v.major;
	r->u.version.minor = v.minor;
	r->u.version.text = (const char *)in->payload + sizeof(v);
	r->u.version.len = vfu_inbox_len(in) - sizeof(v);
	return 0;
}

static int
request_map(struct vfu_request *r, const struct vfu_inbox *in, const char **why)
{
	struct vfu_dma_map m;

	memcpy(&m, in->payload, sizeof(m));
	if ((m.flags & ~(VFU_DMA_READABLE | VFU_DMA_WRITABLE)) != 0)
		return request_refuse(why, "it has unknown flags");
	if (m.size == 0 || m.addr + (m.size - 1) < m.addr)
		return request_refuse(why, "its addresses are none or wrap");
	if (m.offset + (m.size - 1) < m.offset)
		return request_refuse(why, "its place in the file wraps");
	r->u.map = (struct vfu_dma_range){
		.addr = m.addr, .size = m.size, .offset = m.offset, .has_fd = in->nb_fds == 1,
		.readable = (m.flags & VFU_DMA_READABLE) != 0,
		.writable = (m.flags & VFU_DMA_WRITABLE) != 0,
	};
	return 0;
}

static int
request_unmap(struct vfu_request *r, const struct vfu_inbox *in, const char **why)
{
	struct vfu_dma_unmap u;

	memcpy(&u, in->payload, sizeof(u));
	if ((u.flags & ~VFU_UNMAP_ALL) != 0)
		return request_refuse(why, "it has flags of migration or unknown ones");
	r->u.unmap.all = (u.flags & VFU_UNMAP_ALL) != 0;
	if (r->u.unmap.all ? u.addr != 0 || u.size != 0 :
			u.size == 0 || u.addr + (u.size - 1) < u.addr)
		return request_refuse(why, "its addresses are none or wrap");
	r->u.unmap.addr = u.addr;
	r->u.unmap.size = u.size;
	return 0;
}

static int
request_region_info(struct vfu_request *r, const struct vfu_inbox *in, const char **why)
{
	struct vfu_region_info i;

	memcpy(&i, in->payload, sizeof(i));
	r->u.index = i.index;
	return i.index < VFU_NB_REGIONS ? 0 : request_refuse(why, "there is no such region");
}

static int
request_irq_info(struct vfu_request *r, const struct vfu_inbox *in, const char **why)
{
	struct vfu_irq_info i;

	memcpy(&i, in->payload, sizeof(i));
	r->u.index = i.index;
	return i.index < VFU_NB_IRQS ? 0 : request_refuse(why, "there are no such interrupts");
}

static bool
request_is_one_bit(uint32_t v)
{
	return v != 0 && (v & (v - 1)) == 0;
}

static int
request_irqs(struct vfu_request *r, const struct vfu_inbox *in, const char **why)
{
	struct vfu_irq_change *c = &r->u.irqs;
	struct vfu_irq_set s;

	memcpy(&s, in->payload, sizeof(s));
	*c = (struct vfu_irq_change){
		.index = s.index, .start = s.start, .count = s.count,
		.action = s.flags & VFU_IRQ_ACTIONS, .data = s.flags & VFU_IRQ_DATA_MASK,
		.has_fds = in->nb_fds != 0,
	};
	if (!request_is_one_bit(c->action) || !request_is_one_bit(c->data) ||
			(c->action | c->data) != s.flags)
		return request_refuse(why, "it has not one action and one kind of data");
	if (s.index >= VFU_NB_IRQS)
		return request_refuse(why, "there are no such interrupts");
	if (s.start + s.count < s.start)
		return request_refuse(why, "its interrupts wrap");
	if (in->nb_fds != 0 && (c->data != VFU_IRQ_DATA_EVENTFD || in->nb_fds != s.count))
		return request_refuse(why, "interrupts and descriptors do not agree");
	if (c->data != VFU_IRQ_DATA_BOOL)
		return 0;
	if (s.count > vfu_inbox_len(in) - sizeof(s))
		return request_refuse(why, "it is too short");
	c->bools = in->payload + sizeof(s);
	return 0;
}

static int
request_access(struct vfu_request *r, const struct vfu_inbox *in, const char **why)
{
	struct vfu_access *a = &r->u.access;
	struct vfu_region_access x;

	memcpy(&x, in->payload, sizeof(x));
	*a = (struct vfu_access){ .region = x.region, .offset = x.offset, .count = x.count };
	if (x.region >= VFU_NB_REGIONS)
		return request_refuse(why, "there is no such region");
	if (x.count > VFU_MAX_DATA || x.offset + x.count < x.offset)
		return request_refuse(why, "it is of too many bytes, or wraps");
	if (r->command == VFU_REGION_READ)
		return 0;
	if (vfu_inbox_len(in) - sizeof(x) < x.count)
		return request_refuse(why, "it is too short");
	a->data = in->payload + sizeof(x);
	return 0;
}

/* There is no more to know than the command. */
static int
request_plain(struct vfu_request *r, const struct vfu_inbox *in, const char **why)
{
	(void)r;
	(void)in;
	(void)why;
	return 0;
}

/* ---- which is which ---- */

static const struct request_kind {
	int (*parse)(struct vfu_request *r, const struct vfu_inbox *in, const char **why);
	uint32_t size;			/* bytes of payload at least */
	unsigned int fds;		/* descriptors at most */
	bool info;			/* argsz comes first: room for a payload like this one */
} request_kinds[] = {
	[VFU_VERSION] = { request_version, sizeof(struct vfu_version), 0 },
	[VFU_DMA_MAP] = { request_map, sizeof(struct vfu_dma_map), 1 },
	[VFU_DMA_UNMAP] = { request_unmap, sizeof(struct vfu_dma_unmap), 0 },
	[VFU_DEVICE_GET_INFO] = { request_plain, sizeof(struct vfu_device_info), 0, true },
	[VFU_DEVICE_GET_REGION_INFO] = { request_region_info, sizeof(struct vfu_region_info), 0,
		true },
	[VFU_DEVICE_GET_IRQ_INFO] = { request_irq_info, sizeof(struct vfu_irq_info), 0, true },
	[VFU_DEVICE_SET_IRQS] = { request_irqs, sizeof(struct vfu_irq_set), VFU_MAX_FDS },
	[VFU_REGION_READ] = { request_access, sizeof(struct vfu_region_access), 0 },
	[VFU_REGION_WRITE] = { request_access, sizeof(struct vfu_region_access), 0 },
	[VFU_DEVICE_RESET] = { request_plain, 0, 0 },
};

static uint32_t
request_argsz(const struct vfu_inbox *in)
{
	uint32_t argsz;

	memcpy(&argsz, in->payload, sizeof(argsz));
	return argsz;
}

int
vfu_request_parse(struct vfu_request *r, const struct vfu_inbox *in, const char **why)
{
	const struct request_kind *k = &request_kinds[0];
	uint32_t command = in->hdr.command;

	memset(r, 0, sizeof(*r));
	if (command < WIRE_COUNT(request_kinds))
		k = &request_kinds[command];
	if (k->parse == NULL) {
		*why = "there is no such command";
		return -EOPNOTSUPP;
	}
	r->command = (enum vfu_command)command;
	if (vfu_inbox_len(in) < k->size)
		return request_refuse(why, "it is too short");
	if (in->nb_fds > k->fds)
		return request_refuse(why, "it comes with too many descriptors");
	if (k->info && request_argsz(in) < k->size)
		return request_refuse(why, "argsz has no room for the reply");
	return k->parse(r, in, why);
}

/* ---- replies ---- */

void
vfu_reply_empty(struct vfu_outbox *out, const struct vfu_header *hdr)
{
	(void)vfu_outbox_reply(out, hdr, 0);
}

void
vfu_reply_echo(struct vfu_outbox *out, const struct vfu_inbox *in)
{
	uint32_t size = in->hdr.command == VFU_DMA_UNMAP ?
		(uint32_t)sizeof(struct vfu_dma_unmap) : (uint32_t)sizeof(struct vfu_region_access);

	memcpy(vfu_outbox_reply(out, &in->hdr, size), in->payload, size);
}

void
vfu_reply_version(struct vfu_outbox *out, const struct vfu_header *hdr, uint16_t minor,
		const char *text, size_t len)
{
	const struct vfu_version v = { .major = VFU_MAJOR, .minor = minor };
	uint8_t *to = vfu_outbox_reply(out, hdr, (uint32_t)(sizeof(v) + len));

	memcpy(to, &v, sizeof(v));
	memcpy(to + sizeof(v), text, len);
}

void
vfu_reply_device_info(struct vfu_outbox *out, const struct vfu_header *hdr, uint32_t flags,
		uint32_t nb_regions, uint32_t nb_irqs)
{
	const struct vfu_device_info i = {
		.argsz = sizeof(i), .flags = flags, .nb_regions = nb_regions, .nb_irqs = nb_irqs,
	};

	memcpy(vfu_outbox_reply(out, hdr, sizeof(i)), &i, sizeof(i));
}

void
vfu_reply_irq_info(struct vfu_outbox *out, const struct vfu_header *hdr, uint32_t index,
		uint32_t flags, uint32_t count)
{
	const struct vfu_irq_info i = {
		.argsz = sizeof(i), .flags = flags, .index = index, .count = count,
	};

	memcpy(vfu_outbox_reply(out, hdr, sizeof(i)), &i, sizeof(i));
}

void
vfu_reply_region_info(struct vfu_outbox *out, const struct vfu_header *hdr, uint32_t index,
		uint32_t flags, uint64_t size)
{
	const struct vfu_region_info i = {
		.argsz = sizeof(i), .flags = flags, .index = index, .size = size,
	};

	memcpy(vfu_outbox_reply(out, hdr, sizeof(i)), &i, sizeof(i));
}

uint8_t *
vfu_reply_read(struct vfu_outbox *out, const struct vfu_header *hdr, const struct vfu_request *r)
{
	const struct vfu_region_access x = {
		.offset = r->u.access.offset, .region = r->u.access.region,
		.count = r->u.access.count,
	};
	uint8_t *to = vfu_outbox_reply(out, hdr, (uint32_t)sizeof(x) + x.count);

	memcpy(to, &x, sizeof(x));
	return to + sizeof(x);
}
