/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Administration commands (virtio 1.4, 2.12 and 2.13): built by the driver and parsed by the
 * device, their results the other way round.  Those of capabilities and resource objects for
 * the group of the device itself; what a capability or an object holds is its service's.
 *
 * Either side may have lent less or more memory than the other one expects: bytes that are
 * missing are zero, bytes beyond are ignored (2.13).  So a length alone is no error here,
 * except for a result whose status was not written.
 */
#ifndef REQ_ADMIN_H
#define REQ_ADMIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../wire/virtio_admin.h"

/* A command's bit in lists of commands. */
#define REQ_ADMIN_BIT(opcode)	(UINT64_C(1) << (opcode))
/* What a device takes after a reset, until LIST_USE said otherwise (2.12.1.5). */
#define REQ_ADMIN_FIRST \
	(REQ_ADMIN_BIT(VIRTIO_ADMIN_CMD_LIST_QUERY) | REQ_ADMIN_BIT(VIRTIO_ADMIN_CMD_LIST_USE))
/* What a driver needs to create and destroy resource objects. */
#define REQ_ADMIN_OBJECTS \
	(REQ_ADMIN_FIRST | REQ_ADMIN_BIT(VIRTIO_ADMIN_CMD_CAP_ID_LIST_QUERY) | \
	REQ_ADMIN_BIT(VIRTIO_ADMIN_CMD_DEVICE_CAP_GET) | \
	REQ_ADMIN_BIT(VIRTIO_ADMIN_CMD_DRIVER_CAP_SET) | \
	REQ_ADMIN_BIT(VIRTIO_ADMIN_CMD_RESOURCE_OBJ_CREATE) | \
	REQ_ADMIN_BIT(VIRTIO_ADMIN_CMD_RESOURCE_OBJ_DESTROY))
/* All commands that this file can build and parse. */
#define REQ_ADMIN_ALL \
	(REQ_ADMIN_OBJECTS | REQ_ADMIN_BIT(VIRTIO_ADMIN_CMD_RESOURCE_OBJ_QUERY) | \
	REQ_ADMIN_BIT(VIRTIO_ADMIN_CMD_RESOURCE_OBJ_MODIFY))

/* Bytes, as a multiple of VIRTIO_ADMIN_ALIGN. */
#define REQ_ADMIN_ROUND(n) \
	(((n) + VIRTIO_ADMIN_ALIGN - 1) / VIRTIO_ADMIN_ALIGN * VIRTIO_ADMIN_ALIGN)
/* Bytes of a device-readable part with an object of n bytes, the most of any command. */
#define REQ_ADMIN_CMD_ROOM(n) \
	REQ_ADMIN_ROUND(REQ_ADMIN_OBJ_AT + (n))
/* Where the data of DRIVER_CAP_SET, and of CREATE and MODIFY, begins, bytes. */
#define REQ_ADMIN_CAP_AT \
	(sizeof(struct virtio_admin_cmd) + sizeof(struct virtio_admin_cap_data))
#define REQ_ADMIN_OBJ_AT \
	(sizeof(struct virtio_admin_cmd) + sizeof(struct virtio_admin_obj_data))
/* Bytes of a device-writable part for a result of n bytes. */
#define REQ_ADMIN_RESULT_ROOM(n)	REQ_ADMIN_ROUND(sizeof(struct virtio_admin_result) + (n))
/* Bytes of a list that has room for this bit, 0 to 65535. */
#define REQ_ADMIN_LIST_LEN(bit)		((size_t)(bit) / 64 * 8 + 8)

/* A command.  Fields that the opcode does not name are zero. */
struct req_admin {
	uint16_t opcode;	/* enum virtio_admin_opcode */
	uint64_t opcodes;	/* LIST_USE: REQ_ADMIN_BIT()s */
	uint16_t cap_id;	/* DEVICE_CAP_GET, DRIVER_CAP_SET */
	uint16_t obj_type;	/* RESOURCE_OBJ_* */
	uint32_t obj_id;
	/* The capability of DRIVER_CAP_SET; the object of CREATE and MODIFY.  Built: NULL
	 * leaves zeros in its place, for the caller to write it there (REQ_ADMIN_CAP_AT,
	 * REQ_ADMIN_OBJ_AT), so that keys are in one place alone.  Parsed: it points into the
	 * command, ends with it and so may have bytes too many.
	 */
	const uint8_t *data;
	size_t data_len;	/* bytes */
};

/* Driver: writes the device-readable part, all padding and reserved fields zero.  Returns its
 * length, a multiple of VIRTIO_ADMIN_ALIGN; -EINVAL for an opcode that is not of
 * REQ_ADMIN_ALL; -ENOSPC if it does not fit into size bytes.  Nothing is written on error.
 * The caller wipes buf if the object holds keys.
 */
int req_admin_build(uint8_t *buf, size_t size, const struct req_admin *c);

/* What a device says of a command. */
struct req_admin_status {
	uint16_t status;	/* enum virtio_admin_status */
	uint16_t qualifier;	/* enum virtio_admin_qualifier */
};

/* Device: the parameters of a command.  in_use: the commands that the driver announced
 * (REQ_ADMIN_FIRST after a reset).  0; -EINVAL with why, the answer that the standard wants:
 * another group, an opcode that is not in use or not of REQ_ADMIN_ALL, another member, flags
 * of an object, a list with commands that nobody can know, a QUERY that carries an object
 * (whose sender calls MODIFY by that number).
 * On success why is OK.
 */
int req_admin_parse(struct req_admin *out, struct req_admin_status *why, const uint8_t *buf,
		size_t len, uint64_t in_use);

/* Both sides: n bytes from off on, of len bytes at buf (NULL if len is 0); those that are missing
 * are zero.
 */
void req_admin_take(void *to, size_t n, const uint8_t *buf, size_t len, size_t off);

/* ---- lists of commands and of capabilities ---- */

/* Whether a list of len bytes has this bit; bytes that are missing are zero. */
bool req_admin_list_has(const uint8_t *list, size_t len, unsigned int bit);
/* Its first 64 bits. */
uint64_t req_admin_list_first(const uint8_t *list, size_t len);
/* Device: sets bits, at most 65535 each, in a list of REQ_ADMIN_LIST_LEN() of the greatest,
 * and returns that length (bytes); -ENOSPC if size is less.
 */
int req_admin_list_build(uint8_t *list, size_t size, const uint16_t *bits, size_t nb_bits);

/* ---- results ---- */

struct req_admin_result {
	struct req_admin_status status;
	const uint8_t *data;	/* in the result; NULL if there are no bytes */
	size_t len;		/* bytes; 0 if the status is not OK */
};

/* Device: writes status and result as far as they fit into size bytes, with zeros up to a
 * multiple of VIRTIO_ADMIN_ALIGN, and returns the bytes written.  A status other than OK has
 * no result.
 */
size_t req_admin_result_build(uint8_t *buf, size_t size, const struct req_admin_status *s,
		const uint8_t *data, size_t len);
/* Driver: used_len is the device's word and is bounded by size.  0 for OK; else what
 * req_admin_errno() says of the status; -EBADMSG if the status was not written.
 */
int req_admin_result_parse(struct req_admin_result *out, const uint8_t *buf, size_t size,
		size_t used_len);

/* A status as 0 or -errno: each one of the standard its own number, any other -EINVAL. */
int req_admin_errno(uint16_t status);
/* Whether the command may be sent again as it is: EAGAIN and ENOMEM have changed nothing. */
bool req_admin_may_retry(uint16_t status);
/* Names for messages; never NULL. */
const char *req_admin_status_name(uint16_t status);
const char *req_admin_qualifier_name(uint16_t qualifier);
const char *req_admin_opcode_name(uint16_t opcode);

#endif
