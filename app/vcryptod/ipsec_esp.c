/* SPDX-License-Identifier: BSD-3-Clause
 *
 * ESP's headers and trailers; works on copies alone.
 */
#include <errno.h>
#include <string.h>

#include "ipsec_bytes.h"
#include "ipsec_esp.h"

/* ---- outbound ---- */

static uint8_t
esp_outer_proto(const struct vcryptod_ipsec_form *f)
{
	return f->udp ? VCRYPTOD_IPSEC_PROTO_UDP : VCRYPTOD_IPSEC_PROTO_ESP;
}

int
vcryptod_ipsec_esp_out_plan(struct vcryptod_ipsec_out *out, const struct vcryptod_ipsec_form *f,
		uint8_t *head, size_t head_len, uint32_t packet_len, uint32_t room)
{
	const struct req_ipsec_shape *s = &f->shape;
	int rc = vcryptod_ipsec_out_begin(out, f, head, head_len, packet_len);
	uint32_t max;

	if (rc != 0)
		return rc;
	out->len = req_ipsec_outbound_len(s, out->ip.len, out->kept, out->ip.v6);
	out->front = (f->tunnel ? (uint32_t)s->outer : out->kept) + s->head;
	out->iv_at = out->front - f->iv_len;
	out->proto_at = out->iv_at - VCRYPTOD_IPSEC_ESP_LEN;
	out->icv_at = out->len - s->tail;
	out->trailer = out->icv_at - out->front - out->payload;
	max = (f->tunnel ? f->t.ipv6 : out->ip.v6) ? REQ_IPSEC_PACKET_MAX : UINT16_MAX;
	return out->len > max || out->len > room ? -EMSGSIZE : 0;
}

static void
esp_put_trailer(uint8_t *to, uint32_t len, uint8_t next)
{
	uint32_t i;

	for (i = 0; i < len - 2; i++)
		to[i] = (uint8_t)(i + 1);
	to[i] = (uint8_t)i;
	to[i + 1] = next;
}

void
vcryptod_ipsec_esp_out_write(uint8_t front[VCRYPTOD_IPSEC_FRONT_MAX],
		uint8_t trailer[VCRYPTOD_IPSEC_TRAILER_MAX], const struct vcryptod_ipsec_out *o,
		const struct vcryptod_ipsec_form *f, const uint8_t *head, uint64_t number,
		const uint8_t *iv)
{
	/* Cannot fail: the plan has refused lengths that no header can say. */
	int n = vcryptod_ipsec_out_ip(front, o, f, head, esp_outer_proto(f), number);

	if (f->udp)
		vcryptod_ipsec_udp_build(front + n, f->udp_sport, f->udp_dport,
				o->len - (uint32_t)n);
	vcryptod_put32(front + o->proto_at, f->spi);
	vcryptod_put32(front + o->proto_at + 4, (uint32_t)number);
	memcpy(front + o->iv_at, iv, f->iv_len);
	esp_put_trailer(trailer, o->trailer, o->next);
}

/* ---- what the ICV covers ---- */

/* text: the payload with its trailer.  The IV is not covered by an AEAD, which has it in its
 * nonce.  A combined mode and GMAC have the whole number in its place; other MACs have the
 * upper half, which is not sent, at the end (RFC 4303, 2.2.1; RFC 4106, RFC 4543).
 */
static void
esp_auth(struct vcryptod_ipsec_auth *out, const struct vcryptod_ipsec_form *f, uint64_t number,
		uint32_t iv_at, uint32_t text_at, uint32_t text_len)
{
	bool aead = f->auth->service == VIRTIO_CRYPTO_SERVICE_AEAD;
	bool in_place = aead || f->auth->iv_len != 0;

	out->at = aead ? text_at : iv_at;
	out->len = text_len + text_at - out->at;
	vcryptod_put32(out->first, f->spi);
	out->last_len = 0;
	if (f->esn && in_place) {
		vcryptod_put64(out->first + 4, number);
		out->first_len = 12;
		return;
	}
	vcryptod_put32(out->first + 4, (uint32_t)number);
	out->first_len = VCRYPTOD_IPSEC_ESP_LEN;
	if (f->esn) {
		vcryptod_put32(out->last, (uint32_t)(number >> 32));
		out->last_len = sizeof(out->last);
	}
}

void
vcryptod_ipsec_esp_out_auth(struct vcryptod_ipsec_auth *out, const struct vcryptod_ipsec_out *o,
		const struct vcryptod_ipsec_form *f, uint64_t number)
{
	esp_auth(out, f, number, o->iv_at, o->front, o->payload + o->trailer);
}

void
vcryptod_ipsec_esp_in_auth(struct vcryptod_ipsec_auth *out, const struct vcryptod_ipsec_in *in,
		const struct vcryptod_ipsec_form *f, uint64_t number)
{
	esp_auth(out, f, number, in->iv_at, in->payload_at, in->payload);
}

/* ---- inbound ---- */

/* proto_at is at the UDP header, and moves behind it; *end moves to the datagram's end. */
static int
esp_skip_udp(struct vcryptod_ipsec_in *in, uint32_t *end, const uint8_t *head, size_t head_len)
{
	int n;

	if (head_len - in->proto_at < VCRYPTOD_IPSEC_UDP_LEN)
		return -EBADMSG;
	n = vcryptod_ipsec_udp_len(head + in->proto_at, *end - in->proto_at);
	if (n < 0)
		return n;
	*end = in->proto_at + (uint32_t)n;
	in->proto_at += VCRYPTOD_IPSEC_UDP_LEN;
	return 0;
}

int
vcryptod_ipsec_esp_in_plan(struct vcryptod_ipsec_in *out, const struct vcryptod_ipsec_form *f,
		const uint8_t *head, size_t head_len, uint32_t packet_len)
{
	const uint32_t before = VCRYPTOD_IPSEC_ESP_LEN + f->iv_len;
	struct vcryptod_ipsec_chain chain;
	uint32_t end;
	int rc = vcryptod_ipsec_in_begin(out, &chain, head, head_len, packet_len,
			esp_outer_proto(f));

	if (rc != 0)
		return rc;
	end = out->ip.len;
	if (f->udp && esp_skip_udp(out, &end, head, head_len) != 0)
		return -EBADMSG;
	/* SPI, number and IV are in the copy; proto_at is within it. */
	if (head_len - out->proto_at < before || end - out->proto_at < before + f->shape.tail)
		return -EBADMSG;
	if (vcryptod_get32(head + out->proto_at) != f->spi)
		return -EBADMSG;
	out->low = vcryptod_get32(head + out->proto_at + 4);
	out->iv_at = out->proto_at + VCRYPTOD_IPSEC_ESP_LEN;
	out->payload_at = out->proto_at + before;
	out->icv_at = end - f->shape.tail;
	out->payload = out->icv_at - out->payload_at;
	/* Whole blocks, or words, with a trailer at least. */
	return out->payload != 0 && out->payload % f->shape.align == 0 ? 0 : -EBADMSG;
}

int
vcryptod_ipsec_esp_in_trailer(uint8_t *next, uint32_t *payload,
		const struct vcryptod_ipsec_in *in, const uint8_t *tail, size_t tail_len)
{
	uint32_t pad = tail[tail_len - 2], i;
	const uint8_t *p;

	if (pad + 2 > tail_len)
		return -EBADMSG;
	p = tail + tail_len - 2 - pad;
	for (i = 0; i < pad; i++)
		if (p[i] != i + 1)
			return -EBADMSG;
	*next = tail[tail_len - 1];
	*payload = in->payload - pad - 2;
	return 0;
}
