/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Owns the discovery of the IPSEC service: the order of the commands, and what is made of
 * their results.
 *
 * May call vcrypto_adminq.c and lib/request.  Must not decide when.  The device is not
 * trusted: results are parsed in a copy, and limits are clamped.
 */
#include <errno.h>
#include <string.h>

#include "device/vcrypto_ipsec_map.h"
#include "device/vcrypto_log.h"
#include "device/vcrypto_mem.h"
#include "session/vcrypto_adminq.h"
#include "session/vcrypto_ipsec_dev.h"
#include "session/vcrypto_ipsec_id.h"

_Static_assert(REQ_IPSEC_LIMITS_LEN <= REQ_IPSEC_CAPS_MAX, "either capability has room");

/* A command and its result, in memory that the device cannot write. */
struct ipsec_talk {
	struct vcrypto_dev *dev;
	uint64_t cookie;
	struct req_admin_result r;
	uint8_t answer[VCRYPTO_ADMIN_ANSWER_MAX];
};

/* Sends a command whose result has len bytes at most.  Logs why there is no result, unless
 * that was a time-out, which is logged already, or a stop that waits for the end.
 */
static int
ipsec_ask(struct ipsec_talk *k, const struct req_admin *c, size_t len)
{
	int rc;

	if (vcrypto_cancelled(k->dev))
		return -ECANCELED;
	rc = vcrypto_admin_call(k->dev, &k->r, k->answer, REQ_ADMIN_RESULT_ROOM(len), c, NULL,
			k->cookie);
	if (rc == 0 || rc == -ETIMEDOUT)
		return rc;
	if (k->r.status.status != VIRTIO_ADMIN_STATUS_OK)
		VCRYPTO_ERR("%s: IPSEC is not used: the device answers %s with %s, %s",
			k->dev->name, req_admin_opcode_name(c->opcode),
			req_admin_status_name(k->r.status.status),
			req_admin_qualifier_name(k->r.status.qualifier));
	else
		VCRYPTO_ERR("%s: IPSEC is not used: the command %s failed: %s", k->dev->name,
			req_admin_opcode_name(c->opcode), strerror(-rc));
	return rc;
}

static int
ipsec_lacks(const struct vcrypto_dev *dev, const char *what)
{
	VCRYPTO_ERR("%s: IPSEC is not used: the device has no %s", dev->name, what);
	return -ENOTSUP;
}

/* LIST_QUERY, then LIST_USE, before all other commands (2.12.1.6). */
static int
ipsec_use_commands(struct ipsec_talk *k)
{
	struct req_admin query = { .opcode = VIRTIO_ADMIN_CMD_LIST_QUERY };
	struct req_admin use = { .opcode = VIRTIO_ADMIN_CMD_LIST_USE,
		.opcodes = REQ_ADMIN_OBJECTS };
	int rc = ipsec_ask(k, &query, sizeof(uint64_t));

	if (rc != 0)
		return rc;
	if ((req_admin_list_first(k->r.data, k->r.len) & REQ_ADMIN_OBJECTS) != REQ_ADMIN_OBJECTS)
		return ipsec_lacks(k->dev, "commands for capabilities and resource objects");
	return ipsec_ask(k, &use, 0);
}

static int
ipsec_find_ids(struct ipsec_talk *k)
{
	struct req_admin c = { .opcode = VIRTIO_ADMIN_CMD_CAP_ID_LIST_QUERY };
	int rc = ipsec_ask(k, &c, REQ_ADMIN_LIST_LEN(VIRTIO_CRYPTO_IPSEC_SA_CAP));

	if (rc != 0)
		return rc;
	if (!req_admin_list_has(k->r.data, k->r.len, VIRTIO_CRYPTO_IPSEC_RESOURCE_CAP) ||
			!req_admin_list_has(k->r.data, k->r.len, VIRTIO_CRYPTO_IPSEC_SA_CAP))
		return ipsec_lacks(k->dev, "capabilities of IPSEC");
	return 0;
}

/* The device's layout: its length says it, or else device arguments do. */
static unsigned int
ipsec_dialect(const struct ipsec_talk *k)
{
	unsigned int said = k->dev->args.ipsec_dialect;

	switch (req_ipsec_caps_gaps(k->r.data, k->r.len)) {
	case REQ_IPSEC_GAPS_YES:
		return said | REQ_IPSEC_ALIGNED;
	case REQ_IPSEC_GAPS_MAYBE:
		return said;
	default:
		return said & ~REQ_IPSEC_ALIGNED;
	}
}

static bool
ipsec_any_mode(const struct req_ipsec_caps *caps)
{
	unsigned int i;

	for (i = 0; i < VIRTIO_CRYPTO_NB_IPSEC_MODES; i++)
		if (caps->mode[i].offered)
			return true;
	return false;
}

static int
ipsec_get(struct ipsec_talk *k, struct vcrypto_ipsec *out)
{
	struct req_admin c = { .opcode = VIRTIO_ADMIN_CMD_DEVICE_CAP_GET,
		.cap_id = VIRTIO_CRYPTO_IPSEC_RESOURCE_CAP };
	int rc = ipsec_ask(k, &c, REQ_IPSEC_LIMITS_LEN);

	if (rc != 0)
		return rc;
	req_ipsec_limits_parse(&out->limits, k->r.data, k->r.len);
	out->limits.inbound = RTE_MIN(out->limits.inbound, VCRYPTO_IPSEC_MAX_SAS);
	out->limits.outbound = RTE_MIN(out->limits.outbound, VCRYPTO_IPSEC_MAX_SAS);
	if (out->limits.inbound == 0 && out->limits.outbound == 0)
		return ipsec_lacks(k->dev, "room for a security association");
	c.cap_id = VIRTIO_CRYPTO_IPSEC_SA_CAP;
	rc = ipsec_ask(k, &c, REQ_IPSEC_CAPS_ROOM);
	if (rc != 0)
		return rc;
	out->dialect = ipsec_dialect(k);
	req_ipsec_caps_parse(&out->caps, k->r.data, k->r.len, out->dialect);
	out->caps.more = false;		/* what is not known is not used */
	vcrypto_ipsec_map_cut(&out->caps);
	return ipsec_any_mode(&out->caps) ? 0 :
		ipsec_lacks(k->dev, "mode of IPSEC that this driver knows");
}

/* All that a device can say by itself. */
static int
ipsec_discover(struct ipsec_talk *k, struct vcrypto_ipsec *out)
{
	int rc;

	*out = (struct vcrypto_ipsec){ .offered = true };
	rc = ipsec_use_commands(k);
	if (rc == 0)
		rc = ipsec_find_ids(k);
	return rc != 0 ? rc : ipsec_get(k, out);
}

static int
ipsec_set_one(struct ipsec_talk *k, uint16_t cap_id, const uint8_t *cap, int len)
{
	struct req_admin c = {
		.opcode = VIRTIO_ADMIN_CMD_DRIVER_CAP_SET, .cap_id = cap_id, .data = cap,
		.data_len = (size_t)len,
	};

	return len < 0 ? len : ipsec_ask(k, &c, 0);
}

/* DRIVER_CAP_SET precedes objects (2.12.1.2.5). */
static int
ipsec_set(struct ipsec_talk *k, const struct vcrypto_ipsec *s)
{
	uint8_t cap[REQ_IPSEC_CAPS_MAX];	/* the longer one */
	int rc = ipsec_set_one(k, VIRTIO_CRYPTO_IPSEC_RESOURCE_CAP, cap,
			req_ipsec_limits_build(cap, sizeof(cap), &s->limits));

	return rc != 0 ? rc : ipsec_set_one(k, VIRTIO_CRYPTO_IPSEC_SA_CAP, cap,
			req_ipsec_caps_build(cap, sizeof(cap), &s->caps, s->dialect));
}

int
vcrypto_ipsec_find(struct vcrypto_dev *dev)
{
	struct ipsec_talk k = { .dev = dev, .cookie = vcrypto_cookie(dev) };
	struct vcrypto_ipsec found;
	int rc = ipsec_discover(&k, &found);

	if (rc != 0)
		memset(&found, 0, sizeof(found));
	dev->ipsec = found;
	return rc;
}

/* Sets of ids for the limits that were found, unless they are there since a former start. */
static int
ipsec_make_ids(struct vcrypto_dev *dev)
{
	const struct req_ipsec_limits *l = &dev->ipsec.limits;
	int socket = vcrypto_mem_socket(dev);

	if (dev->ipsec_ids[false].limit != 0 || dev->ipsec_ids[true].limit != 0)
		return 0;
	if (vcrypto_ipsec_ids_init(&dev->ipsec_ids[false], l->outbound, socket) == 0 &&
			vcrypto_ipsec_ids_init(&dev->ipsec_ids[true], l->inbound, socket) == 0)
		return 0;
	vcrypto_ipsec_fini(dev);
	VCRYPTO_ERR("%s: IPSEC is not used: no memory for the ids of security associations: give "
		"EAL more memory", dev->name);
	return -ENOMEM;
}

/* Under the lock, since threads that create SAs look. */
static void
ipsec_set_ready(struct vcrypto_dev *dev, bool ready)
{
	rte_spinlock_lock(&dev->ctrlq.lock);
	dev->ipsec.ready = ready;
	rte_spinlock_unlock(&dev->ctrlq.lock);
}

static int
ipsec_shrunk(const struct vcrypto_dev *dev)
{
	VCRYPTO_ERR("%s: IPSEC is not used: the device offers less than it did when it was probed: "
		"remove the device and add it again", dev->name);
	return -ERANGE;
}

int
vcrypto_ipsec_agree(struct vcrypto_dev *dev)
{
	struct ipsec_talk k = { .dev = dev, .cookie = vcrypto_cookie(dev) };
	const struct vcrypto_ipsec *was = &dev->ipsec;
	struct vcrypto_ipsec now;
	int rc;

	ipsec_set_ready(dev, false);
	if (!was->offered)
		return 0;
	if ((dev->features & VIRTIO_F_ADMIN_VQ) == 0)
		return ipsec_shrunk(dev);
	rc = ipsec_discover(&k, &now);
	if (rc != 0)
		return rc;
	if (!req_ipsec_caps_within(&was->caps, &now.caps) || was->dialect != now.dialect ||
			now.limits.inbound < was->limits.inbound ||
			now.limits.outbound < was->limits.outbound)
		return ipsec_shrunk(dev);
	rc = ipsec_set(&k, was);
	if (rc == 0)
		rc = ipsec_make_ids(dev);
	if (rc == 0)
		ipsec_set_ready(dev, true);
	return rc;
}

/* Under the lock. */
static unsigned int
ipsec_count(const struct vcrypto_dev *dev)
{
	const struct vcrypto_ipsec_ids *out = &dev->ipsec_ids[false], *in = &dev->ipsec_ids[true];

	return out->nb_taken - out->nb_lost + in->nb_taken - in->nb_lost;
}

unsigned int
vcrypto_ipsec_count(struct vcrypto_dev *dev)
{
	unsigned int nb;

	rte_spinlock_lock(&dev->ctrlq.lock);
	nb = ipsec_count(dev);
	rte_spinlock_unlock(&dev->ctrlq.lock);
	return nb;
}

unsigned int
vcrypto_ipsec_end(struct vcrypto_dev *dev)
{
	unsigned int nb = ipsec_count(dev);

	dev->ipsec.ready = false;
	vcrypto_ipsec_ids_reset(&dev->ipsec_ids[false]);
	vcrypto_ipsec_ids_reset(&dev->ipsec_ids[true]);
	return nb;
}

void
vcrypto_ipsec_fini(struct vcrypto_dev *dev)
{
	vcrypto_ipsec_ids_fini(&dev->ipsec_ids[false]);
	vcrypto_ipsec_ids_fini(&dev->ipsec_ids[true]);
}
