/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A device's back end and its rings, under a front end and a driver that send anything: whole
 * messages that are nearly right, messages of any bytes and in pieces, real descriptors of
 * every kind, shared memory that changes at any time, hang-ups in any state.
 *
 * Input: pairs of a call and a parameter, with what the call needs.  Whatever comes, a
 * connection leaves nothing: no descriptor, mapping, running ring, session or association.
 */
#include "fuzz_fds.h"
#include "fuzz_link.h"
#include "vhost_user/front.h"

#define MAX_CALLS	200u
#define MEM		FUZZ_LINK_MEM
#define GUEST		FUZZ_LINK_GUEST
#define USER		UINT64_C(0x700000000000)
#define PROTOCOL	(VHU_PROTO_F_MQ | VHU_PROTO_F_REPLY_ACK | VHU_PROTO_F_CONFIG | \
	VHU_PROTO_F_STATUS | VHU_PROTO_F_BACKEND_REQ | VHU_PROTO_F_CRYPTO_SESSION | \
	VHU_PROTO_F_CONFIGURE_MEM_SLOTS)

static struct {
	struct fuzz_link l;
	struct vcryptod_front front;
} f;

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	fuzz_link_init(&f.l);
	FUZZ_CHECK(vcryptod_front_init(&f.front, &f.l.dev, -1, FUZZ_LINK_FEATURES, PROTOCOL) ==
			0);
	f.l.link = &f.front.link;
	return 0;
}

/* ---- the connection ---- */

static void
turn(void)
{
	fuzz_link_turn(&f.l);
}

static void
hang_up(void)
{
	unsigned int i;

	fuzz_link_hang_up(&f.l, turn);
	FUZZ_CHECK(f.front.map.nb == 0 && f.front.channel_fd < 0);
	for (i = 0; i < f.l.dev.nb_rings; i++)
		FUZZ_CHECK(f.front.ring[i].kick_fd < 0 && f.front.ring[i].call_fd < 0);
}

static void
say(uint32_t request, const void *payload, uint32_t size, const int *fds, unsigned int nb_fds)
{
	struct {
		struct vhu_header hdr;
		uint8_t payload[VHU_MAX_PAYLOAD];
	} m = { .hdr = { request, VHU_VERSION | VHU_FLAG_NEED_REPLY, size } };

	memcpy(m.payload, payload, size);
	fuzz_link_send(&f.l, &m, sizeof(m.hdr) + size, fds, nb_fds);
	turn();
}

/* ---- messages that are nearly right ---- */

static void
say_memory(struct fuzz_input *in, uint8_t how)
{
	struct vhu_mem_table t = { .nb_regions = 1 + (how & 1) };
	struct vhu_mem_one one = { .padding = 0 };
	int fds[2] = { f.l.file[how >> 1 & 7], f.l.file[0] };

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
	uint32_t q = (how & 3) % (FUZZ_LINK_QUEUES + 2);
	struct vhu_vring_state size = { q, 8u << (how >> 6) }, enable = { q, 1 },
		base = { q, (f.l.dev.features & VIRTIO_F_RING_PACKED) != 0 ? 0x80008000u : 0 };
	uint64_t at = USER + q * FUZZ_LINK_RING, event = q;
	struct vhu_vring_addr a = { .index = q, .desc = at, .avail = at + FUZZ_LINK_AVAIL,
		.used = at + FUZZ_LINK_USED };

	if (how & 4)
		size.num = fuzz_u16(in);
	if (how & 8)
		a.used = USER + fuzz_u16(in);
	if (how & 16)
		base.num = fuzz_u32(in);
	say(VHU_SET_VRING_NUM, &size, sizeof(size), NULL, 0);
	say(VHU_SET_VRING_BASE, &base, sizeof(base), NULL, 0);
	say(VHU_SET_VRING_ADDR, &a, sizeof(a), NULL, 0);
	say(VHU_SET_VRING_CALL, &event, 8, &f.l.file[how & 32 ? fuzz_u8(in) & 7 : 2], 1);
	say(VHU_SET_VRING_KICK, &event, 8, &f.l.file[2], 1);
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
		fds[i] = f.l.file[fuzz_u8(in) & 7];
	fuzz_link_send(&f.l, &m, how & 8 ? len / 2 : len, fds, nb);
	turn();
}

static void
call(struct fuzz_input *in)
{
	uint8_t what = fuzz_u8(in), how = fuzz_u8(in);

	switch (what % 16) {
	case 0:
		say_u64(VHU_SET_FEATURES, FUZZ_LINK_FEATURES & (how & 1 ? UINT64_MAX :
				fuzz_u64(in)));
		break;
	case 1: say_u64(VHU_SET_PROTOCOL_FEATURES, PROTOCOL & (how & 1 ? UINT64_MAX : how)); break;
	case 2: say_memory(in, how); break;
	case 3: case 4: say_ring(in, how); break;
	case 5: say_state(VHU_GET_VRING_BASE, how); break;
	case 6: say_state(VHU_SET_VRING_ENABLE, how); break;
	case 7: say_u64(VHU_SET_STATUS, how); break;
	case 8: say_session(in, how); break;
	case 9: say_u64(VHU_CLOSE_CRYPTO_SESSION, fuzz_u64(in)); break;
	case 10: say(VHU_SET_BACKEND_REQ_FD, "", 0, how & 1 ? &f.l.peer : &f.l.file[6], 1); break;
	case 11: say_anything(in, how); break;
	case 12: fuzz_link_change_memory(&f.l, in, how); break;
	case 13: case 14: fuzz_link_serve(&f.l); break;
	default:
		if ((how & 3) == 0)
			hang_up();
		(void)fuzz_link_join(&f.l);
		break;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = { data, size };
	unsigned int calls = 0, open_fds = fuzz_fds_open();

	memset(f.l.mem, 0, MEM);
	(void)fuzz_link_join(&f.l);
	while (in.left > 0 && calls++ < MAX_CALLS)
		call(&in);
	hang_up();
	FUZZ_CHECK(fuzz_fds_open() == open_fds);
	return 0;
}
