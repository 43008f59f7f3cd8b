/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The engines of this build, by name, and what each of them has.
 */
#include <string.h>

#include "engine.h"
#include "engine_auto.h"
#include "req_alg.h"

static const struct vcryptod_engine * const engine_table[] = {
	&vcryptod_engine_auto,
	&vcryptod_engine_openssl,
#ifdef VCRYPTOD_IPSEC_MB
	&vcryptod_engine_ipsec_mb,
#endif
	&vcryptod_engine_null,
};

#define ENGINE_NB	(sizeof(engine_table) / sizeof(engine_table[0]))

const struct vcryptod_engine *
vcryptod_engine_find(const char *name)
{
	size_t i;

	for (i = 0; i < ENGINE_NB; i++)
		if (strcmp(engine_table[i]->name, name) == 0)
			return engine_table[i];
	return NULL;
}

void
vcryptod_engine_names(char *to, size_t size)
{
	size_t i, len = 0;

	for (i = 0; i < ENGINE_NB && len < size; i++)
		len += (size_t)snprintf(to + len, size - len, "%s%s", i != 0 ? ", " : "",
				engine_table[i]->name);
}

/* What the table says of engine i, with these capabilities. */
static const char *
engine_word(size_t i, const struct vcryptod_caps *caps, const struct req_alg *alg)
{
	const struct vcryptod_engine *choice;

	if (engine_table[i] == &vcryptod_engine_auto) {
		choice = vcryptod_auto_choice(alg->service, alg->number);
		return choice != NULL ? choice->name : "-";
	}
	if ((caps->mask[alg->service] & VIRTIO_BIT(alg->number)) == 0)
		return "-";
	return engine_table[i] == &vcryptod_engine_null ? "offered" : "yes";
}

static void
engine_print_cell(FILE *to, size_t i, const char *word)
{
	bool last = i + 1 == ENGINE_NB;

	fprintf(to, " %-*s%s", last ? 0 : 8, word, last ? "\n" : "");
}

void
vcryptod_engine_print(FILE *to)
{
	struct vcryptod_caps caps[ENGINE_NB];
	const struct req_alg *alg;
	bool up[ENGINE_NB];
	unsigned int nb, k;
	size_t i;

	memset(caps, 0, sizeof(caps));
	fprintf(to, "%-8s %-17s", "service", "algorithm");
	for (i = 0; i < ENGINE_NB; i++) {
		up[i] = engine_table[i]->init(&caps[i]) == 0;
		engine_print_cell(to, i, engine_table[i]->name);
	}
	alg = req_alg_table(&nb);
	for (k = 0; k < nb; k++) {
		fprintf(to, "%-8s %-17s", req_service_name(alg[k].service), alg[k].name);
		for (i = 0; i < ENGINE_NB; i++)
			engine_print_cell(to, i, engine_word(i, &caps[i], &alg[k]));
	}
	for (i = 0; i < ENGINE_NB; i++)
		if (up[i])
			engine_table[i]->fini();
}
