/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Administration commands as a device has them from a driver, and their results as a driver
 * has them from a device.
 *
 * Input: which, the commands in use, lengths, then bytes in memory of exactly their length.
 * A command that is taken is in use and is the same when built and parsed again; one that is
 * refused has an answer.  A result is OK only by a status that was written.
 */
#include <errno.h>
#include <stdbool.h>

#include "fuzz_input.h"
#include "req_admin.h"

#define MAX_BYTES	1024u
#define UNTOUCHED	0x5a

static void
admin_again(const struct req_admin *c, uint64_t in_use, size_t room)
{
	uint8_t *buf = malloc(room + 1), *exact;
	struct req_admin_status why;
	struct req_admin second;
	int n;

	FUZZ_CHECK(buf != NULL);
	memset(buf, UNTOUCHED, room + 1);
	n = req_admin_build(buf, room, c);
	FUZZ_CHECK(buf[room] == UNTOUCHED);
	if (n < 0) {
		FUZZ_CHECK(n == -ENOSPC && buf[0] == UNTOUCHED);
		FUZZ_CHECK(room < REQ_ADMIN_CMD_ROOM(c->data_len));
		free(buf);
		return;
	}
	FUZZ_CHECK((size_t)n <= room && n % VIRTIO_ADMIN_ALIGN == 0);
	exact = fuzz_copy(buf, (size_t)n);
	FUZZ_CHECK(req_admin_parse(&second, &why, exact, (size_t)n, in_use) == 0);
	FUZZ_CHECK(second.opcode == c->opcode && second.opcodes == c->opcodes);
	FUZZ_CHECK(second.cap_id == c->cap_id && second.obj_type == c->obj_type);
	FUZZ_CHECK(second.obj_id == c->obj_id);
	FUZZ_CHECK(second.data_len >= c->data_len &&
			second.data_len - c->data_len < VIRTIO_ADMIN_ALIGN);
	FUZZ_CHECK(c->data_len == 0 || memcmp(second.data, c->data, c->data_len) == 0);
	free(exact);
	free(buf);
}

static void
admin_command(const uint8_t *buf, size_t len, uint64_t in_use, size_t room)
{
	struct req_admin_status why;
	struct req_admin c;
	int rc = req_admin_parse(&c, &why, buf, len, in_use);

	if (rc != 0) {
		FUZZ_CHECK(rc == -EINVAL && why.status == VIRTIO_ADMIN_STATUS_EINVAL);
		FUZZ_CHECK(why.qualifier >= VIRTIO_ADMIN_STATUS_Q_INVALID_OPCODE &&
				why.qualifier <= VIRTIO_ADMIN_STATUS_Q_INVALID_MEMBER);
		return;
	}
	FUZZ_CHECK(why.status == VIRTIO_ADMIN_STATUS_OK && why.qualifier == 0);
	FUZZ_CHECK((REQ_ADMIN_ALL & in_use & REQ_ADMIN_BIT(c.opcode)) != 0);
	FUZZ_CHECK((c.data == NULL) == (c.data_len == 0));
	if (c.data != NULL)
		FUZZ_CHECK(c.data > buf && c.data + c.data_len == buf + len);
	admin_again(&c, in_use, room);
}

static void
admin_result(const uint8_t *buf, size_t len, size_t used_len, size_t room)
{
	size_t bytes = used_len < len ? used_len : len, n;
	struct req_admin_result r, second;
	uint8_t *out = malloc(room + 1);
	int rc = req_admin_result_parse(&r, buf, len, used_len);

	FUZZ_CHECK(out != NULL && rc <= 0);
	FUZZ_CHECK((rc == -EBADMSG) == (bytes < 4));
	FUZZ_CHECK(rc == -EBADMSG || rc == req_admin_errno(r.status.status));
	FUZZ_CHECK((r.data == NULL) == (r.len == 0) && (rc == 0 || r.len == 0));
	if (rc == 0)
		FUZZ_CHECK(r.len == (bytes > 8 ? bytes - 8 : 0));
	if (r.data != NULL)
		FUZZ_CHECK(r.data == buf + 8 && r.len <= len - 8);
	memset(out, UNTOUCHED, room + 1);
	n = req_admin_result_build(out, room, &r.status, r.data, r.len);
	FUZZ_CHECK(n <= room && out[n] == UNTOUCHED);
	if (rc != -EBADMSG && n >= 4) {
		FUZZ_CHECK(req_admin_result_parse(&second, out, room, n) == rc);
		FUZZ_CHECK(second.len <= REQ_ADMIN_ROUND(r.len));
		FUZZ_CHECK(second.len == 0 || r.len == 0 || memcmp(second.data, r.data,
				second.len < r.len ? second.len : r.len) == 0);
	}
	free(out);
}

static void
admin_list(const uint8_t *buf, size_t len, size_t room)
{
	uint64_t first = req_admin_list_first(buf, len);
	uint8_t *list = malloc(room + 1);
	uint16_t bits[64];
	unsigned int bit;
	size_t nb = 0;
	int n;

	FUZZ_CHECK(list != NULL);
	for (bit = 0; bit < 64; bit++)
		FUZZ_CHECK(req_admin_list_has(buf, len, bit) == (first >> bit & 1));
	for (bit = 0; bit < len * 8 + 64 && nb < 64; bit++)
		if (req_admin_list_has(buf, len, bit))
			bits[nb++] = (uint16_t)bit;
	memset(list, UNTOUCHED, room + 1);
	n = req_admin_list_build(list, room, bits, nb);
	FUZZ_CHECK(list[room] == UNTOUCHED && (n >= 0 || n == -ENOSPC));
	if (n >= 0) {
		FUZZ_CHECK((size_t)n == (nb != 0 ? REQ_ADMIN_LIST_LEN(bits[nb - 1]) : 0));
		for (bit = 0; nb < 64 && bit < (unsigned int)n * 8; bit++)
			FUZZ_CHECK(req_admin_list_has(list, (size_t)n, bit) ==
					req_admin_list_has(buf, len, bit));
	}
	free(list);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = { data, size };
	uint8_t how = fuzz_u8(&in);
	uint64_t in_use = how & 4 ? fuzz_u64(&in) : REQ_ADMIN_ALL;
	size_t room = fuzz_u16(&in) % (MAX_BYTES + 64), used_len = fuzz_u16(&in), len;
	const uint8_t *p = fuzz_bytes(&in, &len, MAX_BYTES);
	uint8_t *copy = fuzz_copy(p, len);

	switch (how & 3) {
	case 0:
	case 1:
		admin_command(copy, len, in_use, how & 8 ? REQ_ADMIN_CMD_ROOM(len) : room);
		break;
	case 2:
		admin_result(copy, len, how & 8 ? len : used_len, room);
		break;
	default:
		admin_list(copy, len, room);
		break;
	}
	(void)req_admin_status_name((uint16_t)used_len);
	(void)req_admin_qualifier_name((uint16_t)used_len);
	(void)req_admin_opcode_name((uint16_t)used_len);
	free(copy);
	return 0;
}
