/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A driver behind a vfio-user client: rings that are set up by registers and served, told by
 * MSI-X and by INTx, reset with requests under way, one by one and all, broken by the driver,
 * without their memory, and left by a client that goes.
 */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cmocka.h>

#include "client_rig.h"
#include "fds.h"

#define CONFIG	(CL_VECTORS - 1)	/* the configuration's vector */

static int vector_fd[CL_VECTORS], intx_fd;

/* A client that has joined, with an eventfd for each interrupt. */
static int
set_up(void **state)
{
	uint32_t set = VFU_IRQ_ACTION_TRIGGER | VFU_IRQ_DATA_EVENTFD;
	unsigned int i;

	assert_int_equal(cl_set_up(state), 0);
	for (i = 0; i < CL_VECTORS; i++)
		vector_fd[i] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	intx_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	cl_join();
	assert_int_equal(cl_irqs(set, VFU_IRQ_MSIX, 0, CL_VECTORS, vector_fd), 0);
	assert_int_equal(cl_irqs(set, VFU_IRQ_INTX, 0, 1, &intx_fd), 0);
	return 0;
}

static int
tear_down(void **state)
{
	unsigned int i;

	for (i = 0; i < CL_VECTORS; i++)
		close(vector_fd[i]);
	close(intx_fd);
	return cl_tear_down(state);
}

static bool
is_up(unsigned int q)
{
	return vcryptod_vring_is_active(&tr_rig.dev->ring[q].vring);
}

/* Nothing was told but what the caller has counted. */
static void
nothing_told(void)
{
	unsigned int i;

	for (i = 0; i < CL_VECTORS; i++)
		assert_int_equal(cl_count(vector_fd[i]), 0);
	assert_int_equal(cl_count(intx_fd), 0);
}

/* n more requests of queue q, all of which come back well. */
static void
serve(unsigned int q, unsigned int n)
{
	for (; n > 0; n--)
		tr_offer(q, 16);
	cl_notify(q);
	assert_true(tr_gets_used(q, tr_rig.offered[q]) && tr_all_ok(q));
}

/* ---- served ---- */

static void
all_queues(void **state)
{
	unsigned int q;

	(void)state;
	cl_msix(true);
	cl_bring_up(VIRTIO_F_VERSION_1);
	for (q = 0; q < QUEUES; q++) {
		serve(q, 3);
		assert_int_equal(cl_count(cl.server.device.ring[q].kick_fd), 1);
		assert_true(cl_is_told(vector_fd[q]));
		nothing_told();
	}
	assert_true(is_up(QUEUES));
}

/* Neither is a queue's notification that there is not, nor one before DRIVER_OK. */
static void
notified_for_nothing(void **state)
{
	(void)state;
	cl_notify(0);
	cl_agree(VIRTIO_F_VERSION_1);
	cl_notify(0);
	cl_notify(QUEUES + 1);
	assert_int_equal(cl_count(cl.server.device.ring[0].kick_fd), 0);
	CL_PUT(device_status, 0);
	cl_bring_up(VIRTIO_F_VERSION_1);
	serve(0, 1);
	assert_int_equal(cl_count(cl.server.device.ring[0].kick_fd), 1);
}

/* A request in a packed ring: built as a split one's, in the memory of the control queue, which
 * nobody serves here; descriptor 0 comes last.
 */
static void
offer_packed(unsigned int q)
{
	unsigned int at = tr_rig.offered[QUEUES] * CHAIN, i;
	const struct virtq_desc *from = &tr_guest->q[QUEUES].desc[at];
	struct pvirtq_desc *p = (struct pvirtq_desc *)&tr_guest->q[q].desc[at];
	uint16_t flags;

	memset(tr_guest->q[QUEUES].used, 0, sizeof(tr_guest->q[QUEUES].used));
	tr_offer(QUEUES, 16);
	for (i = CHAIN; i-- > 0;) {
		flags = le16_to_cpu(from[i].flags) & (VIRTQ_DESC_F_NEXT | VIRTQ_DESC_F_WRITE);
		p[i].addr = from[i].addr;
		p[i].len = from[i].len;
		p[i].id = cpu_to_le16((uint16_t)at);
		__atomic_store_n(&p[i].flags.raw,
				cpu_to_le16(flags | VIRTQ_DESC_F_AVAIL).raw, __ATOMIC_RELEASE);
	}
}

static bool
gets_used_packed(unsigned int q, unsigned int at)
{
	const struct pvirtq_desc *p = (const struct pvirtq_desc *)&tr_guest->q[q].desc[at];
	const uint16_t both = VIRTQ_DESC_F_AVAIL | VIRTQ_DESC_F_USED;
	unsigned int ms;
	le16 flags;

	for (ms = 0; ms < FX_WAIT_MS; ms++) {
		flags.raw = __atomic_load_n(&p->flags.raw, __ATOMIC_ACQUIRE);
		if ((le16_to_cpu(flags) & both) == both)
			return le16_to_cpu(p->id) == at;
		usleep(1000);
	}
	return false;
}

static void
packed(void **state)
{
	unsigned int n;

	(void)state;
	cl_msix(true);
	cl_bring_up(VIRTIO_F_VERSION_1 | VIRTIO_F_RING_PACKED);
	for (n = 0; n < 3; n++) {
		offer_packed(1);
		cl_notify(1);
		assert_true(gets_used_packed(1, n * CHAIN));
		assert_int_equal(tr_guest->q[QUEUES].req[n].status, VIRTIO_CRYPTO_OK);
		assert_true(cl_is_told(vector_fd[1]));
		/* Its place is kept over a new eventfd. */
		CL_PUT(queue_select, 1);
		CL_PUT(queue_msix_vector, 0);
		CL_PUT(queue_msix_vector, 1);
	}
	nothing_told();
}

/* ---- interrupts ---- */

static void
other_vectors(void **state)
{
	int other = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

	(void)state;
	cl_msix(true);
	cl_bring_up(VIRTIO_F_VERSION_1);
	serve(0, 1);
	assert_true(cl_is_told(vector_fd[0]));
	CL_PUT(queue_select, 0);
	CL_PUT(queue_msix_vector, 3);
	serve(0, 1);
	assert_true(cl_is_told(vector_fd[3]));
	/* None; and one that there is not is none. */
	CL_PUT(queue_msix_vector, VIRTIO_PCI_MSI_NO_VECTOR);
	serve(0, 1);
	CL_PUT(queue_msix_vector, CL_VECTORS);
	assert_int_equal(CL_GET(queue_msix_vector), VIRTIO_PCI_MSI_NO_VECTOR);
	serve(0, 1);
	nothing_told();
	/* What nobody heard is told to the next vector. */
	CL_PUT(queue_msix_vector, 2);
	assert_int_equal(cl_count(vector_fd[2]), 1);
	nothing_told();
	/* Another eventfd while the queue runs, none, and one again. */
	assert_int_equal(cl_irqs(VFU_IRQ_ACTION_TRIGGER | VFU_IRQ_DATA_EVENTFD, VFU_IRQ_MSIX, 2, 1,
			&other), 0);
	assert_true(is_up(0) && is_up(2));
	serve(0, 1);
	assert_true(cl_is_told(other));
	assert_int_equal(cl_irqs(VFU_IRQ_ACTION_TRIGGER | VFU_IRQ_DATA_NONE, VFU_IRQ_MSIX, 0, 0,
			NULL), 0);
	serve(0, 1);
	serve(1, 1);
	assert_int_equal(cl_count(other), 0);
	nothing_told();
	assert_int_equal(cl_irqs(VFU_IRQ_ACTION_TRIGGER | VFU_IRQ_DATA_EVENTFD, VFU_IRQ_MSIX, 2, 1,
			&other), 0);
	assert_int_equal(cl_count(other), 2);	/* queues 0 and 2 have it */
	nothing_told();
	close(other);
}

static uint8_t
isr(void)
{
	return (uint8_t)cl_read(VFU_REGION_BAR0, VCRYPTOD_PCI_ISR, 1);
}

/* The server has seen a call of a ring. */
static bool
level_rises(void)
{
	unsigned int ms;

	for (ms = 0; ms < FX_WAIT_MS && !cl.server.device.pci.intx_on; ms++) {
		cl_turn();
		usleep(1000);
	}
	return cl.server.device.pci.intx_on;
}

static void
intx(void **state)
{
	uint32_t unmask = VFU_IRQ_ACTION_UNMASK | VFU_IRQ_DATA_NONE;
	uint32_t mask = VFU_IRQ_ACTION_MASK | VFU_IRQ_DATA_NONE;

	(void)state;
	cl_bring_up(VIRTIO_F_VERSION_1);
	serve(0, 1);
	assert_true(cl_is_told(intx_fd));
	assert_int_equal(isr(), VIRTIO_PCI_ISR_QUEUE);
	assert_int_equal(isr(), 0);
	/* Told once: masked until the client says so, which finds the level as it is then. */
	serve(1, 1);
	assert_true(level_rises());
	nothing_told();
	assert_int_equal(cl_irqs(unmask, VFU_IRQ_INTX, 0, 1, NULL), 0);
	assert_int_equal(cl_count(intx_fd), 1);
	assert_int_equal(isr(), VIRTIO_PCI_ISR_QUEUE);
	assert_int_equal(cl_irqs(unmask, VFU_IRQ_INTX, 0, 1, NULL), 0);
	assert_int_equal(cl_irqs(mask, VFU_IRQ_INTX, 0, 1, NULL), 0);
	serve(0, 1);
	assert_true(level_rises());
	nothing_told();
	/* A new eventfd is not masked. */
	assert_int_equal(cl_irqs(VFU_IRQ_ACTION_TRIGGER | VFU_IRQ_DATA_EVENTFD, VFU_IRQ_INTX, 0, 1,
			&intx_fd), 0);
	assert_int_equal(cl_count(intx_fd), 1);
	assert_int_equal(isr(), VIRTIO_PCI_ISR_QUEUE);
	/* MSI-X takes over, and gives back. */
	cl_msix(true);
	serve(0, 1);
	assert_true(cl_is_told(vector_fd[0]));
	cl_msix(false);
	assert_int_equal(cl_irqs(unmask, VFU_IRQ_INTX, 0, 1, NULL), 0);
	nothing_told();
	serve(0, 1);
	assert_true(cl_is_told(intx_fd));
	nothing_told();
}

/* A call that the server has not seen when the device is reset is forgotten with it. */
static void
intx_before_a_reset(void **state)
{
	(void)state;
	cl_bring_up(VIRTIO_F_VERSION_1);
	tr_offer(0, 16);
	assert_true(tr_gets_used(0, 1));
	assert_int_equal(cl_count(intx_fd), 0);
	CL_PUT(device_status, 0);
	assert_int_equal(isr(), 0);
	nothing_told();
	cl_bring_up(VIRTIO_F_VERSION_1);
	assert_int_equal(isr(), 0);
	serve(0, 1);
	assert_true(cl_is_told(intx_fd));
}

/* ---- resets, with requests under way ---- */

/* Requests under way are done all the same: a driver moves interrupts whenever it likes.  One that
 * is a turn of its own is waited for, and RSA is not.
 */
static void
vector_with_requests(void **state)
{
	pthread_t thread;

	(void)state;
	cl_msix(true);
	cl_bring_up(VIRTIO_F_VERSION_1);
	__atomic_store_n(&tr_gates_long, true, __ATOMIC_RELEASE);
	tr_offer(0, LONG_LEN);
	cl_notify(0);
	assert_true(fx_happens(&tr_began));
	assert_int_equal(pthread_create(&thread, NULL, tr_let_when_held, NULL), 0);
	CL_PUT(queue_select, 0);
	CL_PUT(queue_msix_vector, 3);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_true(tr_gets_used(0, 1) && tr_all_ok(0) && cl_is_told(vector_fd[0]));
	tr_offer(0, 0);
	cl_notify(0);
	assert_true(fx_happens(&tr_began));
	assert_int_equal(cl_irqs(VFU_IRQ_ACTION_TRIGGER | VFU_IRQ_DATA_EVENTFD, VFU_IRQ_MSIX, 3, 1,
			&vector_fd[2]), 0);
	cl_msix(false);
	cl_msix(true);
	assert_int_equal(tr_guest->q[0].req[1].status, 0xee);
	tr_let(1);
	assert_true(tr_gets_used(0, 2) && tr_all_ok(0) && cl_is_told(vector_fd[2]));
	nothing_told();
}

/* RSA is in the engine, more of it and a cipher's wait behind it, others are done. */
static void
begin_burst(pthread_t *thread)
{
	cl_msix(true);
	cl_bring_up(VIRTIO_F_VERSION_1);
	serve(1, 2);
	tr_offer(0, 0);
	cl_notify(0);
	assert_true(fx_happens(&tr_began));
	tr_offer(0, 16);
	cl_notify(0);
	assert_true(tr_gets_used(0, 1));
	assert_int_equal(tr_guest->q[0].req[0].status, 0xee);
	assert_int_equal(pthread_create(thread, NULL, tr_let_when_held, NULL), 0);
}

/* The worker looks at all of its rings twice: without one that runs, only when it is woken. */
static void
worker_looks(void)
{
	unsigned int i, ms, wakes;

	for (i = 0; i < 2; i++) {
		wakes = __atomic_load_n(&tr_wakes, __ATOMIC_ACQUIRE);
		vcryptod_worker_wake(&tr_rig.worker);
		for (ms = 0; ms < FX_WAIT_MS; ms++) {
			if (__atomic_load_n(&tr_wakes, __ATOMIC_ACQUIRE) != wakes)
				break;
			usleep(1000);
		}
		assert_true(ms < FX_WAIT_MS);
	}
}

/* No queue runs, and nothing of the guest's memory changes any more. */
static void
is_quiet(void)
{
	struct tr_guest *then = malloc(sizeof(*then));
	unsigned int q;

	assert_non_null(then);
	for (q = 0; q <= QUEUES; q++)
		assert_false(is_up(q));
	memcpy(then, tr_guest, sizeof(*then));
	tr_guest->q[0].avail[2]++;	/* one more request, of a queue that has none */
	worker_looks();
	tr_guest->q[0].avail[2]--;
	assert_memory_equal(then, tr_guest, sizeof(*then));
	free(then);
}

static void
end_burst(pthread_t thread)
{
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(tr_guest->q[0].req[0].status, VIRTIO_CRYPTO_OK);
	assert_int_equal(tr_used_idx(0), 2);
	is_quiet();
}

static void
device_reset(void **state)
{
	pthread_t thread;

	(void)state;
	begin_burst(&thread);
	CL_PUT(device_status, 0);
	assert_int_equal(CL_GET(device_status), 0);
	end_burst(thread);
	CL_PUT(queue_select, 0);
	assert_int_equal(CL_GET(queue_enable), 0);
	/* Sessions are gone. */
	assert_int_not_equal(vcryptod_model_destroy(&tr_rig.dev->model, tr_rig.cbc),
			VIRTIO_CRYPTO_OK);
	cl_bring_up(VIRTIO_F_VERSION_1);
	serve(0, 3);
}

/* The bus': MSI-X is off, too, and what the client gave stays. */
static void
function_reset(void **state)
{
	pthread_t thread;

	(void)state;
	begin_burst(&thread);
	assert_int_equal(cl_ask(VFU_DEVICE_RESET, NULL, 0, NULL, 0), 0);
	end_burst(thread);
	assert_int_equal(CL_GET(device_status), 0);
	assert_false(vcryptod_pci_msix_is_on(&cl.server.device.pci));
	assert_true(tr_rig.dev->memory.nb == 1 && cl.server.device.irqs.vector_fd[0] >= 0);
	cl_count(vector_fd[0]);
	cl_msix(true);
	cl_bring_up(VIRTIO_F_VERSION_1);
	serve(0, 3);
	assert_true(cl_is_told(vector_fd[0]));
}

static void
client_goes(void **state)
{
	unsigned int were;
	pthread_t thread;

	(void)state;
	begin_burst(&thread);
	were = fds_open();
	cl_leave();
	end_burst(thread);
	/* Both ends of the connection, two of each ring, those of interrupts. */
	assert_int_equal(fds_open(), were - 2 - 2 * (QUEUES + 1) - (CL_VECTORS + 1));
	cl_join();
	cl_bring_up(VIRTIO_F_VERSION_1);
	serve(0, 3);
}

static void
queue_reset(void **state)
{
	pthread_t thread;

	(void)state;
	cl_msix(true);
	cl_bring_up(VIRTIO_F_VERSION_1 | VIRTIO_F_RING_RESET);
	tr_offer(0, 0);
	cl_notify(0);
	assert_true(fx_happens(&tr_began));
	assert_int_equal(pthread_create(&thread, NULL, tr_let_when_held, NULL), 0);
	CL_PUT(queue_select, 0);
	CL_PUT(queue_reset, 1);
	assert_int_equal(CL_GET(queue_reset), 0);
	assert_int_equal(CL_GET(queue_enable), 0);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(tr_guest->q[0].req[0].status, VIRTIO_CRYPTO_OK);
	assert_false(is_up(0));
	serve(1, 3);
	/* It begins anew, from index 0. */
	cl_clear_ring(0);
	cl_enable(0);
	assert_true(is_up(0));
	serve(0, 3);
	serve(1, 3);
}

/* ---- what cannot run ---- */

static uint8_t
needs_reset(void)
{
	return CL_GET(device_status) & VIRTIO_S_NEEDS_RESET;
}

static void
recovers(void)
{
	CL_PUT(device_status, 0);
	assert_false(needs_reset());
	cl_bring_up(VIRTIO_F_VERSION_1);
	serve(0, 2);
	assert_false(needs_reset());
}

static void
ring_without_memory(void **state)
{
	(void)state;
	cl_msix(true);
	cl_agree(VIRTIO_F_VERSION_1);
	CL_PUT(config_msix_vector, CONFIG);
	cl_enable(0);
	assert_false(needs_reset());
	cl_driver_ok();
	assert_true(needs_reset());
	assert_int_equal(cl_count(vector_fd[CONFIG]), 1);
	/* Memory that comes later does not mend it; the driver is told once. */
	assert_int_equal(cl_map(GUEST, sizeof(*tr_guest), 0, tr_rig.memory_fd), 0);
	assert_false(is_up(0));
	nothing_told();
	recovers();
}

static void
memory_goes(void **state)
{
	(void)state;
	cl_msix(true);
	cl_bring_up(VIRTIO_F_VERSION_1);
	serve(0, 2);
	assert_true(cl_is_told(vector_fd[0]));
	assert_int_equal(cl_unmap(GUEST, sizeof(*tr_guest), 0), 0);
	is_quiet();
	assert_true(needs_reset());
	assert_int_equal(cl_count(vector_fd[CONFIG]), 1);
	nothing_told();
	recovers();
}

static void
broken_by_the_driver(void **state)
{
	(void)state;
	cl_msix(true);
	cl_bring_up(VIRTIO_F_VERSION_1);
	tr_rig.offered[0] = SIZE + 1;	/* more than the ring has */
	tr_show(0);
	assert_true(tr_breaks(0));
	cl_count(vector_fd[0]);
	/* As the main thread does when a ring asks for it; told once. */
	cl.server.link.ops->announce(&cl.server);
	cl.server.link.ops->announce(&cl.server);
	assert_true(needs_reset());
	assert_int_equal(cl_count(vector_fd[CONFIG]), 1);
	nothing_told();
	serve(1, 1);
	recovers();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define RING_TEST(f)	cmocka_unit_test_setup_teardown(f, set_up, tear_down)
		RING_TEST(all_queues),
		RING_TEST(notified_for_nothing),
		RING_TEST(packed),
		RING_TEST(other_vectors),
		RING_TEST(intx),
		RING_TEST(intx_before_a_reset),
		RING_TEST(vector_with_requests),
		RING_TEST(device_reset),
		RING_TEST(function_reset),
		RING_TEST(client_goes),
		RING_TEST(queue_reset),
		RING_TEST(ring_without_memory),
		RING_TEST(memory_goes),
		RING_TEST(broken_by_the_driver),
	};

	return cmocka_run_group_tests_name("client_rings", tests, NULL, NULL);
}
