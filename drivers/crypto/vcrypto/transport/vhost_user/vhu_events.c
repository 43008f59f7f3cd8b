/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Owns the reading of the back end's channel, and its handler at EAL's interrupt thread.
 * Calls lib/vhost_user.  Must not wait, nor take the transport's lock: the thread that has
 * the lock may wait for the handler to end.
 */
#include <errno.h>
#include <string.h>

#include <rte_errno.h>
#include <rte_interrupts.h>

#include "device/vcrypto_log.h"
#include "transport/vhost_user/vhu_events.h"
#include "vhu.h"

/* Answers a message that asks for it: 0 if it is understood. */
static int
events_answer(const struct vcrypto_vhu_events *e, const struct vhu_header *hdr)
{
	uint64_t ack = hdr->request != VHU_BACKEND_CONFIG_CHANGE;
	struct vhu_header out = {
		.request = hdr->request, .flags = VHU_VERSION | VHU_FLAG_REPLY,
		.size = sizeof(ack),
	};

	if ((hdr->flags & VHU_FLAG_NEED_REPLY) == 0)
		return 0;
	return vhu_send(e->sock, &out, &ack, NULL, 0, 0);
}

/* Reads one message.  A deadline of 0: one that has not arrived as a whole is an error. */
static int
events_take(const struct vcrypto_vhu_events *e)
{
	uint8_t payload[VHU_MAX_PAYLOAD];
	unsigned int nb_fds = 0;
	struct vhu_header hdr;
	int rc = vhu_recv(e->sock, &hdr, payload, sizeof(payload), NULL, &nb_fds, 0);

	return rc == 0 ? events_answer(e, &hdr) : rc;
}

/* Run by EAL's interrupt thread. */
static void
events_handler(void *arg)
{
	struct vcrypto_vhu_events *e = arg;
	int rc = events_take(e);

	if (rc == 0 && e->changed(e->arg))
		return;
	if (rc != 0 && rc != -ECONNRESET)
		VCRYPTO_WARN("%s: the back end's channel for changes is not read any more: %s; the "
			"device is polled", e->name, vhu_error_text(rc));
	(void)rte_intr_callback_unregister_pending(e->intr, events_handler, e, NULL);
}

static int
events_register(struct vcrypto_vhu_events *e)
{
	e->intr = rte_intr_instance_alloc(RTE_INTR_INSTANCE_F_PRIVATE);
	if (e->intr == NULL)
		return -ENOMEM;
	if (rte_intr_type_set(e->intr, RTE_INTR_HANDLE_EXT) != 0 ||
			rte_intr_fd_set(e->intr, e->sock) != 0)
		return rte_errno > 0 ? -rte_errno : -EINVAL;
	return rte_intr_callback_register(e->intr, events_handler, e);
}

void
vcrypto_vhu_events_on(struct vcrypto_vhu_events *e, int sock, bool (*changed)(void *arg), void *arg)
{
	int rc;

	e->changed = changed;
	e->arg = arg;
	if (sock < 0)
		return;
	e->sock = sock;
	rc = events_register(e);
	if (rc >= 0)
		return;
	VCRYPTO_INFO("%s: EAL takes no handler for the back end's channel (%s): the device is "
		"polled", e->name, rte_strerror(-rc));
	rte_intr_instance_free(e->intr);
	e->intr = NULL;
}

void
vcrypto_vhu_events_off(struct vcrypto_vhu_events *e)
{
	if (e->intr == NULL)
		return;
	/* Waits for a handler that runs; -ENOENT: it has taken itself out. */
	(void)rte_intr_callback_unregister_sync(e->intr, events_handler, e);
	rte_intr_instance_free(e->intr);
	e->intr = NULL;
}
