/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Names of features; see feature.h.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "feature.h"
#include "req_vhost_user.h"

/* split has no bit: it is there in any case. */
static const struct {
	const char *name;
	uint64_t features, protocol;
} feature_table[] = {
	{ "version-1", VIRTIO_F_VERSION_1, 0 },
	{ "split", 0, 0 },
	{ "packed", VIRTIO_F_RING_PACKED, 0 },
	{ "indirect", VIRTIO_F_INDIRECT_DESC, 0 },
	{ "event-idx", VIRTIO_F_EVENT_IDX, 0 },
	{ "in-order", VIRTIO_F_IN_ORDER, 0 },
	{ "revision-1", VIRTIO_CRYPTO_F_REVISION_1, 0 },
	{ "stateless", VIRTIO_CRYPTO_F_STATELESS_MODES, 0 },
	{ "config", 0, VHU_PROTO_F_CONFIG },
	{ "status", 0, VHU_PROTO_F_STATUS },
	{ "back-channel", 0, VHU_PROTO_F_BACKEND_REQ },
	{ "session-messages", 0, VHU_PROTO_F_CRYPTO_SESSION },
};

#define FEATURE_NB	(sizeof(feature_table) / sizeof(feature_table[0]))

bool
vcryptod_feature_find(uint64_t *features, uint64_t *protocol, const char *name, size_t len)
{
	size_t i;

	for (i = 0; i < FEATURE_NB; i++)
		if (strlen(feature_table[i].name) == len &&
				memcmp(feature_table[i].name, name, len) == 0) {
			*features = feature_table[i].features;
			*protocol = feature_table[i].protocol;
			return true;
		}
	return false;
}

void
vcryptod_feature_all(uint64_t *features, uint64_t *protocol)
{
	size_t i;

	for (i = 0; i < FEATURE_NB; i++) {
		*features |= feature_table[i].features;
		*protocol |= feature_table[i].protocol;
	}
}

void
vcryptod_feature_names(char to[VCRYPTOD_FEATURE_NAMES], uint64_t features, uint64_t protocol)
{
	size_t i, len = 0;

	to[0] = '\0';
	for (i = 0; i < FEATURE_NB; i++) {
		/* The stateless modes are one name of several bits. */
		if (((feature_table[i].features & features) |
				(feature_table[i].protocol & protocol)) == 0)
			continue;
		len += (size_t)snprintf(to + len, VCRYPTOD_FEATURE_NAMES - len, " %s",
				feature_table[i].name);
		features &= ~feature_table[i].features;
	}
	features &= ~VHU_F_PROTOCOL_FEATURES;
	if (features != 0)
		(void)snprintf(to + len, VCRYPTOD_FEATURE_NAMES - len, " 0x%" PRIx64, features);
}
