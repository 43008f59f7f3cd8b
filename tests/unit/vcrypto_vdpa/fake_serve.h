/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Serves the queues of the double: a thread waits for notifications, as the driver gives
 * them, and lets the model of a device (fixtures/model.h) answer the requests of that
 * queue and of no other.
 */
#ifndef FAKE_SERVE_H
#define FAKE_SERVE_H

#include <stdbool.h>
#include <stdint.h>

#include "fake_vdpa.h"
#include "model.h"

/* Fields may be set under fake_hold(). */
extern struct model fake_model;

/* After fake_init(); the configuration becomes the model's. */
void fake_serve_start(void);
void fake_serve_stop(void);
/* Notifications of a vring, ever. */
unsigned int fake_serve_kicks(unsigned int vring);

#endif
