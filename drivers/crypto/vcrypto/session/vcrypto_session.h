/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A symmetric session as the hot path needs it: the header that its requests
 * start with, and the sizes to check.  It holds no key.
 */
#ifndef VCRYPTO_SESSION_H
#define VCRYPTO_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "req_data.h"
#include "device/vcrypto_device.h"

/* What the hot path does with an op of this session. */
enum vcrypto_sess_kind {
	VCRYPTO_SESS_CIPHER,
	VCRYPTO_SESS_CHAIN,
	VCRYPTO_SESS_AEAD,
	VCRYPTO_SESS_DIGEST,		/* HASH or MAC */
	VCRYPTO_SESS_GMAC,		/* an AUTH op carried as AEAD without text */
};

struct vcrypto_session {
	/* checked or used for every op */
	uint64_t cookie;		/* vcrypto_cookie() of its device; 0: none */
	uint64_t stamp;			/* unique while the process runs; never 0 */
	uint32_t iv_off;		/* of the iv's bytes for the device, from the op */
	int32_t lens_at;		/* where req_set_*() writes, from the slot's table */
	uint32_t first_at;		/* of the first payload's entry, in the table */
	uint32_t block_mask;		/* bytes; input is a multiple of block_mask + 1 */
	uint32_t min_len;		/* least input, bytes; at least 1 */
	uint32_t max_len;		/* bytes of input; what max_size leaves; >= min_len */
	uint32_t addr_off;		/* of the buffer address within an mbuf */
	bool addr_is_va;		/* the device's addresses are this process's */
	uint8_t kind;			/* enum vcrypto_sess_kind */
	uint8_t iv_len;			/* bytes that go to the device */
	uint8_t hdr_len;		/* bytes before the iv */
	uint8_t digest_len;		/* bytes; tag for AEAD */
	uint8_t raw_iv_off;		/* of those of the iv, where it is given alone */
	uint16_t aad_len;		/* bytes (AEAD) */
	uint16_t aad_off;		/* of the AAD within aead.aad.data */
	bool slow;			/* ops never take the fast path: vcrypto_sym_op.c */
	bool auth_first;		/* chain: digest over what is then encrypted */
	uint8_t len_shift;		/* 3: ranges are in bits */
	bool decrypt;
	bool verify;			/* digest is compared, not stored */
	bool device_verifies;		/* by a peer that does not return the digest */
	/* Table of a request over linear buffers: [header, iv][iv] src.. | dst.. status */
	uint8_t nb_read, nb_write;
	uint32_t dataunit_len;		/* bytes, AES-XTS; 0: an op is one unit */

	uint8_t hdr[REQ_DATA_HDR_ROOM] __attribute__((aligned(8)));	/* the last hdr_len */

	/* cold */
	uint64_t id;			/* the device's */
	enum req_kind req_kind;
};

/* xform -> parameters and sizes: what of a session needs no answer of the device.
 * 0; -ENOTSUP if the device, DPDK's xform or the standard cannot; -EINVAL for sizes
 * that the algorithm forbids, with one line.  Keys in req point into xform.
 */
int vcrypto_session_params(struct vcrypto_session *s, struct req_session *req,
		struct vcrypto_dev *dev, const struct rte_crypto_sym_xform *xform);

/* The header template: of a request in session mode (s->id is set) or stateless.
 * flags as vcrypto_req_flags().  0 or -errno.
 */
int vcrypto_session_header(struct vcrypto_session *s, const struct req_session *req,
		unsigned int flags, bool stateless);

/* Makes the device's session for s and its header, so that ops may use it.  s holds
 * what vcrypto_session_params() wrote.  0 or -errno as vcrypto_ctrl_create().
 */
int vcrypto_session_create(struct vcrypto_dev *dev, struct vcrypto_session *s,
		const struct req_session *req);
/* The half of that after the command: the device made session id in the generation that
 * cookie names.  0 or -errno of vcrypto_session_header(), and then s is as it was.
 */
int vcrypto_session_adopt(struct vcrypto_dev *dev, struct vcrypto_session *s,
		const struct req_session *req, uint64_t id, uint64_t cookie);

#endif
