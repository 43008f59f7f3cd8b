/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The vhost-vdpa transport on a device that answers what it likes.
 *
 * Input: calls of the transport, as the life cycle makes them and in other orders, changes of
 * memory in between, and, from its end, how each request is answered: as it should be, with
 * other bytes, or by an error.  The system calls end here.  Nothing waits.
 *
 * Whatever the device says: requests go to the opened device alone, only DPDK's memory is
 * mapped, no ring is disabled, and in the end the device is closed and no page is left.
 */
#include <errno.h>
#include <stdbool.h>

#include <rte_memory.h>

#include "drivers/crypto/vcrypto/transport/vhost_vdpa/transport_vhost_vdpa.h"
#include "drivers/crypto/vcrypto/transport/vhost_vdpa/vdpa_sys.h"
#include "fuzz_input.h"
#include "fuzz_log.h"
#include "lib/wire/vhost_vdpa.h"
#include "lib/wire/virtio.h"
#include "lib/wire/virtio_crypto.h"

#define MAX_CALLS	48u
#define MEM_BYTES	(64u * 4096u)
#define PAGE		4096u
#define NB_DATAQUEUES	3u
#define DEVICE_FD	1000		/* no real descriptor */
#define UP	(VIRTIO_S_ACKNOWLEDGE | VIRTIO_S_DRIVER | VIRTIO_S_FEATURES_OK)

int vcrypto_logtype = RTE_LOGTYPE_USER1;

static struct fuzz_input input;
static _Alignas(PAGE) uint8_t mem[MEM_BYTES];
static rte_mem_event_callback_t callback;
static void *callback_arg;
static uint8_t status;
static bool is_open, listed;
static unsigned int nb_pages;

/* ---- in place of DPDK's memory ---- */

int __wrap_rte_memseg_walk_thread_unsafe(rte_memseg_walk_t func, void *arg);
int
__wrap_rte_memseg_walk_thread_unsafe(rte_memseg_walk_t func, void *arg)
{
	struct rte_memseg_list msl = { 0 };
	struct rte_memseg seg[3] = {
		{ .addr = mem, .len = PAGE }, { .addr = mem + PAGE, .len = PAGE },
		{ .addr = mem + MEM_BYTES / 2, .len = MEM_BYTES / 2 },
	};
	unsigned int i;
	int rc = 0;

	for (i = 0; i < 3 && rc == 0; i++)
		rc = func(&msl, &seg[i], arg);
	return rc;
}

int __wrap_rte_mem_event_callback_register(const char *name, rte_mem_event_callback_t clb,
		void *arg);
int
__wrap_rte_mem_event_callback_register(const char *name, rte_mem_event_callback_t clb, void *arg)
{
	(void)name;
	callback = clb;
	callback_arg = arg;
	return 0;
}

int __wrap_rte_mem_event_callback_unregister(const char *name, void *arg);
int
__wrap_rte_mem_event_callback_unregister(const char *name, void *arg)
{
	(void)name;
	FUZZ_CHECK(callback != NULL && arg == callback_arg);
	callback = NULL;
	return 0;
}

/* ---- the device ---- */

int
vcrypto_vdpa_sys_open(const char *path)
{
	(void)path;
	FUZZ_CHECK(!is_open);
	if (fuzz_back_u8(&input) == 0xff)
		return -EBUSY;
	is_open = listed = true;
	status = 0;
	return DEVICE_FD;
}

void
vcrypto_vdpa_sys_close(int fd)
{
	FUZZ_CHECK(is_open && fd == DEVICE_FD && nb_pages == 0);
	is_open = false;
}

bool
vcrypto_vdpa_sys_listed(int fd)
{
	FUZZ_CHECK(is_open && fd == DEVICE_FD);
	return listed;
}

void *
vcrypto_vdpa_sys_map(int fd, size_t page, uint64_t off)
{
	FUZZ_CHECK(is_open && fd == DEVICE_FD && off % page == 0);
	if (fuzz_back_u8(&input) & 1)
		return NULL;
	nb_pages++;
	return malloc(page);
}

void
vcrypto_vdpa_sys_unmap(void *at, size_t page)
{
	(void)page;
	FUZZ_CHECK(nb_pages != 0);
	nb_pages--;
	free(at);
}

/* 0, or the error with which the device answers. */
static int
refusal(uint8_t how)
{
	switch (how) {
	case 0xff: return -ENODEV;
	case 0xfe: return -EIO;
	case 0xfd: return -ENOTTY;
	case 0xfc: return -ENOMEM;
	}
	return 0;
}

int
vcrypto_vdpa_sys_write(int fd, const void *buf, size_t len)
{
	struct vdpa_iotlb_msg m;

	FUZZ_CHECK(is_open && fd == DEVICE_FD && len == sizeof(m));
	memcpy(&m, buf, sizeof(m));
	if (m.iotlb_type == VDPA_IOTLB_UPDATE)
		FUZZ_CHECK(m.iova == m.uaddr && m.size != 0 && m.iova >= (uintptr_t)mem &&
			m.iova - (uintptr_t)mem + m.size <= MEM_BYTES);
	return refusal(fuzz_back_u8(&input));
}

static void
honest_config(struct vdpa_config *c)
{
	struct virtio_crypto_config config = {
		.status = cpu_to_le32(VIRTIO_CRYPTO_S_HW_READY),
		.max_dataqueues = cpu_to_le32(NB_DATAQUEUES),
	};

	memset(c + 1, 0, c->len);
	if (c->off < sizeof(config))
		memcpy(c + 1, (uint8_t *)&config + c->off, c->len < sizeof(config) - c->off ?
			c->len : sizeof(config) - c->off);
}

static void
honest(unsigned long request, void *arg)
{
	uint64_t v = 0;

	switch (request) {
	case VDPA_GET_DEVICE_ID: v = VIRTIO_ID_CRYPTO; break;
	case VDPA_GET_BACKEND_FEATURES: v = 0xe & ~(uint64_t)(fuzz_back_u8(&input) & 0xc); break;
	case VDPA_GET_CONFIG_SIZE: v = sizeof(struct virtio_crypto_config); break;
	case VDPA_GET_VQS_COUNT: v = NB_DATAQUEUES + 1; break;
	case VDPA_GET_VRING_NUM: v = 64; break;
	case VDPA_GET_AS_NUM: case VDPA_GET_GROUP_NUM: v = 1 + (fuzz_back_u8(&input) & 1); break;
	case VDPA_GET_STATUS: v = status; break;
	case VDPA_GET_FEATURES:
		v = VIRTIO_F_VERSION_1 | VIRTIO_F_ACCESS_PLATFORM | VIRTIO_F_RING_PACKED |
			VIRTIO_F_NOTIFICATION_DATA;
		break;
	case VDPA_GET_CONFIG: honest_config(arg); return;
	case VDPA_SET_STATUS: memcpy(&status, arg, 1); return;
	case VDPA_GET_IOVA_RANGE: memset(arg, 0, 8); memset((uint8_t *)arg + 8, 0xff, 8); return;
	case VDPA_GET_VRING_GROUP: memset((uint8_t *)arg + 4, 0, 4); return;
	default: return;
	}
	memcpy(arg, &v, _IOC_SIZE(request));
}

int
vcrypto_vdpa_sys_ioctl(int fd, unsigned long request, void *arg)
{
	const struct vdpa_vring_state *s = arg;
	uint8_t how = fuzz_back_u8(&input);
	int rc = refusal(how);

	FUZZ_CHECK(is_open && fd == DEVICE_FD);
	if (request == VDPA_SET_VRING_ENABLE)
		FUZZ_CHECK(s->num == 1);
	if (rc != 0)
		return rc;
	honest(request, arg);
	if (how < 0xf0 || (_IOC_DIR(request) & _IOC_READ) == 0)
		return 0;
	if (request == VDPA_GET_CONFIG)
		fuzz_back(&input, (struct vdpa_config *)arg + 1, ((struct vdpa_config *)arg)->len);
	else
		fuzz_back(&input, arg, _IOC_SIZE(request));
	return 0;
}

/* ---- the life cycle ---- */

struct life {
	struct vcrypto_transport *t;
	uint64_t features;
	bool negotiated, live;
};

static void
negotiate(struct life *l, uint64_t wanted)
{
	const struct vcrypto_transport_ops *ops = l->t->ops;
	uint64_t offered = 0;

	l->negotiated = l->live = false;
	if (ops->reset(l->t) != 0 || ops->set_status(l->t, VIRTIO_S_ACKNOWLEDGE) != 0 ||
			ops->set_status(l->t, VIRTIO_S_ACKNOWLEDGE | VIRTIO_S_DRIVER) != 0 ||
			ops->get_features(l->t, &offered) != 0)
		return;
	l->features = offered & wanted & l->t->traits.features_allowed;
	l->negotiated = ops->set_features(l->t, l->features) == 0 &&
		ops->set_status(l->t, UP) == 0 && ops->get_status(l->t) == UP;
}

static void
enable(struct life *l, uint16_t index, uint16_t size)
{
	struct vcrypto_queue_desc q = {
		.index = index, .size = size,
		.packed = (l->features & VIRTIO_F_RING_PACKED) != 0,
		.desc = (uintptr_t)mem, .driver = (uintptr_t)mem + 1024,
		.device = (uintptr_t)mem + 2048,
	};

	if (l->negotiated)
		(void)l->t->ops->queue_enable(l->t, &q);
}

static void
kick(struct life *l, uint16_t index)
{
	struct vcrypto_notify n;

	l->t->ops->queue_notify(l->t, index, &n);
	vcrypto_notify(&n, 0x30000);
}

static void
call(struct life *l)
{
	uint8_t op = fuzz_u8(&input), arg = fuzz_u8(&input), config[256];
	const struct vcrypto_transport_ops *ops = l->t->ops;

	switch (op % 9) {
	case 0: negotiate(l, arg & 1 ? UINT64_MAX : ~VIRTIO_F_RING_PACKED); break;
	case 1: case 2: enable(l, arg % 4, (uint16_t)(arg & 0xf0 ? 16 : arg)); break;
	case 3:
		if (l->negotiated)
			l->live = ops->set_status(l->t, UP | VIRTIO_S_DRIVER_OK) == 0;
		break;
	case 4:
		if (l->live)
			kick(l, arg % 3);
		break;
	case 5:
		callback(arg & 1 ? RTE_MEM_EVENT_ALLOC : RTE_MEM_EVENT_FREE, mem + MEM_BYTES / 2,
			MEM_BYTES / 2, callback_arg);
		break;
	case 6: FUZZ_CHECK(ops->read_config(l->t, arg / 16 * 4u, config, arg % 16 * 4u) <= 0);
		break;
	case 7:
		listed = listed && arg != 0xff;
		(void)ops->check(l->t);
		break;
	case 8: (void)ops->get_status(l->t); (void)ops->queue_max_size(l->t, arg); break;
	}
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	fuzz_log_nowhere();
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vcrypto_vdpa_args args = {
		.name = "fuzz", .path = "/dev/vhost-vdpa-0", .queues = 2, .queue_size = 64,
		.numa_node = -1,
	};
	struct life l = { 0 };
	unsigned int i;
	int rc;

	input = (struct fuzz_input){ data, size };
	args.notify_area = (fuzz_u8(&input) & 1) == 0;
	rc = vcrypto_transport_vhost_vdpa_create(&l.t, &args);
	FUZZ_CHECK(rc <= 0);
	for (i = 0; rc == 0 && i < MAX_CALLS && input.left != 0; i++)
		call(&l);
	if (rc == 0) {
		(void)l.t->ops->reset(l.t);
		l.t->ops->destroy(l.t);
	}
	FUZZ_CHECK(!is_open && nb_pages == 0 && callback == NULL);
	return 0;
}
