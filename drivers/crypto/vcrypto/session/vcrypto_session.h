/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A symmetric session as the hot path needs it: the header that its requests start with,
 * and the sizes that each op is checked against.  It holds no key.
 *
 * Threads: any thread may create a session.  While its ops are in use, only recovery
 * writes to it, when all queue pairs are parked.
 */
#ifndef VCRYPTO_SESSION_H
#define VCRYPTO_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_common.h>

#include "req_data.h"
#include "device/vcrypto_device.h"

/* What the hot path does with an op of this session. */
enum vcrypto_sess_kind {
	VCRYPTO_SESS_CIPHER,
	VCRYPTO_SESS_CHAIN,
	VCRYPTO_SESS_AEAD,
	VCRYPTO_SESS_DIGEST,		/* HASH or MAC */
	VCRYPTO_SESS_GMAC,		/* an AUTH op carried as AEAD without text */
	/* NULL algorithms alone: completed without the device, which has no session.  Such a
	 * session is of no device and generation: its cookie is 0.
	 */
	VCRYPTO_SESS_NULL,
};

/* The longest linear buffer, bytes (rte_mbuf.data_len).  A chain's session with a max_len
 * below it never takes the fast path, which therefore need not check the maximum.
 */
#define VCRYPTO_LINEAR_MAX	UINT16_MAX

struct vcrypto_session {
	/* checked or used for every op */
	uint64_t cookie;		/* vcrypto_cookie() at creation; 0: not created;
					 * atomic
					 */
	uint64_t stamp;			/* unique while the process runs; never 0 */
	uint32_t iv_off;		/* bytes from the op to the iv that the device gets */
	int32_t lens_at;		/* bytes from the slot's table to the request's lengths,
					 * where req_set_*() writes
					 */
	uint32_t first_at;		/* bytes from the table to the first payload entry */
	uint32_t block_mask;		/* bytes; input is a multiple of block_mask + 1 */
	uint32_t min_len;		/* bytes of input, at least; never 0 */
	uint32_t max_len;		/* bytes of input, at most; never below min_len */
	uint32_t addr_off;		/* bytes from an mbuf to its buffer address */
	bool addr_is_va;		/* the device takes virtual addresses */
	uint8_t kind;			/* enum vcrypto_sess_kind */
	uint8_t iv_len;			/* bytes that the op has */
	uint8_t iv_tail;		/* bytes that the driver appends: a counter of 1, or 0 */
	uint8_t hdr_len;		/* bytes before the iv */
	uint8_t digest_len;		/* bytes; tag for AEAD */
	uint8_t raw_iv_off;		/* raw data path: bytes from its iv to the device's */
	uint16_t aad_len;		/* bytes (AEAD) */
	uint16_t aad_off;		/* bytes from aead.aad.data to the AAD */
	bool slow;			/* ops never take the fast path: vcrypto_sym_op.c */
	bool auth_first;		/* chain: authenticate, then encrypt */
	bool null_cipher;		/* besides, the driver copies the cipher range */
	uint8_t len_shift;		/* 3: the op's ranges are in bits; else 0 */
	bool decrypt;
	bool verify;			/* the digest is compared, not stored */
	bool device_verifies;		/* the device compares and returns no digest */
	/* Table entries of a request over linear buffers: header with iv (or header, iv),
	 * then src, then dst and status.
	 */
	uint8_t nb_read, nb_write;
	uint32_t dataunit_len;		/* bytes, AES-XTS; 0: an op is one unit */

	uint8_t hdr[REQ_DATA_HDR_ROOM] __rte_aligned(8);	/* the last hdr_len */

	/* cold */
	uint64_t id;			/* the device's */
	enum req_kind req_kind;
	/* Of the primary process alone, and in its own heap. */
	struct vcrypto_record *record;	/* NULL: none */
	struct vcrypto_copies *copies;	/* on other devices; NULL: none; atomic */
};

/* Room for a 3DES key, bytes, which shorter ones are expanded to. */
#define VCRYPTO_KEY_ROOM	24

/* Fills s and req from xform: everything of a session that needs no answer of the device.
 * 0; -ENOTSUP if the device, the driver or the standard does not support the xform;
 * -EINVAL, with one log line, for a size that the algorithm forbids.  Keys in req point
 * into xform, or to expanded, which the caller wipes when req is not used any more.
 */
int vcrypto_session_params(struct vcrypto_session *s, struct req_session *req,
		struct vcrypto_dev *dev, const struct rte_crypto_sym_xform *xform,
		uint8_t expanded[VCRYPTO_KEY_ROOM]);

/* Writes the header template of a request in session mode, which needs s->id, or in
 * stateless mode.  flags as vcrypto_req_flags().  0 or -errno.
 */
int vcrypto_session_header(struct vcrypto_session *s, const struct req_session *req,
		unsigned int flags, bool stateless);

/* Creates the device's session for s and writes its header template; then ops may use it.
 * s holds what vcrypto_session_params() wrote.  0 or -errno as vcrypto_ctrl_create().
 */
int vcrypto_session_create(struct vcrypto_dev *dev, struct vcrypto_session *s,
		const struct req_session *req);
/* The second half of vcrypto_session_create(): gives s the session id that the device
 * created in the generation that cookie names.  0 or -errno of vcrypto_session_header();
 * on an error s keeps its id and cookie.
 */
int vcrypto_session_adopt(struct vcrypto_dev *dev, struct vcrypto_session *s,
		const struct req_session *req, uint64_t id, uint64_t cookie);

#endif
