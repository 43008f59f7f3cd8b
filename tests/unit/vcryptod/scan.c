/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A search of this process' memory; see scan.h.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "cage/cage.h"
#include "scan.h"
#include "secret.h"
#include "wipe.h"

#define MASK		0x5a
#define PATTERN		16	/* bytes compared, or 8 where there are fewer */
#define PATTERNS	256
#define PIECE		(1u << 16)
#define RANGE_MAX	(1ul << 30)	/* bytes: longer ranges are shadows of tools */
#define TELL_MAX	20

struct pattern {
	uint8_t masked[PATTERN];
	uint8_t len;
	enum scan_kind kind;
	const char *name;
	int next;		/* of the same first two bytes; -1: none */
};

static struct pattern pattern[PATTERNS];
static int nb_patterns;
static uint8_t scan_buf[PIECE + PATTERN];
static int16_t head[65536];	/* by the first two bytes, masked: pattern + 1 */

static unsigned int
two_bytes(const uint8_t *p)
{
	return p[0] | (unsigned int)p[1] << 8;
}

bool
scan_is_possible(void)
{
	if (vcryptod_cage_is_sanitized())
		printf("a sanitizer keeps copies of its own\n");
	return !vcryptod_cage_is_sanitized();
}

void
scan_forget(void)
{
	memset(head, 0, sizeof(head));
	nb_patterns = 0;
}

static void
add_one(enum scan_kind kind, const char *name, const uint8_t *p, size_t len)
{
	struct pattern *q = &pattern[nb_patterns];
	unsigned int i;

	assert_true(nb_patterns < PATTERNS);
	q->len = (uint8_t)(len < PATTERN ? len : PATTERN);
	assert_true(q->len >= 8);
	for (i = 0; i < q->len; i++)
		q->masked[i] = p[i] ^ MASK;
	for (i = 1; i < q->len && p[i] == p[0]; i++)
		;
	if (i == q->len)
		return;		/* one byte again and again is anywhere */
	q->kind = kind;
	q->name = name;
	q->next = head[two_bytes(q->masked)] - 1;
	head[two_bytes(q->masked)] = (int16_t)++nb_patterns;
}

void
scan_add(enum scan_kind kind, const char *name, const uint8_t *p, size_t len)
{
	if (len < 8)
		return;
	add_one(kind, name, p, len);
	if (len >= 2 * PATTERN)
		add_one(kind, name, p + len - PATTERN, PATTERN);
}

static void
add_turned(enum scan_kind kind, const char *name, const uint8_t *p, size_t len, size_t word)
{
	uint8_t turned[256];
	size_t i;

	len = len < sizeof(turned) ? len / word * word : sizeof(turned);
	for (i = 0; i < len; i++)
		turned[i] = p[i / word * word + word - 1 - i % word];
	scan_add(kind, name, turned, len);
	explicit_bzero(turned, sizeof(turned));
}

void
scan_add_words(enum scan_kind kind, const char *name, const uint8_t *p, size_t len)
{
	scan_add(kind, name, p, len);
	add_turned(kind, name, p, len, 4);
	add_turned(kind, name, p, len, 8);
}

/* ---- AES' key expansion (FIPS 197, 5.2) ---- */

static uint8_t
aes_times(uint8_t a, uint8_t b)
{
	uint8_t r = 0;

	for (; b != 0; b >>= 1) {
		if (b & 1)
			r ^= a;
		a = (uint8_t)(a << 1 ^ (a & 0x80 ? 0x1b : 0));
	}
	return r;
}

static uint8_t
aes_sbox(uint8_t a)
{
	uint8_t inv = 1, r = 0x63;
	int i;

	for (i = 0; i < 254; i++)
		inv = aes_times(inv, a);	/* 1/a = a^254, and 0 of 0 */
	for (i = 0; i < 5; i++)
		r ^= (uint8_t)(inv << i | inv >> (8 - i));
	return r;
}

static void
add_aes(const char *name, const uint8_t *key, size_t len)
{
	uint8_t w[15 * 16], t[4], rcon = 1, first;
	size_t total = (len / 4 + 7) * 16, i, b;

	memcpy(w, key, len);
	for (i = len; i < total; i += 4) {
		memcpy(t, w + i - 4, 4);
		if (i % len == 0) {
			first = t[0];
			for (b = 0; b < 3; b++)
				t[b] = aes_sbox(t[b + 1]);
			t[3] = aes_sbox(first);
			t[0] ^= rcon;
			rcon = aes_times(rcon, 2);
		} else if (len == 32 && i % len == 16) {
			for (b = 0; b < 4; b++)
				t[b] = aes_sbox(t[b]);
		}
		for (b = 0; b < 4; b++)
			w[i + b] = w[i + b - len] ^ t[b];
	}
	add_one(SCAN_KEY, name, w + 16, PATTERN);
	add_one(SCAN_KEY, name, w + 32, PATTERN);
	add_one(SCAN_KEY, name, w + total - 16, PATTERN);
	explicit_bzero(w, sizeof(w));
}

static void
add_xored(const char *name, const uint8_t *key, size_t len, uint8_t pad)
{
	uint8_t block[128];
	size_t i;

	len = len < sizeof(block) ? len : sizeof(block);
	for (i = 0; i < len; i++)
		block[i] = key[i] ^ pad;
	scan_add_words(SCAN_KEY, name, block, len);
	explicit_bzero(block, sizeof(block));
}

void
scan_add_key(const char *name, const uint8_t *key, size_t len)
{
	scan_add_words(SCAN_KEY, name, key, len);
	add_xored(name, key, len, 0x36);
	add_xored(name, key, len, 0x5c);
	if (len == 16 || len == 24 || len == 32)
		add_aes(name, key, len);
	if (len == 32 || len == 64) {
		add_aes(name, key, len / 2);
		add_aes(name, key + len / 2, len / 2);
	}
	vcryptod_wipe_stack();
}

void
scan_add_number(const char *name, const uint8_t *p, size_t len)
{
	uint8_t turned[1024];
	size_t i, word = sizeof(long), whole = len / word * word;

	assert_true(len <= sizeof(turned));
	scan_add(SCAN_KEY, name, p, len);
	/* As an array of words, the least first, each in the order of this processor. */
	for (i = 0; i < len; i++)
		turned[i] = p[len - 1 - i];
	scan_add(SCAN_KEY, name, turned, len);
	if (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ && whole > 0) {
		for (i = 0; i < whole; i += word)
			memcpy(turned + i, p + len - word - i, word);
		scan_add(SCAN_KEY, name, turned, whole);
	}
	explicit_bzero(turned, sizeof(turned));
}

/* ---- the search ---- */

/* Byte by byte: no unmasked copy is made. */
static bool
matches(const struct pattern *q, const uint8_t *p)
{
	unsigned int i;

	for (i = 0; i < q->len; i++)
		if ((p[i] ^ MASK) != q->masked[i])
			return false;
	return true;
}

static void
count(struct scan_found *f, const struct pattern *q, unsigned long at, const char *range,
		enum scan_tell tell)
{
	bool inside = vcryptod_secret_owns((void *)at);
	static unsigned int told;

	/* The search's own buffer lies in one of the ranges: it holds what was just read. */
	if (at - (unsigned long)(uintptr_t)scan_buf < sizeof(scan_buf))
		return;
	(inside ? f->inside : f->outside)[q->kind]++;
	if ((tell == SCAN_TELL_ALL || (tell == SCAN_TELL_OUTSIDE && !inside)) && told++ < TELL_MAX)
		print_message("%s of %s at %lx, %s", q->kind == SCAN_KEY ? "key" : "data", q->name,
				at, range);
}

/* Patterns that begin in the first len bytes of buf, which stand at address at. */
static void
search_piece(struct scan_found *f, const uint8_t *buf, size_t len, size_t room, unsigned long at,
		const char *range, enum scan_tell tell)
{
	const unsigned int mask = MASK | MASK << 8;
	size_t i;
	int k;

	for (i = 0; i < len && i + 8 <= room; i++)
		for (k = head[two_bytes(buf + i) ^ mask] - 1; k >= 0; k = pattern[k].next)
			if (i + pattern[k].len <= room && matches(&pattern[k], buf + i))
				count(f, &pattern[k], at + i, range, tell);
}

struct scan_found
scan_memory(enum scan_tell tell)
{
	struct scan_found f = { { 0 }, { 0 } };
	unsigned long from, to, at;
	char line[512], mode[5];
	FILE *maps = fopen("/proc/self/maps", "r");
	int mem = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
	ssize_t n;

	assert_non_null(maps);
	assert_true(mem >= 0);
	while (fgets(line, sizeof(line), maps) != NULL) {
		if (sscanf(line, "%lx-%lx %4s", &from, &to, mode) != 3 || mode[1] != 'w' ||
				to - from > RANGE_MAX)
			continue;
		for (at = from; at < to; at += PIECE) {
			n = pread(mem, scan_buf, sizeof(scan_buf), (off_t)at);
			if (n > 0)
				search_piece(&f, scan_buf, (size_t)n < PIECE ? (size_t)n : PIECE,
						(size_t)n, at, line, tell);
		}
		explicit_bzero(scan_buf, sizeof(scan_buf));
	}
	close(mem);
	fclose(maps);
	return f;
}
