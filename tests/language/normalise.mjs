// Normal form C of texts, as the JavaScript engine knows it.
//     node normalise.mjs TEXTS RESULTS
// TEXTS has a JSON string a line; RESULTS gets one a line.
import { readFileSync, writeFileSync } from 'node:fs';

const [texts, results] = process.argv.slice(2);
const lines = readFileSync(texts, 'utf8').split('\n').filter(line => line);
writeFileSync(results, lines.map(line => JSON.stringify(JSON.parse(line).normalize('NFC'))).join('\n'));
