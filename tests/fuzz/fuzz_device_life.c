/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The life of one device of vcryptod: messages in any order, hang-ups and resets, with requests
 * in its rings and in the middle of a worker's turn.
 *
 * Input: the engine and features, then calls: whole set-ups and single messages of the front
 * end, handed over as they are when they have arrived; requests of the driver and what comes
 * back; bytes into memory; a worker's turn, from one of its pauses to another (fuzz_turn.h):
 * when it looks up an address, and before and after the engine has the requests.  Then the
 * message thread goes on, and waits for the turn where it must.
 *
 * Each request that was made available comes back once at most; where the input wrote into no
 * ring, nothing is written but what requests and rings allow; in the end no session, mapping
 * and descriptor is left.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "fuzz_fds.h"
#include "fuzz_guest.h"
#include "fuzz_turn.h"
#include "log.h"
#include "req_ctrl.h"
#include "req_data.h"
#include "vhost_user/front.h"
#include "vhost_user/message.h"

#define MAX_CALLS	200u
#define DATA_QUEUES	(GUEST_QUEUES - 1)
#define MAX_SESSIONS	4u
#define GUEST_AT	UINT64_C(0x100000)
#define USER_AT		UINT64_C(0x700000000000)
#define PROTOCOL	(VHU_PROTO_F_MQ | VHU_PROTO_F_REPLY_ACK | VHU_PROTO_F_STATUS | \
	VHU_PROTO_F_CRYPTO_SESSION | VHU_PROTO_F_CONFIGURE_MEM_SLOTS)
#define RINGS		(VIRTIO_F_VERSION_1 | VIRTIO_F_EVENT_IDX | VIRTIO_F_INDIRECT_DESC | \
	VIRTIO_F_RING_PACKED)
#define FEATURES	(RINGS | VIRTIO_CRYPTO_F_REVISION_1 | \
	VIRTIO_CRYPTO_F_CIPHER_STATELESS_MODE)

static const char * const names[] = { "null", "openssl", "ipsec-mb", "auto" };

static struct life {
	struct vcryptod_device dev;
	struct vcryptod_front front;
	struct vcryptod_worker worker;
	struct guest guest;
	int event;			/* an eventfd */
	unsigned int turn_ring;		/* of the turn that is on, or of the next */
	bool turn_arms;			/* it is no turn of service, but the end of the work */
	uint64_t id[MAX_SESSIONS];	/* of the sessions last seen, some of them gone */
} f;

/* ---- the worker ---- */

static const struct vcryptod_engine *real;	/* behind the one that pauses */
static struct vcryptod_engine engine;
static bool engine_ready[4];
static struct vcryptod_caps engine_caps[4];
static struct vcryptod_figures *figures;	/* zeroed for each device */

static void
paused_process(struct vcryptod_lane *lane, struct vcryptod_op **ops, unsigned int n)
{
	fuzz_turn_point();
	real->process(lane, ops, n);
	fuzz_turn_point();
}

void *__real_vcryptod_memory_translate(void *ctx, uint64_t addr, uint64_t *len, bool write);
void *__wrap_vcryptod_memory_translate(void *ctx, uint64_t addr, uint64_t *len, bool write);
void *
__wrap_vcryptod_memory_translate(void *ctx, uint64_t addr, uint64_t *len, bool write)
{
	fuzz_turn_point();
	return __real_vcryptod_memory_translate(ctx, addr, len, write);
}

static void
turn_body(void)
{
	struct vcryptod_vring *v = &f.dev.ring[f.turn_ring].vring;

	if (f.turn_arms) {
		(void)vcryptod_vring_arm(v);
		fuzz_turn_point();
		vcryptod_vring_disarm(v);
		return;
	}
	f.worker.lane.spent = false;
	FUZZ_CHECK(vcryptod_vring_serve(v, &f.worker.lane) <= VCRYPTOD_BATCH);
}

static void
turn(uint8_t how)
{
	if (!fuzz_turn_is_on()) {
		f.turn_ring = (how & 3) % GUEST_QUEUES;
		f.turn_arms = (how & 0x1c) == 0x1c;
	}
	fuzz_turn_go(how >> 5 == 7 ? FUZZ_TURN_NO_PAUSE : how >> 5);
}

static void
end_turn(void)
{
	while (fuzz_turn_is_on())
		fuzz_turn_go(FUZZ_TURN_NO_PAUSE);
}

/* ---- the front end ---- */

static bool
is_up(unsigned int q)
{
	return vcryptod_vring_is_active(&f.dev.ring[q].vring);
}

/* Everything is as before the first connection. */
static void
hang_up(void)
{
	unsigned int i;

	vcryptod_message_forget(&f.front);
	f.dev.connected = false;
	f.front.refused = 0;
	FUZZ_CHECK(f.front.map.nb == 0 && f.dev.memory.nb == 0);
	FUZZ_CHECK(f.dev.model.sessions.nb == 0);
	for (i = 0; i < GUEST_QUEUES; i++)
		FUZZ_CHECK(!is_up(i) && f.front.ring[i].kick_fd < 0 &&
			f.front.ring[i].call_fd < 0);
	for (i = 0; i < GUEST_QUEUES; i++)
		guest_poll(&f.guest, i);
	guest_check(&f.guest);
	guest_reset(&f.guest);
	f.dev.connected = true;
}

/* A message that has arrived.  Descriptors are duplicates of fds. */
static void
say(uint32_t request, const void *payload, uint32_t size, int fd, unsigned int nb_fds)
{
	struct vhu_inbox *in = &f.front.in;
	unsigned int i;
	int rc;

	*in = (struct vhu_inbox){ .hdr = { request, VHU_VERSION | VHU_FLAG_NEED_REPLY, size },
		.nb_fds = nb_fds };
	memcpy(in->p.bytes, payload, size);
	for (i = 0; i < nb_fds; i++)
		in->fd[i] = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	rc = vcryptod_message_handle(&f.front);
	FUZZ_CHECK(rc == 0 || rc == -EPROTO);
	vhu_inbox_clear(in);
	memset(&f.front.out, 0, sizeof(f.front.out));
	if (rc != 0)
		hang_up();
}

static void
say_u64(uint32_t request, uint64_t value)
{
	say(request, &value, sizeof(value), -1, 0);
}

static void
say_state(uint32_t request, unsigned int q, uint32_t value)
{
	struct vhu_vring_state s = { q, value };

	say(request, &s, sizeof(s), -1, 0);
}

static void
say_event(uint32_t request, unsigned int q, int fd)
{
	uint64_t v = fd >= 0 ? q : q | VHU_VRING_NO_FD;

	say(request, &v, sizeof(v), fd, fd >= 0 ? 1 : 0);
}

static void
say_addr(unsigned int q, uint64_t shift)
{
	uint64_t at = USER_AT + q * GUEST_QUEUE + shift;
	struct vhu_vring_addr a = { .index = q, .desc = at, .avail = at + GUEST_AVAIL,
		.used = at + GUEST_USED };

	say(VHU_SET_VRING_ADDR, &a, sizeof(a), -1, 0);
}

/* Rings that the driver has set up in another layout are not what they were. */
static void
say_features(uint8_t how)
{
	uint64_t features = RINGS | VHU_F_PROTOCOL_FEATURES;
	unsigned int i;

	if (how & 1)
		features &= ~VIRTIO_F_RING_PACKED;
	if (how & 2)
		features &= ~VIRTIO_F_EVENT_IDX;
	if (how & 4)
		features &= ~VIRTIO_F_INDIRECT_DESC;
	if (how & 8)
		features |= VIRTIO_CRYPTO_F_REVISION_1;
	if (how & 16)
		features |= VIRTIO_CRYPTO_F_CIPHER_STATELESS_MODE;
	for (i = 0; i < GUEST_QUEUES; i++)
		f.guest.unclear |= f.guest.queue[i].size != 0;
	say_u64(VHU_SET_FEATURES, features);
	f.guest.packed = (features & VIRTIO_F_RING_PACKED) != 0;
	f.guest.indirect = (features & VIRTIO_F_INDIRECT_DESC) != 0;
	say_u64(VHU_SET_PROTOCOL_FEATURES, how & 32 ? 0 : PROTOCOL);
}

/* Two regions, of which a bit leaves out the one with the requests. */
static void
say_memory(uint8_t how)
{
	struct vhu_mem_table t = { .nb_regions = how & 1 ? 1 : 2 };
	struct vhu_mem_one one = { .padding = 0 };

	t.regions[0] = (struct vhu_mem_region){ GUEST_AT, GUEST_HALF, USER_AT, 0 };
	t.regions[1] = (struct vhu_mem_region){ GUEST_AT + GUEST_HALF, GUEST_MEM - GUEST_HALF,
		USER_AT + GUEST_HALF, GUEST_HALF };
	one.region = t.regions[1];
	if (how & 8)
		say(how & 16 ? VHU_ADD_MEM_REG : VHU_REM_MEM_REG, &one, sizeof(one), f.guest.fd,
			how & 16 ? 1 : 0);
	else
		say(VHU_SET_MEM_TABLE, &t, (uint32_t)(8 + t.nb_regions * sizeof(t.regions[0])),
			f.guest.fd, how & 4 ? 0 : t.nb_regions);
}

static void
say_ring_up(unsigned int q, uint8_t how)
{
	uint16_t size = (uint16_t)(2u << (how >> 5 & 3));

	say_state(VHU_SET_VRING_NUM, q, size);
	/* It has stopped, and stays so until the kick descriptor comes. */
	FUZZ_CHECK(!is_up(q));
	guest_begin_queue(&f.guest, q, size);
	say_state(VHU_SET_VRING_BASE, q, f.guest.packed ? 0x80008000u : 0);
	say_addr(q, 0);
	say_event(VHU_SET_VRING_CALL, q, how & 4 ? -1 : f.event);
	say_event(VHU_SET_VRING_KICK, q, how & 8 ? -1 : f.event);
	say_state(VHU_SET_VRING_ENABLE, q, how & 16 ? 0 : 1);
}

/* One message for a ring.  What differs from what the driver has is noted first. */
static void
say_ring(struct fuzz_input *in, uint8_t how)
{
	unsigned int q = (how & 3) % GUEST_QUEUES;
	struct guest_queue *k = &f.guest.queue[q];

	switch (how >> 2 & 15) {
	case 0: case 1: say_state(VHU_SET_VRING_ENABLE, q, 0); break;
	case 2: case 3: case 4: say_state(VHU_SET_VRING_ENABLE, q, 1); break;
	case 5: say_event(VHU_SET_VRING_KICK, q, f.event); break;
	case 6: say_event(VHU_SET_VRING_KICK, q, -1); break;
	case 7: say_event(VHU_SET_VRING_CALL, q, how & 64 ? f.event : -1); break;
	case 8: say_event(VHU_SET_VRING_KICK, q, f.guest.fd); break;
	case 9: case 10: say_state(VHU_GET_VRING_BASE, q, 0); break;
	case 11: say_addr(q, 0); break;
	case 12: say_state(VHU_SET_VRING_NUM, q, k->size); break;
	case 13:
		f.guest.unclear = true;
		say_state(VHU_SET_VRING_NUM, q, fuzz_u16(in));
		break;
	case 14:
		f.guest.unclear = true;
		say_addr(q, fuzz_u16(in));
		break;
	case 15:
		f.guest.unclear = true;
		say_state(VHU_SET_VRING_BASE, q, fuzz_u32(in));
		break;
	}
}

static void
say_session(uint8_t how)
{
	struct vhu_session_plain p = { .sym = { .cipher_algo = VIRTIO_CRYPTO_CIPHER_AES_CBC,
		.cipher_key_len = 16, .op_type = 1, .direction = 1 + (how >> 1 & 1u) } };

	if (how & 1)
		say_u64(VHU_CLOSE_CRYPTO_SESSION, f.id[how >> 2 & (MAX_SESSIONS - 1)]);
	else
		say(VHU_CREATE_CRYPTO_SESSION, &p, sizeof(p), -1, 0);
}

/* ---- the driver ---- */

/* Ids stay known when their sessions are gone. */
static void
note_sessions(void)
{
	unsigned int i;

	for (i = 0; i < MAX_SESSIONS; i++)
		if (f.dev.model.sessions.slot[i] != NULL)
			f.id[i] = f.dev.model.sessions.slot[i]->id;
}

static void
request_control(struct fuzz_input *in, uint8_t how)
{
	static const uint8_t key[32] = { 1, 2, 3 };
	static const struct req_session kinds[4] = {
		{ .kind = REQ_CIPHER, .algo = VIRTIO_CRYPTO_CIPHER_AES_CTR, .key_len = 16 },
		{ .kind = REQ_MAC, .algo = VIRTIO_CRYPTO_MAC_HMAC_SHA1, .key_len = 20,
			.digest_len = 20 },
		{ .kind = REQ_AEAD, .algo = VIRTIO_CRYPTO_AEAD_GCM, .key_len = 16,
			.digest_len = 16 },
		{ .kind = REQ_CIPHER, .algo = VIRTIO_CRYPTO_CIPHER_AES_CBC, .key_len = 32 },
	};
	struct req_session s = kinds[how >> 2 & 3];
	unsigned int layout = f.dev.model.layout[req_kind_service(s.kind)];
	uint8_t req[GUEST_READABLE];
	int n;

	s.key = key;
	s.op = 1 + (how >> 4 & 1u);
	if (how & 2)
		n = req_destroy_build(req, sizeof(req), s.kind,
			f.id[fuzz_u8(in) % MAX_SESSIONS], layout);
	else
		n = req_create_build(req, sizeof(req), &s, layout);
	if (n > 0)
		(void)guest_request(&f.guest, DATA_QUEUES, req, (size_t)n, how & 2 ? 1 : 16,
			how);
}

static void
set_lengths(uint8_t *lens, enum req_kind kind, uint8_t len, uint8_t tag)
{
	if (kind == REQ_CIPHER)
		req_set_cipher(lens, len, len);
	else if (kind == REQ_AEAD)
		req_set_aead(lens, 0, len, (uint32_t)len + tag);
	else
		req_set_hash(lens, len);
}

/* Of a session that lives or has lived; its lengths may not fit. */
static void
request_data(struct fuzz_input *in, unsigned int q, uint8_t how)
{
	const struct vcryptod_session *live = f.dev.model.sessions.slot[how >> 2 & 3];
	uint8_t req[GUEST_READABLE] __attribute__((aligned(8))) = { 0 };
	struct req_session s = { .kind = REQ_CIPHER, .algo = VIRTIO_CRYPTO_CIPHER_AES_CBC,
		.op = 1 };
	uint8_t len = fuzz_u8(in) & 127;
	unsigned int layout;
	int n;

	if (live != NULL)
		s = live->p;
	if ((how & 0x80) == 0)
		len &= 0x70;
	layout = f.dev.model.layout[req_kind_service(s.kind)];
	n = req_data_header(req, sizeof(req), &s, f.id[how >> 2 & 3],
		s.kind == REQ_AEAD ? 12 : s.kind == REQ_MAC ? 0 : 16, 0, layout, 0);
	if (n <= 0)
		return;
	set_lengths(req + req_data_shift(s.kind, layout), s.kind, len, (uint8_t)s.digest_len);
	n += len + 16;
	if (n <= (int)GUEST_READABLE && len + s.digest_len + 1 <= GUEST_WRITABLE)
		(void)guest_request(&f.guest, q, req, (size_t)n, len + s.digest_len + 1, how);
}

static void
request(struct fuzz_input *in, uint8_t how)
{
	unsigned int q = (how & 3) % GUEST_QUEUES, nb = 1 + (how >> 5 & 3u);

	for (; nb > 0; nb--) {
		if (q == DATA_QUEUES)
			request_control(in, fuzz_u8(in));
		else
			request_data(in, q, fuzz_u8(in));
	}
}

/* ---- one input ---- */

/* What a driver and its front end do first. */
static void
set_up(uint8_t how)
{
	unsigned int q;

	say_features(how);
	say_memory(0);
	for (q = 0; q < GUEST_QUEUES; q++)
		say_ring_up(q, 0x60);
	say_u64(VHU_SET_STATUS, VIRTIO_S_ACKNOWLEDGE | VIRTIO_S_DRIVER | VIRTIO_S_FEATURES_OK |
		VIRTIO_S_DRIVER_OK);
}

static void
call(struct fuzz_input *in)
{
	uint8_t what = fuzz_u8(in), how = fuzz_u8(in);

	note_sessions();
	switch (what % 16) {
	case 0: set_up(how); break;
	case 1: say_memory(how); break;
	case 2: say_ring_up((how & 3) % GUEST_QUEUES, how); break;
	case 3: case 4: say_ring(in, how); break;
	case 5: say_u64(VHU_SET_STATUS, how & 1 ? 0 : how); break;
	case 6: say_session(how); break;
	case 7: case 8: request(in, how); break;
	case 9: guest_poll(&f.guest, (how & 3) % GUEST_QUEUES); break;
	case 10: guest_scribble(&f.guest, in); break;
	case 11: case 12: case 13: turn(how); break;
	case 14: end_turn(); break;
	case 15:
		if (how < 0x20)
			hang_up();
		else if (how < 0x40)
			say(VHU_RESET_OWNER, "", 0, -1, 0);
		else if (how < 0x60)
			say_features(how);
		else
			turn(how);
		break;
	}
}

static bool
choose_engine(unsigned int which)
{
	real = vcryptod_engine_find(names[which]);
	if (real == NULL)
		return false;
	if (!engine_ready[which])
		FUZZ_CHECK(real->init(&engine_caps[which]) == 0);
	engine_ready[which] = true;
	engine = *real;
	engine.process = paused_process;
	return true;
}

/* how: the seed of what is completed out of order, or 0. */
static void
begin_device(unsigned int which, uint8_t how)
{
	struct vcryptod_model_config cfg = { .max_dataqueues = DATA_QUEUES, .max_size = 4096,
		.max_sessions = MAX_SESSIONS, .nb_lanes = 1, .engine = &engine,
		.caps = engine_caps[which], .figures = figures };
	unsigned int i;

	memset(figures, 0, vcryptod_figures_size(DATA_QUEUES));
	FUZZ_CHECK(vcryptod_device_init(&f.dev, "life", &cfg, REQ_VHU_LAYOUT_AUTO, how, -1) == 0);
	FUZZ_CHECK(vcryptod_worker_init(&f.worker, cfg.engine, 0, -1,
			vcryptod_model_scratch(cfg.max_size), DATA_QUEUES) == 0);
	for (i = 0; i < DATA_QUEUES; i++) {
		f.dev.ring[i].worker = &f.worker;
		vcryptod_worker_add(&f.worker, &f.dev.ring[i].vring);
	}
	FUZZ_CHECK(vcryptod_front_init(&f.front, &f.dev, -1, FEATURES, PROTOCOL) == 0);
	f.dev.connected = true;
}

static uint64_t
stopped_clock(void)
{
	return 1;
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	vcryptod_log_redirect(open("/dev/null", O_WRONLY | O_CLOEXEC), stopped_clock);
	f.event = eventfd(0, EFD_CLOEXEC);
	FUZZ_CHECK(f.event >= 0);
	figures = vcryptod_figures_open(-1, DATA_QUEUES);
	FUZZ_CHECK(figures != NULL);
	guest_init(&f.guest, GUEST_AT);
	fuzz_turn_init(turn_body);
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = { data, size };
	uint8_t how = fuzz_u8(&in);
	unsigned int which = how & 3, calls = 0, open_fds;

	if (!choose_engine(which))
		return 0;
	open_fds = fuzz_fds_open();
	fuzz_turn_watch(true);
	memset(f.id, 0, sizeof(f.id));
	guest_reset(&f.guest);
	begin_device(which, how & 4 ? how : 0);
	set_up(how >> 3);
	while (in.left > 0 && calls++ < MAX_CALLS)
		call(&in);
	hang_up();
	end_turn();
	vcryptod_link_fini(&f.front.link);
	vcryptod_worker_fini(&f.worker);
	vcryptod_device_fini(&f.dev);
	fuzz_turn_watch(false);
	FUZZ_CHECK(fuzz_fds_open() == open_fds);
	return 0;
}
