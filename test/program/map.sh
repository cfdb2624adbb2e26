#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# map.sh: rings of packet sockets, MSG_ZEROCOPY are as on the host's kernel (map.c)
#
# timeout: 90
set -u
program=${TEST_TOP-$PWD}/build/test/program/map
. "${TEST_TOP-.}/test/program/facts.sh"
. "${TEST_TOP-.}/test/program/lib.sh"

compare
plan
