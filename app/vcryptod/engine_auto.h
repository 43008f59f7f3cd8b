/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Which engine computes what, where engine auto is asked.
 */
#ifndef VCRYPTOD_ENGINE_AUTO_H
#define VCRYPTOD_ENGINE_AUTO_H

#include "engine.h"

/* The engine that gets sessions of this algorithm; NULL: none has it.  After auto's init. */
const struct vcryptod_engine *vcryptod_auto_choice(enum virtio_crypto_service service,
		unsigned int number);

#endif
