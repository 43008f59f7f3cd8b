/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The virtual device within EAL (no hugepages): its names and arguments, creation and
 * removal at run time, DPDK's own memory as the back end gets it, and a back end that
 * is missing, misbehaves or goes away.  The back end processes no requests.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include <rte_bus_vdev.h>
#include <rte_cryptodev.h>
#include <rte_eal.h>
#include <rte_lcore.h>
#include <rte_malloc.h>

#include "fds.h"
#include "log_capture.h"
#include "usage.h"
#include "vdev.h"

/* A number that DPDK knows, and few machines have: on arm64 it knows 4 of them. */
#if RTE_MAX_NUMA_NODES > 7
#define NO_NODE	"7"
#else
#define NO_NODE	"3"
#endif

/* What DPDK's heap has given out; memory that is lost shows here. */
static unsigned int
count_allocs(void)
{
	struct usage u;

	usage_now(&u);
	return u.heap_blocks;
}

static int
plug(const char *name, const char *more)
{
	char args[512];

	snprintf(args, sizeof(args), "path=%s%s%s", vdev_fb.path, more[0] != '\0' ? "," : "", more);
	return rte_vdev_init(name, args);
}

/* Refused with one line that has both words in it, and nothing left behind. */
static void
refused(const char *args, const char *word, const char *other)
{
	unsigned int fds = fds_open(), lines;
	int rc;

	log_capture_start();
	rc = rte_vdev_init(VDEV_NAME, args);
	lines = log_capture_errors();
	if (rc >= 0 || lines != 1 || log_capture_count(word) == 0 || log_capture_count(other) == 0)
		fprintf(stderr, "%s: %d, %u lines, last: %s\n", args, rc, lines,
			log_capture_last());
	assert_true(rc < 0);
	assert_int_equal(lines, 1);
	assert_int_not_equal(log_capture_count(word), 0);
	assert_int_not_equal(log_capture_count(other), 0);
	log_capture_stop();
	assert_int_equal(rte_cryptodev_count(), 0);
	assert_int_equal(fds_open(), fds);
}

static void
test_arguments(void **state)
{
	static const struct {
		const char *args, *word, *other;
	} bad[] = {
		{ "", "path=", "socket" },
		{ "queues=1", "path=", "socket" },
		{ "path=", "path=", "socket" },
		{ "path=/x,queues=0", "queues=0", "1 to 255" },
		{ "path=/x,queues=256", "queues=256", "1 to 255" },
		{ "path=/x,queues=-1", "queues=-1", "1 to 255" },
		{ "path=/x,queues=1x", "queues=1x", "1 to 255" },
		{ "path=/x,queues=99999999999999999999", "queues=9999", "1 to 255" },
		{ "path=/x,queue_size=4", "queue_size=4", "8 to 32768" },
		{ "path=/x,queue_size=65536", "queue_size=65536", "8 to 32768" },
		{ "path=/x,queue_size=100", "queue_size=100", "power of two" },
		{ "path=/x,server=2", "server=2", "0 to 1" },
		{ "path=/x,server=yes", "server=yes", "0 to 1" },
		{ "path=/x,sessions=", "sessions=", "auto, ctrlq, message" },
		{ "path=/x,sessions=messages", "sessions=messages", "auto, ctrlq, message" },
		{ "path=/x,session_layout=new", "session_layout=new", "opcode, plain, union" },
		{ "path=/x,packed_vq=2", "packed_vq=2", "0 to 1" },
		{ "path=/x,in_order=", "in_order=", "0 to 1" },
		{ "path=/x,ctrl_timeout_ms=0", "ctrl_timeout_ms=0", "1 to 60000" },
		{ "path=/x,speed=9", "unknown", "speed" },
		{ "path=/x,path=/x", "path", "more than once" },
		{ "path=/x,queues=1,queues=2", "queues", "more than once" },
		{ "path=/x,recover=1,recover=0", "recover", "more than once" },
		{ "path=/x,stateless=1,revision_1=0", "stateless=1", "revision_1=0" },
		{ "path=/x,queues=2,max_nb_queue_pairs=2", "queues", "max_nb_queue_pairs" },
		{ "path=/x,sessions=ctrlq,session_layout=union", "session_layout",
			"sessions=ctrlq" },
		{ "path=/x,max_nb_queue_pairs=0", "max_nb_queue_pairs=0", "1 to 255" },
		{ "path=/x,socket_id=", "socket_id=", "0 to" },
		{ "path=/x,socket_id=-1", "socket_id=-1", "0 to" },
		{ "path=/x,socket_id=" NO_NODE, "socket_id=" NO_NODE, "no such NUMA node" },
		{ "path=/x,driver=crypto_aesni_mb", "driver=crypto_aesni_mb", "crypto_virtio" },
		{ "path=/no/such/socket", "/no/such/socket", "no such file" },
		{ "path=/", "path=/", "no socket, nor the character device" },
		/* What is at the path selects the transport. */
		{ "path=/dev/null", "/dev/null", "no vhost-vdpa device" },
		{ "path=/dev/null,server=1", "server is for vhost-user", "character device" },
		{ "path=/dev/null,sessions=auto", "sessions is for", "character device" },
		{ "path=/dev/null,session_layout=auto", "session_layout is for",
			"character device" },
		{ "path=/x,notify_area=0", "notify_area is for vhost-vdpa",
			"no character device" },
		{ "path=/dev/null,notify_area=2", "notify_area=2", "0 to 1" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		refused(bad[i].args, bad[i].word, bad[i].other);
}

static void
test_names(void **state)
{
	static const char *const names[] = {
		"crypto_virtio_user0", "crypto_virtio_user", "crypto_virtio7", "crypto_virtio",
	};
	struct rte_cryptodev_info info;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		assert_int_equal(plug(names[i], "queues=3"), 0);
		assert_int_equal(rte_cryptodev_count(), 1);
		assert_int_equal(rte_cryptodev_get_dev_id(names[i]), 0);
		rte_cryptodev_info_get(0, &info);
		assert_string_equal(info.driver_name, "crypto_virtio");
		assert_int_equal(info.driver_id, rte_cryptodev_driver_id_get("crypto_virtio"));
		assert_int_equal(info.max_nb_queue_pairs, 3);
		/* The bus knows no node: programs index arrays by this number. */
		assert_int_equal(rte_cryptodev_socket_id(0), 0);
		assert_int_equal(rte_vdev_uninit(names[i]), 0);
		assert_int_equal(rte_cryptodev_count(), 0);
	}
}

static void
test_defaults(void **state)
{
	struct rte_cryptodev_info info;

	(void)state;
	assert_int_equal(plug(VDEV_NAME, ""), 0);
	rte_cryptodev_info_get(0, &info);
	assert_int_equal(info.max_nb_queue_pairs, 1);
	backend_lock(&vdev_fb);
	assert_int_equal(vdev_fb.driver_features & VIRTIO_F_RING_PACKED, 0);
	assert_int_not_equal(vdev_fb.driver_features & VIRTIO_F_IN_ORDER, 0);
	backend_unlock(&vdev_fb);
	assert_int_equal(rte_vdev_uninit(VDEV_NAME), 0);
	assert_int_equal(plug(VDEV_NAME, "packed_vq=1,in_order=0"), 0);
	backend_lock(&vdev_fb);
	assert_int_not_equal(vdev_fb.driver_features & VIRTIO_F_RING_PACKED, 0);
	assert_int_equal(vdev_fb.driver_features & VIRTIO_F_IN_ORDER, 0);
	backend_unlock(&vdev_fb);
	assert_int_equal(rte_vdev_uninit(VDEV_NAME), 0);
}

/* What programs give to every virtual crypto device. */
static void
test_standard_arguments(void **state)
{
	char socket_id[32], more[96];
	struct rte_cryptodev_info info;

	(void)state;
	snprintf(socket_id, sizeof(socket_id), "socket_id=%d", rte_socket_id_by_idx(0));
	snprintf(more, sizeof(more), "max_nb_queue_pairs=2,%s", socket_id);
	assert_int_equal(plug(VDEV_NAME, more), 0);
	rte_cryptodev_info_get(0, &info);
	assert_int_equal(info.max_nb_queue_pairs, 2);
	assert_int_equal(rte_cryptodev_socket_id(0), rte_socket_id_by_idx(0));
	assert_int_equal(rte_vdev_uninit(VDEV_NAME), 0);
}

/* Configured and started: DRIVER_OK, with nb queue pairs and the control queue. */
static void
run(uint8_t id, uint16_t nb)
{
	struct rte_cryptodev_config cfg = { .socket_id = -1, .nb_queue_pairs = nb };
	struct rte_cryptodev_qp_conf qp = { .nb_descriptors = 64 };
	uint16_t i;

	assert_int_equal(rte_cryptodev_configure(id, &cfg), 0);
	for (i = 0; i < nb; i++)
		assert_int_equal(rte_cryptodev_queue_pair_setup(id, i, &qp, -1), 0);
	assert_int_equal(rte_cryptodev_start(id), 0);
}

static void
test_again_and_again(void **state)
{
	unsigned int fds = fds_open(), allocs = 0, i;

	(void)state;
	for (i = 0; i < 10; i++) {
		assert_int_equal(plug(VDEV_NAME, "queues=2"), 0);
		if (i % 2 == 1) {
			run(0, 2);
			rte_cryptodev_stop(0);
		}
		assert_int_equal(rte_vdev_uninit(VDEV_NAME), 0);
		assert_true(backend_wait_idle(&vdev_fb));
		assert_int_equal(fds_open(), fds);
		/* The first rounds set up what DPDK keeps. */
		if (i == 3)
			allocs = count_allocs();
	}
	/* rte_cryptodev_configure makes two callback lists a queue pair and forgets them
	 * with the device (22.11): three rounds since then, of two queue pairs.
	 */
	assert_true(count_allocs() <= allocs + 3 * 2 * 2);
}

/* Each failure takes everything back: the next attempt finds the name free. */
static void
test_failures_leave_nothing(void **state)
{
	static const uint32_t at[] = {
		VHU_GET_FEATURES, VHU_GET_QUEUE_NUM, VHU_GET_CONFIG, VHU_SET_STATUS,
		VHU_SET_FEATURES, VHU_GET_STATUS,
	};
	unsigned int fds = fds_open(), allocs = 0, round;
	size_t i;

	(void)state;
	for (round = 0; round < 3; round++) {
		for (i = 0; i < sizeof(at) / sizeof(at[0]); i++) {
			backend_lock(&vdev_fb);
			vdev_fb.fault.request = at[i];
			vdev_fb.fault.act = BACKEND_OTHER_REQUEST;
			backend_unlock(&vdev_fb);
			log_capture_start();
			assert_true(plug(VDEV_NAME, "") < 0);
			assert_true(log_capture_errors() >= 1);
			log_capture_stop();
			assert_int_equal(rte_cryptodev_count(), 0);
		}
		if (round == 0)
			allocs = count_allocs();
	}
	assert_int_equal(count_allocs(), allocs);
	backend_lock(&vdev_fb);
	vdev_fb.fault.act = BACKEND_OBEY;
	backend_unlock(&vdev_fb);
	assert_int_equal(plug(VDEV_NAME, ""), 0);
	assert_int_equal(rte_vdev_uninit(VDEV_NAME), 0);
	assert_true(backend_wait_idle(&vdev_fb));
	assert_int_equal(fds_open(), fds);
}

/* EAL's memory, rings included, is where the back end was told that it is. */
static void
test_memory(void **state)
{
	const char *text = "seen from the other side";
	char *here = rte_malloc(NULL, 64, 64), *there;
	struct vhu_mem_region r;
	uint64_t at;

	(void)state;
	assert_non_null(here);
	strcpy(here, text);
	assert_int_equal(plug(VDEV_NAME, ""), 0);
	run(0, 1);
	backend_lock(&vdev_fb);
	assert_int_equal(vdev_fb.nb_regions, 1);
	r = vdev_fb.region[0].r;
	at = (uintptr_t)here - r.user_addr;
	assert_true(at < r.size);
	there = mmap(NULL, r.mmap_offset + r.size, PROT_READ, MAP_SHARED, vdev_fb.region[0].fd, 0);
	assert_ptr_not_equal(there, MAP_FAILED);
	assert_string_equal(there + r.mmap_offset + at, text);
	munmap(there, r.mmap_offset + r.size);
	assert_int_equal(vdev_fb.status, 0xf);
	assert_true(vdev_fb.vring[0].enabled && vdev_fb.vring[4].enabled);
	backend_unlock(&vdev_fb);
	rte_cryptodev_stop(0);
	assert_int_equal(rte_vdev_uninit(VDEV_NAME), 0);
	rte_free(here);
}

static void
test_back_end_goes_and_comes(void **state)
{
	(void)state;
	assert_int_equal(plug(VDEV_NAME, "queues=2"), 0);
	run(0, 2);
	log_capture_start();
	backend_hang_up(&vdev_fb);
	rte_cryptodev_stop(0);
	log_capture_stop();
	/* Configured anew it is another life, with whoever listens there now. */
	assert_int_equal(rte_cryptodev_close(0), 0);
	assert_int_equal(rte_vdev_uninit(VDEV_NAME), 0);
	assert_int_equal(plug(VDEV_NAME, "queues=2"), 0);
	run(0, 2);
	backend_stop(&vdev_fb);
	log_capture_start();
	rte_cryptodev_stop(0);
	assert_int_equal(rte_cryptodev_close(0), 0);
	log_capture_stop();
	assert_int_equal(rte_vdev_uninit(VDEV_NAME), 0);
	backend_start(&vdev_fb);
}

static void
test_two(void **state)
{
	struct backend other;
	char args[256];

	(void)state;
	backend_init(&other);
	backend_start(&other);
	snprintf(args, sizeof(args), "path=%s,queues=2", other.path);
	assert_int_equal(plug("crypto_virtio_user0", ""), 0);
	assert_int_equal(rte_vdev_init("crypto_virtio_user1", args), 0);
	assert_int_equal(rte_cryptodev_count(), 2);
	run((uint8_t)rte_cryptodev_get_dev_id("crypto_virtio_user0"), 1);
	run((uint8_t)rte_cryptodev_get_dev_id("crypto_virtio_user1"), 2);
	rte_cryptodev_stop((uint8_t)rte_cryptodev_get_dev_id("crypto_virtio_user0"));
	rte_cryptodev_stop((uint8_t)rte_cryptodev_get_dev_id("crypto_virtio_user1"));
	assert_int_equal(rte_vdev_uninit("crypto_virtio_user0"), 0);
	assert_int_equal(rte_vdev_uninit("crypto_virtio_user1"), 0);
	backend_stop(&other);
	assert_null(other.objection);
}

#define T(f)	cmocka_unit_test_setup_teardown(f, vdev_backend_start, vdev_backend_stop)

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		T(test_arguments), T(test_names), T(test_defaults),
		T(test_standard_arguments), T(test_again_and_again),
		T(test_failures_leave_nothing), T(test_memory), T(test_back_end_goes_and_comes),
		T(test_two),
	};
	int rc;

	(void)argc;
	(void)argv;
	if (vdev_eal() != 0)
		return 1;
	rc = cmocka_run_group_tests_name("vdev", tests, NULL, NULL);
	rte_eal_cleanup();
	return rc;
}
