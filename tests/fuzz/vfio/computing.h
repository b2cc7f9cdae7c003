/* SPDX-License-Identifier: GPL-2.0 */
/* Who computes for vGPUs while programs run. */
#ifndef _VFIO_FUZZ_COMPUTING_H
#define _VFIO_FUZZ_COMPUTING_H

void computing_begin(void);
void computing_look(void);
void computing_end(void);

#endif /* _VFIO_FUZZ_COMPUTING_H */
