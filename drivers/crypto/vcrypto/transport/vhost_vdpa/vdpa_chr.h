/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The opened character device: what it is, found and checked once at creation, and one
 * call per request, which logs its failure.  A request itself is bounded by the kernel's
 * driver of the device, not here.
 *
 * Threads: any; the kernel serialises the requests of one device.
 */
#ifndef VCRYPTO_VDPA_CHR_H
#define VCRYPTO_VDPA_CHR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/wire/vhost_vdpa.h"
#include "transport/vhost_vdpa/vdpa_args.h"

struct vcrypto_vdpa_chr {
	/* read-only after creation */
	const struct vcrypto_vdpa_args *args;
	int fd;			/* -1: not open */
	uint64_t backend;	/* VDPA_BACKEND_F_*, agreed */
	uint32_t config_size;	/* bytes; may exceed what the standard defines */
	uint16_t ctrl_vring;	/* its number is the device's max_dataqueues */
	uint16_t max_size;	/* entries of the longest ring */
	uint32_t nb_spaces;	/* address spaces, at least 1 */
	uint32_t nb_groups;	/* of vrings that share an address space, at least 1 */
	struct vdpa_iova_range range;	/* addresses that can be mapped */
	bool listed;		/* sysfs shows the device: if it vanishes there, it is removed */

	bool gone;		/* and that was logged; atomic */
};

/* Opens args->path and checks what is there; args must outlive c.  0; or -errno with one line
 * and nothing left open: errors of open; -EBUSY another process has the device; -ENOTTY the path
 * is no vhost-vdpa device; -ENOTSUP it is no crypto device, or lacks what the driver needs;
 * -EPROTO it describes itself in a way that cannot be; -EINVAL it has fewer queues than args ask
 * for.
 */
int vcrypto_vdpa_chr_open(struct vcrypto_vdpa_chr *c, const struct vcrypto_vdpa_args *args);
/* Accepts a chr whose open failed; may be called twice. */
void vcrypto_vdpa_chr_close(struct vcrypto_vdpa_chr *c);

/* One request.  what names it in the line that a failure logs; NULL: the caller logs.  -ENODEV
 * is logged once per device: it is gone.
 */
int vcrypto_vdpa_chr_ioctl(struct vcrypto_vdpa_chr *c, unsigned long request, void *arg,
		const char *what);
/* One request about a vring, with its number. */
int vcrypto_vdpa_chr_vring(struct vcrypto_vdpa_chr *c, unsigned long request, uint32_t vring,
		uint32_t num, const char *what);
/* Records that the device is gone, and logs it once; returns -ENODEV. */
int vcrypto_vdpa_chr_gone(struct vcrypto_vdpa_chr *c);
/* Whether that has been recorded. */
static inline bool
vcrypto_vdpa_chr_is_gone(const struct vcrypto_vdpa_chr *c)
{
	return __atomic_load_n(&c->gone, __ATOMIC_RELAXED);
}

/* -ENODEV, logged once, if the device is being removed, else 0.  The kernel tells nobody: it
 * takes the device off its lists and waits until the file is closed, while the device works.
 */
int vcrypto_vdpa_chr_leaving(struct vcrypto_vdpa_chr *c);

/* Reads len bytes of the configuration from off, until two readings are the same.  -ERANGE,
 * not logged: it has fewer; -EAGAIN: it changed during every attempt.
 */
int vcrypto_vdpa_chr_config(struct vcrypto_vdpa_chr *c, size_t off, void *buf, size_t len);

#endif
