/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Recomputes every vector on the host, so that a typo in a data file is found here
 * and not blamed on a device.  A vector that kat_host.c can't compute is a failure,
 * not a skip.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kat_host.h"

static int
check(const struct kat_vec *v)
{
	static uint8_t out[KAT_HOST_MAX];

	memset(out, 0, sizeof(out));
	if (kat_host_compute(out, v) != 0) {
		fprintf(stderr, "%s:%u: %s: can't compute it\n", v->file, v->line, v->name);
		return 0;
	}
	if ((v->out.len != 0 && memcmp(out, v->out.data, v->out.len) != 0) ||
			(v->digest.len != 0 && memcmp(out + v->out.len, v->digest.data,
				v->digest.len) != 0)) {
		fprintf(stderr, "%s:%u: %s %s: the vector is wrong\n", v->file, v->line, v->alg,
				v->name);
		return 0;
	}
	return 1;
}

int
main(int argc, char **argv)
{
	unsigned long expect_failed = argc > 2 ? strtoul(argv[2], NULL, 10) : 0;
	unsigned int passed = 0, failed, i;
	struct kat_set set = { 0 };

	if (argc != 2 && argc != 3) {
		fprintf(stderr, "usage: %s FOLDER_OR_FILE [NUMBER OF WRONG VECTORS IN IT]\n",
				argv[0]);
		return 2;
	}
	if (kat_load(&set, argv[1]) != 0 || kat_host_open() != 0) {
		kat_free(&set);
		return 1;
	}
	for (i = 0; i < set.nb; i++)
		passed += (unsigned int)check(&set.vec[i]);
	failed = set.nb - passed;
	printf("%u passed, %u failed\n", passed, failed);
	kat_host_close();
	kat_free(&set);
	/* a set without vectors did not load */
	return failed == expect_failed ? 0 : 1;
}
