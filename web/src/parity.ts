// Answers photos for Python, which compares them with its own, and measures the time. The export
// leaves this page out.

import { Client } from "./client"
import type { Answer } from "./pipeline/answer"

interface Task {
  readonly photos: readonly string[]
  /** A photo to answer as if it were the camera's, and how many times. */
  readonly frame: string | null
  readonly frames: number
}

async function main(): Promise<void> {
  const client = new Client()
  const { settings, threads } = await client.load(() => {})
  const loaded_ms = performance.now()
  const task = (await (await fetch("./parity/task.json")).json()) as Task
  const answers: (readonly Answer[])[] = []
  let first_answer_ms = 0
  for (const name of task.photos) {
    const photo = await (await fetch(`./parity/${name}`)).blob()
    answers.push((await client.photo(photo)).answers)
    first_answer_ms ||= performance.now()
  }
  const frames_ms = task.frame ? await timed(client, task.frame, task.frames) : []
  await send({ labels: settings.emotions.map(({ label }) => label), answers, threads, loaded_ms, first_answer_ms, frames_ms })
}

async function timed(client: Client, name: string, frames: number): Promise<number[]> {
  const bitmap = await createImageBitmap(await (await fetch(`./parity/${name}`)).blob())
  const pen = new OffscreenCanvas(bitmap.width, bitmap.height).getContext("2d", { willReadFrequently: true })!
  const times: number[] = []
  for (let at = 0; at < frames; at++) {
    const began = performance.now()
    pen.drawImage(bitmap, 0, 0)
    await client.frame(pen.getImageData(0, 0, bitmap.width, bitmap.height), at / 30)
    times.push(performance.now() - began)
  }
  return times
}

async function send(found: object): Promise<void> {
  await fetch("./parity/answers", { method: "POST", body: JSON.stringify(found) })
}

main().catch(problem => send({ problem: String(problem) }))
