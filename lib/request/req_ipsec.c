/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Security associations of the IPSEC service: the algorithms, what is a sound SA, and its
 * object, both ways.  Letters are those of req_ipsec.h.
 *
 * Works on the caller's bytes alone.  Keys are copied into the caller's object when building
 * and pointed at when parsing; no copy stays here, not even on the stack.
 */
#include <errno.h>
#include <string.h>

#include "../wire/attributes.h"
#include "req_admin.h"
#include "req_alg.h"
#include "req_ipsec.h"

#define IPSEC_UDP_PORT		4500	/* RFC 3948 */
#define IPSEC_TUNNEL_IPV4	1	/* C: what is sent */
#define IPSEC_TUNNEL_IPV6	2
#define IPSEC_MAX_DSCP		0x3f
#define IPSEC_MAX_FLOW_LABEL	0xfffff

/* ---- algorithms ---- */

#define CIPHER(num, iv, al, salt) \
	{ VIRTIO_CRYPTO_SERVICE_CIPHER, VIRTIO_CRYPTO_##num, iv, 0, al, salt }
#define MAC(num, iv, icv, salt) \
	{ VIRTIO_CRYPTO_SERVICE_MAC, VIRTIO_CRYPTO_MAC_##num, iv, icv, 4, salt }
#define AEAD(num, salt) \
	{ VIRTIO_CRYPTO_SERVICE_AEAD, VIRTIO_CRYPTO_AEAD_##num, 8, 16, 4, salt }

/* F and G: what the algorithm's RFC for ESP and AH says.  HMAC-SHA-224 has none: half of
 * the digest, as RFC 4868 has it for the others.
 */
static const struct req_ipsec_alg ipsec_algs[] = {
	/* number, iv, alignment, salt */
	CIPHER(NO_CIPHER,       0,  4,  0),	/* RFC 2410 */
	CIPHER(CIPHER_AES_CBC,  16, 16, 0),	/* RFC 3602 */
	CIPHER(CIPHER_AES_CTR,  8,  4,  4),	/* RFC 3686 */
	CIPHER(CIPHER_DES_CBC,  8,  8,  0),	/* RFC 2405 */
	CIPHER(CIPHER_3DES_CBC, 8,  8,  0),	/* RFC 2451 */
	/* number, iv, ICV, salt */
	MAC(HMAC_MD5,     0, 12, 0),		/* RFC 2403 */
	MAC(HMAC_SHA1,    0, 12, 0),		/* RFC 2404 */
	MAC(HMAC_SHA_224, 0, 14, 0),
	MAC(HMAC_SHA_256, 0, 16, 0),		/* RFC 4868 */
	MAC(HMAC_SHA_384, 0, 24, 0),
	MAC(HMAC_SHA_512, 0, 32, 0),
	MAC(CMAC_AES,     0, 12, 0),		/* RFC 4494 */
	MAC(XCBC_AES,     0, 12, 0),		/* RFC 3566 */
	MAC(GMAC_AES,     8, 16, 4),		/* RFC 4543 */
	/* number, salt */
	AEAD(GCM, 4),				/* RFC 4106 */
	AEAD(CCM, 3),				/* RFC 4309; E */
	AEAD(CHACHA20_POLY1305, 4),		/* RFC 7634 */
};
#define IPSEC_NB_ALGS	WIRE_COUNT(ipsec_algs)

const struct req_ipsec_alg *
req_ipsec_alg_find(enum virtio_crypto_service service, uint64_t number)
{
	size_t i;

	for (i = 0; i < IPSEC_NB_ALGS; i++)
		if (ipsec_algs[i].service == service && ipsec_algs[i].number == number)
			return &ipsec_algs[i];
	return NULL;
}

uint64_t
req_ipsec_alg_mask(enum virtio_crypto_service service)
{
	uint64_t mask = 0;
	size_t i;

	for (i = 0; i < IPSEC_NB_ALGS; i++)
		if (ipsec_algs[i].service == service)
			mask |= UINT64_C(1) << ipsec_algs[i].number;
	return mask;
}

/* ---- what is sound ---- */

/* A key of an algorithm; none has none. */
static int
ipsec_check_key(enum virtio_crypto_service service, uint32_t number, uint16_t key_len)
{
	const struct req_alg *alg;

	if (key_len > VIRTIO_CRYPTO_IPSEC_KEY_MAX)
		return -EMSGSIZE;
	if (number == 0)
		return key_len == 0 ? 0 : -EINVAL;
	if (req_ipsec_alg_find(service, number) == NULL)
		return -ENOTSUP;
	alg = req_alg_find(service, number);
	return alg != NULL && req_range_has(&alg->key, key_len) ? 0 : -EINVAL;
}

static int
ipsec_check_algs(const struct req_ipsec_sa *sa)
{
	int rc;

	if (sa->aead != 0) {
		if (req_ipsec_is_ah(sa->mode) || sa->cipher != 0 || sa->auth != 0 ||
				sa->auth_key_len != 0)
			return -EINVAL;
		return ipsec_check_key(VIRTIO_CRYPTO_SERVICE_AEAD, sa->aead, sa->key_len);
	}
	/* No integrity at all, or a cipher where nothing is encrypted. */
	if (sa->auth == 0 || (req_ipsec_is_ah(sa->mode) && sa->cipher != 0))
		return -EINVAL;
	/* A: no RFC has GMAC with a cipher; it may be somebody's way to say GCM. */
	if (sa->auth == VIRTIO_CRYPTO_MAC_GMAC_AES && sa->cipher != 0)
		return -ENOTSUP;
	rc = ipsec_check_key(VIRTIO_CRYPTO_SERVICE_CIPHER, sa->cipher, sa->key_len);
	if (rc != 0)
		return rc;
	return ipsec_check_key(VIRTIO_CRYPTO_SERVICE_MAC, sa->auth, sa->auth_key_len);
}

static bool
ipsec_is_tunnel_out(const struct req_ipsec_sa *sa)
{
	return !sa->inbound && req_ipsec_is_tunnel(sa->mode);
}

int
req_ipsec_sa_check(const struct req_ipsec_sa *sa)
{
	const struct req_ipsec_life *l = &sa->life;

	if (sa->mode < VIRTIO_CRYPTO_IPSEC_MODE_ESP_TUNNEL ||
			sa->mode > VIRTIO_CRYPTO_IPSEC_MODE_AH_TRANSPORT ||
			(sa->options & ~VIRTIO_CRYPTO_IPSEC_OPTIONS) != 0)
		return -ENOTSUP;
	if (sa->spi == 0)
		return -EINVAL;
	if ((sa->options & VIRTIO_CRYPTO_IPSEC_UDP_ENCAP) && req_ipsec_is_ah(sa->mode))
		return -EINVAL;
	/* K */
	if (!(sa->options & VIRTIO_CRYPTO_IPSEC_SA_LIFETIME) &&
			(l->packets_soft_limit | l->bytes_soft_limit |
			l->packets_hard_limit | l->bytes_hard_limit) != 0)
		return -EINVAL;
	if (ipsec_is_tunnel_out(sa) && (sa->tunnel.dscp > IPSEC_MAX_DSCP ||
			(sa->tunnel.ipv6 && sa->tunnel.flow_label > IPSEC_MAX_FLOW_LABEL)))
		return -EINVAL;
	return ipsec_check_algs(sa);
}

/* M */
static uint16_t
ipsec_udp_port(uint16_t port)
{
	return port != 0 ? port : IPSEC_UDP_PORT;
}

/* ---- where the parts of an object lie ---- */

/* Bytes from its start. */
struct ipsec_map {
	uint16_t cipher, auth, life, len;
};

/* H: all that the gaps change. */
static const struct ipsec_map ipsec_map_text = {
	offsetof(struct virtio_crypto_ipsec_sa, cipher),
	offsetof(struct virtio_crypto_ipsec_sa, auth),
	offsetof(struct virtio_crypto_ipsec_sa, life),
	sizeof(struct virtio_crypto_ipsec_sa),
};
static const struct ipsec_map ipsec_map_aligned = {
	offsetof(struct virtio_crypto_ipsec_sa_aligned, cipher),
	offsetof(struct virtio_crypto_ipsec_sa_aligned, auth),
	offsetof(struct virtio_crypto_ipsec_sa_aligned, life),
	sizeof(struct virtio_crypto_ipsec_sa_aligned),
};
/* Where a key's bytes begin: only what stands before them is copied here. */
#define IPSEC_KEY_DATA	offsetof(struct virtio_crypto_ipsec_sa_key, data)

static const struct ipsec_map *
ipsec_map_of(unsigned int dialect)
{
	return (dialect & REQ_IPSEC_ALIGNED) ? &ipsec_map_aligned : &ipsec_map_text;
}

size_t
req_ipsec_sa_len(unsigned int dialect)
{
	return ipsec_map_of(dialect)->len;
}

/* ---- build ---- */

/* D */
static le32
ipsec_put_ipv4(const uint8_t *addr, unsigned int dialect)
{
	le32 v;

	if (dialect & REQ_IPSEC_ADDR_BYTES) {
		memcpy(&v, addr, sizeof(v));
		return v;
	}
	return cpu_to_le32((uint32_t)addr[0] << 24 | (uint32_t)addr[1] << 16 |
			(uint32_t)addr[2] << 8 | addr[3]);
}

static void
ipsec_put_tunnel(struct virtio_crypto_ipsec_tunnel_param *p, const struct req_ipsec_tunnel *t,
		unsigned int dialect)
{
	if (t->ipv6) {
		p->type = IPSEC_TUNNEL_IPV6;
		memcpy(p->u.ipv6.src_addr, t->src, sizeof(p->u.ipv6.src_addr));
		memcpy(p->u.ipv6.dst_addr, t->dst, sizeof(p->u.ipv6.dst_addr));
		p->u.ipv6.flabel = cpu_to_le32(t->flow_label);
		p->u.ipv6.hlimit = t->ttl;
		p->u.ipv6.dscp = t->dscp;
	} else {
		p->type = IPSEC_TUNNEL_IPV4;
		p->u.ipv4.src_ip = ipsec_put_ipv4(t->src, dialect);
		p->u.ipv4.dst_ip = ipsec_put_ipv4(t->dst, dialect);
		p->u.ipv4.dscp = t->dscp;
		p->u.ipv4.df = t->df;
		p->u.ipv4.ttl = t->ttl;
	}
}

/* R: each condition is one under which the field applies. */
static void
ipsec_put_head(uint8_t *buf, const struct req_ipsec_sa *sa, unsigned int dialect)
{
	struct virtio_crypto_ipsec_sa_head h;

	memset(&h, 0, sizeof(h));
	h.mode = sa->mode;
	h.direction = sa->inbound ? VIRTIO_CRYPTO_IPSEC_DIR_INBOUND :
			VIRTIO_CRYPTO_IPSEC_DIR_OUTBOUND;
	h.obj_id = cpu_to_le32(sa->obj_id);
	h.spi = cpu_to_le32(sa->spi);
	memcpy(h.salt, sa->salt, sizeof(h.salt));
	h.options = cpu_to_le64(sa->options);
	if (ipsec_is_tunnel_out(sa))
		ipsec_put_tunnel(&h.param, &sa->tunnel, dialect);
	if (sa->options & VIRTIO_CRYPTO_IPSEC_UDP_ENCAP) {
		h.udp_sport = cpu_to_le16(ipsec_udp_port(sa->udp_sport));
		h.udp_dport = cpu_to_le16(ipsec_udp_port(sa->udp_dport));
	}
	if (sa->inbound)
		h.replay_win_sz = cpu_to_le32(sa->replay_win_sz);
	memcpy(buf, &h, sizeof(h));
}

static void
ipsec_put_key(uint8_t *buf, uint64_t algo, const uint8_t *key, uint16_t key_len)
{
	struct virtio_crypto_ipsec_sa_key f = {
		.algo = cpu_to_le64(algo),
		.length = cpu_to_le16(key_len),
	};

	memcpy(buf, &f, IPSEC_KEY_DATA);
	if (key_len != 0)
		memcpy(buf + IPSEC_KEY_DATA, key, key_len);
}

static void
ipsec_put_life(uint8_t *buf, const struct req_ipsec_life *l)
{
	struct virtio_crypto_ipsec_lifetime f = {
		.packets_soft_limit = cpu_to_le64(l->packets_soft_limit),
		.bytes_soft_limit = cpu_to_le64(l->bytes_soft_limit),
		.packets_hard_limit = cpu_to_le64(l->packets_hard_limit),
		.bytes_hard_limit = cpu_to_le64(l->bytes_hard_limit),
	};

	memcpy(buf, &f, sizeof(f));
}

int
req_ipsec_sa_build(uint8_t *buf, size_t size, const struct req_ipsec_sa *sa,
		unsigned int dialect)
{
	const struct ipsec_map *map = ipsec_map_of(dialect);
	int rc = req_ipsec_sa_check(sa);

	if (rc != 0)
		return rc;
	if ((sa->key_len != 0 && sa->key == NULL) ||
			(sa->auth_key_len != 0 && sa->auth_key == NULL))
		return -EINVAL;
	if (map->len > size)
		return -ENOSPC;
	memset(buf, 0, map->len);
	ipsec_put_head(buf, sa, dialect);
	/* A */
	ipsec_put_key(buf + map->cipher, sa->aead != 0 ? sa->aead : sa->cipher, sa->key,
			sa->key_len);
	ipsec_put_key(buf + map->auth, sa->auth, sa->auth_key, sa->auth_key_len);
	ipsec_put_life(buf + map->life, &sa->life);
	return map->len;
}

/* ---- parse ---- */

static void
ipsec_get_ipv4(uint8_t *addr, le32 v, unsigned int dialect)
{
	uint32_t n = le32_to_cpu(v);

	if (dialect & REQ_IPSEC_ADDR_BYTES) {
		memcpy(addr, &v, sizeof(v));
		return;
	}
	addr[0] = (uint8_t)(n >> 24);
	addr[1] = (uint8_t)(n >> 16);
	addr[2] = (uint8_t)(n >> 8);
	addr[3] = (uint8_t)n;
}

/* C: bytes behind an IPv4 tunnel's parameters mean that its sender has another numbering. */
static bool
ipsec_is_ipv4_param(const struct virtio_crypto_ipsec_tunnel_param *p)
{
	size_t i;

	for (i = sizeof(p->u.ipv4); i < sizeof(p->u.bytes); i++)
		if (p->u.bytes[i] != 0)
			return false;
	return true;
}

static int
ipsec_get_tunnel(struct req_ipsec_tunnel *t, const struct virtio_crypto_ipsec_tunnel_param *p,
		unsigned int dialect)
{
	switch (p->type) {
	case IPSEC_TUNNEL_IPV4:
	case 4:
		if (!ipsec_is_ipv4_param(p) || p->u.ipv4.df > 1)
			return -EBADMSG;
		ipsec_get_ipv4(t->src, p->u.ipv4.src_ip, dialect);
		ipsec_get_ipv4(t->dst, p->u.ipv4.dst_ip, dialect);
		t->dscp = p->u.ipv4.dscp;
		t->df = p->u.ipv4.df != 0;
		t->ttl = p->u.ipv4.ttl;
		return 0;
	case IPSEC_TUNNEL_IPV6:
	case 6:
		t->ipv6 = true;
		memcpy(t->src, p->u.ipv6.src_addr, sizeof(t->src));
		memcpy(t->dst, p->u.ipv6.dst_addr, sizeof(t->dst));
		t->flow_label = le32_to_cpu(p->u.ipv6.flabel);
		t->ttl = p->u.ipv6.hlimit;
		t->dscp = p->u.ipv6.dscp;
		return 0;
	default:
		return -EBADMSG;
	}
}

static int
ipsec_get_head(struct req_ipsec_sa *out, const struct virtio_crypto_ipsec_sa_head *h,
		unsigned int dialect)
{
	uint64_t options = le64_to_cpu(h->options);

	/* J */
	if (h->direction != (out->inbound ? VIRTIO_CRYPTO_IPSEC_DIR_INBOUND :
			VIRTIO_CRYPTO_IPSEC_DIR_OUTBOUND))
		return -EBADMSG;
	/* Q */
	if ((options & ~(uint64_t)VIRTIO_CRYPTO_IPSEC_OPTIONS) != 0)
		return -ENOTSUP;
	out->mode = h->mode;
	out->obj_id = le32_to_cpu(h->obj_id);
	out->spi = le32_to_cpu(h->spi);
	memcpy(out->salt, h->salt, sizeof(out->salt));
	out->options = (uint32_t)options;
	/* R */
	if (options & VIRTIO_CRYPTO_IPSEC_UDP_ENCAP) {
		out->udp_sport = ipsec_udp_port(le16_to_cpu(h->udp_sport));
		out->udp_dport = ipsec_udp_port(le16_to_cpu(h->udp_dport));
	}
	if (out->inbound)
		out->replay_win_sz = le32_to_cpu(h->replay_win_sz);
	if (ipsec_is_tunnel_out(out))
		return ipsec_get_tunnel(&out->tunnel, &h->param, dialect);
	return 0;
}

/* An algorithm's number, and its key where it lies. */
static int
ipsec_get_key(uint64_t *algo, const uint8_t **key, uint16_t *key_len, const uint8_t *buf,
		size_t len, size_t off)
{
	struct virtio_crypto_ipsec_sa_key f;

	req_admin_take(&f, IPSEC_KEY_DATA, buf, len, off);
	*algo = le64_to_cpu(f.algo);
	*key_len = le16_to_cpu(f.length);
	if (*key_len == 0)
		return 0;
	/* Zeros in place of a key's missing bytes would be a key that can be guessed. */
	if (*key_len > VIRTIO_CRYPTO_IPSEC_KEY_MAX || off + IPSEC_KEY_DATA + *key_len > len)
		return -EBADMSG;
	*key = buf + off + IPSEC_KEY_DATA;
	return 0;
}

/* A */
static int
ipsec_get_algs(struct req_ipsec_sa *out, const uint8_t *buf, size_t len,
		const struct ipsec_map *map)
{
	uint64_t cipher, auth;

	if (ipsec_get_key(&cipher, &out->key, &out->key_len, buf, len, map->cipher) != 0 ||
			ipsec_get_key(&auth, &out->auth_key, &out->auth_key_len, buf, len,
			map->auth) != 0)
		return -EBADMSG;
	if (cipher > UINT32_MAX || auth > UINT32_MAX)
		return -ENOTSUP;
	out->auth = (uint32_t)auth;
	if (auth == 0)
		out->aead = (uint32_t)cipher;
	else
		out->cipher = (uint32_t)cipher;
	return 0;
}

static void
ipsec_get_life(struct req_ipsec_life *l, const uint8_t *buf, size_t len, size_t off)
{
	struct virtio_crypto_ipsec_lifetime f;

	req_admin_take(&f, sizeof(f), buf, len, off);
	l->packets_soft_limit = le64_to_cpu(f.packets_soft_limit);
	l->bytes_soft_limit = le64_to_cpu(f.bytes_soft_limit);
	l->packets_hard_limit = le64_to_cpu(f.packets_hard_limit);
	l->bytes_hard_limit = le64_to_cpu(f.bytes_hard_limit);
}

int
req_ipsec_sa_parse(struct req_ipsec_sa *out, bool inbound, const uint8_t *buf, size_t len,
		unsigned int dialect)
{
	const struct ipsec_map *map = ipsec_map_of(dialect);
	struct virtio_crypto_ipsec_sa_head h;
	int rc;

	memset(out, 0, sizeof(*out));
	out->inbound = inbound;
	req_admin_take(&h, sizeof(h), buf, len, 0);
	rc = ipsec_get_head(out, &h, dialect);
	if (rc == 0)
		rc = ipsec_get_algs(out, buf, len, map);
	if (rc != 0)
		return rc;
	ipsec_get_life(&out->life, buf, len, map->life);
	rc = req_ipsec_sa_check(out);
	return rc == 0 || rc == -ENOTSUP ? rc : -EBADMSG;
}
