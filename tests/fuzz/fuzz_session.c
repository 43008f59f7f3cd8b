/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The session message of vhost-user and its answer, each from another process.
 *
 * Input: layouts and a length, room for a message that is built, an id, then a message's
 * bytes (zeros once they are used up) in memory of exactly its length.  A session that is
 * taken has its keys in the message; built in any layout that has room for it and parsed
 * again it is the same.  What is refused is refused for a reason that fits and leaves the
 * caller's memory as it was.
 */
#include <errno.h>
#include <stdbool.h>

#include "fuzz_input.h"
#include "req_vhost_user.h"

#define LEN_SHORT	sizeof(struct vhu_session_plain)	/* OPCODE has the same */
#define LEN_LONG	sizeof(struct vhu_session_union)
#define UNTOUCHED	0x5a

/* Bytes of a message of this layout; 0: there is no such message. */
static size_t
session_len(enum req_vhu_layout layout)
{
	switch (layout) {
	case REQ_VHU_LAYOUT_OPCODE:
	case REQ_VHU_LAYOUT_PLAIN:
		return LEN_SHORT;
	case REQ_VHU_LAYOUT_UNION:
		return LEN_LONG;
	case REQ_VHU_LAYOUT_AUTO:
	case REQ_VHU_NB_LAYOUTS:
	default:
		return 0;
	}
}

static bool
session_all(const uint8_t *p, size_t len, uint8_t value)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (p[i] != value)
			return false;
	return true;
}

/* A key is none, or lies in the message. */
static void
session_within(const uint8_t *key, uint32_t key_len, const uint8_t *msg, size_t len)
{
	if (key == NULL)
		FUZZ_CHECK(key_len == 0);
	else
		FUZZ_CHECK(key >= msg && key <= msg + len && key_len <= len - (size_t)(key - msg));
}

static void
session_key_same(const uint8_t *a, uint32_t a_len, const uint8_t *b, uint32_t b_len)
{
	FUZZ_CHECK(a_len == b_len);
	FUZZ_CHECK(a_len == 0 || memcmp(a, b, a_len) == 0);
}

static void
session_same(const struct req_session *a, const struct req_session *b)
{
	FUZZ_CHECK(a->kind == b->kind && a->algo == b->algo && a->op == b->op);
	FUZZ_CHECK(a->chain_order == b->chain_order && a->hash_mode == b->hash_mode);
	FUZZ_CHECK(a->auth_algo == b->auth_algo);
	FUZZ_CHECK(a->digest_len == b->digest_len && a->aad_len == b->aad_len);
	FUZZ_CHECK(a->key_type == b->key_type && a->curve == b->curve);
	FUZZ_CHECK(a->rsa_padding == b->rsa_padding && a->rsa_hash == b->rsa_hash);
	session_key_same(a->key, a->key_len, b->key, b->key_len);
	session_key_same(a->auth_key, a->auth_key_len, b->auth_key, b->auth_key_len);
}

/* A message that was built is found to be what it is, whether its layout is told or not. */
static void
session_built(const uint8_t *msg, size_t len, enum req_vhu_layout layout,
		const struct req_session *s)
{
	enum req_vhu_layout asked[] = { layout, REQ_VHU_LAYOUT_AUTO };
	struct req_session second;
	unsigned int i;
	int64_t id;

	FUZZ_CHECK(len == session_len(layout));
	for (i = 0; i < 2; i++) {
		FUZZ_CHECK(req_vhu_session_parse(&second, &asked[i], msg, len) == 0);
		FUZZ_CHECK(asked[i] == layout);
		session_same(&second, s);
	}
	FUZZ_CHECK(req_vhu_answer_parse(&id, layout, msg, len) == 0);
	FUZZ_CHECK(id == REQ_VHU_ID_UNANSWERED);
}

/* In a layout of its own or another, into room for it or less. */
static void
session_again(const struct req_session *s, enum req_vhu_layout layout, size_t room)
{
	bool has_room = s->kind != REQ_AKCIPHER || layout == REQ_VHU_LAYOUT_UNION;
	uint8_t *msg = malloc(room + 1);
	int rc;

	FUZZ_CHECK(msg != NULL);
	memset(msg, UNTOUCHED, room + 1);
	rc = req_vhu_session_build(msg, room, layout, s);
	if (session_len(layout) == 0 || req_session_check(s) != 0)
		FUZZ_CHECK(rc == -EINVAL);
	else if (!has_room)
		FUZZ_CHECK(rc == -ENOTSUP);
	else if (room < session_len(layout))
		FUZZ_CHECK(rc == -ENOSPC);
	else
		session_built(msg, (size_t)rc, layout, s);
	if (rc < 0)
		rc = 0;
	FUZZ_CHECK(session_all(msg + rc, room + 1 - (size_t)rc, UNTOUCHED));
	free(msg);
}

static void
session_message(const uint8_t *msg, size_t len, enum req_vhu_layout asked,
		enum req_vhu_layout other, size_t room)
{
	enum req_vhu_layout layout = asked;
	struct req_session s;
	int rc = req_vhu_session_parse(&s, &layout, msg, len);

	if (asked >= REQ_VHU_NB_LAYOUTS) {
		FUZZ_CHECK(rc == -EINVAL && layout == asked);
		return;
	}
	FUZZ_CHECK(asked == REQ_VHU_LAYOUT_AUTO || layout == asked);
	if (len != session_len(layout)) {
		FUZZ_CHECK(rc == -EBADMSG);
		return;
	}
	FUZZ_CHECK(rc == 0 || rc == -EBADMSG || rc == -ENOTSUP);
	if (rc != 0)
		return;
	FUZZ_CHECK(s.kind == REQ_CIPHER || s.kind == REQ_CHAIN || s.kind == REQ_AKCIPHER);
	session_within(s.key, s.key_len, msg, len);
	session_within(s.auth_key, s.auth_key_len, msg, len);
	session_again(&s, layout, LEN_LONG);
	session_again(&s, other, room);
}

/* Any bytes as an answer; then the answer that a back end makes of them, without a key. */
static void
session_answer(uint8_t *msg, size_t len, enum req_vhu_layout layout, int64_t id)
{
	bool fits = session_len(layout) != 0 && len == session_len(layout);
	uint8_t *before = fuzz_copy(msg, len);
	int64_t got = id;

	FUZZ_CHECK(req_vhu_answer_parse(&got, layout, msg, len) == (fits ? 0 : -EBADMSG));
	FUZZ_CHECK(fits || got == id);
	FUZZ_CHECK(req_vhu_answer_build(msg, len, layout, id) == (fits ? 0 : -EBADMSG));
	if (fits) {
		FUZZ_CHECK(req_vhu_answer_parse(&got, layout, msg, len) == 0 && got == id);
		/* With the id 0 nothing is left of the message. */
		FUZZ_CHECK(req_vhu_answer_build(before, len, layout, 0) == 0);
		FUZZ_CHECK(session_all(before, len, 0));
	} else {
		FUZZ_CHECK(len == 0 || memcmp(msg, before, len) == 0);
	}
	free(before);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = { data, size };
	uint8_t how = fuzz_u8(&in), more = fuzz_u8(&in);
	enum req_vhu_layout asked = how & 7, other = more & 7;
	size_t room = fuzz_u16(&in) % (LEN_LONG + 128), len = room, need = session_len(other);
	uint64_t id = fuzz_u64(&in);
	uint8_t *msg;

	/* The message's length: some layout's, or any.  Room to build: enough, one byte less,
	 * or any.
	 */
	if (how & 8)
		len = how & 16 ? LEN_LONG : LEN_SHORT;
	if ((more & 8) && need != 0)
		room = more & 16 ? need - 1 : need;
	msg = malloc(len != 0 ? len : 1);
	FUZZ_CHECK(msg != NULL);
	fuzz_take(&in, msg, len);
	/* UNION's id: inputs are too short to reach it. */
	if (len == LEN_LONG)
		memcpy(msg + len - sizeof(id), &id, sizeof(id));
	FUZZ_CHECK((req_vhu_layout_name(asked) != NULL) == (asked < REQ_VHU_NB_LAYOUTS));
	session_message(msg, len, asked, other, room);
	session_answer(msg, len, other, (int64_t)id);
	free(msg);
	return 0;
}
