// The page's side of the worker.

import type { Answers, Loaded, Reply, Request } from "./messages"
import { Problem } from "./export"

/** Whether the page is shown inside another one. */
export function isFramed(): boolean {
  return window.self !== window.top
}

type Waiting = { resolve: (answers: Answers) => void; reject: (problem: Error) => void }

export class Client {
  private readonly worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" })
  private readonly waiting = new Map<number, Waiting>()
  private next = 1

  load(onProgress: (bytes: number, ofBytes: number) => void): Promise<Loaded> {
    return new Promise((resolve, reject) => {
      let hasFailed = false // other files may still be loading then
      this.worker.onerror = event => reject(new Problem(`The page's worker does not start: ${event.message || "unknown reason"}`))
      this.worker.onmessage = ({ data }: MessageEvent<Reply>) => {
        if (data.kind === "loaded") resolve(data.loaded)
        else if (data.kind === "failed") {
          hasFailed = true
          reject(new Problem(data.message))
        } else if (data.kind !== "progress") this.settle(data)
        else if (!hasFailed) onProgress(data.bytes, data.ofBytes)
      }
      this.send({ kind: "load", base: new URL(".", document.baseURI).href, isFramed: isFramed() })
    })
  }

  photo(file: Blob): Promise<Answers> {
    return this.ask(id => this.send({ kind: "photo", id, file }))
  }

  frame(frame: ImageData, atS: number): Promise<Answers> {
    return this.ask(id => this.send({ kind: "frame", id, frame, atS }, [frame.data.buffer]))
  }

  restart(): void {
    this.send({ kind: "restart" })
  }

  private ask(send: (id: number) => void): Promise<Answers> {
    return new Promise((resolve, reject) => {
      const id = this.next++
      this.waiting.set(id, { resolve, reject })
      send(id)
    })
  }

  private settle(reply: Extract<Reply, { kind: "answered" | "refused" }>): void {
    const waiting = this.waiting.get(reply.id)
    this.waiting.delete(reply.id)
    if (reply.kind === "answered") waiting?.resolve(reply.answers)
    else waiting?.reject(new Problem(reply.message))
  }

  private send(request: Request, transfer: Transferable[] = []): void {
    this.worker.postMessage(request, transfer)
  }
}
