/* SPDX-License-Identifier: BSD-3-Clause
 *
 * From reset to DRIVER_OK and back: the order of requests, queues, notifications, changes
 * that the device reports, and devices that fail.
 */
#include <unistd.h>

#include "test_vcrypto_vdpa.h"
#include "device/vcrypto_notify.h"

static void
test_sequence(void **state)
{
	struct fixture *f = *state;

	fake.ring[0].call_fd = 77;	/* of a process that had the device before */
	create(f);
	fake_trace_clear();
	assert_int_equal(try_bring_up(f, VDPA_FEATURES_USED), 0);
	assert_string_equal(fake.trace, "STATUS:0 STATUS? STATUS:1 STATUS:3 FEATURES? FEATURES "
		"STATUS:b [ UNMAP MAP ] CALL:0 NUM:0 BASE:0 ADDR:0 KICK:0 "
		"CALL:1 NUM:1 BASE:1 ADDR:1 KICK:1 CALL:4 NUM:4 BASE:4 ADDR:4 KICK:4 "
		"ENABLE:0 ENABLE:1 ENABLE:4 STATUS:f STATUS?");
	assert_int_equal(fake.agreed_features, VDPA_FEATURES_USED);
	/* The control queue is the vring behind all data queues, used or not. */
	assert_true(fake.ring[4].enabled && !fake.ring[2].enabled);
	assert_int_equal(fake.ring[4].addr.desc, (uintptr_t)memseg_at(0, 6));
	assert_int_equal(fake.ring[4].addr.avail, (uintptr_t)memseg_at(0, 7));
	assert_int_equal(fake.ring[4].addr.used, (uintptr_t)memseg_at(0, 8));
	assert_int_equal(fake.ring[0].base, 0);
	assert_int_equal(fake.ring[0].call_fd, VDPA_NO_FD);	/* the driver polls */
	fake_trace_clear();
	assert_int_equal(f->t->ops->reset(f->t), 0);
	assert_string_equal(fake.trace, "STATUS:0 STATUS? [ UNMAP ]");
	assert_int_equal(fake.nb_maps, 0);
	assert_int_equal(f->t->ops->get_status(f->t), 0);
	bring_up(f, VDPA_FEATURES_USED);
	assert_int_equal(log_capture_errors(), 0);
}

static void
test_packed(void **state)
{
	struct fixture *f = *state;

	create(f);
	bring_up(f, VDPA_FEATURES_USED | VIRTIO_F_RING_PACKED);
	/* Both wrap counters are 1, and both indices 0. */
	assert_int_equal(fake.ring[0].base, 0x80008000);
	assert_int_equal(fake.ring[4].base, 0x80008000);
}

static void
test_groups(void **state)
{
	struct fixture *f = *state;

	fake.nb_spaces = 2;
	fake.nb_groups = 3;
	fake.group = 2;
	create(f);
	fake_trace_clear();
	bring_up(f, VDPA_FEATURES_USED);
	assert_non_null(strstr(fake.trace, "GROUP:0 ASID:2 CALL:0"));
	assert_non_null(strstr(fake.trace, "GROUP:4 ASID:2 CALL:4"));
	assert_int_equal(f->t->ops->reset(f->t), 0);
	fake.group = 3;
	assert_int_equal(try_bring_up(f, VDPA_FEATURES_USED), -EPROTO);
	assert_true(log_capture_count("in group 3"));
	assert_int_equal(f->t->ops->reset(f->t), 0);
}

static void
test_illegal_queues(void **state)
{
	struct fixture *f = *state;

	create(f);
	assert_int_equal(try_negotiate(f, VDPA_FEATURES_USED), 0);
	assert_int_equal(try_enable(f, 3, 16, false), -EINVAL);
	assert_int_equal(try_enable(f, 0, 0, false), -EINVAL);
	assert_int_equal(try_enable(f, 0, 24, false), -EINVAL);
	assert_int_equal(try_enable(f, 0, 128, false), -EINVAL);
	assert_int_equal(try_enable(f, 0, 16, true), -EINVAL);
	assert_int_equal(try_enable(f, 0, 16, false), 0);
	assert_int_equal(try_enable(f, 0, 16, false), -EBUSY);
	assert_int_equal(f->t->ops->set_status(f->t, 0xf), 0);
	assert_int_equal(try_enable(f, 1, 16, false), -EBUSY);
	assert_int_equal(f->t->ops->set_status(f->t, 0), -EINVAL);
	assert_int_equal(log_capture_errors(), 8);
	assert_null(f->t->ops->queue_reset);
}

static void
test_features(void **state)
{
	struct fixture *f = *state;

	create(f);
	assert_int_equal(try_negotiate(f, VDPA_FEATURES_USED | VIRTIO_F_RING_RESET), -EINVAL);
	assert_true(log_capture_count("cannot carry"));
	fake.refused = VDPA_SET_FEATURES;
	fake.refusal = EOPNOTSUPP;
	assert_int_equal(try_negotiate(f, VDPA_FEATURES_USED), -EOPNOTSUPP);
	assert_true(log_capture_count("packed_vq=1"));
	fake_trace_clear();
	assert_int_equal(try_negotiate(f, VIRTIO_F_VERSION_1), -ENOTSUP);
	assert_true(log_capture_count("does not offer ACCESS_PLATFORM"));
	assert_null(strstr(fake.trace, " FEATURES "));	/* the device is not told any */
	assert_int_equal(log_capture_errors(), 3);
}

/* ---- notifications ---- */

static uint64_t
kicks_of(const struct fake_ring *r)
{
	uint64_t n = 0;

	return read(r->kick_fd, &n, sizeof(n)) == sizeof(n) ? n : 0;
}

static void
test_events(void **state)
{
	struct fixture *f = *state;
	struct vcrypto_notify n;

	create(f);
	assert_true(f->t->traits.event_kicks && !f->t->traits.own_registers);
	assert_int_equal(f->t->traits.features_allowed & VIRTIO_F_NOTIFICATION_DATA, 0);
	f->t->ops->queue_notify(f->t, 0, &n);
	assert_int_equal(n.how, VCRYPTO_NOTIFY_OFF);
	bring_up(f, VDPA_FEATURES_USED);
	f->t->ops->queue_notify(f->t, 2, &n);
	assert_int_equal(n.how, VCRYPTO_NOTIFY_EVENT);
	assert_int_equal(kicks_of(&fake.ring[4]), 0);
	vcrypto_notify(&n, 0);
	assert_int_equal(kicks_of(&fake.ring[4]), 1);
	assert_int_equal(kicks_of(&fake.ring[0]), 0);
	/* What was not consumed does not reach the next life. */
	vcrypto_notify(&n, 0);
	assert_int_equal(f->t->ops->reset(f->t), 0);
	f->t->ops->queue_notify(f->t, 2, &n);
	assert_int_equal(n.how, VCRYPTO_NOTIFY_OFF);
	bring_up(f, VDPA_FEATURES_USED);
	assert_int_equal(kicks_of(&fake.ring[4]), 0);
}

static uint32_t
area_word(unsigned int vring)
{
	uint32_t v;

	memcpy(&v, fake.ring[vring].area, sizeof(v));
	return v;
}

static void
test_areas(void **state)
{
	struct fixture *f = *state;
	struct vcrypto_notify n;

	fake.areas = 5;
	create(f);
	assert_int_equal(fake.nb_areas, 3);
	assert_true(!f->t->traits.event_kicks && f->t->traits.own_registers);
	bring_up(f, VDPA_FEATURES_USED);
	f->t->ops->queue_notify(f->t, 2, &n);
	assert_int_equal(n.how, VCRYPTO_NOTIFY_REG16);
	vcrypto_notify(&n, 0x12340000);
	assert_int_equal(area_word(4), 0xeeee0004);
	assert_int_equal(f->t->ops->reset(f->t), 0);
	bring_up(f, VDPA_FEATURES_USED | VIRTIO_F_NOTIFICATION_DATA);
	f->t->ops->queue_notify(f->t, 2, &n);
	assert_int_equal(n.how, VCRYPTO_NOTIFY_REG32);
	vcrypto_notify(&n, 0x12340002);
	assert_int_equal(area_word(4), 0x12340004);
	assert_int_equal(area_word(0), 0xeeeeeeee);
}

static void
test_some_areas(void **state)
{
	struct fixture *f = *state;

	fake.areas = 4;			/* the control queue has none */
	create(f);
	assert_int_equal(fake.nb_areas, 0);
	assert_true(f->t->traits.event_kicks);
	bring_up(f, VDPA_FEATURES_USED);
	destroy(f);
	fake.areas = 5;
	f->args.notify_area = false;
	create(f);
	assert_int_equal(fake.nb_areas, 0);
	assert_true(f->t->traits.event_kicks && !f->t->traits.own_registers);
}

/* ---- devices that fail ---- */

static void
test_stuck(void **state)
{
	struct fixture *f = *state;

	create(f);
	bring_up(f, VDPA_FEATURES_USED);
	fake.stuck = true;
	assert_int_equal(f->t->ops->reset(f->t), -ETIMEDOUT);
	assert_int_equal(wraps_slept, 1000);
	assert_true(log_capture_count("did not finish a reset within 1000 ms"));
	assert_int_equal(log_capture_errors(), 1);
	/* Whatever it does, it reaches no memory. */
	assert_int_equal(fake.nb_maps, 0);
	fake.stuck = false;
	assert_int_equal(f->t->ops->reset(f->t), 0);
	bring_up(f, VDPA_FEATURES_USED);
	fake.refused = VDPA_SET_STATUS;
	fake.refusal = EIO;
	assert_int_equal(f->t->ops->reset(f->t), -ETIMEDOUT);
}

/* A virtio function with too few interrupt vectors. */
static void
test_does_not_start(void **state)
{
	struct fixture *f = *state;

	create(f);
	fake.idle = true;
	assert_int_equal(try_bring_up(f, VDPA_FEATURES_USED), -EIO);
	assert_true(log_capture_count("interrupt vectors"));
	assert_int_equal(f->t->ops->reset(f->t), 0);
	assert_int_equal(fake.nb_maps, 0);
}

static void
test_needs_reset(void **state)
{
	struct fixture *f = *state;

	create(f);
	bring_up(f, VDPA_FEATURES_USED);
	fake.status |= VIRTIO_S_NEEDS_RESET;
	/* Asked for at most once in 10 ms. */
	assert_int_equal(f->t->ops->check(f->t), 0);
	wraps_now_ms += 10;
	assert_int_equal(f->t->ops->check(f->t), -EIO);
	assert_int_equal(f->t->ops->check(f->t), -EIO);
	assert_int_equal(f->t->ops->get_status(f->t), 0xf | VIRTIO_S_NEEDS_RESET);
	assert_int_equal(log_capture_errors(), 1);
	assert_int_equal(f->t->ops->reset(f->t), 0);
	assert_int_equal(f->t->ops->check(f->t), 0);
	bring_up(f, VDPA_FEATURES_USED);
	fake.status = 0;			/* its daemon has ended */
	wraps_now_ms += 10;
	assert_int_equal(f->t->ops->check(f->t), -EIO);
	assert_true(log_capture_count("has stopped by itself"));
}

static void
test_gone(void **state)
{
	struct fixture *f = *state;

	create(f);
	bring_up(f, VDPA_FEATURES_USED);
	fake.gone = true;
	wraps_now_ms += 10;
	assert_int_equal(f->t->ops->check(f->t), -ENODEV);
	assert_int_equal(f->t->ops->check(f->t), -ENODEV);
	assert_true((f->t->ops->get_status(f->t) & VIRTIO_S_NEEDS_RESET) != 0);
	assert_int_equal(f->t->ops->reset(f->t), -ENODEV);
	assert_int_equal(log_capture_errors(), 1);
	assert_false(f->t->traits.may_return);
}

/* vdpa dev del: the device works on, and the kernel waits for its user. */
static void
test_leaving(void **state)
{
	struct fixture *f = *state;

	create(f);
	bring_up(f, VDPA_FEATURES_USED);
	fake.unlisted = true;
	assert_int_equal(f->t->ops->check(f->t), 0);
	wraps_now_ms += 10;
	assert_int_equal(f->t->ops->check(f->t), -ENODEV);
	assert_int_equal(f->t->ops->check(f->t), -ENODEV);
	assert_true(log_capture_count("is being taken away"));
	/* It is reset, and reaches no memory any more. */
	assert_int_equal(f->t->ops->reset(f->t), 0);
	assert_int_equal(fake.status, 0);
	assert_int_equal(fake.nb_maps, 0);
	assert_int_equal(f->t->ops->check(f->t), -ENODEV);
	assert_int_equal(log_capture_errors(), 1);
}

/* Without sysfs there is nothing to be learned from it. */
static void
test_never_listed(void **state)
{
	struct fixture *f = *state;

	fake.unlisted = true;
	create(f);
	bring_up(f, VDPA_FEATURES_USED);
	wraps_now_ms += 10;
	assert_int_equal(f->t->ops->check(f->t), 0);
	assert_int_equal(log_capture_errors(), 0);
}

/* ---- configuration interrupts ---- */

struct heard {
	unsigned int n;
	bool more;
};

static bool
hear(void *arg)
{
	struct heard *h = arg;

	h->n++;
	return h->more;
}

static void
config_interrupt(void)
{
	const uint64_t one = 1;

	assert_true(fake.config_fd >= 0);
	assert_int_equal(write(fake.config_fd, &one, sizeof(one)), sizeof(one));
}

static void
test_interrupt(void **state)
{
	struct fixture *f = *state;
	struct heard h = { .more = true };

	create(f);
	f->t->ops->listen(f->t, hear, &h);
	assert_int_equal(fake.config_fd, -1);	/* from DRIVER_OK on */
	bring_up(f, VDPA_FEATURES_USED);
	config_interrupt();
	assert_true(wraps_interrupt());
	assert_false(wraps_interrupt());	/* it was consumed */
	assert_int_equal(h.n, 1);
	/* A check that a hint has caused asks at once. */
	fake.status |= VIRTIO_S_NEEDS_RESET;
	assert_int_equal(f->t->ops->check(f->t), -EIO);
	/* A reset drops it (VDUSE), and the next start gives it again. */
	assert_int_equal(f->t->ops->reset(f->t), 0);
	assert_int_equal(fake.config_fd, -1);
	bring_up(f, VDPA_FEATURES_USED);
	h.more = false;
	config_interrupt();
	assert_true(wraps_interrupt());
	assert_false(wraps_registered());
	f->t->ops->unlisten(f->t);
	assert_int_equal(fake.config_fd, VDPA_NO_FD);
	f->t->ops->listen(f->t, hear, &h);	/* at once: the device runs */
	config_interrupt();
	assert_true(wraps_interrupt());
	assert_int_equal(h.n, 3);
}

static void
test_no_interrupt(void **state)
{
	struct fixture *f = *state;
	struct heard h = { .more = true };

	fake.refused = VDPA_SET_CONFIG_CALL;
	fake.refusal = EOPNOTSUPP;
	create(f);
	f->t->ops->listen(f->t, hear, &h);
	bring_up(f, VDPA_FEATURES_USED);
	f->t->ops->unlisten(f->t);
	assert_int_equal(log_capture_errors(), 0);
}

const struct CMUnitTest life_tests[] = {
	T(test_sequence), T(test_packed), T(test_groups), T(test_illegal_queues), T(test_features),
	T(test_events), T(test_areas), T(test_some_areas), T(test_stuck), T(test_does_not_start),
	T(test_needs_reset), T(test_gone), T(test_leaving), T(test_never_listed),
	T(test_interrupt), T(test_no_interrupt),
};
const size_t nb_life_tests = sizeof(life_tests) / sizeof(life_tests[0]);
