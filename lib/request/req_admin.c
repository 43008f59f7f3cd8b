/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Administration commands, both ways; see req_admin.h.
 *
 * Works on the caller's bytes alone.  An object is copied into the caller's command when
 * building and pointed at when parsing; no copy stays here.
 */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "../wire/attributes.h"
#include "req_admin.h"

/* What a command's data begins with. */
enum admin_fixed_kind {
	ADMIN_NONE,
	ADMIN_LIST,		/* le64 words, of which the first has all known commands */
	ADMIN_CAP,
	ADMIN_OBJ,
};

/* The largest is an object's; what is shorter has zeros behind it. */
union admin_fixed {
	le64 word;
	struct virtio_admin_cap_data cap;
	struct virtio_admin_obj_data obj;
};

struct admin_kind {
	const char *name;	/* NULL: not an opcode of this file */
	enum admin_fixed_kind fixed;
	uint8_t fixed_len;	/* bytes */
	bool more;		/* the caller's data follows */
};

#define ADMIN_KIND(name, fixed, fixed_len, more) \
	[VIRTIO_ADMIN_CMD_##name] = { #name, fixed, fixed_len, more }

static const struct admin_kind admin_kinds[] = {
	ADMIN_KIND(LIST_QUERY, ADMIN_NONE, 0, false),
	ADMIN_KIND(LIST_USE, ADMIN_LIST, sizeof(le64), false),
	ADMIN_KIND(CAP_ID_LIST_QUERY, ADMIN_NONE, 0, false),
	ADMIN_KIND(DEVICE_CAP_GET, ADMIN_CAP, sizeof(struct virtio_admin_cap_data), false),
	ADMIN_KIND(DRIVER_CAP_SET, ADMIN_CAP, sizeof(struct virtio_admin_cap_data), true),
	ADMIN_KIND(RESOURCE_OBJ_CREATE, ADMIN_OBJ, sizeof(struct virtio_admin_obj_data), true),
	ADMIN_KIND(RESOURCE_OBJ_QUERY, ADMIN_OBJ, sizeof(struct virtio_admin_obj_data), false),
	ADMIN_KIND(RESOURCE_OBJ_MODIFY, ADMIN_OBJ, sizeof(struct virtio_admin_obj_data), true),
	ADMIN_KIND(RESOURCE_OBJ_DESTROY, ADMIN_OBJ, sizeof(struct virtio_admin_obj_hdr), false),
};
#define ADMIN_NB_KINDS	WIRE_COUNT(admin_kinds)
_Static_assert(ADMIN_NB_KINDS <= 64, "opcodes beyond the first word of a list");

static const struct admin_kind *
admin_kind_of(uint16_t opcode)
{
	if (opcode >= ADMIN_NB_KINDS || admin_kinds[opcode].name == NULL)
		return NULL;
	return &admin_kinds[opcode];
}

/* ---- build ---- */

static void
admin_put_fixed(union admin_fixed *f, const struct req_admin *c, enum admin_fixed_kind kind)
{
	memset(f, 0, sizeof(*f));
	switch (kind) {
	case ADMIN_LIST:
		f->word = cpu_to_le64(c->opcodes);
		break;
	case ADMIN_CAP:
		f->cap.id = cpu_to_le16(c->cap_id);
		break;
	case ADMIN_OBJ:
		f->obj.hdr.type = cpu_to_le16(c->obj_type);
		f->obj.hdr.id = cpu_to_le32(c->obj_id);
		break;
	case ADMIN_NONE:
	default:
		break;
	}
}

int
req_admin_build(uint8_t *buf, size_t size, const struct req_admin *c)
{
	const struct admin_kind *kind = admin_kind_of(c->opcode);
	struct virtio_admin_cmd h = {
		.opcode = cpu_to_le16(c->opcode),
		.group_type = cpu_to_le16(VIRTIO_ADMIN_GROUP_TYPE_SELF),
	};
	size_t used, data_len, total;
	union admin_fixed f;

	if (kind == NULL)
		return -EINVAL;
	data_len = kind->more ? c->data_len : 0;
	if (data_len > INT_MAX / 2)
		return -ENOSPC;
	/* Cannot overflow: three small values and half of an int. */
	total = REQ_ADMIN_ROUND(sizeof(h) + kind->fixed_len + data_len);
	if (total > size)
		return -ENOSPC;

	admin_put_fixed(&f, c, kind->fixed);
	memcpy(buf, &h, sizeof(h));
	memcpy(buf + sizeof(h), &f, kind->fixed_len);
	used = sizeof(h) + kind->fixed_len;
	if (data_len != 0 && c->data != NULL) {
		memcpy(buf + used, c->data, data_len);
		used += data_len;
	}
	memset(buf + used, 0, total - used);
	return (int)total;
}

/* ---- parse ---- */

static int
admin_refuse(struct req_admin_status *why, uint16_t qualifier)
{
	why->status = VIRTIO_ADMIN_STATUS_EINVAL;
	why->qualifier = qualifier;
	return -EINVAL;
}

static bool
admin_is_zero(const uint8_t *p, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (p[i] != 0)
			return false;
	return true;
}

void
req_admin_take(void *to, size_t n, const uint8_t *buf, size_t len, size_t off)
{
	size_t there = off < len ? len - off : 0;

	memset(to, 0, n);
	if (there > n)
		there = n;
	if (there != 0)
		memcpy(to, buf + off, there);
}

/* The order of the checks is the standard's (2.12.1.5): group, opcode, member. */
static int
admin_check_header(struct req_admin_status *why, const struct virtio_admin_cmd *h,
		uint64_t in_use)
{
	uint16_t opcode = le16_to_cpu(h->opcode);

	if (le16_to_cpu(h->group_type) != VIRTIO_ADMIN_GROUP_TYPE_SELF)
		return admin_refuse(why, VIRTIO_ADMIN_STATUS_Q_INVALID_GROUP);
	if (admin_kind_of(opcode) == NULL || (in_use & REQ_ADMIN_BIT(opcode)) == 0)
		return admin_refuse(why, VIRTIO_ADMIN_STATUS_Q_INVALID_OPCODE);
	/* The two commands of lists do not use the member. */
	if ((REQ_ADMIN_BIT(opcode) & REQ_ADMIN_FIRST) == 0 &&
			le64_to_cpu(h->group_member_id) != 0)
		return admin_refuse(why, VIRTIO_ADMIN_STATUS_Q_INVALID_MEMBER);
	return 0;
}

static int
admin_get_fixed(struct req_admin *out, struct req_admin_status *why, enum admin_fixed_kind kind,
		const union admin_fixed *f)
{
	switch (kind) {
	case ADMIN_LIST:
		out->opcodes = le64_to_cpu(f->word);
		return 0;
	case ADMIN_CAP:
		out->cap_id = le16_to_cpu(f->cap.id);
		return 0;
	case ADMIN_OBJ:
		if (le64_to_cpu(f->obj.flags) != 0)
			return admin_refuse(why, VIRTIO_ADMIN_STATUS_Q_INVALID_FIELD);
		out->obj_type = le16_to_cpu(f->obj.hdr.type);
		out->obj_id = le32_to_cpu(f->obj.hdr.id);
		return 0;
	case ADMIN_NONE:
	default:
		return 0;
	}
}

int
req_admin_parse(struct req_admin *out, struct req_admin_status *why, const uint8_t *buf,
		size_t len, uint64_t in_use)
{
	const struct admin_kind *kind;
	struct virtio_admin_cmd h;
	union admin_fixed f;
	size_t known;
	int rc;

	memset(out, 0, sizeof(*out));
	*why = (struct req_admin_status){ VIRTIO_ADMIN_STATUS_OK, VIRTIO_ADMIN_STATUS_Q_OK };
	req_admin_take(&h, sizeof(h), buf, len, 0);
	rc = admin_check_header(why, &h, in_use);
	if (rc != 0)
		return rc;
	out->opcode = le16_to_cpu(h.opcode);

	kind = &admin_kinds[out->opcode];
	memset(&f, 0, sizeof(f));
	req_admin_take(&f, kind->fixed_len, buf, len, sizeof(h));
	rc = admin_get_fixed(out, why, kind->fixed, &f);
	if (rc != 0)
		return rc;
	known = sizeof(h) + kind->fixed_len;
	if (len <= known)
		return 0;
	/* Bytes behind the part that is known: further words of a list name commands that
	 * this device does not have; an object behind a QUERY makes it a MODIFY as the text
	 * of 2.12.1.3 numbers them, which must not be answered as if it had been done.
	 */
	if ((out->opcode == VIRTIO_ADMIN_CMD_LIST_USE ||
			out->opcode == VIRTIO_ADMIN_CMD_RESOURCE_OBJ_QUERY) &&
			!admin_is_zero(buf + known, len - known))
		return admin_refuse(why, VIRTIO_ADMIN_STATUS_Q_INVALID_FIELD);
	if (kind->more) {
		out->data = buf + known;
		out->data_len = len - known;
	}
	return 0;
}

/* ---- lists ---- */

/* Bits are numbered from the least of the first byte: a list of le64 is one of bytes too. */
bool
req_admin_list_has(const uint8_t *list, size_t len, unsigned int bit)
{
	return bit / 8 < len && (list[bit / 8] >> bit % 8 & 1) != 0;
}

uint64_t
req_admin_list_first(const uint8_t *list, size_t len)
{
	le64 word;

	req_admin_take(&word, sizeof(word), list, len, 0);
	return le64_to_cpu(word);
}

int
req_admin_list_build(uint8_t *list, size_t size, const uint16_t *bits, size_t nb_bits)
{
	size_t i, len = 0;

	for (i = 0; i < nb_bits; i++)
		if (REQ_ADMIN_LIST_LEN(bits[i]) > len)
			len = REQ_ADMIN_LIST_LEN(bits[i]);
	if (len > size)
		return -ENOSPC;
	if (len != 0)
		memset(list, 0, len);
	for (i = 0; i < nb_bits; i++)
		list[bits[i] / 8] |= (uint8_t)(1u << bits[i] % 8);
	return (int)len;
}

/* ---- results ---- */

size_t
req_admin_result_build(uint8_t *buf, size_t size, const struct req_admin_status *s,
		const uint8_t *data, size_t len)
{
	struct virtio_admin_result h = {
		.status = cpu_to_le16(s->status),
		.status_qualifier = cpu_to_le16(s->qualifier),
	};
	size_t n = sizeof(h) < size ? sizeof(h) : size;

	if (n != 0)
		memcpy(buf, &h, n);
	size -= n;
	if (s->status != VIRTIO_ADMIN_STATUS_OK || size == 0)
		return n;
	if (len > size)
		len = size;
	if (len != 0)
		memcpy(buf + n, data, len);
	n += len;
	size -= len;
	for (; size != 0 && n % VIRTIO_ADMIN_ALIGN != 0; size--)
		buf[n++] = 0;
	return n;
}

int
req_admin_result_parse(struct req_admin_result *out, const uint8_t *buf, size_t size,
		size_t used_len)
{
	const size_t status_end = offsetof(struct virtio_admin_result, reserved);
	struct virtio_admin_result h;

	memset(out, 0, sizeof(*out));
	if (used_len > size)
		used_len = size;
	/* Both are written by every device; their absence must not pass for OK. */
	if (used_len < status_end)
		return -EBADMSG;
	memcpy(&h, buf, status_end);
	out->status.status = le16_to_cpu(h.status);
	out->status.qualifier = le16_to_cpu(h.status_qualifier);
	if (out->status.status == VIRTIO_ADMIN_STATUS_OK && used_len > sizeof(h)) {
		out->data = buf + sizeof(h);
		out->len = used_len - sizeof(h);
	}
	return req_admin_errno(out->status.status);
}

static const struct {
	uint16_t status;
	const char *name;
	int err;
} admin_statuses[] = {
	{ VIRTIO_ADMIN_STATUS_OK, "OK", 0 },
	{ VIRTIO_ADMIN_STATUS_ENXIO, "ENXIO", -ENXIO },
	{ VIRTIO_ADMIN_STATUS_EAGAIN, "EAGAIN", -EAGAIN },
	{ VIRTIO_ADMIN_STATUS_ENOMEM, "ENOMEM", -ENOMEM },
	{ VIRTIO_ADMIN_STATUS_EBUSY, "EBUSY", -EBUSY },
	{ VIRTIO_ADMIN_STATUS_EEXIST, "EEXIST", -EEXIST },
	{ VIRTIO_ADMIN_STATUS_EINVAL, "EINVAL", -EINVAL },
	{ VIRTIO_ADMIN_STATUS_ENOSPC, "ENOSPC", -ENOSPC },
};
#define ADMIN_NB_STATUSES	WIRE_COUNT(admin_statuses)

int
req_admin_errno(uint16_t status)
{
	size_t i;

	for (i = 0; i < ADMIN_NB_STATUSES; i++)
		if (admin_statuses[i].status == status)
			return admin_statuses[i].err;
	return -EINVAL;
}

bool
req_admin_may_retry(uint16_t status)
{
	return status == VIRTIO_ADMIN_STATUS_EAGAIN || status == VIRTIO_ADMIN_STATUS_ENOMEM;
}

const char *
req_admin_status_name(uint16_t status)
{
	size_t i;

	for (i = 0; i < ADMIN_NB_STATUSES; i++)
		if (admin_statuses[i].status == status)
			return admin_statuses[i].name;
	return "undefined status";
}

const char *
req_admin_qualifier_name(uint16_t qualifier)
{
	static const char * const name[] = {
		[VIRTIO_ADMIN_STATUS_Q_OK] = "OK",
		[VIRTIO_ADMIN_STATUS_Q_INVALID_COMMAND] = "INVALID_COMMAND",
		[VIRTIO_ADMIN_STATUS_Q_INVALID_OPCODE] = "INVALID_OPCODE",
		[VIRTIO_ADMIN_STATUS_Q_INVALID_FIELD] = "INVALID_FIELD",
		[VIRTIO_ADMIN_STATUS_Q_INVALID_GROUP] = "INVALID_GROUP",
		[VIRTIO_ADMIN_STATUS_Q_INVALID_MEMBER] = "INVALID_MEMBER",
		[VIRTIO_ADMIN_STATUS_Q_NORESOURCE] = "NORESOURCE",
		[VIRTIO_ADMIN_STATUS_Q_TRYAGAIN] = "TRYAGAIN",
	};

	if (qualifier >= WIRE_COUNT(name))
		return "undefined qualifier";
	return name[qualifier];
}

const char *
req_admin_opcode_name(uint16_t opcode)
{
	const struct admin_kind *kind = admin_kind_of(opcode);

	return kind != NULL ? kind->name : "undefined command";
}
