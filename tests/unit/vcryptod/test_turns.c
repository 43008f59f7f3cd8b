/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Turns of a device's queues in one worker, of requests of many bytes and of few; what a front end
 * does to the descriptors: kicks that are dead or never read, calls that block; and requests that
 * lie outside of the memory.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "log.h"
#include "turns_rig.h"

/* ---- turns ---- */

/* Queues with requests of many bytes take turns; a queue with short ones has one in each. */
static void
long_ones_take_turns(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < 3; i++) {
		tr_offer(0, LONG_LEN);
		tr_offer(1, LONG_LEN);
		tr_offer(2, LONG_LEN);
		tr_offer(3, 16);
	}
	tr_start();
	for (i = 0; i < QUEUES; i++)
		assert_true(tr_gets_used(i, 3) && tr_all_ok(i));
	assert_string_equal(tr_events, "ADDDBCABCABC");
}

/* Within a queue nothing but RSA is overtaken, with IN_ORDER not even that, and a turn ends at its
 * bytes.
 */
static void
order_within_a_queue(void **state)
{
	unsigned int in_order, i;

	for (in_order = 0; in_order < 2; in_order++) {
		if (in_order != 0)
			tr_set_up(state);
		tr_rig.dev->features |= in_order != 0 ? VIRTIO_F_IN_ORDER : 0;
		for (i = 0; i < 2; i++) {
			if (in_order != 0)
				tr_offer(0, 0);
			tr_offer(0, 16);
			tr_offer(0, 32);
			tr_offer(0, LONG_LEN);
		}
		tr_let(2);
		tr_start();
		assert_true(tr_gets_used(0, in_order != 0 ? 8 : 6) && tr_all_ok(0));
		assert_string_equal(tr_events, in_order != 0 ? "aAAAaAAA" : "AAAAAA");
		for (i = 0; i < 3; i++)
			tr_offer(1, VCRYPTOD_TURN_BYTES / 2);
		/* Header and iv make two halves more than a turn. */
		assert_true(tr_gets_used(1, 3) && tr_all_ok(1));
		if (in_order == 0)
			tr_tear_down(state);
	}
}

/* ---- descriptors of the front end ---- */

static bool
kick_wakes(void)
{
	unsigned int from = __atomic_load_n(&tr_wakes, __ATOMIC_ACQUIRE), ms;

	vcryptod_event_set(tr_rig.kick_fd);
	for (ms = 0; ms < FX_WAIT_MS; ms++) {
		if (__atomic_load_n(&tr_wakes, __ATOMIC_ACQUIRE) != from)
			return true;
		usleep(1000);
	}
	return false;
}

/* A kick wakes the worker, and its counter is left to the front end, as are its flags. */
static void
kick_is_not_read(void **state)
{
	uint64_t count;
	int flags;

	(void)state;
	tr_rig.kick_fd = eventfd(0, EFD_CLOEXEC);
	tr_start();
	assert_true(tr_sleeps(2));
	tr_offer(0, 16);
	assert_true(kick_wakes());
	assert_true(tr_gets_used(0, 1));
	assert_true(tr_sleeps(2));
	assert_true(kick_wakes());
	flags = fcntl(tr_rig.kick_fd, F_GETFL);
	assert_true(flags >= 0 && (flags & O_NONBLOCK) == 0);
	assert_int_equal(read(tr_rig.kick_fd, &count, sizeof(count)), sizeof(count));
	assert_int_equal(count, 2);
}

/* The end of a pipe whose writer is gone is readable for ever; the worker sleeps all the same,
 * and the ring is served.
 */
static void
dead_kick(void **state)
{
	int fds[2];

	(void)state;
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	close(fds[1]);
	tr_rig.kick_fd = fds[0];
	tr_start();
	assert_true(tr_sleeps(5));
	tr_offer(0, 16);
	assert_true(tr_gets_used(0, 1) && tr_all_ok(0));
	vcryptod_device_stop_all(tr_rig.dev);
	vcryptod_device_update(tr_rig.dev);
	assert_true(tr_sleeps(5));
}

/* A kick descriptor that no epoll takes: the ring is polled. */
static void
kick_of_a_file(void **state)
{
	(void)state;
	tr_rig.kick_fd = memfd_create("kick", MFD_CLOEXEC);
	assert_true(tr_rig.kick_fd >= 0);
	tr_be_quiet();
	tr_start();
	tr_offer(0, 16);
	assert_true(tr_gets_used(0, 1) && tr_all_ok(0));
}

/* In a process of its own: the front end makes the worker's write to the call descriptor wait
 * for ever.
 */
static _Noreturn void
block_the_call(bool end_worker)
{
	const uint64_t full = UINT64_MAX - 1;

	tr_rig.call_fd = eventfd(0, EFD_CLOEXEC);
	vcryptod_device_update(tr_rig.dev);
	if (fcntl(tr_rig.call_fd, F_SETFL, 0) != 0 ||
			write(tr_rig.call_fd, &full, sizeof(full)) != sizeof(full))
		_exit(100);
	tr_offer(0, 16);
	if (vcryptod_worker_start(&tr_rig.worker) != 0 || !tr_gets_used(0, 1))
		_exit(101);
	vcryptod_vring_patience_ms = 100;
	if (end_worker)
		vcryptod_worker_stop(&tr_rig.worker);
	else
		vcryptod_device_stop_all(tr_rig.dev);
	_exit(102);
}

static void
blocked_call(void **state)
{
	static const char * const why[] = { "call descriptor", "thread does not end" };
	int fds[2], status, i;
	char text[4096];
	ssize_t len;
	pid_t pid;

	(void)state;
	for (i = 0; i < 2; i++) {
		assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
		pid = fork();
		assert_true(pid >= 0);
		if (pid == 0) {
			vcryptod_log_redirect(fds[1], NULL);
			block_the_call(i == 1);
		}
		close(fds[1]);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), VCRYPTOD_EXIT_AGAIN);
		len = read(fds[0], text, sizeof(text) - 1);
		assert_true(len > 0);
		text[len] = '\0';
		assert_non_null(strstr(text, why[i]));
		assert_ptr_equal(strchr(text, '\n'), text + len - 1);
		close(fds[0]);
	}
}

/* ---- requests outside of the memory ---- */

static void
lost_requests(void **state)
{
	unsigned int i;

	(void)state;
	tr_be_quiet();
	/* The source, and the result. */
	tr_offer_lost(0, 1);
	tr_offer_lost(0, 2);
	tr_offer(0, 16);
	tr_start();
	assert_true(tr_gets_used(0, 3));
	for (i = 0; i < 2; i++)
		assert_int_equal(tr_guest->q[0].req[i].status, VIRTIO_CRYPTO_ERR);
	assert_int_equal(tr_guest->q[0].req[2].status, VIRTIO_CRYPTO_OK);
	assert_string_equal(tr_events, "A");
	assert_true(vcryptod_vring_is_active(&tr_rig.dev->ring[0].vring));
	/* The place of the status: nobody can answer. */
	tr_offer_lost(0, 3);
	assert_true(tr_breaks(0));
}

/* The control queue's answers are written whole or not at all. */
static void
lost_control_requests(void **state)
{
	int len = req_create_build(tr_guest->ctrl, sizeof(tr_guest->ctrl), &fx_rsa, 0);

	(void)state;
	tr_be_quiet();
	assert_true(len > 0);
	tr_set_desc(QUEUES, 0, tr_guest->ctrl, (uint32_t)len, VIRTQ_DESC_F_NEXT);
	tr_guest->q[QUEUES].desc[0].addr = cpu_to_le64(0x1000);
	tr_set_desc(QUEUES, 1, &tr_guest->answer, sizeof(tr_guest->answer), VIRTQ_DESC_F_WRITE);
	tr_show(QUEUES);
	vcryptod_device_update(tr_rig.dev);
	assert_int_equal(vcryptod_worker_start(&tr_rig.dev->control), 0);
	assert_true(tr_gets_used(QUEUES, 1));
	assert_int_equal(le32_to_cpu(tr_guest->answer.status), VIRTIO_CRYPTO_ERR);
	tr_set_desc(QUEUES, CHAIN, tr_guest->ctrl, (uint32_t)len, VIRTQ_DESC_F_NEXT);
	tr_set_desc(QUEUES, CHAIN + 1, &tr_guest->answer, 8,
			VIRTQ_DESC_F_NEXT | VIRTQ_DESC_F_WRITE);
	tr_set_desc(QUEUES, CHAIN + 2, &tr_guest->answer.status, 8, VIRTQ_DESC_F_WRITE);
	tr_guest->q[QUEUES].desc[CHAIN + 1].addr = cpu_to_le64(0x1000);
	tr_show(QUEUES);
	assert_true(tr_breaks(QUEUES));
	assert_int_equal(tr_used_idx(QUEUES), 1);
	vcryptod_worker_stop(&tr_rig.dev->control);
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, tr_set_up, tr_tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(long_ones_take_turns),
		TEST(order_within_a_queue),
		TEST(kick_is_not_read),
		TEST(dead_kick),
		TEST(kick_of_a_file),
		TEST(blocked_call),
		TEST(lost_requests),
		TEST(lost_control_requests),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
