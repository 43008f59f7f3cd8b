/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The fixture of the transport's tests, and the list of them all.
 */
#include <stdio.h>
#include <stdlib.h>

#include <rte_log.h>

#include "test_vcrypto_vdpa.h"
#include "test_lists.h"

int vcrypto_logtype = RTE_LOGTYPE_USER1;

int
setup(void **state)
{
	struct fixture *f;

	wraps_reset();
	f = calloc(1, sizeof(*f));
	if (f == NULL)
		return -1;
	f->fds_before = fds_open();
	memseg_dynamic(true);
	memseg_add(0, 0, 16);
	fake_init();
	f->args = (struct vcrypto_vdpa_args){
		.name = "vdpa0", .path = "/dev/vhost-vdpa-0", .queues = 2, .queue_size = 64,
		.notify_area = true, .numa_node = -1,
	};
	log_capture_start();
	*state = f;
	return 0;
}

int
teardown(void **state)
{
	struct fixture *f = *state;
	unsigned int before = f->fds_before, after;

	fake_countdown = 0;
	if (f->t != NULL)
		f->t->ops->destroy(f->t);
	if (memseg_watched())
		fake.objection = "the memory callback is still registered";
	else if (wraps_registered())
		fake.objection = "the interrupt's handler is still registered";
	else if (fake.fd >= 0 || fake.nb_areas != 0)
		fake.objection = "the device is still open";
	memseg_reset();
	free(f);
	after = fds_open();
	if (after != before)
		fprintf(stderr, "%u descriptors before the test, %u after\n", before, after);
	return fake_is_content() && after == before ? 0 : -1;
}

void
create(struct fixture *f)
{
	int rc = vcrypto_transport_vhost_vdpa_create(&f->t, &f->args);

	if (rc != 0)
		fprintf(stderr, "%s", log_capture_text());
	assert_int_equal(rc, 0);
}

void
destroy(struct fixture *f)
{
	f->t->ops->destroy(f->t);
	f->t = NULL;
}

void
create_fails(struct fixture *f, int rc, ...)
{
	const char *word;
	int got;
	va_list ap;

	log_capture_start();
	got = vcrypto_transport_vhost_vdpa_create(&f->t, &f->args);
	if (got != rc || log_capture_errors() != 1)
		fprintf(stderr, "%d instead of %d: %s", got, rc, log_capture_text());
	assert_int_equal(got, rc);
	assert_int_equal(log_capture_errors(), 1);
	va_start(ap, rc);
	while ((word = va_arg(ap, const char *)) != NULL) {
		if (log_capture_count(word) == 0)
			fprintf(stderr, "no '%s' in: %s", word, log_capture_text());
		assert_true(log_capture_count(word));
	}
	va_end(ap);
	assert_int_equal(fake.fd, -1);
	assert_false(memseg_watched());
	f->t = NULL;
}

int
try_negotiate(struct fixture *f, uint64_t features)
{
	const struct vcrypto_transport_ops *ops = f->t->ops;
	uint64_t offered;
	int rc = ops->reset(f->t);

	if (rc == 0)
		rc = ops->set_status(f->t, 1);
	if (rc == 0)
		rc = ops->set_status(f->t, 3);
	if (rc == 0)
		rc = ops->get_features(f->t, &offered);
	if (rc == 0)
		rc = ops->set_features(f->t, features);
	return rc == 0 ? ops->set_status(f->t, 0xb) : rc;
}

int
try_enable(struct fixture *f, uint16_t index, uint16_t size, bool packed)
{
	struct vcrypto_queue_desc q = {
		.index = index, .size = size, .packed = packed,
		.desc = (uintptr_t)memseg_at(0, index * 3u),
		.driver = (uintptr_t)memseg_at(0, index * 3u + 1),
		.device = (uintptr_t)memseg_at(0, index * 3u + 2),
	};

	return f->t->ops->queue_enable(f->t, &q);
}

int
try_bring_up(struct fixture *f, uint64_t features)
{
	bool packed = (features & VIRTIO_F_RING_PACKED) != 0;
	uint16_t i;
	int rc = try_negotiate(f, features);

	for (i = 0; i < 3 && rc == 0; i++)
		rc = try_enable(f, i, 16, packed);
	return rc == 0 ? f->t->ops->set_status(f->t, 0xf) : rc;
}

void
bring_up(struct fixture *f, uint64_t features)
{
	assert_int_equal(try_bring_up(f, features), 0);
	assert_int_equal(f->t->ops->get_status(f->t), 0xf);
	assert_int_equal(f->t->ops->check(f->t), 0);
}

int
main(void)
{
	static const struct test_list list[] = {
		{ open_tests, &nb_open_tests }, { life_tests, &nb_life_tests },
		{ memory_tests, &nb_memory_tests }, { numbers_tests, &nb_numbers_tests },
		{ fault_tests, &nb_fault_tests },
	};
	int rc;

	rte_log_set_level(RTE_LOGTYPE_USER1, RTE_LOG_ERR);
	rc = test_lists_run("vcrypto_vdpa", list, sizeof(list) / sizeof(list[0]));
	log_capture_stop();
	return rc;
}
