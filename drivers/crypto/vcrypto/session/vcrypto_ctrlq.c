/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Owns the commands of sessions: the one function that sends one, and what becomes of its
 * answer.
 *
 * May call lib/request, which builds and checks the bytes of commands, vcrypto_cmdq.c, whose
 * queue takes them, and vcrypto_ctrl_message.c.  Must not hold the spinlock while it waits.
 */
#include <errno.h>
#include <pthread.h>
#include <string.h>

#include <rte_cycles.h>

#include "req_ctrl.h"
#include "req_alg.h"
#include "device/vcrypto_log.h"
#include "session/vcrypto_cmdq.h"
#include "session/vcrypto_ctrl_message.h"
#include "session/vcrypto_ctrlq.h"
#include "session/vcrypto_refusal.h"
#include "transport/transport.h"

#define CTRLQ_ANSWER_ROOM	32	/* bytes; the longest answer has 16 */

int
vcrypto_ctrlq_setup(struct vcrypto_dev *dev)
{
	struct vcrypto_cmdq_conf conf = {
		.name = "control",
		.zone = "ctrl",
		.index = (uint16_t)dev->lim.max_dataqueues,
		.request_room = VCRYPTO_CTRL_REQ_MAX,
		.answer_room = CTRLQ_ANSWER_ROOM,
	};
	int rc = vcrypto_cmdq_setup(dev, &dev->ctrlq.q, &conf);

	if (rc == -ENODEV)
		VCRYPTO_ERR("%s: the device has no usable control queue (virtqueue %u of %u "
			"entries): it cannot hold sessions", dev->name, conf.index,
			dev->t->ops->queue_max_size(dev->t, conf.index));
	return rc;
}

void
vcrypto_ctrlq_init(struct vcrypto_dev *dev)
{
	rte_spinlock_init(&dev->ctrlq.lock);
	vcrypto_ctrl_message_init(dev);
}

void
vcrypto_ctrlq_fini(struct vcrypto_dev *dev)
{
	vcrypto_ctrl_message_fini(dev);
}

int
vcrypto_ctrlq_start(struct vcrypto_dev *dev)
{
	return dev->traits.has_ctrlq ? 0 : vcrypto_ctrl_message_start(dev);
}

void
vcrypto_ctrlq_release(struct vcrypto_dev *dev)
{
	vcrypto_ctrlq_abort(dev);
	vcrypto_cmdq_release(dev, &dev->ctrlq.q);
}

void
vcrypto_ctrlq_abort(struct vcrypto_dev *dev)
{
	rte_spinlock_lock(&dev->ctrlq.lock);
	vcrypto_cmdq_abort(&dev->ctrlq.q);
	vcrypto_ctrl_message_abort(dev);
	rte_spinlock_unlock(&dev->ctrlq.lock);
}

bool
vcrypto_ctrlq_usable(struct vcrypto_dev *dev)
{
	return vcrypto_cmdq_usable(dev, &dev->ctrlq.q);
}

void
vcrypto_ctrlq_quiesce(struct vcrypto_dev *dev)
{
	if (dev->traits.has_ctrlq)
		return;
	pthread_mutex_lock(&dev->ctrlq.messages);
	pthread_mutex_unlock(&dev->ctrlq.messages);
}

/* ---- one command ---- */

/* Writes the command's bytes.  Returns their length or -errno. */
static int
ctrl_build(const struct vcrypto_dev *dev, uint8_t *req, const struct vcrypto_ctrl_command *cmd)
{
	unsigned int flags = vcrypto_req_flags(dev, req_kind_service(cmd->kind));
	int len = cmd->create != NULL ?
		req_create_build(req, VCRYPTO_CTRL_REQ_MAX, cmd->create, flags) :
		req_destroy_build(req, VCRYPTO_CTRL_REQ_MAX, cmd->kind, cmd->session_id, flags);

	return len == -ENOSPC ? -EMSGSIZE : len;
}

/* Where sessions are messages: has the device's thread send it, and waits for a place among
 * its posts if wait is set.
 */
static int
ctrl_begin_message(struct vcrypto_dev *dev, struct vcrypto_ctrl_call *call,
		const struct vcrypto_ctrl_command *cmd, bool wait)
{
	int rc;

	do {
		rc = vcrypto_ctrl_message_post(dev, call, cmd);
		if (rc != -EBUSY || !wait)
			return rc;
		rc = vcrypto_cmdq_wait_step(dev, call);
	} while (rc == 0);
	if (rc == -ETIMEDOUT)
		vcrypto_cmdq_log_timeout(dev, &dev->ctrlq.q);
	return rc;
}

/* The one function that sends a command: all others call it. */
static int
ctrl_begin(struct vcrypto_dev *dev, struct vcrypto_ctrl_call *call,
		const struct vcrypto_ctrl_command *cmd, bool wait)
{
	struct vcrypto_cmdq *cq = &dev->ctrlq.q;
	uint8_t *request;
	uint16_t slot;
	int rc;

	*call = (struct vcrypto_ctrl_call){
		.answer_len = cmd->create != NULL ?
			sizeof(struct virtio_crypto_create_session_input) :
			sizeof(struct virtio_crypto_destroy_session_input),
		.end = vcrypto_cmdq_deadline(dev),
		.alg = cmd->create != NULL ? req_alg_find(req_kind_service(cmd->kind),
			cmd->create->algo) : NULL,
	};
	if (!dev->traits.has_ctrlq)
		return ctrl_begin_message(dev, call, cmd, wait);
	rc = vcrypto_cmdq_reserve(dev, cq, call, &slot, &request, cmd->cookie, wait);
	return rc != 0 ? rc : vcrypto_cmdq_send(dev, cq, call, slot, ctrl_build(dev, request, cmd));
}

void
vcrypto_ctrl_cancel(struct vcrypto_dev *dev, struct vcrypto_ctrl_call *call)
{
	vcrypto_cmdq_cancel(dev, &dev->ctrlq.q, call);
}

/* ---- sessions ---- */

/* Returns rc or, if that is 0, the errno of the device's status; counts the result, and
 * says why a session was refused.
 */
static int
ctrl_create_result(struct vcrypto_dev *dev, const struct vcrypto_ctrl_call *call, int rc,
		uint64_t *session_id)
{
	struct vcrypto_ctrlq *cq = &dev->ctrlq;
	struct virtio_crypto_create_session_input in;
	uint64_t *count;

	memcpy(&in, call->answer, sizeof(in));
	if (rc == 0 && le32_to_cpu(in.status) != VIRTIO_CRYPTO_OK) {
		rc = req_status_errno(le32_to_cpu(in.status));
		vcrypto_refusal_log(dev, call, le32_to_cpu(in.status));
	}
	*session_id = le64_to_cpu(in.session_id);
	count = rc == 0 ? &cq->created : rc == -ETIMEDOUT ? &cq->timed_out : &cq->refused;
	__atomic_add_fetch(count, 1, __ATOMIC_RELAXED);
	return rc;
}

int
vcrypto_ctrl_create_begin(struct vcrypto_dev *dev, struct vcrypto_ctrl_call *call,
		const struct req_session *s, uint64_t cookie, bool wait)
{
	struct vcrypto_ctrl_command cmd = { .create = s, .kind = s->kind, .cookie = cookie };
	uint64_t none;
	int rc;

	if (!wait && vcrypto_cmdq_refuses(dev, &dev->ctrlq.q))
		return -ETIMEDOUT;
	rc = ctrl_begin(dev, call, &cmd, wait);
	if (rc != 0 && rc != -EBUSY)
		(void)ctrl_create_result(dev, call, rc, &none);
	return rc;
}

int
vcrypto_ctrl_create_end(struct vcrypto_dev *dev, struct vcrypto_ctrl_call *call,
		uint64_t *session_id)
{
	int rc = vcrypto_cmdq_wait(dev, &dev->ctrlq.q, call);

	return ctrl_create_result(dev, call, rc, session_id);
}

void
vcrypto_ctrl_renew(struct vcrypto_dev *dev, struct vcrypto_ctrl_call *call)
{
	call->end = vcrypto_cmdq_deadline(dev);
}

int
vcrypto_ctrl_create_poll(struct vcrypto_dev *dev, struct vcrypto_ctrl_call *call,
		uint64_t *session_id)
{
	bool late = rte_get_timer_cycles() > call->end;
	int rc = vcrypto_cmdq_poll(dev, &dev->ctrlq.q, call, late ? -ETIMEDOUT : -EINPROGRESS);

	return rc == -EINPROGRESS ? rc : ctrl_create_result(dev, call, rc, session_id);
}

int
vcrypto_ctrl_create(struct vcrypto_dev *dev, uint64_t *session_id, const struct req_session *s,
		uint64_t cookie)
{
	struct vcrypto_ctrl_call call;
	int rc = vcrypto_ctrl_create_begin(dev, &call, s, cookie, true);

	return rc != 0 ? rc : vcrypto_ctrl_create_end(dev, &call, session_id);
}

int
vcrypto_ctrl_destroy_begin(struct vcrypto_dev *dev, struct vcrypto_ctrl_call *call,
		enum req_kind kind, uint64_t session_id, uint64_t cookie)
{
	struct vcrypto_ctrl_command cmd = { .kind = kind, .session_id = session_id,
		.cookie = cookie };

	return ctrl_begin(dev, call, &cmd, true);
}

bool
vcrypto_ctrl_drop_begin(struct vcrypto_dev *dev, struct vcrypto_ctrl_call *call,
		enum req_kind kind, bool creating, uint64_t *session_id, uint64_t cookie)
{
	/* The reset that made the cookie stale may still be under way: its end writes into
	 * the calls that the control queue knows.
	 */
	if (cookie != vcrypto_cookie(dev)) {
		if (creating)
			vcrypto_ctrl_cancel(dev, call);
		return false;
	}
	/* Otherwise the device would keep a session whose id nobody knows. */
	if (creating && vcrypto_ctrl_create_end(dev, call, session_id) != 0)
		return false;
	return vcrypto_ctrl_destroy_begin(dev, call, kind, *session_id, cookie) == 0;
}

int
vcrypto_ctrl_destroy_end(struct vcrypto_dev *dev, struct vcrypto_ctrl_call *call)
{
	int rc = vcrypto_cmdq_wait(dev, &dev->ctrlq.q, call);

	if (rc == 0)
		rc = req_status_errno(call->answer[0]);
	if (rc == 0)
		__atomic_add_fetch(&dev->ctrlq.destroyed, 1, __ATOMIC_RELAXED);
	else if (rc == -ETIMEDOUT)
		__atomic_add_fetch(&dev->ctrlq.timed_out, 1, __ATOMIC_RELAXED);
	return rc;
}

int
vcrypto_ctrl_destroy(struct vcrypto_dev *dev, enum req_kind kind, uint64_t session_id,
		uint64_t cookie)
{
	struct vcrypto_ctrl_call call;
	int rc = vcrypto_ctrl_destroy_begin(dev, &call, kind, session_id, cookie);

	return rc != 0 ? rc : vcrypto_ctrl_destroy_end(dev, &call);
}

int
vcrypto_ctrl_destroy_unheard(struct vcrypto_dev *dev, enum req_kind kind, uint64_t session_id,
		uint64_t cookie)
{
	struct vcrypto_ctrl_command cmd = { .kind = kind, .session_id = session_id,
		.cookie = cookie };
	struct vcrypto_ctrl_call call;
	int rc;

	if (vcrypto_cmdq_refuses(dev, &dev->ctrlq.q))
		return -ETIMEDOUT;
	rc = ctrl_begin(dev, &call, &cmd, false);
	if (rc != 0)
		return rc;
	vcrypto_ctrl_cancel(dev, &call);
	__atomic_add_fetch(&dev->ctrlq.destroyed, 1, __ATOMIC_RELAXED);
	return 0;
}
