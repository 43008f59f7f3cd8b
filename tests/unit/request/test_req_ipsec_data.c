/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Data requests of the IPSEC service against bytes written out by hand from virtio 1.4,
 * 5.9.9.9, and the lengths of packets against packets that were counted by hand.  Letters are
 * those of req_ipsec.h.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <cmocka.h>

#include "req_data.h"
#include "req_ipsec.h"
#include "req_test.h"

static const char * const outbound_bytes =
	"00050000 00000000 4433221100000000 01000000 00000000 64000000 98000000";
static const char * const inbound_bytes =
	"01050000 00000000 0000000000000000 01000000 00000000 ffff0000 0f000000";

static void
requests_both_ways(void **state)
{
	_Alignas(4) uint8_t got[64];
	struct req_ipsec_data d;
	uint8_t want[64];

	(void)state;
	memset(got, 0x5a, sizeof(got));
	assert_int_equal(REQ_IPSEC_HDR_LEN, 32);
	assert_int_equal(req_ipsec_header(got, 31, false, 0x11223344), -ENOSPC);
	assert_int_equal(got[0], 0x5a);
	assert_int_equal(req_ipsec_header(got, 32, false, 0x11223344), 32);
	assert_memory_equal(got + 24, "\0\0\0\0\0\0\0\0", 8);
	req_set_ipsec(got, 100, 152);
	assert_int_equal(hex(want, outbound_bytes), 32);
	assert_memory_equal(got, want, 32);
	assert_int_equal(got[32], 0x5a);
	assert_int_equal(req_ipsec_data_parse(&d, got, 32, REQ_F_REVISION_1), 0);
	assert_false(d.inbound);
	assert_int_equal(d.obj_id, 0x11223344);
	assert_int_equal(d.src_len, 100);
	assert_int_equal(d.dst_len, 152);
	assert_true(req_ipsec_data_readable(&d) == 132);
	assert_true(req_ipsec_data_writable(&d) == 153);

	assert_int_equal(req_ipsec_header(got, 32, true, 0), 32);
	req_set_ipsec(got, 65535, 15);
	hex(want, inbound_bytes);
	assert_memory_equal(got, want, 32);
	assert_int_equal(req_ipsec_data_parse(&d, got, 32, 0), 0);
	assert_true(d.inbound);
	assert_int_equal(d.obj_id, 0);
	d.dst_len = UINT32_MAX;
	d.src_len = UINT32_MAX;
	assert_true(req_ipsec_data_readable(&d) == UINT64_C(0x10000001f));
	assert_true(req_ipsec_data_writable(&d) == UINT64_C(0x100000000));
}

/* N: without REVISION_1 other services have 48 bytes of fixed part, and this one has 8. */
static void
requests_are_not_padded(void **state)
{
	static const unsigned int layout[] = { 0, REQ_F_REVISION_1,
		REQ_F_REVISION_1 | REQ_F_STATELESS };
	struct req_ipsec_data d;
	uint8_t bytes[64], *p;
	size_t i, cut;

	(void)state;
	hex(bytes, outbound_bytes);
	for (i = 0; i < DIM(layout); i++) {
		for (cut = 0; cut <= 32; cut++) {
			p = exact(bytes, cut);
			assert_int_equal(req_ipsec_data_parse(&d, p, cut, layout[i]),
					cut < 32 ? -EBADMSG : 0);
			free(p);
		}
	}
}

static void
hostile_requests(void **state)
{
	static const struct {
		unsigned int off;
		uint32_t value;
		int ret, ret_revision_1;
	} t[] = {
		{ 0, 0x502, -ENOTSUP, -ENOTSUP }, { 0, 0x400, -ENOTSUP, -ENOTSUP },
		{ 0, 0x10500, -ENOTSUP, -ENOTSUP }, { 0, 0, -ENOTSUP, -ENOTSUP },
		{ 4, UINT32_MAX, 0, 0 },		/* algo is ignored */
		{ 12, 1, -ENOENT, -ENOENT }, { 12, UINT32_MAX, -ENOENT, -ENOENT },
		{ 8, UINT32_MAX, 0, 0 },
		{ 16, 0, 0, -ENOTSUP },			/* stateless */
		{ 16, 2, 0, -EBADMSG }, { 16, UINT32_MAX, 0, -EBADMSG },
		{ 20, UINT32_MAX, 0, 0 },		/* padding */
		{ 24, 0, -EBADMSG, -EBADMSG }, { 24, 19, -EBADMSG, -EBADMSG }, { 24, 20, 0, 0 },
		{ 24, 65575, 0, 0 }, { 24, 65576, -EBADMSG, -EBADMSG },
		{ 24, UINT32_MAX, -EBADMSG, -EBADMSG },
		{ 28, 0, 0, 0 }, { 28, UINT32_MAX, 0, 0 },	/* the device finds it too short */
	};
	struct req_ipsec_data d;
	uint8_t bytes[64];
	size_t i;
	le32 v;

	(void)state;
	for (i = 0; i < DIM(t); i++) {
		hex(bytes, outbound_bytes);
		v = cpu_to_le32(t[i].value);
		memcpy(bytes + t[i].off, &v, sizeof(v));
		print_message("  offset %u = %u\n", t[i].off, t[i].value);
		assert_int_equal(req_ipsec_data_parse(&d, bytes, 32, 0), t[i].ret);
		assert_int_equal(req_ipsec_data_parse(&d, bytes, 32, REQ_F_REVISION_1),
				t[i].ret_revision_1);
	}
}

/* The parser of the other services goes on refusing these opcodes. */
static void
other_services_do_not_know_it(void **state)
{
	unsigned int by[VIRTIO_CRYPTO_NB_SERVICES] = { 0 };
	struct req_data d;
	uint8_t bytes[128] = { 0 };

	(void)state;
	hex(bytes, outbound_bytes);
	assert_int_equal(req_data_parse(&d, bytes, sizeof(bytes), by), -ENOTSUP);
	hex(bytes, inbound_bytes);
	assert_int_equal(req_data_parse(&d, bytes, sizeof(bytes), by), -ENOTSUP);
}

/* P */
static void
statuses(void **state)
{
	static const int want[] = { 0, -EIO, -EBADMSG, -ENOTSUP, -ENOENT, -ENOSPC, -EKEYREJECTED,
		0 };
	uint32_t status;
	bool soft;

	(void)state;
	for (status = 0; status < 0x300; status++) {
		assert_int_equal(req_ipsec_status(&soft, status), status < DIM(want) ?
				want[status] : -EIO);
		assert_int_equal(soft, status == 7);
	}
	/* For another service it is a failure. */
	assert_int_equal(req_status_errno(VIRTIO_CRYPTO_IPSEC_SA_SOFT_EXPIRY), -EIO);
}

/* ---- lengths ---- */

static const struct {
	const char *name;
	struct req_ipsec_sa sa;
	uint32_t len, kept;	/* of the plain packet; what stays before ESP or AH */
	bool v6;
	uint32_t want;		/* of the protected one, counted by hand */
} len_case[] = {
	/* 20 outer, 8 ESP, 8 IV, 84 + 2 -> 88, 16 ICV */
	{ "GCM, tunnel over IPv4", { .mode = 1, .aead = 1 }, 84, 0, false, 140 },
	{ "GCM, no padding", { .mode = 1, .aead = 1 }, 86, 0, false, 140 },
	{ "GCM, three bytes of padding", { .mode = 1, .aead = 1 }, 87, 0, false, 144 },
	{ "GCM, tunnel over IPv6", { .mode = 1, .aead = 1, .tunnel = { .ipv6 = true } },
		84, 0, false, 160 },
	{ "GCM, IPv6 in IPv4", { .mode = 1, .aead = 1 }, 84, 40, true, 140 },
	{ "CCM, UDP", { .mode = 1, .aead = 2, .options = 2 }, 84, 0, false, 148 },
	{ "ChaCha20-Poly1305, transport", { .mode = 2, .aead = 3 }, 84, 20, false, 120 },
	/* 20 outer, 8 ESP, 16 IV, 84 + 2 -> 96, 16 ICV */
	{ "CBC, SHA-256", { .mode = 1, .cipher = 3, .auth = 4 }, 84, 0, false, 156 },
	{ "CBC, SHA-256, whole block", { .mode = 1, .cipher = 3, .auth = 4 }, 94, 0, false, 156 },
	{ "CBC, SHA-256, next block", { .mode = 1, .cipher = 3, .auth = 4 }, 95, 0, false, 172 },
	/* 24 kept, 8 ESP, 16 IV, 60 + 2 -> 64, 12 ICV */
	{ "CBC, SHA-1, transport, options", { .mode = 2, .cipher = 3, .auth = 2 },
		84, 24, false, 124 },
	{ "CBC, MD5, transport, IPv6", { .mode = 2, .cipher = 3, .auth = 1 }, 84, 40, true, 124 },
	{ "3DES, SHA-224", { .mode = 1, .cipher = 8, .auth = 3 }, 84, 0, false, 138 },
	{ "DES, SHA-384", { .mode = 1, .cipher = 6, .auth = 5 }, 84, 0, false, 148 },
	{ "CTR, SHA-512", { .mode = 1, .cipher = 4, .auth = 6 }, 84, 0, false, 156 },
	{ "NULL, XCBC", { .mode = 1, .auth = 53 }, 84, 0, false, 128 },
	{ "NULL, GMAC", { .mode = 1, .auth = 41 }, 84, 0, false, 140 },
	{ "NULL, CMAC, transport", { .mode = 2, .auth = 26 }, 84, 20, false, 104 + 4 },
	/* AH: 12 + ICV, a multiple of 4 or, over IPv6, of 8 */
	{ "AH, SHA-256, tunnel over IPv4", { .mode = 3, .auth = 4 }, 84, 0, false, 132 },
	{ "AH, SHA-256, tunnel over IPv6", { .mode = 3, .auth = 4, .tunnel = { .ipv6 = true } },
		84, 0, false, 156 },
	{ "AH, SHA-256, IPv6 in IPv4", { .mode = 3, .auth = 4 }, 84, 40, true, 132 },
	{ "AH, SHA-1, transport", { .mode = 4, .auth = 2 }, 84, 20, false, 108 },
	{ "AH, SHA-256, transport, IPv6", { .mode = 4, .auth = 4 }, 84, 40, true, 116 },
	{ "AH, SHA-256, transport", { .mode = 4, .auth = 4 }, 84, 20, false, 112 },
	{ "AH, SHA-224, transport", { .mode = 4, .auth = 3 }, 84, 20, false, 112 },
	{ "AH, GMAC, transport", { .mode = 4, .auth = 41 }, 84, 20, false, 120 },
	{ "AH, GMAC, transport, IPv6", { .mode = 4, .auth = 41 }, 84, 40, true, 124 },
	{ "the longest", { .mode = 1, .cipher = 3, .auth = 6, .options = 2,
		.tunnel = { .ipv6 = true } }, REQ_IPSEC_PACKET_MAX, 0, true, 65688 },
};

static void
outbound_lengths_are_exact(void **state)
{
	struct req_ipsec_shape s;
	size_t i;

	(void)state;
	for (i = 0; i < DIM(len_case); i++) {
		req_ipsec_shape_of(&s, &len_case[i].sa);
		print_message("  %s\n", len_case[i].name);
		assert_int_equal(req_ipsec_outbound_len(&s, len_case[i].len, len_case[i].kept,
				len_case[i].v6), len_case[i].want);
	}
}

/* Lengths of packets that nobody here made: those of DPDK's vectors for its "IPsec Proto" tests
 * (app/test/test_cryptodev_security_ipsec_test_vectors.h).
 */
static void
published_lengths(void **state)
{
	static const struct {
		struct req_ipsec_sa sa;
		uint32_t plain, sealed;		/* bytes */
	} t[] = {
		{ { .mode = 1, .aead = 1 }, 62, 116 }, { { .mode = 1, .aead = 1 }, 40, 96 },
		{ { .mode = 1, .aead = 1 }, 48, 104 }, { { .mode = 1, .aead = 1 }, 110, 164 },
		{ { .mode = 1, .aead = 2 }, 46, 100 },
		{ { .mode = 1, .aead = 1, .tunnel.ipv6 = true }, 72, 148 },
		{ { .mode = 1, .cipher = 3, .auth = 1 }, 50, 120 },
		{ { .mode = 1, .cipher = 3, .auth = 4 }, 50, 124 },
		{ { .mode = 1, .cipher = 3, .auth = 5 }, 50, 132 },
		{ { .mode = 1, .cipher = 3, .auth = 6 }, 50, 140 },
		{ { .mode = 1, .cipher = 8, .auth = 4 }, 50, 108 },
		{ { .mode = 1, .cipher = 8, .auth = 5 }, 50, 116 },
		{ { .mode = 1, .cipher = 8, .auth = 6 }, 50, 124 },
		{ { .mode = 1, .cipher = 6, .auth = 4 }, 50, 108 },
		{ { .mode = 1, .cipher = 3, .auth = 4, .tunnel.ipv6 = true }, 72, 160 },
		{ { .mode = 1, .cipher = 8, .auth = 4, .tunnel.ipv6 = true }, 72, 152 },
		{ { .mode = 1, .auth = 53 }, 47, 92 },
		{ { .mode = 3, .auth = 4 }, 128, 176 }, { { .mode = 4, .auth = 4 }, 128, 156 },
		{ { .mode = 4, .auth = 41 }, 128, 164 },
	};
	struct req_ipsec_shape s;
	size_t i;

	(void)state;
	for (i = 0; i < DIM(t); i++) {
		req_ipsec_shape_of(&s, &t[i].sa);
		assert_int_equal(req_ipsec_outbound_len(&s, t[i].plain, 20, t[i].sa.tunnel.ipv6),
				t[i].sealed);
	}
}

/* What goes in outbound comes out inbound, with the padding that nobody can know. */
static void
inbound_lengths_bound(void **state)
{
	struct req_ipsec_shape s, in;
	struct req_ipsec_sa sa;
	uint32_t kept, max, len, least;
	bool v6;
	size_t i;

	(void)state;
	for (i = 0; i < DIM(len_case); i++) {
		req_ipsec_shape_of(&s, &len_case[i].sa);
		sa = len_case[i].sa;
		sa.inbound = true;
		req_ipsec_shape_of(&in, &sa);
		print_message("  %s\n", len_case[i].name);
		v6 = s.tunnel ? sa.tunnel.ipv6 : len_case[i].v6;
		kept = s.tunnel ? s.outer : len_case[i].kept;
		max = req_ipsec_inbound_max(&in, len_case[i].want, kept, v6);
		assert_in_range(len_case[i].len, max - (in.align != 0 ? in.align - 1u : 0), max);
		/* One byte shorter than the headers: nothing. */
		least = len_case[i].want - max + (s.tunnel ? 0 : kept);
		for (len = 0; len < least; len++)
			assert_int_equal(req_ipsec_inbound_max(&in, len, kept, v6), 0);
		assert_int_equal(req_ipsec_inbound_max(&in, least, kept, v6),
				s.tunnel ? 0 : kept);
		assert_int_equal(req_ipsec_inbound_max(&in, 100, UINT32_MAX, v6), 0);
	}
}

static void
packets_say_their_length(void **state)
{
	static const struct {
		const char *bytes;
		int want;
	} t[] = {
		{ "45 00 0014 00*16", 20 }, { "45 00 ffff 00*16", 65535 },
		{ "45 00 0013 00*16", -EBADMSG }, { "45 00 0000 00*16", -EBADMSG },
		{ "44 00 0054 00*16", -EBADMSG }, { "40 00 0054 00*16", -EBADMSG },
		{ "46 00 0018 00*16", 24 }, { "46 00 0017 00*16", -EBADMSG },
		{ "4f 00 003c 00*16", 60 }, { "4f 00 003b 00*16", -EBADMSG },
		{ "60 000000 0000 3b 40 00*12", 40 }, { "60 000000 0001 3b 40 00*12", 41 },
		{ "6f ffffff ffff 00 40 00*12", 65575 },
		{ "60 000000 0000 00 40 00*12", -EBADMSG },	/* a jumbogram */
		{ "00 00 0014 00*16", -EBADMSG }, { "55 00 0014 00*16", -EBADMSG },
		{ "75 00 0014 00*16", -EBADMSG }, { "f5 00 0014 00*16", -EBADMSG },
	};
	uint8_t bytes[64], *p;
	size_t i, cut;

	(void)state;
	for (i = 0; i < DIM(t); i++) {
		assert_int_equal(hex(bytes, t[i].bytes), 20);
		for (cut = 0; cut <= 20; cut++) {
			p = exact(bytes, cut);
			assert_int_equal(req_ipsec_packet_len(p, cut),
					cut < 20 ? -EBADMSG : t[i].want);
			free(p);
		}
	}
}

/* O: a result is as long as its header says, if all of that was written. */
static void
results_are_bounded(void **state)
{
	static const struct {
		uint32_t dst_len, used_len;
		int want;
	} t[] = {
		{ 84, 85, 84 }, { 100, 85, 84 }, { 100, 101, 84 },	/* status behind a gap */
		{ 84, UINT32_MAX, 84 }, { UINT32_MAX, UINT32_MAX, 84 },
		{ 84, 84, -EBADMSG }, { 83, 85, -EBADMSG }, { 83, UINT32_MAX, -EBADMSG },
		{ 84, 0, -EBADMSG }, { 84, 1, -EBADMSG }, { 84, 20, -EBADMSG },
		{ 0, 85, -EBADMSG }, { 19, 85, -EBADMSG },
	};
	uint8_t bytes[64];
	size_t i;

	(void)state;
	hex(bytes, "45 00 0054 00*16");
	for (i = 0; i < DIM(t); i++)
		assert_int_equal(req_ipsec_result_len(bytes, 20, t[i].dst_len, t[i].used_len),
				t[i].want);
	/* The shortest packet. */
	hex(bytes, "45 00 0014 00*16");
	assert_int_equal(req_ipsec_result_len(bytes, 20, 20, 21), 20);
	assert_int_equal(req_ipsec_result_len(bytes, 20, 20, 20), -EBADMSG);
	/* Too little to read, and no packet. */
	assert_int_equal(req_ipsec_result_len(bytes, 19, 84, 85), -EBADMSG);
	bytes[0] = 0;
	assert_int_equal(req_ipsec_result_len(bytes, 20, 84, 85), -EBADMSG);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests_both_ways),
		cmocka_unit_test(requests_are_not_padded),
		cmocka_unit_test(hostile_requests),
		cmocka_unit_test(other_services_do_not_know_it),
		cmocka_unit_test(statuses),
		cmocka_unit_test(outbound_lengths_are_exact),
		cmocka_unit_test(published_lengths),
		cmocka_unit_test(inbound_lengths_bound),
		cmocka_unit_test(packets_say_their_length),
		cmocka_unit_test(results_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
