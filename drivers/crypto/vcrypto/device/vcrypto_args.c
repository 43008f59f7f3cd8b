/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Owns the parsing of device arguments: every value is range-checked, and a log line
 * names every unknown key or value.  Calls rte_kvargs and req_alg.  Must not access a
 * device.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>
#include <rte_devargs.h>
#include <rte_kvargs.h>

#include "req_ipsec.h"
#include "device/vcrypto_args.h"
#include "device/vcrypto_log.h"

static const char *const args_common_keys[] = {
	VCRYPTO_ARG_CTRL_TIMEOUT, VCRYPTO_ARG_REVISION_1, VCRYPTO_ARG_PACKED_VQ,
	VCRYPTO_ARG_IN_ORDER, VCRYPTO_ARG_STATELESS, VCRYPTO_ARG_RECOVER,
	VCRYPTO_ARG_RECOVER_TIMEOUT, VCRYPTO_ARG_MAX_SEGMENTS, VCRYPTO_ARG_ALGOS,
	VCRYPTO_ARG_IPSEC, VCRYPTO_ARG_IPSEC_LAYOUT, VCRYPTO_ARG_IPSEC_ADDR,
	VCRYPTO_ARG_IPSEC_IN_PLACE, VCRYPTO_ARG_IPSEC_RECOVER,
	RTE_DEVARGS_KEY_DRIVER,
};

void
vcrypto_args_defaults(struct vcrypto_args *a)
{
	*a = (struct vcrypto_args){
		.ctrl_timeout_ms = VCRYPTO_CTRL_TIMEOUT_DEFAULT,
		.recover_timeout_ms = VCRYPTO_RECOVER_TIMEOUT_DEFAULT,
		.max_segments = VCRYPTO_MAX_SEGMENTS_DEFAULT,
		.packed_vq = true,
		.in_order = true,
		.ipsec = true,
	};
}

int
vcrypto_arg_number(const char *name, const char *key, const char *value,
		uint64_t min, uint64_t max, uint64_t *out)
{
	char *end = NULL;
	uint64_t v = 0;

	errno = 0;
	if (value != NULL && value[0] >= '0' && value[0] <= '9')
		v = strtoull(value, &end, 10);
	if (end == NULL || *end != '\0' || errno != 0 || v < min || v > max) {
		VCRYPTO_ERR("%s: %s=%s: give a number from %" PRIu64 " to %" PRIu64,
			name, key, value == NULL ? "" : value, min, max);
		return -EINVAL;
	}
	*out = v;
	return 0;
}

static int
args_parse_algo(struct vcrypto_args *a, const char *name, const char *word, size_t len)
{
	const struct req_alg *alg = req_alg_by_name(word, len);

	if (alg == NULL || alg->number >= 64) {
		VCRYPTO_ERR("%s: %s: no algorithm is called '%.*s'; names look like aes-ctr, "
			"3des-cbc, hmac-sha1 (doc/guide lists them)", name,
			VCRYPTO_ARG_ALGOS, (int)len, word);
		return -EINVAL;
	}
	a->extra_algos[alg->service] |= UINT64_C(1) << alg->number;
	return 0;
}

/* Parses name[:name...], or [name,name...], which is how rte_kvargs writes lists. */
static int
args_parse_algos(struct vcrypto_args *a, const char *name, const char *value)
{
	const char *p = value == NULL ? "" : value, *end = p + strlen(p);
	int rc;

	if (end - p >= 2 && p[0] == '[' && end[-1] == ']') {
		p++;
		end--;
	}
	for (;;) {
		size_t len = strcspn(p, ":,");

		if (len > (size_t)(end - p))
			len = (size_t)(end - p);
		rc = args_parse_algo(a, name, p, len);
		p += len;
		if (rc != 0 || p == end)
			return rc;
		p++;
	}
}

static int
args_parse_flag(const char *name, const struct rte_kvargs_pair *pair, bool *out)
{
	uint64_t v;
	int rc = vcrypto_arg_number(name, pair->key, pair->value, 0, 1, &v);

	if (rc == 0)
		*out = v != 0;
	return rc;
}

/* EAL's layered form of device arguments names the driver in the driver's own layer. */
static int
args_parse_driver(const char *name, const char *value)
{
	if (value != NULL && (strcmp(value, VCRYPTO_DRIVER_NAME) == 0 ||
			strcmp(value, VCRYPTO_DRIVER_ALIAS) == 0))
		return 0;
	VCRYPTO_ERR("%s: %s=%s: the driver of this device is " VCRYPTO_DRIVER_NAME, name,
		RTE_DEVARGS_KEY_DRIVER, value == NULL ? "" : value);
	return -EINVAL;
}

/* A time in milliseconds. */
static int
args_parse_ms(const char *name, const struct rte_kvargs_pair *pair, uint32_t min, uint32_t max,
		uint32_t *out)
{
	uint64_t v;
	int rc = vcrypto_arg_number(name, pair->key, pair->value, min, max, &v);

	if (rc == 0)
		*out = (uint32_t)v;
	return rc;
}

/* One of two words: the second one sets bit. */
static int
args_parse_dialect(struct vcrypto_args *a, const char *name, const struct rte_kvargs_pair *pair,
		unsigned int bit, const char *clear, const char *set)
{
	const char *value = pair->value == NULL ? "" : pair->value;

	if (strcmp(value, set) == 0) {
		a->ipsec_dialect |= bit;
		return 0;
	}
	if (strcmp(value, clear) == 0)
		return 0;
	VCRYPTO_ERR("%s: %s=%s: give %s or %s", name, pair->key, value, clear, set);
	return -EINVAL;
}

/* The flag that a key sets, or NULL. */
static bool *
args_flag_of(struct vcrypto_args *a, const char *key)
{
	const struct {
		const char *key;
		bool *flag;
	} flags[] = {
		{ VCRYPTO_ARG_REVISION_1, &a->revision_1 },
		{ VCRYPTO_ARG_PACKED_VQ, &a->packed_vq },
		{ VCRYPTO_ARG_IN_ORDER, &a->in_order },
		{ VCRYPTO_ARG_STATELESS, &a->stateless },
		{ VCRYPTO_ARG_RECOVER, &a->recover },
		{ VCRYPTO_ARG_IPSEC, &a->ipsec },
		{ VCRYPTO_ARG_IPSEC_IN_PLACE, &a->ipsec_in_place },
		{ VCRYPTO_ARG_IPSEC_RECOVER, &a->ipsec_recover },
	};
	unsigned int i;

	for (i = 0; i < RTE_DIM(flags); i++)
		if (strcmp(key, flags[i].key) == 0)
			return flags[i].flag;
	return NULL;
}

static int
args_parse_pair(struct vcrypto_args *a, const char *name, const struct rte_kvargs_pair *pair)
{
	bool *flag = args_flag_of(a, pair->key);
	uint64_t v;
	int rc;

	if (strcmp(pair->key, VCRYPTO_ARG_CTRL_TIMEOUT) == 0)
		return args_parse_ms(name, pair, 1, VCRYPTO_CTRL_TIMEOUT_MAX, &a->ctrl_timeout_ms);
	if (strcmp(pair->key, VCRYPTO_ARG_RECOVER_TIMEOUT) == 0)
		return args_parse_ms(name, pair, 0, VCRYPTO_RECOVER_TIMEOUT_MAX,
				&a->recover_timeout_ms);
	if (strcmp(pair->key, VCRYPTO_ARG_MAX_SEGMENTS) == 0) {
		rc = vcrypto_arg_number(name, pair->key, pair->value, VCRYPTO_MAX_SEGMENTS_MIN,
				VCRYPTO_MAX_SEGMENTS_MAX, &v);
		if (rc == 0)
			a->max_segments = (uint16_t)v;
		return rc;
	}
	if (flag != NULL)
		return args_parse_flag(name, pair, flag);
	if (strcmp(pair->key, VCRYPTO_ARG_IPSEC_LAYOUT) == 0)
		return args_parse_dialect(a, name, pair, REQ_IPSEC_ALIGNED, "text", "aligned");
	if (strcmp(pair->key, VCRYPTO_ARG_IPSEC_ADDR) == 0)
		return args_parse_dialect(a, name, pair, REQ_IPSEC_ADDR_BYTES, "number", "bytes");
	if (strcmp(pair->key, VCRYPTO_ARG_ALGOS) == 0)
		return args_parse_algos(a, name, pair->value);
	if (strcmp(pair->key, RTE_DEVARGS_KEY_DRIVER) == 0)
		return args_parse_driver(name, pair->value);
	return 0;	/* a key of the transport: unknown keys were refused before */
}

static bool
args_key_known(const char *key, const char *const *own)
{
	unsigned int i;

	for (i = 0; i < RTE_DIM(args_common_keys); i++)
		if (strcmp(key, args_common_keys[i]) == 0)
			return true;
	for (; own != NULL && *own != NULL; own++)
		if (strcmp(key, *own) == 0)
			return true;
	return false;
}

/* Logs one line that names the unknown key and every known one. */
static void
args_refuse_key(const char *name, const char *key, const char *const *own)
{
	char keys[320] = "";
	size_t at = 0;
	unsigned int i;

	for (i = 0; i < RTE_DIM(args_common_keys) && at < sizeof(keys); i++)
		at += (size_t)snprintf(keys + at, sizeof(keys) - at, " %s", args_common_keys[i]);
	for (; own != NULL && *own != NULL && at < sizeof(keys); own++)
		at += (size_t)snprintf(keys + at, sizeof(keys) - at, " %s", *own);
	VCRYPTO_ERR("%s: unknown device argument '%s'; the known ones are:%s", name, key, keys);
}

/* What a pair must be whatever its key means: known, and there once.  Lists of algorithms
 * add up.
 */
static int
args_check_key(const char *name, const struct rte_kvargs *kv, const char *key,
		const char *const *own)
{
	if (!args_key_known(key, own)) {
		args_refuse_key(name, key, own);
		return -EINVAL;
	}
	if (strcmp(key, VCRYPTO_ARG_ALGOS) != 0 && rte_kvargs_count(kv, key) > 1) {
		VCRYPTO_ERR("%s: the device argument %s is given more than once: give it once",
			name, key);
		return -EINVAL;
	}
	return 0;
}

/* The stateless bits require REVISION_1 (virtio 1.4, 5.9.3.1). */
static int
args_check_stateless(struct vcrypto_args *a, const char *name, const struct rte_kvargs *kv)
{
	if (!a->stateless)
		return 0;
	if (!a->revision_1 && rte_kvargs_count(kv, VCRYPTO_ARG_REVISION_1) != 0) {
		VCRYPTO_ERR("%s: " VCRYPTO_ARG_STATELESS "=1 needs " VCRYPTO_ARG_REVISION_1 "=1: "
			"leave out " VCRYPTO_ARG_REVISION_1 "=0, or " VCRYPTO_ARG_STATELESS "=1",
			name);
		return -EINVAL;
	}
	a->revision_1 = true;
	return 0;
}

/* Without recovery no op is kept. */
static int
args_check_recover(const struct vcrypto_args *a, const char *name, const struct rte_kvargs *kv)
{
	if (a->recover || rte_kvargs_count(kv, VCRYPTO_ARG_RECOVER_TIMEOUT) == 0)
		return 0;
	VCRYPTO_ERR("%s: %s needs %s=1", name,
		VCRYPTO_ARG_RECOVER_TIMEOUT, VCRYPTO_ARG_RECOVER);
	return -EINVAL;
}

static int
args_check_ipsec(const struct vcrypto_args *a, const char *name)
{
	if (!a->ipsec && (a->ipsec_dialect != 0 || a->ipsec_in_place || a->ipsec_recover)) {
		VCRYPTO_ERR("%s: " VCRYPTO_ARG_IPSEC_LAYOUT ", " VCRYPTO_ARG_IPSEC_ADDR ", "
			VCRYPTO_ARG_IPSEC_IN_PLACE " and " VCRYPTO_ARG_IPSEC_RECOVER " need "
			VCRYPTO_ARG_IPSEC "=1", name);
		return -EINVAL;
	}
	if (a->ipsec_recover && !a->recover) {
		VCRYPTO_ERR("%s: " VCRYPTO_ARG_IPSEC_RECOVER "=1 needs " VCRYPTO_ARG_RECOVER "=1",
			name);
		return -EINVAL;
	}
	return 0;
}

int
vcrypto_args_parse(struct vcrypto_args *a, const char *name, const char *params,
		const char *const *own)
{
	struct rte_kvargs *kv;
	unsigned int i;
	int rc = 0;

	if (params == NULL || params[0] == '\0')
		return 0;
	kv = rte_kvargs_parse(params, NULL);
	if (kv == NULL) {
		VCRYPTO_ERR("%s: cannot read the device arguments '%s': write key=value,...",
			name, params);
		return -EINVAL;
	}
	for (i = 0; i < kv->count && rc == 0; i++) {
		rc = args_check_key(name, kv, kv->pairs[i].key, own);
		if (rc == 0)
			rc = args_parse_pair(a, name, &kv->pairs[i]);
	}
	if (rc == 0)
		rc = args_check_stateless(a, name, kv);
	if (rc == 0)
		rc = args_check_recover(a, name, kv);
	if (rc == 0)
		rc = args_check_ipsec(a, name);
	rte_kvargs_free(kv);
	return rc;
}
