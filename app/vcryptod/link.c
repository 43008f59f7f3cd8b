/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A device's listener and its one connection; see link.h.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"
#include "event.h"
#include "feature.h"
#include "link.h"
#include "log.h"

#define LINK_MESSAGES	32	/* handled in one turn, so that signals have theirs */
#define LINK_PAUSE_MS	1000	/* after an accept that failed for want of something */
#define LINK_DISCARD	64	/* pieces of unread messages that an end throws away */

uint64_t
vcryptod_link_time(unsigned int ms)
{
	return vcryptod_now_us() / 1000 + ms;
}

/* ---- who is connected ---- */

/* "pid N"; nobody can say more of a process that another PID namespace hides. */
static const char *
link_peer_name(char name[32], pid_t peer)
{
	if (peer > 0)
		(void)snprintf(name, 32, "pid %d", peer);
	else
		(void)snprintf(name, 32, "pid not known");
	return name;
}

static pid_t
link_peer_of(int sock)
{
	struct ucred cred = { .pid = 0 };
	socklen_t len = sizeof(cred);

	return getsockopt(sock, SOL_SOCKET, SO_PEERCRED, &cred, &len) == 0 ? cred.pid : 0;
}

static void
link_show_peer(struct vcryptod_link *l)
{
	const struct vcryptod_device *dev = l->dev;
	char names[VCRYPTOD_FEATURE_NAMES], pid[32];

	if (l->sock < 0 || l->shown || !dev->features_known)
		return;
	l->shown = true;
	vcryptod_feature_names(names, dev->features, dev->protocol);
	vcryptod_log(VCRYPTOD_LOG_PEER, dev->path, "a front end (%s) is connected by %s: data "
			"queues offered %u, features%s", link_peer_name(pid, l->peer),
			l->ops->protocol, dev->model.cfg.max_dataqueues, names);
}

static void
link_show_end(const struct vcryptod_link *l, unsigned int queues)
{
	uint64_t ms = vcryptod_link_time(0) - l->since;
	char pid[32];

	vcryptod_log(VCRYPTOD_LOG_PEER, l->dev->path, "the front end (%s) is gone after %" PRIu64
			".%" PRIu64 " s: %s, queues in use %u", link_peer_name(pid, l->peer),
			ms / 1000, ms / 100 % 10, l->shown ? "it had agreed to features" :
			"it agreed to no features", queues);
}

static unsigned int
link_count_rings(const struct vcryptod_device *dev)
{
	unsigned int i, nb = 0;

	for (i = 0; i < dev->nb_rings; i++)
		nb += vcryptod_vring_is_active(&dev->ring[i].vring);
	return nb;
}

/* ---- the connection ---- */

/* A peer whose messages were not read is told of a reset in place of an end, with which QEMU 11.1
 * does not cope.  One that goes on sending has it all the same.
 */
static void
link_discard(int sock)
{
	char piece[4096];
	unsigned int i;

	for (i = 0; i < LINK_DISCARD; i++)
		if (recv(sock, piece, sizeof(piece), MSG_DONTWAIT) <= 0)
			return;
}

static void
link_end(struct vcryptod_link *l)
{
	link_show_end(l, link_count_rings(l->dev));
	l->ops->end(l->ctx);
	link_discard(l->sock);
	close(l->sock);
	l->sock = -1;
	l->deadline = 0;
	l->shown = false;
	l->dev->connected = false;
}

static void
link_drop(struct vcryptod_link *l, const char *why)
{
	vcryptod_log(VCRYPTOD_LOG_CONNECTION, l->dev->path, "connection closed: %s", why);
	link_end(l);
}

static void
link_fail(struct vcryptod_link *l, int rc)
{
	char text[64];

	if (rc == -ECONNRESET) {
		link_end(l);
	} else if (rc != -EPROTO) {
		link_drop(l, strerror(-rc));
	} else {
		(void)snprintf(text, sizeof(text), "a message breaks the %s protocol",
				l->ops->protocol);
		link_drop(l, text);
	}
}

static void
link_begin_wait(struct vcryptod_link *l)
{
	if (l->deadline == 0)
		l->deadline = vcryptod_link_time(VCRYPTOD_LINK_WAIT_MS);
}

/* 0; -EAGAIN: the front end must read first; another: the connection ended. */
static int
link_send(struct vcryptod_link *l)
{
	int rc;

	if (l->ops->is_sent(l->ctx))
		return 0;
	rc = l->ops->send(l->ctx, l->sock);
	if (rc == 0)
		l->deadline = 0;
	else if (rc == -EAGAIN)
		link_begin_wait(l);
	else
		link_fail(l, rc);
	return rc;
}

/* One message.  0: it was handled; else there is no more to do now. */
static int
link_take_message(struct vcryptod_link *l)
{
	int rc = l->ops->receive(l->ctx, l->sock);
	const char *why = "";

	if (rc == -EAGAIN) {
		if (l->ops->has_begun(l->ctx))
			link_begin_wait(l);
		return rc;
	}
	if (rc != 0) {
		link_fail(l, rc);
		return rc;
	}
	l->deadline = 0;
	rc = l->ops->obey(l->ctx, &why);
	if (rc == 0)
		return link_send(l);
	link_drop(l, why);
	return rc;
}

static void
link_serve(struct vcryptod_link *l)
{
	unsigned int i;

	if (link_send(l) != 0)
		return;
	for (i = 0; i < LINK_MESSAGES; i++)
		if (link_take_message(l) != 0)
			return;
}

static void
link_check_deadline(struct vcryptod_link *l)
{
	if (l->sock < 0 || l->deadline == 0 || vcryptod_link_time(0) < l->deadline)
		return;
	link_drop(l, l->ops->is_sent(l->ctx) ? "the rest of a message does not come" :
			"the front end does not read the answer to its message");
}

/* ---- the listener ---- */

static bool
link_is_hung_up(int sock)
{
	struct pollfd p = { .fd = sock, .events = POLLRDHUP };

	return poll(&p, 1, 0) == 1 && p.revents != 0;
}

static void
link_begin(struct vcryptod_link *l, int sock)
{
	l->sock = sock;
	l->peer = link_peer_of(sock);
	l->since = vcryptod_link_time(0);
	l->dev->connected = true;
	l->dev->connections++;
}

static void
link_send_away(const struct vcryptod_link *l, int sock)
{
	char other[32], pid[32];

	vcryptod_log(VCRYPTOD_LOG_CONNECTION, l->dev->path, "a front end (%s) was sent away: "
			"another one (%s) is connected, and the socket serves one at a time",
			link_peer_name(other, link_peer_of(sock)), link_peer_name(pid, l->peer));
	close(sock);
}

static void
link_accept(struct vcryptod_link *l)
{
	int sock = accept4(l->listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (sock < 0) {
		if (errno == EAGAIN || errno == EINTR || errno == ECONNABORTED)
			return;
		vcryptod_log(VCRYPTOD_LOG_CONNECTION, l->dev->path,
				"a front end cannot be let in: %s", strerror(errno));
		l->pause_until = vcryptod_link_time(LINK_PAUSE_MS);
		return;
	}
	/* A front end that comes again may be seen before its earlier connection's end is. */
	if (l->sock >= 0 && link_is_hung_up(l->sock))
		link_end(l);
	if (l->sock >= 0) {
		link_send_away(l, sock);
		return;
	}
	link_begin(l, sock);
}

bool
vcryptod_link_is_over(const struct vcryptod_link *l)
{
	return l->listen_fd < 0 && l->sock < 0;
}

unsigned int
vcryptod_link_fds(const struct vcryptod_link *l, struct pollfd *fds)
{
	unsigned int nb = 0;

	if (l->pause_until == 0 && l->listen_fd >= 0)
		fds[nb++] = (struct pollfd){ .fd = l->listen_fd, .events = POLLIN };
	/* While an answer is to be read, no further message is. */
	if (l->sock >= 0)
		fds[nb++] = (struct pollfd){ .fd = l->sock, .events =
			l->ops->is_sent(l->ctx) ? POLLIN | POLLRDHUP : POLLOUT };
	if (l->event_fd >= 0)
		fds[nb++] = (struct pollfd){ .fd = l->event_fd, .events = POLLIN };
	return nb;
}

int
vcryptod_link_timeout_ms(const struct vcryptod_link *l)
{
	uint64_t now = vcryptod_link_time(0), end = UINT64_MAX;

	if (l->sock >= 0 && l->deadline != 0)
		end = l->deadline;
	if (l->pause_until != 0 && l->pause_until < end)
		end = l->pause_until;
	if (end == UINT64_MAX)
		return -1;
	return end <= now ? 0 : (int)(end - now);
}

void
vcryptod_link_handle(struct vcryptod_link *l, const struct pollfd *fds, unsigned int nb)
{
	bool comes = false, serve = false, event = false;
	unsigned int i;

	for (i = 0; i < nb; i++) {
		if (fds[i].revents == 0)
			continue;
		comes |= fds[i].fd == l->listen_fd;
		serve |= fds[i].fd == l->sock;
		event |= fds[i].fd == l->event_fd;
	}
	/* What a connection sent before it ended counts, so it is served first. */
	if (serve)
		link_serve(l);
	link_check_deadline(l);
	if (event)
		l->ops->event(l->ctx);
	link_show_peer(l);
	if (comes)
		link_accept(l);
	if (l->pause_until != 0 && vcryptod_link_time(0) >= l->pause_until)
		l->pause_until = 0;
}

/* ---- start and end ---- */

void
vcryptod_link_init(struct vcryptod_link *l, const struct vcryptod_link_ops *ops, void *ctx,
		struct vcryptod_device *dev, int listen_fd)
{
	socklen_t len = sizeof(int);
	int listens = 1;

	*l = (struct vcryptod_link){
		.ops = ops, .ctx = ctx, .dev = dev, .listen_fd = listen_fd, .event_fd = -1,
		.links_fd = vcryptod_event_open_links(), .sock = -1,
	};
	if (getsockopt(listen_fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &len) != 0 || listens)
		return;
	l->listen_fd = -1;
	link_begin(l, listen_fd);
}

void
vcryptod_link_fini(struct vcryptod_link *l)
{
	if (l->ops == NULL)
		return;
	if (l->sock >= 0)
		link_end(l);
	if (l->listen_fd >= 0)
		close(l->listen_fd);
	if (l->links_fd >= 0)
		close(l->links_fd);
	l->ops->fini(l->ctx);
	memset(l, 0, sizeof(*l));
}
