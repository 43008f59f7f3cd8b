/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The ipsec-mb engine's short ways: requests for which the library has functions that
 * need no scheduler (AES-GCM), or a scheduler for a whole array of alike jobs (AES-CBC,
 * AES-CTR).  They take what lies in one piece; everything else is a job of its own, in
 * engine_ipsec_mb.c.
 *
 * The array has a manager of its own: its jobs never wait beside others.
 */
#include <string.h>

#include <openssl/crypto.h>

#include "engine_ipsec_mb.h"

#define GCM_IV_LEN	12	/* bytes */
#define J0_LEN		16	/* bytes */

void
vcryptod_imb_direct_init(struct imb_session *s, const IMB_MGR *mgr)
{
	bool encrypt = s->dir == IMB_DIR_ENCRYPT;

	s->direct = IMB_NO_DIRECT;
	if (s->p.kind == REQ_CIPHER && !s->always &&
			(s->cipher == IMB_CIPHER_CBC || s->cipher == IMB_CIPHER_CNTR))
		s->direct = IMB_DIRECT_CIPHER;
	if (s->cipher != IMB_CIPHER_GCM)
		return;
	s->direct = IMB_DIRECT_GCM;
	if (s->key_len == IMB_KEY_128_BYTES)
		s->gcm = encrypt ? mgr->gcm128_enc : mgr->gcm128_dec;
	else if (s->key_len == IMB_KEY_192_BYTES)
		s->gcm = encrypt ? mgr->gcm192_enc : mgr->gcm192_dec;
	else
		s->gcm = encrypt ? mgr->gcm256_enc : mgr->gcm256_dec;
}

/* A 12-byte iv, or the J0 that one makes (5.9.9.7). */
static bool
direct_is_usual_iv(const struct vcryptod_op *op)
{
	static const uint8_t usual[J0_LEN - GCM_IV_LEN] = { 0, 0, 0, 1 };

	return op->iv_len == GCM_IV_LEN || (op->iv_len == J0_LEN &&
			memcmp(op->iv + GCM_IV_LEN, usual, sizeof(usual)) == 0);
}

bool
vcryptod_imb_direct_gcm(struct imb_lane *l, struct imb_session *s, struct vcryptod_op *op)
{
	const uint8_t *src = vcryptod_span_linear(&op->src);
	const uint8_t *aad = vcryptod_span_linear(&op->aad);
	uint8_t *dst = vcryptod_span_linear(&op->dst);
	uint8_t tag[VCRYPTOD_DIGEST_MAX], want[VCRYPTOD_DIGEST_MAX];

	if (src == NULL || dst == NULL || (aad == NULL && op->aad.len != 0) ||
			!direct_is_usual_iv(op))
		return false;
	op->status = VIRTIO_CRYPTO_OK;
	if (s->dir == IMB_DIR_DECRYPT)
		vcryptod_span_read_short(want, &op->digest);
	s->gcm(&s->c.gcm, &l->gcm, dst, src, op->src.len, op->iv, aad, op->aad.len, tag,
			s->tag_len);
	if (s->dir == IMB_DIR_ENCRYPT) {
		vcryptod_span_write_short(&op->digest, tag);
	} else if (CRYPTO_memcmp(tag, want, op->digest.len) != 0) {
		op->status = VIRTIO_CRYPTO_BADMSG;
		vcryptod_span_zero(&op->dst);
	}
	return true;
}

bool
vcryptod_imb_direct_cipher(struct imb_lane *l, struct imb_session *s, struct vcryptod_op *op)
{
	const uint8_t *src = vcryptod_span_linear(&op->src);
	uint8_t *dst = vcryptod_span_linear(&op->dst);
	IMB_JOB *job;

	if (src == NULL || dst == NULL)
		return false;
	if (l->nb_alike != 0 && (s->cipher != l->alike->cipher || s->dir != l->alike->dir ||
			s->key_len != l->alike->key_len))
		vcryptod_imb_direct_run(l);
	l->alike = s;
	job = &l->job[l->nb_alike];
	l->alike_op[l->nb_alike++] = op;
	job->enc_keys = s->c.aes.enc;
	job->dec_keys = s->c.aes.dec;
	job->key_len_in_bytes = s->key_len;
	job->src = src;
	job->dst = dst;
	job->msg_len_to_cipher_in_bytes = op->src.len;
	job->iv = op->iv;
	job->iv_len_in_bytes = op->iv_len;
	return true;
}

void
vcryptod_imb_direct_run(struct imb_lane *l)
{
	const struct imb_session *s = l->alike;
	uint32_t i;

	if (l->nb_alike == 0)
		return;
	/* Lengths and pointers are checked already. */
	IMB_SUBMIT_CIPHER_BURST_NOCHECK(l->array_mgr, l->job, l->nb_alike, s->cipher, s->dir,
			s->key_len);
	for (i = 0; i < l->nb_alike; i++) {
		l->alike_op[i]->status = VIRTIO_CRYPTO_OK;
		if (l->job[i].status != IMB_STATUS_COMPLETED) {
			l->alike_op[i]->status = VIRTIO_CRYPTO_ERR;
			vcryptod_span_zero(&l->alike_op[i]->dst);
		}
	}
	l->nb_alike = 0;
}
