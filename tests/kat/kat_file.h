/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Known answers as text files (vectors/README.md has the format): one struct a
 * vector, on the heap.  Knows neither DPDK nor any crypto library, so that what
 * checks the vectors and what runs them on a device read the same bytes.
 */
#ifndef KAT_FILE_H
#define KAT_FILE_H

#include <stddef.h>
#include <stdint.h>

enum kat_service {
	KAT_CIPHER,
	KAT_HASH,
	KAT_MAC,
	KAT_AEAD,
	KAT_CHAIN,
	KAT_NB_SERVICES
};

enum kat_order {
	KAT_CIPHER_THEN_AUTH,
	KAT_AUTH_THEN_CIPHER,
};

struct kat_bytes {
	uint8_t *data;
	uint32_t len;
};

struct kat_range {
	uint32_t off, len;	/* bytes */
};

#define KAT_NAME_MAX	64

struct kat_vec {
	enum kat_service service;
	char alg[KAT_NAME_MAX];		/* as in lib/request/req_alg.c */
	char auth_alg[KAT_NAME_MAX];	/* CHAIN */
	enum kat_order order;		/* CHAIN */
	char name[KAT_NAME_MAX];
	const char *file;		/* of the set */
	unsigned int line;

	struct kat_bytes key;		/* MAC: its key */
	struct kat_bytes auth_key;	/* CHAIN */
	struct kat_bytes iv, aad;
	struct kat_bytes in, out;	/* HASH, MAC: in alone */
	struct kat_bytes digest;	/* or AEAD tag */
	struct kat_range cipher, auth;	/* CHAIN; CIPHER, HASH, MAC: all of in */
};

struct kat_set {
	struct kat_vec *vec;
	unsigned int nb;
	char **file;			/* names that vec[].file points to */
	unsigned int nb_files;
};

/* Adds the vectors of a file, or of every *.kat in a folder (in the order of their
 * names).  0, or -errno with a message on stderr that names file and line; a folder
 * or file without vectors is -ENOENT.  set starts zeroed; kat_free takes it back
 * to that, also after an error.
 */
int kat_load(struct kat_set *set, const char *path);
void kat_free(struct kat_set *set);

const char *kat_service_name(enum kat_service service);

#endif
