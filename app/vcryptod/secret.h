/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The one allocator for secrets: sessions, keys, everything that OpenSSL allocates, the
 * managers of ipsec-mb, gathered data.  Its memory is wiped when it is freed; it is in no core
 * file, no child process has it, and it is locked in memory as far as RLIMIT_MEMLOCK allows.
 *
 * OpenSSL is given these functions when the program is loaded, since it accepts them only
 * before its first allocation.
 *
 * Threads: everything here from any thread.
 */
#ifndef VCRYPTOD_SECRET_H
#define VCRYPTOD_SECRET_H

#include <stdbool.h>
#include <stddef.h>

#define VCRYPTOD_SECRET_ALIGN	64	/* bytes, of what is as long or longer */

/* size bytes, zeroed.  NULL if there is no memory, or if size is 0. */
void *vcryptod_secret_alloc(size_t size);
/* The same for data, not locked in memory: the limit is for keys.  A mapping of its own. */
void *vcryptod_secret_alloc_data(size_t size);
/* Wipes and frees; NULL is nothing.  Ends the process if p was not allocated here. */
void vcryptod_secret_free(void *p);

/* Does all that OpenSSL allocates come from here? */
bool vcryptod_secret_has_openssl(void);
/* For tests: does p lie in this memory? */
bool vcryptod_secret_owns(const void *p);
/* Bytes that are allocated at present, as rounded up; bytes that the kernel has refused to lock so
 * far.
 */
size_t vcryptod_secret_used(void);
size_t vcryptod_secret_unlocked(void);

#endif
