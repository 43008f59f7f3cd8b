/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Owns the translation of DPDK's memory segments into mappings, and the messages that make
 * and remove them.  Calls vdpa_sys and EAL's memory walk.
 *
 * Must not allocate: it runs within memory event callbacks.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include <rte_memory.h>

#include "device/vcrypto_log.h"
#include "transport/vhost_vdpa/vdpa_iotlb.h"
#include "transport/vhost_vdpa/vdpa_sys.h"

/* Pages up to this size are joined: EAL maps them once and for all. */
#define IOTLB_SMALL_PAGE	65536u	/* bytes */

struct iotlb_piece {
	uint64_t addr, len;	/* len 0: none */
	bool small;
};

struct iotlb_walk {
	struct vcrypto_vdpa_chr *c;
	enum vdpa_iotlb_type type;	/* UPDATE or INVALIDATE */
	bool check;		/* only look at the addresses */
	uint64_t from, to;	/* of the segments that are meant, inclusive */
	struct iotlb_piece piece;	/* not sent yet: the next segment may continue it */
	int rc;
};

/* ---- messages ---- */

/* Memory beyond the limit is the usual reason.  The kernel says EFAULT instead of its own reason,
 * whichever that is.
 */
static const char *
iotlb_remedy(enum vdpa_iotlb_type type, int rc)
{
	return type == VDPA_IOTLB_UPDATE && (rc == -ENOMEM || rc == -EFAULT) ?
		"; raise the limit of locked memory (ulimit -l)" : "";
}

static int
iotlb_send(struct vcrypto_vdpa_chr *c, enum vdpa_iotlb_type type, uint64_t addr, uint64_t len)
{
	struct vdpa_iotlb_msg m = {
		.type = VDPA_MSG_V2, .iotlb_type = (uint8_t)type, .iova = addr, .size = len,
	};
	int rc;

	if (type == VDPA_IOTLB_UPDATE) {
		m.uaddr = addr;
		m.perm = VDPA_ACCESS_RW;
	}
	rc = vcrypto_vdpa_sys_write(c->fd, &m, sizeof(m));
	if (rc == 0)
		return 0;
	if (rc == -ENODEV)
		return vcrypto_vdpa_chr_gone(c);
	VCRYPTO_ERR("%s: the device at path=%s does not %s 0x%" PRIx64 " bytes of memory at 0x%"
		PRIx64 ": %s%s", c->args->name, c->args->path,
		type == VDPA_IOTLB_UPDATE ? "map" : type == VDPA_IOTLB_INVALIDATE ? "unmap" :
		"take a batch for", len, addr, strerror(-rc),
		iotlb_remedy(type, rc));
	return rc;
}

static int
iotlb_begin(struct vcrypto_vdpa_chr *c)
{
	return (c->backend & VDPA_BACKEND_F_IOTLB_BATCH) == 0 ? 0 :
		iotlb_send(c, VDPA_IOTLB_BATCH_BEGIN, 0, 0);
}

/* Ends the batch also after an error rc, which it returns then. */
static int
iotlb_end(struct vcrypto_vdpa_chr *c, int rc)
{
	int end = (c->backend & VDPA_BACKEND_F_IOTLB_BATCH) == 0 ? 0 :
		iotlb_send(c, VDPA_IOTLB_BATCH_END, 0, 0);

	return rc != 0 ? rc : end;
}

/* ---- segments ---- */

static int
iotlb_check_range(const struct vcrypto_vdpa_chr *c, const struct iotlb_piece *p)
{
	if (p->addr >= c->range.first && p->addr + (p->len - 1) <= c->range.last)
		return 0;
	VCRYPTO_ERR("%s: DPDK's memory at 0x%" PRIx64 " is outside of what the device at path=%s "
		"can address, 0x%" PRIx64 " to 0x%" PRIx64 ": start the program with "
		"--base-virtaddr=ADDRESS in that range", c->args->name, p->addr, c->args->path,
		c->range.first, c->range.last);
	return -ERANGE;
}

/* Sends the piece that was collected, if there is one. */
static int
iotlb_flush(struct iotlb_walk *w)
{
	struct iotlb_piece p = w->piece;

	w->piece.len = 0;
	if (p.len == 0)
		return 0;
	w->rc = iotlb_check_range(w->c, &p);
	if (w->rc == 0 && !w->check)
		w->rc = iotlb_send(w->c, w->type, p.addr, p.len);
	return w->rc;
}

static int
iotlb_visit(const struct rte_memseg_list *msl, const struct rte_memseg *ms, void *arg)
{
	struct iotlb_walk *w = arg;
	uint64_t addr = (uintptr_t)ms->addr;
	bool small = ms->len <= IOTLB_SMALL_PAGE;

	if (msl->external || addr < w->from || addr > w->to)
		return 0;
	if (w->piece.len != 0 && w->piece.small && small &&
			w->piece.addr + w->piece.len == addr) {
		w->piece.len += ms->len;
		return 0;
	}
	if (iotlb_flush(w) != 0)
		return -1;
	w->piece = (struct iotlb_piece){ .addr = addr, .len = ms->len, .small = small };
	return 0;
}

static int
iotlb_walk(struct iotlb_walk *w)
{
	if (rte_memseg_walk_thread_unsafe(iotlb_visit, w) != 0)
		return w->rc;
	return iotlb_flush(w);
}

/* ---- what the transport asks for ---- */

int
vcrypto_vdpa_iotlb_check(struct vcrypto_vdpa_chr *c)
{
	struct iotlb_walk w = { .c = c, .to = UINT64_MAX, .check = true };

	return iotlb_walk(&w);
}

/* The whole range that can be mapped; its length as a number of bytes may not fit. */
static int
iotlb_send_revoke(struct vcrypto_vdpa_chr *c)
{
	uint64_t len = c->range.last - c->range.first;

	return iotlb_send(c, VDPA_IOTLB_INVALIDATE, c->range.first,
		len == UINT64_MAX ? len : len + 1);
}

int
vcrypto_vdpa_iotlb_map_all(struct vcrypto_vdpa_chr *c)
{
	struct iotlb_walk w = { .c = c, .type = VDPA_IOTLB_UPDATE, .to = UINT64_MAX };
	int rc = iotlb_begin(c);

	if (rc != 0)
		return rc;
	rc = iotlb_send_revoke(c);
	if (rc == 0)
		rc = iotlb_walk(&w);
	return iotlb_end(c, rc);
}

static int
iotlb_change(struct vcrypto_vdpa_chr *c, enum vdpa_iotlb_type type, const void *addr, size_t len)
{
	struct iotlb_walk w = {
		.c = c, .type = type, .from = (uintptr_t)addr, .to = (uintptr_t)addr + (len - 1),
	};
	int rc = iotlb_begin(c);

	if (rc != 0)
		return rc;
	return iotlb_end(c, iotlb_walk(&w));
}

int
vcrypto_vdpa_iotlb_add(struct vcrypto_vdpa_chr *c, const void *addr, size_t len)
{
	return iotlb_change(c, VDPA_IOTLB_UPDATE, addr, len);
}

int
vcrypto_vdpa_iotlb_remove(struct vcrypto_vdpa_chr *c, const void *addr, size_t len)
{
	return iotlb_change(c, VDPA_IOTLB_INVALIDATE, addr, len);
}

int
vcrypto_vdpa_iotlb_revoke(struct vcrypto_vdpa_chr *c)
{
	int rc = iotlb_begin(c);

	if (rc != 0)
		return rc;
	return iotlb_end(c, iotlb_send_revoke(c));
}
