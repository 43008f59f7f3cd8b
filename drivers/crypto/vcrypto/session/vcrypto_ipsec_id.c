/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Owns the sets of ids.  Calls DPDK's heap.  Must not know of commands or of the device.
 */
#include <errno.h>
#include <string.h>

#include <rte_malloc.h>

#include "session/vcrypto_ipsec_id.h"

#define IDS_WORDS(limit)	(((size_t)(limit) + 63) / 64)

int
vcrypto_ipsec_ids_init(struct vcrypto_ipsec_ids *ids, uint32_t limit, int socket)
{
	*ids = (struct vcrypto_ipsec_ids){ .limit = limit };
	if (limit == 0)
		return 0;
	ids->taken = rte_zmalloc_socket("vcrypto_ipsec_ids",
			IDS_WORDS(limit) * sizeof(ids->taken[0]), RTE_CACHE_LINE_SIZE, socket);
	return ids->taken != NULL ? 0 : -ENOMEM;
}

void
vcrypto_ipsec_ids_fini(struct vcrypto_ipsec_ids *ids)
{
	rte_free(ids->taken);
	memset(ids, 0, sizeof(*ids));
}

void
vcrypto_ipsec_ids_reset(struct vcrypto_ipsec_ids *ids)
{
	if (ids->taken != NULL)
		memset(ids->taken, 0, IDS_WORDS(ids->limit) * sizeof(ids->taken[0]));
	ids->nb_taken = ids->nb_lost = 0;
}

int
vcrypto_ipsec_ids_take(struct vcrypto_ipsec_ids *ids, uint32_t *id)
{
	if (ids->taken == NULL || ids->nb_taken == ids->limit)
		return -ENOSPC;
	/* Ends: fewer than limit bits are set. */
	while ((ids->taken[ids->next / 64] >> ids->next % 64 & 1) != 0)
		ids->next = (ids->next + 1) % ids->limit;
	*id = ids->next;
	ids->taken[*id / 64] |= UINT64_C(1) << *id % 64;
	ids->next = (*id + 1) % ids->limit;
	ids->nb_taken++;
	return 0;
}

void
vcrypto_ipsec_ids_free(struct vcrypto_ipsec_ids *ids, uint32_t id)
{
	ids->taken[id / 64] &= ~(UINT64_C(1) << id % 64);
	ids->nb_taken--;
}

void
vcrypto_ipsec_ids_lose(struct vcrypto_ipsec_ids *ids, uint32_t id)
{
	(void)id;	/* stays taken */
	ids->nb_lost++;
}
