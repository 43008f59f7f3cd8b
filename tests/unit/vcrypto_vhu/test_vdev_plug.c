/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Every way in which DPDK plugs a virtual device, with the real EAL: on its command line
 * (--vdev, and -a in the global and the layered form), and by its calls at run time; with
 * arguments, and by a name alone, which is refused in one line and harms nothing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <rte_bus_vdev.h>
#include <rte_cryptodev.h>
#include <rte_dev.h>
#include <rte_eal.h>

#include "backend.h"
#include "log_capture.h"

#define NB_EARLY	3	/* devices of the command line that have a back end */
#define NAME		"crypto_virtio_user9"

static struct backend fb[NB_EARLY];
static char early[NB_EARLY][256];

static const char *const early_name[NB_EARLY] = {
	"crypto_virtio_user0", "crypto_virtio_user1", "crypto_virtio2",
};
static const char *const early_form[NB_EARLY] = {
	"--vdev=crypto_virtio_user0,path=%s,queues=1",
	"-abus=vdev,name=crypto_virtio_user1,/driver=crypto_virtio,path=%s,queues=2",
	"-abus=vdev,name=crypto_virtio2/driver=crypto_virtio_user,path=%s,queues=3",
};

static void
start_back_ends(void)
{
	unsigned int i;

	for (i = 0; i < NB_EARLY; i++) {
		backend_init(&fb[i]);
		backend_start(&fb[i]);
		snprintf(early[i], sizeof(early[i]), early_form[i], fb[i].path);
	}
}

static void
stop_back_ends(void)
{
	unsigned int i;

	for (i = 0; i < NB_EARLY; i++)
		backend_stop(&fb[i]);
}

static int
eal_init(void)
{
	char *argv[] = {
		"test", "--no-huge", "-m", "64", "--no-pci", "--no-shconf", "--no-telemetry",
		"-l", "0", "--log-level=lib.*:error", early[0], early[1], early[2],
		"-abus=vdev,name=crypto_virtio_user3", "--vdev=crypto_virtio_user4", NULL
	};

	return rte_eal_init((int)(sizeof(argv) / sizeof(argv[0])) - 1, argv);
}

/* ---- on the command line ---- */

/* Those with arguments are there, each with its own; those without are not. */
static void
command_line(void **state)
{
	struct rte_cryptodev_info info;
	unsigned int i;
	int id;

	(void)state;
	assert_int_equal(rte_cryptodev_count(), NB_EARLY);
	for (i = 0; i < NB_EARLY; i++) {
		id = rte_cryptodev_get_dev_id(early_name[i]);
		assert_true(id >= 0);
		rte_cryptodev_info_get((uint8_t)id, &info);
		assert_int_equal(info.max_nb_queue_pairs, i + 1);
	}
	for (i = 0; i < NB_EARLY; i++)
		assert_int_equal(rte_vdev_uninit(early_name[i]), 0);
	assert_int_equal(rte_cryptodev_count(), 0);
}

/* ---- at run time ---- */

static int
by_vdev(const char *args)
{
	return rte_vdev_init(NAME, args);
}

static int
by_hotplug(const char *args)
{
	return rte_eal_hotplug_add("vdev", NAME, args);
}

static int
by_legacy_probe(const char *args)
{
	char text[512];

	snprintf(text, sizeof(text), "vdev:" NAME "%s%s", args[0] != '\0' ? "," : "", args);
	return rte_dev_probe(text);
}

static int
by_layered_probe(const char *args)
{
	char text[512];

	snprintf(text, sizeof(text), "bus=vdev,name=" NAME "%s%s",
		args[0] != '\0' ? "/driver=crypto_virtio," : "", args);
	return rte_dev_probe(text);
}

static int (*const way[])(const char *args) = {
	by_vdev, by_hotplug, by_legacy_probe, by_layered_probe,
};
#define NB_WAYS		(sizeof(way) / sizeof(way[0]))

static void
run_time(void **state)
{
	char args[256];
	unsigned int i;

	(void)state;
	snprintf(args, sizeof(args), "path=%s,queues=4", fb[0].path);
	for (i = 0; i < NB_WAYS; i++) {
		struct rte_cryptodev_info info;

		assert_int_equal(way[i](args), 0);
		assert_int_equal(rte_cryptodev_count(), 1);
		rte_cryptodev_info_get((uint8_t)rte_cryptodev_get_dev_id(NAME), &info);
		assert_int_equal(info.max_nb_queue_pairs, 4);
		assert_int_equal(rte_eal_hotplug_remove("vdev", NAME), 0);
		assert_int_equal(rte_cryptodev_count(), 0);
	}
}

/* Refused in one line of ours that names what is missing. */
static void
refused(int rc, unsigned int i)
{
	if (rc == 0 || log_capture_count("path= is missing") != 1)
		fail_msg("way %u: %d, last: %s", i, rc, log_capture_last());
	log_capture_stop();
	assert_int_equal(rte_cryptodev_count(), 0);
}

/* Without a string first: EAL keeps the name of a device that hotplug could not probe. */
static void
name_alone(void **state)
{
	unsigned int i;

	(void)state;
	log_capture_start();
	refused(rte_vdev_init(NAME, NULL), NB_WAYS);
	for (i = 0; i < NB_WAYS; i++) {
		log_capture_start();
		refused(way[i](""), i);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(command_line), cmocka_unit_test(run_time),
		cmocka_unit_test(name_alone),
	};
	int rc;

	start_back_ends();
	rc = eal_init() < 0 ? 1 : 0;
	if (rc == 0)
		rc = cmocka_run_group_tests_name("vdev_plug", tests, NULL, NULL);
	stop_back_ends();
	rte_eal_cleanup();
	return rc;
}
