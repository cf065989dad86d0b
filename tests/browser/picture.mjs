// A picture of the dashboard for the documentation: node picture.mjs ADDRESS FILE CHROMIUM [HASH] [TRIAL] [STEP]
//
// docs/dashboard.png was made of five runs,
//   rl2 train bandits --budget 3M --seed S --set hidden=H trials=256 arms=5 pulls=20    for S 1 2 3, H 48 and S 1 2, H 16
// with HASH "#runs=…five ids…&focus=…seed 1 of hidden 48…&smoothing=0.8&tab=replay" TRIAL 4, STEP 11.

import { chromium } from 'playwright-core';

const [address, file, executablePath, hash = '', trial = '1', step = '1'] = process.argv.slice(2);
const browser = await chromium.launch({
  executablePath,
  args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
    '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});
const page = await browser.newPage({ viewport: { width: 1280, height: 1090 }, colorScheme: 'light' });
await page.goto(address + hash);
await page.waitForFunction(() => document.querySelector('#legend b')?.textContent.match(/\d/));
if (hash.includes('tab=replay')) {
  await page.locator('#replay .player').waitFor();
  for (let i = 1; i < Number(trial); i++) {
    await page.keyboard.press('.');
    await page.waitForFunction(number => document.getElementById('replay-trial').value === String(number), i + 1);
  }
  for (let i = 1; i < Number(step); i++) await page.keyboard.press('ArrowRight');
}
await page.waitForTimeout(500);
await page.screenshot({ path: file });
await browser.close();
