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

#define IMB_AES_SCHEDULE	(15 * 16)	/* bytes of an expanded key, at most */
#define IMB_CTX_KEYS		3

/* Expanded keys; the library wants most of them aligned. */
struct imb_session {
	struct req_session p;		/* without key pointers */
	IMB_CIPHER_MODE cipher;
	IMB_HASH_ALG hash;
	IMB_CIPHER_DIRECTION dir;
	IMB_CHAIN_ORDER order;
	uint32_t key_len;		/* bytes, as jobs want it */
	uint32_t tag_len;		/* bytes that a job writes */
	/* What the library's schedulers do not take goes to OpenSSL. */
	void *fallback;			/* its session; NULL: none there */
	bool always;			/* all of it */
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

/* engine_ipsec_mb_key.c: choose modes and expand keys, with any manager.  0, -ENOTSUP,
 * -EINVAL, -ENOMEM.
 */
int vcryptod_imb_keys(struct imb_session *s, IMB_MGR *mgr, const struct req_session *p);

#endif
