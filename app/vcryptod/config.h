/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A file with many devices (--config), in the form of .ini files, which libinih reads:
 *
 *	[vcryptod]			; for all devices
 *	engine = openssl
 *	[tenant-a]			; one device, by any name
 *	socket = /run/vcryptod/a.sock
 *	queues = 4
 *
 * A name is that of an option.  The file becomes the command line of each device process: options
 * of all devices, the sockets, those of the one device, and then those of the daemon's own command
 * line, which override what stands before them.  So a process that starts again is the device that
 * it was, whatever has become of the file.
 */
#ifndef VCRYPTOD_CONFIG_H
#define VCRYPTOD_CONFIG_H

#include <stdio.h>

#include "options.h"

#define VCRYPTOD_CONFIG_LINES	65536	/* of a file, at most */
#define VCRYPTOD_CONFIG_NAME	48	/* bytes of a section's name, the final 0 included */

struct vcryptod_config {
	unsigned int nb;		/* devices of the file, the first sockets of each argv */
	/* argv of each device, NULL at its end; [nb] is that of all others. */
	char **argv[VCRYPTOD_MAX_SOCKETS + 1];
	int argc[VCRYPTOD_MAX_SOCKETS + 1];
	int own[VCRYPTOD_MAX_SOCKETS + 1];	/* before the caller's */
};

/* Reads path, and puts argv before it and behind it.  0 or -errno, logged in one line, and nothing
 * is kept.  c keeps pointers into argv.
 */
int vcryptod_config_read(struct vcryptod_config *c, const char *path, int argc, char **argv);
/* The same of an open file, which stays the caller's; name is said in what is wrong. */
int vcryptod_config_parse(struct vcryptod_config *c, FILE *file, const char *name, int argc,
		char **argv);
void vcryptod_config_fini(struct vcryptod_config *c);

#endif
