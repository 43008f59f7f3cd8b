/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Owns the opening of the character device, the checks of what it says of itself, and the
 * log lines of failed requests.  Calls vdpa_sys.  Must not change the device's status.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "device/vcrypto_log.h"
#include "lib/wire/virtio.h"
#include "lib/wire/virtio_crypto.h"
#include "transport/vhost_vdpa/vdpa_chr.h"
#include "transport/vhost_vdpa/vdpa_sys.h"

/* Readings of a configuration that does not stay the same. */
#define CHR_CONFIG_TRIES	8
/* Bytes of the configuration that are ever read. */
#define CHR_CONFIG_MAX		256
/* Vrings are numbered in 16 bits here, and the last is the control queue. */
#define CHR_DATAQUEUES_MAX	65534u

/* The kernel's own number for "not supported", which some drivers let out. */
#define CHR_ENOTSUPP		524

#define CHR_BACKEND_KNOWN \
	(VDPA_BACKEND_F_IOTLB_MSG_V2 | VDPA_BACKEND_F_IOTLB_BATCH | VDPA_BACKEND_F_IOTLB_ASID)

/* ---- requests ---- */

int
vcrypto_vdpa_chr_gone(struct vcrypto_vdpa_chr *c)
{
	if (!__atomic_exchange_n(&c->gone, true, __ATOMIC_RELAXED))
		VCRYPTO_ERR("%s: the device at path=%s is gone", c->args->name, c->args->path);
	return -ENODEV;
}

int
vcrypto_vdpa_chr_leaving(struct vcrypto_vdpa_chr *c)
{
	if (!c->listed || vcrypto_vdpa_sys_listed(c->fd))
		return 0;
	if (!__atomic_exchange_n(&c->gone, true, __ATOMIC_RELAXED))
		VCRYPTO_ERR("%s: the device at path=%s is being taken away, and the kernel waits "
			"for this process: close and remove it (rte_dev_remove)", c->args->name,
			c->args->path);
	return -ENODEV;
}

int
vcrypto_vdpa_chr_ioctl(struct vcrypto_vdpa_chr *c, unsigned long request, void *arg,
		const char *what)
{
	int rc = vcrypto_vdpa_sys_ioctl(c->fd, request, arg);

	if (rc == 0 || what == NULL)
		return rc;
	if (rc == -ENODEV)
		return vcrypto_vdpa_chr_gone(c);
	VCRYPTO_ERR("%s: the device at path=%s refuses %s: %s", c->args->name, c->args->path, what,
		strerror(-rc));
	return rc;
}

int
vcrypto_vdpa_chr_vring(struct vcrypto_vdpa_chr *c, unsigned long request, uint32_t vring,
		uint32_t num, const char *what)
{
	struct vdpa_vring_state s = { .index = vring, .num = num };

	return vcrypto_vdpa_chr_ioctl(c, request, &s, what);
}

/* ---- configuration ---- */

static int
chr_read_config(struct vcrypto_vdpa_chr *c, size_t off, uint8_t *buf, size_t len)
{
	struct {
		struct vdpa_config head;
		uint8_t bytes[CHR_CONFIG_MAX];
	} arg = { .head = { .off = (uint32_t)off, .len = (uint32_t)len } };
	int rc = vcrypto_vdpa_chr_ioctl(c, VDPA_GET_CONFIG, &arg, "to show its configuration");

	if (rc == 0)
		memcpy(buf, arg.bytes, len);
	return rc;
}

int
vcrypto_vdpa_chr_config(struct vcrypto_vdpa_chr *c, size_t off, void *buf, size_t len)
{
	uint8_t first[CHR_CONFIG_MAX], second[CHR_CONFIG_MAX];
	unsigned int tries;
	int rc;

	if (len > sizeof(first) || off > c->config_size || len > c->config_size - off)
		return -ERANGE;
	rc = chr_read_config(c, off, first, len);
	for (tries = 0; tries < CHR_CONFIG_TRIES && rc == 0; tries++) {
		rc = chr_read_config(c, off, second, len);
		if (rc == 0 && memcmp(first, second, len) == 0) {
			memcpy(buf, first, len);
			return 0;
		}
		memcpy(first, second, len);
	}
	if (rc != 0)
		return rc;
	VCRYPTO_ERR("%s: the configuration of the device at path=%s does not stay the same while "
		"it is read", c->args->name, c->args->path);
	return -EAGAIN;
}

/* ---- opening ---- */

/* Logs that the device is not used for reason, which completes "the device at PATH". */
static int
chr_refuse(const struct vcrypto_vdpa_chr *c, int rc, const char *reason)
{
	VCRYPTO_ERR("%s: the device at path=%s %s", c->args->name, c->args->path, reason);
	return rc;
}

static int
chr_open_error(const struct vcrypto_vdpa_args *args, int rc)
{
	const char *reason = strerror(-rc);

	if (rc == -ENOENT)
		reason = "there is no such file: load vhost_vdpa, and add the device with vdpa dev "
			"add";
	else if (rc == -EBUSY)
		reason = "another process has it open: it serves one";
	else if (rc == -EACCES || rc == -EPERM)
		reason = "permission denied: this user must be allowed to read and write it";
	else if (rc == -ENODEV || rc == -ENXIO)
		reason = "no device is behind this file: bind the device to vhost_vdpa";
	VCRYPTO_ERR("%s: cannot open path=%s: %s", args->name, args->path, reason);
	return rc;
}

/* An old kernel does not know the request (ENOTTY), or the device's driver does not implement
 * it: then *v stays as it is.
 */
static int
chr_ask(struct vcrypto_vdpa_chr *c, unsigned long request, void *v, const char *what)
{
	int rc = vcrypto_vdpa_chr_ioctl(c, request, v, NULL);

	if (rc == 0 || rc == -ENOTTY || rc == -EOPNOTSUPP || rc == -CHR_ENOTSUPP)
		return 0;
	return rc == -ENODEV ? vcrypto_vdpa_chr_gone(c) : chr_refuse(c, rc, what);
}

static int
chr_own(struct vcrypto_vdpa_chr *c)
{
	uint32_t id = 0;
	int rc = vcrypto_vdpa_chr_ioctl(c, VDPA_GET_DEVICE_ID, &id, NULL);

	if (rc == -ENODEV)
		return vcrypto_vdpa_chr_gone(c);
	if (rc != 0)
		return chr_refuse(c, -ENOTTY, "is no vhost-vdpa device: give one as "
			"/dev/vhost-vdpa-0");
	if (id != VIRTIO_ID_CRYPTO) {
		VCRYPTO_ERR("%s: the device at path=%s is virtio device %" PRIu32 ", not a crypto "
			"device (%d)", c->args->name, c->args->path, id, VIRTIO_ID_CRYPTO);
		return -ENOTSUP;
	}
	return vcrypto_vdpa_chr_ioctl(c, VDPA_SET_OWNER, NULL, "to be owned by this process");
}

static int
chr_agree_backend(struct vcrypto_vdpa_chr *c)
{
	int rc = vcrypto_vdpa_chr_ioctl(c, VDPA_GET_BACKEND_FEATURES, &c->backend,
			"to say its back-end features");

	if (rc != 0)
		return rc;
	c->backend &= CHR_BACKEND_KNOWN;
	if ((c->backend & VDPA_BACKEND_F_IOTLB_MSG_V2) == 0)
		return chr_refuse(c, -ENOTSUP, "takes no memory by messages (IOTLB_MSG_V2): a "
			"newer kernel is needed");
	return vcrypto_vdpa_chr_ioctl(c, VDPA_SET_BACKEND_FEATURES, &c->backend,
			"its own back-end features");
}

/* How many data queues there are, and so which vring is the control queue. */
static int
chr_find_queues(struct vcrypto_vdpa_chr *c)
{
	uint32_t max, count = 0;
	le32 raw;
	int rc;

	if (c->config_size < sizeof(struct virtio_crypto_config))
		return chr_refuse(c, -EPROTO, "has a shorter configuration than a crypto device");
	rc = vcrypto_vdpa_chr_config(c, offsetof(struct virtio_crypto_config, max_dataqueues),
			&raw, sizeof(raw));
	if (rc == 0)
		rc = chr_ask(c, VDPA_GET_VQS_COUNT, &count, "does not count its virtqueues");
	if (rc != 0)
		return rc;
	max = le32_to_cpu(raw);
	if (max == 0 || max > CHR_DATAQUEUES_MAX || (count != 0 && count <= max)) {
		VCRYPTO_ERR("%s: the device at path=%s says %" PRIu32 " data queues and has %"
			PRIu32 " virtqueues: it is faulty and not used", c->args->name,
			c->args->path, max, count);
		return -EPROTO;
	}
	if (c->args->queues > max) {
		VCRYPTO_ERR("%s: queues=%u is too many for the device at path=%s: it has %" PRIu32,
			c->args->name, c->args->queues, c->args->path, max);
		return -EINVAL;
	}
	c->ctrl_vring = (uint16_t)max;
	return 0;
}

static int
chr_find_limits(struct vcrypto_vdpa_chr *c)
{
	int rc = vcrypto_vdpa_chr_ioctl(c, VDPA_GET_VRING_NUM, &c->max_size,
			"to say the size of its queues");

	if (rc == 0 && c->max_size == 0)
		rc = chr_refuse(c, -EPROTO, "has queues of no entries");
	if (rc == 0)
		rc = chr_ask(c, VDPA_GET_IOVA_RANGE, &c->range, "does not say the addresses that "
			"it can map");
	if (rc == 0 && c->range.first > c->range.last)
		rc = chr_refuse(c, -EPROTO, "can map no address");
	if (rc == 0 && (c->backend & VDPA_BACKEND_F_IOTLB_ASID) != 0)
		rc = chr_ask(c, VDPA_GET_AS_NUM, &c->nb_spaces, "does not count its address "
			"spaces");
	if (rc == 0 && (c->backend & VDPA_BACKEND_F_IOTLB_ASID) != 0)
		rc = chr_ask(c, VDPA_GET_GROUP_NUM, &c->nb_groups, "does not count its groups of "
			"virtqueues");
	if (rc == 0 && (c->nb_spaces == 0 || c->nb_groups == 0))
		rc = chr_refuse(c, -EPROTO, "has no address space for its queues");
	return rc;
}

int
vcrypto_vdpa_chr_open(struct vcrypto_vdpa_chr *c, const struct vcrypto_vdpa_args *args)
{
	int rc = vcrypto_vdpa_sys_open(args->path);

	*c = (struct vcrypto_vdpa_chr){
		.args = args, .fd = rc, .nb_spaces = 1, .nb_groups = 1,
		.config_size = sizeof(struct virtio_crypto_config),
		.range = { .last = UINT64_MAX },
	};
	if (rc < 0) {
		c->fd = -1;
		return chr_open_error(args, rc);
	}
	c->listed = vcrypto_vdpa_sys_listed(c->fd);
	rc = chr_own(c);
	if (rc == 0)
		rc = chr_agree_backend(c);
	if (rc == 0)
		rc = chr_ask(c, VDPA_GET_CONFIG_SIZE, &c->config_size, "does not say the size of "
			"its configuration");
	if (rc == 0)
		rc = chr_find_queues(c);
	if (rc == 0)
		rc = chr_find_limits(c);
	if (rc != 0)
		vcrypto_vdpa_chr_close(c);
	return rc;
}

void
vcrypto_vdpa_chr_close(struct vcrypto_vdpa_chr *c)
{
	if (c->fd >= 0)
		vcrypto_vdpa_sys_close(c->fd);
	c->fd = -1;
}
