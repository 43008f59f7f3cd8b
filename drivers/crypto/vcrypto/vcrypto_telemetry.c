/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Owns the telemetry commands /vcrypto/list, info, queue and sessions.  Runs in the
 * telemetry thread and reads the data of other threads without locks, so counters may
 * lag.  Must not change a device.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <rte_string_fns.h>
#include <rte_telemetry.h>

#include "data/vcrypto_qp.h"

static const char *
tel_kind_name(enum vq_kind kind)
{
	switch (kind) {
	case VQ_SPLIT:
		return "split";
	case VQ_SPLIT_IN_ORDER:
		return "split in-order";
	case VQ_PACKED:
		return "packed";
	default:
		return "packed in-order";
	}
}

static const char *
tel_state_text(const struct vcrypto_dev *dev)
{
	if (dev->lost != VCRYPTO_NOT_LOST)
		return "down";
	switch (dev->state) {
	case VCRYPTO_PROBED:
		return "probed";
	case VCRYPTO_CONFIGURED:
		return "configured";
	case VCRYPTO_STARTED:
		return "started";
	default:
		return "closed";
	}
}

/* The names of a mask of services, separated by spaces. */
static void
tel_services_text(char *text, size_t room, uint32_t services)
{
	unsigned int i;

	*text = '\0';
	for (i = 0; i < VIRTIO_CRYPTO_NB_SERVICES; i++) {
		if ((services & (1u << i)) == 0)
			continue;
		if (*text != '\0')
			(void)rte_strlcat(text, " ", room);
		(void)rte_strlcat(text, req_service_name(i), room);
	}
}

/* The answer to a question that has none.  A handler's negative return value would reach
 * the client as null, which says nothing.
 */
static int
tel_error(struct rte_tel_data *d, const char *text)
{
	rte_tel_data_start_dict(d);
	rte_tel_data_add_dict_string(d, "error", text);
	return 0;
}

/* Parses nb decimal numbers separated by commas: "ID" or "ID,QP".  0 or -EINVAL. */
static int
tel_parse_params(const char *params, unsigned long out[2], unsigned int nb)
{
	unsigned int i;
	char *end;

	for (i = 0; i < nb; i++) {
		if (params == NULL || *params < '0' || *params > '9')
			return -EINVAL;
		out[i] = strtoul(params, &end, 10);
		if (*end != (i + 1 < nb ? ',' : '\0'))
			return -EINVAL;
		params = end + 1;
	}
	return 0;
}

/* NULL if the id is none of a device of this driver. */
static struct rte_cryptodev *
tel_find(unsigned long id)
{
	struct rte_cryptodev *cdev;

	if (id >= RTE_CRYPTO_MAX_DEVS || !rte_cryptodev_is_valid_dev((uint8_t)id))
		return NULL;
	cdev = rte_cryptodev_pmd_get_dev((uint8_t)id);
	return cdev->driver_id == vcrypto_driver_id ? cdev : NULL;
}

/* The device that nb parameters begin with; out: what they are.  NULL after the answer that
 * says what is wrong with them.
 */
static struct rte_cryptodev *
tel_device(struct rte_tel_data *d, const char *params, unsigned long out[2], unsigned int nb)
{
	struct rte_cryptodev *cdev;

	if (tel_parse_params(params, out, nb) != 0) {
		(void)tel_error(d, nb == 1 ? "wrong parameters: give the device id alone" :
			"wrong parameters: give the device id and the queue pair id");
		return NULL;
	}
	cdev = tel_find(out[0]);
	if (cdev == NULL)
		(void)tel_error(d, "no device of this driver has this id: see /vcrypto/list");
	return cdev;
}

static int
tel_list(const char *cmd, const char *params, struct rte_tel_data *d)
{
	unsigned int id;

	(void)cmd;
	(void)params;
	rte_tel_data_start_array(d, RTE_TEL_INT_VAL);
	for (id = 0; id < RTE_CRYPTO_MAX_DEVS; id++)
		if (tel_find(id) != NULL)
			rte_tel_data_add_array_int(d, (int)id);
	return 0;
}

static int
tel_info(const char *cmd, const char *params, struct rte_tel_data *d)
{
	const struct vcrypto_dev *dev;
	struct rte_cryptodev *cdev;
	unsigned long id[2];
	char features[24], services[64];

	(void)cmd;
	cdev = tel_device(d, params, id, 1);
	if (cdev == NULL)
		return 0;
	dev = vcrypto_dev_of(cdev);
	(void)snprintf(features, sizeof(features), "0x%016" PRIx64, dev->features);
	tel_services_text(services, sizeof(services), dev->lim.services);
	rte_tel_data_start_dict(d);
	rte_tel_data_add_dict_string(d, "name", dev->name);
	rte_tel_data_add_dict_string(d, "transport", dev->transport);
	rte_tel_data_add_dict_string(d, "features", features);
	rte_tel_data_add_dict_string(d, "ring_layout", tel_kind_name(dev->kind));
	rte_tel_data_add_dict_string(d, "state", tel_state_text(dev));
	rte_tel_data_add_dict_string(d, "reason", vcrypto_lost_text(dev));
	rte_tel_data_add_dict_int(d, "queue_pairs", cdev->data->nb_queue_pairs);
	rte_tel_data_add_dict_int(d, "max_queue_pairs", dev->max_nb_qps);
	rte_tel_data_add_dict_string(d, "services", services);
	vcrypto_tel_dict_u64(d, "max_size", dev->lim.max_size);
	vcrypto_tel_dict_u64(d, "max_cipher_key_len", dev->lim.max_cipher_key_len);
	vcrypto_tel_dict_u64(d, "max_auth_key_len", dev->lim.max_auth_key_len);
	vcrypto_tel_dict_u64(d, "resets", dev->resets);
	return 0;
}

static void
tel_add_errors(struct rte_tel_data *d, const struct vcrypto_qp *qp)
{
	unsigned int i;
	char name[40];

	for (i = 1; i < VCRYPTO_NB_ERRORS; i++) {
		(void)snprintf(name, sizeof(name), "errors_%s", i + 1 < VCRYPTO_NB_ERRORS ?
			req_status_name(i) : "other");
		vcrypto_tel_dict_u64(d, name, qp->stats.errors[i]);
	}
}

static int
tel_queue(const char *cmd, const char *params, struct rte_tel_data *d)
{
	const struct vcrypto_qp *qp;
	struct rte_cryptodev *cdev;
	unsigned long id[2];
	const char *broken;

	(void)cmd;
	cdev = tel_device(d, params, id, 2);
	if (cdev == NULL)
		return 0;
	if (id[1] >= cdev->data->nb_queue_pairs)
		return tel_error(d, "the device has no queue pair of this id");
	qp = cdev->data->queue_pairs[id[1]];
	if (qp == NULL)
		return tel_error(d, "the queue pair is not set up");
	broken = vq_broken(&qp->vq);
	rte_tel_data_start_dict(d);
	rte_tel_data_add_dict_int(d, "size", qp->size);
	rte_tel_data_add_dict_int(d, "in_flight", vq_nb_in_flight(&qp->vq));
	vcrypto_tel_dict_u64(d, "submitted", qp->stats.enqueued);
	vcrypto_tel_dict_u64(d, "completed", qp->stats.dequeued);
	vcrypto_tel_dict_u64(d, "enqueue_errors", qp->stats.enqueue_err);
	vcrypto_tel_dict_u64(d, "dequeue_errors", qp->stats.dequeue_err);
	tel_add_errors(d, qp);
	vcrypto_tel_dict_u64(d, "kicks", qp->stats.kicks);
	vcrypto_tel_dict_u64(d, "kicks_suppressed", qp->stats.publishes - qp->stats.kicks);
	vcrypto_tel_dict_u64(d, "full", qp->stats.full);
	rte_tel_data_add_dict_string(d, "broken", broken != NULL ? broken : "");
	return 0;
}

static void
tel_add_sas(struct rte_tel_data *d, const struct vcrypto_dev *dev)
{
	const struct vcrypto_ipsec_ids *out = &dev->ipsec_ids[false], *in = &dev->ipsec_ids[true];

	vcrypto_tel_dict_u64(d, "sas_outbound", out->nb_taken - out->nb_lost);
	vcrypto_tel_dict_u64(d, "sas_inbound", in->nb_taken - in->nb_lost);
	vcrypto_tel_dict_u64(d, "sas_lost", (uint64_t)out->nb_lost + in->nb_lost);
	vcrypto_tel_dict_u64(d, "max_sas_outbound", dev->ipsec.limits.outbound);
	vcrypto_tel_dict_u64(d, "max_sas_inbound", dev->ipsec.limits.inbound);
}

static int
tel_sessions(const char *cmd, const char *params, struct rte_tel_data *d)
{
	const struct vcrypto_ctrlq *cq;
	struct rte_cryptodev *cdev;
	unsigned long id[2];

	(void)cmd;
	cdev = tel_device(d, params, id, 1);
	if (cdev == NULL)
		return 0;
	cq = &vcrypto_dev_of(cdev)->ctrlq;
	rte_tel_data_start_dict(d);
	vcrypto_tel_dict_u64(d, "live", cq->created - cq->destroyed);
	vcrypto_tel_dict_u64(d, "created", cq->created);
	vcrypto_tel_dict_u64(d, "destroyed", cq->destroyed);
	vcrypto_tel_dict_u64(d, "refused", cq->refused);
	vcrypto_tel_dict_u64(d, "timed_out", cq->timed_out);
	tel_add_sas(d, vcrypto_dev_of(cdev));
	return 0;
}

RTE_INIT(vcrypto_telemetry_init)
{
	rte_telemetry_register_cmd("/vcrypto/list", tel_list,
		"Returns the ids of virtio crypto devices. No parameters.");
	rte_telemetry_register_cmd("/vcrypto/info", tel_info,
		"Returns transport, features, limits and state. Parameter: device id");
	rte_telemetry_register_cmd("/vcrypto/queue", tel_queue,
		"Returns a queue pair's counters. Parameters: device id, queue pair id");
	rte_telemetry_register_cmd("/vcrypto/sessions", tel_sessions,
		"Returns session counters. Parameter: device id");
}
