/* SPDX-License-Identifier: BSD-3-Clause
 *
 * lib/vfio_user: the list of its tests.
 */
#include <signal.h>

#include "test_vfio_user.h"

int
main(void)
{
	struct CMUnitTest all[64];
	size_t n = 0, i;

	for (i = 0; i < nb_vfu_tests; i++)
		all[n++] = vfu_tests[i];
	for (i = 0; i < nb_vfu_request_tests; i++)
		all[n++] = vfu_request_tests[i];
	for (i = 0; i < nb_vfu_version_tests; i++)
		all[n++] = vfu_version_tests[i];
	/* A broken pipe must come back as an error, never as a signal. */
	signal(SIGPIPE, SIG_DFL);
	return n == 0 ? 1 : _cmocka_run_group_tests("vfio_user", all, n, NULL, NULL);
}
