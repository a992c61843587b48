// SPDX-License-Identifier: GPL-3.0-or-later
/*
  A roofed stadium as a venue folder, of as many triangles and seats as asked:
  make_stadium FOLDER TRIANGLES SEATS. For measurements of memory and time at
  sizes that no venue of ours has.

  The floor is a box of 0.64 m2 for each seat of a third of them, two stands of
  25 degrees along its sides take the rest, and the roof is a net of shallow
  domes. All of it is cut into equal squares until the number of triangles is
  met, of which those of the roof lie in no common plane.
*/
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/// Floor area that a seat takes [m2]
#define SEAT_M2 0.64
/// Room that is asked for, as edges lose some rows
#define SPARE 1.09
/// Length of the stadium over its width
#define LONG 1.5
/// Rise of a stand over its run
#define RISE 0.466
/// Free height over the last row [m]
#define ROOF_M 12.0
/// Width and depth of a dome of the roof [m]
#define DOME_M  6.0
#define DEPTH_M 0.5

typedef struct {
  double floor_m, stand_m, length_m; ///< Widths, and the length of both
  double top_m;                      ///< Height of the last row
  double roof_m;
} Stadium;

/// A net of squares between four corners
typedef struct {
  const char* material;
  double at[3], u[3], v[3];
} Net;

static double
length_of(const double v[3])
{
  return sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2]);
}

static double
roof_at(const Stadium* const s, const double x, const double y)
{
  const double turn = 2.0 * 3.14159265358979 / DOME_M;
  return s->roof_m - DEPTH_M * (1.0 - cos(turn * x) * cos(turn * y));
}

static size_t
parts(const double length_m, const double edge_m)
{
  return (size_t)fmax(1.0, ceil(length_m / edge_m));
}

#define N_NETS 8u

static void
set(Net* const net,
    const char* const material,
    const double at[3],
    const double u[3],
    const double v[3])
{
  net->material = material;
  memcpy(net->at, at, sizeof net->at);
  memcpy(net->u, u, sizeof net->u);
  memcpy(net->v, v, sizeof net->v);
}

static void
list_nets(const Stadium* const s, Net nets[N_NETS])
{
  const double l = s->length_m;
  const double f = 0.5 * s->floor_m;
  const double w = f + s->stand_m;
  const double along[3] = {l, 0.0, 0.0};
  const double up[3] = {0.0, 0.0, s->roof_m - s->top_m};
  set(&nets[0],
      "Floor",
      (double[3]){0.0, -f, 0.0},
      along,
      (double[3]){0.0, s->floor_m, 0.0});
  set(&nets[1],
      "Stand",
      (double[3]){0.0, f, 0.0},
      along,
      (double[3]){0.0, s->stand_m, s->top_m});
  set(&nets[2],
      "Stand",
      (double[3]){0.0, -w, s->top_m},
      along,
      (double[3]){0.0, s->stand_m, -s->top_m});
  set(&nets[3], "Wall", (double[3]){0.0, w, s->top_m}, along, up);
  set(&nets[4], "Wall", (double[3]){0.0, -w, s->top_m}, up, along);
  set(&nets[5],
      "Roof",
      (double[3]){0.0, -w, s->roof_m},
      (double[3]){0.0, 2.0 * w, 0.0},
      along);
  // Ends reach from the floor to the roof; what is under the stands is sealed
  // off by these
  for (size_t i = 0; i < 2; ++i) {
    set(&nets[6 + i],
        "End",
        (double[3]){i ? l : 0.0, -w, 0.0},
        (double[3]){0.0, 2.0 * w, 0.0},
        (double[3]){0.0, 0.0, s->roof_m});
  }
}

static size_t
count_triangles(const Net nets[N_NETS], const double edge_m)
{
  size_t n = 0;
  for (size_t i = 0; i < N_NETS; ++i) {
    n += 2 * parts(length_of(nets[i].u), edge_m) *
         parts(length_of(nets[i].v), edge_m);
  }
  return n;
}

static void
write_net(FILE* const f,
          const Stadium* const s,
          const Net* const net,
          const double edge_m,
          size_t* const n_vertices)
{
  const size_t nu = parts(length_of(net->u), edge_m);
  const size_t nv = parts(length_of(net->v), edge_m);
  const int is_roof = !strcmp(net->material, "Roof");
  (void)fprintf(f, "usemtl %s\n", net->material);
  for (size_t j = 0; j <= nv; ++j) {
    for (size_t i = 0; i <= nu; ++i) {
      double at[3];
      for (size_t k = 0; k < 3; ++k) {
        at[k] = net->at[k] + (double)i / (double)nu * net->u[k] +
                (double)j / (double)nv * net->v[k];
      }
      // At its rim the roof is level and meets the walls
      if (is_roof && i && i < nu && j && j < nv) {
        at[2] = roof_at(s, at[0], at[1]);
      }
      (void)fprintf(f, "v %.4f %.4f %.4f\n", at[0], at[1], at[2]);
    }
  }
  for (size_t j = 0; j < nv; ++j) {
    for (size_t i = 0; i < nu; ++i) {
      const size_t a = *n_vertices + j * (nu + 1) + i + 1;
      const size_t b = a + nu + 1;
      (void)fprintf(f, "f %zu %zu %zu\n", a, a + 1, b + 1);
      (void)fprintf(f, "f %zu %zu %zu\n", a, b + 1, b);
    }
  }
  *n_vertices += (nu + 1) * (nv + 1);
}

static void
write_venue(FILE* const f, const Stadium* const s, const size_t n_seats)
{
  const double spacing_m = sqrt(SEAT_M2);
  (void)fprintf(
    f,
    "fullhouse: 1\n"
    "name: Stadium\n"
    "geometry: {file: stadium.obj, units: m, up: z}\n"
    "materials:\n"
    "  Floor: concrete_floor\n"
    "  Stand: seats_plastic\n"
    "  Wall: concrete_painted\n"
    "  End: curtain_heavy\n"
    "  Roof: metal_deck_perforated_75mm\n"
    "audience:\n"
    "  - {name: floor, surface: Floor, posture: standing, capacity: %zu, "
    "spacing_m: %.3f}\n"
    "  - {name: stands, surface: Stand, posture: seated, seat: plastic, "
    "capacity: %zu, spacing_m: %.3f}\n"
    "system:\n"
    "  loudspeakers:\n"
    "    - {name: L, model: fh-point-90x60, at: [%.2f, %.2f, %.2f], "
    "aim: {yaw_deg: -90, pitch_deg: -10}}\n"
    "    - {name: R, model: fh-point-90x60, at: [%.2f, %.2f, %.2f], "
    "aim: {yaw_deg: -90, pitch_deg: -10}}\n"
    "microphones:\n"
    "  - {name: FOH, at: [%.2f, 0, 2.6]}\n"
    "background_noise: NC-45\n",
    n_seats / 3,
    spacing_m,
    n_seats - n_seats / 3,
    spacing_m,
    4.0,
    0.25 * s->floor_m,
    ROOF_M,
    4.0,
    -0.25 * s->floor_m,
    ROOF_M,
    0.5 * s->length_m);
}

static FILE*
open_in(const char* const folder, const char* const name)
{
  char path[1024];
  const int n = snprintf(path, sizeof path, "%s/%s", folder, name);
  return n > 0 && (size_t)n < sizeof path ? fopen(path, "w") : NULL;
}

int
main(const int argc, char** const argv)
{
  const double n_triangles = argc == 4 ? strtod(argv[2], NULL) : 0.0;
  const double n_seats = argc == 4 ? strtod(argv[3], NULL) : 0.0;
  if (!(n_triangles >= 100.0 && n_triangles <= 2e7 && n_seats >= 100.0 &&
        n_seats <= 1e6)) {
    (void)fprintf(stderr, "Usage: make_stadium FOLDER TRIANGLES SEATS\n");
    return 2;
  }
  Stadium s;
  const double floor_m2 = n_seats / 3.0 * SEAT_M2 * SPARE;
  s.floor_m = sqrt(floor_m2 / LONG);
  s.length_m = LONG * s.floor_m;
  // What seats take is a length along the slope
  s.stand_m = s.floor_m / sqrt(1.0 + RISE * RISE);
  s.top_m = RISE * s.stand_m;
  s.roof_m = s.top_m + ROOF_M;
  Net nets[N_NETS];
  list_nets(&s, nets);
  double edge_m = 0.5 * s.length_m;
  while ((double)count_triangles(nets, edge_m) < n_triangles) {
    edge_m *= 0.998;
  }

  FILE* const obj =
    mkdir(argv[1], 0777) ? NULL : open_in(argv[1], "stadium.obj");
  FILE* const yaml = obj ? open_in(argv[1], "venue.yaml") : NULL;
  if (!yaml) {
    (void)fprintf(stderr, "%s: cannot be made; name a new folder\n", argv[1]);
    return 4;
  }
  size_t n_vertices = 0;
  for (size_t i = 0; i < N_NETS; ++i) {
    write_net(obj, &s, &nets[i], edge_m, &n_vertices);
  }
  write_venue(yaml, &s, (size_t)n_seats);
  const int failed = fclose(obj) | fclose(yaml);
  (void)printf("%zu triangles, %.0f seats, %.0f x %.0f x %.0f m\n",
               count_triangles(nets, edge_m),
               n_seats,
               s.length_m,
               s.floor_m + 2.0 * s.stand_m,
               s.roof_m);
  return failed ? 4 : 0;
}
