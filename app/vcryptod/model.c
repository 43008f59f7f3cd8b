/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The device's life, its configuration space and control requests (virtio 1.4, 5.9.5
 * and 5.9.9.2).  Data requests are in model_data.c, what a session is in
 * model_session.c.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "log.h"
#include "model.h"
#include "model_ipsec_data.h"
#include "secret.h"

#define CTRL_MAX	16384	/* bytes of a control request, the longest key included */
#define SCRATCH_SLACK	65536	/* bytes beside the data: ivs, results, alignment */

size_t
vcryptod_model_scratch(uint64_t max_size)
{
	/* Source and result at once; VCRYPTOD_MAX_SIZE keeps the sum small. */
	return 2 * max_size + SCRATCH_SLACK + VCRYPTOD_IPSEC_SCRATCH;
}

/* Where the configuration asks for IPSEC. */
static int
model_init_admin(struct vcryptod_model *m)
{
	const struct vcryptod_admin_config cfg = {
		.name = m->cfg.name,
		.sessions = &m->sessions,
		.nb_lanes = vcryptod_model_nb_lanes(m),
		.caps = m->cfg.caps,
		.figures = m->cfg.figures,
		.max_sas = m->cfg.max_sas,
		.max_window = m->cfg.max_window,
	};
	int rc;

	if (cfg.max_sas == 0)
		return 0;
	m->admin = calloc(1, sizeof(*m->admin));
	if (m->admin == NULL)
		return -ENOMEM;
	rc = vcryptod_admin_init(m->admin, &cfg);
	if (rc != 0) {
		free(m->admin);
		m->admin = NULL;
	}
	return rc;
}

int
vcryptod_model_init(struct vcryptod_model *m, const struct vcryptod_model_config *cfg)
{
	int rc;

	memset(m, 0, sizeof(*m));
	if (cfg->max_dataqueues == 0 || cfg->max_dataqueues > VIRTIO_CRYPTO_MAX_DATAQUEUES ||
			cfg->max_size == 0 || cfg->max_size > VCRYPTOD_MAX_SIZE ||
			cfg->figures == NULL)
		return -EINVAL;
	m->cfg = *cfg;
	rc = vcryptod_sessions_init(&m->sessions, cfg->engine, cfg->max_sessions,
			vcryptod_model_nb_lanes(m));
	if (rc != 0)
		return rc;
	rc = model_init_admin(m);
	if (rc != 0) {
		vcryptod_sessions_fini(&m->sessions);
		return rc;
	}
	vcryptod_figures_set(&m->cfg.figures->nb_queues, cfg->max_dataqueues);
	vcryptod_figures_set(&m->cfg.figures->sessions_max, cfg->max_sessions);
	vcryptod_figures_set(&m->cfg.figures->sas_max, UINT64_C(2) * cfg->max_sas);
	vcryptod_model_publish(m);
	return 0;
}

void
vcryptod_model_fini(struct vcryptod_model *m)
{
	/* It knows the sessions, whose readers it waits for. */
	if (m->admin != NULL)
		vcryptod_admin_fini(m->admin);
	free(m->admin);
	m->admin = NULL;
	vcryptod_sessions_fini(&m->sessions);
}

static uint64_t
model_load(const uint64_t *n)
{
	return __atomic_load_n(n, __ATOMIC_RELAXED);
}

void
vcryptod_model_publish(struct vcryptod_model *m)
{
	struct vcryptod_figures *f = m->cfg.figures;

	/* Who comes later stores what is later. */
	vcryptod_figures_lock();
	vcryptod_figures_set(&f->sessions, __atomic_load_n(&m->sessions.nb, __ATOMIC_RELAXED));
	vcryptod_figures_set(&f->sessions_created, model_load(&m->created));
	vcryptod_figures_set(&f->sessions_destroyed, model_load(&m->destroyed));
	vcryptod_figures_set(&f->sessions_refused, model_load(&m->refused));
	vcryptod_figures_set(&f->secret_bytes, vcryptod_secret_used());
	vcryptod_figures_set(&f->unlocked_bytes, vcryptod_secret_unlocked());
	if (m->admin != NULL) {
		vcryptod_figures_set(&f->sas, vcryptod_ipsec_sas_count(&m->admin->sas));
		vcryptod_figures_set(&f->sas_created, model_load(&m->admin->created));
		vcryptod_figures_set(&f->sas_destroyed, model_load(&m->admin->destroyed));
		vcryptod_figures_set(&f->sas_refused, model_load(&m->admin->refused));
	}
	vcryptod_figures_unlock();
}

void
vcryptod_model_features(struct vcryptod_model *m, uint64_t features)
{
	unsigned int i;

	m->features = features & VCRYPTOD_FEATURES;
	m->short_headers = true;
	for (i = 0; i < VIRTIO_CRYPTO_NB_SERVICES; i++) {
		m->layout[i] = req_layout_flags(features, (enum virtio_crypto_service)i);
		if (m->layout[i] & REQ_F_STATELESS)
			m->short_headers = false;
	}
}

void
vcryptod_model_reset(struct vcryptod_model *m)
{
	uint32_t nb = vcryptod_sessions_clear(&m->sessions);

	__atomic_fetch_add(&m->destroyed, nb, __ATOMIC_RELAXED);
	if (m->admin != NULL)
		vcryptod_admin_reset(m->admin);
	vcryptod_model_features(m, 0);
}

void
vcryptod_model_config_read(const struct vcryptod_model *m, uint32_t off, void *to, uint32_t len)
{
	const struct vcryptod_caps *caps = &m->cfg.caps;
	const uint64_t *mask = caps->mask;
	struct virtio_crypto_config c = {
		.status = cpu_to_le32(VIRTIO_CRYPTO_S_HW_READY),
		.max_dataqueues = cpu_to_le32(m->cfg.max_dataqueues),
		.cipher_algo_l = cpu_to_le32((uint32_t)mask[VIRTIO_CRYPTO_SERVICE_CIPHER]),
		.cipher_algo_h = cpu_to_le32(mask[VIRTIO_CRYPTO_SERVICE_CIPHER] >> 32),
		.hash_algo = cpu_to_le32((uint32_t)mask[VIRTIO_CRYPTO_SERVICE_HASH]),
		.mac_algo_l = cpu_to_le32((uint32_t)mask[VIRTIO_CRYPTO_SERVICE_MAC]),
		.mac_algo_h = cpu_to_le32(mask[VIRTIO_CRYPTO_SERVICE_MAC] >> 32),
		.aead_algo = cpu_to_le32((uint32_t)mask[VIRTIO_CRYPTO_SERVICE_AEAD]),
		.akcipher_algo = cpu_to_le32((uint32_t)mask[VIRTIO_CRYPTO_SERVICE_AKCIPHER]),
		.max_cipher_key_len = cpu_to_le32(caps->max_cipher_key),
		.max_auth_key_len = cpu_to_le32(caps->max_auth_key),
		.max_size = cpu_to_le64(m->cfg.max_size),
	};
	uint32_t services = 0, i;

	for (i = 0; i < VIRTIO_CRYPTO_NB_SERVICES; i++)
		if (mask[i] != 0)
			services |= 1u << i;
	if (m->admin != NULL)
		services |= 1u << VIRTIO_CRYPTO_SERVICE_IPSEC;
	c.crypto_services = cpu_to_le32(services);

	memset(to, 0, len);
	if (off < sizeof(c))
		memcpy(to, (uint8_t *)&c + off, len < sizeof(c) - off ? len : sizeof(c) - off);
}

/* ---- control ---- */

/* The answer of a create request, at the start of the writable memory. */
static int
model_answer_create(const struct vqd_seg *writable, uint32_t *written, uint64_t id,
		enum virtio_crypto_status status)
{
	struct virtio_crypto_create_session_input in = {
		.session_id = cpu_to_le64(id),
		.status = cpu_to_le32(status),
	};
	struct vcryptod_span to = { writable, 0, sizeof(in) };

	vcryptod_span_write(&to, &in);
	*written = sizeof(in);
	return 0;
}

static int
model_answer_destroy(const struct vqd_seg *writable, uint32_t *written,
		enum virtio_crypto_status status)
{
	struct virtio_crypto_destroy_session_input in = { .status = (uint8_t)status };
	struct vcryptod_span to = { writable, 0, sizeof(in) };

	vcryptod_span_write(&to, &in);
	*written = sizeof(in);
	return 0;
}

/* Whether the answer is that of a create request; an unknown opcode gets this longer form if
 * there is room for it.
 */
static bool
model_wants_create(const struct req_ctrl *c, int parsed, uint64_t room)
{
	if (parsed == 0 || c->create)
		return c->create;
	return room >= sizeof(struct virtio_crypto_create_session_input);
}

static int
model_run_ctrl(struct vcryptod_model *m, uint32_t *written, const uint8_t *buf, size_t len,
		const struct vqd_seg *writable, uint64_t room)
{
	enum virtio_crypto_status status;
	struct req_ctrl c;
	uint64_t id = 0;
	int rc;

	rc = req_ctrl_parse(&c, buf, len, m->layout);
	if (model_wants_create(&c, rc, room)) {
		if (room < sizeof(struct virtio_crypto_create_session_input))
			return -EBADMSG;
		status = rc != 0 ? vcryptod_status(rc) :
				vcryptod_model_create(m, &id, &c.session);
		return model_answer_create(writable, written, id, status);
	}
	status = rc != 0 ? vcryptod_status(rc) : vcryptod_model_destroy(m, c.session_id);
	return model_answer_destroy(writable, written, status);
}

int
vcryptod_model_ctrl(struct vcryptod_model *m, uint32_t *written,
		const struct vqd_seg *readable, unsigned int nb_readable,
		const struct vqd_seg *writable, unsigned int nb_writable)
{
	uint64_t len = vcryptod_seg_total(readable, nb_readable);
	uint64_t room = vcryptod_seg_total(writable, nb_writable);
	struct vcryptod_span from = { readable, 0, 0 };
	uint8_t buf[CTRL_MAX];
	int rc;

	*written = 0;
	if (room < sizeof(struct virtio_crypto_destroy_session_input))
		return -EBADMSG;
	/* Longer than any request that can succeed: it is cut, and the parser refuses it if a
	 * key lies beyond.
	 */
	from.len = len < sizeof(buf) ? (uint32_t)len : (uint32_t)sizeof(buf);
	vcryptod_span_read(buf, &from);
	rc = model_run_ctrl(m, written, buf, from.len, writable, room);
	OPENSSL_cleanse(buf, from.len);
	return rc;
}

/* The status alone does not reach a person: the driver's program sees an error number. */
static void
model_tell_full(struct vcryptod_model *m)
{
	if (m->cfg.name == NULL)
		return;
	vcryptod_log(VCRYPTOD_LOG_SESSIONS, m->cfg.name, "session refused: all %u are in use (%"
			PRIu64 " refused so far): the driver has to destroy some, or start "
			"vcryptod with more (--sessions)", m->cfg.max_sessions,
			__atomic_load_n(&m->refused, __ATOMIC_RELAXED));
}

enum virtio_crypto_status
vcryptod_model_create(struct vcryptod_model *m, uint64_t *id, const struct req_session *p)
{
	struct vcryptod_session *s;
	int rc;

	*id = 0;
	rc = vcryptod_session_open(&s, m, p);
	if (rc == 0) {
		rc = vcryptod_sessions_add(&m->sessions, s);
		if (rc == 0)
			*id = s->id;
		else
			vcryptod_session_close(m, s);
	}
	__atomic_fetch_add(rc == 0 ? &m->created : &m->refused, 1, __ATOMIC_RELAXED);
	if (rc == -ENOSPC)
		model_tell_full(m);
	/* Only REVISION_1 has the status NOSPC (5.9.9.1). */
	if (rc == -ENOSPC && !(m->features & VIRTIO_CRYPTO_F_REVISION_1))
		return VIRTIO_CRYPTO_ERR;
	return vcryptod_status(rc);
}

enum virtio_crypto_status
vcryptod_model_destroy(struct vcryptod_model *m, uint64_t id)
{
	if (vcryptod_sessions_remove(&m->sessions, id) != 0)
		return VIRTIO_CRYPTO_ERR;
	__atomic_fetch_add(&m->destroyed, 1, __ATOMIC_RELAXED);
	return VIRTIO_CRYPTO_OK;
}
