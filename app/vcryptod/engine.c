/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The engines of this build, by name.
 */
#include <string.h>

#include "engine.h"

static const struct vcryptod_engine * const engines[] = {
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

	for (i = 0; i < sizeof(engines) / sizeof(engines[0]); i++)
		if (strcmp(engines[i]->name, name) == 0)
			return engines[i];
	return NULL;
}
