/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The forms in which `vcryptod ctl` shows figures.
 */
#ifndef VCRYPTOD_CTL_PRINT_H
#define VCRYPTOD_CTL_PRINT_H

#include <stdio.h>

#include "ctl_view.h"

/* Printable ASCII as a string of JSON, which is one of Prometheus, too. */
void vcryptod_print_quoted(FILE *to, const char *s);

/* before: an earlier view, for rates; one without devices: there are none. */

/* One device for people, lines of 80 columns at most. */
void vcryptod_print_text(FILE *to, const struct vcryptod_view_device *d,
		const struct vcryptod_view *before);
/* All of them, one JSON document. */
void vcryptod_print_json(FILE *to, const struct vcryptod_view *now,
		const struct vcryptod_view *before);
/* All of them, Prometheus' text exposition format 0.0.4. */
void vcryptod_print_prometheus(FILE *to, const struct vcryptod_view *now);

#endif
