/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The memory of a vfio-user client: ranges that are refused, that come, go and come back while
 * rings are served, with slow requests under way in them and elsewhere, and files of every kind.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "fds.h"
#include "log.h"
#include "turns_rig.h"
#include "vfio_user/dma.h"

#define PAGE	UINT64_C(4096)
#define HIGH	UINT64_C(0x7000000000)	/* nothing of the guest's is near */
#define AT(part)	((uint64_t)((uint8_t *)&tr_guest->part - (uint8_t *)tr_guest))

static struct vcryptod_dma dma;
static const char *why;

static struct vfu_dma_range
range(uint64_t addr, uint64_t size, uint64_t offset)
{
	return (struct vfu_dma_range){ .addr = addr, .size = size, .offset = offset,
		.has_fd = true, .readable = true, .writable = true };
}

static int
map(uint64_t addr, uint64_t size, uint64_t offset, int fd)
{
	struct vfu_dma_range r = range(addr, size, offset);

	why = NULL;
	return vcryptod_dma_map(&dma, &r, fd, &why);
}

static void *
where(uint64_t addr, uint64_t len, bool write)
{
	uint64_t got = len;
	void *p = vcryptod_memory_translate(&tr_rig.dev->memory, addr, &got, write);

	return got == len ? p : NULL;
}

static int
file_of(uint64_t size)
{
	int fd = memfd_create("dma test", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, (off_t)size), 0);
	return fd;
}

/* Mappings of this process that have the name. */
static unsigned int
mappings(const char *name)
{
	FILE *f = fopen("/proc/self/maps", "re");
	unsigned int nb = 0;
	char line[512];

	assert_non_null(f);
	while (fgets(line, sizeof(line), f) != NULL)
		nb += strstr(line, name) != NULL;
	fclose(f);
	return nb;
}

/* The guest's own, where it is in its file. */
static int
map_own(uint64_t at, uint64_t size)
{
	return map(GUEST + at, size, at, tr_rig.memory_fd);
}

/* All of it, page by page or in parts: queues, what behind them is shared, and `apart`. */
static void
map_guest(void)
{
	unsigned int q;

	for (q = 0; q <= QUEUES; q++)
		assert_int_equal(map_own(AT(q[q]), sizeof(tr_guest->q[q])), 0);
	assert_int_equal(map_own(AT(ctrl), AT(apart) - AT(ctrl)), 0);
	assert_int_equal(map_own(AT(apart), PAGE), 0);
}

/* -ENOENT: there was none. */
static int
unmap(uint64_t addr, uint64_t size)
{
	unsigned int nb = tr_rig.dev->memory.nb;
	int rc = vcryptod_dma_unmap(&dma, addr, size);

	return rc == 0 && tr_rig.dev->memory.nb == nb ? -ENOENT : rc;
}

static int
unmap_apart(void)
{
	return unmap(GUEST + AT(apart), PAGE);
}

static int
set_up(void **state)
{
	int rc = tr_set_up(state);

	vcryptod_memory_clear(&tr_rig.dev->memory);
	assert_int_equal(vcryptod_dma_init(&dma, tr_rig.dev), 0);
	map_guest();
	return rc;
}

static int
tear_down(void **state)
{
	vcryptod_worker_stop(&tr_rig.worker);
	vcryptod_device_stop_all(tr_rig.dev);
	vcryptod_dma_fini(&dma);
	vcryptod_dma_fini(&dma);
	assert_int_equal(tr_rig.dev->memory.nb, 0);
	/* The test's own is left. */
	assert_int_equal(mappings("memfd:turns"), 1);
	assert_int_equal(mappings("memfd:dma test"), 0);
	return tr_tear_down(state);
}

/* ---- ranges ---- */

/* Whatever is refused leaves nothing, and says why. */
static void
refused_ranges(void **state)
{
	static const struct {
		uint64_t addr, size, offset;
		int rc;
	} bad[] = {
		{ HIGH, 0, 0, -EINVAL }, { UINT64_MAX, 2, 0, -EINVAL },
		{ HIGH, 2 * PAGE, 0, -EINVAL }, { HIGH, PAGE, 1, -EINVAL },
		{ HIGH, PAGE, UINT64_MAX, -EINVAL }, { HIGH, INT64_MAX, 1, -EINVAL },
		{ HIGH, UINT64_C(1) << 63, 0, -EINVAL }, { GUEST, PAGE, 0, -EEXIST },
		{ GUEST - 1, 2, 0, -EEXIST }, { 0, UINT64_MAX, 0, -EEXIST },
	};
	unsigned int i, nb = tr_rig.dev->memory.nb, were = fds_open();
	int fd = file_of(PAGE);

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(map(bad[i].addr, bad[i].size, bad[i].offset, fd), bad[i].rc);
		assert_non_null(why);
	}
	assert_int_equal(map(HIGH, PAGE, 0, fd), 0);
	assert_int_equal(map(UINT64_MAX, 1, PAGE - 1, fd), 0);
	assert_non_null(where(UINT64_MAX, 1, true));
	for (i = 0; i < 2; i++)
		assert_int_equal(unmap(UINT64_MAX, 1), i == 0 ? 0 : -ENOENT);
	assert_int_equal(unmap(HIGH, PAGE - 1), -EINVAL);
	assert_int_equal(unmap(HIGH + 1, PAGE - 1), -EINVAL);
	assert_int_equal(mappings("memfd:dma test"), 1);
	assert_int_equal(unmap(HIGH, PAGE), 0);
	assert_int_equal(mappings("memfd:dma test"), 0);
	assert_int_equal(tr_rig.dev->memory.nb, nb);
	close(fd);
	assert_int_equal(fds_open(), were);
}

/* What is no file of memory, or cannot be mapped, again and again: nothing is kept. */
static void
refused_files(void **state)
{
	unsigned int i, k, nb = 0, were, nb_regions = tr_rig.dev->memory.nb;
	int bad[9], pair[2];

	(void)state;
	assert_int_equal(pipe2(pair, O_CLOEXEC), 0);
	bad[nb++] = pair[0];
	bad[nb++] = pair[1];
	bad[nb++] = eventfd(0, EFD_CLOEXEC);
	bad[nb++] = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bad[nb++] = open("/dev/zero", O_RDWR | O_CLOEXEC);
	bad[nb++] = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bad[nb++] = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	bad[nb] = file_of(PAGE);
	assert_int_equal(fcntl(bad[nb++], F_ADD_SEALS, F_SEAL_FUTURE_WRITE), 0);
	bad[nb++] = 1000;	/* none */
	were = fds_open();
	for (k = 0; k < 100; k++) {
		for (i = 0; i < nb; i++) {
			assert_true(map(HIGH, PAGE, 0, bad[i]) < 0);
			assert_non_null(why);
		}
	}
	assert_int_equal(fds_open(), were);
	assert_int_equal(tr_rig.dev->memory.nb, nb_regions);
	for (i = 0; i < nb - 1; i++)
		close(bad[i]);
}

static void
rights(void **state)
{
	int fd = file_of(4 * PAGE), only;
	struct vfu_dma_range r = range(HIGH, PAGE, 0);
	char name[64];

	(void)state;
	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	only = open(name, O_RDONLY | O_CLOEXEC);
	assert_true(only >= 0);
	/* Also where the file is mapped to be written already. */
	assert_int_equal(map(HIGH, PAGE, 0, only), -EACCES);
	assert_int_equal(map(HIGH - PAGE, PAGE, 0, fd), 0);
	assert_int_equal(map(HIGH, PAGE, 0, only), -EACCES);
	r.writable = false;
	assert_int_equal(vcryptod_dma_map(&dma, &r, only, &why), 0);
	assert_non_null(where(HIGH, PAGE, false));
	assert_null(where(HIGH, 1, true));
	assert_int_equal(mappings("memfd:dma test"), 2);
	/* To be written alone. */
	r = range(HIGH + PAGE, PAGE, PAGE);
	r.readable = false;
	assert_int_equal(vcryptod_dma_map(&dma, &r, fd, &why), 0);
	assert_null(where(HIGH + PAGE, 1, false));
	assert_non_null(where(HIGH + PAGE, PAGE, true));
	/* Neither. */
	r = range(HIGH + 2 * PAGE, PAGE, PAGE);
	r.readable = r.writable = false;
	assert_int_equal(vcryptod_dma_map(&dma, &r, fd, &why), 0);
	assert_null(where(HIGH + 2 * PAGE, 1, false));
	assert_null(where(HIGH + 2 * PAGE, 1, true));
	/* Without a file. */
	r = range(HIGH + 3 * PAGE, UINT64_C(1) << 40, 0);
	r.has_fd = false;
	assert_int_equal(vcryptod_dma_map(&dma, &r, -1, &why), 0);
	assert_int_equal(vcryptod_dma_map(&dma, &r, -1, &why), -EEXIST);
	assert_null(where(r.addr, 1, false));
	assert_null(where(r.addr + 5, 1, true));
	assert_int_equal(unmap(r.addr, r.size), 0);
	assert_int_equal(unmap(r.addr, r.size), -ENOENT);
	close(only);
	close(fd);
}

/* ---- files ---- */

/* A file is mapped once, however many ranges it has, until the last one goes. */
static void
one_mapping(void **state)
{
	int fd[2] = { file_of(8 * PAGE), file_of(8 * PAGE) };
	unsigned int i;
	uint8_t *p;

	(void)state;
	for (i = 0; i < 8; i++)
		assert_int_equal(map(HIGH + i * PAGE, PAGE, (7 - i) * PAGE, dup(fd[0])), 0);
	assert_int_equal(mappings("memfd:dma test"), 1);
	p = where(HIGH + 7 * PAGE, PAGE, true);
	assert_non_null(p);
	assert_ptr_equal(where(HIGH, PAGE, true), p + 7 * PAGE);
	/* Not in this order. */
	assert_null(where(HIGH, PAGE + 1, true));
	assert_int_equal(map(HIGH + 8 * PAGE, PAGE, PAGE, fd[0]), 0);
	assert_non_null(where(HIGH + 7 * PAGE, 2 * PAGE, true));
	assert_int_equal(map(HIGH + 9 * PAGE, PAGE, 2 * PAGE, fd[1]), 0);
	assert_null(where(HIGH + 7 * PAGE, 2 * PAGE + 1, true));
	assert_int_equal(mappings("memfd:dma test"), 2);
	for (i = 0; i < 9; i++)
		assert_int_equal(unmap(HIGH + i * PAGE, PAGE), 0);
	assert_int_equal(mappings("memfd:dma test"), 1);
	assert_non_null(where(HIGH + 9 * PAGE, PAGE, true));
	vcryptod_dma_clear(&dma);
	assert_int_equal(mappings("memfd:dma test"), 0);
	assert_null(where(HIGH + 9 * PAGE, 1, false));
	close(fd[0]);
	close(fd[1]);
}

/* A file that grows is mapped again; one that is larger than the address space in parts. */
static void
sizes_of_files(void **state)
{
	int fd = file_of(PAGE), huge = file_of(UINT64_C(1) << 50);

	(void)state;
	assert_int_equal(map(HIGH, PAGE, 0, fd), 0);
	assert_int_equal(ftruncate(fd, (off_t)(3 * PAGE)), 0);
	assert_int_equal(map(HIGH + PAGE, PAGE, PAGE, fd), 0);
	assert_int_equal(map(HIGH + 2 * PAGE, PAGE, 2 * PAGE, fd), 0);
	assert_int_equal(mappings("memfd:dma test"), 2);
	assert_non_null(where(HIGH, PAGE, true));
	assert_non_null(where(HIGH + PAGE, 2 * PAGE, true));
	memcpy(where(HIGH + PAGE, 2, true), "ok", 2);
	assert_int_equal(map(HIGH + 8 * PAGE, PAGE, UINT64_C(1) << 49, huge), 0);
	assert_non_null(where(HIGH + 8 * PAGE, PAGE, true));
	assert_int_equal(map(HIGH + 16 * PAGE, UINT64_C(1) << 50, 0, huge), -ENOMEM);
	assert_non_null(why);
	assert_int_equal(map(HIGH + 9 * PAGE, PAGE, (UINT64_C(1) << 49) + PAGE, huge), 0);
	assert_int_equal(mappings("memfd:dma test"), 4);
	close(fd);
	close(huge);
}

/* As many ranges as there may be, of as many files, and one more. */
static void
all_ranges(void **state)
{
	unsigned int i, nb = tr_rig.dev->memory.nb, own = 64;
	int fd = file_of(PAGE), other[64];

	(void)state;
	for (i = 0; i < own; i++)
		other[i] = file_of(PAGE);
	for (i = 0; nb + i < VCRYPTOD_DMA_MAX; i++)
		assert_int_equal(map(HIGH - i * PAGE, PAGE, 0, i < own ? other[i] : fd), 0);
	assert_int_equal(map(HIGH + PAGE, PAGE, 0, fd), -ENOSPC);
	assert_int_equal(map(HIGH, PAGE, 0, fd), -EEXIST);
	assert_int_equal(mappings("memfd:dma test"), own + 1);
	assert_non_null(where(HIGH - (i - 1) * PAGE, PAGE, true));
	assert_int_equal(unmap(HIGH, PAGE), 0);
	assert_int_equal(map(HIGH + PAGE, PAGE, 0, fd), 0);
	assert_int_equal(mappings("memfd:dma test"), own);
	close(fd);
	for (i = 0; i < own; i++)
		close(other[i]);
}

/* ---- while rings are served ---- */

static uint8_t
status_of(unsigned int q, unsigned int i)
{
	return tr_guest->q[q].req[i].status;
}

static bool
done_well(unsigned int q)
{
	return tr_gets_used(q, tr_rig.offered[q]) && tr_all_ok(q);
}

/* Memory that goes is not found again, neither by what a ring was told last; what comes back is
 * where it is now.
 */
static void
goes_and_comes(void **state)
{
	unsigned int i, n = 0;

	(void)state;
	tr_be_quiet();
	tr_start();
	for (i = 0; i < 6; i++) {
		tr_rig.to = tr_guest->apart;
		tr_offer(0, 16);
		assert_true(tr_gets_used(0, ++n));
		assert_int_equal(status_of(0, n - 1), VIRTIO_CRYPTO_OK);
		assert_int_equal(unmap_apart(), 0);
		tr_rig.to = tr_guest->apart;
		tr_offer(0, 16);
		assert_true(tr_gets_used(0, ++n));
		assert_int_equal(status_of(0, n - 1), VIRTIO_CRYPTO_ERR);
		/* Elsewhere in the file: the result's place shows it. */
		assert_int_equal(map(GUEST + AT(apart), PAGE, i % 2 == 0 ? AT(dst) : AT(apart),
				tr_rig.memory_fd), 0);
	}
	assert_true(vcryptod_vring_is_active(&tr_rig.dev->ring[0].vring));
}

/* Other ranges come and go all the time, and requests are done as ever. */
static void
nothing_is_lost(void **state)
{
	unsigned int i, q, round = 0;
	int fd = file_of(64 * PAGE);

	(void)state;
	tr_start();
	for (i = 0; i < REQUESTS; i++) {
		for (q = 0; q < QUEUES; q++)
			tr_offer(q, i % 8 == 0 ? LONG_LEN : 16);
		/* Those of this round are under way, or not begun. */
		for (; round < 4 * (i + 1); round++) {
			assert_int_equal(map(HIGH, PAGE, round % 64 * PAGE, fd), 0);
			assert_int_equal(unmap_apart(), 0);
			assert_int_equal(unmap(HIGH, PAGE), 0);
			assert_int_equal(map_own(AT(apart), PAGE), 0);
		}
	}
	for (q = 0; q < QUEUES; q++)
		assert_true(done_well(q));
	close(fd);
}

/* A buffer that lies in neighbours of different files. */
static void
over_two_files(void **state)
{
	uint64_t seam = AT(src) + PAGE;
	int fd = file_of(AT(apart) - seam);

	(void)state;
	assert_int_equal(unmap(GUEST + AT(ctrl), AT(apart) - AT(ctrl)), 0);
	assert_int_equal(map_own(AT(ctrl), seam - AT(ctrl)), 0);
	assert_int_equal(map(GUEST + seam, AT(apart) - seam, 0, fd), 0);
	assert_null(where(GUEST + seam - 1, 2, false));
	assert_non_null(where(GUEST + seam - 1, 1, false));
	tr_start();
	tr_offer(0, (uint32_t)PAGE + 16);
	tr_offer(0, LONG_LEN);
	assert_true(done_well(0));
	close(fd);
}

/* A ring whose own areas go stops, others go on; reset, it runs where they are then. */
static void
rings_go(void **state)
{
	struct vcryptod_device *dev = tr_rig.dev;
	unsigned int i;

	(void)state;
	tr_be_quiet();
	tr_start();
	for (i = 0; i < 2; i++)
		tr_offer(i, 16);
	assert_true(tr_gets_used(0, 1) && tr_gets_used(1, 1));
	assert_int_equal(unmap(GUEST + AT(q[1]), sizeof(tr_guest->q[1])), 0);
	assert_true(dev->ring[1].unusable && !dev->ring[0].unusable);
	assert_false(vcryptod_vring_is_active(&dev->ring[1].vring));
	assert_true(vcryptod_vring_is_active(&dev->ring[0].vring));
	assert_int_equal(tr_rig.avail[1], 1);
	assert_int_equal(tr_rig.used[1], 1);
	for (i = 0; i < 2; i++)
		tr_offer(i, 16);
	assert_true(tr_gets_used(0, 2));
	/* Neither an update nor the memory makes it run. */
	assert_int_equal(map_own(AT(q[1]), sizeof(tr_guest->q[1])), 0);
	vcryptod_device_update(dev);
	assert_false(vcryptod_vring_is_active(&dev->ring[1].vring));
	assert_int_equal(tr_used_idx(1), 1);
	dev->ring[1].unusable = false;
	vcryptod_device_update(dev);
	assert_true(done_well(1));
	/* All at once, as a client does that begins anew. */
	vcryptod_dma_clear(&dma);
	for (i = 0; i < QUEUES; i++)
		assert_true(dev->ring[i].unusable);
}

/* A ring in memory that the device may only read cannot be served. */
static void
ring_to_read(void **state)
{
	struct vfu_dma_range r = range(GUEST + AT(q[0]), sizeof(tr_guest->q[0]), AT(q[0]));

	(void)state;
	tr_be_quiet();
	r.writable = false;
	assert_int_equal(unmap(r.addr, r.size), 0);
	assert_int_equal(vcryptod_dma_map(&dma, &r, tr_rig.memory_fd, &why), 0);
	vcryptod_device_update(tr_rig.dev);
	assert_true(tr_rig.dev->ring[0].unusable && !tr_rig.dev->ring[1].unusable);
}

/* ---- with slow requests under way ---- */

static void *
unmap_in_thread(void *arg)
{
	(void)arg;
	return (void *)(intptr_t)unmap_apart();
}

/* The unmap waits for a slow request, which is seen by the place that it took in its line. */
static void
begin_unmap(pthread_t *thread, unsigned int q)
{
	assert_int_equal(pthread_create(thread, NULL, unmap_in_thread, NULL), 0);
	assert_true(tr_gets_urgent(q, 1));
}

static void
end_unmap(pthread_t thread)
{
	void *rc;

	assert_int_equal(pthread_join(thread, &rc), 0);
	assert_null(rc);
}

/* Of other memory: nobody waits for it, and it is finished later. */
static void
slow_elsewhere(void **state)
{
	(void)state;
	tr_start_with_rsa();
	tr_offer(0, 0);
	tr_offer(0, 16);
	assert_true(tr_gets_used(0, 1) && tr_hands_over(2));
	assert_int_equal(unmap_apart(), 0);
	assert_int_equal(tr_used_idx(0), 1);
	tr_let(2);
	assert_true(done_well(0));
}

/* In it: the one in the engine is waited for. */
static void
slow_in_the_engine(void **state)
{
	pthread_t thread;

	(void)state;
	tr_rig.to = tr_guest->apart;
	tr_start_with_rsa();
	tr_offer(1, 0);
	assert_true(tr_hands_over(2));
	assert_int_equal(pthread_create(&thread, NULL, unmap_in_thread, NULL), 0);
	/* Others are served meanwhile. */
	tr_offer(0, 16);
	tr_offer(2, 16);
	assert_true(tr_gets_used(0, 1) && tr_gets_used(2, 1));
	assert_int_equal(status_of(0, 0), 0xee);
	tr_let(1);
	end_unmap(thread);
	assert_int_equal(status_of(0, 0), VIRTIO_CRYPTO_OK);
	tr_let(1);
	assert_true(done_well(0) && done_well(1) && done_well(2));
}

/* Not begun: it goes before all others. */
static void
slow_goes_first(void **state)
{
	pthread_t thread;

	(void)state;
	tr_start_with_rsa();
	tr_offer(1, 0);
	tr_offer(2, 0);
	tr_offer(2, 0);
	assert_true(tr_hands_over(4));
	tr_rig.to = tr_guest->apart;
	tr_offer(3, 0);
	assert_true(tr_hands_over(5));
	begin_unmap(&thread, 3);
	tr_let(2);
	end_unmap(thread);
	assert_int_equal(status_of(3, 0), VIRTIO_CRYPTO_OK);
	assert_true(fx_happens(&tr_began));
	assert_int_equal(strncmp(tr_events, "ad", 2), 0);
	tr_let(3);
	assert_true(done_well(0) && done_well(1) && done_well(2) && done_well(3));
}

/* Not begun in time: it ends with ERR; others do not. */
static void
slow_ends(void **state)
{
	pthread_t thread;

	(void)state;
	vcryptod_slow_drain_ms = 0;
	tr_start_with_rsa();
	tr_offer(0, 0);
	tr_rig.to = tr_guest->apart;
	tr_offer(0, 0);
	assert_true(tr_hands_over(3));
	begin_unmap(&thread, 0);
	tr_let(1);
	end_unmap(thread);
	vcryptod_slow_drain_ms = VCRYPTOD_SLOW_DRAIN_MS;
	assert_int_equal(status_of(0, 2), VIRTIO_CRYPTO_ERR);
	tr_let(1);
	assert_true(tr_gets_used(0, 3));
	assert_int_equal(status_of(0, 0), VIRTIO_CRYPTO_OK);
	assert_int_equal(status_of(0, 1), VIRTIO_CRYPTO_OK);
	/* What a ring shows the sanitizer cannot see: it lies at another address here. */
	assert_true(fx_happens(&tr_began));
	assert_string_equal(tr_events, "aa");
}

static void *
stop_in_thread(void *arg)
{
	(void)arg;
	vcryptod_device_stop_all(tr_rig.dev);
	return NULL;
}

/* A stop after jobs have changed places: none is lost, none is done twice.  The one that was
 * overtaken by a cipher's request waits behind another queue's when the stop begins.
 */
static void
stop_after_changed_places(void **state)
{
	pthread_t thread;

	(void)state;
	tr_start_with_rsa();
	tr_offer(0, 0);
	tr_offer(0, 16);
	assert_true(tr_gets_used(0, 1));
	tr_offer(1, 0);
	assert_true(tr_hands_over(3));
	tr_rig.to = tr_guest->apart;
	tr_offer(0, 0);
	assert_true(tr_hands_over(4));
	begin_unmap(&thread, 0);
	tr_let(2);
	end_unmap(thread);
	assert_true(fx_happens(&tr_began) && fx_happens(&tr_began));
	assert_int_equal(pthread_create(&thread, NULL, stop_in_thread, NULL), 0);
	assert_true(tr_is_held(0));
	tr_let(2);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_string_equal(tr_events, "aAaba");
	assert_true(tr_used_idx(0) == 4 && tr_rig.avail[0] == 4 && tr_rig.used[0] == 4);
	assert_true(tr_all_ok(0) && tr_all_ok(1));
}

/* A ring goes with slow requests under way in it. */
static void
slow_ring_goes(void **state)
{
	(void)state;
	tr_be_quiet();
	tr_offer(0, 0);
	tr_offer(1, 0);
	tr_start();
	assert_true(fx_happens(&tr_began));
	assert_true(tr_hands_over(2));
	tr_let(1);
	assert_int_equal(unmap(GUEST + AT(q[0]), sizeof(tr_guest->q[0])), 0);
	assert_int_equal(status_of(0, 0), VIRTIO_CRYPTO_OK);
	assert_int_equal(tr_used_idx(0), 1);
	tr_let(1);
	assert_true(done_well(1));
}

/* ---- with a request under way that is a turn of its own ---- */

static void
begin_long(void)
{
	tr_gates_long = true;
	tr_start();
	tr_rig.to = tr_guest->apart;
	tr_offer(0, 16);
	assert_true(tr_gets_used(0, 1));
	tr_offer(0, LONG_LEN);
	assert_true(fx_happens(&tr_began));
}

/* Of other memory: nobody waits for it, and what the ring was told is forgotten at its end. */
static void
long_elsewhere(void **state)
{
	(void)state;
	tr_be_quiet();
	begin_long();
	tr_rig.to = tr_guest->apart;
	tr_offer(0, 16);
	assert_int_equal(unmap_apart(), 0);
	assert_int_equal(status_of(0, 1), 0xee);
	tr_let(1);
	assert_true(tr_gets_used(0, 3));
	assert_int_equal(status_of(0, 1), VIRTIO_CRYPTO_OK);
	assert_int_equal(status_of(0, 2), VIRTIO_CRYPTO_ERR);
}

/* In it: it has VCRYPTOD_PAUSE_MS, and then ends with ERR; its ring goes on. */
static void
long_ends(void **state)
{
	(void)state;
	begin_long();
	assert_int_equal(unmap(GUEST + AT(ctrl), AT(apart) - AT(ctrl)), 0);
	assert_int_equal(status_of(0, 1), VIRTIO_CRYPTO_ERR);
	tr_gates_long = false;
	assert_int_equal(map_own(AT(ctrl), AT(apart) - AT(ctrl)), 0);
	tr_offer(0, LONG_LEN);
	assert_true(tr_gets_used(0, 3));
	assert_int_equal(status_of(0, 2), VIRTIO_CRYPTO_OK);
}

/* In it, and done in time. */
static void
long_is_waited_for(void **state)
{
	pthread_t thread;

	(void)state;
	begin_long();
	assert_int_equal(pthread_create(&thread, NULL, tr_let_when_held, NULL), 0);
	assert_int_equal(unmap(GUEST + AT(ctrl), AT(apart) - AT(ctrl)), 0);
	assert_int_equal(status_of(0, 1), VIRTIO_CRYPTO_OK);
	assert_int_equal(pthread_join(thread, NULL), 0);
}

/* ---- a file that was cut ---- */

static void
cut_file(void **state)
{
	int status, pair[2], fd = file_of(4 * PAGE);
	char line[256] = { 0 };
	volatile uint8_t *at;
	pid_t pid;

	(void)state;
	assert_int_equal(map(HIGH, PAGE, 3 * PAGE, fd), 0);
	at = where(HIGH, PAGE, false);
	assert_int_equal(pipe2(pair, O_CLOEXEC), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		(void)dup2(pair[1], STDERR_FILENO);
		if (vcryptod_mapping_catch_sigbus("test") == 0 && ftruncate(fd, PAGE) == 0)
			(void)at[16];
		_exit(98);
	}
	close(pair[1]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), VCRYPTOD_EXIT_AGAIN);
	assert_true(read(pair[0], line, sizeof(line) - 1) > 0);
	assert_non_null(strstr(line, "test: a front end cut the file of its memory at byte 0x"));
	assert_non_null(strstr(line, "0000003010"));
	close(pair[0]);
	close(fd);
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(refused_ranges), TEST(refused_files), TEST(rights), TEST(one_mapping),
		TEST(sizes_of_files), TEST(all_ranges), TEST(goes_and_comes), TEST(nothing_is_lost),
		TEST(over_two_files),
		TEST(rings_go), TEST(ring_to_read), TEST(slow_elsewhere), TEST(slow_in_the_engine),
		TEST(slow_goes_first), TEST(slow_ends), TEST(stop_after_changed_places),
		TEST(slow_ring_goes), TEST(long_elsewhere), TEST(long_ends),
		TEST(long_is_waited_for), TEST(cut_file),
	};

	tr_shared = true;
	return cmocka_run_group_tests_name("vcryptod_dma", tests, NULL, NULL);
}
