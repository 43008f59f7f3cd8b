/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The telemetry commands, asked over EAL's socket as dpdk-telemetry.py does: the answers
 * are JSON, and say what rte_cryptodev says and what was done to the device.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <rte_eal.h>

#include "lib/request/request.h"
#include "sa.h"

#define KEY		0x37
#define NB		8
#define ANSWER_MAX	16384	/* bytes of an answer, as the socket says at first */

static char answer[ANSWER_MAX];
static int client = -1;

/* ---- the socket ---- */

static void
connect_client(void)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	ssize_t n;

	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s/dpdk_telemetry.v2",
		rte_eal_get_runtime_dir());
	client = socket(AF_UNIX, SOCK_SEQPACKET, 0);
	assert_true(client >= 0);
	assert_int_equal(connect(client, (struct sockaddr *)&addr, sizeof(addr)), 0);
	/* It introduces itself. */
	n = read(client, answer, sizeof(answer) - 1);
	assert_true(n > 0 && n < ANSWER_MAX);
}

static void
ask(const char *request)
{
	ssize_t n;

	assert_int_equal(write(client, request, strlen(request)), strlen(request));
	n = read(client, answer, sizeof(answer) - 1);
	assert_true(n > 0 && n < ANSWER_MAX);
	answer[n] = '\0';
}

/* ---- JSON: {"COMMAND": VALUE}, VALUE null, an array of numbers, or a flat object ---- */

static const char *
skip_space(const char *p)
{
	while (isspace((unsigned char)*p))
		p++;
	return p;
}

/* Behind a string or a number; fails where there is neither. */
static const char *
skip_scalar(const char *p)
{
	const char *begin = p;

	if (*p == '"') {
		for (p++; *p != '"'; p++)
			if (*p == '\0' || *p == '\\' || (unsigned char)*p < ' ')
				fail_msg("no plain string: %s", answer);
		return p + 1;
	}
	p += *p == '-';
	while (isdigit((unsigned char)*p))
		p++;
	if (p == begin || !isdigit((unsigned char)p[-1]))
		fail_msg("neither string nor number at \"%s\" of %s", begin, answer);
	return p;
}

/* Behind a list in brackets or braces; pairs: with names. */
static const char *
skip_list(const char *p, bool pairs)
{
	char end = pairs ? '}' : ']';

	for (p = skip_space(p + 1); *p != end; p = skip_space(p)) {
		if (pairs) {
			assert_int_equal(*p, '"');
			p = skip_space(skip_scalar(p));
			assert_int_equal(*p, ':');
			p = skip_space(p + 1);
		}
		p = skip_space(skip_scalar(p));
		if (*p == ',')
			assert_int_not_equal(*(p = skip_space(p + 1)), end);
		else
			assert_int_equal(*p, end);
	}
	return p + 1;
}

/* Where the answer's value begins; all of the answer is legal, or the test fails. */
static const char *
value_of(const char *request)
{
	size_t len = strcspn(request, ",");
	const char *p, *value;

	ask(request);
	p = skip_space(answer);
	assert_int_equal(*p, '{');
	p = skip_space(p + 1);
	if (*p != '"' || strncmp(p + 1, request, len) != 0 || p[1 + len] != '"')
		fail_msg("not the answer to %s: %s", request, answer);
	p = skip_space(p + 2 + len);
	assert_int_equal(*p, ':');
	p = value = skip_space(p + 1);
	if (strncmp(p, "null", 4) == 0)
		p += 4;
	else
		p = skip_list(p, *p == '{');
	p = skip_space(p);
	assert_int_equal(*p, '}');
	assert_int_equal(*skip_space(p + 1), '\0');
	return value;
}

/* A member of the last answer; fails if it is not there exactly once. */
static const char *
member(const char *name)
{
	char quoted[64];
	const char *p;

	snprintf(quoted, sizeof(quoted), "\"%s\":", name);
	p = strstr(answer, quoted);
	if (p == NULL || strstr(p + 1, quoted) != NULL)
		fail_msg("%s is not there once: %s", name, answer);
	return skip_space(p + strlen(quoted));
}

static void
number_is(const char *name, uint64_t want)
{
	const char *p = member(name);
	char *end;

	if (!isdigit((unsigned char)*p) || strtoull(p, &end, 10) != want)
		fail_msg("%s is not %llu: %s", name, (unsigned long long)want, answer);
}

static void
text_is(const char *name, const char *want)
{
	const char *p = member(name);

	if (*p != '"' || strncmp(p + 1, want, strlen(want)) != 0 || p[1 + strlen(want)] != '"')
		fail_msg("%s is not \"%s\": %s", name, want, answer);
}

static void
text_says(const char *name, const char *part)
{
	const char *p = member(name), *end = strchr(p + 1, '"');
	const char *at = strstr(p, part);

	if (*p != '"' || at == NULL || at > end)
		fail_msg("%s does not say \"%s\": %s", name, part, answer);
}

/* COMMAND,ID or COMMAND,ID,QP; must be an object. */
static void
ask_device(const char *command, const struct rig *r, int qp)
{
	char request[64];

	if (qp < 0)
		snprintf(request, sizeof(request), "%s,%u", command, r->id);
	else
		snprintf(request, sizeof(request), "%s,%u,%d", command, r->id, qp);
	assert_int_equal(*value_of(request), '{');
}

/* ---- devices ---- */

static struct rig *
up(const struct rig_variant *v)
{
	struct rig_conf conf = { .features = v->features };

	return rig_up(&conf, 2, 64);
}

static void
list(void **state)
{
	struct rig_conf conf = { .features = 0 };
	struct rig *a, *b;
	char want[32];

	(void)state;
	assert_memory_equal(value_of("/vcrypto/list"), "[]", 2);
	a = up(&rig_kinds[0]);
	snprintf(want, sizeof(want), "[%u]", a->id);
	assert_memory_equal(value_of("/vcrypto/list"), want, strlen(want));
	b = rig_open(&conf);
	assert_int_equal(rig_probe(b), 0);
	value_of("/vcrypto/list");
	assert_non_null(strchr(answer, ','));
	rig_remove(b);
	assert_memory_equal(value_of("/vcrypto/list"), want, strlen(want));
	rig_close(b);
	rig_close(a);
	assert_memory_equal(value_of("/vcrypto/list"), "[]", 2);
}

static void
info(void **state)
{
	static const char * const layout[] = { "split", "split in-order", "packed",
		"packed in-order" };
	struct rte_cryptodev_info dev_info;
	struct rig *r;
	char features[24];
	unsigned int k;

	(void)state;
	for (k = 0; k < RTE_DIM(rig_kinds); k++) {
		r = up(&rig_kinds[k]);
		rte_cryptodev_info_get(r->id, &dev_info);
		ask_device("/vcrypto/info", r, -1);
		text_is("name", r->f->dev.name);
		text_is("ring_layout", layout[k]);
		snprintf(features, sizeof(features), "0x%016llx",
			(unsigned long long)r->f->driver_features);
		text_is("features", features);
		text_is("state", "started");
		text_is("reason", "");
		number_is("queue_pairs", rte_cryptodev_queue_pair_count(r->id));
		number_is("max_queue_pairs", dev_info.max_nb_queue_pairs);
		text_is("services", "cipher hash mac aead");
		number_is("max_cipher_key_len", le32_to_cpu(r->f->device_cfg.max_cipher_key_len));
		number_is("max_auth_key_len", le32_to_cpu(r->f->device_cfg.max_auth_key_len));
		text_says("transport", "pci");
		rte_cryptodev_stop(r->id);
		ask_device("/vcrypto/info", r, -1);
		text_is("state", "configured");
		assert_int_equal(rte_cryptodev_close(r->id), 0);
		ask_device("/vcrypto/info", r, -1);
		text_is("state", "closed");
		rig_close(r);
	}
}

/* Each mask of services by its names; a bit without a name stays out. */
static void
services(void **state)
{
	static const struct {
		uint32_t mask;
		const char *text;
	} want[] = {
		{ 0, "" }, { 1 << VIRTIO_CRYPTO_SERVICE_CIPHER, "cipher" },
		{ 1 << VIRTIO_CRYPTO_SERVICE_MAC | 1 << VIRTIO_CRYPTO_SERVICE_AKCIPHER,
			"mac akcipher" },
		{ UINT32_MAX, "cipher hash mac aead akcipher ipsec" },
	};
	struct rig_conf conf = { .features = rig_kinds[0].features };
	struct rig *r = rig_open(&conf);
	unsigned int i;

	(void)state;
	for (i = 0; i < RTE_DIM(want); i++) {
		r->f->device_cfg.crypto_services = cpu_to_le32(want[i].mask);
		assert_int_equal(rig_probe(r), 0);
		ask_device("/vcrypto/info", r, -1);
		text_is("services", want[i].text);
		rig_remove(r);
	}
	rig_close(r);
}

static void
state_before_configuration(void **state)
{
	struct rig_conf conf = { .features = rig_kinds[0].features };
	struct rig *r = rig_open(&conf);

	(void)state;
	assert_int_equal(rig_probe(r), 0);
	ask_device("/vcrypto/info", r, -1);
	text_is("state", "probed");
	number_is("queue_pairs", 0);
	rig_close(r);
}

/* ---- what was done ---- */

static void
agrees_with_stats(const struct rig *r)
{
	struct rte_cryptodev_stats stats;
	uint64_t sum[4] = { 0 };
	static const char * const name[] = { "submitted", "completed", "enqueue_errors",
		"dequeue_errors" };
	unsigned int q, i;

	for (q = 0; q < 2; q++) {
		ask_device("/vcrypto/queue", r, (int)q);
		for (i = 0; i < RTE_DIM(sum); i++)
			sum[i] += strtoull(member(name[i]), NULL, 10);
	}
	assert_int_equal(rte_cryptodev_stats_get(r->id, &stats), 0);
	assert_int_equal(stats.enqueued_count, sum[0]);
	assert_int_equal(stats.dequeued_count, sum[1]);
	assert_int_equal(stats.enqueue_err_count, sum[2]);
	assert_int_equal(stats.dequeue_err_count, sum[3]);
}

/* n ops on queue pair 1 whose device answers with the given status. */
static void
run_with_status(struct rig *r, void *session, unsigned int n, int status)
{
	struct rte_crypto_op *op = rig_op(session, 48), *got;
	unsigned int i;

	r->m.data_status = status;
	for (i = 0; i < n; i++) {
		assert_int_equal(rig_enqueue(r, 1, &op, 1), 1);
		assert_int_equal(rig_dequeue(r, 1, &got, 1), 1);
	}
	r->m.data_status = MODEL_NONE;
	rig_op_free(op);
}

/* n ops on queue pair 1 that the driver refuses: half a block. */
static void
run_illegal(struct rig *r, void *session, unsigned int n)
{
	struct rte_crypto_op *op = rig_op(session, 48), *got;
	unsigned int i;

	op->sym->cipher.data.length = 8;
	for (i = 0; i < n; i++) {
		assert_int_equal(rig_enqueue(r, 1, &op, 1), 1);
		assert_int_equal(rig_dequeue(r, 1, &got, 1), 1);
		assert_int_equal(got->status, RTE_CRYPTO_OP_STATUS_INVALID_ARGS);
	}
	rig_op_free(op);
}

static void
counters(void **state)
{
	unsigned int k;

	(void)state;
	for (k = 0; k < RTE_DIM(rig_kinds); k++) {
		struct rig *r = up(&rig_kinds[k]);
		void *s = rig_cbc_session(r, KEY, RTE_CRYPTO_CIPHER_OP_ENCRYPT);
		char name[48];

		rig_traffic(r, 0, KEY, s, 100);
		run_with_status(r, s, 5, VIRTIO_CRYPTO_ERR);
		run_with_status(r, s, 3, VIRTIO_CRYPTO_INVSESS);
		run_with_status(r, s, 2, 0x77);
		run_illegal(r, s, 4);
		agrees_with_stats(r);
		ask_device("/vcrypto/queue", r, 0);
		number_is("size", r->f->queue[0].size);
		number_is("submitted", 100);
		number_is("completed", 100);
		number_is("in_flight", 0);
		number_is("enqueue_errors", 0);
		number_is("dequeue_errors", 0);
		number_is("kicks", r->f->queue[0].nb_kicks);
		text_is("broken", "");
		ask_device("/vcrypto/queue", r, 1);
		number_is("submitted", 14);
		number_is("completed", 14);
		number_is("enqueue_errors", 4);
		number_is("dequeue_errors", 14);
		snprintf(name, sizeof(name), "errors_%s", req_status_name(VIRTIO_CRYPTO_ERR));
		number_is(name, 5);
		snprintf(name, sizeof(name), "errors_%s", req_status_name(VIRTIO_CRYPTO_INVSESS));
		number_is(name, 3);
		number_is("errors_other", 2);
		rte_cryptodev_stats_reset(r->id);
		agrees_with_stats(r);
		number_is("submitted", 0);
		number_is("errors_other", 0);
		rig_session_free(r, s);
		rig_close(r);
	}
}

/* A device that asks for no notification gets none: each burst is one or the other. */
static void
kicks(void **state)
{
	unsigned int k, i;

	(void)state;
	for (k = 0; k < RTE_DIM(rig_kinds); k++) {
		struct rig *r = up(&rig_kinds[k]);
		void *s = rig_cbc_session(r, KEY, RTE_CRYPTO_CIPHER_OP_ENCRYPT);
		struct rte_crypto_op *op[NB];
		unsigned int before;

		r->m.mode = MODEL_PUMPED;
		before = r->f->queue[0].nb_kicks;
		vqd_notify_off(&r->m.queue[0].d);
		for (i = 0; i < NB; i++) {
			op[i] = rig_op(s, 32);
			if (i == NB / 2)
				(void)vqd_notify_on(&r->m.queue[0].d);
			assert_int_equal(rig_enqueue(r, 0, &op[i], 1), 1);
		}
		ask_device("/vcrypto/queue", r, 0);
		number_is("in_flight", NB);
		number_is("submitted", NB);
		number_is("completed", 0);
		number_is("kicks", r->f->queue[0].nb_kicks - before);
		number_is("kicks_suppressed", NB - (r->f->queue[0].nb_kicks - before));
		assert_in_range(r->f->queue[0].nb_kicks - before, 1, NB / 2);
		assert_int_equal(rig_dequeue(r, 0, op, NB), NB);
		ask_device("/vcrypto/queue", r, 0);
		number_is("in_flight", 0);
		for (i = 0; i < NB; i++)
			rig_op_free(op[i]);
		r->m.mode = MODEL_INLINE;
		rig_session_free(r, s);
		rig_close(r);
	}
}

static void
full(void **state)
{
	struct rig *r = up(&rig_kinds[0]);
	void *s = rig_cbc_session(r, KEY, RTE_CRYPTO_CIPHER_OP_ENCRYPT);
	struct rte_crypto_op *op[80];
	unsigned int i;

	(void)state;
	r->m.data_silent = true;
	for (i = 0; i < RTE_DIM(op); i++)
		op[i] = rig_op(s, 32);
	assert_int_equal(rig_enqueue(r, 0, op, RTE_DIM(op)), 64);
	assert_int_equal(rig_enqueue(r, 0, op + 64, 16), 0);
	ask_device("/vcrypto/queue", r, 0);
	number_is("full", 2);
	number_is("enqueue_errors", 0);	/* the caller keeps these ops */
	number_is("in_flight", 64);
	number_is("submitted", 64);
	agrees_with_stats(r);
	r->m.data_silent = false;
	model_work(&r->m);
	assert_int_equal(rig_dequeue(r, 0, op, 64), 64);
	for (i = 0; i < RTE_DIM(op); i++)
		rig_op_free(op[i]);
	rig_session_free(r, s);
	rig_close(r);
}

static void
sessions(void **state)
{
	struct rig_conf conf = { .features = rig_kinds[0].features,
		.devargs = "ctrl_timeout_ms=10" };
	struct rig *r = rig_up(&conf, 2, 64);
	void *s[5];
	unsigned int i;

	(void)state;
	for (i = 0; i < RTE_DIM(s); i++)
		s[i] = rig_cbc_session(r, KEY, RTE_CRYPTO_CIPHER_OP_ENCRYPT);
	rig_session_free(r, s[4]);
	r->m.ctrl_status = VIRTIO_CRYPTO_NOSPC;
	assert_null(rig_cbc_session(r, KEY, RTE_CRYPTO_CIPHER_OP_ENCRYPT));
	r->m.ctrl_status = MODEL_NONE;
	r->m.ctrl_silent = true;
	assert_null(rig_cbc_session(r, KEY, RTE_CRYPTO_CIPHER_OP_ENCRYPT));
	r->m.ctrl_silent = false;
	log_capture_start();
	ask_device("/vcrypto/sessions", r, -1);
	number_is("live", 4);
	number_is("created", 5);
	number_is("destroyed", 1);
	number_is("refused", 1);
	number_is("timed_out", 1);
	for (i = 0; i < 4; i++)
		rig_session_free(r, s[i]);
	ask_device("/vcrypto/sessions", r, -1);
	number_is("live", 0);
	number_is("destroyed", 5);
	rig_close(r);
}

static void
security_associations(void **state)
{
	struct rig *r = sa_up(0, "ctrl_timeout_ms=10");
	struct sa_conf in, out;
	void *s[3];

	(void)state;
	sa_gcm(&in, false);
	sa_gcm(&out, true);
	s[0] = sa_create(r, &out);
	s[1] = sa_create(r, &out);
	s[2] = sa_create(r, &in);
	r->m.admin.silent = true;
	assert_null(sa_create(r, &in));
	r->m.admin.silent = false;
	log_capture_start();
	ask_device("/vcrypto/sessions", r, -1);
	number_is("live", 0);
	number_is("sas_outbound", 2);
	number_is("sas_inbound", 1);
	number_is("sas_lost", 1);
	number_is("max_sas_outbound", 32);
	number_is("max_sas_inbound", 16);
	sa_destroy(r, s[0]);
	sa_destroy(r, s[1]);
	sa_destroy(r, s[2]);
	ask_device("/vcrypto/sessions", r, -1);
	number_is("sas_outbound", 0);
	number_is("sas_inbound", 0);
	rig_close(r);
}

/* ---- trouble ---- */

static void
broken_queue(void **state)
{
	unsigned int k;

	(void)state;
	for (k = 0; k < RTE_DIM(rig_kinds); k += 2) {	/* where ids are looked at */
		struct rig *r = up(&rig_kinds[k]);
		void *s = rig_cbc_session(r, KEY, RTE_CRYPTO_CIPHER_OP_ENCRYPT);
		struct rte_crypto_op *op = rig_op(s, 32), *got;

		r->m.data_silent = true;
		assert_int_equal(rig_enqueue(r, 0, &op, 1), 1);
		assert_int_equal(model_take(&r->m, 0, 1), 1);
		model_push_raw(&r->m, 0, UINT16_MAX, 1);
		assert_int_equal(rig_dequeue(r, 0, &got, 1), 1);
		rig_expect_errors(1, "queue pair 0 is broken");
		ask_device("/vcrypto/queue", r, 0);
		text_says("broken", "id");
		number_is("in_flight", 0);
		number_is("dequeue_errors", 1);
		ask_device("/vcrypto/queue", r, 1);
		text_is("broken", "");
		ask_device("/vcrypto/info", r, -1);
		text_is("state", "started");
		rig_op_free(op);
		rig_session_free(r, s);
		rig_close(r);
	}
}

static void
lost_device(void **state)
{
	unsigned int k;

	(void)state;
	for (k = 0; k < RTE_DIM(rig_kinds); k++) {
		struct rig *r = up(&rig_kinds[k]);

		fake_pci_break(r->f);
		rig_tick();
		ask_device("/vcrypto/info", r, -1);
		text_is("state", "down");
		text_says("reason", "reset");
		rte_cryptodev_stop(r->id);
		assert_int_equal(rte_cryptodev_start(r->id), 0);
		log_capture_start();
		ask_device("/vcrypto/info", r, -1);
		text_is("state", "started");
		text_is("reason", "");
		rig_close(r);
	}
}

/* Whatever stands behind the command: one error in words, and the next question is
 * answered.
 */
static void
bad_parameters(void **state)
{
	static const char * const bad[] = { "", ",", ",,", ",x", ",-1", ",%u,", ",%u,0x", ",%u,2",
		",%u,65536", ",%u,0,0", ",%u ", ",255", ",64", ",256", ",4294967296",
		",18446744073709551616", ",99999999999999999999999999", ",%u,18446744073709551615",
		",%%s%%n", ",%u,-1", ",\"", ",%u,," };
	static const char * const command[] = { "/vcrypto/info", "/vcrypto/queue",
		"/vcrypto/sessions" };
	struct rig *r = up(&rig_kinds[0]);
	unsigned int i, c, wrong_id = 0, no_queue = 0;

	(void)state;
	for (c = 0; c < RTE_DIM(command); c++)
		for (i = 0; i < RTE_DIM(bad); i++) {
			char parameters[64], request[128];

			snprintf(parameters, sizeof(parameters), bad[i], r->id);
			snprintf(request, sizeof(request), "%s%s", command[c], parameters);
			if (strncmp(value_of(request), "{\"error\":", 9) != 0)
				fail_msg("%s: %s", request, answer);
			wrong_id += strstr(member("error"), "no device of this driver") != NULL;
			no_queue += strstr(member("error"), "no queue pair") != NULL;
		}
	/* Six numbers alone are ids of no device, for two commands; three name a queue pair
	 * behind the last.
	 */
	assert_int_equal(wrong_id, 2 * 6);
	assert_int_equal(no_queue, 3);
	/* One parameter too few. */
	value_of("/vcrypto/queue,0");
	text_says("error", "give the device id and the queue pair id");
	value_of("/vcrypto/info,0,0");
	text_says("error", "give the device id alone");
	ask_device("/vcrypto/queue", r, 0);
	ask_device("/vcrypto/info", r, -1);
	rig_close(r);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(list),
		cmocka_unit_test(info),
		cmocka_unit_test(services),
		cmocka_unit_test(state_before_configuration),
		cmocka_unit_test(counters),
		cmocka_unit_test(kicks),
		cmocka_unit_test(full),
		cmocka_unit_test(sessions),
		cmocka_unit_test(security_associations),
		cmocka_unit_test(broken_queue),
		cmocka_unit_test(lost_device),
		cmocka_unit_test(bad_parameters),
	};
	char folder[] = "/tmp/telemetry.XXXXXX", path[128];
	int rc;

	(void)argc;
	/* A socket of our own, whatever else runs. */
	if (mkdtemp(folder) == NULL || setenv("RUNTIME_DIRECTORY", folder, 1) != 0)
		return 2;
	rig_init_telemetry(argv[0]);
	connect_client();
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	close(client);
	snprintf(path, sizeof(path), "%s/dpdk_telemetry.v2", rte_eal_get_runtime_dir());
	unlink(path);
	rmdir(rte_eal_get_runtime_dir());
	snprintf(path, sizeof(path), "%s/dpdk", folder);
	rmdir(path);
	rmdir(folder);
	return rc;
}
