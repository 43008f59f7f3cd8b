/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The text of --help: each option of options.c, in the order in which it is explained.
 */
#ifndef VCRYPTOD_OPTIONS_HELP_H
#define VCRYPTOD_OPTIONS_HELP_H

extern const char vcryptod_options_help[];

#endif
