/* SPDX-License-Identifier: BSD-3-Clause
 *
 * ESP (RFC 4303), also in UDP: where its parts lie, and all of them but the cipher text and the
 * ICV.  See ipsec_form.h for the order of calls.
 */
#ifndef VCRYPTOD_IPSEC_ESP_H
#define VCRYPTOD_IPSEC_ESP_H

#include "ipsec_form.h"

#define VCRYPTOD_IPSEC_ESP_LEN		8u	/* SPI and number */
/* Padding, its length and the next header: as outbound, and as a peer may send it. */
#define VCRYPTOD_IPSEC_TRAILER_MAX	(15u + 2u)
#define VCRYPTOD_IPSEC_TAIL_MAX		(255u + 2u)

/* What vcryptod_ipsec_out_begin() says, and -EMSGSIZE for a result that IP cannot have, or one
 * of more than room bytes.
 */
int vcryptod_ipsec_esp_out_plan(struct vcryptod_ipsec_out *out,
		const struct vcryptod_ipsec_form *f, uint8_t *head, size_t head_len,
		uint32_t packet_len, uint32_t room);
/* front has o->front bytes, trailer o->trailer; iv is f->iv_len bytes. */
void vcryptod_ipsec_esp_out_write(uint8_t front[VCRYPTOD_IPSEC_FRONT_MAX],
		uint8_t trailer[VCRYPTOD_IPSEC_TRAILER_MAX], const struct vcryptod_ipsec_out *o,
		const struct vcryptod_ipsec_form *f, const uint8_t *head, uint64_t number,
		const uint8_t *iv);
/* The bytes of the packet are those of the result. */
void vcryptod_ipsec_esp_out_auth(struct vcryptod_ipsec_auth *out,
		const struct vcryptod_ipsec_out *o, const struct vcryptod_ipsec_form *f,
		uint64_t number);

/* -EBADMSG: not a packet of this SA: another SPI, no UDP header where one must be, lengths that
 * cannot be.
 */
int vcryptod_ipsec_esp_in_plan(struct vcryptod_ipsec_in *out,
		const struct vcryptod_ipsec_form *f, const uint8_t *head, size_t head_len,
		uint32_t packet_len);
void vcryptod_ipsec_esp_in_auth(struct vcryptod_ipsec_auth *out,
		const struct vcryptod_ipsec_in *in, const struct vcryptod_ipsec_form *f,
		uint64_t number);
/* tail: the last tail_len bytes of the decrypted payload, all of them or
 * VCRYPTOD_IPSEC_TAIL_MAX.  *payload: bytes without the trailer.  -EBADMSG: padding that is
 * longer than the payload, or is not 1, 2, 3 ... (RFC 4303, 2.4).
 */
int vcryptod_ipsec_esp_in_trailer(uint8_t *next, uint32_t *payload,
		const struct vcryptod_ipsec_in *in, const uint8_t *tail, size_t tail_len);

#endif
