/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The geometry of a slot: the request memory of one ring entry, shared with the device.
 * A session's header template is laid out for it, and the data path fills it.
 *
 * By who writes what when (bytes):
 *
 *	8	header of the request, which ends at	once per session, but for the
 *		112					lengths: per op
 *	112	iv					per op
 *	128	table of 8 entries			per op: addresses and lengths
 *	256	digest that the device computes, or a	by the device; per op, rarely
 *		received tag, that lie in no DMA memory
 *	320	AAD that lies in no DMA memory		per op, rarely
 *	384
 *
 * A header of 72 bytes, that of every session request today, begins at 40, and what
 * changes in it lies from 64 on: an op of the session that used the slot before
 * writes two lines, [64, 128) and the table's first.  Where a stateless mode is
 * negotiated headers are up to 104 bytes long.  Header and iv lie at fixed distances
 * from the table, so that one address is enough to fill them all.  Status bytes lie
 * packed, one per slot, in an array of their own: a burst of completions is read
 * from one line.
 */
#ifndef VCRYPTO_SLOT_H
#define VCRYPTO_SLOT_H

#define VCRYPTO_SLOT_FIRST	8	/* offsets, bytes: where the longest header begins */
#define VCRYPTO_SLOT_IV		112	/* and where each ends */
#define VCRYPTO_SLOT_TABLE	128
#define VCRYPTO_SLOT_DIGEST	256
#define VCRYPTO_SLOT_AAD	320
#define VCRYPTO_SLOT_SIZE	384
#define VCRYPTO_SLOT_ENTRIES	8
#define VCRYPTO_IV_MAX		(VCRYPTO_SLOT_TABLE - VCRYPTO_SLOT_IV)	/* bytes */
#define VCRYPTO_DIGEST_MAX	64	/* bytes */
#define VCRYPTO_AAD_COPY_MAX	64	/* bytes */

#endif
