/* SPDX-License-Identifier: BSD-3-Clause
 *
 * How a virtqueue is notified: chosen by the transport when the queue is enabled,
 * then kept beside the queue as plain data.  It may lie in memory that processes
 * share: a register is mapped at the same address in each of them, and
 * vcrypto_notify_event translates descriptors.
 *
 * Threads: written while no thread notifies the queue, except by vcrypto_notify_off(),
 * which may be called at any time.
 */
#ifndef VCRYPTO_NOTIFY_H
#define VCRYPTO_NOTIFY_H

#include <stdint.h>

enum vcrypto_notify_how {
	VCRYPTO_NOTIFY_OFF,	/* no notification: the queue is not enabled */
	VCRYPTO_NOTIFY_REG16,	/* write value to a 16-bit register (4.1.5.2) */
	VCRYPTO_NOTIFY_REG32,	/* NOTIFICATION_DATA: value in the low half of 32 bits */
	VCRYPTO_NOTIFY_EVENT,	/* write to an event descriptor */
};

struct vcrypto_notify {
	volatile void *reg;
	uint32_t how;		/* enum vcrypto_notify_how; atomic */
	int fd;			/* valid in the process that set it up */
	uint16_t value;		/* low 16 bits of each notification */
};

/* Opens an event descriptor, which the caller closes.  name is the device's, for the line that is
 * logged with -errno; *fd is negative then.
 */
int vcrypto_notify_open(int *fd, const char *name);
/* Takes back what was not consumed of earlier notifications, before a descriptor serves a new
 * ring.  No thread notifies that ring yet.
 */
void vcrypto_notify_clear(int fd);

/* Notifies the device of the queue.  data is vq_notify_data(), used if NOTIFICATION_DATA
 * was negotiated.  Does nothing once n is off.  Any thread.
 */
void vcrypto_notify(const struct vcrypto_notify *n, uint32_t data);

/* Set in a process that did not set the queues up: returns that process's own descriptor
 * for n.  NULL: n->fd is valid here.
 */
extern int (*vcrypto_notify_event)(const struct vcrypto_notify *n);

/* Switches notifications off before a reset: a thread that notifies later writes nothing. */
static inline void
vcrypto_notify_off(struct vcrypto_notify *n)
{
	__atomic_store_n(&n->how, VCRYPTO_NOTIFY_OFF, __ATOMIC_RELAXED);
}

#endif
