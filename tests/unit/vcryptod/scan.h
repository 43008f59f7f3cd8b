/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Looks for secrets in all the memory that this process can write.  What is looked for is kept
 * masked, so that a search does not find it here; what a test itself holds, it wipes before.
 */
#ifndef VCRYPTOD_SCAN_H
#define VCRYPTOD_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum scan_kind {
	SCAN_KEY,	/* a key, or what stands for it */
	SCAN_DATA,	/* what requests read and wrote */
	SCAN_NB_KINDS
};

/* How often something was found: in the memory of secret.h, and elsewhere. */
struct scan_found {
	unsigned int inside[SCAN_NB_KINDS], outside[SCAN_NB_KINDS];
};

/* False, with a line that says why, where a sanitizer keeps copies of its own. */
bool scan_is_possible(void);
void scan_forget(void);
/* The first and the last bytes of p, len bytes (at least 8). */
void scan_add(enum scan_kind kind, const char *name, const uint8_t *p, size_t len);
/* The same of data that code for hashes turns around in words of 4 or 8 bytes. */
void scan_add_words(enum scan_kind kind, const char *name, const uint8_t *p, size_t len);
/* A key of a symmetric algorithm: itself, HMAC's blocks and AES' round keys made of it. */
void scan_add_key(const char *name, const uint8_t *key, size_t len);
/* A number of an asymmetric key, the first byte on top: in this order and turned around. */
void scan_add_number(const char *name, const uint8_t *p, size_t len);

/* tell: prints what was found outside, or anywhere. */
enum scan_tell { SCAN_SILENT, SCAN_TELL_OUTSIDE, SCAN_TELL_ALL };
struct scan_found scan_memory(enum scan_tell tell);

#endif
