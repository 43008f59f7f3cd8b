/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Puts a test of the engines into the cage: the linker has this file called in place of
 * fx_init.  Once an engine is there, nothing is opened any more, and a system call that
 * the cage's list lacks ends the test.
 */
#include <stdio.h>
#include <stdlib.h>

#include "cage/cage.h"
#include "fixture.h"

#define CAGED_FDS	64

bool __real_fx_init(struct fx *fx, const char *engine);
bool __wrap_fx_init(struct fx *fx, const char *engine);

/* The line is flushed by cmocka's own. */
static void
caged_go_in(void)
{
	char line[VCRYPTOD_CAGE_LINE];
	struct vcryptod_cage c;

	vcryptod_cage_init(&c);
	c.tell = true;
	if (vcryptod_cage_begin(&c, "test", CAGED_FDS) != 0 ||
			vcryptod_cage_enter(&c, "test", -1) != 0 ||
			vcryptod_cage_shut(&c, "test") != 0)
		exit(1);
	vcryptod_cage_line(&c, line, sizeof(line));
	fprintf(stderr, "%s\n", line);
}

bool
__wrap_fx_init(struct fx *fx, const char *engine)
{
	static bool caged;
	bool ok = __real_fx_init(fx, engine);

	if (ok && !caged)
		caged_go_in();
	caged = caged || ok;
	return ok;
}
