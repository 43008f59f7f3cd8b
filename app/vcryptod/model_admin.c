/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Administration commands: what each one does, and with which status it ends.  lib/request has
 * their bytes.
 */
#include <errno.h>
#include <string.h>

#include "log.h"
#include "model_admin.h"
#include "wipe.h"

/* Bytes of a command that are looked at: capabilities with modes to come. */
#define ADMIN_CMD_MAX		REQ_ADMIN_ROUND(REQ_ADMIN_CAP_AT + REQ_IPSEC_CAPS_ROOM)
/* Of results: the list of capabilities, both of them, an object. */
#define ADMIN_LIST_LEN		REQ_ADMIN_LIST_LEN(VIRTIO_CRYPTO_IPSEC_SA_CAP)
#define ADMIN_DATA_MAX		512
_Static_assert(ADMIN_LIST_LEN <= ADMIN_DATA_MAX && REQ_IPSEC_CAPS_MAX <= ADMIN_DATA_MAX &&
	sizeof(struct virtio_crypto_ipsec_sa) <= ADMIN_DATA_MAX, "a result does not fit");
_Static_assert(REQ_ADMIN_CMD_ROOM(REQ_IPSEC_SA_MAX) <= ADMIN_CMD_MAX, "an object does not fit");

/* What a command gives. */
struct admin_answer {
	struct req_admin_status s;
	uint8_t data[ADMIN_DATA_MAX];
	size_t len;			/* bytes */
};

static void
admin_say(struct admin_answer *r, enum virtio_admin_status status,
		enum virtio_admin_qualifier qualifier)
{
	r->s.status = (uint16_t)status;
	r->s.qualifier = (uint16_t)qualifier;
}

static void
admin_say_invalid(struct admin_answer *r)
{
	admin_say(r, VIRTIO_ADMIN_STATUS_EINVAL, VIRTIO_ADMIN_STATUS_Q_INVALID_FIELD);
}

/* ---- lists and capabilities ---- */

static void
admin_list_query(struct admin_answer *r)
{
	le64 all = cpu_to_le64(REQ_ADMIN_ALL);

	memcpy(r->data, &all, sizeof(all));
	r->len = sizeof(all);
}

static void
admin_list_use(struct vcryptod_admin *a, struct admin_answer *r, const struct req_admin *c)
{
	if ((c->opcodes & ~REQ_ADMIN_ALL) != 0)
		admin_say_invalid(r);
	else
		a->in_use = c->opcodes;
}

static void
admin_cap_list(struct admin_answer *r)
{
	static const uint16_t ids[] = { VIRTIO_CRYPTO_IPSEC_RESOURCE_CAP,
		VIRTIO_CRYPTO_IPSEC_SA_CAP };

	/* Cannot fail: the buffer has room. */
	r->len = (size_t)req_admin_list_build(r->data, sizeof(r->data), ids,
			sizeof(ids) / sizeof(ids[0]));
}

static void
admin_cap_get(const struct vcryptod_admin *a, struct admin_answer *r, const struct req_admin *c)
{
	/* Neither can fail: the buffer has room. */
	if (c->cap_id == VIRTIO_CRYPTO_IPSEC_RESOURCE_CAP)
		r->len = (size_t)req_ipsec_limits_build(r->data, sizeof(r->data), &a->limits);
	else if (c->cap_id == VIRTIO_CRYPTO_IPSEC_SA_CAP)
		r->len = (size_t)req_ipsec_caps_build(r->data, sizeof(r->data), &a->caps, 0);
	else
		admin_say(r, VIRTIO_ADMIN_STATUS_ENXIO, VIRTIO_ADMIN_STATUS_Q_INVALID_FIELD);
}

static void
admin_set_limits(struct vcryptod_admin *a, struct admin_answer *r, const struct req_admin *c)
{
	struct req_ipsec_limits l;

	req_ipsec_limits_parse(&l, c->data, c->data_len);
	if (l.inbound > a->limits.inbound || l.outbound > a->limits.outbound)
		admin_say_invalid(r);
	else
		a->driver_limits = l;
}

static void
admin_set_caps(struct vcryptod_admin *a, struct admin_answer *r, const struct req_admin *c)
{
	struct req_ipsec_caps caps;

	req_ipsec_caps_parse(&caps, c->data, c->data_len, 0);
	if (req_ipsec_caps_within(&caps, &a->caps))
		a->driver_caps = caps;
	else
		admin_say_invalid(r);
}

/* What objects were made by stays as it was while there are any (2.12.1.2.4). */
static void
admin_cap_set(struct vcryptod_admin *a, struct admin_answer *r, const struct req_admin *c)
{
	if (c->cap_id != VIRTIO_CRYPTO_IPSEC_RESOURCE_CAP &&
			c->cap_id != VIRTIO_CRYPTO_IPSEC_SA_CAP)
		admin_say(r, VIRTIO_ADMIN_STATUS_ENXIO, VIRTIO_ADMIN_STATUS_Q_INVALID_FIELD);
	else if (vcryptod_ipsec_sas_count(&a->sas) != 0)
		admin_say(r, VIRTIO_ADMIN_STATUS_EBUSY, VIRTIO_ADMIN_STATUS_Q_INVALID_COMMAND);
	else if (c->cap_id == VIRTIO_CRYPTO_IPSEC_RESOURCE_CAP)
		admin_set_limits(a, r, c);
	else
		admin_set_caps(a, r, c);
}

/* ---- objects ---- */

/* Neither capability is disabled: one that the driver has not set is. */
static bool
admin_has_ipsec(const struct vcryptod_admin *a)
{
	unsigned int i;

	if (a->driver_limits.inbound == 0 && a->driver_limits.outbound == 0)
		return false;
	for (i = 0; i < VIRTIO_CRYPTO_NB_IPSEC_MODES; i++)
		if (a->driver_caps.mode[i].offered)
			return true;
	return false;
}

/* Of an object's type, and whether it is one at all: 5.9.9.9.4 has the status. */
static bool
admin_check_type(const struct vcryptod_admin *a, struct admin_answer *r, bool *inbound,
		const struct req_admin *c)
{
	*inbound = c->obj_type == VIRTIO_CRYPTO_RESOURCE_OBJ_IPSEC_INBOUND_SA;
	if (!*inbound && c->obj_type != VIRTIO_CRYPTO_RESOURCE_OBJ_IPSEC_OUTBOUND_SA) {
		admin_say_invalid(r);
		return false;
	}
	if (!admin_has_ipsec(a)) {
		admin_say(r, VIRTIO_ADMIN_STATUS_EINVAL, VIRTIO_ADMIN_STATUS_Q_INVALID_OPCODE);
		return false;
	}
	return true;
}

/* For QUERY, without keys: who gives them out would have to keep them. */
static void
admin_keep_object(struct vcryptod_ipsec_sa *sa, const struct req_admin *c)
{
	struct virtio_crypto_ipsec_sa *o = &sa->object;

	memcpy(o, c->data, c->data_len < sizeof(*o) ? c->data_len : sizeof(*o));
	memset(o->head.salt, 0, sizeof(o->head.salt));
	memset(o->cipher.data, 0, sizeof(o->cipher.data));
	memset(o->auth.data, 0, sizeof(o->auth.data));
}

static void
admin_say_failed(struct admin_answer *r, int rc)
{
	if (rc == -ENOMEM)
		admin_say(r, VIRTIO_ADMIN_STATUS_ENOMEM, VIRTIO_ADMIN_STATUS_Q_NORESOURCE);
	else if (rc == -EEXIST)
		admin_say(r, VIRTIO_ADMIN_STATUS_EEXIST, VIRTIO_ADMIN_STATUS_Q_INVALID_FIELD);
	else
		admin_say_invalid(r);
}

/* Where the requests of this SA are counted. */
static unsigned int
admin_find_row(struct vcryptod_admin *a, const struct req_ipsec_sa *p)
{
	unsigned int alg, auth;

	if (p->aead != 0) {
		alg = vcryptod_row_alg(VIRTIO_CRYPTO_SERVICE_AEAD, p->aead);
		auth = 0;
	} else {
		alg = vcryptod_row_alg(VIRTIO_CRYPTO_SERVICE_CIPHER, p->cipher);
		auth = vcryptod_row_alg(VIRTIO_CRYPTO_SERVICE_MAC, p->auth);
	}
	return vcryptod_figures_row(a->cfg.figures,
			VCRYPTOD_ROW_KEY(VCRYPTOD_ROW_IPSEC, alg, auth));
}

static int
admin_open(struct vcryptod_admin *a, bool inbound, const struct req_admin *c)
{
	uint32_t limit = inbound ? a->driver_limits.inbound : a->driver_limits.outbound;
	struct vcryptod_ipsec_sa *sa;
	struct req_ipsec_sa p;
	int rc;

	if (c->obj_id >= limit)
		return -EINVAL;
	if (vcryptod_ipsec_sas_find(&a->sas, inbound, c->obj_id) != NULL)
		return -EEXIST;
	rc = req_ipsec_sa_parse(&p, inbound, c->data, c->data_len, 0);
	if (rc == 0)
		rc = req_ipsec_caps_allow(&a->driver_caps, &p);
	if (rc == 0)
		rc = vcryptod_ipsec_sa_open(&sa, a->cfg.sessions->engine, a->cfg.nb_lanes,
				c->obj_id, &p);
	explicit_bzero(p.salt, sizeof(p.salt));
	if (rc != 0)
		return rc;
	admin_keep_object(sa, c);
	sa->row = admin_find_row(a, &p);
	/* Cannot fail: the id is free, and commands are ordered. */
	return vcryptod_ipsec_sas_add(&a->sas, sa);
}

/* Whoever runs the daemon can help, and the status does not reach a person. */
static void
admin_tell_no_memory(struct vcryptod_admin *a)
{
	if (a->cfg.name != NULL)
		vcryptod_log(VCRYPTOD_LOG_SESSIONS, a->cfg.name, "security association refused: "
				"no memory is left for one more (%u are in use)",
				vcryptod_ipsec_sas_count(&a->sas));
}

static void
admin_create(struct vcryptod_admin *a, struct admin_answer *r, const struct req_admin *c)
{
	bool inbound;
	int rc;

	if (!admin_check_type(a, r, &inbound, c))
		return;
	rc = admin_open(a, inbound, c);
	__atomic_fetch_add(rc == 0 ? &a->created : &a->refused, 1, __ATOMIC_RELAXED);
	if (rc == -ENOMEM)
		admin_tell_no_memory(a);
	if (rc != 0)
		admin_say_failed(r, rc);
}

static void
admin_destroy(struct vcryptod_admin *a, struct admin_answer *r, const struct req_admin *c)
{
	bool inbound;

	if (!admin_check_type(a, r, &inbound, c))
		return;
	if (vcryptod_ipsec_sas_remove(&a->sas, inbound, c->obj_id) == 0)
		__atomic_fetch_add(&a->destroyed, 1, __ATOMIC_RELAXED);
	else
		admin_say(r, VIRTIO_ADMIN_STATUS_ENXIO, VIRTIO_ADMIN_STATUS_Q_INVALID_FIELD);
}

/* QUERY; MODIFY is refused if there is such an object: nothing of an association can change
 * without its numbers, so that the driver has to make another one.
 */
static void
admin_query(struct vcryptod_admin *a, struct admin_answer *r, const struct req_admin *c)
{
	const struct vcryptod_ipsec_sa *sa;
	bool inbound;

	if (!admin_check_type(a, r, &inbound, c))
		return;
	/* Commands are ordered: nobody removes it. */
	sa = vcryptod_ipsec_sas_find(&a->sas, inbound, c->obj_id);
	if (sa == NULL) {
		admin_say(r, VIRTIO_ADMIN_STATUS_ENXIO, VIRTIO_ADMIN_STATUS_Q_INVALID_FIELD);
	} else if (c->opcode == VIRTIO_ADMIN_CMD_RESOURCE_OBJ_MODIFY) {
		admin_say_invalid(r);
	} else {
		memcpy(r->data, &sa->object, sizeof(sa->object));
		r->len = sizeof(sa->object);
	}
}

/* ---- commands ---- */

static void
admin_run(struct vcryptod_admin *a, struct admin_answer *r, const struct req_admin *c)
{
	switch ((enum virtio_admin_opcode)c->opcode) {
	case VIRTIO_ADMIN_CMD_LIST_QUERY:
		admin_list_query(r);
		break;
	case VIRTIO_ADMIN_CMD_LIST_USE:
		admin_list_use(a, r, c);
		break;
	case VIRTIO_ADMIN_CMD_CAP_ID_LIST_QUERY:
		admin_cap_list(r);
		break;
	case VIRTIO_ADMIN_CMD_DEVICE_CAP_GET:
		admin_cap_get(a, r, c);
		break;
	case VIRTIO_ADMIN_CMD_DRIVER_CAP_SET:
		admin_cap_set(a, r, c);
		break;
	case VIRTIO_ADMIN_CMD_RESOURCE_OBJ_CREATE:
		admin_create(a, r, c);
		break;
	case VIRTIO_ADMIN_CMD_RESOURCE_OBJ_DESTROY:
		admin_destroy(a, r, c);
		break;
	case VIRTIO_ADMIN_CMD_RESOURCE_OBJ_QUERY:
	case VIRTIO_ADMIN_CMD_RESOURCE_OBJ_MODIFY:
		admin_query(a, r, c);
		break;
	}
}

static uint32_t
admin_write(const struct vqd_seg *writable, unsigned int nb, const struct admin_answer *r)
{
	uint8_t buf[REQ_ADMIN_RESULT_ROOM(ADMIN_DATA_MAX)];
	uint64_t room = vcryptod_seg_total(writable, nb);
	struct vcryptod_span to = { writable, 0, 0 };

	to.len = (uint32_t)req_admin_result_build(buf,
			room < sizeof(buf) ? (size_t)room : sizeof(buf), &r->s, r->data, r->len);
	vcryptod_span_write(&to, buf);
	return to.len;
}

uint32_t
vcryptod_admin_command(struct vcryptod_admin *a,
		const struct vqd_seg *readable, unsigned int nb_readable,
		const struct vqd_seg *writable, unsigned int nb_writable)
{
	uint64_t len = vcryptod_seg_total(readable, nb_readable);
	struct vcryptod_span from = { readable, 0, 0 };
	struct admin_answer r = { .len = 0 };
	uint8_t buf[ADMIN_CMD_MAX];
	struct req_admin c;

	from.len = len < sizeof(buf) ? (uint32_t)len : (uint32_t)sizeof(buf);
	vcryptod_span_read(buf, &from);
	pthread_mutex_lock(&a->lock);
	if (from.len == 0)
		admin_say(&r, VIRTIO_ADMIN_STATUS_EINVAL,
				VIRTIO_ADMIN_STATUS_Q_INVALID_COMMAND);
	else if (req_admin_parse(&c, &r.s, buf, from.len, a->in_use) == 0)
		admin_run(a, &r, &c);
	pthread_mutex_unlock(&a->lock);
	explicit_bzero(buf, from.len);
	/* What parsing and an engine's key set-up have left. */
	vcryptod_wipe_stack();
	return admin_write(writable, nb_writable, &r);
}

/* ---- life ---- */

int
vcryptod_admin_init(struct vcryptod_admin *a, const struct vcryptod_admin_config *cfg)
{
	int rc;

	memset(a, 0, sizeof(*a));
	if (cfg->max_window > VCRYPTOD_IPSEC_WINDOW_MAX)
		return -EINVAL;
	rc = vcryptod_ipsec_sas_init(&a->sas, cfg->sessions, cfg->max_sas);
	if (rc != 0)
		return rc;
	if (pthread_mutex_init(&a->lock, NULL) != 0) {
		vcryptod_ipsec_sas_fini(&a->sas);
		return -ENOMEM;
	}
	a->cfg = *cfg;
	a->limits.inbound = a->limits.outbound = cfg->max_sas;
	vcryptod_ipsec_caps(&a->caps, &cfg->caps, cfg->max_window);
	a->in_use = REQ_ADMIN_FIRST;
	return 0;
}

void
vcryptod_admin_fini(struct vcryptod_admin *a)
{
	if (a->sas.max == 0)
		return;
	vcryptod_ipsec_sas_fini(&a->sas);
	pthread_mutex_destroy(&a->lock);
	memset(a, 0, sizeof(*a));
}

void
vcryptod_admin_reset(struct vcryptod_admin *a)
{
	uint32_t nb;

	pthread_mutex_lock(&a->lock);
	nb = vcryptod_ipsec_sas_clear(&a->sas);
	__atomic_fetch_add(&a->destroyed, nb, __ATOMIC_RELAXED);
	a->in_use = REQ_ADMIN_FIRST;
	memset(&a->driver_limits, 0, sizeof(a->driver_limits));
	memset(&a->driver_caps, 0, sizeof(a->driver_caps));
	pthread_mutex_unlock(&a->lock);
}
