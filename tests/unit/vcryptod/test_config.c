/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A file with many devices: the command lines that it becomes, and one line for whatever is wrong
 * with it.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "config.h"

#define TEN	"xxxxxxxxxx"
#define SIXTY	TEN TEN TEN TEN TEN TEN

static char *argv_of_test[] = { (char[]){ "vcryptod" }, (char[]){ "--queues" }, (char[]){ "7" },
	NULL };

static char said[4096];

/* What vcryptod_config_parse makes of len bytes; what it says is in said. */
static int
parse(struct vcryptod_config *c, const char *text, size_t len)
{
	FILE *f = fmemopen((void *)(uintptr_t)text, len, "r"), *err = tmpfile();
	int saved = dup(STDERR_FILENO), rc;
	ssize_t n;

	assert_true(f != NULL && err != NULL && saved >= 0);
	dup2(fileno(err), STDERR_FILENO);
	rc = vcryptod_config_parse(c, f, "FILE", 3, argv_of_test);
	dup2(saved, STDERR_FILENO);
	close(saved);
	n = pread(fileno(err), said, sizeof(said) - 1, 0);
	assert_true(n >= 0);
	said[n] = '\0';
	fclose(err);
	fclose(f);
	return rc;
}

static void
check_line(const struct vcryptod_config *c, unsigned int i, const char *want)
{
	char line[512] = "";
	int k;

	for (k = 1; k < c->argc[i]; k++) {
		strcat(line, c->argv[i][k]);
		strcat(line, " ");
	}
	assert_null(c->argv[i][c->argc[i]]);
	assert_string_equal(line, want);
}

static void
command_lines(void **state)
{
	static const char text[] = "; a remark\n[vcryptod]\nengine = null ; for tests\nqueues=2\n\n"
		"[b]\nsocket = /b\nsessions = 5\n[a]\nvfio-user: /a\nqueues = 4\n"
		"features = split,indirect";
	struct vcryptod_config c;

	(void)state;
	assert_int_equal(parse(&c, text, strlen(text)), 0);
	assert_string_equal(said, "");
	assert_int_equal(c.nb, 2);
	check_line(&c, 0, "--engine=null --queues=2 --socket=/b --vfio-user=/a --sessions=5 "
			"--queues 7 ");
	check_line(&c, 1, "--engine=null --queues=2 --socket=/b --vfio-user=/a --queues=4 "
			"--features=split,indirect --queues 7 ");
	check_line(&c, 2, "--engine=null --queues=2 --socket=/b --vfio-user=/a --queues 7 ");
	vcryptod_config_fini(&c);
}

static void
one_line_each(void **state)
{
	static const struct {
		const char *text, *said;
	} bad[] = {
		{ "\n", "FILE:1: the file has no device" },
		{ "[vcryptod]\nqueues = 1\n", "FILE:2: the file has no device" },
		{ "queues = 1\n", "FILE:1: begin a section first" },
		{ "[a]\nsocket = a\nnonsense\n", "FILE:3: neither [SECTION] nor" },
		{ "[a]\nsocket = a\n[b\n", "FILE:3: neither [SECTION] nor" },
		{ "[a]\nsocket = a\nqueues = 0\n", "FILE:3: --queues 0: not 1 to 127" },
		{ "[a]\nsocket = a\nalgos = aes-cbc,aes\n", "FILE:3: --algos: \"aes\" is unknown" },
		{ "[a]\nsocket = a\nfast = yes\n", "FILE:3: there is no option fast" },
		{ "[a]\nsocket = a\ncpu = 1\n", "FILE:3: cpu is an option of all devices" },
		{ "[a]\nsocket = a\nfd = 3\n", "FILE:3: fd is an option of the command" },
		{ "[a]\nsocket = a\nconfig = a\n", "config is an option of the command line" },
		{ "[a]\nsocket = a\nhelp = a\n", "help is an option of the command line" },
		{ "[a]\nsocket = a\ndevice-process = 0,3,4\n", "is an option of the command line" },
		{ "[a]\nsocket = a\nengine = list\n", "engine = list is for the command line" },
		{ "[a]\nsocket = a\nsocket-path = b\n", "this section has a socket already" },
		{ "[a]\nsocket = a\nsocket = b\n", "FILE:3: socket is given twice" },
		{ "[a]\nsocket = a\nservices = mac\n  cipher\n", "FILE:4: services is given" },
		{ "[a]\nsocket = a\n[b]\nsocket = a\n", "FILE:4: --socket a: this path is given" },
		{ "[a]\nsocket =\n", "FILE:2: --socket : a path of 1 to 107 bytes" },
		{ "[a]\nqueues = 4\n[b]\nsocket = b\n[a]\nsocket = a\n",
			"FILE:6: section [a] begins again" },
		{ "[a]\nqueues = 1\n", "[a] has no socket: give it socket = PATH" },
		{ "[vcryptod]\nsocket = a\n", "socket makes a device: give it a section" },
		{ "[" SIXTY "]\nsocket = a\n", "the name of the section is longer" },
		{ "[a]\nalgos = " SIXTY SIXTY SIXTY SIXTY "\n", "FILE:2: the line is longer than" },
	};
	struct vcryptod_config c;
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (parse(&c, bad[i].text, strlen(bad[i].text)) != -EINVAL)
			fail_msg("taken: %s", bad[i].text);
		if (strstr(said, bad[i].said) == NULL ||
				strncmp(said, "vcryptod: FILE:", 15) != 0 ||
				strchr(said, '\n') != said + strlen(said) - 1)
			fail_msg("%s: %s", bad[i].text, said);
		assert_int_equal(c.nb, 0);
	}
	assert_int_equal(parse(&c, "[a]\nsocket = a\0b\n", 17), -EINVAL);
	assert_non_null(strstr(said, "FILE:2: the line has a byte 0x00"));
	assert_int_equal(parse(&c, "[a]\n\033[2Jsocket = a\n", 18), -EINVAL);
	assert_non_null(strstr(said, "FILE:2: the line has a byte 0x1b"));
}

/* As many devices as there may be, and one more; more lines than there may be. */
static void
limits(void **state)
{
	static char text[1 << 20];
	struct vcryptod_config c;
	unsigned int i;
	size_t len = 0;

	(void)state;
	for (i = 0; i < VCRYPTOD_MAX_SOCKETS; i++)
		len += (size_t)sprintf(text + len, "[d%u]\nsocket = s%u\n", i, i);
	assert_int_equal(parse(&c, text, len), 0);
	assert_int_equal(c.nb, VCRYPTOD_MAX_SOCKETS);
	assert_int_equal(c.argc[63], 1 + VCRYPTOD_MAX_SOCKETS + 2);
	vcryptod_config_fini(&c);
	len += (size_t)sprintf(text + len, "[more]\nsocket = more\n");
	assert_int_equal(parse(&c, text, len), -EINVAL);
	assert_non_null(strstr(said, "FILE:130: more than 64 devices"));
	memset(text, '\n', sizeof(text));
	assert_int_equal(parse(&c, text, sizeof(text)), -EINVAL);
	assert_non_null(strstr(said, "the file has more lines than 65536"));
}

/* Bytes of a good file are changed, added and left out: it is taken, or one line says why not. */
static void
nonsense(void **state)
{
	static const char good[] = "[vcryptod]\nengine = null\nwatchdog = 3\n[a]\nsocket = a\n"
		"queues = 3\nfeatures = -packed\n[b]\nvfio-user = b\nmax-size = 2M\n";
	static const char piece[] = "[]=;#\n\n\n\r\t\0\033\xff-0a:\" ";
	struct vcryptod_config c;
	unsigned int i, k, taken = 0, refused = 0;
	char text[sizeof(good)];

	(void)state;
	srand(1);
	for (i = 0; i < 3000; i++) {
		memcpy(text, good, sizeof(good));
		for (k = 0; k < 1 + i % 4; k++)
			text[(size_t)rand() % (sizeof(good) - 1)] =
				piece[(size_t)rand() % (sizeof(piece) - 1)];
		if (parse(&c, text, sizeof(good) - 1) == 0) {
			assert_true(c.nb > 0 && said[0] == '\0');
			vcryptod_config_fini(&c);
			taken++;
		} else if (strchr(said, '\n') == NULL ||
				strchr(said, '\n') != said + strlen(said) - 1) {
			fail_msg("not one line: %s", said);
		} else {
			refused++;
		}
	}
	assert_true(taken > 50 && refused > 1000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(command_lines),
		cmocka_unit_test(one_line_each),
		cmocka_unit_test(limits),
		cmocka_unit_test(nonsense),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
