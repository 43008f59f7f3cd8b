/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The fixture of the transport's tests, and the list of them all.
 */
#include <stdio.h>
#include <stdlib.h>

#include <rte_log.h>

#include "test_vcrypto_vhu.h"
#include "test_lists.h"

int vcrypto_logtype = RTE_LOGTYPE_USER1;

int
setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	if (f == NULL)
		return -1;
	f->fds_before = fds_open();
	memseg_dynamic(true);
	memseg_add(0, 0, 16);
	backend_init(&f->fb);
	virtual_time_of(&f->fb);
	f->args = (struct vcrypto_vhu_args){
		.name = "vhu0", .path = f->fb.path, .queues = 2, .queue_size = 64,
		.numa_node = -1, .timeout_ms = TIMEOUT,
	};
	log_capture_start();
	*state = f;
	return 0;
}

int
teardown(void **state)
{
	struct fixture *f = *state;
	const char *objection = f->fb.objection;
	unsigned int before = f->fds_before, after;

	if (f->fb.held)		/* the test failed in between */
		backend_unlock(&f->fb);
	if (f->t != NULL)
		f->t->ops->destroy(f->t);
	backend_stop(&f->fb);
	if (f->fb.objection != NULL)
		objection = f->fb.objection;
	if (memseg_watched())
		objection = "the memory callback is still registered";
	memseg_reset();
	virtual_time_of(NULL);
	free(f);
	after = fds_open();
	if (after != before)
		fprintf(stderr, "%u descriptors before the test, %u after\n", before, after);
	if (objection != NULL)
		fprintf(stderr, "the back end objects: %s\n", objection);
	return after == before && objection == NULL ? 0 : -1;
}

void
create(struct fixture *f)
{
	int rc = vcrypto_transport_vhost_user_create(&f->t, &f->args);

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
	unsigned int before = fds_open();
	const char *word;
	int got;
	va_list ap;

	log_capture_start();
	got = vcrypto_transport_vhost_user_create(&f->t, &f->args);
	if (got != rc)
		fprintf(stderr, "%d instead of %d: %s", got, rc, log_capture_text());
	assert_int_equal(got, rc);
	if (log_capture_errors() != 1)
		fprintf(stderr, "%s", log_capture_text());
	assert_int_equal(log_capture_errors(), 1);
	va_start(ap, rc);
	while ((word = va_arg(ap, const char *)) != NULL) {
		if (log_capture_count(word) == 0)
			fprintf(stderr, "no '%s' in: %s", word, log_capture_text());
		assert_true(log_capture_count(word));
	}
	va_end(ap);
	/* The back end's own may still be closing. */
	assert_true(f->fb.running || fds_open() == before);
	f->t = NULL;
}

void
kick(struct fixture *f, uint16_t index)
{
	struct vcrypto_notify n;

	f->t->ops->queue_notify(f->t, index, &n);
	vcrypto_notify(&n, 0);
}

void
negotiate(struct fixture *f, uint64_t features)
{
	const struct vcrypto_transport_ops *ops = f->t->ops;
	uint64_t offered = 0;

	assert_int_equal(ops->reset(f->t), 0);
	assert_int_equal(ops->get_status(f->t), 0);
	assert_int_equal(ops->set_status(f->t, VIRTIO_S_ACKNOWLEDGE), 0);
	assert_int_equal(ops->set_status(f->t, VIRTIO_S_ACKNOWLEDGE | VIRTIO_S_DRIVER), 0);
	assert_int_equal(ops->get_features(f->t, &offered), 0);
	assert_int_equal(offered & features, features);
	assert_int_equal(offered & VHU_F_PROTOCOL_FEATURES, 0);
	assert_int_equal(ops->set_features(f->t, features), 0);
	assert_int_equal(ops->set_status(f->t, 0xb), 0);
	assert_int_equal(ops->get_status(f->t), 0xb);
}

static int
set_queue(struct fixture *f, uint16_t index, uint16_t size, bool packed)
{
	struct vcrypto_queue_desc q = {
		.index = index, .size = size, .packed = packed,
		.desc = (uintptr_t)memseg_at(0, index * 3u),
		.driver = (uintptr_t)memseg_at(0, index * 3u + 1),
		.device = (uintptr_t)memseg_at(0, index * 3u + 2),
	};

	return f->t->ops->queue_enable(f->t, &q);
}

void
enable_queue(struct fixture *f, uint16_t index, uint16_t size, bool packed)
{
	assert_int_equal(set_queue(f, index, size, packed), 0);
}

void
driver_ok(struct fixture *f)
{
	assert_int_equal(f->t->ops->set_status(f->t, 0xf), 0);
	assert_int_equal(f->t->ops->get_status(f->t), 0xf);
}

void
bring_up(struct fixture *f, uint64_t features)
{
	bool packed = (features & VIRTIO_F_RING_PACKED) != 0;

	negotiate(f, features);
	enable_queue(f, 0, 64, packed);
	enable_queue(f, 1, 32, packed);
	if (f->t->traits.has_ctrlq)
		enable_queue(f, 2, 16, packed);
	driver_ok(f);
}

int
try_bring_up(struct fixture *f)
{
	const struct vcrypto_transport_ops *ops = f->t->ops;
	uint64_t features;
	uint16_t i;
	int rc = ops->reset(f->t);

	if (rc == 0)
		rc = ops->set_status(f->t, 1);
	if (rc == 0)
		rc = ops->set_status(f->t, 3);
	if (rc == 0)
		rc = ops->get_features(f->t, &features);
	if (rc == 0)
		rc = ops->set_features(f->t, VIRTIO_F_VERSION_1);
	if (rc == 0)
		rc = ops->set_status(f->t, 0xb);
	for (i = 0; i < 3 && rc == 0; i++)
		rc = set_queue(f, i, 16, false);
	return rc == 0 ? ops->set_status(f->t, 0xf) : rc;
}

int
main(void)
{
	static const struct test_list list[] = {
		{ handshake_tests, &nb_handshake_tests }, { rings_tests, &nb_rings_tests },
		{ memory_tests, &nb_memory_tests }, { session_tests, &nb_session_tests },
		{ life_tests, &nb_life_tests }, { fault_tests, &nb_fault_tests },
	};
	int rc;

	rte_log_set_level(RTE_LOGTYPE_USER1, RTE_LOG_ERR);
	rc = test_lists_run("vcrypto_vhu", list, sizeof(list) / sizeof(list[0]));
	log_capture_stop();
	return rc;
}
