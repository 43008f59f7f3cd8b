/* SPDX-License-Identifier: BSD-3-Clause
 *
 * AEAD of the OpenSSL engine: GCM, CCM, ChaCha20-Poly1305.  A tag that does not match
 * is BADMSG, and the plaintext that was computed on the way is wiped from dst.
 */
#include <errno.h>
#include <string.h>

#include <openssl/crypto.h>

#include "engine_openssl_aead.h"
#include "engine_openssl_lib.h"

#define TAG_MAX		16	/* bytes */
#define J0_LEN		16
#define GCM_IV_LEN	12

static int
aead_gcm_setup(struct ossl_session *s)
{
	EVP_CIPHER *ecb = vcryptod_ossl.ecb[s->p.key_len / 8 - 2];
	EVP_CIPHER_CTX *ctx = vcryptod_ossl_ctx(ecb, s->key, s->p.key_len, 1);
	uint8_t h[16] = { 0 };
	int outl, rc = -ENOMEM;

	if (ctx != NULL && EVP_CipherUpdate(ctx, h, &outl, h, sizeof(h)) == 1)
		rc = vcryptod_gcm_j0_key(&s->j0, h);
	EVP_CIPHER_CTX_free(ctx);
	OPENSSL_cleanse(h, sizeof(h));
	return rc;
}

static EVP_CIPHER *
aead_find(const struct req_session *p)
{
	switch (p->algo) {
	case VIRTIO_CRYPTO_AEAD_GCM:
		return vcryptod_ossl.gcm[p->key_len / 8 - 2];
	case VIRTIO_CRYPTO_AEAD_CCM:
		return vcryptod_ossl.ccm[p->key_len / 8 - 2];
	case VIRTIO_CRYPTO_AEAD_CHACHA20_POLY1305:
		return vcryptod_ossl.chacha;
	default:
		return NULL;
	}
}

static EVP_CIPHER_CTX *
aead_ctx(struct ossl_session *s, struct ossl_lane *l)
{
	if (l->cipher == NULL)
		l->cipher = vcryptod_ossl_ctx(s->evp, s->key, s->p.key_len,
				s->p.op == VIRTIO_CRYPTO_OP_ENCRYPT);
	return l->cipher;
}

int
vcryptod_ossl_aead_setup(struct ossl_session *s)
{
	s->evp = aead_find(&s->p);
	if (s->evp == NULL)
		return -ENOTSUP;
	if (aead_ctx(s, &s->lane[0]) == NULL)
		return -EINVAL;
	return s->p.algo == VIRTIO_CRYPTO_AEAD_GCM ? aead_gcm_setup(s) : 0;
}

/* A message in one piece. */
struct aead_msg {
	const uint8_t *iv;
	uint32_t iv_len, aad_len, len, tag_len;
	const uint8_t *aad, *in;
	uint8_t *out;
	uint8_t tag[TAG_MAX];	/* encrypt: result, decrypt: expected */
};

/* The iv that leads to the J0 given (5.9.9.7); the usual form needs no detour. */
static void
aead_gcm_iv(struct aead_msg *m, uint8_t iv[J0_LEN], const struct ossl_session *s)
{
	static const uint8_t usual[4] = { 0, 0, 0, 1 };

	if (memcmp(m->iv + GCM_IV_LEN, usual, sizeof(usual)) == 0) {
		m->iv_len = GCM_IV_LEN;
		return;
	}
	vcryptod_gcm_j0_iv(iv, &s->j0, m->iv);
	m->iv = iv;
}

/* Key once per lane, then lengths, tag and iv; CCM needs the lengths before the iv. */
static EVP_CIPHER_CTX *
aead_begin(struct ossl_session *s, struct ossl_lane *l, struct aead_msg *m, bool encrypt)
{
	bool ccm = s->p.algo == VIRTIO_CRYPTO_AEAD_CCM;
	int outl;
	EVP_CIPHER_CTX *ctx = aead_ctx(s, l);
	void *tag;

	if (ctx == NULL)
		return NULL;
	if (EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_IVLEN, (int)m->iv_len, NULL) != 1)
		return NULL;
	tag = encrypt ? NULL : m->tag;
	if ((ccm || !encrypt) && EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG,
			(int)m->tag_len, tag) != 1)
		return NULL;
	/* CCM needs the key again: a new tag length clears the old state. */
	if (EVP_CipherInit_ex2(ctx, NULL, ccm ? s->key : NULL, m->iv, -1, NULL) != 1)
		return NULL;
	if (ccm && EVP_CipherUpdate(ctx, NULL, &outl, NULL, (int)m->len) != 1)
		return NULL;
	return ctx;
}

/* In pieces, so that a long message can be halted; the library takes one of CCM only whole. */
static bool
aead_update(EVP_CIPHER_CTX *ctx, const struct vcryptod_lane *lane, const struct aead_msg *m,
		bool whole)
{
	uint32_t done = 0, n;
	int outl;

	do {
		n = m->len - done;
		if (n > VCRYPTOD_PIECE && !whole)
			n = VCRYPTOD_PIECE;
		if (!vcryptod_lane_goes_on(lane, done) || EVP_CipherUpdate(ctx, m->out + done,
				&outl, m->in + done, (int)n) != 1)
			return false;
		done += n;
	} while (done != m->len);
	return true;
}

/* enum virtio_crypto_status */
static uint8_t
aead_run(struct ossl_session *s, struct ossl_lane *l, const struct vcryptod_lane *lane,
		struct aead_msg *m)
{
	bool ccm = s->p.algo == VIRTIO_CRYPTO_AEAD_CCM;
	bool encrypt = s->p.op == VIRTIO_CRYPTO_OP_ENCRYPT;
	int outl = 0;
	EVP_CIPHER_CTX *ctx = aead_begin(s, l, m, encrypt);
	uint8_t none[TAG_MAX];

	if (ctx == NULL)
		return VIRTIO_CRYPTO_ERR;
	if (m->aad_len != 0 &&
			EVP_CipherUpdate(ctx, NULL, &outl, m->aad, (int)m->aad_len) != 1)
		return VIRTIO_CRYPTO_ERR;
	/* CCM checks the tag here, of an empty message too. */
	if ((m->len != 0 || ccm) && !aead_update(ctx, lane, m, ccm))
		return ccm && !encrypt ? VIRTIO_CRYPTO_BADMSG : VIRTIO_CRYPTO_ERR;
	if (!ccm && EVP_CipherFinal_ex(ctx, none, &outl) != 1)
		return encrypt ? VIRTIO_CRYPTO_ERR : VIRTIO_CRYPTO_BADMSG;
	if (encrypt && EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, (int)m->tag_len,
			m->tag) != 1)
		return VIRTIO_CRYPTO_ERR;
	return VIRTIO_CRYPTO_OK;
}

void
vcryptod_ossl_aead(struct ossl_session *s, struct ossl_lane *l, struct vcryptod_lane *lane,
		struct vcryptod_op *op)
{
	struct aead_msg m = {
		.iv = op->iv, .iv_len = op->iv_len, .aad_len = op->aad.len, .len = op->src.len,
		.tag_len = op->digest.len,
	};
	uint8_t iv[J0_LEN], *linear;

	op->status = VIRTIO_CRYPTO_ERR;
	m.aad = vcryptod_span_gather(&op->aad, &lane->scratch);
	m.in = vcryptod_span_gather(&op->src, &lane->scratch);
	linear = vcryptod_span_linear(&op->dst);
	m.out = linear != NULL ? linear : vcryptod_scratch_get(&lane->scratch, op->dst.len);
	if (m.aad == NULL || m.in == NULL || m.out == NULL || m.tag_len > TAG_MAX)
		return;
	if (s->p.algo == VIRTIO_CRYPTO_AEAD_GCM && m.iv_len == J0_LEN)
		aead_gcm_iv(&m, iv, s);
	if (s->p.op == VIRTIO_CRYPTO_OP_DECRYPT)
		vcryptod_span_read(m.tag, &op->digest);

	op->status = aead_run(s, l, lane, &m);
	if (op->status != VIRTIO_CRYPTO_OK) {
		vcryptod_span_zero(&op->dst);
		return;
	}
	if (linear == NULL)
		vcryptod_span_write(&op->dst, m.out);
	if (s->p.op == VIRTIO_CRYPTO_OP_ENCRYPT)
		vcryptod_span_write(&op->digest, m.tag);
}
