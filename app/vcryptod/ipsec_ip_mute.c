/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What AH does not cover of the headers before it, as it may change on the way (RFC 4302,
 * 3.3.3.1 and appendix A).
 *
 * Source routes are refused, although AH could cover them by predicting their end: routers drop
 * them (RFC 7126, RFC 5095), and a route that is at its end needs no prediction.
 */
#include <errno.h>
#include <string.h>

#include "ipsec_bytes.h"
#include "ipsec_ip.h"

#define MUTE_OPTION_END		0
#define MUTE_OPTION_NOP		1
#define MUTE_OPTION_LSRR	131
#define MUTE_OPTION_SSRR	137
#define MUTE_V6_PAD1		0
#define MUTE_V6_CHANGES		0x20u	/* of an option's type: its data may change */

/* Options of IPv4 that stay as they are. */
static bool
mute_option_stays(uint8_t type)
{
	switch (type) {
	case 130:	/* security (RFC 1108) */
	case 133:	/* extended security */
	case 134:	/* commercial security */
	case 148:	/* router alert (RFC 2113) */
	case 149:	/* sender directed delivery */
		return true;
	default:
		return false;
	}
}

static int
mute_options_v4(uint8_t *p, unsigned int len)
{
	unsigned int n;

	for (; len != 0 && p[0] != MUTE_OPTION_END; p += n, len -= n) {
		n = 1;
		if (p[0] == MUTE_OPTION_NOP)
			continue;
		if (len < 2 || p[1] < 2 || p[1] > len || p[0] == MUTE_OPTION_LSRR ||
				p[0] == MUTE_OPTION_SSRR)
			return -EBADMSG;
		n = p[1];
		if (!mute_option_stays(p[0]))
			memset(p, 0, n);
	}
	return 0;
}

static int
mute_v4(uint8_t *p, const struct vcryptod_ipsec_ip *ip)
{
	p[1] = 0;			/* TOS */
	vcryptod_put16(p + 6, 0);	/* flags and offset */
	p[8] = 0;			/* TTL */
	vcryptod_put16(p + 10, 0);	/* checksum */
	return mute_options_v4(p + VCRYPTOD_IPSEC_IPV4_LEN,
			ip->header_len - VCRYPTOD_IPSEC_IPV4_LEN);
}

/* Hop-by-hop or destination options, len bytes behind the header's first two. */
static int
mute_options_v6(uint8_t *p, unsigned int len)
{
	unsigned int n;

	for (; len != 0; p += n, len -= n) {
		n = 1;
		if (p[0] == MUTE_V6_PAD1)
			continue;
		if (len < 2 || p[1] > len - 2)
			return -EBADMSG;
		n = 2u + p[1];
		if (p[0] & MUTE_V6_CHANGES)
			memset(p + 2, 0, p[1]);
	}
	return 0;
}

/* One extension header of n bytes. */
static int
mute_extension(uint8_t *p, unsigned int n, uint8_t proto)
{
	switch (proto) {
	case VCRYPTOD_IPSEC_PROTO_HOP_BY_HOP:
	case VCRYPTOD_IPSEC_PROTO_DESTINATION:
		return mute_options_v6(p + 2, n - 2);
	case VCRYPTOD_IPSEC_PROTO_ROUTING:
		return p[3] == 0 ? 0 : -EBADMSG;	/* segments left */
	default:
		return -EBADMSG;
	}
}

static int
mute_v6(uint8_t *p, uint16_t kept)
{
	unsigned int at = VCRYPTOD_IPSEC_IPV6_LEN, n;
	uint8_t proto = p[6];
	int rc;

	vcryptod_put32(p, UINT32_C(6) << 28);	/* class and flow label */
	p[7] = 0;				/* hop limit */
	/* Ends: n is 8 at least. */
	while (at < kept) {
		if (kept - at < 8)
			return -EBADMSG;
		n = (p[at + 1] + 1u) * 8;
		if (n > kept - at)
			return -EBADMSG;
		rc = mute_extension(p + at, n, proto);
		if (rc != 0)
			return rc;
		proto = p[at];
		at += n;
	}
	return 0;
}

int
vcryptod_ipsec_ip_mute(uint8_t *p, const struct vcryptod_ipsec_ip *ip, uint16_t kept)
{
	if (ip->fragment)
		return -EBADMSG;
	return ip->v6 ? mute_v6(p, kept) : mute_v4(p, ip);
}
