/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The daemon's small parts: the memory table, spans, the command line.
 */
#include <errno.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "memory.h"
#include "options.h"
#include "req_alg.h"
#include "vring.h"

/* ---- memory ---- */

static void
memory_table(void **state)
{
	static uint8_t host[8192];
	static struct vcryptod_memory m;
	uint64_t len;
	unsigned int i;

	(void)state;
	assert_int_equal(vcryptod_memory_add(&m, 0x1000, 4096, host), 0);
	assert_int_equal(vcryptod_memory_add(&m, 0x2000, 4096, host + 4096), 0);
	assert_int_equal(vcryptod_memory_add(&m, 0x9000, 0, host), 0);
	assert_int_equal(m.nb, 2);
	assert_int_equal(vcryptod_memory_add(&m, UINT64_MAX, 2, host), -EINVAL);
	assert_int_equal(vcryptod_memory_add(&m, UINT64_MAX - 15, 16, host), 0);
	len = 100;
	assert_ptr_equal(vcryptod_memory_translate(&m, 0x1ff0, &len, true), host + 4080);
	assert_int_equal(len, 16);
	len = UINT64_MAX;
	assert_ptr_equal(vcryptod_memory_translate(&m, 0x2000, &len, false), host + 4096);
	assert_int_equal(len, 4096);
	len = 64;
	assert_ptr_equal(vcryptod_memory_translate(&m, UINT64_MAX - 3, &len, false), host + 12);
	assert_int_equal(len, 4);
	len = 1;
	assert_null(vcryptod_memory_translate(&m, 0xfff, &len, true));
	assert_null(vcryptod_memory_translate(&m, 0x3000, &len, true));
	assert_true(vcryptod_memory_holds(&m, host, 4096, true));
	assert_false(vcryptod_memory_holds(&m, host, 4097, true));
	assert_false(vcryptod_memory_holds(&m, host + 4095, UINT64_MAX, false));
	assert_false(vcryptod_memory_holds(&m, NULL, 1, false));
	for (i = 0; m.nb < VCRYPTOD_MEMORY_MAX; i++)
		assert_int_equal(vcryptod_memory_add(&m, 0x100000 + i, 1, host), 0);
	assert_int_equal(vcryptod_memory_add(&m, 0x100000 - 1, 1, host), -ENOSPC);
	assert_int_equal(vcryptod_memory_add(&m, 0x100000, 1, host), -EEXIST);
}

/* ---- spans ---- */

static void
spans(void **state)
{
	uint8_t a[4] = { 0, 1, 2, 3 }, b[3] = { 4, 5, 6 }, c[5] = { 7, 8, 9, 10, 11 };
	uint8_t out[12], z[12];
	struct vqd_seg seg[] = { { a, 4 }, { a, 0 }, { b, 3 }, { c, 5 } };
	struct vqd_seg one[] = { { z, 12 } };
	struct vcryptod_span all = { seg, 0, 12 }, s, to = { one, 0, 12 };
	struct vcryptod_scratch scratch;
	uint32_t off, len, i;

	(void)state;
	assert_int_equal(vcryptod_seg_total(seg, 4), 12);
	assert_int_equal(vcryptod_scratch_init(&scratch, 100), 0);
	for (off = 0; off <= 12; off++) {
		for (len = 0; len <= 12 - off; len++) {
			s = vcryptod_span_sub(&all, off, len);
			memset(out, 0xff, sizeof(out));
			vcryptod_span_read(out, &s);
			for (i = 0; i < 12; i++)
				assert_int_equal(out[i], i < len ? off + i : 0xff);
			vcryptod_scratch_reset(&scratch);
			assert_memory_equal(vcryptod_span_gather(&s, &scratch), out, len);
		}
	}
	vcryptod_span_copy(&to, &all);
	for (i = 0; i < 12; i++)
		assert_int_equal(z[i], i);
	s = vcryptod_span_sub(&all, 3, 5);
	vcryptod_span_zero(&s);
	assert_true(a[2] == 2 && a[3] == 0 && b[0] == 0 && b[2] == 0 && c[0] == 0 && c[1] == 8);
	vcryptod_span_write(&all, z);
	assert_true(a[3] == 3 && b[0] == 4 && c[4] == 11);
	/* Full is full, and does not wrap. */
	vcryptod_scratch_reset(&scratch);
	assert_non_null(vcryptod_scratch_get(&scratch, 40));
	assert_null(vcryptod_scratch_get(&scratch, 40));
	assert_null(vcryptod_scratch_get(&scratch, SIZE_MAX));
	assert_non_null(vcryptod_scratch_get(&scratch, 36));
	vcryptod_scratch_fini(&scratch);
}

/* ---- command line ---- */

static int
parse(struct vcryptod_options *o, const char *line)
{
	static char copy[512];
	char *argv[32] = { (char *)(uintptr_t)"vcryptod" }, *word;
	int argc = 1;

	strcpy(copy, line);
	for (word = strtok(copy, " "); word != NULL; word = strtok(NULL, " "))
		argv[argc++] = word;
	return vcryptod_options_parse(o, argc, argv);
}

static void
good_options(void **state)
{
	struct vcryptod_caps caps = { .mask = { [VIRTIO_CRYPTO_SERVICE_CIPHER] = 0xff,
		[VIRTIO_CRYPTO_SERVICE_HASH] = 0xff, [VIRTIO_CRYPTO_SERVICE_MAC] = 0xff } };
	struct vcryptod_options o;

	(void)state;
	assert_int_equal(parse(&o, "--socket a"), 0);
	assert_int_equal(o.queues, 1);
	assert_string_equal(o.engine->name, "auto");
	assert_true(o.features & VIRTIO_F_RING_PACKED && o.protocol & VHU_PROTO_F_STATUS);
	assert_int_equal(parse(&o, "--socket a --socket b --queues 127 --engine null --max-size 2M "
			"--sessions 7 --cpu 0,2-3 --out-of-order 9 --session-layout plain"), 0);
	assert_int_equal(o.nb_sockets, 2);
	assert_int_equal(o.max_size, 2 << 20);
	assert_true(o.nb_cpus == 3 && o.cpu[2] == 3 && o.shuffle == 9 && o.sessions == 7);
	assert_int_equal(o.layout, REQ_VHU_LAYOUT_PLAIN);
	assert_string_equal(o.engine->name, "null");
	assert_int_equal(parse(&o, "--socket a --features split,indirect"), 0);
	assert_true(o.features == (VIRTIO_F_VERSION_1 | VIRTIO_F_INDIRECT_DESC));
	assert_int_equal(o.protocol, 0);
	assert_int_equal(parse(&o, "--socket a --features -packed,-revision-1,-status"), 0);
	assert_false(o.features & (VIRTIO_F_RING_PACKED | VIRTIO_CRYPTO_F_REVISION_1 |
			VIRTIO_CRYPTO_F_MAC_STATELESS_MODE));
	assert_true(o.features & VIRTIO_F_IN_ORDER && !(o.protocol & VHU_PROTO_F_STATUS));
	assert_int_equal(parse(&o, "--socket a --services cipher,mac --algos aes-cbc,hmac-sha1"),
			0);
	assert_int_equal(vcryptod_options_restrict(&caps, &o), 0);
	assert_int_equal(caps.mask[VIRTIO_CRYPTO_SERVICE_CIPHER],
			1 << VIRTIO_CRYPTO_CIPHER_AES_CBC);
	assert_int_equal(caps.mask[VIRTIO_CRYPTO_SERVICE_HASH], 0);
	assert_int_equal(caps.mask[VIRTIO_CRYPTO_SERVICE_MAC], 1 << VIRTIO_CRYPTO_MAC_HMAC_SHA1);
	assert_int_equal(parse(&o, "--socket a --services aead"), 0);
	assert_int_equal(vcryptod_options_restrict(&caps, &o), -EINVAL);
	assert_int_equal(parse(&o, "--version"), 1);
	assert_int_equal(parse(&o, "--socket a"), 0);
	assert_true(o.socket_mode == 0600 && o.socket_group == NULL && o.watchdog == 10);
	assert_int_equal(o.max_rsa_bits, 4096);
	assert_int_equal(parse(&o, "--socket a --max-rsa-bits 8192"), 0);
	assert_int_equal(o.max_rsa_bits, 8192);
	assert_int_equal(parse(&o, "--socket a --socket-mode 0660 --socket-group kvm "
			"--watchdog 0"), 0);
	assert_true(o.socket_mode == 0660 && o.watchdog == 0 && !o.device_process);
	assert_string_equal(o.socket_group, "kvm");
	assert_int_equal(parse(&o, "--device-process=1,3,4 --socket a --socket b"), 0);
	assert_true(o.device_process && o.index == 1 && o.listen_fd == 3 && o.watch_fd == 4);
	assert_true(o.figures_fd == -1 && o.ctl == NULL);
	assert_int_equal(parse(&o, "--device-process=0,3,4,5 --socket a --ctl b"), 0);
	assert_int_equal(o.figures_fd, 5);
	assert_string_equal(o.ctl, "b");
}

/* The word of a column, counted from 0. */
static void
column(char word[32], const char *line, unsigned int n)
{
	for (; n > 0; n--) {
		line += strcspn(line, " ");
		line += strspn(line, " ");
	}
	snprintf(word, 32, "%.*s", (int)strcspn(line, " \n"), line);
}

/* A line for each algorithm: the engine that auto takes has it, and it has none if none has. */
static void
list_of_engines(void **state)
{
	bool has_imb = vcryptod_engine_find("ipsec-mb") != NULL;
	char line[256], word[5][32], *text = NULL;
	unsigned int nb, i, lines = 0, seen[2] = { 0 };
	size_t size;
	FILE *f = open_memstream(&text, &size);

	(void)state;
	assert_non_null(f);
	vcryptod_engine_print(f);
	assert_int_equal(fclose(f), 0);
	f = fmemopen(text, strlen(text), "r");
	assert_non_null(f);
	assert_non_null(fgets(line, sizeof(line), f));
	for (i = 0; i < 5; i++)
		column(word[i], line, i);
	assert_string_equal(word[2], "auto");
	assert_string_equal(word[3], "openssl");
	assert_string_equal(word[4], has_imb ? "ipsec-mb" : "null");
	for (; fgets(line, sizeof(line), f) != NULL; lines++) {
		for (i = 0; i < 5; i++)
			column(word[i], line, i);
		if (has_imb && strcmp(word[4], "yes") == 0) {
			assert_string_equal(word[2], "ipsec-mb");
			seen[0]++;
		} else if (strcmp(word[3], "yes") == 0) {
			assert_string_equal(word[2], "openssl");
			seen[1]++;
		} else {
			assert_string_equal(word[2], "-");
		}
	}
	(void)req_alg_table(&nb);
	assert_int_equal(lines, nb);
	assert_true(seen[1] > 10 && (!has_imb || seen[0] > 20));
	fclose(f);
	free(text);
}

static void
check_share(const char *line, unsigned int index, unsigned int first, unsigned int nb, bool polls)
{
	struct vcryptod_cpu_share s;
	struct vcryptod_options o;

	assert_int_equal(parse(&o, line), 0);
	s = vcryptod_options_cpus(&o, index);
	if (s.first != first || s.nb != nb || s.polls != polls)
		fail_msg("%s: device %u has %u CPUs from %u%s", line, index, s.nb, s.first,
				s.polls ? ", polling" : "");
}

/* Every CPU has one device or, where there are too few, every device one CPU. */
static void
cpu_shares(void **state)
{
	(void)state;
	check_share("--socket a", 0, 0, 0, false);
	check_share("--socket a --cpu 0-3", 0, 0, 4, true);
	check_share("--socket a --socket b --cpu 0-3", 1, 2, 2, true);
	check_share("--socket a --socket b --socket c --cpu 0-4", 0, 0, 2, true);
	check_share("--socket a --socket b --socket c --cpu 0-4", 1, 2, 2, true);
	check_share("--socket a --socket b --socket c --cpu 0-4", 2, 4, 1, true);
	check_share("--socket a --socket b --socket c --cpu 5-7", 2, 2, 1, true);
	check_share("--socket a --socket b --socket c --cpu 0,1", 1, 1, 1, false);
	check_share("--socket a --socket b --socket c --cpu 0,1", 2, 0, 1, false);
}

/* IPSEC is asked for, and refused where nothing serves it. */
static void
ipsec_options(void **state)
{
	struct vcryptod_caps caps = { .mask = { [VIRTIO_CRYPTO_SERVICE_CIPHER] = UINT64_MAX,
		[VIRTIO_CRYPTO_SERVICE_MAC] = UINT64_MAX } }, few;
	struct vcryptod_options o;

	(void)state;
	assert_int_equal(parse(&o, "--socket a --features all"), 0);
	assert_int_equal(o.sas, 0);
	assert_false(o.features & VIRTIO_F_ADMIN_VQ);
	assert_int_equal(parse(&o, "--socket a --sas 1048576 --features split --ipsec-window 64"),
			0);
	assert_int_equal(o.sas, 1 << 20);
	assert_int_equal(o.ipsec_window, 64);
	assert_true(o.features == (VIRTIO_F_VERSION_1 | VIRTIO_F_ADMIN_VQ));
	few = caps;
	assert_int_equal(vcryptod_options_restrict(&few, &o), 0);
	/* Ciphers alone, and a MAC that IPSEC has not. */
	assert_int_equal(parse(&o, "--socket a --sas 1 --services cipher"), 0);
	few = caps;
	assert_int_equal(vcryptod_options_restrict(&few, &o), -EINVAL);
	assert_int_equal(parse(&o, "--socket a --sas 1 --algos aes-cbc,kasumi-f9"), 0);
	few = caps;
	assert_int_equal(vcryptod_options_restrict(&few, &o), -EINVAL);
	assert_int_equal(parse(&o, "--socket a --sas 1 --algos aes-cbc,hmac-sha1"), 0);
	few = caps;
	assert_int_equal(vcryptod_options_restrict(&few, &o), 0);
}

#define TEN_A		"aaaaaaaaaa"
#define LONG_SOCKET	"--socket " TEN_A TEN_A TEN_A TEN_A TEN_A TEN_A TEN_A TEN_A TEN_A TEN_A \
	"12345678"	/* 108 bytes: one too many */

/* What a line of the command prints to fd: its one line. */
static const char *
said(int fd, const char *line)
{
	static char text[512];
	struct vcryptod_options o;
	char path[] = "/tmp/saidXXXXXX";
	int file = mkstemp(path), saved = dup(fd), rc;
	ssize_t n;

	assert_true(file >= 0 && saved >= 0);
	unlink(path);
	fflush(stdout);
	dup2(file, fd);
	rc = parse(&o, line);
	fflush(stdout);
	dup2(saved, fd);
	close(saved);
	assert_int_equal(rc, fd == STDERR_FILENO ? -EINVAL : 1);
	n = pread(file, text, sizeof(text) - 1, 0);
	close(file);
	assert_true(n > 0);
	text[n] = '\0';
	return text;
}

/* Each mistake gets one line, which names it and says what to do. */
static void
one_line_each(void **state)
{
	static const struct {
		const char *line, *text;
	} bad[] = {
		{ "--socket a --max-size 2T", "--max-size 2T: not 1k to 256M" },
		{ "--socket a --max-size 1G", "--max-size 1G: not 1k to 256M" },
		{ "--socket a --engine fast", "no such engine; this build has auto," },
		{ "--socket a --services cipher,aes", "\"aes\" is unknown: name some of cipher," },
		{ "--socket a --algos aes-cbc,aes", "\"aes\" is unknown: `--algos list` prints" },
		{ "--socket a --algos ,", "\"\" is unknown: `--algos list` prints" },
		{ "--socket a --algos=", "names no algorithm: `--algos list` prints" },
		{ "--socket a --features split,fast", "\"fast\" is unknown: --help has the names" },
		{ "--socket a --features=", "names no feature" },
		{ "--socket a --services=", "names no service: name some of cipher," },
		{ "--socket a --fast", "vcryptod: --fast: there is no such option" },
		{ "--socket a -x", "vcryptod: -x: there is no such option" },
		{ "--socket a -xh", "vcryptod: -x: there is no such option" },
		{ "--socket a -1x", "vcryptod: -1: there is no such option" },
		{ "--socket a --help=x", "vcryptod: --help=x: there is no such option, or" },
		{ "--socket a --queues", "vcryptod: --queues: an argument is missing" },
		{ "--fd 2", "--fd 2: not a descriptor, a number of 3 or more" },
		{ "--fd x", "--fd x: not a descriptor" }, { "--fd 3 --fd 4", "more than one" },
		{ "--fd 3 --socket-path a", "there are other sockets: give one or the other" },
		{ "--socket a --log loud", "--log loud: not err, warning or info" },
		{ "--socket a --log-form x", "--log-form x: not plain, time or journal" },
		{ "--socket a --log-file=", "names no file" },
		{ "--socket a b", "vcryptod: b: options begin with --" },
		{ "--queues 4", "--socket PATH, --vfio-user PATH or --fd FD is missing" },
	};
	const char *text;
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		text = said(STDERR_FILENO, bad[i].line);
		if (strstr(text, bad[i].text) == NULL || strncmp(text, "vcryptod: ", 10) != 0 ||
				strchr(text, '\n') != text + strlen(text) - 1)
			fail_msg("%s: %s", bad[i].line, text);
	}
	assert_string_equal(said(STDOUT_FILENO, "-V"), said(STDOUT_FILENO, "--version"));
	/* Whatever else is given. */
	assert_string_equal(said(STDOUT_FILENO, "--queues 0 x --print-capabilities -z"),
			"{\n  \"type\": \"crypto\"\n}\n");
	assert_non_null(strstr(said(STDOUT_FILENO, "-h"), "Usage: vcryptod --socket PATH"));
}

/* Units in both spellings; the last one of an option counts. */
static void
spellings(void **state)
{
	static const struct {
		const char *line;
		uint64_t size;
	} good[] = {
		{ "--socket a --max-size 2k", 2 << 10 }, { "--socket a --max-size 2K", 2 << 10 },
		{ "--socket a --max-size 2m", 2 << 20 }, { "--socket a --max-size 2M", 2 << 20 },
		{ "--socket-path a --max-size 4096", 4096 },
		{ "--socket a --max-size 2M --max-size 1k", 1 << 10 },
	};
	struct vcryptod_options o;
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(parse(&o, good[i].line), 0);
		assert_int_equal(o.max_size, good[i].size);
		assert_true(o.nb_sockets == 1 && o.shown[0] == VCRYPTOD_VHOST_USER);
	}
	assert_int_equal(parse(&o, "--fd 7 --log warning --log-form time --log-file f"), 0);
	assert_true(o.fd == 7 && o.nb_sockets == 1 && o.log_level == 4);
	assert_true(o.log_form == VCRYPTOD_RELAY_TIME && strcmp(o.log_file, "f") == 0);
	assert_int_equal(parse(&o, "--socket a --algos aes-cbc --algos md5"), 0);
	assert_int_equal(o.algos[VIRTIO_CRYPTO_SERVICE_CIPHER], 0);
	assert_true(o.algos[VIRTIO_CRYPTO_SERVICE_HASH] != 0);
}

/* A CPU that the process may not use, and an algorithm that the engine lacks. */
static void
not_there(void **state)
{
	struct vcryptod_caps caps = { .mask = { [VIRTIO_CRYPTO_SERVICE_CIPHER] =
		1 << VIRTIO_CRYPTO_CIPHER_AES_CBC } };
	struct vcryptod_options o;
	char line[64];
	cpu_set_t mine;
	int cpu;

	(void)state;
	assert_int_equal(sched_getaffinity(0, sizeof(mine), &mine), 0);
	for (cpu = 0; CPU_ISSET(cpu, &mine); cpu++) {
		snprintf(line, sizeof(line), "--socket a --cpu %d", cpu);
		assert_int_equal(parse(&o, line), 0);
		assert_int_equal(vcryptod_options_check_cpus(&o), 0);
	}
	snprintf(line, sizeof(line), "--socket a --cpu %d", cpu);
	assert_int_equal(parse(&o, line), 0);
	assert_int_equal(vcryptod_options_check_cpus(&o), -EINVAL);
	assert_int_equal(parse(&o, "--socket a --algos aes-cbc"), 0);
	assert_int_equal(vcryptod_options_restrict(&caps, &o), 0);
	assert_int_equal(parse(&o, "--socket a --algos aes-cbc,aes-ctr"), 0);
	assert_int_equal(vcryptod_options_restrict(&caps, &o), -EINVAL);
}

static void
bad_options(void **state)
{
	static const char * const bad[] = {
		"", "--socket", "--socket a --socket a", "--socket a b", "--queues 4",
		"--socket a --queues 0", "--socket a --queues 128", "--socket a --queues 4x",
		"--socket a --queues -1", "--socket a --engine none", "--socket a --services",
		"--socket a --services cipher,none", "--socket a --algos aes",
		"--socket a --features x", "--socket a --features -all",
		"--socket a --max-size 1", "--socket a --max-size 257M",
		"--socket a --max-size 99999999999999999999", "--socket a --sessions 0",
		"--socket a --cpu 1-", "--socket a --cpu 3-1", "--socket a --cpu x",
		"--socket a --cpu 0-999", "--socket a --out-of-order 0",
		"--socket a --session-layout x", "--socket a --unknown",
		"--socket a --sas 0", "--socket a --sas 1048577", "--socket a --sas x",
		"--socket a --ipsec-window 0", "--socket a --ipsec-window 1048577",
		"--socket a --max-rsa-bits 511", "--socket a --max-rsa-bits 8193",
		"--socket a --socket-mode 8", "--socket a --socket-mode 1000",
		"--socket a --socket-mode -1", "--socket a --socket-mode 6x",
		"--socket a --socket-group", "--socket a --watchdog x",
		"--socket a --watchdog 86401", "--socket a --device-process=1,3,4",
		"--socket a --device-process=0,3", "--socket a --device-process=0,1,4",
		"--socket a --device-process=0,3,3", "--socket a --device-process=0,3,4x",
		"--socket a --device-process=0,3,4,", "--socket a --device-process=0,3,4,5,6",
		"--ctl a",
		LONG_SOCKET,
	};
	struct vcryptod_options o;
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (parse(&o, bad[i]) != -EINVAL)
			fail_msg("taken: %s", bad[i]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_table),
		cmocka_unit_test(spans),
		cmocka_unit_test(good_options),
		cmocka_unit_test(ipsec_options),
		cmocka_unit_test(list_of_engines),
		cmocka_unit_test(cpu_shares),
		cmocka_unit_test(one_line_each),
		cmocka_unit_test(spellings),
		cmocka_unit_test(not_there),
		cmocka_unit_test(bad_options),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
