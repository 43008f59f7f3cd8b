/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A device as the programs here use it: one queue pair, sessions one at a time,
 * operations through the burst API and a bounded wait.  Public DPDK API only.
 */
#ifndef KAT_DEV_H
#define KAT_DEV_H

#include <rte_cryptodev.h>

#include "kat_map.h"

/* The longest that an answer may take: a device that says nothing for this long has
 * lost the operation.
 */
#define KAT_TIMEOUT_S		120
#define KAT_DESCRIPTORS		256
#define KAT_BURST		32

/* Sessions alive at once: one of each direction, and as much again while the next
 * ones are made.
 */
#define KAT_SESSIONS		8

/* Bytes of an mbuf's data room, and mbufs: a burst of them, segmented, in and out, for
 * two devices.
 */
#define KAT_ROOM		(20 * 1024)
#define KAT_MBUFS		1024

struct kat_dev {
	uint8_t id;
	const char *name, *driver;
	uint64_t feature_flags;
	struct rte_mempool *sessions;
};

struct kat_pools {
	struct rte_mempool *ops, *mbufs;
};

/* 0 or -errno with a message.  close accepts a zeroed struct. */
int kat_pools_create(struct kat_pools *p);
void kat_pools_free(struct kat_pools *p);

/* The device of this name; or, where name is NULL, the first whose driver's name is
 * driver.  Configured and started.  0 or -errno with a message.
 */
int kat_dev_open(struct kat_dev *d, const char *name, const char *driver);
void kat_dev_close(struct kat_dev *d);

/* NULL if the device refuses the parameters; rte_errno says why. */
void *kat_session_create(const struct kat_dev *d, const struct kat_params *p);
void kat_session_free(const struct kat_dev *d, void *session);

/* Runs nb operations (at most KAT_DESCRIPTORS) through queue pair 0 and waits for all
 * of them.  Each comes back in place, whatever order the device chose.  0, -ETIMEDOUT
 * if some did not come back: those still belong to the device.
 */
int kat_run(const struct kat_dev *d, struct rte_crypto_op **ops, unsigned int nb);

#endif
