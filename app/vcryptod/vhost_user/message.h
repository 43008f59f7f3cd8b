/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What each message of a front end does; front.c brings the messages and takes the answers.
 */
#ifndef VCRYPTOD_MESSAGE_H
#define VCRYPTOD_MESSAGE_H

#include "front.h"

/* Obeys the whole message in f->in, and puts an answer into f->out if there is one.  0: go on;
 * -EPROTO: it was refused and did not ask to be told, so the connection must end (logged).
 */
int vcryptod_message_handle(struct vcryptod_front *f);
/* Forgets rings and memory, as at the end of a connection.  No ring runs after it. */
void vcryptod_message_forget(struct vcryptod_front *f);

/* As struct vcryptod_device wants them; the front end is dev->owner. */
int vcryptod_message_ring_get(struct vcryptod_device *dev, unsigned int index,
		struct vcryptod_vring_setup *s);
void vcryptod_message_ring_put(struct vcryptod_device *dev, unsigned int index, uint16_t avail,
		uint16_t used);

#endif
