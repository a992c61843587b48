// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FH_SOURCE_UTD_H
#define FH_SOURCE_UTD_H

#include <fh/edges.h>

/*
  The factor of fh_edge_factor() for all third octaves at once: midbands are
  equal ratios apart, and so are the arguments of the transition function, so
  one table in steps of a whole fraction of a third serves every band.
*/

typedef struct UtdTableImpl UtdTable;

/// Build the table; null when out of memory
UtdTable*
utd_table_new(void);

void
utd_table_free(UtdTable* table);

/// As fh_edge_factor() at the midbands of the third octaves, errors below 1e-3
void
utd_thirds(const UtdTable* table,
           const FhEdgePath* path,
           double speed_m_s,
           double incident,
           double reflected,
           float re[FH_N_THIRDS],
           float im[FH_N_THIRDS]);

#endif // FH_SOURCE_UTD_H
