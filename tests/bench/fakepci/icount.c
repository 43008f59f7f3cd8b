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
} regions[256];
static unsigned int nb_regions;
static uint64_t step_n;

static void
step_hook(void *uc_)
{
	ucontext_t *uc = uc_;
	uintptr_t ip = uc->uc_mcontext.gregs[REG_RIP];
	unsigned int i;

	step_n++;
	for (i = 0; i < nb_regions; i++)
		if (ip >= regions[i].lo && ip < regions[i].hi) {
			regions[i].n++;
			return;
		}
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

static unsigned int
count_enqueue(struct bdev *b, unsigned int burst)
{
	unsigned int k;

	step_reset();
	STEP_ON();
	k = rte_cryptodev_enqueue_burst(b->id, 0, ops, burst);
	STEP_OFF();
	return k;
}

static unsigned int
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

void
icount_run(struct bdev *b, unsigned int burst, uint32_t size)
{
	struct rte_crypto_op *out[MAX_OPS];
	unsigned int i, k, rep, spins;
	double enq = 0, deq = 0;

	bdev_bind(b, burst, size);
	fdev_step_hook = step_hook;
	step_reset();
	STEP_ON();
	STEP_OFF();
	step_base = step_n;
	for (rep = 0; rep < 3; rep++) {		/* the last one is warm */
		for (i = 0; i < burst; i++)
			op_refill(b, ops[i], size);
		k = count_enqueue(b, burst);
		enq = step_count() / burst;
		if (rep == 2)
			report("enqueue", burst);
		nb_bad += k != burst;
		inline_device(b, 0);
		k = count_dequeue(b, out, burst);
		deq = step_count() / burst;
		if (rep == 2)
			report("dequeue", burst);
		for (spins = 0; k < burst && spins < 1000000; spins++)
			k += rte_cryptodev_dequeue_burst(b->id, 0, out, burst - k);
		nb_bad += k != burst;
	}
	count_dequeue(b, out, burst);
	report("empty", 1);
	fdev_step_hook = NULL;
	result(b, burst, "enq/op", enq);
	result(b, burst, "deq/op", deq);
	result(b, burst, "enq+deq/op", enq + deq);
	result(b, burst, "empty/call", step_count());
}
