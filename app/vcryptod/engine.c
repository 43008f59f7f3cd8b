/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The engines of this build, by name.
 */
#include <string.h>

#include "engine.h"

static const struct vcryptod_engine * const engine_table[] = {
	&vcryptod_engine_openssl,
#ifdef VCRYPTOD_IPSEC_MB
	&vcryptod_engine_ipsec_mb,
#endif
	&vcryptod_engine_null,
};

const struct vcryptod_engine *
vcryptod_engine_find(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(engine_table) / sizeof(engine_table[0]); i++)
		if (strcmp(engine_table[i]->name, name) == 0)
			return engine_table[i];
	return NULL;
}
