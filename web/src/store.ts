// Files of an export, each checked by its checksum and kept for use without a network.

import { ANEW, Problem, type Export, type ExportedFile } from "./export"

const PREFIX = "fer "
const CHECKSUM = "X-Sha256"

/** A host may serve several exports, in folders of their own; browsers keep one set of caches for all. */
export function cacheName(place: string, version: string): string {
  return `${PREFIX}${place} ${version}`
}

/** The place of what a page inside another one keeps: its address may change with every version. */
export const FRAMED = "framed"

/** Drop what is kept of other versions. */
export async function dropOthers(place: string, version: string): Promise<void> {
  for (const name of await caches.keys()) {
    if (name.startsWith(cacheName(place, "")) && name !== cacheName(place, version)) await caches.delete(name)
  }
}

export function fileNamed(exported: Export, path: string): ExportedFile {
  const file = exported.files.find(one => one.path === path)
  if (!file) throw new Problem(`The export lists no ${path}. ${ANEW}`)
  return file
}

/** The content of a file: kept from earlier, or else loaded and kept. `onBytes` gets each
 * piece's length. */
export async function load(
  base: string, exported: Export, file: ExportedFile, onBytes: (bytes: number) => void = () => {}, place = base,
): Promise<Uint8Array<ArrayBuffer>> {
  const url = new URL(file.path, base).href
  const kept = await keptCopy(url, file)
  if (kept) {
    const content = new Uint8Array(await kept.clone().arrayBuffer())
    if (await isRight(content, file)) {
      onBytes(content.length)
      await keep(cacheName(place, exported.version), url, kept)
      return content
    }
  }
  const response = await fetched(url, file)
  const content = await received(response, file, onBytes)
  if (!(await isRight(content, file))) {
    throw new Problem(`${file.path} is damaged, or belongs to another export. ${ANEW}`)
  }
  const headers = { "Content-Type": response.headers.get("Content-Type") ?? "", [CHECKSUM]: file.sha256 }
  await keep(cacheName(place, exported.version), url, new Response(content, { headers }))
  return content
}

async function fetched(url: string, file: ExportedFile): Promise<Response> {
  let response: Response
  try {
    response = await fetch(url, { cache: "no-cache" })
  } catch {
    throw new Problem(`${file.path} does not load. Check the connection, and reload the page.`)
  }
  if (!response.ok) throw new Problem(`${file.path} does not load (HTTP ${response.status}). ${ANEW}`)
  return response
}

async function received(
  response: Response, file: ExportedFile, onBytes: (bytes: number) => void,
): Promise<Uint8Array<ArrayBuffer>> {
  const pieces: Uint8Array<ArrayBuffer>[] = []
  let length = 0
  const reader = response.body!.getReader()
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
    pieces.push(piece.value)
    length += piece.value.length
    onBytes(piece.value.length)
    if (length > file.bytes) {
      await reader.cancel()
      break
    }
  }
  const content = new Uint8Array(length)
  pieces.reduce((at, piece) => (content.set(piece, at), at + piece.length), 0)
  return content
}

async function isRight(content: Uint8Array<ArrayBuffer>, file: ExportedFile): Promise<boolean> {
  if (content.length !== file.bytes) return false
  if (!globalThis.crypto?.subtle) return true // over plain HTTP, browsers compute no checksum
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", content))
  return Array.from(digest, byte => byte.toString(16).padStart(2, "0")).join("") === file.sha256
}

async function keptCopy(url: string, file: ExportedFile): Promise<Response | null> {
  if (!globalThis.caches) return null
  for (const name of await caches.keys()) {
    if (!name.startsWith(PREFIX)) continue
    const kept = await (await caches.open(name)).match(url)
    if (kept?.headers.get(CHECKSUM) === file.sha256) return kept
  }
  return null
}

async function keep(name: string, url: string, response: Response): Promise<void> {
  if (!globalThis.caches) return
  try {
    const cache = await caches.open(name)
    await cache.put(url, response)
  } catch {
    // The device has no room: the page works, but not offline.
  }
}
