/* SPDX-License-Identifier: BSD-3-Clause
 *
 * vhu_call and vhu_command: the far end's answer is written before the request is
 * sent, which a stream allows.
 */
#include "test_vhu.h"

#define REPLY	(VHU_VERSION | VHU_FLAG_REPLY)

static void
answer(struct pair *p, uint32_t request, uint32_t flags, const void *payload, uint32_t size)
{
	uint8_t buf[sizeof(struct vhu_header) + VHU_MAX_PAYLOAD];
	struct vhu_header h = { request, flags, size };

	memcpy(buf, &h, sizeof(h));
	if (size > 0)
		memcpy(buf + sizeof(h), payload, size);
	test_send_raw(p->far, buf, sizeof(h) + size, NULL, 0);
}

static void
answer_u64(struct pair *p, uint32_t request, uint64_t v)
{
	answer(p, request, REPLY, &v, sizeof(v));
}

/* What the far end got: its flags, checked for the rest. */
static uint32_t
request_flags(struct pair *p, uint32_t request, uint32_t size)
{
	struct vhu_header h;
	uint8_t buf[VHU_MAX_PAYLOAD];
	unsigned int nb = 0;

	assert_int_equal(vhu_recv(p->far, &h, buf, sizeof(buf), NULL, &nb, vhu_deadline(FAR)), 0);
	assert_int_equal(h.request, request);
	assert_int_equal(h.size, size);
	return h.flags;
}

static int
get_u64(struct pair *p, uint32_t request, uint64_t *v)
{
	struct vhu_out out = { .request = request };

	return vhu_call(&p->conn, &out, v, sizeof(*v), sizeof(*v), NULL);
}

static void
test_call(void **state)
{
	struct pair *p = *state;
	uint64_t v = 0;

	answer_u64(p, VHU_GET_FEATURES, 0x100000002u);
	assert_int_equal(get_u64(p, VHU_GET_FEATURES, &v), 0);
	assert_int_equal(v, 0x100000002u);
	assert_int_equal(request_flags(p, VHU_GET_FEATURES, 0), VHU_VERSION);
	assert_false(p->conn.broken);
}

static void
test_call_length_varies(void **state)
{
	struct pair *p = *state;
	struct vhu_out out = { .request = VHU_GET_CONFIG };
	uint8_t in[20], data[21] = { 1, 2, 3 };
	size_t len = 99;

	answer(p, VHU_GET_CONFIG, REPLY, NULL, 0);
	assert_int_equal(vhu_call(&p->conn, &out, in, 0, sizeof(in), &len), 0);
	assert_int_equal(len, 0);
	answer(p, VHU_GET_CONFIG, REPLY, data, 20);
	assert_int_equal(vhu_call(&p->conn, &out, in, 0, sizeof(in), &len), 0);
	assert_int_equal(len, 20);
	assert_memory_equal(in, data, 20);
	answer(p, VHU_GET_CONFIG, REPLY, data, 21);
	assert_int_equal(vhu_call(&p->conn, &out, in, 0, sizeof(in), &len), -EPROTO);
}

/* After each of these the stream can't be trusted, and is not used again. */
static void
expect_broken(struct pair *p, int rc)
{
	uint64_t v;

	assert_int_equal(get_u64(p, VHU_GET_FEATURES, &v), rc);
	assert_true(p->conn.broken);
	assert_true(vhu_gone(&p->conn));
	assert_false(vhu_hung_up(&p->conn));
	request_flags(p, VHU_GET_FEATURES, 0);
	answer_u64(p, VHU_GET_FEATURES, 1);
	assert_int_equal(get_u64(p, VHU_GET_FEATURES, &v), -ECONNRESET);
	assert_int_equal(recv(p->far, &v, 1, MSG_DONTWAIT), -1);
}

static void
test_other_request(void **state)
{
	answer_u64(*state, VHU_GET_STATUS, 1);
	expect_broken(*state, -EPROTO);
}

static void
test_no_reply_flag(void **state)
{
	uint64_t v = 1;

	answer(*state, VHU_GET_FEATURES, VHU_VERSION, &v, sizeof(v));
	expect_broken(*state, -EPROTO);
}

static void
test_reply_that_needs_reply(void **state)
{
	uint64_t v = 1;

	answer(*state, VHU_GET_FEATURES, REPLY | VHU_FLAG_NEED_REPLY, &v, sizeof(v));
	expect_broken(*state, -EPROTO);
}

static void
test_reply_too_short(void **state)
{
	uint64_t v = 1;

	answer(*state, VHU_GET_FEATURES, REPLY, &v, 4);
	expect_broken(*state, -EPROTO);
}

static void
test_reply_too_long(void **state)
{
	uint64_t v[2] = { 1, 2 };

	answer(*state, VHU_GET_FEATURES, REPLY, v, 16);
	expect_broken(*state, -EPROTO);
}

static void
test_reply_empty(void **state)
{
	answer(*state, VHU_GET_FEATURES, REPLY, NULL, 0);
	expect_broken(*state, -EPROTO);
}

static void
test_reply_with_fd(void **state)
{
	struct pair *p = *state;
	struct {
		struct vhu_header h;
		uint32_t v[2];
	} m = { { VHU_GET_FEATURES, REPLY, 8 }, { 1 } };
	unsigned int before = fds_open();
	int fd = dup(STDIN_FILENO);

	test_send_raw(p->far, &m, 20, &fd, 1);
	close(fd);
	expect_broken(p, -EPROTO);
	assert_int_equal(fds_open(), before);
}

static void
test_no_reply(void **state)
{
	struct pair *p = *state;

	p->conn.timeout_ms = NEAR;
	expect_broken(p, -ETIMEDOUT);
}

static void
test_hung_up(void **state)
{
	struct pair *p = *state;
	uint64_t v;

	assert_false(vhu_gone(&p->conn));
	assert_false(vhu_readable(&p->conn));
	test_close_far(p);
	assert_true(vhu_gone(&p->conn));
	assert_int_equal(get_u64(p, VHU_GET_FEATURES, &v), -ECONNRESET);
	assert_true(p->conn.broken);
}

static void
test_half_closed(void **state)
{
	struct pair *p = *state;

	shutdown(p->far, SHUT_WR);
	assert_true(vhu_hung_up(&p->conn));
	assert_true(vhu_gone(&p->conn));
}

/* ---- acknowledgements ---- */

static int
command(struct pair *p, uint64_t v)
{
	struct vhu_out out = { .request = VHU_SET_FEATURES, .payload = &v, .size = sizeof(v) };

	return vhu_command(&p->conn, &out);
}

static void
test_command_without_ack(void **state)
{
	struct pair *p = *state;

	assert_int_equal(command(p, 3), 0);
	assert_int_equal(request_flags(p, VHU_SET_FEATURES, 8), VHU_VERSION);
}

static void
test_command_acknowledged(void **state)
{
	struct pair *p = *state;

	p->conn.reply_ack = true;
	answer_u64(p, VHU_SET_FEATURES, 0);
	assert_int_equal(command(p, 3), 0);
	assert_int_equal(request_flags(p, VHU_SET_FEATURES, 8), VHU_VERSION | VHU_FLAG_NEED_REPLY);
}

static void
test_command_refused(void **state)
{
	struct pair *p = *state;

	p->conn.reply_ack = true;
	answer_u64(p, VHU_SET_FEATURES, 1);
	assert_int_equal(command(p, 3), -EREMOTEIO);
	assert_false(p->conn.broken);
	answer_u64(p, VHU_SET_FEATURES, 0);
	assert_int_equal(command(p, 3), 0);
}

static void
test_ack_of_other_size(void **state)
{
	struct pair *p = *state;
	uint32_t v = 0;

	p->conn.reply_ack = true;
	answer(p, VHU_SET_FEATURES, REPLY, &v, sizeof(v));
	assert_int_equal(command(p, 3), -EPROTO);
	assert_true(p->conn.broken);
}

static int
get_config(struct pair *p)
{
	struct vhu_out out = { .request = VHU_GET_CONFIG, .may_refuse = true };
	uint8_t in[20];

	return vhu_call(&p->conn, &out, in, sizeof(in), sizeof(in), NULL);
}

static void
test_call_refused(void **state)
{
	struct pair *p = *state;

	p->conn.reply_ack = true;
	answer_u64(p, VHU_GET_CONFIG, 1);
	assert_int_equal(get_config(p), -EREMOTEIO);
	assert_false(p->conn.broken);
	assert_int_equal(request_flags(p, VHU_GET_CONFIG, 0), VHU_VERSION | VHU_FLAG_NEED_REPLY);
	/* Said to be done, and no data: not to be believed. */
	answer_u64(p, VHU_GET_CONFIG, 0);
	assert_int_equal(get_config(p), -EPROTO);
	assert_true(p->conn.broken);
}

static void
test_call_refused_unasked(void **state)
{
	struct pair *p = *state;

	answer_u64(p, VHU_GET_CONFIG, 1);
	assert_int_equal(get_config(p), -EPROTO);
	assert_int_equal(request_flags(p, VHU_GET_CONFIG, 0), VHU_VERSION);
}

static void
test_call_arguments(void **state)
{
	struct pair *p = *state;
	struct vhu_out out = { .request = VHU_GET_CONFIG };
	uint8_t in[20];

	assert_int_equal(vhu_reply(&p->conn, 1, in, 0, VHU_MAX_PAYLOAD + 1, NULL, 0), -EINVAL);
	assert_int_equal(vhu_reply(&p->conn, 1, in, 8, 4, NULL, 0), -EINVAL);
	assert_int_equal(vhu_reply(&p->conn, 1, in, 4, 8, NULL, 0), -EINVAL);
	out.size = VHU_MAX_PAYLOAD + 1;
	out.payload = in;
	assert_int_equal(vhu_command(&p->conn, &out), -EINVAL);
	assert_false(p->conn.broken);
}

static void
test_post_then_reply(void **state)
{
	struct pair *p = *state;
	struct vhu_out out = { .request = VHU_GET_STATUS };
	uint64_t v = 0;

	assert_int_equal(vhu_post(&p->conn, &out, vhu_deadline(FAR)), 0);
	assert_false(vhu_readable(&p->conn));
	answer_u64(p, VHU_GET_STATUS, 7);
	assert_true(vhu_readable(&p->conn));
	assert_int_equal(vhu_reply(&p->conn, VHU_GET_STATUS, &v, 8, 8, NULL, vhu_deadline(FAR)), 0);
	assert_int_equal(v, 7);
}

static void
test_words(void **state)
{
	static const int errors[] = { -ECONNRESET, -ETIMEDOUT, -EREMOTEIO, -EPROTO, -ENOMEM };
	size_t i, k;

	(void)state;
	assert_string_equal(vhu_request_name(VHU_GET_STATUS), "GET_STATUS");
	assert_string_equal(vhu_request_name(VHU_GET_FEATURES), "GET_FEATURES");
	for (i = 0; i < 100; i++)
		assert_non_null(vhu_request_name((uint32_t)i));
	assert_non_null(vhu_request_name(UINT32_MAX));
	for (i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		for (k = 0; k < i; k++)
			assert_string_not_equal(vhu_error_text(errors[i]),
				vhu_error_text(errors[k]));
}

const struct CMUnitTest vhu_call_tests[] = {
	T(test_call), T(test_call_length_varies), T(test_other_request), T(test_no_reply_flag),
	T(test_reply_that_needs_reply), T(test_reply_too_short), T(test_reply_too_long),
	T(test_reply_empty), T(test_reply_with_fd), T(test_no_reply), T(test_hung_up),
	T(test_half_closed), T(test_command_without_ack), T(test_command_acknowledged),
	T(test_command_refused), T(test_ack_of_other_size), T(test_call_refused),
	T(test_call_refused_unasked), T(test_call_arguments), T(test_post_then_reply),
	T(test_words),
};
const size_t nb_vhu_call_tests = sizeof(vhu_call_tests) / sizeof(vhu_call_tests[0]);
