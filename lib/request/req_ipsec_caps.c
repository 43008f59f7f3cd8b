/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The capabilities of the IPSEC service, which device and driver tell each other in the same
 * bytes.  Letters are those of req_ipsec.h.
 *
 * Works on the caller's bytes alone.
 */
#include <errno.h>
#include <string.h>

#include "req_admin.h"
#include "req_ipsec.h"

/* H: from one entry to the next, bytes.  The gap is behind an entry, not within. */
static size_t
caps_stride(unsigned int dialect)
{
	return (dialect & REQ_IPSEC_ALIGNED) ?
			sizeof(struct virtio_crypto_ipsec_mode_cap_aligned) :
			sizeof(struct virtio_crypto_ipsec_mode_cap);
}

int
req_ipsec_limits_build(uint8_t *buf, size_t size, const struct req_ipsec_limits *l)
{
	struct virtio_crypto_ipsec_resource_cap f = {
		.inb_sa_limit = cpu_to_le32(l->inbound),
		.outb_sa_limit = cpu_to_le32(l->outbound),
	};

	if (sizeof(f) > size)
		return -ENOSPC;
	memcpy(buf, &f, sizeof(f));
	return sizeof(f);
}

void
req_ipsec_limits_parse(struct req_ipsec_limits *out, const uint8_t *buf, size_t len)
{
	struct virtio_crypto_ipsec_resource_cap f;

	req_admin_take(&f, sizeof(f), buf, len, 0);
	out->inbound = le32_to_cpu(f.inb_sa_limit);
	out->outbound = le32_to_cpu(f.outb_sa_limit);
}

static void
caps_put_mode(uint8_t *buf, unsigned int mode, const struct req_ipsec_mode_cap *c)
{
	struct virtio_crypto_ipsec_mode_cap f = {
		.mode = (uint8_t)mode,
		.max_replay_win_sz = cpu_to_le32(c->max_replay_win_sz),
		.options = cpu_to_le32(c->options),
		.cipher_algo = cpu_to_le64(c->ciphers),
		.hmac_algo = cpu_to_le64(c->macs),
		.aead_algo = cpu_to_le32(c->aeads),
		.max_cipher_key_len = cpu_to_le32(c->max_key_len),
		.max_auth_key_len = cpu_to_le32(c->max_auth_key_len),
	};

	memcpy(buf, &f, sizeof(f));
}

int
req_ipsec_caps_build(uint8_t *buf, size_t size, const struct req_ipsec_caps *caps,
		unsigned int dialect)
{
	size_t stride = caps_stride(dialect), len;
	unsigned int i, nb = 0;
	uint8_t *p;

	for (i = 0; i < VIRTIO_CRYPTO_NB_IPSEC_MODES; i++)
		nb += caps->mode[i].offered;
	len = sizeof(struct virtio_crypto_ipsec_sa_cap_data) + nb * stride;
	if (len > size)
		return -ENOSPC;
	memset(buf, 0, len);
	buf[offsetof(struct virtio_crypto_ipsec_sa_cap_data, count)] = (uint8_t)nb;
	p = buf + sizeof(struct virtio_crypto_ipsec_sa_cap_data);
	for (i = 0; i < VIRTIO_CRYPTO_NB_IPSEC_MODES; i++) {
		if (!caps->mode[i].offered)
			continue;
		caps_put_mode(p, i + 1, &caps->mode[i]);
		p += stride;
	}
	return (int)len;
}

/* Entries that the capability says it has. */
static unsigned int
caps_count(const uint8_t *buf, size_t len)
{
	struct virtio_crypto_ipsec_sa_cap_data f;

	req_admin_take(&f, sizeof(f), buf, len, 0);
	return f.count;
}

/* A mask's defined bits; notes whether there are others. */
static uint64_t
caps_defined(uint64_t mask, uint64_t defined, bool *more)
{
	if ((mask & ~defined) != 0)
		*more = true;
	return mask & defined;
}

static void
caps_get_mode(struct req_ipsec_mode_cap *c, const struct virtio_crypto_ipsec_mode_cap *f,
		bool *more)
{
	c->offered = true;
	c->max_replay_win_sz = le32_to_cpu(f->max_replay_win_sz);
	c->options = (uint32_t)caps_defined(le32_to_cpu(f->options),
			VIRTIO_CRYPTO_IPSEC_OPTIONS, more);
	c->ciphers = caps_defined(le64_to_cpu(f->cipher_algo),
			req_ipsec_alg_mask(VIRTIO_CRYPTO_SERVICE_CIPHER), more);
	c->macs = caps_defined(le64_to_cpu(f->hmac_algo),
			req_ipsec_alg_mask(VIRTIO_CRYPTO_SERVICE_MAC), more);
	c->aeads = (uint32_t)caps_defined(le32_to_cpu(f->aead_algo),
			req_ipsec_alg_mask(VIRTIO_CRYPTO_SERVICE_AEAD), more);
	c->max_key_len = le32_to_cpu(f->max_cipher_key_len);
	c->max_auth_key_len = le32_to_cpu(f->max_auth_key_len);
}

void
req_ipsec_caps_parse(struct req_ipsec_caps *out, const uint8_t *buf, size_t len,
		unsigned int dialect)
{
	size_t stride = caps_stride(dialect), off;
	struct virtio_crypto_ipsec_mode_cap f;
	unsigned int i, count = caps_count(buf, len);

	memset(out, 0, sizeof(*out));
	off = sizeof(struct virtio_crypto_ipsec_sa_cap_data);
	for (i = 0; i < count && off < len; i++, off += stride) {
		req_admin_take(&f, sizeof(f), buf, len, off);
		if (f.mode == 0)
			continue;
		if (f.mode > VIRTIO_CRYPTO_NB_IPSEC_MODES || out->mode[f.mode - 1].offered)
			out->more = true;	/* L */
		else
			caps_get_mode(&out->mode[f.mode - 1], &f, &out->more);
	}
}

enum req_ipsec_gaps
req_ipsec_caps_gaps(const uint8_t *buf, size_t len)
{
	const size_t head = sizeof(struct virtio_crypto_ipsec_sa_cap_data);
	size_t count = caps_count(buf, len);
	size_t text = head + count * caps_stride(0);

	if (count == 0 || len != head + count * caps_stride(REQ_IPSEC_ALIGNED))
		return REQ_IPSEC_GAPS_NONE;
	return len == REQ_ADMIN_ROUND(text) ? REQ_IPSEC_GAPS_MAYBE : REQ_IPSEC_GAPS_YES;
}

/* I: 0 is more than any other number. */
static bool
caps_key_within(uint32_t sub, uint32_t all)
{
	return all == 0 || (sub != 0 && sub <= all);
}

static bool
caps_mode_within(const struct req_ipsec_mode_cap *sub, const struct req_ipsec_mode_cap *all)
{
	return all->offered && sub->max_replay_win_sz <= all->max_replay_win_sz &&
			(sub->options & ~all->options) == 0 &&
			(sub->ciphers & ~all->ciphers) == 0 && (sub->macs & ~all->macs) == 0 &&
			(sub->aeads & ~all->aeads) == 0 &&
			caps_key_within(sub->max_key_len, all->max_key_len) &&
			caps_key_within(sub->max_auth_key_len, all->max_auth_key_len);
}

bool
req_ipsec_caps_within(const struct req_ipsec_caps *sub, const struct req_ipsec_caps *all)
{
	unsigned int i;

	for (i = 0; i < VIRTIO_CRYPTO_NB_IPSEC_MODES; i++)
		if (sub->mode[i].offered && !caps_mode_within(&sub->mode[i], &all->mode[i]))
			return false;
	return !sub->more;
}

static bool
caps_has_algs(const struct req_ipsec_mode_cap *c, const struct req_ipsec_sa *sa)
{
	if (sa->aead != 0)
		return (c->aeads >> sa->aead & 1) != 0;
	if ((c->macs >> sa->auth & 1) == 0)
		return false;
	/* B */
	return req_ipsec_is_ah(sa->mode) || (c->ciphers >> sa->cipher & 1) != 0;
}

int
req_ipsec_caps_allow(const struct req_ipsec_caps *caps, const struct req_ipsec_sa *sa)
{
	const struct req_ipsec_mode_cap *c = &caps->mode[sa->mode - 1];

	if (!c->offered || (sa->options & ~c->options) != 0 || !caps_has_algs(c, sa))
		return -ENOTSUP;
	if ((c->max_key_len != 0 && sa->key_len > c->max_key_len) ||
			(c->max_auth_key_len != 0 && sa->auth_key_len > c->max_auth_key_len))
		return -ENOTSUP;
	return sa->inbound && sa->replay_win_sz > c->max_replay_win_sz ? -ENOTSUP : 0;
}
