/* SPDX-License-Identifier: BSD-3-Clause
 *
 * fakedev: the registers and PCI configuration of an in-process virtio crypto
 * device.  See fakedev.h for how register accesses are caught.
 */
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#include "fakedev.h"

#define MAX_DEVS	32
#define TRACE_MAX	65536
#define EFLAGS_TF	0x100ULL
#define PF_WRITE	2		/* page fault error code, write bit */
#define RESET_READS	2		/* reads of queue_reset that find it going on */

#define STORE_REL(p, v)	__atomic_store_n(p, v, __ATOMIC_RELEASE)

static struct fdev *devs[MAX_DEVS];
static unsigned int nb_devs;
static volatile uint64_t heartbeat;
static __thread bool is_device_thread;

volatile bool fdev_thread_alive;
void (*fdev_step_hook)(void *ucontext);

/* The access being single-stepped by this thread. */
static __thread struct {
	struct fdev *dev;
	uint32_t off;
	bool write;
} pending;

/* ---- registers ---------------------------------------------------------- */

#define REG(d) ((struct virtio_pci_common_cfg *)(d)->shadow)

/* Where the administration queue is: behind those that num_queues counts (4.1.4.3). */
static void
admin_regs_refresh(const struct fdev *d)
{
	uint16_t index = d->o.data_queues + 1, nb = 1;

	if (!d->o.ipsec)
		return;
	memcpy(d->shadow + FDEV_COMMON_ADMIN, &index, sizeof(index));
	memcpy(d->shadow + FDEV_COMMON_NB_ADMIN, &nb, sizeof(nb));
}

/* The part of the common configuration that queue_select chooses. */
static void
queue_regs_refresh(const struct fdev *d, struct virtio_pci_common_cfg *c)
{
	const struct fdev_queue *q = &d->q[d->qsel];
	const uint16_t *reset = &q->reset_reg;

	if (d->qsel >= d->nb_queues) {
		static const uint16_t none;

		memset((uint8_t *)c + offsetof(struct virtio_pci_common_cfg, queue_size),
			0, sizeof(*c) - offsetof(struct virtio_pci_common_cfg, queue_size));
		reset = &none;
	} else {
		c->queue_size = q->size_reg;
		c->queue_msix_vector = q->vector_reg;
		c->queue_enable = q->enable_reg;
		c->queue_notify_off = d->qsel;
		c->queue_desc_lo = (uint32_t)q->desc_reg;
		c->queue_desc_hi = q->desc_reg >> 32;
		c->queue_avail_lo = (uint32_t)q->driver_reg;
		c->queue_avail_hi = q->driver_reg >> 32;
		c->queue_used_lo = (uint32_t)q->device_reg;
		c->queue_used_hi = q->device_reg >> 32;
	}
	memcpy(d->shadow + FDEV_COMMON_Q_RESET, reset, sizeof(*reset));
	admin_regs_refresh(d);
}

/* Make the shadow show what the registers read as for the current selects. */
static void
regs_refresh(struct fdev *d)
{
	struct virtio_pci_common_cfg *c = REG(d);

	c->device_feature_select = d->dfsel;
	c->device_feature = d->dfsel < 2 ? d->o.features >> (32 * d->dfsel) : 0;
	c->guest_feature_select = d->gfsel;
	c->guest_feature = d->gfsel < 2 ? d->guest_features >> (32 * d->gfsel) : 0;
	c->msix_config = d->msix_config;
	c->num_queues = d->o.data_queues + 1;
	c->device_status = d->status;
	c->config_generation = 0;
	c->queue_select = d->qsel;
	queue_regs_refresh(d, c);
}

/* The device thread ends the round it is in before a ring's memory is let go. */
static void
wait_round(void)
{
	uint64_t h = heartbeat;

	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (is_device_thread)
		return;
	while (heartbeat - h < 2 && fdev_thread_alive)
		usleep(10);
}

/* A queue as after a reset; what was counted stays. */
static void
queue_clear(struct fdev *d, unsigned int i)
{
	struct fdev_queue *q = &d->q[i], old = *q;

	memset(q, 0, sizeof(*q));
	q->index = i;
	q->kicks = old.kicks;
	q->descs = old.descs;
	q->bad = old.bad;
	q->indirect_bad = old.indirect_bad;
	memcpy(q->badmsg, old.badmsg, sizeof(q->badmsg));
	q->size_reg = i < d->o.data_queues ? d->o.data_size : d->o.ctrl_size;
	q->vector_reg = VIRTIO_MSI_NO_VECTOR;
	q->doorbell = (volatile uint32_t *)(d->shadow +
		FDEV_NOTIFY_OFF + i * FDEV_NOTIFY_MUL);
	*q->doorbell = UINT32_MAX;
}

static void
reset(struct fdev *d)
{
	unsigned int i;

	d->live = false;
	wait_round();
	d->resets++;
	d->dfsel = d->gfsel = 0;
	d->guest_features = 0;
	d->msix_config = VIRTIO_MSI_NO_VECTOR;
	d->qsel = 0;
	d->status = 0;
	for (i = 0; i < d->nb_queues; i++)
		queue_clear(d, i);
	d->shadow[FDEV_ISR_OFF] = 0;
	d->live = d->o.lax;
}

/* queue_reset: goes on for a few reads, so that a driver has to wait for it. */
static void
queue_reset(struct fdev *d, struct fdev_queue *q)
{
	q->on = false;
	wait_round();
	queue_clear(d, d->qsel);
	d->queue_resets++;
	q->reset_reg = 1;
	q->reset_reads = RESET_READS;
}

static void
queue_enable(struct fdev *d, struct fdev_queue *q)
{
	q->enable_reg = 1;
	q->size = q->size_reg;
	q->desc = (void *)(uintptr_t)q->desc_reg;
	q->driver = (void *)(uintptr_t)q->driver_reg;
	q->device = (void *)(uintptr_t)q->device_reg;
	q->packed = d->guest_features & FDEV_F(VIRTIO_F_RING_PACKED);
	q->indirect_ok = d->guest_features & FDEV_F(VIRTIO_RING_F_INDIRECT_DESC);
	q->in_order = d->guest_features & FDEV_F(FDEV_F_IN_ORDER);
	q->event_idx = d->guest_features & FDEV_F(VIRTIO_RING_F_EVENT_IDX);
	q->notify_data = d->guest_features & FDEV_F(FDEV_F_NOTIFICATION_DATA);
	fdev_queue_start(d, q);
	STORE_REL(&q->on, true);
}

/* Status written by the driver: reset, or features accepted, or the device runs. */
static void
status_write(struct fdev *d, uint8_t v)
{
	uint64_t bad, need = FDEV_F(VIRTIO_F_VERSION_1);

	if (v == 0) {
		reset(d);
		return;
	}
	d->status = v;
	if (d->o.strict)
		need |= d->o.features & FDEV_F(VIRTIO_F_ACCESS_PLATFORM);
	bad = (d->guest_features & ~d->o.features) | (need & ~d->guest_features);
	if (bad != 0)
		d->status &= ~VIRTIO_CONFIG_S_FEATURES_OK;
	if (d->status & VIRTIO_CONFIG_S_DRIVER_OK)
		STORE_REL(&d->live, true);
}

/* Registers of the selected queue.  What a driver may not write, regs_refresh undoes. */
static void
queue_write(struct fdev *d, struct fdev_queue *q, uint32_t off)
{
	const struct virtio_pci_common_cfg *c = REG(d);
	uint16_t v;

	if (off == VIRTIO_PCI_COMMON_Q_MSIX)
		q->vector_reg = c->queue_msix_vector;
	if (off == FDEV_COMMON_Q_RESET && (d->guest_features & FDEV_F(FDEV_F_RING_RESET))) {
		memcpy(&v, d->shadow + off, sizeof(v));
		if (v == 1)
			queue_reset(d, q);
	}
	if (q->enable_reg || q->reset_reg)
		return;
	switch (off) {
	case VIRTIO_PCI_COMMON_Q_SIZE:
		q->size_reg = c->queue_size;
		break;
	case VIRTIO_PCI_COMMON_Q_ENABLE:
		if (c->queue_enable == 1)	/* writing 0 has no effect */
			queue_enable(d, q);
		break;
	case VIRTIO_PCI_COMMON_Q_DESCLO:
	case VIRTIO_PCI_COMMON_Q_DESCHI:
		q->desc_reg = (uint64_t)c->queue_desc_hi << 32 | c->queue_desc_lo;
		break;
	case VIRTIO_PCI_COMMON_Q_AVAILLO:
	case VIRTIO_PCI_COMMON_Q_AVAILHI:
		q->driver_reg = (uint64_t)c->queue_avail_hi << 32 | c->queue_avail_lo;
		break;
	case VIRTIO_PCI_COMMON_Q_USEDLO:
	case VIRTIO_PCI_COMMON_Q_USEDHI:
		q->device_reg = (uint64_t)c->queue_used_hi << 32 | c->queue_used_lo;
		break;
	default:
		break;
	}
}

static void
common_write(struct fdev *d, uint32_t off)
{
	const struct virtio_pci_common_cfg *c = REG(d);
	uint64_t m;

	switch (off) {
	case VIRTIO_PCI_COMMON_DFSELECT:
		d->dfsel = c->device_feature_select;
		break;
	case VIRTIO_PCI_COMMON_GFSELECT:
		d->gfsel = c->guest_feature_select;
		break;
	case VIRTIO_PCI_COMMON_GF:
		if (d->gfsel > 1 || d->status & VIRTIO_CONFIG_S_FEATURES_OK)
			break;
		m = 0xffffffffULL << (32 * d->gfsel);
		d->guest_features = (d->guest_features & ~m) |
			((uint64_t)c->guest_feature << (32 * d->gfsel));
		break;
	case VIRTIO_PCI_COMMON_MSIX:
		d->msix_config = c->msix_config;
		break;
	case VIRTIO_PCI_COMMON_STATUS:
		status_write(d, c->device_status);
		break;
	case VIRTIO_PCI_COMMON_Q_SELECT:
		d->qsel = c->queue_select;
		break;
	default:
		if (d->qsel < d->nb_queues)
			queue_write(d, &d->q[d->qsel], off);
		break;
	}
}

/* A read that changes something. */
static void
common_read(struct fdev *d, uint32_t off)
{
	struct fdev_queue *q = &d->q[d->qsel];

	if (off == FDEV_COMMON_Q_RESET && d->qsel < d->nb_queues &&
			q->reset_reads > 0 && --q->reset_reads == 0)
		q->reset_reg = 0;
}

static void
trace(struct fdev *d, uint32_t off, bool write)
{
	if (!d->o.trace || d->ntr == TRACE_MAX)
		return;
	d->tr[d->ntr].off = off;
	d->tr[d->ntr].write = write;
	memcpy(&d->tr[d->ntr].val, d->shadow + off, sizeof(uint32_t));
	d->ntr++;
}

static void
on_segv(int sig, siginfo_t *si, void *uc_)
{
	ucontext_t *uc = uc_;
	uint8_t *a = si->si_addr;
	unsigned int i;

	for (i = 0; i < nb_devs; i++) {
		struct fdev *d = devs[i];

		if (a < d->bar || a >= d->bar + FDEV_TRAP_LEN)
			continue;
		pending.dev = d;
		pending.off = a - d->bar;
		pending.write = uc->uc_mcontext.gregs[REG_ERR] & PF_WRITE;
		mprotect(d->bar, FDEV_TRAP_LEN, PROT_READ | PROT_WRITE);
		uc->uc_mcontext.gregs[REG_EFL] |= EFLAGS_TF;
		return;
	}
	/* A genuine fault: let it happen again with the default action. */
	signal(sig, SIG_DFL);
}

static void
on_trap(int sig, siginfo_t *si, void *uc_)
{
	ucontext_t *uc = uc_;
	struct fdev *d = pending.dev;

	(void)sig;
	(void)si;
	if (d == NULL) {
		if (fdev_step_hook != NULL)
			fdev_step_hook(uc);
		return;
	}
	pending.dev = NULL;
	trace(d, pending.off, pending.write);
	if (pending.off < FDEV_ISR_OFF) {
		if (pending.write)
			common_write(d, pending.off);
		else
			common_read(d, pending.off);
		regs_refresh(d);
	} else if (pending.off == FDEV_ISR_OFF && !pending.write) {
		d->shadow[FDEV_ISR_OFF] = 0;	/* reading clears */
	}
	mprotect(d->bar, FDEV_TRAP_LEN, PROT_NONE);
	uc->uc_mcontext.gregs[REG_EFL] &= ~EFLAGS_TF;
}

int
fdev_signals_init(void)
{
	struct sigaction sa;

	memset(&sa, 0, sizeof(sa));
	sa.sa_flags = SA_SIGINFO;
	sigemptyset(&sa.sa_mask);
	sa.sa_sigaction = on_segv;
	if (sigaction(SIGSEGV, &sa, NULL) != 0)
		return -errno;
	sa.sa_sigaction = on_trap;
	if (sigaction(SIGTRAP, &sa, NULL) != 0)
		return -errno;
	return 0;
}

/* ---- PCI configuration space -------------------------------------------- */

static uint8_t
add_cap(uint8_t *cfg, uint8_t pos, uint8_t type, uint32_t off, uint32_t len,
		uint8_t next, bool notify)
{
	struct virtio_pci_notify_cap c = {
		.cap = {
			.cap_vndr = 0x09,	/* vendor specific */
			.cap_next = next,
			.cap_len = notify ? sizeof(c) : sizeof(c.cap),
			.cfg_type = type,
			.bar = FDEV_BAR,
			.offset = off,
			.length = len,
		},
		.notify_off_multiplier = FDEV_NOTIFY_MUL,
	};

	memcpy(cfg + pos, &c, c.cap.cap_len);
	return next;
}

static void
pcicfg_init(uint8_t *cfg)
{
	uint8_t p = 0x40;

	cfg[0x00] = 0xf4; cfg[0x01] = 0x1a;	/* vendor 1af4 */
	cfg[0x02] = 0x54; cfg[0x03] = 0x10;	/* device 1054: crypto */
	cfg[0x04] = 0x06;			/* memory + bus master */
	cfg[0x06] = 0x10;			/* has a capability list */
	cfg[0x08] = 0x01;			/* revision 1: modern */
	cfg[0x0a] = 0x80; cfg[0x0b] = 0x10;	/* class 1080xx, encryption */
	cfg[0x2c] = 0xf4; cfg[0x2d] = 0x1a;
	cfg[0x2e] = 0x00; cfg[0x2f] = 0x11;
	cfg[0x34] = p;

	p = add_cap(cfg, p, VIRTIO_PCI_CAP_COMMON_CFG, FDEV_COMMON_OFF, 0x1000, p + 0x10, false);
	p = add_cap(cfg, p, VIRTIO_PCI_CAP_ISR_CFG, FDEV_ISR_OFF, 0x1000, p + 0x10, false);
	p = add_cap(cfg, p, VIRTIO_PCI_CAP_DEVICE_CFG, FDEV_DEVCFG_OFF, 0x1000, p + 0x10, false);
	p = add_cap(cfg, p, VIRTIO_PCI_CAP_NOTIFY_CFG, FDEV_NOTIFY_OFF, 0x1000, p + 0x14, true);
	cfg[p] = 0x11;				/* MSI-X, present but disabled */
	cfg[p + 1] = 0;
	cfg[p + 2] = 1;				/* 2 vectors */
}

static void
devcfg_init(struct virtio_crypto_config *vc, const struct fdev_opts *o)
{
	vc->status = VIRTIO_CRYPTO_S_HW_READY;
	vc->max_dataqueues = o->data_queues;
	vc->crypto_services = 1 << VIRTIO_CRYPTO_SERVICE_CIPHER |
		1 << VIRTIO_CRYPTO_SERVICE_HASH | 1 << VIRTIO_CRYPTO_SERVICE_MAC |
		1 << VIRTIO_CRYPTO_SERVICE_AEAD;
	vc->cipher_algo_l = 1 << VIRTIO_CRYPTO_CIPHER_AES_ECB |
		1 << VIRTIO_CRYPTO_CIPHER_AES_CBC | 1 << VIRTIO_CRYPTO_CIPHER_AES_CTR;
	vc->hash_algo = 1 << VIRTIO_CRYPTO_HASH_SHA1 | 1 << VIRTIO_CRYPTO_HASH_SHA_256;
	vc->mac_algo_l = 1 << VIRTIO_CRYPTO_MAC_HMAC_SHA1 |
		1 << VIRTIO_CRYPTO_MAC_HMAC_SHA_256;
	vc->aead_algo = 1 << VIRTIO_CRYPTO_AEAD_GCM;
	vc->max_cipher_key_len = 64;
	vc->max_auth_key_len = 512;
	vc->max_size = 1 << 20;
	if (o->ipsec)
		vc->crypto_services |= 1 << FDEV_SERVICE_IPSEC;
}

/* The BAR twice: as the driver sees it, and untrapped. */
static int
bar_map(struct fdev *d)
{
	int fd = memfd_create("fakepci-bar", 0);

	if (fd < 0 || ftruncate(fd, FDEV_BAR_LEN) != 0)
		return -errno;
	d->shadow = mmap(NULL, FDEV_BAR_LEN, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	d->bar = mmap(NULL, FDEV_BAR_LEN, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	return d->shadow == MAP_FAILED || d->bar == MAP_FAILED ? -ENOMEM : 0;
}

struct fdev *
fdev_create(const struct fdev_opts *o)
{
	struct fdev *d;

	if (nb_devs == MAX_DEVS || o->data_queues + 2 > FDEV_MAX_QUEUES)
		return NULL;
	if (posix_memalign((void **)&d, FDEV_LINE, sizeof(*d)) != 0)
		return NULL;
	memset(d, 0, sizeof(*d));
	d->o = *o;
	if (o->ipsec)
		d->o.features |= FDEV_F(FDEV_F_ADMIN_VQ);
	d->nb_queues = o->data_queues + 1 + o->ipsec;
	d->next_session = 1;
	if (o->trace)
		d->tr = calloc(TRACE_MAX, sizeof(*d->tr));
	if (bar_map(d) != 0) {
		free(d->tr);
		free(d);
		return NULL;
	}
	pcicfg_init(d->pcicfg);
	devcfg_init((struct virtio_crypto_config *)(d->shadow + FDEV_DEVCFG_OFF), o);
	reset(d);
	d->resets = 0;
	regs_refresh(d);
	mprotect(d->bar, FDEV_TRAP_LEN, PROT_NONE);
	devs[nb_devs++] = d;
	return d;
}

void
fdev_trace_dump(const struct fdev *d, FILE *f)
{
	static const char * const name[] = {
		[0] = "device_feature_select", [4] = "device_feature",
		[8] = "guest_feature_select", [12] = "guest_feature",
		[16] = "msix_config", [18] = "num_queues", [20] = "device_status",
		[21] = "config_generation", [22] = "queue_select", [24] = "queue_size",
		[26] = "queue_msix_vector", [28] = "queue_enable",
		[30] = "queue_notify_off", [32] = "queue_desc_lo",
		[36] = "queue_desc_hi", [40] = "queue_driver_lo",
		[44] = "queue_driver_hi", [48] = "queue_device_lo",
		[52] = "queue_device_hi", [56] = "queue_notify_data",
		[58] = "queue_reset",
	};
	uint32_t i;

	for (i = 0; i < d->ntr; i++) {
		uint32_t off = d->tr[i].off;
		const char *n = off < 59 ? name[off] : NULL;
		uint32_t v = (uint32_t)d->tr[i].val;

		if (off == 20 || off == 21)
			v &= 0xff;
		else if (off < 32 && off >= 16)
			v &= 0xffff;
		fprintf(f, "%-5s %04x %-22s %#x\n", d->tr[i].write ? "write" : "read",
			off, off >= FDEV_DEVCFG_OFF ? "device config" :
			off >= FDEV_ISR_OFF ? "isr" : n != NULL ? n : "?", v);
	}
}

void
fdev_heartbeat(void)
{
	is_device_thread = true;
	heartbeat++;
}
