/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Sessions made and destroyed by eight threads, while two queue pairs work in a thread
 * each, the device in another, and the watch looks at it; security associations by four:
 * under the thread sanitizer, which sees the driver, lib/ and the model of the device.
 *
 * DPDK's libraries are not instrumented, so what they hand from thread to thread would
 * look like a race.  Therefore nothing here comes from a mempool while threads run:
 * sessions lie in memory of their thread and go to the driver's own functions, and the
 * driver's rte_malloc is the C library's (--wrap).  Spin locks are inline assembly on
 * x86, which the sanitizer cannot read: RTE_FORCE_INTRINSICS makes them atomics.  There
 * are no suppressions.
 *
 * Built once more with the control queue's lock taken out (RACE_BROKEN), the program
 * checks that the sanitizer finds it.
 */
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cryptodev_pmd.h>
#include <rte_malloc.h>

#include <rte_security_driver.h>

#include "sa.h"

#define NB_MAKERS	8
#define NB_SA_MAKERS	4	/* of security associations */
#define NB_EACH		6	/* rounds of a maker */
#define AT_ONCE		3	/* sessions of a round */
#define NB_OPS		16	/* in flight of a queue pair */
#define KEY		0x44
#define SESSION_SIZE	1024
#define TSAN_EXIT	66

void *__wrap_rte_malloc(const char *type, size_t size, unsigned int align);
void *__wrap_rte_zmalloc(const char *type, size_t size, unsigned int align);
void *__wrap_rte_zmalloc_socket(const char *type, size_t size, unsigned int align, int socket);
void __wrap_rte_free(void *p);
void __real_rte_free(void *p);

/* ---- the driver's heap ---- */

void *
__wrap_rte_zmalloc_socket(const char *type, size_t size, unsigned int align, int socket)
{
	size_t unit = RTE_MAX(align, RTE_CACHE_LINE_SIZE);
	void *p = aligned_alloc(unit, RTE_ALIGN_CEIL(size, unit));

	(void)type;
	(void)socket;
	if (p != NULL)
		memset(p, 0, size);
	return p;
}

void *
__wrap_rte_zmalloc(const char *type, size_t size, unsigned int align)
{
	return __wrap_rte_zmalloc_socket(type, size, align, SOCKET_ID_ANY);
}

void *
__wrap_rte_malloc(const char *type, size_t size, unsigned int align)
{
	return __wrap_rte_zmalloc_socket(type, size, align, SOCKET_ID_ANY);
}

/* What DPDK gave the driver goes back there. */
void
__wrap_rte_free(void *p)
{
	if (rte_mem_virt2memseg_list(p) != NULL)
		__real_rte_free(p);
	else
		free(p);
}

/* ---- sessions, past rte_cryptodev ---- */

struct session {
	struct rte_cryptodev_sym_session *s;
	struct rte_crypto_sym_xform x;
	uint8_t key[16];
};

static struct rte_cryptodev *
device(const struct rig *r)
{
	return rte_cryptodev_pmd_get_dev(r->id);
}

static int
session_make(struct session *s, const struct rig *r)
{
	memset(s->key, KEY, sizeof(s->key));
	s->x = (struct rte_crypto_sym_xform){
		.type = RTE_CRYPTO_SYM_XFORM_CIPHER,
		.cipher = {
			.op = RTE_CRYPTO_CIPHER_OP_ENCRYPT,
			.algo = RTE_CRYPTO_CIPHER_AES_CBC,
			.key = { s->key, sizeof(s->key) },
			.iv = { RIG_IV, 16 },
		},
	};
	s->s = calloc(1, sizeof(*s->s) + SESSION_SIZE);
	if (s->s == NULL)
		abort();
	s->s->driver_id = device(r)->driver_id;
	return device(r)->dev_ops->sym_session_configure(device(r), &s->x, s->s);
}

static void
session_destroy(struct session *s, const struct rig *r)
{
	device(r)->dev_ops->sym_session_clear(device(r), s->s);
	free(s->s);
}

/* ---- threads ---- */

struct maker {
	pthread_t thread;
	struct rig *r, *freed_through;	/* devices of one driver: one is as good as another */
	unsigned int nb_made, nb_failed;
};

static unsigned int makers_left;

static void *
make(void *arg)
{
	struct maker *m = arg;
	struct session s[AT_ONCE];
	unsigned int i, k;

	for (i = 0; i < NB_EACH; i++) {
		for (k = 0; k < AT_ONCE; k++) {
			m->nb_failed += session_make(&s[k], m->r) != 0;
			m->nb_made++;
		}
		for (k = 0; k < AT_ONCE; k++)
			session_destroy(&s[k], m->freed_through);
	}
	__atomic_sub_fetch(&makers_left, 1, __ATOMIC_RELEASE);
	return NULL;
}

struct pair {
	pthread_t thread;
	struct rig *r;
	uint16_t qp;
	struct rte_crypto_op *op[NB_OPS];
	unsigned int nb_ok, nb_wrong;
};

/* As long as there are makers, and once more. */
static void *
work(void *arg)
{
	struct pair *p = arg;
	struct rte_crypto_op *done[NB_OPS];
	unsigned int left, i;
	bool last = false;

	while (!last) {
		uint16_t sent, n;

		last = __atomic_load_n(&makers_left, __ATOMIC_ACQUIRE) == 0;
		sent = rte_cryptodev_enqueue_burst(p->r->id, (uint8_t)p->qp, p->op, NB_OPS);
		p->nb_wrong += sent != NB_OPS;
		for (left = sent; left != 0; left -= n) {
			n = rte_cryptodev_dequeue_burst(p->r->id, (uint8_t)p->qp, done,
					(uint16_t)left);
			for (i = 0; i < n; i++)
				p->nb_ok += done[i]->status == RTE_CRYPTO_OP_STATUS_SUCCESS;
			if (n == 0)
				sched_yield();
		}
	}
	return NULL;
}

static void *
watch(void *arg)
{
	unsigned int *looks = arg;

	while (__atomic_load_n(&makers_left, __ATOMIC_ACQUIRE) != 0) {
		__atomic_fetch_add(looks, rig_tick(), __ATOMIC_RELAXED);
		usleep(1000);
	}
	return NULL;
}

/* ---- the test ---- */

static void
pairs_start(struct pair p[2], struct rig *r, const struct session *s, unsigned int nb)
{
	unsigned int q, i;

	for (q = 0; q < 2; q++) {
		p[q] = (struct pair){ .r = r, .qp = (uint16_t)q };
		for (i = 0; i < NB_OPS; i++)
			p[q].op[i] = rig_op(s[i % nb].s, 16 * (i + 1));
		assert_int_equal(pthread_create(&p[q].thread, NULL, work, &p[q]), 0);
	}
}

static void
pairs_end(struct pair p[2])
{
	unsigned int q, i;

	for (q = 0; q < 2; q++) {
		pthread_join(p[q].thread, NULL);
		assert_int_equal(p[q].nb_wrong, 0);
		assert_true(p[q].nb_ok >= NB_OPS && p[q].nb_ok % NB_OPS == 0);
		for (i = 0; i < NB_OPS; i++)
			rig_op_free(p[q].op[i]);
	}
}

/* Starts the makers and waits for them. */
static void
makers_run(struct rig *r, struct rig *freed_through)
{
	struct maker m[NB_MAKERS];
	unsigned int i;

	for (i = 0; i < NB_MAKERS; i++) {
		m[i] = (struct maker){ .r = r, .freed_through = freed_through };
		assert_int_equal(pthread_create(&m[i].thread, NULL, make, &m[i]), 0);
	}
	for (i = 0; i < NB_MAKERS; i++) {
		pthread_join(m[i].thread, NULL);
		assert_int_equal(m[i].nb_made, NB_EACH * AT_ONCE);
		assert_int_equal(m[i].nb_failed, 0);
	}
}

static void
race(const struct rig_variant *v, const char *devargs)
{
	struct rig_conf conf = { .features = v->features, .devargs = devargs };
	struct rig *r = rig_up(&conf, 2, 64);
	unsigned int looks = 0;
	struct session s;
	struct pair p[2];
	pthread_t watcher;

	assert_int_equal(session_make(&s, r), 0);
	makers_left = NB_MAKERS;
	model_thread_start(&r->m);
	pairs_start(p, r, &s, 1);
	assert_int_equal(pthread_create(&watcher, NULL, watch, &looks), 0);
	/* The makers would be done before a watcher that the scheduler forgets. */
	while (__atomic_load_n(&looks, __ATOMIC_RELAXED) == 0)
		sched_yield();
	makers_run(r, r);
	pthread_join(watcher, NULL);
	pairs_end(p);
	model_thread_stop(&r->m);
	assert_true(looks > 0);
	r->m.mode = MODEL_INLINE;
	session_destroy(&s, r);
	assert_int_equal(r->m.nb_sessions, 0);
	assert_int_equal(r->m.nb_creates, NB_MAKERS * NB_EACH * AT_ONCE + 1);
	rig_close(r);
}

/* Without keeping sessions for recovery, and with it. */
static void
sessions_while_ops_run(void **state)
{
	unsigned int k;

	(void)state;
	for (k = 0; k < RTE_DIM(rig_kinds); k++) {
		race(&rig_kinds[k], "ctrl_timeout_ms=60000");
		race(&rig_kinds[k], "ctrl_timeout_ms=60000,recover=1");
	}
}

/* Both queue pairs of a device need the same sessions of another one at the same time, while
 * makers free theirs through the device that did not make them.
 */
static void
race_shared(const struct rig_variant *v)
{
	struct rig_conf conf = { .features = v->features, .devargs = "ctrl_timeout_ms=60000" };
	struct rig *home = rig_up(&conf, 1, 64), *other = rig_up(&conf, 2, 64);
	struct session s[NB_OPS / 2];
	struct pair p[2];
	unsigned int i;

	for (i = 0; i < RTE_DIM(s); i++)
		assert_int_equal(session_make(&s[i], home), 0);
	makers_left = NB_MAKERS;
	model_thread_start(&home->m);
	model_thread_start(&other->m);
	pairs_start(p, other, s, RTE_DIM(s));
	makers_run(home, other);
	pairs_end(p);
	model_thread_stop(&home->m);
	model_thread_stop(&other->m);
	home->m.mode = other->m.mode = MODEL_INLINE;
	assert_int_equal(other->m.nb_creates, RTE_DIM(s));
	for (i = 0; i < RTE_DIM(s); i++)
		session_destroy(&s[i], other);
	assert_int_equal(home->m.nb_sessions + other->m.nb_sessions, 0);
	rig_close(other);
	log_capture_start();
	rig_close(home);
}

static void
sessions_of_another_device(void **state)
{
	unsigned int k;

	(void)state;
	for (k = 0; k < RTE_DIM(rig_kinds); k++)
		race_shared(&rig_kinds[k]);
}

/* ---- security associations, past rte_security ---- */

struct sa_maker {
	pthread_t thread;
	struct rig *r;
	bool egress;
	unsigned int nb_made;
};

static void *
sa_make(void *arg)
{
	struct sa_maker *m = arg;
	struct rte_cryptodev *cdev = device(m->r);
	const struct rte_security_ops *ops = ((struct rte_security_ctx *)cdev->security_ctx)->ops;
	size_t size = sizeof(struct rte_security_session) + ops->session_get_size(cdev);
	struct rte_security_session *s[AT_ONCE];
	struct rte_security_stats stats;
	struct sa_conf c;
	unsigned int i, round;

	sa_gcm(&c, m->egress);
	c.conf.ipsec.options.stats = 1;
	for (round = 0; round < NB_EACH; round++) {
		for (i = 0; i < AT_ONCE; i++) {
			s[i] = aligned_alloc(RTE_CACHE_LINE_SIZE,
				RTE_ALIGN_CEIL(size, RTE_CACHE_LINE_SIZE));
			if (s[i] == NULL)
				abort();
			memset(s[i], 0, size);
			m->nb_made += ops->session_create(cdev, &c.conf, s[i]) == 0;
		}
		for (i = 0; i < AT_ONCE; i++) {
			(void)ops->session_stats_get(cdev, s[i], &stats);
			(void)ops->session_destroy(cdev, s[i]);
			free(s[i]);
		}
	}
	return NULL;
}

static void
race_security(unsigned int kind)
{
	struct sa_maker m[NB_SA_MAKERS];
	struct rig *r = sa_up(kind, "ctrl_timeout_ms=60000");
	unsigned int i;

	model_thread_start(&r->m);
	for (i = 0; i < NB_SA_MAKERS; i++) {
		m[i] = (struct sa_maker){ .r = r, .egress = i % 2 != 0 };
		assert_int_equal(pthread_create(&m[i].thread, NULL, sa_make, &m[i]), 0);
	}
	for (i = 0; i < NB_SA_MAKERS; i++) {
		pthread_join(m[i].thread, NULL);
		assert_int_equal(m[i].nb_made, NB_EACH * AT_ONCE);
	}
	model_thread_stop(&r->m);
	r->m.mode = MODEL_INLINE;
	assert_int_equal(r->m.admin.nb_sas, 0);
	assert_int_equal(r->m.admin.nb_objects, NB_SA_MAKERS * NB_EACH * AT_ONCE);
	rig_close(r);
}

static void
security_associations(void **state)
{
	(void)state;
	race_security(0);
	race_security(3);
}

#ifdef RACE_BROKEN

/* The same, in a process of its own, without the lock: what the sanitizer says. */
static size_t
run_broken(char *said, size_t size, int *how)
{
	char *argv[] = { (char *)(uintptr_t)"broken", (char *)(uintptr_t)"--broken", NULL };
	size_t len = 0;
	ssize_t n = 1;
	int fd[2];
	pid_t pid;

	assert_int_equal(pipe(fd), 0);
	pid = fork();
	if (pid == 0) {
		dup2(fd[1], 1);
		dup2(fd[1], 2);
		close(fd[0]);
		setenv("TSAN_OPTIONS", "halt_on_error=1:exitcode=66", 1);
		execv("/proc/self/exe", argv);
		_exit(1);
	}
	close(fd[1]);
	while (n > 0) {
		n = read(fd[0], said + len, size - 1 - len);
		len += n > 0 ? (size_t)n : 0;
	}
	close(fd[0]);
	said[len] = '\0';
	assert_int_equal(waitpid(pid, how, 0), pid);
	return len;
}

static void
a_lock_that_is_missing_is_noticed(void **state)
{
	static char said[1 << 20];
	int how = 0;

	(void)state;
	assert_true(run_broken(said, sizeof(said), &how) > 0);
	if (!WIFEXITED(how) || WEXITSTATUS(how) != TSAN_EXIT ||
			strstr(said, "ThreadSanitizer: data race") == NULL ||
			strstr(said, "vcrypto_cmdq.c") == NULL)
		fail_msg("status 0x%x: %s", how, said);
}

#endif

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sessions_while_ops_run),
		cmocka_unit_test(sessions_of_another_device),
		cmocka_unit_test(security_associations),
	};

#ifdef RACE_BROKEN
	const struct CMUnitTest broken[] = {
		cmocka_unit_test(a_lock_that_is_missing_is_noticed),
	};

	if (argc < 2)
		return cmocka_run_group_tests(broken, NULL, NULL);
#endif
	(void)argc;
	rig_init(argv[0]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
