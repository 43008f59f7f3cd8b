/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Sessions that are destroyed while a request that takes long is computed with them, by an engine
 * that computes for as long as the test wants.  Nobody waits for it; the last user destroys.
 */
#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "model.h"

#define LANES		2
#define SESSIONS	4

static struct vcryptod_model model;
static struct vcryptod_lane lane[LANES];
static sem_t inside, go_on[LANES];
static unsigned int destroyed;		/* atomic */
static const struct req_session cbc = { .kind = REQ_CIPHER,
	.algo = VIRTIO_CRYPTO_CIPHER_AES_CBC, .key = (const uint8_t *)"0123456789abcdef",
	.key_len = 16, .op = VIRTIO_CRYPTO_OP_ENCRYPT };

/* ---- the engine ---- */

struct slow_session {
	bool alive;
};

static int
slow_init(struct vcryptod_caps *caps)
{
	return vcryptod_engine_null.init(caps);
}

static void
slow_fini(void)
{
}

static int
slow_create(void **session, const struct req_session *p, unsigned int nb_lanes)
{
	struct slow_session *s = malloc(sizeof(*s));

	(void)p;
	(void)nb_lanes;
	assert_non_null(s);
	s->alive = true;
	*session = s;
	return 0;
}

static void
slow_destroy(void *session)
{
	free(session);
	__atomic_fetch_add(&destroyed, 1, __ATOMIC_SEQ_CST);
}

static void
slow_process(struct vcryptod_lane *l, struct vcryptod_op **ops, unsigned int n)
{
	const struct slow_session *s = ops[0]->session;

	(void)n;
	sem_post(&inside);
	sem_wait(&go_on[l->idx]);
	/* It must still be there. */
	ops[0]->status = s->alive ? VIRTIO_CRYPTO_OK : VIRTIO_CRYPTO_ERR;
}

static const struct vcryptod_engine slow_engine = {
	.name = "slow", .init = slow_init, .fini = slow_fini, .session_create = slow_create,
	.session_destroy = slow_destroy, .process = slow_process,
};

/* ---- requests ---- */

struct job {
	struct vcryptod_lane *lane;
	uint64_t id;
	uint8_t status;
	pthread_t thread;
};

static void *
job_main(void *arg)
{
	alignas(8) uint8_t hdr[REQ_DATA_HDR_SESSION + 16] = { 0 };
	uint8_t src[64] = { 0 }, dst[64];
	struct job *j = arg;
	struct vqd_seg readable[] = { { hdr, sizeof(hdr) }, { src, sizeof(src) } };
	struct vqd_seg writable[] = { { dst, sizeof(dst) }, { &j->status, 1 } };
	struct vcryptod_request r = { .readable = readable, .nb_readable = 2,
		.writable = writable, .nb_writable = 2 };

	req_data_header(hdr, sizeof(hdr), &cbc, j->id, 16, 0, 0, 0);
	req_set_cipher(hdr, sizeof(src), sizeof(src));
	vcryptod_model_long(&model, j->lane, &r);
	return NULL;
}

/* Returns when the request is in the engine. */
static void
begin(struct job *j, unsigned int i, uint64_t id)
{
	*j = (struct job){ .lane = &lane[i], .id = id, .status = 0xee };
	assert_int_equal(pthread_create(&j->thread, NULL, job_main, j), 0);
	assert_int_equal(sem_wait(&inside), 0);
}

static uint8_t
end(struct job *j)
{
	assert_int_equal(sem_post(&go_on[j->lane->idx]), 0);
	assert_int_equal(pthread_join(j->thread, NULL), 0);
	return j->status;
}

/* ---- cases ---- */

static unsigned int
nb_destroyed(void)
{
	return __atomic_load_n(&destroyed, __ATOMIC_SEQ_CST);
}

static void
nobody_waits(void **state)
{
	uint64_t held, other, next;
	struct job j;

	(void)state;
	assert_int_equal(vcryptod_model_create(&model, &held, &cbc), VIRTIO_CRYPTO_OK);
	assert_int_equal(vcryptod_model_create(&model, &other, &cbc), VIRTIO_CRYPTO_OK);
	begin(&j, 0, held);
	/* One that is not in use goes at once; one that is has no id any more. */
	assert_int_equal(vcryptod_model_destroy(&model, other), VIRTIO_CRYPTO_OK);
	assert_int_equal(nb_destroyed(), 1);
	assert_int_equal(vcryptod_model_destroy(&model, held), VIRTIO_CRYPTO_OK);
	assert_int_equal(nb_destroyed(), 1);
	assert_int_equal(vcryptod_model_destroy(&model, held), VIRTIO_CRYPTO_ERR);
	assert_int_equal(model.sessions.nb, 0);
	assert_int_equal(vcryptod_model_create(&model, &next, &cbc), VIRTIO_CRYPTO_OK);
	assert_int_equal(end(&j), VIRTIO_CRYPTO_OK);
	assert_int_equal(nb_destroyed(), 2);
	assert_int_equal(vcryptod_model_destroy(&model, next), VIRTIO_CRYPTO_OK);
	assert_int_equal(nb_destroyed(), 3);
}

static void
last_of_two_destroys(void **state)
{
	struct job j[LANES];
	uint64_t id;

	(void)state;
	assert_int_equal(vcryptod_model_create(&model, &id, &cbc), VIRTIO_CRYPTO_OK);
	begin(&j[0], 0, id);
	begin(&j[1], 1, id);
	assert_int_equal(vcryptod_model_destroy(&model, id), VIRTIO_CRYPTO_OK);
	assert_int_equal(end(&j[1]), VIRTIO_CRYPTO_OK);
	assert_int_equal(nb_destroyed(), 0);
	assert_int_equal(end(&j[0]), VIRTIO_CRYPTO_OK);
	assert_int_equal(nb_destroyed(), 1);
}

/* A request that is over has left its session to whoever destroys it. */
static void
kept_until_it_is_destroyed(void **state)
{
	struct job j[LANES];
	uint64_t id;

	(void)state;
	assert_int_equal(vcryptod_model_create(&model, &id, &cbc), VIRTIO_CRYPTO_OK);
	begin(&j[0], 0, id);
	begin(&j[1], 1, id);
	assert_int_equal(end(&j[0]), VIRTIO_CRYPTO_OK);
	assert_int_equal(end(&j[1]), VIRTIO_CRYPTO_OK);
	assert_int_equal(nb_destroyed(), 0);
	assert_int_equal(vcryptod_model_destroy(&model, id), VIRTIO_CRYPTO_OK);
	assert_int_equal(nb_destroyed(), 1);
}

static void
all_at_once(void **state)
{
	uint64_t id[SESSIONS];
	struct job j;
	unsigned int i;

	(void)state;
	for (i = 0; i < SESSIONS; i++)
		assert_int_equal(vcryptod_model_create(&model, &id[i], &cbc), VIRTIO_CRYPTO_OK);
	begin(&j, 0, id[1]);
	assert_int_equal(vcryptod_sessions_clear(&model.sessions), SESSIONS);
	assert_int_equal(nb_destroyed(), SESSIONS - 1);
	assert_int_equal(end(&j), VIRTIO_CRYPTO_OK);
	assert_int_equal(nb_destroyed(), SESSIONS);
}

static int
set_up(void **state)
{
	struct vcryptod_model_config cfg = {
		.engine = &slow_engine, .max_dataqueues = 1, .max_size = 4096,
		.max_sessions = SESSIONS, .nb_lanes = LANES,
		.figures = vcryptod_figures_open(-1, LANES),
	};
	unsigned int i;

	(void)state;
	assert_non_null(cfg.figures);
	destroyed = 0;
	assert_int_equal(sem_init(&inside, 0, 0), 0);
	for (i = 0; i < LANES; i++) {
		lane[i].idx = i;
		lane[i].counters = cfg.figures->queue[i].by;
		assert_int_equal(sem_init(&go_on[i], 0, 0), 0);
	}
	assert_int_equal(cfg.engine->init(&cfg.caps), 0);
	assert_int_equal(vcryptod_model_init(&model, &cfg), 0);
	vcryptod_model_features(&model, 0);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	vcryptod_model_fini(&model);
	vcryptod_figures_close(model.cfg.figures, LANES);
	return 0;
}

#define T(f)	cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(nobody_waits), T(last_of_two_destroys), T(kept_until_it_is_destroyed),
		T(all_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
