// Painters of points: WebGL draws all of them in one call; where there is none, a canvas draws those that most listen to.
import { toScreen, type Camera, type Size } from './camera';
import { css, type Color } from './palette';
import type { Points } from './points';

export interface Painter {
  readonly kind: 'webgl' | 'canvas';
  /** The first `count` points: those that most listen to. */
  paint(camera: Camera, size: Size, ratio: number, count: number): void;
  setColors(colors: Color[]): void;
}

/** Pixels across: grows slowly with listeners, and with nearness. */
const spread = (listeners: number, most: number) => 2.4 + 8 * Math.sqrt(listeners / most);
const growth = (camera: Camera, size: Size) => Math.min(2.6, Math.max(0.8, (camera.scale / Math.min(size.width, size.height)) ** 0.35));

const VERTEX = `
attribute vec2 place; attribute vec3 color; attribute float across;
uniform vec2 middle; uniform vec2 scale; uniform float growth;
varying vec3 shade;
void main() {
  gl_Position = vec4((place - middle) * scale, 0.0, 1.0);
  gl_PointSize = across * growth;
  shade = color;
}`;
const FRAGMENT = `
precision mediump float;
varying vec3 shade;
void main() {
  float r = length(gl_PointCoord - 0.5) * 2.0;
  float cover = 1.0 - smoothstep(0.75, 1.0, r);
  gl_FragColor = vec4(shade, 1.0) * cover * 0.85;
}`;

class WebGlPainter implements Painter {
  readonly kind = 'webgl';
  private readonly colorBuffer: WebGLBuffer;
  private readonly program: WebGLProgram;

  constructor(
    private readonly gl: WebGLRenderingContext,
    private readonly points: Points,
  ) {
    const program = gl.createProgram()!;
    for (const [kind, text] of [
      [gl.VERTEX_SHADER, VERTEX],
      [gl.FRAGMENT_SHADER, FRAGMENT],
    ] as const) {
      const shader = gl.createShader(kind)!;
      gl.shaderSource(shader, text);
      gl.compileShader(shader);
      gl.attachShader(program, shader);
    }
    gl.linkProgram(program);
    if (!gl.getProgramParameter(program, gl.LINK_STATUS)) throw new Error(gl.getProgramInfoLog(program) ?? 'no program');
    gl.useProgram(program);
    this.program = program;
    this.fill('place', points.places, 2);
    const most = Math.max(1, points.listeners[0] ?? 1);
    this.fill('across', Float32Array.from(points.listeners, (listeners) => spread(listeners, most)), 1);
    this.colorBuffer = this.fill('color', new Float32Array(3 * points.count), 3);
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
    gl.clearColor(0, 0, 0, 0);
  }

  private fill(name: string, values: Float32Array, count: number): WebGLBuffer {
    const { gl } = this;
    const buffer = gl.createBuffer()!;
    gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
    gl.bufferData(gl.ARRAY_BUFFER, values, gl.STATIC_DRAW);
    const at = gl.getAttribLocation(this.program, name);
    gl.enableVertexAttribArray(at);
    gl.vertexAttribPointer(at, count, gl.FLOAT, false, 0, 0);
    return buffer;
  }

  setColors(colors: Color[]) {
    const { gl, points } = this;
    const all = new Float32Array(3 * points.count);
    for (let i = 0; i < points.count; ++i) all.set(colors[points.clusters[i]! % colors.length]!, 3 * i);
    gl.bindBuffer(gl.ARRAY_BUFFER, this.colorBuffer);
    gl.bufferData(gl.ARRAY_BUFFER, all, gl.STATIC_DRAW);
  }

  paint(camera: Camera, size: Size, ratio: number, count: number) {
    const { gl, program } = this;
    gl.viewport(0, 0, gl.drawingBufferWidth, gl.drawingBufferHeight);
    gl.clear(gl.COLOR_BUFFER_BIT);
    gl.uniform2f(gl.getUniformLocation(program, 'middle'), camera.x, camera.y);
    gl.uniform2f(gl.getUniformLocation(program, 'scale'), (2 * camera.scale) / size.width, (2 * camera.scale) / size.height);
    gl.uniform1f(gl.getUniformLocation(program, 'growth'), ratio * growth(camera, size));
    gl.drawArrays(gl.POINTS, 0, Math.min(count, this.points.count));
  }
}

const MOST = 20_000; // points of a frame
const ROUND = 4; // pixels across, from which on a circle can be told from a square

class CanvasPainter implements Painter {
  readonly kind = 'canvas';
  private colors: string[] = ['gray'];

  constructor(
    private readonly context: CanvasRenderingContext2D,
    private readonly points: Points,
  ) {}

  setColors(colors: Color[]) {
    this.colors = colors.map(css);
  }

  paint(camera: Camera, size: Size, ratio: number, count: number) {
    const { context, points } = this;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, size.width, size.height);
    const most = Math.max(1, points.listeners[0] ?? 1);
    const by = growth(camera, size);
    const [left, top] = toScreen(camera, size, 0, 0);
    let shown = -1; // the cluster whose color is set: setting one costs more than a square
    for (let i = 0, drawn = 0; i < Math.min(count, points.count) && drawn < Math.min(count, MOST); ++i) {
      const x = left + points.places[2 * i]! * camera.scale;
      const y = top - points.places[2 * i + 1]! * camera.scale;
      if (x < 0 || y < 0 || x > size.width || y > size.height) continue;
      ++drawn;
      const cluster = points.clusters[i]!;
      if (cluster !== shown) context.fillStyle = this.colors[cluster % this.colors.length]!;
      shown = cluster;
      const across = spread(points.listeners[i]!, most) * by;
      if (across < ROUND) {
        context.fillRect(x - across / 2, y - across / 2, across, across);
      } else {
        context.beginPath();
        context.arc(x, y, across / 2, 0, 2 * Math.PI);
        context.fill();
      }
    }
  }
}

export function makePainter(canvas: HTMLCanvasElement, points: Points): Painter | undefined {
  try {
    const gl = canvas.getContext('webgl', { premultipliedAlpha: true, antialias: false });
    if (gl) return new WebGlPainter(gl, points);
  } catch {
    // A driver that refuses: without it, then.
  }
  const context = canvas.getContext('2d');
  return context ? new CanvasPainter(context, points) : undefined;
}
