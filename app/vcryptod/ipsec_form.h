/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Where the parts of a packet of ESP or AH lie, before it is encrypted or after it was
 * decrypted: what both protocols share.  ipsec_esp.h and ipsec_ah.h have what differs.
 *
 * Knows neither engines nor spans: it computes offsets and lengths, and reads and writes
 * copies.  head is a copy of the packet's first head_len bytes, VCRYPTOD_IPSEC_HEAD_MAX or the
 * whole packet if that is less; it belongs to the caller, who passes the same one to each step.
 *
 * Outbound: _out_plan(), then a sequence number is taken, then _out_write().  The result is
 *   front (written here) | payload: copied bytes of head, then the packet's from copied on |
 *   trailer (ESP) | ICV (ESP).
 * Inbound: _in_plan(), the window is asked about the number, _in_auth(), the ICV is verified and
 * the payload decrypted, ESP's trailer is read, vcryptod_ipsec_in_result(), the window is
 * updated.
 *
 * Pure functions.
 */
#ifndef VCRYPTOD_IPSEC_FORM_H
#define VCRYPTOD_IPSEC_FORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ipsec_ip.h"
#include "req_ipsec.h"

#define VCRYPTOD_IPSEC_IV_MAX		16u	/* bytes */
#define VCRYPTOD_IPSEC_NONCE_MAX	16u
/* AH with the longest ICV. */
#define VCRYPTOD_IPSEC_AH_MAX		(12u + 40u)
/* All that stands before a payload; of ESP: UDP, SPI and number, IV. */
#define VCRYPTOD_IPSEC_FRONT_MAX	(VCRYPTOD_IPSEC_HEAD_MAX + VCRYPTOD_IPSEC_AH_MAX)

/* What an SA says of its packets.  Made once; no key in it, but the salt. */
struct vcryptod_ipsec_form {
	bool inbound, tunnel, ah, esn, udp;
	uint32_t spi;
	uint32_t options;		/* VIRTIO_CRYPTO_IPSEC_* */
	uint8_t salt[4];
	uint16_t udp_sport, udp_dport;
	const struct req_ipsec_alg *cipher;	/* NULL: AEAD, or AH */
	const struct req_ipsec_alg *auth;	/* the AEAD, or the MAC */
	uint8_t iv_len;			/* bytes in each packet */
	struct req_ipsec_shape shape;
	struct req_ipsec_tunnel t;	/* outbound tunnels */
};

/* sa is one that req_ipsec_sa_check() took. */
void vcryptod_ipsec_form_init(struct vcryptod_ipsec_form *out, const struct req_ipsec_sa *sa);

/* What an ICV covers: first, then len bytes of the packet from at on, then last.  For an AEAD
 * first is the additional data, and the bytes of the packet are the text.
 */
struct vcryptod_ipsec_auth {
	uint8_t first[VCRYPTOD_IPSEC_FRONT_MAX];
	uint32_t first_len;
	uint32_t at, len;
	uint8_t last[4];		/* the upper half of an extended number */
	uint32_t last_len;
};

/* The algorithm whose IV the packets carry. */
const struct req_ipsec_alg *vcryptod_ipsec_iv_alg(const struct vcryptod_ipsec_form *f);
/* The IV of an outbound packet, f->iv_len bytes: its number, which is never used twice; or
 * random, iv_len unpredictable bytes, for CBC.
 */
void vcryptod_ipsec_iv(uint8_t *iv, const struct vcryptod_ipsec_form *f, uint64_t number,
		const uint8_t *random);
/* Whether the IV must be unpredictable. */
bool vcryptod_ipsec_iv_is_random(const struct vcryptod_ipsec_form *f);
/* What the algorithm is given as its IV: bytes, 0 for none. */
uint32_t vcryptod_ipsec_nonce(uint8_t nonce[VCRYPTOD_IPSEC_NONCE_MAX],
		const struct vcryptod_ipsec_form *f, const uint8_t *iv);

/* ---- outbound ---- */

/* Bytes from the start of the result, unless it says otherwise. */
struct vcryptod_ipsec_out {
	struct vcryptod_ipsec_ip ip;	/* of the packet that came */
	uint16_t kept, kept_at;		/* of head: what stays before ESP or AH; tunnel: 0 */
	uint8_t next;			/* what ESP or AH carries */
	uint32_t payload;		/* of the packet, from kept on: bytes */
	uint32_t copied;		/* of these: bytes that are taken from head */
	uint32_t front;			/* bytes before the payload */
	uint32_t proto_at;		/* ESP (behind UDP) or AH */
	uint32_t iv_at;
	uint32_t trailer;		/* bytes: padding, its length, next header; AH: 0 */
	uint32_t icv_at;
	uint32_t len;			/* bytes of the result */
};

/* The part that does not depend on the protocol: -EBADMSG for a packet that is none, for a
 * fragment in a transport mode, for one that has no hop left (DEC_TTL, which changes head).
 * packet_len: bytes that the driver lent.
 */
int vcryptod_ipsec_out_begin(struct vcryptod_ipsec_out *out,
		const struct vcryptod_ipsec_form *f, uint8_t *head, size_t head_len,
		uint32_t packet_len);
/* Writes the IP header, the old one or a tunnel's, with proto behind it; what it returns is
 * its length in bytes, or -EMSGSIZE.
 */
int vcryptod_ipsec_out_ip(uint8_t *to, const struct vcryptod_ipsec_out *o,
		const struct vcryptod_ipsec_form *f, const uint8_t *head, uint8_t proto,
		uint64_t number);

/* ---- inbound ---- */

/* Bytes from the start of the packet that came. */
struct vcryptod_ipsec_in {
	struct vcryptod_ipsec_ip ip;	/* of the outer header */
	uint16_t kept, kept_at;		/* what stands before ESP (or its UDP header) or AH */
	uint32_t proto_at;		/* ESP or AH */
	uint32_t low;			/* the number that the packet carries */
	uint32_t iv_at;
	uint32_t payload_at, payload;	/* ESP: with the trailer */
	uint32_t icv_at;
	uint8_t next;			/* AH; ESP: known when the trailer was read */
};

/* -EBADMSG for a packet that is none, a fragment, one that carries something else than upper. */
int vcryptod_ipsec_in_begin(struct vcryptod_ipsec_in *out, struct vcryptod_ipsec_chain *chain,
		const uint8_t *head, size_t head_len, uint32_t packet_len, uint8_t upper);

/* What goes out to the driver: front_len bytes at front, then the payload from from on. */
struct vcryptod_ipsec_result {
	const uint8_t *front;
	uint32_t front_len;
	uint32_t from;		/* bytes of the payload, which front has already */
	uint32_t len;		/* bytes altogether */
};
/* The payload is genuine; next says what it is, payload how long (without ESP's trailer).
 * inner: a copy of its first inner_len bytes, all of them or VCRYPTOD_IPSEC_HEAD_MAX, for
 * tunnels.  head and inner are changed.  -EBADMSG: a dummy packet; a tunnel that carries
 * something else than IP, or a packet longer than the payload.
 */
int vcryptod_ipsec_in_result(struct vcryptod_ipsec_result *out,
		const struct vcryptod_ipsec_in *in, const struct vcryptod_ipsec_form *f,
		uint8_t *head, uint8_t *inner, size_t inner_len, uint8_t next, uint32_t payload);

#endif
