/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Reads vector files.  Strict: an unknown word, a field twice in two places, a
 * missing field or source, odd digits: each is an error with file and line, so that
 * a typo can't make a vector disappear.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "kat_file.h"

#define LINE_MAX_LEN	4096
#define FIELD_MAX	65536	/* bytes of one field */

struct reader {
	struct kat_set *set;
	const char *file;
	unsigned int line;
	FILE *f;
	int have_source;
	int have_alg;
	struct kat_vec head;	/* service, algorithms and order of the section */
	struct kat_vec *cur;	/* NULL between vectors */
	unsigned int seen;	/* fields of cur, by index into field[] */
	int last;		/* the field of the line before */
};

static const char * const service_name[KAT_NB_SERVICES] = {
	[KAT_CIPHER] = "cipher", [KAT_HASH] = "hash", [KAT_MAC] = "mac",
	[KAT_AEAD] = "aead", [KAT_CHAIN] = "chain",
};

const char *
kat_service_name(enum kat_service service)
{
	return service_name[service];
}

#define IN(s)	(1u << KAT_##s)

/* need: the services for which a vector without the field is an error; may: those
 * which can have it.
 */
static const struct {
	const char *word;
	size_t off;
	unsigned int need, may;
	int range;		/* "offset length" instead of bytes */
} field[] = {
	{ "key", offsetof(struct kat_vec, key),
		IN(CIPHER) | IN(MAC) | IN(AEAD) | IN(CHAIN), 0, 0 },
	{ "authkey", offsetof(struct kat_vec, auth_key), 0, IN(CHAIN), 0 },
	{ "iv", offsetof(struct kat_vec, iv), IN(AEAD), IN(CIPHER) | IN(MAC) | IN(CHAIN), 0 },
	{ "aad", offsetof(struct kat_vec, aad), IN(AEAD), 0, 0 },
	{ "in", offsetof(struct kat_vec, in),
		IN(CIPHER) | IN(HASH) | IN(MAC) | IN(AEAD) | IN(CHAIN), 0, 0 },
	{ "out", offsetof(struct kat_vec, out), IN(CIPHER) | IN(AEAD) | IN(CHAIN), 0, 0 },
	{ "digest", offsetof(struct kat_vec, digest),
		IN(HASH) | IN(MAC) | IN(AEAD) | IN(CHAIN), 0, 0 },
	{ "cipher", offsetof(struct kat_vec, cipher), IN(CHAIN), 0, 1 },
	{ "auth", offsetof(struct kat_vec, auth), IN(CHAIN), 0, 1 },
};
#define NB_FIELDS	(sizeof(field) / sizeof(field[0]))

static int
fail(const struct reader *r, const char *what)
{
	fprintf(stderr, "%s:%u: %s\n", r->file, r->line, what);
	return -EINVAL;
}

static int
append(struct kat_bytes *b, const uint8_t *p, size_t n)
{
	uint8_t *grown;

	if (n == 0)
		return 0;
	if (b->len + n > FIELD_MAX)
		return -1;
	grown = realloc(b->data, b->len + n);
	if (grown == NULL)
		return -1;
	memcpy(grown + b->len, p, n);
	b->data = grown;
	b->len += (uint32_t)n;
	return 0;
}

static int
append_repeated(struct kat_bytes *b, uint8_t byte, unsigned long n)
{
	while (n-- > 0)
		if (append(b, &byte, 1) != 0)
			return -1;
	return 0;
}

/* "text", XX*N, or pairs of digits; all to the end of the line. */
static int
parse_bytes(const struct reader *r, struct kat_bytes *b, const char *s)
{
	size_t len = strlen(s);
	unsigned int byte;
	unsigned long n;
	uint8_t one;
	char *end;

	if (len >= 2 && s[0] == '"' && s[len - 1] == '"')
		return append(b, (const uint8_t *)s + 1, len - 2) != 0 ?
				fail(r, "too long") : 0;
	if (len > 3 && s[2] == '*' && sscanf(s, "%2x", &byte) == 1) {
		n = strtoul(s + 3, &end, 10);
		if (*end != '\0' || n == 0 || n > FIELD_MAX)
			return fail(r, "XX*N: N is no sensible number");
		return append_repeated(b, (uint8_t)byte, n) != 0 ? fail(r, "too long") : 0;
	}
	for (; *s != '\0'; s += 2) {
		if (!isxdigit((unsigned char)s[0]) || !isxdigit((unsigned char)s[1]))
			return fail(r, "hex digits in pairs, \"text\" or XX*N");
		sscanf(s, "%2x", &byte);
		one = (uint8_t)byte;
		if (append(b, &one, 1) != 0)
			return fail(r, "too long");
	}
	return 0;
}

static int
parse_range(const struct reader *r, struct kat_range *out, const char *s)
{
	int used;

	if (sscanf(s, "%u %u%n", &out->off, &out->len, &used) != 2 || s[used] != '\0')
		return fail(r, "a range is two numbers: offset length");
	return 0;
}

/* A vector is whole: its fields are there and agree with each other. */
static int
finish(struct reader *r)
{
	struct kat_vec *v = r->cur;
	size_t i;

	if (v == NULL)
		return 0;
	r->cur = NULL;
	for (i = 0; i < NB_FIELDS; i++)
		if ((field[i].need & 1u << v->service) && !(r->seen & 1u << i)) {
			fprintf(stderr, "%s:%u: vector '%s' lacks %s\n", r->file, v->line, v->name,
					field[i].word);
			return -EINVAL;
		}
	if (v->service != KAT_CHAIN)
		v->cipher = v->auth = (struct kat_range){ 0, v->in.len };
	if (v->service != KAT_HASH && v->service != KAT_MAC && v->in.len != v->out.len)
		return fail(r, "the vector above: in and out differ in length");
	if ((uint64_t)v->cipher.off + v->cipher.len > v->in.len ||
			(uint64_t)v->auth.off + v->auth.len > v->in.len)
		return fail(r, "the vector above: a range lies outside in");
	return 0;
}

static int
start_alg(struct reader *r, char *rest)
{
	char service[KAT_NAME_MAX], order[KAT_NAME_MAX];
	int nb;

	if (!r->have_source)
		return fail(r, "no source named yet");
	memset(&r->head, 0, sizeof(r->head));
	nb = sscanf(rest, "%63s %63s %63s %63s", service, r->head.alg, r->head.auth_alg, order);
	for (r->head.service = 0; r->head.service < KAT_NB_SERVICES; r->head.service++)
		if (nb > 0 && strcmp(service, service_name[r->head.service]) == 0)
			break;
	r->have_alg = 1;
	if (r->head.service == KAT_CHAIN && nb == 4) {
		r->head.order = KAT_AUTH_THEN_CIPHER;
		if (strcmp(order, "auth-then-cipher") == 0)
			return 0;
		r->head.order = KAT_CIPHER_THEN_AUTH;
		if (strcmp(order, "cipher-then-auth") == 0)
			return 0;
	} else if (r->head.service < KAT_CHAIN && nb == 2) {
		return 0;
	}
	return fail(r, "alg SERVICE NAME, or alg chain CIPHER AUTH ORDER");
}

static int
start_vec(struct reader *r, const char *name)
{
	struct kat_set *set = r->set;
	struct kat_vec *grown;

	if (!r->have_alg)
		return fail(r, "no alg yet");
	if (*name == '\0' || strlen(name) >= KAT_NAME_MAX)
		return fail(r, "a vector's name has 1 to 63 characters");
	grown = realloc(set->vec, (set->nb + 1) * sizeof(*grown));
	if (grown == NULL)
		return -ENOMEM;
	set->vec = grown;
	r->cur = &set->vec[set->nb++];
	*r->cur = r->head;
	strcpy(r->cur->name, name);
	r->cur->file = r->file;
	r->cur->line = r->line;
	r->seen = 0;
	r->last = -1;
	return 0;
}

static int
add_field(struct reader *r, int i, const char *rest)
{
	uint8_t *at = (uint8_t *)r->cur + field[i].off;

	if (!((field[i].need | field[i].may) & 1u << r->cur->service))
		return fail(r, "this service has no such field");
	if ((r->seen & 1u << i) && r->last != i)
		return fail(r, "the field stands twice; only adjacent lines add up");
	r->seen |= 1u << i;
	r->last = i;
	if (field[i].range)
		return parse_range(r, (struct kat_range *)at, rest);
	return parse_bytes(r, (struct kat_bytes *)at, rest);
}

static int
parse_line(struct reader *r, char *s)
{
	size_t i, word;
	char *rest;
	int ret;

	s[strcspn(s, "\r\n")] = '\0';
	if (s[0] == '#' || s[0] == '\0')
		return 0;
	word = strcspn(s, " ");
	rest = s + word + strspn(s + word, " ");
	s[word] = '\0';
	for (i = 0; r->cur != NULL && i < NB_FIELDS; i++)
		if (strcmp(s, field[i].word) == 0)
			return add_field(r, (int)i, rest);
	ret = finish(r);
	if (ret != 0)
		return ret;
	if (strcmp(s, "vec") == 0)
		return start_vec(r, rest);
	if (strcmp(s, "alg") == 0)
		return start_alg(r, rest);
	if (strcmp(s, "source") != 0 || *rest == '\0')
		return fail(r, "source, alg, vec, or a field inside a vector");
	r->have_source = 1;
	r->have_alg = 0;	/* each source says anew what follows */
	return 0;
}

static int
add_name(struct kat_set *set, const char *path)
{
	char **grown = realloc(set->file, (set->nb_files + 1) * sizeof(*grown));

	if (grown == NULL)
		return -ENOMEM;
	set->file = grown;
	set->file[set->nb_files] = strdup(path);
	return set->file[set->nb_files++] == NULL ? -ENOMEM : 0;
}

static int
load_file(struct kat_set *set, const char *path)
{
	struct reader r = { .set = set };
	unsigned int before = set->nb;
	char line[LINE_MAX_LEN];
	int ret;

	ret = add_name(set, path);
	if (ret != 0)
		return ret;
	r.file = set->file[set->nb_files - 1];
	r.f = fopen(path, "r");
	if (r.f == NULL) {
		ret = -errno;
		fprintf(stderr, "%s: %s\n", path, strerror(-ret));
		return ret;
	}
	while (ret == 0 && fgets(line, sizeof(line), r.f) != NULL) {
		r.line++;
		ret = strlen(line) == sizeof(line) - 1 ? fail(&r, "line too long") :
				parse_line(&r, line);
	}
	if (ret == 0)
		ret = finish(&r);
	fclose(r.f);
	if (ret == 0 && set->nb == before)
		ret = fail(&r, "no vector in this file");
	return ret;
}

static int
is_kat(const struct dirent *d)
{
	size_t n = strlen(d->d_name);

	return n > 4 && strcmp(d->d_name + n - 4, ".kat") == 0;
}

static int
load_folder(struct kat_set *set, const char *path)
{
	struct dirent **names;
	int nb, i, ret = 0;
	char full[4096];

	nb = scandir(path, &names, is_kat, alphasort);
	if (nb <= 0) {
		fprintf(stderr, "%s: no *.kat in this folder\n", path);
		return -ENOENT;
	}
	for (i = 0; i < nb; i++) {
		if (ret == 0) {
			snprintf(full, sizeof(full), "%s/%s", path, names[i]->d_name);
			ret = load_file(set, full);
		}
		free(names[i]);
	}
	free(names);
	return ret;
}

int
kat_load(struct kat_set *set, const char *path)
{
	struct stat st;

	if (stat(path, &st) != 0) {
		int err = errno;

		fprintf(stderr, "%s: %s\n", path, strerror(err));
		return -err;
	}
	return S_ISDIR(st.st_mode) ? load_folder(set, path) : load_file(set, path);
}

void
kat_free(struct kat_set *set)
{
	struct kat_bytes *b;
	unsigned int i;
	size_t j;

	for (i = 0; i < set->nb; i++)
		for (j = 0; j < NB_FIELDS; j++) {
			b = (void *)((uint8_t *)&set->vec[i] + field[j].off);
			if (!field[j].range)
				free(b->data);
		}
	for (i = 0; i < set->nb_files; i++)
		free(set->file[i]);
	free(set->vec);
	free(set->file);
	memset(set, 0, sizeof(*set));
}
