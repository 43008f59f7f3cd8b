/* SPDX-License-Identifier: BSD-3-Clause
 *
 * IP headers of the IPSEC service: read from packets of any length that a driver may have made,
 * changed, and put before others; what AH does not cover.  Every packet lies at the end of its
 * own memory, so that a sanitizer sees a byte too many.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ipsec_bytes.h"
#include "ipsec_ip.h"

#define HEAD_MAX	VCRYPTOD_IPSEC_HEAD_MAX

/* An IPv4 header of 128 bytes of ICMP with its checksum: published with dpdk-test's vectors. */
static const uint8_t v4_icmp[20] = {
	0x45, 0x00, 0x00, 0x80, 0x00, 0x00, 0x00, 0x00, 0x40, 0x01,
	0xac, 0x27, 0xc0, 0xa8, 0x6f, 0x02, 0xc0, 0xa8, 0xde, 0x02,
};
/* The header of RFC 1071's arithmetic that is found in many texts: its sum is 0xb861. */
static const uint8_t v4_tcp[20] = {
	0x45, 0x00, 0x00, 0x73, 0x00, 0x00, 0x40, 0x00, 0x40, 0x11,
	0xb8, 0x61, 0xc0, 0xa8, 0x00, 0x01, 0xc0, 0xa8, 0x00, 0xc7,
};

static uint16_t
sum_of(const uint8_t *p, unsigned int len)
{
	uint32_t sum = 0;
	unsigned int i;

	for (i = 0; i < len; i += 2)
		sum += vcryptod_get16(p + i);
	while (sum > 0xffff)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

/* Of a packet whose bytes end where memory ends. */
static int
parse(struct vcryptod_ipsec_ip *ip, const uint8_t *p, size_t len, uint32_t packet_len)
{
	uint8_t *copy = malloc(len != 0 ? len : 1);
	int rc;

	assert_non_null(copy);
	memcpy(copy, p, len);
	rc = vcryptod_ipsec_ip_parse(ip, copy, len, packet_len);
	free(copy);
	return rc;
}

static int
chain(struct vcryptod_ipsec_chain *c, const uint8_t *p, size_t len, uint32_t packet_len)
{
	struct vcryptod_ipsec_ip ip;
	uint8_t *copy = malloc(len != 0 ? len : 1);
	int rc;

	assert_non_null(copy);
	memcpy(copy, p, len);
	rc = vcryptod_ipsec_ip_parse(&ip, copy, len, packet_len);
	if (rc == 0)
		rc = vcryptod_ipsec_ip_chain(c, &ip, copy, len);
	free(copy);
	return rc;
}

/* An IPv6 packet with extension headers: pairs of a number and a length, closed by upper. */
static unsigned int
build_v6(uint8_t *p, const uint8_t *protos, const uint8_t *lens, unsigned int nb, uint8_t upper,
		uint16_t payload)
{
	unsigned int at = 40, next_at = 6, i;

	memset(p, 0, HEAD_MAX);
	p[0] = 0x60;
	p[7] = 64;
	for (i = 0; i < nb; i++) {
		p[next_at] = protos[i];
		next_at = at;
		if (protos[i] != VCRYPTOD_IPSEC_PROTO_FRAGMENT)
			p[at + 1] = (uint8_t)(lens[i] / 8 - 1);
		at += lens[i];
	}
	p[next_at] = upper;
	vcryptod_put16(p + 4, (uint16_t)(at - 40 + payload));
	return at;
}

static void
headers_are_read(void **state)
{
	uint8_t p[40] = { 0x6b, 0x81, 0x23, 0x45, 0x00, 0x10, 0x3b, 0x07 };
	struct vcryptod_ipsec_ip ip;

	(void)state;
	assert_int_equal(parse(&ip, v4_icmp, 20, 128), 0);
	assert_false(ip.v6 || ip.df || ip.fragment);
	assert_int_equal(ip.header_len, 20);
	assert_int_equal(ip.len, 128);
	assert_int_equal(ip.ttl, 64);
	assert_int_equal(ip.proto, 1);
	assert_int_equal(parse(&ip, v4_tcp, 20, 1000), 0);
	assert_true(ip.df && !ip.fragment);
	assert_int_equal(ip.len, 0x73);
	assert_int_equal(parse(&ip, p, 40, 56), 0);
	assert_true(ip.v6 && !ip.df && !ip.fragment);
	assert_int_equal(ip.header_len, 40);
	assert_int_equal(ip.len, 56);
	assert_int_equal(ip.tos, 0xb8);
	assert_int_equal(ip.ttl, 7);
	assert_int_equal(ip.proto, VCRYPTOD_IPSEC_PROTO_NONE);
}

static void
lengths_that_lie(void **state)
{
	uint8_t p[60];
	struct vcryptod_ipsec_ip ip;
	unsigned int len, i;

	(void)state;
	memset(p, 0, sizeof(p));
	memcpy(p, v4_icmp, 20);
	for (len = 0; len < 20; len++)
		assert_int_equal(parse(&ip, p, len, 128), -EBADMSG);
	assert_int_equal(parse(&ip, p, 60, 127), -EBADMSG);
	/* A header shorter than one, longer than the bytes, longer than the packet. */
	for (i = 0; i < 5; i++) {
		p[0] = (uint8_t)(0x40 | i);
		assert_int_equal(parse(&ip, p, 60, 128), -EBADMSG);
	}
	p[0] = 0x4f;
	assert_int_equal(parse(&ip, p, 60, 128), 0);
	assert_int_equal(ip.header_len, 60);
	assert_int_equal(parse(&ip, p, 59, 128), -EBADMSG);
	p[3] = 59;
	assert_int_equal(parse(&ip, p, 60, 128), -EBADMSG);
	/* Of no version that is one. */
	for (i = 0; i < 16; i++) {
		p[0] = (uint8_t)(i << 4 | 5);
		if (i != 4 && i != 6)
			assert_int_equal(parse(&ip, p, 60, 128), -EBADMSG);
	}
	memset(p, 0, sizeof(p));
	p[0] = 0x60;
	p[6] = 59;
	assert_int_equal(parse(&ip, p, 40, 40), 0);
	for (len = 0; len < 40; len++)
		assert_int_equal(parse(&ip, p, len, 40), -EBADMSG);
	assert_int_equal(parse(&ip, p, 40, 39), -EBADMSG);
	/* A jumbogram. */
	p[6] = 0;
	assert_int_equal(parse(&ip, p, 40, 40), -EBADMSG);
}

/* What is for the nodes on the way stays; what is for the end is behind ESP or AH. */
static void
extension_headers(void **state)
{
	static const uint8_t all[] = { 0, 60, 43, 44, 60 }, lens[] = { 8, 16, 24, 8, 8 };
	static const uint8_t tail[] = { 0, 60 };
	struct vcryptod_ipsec_chain c;
	uint8_t p[HEAD_MAX];
	unsigned int n;

	(void)state;
	n = build_v6(p, NULL, NULL, 0, 17, 8);
	assert_int_equal(chain(&c, p, n, n + 8), 0);
	assert_true(c.kept == 40 && c.kept_at == 6 && c.kept_proto == 17 && !c.fragment);
	assert_true(c.upper == 40 && c.upper_at == 6 && c.upper_proto == 17);

	n = build_v6(p, all, lens, 5, 6, 8);
	assert_int_equal(n, 104);
	assert_int_equal(chain(&c, p, n, n + 8), 0);
	assert_true(c.kept == 96 && c.kept_at == 88 && c.kept_proto == 60);
	assert_true(c.upper == 104 && c.upper_at == 96 && c.upper_proto == 6);
	assert_false(c.fragment);

	n = build_v6(p, tail, lens, 2, 50, 8);
	assert_int_equal(chain(&c, p, n, n + 8), 0);
	assert_true(c.kept == 48 && c.kept_at == 40 && c.kept_proto == 60);
	assert_true(c.upper == 64 && c.upper_at == 48 && c.upper_proto == 50);

	assert_int_equal(chain(&c, v4_icmp, 20, 128), 0);
	assert_true(c.kept == 20 && c.kept_at == 9 && c.kept_proto == 1 && c.upper == 20);
}

static void
extension_headers_that_lie(void **state)
{
	static const uint8_t all[] = { 0, 60, 43, 44, 60 }, lens[] = { 8, 16, 24, 8, 8 };
	static const uint8_t late[] = { 60, 0 };
	struct vcryptod_ipsec_chain c;
	uint8_t p[HEAD_MAX + 64];
	unsigned int n, len;

	(void)state;
	/* Cut anywhere, by the packet or by the bytes that are there. */
	n = build_v6(p, all, lens, 5, 6, 8);
	for (len = 40; len < n; len++)
		assert_int_equal(chain(&c, p, len, n + 8), -EBADMSG);
	for (len = 40; len < n; len++) {
		vcryptod_put16(p + 4, (uint16_t)(len - 40));
		if (len > 40)
			assert_int_equal(chain(&c, p, n, n + 8), -EBADMSG);
	}
	/* An extension header as long as one can say. */
	n = build_v6(p, all, lens, 2, 6, 800);
	p[49] = 255;
	assert_int_equal(chain(&c, p, HEAD_MAX, n + 800), -EBADMSG);
	n = build_v6(p, late, lens, 2, 6, 8);
	assert_int_equal(chain(&c, p, n, n + 8), -EBADMSG);
	/* A chain without end: it is bounded by the bytes that are looked at. */
	memset(p, 60, sizeof(p));
	memset(p, 0, 40);
	p[0] = 0x60;
	p[4] = 1;
	p[6] = 60;
	for (len = 40; len < sizeof(p); len += 8)
		p[len + 1] = 0;
	assert_int_equal(chain(&c, p, sizeof(p), 1000), -EBADMSG);
}

static void
fragments(void **state)
{
	static const uint8_t frag[] = { 44, 60 }, lens[] = { 8, 8 };
	struct vcryptod_ipsec_chain c;
	uint8_t p[HEAD_MAX];
	unsigned int n;

	(void)state;
	memcpy(p, v4_icmp, 20);
	p[6] = 0x20;	/* more fragments */
	assert_int_equal(chain(&c, p, 20, 128), 0);
	assert_true(c.fragment);
	p[6] = 0x00;
	p[7] = 0x01;	/* an offset */
	assert_int_equal(chain(&c, p, 20, 128), 0);
	assert_true(c.fragment);
	p[6] = 0x40;	/* DF */
	p[7] = 0;
	assert_int_equal(chain(&c, p, 20, 128), 0);
	assert_false(c.fragment);

	/* Alone, with more to come, with an offset; what follows is not looked at. */
	n = build_v6(p, frag, lens, 2, 6, 8);
	assert_int_equal(chain(&c, p, n, n + 8), 0);
	assert_true(!c.fragment && c.upper == 56 && c.kept == 48);
	p[43] = 1;
	assert_int_equal(chain(&c, p, n, n + 8), 0);
	assert_true(c.fragment && c.upper == 48);
	p[43] = 0;
	p[42] = 0x10;
	p[49] = 255;
	assert_int_equal(chain(&c, p, n, n + 8), 0);
	assert_true(c.fragment && c.upper == 48);
}

static void
checksums_and_next_headers(void **state)
{
	struct vcryptod_ipsec_ip ip;
	uint8_t p[48];

	(void)state;
	memcpy(p, v4_icmp, 20);
	assert_int_equal(parse(&ip, p, 20, 128), 0);
	/* AH in transport mode, as published: the sum is 0xabd1. */
	assert_int_equal(vcryptod_ipsec_ip_set_next(p, &ip, 9, 51, 164), 0);
	assert_int_equal(vcryptod_get16(p + 10), 0xabd1);
	assert_int_equal(p[9], 51);
	assert_int_equal(vcryptod_get16(p + 2), 164);
	assert_int_equal(vcryptod_ipsec_ip_set_next(p, &ip, 9, 1, 128), 0);
	assert_memory_equal(p, v4_icmp, 20);
	assert_int_equal(vcryptod_ipsec_ip_set_next(p, &ip, 9, 50, 65536), -EMSGSIZE);
	assert_memory_equal(p, v4_icmp, 20);
	assert_int_equal(vcryptod_ipsec_ip_set_next(p, &ip, 9, 50, 65535), 0);
	assert_int_equal(sum_of(p, 20), 0xffff);

	memset(p, 0, sizeof(p));
	p[0] = 0x60;
	p[5] = 8;
	assert_int_equal(parse(&ip, p, 48, 48), 0);
	assert_int_equal(vcryptod_ipsec_ip_set_next(p, &ip, 40, 50, 65575), 0);
	assert_int_equal(p[40], 50);
	assert_int_equal(vcryptod_get16(p + 4), 65535);
	assert_int_equal(vcryptod_ipsec_ip_set_next(p, &ip, 40, 50, 65576), -EMSGSIZE);
}

/* Each TTL and TOS, by the sum that a header must have; a wrong one stays wrong. */
static void
ttl_and_tos(void **state)
{
	struct vcryptod_ipsec_ip ip;
	uint8_t p[40];
	unsigned int i;

	(void)state;
	for (i = 0; i < 256; i++) {
		memcpy(p, v4_tcp, 20);
		assert_int_equal(parse(&ip, p, 20, 0x73), 0);
		assert_int_equal(vcryptod_ipsec_ip_set_next(p, &ip, 9, (uint8_t)i, 100), 0);
		p[8] = (uint8_t)i;
		assert_int_equal(parse(&ip, p, 20, 100), 0);
		assert_int_equal(vcryptod_ipsec_ip_set_next(p, &ip, 9, 17, 100), 0);
		assert_int_equal(vcryptod_ipsec_ip_dec_ttl(p, &ip), i > 1 ? 0 : -EBADMSG);
		assert_int_equal(p[8], i > 1 ? i - 1 : i);
		assert_int_equal(sum_of(p, 20), 0xffff);
		vcryptod_ipsec_ip_set_tos(p, &ip, (uint8_t)i);
		assert_int_equal(p[1], i);
		assert_int_equal(sum_of(p, 20), 0xffff);
	}
	p[11] ^= 1;
	vcryptod_ipsec_ip_set_tos(p, &ip, 0x12);
	assert_int_not_equal(sum_of(p, 20), 0xffff);

	memset(p, 0, sizeof(p));
	vcryptod_put32(p, 0x6ffabcde);
	p[6] = 59;
	p[7] = 2;
	assert_int_equal(parse(&ip, p, 40, 40), 0);
	assert_int_equal(vcryptod_ipsec_ip_dec_ttl(p, &ip), 0);
	assert_int_equal(p[7], 1);
	vcryptod_ipsec_ip_set_tos(p, &ip, 0xb9);
	assert_true(vcryptod_get32(p) == 0x6b9abcde);
	assert_int_equal(parse(&ip, p, 40, 40), 0);
	assert_int_equal(vcryptod_ipsec_ip_dec_ttl(p, &ip), -EBADMSG);
}

#define COPY_DSCP	VIRTIO_CRYPTO_IPSEC_COPY_DSCP
#define COPY_DF		VIRTIO_CRYPTO_IPSEC_COPY_DF
#define ECN		VIRTIO_CRYPTO_IPSEC_ECN

static void
dscp_and_ecn(void **state)
{
	const struct req_ipsec_tunnel t = { .dscp = 0x2e };
	uint32_t outer, inner;

	(void)state;
	assert_int_equal(vcryptod_ipsec_tos_outbound(&t, 0, 0x2b), 0xb8);
	assert_int_equal(vcryptod_ipsec_tos_outbound(&t, ECN, 0x2b), 0xbb);
	assert_int_equal(vcryptod_ipsec_tos_outbound(&t, COPY_DSCP, 0x2b), 0x28);
	assert_int_equal(vcryptod_ipsec_tos_outbound(&t, COPY_DSCP | ECN, 0x2b), 0x2b);
	for (outer = 0; outer < 4; outer++)
		for (inner = 0; inner < 4; inner++) {
			uint8_t o = (uint8_t)(0xb8 | outer), i = (uint8_t)(0x28 | inner);

			assert_int_equal(vcryptod_ipsec_tos_inbound(0, o, i), i);
			assert_int_equal(vcryptod_ipsec_tos_inbound(COPY_DSCP, o, i), 0xb8 | inner);
			assert_int_equal(vcryptod_ipsec_tos_inbound(ECN, o, i),
					0x28 | (outer == 3 && inner != 0 ? 3 : inner));
		}
}

static void
outer_headers(void **state)
{
	struct req_ipsec_tunnel t = { .src = { 10, 0, 111, 2 }, .dst = { 10, 0, 222, 2 } };
	struct vcryptod_ipsec_ip inner = { .v6 = false, .df = true, .tos = 0x2b };
	uint8_t p[48];

	(void)state;
	memset(p, 0xa5, sizeof(p));
	assert_int_equal(vcryptod_ipsec_ip_outer(p, &t, 0, &inner, 51, 176, 1), 20);
	assert_int_equal(p[20], 0xa5);
	assert_int_equal(sum_of(p, 20), 0xffff);
	assert_int_equal(p[8], 64);
	/* As published, but for its TTL of 0. */
	p[8] = 0;
	p[10] = 0x59;
	p[11] = 0x16;
	assert_int_equal(sum_of(p, 20), 0xffff);

	t.df = true;
	t.ttl = 9;
	assert_int_equal(vcryptod_ipsec_ip_outer(p, &t, 0, &inner, 17, 65535, 7), 20);
	assert_true(p[6] == 0x40 && p[8] == 9 && p[9] == 17 && p[5] == 7 && p[1] == 0);
	inner.df = false;
	assert_int_equal(vcryptod_ipsec_ip_outer(p, &t, COPY_DF, &inner, 50, 100, 7), 20);
	assert_int_equal(p[6], 0);
	inner.v6 = true;
	assert_int_equal(vcryptod_ipsec_ip_outer(p, &t, COPY_DF, &inner, 50, 100, 7), 20);
	assert_int_equal(p[6], 0x40);
	assert_int_equal(vcryptod_ipsec_ip_outer(p, &t, 0, &inner, 50, 65536, 7), -EMSGSIZE);

	t = (struct req_ipsec_tunnel){ .ipv6 = true, .src = { 0x20, 1 }, .dst = { 0x20, 2 },
		.dscp = 0x2e, .flow_label = 0x54321 };
	memset(p, 0xa5, sizeof(p));
	assert_int_equal(vcryptod_ipsec_ip_outer(p, &t, ECN, &inner, 50, 65575, 7), 40);
	assert_int_equal(p[40], 0xa5);
	assert_true(vcryptod_get32(p) == 0x6bb54321);
	assert_true(vcryptod_get16(p + 4) == 65535 && p[6] == 50 && p[7] == 64);
	assert_memory_equal(p + 8, t.src, 16);
	assert_memory_equal(p + 24, t.dst, 16);
	assert_int_equal(vcryptod_ipsec_ip_outer(p, &t, 0, &inner, 50, 65576, 7), -EMSGSIZE);
}

static void
datagrams(void **state)
{
	static const uint8_t want[8] = { 0x11, 0x94, 0x12, 0x34, 0x01, 0x02, 0, 0 };
	uint8_t p[8];

	(void)state;
	vcryptod_ipsec_udp_build(p, 4500, 0x1234, 258);
	assert_memory_equal(p, want, 8);
	assert_int_equal(vcryptod_ipsec_udp_len(p, 258), 258);
	assert_int_equal(vcryptod_ipsec_udp_len(p, 300), 258);
	assert_int_equal(vcryptod_ipsec_udp_len(p, 257), -EBADMSG);
	vcryptod_ipsec_udp_build(p, 1, 2, 7);
	assert_int_equal(vcryptod_ipsec_udp_len(p, 300), -EBADMSG);
}

/* kept bytes of a packet, at the end of their memory. */
static int
mute(uint8_t *p, uint16_t kept, size_t len)
{
	struct vcryptod_ipsec_ip ip;
	uint8_t *copy;
	int rc;

	assert_int_equal(vcryptod_ipsec_ip_parse(&ip, p, len, (uint32_t)len), 0);
	copy = malloc(kept);
	assert_non_null(copy);
	memcpy(copy, p, kept);
	rc = vcryptod_ipsec_ip_mute(copy, &ip, kept);
	memcpy(p, copy, kept);
	free(copy);
	return rc;
}

static void
v4_fields_that_change(void **state)
{
	static const uint8_t options[16] = {
		1, 130, 4, 0x77, 0x66, 7, 7, 4, 1, 2, 3, 4, 148, 4, 5, 6,
	};
	uint8_t p[36] = { 0x49, 0xff, 0, 36, 0x12, 0x34, 0x40, 0, 64, 51, 0xab, 0xcd, 1, 2, 3, 4,
		5, 6, 7, 8 }, q[36];
	const uint8_t want[36] = { 0x49, 0, 0, 36, 0x12, 0x34, 0, 0, 0, 51, 0, 0, 1, 2, 3, 4,
		5, 6, 7, 8, 1, 130, 4, 0x77, 0x66, 0, 0, 0, 0, 0, 0, 0, 148, 4, 5, 6 };

	(void)state;
	memcpy(p + 20, options, 16);
	memcpy(q, p, 36);
	/* Of these options record route is the one that changes. */
	assert_int_equal(mute(p, 36, 36), 0);
	assert_memory_equal(p, want, 36);
	/* Source routes. */
	memcpy(p, q, 36);
	p[21] = 131;
	assert_int_equal(mute(p, 36, 36), -EBADMSG);
	memcpy(p, q, 36);
	p[21] = 137;
	assert_int_equal(mute(p, 36, 36), -EBADMSG);
	/* An option of no length, of too much, and one that has no room for a length. */
	memcpy(p, q, 36);
	p[22] = 0;
	assert_int_equal(mute(p, 36, 36), -EBADMSG);
	memcpy(p, q, 36);
	p[22] = 16;
	assert_int_equal(mute(p, 36, 36), -EBADMSG);
	memset(p + 20, 1, 16);
	p[35] = 7;
	assert_int_equal(mute(p, 36, 36), -EBADMSG);
	/* Bytes behind the end are none's. */
	memcpy(p, q, 36);
	memset(p + 20, 0xff, 16);
	p[20] = 0;
	assert_int_equal(mute(p, 36, 36), 0);
	assert_int_equal(p[35], 0xff);
	memcpy(p, q, 36);
	p[6] = 0x20;
	assert_int_equal(mute(p, 36, 36), -EBADMSG);
}

static void
v6_fields_that_change(void **state)
{
	static const uint8_t protos[] = { 0, 43, 60 }, lens[] = { 16, 8, 8 };
	uint8_t p[HEAD_MAX], q[HEAD_MAX];
	unsigned int n = build_v6(p, protos, lens, 3, 51, 0);

	(void)state;
	vcryptod_put32(p, 0x6abcdef0);
	/* Hop-by-hop: one option that stays, a Pad1, one that changes. */
	memcpy(p + 42, "\x05\x02\x11\x22\x00\x3e\x03\x33\x44\x55\x01\x02\x00\x00", 14);
	p[58] = 2;			/* routing, at its end */
	memcpy(p + 66, "\xc9\x04\x01\x02\x03\x04", 6);
	memcpy(q, p, sizeof(q));
	assert_int_equal(mute(p, (uint16_t)n, n), 0);
	assert_true(vcryptod_get32(p) == 0x60000000 && p[7] == 0);
	assert_memory_equal(p + 42, "\x05\x02\x11\x22\x00\x3e\x03\x00\x00\x00\x01\x02\x00\x00", 14);
	assert_memory_equal(p + 56, q + 56, 8);
	assert_memory_equal(p + 66, "\xc9\x04\x01\x02\x03\x04", 6);
	assert_memory_equal(p + 4, q + 4, 3);
	assert_memory_equal(p + 8, q + 8, 32);

	memcpy(p, q, sizeof(p));
	p[59] = 1;			/* segments left */
	assert_int_equal(mute(p, (uint16_t)n, n), -EBADMSG);
	memcpy(p, q, sizeof(p));
	p[67] = 5;			/* an option beyond its header */
	assert_int_equal(mute(p, (uint16_t)n, n), -EBADMSG);
	memcpy(p, q, sizeof(p));
	p[65] = 1;			/* a header beyond those that are kept */
	assert_int_equal(mute(p, (uint16_t)n, n), -EBADMSG);
	memcpy(p, q, sizeof(p));
	p[56] = 44;
	assert_int_equal(mute(p, (uint16_t)n, n), -EBADMSG);
	assert_int_equal(mute(p, 43, n), -EBADMSG);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(headers_are_read),
		cmocka_unit_test(lengths_that_lie),
		cmocka_unit_test(extension_headers),
		cmocka_unit_test(extension_headers_that_lie),
		cmocka_unit_test(fragments),
		cmocka_unit_test(checksums_and_next_headers),
		cmocka_unit_test(ttl_and_tos),
		cmocka_unit_test(dscp_and_ecn),
		cmocka_unit_test(outer_headers),
		cmocka_unit_test(datagrams),
		cmocka_unit_test(v4_fields_that_change),
		cmocka_unit_test(v6_fields_that_change),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
