/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What both processes of this suite do with a queue pair: bursts of operations of
 * shared sessions, each answer checked against OpenSSL's.
 */
#ifndef WORK_H
#define WORK_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_cryptodev.h>

#define WORK_BURST	16
#define WORK_SESSIONS	4

enum work_kind { WORK_ENCRYPT, WORK_DECRYPT, WORK_HMAC, WORK_GCM };

/* In a memzone; written by the primary process, the counters by the secondary one. */
struct shared {
	char dev[RTE_CRYPTODEV_NAME_MAX_LEN];
	void *session[WORK_SESSIONS];	/* by kind; NULL: the device has no such */
	uint32_t quit;			/* atomic: the secondary is to end */
	uint64_t rounds;		/* atomic: of the secondary */
	uint64_t errors;		/* atomic: ops that it got back with an error */
};

#define SHARED_NAME	"procs"

/* The primary's pools and sessions, found by name in the other process. */
void work_create(struct shared *s, uint8_t dev_id);
void work_free(struct shared *s, uint8_t dev_id);
void work_find(void);
unsigned int work_ops_left(void);	/* ops of the pool that are in use */

/* One burst through a queue pair and back, bounded.  Ops that come back with SUCCESS
 * must be right; if errors is NULL all must succeed, else the others are counted.
 * Returns false where not all came back within the time, or one was wrong.
 */
bool work_round(const struct shared *s, uint8_t dev_id, uint16_t qp, uint32_t seed,
		uint64_t *errors);
/* The same ops again and again until s->quit, with nothing in between that a process may
 * not be killed in: DPDK's pools have locks of their own.
 */
void work_churn(struct shared *s, uint8_t dev_id, uint16_t qp);
/* A burst that nobody dequeues: how many were taken. */
uint16_t work_leave(const struct shared *s, uint8_t dev_id, uint16_t qp);

#endif
