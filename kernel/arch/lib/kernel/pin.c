// SPDX-License-Identifier: GPL-2.0
/*
 * pin.c - pages of a program cannot be pinned without an MMU: they are copied
 *
 * What would send from a program's pages (MSG_ZEROCOPY, vmsplice, kernel TLS) asks for
 * them with iov_iter_get_pages2(), and gives them back when it has done. The link puts
 * ours in its place (--wrap): pages of the kernel's that hold a copy. Nobody can tell but
 * by changing what he has sent before he is told that he may.
 *
 * The other way round there is nothing to give: who would receive into a program's pages
 * has to copy. Kernel TLS can, if it is told in time.
 */
#include <linux/gfp.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/uio.h>
#include <linux/version.h>
#include <net/tls.h>

ssize_t __real_iov_iter_get_pages2(struct iov_iter *i, struct page **pages, size_t maxsize,
				   unsigned int maxpages, size_t *start);
ssize_t __wrap_iov_iter_get_pages2(struct iov_iter *i, struct page **pages, size_t maxsize,
				   unsigned int maxpages, size_t *start);

ssize_t __wrap_iov_iter_get_pages2(struct iov_iter *i, struct page **pages, size_t maxsize,
				   unsigned int maxpages, size_t *start)
{
	size_t piece, done = 0;
	unsigned int n;

	if (!user_backed_iter(i))
		return __real_iov_iter_get_pages2(i, pages, maxsize, maxpages, start);
	if (iov_iter_rw(i) == READ)
		return -EFAULT;
	maxsize = min(maxsize, iov_iter_count(i));
	*start = 0;
	for (n = 0; n < maxpages && done < maxsize; n++) {
		pages[n] = alloc_page(GFP_KERNEL);
		if (!pages[n])
			return done ? : -ENOMEM;
		piece = copy_page_from_iter(pages[n], 0, min(maxsize - done, PAGE_SIZE), i);
		done += piece;
		if (!piece)
			put_page(pages[n]);
		if (piece < PAGE_SIZE)
			break;
	}
	return done || !maxsize ? done : -EFAULT;
}

static int copies(struct sock *sk, int tx, int err)
{
	if (!err && !tx)
		tls_sw_ctx_rx(tls_get_ctx(sk))->zc_capable = 0;
	return err;
}

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 3, 0)
int __real_tls_set_sw_offload(struct sock *sk, int tx);
int __wrap_tls_set_sw_offload(struct sock *sk, int tx);

int __wrap_tls_set_sw_offload(struct sock *sk, int tx)
{
	return copies(sk, tx, __real_tls_set_sw_offload(sk, tx));
}
#else
int __real_tls_set_sw_offload(struct sock *sk, struct tls_context *ctx, int tx);
int __wrap_tls_set_sw_offload(struct sock *sk, struct tls_context *ctx, int tx);

int __wrap_tls_set_sw_offload(struct sock *sk, struct tls_context *ctx, int tx)
{
	return copies(sk, tx, __real_tls_set_sw_offload(sk, ctx, tx));
}
#endif

/* After TLS_RX_EXPECT_NO_PAD, which allows it for TLS 1.3 */
void __wrap_tls_update_rx_zc_capable(struct tls_context *ctx);

void __wrap_tls_update_rx_zc_capable(struct tls_context *ctx)
{
}
