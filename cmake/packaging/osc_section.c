// SPDX-License-Identifier: GPL-3.0-or-later
#include "osc_section.h"

#include "ports.h"

#include <stdio.h>
#include <string.h>

// Addresses that are no control, as osc.c answers and sends them
static const struct {
  const char* address;
  const char* arguments;
  const char* text;
} in[] =
  {
    {"subscribe", "[PORT]", "send meters and controls to the sender, at PORT"},
    {"unsubscribe", "[PORT]", "send no more"},
    {"get", "[PORT]", "send everything once"},
    {"profile", "PATH", "load this venue profile"},
    {"trim",
     "BAND DB",
     "manual equaliser: band 0 (20 Hz) to 30 (20 kHz), -12 to 12 dB"},
},
  out[] = {
    {"state", "NUMBER TEXT", "what it does and why, in words"},
    {"occupancy", "SHARE SD", "0 empty to 1 full, with its standard error"},
    {"confidence", "SHARE", "0 to 1"},
    {"eq", "31 x DB", "response in effect, third octaves 20 Hz to 20 kHz"},
    {"line", "TEXT", "each line of the log as it is written"},
};

// Man pages are ASCII, a degree has a name
static void
print_unit(const char* const unit)
{
  const bool is_degree = !strncmp(unit, "\xc2\xb0", 2);
  printf("%s%s\n", is_degree ? "\\(de" : "", unit + (is_degree ? 2 : 0));
}

static void
print_control(const FhPortInfo* const info, const FhPort port)
{
  printf(".TP\n.BI /fullhouse/%s \" %s\"\n",
         info->symbol,
         info->is_trigger ? "" : "VALUE");
  if (info->is_trigger) {
    printf("%s: a trigger, without argument\n", info->name);
  } else if (port == FH_PORT_MODE) {
    printf("%s: 0, 1, 2 or off, suggest, auto\n", info->name);
  } else {
    printf("%s: %g to %g ",
           info->name,
           (double)info->minimum,
           (double)info->maximum);
    print_unit(info->unit);
  }
}

void
osc_section(const Program* const program)
{
  (void)program;
  printf("[OSC ADDRESSES]\n"
         "Numbers come as floats, integers or booleans; values outside of a "
         "range are taken as its nearest end.\n"
         "A page of buttons and faders, e.g. in TouchOSC, sends these:\n");
  for (unsigned i = 0; i < FH_PORT_COUNT; ++i) {
    const FhPortInfo* const info = fh_port_info((FhPort)i);
    if (info->kind == FH_PORT_CONTROL_IN) {
      print_control(info, (FhPort)i);
    }
  }
  for (size_t i = 0; i < sizeof(in) / sizeof(in[0]); ++i) {
    printf(".TP\n.BI /fullhouse/%s \" %s\"\n%s\n",
           in[i].address,
           in[i].arguments,
           in[i].text);
  }
  printf(".PP\nSubscribers hear these five times a second, and each control "
         "above when it changes:\n");
  for (size_t i = 0; i < sizeof(out) / sizeof(out[0]); ++i) {
    printf(".TP\n.BI /fullhouse/%s \" %s\"\n%s\n",
           out[i].address,
           out[i].arguments,
           out[i].text);
  }
}
