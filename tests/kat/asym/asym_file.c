/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The reader of vector files: a line is a word and its value.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "asym_file.h"

#define NB(a)	(sizeof(a) / sizeof((a)[0]))

static const char * const kind_name[] = {
	[ASYM_RSA_KEY] = "rsa-key",
	[ASYM_RSA_SIGN] = "rsa-sign",
	[ASYM_RSA_CRYPT] = "rsa-crypt",
	[ASYM_ECDSA] = "ecdsa",
};

static const char * const field_name[] = {
	[ASYM_N] = "n", [ASYM_E] = "e", [ASYM_D] = "d", [ASYM_P] = "p", [ASYM_Q] = "q",
	[ASYM_X] = "x", [ASYM_Y] = "y", [ASYM_R] = "r", [ASYM_S] = "s",
	[ASYM_MSG] = "msg", [ASYM_OUT] = "out",
};

/* What a line is read into. */
struct reader {
	struct asym_set *set;
	struct asym_vec alg;		/* kind, hash, curve of those that follow */
	unsigned int line;
	int source;			/* one was named */
};

static int
find(const char * const *names, size_t nb, const char *word)
{
	size_t i;

	for (i = 0; i < nb; i++)
		if (strcmp(names[i], word) == 0)
			return (int)i;
	return -1;
}

/* Hex digits to bytes, added to b. */
static int
add_hex(struct kat_bytes *b, const char *hex)
{
	size_t len = strlen(hex) / 2, i;
	unsigned int byte;
	uint8_t *data;

	if (strlen(hex) % 2 != 0 || len == 0 || strspn(hex, "0123456789abcdefABCDEF") != 2 * len)
		return -EINVAL;
	data = realloc(b->data, b->len + len);
	if (data == NULL)
		return -ENOMEM;
	for (i = 0; i < len; i++) {
		if (sscanf(hex + 2 * i, "%2x", &byte) != 1)
			byte = 0;	/* cannot be: all of it are digits */
		data[b->len + i] = (uint8_t)byte;
	}
	b->data = data;
	b->len += (uint32_t)len;
	return 0;
}

static int
start_alg(struct reader *r, const char *value)
{
	char kind[16] = "", first[16] = "", second[16] = "";
	int n = sscanf(value, "%15s %15s %15s", kind, first, second);
	int k = find(kind_name, NB(kind_name), kind);

	if (k < 0 || !r->source)
		return -EINVAL;
	memset(&r->alg, 0, sizeof(r->alg));
	r->alg.kind = (enum asym_kind)k;
	if (k == ASYM_RSA_SIGN && n == 2)
		strcpy(r->alg.hash, first);
	else if (k == ASYM_ECDSA && n == 3) {
		strcpy(r->alg.curve, first);
		strcpy(r->alg.hash, second);
	} else if (n != 1 || k == ASYM_RSA_SIGN || k == ASYM_ECDSA) {
		return -EINVAL;
	}
	return 0;
}

static int
start_vec(struct reader *r, const char *name)
{
	struct asym_set *set = r->set;
	struct asym_vec *v;

	if (!r->source || strlen(name) == 0 || strlen(name) >= KAT_NAME_MAX)
		return -EINVAL;
	v = realloc(set->vec, (set->nb + 1) * sizeof(*v));
	if (v == NULL)
		return -ENOMEM;
	set->vec = v;
	v += set->nb++;
	*v = r->alg;
	strcpy(v->name, name);
	v->file = set->file;
	v->line = r->line;
	return 0;
}

static int
read_line(struct reader *r, char *line)
{
	struct asym_set *set = r->set;
	char *value = line + strcspn(line, " \t");
	int f;

	if (*value != '\0') {
		*value++ = '\0';
		value += strspn(value, " \t");
	}
	if (strcmp(line, "source") == 0) {
		r->source = *value != '\0';
		return r->source ? 0 : -EINVAL;
	}
	if (strcmp(line, "alg") == 0)
		return start_alg(r, value);
	if (strcmp(line, "vec") == 0)
		return start_vec(r, value);
	f = find(field_name, NB(field_name), line);
	if (set->nb == 0)
		return -EINVAL;
	if (strcmp(line, "bad") == 0 && *value != '\0') {	/* and why */
		set->vec[set->nb - 1].bad = 1;
		return 0;
	}
	return f < 0 ? -EINVAL : add_hex(&set->vec[set->nb - 1].f[f], value);
}

static int
read_file(struct reader *r, FILE *in)
{
	char *line = NULL;
	size_t size = 0;
	int rc = 0;

	while (rc == 0 && getline(&line, &size, in) >= 0) {
		size_t len = strlen(line);

		while (len > 0 && isspace((unsigned char)line[len - 1]))
			line[--len] = '\0';
		r->line++;
		if (len != 0 && line[0] != '#')
			rc = read_line(r, line);
	}
	free(line);
	return rc == 0 && r->set->nb == 0 ? -ENOENT : rc;
}

int
asym_set_load(struct asym_set *set, const char *path)
{
	struct reader r = { .set = set };
	FILE *in = fopen(path, "r");
	int rc;

	if (in == NULL) {
		rc = -errno;
		fprintf(stderr, "%s: %s\n", path, strerror(-rc));
		return rc;
	}
	set->file = strdup(strrchr(path, '/') != NULL ? strrchr(path, '/') + 1 : path);
	rc = set->file == NULL ? -ENOMEM : read_file(&r, in);
	fclose(in);
	if (rc != 0)
		fprintf(stderr, "%s:%u: %s\n", path, r.line, rc == -ENOENT ? "no vectors" :
				rc == -EINVAL ? "not a line of a vector file" : strerror(-rc));
	return rc;
}

void
asym_set_free(struct asym_set *set)
{
	unsigned int i, f;

	for (i = 0; i < set->nb; i++)
		for (f = 0; f < ASYM_NB_FIELDS; f++)
			free(set->vec[i].f[f].data);
	free(set->vec);
	free(set->file);
	memset(set, 0, sizeof(*set));
}
