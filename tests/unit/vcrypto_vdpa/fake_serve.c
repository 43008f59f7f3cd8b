/* SPDX-License-Identifier: BSD-3-Clause
 *
 * See fake_serve.h.  The model knows a device as a fake PCI function: here that is a place
 * for what the double was told, and has no registers.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fake_pci_regs.h"
#include "fake_serve.h"

#define PAUSE_US	100
#define NO_KICK		0xeeeeeeeeu	/* as fake_vdpa.c fills its pages */

struct model fake_model;
static struct fake_pci function;
static struct fake_pci_queue queues[FAKE_RINGS];
static unsigned int kicks[FAKE_RINGS];
static pthread_t thread;
static bool stop;

/* What the model asks of a fake PCI function: the double fails, and is removed, by itself. */
bool
fake_pci_regs_gone(const struct fake_pci *f)
{
	(void)f;
	return false;
}

void
fake_pci_break(struct fake_pci *f)
{
	(void)f;
}

/* The double's lock is held: no thread serves meanwhile. */
static void
on_status(uint8_t status)
{
	unsigned int i;

	function.status = status;
	function.driver_features = fake.agreed_features;
	if (status == 0)
		function.hooks.status(&function, &fake_model, 0);
	if ((status & VIRTIO_S_DRIVER_OK) == 0)
		return;
	for (i = 0; i < fake.nb_vrings; i++) {
		if (!fake.ring[i].enabled)
			continue;
		queues[i].size = (uint16_t)fake.ring[i].num;
		queues[i].desc = fake.ring[i].addr.desc;
		queues[i].driver = fake.ring[i].addr.avail;
		queues[i].device = fake.ring[i].addr.used;
		function.hooks.queue(&function, &fake_model, (uint16_t)i, true);
	}
}

/* A page takes 16 bits, or 32 with NOTIFICATION_DATA, whose lower half is the same. */
static bool
is_kicked(unsigned int i)
{
	struct fake_ring *r = &fake.ring[i];
	uint64_t n;
	uint32_t v;

	if (r->area == NULL)
		return r->kick_fd >= 0 && read(r->kick_fd, &n, sizeof(n)) == sizeof(n);
	v = __atomic_exchange_n((uint32_t *)r->area, NO_KICK, __ATOMIC_ACQUIRE);
	if (v == NO_KICK)
		return false;
	if ((v & 0xffff) != i)
		fake.objection = "a notification of another queue";
	if ((fake.agreed_features & VIRTIO_F_NOTIFICATION_DATA) == 0 && v >> 16 != NO_KICK >> 16)
		fake.objection = "a notification of 32 bits";
	return true;
}

static void *
serve(void *arg)
{
	unsigned int i;

	(void)arg;
	while (!__atomic_load_n(&stop, __ATOMIC_ACQUIRE)) {
		fake_hold();
		for (i = 0; i < fake.nb_vrings; i++) {
			if (!fake.ring[i].enabled || (fake.status & VIRTIO_S_DRIVER_OK) == 0 ||
					!is_kicked(i))
				continue;
			kicks[i]++;
			model_work_queue(&fake_model, (uint16_t)i);
		}
		fake_release();
		usleep(PAUSE_US);
	}
	return NULL;
}

void
fake_serve_start(void)
{
	memset(&function, 0, sizeof(function));
	memset(queues, 0, sizeof(queues));
	memset(kicks, 0, sizeof(kicks));
	function.nb_queues = (uint16_t)fake.nb_vrings;
	function.queue = queues;
	model_init(&fake_model, &function, MODEL_PUMPED);
	model_config(&fake.config, fake.nb_vrings - 1);
	fake.on_status = on_status;
	stop = false;
	if (pthread_create(&thread, NULL, serve, NULL) != 0)
		abort();
}

void
fake_serve_stop(void)
{
	__atomic_store_n(&stop, true, __ATOMIC_RELEASE);
	pthread_join(thread, NULL);
	fake_hold();
	fake.on_status = NULL;
	fake_release();
	if (model_violation(&fake_model) != NULL)
		fake.objection = model_violation(&fake_model);
	model_fini(&fake_model);
}

unsigned int
fake_serve_kicks(unsigned int vring)
{
	unsigned int n;

	fake_hold();
	n = kicks[vring];
	fake_release();
	return n;
}
