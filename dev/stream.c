// SPDX-License-Identifier: GPL-2.0
/*
 * stream.c - "stream:PATH" and "fd:N", frames on a stream socket
 *
 * Each frame has its length in front, 4 bytes, most significant first: the protocol
 * of QEMU's "-netdev stream" and "-netdev socket", and of passt. It has no handshake
 * and no offload fields. PATH is a unix socket to connect to; N is a descriptor
 * connected already, which the device takes over.
 *
 * A batch of frames goes out in one system call. When the peer's buffer is full in
 * the middle of a frame, that frame counts as taken and its rest is copied to @rest,
 * at most one frame; transmit() then takes nothing until writable() has sent it.
 *
 * A length that no frame can have means that the peer speaks another protocol:
 * nothing behind it can be trusted, and the connection ends as if the peer had
 * closed it. The link goes down, for good.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "batch.h"
#include "dev.h"
#include "flow.h"

enum {
	LENGTH_LEN = 4,
	/* Frames of a system call, and the limit on its pieces (UIO_MAXIOV). */
	SEND_BATCH = 32,
	SEND_PIECES = 1024,
	SOCKET_BUFFER = 1 << 20,
};

_Static_assert(SEND_BATCH * (1 + DEV_PIECES) <= SEND_PIECES, "pieces of a system call");

/**
 * struct stream - state of a device
 * @rest, @rest_at, @rest_end: bytes of a frame not sent; the baton of flow.h
 *	decides who may touch them
 * @length, @iov: of a batch under way, transmit()'s
 * @buf, @used: bytes received and not yet delivered, receive()'s
 */
struct stream {
	struct dev_flow flow;
	size_t rest_at, rest_end;
	uint8_t rest[LENGTH_LEN + DEV_FRAME_MAX];
	uint32_t length[SEND_BATCH];
	struct iovec iov[SEND_BATCH * (1 + DEV_PIECES)];
	struct dev_batch batch;
	size_t used;
	uint8_t buf[DEV_BATCH_BYTES];
};

static void stream_close(struct dev *dev)
{
	if (dev->fd >= 0)
		close(dev->fd);
	free(dev->priv);
}

/* Takes @fd over, also on failure. Return: 0 or -errno. */
static int start(struct dev *dev, int fd)
{
	struct stream *stream = malloc(sizeof(*stream));
	int size = SOCKET_BUFFER;

	if (!stream) {
		close(fd);
		dev_error("%s: no memory", dev->backend->name);
		return -ENOMEM;
	}
	stream->flow = (struct dev_flow){ 0 };
	stream->rest_at = 0;
	stream->rest_end = 0;
	stream->batch.n = 0;
	stream->used = 0;
	/* What the host allows; its default holds few large frames. */
	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	dev->fd = fd;
	dev->priv = stream;
	dev->config.features = LIBOS_NETDEV_GRO;
	return 0;
}

static int stream_open(struct dev *dev, const char *args)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd, err;

	dev->fd = -1;
	dev->priv = NULL;
	if (!*args || strlen(args) >= sizeof(address.sun_path)) {
		dev_error("stream: \"%s\" is not a socket's path: 1 to %zu bytes", args,
			  sizeof(address.sun_path) - 1);
		return -EINVAL;
	}
	strcpy(address.sun_path, args);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0) {
		err = -errno;
		dev_error("stream: no socket: %s", strerror(errno));
		return err;
	}
	if (connect(fd, (struct sockaddr *)&address, sizeof(address))) {
		err = -errno;
		close(fd);
		dev_error("stream: %s: %s%s", args, strerror(-err),
			  err == -ENOENT || err == -ECONNREFUSED ?
			  "; start the program that listens there first" : "");
		return err;
	}
	return start(dev, fd);
}

/* Return: 0 if @fd is a stream socket that is connected, or -errno. */
static int check_socket(int fd)
{
	struct sockaddr_storage peer;
	socklen_t len = sizeof(int);
	int type;

	if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len))
		return -errno;
	if (type != SOCK_STREAM)
		return -EPROTOTYPE;
	len = sizeof(peer);
	if (getpeername(fd, (struct sockaddr *)&peer, &len))
		return -errno;
	return 0;
}

static int fd_open(struct dev *dev, const char *args)
{
	unsigned long fd;
	char *end;
	int err;

	dev->fd = -1;
	dev->priv = NULL;
	errno = 0;
	fd = strtoul(args, &end, 10);
	if (*args < '0' || *args > '9' || *end || errno || fd > INT_MAX) {
		dev_error("fd: \"%s\" is not a descriptor's number", args);
		return -EINVAL;
	}
	err = check_socket(fd);
	if (err) {
		dev_error("fd: descriptor %lu is not a connected stream socket: %s", fd,
			  strerror(-err));
		return err;
	}
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	return start(dev, fd);
}

/*
 * A peer that is gone takes everything; receive() notices its end. MSG_DONTWAIT
 * since O_NONBLOCK would change the socket for those who share it.
 * Return: bytes sent, 0 if there is no room.
 */
static size_t send_some(int fd, struct iovec *iov, int n, size_t all)
{
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = n };
	ssize_t sent = sendmsg(fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL);

	if (sent >= 0)
		return sent;
	return errno == EAGAIN || errno == EINTR || errno == ENOBUFS ? 0 : all;
}

/**
 * put_batch() - frames into the array of pieces
 * @total: bytes of all, lengths included
 * @niov: pieces
 *
 * Frames too large for the protocol's other end are passed over.
 * Return: frames taken.
 */
static int put_batch(struct stream *stream, const struct libos_frame *frames, int n,
		     size_t *total, int *niov)
{
	int i;

	*total = 0;
	*niov = 0;
	for (i = 0; i < n && i < SEND_BATCH; i++) {
		if (frames[i].len > DEV_FRAME_MAX)
			continue;
		stream->length[i] = htonl(frames[i].len);
		stream->iov[(*niov)++] = (struct iovec){ &stream->length[i], LENGTH_LEN };
		*niov += dev_pieces_put(stream->iov + *niov, &frames[i]);
		*total += LENGTH_LEN + frames[i].len;
	}
	return i;
}

/* Copies what is behind @skip bytes of a frame and its length to @rest. */
static void keep_rest(struct stream *stream, const struct libos_frame *frame, size_t skip)
{
	uint32_t length = htonl(frame->len);
	uint8_t *to = stream->rest;

	memcpy(to, &length, LENGTH_LEN);
	to += LENGTH_LEN;
	for (int i = 0; i < frame->niov; i++) {
		memcpy(to, frame->iov[i].iov_base, frame->iov[i].iov_len);
		to += frame->iov[i].iov_len;
	}
	stream->rest_at = skip;
	stream->rest_end = LENGTH_LEN + frame->len;
}

/* Return: how many frames are through after @sent bytes, one begun included. */
static int count_sent(struct stream *stream, const struct libos_frame *frames, int n, size_t sent)
{
	int i;

	for (i = 0; i < n && sent; i++) {
		size_t size = LENGTH_LEN + frames[i].len;

		if (frames[i].len > DEV_FRAME_MAX)
			continue;
		if (sent < size) {
			keep_rest(stream, &frames[i], sent);
			return i + 1;
		}
		sent -= size;
	}
	return i;
}

static int stream_transmit(struct dev *dev, const struct libos_frame *frames, int n)
{
	struct stream *stream = dev->priv;
	int done = 0, taken, niov;
	size_t total, sent;

	if (dev_flow_is_gone(&stream->flow))
		return n;
	if (dev_flow_is_stopped(&stream->flow))
		return 0;
	while (done < n) {
		taken = put_batch(stream, frames + done, n - done, &total, &niov);
		sent = total ? send_some(dev->fd, stream->iov, niov, total) : 0;
		if (sent < total) {
			done += count_sent(stream, frames + done, taken, sent);
			dev_flow_stop(dev, &stream->flow);
			break;
		}
		done += taken;
	}
	return done;
}

static void stream_writable(struct dev *dev)
{
	struct stream *stream = dev->priv;

	if (!dev_flow_is_stopped(&stream->flow))
		return;
	if (stream->rest_at < stream->rest_end) {
		size_t left = stream->rest_end - stream->rest_at;
		struct iovec iov = { stream->rest + stream->rest_at, left };

		stream->rest_at += send_some(dev->fd, &iov, 1, left);
	}
	if (stream->rest_at == stream->rest_end)
		dev_flow_go(dev, &stream->flow);
}

/*
 * Delivers the whole frames in @buf and moves the begun one to its start.
 * Return: false if there is a length that cannot be.
 */
static bool deliver(struct dev *dev, struct stream *stream)
{
	bool sane = true;
	size_t at = 0;
	uint32_t len;

	while (stream->used - at >= LENGTH_LEN) {
		memcpy(&len, stream->buf + at, LENGTH_LEN);
		len = ntohl(len);
		if (len > DEV_FRAME_MAX) {
			sane = false;
			break;
		}
		if (stream->used - at - LENGTH_LEN < len)
			break;
		if (len)
			dev_batch_add(&stream->batch, NULL, stream->buf + at + LENGTH_LEN, len);
		at += LENGTH_LEN + len;
		if (stream->batch.n == DEV_BATCH)
			dev_batch_flush(dev, &stream->batch);
	}
	dev_batch_flush(dev, &stream->batch);
	stream->used -= at;
	memmove(stream->buf, stream->buf + at, stream->used);
	return sane;
}

static void stream_receive(struct dev *dev)
{
	struct stream *stream = dev->priv;

	if (dev_flow_is_gone(&stream->flow))
		return;
	for (int round = 0; round < DEV_BATCH_ROUNDS; round++) {
		/* Never 0: @buf holds more than the one frame that is left in it. */
		size_t room = sizeof(stream->buf) - stream->used;
		ssize_t len = recv(dev->fd, stream->buf + stream->used, room, MSG_DONTWAIT);

		if (len < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (len > 0)
			stream->used += len;
		if (len <= 0 || !deliver(dev, stream)) {
			dev_flow_end(dev, &stream->flow);
			return;
		}
		if ((size_t)len < room)
			return;
	}
}

const struct dev_backend dev_stream = {
	.name = "stream",
	.usage = "stream:PATH        a unix stream socket to connect to (QEMU, passt)",
	.open = stream_open,
	.transmit = stream_transmit,
	.receive = stream_receive,
	.writable = stream_writable,
	.close = stream_close,
};

const struct dev_backend dev_fd = {
	.name = "fd",
	.usage = "fd:N               such a socket, connected already; taken over",
	.open = fd_open,
	.transmit = stream_transmit,
	.receive = stream_receive,
	.writable = stream_writable,
	.close = stream_close,
};
