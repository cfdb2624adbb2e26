// SPDX-License-Identifier: GPL-2.0
/*
 * map.c - what mmap(2) of a file shows, for a host that can show it
 *
 * Without an MMU the kernel maps nothing but what lies in order by itself. The host has one,
 * and the arena: it is told which pages a file's mmap() would put where (LIB_CALL_MAP).
 * The mapping is an area that no process has; a descriptor stands for it, so that it lives
 * through a fork, and ends, as the file's own code has to hear, with the last that holds it.
 */
#include <linux/anon_inodes.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/net.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/version.h>
#include <linux/vmalloc.h>

#include "lib.h"

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 3, 0)
#define vm_flags_init(area, flags) ((void)((area)->vm_flags = (flags)))
#endif

/**
 * struct mapping - a file's pages in a host process
 * @area: as the file's code sees it, from address 0
 * @pages: where the caller wants their addresses, while it is made
 * @given: how many there are
 */
struct mapping {
	struct vm_area_struct area;
	void *__user *pages;
	unsigned long given;
};

static int give(struct vm_area_struct *area, unsigned long at, void *page)
{
	struct mapping *m = container_of(area, struct mapping, area);

	if (put_user(page, &m->pages[at >> PAGE_SHIFT]))
		return -EFAULT;
	m->given++;
	return 0;
}

int __wrap_vm_insert_page(struct vm_area_struct *area, unsigned long at, struct page *page);
int __wrap_remap_vmalloc_range(struct vm_area_struct *area, void *memory, unsigned long first);

/* An area that the kernel's own mmap(2) makes has a region. */
int __wrap_vm_insert_page(struct vm_area_struct *area, unsigned long at, struct page *page)
{
	return area->vm_region ? -EINVAL : give(area, at, page_address(page));
}

int __wrap_remap_vmalloc_range(struct vm_area_struct *area, void *memory, unsigned long first)
{
	unsigned long at, end = area->vm_end - area->vm_start;
	int err = area->vm_region || !PAGE_ALIGNED(memory) ? -EINVAL : 0;

	for (at = 0; !err && at < end; at += PAGE_SIZE)
		err = give(area, at, memory + (first << PAGE_SHIFT) + at);
	return err;
}

static void mapping_end(struct mapping *m)
{
	if (m->area.vm_ops && m->area.vm_ops->close)
		m->area.vm_ops->close(&m->area);
	fput(m->area.vm_file);
	kfree(m);
}

static int mapping_release(struct inode *inode, struct file *file)
{
	mapping_end(file->private_data);
	return 0;
}

static const struct file_operations mapping_fops = {
	.release = mapping_release,
};

static unsigned long area_flags(u32 flags)
{
	return VM_READ | VM_MAYREAD | VM_MAYWRITE |
	       (flags & LIB_MAP_WRITE ? VM_WRITE : 0) |
	       (flags & LIB_MAP_SHARED ? VM_SHARED | VM_MAYSHARE : 0);
}

static int mapping_make(struct mapping *m, const struct lib_map *want)
{
	struct file *file = m->area.vm_file;
	struct socket *sock = sock_from_file(file);
	int err;

	/* Protocols whose mmap() is compiled with an MMU only have none. */
	if (!file->f_op->mmap || (sock && !sock->ops->mmap))
		return -ENODEV;
	if (!(file->f_mode & FMODE_READ) ||
	    (want->flags & LIB_MAP_SHARED && want->flags & LIB_MAP_WRITE &&
	     !(file->f_mode & FMODE_WRITE)))
		return -EACCES;
	err = call_mmap(file, &m->area);
	if (err)
		return err;
	if (m->given == want->length >> PAGE_SHIFT)
		return 0;
	if (m->area.vm_ops && m->area.vm_ops->close)
		m->area.vm_ops->close(&m->area);
	return -ENODEV;
}

/* LIB_CALL_MAP */
long lib_map(const struct lib_map __user *arg)
{
	struct lib_map want;
	struct mapping *m;
	long ret;

	if (copy_from_user(&want, arg, sizeof(want)))
		return -EFAULT;
	if (!want.length || offset_in_page(want.length) || offset_in_page(want.offset) ||
	    want.length > LONG_MAX)
		return -EINVAL;
	m = kzalloc(sizeof(*m), GFP_KERNEL);
	if (!m)
		return -ENOMEM;
	vma_init(&m->area, current->mm);
	m->area.vm_ops = NULL;
	m->area.vm_end = want.length;
	m->area.vm_pgoff = want.offset >> PAGE_SHIFT;
	vm_flags_init(&m->area, area_flags(want.flags));
	m->pages = (void *__user *)want.pages;
	m->area.vm_file = fget(want.fd);
	ret = m->area.vm_file ? mapping_make(m, &want) : -EBADF;
	if (ret) {
		if (m->area.vm_file)
			fput(m->area.vm_file);
		kfree(m);
		return ret;
	}
	ret = anon_inode_getfd("[mapping]", &mapping_fops, m, O_RDWR | O_CLOEXEC);
	if (ret < 0)
		mapping_end(m);
	return ret;
}
