// The ids that @huggingface/tokenizers gives for texts, a judge of ours.
//     node tokenize.mjs FOLDER TEXTS IDS
// FOLDER has tokenizer.json and tokenizer_config.json; TEXTS has a JSON string a line; IDS gets a list of ids a line.
import { readFileSync, writeFileSync } from 'node:fs';
import { Tokenizer } from '@huggingface/tokenizers';

const [folder, texts, ids] = process.argv.slice(2);
const read = name => JSON.parse(readFileSync(`${folder}/${name}`, 'utf8'));
const tokenizer = new Tokenizer(read('tokenizer.json'), read('tokenizer_config.json'));
const lines = readFileSync(texts, 'utf8').split('\n').filter(line => line);
writeFileSync(ids, lines.map(line => tokenizer.encode(JSON.parse(line)).ids.join(' ')).join('\n'));
