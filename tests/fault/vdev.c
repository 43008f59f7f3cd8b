/* SPDX-License-Identifier: BSD-3-Clause
 *
 * See vdev.h.
 */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <rte_bus_vdev.h>
#include <rte_malloc.h>
#include <rte_memzone.h>
#include <cryptodev_pmd.h>

#include "vdev.h"

static void
count_memzone(const struct rte_memzone *mz, void *arg)
{
	(void)mz;
	++*(unsigned int *)arg;
}

void
vdev_usage_now(struct vdev_usage *u)
{
	struct rte_malloc_socket_stats s;
	struct dirent *e;
	DIR *d = opendir("/proc/self/fd");

	memset(u, 0, sizeof(*u));
	assert_non_null(d);
	while ((e = readdir(d)) != NULL)
		u->fds += e->d_name[0] != '.';
	closedir(d);
	assert_int_equal(rte_malloc_get_socket_stats(0, &s), 0);
	u->blocks = s.alloc_count;
	rte_memzone_walk(count_memzone, &u->memzones);
}

void
vdev_unplug(void)
{
	struct rte_cryptodev *cdev = rte_cryptodev_pmd_get_dev(VDEV_ID);
	uint16_t i;

	for (i = 0; cdev->enq_cbs != NULL && i < cdev->data->nb_queue_pairs; i++) {
		rte_free(cdev->enq_cbs[i].qsbr);
		rte_free(cdev->deq_cbs[i].qsbr);
	}
	rte_free(cdev->enq_cbs);
	rte_free(cdev->deq_cbs);
	cdev->enq_cbs = cdev->deq_cbs = NULL;
	assert_int_equal(rte_vdev_uninit(VDEV_NAME), 0);
}
