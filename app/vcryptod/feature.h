/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The features that a device can offer, by the names of --features.
 */
#ifndef VCRYPTOD_FEATURE_H
#define VCRYPTOD_FEATURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VCRYPTOD_FEATURE_NAMES	320	/* bytes that hold every name, and bits without one */

/* The bits of a name of len bytes, virtio's and vhost-user's; false: it is none. */
bool vcryptod_feature_find(uint64_t *features, uint64_t *protocol, const char *name, size_t len);

/* Adds those of every name. */
void vcryptod_feature_all(uint64_t *features, uint64_t *protocol);

/* " version-1 packed ..." of what was agreed to; virtio's bits that have no name are in hexadecimal
 * at the end, vhost-user's are left out: they are always offered.
 */
void vcryptod_feature_names(char to[VCRYPTOD_FEATURE_NAMES], uint64_t features,
		uint64_t protocol);

#endif
