/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KLOG_H
#define _KLOG_H

unsigned int logged(const char *text);

#endif /* _KLOG_H */
