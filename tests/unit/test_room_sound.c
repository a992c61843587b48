// SPDX-License-Identifier: GPL-3.0-or-later
#include "check.h"
#include "crowd_room.h"

#include <fh/room_sound.h>

/// The room with `factor` times its absorption, as a profile
static FhProfile*
room_of(const double factor, const double direct_gain)
{
  FhProfile* const p = room_profile();
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    room_energy((factor - 1.0) * room_empty_m2[b],
                b,
                ROOM_MIC_M,
                &p->air,
                direct_gain,
                p->mic_energy);
  }
  return p;
}

static void
sound_of(const double factor, const double direct_gain, FhRoomSound* const out)
{
  FhProfile* const p = room_of(factor, direct_gain);
  fh_profile_sound(p, 0, &p->air, out);
  fh_profile_free(p);
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    out->t_error[b] = 0.05f;
  }
}

// An exponential decay gives its own time where its neighbours decay alike.
// From 2 kHz up the air makes each octave faster than the one below, and the
// slow end of an octave is heard last: longer than at the midband, shorter than
// an octave lower
static void
test_decay_of_a_diffuse_room(void** state)
{
  (void)state;
  const FhAir air = fh_air_default();
  FhRoomSound s;
  sound_of(1.0, 4.0, &s);
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    assert_true(s.t_known[b]);
    const double t = exp((double)s.log_t[b]);
    const double want = room_t_s(0.0, b, &air);
    print_message("octave %zu: T %.2f s, midband %.2f s\n", b, t, want);
    if (b < 6) {
      CHECK_NEAR(t, want, 0.06 * want);
    } else {
      assert_true(t > want && t < room_t_s(0.0, b - 1, &air));
    }
  }
}

// The ratios are those of the integrals of direct sound and decay
static void
test_ratios_of_a_diffuse_room(void** state)
{
  (void)state;
  const FhAir air = fh_air_default();
  FhRoomSound s;
  sound_of(1.0, 4.0, &s);
  for (size_t b = 1; b < 6; ++b) {
    const double rate = 6.0 * log(10.0) / room_t_s(0.0, b, &air);
    const double start = ROOM_MIC_M / ROOM_SPEED;
    double m[FH_N_OCTAVES];
    fh_air_octaves(&air, m);
    const double direct =
      4.0 * 100.0 / (ROOM_MIC_M * ROOM_MIC_M) * exp(-m[b] * ROOM_MIC_M);
    const double all =
      31200.0 * room_t_s(0.0, b, &air) / ROOM_VOLUME * exp(-rate * start);
    const double after_20 = all * exp(-rate * FH_CROWD_DIRECT_S);
    const double after_80 = all * exp(-rate * FH_CROWD_LATE_S);
    CHECK_NEAR(
      s.direct_db[b], room_db((direct + all - after_20) / after_20), 0.5);
    CHECK_NEAR(
      s.clarity_db[b], room_db((direct + all - after_80) / after_80), 0.5);
  }
}

// A room is itself; walls that absorb a tenth more are within what plans do not
// know; with two and a half times the absorption, or ten times the direct
// sound, it is another
static void
test_other_rooms_are_far(void** state)
{
  (void)state;
  FhRoomSound own;
  FhRoomSound other;
  sound_of(1.0, 4.0, &own);
  CHECK_NEAR(fh_room_distance(&own, &own), 0.0, 1e-9);
  sound_of(1.1, 4.0, &other);
  const double near = fh_room_distance(&own, &other);
  assert_true(near > 0.0 && near < 1.0);
  sound_of(2.5, 4.0, &other);
  assert_true(fh_room_distance(&own, &other) > FH_ROOM_LIMIT);
  assert_true(fh_room_distance(&other, &own) > FH_ROOM_LIMIT);
  sound_of(1.0, 40.0, &other);
  assert_true(fh_room_distance(&own, &other) > FH_ROOM_LIMIT);
}

// What was not measured does not count; with next to nothing there is no answer
static void
test_unknown_octaves_are_left_out(void** state)
{
  (void)state;
  FhRoomSound own;
  FhRoomSound other;
  sound_of(1.0, 4.0, &own);
  sound_of(2.5, 4.0, &other);
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    other.t_known[b] = b == 4;
    other.energy_known[b] = b == 4;
    if (b != 4) {
      other.log_t[b] = NAN;
      other.direct_db[b] = NAN;
      other.clarity_db[b] = NAN;
    }
  }
  CHECK_NEAR(fh_room_distance(&own, &other), 0.0, 0.0);
  for (size_t b = 2; b < 7; ++b) {
    other = own;
    other.t_known[b] = false;
    other.log_t[b] = NAN;
    CHECK_NEAR(fh_room_distance(&own, &other), 0.0, 1e-9);
  }
}

// Most of the sound decides where a search for the delay ends, not the first
// loudspeaker
static void
test_arrival_is_that_of_the_arrays(void** state)
{
  (void)state;
  FhProfile* const p = room_of(1.0, 4.0);
  CHECK_NEAR(fh_profile_arrival_s(p, 0), ROOM_MIC_M / ROOM_SPEED, 1e-6);
  FhRoomSound true_sound;
  fh_profile_sound(p, 0, &p->air, &true_sound);
  const float direct_s = p->mic_direct_s[0];
  p->mic_direct_s[0] = direct_s - 0.012f;
  CHECK_NEAR(fh_profile_arrival_s(p, 0), direct_s, 0.0026);
  FhRoomSound sound;
  fh_profile_sound(p, 0, &p->air, &sound);
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    CHECK_NEAR(sound.direct_db[b], true_sound.direct_db[b], 0.3);
  }
  fh_profile_free(p);
}

int
main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_decay_of_a_diffuse_room),
    cmocka_unit_test(test_ratios_of_a_diffuse_room),
    cmocka_unit_test(test_other_rooms_are_far),
    cmocka_unit_test(test_unknown_octaves_are_left_out),
    cmocka_unit_test(test_arrival_is_that_of_the_arrays),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
