/* SPDX-License-Identifier: GPL-2.0 */
/*
 * vmlinux.lds.S - a shared object in four parts
 *
 *	text	code and constants without a pointer: the file's pages, shared by
 *		all stacks of all processes
 *	private	one page, a process's own in a stack that several share
 *	data	the rest; begins "physical memory" (asm/page.h), the caller's
 *		arena follows behind _end
 *
 * What a boot runs, and what traffic does, lies together (order.lds.h, by kernel/order): each
 * function has a section of its own. A stack's start maps half a megabyte of text then, not
 * eight.
 *
 * The data begins on a 4 MiB boundary, so that what is aligned to so much or less in
 * "physical memory" is aligned for real.
 */
#include <asm/page.h>
#include <asm/thread_info.h>
#include <asm/cache.h>
#include <asm-generic/vmlinux.lds.h>

OUTPUT_FORMAT("elf64-x86-64")
OUTPUT_ARCH(i386:x86-64)
ENTRY(lib_init)

PHDRS
{
	text PT_LOAD FILEHDR PHDRS FLAGS(5);
	private PT_LOAD FLAGS(6);
	data PT_LOAD FLAGS(6);
	dynamic PT_DYNAMIC FLAGS(6);
	note PT_NOTE FLAGS(4);
}

jiffies = jiffies_64;

/* Initcalls that module.c runs when somebody asks: of files whose path matches */
#define INITCALLS_OF(files) \
	KEEP(files(.initcall4.init)) \
	KEEP(files(.initcall6.init)) \
	KEEP(files(.initcall7.init))
#define MODULE(name, files) \
	lib_module_##name = .; \
	INITCALLS_OF(files) \
	lib_module_##name##_end = .;

SECTIONS
{
	/*
	 * Initialisation that costs a stack's start more than it gives: the jitter
	 * entropy source and its power-up test (3 ms; randomness is the host's), the
	 * slab caches' files in /sys (0.3 ms).
	 */
	/DISCARD/ : {
		*jitterentropy-kcapi.o(.initcall*)
		*slub.o(.initcall7.init)
	}
	. = SIZEOF_HEADERS;
	.note.gnu.build-id : { *(.note.gnu.build-id) } :text :note
	.gnu.hash : { *(.gnu.hash) } :text
	.dynsym : { *(.dynsym) }
	.dynstr : { *(.dynstr) }
	.gnu.version : { *(.gnu.version) }
	.gnu.version_d : { *(.gnu.version_d) }
	.gnu.version_r : { *(.gnu.version_r) }
	.relr.dyn : { *(.relr.dyn) }
	.rela.dyn : { *(.rela.*) }

	. = ALIGN(PAGE_SIZE);
	_text = .;
	_stext = .;
	.text : {
#include "order.lds.h"
		TEXT_TEXT
		SCHED_TEXT
		LOCK_TEXT
		KPROBES_TEXT
		IRQENTRY_TEXT
		SOFTIRQENTRY_TEXT
		__cpuidle_text_start = .;
		*(.cpuidle.text)
		__cpuidle_text_end = .;
		*(.fixup)
		*(.text.*)
		_sinittext = .;
		*(.init.text .init.text.*)
		*(.exit.text .exit.text.*)
		_einittext = .;
	} :text =0x90909090
	_etext = .;

	. = ALIGN(64);
	lib_shared_rodata = .;
	.shared_rodata : { *(.rodata .rodata.*) }
	lib_shared_rodata_end = .;

	. = ALIGN(PAGE_SIZE);
	.lib.private : { *(.lib.private) . = ALIGN(PAGE_SIZE); } :private

	. = ALIGN(0x400000);
	_sdata = .;
	.dynamic : { *(.dynamic) } :data :dynamic
	.got : { *(.got) *(.got.plt) } :data
	.data.rel : {
		*(.data.rel.ro .data.rel.ro.* .data.rel .data.rel.*)
	} :data
	RO_DATA(64)
	EXCEPTION_TABLE(4)
	RW_DATA(L1_CACHE_BYTES, PAGE_SIZE, THREAD_SIZE)
	_edata = .;

	. = ALIGN(64);
	__init_begin = .;
	.init.data : {
		INIT_DATA
		INIT_SETUP(16)
		lib_late_begin = .;
		KEEP(*kernel/params.o(.initcall7.init))
		lib_late_end = .;
		MODULE(batman_adv, *net/batman-adv/?*.o)
		lib_module_ieee802154 = .;
		INITCALLS_OF(*net/6lowpan/?*.o)
		INITCALLS_OF(*802154?*.o)
		lib_module_ieee802154_end = .;
		MODULE(ip_vs, *ipvs/ip_vs_?*.o)
		MODULE(openvswitch, *net/openvswitch/?*.o)
		MODULE(pptp, *net/ppp/pptp.o)
		MODULE(rds, *net/rds/?*.o)
		MODULE(rxrpc, *net/rxrpc/?*.o)
		INIT_CALLS
		CON_INITCALL
		INIT_RAM_FS
	}
	__init_end = .;

	BSS_SECTION(0, PAGE_SIZE, PAGE_SIZE)
	. = ALIGN(PAGE_SIZE);
	_end = .;

	STABS_DEBUG
	DWARF_DEBUG
	ELF_DETAILS

	/DISCARD/ : {
		*(.modinfo) *(.eh_frame) *(.interp) *(.note.GNU-stack)
		*(.note.gnu.property) *(.note.Linux) *(.export_symbol)
		EXIT_CALL
		*(.exit.data .exit.data.*) *(.discard) *(.discard.*)
	}
}
