/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Figures as they are read; see ctl_view.h.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "ctl_view.h"
#include "device.h"
#include "log.h"
#include "options.h"
#include "req_alg.h"
#include "request.h"

#define VIEW_COUNTER_WORDS	(sizeof(struct vcryptod_counters) / sizeof(uint64_t))

/* ---- the page ---- */

/* Where a number of the page selects nothing, "?" is shown. */
static const char *
view_alg_name(uint64_t code)
{
	const struct req_alg *alg = NULL;

	if (code >> 8 != 0)
		alg = req_alg_find((enum virtio_crypto_service)((code >> 8) - 1),
				(uint32_t)(code & UINT8_MAX));
	return alg != NULL ? alg->name : "?";
}

static const char *
view_kind_name(uint64_t kind)
{
	static const char * const name[REQ_NB_KINDS] = {
		[REQ_CIPHER] = "cipher", [REQ_CHAIN] = "chain", [REQ_HASH] = "hash",
		[REQ_MAC] = "mac", [REQ_AEAD] = "aead", [REQ_AKCIPHER] = "akcipher",
	};

	if (kind == VCRYPTOD_ROW_IPSEC)
		return "ipsec";
	return kind < REQ_NB_KINDS ? name[kind] : "?";
}

static void
view_name_row(struct vcryptod_view_row *row, unsigned int i, uint64_t key)
{
	static const struct vcryptod_view_row fixed[VCRYPTOD_FIGURES_ROWS] = {
		[VCRYPTOD_ROW_NONE] = { "refused", "none" },
		[VCRYPTOD_ROW_CANCELLED] = { "cancelled", "none" },
		[VCRYPTOD_ROW_REST] = { "other", "other" },
	};
	uint64_t alg = key >> 16 & UINT16_MAX, auth = key & UINT16_MAX;

	*row = fixed[i];
	if (row->kind == NULL && key != 0) {
		row->kind = view_kind_name((key >> 32) - 1);
		(void)snprintf(row->alg, sizeof(row->alg), "%s%s%s",
				alg != 0 || auth == 0 ? view_alg_name(alg) : "",
				alg != 0 && auth != 0 ? "+" : "",
				auth != 0 ? view_alg_name(auth) : "");
	}
}

/* Counters are words alone. */
static void
view_add(struct vcryptod_counters *sum, const struct vcryptod_counters *c)
{
	uint64_t *to = (uint64_t *)sum;
	const uint64_t *from = (const uint64_t *)c;
	size_t i;

	for (i = 0; i < VIEW_COUNTER_WORDS; i++)
		to[i] += from[i];
}

static void
view_sum_up(struct vcryptod_view_device *d, unsigned int nb_queues)
{
	static const char * const state[VCRYPTOD_NB_QUEUE_STATES] = {
		[VCRYPTOD_QUEUE_OFF] = "off", [VCRYPTOD_QUEUE_RUNS] = "runs",
		[VCRYPTOD_QUEUE_BROKEN] = "stopped",
	};
	const struct vcryptod_queue_figures *q;
	unsigned int i, k;

	for (i = 0; i < VCRYPTOD_FIGURES_ROWS; i++)
		view_name_row(&d->row[i], i, d->page->row[i]);
	d->nb_queues = d->page->nb_queues < nb_queues ? (unsigned int)d->page->nb_queues :
			nb_queues;
	for (i = 0; i < d->nb_queues; i++) {
		q = &d->page->queue[i];
		d->queue[i].state = q->state < VCRYPTOD_NB_QUEUE_STATES ? state[q->state] : "?";
		for (k = 0; k < VCRYPTOD_NB_COUNTERS; k++)
			view_add(&d->queue[i].sum, &q->by[k]);
		view_add(&d->sum, &d->queue[i].sum);
	}
}

/* ---- the stream ---- */

size_t
vcryptod_view_size(const struct vcryptod_ctl_head *head, const char **why)
{
	if (memcmp(head->magic, VCRYPTOD_CTL_MAGIC, sizeof(VCRYPTOD_CTL_MAGIC)) != 0) {
		*why = "this is no socket of vcryptod's --ctl";
		return 0;
	}
	if (head->version != VCRYPTOD_CTL_VERSION || head->layout != VCRYPTOD_FIGURES_LAYOUT) {
		*why = "the daemon is another version of vcryptod: use its own program";
		return 0;
	}
	if (head->nb_devices == 0 || head->nb_devices > VCRYPTOD_MAX_SOCKETS ||
			head->nb_queues == 0 || head->nb_queues > VCRYPTOD_MAX_QUEUES ||
			head->page_size != vcryptod_figures_size((unsigned int)head->nb_queues)) {
		*why = "the daemon's answer contradicts itself";
		return 0;
	}
	return head->nb_devices * (sizeof(struct vcryptod_ctl_device) + head->page_size);
}

static int
view_parse_device(struct vcryptod_view *v, struct vcryptod_view_device *d, const uint8_t *from)
{
	size_t len;

	d->page = aligned_alloc(alignof(struct vcryptod_figures), v->page_size);
	d->queue = aligned_alloc(alignof(struct vcryptod_view_queue),
			v->nb_queues * sizeof(d->queue[0]));
	if (d->page == NULL || d->queue == NULL)
		return -ENOMEM;
	memset(d->queue, 0, v->nb_queues * sizeof(d->queue[0]));
	memcpy(&d->about, from, sizeof(d->about));
	memcpy(d->page, from + sizeof(d->about), v->page_size);
	d->about.path[sizeof(d->about.path) - 1] = '\0';
	len = vcryptod_log_text(d->path, 0, sizeof(d->path) - 1, d->about.path);
	d->path[len] = '\0';
	view_sum_up(d, v->nb_queues);
	return 0;
}

int
vcryptod_view_parse(struct vcryptod_view *v, const struct vcryptod_ctl_head *head,
		const void *body)
{
	const uint8_t *at = body;
	unsigned int i;
	int rc = 0;

	*v = (struct vcryptod_view){ .nb_devices = (unsigned int)head->nb_devices,
		.nb_queues = (unsigned int)head->nb_queues, .page_size = head->page_size };
	v->device = aligned_alloc(alignof(struct vcryptod_view_device),
			v->nb_devices * sizeof(v->device[0]));
	if (v->device == NULL)
		return -ENOMEM;
	memset(v->device, 0, v->nb_devices * sizeof(v->device[0]));
	for (i = 0; i < v->nb_devices && rc == 0; i++) {
		rc = view_parse_device(v, &v->device[i], at);
		at += sizeof(struct vcryptod_ctl_device) + v->page_size;
	}
	if (rc != 0)
		vcryptod_view_fini(v);
	return rc;
}

void
vcryptod_view_fini(struct vcryptod_view *v)
{
	unsigned int i;

	for (i = 0; i < v->nb_devices && v->device != NULL; i++) {
		free(v->device[i].page);
		free(v->device[i].queue);
	}
	free(v->device);
	*v = (struct vcryptod_view){ .nb_devices = 0 };
}

/* until: of vcryptod_now_us(). */
static int
view_receive(int fd, void *to, size_t len, uint64_t until, const char **why)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	uint8_t *at = to;
	uint64_t now;
	ssize_t n;

	while (len != 0) {
		now = vcryptod_now_us();
		if (now >= until || poll(&p, 1, (int)((until - now + 999) / 1000)) == 0) {
			*why = "the daemon does not answer";
			return -ETIMEDOUT;
		}
		n = recv(fd, at, len, MSG_DONTWAIT);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			continue;
		if (n <= 0) {
			*why = "the daemon ended the connection too early: try again";
			return -ECONNRESET;
		}
		at += n;
		len -= (size_t)n;
	}
	return 0;
}

static int
view_read(struct vcryptod_view *v, int fd, const char **why)
{
	uint64_t until = vcryptod_now_us() + VCRYPTOD_VIEW_WAIT_MS * UINT64_C(1000);
	struct vcryptod_ctl_head head;
	size_t size;
	void *body;
	int rc;

	rc = view_receive(fd, &head, sizeof(head), until, why);
	if (rc != 0)
		return rc;
	size = vcryptod_view_size(&head, why);
	if (size == 0)
		return -EPROTO;
	*why = "there is no memory";
	body = malloc(size);
	if (body == NULL)
		return -ENOMEM;
	rc = view_receive(fd, body, size, until, why);
	if (rc == 0)
		rc = vcryptod_view_parse(v, &head, body);
	free(body);
	return rc;
}

/* Waits for a place in the socket's queue, with a bound. */
static int
view_connect(int fd, const struct sockaddr_un *un)
{
	const struct timeval t = { .tv_sec = VCRYPTOD_VIEW_WAIT_MS / 1000 };

	if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &t, sizeof(t)) != 0)
		return -errno;
	return connect(fd, (const struct sockaddr *)un, sizeof(*un)) == 0 ? 0 : -errno;
}

static const char *
view_why(int rc)
{
	if (rc == -EACCES)
		return "this user may not: it is for the daemon's user and root";
	if (rc == -EAGAIN)
		return "the daemon does not answer";
	return "no daemon is there: was it started with --ctl and this path?";
}

int
vcryptod_view_fetch(struct vcryptod_view *v, const char *path, const char **why)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	int fd, rc;

	*why = "the path has more than 107 bytes";
	if (strlen(path) >= sizeof(un.sun_path))
		return -ENAMETOOLONG;
	memcpy(un.sun_path, path, strlen(path));
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	*why = "there is no descriptor left";
	if (fd < 0)
		return -errno;
	rc = view_connect(fd, &un);
	if (rc == 0)
		rc = view_read(v, fd, why);
	else
		*why = view_why(rc);
	close(fd);
	return rc;
}

/* ---- what numbers say ---- */

/* How many requests that time[] has. */
static uint64_t
view_timed(const struct vcryptod_counters *c)
{
	uint64_t n = 0;
	unsigned int i;

	for (i = 0; i < VCRYPTOD_FIGURES_TIMES; i++)
		n += c->time[i];
	return n;
}

uint64_t
vcryptod_view_quantile(const struct vcryptod_counters *c, unsigned int per_mille)
{
	uint64_t all = view_timed(c), need = all / 1000 * per_mille, seen = 0;
	unsigned int i;

	if (all == 0)
		return 0;
	need += (all % 1000 * per_mille + 999) / 1000;
	for (i = 0; i < VCRYPTOD_FIGURES_TIMES - 1; i++) {
		seen += c->time[i];
		if (seen >= need)
			break;
	}
	return vcryptod_figures_class_end(i);
}

uint64_t
vcryptod_view_failed(const struct vcryptod_counters *c)
{
	/* Both have a result. */
	uint64_t well = c->status[VIRTIO_CRYPTO_OK] +
			c->status[VIRTIO_CRYPTO_IPSEC_SA_SOFT_EXPIRY];

	return c->requests >= well ? c->requests - well : 0;
}

bool
vcryptod_view_since(struct vcryptod_counters *diff, const struct vcryptod_counters *now,
		const struct vcryptod_counters *before)
{
	const uint64_t *a = (const uint64_t *)before, *b = (const uint64_t *)now;
	uint64_t *to = (uint64_t *)diff;
	size_t i;

	memset(diff, 0, sizeof(*diff));
	if (before == NULL)
		return false;
	/* A counter that goes back is one of a page that lies. */
	for (i = 0; i < VIEW_COUNTER_WORDS; i++)
		to[i] = b[i] >= a[i] ? b[i] - a[i] : 0;
	return true;
}

const struct vcryptod_view_device *
vcryptod_view_same(const struct vcryptod_view *before, const struct vcryptod_view_device *d)
{
	const struct vcryptod_view_device *b;
	unsigned int i;

	for (i = 0; i < before->nb_devices; i++) {
		b = &before->device[i];
		/* Another daemon may have begun meanwhile, with other pages. */
		if (strcmp(b->path, d->path) == 0 && b->about.starts == d->about.starts &&
				b->about.pid == d->about.pid && d->nb_queues <= before->nb_queues)
			return b;
	}
	return NULL;
}

uint64_t
vcryptod_view_elapsed(const struct vcryptod_view_device *now,
		const struct vcryptod_view_device *before)
{
	return now->about.now_ns > before->about.now_ns ?
			now->about.now_ns - before->about.now_ns : 1;
}
