// SPDX-License-Identifier: GPL-2.0
#include "fuzz.h"

struct input input;
