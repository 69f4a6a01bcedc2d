// How smoothly the map moves: frames a second while it is dragged and zoomed, and how many points such a frame draws.
//   node frames.mjs SEGUE MODEL      the model must have a map; in headless Chromium, which has no GPU: WebGL by SwiftShader
import { chromium } from 'playwright-core';
import { existsSync } from 'node:fs';
import { serveModel } from './serve.mjs';

const SECONDS = 4;
const [segue, model] = process.argv.slice(2);
const browserPath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);
const server = await serveModel(segue, model);
const browser = await chromium.launch({
  executablePath: browserPath,
  args: ['--no-sandbox', '--use-angle=swiftshader', '--enable-unsafe-swiftshader'],
});

/** Turns the wheel and drags in every frame for a while. */
function move(seconds) {
  const canvas = document.querySelector('canvas[role]');
  const below = canvas.previousElementSibling;
  const box = canvas.getBoundingClientRect();
  const [x, y] = [box.width / 2, box.height / 2];
  const at = (type, dx) => canvas.dispatchEvent(new PointerEvent(type, { pointerId: 1, clientX: box.left + x + dx, clientY: box.top + y, bubbles: true }));
  canvas.setPointerCapture = () => {};
  return new Promise((resolve) => {
    const times = [];
    const drawn = [];
    const begin = performance.now();
    at('pointerdown', 0);
    const step = (now) => {
      times.push(now);
      drawn.push(Number(below.dataset.drawn));
      if (now - begin > 1000 * seconds) {
        at('pointerup', 0);
        resolve({ frames: times.length - 1, seconds: (times.at(-1) - times[0]) / 1000, drawn: drawn.sort((a, b) => a - b)[drawn.length >> 1] });
        return;
      }
      at('pointermove', 120 * Math.sin((now - begin) / 300));
      if (times.length % 3 === 0) canvas.dispatchEvent(new WheelEvent('wheel', { deltaY: 40 * Math.cos((now - begin) / 500), clientX: box.left + x, clientY: box.top + y, cancelable: true }));
      requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
  });
}

for (const kind of ['webgl', 'canvas']) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 820 } });
  const page = await context.newPage();
  if (kind === 'canvas') {
    await page.addInitScript(() => {
      const get = HTMLCanvasElement.prototype.getContext;
      HTMLCanvasElement.prototype.getContext = function (name, ...rest) {
        return /webgl/.test(name) ? null : get.call(this, name, ...rest);
      };
    });
  }
  await page.goto(`${server.url}/#/map`);
  await page.waitForFunction(() => Number(document.querySelector('canvas[role]')?.dataset.labels ?? 0) > 0);
  const points = await (await fetch(`${server.url}/v1/map`)).json();
  const { frames, seconds, drawn } = await page.evaluate(move, SECONDS);
  console.log(`${kind}, without a GPU: ${(frames / seconds).toFixed(1)} frames a second while it moves, ${drawn.toLocaleString('en')} of ${points.points.toLocaleString('en')} points in the median frame`);
  await context.close();
}
await browser.close();
await server.stop();
