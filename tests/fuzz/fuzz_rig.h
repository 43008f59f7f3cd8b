/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What the targets share that have the whole driver, probed on a fake PCI function with
 * a model of the device behind it: a device that does what the input says, and the end,
 * at which nothing may be left behind.
 */
#ifndef FUZZ_RIG_H
#define FUZZ_RIG_H

#include "fuzz_input.h"
#include "rig.h"

struct fuzz_rig {
	struct rig *r;
	bool lied;	/* the device wrote what it must not: what it reads proves nothing */
};

/* Bytes into a ring that is enabled. */
void fuzz_rig_scribble(struct fuzz_rig *f, struct fuzz_input *in);
/* Another way of answering from now on, another configuration, a used entry. */
void fuzz_rig_behave(struct fuzz_rig *f, struct fuzz_input *in);
/* Removes the driver, which must have been stopped; ends the program if it broke a rule
 * or left memory behind.  Frees r.
 */
void fuzz_rig_close(struct fuzz_rig *f);

#endif
