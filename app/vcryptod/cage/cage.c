/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The cage's options, its three steps, and the line that tells of it; see cage.h.
 */
#include <errno.h>
#include <grp.h>
#include <malloc.h>
#include <pwd.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "cage.h"

static const char * const cage_name[VCRYPTOD_CAGE_NB_PARTS] = {
	[VCRYPTOD_CAGE_LIMITS] = "limits",
	[VCRYPTOD_CAGE_DUMPS] = "dumps",
	[VCRYPTOD_CAGE_NAMESPACES] = "namespaces",
	[VCRYPTOD_CAGE_ROOT] = "root",
	[VCRYPTOD_CAGE_CAPABILITIES] = "capabilities",
	[VCRYPTOD_CAGE_PRIVILEGES] = "no-new-privs",
	[VCRYPTOD_CAGE_SECCOMP] = "seccomp",
};

/* ---- options ---- */

void
vcryptod_cage_init(struct vcryptod_cage *c)
{
	memset(c, 0, sizeof(*c));
	c->parts = VCRYPTOD_CAGE_ALL;
	/* The leak check reads /proc and traces the process. */
	if (vcryptod_cage_is_sanitized())
		c->parts &= ~(VCRYPTOD_CAGE_BIT(VCRYPTOD_CAGE_DUMPS) |
				VCRYPTOD_CAGE_BIT(VCRYPTOD_CAGE_ROOT));
}

/* 0 if there is no part of this name. */
static uint32_t
cage_find(const char *name, size_t len)
{
	unsigned int i;

	for (i = 0; i < VCRYPTOD_CAGE_NB_PARTS; i++)
		if (strlen(cage_name[i]) == len && memcmp(cage_name[i], name, len) == 0)
			return VCRYPTOD_CAGE_BIT(i);
	return 0;
}

const char *
vcryptod_cage_parse(struct vcryptod_cage *c, const char *list)
{
	uint32_t parts = *list == '-' ? c->parts : 0, bit;
	bool tell = false, minus;
	size_t len;

	do {
		minus = *list == '-';
		list += minus;
		len = strcspn(list, ",");
		bit = cage_find(list, len);
		if (!minus && len == 3 && memcmp(list, "all", len) == 0)
			bit = VCRYPTOD_CAGE_ALL;
		else if (!minus && len == 4 && memcmp(list, "tell", len) == 0)
			tell = true;
		else if (bit == 0 && (minus || len != 4 || memcmp(list, "none", len) != 0))
			return "not a list of limits, dumps, namespaces, root, capabilities, "
				"no-new-privs, seccomp, all, none, tell";
		parts = minus ? parts & ~bit : parts | bit;
		list += len;
	} while (*list++ == ',');
	c->parts = parts;
	c->tell = tell;
	return NULL;
}

/* An id that is a number; false if it is none, or the one that means "unchanged". */
static bool
cage_number(uint32_t *id, const char *s)
{
	unsigned long n;
	char *end;

	if (*s < '0' || *s > '9')
		return false;
	errno = 0;
	n = strtoul(s, &end, 10);
	*id = (uint32_t)n;
	return *end == '\0' && errno == 0 && n < UINT32_MAX;
}

const char *
vcryptod_cage_parse_user(struct vcryptod_cage *c, const char *arg)
{
	const char *colon = strchr(arg, ':');
	const struct passwd *pw;
	const struct group *gr;
	uint32_t id = 0;
	char name[64];

	if ((size_t)snprintf(name, sizeof(name), "%.*s",
			(int)(colon != NULL ? colon - arg : (ptrdiff_t)strlen(arg)), arg) >=
			sizeof(name))
		return "the name of the user is too long";
	pw = getpwnam(name);
	if (pw == NULL && !cage_number(&id, name))
		return "there is no user of this name";
	if (pw == NULL)
		pw = getpwuid(id);
	if (pw == NULL && colon == NULL)
		return "this user is not known, so that a group is needed: UID:GID";
	c->uid = pw != NULL ? pw->pw_uid : id;
	c->gid = pw != NULL ? pw->pw_gid : 0;
	if (colon != NULL) {
		gr = getgrnam(colon + 1);
		if (gr == NULL && !cage_number(&id, colon + 1))
			return "there is no group of this name";
		c->gid = gr != NULL ? gr->gr_gid : id;
	}
	c->has_user = true;
	return NULL;
}

/* ---- begin ---- */

/* Exactly nb: more would be room for whoever got into the process. */
static int
cage_limit_fds(struct vcryptod_cage *c, const char *path, unsigned int nb)
{
	struct rlimit now, want = { nb, nb };

	if (getrlimit(RLIMIT_NOFILE, &now) != 0)
		return -errno;
	if (setrlimit(RLIMIT_NOFILE, &want) == 0) {
		c->nb_fds = nb;
		return 0;
	}
	fprintf(stderr, "vcryptod: %s: this device needs %u descriptors, and its limit is %llu: "
			"raise it (ulimit -Hn %u; LimitNOFILE=%u in a unit of systemd), or take "
			"fewer --queues\n", path, nb, (unsigned long long)now.rlim_max, nb, nb);
	return -EMFILE;
}

int
vcryptod_cage_begin(struct vcryptod_cage *c, const char *path, unsigned int nb_fds)
{
	const struct rlimit none = { 0, 0 };
	int rc;

	c->is_root = geteuid() == 0;
	if (vcryptod_cage_wants(c, VCRYPTOD_CAGE_LIMITS)) {
		rc = cage_limit_fds(c, path, nb_fds);
		if (rc != 0)
			return rc;
		vcryptod_cage_note(c, VCRYPTOD_CAGE_LIMITS,
				setrlimit(RLIMIT_CORE, &none) == 0 ? 0 : -errno);
	}
	if (vcryptod_cage_wants(c, VCRYPTOD_CAGE_DUMPS))
		vcryptod_cage_note(c, VCRYPTOD_CAGE_DUMPS,
				prctl(PR_SET_DUMPABLE, 0) == 0 ? 0 : -errno);
#ifdef M_ARENA_MAX
	/* glibc opens a file when it is to shrink a second arena. */
	if (vcryptod_cage_wants(c, VCRYPTOD_CAGE_SECCOMP))
		(void)mallopt(M_ARENA_MAX, 1);
#endif
	return 0;
}

/* ---- enter ---- */

/* One try: with the capabilities that the process has, or in a user namespace. */
static void
cage_enter_spaces(struct vcryptod_cage *c, int links_fd, bool in_user_ns)
{
	int rc;

	rc = vcryptod_cage_unshare(c, in_user_ns);
	if (vcryptod_cage_wants(c, VCRYPTOD_CAGE_NAMESPACES))
		vcryptod_cage_note(c, VCRYPTOD_CAGE_NAMESPACES, rc);
	if (rc == 0)
		c->in_user_ns = in_user_ns;
	if (!vcryptod_cage_wants(c, VCRYPTOD_CAGE_ROOT))
		return;
	if (rc == 0)
		rc = vcryptod_cage_empty_root(links_fd);
	vcryptod_cage_note(c, VCRYPTOD_CAGE_ROOT, rc);
}

static bool
cage_lacks(const struct vcryptod_cage *c, uint32_t parts)
{
	return (c->parts & parts & ~c->in_force) != 0;
}

static bool
cage_lacks_spaces(const struct vcryptod_cage *c)
{
	return cage_lacks(c, VCRYPTOD_CAGE_BIT(VCRYPTOD_CAGE_NAMESPACES) |
			VCRYPTOD_CAGE_BIT(VCRYPTOD_CAGE_ROOT));
}

/* The new user comes between the two tries: a user namespace knows no other user than the one
 * that made it, and what has only a changed root may make none.
 */
static int
cage_enter_as_user(struct vcryptod_cage *c, const char *path, int links_fd)
{
	int rc = c->has_user ? vcryptod_cage_become(c, cage_lacks(c,
			VCRYPTOD_CAGE_BIT(VCRYPTOD_CAGE_ROOT))) : 0;

	if (rc != 0) {
		fprintf(stderr, "vcryptod: %s: the process cannot become user %u, group %u: %s: "
				"start the daemon as root, or leave out --user\n", path, c->uid,
				c->gid, strerror(-rc));
		return rc;
	}
	if (cage_lacks_spaces(c) && !c->in_user_ns &&
			(c->in_force & VCRYPTOD_CAGE_BIT(VCRYPTOD_CAGE_NAMESPACES)) == 0)
		cage_enter_spaces(c, links_fd, true);
	if (cage_lacks(c, VCRYPTOD_CAGE_BIT(VCRYPTOD_CAGE_ROOT)) && vcryptod_cage_chroot() == 0) {
		vcryptod_cage_note(c, VCRYPTOD_CAGE_ROOT, 0);
		c->is_chroot = true;
	}
	return 0;
}

static int
cage_enter_bare(struct vcryptod_cage *c, bool kept)
{
	bool wanted = vcryptod_cage_wants(c, VCRYPTOD_CAGE_CAPABILITIES);
	int rc;

	/* A user namespace came with a full set. */
	if (wanted)
		c->has_bounds = vcryptod_cage_drop_bounds() != 0;
	if (wanted || kept) {
		rc = vcryptod_cage_drop_capabilities();
		if (rc != 0)
			return rc;
	}
	if (wanted)
		vcryptod_cage_note(c, VCRYPTOD_CAGE_CAPABILITIES, 0);
	if (vcryptod_cage_wants(c, VCRYPTOD_CAGE_PRIVILEGES)) {
		if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
			return -errno;
		vcryptod_cage_note(c, VCRYPTOD_CAGE_PRIVILEGES, 0);
	}
	/* A change of user or of capabilities undoes both of these. */
	if (vcryptod_cage_wants(c, VCRYPTOD_CAGE_DUMPS) && prctl(PR_SET_DUMPABLE, 0) != 0)
		return -errno;
	return prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 ? 0 : -errno;
}

int
vcryptod_cage_enter(struct vcryptod_cage *c, const char *path, int links_fd)
{
	int rc;

	/* As long as it is allowed: after a change of user it is not.  Told of later. */
	if (vcryptod_cage_wants(c, VCRYPTOD_CAGE_CAPABILITIES))
		(void)vcryptod_cage_drop_bounds();
	if (cage_lacks_spaces(c))
		cage_enter_spaces(c, links_fd, false);
	rc = cage_enter_as_user(c, path, links_fd);
	if (rc != 0)
		return rc;
	rc = cage_enter_bare(c, c->has_user);
	if (rc != 0)
		fprintf(stderr, "vcryptod: %s: the process cannot give up its privileges: %s: see "
				"--cage\n", path, strerror(-rc));
	return rc;
}

int
vcryptod_cage_shut(struct vcryptod_cage *c, const char *path)
{
	int rc;

	if (!vcryptod_cage_wants(c, VCRYPTOD_CAGE_SECCOMP))
		return 0;
	rc = vcryptod_cage_load_calls(c, path);
	vcryptod_cage_note(c, VCRYPTOD_CAGE_SECCOMP, rc);
	if (rc != 0)
		fprintf(stderr, "vcryptod: %s: the system calls cannot be restricted: %s: use a "
				"kernel with seccomp filters, or --cage -seccomp\n", path,
				strerror(-rc));
	return rc;
}

/* ---- the line ---- */

/* Cannot overrun: what does not fit is cut. */
static void __attribute__((format(printf, 3, 4)))
cage_append(char *line, size_t size, const char *format, ...)
{
	size_t len = strlen(line);
	va_list args;

	va_start(args, format);
	(void)vsnprintf(line + len, size - len, format, args);
	va_end(args);
}

static void
cage_append_part(const struct vcryptod_cage *c, char *line, size_t size, unsigned int part)
{
	cage_append(line, size, " %s", cage_name[part]);
	if (part == VCRYPTOD_CAGE_LIMITS)
		cage_append(line, size, " (%u descriptors, no core)", c->nb_fds);
	else if (part == VCRYPTOD_CAGE_NAMESPACES && c->in_user_ns)
		cage_append(line, size, " (in one of users)");
	else if (part == VCRYPTOD_CAGE_ROOT && c->is_chroot)
		cage_append(line, size, " (chroot)");
	else if (part == VCRYPTOD_CAGE_CAPABILITIES && c->has_bounds)
		cage_append(line, size, " (the bounding set stays)");
	else if (part == VCRYPTOD_CAGE_SECCOMP)
		cage_append(line, size, " (%u calls%s)", c->nb_calls,
				vcryptod_cage_is_sanitized() ? ", sanitizer build" : "");
}

void
vcryptod_cage_line(const struct vcryptod_cage *c, char *line, size_t size)
{
	uint32_t off = VCRYPTOD_CAGE_ALL & ~c->parts;
	unsigned int i, nb_refused = 0;

	(void)snprintf(line, size, "cage:%s", c->in_force != 0 ? "" : " none");
	for (i = 0; i < VCRYPTOD_CAGE_NB_PARTS; i++)
		if ((c->in_force & VCRYPTOD_CAGE_BIT(i)) != 0)
			cage_append_part(c, line, size, i);
	if (c->has_user)
		cage_append(line, size, ", user %u:%u", c->uid, c->gid);
	else if (c->is_root)
		cage_append(line, size, ", user root (see --user)");
	for (i = 0; i < VCRYPTOD_CAGE_NB_PARTS; i++)
		if (c->refused[i] != 0)
			cage_append(line, size, "%s %s (%s)", nb_refused++ == 0 ? "; refused:" : "",
					cage_name[i], strerror(c->refused[i]));
	for (i = 0; i < VCRYPTOD_CAGE_NB_PARTS && off != 0; i++)
		if ((off & VCRYPTOD_CAGE_BIT(i)) != 0)
			cage_append(line, size, "%s %s", (off & (VCRYPTOD_CAGE_BIT(i) - 1)) == 0 ?
					"; off:" : "", cage_name[i]);
}
