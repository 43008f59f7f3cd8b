/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A device's back end and its rings, under a front end and a driver that send anything: whole
 * messages that are nearly right, messages of any bytes and in pieces, real descriptors of
 * every kind, shared memory that changes at any time, hang-ups in any state.
 *
 * Input: pairs of a call and a parameter, with what the call needs.  Whatever comes, a
 * connection leaves nothing: no descriptor, mapping, running ring, session or association.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fds.h"
#include "fuzz_fds.h"
#include "fuzz_input.h"
#include "log.h"
#include "vhost_user/front.h"

#define MAX_CALLS	200u
#define QUEUES		2u
#define MEM		65536u
#define GUEST		UINT64_C(0x100000)
#define USER		UINT64_C(0x700000000000)
#define NB_FILES	8u
#define FEATURES	(VIRTIO_F_VERSION_1 | VIRTIO_F_INDIRECT_DESC | VIRTIO_F_EVENT_IDX | \
	VIRTIO_F_RING_PACKED | VIRTIO_F_IN_ORDER | VIRTIO_F_ADMIN_VQ | VIRTIO_CRYPTO_F_REVISION_1)
#define PROTOCOL	(VHU_PROTO_F_MQ | VHU_PROTO_F_REPLY_ACK | VHU_PROTO_F_CONFIG | \
	VHU_PROTO_F_STATUS | VHU_PROTO_F_BACKEND_REQ | VHU_PROTO_F_CRYPTO_SESSION | \
	VHU_PROTO_F_CONFIGURE_MEM_SLOTS)

static struct {
	struct vcryptod_device dev;
	struct vcryptod_front front;
	struct vcryptod_worker worker;
	int peer;			/* -1: no connection */
	int file[NB_FILES];		/* memfds, an eventfd, a pipe, a device, a socket */
	uint8_t *mem;			/* file[0] */
} f;

static uint64_t
stopped_clock(void)
{
	return 1;
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	struct vcryptod_model_config cfg = { .max_dataqueues = QUEUES, .max_size = 4096,
		.max_sessions = 4, .nb_lanes = 1, .max_sas = 2, .max_window = 64,
		.engine = vcryptod_engine_find("null") };
	int pair[2];
	unsigned int i;

	(void)argc;
	(void)argv;
	vcryptod_log_redirect(open("/dev/null", O_WRONLY), stopped_clock);
	FUZZ_CHECK(cfg.engine->init(&cfg.caps) == 0);
	FUZZ_CHECK(vcryptod_device_init(&f.dev, "fuzz", &cfg, REQ_VHU_LAYOUT_AUTO, 0, -1) == 0);
	FUZZ_CHECK(vcryptod_worker_init(&f.worker, cfg.engine, 0, -1,
			vcryptod_model_scratch(cfg.max_size), QUEUES) == 0);
	for (i = 0; i < QUEUES; i++) {
		f.dev.ring[i].worker = &f.worker;
		vcryptod_worker_add(&f.worker, &f.dev.ring[i].vring);
	}
	FUZZ_CHECK(vcryptod_front_init(&f.front, &f.dev, -1, FEATURES, PROTOCOL) == 0);
	f.file[0] = memfd_create("guest", 0);
	f.file[1] = memfd_create("short", MFD_ALLOW_SEALING);
	f.file[2] = eventfd(0, 0);
	FUZZ_CHECK(pipe(pair) == 0);
	f.file[3] = pair[0];
	f.file[4] = pair[1];
	f.file[5] = open("/dev/zero", O_RDWR);
	FUZZ_CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
	f.file[6] = pair[0];
	f.file[7] = memfd_create("empty", 0);
	FUZZ_CHECK(ftruncate(f.file[0], MEM) == 0 && ftruncate(f.file[1], 5000) == 0);
	f.mem = mmap(NULL, MEM, PROT_READ | PROT_WRITE, MAP_SHARED, f.file[0], 0);
	FUZZ_CHECK(f.mem != MAP_FAILED);
	f.peer = -1;
	return 0;
}

/* ---- the connection ---- */

static void
turn(void)
{
	struct pollfd fds[VCRYPTOD_LINK_FDS];
	unsigned int nb = vcryptod_link_fds(&f.front.link, fds);
	uint8_t bytes[4096];

	FUZZ_CHECK(poll(fds, nb, 0) >= 0);
	vcryptod_link_handle(&f.front.link, fds, nb);
	while (f.peer >= 0 && recv(f.peer, bytes, sizeof(bytes), MSG_DONTWAIT) > 0)
		;
}

static void
hang_up(void)
{
	unsigned int i;

	if (f.peer >= 0)
		close(f.peer);
	f.peer = -1;
	turn();
	turn();		/* 32 messages a turn, and fewer than 64 fit into a call's pieces */
	turn();
	/* A message that is not whole may have brought the peer's own end, which keeps the
	 * connection open until the time for the rest of it is over.
	 */
	if (f.front.link.sock >= 0) {
		FUZZ_CHECK(f.front.link.deadline != 0);
		f.front.link.deadline = 1;
		turn();
	}
	FUZZ_CHECK(f.front.link.sock < 0 && f.front.map.nb == 0 && f.front.channel_fd < 0);
	FUZZ_CHECK(f.dev.model.sessions.nb == 0 && f.dev.memory.nb == 0);
	FUZZ_CHECK(vcryptod_ipsec_sas_count(&f.dev.model.admin->sas) == 0);
	for (i = 0; i < f.dev.nb_rings; i++)
		FUZZ_CHECK(!vcryptod_vring_is_active(&f.dev.ring[i].vring) &&
			f.front.ring[i].kick_fd < 0 && f.front.ring[i].call_fd < 0);
}

/* As the link lets a front end in. */
static void
join(void)
{
	int pair[2];

	if (f.front.link.sock >= 0)
		return;
	if (f.peer >= 0)
		close(f.peer);
	FUZZ_CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair) == 0);
	f.front.link.sock = pair[0];
	f.peer = pair[1];
	f.dev.connected = true;
}

static void
send_bytes(const void *bytes, size_t len, const int *fds, unsigned int nb_fds)
{
	if (f.peer < 0 || len == 0)
		return;
	if (fds_send(f.peer, bytes, len, fds, nb_fds) < 0)
		FUZZ_CHECK(errno == EAGAIN || errno == EPIPE || errno == ECONNRESET);
}

static void
say(uint32_t request, const void *payload, uint32_t size, const int *fds, unsigned int nb_fds)
{
	struct {
		struct vhu_header hdr;
		uint8_t payload[VHU_MAX_PAYLOAD];
	} m = { .hdr = { request, VHU_VERSION | VHU_FLAG_NEED_REPLY, size } };

	memcpy(m.payload, payload, size);
	send_bytes(&m, sizeof(m.hdr) + size, fds, nb_fds);
	turn();
}

/* ---- messages that are nearly right ---- */

static void
say_memory(struct fuzz_input *in, uint8_t how)
{
	struct vhu_mem_table t = { .nb_regions = 1 + (how & 1) };
	struct vhu_mem_one one = { .padding = 0 };
	int fds[2] = { f.file[how >> 1 & 7], f.file[0] };

	t.regions[0] = (struct vhu_mem_region){ GUEST, MEM, USER, 0 };
	t.regions[1] = (struct vhu_mem_region){ GUEST + MEM, 4096, USER + MEM, 4096 };
	if (how & 0x20)
		t.regions[0].size = fuzz_u32(in);
	if (how & 0x40)
		t.regions[0].mmap_offset = fuzz_u16(in);
	one.region = t.regions[how & 1];
	if ((how & 0x80) == 0)
		say(VHU_SET_MEM_TABLE, &t, (uint32_t)(8 + t.nb_regions * sizeof(t.regions[0])), fds,
				t.nb_regions);
	else
		say(how & 0x10 ? VHU_REM_MEM_REG : VHU_ADD_MEM_REG, &one, sizeof(one), fds,
				how & 0x10 ? 0 : 1);
}

/* Everything that a ring needs; bits of how leave out one thing, or make it wrong. */
static void
say_ring(struct fuzz_input *in, uint8_t how)
{
	uint32_t q = (how & 3) % (QUEUES + 2);
	struct vhu_vring_state size = { q, 8u << (how >> 6) }, enable = { q, 1 },
		base = { q, (f.dev.features & VIRTIO_F_RING_PACKED) != 0 ? 0x80008000u : 0 };
	uint64_t at = USER + q * 8192, event = q;
	struct vhu_vring_addr a = { .index = q, .desc = at, .avail = at + 4096, .used = at + 6144 };

	if (how & 4)
		size.num = fuzz_u16(in);
	if (how & 8)
		a.used = USER + fuzz_u16(in);
	if (how & 16)
		base.num = fuzz_u32(in);
	say(VHU_SET_VRING_NUM, &size, sizeof(size), NULL, 0);
	say(VHU_SET_VRING_BASE, &base, sizeof(base), NULL, 0);
	say(VHU_SET_VRING_ADDR, &a, sizeof(a), NULL, 0);
	say(VHU_SET_VRING_CALL, &event, 8, &f.file[how & 32 ? fuzz_u8(in) & 7 : 2], 1);
	say(VHU_SET_VRING_KICK, &event, 8, &f.file[2], 1);
	say(VHU_SET_VRING_ENABLE, &enable, sizeof(enable), NULL, 0);
}

static void
say_state(uint32_t request, uint8_t how)
{
	struct vhu_vring_state s = { how & 7, how >> 3 & 1 };

	say(request, &s, sizeof(s), NULL, 0);
}

static void
say_u64(uint32_t request, uint64_t value)
{
	say(request, &value, sizeof(value), NULL, 0);
}

static void
say_session(struct fuzz_input *in, uint8_t how)
{
	struct vhu_session_plain p = { .sym = { .cipher_algo = VIRTIO_CRYPTO_CIPHER_AES_CBC,
		.cipher_key_len = 16, .op_type = 1, .direction = 1 } };

	if (how & 1)
		fuzz_take(in, &p.sym, sizeof(p.sym));
	say(VHU_CREATE_CRYPTO_SESSION, &p, sizeof(p), NULL, 0);
}

/* ---- anything ---- */

static void
say_anything(struct fuzz_input *in, uint8_t how)
{
	struct {
		struct vhu_header hdr;
		uint8_t payload[VHU_MAX_PAYLOAD + 8];
	} m = { .hdr = { fuzz_u8(in), VHU_VERSION, fuzz_u16(in) % sizeof(m.payload) } };
	unsigned int nb = how >> 4 & 7, i;
	int fds[8];
	size_t len = sizeof(m.hdr) + m.hdr.size;

	if (how & 1)
		m.hdr.flags |= VHU_FLAG_NEED_REPLY;
	if (how & 2)
		m.hdr.flags = fuzz_u8(in);
	if (how & 4)
		m.hdr.size = fuzz_u32(in);
	fuzz_take(in, m.payload, m.hdr.size < sizeof(m.payload) ? m.hdr.size : sizeof(m.payload));
	for (i = 0; i < nb; i++)
		fds[i] = f.file[fuzz_u8(in) & 7];
	send_bytes(&m, how & 8 ? len / 2 : len, fds, nb);
	turn();
}

static void
change_memory(struct fuzz_input *in, uint8_t how)
{
	uint32_t at = fuzz_u16(in) % (MEM - 64);

	if (how & 1)	/* a descriptor of a chain, and an index that shows it */
		at = (how >> 1 & 3) * 8192 + (how & 8 ? 4096 : how & 16 ? 6144 : 0) +
			(at & 0x7f);
	fuzz_take(in, f.mem + at, how & 32 ? 64 : 16);
}

static void
serve(void)
{
	unsigned int i;

	f.worker.lane.spent = false;
	for (i = 0; i < f.dev.nb_rings; i++)
		(void)vcryptod_vring_serve(&f.dev.ring[i].vring, &f.worker.lane);
	f.front.link.ops->announce(&f.front);
}

static void
call(struct fuzz_input *in)
{
	uint8_t what = fuzz_u8(in), how = fuzz_u8(in);

	switch (what % 16) {
	case 0: say_u64(VHU_SET_FEATURES, FEATURES & (how & 1 ? UINT64_MAX : fuzz_u64(in))); break;
	case 1: say_u64(VHU_SET_PROTOCOL_FEATURES, PROTOCOL & (how & 1 ? UINT64_MAX : how)); break;
	case 2: say_memory(in, how); break;
	case 3: case 4: say_ring(in, how); break;
	case 5: say_state(VHU_GET_VRING_BASE, how); break;
	case 6: say_state(VHU_SET_VRING_ENABLE, how); break;
	case 7: say_u64(VHU_SET_STATUS, how); break;
	case 8: say_session(in, how); break;
	case 9: say_u64(VHU_CLOSE_CRYPTO_SESSION, fuzz_u64(in)); break;
	case 10: say(VHU_SET_BACKEND_REQ_FD, "", 0, how & 1 ? &f.peer : &f.file[6], 1); break;
	case 11: say_anything(in, how); break;
	case 12: change_memory(in, how); break;
	case 13: case 14: serve(); break;
	default:
		if ((how & 3) == 0)
			hang_up();
		join();
		break;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = { data, size };
	unsigned int calls = 0, open_fds = fuzz_fds_open();

	memset(f.mem, 0, MEM);
	join();
	while (in.left > 0 && calls++ < MAX_CALLS)
		call(&in);
	hang_up();
	FUZZ_CHECK(fuzz_fds_open() == open_fds);
	return 0;
}
