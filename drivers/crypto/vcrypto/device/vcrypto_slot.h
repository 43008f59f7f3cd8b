/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The geometry of a slot: the request memory of one ring entry, shared with the device.
 * The session room lays out header templates for it, and the data room fills it.
 *
 * Offset (bytes), contents, and when they are written:
 *
 *	8	header of the request, which ends at	once per session, but for the
 *		112					lengths: per op
 *	112	iv					per op
 *	128	table of 8 entries			per op: addresses and lengths
 *	256	digest buffer, for a digest that the	by the device; rarely per op
 *		device computes, or a copy of a
 *		received tag that it cannot reach
 *	320	copy of AAD that it cannot reach	rarely per op
 *	384	end
 *
 * A request in session mode has a header of 72 bytes, which begins at 40; the bytes that
 * change from op to op lie from 64 on.  So an op of the session that used the slot before
 * writes two cache lines: [64, 128) and the first of the table.  If a stateless mode is
 * negotiated, headers are up to 104 bytes long.  Header and iv lie at fixed distances from
 * the table, so that filling them takes one address.  Status bytes are not in the slots but
 * packed in an array, one per slot: a burst of completions reads one line of them.
 */
#ifndef VCRYPTO_SLOT_H
#define VCRYPTO_SLOT_H

/* Offsets, bytes. */
#define VCRYPTO_SLOT_FIRST	8	/* the longest header begins here */
#define VCRYPTO_SLOT_IV		112	/* every header ends here */
#define VCRYPTO_SLOT_TABLE	128
#define VCRYPTO_SLOT_DIGEST	256
#define VCRYPTO_SLOT_AAD	320
#define VCRYPTO_SLOT_SIZE	384	/* bytes */
#define VCRYPTO_SLOT_ENTRIES	8	/* of the table */
#define VCRYPTO_IV_MAX		(VCRYPTO_SLOT_TABLE - VCRYPTO_SLOT_IV)	/* bytes */
#define VCRYPTO_DIGEST_MAX	64	/* bytes */
#define VCRYPTO_AAD_COPY_MAX	64	/* bytes */

#endif
