/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Security associations: made, counted, destroyed.  Keys are in the engine's sessions alone; an
 * association itself, which has a salt, lies in the memory for secrets.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ipsec_sa.h"
#include "secret.h"
#include "wipe.h"

/* ---- made ---- */

static int
sa_create(void **session, const struct vcryptod_engine *engine, unsigned int nb_lanes,
		const struct req_session *p)
{
	int rc = req_session_check(p);

	return rc != 0 ? rc : engine->session_create(session, p, nb_lanes);
}

static int
sa_create_auth(struct vcryptod_ipsec_sa *sa, const struct vcryptod_engine *engine,
		unsigned int nb_lanes, const struct req_ipsec_sa *p)
{
	bool gmac = p->auth == VIRTIO_CRYPTO_MAC_GMAC_AES;
	struct req_session s = {
		.kind = REQ_MAC,
		.algo = p->auth,
		.key = p->auth_key,
		.key_len = p->auth_key_len,
		.digest_len = sa->form.auth->icv_len,
	};

	if (p->aead != 0 || gmac) {
		s.kind = REQ_AEAD;
		s.op = p->inbound ? VIRTIO_CRYPTO_OP_DECRYPT : VIRTIO_CRYPTO_OP_ENCRYPT;
	}
	if (gmac)
		s.algo = VIRTIO_CRYPTO_AEAD_GCM;
	if (p->aead != 0) {
		s.algo = p->aead;
		s.key = p->key;
		s.key_len = p->key_len;
		s.aad_len = sa->form.esn ? 12 : 8;
	}
	return sa_create(&sa->auth, engine, nb_lanes, &s);
}

static int
sa_create_cipher(struct vcryptod_ipsec_sa *sa, const struct vcryptod_engine *engine,
		unsigned int nb_lanes, const struct req_ipsec_sa *p)
{
	const struct req_session s = {
		.kind = REQ_CIPHER,
		.algo = p->cipher,
		.op = p->inbound ? VIRTIO_CRYPTO_OP_DECRYPT : VIRTIO_CRYPTO_OP_ENCRYPT,
		.key = p->key,
		.key_len = p->key_len,
	};

	if (p->cipher == VIRTIO_CRYPTO_NO_CIPHER)
		return 0;
	return sa_create(&sa->cipher, engine, nb_lanes, &s);
}

static int
sa_init_numbers(struct vcryptod_ipsec_sa *sa, const struct req_ipsec_sa *p)
{
	uint32_t words = p->inbound ? vcryptod_ipsec_window_words(p->replay_win_sz) : 0;
	uint64_t *bits = NULL;

	if (words != 0) {
		bits = calloc(words, sizeof(*bits));
		if (bits == NULL)
			return -ENOMEM;
	}
	vcryptod_ipsec_counter_init(&sa->counter, sa->form.esn);
	vcryptod_ipsec_window_init(&sa->window, bits, p->inbound ? p->replay_win_sz : 0,
			sa->form.esn);
	return 0;
}

int
vcryptod_ipsec_sa_open(struct vcryptod_ipsec_sa **out, const struct vcryptod_engine *engine,
		unsigned int nb_lanes, uint32_t id, const struct req_ipsec_sa *p)
{
	struct vcryptod_ipsec_sa *sa;
	int rc;

	if (p->replay_win_sz > VCRYPTOD_IPSEC_WINDOW_MAX && p->inbound)
		return -EINVAL;
	sa = vcryptod_secret_alloc(sizeof(*sa));
	if (sa == NULL)
		return -ENOMEM;
	if (pthread_mutex_init(&sa->lock, NULL) != 0) {
		vcryptod_secret_free(sa);
		return -ENOMEM;
	}
	sa->id = id;
	sa->life = p->life;
	vcryptod_ipsec_form_init(&sa->form, p);
	rc = sa_init_numbers(sa, p);
	if (rc == 0)
		rc = sa_create_auth(sa, engine, nb_lanes, p);
	if (rc == 0)
		rc = sa_create_cipher(sa, engine, nb_lanes, p);
	if (rc != 0)
		vcryptod_ipsec_sa_close(sa, engine);
	else
		*out = sa;
	return rc;
}

void
vcryptod_ipsec_sa_close(struct vcryptod_ipsec_sa *sa, const struct vcryptod_engine *engine)
{
	if (sa == NULL)
		return;
	if (sa->cipher != NULL)
		engine->session_destroy(sa->cipher);
	if (sa->auth != NULL)
		engine->session_destroy(sa->auth);
	free(sa->window.bits);
	pthread_mutex_destroy(&sa->lock);
	vcryptod_secret_free(sa);
	vcryptod_wipe_ended();
}

/* ---- counted ---- */

static bool
life_has_room(uint64_t hard, uint64_t used, uint64_t more)
{
	return hard == 0 || (used <= hard && more <= hard - used);
}

/* Under lock. */
static int
sa_check_life(const struct vcryptod_ipsec_sa *sa, uint32_t bytes)
{
	return life_has_room(sa->life.packets_hard_limit, sa->packets, 1) &&
			life_has_room(sa->life.bytes_hard_limit, sa->bytes, bytes) ? 0 : -ETIME;
}

/* Under lock: whether a soft limit is reached.  Cannot overflow: 2^64 bytes take centuries. */
static bool
sa_count(struct vcryptod_ipsec_sa *sa, uint32_t bytes)
{
	const struct req_ipsec_life *l = &sa->life;

	sa->packets++;
	sa->bytes += bytes;
	return (l->packets_soft_limit != 0 && sa->packets >= l->packets_soft_limit) ||
			(l->bytes_soft_limit != 0 && sa->bytes >= l->bytes_soft_limit);
}

int
vcryptod_ipsec_sa_take(struct vcryptod_ipsec_sa *sa, uint64_t *number, bool *soft,
		uint32_t bytes)
{
	int rc;

	pthread_mutex_lock(&sa->lock);
	rc = sa_check_life(sa, bytes);
	if (rc == 0) {
		*number = vcryptod_ipsec_counter_take(&sa->counter);
		if (*number == 0)
			rc = -EOVERFLOW;
		else
			*soft = sa_count(sa, bytes);
	}
	pthread_mutex_unlock(&sa->lock);
	return rc;
}

int
vcryptod_ipsec_sa_check(struct vcryptod_ipsec_sa *sa, uint64_t *number, uint32_t low,
		uint32_t bytes)
{
	int rc;

	pthread_mutex_lock(&sa->lock);
	*number = vcryptod_ipsec_window_recover(&sa->window, low);
	rc = sa_check_life(sa, bytes);
	if (rc == 0)
		rc = vcryptod_ipsec_window_check(&sa->window, *number);
	pthread_mutex_unlock(&sa->lock);
	return rc;
}

int
vcryptod_ipsec_sa_seen(struct vcryptod_ipsec_sa *sa, bool *soft, uint64_t number, uint32_t bytes)
{
	int rc;

	pthread_mutex_lock(&sa->lock);
	rc = sa_check_life(sa, bytes);
	if (rc == 0)
		rc = vcryptod_ipsec_window_update(&sa->window, number);
	if (rc == 0)
		*soft = sa_count(sa, bytes);
	pthread_mutex_unlock(&sa->lock);
	return rc;
}

/* ---- all of a device ---- */

int
vcryptod_ipsec_sas_init(struct vcryptod_ipsec_sas *t, struct vcryptod_sessions *sessions,
		uint32_t max)
{
	unsigned int i;
	int rc = 0;

	memset(t, 0, sizeof(*t));
	if (max == 0 || max > VCRYPTOD_IPSEC_SAS_MAX)
		return -EINVAL;
	t->sessions = sessions;
	t->max = max;
	for (i = 0; i < VCRYPTOD_IPSEC_DIRECTIONS; i++) {
		t->slot[i] = calloc(max, sizeof(struct vcryptod_ipsec_sa *));
		if (t->slot[i] == NULL)
			rc = -ENOMEM;
	}
	if (rc != 0)
		vcryptod_ipsec_sas_fini(t);
	return rc;
}

void
vcryptod_ipsec_sas_fini(struct vcryptod_ipsec_sas *t)
{
	unsigned int i;

	if (t->max == 0)
		return;
	vcryptod_ipsec_sas_clear(t);
	for (i = 0; i < VCRYPTOD_IPSEC_DIRECTIONS; i++)
		free(t->slot[i]);
	memset(t, 0, sizeof(*t));
}

int
vcryptod_ipsec_sas_add(struct vcryptod_ipsec_sas *t, struct vcryptod_ipsec_sa *sa)
{
	struct vcryptod_ipsec_sa **slot = &t->slot[sa->form.inbound][sa->id];

	if (*slot != NULL)
		return -EEXIST;
	__atomic_fetch_add(&t->nb, 1, __ATOMIC_RELAXED);
	__atomic_store_n(slot, sa, __ATOMIC_SEQ_CST);
	return 0;
}

int
vcryptod_ipsec_sas_remove(struct vcryptod_ipsec_sas *t, bool inbound, uint32_t id)
{
	struct vcryptod_ipsec_sa *sa = vcryptod_ipsec_sas_find(t, inbound, id);

	if (sa == NULL)
		return -ENOENT;
	__atomic_store_n(&t->slot[inbound][id], NULL, __ATOMIC_SEQ_CST);
	__atomic_fetch_sub(&t->nb, 1, __ATOMIC_RELAXED);
	vcryptod_sessions_wait_readers(t->sessions);
	vcryptod_ipsec_sa_close(sa, t->sessions->engine);
	return 0;
}

uint32_t
vcryptod_ipsec_sas_clear(struct vcryptod_ipsec_sas *t)
{
	uint32_t id, nb = 0;
	unsigned int i;

	for (i = 0; i < VCRYPTOD_IPSEC_DIRECTIONS; i++)
		for (id = 0; id < t->max && vcryptod_ipsec_sas_count(t) != 0; id++)
			nb += vcryptod_ipsec_sas_remove(t, i == VCRYPTOD_IPSEC_INBOUND, id) == 0;
	return nb;
}

uint32_t
vcryptod_ipsec_sas_count(const struct vcryptod_ipsec_sas *t)
{
	return __atomic_load_n(&t->nb, __ATOMIC_RELAXED);
}

/* ---- what the device offers ---- */

/* Of a packet inside another one. */
#define SA_TUNNEL_OPTIONS \
	(VIRTIO_CRYPTO_IPSEC_COPY_DSCP | VIRTIO_CRYPTO_IPSEC_DEC_TTL | \
	VIRTIO_CRYPTO_IPSEC_COPY_DF | VIRTIO_CRYPTO_IPSEC_ECN)

static void
caps_of_mode(struct req_ipsec_mode_cap *c, const struct vcryptod_caps *engine,
		unsigned int mode, uint32_t max_window)
{
	const uint64_t *mask = engine->mask;
	uint64_t aeads = mask[VIRTIO_CRYPTO_SERVICE_AEAD] &
			req_ipsec_alg_mask(VIRTIO_CRYPTO_SERVICE_AEAD);

	c->options = VIRTIO_CRYPTO_IPSEC_ESN | VIRTIO_CRYPTO_IPSEC_SA_LIFETIME;
	c->macs = mask[VIRTIO_CRYPTO_SERVICE_MAC] & req_ipsec_alg_mask(VIRTIO_CRYPTO_SERVICE_MAC);
	/* It is made of GCM. */
	c->macs &= ~VIRTIO_BIT(VIRTIO_CRYPTO_MAC_GMAC_AES);
	if (aeads & VIRTIO_BIT(VIRTIO_CRYPTO_AEAD_GCM))
		c->macs |= VIRTIO_BIT(VIRTIO_CRYPTO_MAC_GMAC_AES);
	if (req_ipsec_is_tunnel(mode))
		c->options |= SA_TUNNEL_OPTIONS;
	if (!req_ipsec_is_ah(mode)) {
		c->options |= VIRTIO_CRYPTO_IPSEC_UDP_ENCAP;
		c->ciphers = VIRTIO_BIT(VIRTIO_CRYPTO_NO_CIPHER) |
				(mask[VIRTIO_CRYPTO_SERVICE_CIPHER] &
				req_ipsec_alg_mask(VIRTIO_CRYPTO_SERVICE_CIPHER));
		c->aeads = (uint32_t)aeads;
		c->max_key_len = VIRTIO_CRYPTO_IPSEC_KEY_MAX;
	}
	c->max_auth_key_len = VIRTIO_CRYPTO_IPSEC_KEY_MAX;
	c->max_replay_win_sz = max_window;
	c->offered = c->macs != 0 || c->aeads != 0;
}

void
vcryptod_ipsec_caps(struct req_ipsec_caps *out, const struct vcryptod_caps *engine,
		uint32_t max_window)
{
	unsigned int i;

	memset(out, 0, sizeof(*out));
	for (i = 0; i < VIRTIO_CRYPTO_NB_IPSEC_MODES; i++)
		caps_of_mode(&out->mode[i], engine, i + 1, max_window);
}
