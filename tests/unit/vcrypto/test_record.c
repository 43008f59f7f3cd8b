/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Making sessions again after the loss of a device: how many commands are in flight
 * together, sessions that go meanwhile, a device that refuses or says nothing.  The
 * control queue is the test's own.
 */
#include <errno.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#include <rte_malloc.h>

#include "log_capture.h"
#include "device/vcrypto_mem.h"
#include "device/vcrypto_registry.h"
#include "session/vcrypto_ctrlq.h"
#include "session/vcrypto_record.h"

RTE_LOG_REGISTER(vcrypto_logtype, pmd.crypto.vcrypto, NOTICE)

#define NB	40	/* sessions: more than two rounds of the control queue */
#define NO_ONE	UINT_MAX
#define PAGE	65536u	/* bytes: a multiple of any machine's page */

static struct {
	struct vcrypto_dev dev;
	struct rte_cryptodev_data data;
	struct vcrypto_session s[NB];
	unsigned int nb_begun, nb_ended, nb_renewed, in_flight, most_in_flight, nb_destroyed;
	uint64_t destroyed;		/* the last one's id */
	unsigned int reused_at;		/* the same, but its memory is another's; 0: none */
	unsigned int goes_at, goes;	/* when so many have ended, this session goes */
	unsigned int refused_from, refused_to;	/* ended commands that fail so */
	int refusal;
	unsigned int nb_heap;		/* records that are allocated */
	bool last;			/* the registry is empty */
	bool locked;			/* a command was waited for under the lock */
	void *page[NB];			/* the records in pages of their own, by number */
} w;

/* ---- in place of DPDK's heap and of the rest of the driver ---- */

/* Memory that a test can take from the driver's reach. */
static void *
page_alloc(size_t size)
{
	void *p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	assert_true(size <= PAGE && p != MAP_FAILED);
	if (w.nb_heap < RTE_DIM(w.page))
		w.page[w.nb_heap] = p;
	w.nb_heap++;
	return p;
}

void *__wrap_calloc(size_t nb, size_t size);
void *
__wrap_calloc(size_t nb, size_t size)
{
	return page_alloc(nb * size);
}

void __wrap_free(void *p);
void
__wrap_free(void *p)
{
	unsigned int i;

	for (i = 0; p != NULL && i < RTE_DIM(w.page); i++)
		if (w.page[i] == p)
			w.page[i] = NULL;
	w.nb_heap -= p != NULL;
	if (p != NULL)
		munmap(p, PAGE);
}

void
vcrypto_mem_wipe(void *p, size_t len)
{
	memset(p, 0, len);
}

/* The answer must still be true when the records have changed. */
bool
vcrypto_registry_is_empty(void)
{
	assert_true(rte_spinlock_is_locked(&vcrypto_record_lock));
	return w.last;
}

static void
must_be_unlocked(void)
{
	if (rte_spinlock_is_locked(&vcrypto_record_lock))
		w.locked = true;
}

int
vcrypto_ctrl_create_begin(struct vcrypto_dev *dev, struct vcrypto_ctrl_call *call,
		const struct req_session *s, uint64_t cookie, bool wait)
{
	(void)dev;
	assert_true(wait);
	assert_int_equal(cookie, vcrypto_cookie(&w.dev));
	must_be_unlocked();
	/* The key of each session is its number. */
	call->end = s->key[0];
	w.nb_begun++;
	if (++w.in_flight > w.most_in_flight)
		w.most_in_flight = w.in_flight;
	return 0;
}

int
vcrypto_ctrl_create_end(struct vcrypto_dev *dev, struct vcrypto_ctrl_call *call,
		uint64_t *session_id)
{
	unsigned int n = w.nb_ended++;

	(void)dev;
	must_be_unlocked();
	w.in_flight--;
	if (n == w.goes_at)
		vcrypto_record_remove(&w.s[w.goes]);
	if (w.reused_at != 0 && n == w.reused_at)
		w.s[NB - 5].stamp = 12345;
	*session_id = 1000 + call->end;
	return n >= w.refused_from && n < w.refused_to ? w.refusal : 0;
}

void
vcrypto_ctrl_renew(struct vcrypto_dev *dev, struct vcrypto_ctrl_call *call)
{
	(void)dev;
	(void)call;
	w.nb_renewed++;
}

/* Of a silent device: nothing has come. */
int
vcrypto_ctrl_create_poll(struct vcrypto_dev *dev, struct vcrypto_ctrl_call *call,
		uint64_t *session_id)
{
	(void)dev;
	(void)call;
	(void)session_id;
	return -EINPROGRESS;
}

void
vcrypto_ctrl_cancel(struct vcrypto_dev *dev, struct vcrypto_ctrl_call *call)
{
	(void)dev;
	(void)call;
	w.in_flight--;
}

int
vcrypto_ctrl_destroy(struct vcrypto_dev *dev, enum req_kind kind, uint64_t session_id,
		uint64_t cookie)
{
	(void)dev;
	(void)kind;
	must_be_unlocked();
	assert_int_equal(cookie, vcrypto_cookie(&w.dev));
	w.nb_destroyed++;
	w.destroyed = session_id;
	return 0;
}

int
vcrypto_session_adopt(struct vcrypto_dev *dev, struct vcrypto_session *s,
		const struct req_session *req, uint64_t id, uint64_t cookie)
{
	(void)dev;
	assert_int_equal(id, 1000 + req->key[0]);
	s->id = id;
	s->cookie = cookie;
	s->stamp += NB;
	return 0;
}

/* ---- */

static const struct rte_crypto_sym_xform xform = { .type = RTE_CRYPTO_SYM_XFORM_CIPHER };

static int
setup(void **state)
{
	uint8_t key;

	(void)state;
	memset(&w, 0, sizeof(w));
	w.dev.data = &w.data;
	w.dev.args.recover = true;
	w.dev.generation = 1;
	w.goes_at = NO_ONE;
	LIST_INIT(&w.dev.records);
	for (key = 0; key < NB; key++) {
		struct req_session req = { .kind = REQ_CIPHER, .key = &key, .key_len = 1 };

		w.s[key].cookie = vcrypto_cookie(&w.dev);
		w.s[key].stamp = key + 1u;
		assert_int_equal(vcrypto_record_add(&w.dev, &w.s[key], &req, &xform), 0);
	}
	w.dev.generation = 2;
	log_capture_start();
	return 0;
}

static int
teardown(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < NB; i++)
		vcrypto_record_remove(&w.s[i]);
	log_capture_stop();
	return w.nb_heap == 0 && !w.locked && w.in_flight == 0 ? 0 : -1;
}

static unsigned int
count_current(void)
{
	unsigned int i, n = 0;

	for (i = 0; i < NB; i++)
		n += w.s[i].cookie == vcrypto_cookie(&w.dev);
	return n;
}

static void
sessions_are_made_together(void **state)
{
	(void)state;
	assert_int_equal(vcrypto_record_restore(&w.dev), 0);
	assert_int_equal(w.most_in_flight, VCRYPTO_CTRLQ_SIZE);
	assert_int_equal(w.nb_begun, NB);
	/* Each has its full time, however many were before it. */
	assert_int_equal(w.nb_renewed, NB);
	assert_int_equal(count_current(), NB);
	/* And again after the next loss; but not twice in one generation. */
	assert_int_equal(vcrypto_record_restore(&w.dev), 0);
	assert_int_equal(w.nb_begun, NB);
	w.dev.generation++;
	assert_int_equal(vcrypto_record_restore(&w.dev), 0);
	assert_int_equal(w.nb_begun, 2 * NB);
	assert_int_equal(count_current(), NB);
}

/* Records are a stack: the last session's is the first to be made again. */
static void
sessions_go_meanwhile(void **state)
{
	(void)state;
	/* Its own command is in flight: what the device made for it is destroyed. */
	w.goes_at = 2;
	w.goes = NB - 5;
	assert_int_equal(vcrypto_record_restore(&w.dev), 0);
	assert_int_equal(w.nb_destroyed, 1);
	assert_int_equal(w.destroyed, 1000 + NB - 5);
	assert_int_equal(count_current(), NB - 1);
	assert_int_equal(w.nb_heap, NB - 1);
}

static void
sessions_go_before_their_turn(void **state)
{
	(void)state;
	w.goes_at = 2;
	w.goes = 0;
	assert_int_equal(vcrypto_record_restore(&w.dev), 0);
	assert_int_equal(w.nb_begun, NB - 1);
	assert_int_equal(w.nb_destroyed, 0);
	assert_int_equal(count_current(), NB - 1);
}

static void
refused_sessions_are_counted(void **state)
{
	(void)state;
	w.refused_from = 3;
	w.refused_to = 6;
	w.refusal = -ENOSPC;
	assert_int_equal(vcrypto_record_restore(&w.dev), 3);
	assert_int_equal(w.nb_begun, NB);
	assert_int_equal(count_current(), NB - 3);
}

/* Not one time-out after the other: the first round is all that is sent, and the first
 * answer all that is waited for.
 */
static void
silent_device_is_asked_once(void **state)
{
	(void)state;
	w.refused_to = NB;
	w.refusal = -ETIMEDOUT;
	assert_int_equal(vcrypto_record_restore(&w.dev), NB);
	assert_int_equal(w.nb_begun, VCRYPTO_CTRLQ_SIZE);
	assert_int_equal(w.nb_ended, 1);
	assert_int_equal(count_current(), 0);
}

/* A secondary process frees without a word, and the memory may be another session's. */
static void
memory_of_freed_sessions_is_let_alone(void **state)
{
	(void)state;
	w.reused_at = 2;
	assert_int_equal(vcrypto_record_restore(&w.dev), 0);
	assert_int_equal(w.nb_destroyed, 1);
	assert_int_equal(w.s[NB - 5].id, 0);
	assert_int_equal(count_current(), NB - 1);
}

/* A reset between the answer and the record: the next recovery makes the session again. */
static void
records_know_their_generation(void **state)
{
	uint8_t key = 0;
	struct req_session req = { .kind = REQ_CIPHER, .key = &key, .key_len = 1 };
	struct vcrypto_session late = { .cookie = 1, .stamp = 77 };

	(void)state;
	assert_int_equal(vcrypto_record_add(&w.dev, &late, &req, &xform), 0);
	assert_int_equal(vcrypto_record_restore(&w.dev), 0);
	assert_int_equal(late.cookie, vcrypto_cookie(&w.dev));
	vcrypto_record_remove(&late);
}

/* Freeing a session touches its record and the two beside it, so it takes the same time
 * however many there are: the others are out of reach meanwhile.
 */
static void
freeing_is_constant(void **state)
{
	static const uint8_t order[] = { 0, NB / 2, NB - 1 };
	unsigned int i, k;

	(void)state;
	for (k = 0; k < RTE_DIM(order); k++) {
		unsigned int at = order[k];

		for (i = 0; i < NB; i++)
			if (w.page[i] != NULL && (i + 1 < at || i > at + 1))
				assert_int_equal(mprotect(w.page[i], PAGE, PROT_NONE), 0);
		vcrypto_record_remove(&w.s[at]);
		assert_null(w.page[at]);
		for (i = 0; i < NB; i++)
			if (w.page[i] != NULL)
				assert_int_equal(mprotect(w.page[i], PAGE, PROT_READ | PROT_WRITE),
						0);
	}
	assert_int_equal(w.nb_heap, NB - RTE_DIM(order));
	w.dev.generation++;
	assert_int_equal(vcrypto_record_restore(&w.dev), 0);
	assert_int_equal(w.nb_begun, NB - RTE_DIM(order));
}

/* With the last device the keys of all go, also of those that another device left behind. */
static void
the_last_device_takes_the_keys(void **state)
{
	struct vcrypto_dev last = { .data = &w.data, .generation = 9 };
	struct vcrypto_session own = { .cookie = vcrypto_cookie(&last), .stamp = 78 };
	const struct rte_crypto_sym_xform *x;
	uint8_t key[] = { 1, 2, 3, 4 };
	struct rte_crypto_sym_xform keyed = xform;
	struct req_session req = { .kind = REQ_CIPHER, .key = key, .key_len = sizeof(key) };

	(void)state;
	keyed.cipher.algo = RTE_CRYPTO_CIPHER_AES_CBC;
	keyed.cipher.key = (__typeof__(keyed.cipher.key)){ key, sizeof(key) };
	assert_int_equal(vcrypto_record_add(&last, &own, &req, &keyed), 0);
	vcrypto_record_orphan(&w.dev);
	assert_non_null(vcrypto_record_xform(&w.s[0], 1));
	x = vcrypto_record_xform(&own, 1);
	assert_non_null(x);
	assert_memory_equal(x->cipher.key.data, key, sizeof(key));
	w.last = true;
	vcrypto_record_orphan(&last);
	assert_null(vcrypto_record_xform(&w.s[0], 1));
	assert_null(vcrypto_record_xform(&own, 1));
	memset(key, 0, sizeof(key));
	assert_memory_equal(x->cipher.key.data, key, sizeof(key));
	vcrypto_record_remove(&own);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(sessions_are_made_together, setup, teardown),
		cmocka_unit_test_setup_teardown(sessions_go_meanwhile, setup, teardown),
		cmocka_unit_test_setup_teardown(sessions_go_before_their_turn, setup, teardown),
		cmocka_unit_test_setup_teardown(refused_sessions_are_counted, setup, teardown),
		cmocka_unit_test_setup_teardown(silent_device_is_asked_once, setup, teardown),
		cmocka_unit_test_setup_teardown(memory_of_freed_sessions_is_let_alone, setup,
			teardown),
		cmocka_unit_test_setup_teardown(freeing_is_constant, setup, teardown),
		cmocka_unit_test_setup_teardown(records_know_their_generation, setup, teardown),
		cmocka_unit_test_setup_teardown(the_last_device_takes_the_keys, setup, teardown),
	};

	return cmocka_run_group_tests_name("record", tests, NULL, NULL);
}
