// The dashboard in a real browser: node dashboard.mjs ADDRESS FOLDER CHROMIUM
//
// FOLDER is the one that the server at ADDRESS shows, with the runs "bandits-1", "bandits-2" (two seeds of one
// configuration), "wide" (another one), "mdps", "mazes" and "movement-bandits", whose agent has two skills. The script
// appends to their logs as a trainer would. It ends with 0 and "done", or throws at the first thing that is not as it
// should be.

import assert from 'node:assert/strict';
import { appendFileSync, cpSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

const [address, folder, executablePath] = process.argv.slice(2);
const limit = 10_000;
const browser = await chromium.launch({
  executablePath,
  args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
    '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});
const said = [];
const asked = new Set();

async function open(options = {}, hash = '') {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(limit);
  page.on('console', message => said.push(`${message.type()}: ${message.text()}`));
  page.on('pageerror', error => said.push(`error: ${error.stack}`));
  page.on('request', request => asked.add(new URL(request.url()).host));
  await page.goto(address + hash);
  await page.waitForSelector('#link:has-text("live")');
  return page;
}

const until = (page, condition, argument) => page.waitForFunction(condition, argument, { timeout: limit });
const text = (page, selector) => page.locator(selector).innerText();
const names = page => page.locator('#runs > li .what').allInnerTexts();

// How many pixels of the large chart have the colour of a line.
const inked = (page, line = 0) => page.evaluate(index => {
  const probe = document.body.appendChild(document.createElement('span'));
  probe.style.color = `var(--line-${index})`;
  const wanted = getComputedStyle(probe).color.match(/\d+/g).map(Number);
  probe.remove();
  const { width, height } = document.querySelector('#chart canvas');
  const copy = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });
  copy.drawImage(document.querySelector('#chart canvas'), 0, 0);
  const { data } = copy.getImageData(0, 0, width, height);
  let count = 0;
  for (let i = 0; i < data.length; i += 4)
    if (data[i + 3] > 200 && wanted.every((part, k) => Math.abs(part - data[i + k]) < 12)) count++;
  return count;
}, line);

// Waits until a line is drawn: the chart draws with the screen's next frame.
async function drawn(page, least, line = 0) {
  for (const end = Date.now() + limit; await inked(page, line) <= least; await page.waitForTimeout(50))
    assert.ok(Date.now() < end, `line ${line} is not drawn`);
}

const lines = run => readFileSync(join(folder, run, 'metrics.jsonl'), 'utf8').trim().split('\n');

function train(run, iterations, slope) {
  const last = JSON.parse(lines(run).at(-1));
  const figure = i => JSON.stringify({
    ...last, iteration: last.iteration + i, steps: last.steps + 100 * i, mean_return: 5 + slope * i,
    seconds: last.seconds + i,
  });
  const added = Array.from({ length: iterations }, (_, i) => figure(i + 1) + '\n');
  appendFileSync(join(folder, run, 'metrics.jsonl'), added.join(''));
}

// ---- a curve grows while its run trains ----------------------------------------------------------------------------

let page = await open({}, '#runs=wide&focus=wide');
await until(page, () => document.getElementById('title').textContent.includes('bandits · pretend'));
assert.notEqual(await text(page, '#legend b'), '7.000');
train('wide', 40, 0.05);                                          // the last of them is 5 + 0.05·40
await until(page, () => document.querySelector('#legend b').textContent === '7.000');
await until(page, () => document.getElementById('facts').textContent.includes('4.3k steps'));
await drawn(page, 300);
const plot = await page.locator('#chart .u-over').boundingBox();
await page.mouse.move(plot.x + plot.width - 1, plot.y + 20);
await until(page, () => document.getElementById('legend').textContent.includes('4.3k steps'));
await page.mouse.move(plot.x + 1, plot.y + 20);
await until(page, () => document.getElementById('legend').textContent.includes('100 steps'));
await page.mouse.move(0, 0);

// A line that is not whole yet is no point.
const whole = JSON.stringify({ ...JSON.parse(lines('wide').at(-1)), iteration: 99, mean_return: 9 });
appendFileSync(join(folder, 'wide', 'metrics.jsonl'), whole.slice(0, 30));
await page.waitForTimeout(1000);
assert.equal(await text(page, '#legend b'), '7.000');
appendFileSync(join(folder, 'wide', 'metrics.jsonl'), whole.slice(30) + '\n');
await until(page, () => document.querySelector('#legend b').textContent === '9.000');

// ---- a run appears -------------------------------------------------------------------------------------------------

const known = (await names(page)).length;
cpSync(join(folder, 'wide'), join(folder, '..', 'aside'), { recursive: true });
const configuration = join(folder, '..', 'aside', 'config.json');
writeFileSync(configuration, readFileSync(configuration, 'utf8').replace('"hidden": "8"', '"hidden": "16"')
  .replace('"budget"', '"unit": "tokens", "budget"'));
renameSync(join(folder, '..', 'aside'), join(folder, 'appeared'));
await until(page, count => document.querySelectorAll('#runs > li').length === count + 1, known);
assert.ok((await page.locator('#runs').innerText()).includes('hidden 16'));

// What it counts stands wherever its numbers do.
await page.locator('#runs > li', { hasText: 'hidden 16' }).locator('.name').first().click();
await until(page, () => /k tokens/.test(document.getElementById('facts').textContent));
await until(page, () => document.getElementById('axis-unit').textContent === 'tokens');
await until(page, () => /over tokens: .* tokens$/.test(document.getElementById('chart').getAttribute('aria-label')));
await page.locator('#runs > li', { hasText: 'hidden 8' }).locator('input').check();
await until(page, () => document.getElementById('axis-unit').textContent === 'tokens or steps');

// ---- several runs: seeds as a mean with a band, others beside it ---------------------------------------------------

train('bandits-1', 30, 0.1);
train('bandits-2', 30, 0.2);
const group = page.locator('#runs > li', { hasText: '2 seeds' });
await group.locator('.name').first().click();
await until(page, () => document.querySelectorAll('#legend i').length === 1);
await until(page, () => document.getElementById('legend').textContent.includes('band: ± standard error over seeds'));
// 5 + 0.1·30 and 5 + 0.2·30: their mean.
await until(page, () => document.querySelector('#legend b').textContent === '9.500');
await page.locator('#runs > li', { hasText: 'hidden 8' }).locator('input').check();
await until(page, () => document.querySelectorAll('#legend i').length === 2);
await drawn(page, 100, 0);
await drawn(page, 100, 1);
await page.keyboard.press('s');
await until(page, () => document.querySelectorAll('#legend i').length === 3);
await page.keyboard.press('s');
await until(page, () => document.querySelector('#legend b').textContent === '9.500');
await page.locator('#smoothing').fill('0.9');
await until(page, () => document.querySelector('#legend b').textContent !== '9.500');
await page.waitForURL(/smoothing=0\.9/);                          // what is shown stands in the address
await page.reload();
await until(page, () => document.querySelectorAll('#legend i').length === 2);
assert.equal(await page.locator('#smoothing').inputValue(), '0.9');

// ---- a page that was hidden catches up -----------------------------------------------------------------------------

const hide = hidden => page.evaluate(isHidden => {
  Object.defineProperty(document, 'hidden', { value: isHidden, configurable: true });
  document.dispatchEvent(new Event('visibilitychange'));
}, hidden);
await page.locator('#smoothing').fill('0');
// Both seeds have come; what is still being asked for when the page is hidden would come with what is trained then.
await until(page, () => document.querySelector('#legend b').textContent === '9.500');
await hide(true);
train('bandits-1', 10, 0.1);
train('bandits-2', 10, 0.1);
await page.waitForTimeout(1000);
assert.equal(await page.locator('#legend b').first().innerText(), '9.500');
await hide(false);
await until(page, () => document.querySelector('#legend b').textContent === '6.000');

// ---- panels --------------------------------------------------------------------------------------------------------

await page.keyboard.press('2');
await page.locator('#evaluation tr.ceiling, #evaluation td').first().waitFor();
await page.keyboard.press('4');
await page.locator('#configuration select').selectOption('wide');
await page.locator('#configuration tr.differs', { hasText: 'hidden' }).waitFor();
await page.locator('#configuration .tick input').check();
const differing = await page.locator('#configuration tr:has(td)').allInnerTexts();
assert.ok(differing.length < 6 && differing.every(row => /budget|seed|hidden/.test(row)), differing.join('\n'));

// ---- replays -------------------------------------------------------------------------------------------------------

for (const [run, picture] of [['bandits-1', '.bandit .track'], ['mdps', '.graph .node'], ['mazes', 'canvas.map'],
  ['movement-bandits', '.world canvas.map']]) {
  await page.goto(`${address}#runs=${run}&focus=${run}&tab=replay`);
  await page.reload();
  await page.locator(`#replay ${picture}`).first().waitFor();
  const says = page.locator('#replay .player .facts span').first();
  assert.match(await says.innerText(), /^step 1 of /);
  await page.keyboard.press('ArrowRight');
  assert.match(await says.innerText(), /^step 2 of /);
  await page.keyboard.press('End');
  const total = Number((await says.innerText()).match(/of (\d+)/)[1]);
  assert.match(await says.innerText(), new RegExp(`^step ${total} of `));
  await page.keyboard.press('Home');
  // A step a second: the film does not end before the button is looked at, however busy the machine is.
  await page.locator('#replay select').nth(1).selectOption('1');
  await page.locator('#title').click();
  await page.keyboard.press(' ');
  assert.equal(await page.locator('#replay .play').getAttribute('aria-label'), 'Pause');
  await until(page, () => !document.querySelector('#replay .player .facts').textContent.startsWith('step 1 of'));
  await page.keyboard.press('ArrowLeft');
  assert.equal(await page.locator('#replay .play').getAttribute('aria-label'), 'Play');
  await page.keyboard.press('.');
  await until(page, () => document.getElementById('replay-trial')?.value === '2');
}

// A world shows the skill in charge, and its way in that skill's colour.
assert.match(await text(page, '#replay .world .note'), /^Skill [01] is in charge/);
await page.keyboard.press('End');
const coloured = await page.evaluate(() => {
  const canvas = document.querySelector('#replay .world canvas');
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height), seen = new Set();
  for (let i = 0; i < data.length; i += 4) seen.add(data.slice(i, i + 3).join());
  return seen.size;
});
assert.ok(coloured > 5, `${coloured} colours`);

// After a click on the tab the keys are the replay's.
await page.goto(`${address}#runs=bandits-1&focus=bandits-1&tab=figures`);
await page.reload();
await page.locator('#tab-replay').click();
await page.locator('#replay .bandit .track').first().waitFor();
await page.keyboard.press('ArrowRight');
assert.match(await page.locator('#replay .player .facts span').first().innerText(), /^step 2 of /);
await page.keyboard.press(' ');
await until(page, () => !document.querySelector('#replay .player .facts').textContent.startsWith('step 2 of'));

// ---- a seed that was trained twice -----------------------------------------------------------------------------------

cpSync(join(folder, 'bandits-1'), join(folder, 'again'), { recursive: true });
train('again', 10, 0.3);
train('bandits-2', 10, 0.1);
const twice = page.locator('#runs > li', { hasText: '2 seeds in 3 runs' });
await twice.locator('.name').first().click();
// 5 + 0.3·10 and 5 + 0.1·10, and not the first run of seed 1 besides.
await until(page, () => document.querySelector('#legend b')?.textContent === '7.000');
assert.match(await text(page, '#legend'), /2 seeds in 3 runs/);

// ---- the keyboard alone --------------------------------------------------------------------------------------------

await page.goto(`${address}#runs=wide&focus=wide&tab=figures`);
await page.reload();
await until(page, () => document.getElementById('title').textContent !== '');
await page.keyboard.press('/');
assert.equal(await page.evaluate(() => document.activeElement.id), 'filter');
await page.keyboard.type('mdps jjj');                       // typed, not taken for shortcuts
await until(page, () => document.getElementById('runs').textContent === 'No run matches.');
for (let i = 0; i < 4; i++) await page.keyboard.press('Backspace');
// "No run matches." is a row of the list too.
await until(page, () => document.querySelectorAll('#runs > li .name').length === 1);
await page.keyboard.press('Escape');
await page.waitForTimeout(200);                             // a frame in which the list would be drawn anew
assert.equal(await page.locator('#filter').inputValue(), 'mdps');
await page.keyboard.press('j');
await page.keyboard.press('Enter');
await until(page, () => document.getElementById('title').textContent.startsWith('mdps'));
const outline = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
assert.equal(outline, 'solid', 'the focus can be seen');
await page.keyboard.press('o');
await until(page, () => document.querySelectorAll('#legend i').length === 0);
await page.keyboard.press('o');
await until(page, () => document.querySelectorAll('#legend i').length === 1);
await page.keyboard.press('x');
await until(page, () => document.querySelector('#axis input[value=seconds]').checked);
await page.keyboard.press('f');
await until(page, () => document.getElementById('figure').value !== 'mean_return');
await page.locator('#tab-figures').focus();
await page.keyboard.press('ArrowRight');
assert.equal(await page.evaluate(() => document.activeElement.id), 'tab-evaluation');
await page.keyboard.press('?');
await until(page, () => document.getElementById('help').open);
await page.keyboard.press('Escape');
await until(page, () => !document.getElementById('help').open);

// Whatever can be worked says what it is.
const unnamed = await page.evaluate(() => [...document.querySelectorAll('button, input, select, canvas[role], [role=img]')]
  .filter(element => element.checkVisibility())
  .filter(element => !(element.getAttribute('aria-label') || element.textContent.trim() || element.labels?.length))
  .map(element => element.outerHTML));
assert.deepEqual(unnamed, []);

// ---- who helps a run -----------------------------------------------------------------------------------------------

const worker = { name: 'attic', address: '10.0.0.7:40123', threads: 8, state: 'working', shards: 412, seconds: 0,
  inProgress: 9, sequences: 33, tokens: 51234, version: 57, bytes: 2345678 };
const cluster = { task: 'guessing', algorithm: 'pipeline-rl', steps: 90000, unit: 'tokens', shardsHere: 1290, replayed: 4,
  lost: 1, bytesSent: 1234567, bytesReceived: 765432, isOpen: true, workers: [worker], pipeline: { version: 59,
    begun: 1720, delivered: 1702, held: 18, waiting: 0, restarted: 4, refused: 2, queued: 7, taken: 1695, weightBytes: 5e5 } };
const tell = change => writeFileSync(join(folder, 'wide', 'cluster.json'), JSON.stringify({ ...cluster, ...change }));
await page.goto(`${address}#runs=wide&focus=wide&tab=cluster`);
await page.reload();
await until(page, () => document.getElementById('cluster').textContent.includes('No other process helps this run'));
tell({});
await until(page, () => document.querySelectorAll('#cluster tbody tr').length === 2);
assert.match(await text(page, '#cluster tbody tr:last-child'), /attic.*working.*412.*9.*33.*51.2k.*57.*2.*2\.35 MB/s);
assert.match(await text(page, '#cluster .facts'), /59 version.*1 worker lost/s);
tell({ lost: 2, isOpen: false, workers: [] });
await until(page, () => document.getElementById('cluster').textContent.includes('2 workers lost'));
assert.match(await text(page, '#cluster'), /The training has ended/);
tell({ workers: 7 });                                           // not as the training writes it
await until(page, () => document.querySelector('#cluster .nothing'));
tell({});
await page.setViewportSize({ width: 390, height: 844 });
await until(page, () => document.querySelectorAll('#cluster tbody tr').length === 2);
assert.ok(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth) <= 0, 'the cluster is too wide');
await page.setViewportSize({ width: 1280, height: 900 });

// ---- dark and light, wide and narrow -------------------------------------------------------------------------------

const paper = page => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
const tabs = ['figures', 'evaluation', 'replay', 'configuration'];
for (const [width, run] of [[390, 'bandits-1'], [390, 'mdps'], [390, 'mazes'], [320, 'bandits-1'], [1280, 'wide']]) {
  const other = await open({ viewport: { width, height: 844 }, hasTouch: width < 800 }, `#runs=${run}&focus=${run}`);
  for (const [index, tab] of tabs.entries()) {
    await other.keyboard.press(String(index + 1));
    await other.locator(tab === 'replay' ? '#replay .player' : `#${tab} > *`).first().waitFor();
    const surplus = await other.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok(surplus <= 0, `${run} at ${width}, ${tab}: ${surplus} pixels too wide`);
  }
  await other.context().close();
}
for (const colorScheme of ['light', 'dark']) {
  const other = await open({ colorScheme }, '#runs=wide&focus=wide&tab=replay');
  const was = await paper(other), [brightness] = was.match(/\d+/g).map(Number);
  assert.equal(brightness > 128, colorScheme === 'light', 'as the system says');
  await other.keyboard.press('t');
  await until(other, old => getComputedStyle(document.body).backgroundColor !== old, was);
  await until(other, () => document.querySelector('#legend b'));
  await drawn(other, 100);                                        // in the colours of the other theme
  await other.reload();
  assert.notEqual(await paper(other), was, 'the choice is remembered');
  await other.context().close();
}

await browser.close();
assert.deepEqual(said, [], 'nothing is said on the console');
assert.deepEqual([...asked], [new URL(address).host], 'nothing is asked of another machine');
console.log('done');
