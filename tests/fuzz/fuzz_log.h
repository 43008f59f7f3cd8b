/* SPDX-License-Identifier: BSD-3-Clause
 *
 * For targets whose code writes to DPDK's log.
 */
#ifndef FUZZ_LOG_H
#define FUZZ_LOG_H

#include <stdio.h>

#include <rte_log.h>

#include "fuzz_input.h"

/* Nobody reads what each input says. */
static inline void
fuzz_log_nowhere(void)
{
	FILE *null = fopen("/dev/null", "w");

	FUZZ_CHECK(null != NULL);
	rte_openlog_stream(null);
}

#endif
