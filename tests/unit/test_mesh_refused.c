// SPDX-License-Identifier: GPL-3.0-or-later
#include "check.h"
#include "mesh_file.h"

/// A file that must be refused with one message
typedef struct {
  const char* name;
  const char* text;
  FhStatus status;
  int line;         ///< 0 where the message has none
  const char* says; ///< Part of the message
} Bad;

static void
test_bad_files_are_refused(void** state)
{
  (void)state;
  static const Bad bad[] = {
    {"empty.obj", "", FH_ERR_INVALID_DATA, 0, "no faces"},
    {"empty.ac", "", FH_ERR_FORMAT, 1, "AC3D"},
    {"empty.stl", "", FH_ERR_FORMAT, 0, "read"},
    {"line.obj",
     "v 0 0 0\nv 1 0 0\nv 2 0 0\nf 1 2 3\n",
     FH_ERR_INVALID_DATA,
     0,
     "no faces"},
    {"nan.obj",
     "v 0 0 0\nv nan 0 0\nv 1 1 0\nf 1 2 3\n",
     FH_ERR_NOT_FINITE,
     2,
     "finite"},
    {"index.obj",
     "v 0 0 0\nv 1 0 0\nv 1 1 0\nf 1 2 99999999999\n",
     FH_ERR_FORMAT,
     4,
     "does not exist"},
    {"zero.obj",
     "v 0 0 0\nv 1 0 0\nv 1 1 0\nf 0 1 2\n",
     FH_ERR_FORMAT,
     4,
     "does not exist"},
    {"words.obj", "v a b c\n", FH_ERR_FORMAT, 1, "three numbers"},
    {"short.obj", "v 0 0 0\nv 1 0 0\nf 1 2\n", FH_ERR_FORMAT, 3, "3 corners"},
    {"far.obj",
     "v 0 0 0\nv 1e9 0 0\nv 1 1 0\nf 1 2 3\n",
     FH_ERR_INVALID_DATA,
     0,
     "units"},
    {"count.ac",
     "AC3Db\nOBJECT world\nkids 1\nOBJECT poly\nnumvert 4000000000\n0 0 0\n",
     FH_ERR_FORMAT,
     5,
     "cannot hold"},
    {"cut.ac",
     "AC3Db\nOBJECT poly\nnumvert 3\n0 0 0\n1 0 0\n0 1 0\nnumsurf 1\nSURF "
     "0x20\nmat 0\nrefs",
     FH_ERR_FORMAT,
     10,
     "too early"},
    {"ref.ac",
     "AC3Db\nOBJECT poly\nnumvert 3\n0 0 0\n1 0 0\n0 1 0\nnumsurf 1\nSURF "
     "0\nmat 0\nrefs 3\n0 0 0\n1 0 0\n7 0 0\nkids 0\n",
     FH_ERR_FORMAT,
     13,
     "corner 7"},
    {"nan.ac",
     "AC3Db\nOBJECT poly\nnumvert 3\n0 0 0\n1 nan 0\n0 1 0\nkids 0\n",
     FH_ERR_NOT_FINITE,
     5,
     "finite"},
    {"word.ac", "AC3Db\nHELLO\n", FH_ERR_FORMAT, 2, "HELLO"},
    {"four.ifc",
     "ISO-10303-21;\nHEADER;\nFILE_SCHEMA(('IFC4'));\nENDSEC;\n",
     FH_ERR_VERSION,
     0,
     "IFC4"},
    {"none.ifc", "hello", FH_ERR_FORMAT, 0, "FILE_SCHEMA"},
    {"binary.dxf",
     "AutoCAD Binary DXF\r\n\032",
     FH_ERR_UNSUPPORTED,
     0,
     "ASCII"},
    {"cut.gltf", "{\"asset\":{\"ver", FH_ERR_FORMAT, 0, "export it again"},
    {"model.fbx", "x", FH_ERR_UNSUPPORTED, 0, "not read"},
    {"model", "x", FH_ERR_UNSUPPORTED, 0, "not read"},
  };
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; ++i) {
    FhMesh m;
    FhDiag* const diag = fh_diag_new();
    const FhStatus status =
      read_mesh(write_text(bad[i].name, bad[i].text), 0.0, 0, &m, diag);
    if (status != bad[i].status || fh_diag_count(diag, FH_DIAG_ERROR) != 1) {
      print_error("%s: %s, %zu errors\n",
                  bad[i].name,
                  fh_strerror(status),
                  fh_diag_count(diag, FH_DIAG_ERROR));
      fail();
    }
    for (size_t k = 0; k < fh_diag_size(diag); ++k) {
      const FhDiagEntry* const e = fh_diag_entry(diag, k);
      if (e->severity == FH_DIAG_ERROR &&
          (!strstr(e->text, bad[i].says) || e->line != bad[i].line)) {
        print_error("%s:%d: %s\n", bad[i].name, e->line, e->text);
        fail();
      }
    }
    assert_null(m.vertex);
    assert_int_equal(m.n_triangles, 0);
    fh_diag_free(diag);
  }
  FhMesh m;
  assert_int_equal(read_mesh(path_of("missing.obj"), 0.0, 0, &m, NULL),
                   FH_ERR_IO);
}

/// Deeply nested objects end at a limit, not at the end of the stack
static void
test_ac3d_depth(void** state)
{
  (void)state;
  const size_t n = 100000;
  static const char part[] = "OBJECT group\nkids 1\n";
  char* const text = (char*)malloc(6 + n * (sizeof part - 1) + 1);
  assert_non_null(text);
  memcpy(text, "AC3Db\n", 7);
  for (size_t i = 0; i < n; ++i) {
    memcpy(text + 6 + i * (sizeof part - 1), part, sizeof part);
  }
  FhMesh m;
  assert_int_equal(read_mesh(write_text("deep.ac", text), 0.0, 0, &m, NULL),
                   FH_ERR_LIMIT);
  free(text);
}

/// Noise under every extension: refused, whatever it does to the reader
static void
test_noise_is_refused(void** state)
{
  (void)state;
  static const char* const names[] = {"n.ac",
                                      "n.obj",
                                      "n.gltf",
                                      "n.glb",
                                      "n.dae",
                                      "n.3ds",
                                      "n.dxf",
                                      "n.stl",
                                      "n.ply",
                                      "n.ifc"};
  unsigned char bytes[4096];
  uint32_t x = 12345;
  for (size_t i = 0; i < sizeof bytes; ++i) {
    x = x * 1664525U + 1013904223U;
    bytes[i] = (unsigned char)(x >> 24U);
  }
  // A signature each, so that it gets past the first look
  static const char* const heads[] = {"AC3Db\n",
                                      "v ",
                                      "{",
                                      "glTF\2\0\0\0",
                                      "<COLLADA>",
                                      "MM\0\20",
                                      "0\nSECTION\n",
                                      "solid\n",
                                      "ply\n",
                                      "FILE_SCHEMA(('IFC2X3'));"};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; ++i) {
    memcpy(bytes, heads[i], strlen(heads[i]));
    FhMesh m;
    FhDiag* const diag = fh_diag_new();
    const FhStatus status =
      read_mesh(write_bytes(names[i], bytes, sizeof bytes), 0.0, 0, &m, diag);
    assert_int_not_equal(status, FH_OK);
    assert_true(fh_diag_count(diag, FH_DIAG_ERROR) >= 1);
    fh_diag_free(diag);
  }
}

int
main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_bad_files_are_refused),
    cmocka_unit_test(test_ac3d_depth),
    cmocka_unit_test(test_noise_is_refused),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
