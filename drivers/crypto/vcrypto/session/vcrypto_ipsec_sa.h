/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A security association (SA) of the IPSEC service as the data path needs it: the header that
 * its requests start with, and what it adds to a packet.  It is the private data of a session
 * of rte_security, and holds no key.
 *
 * Threads: any thread may create and destroy one.  While its ops are in use nobody writes to
 * it but for the counters.
 */
#ifndef VCRYPTO_IPSEC_SA_H
#define VCRYPTO_IPSEC_SA_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_common.h>

#include "req_ipsec.h"
#include "device/vcrypto_device.h"

/* Lengths of IPv4 packets without options, which most are; bytes.  A result has, or inbound at
 * most, ((len + add) & mask) + plus of a packet of len.
 */
struct vcrypto_ipsec_plan {
	uint64_t tag;			/* of a slot whose header is this SA's */
	uint32_t add, mask, plus;	/* plus may stand for a negative number */
	uint32_t min_len;		/* of a packet: a shorter one is refused */
	uint32_t max_result;		/* a longer one cannot be */
	uint16_t grows;			/* a result begins so far before the packet, if it can */
	bool whole;			/* a fragment is refused */
};

struct vcrypto_ipsec_sa {
	/* checked or used for every op */
	uint64_t cookie;		/* vcrypto_ipsec_cookie_of() at creation; 0: not created;
					 * atomic
					 */
	struct req_ipsec_shape shape;
	struct vcrypto_ipsec_plan plan;
	bool inbound;
	bool counts;			/* the application asked for statistics */
	uint8_t hdr[REQ_IPSEC_HDR_LEN] __rte_aligned(8);

	/* Packets that succeeded, bytes of their results, packets that failed; atomic; only if
	 * counts.
	 */
	uint64_t packets, bytes, errors;

	/* cold */
	uint32_t id;			/* of the device's object */
	struct vcrypto_ipsec_record *record;	/* vcrypto_ipsec_record.h; NULL: none */
};

/* The cookie of an SA, from that of sessions of the same device and generation.  No session of
 * another kind has it: one that is passed as an SA is found out.
 */
static inline uint64_t
vcrypto_ipsec_cookie_of(uint64_t cookie)
{
	return ~cookie;
}

/* Makes sa->plan of what else ops need: the direction, the shape and the header. */
void vcrypto_ipsec_sa_plan(struct vcrypto_ipsec_sa *sa);

/* Creates the device's object for req, which req_ipsec_sa_check() and req_ipsec_caps_allow()
 * took, and makes sa ready for ops; req->obj_id is written.  Keys are copied into the command
 * alone, which is wiped.  0; or with one line: -EAGAIN: no SA can be created now; -ENOSPC: all
 * ids are in use; or an error of vcrypto_admin_call().  Any thread.
 */
int vcrypto_ipsec_sa_create(struct vcrypto_dev *dev, struct vcrypto_ipsec_sa *sa,
		struct req_ipsec_sa *req);
/* The object alone, for an inbound SA that ended with its generation: req is what it was made
 * from.  0, and *cookie says of which generation it is: vcrypto_ipsec_sa_adopt() makes the SA
 * ready; or an error as above, without a line where the device has no IPSEC now; *refused says
 * that the device answered no.
 */
int vcrypto_ipsec_sa_again(struct vcrypto_dev *dev, struct req_ipsec_sa *req, uint64_t *cookie,
		bool *refused);
/* The object of req, whose obj_id is its id, is the SA's from now on.  Nobody reads sa meanwhile
 * but for its cookie, its counters and its direction.
 */
void vcrypto_ipsec_sa_adopt(struct vcrypto_ipsec_sa *sa, const struct req_ipsec_sa *req,
		uint64_t cookie);
/* Ends the SA: no op of it is in flight.  The device's object is destroyed, if it is of this
 * generation; a line if the device did not say so.  sa may be one that has ended.  Any thread.
 */
void vcrypto_ipsec_sa_destroy(struct vcrypto_dev *dev, struct vcrypto_ipsec_sa *sa);
/* Writes its counters to those of its direction. */
void vcrypto_ipsec_sa_stats(const struct vcrypto_ipsec_sa *sa,
		struct rte_security_ipsec_stats *out);

#endif
