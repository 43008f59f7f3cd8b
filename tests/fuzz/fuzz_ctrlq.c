/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The control queue against a device that answers late, wrongly or never.
 *
 * Input: ring layout and queue size, then commands; from the same bytes, whenever the
 * driver kicks or looks at the device, what the device does: answer any command that it
 * holds with any status and session id, keep it, write into the shared memory, die.  A
 * wait is bounded by looks at the device, not by time, and other threads' commands,
 * resets and releases happen inside of it.  From a reset until a queue is set up the device
 * does nothing.  Each command ends with the device's answer to it or with an error, a late
 * answer reaches nobody, no key stays in shared memory.
 */
#include <errno.h>
#include <unistd.h>

#include "drivers/crypto/vcrypto/session/vcrypto_ctrlq.h"
#include "drivers/crypto/vcrypto/transport/transport.h"
#include "fake_mem.h"
#include "fuzz_input.h"
#include "fuzz_log.h"
#include "lib/request/req_ctrl.h"
#include "vq_device.h"
#include "vq_hot.h"

#define MAX_CALLS	40u
#define MAX_DEPTH	4u		/* threads at once */
#define MAX_CMDS	64u
#define MAX_LOOKS	6u		/* at the device, by one command: then its time is up */
#define MAX_SEGS	8u
#define CTRLQ		1u		/* index of the virtqueue */
#define KEY_MAX		9000u
#define KEY_MAGIC	0x7e57c0de5ec2e700u	/* its first bytes; the command's number is added */

int vcrypto_logtype = RTE_LOGTYPE_USER1;

struct cmd {
	uint32_t generation;		/* that it is for */
	bool answered;
	uint32_t status;
	uint64_t id;
};

struct held {
	struct vqd_req r;
	struct vqd_seg seg[MAX_SEGS];
	unsigned int cmd;		/* MAX_CMDS: its request was not to be read */
	bool create;
};

static struct {
	struct fuzz_input in;
	struct vcrypto_dev dev;
	struct vcrypto_transport t;
	struct rte_cryptodev cdev;
	struct rte_cryptodev_data cdev_data;
	struct vqd d;
	struct held held[VCRYPTO_CTRLQ_SIZE];
	unsigned int nb_held;
	struct cmd cmd[MAX_CMDS];
	unsigned int nb_cmds, depth, looks;
	uint16_t max_size;		/* what the device says */
	uint8_t flags;			/* layout of requests */
	bool enabled;			/* the device has the queue: false from a reset on */
	bool lied;			/* the rings hold what no device would write */
	bool scribbled;			/* so do the slots */
	bool lost;			/* check says so */
} f;

static uint8_t keys[MAX_DEPTH + 1][KEY_MAX];	/* of each thread */

/* ---- in place of the rest of the driver; its memory is fake_mem.c's ---- */

unsigned int
vcrypto_req_flags(const struct vcrypto_dev *dev, enum virtio_crypto_service service)
{
	(void)dev;
	(void)service;
	return f.flags;
}

/* ---- the device ---- */

static void
device_open(void)
{
	enum vq_kind kind = f.dev.kind;
	struct vqd_config cfg = {
		.packed = VQ_IS_PACKED(kind), .batches = VQ_IS_IN_ORDER(kind),
		.indirect = (f.dev.features & VIRTIO_F_INDIRECT_DESC) != 0,
		.event_idx = (f.dev.features & VIRTIO_F_EVENT_IDX) != 0,
		.size = f.dev.ctrlq.q.size,
	};

	fake_mem_device(&cfg, kind);
	cfg.avail_base = cfg.used_base = cfg.packed ? 0x8000 : 0;
	FUZZ_CHECK(vqd_init(&f.d, &cfg) == 0);
	f.enabled = true;
}

/* Which command is it?  Keys and the ids that are destroyed bear its number. */
static void
recognise(struct held *h)
{
	static uint8_t buf[VCRYPTO_CTRL_REQ_MAX];
	unsigned int by_service[VIRTIO_CRYPTO_NB_SERVICES], i;
	struct req_ctrl c;
	uint64_t number = 0;
	size_t n = 0;

	for (i = 0; i < VIRTIO_CRYPTO_NB_SERVICES; i++)
		by_service[i] = f.flags;
	for (i = 0; i < h->r.nb_read && h->seg[i].len <= sizeof(buf) - n; n += h->seg[i++].len)
		memcpy(buf + n, h->seg[i].ptr, h->seg[i].len);
	h->cmd = MAX_CMDS;
	if (req_ctrl_parse(&c, buf, n, by_service) != 0) {
		FUZZ_CHECK(f.lied || f.scribbled);
		return;
	}
	h->create = c.create;
	FUZZ_CHECK(f.lied || f.scribbled || h->r.write_len == (c.create ? 16 : 1));
	if (c.create && c.session.key_len >= sizeof(number))
		memcpy(&number, c.session.key, sizeof(number));
	else if (!c.create)
		number = c.session_id;
	number -= KEY_MAGIC;
	FUZZ_CHECK(f.lied || f.scribbled || number < f.nb_cmds);
	h->cmd = number < f.nb_cmds ? (unsigned int)number : MAX_CMDS;
	/* An id of before a reset may be another session's by now. */
	FUZZ_CHECK(f.lied || f.scribbled || f.cmd[h->cmd].generation == f.dev.generation);
}

static void
device_pop(void)
{
	struct held *h;

	while (f.nb_held < f.dev.ctrlq.q.size) {
		h = &f.held[f.nb_held];
		if (vqd_pop_pool(&f.d, &h->r, 1, h->seg, MAX_SEGS) != 1)
			return;
		recognise(h);
		f.nb_held++;
	}
}

static void
answered(struct cmd *c, uint32_t status, uint64_t id)
{
	c->answered = true;
	c->status = status;
	c->id = id;
}

static void
write_answer(const struct held *h, const void *from, size_t len)
{
	const uint8_t *p = from;
	unsigned int i;
	size_t n;

	for (i = h->r.nb_read; i < (unsigned int)h->r.nb_read + h->r.nb_write && len != 0; i++) {
		n = h->seg[i].len < len ? h->seg[i].len : len;
		memcpy(h->seg[i].ptr, p, n);
		p += n;
		len -= n;
	}
}

/* Answers one that it holds.  0x80: with the input's status and id; 0x40: says so with
 * another length; 0x20: writes nothing.
 */
static void
device_answer(uint8_t how)
{
	unsigned int i = VQ_IS_IN_ORDER(f.dev.kind) ? 0 : (how & 15) % (f.nb_held + !f.nb_held);
	struct virtio_crypto_create_session_input in = { .padding = cpu_to_le32(0) };
	uint32_t status = how & 0x80 ? fuzz_u32(&f.in) : VIRTIO_CRYPTO_OK;
	uint64_t id = how & 0x80 ? fuzz_u64(&f.in) : 100 + f.nb_cmds;
	struct held *h = &f.held[i];
	uint8_t byte = (uint8_t)status;

	if (f.nb_held == 0)
		return;
	if ((how & 0x20) == 0) {
		in.session_id = cpu_to_le64(id);
		in.status = cpu_to_le32(status);
		write_answer(h, h->create ? (void *)&in : &byte, h->create ? sizeof(in) : 1);
		if (h->cmd < MAX_CMDS)
			answered(&f.cmd[h->cmd], h->create ? status : byte, id);
	}
	vqd_push(&f.d, &h->r, how & 0x40 ? fuzz_u32(&f.in) : h->r.write_len);
	f.nb_held--;
	memmove(h, h + 1, (f.nb_held - i) * sizeof(*h));
	for (; i < f.nb_held; i++)
		f.held[i].r.seg = f.held[i].seg;
	vqd_publish(&f.d);
}

static void
scribble(uint8_t how)
{
	struct vq_areas areas;
	uint32_t at = fuzz_u16(&f.in);
	uint8_t bytes[16], len = how & 15;

	fuzz_take(&f.in, bytes, len);
	f.lied = true;
	vq_ring_areas(&areas, f.dev.kind, f.dev.ctrlq.q.size);
	if (how & 64) {		/* anywhere */
		f.scribbled = true;
		at = at * 3u % (uint32_t)(fake_mem_zone.len - len);
	} else if (VQ_IS_PACKED(f.dev.kind)) {
		at = (uint32_t)areas.desc + at % 256;
	} else {
		at = (uint32_t)areas.device + at % 136;
	}
	memcpy((uint8_t *)fake_mem_zone.addr + at, bytes, len);
}

static void
device_act(uint8_t how)
{
	if (!f.enabled)
		return;
	device_pop();
	if (how < 0x10)
		scribble(fuzz_u8(&f.in));
	else if (how < 0xc0)
		device_answer(how < 0x80 ? how & 15 : fuzz_u8(&f.in));
	else if (how < 0xd0)
		for (how &= 15; how > 0 && f.nb_held != 0; how--)
			device_answer(how);
}

/* ---- the transport ---- */

static void call(void);

void
vcrypto_notify(const struct vcrypto_notify *n, uint32_t data)
{
	(void)data;
	FUZZ_CHECK(n == &f.dev.ctrlq.q.notify);
	device_act(fuzz_u8(&f.in));
}

/* While a thread waits: the device, and other threads. */
static int
check(struct vcrypto_transport *t)
{
	uint8_t how = fuzz_u8(&f.in);

	(void)t;
	if (f.lost)
		return -ENODEV;
	if (++f.looks > MAX_LOOKS)
		return -ETIMEDOUT;
	if (how < 0xe0)
		device_act(how);
	else if (how < 0xf8 && f.depth < MAX_DEPTH)
		call();
	else if (how == 0xf8)
		f.lost = true;
	return how == 0xf9 ? -EIO : 0;
}

static uint16_t
queue_max_size(struct vcrypto_transport *t, uint16_t index)
{
	(void)t;
	FUZZ_CHECK(index == CTRLQ);
	return f.max_size;
}

static int
session_create(struct vcrypto_transport *t, uint64_t *session_id, uint32_t *status,
		const struct req_session *s)
{
	(void)t;
	FUZZ_CHECK(s != NULL && s->kind < REQ_NB_KINDS);
	*session_id = fuzz_u64(&f.in);
	*status = fuzz_u8(&f.in);
	return -(int)(fuzz_u8(&f.in) & 3);
}

static int
session_destroy(struct vcrypto_transport *t, uint64_t session_id, uint32_t *status)
{
	(void)t;
	(void)session_id;
	*status = fuzz_u8(&f.in);
	return -(int)(fuzz_u8(&f.in) & 3);
}

static const struct vcrypto_transport_ops ops = {
	.name = "fuzz", .queue_max_size = queue_max_size, .check = check,
	.session_create = session_create, .session_destroy = session_destroy,
};

/* ---- the driver ---- */

/* A command of the number n has ended with rc.  The device, not the rings' liar, decides:
 * success is an answer OK to this very command; an answer in time is what is returned.
 */
static void
judge(unsigned int n, int rc, const uint64_t *id)
{
	const struct cmd *c = &f.cmd[n];

	FUZZ_CHECK(rc <= 0);
	if (!f.dev.traits.has_ctrlq || f.lied)
		return;
	if (rc == 0) {
		FUZZ_CHECK(c->answered && c->status == VIRTIO_CRYPTO_OK);
		FUZZ_CHECK(id == NULL || *id == c->id);
	} else if (rc == -ENOENT || rc == -ENOSPC || rc == -EKEYREJECTED) {
		FUZZ_CHECK(c->answered && req_status_errno(c->status) == rc);
	}
}

static void
create(void)
{
	uint8_t how = fuzz_u8(&f.in), *key = keys[f.depth];
	uint32_t len = how & 0x80 ? fuzz_u16(&f.in) % KEY_MAX : 16u + (how & 0x30);
	struct req_session s = {
		.kind = how & 1 ? REQ_MAC : how & 2 ? REQ_AEAD : REQ_CIPHER,
		.algo = 1 + (how >> 2 & 3), .op = VIRTIO_CRYPTO_OP_ENCRYPT, .key = key,
		.key_len = len < 8 ? 8 : len,
	};
	unsigned int n = f.nb_cmds;
	uint64_t number = KEY_MAGIC + n, id = 0, cookie = vcrypto_cookie(&f.dev);

	if (n == MAX_CMDS)
		return;
	if (s.kind != REQ_CIPHER)
		s.digest_len = 16;
	if (s.kind == REQ_MAC)
		s.op = 0;
	f.cmd[f.nb_cmds++].generation = f.dev.generation;
	memcpy(key, &number, sizeof(number));
	judge(n, vcrypto_ctrl_create(&f.dev, &id, &s, cookie), &id);
}

static void
destroy(void)
{
	enum req_kind kind = (enum req_kind)(fuzz_u8(&f.in) % REQ_NB_KINDS);
	unsigned int n = f.nb_cmds;

	if (n == MAX_CMDS)
		return;
	f.cmd[f.nb_cmds++].generation = f.dev.generation;
	judge(n, vcrypto_ctrl_destroy(&f.dev, kind, KEY_MAGIC + n, vcrypto_cookie(&f.dev)),
		NULL);
}

/* No key but in requests that the device has not given back. */
static void
check_wiped(void)
{
	const uint8_t *p = fake_mem_zone.addr;
	uint64_t v;
	size_t i;

	if (p == NULL || f.scribbled || (f.dev.ctrlq.q.vq != NULL && f.lied))
		return;
	if (f.dev.ctrlq.q.vq != NULL && vq_nb_in_flight(f.dev.ctrlq.q.vq) != 0)
		return;
	for (i = 0; i + sizeof(v) <= fake_mem_zone.len; i += 4) {
		memcpy(&v, p + i, sizeof(v));
		FUZZ_CHECK(v - KEY_MAGIC >= MAX_CMDS);
	}
}

/* Reset, and perhaps up again with another layout, as vcrypto_dev does it. */
static void
reset(uint8_t how)
{
	static const uint16_t sizes[8] = { 16, 2, 4, 8, 1, 0, 3, 1024 };

	f.dev.live = false;
	f.dev.generation++;
	f.enabled = false;
	f.nb_held = 0;
	f.lost = false;
	vcrypto_ctrlq_abort(&f.dev);
	if (f.dev.ctrlq.q.vq != NULL)
		FUZZ_CHECK(vq_nb_in_flight(f.dev.ctrlq.q.vq) == 0);
	f.lied = f.lied && f.dev.ctrlq.q.vq != NULL && f.scribbled;
	check_wiped();
	if (f.depth == 1 && (how & 0xe0) == 0xe0) {
		vcrypto_ctrlq_release(&f.dev);
		FUZZ_CHECK(fake_mem_zone.addr == NULL && f.dev.ctrlq.q.vq == NULL);
	}
	f.dev.kind = (enum vq_kind)(how & 3);
	f.dev.features = (how & 4 ? VIRTIO_F_INDIRECT_DESC : 0) |
		(how & 8 ? VIRTIO_F_EVENT_IDX : 0);
	f.flags = how >> 4 & 3;
	f.max_size = sizes[fuzz_u8(&f.in) & 7];
	if (!f.dev.traits.has_ctrlq) {
		f.dev.live = true;
		return;
	}
	if (vcrypto_ctrlq_setup(&f.dev) != 0) {
		FUZZ_CHECK(f.max_size < 2 && f.dev.ctrlq.q.vq == NULL);
		return;
	}
	f.lied = f.scribbled = false;
	device_open();
	FUZZ_CHECK(vcrypto_ctrlq_usable(&f.dev));
	f.dev.live = true;
}

static void
call(void)
{
	unsigned int looks = f.looks;
	uint8_t op = fuzz_u8(&f.in);

	f.depth++;
	f.looks = 0;
	switch (op % 8) {
	case 0: case 1: case 2: create(); break;
	case 3: case 4: destroy(); break;
	case 5: device_act(fuzz_u8(&f.in)); break;
	case 6: reset(fuzz_u8(&f.in)); break;
	case 7: (void)vcrypto_ctrlq_usable(&f.dev); break;
	}
	check_wiped();
	f.looks = looks;
	f.depth--;
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
	f.dev.lim.max_dataqueues = CTRLQ;
	f.dev.args.ctrl_timeout_ms = 1000;
	f.t.ops = &ops;
	f.dev.traits.has_ctrlq = fuzz_u8(&f.in) != 0xff;
	rte_spinlock_init(&f.dev.ctrlq.lock);
	f.depth = 1;
	reset(fuzz_u8(&f.in));
	f.depth = 0;
	while (f.in.left > 0 && calls++ < MAX_CALLS)
		call();
	f.dev.live = false;
	vcrypto_ctrlq_abort(&f.dev);
	f.lied = false;
	check_wiped();
	vcrypto_ctrlq_release(&f.dev);
	vcrypto_ctrlq_release(&f.dev);
	FUZZ_CHECK(fake_mem_zone.addr == NULL);
	return 0;
}
