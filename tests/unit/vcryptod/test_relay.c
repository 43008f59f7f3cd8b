/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The relay: lines arrive whole and in order, nobody waits for a reader, and a device
 * process is heard up to its rate.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

#include "relay.h"

#define WAIT_MS	120000	/* only a case that has failed waits so long */
#define LINES	100000	/* more than all buffers hold */

static struct vcryptod_relay relay;

static void
start(int *out, int *err)
{
	assert_int_equal(pipe(out), 0);
	assert_int_equal(pipe(err), 0);
	assert_int_equal(vcryptod_relay_start(&relay, out[1], err[1]), 0);
}

static void
end(int *out, int *err)
{
	close(out[0]);
	close(out[1]);
	close(err[0]);
	close(err[1]);
}

static void
lines(void **state)
{
	char said[256] = "", line[2 * VCRYPTOD_RELAY_LINE];
	int out[2], err[2];

	(void)state;
	start(out, err);
	vcryptod_relay_say(&relay, VCRYPTOD_RELAY_OUT, "%s %u", "one", 2u);
	vcryptod_relay_put(&relay, VCRYPTOD_RELAY_OUT, "three\n", 6);
	vcryptod_relay_say(&relay, VCRYPTOD_RELAY_ERR, "%*s", 2 * VCRYPTOD_RELAY_LINE, "long");
	assert_true(vcryptod_relay_stop(&relay, WAIT_MS));
	assert_true(vcryptod_relay_stop(&relay, 0));
	assert_int_equal(read(out[0], said, sizeof(said) - 1), 22);
	assert_string_equal(said, "vcryptod: one 2\nthree\n");
	assert_true(read(err[0], line, sizeof(line)) < VCRYPTOD_RELAY_LINE);
	end(out, err);
}

/* Lines that were lost and that no line tells of yet. */
static uint64_t
untold(void)
{
	struct vcryptod_relay_sink *s = &relay.sink[VCRYPTOD_RELAY_ERR];
	uint64_t n;

	pthread_mutex_lock(&s->lock);
	n = s->lost;
	pthread_mutex_unlock(&s->lock);
	return n;
}

/* stderr is not read: stdout works, and what did not fit is counted when there is room. */
static void
nobody_reads(void **state)
{
	uint64_t said = LINES, got = 0, lost = 0, n;
	char line[256];
	int out[2], err[2];
	unsigned int i;
	FILE *f;

	(void)state;
	start(out, err);
	for (i = 0; i < LINES; i++)
		vcryptod_relay_say(&relay, VCRYPTOD_RELAY_ERR, "line %u", i);
	vcryptod_relay_say(&relay, VCRYPTOD_RELAY_OUT, "heard");
	assert_int_equal(read(out[0], line, sizeof(line)), 16);
	f = fdopen(dup(err[0]), "r");
	assert_non_null(f);
	while (got + lost + untold() < said) {
		assert_non_null(fgets(line, sizeof(line), f));
		if (sscanf(line, "vcryptod: %" SCNu64 " lines were lost", &n) == 1) {
			lost += n;
		} else if (++got % 1000 == 0 && lost == 0) {
			/* There is room by now, or soon. */
			vcryptod_relay_say(&relay, VCRYPTOD_RELAY_ERR, "more");
			said++;
		}
	}
	assert_true(lost > 0);
	assert_true(vcryptod_relay_stop(&relay, WAIT_MS));
	fclose(f);
	end(out, err);
}

#define FULL	5000	/* bytes of a file that is full then */

static void
limit_files(rlim_t bytes)
{
	struct rlimit r;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &r), 0);
	r.rlim_cur = bytes;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &r), 0);
}

/* Has it taken all that was said?  Then it has tried to write all but the last part. */
static bool
all_taken(void)
{
	struct vcryptod_relay_sink *s = &relay.sink[VCRYPTOD_RELAY_ERR];
	bool all;

	pthread_mutex_lock(&s->lock);
	all = s->head == s->tail;
	pthread_mutex_unlock(&s->lock);
	return all;
}

/* Every line of the file is whole, but for one that was torn; or says how many are not there. */
static void
count_lines(int fd, uint64_t *whole, uint64_t *lost, unsigned int *torn, unsigned int *told)
{
	char line[256];
	uint64_t n;
	FILE *f;

	f = fdopen(fd, "r");
	assert_non_null(f);
	rewind(f);
	*whole = *lost = 0;
	*torn = *told = 0;
	while (fgets(line, sizeof(line), f) != NULL) {
		assert_non_null(strchr(line, '\n'));
		if (sscanf(line, "<3>vcryptod: %" SCNu64 " lines were lost here: they could not "
				"be written: File too large", &n) == 1) {
			*lost += n;
			++*told;
		} else if (strncmp(line, "<3>vcryptod: line ", 18) == 0 &&
				strstr(line, " ends\n") != NULL) {
			++*whole;
		} else {
			++*torn;
		}
	}
	fclose(f);
}

/* A file that is full, and is not any more: when something else is to be written, or at the end. */
static void
full_file(void **state)
{
	char name[] = "/tmp/relayXXXXXX";
	unsigned int i, more, torn, told;
	uint64_t whole, lost;
	int out[2], fd;

	(void)state;
	for (more = 0; more < 2; more++) {
		assert_int_equal(pipe(out), 0);
		strcpy(name + 10, "XXXXXX");
		fd = mkstemp(name);
		assert_true(fd >= 0);
		unlink(name);
		limit_files(FULL);
		assert_int_equal(vcryptod_relay_start(&relay, out[1], fd), 0);
		relay.form = VCRYPTOD_RELAY_JOURNAL;
		for (i = 0; i < 1000; i++)
			vcryptod_relay_say(&relay, VCRYPTOD_RELAY_ERR, "line %u ends", i);
		while (!all_taken())
			usleep(100);
		limit_files(RLIM_INFINITY);
		for (i = 0; i < more; i++)
			vcryptod_relay_say(&relay, VCRYPTOD_RELAY_ERR, "line more ends");
		assert_true(vcryptod_relay_stop(&relay, WAIT_MS));
		count_lines(fd, &whole, &lost, &torn, &told);
		assert_int_equal(whole + lost, 1000 + more);
		assert_true(whole > FULL / 50 && lost > 100 && torn <= 1 && told == 1);
		close(out[0]);
		close(out[1]);
	}
}

/* It stays full: nobody waits, and nothing is written again. */
static void
full_for_ever(void **state)
{
	int out[2], full = open("/dev/full", O_WRONLY);
	unsigned int i;

	(void)state;
	if (full < 0)
		skip();
	assert_int_equal(pipe(out), 0);
	assert_int_equal(vcryptod_relay_start(&relay, out[1], full), 0);
	for (i = 0; i < 1000; i++)
		vcryptod_relay_say(&relay, VCRYPTOD_RELAY_ERR, "line %u", i);
	assert_true(vcryptod_relay_stop(&relay, WAIT_MS));
	close(full);
	close(out[0]);
	close(out[1]);
}

/* A thread that cannot write does not keep the process. */
static void
end_is_bounded(void **state)
{
	static struct vcryptod_relay stuck;	/* until the process ends */
	int out[2], err[2];
	unsigned int i;

	(void)state;
	assert_int_equal(pipe(out), 0);
	assert_int_equal(pipe(err), 0);
	assert_int_equal(vcryptod_relay_start(&stuck, out[1], err[1]), 0);
	for (i = 0; i < LINES; i++)
		vcryptod_relay_say(&stuck, VCRYPTOD_RELAY_ERR, "line %u", i);
	assert_false(vcryptod_relay_stop(&stuck, 10));
}

/* ---- pipes of device processes ---- */

static void
open_pipe(struct vcryptod_relay_pipe *p, int *fd)
{
	assert_int_equal(pipe2(fd, O_NONBLOCK), 0);
	vcryptod_relay_open(p, fd[0], VCRYPTOD_RELAY_OUT, "/a");
}

static void
device_lines(void **state)
{
	static const char text[] = "a\tb\r\033[2J\n\nhalf";
	static const char want[] = "vcryptod: /a: a\tb??[2J\nvcryptod: /a: \nvcryptod: /a: half\n";
	struct vcryptod_relay_pipe p;
	int out[2], err[2], fd[2];
	char said[128] = "";

	(void)state;
	start(out, err);
	open_pipe(&p, fd);
	assert_int_equal(write(fd[1], text, strlen(text)), strlen(text));
	vcryptod_relay_read(&relay, &p, 0);
	vcryptod_relay_read(&relay, &p, 0);	/* nothing there */
	assert_true(p.fd >= 0 && p.len == 4);
	vcryptod_relay_close(&relay, &p);	/* its writer still is there */
	vcryptod_relay_close(&relay, &p);
	assert_int_equal(p.fd, -1);
	assert_true(vcryptod_relay_stop(&relay, WAIT_MS));
	assert_int_equal(read(out[0], said, sizeof(said) - 1), strlen(want));
	assert_string_equal(said, want);
	close(fd[1]);
	end(out, err);
}

/* A device process says how bad it is, and no more: not to the manager, and to no terminal. */
static void
levels(void **state)
{
	static const char text[] = "<4>warning\n<6>info\n<0>all die\n<3><0>twice\n<\n\302\2332J\n";
	static const char want[] = "<4>vcryptod: /a: warning\n<3>vcryptod: /a: <0>all die\n"
			"<3>vcryptod: /a: <0>twice\n<3>vcryptod: /a: <\n<3>vcryptod: /a: ??2J\n";
	struct vcryptod_relay_pipe p;
	int out[2], err[2], fd[2];
	char said[256] = "";

	(void)state;
	start(out, err);
	relay.form = VCRYPTOD_RELAY_JOURNAL;
	relay.level = 5;
	open_pipe(&p, fd);
	p.stream = VCRYPTOD_RELAY_ERR;
	assert_int_equal(write(fd[1], text, strlen(text)), strlen(text));
	vcryptod_relay_close(&relay, &p);
	close(fd[1]);
	open_pipe(&p, fd);	/* lines of stdout have no level */
	assert_int_equal(write(fd[1], "<0>all die\n<6>info\n", 19), 19);
	vcryptod_relay_close(&relay, &p);
	close(fd[1]);
	assert_true(vcryptod_relay_stop(&relay, WAIT_MS));
	assert_int_equal(read(err[0], said, sizeof(said) - 1), strlen(want));
	assert_string_equal(said, want);
	memset(said, 0, sizeof(said));
	assert_int_equal(read(out[0], said, sizeof(said) - 1), 19 + 2 * 14);
	assert_string_equal(said, "vcryptod: /a: <0>all die\nvcryptod: /a: <6>info\n");
	end(out, err);
}

/* Whatever it says, it says it under the name of its own socket; a name that is odd is plain. */
static void
names(void **state)
{
	static const struct {
		const char *name, *text, *want;
	} tries[] = {
		{ "/a", "vcryptod: /a: ready", "vcryptod: /a: ready\n" },
		{ "/a", "vcryptod: /b: ready", "vcryptod: /a: /b: ready\n" },
		{ "/a", "vcryptod: /a\rvcryptod: /b: x", "vcryptod: /a: /a?vcryptod: /b: x\n" },
		{ "/a", "vcryptod: /ab: x", "vcryptod: /a: /ab: x\n" },
		{ "/a", "vcryptod: /a", "vcryptod: /a: /a\n" },
		{ "/a", "vcryptod: ", "vcryptod: /a: \n" },
		{ "/a", "vcryptod: /a: \nvcryptod: /b: x",
			"vcryptod: /a: \nvcryptod: /a: /b: x\n" },
		{ "/a", "2026-01-31T23:59:59.999Z vcryptod: /b: x",
			"vcryptod: /a: 2026-01-31T23:59:59.999Z vcryptod: /b: x\n" },
		{ "/\033[2J", "x", "vcryptod: /?[2J: x\n" },
		{ "fd 3", "vcryptod: fd 3: x", "vcryptod: fd 3: x\n" },
	};
	struct vcryptod_relay_pipe p;
	int out[2], err[2], fd[2];
	char said[256];
	size_t i;

	(void)state;
	start(out, err);
	for (i = 0; i < sizeof(tries) / sizeof(tries[0]); i++) {
		open_pipe(&p, fd);
		vcryptod_relay_open(&p, fd[0], VCRYPTOD_RELAY_OUT, tries[i].name);
		assert_int_equal(write(fd[1], tries[i].text, strlen(tries[i].text)),
				strlen(tries[i].text));
		vcryptod_relay_close(&relay, &p);
		close(fd[1]);
		memset(said, 0, sizeof(said));
		while (strlen(said) < strlen(tries[i].want))
			assert_true(read(out[0], said + strlen(said),
					sizeof(said) - 1 - strlen(said)) > 0);
		assert_string_equal(said, tries[i].want);
	}
	/* A name longer than any path. */
	open_pipe(&p, fd);
	memset(said, 'n', sizeof(said) - 1);
	said[sizeof(said) - 1] = '\0';
	vcryptod_relay_open(&p, fd[0], VCRYPTOD_RELAY_OUT, said);
	assert_string_equal(p.name + p.name_len - 3, "n: ");
	/* It counts as if the process had said it. */
	assert_int_equal(write(fd[1], "\n\n\n", 3), 3);
	vcryptod_relay_read(&relay, &p, 5000);
	assert_int_equal(p.heard, 3 * p.name_len + VCRYPTOD_RELAY_LEAST);
	vcryptod_relay_close(&relay, &p);
	close(fd[1]);
	assert_true(vcryptod_relay_stop(&relay, WAIT_MS));
	end(out, err);
}

/* Cut at its bound, not lost; and what is longer than any line comes in pieces. */
static void
long_line(void **state)
{
	static char text[3000], said[4000];
	struct vcryptod_relay_pipe p;
	int out[2], err[2], fd[2];
	unsigned int i, newlines = 0;
	ssize_t n;

	(void)state;
	start(out, err);
	open_pipe(&p, fd);
	memset(text, 'x', sizeof(text));
	assert_int_equal(write(fd[1], text, sizeof(text)), sizeof(text));
	close(fd[1]);
	vcryptod_relay_close(&relay, &p);
	assert_true(vcryptod_relay_stop(&relay, WAIT_MS));
	n = read(out[0], said, sizeof(said));
	for (i = 0; i < (unsigned int)n; i++)
		newlines += said[i] == '\n';
	assert_int_equal(newlines, 3);
	assert_int_equal(n, sizeof(text) + newlines * (strlen("vcryptod: /a: ") + 1));
	end(out, err);
}

/* It is heard again in the next second; the clock is the caller's. */
static void
rate(void **state)
{
	static char text[VCRYPTOD_RELAY_RATE / 2];
	struct vcryptod_relay_pipe p;
	int out[2], err[2], fd[2];
	uint64_t until = 0;
	unsigned int i, n;

	(void)state;
	start(out, err);
	open_pipe(&p, fd);
	memset(text, 'x', sizeof(text));
	for (i = 0; i < 3; i++) {
		for (n = 0; n < 2 * VCRYPTOD_RELAY_RATE &&
				!vcryptod_relay_is_held(&p, 5000 + i * 1000, &until); n++) {
			(void)!write(fd[1], text, sizeof(text));
			vcryptod_relay_read(&relay, &p, 5000 + i * 1000);
		}
		assert_int_equal(until, 6000 + i * 1000);
		assert_true(p.heard >= VCRYPTOD_RELAY_RATE && p.heard < VCRYPTOD_RELAY_RATE + 4096);
		assert_true(vcryptod_relay_is_held(&p, until - 1, &until));
		assert_false(vcryptod_relay_is_held(&p, until, &until));
	}
	/* One byte at a time costs more than its bytes. */
	for (n = 0; n <= VCRYPTOD_RELAY_RATE / VCRYPTOD_RELAY_LEAST &&
			!vcryptod_relay_is_held(&p, 9000, &until); n++) {
		(void)!write(fd[1], text, 1);
		vcryptod_relay_read(&relay, &p, 9000);
	}
	assert_true(n <= VCRYPTOD_RELAY_RATE / VCRYPTOD_RELAY_LEAST);
	vcryptod_relay_close(&relay, &p);
	close(fd[1]);
	close(out[0]);	/* nobody will read: the thread gives up */
	assert_true(vcryptod_relay_stop(&relay, WAIT_MS));
	close(out[1]);
	close(err[0]);
	close(err[1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines),
		cmocka_unit_test(nobody_reads),
		cmocka_unit_test(full_file),
		cmocka_unit_test(full_for_ever),
		cmocka_unit_test(device_lines),
		cmocka_unit_test(levels),
		cmocka_unit_test(names),
		cmocka_unit_test(long_line),
		cmocka_unit_test(rate),
		cmocka_unit_test(end_is_bounded),
	};

	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
