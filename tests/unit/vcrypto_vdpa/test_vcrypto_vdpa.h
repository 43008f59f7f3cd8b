/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What the tests of the vhost-vdpa transport share: the fixture, the log's errors, and the calls
 * that are led here at link time.
 */
#ifndef TEST_VCRYPTO_VDPA_H
#define TEST_VCRYPTO_VDPA_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "fake_memseg.h"
#include "fake_vdpa.h"
#include "fds.h"
#include "log_capture.h"
#include "transport/vhost_vdpa/transport_vhost_vdpa.h"

#define VDPA_FEATURES_USED	(VIRTIO_F_VERSION_1 | VIRTIO_F_ACCESS_PLATFORM)

/* ---- wraps.c: the calls, in place of the system's and EAL's ---- */

extern unsigned int wraps_slept;	/* times */
extern uint64_t wraps_now_ms;		/* the transport's clock */
/* The device has a configuration interrupt: runs what is registered at EAL, as its thread
 * does.  False if nothing is registered or nothing has been written.
 */
bool wraps_interrupt(void);
bool wraps_registered(void);
void wraps_reset(void);

/* ---- the fixture ---- */

struct fixture {
	struct vcrypto_vdpa_args args;
	struct vcrypto_transport *t;	/* destroyed at the end if not NULL */
	unsigned int fds_before;
};

int setup(void **state);
/* Destroys, and fails on an open descriptor or an objection of the device. */
int teardown(void **state);

void create(struct fixture *f);
void destroy(struct fixture *f);
/* Create; expects rc, and exactly one line of log that has each word (NULL at the end). */
void create_fails(struct fixture *f, int rc, ...);

/* From reset to FEATURES_OK; queues 0, 1 and the control queue; DRIVER_OK. */
int try_negotiate(struct fixture *f, uint64_t features);
int try_enable(struct fixture *f, uint16_t index, uint16_t size, bool packed);
int try_bring_up(struct fixture *f, uint64_t features);
void bring_up(struct fixture *f, uint64_t features);

#define T(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)

extern const struct CMUnitTest open_tests[], life_tests[], memory_tests[], numbers_tests[],
	fault_tests[];
extern const size_t nb_open_tests, nb_life_tests, nb_memory_tests, nb_numbers_tests,
	nb_fault_tests;

#endif
