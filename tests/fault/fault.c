/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The calls that can fail; see fault.h.
 */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <cmocka.h>

#include <rte_alarm.h>
#include <rte_errno.h>
#include <rte_kvargs.h>
#include <rte_malloc.h>
#include <rte_memzone.h>
#include <bus_pci_driver.h>
#include <cryptodev_pmd.h>

#include "fault.h"
#include "log_capture.h"

/* Of the thread that arms it, which waits for those of the driver: the device may live in
 * another one.
 */
static struct {
	pthread_t thread;
	unsigned int left;	/* 0: nothing fails any more */
	unsigned int paused;
	int err;
	bool lasting;
	const char *struck;	/* the name of the function that failed */
} fault;

/* Is this the driver's thread that sends session messages?  EAL has named it. */
static bool
in_sender(void)
{
	static __thread char name[16];

	if (name[0] == '\0' && pthread_getname_np(pthread_self(), name, sizeof(name)) != 0)
		return false;
	return strcmp(name, "vcrypto-session") == 0;
}

void
fault_arm(unsigned int n, int err, bool lasting)
{
	fault.thread = pthread_self();
	fault.left = n;
	fault.paused = 0;
	fault.err = err;
	fault.lasting = lasting;
	fault.struck = NULL;
}

const char *
fault_disarm(void)
{
	const char *struck = fault.struck;

	fault.left = 0;
	fault.struck = NULL;
	return struck;
}

void
fault_judge(const char *operation, unsigned int n, const char *struck, int rc)
{
	if (rc > 0 || (struck == NULL && rc != 0))
		fail_msg("%s, call %u (%s): %d", operation, n, struck != NULL ? struck : "-", rc);
	if (rc != 0 && log_capture_errors() == 0)
		fail_msg("%s, call %u (%s): not a line in the log", operation, n, struck);
}

void
fault_pause(void)
{
	fault.paused++;
}

void
fault_resume(void)
{
	fault.paused--;
}

bool
fault_strikes(const char *what)
{
	if (!(pthread_equal(fault.thread, pthread_self()) || in_sender()) || fault.paused != 0)
		return false;
	if (fault.struck != NULL && fault.lasting && strcmp(what, fault.struck) == 0)
		goto strike;
	if (fault.left == 0 || --fault.left != 0)
		return false;
	fault.struck = what;
strike:
	errno = fault.err;
	rte_errno = ENOMEM;
	return true;
}

/* A wrapped function: its type, name, parameters, their names, what it fails with. */
#define WRAP(type, name, params, args, failure) \
	type __real_##name params; \
	type __wrap_##name params; \
	type \
	__wrap_##name params \
	{ \
		return fault_strikes(#name) ? (failure) : __real_##name args; \
	}

WRAP(void *, rte_malloc, (const char *type, size_t size, unsigned int align),
	(type, size, align), NULL)
WRAP(void *, rte_zmalloc, (const char *type, size_t size, unsigned int align),
	(type, size, align), NULL)
WRAP(void *, rte_zmalloc_socket, (const char *type, size_t size, unsigned int align, int socket),
	(type, size, align, socket), NULL)
WRAP(const struct rte_memzone *, rte_memzone_reserve_aligned,
	(const char *name, size_t len, int socket, unsigned int flags, unsigned int align),
	(name, len, socket, flags, align), NULL)
WRAP(struct rte_kvargs *, rte_kvargs_parse, (const char *args, const char *const keys[]),
	(args, keys), NULL)
WRAP(int, rte_eal_alarm_set, (uint64_t us, rte_eal_alarm_callback cb, void *arg),
	(us, cb, arg), -ENOMEM)
WRAP(struct rte_cryptodev *, rte_cryptodev_pmd_create,
	(const char *name, struct rte_device *device, struct rte_cryptodev_pmd_init_params *params),
	(name, device, params), NULL)
WRAP(int, rte_pci_map_device, (struct rte_pci_device *dev), (dev), -1)
WRAP(int, rte_pci_read_config,
	(const struct rte_pci_device *dev, void *buf, size_t len, off_t off),
	(dev, buf, len, off), -1)
WRAP(int, rte_pci_write_config,
	(const struct rte_pci_device *dev, const void *buf, size_t len, off_t off),
	(dev, buf, len, off), -1)
WRAP(void *, calloc, (size_t nb, size_t size), (nb, size), NULL)
WRAP(int, eventfd, (unsigned int count, int flags), (count, flags), -1)
WRAP(int, socket, (int domain, int type, int protocol), (domain, type, protocol), -1)
WRAP(int, dup3, (int from, int to, int flags), (from, to, flags), -1)
WRAP(ssize_t, sendmsg, (int sock, const struct msghdr *msg, int flags), (sock, msg, flags), -1)
WRAP(ssize_t, recvmsg, (int sock, struct msghdr *msg, int flags), (sock, msg, flags), -1)

/* ---- the device's own calls ---- */

uint32_t __real_fake_pci_mmio_read(const volatile void *reg, unsigned int width);
uint32_t __wrap_fake_pci_mmio_read(const volatile void *reg, unsigned int width);
void __real_fake_pci_mmio_write(volatile void *reg, unsigned int width, uint32_t value);
void __wrap_fake_pci_mmio_write(volatile void *reg, unsigned int width, uint32_t value);

/* Only for programs that have a PCI function. */
__attribute__((weak)) uint32_t __real_fake_pci_mmio_read(const volatile void *reg,
		unsigned int width);
__attribute__((weak)) void __real_fake_pci_mmio_write(volatile void *reg, unsigned int width,
		uint32_t value);

uint32_t
__wrap_fake_pci_mmio_read(const volatile void *reg, unsigned int width)
{
	uint32_t v;

	fault_pause();
	v = __real_fake_pci_mmio_read(reg, width);
	fault_resume();
	return v;
}

void
__wrap_fake_pci_mmio_write(volatile void *reg, unsigned int width, uint32_t value)
{
	fault_pause();
	__real_fake_pci_mmio_write(reg, width, value);
	fault_resume();
}
