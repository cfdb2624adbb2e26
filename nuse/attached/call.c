// SPDX-License-Identifier: GPL-2.0
/*
 * call.c - which system calls are looked at, and by whom
 */
#include "attached.h"

typedef long call_fn(struct trap_thread *t, long nr, unsigned long *a);

/* Whose the first argument is decides. */
static long by_fd(struct trap_thread *t, long nr, unsigned long *a)
{
	enum file_kind kind = file_kind(a[0]);

	if (kind == FILE_HOST)
		return TRAP_HOST;
	if (kind == FILE_HIDDEN)
		return -EBADF;
	return lib_args(t, nr, a);
}

/* What a signal cut short goes on, in the kernel that it was in. */
static long restart(struct trap_thread *t, long nr, unsigned long *a)
{
	struct thread *th = *trap_data(t);

	return th && th->restart ? lib_args(t, nr, a) : TRAP_HOST;
}

#define TABLE_SIZE 512

static call_fn *const table[TABLE_SIZE] = {
	[__NR_read] = by_fd,
	[__NR_readv] = by_fd,
	[__NR_pread64] = by_fd,
	[__NR_preadv] = by_fd,
	[__NR_preadv2] = by_fd,
	[__NR_pwrite64] = by_fd,
	[__NR_write] = sockets_send,
	[__NR_writev] = sockets_send,
	[__NR_lseek] = by_fd,
	[__NR_fstat] = by_fd,
	[__NR_getdents] = directory_list,
	[__NR_getdents64] = directory_list,
	[__NR_ftruncate] = by_fd,
	[__NR_fsync] = by_fd,
	[__NR_fstatfs] = by_fd,
	[__NR_fchmod] = by_fd,
	[__NR_fchown] = by_fd,
	[__NR_fgetxattr] = by_fd,
	[__NR_flistxattr] = by_fd,

	[__NR_close] = files_close,
	[__NR_close_range] = files_close_range,
	[__NR_dup] = files_dup,
	[__NR_dup2] = files_dup2,
	[__NR_dup3] = files_dup2,
	[__NR_fcntl] = files_fcntl,
	[__NR_ioctl] = files_ioctl,

	[__NR_socket] = sockets_socket,
	[__NR_socketpair] = sockets_pair,
	[__NR_accept] = sockets_accept,
	[__NR_accept4] = sockets_accept,
	[__NR_bind] = by_fd,
	[__NR_connect] = by_fd,
	[__NR_listen] = by_fd,
	[__NR_getsockname] = by_fd,
	[__NR_getpeername] = by_fd,
	[__NR_getsockopt] = sockets_option,
	[__NR_setsockopt] = ring_option,
	[__NR_shutdown] = by_fd,
	[__NR_recvfrom] = by_fd,
	[__NR_recvmsg] = rights_receive,
	[__NR_recvmmsg] = by_fd,
	[__NR_pidfd_getfd] = rights_take,
	[__NR_sendto] = sockets_send,
	[__NR_sendmsg] = sockets_send,
	[__NR_sendmmsg] = sockets_send,

	[__NR_sendfile] = transfer_sendfile,
	[__NR_splice] = transfer_splice,
	[__NR_tee] = transfer_splice,
	[__NR_vmsplice] = transfer_splice,

	[__NR_poll] = poll_poll,
	[__NR_ppoll] = poll_poll,
	[__NR_select] = poll_select,
	[__NR_pselect6] = poll_select,
	[__NR_epoll_create] = epoll_make,
	[__NR_epoll_create1] = epoll_make,
	[__NR_epoll_ctl] = epoll_change,
	[__NR_epoll_wait] = epoll_await,
	[__NR_epoll_pwait] = epoll_await,
	[__NR_epoll_pwait2] = epoll_await,
	[__NR_restart_syscall] = restart,

	[__NR_open] = path_call,
	[__NR_openat] = path_call,
	[__NR_openat2] = path_call,
	[__NR_stat] = path_call,
	[__NR_lstat] = path_call,
	[__NR_newfstatat] = path_call,
	[__NR_statx] = path_call,
	[__NR_access] = path_call,
	[__NR_faccessat] = path_call,
	[__NR_faccessat2] = path_call,
	[__NR_readlink] = path_call,
	[__NR_readlinkat] = path_call,
	[__NR_mkdir] = path_call,
	[__NR_mkdirat] = path_call,
	[__NR_rmdir] = path_call,
	[__NR_unlink] = path_call,
	[__NR_unlinkat] = path_call,
	[__NR_symlink] = path_call,
	[__NR_symlinkat] = path_call,
	[__NR_chmod] = path_call,
	[__NR_fchmodat] = path_call,
	[__NR_chown] = path_call,
	[__NR_lchown] = path_call,
	[__NR_fchownat] = path_call,
	[__NR_rename] = path_two,
	[__NR_renameat] = path_two,
	[__NR_renameat2] = path_two,
	[__NR_link] = path_two,
	[__NR_linkat] = path_two,
	[__NR_statfs] = path_call,
	[__NR_getxattr] = path_call,
	[__NR_lgetxattr] = path_call,
	[__NR_listxattr] = path_call,
	[__NR_llistxattr] = path_call,
	[__NR_chdir] = path_chdir,
	[__NR_fchdir] = path_fchdir,
	[__NR_getcwd] = path_getcwd,
	[__NR_mount] = path_mount,
	[__NR_umount2] = path_mount,
	[__NR_unshare] = namespace_unshare,
	[__NR_setns] = namespace_setns,
	[__NR_getrlimit] = limit_call,
	[__NR_setrlimit] = limit_call,
	[__NR_prlimit64] = limit_call,
	[__NR_wait4] = process_wait,
	[__NR_waitid] = process_waitid,
	[__NR_prctl] = sandbox_call,
	[__NR_seccomp] = sandbox_call,
	[__NR_bpf] = bpf_call,
	[__NR_mmap] = map_mmap,
	[__NR_munmap] = map_munmap,

	[__NR_sched_setaffinity] = steer_call,
	[__NR_sched_getaffinity] = steer_call,
	[__NR_sched_setscheduler] = steer_call,
	[__NR_sched_getscheduler] = steer_call,
	[__NR_sched_setparam] = steer_call,
	[__NR_sched_setattr] = steer_call,
	[__NR_sched_getattr] = steer_call,

	[__NR_setuid] = credentials_call,
	[__NR_setgid] = credentials_call,
	[__NR_setreuid] = credentials_call,
	[__NR_setregid] = credentials_call,
	[__NR_setresuid] = credentials_call,
	[__NR_setresgid] = credentials_call,
	[__NR_setgroups] = credentials_call,
	[__NR_setfsuid] = credentials_call,
	[__NR_setfsgid] = credentials_call,
	[__NR_capset] = credentials_call,

	[__NR_kill] = kill_kill,
	[__NR_tkill] = kill_kill,
	[__NR_tgkill] = kill_kill,
	[__NR_rt_sigqueueinfo] = kill_kill,
	[__NR_rt_tgsigqueueinfo] = kill_kill,
	[__NR_pidfd_send_signal] = kill_kill,
};

void call_start(unsigned char *traps)
{
	unsigned int i;

	for (i = 0; i < TABLE_SIZE; i++)
		if (table[i])
			traps[i / 8] |= 1 << i % 8;
}

long call(struct trap_thread *t, long nr, unsigned long *a)
{
	long ret = table[nr](t, nr, a);

	if (__builtin_expect(ret == TRAP_RESTARTBLOCK || nr == __NR_restart_syscall, 0)) {
		struct thread *th = *trap_data(t);

		if (th)
			th->restart = ret == TRAP_RESTARTBLOCK;
	}
	return ret;
}
