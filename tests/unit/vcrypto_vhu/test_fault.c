/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The nth system call or allocation of a whole life fails, for every n: nothing
 * crashes, hangs or leaks, and the next life goes well.  The linker sends the calls of
 * the transport and of lib/vhost_user here (--wrap); the back end's thread is spared.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include "test_vcrypto_vhu.h"

#define LIVES_MAX	400u	/* more than a life has calls */

static _Thread_local struct {	/* the test's thread sets its own; others meet no faults */
	unsigned int countdown;	/* 0: none */
	unsigned int calls;
	int err;
} fault;

/* Is it this call's turn?  Then errno is set. */
static bool
strikes(void)
{
	if (fault.countdown == 0)
		return false;
	fault.calls++;
	if (fault.calls != fault.countdown)
		return false;
	errno = fault.err;
	return true;
}

ssize_t __real_sendmsg(int sock, const struct msghdr *msg, int flags);
ssize_t __wrap_sendmsg(int sock, const struct msghdr *msg, int flags);
ssize_t __real_recvmsg(int sock, struct msghdr *msg, int flags);
ssize_t __wrap_recvmsg(int sock, struct msghdr *msg, int flags);
int __real_eventfd(unsigned int count, int flags);
int __wrap_eventfd(unsigned int count, int flags);
int __real_socket(int domain, int type, int protocol);
int __wrap_socket(int domain, int type, int protocol);
int __real_dup3(int from, int to, int flags);
int __wrap_dup3(int from, int to, int flags);
void *__real_calloc(size_t nb, size_t size);
void *__wrap_calloc(size_t nb, size_t size);

ssize_t
__wrap_sendmsg(int sock, const struct msghdr *msg, int flags)
{
	return strikes() ? -1 : __real_sendmsg(sock, msg, flags);
}

ssize_t
__wrap_recvmsg(int sock, struct msghdr *msg, int flags)
{
	return strikes() ? -1 : __real_recvmsg(sock, msg, flags);
}

int
__wrap_eventfd(unsigned int count, int flags)
{
	return strikes() ? -1 : __real_eventfd(count, flags);
}

int
__wrap_socket(int domain, int type, int protocol)
{
	return strikes() ? -1 : __real_socket(domain, type, protocol);
}

int
__wrap_dup3(int from, int to, int flags)
{
	return strikes() ? -1 : __real_dup3(from, to, flags);
}

void *
__wrap_calloc(size_t nb, size_t size)
{
	return strikes() ? NULL : __real_calloc(nb, size);
}

/* One life: created, brought up, memory that comes, the back end lost, brought up
 * again, ended.  Errors are met by what a driver does: reset, and destroy.
 */
static int
live(struct fixture *f)
{
	int rc = vcrypto_transport_vhost_user_create(&f->t, &f->args);

	if (rc != 0) {
		f->t = NULL;
		return rc;
	}
	rc = try_bring_up(f);
	if (rc == 0) {
		memseg_add(1, 0, 1);
		memseg_event_alloc(1, 0, 1);
		rc = f->t->ops->check(f->t);
		memseg_event_free(1, 0, 1);
		memseg_remove(1, 0);
	}
	if (rc == 0) {
		backend_hang_up(&f->fb);
		rc = try_bring_up(f);
	}
	if (f->t->ops->reset(f->t) != 0 && rc == 0)
		rc = -EIO;
	destroy(f);
	return rc;
}

static void
each_call_fails(struct fixture *f, int err)
{
	unsigned int n, failed = 0;
	int rc;

	fault.err = err;
	for (n = 1; n <= LIVES_MAX; n++) {
		fault.calls = 0;
		fault.countdown = n;
		log_capture_start();
		rc = live(f);
		fault.countdown = 0;
		failed += rc != 0;
		/* What failed was said, and what was not said did not fail. */
		if (rc != 0 && log_capture_errors() == 0)
			fail_msg("call %u: %d, and nothing was said", n, rc);
		assert_true(backend_wait_idle(&f->fb));
		if (fault.calls < n)
			break;
	}
	/* The last life met no fault. */
	assert_true(n <= LIVES_MAX);
	assert_int_equal(rc, 0);
	assert_true(n > 40);
	assert_true(failed > 20);
}

static void
test_no_memory(void **state)
{
	struct fixture *f = *state;

	backend_start(&f->fb);
	each_call_fails(f, ENOMEM);
}

static void
test_connection_reset(void **state)
{
	struct fixture *f = *state;

	backend_start(&f->fb);
	each_call_fails(f, ECONNRESET);
}

const struct CMUnitTest fault_tests[] = {
	T(test_no_memory), T(test_connection_reset),
};
const size_t nb_fault_tests = sizeof(fault_tests) / sizeof(fault_tests[0]);
