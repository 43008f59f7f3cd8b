/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Ids of security associations: none twice, none beyond the limit, none before its time.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "drivers/crypto/vcrypto/session/vcrypto_ipsec_id.h"

#define MAX_IDS	200

/* All of them, each once, then none. */
static void
take_all(struct vcrypto_ipsec_ids *ids, uint32_t limit)
{
	bool seen[MAX_IDS] = { false };
	uint32_t i, id = 0;

	for (i = 0; i < limit; i++) {
		assert_int_equal(vcrypto_ipsec_ids_take(ids, &id), 0);
		assert_true(id < limit);
		assert_false(seen[id]);
		seen[id] = true;
	}
	assert_int_equal(vcrypto_ipsec_ids_take(ids, &id), -ENOSPC);
}

static void
every_id_once(void **state)
{
	static const uint32_t limits[] = { 0, 1, 2, 63, 64, 65, 128, MAX_IDS };
	struct vcrypto_ipsec_ids ids;
	uint32_t id;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		assert_int_equal(vcrypto_ipsec_ids_init(&ids, limits[i], -1), 0);
		take_all(&ids, limits[i]);
		vcrypto_ipsec_ids_reset(&ids);
		assert_int_equal(ids.nb_taken, 0);
		take_all(&ids, limits[i]);
		vcrypto_ipsec_ids_fini(&ids);
		vcrypto_ipsec_ids_fini(&ids);
		assert_int_equal(vcrypto_ipsec_ids_take(&ids, &id), -ENOSPC);
	}
}

static void
lost_ids_stay_taken(void **state)
{
	struct vcrypto_ipsec_ids ids;
	uint32_t id[3], again;

	(void)state;
	assert_int_equal(vcrypto_ipsec_ids_init(&ids, 3, -1), 0);
	assert_int_equal(vcrypto_ipsec_ids_take(&ids, &id[0]), 0);
	assert_int_equal(vcrypto_ipsec_ids_take(&ids, &id[1]), 0);
	vcrypto_ipsec_ids_free(&ids, id[0]);
	/* The one that was never used comes before the one that was free a moment ago. */
	assert_int_equal(vcrypto_ipsec_ids_take(&ids, &id[2]), 0);
	assert_int_not_equal(id[2], id[0]);
	vcrypto_ipsec_ids_lose(&ids, id[1]);
	assert_int_equal(vcrypto_ipsec_ids_take(&ids, &again), 0);
	assert_int_equal(again, id[0]);
	assert_int_equal(vcrypto_ipsec_ids_take(&ids, &again), -ENOSPC);
	assert_int_equal(ids.nb_taken, 3);
	assert_int_equal(ids.nb_lost, 1);
	vcrypto_ipsec_ids_reset(&ids);
	assert_int_equal(ids.nb_lost, 0);
	take_all(&ids, 3);
	vcrypto_ipsec_ids_fini(&ids);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_id_once),
		cmocka_unit_test(lost_ids_stay_taken),
	};

	return cmocka_run_group_tests_name("ipsec_id", tests, NULL, NULL);
}
