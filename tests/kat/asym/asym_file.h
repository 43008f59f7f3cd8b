/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Keys, and known answers of RSA and ECDSA, as text files (vectors/README.md has the
 * format).  Knows neither DPDK nor any crypto library.
 */
#ifndef ASYM_FILE_H
#define ASYM_FILE_H

#include "../kat_file.h"

enum asym_kind {
	ASYM_RSA_KEY,		/* a key alone */
	ASYM_RSA_SIGN,		/* PKCS #1 v1.5 with a hash */
	ASYM_RSA_CRYPT,		/* PKCS #1 v1.5 */
	ASYM_ECDSA,
	ASYM_NB_KINDS
};

/* Words of the file; those up to ASYM_Q make an RSA key. */
enum asym_field {
	ASYM_N, ASYM_E, ASYM_D, ASYM_P, ASYM_Q,
	ASYM_X, ASYM_Y, ASYM_R, ASYM_S,
	ASYM_MSG,		/* what is hashed and signed, or encrypted */
	ASYM_OUT,		/* RSA: signature or ciphertext */
	ASYM_NB_FIELDS
};

struct asym_vec {
	enum asym_kind kind;
	char hash[16], curve[16];	/* as asym_host.h has them */
	char name[KAT_NAME_MAX];
	const char *file;		/* the set's */
	unsigned int line;
	int bad;			/* the signature does not verify */
	struct kat_bytes f[ASYM_NB_FIELDS];
};

struct asym_set {
	struct asym_vec *vec;
	unsigned int nb;
	char *file;
};

/* Adds a file's vectors to a set that starts zeroed.  0, or -errno with a message on
 * stderr; a file without vectors is -ENOENT.  asym_set_free accepts what is left.
 */
int asym_set_load(struct asym_set *set, const char *path);
void asym_set_free(struct asym_set *set);

#endif
