/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Owns the choice between control queue and session messages, the search for an
 * administration queue, and the log lines for a back end that offers no way to make
 * sessions, or too few queues.  Reads what vhu_link found in the
 * handshake; must not send a message.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/un.h>

#include "device/vcrypto_log.h"
#include "transport/vhost_user/vhu_offer.h"

int
vcrypto_vhu_offer_refuse(const struct vcrypto_vhu_args *args, const char *reason)
{
	VCRYPTO_ERR("%s: the back end at path=%s %s", args->name, args->path, reason);
	return -ENOTSUP;
}

int
vcrypto_vhu_offer_check(const struct vcrypto_vhu_args *args)
{
	if (strlen(args->path) >= sizeof(((struct sockaddr_un *)0)->sun_path)) {
		VCRYPTO_ERR("%s: path=%s is longer than the %zu bytes of a socket's path",
			args->name, args->path, sizeof(((struct sockaddr_un *)0)->sun_path) - 1);
		return -ENAMETOOLONG;
	}
	if (args->queues == 0 || args->queues >= VHU_MAX_VRINGS || args->queue_size == 0) {
		VCRYPTO_ERR("%s: %u queues of %u entries are illegal: vhost-user has 1 to %u data "
			"queues", args->name, args->queues, args->queue_size, VHU_MAX_VRINGS - 1);
		return -EINVAL;
	}
	return 0;
}

/* The control queue is vring max_dataqueues, however few data queues are used.  -ERANGE,
 * not logged: the back end has no such vring.
 */
static int
offer_ctrlq(struct vcrypto_vhu_offer *offer, const struct vcrypto_vhu_args *args,
		const struct vcrypto_vhu_link *l)
{
	uint32_t max = l->max_dataqueues;

	if (!l->has_config)
		return vcrypto_vhu_offer_refuse(args, "does not serve the configuration space "
			"(GET_CONFIG), so it has no control queue; use sessions=message");
	if (max == 0 || max >= VHU_MAX_VRINGS)
		return vcrypto_vhu_offer_refuse(args, "has a max_dataqueues of 0, or more than "
			"vhost-user can number");
	if (l->nb_vrings != 0 && l->nb_vrings <= max)
		return -ERANGE;
	if (args->queues > max) {
		VCRYPTO_ERR("%s: queues=%u is too many for the back end at path=%s: it has %"
			PRIu32, args->name, args->queues, args->path, max);
		return -ENOTSUP;
	}
	/* nb_vrings is at most VHU_MAX_VRINGS, so the administration queue has a number. */
	*offer = (struct vcrypto_vhu_offer){
		.has_ctrlq = true, .ctrl_vring = (uint16_t)max, .has_admin = l->nb_vrings > max + 1,
	};
	return 0;
}

static int
offer_message(struct vcrypto_vhu_offer *offer, const struct vcrypto_vhu_args *args,
		const struct vcrypto_vhu_link *l)
{
	if ((l->proto & VHU_PROTO_F_CRYPTO_SESSION) == 0)
		return vcrypto_vhu_offer_refuse(args, "accepts no session messages "
			"(CRYPTO_SESSION) and has no usable control queue, so it can make no "
			"sessions: it is no crypto device");
	if (l->nb_vrings != 0 && args->queues > l->nb_vrings) {
		VCRYPTO_ERR("%s: queues=%u is too many for the back end at path=%s: it has %u",
			args->name, args->queues, args->path, l->nb_vrings);
		return -ENOTSUP;
	}
	*offer = (struct vcrypto_vhu_offer){ .has_ctrlq = false };
	return 0;
}

/* A control queue accepts every session, messages only ciphers, chains and RSA: so the
 * control queue is preferred.
 */
int
vcrypto_vhu_offer_find(struct vcrypto_vhu_offer *offer, const struct vcrypto_vhu_args *args,
		const struct vcrypto_vhu_link *l)
{
	int rc;

	if (args->sessions == VCRYPTO_VHU_SESSIONS_MESSAGE ||
			(args->sessions == VCRYPTO_VHU_SESSIONS_AUTO && !l->has_config))
		return offer_message(offer, args, l);
	rc = offer_ctrlq(offer, args, l);
	if (rc != -ERANGE)
		return rc;
	if (args->sessions == VCRYPTO_VHU_SESSIONS_AUTO)
		return offer_message(offer, args, l);
	return vcrypto_vhu_offer_refuse(args, "has no vring for a control queue; use "
		"sessions=message");
}
