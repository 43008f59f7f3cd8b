/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Owns the order of the requests about vrings, each ring's state, the event descriptors and
 * the pages for notifications.  Calls vdpa_chr and vdpa_sys.  Must not read or write ring
 * memory.
 *
 * A ring is never disabled: the kernel's driver of a virtio function would write 0 to
 * queue_enable, which the standard forbids (4.1.4.3.2).  A reset ends all rings.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "device/vcrypto_log.h"
#include "transport/vhost_vdpa/vdpa_rings.h"
#include "transport/vhost_vdpa/vdpa_sys.h"

/* ---- descriptors and pages ---- */

static void
rings_unmap(struct vcrypto_vdpa_rings *rs)
{
	uint16_t i;

	for (i = 0; i < rs->nb; i++) {
		if (rs->ring[i].area != NULL)
			vcrypto_vdpa_sys_unmap(rs->ring[i].area, rs->page);
		rs->ring[i].area = NULL;
	}
}

/* All or none: whether NOTIFICATION_DATA can be carried is a property of the device. */
static bool
rings_map(struct vcrypto_vdpa_rings *rs)
{
	struct vcrypto_vdpa_ring *r;
	uint16_t i;

	for (i = 0; i < rs->nb; i++) {
		r = &rs->ring[i];
		r->area = vcrypto_vdpa_sys_map(rs->chr->fd, rs->page,
				(uint64_t)r->vring * rs->page);
		if (r->area == NULL) {
			rings_unmap(rs);
			return false;
		}
	}
	return true;
}

int
vcrypto_vdpa_rings_init(struct vcrypto_vdpa_rings *rs, struct vcrypto_vdpa_chr *chr,
		struct vcrypto_vdpa_ring *ring, uint16_t nb)
{
	uint16_t i;
	int rc = 0;

	*rs = (struct vcrypto_vdpa_rings){
		.chr = chr, .nb = nb, .ring = ring,
		.page = (size_t)sysconf(_SC_PAGESIZE),
	};
	for (i = 0; i < nb; i++)
		ring[i] = (struct vcrypto_vdpa_ring){
			.kick_fd = -1, .vring = i + 1 < nb ? i : chr->ctrl_vring,
		};
	for (i = 0; i < nb && rc == 0; i++)
		rc = vcrypto_notify_open(&ring[i].kick_fd, chr->args->name);
	if (rc == 0)
		rs->areas = chr->args->notify_area && rings_map(rs);
	return rc;
}

void
vcrypto_vdpa_rings_fini(struct vcrypto_vdpa_rings *rs)
{
	uint16_t i;

	if (rs->ring == NULL)
		return;
	rings_unmap(rs);
	for (i = 0; i < rs->nb; i++)
		if (rs->ring[i].kick_fd >= 0)
			close(rs->ring[i].kick_fd);
	memset(rs, 0, sizeof(*rs));
}

/* ---- single requests ---- */

int
vcrypto_vdpa_rings_set(struct vcrypto_vdpa_rings *rs, const struct vcrypto_queue_desc *q)
{
	struct vcrypto_vdpa_ring *r = &rs->ring[q->index];

	if (r->set) {
		VCRYPTO_ERR("%s: queue %u is enabled already; reset the device first",
			rs->chr->args->name, q->index);
		return -EBUSY;
	}
	r->desc = *q;
	r->set = true;
	return 0;
}

/* All memory is mapped in address space 0: each group of vrings must use that one. */
static int
rings_choose_space(struct vcrypto_vdpa_chr *c, uint16_t vring)
{
	struct vdpa_vring_state s = { .index = vring };
	int rc;

	if (c->nb_spaces == 1)
		return 0;
	rc = vcrypto_vdpa_chr_ioctl(c, VDPA_GET_VRING_GROUP, &s, "to say a virtqueue's group");
	if (rc == 0 && s.num >= c->nb_groups) {
		VCRYPTO_ERR("%s: the device at path=%s has %" PRIu32 " groups of virtqueues, and "
			"vring %u in group %" PRIu32 ": it is faulty and not used", c->args->name,
			c->args->path, c->nb_groups, vring, s.num);
		return -EPROTO;
	}
	return rc != 0 ? rc : vcrypto_vdpa_chr_vring(c, VDPA_SET_GROUP_ASID, s.num, 0,
			"address space 0 for a group of virtqueues");
}

static int
rings_set_event(struct vcrypto_vdpa_chr *c, unsigned long request, uint16_t vring, int fd)
{
	struct vdpa_vring_file f = { .index = vring, .fd = fd };

	return vcrypto_vdpa_chr_ioctl(c, request, &f, "an event descriptor of a virtqueue");
}

static int
rings_set_addr(struct vcrypto_vdpa_chr *c, const struct vcrypto_vdpa_ring *r)
{
	struct vdpa_vring_addr a = {
		.index = r->vring, .desc = r->desc.desc, .avail = r->desc.driver,
		.used = r->desc.device,
	};

	return vcrypto_vdpa_chr_ioctl(c, VDPA_SET_VRING_ADDR, &a, "the addresses of a virtqueue");
}

/* The driver polls: no ring has a call descriptor, and none is left from the process that had
 * the device before.
 */
static int
rings_announce_one(struct vcrypto_vdpa_chr *c, const struct vcrypto_vdpa_ring *r)
{
	int rc = rings_choose_space(c, r->vring);

	if (rc == 0)
		rc = rings_set_event(c, VDPA_SET_VRING_CALL, r->vring, VDPA_NO_FD);
	if (rc == 0)
		rc = vcrypto_vdpa_chr_vring(c, VDPA_SET_VRING_NUM, r->vring, r->desc.size,
				"the size of a virtqueue");
	if (rc == 0)
		rc = vcrypto_vdpa_chr_vring(c, VDPA_SET_VRING_BASE, r->vring,
				r->desc.packed ? VDPA_BASE_PACKED_FRESH : 0,
				r->desc.packed ? "a packed virtqueue's first index (kernels before "
				"6.4 know split ones only: packed_vq=0)" :
				"a virtqueue's first index");
	if (rc == 0)
		rc = rings_set_addr(c, r);
	if (rc != 0)
		return rc;
	vcrypto_notify_clear(r->kick_fd);
	return rings_set_event(c, VDPA_SET_VRING_KICK, r->vring, r->kick_fd);
}

/* ---- all rings ---- */

int
vcrypto_vdpa_rings_announce(struct vcrypto_vdpa_rings *rs)
{
	uint16_t i;
	int rc = 0;

	for (i = 0; i < rs->nb && rc == 0; i++)
		if (rs->ring[i].set)
			rc = rings_announce_one(rs->chr, &rs->ring[i]);
	for (i = 0; i < rs->nb && rc == 0; i++)
		if (rs->ring[i].set)
			rc = vcrypto_vdpa_chr_vring(rs->chr, VDPA_SET_VRING_ENABLE,
					rs->ring[i].vring, 1, "to enable a virtqueue");
	return rc;
}

void
vcrypto_vdpa_rings_forget(struct vcrypto_vdpa_rings *rs)
{
	uint16_t i;

	for (i = 0; i < rs->nb; i++)
		rs->ring[i].set = false;
}

void
vcrypto_vdpa_rings_notify(const struct vcrypto_vdpa_rings *rs, uint16_t index, bool with_data,
		struct vcrypto_notify *n)
{
	const struct vcrypto_vdpa_ring *r = &rs->ring[index];

	*n = (struct vcrypto_notify){ .reg = r->area, .fd = r->kick_fd, .value = r->vring };
	if (!r->set)
		return;
	if (!rs->areas)
		n->how = VCRYPTO_NOTIFY_EVENT;
	else
		n->how = with_data ? VCRYPTO_NOTIFY_REG32 : VCRYPTO_NOTIFY_REG16;
}
