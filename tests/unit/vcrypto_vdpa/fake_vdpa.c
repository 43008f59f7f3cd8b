/* SPDX-License-Identifier: BSD-3-Clause
 *
 * See fake_vdpa.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fake_vdpa.h"
#include "transport/vhost_vdpa/vdpa_sys.h"

struct fake_vdpa fake;
unsigned int fake_countdown, fake_calls;
int fake_strike_error;
/* The kernel serialises the calls about a device. */
static pthread_mutex_t fake_lock = PTHREAD_MUTEX_INITIALIZER;

void
fake_init(void)
{
	unsigned int i;

	memset(&fake, 0, sizeof(fake));
	fake.device_id = VIRTIO_ID_CRYPTO;
	fake.config_size = sizeof(fake.config);
	fake.nb_vrings = 5;
	fake.nb_spaces = 1;
	fake.nb_groups = 1;
	fake.max_size = 256;
	fake.backend = VDPA_BACKEND_F_IOTLB_MSG_V2 | VDPA_BACKEND_F_IOTLB_BATCH |
		VDPA_BACKEND_F_IOTLB_ASID | UINT64_C(1) << 8;
	fake.features = VIRTIO_F_VERSION_1 | VIRTIO_F_ACCESS_PLATFORM | VIRTIO_F_RING_PACKED |
		VIRTIO_F_NOTIFICATION_DATA | VIRTIO_F_RING_RESET | VIRTIO_F_INDIRECT_DESC;
	fake.range.last = UINT64_MAX;
	fake.config.max_dataqueues = cpu_to_le32(4);
	fake.config.status = cpu_to_le32(VIRTIO_CRYPTO_S_HW_READY);
	fake.fd = fake.config_fd = -1;
	for (i = 0; i < FAKE_RINGS; i++)
		fake.ring[i].kick_fd = fake.ring[i].call_fd = -1;
}

void
fake_trace_clear(void)
{
	fake.trace[0] = '\0';
}

void
fake_hold(void)
{
	pthread_mutex_lock(&fake_lock);
}

void
fake_release(void)
{
	pthread_mutex_unlock(&fake_lock);
}

int
fake_strikes(void)
{
	if (fake_countdown == 0)
		return 0;
	fake_calls++;
	errno = fake_strike_error;
	return fake_calls == fake_countdown;
}

bool
fake_is_content(void)
{
	if (fake.objection != NULL)
		fprintf(stderr, "the device objects: %s\ntrace: %s\n", fake.objection, fake.trace);
	return fake.objection == NULL;
}

bool
fake_maps(const void *addr, size_t len)
{
	uint64_t at = (uintptr_t)addr;
	unsigned int i;

	for (i = 0; i < fake.nb_maps; i++)
		if (at >= fake.map[i].iova && at + len <= fake.map[i].iova + fake.map[i].size)
			return true;
	return false;
}

static void
fake_object(const char *what)
{
	if (fake.objection == NULL)
		fake.objection = what;
}

static void
fake_expect(bool well, const char *what)
{
	if (!well)
		fake_object(what);
}

static void
fake_note(const char *word)
{
	size_t n = strlen(fake.trace);

	(void)snprintf(fake.trace + n, sizeof(fake.trace) - n, "%s%s", n == 0 ? "" : " ", word);
}

static void
fake_note_num(const char *word, unsigned int n)
{
	char s[64];

	(void)snprintf(s, sizeof(s), "%s:%x", word, n);
	fake_note(s);
}

static void
fake_tell_status(void)
{
	if (fake.on_status != NULL)
		fake.on_status(fake.status);
}

/* ---- opening and mapping ---- */

int
vcrypto_vdpa_sys_open(const char *path)
{
	(void)path;
	fake_note("OPEN");
	if (fake_strikes() != 0)
		return -fake_strike_error;
	if (fake.open_error != 0)
		return -fake.open_error;
	fake_expect(fake.fd < 0, "opened twice");
	fake.fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	return fake.fd < 0 ? -EMFILE : fake.fd;
}

/* What the kernel does when the file is closed. */
void
vcrypto_vdpa_sys_close(int fd)
{
	fake_note("CLOSE");
	fake_expect(fd == fake.fd && fd >= 0, "another descriptor is closed");
	fake_expect(fake.nb_areas == 0, "pages are mapped when the file is closed");
	close(fd);
	fake_hold();
	fake.fd = -1;
	fake.status = 0;
	fake.nb_maps = 0;
	fake.owned = fake.batch = false;
	fake_tell_status();
	fake_release();
}

bool
vcrypto_vdpa_sys_listed(int fd)
{
	fake_expect(fd == fake.fd && fd >= 0, "a question about another descriptor");
	return !fake.unlisted;
}

void *
vcrypto_vdpa_sys_map(int fd, size_t page, uint64_t off)
{
	unsigned int vring = (unsigned int)(off / page);
	void *at;

	fake_expect(fd == fake.fd && off % page == 0 && vring < FAKE_RINGS, "a page of nothing");
	if (fake_strikes() != 0 || (int)vring >= fake.areas)
		return NULL;
	at = aligned_alloc(page, page);
	if (at == NULL)
		return NULL;
	memset(at, 0xee, page);
	fake_hold();
	fake.nb_areas++;
	fake.ring[vring].area = at;
	fake_release();
	return at;
}

void
vcrypto_vdpa_sys_unmap(void *at, size_t page)
{
	unsigned int i;

	(void)page;
	fake_hold();
	for (i = 0; i < FAKE_RINGS; i++)
		if (fake.ring[i].area == at)
			fake.ring[i].area = NULL;
	fake.nb_areas--;
	fake_release();
	free(at);
}

/* ---- memory ---- */

/* The kernel refuses overlaps, and removes whole mappings. */
static int
fake_update(const struct vdpa_iotlb_msg *m)
{
	unsigned int i;

	fake_expect(fake.batch || (fake.agreed_backend & VDPA_BACKEND_F_IOTLB_BATCH) == 0,
		"a mapping outside of a batch");
	fake_expect(m->perm == VDPA_ACCESS_RW && m->uaddr == m->iova && m->size != 0,
		"an odd mapping");
	fake_expect(m->iova >= fake.range.first && m->iova + m->size - 1 <= fake.range.last,
		"a mapping outside of the range");
	for (i = 0; i < fake.nb_maps; i++)
		if (m->iova < fake.map[i].iova + fake.map[i].size &&
				fake.map[i].iova < m->iova + m->size)
			return -EEXIST;
	if (fake.nb_maps == FAKE_MAPS)
		return -ENOSPC;
	fake.map[fake.nb_maps].iova = m->iova;
	fake.map[fake.nb_maps++].size = m->size;
	fake.updates++;
	return 0;
}

static void
fake_invalidate(const struct vdpa_iotlb_msg *m)
{
	uint64_t last = m->iova + (m->size - 1);
	unsigned int i = 0;

	while (i < fake.nb_maps) {
		if (fake.map[i].iova > last || fake.map[i].iova + fake.map[i].size - 1 < m->iova)
			i++;
		else
			fake.map[i] = fake.map[--fake.nb_maps];
	}
}

static int
fake_iotlb(const struct vdpa_iotlb_msg *m)
{
	switch (m->iotlb_type) {
	case VDPA_IOTLB_BATCH_BEGIN:
		fake_note("[");
		fake_expect(!fake.batch, "a batch in a batch");
		fake.batch = true;
		fake.batches++;
		return 0;
	case VDPA_IOTLB_BATCH_END:
		fake_note("]");
		fake_expect(fake.batch, "the end of no batch");
		fake.batch = false;
		return 0;
	case VDPA_IOTLB_UPDATE:
		fake_note("MAP");
		return fake_update(m);
	case VDPA_IOTLB_INVALIDATE:
		fake_note("UNMAP");
		fake_invalidate(m);
		return 0;
	}
	fake_object("an unknown message");
	return -EINVAL;
}

static int
fake_write(int fd, const void *buf, size_t len)
{
	struct vdpa_iotlb_msg m;

	fake_expect(fd == fake.fd && len == sizeof(m) && fake.owned, "a message of no sense");
	memcpy(&m, buf, sizeof(m));
	if (fake_strikes() != 0) {
		/* The front end cannot end the batch again. */
		fake.batch = fake.batch && m.iotlb_type != VDPA_IOTLB_BATCH_END;
		return -fake_strike_error;
	}
	fake_expect(m.type == VDPA_MSG_V2 && m.asid == 0, "a message of another kind");
	if (fake.iotlb_error != 0 && m.iotlb_type == fake.iotlb_refused)
		return -fake.iotlb_error;
	return fake_iotlb(&m);
}

int
vcrypto_vdpa_sys_write(int fd, const void *buf, size_t len)
{
	int rc;

	fake_hold();
	rc = fake_write(fd, buf, len);
	fake_release();
	return rc;
}

/* ---- requests about the device ---- */

static int
fake_set_status(uint8_t status)
{
	unsigned int i;

	fake_note_num("STATUS", status);
	if (status == 0) {
		if (!fake.stuck)
			fake.status = 0;
		for (i = 0; i < FAKE_RINGS; i++)
			fake.ring[i].enabled = false;
		fake.config_fd = -1;
		fake_tell_status();
		return 0;
	}
	fake_expect((fake.status & ~status) == 0, "bits of the status are cleared");
	if ((status & VIRTIO_S_DRIVER_OK) != 0) {
		fake_expect(!fake.batch, "a start within a batch");
		if (fake.idle)
			return 0;
	}
	fake.status = status;
	fake_tell_status();
	return 0;
}

static int
fake_config(struct vdpa_config *c)
{
	uint8_t *bytes = (uint8_t *)(c + 1);

	fake_expect(c->len != 0 && c->len <= 256, "an odd reading");
	if (c->off > fake.config_size || c->len > fake.config_size - c->off)
		return -E2BIG;
	memset(bytes, 0, c->len);
	if (c->off < sizeof(fake.config))
		memcpy(bytes, (uint8_t *)&fake.config + c->off,
			c->off + c->len <= sizeof(fake.config) ? c->len :
			sizeof(fake.config) - c->off);
	fake.reads++;
	if (fake.flaps)
		bytes[0] ^= (uint8_t)fake.reads;
	return 0;
}

static int
fake_put(void *arg, uint64_t v, size_t len, const char *word)
{
	fake_note(word);
	memcpy(arg, &v, len);		/* of a little-endian host */
	return 0;
}

static int
fake_device(unsigned long request, void *arg)
{
	switch (request) {
	case VDPA_GET_DEVICE_ID:
		return fake_put(arg, fake.device_id, 4, "ID");
	case VDPA_SET_OWNER:
		fake_note("OWNER");
		fake.owned = true;
		return 0;
	case VDPA_GET_BACKEND_FEATURES:
		return fake_put(arg, fake.backend, 8, "BACKEND");
	case VDPA_SET_BACKEND_FEATURES:
		fake_note("AGREE");
		memcpy(&fake.agreed_backend, arg, 8);
		fake_expect((fake.agreed_backend & ~fake.backend) == 0, "a feature not offered");
		return 0;
	case VDPA_GET_CONFIG_SIZE:
		return fake_put(arg, fake.config_size, 4, "SIZE");
	case VDPA_GET_CONFIG:
		fake_note("CONFIG");
		return fake_config(arg);
	case VDPA_GET_VQS_COUNT:
		return fake_put(arg, fake.nb_vrings, 4, "VQS");
	case VDPA_GET_VRING_NUM:
		return fake_put(arg, fake.max_size, 2, "MAX");
	case VDPA_GET_IOVA_RANGE:
		fake_note("RANGE");
		memcpy(arg, &fake.range, sizeof(fake.range));
		return 0;
	case VDPA_GET_AS_NUM:
		return fake_put(arg, fake.nb_spaces, 4, "SPACES");
	case VDPA_GET_GROUP_NUM:
		return fake_put(arg, fake.nb_groups, 4, "GROUPS");
	case VDPA_GET_STATUS:
		return fake_put(arg, fake.gone ? 0xff : fake.status, 1, "STATUS?");
	case VDPA_SET_STATUS:
		return fake_set_status(*(uint8_t *)arg);
	case VDPA_GET_FEATURES:
		return fake_put(arg, fake.features, 8, "FEATURES?");
	case VDPA_SET_FEATURES:
		fake_note("FEATURES");
		fake_expect((fake.status & VIRTIO_S_FEATURES_OK) == 0,
			"features after FEATURES_OK");
		memcpy(&fake.agreed_features, arg, 8);
		return 0;
	case VDPA_SET_CONFIG_CALL:
		fake_note("CONFIG_CALL");
		memcpy(&fake.config_fd, arg, sizeof(int));
		return 0;
	}
	fake_object("an unknown request");
	return -ENOTTY;
}

/* ---- requests about a vring ---- */

static struct fake_ring *
fake_ring(uint32_t index)
{
	fake_expect(index < fake.nb_vrings && index < FAKE_RINGS, "a vring that is not there");
	fake_expect((fake.status & VIRTIO_S_FEATURES_OK) != 0, "a vring before FEATURES_OK");
	fake_expect((fake.status & VIRTIO_S_DRIVER_OK) == 0, "a vring after DRIVER_OK");
	return &fake.ring[index % FAKE_RINGS];
}

static int
fake_vring_addr(const struct vdpa_vring_addr *a)
{
	fake_note_num("ADDR", a->index);
	fake_ring(a->index)->addr = *a;
	fake_expect(a->flags == 0 && a->log == 0, "a log");
	fake_expect(fake_maps((void *)(uintptr_t)a->desc, 16) &&
		fake_maps((void *)(uintptr_t)a->avail, 4) &&
		fake_maps((void *)(uintptr_t)a->used, 4), "a vring in memory that is not mapped");
	return 0;
}

static int
fake_vring(unsigned long request, struct vdpa_vring_state *s)
{
	struct fake_ring *r = fake_ring(s->index);

	switch (request) {
	case VDPA_SET_VRING_NUM:
		fake_note_num("NUM", s->index);
		r->num = s->num;
		return s->num == 0 || (s->num & (s->num - 1)) != 0 ? -EINVAL : 0;
	case VDPA_SET_VRING_BASE:
		fake_note_num("BASE", s->index);
		r->base = s->num;
		return 0;
	case VDPA_SET_VRING_ENABLE:
		fake_note_num("ENABLE", s->index);
		fake_expect(s->num == 1, "a vring is disabled");
		r->enabled = true;
		return 0;
	case VDPA_GET_VRING_GROUP:
		fake_note_num("GROUP", s->index);
		s->num = fake.group;
		return 0;
	case VDPA_SET_GROUP_ASID:
		fake_note_num("ASID", s->index);
		fake_expect(s->index < fake.nb_groups && s->num == 0, "an odd address space");
		return 0;
	}
	return -ENOTTY;
}

static int
fake_vring_file(unsigned long request, const struct vdpa_vring_file *f)
{
	struct fake_ring *r = fake_ring(f->index);

	fake_note_num(request == VDPA_SET_VRING_KICK ? "KICK" : "CALL", f->index);
	if (request == VDPA_SET_VRING_KICK)
		r->kick_fd = f->fd;
	else
		r->call_fd = f->fd;
	return 0;
}

static int
fake_ioctl(int fd, unsigned long request, void *arg)
{
	fake_expect(fd == fake.fd && fd >= 0, "a request of no device");
	if (fake_strikes() != 0)
		return -fake_strike_error;
	if (fake.refusal != 0 && request == fake.refused)
		return -fake.refusal;
	switch (request) {
	case VDPA_SET_VRING_ADDR:
		return fake_vring_addr(arg);
	case VDPA_SET_VRING_KICK:
	case VDPA_SET_VRING_CALL:
		return fake_vring_file(request, arg);
	case VDPA_SET_VRING_NUM:
	case VDPA_SET_VRING_BASE:
	case VDPA_SET_VRING_ENABLE:
	case VDPA_GET_VRING_GROUP:
	case VDPA_SET_GROUP_ASID:
		return fake_vring(request, arg);
	}
	return fake_device(request, arg);
}

int
vcrypto_vdpa_sys_ioctl(int fd, unsigned long request, void *arg)
{
	int rc;

	fake_hold();
	rc = fake_ioctl(fd, request, arg);
	fake_release();
	return rc;
}

uint8_t
fake_status(void)
{
	uint8_t status;

	fake_hold();
	status = fake.status;
	fake_release();
	return status;
}

void
fake_fail(void)
{
	const uint64_t one = 1;

	fake_hold();
	fake.status |= VIRTIO_S_NEEDS_RESET;
	fake_expect(fake.config_fd < 0 || write(fake.config_fd, &one, sizeof(one)) == sizeof(one),
		"a descriptor that takes no event");
	fake_release();
}
