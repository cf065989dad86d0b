// Asks a server by OpenAI's own client and prints what it got: node openai-client.mjs ADDRESS MODEL
import OpenAI from 'openai';

const [address, model] = process.argv.slice(2);
const client = new OpenAI({ baseURL: address, apiKey: 'none', maxRetries: 0, timeout: 30_000 });

const models = await client.models.list();
const completion = await client.completions.create({ model, prompt: 'ab', max_tokens: 8, seed: 3, logprobs: 1 });
const messages = [{ role: 'user', content: 'ab' }];
const chat = await client.chat.completions.create({ model, messages, max_tokens: 8, seed: 3 });
let streamed = '';
let chunks = 0;
const stream = await client.chat.completions.create({ model, messages, max_tokens: 8, seed: 3, stream: true });
for await (const chunk of stream) {
    streamed += chunk.choices[0]?.delta?.content ?? '';
    chunks++;
}
let refused = '';
try {
    await client.completions.create({ model, prompt: 'ab', max_tokens: 0 });
} catch (error) {
    refused = `${error.status} ${error.constructor.name} ${error.param}`;
}
console.log(JSON.stringify({
    models: models.data.map(one => one.id),
    text: completion.choices[0].text,
    tokens: completion.usage.completion_tokens,
    logprobs: completion.choices[0].logprobs.token_logprobs.length,
    chat: chat.choices[0].message.content,
    streamed, chunks, refused,
}));
