/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Lets two programs run on this driver that know others by name (LD_PRELOAD).  dpdk-test has
 * its cases of the raw data path for four drivers: crypto_qat is taken for crypto_virtio.  It
 * polls 65 535 times for a result and then gives up, which is milliseconds: a poll that finds
 * nothing sleeps here, up to POLL_MS in all.  dpdk-test-security-perf looks for devices of four
 * drivers: crypto_cn10k is taken for crypto_virtio.
 */
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define POLL_MS		2000
#define PAUSE_US	100

/* Without DPDK's headers: their declarations carry attributes that a replacement cannot. */
int rte_cryptodev_driver_id_get(const char *name);
uint32_t rte_cryptodev_raw_dequeue_burst(void *ctx, void *get_count, uint32_t max, void *post,
		void **user_data, uint8_t is_array, uint32_t *nb_ok, int *status);
uint8_t rte_cryptodev_devices_get(const char *name, uint8_t *devices, uint8_t nb_devices);

typedef int driver_id_get(const char *name);
typedef uint8_t devices_get(const char *name, uint8_t *devices, uint8_t nb_devices);
typedef uint32_t raw_dequeue_burst(void *, void *, uint32_t, void *, void **, uint8_t,
		uint32_t *, int *);

static void *
names_next(const char *symbol)
{
	void *next = dlsym(RTLD_NEXT, symbol);

	if (next == NULL) {
		fprintf(stderr, "raw_names: no %s in this program\n", symbol);
		abort();
	}
	return next;
}

int
rte_cryptodev_driver_id_get(const char *name)
{
	driver_id_get *next;

	*(void **)&next = names_next("rte_cryptodev_driver_id_get");
	return next(strcmp(name, "crypto_qat") == 0 ? "crypto_virtio" : name);
}

uint8_t
rte_cryptodev_devices_get(const char *name, uint8_t *devices, uint8_t nb_devices)
{
	devices_get *next;

	*(void **)&next = names_next("rte_cryptodev_devices_get");
	return next(strcmp(name, "crypto_cn10k") == 0 ? "crypto_virtio" : name, devices,
			nb_devices);
}

uint32_t
rte_cryptodev_raw_dequeue_burst(void *ctx, void *get_count, uint32_t max, void *post,
		void **user_data, uint8_t is_array, uint32_t *nb_ok, int *status)
{
	static raw_dequeue_burst *next;
	uint32_t n, i;

	if (next == NULL)
		*(void **)&next = names_next("rte_cryptodev_raw_dequeue_burst");
	for (i = 0; i < POLL_MS * 1000 / PAUSE_US; i++) {
		n = next(ctx, get_count, max, post, user_data, is_array, nb_ok, status);
		if (n != 0)
			return n;
		usleep(PAUSE_US);
	}
	return 0;
}
