/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The administration queue and security associations (SA) against a device that answers late,
 * wrongly or never.
 *
 * Input: what the device offers, then calls; from the same bytes, whenever the driver kicks or
 * looks at the device, what the device does: answer any command that it holds, truly, or with
 * any status, result or length, or keep it.  A wait is bounded by looks at the device, not by
 * time, and other threads' calls and resets happen inside of it.  No id is in two objects that
 * the device may have, an SA is there only if the device said so, the driver's count is right,
 * no key stays in shared memory.
 */
#include <errno.h>

#include "drivers/crypto/vcrypto/session/vcrypto_adminq.h"
#include "drivers/crypto/vcrypto/session/vcrypto_cmdq.h"
#include "drivers/crypto/vcrypto/session/vcrypto_ipsec_dev.h"
#include "drivers/crypto/vcrypto/session/vcrypto_ipsec_sa.h"
#include "drivers/crypto/vcrypto/transport/transport.h"
#include "fake_mem.h"
#include "fuzz_input.h"
#include "fuzz_log.h"
#include "vq_device.h"
#include "vq_hot.h"

#define MAX_CALLS	60u
#define MAX_DEPTH	3u		/* threads at once */
#define MAX_LOOKS	6u		/* at the device, by one command: then its time is up */
#define MAX_SEGS	4u
#define MAX_SAS		16u		/* of the application */
#define MAX_IDS		512u
#define ADMINQ		5u		/* index of the virtqueue */
#define KEY_LEN		16u
#define KEY_MAGIC	0x7e57c0de5ec2e700u	/* a key's first bytes */

int vcrypto_logtype = RTE_LOGTYPE_USER1;

struct held {
	struct vqd_req r;
	struct vqd_seg seg[MAX_SEGS];
	struct req_admin c;		/* its data is not to be read any more */
};

/* What the device has of an id. */
struct object {
	bool may_exist;
	bool said;			/* that it was created */
};

static struct {
	struct fuzz_input in;
	struct vcrypto_dev dev;
	struct vcrypto_transport t;
	struct rte_cryptodev cdev;
	struct rte_cryptodev_data cdev_data;
	struct vqd d;
	struct held held[VCRYPTO_CTRLQ_SIZE];
	unsigned int nb_held, depth, looks, nb_creates;
	struct req_ipsec_limits limits;
	struct req_ipsec_caps caps;
	struct object object[2][MAX_IDS];
	struct vcrypto_ipsec_sa sa[MAX_SAS];
	bool busy[MAX_SAS];		/* a thread is creating or destroying it */
	bool enabled;			/* the device has the queue: false from a reset on */
} f;

/* ---- in place of the rest of the driver; its memory is fake_mem.c's ---- */

void
vcrypto_ctrl_message_abandon(struct vcrypto_dev *dev, const struct vcrypto_ctrl_call *call)
{
	(void)dev;
	(void)call;
}

/* ---- the device ---- */

static void
device_open(void)
{
	struct vqd_config cfg = { .indirect = true, .size = f.dev.adminq.size };

	fake_mem_device(&cfg, f.dev.kind);
	FUZZ_CHECK(vqd_init(&f.d, &cfg) == 0);
	f.enabled = true;
}

static struct object *
object_of(const struct req_admin *c)
{
	bool inbound = c->obj_type == VIRTIO_CRYPTO_RESOURCE_OBJ_IPSEC_INBOUND_SA;

	FUZZ_CHECK(c->obj_type == req_ipsec_obj_type(inbound) && c->obj_id < MAX_IDS);
	return &f.object[inbound][c->obj_id];
}

/* What the driver may send at all. */
static void
recognise(struct held *h)
{
	uint8_t buf[VCRYPTO_ADMIN_REQ_MAX];
	struct req_admin_status why;
	struct req_ipsec_sa sa;

	FUZZ_CHECK(h->r.nb_read == 1 && h->r.nb_write == 1 && h->r.read_len <= sizeof(buf));
	memcpy(buf, h->seg[0].ptr, h->r.read_len);
	FUZZ_CHECK(req_admin_parse(&h->c, &why, buf, h->r.read_len, REQ_ADMIN_ALL) == 0);
	if (h->c.opcode != VIRTIO_ADMIN_CMD_RESOURCE_OBJ_CREATE)
		return;
	FUZZ_CHECK(!object_of(&h->c)->may_exist);
	*object_of(&h->c) = (struct object){ .may_exist = true };
	FUZZ_CHECK(req_ipsec_sa_parse(&sa, h->c.obj_type == req_ipsec_obj_type(true), h->c.data,
			h->c.data_len, f.dev.ipsec.dialect) == 0 && sa.obj_id == h->c.obj_id);
}

static void
device_pop(void)
{
	while (f.nb_held < f.dev.adminq.size) {
		struct held *h = &f.held[f.nb_held];

		if (vqd_pop_pool(&f.d, &h->r, 1, h->seg, MAX_SEGS) != 1)
			return;
		recognise(h);
		f.nb_held++;
	}
}

static size_t
true_result(uint8_t *out, size_t size, const struct req_admin *c)
{
	static const uint16_t ids[] = {
		VIRTIO_CRYPTO_IPSEC_RESOURCE_CAP, VIRTIO_CRYPTO_IPSEC_SA_CAP,
	};
	const le64 all = cpu_to_le64(REQ_ADMIN_ALL);

	switch (c->opcode) {
	case VIRTIO_ADMIN_CMD_LIST_QUERY:
		memcpy(out, &all, sizeof(all));
		return sizeof(all);
	case VIRTIO_ADMIN_CMD_CAP_ID_LIST_QUERY:
		return (size_t)req_admin_list_build(out, size, ids, 2);
	case VIRTIO_ADMIN_CMD_DEVICE_CAP_GET:
		return (size_t)(c->cap_id == VIRTIO_CRYPTO_IPSEC_RESOURCE_CAP ?
			req_ipsec_limits_build(out, size, &f.limits) :
			req_ipsec_caps_build(out, size, &f.caps, 0));
	default:
		return 0;
	}
}

/* What an answer with this status says of an object. */
static void
device_tell(const struct held *h, uint16_t status)
{
	struct object *o;

	if (h->c.opcode != VIRTIO_ADMIN_CMD_RESOURCE_OBJ_CREATE &&
			h->c.opcode != VIRTIO_ADMIN_CMD_RESOURCE_OBJ_DESTROY)
		return;
	o = object_of(&h->c);
	if (h->c.opcode == VIRTIO_ADMIN_CMD_RESOURCE_OBJ_CREATE) {
		o->said = status == VIRTIO_ADMIN_STATUS_OK;
		o->may_exist = o->said || status == VIRTIO_ADMIN_STATUS_EEXIST;
	} else if (status == VIRTIO_ADMIN_STATUS_OK || status == VIRTIO_ADMIN_STATUS_ENXIO) {
		*o = (struct object){ .may_exist = false };
	}
}

/* Answers one that it holds.  0x80: with the input's status; 0x40: with the input's result;
 * 0x20: says that it wrote nothing; 0x10: that it wrote more than there is room for.
 */
static void
device_answer(uint8_t how)
{
	unsigned int i = (how & 15) % (f.nb_held + !f.nb_held);
	uint8_t result[VCRYPTO_ADMIN_ANSWER_MAX] = { 0 };
	struct req_admin_status s = { 0, 0 };
	struct held *h = &f.held[i];
	size_t n, len;

	if (f.nb_held == 0)
		return;
	if (how & 0x80)
		s = (struct req_admin_status){ fuzz_u8(&f.in), fuzz_u8(&f.in) };
	len = true_result(result, sizeof(result), &h->c);
	if (how & 0x40) {
		len = RTE_MIN(fuzz_u16(&f.in) & 511u, f.in.left);
		fuzz_take(&f.in, result, len);
	}
	n = req_admin_result_build(h->seg[1].ptr, h->seg[1].len, &s, result, len);
	if ((how & 0x20) == 0)
		device_tell(h, s.status);
	vqd_push(&f.d, &h->r, how & 0x20 ? 0 : how & 0x10 ? UINT32_MAX : (uint32_t)n);
	f.nb_held--;
	memmove(h, h + 1, (f.nb_held - i) * sizeof(*h));
	for (; i < f.nb_held; i++)
		f.held[i].r.seg = f.held[i].seg;
	vqd_publish(&f.d);
}

static void
device_act(uint8_t how)
{
	if (!f.enabled)
		return;
	device_pop();
	if (how < 0x80)
		device_answer(how & 15);
	else if (how < 0xc0)
		device_answer(fuzz_u8(&f.in));
	else if (how < 0xd0)
		for (how &= 15; how > 0 && f.nb_held != 0; how--)
			device_answer(how & 15);
}

/* ---- the transport ---- */

static void call(void);

void
vcrypto_notify(const struct vcrypto_notify *n, uint32_t data)
{
	(void)data;
	FUZZ_CHECK(n == &f.dev.adminq.notify);
	device_act(fuzz_u8(&f.in));
}

/* While a thread waits: the device, and other threads. */
static int
check(struct vcrypto_transport *t)
{
	uint8_t how = fuzz_u8(&f.in);

	(void)t;
	if (++f.looks > MAX_LOOKS)
		return -ETIMEDOUT;
	if (how < 0xe0)
		device_act(how);
	else if (how < 0xfc && f.depth < MAX_DEPTH)
		call();
	return how == 0xfd ? -EIO : 0;
}

static uint16_t
admin_queue(struct vcrypto_transport *t)
{
	(void)t;
	return ADMINQ;
}

static uint16_t
queue_max_size(struct vcrypto_transport *t, uint16_t index)
{
	(void)t;
	FUZZ_CHECK(index == ADMINQ);
	return 4;
}

static const struct vcrypto_transport_ops ops = {
	.name = "fuzz", .queue_max_size = queue_max_size, .check = check,
	.admin_queue = admin_queue,
};

/* ---- the driver ---- */

static struct vcrypto_ipsec_sa *
sa_pick(unsigned int *i)
{
	*i = fuzz_u8(&f.in) % MAX_SAS;
	return f.busy[*i] ? NULL : &f.sa[*i];
}

static void
create(void)
{
	static const uint64_t key[KEY_LEN / 8] = { KEY_MAGIC, 0 };
	unsigned int i;
	struct vcrypto_ipsec_sa *sa = sa_pick(&i);
	uint8_t how = fuzz_u8(&f.in);
	struct req_ipsec_sa req = {
		.mode = VIRTIO_CRYPTO_IPSEC_MODE_ESP_TUNNEL, .inbound = how & 1, .spi = 1u + how,
		.aead = VIRTIO_CRYPTO_AEAD_GCM, .key = (const uint8_t *)key, .key_len = KEY_LEN,
	};

	if (sa == NULL || sa->cookie != 0 || f.nb_creates == MAX_IDS - 1)
		return;
	f.nb_creates++;
	f.busy[i] = true;
	if (vcrypto_ipsec_sa_create(&f.dev, sa, &req) != 0)
		FUZZ_CHECK(sa->cookie == 0);
	else if (sa->cookie == vcrypto_ipsec_cookie_of(vcrypto_cookie(&f.dev)))
		FUZZ_CHECK(f.object[req.inbound][sa->id].said && sa->inbound == req.inbound);
	f.busy[i] = false;
}

static void
destroy(void)
{
	unsigned int i;
	struct vcrypto_ipsec_sa *sa = sa_pick(&i);

	if (sa == NULL)
		return;
	f.busy[i] = true;
	vcrypto_ipsec_sa_destroy(&f.dev, sa);
	FUZZ_CHECK(sa->cookie == 0);
	f.busy[i] = false;
}

/* No key but in requests that the device has not given back. */
static void
check_wiped(void)
{
	const uint8_t *p = fake_mem_zone.addr;
	uint64_t v;
	size_t i;

	if (p == NULL || (f.dev.adminq.vq != NULL && vq_nb_in_flight(f.dev.adminq.vq) != 0))
		return;
	for (i = 0; i + sizeof(v) <= fake_mem_zone.len; i += 4) {
		memcpy(&v, p + i, sizeof(v));
		FUZZ_CHECK(v != KEY_MAGIC);
	}
}

/* The driver's count is that of the application. */
static void
check_count(void)
{
	unsigned int i, nb = 0;

	for (i = 0; i < MAX_SAS; i++)
		nb += f.sa[i].cookie == vcrypto_ipsec_cookie_of(vcrypto_cookie(&f.dev));
	FUZZ_CHECK(vcrypto_ipsec_count(&f.dev) == nb);
}

/* A reset ends a generation; then up again, as vcrypto_init.c does it. */
static void
reset(bool first)
{
	rte_spinlock_lock(&f.dev.ctrlq.lock);
	f.dev.live = false;
	(void)vcrypto_ipsec_end(&f.dev);
	f.dev.generation++;
	rte_spinlock_unlock(&f.dev.ctrlq.lock);
	f.enabled = false;
	f.nb_held = 0;
	vcrypto_adminq_abort(&f.dev);
	check_wiped();
	memset(f.object, 0, sizeof(f.object));
	FUZZ_CHECK(vcrypto_adminq_setup(&f.dev) == 0);
	device_open();
	f.dev.live = true;
	if (first)
		(void)vcrypto_ipsec_find(&f.dev);
	else
		(void)vcrypto_ipsec_agree(&f.dev);
}

static void
call(void)
{
	unsigned int looks = f.looks;
	uint8_t op = fuzz_u8(&f.in);

	f.depth++;
	f.looks = 0;
	switch (op % 8) {
	case 0: case 1: case 2: case 3: create(); break;
	case 4: case 5: destroy(); break;
	case 6: device_act(fuzz_u8(&f.in)); break;
	case 7:
		/* Life-cycle calls are one at a time, and an agreement is one. */
		if (f.depth == 1)
			reset(false);
		break;
	}
	check_wiped();
	f.looks = looks;
	f.depth--;
}

static void
offer(void)
{
	struct req_ipsec_mode_cap *c = f.caps.mode;
	uint8_t how = fuzz_u8(&f.in);

	f.limits.inbound = how & 0x80 ? fuzz_u32(&f.in) : how & 7u;
	f.limits.outbound = how & 0x40 ? fuzz_u32(&f.in) : how >> 3 & 7u;
	c->offered = true;
	c->aeads = 1u << VIRTIO_CRYPTO_AEAD_GCM;
	c[2] = c[1] = *c;
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
	unsigned int calls = 0;

	memset(&f, 0, sizeof(f));
	f.in = (struct fuzz_input){ data, size };
	f.dev.t = &f.t;
	f.dev.cdev = &f.cdev;
	f.cdev.data = &f.cdev_data;
	f.dev.data = &f.cdev_data;
	f.dev.args.ctrl_timeout_ms = 1000;
	f.dev.features = VIRTIO_F_ADMIN_VQ | VIRTIO_F_INDIRECT_DESC;
	f.dev.traits.has_ctrlq = true;
	f.dev.kind = VQ_SPLIT;
	f.t.ops = &ops;
	rte_spinlock_init(&f.dev.ctrlq.lock);
	offer();
	f.depth = MAX_DEPTH;
	reset(true);
	f.looks = 0;
	reset(false);
	f.depth = 0;
	while (f.in.left > 0 && calls++ < MAX_CALLS) {
		call();
		check_count();
	}
	f.dev.live = false;
	(void)vcrypto_ipsec_end(&f.dev);
	vcrypto_ipsec_fini(&f.dev);
	vcrypto_adminq_release(&f.dev);
	FUZZ_CHECK(fake_mem_zone.addr == NULL);
	return 0;
}
