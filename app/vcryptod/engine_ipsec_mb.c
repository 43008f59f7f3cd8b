/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The engine of Intel's multi-buffer library: the requests of a batch become jobs that
 * it computes side by side.
 *
 * The library's schedulers keep lengths in 16 bits, want no empty message, and lack some
 * key sizes; such requests go to the OpenSSL engine, after the jobs.  For what OpenSSL
 * has not either (KASUMI, SNOW 3G, ZUC), the standards' own length limits hold.
 *
 * Jobs work on one piece of memory: scattered data is gathered into the lane's scratch,
 * which is released once all jobs that use it are done.
 */
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <openssl/crypto.h>

#include "engine_ipsec_mb.h"
#include "secret.h"

#define LEN_MAX		65472		/* bytes: 16 bits, less padding */
#define CCM_AAD_MAX	46		/* bytes */
#define KASUMI_MAX	2500		/* bytes: 20000 bits */
#define ZUC_MAX		8188		/* bytes: 65504 bits */
#define ALONE_CBC_LEN	256		/* bytes: see imb_alone_len */
#define ALONE_CCM_LEN	1024
#define J0_LEN		16
#define GCM_IV_LEN	12
#define PAGE		4096u		/* bytes: the smallest that a front end can map */
#define AHEAD_MAX	256u	/* bytes of the next source that are brought in ahead */
#define OVERREAD	64u		/* bytes that some kernels touch beyond their input */

static IMB_MGR *imb_setup_mgr;	/* for key expansion, which keeps no state in it */
static unsigned int imb_users;	/* of init: engine auto stands on this one */

static IMB_MGR *
imb_mgr_create(void)
{
	void *memory = vcryptod_secret_alloc(imb_get_mb_mgr_size());
	IMB_MGR *mgr;

	if (memory == NULL)
		return NULL;
	mgr = imb_set_pointers_mb_mgr(memory, 0, 1);
	if (mgr == NULL)
		vcryptod_secret_free(memory);
	else
		init_mb_mgr_auto(mgr, NULL);
	return mgr;
}

static void
imb_offer(struct vcryptod_caps *caps)
{
	static const struct {
		enum virtio_crypto_service service;
		unsigned int number;
	} row[] = {
		{ VIRTIO_CRYPTO_SERVICE_CIPHER, VIRTIO_CRYPTO_CIPHER_AES_ECB },
		{ VIRTIO_CRYPTO_SERVICE_CIPHER, VIRTIO_CRYPTO_CIPHER_AES_CBC },
		{ VIRTIO_CRYPTO_SERVICE_CIPHER, VIRTIO_CRYPTO_CIPHER_AES_CTR },
		{ VIRTIO_CRYPTO_SERVICE_CIPHER, VIRTIO_CRYPTO_CIPHER_DES_CBC },
		{ VIRTIO_CRYPTO_SERVICE_CIPHER, VIRTIO_CRYPTO_CIPHER_3DES_CBC },
		{ VIRTIO_CRYPTO_SERVICE_CIPHER, VIRTIO_CRYPTO_CIPHER_KASUMI_F8 },
		{ VIRTIO_CRYPTO_SERVICE_CIPHER, VIRTIO_CRYPTO_CIPHER_SNOW3G_UEA2 },
		{ VIRTIO_CRYPTO_SERVICE_CIPHER, VIRTIO_CRYPTO_CIPHER_ZUC_EEA3 },
		{ VIRTIO_CRYPTO_SERVICE_HASH, VIRTIO_CRYPTO_HASH_SHA1 },
		{ VIRTIO_CRYPTO_SERVICE_HASH, VIRTIO_CRYPTO_HASH_SHA_224 },
		{ VIRTIO_CRYPTO_SERVICE_HASH, VIRTIO_CRYPTO_HASH_SHA_256 },
		{ VIRTIO_CRYPTO_SERVICE_HASH, VIRTIO_CRYPTO_HASH_SHA_384 },
		{ VIRTIO_CRYPTO_SERVICE_HASH, VIRTIO_CRYPTO_HASH_SHA_512 },
		{ VIRTIO_CRYPTO_SERVICE_MAC, VIRTIO_CRYPTO_MAC_HMAC_MD5 },
		{ VIRTIO_CRYPTO_SERVICE_MAC, VIRTIO_CRYPTO_MAC_HMAC_SHA1 },
		{ VIRTIO_CRYPTO_SERVICE_MAC, VIRTIO_CRYPTO_MAC_HMAC_SHA_224 },
		{ VIRTIO_CRYPTO_SERVICE_MAC, VIRTIO_CRYPTO_MAC_HMAC_SHA_256 },
		{ VIRTIO_CRYPTO_SERVICE_MAC, VIRTIO_CRYPTO_MAC_HMAC_SHA_384 },
		{ VIRTIO_CRYPTO_SERVICE_MAC, VIRTIO_CRYPTO_MAC_HMAC_SHA_512 },
		{ VIRTIO_CRYPTO_SERVICE_MAC, VIRTIO_CRYPTO_MAC_CMAC_AES },
		{ VIRTIO_CRYPTO_SERVICE_MAC, VIRTIO_CRYPTO_MAC_XCBC_AES },
		{ VIRTIO_CRYPTO_SERVICE_MAC, VIRTIO_CRYPTO_MAC_KASUMI_F9 },
		{ VIRTIO_CRYPTO_SERVICE_AEAD, VIRTIO_CRYPTO_AEAD_GCM },
		{ VIRTIO_CRYPTO_SERVICE_AEAD, VIRTIO_CRYPTO_AEAD_CCM },
		{ VIRTIO_CRYPTO_SERVICE_AEAD, VIRTIO_CRYPTO_AEAD_CHACHA20_POLY1305 },
	};
	unsigned int i;

	memset(caps, 0, sizeof(*caps));
	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++)
		caps->mask[row[i].service] |= VIRTIO_BIT(row[i].number);
	caps->max_cipher_key = 64;
	caps->max_auth_key = 1024;
}

static int
imb_init(struct vcryptod_caps *caps)
{
	int rc = vcryptod_engine_openssl.init(caps);

	if (rc != 0)
		return rc;
	if (imb_users == 0)
		imb_setup_mgr = imb_mgr_create();
	if (imb_setup_mgr == NULL || imb_get_errno(imb_setup_mgr) != 0) {
		fprintf(stderr, "vcryptod: ipsec-mb does not run on this CPU: engine openssl "
				"serves what it has, and is what engine auto is then\n");
		vcryptod_secret_free(imb_setup_mgr);
		imb_setup_mgr = NULL;
		vcryptod_engine_openssl.fini();
		return -ENODEV;
	}
	imb_users++;
	imb_offer(caps);
	return 0;
}

static void
imb_fini(void)
{
	if (--imb_users == 0) {
		vcryptod_secret_free(imb_setup_mgr);
		imb_setup_mgr = NULL;
	}
	vcryptod_engine_openssl.fini();
}

static void
imb_lane_destroy(void *lane)
{
	struct imb_lane *l = lane;

	vcryptod_secret_free(l->array_mgr);
	vcryptod_secret_free(l->mgr);
	vcryptod_secret_free(l);
}

static void *
imb_lane_create(void)
{
	struct imb_lane *l = vcryptod_secret_alloc(sizeof(*l));

	if (l == NULL)
		return NULL;
	l->mgr = imb_mgr_create();
	l->array_mgr = imb_mgr_create();
	if (l->mgr == NULL || l->array_mgr == NULL) {
		imb_lane_destroy(l);
		return NULL;
	}
	return l;
}

static void
imb_session_destroy(void *session)
{
	struct imb_session *s = session;

	if (s == NULL)
		return;
	vcryptod_engine_openssl.session_destroy(s->fallback);
	vcryptod_secret_free(s);
}

/* ChaCha20-Poly1305 (SSE), ZUC (AVX) and AES-CMAC (AVX-512) read whole vectors and then
 * throw away what lies behind the end: the next page may not be there.
 */
static bool
imb_overreads(const struct imb_session *s)
{
	return s->cipher == IMB_CIPHER_CHACHA20_POLY1305 || s->cipher == IMB_CIPHER_ZUC_EEA3 ||
			s->hash == IMB_AUTH_AES_CMAC || s->hash == IMB_AUTH_AES_CMAC_256;
}

/* A chain of AES-CBC and an HMAC: the session fixes all that the library would check of a job,
 * but lengths of 0 and beyond LEN_MAX, which take another way, and whole blocks, which
 * the device model has checked.
 */
static bool
imb_is_checked(const struct imb_session *s)
{
	return s->p.kind == REQ_CHAIN && !s->always && s->cipher == IMB_CIPHER_CBC &&
			(s->hash == IMB_AUTH_HMAC_SHA_1 || s->hash == IMB_AUTH_HMAC_SHA_224 ||
			s->hash == IMB_AUTH_HMAC_SHA_256 || s->hash == IMB_AUTH_HMAC_SHA_384 ||
			s->hash == IMB_AUTH_HMAC_SHA_512);
}

/* A scheduler that computes requests side by side takes as long for one as for all of its lanes,
 * and OpenSSL less for one: the least source of that length (doc/bench/engines.md).
 */
static uint32_t
imb_alone_len(const struct imb_session *s)
{
	if (s->fallback == NULL)
		return UINT32_MAX;
	if (s->cipher == IMB_CIPHER_CBC && s->hash == IMB_AUTH_NULL)
		return s->dir == IMB_DIR_ENCRYPT ? ALONE_CBC_LEN : UINT32_MAX;
	if (s->p.kind == REQ_AEAD)
		return s->cipher == IMB_CIPHER_CCM ? ALONE_CCM_LEN : UINT32_MAX;
	return s->hash != IMB_AUTH_NULL || s->cipher == IMB_CIPHER_DES ||
			s->cipher == IMB_CIPHER_DES3 ? 0 : UINT32_MAX;
}

static int
imb_session_create(void **session, const struct req_session *p, unsigned int nb_lanes)
{
	struct imb_session *s;
	int rc;

	s = vcryptod_secret_alloc(sizeof(*s));
	if (s == NULL)
		return -ENOMEM;
	s->p = *p;
	s->p.key = s->p.auth_key = NULL;
	rc = vcryptod_imb_keys(s, imb_setup_mgr, p);
	if (rc == 0) {
		vcryptod_imb_direct_init(s, imb_setup_mgr);
		s->checked = imb_is_checked(s);
		s->overreads = imb_overreads(s);
		rc = vcryptod_engine_openssl.session_create(&s->fallback, p, nb_lanes);
		/* Not known there: the library must do. */
		if (rc == -ENOTSUP && !s->always)
			rc = 0;
	}
	if (rc != 0) {
		imb_session_destroy(s);
		return rc;
	}
	s->alone_len = imb_alone_len(s);
	*session = s;
	return 0;
}

/* One of OpenSSL alone; it has no expanded keys, and no memory for them. */
static int
imb_session_elsewhere(void **session, const struct req_session *p, unsigned int nb_lanes)
{
	struct imb_session *s = vcryptod_secret_alloc(offsetof(struct imb_session, c));
	int rc;

	if (s == NULL)
		return -ENOMEM;
	s->p = *p;
	s->p.key = s->p.auth_key = NULL;
	s->always = true;	/* and alone_len is 0 */
	rc = vcryptod_engine_openssl.session_create(&s->fallback, p, nb_lanes);
	if (rc != 0) {
		vcryptod_secret_free(s);
		return rc;
	}
	*session = s;
	return 0;
}

int
vcryptod_imb_session_any(void **session, const struct req_session *p, unsigned int nb_lanes)
{
	int rc = imb_session_create(session, p, nb_lanes);

	return rc == -ENOTSUP ? imb_session_elsewhere(session, p, nb_lanes) : rc;
}

/* ---- jobs ---- */

/* Requests that the library computes wrongly, or not at all. */
static bool
imb_is_for_fallback(const struct imb_session *s, const struct vcryptod_op *op)
{
	uint32_t hash_len = s->p.kind == REQ_CHAIN ? op->hash_len : op->src.len;
	uint32_t cipher_len = s->p.kind == REQ_CHAIN ? op->cipher_len : op->src.len;

	if (s->always)
		return true;
	if (s->p.kind == REQ_AEAD)
		return s->cipher == IMB_CIPHER_CCM &&
				(op->aad.len > CCM_AAD_MAX || cipher_len > LEN_MAX);
	if (s->hash != IMB_AUTH_NULL && (hash_len == 0 || hash_len > LEN_MAX))
		return true;
	if (s->cipher != IMB_CIPHER_NULL && (cipher_len == 0 || cipher_len > LEN_MAX))
		return true;
	/* A chain's AAD does not lie before what is hashed. */
	return s->p.kind == REQ_CHAIN && (op->aad.len != 0 ||
			op->hash_off + op->hash_len > op->dst.len);
}

/* A request that has no fallback and that the library must not get: too long for its algorithm. */
static bool
imb_is_impossible(const struct imb_session *s, const struct vcryptod_op *op)
{
	uint32_t hash_len = s->p.kind == REQ_CHAIN ? op->hash_len : op->src.len;
	uint32_t cipher_len = s->p.kind == REQ_CHAIN ? op->cipher_len : op->src.len;

	if (s->fallback == NULL && imb_is_for_fallback(s, op))
		return true;
	if (s->cipher == IMB_CIPHER_KASUMI_UEA1_BITLEN && cipher_len > KASUMI_MAX)
		return true;
	if (s->cipher == IMB_CIPHER_ZUC_EEA3 && cipher_len > ZUC_MAX)
		return true;
	return s->hash == IMB_AUTH_KASUMI_UIA1 && hash_len > KASUMI_MAX;
}

static void
imb_job_keys(IMB_JOB *job, struct imb_session *s)
{
	job->cipher_mode = s->cipher;
	job->cipher_direction = s->dir;
	job->chain_order = s->order;
	job->hash_alg = s->hash;
	job->key_len_in_bytes = s->key_len;
	switch (s->cipher) {
	case IMB_CIPHER_DES:
		job->enc_keys = job->dec_keys = s->c.des.schedule[0];
		break;
	case IMB_CIPHER_DES3:
		job->enc_keys = job->dec_keys = s->c.des.at;
		break;
	case IMB_CIPHER_GCM:
		job->enc_keys = job->dec_keys = &s->c.gcm;
		break;
	case IMB_CIPHER_KASUMI_UEA1_BITLEN:
		job->enc_keys = job->dec_keys = &s->c.kasumi;
		break;
	case IMB_CIPHER_SNOW3G_UEA2_BITLEN:
		job->enc_keys = job->dec_keys = &s->c.snow3g;
		break;
	case IMB_CIPHER_ZUC_EEA3:
	case IMB_CIPHER_CHACHA20_POLY1305:
		job->enc_keys = job->dec_keys = s->c.raw;
		break;
	default:
		job->enc_keys = s->c.aes.enc;
		job->dec_keys = s->c.aes.dec;
		break;
	}
}

static void
imb_job_auth(IMB_JOB *job, struct imb_session *s, struct imb_work *w, const uint8_t *aad)
{
	job->auth_tag_output = w->tag;
	job->auth_tag_output_len_in_bytes = s->tag_len;
	switch (s->hash) {
	case IMB_AUTH_AES_XCBC:
		job->u.XCBC._k1_expanded = s->a.xcbc.k1;
		job->u.XCBC._k2 = s->a.xcbc.k2;
		job->u.XCBC._k3 = s->a.xcbc.k3;
		break;
	case IMB_AUTH_AES_CMAC:
	case IMB_AUTH_AES_CMAC_256:
		job->u.CMAC._key_expanded = s->a.cmac.key;
		job->u.CMAC._skey1 = s->a.cmac.sub1;
		job->u.CMAC._skey2 = s->a.cmac.sub2;
		break;
	case IMB_AUTH_KASUMI_UIA1:
		job->u.KASUMI_UIA1._key = &s->a.kasumi;
		break;
	case IMB_AUTH_AES_GMAC:
		job->u.GCM.aad = aad;
		job->u.GCM.aad_len_in_bytes = w->op->aad.len;
		break;
	case IMB_AUTH_AES_CCM:
		job->u.CCM.aad = aad;
		job->u.CCM.aad_len_in_bytes = w->op->aad.len;
		break;
	case IMB_AUTH_CHACHA20_POLY1305:
		job->u.CHACHA20_POLY1305.aad = aad;
		job->u.CHACHA20_POLY1305.aad_len_in_bytes = w->op->aad.len;
		break;
	default:
		job->u.HMAC._hashed_auth_key_xor_ipad = s->a.hmac.inner;
		job->u.HMAC._hashed_auth_key_xor_opad = s->a.hmac.outer;
		break;
	}
}

/* Offsets and lengths; src and dst are set.  Two ciphers count in bits. */
static void
imb_job_range(IMB_JOB *job, const struct imb_session *s, uint64_t cipher_off, uint64_t cipher_len,
		uint64_t hash_off, uint64_t hash_len)
{
	if (s->cipher == IMB_CIPHER_KASUMI_UEA1_BITLEN ||
			s->cipher == IMB_CIPHER_SNOW3G_UEA2_BITLEN) {
		/* These apply the offset to dst, too. */
		job->cipher_start_src_offset_in_bits = cipher_off * 8;
		job->msg_len_to_cipher_in_bits = cipher_len * 8;
	} else {
		job->cipher_start_src_offset_in_bytes = cipher_off;
		job->msg_len_to_cipher_in_bytes = cipher_len;
		job->dst += cipher_off;
	}
	job->hash_start_src_offset_in_bytes = hash_off;
	job->msg_len_to_hash_in_bytes = hash_len;
}

static void
imb_job_iv(IMB_JOB *job, const struct imb_session *s, struct imb_work *w)
{
	static const uint8_t usual[4] = { 0, 0, 0, 1 };
	const struct vcryptod_op *op = w->op;

	job->iv = op->iv;
	job->iv_len_in_bytes = op->iv_len;
	if (s->cipher == IMB_CIPHER_ECB)
		job->iv_len_in_bytes = 0;
	if (s->cipher != IMB_CIPHER_GCM || op->iv_len != J0_LEN)
		return;
	/* J0 (5.9.9.7): the usual one is an iv of 12 bytes, others need an iv made up. */
	if (memcmp(op->iv + GCM_IV_LEN, usual, sizeof(usual)) == 0) {
		job->iv_len_in_bytes = GCM_IV_LEN;
		return;
	}
	vcryptod_gcm_j0_iv(w->iv, &s->j0, op->iv);
	job->iv = w->iv;
}

static bool
imb_ends_at_page(const uint8_t *p, uint32_t len)
{
	return len != 0 && PAGE - ((uintptr_t)p + len - 1) % PAGE <= OVERREAD;
}

/* The span in one piece: as vcryptod_span_gather, apart from the end of a page. */
static uint8_t *
imb_in_one_piece(const struct imb_session *s, const struct vcryptod_span *span,
		struct vcryptod_scratch *scratch)
{
	uint8_t *p = vcryptod_span_linear(span), *copy;

	if (p == NULL)
		p = vcryptod_span_gather(span, scratch);
	if (p == NULL || !s->overreads || !imb_ends_at_page(p, span->len))
		return p;
	copy = vcryptod_scratch_get(scratch, span->len);
	if (copy != NULL)
		vcryptod_span_read(copy, span);
	return copy;
}

/* Memory in one piece on both sides.  -ENOMEM: scratch is full for now. */
static int
imb_job_memory(IMB_JOB *job, struct imb_work *w, struct vcryptod_scratch *scratch)
{
	struct vcryptod_op *op = w->op;
	uint8_t *src = imb_in_one_piece(w->s, &op->src, scratch), *dst;

	w->out = NULL;
	if (src == NULL)
		return -ENOMEM;
	job->src = job->dst = src;
	if (op->dst.len == 0)
		return 0;
	dst = vcryptod_span_linear(&op->dst);
	if (dst == NULL || (w->s->overreads && imb_ends_at_page(dst, op->dst.len))) {
		dst = vcryptod_scratch_get(scratch, op->dst.len);
		w->out = dst;
	}
	job->dst = dst;
	return dst != NULL ? 0 : -ENOMEM;
}

/* A chain's dst mirrors src: what is not ciphered is copied.  With the cipher first the
 * hash reads dst, which a job can express only as a distance from src.
 */
static void
imb_job_chain(IMB_JOB *job, struct imb_session *s, struct imb_work *w)
{
	struct vcryptod_op *op = w->op;
	uint32_t both = op->src.len < op->dst.len ? op->src.len : op->dst.len;
	uint32_t end = op->cipher_off + op->cipher_len;
	uint64_t hash_off = op->hash_off;

	if (job->src != job->dst) {
		memmove(job->dst, job->src, op->cipher_off);
		memmove(job->dst + end, job->src + end, both - end);
		if (s->order == IMB_ORDER_CIPHER_HASH)
			hash_off += (uint64_t)(uintptr_t)job->dst - (uint64_t)(uintptr_t)job->src;
	}
	w->out_off = 0;
	w->out_len = both;
	imb_job_range(job, s, op->cipher_off, op->cipher_len, hash_off, op->hash_len);
}

/* 0: job is ready; -ENOMEM: not before scratch is released; -EINVAL: impossible. */
static int
imb_job_fill(IMB_JOB *job, struct imb_work *w, struct vcryptod_scratch *scratch)
{
	struct imb_session *s = w->s;
	struct vcryptod_op *op = w->op;
	uint8_t *aad = NULL;
	int rc;

	if (imb_is_impossible(s, op))
		return -EINVAL;
	rc = imb_job_memory(job, w, scratch);
	if (rc != 0)
		return rc;
	if (s->p.kind == REQ_AEAD) {
		aad = imb_in_one_piece(s, &op->aad, scratch);
		if (aad == NULL)
			return -ENOMEM;
	}
	imb_job_keys(job, s);
	imb_job_auth(job, s, w, aad);
	imb_job_iv(job, s, w);
	if (s->p.kind == REQ_CHAIN) {
		imb_job_chain(job, s, w);
	} else {
		w->out_off = 0;
		w->out_len = op->dst.len < op->src.len ? op->dst.len : op->src.len;
		imb_job_range(job, s, 0, s->cipher == IMB_CIPHER_NULL ? 0 : op->src.len, 0,
				s->hash == IMB_AUTH_NULL ? 0 : op->src.len);
	}
	job->user_data = w;
	return 0;
}

/* A finished job: tag, result, status. */
static void
imb_job_done(IMB_JOB *job)
{
	struct imb_work *w = job->user_data;
	struct vcryptod_op *op = w->op;
	struct vcryptod_span to;
	uint8_t tag[VCRYPTOD_DIGEST_MAX];

	op->status = VIRTIO_CRYPTO_OK;
	if (job->status != IMB_STATUS_COMPLETED) {
		op->status = VIRTIO_CRYPTO_ERR;
	} else if (w->s->p.kind == REQ_AEAD && w->s->dir == IMB_DIR_DECRYPT) {
		vcryptod_span_read(tag, &op->digest);
		if (CRYPTO_memcmp(tag, w->tag, op->digest.len) != 0)
			op->status = VIRTIO_CRYPTO_BADMSG;
	} else if (w->s->hash != IMB_AUTH_NULL) {
		vcryptod_span_write_short(&op->digest, w->tag);
	}
	if (op->status != VIRTIO_CRYPTO_OK) {
		vcryptod_span_zero(&op->dst);
	} else if (w->out != NULL) {
		to = vcryptod_span_sub(&op->dst, w->out_off, w->out_len);
		vcryptod_span_write(&to, w->out);
	}
}

static void
imb_flush(struct imb_lane *l)
{
	IMB_JOB *job;

	while ((job = IMB_FLUSH_JOB(l->mgr)) != NULL)
		imb_job_done(job);
}

static void
imb_submit(struct imb_lane *l, struct vcryptod_lane *lane, struct imb_work *w)
{
	IMB_JOB *job = IMB_GET_NEXT_JOB(l->mgr);
	int rc;

	rc = imb_job_fill(job, w, &lane->scratch);
	if (rc == -ENOMEM) {
		imb_flush(l);
		vcryptod_scratch_reset(&lane->scratch);
		job = IMB_GET_NEXT_JOB(l->mgr);
		rc = imb_job_fill(job, w, &lane->scratch);
	}
	if (rc != 0) {
		w->op->status = VIRTIO_CRYPTO_ERR;
		return;
	}
	job = w->s->checked ? IMB_SUBMIT_JOB_NOCHECK(l->mgr) : IMB_SUBMIT_JOB(l->mgr);
	for (; job != NULL; job = IMB_GET_COMPLETED_JOB(l->mgr))
		imb_job_done(job);
}

/* The short way, if there is one for it. */
static bool
imb_try_direct(struct imb_lane *l, struct imb_session *s, struct vcryptod_op *op)
{
	if (s->direct == IMB_DIRECT_GCM)
		return op->src.len != 0 && vcryptod_imb_direct_gcm(l, s, op);
	return s->direct == IMB_DIRECT_CIPHER && op->src.len <= LEN_MAX &&
			vcryptod_imb_direct_cipher(l, s, op);
}

static void
imb_process(struct vcryptod_lane *lane, struct vcryptod_op **ops, unsigned int n)
{
	struct vcryptod_op *rest[VCRYPTOD_BATCH];
	struct imb_lane *l = lane->engine;
	struct imb_session *s;
	unsigned int i, nb = 0;

	vcryptod_scratch_reset(&lane->scratch);
	for (i = 0; i < n; i++) {
		s = ops[i]->session;
		if (i + 1 < n)
			vcryptod_span_fetch(&ops[i + 1]->src, AHEAD_MAX);
		if (s->p.kind == REQ_CIPHER && ops[i]->src.len == 0) {
			ops[i]->status = VIRTIO_CRYPTO_OK;
			continue;
		}
		if (imb_try_direct(l, s, ops[i]))
			continue;
		if (s->fallback != NULL && imb_is_for_fallback(s, ops[i])) {
			ops[i]->session = s->fallback;
			rest[nb++] = ops[i];
			continue;
		}
		l->work[i].op = ops[i];
		l->work[i].s = s;
		imb_submit(l, lane, &l->work[i]);
	}
	vcryptod_imb_direct_run(l);
	imb_flush(l);
	if (nb != 0)
		vcryptod_engine_openssl.process(lane, rest, nb);
}

void
vcryptod_imb_process_any(struct vcryptod_lane *lane, struct vcryptod_op **ops, unsigned int n)
{
	const struct imb_session *s;

	if (n == 1) {
		s = ops[0]->session;
		if (ops[0]->src.len >= s->alone_len) {
			ops[0]->session = s->fallback;
			vcryptod_engine_openssl.process(lane, ops, 1);
			return;
		}
	}
	imb_process(lane, ops, n);
}

const struct vcryptod_engine vcryptod_engine_ipsec_mb = {
	.name = "ipsec-mb",
	.init = imb_init,
	.fini = imb_fini,
	.lane_create = imb_lane_create,
	.lane_destroy = imb_lane_destroy,
	.session_create = imb_session_create,
	.session_destroy = imb_session_destroy,
	.process = imb_process,
};
