/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The PCI transport against the fake PCI function: queues, notifications, queue
 * reset, and a whole life with the device pulled out at any moment of it.
 */
#include <errno.h>
#include <stdio.h>

#include "pci_fixture.h"

/* ---- queues ---- */

static void
queue_sizes_read(void **state)
{
	struct pci_fixture *x = *state;
	struct vcrypto_transport *t = pci_create(x);

	x->f->queue[1].max_size = x->f->queue[1].size = 32768;
	x->f->queue[2].max_size = x->f->queue[2].size = 0;
	assert_int_equal(t->ops->queue_max_size(t, 0), MAX_SIZE);
	assert_int_equal(t->ops->queue_max_size(t, 1), 32768);
	assert_int_equal(t->ops->queue_max_size(t, 2), 0);
	assert_int_equal(t->ops->queue_max_size(t, NB_QUEUES), 0);
	assert_int_equal(t->ops->queue_max_size(t, UINT16_MAX), 0);
	assert_int_equal(log_capture_errors(), 0);

	x->f->queue[0].max_size = x->f->queue[0].size = 32769;
	assert_int_equal(t->ops->queue_max_size(t, 0), 0);
	pci_expect_line(x, "illegal size of 32769");
	fake_pci_remove(x->f);
	assert_int_equal(t->ops->queue_max_size(t, 0), 0);
	pci_expect_line(x, "is gone");
}

static void
enable_configures(void **state)
{
	struct pci_fixture *x = *state;
	struct vcrypto_transport *t;
	uint16_t i;

	x->f->nb_queues = NB_QUEUES;
	t = pci_create_up(x, BASE_FEATURES);
	for (i = NB_QUEUES; i-- > 0;) {
		struct vcrypto_queue_desc q = pci_queue_of(i, (uint16_t)(MAX_SIZE >> i));
		const struct fake_pci_queue *d = &x->f->queue[i];

		x->f->queue[i].msix_vector = 0;
		assert_int_equal(t->ops->queue_enable(t, &q), 0);
		assert_int_equal(d->enable, 1);
		assert_int_equal(d->size, q.size);
		assert_int_equal(d->msix_vector, VIRTIO_PCI_MSI_NO_VECTOR);
		assert_true(d->desc == q.desc && d->driver == q.driver && d->device == q.device);
		assert_int_equal(d->nb_enables, 1);
		/* the register reads what was set; the largest size is known still */
		assert_int_equal(t->ops->queue_max_size(t, i), MAX_SIZE);
	}
	assert_int_equal(log_capture_errors(), 0);
}

static void
enable_refuses_sizes(void **state)
{
	static const uint16_t bad[] = { 0, 3, 100, MAX_SIZE - 1, MAX_SIZE * 2, 32768, UINT16_MAX };
	struct pci_fixture *x = *state;
	struct vcrypto_transport *t = pci_create_up(x, BASE_FEATURES);
	unsigned int i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(pci_enable(t, 0, bad[i]), -EINVAL);
		pci_expect_line(x, "the device allows up to 256");
	}
	assert_int_equal(x->f->queue[0].size, MAX_SIZE);	/* nothing was written */
	assert_int_equal(x->f->queue[0].desc, 0);

	/* the device's own size is no power of two: smaller ones that are will do */
	x->f->queue[1].max_size = x->f->queue[1].size = 100;
	assert_int_equal(pci_enable(t, 1, 100), -EINVAL);
	pci_expect_line(x, "up to 100");
	assert_int_equal(pci_enable(t, 1, 64), 0);

	x->f->queue[2].max_size = x->f->queue[2].size = 40000;
	assert_int_equal(pci_enable(t, 2, 64), -EINVAL);
	pci_expect_line(x, "illegal size of 40000");
	x->f->queue[2].max_size = x->f->queue[2].size = 0;
	assert_int_equal(pci_enable(t, 2, 64), -ENXIO);
	pci_expect_line(x, "no queue 2");
	assert_int_equal(pci_enable(t, NB_QUEUES, 64), -ENXIO);
	pci_expect_line(x, "no queue 3");
}

static void
enable_packed(void **state)
{
	struct pci_fixture *x = *state;
	struct vcrypto_transport *t = pci_create_up(x, BASE_FEATURES | VIRTIO_F_RING_PACKED);
	struct vcrypto_queue_desc q = pci_queue_of(0, 100);

	assert_int_equal(t->ops->queue_enable(t, &q), -EINVAL);
	pci_expect_line(x, "a packed ring was negotiated");
	q.packed = true;
	q.size = 0;
	assert_int_equal(t->ops->queue_enable(t, &q), -EINVAL);
	pci_expect_line(x, "up to 256");
	q.size = 100;	/* any size */
	assert_int_equal(t->ops->queue_enable(t, &q), 0);
	assert_int_equal(x->f->queue[0].size, 100);
}

static void
enable_refuses_layouts(void **state)
{
	struct pci_fixture *x = *state;
	struct vcrypto_transport *t = pci_create_up(x, BASE_FEATURES);
	struct vcrypto_queue_desc q = pci_queue_of(0, 64);

	q.packed = true;
	assert_int_equal(t->ops->queue_enable(t, &q), -EINVAL);
	pci_expect_line(x, "a split ring was negotiated");
}

static void
enable_only_once(void **state)
{
	struct pci_fixture *x = *state;
	struct vcrypto_transport *t = pci_create_up(x, BASE_FEATURES);

	assert_int_equal(pci_enable(t, 0, 64), 0);
	assert_int_equal(pci_enable(t, 0, 64), -EBUSY);
	pci_expect_line(x, "enabled already");
}

static void
device_that_does_not_obey(void **state)
{
	struct pci_fixture *x = *state;
	struct vcrypto_transport *t = pci_create_up(x, BASE_FEATURES);

	x->f->size_stuck = true;
	assert_int_equal(pci_enable(t, 0, 64), -EIO);
	pci_expect_line(x, "keeps 256 entries instead of 64");
	assert_int_equal(x->f->queue[0].nb_enables, 0);
	assert_int_equal(pci_enable(t, 0, MAX_SIZE), 0);
	x->f->enable_stuck = true;
	assert_int_equal(pci_enable(t, 1, MAX_SIZE), -EIO);
	pci_expect_line(x, "did not enable queue 1");
	assert_int_equal(t->ops->set_status(t, UP | VIRTIO_S_DRIVER_OK), 0);
	pci_kick(t, 1, 0);	/* a violation if it reached the device */
}

/* ---- notifications ---- */

static void
kick_16_bits(void **state)
{
	struct pci_fixture *x = *state;
	struct vcrypto_transport *t = pci_create_up(x, BASE_FEATURES);
	struct vcrypto_notify n;
	uint16_t i;

	x->f->queue[0].notify_off = 0x0fff;	/* the last place: 4 * 0xfff + 2 fits */
	for (i = 0; i < NB_QUEUES - 1; i++)
		assert_int_equal(pci_enable(t, i, 64), 0);
	assert_int_equal(t->ops->set_status(t, UP | VIRTIO_S_DRIVER_OK), 0);
	for (i = 0; i < NB_QUEUES; i++)
		pci_kick(t, i, 0xabcd1234);
	assert_int_equal(x->f->queue[0].nb_kicks, 1);
	assert_int_equal(x->f->queue[0].last_kick, 0);
	assert_int_equal(x->f->queue[1].nb_kicks, 1);
	assert_int_equal(x->f->queue[1].last_kick, 1);
	assert_int_equal(x->f->queue[2].nb_kicks, 0);	/* never enabled */

	/* A copy, as a queue pair has it, ends where it is switched off. */
	t->ops->queue_notify(t, 1, &n);
	vcrypto_notify(&n, 0);
	vcrypto_notify_off(&n);
	vcrypto_notify(&n, 0);
	assert_int_equal(x->f->queue[1].nb_kicks, 2);
}

static void
kick_32_bits(void **state)
{
	struct pci_fixture *x = *state;
	struct vcrypto_transport *t = pci_create_up(x, BASE_FEATURES | VIRTIO_F_NOTIFICATION_DATA);

	assert_int_equal(pci_enable(t, 1, 64), 0);
	assert_int_equal(t->ops->set_status(t, UP | VIRTIO_S_DRIVER_OK), 0);
	pci_kick(t, 1, 0x8005ffff);	/* the low half is the transport's */
	assert_int_equal(x->f->queue[1].last_kick, 0x80050001);
	assert_int_equal(x->f->queue[1].nb_kicks, 1);
}

static void
kick_with_config_data(void **state)
{
	struct pci_fixture *x = *state;
	struct vcrypto_transport *t = pci_create_up(x, BASE_FEATURES | VIRTIO_F_NOTIF_CONFIG_DATA);

	x->f->queue[1].notif_config_data = 0xbeef;
	assert_int_equal(pci_enable(t, 1, 64), 0);
	assert_int_equal(t->ops->set_status(t, UP | VIRTIO_S_DRIVER_OK), 0);
	pci_kick(t, 1, 0x80050000);
	assert_int_equal(x->f->queue[1].last_kick, 0xbeef);

	x->f->device_features |= VIRTIO_F_NOTIFICATION_DATA;
	assert_int_equal(pci_negotiate(t, x->f->device_features), 0);
	assert_int_equal(pci_enable(t, 1, 64), 0);
	assert_int_equal(t->ops->set_status(t, UP | VIRTIO_S_DRIVER_OK), 0);
	pci_kick(t, 1, 0x80050000);
	assert_int_equal(x->f->queue[1].last_kick, 0x8005beef);
	assert_int_equal(x->f->queue[1].nb_kicks, 2);
}

static void
kick_with_multiplier_zero(void **state)
{
	struct pci_fixture *x = *state;
	struct virtio_pci_notify_cap *c = fake_pci_cap_at(x->f, FAKE_PCI_CAP_NOTIFY);
	struct vcrypto_transport *t;
	uint16_t i;

	c->notify_off_multiplier = cpu_to_le32(0);
	c->cap.length = cpu_to_le32(4);
	x->f->multiplier = 0;
	x->f->queue[2].notify_off = UINT16_MAX;
	t = pci_create_up(x, BASE_FEATURES | VIRTIO_F_NOTIFICATION_DATA);
	for (i = 0; i < NB_QUEUES; i++)
		assert_int_equal(pci_enable(t, i, 64), 0);
	assert_int_equal(t->ops->set_status(t, UP | VIRTIO_S_DRIVER_OK), 0);
	for (i = 0; i < NB_QUEUES; i++) {
		pci_kick(t, i, (uint32_t)i << 16);
		assert_int_equal(x->f->queue[i].last_kick, (uint32_t)i << 16 | i);
	}
}

/* The last byte of a notification must lie in the area: notify_off is not trusted. */
static void
notify_off_out_of_area(void **state)
{
	struct pci_fixture *x = *state;
	struct virtio_pci_notify_cap *c = fake_pci_cap_at(x->f, FAKE_PCI_CAP_NOTIFY);
	struct vcrypto_transport *t;

	c->cap.length = cpu_to_le32(0x102);
	t = pci_create_up(x, BASE_FEATURES);
	x->f->queue[0].notify_off = 0x41;
	assert_int_equal(pci_enable(t, 0, 64), -EINVAL);
	pci_expect_line(x, "at byte 260 of a notification area of 258");
	assert_int_equal(x->f->queue[0].nb_enables, 0);
	x->f->queue[0].notify_off = 0x40;
	assert_int_equal(pci_enable(t, 0, 64), 0);
	x->f->queue[1].notify_off = UINT16_MAX;
	assert_int_equal(pci_enable(t, 1, 64), -EINVAL);
	pci_expect_line(x, "notified at byte");

	c->cap.length = cpu_to_le32(0x101);	/* one byte of the two */
	x->t->ops->destroy(t);
	t = pci_create_up(x, BASE_FEATURES);
	x->f->queue[0].notify_off = 0x40;
	assert_int_equal(pci_enable(t, 0, 64), -EINVAL);
	pci_expect_line(x, "at byte 256 of a notification area of 257");

	/* 4 bytes are needed at the same place */
	c->cap.length = cpu_to_le32(0x102);
	x->t->ops->destroy(t);
	t = pci_create_up(x, BASE_FEATURES);
	x->f->device_features |= VIRTIO_F_NOTIFICATION_DATA;
	assert_int_equal(pci_negotiate(t, x->f->device_features), 0);
	assert_int_equal(pci_enable(t, 0, 64), -EINVAL);
	pci_expect_line(x, "at byte 256");
	x->f->queue[0].notify_off = 0x3f;
	assert_int_equal(pci_enable(t, 0, 64), 0);
}

static void
notify_off_needs_64_bits(void **state)
{
	struct pci_fixture *x = *state;
	struct vcrypto_transport *t;

	/* 2 * 0x80000000 is 0 in 32 bits */
	fake_pci_cap_at(x->f, FAKE_PCI_CAP_NOTIFY)->notify_off_multiplier =
		cpu_to_le32(0x80000000);
	t = pci_create_up(x, BASE_FEATURES);
	x->f->queue[0].notify_off = 2;
	assert_int_equal(pci_enable(t, 0, 64), -EINVAL);
	pci_expect_line(x, "at byte 4294967296");
	x->f->queue[0].notify_off = 0;
	assert_int_equal(pci_enable(t, 0, 64), 0);
}

/* ---- queue reset ---- */

static struct vcrypto_transport *
create_running(struct pci_fixture *x)
{
	struct vcrypto_transport *t = pci_create_up(x, BASE_FEATURES | VIRTIO_F_RING_RESET);

	assert_int_equal(pci_enable(t, 0, 64), 0);
	assert_int_equal(pci_enable(t, 1, 64), 0);
	assert_int_equal(t->ops->set_status(t, UP | VIRTIO_S_DRIVER_OK), 0);
	return t;
}

static void
queue_reset_and_again(void **state)
{
	struct pci_fixture *x = *state;
	struct vcrypto_transport *t = create_running(x);
	unsigned int i;

	for (i = 0; i < 4; i++) {
		x->f->queue_reset_us = i * 300000;
		x->f->queue_reset_early = i == 2;
		x->f->queue_enable_early = i == 3;
		x->f->queue_select = 1;
		assert_int_equal(t->ops->queue_reset(t, 0), 0);
		assert_int_equal(x->f->queue[0].nb_resets, i + 1);
		assert_int_equal(x->f->queue[0].enable, 0);
		assert_int_equal(x->f->queue[1].enable, 1);
		pci_kick(t, 0, 0);	/* a violation if it reached the device */
		pci_kick(t, 1, 0);
		assert_int_equal(x->f->queue[1].nb_kicks, i + 1);
		assert_int_equal(t->ops->queue_max_size(t, 0), MAX_SIZE);
		assert_int_equal(pci_enable(t, 0, (uint16_t)(16 << i)), 0);
		assert_int_equal(x->f->queue[0].size, 16 << i);
		pci_kick(t, 0, 0);
		assert_int_equal(x->f->queue[0].nb_kicks, i + 1);
	}
	assert_int_equal(log_capture_errors(), 0);
}

static void
queue_reset_of_nothing(void **state)
{
	struct pci_fixture *x = *state;
	struct vcrypto_transport *t = create_running(x);

	x->f->nb_mmio = 0;
	assert_int_equal(t->ops->queue_reset(t, 2), 0);	/* not enabled */
	assert_int_equal(t->ops->queue_reset(t, NB_QUEUES), 0);
	assert_int_equal(x->f->nb_mmio, 0);

	assert_int_equal(pci_negotiate(t, BASE_FEATURES), 0);
	assert_int_equal(pci_enable(t, 0, 64), 0);
	assert_int_equal(t->ops->queue_reset(t, 0), -ENOTSUP);	/* not negotiated */
}

static void
queue_reset_never_answered(void **state)
{
	struct pci_fixture *x = *state;
	struct vcrypto_transport *t = create_running(x);
	uint64_t before = fake_pci_now_us();

	x->f->queue_reset_us = FAKE_PCI_NEVER;
	assert_int_equal(t->ops->queue_reset(t, 0), -ETIMEDOUT);
	pci_expect_line(x, "queue 0 was not reset within 1000 ms");
	assert_true(fake_pci_now_us() - before <= 1000000);
	pci_kick(t, 0, 0);

	/* one of the two registers is not enough */
	x->f->queue_reset_early = true;
	assert_int_equal(t->ops->queue_reset(t, 1), -ETIMEDOUT);
	pci_expect_line(x, "queue 1 was not reset");
}

static void
queue_reset_of_a_removed_device(void **state)
{
	struct pci_fixture *x = *state;
	struct vcrypto_transport *t = create_running(x);

	fake_pci_remove(x->f);
	assert_int_equal(t->ops->queue_reset(t, 0), -ENODEV);
	pci_expect_line(x, "is gone");
}

/* ---- the administration queue ---- */

#define ADMIN_INDEX	700	/* far behind the others, as a device may number it */
#define ADMIN_SIZE	32

static void
admin_offer(struct pci_fixture *x, uint16_t index, uint16_t nb)
{
	x->f->admin_index = index;
	x->f->admin_num = nb;
	x->f->admin = (struct fake_pci_queue){
		.max_size = ADMIN_SIZE, .size = ADMIN_SIZE, .notify_off = 9,
		.notif_config_data = 0x1234,
	};
}

/* The administration queue with this number is set up, notified and reset like any other. */
static void
admin_lives(struct pci_fixture *x, uint16_t index)
{
	struct vcrypto_transport *t = x->t;

	assert_int_equal(t->ops->admin_queue(t), index);
	assert_int_equal(t->ops->queue_max_size(t, index), ADMIN_SIZE);
	assert_int_equal(pci_enable(t, 0, 64), 0);
	assert_int_equal(pci_enable(t, index, ADMIN_SIZE / 2), 0);
	assert_int_equal(x->f->admin.size, ADMIN_SIZE / 2);
	assert_true(x->f->admin.desc == pci_queue_of(index, 1).desc);
	assert_int_equal(t->ops->queue_max_size(t, index), ADMIN_SIZE);
	assert_int_equal(t->ops->set_status(t, UP | VIRTIO_S_DRIVER_OK), 0);
	pci_kick(t, index, 0);
	assert_int_equal(x->f->admin.nb_kicks, 1);
	assert_int_equal(x->f->queue[0].nb_kicks, 0);
	assert_int_equal(t->ops->queue_reset(t, index), 0);
	assert_int_equal(x->f->admin.nb_resets, 1);
	assert_int_equal(x->f->queue[0].nb_resets, 0);
	pci_kick(t, index, 0);	/* a violation if it reached the device */
	assert_int_equal(pci_enable(t, index, ADMIN_SIZE), 0);
	assert_int_equal(t->ops->nb_queues(t), NB_QUEUES);
}

static void
admin_queue_used(void **state)
{
	struct pci_fixture *x = *state;
	const uint64_t features = BASE_FEATURES | VIRTIO_F_RING_RESET | VIRTIO_F_ADMIN_VQ;
	static const uint16_t range[][2] = {
		{ NB_QUEUES, 1 }, { ADMIN_INDEX, 3 }, { UINT16_MAX, 1 }, { NB_QUEUES, 65533 },
	};
	size_t i;

	(void)pci_create_up(x, features);
	for (i = 0; i < sizeof(range) / sizeof(range[0]); i++) {
		admin_offer(x, range[i][0], range[i][1]);
		assert_int_equal(pci_negotiate(x->t, features), 0);
		admin_lives(x, range[i][0]);
	}
	assert_int_equal(log_capture_errors(), 0);
}

/* Neither asked for nor notified where it was not negotiated, or a reset has ended it. */
static void
admin_queue_unknown(void **state)
{
	struct pci_fixture *x = *state;
	const uint64_t features = BASE_FEATURES | VIRTIO_F_ADMIN_VQ;
	struct vcrypto_transport *t;

	admin_offer(x, ADMIN_INDEX, 1);
	t = pci_create_up(x, features);
	assert_int_equal(t->ops->queue_max_size(t, ADMIN_INDEX), 0);	/* not asked for yet */
	assert_int_equal(pci_enable(t, ADMIN_INDEX, 16), -ENXIO);
	pci_expect_line(x, "has no queue 700");
	assert_int_equal(t->ops->admin_queue(t), ADMIN_INDEX);
	assert_int_equal(t->ops->queue_max_size(t, ADMIN_INDEX + 1), 0);
	assert_int_equal(pci_enable(t, ADMIN_INDEX, 16), 0);
	assert_int_equal(t->ops->set_status(t, UP | VIRTIO_S_DRIVER_OK), 0);
	assert_int_equal(t->ops->reset(t), 0);
	pci_kick(t, ADMIN_INDEX, 0);	/* a violation if it reached the device */
	assert_int_equal(x->f->admin.nb_kicks, 0);
	assert_int_equal(t->ops->admin_queue(t), 0);
	assert_int_equal(pci_negotiate(t, BASE_FEATURES), 0);
	assert_int_equal(t->ops->admin_queue(t), 0);
	assert_int_equal(t->ops->queue_max_size(t, ADMIN_INDEX), 0);
	x->f->admin_num = 0;
	assert_int_equal(pci_negotiate(t, features), 0);
	assert_int_equal(t->ops->admin_queue(t), 0);	/* none: legal */
	assert_int_equal(log_capture_errors(), 0);
}

static void
admin_queue_out_of_range(void **state)
{
	struct pci_fixture *x = *state;
	static const uint16_t bad[][2] = {
		{ 0, 1 }, { NB_QUEUES - 1, 1 }, { NB_QUEUES, 65534 }, { UINT16_MAX, 2 },
		{ UINT16_MAX, UINT16_MAX },
	};
	struct vcrypto_transport *t;
	size_t i;

	t = pci_create_up(x, BASE_FEATURES | VIRTIO_F_ADMIN_VQ);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		admin_offer(x, bad[i][0], bad[i][1]);
		assert_int_equal(t->ops->admin_queue(t), 0);
		pci_expect_line(x, "administration queues from number");
		if (bad[i][0] >= NB_QUEUES)
			assert_int_equal(t->ops->queue_max_size(t, bad[i][0]), 0);
	}
	fake_pci_remove(x->f);
	assert_int_equal(t->ops->admin_queue(t), 0);
	pci_expect_line(x, "is gone");
}

/* ---- hooks, and the whole of it ---- */

struct seen {
	unsigned int kicks, statuses, enables, disables;
	uint8_t last_status;
};

static void
on_kick(struct fake_pci *f, void *arg, uint16_t queue, uint32_t value)
{
	struct seen *s = arg;

	assert_int_equal(queue, value);
	assert_true(f->queue[queue].desc != 0);
	s->kicks++;
}

static void
on_status(struct fake_pci *f, void *arg, uint8_t status)
{
	struct seen *s = arg;

	assert_int_equal(f->status, status);
	s->statuses++;
	s->last_status = status;
}

static void
on_queue(struct fake_pci *f, void *arg, uint16_t queue, bool enabled)
{
	struct seen *s = arg;

	assert_int_equal(f->queue[queue].enable, enabled);
	if (enabled)
		s->enables++;
	else
		s->disables++;
}

static void
device_half_is_told(void **state)
{
	struct pci_fixture *x = *state;
	struct vcrypto_transport *t;
	struct seen s = { 0 };

	x->f->hooks = (struct fake_pci_hooks){
		.arg = &s, .kick = on_kick, .status = on_status, .queue = on_queue,
	};
	t = create_running(x);
	pci_kick(t, 1, 0);
	assert_int_equal(t->ops->queue_reset(t, 1), 0);
	assert_int_equal(s.kicks, 1);
	assert_int_equal(s.enables, 2);
	assert_int_equal(s.disables, 1);
	assert_int_equal(s.statuses, 5);	/* reset, 1, 3, 0xb, 0xf */
	assert_int_equal(s.last_status, UP | VIRTIO_S_DRIVER_OK);
	assert_int_equal(t->ops->reset(t), 0);
	assert_int_equal(s.last_status, 0);
}

/* Everything that a life needs of the transport; the first error ends it. */
static int
whole_life(struct pci_fixture *x)
{
	struct virtio_crypto_config cfg;
	struct vcrypto_transport *t;
	uint16_t i;
	int ret;

	ret = vcrypto_transport_pci_create(&x->t, &x->f->dev);
	if (ret != 0)
		return ret;
	t = x->t;
	ret = pci_negotiate(t, BASE_FEATURES | VIRTIO_F_RING_RESET);
	if (ret == 0)
		ret = t->ops->read_config(t, 0, &cfg, sizeof(cfg));
	for (i = 0; ret == 0 && i < NB_QUEUES; i++)
		ret = t->ops->queue_max_size(t, i) == MAX_SIZE ? pci_enable(t, i, 64) : -ENODEV;
	if (ret == 0)
		ret = t->ops->set_status(t, UP | VIRTIO_S_DRIVER_OK);
	if (ret == 0) {
		pci_kick(t, 0, 0);
		ret = t->ops->check(t);
	}
	if (ret == 0)
		ret = t->ops->queue_reset(t, 0);
	if (ret == 0)
		ret = t->ops->reset(t);
	return ret;
}

/* Pulled out before any one of its register accesses: an error, never a hang. */
static void
removed_at_any_moment(void **state)
{
	struct pci_fixture *x = *state;
	uint64_t n, all, before;
	int ret;

	assert_int_equal(whole_life(x), 0);
	all = x->f->nb_mmio;
	assert_true(all > 50);
	for (n = 0; n < all; n++) {
		if (x->t != NULL)
			x->t->ops->destroy(x->t);
		x->t = NULL;
		x->f->nb_mmio = 0;
		x->f->gone_at = n;
		x->f->status = 0;
		x->f->queue[0].enable = x->f->queue[1].enable = x->f->queue[2].enable = 0;
		before = fake_pci_now_us();
		log_capture_start();
		ret = whole_life(x);
		/* only the last accesses (of a reset that succeeded) are not noticed */
		if (ret == 0 ? n + 1 < all : ret != -ENODEV && ret != -EPROTO)
			fail_msg("removed at access %u: %d", (unsigned int)n, ret);
		assert_true(log_capture_errors() == (ret == -ENODEV));
		assert_true(fake_pci_now_us() - before <= 2000000);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		PCI_TEST(queue_sizes_read),
		PCI_TEST(enable_configures),
		PCI_TEST(enable_refuses_sizes),
		PCI_TEST(enable_packed),
		PCI_TEST(enable_refuses_layouts),
		PCI_TEST(enable_only_once),
		PCI_TEST(device_that_does_not_obey),
		PCI_TEST(kick_16_bits),
		PCI_TEST(kick_32_bits),
		PCI_TEST(kick_with_config_data),
		PCI_TEST(kick_with_multiplier_zero),
		PCI_TEST(notify_off_out_of_area),
		PCI_TEST(notify_off_needs_64_bits),
		PCI_TEST(queue_reset_and_again),
		PCI_TEST(queue_reset_of_nothing),
		PCI_TEST(queue_reset_never_answered),
		PCI_TEST(queue_reset_of_a_removed_device),
		PCI_TEST(admin_queue_used),
		PCI_TEST(admin_queue_unknown),
		PCI_TEST(admin_queue_out_of_range),
		PCI_TEST(device_half_is_told),
		PCI_TEST(removed_at_any_moment),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
