/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A vfio-user client for the tests of the server: the device and the guest's memory are
 * turns_rig.h's, the server runs in the test's own thread when the client has said something.
 * Links with --wrap=epoll_wait.
 */
#ifndef CLIENT_RIG_H
#define CLIENT_RIG_H

#include "turns_rig.h"
#include "vfio_user/client.h"

#define CL_CLOSED	(-1)	/* the server has ended the connection */
#define CL_FEATURES	(VIRTIO_F_VERSION_1 | VIRTIO_F_RING_PACKED)	/* offered by the user */
#define CL_VECTORS	(QUEUES + 2)	/* a vector for each queue, then the configuration's */

#define CL_COMMON(field)	(VCRYPTOD_PCI_COMMON + \
	offsetof(struct virtio_pci_common_cfg, field))

struct cl_rig {
	struct vcryptod_client server;
	int sock;			/* the client's end; -1: none */
	uint16_t id;			/* of the last command */
	uint8_t reply[VFU_MAX_PAYLOAD];	/* payload of the last one */
	uint32_t reply_len;		/* bytes */
	unsigned int fds_before;
};

extern struct cl_rig cl;

/* cmocka's; no client is connected, and the worker runs. */
int cl_set_up(void **state);
int cl_tear_down(void **state);

/* What a turn of the main loop does, without a wait. */
void cl_turn(void);
/* Another client connects: its socket. */
int cl_connect(void);
/* cl.sock does, and says which version it has. */
void cl_join(void);
void cl_leave(void);
/* Has the server closed its end? */
bool cl_is_closed(int sock);

/* One command, and its reply in cl.reply: the errno of a refusal, 0, or CL_CLOSED. */
int cl_ask(uint16_t command, const void *payload, uint32_t len, const int *fds, unsigned int nb);
/* The same of bytes that need be no command; no reply is read. */
void cl_say(uint16_t command, uint32_t flags, const void *payload, uint32_t len);
/* VERSION with this text, NUL included. */
int cl_version(uint16_t major, uint16_t minor, const char *text);

int cl_map(uint64_t addr, uint64_t size, uint64_t offset, int fd);	/* fd -1: none */
int cl_unmap(uint64_t addr, uint64_t size, uint32_t flags);
/* SET_IRQS, with count descriptors if fds is not NULL. */
int cl_irqs(uint32_t flags, uint32_t index, uint32_t start, uint32_t count, const int *fds);

/* A register of the first BAR, or of configuration space; must succeed. */
uint64_t cl_read(uint32_t region, uint64_t offset, uint32_t width);
void cl_write(uint32_t region, uint64_t offset, uint64_t value, uint32_t width);
#define CL_GET(field)		cl_read(VFU_REGION_BAR0, CL_COMMON(field), \
	sizeof(((struct virtio_pci_common_cfg *)0)->field))
#define CL_PUT(field, value)	cl_write(VFU_REGION_BAR0, CL_COMMON(field), value, \
	sizeof(((struct virtio_pci_common_cfg *)0)->field))

/* Switches MSI-X on or off. */
void cl_msix(bool on);
/* The steps of a driver up to FEATURES_OK, which must stay; then sessions are made. */
void cl_agree(uint64_t features);
/* Queue q with its ring in the guest's memory and its own vector. */
void cl_enable(unsigned int q);
void cl_driver_ok(void);
/* All of it, with all queues, and the guest's memory mapped. */
void cl_bring_up(uint64_t features);
/* The ring of queue q begins anew, as a driver's after a reset. */
void cl_clear_ring(unsigned int q);
void cl_notify(unsigned int q);

/* An eventfd's count, which is 0 afterwards. */
uint64_t cl_count(int fd);
/* It becomes more than 0 within FX_WAIT_MS, while the server takes its turns. */
bool cl_is_told(int fd);

#endif
