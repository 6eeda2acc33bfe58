// ONNX Runtime, which runs the detector and the network.

import * as ort from "onnxruntime-web/wasm"
import glueUrl from "onnxruntime-web/ort-wasm-simd-threaded.mjs?url"
import wasmUrl from "onnxruntime-web/ort-wasm-simd-threaded.wasm?url"
import type { RunNetwork } from "./pipeline/analysis"
import type { Settings } from "./pipeline/settings"
import type { RunDetector } from "./pipeline/yunet"

const MOST_FACES = 16 // in one call of the network; more take memory and save no time
const MOST_THREADS = 4

export const RUNTIME_URL = new URL(wasmUrl, import.meta.url).href

export function begin(wasm: Uint8Array<ArrayBuffer>): void {
  ort.env.wasm.wasmBinary = wasm.buffer
  ort.env.wasm.wasmPaths = { mjs: new URL(glueUrl, import.meta.url).href }
  ort.env.wasm.numThreads = threads()
}

/** Only isolated pages may share memory between threads; one core is left to the page and the camera. */
export function threads(): number {
  return self.crossOriginIsolated ? Math.max(1, Math.min(navigator.hardwareConcurrency - 1, MOST_THREADS)) : 1
}

export async function detector(content: Uint8Array): Promise<RunDetector> {
  const session = await opened(content)
  return async ({ values, width, height }) => {
    const outputs = await session.run({ input: new ort.Tensor("float32", values, [1, 3, height, width]) })
    return Object.fromEntries(Object.entries(outputs).map(([name, { data }]) => [name, data as Float32Array]))
  }
}

export async function network(content: Uint8Array, settings: Settings): Promise<RunNetwork> {
  const session = await opened(content)
  const { height, width, channels } = settings
  const classes = settings.emotions.length
  const size = height * width * channels
  return async (faces, count) => {
    const rows = new Float32Array(count * classes)
    for (let from = 0; from < count; from += MOST_FACES) {
      const part = Math.min(MOST_FACES, count - from)
      const values = faces.subarray(from * size, (from + part) * size)
      const input = new ort.Tensor("uint8", values, [part, height, width, channels])
      const outputs = await session.run({ [session.inputNames[0]!]: input })
      rows.set(outputs[session.outputNames[0]!]!.data as Float32Array, from * classes)
    }
    return rows
  }
}

function opened(content: Uint8Array): Promise<ort.InferenceSession> {
  return ort.InferenceSession.create(content, { executionProviders: ["wasm"], graphOptimizationLevel: "all" })
}
