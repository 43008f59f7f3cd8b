/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The thread of AKCIPHER requests; see slow.h.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "event.h"
#include "slow.h"
#include "thread.h"
#include "wipe.h"

#define SLOW_WAKE_US	100

unsigned int vcryptod_slow_drain_ms = VCRYPTOD_SLOW_DRAIN_MS;

/* ---- the thread ---- */

/* Under lock: a line with a job that somebody waits for, else one whose turn it is; or NULL. */
static struct vcryptod_slow_line *
slow_next_line(struct vcryptod_slow *s)
{
	struct vcryptod_slow_line *line;
	unsigned int n;

	for (n = 0; n < s->nb; n++)
		if (s->line[n]->nb_urgent != 0)
			return s->line[n];
	for (n = 0; n < s->nb; n++) {
		line = s->line[s->next];
		s->next = (s->next + 1) % s->nb;
		if (line->nb_wait != 0 && !__atomic_load_n(line->hold, __ATOMIC_ACQUIRE))
			return line;
	}
	return NULL;
}

/* Under lock. */
static struct vcryptod_slow_job *
slow_begin(struct vcryptod_slow_line *line)
{
	struct vcryptod_slow_job *job = line->wait[line->first];

	line->first = (line->first + 1) % VCRYPTOD_SLOW_MAX;
	line->nb_wait--;
	line->nb_running++;
	line->running = job;
	if (line->nb_urgent != 0)
		line->nb_urgent--;
	return job;
}

/* Under lock. */
static void
slow_end(struct vcryptod_slow_line *line, struct vcryptod_slow_job *job)
{
	line->nb_running--;
	line->done[line->nb_done] = job;
	/* Room: there are no more than VCRYPTOD_SLOW_MAX jobs. */
	__atomic_store_n(&line->nb_done, line->nb_done + 1, __ATOMIC_RELAXED);
	__atomic_fetch_sub(&line->slow->nb_jobs, 1, __ATOMIC_RELAXED);
}

static void
slow_run(struct vcryptod_slow *s, struct vcryptod_slow_line *line, struct vcryptod_slow_job *job,
		bool late)
{
	s->lane.counters = line->counters;
	vcryptod_model_slow(line->model, &s->lane, &job->r, late);
	vcryptod_figures_time(line->counters, job->began, 1);
}

/* With the lock, which it gives away meanwhile. */
static void
slow_work(struct vcryptod_slow *s, struct vcryptod_slow_line *line)
{
	bool late = line->nb_urgent != 0 && vcryptod_now_us() >= line->until_us;
	struct vcryptod_slow_job *job = slow_begin(line);

	pthread_mutex_unlock(&s->lock);
	slow_run(s, line, job, late);
	vcryptod_wipe_lane_if_ended(&s->lane, s->engine);
	pthread_mutex_lock(&s->lock);
	slow_end(line, job);
	s->owes_wake = true;
}

/* With the lock, which it gives away meanwhile.  For short jobs a wake-up of the worker would cost
 * as much as the job: it has one at most each SLOW_WAKE_US, and when there is no more to do.
 */
static void
slow_wake(struct vcryptod_slow *s, bool idle)
{
	uint64_t now = vcryptod_now_us();

	if (!idle && now - s->woken_us < SLOW_WAKE_US)
		return;
	s->woken_us = now;
	s->owes_wake = false;
	pthread_mutex_unlock(&s->lock);
	vcryptod_event_set(s->wake_fd);
	pthread_mutex_lock(&s->lock);
}

/* With the lock, which it gives away meanwhile. */
static void
slow_sleep(struct vcryptod_slow *s)
{
	if (!s->lane.dirty) {
		pthread_cond_wait(&s->more, &s->lock);
		return;
	}
	pthread_mutex_unlock(&s->lock);
	vcryptod_wipe_lane(&s->lane, s->engine);
	pthread_mutex_lock(&s->lock);
}

static void *
slow_main(void *arg)
{
	struct vcryptod_slow *s = arg;
	struct vcryptod_slow_line *line;

	pthread_mutex_lock(&s->lock);
	while (!s->stop) {
		line = slow_next_line(s);
		if (line != NULL)
			slow_work(s, line);
		if (s->owes_wake)
			slow_wake(s, line == NULL);
		else if (line == NULL)
			slow_sleep(s);
	}
	pthread_mutex_unlock(&s->lock);
	vcryptod_wipe_lane(&s->lane, s->engine);
	return NULL;
}

/* ---- jobs ---- */

static struct vcryptod_slow_job *
slow_job_create(const struct vqd_req *req, const struct vcryptod_request *r)
{
	unsigned int nb = (unsigned int)req->nb_read + req->nb_write;
	struct vcryptod_slow_job *job = malloc(sizeof(*job) + nb * sizeof(job->seg[0]));

	if (job == NULL)
		return NULL;
	job->req = *req;
	job->r = *r;
	job->began = vcryptod_ticks();
	memcpy(job->seg, req->seg, nb * sizeof(job->seg[0]));
	job->req.seg = job->seg;
	job->r.readable = job->seg;
	job->r.writable = job->seg + req->nb_read;
	return job;
}

int
vcryptod_slow_put(struct vcryptod_slow_line *line, const struct vqd_req *req,
		const struct vcryptod_request *r)
{
	struct vcryptod_slow *s = line->slow;
	struct vcryptod_slow_job *job;

	if (s == NULL)
		return -ENODEV;
	if (line->nb == VCRYPTOD_SLOW_MAX)
		return -EBUSY;
	job = slow_job_create(req, r);
	if (job == NULL)
		return -ENOMEM;
	line->nb++;
	__atomic_fetch_add(&s->nb_jobs, 1, __ATOMIC_RELAXED);
	pthread_mutex_lock(&s->lock);
	line->wait[(line->first + line->nb_wait++) % VCRYPTOD_SLOW_MAX] = job;
	if (s->running) {
		pthread_cond_signal(&s->more);
	} else {
		slow_run(s, line, slow_begin(line), false);
		slow_end(line, job);
	}
	pthread_mutex_unlock(&s->lock);
	return 0;
}

struct vcryptod_slow_job *
vcryptod_slow_take(struct vcryptod_slow_line *line)
{
	struct vcryptod_slow_job *job = NULL;
	unsigned int nb, i;

	pthread_mutex_lock(&line->slow->lock);
	nb = line->nb_done;
	if (nb != 0) {
		/* In the order in which they were done. */
		job = line->done[0];
		for (i = 1; i < nb; i++)
			line->done[i - 1] = line->done[i];
		__atomic_store_n(&line->nb_done, nb - 1, __ATOMIC_RELAXED);
		line->nb--;
	}
	pthread_mutex_unlock(&line->slow->lock);
	return job;
}

struct vcryptod_slow_job *
vcryptod_slow_unput(struct vcryptod_slow_line *line)
{
	struct vcryptod_slow_job *job = NULL;

	pthread_mutex_lock(&line->slow->lock);
	if (line->nb_wait != 0) {
		line->nb_wait--;
		job = line->wait[(line->first + line->nb_wait) % VCRYPTOD_SLOW_MAX];
		line->nb--;
		__atomic_fetch_sub(&line->slow->nb_jobs, 1, __ATOMIC_RELAXED);
	}
	pthread_mutex_unlock(&line->slow->lock);
	return job;
}

void
vcryptod_slow_go_on(struct vcryptod_slow_line *line)
{
	struct vcryptod_slow *s = line->slow;

	if (s == NULL)
		return;
	pthread_mutex_lock(&s->lock);
	if (line->nb_wait != 0)
		pthread_cond_signal(&s->more);
	pthread_mutex_unlock(&s->lock);
}

/* Under lock: those waiting that use says true for become the first, in the order that they have.
 * How many.
 */
static unsigned int
slow_put_first(struct vcryptod_slow_line *line,
		bool (*uses)(const struct vcryptod_slow_job *job, const void *ctx),
		const void *ctx)
{
	struct vcryptod_slow_job *job[VCRYPTOD_SLOW_MAX], *other[VCRYPTOD_SLOW_MAX], *j;
	unsigned int i, nb = 0, nb_other = 0;

	for (i = 0; i < line->nb_wait; i++) {
		j = line->wait[(line->first + i) % VCRYPTOD_SLOW_MAX];
		if (uses == NULL || uses(j, ctx))
			job[nb++] = j;
		else
			other[nb_other++] = j;
	}
	for (i = 0; i < line->nb_wait; i++)
		line->wait[(line->first + i) % VCRYPTOD_SLOW_MAX] =
				i < nb ? job[i] : other[i - nb];
	return nb;
}

bool
vcryptod_slow_settle(struct vcryptod_slow_line *line, uint64_t until_us,
		bool (*uses)(const struct vcryptod_slow_job *job, const void *ctx),
		const void *ctx)
{
	struct vcryptod_slow *s = line->slow;
	bool done;

	if (s == NULL)
		return true;
	pthread_mutex_lock(&s->lock);
	line->nb_urgent = slow_put_first(line, uses, ctx);
	if (line->nb_urgent != 0) {
		line->until_us = until_us;
		pthread_cond_signal(&s->more);
	}
	done = line->nb_urgent == 0 && (line->nb_running == 0 ||
			(uses != NULL && !uses(line->running, ctx)));
	pthread_mutex_unlock(&s->lock);
	return done;
}

/* ---- life ---- */

int
vcryptod_slow_init(struct vcryptod_slow *s, const struct vcryptod_engine *engine, size_t scratch,
		unsigned int max_lines)
{
	int rc;

	memset(s, 0, sizeof(*s));
	if (pthread_mutex_init(&s->lock, NULL) != 0)
		return -ENOMEM;
	if (pthread_cond_init(&s->more, NULL) != 0) {
		pthread_mutex_destroy(&s->lock);
		return -ENOMEM;
	}
	s->engine = engine;
	s->line = calloc(max_lines, sizeof(struct vcryptod_slow_line *));
	if (s->line == NULL)
		return -ENOMEM;
	rc = vcryptod_scratch_init(&s->lane.scratch, scratch);
	if (rc == 0 && engine->lane_create != NULL) {
		s->lane.engine = engine->lane_create();
		rc = s->lane.engine != NULL ? 0 : -ENOMEM;
	}
	return rc;
}

void
vcryptod_slow_add(struct vcryptod_slow *s, struct vcryptod_slow_line *line,
		struct vcryptod_model *model, unsigned int idx, const bool *hold, int wake_fd)
{
	line->slow = s;
	line->model = model;
	line->hold = hold;
	s->wake_fd = wake_fd;
	s->lane.idx = vcryptod_model_slow_lane(model, idx);
	s->line[s->nb++] = line;
}

int
vcryptod_slow_start(struct vcryptod_slow *s)
{
	int rc;

	pthread_mutex_lock(&s->lock);
	rc = pthread_create(&s->thread, NULL, slow_main, s);
	s->running = rc == 0;
	pthread_mutex_unlock(&s->lock);
	return -rc;
}

void
vcryptod_slow_stop(struct vcryptod_slow *s, unsigned int patience_ms)
{
	if (s->engine == NULL || !s->running)
		return;
	pthread_mutex_lock(&s->lock);
	s->stop = true;
	pthread_cond_signal(&s->more);
	pthread_mutex_unlock(&s->lock);
	vcryptod_thread_join(s->thread, patience_ms);
	s->running = false;
}

static void
slow_lose(struct vcryptod_slow_line *line)
{
	while (line->nb_wait != 0)
		free(slow_begin(line));
	while (line->nb_done != 0)
		free(line->done[--line->nb_done]);
	line->nb = line->nb_running = 0;
}

void
vcryptod_slow_fini(struct vcryptod_slow *s)
{
	unsigned int i;

	if (s->engine == NULL)
		return;
	for (i = 0; i < s->nb; i++) {
		slow_lose(s->line[i]);
		s->line[i]->slow = NULL;
	}
	if (s->lane.engine != NULL)
		s->engine->lane_destroy(s->lane.engine);
	vcryptod_scratch_fini(&s->lane.scratch);
	free(s->line);
	pthread_cond_destroy(&s->more);
	pthread_mutex_destroy(&s->lock);
	memset(s, 0, sizeof(*s));
}
