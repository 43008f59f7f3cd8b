/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The algorithms of the vectors computed on the host, as the thing to compare with.
 * Knows no DPDK.  Not thread-safe.
 */
#ifndef KAT_HOST_H
#define KAT_HOST_H

#include "kat_file.h"

#define KAT_HOST_MAX	(32 * 1024)	/* bytes of an output */

/* 0, or -1 with a message. */
int kat_host_open(void);
void kat_host_close(void);

/* Writes what v->in becomes (CIPHER, AEAD, CHAIN: v->in.len bytes) and then the digest
 * to out (KAT_HOST_MAX bytes); encryption and generation alone.  Reads v's service,
 * algorithms, order, keys, iv, aad, in, ranges, and digest.len.  -1: it can't.
 */
int kat_host_compute(uint8_t *out, const struct kat_vec *v);

#endif
