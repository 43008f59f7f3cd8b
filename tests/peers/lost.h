/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What lost.c stands on: vcryptod as a child process, a vdev made and removed at run
 * time, and operations of which each has to come back once.  DPDK's public API alone.
 * One thread.
 */
#ifndef LOST_H
#define LOST_H

#include <stdbool.h>
#include <stdint.h>

#include "daemon.h"

#define NB_QPS		2
#define NB_OPS		16	/* of a queue pair */
#define WAIT_MS		120000	/* longest wait for anything; a case that needs it failed */

/* What came back of the operations that were sent. */
struct tally {
	unsigned int back, right, failed, invalid_session;
	bool twice;		/* one came twice, or is not ours */
	unsigned int ms;	/* until the last one came */
};

/* ---- the daemon ---- */

extern struct daemon vcryptod;

/* ---- the device ---- */

/* Creates the vdev on path with more devargs, which begin with a comma. */
bool device_create(const char *path, const char *more);
bool device_remove(void);
bool device_configure(void);
bool device_start(void);
void device_stop(void);
bool device_close(void);
/* RTE_CRYPTODEV_EVENT_ERROR since the device was created. */
unsigned int device_events(void);
bool session_create(void);
void session_free(void);

/* ---- operations ---- */

/* One block each on every queue pair, in place or not; how many were taken. */
unsigned int ops_send(bool out_of_place);
/* Dequeues until sent operations are back; the tally is of these. */
struct tally ops_collect(unsigned int sent);
/* Dequeues once: the way in which a queue pair's owner takes part in recovery. */
void ops_poll(void);
bool all_right(const struct tally *t, unsigned int sent);
bool ops_encrypt(void);

uint64_t now_ms(void);

#endif
