/* SPDX-License-Identifier: BSD-3-Clause
 *
 * lib/vhost_user: the fixture and the list of its tests.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "test_vhu.h"
#include "test_lists.h"

int
test_setup_pair(void **state)
{
	struct pair *p = calloc(1, sizeof(*p));
	int sv[2];

	if (p == NULL)
		return -1;
	p->fds_before = fds_open();
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv) != 0) {
		free(p);
		return -1;
	}
	p->near = sv[0];
	p->far = sv[1];
	p->conn = (struct vhu_conn){ .sock = sv[0], .timeout_ms = FAR };
	*state = p;
	return 0;
}

void
test_close_far(struct pair *p)
{
	close(p->far);
	p->far = -1;
}

int
test_teardown_pair(void **state)
{
	struct pair *p = *state;
	unsigned int before = p->fds_before, after;

	close(p->near);
	if (p->far >= 0)
		close(p->far);
	free(p);
	after = fds_open();
	if (after != before)
		fprintf(stderr, "%u descriptors before the test, %u after\n", before, after);
	return after == before ? 0 : -1;
}

void
test_send_raw(int sock, const void *buf, size_t len, const int *fds, unsigned int nb)
{
	assert_int_equal(fds_send(sock, buf, len, fds, nb), len);
}

int
main(void)
{
	static const struct test_list list[] = {
		{ vhu_io_tests, &nb_vhu_io_tests },
		{ vhu_call_tests, &nb_vhu_call_tests },
		{ vhu_stream_tests, &nb_vhu_stream_tests },
	};

	/* A broken pipe must come back as an error, never as a signal. */
	signal(SIGPIPE, SIG_DFL);
	return test_lists_run("vhost_user", list, sizeof(list) / sizeof(list[0]));
}
