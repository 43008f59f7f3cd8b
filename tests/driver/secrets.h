/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Where a key is: in DPDK's memory, which devices can reach, and in the process's own heap.
 * Programs are linked with --wrap=calloc and --wrap=free.
 */
#ifndef SECRETS_H
#define SECRETS_H

#include <stdbool.h>
#include <stdint.h>

/* What is looked for. */
extern uint8_t secret[32];

/* How many of the driver's memory zones have it; how often it lies in all memory of EAL. */
unsigned int secrets_shared(void);
unsigned int secrets_anywhere(void);

/* From true to false the blocks that calloc() gives are remembered, until they are freed. */
void secrets_look(bool looks);
/* How many of these blocks have it. */
unsigned int secrets_in_heap(void);
/* How many were freed with it, ever: must stay 0, since they are to be wiped first. */
unsigned int secrets_nb_freed(void);

#endif
