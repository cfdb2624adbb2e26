/* SPDX-License-Identifier: GPL-2.0 */
#ifndef THREADS_H
#define THREADS_H

/* How many threads of this process have a name (pthread_setname_np(3)) that begins so */
int threads_named(const char *begin);

#endif
