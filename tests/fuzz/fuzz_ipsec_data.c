/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The daemon's data path of the IPSEC service with an engine, against a driver that sends what it
 * likes through security associations of its own.
 *
 * Input: engine, where memory lies, features, an association of both directions, then turns of
 * requests: packets of any bytes, packets that this device made, whole, changed or cut, and headers
 * of any bytes; tables of pieces of any shape, also one memory for source and result.  What is
 * answered has a defined status and no more bytes than there was room for; dst has nothing but the
 * result, and nothing at all of a packet that was refused; what is device-readable stays as it
 * was.  With a window a packet is taken once.
 */
#include <errno.h>

#include <openssl/rand.h>

#include "fuzz_engine.h"
#include "fuzz_input.h"
#include "fuzz_pieces.h"
#include "model_ipsec_data.h"

#define MAX_TURNS	6u
#define MAX_TURN	8u	/* requests */
#define MAX_BYTES	512u	/* of a packet from the input */
#define MAX_ROOM	1024u	/* of dst */
#define MAX_MADE	16u	/* packets that went out */

struct made {
	uint8_t p[MAX_ROOM];
	uint32_t len;
	bool taken;
};

/* One request with its memory. */
struct flight {
	struct vcryptod_request r;
	struct vqd_seg readable[FUZZ_ENGINE_PIECES], writable[FUZZ_ENGINE_PIECES];
	uint8_t req[REQ_IPSEC_HDR_LEN + MAX_ROOM];
	uint32_t req_len, dst_len;
	uint8_t *shared;	/* source and result lie here */
	struct made *made;	/* it is sent as it was made; NULL: another one */
	bool outbound;
};

static const char * const engines[] = { "openssl", "ipsec-mb", "auto" };
static struct fuzz_engine models[3];
static struct made made[MAX_MADE];
static struct flight flights[MAX_TURN];
static unsigned int nb_made;
static uint32_t window;
static bool at_page;

/* Inputs repeat. */
int
RAND_bytes(unsigned char *buf, int num)
{
	memset(buf, 0x42, (size_t)num);
	return 1;
}

static struct fuzz_engine *
get_model(unsigned int which)
{
	static const struct vcryptod_model_config cfg = {
		.max_sessions = 1, .max_sas = 2, .max_window = 256,
	};

	return fuzz_engine_get(&models[which], engines[which], &cfg) ? &models[which] : NULL;
}

/* ---- associations ---- */

static void
data_sa(struct req_ipsec_sa *sa, struct fuzz_input *in)
{
	static const struct {
		uint8_t aead, cipher, auth, key, auth_key;
	} algs[] = {
		{ VIRTIO_CRYPTO_AEAD_GCM, 0, 0, 16, 0 },
		{ VIRTIO_CRYPTO_AEAD_CCM, 0, 0, 16, 0 },
		{ VIRTIO_CRYPTO_AEAD_CHACHA20_POLY1305, 0, 0, 32, 0 },
		{ 0, VIRTIO_CRYPTO_CIPHER_AES_CBC, VIRTIO_CRYPTO_MAC_HMAC_SHA_256, 16, 32 },
		{ 0, VIRTIO_CRYPTO_CIPHER_3DES_CBC, VIRTIO_CRYPTO_MAC_CMAC_AES, 24, 16 },
		{ 0, VIRTIO_CRYPTO_CIPHER_AES_CTR, VIRTIO_CRYPTO_MAC_HMAC_SHA_512, 16, 32 },
		{ 0, 0, VIRTIO_CRYPTO_MAC_GMAC_AES, 0, 16 },
		{ 0, 0, VIRTIO_CRYPTO_MAC_XCBC_AES, 0, 16 },
	};
	static const uint8_t key[32] = { 1, 2, 3, 4, 5, 6, 7, 8, 11, 12, 13, 14, 15, 16, 17, 18,
		21, 22, 23, 24, 25, 26, 27, 28 };
	unsigned int alg;

	memset(sa, 0, sizeof(*sa));
	sa->mode = (uint8_t)(fuzz_u8(in) % VIRTIO_CRYPTO_NB_IPSEC_MODES + 1);
	alg = fuzz_u8(in) % 8;
	if (req_ipsec_is_ah(sa->mode))
		alg = 6 + alg % 2;
	sa->options = fuzz_u8(in) & VIRTIO_CRYPTO_IPSEC_OPTIONS;
	if (req_ipsec_is_ah(sa->mode))
		sa->options &= ~VIRTIO_CRYPTO_IPSEC_UDP_ENCAP;
	sa->aead = algs[alg].aead;
	sa->cipher = algs[alg].cipher;
	sa->auth = algs[alg].auth;
	sa->key = sa->auth_key = key;
	sa->key_len = algs[alg].key;
	sa->auth_key_len = algs[alg].auth_key;
	sa->spi = 0x01010101;
	sa->tunnel.ipv6 = fuzz_u8(in) & 1;
	sa->tunnel.dscp = fuzz_u8(in) & 0x3f;
	sa->tunnel.df = sa->tunnel.dscp & 1;
	if (sa->options & VIRTIO_CRYPTO_IPSEC_SA_LIFETIME) {
		sa->life.packets_soft_limit = 2;
		sa->life.bytes_hard_limit = 1500;
	}
	sa->replay_win_sz = fuzz_u8(in);
}

static bool
data_open(struct fuzz_engine *e, const struct req_ipsec_sa *p, bool inbound, uint8_t first)
{
	struct req_ipsec_sa one = *p;
	struct vcryptod_ipsec_sa *sa;

	one.inbound = inbound;
	if (req_ipsec_sa_check(&one) != 0 || req_ipsec_caps_allow(&e->m.admin->caps, &one) != 0)
		return false;
	FUZZ_CHECK(vcryptod_ipsec_sa_open(&sa, e->m.cfg.engine, vcryptod_model_nb_lanes(&e->m), 0,
			&one) == 0);
	/* Numbers that are about to wrap. */
	if (first & 1)
		sa->counter.last = UINT32_MAX - first;
	if ((first & 1) && inbound)
		vcryptod_ipsec_window_update(&sa->window, UINT32_MAX - first);
	FUZZ_CHECK(vcryptod_ipsec_sas_add(&e->m.admin->sas, sa) == 0);
	return true;
}

/* ---- memory of a request ---- */

/* Source and result in one memory, the result where the byte says. */
static void
data_share(struct flight *f, uint8_t where)
{
	uint32_t size = f->req_len + f->dst_len + 1 + where;

	f->shared = fuzz_piece(size, at_page);
	memset(f->shared, FUZZ_UNSET, size);
	memcpy(f->shared, f->req, f->req_len);
	f->readable[0] = (struct vqd_seg){ .ptr = f->shared, .len = f->req_len };
	f->writable[0] = (struct vqd_seg){ .ptr = f->shared + where, .len = f->dst_len + 1 };
	f->r.nb_readable = f->r.nb_writable = 1;
}

/* A packet from the input, or one that was made; f->req behind the header. */
static uint32_t
data_packet(struct flight *f, struct fuzz_input *in, uint8_t kind)
{
	uint8_t *p = f->req + REQ_IPSEC_HDR_LEN;
	struct made *from;
	uint32_t len;
	size_t n;

	if ((kind & 3) != 2 || nb_made == 0) {
		const uint8_t *bytes;

		n = fuzz_u8(in) * 2u;
		bytes = fuzz_bytes(in, &n, n < MAX_BYTES ? n : MAX_BYTES);
		if (n != 0)
			memcpy(p, bytes, n);
		return (uint32_t)n;
	}
	from = &made[fuzz_u8(in) % nb_made];
	memcpy(p, from->p, from->len);
	len = from->len;
	if (kind & 4)
		p[fuzz_u16(in) % len] ^= fuzz_u8(in) | 1;
	else if (kind & 8)
		len -= fuzz_u8(in) % len;
	else
		f->made = from;
	return len;
}

static void
data_prepare(struct flight *f, struct fuzz_input *in)
{
	uint8_t kind = fuzz_u8(in), piece = fuzz_u8(in), piece_out = fuzz_u8(in);
	uint32_t room = fuzz_u16(in) % MAX_ROOM, len, lie = 0;

	memset(f, 0, offsetof(struct flight, req));
	f->made = NULL;
	f->shared = NULL;
	f->outbound = (kind & 3) == 0;
	len = data_packet(f, in, kind);
	FUZZ_CHECK(req_ipsec_header(f->req, REQ_IPSEC_HDR_LEN, !f->outbound, 0) ==
			REQ_IPSEC_HDR_LEN);
	if ((kind & 3) == 3) {
		fuzz_take(in, f->req, REQ_IPSEC_HDR_LEN);
		f->req[1] = 5;
		lie = fuzz_u8(in);
	} else {
		req_set_ipsec(f->req, len, room);
	}
	f->req_len = REQ_IPSEC_HDR_LEN + len;
	f->req_len -= lie < f->req_len ? lie : 0;
	f->dst_len = room;
	memset(&f->r, 0x5a, sizeof(f->r));
	if (kind & 0x80) {
		f->made = NULL;
		data_share(f, piece);
	} else {
		f->r.nb_readable = fuzz_cut(f->readable, f->req, f->req_len, piece, at_page);
		f->r.nb_writable = fuzz_cut(f->writable, NULL, room + 1, piece_out, at_page);
	}
	f->r.readable = f->readable;
	f->r.writable = f->writable;
}

static void
data_drop(struct flight *f)
{
	if (f->shared != NULL) {
		fuzz_piece_free(f->shared, (size_t)(f->writable[0].ptr - f->shared) + f->req_len +
				f->dst_len + 1);
		return;
	}
	fuzz_drop(f->readable, f->r.nb_readable, f->req);
	fuzz_drop(f->writable, f->r.nb_writable, NULL);
}

/* ---- what must hold ---- */

static void
data_check_result(struct flight *f, const uint8_t *dst, uint32_t len)
{
	FUZZ_CHECK(req_ipsec_packet_len(dst, len) == (int)len);
	if (f->outbound && nb_made < MAX_MADE) {
		memcpy(made[nb_made].p, dst, len);
		made[nb_made].taken = false;
		made[nb_made++].len = len;
	}
	if (f->made == NULL)
		return;
	FUZZ_CHECK(window == 0 || !f->made->taken);
	f->made->taken = true;
}

static void
data_check(struct flight *f)
{
	struct vcryptod_span all = { f->writable, 0, f->dst_len + 1 };
	uint8_t dst[MAX_ROOM + 1], status;
	uint32_t len, i;
	bool good;

	FUZZ_CHECK(!f->r.malformed && f->r.written >= 1 && f->r.written <= f->dst_len + 1);
	vcryptod_span_read(dst, &all);
	status = dst[f->dst_len];
	good = status == VIRTIO_CRYPTO_OK || status == VIRTIO_CRYPTO_IPSEC_SA_SOFT_EXPIRY;
	FUZZ_CHECK(good || status == VIRTIO_CRYPTO_ERR || status == VIRTIO_CRYPTO_INVSESS ||
			(status == VIRTIO_CRYPTO_BADMSG && !f->outbound) ||
			status == VIRTIO_CRYPTO_NOTSUPP);
	len = f->r.written - 1;
	FUZZ_CHECK(good == (len != 0));
	for (i = len; f->shared == NULL && i < f->dst_len; i++)
		FUZZ_CHECK(dst[i] == FUZZ_UNSET);
	if (good)
		data_check_result(f, dst, len);
}

static void
data_turn(struct fuzz_engine *e, struct fuzz_input *in)
{
	struct vcryptod_request *r[MAX_TURN];
	uint8_t how = fuzz_u8(in);
	unsigned int n = how % MAX_TURN + 1, i;

	for (i = 0; i < n; i++) {
		data_prepare(&flights[i], in);
		r[i] = &flights[i].r;
	}
	if (how & 0x80)
		for (i = 0; i < n; i++)
			vcryptod_model_long(&e->m, &e->lane, r[i]);
	else
		FUZZ_CHECK(vcryptod_model_turn(&e->m, &e->lane, r, n) == n);
	for (i = 0; i < n; i++) {
		data_check(&flights[i]);
		data_drop(&flights[i]);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = { data, size };
	uint8_t how = fuzz_u8(&in), first;
	struct fuzz_engine *e = get_model((how & 3) % 3);
	struct req_ipsec_sa sa;
	unsigned int i;

	if (e == NULL)
		return 0;
	at_page = (how & 4) != 0;
	vcryptod_model_features(&e->m, how & 8 ? 0 : how & 16 ? VCRYPTOD_FEATURES :
			VIRTIO_CRYPTO_F_REVISION_1);
	nb_made = 0;
	data_sa(&sa, &in);
	window = sa.replay_win_sz;
	first = fuzz_u8(&in);
	if (data_open(e, &sa, false, first) && data_open(e, &sa, true, first))
		for (i = 0; i < MAX_TURNS && in.left != 0; i++)
			data_turn(e, &in);
	vcryptod_ipsec_sas_clear(&e->m.admin->sas);
	return 0;
}
