// SPDX-License-Identifier: GPL-3.0-or-later
#include "check.h"
#include "csv.h"

#include <fh/analysis.h>
#include <fh/audio.h>
#include <fh/ir_text.h>

/*
  Rooms that others have measured. They are read where they lie; the program
  ends as skipped where they are absent.
*/
static char data_path[400];

static void
path_of(const char* const name, char out[512])
{
  snprintf(out, 512, "%s/%s", data_path, name);
}

static double*
channel_of(FhAudio* const audio, size_t* const n)
{
  double* const h = (double*)malloc(audio->n_frames * sizeof(double));
  assert_non_null(h);
  fh_audio_channel(audio, 0, h);
  *n = audio->n_frames;
  fh_audio_clear(audio);
  return h;
}

static void
analyse_wav(const char* const name,
            const FhAnalysisDesc* const desc,
            FhAnalysis* const out)
{
  char path[512];
  FhAudio audio;
  size_t n = 0;
  path_of(name, path);
  assert_int_equal(fh_audio_read(path, &audio), FH_OK);
  const double rate_hz = audio.rate_hz;
  double* const h = channel_of(&audio, &n);
  assert_int_equal(fh_analyse(h, n, rate_hz, desc, out), FH_OK);
  free(h);
}

static void
analyse_text(const char* const name,
             const double rate_hz,
             const FhAnalysisDesc* const desc,
             FhAnalysis* const out)
{
  char path[512];
  FhAudio audio;
  size_t n = 0;
  path_of(name, path);
  assert_int_equal(fh_ir_text_read(path, rate_hz, NULL, &audio), FH_OK);
  double* const h = channel_of(&audio, &n);
  assert_int_equal(fh_analyse(h, n, rate_hz, desc, out), FH_OK);
  free(h);
}

/*
  The table was made with cosine filters and an onset in each band. With those
  we must have its numbers; with class-1 filters, which are wider, the neighbour
  octaves come in: up to 5 % of T30 and 0.7 dB here.
*/
static void
test_seminar_room_agrees_with_its_table(void** state)
{
  (void)state;
  static const char* const wav =
    "bras_cr2/measured/scene9_RIR_LS1_MP1_Dodecahedron.wav";
  char path[512];
  Csv csv;
  path_of("bras_cr2/measured/cr2_measured_octave_pairs.csv", path);
  csv_read(path, &csv);
  FhAnalysisDesc desc = fh_analysis_desc_default();
  FhAnalysis class_1;
  FhAnalysis cosine;
  analyse_wav(wav, &desc, &class_1);
  desc.shape = FH_BANDS_COSINE;
  desc.band_onset = true;
  analyse_wav(wav, &desc, &cosine);
  size_t n_compared = 0;
  for (size_t i = 0; i < csv.n_rows; ++i) {
    if (strcmp(csv_text(&csv, i, "source"), "LS1") != 0 ||
        strcmp(csv_text(&csv, i, "receiver"), "MP1") != 0) {
      continue;
    }
    for (size_t b = 1; b <= 6; ++b) {
      if (strcmp(csv_text(&csv, i, "band_hz"), fh_octave_name(b)) != 0) {
        continue;
      }
      const double t30 = csv_number(&csv, i, "t30_s");
      const double c50 = csv_number(&csv, i, "c50_db");
      const double c80 = csv_number(&csv, i, "c80_db");
      CHECK_NEAR(cosine.parameters.band[b].t30_s, t30, 0.01 * t30);
      CHECK_NEAR(cosine.parameters.band[b].c50_db, c50, 0.05);
      CHECK_NEAR(cosine.parameters.band[b].c80_db, c80, 0.05);
      CHECK_NEAR(class_1.parameters.band[b].t30_s, t30, 0.05 * t30);
      CHECK_NEAR(class_1.parameters.band[b].c50_db, c50, 0.7);
      CHECK_NEAR(class_1.parameters.band[b].c80_db, c80, 0.7);
      ++n_compared;
    }
  }
  assert_int_equal(n_compared, 6);
  csv_clear(&csv);
  fh_analysis_clear(&class_1);
  fh_analysis_clear(&cosine);
}

static void
read_matrix(const char* const name, double m[FH_N_MODULATIONS][FH_N_STI_BANDS])
{
  char path[512];
  char line[256];
  size_t row = 0;
  path_of(name, path);
  FILE* const f = fopen(path, "r");
  assert_non_null(f);
  while (fgets(line, sizeof(line), f)) {
    if (line[0] == '#' || line[0] == '\n') {
      continue;
    }
    char* at = line;
    assert_true(row < FH_N_MODULATIONS);
    for (size_t k = 0; k < FH_N_STI_BANDS; ++k) {
      m[row][k] = strtod(at, &at);
      at += *at == ';';
    }
    ++row;
  }
  fclose(f);
  assert_int_equal(row, FH_N_MODULATIONS);
}

static void
compare_matrices(const double got[FH_N_STI_BANDS][FH_N_MODULATIONS],
                 const char* const name)
{
  double expected[FH_N_MODULATIONS][FH_N_STI_BANDS];
  read_matrix(name, expected);
  for (size_t i = 0; i < FH_N_MODULATIONS; ++i) {
    for (size_t k = 0; k < FH_N_STI_BANDS; ++k) {
      // One cell, 8 kHz at 12.5 Hz, is 0.012 off whatever the filter
      CHECK_NEAR(got[k][i], expected[i][k], k == 6 && i == 13 ? 0.013 : 0.01);
    }
  }
}

/*
  WinMF filters with order 8, forward in time, and takes the response with its
  noise. So do we here; with class-1 filters of order 3 single cells at 125 Hz
  differ by 0.08 as the response is a single sample of a modal decay.
*/
static void
test_modulation_transfer_agrees_with_winmf(void** state)
{
  (void)state;
  static const double level_db[FH_N_STI_BANDS] = {56, 60, 59, 51, 43, 32, 24};
  static const double noise_db[FH_N_STI_BANDS] = {52, 45, 40, 36, 34, 33, 32};
  FhAnalysisDesc desc = fh_analysis_desc_default();
  desc.shape = FH_BANDS_STEEP;
  FhAnalysis a;
  float m[FH_N_STI_BANDS][FH_N_MODULATIONS];
  double scaled[FH_N_STI_BANDS][FH_N_MODULATIONS];
  FhSti sti;
  analyse_text("standards_vectors/sti_mtf_winmf/"
               "room_impulse_response_with_noise.csv",
               48000.0,
               &desc,
               &a);
  assert_int_equal(fh_analysis_mtf_raw(&a, m), FH_OK);
  const float(*const matrix)[FH_N_MODULATIONS] =
    (const float(*)[FH_N_MODULATIONS])m;
  assert_int_equal(fh_sti(matrix, NULL, NULL, &sti), FH_OK);
  compare_matrices((const double(*)[FH_N_MODULATIONS])sti.m,
                   "standards_vectors/sti_mtf_winmf/mtf_ir_WINMF.csv");
  for (size_t k = 0; k < FH_N_STI_BANDS; ++k) {
    const double snr = pow(10.0, 0.1 * (level_db[k] - noise_db[k]));
    for (size_t i = 0; i < FH_N_MODULATIONS; ++i) {
      scaled[k][i] = (double)m[k][i] * snr / (1.0 + snr);
    }
  }
  compare_matrices(
    (const double(*)[FH_N_MODULATIONS])scaled,
    "standards_vectors/sti_mtf_winmf/mtf_ir_level_snr_WINMF.csv");
  // WinMF's matrix has masking but no reception threshold (46 dB at 125 Hz
  // takes 7 % there, which its column does not show); the standard has both
  static const double threshold_db[FH_N_STI_BANDS] = {
    46.0, 27.0, 12.0, 6.5, 7.5, 8.0, 12.0};
  assert_int_equal(fh_sti(matrix, level_db, noise_db, &sti), FH_OK);
  double below = 0.0;
  for (size_t k = 0; k < FH_N_STI_BANDS; ++k) {
    const double total =
      pow(10.0, 0.1 * level_db[k]) + pow(10.0, 0.1 * noise_db[k]);
    const double masking =
      k ? below * pow(10.0, 0.1 * fh_sti_masking_db(10.0 * log10(below))) : 0.0;
    const double heard = total + masking;
    for (size_t i = 0; i < FH_N_MODULATIONS; ++i) {
      scaled[k][i] =
        sti.m[k][i] * (heard + pow(10.0, 0.1 * threshold_db[k])) / heard;
    }
    below = total;
  }
  compare_matrices(
    (const double(*)[FH_N_MODULATIONS])scaled,
    "standards_vectors/sti_mtf_winmf/mtf_ir_level_snr_masking_WINMF.csv");
  fh_analysis_clear(&a);
}

// T60 = 1 s by construction; the file is at 44.1 kHz
static void
test_modal_box_decays_in_a_second(void** state)
{
  (void)state;
  const FhAnalysisDesc desc = fh_analysis_desc_default();
  FhAnalysis a;
  analyse_text("standards_vectors/analytic_rir/analytic_rir_rigid_walls.csv",
               44100.0,
               &desc,
               &a);
  CHECK_NEAR(a.parameters.broadband.t20_s, 1.0, 0.01);
  CHECK_NEAR(a.parameters.broadband.t30_s, 1.0, 0.01);
  // The lowest mode is at 215 Hz and the modes end below 2 kHz
  for (size_t b = 3; b <= 4; ++b) {
    CHECK_NEAR(a.parameters.band[b].t30_s, 1.0, 0.01);
  }
  fh_analysis_clear(&a);
}

static void
test_hand_clap_has_no_t30_at_low_frequencies(void** state)
{
  (void)state;
  const FhAnalysisDesc desc = fh_analysis_desc_default();
  FhAnalysis a;
  float m[FH_N_STI_BANDS][FH_N_MODULATIONS];
  analyse_wav("room_irs/seminar_room_clap/rir_clap.wav", &desc, &a);
  for (size_t b = 0; b <= 3; ++b) {
    assert_true(isnan(a.parameters.band[b].t30_s));
    assert_true(a.parameters.band[b].t30_reason != FH_REASON_NONE);
  }
  assert_true(isnan(a.parameters.band[1].c80_db));
  assert_int_equal(fh_analysis_mtf(&a, m), FH_ERR_DECAY_RANGE);
  fh_analysis_clear(&a);
}

static void
test_living_room_has_no_confident_t30(void** state)
{
  (void)state;
  const FhAnalysisDesc desc = fh_analysis_desc_default();
  FhAnalysis a;
  analyse_wav("room_irs/living_room/living_room_1.wav", &desc, &a);
  assert_true(a.offset != 0.0);
  assert_true(isnan(a.parameters.band[0].t30_s));
  assert_true(isnan(a.parameters.band[1].t30_s));
  assert_true(isnan(a.parameters.broadband.t30_s));
  for (size_t b = 0; b <= a.n_bands; ++b) {
    const FhBandParameters* const p =
      b < a.n_bands ? &a.parameters.band[b] : &a.parameters.broadband;
    // ISO 3382-2, annex B: above 10 permille a decay is far from straight
    assert_true(p->t30_reason != FH_REASON_NONE || p->t30_xi > 10.0);
  }
  fh_analysis_clear(&a);
}

// T30 at 1 kHz that was found on collecting the files by other means, to two
// digits or so
static void
test_rooms_sound_as_they_did_before(void** state)
{
  (void)state;
  static const struct {
    const char* name;
    double t30_s;
  } rooms[] = {
    {"york_sports_centre/ir_sportscentre_omni.wav", 6.5},
    {"arthur_sykes_rymer_auditorium/arthur_sykes_rymer_auditorium.wav", 0.38},
    {"st_margarets_church/st_margarets_church.wav", 1.23},
    {"binauralsdm_example_room/ExampleRoom_S1_R1_FRL10cm.wav", 0.54}};
  const FhAnalysisDesc desc = fh_analysis_desc_default();
  for (size_t i = 0; i < 4; ++i) {
    char name[128];
    FhAnalysis a;
    snprintf(name, sizeof(name), "room_irs/%s", rooms[i].name);
    analyse_wav(name, &desc, &a);
    CHECK_NEAR(
      a.parameters.band[4].t30_s, rooms[i].t30_s, 0.02 * rooms[i].t30_s);
    fh_analysis_clear(&a);
  }
}

int
main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_seminar_room_agrees_with_its_table),
    cmocka_unit_test(test_modulation_transfer_agrees_with_winmf),
    cmocka_unit_test(test_modal_box_decays_in_a_second),
    cmocka_unit_test(test_hand_clap_has_no_t30_at_low_frequencies),
    cmocka_unit_test(test_living_room_has_no_confident_t30),
    cmocka_unit_test(test_rooms_sound_as_they_did_before),
  };
  const char* const folder = getenv("FULLHOUSE_DATA");
  snprintf(data_path,
           sizeof(data_path),
           "%s",
           folder && *folder ? folder : FULLHOUSE_DATA_DIR);
  char path[512];
  path_of("standards_vectors/SOURCE.md", path);
  FILE* const f = fopen(path, "r");
  if (!f) {
    printf("no measured data in %s: skipped\n", data_path);
    return 77;
  }
  fclose(f);
  return cmocka_run_group_tests(tests, NULL, NULL);
}
