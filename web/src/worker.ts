// Loads the export and answers photos and frames, beside the page so that it stays responsive.

import { DETECTOR_FILE, NETWORK_FILE, Problem, readExport, SETTINGS_FILE } from "./export"
import type { Answers, Loaded, Reply, Request } from "./messages"
import { decoded } from "./photo"
import { Analysis, type FaceStream } from "./pipeline/analysis"
import { fromRgba } from "./pipeline/image"
import type { Settings } from "./pipeline/settings"
import { begin, detector, network, RUNTIME_URL, threads } from "./runtime"
import { dropOthers, fileNamed, FRAMED, load } from "./store"

let settings: Settings
let analysis: Analysis
let stream: FaceStream

self.onmessage = ({ data }: MessageEvent<Request>) => void respond(data)

async function respond(request: Request): Promise<void> {
  if (request.kind === "restart") {
    stream = analysis.stream()
    return
  }
  try {
    if (request.kind === "load") return reply({ kind: "loaded", loaded: await loaded(request) })
    const answers = request.kind === "photo" ? await photo(request.file) : await frame(request.frame, request.atS)
    reply({ kind: "answered", id: request.id, answers }, answers.picture ? [answers.picture] : [])
  } catch (error) {
    const message = error instanceof Problem ? error.message : `This browser cannot do it: ${String(error)}`
    reply(request.kind === "load" ? { kind: "failed", message } : { kind: "refused", id: request.id, message })
  }
}

async function loaded({ base, isFramed }: Extract<Request, { kind: "load" }>): Promise<Loaded> {
  const place = isFramed ? FRAMED : base
  const exported = await readExport(base)
  const paths = [SETTINGS_FILE, DETECTOR_FILE, NETWORK_FILE, RUNTIME_URL.slice(base.length)]
  const files = paths.map(path => fileNamed(exported, path))
  const ofBytes = files.reduce((sum, file) => sum + file.bytes, 0)
  let bytes = 0
  const report = (more: number): void => reply({ kind: "progress", bytes: (bytes += more), ofBytes })
  const [text, yunet, answering, runtime] = await Promise.all(files.map(file => load(base, exported, file, report, place)))
  if (isFramed && self.isSecureContext) await dropOthers(place, exported.version) // alone, its service worker does it
  settings = JSON.parse(new TextDecoder().decode(text)) as Settings
  begin(runtime!)
  analysis = new Analysis(settings, await detector(yunet!), await network(answering!, settings))
  stream = analysis.stream()
  return { settings, version: exported.version, parity: exported.parity, threads: threads() }
}

async function photo(file: Blob): Promise<Answers> {
  const { image, picture } = await decoded(file, settings.photos)
  return { answers: await analysis.photo(image), width: image.width, height: image.height, picture }
}

async function frame(pixels: ImageData, atS: number): Promise<Answers> {
  const answers = await stream.step(fromRgba(pixels), atS)
  return { answers, width: pixels.width, height: pixels.height }
}

function reply(message: Reply, transfer: Transferable[] = []): void {
  self.postMessage(message, { transfer })
}
