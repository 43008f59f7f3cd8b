/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The arguments of a vhost-vdpa transport: plain data, which vcrypto_vdev.c fills from the
 * device arguments.
 */
#ifndef VDPA_ARGS_H
#define VDPA_ARGS_H

#include <stdbool.h>
#include <stdint.h>

struct vcrypto_vdpa_args {
	const char *name;	/* device name for messages */
	const char *path;	/* of the character device */
	uint16_t queues;	/* number of data queues to use, at least 1 */
	uint16_t queue_size;	/* entries, a power of two */
	bool notify_area;	/* store notifications into mapped pages where there are some */
	int numa_node;		/* -1: any */
};

#endif
