/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A file with many devices; see config.h.  libinih cuts what is too long for it and counts lines
 * for itself, so the lines are read, counted and judged here.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <ini.h>

#include "config.h"

#define CONFIG_DAEMON	"vcryptod"	/* the section of all devices */
#define CONFIG_PLACE	320		/* bytes: a file's name and a line's number */
#define CONFIG_OF_ALL	UINT32_MAX	/* in place of a device */

struct config_word {
	struct config_word *next;
	unsigned int device;		/* CONFIG_OF_ALL: of all */
	bool is_socket;
	size_t name_len;
	char text[];			/* "--NAME=VALUE" */
};

struct config_reader {
	FILE *file;
	const char *name;
	unsigned int line;		/* that was read last */
	bool failed;			/* and said why */
	struct config_word *words, **end;
	unsigned int nb;		/* devices */
	char device[VCRYPTOD_MAX_SOCKETS][VCRYPTOD_CONFIG_NAME];
	bool has_socket[VCRYPTOD_MAX_SOCKETS];
	struct vcryptod_options checked;	/* what each line was looked at with */
};

/* The first mistake alone; returns what stops a handler of libinih. */
static int __attribute__((format(printf, 2, 3)))
config_error(struct config_reader *r, const char *format, ...)
{
	va_list args;

	if (r->failed)
		return 0;
	r->failed = true;
	fprintf(stderr, "vcryptod: %s:%u: ", r->name, r->line);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	return 0;
}

/* What no text has, and a terminal may obey where a line about it is said. */
static bool
config_is_control(int c)
{
	return (c >= 0 && c < ' ' && c != '\n' && c != '\t' && c != '\r') || c == 0x7f;
}

/* A line, as fgets; NULL: no more, or not one to go on with. */
static char *
config_read_line(char *to, int size, void *ctx)
{
	struct config_reader *r = ctx;
	int len = 0, c = 0;

	if (r->failed)
		return NULL;
	r->line++;
	while (c != '\n' && (c = fgetc(r->file)) != EOF && !config_is_control(c) &&
			len < size - 1)
		to[len++] = (char)c;
	to[len] = '\0';
	if (config_is_control(c))
		config_error(r, "the line has a byte 0x%02x: is this a text?", c);
	else if (r->line > VCRYPTOD_CONFIG_LINES && len > 0)
		config_error(r, "the file has more lines than %u", VCRYPTOD_CONFIG_LINES);
	else if (c != '\n' && c != EOF)
		config_error(r, "the line is longer than %d bytes", size - 2);
	if (len == 0)
		r->line -= r->line > 1;		/* the end is no line, nor does one begin there */
	return r->failed || len == 0 ? NULL : to;
}

/* The device of a section; CONFIG_OF_ALL for all; false, said: it is none. */
static bool
config_find_device(struct config_reader *r, unsigned int *device, const char *section)
{
	unsigned int i;

	*device = CONFIG_OF_ALL;
	if (strcmp(section, CONFIG_DAEMON) == 0)
		return true;
	if (*section == '\0')
		return config_error(r, "begin a section first: [%s] for all devices, or one of "
				"another name for one device", CONFIG_DAEMON);
	if (strlen(section) >= VCRYPTOD_CONFIG_NAME)
		return config_error(r, "the name of the section is longer than %d bytes",
				VCRYPTOD_CONFIG_NAME - 1);
	for (i = 0; i < r->nb && strcmp(r->device[i], section) != 0; i++)
		;
	if (i == VCRYPTOD_MAX_SOCKETS)
		return config_error(r, "more than %d devices: start another daemon for the rest",
				VCRYPTOD_MAX_SOCKETS);
	/* Sockets are devices in the order of their lines, sections in that of their beginnings. */
	if (i + 1 < r->nb)
		return config_error(r, "section [%s] begins again behind another one: keep its "
				"lines together", section);
	if (i == r->nb)
		strcpy(r->device[r->nb++], section);
	*device = i;
	return true;
}

/* May the option stand in this section? */
static int
config_check_place(struct config_reader *r, unsigned int device, const char *name)
{
	const struct config_word *w;
	size_t len = strlen(name);

	for (w = r->words; w != NULL; w = w->next)
		if (w->device == device && w->name_len == len &&
				memcmp(w->text + 2, name, len) == 0)
			return config_error(r, "%s is given twice in this section (a line that "
					"begins with a space goes on with the one above)", name);
	switch (vcryptod_options_scope(name)) {
	case VCRYPTOD_OPTION_UNKNOWN:
		return config_error(r, "there is no option %s; see --help", name);
	case VCRYPTOD_OPTION_LINE:
		return config_error(r, "%s is an option of the command line alone", name);
	case VCRYPTOD_OPTION_DAEMON:
		return device == CONFIG_OF_ALL || config_error(r, "%s is an option of all devices: "
				"move it to [%s]", name, CONFIG_DAEMON);
	case VCRYPTOD_OPTION_SOCKET:
		if (device == CONFIG_OF_ALL)
			return config_error(r, "%s makes a device: give it a section of its own",
					name);
		if (r->has_socket[device])
			return config_error(r, "this section has a socket already, and is one "
					"device: begin another one");
		r->has_socket[device] = true;
		return 1;
	default:
		return 1;
	}
}

/* What would print a table and end the program. */
static bool
config_prints(const char *name, const char *value)
{
	return strcmp(value, "list") == 0 &&
			(strcmp(name, "engine") == 0 || strcmp(name, "algos") == 0);
}

/* Keeps "--NAME=VALUE", and looks at its value. */
static int
config_keep(struct config_reader *r, unsigned int device, const char *name, const char *value)
{
	size_t size = strlen(name) + strlen(value) + sizeof("--=");
	struct config_word *w;
	char place[CONFIG_PLACE];
	int rc;

	if (config_prints(name, value))
		return config_error(r, "%s = %s is for the command line alone", name, value);
	w = malloc(sizeof(*w) + size);
	if (w == NULL)
		return config_error(r, "no memory");
	*w = (struct config_word){ .device = device, .name_len = strlen(name),
		.is_socket = vcryptod_options_scope(name) == VCRYPTOD_OPTION_SOCKET };
	(void)snprintf(w->text, size, "--%s=%s", name, value);
	*r->end = w;
	r->end = &w->next;
	(void)snprintf(place, sizeof(place), "%s:%u: ", r->name, r->line);
	rc = vcryptod_options_set(&r->checked, place, name, w->text + 2 + w->name_len + 1);
	r->failed |= rc != 0;
	return rc == 0;
}

/* 0: stop. */
static int
config_take(void *ctx, const char *section, const char *name, const char *value)
{
	struct config_reader *r = ctx;
	unsigned int device;

	return !r->failed && config_find_device(r, &device, section) &&
			config_check_place(r, device, name) != 0 &&
			config_keep(r, device, name, value) != 0;
}

static int
config_read_all(struct config_reader *r)
{
	unsigned int i;
	int rc;

	rc = ini_parse_stream(config_read_line, r, config_take, r);
	if (rc > 0 && !r->failed) {
		r->line = (unsigned int)rc;
		config_error(r, "neither [SECTION] nor NAME = VALUE nor a comment");
	}
	if (!r->failed && (rc < 0 || ferror(r->file)))
		config_error(r, "the file cannot be read on");
	for (i = 0; i < r->nb && !r->failed; i++)
		if (!r->has_socket[i])
			config_error(r, "[%s] has no socket: give it socket = PATH, or vfio-user = "
					"PATH", r->device[i]);
	if (r->nb == 0 && !r->failed)
		config_error(r, "the file has no device: begin a section with any name, and give "
				"it socket = PATH");
	return r->failed ? -EINVAL : 0;
}

/* ---- command lines ---- */

/* Appends copies of the sockets, or else of the options of device. */
static int
config_append(char **argv, int *argc, const struct config_reader *r, unsigned int device,
		bool sockets)
{
	const struct config_word *w;

	for (w = r->words; w != NULL; w = w->next) {
		if (w->is_socket != sockets || (!sockets && w->device != device))
			continue;
		argv[*argc] = strdup(w->text);
		if (argv[*argc] == NULL)
			return -ENOMEM;
		++*argc;
	}
	return 0;
}

static unsigned int
config_count(const struct config_reader *r)
{
	const struct config_word *w;
	unsigned int n = 0;

	for (w = r->words; w != NULL; w = w->next)
		n++;
	return n;
}

/* device: CONFIG_OF_ALL for those that are not of the file. */
static int
config_build(struct vcryptod_config *c, const struct config_reader *r, unsigned int device,
		int argc, char **argv)
{
	unsigned int at = device < c->nb ? device : c->nb;
	char **to = calloc(config_count(r) + (unsigned int)argc + 1, sizeof(to[0]));
	int n = 1, rc;

	c->argv[at] = to;
	if (to == NULL)
		return -ENOMEM;
	to[0] = argv[0];
	rc = config_append(to, &n, r, CONFIG_OF_ALL, false);
	if (rc == 0)
		rc = config_append(to, &n, r, device, true);
	if (rc == 0 && device != CONFIG_OF_ALL)
		rc = config_append(to, &n, r, device, false);
	c->own[at] = n;
	c->argc[at] = n + argc - 1;
	memcpy(to + n, argv + 1, (size_t)(argc - 1) * sizeof(to[0]));
	return rc;
}

void
vcryptod_config_fini(struct vcryptod_config *c)
{
	unsigned int i;
	int k;

	for (i = 0; i <= c->nb; i++) {
		for (k = 1; k < c->own[i]; k++)
			free(c->argv[i][k]);
		free(c->argv[i]);
	}
	memset(c, 0, sizeof(*c));
}

int
vcryptod_config_parse(struct vcryptod_config *c, FILE *file, const char *name, int argc,
		char **argv)
{
	struct config_reader *r = calloc(1, sizeof(*r));
	struct config_word *w;
	unsigned int i;
	int rc;

	memset(c, 0, sizeof(*c));
	if (r == NULL) {
		fprintf(stderr, "vcryptod: %s: no memory\n", name);
		return -ENOMEM;
	}
	r->file = file;
	r->name = name;
	r->end = &r->words;
	r->checked.fd = -1;
	rc = config_read_all(r);
	c->nb = r->nb;
	for (i = 0; i <= c->nb && rc == 0; i++) {
		rc = config_build(c, r, i < c->nb ? i : CONFIG_OF_ALL, argc, argv);
		if (rc != 0)
			config_error(r, "no memory");
	}
	if (rc != 0)
		vcryptod_config_fini(c);
	while ((w = r->words) != NULL) {
		r->words = w->next;
		free(w);
	}
	free(r);
	return rc;
}

int
vcryptod_config_read(struct vcryptod_config *c, const char *path, int argc, char **argv)
{
	FILE *file = fopen(path, "re");
	int rc;

	if (file == NULL) {
		rc = -errno;
		fprintf(stderr, "vcryptod: --config %s: %s: name a file that this user can read\n",
				path, strerror(-rc));
		return rc;
	}
	rc = vcryptod_config_parse(c, file, path, argc, argv);
	fclose(file);
	return rc;
}
