/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The command line: what the user wants, checked, with defaults.
 */
#ifndef VCRYPTOD_OPTIONS_H
#define VCRYPTOD_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "cage/cage.h"
#include "engine.h"
#include "supervisor/relay.h"
#include "req_vhost_user.h"

#define VCRYPTOD_MAX_SOCKETS	64
#define VCRYPTOD_MAX_CPUS	128

/* How a device is shown at its socket. */
enum vcryptod_protocol {
	VCRYPTOD_VHOST_USER,		/* --socket: a back end */
	VCRYPTOD_VFIO_USER,		/* --vfio-user: a PCI function */
};

struct vcryptod_options {
	const char *socket[VCRYPTOD_MAX_SOCKETS];	/* paths */
	enum vcryptod_protocol shown[VCRYPTOD_MAX_SOCKETS];
	unsigned int nb_sockets;	/* of both kinds */
	int fd;				/* --fd: the one socket; -1: none */
	char fd_name[16];		/* in place of its path */
	unsigned int queues;		/* data queues of each device */
	const struct vcryptod_engine *engine;
	uint32_t services;		/* bit n: enum virtio_crypto_service n */
	bool algos_given;
	uint64_t algos[VIRTIO_CRYPTO_NB_SERVICES];	/* as in struct vcryptod_caps */
	uint64_t features;		/* virtio feature bits to offer */
	uint64_t protocol;		/* vhost-user protocol feature bits to offer */
	uint64_t max_size;		/* bytes */
	uint32_t sessions;
	uint32_t sas;			/* security associations of each direction; 0: no IPSEC */
	uint32_t ipsec_window;		/* numbers of the longest one */
	unsigned int max_rsa_bits;
	int cpu[VCRYPTOD_MAX_CPUS];
	unsigned int nb_cpus;
	uint64_t shuffle;		/* 0: complete in order */
	enum req_vhu_layout layout;
	mode_t socket_mode;		/* permissions of the sockets' files */
	const char *socket_group;	/* NULL: as they come */
	const char *ctl;		/* path of the socket with figures; NULL: none */
	unsigned int watchdog;		/* seconds; 0: never */
	int log_level;			/* as vcryptod_supervisor_config has these three */
	enum vcryptod_relay_form log_form;
	const char *log_file;
	const char *config;		/* --config; NULL: none */
	struct vcryptod_cage cage;	/* of each device process */

	/* Of a device process, by the supervisor (VCRYPTOD_SPAWN_OPTION). */
	bool device_process;
	unsigned int index;		/* of its socket */
	int listen_fd, watch_fd;
	int figures_fd;			/* -1: none */
};

/* The CPUs of one device. */
struct vcryptod_cpu_share {
	unsigned int first, nb;		/* cpu[first ... first + nb - 1]; nb 0: any CPU */
	bool polls;			/* they are no other device's: their threads never sleep */
};

/* Where an option may be given. */
enum vcryptod_option_scope {
	VCRYPTOD_OPTION_UNKNOWN,	/* there is none of this name */
	VCRYPTOD_OPTION_LINE,		/* on the command line alone */
	VCRYPTOD_OPTION_DAEMON,		/* there, and in a file for all devices */
	VCRYPTOD_OPTION_DEVICE,		/* and in a file for one device */
	VCRYPTOD_OPTION_SOCKET,		/* a device of its own, in a file */
};

enum vcryptod_option_scope vcryptod_options_scope(const char *name);

/* One option with its value, as a file has it.  place is said before what is wrong, "FILE:LINE: ".
 * 0; 1: it printed something and is done; -EINVAL, logged.  value stays the caller's, and must
 * last.
 */
int vcryptod_options_set(struct vcryptod_options *o, const char *place, const char *name,
		const char *value);

/* 0: go on; 1: done (--help, --version: printed); -EINVAL: logged.  o points into itself. */
int vcryptod_options_parse(struct vcryptod_options *o, int argc, char **argv);

/* 0; -EINVAL, logged: a CPU of --cpu cannot be used by this process. */
int vcryptod_options_check_cpus(const struct vcryptod_options *o);

/* With as many CPUs as devices or more, all are dealt out, the first devices having one more
 * where they do not come out even.  With fewer, devices share CPUs, and sleep when idle: a
 * thread that polls would starve its neighbours.
 */
struct vcryptod_cpu_share vcryptod_options_cpus(const struct vcryptod_options *o,
		unsigned int index);

/* Restricts the engine's capabilities to what the options allow.  -EINVAL, logged, if an algorithm
 * is named that the engine lacks, if nothing is left, or nothing for the IPSEC service that they
 * ask for.
 */
int vcryptod_options_restrict(struct vcryptod_caps *caps, const struct vcryptod_options *o);

#endif
