/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Memory for secrets; see secret.h.
 *
 * An arena is a mapping of ARENA bytes between two pages that cannot be touched, and consists of
 * slabs.  A slab begins with its description and holds blocks of one size, so that the address
 * of a block leads to its size.  An empty slab may serve any size again: what sessions of one
 * kind have used is there for those of another.  What is longer than a slab is a mapping of its
 * own.  Arenas are kept until the process ends.
 *
 * A free block is all zero but for its link to the next one.
 */
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "secret.h"

#define SLAB		((size_t)65536)	/* bytes; the alignment of slabs, too */
#define SLAB_HEAD	((size_t)64)	/* bytes of the description: blocks keep its alignment */
#define ARENA_SLABS	16
#define ARENA		(ARENA_SLABS * SLAB)
#define ARENAS_MAX	8192		/* 8 GiB of secrets: over a million sessions */
#define MAGIC		UINT64_C(0x5ec2e75ec2e75ec2)
#define SMALL_MAX	1024		/* bytes: sizes that are found in a table */
#define SMALL_STEP	16

/* Bytes of blocks: multiples of 64, apart from the first ones, and steps of a quarter at most
 * up to where few of them fill a slab.
 */
static const uint32_t secret_size[] = {
	16, 32, 48, 64, 128, 192, 256, 320, 384, 448, 512, 640, 768, 896, 1024, 1280, 1536, 1792,
	2048, 2560, 3072, 4032, 5056, 6528, 8128, 10880, 13056, 16320, 21824, 32704, 65472,
};

#define NB_SIZES	(sizeof(secret_size) / sizeof(secret_size[0]))

struct secret_slab {
	uint64_t magic;
	uint64_t size;			/* bytes of a block, or of a mapping of its own */
	uint32_t class;			/* index of secret_size; NB_SIZES: a mapping of its own */
	uint32_t nb_used;
	uint32_t fresh;			/* bytes from here on were never allocated */
	bool listed;			/* among those with a free block */
	void *free;			/* blocks that were allocated before */
	struct secret_slab *next, *prev;
};

_Static_assert(sizeof(struct secret_slab) <= SLAB_HEAD, "blocks lie behind the description");

static struct {
	bool lock;
	struct secret_slab *partial[NB_SIZES];	/* with a free block */
	struct secret_slab *empty;		/* of no size */
	uint8_t *arena[ARENAS_MAX];
	unsigned int nb_arenas;
	struct secret_slab *big;		/* mappings of their own */
	size_t used, unlocked;
	bool told;
	uint8_t small[SMALL_MAX / SMALL_STEP + 1];	/* index of secret_size, of a small size */
} secret;

/* A mutex costs a second locked instruction, and an ECDSA signature allocates a hundred times.
 * What is done under the lock is short, but for a new arena.
 */
static void
secret_lock(void)
{
	while (__atomic_exchange_n(&secret.lock, true, __ATOMIC_ACQUIRE))
		sched_yield();
}

static void
secret_unlock(void)
{
	__atomic_store_n(&secret.lock, false, __ATOMIC_RELEASE);
}

/* ---- the address sanitizer ---- */

#if defined(__SANITIZE_ADDRESS__)
#define SECRET_ASAN
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SECRET_ASAN
#endif
#endif

/* It is told what is allocated, since it does not know these blocks: a step beyond one, a use
 * after free and a second free are reports.  What they point to is not leaked.
 */
#ifdef SECRET_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/lsan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(p, len)	((void)(p), (void)(len))
#define ASAN_UNPOISON_MEMORY_REGION(p, len)	((void)(p), (void)(len))
#define __lsan_register_root_region(p, len)	((void)(p), (void)(len))
#define __lsan_unregister_root_region(p, len)	((void)(p), (void)(len))
#endif

/* ---- pages ---- */

/* Once per process, by whoever was first refused; the lock is not held. */
static void
secret_tell_unlocked(void)
{
	struct rlimit r = { 0, 0 };

	if (__atomic_load_n(&secret.unlocked, __ATOMIC_RELAXED) == 0 ||
			__atomic_load_n(&secret.told, __ATOMIC_RELAXED) ||
			__atomic_exchange_n(&secret.told, true, __ATOMIC_RELAXED))
		return;
	(void)getrlimit(RLIMIT_MEMLOCK, &r);
	fprintf(stderr, "vcryptod: keys may be paged out: no more than %llu KiB can be locked in "
			"memory: raise the limit (RLIMIT_MEMLOCK, ulimit -l)\n",
			(unsigned long long)r.rlim_cur / 1024);
}

/* len bytes (whole pages) at a multiple of SLAB, between two pages that cannot be touched; NULL
 * if there is no memory.
 */
static uint8_t *
secret_map(size_t len, bool lock)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), all = len + SLAB + 2 * page, before;
	uint8_t *p = mmap(NULL, all, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	uint8_t *base;

	if (p == MAP_FAILED)
		return NULL;
	base = (uint8_t *)(((uintptr_t)p + page + SLAB - 1) & ~(uintptr_t)(SLAB - 1));
	before = (size_t)(base - p) - page;
	if (before != 0)
		munmap(p, before);
	munmap(base + len + page, all - before - len - 2 * page);
	if (mprotect(base, len, PROT_READ | PROT_WRITE) != 0 ||
			madvise(base, len, MADV_DONTDUMP) != 0 ||
			madvise(base, len, MADV_DONTFORK) != 0) {
		munmap(base - page, len + 2 * page);
		return NULL;
	}
	/* Pages are locked when they are first used, so that an arena costs what it holds. */
	if (lock && mlock2(base, len, MLOCK_ONFAULT) != 0)
		__atomic_fetch_add(&secret.unlocked, len, __ATOMIC_RELAXED);
	__lsan_register_root_region(base, len);
	return base;
}

static void
secret_unmap(uint8_t *base, size_t len)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	__lsan_unregister_root_region(base, len);
	ASAN_UNPOISON_MEMORY_REGION(base, len);
	munmap(base - page, len + 2 * page);
}

/* ---- slabs, under the lock ---- */

static void
secret_list(struct secret_slab **list, struct secret_slab *s)
{
	s->prev = NULL;
	s->next = *list;
	if (s->next != NULL)
		s->next->prev = s;
	*list = s;
	s->listed = true;
}

static void
secret_unlist(struct secret_slab **list, struct secret_slab *s)
{
	if (s->prev != NULL)
		s->prev->next = s->next;
	else
		*list = s->next;
	if (s->next != NULL)
		s->next->prev = s->prev;
	s->listed = false;
}

static bool
secret_grow(void)
{
	uint8_t *base;
	unsigned int i;

	base = secret.nb_arenas < ARENAS_MAX ? secret_map(ARENA, true) : NULL;
	if (base == NULL)
		return false;
	secret.arena[secret.nb_arenas++] = base;
	for (i = ARENA_SLABS; i-- > 0;)
		secret_list(&secret.empty, (struct secret_slab *)(void *)(base + i * SLAB));
	return true;
}

static struct secret_slab *
secret_new_slab(uint32_t class)
{
	struct secret_slab *s;

	if (secret.empty == NULL && !secret_grow())
		return NULL;
	s = secret.empty;
	secret_unlist(&secret.empty, s);
	s->magic = MAGIC;
	s->size = secret_size[class];
	s->class = class;
	s->nb_used = 0;
	s->fresh = SLAB_HEAD;
	s->free = NULL;
	ASAN_POISON_MEMORY_REGION((uint8_t *)s + SLAB_HEAD, SLAB - SLAB_HEAD);
	secret_list(&secret.partial[class], s);
	return s;
}

static bool
secret_is_full(const struct secret_slab *s)
{
	return s->free == NULL && s->fresh + s->size > SLAB;
}

static void *
secret_take(uint32_t class, size_t size)
{
	struct secret_slab *s = secret.partial[class];
	void *p;

	if (s == NULL)
		s = secret_new_slab(class);
	if (s == NULL)
		return NULL;
	p = s->free;
	if (p != NULL) {
		ASAN_UNPOISON_MEMORY_REGION(p, s->size);
		memcpy(&s->free, p, sizeof(s->free));
		memset(p, 0, sizeof(s->free));
		ASAN_POISON_MEMORY_REGION(p, s->size);
	} else {
		p = (uint8_t *)s + s->fresh;
		s->fresh += (uint32_t)s->size;
	}
	ASAN_UNPOISON_MEMORY_REGION(p, size);
	s->nb_used++;
	secret.used += s->size;
	if (secret_is_full(s))
		secret_unlist(&secret.partial[class], s);
	return p;
}

/* p is wiped already. */
static void
secret_give(struct secret_slab *s, void *p)
{
	struct secret_slab **list = &secret.partial[s->class];

	memcpy(p, &s->free, sizeof(s->free));
	ASAN_POISON_MEMORY_REGION(p, s->size);
	s->free = p;
	s->nb_used--;
	secret.used -= s->size;
	if (!s->listed)
		secret_list(list, s);
	/* One empty slab stays, for a session that comes and goes. */
	if (s->nb_used == 0 && (s->next != NULL || s->prev != NULL)) {
		secret_unlist(list, s);
		ASAN_UNPOISON_MEMORY_REGION((uint8_t *)s + SLAB_HEAD, SLAB - SLAB_HEAD);
		explicit_bzero(s, s->fresh);
		secret_list(&secret.empty, s);
	}
}

/* ---- mappings of their own ---- */

static void *
secret_alloc_big(size_t size, bool lock)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), len;
	struct secret_slab *s;

	if (size > SIZE_MAX / 2)
		return NULL;
	len = (size + SLAB_HEAD + page - 1) & ~(page - 1);
	s = (struct secret_slab *)(void *)secret_map(len, lock);
	if (s == NULL)
		return NULL;
	s->magic = MAGIC;
	s->size = len;
	s->class = NB_SIZES;
	secret_lock();
	secret_list(&secret.big, s);
	secret.used += len;
	secret_unlock();
	ASAN_POISON_MEMORY_REGION((uint8_t *)s + SLAB_HEAD + size, len - SLAB_HEAD - size);
	return (uint8_t *)s + SLAB_HEAD;
}

static void
secret_free_big(struct secret_slab *s)
{
	size_t len = s->size;

	secret_lock();
	secret_unlist(&secret.big, s);
	secret.used -= len;
	secret_unlock();
	/* The kernel hands out no page before it has cleared it. */
	secret_unmap((uint8_t *)s, len);
}

/* ---- blocks ---- */

static uint32_t
secret_find_class(size_t size)
{
	uint32_t class;

	if (size <= SMALL_MAX)
		return secret.small[(size + SMALL_STEP - 1) / SMALL_STEP];
	for (class = secret.small[SMALL_MAX / SMALL_STEP]; secret_size[class] < size; class++)
		;
	return class;
}

/* The description of p's slab. */
static struct secret_slab *
secret_slab_of(const void *p)
{
	struct secret_slab *s = (struct secret_slab *)((uintptr_t)p & ~(uintptr_t)(SLAB - 1));

	if (s->magic != MAGIC) {
		fputs("vcryptod: the memory of keys is damaged: the process ends\n", stderr);
		abort();
	}
	return s;
}

/* Bytes that p has room for. */
static size_t
secret_room(const struct secret_slab *s)
{
	return s->class == NB_SIZES ? s->size - SLAB_HEAD : s->size;
}

void *
vcryptod_secret_alloc(size_t size)
{
	void *p;

	if (size == 0)
		return NULL;
	if (size > secret_size[NB_SIZES - 1]) {
		p = secret_alloc_big(size, true);
	} else {
		secret_lock();
		p = secret_take(secret_find_class(size), size);
		secret_unlock();
	}
	secret_tell_unlocked();
	return p;
}

void *
vcryptod_secret_alloc_data(size_t size)
{
	return size != 0 ? secret_alloc_big(size, false) : NULL;
}

void
vcryptod_secret_free(void *p)
{
	struct secret_slab *s;

	if (p == NULL)
		return;
	s = secret_slab_of(p);
	if (s->class == NB_SIZES) {
		secret_free_big(s);
		return;
	}
#ifdef SECRET_ASAN
	*(volatile uint8_t *)p = 0;	/* reports a second free */
#endif
	ASAN_UNPOISON_MEMORY_REGION(p, s->size);
	explicit_bzero(p, s->size);
	secret_lock();
	secret_give(s, p);
	secret_unlock();
}

/* ---- OpenSSL ---- */

static void *
secret_ossl_malloc(size_t size, const char *file, int line)
{
	(void)file;
	(void)line;
	return vcryptod_secret_alloc(size);
}

static void
secret_ossl_free(void *p, const char *file, int line)
{
	(void)file;
	(void)line;
	vcryptod_secret_free(p);
}

static void *
secret_ossl_realloc(void *p, size_t size, const char *file, int line)
{
	size_t room;
	void *to;

	(void)file;
	(void)line;
	if (p == NULL || size == 0) {
		vcryptod_secret_free(p);
		return vcryptod_secret_alloc(size);
	}
	room = secret_room(secret_slab_of(p));
	if (size <= room) {
		ASAN_POISON_MEMORY_REGION(p, room);
		ASAN_UNPOISON_MEMORY_REGION(p, size);
		return p;
	}
	to = vcryptod_secret_alloc(size);
	if (to == NULL)
		return NULL;
	ASAN_UNPOISON_MEMORY_REGION(p, room);
	memcpy(to, p, room);
	vcryptod_secret_free(p);
	return to;
}

/* Before main: whatever the program does with OpenSSL comes later. */
__attribute__((constructor)) static void
secret_load(void)
{
	uint32_t class = 0;
	size_t i;

	for (i = 0; i <= SMALL_MAX / SMALL_STEP; i++) {
		if (i * SMALL_STEP > secret_size[class])
			class++;
		secret.small[i] = (uint8_t)class;
	}
	(void)CRYPTO_set_mem_functions(secret_ossl_malloc, secret_ossl_realloc, secret_ossl_free);
}

bool
vcryptod_secret_has_openssl(void)
{
	CRYPTO_malloc_fn m;
	CRYPTO_realloc_fn r;
	CRYPTO_free_fn f;

	CRYPTO_get_mem_functions(&m, &r, &f);
	return m == secret_ossl_malloc && r == secret_ossl_realloc && f == secret_ossl_free;
}

/* ---- what there is ---- */

bool
vcryptod_secret_owns(const void *p)
{
	uintptr_t at = (uintptr_t)p;
	const struct secret_slab *s;
	bool found = false;
	unsigned int i;

	secret_lock();
	for (i = 0; i < secret.nb_arenas && !found; i++)
		found = at - (uintptr_t)secret.arena[i] < ARENA;
	for (s = secret.big; s != NULL && !found; s = s->next)
		found = at - (uintptr_t)s < s->size;
	secret_unlock();
	return found;
}

size_t
vcryptod_secret_used(void)
{
	size_t used;

	secret_lock();
	used = secret.used;
	secret_unlock();
	return used;
}

size_t
vcryptod_secret_unlocked(void)
{
	return __atomic_load_n(&secret.unlocked, __ATOMIC_RELAXED);
}
