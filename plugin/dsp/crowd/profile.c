// SPDX-License-Identifier: GPL-3.0-or-later
#include <fh/profile.h>
#include <fh/tensors.h>

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REASON_SIZE 128u
#define N_STATES    ((size_t)FH_PROFILE_STATES)
#define N_OCTAVES   ((size_t)FH_N_OCTAVES)
/// The main arrays are heard this soon after the first loudspeaker [s]
#define ARRIVAL_REACH_S 0.05

static const char format[] = "fullhouse profile";

/// Numbers about the venue, in the order of the array "about"
enum {
  ABOUT_TEMPERATURE,
  ABOUT_HUMIDITY,
  ABOUT_PRESSURE,
  ABOUT_CAPACITY,
  ABOUT_VOLUME,
  ABOUT_SURFACE,
  ABOUT_AUDIENCE,
  ABOUT_STANDING,
  ABOUT_OPEN_AIR,
  N_ABOUT
};

static FhStatus
refuse(char* const reason, const FhStatus status, const char* const words)
{
  if (reason) {
    snprintf(reason, REASON_SIZE, "%s", words);
  }
  return status;
}

FhProfile*
fh_profile_new(const size_t n_mics, const size_t n_bins)
{
  FhProfile* const self = (FhProfile*)calloc(1, sizeof(FhProfile));
  if (!self) {
    return NULL;
  }
  const size_t n = N_STATES * n_bins * N_OCTAVES;
  self->n_mics = n_mics;
  self->n_bins = n_bins;
  self->edge_s = (float*)calloc(n_bins + 1, sizeof(float));
  self->mic_energy = (float*)calloc(n_mics * n + 1, sizeof(float));
  self->audience_energy = (float*)calloc(n + 1, sizeof(float));
  self->audience_early = (float*)calloc(n + 1, sizeof(float));
  if (!self->edge_s || !self->mic_energy || !self->audience_energy ||
      !self->audience_early) {
    fh_profile_free(self);
    return NULL;
  }
  return self;
}

void
fh_profile_free(FhProfile* const profile)
{
  if (profile) {
    free(profile->edge_s);
    free(profile->mic_energy);
    free(profile->audience_energy);
    free(profile->audience_early);
    free(profile);
  }
}

const float*
fh_profile_mic(const FhProfile* const profile,
               const size_t mic,
               const size_t state)
{
  return profile->mic_energy +
         (mic * N_STATES + state) * profile->n_bins * N_OCTAVES;
}

double
fh_profile_arrival_s(const FhProfile* const profile, const size_t mic)
{
  const FhProfile* const p = profile;
  const float* const h = fh_profile_mic(p, mic, 0);
  const double direct_s = (double)p->mic_direct_s[mic];
  double total[FH_N_OCTAVES] = {0.0};
  for (size_t i = 0; i < p->n_bins * N_OCTAVES; ++i) {
    total[i % N_OCTAVES] += (double)h[i];
  }
  size_t strongest = 0;
  double most = 0.0;
  for (size_t i = 0; i < p->n_bins; ++i) {
    double share = 0.0;
    for (size_t b = 4; b < 7; ++b) {
      share += (double)h[i * N_OCTAVES + b] / total[b];
    }
    if (share > most && (double)p->edge_s[i + 1] > direct_s &&
        (double)p->edge_s[i] < direct_s + ARRIVAL_REACH_S) {
      strongest = i;
      most = share;
    }
  }
  const double lo = (double)p->edge_s[strongest];
  const double hi = (double)p->edge_s[strongest + 1];
  return most > 0.0 && (lo > direct_s || hi <= direct_s) ? 0.5 * (lo + hi)
                                                         : direct_s;
}

/// An array of the file or of the profile
typedef struct {
  const char* name;
  size_t n_dims;
  size_t shape[FH_TENSOR_MAX_DIMS];
  float* data;
} Field;

#define N_FIELDS 13u

/// Where each array of the file lies in the profile
static void
list_fields(FhProfile* const p, float about[N_ABOUT], Field fields[N_FIELDS])
{
  const size_t bins = p->n_bins;
  const Field list[N_FIELDS] = {
    {"about", 1, {N_ABOUT}, about},
    {"occupancy", 1, {N_STATES}, p->occupancy},
    {"edge_s", 1, {bins + 1}, p->edge_s},
    {"mic_energy", 4, {p->n_mics, N_STATES, bins, N_OCTAVES}, p->mic_energy},
    {"mic_direct_s", 1, {p->n_mics}, p->mic_direct_s},
    {"mic_distance_m", 1, {p->n_mics}, p->mic_distance_m},
    {"audience_energy", 3, {N_STATES, bins, N_OCTAVES}, p->audience_energy},
    {"audience_early", 3, {N_STATES, bins, N_OCTAVES}, p->audience_early},
    {"levels_db", 3, {2, N_STATES, N_OCTAVES}, NULL},
    {"decays_s", 3, {2, N_STATES, N_OCTAVES}, NULL},
    {"added_m2", 2, {N_STATES, N_OCTAVES}, &p->added_m2[0][0]},
    {"empty_m2", 1, {N_OCTAVES}, p->empty_m2},
    {"difference_se_db", 1, {N_OCTAVES}, p->difference_se_db},
  };
  memcpy(fields, list, sizeof list);
}

/// Two tables that share an array of the file
static void
list_pair(FhProfile* const p, const char* const name, float* pair[2])
{
  const bool levels = !strcmp(name, "levels_db");
  pair[0] = levels ? &p->total_db[0][0] : &p->t20_s[0][0];
  pair[1] = levels ? &p->early_db[0][0] : &p->edt_s[0][0];
}

static bool
all_within(const float* const x, const size_t n, const float lo, const float hi)
{
  for (size_t i = 0; i < n; ++i) {
    if (!(x[i] >= lo && x[i] <= hi)) {
      return false;
    }
  }
  return true;
}

static bool
rises(const float* const x, const size_t n)
{
  for (size_t i = 1; i < n; ++i) {
    if (!(x[i] > x[i - 1])) {
      return false;
    }
  }
  return true;
}

/// Each microphone hears something in each octave and state
static bool
has_sound(const FhProfile* const p)
{
  for (size_t k = 0; k < p->n_mics * N_STATES; ++k) {
    const float* const h = p->mic_energy + k * p->n_bins * N_OCTAVES;
    for (size_t b = 0; b < N_OCTAVES; ++b) {
      float sum = 0.0f;
      for (size_t i = 0; i < p->n_bins; ++i) {
        sum += h[i * N_OCTAVES + b];
      }
      if (!(sum > 0.0f)) {
        return false;
      }
    }
  }
  return true;
}

static FhStatus
check(const FhProfile* const p, char* const reason)
{
  const size_t n = N_STATES * p->n_bins * N_OCTAVES;
  const size_t n_table = N_STATES * N_OCTAVES;
  const char* wrong = NULL;
  if (fh_air_check(&p->air)) {
    wrong = "the air is out of range";
  } else if (!(p->capacity > 0.0 && p->capacity <= 1e6)) {
    wrong = "the capacity is out of range";
  } else if (!(p->standing >= 0.0 && p->standing <= 1.0)) {
    wrong = "the share of standing places is out of range";
  } else if (p->occupancy[0] != 0.0f || !rises(p->occupancy, N_STATES) ||
             fabsf(p->occupancy[N_STATES - 1] - 1.0f) > 1e-6f) {
    wrong = "the occupancies do not rise from 0 to 1";
  } else if (!(p->edge_s[0] >= 0.0f) || !rises(p->edge_s, p->n_bins + 1) ||
             !(p->edge_s[p->n_bins] <= 120.0f)) {
    wrong = "the time bins do not rise";
  } else if (!all_within(p->mic_energy, p->n_mics * n, 0.0f, 1e12f) ||
             !all_within(p->audience_energy, n, 0.0f, 1e12f) ||
             !all_within(p->audience_early, n, 0.0f, 1e12f) || !has_sound(p)) {
    wrong = "an energy is out of range";
  } else if (!all_within(
               p->mic_direct_s, p->n_mics, 0.0f, p->edge_s[p->n_bins]) ||
             !all_within(p->mic_distance_m, p->n_mics, 0.0f, 1e5f)) {
    wrong = "a microphone's distance is out of range";
  } else if (!all_within(&p->total_db[0][0], n_table, -200.0f, 250.0f) ||
             !all_within(&p->early_db[0][0], n_table, -200.0f, 250.0f)) {
    wrong = "a level is out of range";
  } else if (!all_within(&p->t20_s[0][0], n_table, 0.0f, 120.0f) ||
             !all_within(&p->edt_s[0][0], n_table, 0.0f, 120.0f)) {
    wrong = "a decay time is out of range";
  } else if (!all_within(&p->added_m2[0][0], n_table, -1e5f, 1e7f) ||
             !all_within(p->empty_m2, N_OCTAVES, 0.0f, 1e8f)) {
    wrong = "an absorption area is out of range";
  }
  return wrong ? refuse(reason, FH_ERR_INVALID_DATA, wrong) : FH_OK;
}

static void
copy_name(char* const out, const size_t size, const char* const text)
{
  snprintf(out, size, "%s", text ? text : "");
}

static FhStatus
read_fields(FhProfile* const p, const FhTensors* const file, char* const reason)
{
  float about[N_ABOUT] = {0.0f};
  Field fields[N_FIELDS];
  list_fields(p, about, fields);
  for (size_t i = 0; i < N_FIELDS; ++i) {
    const Field* const f = &fields[i];
    const float* const data =
      fh_tensors_get(file, f->name, f->n_dims, f->shape, reason);
    if (!data) {
      return FH_ERR_FORMAT;
    }
    const size_t n = fh_tensors_find(file, f->name)->n_values;
    if (f->data) {
      memcpy(f->data, data, n * sizeof(float));
    } else {
      float* pair[2];
      list_pair(p, f->name, pair);
      memcpy(pair[0], data, n / 2 * sizeof(float));
      memcpy(pair[1], data + n / 2, n / 2 * sizeof(float));
    }
  }
  p->air.temperature_c = (double)about[ABOUT_TEMPERATURE];
  p->air.humidity_percent = (double)about[ABOUT_HUMIDITY];
  p->air.pressure_kpa = (double)about[ABOUT_PRESSURE];
  p->capacity = (double)about[ABOUT_CAPACITY];
  p->volume_m3 = (double)about[ABOUT_VOLUME];
  p->surface_m2 = (double)about[ABOUT_SURFACE];
  p->audience_m2 = (double)about[ABOUT_AUDIENCE];
  p->standing = (double)about[ABOUT_STANDING];
  p->open_air = (double)about[ABOUT_OPEN_AIR];
  copy_name(p->venue, sizeof p->venue, fh_tensors_text(file, "venue"));
  copy_name(p->hash, sizeof p->hash, fh_tensors_text(file, "hash"));
  for (size_t m = 0; m < p->n_mics; ++m) {
    char key[32];
    snprintf(key, sizeof key, "mic_%zu", m + 1);
    copy_name(p->mic[m], sizeof p->mic[m], fh_tensors_text(file, key));
  }
  return check(p, reason);
}

FhStatus
fh_profile_parse(const void* const bytes,
                 const size_t size,
                 FhProfile** const out,
                 char* const reason)
{
  *out = NULL;
  FhTensors* file = NULL;
  FhStatus status = fh_tensors_parse(bytes, size, &file, reason);
  if (status) {
    return status;
  }
  FhProfile* profile = NULL;
  const char* const kind = fh_tensors_text(file, "format");
  const char* const version = fh_tensors_text(file, "version");
  const FhTensor* const energy = fh_tensors_find(file, "mic_energy");
  if (!kind || strcmp(kind, format) != 0) {
    status = refuse(reason, FH_ERR_FORMAT, "the file is no venue profile");
  } else if (!version || strcmp(version, "1") != 0) {
    status = refuse(reason,
                    FH_ERR_VERSION,
                    "the profile is of another version; make it again with "
                    "'fullhouse profile'");
  } else if (!energy || energy->n_dims != 4 ||
             energy->shape[0] > FH_PROFILE_MAX_MICS ||
             energy->shape[2] > FH_PROFILE_MAX_BINS) {
    status = refuse(reason, FH_ERR_FORMAT, "the profile has no proper tables");
  } else {
    profile = fh_profile_new(energy->shape[0], energy->shape[2]);
    status = profile ? read_fields(profile, file, reason)
                     : refuse(reason, FH_ERR_NO_MEM, "out of memory");
  }
  fh_tensors_free(file);
  if (status) {
    fh_profile_free(profile);
    return status;
  }
  *out = profile;
  return FH_OK;
}

FhStatus
fh_profile_serialise(const FhProfile* const profile,
                     void** const bytes,
                     size_t* const size)
{
  *bytes = NULL;
  *size = 0;
  const FhStatus wrong = check(profile, NULL);
  if (wrong) {
    return wrong;
  }
  FhTensorWriter* const writer = fh_tensor_writer_new();
  if (!writer) {
    return FH_ERR_NO_MEM;
  }
  // The list of arrays serves reading too, hence the copy
  FhProfile p = *profile;
  float about[N_ABOUT] = {(float)p.air.temperature_c,
                          (float)p.air.humidity_percent,
                          (float)p.air.pressure_kpa,
                          (float)p.capacity,
                          (float)p.volume_m3,
                          (float)p.surface_m2,
                          (float)p.audience_m2,
                          (float)p.standing,
                          (float)p.open_air};
  Field fields[N_FIELDS];
  list_fields(&p, about, fields);
  for (size_t i = 0; i < N_FIELDS; ++i) {
    const Field* const f = &fields[i];
    if (f->data) {
      fh_tensor_writer_add(writer, f->name, f->n_dims, f->shape, f->data);
      continue;
    }
    float both[2 * FH_PROFILE_STATES * FH_N_OCTAVES];
    float* pair[2];
    list_pair(&p, f->name, pair);
    memcpy(both, pair[0], sizeof both / 2);
    memcpy(both + N_STATES * N_OCTAVES, pair[1], sizeof both / 2);
    fh_tensor_writer_add(writer, f->name, f->n_dims, f->shape, both);
  }
  fh_tensor_writer_text(writer, "format", format);
  fh_tensor_writer_text(writer, "version", "1");
  fh_tensor_writer_text(writer, "venue", p.venue);
  fh_tensor_writer_text(writer, "hash", p.hash);
  for (size_t m = 0; m < p.n_mics; ++m) {
    char key[32];
    snprintf(key, sizeof key, "mic_%zu", m + 1);
    fh_tensor_writer_text(writer, key, p.mic[m]);
  }
  const FhStatus status = fh_tensor_writer_finish(writer, bytes, size);
  fh_tensor_writer_free(writer);
  return status;
}
