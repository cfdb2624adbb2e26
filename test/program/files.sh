#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# files.sh: descriptors, waits and signals are as on the host's kernel (files.c)
#
# timeout: 120
set -u
SECONDS_MAX=100
program=${TEST_TOP-$PWD}/build/test/program/files
. "${TEST_TOP-.}/test/program/facts.sh"
. "${TEST_TOP-.}/test/program/lib.sh"

compare
plan
