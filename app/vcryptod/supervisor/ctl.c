/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The clients of --ctl; see ctl.h.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "child.h"
#include "ctl.h"

#define CTL_PAUSE_MS	1000	/* after an accept that failed for want of something */
#define CTL_MODE	0600

int
vcryptod_ctl_init(struct vcryptod_ctl *ctl, const char *path,
		const struct vcryptod_ctl_head *head, const struct vcryptod_child *child,
		struct vcryptod_relay *relay)
{
	unsigned int i;
	size_t first;

	memset(ctl, 0, sizeof(*ctl));
	ctl->listen.fd = -1;
	for (i = 0; i < VCRYPTOD_CTL_CLIENTS; i++)
		ctl->client[i].fd = -1;
	if (path == NULL)
		return 0;
	ctl->child = child;
	ctl->relay = relay;
	ctl->head = *head;
	memcpy(ctl->head.magic, VCRYPTOD_CTL_MAGIC, sizeof(VCRYPTOD_CTL_MAGIC));
	ctl->head.version = VCRYPTOD_CTL_VERSION;
	first = sizeof(struct vcryptod_ctl_head);
	ctl->buffer_size = sizeof(struct vcryptod_ctl_device) + head->page_size;
	if (ctl->buffer_size < first)
		ctl->buffer_size = first;
	return vcryptod_listen_init(&ctl->listen, path, CTL_MODE, (gid_t)-1);
}

static void
ctl_close(struct vcryptod_ctl_client *c)
{
	close(c->fd);
	c->fd = -1;
}

/* ---- what a client gets ---- */

/* Of the file that was opened when the process began: it cannot be found by name later. */
static void
ctl_read_memory(struct vcryptod_ctl_device *d, int statm_fd)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	char text[128], *at = text;
	ssize_t n = -1;

	if (statm_fd >= 0)
		n = pread(statm_fd, text, sizeof(text) - 1, 0);
	if (n <= 0)
		return;
	text[n] = '\0';
	(void)strtoull(at, &at, 10);		/* of addresses */
	d->resident = strtoull(at, &at, 10) * page;
	d->shared = strtoull(at, &at, 10) * page;
}

static void
ctl_fill_device(struct vcryptod_ctl *ctl, struct vcryptod_ctl_client *client, uint64_t now_ms)
{
	const struct vcryptod_child *c = &ctl->child[client->next++];
	struct vcryptod_ctl_device d = { .pid = (uint64_t)c->pid, .ready = c->ready,
		.starts = c->starts };
	struct timespec t;

	if (c->pid != 0)
		d.age_ms = now_ms - c->started_ms;
	(void)snprintf(d.path, sizeof(d.path), "%s", c->listen.path);
	ctl_read_memory(&d, c->statm_fd);
	clock_gettime(CLOCK_MONOTONIC, &t);
	d.now_ns = (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
	memcpy(client->buffer, &d, sizeof(d));
	vcryptod_page_read(&c->page, (uint64_t *)(client->buffer + sizeof(d)));
	client->len = sizeof(d) + c->page.size;
	client->sent = 0;
}

static void
ctl_send(struct vcryptod_ctl *ctl, struct vcryptod_ctl_client *c, uint64_t now_ms)
{
	ssize_t n;

	if (c->sent == c->len && c->next < ctl->head.nb_devices)
		ctl_fill_device(ctl, c, now_ms);
	n = send(c->fd, c->buffer + c->sent, c->len - c->sent, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (n < 0) {
		if (errno != EAGAIN && errno != EINTR)
			ctl_close(c);
		return;
	}
	c->sent += (size_t)n;
	if (c->sent == c->len && c->next >= ctl->head.nb_devices)
		ctl_close(c);
}

/* ---- clients come ---- */

static struct vcryptod_ctl_client *
ctl_find_room(struct vcryptod_ctl *ctl)
{
	unsigned int i;

	for (i = 0; i < VCRYPTOD_CTL_CLIENTS; i++)
		if (ctl->client[i].fd < 0)
			return &ctl->client[i];
	return NULL;
}

static void
ctl_accept(struct vcryptod_ctl *ctl, uint64_t now_ms)
{
	struct vcryptod_ctl_client *c = ctl_find_room(ctl);

	if (c == NULL)
		return;
	if (c->buffer == NULL)
		c->buffer = malloc(ctl->buffer_size);
	if (c->buffer != NULL)
		c->fd = accept4(ctl->listen.fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (c->fd < 0) {
		if (c->buffer != NULL && (errno == EAGAIN || errno == EINTR ||
				errno == ECONNABORTED))
			return;
		vcryptod_relay_say(ctl->relay, VCRYPTOD_RELAY_ERR, "%s: no client can be let in: "
				"%s", ctl->listen.path, strerror(errno));
		ctl->pause_until_ms = now_ms + CTL_PAUSE_MS;
		return;
	}
	c->until_ms = now_ms + VCRYPTOD_CTL_WAIT_MS;
	c->next = 0;
	memcpy(c->buffer, &ctl->head, sizeof(ctl->head));
	c->len = sizeof(ctl->head);
	c->sent = 0;
}

void
vcryptod_ctl_fds(const struct vcryptod_ctl *ctl, struct pollfd *fds, uint64_t now_ms,
		uint64_t *until)
{
	bool room = false;
	unsigned int i;

	for (i = 0; i < VCRYPTOD_CTL_CLIENTS; i++) {
		const struct vcryptod_ctl_client *c = &ctl->client[i];

		fds[1 + i] = (struct pollfd){ .fd = c->fd, .events = POLLOUT };
		room |= c->fd < 0;
		if (c->fd >= 0 && c->until_ms < *until)
			*until = c->until_ms;
	}
	if (ctl->pause_until_ms > now_ms) {
		room = false;
		*until = ctl->pause_until_ms < *until ? ctl->pause_until_ms : *until;
	}
	/* Without a path its descriptor is -1, too. */
	fds[0] = (struct pollfd){ .fd = room ? ctl->listen.fd : -1, .events = POLLIN };
}

void
vcryptod_ctl_handle(struct vcryptod_ctl *ctl, const struct pollfd *fds, uint64_t now_ms)
{
	unsigned int i;

	for (i = 0; i < VCRYPTOD_CTL_CLIENTS; i++) {
		struct vcryptod_ctl_client *c = &ctl->client[i];

		if (c->fd < 0)
			continue;
		if (now_ms >= c->until_ms || (fds[1 + i].revents & (POLLERR | POLLHUP)) != 0)
			ctl_close(c);
		else if (fds[1 + i].revents != 0)
			ctl_send(ctl, c, now_ms);
	}
	if (fds[0].revents != 0)
		ctl_accept(ctl, now_ms);
}

void
vcryptod_ctl_fini(struct vcryptod_ctl *ctl)
{
	unsigned int i;

	/* Zeroed, or without a path. */
	if (ctl->head.version == 0)
		return;
	for (i = 0; i < VCRYPTOD_CTL_CLIENTS; i++) {
		if (ctl->client[i].fd >= 0)
			ctl_close(&ctl->client[i]);
		free(ctl->client[i].buffer);
		ctl->client[i].buffer = NULL;
	}
	vcryptod_listen_fini(&ctl->listen);
}
