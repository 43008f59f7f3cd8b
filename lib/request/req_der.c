/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A small DER writer and reader, and the six structures of AKCIPHER on top of it.
 *
 * Writing is two passes: lengths first, compared with the buffer once, then bytes,
 * so that nothing is half written.  Reading goes through der_get alone, which is
 * the one place that moves on in the input, and takes the shortest form only.
 */
#include <errno.h>
#include <string.h>

#include "../wire/attributes.h"
#include "req_der.h"

#define TAG_INTEGER	0x02
#define TAG_BIT_STRING	0x03
#define TAG_OCTETS	0x04
#define TAG_OID		0x06
#define TAG_SEQUENCE	0x30
#define TAG_PARAMETERS	0xa0	/* [0], RFC 5915 */
#define TAG_PUBLIC_KEY	0xa1	/* [1] */

#define POINT_UNCOMPRESSED	4

/* Names of the curves: RFC 5480, 2.1.1.1. */
static const struct {
	uint8_t bytes;
	uint8_t oid_len;
	uint8_t oid[8];
} der_curve[] = {
	[VIRTIO_CRYPTO_CURVE_NIST_P192] = { 24, 8,
		{ 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x01 } },
	[VIRTIO_CRYPTO_CURVE_NIST_P224] = { 28, 5, { 0x2b, 0x81, 0x04, 0x00, 0x21 } },
	[VIRTIO_CRYPTO_CURVE_NIST_P256] = { 32, 8,
		{ 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07 } },
	[VIRTIO_CRYPTO_CURVE_NIST_P384] = { 48, 5, { 0x2b, 0x81, 0x04, 0x00, 0x22 } },
	[VIRTIO_CRYPTO_CURVE_NIST_P521] = { 66, 5, { 0x2b, 0x81, 0x04, 0x00, 0x23 } },
};

size_t
req_ec_bytes(uint32_t curve)
{
	return curve < WIRE_COUNT(der_curve) ? der_curve[curve].bytes : 0;
}

/* ---- writing ---- */

/* Bytes of tag, length and content. */
static size_t
der_tlv_len(size_t content)
{
	return 1 + (content < 0x80 ? 1u : content < 0x100 ? 2u : 3u) + content;
}

static struct req_num
der_strip(const struct req_num *v)
{
	struct req_num n = *v;

	while (n.len != 0 && n.data[0] == 0) {
		n.data++;
		n.len--;
	}
	return n;
}

/* Content bytes of an INTEGER: no leading zeros, a sign byte before a set top bit. */
static size_t
der_int_len(const struct req_num *v)
{
	struct req_num n = der_strip(v);

	return n.len == 0 ? 1 : n.len + (n.data[0] >> 7);
}

/* Tag and length; content at most REQ_DER_MAX bytes. */
static uint8_t *
der_put_head(uint8_t *p, uint8_t tag, size_t content)
{
	*p++ = tag;
	if (content >= 0x100) {
		*p++ = 0x82;
		*p++ = (uint8_t)(content >> 8);
	} else if (content >= 0x80) {
		*p++ = 0x81;
	}
	*p++ = (uint8_t)content;
	return p;
}

static uint8_t *
der_put_int(uint8_t *p, const struct req_num *v)
{
	struct req_num n = der_strip(v);
	size_t len = der_int_len(v);

	p = der_put_head(p, TAG_INTEGER, len);
	if (len != n.len)
		*p++ = 0;
	if (n.len != 0)
		memcpy(p, n.data, n.len);
	return p + n.len;
}

static uint8_t *
der_put_small(uint8_t *p, uint8_t value)
{
	p = der_put_head(p, TAG_INTEGER, 1);
	*p = value;
	return p + 1;
}

/* v left-padded to width bytes; v is no longer than that once stripped. */
static uint8_t *
der_put_padded(uint8_t *p, const struct req_num *v, size_t width)
{
	struct req_num n = der_strip(v);

	memset(p, 0, width - n.len);
	if (n.len != 0)
		memcpy(p + width - n.len, n.data, n.len);
	return p + width;
}

/* A number that a key can have: there, not zero, not absurdly long. */
static bool
der_num_ok(const struct req_num *v)
{
	return v->data != NULL && v->len <= REQ_DER_MAX && der_strip(v).len != 0;
}

/* A number that fits into the curve's size. */
static bool
der_num_fits(const struct req_num *v, size_t width)
{
	return v->data != NULL && v->len != 0 && v->len <= REQ_DER_MAX &&
			der_strip(v).len <= width;
}

/* A SEQUENCE of INTEGERs after an optional version byte. */
static int
der_put_ints(uint8_t *buf, size_t size, int version, const struct req_num *v, size_t nb)
{
	size_t content = version >= 0 ? der_tlv_len(1) : 0, i;
	uint8_t *p;

	for (i = 0; i < nb; i++)	/* cannot overflow: nb <= 8, each < 2^16 + 5 */
		content += der_tlv_len(der_int_len(&v[i]));
	if (content > REQ_DER_MAX)
		return -EINVAL;
	if (der_tlv_len(content) > size)
		return -ENOSPC;
	p = der_put_head(buf, TAG_SEQUENCE, content);
	if (version >= 0)
		p = der_put_small(p, (uint8_t)version);
	for (i = 0; i < nb; i++)
		p = der_put_int(p, &v[i]);
	return (int)(p - buf);
}

int
req_der_rsa_public(uint8_t *buf, size_t size, const struct req_rsa_public *k)
{
	const struct req_num v[] = { k->n, k->e };

	if (!der_num_ok(&k->n) || !der_num_ok(&k->e))
		return -EINVAL;
	return der_put_ints(buf, size, -1, v, WIRE_COUNT(v));
}

int
req_der_rsa_private(uint8_t *buf, size_t size, const struct req_rsa_private *k)
{
	const struct req_num v[] = { k->n, k->e, k->d, k->p, k->q, k->dp, k->dq, k->qinv };
	size_t i;

	for (i = 0; i < WIRE_COUNT(v); i++)
		if (!der_num_ok(&v[i]))
			return -EINVAL;
	return der_put_ints(buf, size, 0, v, WIRE_COUNT(v));
}

int
req_ec_point(uint8_t *buf, size_t size, uint32_t curve, const struct req_ec_point *pt)
{
	size_t width = req_ec_bytes(curve);
	uint8_t *p = buf;

	if (width == 0 || !der_num_fits(&pt->x, width) || !der_num_fits(&pt->y, width))
		return -EINVAL;
	if (1 + 2 * width > size)
		return -ENOSPC;
	*p++ = POINT_UNCOMPRESSED;
	p = der_put_padded(p, &pt->x, width);
	p = der_put_padded(p, &pt->y, width);
	return (int)(p - buf);
}

int
req_der_ec_private(uint8_t *buf, size_t size, uint32_t curve, const struct req_num *d,
		const struct req_ec_point *pub)
{
	size_t width = req_ec_bytes(curve), point = 1 + 2 * width, bits = 1 + point;
	size_t oid, content;
	uint8_t *p;

	if (width == 0 || !der_num_ok(d) || !der_num_fits(d, width))
		return -EINVAL;
	if (pub != NULL && (!der_num_fits(&pub->x, width) || !der_num_fits(&pub->y, width)))
		return -EINVAL;
	oid = der_tlv_len(der_curve[curve].oid_len);
	content = der_tlv_len(1) + der_tlv_len(width) + der_tlv_len(oid);
	if (pub != NULL)
		content += der_tlv_len(der_tlv_len(bits));
	if (der_tlv_len(content) > size)
		return -ENOSPC;

	p = der_put_head(buf, TAG_SEQUENCE, content);
	p = der_put_small(p, 1);
	p = der_put_head(p, TAG_OCTETS, width);
	p = der_put_padded(p, d, width);
	p = der_put_head(p, TAG_PARAMETERS, oid);
	p = der_put_head(p, TAG_OID, der_curve[curve].oid_len);
	memcpy(p, der_curve[curve].oid, der_curve[curve].oid_len);
	p += der_curve[curve].oid_len;
	if (pub != NULL) {
		p = der_put_head(p, TAG_PUBLIC_KEY, der_tlv_len(bits));
		p = der_put_head(p, TAG_BIT_STRING, bits);
		*p++ = 0;	/* no unused bits */
		p += req_ec_point(p, point, curve, pub);
	}
	return (int)(p - buf);
}

int
req_der_ecdsa_sig(uint8_t *buf, size_t size, uint32_t curve, const struct req_num *r,
		const struct req_num *s)
{
	const struct req_num v[] = { *r, *s };
	size_t width = req_ec_bytes(curve);

	if (width == 0 || !der_num_fits(r, width) || !der_num_fits(s, width))
		return -EINVAL;
	return der_put_ints(buf, size, -1, v, WIRE_COUNT(v));
}

/* ---- reading ---- */

struct der_in {
	const uint8_t *p;
	size_t left;	/* bytes from p on */
};

/* The next value, which must have this tag; moves in behind it. */
static int
der_get(struct der_in *out, struct der_in *in, uint8_t tag)
{
	size_t len, head = 2;

	if (in->left < head || in->p[0] != tag)
		return -EBADMSG;
	len = in->p[1];
	if (len > 0x82 || len == 0x80)		/* longer than REQ_DER_MAX, or indefinite */
		return -EBADMSG;
	if (len > 0x80) {
		size_t nb = len - 0x80, i;

		head += nb;
		if (in->left < head)
			return -EBADMSG;
		for (len = 0, i = 0; i < nb; i++)
			len = len << 8 | in->p[2 + i];
		if (len < (nb == 1 ? 0x80u : 0x100u))	/* not the shortest form */
			return -EBADMSG;
	}
	if (len > in->left - head)
		return -EBADMSG;
	out->p = in->p + head;
	out->left = len;
	in->p += head + len;
	in->left -= head + len;
	return 0;
}

/* A non-negative INTEGER in its shortest form. */
static int
der_get_num(struct req_num *out, struct der_in *in)
{
	struct der_in v;

	if (der_get(&v, in, TAG_INTEGER) != 0 || v.left == 0 || (v.p[0] & 0x80))
		return -EBADMSG;
	if (v.p[0] == 0 && v.left > 1) {
		if (!(v.p[1] & 0x80))		/* not the shortest form */
			return -EBADMSG;
		v.p++;
		v.left--;
	}
	out->data = v.p;
	out->len = v.left;
	return 0;
}

/* The content of the one SEQUENCE that fills der. */
static int
der_open(struct der_in *seq, const uint8_t *der, size_t len)
{
	struct der_in in = { der, len };

	if (der_get(seq, &in, TAG_SEQUENCE) != 0 || in.left != 0)
		return -EBADMSG;
	return 0;
}

int
req_der_rsa_public_parse(struct req_rsa_public *k, const uint8_t *der, size_t len)
{
	struct der_in in;

	if (der_open(&in, der, len) != 0 || der_get_num(&k->n, &in) != 0 ||
			der_get_num(&k->e, &in) != 0 || in.left != 0)
		return -EBADMSG;
	return 0;
}

int
req_der_ecdsa_sig_parse(uint8_t *r, uint8_t *s, uint32_t curve, const uint8_t *der,
		size_t len)
{
	size_t width = req_ec_bytes(curve);
	struct req_num nr, ns;
	struct der_in in;

	if (width == 0)
		return -ENOTSUP;
	if (der_open(&in, der, len) != 0 || der_get_num(&nr, &in) != 0 ||
			der_get_num(&ns, &in) != 0 || in.left != 0)
		return -EBADMSG;
	if (nr.len > width || ns.len > width)
		return -EBADMSG;
	der_put_padded(r, &nr, width);
	der_put_padded(s, &ns, width);
	return 0;
}
