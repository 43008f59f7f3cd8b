/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A device behind a character device, in place of the system calls: it answers as it is
 * told, keeps what it was told, writes a trace of the calls, and objects to a front end that
 * breaks the rules.
 */
#ifndef FAKE_VDPA_H
#define FAKE_VDPA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/wire/vhost_vdpa.h"
#include "lib/wire/virtio.h"
#include "lib/wire/virtio_crypto.h"

#define FAKE_MAPS	64u
#define FAKE_RINGS	8u
#define FAKE_CONFIG	4096u

struct fake_ring {
	uint32_t num, base, asid;
	struct vdpa_vring_addr addr;
	int kick_fd, call_fd;
	bool enabled;
	void *area;
};

struct fake_vdpa {
	/* what it answers */
	int open_error;			/* errno, 0: none */
	uint32_t device_id, config_size, nb_vrings, nb_spaces, nb_groups, group;
	uint16_t max_size;
	uint64_t backend, features;
	struct vdpa_iova_range range;
	struct virtio_crypto_config config;
	bool flaps;			/* each reading of the configuration is another one */
	bool stuck;			/* a reset does not end */
	bool idle;			/* DRIVER_OK is not taken */
	bool gone;
	bool unlisted;			/* it is being removed, and works until it is closed */
	int areas;			/* vrings that have a page for notifications, from 0 on */
	unsigned long refused;		/* this request fails with refusal (an errno) */
	int refusal;
	void (*on_status)(uint8_t status);	/* told of each change, the double held; or NULL */
	int iotlb_error;		/* errno of messages of type iotlb_refused */
	unsigned int iotlb_refused;

	/* what it was told */
	uint64_t agreed_backend, agreed_features;
	uint8_t status;
	struct fake_ring ring[FAKE_RINGS];
	struct { uint64_t iova, size; } map[FAKE_MAPS];
	unsigned int nb_maps, batches, updates;
	bool owned, batch;
	int config_fd;

	int fd;				/* -1: closed */
	unsigned int nb_areas;		/* mapped now */
	unsigned int reads;		/* of the configuration */
	const char *objection;		/* the first one */
	char trace[4096];		/* one word a call */
};

extern struct fake_vdpa fake;

/* A crypto device of 4 data queues and a control queue, with all that a device can have. */
void fake_init(void);
void fake_trace_clear(void);
/* No call is under way between the two, from any thread. */
void fake_hold(void);
void fake_release(void);
/* While a driver runs, from any thread: the device's status; NEEDS_RESET and its interrupt. */
uint8_t fake_status(void);
void fake_fail(void);
/* Says what it objects to, if there is something; true if there is nothing. */
bool fake_is_content(void);
/* Is [addr, addr + len) reached by the device? */
bool fake_maps(const void *addr, size_t len);

/* Faults in calls, those that a program leads elsewhere at link time among them. */
extern unsigned int fake_countdown;	/* this call fails; 0: none */
extern unsigned int fake_calls;
extern int fake_strike_error;		/* an errno */
/* Is it this call's turn to fail?  Then not 0. */
int fake_strikes(void);

#endif
