// SPDX-License-Identifier: GPL-3.0-or-later
// The venue in three dimensions: shell, seats, loudspeakers, dead zones.
// Draws on demand only; z is up, as in the venue.
import * as THREE from "three";
import { OrbitControls } from "three/addons/controls/OrbitControls.js";
import { isLight } from "./colour.js";

const LOUDSPEAKER = 0xd55e00;
const ZONE = 0xff2b8a;

/// What stands out against the page
function ink() {
  return document.documentElement.dataset.theme === "dark" ? 0xffffff : 0x000000;
}

function shell(data) {
  const geometry = new THREE.BufferGeometry();
  geometry.setAttribute(
    "position",
    new THREE.BufferAttribute(data.mesh.vertices, 3),
  );
  geometry.setIndex(new THREE.BufferAttribute(data.mesh.triangles, 1));
  const group = new THREE.Group();
  group.add(
    new THREE.Mesh(
      geometry,
      new THREE.MeshBasicMaterial({
        color: 0x7f8ea3,
        transparent: true,
        opacity: 0.1,
        side: THREE.BackSide,
        depthWrite: false,
      }),
    ),
  );
  const edges = new THREE.LineSegments(
    new THREE.EdgesGeometry(geometry, 15),
    new THREE.LineBasicMaterial({
      color: 0x7f8ea3,
      transparent: true,
      opacity: 0.45,
    }),
  );
  group.add(edges);
  return group;
}

function loudspeakers(data, size) {
  const group = new THREE.Group();
  const material = new THREE.MeshBasicMaterial({ color: LOUDSPEAKER });
  const line = new THREE.LineBasicMaterial({ color: LOUDSPEAKER });
  for (const s of data.loudspeakers) {
    const at = new THREE.Vector3(...s.at);
    const aim = new THREE.Vector3(...s.aim);
    const box = new THREE.Mesh(
      new THREE.ConeGeometry(0.008 * size, 0.02 * size, 12),
      material,
    );
    box.position.copy(at);
    box.quaternion.setFromUnitVectors(new THREE.Vector3(0, 1, 0), aim);
    group.add(box);
    const reach = at.clone().addScaledVector(aim, 0.15 * size);
    group.add(
      new THREE.Line(
        new THREE.BufferGeometry().setFromPoints([at, reach]),
        line,
      ),
    );
  }
  return group;
}

/// A plus or a minus as a picture
function signTexture(plus) {
  const size = 32;
  const picture = document.createElement("canvas");
  picture.width = size;
  picture.height = size;
  const pen = picture.getContext("2d");
  pen.fillStyle = "#fff";
  pen.fillRect(4, 13, 24, 6);
  if (plus) {
    pen.fillRect(13, 4, 6, 24);
  }
  return new THREE.CanvasTexture(picture);
}

/// Signs that are drawn at most: more would hide each other
const MAX_SIGNS = 1500;

/// Signs on seats: `positions` of all, of which some are shown
function makeSigns(plus, positions) {
  const n = positions.length / 3;
  const geometry = new THREE.BufferGeometry();
  const at = new THREE.BufferAttribute(new Float32Array(3 * n), 3);
  const colour = new THREE.BufferAttribute(new Float32Array(3 * n), 3);
  geometry.setAttribute("position", at);
  geometry.setAttribute("color", colour);
  const points = new THREE.Points(
    geometry,
    new THREE.PointsMaterial({
      size: 9,
      sizeAttenuation: false,
      vertexColors: true,
      map: signTexture(plus),
      alphaTest: 0.5,
    }),
  );
  points.frustumCulled = false;
  points.renderOrder = 1;
  return {
    points,
    /// `list` holds [seat, light]
    show(list) {
      list.forEach(([seat, light], k) => {
        at.setXYZ(k, ...positions.subarray(3 * seat, 3 * seat + 3));
        const c = light ? 0 : 1;
        colour.setXYZ(k, c, c, c);
      });
      geometry.setDrawRange(0, list.length);
      at.needsUpdate = true;
      colour.needsUpdate = true;
    },
  };
}

/// Throws where there is no WebGL
export function makeView(canvas, data) {
  const renderer = new THREE.WebGLRenderer({ canvas, alpha: true });
  const scene = new THREE.Scene();
  const box = new THREE.Box3().setFromArray(data.mesh.vertices);
  const n = data.seats.count;
  const positions = data.seats.position;
  for (let i = 0; i < n; ++i) {
    box.expandByPoint(new THREE.Vector3().fromArray(positions, 3 * i));
  }
  const centre = box.getCenter(new THREE.Vector3());
  const size = box.getSize(new THREE.Vector3()).length() || 1;

  if (data.mesh.triangles.length) {
    scene.add(shell(data));
  }
  const colours = new Float32Array(3 * n);
  const geometry = new THREE.BufferGeometry();
  const drawn = positions.slice();
  geometry.setAttribute("position", new THREE.BufferAttribute(drawn, 3));
  geometry.setAttribute("color", new THREE.BufferAttribute(colours, 3));
  const dots = new THREE.PointsMaterial({
    size: n > 4000 ? 5 : 7,
    sizeAttenuation: false,
    vertexColors: true,
  });
  const seats = new THREE.Points(geometry, dots);
  seats.frustumCulled = false;
  scene.add(seats);
  const signs = [makeSigns(false, positions), makeSigns(true, positions)];
  signs.forEach((s) => scene.add(s.points));
  scene.add(loudspeakers(data, size));
  const zones = new THREE.Group();
  scene.add(zones);
  const chosen = new THREE.Points(
    new THREE.BufferGeometry().setAttribute(
      "position",
      new THREE.BufferAttribute(new Float32Array(3), 3),
    ),
    new THREE.PointsMaterial({
      size: 14,
      sizeAttenuation: false,
      color: ink(),
      depthTest: false,
    }),
  );
  chosen.visible = false;
  chosen.frustumCulled = false;
  scene.add(chosen);

  const orbit = new THREE.PerspectiveCamera(45, 1, 0.05, 20 * size);
  const flat = new THREE.OrthographicCamera(-1, 1, 1, -1, -10 * size, 10 * size);
  let camera = orbit;
  let controls = null;
  let pending = false;

  function draw() {
    pending = false;
    renderer.render(scene, camera);
  }
  function request() {
    if (!pending) {
      pending = true;
      requestAnimationFrame(draw);
    }
  }
  function control() {
    controls?.dispose();
    controls = new OrbitControls(camera, canvas);
    controls.enableRotate = camera === orbit;
    controls.target.copy(centre);
    controls.addEventListener("change", request);
    controls.update();
  }

  /// "3d", "plan" (from above) or "section" (from the side)
  function look(kind) {
    camera = kind === "3d" ? orbit : flat;
    camera.up.set(0, 0, 1);
    if (kind === "3d") {
      camera.position.set(
        centre.x - 0.45 * size,
        centre.y - 0.75 * size,
        centre.z + 0.5 * size,
      );
    } else if (kind === "plan") {
      camera.up.set(0, 1, 0);
      camera.position.set(centre.x, centre.y, centre.z + size);
    } else {
      camera.position.set(centre.x + size, centre.y, centre.z);
    }
    camera.lookAt(centre);
    resize();
    control();
    request();
  }

  function resize() {
    const width = canvas.clientWidth || 1;
    const height = canvas.clientHeight || 1;
    renderer.setPixelRatio(Math.min(window.devicePixelRatio, 2));
    renderer.setSize(width, height, false);
    orbit.aspect = width / height;
    orbit.updateProjectionMatrix();
    const extent = box.getSize(new THREE.Vector3());
    const half =
      0.55 *
      Math.max(Math.max(extent.y, extent.z), Math.max(extent.x, extent.y) / orbit.aspect);
    flat.top = half;
    flat.bottom = -half;
    flat.right = half * orbit.aspect;
    flat.left = -flat.right;
    flat.updateProjectionMatrix();
    request();
  }
  new ResizeObserver(resize).observe(canvas);
  look("3d");

  return {
    look,
    /// `rgb(seat)` gives 0 to 255; null hides the seat. `sign(seat)` is -1, 0
    /// or 1; null where no signs are wanted
    colour(rgb, sign) {
      const marked = [[], []];
      dots.size = (n > 4000 ? 5 : 7) + (sign ? 4 : 0);
      for (let i = 0; i < n; ++i) {
        const c = rgb(i);
        for (let k = 0; k < 3; ++k) {
          colours[3 * i + k] = c ? Math.pow(c[k] / 255, 2.2) : 0;
        }
        // A seat that is not shown has no place
        drawn[3 * i + 2] = c ? positions[3 * i + 2] : NaN;
        const s = c && sign ? sign(i) : 0;
        if (s) {
          marked[s > 0 ? 1 : 0].push([i, isLight(c)]);
        }
      }
      const every = Math.ceil(
        (marked[0].length + marked[1].length) / MAX_SIGNS,
      );
      signs.forEach((of, k) =>
        of.show(marked[k].filter((_, i) => i % every === 0)),
      );
      geometry.attributes.color.needsUpdate = true;
      geometry.attributes.position.needsUpdate = true;
      request();
    },
    zones(list, active) {
      zones.clear();
      for (const z of list) {
        for (const loop of z.outlines) {
          zones.add(
            new THREE.LineLoop(
              new THREE.BufferGeometry().setFromPoints(
                loop.map((p) => new THREE.Vector3(...p)),
              ),
              new THREE.LineBasicMaterial({
                color: z.id === active ? ink() : ZONE,
                depthTest: false,
              }),
            ),
          );
        }
      }
      request();
    },
    choose(seat) {
      chosen.visible = seat >= 0;
      chosen.material.color.set(ink());
      if (seat >= 0) {
        chosen.geometry.attributes.position.setXYZ(
          0,
          ...positions.subarray(3 * seat, 3 * seat + 3),
        );
        chosen.geometry.attributes.position.needsUpdate = true;
      }
      request();
    },
    /// Seat nearest to a place on the canvas, or -1; `shown(seat)` filters
    seatAt(x, y, shown) {
      const v = new THREE.Vector3();
      let nearest = -1;
      let least = 15 * 15;
      camera.updateMatrixWorld();
      for (let i = 0; i < n; ++i) {
        if (!shown(i)) {
          continue;
        }
        v.fromArray(positions, 3 * i).project(camera);
        const dx = ((v.x + 1) / 2) * canvas.clientWidth - x;
        const dy = ((1 - v.y) / 2) * canvas.clientHeight - y;
        const d = dx * dx + dy * dy;
        if (v.z < 1 && d < least) {
          least = d;
          nearest = i;
        }
      }
      return nearest;
    },
    /// Where the eye is, in words
    eye() {
      return [...camera.position.toArray(), camera.zoom]
        .map((x) => x.toFixed(2))
        .join(" ");
    },
    /// Nearer for factors below 1
    zoom(factor) {
      if (camera === flat) {
        camera.zoom /= factor;
        camera.updateProjectionMatrix();
      } else {
        camera.position.sub(controls.target).multiplyScalar(factor);
        camera.position.add(controls.target);
      }
      controls.update();
      request();
    },
    /// Turn about the upright axis [degrees]; a plan stays as it is
    turn(deg) {
      if (camera === orbit) {
        camera.position
          .sub(controls.target)
          .applyAxisAngle(new THREE.Vector3(0, 0, 1), (deg * Math.PI) / 180)
          .add(controls.target);
        controls.update();
        request();
      }
    },
    focus(point) {
      const to = new THREE.Vector3(...point);
      if (camera === flat) {
        // Pan: a plan stays a plan
        camera.position.add(to).sub(controls.target);
      }
      controls.target.copy(to);
      controls.update();
      request();
    },
  };
}
