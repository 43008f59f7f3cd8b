/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What the tests of the vhost-user transport share: a back end, the memory that
 * the test gives to DPDK, the log's errors, and the count of open descriptors.
 */
#ifndef TEST_VCRYPTO_VHU_H
#define TEST_VCRYPTO_VHU_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../../lib/wire/virtio_crypto.h"
#include "backend.h"
#include "fake_memseg.h"
#include "fds.h"
#include "log_capture.h"
#include "transport/vhost_user/transport_vhost_user.h"
#include "virtual_time.h"

/* The transport's bound of a wait, in virtual time. */
#define TIMEOUT		20000u	/* ms */

/* ---- the fixture ---- */

struct fixture {
	struct backend fb;
	struct vcrypto_vhu_args args;
	struct vcrypto_transport *t;	/* destroyed at the end if not NULL */
	unsigned int fds_before;
};

/* A back end that is not started, one region of memory, args that suit both. */
int setup(void **state);
/* Stops, destroys, and fails on an open descriptor or an objection of the back end. */
int teardown(void **state);

/* Create; expects success. */
void create(struct fixture *f);
void destroy(struct fixture *f);
/* Create; expects rc, and exactly one line of log that has every one of the words
 * (NULL at the end) in it.
 */
void create_fails(struct fixture *f, int rc, ...);

/* Steps of the life cycle; each expects success. */
void negotiate(struct fixture *f, uint64_t features);
void enable_queue(struct fixture *f, uint16_t index, uint16_t size, bool packed);
void driver_ok(struct fixture *f);
/* All of the above: two data queues and, where there is one, the control queue. */
void bring_up(struct fixture *f, uint64_t features);
/* Notify an enabled queue, as the data path does. */
void kick(struct fixture *f, uint16_t index);
/* The same as bring_up, ending at the first error. */
int try_bring_up(struct fixture *f);

#define T(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)

extern const struct CMUnitTest handshake_tests[], rings_tests[], memory_tests[],
	session_tests[], life_tests[], fault_tests[];
extern const size_t nb_handshake_tests, nb_rings_tests, nb_memory_tests, nb_session_tests,
	nb_life_tests, nb_fault_tests;

#endif
