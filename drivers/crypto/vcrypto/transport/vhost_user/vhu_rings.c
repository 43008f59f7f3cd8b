/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Owns the order of the messages about vrings, each ring's state, and the event
 * descriptors.  Calls vhu_link.  Must not read or write ring memory.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "device/vcrypto_log.h"
#include "transport/vhost_user/vhu_rings.h"

int
vcrypto_vhu_rings_init(struct vcrypto_vhu_rings *rs, struct vcrypto_vhu_link *link,
		struct vcrypto_vhu_ring *ring, uint16_t nb)
{
	uint16_t i;
	int rc;

	*rs = (struct vcrypto_vhu_rings){ .link = link };
	rc = vcrypto_notify_open(&rs->call_fd, link->args->name);
	if (rc != 0)
		return rc;
	for (i = 0; i < nb; i++)
		ring[i] = (struct vcrypto_vhu_ring){ .kick_fd = -1 };
	rs->ring = ring;
	rs->nb = nb;
	return 0;
}

void
vcrypto_vhu_rings_fini(struct vcrypto_vhu_rings *rs)
{
	uint16_t i;

	if (rs->ring == NULL)
		return;
	for (i = 0; i < rs->nb; i++)
		if (rs->ring[i].kick_fd >= 0)
			close(rs->ring[i].kick_fd);
	close(rs->call_fd);
	memset(rs, 0, sizeof(*rs));
}

int
vcrypto_vhu_rings_set(struct vcrypto_vhu_rings *rs, const struct vcrypto_queue_desc *q,
		uint16_t vring)
{
	struct vcrypto_vhu_ring *r = &rs->ring[q->index];
	int rc = 0;

	if (r->state != VCRYPTO_VHU_RING_NONE) {
		VCRYPTO_ERR("%s: queue %u is enabled already; reset the device first",
			rs->link->args->name, q->index);
		return -EBUSY;
	}
	if (r->kick_fd < 0)
		rc = vcrypto_notify_open(&r->kick_fd, rs->link->args->name);
	if (rc != 0)
		return rc;
	r->vring = vring;
	r->desc = *q;
	r->state = VCRYPTO_VHU_RING_SET;
	return 0;
}

/* ---- single messages ---- */

static int
rings_send_fd(struct vcrypto_vhu_rings *rs, uint32_t request, uint16_t vring, int fd)
{
	uint64_t arg = vring;
	struct vhu_out out = {
		.request = request, .payload = &arg, .size = sizeof(arg), .fds = &fd, .nb_fds = 1,
	};

	return vcrypto_vhu_link_command(rs->link, &out);
}

static int
rings_send_num(struct vcrypto_vhu_rings *rs, uint32_t request, const struct vcrypto_vhu_ring *r,
		uint32_t num)
{
	return vcrypto_vhu_link_set_vring(rs->link, request, r->vring, num);
}

static int
rings_send_addr(struct vcrypto_vhu_rings *rs, const struct vcrypto_vhu_ring *r)
{
	struct vhu_vring_addr a = {
		.index = r->vring, .desc = r->desc.desc, .avail = r->desc.driver,
		.used = r->desc.device,
	};
	struct vhu_out out = {
		.request = VHU_SET_VRING_ADDR, .payload = &a, .size = sizeof(a),
	};

	return vcrypto_vhu_link_command(rs->link, &out);
}

/* The first index of a new ring; both wrap counters of a packed one are 1 (2.8.1). */
static uint32_t
rings_first_index(const struct vcrypto_queue_desc *q)
{
	return q->packed ? VHU_BASE_PACKED_AVAIL_WRAP | VHU_BASE_PACKED_USED_WRAP : 0;
}

static int
rings_announce_one(struct vcrypto_vhu_rings *rs, struct vcrypto_vhu_ring *r)
{
	int rc = rings_send_num(rs, VHU_SET_VRING_NUM, r, r->desc.size);

	if (rc == 0)
		rc = rings_send_num(rs, VHU_SET_VRING_BASE, r, rings_first_index(&r->desc));
	if (rc == 0)
		rc = rings_send_addr(rs, r);
	if (rc != 0)
		return rc;
	vcrypto_notify_clear(r->kick_fd);
	/* The back end may use the ring after this message, even if its answer is lost. */
	r->state = VCRYPTO_VHU_RING_ANNOUNCED;
	return rings_send_fd(rs, VHU_SET_VRING_KICK, r->vring, r->kick_fd);
}

static int
rings_enable_one(struct vcrypto_vhu_rings *rs, struct vcrypto_vhu_ring *r, bool on)
{
	int rc = rings_send_num(rs, VHU_SET_VRING_ENABLE, r, on);

	if (rc == 0)
		r->state = on ? VCRYPTO_VHU_RING_ENABLED : VCRYPTO_VHU_RING_ANNOUNCED;
	return rc;
}

/* GET_VRING_BASE stops a ring; its answer confirms that. */
static int
rings_stop_vring(struct vcrypto_vhu_rings *rs, struct vcrypto_vhu_ring *r)
{
	struct vhu_vring_state s = { .index = r->vring }, back;
	struct vhu_out out = {
		.request = VHU_GET_VRING_BASE, .payload = &s, .size = sizeof(s),
	};
	int rc = vcrypto_vhu_link_call(rs->link, &out, &back, sizeof(back));

	if (rc == 0 && back.index != r->vring) {
		VCRYPTO_ERR("%s: the back end was asked to stop vring %u and answers for %" PRIu32,
			rs->link->args->name, r->vring, back.index);
		return -EPROTO;
	}
	if (rc == 0)
		r->state = VCRYPTO_VHU_RING_NONE;
	return rc;
}

/* ---- all rings ---- */

int
vcrypto_vhu_rings_announce(struct vcrypto_vhu_rings *rs)
{
	uint16_t i;
	int rc = 0;

	for (i = 0; i < rs->nb && rc == 0; i++)
		if (rs->ring[i].state == VCRYPTO_VHU_RING_SET)
			rc = rings_send_fd(rs, VHU_SET_VRING_CALL, rs->ring[i].vring, rs->call_fd);
	for (i = 0; i < rs->nb && rc == 0; i++)
		if (rs->ring[i].state == VCRYPTO_VHU_RING_SET)
			rc = rings_announce_one(rs, &rs->ring[i]);
	for (i = 0; i < rs->nb && rc == 0; i++)
		if (rs->ring[i].state == VCRYPTO_VHU_RING_ANNOUNCED)
			rc = rings_enable_one(rs, &rs->ring[i], true);
	return rc;
}

int
vcrypto_vhu_rings_pause(struct vcrypto_vhu_rings *rs)
{
	uint16_t i;
	int rc = 0;

	for (i = 0; i < rs->nb && rc == 0; i++)
		if (rs->ring[i].state == VCRYPTO_VHU_RING_ENABLED)
			rc = rings_enable_one(rs, &rs->ring[i], false);
	return rc;
}

int
vcrypto_vhu_rings_resume(struct vcrypto_vhu_rings *rs)
{
	struct vcrypto_notify n = { .how = VCRYPTO_NOTIFY_EVENT };
	uint16_t i;
	int rc = 0;

	for (i = 0; i < rs->nb && rc == 0; i++) {
		if (rs->ring[i].state != VCRYPTO_VHU_RING_ANNOUNCED)
			continue;
		rc = rings_enable_one(rs, &rs->ring[i], true);
		n.fd = rs->ring[i].kick_fd;
		/* The back end may have consumed a kick while the ring was disabled. */
		if (rc == 0)
			vcrypto_notify(&n, 0);
	}
	return rc;
}

static bool
rings_is_announced(const struct vcrypto_vhu_ring *r)
{
	return r->state >= VCRYPTO_VHU_RING_ANNOUNCED;
}

int
vcrypto_vhu_rings_stop_one(struct vcrypto_vhu_rings *rs, uint16_t index)
{
	struct vcrypto_vhu_ring *r = &rs->ring[index];
	int rc = 0;

	if (r->state == VCRYPTO_VHU_RING_ENABLED)
		rc = rings_enable_one(rs, r, false);
	if (rc == 0 && rings_is_announced(r))
		rc = rings_stop_vring(rs, r);
	if (rc == 0)
		r->state = VCRYPTO_VHU_RING_NONE;
	return rc;
}

int
vcrypto_vhu_rings_stop(struct vcrypto_vhu_rings *rs)
{
	int rc = vcrypto_vhu_rings_pause(rs);
	uint16_t i;

	for (i = 0; i < rs->nb && rc == 0; i++)
		rc = vcrypto_vhu_rings_stop_one(rs, i);
	return rc;
}

void
vcrypto_vhu_rings_forget(struct vcrypto_vhu_rings *rs)
{
	uint16_t i;

	for (i = 0; i < rs->nb; i++)
		rs->ring[i].state = VCRYPTO_VHU_RING_NONE;
}

bool
vcrypto_vhu_rings_any(const struct vcrypto_vhu_rings *rs)
{
	uint16_t i;

	for (i = 0; i < rs->nb; i++)
		if (rings_is_announced(&rs->ring[i]))
			return true;
	return false;
}
