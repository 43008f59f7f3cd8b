/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Owns the device's objects of security associations: their ids, and the commands that create
 * and destroy them.
 *
 * May call vcrypto_ipsec_id.c, vcrypto_adminq.c and lib/request.  Must not keep keys, and must
 * not use an id again before the device has said that no object has it.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "device/vcrypto_log.h"
#include "session/vcrypto_adminq.h"
#include "session/vcrypto_ipsec_id.h"
#include "session/vcrypto_ipsec_sa.h"
#include "session/vcrypto_refusal.h"

/* A command for one object, and what became of it. */
struct sa_talk {
	struct req_admin c;
	struct req_admin_result r;
	uint64_t cookie;	/* of the generation that the object belongs to */
	bool inbound;
	bool has_id;		/* one was free, and commands can be sent */
	bool live;		/* the device was, when an id was asked for */
	uint32_t nb_lost;	/* ids of this direction, then */
	uint8_t answer[REQ_ADMIN_RESULT_ROOM(0)];
};

/* What the device's object is written from. */
struct sa_source {
	const struct req_ipsec_sa *req;
	unsigned int dialect;
};

static int
sa_write(uint8_t *at, size_t len, const void *arg)
{
	const struct sa_source *from = arg;
	int rc = req_ipsec_sa_build(at, len, from->req, from->dialect);

	return rc < 0 ? rc : 0;
}

/* ---- ids ---- */

static int
sa_take_id(struct vcrypto_dev *dev, struct sa_talk *k)
{
	int rc = -EAGAIN;

	rte_spinlock_lock(&dev->ctrlq.lock);
	k->live = dev->live;
	k->nb_lost = dev->ipsec_ids[k->inbound].nb_lost;
	if (dev->ipsec.ready) {
		k->cookie = vcrypto_cookie(dev);
		rc = vcrypto_ipsec_ids_take(&dev->ipsec_ids[k->inbound], &k->c.obj_id);
	}
	rte_spinlock_unlock(&dev->ctrlq.lock);
	return rc;
}

/* Nobody uses the id any more; lost: but for the device, perhaps.  A reset since it was taken
 * has freed all ids.
 */
static void
sa_leave_id(struct vcrypto_dev *dev, const struct sa_talk *k, bool lost)
{
	struct vcrypto_ipsec_ids *ids = &dev->ipsec_ids[k->inbound];

	rte_spinlock_lock(&dev->ctrlq.lock);
	if (k->cookie == vcrypto_cookie(dev)) {
		if (lost)
			vcrypto_ipsec_ids_lose(ids, k->c.obj_id);
		else
			vcrypto_ipsec_ids_free(ids, k->c.obj_id);
	}
	rte_spinlock_unlock(&dev->ctrlq.lock);
}

/* ---- creation ---- */

static void
sa_log_no_id(const struct vcrypto_dev *dev, const struct sa_talk *k, int rc)
{
	const struct req_ipsec_limits *l = &dev->ipsec.limits;
	const char *lost = vcrypto_lost_text(dev);

	if (rc == -ENOSPC)
		VCRYPTO_ERR("%s: all %" PRIu32 " %s security associations of the device are in "
			"use, %" PRIu32 " of them lost until its next reset: destroy some",
			dev->name, k->inbound ? l->inbound : l->outbound,
			k->inbound ? "inbound" : "outbound", k->nb_lost);
	else if (lost[0] != 0)
		VCRYPTO_ERR("%s: no IPsec session: %s; %s", dev->name, lost,
			vcrypto_recovers(dev) ? "try again when recovery has brought it back" :
			"stop and start it first");
	else if (!k->live)
		VCRYPTO_ERR("%s: start the device before creating sessions", dev->name);
	else
		VCRYPTO_ERR("%s: the device and the driver did not agree on IPSEC at the last "
			"start: see what was logged then", dev->name);
}

static const char *
sa_advice(uint16_t status)
{
	switch (status) {
	case VIRTIO_ADMIN_STATUS_ENOSPC:
	case VIRTIO_ADMIN_STATUS_ENOMEM:
	case VIRTIO_ADMIN_STATUS_EAGAIN:
		return "it has no room for now: destroy some, or try again";
	case VIRTIO_ADMIN_STATUS_EEXIST:
		return "it has an object that the driver did not create: reset it";
	default:
		return "its SPI may be in use; the device's log says more";
	}
}

/* The object may exist: the device did not answer, or says that there is one of this id. */
static bool
sa_may_exist(const struct sa_talk *k, int rc)
{
	if (k->r.status.status != VIRTIO_ADMIN_STATUS_OK)
		return k->r.status.status == VIRTIO_ADMIN_STATUS_EEXIST;
	return rc == -ETIMEDOUT || rc == -EIO || rc == -EBADMSG || rc == -ENODEV;
}

/* A time-out is logged already. */
static void
sa_log_failure(struct vcrypto_dev *dev, const struct sa_talk *k, int rc)
{
	unsigned int unsaid;

	if (rc == -ETIMEDOUT || !vcrypto_refusal_is_due(&dev->ctrlq, &unsaid))
		return;
	if (k->r.status.status != VIRTIO_ADMIN_STATUS_OK)
		VCRYPTO_WARN("%s: the device refused a security association with %s, %s: %s (%u "
			"more refused since the last such line)", dev->name,
			req_admin_status_name(k->r.status.status),
			req_admin_qualifier_name(k->r.status.qualifier),
			sa_advice(k->r.status.status), unsaid);
	else
		VCRYPTO_ERR("%s: the command %s failed: %s (%u more refused since the last such "
			"line)", dev->name,
			req_admin_opcode_name(k->c.opcode), strerror(-rc), unsaid);
}

/* Sessions count theirs from 1, so that no tag is a stamp of one. */
static uint64_t
sa_tag(const struct vcrypto_ipsec_sa *sa)
{
	uint64_t id;

	memcpy(&id, sa->hdr + offsetof(struct virtio_crypto_op_header, session_id), sizeof(id));
	return (uint64_t)1 << 63 | (uint64_t)sa->inbound << 62 | id;
}

/* As req_ipsec_outbound_len() and req_ipsec_inbound_max(), whose kept is the shortest header. */
void
vcrypto_ipsec_sa_plan(struct vcrypto_ipsec_sa *sa)
{
	const struct req_ipsec_shape *s = &sa->shape;
	uint32_t kept = s->tunnel && !sa->inbound ? 0 : REQ_IPSEC_PACKET_MIN;
	uint32_t gone = (uint32_t)s->head + s->tail + (s->align != 0 ? REQ_IPSEC_TRAILER_LEN : 0);
	struct vcrypto_ipsec_plan p = {
		.tag = sa_tag(sa), .mask = UINT32_MAX, .min_len = REQ_IPSEC_PACKET_MIN,
		.max_result = UINT16_MAX, .whole = sa->inbound || !s->tunnel,
	};

	if (sa->inbound) {
		gone += s->tunnel ? kept : 0;
		p.plus = 0 - gone;
		p.min_len = gone + REQ_IPSEC_PACKET_MIN;	/* what is left is a packet */
	} else {
		p.plus = (uint32_t)s->outer + s->head;
		p.grows = (uint16_t)p.plus;
		if (s->tunnel && s->outer != REQ_IPSEC_PACKET_MIN)	/* IPv6 */
			p.max_result = REQ_IPSEC_PACKET_MAX;
	}
	if (!sa->inbound && s->align != 0) {
		p.add = REQ_IPSEC_TRAILER_LEN + s->align - 1u - kept;
		p.mask = ~(uint32_t)(s->align - 1);
		p.plus += s->tail + kept;
	}
	sa->plan = p;
}

void
vcrypto_ipsec_sa_adopt(struct vcrypto_ipsec_sa *sa, const struct req_ipsec_sa *req,
		uint64_t cookie)
{
	/* Cannot fail: there is room for all of it. */
	(void)req_ipsec_header(sa->hdr, sizeof(sa->hdr), req->inbound, req->obj_id);
	sa->id = req->obj_id;
	vcrypto_ipsec_sa_plan(sa);
	__atomic_store_n(&sa->cookie, vcrypto_ipsec_cookie_of(cookie), __ATOMIC_RELEASE);
}

/* Creates the object of req, whose id it takes.  0 or -errno; *k says more.  Logs nothing but
 * a time-out.
 */
static int
sa_make(struct vcrypto_dev *dev, struct sa_talk *k, struct req_ipsec_sa *req)
{
	struct sa_source from = { .req = req, .dialect = dev->ipsec.dialect };
	const struct vcrypto_admin_fill fill = { .write = sa_write, .arg = &from };
	int rc;

	*k = (struct sa_talk){
		.c = { .opcode = VIRTIO_ADMIN_CMD_RESOURCE_OBJ_CREATE,
			.obj_type = req_ipsec_obj_type(req->inbound),
			.data_len = req_ipsec_sa_len(dev->ipsec.dialect) },
		.inbound = req->inbound,
	};
	rc = sa_take_id(dev, k);
	if (rc != 0)
		return rc;
	k->has_id = true;
	req->obj_id = k->c.obj_id;
	rc = vcrypto_admin_call(dev, &k->r, k->answer, sizeof(k->answer), &k->c, &fill, k->cookie);
	if (rc != 0)
		sa_leave_id(dev, k, sa_may_exist(k, rc));
	return rc;
}

int
vcrypto_ipsec_sa_create(struct vcrypto_dev *dev, struct vcrypto_ipsec_sa *sa,
		struct req_ipsec_sa *req)
{
	struct sa_talk k;
	int rc = sa_make(dev, &k, req);

	if (rc != 0 && !k.has_id) {
		sa_log_no_id(dev, &k, rc);
	} else if (rc != 0) {
		sa_log_failure(dev, &k, rc);
	} else {
		req_ipsec_shape_of(&sa->shape, req);
		sa->inbound = req->inbound;
		vcrypto_ipsec_sa_adopt(sa, req, k.cookie);
	}
	return rc;
}

int
vcrypto_ipsec_sa_again(struct vcrypto_dev *dev, struct req_ipsec_sa *req, uint64_t *cookie,
		bool *refused)
{
	struct sa_talk k;
	int rc = sa_make(dev, &k, req);

	*cookie = k.cookie;
	*refused = k.r.status.status != VIRTIO_ADMIN_STATUS_OK;
	if (rc != 0 && k.has_id)
		sa_log_failure(dev, &k, rc);
	return rc;
}

/* ---- destruction ---- */

void
vcrypto_ipsec_sa_destroy(struct vcrypto_dev *dev, struct vcrypto_ipsec_sa *sa)
{
	uint64_t cookie = __atomic_exchange_n(&sa->cookie, 0, __ATOMIC_ACQ_REL);
	struct sa_talk k = {
		.c = { .opcode = VIRTIO_ADMIN_CMD_RESOURCE_OBJ_DESTROY,
			.obj_type = req_ipsec_obj_type(sa->inbound), .obj_id = sa->id },
		.cookie = vcrypto_cookie(dev),
		.inbound = sa->inbound,
	};
	bool gone;
	int rc;

	/* Never created, or ended with its generation. */
	if (cookie != vcrypto_ipsec_cookie_of(k.cookie))
		return;
	rc = vcrypto_admin_call(dev, &k.r, k.answer, sizeof(k.answer), &k.c, NULL, k.cookie);
	gone = rc == 0 || k.r.status.status == VIRTIO_ADMIN_STATUS_ENXIO;
	sa_leave_id(dev, &k, !gone);
	/* -EAGAIN without a status: a reset ends it. */
	if (rc == 0 || (rc == -EAGAIN && k.r.status.status == VIRTIO_ADMIN_STATUS_OK))
		return;
	VCRYPTO_WARN("%s: the device did not destroy the %s security association %" PRIu32
		" (%s): %s", dev->name, k.inbound ? "inbound" : "outbound", sa->id, strerror(-rc),
		gone ? "it had none of this id" : "it holds its keys until its next reset");
}

/* ---- counters ---- */

void
vcrypto_ipsec_sa_stats(const struct vcrypto_ipsec_sa *sa, struct rte_security_ipsec_stats *out)
{
	uint64_t packets = __atomic_load_n(&sa->packets, __ATOMIC_RELAXED);
	uint64_t bytes = __atomic_load_n(&sa->bytes, __ATOMIC_RELAXED);
	uint64_t errors = __atomic_load_n(&sa->errors, __ATOMIC_RELAXED);

	*(sa->inbound ? &out->ipackets : &out->opackets) = packets;
	*(sa->inbound ? &out->ibytes : &out->obytes) = bytes;
	*(sa->inbound ? &out->ierrors : &out->oerrors) = errors;
}
