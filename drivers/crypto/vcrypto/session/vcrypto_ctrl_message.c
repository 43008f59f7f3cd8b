/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Owns the thread that sends session commands as messages, and the list of commands that
 * were posted to it.
 *
 * May call the transport.  Must not hold ctrlq.lock while it waits.
 */
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>
#include <string.h>

#include "device/vcrypto_log.h"
#include "device/vcrypto_mem.h"
#include "session/vcrypto_ctrl_message.h"
#include "transport/transport.h"

/* A posted command.  The session's keys follow it. */
struct vcrypto_ctrl_post {
	TAILQ_ENTRY(vcrypto_ctrl_post) link;
	struct vcrypto_ctrl_call *call;	/* NULL: nobody waits for the answer */
	struct vcrypto_ctrl_command cmd;
	struct req_session create;
	size_t size;			/* bytes of this struct with its keys */
	uint8_t keys[];
};

void
vcrypto_ctrl_message_init(struct vcrypto_dev *dev)
{
	struct vcrypto_ctrlq *cq = &dev->ctrlq;

	pthread_mutex_init(&cq->messages, NULL);
	TAILQ_INIT(&cq->posts);
	cq->nb_posts = 0;
	cq->sends = false;
	cq->sender_ends = false;
	(void)sem_init(&cq->posted, 0, 0);
}

/* While the mutex is held no reset, and so no new generation, can come between the check and
 * the message.  Threads that wait for the mutex sleep.
 */
static void
message_send(struct vcrypto_dev *dev, struct vcrypto_ctrl_call *call,
		const struct vcrypto_ctrl_command *cmd)
{
	struct virtio_crypto_create_session_input in = { .session_id = 0 };
	uint64_t session_id = 0;
	uint32_t status = VIRTIO_CRYPTO_ERR;
	int rc;

	pthread_mutex_lock(&dev->ctrlq.messages);
	rte_spinlock_lock(&dev->ctrlq.lock);
	rc = vcrypto_ctrl_check_live(dev, cmd->cookie);
	rte_spinlock_unlock(&dev->ctrlq.lock);
	if (rc == 0)
		rc = cmd->create != NULL ?
			dev->t->ops->session_create(dev->t, &session_id, &status, cmd->create) :
			dev->t->ops->session_destroy(dev->t, cmd->session_id, &status);
	pthread_mutex_unlock(&dev->ctrlq.messages);
	if (cmd->create != NULL) {
		in.status = cpu_to_le32(status);
		in.session_id = cpu_to_le64(session_id);
		memcpy(call->answer, &in, sizeof(in));
	} else {
		call->answer[0] = (uint8_t)status;
	}
	call->done = true;
	call->err = rc;
}

/* ---- the thread that sends ---- */

static void
message_post_free(struct vcrypto_ctrl_post *p)
{
	vcrypto_mem_wipe(p, p->size);
	free(p);
}

/* A session that nobody waits for any more is not left with the device. */
static void
message_undo(struct vcrypto_dev *dev, const struct vcrypto_ctrl_post *p,
		const struct vcrypto_ctrl_call *answer)
{
	struct virtio_crypto_create_session_input in;
	struct vcrypto_ctrl_command cmd = { .kind = p->cmd.kind, .cookie = p->cmd.cookie };
	struct vcrypto_ctrl_call call;

	memcpy(&in, answer->answer, sizeof(in));
	if (answer->err != 0 || le32_to_cpu(in.status) != VIRTIO_CRYPTO_OK)
		return;
	cmd.session_id = le64_to_cpu(in.session_id);
	message_send(dev, &call, &cmd);
}

/* Sends the first post, which stays in the list meanwhile, so that it can be abandoned. */
static void
message_send_post(struct vcrypto_dev *dev)
{
	struct vcrypto_ctrlq *cq = &dev->ctrlq;
	struct vcrypto_ctrl_call answer = { .done = false };
	struct vcrypto_ctrl_post *p;
	bool wanted;

	rte_spinlock_lock(&cq->lock);
	p = TAILQ_FIRST(&cq->posts);
	rte_spinlock_unlock(&cq->lock);
	if (p == NULL)
		return;
	message_send(dev, &answer, &p->cmd);
	rte_spinlock_lock(&cq->lock);
	TAILQ_REMOVE(&cq->posts, p, link);
	cq->nb_posts--;
	wanted = p->call != NULL;
	if (answer.err == 0)
		cq->q.refuse_until = 0;
	if (wanted) {
		memcpy(p->call->answer, answer.answer, sizeof(answer.answer));
		p->call->err = answer.err;
		p->call->done = true;
	}
	rte_spinlock_unlock(&cq->lock);
	if (!wanted && p->cmd.create != NULL)
		message_undo(dev, p, &answer);
	message_post_free(p);
}

static vcrypto_thread_result
message_thread(void *arg)
{
	struct vcrypto_dev *dev = arg;

	for (;;) {
		while (sem_wait(&dev->ctrlq.posted) != 0)
			;
		if (__atomic_load_n(&dev->ctrlq.sender_ends, __ATOMIC_ACQUIRE))
			return 0;
		message_send_post(dev);
	}
}

int
vcrypto_ctrl_message_start(struct vcrypto_dev *dev)
{
	struct vcrypto_ctrlq *cq = &dev->ctrlq;

	if (cq->sends)
		return 0;
	if (vcrypto_thread_start(&cq->sender, "vcrypto-session", message_thread, dev) != 0) {
		VCRYPTO_ERR("%s: no thread can be started that sends session messages: the system "
			"has too many threads", dev->name);
		return -EAGAIN;
	}
	__atomic_store_n(&cq->sends, true, __ATOMIC_RELEASE);
	return 0;
}

static struct vcrypto_ctrl_post *
message_copy(struct vcrypto_ctrl_call *call, const struct vcrypto_ctrl_command *cmd)
{
	const struct req_session *s = cmd->create;
	size_t size = sizeof(struct vcrypto_ctrl_post) +
		(s != NULL ? s->key_len + s->auth_key_len : 0);
	struct vcrypto_ctrl_post *p = calloc(1, size);

	if (p == NULL)
		return NULL;
	p->call = call;
	p->cmd = *cmd;
	p->size = size;
	if (s == NULL)
		return p;
	p->create = *s;
	p->cmd.create = &p->create;
	if (s->key_len != 0)
		memcpy(p->keys, s->key, s->key_len);
	if (s->auth_key_len != 0)
		memcpy(p->keys + s->key_len, s->auth_key, s->auth_key_len);
	p->create.key = p->keys;
	p->create.auth_key = p->keys + s->key_len;
	return p;
}

int
vcrypto_ctrl_message_post(struct vcrypto_dev *dev, struct vcrypto_ctrl_call *call,
		const struct vcrypto_ctrl_command *cmd)
{
	struct vcrypto_ctrlq *cq = &dev->ctrlq;
	struct vcrypto_ctrl_post *p = message_copy(call, cmd);
	int rc;

	if (p == NULL) {
		VCRYPTO_ERR("%s: no memory for a session message: the system is out of memory",
			dev->name);
		return -ENOMEM;
	}
	/* Without a thread the device was never started, so that this sends nothing. */
	if (!__atomic_load_n(&cq->sends, __ATOMIC_ACQUIRE)) {
		message_send(dev, call, &p->cmd);
		message_post_free(p);
		return 0;
	}
	rte_spinlock_lock(&cq->lock);
	rc = vcrypto_ctrl_check_live(dev, cmd->cookie);
	if (rc == 0 && cq->nb_posts >= VCRYPTO_CTRLQ_SIZE)
		rc = -EBUSY;
	if (rc == 0) {
		TAILQ_INSERT_TAIL(&cq->posts, p, link);
		cq->nb_posts++;
	}
	rte_spinlock_unlock(&cq->lock);
	if (rc != 0)
		message_post_free(p);
	else
		(void)sem_post(&cq->posted);
	return rc;
}

void
vcrypto_ctrl_message_abandon(struct vcrypto_dev *dev, const struct vcrypto_ctrl_call *call)
{
	struct vcrypto_ctrl_post *p;

	TAILQ_FOREACH(p, &dev->ctrlq.posts, link)
		if (p->call == call)
			p->call = NULL;
}

void
vcrypto_ctrl_message_abort(struct vcrypto_dev *dev)
{
	struct vcrypto_ctrl_post *p;

	TAILQ_FOREACH(p, &dev->ctrlq.posts, link) {
		if (p->call == NULL)
			continue;
		p->call->err = -EAGAIN;
		p->call->done = true;
		p->call = NULL;
	}
}

void
vcrypto_ctrl_message_fini(struct vcrypto_dev *dev)
{
	struct vcrypto_ctrlq *cq = &dev->ctrlq;
	struct vcrypto_ctrl_post *p;

	if (cq->sends) {
		__atomic_store_n(&cq->sender_ends, true, __ATOMIC_RELEASE);
		(void)sem_post(&cq->posted);
		vcrypto_thread_join(cq->sender);
		cq->sends = false;
	}
	/* Their calls have ended with the reset that closed the device. */
	while ((p = TAILQ_FIRST(&cq->posts)) != NULL) {
		TAILQ_REMOVE(&cq->posts, p, link);
		message_post_free(p);
	}
	(void)sem_destroy(&cq->posted);
	pthread_mutex_destroy(&cq->messages);
}
