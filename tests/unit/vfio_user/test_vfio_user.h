/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What the tests of lib/vfio_user share.
 */
#ifndef TEST_VFIO_USER_H
#define TEST_VFIO_USER_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "fds.h"
#include "vfu.h"
#include "vfu_request.h"
#include "vfu_version.h"

extern const struct CMUnitTest vfu_tests[], vfu_request_tests[], vfu_version_tests[];
extern const size_t nb_vfu_tests, nb_vfu_request_tests, nb_vfu_version_tests;

#endif
