// SPDX-License-Identifier: GPL-2.0
/*
 * pcap.c - "pcap:[IN],OUT", capture files (libpcap)
 *
 * IN is classic pcap, of microseconds or nanoseconds and either byte order, or
 * pcapng, of Ethernet. Its frames arrive as fast as the stack takes them: their
 * timestamps are not looked at, and nothing waits for what the stack answers. A
 * frame cut by the capture's snapshot length arrives cut. At its end nothing more
 * arrives; where it is malformed or truncated, the link goes down.
 *
 * OUT is overwritten: classic pcap of nanoseconds. A frame's timestamp is the time
 * at which the stack sent it by the stack's own wall clock, so that two runs in
 * virtual time write the same bytes; setting that clock later changes nothing. Each
 * batch of frames is written out, so a program that is killed leaves all of them. If
 * that fails (disk full), the link goes down. The device has no offloads, so that OUT
 * holds what a wire would carry, checksums complete and segments cut; a large frame,
 * should one come, is written whole.
 *
 * Both are regular files; a pipe could block the stack. The last comma separates them,
 * so IN may have commas in its name and OUT none.
 *
 * An eventfd stands for "readable" as long as there is something to deliver.
 */
#include <errno.h>
#include <fcntl.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "batch.h"
#include "dev.h"
#include "flow.h"

#define NSEC 1000000000ull

enum {
	/* What other programs write too; more than the largest frame. */
	SNAPLEN = 262144,
};

/**
 * struct capture - state of a device
 * @in: NULL: none, or at its end. receive()'s
 * @buf: a batch of frames of @in
 * @out: transmit()'s
 * @whole: a frame of @out, its pieces joined
 * @failed: @out could not be written
 * @wall: the wall clock when libos_clock_now() was zero, nanoseconds since 1970
 */
struct capture {
	pcap_t *in;
	struct dev_batch batch;
	uint8_t buf[DEV_BATCH_BYTES];
	pcap_t *format;
	pcap_dumper_t *out;
	uint8_t whole[DEV_FRAME_MAX];
	atomic_bool failed;
	uint64_t wall;
};

/* transmit() may not ask the stack for the wall clock, but for libos_clock_now(). */
static int read_wall(struct capture *capture, struct libos *os)
{
	struct timespec ts;
	int err;

	if (!libos_clock_gettime(os, CLOCK_REALTIME, &ts)) {
		capture->wall = ts.tv_sec * NSEC + ts.tv_nsec - libos_clock_now(os);
		return 0;
	}
	err = -errno;
	dev_error("pcap: the stack tells no time: %s", strerror(-err));
	return err;
}

/* O_NONBLOCK: to open a pipe must not wait for its other end. */
static int open_regular(const char *path, int flags, FILE **file)
{
	int fd = open(path, flags | O_NONBLOCK | O_CLOEXEC, 0666);
	struct stat st;
	int err;

	if (fd < 0)
		goto err_errno;
	if (fstat(fd, &st))
		goto err_errno;
	if (!S_ISREG(st.st_mode)) {
		close(fd);
		dev_error("pcap: %s: not a regular file", path);
		return -EINVAL;
	}
	*file = fdopen(fd, flags & O_WRONLY ? "wb" : "rb");
	if (*file)
		return 0;

err_errno:
	err = -errno;
	if (fd >= 0)
		close(fd);
	dev_error("pcap: %s: %s", path, strerror(-err));
	return err;
}

static int open_in(struct capture *capture, const char *path)
{
	char why[PCAP_ERRBUF_SIZE];
	FILE *file;
	int err;

	err = open_regular(path, O_RDONLY, &file);
	if (err)
		return err;
	capture->in = pcap_fopen_offline_with_tstamp_precision(file, PCAP_TSTAMP_PRECISION_NANO,
							       why);
	if (!capture->in) {
		fclose(file);
		dev_error("pcap: %s: not a capture: %s", path, why);
		return -EINVAL;
	}
	if (pcap_datalink(capture->in) != DLT_EN10MB) {
		const char *name = pcap_datalink_val_to_name(pcap_datalink(capture->in));

		dev_error("pcap: %s: link type %s, not Ethernet; capture on an Ethernet interface",
			  path, name ? name : "unknown");
		return -EMEDIUMTYPE;
	}
	return 0;
}

static bool same_file(FILE *a, FILE *b)
{
	struct stat sa, sb;

	return !fstat(fileno(a), &sa) && !fstat(fileno(b), &sb) && sa.st_dev == sb.st_dev &&
	       sa.st_ino == sb.st_ino;
}

/* Not truncated before it is known not to be IN. */
static int open_out(struct capture *capture, const char *path)
{
	FILE *file;
	int err;

	err = open_regular(path, O_WRONLY | O_CREAT, &file);
	if (err)
		return err;
	if (capture->in && same_file(pcap_file(capture->in), file)) {
		fclose(file);
		dev_error("pcap: %s: both read and written; name another file to write", path);
		return -EINVAL;
	}
	capture->format = pcap_open_dead_with_tstamp_precision(DLT_EN10MB, SNAPLEN,
							       PCAP_TSTAMP_PRECISION_NANO);
	if (ftruncate(fileno(file), 0) || !capture->format)
		goto err_close;
	capture->out = pcap_dump_fopen(capture->format, file);
	if (!capture->out)
		goto err_close;
	if (!pcap_dump_flush(capture->out))
		return 0;
	err = -errno;
	dev_error("pcap: %s: %s", path, strerror(-err));
	return err;

err_close:
	err = errno ? -errno : -ENOMEM;
	fclose(file);
	dev_error("pcap: %s: %s", path, strerror(-err));
	return err;
}

static int open_files(struct capture *capture, const char *args)
{
	const char *comma = strrchr(args, ',');
	char *in;
	int err = 0;

	if (!comma || !comma[1]) {
		dev_error("pcap: \"%s\" names no file to write; the form is pcap:[IN],OUT", args);
		return -EINVAL;
	}
	if (comma > args) {
		in = strndup(args, comma - args);
		if (!in) {
			dev_error("pcap: no memory");
			return -ENOMEM;
		}
		err = open_in(capture, in);
		free(in);
	}
	return err ? err : open_out(capture, comma + 1);
}

static void pcap_dev_close(struct dev *dev)
{
	struct capture *capture = dev->priv;

	if (capture->in)
		pcap_close(capture->in);
	if (capture->out)
		pcap_dump_close(capture->out);
	if (capture->format)
		pcap_close(capture->format);
	if (dev->fd >= 0)
		close(dev->fd);
	free(capture);
}

static int pcap_dev_open(struct dev *dev, const char *args)
{
	struct capture *capture;
	int err;

	dev->fd = -1;
	capture = dev->priv = calloc(1, sizeof(*capture));
	if (!capture) {
		dev_error("pcap: no memory");
		return -ENOMEM;
	}
	err = read_wall(capture, dev->os);
	if (err)
		goto err_close;
	err = open_files(capture, args);
	if (err)
		goto err_close;
	dev->fd = eventfd(capture->in ? 1 : 0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (dev->fd < 0) {
		err = -errno;
		dev_error("pcap: no eventfd: %s", strerror(-err));
		goto err_close;
	}
	dev->config.features = 0;
	return 0;

err_close:
	pcap_dev_close(dev);
	dev->priv = NULL;
	return err;
}

static const uint8_t *join(struct capture *capture, const struct libos_frame *frame)
{
	uint8_t *to = capture->whole;

	if (frame->niov == 1)
		return frame->iov[0].iov_base;
	for (int i = 0; i < frame->niov; i++) {
		memcpy(to, frame->iov[i].iov_base, frame->iov[i].iov_len);
		to += frame->iov[i].iov_len;
	}
	return capture->whole;
}

static int pcap_dev_transmit(struct dev *dev, const struct libos_frame *frames, int n)
{
	struct capture *capture = dev->priv;
	uint64_t now = capture->wall + libos_clock_now(dev->os);
	struct pcap_pkthdr record = {
		.ts.tv_sec = now / NSEC,
		.ts.tv_usec = now % NSEC, /* nanoseconds: @format says so */
	};

	if (atomic_load(&capture->failed))
		return n;
	for (int i = 0; i < n; i++) {
		if (frames[i].len > sizeof(capture->whole))
			continue;
		record.len = record.caplen = frames[i].len;
		pcap_dump((u_char *)capture->out, &record, join(capture, &frames[i]));
	}
	if (pcap_dump_flush(capture->out) || ferror(pcap_dump_file(capture->out))) {
		atomic_store(&capture->failed, true);
		eventfd_write(dev->fd, 1);
	}
	return n;
}

/* Return: 1 if there may be more, or what pcap_next_ex() said last. */
static int read_batch(struct dev *dev, struct capture *capture)
{
	struct pcap_pkthdr *record;
	const uint8_t *data;
	size_t used = 0;
	int more = 1;

	while (dev_batch_room(&capture->batch, used, DEV_FRAME_MAX)) {
		more = pcap_next_ex(capture->in, &record, &data);
		if (more != 1)
			break;
		if (!record->caplen || record->caplen > DEV_FRAME_MAX)
			continue;
		memcpy(capture->buf + used, data, record->caplen);
		dev_batch_add(&capture->batch, NULL, capture->buf + used, record->caplen);
		used = dev_batch_next(used, record->caplen);
	}
	dev_batch_flush(dev, &capture->batch);
	return more;
}

static void pcap_dev_receive(struct dev *dev)
{
	struct capture *capture = dev->priv;
	bool down = false;
	eventfd_t count;
	int more;

	if (capture->in) {
		more = read_batch(dev, capture);
		if (more != 1) {
			down = more == PCAP_ERROR;
			pcap_close(capture->in);
			capture->in = NULL;
		}
	}
	/* First the event, then what it stands for: it may come in between. */
	if (!capture->in)
		eventfd_read(dev->fd, &count);
	if (down || atomic_load(&capture->failed))
		dev_carrier(dev, false);
}

static void pcap_dev_writable(struct dev *dev)
{
	(void)dev;
}

const struct dev_backend dev_pcap = {
	.name = "pcap",
	.usage = "pcap:[IN],OUT      frames come from capture IN and go to OUT",
	.open = pcap_dev_open,
	.transmit = pcap_dev_transmit,
	.receive = pcap_dev_receive,
	.writable = pcap_dev_writable,
	.close = pcap_dev_close,
};
