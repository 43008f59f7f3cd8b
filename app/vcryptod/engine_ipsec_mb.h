/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Shared by the files of the ipsec-mb engine: a session with its expanded keys.
 */
#ifndef VCRYPTOD_ENGINE_IPSEC_MB_H
#define VCRYPTOD_ENGINE_IPSEC_MB_H

#define NO_COMPAT_IMB_API_053
#include <intel-ipsec-mb.h>

#include <stdalign.h>
#include <stdbool.h>

#include "engine.h"
#include "gcm_j0.h"

#define IMB_AES_SCHEDULE	(15 * 16)	/* bytes of an expanded key, at most */
#define IMB_CTX_KEYS		3

/* Ways past the schedulers of single jobs. */
enum imb_direct {
	IMB_NO_DIRECT,
	IMB_DIRECT_GCM,
	IMB_DIRECT_CIPHER,	/* CIPHER with AES-CBC or AES-CTR */
};

/* Expanded keys; the library requires most of them aligned. */
struct imb_session {
	struct req_session p;		/* without key pointers */
	IMB_CIPHER_MODE cipher;
	IMB_HASH_ALG hash;
	IMB_CIPHER_DIRECTION dir;
	IMB_CHAIN_ORDER order;
	uint32_t key_len;		/* bytes, as jobs require it */
	uint32_t tag_len;		/* bytes that a job writes */
	/* What the library's schedulers do not take goes to OpenSSL. */
	void *fallback;			/* its session; NULL: none there */
	uint32_t alone_len;		/* vcryptod_imb_process_any: bytes */
	bool always;			/* all of it; what follows direct may be missing then */
	bool checked;			/* its jobs pass all checks of the library */
	bool overreads;			/* see imb_overreads */
	enum imb_direct direct;
	aes_gcm_enc_dec_t gcm;		/* IMB_DIRECT_GCM */
	struct vcryptod_gcm_j0 j0;

	alignas(64) union {
		struct {
			alignas(16) uint8_t enc[IMB_AES_SCHEDULE];
			alignas(16) uint8_t dec[IMB_AES_SCHEDULE];
		} aes;
		struct {
			uint64_t schedule[IMB_CTX_KEYS][IMB_DES_KEY_SCHED_SIZE / 8];
			const void *at[IMB_CTX_KEYS];
		} des;
		struct gcm_key_data gcm;
		alignas(16) uint8_t raw[32];	/* ChaCha20, ZUC */
		snow3g_key_schedule_t snow3g;
		kasumi_key_sched_t kasumi;
	} c;
	alignas(16) union {
		struct {
			alignas(16) uint8_t inner[64];
			alignas(16) uint8_t outer[64];
		} hmac;
		struct {
			alignas(16) uint32_t k1[11 * 4];
			alignas(16) uint8_t k2[16];
			alignas(16) uint8_t k3[16];
		} xcbc;
		struct {
			alignas(16) uint32_t key[15 * 4];
			alignas(16) uint32_t sub1[4];
			alignas(16) uint32_t sub2[4];
		} cmac;
		kasumi_key_sched_t kasumi;
	} a;
};

/* One request on its way as a job of its own. */
struct imb_work {
	struct vcryptod_op *op;
	struct imb_session *s;
	uint8_t *out;				/* the result, where it is not in dst */
	uint32_t out_off, out_len;		/* its place in dst */
	alignas(16) uint8_t iv[VCRYPTOD_IV_MAX];
	alignas(16) uint8_t tag[VCRYPTOD_DIGEST_MAX];
};

struct imb_lane {
	IMB_MGR *mgr;			/* of single jobs */
	IMB_MGR *array_mgr;		/* of arrays; has no jobs between two of them */
	struct imb_work work[VCRYPTOD_BATCH];
	struct gcm_context_data gcm;

	/* An array of jobs of one cipher, direction and key size. */
	const struct imb_session *alike;	/* of one of them */
	uint32_t nb_alike;
	struct vcryptod_op *alike_op[VCRYPTOD_BATCH];
	IMB_JOB job[VCRYPTOD_BATCH];
};

/* Of engine auto, in place of the engine's own.  What the library has not becomes a session that
 * OpenSSL computes, which session_destroy takes, too.  A request that has nobody beside it goes
 * to OpenSSL where that is faster.
 */
int vcryptod_imb_session_any(void **session, const struct req_session *p, unsigned int nb_lanes);
void vcryptod_imb_process_any(struct vcryptod_lane *lane, struct vcryptod_op **ops,
		unsigned int n);

/* engine_ipsec_mb_direct.c: which way a session's requests may take; the others are for
 * requests of sessions of that way, with a source of at least a byte.  false: it cannot go
 * that way, and nothing was done.
 */
void vcryptod_imb_direct_init(struct imb_session *s, const IMB_MGR *mgr);
bool vcryptod_imb_direct_gcm(struct imb_lane *l, struct imb_session *s, struct vcryptod_op *op);
/* true: it waits for vcryptod_imb_direct_run. */
bool vcryptod_imb_direct_cipher(struct imb_lane *l, struct imb_session *s,
		struct vcryptod_op *op);
void vcryptod_imb_direct_run(struct imb_lane *l);

/* engine_ipsec_mb_key.c: choose modes and expand keys, with any manager.  0, -ENOTSUP,
 * -EINVAL, -ENOMEM.
 */
int vcryptod_imb_keys(struct imb_session *s, IMB_MGR *mgr, const struct req_session *p);

#endif
