/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Listening sockets: permissions from the first moment on, what may be in their way, and
 * what is removed at the end.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "listen.h"

#define NO_GROUP	((gid_t)-1)

static char folder[] = "/tmp/listenXXXXXX", path[64];

static int
setup(void **state)
{
	(void)state;
	if (mkdtemp(folder) == NULL)
		return -1;
	snprintf(path, sizeof(path), "%s/sock", folder);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	return rmdir(folder);
}

static int
bound(int type, int backlog)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, type, 0);

	strcpy(un.sun_path, path);
	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&un, sizeof(un)), 0);
	if (backlog >= 0)
		assert_int_equal(listen(fd, backlog), 0);
	return fd;
}

static int
connected(void)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

	strcpy(un.sun_path, path);
	assert_true(fd >= 0);
	if (connect(fd, (struct sockaddr *)&un, sizeof(un)) == 0)
		return fd;
	close(fd);
	return -errno;
}

static void
permissions(void **state)
{
	static const mode_t modes[] = { 0600, 0660, 0666, 0777, 0 };
	struct vcryptod_listen l;
	struct stat st;
	mode_t before;
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		/* Whatever the umask is, which is as before afterwards. */
		before = umask(i % 2 != 0 ? 0777 : 0);
		assert_int_equal(vcryptod_listen_init(&l, path, modes[i], NO_GROUP), 0);
		assert_int_equal(umask(before), i % 2 != 0 ? 0777 : 0);
		assert_int_equal(lstat(path, &st), 0);
		assert_int_equal(st.st_mode, S_IFSOCK | modes[i]);
		assert_true(fcntl(l.fd, F_GETFD) & FD_CLOEXEC);
		assert_true(fcntl(l.fd, F_GETFL) & O_NONBLOCK);
		vcryptod_listen_fini(&l);
		vcryptod_listen_fini(&l);
		assert_int_equal(lstat(path, &st), -1);
		/* With a group: one that the caller has. */
		assert_int_equal(vcryptod_listen_init(&l, path, modes[i], getegid()), 0);
		assert_int_equal(lstat(path, &st), 0);
		assert_int_equal(st.st_mode, S_IFSOCK | modes[i]);
		assert_int_equal(st.st_gid, getegid());
		vcryptod_listen_fini(&l);
	}
	if (geteuid() == 0) {
		assert_int_equal(vcryptod_listen_init(&l, path, 0660, 12345), 0);
		assert_int_equal(lstat(path, &st), 0);
		assert_int_equal(st.st_gid, 12345);
		vcryptod_listen_fini(&l);
	}
}

/* A group that the user may not give is an error, and nothing is left behind. */
static void
foreign_group(void **state)
{
	struct vcryptod_listen l;

	(void)state;
	if (geteuid() == 0)
		skip();
	assert_int_equal(vcryptod_listen_init(&l, path, 0660, 0), -EPERM);
	assert_int_equal(access(path, F_OK), -1);
}

static void
in_the_way(void **state)
{
	struct vcryptod_listen l;
	int fd, one, nb, wait[8];

	(void)state;
	/* A socket that nobody listens to is replaced. */
	close(bound(SOCK_STREAM, 1));
	assert_int_equal(vcryptod_listen_init(&l, path, 0600, NO_GROUP), 0);
	one = connected();
	assert_true(one >= 0);
	close(one);
	vcryptod_listen_fini(&l);
	/* Somebody listens, and has room; then has none, so that a connect would wait. */
	fd = bound(SOCK_STREAM, 0);
	assert_int_equal(vcryptod_listen_init(&l, path, 0600, NO_GROUP), -EADDRINUSE);
	for (nb = 0; (one = connected()) >= 0 && nb < 8; nb++)
		wait[nb] = one;
	assert_int_equal(one, -EAGAIN);
	assert_int_equal(vcryptod_listen_init(&l, path, 0600, NO_GROUP), -EADDRINUSE);
	assert_int_equal(access(path, F_OK), 0);
	while (nb-- > 0)
		close(wait[nb]);
	close(fd);
	unlink(path);
	/* A socket of another kind, and a file. */
	fd = bound(SOCK_DGRAM, -1);
	assert_int_equal(vcryptod_listen_init(&l, path, 0600, NO_GROUP), -EADDRINUSE);
	close(fd);
	unlink(path);
	fd = open(path, O_CREAT | O_WRONLY, 0600);
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(vcryptod_listen_init(&l, path, 0600, NO_GROUP), -EEXIST);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(vcryptod_listen_init(&l, "/nowhere/sock", 0600, NO_GROUP), -ENOENT);
	assert_int_equal(l.fd, -1);
}

/* What a device process can do to the socket that it shares. */
static void
as_it_was_made(void **state)
{
	struct vcryptod_listen l;
	struct stat st;
	int one;

	(void)state;
	assert_int_equal(vcryptod_listen_init(&l, path, 0640, NO_GROUP), 0);
	one = l.fd;
	assert_int_equal(fcntl(l.fd, F_SETFL, 0), 0);
	assert_false(vcryptod_listen_is_shut(&l));
	assert_int_equal(vcryptod_listen_renew(&l), 0);
	assert_int_equal(l.fd, one);
	assert_true(fcntl(l.fd, F_GETFL) & O_NONBLOCK);
	/* A front end that waits is no reason. */
	one = connected();
	assert_true(one >= 0);
	assert_false(vcryptod_listen_is_shut(&l));
	close(one);
	assert_int_equal(shutdown(l.fd, SHUT_RD), 0);
	assert_int_equal(connected(), -ECONNREFUSED);
	assert_true(vcryptod_listen_is_shut(&l));
	assert_int_equal(vcryptod_listen_renew(&l), 0);
	assert_false(vcryptod_listen_is_shut(&l));
	one = connected();
	assert_true(one >= 0);
	close(one);
	assert_int_equal(lstat(path, &st), 0);
	assert_int_equal(st.st_mode, S_IFSOCK | 0640);
	/* A file is in the way: once it is gone, the socket can be made. */
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(shutdown(l.fd, SHUT_RD), 0);
	assert_int_equal(vcryptod_listen_renew(&l), -EEXIST);
	assert_non_null(l.why);
	assert_int_equal(l.fd, -1);
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(vcryptod_listen_renew(&l), 0);
	vcryptod_listen_fini(&l);
	assert_int_equal(access(path, F_OK), -1);
}

/* Another daemon has taken the path meanwhile: it is not removed. */
static void
not_ours_any_more(void **state)
{
	struct vcryptod_listen l, other;

	(void)state;
	assert_int_equal(vcryptod_listen_init(&l, path, 0600, NO_GROUP), 0);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(vcryptod_listen_init(&other, path, 0600, NO_GROUP), 0);
	vcryptod_listen_fini(&l);
	assert_int_equal(access(path, F_OK), 0);
	vcryptod_listen_fini(&other);
	assert_int_equal(access(path, F_OK), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(permissions),
		cmocka_unit_test(foreign_group),
		cmocka_unit_test(in_the_way),
		cmocka_unit_test(as_it_was_made),
		cmocka_unit_test(not_ours_any_more),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
