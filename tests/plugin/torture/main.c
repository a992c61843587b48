// SPDX-License-Identifier: GPL-3.0-or-later
#include "cases.h"
#include "watch.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
  "Usage: fullhouse-torture [OPTION...] URI\n"
  "Run an LV2 plugin through what hosts, cables and people do to it, and "
  "count\n"
  "what it does in run() that an audio thread must not: memory, locks, files,\n"
  "sleep. Exits 0 if it stands it all, 1 if not, 2 for wrong use.\n"
  "\n"
  "  -l        list the cases\n"
  "  -o NAME   only cases whose name begins so; may be given again\n"
  "  -s        strict: the same bits at any block size, no latency, bit-exact\n"
  "            bypass, finite output for any input (what fullhouse promises)\n"
  "  -c S=V    set control S to V before each case\n"
  "  -p PATH   a venue profile to load in the cases that need one\n"
  "  -q        say only what failed\n"
  "\n"
  "TORTURE_LOG=1 in the environment shows what the plugin logs.\n";

static const LilvPlugin*
find_plugin(LilvWorld* world, const char* uri)
{
  LilvNode* const node = lilv_new_uri(world, uri);
  const LilvPlugin* const plugin =
    node ? lilv_plugins_get_by_uri(lilv_world_get_all_plugins(world), node)
         : NULL;
  lilv_node_free(node);
  return plugin;
}

static int
list_cases(void)
{
  for (size_t i = 0; i < n_cases; ++i) {
    printf("%-22s %s%s\n",
           cases[i].name,
           cases[i].about,
           cases[i].is_strict ? " (strict)" : "");
  }
  return 0;
}

static int
run_cases(Torture* torture, bool quiet)
{
  unsigned n_failed = 0;
  unsigned n_run = 0;
  for (size_t i = 0; i < n_cases; ++i) {
    if (!case_is_wanted(torture, &cases[i])) {
      continue;
    }
    watch_reset();
    torture->reason[0] = '\0';
    torture->n_blocks = 0;
    torture->note[0] = '\0';
    const bool is_good = cases[i].run(torture);
    char calls[512];
    watch_describe(calls, sizeof(calls));
    const bool is_clean = watch_total() == 0;
    ++n_run;
    n_failed += is_good && is_clean ? 0 : 1;
    if (!quiet || !is_good || !is_clean) {
      printf("%-4s %-22s %7lu blocks, calls in run(): %s%s%s%s%s\n",
             is_good && is_clean ? "ok" : "FAIL",
             cases[i].name,
             torture->n_blocks,
             calls,
             torture->reason[0] ? ": " : "",
             torture->reason,
             torture->note[0] ? "; " : "",
             torture->note);
      fflush(stdout);
    }
  }
  printf("%u of %u cases stood%s\n",
         n_run - n_failed,
         n_run,
         watch_works() ? "" : " (calls are not seen in this build)");
  return n_run && !n_failed ? 0 : 1;
}

int
main(int argc, char** argv)
{
  Torture torture = {0};
  bool quiet = false;
  int option = 0;
  while ((option = getopt(argc, argv, "hlo:sc:p:q")) != -1) {
    switch (option) {
    case 'h':
      fputs(usage, stdout);
      return 0;
    case 'l':
      return list_cases();
    case 'o':
      if (torture.n_only < MAX_ONLY) {
        torture.only[torture.n_only++] = optarg;
      }
      break;
    case 's':
      torture.strict = true;
      break;
    case 'c':
      if (!strchr(optarg, '=') || torture.n_set == MAX_SET) {
        fputs(usage, stderr);
        return 2;
      }
      torture.set[torture.n_set++] = optarg;
      break;
    case 'p':
      torture.profile = optarg;
      break;
    case 'q':
      quiet = true;
      break;
    default:
      fputs(usage, stderr);
      return 2;
    }
  }
  if (optind + 1 != argc) {
    fputs(usage, stderr);
    return 2;
  }
  torture.world = lilv_world_new();
  lilv_world_load_all(torture.world);
  torture.plugin = find_plugin(torture.world, argv[optind]);
  if (!torture.plugin) {
    fprintf(stderr,
            "fullhouse-torture: no plugin <%s>; is its bundle in LV2_PATH?\n",
            argv[optind]);
    lilv_world_free(torture.world);
    return 2;
  }
  const int rc = run_cases(&torture, quiet);
  lilv_world_free(torture.world);
  return rc;
}
