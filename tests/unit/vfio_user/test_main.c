/* SPDX-License-Identifier: BSD-3-Clause
 *
 * lib/vfio_user: the list of its tests.
 */
#include <signal.h>

#include "test_vfio_user.h"
#include "test_lists.h"

int
main(void)
{
	static const struct test_list list[] = {
		{ vfu_tests, &nb_vfu_tests },
		{ vfu_request_tests, &nb_vfu_request_tests },
		{ vfu_version_tests, &nb_vfu_version_tests },
	};

	/* A broken pipe must come back as an error, never as a signal. */
	signal(SIGPIPE, SIG_DFL);
	return test_lists_run("vfio_user", list, sizeof(list) / sizeof(list[0]));
}
