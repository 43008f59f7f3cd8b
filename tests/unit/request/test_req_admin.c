/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Administration commands and their results against layouts written out by hand from virtio
 * 1.4, 2.12: build gives these bytes, parse gives the parameters back; lengths of either side
 * do no harm, and each field that is not understood is refused as the standard wants it.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "req_admin.h"
#include "req_test.h"

static const uint8_t object[13] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13 };

#define HEADER(opcode)	opcode " 0000 00*12 00*8 "

static const struct {
	struct req_admin c;
	const char *bytes;
	unsigned int known;	/* bytes; what is cut off behind them is no parameter */
} cmd_case[] = {
	{ { .opcode = 0x0 }, HEADER("0000"), 1 },
	{ { .opcode = 0x1, .opcodes = 0x2783 }, HEADER("0100") "8327 00*6", 26 },
	{ { .opcode = 0x7 }, HEADER("0700"), 1 },
	{ { .opcode = 0x8, .cap_id = 0x801 }, HEADER("0800") "0108 00*6", 26 },
	{ { .opcode = 0x9, .cap_id = 0x800, .data = object, .data_len = 8 },
		HEADER("0900") "0008 00*6 0102030405060708", 40 },
	{ { .opcode = 0xa, .obj_type = 0x201, .obj_id = 0x11223344, .data = object,
		.data_len = 13 },
		HEADER("0a00") "0102 0000 44332211 00*8 0102030405060708090a0b0c0d 00*3", 53 },
	{ { .opcode = 0xb, .obj_type = 0x200, .obj_id = 7 },
		HEADER("0b00") "0002 0000 07000000 00*8", 29 },
	{ { .opcode = 0xc, .obj_type = 0x200, .obj_id = 0xffffffff, .data = object,
		.data_len = 1 },
		HEADER("0c00") "0002 0000 ffffffff 00*8 01 00*7", 41 },
	{ { .opcode = 0xd, .obj_type = 0x201, .obj_id = 0x01000000 },
		HEADER("0d00") "0102 0000 00000001", 32 },
};

static void
same_command(const struct req_admin *got, const struct req_admin *want)
{
	assert_int_equal(got->opcode, want->opcode);
	assert_true(got->opcodes == want->opcodes);
	assert_int_equal(got->cap_id, want->cap_id);
	assert_int_equal(got->obj_type, want->obj_type);
	assert_int_equal(got->obj_id, want->obj_id);
	/* Padding belongs to the data: the device cannot tell. */
	assert_true(got->data_len >= want->data_len);
	assert_true(got->data_len < want->data_len + VIRTIO_ADMIN_ALIGN);
	if (want->data_len != 0)
		assert_memory_equal(got->data, want->data, want->data_len);
	else
		assert_null(got->data);
}

static void
commands_have_golden_bytes(void **state)
{
	uint8_t want[REQ_TEST_MAX], got[REQ_TEST_MAX];
	struct req_admin_status why;
	struct req_admin c;
	uint8_t *p;
	size_t i, n;

	(void)state;
	for (i = 0; i < DIM(cmd_case); i++) {
		n = hex(want, cmd_case[i].bytes);
		assert_int_equal(n % VIRTIO_ADMIN_ALIGN, 0);
		print_message("  %s\n", req_admin_opcode_name(cmd_case[i].c.opcode));
		memset(got, 0x5a, sizeof(got));
		assert_int_equal(req_admin_build(got, n - 1, &cmd_case[i].c), -ENOSPC);
		assert_int_equal(got[0], 0x5a);	/* nothing is half written */
		assert_int_equal(req_admin_build(got, n, &cmd_case[i].c), n);
		assert_memory_equal(got, want, n);
		assert_int_equal(got[n], 0x5a);
		p = exact(got, n);
		why.status = 1;
		assert_int_equal(req_admin_parse(&c, &why, p, n, REQ_ADMIN_ALL), 0);
		assert_int_equal(why.status, 0);
		assert_int_equal(why.qualifier, 0);
		same_command(&c, &cmd_case[i].c);
		free(p);
	}
}

/* An object that the caller writes where it belongs: the same bytes. */
static void
room_for_data(void **state)
{
	uint8_t want[REQ_TEST_MAX], got[REQ_TEST_MAX];
	struct req_admin c = cmd_case[5].c;
	int n;

	(void)state;
	n = (int)hex(want, cmd_case[5].bytes);
	memset(got, 0x5a, sizeof(got));
	c.data = NULL;
	assert_int_equal(req_admin_build(got, sizeof(got), &c), n);
	assert_memory_equal(got, want, 40);
	assert_memory_equal(got + 40, (uint8_t[16]){ 0 }, 16);
	assert_int_equal(got[n], 0x5a);
	memcpy(got + REQ_ADMIN_OBJ_AT, object, sizeof(object));
	assert_memory_equal(got, want, n);
	c = cmd_case[4].c;
	c.data = NULL;
	n = (int)hex(want, cmd_case[4].bytes);
	assert_int_equal(req_admin_build(got, sizeof(got), &c), n);
	memcpy(got + REQ_ADMIN_CAP_AT, object, 8);
	assert_memory_equal(got, want, n);
}

static void
build_refuses(void **state)
{
	struct req_admin c = { .opcode = 0xa };
	uint8_t buf[REQ_TEST_MAX];
	unsigned int opcode;

	(void)state;
	c.data = object;
	c.data_len = SIZE_MAX - 4;	/* the sum would wrap */
	assert_int_equal(req_admin_build(buf, sizeof(buf), &c), -ENOSPC);
	/* Of a command without an object none is sent. */
	c.opcode = 0xd;
	assert_int_equal(req_admin_build(buf, sizeof(buf), &c), 32);
	c = (struct req_admin){ 0 };
	for (opcode = 0; opcode <= UINT16_MAX; opcode++) {
		c.opcode = (uint16_t)opcode;
		if (opcode >= 64 || (REQ_ADMIN_ALL & REQ_ADMIN_BIT(opcode)) == 0)
			assert_int_equal(req_admin_build(buf, sizeof(buf), &c), -EINVAL);
		else
			assert_true(req_admin_build(buf, sizeof(buf), &c) >= 24);
	}
}

/* A command that is cut anywhere is one with zeros there, and one that goes on with zeros is
 * the same (2.13.1): no length is an error.
 */
static void
lengths_of_commands_do_no_harm(void **state)
{
	uint8_t whole[REQ_TEST_MAX], *p;
	struct req_admin_status why;
	struct req_admin c, zeros;
	size_t i, n, cut;

	(void)state;
	for (i = 0; i < DIM(cmd_case); i++) {
		n = hex(whole, cmd_case[i].bytes);
		for (cut = 0; cut <= n; cut++) {
			p = exact(whole, cut);
			assert_int_equal(req_admin_parse(&c, &why, p, cut, REQ_ADMIN_ALL), 0);
			if (c.data != NULL) {
				assert_true(c.data > p && c.data + c.data_len == p + cut);
				assert_true(c.data_len != 0);
			}
			if (cut >= cmd_case[i].known)
				same_command(&c, &cmd_case[i].c);
			free(p);
			p = calloc(1, n + 24);
			assert_non_null(p);
			memcpy(p, whole, cut);
			assert_int_equal(req_admin_parse(&zeros, &why, p, n + 24, REQ_ADMIN_ALL),
					0);
			assert_int_equal(zeros.opcode, c.opcode);
			assert_true(zeros.opcodes == c.opcodes);
			assert_int_equal(zeros.cap_id, c.cap_id);
			assert_int_equal(zeros.obj_type, c.obj_type);
			assert_int_equal(zeros.obj_id, c.obj_id);
			free(p);
		}
	}
}

/* One field changed, and the answer that this has (2.12.1.5).  Offsets from the start. */
static void
hostile_commands_are_refused(void **state)
{
	static const struct {
		unsigned int cmd_case, off;
		uint8_t value;
		uint16_t qualifier;	/* 0: accepted */
	} t[] = {
		{ 0, 2, 1, 4 }, { 0, 3, 1, 4 },		/* a group of others */
		{ 5, 2, 1, 4 },
		{ 0, 0, 2, 2 }, { 0, 0, 6, 2 }, { 0, 0, 0xe, 2 }, { 0, 0, 0xff, 2 },
		{ 0, 1, 1, 2 }, { 0, 1, 0x80, 2 },	/* opcodes of 16 bits */
		{ 0, 16, 1, 0 }, { 1, 23, 1, 0 },	/* lists do not use the member */
		{ 2, 16, 1, 5 }, { 3, 16, 1, 5 }, { 4, 19, 1, 5 }, { 5, 23, 0x80, 5 },
		{ 6, 16, 1, 5 }, { 7, 16, 1, 5 }, { 8, 16, 1, 5 },
		{ 0, 4, 1, 0 }, { 5, 15, 0xff, 0 },	/* reserved: ignored */
		{ 3, 26, 1, 0 }, { 3, 31, 0xff, 0 }, { 5, 26, 1, 0 }, { 5, 27, 1, 0 },
		{ 5, 32, 1, 3 }, { 5, 39, 0x80, 3 },	/* flags of an object */
		{ 6, 32, 1, 3 }, { 7, 36, 1, 3 },
	};
	uint8_t bytes[REQ_TEST_MAX], *p;
	struct req_admin_status why;
	struct req_admin c;
	size_t i, n;
	int rc;

	(void)state;
	for (i = 0; i < DIM(t); i++) {
		n = hex(bytes, cmd_case[t[i].cmd_case].bytes);
		bytes[t[i].off] = t[i].value;
		p = exact(bytes, n);
		print_message("  %s, offset %u = %u\n",
				req_admin_opcode_name(cmd_case[t[i].cmd_case].c.opcode), t[i].off,
				t[i].value);
		rc = req_admin_parse(&c, &why, p, n, REQ_ADMIN_ALL);
		assert_int_equal(rc, t[i].qualifier != 0 ? -EINVAL : 0);
		assert_int_equal(why.qualifier, t[i].qualifier);
		assert_int_equal(why.status, rc != 0 ? VIRTIO_ADMIN_STATUS_EINVAL : 0);
		free(p);
	}
}

/* After a reset there are two commands, and LIST_USE can take away even these. */
static void
only_announced_commands(void **state)
{
	struct req_admin_status why;
	uint8_t bytes[REQ_TEST_MAX];
	struct req_admin c;
	size_t i, n;
	int rc;

	(void)state;
	assert_true(REQ_ADMIN_FIRST == 0x3);
	assert_true(REQ_ADMIN_OBJECTS == 0x2783);
	assert_true(REQ_ADMIN_ALL == 0x3f83);
	for (i = 0; i < DIM(cmd_case); i++) {
		n = hex(bytes, cmd_case[i].bytes);
		rc = req_admin_parse(&c, &why, bytes, n, REQ_ADMIN_FIRST);
		assert_int_equal(rc, cmd_case[i].c.opcode <= 1 ? 0 : -EINVAL);
		assert_int_equal(why.qualifier, rc != 0 ? VIRTIO_ADMIN_STATUS_Q_INVALID_OPCODE : 0);
		assert_int_equal(req_admin_parse(&c, &why, bytes, n,
				UINT64_MAX & ~REQ_ADMIN_BIT(cmd_case[i].c.opcode)), -EINVAL);
		/* A bit of a list is no command by itself. */
		bytes[0] = 0x12;
		assert_int_equal(req_admin_parse(&c, &why, bytes, n, UINT64_MAX), -EINVAL);
	}
}

/* The group is looked at before the opcode, and that before the member. */
static void
first_reason_counts(void **state)
{
	struct req_admin_status why;
	uint8_t bytes[24] = { 0xff, 0, 1, 0, [16] = 1 };
	struct req_admin c;

	(void)state;
	assert_int_equal(req_admin_parse(&c, &why, bytes, 24, REQ_ADMIN_ALL), -EINVAL);
	assert_int_equal(why.qualifier, VIRTIO_ADMIN_STATUS_Q_INVALID_GROUP);
	bytes[2] = 0;
	assert_int_equal(req_admin_parse(&c, &why, bytes, 24, REQ_ADMIN_ALL), -EINVAL);
	assert_int_equal(why.qualifier, VIRTIO_ADMIN_STATUS_Q_INVALID_OPCODE);
	bytes[0] = VIRTIO_ADMIN_CMD_DEVICE_CAP_GET;
	assert_int_equal(req_admin_parse(&c, &why, bytes, 24, REQ_ADMIN_ALL), -EINVAL);
	assert_int_equal(why.qualifier, VIRTIO_ADMIN_STATUS_Q_INVALID_MEMBER);
}

/* Two numberings of QUERY and MODIFY: the table's is ours.  What the text calls MODIFY is not
 * answered as if it had been done; what it calls QUERY is a MODIFY without an object.
 */
static void
query_and_modify(void **state)
{
	uint8_t bytes[64] = { VIRTIO_ADMIN_CMD_RESOURCE_OBJ_QUERY, [25] = 2, [28] = 5 };
	struct req_admin_status why;
	struct req_admin c;

	(void)state;
	assert_int_equal(req_admin_parse(&c, &why, bytes, sizeof(bytes), REQ_ADMIN_ALL), 0);
	assert_int_equal(c.obj_id, 5);
	assert_null(c.data);
	bytes[63] = 1;
	assert_int_equal(req_admin_parse(&c, &why, bytes, sizeof(bytes), REQ_ADMIN_ALL), -EINVAL);
	assert_int_equal(why.qualifier, VIRTIO_ADMIN_STATUS_Q_INVALID_FIELD);
	bytes[0] = VIRTIO_ADMIN_CMD_RESOURCE_OBJ_MODIFY;
	assert_int_equal(req_admin_parse(&c, &why, bytes, 40, REQ_ADMIN_ALL), 0);
	assert_null(c.data);
	assert_int_equal(c.data_len, 0);
}

static void
lists(void **state)
{
	static const uint16_t caps[] = { 0x800, 0x801, 0 };
	static const uint16_t far[] = { 0xffff };
	static uint8_t list[0x10000 / 8];
	uint8_t use[48] = { 1, [24] = 0x83, 0x27 };
	struct req_admin_status why;
	struct req_admin c;
	unsigned int bit;

	(void)state;
	/* 33 words: the formula of the text, with the greatest id instead of that plus one,
	 * gives 32 words, which cannot hold 0x800.
	 */
	assert_int_equal(REQ_ADMIN_LIST_LEN(0x801), 33 * 8);
	assert_int_equal(REQ_ADMIN_LIST_LEN(0x7ff), 32 * 8);
	assert_int_equal(REQ_ADMIN_LIST_LEN(0), 8);
	memset(list, 0xa5, sizeof(list));
	assert_int_equal(req_admin_list_build(list, 263, caps, DIM(caps)), -ENOSPC);
	assert_int_equal(list[0], 0xa5);
	assert_int_equal(req_admin_list_build(list, 264, caps, DIM(caps)), 264);
	for (bit = 0; bit < 264 * 8; bit++)
		assert_int_equal(req_admin_list_has(list, 264, bit),
				bit == 0 || bit == 0x800 || bit == 0x801);
	assert_int_equal(list[256], 3);
	assert_int_equal(list[264], 0xa5);
	/* What is missing is zero. */
	assert_false(req_admin_list_has(list, 256, 0x800));
	assert_false(req_admin_list_has(list, 0, 0));
	assert_false(req_admin_list_has(list, 264, UINT32_MAX));
	assert_int_equal(req_admin_list_build(list, sizeof(list), far, 1), 8192);
	assert_true(req_admin_list_has(list, 8192, 0xffff));
	assert_int_equal(req_admin_list_build(list, 0, NULL, 0), 0);

	assert_true(req_admin_list_first((const uint8_t *)"\x83\x27\0\0\0\0\0\x80\xff", 9) ==
			0x8000000000002783);
	assert_true(req_admin_list_first((const uint8_t *)"\x83\x27", 2) == 0x2783);
	assert_true(req_admin_list_first((const uint8_t *)"", 0) == 0);

	/* Words of zeros behind are legal, commands in them are nobody's. */
	assert_int_equal(req_admin_parse(&c, &why, use, sizeof(use), REQ_ADMIN_FIRST), 0);
	assert_true(c.opcodes == 0x2783);
	use[47] = 1;
	assert_int_equal(req_admin_parse(&c, &why, use, sizeof(use), REQ_ADMIN_FIRST), -EINVAL);
	assert_int_equal(why.qualifier, VIRTIO_ADMIN_STATUS_Q_INVALID_FIELD);
}

/* The device's half writes what fits, the driver's half reads what was written. */
static void
results_both_ways(void **state)
{
	static const struct req_admin_status ok;
	struct req_admin_result r;
	uint8_t want[REQ_TEST_MAX], *p;
	size_t size, n, used;
	int rc;

	(void)state;
	n = hex(want, "0000 0000 00*4 0102030405060708090a0b0c0d 00*3");
	for (size = 0; size <= n + 8; size++) {
		p = malloc(size);
		used = req_admin_result_build(p, size, &ok, object, sizeof(object));
		assert_int_equal(used, size < n ? size : n);
		if (used != 0)
			assert_memory_equal(p, want, used);
		rc = req_admin_result_parse(&r, p, size, used);
		assert_int_equal(rc, used < 4 ? -EBADMSG : 0);
		assert_int_equal(r.len, used > 8 ? used - 8 : 0);
		if (r.len != 0)
			assert_ptr_equal(r.data, p + 8);
		else
			assert_null(r.data);
		/* A used length beyond what there is room for is none. */
		assert_int_equal(req_admin_result_parse(&r, p, size, SIZE_MAX),
				size < 4 ? -EBADMSG : 0);
		assert_int_equal(r.len, size > 8 ? size - 8 : 0);
		free(p);
	}
	p = malloc(8);
	assert_int_equal(req_admin_result_build(p, 8, &ok, NULL, 0), 8);
	free(p);
	/* A result that a failed command left has no bytes. */
	n = hex(want, "1600 0300 00*4 ffffffffffffffff");
	assert_int_equal(req_admin_result_parse(&r, want, n, n), -EINVAL);
	assert_int_equal(r.status.qualifier, VIRTIO_ADMIN_STATUS_Q_INVALID_FIELD);
	assert_null(r.data);
	assert_int_equal(req_admin_result_build(want, n, &r.status, object, sizeof(object)), 8);
}

/* Every status is OK, one of the table's errors, or EINVAL. */
static void
statuses(void **state)
{
	static const struct {
		uint16_t status;
		int err;
		const char *name;
	} t[] = {
		{ 0, 0, "OK" }, { 6, -ENXIO, "ENXIO" }, { 11, -EAGAIN, "EAGAIN" },
		{ 12, -ENOMEM, "ENOMEM" }, { 16, -EBUSY, "EBUSY" }, { 17, -EEXIST, "EEXIST" },
		{ 22, -EINVAL, "EINVAL" }, { 28, -ENOSPC, "ENOSPC" },
	};
	uint8_t bytes[8] = { 0 };
	struct req_admin_result r;
	unsigned int status, i;

	(void)state;
	for (status = 0; status <= UINT16_MAX; status++) {
		for (i = 0; i < DIM(t) && t[i].status != status; i++)
			;
		bytes[0] = (uint8_t)status;
		bytes[1] = (uint8_t)(status >> 8);
		assert_int_equal(req_admin_result_parse(&r, bytes, 8, 8),
				i < DIM(t) ? t[i].err : -EINVAL);
		assert_int_equal(r.status.status, status);
		assert_string_equal(req_admin_status_name((uint16_t)status),
				i < DIM(t) ? t[i].name : "undefined status");
		assert_int_equal(req_admin_may_retry((uint16_t)status),
				status == 11 || status == 12);
	}
	assert_string_equal(req_admin_qualifier_name(2), "INVALID_OPCODE");
	assert_string_equal(req_admin_qualifier_name(7), "TRYAGAIN");
	assert_string_equal(req_admin_qualifier_name(8), "undefined qualifier");
	assert_string_equal(req_admin_qualifier_name(UINT16_MAX), "undefined qualifier");
	assert_string_equal(req_admin_opcode_name(0xa), "RESOURCE_OBJ_CREATE");
	assert_string_equal(req_admin_opcode_name(2), "undefined command");
	assert_string_equal(req_admin_opcode_name(UINT16_MAX), "undefined command");
}

static void
rooms(void **state)
{
	(void)state;
	assert_int_equal(REQ_ADMIN_CMD_ROOM(196), 240);
	assert_int_equal(REQ_ADMIN_CMD_ROOM(208), 248);
	assert_int_equal(REQ_ADMIN_RESULT_ROOM(0), 8);
	assert_int_equal(REQ_ADMIN_RESULT_ROOM(REQ_ADMIN_LIST_LEN(0x801)), 272);
	assert_int_equal(REQ_ADMIN_RESULT_ROOM(52), 64);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(commands_have_golden_bytes),
		cmocka_unit_test(room_for_data),
		cmocka_unit_test(build_refuses),
		cmocka_unit_test(lengths_of_commands_do_no_harm),
		cmocka_unit_test(hostile_commands_are_refused),
		cmocka_unit_test(only_announced_commands),
		cmocka_unit_test(first_reason_counts),
		cmocka_unit_test(query_and_modify),
		cmocka_unit_test(lists),
		cmocka_unit_test(results_both_ways),
		cmocka_unit_test(statuses),
		cmocka_unit_test(rooms),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
