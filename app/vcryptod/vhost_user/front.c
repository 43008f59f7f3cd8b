/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A device's listener and its one connection; see front.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../log.h"
#include "message.h"

#define FRONT_MESSAGES	32	/* handled in one turn, so that signals have theirs */
#define FRONT_PAUSE_MS	1000	/* after an accept that failed for want of something */
#define FRONT_ANNOUNCE	16	/* on a connection: a front end that reads none gets no more */

/* ---- the connection ---- */

static void
front_end_connection(struct vcryptod_front *f)
{
	vcryptod_message_forget(f);
	vhu_inbox_clear(&f->in);
	explicit_bzero(&f->out, sizeof(f->out));
	if (f->channel_fd >= 0)
		close(f->channel_fd);
	close(f->sock);
	f->channel_fd = f->sock = -1;
	f->announced = f->refused = 0;
	f->deadline = 0;
	f->dev->connected = false;
}

static void
front_drop(struct vcryptod_front *f, const char *why)
{
	vcryptod_log(VCRYPTOD_LOG_CONNECTION, f->dev->path, "connection closed: %s", why);
	front_end_connection(f);
}

static const char *
front_error_text(int rc)
{
	return rc == -EPROTO ? "a message breaks the vhost-user protocol" : strerror(-rc);
}

/* Sends what is to be sent.  0; -EAGAIN: the front end must read first; another: it ended. */
static int
front_flush(struct vcryptod_front *f)
{
	int rc;

	if (vhu_outbox_is_empty(&f->out))
		return 0;
	rc = vhu_outbox_send(&f->out, f->sock);
	if (rc == 0) {
		f->deadline = 0;
		return 0;
	}
	if (rc == -ECONNRESET)
		front_end_connection(f);
	else if (rc != -EAGAIN)
		front_drop(f, strerror(-rc));
	else if (f->deadline == 0)
		f->deadline = vhu_deadline(VCRYPTOD_FRONT_WAIT_MS);
	return rc;
}

/* One message.  0: it was handled; else there is no more to do now. */
static int
front_take_message(struct vcryptod_front *f)
{
	int rc = vhu_inbox_receive(&f->in, f->sock);

	if (rc == -EAGAIN) {
		if (!vhu_inbox_is_empty(&f->in) && f->deadline == 0)
			f->deadline = vhu_deadline(VCRYPTOD_FRONT_WAIT_MS);
		return rc;
	}
	if (rc == -ECONNRESET)
		front_end_connection(f);
	else if (rc != 0)
		front_drop(f, front_error_text(rc));
	if (rc != 0)
		return rc;
	f->deadline = 0;
	rc = vcryptod_message_handle(f);
	vhu_inbox_clear(&f->in);
	if (rc == 0)
		return front_flush(f);
	front_drop(f, f->refused >= VCRYPTOD_FRONT_REFUSALS ? "too many refused messages" :
			"a refused message asked for no acknowledgement");
	return rc;
}

static void
front_serve(struct vcryptod_front *f)
{
	unsigned int i;

	if (front_flush(f) != 0)
		return;
	for (i = 0; i < FRONT_MESSAGES; i++)
		if (front_take_message(f) != 0)
			return;
}

static void
front_check_deadline(struct vcryptod_front *f)
{
	if (f->sock < 0 || f->deadline == 0 || vhu_deadline(0) < f->deadline)
		return;
	front_drop(f, vhu_outbox_is_empty(&f->out) ? "the rest of a message does not come" :
			"the front end does not read the answer to its message");
}

/* ---- the listener ---- */

static void
front_accept(struct vcryptod_front *f)
{
	int sock = accept4(f->listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (sock < 0) {
		if (errno == EAGAIN || errno == EINTR || errno == ECONNABORTED)
			return;
		vcryptod_log(VCRYPTOD_LOG_CONNECTION, f->dev->path,
				"a front end cannot be let in: %s", strerror(errno));
		f->pause_until = vhu_deadline(FRONT_PAUSE_MS);
		return;
	}
	/* A front end that comes again may be seen before its earlier connection's end is. */
	if (f->sock >= 0 && vhu_sock_hung_up(f->sock))
		front_end_connection(f);
	if (f->sock >= 0) {
		vcryptod_log(VCRYPTOD_LOG_CONNECTION, f->dev->path,
				"a front end was sent away: another one is connected");
		close(sock);
		return;
	}
	f->sock = sock;
	f->dev->connected = true;
}

unsigned int
vcryptod_front_fds(const struct vcryptod_front *f, struct pollfd *fds)
{
	unsigned int nb = 0;

	if (f->pause_until == 0)
		fds[nb++] = (struct pollfd){ .fd = f->listen_fd, .events = POLLIN };
	/* While an answer is to be read, no further message is. */
	if (f->sock >= 0)
		fds[nb++] = (struct pollfd){ .fd = f->sock, .events =
			vhu_outbox_is_empty(&f->out) ? POLLIN | POLLRDHUP : POLLOUT };
	return nb;
}

int
vcryptod_front_timeout_ms(const struct vcryptod_front *f)
{
	uint64_t now = vhu_deadline(0), end = UINT64_MAX;

	if (f->sock >= 0 && f->deadline != 0)
		end = f->deadline;
	if (f->pause_until != 0 && f->pause_until < end)
		end = f->pause_until;
	if (end == UINT64_MAX)
		return -1;
	return end <= now ? 0 : (int)(end - now);
}

void
vcryptod_front_handle(struct vcryptod_front *f, const struct pollfd *fds, unsigned int nb)
{
	bool comes = false, serve = false;
	unsigned int i;

	for (i = 0; i < nb; i++) {
		if (fds[i].revents == 0)
			continue;
		comes |= fds[i].fd == f->listen_fd;
		serve |= fds[i].fd == f->sock;
	}
	/* What a connection sent before it ended counts, so it is served first. */
	if (serve)
		front_serve(f);
	front_check_deadline(f);
	if (comes)
		front_accept(f);
	if (f->pause_until != 0 && vhu_deadline(0) >= f->pause_until)
		f->pause_until = 0;
}

/* ---- the back channel ---- */

void
vcryptod_front_announce(struct vcryptod_front *f)
{
	const struct vhu_header hdr = {
		.request = VHU_BACKEND_CONFIG_CHANGE, .flags = VHU_VERSION,
	};

	if (f->channel_fd < 0 || f->announced >= FRONT_ANNOUNCE ||
			!vcryptod_device_needs_reset(f->dev))
		return;
	f->announced++;
	/* A full channel holds announcements that say the same. */
	if (send(f->channel_fd, &hdr, sizeof(hdr), MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		return;
}

/* ---- start and end ---- */

int
vcryptod_front_init(struct vcryptod_front *f, struct vcryptod_device *dev, int listen_fd,
		uint64_t features, uint64_t protocol)
{
	unsigned int i;

	memset(f, 0, sizeof(*f));
	f->sock = f->channel_fd = -1;
	f->listen_fd = listen_fd;
	f->dev = dev;
	f->features = features | VHU_F_PROTOCOL_FEATURES;
	f->protocol = protocol;
	f->links_fd = open("/proc/self/fd", O_PATH | O_DIRECTORY | O_CLOEXEC);
	f->ring = calloc(dev->nb_rings, sizeof(f->ring[0]));
	if (f->ring == NULL) {
		vcryptod_front_fini(f);
		return -ENOMEM;
	}
	for (i = 0; i < dev->nb_rings; i++)
		f->ring[i].kick_fd = f->ring[i].call_fd = -1;
	dev->front = f;
	dev->ring_get = vcryptod_message_ring_get;
	dev->ring_put = vcryptod_message_ring_put;
	return 0;
}

void
vcryptod_front_fini(struct vcryptod_front *f)
{
	if (f->dev == NULL)
		return;
	if (f->sock >= 0)
		front_end_connection(f);
	f->dev->front = NULL;
	close(f->listen_fd);
	if (f->links_fd >= 0)
		close(f->links_fd);
	free(f->ring);
	memset(f, 0, sizeof(*f));
}
