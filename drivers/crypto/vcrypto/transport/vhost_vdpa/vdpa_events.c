/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Owns the event descriptor of configuration changes, and its handler at EAL's interrupt
 * thread.  Must not wait, nor take the transport's lock: the thread that has the lock may
 * wait for the handler to end.
 */
#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <rte_errno.h>
#include <rte_interrupts.h>

#include "device/vcrypto_log.h"
#include "transport/vhost_vdpa/vdpa_events.h"

/* Run by EAL's interrupt thread. */
static void
events_handler(void *arg)
{
	struct vcrypto_vdpa_events *e = arg;
	uint64_t n;

	/* Fails if the counter is 0 already: the descriptor does not block. */
	if (read(e->fd, &n, sizeof(n)) < 0)
		return;
	if (!e->changed(e->arg))
		(void)rte_intr_callback_unregister_pending(e->intr, events_handler, e, NULL);
}

static int
events_register(struct vcrypto_vdpa_events *e)
{
	e->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (e->fd < 0)
		return -errno;
	e->intr = rte_intr_instance_alloc(RTE_INTR_INSTANCE_F_PRIVATE);
	if (e->intr == NULL)
		return -ENOMEM;
	if (rte_intr_type_set(e->intr, RTE_INTR_HANDLE_EXT) != 0 ||
			rte_intr_fd_set(e->intr, e->fd) != 0)
		return rte_errno > 0 ? -rte_errno : -EINVAL;
	return rte_intr_callback_register(e->intr, events_handler, e);
}

static void
events_free(struct vcrypto_vdpa_events *e)
{
	rte_intr_instance_free(e->intr);	/* takes NULL */
	e->intr = NULL;
	if (e->fd >= 0)
		close(e->fd);
}

void
vcrypto_vdpa_events_on(struct vcrypto_vdpa_events *e, struct vcrypto_vdpa_chr *chr,
		bool (*changed)(void *arg), void *arg)
{
	int rc;

	e->chr = chr;
	e->changed = changed;
	e->arg = arg;
	rc = events_register(e);
	if (rc >= 0)
		return;
	VCRYPTO_INFO("%s: there is no handler for the device's configuration interrupt (%s): the "
		"device is polled", chr->args->name, strerror(-rc));
	events_free(e);
}

void
vcrypto_vdpa_events_aim(struct vcrypto_vdpa_events *e)
{
	int rc;

	if (e->intr == NULL)
		return;
	rc = vcrypto_vdpa_chr_ioctl(e->chr, VDPA_SET_CONFIG_CALL, &e->fd, NULL);
	if (rc != 0)
		VCRYPTO_INFO("%s: the device has no configuration interrupt (%s): it is polled",
			e->chr->args->name, strerror(-rc));
}

void
vcrypto_vdpa_events_off(struct vcrypto_vdpa_events *e)
{
	int none = VDPA_NO_FD;

	if (e->intr == NULL)
		return;
	/* The descriptor is closed whether or not the device lets go of it. */
	(void)vcrypto_vdpa_chr_ioctl(e->chr, VDPA_SET_CONFIG_CALL, &none, NULL);
	/* Waits for a handler that runs; -ENOENT: it has taken itself out. */
	(void)rte_intr_callback_unregister_sync(e->intr, events_handler, e);
	events_free(e);
}
