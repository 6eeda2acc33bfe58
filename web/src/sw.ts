// The service worker. It keeps every file of one export, whose version the export writes in here,
// so that a new export is a new service worker.

import { readExport } from "./export"
import { cacheName, dropOthers, load } from "./store"

// The compiler knows pages only, not service workers.
interface Worker {
  readonly registration: ServiceWorkerRegistration
  readonly clients: { claim(): Promise<void> }
  skipWaiting(): Promise<void>
  addEventListener(kind: "install" | "activate", listener: (event: Waits) => void): void
  addEventListener(kind: "fetch", listener: (event: Fetches) => void): void
  addEventListener(kind: "message", listener: (event: MessageEvent) => void): void
}
interface Waits {
  waitUntil(done: Promise<unknown>): void
}
interface Fetches {
  readonly request: Request
  respondWith(response: Promise<Response>): void
}

const VERSION = "__VERSION__"
const worker = self as unknown as Worker
const base = worker.registration.scope

worker.addEventListener("install", event => event.waitUntil(install()))
worker.addEventListener("activate", event => event.waitUntil(activate()))
worker.addEventListener("message", ({ data }) => void (data === "use" && worker.skipWaiting()))
worker.addEventListener("fetch", event => {
  const { url, method } = event.request
  if (method === "GET" && url.startsWith(base)) event.respondWith(respond(event.request))
})

async function install(): Promise<void> {
  const exported = await readExport(base)
  if (exported.version !== VERSION) throw new Error("The export was replaced meanwhile.")
  for (const file of exported.files) await load(base, exported, file)
  const cache = await caches.open(cacheName(base, VERSION))
  await cache.put(new URL("export.json", base), new Response(JSON.stringify(exported), JSON_TYPE))
  const missing = await Promise.all(exported.files.map(async ({ path }) => !(await cache.match(new URL(path, base)))))
  if (missing.includes(true)) throw new Error("The device has no room for it.")
}

async function activate(): Promise<void> {
  await dropOthers(base, VERSION)
  await worker.clients.claim()
}

async function respond(request: Request): Promise<Response> {
  const url = new URL(request.url)
  url.search = url.hash = ""
  if (url.href === base) url.pathname += "index.html"
  const cache = await caches.open(cacheName(base, VERSION))
  return (await cache.match(url)) ?? fetch(request)
}

const JSON_TYPE = { headers: { "Content-Type": "application/json" } }
