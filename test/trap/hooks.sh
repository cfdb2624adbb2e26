#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# hooks.sh: what trap.h promises to a personality
#
# release: none
set -u
. test/trap/lib.sh
MODES=("probe" "probe -e" "probe_fork")
under "hooks" "start: before 0 parent 0 child 0 thread exit 0 exec 0
ten threads: before 10 parent 10 child 10 thread exit 10 exec 0
child: before 11 parent 10 child 11 thread exit 10 exec 0
parent: before 11 parent 11 child 10 thread exit 10 exec 0
counted 0 more
constant 4242
fault -1 0
after exec: before 0 parent 0 child 0 thread exit 0 exec 1" "$program/hooks"
under "no signal is lost" "20000 rounds" "$program/lost"
under "what is refused" "int 0x80: -38
x32 getpid: -1 Function not implemented
x32 getppid: -1 Function not implemented
number -1: -1 Function not implemented
number 5000: -1 Function not implemented
GS: -1 Operation not permitted
io_uring: -1 Function not implemented
strict prctl: -1 Invalid argument
strict seccomp: -1 Invalid argument" "$program/refused"
same "filters of the program" "$program/seccomp"
plan
