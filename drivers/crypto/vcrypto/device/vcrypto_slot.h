/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The layout of a slot: the request memory of one ring entry, shared with the device.
 * A session's header template is laid out for it, and the data path fills it.
 *
 * Offsets in bytes, and when each part is written:
 *
 *	8	header of the request, which ends at	when the slot's session
 *		112					changes; lengths: per op
 *	112	iv					per op
 *	128	table of 8 entries			per op: addresses and lengths
 *	256	digest buffer, for a digest that the	by the device; rarely per op
 *		device computes, or a copy of a
 *		received tag that it cannot reach
 *	320	copy of AAD that it cannot reach	rarely per op
 *	384	end
 *
 * The header of a session request has 72 bytes and begins at 40; the fields that
 * change per op lie from 64 on.  So an op of the session that used the slot before
 * writes two cache lines, [64, 128) and the table's first.  Headers of stateless modes
 * have up to 104 bytes.  Header and iv lie at fixed distances from the table, so that
 * one address is enough to fill them all.  Status bytes lie in an array of their own,
 * one per slot: the statuses of a burst of completions lie in one cache line.
 */
#ifndef VCRYPTO_SLOT_H
#define VCRYPTO_SLOT_H

#define VCRYPTO_SLOT_FIRST	8	/* offset of the longest header, bytes */
#define VCRYPTO_SLOT_IV		112	/* offset of the iv, and end of each header */
#define VCRYPTO_SLOT_TABLE	128
#define VCRYPTO_SLOT_DIGEST	256
#define VCRYPTO_SLOT_AAD	320
#define VCRYPTO_SLOT_SIZE	384	/* bytes */
#define VCRYPTO_SLOT_ENTRIES	8	/* of the table */
#define VCRYPTO_IV_MAX		(VCRYPTO_SLOT_TABLE - VCRYPTO_SLOT_IV)	/* bytes */
#define VCRYPTO_DIGEST_MAX	64	/* bytes */
#define VCRYPTO_AAD_COPY_MAX	64	/* bytes */

#endif
