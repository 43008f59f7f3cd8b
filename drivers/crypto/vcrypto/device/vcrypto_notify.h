/* SPDX-License-Identifier: BSD-3-Clause
 *
 * How a virtqueue is notified: decided by the transport when the queue is enabled,
 * then kept beside the queue as plain data.  It may lie in memory that other
 * processes share: a register is mapped at the same address in each of them, and for
 * descriptors see vcrypto_notify_event.
 *
 * Threads: written while nobody kicks, but for vcrypto_notify_off(), which may come
 * at any time.
 */
#ifndef VCRYPTO_NOTIFY_H
#define VCRYPTO_NOTIFY_H

#include <stdint.h>

enum vcrypto_notify_how {
	VCRYPTO_NOTIFY_OFF,	/* not at all: not enabled, or not any more */
	VCRYPTO_NOTIFY_REG16,	/* value into a 16-bit register (4.1.5.2) */
	VCRYPTO_NOTIFY_REG32,	/* NOTIFICATION_DATA: value below, the ring's place above */
	VCRYPTO_NOTIFY_EVENT,	/* an event descriptor of the process that set it up */
};

struct vcrypto_notify {
	volatile void *reg;
	uint32_t how;		/* enum vcrypto_notify_how; atomic */
	int fd;			/* a number of the process that set it up */
	uint16_t value;		/* low 16 bits of each notification */
};

/* Notify.  data: vq_notify_data(), used if NOTIFICATION_DATA was negotiated.  Any
 * thread; nothing happens once it is off.
 */
void vcrypto_notify(const struct vcrypto_notify *n, uint32_t data);

/* Another process than the one that set a queue up says here which descriptor of its
 * own is meant; NULL: n->fd.
 */
extern int (*vcrypto_notify_event)(const struct vcrypto_notify *n);

/* Before a reset: who kicks after it finds nothing to write to. */
static inline void
vcrypto_notify_off(struct vcrypto_notify *n)
{
	__atomic_store_n(&n->how, VCRYPTO_NOTIFY_OFF, __ATOMIC_RELAXED);
}

#endif
