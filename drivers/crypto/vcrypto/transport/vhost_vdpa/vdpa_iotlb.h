/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The memory that the device can reach: all of DPDK's memory segments, under their virtual
 * addresses.  DPDK's own list of segments is the only record of what is mapped.
 *
 * The kernel removes whole mappings only, and DPDK returns single pages.  So each segment of
 * huge pages is a mapping; small pages, which DPDK never returns one by one, are joined.
 *
 * Threads: under the transport's lock; the caller also holds DPDK's memory lock, or runs in
 * a memory event callback, except for revoke.  Nothing here allocates.
 */
#ifndef VCRYPTO_VDPA_IOTLB_H
#define VCRYPTO_VDPA_IOTLB_H

#include <stddef.h>

#include "transport/vhost_vdpa/vdpa_chr.h"

/* Whether the device can map all memory that exists now.  0; -ERANGE with one line. */
int vcrypto_vdpa_iotlb_check(struct vcrypto_vdpa_chr *c);
/* Replaces whatever is mapped by all memory that exists now, in one batch where the device
 * takes batches.  0, or -errno with one line.
 */
int vcrypto_vdpa_iotlb_map_all(struct vcrypto_vdpa_chr *c);
/* Adds, or removes, the segments in [addr, addr + len).  0, or -errno with one line. */
int vcrypto_vdpa_iotlb_add(struct vcrypto_vdpa_chr *c, const void *addr, size_t len);
int vcrypto_vdpa_iotlb_remove(struct vcrypto_vdpa_chr *c, const void *addr, size_t len);
/* Removes every mapping: the device can reach no memory.  0, or -errno with one line. */
int vcrypto_vdpa_iotlb_revoke(struct vcrypto_vdpa_chr *c);

#endif
