/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The memory for secrets: sizes, alignment, wiping, where it lies and what the kernel was told
 * about it; OpenSSL uses it; threads.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cmocka.h>
#include <openssl/crypto.h>

#include "secret.h"

#define THREADS		4
#define ROUNDS		20000
#define HELD		32

static bool
all_are(const uint8_t *p, size_t len, uint8_t c)
{
	size_t i;

	for (i = 0; i < len && p[i] == c; i++)
		;
	return i == len;
}

/* Zeroed, also what was used before; aligned; nothing is left allocated. */
static void
sizes(void **state)
{
	static const size_t big[] = { 4000, 8128, 8129, 30000, 65472, 65473, 300000, 5000000 };
	size_t used = vcryptod_secret_used(), n, i;
	uint8_t *p, *q;

	(void)state;
	assert_null(vcryptod_secret_alloc(0));
	vcryptod_secret_free(NULL);
	for (i = 0; i < 2000 + sizeof(big) / sizeof(big[0]); i++) {
		n = i < 2000 ? i + 1 : big[i - 2000];
		p = vcryptod_secret_alloc(n);
		q = vcryptod_secret_alloc(n);
		assert_non_null(p);
		assert_non_null(q);
		assert_int_equal((uintptr_t)p % (n < VCRYPTOD_SECRET_ALIGN ? 16 :
				VCRYPTOD_SECRET_ALIGN), 0);
		assert_true(all_are(p, n, 0) && all_are(q, n, 0));
		assert_true(vcryptod_secret_owns(p) && vcryptod_secret_owns(q + n - 1));
		assert_true(vcryptod_secret_used() >= used + 2 * n);
		memset(p, 0xa5, n);
		memset(q, 0x5a, n);
		vcryptod_secret_free(p);
		assert_true(all_are(q, n, 0x5a));
		vcryptod_secret_free(q);
	}
	assert_int_equal(vcryptod_secret_used(), used);
	assert_false(vcryptod_secret_owns(&used));
}

/* By the kernel's own reading, which no sanitizer follows. */
static bool
reads(const void *p, uint8_t *to, size_t len)
{
	struct iovec local = { to, len }, remote = { (void *)(uintptr_t)p, len };

	return process_vm_readv(getpid(), &local, 1, &remote, 1, 0) == (ssize_t)len;
}

static void
freed_memory_is_wiped(void **state)
{
	uint8_t *p = vcryptod_secret_alloc(1000), *keep = vcryptod_secret_alloc(1000), seen[1000];

	(void)state;
	memset(p, 0xa5, 1000);
	assert_true(reads(p, seen, sizeof(seen)) && all_are(seen, sizeof(seen), 0xa5));
	vcryptod_secret_free(p);
	assert_true(reads(p, seen, sizeof(seen)));
	/* The link to the next free block lies at its begin. */
	assert_true(all_are(seen + sizeof(void *), sizeof(seen) - sizeof(void *), 0));
	vcryptod_secret_free(keep);
}

/* The flags of the mapping that p lies in, as the kernel lists them; its ends. */
static void
mapping_of(const void *p, char flags[512], unsigned long *from, unsigned long *to)
{
	FILE *f = fopen("/proc/self/smaps", "r");
	char line[512], mode[5];
	unsigned long a, b;
	bool in = false;

	assert_non_null(f);
	flags[0] = '\0';
	while (fgets(line, sizeof(line), f) != NULL) {
		if (sscanf(line, "%lx-%lx %4s", &a, &b, mode) == 3) {
			in = (unsigned long)(uintptr_t)p >= a && (unsigned long)(uintptr_t)p < b;
			if (in) {
				*from = a;
				*to = b;
			}
		} else if (in && strncmp(line, "VmFlags:", 8) == 0) {
			(void)snprintf(flags, 512, "%s", line + 8);
		}
	}
	fclose(f);
	assert_true(flags[0] != '\0');
}

static void
kernel_knows(void **state)
{
	uint8_t *p = vcryptod_secret_alloc(100), *data = vcryptod_secret_alloc_data(100000), c;
	unsigned long from, to;
	struct rlimit r;
	char flags[512];

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_MEMLOCK, &r), 0);
	mapping_of(p, flags, &from, &to);
	assert_non_null(strstr(flags, " dd"));	/* no core file */
	assert_non_null(strstr(flags, " dc"));	/* no child */
	if (vcryptod_secret_unlocked() == 0)
		assert_non_null(strstr(flags, " lo"));
	assert_false(reads((void *)(from - 1), &c, 1));
	assert_false(reads((void *)to, &c, 1));
	mapping_of(data, flags, &from, &to);
	assert_non_null(strstr(flags, " dd"));
	assert_non_null(strstr(flags, " dc"));
	assert_null(strstr(flags, " lo"));
	vcryptod_secret_free(data);
	vcryptod_secret_free(p);
}

static void
openssl_uses_it(void **state)
{
	size_t used = vcryptod_secret_used();
	uint8_t *p = OPENSSL_malloc(100), *q;

	(void)state;
	assert_true(vcryptod_secret_has_openssl());
	assert_true(vcryptod_secret_owns(p));
	memset(p, 0xa5, 100);
	q = OPENSSL_realloc(p, 5000);
	assert_non_null(q);
	assert_true(vcryptod_secret_owns(q) && all_are(q, 100, 0xa5));
	p = OPENSSL_realloc(q, 100);
	assert_true(all_are(p, 100, 0xa5));
	OPENSSL_free(p);
	p = OPENSSL_secure_malloc(100);
	assert_true(vcryptod_secret_owns(p));
	OPENSSL_secure_free(p);
	assert_int_equal(vcryptod_secret_used(), used);
}

static void *
thread_main(void *arg)
{
	unsigned int seed = (unsigned int)(uintptr_t)arg, i, k;
	uint8_t *held[HELD] = { NULL }, mark = (uint8_t)seed;
	size_t len[HELD] = { 0 };

	for (i = 0; i < ROUNDS; i++) {
		k = (unsigned int)rand_r(&seed) % HELD;
		if (held[k] != NULL && !all_are(held[k], len[k], mark))
			return arg;
		vcryptod_secret_free(held[k]);
		len[k] = (size_t)rand_r(&seed) % 3000 + 1;
		held[k] = vcryptod_secret_alloc(len[k]);
		if (held[k] == NULL || !all_are(held[k], len[k], 0))
			return arg;
		memset(held[k], mark, len[k]);
	}
	for (k = 0; k < HELD; k++)
		vcryptod_secret_free(held[k]);
	return NULL;
}

static void
threads(void **state)
{
	size_t used = vcryptod_secret_used();
	pthread_t t[THREADS];
	void *failed;
	uintptr_t i;

	(void)state;
	for (i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&t[i], NULL, thread_main, (void *)(i + 1)), 0);
	for (i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_join(t[i], &failed), 0);
		assert_null(failed);
	}
	assert_int_equal(vcryptod_secret_used(), used);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes),
		cmocka_unit_test(freed_memory_is_wiped),
		cmocka_unit_test(kernel_knows),
		cmocka_unit_test(openssl_uses_it),
		cmocka_unit_test(threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
