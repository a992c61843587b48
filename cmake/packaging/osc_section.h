// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FULLHOUSE_OSC_SECTION_H
#define FULLHOUSE_OSC_SECTION_H

#include "shells.h"

/// Write the addresses of fullhouse-live as a section for help2man
void
osc_section(const Program* program);

#endif // FULLHOUSE_OSC_SECTION_H
