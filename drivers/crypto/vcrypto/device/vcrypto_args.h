/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Device arguments that all transports share.  A transport with keys of its own passes
 * them to vcrypto_args_parse(), so that an unknown key is still refused by name.
 */
#ifndef VCRYPTO_ARGS_H
#define VCRYPTO_ARGS_H

#include <stdbool.h>
#include <stdint.h>

#include "req_alg.h"

/* The driver's names for driver=, which only says again what EAL knows already. */
#define VCRYPTO_DRIVER_NAME	"crypto_virtio"
#define VCRYPTO_DRIVER_ALIAS	"crypto_virtio_user"

#define VCRYPTO_ARG_CTRL_TIMEOUT	"ctrl_timeout_ms"
#define VCRYPTO_ARG_REVISION_1		"revision_1"
#define VCRYPTO_ARG_PACKED_VQ		"packed_vq"
#define VCRYPTO_ARG_IN_ORDER		"in_order"
#define VCRYPTO_ARG_STATELESS		"stateless"
#define VCRYPTO_ARG_RECOVER		"recover"
#define VCRYPTO_ARG_RECOVER_TIMEOUT	"recover_timeout_ms"
#define VCRYPTO_ARG_MAX_SEGMENTS	"max_segments"
#define VCRYPTO_ARG_ALGOS		"algos"
#define VCRYPTO_ARG_IPSEC		"ipsec"
#define VCRYPTO_ARG_IPSEC_LAYOUT	"ipsec_layout"
#define VCRYPTO_ARG_IPSEC_ADDR		"ipsec_addr"
#define VCRYPTO_ARG_IPSEC_IN_PLACE	"ipsec_in_place"
#define VCRYPTO_ARG_IPSEC_RECOVER	"ipsec_recover_inbound"

/* In the form that RTE_PMD_REGISTER_PARAM_STRING takes. */
#define VCRYPTO_ARGS_STRING \
	VCRYPTO_ARG_CTRL_TIMEOUT "=<1-60000> " \
	VCRYPTO_ARG_REVISION_1 "=<0|1> " \
	VCRYPTO_ARG_PACKED_VQ "=<0|1> " \
	VCRYPTO_ARG_IN_ORDER "=<0|1> " \
	VCRYPTO_ARG_STATELESS "=<0|1> " \
	VCRYPTO_ARG_RECOVER "=<0|1> " \
	VCRYPTO_ARG_RECOVER_TIMEOUT "=<0-60000> " \
	VCRYPTO_ARG_MAX_SEGMENTS "=<3-1019> " \
	VCRYPTO_ARG_ALGOS "=<name[:name...]> " \
	VCRYPTO_ARG_IPSEC "=<0|1> " \
	VCRYPTO_ARG_IPSEC_LAYOUT "=<text|aligned> " \
	VCRYPTO_ARG_IPSEC_ADDR "=<number|bytes> " \
	VCRYPTO_ARG_IPSEC_IN_PLACE "=<0|1> " \
	VCRYPTO_ARG_IPSEC_RECOVER "=<0|1>"

#define VCRYPTO_CTRL_TIMEOUT_DEFAULT	1000	/* ms */
#define VCRYPTO_CTRL_TIMEOUT_MAX	60000	/* ms */
#define VCRYPTO_RECOVER_TIMEOUT_DEFAULT	5000	/* ms */
#define VCRYPTO_RECOVER_TIMEOUT_MAX	60000	/* ms */

/* Segments of source and destination together that a request of a queue pair can have.  The
 * default is 64 KiB in buffers of 2 KiB, out of place, neither of them aligned.
 */
#define VCRYPTO_MAX_SEGMENTS_DEFAULT	66
#define VCRYPTO_MAX_SEGMENTS_MIN	3	/* then the slot's own table holds them all */
#define VCRYPTO_MAX_SEGMENTS_MAX	1019	/* devices need not take longer tables */

struct vcrypto_args {
	uint32_t ctrl_timeout_ms;	/* bound of one control command, ms */
	uint16_t max_segments;		/* of source and destination together */
	bool revision_1;		/* accept crypto REVISION_1 */
	bool packed_vq;			/* accept RING_PACKED */
	bool in_order;			/* accept IN_ORDER */
	bool stateless;			/* accept the STATELESS_MODE bits (needs revision_1) */
	bool ipsec;			/* ask the device for IPSEC */
	unsigned int ipsec_dialect;	/* REQ_IPSEC_*: where the device does not say it */
	bool ipsec_in_place;		/* it reads all of a source before it writes the result */
	bool ipsec_recover;		/* make inbound SAs again (needs recover and ipsec) */
	bool recover;			/* recover a lost device, with its sessions */
	uint32_t recover_timeout_ms;	/* bound of keeping an op to be sent again, ms */
	/* algos=: algorithms to use although the device does not offer them; for each
	 * service one bit per algorithm number.
	 */
	uint64_t extra_algos[VIRTIO_CRYPTO_NB_SERVICES];
};

/* Sets every field to its default: the only place that defines defaults. */
void vcrypto_args_defaults(struct vcrypto_args *a);

/* Parses "key=value,..." over the values already in a.  own is a NULL-terminated
 * list of keys that the transport reads itself, or NULL.  params may be NULL.  A key that is
 * repeated is refused (but for algos, whose lists add up), and so is a value that another one
 * contradicts.  0; -EINVAL with one line that names the key, the value and what is allowed, and
 * begins with name, the device's.
 */
int vcrypto_args_parse(struct vcrypto_args *a, const char *name, const char *params,
		const char *const *own);

/* Parses a decimal number within [min, max] into *out, for a transport's own keys.
 * 0, or -EINVAL with one line.
 */
int vcrypto_arg_number(const char *name, const char *key, const char *value,
		uint64_t min, uint64_t max, uint64_t *out);

#endif
