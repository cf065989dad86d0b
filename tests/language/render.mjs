// What @huggingface/jinja makes of templates, a judge of ours.
//     node render.mjs CASES RESULTS
// CASES has {"template": text, "variables": object} a line; RESULTS gets {"text": …} or {"error": …} a line.
import { readFileSync, writeFileSync } from 'node:fs';
import { Template } from '@huggingface/jinja';

const [cases, results] = process.argv.slice(2);
const compiled = new Map();
const render = ({ template, variables }) => {
    try {
        if (!compiled.has(template)) compiled.set(template, new Template(template));
        return { text: compiled.get(template).render(variables) };
    } catch (failure) {
        return { error: failure.message };
    }
};
const lines = readFileSync(cases, 'utf8').split('\n').filter(line => line);
writeFileSync(results, lines.map(line => JSON.stringify(render(JSON.parse(line)))).join('\n'));
