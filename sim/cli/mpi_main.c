// SPDX-License-Identifier: GPL-3.0-or-later
// fullhouse over MPI: the one file that knows it
#include "cli.h"
#include "commands.h"
#include "crowd_examples.h"
#include "simulate.h"
#include "tour.h"

#include <limits.h>
#include <mpi.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/// Words that one message may hold
#define PART ((size_t)1 << 24)

static bool
sum_words(void* const user, int64_t* const words, const size_t n)
{
  (void)user;
  for (size_t at = 0; at < n; at += PART) {
    const size_t left = n - at;
    const int count = (int)(left < PART ? left : PART);
    if (MPI_Allreduce(MPI_IN_PLACE,
                      words + at,
                      count,
                      MPI_INT64_T,
                      MPI_SUM,
                      MPI_COMM_WORLD) != MPI_SUCCESS) {
      return false;
    }
  }
  return true;
}

/// Processors for each rank of this machine, at least 1
static unsigned
processors_each(void)
{
  MPI_Comm here = MPI_COMM_NULL;
  int n_here = 1;
  if (MPI_Comm_split_type(
        MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &here) ==
      MPI_SUCCESS) {
    (void)MPI_Comm_size(here, &n_here);
    (void)MPI_Comm_free(&here);
  }
  const long n = sysconf(_SC_NPROCESSORS_ONLN) / (n_here > 0 ? n_here : 1);
  return n > 0 ? (unsigned)n : 1;
}

static int
run(const int argc, char** const argv, const FhTeam* const team)
{
  static const struct {
    const char* name;
    int (*run)(int, char**, const FhTeam*, unsigned);
  } commands[] = {{"simulate", simulate_main}, {"tour", tour_main}};
  for (size_t i = 0; argc > 1 && i < sizeof commands / sizeof *commands; ++i) {
    if (!strcmp(argv[1], commands[i].name)) {
      char name[64];
      (void)snprintf(name, sizeof name, "fullhouse-mpi %s", commands[i].name);
      argv[1] = name;
      return commands[i].run(argc - 1, argv + 1, team, processors_each());
    }
  }
  if (argc > 2 && !strcmp(argv[1], "crowd") && !strcmp(argv[2], "examples")) {
    char name[] = "fullhouse-mpi crowd examples";
    argv[2] = name;
    return crowd_examples_main(argc - 2, argv + 2, team, processors_each());
  }
  if (!team->rank) {
    (void)fprintf(stderr,
                  "fullhouse-mpi: error: %s%s; 'mpirun -n N fullhouse-mpi "
                  "simulate VENUE -o RUN', 'tour TOUR -o DIR' and 'crowd "
                  "examples -o DIR' take all options of the same commands of "
                  "fullhouse\n",
                  argc < 2 ? "no command" : "unknown command: ",
                  argc < 2 ? "" : argv[1]);
  }
  return FH_EXIT_USAGE;
}

// Help and version want no ranks
static bool
tell_about(const int argc, char** const argv)
{
  if (argc != 2) {
    return false;
  }
  if (!strcmp(argv[1], "--help")) {
    (void)puts(
      "Usage: mpirun -n N fullhouse-mpi simulate VENUE -o RUN [OPTION...]\n"
      "       mpirun -n N fullhouse-mpi tour TOUR -o DIR [OPTION...]\n"
      "       mpirun -n N fullhouse-mpi crowd examples -o DIR [OPTION...]\n"
      "Fullhouse over MPI ranks, on one machine or many: the same results, bit "
      "by bit, as one process writes.\n\n"
      "They take all options of the same commands of fullhouse (the nights of "
      "a tour and the venues of examples are shared out); --threads counts for "
      "each "
      "rank (default: the processors of a machine divided by its ranks). The "
      "folder of the results must be one that rank 0 can write.");
    return true;
  }
  if (!strcmp(argv[1], "--version")) {
    (void)puts("fullhouse-mpi " FULLHOUSE_VERSION);
    return true;
  }
  return false;
}

int
main(int argc, char** argv)
{
  if (tell_about(argc, argv)) {
    return FH_EXIT_OK;
  }
  int provided = 0;
  if (MPI_Init_thread(&argc, &argv, MPI_THREAD_FUNNELED, &provided) !=
      MPI_SUCCESS) {
    (void)fprintf(stderr, "fullhouse-mpi: error: MPI does not start\n");
    return FH_EXIT_NO_RESOURCE;
  }
  int rank = 0;
  int n_ranks = 1;
  (void)MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  (void)MPI_Comm_size(MPI_COMM_WORLD, &n_ranks);
  const FhTeam team = {(unsigned)rank, (unsigned)n_ranks, sum_words, NULL};
  fh_cli_catch_signals();
  const int code = fh_cli_finish(run(argc, argv, &team));
  if (code == FH_EXIT_NO_RESOURCE) {
    // Others may wait for this rank
    (void)MPI_Abort(MPI_COMM_WORLD, code);
  }
  (void)MPI_Finalize();
  return code;
}
