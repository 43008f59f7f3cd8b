/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What the tests of lib/vhost_user share: a socket pair whose far end the test
 * scripts, and the count of open descriptors before and after.
 */
#ifndef TEST_VHU_H
#define TEST_VHU_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "fds.h"
#include "vhu.h"

/* Long enough for any machine; only a test that has failed waits for it. */
#define FAR	20000u	/* ms */
/* A wait that is meant to run out. */
#define NEAR	30u	/* ms */

struct pair {
	int near, far;		/* ours; the back end's */
	unsigned int fds_before;
	struct vhu_conn conn;	/* on near */
};

int test_setup_pair(void **state);
/* Closes both ends and fails if the test left a descriptor open. */
int test_teardown_pair(void **state);
/* nb descriptors in one sendmsg with len bytes, straight to the kernel. */
void test_send_raw(int sock, const void *buf, size_t len, const int *fds, unsigned int nb);
void test_close_far(struct pair *p);

extern const struct CMUnitTest vhu_io_tests[], vhu_call_tests[], vhu_stream_tests[];
extern const size_t nb_vhu_io_tests, nb_vhu_call_tests, nb_vhu_stream_tests;

#define T(f)	cmocka_unit_test_setup_teardown(f, test_setup_pair, test_teardown_pair)

#endif
