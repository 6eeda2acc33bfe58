// `export.json`: what an export consists of. `fer.browser.export` writes it.

export interface ExportedFile {
  /** From the page's folder. */
  readonly path: string
  readonly bytes: number
  readonly sha256: string
}

/** How the answers in the browser compared with Python's, on the exporter's machine. */
export interface Parity {
  readonly photos: number
  readonly faces: number
  readonly same_answer: number
  readonly largest_difference: number
  readonly dataset: string
  readonly synthetic: boolean
}

export interface Export {
  readonly version: string
  readonly model: string
  readonly fer: string
  readonly created: string
  readonly parity: Parity | null
  readonly files: readonly ExportedFile[]
}

export const EXPORT_FILE = "export.json"
export const SETTINGS_FILE = "settings.json"
export const NETWORK_FILE = "network.onnx"
export const DETECTOR_FILE = "yunet.onnx"

/** An error whose message visitors can act on. */
export class Problem extends Error {}

export async function readExport(base: string): Promise<Export> {
  const response = await fetch(new URL(EXPORT_FILE, base), { cache: "no-cache" })
  if (!response.ok) throw new Problem(`${EXPORT_FILE} does not load (HTTP ${response.status}). ${ANEW}`)
  return (await response.json()) as Export
}

export const ANEW = "Reload the page. If that does not help, its folder has to be exported anew."
