/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A device with an administration queue, and a driver that has set up this ring alone, in any
 * layout.  The device's thread for commands runs.  One rig at a time.
 */
#ifndef ADMIN_RIG_H
#define ADMIN_RIG_H

#include "device.h"
#include "vq_hot.h"

#define AR_QUEUES	1u		/* data queues */
#define AR_ADMIN	(AR_QUEUES + 1)	/* the ring's number */
#define AR_ENTRIES	16u		/* of the ring */
#define AR_SAS		4u		/* of each direction */
#define AR_ROOM		(8 + 272)	/* bytes for an answer */
#define AR_CMD(c)	VIRTIO_ADMIN_CMD_##c

struct ar_variant {
	enum vq_kind kind;
	bool indirect, event_idx;
};

struct ar_rig {
	struct vcryptod_device dev;
	struct ar_variant v;
	struct vq vq;
	void *shadow;
	uint8_t *mem;
	struct vcryptod_vring_setup setup;
	int attention;
	struct req_admin_result r;	/* of the last command, in answer */
	uint8_t answer[AR_ROOM];
	uint32_t room, used;		/* bytes, of the last one */
};

/* NULL if the engine is not of this build. */
struct ar_rig *ar_create(const struct ar_variant *v, const char *engine);
void ar_destroy(struct ar_rig *g);

uint64_t ar_guest(const void *p);
void ar_entry(struct vq_entry *e, uint64_t addr, uint32_t len);
/* In two pieces, with room for an answer, in two pieces as well; the place of the answer. */
uint8_t *ar_add(struct ar_rig *g, const uint8_t *cmd, uint32_t len, uint32_t room);
void ar_publish(struct ar_rig *g);
bool ar_is_used(struct ar_rig *g, unsigned int ms);
/* The status of the command that comes back next, as 0 or -errno. */
int ar_take(struct ar_rig *g);
void ar_send(struct ar_rig *g, const struct req_admin *c, uint32_t room);
/* Sent and taken, with AR_ROOM; the memory that it was sent in is zero then. */
int ar_command(struct ar_rig *g, const struct req_admin *c);

/* As a driver has to before it makes objects; what it is told is what the model has. */
void ar_discover(struct ar_rig *g);
/* cut: bytes at the end of the object that are missing.  Keys are in *p alone when it returns. */
int ar_open_sa(struct ar_rig *g, uint32_t id, const struct req_ipsec_sa *p, size_t cut);
struct req_admin ar_destroy_sa(bool inbound, uint32_t id);
uint32_t ar_alive(struct ar_rig *g);

#endif
