/* SPDX-License-Identifier: BSD-3-Clause
 *
 * fakeadmin: the administration queue of the fake device (option ipsec), and what its IPSEC
 * service leaves in a result.  Objects are created and destroyed without being looked at: none
 * has a key that is used.  Layouts are the standard's (virtio 1.4, 2.12.1 and 5.9.7), which the
 * kernel's headers do not have yet.
 */
#include <string.h>

#include "fakedev.h"

/* Opcodes (2.12.1). */
#define LIST_QUERY		0x0
#define LIST_USE		0x1
#define CAP_ID_LIST_QUERY	0x7
#define DEVICE_CAP_GET		0x8
#define DRIVER_CAP_SET		0x9
#define OBJ_CREATE		0xa
#define OBJ_DESTROY		0xd
#define ALL_COMMANDS		(1u << LIST_QUERY | 1u << LIST_USE | 0x7fu << CAP_ID_LIST_QUERY)

#define EINVAL_STATUS		22

/* Capabilities (5.9.7). */
#define IPSEC_RESOURCE_CAP	0x0800
#define IPSEC_SA_CAP		0x0801
#define SA_LIMIT		64	/* objects of each direction */

#define COMMAND_LEN		24	/* bytes before a command's data */
#define RESULT_LEN		8	/* bytes before a result's data */
#define COMMAND_MAX		1024
#define ANSWER_MAX		512

struct mode_cap {
	uint8_t mode, reserved[3];
	uint32_t max_replay_win, options, reserved1;
	uint64_t cipher_algo, hmac_algo;
	uint32_t aead_algo, max_cipher_key_len, max_auth_key_len;
} __attribute__((packed));

/* ESP in both modes, AES-GCM alone. */
struct sa_cap {
	uint8_t count, reserved[7];
	struct mode_cap mode[2];
} __attribute__((packed));

static void
mode_cap_init(struct mode_cap *m, uint8_t mode)
{
	m->mode = mode;
	m->max_replay_win = 64;
	m->aead_algo = 1u << VIRTIO_CRYPTO_AEAD_GCM;
	m->max_cipher_key_len = 32;
}

static uint32_t
cap_get(uint16_t id, uint8_t *out)
{
	uint32_t limits[2] = { SA_LIMIT, SA_LIMIT };
	struct sa_cap c = { .count = 2 };

	if (id == IPSEC_RESOURCE_CAP) {
		memcpy(out, limits, sizeof(limits));
		return sizeof(limits);
	}
	mode_cap_init(&c.mode[0], 1);
	mode_cap_init(&c.mode[1], 2);
	memcpy(out, &c, sizeof(c));
	return sizeof(c);
}

/* Bytes of a result's data in out, which is zeroed; *status is changed where it is not OK. */
static uint32_t
command(struct fdev *d, const uint8_t *cmd, uint8_t *out, uint16_t *status)
{
	uint64_t all = ALL_COMMANDS;
	uint16_t opcode, id;

	memcpy(&opcode, cmd, sizeof(opcode));
	switch (opcode) {
	case LIST_QUERY:
		memcpy(out, &all, sizeof(all));
		return sizeof(all);
	case CAP_ID_LIST_QUERY:		/* one bit for each id, in words of 64 */
		out[IPSEC_RESOURCE_CAP / 8] = 1u << IPSEC_RESOURCE_CAP % 8 |
			1u << IPSEC_SA_CAP % 8;
		return IPSEC_RESOURCE_CAP / 8 + 8;
	case DEVICE_CAP_GET:
		memcpy(&id, cmd + COMMAND_LEN, sizeof(id));
		return cap_get(id, out);
	case LIST_USE:
	case DRIVER_CAP_SET:
		return 0;
	case OBJ_CREATE:
		d->sessions++;
		return 0;
	case OBJ_DESTROY:
		d->sessions--;
		return 0;
	default:
		*status = EINVAL_STATUS;
		return 0;
	}
}

uint32_t
fdev_admin(struct fdev *d, struct fdev_queue *q, const struct fdev_seg *s, unsigned int n)
{
	uint8_t cmd[COMMAND_MAX] = { 0 }, answer[ANSWER_MAX] = { 0 };
	const struct fdev_seg *last = &s[n - 1];
	uint16_t status = 0;
	uint32_t len;

	if (n < 2 || !last->w || last->len < RESULT_LEN ||
			fdev_gather(s, n, cmd, sizeof(cmd)) < COMMAND_LEN) {
		fdev_complain(q, "malformed administration command");
		return 0;
	}
	len = RESULT_LEN + command(d, cmd, answer + RESULT_LEN, &status);
	memcpy(answer, &status, sizeof(status));
	if (status != 0)
		fdev_complain(q, "administration opcode that is not offered");
	len = len < last->len ? len : last->len;
	memcpy(last->p, answer, len);
	return len;
}

bool
fdev_ipsec_result(const struct fdev_seg *s, unsigned int n)
{
	struct virtio_crypto_op_header h;
	unsigned int i;

	if (fdev_gather(s, n, &h, sizeof(h)) != sizeof(h) ||
			(h.opcode != FDEV_IPSEC_OUTBOUND && h.opcode != FDEV_IPSEC_INBOUND))
		return false;
	for (i = 0; i < n && !s[i].w; i++)
		;
	/* The packet's first four bytes: IPv4, and its length. */
	if (i + 1 < n && s[i].len >= 4) {
		s[i].p[0] = 0x45;
		s[i].p[1] = 0;
		s[i].p[2] = (uint8_t)(s[i].len >> 8);
		s[i].p[3] = (uint8_t)s[i].len;
	}
	return true;
}
