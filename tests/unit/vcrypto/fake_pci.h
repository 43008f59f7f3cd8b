/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A virtio-crypto PCI function made of memory, for tests without a VM: PCI
 * configuration space with a capability list, and a model of the registers with
 * their side effects.  The rings and requests are not its business: a device half
 * is attached through the hooks, and finds the rings in struct fake_pci_queue.
 *
 * It defines rte_pci_map_device, rte_pci_unmap_device, rte_pci_read_config and
 * rte_pci_write_config, so a test program that links it never reaches the real
 * bus; one that starts EAL does so with --no-pci.  The BARs are reserved address
 * space without access: a driver that dereferences one instead of using pci_io.h
 * crashes.
 *
 * It also watches the driver.  Each access must have its register's width, and
 * what the standard forbids (writing a read-only register, 0 to queue_enable, a
 * notification before DRIVER_OK or of the wrong width, ...) is a violation, kept
 * in the device: a test ends with assert_null(fake_pci_violation(f)).
 *
 * It has interrupts if a test says so (fake_pci_add_vectors): EAL's calls for them are
 * defined here too, and fake_pci_fire() plays EAL's interrupt thread.
 *
 * Faults are fields of struct fake_pci that a test sets.  Time is virtual: it
 * passes only in the driver's pauses between polls.
 *
 * Threads: notifications may come from several threads, one per queue; everything
 * else from one at a time.  Hooks run in the thread that made the access.
 */
#ifndef FAKE_PCI_H
#define FAKE_PCI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <bus_pci_driver.h>
#include <rte_interrupts.h>

#include "lib/wire/virtio_crypto.h"
#include "lib/wire/virtio_pci.h"

#define FAKE_PCI_BAR		4	/* 64-bit: takes BAR 5 with it */
#define FAKE_PCI_IO_BAR		0
#define FAKE_PCI_SMALL_BAR	1	/* one page: MSI-X, in real devices */
#define FAKE_PCI_BAR_LEN	0x8000	/* bytes */
#define FAKE_PCI_NEVER		UINT64_MAX	/* a time or a number of accesses */

/* Where the structures are in FAKE_PCI_BAR, in truth; capabilities may lie. */
#define FAKE_PCI_COMMON		0x0000
#define FAKE_PCI_ISR		0x1000
#define FAKE_PCI_DEVICE		0x2000
#define FAKE_PCI_NOTIFY		0x3000

/* Where fake_pci_create puts the capabilities of the structures. */
#define FAKE_PCI_CAP_COMMON	0x50
#define FAKE_PCI_CAP_ISR	0x60
#define FAKE_PCI_CAP_DEVICE	0x70
#define FAKE_PCI_CAP_NOTIFY	0x84
#define FAKE_PCI_CAP_PCI_CFG	0x98
#define FAKE_PCI_CAP_MSIX	0xac

struct fake_pci;

/* A virtqueue as the driver configured it.  Addresses are what the driver wrote:
 * where IOVA is VA, pointers.
 */
struct fake_pci_queue {
	/* the device's, set by the test */
	uint16_t max_size;		/* entries; 0: no such queue */
	uint16_t notify_off;
	uint16_t notif_config_data;

	/* the driver's */
	uint16_t size;			/* entries */
	uint16_t msix_vector;
	uint16_t enable;
	uint64_t desc, driver, device;
	/* What notified it when it was enabled; the test may change the fields above since. */
	uint16_t enabled_notify_off, enabled_notif_config_data;

	/* while it resets: when it ends, in virtual microseconds */
	bool resetting;
	uint64_t reset_end;

	/* what happened to it */
	unsigned int nb_enables, nb_resets;
	unsigned int nb_kicks;
	uint32_t last_kick;		/* the value written */
};

/* Any may be NULL.  arg is hooks.arg. */
struct fake_pci_hooks {
	void *arg;
	/* A valid notification of queue; value as written (16 or 32 bits). */
	void (*kick)(struct fake_pci *f, void *arg, uint16_t queue, uint32_t value);
	/* device_status now reads status; 0 when a reset is complete. */
	void (*status)(struct fake_pci *f, void *arg, uint8_t status);
	/* queue_enable was written, or a queue reset has completed. */
	void (*queue)(struct fake_pci *f, void *arg, uint16_t queue, bool enabled);
	/* The driver is about to read 4 bytes of device_cfg at off. */
	void (*config_read)(struct fake_pci *f, void *arg, uint32_t off);
};

struct fake_pci {
	struct rte_pci_device dev;	/* hand this to the driver */
	struct fake_pci *next;

	/* configuration space, as the driver reads it */
	uint8_t config[PCI_CFG_SIZE];
	uint8_t cap_tail;		/* the last capability of the list; 0: none */

	/* the device: set by the test */
	uint64_t device_features;
	uint64_t refused_features;	/* FEATURES_OK does not stay set with any of these */
	struct virtio_crypto_config device_cfg;	/* after a change: fake_pci_config_changed */
	uint32_t multiplier;		/* the notify multiplier that is in force */
	uint16_t nb_queues;
	struct fake_pci_queue *queue;	/* nb_queues */
	struct fake_pci_hooks hooks;

	/* faults: set by the test */
	int map_result;			/* of rte_pci_map_device */
	uint64_t cfg_fail_at;		/* the n-th read or write of configuration space fails */
	bool cfg_short;			/* ... by returning fewer bytes, not -1 */
	uint64_t gone_at;		/* removed after so many register accesses */
	uint64_t reset_us;		/* how long a reset takes */
	uint64_t queue_reset_us;
	/* One of the two registers reads 0 before the queue's reset is complete. */
	bool queue_reset_early, queue_enable_early;
	bool size_stuck;		/* writes to queue_size have no effect */
	bool enable_stuck;		/* writes to queue_enable have no effect */
	uint64_t config_flaps;		/* so many reads of the configuration see it change */
	bool no_vector_left;		/* config_msix_vector stays at NO_VECTOR */
	int irq_register_result, irq_enable_result;	/* of EAL's calls, if not 0 */

	/* registers */
	uint32_t device_feature_select, driver_feature_select;
	uint64_t driver_features;
	uint16_t config_msix_vector, queue_select;
	uint8_t status, generation;
	bool resetting;
	uint64_t reset_end;

	/* interrupts */
	rte_intr_callback_fn irq_handler;	/* NULL: none */
	void *irq_arg;
	bool irq_enabled;		/* MSI-X, at the bus */

	/* what happened */
	unsigned int nb_irqs;		/* that reached the handler */
	int nb_mapped;			/* maps less unmaps */
	uint64_t nb_cfg, nb_mmio;	/* accesses */
	unsigned int nb_resets;
	char violation[256];		/* the first; "" if there is none */
};

/*
 * A working device with nb_queues queues of max_size entries, a configuration much
 * like QEMU's builtin back end has, and a capability list in QEMU's order; it
 * offers VERSION_1, INDIRECT_DESC, EVENT_IDX and RING_RESET.  Never NULL: a test
 * cannot go on without memory.
 */
struct fake_pci *fake_pci_create(uint16_t nb_queues, uint16_t max_size);
/* Also checks nothing: see fake_pci_violation and nb_mapped before. */
void fake_pci_destroy(struct fake_pci *f);

/* The first thing that the driver did against the rules; NULL if none. */
const char *fake_pci_violation(const struct fake_pci *f);

/* Forget the capability list: the next fake_pci_add_cap starts a new one. */
void fake_pci_clear_caps(struct fake_pci *f);
/*
 * Append a capability of cap_len bytes at pos (a multiple of 4, where nothing is
 * yet) and link it.  fake_pci_add_struct makes one for a virtio structure; extra is
 * the notify multiplier where cap_len has room for one.
 */
void fake_pci_add_cap(struct fake_pci *f, uint8_t pos, uint8_t id, const void *body,
		uint8_t cap_len);
void fake_pci_add_struct(struct fake_pci *f, uint8_t pos, uint8_t cfg_type, uint8_t bar,
		uint32_t offset, uint32_t length, uint8_t cap_len, uint32_t extra);

/* The capability at pos, to be changed in place. */
struct virtio_pci_notify_cap *fake_pci_cap_at(struct fake_pci *f, uint8_t pos);
/* Give a BAR's size (bytes) another value; its address space is made anew. */
void fake_pci_resize_bar(struct fake_pci *f, unsigned int bar, uint64_t len);

/* Bound to vfio-pci with MSI-X.  Without, the function has no interrupt. */
void fake_pci_add_vectors(struct fake_pci *f);
/* The device sends its configuration interrupt.  Is it delivered? */
bool fake_pci_fire(struct fake_pci *f);
/* device_cfg has new contents: config_generation changes. */
void fake_pci_config_changed(struct fake_pci *f);
/* Set DEVICE_NEEDS_RESET, as a device does after an error of its own. */
void fake_pci_break(struct fake_pci *f);
/* Surprise removal: from now on every register reads all ones. */
void fake_pci_remove(struct fake_pci *f);
/* Virtual time, in microseconds, since the program began; one clock for all. */
uint64_t fake_pci_now_us(void);

#endif
