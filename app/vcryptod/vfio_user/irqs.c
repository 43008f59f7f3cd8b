/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A client's eventfds; see irqs.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "../event.h"
#include "irqs.h"

void
vcryptod_irqs_init(struct vcryptod_irqs *q, unsigned int nb_vectors)
{
	unsigned int i;

	memset(q, 0, sizeof(*q));
	q->nb_vectors = nb_vectors;
	q->intx_fd = q->error_fd = -1;
	for (i = 0; i < VCRYPTOD_PCI_MAX_VECTORS; i++)
		q->vector_fd[i] = -1;
}

/* fd is taken over; -1: none. */
static void
irqs_put(int *place, int fd)
{
	if (*place >= 0)
		close(*place);
	*place = fd;
}

void
vcryptod_irqs_clear(struct vcryptod_irqs *q)
{
	unsigned int i;

	irqs_put(&q->intx_fd, -1);
	irqs_put(&q->error_fd, -1);
	for (i = 0; i < q->nb_vectors; i++)
		irqs_put(&q->vector_fd[i], -1);
	q->intx_masked = false;
}

unsigned int
vcryptod_irqs_count(const struct vcryptod_irqs *q, unsigned int index, uint32_t *flags)
{
	*flags = VFU_IRQ_EVENTFD;
	switch (index) {
	case VFU_IRQ_INTX:
		*flags |= VFU_IRQ_MASKABLE | VFU_IRQ_AUTOMASKED;
		return 1;
	case VFU_IRQ_MSIX:
		*flags |= VFU_IRQ_NORESIZE;
		return q->nb_vectors;
	case VFU_IRQ_ERR:
		return 1;
	default:
		*flags = 0;
		return 0;
	}
}

/* ---- changes ---- */

static int
irqs_refuse(const char **why, const char *reason)
{
	*why = reason;
	return -EINVAL;
}

static int *
irqs_place(struct vcryptod_irqs *q, unsigned int index, unsigned int i)
{
	if (index == VFU_IRQ_MSIX)
		return &q->vector_fd[i];
	return index == VFU_IRQ_INTX ? &q->intx_fd : &q->error_fd;
}

/* All or nothing: checked before any is kept. */
static int
irqs_set_eventfds(struct vcryptod_irqs *q, const struct vfu_irq_change *c, int *fd, int links_fd,
		const char **why)
{
	uint32_t i;
	int flags;

	for (i = 0; i < c->count && c->has_fds; i++) {
		if (!vcryptod_event_is_eventfd(links_fd, fd[i]))
			return irqs_refuse(why, "a descriptor is no eventfd");
		flags = fcntl(fd[i], F_GETFL);
		if (flags < 0 || fcntl(fd[i], F_SETFL, flags | O_NONBLOCK) != 0)
			return irqs_refuse(why, "a descriptor cannot be made non-blocking");
	}
	for (i = 0; i < c->count; i++) {
		irqs_put(irqs_place(q, c->index, c->start + i), c->has_fds ? fd[i] : -1);
		if (c->has_fds)
			fd[i] = -1;
	}
	if (c->index == VFU_IRQ_INTX)
		q->intx_masked = false;
	return 0;
}

static bool
irqs_means(const struct vfu_irq_change *c, uint32_t i)
{
	return c->data == VFU_IRQ_DATA_NONE || c->bools[i] != 0;
}

/* The client wants to see interrupts that there are not. */
static void
irqs_test(struct vcryptod_irqs *q, const struct vfu_irq_change *c)
{
	uint32_t i;
	int fd;

	for (i = 0; i < c->count; i++) {
		fd = *irqs_place(q, c->index, c->start + i);
		if (irqs_means(c, i) && fd >= 0)
			vcryptod_event_set(fd);
	}
}

static int
irqs_trigger(struct vcryptod_irqs *q, const struct vfu_irq_change *c, int *fd, int links_fd,
		const char **why)
{
	uint32_t i, flags, nb = vcryptod_irqs_count(q, c->index, &flags);

	if (c->data == VFU_IRQ_DATA_EVENTFD)
		return irqs_set_eventfds(q, c, fd, links_fd, why);
	if (c->data == VFU_IRQ_DATA_NONE && c->count == 0) {
		for (i = 0; i < nb; i++)	/* this kind is switched off */
			irqs_put(irqs_place(q, c->index, i), -1);
		return 0;
	}
	irqs_test(q, c);
	return 0;
}

int
vcryptod_irqs_change(struct vcryptod_irqs *q, const struct vfu_irq_change *c, int *fd,
		int links_fd, const char **why)
{
	uint32_t flags, nb = vcryptod_irqs_count(q, c->index, &flags);

	if (c->start > nb || c->count > nb - c->start)
		return irqs_refuse(why, "there are no such interrupts");
	if (c->action == VFU_IRQ_ACTION_TRIGGER)
		return irqs_trigger(q, c, fd, links_fd, why);
	if (c->index != VFU_IRQ_INTX || c->data == VFU_IRQ_DATA_EVENTFD)
		return irqs_refuse(why, "INTx alone is masked, and by messages alone");
	if (c->count == 1 && irqs_means(c, 0))
		q->intx_masked = c->action == VFU_IRQ_ACTION_MASK;
	return 0;
}

/* ---- interrupts ---- */

void
vcryptod_irqs_tell(struct vcryptod_irqs *q, unsigned int vector)
{
	if (q->vector_fd[vector] >= 0)
		vcryptod_event_set(q->vector_fd[vector]);
}

void
vcryptod_irqs_tell_intx(struct vcryptod_irqs *q)
{
	if (q->intx_fd < 0 || q->intx_masked)
		return;
	q->intx_masked = true;
	vcryptod_event_set(q->intx_fd);
}
