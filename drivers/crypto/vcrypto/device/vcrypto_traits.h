/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What a transport is like, as far as the rest of the driver must know.  Plain data: the
 * transport fills it in when it is created, and the device holds a copy, since the
 * transport itself is the primary process's alone.
 */
#ifndef VCRYPTO_TRAITS_H
#define VCRYPTO_TRAITS_H

#include <stdbool.h>
#include <stdint.h>

struct vcrypto_traits {
	/* Addresses given to the device are virtual addresses of this process, not bus
	 * addresses: vhost-user, whose memory table is keyed by them.
	 */
	bool addr_is_va;
	/* Queues are notified by event descriptors, which a secondary process must be
	 * given, not by registers, which it maps itself.
	 */
	bool event_kicks;
	/* The device needs one framing: header, iv, src, dst, digest and status each
	 * in entries of their own, slots strictly in ring order, and reads the
	 * expected digest from the digest buffer (DPDK's vhost_crypto).
	 */
	bool strict_framing;
	bool has_ctrlq;		/* false: sessions by messages of the transport */
	bool cheap_config;	/* read_config may be called often: HW_READY is checked */
	int numa_node;		/* -1: any */
	/* Feature bits that this transport can carry, of those the driver knows. */
	uint64_t features_allowed;
};

#endif
