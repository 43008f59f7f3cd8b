/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Lines of the daemon: limited for each kind by a clock that this test sets, dropped and
 * counted where the pipe is full, and never with a byte that a terminal obeys.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "log.h"

static uint64_t now_ms;
static int fds[2];
static char text[65536];

static uint64_t
clock_ms(void)
{
	return now_ms;
}

static int
set_up(void **state)
{
	(void)state;
	now_ms = 5000;
	assert_int_equal(pipe2(fds, O_NONBLOCK | O_CLOEXEC), 0);
	vcryptod_log_redirect(fds[1], clock_ms);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	vcryptod_log_redirect(STDERR_FILENO, NULL);
	close(fds[0]);
	close(fds[1]);
	return 0;
}

/* What came since the last call, and in how many lines. */
static unsigned int
read_lines(void)
{
	ssize_t n = read(fds[0], text, sizeof(text) - 1);
	unsigned int lines = 0;
	const char *p;

	text[n > 0 ? n : 0] = '\0';
	for (p = text; (p = strchr(p, '\n')) != NULL; p++)
		lines++;
	return lines;
}

static void
flood(enum vcryptod_log_kind kind, unsigned int n)
{
	for (; n > 0; n--)
		vcryptod_log(kind, "/run/a", "message %d refused", 7);
}

static void
one_line(void **state)
{
	(void)state;
	errno = EILSEQ;
	vcryptod_log(VCRYPTOD_LOG_GENERAL, "/run/a", "queue %u", 3);
	assert_int_equal(errno, EILSEQ);
	assert_int_equal(read_lines(), 1);
	assert_string_equal(text, "vcryptod: /run/a: queue 3\n");
	vcryptod_log(VCRYPTOD_LOG_GENERAL, NULL, "no device");
	assert_int_equal(read_lines(), 1);
	assert_string_equal(text, "vcryptod: no device\n");
	assert_int_equal(vcryptod_log_missing(), 0);
}

static void
burst_then_one_each(void **state)
{
	(void)state;
	flood(VCRYPTOD_LOG_REFUSED, 1000);
	assert_int_equal(read_lines(), VCRYPTOD_LOG_BURST);
	assert_null(strstr(text, "more"));
	/* Another kind has a limit of its own, and some lines have none. */
	flood(VCRYPTOD_LOG_BROKEN, 1);
	assert_int_equal(read_lines(), 1);
	flood(VCRYPTOD_LOG_ONCE, 100);
	assert_int_equal(read_lines(), 100);
	now_ms += VCRYPTOD_LOG_EVERY_MS - 1;
	flood(VCRYPTOD_LOG_REFUSED, 1);
	assert_int_equal(read_lines(), 0);
	now_ms++;
	flood(VCRYPTOD_LOG_REFUSED, 10);
	assert_int_equal(read_lines(), 1);
	assert_string_equal(text, "vcryptod: /run/a: message 7 refused (996 more)\n");
	assert_int_equal(vcryptod_log_missing(), 1000 - VCRYPTOD_LOG_BURST + 1 + 9);
	/* Two of them, not more, after twice the time; all of them after a long one. */
	now_ms += 2 * VCRYPTOD_LOG_EVERY_MS;
	flood(VCRYPTOD_LOG_REFUSED, 10);
	assert_int_equal(read_lines(), 2);
	assert_non_null(strstr(text, "(9 more)"));
	now_ms += 1000 * VCRYPTOD_LOG_EVERY_MS;
	flood(VCRYPTOD_LOG_REFUSED, 10);
	assert_int_equal(read_lines(), VCRYPTOD_LOG_BURST);
}

static void
rest_is_told(void **state)
{
	(void)state;
	vcryptod_log_rest("/run/a");
	assert_int_equal(read_lines(), 0);
	flood(VCRYPTOD_LOG_CONNECTION, VCRYPTOD_LOG_BURST + 7);
	assert_int_equal(read_lines(), VCRYPTOD_LOG_BURST);
	vcryptod_log_rest("/run/a");
	assert_int_equal(read_lines(), 1);
	assert_string_equal(text, "vcryptod: /run/a: 7 lines about failed connections were not "
			"written\n");
	vcryptod_log_rest("/run/a");
	assert_int_equal(read_lines(), 0);
}

/* A reader that sleeps stops nobody: this would hang otherwise. */
static void
full_pipe(void **state)
{
	unsigned int n = 0, got;

	(void)state;
	while (vcryptod_log_missing() < 10) {
		flood(VCRYPTOD_LOG_ONCE, 1);
		n++;
	}
	got = read_lines();
	while (got + 10 < n) {
		unsigned int more = read_lines();

		assert_true(more > 0);
		got += more;
	}
	assert_int_equal(got + 10, n);
	flood(VCRYPTOD_LOG_ONCE, 1);
	assert_int_equal(read_lines(), 1);
	assert_non_null(strstr(text, "(10 more)\n"));
}

static void
bytes_of_a_peer(void **state)
{
	char big[2 * VCRYPTOD_LOG_LINE];

	(void)state;
	vcryptod_log(VCRYPTOD_LOG_GENERAL, "/run/\n\x1b[2J", "%s", "a\rvcryptod: b\x7f\x9b c");
	assert_int_equal(read_lines(), 1);
	assert_string_equal(text, "vcryptod: /run/\\x0a\\x1b[2J: a\\x0dvcryptod: b\\x7f\\x9b c\n");
	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	vcryptod_log(VCRYPTOD_LOG_GENERAL, big, "%s", big);
	vcryptod_log(VCRYPTOD_LOG_GENERAL, NULL, "%s", big);
	assert_int_equal(read_lines(), 2);
	assert_true(strlen(text) <= 2 * VCRYPTOD_LOG_LINE);
	memset(big, '\n', sizeof(big) - 1);
	vcryptod_log(VCRYPTOD_LOG_GENERAL, big, "%s", big);
	assert_int_equal(read_lines(), 1);
	assert_true(strlen(text) <= VCRYPTOD_LOG_LINE);
}

static void
last_words(void **state)
{
	int status;
	pid_t pid;

	(void)state;
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		vcryptod_log_exit("/run/a", "memory region %d is gone", 2);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), VCRYPTOD_EXIT_AGAIN);
	assert_int_equal(read_lines(), 1);
	assert_string_equal(text, "vcryptod: /run/a: memory region 2 is gone\n");
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(one_line),
		TEST(burst_then_one_each),
		TEST(rest_is_told),
		TEST(full_pipe),
		TEST(bytes_of_a_peer),
		TEST(last_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
