/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Packets of ESP and AH as vcryptod has them from a driver, plain or protected, for
 * associations of any kind.
 *
 * Input: direction, mode, algorithm, options, number, room, then the packet in memory of exactly
 * its bytes.  All parts lie within the packet, and within each other's bounds.  What goes out
 * comes in again as the same packet, and both sides cover the same bytes by the ICV.
 */
#include <errno.h>

#include "fuzz_input.h"
#include "ipsec_proto.h"

#define MAX_BYTES	1024u
#define ROOM		2048u
#define HEAD_MAX	VCRYPTOD_IPSEC_HEAD_MAX

/* Cipher or AEAD, and MAC. */
static const struct {
	uint8_t aead, cipher, auth;
} packet_algs[] = {
	{ VIRTIO_CRYPTO_AEAD_GCM, 0, 0 },
	{ VIRTIO_CRYPTO_AEAD_CCM, 0, 0 },
	{ 0, VIRTIO_CRYPTO_CIPHER_AES_CBC, VIRTIO_CRYPTO_MAC_HMAC_SHA_256 },
	{ 0, VIRTIO_CRYPTO_CIPHER_3DES_CBC, VIRTIO_CRYPTO_MAC_HMAC_SHA1 },
	{ 0, VIRTIO_CRYPTO_CIPHER_AES_CTR, VIRTIO_CRYPTO_MAC_HMAC_SHA_512 },
	{ 0, 0, VIRTIO_CRYPTO_MAC_GMAC_AES },
	{ 0, 0, VIRTIO_CRYPTO_MAC_XCBC_AES },
	{ 0, 0, VIRTIO_CRYPTO_MAC_HMAC_SHA_224 },
};
#define PACKET_NB_ALGS	(sizeof(packet_algs) / sizeof(packet_algs[0]))

static void
packet_sa(struct req_ipsec_sa *sa, struct fuzz_input *in)
{
	unsigned int alg;

	memset(sa, 0, sizeof(*sa));
	sa->mode = (uint8_t)(fuzz_u8(in) % VIRTIO_CRYPTO_NB_IPSEC_MODES + 1);
	alg = fuzz_u8(in) % PACKET_NB_ALGS;
	if (req_ipsec_is_ah(sa->mode))
		alg = 5 + alg % 3;
	sa->options = fuzz_u8(in) & (VIRTIO_CRYPTO_IPSEC_OPTIONS &
			~VIRTIO_CRYPTO_IPSEC_SA_LIFETIME);
	if (req_ipsec_is_ah(sa->mode))
		sa->options &= ~VIRTIO_CRYPTO_IPSEC_UDP_ENCAP;
	sa->aead = packet_algs[alg].aead;
	sa->cipher = packet_algs[alg].cipher;
	sa->auth = packet_algs[alg].auth;
	sa->spi = 0x01010101;
	sa->tunnel.ipv6 = fuzz_u8(in) & 1;
	sa->tunnel.dscp = fuzz_u8(in) & 0x3f;
	sa->tunnel.df = sa->tunnel.dscp & 1;
}

static size_t
packet_head(uint8_t head[HEAD_MAX], const uint8_t *p, size_t len)
{
	size_t n = len < HEAD_MAX ? len : HEAD_MAX;

	if (n != 0)
		memcpy(head, p, n);
	return n;
}

/* What a peer has sent; *len: of the result, in to.  0 or -errno. */
static int
packet_in(uint8_t to[ROOM], uint32_t *len, struct vcryptod_ipsec_auth *a,
		const struct vcryptod_ipsec_form *f, const uint8_t *p, uint32_t p_len,
		uint64_t number)
{
	uint8_t head[HEAD_MAX], inner[HEAD_MAX];
	struct vcryptod_ipsec_result r;
	struct vcryptod_ipsec_in in;
	uint32_t payload, tail;
	size_t n = packet_head(head, p, p_len);
	int rc;

	rc = vcryptod_ipsec_in_plan(&in, f, head, n, p_len);
	if (rc != 0)
		return rc;
	FUZZ_CHECK(in.ip.len <= p_len && in.payload_at <= in.ip.len);
	FUZZ_CHECK(in.payload <= in.ip.len - in.payload_at);
	FUZZ_CHECK(in.icv_at + f->auth->icv_len <= in.ip.len && in.payload_at <= HEAD_MAX);
	rc = vcryptod_ipsec_in_auth(a, &in, f, head, number);
	FUZZ_CHECK(a->first_len <= sizeof(a->first) && a->at + a->len <= in.ip.len);
	if (rc != 0)
		return rc;
	payload = in.payload;
	if (!f->ah) {
		tail = payload < VCRYPTOD_IPSEC_TAIL_MAX ? payload : VCRYPTOD_IPSEC_TAIL_MAX;
		rc = vcryptod_ipsec_esp_in_trailer(&in.next, &payload, &in,
				p + in.payload_at + payload - tail, tail);
		if (rc != 0)
			return rc;
	}
	FUZZ_CHECK(payload <= in.payload);
	n = packet_head(inner, p + in.payload_at, payload);
	rc = vcryptod_ipsec_in_result(&r, &in, f, head, inner, n, in.next, payload);
	if (rc != 0)
		return rc;
	FUZZ_CHECK(r.front_len <= HEAD_MAX && r.front_len <= r.len && r.len <= p_len);
	FUZZ_CHECK(r.from <= payload && r.len - r.front_len <= payload - r.from);
	FUZZ_CHECK(req_ipsec_packet_len(r.front, r.len) == (int)r.len);
	memcpy(to, r.front, r.front_len);
	memcpy(to + r.front_len, p + in.payload_at + r.from, r.len - r.front_len);
	*len = r.len;
	return 0;
}

/* o was planned; head may have lost a hop. */
static int
packet_put(uint8_t to[ROOM], struct vcryptod_ipsec_auth *a, const struct vcryptod_ipsec_out *o,
		const struct vcryptod_ipsec_form *f, const uint8_t *head, const uint8_t *p,
		uint64_t number)
{
	uint8_t front[VCRYPTOD_IPSEC_FRONT_MAX], trailer[VCRYPTOD_IPSEC_TRAILER_MAX];
	const uint8_t iv[VCRYPTOD_IPSEC_IV_MAX] = { 1 };
	int rc;

	FUZZ_CHECK(o->front <= sizeof(front) && o->trailer <= sizeof(trailer));
	FUZZ_CHECK(o->kept + o->copied <= HEAD_MAX && o->copied <= o->payload);
	vcryptod_ipsec_out_write(front, trailer, o, f, head, number, iv);
	rc = vcryptod_ipsec_out_auth(a, o, f, front, number);
	FUZZ_CHECK(a->first_len <= sizeof(a->first) && a->at + a->len <= o->len);
	memset(to, 0, o->len);
	memcpy(to, front, o->front);
	memcpy(to + o->front, head + o->kept, o->copied);
	memcpy(to + o->front + o->copied, p + o->kept + o->copied, o->payload - o->copied);
	memcpy(to + o->front + o->payload, trailer, o->trailer);
	return rc;
}

static void
packet_same_auth(const struct vcryptod_ipsec_auth *a, const struct vcryptod_ipsec_auth *b)
{
	FUZZ_CHECK(a->first_len == b->first_len && a->at == b->at && a->len == b->len);
	FUZZ_CHECK(memcmp(a->first, b->first, a->first_len) == 0);
	FUZZ_CHECK(a->last_len == b->last_len && memcmp(a->last, b->last, a->last_len) == 0);
}

static void
packet_out(const struct req_ipsec_sa *sa, const uint8_t *p, uint32_t p_len, uint64_t number,
		uint32_t room)
{
	struct req_ipsec_sa other = *sa;
	struct vcryptod_ipsec_form f, back;
	uint8_t to[ROOM], again[ROOM], head[HEAD_MAX];
	struct vcryptod_ipsec_auth a, b;
	struct vcryptod_ipsec_out o;
	size_t n = packet_head(head, p, p_len);
	uint32_t len;
	int rc;

	vcryptod_ipsec_form_init(&f, sa);
	rc = vcryptod_ipsec_out_plan(&o, &f, head, n, p_len, room);
	if (rc != 0)
		return;
	FUZZ_CHECK(o.len <= room && o.ip.len <= p_len && o.kept + o.payload == o.ip.len);
	FUZZ_CHECK(o.len == req_ipsec_outbound_len(&f.shape, o.ip.len, o.kept, o.ip.v6));
	if (packet_put(to, &a, &o, &f, head, p, number) != 0)
		return;
	/* More headers than are looked at inbound; a packet without anything in it. */
	if (o.front > HEAD_MAX || (!f.tunnel && !f.ah && o.next == VCRYPTOD_IPSEC_PROTO_NONE))
		return;
	other.inbound = true;
	vcryptod_ipsec_form_init(&back, &other);
	FUZZ_CHECK(packet_in(again, &len, &b, &back, to, o.len, number) == 0);
	packet_same_auth(&a, &b);
	FUZZ_CHECK(len == o.ip.len);
	/* The checksum of a header that changed is computed anew in transport modes. */
	if (f.tunnel)
		FUZZ_CHECK(memcmp(again, head, o.ip.header_len) == 0);
	FUZZ_CHECK(memcmp(again + o.ip.header_len, p + o.ip.header_len,
			len - o.ip.header_len) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = { data, size };
	uint8_t inbound = fuzz_u8(&in), *p, to[ROOM];
	struct vcryptod_ipsec_form f;
	struct vcryptod_ipsec_auth a;
	struct req_ipsec_sa sa;
	const uint8_t *bytes;
	uint64_t number;
	uint32_t room, len;
	size_t n;

	packet_sa(&sa, &in);
	number = fuzz_u64(&in);
	room = fuzz_u16(&in) % (ROOM + 1);
	bytes = fuzz_bytes(&in, &n, MAX_BYTES);
	p = fuzz_copy(bytes, n);
	if (inbound & 1) {
		sa.inbound = true;
		vcryptod_ipsec_form_init(&f, &sa);
		packet_in(to, &len, &a, &f, p, (uint32_t)n, number);
	} else {
		packet_out(&sa, p, (uint32_t)n, number, room);
	}
	free(p);
	return 0;
}
