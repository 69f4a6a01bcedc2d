// Starts segue on a model of its own and tells its address.
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');

/** Artists that both the made-up data and Last.fm-2k know, a user of each, and how the model came to be. */
function makeModel(segue, folder, kind) {
  const model = join(folder, `${kind}.segue`);
  const quiet = { stdio: ['ignore', 'ignore', 'pipe'] };
  if (kind === 'demo') {
    execFileSync(segue, ['demo', '-o', model], quiet);
    return model;
  }
  const data = join(process.env.SEGUE_DATA ?? join(root, '../shared/data'), 'hetrec_lastfm2k');
  if (!existsSync(data)) return undefined;
  const log = [join(data, 'user_artists.dat'), '--titles', join(data, 'artists.dat')];
  if (kind === 'knn') {
    execFileSync(segue, ['fit', ...log, '--model', 'knn', '-o', model], quiet);
    return model;
  }
  execFileSync(segue, ['fit', ...log, '--factors', '50', '-o', model], quiet);
  execFileSync(segue, ['evaluate', '--card', model], quiet);
  execFileSync(segue, ['map', model], quiet);
  return model;
}

/** Serves a model. @returns {Promise<{url: string, stop: () => Promise<void>}>} */
export async function serveModel(segue, model) {
  const server = spawn(segue, ['serve', model, '--port', '0', '--log-format', 'json'], { stdio: ['ignore', 'ignore', 'pipe'] });
  const lines = createInterface({ input: server.stderr });
  const url = await new Promise((resolve, reject) => {
    lines.on('line', (line) => {
      const event = JSON.parse(line);
      if (event.event === 'listening') resolve(event.url);
    });
    server.on('exit', () => reject(new Error('segue serve ended')));
  });
  const stop = async () => {
    const ended = new Promise((resolve) => server.on('exit', resolve));
    server.kill('SIGTERM');
    await ended;
  };
  return { url, stop };
}

/** @returns {Promise<{url: string, kind: string, stop: () => Promise<void>} | undefined>} of the first kind whose data are there */
export async function serve(segue, kinds) {
  const folder = mkdtempSync(join(tmpdir(), 'segue-explorer-'));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  for (const kind of kinds) {
    const model = makeModel(segue, folder, kind);
    if (model === undefined) continue;
    const { url, stop } = await serveModel(segue, model);
    return { url, kind, stop: () => stop().then(remove) };
  }
  remove();
  return undefined;
}
