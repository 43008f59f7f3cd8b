/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Owns the sending of a notification, to a register or an event descriptor, and the life of
 * such a descriptor.  Not inlined into the bursts: a device that keeps up asks for few
 * notifications.
 */
#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "device/pci_io.h"
#include "device/vcrypto_log.h"
#include "device/vcrypto_notify.h"

int (*vcrypto_notify_event)(const struct vcrypto_notify *n);

int
vcrypto_notify_open(int *fd, const char *name)
{
	int rc;

	*fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (*fd >= 0)
		return 0;
	rc = -errno;
	VCRYPTO_ERR("%s: cannot open an event descriptor: %s; raise the limit of open files",
		name, strerror(-rc));
	return rc;
}

void
vcrypto_notify_clear(int fd)
{
	uint64_t n;

	/* Fails if the counter is 0 already: the descriptor does not block. */
	if (read(fd, &n, sizeof(n)) < 0)
		return;
}

static void
notify_write_event(int fd)
{
	const uint64_t one = 1;

	/* Fails only if the counter is full: then a notification is pending already. */
	if (write(fd, &one, sizeof(one)) < 0)
		return;
}

void
vcrypto_notify(const struct vcrypto_notify *n, uint32_t data)
{
	/* Loaded once: a reset by the health check's thread may switch it off meanwhile. */
	switch (__atomic_load_n(&n->how, __ATOMIC_RELAXED)) {
	case VCRYPTO_NOTIFY_REG16:
		vcrypto_pci_write16(n->reg, n->value);
		break;
	case VCRYPTO_NOTIFY_REG32:
		vcrypto_pci_write32(n->reg, (data & UINT32_C(0xffff0000)) | n->value);
		break;
	case VCRYPTO_NOTIFY_EVENT:
		notify_write_event(vcrypto_notify_event != NULL ? vcrypto_notify_event(n) : n->fd);
		break;
	default:
		break;
	}
}
