/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The IPSEC service of a device model; see ipsec_rig.h.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ipsec_bytes.h"
#include "ipsec_rig.h"

#define GUARD		0x5c
#define GUARD_LEN	24u

bool
ix_init(struct ix *ix, const char *engine)
{
	const struct vcryptod_model_config cfg = {
		.max_size = 2 * IX_PACKET_MAX,	/* a packet and its result */
		.max_sas = IX_SAS,
		.max_window = IX_WINDOW,
	};

	if (!fx_init_config(&ix->fx, engine, &cfg))
		return false;
	fx_layout(&ix->fx, FX_REVISION_1);
	return true;
}

void
ix_fini(struct ix *ix)
{
	fx_fini(&ix->fx);
}

int
ix_setup(void **state)
{
	struct ix *ix = calloc(1, sizeof(*ix));

	assert_non_null(ix);
	assert_true(ix_init(ix, "auto"));
	*state = ix;
	return 0;
}

int
ix_teardown(void **state)
{
	ix_fini(*state);
	free(*state);
	return 0;
}

/* ---- associations ---- */

uint16_t
ix_key_len(enum virtio_crypto_service service, uint32_t number)
{
	if (number == 0)
		return 0;
	if (service == VIRTIO_CRYPTO_SERVICE_CIPHER && number == VIRTIO_CRYPTO_CIPHER_DES_CBC)
		return 8;
	if (service == VIRTIO_CRYPTO_SERVICE_CIPHER && number == VIRTIO_CRYPTO_CIPHER_3DES_CBC)
		return 24;
	if (service == VIRTIO_CRYPTO_SERVICE_AEAD &&
			number == VIRTIO_CRYPTO_AEAD_CHACHA20_POLY1305)
		return 32;
	return 16;
}

static void
sa_base(struct ix_sa *s, uint8_t mode)
{
	unsigned int i;

	memset(s, 0, sizeof(*s));
	for (i = 0; i < sizeof(s->key); i++) {
		s->key[i] = (uint8_t)(0x11 * i + 7);
		s->auth_key[i] = (uint8_t)(0x35 * i + 1);
	}
	s->p.mode = mode;
	s->p.spi = 0x12345678;
	memcpy(s->p.salt, "salt", 4);
	s->p.tunnel.src[0] = 10;
	s->p.tunnel.src[3] = 1;
	s->p.tunnel.dst[0] = 10;
	s->p.tunnel.dst[3] = s->p.tunnel.dst[15] = 2;
	s->p.replay_win_sz = 64;
	s->p.udp_sport = s->p.udp_dport = 4500;
}

void
ix_sa_aead(struct ix_sa *s, uint8_t mode, uint32_t aead)
{
	sa_base(s, mode);
	s->p.aead = aead;
	s->p.key_len = ix_key_len(VIRTIO_CRYPTO_SERVICE_AEAD, aead);
}

void
ix_sa_two(struct ix_sa *s, uint8_t mode, uint32_t cipher, uint32_t mac)
{
	sa_base(s, mode);
	s->p.cipher = cipher;
	s->p.key_len = ix_key_len(VIRTIO_CRYPTO_SERVICE_CIPHER, cipher);
	s->p.auth = mac;
	s->p.auth_key_len = ix_key_len(VIRTIO_CRYPTO_SERVICE_MAC, mac);
}

int
ix_open(struct ix *ix, const struct ix_sa *s, bool inbound, uint32_t id)
{
	struct vcryptod_ipsec_sa *sa;
	struct req_ipsec_sa p = s->p;

	p.inbound = inbound;
	p.key = p.key_len != 0 ? s->key : NULL;
	p.auth_key = p.auth_key_len != 0 ? s->auth_key : NULL;
	if (inbound)
		memset(&p.tunnel, 0, sizeof(p.tunnel));
	else
		p.replay_win_sz = 0;
	assert_int_equal(req_ipsec_sa_check(&p), 0);
	if (req_ipsec_caps_allow(&ix->fx.model.admin->caps, &p) != 0)
		return -ENOTSUP;
	assert_int_equal(vcryptod_ipsec_sa_open(&sa, ix->fx.model.cfg.engine,
			vcryptod_model_nb_lanes(&ix->fx.model), id, &p), 0);
	assert_int_equal(vcryptod_ipsec_sas_add(&ix->fx.model.admin->sas, sa), 0);
	return 0;
}

void
ix_close(struct ix *ix, bool inbound, uint32_t id)
{
	assert_int_equal(vcryptod_ipsec_sas_remove(&ix->fx.model.admin->sas, inbound, id), 0);
}

struct vcryptod_ipsec_sa *
ix_find(struct ix *ix, bool inbound, uint32_t id)
{
	struct vcryptod_ipsec_sa *sa;

	sa = vcryptod_ipsec_sas_find(&ix->fx.model.admin->sas, inbound, id);
	assert_non_null(sa);
	return sa;
}

uint32_t
ix_out_len(const struct ix_sa *s, const uint8_t *packet, uint32_t len)
{
	bool v6 = packet[0] >> 4 == 6;
	struct req_ipsec_shape shape;

	req_ipsec_shape_of(&shape, &s->p);
	return req_ipsec_outbound_len(&shape, len, v6 ? 40 : (packet[0] & 15) * 4u, v6);
}

/* ---- packets ---- */

void
ix_ip(uint8_t *p, uint32_t len, bool v6, unsigned int seed)
{
	uint32_t i, sum = 0;

	for (i = 0; i < len; i++)
		p[i] = (uint8_t)(i * 7 + seed);
	if (v6) {
		vcryptod_put32(p, 0x60000000);
		vcryptod_put16(p + 4, (uint16_t)(len - 40));
		p[6] = 17;
		p[7] = 64;
		return;
	}
	memset(p, 0, 20);
	p[0] = 0x45;
	vcryptod_put16(p + 2, (uint16_t)len);
	p[8] = 64;
	p[9] = 17;
	vcryptod_put32(p + 12, 0xc0a80102);
	vcryptod_put32(p + 16, 0xc0a80101);
	for (i = 0; i < 20; i += 2)
		sum += vcryptod_get16(p + i);
	sum = (sum & 0xffff) + (sum >> 16);
	vcryptod_put16(p + 10, (uint16_t)~(sum + (sum >> 16)));
}

/* Segments of len bytes, guards around each one; from: NULL for unset bytes. */
struct arena {
	uint8_t *p;
	size_t size;
	struct vqd_seg *seg;
	unsigned int nb;
};

static void
arena_make(struct arena *a, const uint8_t *from, uint32_t len, uint32_t piece)
{
	unsigned int max = piece == 0 ? 1 : (len + piece - 1) / piece;
	uint32_t at, n;
	uint8_t *p;

	a->nb = 0;
	a->size = len + (max + 1) * GUARD_LEN;
	a->p = malloc(a->size);
	a->seg = malloc((max + 1) * sizeof(*a->seg));
	assert_non_null(a->p);
	assert_non_null(a->seg);
	memset(a->p, GUARD, a->size);
	p = a->p + GUARD_LEN;
	for (at = 0; at < len; at += n, p += n + GUARD_LEN) {
		n = piece != 0 && len - at > piece ? piece : len - at;
		a->seg[a->nb++] = (struct vqd_seg){ .ptr = p, .len = n };
		if (from != NULL)
			memcpy(p, from + at, n);
		else
			memset(p, IX_UNSET, n);
	}
}

/* to has the bytes of all segments; guards are checked. */
static void
arena_drop(struct arena *a, uint8_t *to)
{
	static const uint8_t guard[GUARD_LEN] = { [0 ... GUARD_LEN - 1] = GUARD };
	uint32_t at = 0;
	unsigned int i;

	for (i = 0; i < a->nb; i++) {
		memcpy(to + at, a->seg[i].ptr, a->seg[i].len);
		assert_memory_equal(a->seg[i].ptr - GUARD_LEN, guard, GUARD_LEN);
		at += a->seg[i].len;
	}
	assert_memory_equal(a->p + a->size - GUARD_LEN, guard, GUARD_LEN);
	free(a->seg);
	free(a->p);
}

struct flight {
	struct vcryptod_request r;
	struct arena readable, writable;
	uint8_t *req;
	uint32_t req_len;
};

static void
flight_make(struct flight *f, const struct ix_packet *p)
{
	f->req_len = (uint32_t)REQ_IPSEC_HDR_LEN + p->src_len;
	f->req = malloc(f->req_len);
	assert_non_null(f->req);
	assert_int_equal(req_ipsec_header(f->req, REQ_IPSEC_HDR_LEN, p->inbound, p->id),
			REQ_IPSEC_HDR_LEN);
	req_set_ipsec(f->req, p->src_len, p->dst_len);
	memcpy(f->req + REQ_IPSEC_HDR_LEN, p->src, p->src_len);
	arena_make(&f->readable, f->req, f->req_len, p->piece);
	arena_make(&f->writable, NULL, p->dst_len + 1, p->piece);
	memset(&f->r, 0x5a, sizeof(f->r));
	f->r.readable = f->readable.seg;
	f->r.nb_readable = f->readable.nb;
	f->r.writable = f->writable.seg;
	f->r.nb_writable = f->writable.nb;
}

static void
flight_end(struct flight *f, struct ix_packet *p)
{
	uint8_t *same = malloc(f->req_len);
	uint32_t i;

	assert_false(f->r.malformed);
	assert_true(f->r.exact);
	p->dst = malloc(p->dst_len + 1);
	assert_non_null(p->dst);
	assert_non_null(same);
	arena_drop(&f->writable, p->dst);
	arena_drop(&f->readable, same);
	assert_memory_equal(same, f->req, f->req_len);
	p->status = p->dst[p->dst_len];
	assert_true(f->r.written >= 1 && f->r.written - 1 <= p->dst_len);
	p->len = f->r.written - 1;
	if (p->status != VIRTIO_CRYPTO_OK && p->status != VIRTIO_CRYPTO_IPSEC_SA_SOFT_EXPIRY)
		assert_int_equal(p->len, 0);
	for (i = p->len; i < p->dst_len; i++)
		assert_int_equal(p->dst[i], IX_UNSET);
	free(same);
	free(f->req);
}

void
ix_turn(struct ix *ix, unsigned int lane, struct ix_packet *p, unsigned int n)
{
	struct vcryptod_request *reqs[VCRYPTOD_BATCH];
	struct flight *f = calloc(n, sizeof(*f));
	unsigned int i;

	assert_non_null(f);
	for (i = 0; i < n; i++) {
		flight_make(&f[i], &p[i]);
		reqs[i] = &f[i].r;
	}
	assert_int_equal(vcryptod_model_turn(&ix->fx.model, &ix->fx.lane[lane], reqs, n), n);
	for (i = 0; i < n; i++)
		flight_end(&f[i], &p[i]);
	free(f);
}

uint8_t
ix_one(struct ix *ix, struct ix_packet *p)
{
	ix_turn(ix, 0, p, 1);
	return p->status;
}
