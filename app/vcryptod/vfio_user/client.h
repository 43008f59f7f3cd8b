/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The vfio-user server of one device: shows a client (a VMM) a PCI function, keeps what the client
 * says of memory and interrupts, and answers.  A message has a bounded number of bytes and
 * descriptors (vfu.h); the link (link.h) bounds its time.
 *
 * A command that cannot be obeyed is answered with an error.  A connection ends, besides for the
 * link's reasons, when its first command is not VERSION or VERSION comes again, when the versions
 * do not fit, and after VCRYPTOD_LINK_REFUSALS refused commands.
 *
 * Threads: as the link's.
 */
#ifndef VCRYPTOD_CLIENT_H
#define VCRYPTOD_CLIENT_H

#include "../link.h"
#include "dma.h"
#include "pci_device.h"
#include "vfu.h"

struct vcryptod_client {
	struct vcryptod_link link;
	struct vcryptod_pci_device device;

	/* of the connection */
	bool greeted;			/* VERSION was agreed to */
	unsigned int refused;		/* commands */
	struct vfu_inbox in;
	struct vfu_outbox out;
	struct vcryptod_dma dma;
};

/* Takes over listen_fd, a listening unix stream socket, also when it fails.  features: of virtio,
 * to offer besides VCRYPTOD_PCI_FEATURES.  0 or -errno.  vcryptod_link_fini() of the link ends it.
 */
int vcryptod_client_init(struct vcryptod_client *c, struct vcryptod_device *dev, int listen_fd,
		uint64_t features);

#endif
