/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The JSON of VERSION; see vfu_version.h.  A reader of one pass: each call takes one value and
 * steps over it.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "../wire/vfio_user.h"
#include "vfu_version.h"

struct json {
	const char *p, *end;
	unsigned int depth;		/* of the value that comes */
};

struct json_text {
	const char *p;			/* between the quotes, with its escapes */
	size_t len;
};

/* Called at the value of a member; takes it. */
typedef int (*json_member)(struct json *j, const struct json_text *name, void *ctx);

static int json_skip(struct json *j);

/* ---- pieces ---- */

static void
json_space(struct json *j)
{
	while (j->p < j->end && (*j->p == ' ' || *j->p == '\t' || *j->p == '\n' || *j->p == '\r'))
		j->p++;
}

/* Takes c if it comes. */
static bool
json_takes(struct json *j, char c)
{
	json_space(j);
	if (j->p == j->end || *j->p != c)
		return false;
	j->p++;
	return true;
}

static bool
json_takes_word(struct json *j, const char *word)
{
	size_t len = strlen(word);

	json_space(j);
	if ((size_t)(j->end - j->p) < len || memcmp(j->p, word, len) != 0)
		return false;
	j->p += len;
	return true;
}

static int
json_take_string(struct json *j, struct json_text *s)
{
	if (!json_takes(j, '"'))
		return -EPROTO;
	s->p = j->p;
	for (; j->p < j->end && *j->p != '"'; j->p++) {
		if ((unsigned char)*j->p < 0x20)
			return -EPROTO;
		/* What is behind it is no end. */
		if (*j->p == '\\' && ++j->p == j->end)
			return -EPROTO;
	}
	if (j->p == j->end)
		return -EPROTO;
	s->len = (size_t)(j->p++ - s->p);
	return 0;
}

/* Digits alone: neither a sign, a fraction nor an exponent. */
static int
json_take_count(struct json *j, uint64_t *v)
{
	const char *start;
	bool large = false;
	uint64_t n = 0;

	json_space(j);
	for (start = j->p; j->p < j->end && *j->p >= '0' && *j->p <= '9'; j->p++)
		if (__builtin_mul_overflow(n, 10, &n) ||
				__builtin_add_overflow(n, (uint64_t)(*j->p - '0'), &n))
			large = true;
	if (j->p == start)
		return -EPROTO;
	*v = large ? UINT64_MAX : n;
	return 0;
}

static int
json_take_bool(struct json *j, bool *v)
{
	*v = json_takes_word(j, "true");
	return *v || json_takes_word(j, "false") ? 0 : -EPROTO;
}

/* ---- what consists of values ---- */

static int
json_take_object(struct json *j, json_member member, void *ctx)
{
	struct json_text name;
	int rc;

	if (!json_takes(j, '{') || ++j->depth > VFU_VERSION_DEPTH)
		return -EPROTO;
	if (!json_takes(j, '}')) {
		do {
			rc = json_take_string(j, &name);
			if (rc == 0 && !json_takes(j, ':'))
				rc = -EPROTO;
			if (rc == 0)
				rc = member(j, &name, ctx);
			if (rc != 0)
				return rc;
		} while (json_takes(j, ','));
		if (!json_takes(j, '}'))
			return -EPROTO;
	}
	j->depth--;
	return 0;
}

static int
json_skip_member(struct json *j, const struct json_text *name, void *ctx)
{
	(void)name;
	(void)ctx;
	return json_skip(j);
}

static int
json_skip_array(struct json *j)
{
	int rc;

	if (!json_takes(j, '[') || ++j->depth > VFU_VERSION_DEPTH)
		return -EPROTO;
	if (!json_takes(j, ']')) {
		do {
			rc = json_skip(j);
			if (rc != 0)
				return rc;
		} while (json_takes(j, ','));
		if (!json_takes(j, ']'))
			return -EPROTO;
	}
	j->depth--;
	return 0;
}

/* Any characters that a number may have, in any order: it is of no use here. */
static int
json_skip_number(struct json *j)
{
	const char *start = j->p;

	while (j->p < j->end && *j->p != '\0' && strchr("+-.0123456789eE", *j->p) != NULL)
		j->p++;
	return j->p != start ? 0 : -EPROTO;
}

/* Any value.  Calls itself VFU_VERSION_DEPTH times at most. */
static int
json_skip(struct json *j)
{
	struct json_text s;

	json_space(j);
	if (j->p == j->end)
		return -EPROTO;
	switch (*j->p) {
	case '{':
		return json_take_object(j, json_skip_member, NULL);
	case '[':
		return json_skip_array(j);
	case '"':
		return json_take_string(j, &s);
	default:
		break;
	}
	if (json_takes_word(j, "true") || json_takes_word(j, "false") ||
			json_takes_word(j, "null"))
		return 0;
	return json_skip_number(j);
}

/* ---- the names ---- */

static bool
version_is(const struct json_text *name, const char *word)
{
	return name->len == strlen(word) && memcmp(name->p, word, name->len) == 0;
}

static int
version_take_twin(struct json *j, const struct json_text *name, void *ctx)
{
	struct vfu_caps *caps = ctx;

	if (version_is(name, "supported"))
		return json_take_bool(j, &caps->twin_socket);
	return json_skip(j);
}

static int
version_take_cap(struct json *j, const struct json_text *name, void *ctx)
{
	struct vfu_caps *caps = ctx;

	if (version_is(name, "max_msg_fds"))
		return json_take_count(j, &caps->max_msg_fds);
	if (version_is(name, "max_data_xfer_size"))
		return json_take_count(j, &caps->max_data_xfer_size);
	if (version_is(name, "max_dma_maps"))
		return json_take_count(j, &caps->max_dma_maps);
	if (version_is(name, "pgsizes"))
		return json_take_count(j, &caps->pgsizes);
	if (version_is(name, "write_multiple"))
		return json_take_bool(j, &caps->write_multiple);
	if (version_is(name, "twin_socket"))
		return json_take_object(j, version_take_twin, caps);
	return json_skip(j);
}

static int
version_take_top(struct json *j, const struct json_text *name, void *ctx)
{
	if (version_is(name, "capabilities"))
		return json_take_object(j, version_take_cap, ctx);
	return json_skip(j);
}

int
vfu_version_parse(struct vfu_caps *caps, const char *text, size_t len)
{
	struct json j = { .p = text };
	int rc;

	*caps = (struct vfu_caps){
		.max_msg_fds = VFU_DEFAULT_MSG_FDS, .max_data_xfer_size = VFU_DEFAULT_DATA_XFER,
		.max_dma_maps = VFU_DEFAULT_DMA_MAPS, .pgsizes = VFU_DEFAULT_PGSIZES,
	};
	/* The message may have no text at all, and then there is no address. */
	if (len == 0)
		return 0;
	j.end = text + strnlen(text, len);
	json_space(&j);
	if (j.p == j.end)
		return 0;
	rc = json_take_object(&j, version_take_top, caps);
	json_space(&j);
	return rc == 0 && j.p != j.end ? -EPROTO : rc;
}

size_t
vfu_version_build(char *text, size_t room, const struct vfu_caps *caps)
{
	int n = snprintf(text, room, "{\"capabilities\":{\"max_msg_fds\":%" PRIu64
			",\"max_data_xfer_size\":%" PRIu64 ",\"max_dma_maps\":%" PRIu64
			",\"pgsizes\":%" PRIu64 ",\"write_multiple\":%s}}", caps->max_msg_fds,
			caps->max_data_xfer_size, caps->max_dma_maps, caps->pgsizes,
			caps->write_multiple ? "true" : "false");

	return n > 0 && (size_t)n < room ? (size_t)n + 1 : 0;
}
