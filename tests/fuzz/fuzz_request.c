/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The parsers of requests, as the device has them: control requests, data requests.
 *
 * Input: layout flags, then a request's bytes, in memory of exactly that length.  What a
 * parser accepts is built again by the driver's half and parsed again: the same.
 */
#include "fuzz_input.h"
#include "req_alg.h"
#include "req_ctrl.h"
#include "req_data.h"

#define MAX_BYTES	8192u

static void
within(const uint8_t *p, uint32_t len, const uint8_t *buf, size_t size)
{
	if (p != NULL && len != 0)
		FUZZ_CHECK(p >= buf && p <= buf + size && len <= size - (size_t)(p - buf));
}

static void
again(const struct req_ctrl *c, unsigned int flags, const unsigned int *by_service)
{
	uint8_t out[REQ_CTRL_FIXED_MAX + 2 * MAX_BYTES];
	struct req_ctrl second;
	int n;

	n = c->create ? req_create_build(out, sizeof(out), &c->session, flags) :
		req_destroy_build(out, sizeof(out), c->session.kind, c->session_id, flags);
	if (n < 0)
		return;
	FUZZ_CHECK(req_ctrl_parse(&second, out, (size_t)n, by_service) == 0);
	FUZZ_CHECK(second.opcode == c->opcode);
	FUZZ_CHECK(second.create == c->create && second.session_id == c->session_id);
	if (!c->create)
		return;
	FUZZ_CHECK(second.session.kind == c->session.kind);
	FUZZ_CHECK(second.session.algo == c->session.algo);
	FUZZ_CHECK(second.session.key_len == c->session.key_len);
	FUZZ_CHECK(c->session.key_len == 0 || memcmp(second.session.key, c->session.key,
			c->session.key_len) == 0);
	FUZZ_CHECK(second.session.auth_key_len == c->session.auth_key_len);
	FUZZ_CHECK(second.session.digest_len == c->session.digest_len);
}

static void
control(const uint8_t *buf, size_t len, unsigned int flags, const unsigned int *by_service)
{
	struct req_ctrl c;
	int rc = req_ctrl_parse(&c, buf, len, by_service);

	FUZZ_CHECK(rc <= 0);
	if (rc != 0)
		return;
	if (c.create) {
		within(c.session.key, c.session.key_len, buf, len);
		within(c.session.auth_key, c.session.auth_key_len, buf, len);
		(void)req_session_check(&c.session);
		(void)req_alg_find(req_kind_service(c.session.kind), c.session.algo);
	}
	again(&c, flags, by_service);
}

static void
data_request(const uint8_t *buf, size_t len, const unsigned int *by_service)
{
	struct req_data d;
	int rc = req_data_parse(&d, buf, len, by_service);

	FUZZ_CHECK(rc <= 0);
	if (rc != 0)
		return;
	FUZZ_CHECK(d.header_len <= len);
	FUZZ_CHECK(req_data_readable(&d) >= d.header_len);
	FUZZ_CHECK(req_data_writable(&d) >= 1);
	if (d.kind == REQ_CHAIN) {
		FUZZ_CHECK((uint64_t)d.cipher_off + d.cipher_len <= d.src_len);
		FUZZ_CHECK((uint64_t)d.hash_off + d.hash_len <= d.src_len);
		FUZZ_CHECK((uint64_t)d.cipher_off + d.cipher_len <= d.dst_len);
	}
	if (d.kind == REQ_CIPHER)
		FUZZ_CHECK(d.dst_len >= d.src_len);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = { data, size };
	uint8_t how = fuzz_u8(&in);
	unsigned int flags = how & 3, by_service[VIRTIO_CRYPTO_NB_SERVICES], i;
	size_t len;
	const uint8_t *p = fuzz_bytes(&in, &len, MAX_BYTES);
	uint8_t *copy = fuzz_copy(p, len);

	for (i = 0; i < VIRTIO_CRYPTO_NB_SERVICES; i++)
		by_service[i] = flags;
	if (how & 4)
		control(copy, len, flags, by_service);
	else
		data_request(copy, len, by_service);
	(void)req_alg_by_name((const char *)copy, len);
	free(copy);
	return 0;
}
