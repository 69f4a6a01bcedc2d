// What people do on the explorer page, in real Chromium: each journey with assertions, in both themes and at two widths
// each page is looked at by axe-core and kept as a screenshot. No error on the console, no request to another host.
//   node journeys.mjs SEGUE FOLDER      screenshots go to FOLDER; exit status 77: skipped
// On Last.fm-2k where it is at hand (SEGUE_DATA), else on the demo's made-up listeners.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { serve } from './serve.mjs';

const skip = (why) => {
  console.log(`skipped: ${why}`);
  process.exit(77);
};
const { chromium } = await import('playwright-core').catch(() => skip('node_modules is not there: npm ci in web/'));
const browserPath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);
if (!browserPath) skip('there is no Chromium (Debian: chromium)');
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const [segue, folder] = process.argv.slice(2);
mkdirSync(folder, { recursive: true });
const server = await serve(segue, ['lastfm', 'demo']);
const browser = await chromium.launch({
  executablePath: browserPath,
  args: ['--no-sandbox', '--use-angle=swiftshader', '--enable-unsafe-swiftshader'],
});

const faults = [];
/** A page of its own that tells of every fault. */
async function open(options = {}, url = server.url) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 820 }, colorScheme: 'light', ...options });
  const page = await context.newPage();
  page.on('console', (message) => {
    const expected = /the server responded with a status of 4\d\d/.test(message.text()) && page.expectRefusal;
    if (message.type() === 'error' && !expected) faults.push(`console: ${message.text()}`);
  });
  page.on('pageerror', (error) => faults.push(`page: ${error.message}`));
  page.on('request', (request) => {
    if (!/^(data|blob):/.test(request.url()) && !request.url().startsWith(url)) faults.push(`request to ${request.url()}`);
  });
  return page;
}
const to = (page, hash) => page.goto(`${server.url}/${hash}`);
const texts = (page, selector) => page.locator(selector).allTextContents();
const ARTIST = 'Radiohead';
const OTHER = 'Daft Punk';
const names = (page, label) => texts(page, `ol[aria-label="${label}"] .what > a b`);

const journeys = {
  async 'search by keyboard, to an artist, and back'() {
    const page = await open();
    await to(page, '');
    await page.getByText('Most listeners').waitFor();
    await page.keyboard.press('/');
    await page.keyboard.type('radioh');
    await page.getByRole('option', { name: /^Radiohead/ }).waitFor();
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: ARTIST }).waitFor();
    assert.match(page.url(), /#\/item\//);
    await page.locator('ol[aria-label="Similar"] li').nth(19).waitFor();
    const similar = await names(page, 'Similar');
    assert.equal(similar.length, 20);
    assert.ok(!similar.includes(ARTIST));
    assert.ok((await page.locator('.near a').count()) >= 10, 'the neighborhood is there');
    assert.match(await page.title(), /^Radiohead/);
    await page.locator('ol[aria-label="Similar"] .what > a').first().click();
    await page.getByRole('heading', { level: 1, name: similar[0], exact: true }).waitFor();
    await page.goBack();
    await page.getByRole('heading', { level: 1, name: ARTIST }).waitFor();
    await page.goBack();
    await page.getByText('Find your way').waitFor();
  },

  async 'spelling is forgiven, and nothing found is said'() {
    const page = await open();
    await to(page, '');
    await page.getByRole('combobox', { name: 'Search items' }).fill('radiohaed');
    await page.getByText('perhaps:').waitFor();
    await page.getByRole('option', { name: /^Radiohead/ }).waitFor();
    await page.getByRole('combobox', { name: 'Search items' }).fill('qqqqxxxxzzzzwwww');
    await page.getByText('Nothing is called so.').first().waitFor();
    await page.keyboard.press('Escape');
    assert.ok(await page.locator('.found').first().isHidden());
  },

  async 'indexes are compared'() {
    const page = await open();
    await to(page, '#/item/' + (await idOf(ARTIST)));
    await page.getByRole('group', { name: 'Searched by' }).waitFor();
    const exact = await names(page, 'Similar');
    await page.getByRole('button', { name: 'annoy' }).click();
    const missing = page.locator('.missing');
    await missing.waitFor();
    await page.waitForFunction(() => document.querySelector('.missing')?.textContent.includes('annoy'));
    const found = new Set(await names(page, 'Similar'));
    const missed = exact.filter((name) => !found.has(name));
    const said = await missing.textContent();
    assert.match(said, missed.length === 0 ? /finds all of the true 20/ : new RegExp(`finds ${20 - missed.length} of the true 20`));
    for (const name of missed) assert.ok(said.includes(name), `${name} is named`);
    await page.reload(); // a deep link
    await page.getByRole('button', { name: 'annoy', pressed: true }).waitFor();
  },

  async 'for you, from a handful, with reasons'() {
    const page = await open();
    await to(page, '#/for-you');
    await page.getByText('Nothing is picked yet').waitFor();
    const box = page.getByRole('combobox', { name: 'Add what you like' });
    for (const artist of [ARTIST, OTHER]) {
      await box.fill(artist);
      await page.getByRole('option', { name: new RegExp(`^${artist}`) }).first().click();
      await page.getByRole('button', { name: `Remove ${artist}` }).waitFor();
    }
    await page.getByRole('heading', { name: 'You may like' }).waitFor();
    await page.waitForFunction(() => document.querySelectorAll('ol[aria-label="Suggestions"] .because').length >= 15);
    // The suggestions of the first pick alone stay until those of both are there.
    await page.locator('.because a', { hasText: OTHER }).first().waitFor();
    const suggested = await names(page, 'Suggestions');
    assert.ok(!suggested.includes(ARTIST) && !suggested.includes(OTHER));
    const reasons = new Set(await texts(page, '.because a'));
    assert.deepEqual([...reasons].sort(), [OTHER, ARTIST].sort());
    // The address can be passed on, to a browser that knows nothing.
    const link = page.url();
    assert.match(link, /\?like=.+&like=.+/);
    const other = await open();
    await other.goto(link);
    await other.getByRole('button', { name: `Remove ${OTHER}` }).waitFor();
    await other.waitForFunction(() => document.querySelectorAll('.because').length >= 15);
    assert.deepEqual(await names(other, 'Suggestions'), suggested);
    // More plays of one weigh more; taken away it is gone, also after loading anew.
    await page.getByLabel(`Plays of ${OTHER}`).fill('500');
    await page.keyboard.press('Enter');
    await page.waitForFunction((before) => JSON.stringify([...document.querySelectorAll('ol[aria-label="Suggestions"] .what > a b')].map((b) => b.textContent)) !== before, JSON.stringify(suggested));
    await page.getByRole('button', { name: `Remove ${OTHER}` }).click();
    await page.waitForFunction(() => location.hash.match(/like=/g)?.length === 1);
    await page.reload();
    await page.getByRole('button', { name: `Remove ${ARTIST}` }).waitFor();
    assert.equal(await page.getByRole('button', { name: `Remove ${OTHER}` }).count(), 0);
  },

  async 'a user, their history beside what they would like, and who is like them'() {
    const page = await open();
    await to(page, '#/users');
    await page.locator('ul[aria-label="Some users"] a').first().click();
    await page.locator('ol[aria-label="Plays most"] li').first().waitFor();
    await page.waitForFunction(() => document.querySelectorAll('ol[aria-label="Would like next"] .because').length > 5);
    const history = new Set(await names(page, 'Plays most'));
    for (const name of await names(page, 'Would like next')) assert.ok(!history.has(name), name);
    const before = page.url();
    await page.locator('section[aria-label="Users like this one"] a').first().click();
    await page.waitForFunction((url) => location.href !== url, before);
    await page.locator('ol[aria-label="Plays most"] li').first().waitFor();
  },

  async 'the map: labels, nearer, an artist marked'() {
    const page = await open();
    await to(page, '#/map');
    await labelled(page);
    assert.equal(await page.locator('.map canvas').first().getAttribute('data-painter'), 'webgl');
    assert.ok((await page.locator('.legend li').count()) >= 8);
    assert.ok(await drawn(page), 'points are drawn');
    const few = Number(await page.locator('canvas[role]').getAttribute('data-labels'));
    assert.ok(few >= 10, `${few} labels`);
    await page.locator('canvas[role]').focus();
    await page.keyboard.press('+');
    await page.keyboard.press('ArrowLeft');
    await page.locator('.legend button').first().click();
    await page.goto(`${server.url}/#/map/${await idOf(ARTIST)}`);
    await page.locator('.chosen b', { hasText: ARTIST }).waitFor();
    await page.getByRole('link', { name: 'What is like it' }).click();
    await page.getByRole('heading', { level: 1, name: ARTIST }).waitFor();
    await page.getByRole('link', { name: 'On the map' }).click();
    await page.locator('.chosen b', { hasText: ARTIST }).waitFor();
    await labelled(page);
    // The marked one lies in the middle, so a press there chooses it again, and one on a neighbor chooses that.
    await page.goBack();
    await page.getByRole('heading', { level: 1, name: ARTIST }).waitFor();
  },

  async 'the map without WebGL'() {
    const page = await open();
    await page.addInitScript(() => {
      const get = HTMLCanvasElement.prototype.getContext;
      HTMLCanvasElement.prototype.getContext = function (kind, ...rest) {
        return /webgl/.test(kind) ? null : get.call(this, kind, ...rest);
      };
    });
    await to(page, '#/map');
    await labelled(page);
    assert.equal(await page.locator('.map canvas').first().getAttribute('data-painter'), 'canvas');
    assert.ok(await drawn(page), 'points are drawn');
  },

  async 'the model and its loss'() {
    const page = await open();
    await to(page, '#/model');
    const model = await ask('/v1/model');
    await page.locator('.loss .curve').waitFor();
    assert.equal(await page.locator('.loss .point').count(), model.loss.length);
    await page.getByText(model.items.toLocaleString('en'), { exact: true }).waitFor();
    await page.getByText(model.map.trustworthiness.toFixed(3)).waitFor();
    assert.ok(model.map.trustworthiness >= 0.9, `trustworthiness ${model.map.trustworthiness}`);
    if (model.evaluation) {
      const own = model.evaluation.figures.find((row) => row.model === model.kind && row.metric === 'ndcg@10');
      await page.locator('table', { hasText: 'ndcg@10' }).locator('tr.own', { hasText: own.mean.toPrecision(3) }).waitFor();
    } else {
      await page.getByText('Not measured yet').waitFor();
    }
    await page.getByRole('link', { name: 'Notices' }).click();
    await page.getByText(/preact [0-9.]+ \(MIT\)/).waitFor();
  },

  async 'a model without factors offers no map and tells its own options'() {
    const other = await serve(segue, ['knn']);
    if (!other) return; // made of the real data
    try {
      const page = await open({}, other.url);
      await page.goto(`${other.url}/#/model`);
      await page.getByText('neighbors', { exact: true }).waitFor();
      await page.getByRole('link', { name: 'For you', exact: true }).waitFor();
      assert.equal(await page.getByText('segue map').count(), 0);
      assert.equal(await page.getByText('regularization').count(), 0);
      await page.waitForFunction(() => ![...document.querySelectorAll('nav a')].some((a) => a.textContent === 'Map'));
      await page.goto(`${other.url}/#/for-you`);
      await page.locator('ul[aria-label="Suggestions to begin with"] button').first().click();
      await page.getByRole('heading', { name: 'You may like' }).waitFor();
      page.expectRefusal = true;
      await page.goto(`${other.url}/#/map`);
      await page.getByRole('alert').filter({ hasText: 'has no factors' }).waitFor();
    } finally {
      await other.stop();
    }
  },

  async 'errors are said with a way on'() {
    const page = await open();
    page.expectRefusal = true;
    await to(page, '#/item/' + encodeURIComponent('Radiohaed'));
    await page.getByRole('alert').filter({ hasText: 'did you mean "Radiohead"' }).waitFor();
    await to(page, '#/user/nobody%20at%20all');
    await page.getByRole('alert').waitFor();
    await to(page, '#/nowhere');
    await page.getByText('There is nothing here').waitFor();
    await to(page, '#/map/nobody%20at%20all%20here');
    await page.getByRole('alert').waitFor();
    // The server is gone: said, not hidden.
    await to(page, '#/model');
    await page.locator('.figures').waitFor();
    page.expectRefusal = true;
    await page.route('**/v1/**', (route) => route.abort());
    page.removeAllListeners('console');
    await page.evaluate(() => (location.hash = '#/users'));
    await page.getByText('The server does not answer.').waitFor();
  },

  async 'colors are chosen and kept'() {
    const page = await open();
    await to(page, '');
    const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const light = await ground();
    await page.locator('button.theme').click();
    await page.locator('button.theme').click();
    const dark = await ground();
    assert.notEqual(dark, light);
    await page.reload();
    assert.equal(await ground(), dark);
  },
};

async function ask(path) {
  return (await fetch(server.url + path)).json();
}
async function idOf(title) {
  return encodeURIComponent((await ask(`/v1/items?n=1&q=${encodeURIComponent(title)}`)).items[0].id);
}
const labelled = (page, fewest = 5) =>
  page.waitForFunction((count) => Number(document.querySelector('canvas[role]')?.dataset.labels ?? 0) >= count, fewest);
/** Whether the canvas of points holds more than its ground: taken from a picture, as WebGL does not tell later. */
async function drawn(page) {
  const show = (visibility) =>
    page.evaluate((value) => document.querySelectorAll('.map > :not(canvas:first-of-type)').forEach((each) => (each.style.visibility = value)), visibility);
  await show('hidden');
  const shot = await page.locator('.map canvas').first().screenshot();
  await show('');
  return shot.length > 12_000; // a ground of one color packs to 4 kB
}

/** Of each page: no serious violation, nothing wider than the window, and a picture. */
async function lookAtAll() {
  const user = encodeURIComponent((await ask('/v1/users?n=1')).users[0].id);
  const pages = {
    home: '',
    item: `#/item/${await idOf(ARTIST)}`,
    'for-you': `#/for-you?like=${await idOf(ARTIST)}&like=${await idOf(OTHER)}`,
    users: '#/users',
    user: `#/user/${user}`,
    map: '#/map',
    'map-item': `#/map/${await idOf(ARTIST)}`,
    model: '#/model',
    notices: '#/notices',
    error: '#/item/nobody%20is%20called%20so',
  };
  const widths = { wide: { width: 1280, height: 820 }, phone: { width: 390, height: 844 } };
  for (const colorScheme of ['light', 'dark']) {
    for (const [width, viewport] of Object.entries(widths)) {
      const page = await open({ viewport, colorScheme });
      for (const [name, hash] of Object.entries(pages)) {
        page.expectRefusal = name === 'error';
        await page.goto('about:blank');
        await to(page, hash);
        await page.waitForFunction(() => document.querySelector('h1') && !document.querySelector('.waiting'));
        if (name === 'for-you') await page.locator('.because').first().waitFor();
        if (name.startsWith('map')) await labelled(page, name === 'map' ? 5 : 1);
        await page.screenshot({ path: join(folder, `${name}-${width}-${colorScheme}.png`) });
        const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
        if (over > 0) faults.push(`${name} ${width} is ${over} pixels too wide`);
        if (width === 'phone' && colorScheme === 'dark') continue; // nothing that the other three do not show
        await page.evaluate(axe);
        const { violations } = await page.evaluate(() => globalThis.axe.run());
        for (const violation of violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')) {
          faults.push(`axe: ${name} ${width} ${colorScheme}: ${violation.id}: ${violation.nodes.map((node) => node.html.slice(0, 120) + ' | ' + (node.any[0]?.message ?? '')).slice(0, 3).join(' ; ')}`);
        }
      }
      await page.context().close();
    }
  }
}

let failed = 0;
console.log(`on ${server.kind}`);
for (const [name, journey] of [...Object.entries(journeys), ['every page, both themes, two widths', lookAtAll]]) {
  const begin = Date.now();
  try {
    await journey();
    assert.deepEqual(faults.splice(0), []);
    console.log(`ok      ${name} (${Date.now() - begin} ms)`);
  } catch (error) {
    ++failed;
    faults.length = 0;
    console.log(`FAILED  ${name}: ${error.message}`);
  }
  for (const context of browser.contexts()) await context.close();
}
await browser.close();
await server.stop();
process.exit(failed === 0 ? 0 : 1);
