// SPDX-License-Identifier: GPL-3.0-or-later
// The one file that includes Embree; versions 3.13 and 4 differ only here
#include <fh/raycast.h>

#if FH_EMBREE_MAJOR >= 4
#  include <embree4/rtcore.h>
#else
#  include <embree3/rtcore.h>
#endif

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/// Room left free at either end of a line of sight [m]
#define CLEAR_M 1e-3f

struct FhRaycasterImpl {
  RTCDevice device;
  RTCScene scene;
  enum RTCError error; ///< First error that Embree reported
  char name[128];
};

#if FH_EMBREE_MAJOR >= 4
typedef struct RTCIntersectArguments IntersectSetup;
typedef struct RTCOccludedArguments OccludeSetup;

static void
init_intersect(IntersectSetup* const setup)
{
  rtcInitIntersectArguments(setup);
}

static void
init_occlude(OccludeSetup* const setup, const bool coherent)
{
  rtcInitOccludedArguments(setup);
  setup->flags =
    coherent ? RTC_RAY_QUERY_FLAG_COHERENT : RTC_RAY_QUERY_FLAG_INCOHERENT;
}

static void
intersect(RTCScene scene,
          IntersectSetup* const setup,
          struct RTCRayHit* const ray)
{
  rtcIntersect1(scene, ray, setup);
}

static void
occlude(RTCScene scene, OccludeSetup* const setup, struct RTCRay* const ray)
{
  rtcOccluded1(scene, ray, setup);
}

static void
occlude8(const int* const valid,
         RTCScene scene,
         OccludeSetup* const setup,
         struct RTCRay8* const rays)
{
  rtcOccluded8(valid, scene, rays, setup);
}
#else
typedef struct RTCIntersectContext IntersectSetup;
typedef struct RTCIntersectContext OccludeSetup;

static void
init_intersect(IntersectSetup* const setup)
{
  rtcInitIntersectContext(setup);
}

static void
init_occlude(OccludeSetup* const setup, const bool coherent)
{
  rtcInitIntersectContext(setup);
  setup->flags = coherent ? RTC_INTERSECT_CONTEXT_FLAG_COHERENT
                          : RTC_INTERSECT_CONTEXT_FLAG_INCOHERENT;
}

static void
intersect(RTCScene scene,
          IntersectSetup* const setup,
          struct RTCRayHit* const ray)
{
  rtcIntersect1(scene, setup, ray);
}

static void
occlude(RTCScene scene, OccludeSetup* const setup, struct RTCRay* const ray)
{
  rtcOccluded1(scene, setup, ray);
}

static void
occlude8(const int* const valid,
         RTCScene scene,
         OccludeSetup* const setup,
         struct RTCRay8* const rays)
{
  rtcOccluded8(valid, scene, setup, rays);
}
#endif

static void
on_error(void* const user, const enum RTCError code, const char* const text)
{
  FhRaycaster* const self = (FhRaycaster*)user;
  (void)text;
  if (self->error == RTC_ERROR_NONE) {
    self->error = code;
  }
}

static FhStatus
status_of(const enum RTCError error)
{
  return error == RTC_ERROR_NONE            ? FH_OK
         : error == RTC_ERROR_OUT_OF_MEMORY ? FH_ERR_NO_MEM
                                            : FH_ERR_DEVICE;
}

static void
describe(FhRaycaster* const self)
{
  const long version =
    (long)rtcGetDeviceProperty(self->device, RTC_DEVICE_PROPERTY_VERSION);
  (void)snprintf(self->name,
                 sizeof self->name,
                 "Embree %ld.%ld.%ld avx2",
                 version / 10000,
                 version / 100 % 100,
                 version % 100);
}

static void
attach(FhRaycaster* const self, const FhScene* const scene)
{
  RTCGeometry geometry =
    rtcNewGeometry(self->device, RTC_GEOMETRY_TYPE_TRIANGLE);
  rtcSetSharedGeometryBuffer(geometry,
                             RTC_BUFFER_TYPE_VERTEX,
                             0,
                             RTC_FORMAT_FLOAT3,
                             scene->vertex,
                             0,
                             sizeof scene->vertex[0],
                             scene->n_vertices);
  rtcSetSharedGeometryBuffer(geometry,
                             RTC_BUFFER_TYPE_INDEX,
                             0,
                             RTC_FORMAT_UINT3,
                             scene->triangle,
                             0,
                             sizeof scene->triangle[0],
                             scene->n_triangles);
  rtcSetGeometryBuildQuality(geometry, RTC_BUILD_QUALITY_MEDIUM);
  rtcCommitGeometry(geometry);
  (void)rtcAttachGeometry(self->scene, geometry);
  rtcReleaseGeometry(geometry);
}

FhStatus
fh_raycaster_new(const FhScene* const scene,
                 const unsigned n_threads,
                 FhRaycaster** const out)
{
  *out = NULL;
  if (!scene->n_triangles || !scene->n_vertices) {
    return FH_ERR_INVALID_DATA;
  }

  FhRaycaster* const self = (FhRaycaster*)calloc(1, sizeof(FhRaycaster));
  if (!self) {
    return FH_ERR_NO_MEM;
  }

  // Results differ in the last bits between instruction sets: name one
  char config[64];
  (void)snprintf(
    config, sizeof config, "threads=%u,isa=avx2", n_threads ? n_threads : 1u);

  FhStatus status = FH_ERR_DEVICE;
  self->device = rtcNewDevice(config);
  if (!self->device) {
    goto fail;
  }
  rtcSetDeviceErrorFunction(self->device, on_error, self);
  describe(self);

  self->scene = rtcNewScene(self->device);
  rtcSetSceneFlags(self->scene, RTC_SCENE_FLAG_ROBUST);
  rtcSetSceneBuildQuality(self->scene, RTC_BUILD_QUALITY_MEDIUM);
  attach(self, scene);
  rtcCommitScene(self->scene);

  status = status_of(self->error);
  if (status) {
    goto fail;
  }
  *out = self;
  return FH_OK;

fail:
  fh_raycaster_free(self);
  return status;
}

void
fh_raycaster_free(FhRaycaster* const caster)
{
  if (!caster) {
    return;
  }
  if (caster->scene) {
    rtcReleaseScene(caster->scene);
  }
  if (caster->device) {
    rtcReleaseDevice(caster->device);
  }
  free(caster);
}

void
fh_raycast(const FhRaycaster* const caster,
           const float origin[3],
           const float direction[3],
           const float near_m,
           const float far_m,
           FhHit* const hit)
{
  IntersectSetup setup;
  init_intersect(&setup);

  struct RTCRayHit ray;
  ray.ray.org_x = origin[0];
  ray.ray.org_y = origin[1];
  ray.ray.org_z = origin[2];
  ray.ray.tnear = near_m;
  ray.ray.dir_x = direction[0];
  ray.ray.dir_y = direction[1];
  ray.ray.dir_z = direction[2];
  ray.ray.time = 0.0f;
  ray.ray.tfar = far_m;
  ray.ray.mask = UINT32_MAX;
  ray.ray.id = 0;
  ray.ray.flags = 0;
  ray.hit.geomID = RTC_INVALID_GEOMETRY_ID;
  ray.hit.instID[0] = RTC_INVALID_GEOMETRY_ID;
  intersect(caster->scene, &setup, &ray);

  hit->triangle =
    ray.hit.geomID == RTC_INVALID_GEOMETRY_ID ? FH_NO_HIT : ray.hit.primID;
  hit->distance_m = ray.ray.tfar;
  hit->u = ray.hit.u;
  hit->v = ray.hit.v;
}

bool
fh_visible(const FhRaycaster* const caster,
           const float from[3],
           const float to[3])
{
  const float d[3] = {to[0] - from[0], to[1] - from[1], to[2] - from[2]};
  const float length = sqrtf(d[0] * d[0] + d[1] * d[1] + d[2] * d[2]);
  if (!(length > 2.0f * CLEAR_M)) {
    return true;
  }

  OccludeSetup setup;
  init_occlude(&setup, false);

  struct RTCRay ray;
  ray.org_x = from[0];
  ray.org_y = from[1];
  ray.org_z = from[2];
  ray.tnear = CLEAR_M / length;
  ray.dir_x = d[0];
  ray.dir_y = d[1];
  ray.dir_z = d[2];
  ray.time = 0.0f;
  ray.tfar = 1.0f - CLEAR_M / length;
  ray.mask = UINT32_MAX;
  ray.id = 0;
  ray.flags = 0;
  occlude(caster->scene, &setup, &ray);
  return ray.tfar >= 0.0f;
}

static void
visible8(const FhRaycaster* const caster,
         const float from[3],
         const float (*const to)[3],
         const size_t n,
         uint8_t* const visible)
{
  _Alignas(32) int valid[8] = {0};
  _Alignas(32) struct RTCRay8 rays;
  memset(&rays, 0, sizeof rays);
  for (size_t i = 0; i < n; ++i) {
    const float d[3] = {
      to[i][0] - from[0], to[i][1] - from[1], to[i][2] - from[2]};
    const float length = sqrtf(d[0] * d[0] + d[1] * d[1] + d[2] * d[2]);
    visible[i] = 1;
    if (!(length > 2.0f * CLEAR_M)) {
      continue;
    }
    valid[i] = -1;
    rays.org_x[i] = from[0];
    rays.org_y[i] = from[1];
    rays.org_z[i] = from[2];
    rays.tnear[i] = CLEAR_M / length;
    rays.dir_x[i] = d[0];
    rays.dir_y[i] = d[1];
    rays.dir_z[i] = d[2];
    rays.tfar[i] = 1.0f - CLEAR_M / length;
    rays.mask[i] = UINT32_MAX;
  }

  OccludeSetup setup;
  init_occlude(&setup, true);
  occlude8(valid, caster->scene, &setup, &rays);
  for (size_t i = 0; i < n; ++i) {
    if (valid[i]) {
      visible[i] = rays.tfar[i] >= 0.0f;
    }
  }
}

void
fh_visible_many(const FhRaycaster* const caster,
                const float from[3],
                const float (*const to)[3],
                const size_t n,
                uint8_t* const visible)
{
  for (size_t i = 0; i < n; i += 8) {
    visible8(caster, from, to + i, n - i < 8 ? n - i : 8, visible + i);
  }
}

const char*
fh_raycaster_device(const FhRaycaster* const caster)
{
  return caster->name;
}
