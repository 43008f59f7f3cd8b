/* SPDX-License-Identifier: BSD-3-Clause
 *
 * fakedev: an in-process model of a modern virtio-pci crypto device.
 *
 * The BAR the driver sees is ordinary shared memory.  Its configuration pages
 * (common cfg, ISR, device cfg) are kept PROT_NONE: every access faults, the
 * SIGSEGV handler opens the page and single-steps the one instruction
 * (EFLAGS.TF), and the SIGTRAP handler then applies the register's side effect
 * and closes the page again.  So registers behave like registers (selects,
 * per-queue banks, reset, FEATURES_OK, read-to-clear ISR) without decoding
 * instructions, while the notify page and the rings, i.e. everything on the
 * data path, are plain memory that costs the driver nothing extra.
 *
 * fakedev.c has the registers, fakequeue.c the queues, fakeadmin.c the administration
 * commands.  None uses DPDK, nor anything of lib/: the model is to judge the driver, so it
 * shares no code with it and takes its layouts from the kernel's headers, or the standard.
 */
#ifndef FAKEDEV_H
#define FAKEDEV_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <linux/virtio_config.h>
#include <linux/virtio_crypto.h>
#include <linux/virtio_pci.h>
#include <linux/virtio_ring.h>

/* Younger than some kernel headers. */
#define FDEV_F_IN_ORDER		35
#define FDEV_F_NOTIFICATION_DATA 38
#define FDEV_F_RING_RESET	40
#define FDEV_F_ADMIN_VQ		41
#define FDEV_SERVICE_IPSEC	5
#define FDEV_IPSEC_OUTBOUND	0x0500	/* opcodes of data requests */
#define FDEV_IPSEC_INBOUND	0x0501
#define FDEV_COMMON_ADMIN	60	/* offsets in the common configuration: queue's number */
#define FDEV_COMMON_NB_ADMIN	62	/* and how many there are */
#define FDEV_COMMON_Q_RESET	58	/* offset in the common configuration */

#define FDEV_MAX_QUEUES	66
#define FDEV_LINE	64

/* BAR layout, the same offsets QEMU uses for its modern virtio-pci BAR. */
#define FDEV_BAR	4
#define FDEV_COMMON_OFF	0x0000
#define FDEV_ISR_OFF	0x1000
#define FDEV_DEVCFG_OFF	0x2000
#define FDEV_NOTIFY_OFF	0x3000
#define FDEV_BAR_LEN	0x4000
#define FDEV_TRAP_LEN	FDEV_NOTIFY_OFF	/* pages below this one are trapped */
#define FDEV_NOTIFY_MUL	4

#define FDEV_F(bit)	(1ULL << (bit))

struct fdev_opts {
	uint64_t features;	/* offered feature bits */
	uint16_t data_queues;	/* max_dataqueues; control queue comes after */
	uint16_t data_size;	/* entries of a data queue */
	uint16_t ctrl_size;	/* entries of the control queue */
	uint16_t batch;		/* IN_ORDER: requests per used entry; 0: as they come */
	uint8_t status;		/* completion status for data requests */
	bool lax;		/* serve queues before DRIVER_OK (as QEMU does) */
	bool strict;		/* FEATURES_OK only if an offered ACCESS_PLATFORM is accepted */
	bool kick;		/* serve a data queue only after a notification */
	bool brief;		/* look at a request's last descriptor only; used length 1 */
	bool walk;		/* read every descriptor of a request */
	bool check;		/* parse and cross-check every data request */
	bool trace;		/* record register accesses */
	bool ipsec;		/* offer IPSEC, with an administration queue; implies walk */
};

/* A descriptor of a request. */
struct fdev_seg {
	uint8_t *p;
	uint32_t len;
	bool w;
};

struct fdev_queue {
	/* written by the configuration path only */
	void *desc, *driver, *device;	/* rings, or packed ring + 2 areas */
	uint16_t size;
	uint16_t index;
	bool packed;
	bool indirect_ok;
	bool in_order;
	bool event_idx;
	bool notify_data;
	volatile bool on;
	uint64_t desc_reg, driver_reg, device_reg;
	uint16_t size_reg, vector_reg, enable_reg, reset_reg;
	uint16_t reset_reads;	/* reads of queue_reset that still answer 1 */
	volatile uint32_t *doorbell;

	/* owned by whoever is polling the queue */
	uint16_t last_avail __attribute__((aligned(FDEV_LINE)));
	uint16_t used_idx;
	bool avail_wrap, used_wrap;
	uint16_t next_desc;	/* IN_ORDER: descriptor that must come next */
	uint64_t kicks;		/* notifications noticed (coalesced) */
	uint64_t bad;		/* protocol errors seen */
	uint64_t indirect_bad;	/* INDIRECT used without having negotiated it */
	uint64_t descs;		/* descriptors of the requests, walk/check only */
	char badmsg[160];

	volatile uint64_t done __attribute__((aligned(FDEV_LINE)));
} __attribute__((aligned(FDEV_LINE)));

struct fdev_trace {
	uint16_t off;
	bool write;
	uint64_t val;
};

struct fdev {
	struct fdev_opts o;
	uint8_t *bar;		/* the driver's view, trapped */
	uint8_t *shadow;	/* the device's view of the same memory */
	uint8_t pcicfg[256];
	uint16_t nb_queues;	/* data, control, and with ipsec administration */

	uint32_t dfsel, gfsel;
	uint64_t guest_features;
	uint16_t msix_config, qsel;
	uint8_t status;
	volatile bool live;	/* queues may be served */
	uint64_t next_session;
	int64_t sessions;	/* created minus destroyed */
	uint32_t resets, queue_resets;

	struct fdev_queue q[FDEV_MAX_QUEUES];

	struct fdev_trace *tr;
	uint32_t ntr;
};

/* Set up the process-wide fault handlers; once, before the first device. */
int fdev_signals_init(void);

struct fdev *fdev_create(const struct fdev_opts *o);
void fdev_trace_dump(const struct fdev *d, FILE *f);

/* A queue starts at its first entry: state and notification suppression. */
void fdev_queue_start(struct fdev *d, struct fdev_queue *q);

/* Serve what is pending on the control and administration queues / on data queue i.
 * Return the number of requests completed.
 */
unsigned int fdev_poll_ctrl(struct fdev *d);
unsigned int fdev_poll_data(struct fdev *d, unsigned int i);

/* Copies at most len device-readable bytes of a request; how many. */
uint32_t fdev_gather(const struct fdev_seg *s, unsigned int n, void *dst, uint32_t len);
/* Counts a protocol error, and keeps the first one's words. */
void fdev_complain(struct fdev_queue *q, const char *what);
/* Answers an administration command; bytes written. */
uint32_t fdev_admin(struct fdev *d, struct fdev_queue *q, const struct fdev_seg *s,
		unsigned int n);
/* Begins the result of a request of IPSEC as an IPv4 packet that fills it, which is all that a
 * driver looks at; false: it is no such request.
 */
bool fdev_ipsec_result(const struct fdev_seg *s, unsigned int n);

/*
 * The device thread calls this once per round.  Resets wait for a round to go
 * by so that no ring is touched after the driver has read back status 0.
 */
void fdev_heartbeat(void);
extern volatile bool fdev_thread_alive;

/* A SIGTRAP that is not a register access goes here (instruction counting). */
extern void (*fdev_step_hook)(void *ucontext);

#endif
