/* SPDX-License-Identifier: BSD-3-Clause
 *
 * icount: exact instruction counts of single calls, by single-stepping them
 * (EFLAGS.TF) and counting the traps, by shared object.  Needs no performance
 * counters, and no noise reaches it.
 */
#include <inttypes.h>
#include <link.h>
#include <stdio.h>
#include <string.h>
#include <ucontext.h>

#include "bench.h"

static struct region {
	uintptr_t lo, hi;
	char name[40];
	uint64_t n;
	bool apart;		/* the C library: what is in it depends on the processor */
} regions[256];
static unsigned int nb_regions;
static uint64_t step_n;

static void
step_hook(void *uc_)
{
	ucontext_t *uc = uc_;
	uintptr_t ip = uc->uc_mcontext.gregs[REG_RIP];
	unsigned int i;

	for (i = 0; i < nb_regions; i++)
		if (ip >= regions[i].lo && ip < regions[i].hi) {
			regions[i].n++;
			step_n += !regions[i].apart;
			return;
		}
	step_n++;
}

static int
add_region(struct dl_phdr_info *info, size_t size, void *data)
{
	const char *base = strrchr(info->dlpi_name, '/');
	unsigned int i;

	(void)size;
	(void)data;
	for (i = 0; i < info->dlpi_phnum && nb_regions < RTE_DIM(regions); i++) {
		const ElfW(Phdr) *p = &info->dlpi_phdr[i];
		struct region *r = &regions[nb_regions];

		if (p->p_type != PT_LOAD || !(p->p_flags & PF_X))
			continue;
		r->lo = info->dlpi_addr + p->p_vaddr;
		r->hi = r->lo + p->p_memsz;
		snprintf(r->name, sizeof(r->name), "%s", base != NULL ? base + 1 :
			info->dlpi_name[0] != 0 ? info->dlpi_name : "harness");
		r->apart = strncmp(r->name, "libc.", 5) == 0;
		nb_regions++;
	}
	return 0;
}

#define STEP_ON() __asm__ volatile("lea -256(%%rsp), %%rsp; pushfq; " \
	"orq $0x100, (%%rsp); popfq; lea 256(%%rsp), %%rsp" ::: "memory", "cc")
#define STEP_OFF() __asm__ volatile("lea -256(%%rsp), %%rsp; pushfq; " \
	"andq $~0x100, (%%rsp); popfq; lea 256(%%rsp), %%rsp" ::: "memory", "cc")

static uint64_t step_base;	/* what turning the trace on and off counts by itself */

static void
step_reset(void)
{
	unsigned int i;

	step_n = 0;
	for (i = 0; i < nb_regions; i++)
		regions[i].n = 0;
}

void
icount_init(void)
{
	dl_iterate_phdr(add_region, NULL);
}

/* Instructions of the last call. */
static double
step_count(void)
{
	return step_n - step_base;
}

static void
report(const char *what, unsigned int burst)
{
	unsigned int i;

	printf("    %-8s burst %-3u %8.1f per op  (%.0f in the call:", what, burst,
		step_count() / burst, step_count());
	for (i = 0; i < nb_regions; i++)
		if (regions[i].n > 0)
			printf(" %s %" PRIu64, regions[i].name, regions[i].n);
	printf(")\n");
}

/* Not inlined: the few instructions of the caller that are counted too stay the same. */
static __rte_noinline unsigned int
count_enqueue(struct bdev *b, unsigned int burst)
{
	unsigned int k;

	step_reset();
	STEP_ON();
	k = rte_cryptodev_enqueue_burst(b->id, 0, ops, burst);
	STEP_OFF();
	return k;
}

static __rte_noinline unsigned int
count_dequeue(struct bdev *b, struct rte_crypto_op **out, unsigned int burst)
{
	unsigned int k;

	step_reset();
	STEP_ON();
	k = rte_cryptodev_dequeue_burst(b->id, 0, out, burst);
	STEP_OFF();
	return k;
}

static void
result(const struct bdev *b, unsigned int burst, const char *metric, double v)
{
	struct stat s = { .v = { v }, .n = 1 };

	row("icount", b, burst, metric, &s);
}

/* Dequeues until nb have come back; false: some are lost. */
static bool
drain(struct bdev *b, unsigned int nb)
{
	struct rte_crypto_op *out[MAX_OPS];
	unsigned int spins;

	for (spins = 0; nb > 0 && spins < 1000000; spins++)
		nb -= rte_cryptodev_dequeue_burst(b->id, 0, out, nb);
	return nb == 0;
}

/* At most nb ops there and back, uncounted.  How many the ring took; 0: some are lost. */
static unsigned int
pass(struct bdev *b, unsigned int nb)
{
	unsigned int i, k = 0;

	for (i = 0; i < nb; i++)
		op_refill(b, ops[i], b->size);
	do {
		i = rte_cryptodev_enqueue_burst(b->id, 0, ops + k, RTE_MIN(nb - k, 32u));
		k += i;
	} while (i > 0 && k < nb);
	inline_device(b, 0);
	return drain(b, k) ? k : 0;
}

/*
 * What a call takes depends on what the ring has seen: a slot that meets a session for the
 * first time gets its header written, and a burst that crosses the ring's end does more.  So
 * every slot meets the session first, and the counted bursts begin at the same place.
 */
static bool
settle_ring(struct bdev *b, unsigned int burst)
{
	enum { FILLS = 4, PLACE = 64 };	/* direct requests take up to four entries each */
	const struct fdev_queue *q = b->fd != NULL ? &b->fd->q[0] : NULL;
	unsigned int i;

	for (i = 0; i < FILLS; i++)
		if (pass(b, RTE_MIN(b->nb_desc, (unsigned int)MAX_OPS)) == 0)
			return false;
	for (i = 0; q != NULL && i < q->size && q->last_avail % q->size != PLACE; i++)
		if (pass(b, 1) != 1)
			return false;
	return pass(b, burst) == burst && pass(b, burst) == burst;
}

/* A poll while the device has an op and has not answered; then many polls of an idle queue. */
static bool
count_polls(struct bdev *b, unsigned int burst, double *waiting, double *empty)
{
	enum { SETTLED = 200 };		/* polls, after which no question of a kick is open */
	struct rte_crypto_op *out[MAX_OPS];
	unsigned int i, k;

	op_refill(b, ops[0], b->size);
	k = rte_cryptodev_enqueue_burst(b->id, 0, ops, 1);
	k -= count_dequeue(b, out, burst);
	*waiting = step_count();
	report("waiting", 1);
	inline_device(b, 0);
	if (k != 1 || !drain(b, k))
		return false;
	for (i = 0; i < SETTLED; i++)
		rte_cryptodev_dequeue_burst(b->id, 0, out, burst);
	k = count_dequeue(b, out, burst);
	*empty = step_count();
	report("empty", 1);
	return k == 0;
}

/* Instructions per op of one burst there and back; false: some did not get through. */
static bool
count_burst(struct bdev *b, unsigned int burst, double *enq, double *deq)
{
	struct rte_crypto_op *out[MAX_OPS];
	unsigned int i, k;

	for (i = 0; i < burst; i++)
		op_refill(b, ops[i], b->size);
	k = count_enqueue(b, burst);
	*enq = step_count() / burst;
	report("enqueue", burst);
	inline_device(b, 0);
	if (k != burst)
		return false;
	k = count_dequeue(b, out, burst);
	*deq = step_count() / burst;
	report("dequeue", burst);
	/* DPDK's driver may take fewer than asked for. */
	return drain(b, burst - k);
}

/* The cheaper one of two bursts: what is done once in thousands of ops is in one at most. */
void
icount_run(struct bdev *b, unsigned int burst, uint32_t size)
{
	double enq[2], deq[2], waiting, empty;
	unsigned int i;
	bool ok;

	bdev_bind(b, RTE_MIN(b->nb_desc, (unsigned int)MAX_OPS), size);
	ok = settle_ring(b, burst);
	fdev_step_hook = step_hook;
	step_reset();
	STEP_ON();
	STEP_OFF();
	step_base = step_n;
	for (i = 0; i < 2 && ok; i++)
		ok = count_burst(b, burst, &enq[i], &deq[i]);
	ok = ok && count_polls(b, burst, &waiting, &empty);
	fdev_step_hook = NULL;
	if (!ok) {
		printf("# %s: icount: ops were lost\n", b->name);
		nb_bad++;
		return;
	}
	i = enq[1] + deq[1] < enq[0] + deq[0];
	result(b, burst, "enq/op", enq[i]);
	result(b, burst, "deq/op", deq[i]);
	result(b, burst, "enq+deq/op", enq[i] + deq[i]);
	result(b, burst, "waiting/call", waiting);
	result(b, burst, "empty/call", empty);
}
