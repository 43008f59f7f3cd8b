/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The steps of ipsec_form.h by the protocol of a security association: each is that of
 * ipsec_esp.h or ipsec_ah.h, whichever the form names.
 */
#ifndef VCRYPTOD_IPSEC_PROTO_H
#define VCRYPTOD_IPSEC_PROTO_H

#include "ipsec_ah.h"
#include "ipsec_esp.h"

/* ---- outbound ---- */

static inline int
vcryptod_ipsec_out_plan(struct vcryptod_ipsec_out *out, const struct vcryptod_ipsec_form *f,
		uint8_t *head, size_t head_len, uint32_t packet_len, uint32_t room)
{
	return f->ah ? vcryptod_ipsec_ah_out_plan(out, f, head, head_len, packet_len, room) :
			vcryptod_ipsec_esp_out_plan(out, f, head, head_len, packet_len, room);
}

/* AH has no trailer: o->trailer is 0. */
static inline void
vcryptod_ipsec_out_write(uint8_t front[VCRYPTOD_IPSEC_FRONT_MAX],
		uint8_t trailer[VCRYPTOD_IPSEC_TRAILER_MAX], const struct vcryptod_ipsec_out *o,
		const struct vcryptod_ipsec_form *f, const uint8_t *head, uint64_t number,
		const uint8_t *iv)
{
	if (f->ah)
		vcryptod_ipsec_ah_out_write(front, o, f, head, number, iv);
	else
		vcryptod_ipsec_esp_out_write(front, trailer, o, f, head, number, iv);
}

static inline int
vcryptod_ipsec_out_auth(struct vcryptod_ipsec_auth *out, const struct vcryptod_ipsec_out *o,
		const struct vcryptod_ipsec_form *f, const uint8_t *front, uint64_t number)
{
	if (f->ah)
		return vcryptod_ipsec_ah_out_auth(out, o, f, front, number);
	vcryptod_ipsec_esp_out_auth(out, o, f, number);
	return 0;
}

/* ---- inbound ---- */

static inline int
vcryptod_ipsec_in_plan(struct vcryptod_ipsec_in *out, const struct vcryptod_ipsec_form *f,
		const uint8_t *head, size_t head_len, uint32_t packet_len)
{
	return f->ah ? vcryptod_ipsec_ah_in_plan(out, f, head, head_len, packet_len) :
			vcryptod_ipsec_esp_in_plan(out, f, head, head_len, packet_len);
}

static inline int
vcryptod_ipsec_in_auth(struct vcryptod_ipsec_auth *out, const struct vcryptod_ipsec_in *in,
		const struct vcryptod_ipsec_form *f, const uint8_t *head, uint64_t number)
{
	if (f->ah)
		return vcryptod_ipsec_ah_in_auth(out, in, f, head, number);
	vcryptod_ipsec_esp_in_auth(out, in, f, number);
	return 0;
}

#endif
