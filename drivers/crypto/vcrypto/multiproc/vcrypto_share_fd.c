/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Owns the passing of event descriptors between processes, on both sides, and the
 * secondary's table of descriptors.  Uses EAL's messages; writes to no descriptor.
 */
#include <errno.h>
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_errno.h>

#include "data/vcrypto_qp.h"
#include "device/vcrypto_log.h"
#include "multiproc/vcrypto_share_fd.h"
#include "transport/transport.h"

#define SHARE_FD_CHANNEL	"vcrypto_event"

/* A query and its answer, which carries one descriptor or none. */
struct share_fd_query {
	uint8_t dev_id;
	uint16_t queue;
	uint16_t max;		/* number of queue pairs, as the secondary knows it */
};

/* ---- the primary's side ---- */

static pthread_mutex_t share_fd_offers_lock = PTHREAD_MUTEX_INITIALIZER;
static struct vcrypto_dev *share_fd_offered[RTE_CRYPTO_MAX_DEVS];
static unsigned int share_fd_nb_offered;

/* Runs in EAL's thread for messages.  The query is checked: the peer may be out of date. */
static int
share_fd_answer(const struct rte_mp_msg *msg, const void *peer)
{
	struct rte_mp_msg reply = { .len_param = sizeof(struct share_fd_query) };
	struct vcrypto_notify n = { .how = VCRYPTO_NOTIFY_OFF };
	struct vcrypto_dev *dev = NULL;
	struct share_fd_query q;
	int rc;

	if (msg->len_param != sizeof(q))
		return -EINVAL;
	memcpy(&q, msg->param, sizeof(q));
	(void)snprintf(reply.name, sizeof(reply.name), SHARE_FD_CHANNEL);
	memcpy(reply.param, &q, sizeof(q));
	pthread_mutex_lock(&share_fd_offers_lock);
	if (q.dev_id < RTE_CRYPTO_MAX_DEVS)
		dev = share_fd_offered[q.dev_id];
	if (dev != NULL && q.queue < dev->max_nb_qps && q.max == dev->max_nb_qps)
		dev->t->ops->queue_notify(dev->t, q.queue, &n);
	if (n.how == VCRYPTO_NOTIFY_EVENT)
		reply.fds[reply.num_fds++] = n.fd;
	rc = rte_mp_reply(&reply, peer);
	pthread_mutex_unlock(&share_fd_offers_lock);
	return rc;
}

void
vcrypto_share_fd_offer(struct vcrypto_dev *dev)
{
	pthread_mutex_lock(&share_fd_offers_lock);
	share_fd_offered[dev->data->dev_id] = dev;
	if (share_fd_nb_offered++ == 0 &&
			rte_mp_action_register(SHARE_FD_CHANNEL, share_fd_answer) != 0 &&
			rte_errno != ENOTSUP)
		VCRYPTO_WARN("%s: secondary processes cannot use the device, since they cannot "
			"ask for its event descriptors: %s", dev->name,
			rte_strerror(rte_errno));
	pthread_mutex_unlock(&share_fd_offers_lock);
}

void
vcrypto_share_fd_withdraw(struct vcrypto_dev *dev)
{
	bool last = false;

	pthread_mutex_lock(&share_fd_offers_lock);
	if (share_fd_offered[dev->data->dev_id] == dev) {
		share_fd_offered[dev->data->dev_id] = NULL;
		last = --share_fd_nb_offered == 0;
	}
	pthread_mutex_unlock(&share_fd_offers_lock);
	if (last)
		rte_mp_action_unregister(SHARE_FD_CHANNEL);
}

/* ---- a secondary's side ---- */

/* An event descriptor of a queue pair. */
struct share_fd_event {
	int fd;			/* -1: not received yet */
	bool logged;		/* one line, that the primary gave none */
	uint64_t retry_tsc;	/* when to ask again at the earliest, timer cycles */
};

static struct share_fd_event *share_fd_events[RTE_CRYPTO_MAX_DEVS];	/* by queue pair */
static uint16_t share_fd_nb_events[RTE_CRYPTO_MAX_DEVS];
/* EAL refuses a request while another one of its name is pending. */
static pthread_mutex_t share_fd_query_lock = PTHREAD_MUTEX_INITIALIZER;

static const struct vcrypto_qp *
share_fd_qp_of(const struct vcrypto_notify *n)
{
	return (const void *)((const uint8_t *)n - offsetof(struct vcrypto_qp, notify));
}

/* For vcrypto_notify(): this process's descriptor, since the primary's number means nothing
 * here.
 */
static int
share_fd_event_of(const struct vcrypto_notify *n)
{
	const struct vcrypto_qp *qp = share_fd_qp_of(n);

	return share_fd_events[qp->dev->data->dev_id][qp->index].fd;
}

int
vcrypto_share_fd_attach(const struct vcrypto_dev *dev)
{
	uint8_t id = dev->data->dev_id;
	uint16_t i;

	share_fd_events[id] = calloc(dev->max_nb_qps, sizeof(share_fd_events[id][0]));
	if (share_fd_events[id] == NULL) {
		VCRYPTO_ERR("%s: no memory for the event descriptors", dev->name);
		return -ENOMEM;
	}
	share_fd_nb_events[id] = dev->max_nb_qps;
	for (i = 0; i < share_fd_nb_events[id]; i++)
		share_fd_events[id][i].fd = -1;
	vcrypto_notify_event = share_fd_event_of;
	return 0;
}

void
vcrypto_share_fd_detach(uint8_t dev_id)
{
	uint16_t i;

	for (i = 0; i < share_fd_nb_events[dev_id]; i++)
		if (share_fd_events[dev_id][i].fd >= 0)
			close(share_fd_events[dev_id][i].fd);
	free(share_fd_events[dev_id]);
	share_fd_events[dev_id] = NULL;
	share_fd_nb_events[dev_id] = 0;
}

/* Asks the primary.  Returns the descriptor, or -1. */
static int
share_fd_ask(uint8_t dev_id, uint16_t queue)
{
	const struct timespec wait = { .tv_nsec = VCRYPTO_SHARE_FD_WAIT_MS * 1000000L };
	struct share_fd_query q = {
		.dev_id = dev_id,
		.queue = queue,
		.max = share_fd_nb_events[dev_id],
	};
	struct rte_mp_msg msg = { .len_param = sizeof(q) };
	struct rte_mp_reply reply = { .msgs = NULL };
	int fd = -1;

	(void)snprintf(msg.name, sizeof(msg.name), SHARE_FD_CHANNEL);
	memcpy(msg.param, &q, sizeof(q));
	pthread_mutex_lock(&share_fd_query_lock);
	if (rte_mp_request_sync(&msg, &reply, &wait) == 0 && reply.nb_received == 1 &&
			reply.msgs[0].num_fds == 1)
		fd = reply.msgs[0].fds[0];
	pthread_mutex_unlock(&share_fd_query_lock);
	free(reply.msgs);
	return fd;
}

/* Asks unless the last answer without a descriptor is too recent. */
static bool
share_fd_get(const struct vcrypto_qp *qp, struct share_fd_event *e)
{
	uint64_t now = rte_get_timer_cycles();

	if (now < e->retry_tsc)
		return false;
	e->fd = share_fd_ask(qp->dev->data->dev_id, qp->index);
	if (e->fd >= 0)
		return true;
	e->retry_tsc = rte_get_timer_cycles() +
		(uint64_t)VCRYPTO_SHARE_FD_RETRY_MS * rte_get_timer_hz() / 1000;
	if (!e->logged)
		VCRYPTO_WARN("%s: queue pair %u: the primary process gave no event descriptor to "
			"notify the device with: no op is enqueued before it does", qp->dev->name,
			qp->index);
	e->logged = true;
	return false;
}

bool
vcrypto_share_fd_ready(const struct vcrypto_qp *qp)
{
	struct share_fd_event *e = &share_fd_events[qp->dev->data->dev_id][qp->index];

	return __atomic_load_n(&qp->notify.how, __ATOMIC_RELAXED) != VCRYPTO_NOTIFY_EVENT ||
		e->fd >= 0 || share_fd_get(qp, e);
}
