/* SPDX-License-Identifier: BSD-3-Clause
 *
 * AH's header, and what its ICV covers; works on copies alone.
 */
#include <errno.h>
#include <string.h>

#include "ipsec_ah.h"
#include "ipsec_bytes.h"

/* Bytes of the header of packets that go out: a multiple of 4, behind IPv6 of 8. */
static uint32_t
ah_len(const struct vcryptod_ipsec_form *f, bool v6)
{
	return v6 ? f->shape.head_v6 : f->shape.head;
}

int
vcryptod_ipsec_ah_out_plan(struct vcryptod_ipsec_out *out, const struct vcryptod_ipsec_form *f,
		uint8_t *head, size_t head_len, uint32_t packet_len, uint32_t room)
{
	int rc = vcryptod_ipsec_out_begin(out, f, head, head_len, packet_len);
	bool v6 = f->tunnel ? f->t.ipv6 : out->ip.v6;
	uint32_t max;

	if (rc != 0)
		return rc;
	out->proto_at = f->tunnel ? f->shape.outer : out->kept;
	out->front = out->proto_at + ah_len(f, v6);
	out->iv_at = out->proto_at + VCRYPTOD_IPSEC_AH_LEN;
	out->icv_at = out->iv_at + f->iv_len;
	out->len = out->front + out->payload;
	max = v6 ? REQ_IPSEC_PACKET_MAX : UINT16_MAX;
	return out->len > max || out->len > room ? -EMSGSIZE : 0;
}

void
vcryptod_ipsec_ah_out_write(uint8_t front[VCRYPTOD_IPSEC_FRONT_MAX],
		const struct vcryptod_ipsec_out *o, const struct vcryptod_ipsec_form *f,
		const uint8_t *head, uint64_t number, const uint8_t *iv)
{
	uint8_t *ah = front + o->proto_at;

	/* Cannot fail: the plan has refused lengths that no header can say. */
	vcryptod_ipsec_out_ip(front, o, f, head, VCRYPTOD_IPSEC_PROTO_AH, number);
	memset(ah, 0, o->front - o->proto_at);
	ah[0] = o->next;
	ah[1] = (uint8_t)((o->front - o->proto_at) / 4 - 2);
	vcryptod_put32(ah + 4, f->spi);
	vcryptod_put32(ah + 8, (uint32_t)number);
	memcpy(front + o->iv_at, iv, f->iv_len);
}

/* ---- what the ICV covers ---- */

/* first: headers up to at, of which kept bytes are not AH's, with the ICV at icv_at.  The upper
 * half of an extended number follows the payload (RFC 4302, 2.5.1).
 */
static int
ah_auth(struct vcryptod_ipsec_auth *out, const struct vcryptod_ipsec_form *f,
		const uint8_t *headers, uint32_t at, uint16_t kept, uint32_t icv_at,
		uint64_t number)
{
	struct vcryptod_ipsec_ip ip;
	int rc;

	memcpy(out->first, headers, at);
	out->first_len = out->at = at;
	/* Padding behind the ICV is covered as it is. */
	memset(out->first + icv_at, 0, f->auth->icv_len);
	/* Only the header is looked at: its length was found right. */
	rc = vcryptod_ipsec_ip_parse(&ip, headers, at, REQ_IPSEC_PACKET_MAX);
	if (rc == 0)
		rc = vcryptod_ipsec_ip_mute(out->first, &ip, kept);
	out->last_len = 0;
	if (f->esn) {
		vcryptod_put32(out->last, (uint32_t)(number >> 32));
		out->last_len = sizeof(out->last);
	}
	return rc;
}

int
vcryptod_ipsec_ah_out_auth(struct vcryptod_ipsec_auth *out, const struct vcryptod_ipsec_out *o,
		const struct vcryptod_ipsec_form *f, const uint8_t *front, uint64_t number)
{
	out->len = o->payload;
	return ah_auth(out, f, front, o->front, (uint16_t)o->proto_at, o->icv_at, number);
}

int
vcryptod_ipsec_ah_in_auth(struct vcryptod_ipsec_auth *out, const struct vcryptod_ipsec_in *in,
		const struct vcryptod_ipsec_form *f, const uint8_t *head, uint64_t number)
{
	out->len = in->payload;
	return ah_auth(out, f, head, in->payload_at, in->kept, in->icv_at, number);
}

/* ---- inbound ---- */

/* Padded as RFC 4302 wants it, or to 8 bytes behind IPv4 too, as some do. */
static bool
ah_len_ok(const struct vcryptod_ipsec_form *f, uint32_t len, bool v6)
{
	return len == ah_len(f, v6) || len == f->shape.head_v6;
}

int
vcryptod_ipsec_ah_in_plan(struct vcryptod_ipsec_in *out, const struct vcryptod_ipsec_form *f,
		const uint8_t *head, size_t head_len, uint32_t packet_len)
{
	struct vcryptod_ipsec_chain chain;
	const uint8_t *ah;
	uint32_t len;
	int rc = vcryptod_ipsec_in_begin(out, &chain, head, head_len, packet_len,
			VCRYPTOD_IPSEC_PROTO_AH);

	if (rc != 0)
		return rc;
	if (head_len > out->ip.len)
		head_len = out->ip.len;
	if (head_len - out->proto_at < VCRYPTOD_IPSEC_AH_LEN)
		return -EBADMSG;
	ah = head + out->proto_at;
	len = (ah[1] + 2u) * 4;
	if (len > head_len - out->proto_at || !ah_len_ok(f, len, out->ip.v6))
		return -EBADMSG;
	if (vcryptod_get32(ah + 4) != f->spi)
		return -EBADMSG;
	out->next = ah[0];
	out->low = vcryptod_get32(ah + 8);
	out->iv_at = out->proto_at + VCRYPTOD_IPSEC_AH_LEN;
	out->icv_at = out->iv_at + f->iv_len;
	out->payload_at = out->proto_at + len;
	out->payload = out->ip.len - out->payload_at;
	return 0;
}
