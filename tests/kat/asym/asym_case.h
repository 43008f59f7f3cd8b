/* SPDX-License-Identifier: BSD-3-Clause
 *
 * One operation and what must come of it, and what all groups of tests share.
 */
#ifndef ASYM_CASE_H
#define ASYM_CASE_H

#include "../kat_tally.h"
#include "asym_dev.h"

struct asym_run {
	struct asym_dev dev;
	struct kat_tally tally;
	bool hashes[ASYM_NB_HASHES + 1];	/* to be tried; ASYM_NO_HASH always */
	uint32_t size[16];			/* RSA round trips, bits */
	unsigned int nb_sizes;
	bool sessionless;			/* this pass sends keys with each op */
	bool raw;				/* the device has RSA without padding */
	bool lossy;				/* it loses results that begin with zeros */
	struct asym_set keys;			/* of sizes that take long to make */
};

/* Any status but success. */
#define ASYM_ANY_ERROR	(-1)

/* An op on a session.  The parameters that its type takes as input; the result, where
 * the op has one, goes to result (n bytes and guards), and its length to result_len.
 */
struct asym_rsa_case {
	struct asym_session *s;
	enum rte_crypto_asym_op_type type;
	struct kat_bytes in;		/* message, or cipher to decrypt */
	struct kat_bytes sig;		/* to verify */
	int want;			/* status */
	struct kat_bytes out;		/* the result that it must have; len 0: any */
	bool no_out;			/* the op has no room for its result */
	bool decrypted;			/* raw verify: give what the signature contains */
	uint8_t result[ASYM_RSA_BYTES + 64];
	size_t result_len;
};

struct asym_ec_case {
	struct asym_session *s;
	bool sign;
	struct kat_bytes msg;		/* digest */
	struct kat_bytes r, s_;		/* to verify */
	struct kat_bytes k;		/* given by the caller: refused */
	/* Keys other than the session's (until 23.07). */
	const struct kat_bytes *d, *x, *y;
	int want;
	bool no_out;
	uint8_t out_r[ASYM_EC_BYTES + 16], out_s[ASYM_EC_BYTES + 16];
};

/* Runs it, judges it, counts it.  0 if it passed. */
__attribute__((format(printf, 4, 5)))
int asym_rsa_do(struct asym_run *run, struct kat_line *line, struct asym_rsa_case *c,
		const char *fmt, ...);
__attribute__((format(printf, 4, 5)))
int asym_ec_do(struct asym_run *run, struct kat_line *line, struct asym_ec_case *c,
		const char *fmt, ...);
/* Any check that is made of a host's answer. */
__attribute__((format(printf, 4, 5)))
int asym_check(struct asym_run *run, struct kat_line *line, bool ok, const char *fmt, ...);

/* The status that a good signature ends with: ERROR where it is lost. */
int asym_want(const struct asym_run *run, const struct kat_bytes *out);

/* The line of a group; names the pass. */
struct kat_line *asym_line(struct asym_run *run, const char *name);

/* Without raw RSA there is no PKCS #1 without a hash either: false, and a skip. */
bool asym_raw(struct asym_run *run, struct kat_line *line);

/* A key of this size: of the file, or made.  Ends the program where there is none. */
void asym_key(struct asym_rsa *k, struct asym_run *run, uint32_t bits);

/* Groups.  Each counts into lines of its own. */
void asym_known(struct asym_run *run, const struct asym_set *set);
void asym_round_rsa(struct asym_run *run);
void asym_leading_zeros(struct asym_run *run);
void asym_round_ec(struct asym_run *run);
void asym_bad_keys(struct asym_run *run);
void asym_bad_rsa(struct asym_run *run);
void asym_bad_ec(struct asym_run *run);
void asym_in_flight(struct asym_run *run);
void asym_mixed(struct asym_run *run);
void asym_threads(struct asym_run *run);
/* Rates; no tests.  ref is a second device, or NULL. */
void asym_bench(struct asym_run *run, const struct asym_dev *ref, double seconds);
/* Times of symmetric ops beside RSA; no tests. */
void asym_behind(struct asym_run *run, double seconds);

#endif
