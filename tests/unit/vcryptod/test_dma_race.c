/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A guest with a vIOMMU: the place of each request's result is a range of its own, mapped before
 * the request is made and unmapped once it has a status, while the worker and its second thread
 * serve others on all queues.  No request is lost or fails, and none writes to what is unmapped.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "turns_rig.h"
#include "vfio_user/dma.h"

#define PAGE		4096u
#define UNDER_WAY	8u	/* of a queue, at most */
#define ROUNDS		1500u	/* requests of a queue */
#define RSA_EACH	16u

static struct vcryptod_dma dma;
static unsigned int amid;		/* unmaps while others were under way */

static void
map(const void *p, uint64_t size)
{
	const uint64_t addr = tr_address(p);
	const struct vfu_dma_range r = { .addr = addr, .size = size, .offset = addr - GUEST,
		.has_fd = true, .readable = true, .writable = true };
	const char *why = NULL;

	assert_int_equal(vcryptod_dma_map(&dma, &r, tr_rig.memory_fd, &why), 0);
}

static uint8_t *
place_of(unsigned int q, unsigned int n)
{
	return tr_guest->dst + PAGE * (q * UNDER_WAY + n % UNDER_WAY);
}

static uint8_t
status_of(unsigned int q, unsigned int n)
{
	return __atomic_load_n(&tr_guest->q[q].req[n % REQUESTS].status, __ATOMIC_ACQUIRE);
}

static void
take_back(unsigned int *first, unsigned int q)
{
	unsigned int i, others, nb;
	uint8_t *place;

	while (*first < tr_rig.offered[q] && status_of(q, *first) != 0xee) {
		assert_int_equal(status_of(q, *first), VIRTIO_CRYPTO_OK);
		for (i = 0, others = 0; i < QUEUES; i++)
			others += i != q && tr_rig.offered[i] != tr_used_idx(i);
		amid += others != 0;
		place = place_of(q, *first);
		nb = tr_rig.dev->memory.nb;
		assert_int_equal(vcryptod_dma_unmap(&dma, tr_address(place), PAGE), 0);
		assert_int_equal(tr_rig.dev->memory.nb, nb - 1);
		assert_memory_equal(place, tr_result, sizeof(tr_result));
		memset(place, 0, sizeof(tr_result));
		++*first;
	}
}

/* Nobody has written there since it was unmapped. */
static void
give_away(unsigned int q, unsigned int n)
{
	static const uint8_t zero[sizeof(tr_result)];

	assert_memory_equal(place_of(q, n), zero, sizeof(zero));
	map(place_of(q, n), PAGE);
	tr_rig.to = place_of(q, n);
	tr_offer(q, n % RSA_EACH == q ? 0 : 16);
}

static void
each_its_own(void **state)
{
	unsigned int first[QUEUES] = { 0 }, q, done, ms = 0;

	(void)state;
	for (q = 0; q <= QUEUES; q++)
		map(&tr_guest->q[q], sizeof(tr_guest->q[q]));
	map(tr_guest->ctrl, (uint64_t)(tr_guest->dst - tr_guest->ctrl));
	tr_writes = true;
	tr_let(QUEUES * ROUNDS);
	tr_start();
	do {
		for (q = done = 0; q < QUEUES; q++) {
			unsigned int n = tr_rig.offered[q];

			take_back(&first[q], q);
			done += first[q];
			if (n == ROUNDS || n - first[q] == UNDER_WAY)
				continue;
			give_away(q, n);
			ms = 0;
		}
		if (ms++ > 64)
			usleep(1000);
	} while (done < QUEUES * ROUNDS && ms < FX_WAIT_MS);
	for (q = 0; q < QUEUES; q++)
		assert_true(tr_gets_used(q, ROUNDS));
	assert_int_equal(done, QUEUES * ROUNDS);
	assert_int_equal(tr_rig.dev->memory.nb, QUEUES + 2);
	assert_true(amid > ROUNDS / 10);
	print_message("%u requests, %u times others were under way\n", done, amid);
}

/* All ranges of the results at once, with slow requests of some of them waiting: each is waited
 * for, others are not.
 */
static void *
unmap_results(void *arg)
{
	(void)arg;
	assert_int_equal(vcryptod_dma_unmap(&dma, tr_address(place_of(0, 0)),
			QUEUES * UNDER_WAY * PAGE), 0);
	return NULL;
}

static void
all_at_once(void **state)
{
	unsigned int i;
	pthread_t thread;

	(void)state;
	for (i = 0; i <= QUEUES; i++)
		map(&tr_guest->q[i], sizeof(tr_guest->q[i]));
	map(tr_guest->ctrl, (uint64_t)(tr_guest->dst - tr_guest->ctrl));
	map(tr_guest->apart, PAGE);
	for (i = 0; i < QUEUES * UNDER_WAY; i++)
		map(place_of(0, 0) + i * PAGE, PAGE);
	tr_start();
	for (i = 0; i < 5; i++) {
		tr_rig.to = i == 0 || i == 2 ? tr_guest->apart : place_of(0, i);
		tr_offer(0, 0);
		assert_true(i != 0 || fx_happens(&tr_began));
	}
	assert_true(tr_hands_over(5));
	assert_int_equal(pthread_create(&thread, NULL, unmap_results, NULL), 0);
	assert_true(tr_gets_urgent(0, 3));
	tr_let(4);
	assert_int_equal(pthread_join(thread, NULL), 0);
	for (i = 0; i < 5; i++)
		assert_int_equal(status_of(0, i), i == 2 ? 0xee : VIRTIO_CRYPTO_OK);
	assert_int_equal(tr_rig.dev->memory.nb, QUEUES + 3);
	tr_let(1);
	assert_true(tr_gets_used(0, 5) && tr_all_ok(0));
}

/* A ring, and behind it what cannot be reached: the one counts, not the other. */
static void
with_unreachable(void **state)
{
	const struct vfu_dma_range rom = { .addr = GUEST + sizeof(*tr_guest) + PAGE, .size = PAGE,
		.readable = true };
	const char *why;
	unsigned int i;

	(void)state;
	tr_be_quiet();
	for (i = 0; i <= QUEUES; i++)
		map(&tr_guest->q[i], sizeof(tr_guest->q[i]));
	assert_int_equal(vcryptod_dma_map(&dma, &rom, -1, &why), 0);
	tr_start();
	assert_true(vcryptod_vring_is_active(&tr_rig.dev->ring[QUEUES].vring));
	assert_int_equal(vcryptod_dma_unmap(&dma, tr_address(&tr_guest->q[QUEUES]),
			UINT64_C(1) << 40), 0);
	assert_int_equal(tr_rig.dev->memory.nb, QUEUES);
	for (i = 0; i <= QUEUES; i++)
		assert_int_equal(vcryptod_vring_is_active(&tr_rig.dev->ring[i].vring),
				i < QUEUES);
}

static int
set_up(void **state)
{
	int rc = tr_set_up(state);

	vcryptod_memory_clear(&tr_rig.dev->memory);
	return rc != 0 ? rc : vcryptod_dma_init(&dma, tr_rig.dev);
}

static int
tear_down(void **state)
{
	vcryptod_worker_stop(&tr_rig.worker);
	vcryptod_device_stop_all(tr_rig.dev);
	vcryptod_dma_fini(&dma);
	return tr_tear_down(state);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(each_its_own, set_up, tear_down),
		cmocka_unit_test_setup_teardown(all_at_once, set_up, tear_down),
		cmocka_unit_test_setup_teardown(with_unreachable, set_up, tear_down),
	};

	tr_shared = true;
	return cmocka_run_group_tests_name("vcryptod_dma_race", tests, NULL, NULL);
}
