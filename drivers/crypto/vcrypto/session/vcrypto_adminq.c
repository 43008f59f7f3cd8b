/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Owns the administration virtqueue: the one function that sends an administration command,
 * and sends it again while the device asks for that.
 *
 * May call lib/request, which builds commands and checks their results, vcrypto_cmdq.c, whose
 * queue takes them, and the transport.  Must not read a result in memory that the device can
 * write: vcrypto_cmdq.c copies it.
 */
#include <errno.h>
#include <unistd.h>

#include <rte_cycles.h>

#include "device/vcrypto_log.h"
#include "session/vcrypto_adminq.h"
#include "session/vcrypto_cmdq.h"
#include "transport/transport.h"

_Static_assert(REQ_ADMIN_CMD_ROOM(REQ_IPSEC_SA_MAX) <= VCRYPTO_ADMIN_REQ_MAX &&
	REQ_ADMIN_ROUND(REQ_ADMIN_CAP_AT + REQ_IPSEC_CAPS_MAX) <= VCRYPTO_ADMIN_REQ_MAX,
	"every command has room");
_Static_assert(REQ_ADMIN_RESULT_ROOM(REQ_IPSEC_CAPS_ROOM) <= VCRYPTO_ADMIN_ANSWER_MAX &&
	REQ_ADMIN_RESULT_ROOM(REQ_ADMIN_LIST_LEN(VIRTIO_CRYPTO_IPSEC_SA_CAP)) <=
	VCRYPTO_ADMIN_ANSWER_MAX, "every result has room");

int
vcrypto_adminq_setup(struct vcrypto_dev *dev)
{
	struct vcrypto_cmdq_conf conf = {
		.name = "administration",
		.zone = "admin",
		.request_room = VCRYPTO_ADMIN_REQ_MAX,
		.answer_room = VCRYPTO_ADMIN_ANSWER_MAX,
	};
	int rc;

	conf.index = dev->t->ops->admin_queue != NULL ? dev->t->ops->admin_queue(dev->t) : 0;
	/* Number 0 is a data queue of every device: no ring is set up for it. */
	if (conf.index == 0)
		vcrypto_adminq_release(dev);
	rc = conf.index == 0 ? -ENODEV : vcrypto_cmdq_setup(dev, &dev->adminq, &conf);
	if (rc == -ENODEV)
		VCRYPTO_ERR("%s: the device offers ADMIN_VQ and has no usable administration "
			"queue: it cannot hold security associations", dev->name);
	return rc;
}

bool
vcrypto_adminq_usable(struct vcrypto_dev *dev)
{
	return vcrypto_cmdq_usable(dev, &dev->adminq);
}

void
vcrypto_adminq_abort(struct vcrypto_dev *dev)
{
	rte_spinlock_lock(&dev->ctrlq.lock);
	vcrypto_cmdq_abort(&dev->adminq);
	rte_spinlock_unlock(&dev->ctrlq.lock);
}

void
vcrypto_adminq_release(struct vcrypto_dev *dev)
{
	vcrypto_adminq_abort(dev);
	vcrypto_cmdq_release(dev, &dev->adminq);
}

/* Returns the command's length, or -errno; what was written then is wiped by vcrypto_cmdq_send().
 */
static int
admin_write(uint8_t *request, const struct req_admin *c, const struct vcrypto_admin_fill *fill)
{
	size_t at = c->opcode == VIRTIO_ADMIN_CMD_DRIVER_CAP_SET ? REQ_ADMIN_CAP_AT :
		REQ_ADMIN_OBJ_AT;
	int len = req_admin_build(request, VCRYPTO_ADMIN_REQ_MAX, c), rc = 0;

	if (len > 0 && fill != NULL)
		rc = fill->write(request + at, c->data_len, fill->arg);
	if (rc < 0)
		return rc;
	return len == -ENOSPC ? -EMSGSIZE : len;
}

/* One attempt. */
static int
admin_send(struct vcrypto_dev *dev, struct req_admin_result *r, struct vcrypto_ctrl_call *call,
		const struct req_admin *c, const struct vcrypto_admin_fill *fill, uint64_t cookie)
{
	struct vcrypto_cmdq *cq = &dev->adminq;
	uint8_t *request;
	uint16_t slot;
	int rc;

	*r = (struct req_admin_result){ .len = 0 };
	call->done = false;
	rc = vcrypto_cmdq_reserve(dev, cq, call, &slot, &request, cookie, true);
	if (rc == 0)
		rc = vcrypto_cmdq_send(dev, cq, call, slot, admin_write(request, c, fill));
	if (rc == 0)
		rc = vcrypto_cmdq_wait(dev, cq, call);
	return rc != 0 ? rc : req_admin_result_parse(r, call->out, call->answer_len,
			call->used_len);
}

int
vcrypto_admin_call(struct vcrypto_dev *dev, struct req_admin_result *r, uint8_t *answer,
		size_t size, const struct req_admin *c, const struct vcrypto_admin_fill *fill,
		uint64_t cookie)
{
	struct vcrypto_ctrl_call call = {
		.end = vcrypto_cmdq_deadline(dev),
		.answer_len = (uint16_t)size,
		.out = answer,
	};
	unsigned int tries = 0;
	int rc;

	for (;;) {
		rc = admin_send(dev, r, &call, c, fill, cookie);
		/* The status of a command that was not answered is OK here. */
		if (!req_admin_may_retry(r->status.status) || ++tries == VCRYPTO_ADMIN_TRIES ||
				rte_get_timer_cycles() > call.end)
			return rc;
		usleep(VCRYPTO_ADMIN_RETRY_US);
	}
}
