/* SPDX-License-Identifier: BSD-3-Clause
 *
 * AH (RFC 4302): where its parts lie, and what its ICV covers: all of a packet but what may
 * change on the way.  See ipsec_form.h for the order of calls.  The ICV lies in the front
 * part, and is written there when all else is.
 */
#ifndef VCRYPTOD_IPSEC_AH_H
#define VCRYPTOD_IPSEC_AH_H

#include "ipsec_form.h"

#define VCRYPTOD_IPSEC_AH_LEN	12u	/* without IV, ICV and padding */

/* What vcryptod_ipsec_out_begin() says, and -EMSGSIZE for a result that IP cannot have, or one
 * of more than room bytes.
 */
int vcryptod_ipsec_ah_out_plan(struct vcryptod_ipsec_out *out,
		const struct vcryptod_ipsec_form *f, uint8_t *head, size_t head_len,
		uint32_t packet_len, uint32_t room);
/* front has o->front bytes, with an ICV of 0; iv is f->iv_len bytes. */
void vcryptod_ipsec_ah_out_write(uint8_t front[VCRYPTOD_IPSEC_FRONT_MAX],
		const struct vcryptod_ipsec_out *o, const struct vcryptod_ipsec_form *f,
		const uint8_t *head, uint64_t number, const uint8_t *iv);
/* The bytes of the packet are those of the result.  -EBADMSG: vcryptod_ipsec_ip_mute(). */
int vcryptod_ipsec_ah_out_auth(struct vcryptod_ipsec_auth *out,
		const struct vcryptod_ipsec_out *o, const struct vcryptod_ipsec_form *f,
		const uint8_t *front, uint64_t number);

/* -EBADMSG: not a packet of this SA: another SPI, lengths that cannot be. */
int vcryptod_ipsec_ah_in_plan(struct vcryptod_ipsec_in *out,
		const struct vcryptod_ipsec_form *f, const uint8_t *head, size_t head_len,
		uint32_t packet_len);
/* The ICV that came is at in->icv_at of head, where it stays. */
int vcryptod_ipsec_ah_in_auth(struct vcryptod_ipsec_auth *out,
		const struct vcryptod_ipsec_in *in, const struct vcryptod_ipsec_form *f,
		const uint8_t *head, uint64_t number);

#endif
