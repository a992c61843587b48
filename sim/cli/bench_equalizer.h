// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FULLHOUSE_BENCH_EQUALIZER_H
#define FULLHOUSE_BENCH_EQUALIZER_H

#include <stdbool.h>

/// Time of the equaliser for a block of 64 stereo frames [us]; 0 on failure
double
bench_equalizer_us(bool brief);

#endif // FULLHOUSE_BENCH_EQUALIZER_H
