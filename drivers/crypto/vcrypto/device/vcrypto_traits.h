/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The properties of a transport that the rest of the driver must know.  Plain data: the
 * transport sets it when it is created, and the device holds a copy, since the transport
 * itself exists in the primary process alone.
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
	/* Queues are notified by event descriptors, which a secondary process must receive
	 * from the primary, not by registers, which it maps itself.
	 */
	bool event_kicks;
	/* Queues are notified by registers that only the primary process has mapped: no
	 * secondary process can use the device.
	 */
	bool own_registers;
	/* The device accepts one framing only: header, iv, src, dst, digest and status
	 * each in entries of their own, and slots strictly in ring order.  It reads the
	 * expected digest from the digest buffer.  DPDK's vhost_crypto is such a device.
	 */
	bool strict_framing;
	/* A device that is gone may come back at the same place: a back end that restarts.
	 * False: what is gone is gone for good, as a function that was unplugged.
	 */
	bool may_return;
	bool has_ctrlq;		/* false: sessions are made by the transport's messages */
	bool cheap_config;	/* the health check may call read_config for HW_READY */
	int numa_node;		/* -1: any */
	/* The feature bits known to the driver that this transport can carry. */
	uint64_t features_allowed;
};

#endif
