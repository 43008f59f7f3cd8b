/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Which parts of the cage are wanted and in force, for the files of this folder; see cage.h.
 */
#include "cage.h"

bool
vcryptod_cage_is_sanitized(void)
{
#ifdef VCRYPTOD_SANITIZED
	return true;
#else
	return false;
#endif
}

bool
vcryptod_cage_wants(const struct vcryptod_cage *c, enum vcryptod_cage_part part)
{
	return (c->parts & VCRYPTOD_CAGE_BIT(part)) != 0;
}

void
vcryptod_cage_note(struct vcryptod_cage *c, enum vcryptod_cage_part part, int rc)
{
	c->refused[part] = -rc;
	if (rc == 0)
		c->in_force |= VCRYPTOD_CAGE_BIT(part);
}
