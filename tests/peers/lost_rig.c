/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The child process, the device and its operations (lost.h).  The block is the first
 * of NIST SP 800-38A, F.2.1 (CBC-AES128.Encrypt).
 */
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <rte_bus_vdev.h>
#include <rte_crypto.h>
#include <rte_cryptodev.h>
#include <rte_cycles.h>
#include <rte_mbuf.h>

#include "lost.h"

#define VDEV		"crypto_virtio_user0"
#define BLOCK		16	/* bytes */
#define IV_OFFSET	(sizeof(struct rte_crypto_op) + sizeof(struct rte_crypto_sym_op))
#define POLL_US		200

extern char **environ;

static uint8_t key[] = { 0x2b, 0x7e, 0x15, 0x16, 0x28, 0xae, 0xd2, 0xa6, 0xab, 0xf7, 0x15, 0x88,
	0x09, 0xcf, 0x4f, 0x3c };
static const uint8_t iv[BLOCK] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 };
static const uint8_t plain[BLOCK] = { 0x6b, 0xc1, 0xbe, 0xe2, 0x2e, 0x40, 0x9f, 0x96, 0xe9, 0x3d,
	0x7e, 0x11, 0x73, 0x93, 0x17, 0x2a };
static const uint8_t cipher_text[BLOCK] = { 0x76, 0x49, 0xab, 0xac, 0x81, 0x19, 0xb2, 0x46, 0xce,
	0xe9, 0x8e, 0x9b, 0x12, 0xe9, 0x19, 0x7d };

static const char *program;
static char socket_path[96], log_path[96];
static pid_t child;

static uint8_t dev_id;
static unsigned int events;
static struct rte_mempool *sessions, *op_pool, *mbuf_pool;
static void *session;
static struct rte_crypto_op *ops[NB_QPS][NB_OPS];
static struct rte_mbuf *dst[NB_QPS][NB_OPS];
static bool in_flight[NB_QPS][NB_OPS];

uint64_t
now_ms(void)
{
	return rte_get_timer_cycles() * 1000 / rte_get_timer_hz();
}

/* ---- the daemon ---- */

void
daemon_setup(const char *name, const char *folder)
{
	program = name;
	snprintf(socket_path, sizeof(socket_path), "%s/lost.sock", folder);
	snprintf(log_path, sizeof(log_path), "%s/lost.log", folder);
}

const char *
daemon_socket(void)
{
	return socket_path;
}

bool
daemon_running(void)
{
	return child != 0 && waitpid(child, NULL, WNOHANG) == 0;
}

static bool
says_ready(void)
{
	char line[1024];
	FILE *f = fopen(log_path, "r");
	bool ready = false;

	while (f != NULL && fgets(line, sizeof(line), f) != NULL)
		ready = ready || strstr(line, ": ready: ") != NULL;
	if (f != NULL)
		fclose(f);
	return ready;
}

bool
daemon_start(void)
{
	uint64_t end = now_ms() + WAIT_MS;
	char queues[8];
	char *argv[] = { strdup(program), strdup("--socket"), socket_path, strdup("--queues"),
		queues, NULL };
	posix_spawn_file_actions_t files;
	int rc;

	snprintf(queues, sizeof(queues), "%u", NB_QPS);
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_addopen(&files, 1, log_path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	posix_spawn_file_actions_adddup2(&files, 1, 2);
	unlink(log_path);
	rc = posix_spawn(&child, program, &files, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&files);
	free(argv[0]);
	free(argv[1]);
	free(argv[3]);
	while (rc == 0 && now_ms() < end) {
		if (says_ready())
			return true;
		if (!daemon_running())
			break;
		usleep(10000);
	}
	return false;
}

void
daemon_freeze(void)
{
	kill(child, SIGSTOP);
	waitpid(child, NULL, WUNTRACED);
}

void
daemon_continue(void)
{
	kill(child, SIGCONT);
}

void
daemon_kill(void)
{
	if (child == 0)
		return;
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	child = 0;
}

/* ---- the device ---- */

static void
count_event(uint8_t id, enum rte_cryptodev_event_type type, void *arg)
{
	(void)id;
	(void)type;
	(void)arg;
	__atomic_fetch_add(&events, 1, __ATOMIC_RELAXED);
}

unsigned int
device_events(void)
{
	return __atomic_load_n(&events, __ATOMIC_RELAXED);
}

bool
device_create(const char *path, const char *more)
{
	char args[256];

	snprintf(args, sizeof(args), "path=%s,queues=%u%s", path, NB_QPS, more);
	if (rte_vdev_init(VDEV, args) != 0)
		return false;
	__atomic_store_n(&events, 0, __ATOMIC_RELAXED);
	dev_id = (uint8_t)rte_cryptodev_get_dev_id(VDEV);
	return rte_cryptodev_callback_register(dev_id, RTE_CRYPTODEV_EVENT_ERROR, count_event,
			NULL) == 0;
}

bool
device_remove(void)
{
	rte_cryptodev_callback_unregister(dev_id, RTE_CRYPTODEV_EVENT_ERROR, count_event, NULL);
	return rte_vdev_uninit(VDEV) == 0 && rte_cryptodev_get_dev_id(VDEV) < 0;
}

bool
device_configure(void)
{
	struct rte_cryptodev_config config = { .nb_queue_pairs = NB_QPS,
		.socket_id = SOCKET_ID_ANY };
	struct rte_cryptodev_qp_conf qp = { .nb_descriptors = 64 };
	uint16_t i;

	if (sessions == NULL)
		sessions = rte_cryptodev_sym_session_pool_create("sessions", 4,
			rte_cryptodev_sym_get_private_session_size(dev_id), 0, 0, SOCKET_ID_ANY);
	qp.mp_session = sessions;
	if (sessions == NULL || rte_cryptodev_configure(dev_id, &config) != 0)
		return false;
	for (i = 0; i < NB_QPS; i++)
		if (rte_cryptodev_queue_pair_setup(dev_id, i, &qp, SOCKET_ID_ANY) != 0)
			return false;
	return true;
}

bool
device_start(void)
{
	return rte_cryptodev_start(dev_id) == 0;
}

void
device_stop(void)
{
	rte_cryptodev_stop(dev_id);
}

bool
device_close(void)
{
	return rte_cryptodev_close(dev_id) == 0;
}

bool
session_create(void)
{
	struct rte_crypto_sym_xform xform = {
		.type = RTE_CRYPTO_SYM_XFORM_CIPHER,
		.cipher = {
			.op = RTE_CRYPTO_CIPHER_OP_ENCRYPT,
			.algo = RTE_CRYPTO_CIPHER_AES_CBC,
			.key = { .data = key, .length = sizeof(key) },
			.iv = { .offset = IV_OFFSET, .length = BLOCK },
		},
	};

	session = rte_cryptodev_sym_session_create(dev_id, &xform, sessions);
	return session != NULL;
}

void
session_free(void)
{
	if (session != NULL)
		rte_cryptodev_sym_session_free(dev_id, session);
	session = NULL;
}

/* ---- operations ---- */

static bool
create_op(struct rte_crypto_op **op, struct rte_mbuf **to)
{
	*op = rte_crypto_op_alloc(op_pool, RTE_CRYPTO_OP_TYPE_SYMMETRIC);
	*to = rte_pktmbuf_alloc(mbuf_pool);
	if (*op == NULL || *to == NULL)
		return false;
	(*op)->sym->m_src = rte_pktmbuf_alloc(mbuf_pool);
	return (*op)->sym->m_src != NULL && rte_pktmbuf_append((*op)->sym->m_src, BLOCK) != NULL &&
		rte_pktmbuf_append(*to, BLOCK) != NULL;
}

bool
ops_create(void)
{
	unsigned int q, i;

	op_pool = rte_crypto_op_pool_create("ops", RTE_CRYPTO_OP_TYPE_SYMMETRIC, 127, 0, BLOCK,
		SOCKET_ID_ANY);
	mbuf_pool = rte_pktmbuf_pool_create("mbufs", 127, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE,
		SOCKET_ID_ANY);
	if (op_pool == NULL || mbuf_pool == NULL)
		return false;
	for (q = 0; q < NB_QPS; q++)
		for (i = 0; i < NB_OPS; i++)
			if (!create_op(&ops[q][i], &dst[q][i]))
				return false;
	return true;
}

static void
prepare(unsigned int q, unsigned int i, bool out_of_place)
{
	struct rte_crypto_op *op = ops[q][i];

	op->status = RTE_CRYPTO_OP_STATUS_NOT_PROCESSED;
	rte_crypto_op_attach_sym_session(op, session);
	op->sym->m_dst = out_of_place ? dst[q][i] : NULL;
	op->sym->cipher.data.offset = 0;
	op->sym->cipher.data.length = BLOCK;
	memcpy(rte_crypto_op_ctod_offset(op, uint8_t *, IV_OFFSET), iv, BLOCK);
	memcpy(rte_pktmbuf_mtod(op->sym->m_src, uint8_t *), plain, BLOCK);
	memset(rte_pktmbuf_mtod(dst[q][i], uint8_t *), 0, BLOCK);
}

unsigned int
ops_send(bool out_of_place)
{
	unsigned int q, i, sent = 0;

	for (q = 0; q < NB_QPS; q++) {
		uint16_t n;

		for (i = 0; i < NB_OPS; i++)
			prepare(q, i, out_of_place);
		n = rte_cryptodev_enqueue_burst(dev_id, (uint8_t)q, ops[q], NB_OPS);
		for (i = 0; i < NB_OPS; i++)
			in_flight[q][i] = i < n;
		sent += n;
	}
	return sent;
}

static void
judge(struct tally *t, unsigned int q, const struct rte_crypto_op *op)
{
	const struct rte_mbuf *out = op->sym->m_dst != NULL ? op->sym->m_dst : op->sym->m_src;
	unsigned int i = 0;

	while (i < NB_OPS && ops[q][i] != op)
		i++;
	t->back++;
	if (i == NB_OPS || !in_flight[q][i]) {
		t->twice = true;
		return;
	}
	in_flight[q][i] = false;
	t->right += op->status == RTE_CRYPTO_OP_STATUS_SUCCESS &&
		memcmp(rte_pktmbuf_mtod(out, uint8_t *), cipher_text, BLOCK) == 0;
	t->failed += op->status == RTE_CRYPTO_OP_STATUS_ERROR;
	t->invalid_session += op->status == RTE_CRYPTO_OP_STATUS_INVALID_SESSION;
}

static void
take(struct tally *t)
{
	struct rte_crypto_op *done[NB_OPS];
	unsigned int q;
	uint16_t i, n;

	for (q = 0; q < NB_QPS; q++) {
		n = rte_cryptodev_dequeue_burst(dev_id, (uint8_t)q, done, NB_OPS);
		for (i = 0; i < n; i++)
			judge(t, q, done[i]);
	}
}

struct tally
ops_collect(unsigned int sent)
{
	uint64_t began = now_ms();
	struct tally t = { 0 };

	while (t.back < sent && now_ms() < began + WAIT_MS) {
		take(&t);
		usleep(POLL_US);
	}
	t.ms = (unsigned int)(now_ms() - began);
	take(&t);	/* nothing more may come */
	return t;
}

void
ops_poll(void)
{
	struct tally t = { 0 };

	take(&t);
	usleep(POLL_US);
}

bool
all_right(const struct tally *t, unsigned int sent)
{
	return sent > 0 && t->back == sent && t->right == sent && !t->twice;
}

bool
ops_encrypt(void)
{
	unsigned int sent = ops_send(false);
	struct tally t = ops_collect(sent);

	return sent == NB_QPS * NB_OPS && all_right(&t, sent);
}
