/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The figures as `vcryptod ctl` reads and shows them: what it accepts, what the forms look like to
 * the letter, and pages whose words are anything, as a device process that was taken over writes
 * them.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "ctl_print.h"
#include "req_alg.h"
#include "request.h"
#include "supervisor/page.h"

#define QUEUES	2

/* A stream of one device. */
struct rig {
	struct vcryptod_ctl_head head;
	struct vcryptod_ctl_device *device;	/* then its page */
	struct vcryptod_figures *page;
	uint8_t *body;
	size_t size;
};

static void
rig_create(struct rig *r)
{
	const char *why;
	size_t page = vcryptod_figures_size(QUEUES);

	memset(r, 0, sizeof(*r));
	memcpy(r->head.magic, VCRYPTOD_CTL_MAGIC, sizeof(VCRYPTOD_CTL_MAGIC));
	r->head.version = VCRYPTOD_CTL_VERSION;
	r->head.layout = VCRYPTOD_FIGURES_LAYOUT;
	r->head.nb_devices = 1;
	r->head.nb_queues = QUEUES;
	r->head.page_size = page;
	r->size = vcryptod_view_size(&r->head, &why);
	assert_int_equal(r->size, sizeof(*r->device) + page);
	r->device = calloc(1, sizeof(*r->device));
	r->page = aligned_alloc(64, page);
	r->body = malloc(r->size);
	assert_true(r->device != NULL && r->page != NULL && r->body != NULL);
	memset(r->page, 0, page);
	r->page->nb_queues = QUEUES;
	strcpy(r->device->path, "/run/a\"\\\x1b.sock");
}

static void
rig_destroy(struct rig *r)
{
	free(r->device);
	free(r->page);
	free(r->body);
}

static void
rig_parse(struct rig *r, struct vcryptod_view *v)
{
	memcpy(r->body, r->device, sizeof(*r->device));
	memcpy(r->body + sizeof(*r->device), r->page, r->head.page_size);
	assert_int_equal(vcryptod_view_parse(v, &r->head, r->body), 0);
}

/* A device that has worked. */
static void
rig_fill(struct rig *r)
{
	struct vcryptod_counters *c = &r->page->queue[0].by[VCRYPTOD_BY_WORKER];
	unsigned int cbc = vcryptod_row_alg(VIRTIO_CRYPTO_SERVICE_CIPHER,
			VIRTIO_CRYPTO_CIPHER_AES_CBC);
	unsigned int sha1 = vcryptod_row_alg(VIRTIO_CRYPTO_SERVICE_MAC,
			VIRTIO_CRYPTO_MAC_HMAC_SHA1);

	r->device->pid = 321;
	r->device->ready = 1;
	r->device->starts = 2;
	r->device->age_ms = 3723004;
	r->device->now_ns = 5000000000;
	r->device->resident = 12 << 20;
	r->device->shared = 3 << 20;
	r->page->sessions = 3;
	r->page->sessions_max = r->page->sessions_created = 1024;
	r->page->connected = r->page->connections = 1;
	r->page->features = 0x140000000;
	r->page->guest_bytes = UINT64_C(1) << 30;
	r->page->secret_bytes = 6400;
	r->page->row[VCRYPTOD_ROW_FIRST] = VCRYPTOD_ROW_KEY(REQ_CHAIN, cbc, sha1);
	r->page->queue[0].state = VCRYPTOD_QUEUE_RUNS;
	c->requests = 1000;
	c->bytes = 64000;
	c->turns = 100;
	c->status[VIRTIO_CRYPTO_OK] = 990;
	c->status[VIRTIO_CRYPTO_BADMSG] = 10;
	c->time[vcryptod_figures_class(1000)] = 900;
	c->time[vcryptod_figures_class(70000)] = 100;
	c->time_ns = 7900000;
	c->row[VCRYPTOD_ROW_FIRST] = (struct vcryptod_row){ .requests = 1000, .failed = 10,
		.bytes = 64000 };
}

/* ---- forms ---- */

enum form { TEXT, JSON, PROMETHEUS, FORMS };

/* The caller's to free. */
static char *
show(enum form form, const struct vcryptod_view *now, const struct vcryptod_view *before)
{
	char *text = NULL;
	size_t size;
	FILE *to = open_memstream(&text, &size);

	assert_non_null(to);
	if (form == TEXT)
		vcryptod_print_text(to, &now->device[0], before);
	else if (form == JSON)
		vcryptod_print_json(to, now, before);
	else
		vcryptod_print_prometheus(to, now);
	assert_int_equal(fclose(to), 0);
	return text;
}

static void
text(void **state)
{
	struct vcryptod_view before, now;
	struct rig r;
	char *said;

	(void)state;
	rig_create(&r);
	rig_fill(&r);
	rig_parse(&r, &before);
	r.device->now_ns += 2000000000;
	r.page->queue[0].by[VCRYPTOD_BY_SLOW].requests = 504;
	r.page->queue[0].by[VCRYPTOD_BY_SLOW].row[VCRYPTOD_ROW_CANCELLED].requests = 4;
	r.page->queue[0].by[VCRYPTOD_BY_SLOW].row[VCRYPTOD_ROW_CANCELLED].failed = 4;
	r.page->queue[0].by[VCRYPTOD_BY_SLOW].turns = 500;
	r.page->queue[0].by[VCRYPTOD_BY_SLOW].status[VIRTIO_CRYPTO_OK] = 500;
	r.page->queue[0].by[VCRYPTOD_BY_SLOW].status[VIRTIO_CRYPTO_ERR] = 4;
	r.page->queue[0].by[VCRYPTOD_BY_SLOW].bytes = 4000000;
	r.page->queue[0].by[VCRYPTOD_BY_SLOW].time[vcryptod_figures_class(2000000)] = 500;
	rig_parse(&r, &now);
	said = show(TEXT, &now, &before);
	assert_string_equal(said,
"device /run/a\"\\\\x1b.sock\n"
"  pid 321, serves, up 1:02:03, started 2 times\n"
"  memory   12M in use, 3.0M of them shared; guest 1.0G, secrets 6.2K\n"
"  front end connected, features 0x140000000\n"
"  sessions 3 of 1024, created 1024, refused 0\n"
"  status   OK 1490 ERR 4 BADMSG 10\n"
"  queue state       ops/s     MB/s   batch   p50 us   p99 us requests failed\n"
"  0     runs          252      2.0     1.0     2097     2097     1504     14\n"
"  1     off             0      0.0       -        -        -        0      0\n"
"  all                 252      2.0     1.0     2097     2097     1504     14\n"
"  service   algorithm                      ops/s     MB/s requests failed\n"
"  cancelled none                               2      0.0        4      4\n"
"  chain     aes-cbc+hmac-sha1                  0      0.0     1000     10\n");
	free(said);
	vcryptod_view_fini(&before);
	vcryptod_view_fini(&now);
	rig_destroy(&r);
}

static void
no_rates(void **state)
{
	struct vcryptod_view now, none = { .nb_devices = 0 }, other;
	struct rig r;
	char *said;

	(void)state;
	rig_create(&r);
	rig_fill(&r);
	rig_parse(&r, &now);
	said = show(TEXT, &now, &none);
	assert_non_null(strstr(said,
"  0     runs            -        -    10.0      1.0     98.3     1000     10\n"));
	free(said);
	/* Another process of the same device. */
	r.device->starts++;
	rig_parse(&r, &other);
	said = show(JSON, &other, &now);
	assert_non_null(strstr(said, "\"requests_per_s\": null"));
	assert_null(strstr(said, "\"requests_per_s\": 0"));
	free(said);
	/* None at all. */
	r.device->pid = 0;
	vcryptod_view_fini(&other);
	rig_parse(&r, &other);
	said = show(TEXT, &other, &none);
	assert_non_null(strstr(said, "  no process; the figures are those of the last one\n"));
	free(said);
	vcryptod_view_fini(&now);
	vcryptod_view_fini(&other);
	rig_destroy(&r);
}

static void
quoted(void **state)
{
	struct vcryptod_view now, none = { .nb_devices = 0 };
	struct rig r;
	char *said;

	(void)state;
	rig_create(&r);
	rig_fill(&r);
	r.page->queue[0].by[VCRYPTOD_BY_SLOW].row[VCRYPTOD_ROW_CANCELLED].requests = 4;
	rig_parse(&r, &now);
	said = show(JSON, &now, &none);
	assert_non_null(strstr(said, "{\"service\": \"cancelled\", \"algorithm\": \"none\", "
			"\"requests\": 4, "));
	assert_non_null(strstr(said, "\"socket\": \"/run/a\\\"\\\\\\\\x1b.sock\""));
	free(said);
	said = show(PROMETHEUS, &now, &none);
	assert_non_null(strstr(said, "\nvcryptod_requests_total{"
			"device=\"/run/a\\\"\\\\\\\\x1b.sock\",queue=\"0\",status=\"OK\"} 990\n"));
	assert_non_null(strstr(said, ",queue=\"0\",le=\"1.024e-06\"} 900\n"));
	assert_non_null(strstr(said, ",queue=\"0\",le=\"0.000131072\"} 1000\n"));
	assert_non_null(strstr(said, ",queue=\"0\"} 0.007900000\n"));
	assert_non_null(strstr(said, ",queue=\"0\",service=\"cancelled\",algorithm=\"none\"} 4\n"));
	free(said);
	vcryptod_view_fini(&now);
	rig_destroy(&r);
}

/* ---- what is refused ---- */

static void
heads(void **state)
{
	struct rig r;
	const struct {
		uint64_t *field, value;
		const char *why;
	} wrong[] = {
		{ (uint64_t *)(void *)r.head.magic, 1, "no socket of vcryptod" },
		{ &r.head.version, VCRYPTOD_CTL_VERSION + 1, "another version" },
		{ &r.head.layout, VCRYPTOD_FIGURES_LAYOUT + 1, "another version" },
		{ &r.head.nb_devices, 0, "contradicts" }, { &r.head.nb_devices, 65, "contradicts" },
		{ &r.head.nb_queues, 0, "contradicts" }, { &r.head.nb_queues, 128, "contradicts" },
		{ &r.head.nb_queues, QUEUES + 1, "contradicts" },
		{ &r.head.nb_queues, UINT64_C(1) << 32 | QUEUES, "contradicts" },
		{ &r.head.page_size, 0, "contradicts" },
		{ &r.head.page_size, UINT64_MAX, "contradicts" },
	};
	const char *why;
	uint64_t kept;
	size_t i;

	(void)state;
	rig_create(&r);
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		kept = *wrong[i].field;
		*wrong[i].field = wrong[i].value;
		assert_int_equal(vcryptod_view_size(&r.head, &why), 0);
		assert_non_null(strstr(why, wrong[i].why));
		*wrong[i].field = kept;
		assert_int_equal(vcryptod_view_size(&r.head, &why), r.size);
	}
	rig_destroy(&r);
}

/* ---- a page that lies ---- */

static uint64_t
word(void)
{
	uint64_t n = ((uint64_t)random() << 40) ^ ((uint64_t)random() << 20) ^ (uint64_t)random();

	switch (random() % 4) {
	case 0:
		return n % 40;
	case 1:
		return UINT64_MAX - n % 3;
	case 2:
		/* A row that names algorithms. */
		return VCRYPTOD_ROW_KEY(n % 18, vcryptod_row_alg(n >> 8 & 7, n >> 11 & 63),
				vcryptod_row_alg(n >> 17 & 7, n >> 20 & 63));
	default:
		return n;
	}
}

static void
scramble(struct rig *r)
{
	uint64_t *words = (uint64_t *)r->page;
	size_t i;

	for (i = 0; i < r->head.page_size / sizeof(uint64_t); i++)
		words[i] = word();
}

static void
check_lines(char *said)
{
	char *line, *rest = said;

	while ((line = strsep(&rest, "\n")) != NULL) {
		assert_true(strlen(line) <= 80);
		for (; *line != '\0'; line++)
			assert_true(*line >= ' ' && *line <= '~');
	}
}

static void
hostile_pages(void **state)
{
	struct vcryptod_view now, before;
	unsigned int i, form;
	struct rig r;
	char *said;

	(void)state;
	srandom(1);
	rig_create(&r);
	strcpy(r.device->path, "/run/a");
	for (i = 0; i < 100; i++) {
		scramble(&r);
		rig_parse(&r, &before);
		scramble(&r);
		rig_parse(&r, &now);
		for (form = TEXT; form < FORMS; form++) {
			said = show(form, &now, &before);
			assert_true(strlen(said) > 100);
			if (form == TEXT)
				check_lines(said);
			free(said);
		}
		vcryptod_view_fini(&now);
		vcryptod_view_fini(&before);
	}
	rig_destroy(&r);
}

/* ---- numbers ---- */

static void
classes(void **state)
{
	struct vcryptod_counters c;
	uint64_t ns;
	unsigned int i;

	(void)state;
	assert_int_equal(vcryptod_figures_class(0), 0);
	assert_int_equal(vcryptod_figures_class(UINT64_MAX), VCRYPTOD_FIGURES_TIMES - 1);
	for (i = 0; i < VCRYPTOD_FIGURES_TIMES - 1; i++) {
		ns = vcryptod_figures_class_end(i);
		assert_int_equal(vcryptod_figures_class(ns - 1), i);
		assert_int_equal(vcryptod_figures_class(ns), i + 1);
		memset(&c, 0, sizeof(c));
		c.time[i] = 3;
		assert_int_equal(vcryptod_view_quantile(&c, 500), ns);
		assert_int_equal(vcryptod_view_quantile(&c, 1000), ns);
	}
	memset(&c, 0, sizeof(c));
	assert_int_equal(vcryptod_view_quantile(&c, 990), 0);
	c.time[3] = 99;
	c.time[9] = 1;
	assert_int_equal(vcryptod_view_quantile(&c, 990), vcryptod_figures_class_end(3));
	assert_int_equal(vcryptod_view_quantile(&c, 991), vcryptod_figures_class_end(9));
}

static void
rows(void **state)
{
	struct vcryptod_figures *f = vcryptod_figures_open(-1, 1);
	unsigned int i;

	(void)state;
	assert_non_null(f);
	/* Each has its own as long as there are some, the same again. */
	for (i = VCRYPTOD_ROW_FIRST; i < VCRYPTOD_ROW_REST; i++)
		assert_int_equal(vcryptod_figures_row(f, VCRYPTOD_ROW_KEY(REQ_MAC, i, 0)), i);
	for (i = VCRYPTOD_ROW_FIRST; i < VCRYPTOD_ROW_REST; i++)
		assert_int_equal(vcryptod_figures_row(f, VCRYPTOD_ROW_KEY(REQ_MAC, i, 0)), i);
	assert_int_equal(f->row[VCRYPTOD_ROW_NONE], 0);
	assert_int_equal(f->row[VCRYPTOD_ROW_CANCELLED], 0);
	assert_int_equal(vcryptod_figures_row(f, VCRYPTOD_ROW_KEY(REQ_AEAD, 1, 0)),
			VCRYPTOD_ROW_REST);
	assert_int_equal(f->row[VCRYPTOD_ROW_REST], 0);
	vcryptod_figures_close(f, 1);
}

static void
ticks(void **state)
{
	const struct timespec wait = { .tv_nsec = 20000000 };
	uint64_t began, ns, took;

	(void)state;
	vcryptod_ticks_init();
	ns = vcryptod_now_ns();
	began = vcryptod_ticks();
	(void)nanosleep(&wait, NULL);
	took = vcryptod_ticks_ns(vcryptod_ticks() - began);
	ns = vcryptod_now_ns() - ns;
	/* The clock was asked around it.  The rate is one of VCRYPTOD_TICKS_MS. */
	assert_true(took <= ns + ns / 50);
	assert_true(took >= (uint64_t)wait.tv_nsec - (uint64_t)wait.tv_nsec / 50);
	assert_int_equal(vcryptod_ticks_ns(UINT64_MAX), 0);
	assert_int_equal(vcryptod_ticks_ns(0), 0);
}

/* ---- the page's memory ---- */

static void
pages(void **state)
{
	struct vcryptod_page p = { .size = vcryptod_figures_size(1) };
	uint64_t *copy = malloc(p.size), zero;
	struct vcryptod_figures *f;
	int fd;

	(void)state;
	assert_non_null(copy);
	memset(copy, 0xff, p.size);
	vcryptod_page_read(&p, copy);		/* there is none yet */
	assert_int_equal(copy[p.size / 8 - 1], 0);
	fd = vcryptod_page_renew(&p);
	assert_true(fd >= 0);
	/* The process can make it neither shorter nor longer, nor take that back. */
	assert_true(ftruncate(fd, 0) != 0 && errno == EPERM);
	assert_true(ftruncate(fd, 1 << 20) != 0 && errno == EPERM);
	assert_true(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE) != 0 && errno == EPERM);
	f = vcryptod_figures_open(dup(fd), 1);
	assert_non_null(f);
	vcryptod_figures_set(&f->sessions, 77);
	vcryptod_page_read(&p, copy);
	assert_int_equal(((struct vcryptod_figures *)(void *)copy)->sessions, 77);
	/* The next process finds nothing, and the one before writes to nothing. */
	close(fd);
	fd = vcryptod_page_renew(&p);
	assert_true(fd >= 0);
	vcryptod_figures_set(&f->sessions, 78);
	vcryptod_page_read(&p, copy);
	zero = ((struct vcryptod_figures *)(void *)copy)->sessions;
	assert_int_equal(zero, 0);
	vcryptod_figures_close(f, 1);
	/* Too short for two queues: closed all the same. */
	assert_null(vcryptod_figures_open(fd, 2));
	assert_true(fcntl(fd, F_GETFD) < 0);
	vcryptod_page_fini(&p);
	vcryptod_page_fini(&p);
	free(copy);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text), cmocka_unit_test(no_rates), cmocka_unit_test(quoted),
		cmocka_unit_test(heads), cmocka_unit_test(hostile_pages),
		cmocka_unit_test(classes), cmocka_unit_test(rows), cmocka_unit_test(ticks),
		cmocka_unit_test(pages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
