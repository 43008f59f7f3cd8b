/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What the programs about lost devices share: a rig whose application counts the event,
 * the ways to fail that several know, and ops that have to come back.
 */
#ifndef LOSS_H
#define LOSS_H

#include "ops.h"

/* Of the rig that is up. */
extern unsigned int loss_events;
extern bool loss_stops;			/* the device is stopped in its event */

/* Two queue pairs of 256 entries; nothing counted yet. */
struct rig *loss_up(const struct rig_conf *conf);
/* Counts no more. */
void loss_forget(struct rig *r);

/* It is not ready any more, and is again. */
void loss_set_ready(struct rig *r, bool ready);

/* All nb of op come back, each once, from the first dequeue on; op is in their order. */
void loss_all_come_back(struct rig *r, uint16_t q, struct rte_crypto_op **op, unsigned int nb);
/* Each has that status. */
void loss_free_all(struct rte_crypto_op **op, unsigned int nb, uint8_t status);

/* ---- ops in flight that can or cannot be sent again ---- */

#define LOSS_NB	12	/* ops of a queue pair */

/* As loss_up(), of a device that works when it is notified. */
struct rig *loss_open(const struct rig_variant *v, const char *devargs);
/* Stops and removes, whatever the driver says of a device that is gone. */
void loss_down(struct rig *r);
/* The same; before that, frees the session. */
void loss_end(struct rig *r, void *session);
/* LOSS_NB ops in flight on a queue pair of a silent device; the odd ones are out of place, and
 * so can be sent again.
 */
void loss_send(struct rig *r, void *session, uint16_t q, struct rte_crypto_op **op);
/* The same on both queue pairs; op i of q has the pattern of seed LOSS_SEED(q, i). */
void loss_send_both(struct rig *r, void *session, struct rte_crypto_op *op[2][LOSS_NB]);
#define LOSS_SEED(q, i)	((q) * LOSS_NB + (i))
/* One dequeue returns nb ops that all have the same status, each one of op, where they are
 * marked as taken; and frees them.
 */
void loss_take(struct rig *r, uint16_t q, struct rte_crypto_op **op, unsigned int nb,
		uint8_t status);
/* The device works again, whatever was done to it but removal. */
void loss_forgive(struct rig *r);

#endif
