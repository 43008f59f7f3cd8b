/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The service of one ring, of its worker; see vring.h for who may call what.  How it begins and
 * ends is vring_life.c's.
 */
#include <errno.h>
#include <stdlib.h>

#include "log.h"
#include "vring_parts.h"

/* ---- completion ---- */

static uint64_t
vring_next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static inline void
vring_push(struct vcryptod_vring *v, const struct vqd_req *req, uint32_t written, bool exact)
{
	vqd_push(&v->vqd, req, written);
	if (exact)
		vqd_cut(&v->vqd);
}

/* Completes all held requests, or with keep some of them, in a random order. */
static void
vring_release_held(struct vcryptod_vring *v, bool keep)
{
	unsigned int n = v->nb_held, pick;

	if (keep)
		n = (unsigned int)(vring_next_random(&v->shuffle) % (n + 1));
	if (v->nb_held + VCRYPTOD_BATCH > VCRYPTOD_HELD_MAX)
		n = v->nb_held;
	for (; n > 0; n--) {
		pick = (unsigned int)(vring_next_random(&v->shuffle) % v->nb_held);
		vring_push(v, &v->held[pick].req, v->held[pick].written, v->held[pick].exact);
		v->held[pick] = v->held[--v->nb_held];
	}
}

static inline void
vring_complete(struct vcryptod_vring *v, const struct vqd_req *req, uint32_t written, bool exact)
{
	if (v->shuffle == 0 || v->in_order)
		vring_push(v, req, written, exact);
	else
		v->held[v->nb_held++] = (struct vcryptod_held){ *req, written, exact };
}

/* The first n requests of a turn.  False if one of them is malformed. */
static bool
vring_complete_turn(struct vcryptod_vring *v, unsigned int n)
{
	bool malformed = false, exact = false;
	unsigned int i;

	for (i = 0; i < n; i++) {
		malformed |= v->data[i].malformed;
		exact |= v->data[i].exact;
	}
	if (v->in_order && !exact)
		vqd_push_all(&v->vqd, v->reqs, (uint16_t)n, v->data[n - 1].written);
	else
		for (i = 0; i < n; i++)
			vring_complete(v, &v->reqs[i], v->data[i].written, v->data[i].exact);
	return !malformed;
}

/* A data ring is looked at again and again, and the driver's wish with it. */
static void
vring_call_driver(struct vcryptod_vring *v)
{
	vqd_publish(&v->vqd);
	vcryptod_vring_call_if(v, v->kind != VCRYPTOD_VRING_DATA ? vqd_needs_call(&v->vqd) :
			vqd_asks_call(&v->vqd));
}

/* The driver broke a rule: this ring is over until the front end sets it up again. */
static void
vring_give_up(struct vcryptod_vring *v, const char *error)
{
	vcryptod_vring_call_if(v, vqd_needs_call(&v->vqd));
	vqd_break(&v->vqd, error);
	__atomic_store_n(&v->broken, true, __ATOMIC_RELEASE);
	__atomic_store_n(&v->active, false, __ATOMIC_RELEASE);
	vcryptod_log(VCRYPTOD_LOG_BROKEN, v->name, "queue %u stopped: %s; reset the device",
			v->index, error);
	if (v->attention_fd >= 0)
		vcryptod_event_set(v->attention_fd);
}

/* ---- AKCIPHER ---- */

/* The ring can only wait for a job: its worker is woken when that is done. */
static bool
vring_waits(const struct vcryptod_vring *v)
{
	return v->line.nb != 0 && (v->in_order ||
			(v->next_slow && v->line.nb == VCRYPTOD_SLOW_MAX));
}

/* Completes jobs that are done; how many. */
static unsigned int
vring_take_back(struct vcryptod_vring *v)
{
	struct vcryptod_slow_job *job;
	unsigned int n = 0;

	if (!vcryptod_slow_has_done(&v->line))
		return 0;
	for (; (job = vcryptod_slow_take(&v->line)) != NULL; n++) {
		vring_complete(v, &job->req, job->r.written, true);
		free(job);
	}
	if (v->nb_held != 0)
		vring_release_held(v, true);
	vring_call_driver(v);
	return n;
}

/* The only one of AKCIPHER that was popped, its header read.  Returns 0 if it is in the ring
 * again: no more of them can be under way.
 */
static unsigned int
vring_hand_over(struct vcryptod_vring *v, struct vcryptod_lane *lane, uint64_t began)
{
	int rc = vcryptod_slow_put(&v->line, &v->reqs[0], &v->data[0]);

	if (rc == -EBUSY) {
		vqd_unpop(&v->vqd, v->reqs, 1);
		return 0;
	}
	if (rc == 0) {
		v->nb_tail++;
		return 1;
	}
	v->nb_tail = 0;
	vcryptod_model_slow(v->model, lane, &v->data[0], false);
	vcryptod_figures_time(v->counters, began, 1);
	vring_complete(v, &v->reqs[0], v->data[0].written, true);
	vring_call_driver(v);
	return 1;
}

void
vcryptod_vring_finish(struct vcryptod_vring *v)
{
	/* Pushing to a broken ring does nothing. */
	(void)vring_take_back(v);
	if (v->nb_held != 0 && !vcryptod_vring_is_broken(v)) {
		vring_release_held(v, false);
		vring_call_driver(v);
	}
	vcryptod_vring_call_if(v, vqd_needs_call(&v->vqd));
}

/* ---- requests ---- */

/* A request that is a turn of its own.  It may take so long that who takes memory away looks where
 * it lies, and leaves word for its end.
 */
static void
vring_serve_long(struct vcryptod_vring *v, struct vcryptod_lane *lane)
{
	bool forget;

	pthread_mutex_lock(&v->long_lock);
	v->taken.req = &v->reqs[0];
	pthread_mutex_unlock(&v->long_lock);
	vcryptod_model_long(v->model, lane, &v->data[0]);
	pthread_mutex_lock(&v->long_lock);
	forget = v->taken.forget;
	v->taken.req = NULL;
	v->taken.forget = false;
	pthread_mutex_unlock(&v->long_lock);
	if (forget)
		vqd_forget(&v->vqd);
}

/* How many of n requests are done; the rest is in the ring again. */
static unsigned int
vring_serve_data(struct vcryptod_vring *v, struct vcryptod_lane *lane, unsigned int n)
{
	bool is_long = v->reqs[0].read_len > VCRYPTOD_TURN_BYTES;
	struct vcryptod_request *r[VCRYPTOD_BATCH];
	uint64_t began = vcryptod_ticks();
	unsigned int i, done;
	bool good;

	lane->counters = v->counters;
	for (i = 0; i < n; i++) {
		r[i] = &v->data[i];
		r[i]->readable = v->reqs[i].seg;
		r[i]->nb_readable = v->reqs[i].nb_read;
		r[i]->writable = v->reqs[i].seg + v->reqs[i].nb_read;
		r[i]->nb_writable = v->reqs[i].nb_write;
	}
	if (is_long) {
		vring_serve_long(v, lane);
		done = 1;
	} else {
		done = vcryptod_model_turn(v->model, lane, r, n);
	}
	/* Behind one of AKCIPHER another is likely: it alone is popped then. */
	v->next_slow = done < n;
	if (done != 0)
		vcryptod_figures_time(v->counters, began, done);
	i = done != 0 ? done : 1;
	if (i < n)
		vqd_unpop(&v->vqd, &v->reqs[i], (uint16_t)(n - i));
	if (done == 0)
		return vring_hand_over(v, lane, began);
	v->nb_tail = 0;
	good = vring_complete_turn(v, done);
	if (v->nb_held != 0)
		vring_release_held(v, true);
	vring_call_driver(v);
	if (!good)
		vring_give_up(v, "a request has no room for a status");
	return done;
}

/* One control request or administration command; false if it is malformed. */
static bool
vring_run_command(struct vcryptod_vring *v, uint32_t *written, const struct vqd_req *q)
{
	const struct vqd_seg *writable = q->seg + q->nb_read;

	if (v->kind == VCRYPTOD_VRING_CONTROL)
		return vcryptod_model_ctrl(v->model, written, q->seg, q->nb_read, writable,
				q->nb_write) == 0;
	*written = vcryptod_admin_command(v->model->admin, q->seg, q->nb_read, writable,
			q->nb_write);
	return true;
}

/* In the order in which they came. */
static void
vring_serve_commands(struct vcryptod_vring *v, unsigned int n)
{
	bool malformed = false;
	uint32_t written;
	unsigned int i;

	for (i = 0; i < n; i++) {
		if (!vring_run_command(v, &written, &v->reqs[i]))
			malformed = true;
		vring_complete(v, &v->reqs[i], written, true);
	}
	vring_call_driver(v);
	vcryptod_model_publish(v->model);
	if (malformed)
		vring_give_up(v, "a control request has no room for its answer");
}

/* A request lies partly outside of the driver's memory: whether it can be answered.  The
 * model finds a request without its readable part, which it refuses.
 */
static bool
vring_may_answer(const struct vcryptod_vring *v)
{
	const struct vqd_req *q = &v->reqs[0];

	/* What a command is answered with depends on its room. */
	return q->nb_write != 0 && (v->kind == VCRYPTOD_VRING_DATA ||
			vcryptod_seg_total(q->seg, q->nb_write) == q->write_len);
}

/* With the lock: nothing could be popped. */
static unsigned int
vring_serve_rest(struct vcryptod_vring *v, struct vcryptod_lane *lane, int rc)
{
	if (rc == -EFAULT && vring_may_answer(v)) {
		vcryptod_log(VCRYPTOD_LOG_REFUSED, v->name, "queue %u: request refused: %s",
				v->index, vqd_error(&v->vqd));
		if (v->kind != VCRYPTOD_VRING_DATA)
			vring_serve_commands(v, 1);
		else
			vring_serve_data(v, lane, 1);
		return 1;
	}
	if (rc < 0) {
		vring_give_up(v, vqd_error(&v->vqd));
		return 0;
	}
	if (v->nb_held != 0) {
		vring_release_held(v, false);
		vring_call_driver(v);
		return 1;
	}
	if (vqd_owes_call(&v->vqd))
		vcryptod_vring_call_if(v, vqd_asks_call_again(&v->vqd));
	return 0;
}

/* With the lock. */
static unsigned int
vring_serve_next(struct vcryptod_vring *v, struct vcryptod_lane *lane)
{
	int n;

	n = vqd_pop_pool(&v->vqd, v->reqs, v->next_slow ? 1 : VCRYPTOD_BATCH, v->segs, v->nb_segs);
	if (n <= 0)
		return vring_serve_rest(v, lane, n);
	if (v->kind != VCRYPTOD_VRING_DATA) {
		vring_serve_commands(v, (unsigned int)n);
		return (unsigned int)n;
	}
	if (lane->spent && v->reqs[0].read_len > VCRYPTOD_TURN_BYTES) {
		vqd_unpop(&v->vqd, v->reqs, (uint16_t)n);
		return 1;
	}
	lane->halt = &v->halt;
	return vring_serve_data(v, lane, (unsigned int)n);
}

/* With the lock. */
static unsigned int
vring_serve_locked(struct vcryptod_vring *v, struct vcryptod_lane *lane)
{
	unsigned int done;

	if (v->line.nb == 0)
		return vring_serve_next(v, lane);
	done = vring_take_back(v);
	return done + (vring_waits(v) ? vring_serve_rest(v, lane, 0) : vring_serve_next(v, lane));
}

/* For the worker: false, without waiting, while the message thread needs the ring. */
static bool
vring_try_lock(struct vcryptod_vring *v)
{
	if (!vcryptod_vring_is_active(v) || __atomic_load_n(&v->hold, __ATOMIC_ACQUIRE))
		return false;
	if (pthread_mutex_trylock(&v->lock) != 0)
		return false;
	if (vcryptod_vring_is_active(v))
		return true;
	pthread_mutex_unlock(&v->lock);
	return false;
}

unsigned int
vcryptod_vring_serve(struct vcryptod_vring *v, struct vcryptod_lane *lane)
{
	unsigned int n;

	if (!vring_try_lock(v))
		return 0;
	n = vring_serve_locked(v, lane);
	pthread_mutex_unlock(&v->lock);
	return n;
}

/* As vcryptod_vring_arm, with the lock. */
static int
vring_ask_for_kicks(struct vcryptod_vring *v)
{
	v->armed = true;
	/* Before the flags, whose fence orders it too.  Always laid out (2.7.8). */
	if (v->avail_event != NULL)
		__atomic_store_n(&v->avail_event->raw,
				cpu_to_le16(vqd_avail_base(&v->vqd)).raw, __ATOMIC_RELAXED);
	if (vqd_notify_on(&v->vqd))
		return -2;
	return v->kick_fd >= 0 ? 0 : -1;
}

int
vcryptod_vring_arm(struct vcryptod_vring *v)
{
	int rc;

	if (!vcryptod_vring_is_active(v))
		return -1;
	if (!vring_try_lock(v))
		return -2;
	/* What is available is of no use to a ring that waits, whose worker is woken. */
	rc = vring_waits(v) ? 0 : vring_ask_for_kicks(v);
	if (v->nb_held != 0)
		rc = -2;
	vcryptod_vring_call_if(v, vqd_needs_call(&v->vqd));
	pthread_mutex_unlock(&v->lock);
	return rc;
}

void
vcryptod_vring_disarm(struct vcryptod_vring *v)
{
	if (!vring_try_lock(v))
		return;
	if (v->armed) {
		v->armed = false;
		vqd_notify_off(&v->vqd);
	}
	pthread_mutex_unlock(&v->lock);
}
