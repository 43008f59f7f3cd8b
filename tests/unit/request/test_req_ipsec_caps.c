/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The capabilities of the IPSEC service against layouts written out by hand from virtio 1.4,
 * 5.9.9.9, in each dialect; what is cut, undefined or said twice; what a driver may set and
 * what an SA may ask for.  Letters are those of req_ipsec.h.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <cmocka.h>

#include "req_admin.h"
#include "req_ipsec.h"
#include "req_test.h"

#define BIT(n)		(UINT64_C(1) << (n))
#define CIPHERS		(BIT(0) | BIT(3) | BIT(4) | BIT(6) | BIT(8))
#define MACS		(BIT(1) | BIT(2) | BIT(4) | BIT(26) | BIT(41) | BIT(53))
#define TUNNEL		0	/* indices of modes */
#define TRANSPORT	1
#define AH		3

static const uint8_t key[32], auth_key[32];

static const struct req_ipsec_caps two = {
	.mode = {
		[TUNNEL] = { .offered = true, .max_replay_win_sz = 1024, .options = 0x7f,
			.ciphers = CIPHERS, .macs = MACS, .aeads = 0xe, .max_key_len = 32,
			.max_auth_key_len = 20 },
		[AH] = { .offered = true, .max_replay_win_sz = 0x01020304, .options = 1,
			.macs = MACS },
	},
};
static const char * const two_head = "02 00*7";
static const char * const two_mode[] = {
	"01 000000 00040000 7f000000 00000000 59010000 00000000 16000004 00022000"
	"0e000000 20000000 14000000",
	"04 000000 04030201 01000000 00000000 00*8 16000004 00022000 00*12",
};

static const unsigned int dialects[] = { 0, REQ_IPSEC_ALIGNED };
static const size_t strides[] = { 44, 48 };

static size_t
two_golden(uint8_t *out, size_t d)
{
	size_t n = hex(out, two_head), i;

	for (i = 0; i < DIM(two_mode); i++) {
		n += hex(out + n, two_mode[i]);
		if (strides[d] == 48)
			n += hex(out + n, "00*4");
	}
	assert_int_equal(n, 8 + 2 * strides[d]);
	return n;
}

static void
same_caps(const struct req_ipsec_caps *got, const struct req_ipsec_caps *want)
{
	const struct req_ipsec_mode_cap *g, *w;
	size_t i;

	for (i = 0; i < VIRTIO_CRYPTO_NB_IPSEC_MODES; i++) {
		g = &got->mode[i];
		w = &want->mode[i];
		assert_int_equal(g->offered, w->offered);
		assert_int_equal(g->max_replay_win_sz, w->max_replay_win_sz);
		assert_int_equal(g->options, w->options);
		assert_true(g->ciphers == w->ciphers && g->macs == w->macs);
		assert_int_equal(g->aeads, w->aeads);
		assert_int_equal(g->max_key_len, w->max_key_len);
		assert_int_equal(g->max_auth_key_len, w->max_auth_key_len);
	}
	assert_int_equal(got->more, want->more);
}

static void
capabilities_both_ways(void **state)
{
	uint8_t want[REQ_TEST_MAX], got[REQ_TEST_MAX], *p;
	struct req_ipsec_caps caps;
	size_t d, n;

	(void)state;
	for (d = 0; d < DIM(dialects); d++) {
		n = two_golden(want, d);
		memset(got, 0x5a, sizeof(got));
		assert_int_equal(req_ipsec_caps_build(got, n - 1, &two, dialects[d]), -ENOSPC);
		assert_int_equal(got[0], 0x5a);
		assert_int_equal(req_ipsec_caps_build(got, n, &two, dialects[d]), n);
		assert_memory_equal(got, want, n);
		assert_int_equal(got[n], 0x5a);
		p = exact(got, n);
		req_ipsec_caps_parse(&caps, p, n, dialects[d]);
		same_caps(&caps, &two);
		free(p);
	}
	assert_int_equal(REQ_IPSEC_CAPS_MAX, 8 + 4 * 48);
	memset(&caps, 0, sizeof(caps));
	assert_int_equal(req_ipsec_caps_build(got, 8, &caps, 0), 8);
	assert_memory_equal(got, "\0\0\0\0\0\0\0\0", 8);
}

/* Bytes that are missing are zero: what is cut off offers less, never more. */
static void
capabilities_cut_anywhere(void **state)
{
	uint8_t whole[REQ_TEST_MAX], zeros[REQ_TEST_MAX], *p;
	struct req_ipsec_caps caps, same;
	size_t d, n, cut;

	(void)state;
	for (d = 0; d < DIM(dialects); d++) {
		n = two_golden(whole, d);
		for (cut = 0; cut <= n; cut++) {
			p = exact(whole, cut);
			req_ipsec_caps_parse(&caps, p, cut, dialects[d]);
			memset(zeros, 0, sizeof(zeros));
			memcpy(zeros, whole, cut);
			req_ipsec_caps_parse(&same, zeros, n, dialects[d]);
			same_caps(&caps, &same);
			assert_int_equal(caps.mode[TUNNEL].offered, cut > 8);
			assert_int_equal(caps.mode[AH].offered, cut > 8 + strides[d]);
			free(p);
		}
		/* Fewer modes than there are bytes for, and more. */
		whole[0] = 1;
		req_ipsec_caps_parse(&caps, whole, n, dialects[d]);
		assert_true(caps.mode[TUNNEL].offered && !caps.mode[AH].offered && !caps.more);
		whole[0] = 255;
		p = exact(whole, n);
		req_ipsec_caps_parse(&caps, p, n, dialects[d]);
		same_caps(&caps, &two);
		free(p);
	}
}

/* Each field with what is not defined: left out, and noted. */
static void
undefined_bits(void **state)
{
	static const struct {
		unsigned int off, value;
		bool more;
	} t[] = {
		{ 1, 0xff, false }, { 7, 0xff, false }, { 9, 0xff, false }, { 11, 1, false },
		{ 20, 0xff, false }, { 23, 0xff, false },	/* reserved */
		{ 16, 0xff, true }, { 17, 1, true }, { 19, 0x80, true },
		{ 24, 0x5b, true }, { 24, 0x5d, true }, { 25, 0x21, true }, { 26, 1, true },
		{ 31, 0x80, true },
		{ 32, 0x17, true }, { 33, 1, true }, { 35, 6, true }, { 39, 0x80, true },
		{ 40, 0x0f, true }, { 40, 0x1e, true }, { 43, 0x80, true },
	};
	uint8_t bytes[REQ_TEST_MAX];
	struct req_ipsec_caps caps;
	size_t i, n;

	(void)state;
	for (i = 0; i < DIM(t); i++) {
		n = two_golden(bytes, 0);
		bytes[t[i].off] = (uint8_t)t[i].value;
		print_message("  offset %u = %u\n", t[i].off, t[i].value);
		req_ipsec_caps_parse(&caps, bytes, n, 0);
		assert_int_equal(caps.more, t[i].more);
		caps.more = false;
		same_caps(&caps, &two);
	}
	/* A mode to come; none; L: one twice. */
	n = two_golden(bytes, 0);
	bytes[8] = 5;
	req_ipsec_caps_parse(&caps, bytes, n, 0);
	assert_true(!caps.mode[TUNNEL].offered && caps.mode[AH].offered && caps.more);
	bytes[8] = 0;
	req_ipsec_caps_parse(&caps, bytes, n, 0);
	assert_true(!caps.mode[TUNNEL].offered && caps.mode[AH].offered && !caps.more);
	bytes[8] = 4;
	req_ipsec_caps_parse(&caps, bytes, n, 0);
	assert_true(caps.more);
	assert_int_equal(caps.mode[AH].max_replay_win_sz, 1024);
}

/* H: the length tells the layout, but for one mode that was filled up to 8 bytes. */
static void
gaps_show(void **state)
{
	uint8_t bytes[REQ_TEST_MAX] = { 0 };
	struct req_ipsec_caps caps;
	unsigned int count;
	size_t len;

	(void)state;
	for (count = 0; count <= 20; count++) {
		bytes[0] = (uint8_t)count;
		for (len = 0; len < sizeof(bytes); len++) {
			enum req_ipsec_gaps want = REQ_IPSEC_GAPS_NONE;

			if (count != 0 && len == 8 + 48 * (size_t)count)
				want = count == 1 ? REQ_IPSEC_GAPS_MAYBE : REQ_IPSEC_GAPS_YES;
			assert_int_equal(req_ipsec_caps_gaps(bytes, len), want);
			/* What the text's layout gives, filled up or not, is never a gap. */
			if (count > 1 && (len == 8 + 44 * (size_t)count ||
					len == REQ_ADMIN_ROUND(8 + 44 * (size_t)count)))
				assert_int_equal(want, REQ_IPSEC_GAPS_NONE);
		}
	}
	/* Of one mode the entry is the same in both: nothing is lost. */
	two_golden(bytes, 0);
	bytes[0] = 1;
	req_ipsec_caps_parse(&caps, bytes, 8 + 48, REQ_IPSEC_ALIGNED);
	assert_int_equal(caps.mode[TUNNEL].max_auth_key_len, 20);
	/* The wrong dialect reads other entries, and none that is a mode by luck here. */
	two_golden(bytes, 1);
	req_ipsec_caps_parse(&caps, bytes, 8 + 96, 0);
	assert_false(caps.mode[AH].offered);
}

static void
limits_both_ways(void **state)
{
	static const struct req_ipsec_limits want = { .inbound = 0x01020304, .outbound = 5 };
	static const uint8_t golden[] = { 4, 3, 2, 1, 5, 0, 0, 0 };
	struct req_ipsec_limits l;
	uint8_t buf[9], *p;
	size_t cut;

	(void)state;
	memset(buf, 0x5a, sizeof(buf));
	assert_int_equal(req_ipsec_limits_build(buf, 7, &want), -ENOSPC);
	assert_int_equal(buf[0], 0x5a);
	assert_int_equal(req_ipsec_limits_build(buf, 8, &want), 8);
	assert_memory_equal(buf, golden, 8);
	assert_int_equal(buf[8], 0x5a);
	for (cut = 0; cut <= 9; cut++) {
		p = exact(buf, cut);
		req_ipsec_limits_parse(&l, p, cut);
		assert_int_equal(l.inbound, cut >= 4 ? 0x01020304 : cut == 3 ? 0x020304 :
				cut == 2 ? 0x0304 : cut == 1 ? 4 : 0);
		assert_int_equal(l.outbound, cut > 4 ? 5 : 0);
		free(p);
	}
	assert_int_equal(REQ_IPSEC_LIMITS_LEN, 8);
}

static void
what_a_driver_may_set(void **state)
{
	struct req_ipsec_caps sub = two;

	(void)state;
	assert_true(req_ipsec_caps_within(&sub, &two));
#define BEYOND(field, value) do { \
		sub = two; \
		sub.field = value; \
		assert_false(req_ipsec_caps_within(&sub, &two)); \
	} while (0)
	BEYOND(mode[TRANSPORT].offered, true);
	BEYOND(mode[TUNNEL].max_replay_win_sz, 1025);
	BEYOND(mode[AH].options, 3);
	BEYOND(mode[TUNNEL].ciphers, CIPHERS | BIT(2));
	BEYOND(mode[TUNNEL].macs, MACS | BIT(3));
	BEYOND(mode[AH].macs, BIT(6));
	BEYOND(mode[TUNNEL].aeads, 0x1e);
	BEYOND(mode[TUNNEL].max_key_len, 33);
	BEYOND(mode[TUNNEL].max_key_len, 0);		/* I: no maximum is more than 32 */
	BEYOND(mode[TUNNEL].max_auth_key_len, 21);
	BEYOND(more, true);
#undef BEYOND
	sub = two;
	sub.mode[AH].max_auth_key_len = 16;
	sub.mode[TUNNEL] = (struct req_ipsec_mode_cap){ .offered = true, .max_key_len = 1,
		.max_auth_key_len = 1 };
	assert_true(req_ipsec_caps_within(&sub, &two));
	memset(&sub, 0, sizeof(sub));
	assert_true(req_ipsec_caps_within(&sub, &two));
	assert_true(req_ipsec_caps_within(&sub, &sub));
}

static void
what_an_sa_may_ask_for(void **state)
{
	static const struct req_ipsec_sa gcm = { .mode = 1, .inbound = true, .spi = 1,
		.options = 0x7f, .replay_win_sz = 1024, .aead = VIRTIO_CRYPTO_AEAD_GCM,
		.key = key, .key_len = 32 };
	static const struct req_ipsec_sa null_xcbc = { .mode = 1, .spi = 1,
		.auth = VIRTIO_CRYPTO_MAC_XCBC_AES, .auth_key = auth_key, .auth_key_len = 16 };
	static const struct req_ipsec_sa ah = { .mode = 4, .spi = 1,
		.auth = VIRTIO_CRYPTO_MAC_HMAC_SHA_256, .auth_key = auth_key,
		.auth_key_len = 32 };
	struct req_ipsec_caps caps = two;
	struct req_ipsec_sa sa;

	(void)state;
#define ASK(base, field, value, want) do { \
		sa = base; \
		sa.field = value; \
		assert_int_equal(req_ipsec_sa_check(&sa), 0); \
		assert_int_equal(req_ipsec_caps_allow(&caps, &sa), want); \
	} while (0)
	ASK(gcm, spi, 2, 0);
	ASK(gcm, mode, 2, -ENOTSUP);
	ASK(gcm, replay_win_sz, 1025, -ENOTSUP);
	ASK(gcm, replay_win_sz, 0, 0);
	ASK(ah, replay_win_sz, UINT32_MAX, 0);		/* outbound: not used */
	ASK(ah, options, 3 & ~2, 0);
	ASK(ah, options, 8, -ENOTSUP);
	ASK(ah, auth, VIRTIO_CRYPTO_MAC_HMAC_SHA_384, -ENOTSUP);
	ASK(ah, spi, 2, 0);				/* I: no maximum; B: no cipher bit */
	ASK(null_xcbc, spi, 2, 0);
	caps.mode[TUNNEL].max_key_len = 16;
	ASK(gcm, spi, 2, -ENOTSUP);
	caps.mode[TUNNEL].aeads = BIT(2);
	caps.mode[TUNNEL].max_key_len = 32;
	ASK(gcm, spi, 2, -ENOTSUP);
	ASK(gcm, aead, VIRTIO_CRYPTO_AEAD_CCM, 0);
	caps.mode[TUNNEL].max_auth_key_len = 16;
	ASK(null_xcbc, spi, 2, 0);
	caps.mode[TUNNEL].max_auth_key_len = 15;
	ASK(null_xcbc, spi, 2, -ENOTSUP);
	caps = two;
	caps.mode[TUNNEL].ciphers &= ~BIT(0);		/* B: NULL is an algorithm of its own */
	ASK(null_xcbc, spi, 2, -ENOTSUP);
	ASK(gcm, spi, 2, 0);
#undef ASK
}

static void
random_bytes_are_harmless(void **state)
{
	uint8_t bytes[REQ_TEST_MAX], *p;
	struct req_ipsec_caps caps, again;
	uint64_t seed = 4;
	unsigned int i, hits = 0;
	size_t n, j;
	int len;

	(void)state;
	for (i = 0; i < 20000; i++) {
		n = prng(&seed) % 240;
		for (j = 0; j < n; j++)
			bytes[j] = prng(&seed) % 3 ? (uint8_t)(prng(&seed) % 6) :
					(uint8_t)prng(&seed);
		p = exact(bytes, n);
		req_ipsec_caps_parse(&caps, p, n, prng(&seed) & REQ_IPSEC_ALIGNED);
		len = req_ipsec_caps_build(bytes, sizeof(bytes), &caps, 0);
		assert_true(len >= 8 && (size_t)len <= REQ_IPSEC_CAPS_MAX);
		req_ipsec_caps_parse(&again, bytes, (size_t)len, 0);
		hits += caps.mode[0].offered;
		caps.more = false;
		same_caps(&again, &caps);
		free(p);
	}
	assert_true(hits > 100);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(capabilities_both_ways),
		cmocka_unit_test(capabilities_cut_anywhere),
		cmocka_unit_test(undefined_bits),
		cmocka_unit_test(gaps_show),
		cmocka_unit_test(limits_both_ways),
		cmocka_unit_test(what_a_driver_may_set),
		cmocka_unit_test(what_an_sa_may_ask_for),
		cmocka_unit_test(random_bytes_are_harmless),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
