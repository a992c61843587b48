// SPDX-License-Identifier: GPL-3.0-or-later
#include "check.h"
#include "mesh_file.h"

#include <fh/polygon.h>

static double
area_of(const FhMesh* const m)
{
  double sum = 0.0;
  for (size_t t = 0; t < m->n_triangles; ++t) {
    double p[3][3];
    double n[3];
    for (size_t i = 0; i < 3; ++i) {
      memcpy(p[i], m->vertex[m->triangle[t][i]], sizeof p[i]);
    }
    sum += fh_polygon_area((const double(*)[3])p, 3, n);
  }
  return sum;
}

static void
extent(const FhMesh* const m, double low[3], double high[3])
{
  for (size_t k = 0; k < 3; ++k) {
    low[k] = 1e30;
    high[k] = -1e30;
    for (size_t t = 0; t < m->n_triangles; ++t) {
      for (size_t i = 0; i < 3; ++i) {
        low[k] = fmin(low[k], m->vertex[m->triangle[t][i]][k]);
        high[k] = fmax(high[k], m->vertex[m->triangle[t][i]][k]);
      }
    }
  }
}

static void
test_obj_names_and_concave_faces(void** state)
{
  (void)state;
  // An L of 3 m2 as one face; names without an .mtl file; relative indices
  static const char text[] = "mtllib missing.mtl\n"
                             "v 0 0 0\nv 2 0 0\nv 2 1 0\nv 1 1 0\n"
                             "v 1 2 0\nv 0 2 0\n"
                             "usemtl Red Brick\n"
                             "f 1/1/1 2/2/1 \\\n 3 4 5 6\n"
                             "usemtl Glass\r\n"
                             "f -6 -5 -4\r\n";
  FhMesh m;
  FhDiag* const diag = fh_diag_new();
  assert_int_equal(read_mesh(write_text("l.obj", text), 0.0, 0, &m, diag),
                   FH_OK);
  assert_int_equal(fh_diag_size(diag), 0);
  assert_int_equal(m.n_triangles, 5);
  assert_int_equal(m.n_materials, 2);
  assert_string_equal(m.material_name[0], "Red Brick");
  assert_string_equal(m.material_name[1], "Glass");
  CHECK_NEAR(area_of(&m), 3.0 + 1.0, 1e-12);
  // Same winding as the face: all normals up
  for (size_t t = 0; t < m.n_triangles; ++t) {
    double p[3][3];
    double n[3];
    for (size_t i = 0; i < 3; ++i) {
      memcpy(p[i], m.vertex[m.triangle[t][i]], sizeof p[i]);
    }
    fh_polygon_area((const double(*)[3])p, 3, n);
    assert_true(n[2] > 0.0);
  }
  fh_mesh_clear(&m);
  fh_diag_free(diag);
}

static void
test_units_and_axis(void** state)
{
  (void)state;
  static const char text[] = "v 0 0 0\nv 4000 0 0\nv 4000 3000 1000\nf 1 2 3\n";
  FhMesh m;
  double low[3];
  double high[3];
  const char* const path = write_text("mm.obj", text);
  assert_int_equal(read_mesh(path, 1e-3, 'y', &m, NULL), FH_OK);
  extent(&m, low, high);
  // (x, y, z) becomes (x, -z, y)
  CHECK_NEAR(high[0], 4.0, 1e-12);
  CHECK_NEAR(low[1], -1.0, 1e-12);
  CHECK_NEAR(high[2], 3.0, 1e-12);
  fh_mesh_clear(&m);
  CHECK_NEAR(fh_mesh_unit_m("mm"), 1e-3, 0.0);
  CHECK_NEAR(fh_mesh_unit_m("ft"), 0.3048, 0.0);
  CHECK_NEAR(fh_mesh_unit_m("parsec"), 0.0, 0.0);
}

static void
test_ac3d_tree(void** state)
{
  (void)state;
  // A square turned by 90 degrees about y and moved, in a group that is moved
  // too; a line; a material named twice
  static const char text[] =
    "AC3Db\n"
    "MATERIAL \"Wall\" rgb 1 1 1 amb 0 0 0 emis 0 0 0 spec 0 0 0 shi 0 trans "
    "0\n"
    "MATERIAL \"Wall\" rgb 1 0 1 amb 0 0 0 emis 0 0 0 spec 0 0 0 shi 0 trans "
    "0\n"
    "MATERIAL \"Unused\" rgb 1 0 1 amb 0 0 0 emis 0 0 0 spec 0 0 0 shi 0 trans "
    "0\n"
    "OBJECT world\nkids 1\n"
    "OBJECT group\nname \"g\"\nloc 10 0 0\nkids 1\n"
    "OBJECT poly\nname \"p\"\ndata 5\nkids \nloc 0 5 0\n"
    "rot 0 0 -1 0 1 0 1 0 0\ncrease 45\nnumvert 4\n"
    "0 0 0\n2 0 0\n2 2 0\n0 2 0\n"
    "numsurf 3\nSURF 0x20\nmat 0\nrefs 4\n0 0 0\n1 1 0\n2 1 1\n3 0 1\n"
    "SURF 0x10\nmat 1\nrefs 3\n0 0 0\n1 0 0\n2 0 0\n"
    "SURF 0x2\nmat 1\nrefs 2\n0 0 0\n1 0 0\nkids 0\n";
  FhMesh m;
  double low[3];
  double high[3];
  FhDiag* const diag = fh_diag_new();
  const FhStatus status =
    read_mesh(write_text("tree.ac", text), 0.0, 0, &m, diag);
  for (size_t i = 0; status && i < fh_diag_size(diag); ++i) {
    print_error("%s\n", fh_diag_entry(diag, i)->text);
  }
  assert_int_equal(status, FH_OK);
  assert_int_equal(m.n_triangles, 3);
  assert_int_equal(m.n_materials, 1);
  assert_int_equal(count_text(diag, "lines"), 1);
  extent(&m, low, high);
  // x of the square now runs along -z of the file (y up), which is our +y
  CHECK_NEAR(low[0], 10.0, 1e-12);
  CHECK_NEAR(high[0], 10.0, 1e-12);
  CHECK_NEAR(low[1], 0.0, 1e-12);
  CHECK_NEAR(high[1], 2.0, 1e-12);
  CHECK_NEAR(low[2], 5.0, 1e-12);
  CHECK_NEAR(high[2], 7.0, 1e-12);
  fh_mesh_clear(&m);
  fh_diag_free(diag);
}

static void
test_ac3d_round_trip(void** state)
{
  (void)state;
  static const double corners[4][3] = {
    {1.0 / 3.0, -0.1, 0.7}, {5.0, 1e-7, 0.0}, {4.0, 3.0, 2.5}, {0.0, 3.0, 1.0}};
  FhMeshBuilder b;
  memset(&b, 0, sizeof b);
  uint32_t v[4];
  uint32_t material = 0;
  for (size_t i = 0; i < 4; ++i) {
    assert_int_equal(fh_mesh_builder_vertex(&b, corners[i], &v[i]), FH_OK);
  }
  assert_int_equal(
    fh_mesh_builder_material(&b, "name with spaces: {\303\251}", &material),
    FH_OK);
  assert_int_equal(fh_mesh_builder_polygon(&b, v, 4, material), FH_OK);
  FhMesh m;
  FhMesh again;
  fh_mesh_builder_finish(&b, &m);
  char path[256];
  (void)snprintf(path, sizeof path, "%s", path_of("round.ac"));
  assert_int_equal(fh_mesh_write(&m, path, NULL), FH_OK);
  assert_int_equal(fh_mesh_read(path, NULL, &again, NULL), FH_OK);
  assert_int_equal(again.n_vertices, 4);
  assert_memory_equal(again.vertex, m.vertex, 4 * sizeof m.vertex[0]);
  assert_memory_equal(
    again.triangle, m.triangle, m.n_triangles * sizeof m.triangle[0]);
  assert_string_equal(again.material_name[0], m.material_name[0]);
  fh_mesh_clear(&again);

  FhDiag* const diag = fh_diag_new();
  assert_int_equal(fh_mesh_write(&m, "/nowhere/at/all.ac", diag), FH_ERR_IO);
  assert_int_equal(fh_diag_count(diag, FH_DIAG_ERROR), 1);
  fh_diag_free(diag);
  fh_mesh_clear(&m);
}

static void
test_dxf_layers_units_and_solids(void** state)
{
  (void)state;
  // Millimetres ($INSUNITS 4), z up; a face on layer BALCONY, a solid lost
  static const char text[] =
    "0\nSECTION\n2\nHEADER\n9\n$INSUNITS\n70\n4\n0\nENDSEC\n"
    "0\nSECTION\n2\nENTITIES\n"
    "0\n3DFACE\n8\nBALCONY\n10\n0\n20\n0\n30\n2000\n11\n5000\n21\n0\n31\n2000\n"
    "12\n5000\n22\n3000\n32\n2500\n13\n0\n23\n3000\n33\n2500\n"
    "0\n3DSOLID\n8\nSTAGE\n1\nabc\n"
    "0\nENDSEC\n0\nEOF\n";
  FhMesh m;
  double low[3];
  double high[3];
  FhDiag* const diag = fh_diag_new();
  assert_int_equal(read_mesh(write_text("a.dxf", text), 0.0, 0, &m, diag),
                   FH_OK);
  extent(&m, low, high);
  CHECK_NEAR(high[0], 5.0, 1e-5);
  CHECK_NEAR(low[1], 0.0, 1e-5);
  CHECK_NEAR(high[1], 3.0, 1e-5);
  CHECK_NEAR(low[2], 2.0, 1e-5);
  CHECK_NEAR(high[2], 2.5, 1e-5);
  assert_int_equal(m.n_materials, 1);
  assert_string_equal(m.material_name[0], "BALCONY");
  assert_int_equal(count_text(diag, "1 3DSOLID on layer \"STAGE\""), 1);
  fh_mesh_clear(&m);
  fh_diag_free(diag);
  // Told otherwise, the file's unit does not count
  assert_int_equal(read_mesh(path_of("a.dxf"), 0.01, 0, &m, NULL), FH_OK);
  extent(&m, low, high);
  CHECK_NEAR(high[0], 50.0, 1e-4);
  fh_mesh_clear(&m);
}

static void
test_dae_unit_and_axis(void** state)
{
  (void)state;
  // Inches, z up: 100 x 50 in
  static const char text[] =
    "<?xml version=\"1.0\"?><COLLADA "
    "xmlns=\"http://www.collada.org/2005/11/COLLADASchema\" "
    "version=\"1.4.1\"><asset><unit meter=\"0.0254\" name=\"inch\"/>"
    "<up_axis>Z_UP</up_axis></asset>"
    "<library_materials><material id=\"m\" name=\"Wood\">"
    "<instance_effect url=\"#e\"/></material></library_materials>"
    "<library_effects><effect id=\"e\"><profile_COMMON><technique "
    "sid=\"t\"><lambert/></technique></profile_COMMON></effect>"
    "</library_effects>"
    "<library_geometries><geometry id=\"g\"><mesh><source id=\"p\">"
    "<float_array id=\"pa\" count=\"9\">0 0 10 100 0 10 100 50 "
    "10</float_array><technique_common><accessor source=\"#pa\" count=\"3\" "
    "stride=\"3\"><param name=\"X\" type=\"float\"/><param name=\"Y\" "
    "type=\"float\"/><param name=\"Z\" "
    "type=\"float\"/></accessor></technique_common></source><vertices "
    "id=\"v\"><input semantic=\"POSITION\" source=\"#p\"/></vertices>"
    "<triangles material=\"ms\" count=\"1\"><input semantic=\"VERTEX\" "
    "source=\"#v\" offset=\"0\"/><p>0 1 2</p></triangles></mesh></geometry>"
    "</library_geometries><library_visual_scenes><visual_scene id=\"s\"><node>"
    "<instance_geometry url=\"#g\"><bind_material><technique_common>"
    "<instance_material symbol=\"ms\" target=\"#m\"/></technique_common>"
    "</bind_material></instance_geometry></node></visual_scene>"
    "</library_visual_scenes><scene><instance_visual_scene url=\"#s\"/></scene>"
    "</COLLADA>";
  FhMesh m;
  double low[3];
  double high[3];
  assert_int_equal(read_mesh(write_text("a.dae", text), 0.0, 0, &m, NULL),
                   FH_OK);
  extent(&m, low, high);
  CHECK_NEAR(high[0], 2.54, 1e-5);
  CHECK_NEAR(low[1], 0.0, 1e-5);
  CHECK_NEAR(high[1], 1.27, 1e-5);
  CHECK_NEAR(high[2], 0.254, 1e-5);
  assert_string_equal(m.material_name[0], "Wood");
  fh_mesh_clear(&m);
  // Centimetres instead of the file's inches
  assert_int_equal(read_mesh(path_of("a.dae"), 0.01, 0, &m, NULL), FH_OK);
  extent(&m, low, high);
  CHECK_NEAR(high[0], 1.0, 1e-5);
  fh_mesh_clear(&m);
}

static void
test_gltf_nodes_and_names(void** state)
{
  (void)state;
  // Two nodes of one triangle (0 0 0, 1 0 0, 0 1 0), one mirrored and moved
  // 2 m up; two materials of one name
  static const char text[] =
    "{\"asset\":{\"version\":\"2.0\"},\"scene\":0,\"scenes\":[{\"nodes\":[0,1]}"
    "],\"nodes\":[{\"mesh\":0},{\"mesh\":1,\"translation\":[0,2,0],\"scale\":[-"
    "1,1,1]}],\"materials\":[{\"name\":\"Stone\"},{\"name\":\"Stone\"}],"
    "\"meshes\":[{\"primitives\":[{\"attributes\":{\"POSITION\":0},"
    "\"material\":0}]},{\"primitives\":[{\"attributes\":{\"POSITION\":0},"
    "\"material\":1}]}],\"accessors\":[{\"bufferView\":0,\"componentType\":"
    "5126,\"count\":3,\"type\":\"VEC3\",\"min\":[0,0,0],\"max\":[1,1,0]}],"
    "\"bufferViews\":[{\"buffer\":0,\"byteLength\":36}],\"buffers\":[{"
    "\"byteLength\":36,\"uri\":\"data:application/"
    "octet-stream;base64,AAAAAAAAAAAAAAAAAACAPwAAAAAAAAAAAAAAAAAAgD8AAAAA\"}]}";
  FhMesh m;
  double low[3];
  double high[3];
  FhDiag* const diag = fh_diag_new();
  const FhStatus status =
    read_mesh(write_text("a.gltf", text), 0.0, 0, &m, diag);
  for (size_t i = 0; status && i < fh_diag_size(diag); ++i) {
    print_error("%s\n", fh_diag_entry(diag, i)->text);
  }
  assert_int_equal(status, FH_OK);
  fh_diag_free(diag);
  extent(&m, low, high);
  // y of the file is up
  CHECK_NEAR(low[0], -1.0, 1e-6);
  CHECK_NEAR(high[0], 1.0, 1e-6);
  CHECK_NEAR(low[1], 0.0, 1e-6);
  CHECK_NEAR(high[1], 0.0, 1e-6);
  CHECK_NEAR(high[2], 3.0, 1e-6);
  assert_int_equal(m.n_triangles, 2);
  assert_int_equal(m.n_materials, 1);
  // Both still face the same way
  for (size_t t = 0; t < 2; ++t) {
    double p[3][3];
    double n[3];
    for (size_t i = 0; i < 3; ++i) {
      memcpy(p[i], m.vertex[m.triangle[t][i]], sizeof p[i]);
    }
    fh_polygon_area((const double(*)[3])p, 3, n);
    assert_true(n[1] < 0.0);
  }
  fh_mesh_clear(&m);
}

static void
test_stl_and_ply(void** state)
{
  (void)state;
  FhMesh m;
  assert_int_equal(
    read_mesh(write_text("a.STL",
                         "solid x\nfacet normal 0 0 1\nouter loop\nvertex 0 0 "
                         "0\nvertex 2 0 0\nvertex 0 1 0\nendloop\nendfacet\n"
                         "endsolid x\n"),
              0.0,
              0,
              &m,
              NULL),
    FH_OK);
  CHECK_NEAR(area_of(&m), 1.0, 1e-6);
  assert_int_equal(m.n_materials, 1);
  fh_mesh_clear(&m);
  assert_int_equal(
    read_mesh(write_text("a.ply",
                         "ply\nformat ascii 1.0\nelement vertex 4\nproperty "
                         "float x\nproperty float y\nproperty float z\nelement "
                         "face 1\nproperty list uchar int vertex_indices\n"
                         "end_header\n0 0 0\n2 0 0\n2 2 0\n0 2 0\n4 0 1 2 3\n"),
              0.0,
              0,
              &m,
              NULL),
    FH_OK);
  CHECK_NEAR(area_of(&m), 4.0, 1e-6);
  fh_mesh_clear(&m);
}

static void
test_ifc_millimetres(void** state)
{
  (void)state;
  // A block of 4 x 3 x 2.5 m, in millimetres, z up
  static const char text[] =
    "ISO-10303-21;\n"
    "HEADER;\n"
    "FILE_DESCRIPTION(('ViewDefinition [CoordinationView]'),'2;1');\n"
    "FILE_NAME('t.ifc','2010-01-01T00:00:00',('a'),('b'),'c','d','');\n"
    "FILE_SCHEMA(('IFC2X3'));\n"
    "ENDSEC;\n"
    "DATA;\n"
    "#1=IFCPERSON($,'a','b',$,$,$,$,$);\n"
    "#2=IFCORGANIZATION($,'o',$,$,$);\n"
    "#3=IFCPERSONANDORGANIZATION(#1,#2,$);\n"
    "#4=IFCAPPLICATION(#2,'1','x','x');\n"
    "#5=IFCOWNERHISTORY(#3,#4,$,.ADDED.,$,$,$,0);\n"
    "#6=IFCSIUNIT(*,.LENGTHUNIT.,.MILLI.,.METRE.);\n"
    "#7=IFCUNITASSIGNMENT((#6));\n"
    "#8=IFCCARTESIANPOINT((0.,0.,0.));\n"
    "#9=IFCDIRECTION((0.,0.,1.));\n"
    "#10=IFCDIRECTION((1.,0.,0.));\n"
    "#11=IFCAXIS2PLACEMENT3D(#8,#9,#10);\n"
    "#12=IFCGEOMETRICREPRESENTATIONCONTEXT($,'Model',3,1.E-05,#11,$);\n"
    "#13=IFCPROJECT('0YvctVUKr0kugbFTf53O9L',#5,'p',$,$,$,$,(#12),#7);\n"
    "#14=IFCLOCALPLACEMENT($,#11);\n"
    "#15=IFCBUILDING('0YvctVUKr0kugbFTf53O9M',#5,'b',$,$,#14,$,$,.ELEMENT.,$,$,"
    "$);\n"
    "#16=IFCRELAGGREGATES('0YvctVUKr0kugbFTf53O9N',#5,$,$,#13,(#15));\n"
    "#20=IFCCARTESIANPOINT((0.,0.));\n"
    "#21=IFCDIRECTION((1.,0.));\n"
    "#22=IFCAXIS2PLACEMENT2D(#20,#21);\n"
    "#23=IFCRECTANGLEPROFILEDEF(.AREA.,$,#22,4000.,3000.);\n"
    "#24=IFCEXTRUDEDAREASOLID(#23,#11,#9,2500.);\n"
    "#25=IFCSHAPEREPRESENTATION(#12,'Body','SweptSolid',(#24));\n"
    "#26=IFCPRODUCTDEFINITIONSHAPE($,$,(#25));\n"
    "#27=IFCBUILDINGELEMENTPROXY('0YvctVUKr0kugbFTf53O9O',#5,'wall',$,$,#14,#"
    "26,$,$);\n"
    "#28=IFCRELCONTAINEDINSPATIALSTRUCTURE('0YvctVUKr0kugbFTf53O9P',#5,$,$,(#"
    "27),#15);\n"
    "#29=IFCMATERIAL('Concrete');\n"
    "#30=IFCRELASSOCIATESMATERIAL('0YvctVUKr0kugbFTf53O9Q',#5,$,$,(#27),#29);\n"
    "ENDSEC;\n"
    "END-ISO-10303-21;\n";
  FhMesh m;
  double low[3];
  double high[3];
  assert_int_equal(read_mesh(write_text("a.ifc", text), 0.0, 0, &m, NULL),
                   FH_OK);
  extent(&m, low, high);
  CHECK_NEAR(high[0] - low[0], 4.0, 1e-5);
  CHECK_NEAR(high[1] - low[1], 3.0, 1e-5);
  CHECK_NEAR(high[2], 2.5, 1e-5);
  CHECK_NEAR(area_of(&m), 59.0, 1e-4);
  fh_mesh_clear(&m);
}

static void
test_names_are_cleaned(void** state)
{
  (void)state;
  FhMeshBuilder b;
  memset(&b, 0, sizeof b);
  uint32_t i = 0;
  assert_int_equal(fh_mesh_builder_material(&b, " a\tb\377 ", &i), FH_OK);
  assert_string_equal(b.mesh.material_name[i], "a_b_");
  assert_int_equal(fh_mesh_builder_material(&b, "", &i), FH_OK);
  assert_string_equal(b.mesh.material_name[i], "unnamed");
  char longer[200];
  memset(longer, 'x', sizeof longer - 1);
  longer[199] = '\0';
  assert_int_equal(fh_mesh_builder_material(&b, longer, &i), FH_OK);
  assert_int_equal(strlen(b.mesh.material_name[i]), FH_NAME_SIZE - 1);
  fh_mesh_builder_clear(&b);
}

int
main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_obj_names_and_concave_faces),
    cmocka_unit_test(test_units_and_axis),
    cmocka_unit_test(test_ac3d_tree),
    cmocka_unit_test(test_ac3d_round_trip),
    cmocka_unit_test(test_dxf_layers_units_and_solids),
    cmocka_unit_test(test_dae_unit_and_axis),
    cmocka_unit_test(test_gltf_nodes_and_names),
    cmocka_unit_test(test_stl_and_ply),
    cmocka_unit_test(test_ifc_millimetres),
    cmocka_unit_test(test_names_are_cleaned),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
