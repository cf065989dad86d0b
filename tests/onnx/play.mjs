// Plays whole trials with ONNX models in onnxruntime and compares what they give with what is expected:
//
//   node play.mjs TRIALS.json
//
// The file holds {"models": [{"file", "trials": [{"state": {"in", "out", "shape"}, "steps": [{"feeds", "expected"}]}]}]}.
// Feeds are tensors {"type", "shape", "data"} by name; so are those expected, or only {"from", "to"}. The state begins
// with zeros and is fed back. Prints one JSON object: the largest difference, and where, for each model.
import { readFileSync } from 'node:fs'
import * as runtime from 'onnxruntime-web'

runtime.env.wasm.numThreads = 1
runtime.env.logLevel = 'error'

const tensor = ({ type, shape, data }) => type === 'int64'
  ? new runtime.Tensor('int64', BigInt64Array.from(data, BigInt), shape)
  : new runtime.Tensor('float32', Float32Array.from(data), shape)

const results = []
for (const { file, trials } of JSON.parse(readFileSync(process.argv[2], 'utf8')).models) {
  const session = await runtime.InferenceSession.create(readFileSync(file))
  const result = { file, steps: 0, numbers: 0, largest: 0, where: '', failures: [] }
  for (const { state, steps } of trials) {
    const zeros = new Array(state.shape.reduce((a, b) => a * b)).fill(0)
    let memory = tensor({ type: 'float32', shape: state.shape, data: zeros })
    for (const [step, { feeds, expected }] of steps.entries()) {
      const inputs = Object.fromEntries(Object.entries(feeds).map(([name, given]) => [name, tensor(given)]))
      const outputs = await session.run({ ...inputs, [state.in]: memory })
      for (const [name, wanted] of Object.entries(expected))
        compare(result, outputs[name], wanted, `${name} at step ${step}`)
      memory = outputs[state.out]
      if (memory.dims.join() !== state.shape.join()) result.failures.push(`the state is [${memory.dims}]`)
      result.steps++
    }
  }
  results.push(result)
  await session.release()
}
console.log(JSON.stringify({ models: results }))

function compare(result, given, wanted, where) {
  if (!given) return result.failures.push(`there is no ${where}`)
  const values = Array.from(given.data, Number)
  if ('from' in wanted) {
    if (values.some(value => !(value >= wanted.from && value <= wanted.to)))
      result.failures.push(`${where} is ${values}, not from ${wanted.from} to ${wanted.to}`)
    return
  }
  if (given.type !== wanted.type || given.dims.join() !== wanted.shape.join())
    return result.failures.push(`${where} is ${given.type} [${given.dims}], not ${wanted.type} [${wanted.shape}]`)
  for (const [i, value] of values.entries()) {
    const difference = Math.abs(value - wanted.data[i])
    result.numbers++
    if (!(difference <= result.largest)) [result.largest, result.where] = [difference, where]
  }
}
