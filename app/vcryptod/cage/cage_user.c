/* SPDX-License-Identifier: BSD-3-Clause
 *
 * User, groups and capabilities; see cage.h.
 */
#include <errno.h>
#include <grp.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cap-ng.h>

#include "cage.h"

static bool
user_has_bounds(void)
{
	unsigned long cap;
	int rc;

	for (cap = 0; (rc = prctl(PR_CAPBSET_READ, cap)) == 0; cap++)
		;
	return rc > 0;		/* -1: behind the last one */
}

int
vcryptod_cage_drop_bounds(void)
{
	if (!user_has_bounds())
		return 0;
	/* The other sets stay for now: this one alone is applied. */
	capng_clear(CAPNG_SELECT_BOUNDS);
	(void)capng_apply(CAPNG_SELECT_BOUNDS);
	return user_has_bounds() ? -EPERM : 0;
}

int
vcryptod_cage_drop_capabilities(void)
{
	capng_clear(CAPNG_SELECT_CAPS);
	/* Kernels before 4.3 have no ambient set. */
	(void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	if (capng_apply(CAPNG_SELECT_CAPS) != 0)
		return -EPERM;
	return prctl(PR_SET_KEEPCAPS, 0) == 0 ? 0 : -errno;
}

/* Of the old capabilities, to change the root is left, until vcryptod_cage_drop_capabilities. */
static int
user_keep_chroot(void)
{
	capng_clear(CAPNG_SELECT_CAPS);
	if (capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED, CAP_SYS_CHROOT) != 0)
		return -EINVAL;
	/* Refused where the process never had it. */
	return capng_apply(CAPNG_SELECT_CAPS) == 0 ? 0 : -EPERM;
}

int
vcryptod_cage_become(const struct vcryptod_cage *c, bool keep_chroot)
{
	if (getuid() == c->uid && geteuid() == c->uid && getgid() == c->gid && c->uid != 0)
		return 0;
	if (keep_chroot && prctl(PR_SET_KEEPCAPS, 1) != 0)
		return -errno;
	if (setgroups(0, NULL) != 0 || setresgid(c->gid, c->gid, c->gid) != 0 ||
			setresuid(c->uid, c->uid, c->uid) != 0)
		return -errno;
	if (keep_chroot)
		(void)user_keep_chroot();
	return 0;
}
