// SPDX-License-Identifier: GPL-2.0
/*
 * accept.c - accept4(2) that takes no number while it waits (LIB_ACCEPT_LATE)
 *
 * The kernel's own takes the lowest free number, and keeps it until a connection comes. Where
 * the host gives out numbers (nuse/attached/files.c) it does not know of that one: whatever
 * it gives that number to next could not be put there.
 */
#include <linux/err.h>
#include <linux/fcntl.h>
#include <linux/file.h>
#include <linux/net.h>
#include <linux/socket.h>
#include <linux/version.h>
#include <net/sock.h>

#include "lib.h"

static struct file *accept_file(struct file *listener, struct sockaddr __user *addr,
				int __user *len, int flags)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 10, 0)
	struct proto_accept_arg arg = { };

	return do_accept(listener, &arg, addr, len, flags);
#else
	return do_accept(listener, 0, addr, len, flags);
#endif
}

/* Returns the number, or what accept4(2) does. */
long lib_accept_late(int fd, struct sockaddr __user *addr, int __user *len, int flags)
{
	struct file *listener = fget(fd), *file;
	int to;

	BUILD_BUG_ON(SOCK_NONBLOCK != O_NONBLOCK);
	if (!listener)
		return -EBADF;
	to = flags & ~(SOCK_CLOEXEC | SOCK_NONBLOCK) ? -EINVAL : get_unused_fd_flags(flags);
	if (to < 0)
		goto out;
	/* There is one: connections are not taken and then lost for the want of it. */
	put_unused_fd(to);
	file = accept_file(listener, addr, len, flags);
	if (IS_ERR(file)) {
		to = PTR_ERR(file);
		goto out;
	}
	to = get_unused_fd_flags(flags);
	if (to < 0)
		fput(file);
	else
		fd_install(to, file);
out:
	fput(listener);
	return to;
}
