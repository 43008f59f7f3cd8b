/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The daemon's device model with an engine, against a driver that sends what it likes.
 *
 * Input: engine, features, where memory lies, then calls: control requests as raw bytes or
 * from parameters, data requests as raw bytes or with a header that fits a session that
 * lives, alone and many in one turn, all in pieces of memory of exactly their bytes
 * (fuzz_pieces.h).  What is answered has a defined status and no more bytes than there was
 * room for; what is device-readable stays as it was.
 */
#include <errno.h>

#include "fuzz_engine.h"
#include "fuzz_input.h"
#include "fuzz_pieces.h"
#include "model.h"

#define MAX_CALLS	24u
#define MAX_BYTES	1024u
#define NB_IDS		8u
#define MAX_TURN	20u	/* requests; more than any library computes side by side */

struct live {
	uint64_t id;
	struct req_session p;
};

static const char * const engines[] = { "null", "openssl", "ipsec-mb", "auto" };
static struct fuzz_engine models[4];
static struct live live[NB_IDS];
static unsigned int nb_live, layout;
static bool at_page;		/* where memory of requests lies */

static const uint64_t features[4] = {
	0, VIRTIO_CRYPTO_F_REVISION_1, VCRYPTOD_FEATURES,
	VIRTIO_CRYPTO_F_REVISION_1 | VIRTIO_CRYPTO_F_CIPHER_STATELESS_MODE,
};

/* NULL: this build has no such engine. */
static struct fuzz_engine *
get_model(unsigned int which)
{
	static const struct vcryptod_model_config cfg = { .max_sessions = NB_IDS };

	return fuzz_engine_get(&models[which], engines[which], &cfg) ? &models[which] : NULL;
}

/* ---- control requests ---- */

static bool
control(struct fuzz_engine *e, const uint8_t *req, size_t len, uint8_t piece,
		size_t answer_len, uint8_t answer[16])
{
	struct vqd_seg readable[FUZZ_ENGINE_PIECES], writable[FUZZ_ENGINE_PIECES];
	unsigned int nb_readable = fuzz_cut(readable, req, len, piece, at_page), i;
	unsigned int nb_writable = fuzz_cut(writable, NULL, answer_len, piece & 7, at_page);
	uint32_t written = UINT32_MAX;
	size_t at = 0;
	int rc;

	rc = vcryptod_model_ctrl(&e->m, &written, readable, nb_readable, writable, nb_writable);
	FUZZ_CHECK(rc == 0 || rc == -EBADMSG);
	FUZZ_CHECK(rc != 0 || written <= answer_len);
	memset(answer, 0, 16);
	for (i = 0; i < nb_writable && at + writable[i].len <= 16; at += writable[i++].len)
		memcpy(answer + at, writable[i].ptr, writable[i].len);
	fuzz_drop(readable, nb_readable, req);
	fuzz_drop(writable, nb_writable, NULL);
	return rc == 0;
}

static unsigned int
layout_flags(void)
{
	return (layout >= 1 ? REQ_F_REVISION_1 : 0) | (layout == 2 ? REQ_F_STATELESS : 0);
}

/* Sends it, and notes the session if it lives. */
static void
create_with(struct fuzz_engine *e, struct req_session *s, uint8_t piece)
{
	uint8_t req[2 * MAX_BYTES], answer[16];
	struct virtio_crypto_create_session_input *got = (void *)answer;
	int n = req_create_build(req, sizeof(req), s, layout_flags());

	if (n < 0 || !control(e, req, (size_t)n, piece, sizeof(*got), answer))
		return;
	if (le32_to_cpu(got->status) == VIRTIO_CRYPTO_OK && nb_live < NB_IDS) {
		s->key = s->auth_key = NULL;
		live[nb_live++] = (struct live){ le64_to_cpu(got->session_id), *s };
	}
}

/* RSA or ECDSA with a key of any bytes. */
static void
create_akcipher(struct fuzz_engine *e, struct fuzz_input *in)
{
	uint8_t how = fuzz_u8(in);
	struct req_session s = {
		.kind = REQ_AKCIPHER,
		.algo = how & 1 ? VIRTIO_CRYPTO_AKCIPHER_ECDSA : VIRTIO_CRYPTO_AKCIPHER_RSA,
		.key_type = how & 2 ? VIRTIO_CRYPTO_AKCIPHER_KEY_TYPE_PRIVATE :
			VIRTIO_CRYPTO_AKCIPHER_KEY_TYPE_PUBLIC,
	};
	size_t len;

	if (how & 1) {
		s.curve = how >> 2 & 7;
	} else {
		s.rsa_padding = how >> 2 & 1;
		s.rsa_hash = how >> 4;
	}
	s.key = fuzz_bytes(in, &len, fuzz_u16(in) % MAX_BYTES);
	s.key_len = (uint32_t)len;
	create_with(e, &s, how);
}

static void
create(struct fuzz_engine *e, struct fuzz_input *in)
{
	uint8_t key[128], auth[128], sizes = fuzz_u8(in);
	struct req_session s = { .key = key, .auth_key = auth, .auth_key_len = sizes & 127 };

	s.kind = (enum req_kind)(fuzz_u8(in) % REQ_NB_KINDS);
	s.algo = fuzz_u8(in) & 63;
	s.op = 1 + (fuzz_u8(in) & 1);
	s.key_len = fuzz_u8(in) & 127;
	s.chain_order = 1 + (fuzz_u8(in) & 1);
	s.hash_mode = 1 + (fuzz_u8(in) & 1);
	s.auth_algo = fuzz_u8(in) & 63;
	s.digest_len = fuzz_u8(in) & 127;
	s.aad_len = fuzz_u8(in) & 31;
	if (s.kind != REQ_CHAIN || s.hash_mode != VIRTIO_CRYPTO_SYM_HASH_MODE_AUTH)
		s.auth_key_len = 0;
	fuzz_take(in, key, s.key_len);
	fuzz_take(in, auth, s.auth_key_len);
	create_with(e, &s, sizes);
}

static void
destroy(struct fuzz_engine *e, struct fuzz_input *in)
{
	uint8_t req[REQ_CTRL_FIXED_MAX], answer[16], which = fuzz_u8(in);
	uint64_t id = which < nb_live ? live[which].id : fuzz_u64(in);
	enum req_kind kind = (enum req_kind)(fuzz_u8(in) % REQ_NB_KINDS);
	int n = req_destroy_build(req, sizeof(req), kind, id, layout_flags());

	if (n > 0)
		control(e, req, (size_t)n, which, 1, answer);
}

static void
control_raw(struct fuzz_engine *e, struct fuzz_input *in)
{
	uint8_t piece = fuzz_u8(in), room = fuzz_u8(in) & 31, answer[16];
	size_t len;
	const uint8_t *p = fuzz_bytes(in, &len, fuzz_u16(in) % MAX_BYTES);

	control(e, p, len, piece, room, answer);
}

/* ---- data requests ---- */

struct data {
	uint8_t req[REQ_DATA_HDR_MAX + MAX_BYTES] __attribute__((aligned(8)));
	size_t len, room;		/* bytes, device-readable and device-writable */
	uint8_t piece;
	struct vqd_seg readable[FUZZ_ENGINE_PIECES], writable[FUZZ_ENGINE_PIECES];
	struct vcryptod_request r;
};

static struct data requests[MAX_TURN];

static void
lay_out(struct data *d)
{
	memset(&d->r, 0, sizeof(d->r));
	d->r.readable = d->readable;
	d->r.writable = d->writable;
	d->r.nb_readable = fuzz_cut(d->readable, d->req, d->len, d->piece, at_page);
	d->r.nb_writable = fuzz_cut(d->writable, NULL, d->room, (uint8_t)(d->piece >> 1), at_page);
}

static void
check(struct data *d)
{
	const struct vqd_seg *last;

	if (!d->r.malformed) {
		FUZZ_CHECK(d->r.nb_writable > 0);
		last = &d->writable[d->r.nb_writable - 1];
		FUZZ_CHECK(d->r.written <= d->room);
		FUZZ_CHECK(last->ptr[last->len - 1] < VCRYPTOD_NB_STATUS);
	}
	fuzz_drop(d->readable, d->r.nb_readable, d->req);
	fuzz_drop(d->writable, d->r.nb_writable, NULL);
}

/* The first nb of requests; those of AKCIPHER are turns of their own. */
static void
serve(struct fuzz_engine *e, unsigned int nb)
{
	struct vcryptod_request *r[MAX_TURN];
	unsigned int i, done;

	for (i = 0; i < nb; i++) {
		lay_out(&requests[i]);
		r[i] = &requests[i].r;
	}
	for (done = 0; done < nb; done += i) {
		i = vcryptod_model_turn(&e->m, &e->lane, r + done, nb - done);
		FUZZ_CHECK(i <= nb - done);
		if (i == 0) {
			FUZZ_CHECK(!r[done]->malformed);
			vcryptod_model_slow(&e->m, &e->lane, r[done], false);
			i = 1;
		}
	}
	for (i = 0; i < nb; i++)
		check(&requests[i]);
}

static void
data_raw(struct fuzz_engine *e, struct fuzz_input *in)
{
	struct data *d = &requests[0];
	const uint8_t *p;

	d->piece = fuzz_u8(in);
	d->room = fuzz_u16(in) % MAX_BYTES;
	p = fuzz_bytes(in, &d->len, fuzz_u16(in) % MAX_BYTES);
	if (d->len != 0)
		memcpy(d->req, p, d->len);
	serve(e, 1);
}

static void
set_lengths(uint8_t *lens, enum req_kind kind, uint16_t src, uint16_t dst, uint32_t aad,
		uint8_t off)
{
	if (kind == REQ_CIPHER)
		req_set_cipher(lens, src, dst);
	else if (kind == REQ_CHAIN)
		req_set_chain(lens, src, dst, off, src, 0, src);
	else if (kind == REQ_AEAD)
		req_set_aead(lens, aad, src, dst);
	else if (kind == REQ_AKCIPHER)
		req_set_akcipher(lens, src, dst);
	else
		req_set_hash(lens, src);
}

/* A header that fits a session, with lengths that may not; payload from the input.  false:
 * there is no session.
 */
static bool
build(struct data *d, struct fuzz_input *in)
{
	uint8_t which = fuzz_u8(in), piece = fuzz_u8(in), how = fuzz_u8(in);
	uint16_t src = fuzz_u8(in), dst = how & 1 ? fuzz_u8(in) : src;
	uint32_t iv = how & 2 ? fuzz_u8(in) & 31 : 16, aad = how & 4 ? fuzz_u8(in) & 31 : 0;
	struct req_session s;
	int n;

	if (nb_live == 0)
		return false;
	memset(d->req, 0, sizeof(d->req));
	s = live[which % nb_live].p;
	s.aad_len = aad;
	n = req_data_header(d->req, sizeof(d->req), &s, live[which % nb_live].id, iv,
			VIRTIO_CRYPTO_AKCIPHER_ENCRYPT + (how >> 6), layout_flags(), 0);
	if (n < 0)
		return false;
	set_lengths(d->req + req_data_shift(s.kind, layout_flags()), s.kind, src, dst, aad,
			how >> 4);
	fuzz_take(in, d->req + n, src + iv + aad);
	d->piece = piece;
	d->len = (size_t)n + src + iv + aad;
	d->room = (size_t)dst + s.digest_len + 1 - (how >> 3 & 1);
	return true;
}

static void
data_built(struct fuzz_engine *e, struct fuzz_input *in)
{
	if (build(&requests[0], in))
		serve(e, 1);
}

static void
data_turn(struct fuzz_engine *e, struct fuzz_input *in)
{
	unsigned int nb = 1 + fuzz_u8(in) % MAX_TURN, i;

	for (i = 0; i < nb && build(&requests[i], in); i++)
		;
	if (i != 0)
		serve(e, i);
}

static void
config(struct fuzz_engine *e, struct fuzz_input *in)
{
	uint32_t off = fuzz_u32(in), len = fuzz_u8(in);
	uint8_t *to = malloc(len + 1);

	vcryptod_model_config_read(&e->m, off, to, len);
	free(to);
}

static void
call(struct fuzz_engine *e, struct fuzz_input *in)
{
	uint8_t what = fuzz_u8(in);

	if (what >= 0xf0) {
		data_turn(e, in);
		return;
	}
	switch (what % 9) {
	case 0: case 1: create(e, in); break;
	case 2: destroy(e, in); break;
	case 3: control_raw(e, in); break;
	case 4: data_raw(e, in); break;
	case 5: case 6: data_built(e, in); break;
	case 7: config(e, in); break;
	case 8: create_akcipher(e, in); break;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = { data, size };
	uint8_t how = fuzz_u8(&in);
	struct fuzz_engine *e = get_model(!(how & 1) ? 0 : how & 32 ? 3u : 1u + (how >> 3 & 1));
	unsigned int calls = 0;

	if (e == NULL)
		return 0;
	nb_live = 0;
	layout = how >> 1 & 3;
	at_page = (how & 16) != 0;
	vcryptod_model_features(&e->m, features[layout]);
	while (in.left > 0 && calls++ < MAX_CALLS)
		call(e, &in);
	vcryptod_model_reset(&e->m);
	return 0;
}
