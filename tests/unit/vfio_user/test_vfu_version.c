/* SPDX-License-Identifier: BSD-3-Clause
 *
 * vfu_version.h: texts as clients send them, texts that are none, and our own.
 */
#include "test_vfio_user.h"

/* Field by field: what lies between them has no value. */
static void
version_same(const struct vfu_caps *a, const struct vfu_caps *b)
{
	assert_int_equal(a->max_msg_fds, b->max_msg_fds);
	assert_int_equal(a->max_data_xfer_size, b->max_data_xfer_size);
	assert_int_equal(a->max_dma_maps, b->max_dma_maps);
	assert_int_equal(a->pgsizes, b->pgsizes);
	assert_int_equal(a->twin_socket, b->twin_socket);
	assert_int_equal(a->write_multiple, b->write_multiple);
}

static int
version_parse(struct vfu_caps *caps, const char *text)
{
	/* With the NUL, as the protocol has it, and without: the same. */
	int rc = vfu_version_parse(caps, text, strlen(text) + 1);
	struct vfu_caps other;

	assert_int_equal(vfu_version_parse(&other, text, strlen(text)), rc);
	if (rc == 0)
		version_same(&other, caps);
	return rc;
}

static void
version_defaults(void **state)
{
	static const char *const text[] = { "", " ", "{}", " { } ", "{\"capabilities\":{}}",
		"{\"other\":[1,-2.5e3,{\"capabilities\":{\"max_msg_fds\":9}},null,true,\"}\"]}",
		"{\"capabilities\":{\"migration\":{\"pgsize\":1,\"max_bitmap_size\":2},\"x\":[]}}",
	};
	struct vfu_caps c;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(text) / sizeof(text[0]); i++) {
		memset(&c, 0xff, sizeof(c));
		assert_int_equal(version_parse(&c, text[i]), 0);
		assert_int_equal(c.max_msg_fds, 1);
		assert_int_equal(c.max_data_xfer_size, 1048576);
		assert_int_equal(c.max_dma_maps, 65535);
		assert_int_equal(c.pgsizes, 4096);
		assert_false(c.twin_socket);
		assert_false(c.write_multiple);
	}
	assert_int_equal(vfu_version_parse(&c, NULL, 0), 0);
}

static void
version_values(void **state)
{
	struct vfu_caps c;

	(void)state;
	assert_int_equal(version_parse(&c, "{ \"capabilities\" :\n{ \"max_msg_fds\": 8, "
			"\"max_data_xfer_size\": 00012, \"pgsizes\":2097152, \"max_dma_maps\" :3,\t"
			"\"twin_socket\": {\"supported\": true, \"fd_index\": 0}, "
			"\"write_multiple\": true}, \"tail\": \"\\\"\" }"), 0);
	assert_int_equal(c.max_msg_fds, 8);
	assert_int_equal(c.max_data_xfer_size, 12);
	assert_int_equal(c.pgsizes, 2097152);
	assert_int_equal(c.max_dma_maps, 3);
	assert_true(c.twin_socket);
	assert_true(c.write_multiple);
	assert_int_equal(version_parse(&c, "{\"capabilities\":{\"max_msg_fds\":1,"
			"\"max_msg_fds\":18446744073709551615,"
			"\"max_dma_maps\":18446744073709551616,"
			"\"pgsizes\":99999999999999999999999999}}"), 0);
	assert_true(c.max_msg_fds == UINT64_MAX);
	assert_true(c.max_dma_maps == UINT64_MAX);
	assert_true(c.pgsizes == UINT64_MAX);
}

static void
version_refused(void **state)
{
	static const char *const text[] = { "x", "[]", "{", "}", "{}}", "{} x", "{\"a\"}",
		"{\"a\":}", "{\"a\":1,}", "{a:1}", "{\"a\":1 \"b\":2}", "{\"a\":tru}", "{\"a",
		"{\"a\\", "{\"a\n\":1}", "{\"a\":[1,]}", "{\"a\":[1}", "{\"a\":[", "{\"a\":\"",
		"{\"a\":", "{\"capabilities\":1}", "{\"capabilities\":null}",
		"{\"capabilities\":{\"max_msg_fds\":\"8\"}}",
		"{\"capabilities\":{\"max_msg_fds\":-1}}",
		"{\"capabilities\":{\"max_msg_fds\":1.5}}",
		"{\"capabilities\":{\"max_msg_fds\":}}",
		"{\"capabilities\":{\"write_multiple\":1}}",
		"{\"capabilities\":{\"twin_socket\":1}}",
		"{\"capabilities\":{\"twin_socket\":{\"supported\":0}}}",
		"{\"a\":[[[[[[[[1]]]]]]]]}",
	};
	struct vfu_caps c;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(text) / sizeof(text[0]); i++)
		if (version_parse(&c, text[i]) != -EPROTO)
			fail_msg("taken: %s", text[i]);
	assert_int_equal(version_parse(&c, "{\"a\":[[[[[[[1]]]]]]]}"), 0);
}

static void
version_built(void **state)
{
	const struct vfu_caps all = { UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX, false, true };
	char text[VFU_VERSION_TEXT];
	struct vfu_caps c;
	size_t len, room;

	(void)state;
	len = vfu_version_build(text, sizeof(text), &all);
	assert_in_range(len, 2, sizeof(text));
	assert_int_equal(text[len - 1], '\0');
	assert_int_equal(strlen(text), len - 1);
	assert_int_equal(version_parse(&c, text), 0);
	assert_true(c.max_msg_fds == all.max_msg_fds && c.pgsizes == all.pgsizes);
	assert_true(c.max_data_xfer_size == all.max_data_xfer_size);
	assert_true(c.max_dma_maps == all.max_dma_maps && c.write_multiple);
	for (room = 0; room < len; room++)
		assert_int_equal(vfu_version_build(text, room, &all), 0);
}

const struct CMUnitTest vfu_version_tests[] = {
	cmocka_unit_test(version_defaults), cmocka_unit_test(version_values),
	cmocka_unit_test(version_refused), cmocka_unit_test(version_built),
};
const size_t nb_vfu_version_tests = sizeof(vfu_version_tests) / sizeof(vfu_version_tests[0]);
