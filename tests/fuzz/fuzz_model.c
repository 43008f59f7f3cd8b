/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The daemon's device model with an engine, against a driver that sends what it likes.
 *
 * Input: engine, features, then calls: control requests as raw bytes or from parameters,
 * data requests as raw bytes or with a header that fits a session that lives, both in
 * pieces of heap memory of exactly their bytes.  What is answered has a defined status
 * and no more bytes than there was room for.
 */
#include <errno.h>

#include "fuzz_input.h"
#include "model.h"

#define MAX_CALLS	24u
#define MAX_BYTES	1024u
#define MAX_PIECES	24u
#define NB_IDS		8u
#define UNSET		0xee

struct engine_model {
	struct vcryptod_model m;
	struct vcryptod_lane lane;
	bool ready;
};

struct live {
	uint64_t id;
	struct req_session p;
};

static struct engine_model models[2];
static struct live live[NB_IDS];
static unsigned int nb_live, layout;

static const uint64_t features[4] = {
	0, VIRTIO_CRYPTO_F_REVISION_1, VCRYPTOD_FEATURES,
	VIRTIO_CRYPTO_F_REVISION_1 | VIRTIO_CRYPTO_F_CIPHER_STATELESS_MODE,
};

static struct engine_model *
get_model(bool openssl)
{
	struct engine_model *e = &models[openssl];
	struct vcryptod_model_config cfg = {
		.engine = openssl ? &vcryptod_engine_openssl : &vcryptod_engine_null,
		.max_dataqueues = 1, .max_size = 65536, .max_sessions = NB_IDS, .nb_lanes = 1,
	};

	if (e->ready)
		return e;
	FUZZ_CHECK(cfg.engine->init(&cfg.caps) == 0);
	FUZZ_CHECK(vcryptod_model_init(&e->m, &cfg) == 0);
	FUZZ_CHECK(vcryptod_scratch_init(&e->lane.scratch,
			vcryptod_model_scratch(cfg.max_size)) == 0);
	if (cfg.engine->lane_create != NULL)
		e->lane.engine = cfg.engine->lane_create();
	e->ready = true;
	return e;
}

/* ---- memory of a request ---- */

static unsigned int
cut(struct vqd_seg *seg, const uint8_t *from, size_t len, uint8_t piece)
{
	size_t at = 0, n;
	unsigned int i;

	for (i = 0; i < MAX_PIECES && at < len; i++, at += n) {
		n = piece == 0 || i == MAX_PIECES - 1 || piece > len - at ? len - at : piece;
		seg[i].len = (uint32_t)n;
		seg[i].ptr = from != NULL ? fuzz_copy(from + at, n) : malloc(n);
		if (from == NULL)
			memset(seg[i].ptr, UNSET, n);
	}
	return i;
}

static void
drop(struct vqd_seg *seg, unsigned int nb)
{
	while (nb-- > 0)
		free(seg[nb].ptr);
}

/* ---- control requests ---- */

static bool
control(struct engine_model *e, const uint8_t *req, size_t len, uint8_t piece,
		size_t answer_len, uint8_t answer[16])
{
	struct vqd_seg readable[MAX_PIECES], writable[MAX_PIECES];
	unsigned int nb_readable = cut(readable, req, len, piece), i;
	unsigned int nb_writable = cut(writable, NULL, answer_len, piece & 7);
	uint32_t written = UINT32_MAX;
	size_t at = 0;
	int rc;

	rc = vcryptod_model_ctrl(&e->m, &written, readable, nb_readable, writable, nb_writable);
	FUZZ_CHECK(rc == 0 || rc == -EBADMSG);
	FUZZ_CHECK(rc != 0 || written <= answer_len);
	memset(answer, 0, 16);
	for (i = 0; i < nb_writable && at + writable[i].len <= 16; at += writable[i++].len)
		memcpy(answer + at, writable[i].ptr, writable[i].len);
	drop(readable, nb_readable);
	drop(writable, nb_writable);
	return rc == 0;
}

static unsigned int
layout_flags(void)
{
	return (layout >= 1 ? REQ_F_REVISION_1 : 0) | (layout == 2 ? REQ_F_STATELESS : 0);
}

/* Sends it, and notes the session if it lives. */
static void
create_with(struct engine_model *e, struct req_session *s, uint8_t piece)
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
create_akcipher(struct engine_model *e, struct fuzz_input *in)
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
create(struct engine_model *e, struct fuzz_input *in)
{
	uint8_t key[128], auth[128], sizes = fuzz_u8(in);
	struct req_session s = {
		.kind = (enum req_kind)(fuzz_u8(in) % REQ_NB_KINDS), .algo = fuzz_u8(in) & 31,
		.op = 1 + (fuzz_u8(in) & 1), .chain_order = 1 + (fuzz_u8(in) & 1),
		.hash_mode = 1 + (fuzz_u8(in) & 1), .auth_algo = fuzz_u8(in) & 63,
		.digest_len = fuzz_u8(in) & 127, .aad_len = fuzz_u8(in) & 31,
		.key = key, .key_len = fuzz_u8(in) & 127, .auth_key = auth,
		.auth_key_len = sizes & 127,
	};

	if (s.kind != REQ_CHAIN || s.hash_mode != VIRTIO_CRYPTO_SYM_HASH_MODE_AUTH)
		s.auth_key_len = 0;
	fuzz_take(in, key, s.key_len);
	fuzz_take(in, auth, s.auth_key_len);
	create_with(e, &s, sizes);
}

static void
destroy(struct engine_model *e, struct fuzz_input *in)
{
	uint8_t req[REQ_CTRL_FIXED_MAX], answer[16], which = fuzz_u8(in);
	uint64_t id = which < nb_live ? live[which].id : fuzz_u64(in);
	enum req_kind kind = (enum req_kind)(fuzz_u8(in) % REQ_NB_KINDS);
	int n = req_destroy_build(req, sizeof(req), kind, id, layout_flags());

	if (n > 0)
		control(e, req, (size_t)n, which, 1, answer);
}

static void
control_raw(struct engine_model *e, struct fuzz_input *in)
{
	uint8_t piece = fuzz_u8(in), room = fuzz_u8(in) & 31, answer[16];
	size_t len;
	const uint8_t *p = fuzz_bytes(in, &len, fuzz_u16(in) % MAX_BYTES);

	control(e, p, len, piece, room, answer);
}

/* ---- data requests ---- */

static void
run(struct engine_model *e, const uint8_t *req, size_t len, size_t room, uint8_t piece)
{
	struct vqd_seg readable[MAX_PIECES], writable[MAX_PIECES];
	struct vcryptod_request r = {
		.readable = readable, .writable = writable,
		.nb_readable = cut(readable, req, len, piece),
		.nb_writable = cut(writable, NULL, room, (uint8_t)(piece >> 1)),
	}, *rp = &r;
	const struct vqd_seg *last;

	(void)vcryptod_model_turn(&e->m, &e->lane, &rp, 1, true);
	if (!r.malformed) {
		FUZZ_CHECK(r.nb_writable > 0);
		last = &writable[r.nb_writable - 1];
		FUZZ_CHECK(r.written <= room);
		FUZZ_CHECK(last->ptr[last->len - 1] < VCRYPTOD_NB_STATUS);
	}
	drop(readable, r.nb_readable);
	drop(writable, r.nb_writable);
}

static void
data_raw(struct engine_model *e, struct fuzz_input *in)
{
	uint8_t piece = fuzz_u8(in);
	uint16_t room = fuzz_u16(in) % MAX_BYTES;
	size_t len;
	const uint8_t *p = fuzz_bytes(in, &len, fuzz_u16(in) % MAX_BYTES);

	run(e, p, len, room, piece);
}

/* A header that fits a session, with lengths that may not; payload from the input. */
static void
data_built(struct engine_model *e, struct fuzz_input *in)
{
	uint8_t which = fuzz_u8(in), piece = fuzz_u8(in), how = fuzz_u8(in);
	uint8_t req[REQ_DATA_HDR_MAX + MAX_BYTES] __attribute__((aligned(8))) = { 0 };
	uint16_t src = fuzz_u8(in), dst = how & 1 ? fuzz_u8(in) : src;
	uint32_t iv = how & 2 ? fuzz_u8(in) & 31 : 16, aad = how & 4 ? fuzz_u8(in) & 31 : 0;
	size_t len = src + iv + aad, room;
	struct req_session s;
	uint8_t *lens;
	int n;

	if (nb_live == 0)
		return;
	s = live[which % nb_live].p;
	s.aad_len = aad;
	n = req_data_header(req, sizeof(req), &s, live[which % nb_live].id, iv,
			VIRTIO_CRYPTO_AKCIPHER_ENCRYPT + (how >> 6), layout_flags(), 0);
	if (n < 0)
		return;
	lens = req + req_data_shift(s.kind, layout_flags());
	if (s.kind == REQ_CIPHER)
		req_set_cipher(lens, src, dst);
	else if (s.kind == REQ_CHAIN)
		req_set_chain(lens, src, dst, how >> 4, src, 0, src);
	else if (s.kind == REQ_AEAD)
		req_set_aead(lens, aad, src, dst);
	else if (s.kind == REQ_AKCIPHER)
		req_set_akcipher(lens, src, dst);
	else
		req_set_hash(lens, src);
	fuzz_take(in, req + n, len);
	room = (size_t)dst + s.digest_len + 1 - (how >> 3 & 1);
	run(e, req, (size_t)n + len, room, piece);
}

static void
config(struct engine_model *e, struct fuzz_input *in)
{
	uint32_t off = fuzz_u32(in), len = fuzz_u8(in);
	uint8_t *to = malloc(len + 1);

	vcryptod_model_config_read(&e->m, off, to, len);
	free(to);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = { data, size };
	uint8_t how = fuzz_u8(&in);
	struct engine_model *e = get_model(how & 1);
	unsigned int calls = 0;

	nb_live = 0;
	layout = how >> 1 & 3;
	vcryptod_model_features(&e->m, features[layout]);
	while (in.left > 0 && calls++ < MAX_CALLS) {
		switch (fuzz_u8(&in) % 9) {
		case 0: case 1: create(e, &in); break;
		case 2: destroy(e, &in); break;
		case 3: control_raw(e, &in); break;
		case 4: data_raw(e, &in); break;
		case 5: case 6: data_built(e, &in); break;
		case 7: config(e, &in); break;
		case 8: create_akcipher(e, &in); break;
		}
	}
	vcryptod_model_reset(&e->m);
	return 0;
}
