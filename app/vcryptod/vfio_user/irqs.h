/* SPDX-License-Identifier: BSD-3-Clause
 *
 * How a vfio-user client is told of interrupts: an eventfd for each vector of MSI-X, one for INTx
 * and one for errors of the bus, as the client sets them.  Whether a vector is masked is the
 * client's to know, which shows the table of MSI-X to the guest: a vector is told as long as there
 * is an eventfd for it.
 *
 * INTx is a level.  Each time it is told it is masked, until the client unmasks it.  Errors of the
 * bus do not happen here: QEMU warns of a function that cannot tell them.
 *
 * Threads: one.
 */
#ifndef VCRYPTOD_IRQS_H
#define VCRYPTOD_IRQS_H

#include <stdbool.h>
#include <stdint.h>

#include "../virtio_pci/function.h"
#include "vfu_request.h"

struct vcryptod_irqs {
	unsigned int nb_vectors;
	int vector_fd[VCRYPTOD_PCI_MAX_VECTORS];	/* eventfds, ours; -1: none */
	int intx_fd, error_fd;
	bool intx_masked;
};

void vcryptod_irqs_init(struct vcryptod_irqs *q, unsigned int nb_vectors);
/* Closes all eventfds. */
void vcryptod_irqs_clear(struct vcryptod_irqs *q);

/* Interrupts of one kind (below VFU_NB_IRQS), and VFU_IRQ_* flags. */
unsigned int vcryptod_irqs_count(const struct vcryptod_irqs *q, unsigned int index,
		uint32_t *flags);

/* Obeys SET_IRQS with the descriptors of its message, of which those that are kept become -1;
 * links_fd as in vcryptod_event_is_eventfd().  0; -EINVAL and *why, with nothing changed.
 */
int vcryptod_irqs_change(struct vcryptod_irqs *q, const struct vfu_irq_change *c, int *fd,
		int links_fd, const char **why);

/* Tells the client, where it wants to be told: of a vector (below nb_vectors); of INTx, which is
 * asked for.
 */
void vcryptod_irqs_tell(struct vcryptod_irqs *q, unsigned int vector);
void vcryptod_irqs_tell_intx(struct vcryptod_irqs *q);

#endif
